//! Per-file statistics: the `stats` of an `add` action, as collected while writing and as read for pruning.
//!
//! Source: Delta protocol, "Per-file Statistics". Bounds are always true and not always tight: times are rounded to
//! milliseconds outwards, long strings cut to a prefix (the upper one to a prefix that is greater).

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::compute;
use arrow::datatypes::{
    DataType, Date32Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, TimestampMicrosecondType,
};
use chrono::DateTime;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::conform::dictionary_keys;
use crate::partition::{date_text, parsed_micros};

/// Characters of a string that its bound keeps, as Delta's own writers have it.
const TEXT_CHARACTERS_MAX: usize = 32;

/// What is known about the rows of one data file.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct FileStats {
    /// Rows.
    #[serde(rename = "numRecords", skip_serializing_if = "Option::is_none")]
    pub rows: Option<u64>,
    /// Column -> a value that no row is below.
    #[serde(rename = "minValues", skip_serializing_if = "Map::is_empty")]
    pub min: Map<String, Value>,
    /// Column -> a value that no row is above.
    #[serde(rename = "maxValues", skip_serializing_if = "Map::is_empty")]
    pub max: Map<String, Value>,
    /// Column -> rows that are NULL.
    #[serde(rename = "nullCount", skip_serializing_if = "Map::is_empty")]
    pub null_count: Map<String, Value>,
}

impl FileStats {
    /// Reads the JSON of the log; empty when it is not such a JSON.
    #[must_use]
    pub fn parse(json: &str) -> Self {
        serde_json::from_str(json).unwrap_or_default()
    }

    /// Bounds of a timestamp column in microseconds, both inclusive; [`None`] where they are not known.
    #[must_use]
    pub fn timestamp_bounds(&self, column: &str) -> Option<(i64, i64)> {
        let micros = |values: &Map<String, Value>| parsed_micros(values.get(column)?.as_str()?);
        Some((micros(&self.min)?, micros(&self.max)?))
    }

    /// Bounds of a string or date column, both inclusive; [`None`] where they are not known.
    #[must_use]
    pub fn text_bounds(&self, column: &str) -> Option<(&str, &str)> {
        Some((self.min.get(column)?.as_str()?, self.max.get(column)?.as_str()?))
    }

    /// Bounds of an integer column, both inclusive; [`None`] where they are not known.
    #[must_use]
    pub fn integer_bounds(&self, column: &str) -> Option<(i64, i64)> {
        Some((self.min.get(column)?.as_i64()?, self.max.get(column)?.as_i64()?))
    }

    /// How many rows are NULL in a column; [`None`] where it is not known.
    #[must_use]
    pub fn nulls(&self, column: &str) -> Option<u64> {
        self.null_count.get(column)?.as_u64()
    }
}

/// Bounds of one column so far.
#[derive(Debug, Clone, PartialEq)]
enum Bounds {
    Integer(i64, i64),
    Float(f64, f64),
    Text(String, String),
    Date(i32, i32),
    Timestamp(i64, i64),
}

/// Collects the statistics of one file.
#[derive(Debug)]
pub(crate) struct StatsCollector {
    rows: u64,
    columns: Vec<ColumnStats>,
}

#[derive(Debug)]
struct ColumnStats {
    name: String,
    index: usize,
    nulls: u64,
    bounds: Option<Bounds>,
    /// A value was seen that bounds cannot describe (NaN).
    unbounded: bool,
}

impl StatsCollector {
    /// For the columns `(name, index in a chunk)`.
    pub(crate) fn new(columns: impl IntoIterator<Item = (String, usize)>) -> Self {
        let columns = columns
            .into_iter()
            .map(|(name, index)| ColumnStats { name, index, nulls: 0, bounds: None, unbounded: false })
            .collect();
        Self { rows: 0, columns }
    }

    pub(crate) fn update(&mut self, chunk: &[ArrayRef], rows: usize) {
        self.rows += rows as u64;
        for column in &mut self.columns {
            let Some(array) = chunk.get(column.index) else { continue };
            column.nulls += array.null_count() as u64;
            if column.unbounded || array.null_count() == array.len() {
                continue;
            }
            match array_bounds(array) {
                Some(Bounds::Float(min, max)) if !min.is_finite() || !max.is_finite() => column.unbounded = true,
                Some(new) => column.bounds = Some(merged(column.bounds.take(), new)),
                None => column.unbounded = true,
            }
        }
    }

    pub(crate) fn finish(self) -> FileStats {
        let mut stats = FileStats { rows: Some(self.rows), ..FileStats::default() };
        for column in self.columns {
            stats.null_count.insert(column.name.clone(), column.nulls.into());
            let Some(bounds) = column.bounds.filter(|_| !column.unbounded) else { continue };
            let (min, max) = bounds_json(bounds);
            if let Some(min) = min {
                stats.min.insert(column.name.clone(), min);
            }
            if let Some(max) = max {
                stats.max.insert(column.name, max);
            }
        }
        stats
    }
}

/// Whether bounds are kept for columns of this type.
/// The property of a table that says which columns have statistics. Readers that find none of a column that they look
/// for may take that for "no row can match"; this tells them not to look.
pub const STATS_PROPERTY: &str = "delta.dataSkippingStatsColumns";

/// The same where no column has any: how many of the first columns do.
pub(crate) const NO_STATS_PROPERTY: &str = "delta.dataSkippingNumIndexedCols";

