//! Rows of several batches in a given order. Columns that are NULL throughout, which most are in a wide table sorted
//! by event, cost nothing a row: they share one array.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, StructArray, new_null_array};
use arrow::buffer::{BooleanBuffer, NullBuffer};
use arrow::compute::interleave;
use arrow::datatypes::DataType;

use crate::error::TableError;

/// `(source, row)` of each row to take.
pub(crate) type RowIndex = (usize, usize);

/// Takes rows of columns, keeping arrays of NULLs for the next chunk of the same length.
#[derive(Debug, Default)]
pub(crate) struct Gatherer {
    nulls: HashMap<DataType, ArrayRef>,
}

impl Gatherer {
    /// The rows `indices` of one column, whose parts are `sources`, all of one type.
    pub(crate) fn gather(&mut self, sources: &[ArrayRef], indices: &[RowIndex]) -> Result<ArrayRef, TableError> {
        let Some(first) = sources.first() else {
            return Err(TableError::Internal { detail: "no source to take rows from".into() });
        };
        let data_type = first.data_type();
        if sources.iter().all(|source| source.null_count() == source.len()) {
            return Ok(self.null_array(data_type, indices.len()));
        }
        if let DataType::Struct(_) = data_type {
            return self.gather_struct(sources, indices);
        }
        let references: Vec<&dyn Array> = sources.iter().map(AsRef::as_ref).collect();
        interleave(&references, indices).map_err(TableError::arrow("bring rows into order"))
    }

    fn gather_struct(&mut self, sources: &[ArrayRef], indices: &[RowIndex]) -> Result<ArrayRef, TableError> {
        let structs: Vec<&StructArray> = sources.iter().map(|source| source.as_struct()).collect();
        let nulls = gather_nulls(&structs, indices);
        if nulls.as_ref().is_some_and(|nulls| nulls.null_count() == nulls.len()) {
            return Ok(self.null_array(sources[0].data_type(), indices.len()));
        }
        let fields = structs[0].fields().clone();
        let mut children = Vec::with_capacity(fields.len());
        for child in 0..fields.len() {
            let parts: Vec<ArrayRef> = structs.iter().map(|part| Arc::clone(part.column(child))).collect();
            children.push(self.gather(&parts, indices)?);
        }
        let gathered = StructArray::try_new_with_length(fields, children, nulls, indices.len());
        Ok(Arc::new(gathered.map_err(TableError::arrow("bring rows into order"))?))
    }

    fn null_array(&mut self, data_type: &DataType, rows: usize) -> ArrayRef {
        match self.nulls.get(data_type) {
            Some(array) if array.len() == rows => Arc::clone(array),
            _ => {
                let array = new_null_array(data_type, rows);
                self.nulls.insert(data_type.clone(), Arc::clone(&array));
                array
            }
        }
    }
}

fn gather_nulls(sources: &[&StructArray], indices: &[RowIndex]) -> Option<NullBuffer> {
    if sources.iter().all(|source| source.null_count() == 0) {
        return None;
    }
    let valid = BooleanBuffer::collect_bool(indices.len(), |at| {
        let (source, row) = indices[at];
        sources[source].is_valid(row)
    });
    Some(NullBuffer::new(valid))
}

#[cfg(test)]
mod tests;
