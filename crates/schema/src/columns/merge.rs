//! Two columns of the same rows as one: where the first has no value, the second's stands, on every level of nesting.
//!
//! | both have | result |
//! |---|---|
//! | a value | the first's |
//! | a struct | its members, merged |
//! | a list | element by element; the longer one's end |
//! | a map | the entries of both, those of one key merged; keys stay sorted |

use std::cmp::Ordering;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, ListArray, MapArray, StructArray, UInt32Array};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::compute::kernels::zip::zip;
use arrow::compute::{is_not_null, take};
use arrow::datatypes::DataType;
use arrow::error::ArrowError;
use arrow::row::{RowConverter, SortField};

/// Which element of one side makes an element of the result; `None`: it has none there.
type Picks = Vec<Option<u32>>;

/// `first` where it has values, else `second`. Both have the same type and length.
///
/// # Errors
/// Arrow's: columns of different types, or more than 2 GiB of elements.
pub(super) fn merged(first: &ArrayRef, second: &ArrayRef) -> Result<ArrayRef, ArrowError> {
    if second.null_count() == second.len() {
        return Ok(Arc::clone(first));
    }
    if first.null_count() == first.len() {
        return Ok(Arc::clone(second));
    }
    match first.data_type() {
        DataType::Struct(fields) => {
            let (a, b) = (first.as_struct(), second.as_struct());
            let children = a.columns().iter().zip(b.columns()).map(|(a, b)| merged(a, b));
            let children = children.collect::<Result<Vec<_>, _>>()?;
            let validity = either(a.nulls(), b.nulls());
            Ok(Arc::new(StructArray::try_new_with_length(fields.clone(), children, validity, first.len())?))
        }
        DataType::List(item) => {
            let (a, b) = (first.as_list::<i32>(), second.as_list::<i32>());
            let mut picks = Picked::default();
            for row in 0..a.len() {
                picks.elements(
                    range(a.is_valid(row), a.value_offsets(), row),
                    range(b.is_valid(row), b.value_offsets(), row),
                );
            }
            let (offsets, values) = picks.finish(a.values(), b.values())?;
            Ok(Arc::new(ListArray::try_new(Arc::clone(item), offsets, values, either(a.nulls(), b.nulls()))?))
        }
        DataType::Map(entries, sorted) => {
            let (a, b) = (first.as_map(), second.as_map());
            let picks = entry_picks(a, b)?;
            // The keys of both are merged as any column: of each entry at least one side has one.
            let (offsets, pairs) = picks.finish(&entries_of(a), &entries_of(b))?;
            let pairs = pairs.as_struct().clone();
            let pairs = StructArray::try_new(pairs.fields().clone(), pairs.columns().to_vec(), None)?;
            Ok(Arc::new(MapArray::try_new(Arc::clone(entries), offsets, pairs, either(a.nulls(), b.nulls()), *sorted)?))
        }
        _ => zip(&is_not_null(first)?, first, second),
    }
}

fn entries_of(map: &MapArray) -> ArrayRef {
    Arc::new(map.entries().clone())
}

/// Rows that are there on either side.
fn either(first: Option<&NullBuffer>, second: Option<&NullBuffer>) -> Option<NullBuffer> {
    let (first, second) = (first?, second?);
    let validity = NullBuffer::new(first.inner() | second.inner());
    Some(validity).filter(|validity| validity.null_count() > 0)
}

/// The elements of `row`; none where it is NULL.
fn range(is_valid: bool, offsets: &[i32], row: usize) -> std::ops::Range<u32> {
    let at = |row: usize| offsets.get(row).and_then(|&at| u32::try_from(at).ok()).unwrap_or(0);
    if is_valid { at(row)..at(row + 1) } else { 0..0 }
}

/// Elements of the result, row by row.
#[derive(Default)]
struct Picked {
    first: Picks,
    second: Picks,
    lengths: Vec<usize>,
}

impl Picked {
    fn elements(&mut self, first: std::ops::Range<u32>, second: std::ops::Range<u32>) {
        let length = first.len().max(second.len());
        for at in 0..length {
            self.first.push(first.clone().nth(at));
            self.second.push(second.clone().nth(at));
        }
        self.lengths.push(length);
    }

    fn finish(self, first: &ArrayRef, second: &ArrayRef) -> Result<(OffsetBuffer<i32>, ArrayRef), ArrowError> {
        if i32::try_from(self.first.len()).is_err() {
            return Err(super::nested::too_long());
        }
        let first = take(first, &UInt32Array::from(self.first), None)?;
        let second = take(second, &UInt32Array::from(self.second), None)?;
        Ok((OffsetBuffer::from_lengths(self.lengths), merged(&first, &second)?))
    }
}

/// The entries of both maps, by key: both are sorted.
fn entry_picks(first: &MapArray, second: &MapArray) -> Result<Picked, ArrowError> {
    let converter = RowConverter::new(vec![SortField::new(first.keys().data_type().clone())])?;
    let a = converter.convert_columns(&[Arc::clone(first.keys())])?;
    let b = converter.convert_columns(&[Arc::clone(second.keys())])?;
    let mut picks = Picked::default();
    for row in 0..first.len() {
        let before = picks.first.len();
        let mut left = range(first.is_valid(row), first.value_offsets(), row).peekable();
        let mut right = range(second.is_valid(row), second.value_offsets(), row).peekable();
        loop {
            let order = match (left.peek(), right.peek()) {
                (Some(&x), Some(&y)) => a.row(x as usize).cmp(&b.row(y as usize)),
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (None, None) => break,
            };
            picks.first.push(if order == Ordering::Greater { None } else { left.next() });
            picks.second.push(if order == Ordering::Less { None } else { right.next() });
        }
        picks.lengths.push(picks.first.len() - before);
    }
    Ok(picks)
}
