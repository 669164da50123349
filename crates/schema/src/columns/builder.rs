//! A tree of growing columns, made from an Arrow type, and what turns it into arrays.
//!
//! Rows are written by number and NULLs are filled in later (see [`super::leaf`]), so a struct whose event does not
//! occur in a row is not touched by that row, and one that occurs in no row shares its zeros with all others.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BinaryArray, BooleanArray, Date32Array, Decimal128Array, Float32Array, Float64Array, Int64Array,
    StringArray, TimestampMicrosecondArray, new_null_array,
};
use arrow::buffer::BooleanBuffer;
use arrow::datatypes::{DataType, FieldRef, TimeUnit};
use arrow::error::ArrowError;

use super::leaf::{Texts, Values};
use super::nested::{ListBuilder, MapBuilder, StructBuilder, offset_buffer, too_long};
use super::nulls::Nulls;

/// One column that grows.
#[derive(Debug)]
pub(super) enum Builder {
    /// BIGINT.
    Integer(Values<i64>),
    /// FLOAT.
    Float(Values<f32>),
    /// DOUBLE.
    Double(Values<f64>),
    /// BOOLEAN.
    Boolean(Values<bool>),
    /// DECIMAL(20,0).
    Decimal(Values<i128>),
    /// Microseconds since 1970, UTC.
    Time(Values<i64>),
    /// Days since 1970, UTC.
    Date(Values<i32>),
    /// Text.
    Text(Texts),
    /// Bytes.
    Binary(Texts),
    /// LIST.
    List(Box<ListBuilder>),
    /// MAP.
    Map(Box<MapBuilder>),
    /// STRUCT.
    Struct(Box<StructBuilder>),
    /// A type that nothing writes.
    Unwritten,
}

impl Builder {
    /// An empty column of this type.
    pub(super) fn new(data_type: &DataType) -> Self {
        match data_type {
            DataType::Int64 => Self::Integer(Values::default()),
            DataType::Float32 => Self::Float(Values::default()),
            DataType::Float64 => Self::Double(Values::default()),
            DataType::Boolean => Self::Boolean(Values::default()),
            DataType::Decimal128(_, 0) => Self::Decimal(Values::default()),
            DataType::Timestamp(TimeUnit::Microsecond, _) => Self::Time(Values::default()),
            DataType::Date32 => Self::Date(Values::default()),
            DataType::Utf8 => Self::Text(Texts::default()),
            DataType::Binary => Self::Binary(Texts::default()),
            DataType::List(item) => Self::List(Box::new(ListBuilder::new(item.data_type()))),
            DataType::Map(entries, _) => Self::new_map(entries),
            DataType::Struct(fields) => Self::Struct(Box::new(StructBuilder::new(fields))),
            _ => Self::Unwritten,
        }
    }

    fn new_map(entries: &FieldRef) -> Self {
        let DataType::Struct(fields) = entries.data_type() else { return Self::Unwritten };
        let [key, value] = fields.as_ref() else { return Self::Unwritten };
        Self::Map(Box::new(MapBuilder::new(key.data_type(), value.data_type())))
    }

