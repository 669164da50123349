//! One JSON object a line; every column is in every object.

use std::io::Write;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;

use super::cells::{Cells, json_string};
use super::io_error;
use crate::error::EngineError;

/// Bytes gathered before they are handed on.
const BUFFER_BYTES: usize = 64 << 10;

#[derive(Debug)]
pub(super) struct JsonWriter<W> {
    out: W,
    /// `"name":` for each column.
    keys: Vec<String>,
}

impl<W: Write> JsonWriter<W> {
    pub(super) fn new(schema: &SchemaRef, out: W) -> Self {
        let key = |name: &str| {
            let mut key = String::new();
            json_string(name, &mut key);
            key.push(':');
            key
        };
        Self { out, keys: schema.fields().iter().map(|field| key(field.name())).collect() }
    }

    pub(super) fn write(&mut self, batch: &RecordBatch) -> Result<(), EngineError> {
        let columns = batch.columns().iter().map(Cells::of).collect::<Result<Vec<_>, _>>()?;
        let mut lines = String::with_capacity(BUFFER_BYTES);
        for row in 0..batch.num_rows() {
            lines.push('{');
            for (index, (key, cells)) in self.keys.iter().zip(&columns).enumerate() {
                if index > 0 {
                    lines.push(',');
                }
                lines.push_str(key);
                cells.json(row, &mut lines);
            }
            lines.push_str("}\n");
            if lines.len() >= BUFFER_BYTES {
                self.out.write_all(lines.as_bytes()).map_err(io_error)?;
                lines.clear();
            }
        }
        self.out.write_all(lines.as_bytes()).map_err(io_error)
    }

    pub(super) fn out(&mut self) -> &mut W {
        &mut self.out
    }

    pub(super) fn finish(self) -> W {
        self.out
    }
}
