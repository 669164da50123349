//! RFC 4180, with LF.

use std::io::Write;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;

use super::cells::{Cells, Shape};
use super::io_error;
use crate::error::EngineError;

/// Bytes gathered before they are handed on.
const BUFFER_BYTES: usize = 64 << 10;

#[derive(Debug)]
pub(super) struct CsvWriter<W> {
    out: W,
}

impl<W: Write> CsvWriter<W> {
    pub(super) fn new(schema: &SchemaRef, mut out: W) -> std::io::Result<Self> {
        let mut header = String::new();
        for (index, field) in schema.fields().iter().enumerate() {
            if index > 0 {
                header.push(',');
            }
            push_field(field.name(), &mut header);
        }
        header.push('\n');
        out.write_all(header.as_bytes())?;
        Ok(Self { out })
    }

    pub(super) fn write(&mut self, batch: &RecordBatch) -> Result<(), EngineError> {
        let columns = batch.columns().iter().map(Cells::of).collect::<Result<Vec<_>, _>>()?;
        let mut lines = String::with_capacity(BUFFER_BYTES);
        let mut value = String::new();
        for row in 0..batch.num_rows() {
            for (index, cells) in columns.iter().enumerate() {
                if index > 0 {
                    lines.push(',');
                }
                value.clear();
                match cells.text(row, &mut value) {
                    Shape::Null => {}
                    Shape::Bare => lines.push_str(&value),
                    Shape::Quoted | Shape::Nested => push_field(&value, &mut lines),
                }
            }
            lines.push('\n');
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

/// A text in quotes where it needs them. The empty text has them, since nothing at all is NULL.
fn push_field(text: &str, out: &mut String) {
    let is_plain = !text.is_empty() && !text.contains([',', '"', '\n', '\r']);
    if is_plain {
        out.push_str(text);
        return;
    }
    out.push('"');
    for character in text.chars() {
        if character == '"' {
            out.push('"');
        }
        out.push(character);
    }
    out.push('"');
}
