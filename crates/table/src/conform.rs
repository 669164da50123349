//! Brings arrays into a table's canonical shape without touching values: columns and nested fields that are missing
//! become NULL, children get their canonical names, unknown columns are an error.
//!
//! One function serves both ways: rows on their way into a file, and files that are older than the schema.

use std::sync::Arc;

use arrow::array::{
    AnyDictionaryArray, Array, ArrayRef, AsArray, ListArray, MapArray, RecordBatch, StructArray, new_null_array,
};
use arrow::datatypes::{DataType, Field, FieldRef, Fields, Schema};

use crate::error::TableError;

/// The arrays of `batch` in the order of `schema`; a dictionary of strings stays one.
///
/// # Errors
/// [`TableError::UnknownColumn`] when the batch has a column that the schema lacks;
/// [`TableError::IncompatibleSchema`] when a type does not fit or a column that may not be NULL is missing.
pub(crate) fn conform(batch: &RecordBatch, schema: &Schema) -> Result<Vec<ArrayRef>, TableError> {
    let given = batch.schema_ref();
    if let Some(unknown) = given.fields().iter().find(|field| schema.index_of(field.name()).is_err()) {
        return Err(TableError::UnknownColumn { column: unknown.name().clone() });
    }
    schema
        .fields()
        .iter()
        .map(|field| match given.index_of(field.name()) {
            Ok(index) => conform_array(batch.column(index), field, field.name()),
            Err(_) => missing(field, batch.num_rows(), field.name()),
        })
        .collect()
}

fn missing(field: &Field, rows: usize, path: &str) -> Result<ArrayRef, TableError> {
    if field.is_nullable() || rows == 0 {
        return Ok(new_null_array(field.data_type(), rows));
    }
    Err(TableError::IncompatibleSchema { column: path.to_owned(), detail: "is missing and may not be NULL".into() })
}

/// One column in the shape of `field`; `path` names it in errors.
///
/// # Errors
/// [`TableError::IncompatibleSchema`] when a type does not fit or a field that may not be NULL is missing;
/// [`TableError::UnknownColumn`] when the array has a field that `field` lacks.
pub fn conform_array(array: &ArrayRef, field: &Field, path: &str) -> Result<ArrayRef, TableError> {
    if array.data_type() == field.data_type() {
        return Ok(Arc::clone(array));
    }
    let misfit = || TableError::IncompatibleSchema {
        column: path.to_owned(),
        detail: format!("is {} in the data and {} in the table", array.data_type(), field.data_type()),
    };
    match (array.data_type(), field.data_type()) {
        (DataType::Dictionary(_, values), DataType::Utf8) if **values == DataType::Utf8 => Ok(Arc::clone(array)),
        (DataType::Null, _) => missing(field, array.len(), path),
        (DataType::Timestamp(unit, Some(_)), DataType::Timestamp(wanted, Some(zone))) if unit == wanted => {
            let micros = array.as_primitive::<arrow::datatypes::TimestampMicrosecondType>();
            Ok(Arc::new(micros.clone().with_timezone(Arc::clone(zone))))
        }
        (DataType::Struct(_), DataType::Struct(fields)) => {
            let given = array.as_struct();
            let children = conform_children(given, fields, path)?;
            let shaped =
                StructArray::try_new_with_length(fields.clone(), children, given.nulls().cloned(), given.len());
            shaped.map(|shaped| Arc::new(shaped) as ArrayRef).map_err(|_| misfit())
        }
        (DataType::List(_), DataType::List(element)) => {
            let given = array.as_list::<i32>();
            let values = conform_plain(given.values(), element, path)?;
            let shaped =
                ListArray::try_new(Arc::clone(element), given.offsets().clone(), values, given.nulls().cloned());
            shaped.map(|shaped| Arc::new(shaped) as ArrayRef).map_err(|_| misfit())
        }
        (DataType::Map(..), DataType::Map(entries, _)) => conform_map(array, entries, path)?.ok_or_else(misfit),
        _ => Err(misfit()),
    }
}

/// The place of each row's value among the dictionary's values; meaningless where the row is NULL.
pub(crate) fn dictionary_keys(dictionary: &dyn AnyDictionaryArray) -> Vec<usize> {
    // Arrow's own normalisation refuses a dictionary without values, which rows of NULLs may well have.
    if dictionary.values().is_empty() { vec![0; dictionary.len()] } else { dictionary.normalized_keys() }
}

/// Children of lists, maps and structs stand under fields with exact types: dictionaries are unpacked there.
fn conform_plain(array: &ArrayRef, field: &Field, path: &str) -> Result<ArrayRef, TableError> {
    let shaped = conform_array(array, field, path)?;
    match shaped.data_type() {
        DataType::Dictionary(..) => {
            arrow::compute::cast(&shaped, field.data_type()).map_err(TableError::arrow("unpack a dictionary"))
        }
        _ => Ok(shaped),
    }
}

fn conform_children(given: &StructArray, fields: &Fields, path: &str) -> Result<Vec<ArrayRef>, TableError> {
    if let Some(unknown) = given.fields().iter().find(|field| fields.find(field.name()).is_none()) {
        return Err(TableError::UnknownColumn { column: format!("{path}.{}", unknown.name()) });
    }
    fields
        .iter()
        .map(|field: &FieldRef| {
            let path = format!("{path}.{}", field.name());
            match given.column_by_name(field.name()) {
                Some(child) => conform_plain(child, field, &path),
                None => missing(field, given.len(), &path),
            }
        })
        .collect()
}

fn conform_map(array: &ArrayRef, entries: &FieldRef, path: &str) -> Result<Option<ArrayRef>, TableError> {
    let given = array.as_map();
    let DataType::Struct(pair) = entries.data_type() else { return Ok(None) };
    let [key, value] = &pair[..] else { return Ok(None) };
    let keys = conform_plain(given.keys(), key, path)?;
    let values = conform_plain(given.values(), value, path)?;
    let shaped = StructArray::try_new(pair.clone(), vec![keys, values], None).and_then(|pairs| {
        MapArray::try_new(Arc::clone(entries), given.offsets().clone(), pairs, given.nulls().cloned(), false)
    });
    Ok(shaped.ok().map(|map| Arc::new(map) as ArrayRef))
}

#[cfg(test)]
mod tests;
