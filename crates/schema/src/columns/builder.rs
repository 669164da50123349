//! A tree of growing columns, made from an Arrow type, and what turns it into arrays.
//!
//! Rows are written by number and NULLs are filled in later (see [`super::leaf`]), so a struct whose event does not
//! occur in a row is not touched by that row, and one that occurs in no row shares its zeros with all others.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BinaryArray, BooleanArray, Date32Array, Decimal128Array, Float32Array, Float64Array, Int64Array,
    ListArray, MapArray, StringArray, StructArray, TimestampMicrosecondArray, new_null_array,
};
use arrow::buffer::{BooleanBuffer, OffsetBuffer, ScalarBuffer};
use arrow::datatypes::{DataType, FieldRef, Fields, TimeUnit};
use arrow::error::ArrowError;

use super::leaf::{Texts, Validity, Values};
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

/// A column of lists: elements first, then the row that owns them.
#[derive(Debug)]
pub(super) struct ListBuilder {
    /// The elements; the next one's row is [`ListBuilder::elements`].
    pub(super) values: Builder,
    /// Elements written.
    pub(super) elements: usize,
    ends: Vec<i32>,
    validity: Validity,
}

/// A column of maps: a list of keys and values.
#[derive(Debug)]
pub(super) struct MapBuilder {
    /// The keys; the next one's row is [`MapBuilder::elements`].
    pub(super) keys: Builder,
    /// The values, in step with the keys.
    pub(super) values: Builder,
    /// Pairs written.
    pub(super) elements: usize,
    ends: Vec<i32>,
    validity: Validity,
}

