//! The canonical bytes of a row: for each cell that is not NULL, in order of the columns' names, the column's id, a tag
//! of its type, and the value. Every value tells its own end, so no two rows have the same bytes.
//!
//! ```text
//!   row      = named*
//!   named    = id:u64 cell
//!   cell     = tag:u8 value
//!   value    = little-endian number | length:u32 bytes            (booleans, numbers, days, microseconds | text, bytes)
//!            | count:u32 named*          struct: its fields that are not NULL, by name
//!            | count:u32 element*        list; element = 0:u8 | 1:u8 cell
//!            | count:u32 (cell element)* map, in order of the keys' bytes
//! ```
//!
//! A NaN is one NaN, whatever its bits; all other numbers are their bits, so 0 and -0 differ.

use arrow::array::{
    Array, ArrayRef, AsArray, BinaryArray, BooleanArray, Date32Array, Decimal128Array, Float32Array, Float64Array,
    Int8Array, Int16Array, Int32Array, Int64Array, ListArray, MapArray, StringArray, StructArray,
    TimestampMicrosecondArray,
};
use arrow::datatypes::DataType;

use crate::conform::dictionary_keys;
use crate::error::TableError;

/// What stands before a value: its type. Part of the encoding, so never to be renumbered.
mod tag {
    pub(super) const BOOLEAN: u8 = 1;
    pub(super) const INT8: u8 = 2;
    pub(super) const INT16: u8 = 3;
    pub(super) const INT32: u8 = 4;
    pub(super) const INT64: u8 = 5;
    pub(super) const FLOAT32: u8 = 6;
    pub(super) const FLOAT64: u8 = 7;
    pub(super) const TEXT: u8 = 8;
    pub(super) const BINARY: u8 = 9;
    pub(super) const DATE: u8 = 10;
    pub(super) const TIMESTAMP: u8 = 11;
    pub(super) const DECIMAL: u8 = 12;
    pub(super) const STRUCT: u8 = 13;
    pub(super) const LIST: u8 = 14;
    pub(super) const MAP: u8 = 15;
}

/// The id of a column or field: the first 64 bits of BLAKE3 of its name. Two names of one table share an id with a
/// probability of n² / 2^65; then a value that moved from one to the other would not be seen.
pub(super) fn column_id(name: &str) -> u64 {
    blake3::hash(name.as_bytes()).as_bytes().first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes))
}

