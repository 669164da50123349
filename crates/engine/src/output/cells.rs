//! The values of a column, each as text: one form for all text formats.

use std::fmt::Write;

use arrow::array::{
    Array, ArrayRef, AsArray, BinaryArray, BooleanArray, Decimal128Array, ListArray, MapArray, StringArray, StructArray,
};
use arrow::array::{
    Date32Array, Float64Array, Int64Array, TimestampMicrosecondArray, TimestampNanosecondArray, UInt64Array,
};
use arrow::compute::cast;
use arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, Float64Type, Int64Type, TimeUnit, TimestampMicrosecondType,
    TimestampNanosecondType, UInt64Type,
};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use chrono::{DateTime, SecondsFormat, Utc};

use crate::error::EngineError;
use crate::zone::{day_text, moment_text};

/// A column, brought into one of the few forms that are written.
#[derive(Debug)]
pub(super) enum Cells {
    Boolean(BooleanArray),
    Integer(Int64Array),
    Unsigned(UInt64Array),
    Float(Float64Array),
    /// Single precision has its own shortest digits.
    Single(arrow::array::Float32Array),
    Decimal(Decimal128Array),
    Text(StringArray),
    Bytes(BinaryArray),
    Date(Date32Array),
    Micros(TimestampMicrosecondArray),
    Nanos(TimestampNanosecondArray),
    Struct(StructArray, Vec<(String, Cells)>),
    List(ListArray, Box<Cells>),
    Map(MapArray, Box<Cells>, Box<Cells>),
    Null,
    /// Any other type, as Arrow shows it.
    Other(ArrayRef),
}

/// How a value stands in JSON and in a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    Null,
    /// Digits, true and false: as they are.
    Bare,
    /// Text, in quotes where quotes are needed.
    Quoted,
    /// JSON of a nested value.
    Nested,
}

impl Cells {
    pub(super) fn of(array: &ArrayRef) -> Result<Self, EngineError> {
        let cast_to = |data_type: &DataType| {
            cast(array, data_type).map_err(|error| EngineError::Internal { message: error.to_string() })
        };
        Ok(match array.data_type() {
            DataType::Null => Self::Null,
            DataType::Boolean => Self::Boolean(array.as_boolean().clone()),
            DataType::Int8 | DataType::Int16 | DataType::Int32 | DataType::Int64 => {
                Self::Integer(cast_to(&DataType::Int64)?.as_primitive::<Int64Type>().clone())
            }
            DataType::UInt8 | DataType::UInt16 | DataType::UInt32 | DataType::UInt64 => {
                Self::Unsigned(cast_to(&DataType::UInt64)?.as_primitive::<UInt64Type>().clone())
            }
            DataType::Float16 | DataType::Float32 => {
                Self::Single(cast_to(&DataType::Float32)?.as_primitive::<arrow::datatypes::Float32Type>().clone())
            }
            DataType::Float64 => Self::Float(array.as_primitive::<Float64Type>().clone()),
            DataType::Decimal128(..) => Self::Decimal(array.as_primitive::<Decimal128Type>().clone()),
            DataType::Utf8 => Self::Text(array.as_string::<i32>().clone()),
            DataType::Utf8View | DataType::LargeUtf8 => {
                Self::Text(cast_to(&DataType::Utf8)?.as_string::<i32>().clone())
            }
            DataType::Binary => Self::Bytes(array.as_binary::<i32>().clone()),
            DataType::BinaryView | DataType::LargeBinary | DataType::FixedSizeBinary(_) => {
                Self::Bytes(cast_to(&DataType::Binary)?.as_binary::<i32>().clone())
            }
            DataType::Date32 => Self::Date(array.as_primitive::<Date32Type>().clone()),
            DataType::Timestamp(TimeUnit::Nanosecond, _) => {
                Self::Nanos(array.as_primitive::<TimestampNanosecondType>().clone())
            }
            DataType::Timestamp(_, zone) => {
                let micros = cast_to(&DataType::Timestamp(TimeUnit::Microsecond, zone.clone()))?;
                Self::Micros(micros.as_primitive::<TimestampMicrosecondType>().clone())
            }
            DataType::Struct(fields) => {
                let array = array.as_struct();
                let children = fields.iter().zip(array.columns());
                let children = children.map(|(field, column)| Ok((field.name().clone(), Self::of(column)?)));
                Self::Struct(array.clone(), children.collect::<Result<_, EngineError>>()?)
            }
            DataType::List(_) => {
                let array = array.as_list::<i32>();
                Self::List(array.clone(), Box::new(Self::of(array.values())?))
            }
            DataType::Map(..) => {
                let array = array.as_map();
                Self::Map(array.clone(), Box::new(Self::of(array.keys())?), Box::new(Self::of(array.values())?))
            }
            DataType::Dictionary(_, values) => Self::of(&cast_to(values)?)?,
            _ => Self::Other(ArrayRef::clone(array)),
        })
    }