/// A column of structs.
#[derive(Debug)]
pub(super) struct StructBuilder {
    /// The members, in the order of the type's fields.
    pub(super) children: Vec<Builder>,
    validity: Validity,
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
            DataType::List(item) => Self::List(Box::new(ListBuilder {
                values: Self::new(item.data_type()),
                elements: 0,
                ends: Vec::new(),
                validity: Validity::default(),
            })),
            DataType::Map(entries, _) => Self::new_map(entries),
            DataType::Struct(fields) => Self::Struct(Box::new(StructBuilder::new(fields))),
            _ => Self::Unwritten,
        }
    }

    fn new_map(entries: &FieldRef) -> Self {
        let DataType::Struct(fields) = entries.data_type() else { return Self::Unwritten };
        let [key, value] = fields.as_ref() else { return Self::Unwritten };
        Self::Map(Box::new(MapBuilder {
            keys: Self::new(key.data_type()),
            values: Self::new(value.data_type()),
            elements: 0,
            ends: Vec::new(),
            validity: Validity::default(),
        }))
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
            Self::List(list) => list.ends.len(),
            Self::Map(map) => map.ends.len(),
            Self::Struct(members) => members.validity.len(),
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
            Self::List(list) => list.values.memory_bytes() + ends_bytes(&list.ends, &list.validity),
            Self::Map(map) => {
                map.keys.memory_bytes() + map.values.memory_bytes() + ends_bytes(&map.ends, &map.validity)
            }
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

impl ListBuilder {
    /// Gives `row` the elements written since the row before; none is an empty list.
    pub(super) fn close(&mut self, row: usize) {
        close(&mut self.ends, &mut self.validity, row, self.elements);
    }

    fn truncate(&mut self, len: usize) {
        self.elements = truncate(&mut self.ends, &mut self.validity, len);
        self.values.truncate(self.elements);
    }

    fn finish(&mut self, data_type: &DataType, len: usize, nulls: &mut Nulls) -> Result<ArrayRef, ArrowError> {
        let DataType::List(item) = data_type else { return Err(wrong_type(data_type)) };
        let elements = std::mem::take(&mut self.elements);
        let offsets = finish_offsets(&mut self.ends, len, elements)?;
        let values = self.values.finish(item.data_type(), elements, nulls)?;
        Ok(Arc::new(ListArray::try_new(Arc::clone(item), offsets, values, self.validity.finish(len))?))
    }
}

impl MapBuilder {
    /// Gives `row` the pairs written since the row before; none is an empty map.
    pub(super) fn close(&mut self, row: usize) {
        close(&mut self.ends, &mut self.validity, row, self.elements);
    }

    fn truncate(&mut self, len: usize) {
        self.elements = truncate(&mut self.ends, &mut self.validity, len);
        self.keys.truncate(self.elements);
        self.values.truncate(self.elements);
    }

    fn finish(&mut self, data_type: &DataType, len: usize, nulls: &mut Nulls) -> Result<ArrayRef, ArrowError> {
        let DataType::Map(entries, sorted) = data_type else { return Err(wrong_type(data_type)) };
        let DataType::Struct(fields) = entries.data_type() else { return Err(wrong_type(data_type)) };
        let [key, value] = fields.as_ref() else { return Err(wrong_type(data_type)) };
        let elements = std::mem::take(&mut self.elements);
        let offsets = finish_offsets(&mut self.ends, len, elements)?;
        let keys = self.keys.finish(key.data_type(), elements, nulls)?;
        let values = self.values.finish(value.data_type(), elements, nulls)?;
        let pairs = StructArray::try_new_with_length(fields.clone(), vec![keys, values], None, elements)?;
        let validity = self.validity.finish(len);
        Ok(Arc::new(MapArray::try_new(Arc::clone(entries), offsets, pairs, validity, *sorted)?))
    }
}

impl StructBuilder {
    /// No rows of these members.
    pub(super) fn new(fields: &Fields) -> Self {
        let children = fields.iter().map(|field| Builder::new(field.data_type())).collect();
        Self { children, validity: Validity::default() }
    }

    /// Makes `row` a struct, whatever of its members is written.
    #[inline]
    pub(super) fn set(&mut self, row: usize) {
        self.validity.set(row);
    }

    /// Forgets the rows from `len` on.
    pub(super) fn truncate(&mut self, len: usize) {
        // A row that failed in the middle has members but is not set itself.
        for child in &mut self.children {
            child.truncate(len);
        }
        self.validity.truncate(len);
    }

    /// Allocated bytes.
    pub(super) fn memory_bytes(&self) -> usize {
        self.children.iter().map(Builder::memory_bytes).sum::<usize>() + self.validity.memory_bytes()
    }

    fn finish(&mut self, data_type: &DataType, len: usize, nulls: &mut Nulls) -> Result<ArrayRef, ArrowError> {
        let DataType::Struct(fields) = data_type else { return Err(wrong_type(data_type)) };
        let children = self.finish_children(fields, len, nulls)?;
        Ok(Arc::new(StructArray::try_new_with_length(fields.clone(), children, self.validity.finish(len), len)?))
    }

    /// The members as arrays; empty afterwards.
    ///
    /// # Errors
    /// As [`Builder::finish`].
    pub(super) fn finish_children(
        &mut self,
        fields: &Fields,
        len: usize,
        nulls: &mut Nulls,
    ) -> Result<Vec<ArrayRef>, ArrowError> {
        let pairs = self.children.iter_mut().zip(fields.iter());
        pairs.map(|(child, field)| child.finish(field.data_type(), len, nulls)).collect()
    }
}

fn close(ends: &mut Vec<i32>, validity: &mut Validity, row: usize, elements: usize) {
    if !validity.set(row) {
        return;
    }
    let before = ends.last().copied().unwrap_or(0);
    ends.resize(row, before);
    ends.push(i32::try_from(elements).unwrap_or(i32::MAX));
}

/// Forgets rows; how many elements are left.
fn truncate(ends: &mut Vec<i32>, validity: &mut Validity, len: usize) -> usize {
    ends.truncate(len);
    validity.truncate(len);
    ends.last().and_then(|&end| usize::try_from(end).ok()).unwrap_or(0)
}

fn finish_offsets(ends: &mut Vec<i32>, len: usize, elements: usize) -> Result<OffsetBuffer<i32>, ArrowError> {
    let end = i32::try_from(elements).map_err(|_| too_long())?;
    let mut offsets = Vec::with_capacity(len + 1);
    offsets.push(0);
    offsets.extend_from_slice(&std::mem::take(ends));
    offsets.resize(len + 1, end);
    Ok(offset_buffer(offsets))
}

fn offset_buffer(offsets: Vec<i32>) -> OffsetBuffer<i32> {
    OffsetBuffer::new(ScalarBuffer::from(offsets))
}

fn ends_bytes(ends: &Vec<i32>, validity: &Validity) -> usize {
    ends.capacity() * size_of::<i32>() + validity.memory_bytes()
}

fn too_long() -> ArrowError {
    ArrowError::OffsetOverflowError(i32::MAX.unsigned_abs() as usize)
}

fn wrong_type(data_type: &DataType) -> ArrowError {
    ArrowError::SchemaError(format!("a builder of another type was asked for {data_type}"))
}
