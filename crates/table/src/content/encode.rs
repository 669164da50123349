//! The canonical bytes of a row. Every value tells its own end, so no two rows have the same bytes.
//!
//! ```text
//!   record    = signature[16] value*   of the columns, or fields, that are not NULL, by name
//!   signature = BLAKE3 of (name_length:u32 name type)* of these, cut to 16 bytes
//!   type      = code:u8, then scale:u8 (decimals) | type (lists) | type type (maps)
//!   value     = little-endian number                  booleans, numbers, days, microseconds
//!             | length bytes                          text, bytes
//!             | record                                structs
//!             | length element*                       lists
//!             | length (value element)*               maps, in order of the keys' bytes
//!   element   = 0:u8 | 1:u8 value
//!   length    = u8 below 255 | 255:u8 u32
//! ```
//!
//! A NaN is one NaN, whatever its bits; all other numbers are their bits, so 0 and -0 differ. Names and types stand in the
//! signature, which neighbours share, so that a row's bytes are little more than its values: hashing costs by the byte.

use std::collections::HashMap;

use arrow::array::{
    Array, ArrayRef, AsArray, BinaryArray, BooleanArray, Date32Array, Decimal128Array, Float32Array, Float64Array,
    Int8Array, Int16Array, Int32Array, Int64Array, ListArray, MapArray, StringArray, StructArray,
    TimestampMicrosecondArray,
};
use arrow::datatypes::DataType;

use crate::conform::dictionary_keys;
use crate::error::TableError;

/// Types. Part of the encoding, so never to be renumbered.
mod code {
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

/// Bytes of a signature.
const SIGNATURE_BYTES: usize = 16;
/// The first byte of a length that does not fit into it.
const LONG: u8 = u8::MAX;

type Signature = [u8; SIGNATURE_BYTES];

/// The columns of a chunk, or the fields of a struct, that are not NULL throughout.
#[derive(Debug)]
pub(super) struct Record<'a> {
    /// What each contributes to a signature, and its cells; in order of the names.
    members: Vec<(Vec<u8>, Cells<'a>)>,
    /// Signatures by which members are there, the last one by itself: rows that are sorted by event repeat it.
    last: Option<(u128, Signature)>,
    known: HashMap<u128, Signature>,
}

impl<'a> Record<'a> {
    /// Of these columns, which come in order of their names.
    pub(super) fn of(named: impl Iterator<Item = (&'a str, &'a ArrayRef)>) -> Result<Self, TableError> {
        // A wide table is NULL nearly everywhere: such columns must cost nothing a row.
        let named = named.filter(|(_, column)| column.null_count() < column.len());
        let members = named.map(|(name, column)| {
            let mut said = u32::try_from(name.len()).unwrap_or(u32::MAX).to_le_bytes().to_vec();
            said.extend_from_slice(name.as_bytes());
            type_code(column.data_type(), &mut said);
            Ok((said, Cells::of(column)?))
        });
        Ok(Self { members: members.collect::<Result<_, TableError>>()?, last: None, known: HashMap::new() })
    }

    /// Appends the bytes of `row`.
    pub(super) fn append(&mut self, row: usize, out: &mut Vec<u8>) {
        let at = out.len();
        out.extend_from_slice(&[0; SIGNATURE_BYTES]);
        let mut there = 0_u128;
        for (place, (_, cells)) in self.members.iter_mut().enumerate() {
            if !cells.is_null(row) {
                there |= 1_u128.checked_shl(u32::try_from(place).unwrap_or(u32::MAX)).unwrap_or(0);
                cells.append(row, out);
            }
        }
        let signature = self.signature(there, row);
        if let Some(place) = out.get_mut(at..at + SIGNATURE_BYTES) {
            place.copy_from_slice(&signature);
        }
    }

