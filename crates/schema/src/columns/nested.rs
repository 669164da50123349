//! Columns of lists, maps and structs, over the columns of their elements and members.

use std::sync::Arc;

use arrow::array::{ArrayRef, ListArray, MapArray, StructArray};
use arrow::buffer::{OffsetBuffer, ScalarBuffer};
use arrow::datatypes::{DataType, Fields};
use arrow::error::ArrowError;

use super::builder::Builder;
use super::leaf::Validity;
use super::nulls::Nulls;

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

impl ListBuilder {
    /// No rows of lists of this type.
    pub(super) fn new(element: &DataType) -> Self {
        Self { values: Builder::new(element), elements: 0, ends: Vec::new(), validity: Validity::default() }
    }

    /// How many rows are decided.
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// Allocated bytes.
    pub(super) fn memory_bytes(&self) -> usize {
        self.values.memory_bytes() + ends_bytes(&self.ends, &self.validity)
    }

    /// Whether elements were written that no row has yet.
    pub(super) fn is_open(&self) -> bool {
        let end = self.ends.last().and_then(|&end| usize::try_from(end).ok()).unwrap_or(0);
        self.elements > end
    }

    /// Gives `row` the elements written since the row before; none is an empty list.
    pub(super) fn close(&mut self, row: usize) {
        close(&mut self.ends, &mut self.validity, row, self.elements);
    }

    /// Forgets the rows from `len` on.
    pub(super) fn truncate(&mut self, len: usize) {
        self.elements = truncate(&mut self.ends, &mut self.validity, len);
        self.values.truncate(self.elements);
    }

    /// As [`Builder::finish`].
    pub(super) fn finish(
        &mut self,
        data_type: &DataType,
        len: usize,
        nulls: &mut Nulls,
    ) -> Result<ArrayRef, ArrowError> {
        let DataType::List(item) = data_type else { return Err(wrong_type(data_type)) };
        let elements = std::mem::take(&mut self.elements);
        let offsets = finish_offsets(&mut self.ends, len, elements)?;
        let values = self.values.finish(item.data_type(), elements, nulls)?;
        Ok(Arc::new(ListArray::try_new(Arc::clone(item), offsets, values, self.validity.finish(len))?))
    }
}

impl MapBuilder {
    /// No rows of maps of these types.
    pub(super) fn new(key: &DataType, value: &DataType) -> Self {
        Self {
            keys: Builder::new(key),
            values: Builder::new(value),
            elements: 0,
            ends: Vec::new(),
            validity: Validity::default(),
        }
    }

    /// How many rows are decided.
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// Allocated bytes.
    pub(super) fn memory_bytes(&self) -> usize {
        self.keys.memory_bytes() + self.values.memory_bytes() + ends_bytes(&self.ends, &self.validity)
    }

    /// Gives `row` the pairs written since the row before; none is an empty map.
    pub(super) fn close(&mut self, row: usize) {
        close(&mut self.ends, &mut self.validity, row, self.elements);
    }

    /// Forgets the rows from `len` on.
    pub(super) fn truncate(&mut self, len: usize) {
        self.elements = truncate(&mut self.ends, &mut self.validity, len);
        self.keys.truncate(self.elements);
        self.values.truncate(self.elements);
    }

    /// As [`Builder::finish`].
    pub(super) fn finish(
        &mut self,
        data_type: &DataType,
        len: usize,
        nulls: &mut Nulls,
    ) -> Result<ArrayRef, ArrowError> {
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

    /// How many rows are decided.
    pub(super) fn len(&self) -> usize {
        self.validity.len()
    }

    /// Makes `row` a struct, whatever of its members is written.
    #[inline]
    pub(super) fn set(&mut self, row: usize) {
        self.validity.set(row);
    }

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

    /// As [`Builder::finish`].
    pub(super) fn finish(
        &mut self,
        data_type: &DataType,
        len: usize,
        nulls: &mut Nulls,
    ) -> Result<ArrayRef, ArrowError> {
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

pub(super) fn offset_buffer(offsets: Vec<i32>) -> OffsetBuffer<i32> {
    OffsetBuffer::new(ScalarBuffer::from(offsets))
}

fn ends_bytes(ends: &Vec<i32>, validity: &Validity) -> usize {
    ends.capacity() * size_of::<i32>() + validity.memory_bytes()
}

pub(super) fn too_long() -> ArrowError {
    ArrowError::OffsetOverflowError(i32::MAX.unsigned_abs() as usize)
}

fn wrong_type(data_type: &DataType) -> ArrowError {
    ArrowError::SchemaError(format!("a builder of another type was asked for {data_type}"))
}
