//! Two columns of the same rows as one: where the first has no value, the second's stands, on every level of nesting.
//!
//! | both have | result |
//! |---|---|
//! | a value | the first's, unless it is the zero of a scalar or an enum: that is what stands for what did not come |
//! | a struct | its members, merged |
//! | a list | element by element; the longer one's end |
//! | a map | the entries of both, those of one key merged; keys stay sorted |

use std::cmp::Ordering;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, ListArray, MapArray, StructArray, UInt32Array};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::compute::kernels::zip::zip;
use arrow::compute::{is_not_null, nullif, or, take};
use arrow::datatypes::{DataType, Decimal128Type, Float32Type, Float64Type, Int64Type};
use arrow::error::ArrowError;
use arrow::row::{RowConverter, SortField};

use super::program::{Program, Shape, Value};

/// Which element of one side makes an element of the result; `None`: it has none there.
type Picks = Vec<Option<u32>>;

/// Rows of the event that `program` reads: `first` where it has values, else `second`. Both have the same type and
/// length.
///
/// # Errors
/// Arrow's: columns of different types, or more than 2 GiB of elements.
pub(super) fn merged_rows(program: &Program, first: &ArrayRef, second: &ArrayRef) -> Result<ArrayRef, ArrowError> {
    merged(Held::Message(program), first, second)
}

/// What a column holds, as far as it tells which values may be absent ones.
#[derive(Clone, Copy)]
enum Held<'p> {
    Message(&'p Program),
    /// One value: its zero may be its absence.
    Single(&'p Value),
    /// The elements of lists, the values of maps: each is one that came.
    Inside(&'p Value),
    /// Nothing is known; a field that the program's version does not have.
    Something,
}

impl<'p> Held<'p> {
    fn program(self) -> Option<&'p Program> {
        match self {
            Self::Message(program) => Some(program),
            Self::Single(Value::Struct(program)) | Self::Inside(Value::Struct(program)) => Some(program),
            Self::Single(_) | Self::Inside(_) | Self::Something => None,
        }
    }

    /// If `column` tells the case of a oneof: where `own` rows had a member of it already. What their version said of
    /// the case holds, though a part of that member came later.
    fn set_before(self, column: usize, own: &StructArray) -> Result<Option<BooleanArray>, ArrowError> {
        let steps = self.program().map_or(&[][..], |program| program.steps.as_slice());
        let members = steps.iter().filter(|step| step.case.as_ref().is_some_and(|(case, _)| *case == column));
        let mut set: Option<BooleanArray> = None;
        for (step, member) in members.filter_map(|step| Some((step, own.columns().get(step.column)?))) {
            let is_set = came(self.of_child(step.column), member)?;
            set = Some(match set {
                Some(set) => or(&set, &is_set)?,
                None => is_set,
            });
        }
        Ok(set)
    }

    fn of_child(self, column: usize) -> Self {
        let Some(program) = self.program() else { return Self::Something };
        match program.steps.iter().find(|step| step.column == column).map(|step| &step.shape) {
            Some(Shape::Single(value)) => Self::Single(value),
            Some(Shape::List(value) | Shape::Map(_, value)) => Self::Inside(value),
            Some(Shape::Unstored) | None => Self::Something,
        }
    }
}

fn merged(held: Held<'_>, first: &ArrayRef, second: &ArrayRef) -> Result<ArrayRef, ArrowError> {
    if second.null_count() == second.len() {
        return Ok(Arc::clone(first));
    }
    if first.null_count() == first.len() {
        return Ok(Arc::clone(second));
    }
    match first.data_type() {
        DataType::Struct(fields) => {
            let (a, b) = (first.as_struct(), second.as_struct());
            let pairs = a.columns().iter().zip(b.columns()).enumerate();
            let children = pairs.map(|(column, (own, read))| match held.set_before(column, a)? {
                Some(rows) => merged(held.of_child(column), own, &nullif(read, &rows)?),
                None => merged(held.of_child(column), own, read),
            });
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
            let (offsets, a_values, b_values) = picks.finish(a.values(), b.values())?;
            let values = merged(held, &a_values, &b_values)?;
            Ok(Arc::new(ListArray::try_new(Arc::clone(item), offsets, values, either(a.nulls(), b.nulls()))?))
        }
        DataType::Map(entries, sorted) => {
            let (a, b) = (first.as_map(), second.as_map());
            let picks = entry_picks(a, b)?;
            let (offsets, a_pairs, b_pairs) = picks.finish(&entries_of(a), &entries_of(b))?;
            // The keys of both are merged as any column: of each entry at least one side has one.
            let (a_pairs, b_pairs) = (a_pairs.as_struct(), b_pairs.as_struct());
            let columns = a_pairs.columns().iter().zip(b_pairs.columns()).zip([Held::Something, held]);
            let columns = columns.map(|((a, b), held)| merged(held, a, b)).collect::<Result<Vec<_>, _>>()?;
            let pairs = StructArray::try_new(a_pairs.fields().clone(), columns, None)?;
            Ok(Arc::new(MapArray::try_new(Arc::clone(entries), offsets, pairs, either(a.nulls(), b.nulls()), *sorted)?))
        }
        _ => {
            let came = came(held, first)?;
            let stays: BooleanArray =
                came.iter().enumerate().map(|(row, came)| Some(came == Some(true) || second.is_null(row))).collect();
            zip(&stays, first, second)
        }
    }
}

/// Where a column of values holds one that came: not NULL, and not the zero that an absent one leaves.
fn came(held: Held<'_>, column: &ArrayRef) -> Result<BooleanArray, ArrowError> {
    let valid = is_not_null(column)?;
    let Held::Single(value) = held else { return Ok(valid) };
    let is_zero = |row: usize| match value {
        Value::Enum(names) => column.as_string_opt::<i32>().is_some_and(|texts| names.is_zero(texts.value(row))),
        Value::Scalar(_) => match column.data_type() {
            DataType::Int64 => column.as_primitive::<Int64Type>().value(row) == 0,
            DataType::Decimal128(..) => column.as_primitive::<Decimal128Type>().value(row) == 0,
            DataType::Float32 => column.as_primitive::<Float32Type>().value(row).to_bits() == 0,
            DataType::Float64 => column.as_primitive::<Float64Type>().value(row).to_bits() == 0,
            DataType::Boolean => !column.as_boolean().value(row),
            DataType::Utf8 => column.as_string::<i32>().value(row).is_empty(),
            DataType::Binary => column.as_binary::<i32>().value(row).is_empty(),
            _ => false,
        },
        // Messages have presence: their zero is one that came.
        Value::Time | Value::Span | Value::Wrapper(_) | Value::Json(_) | Value::Bytes | Value::Struct(_) => false,
    };
    Ok((0..column.len()).map(|row| Some(valid.value(row) && !is_zero(row))).collect())
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

    /// Where the elements of each row end, and the elements of both sides, in step.
    fn finish(
        self,
        first: &ArrayRef,
        second: &ArrayRef,
    ) -> Result<(OffsetBuffer<i32>, ArrayRef, ArrayRef), ArrowError> {
        if i32::try_from(self.first.len()).is_err() {
            return Err(super::nested::too_long());
        }
        let first = take(first, &UInt32Array::from(self.first), None)?;
        let second = take(second, &UInt32Array::from(self.second), None)?;
        Ok((OffsetBuffer::from_lengths(self.lengths), first, second))
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