pub(crate) fn has_bounds(data_type: &DataType) -> bool {
    match data_type {
        DataType::Dictionary(_, values) => has_bounds(values),
        DataType::Int8
        | DataType::Int16
        | DataType::Int32
        | DataType::Int64
        | DataType::Float32
        | DataType::Float64
        | DataType::Utf8
        | DataType::Date32
        | DataType::Timestamp(..) => true,
        _ => false,
    }
}

fn array_bounds(array: &ArrayRef) -> Option<Bounds> {
    macro_rules! primitive {
        ($type:ty) => {{
            let array = array.as_primitive::<$type>();
            (compute::min(array)?, compute::max(array)?)
        }};
    }
    let integer = |(min, max): (i64, i64)| Some(Bounds::Integer(min, max));
    match array.data_type() {
        DataType::Int8 => integer(widened(primitive!(Int8Type))),
        DataType::Int16 => integer(widened(primitive!(Int16Type))),
        DataType::Int32 => integer(widened(primitive!(Int32Type))),
        DataType::Int64 => integer(primitive!(Int64Type)),
        DataType::Float32 => {
            let (min, max) = primitive!(Float32Type);
            Some(Bounds::Float(min.into(), max.into()))
        }
        DataType::Float64 => {
            let (min, max) = primitive!(Float64Type);
            Some(Bounds::Float(min, max))
        }
        DataType::Date32 => {
            let (min, max) = primitive!(Date32Type);
            Some(Bounds::Date(min, max))
        }
        DataType::Timestamp(..) => {
            let (min, max) = primitive!(TimestampMicrosecondType);
            Some(Bounds::Timestamp(min, max))
        }
        DataType::Utf8 => {
            let array = array.as_string::<i32>();
            Some(Bounds::Text(compute::min_string(array)?.to_owned(), compute::max_string(array)?.to_owned()))
        }
        DataType::Dictionary(..) => dictionary_bounds(array),
        _ => None,
    }
}

fn widened<T: Into<i64>>((min, max): (T, T)) -> (i64, i64) {
    (min.into(), max.into())
}

/// Bounds of the values that are used; a dictionary may hold more.
fn dictionary_bounds(array: &ArrayRef) -> Option<Bounds> {
    let dictionary = array.as_any_dictionary();
    let values = dictionary.values().as_string_opt::<i32>()?;
    let mut used = vec![false; values.len()];
    for (row, key) in dictionary_keys(dictionary).into_iter().enumerate() {
        if dictionary.is_valid(row)
            && let Some(used) = used.get_mut(key)
        {
            *used = true;
        }
    }
    let texts = || used.iter().zip(values.iter()).filter_map(|(used, text)| text.filter(|_| *used));
    Some(Bounds::Text(texts().min()?.to_owned(), texts().max()?.to_owned()))
}

fn merged(old: Option<Bounds>, new: Bounds) -> Bounds {
    match (old, new) {
        (Some(Bounds::Integer(a, b)), Bounds::Integer(c, d)) => Bounds::Integer(a.min(c), b.max(d)),
        (Some(Bounds::Float(a, b)), Bounds::Float(c, d)) => Bounds::Float(a.min(c), b.max(d)),
        (Some(Bounds::Text(a, b)), Bounds::Text(c, d)) => Bounds::Text(a.min(c), b.max(d)),
        (Some(Bounds::Date(a, b)), Bounds::Date(c, d)) => Bounds::Date(a.min(c), b.max(d)),
        (Some(Bounds::Timestamp(a, b)), Bounds::Timestamp(c, d)) => Bounds::Timestamp(a.min(c), b.max(d)),
        (_, new) => new,
    }
}

fn bounds_json(bounds: Bounds) -> (Option<Value>, Option<Value>) {
    match bounds {
        Bounds::Integer(min, max) => (Some(min.into()), Some(max.into())),
        Bounds::Float(min, max) => (Some(min.into()), Some(max.into())),
        Bounds::Text(min, max) => (Some(text_floor(&min).into()), text_ceiling(&max).map(Value::from)),
        Bounds::Date(min, max) => (date_text(min).map(Value::from), date_text(max).map(Value::from)),
        Bounds::Timestamp(min, max) => {
            let ceiling_ms = max.div_euclid(1000) + i64::from(max.rem_euclid(1000) != 0);
            // Of the very last millisecond that can be written there is no next: readers know that bounds are cut to
            // milliseconds, but not what to make of one that is missing.
            let max = millis_text(ceiling_ms).or_else(|| millis_text(max.div_euclid(1000)));
            (millis_text(min.div_euclid(1000)), max)
        }
    }
}

fn millis_text(millis: i64) -> Option<Value> {
    date_text(i32::try_from(millis.div_euclid(86_400_000)).ok()?)?;
    let moment = DateTime::from_timestamp_millis(millis)?;
    Some(moment.format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string().into())
}

/// The longest prefix that is kept: never greater than the text.
fn text_floor(text: &str) -> &str {
    match text.char_indices().nth(TEXT_CHARACTERS_MAX) {
        Some((end, _)) => &text[..end],
        None => text,
    }
}

/// A text of at most the kept length that is not less than `text`; [`None`] when there is none.
fn text_ceiling(text: &str) -> Option<String> {
    let floor = text_floor(text);
    if floor.len() == text.len() {
        return Some(text.to_owned());
    }
    let mut characters: Vec<char> = floor.chars().collect();
    while let Some(last) = characters.pop() {
        // The next scalar value; past the surrogates, and none after the last.
        let next = if last == '\u{D7FF}' { Some('\u{E000}') } else { char::from_u32(u32::from(last) + 1) };
        if let Some(next) = next {
            characters.push(next);
            return Some(characters.into_iter().collect());
        }
    }
    None
}

#[cfg(test)]
mod tests;
