//! Numbers, text and bytes: from a call's JSON to the wire.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use judi_schema::plan::ScalarKind;
use serde_json::Value;

use super::{CallError, Wire};

/// A map's key, in the order in which entries are written.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Key {
    Bool(bool),
    Number(i128),
    Text(Vec<u8>),
}

impl Key {
    pub(super) fn read(kind: ScalarKind, value: &Value) -> Result<Self, CallError> {
        match kind {
            ScalarKind::Bool => value.as_bool().map(Self::Bool).ok_or(CallError::InvalidValue),
            ScalarKind::String => Ok(Self::Text(text(value)?.into_bytes())),
            _ => Ok(Self::Number(in_range(kind, whole(value)?)?)),
        }
    }

    pub(super) fn write(&self, kind: ScalarKind, out: &mut Vec<u8>) {
        match self {
            Self::Bool(value) => varint(u64::from(*value), out),
            Self::Text(bytes) => length_and(bytes, out),
            Self::Number(number) => write_number(kind, *number, out),
        }
    }
}

pub(super) fn wire(kind: ScalarKind) -> Wire {
    match kind {
        ScalarKind::Double | ScalarKind::Fixed64 | ScalarKind::Sfixed64 => Wire::Fixed64,
        ScalarKind::Float | ScalarKind::Fixed32 | ScalarKind::Sfixed32 => Wire::Fixed32,
        ScalarKind::String | ScalarKind::Bytes => Wire::Len,
        _ => Wire::Varint,
    }
}

/// Writes the value; whether it is its type's zero, which implicit fields leave out.
pub(super) fn write(kind: ScalarKind, value: &Value, out: &mut Vec<u8>) -> Result<bool, CallError> {
    match kind {
        ScalarKind::Bool => {
            let value = value.as_bool().ok_or(CallError::InvalidValue)?;
            varint(u64::from(value), out);
            Ok(!value)
        }
        ScalarKind::String => {
            let text = text(value)?;
            length_and(text.as_bytes(), out);
            Ok(text.is_empty())
        }
        ScalarKind::Bytes => {
            let text = value.as_str().ok_or(CallError::InvalidValue)?;
            let bytes = STANDARD.decode(text).map_err(|_| CallError::InvalidValue)?;
            length_and(&bytes, out);
            Ok(bytes.is_empty())
        }
        ScalarKind::Double => {
            let number = real(value)?;
            let bits = if number.is_nan() { 0x7ff8_0000_0000_0000 } else { number.to_bits() };
            out.extend(bits.to_le_bytes());
            Ok(bits == 0)
        }
        ScalarKind::Float => {
            let number = real(value)?;
            #[expect(
                clippy::cast_possible_truncation,
                reason = "to the nearest float, ties to even, is what is wanted"
            )]
            let narrow = number as f32;
            if narrow.is_infinite() && number.is_finite() {
                return Err(CallError::OutOfRange);
            }
            let bits = if narrow.is_nan() { 0x7fc0_0000 } else { narrow.to_bits() };
            out.extend(bits.to_le_bytes());
            Ok(bits == 0)
        }
        _ => {
            let number = in_range(kind, whole(value)?)?;
            write_number(kind, number, out);
            Ok(number == 0)
        }
    }
}

/// The bounds of each type that is a whole number.
fn in_range(kind: ScalarKind, number: i128) -> Result<i128, CallError> {
    let (least, most) = match kind {
        ScalarKind::Int32 | ScalarKind::Sint32 | ScalarKind::Sfixed32 => (i128::from(i32::MIN), i128::from(i32::MAX)),
        ScalarKind::Uint32 | ScalarKind::Fixed32 => (0, i128::from(u32::MAX)),
        ScalarKind::Uint64 | ScalarKind::Fixed64 => (0, i128::from(u64::MAX)),
        _ => (i128::from(i64::MIN), i128::from(i64::MAX)),
    };
    if (least..=most).contains(&number) { Ok(number) } else { Err(CallError::OutOfRange) }
}