    fn is_null(&self, row: usize) -> bool {
        match self {
            Self::Null => true,
            Self::Boolean(array) => array.is_null(row),
            Self::Integer(array) => array.is_null(row),
            Self::Unsigned(array) => array.is_null(row),
            Self::Float(array) => array.is_null(row),
            Self::Single(array) => array.is_null(row),
            Self::Decimal(array) => array.is_null(row),
            Self::Text(array) => array.is_null(row),
            Self::Bytes(array) => array.is_null(row),
            Self::Date(array) => array.is_null(row),
            Self::Micros(array) => array.is_null(row),
            Self::Nanos(array) => array.is_null(row),
            Self::Struct(array, _) => array.is_null(row),
            Self::List(array, _) => array.is_null(row),
            Self::Map(array, ..) => array.is_null(row),
            Self::Other(array) => array.is_null(row),
        }
    }

    /// Appends the value of `row` to `out`, without quotes; nothing for NULL.
    pub(super) fn text(&self, row: usize, out: &mut String) -> Shape {
        if self.is_null(row) {
            return Shape::Null;
        }
        // Writing to a String cannot fail.
        let _ = match self {
            Self::Boolean(array) => write!(out, "{}", array.value(row)),
            Self::Integer(array) => write!(out, "{}", array.value(row)),
            Self::Unsigned(array) => write!(out, "{}", array.value(row)),
            Self::Float(array) => return float(array.value(row), array.value(row), out),
            Self::Single(array) => return float(array.value(row).into(), array.value(row), out),
            Self::Decimal(array) => write!(out, "{}", array.value_as_string(row)),
            _ => return self.long_text(row, out),
        };
        Shape::Bare
    }

    fn long_text(&self, row: usize, out: &mut String) -> Shape {
        match self {
            Self::Text(array) => out.push_str(array.value(row)),
            Self::Bytes(array) => base64(array.value(row), out),
            Self::Date(array) => out.push_str(&day_text(array.value(row))),
            Self::Micros(array) => out.push_str(&moment_text(array.value(row))),
            Self::Nanos(array) => {
                let moment = DateTime::<Utc>::from_timestamp_nanos(array.value(row));
                out.push_str(&moment.to_rfc3339_opts(SecondsFormat::AutoSi, true));
            }
            Self::Other(array) => {
                let options = FormatOptions::default();
                match ArrayFormatter::try_new(array.as_ref(), &options) {
                    Ok(formatter) => out.push_str(&formatter.value(row).to_string()),
                    Err(_) => out.push('?'),
                }
            }
            _ => {
                self.json(row, out);
                return Shape::Nested;
            }
        }
        Shape::Quoted
    }

    /// Appends the value of `row` as JSON.
    pub(super) fn json(&self, row: usize, out: &mut String) {
        if self.is_null(row) {
            out.push_str("null");
            return;
        }
        match self {
            Self::Text(array) => json_string(array.value(row), out),
            Self::Struct(_, children) => {
                out.push('{');
                for (index, (name, cells)) in children.iter().enumerate() {
                    if index > 0 {
                        out.push(',');
                    }
                    json_string(name, out);
                    out.push(':');
                    cells.json(row, out);
                }
                out.push('}');
            }
            Self::List(array, values) => json_list(array.value_offsets(), row, out, |item, out| values.json(item, out)),
            Self::Map(array, keys, values) => {
                out.push('{');
                for (index, item) in span(array.value_offsets(), row).enumerate() {
                    if index > 0 {
                        out.push(',');
                    }
                    let mut key = String::new();
                    keys.text(item, &mut key);
                    json_string(&key, out);
                    out.push(':');
                    values.json(item, out);
                }
                out.push('}');
            }
            _ => {
                let mut text = String::new();
                match self.text(row, &mut text) {
                    // JSON has no words for what is no number.
                    Shape::Bare if matches!(text.as_str(), "NaN" | "inf" | "-inf") => out.push_str("null"),
                    Shape::Quoted => json_string(&text, out),
                    _ => out.push_str(&text),
                }
            }
        }
    }
}

fn json_list(offsets: &[i32], row: usize, out: &mut String, mut item: impl FnMut(usize, &mut String)) {
    out.push('[');
    for (index, position) in span(offsets, row).enumerate() {
        if index > 0 {
            out.push(',');
        }
        item(position, out);
    }
    out.push(']');
}

/// The positions of a row's items among all items.
fn span(offsets: &[i32], row: usize) -> std::ops::Range<usize> {
    let at = |index: usize| offsets.get(index).and_then(|offset| usize::try_from(*offset).ok()).unwrap_or_default();
    at(row)..at(row + 1)
}

/// Plain digits that read back as the same number, with a point, as it is no whole number by type.
fn float(value: f64, shown: impl std::fmt::Display, out: &mut String) -> Shape {
    let _ = write!(out, "{shown}");
    if value.is_finite() && value.fract() == 0.0 {
        out.push_str(".0");
    }
    Shape::Bare
}

/// A JSON string with its quotes.
pub(super) fn json_string(text: &str, out: &mut String) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            control if control < ' ' => {
                let _ = write!(out, "\\u{:04x}", u32::from(control));
            }
            other => out.push(other),
        }
    }
    out.push('"');
}

/// RFC 4648, section 4, with padding.
fn base64(bytes: &[u8], out: &mut String) {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for chunk in bytes.chunks(3) {
        let byte = |index: usize| u32::from(chunk.get(index).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for digit in 0..4 {
            let index = (bits >> (18 - 6 * digit) & 63) as usize;
            out.push(if digit <= chunk.len() { char::from(ALPHABET[index]) } else { '=' });
        }
    }
}
