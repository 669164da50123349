//! Columns of nothing but NULLs, at the cost of one shared buffer.
//!
//! A batch has a column for every field of every event, and most batches hold few kinds of event. Arrow wants a
//! full array for each column all the same; those that nobody wrote share zeros and validity.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, BinaryArray, BooleanArray, Date32Array, Decimal128Array, Float32Array, Float64Array, Int64Array,
    ListArray, MapArray, StringArray, StructArray, TimestampMicrosecondArray, new_empty_array, new_null_array,
};
use arrow::buffer::{BooleanBuffer, Buffer, NullBuffer, OffsetBuffer, ScalarBuffer};
use arrow::datatypes::{DataType, TimeUnit};
use arrow::error::ArrowError;

/// Zeros and validity that arrays of one length share.
#[derive(Debug, Default)]
pub(super) struct Nulls {
    len: usize,
    zeros: Option<Buffer>,
    validity: Option<NullBuffer>,
}

impl Nulls {
    /// `len` NULLs of `data_type`.
    ///
    /// # Errors
    /// None in practice: what Arrow checks holds by construction.
    pub(super) fn array(&mut self, data_type: &DataType, len: usize) -> Result<ArrayRef, ArrowError> {
        if len == 0 {
            return Ok(new_empty_array(data_type));
        }
        let validity = self.validity(len);
        Ok(match data_type {
            DataType::Int64 => Arc::new(Int64Array::try_new(self.values(len), validity)?),
            DataType::Float32 => Arc::new(Float32Array::try_new(self.values(len), validity)?),
            DataType::Float64 => Arc::new(Float64Array::try_new(self.values(len), validity)?),
            DataType::Date32 => Arc::new(Date32Array::try_new(self.values(len), validity)?),
            DataType::Decimal128(..) => {
                Arc::new(Decimal128Array::try_new(self.values(len), validity)?.with_data_type(data_type.clone()))
            }
            DataType::Timestamp(TimeUnit::Microsecond, _) => {
                let array = TimestampMicrosecondArray::try_new(self.values(len), validity)?;
                Arc::new(array.with_data_type(data_type.clone()))
            }
            DataType::Boolean => {
                Arc::new(BooleanArray::new(BooleanBuffer::new(self.zeros(len.div_ceil(8)), 0, len), validity))
            }
            DataType::Utf8 => Arc::new(StringArray::try_new(self.offsets(len), Buffer::default(), validity)?),
            DataType::Binary => Arc::new(BinaryArray::try_new(self.offsets(len), Buffer::default(), validity)?),
            DataType::List(item) => {
                let values = new_empty_array(item.data_type());
                Arc::new(ListArray::try_new(Arc::clone(item), self.offsets(len), values, validity)?)
            }
            DataType::Map(entries, sorted) => {
                let pairs = StructArray::from(new_empty_array(entries.data_type()).to_data());
                Arc::new(MapArray::try_new(Arc::clone(entries), self.offsets(len), pairs, validity, *sorted)?)
            }
            DataType::Struct(fields) => {
                let children = fields.iter().map(|field| self.array(field.data_type(), len));
                let children = children.collect::<Result<Vec<_>, _>>()?;
                Arc::new(StructArray::try_new_with_length(fields.clone(), children, validity, len)?)
            }
            _ => new_null_array(data_type, len),
        })
    }

    fn validity(&mut self, len: usize) -> Option<NullBuffer> {
        if self.len != len || self.validity.is_none() {
            self.len = len;
            self.validity = Some(NullBuffer::new_null(len));
        }
        self.validity.clone()
    }

    fn values<T: arrow::datatypes::ArrowNativeType>(&mut self, len: usize) -> ScalarBuffer<T> {
        ScalarBuffer::from(self.zeros(len * size_of::<T>()))
    }

    fn offsets(&mut self, len: usize) -> OffsetBuffer<i32> {
        OffsetBuffer::new(self.values(len + 1))
    }

    /// This many zero bytes, aligned for every type.
    fn zeros(&mut self, bytes: usize) -> Buffer {
        let zeros = match self.zeros.take() {
            Some(zeros) if zeros.len() >= bytes => zeros,
            // The widest column of this length fits too, so that all of them share one buffer.
            _ => Buffer::from_vec(vec![0i128; bytes.div_ceil(size_of::<i128>()).max(self.len + 1)]),
        };
        self.zeros.insert(zeros).slice_with_length(0, bytes)
    }
}