/// A number that is in range.
fn write_number(kind: ScalarKind, number: i128, out: &mut Vec<u8>) {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "two's complement, in range")]
    let (word, half) = (number as u64, number as u32);
    match kind {
        ScalarKind::Fixed32 | ScalarKind::Sfixed32 => out.extend(half.to_le_bytes()),
        ScalarKind::Fixed64 | ScalarKind::Sfixed64 => out.extend(word.to_le_bytes()),
        // 0, -1, 1, -2 … are 0, 1, 2, 3 …
        ScalarKind::Sint32 | ScalarKind::Sint64 => varint((word << 1) ^ if number < 0 { u64::MAX } else { 0 }, out),
        _ => varint(word, out),
    }
}

/// A whole number, from a JSON number or decimal text.
pub(super) fn whole(value: &Value) -> Result<i128, CallError> {
    match value {
        Value::Number(number) => {
            if let Some(number) = number.as_i64() {
                return Ok(i128::from(number));
            }
            if let Some(number) = number.as_u64() {
                return Ok(i128::from(number));
            }
            let number = number.as_f64().ok_or(CallError::InvalidValue)?;
            #[expect(clippy::cast_possible_truncation, reason = "whole, and beyond every range it saturates")]
            if number.fract() == 0.0 { Ok(number as i128) } else { Err(CallError::OutOfRange) }
        }
        Value::String(text) => {
            let digits = text.strip_prefix('-').unwrap_or(text);
            if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) {
                text.parse().map_err(|_| CallError::OutOfRange)
            } else if text.parse::<f64>().is_ok() {
                Err(CallError::OutOfRange)
            } else {
                Err(CallError::InvalidValue)
            }
        }
        _ => Err(CallError::InvalidValue),
    }
}

fn real(value: &Value) -> Result<f64, CallError> {
    match value {
        Value::Number(number) => number.as_f64().ok_or(CallError::InvalidValue),
        // Rust reads "NaN", "Infinity", "-Infinity" and "-0", too.
        Value::String(text) => text.parse().map_err(|_| CallError::InvalidValue),
        _ => Err(CallError::InvalidValue),
    }
}

/// Text, also of the forms for what JSON cannot carry.
pub(super) fn text(value: &Value) -> Result<String, CallError> {
    if let Value::String(text) = value {
        return Ok(text.clone());
    }
    escaped_text(value).ok_or(CallError::InvalidValue)?
}

/// What `{"$utf16": …}` and `{"$utf8": …}` say; `None`: the value is neither.
pub(super) fn escaped_text(value: &Value) -> Option<Result<String, CallError>> {
    let members = value.as_object().filter(|members| members.len() == 1)?;
    if let Some(units) = members.get("$utf16").and_then(Value::as_array) {
        let units: Option<Vec<u16>> = units.iter().map(|unit| u16::from_str_radix(unit.as_str()?, 16).ok()).collect();
        let text = units.map(|units| String::from_utf16(&units).map_err(|_| CallError::InvalidText));
        return Some(text.unwrap_or(Err(CallError::InvalidValue)));
    }
    let hex = members.get("$utf8").and_then(Value::as_str)?;
    let bytes: Option<Vec<u8>> =
        (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(hex.get(at..at + 2)?, 16).ok()).collect();
    let text = bytes.map(|bytes| String::from_utf8(bytes).map_err(|_| CallError::InvalidText));
    Some(text.unwrap_or(Err(CallError::InvalidValue)))
}

pub(super) fn varint(mut word: u64, out: &mut Vec<u8>) {
    while word > 0x7f {
        #[expect(clippy::cast_possible_truncation, reason = "the lowest seven bits")]
        out.push((word as u8) | 0x80);
        word >>= 7;
    }
    #[expect(clippy::cast_possible_truncation, reason = "seven bits are left")]
    out.push(word as u8);
}

pub(super) fn length_and(body: &[u8], out: &mut Vec<u8>) {
    varint(body.len() as u64, out);
    out.extend_from_slice(body);
}
