//! Writing: tags, scalars and lengths into wire bytes; text and numbers into JSON.

use prost::encoding::encode_varint;

use crate::plan::ScalarKind;
use crate::wire::{Scalar, WireType, zigzag};

/// Writes a tag.
pub(super) fn tag(number: u32, wire_type: WireType, out: &mut Vec<u8>) {
    encode_varint(u64::from(number) << 3 | wire_type as u64, out);
}

/// Begins a length-delimited value whose length is not known yet; [`close`] takes what this returns.
pub(super) fn open(out: &mut Vec<u8>) -> usize {
    out.push(0);
    out.len()
}

/// Ends what [`open`] began: most values are short, and their length fits into the byte that was left.
pub(super) fn close(start: usize, out: &mut Vec<u8>) {
    let length = out.len().saturating_sub(start);
    if let (Some(byte), Ok(short)) = (out.get_mut(start - 1), u8::try_from(length))
        && short < 0x80
    {
        *byte = short;
        return;
    }
    let mut prefix = Vec::with_capacity(10);
    encode_varint(length as u64, &mut prefix);
    out.splice(start - 1..start, prefix);
}

/// Writes a scalar as `kind` writes it, without a tag. The value's variant is `kind`'s.
pub(super) fn scalar(kind: ScalarKind, value: Scalar<'_>, out: &mut Vec<u8>) {
    match (kind, value) {
        (ScalarKind::Sint32 | ScalarKind::Sint64, Scalar::Int(value)) => encode_varint(zigzag(value), out),
        (ScalarKind::Sfixed32, Scalar::Int(value)) => out.extend_from_slice(&(value as i32).to_le_bytes()),
        (ScalarKind::Sfixed64, Scalar::Int(value)) => out.extend_from_slice(&value.to_le_bytes()),
        (ScalarKind::Fixed32, Scalar::Uint(value)) => out.extend_from_slice(&(value as u32).to_le_bytes()),
        (ScalarKind::Fixed64, Scalar::Uint(value)) => out.extend_from_slice(&value.to_le_bytes()),
        (_, Scalar::Int(value)) => encode_varint(value.cast_unsigned(), out),
        (_, Scalar::Uint(value)) => encode_varint(value, out),
        (_, Scalar::Bool(value)) => encode_varint(u64::from(value), out),
        (_, Scalar::Float(value)) => out.extend_from_slice(&value.to_le_bytes()),
        (_, Scalar::Double(value)) => out.extend_from_slice(&value.to_le_bytes()),
        (_, Scalar::Text(value)) => bytes(value.as_bytes(), out),
        (_, Scalar::Bytes(value)) => bytes(value, out),
    }
}

/// Writes a length and the bytes.
pub(super) fn bytes(value: &[u8], out: &mut Vec<u8>) {
    encode_varint(value.len() as u64, out);
    out.extend_from_slice(value);
}

/// Writes a Timestamp's or Duration's body.
pub(super) fn seconds_and_nanos(seconds: i64, nanos: i32, out: &mut Vec<u8>) {
    if seconds != 0 {
        tag(1, WireType::Varint, out);
        encode_varint(seconds.cast_unsigned(), out);
    }
    if nanos != 0 {
        tag(2, WireType::Varint, out);
        encode_varint(i64::from(nanos).cast_unsigned(), out);
    }
}

/// Writes JSON text in quotes, escaped.
pub(crate) fn quote(text: &str, out: &mut String) {
    out.push('"');
    let mut plain_from = 0;
    for (place, byte) in text.bytes().enumerate() {
        let escape = match byte {
            b'"' => "\\\"",
            b'\\' => "\\\\",
            b'\n' => "\\n",
            b'\r' => "\\r",
            b'\t' => "\\t",
            0x08 => "\\b",
            0x0c => "\\f",
            0..=0x1f => "",
            _ => continue,
        };
        out.push_str(text.get(plain_from..place).unwrap_or_default());
        if escape.is_empty() {
            out.push_str(&format!("\\u{byte:04x}"));
        } else {
            out.push_str(escape);
        }
        plain_from = place + 1;
    }
    out.push_str(text.get(plain_from..).unwrap_or_default());
    out.push('"');
}

/// Up to here every whole number is a double.
const WHOLE_MAX: f64 = 9_007_199_254_740_992.0;

/// Writes a double with the fewest digits that give it back; whole numbers without a point, what JSON has no number
/// for as text.
pub(crate) fn double(value: f64, out: &mut String) {
    if value.is_nan() {
        out.push_str("\"NaN\"");
    } else if value.is_infinite() {
        out.push_str(if value > 0.0 { "\"Infinity\"" } else { "\"-Infinity\"" });
    } else if value == value.trunc() && value.abs() <= WHOLE_MAX && (value != 0.0 || value.is_sign_positive()) {
        out.push_str(&(value as i64).to_string());
    } else {
        out.push_str(&format!("{value:?}"));
    }
}

/// As [`double`], of a float: fewer digits give it back.
pub(crate) fn float(value: f32, out: &mut String) {
    if value.is_finite() && value != value.trunc() {
        out.push_str(&format!("{value:?}"));
    } else if value.is_finite() && f64::from(value.abs()) > WHOLE_MAX {
        out.push_str(&format!("{value:e}"));
    } else {
        double(f64::from(value), out);
    }
}
