//! Packs the leading part of a sort key into one 128-bit number whose order is the key's.

use std::collections::HashMap;

use arrow::array::{Array, ArrayRef, AsArray, StringArray};
use arrow::datatypes::{DataType, Date32Type, Int8Type, Int16Type, Int32Type, Int64Type, TimestampMicrosecondType};

use crate::conform::dictionary_keys;
use crate::error::TableError;

/// Distinct strings up to which a column is packed as ranks: event names, sections, countries.
const RANKED_VALUES_MAX: usize = 4096;

/// Bytes of a string that fit beside one bit for NULL.
const PREFIX_BYTES_MAX: usize = 15;

/// Keys under construction, one a row.
pub(super) struct Packer {
    keys: Vec<(u128, u32)>,
    bits_left: u32,
    /// The last column did not fit whole: columns after it can decide nothing.
    full: bool,
}

impl Packer {
    /// For `rows` rows.
    pub(super) fn new(rows: usize) -> Result<Self, TableError> {
        let rows = u32::try_from(rows)
            .map_err(|_| TableError::Internal { detail: format!("{rows} rows are too many to sort at once") })?;
        Ok(Self { keys: (0..rows).map(|position| (0, position)).collect(), bits_left: u128::BITS, full: false })
    }

    /// The packed keys with the rows' positions.
    pub(super) fn finish(self) -> Vec<(u128, u32)> {
        self.keys
    }

    /// Adds the next column of the key.
    pub(super) fn push(&mut self, parts: &[ArrayRef]) -> Result<(), TableError> {
        let Some(first) = parts.first() else { return Ok(()) };
        if self.full {
            return Ok(());
        }
        match first.data_type() {
            DataType::Boolean => self.push_integers(parts, |part, row| i64::from(part.as_boolean().value(row))),
            DataType::Int8 => self.push_integers(parts, |part, row| part.as_primitive::<Int8Type>().value(row).into()),
            DataType::Int16 => {
                self.push_integers(parts, |part, row| part.as_primitive::<Int16Type>().value(row).into());
            }
            DataType::Int32 => {
                self.push_integers(parts, |part, row| part.as_primitive::<Int32Type>().value(row).into());
            }
            DataType::Int64 => self.push_integers(parts, |part, row| part.as_primitive::<Int64Type>().value(row)),
            DataType::Date32 => {
                self.push_integers(parts, |part, row| part.as_primitive::<Date32Type>().value(row).into());
            }
            DataType::Timestamp(..) => {
                self.push_integers(parts, |part, row| part.as_primitive::<TimestampMicrosecondType>().value(row));
            }
            DataType::Utf8 => self.push_strings(parts),
            DataType::Dictionary(_, values) if **values == DataType::Utf8 => self.push_dictionaries(parts),
            // Compared in full by the caller, as everything after it is.
            _ => self.full = true,
        }
        Ok(())
    }

    fn push_integers(&mut self, parts: &[ArrayRef], value: impl Fn(&ArrayRef, usize) -> i64) {
        let mut bounds: Option<(i64, i64)> = None;
        for part in parts {
            for row in (0..part.len()).filter(|row| part.is_valid(*row)) {
                let value = value(part, row);
                bounds = Some(bounds.map_or((value, value), |(min, max)| (min.min(value), max.max(value))));
            }
        }
        let (min, max) = bounds.unwrap_or((0, 0));
        // Zero is NULL, so the smallest value is one: a range of 2^64 needs 65 bits.
        let distance = |value: i64| u128::from(value.abs_diff(min)) + 1;
        let bits = u128::BITS - distance(max).leading_zeros();
        self.append(
            bits,
            parts,
            |part| part.len(),
            |part, row| {
                if part.is_null(row) { 0 } else { distance(value(part, row)) }
            },
        );
    }

    fn push_strings(&mut self, parts: &[ArrayRef]) {
        let strings: Vec<&StringArray> = parts.iter().map(|part| part.as_string::<i32>()).collect();
        match ranks(&strings) {
            Some(ranks) => {
                let bits = usize::BITS - ranks.len().leading_zeros();
                self.append(
                    bits,
                    &strings,
                    |part| part.len(),
                    |part, row| {
                        if part.is_null(row) { 0 } else { ranks.get(part.value(row)).copied().unwrap_or(0) }
                    },
                );
            }
            None => self.push_prefixes(&strings),
        }
    }