/// One column of a chunk, its type looked up once.
#[derive(Debug)]
pub(super) enum Cells<'a> {
    Boolean(&'a BooleanArray),
    Int8(&'a Int8Array),
    Int16(&'a Int16Array),
    Int32(&'a Int32Array),
    Int64(&'a Int64Array),
    Float32(&'a Float32Array),
    Float64(&'a Float64Array),
    Text(&'a StringArray),
    /// The array that says which rows are NULL, the place of each row's value, and the values.
    Dictionary(&'a ArrayRef, Vec<usize>, &'a StringArray),
    Binary(&'a BinaryArray),
    Date(&'a Date32Array),
    Timestamp(&'a TimestampMicrosecondArray),
    Decimal(&'a Decimal128Array),
    Struct(&'a StructArray, Vec<(u64, Cells<'a>)>),
    List(&'a ListArray, Box<Cells<'a>>),
    Map(&'a MapArray, Box<Cells<'a>>, Box<Cells<'a>>),
}

impl<'a> Cells<'a> {
    /// The cells of `column`.
    pub(super) fn of(column: &'a ArrayRef) -> Result<Self, TableError> {
        Ok(match column.data_type() {
            DataType::Boolean => Self::Boolean(column.as_boolean()),
            DataType::Int8 => Self::Int8(column.as_primitive()),
            DataType::Int16 => Self::Int16(column.as_primitive()),
            DataType::Int32 => Self::Int32(column.as_primitive()),
            DataType::Int64 => Self::Int64(column.as_primitive()),
            DataType::Float32 => Self::Float32(column.as_primitive()),
            DataType::Float64 => Self::Float64(column.as_primitive()),
            DataType::Utf8 => Self::Text(column.as_string()),
            DataType::Dictionary(_, values) if **values == DataType::Utf8 => {
                let dictionary = column.as_any_dictionary();
                Self::Dictionary(column, dictionary_keys(dictionary), dictionary.values().as_string())
            }
            DataType::Binary => Self::Binary(column.as_binary()),
            DataType::Date32 => Self::Date(column.as_primitive()),
            DataType::Timestamp(..) => Self::Timestamp(column.as_primitive()),
            DataType::Decimal128(..) => Self::Decimal(column.as_primitive()),
            DataType::Struct(fields) => {
                let fields = fields.iter().map(|field| field.name().as_str());
                let array = column.as_struct();
                let mut named: Vec<(&str, &ArrayRef)> = fields.zip(array.columns()).collect();
                named.sort_unstable_by_key(|(name, _)| *name);
                named.retain(|(_, child)| child.null_count() < child.len());
                let children = named.into_iter().map(|(name, child)| Ok((column_id(name), Self::of(child)?)));
                Self::Struct(array, children.collect::<Result<_, TableError>>()?)
            }
            DataType::List(_) => {
                let array = column.as_list::<i32>();
                Self::List(array, Box::new(Self::of(array.values())?))
            }
            DataType::Map(..) => {
                let array = column.as_map();
                Self::Map(array, Box::new(Self::of(array.keys())?), Box::new(Self::of(array.values())?))
            }
            other => return Err(TableError::Internal { detail: format!("no table has a column of type {other}") }),
        })
    }

    /// Appends the cell of `row` behind its column's id; nothing where it is NULL.
    #[inline]
    pub(super) fn append_named(&self, id: u64, row: usize, out: &mut Vec<u8>) -> bool {
        if self.is_null(row) {
            return false;
        }
        out.extend_from_slice(&id.to_le_bytes());
        self.append(row, out);
        true
    }

    fn is_null(&self, row: usize) -> bool {
        match self {
            Self::Boolean(array) => array.is_null(row),
            Self::Int8(array) => array.is_null(row),
            Self::Int16(array) => array.is_null(row),
            Self::Int32(array) => array.is_null(row),
            Self::Int64(array) => array.is_null(row),
            Self::Float32(array) => array.is_null(row),
            Self::Float64(array) => array.is_null(row),
            Self::Text(array) => array.is_null(row),
            // NULL may stand among the values, too.
            Self::Dictionary(array, keys, values) => {
                array.is_null(row) || keys.get(row).is_none_or(|key| *key >= values.len() || values.is_null(*key))
            }
            Self::Binary(array) => array.is_null(row),
            Self::Date(array) => array.is_null(row),
            Self::Timestamp(array) => array.is_null(row),
            Self::Decimal(array) => array.is_null(row),
            Self::Struct(array, _) => array.is_null(row),
            Self::List(array, _) => array.is_null(row),
            Self::Map(array, ..) => array.is_null(row),
        }
    }

    /// Appends the cell of `row`, which is not NULL.
    fn append(&self, row: usize, out: &mut Vec<u8>) {
        match self {
            Self::Boolean(array) => number(tag::BOOLEAN, [u8::from(array.value(row))], out),
            Self::Int8(array) => number(tag::INT8, array.value(row).to_le_bytes(), out),
            Self::Int16(array) => number(tag::INT16, array.value(row).to_le_bytes(), out),
            Self::Int32(array) => number(tag::INT32, array.value(row).to_le_bytes(), out),
            Self::Int64(array) => number(tag::INT64, array.value(row).to_le_bytes(), out),
            Self::Float32(array) => {
                let value = array.value(row);
                number(tag::FLOAT32, if value.is_nan() { f32::NAN } else { value }.to_le_bytes(), out);
            }
            Self::Float64(array) => {
                let value = array.value(row);
                number(tag::FLOAT64, if value.is_nan() { f64::NAN } else { value }.to_le_bytes(), out);
            }
            Self::Text(array) => bytes(tag::TEXT, array.value(row).as_bytes(), out),
            Self::Dictionary(_, keys, values) => {
                let key = keys.get(row).copied().unwrap_or_default();
                bytes(tag::TEXT, values.value(key).as_bytes(), out);
            }
            Self::Binary(array) => bytes(tag::BINARY, array.value(row), out),
            Self::Date(array) => number(tag::DATE, array.value(row).to_le_bytes(), out),
            Self::Timestamp(array) => number(tag::TIMESTAMP, array.value(row).to_le_bytes(), out),
            Self::Decimal(array) => number(tag::DECIMAL, array.value(row).to_le_bytes(), out),
            Self::Struct(_, children) => counted(tag::STRUCT, out, |out| {
                let written = children.iter().map(|(id, child)| u32::from(child.append_named(*id, row, out)));
                written.sum()
            }),
            Self::List(array, values) => {
                let (from, to) = ends(array.value_offsets(), row);
                counted(tag::LIST, out, |out| {
                    (from..to).for_each(|at| values.append_element(at, out));
                    length(to - from)
                });
            }
            Self::Map(array, keys, values) => {
                let (from, to) = ends(array.value_offsets(), row);
                counted(tag::MAP, out, |out| append_entries(keys, values, from..to, out));
            }
        }
    }

    fn append_element(&self, row: usize, out: &mut Vec<u8>) {
        if self.is_null(row) {
            out.push(0);
        } else {
            out.push(1);
            self.append(row, out);
        }
    }
}

/// The entries of one map, in order of their bytes: those of the keys come first, and no two keys are the same.
fn append_entries(keys: &Cells<'_>, values: &Cells<'_>, rows: std::ops::Range<usize>, out: &mut Vec<u8>) -> u32 {
    let mut entries: Vec<Vec<u8>> = rows
        .map(|at| {
            let mut entry = Vec::new();
            keys.append(at, &mut entry);
            values.append_element(at, &mut entry);
            entry
        })
        .collect();
    entries.sort_unstable();
    entries.iter().for_each(|entry| out.extend_from_slice(entry));
    length(entries.len())
}

#[inline]
fn number<const BYTES: usize>(tag: u8, value: [u8; BYTES], out: &mut Vec<u8>) {
    out.push(tag);
    out.extend_from_slice(&value);
}

#[inline]
fn bytes(tag: u8, value: &[u8], out: &mut Vec<u8>) {
    out.push(tag);
    out.extend_from_slice(&length(value.len()).to_le_bytes());
    out.extend_from_slice(value);
}

/// A value of parts, whose number stands before them and is known after them.
fn counted(tag: u8, out: &mut Vec<u8>, parts: impl FnOnce(&mut Vec<u8>) -> u32) {
    out.push(tag);
    let at = out.len();
    out.extend_from_slice(&[0; 4]);
    let count = parts(out);
    if let Some(place) = out.get_mut(at..at + 4) {
        place.copy_from_slice(&count.to_le_bytes());
    }
}

/// Arrow's own offsets are i32.
fn length(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

fn ends(offsets: &[i32], row: usize) -> (usize, usize) {
    let at = |index: usize| offsets.get(index).copied().and_then(|offset| usize::try_from(offset).ok()).unwrap_or(0);
    (at(row), at(row + 1))
}