    fn signature(&mut self, there: u128, row: usize) -> Signature {
        // More members than bits: too rare to be remembered.
        if self.members.len() > 128 {
            return signed(self.members.iter().filter(|(_, cells)| !cells.is_null(row)));
        }
        match self.last {
            Some((last, signature)) if last == there => signature,
            _ => {
                let members = self.members.iter().zip(0..).filter(|(_, place)| there >> place & 1 == 1);
                let signature = *self.known.entry(there).or_insert_with(|| signed(members.map(|(member, _)| member)));
                self.last = Some((there, signature));
                signature
            }
        }
    }
}

fn signed<'m, 'a: 'm>(members: impl Iterator<Item = &'m (Vec<u8>, Cells<'a>)>) -> Signature {
    let mut hasher = blake3::Hasher::new();
    for (said, _) in members {
        hasher.update(said);
    }
    hasher.finalize().as_bytes().first_chunk().copied().unwrap_or_default()
}

fn type_code(data_type: &DataType, out: &mut Vec<u8>) {
    out.push(match data_type {
        DataType::Boolean => code::BOOLEAN,
        DataType::Int8 => code::INT8,
        DataType::Int16 => code::INT16,
        DataType::Int32 => code::INT32,
        DataType::Int64 => code::INT64,
        DataType::Float32 => code::FLOAT32,
        DataType::Float64 => code::FLOAT64,
        DataType::Binary => code::BINARY,
        DataType::Date32 => code::DATE,
        DataType::Timestamp(..) => code::TIMESTAMP,
        DataType::Decimal128(..) => code::DECIMAL,
        DataType::Struct(_) => code::STRUCT,
        DataType::List(_) => code::LIST,
        DataType::Map(..) => code::MAP,
        // Text and dictionaries of it; Cells::of refuses the rest.
        _ => code::TEXT,
    });
    match data_type {
        DataType::Decimal128(_, scale) => out.extend_from_slice(&scale.to_le_bytes()),
        DataType::List(element) => type_code(element.data_type(), out),
        DataType::Map(entries, _) => {
            if let DataType::Struct(pair) = entries.data_type() {
                pair.iter().for_each(|field| type_code(field.data_type(), out));
            }
        }
        _ => {}
    }
}

/// One column of a chunk, its type looked up once.
#[derive(Debug)]
enum Cells<'a> {
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
    Struct(&'a StructArray, Box<Record<'a>>),
    List(&'a ListArray, Box<Cells<'a>>),
    Map(&'a MapArray, Box<Cells<'a>>, Box<Cells<'a>>),
}

impl<'a> Cells<'a> {
    fn of(column: &'a ArrayRef) -> Result<Self, TableError> {
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
                let array = column.as_struct();
                let fields = fields.iter().map(|field| field.name().as_str());
                let mut named: Vec<(&str, &ArrayRef)> = fields.zip(array.columns()).collect();
                named.sort_unstable_by_key(|(name, _)| *name);
                Self::Struct(array, Box::new(Record::of(named.into_iter())?))
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

    #[inline]
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

    /// Appends the value of `row`, which is not NULL.
    #[inline]
    fn append(&mut self, row: usize, out: &mut Vec<u8>) {
        match self {
            Self::Boolean(array) => out.push(u8::from(array.value(row))),
            Self::Int8(array) => out.extend_from_slice(&array.value(row).to_le_bytes()),
            Self::Int16(array) => out.extend_from_slice(&array.value(row).to_le_bytes()),
            Self::Int32(array) => out.extend_from_slice(&array.value(row).to_le_bytes()),
            Self::Int64(array) => out.extend_from_slice(&array.value(row).to_le_bytes()),
            Self::Float32(array) => {
                let value = array.value(row);
                out.extend_from_slice(&if value.is_nan() { f32::NAN } else { value }.to_le_bytes());
            }
            Self::Float64(array) => {
                let value = array.value(row);
                out.extend_from_slice(&if value.is_nan() { f64::NAN } else { value }.to_le_bytes());
            }
            Self::Text(array) => append_bytes(array.value(row).as_bytes(), out),
            Self::Dictionary(_, keys, values) => {
                append_bytes(values.value(keys.get(row).copied().unwrap_or_default()).as_bytes(), out);
            }
            Self::Binary(array) => append_bytes(array.value(row), out),
            Self::Date(array) => out.extend_from_slice(&array.value(row).to_le_bytes()),
            Self::Timestamp(array) => out.extend_from_slice(&array.value(row).to_le_bytes()),
            Self::Decimal(array) => out.extend_from_slice(&array.value(row).to_le_bytes()),
            Self::Struct(_, record) => record.append(row, out),
            Self::List(array, values) => {
                let (from, to) = ends(array.value_offsets(), row);
                append_length(to - from, out);
                (from..to).for_each(|at| values.append_element(at, out));
            }
            Self::Map(array, keys, values) => {
                let (from, to) = ends(array.value_offsets(), row);
                append_length(to - from, out);
                append_entries(keys, values, from..to, out);
            }
        }
    }

    fn append_element(&mut self, row: usize, out: &mut Vec<u8>) {
        if self.is_null(row) {
            out.push(0);
        } else {
            out.push(1);
            self.append(row, out);
        }
    }
}

/// The entries of one map, in order of their bytes: those of the keys come first, and no two keys are the same.
fn append_entries(keys: &mut Cells<'_>, values: &mut Cells<'_>, rows: std::ops::Range<usize>, out: &mut Vec<u8>) {
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
}

#[inline]
fn append_bytes(value: &[u8], out: &mut Vec<u8>) {
    append_length(value.len(), out);
    out.extend_from_slice(value);
}

#[inline]
fn append_length(length: usize, out: &mut Vec<u8>) {
    match u8::try_from(length) {
        Ok(short) if short != LONG => out.push(short),
        _ => {
            out.push(LONG);
            // Arrow's own offsets are i32.
            out.extend_from_slice(&u32::try_from(length).unwrap_or(u32::MAX).to_le_bytes());
        }
    }
}

fn ends(offsets: &[i32], row: usize) -> (usize, usize) {
    let at = |index: usize| offsets.get(index).copied().and_then(|offset| usize::try_from(offset).ok()).unwrap_or(0);
    (at(row), at(row + 1))
}