    /// How many rows are decided; those after are NULL unless written.
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Integer(values) | Self::Time(values) => values.len(),
            Self::Float(values) => values.len(),
            Self::Double(values) => values.len(),
            Self::Boolean(values) => values.len(),
            Self::Decimal(values) => values.len(),
            Self::Date(values) => values.len(),
            Self::Text(texts) | Self::Binary(texts) => texts.len(),
            Self::List(list) => list.len(),
            Self::Map(map) => map.len(),
            Self::Struct(members) => members.len(),
            Self::Unwritten => 0,
        }
    }

    /// Writes text or bytes to `row`.
    #[inline]
    pub(super) fn put_bytes(&mut self, row: usize, value: &[u8]) {
        match self {
            Self::Text(texts) | Self::Binary(texts) => texts.put(row, value),
            other => other.mismatch("bytes"),
        }
    }

    /// Writes an integer to `row`: a number, microseconds, or what a DECIMAL holds.
    #[inline]
    pub(super) fn put_integer(&mut self, row: usize, value: i64) {
        match self {
            Self::Integer(values) | Self::Time(values) => values.put(row, value),
            Self::Decimal(values) => values.put(row, i128::from(value)),
            other => other.mismatch("an integer"),
        }
    }

    /// Writes an unsigned integer to `row`. What a BIGINT cannot hold is NULL there.
    #[inline]
    pub(super) fn put_unsigned(&mut self, row: usize, value: u64) {
        match self {
            Self::Decimal(values) => values.put(row, i128::from(value)),
            Self::Integer(values) => {
                if let Ok(value) = i64::try_from(value) {
                    values.put(row, value);
                }
            }
            other => other.mismatch("an unsigned integer"),
        }
    }

    /// Writes a truth value to `row`.
    #[inline]
    pub(super) fn put_bool(&mut self, row: usize, value: bool) {
        match self {
            Self::Boolean(values) => values.put(row, value),
            other => other.mismatch("a truth value"),
        }
    }

    /// Writes a day to `row`, counted from 1970.
    #[inline]
    pub(super) fn put_date(&mut self, row: usize, value: i32) {
        match self {
            Self::Date(values) => values.put(row, value),
            other => other.mismatch("a date"),
        }
    }

    /// Writes a float to `row`.
    #[inline]
    pub(super) fn put_float(&mut self, row: usize, value: f32) {
        match self {
            Self::Float(values) => values.put(row, value),
            other => other.mismatch("a float"),
        }
    }

    /// Writes a double to `row`.
    #[inline]
    pub(super) fn put_double(&mut self, row: usize, value: f64) {
        match self {
            Self::Double(values) => values.put(row, value),
            other => other.mismatch("a double"),
        }
    }

    /// Writes what the row before has, text or NULL, to `row`.
    #[inline]
    pub(super) fn repeat_previous(&mut self, row: usize) {
        match self {
            Self::Text(texts) | Self::Binary(texts) => texts.repeat_previous(row),
            other => other.mismatch("the text before"),
        }
    }

    /// Writes the zero of the column's type to `row`, unless `row` is written.
    #[inline]
    pub(super) fn put_zero_if_unset(&mut self, row: usize) {
        if self.len() > row {
            return;
        }
        match self {
            Self::Integer(values) => values.put(row, 0),
            Self::Float(values) => values.put(row, 0.0),
            Self::Double(values) => values.put(row, 0.0),
            Self::Boolean(values) => values.put(row, false),
            Self::Decimal(values) => values.put(row, 0),
            Self::Text(texts) | Self::Binary(texts) => texts.put(row, b""),
            other => other.mismatch("a zero"),
        }
    }

    /// The layout and the plan disagree: neither is input, so this is a defect, seen by every test that meets it.
    /// In production the cell stays NULL and the rest of the row lives.
    #[cold]
    pub(super) fn mismatch(&self, value: &str) {
        debug_assert!(false, "{value} does not go into {self:?}");
    }

    /// Forgets the rows from `len` on.
    pub(super) fn truncate(&mut self, len: usize) {
        match self {
            Self::Integer(values) | Self::Time(values) => values.truncate(len),
            Self::Float(values) => values.truncate(len),
            Self::Double(values) => values.truncate(len),
            Self::Boolean(values) => values.truncate(len),
            Self::Decimal(values) => values.truncate(len),
            Self::Date(values) => values.truncate(len),
            Self::Text(texts) | Self::Binary(texts) => texts.truncate(len),
            Self::List(list) => list.truncate(len),
            Self::Map(map) => map.truncate(len),
            Self::Struct(members) => members.truncate(len),
            Self::Unwritten => {}
        }
    }

    /// Allocated bytes.
    pub(super) fn memory_bytes(&self) -> usize {
        match self {
            Self::Integer(values) | Self::Time(values) => values.memory_bytes(),
            Self::Float(values) => values.memory_bytes(),
            Self::Double(values) => values.memory_bytes(),
            Self::Boolean(values) => values.memory_bytes(),
            Self::Decimal(values) => values.memory_bytes(),
            Self::Date(values) => values.memory_bytes(),
            Self::Text(texts) | Self::Binary(texts) => texts.memory_bytes(),
            Self::List(list) => list.memory_bytes(),
            Self::Map(map) => map.memory_bytes(),
            Self::Struct(members) => members.memory_bytes(),
            Self::Unwritten => 0,
        }
    }

    /// The first `len` rows as an array of `data_type`, which this was made from; empty afterwards.
    ///
    /// # Errors
    /// More than 2 GiB of text or elements in one column.
    pub(super) fn finish(
        &mut self,
        data_type: &DataType,
        len: usize,
        nulls: &mut Nulls,
    ) -> Result<ArrayRef, ArrowError> {
        if self.len() == 0 {
            return nulls.array(data_type, len);
        }
        Ok(match self {
            Self::Integer(values) => {
                let (values, validity) = values.finish(len);
                Arc::new(Int64Array::try_new(values.into(), validity)?)
            }
            Self::Float(values) => {
                let (values, validity) = values.finish(len);
                Arc::new(Float32Array::try_new(values.into(), validity)?)
            }
            Self::Double(values) => {
                let (values, validity) = values.finish(len);
                Arc::new(Float64Array::try_new(values.into(), validity)?)
            }
            Self::Boolean(values) => {
                let (values, validity) = values.finish(len);
                Arc::new(BooleanArray::new(BooleanBuffer::from(values), validity))
            }
            Self::Decimal(values) => {
                let (values, validity) = values.finish(len);
                Arc::new(Decimal128Array::try_new(values.into(), validity)?.with_data_type(data_type.clone()))
            }
            Self::Time(values) => {
                let (values, validity) = values.finish(len);
                Arc::new(TimestampMicrosecondArray::try_new(values.into(), validity)?.with_data_type(data_type.clone()))
            }
            Self::Date(values) => {
                let (values, validity) = values.finish(len);
                Arc::new(Date32Array::try_new(values.into(), validity)?)
            }
            Self::Text(texts) => {
                let (bytes, offsets, validity) = texts.finish(len).ok_or_else(too_long)?;
                Arc::new(StringArray::try_new(offset_buffer(offsets), bytes.into(), validity)?)
            }
            Self::Binary(texts) => {
                let (bytes, offsets, validity) = texts.finish(len).ok_or_else(too_long)?;
                Arc::new(BinaryArray::try_new(offset_buffer(offsets), bytes.into(), validity)?)
            }
            Self::List(list) => list.finish(data_type, len, nulls)?,
            Self::Map(map) => map.finish(data_type, len, nulls)?,
            Self::Struct(members) => members.finish(data_type, len, nulls)?,
            Self::Unwritten => new_null_array(data_type, len),
        })
    }
}