    fn push_dictionaries(&mut self, parts: &[ArrayRef]) {
        let values: Vec<&StringArray> =
            parts.iter().map(|part| part.as_any_dictionary().values().as_string::<i32>()).collect();
        let Some(ranks) = ranks(&values) else {
            self.full = true;
            return;
        };
        let bits = usize::BITS - ranks.len().leading_zeros();
        let mut row_ranks: Vec<u128> = Vec::with_capacity(self.keys.len());
        for (part, values) in parts.iter().zip(&values) {
            let dictionary = part.as_any_dictionary();
            let by_key: Vec<u128> =
                values.iter().map(|value| value.and_then(|text| ranks.get(text)).copied().unwrap_or(0)).collect();
            for (row, key) in dictionary_keys(dictionary).into_iter().enumerate() {
                let rank = by_key.get(key).copied().unwrap_or(0);
                row_ranks.push(if part.is_null(row) { 0 } else { rank });
            }
        }
        if self.take_bits(bits) {
            for ((key, _), rank) in self.keys.iter_mut().zip(row_ranks) {
                *key = *key << bits | rank;
            }
        }
    }

    fn push_prefixes(&mut self, parts: &[&StringArray]) {
        let skip = common_prefix(parts);
        // One bit tells NULL from the empty string.
        let bytes = PREFIX_BYTES_MAX.min(self.bits_left.saturating_sub(1) as usize / 8);
        let Some(bits) = u32::try_from(bytes * 8 + 1).ok().filter(|_| bytes > 0) else {
            self.full = true;
            return;
        };
        self.append(
            bits,
            parts,
            |part| part.len(),
            |part, row| {
                if part.is_null(row) {
                    return 0;
                }
                let text = part.value(row).as_bytes().get(skip..).unwrap_or_default();
                let mut padded = [0; 16];
                let taken = text.len().min(bytes);
                padded[..taken].copy_from_slice(&text[..taken]);
                1 << (bits - 1) | u128::from_be_bytes(padded) >> (u128::BITS - (bits - 1))
            },
        );
        self.full = true;
    }

    /// Reserves `bits`; without room the column is left out, and so is everything after it.
    fn take_bits(&mut self, bits: u32) -> bool {
        if bits > self.bits_left {
            self.full = true;
            return false;
        }
        self.bits_left -= bits;
        true
    }

    fn append<P>(&mut self, bits: u32, parts: &[P], length: impl Fn(&P) -> usize, value: impl Fn(&P, usize) -> u128) {
        if !self.take_bits(bits) {
            return;
        }
        let rows = parts.iter().flat_map(|part| (0..length(part)).map(move |row| (part, row)));
        for ((key, _), (part, row)) in self.keys.iter_mut().zip(rows) {
            // The first column may take all 128 bits; there is nothing above it to keep then.
            *key = key.checked_shl(bits).unwrap_or(0) | value(part, row);
        }
    }
}

/// Rank of each distinct string, from 1; [`None`] when there are too many.
fn ranks<'a>(parts: &[&'a StringArray]) -> Option<HashMap<&'a str, u128>> {
    let mut distinct: HashMap<&str, u128> = HashMap::new();
    for part in parts {
        let mut previous = None;
        for text in part.iter().flatten() {
            // Neighbours are often equal, and equal is cheaper than a hash.
            if previous == Some(text) {
                continue;
            }
            previous = Some(text);
            distinct.insert(text, 0);
            if distinct.len() > RANKED_VALUES_MAX {
                return None;
            }
        }
    }
    let mut sorted: Vec<&str> = distinct.keys().copied().collect();
    sorted.sort_unstable();
    for (rank, text) in (1..).zip(sorted) {
        distinct.insert(text, rank);
    }
    Some(distinct)
}

/// Bytes that all the strings begin with.
fn common_prefix(parts: &[&StringArray]) -> usize {
    let mut texts = parts.iter().flat_map(|part| part.iter().flatten());
    let Some(first) = texts.next() else { return 0 };
    let mut length = first.len();
    for text in texts {
        let same = first.as_bytes().iter().zip(text.as_bytes()).take(length).take_while(|(a, b)| a == b).count();
        length = same;
        if length == 0 {
            break;
        }
    }
    length
}
