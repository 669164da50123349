//! From a result's types to those of a table: whatever SQL computes in, the nearest type that Delta has, or an error.

use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions};
use arrow::compute::{CastOptions, cast_with_options};
use arrow::datatypes::{DataType, Field, FieldRef, Fields, Schema, SchemaRef, TimeUnit};

use crate::error::PartitionError;

/// The schema that a result of `schema` is stored under; every column may be NULL.
///
/// # Errors
/// [`PartitionError::Unstorable`] for a type that no table has.
pub(crate) fn storable_schema(schema: &Schema) -> Result<SchemaRef, PartitionError> {
    let fields = schema.fields().iter().map(|field| storable_field(field, field.name()));
    Ok(Arc::new(Schema::new(fields.collect::<Result<Vec<_>, _>>()?)))
}

fn storable_field(field: &FieldRef, column: &str) -> Result<FieldRef, PartitionError> {
    Ok(Arc::new(Field::new(field.name(), storable_type(field.data_type(), column)?, true)))
}

fn storable_type(data_type: &DataType, column: &str) -> Result<DataType, PartitionError> {
    let refuse =
        |message: &str| Err(PartitionError::Unstorable { column: column.to_owned(), message: message.to_owned() });
    Ok(match data_type {
        DataType::UInt8 | DataType::UInt16 | DataType::UInt32 | DataType::UInt64 => DataType::Int64,
        DataType::Float16 => DataType::Float32,
        DataType::Date64 => DataType::Date32,
        // A time without a zone is one in UTC: all times are.
        DataType::Timestamp(..) => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
        DataType::Null => return refuse("is nothing but NULL, which has no type; CAST it to one"),
        DataType::Time32(_) | DataType::Time64(_) | DataType::Duration(_) | DataType::Interval(_) => {
            return refuse("is a time without a date or a span of time; CAST it to a whole number or to text");
        }
        DataType::Decimal32(..) | DataType::Decimal64(..) | DataType::Decimal256(..) => {
            return refuse("is a decimal of a width that tables do not have; CAST it to DECIMAL(38, 6) or less");
        }
        DataType::List(element) => DataType::List(storable_field(element, column)?),
        DataType::Struct(fields) => {
            let fields = fields.iter().map(|field| storable_field(field, &format!("{column}.{}", field.name())));
            DataType::Struct(fields.collect::<Result<Fields, _>>()?)
        }
        other => other.clone(),
    })
}

/// `batch` under `schema`, which is [`storable_schema`] of its own.
///
/// # Errors
/// [`PartitionError::Unstorable`] for a value that its stored type does not have, such as 2^63 as a whole number.
pub(crate) fn stored(batch: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch, PartitionError> {
    let columns = batch.columns().iter().zip(schema.fields()).map(|(array, field)| stored_column(array, field));
    let columns = columns.collect::<Result<Vec<_>, _>>()?;
    let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    RecordBatch::try_new_with_options(Arc::clone(schema), columns, &options)
        .map_err(|error| PartitionError::Unstorable { column: "the result".into(), message: error.to_string() })
}

fn stored_column(array: &ArrayRef, field: &FieldRef) -> Result<ArrayRef, PartitionError> {
    if array.data_type() == field.data_type() {
        return Ok(Arc::clone(array));
    }
    let strict = CastOptions { safe: false, ..CastOptions::default() };
    cast_with_options(array, field.data_type(), &strict)
        .map_err(|error| PartitionError::Unstorable { column: field.name().clone(), message: error.to_string() })
}

#[cfg(test)]
mod tests {
    use arrow::array::{TimestampNanosecondArray, UInt64Array};

    use super::*;

    fn one(array: ArrayRef) -> RecordBatch {
        RecordBatch::try_from_iter(vec![("x", array)]).unwrap()
    }

    fn converted(array: ArrayRef) -> Result<RecordBatch, PartitionError> {
        let batch = one(array);
        stored(&batch, &storable_schema(batch.schema_ref())?)
    }

    #[test]
    fn unsigned_numbers_and_bare_times_find_their_type() {
        let numbers = converted(Arc::new(UInt64Array::from(vec![7]))).unwrap();
        assert_eq!(numbers.column(0).data_type(), &DataType::Int64);
        let times = converted(Arc::new(TimestampNanosecondArray::from(vec![1_500]))).unwrap();
        assert_eq!(times.column(0).data_type(), &DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())));
    }

    #[test]
    fn what_does_not_fit_is_refused_not_bent() {
        let error = converted(Arc::new(UInt64Array::from(vec![u64::MAX]))).unwrap_err();
        assert!(error.to_string().starts_with("column x: "), "{error}");
        assert!(converted(Arc::new(arrow::array::NullArray::new(1))).is_err());
        assert!(converted(Arc::new(arrow::array::Time64MicrosecondArray::from(vec![1]))).is_err());
    }
}
