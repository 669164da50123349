//! What a generated SDK of a version sends: wire bytes, and JSON by that version's names. Written for these tests, so
//! that Judi's own encoders do not judge themselves.

use serde_json::{Map, Number, Value as Json};

use crate::model::{Field, Kind, Many, MessageKey, Scalar, Schema};
use crate::values::{Held, Value, Values};

/// How an SDK writes where protobuf leaves the choice.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Manner {
    /// Lists of numbers one by one.
    pub(crate) unpacked: bool,
    /// lowerCamelCase in JSON.
    pub(crate) camel: bool,
    /// Enums as numbers in JSON.
    pub(crate) enum_numbers: bool,
}

/// The wire form of a message of this version.
pub(crate) fn wire(schema: &Schema, key: MessageKey, values: &Values, manner: Manner) -> Vec<u8> {
    let mut out = Vec::new();
    for (number, held) in values {
        let field = schema.field(key, *number).unwrap();
        let wire = Wire { schema, field, manner };
        match held {
            Held::One(value) => wire.field(field.kind, *number, value, &mut out),
            Held::List(values) if is_packed(field.kind) && !manner.unpacked => {
                let mut packed = Vec::new();
                values.iter().for_each(|value| wire.value(field.kind, value, &mut packed));
                put_bytes(*number, &packed, &mut out);
            }
            Held::List(values) => values.iter().for_each(|value| wire.field(field.kind, *number, value, &mut out)),
            Held::Map(pairs) => {
                let Many::Map(of) = field.many else { panic!("{field:?} is no map") };
                for (key, value) in pairs {
                    let mut entry = Vec::new();
                    wire.field(Kind::Scalar(of), 1, key, &mut entry);
                    wire.field(field.kind, 2, value, &mut entry);
                    put_bytes(*number, &entry, &mut out);
                }
            }
        }
    }
    out
}

struct Wire<'a> {
    schema: &'a Schema,
    field: &'a Field,
    manner: Manner,
}

impl Wire<'_> {
    fn field(&self, kind: Kind, number: u32, value: &Value, out: &mut Vec<u8>) {
        put_varint(u64::from(number) << 3 | wire_type(kind), out);
        self.value(kind, value, out);
    }

    fn value(&self, kind: Kind, value: &Value, out: &mut Vec<u8>) {
        match (kind, value) {
            (Kind::Scalar(Scalar::Sint32 | Scalar::Sint64), Value::Int(value)) => {
                let value = i64::try_from(*value).unwrap();
                put_varint(((value << 1) ^ (value >> 63)).cast_unsigned(), out);
            }
            (Kind::Scalar(Scalar::Fixed64), Value::Int(value)) => {
                out.extend_from_slice(&u64::try_from(*value).unwrap().to_le_bytes());
            }
            (_, Value::Int(value)) => put_varint(word(*value), out),
            (_, Value::Float(value)) => out.extend_from_slice(&value.to_le_bytes()),
            (_, Value::Double(value)) => out.extend_from_slice(&value.to_le_bytes()),
            (_, Value::Bool(value)) => put_varint(u64::from(*value), out),
            (_, Value::Text(value)) => put_sized(value.as_bytes(), out),
            (_, Value::Bytes(value)) => put_sized(value, out),
            (_, Value::Enum(number)) => put_varint(i64::from(*number).cast_unsigned(), out),
            (Kind::Message(key), Value::Message(values)) => {
                put_sized(&wire(self.schema, key, values, self.manner), out);
            }
            (_, Value::Time(seconds, nanos) | Value::Span(seconds, nanos)) => {
                let mut inner = Vec::new();
                for (number, part) in [(1u64, *seconds), (2, i64::from(*nanos))] {
                    if part != 0 {
                        put_varint(number << 3, &mut inner);
                        put_varint(part.cast_unsigned(), &mut inner);
                    }
                }
                put_sized(&inner, out);
            }
            (Kind::Wrapper(scalar), Value::Wrapper(value)) => {
                let mut inner = Vec::new();
                if !value.is_zero() {
                    self.field(Kind::Scalar(scalar), 1, value, &mut inner);
                }
                put_sized(&inner, out);
            }
            (_, other) => panic!("{other:?} is no value of {:?}", self.field),
        }
    }
}

/// The JSON form of a message of this version.
pub(crate) fn json(schema: &Schema, key: MessageKey, values: &Values, manner: Manner) -> Json {
    let mut object = Map::new();
    for (number, held) in values {
        let field = schema.field(key, *number).unwrap();
        let name = if manner.camel { lower_camel(&field.name) } else { field.name.clone() };
        let one = |value: &Value| json_value(schema, field.kind, value, manner);
        let written = match held {
            Held::One(value) => one(value),
            Held::List(values) => values.iter().map(one).collect(),
            Held::Map(pairs) => Json::Object(pairs.iter().map(|(key, value)| (json_key(key), one(value))).collect()),
        };
        object.insert(name, written);
    }
    Json::Object(object)
}

fn json_value(schema: &Schema, kind: Kind, value: &Value, manner: Manner) -> Json {
    match (kind, value) {
        (Kind::Message(key), Value::Message(values)) => json(schema, key, values, manner),
        (Kind::Enum(key), Value::Enum(number)) => match schema.enums[key].name_of(*number) {
            Some(name) if !manner.enum_numbers => Json::from(name),
            _ => Json::from(*number),
        },
        (_, Value::Wrapper(value)) => leaf(value),
        (_, value) => leaf(value),
    }
}

/// A scalar as protobuf's canonical JSON has it; an enum as its number.
pub(crate) fn leaf(value: &Value) -> Json {
    match value {
        Value::Int(value) if i32::try_from(*value).is_ok() => Json::from(i32::try_from(*value).unwrap()),
        Value::Int(value) => Json::from(value.to_string()),
        Value::Float(value) => Json::Number(Number::from_f64(f64::from(*value)).unwrap()),
        Value::Double(value) => Json::Number(Number::from_f64(*value).unwrap()),
        Value::Bool(value) => Json::from(*value),
        Value::Text(value) => Json::from(value.as_str()),
        Value::Bytes(value) => Json::from(base64(value)),
        Value::Enum(number) => Json::from(*number),
        Value::Time(seconds, nanos) => Json::from(time(*seconds, *nanos)),
        Value::Span(seconds, nanos) => {
            let sign = if *seconds < 0 || *nanos < 0 { "-" } else { "" };
            Json::from(format!("{sign}{}.{:09}s", seconds.unsigned_abs(), nanos.unsigned_abs()))
        }
        Value::Wrapper(value) => leaf(value),
        Value::Message(_) => panic!("a message is no leaf"),
    }
}

pub(crate) fn json_key(key: &Value) -> String {
    match key {
        Value::Text(text) => text.clone(),
        Value::Int(value) => value.to_string(),
        Value::Bool(value) => value.to_string(),
        other => panic!("{other:?} is no key"),
    }
}

/// protoc's: an underscore goes, and the letter after it is upper case.
pub(crate) fn lower_camel(name: &str) -> String {
    let mut out = String::new();
    let mut is_after = false;
    for letter in name.chars() {
        match letter {
            '_' => is_after = true,
            letter if is_after => {
                out.push(letter.to_ascii_uppercase());
                is_after = false;
            }
            letter => out.push(letter),
        }
    }
    out
}

/// RFC 3339, by Howard Hinnant's civil_from_days.
fn time(seconds: i64, nanos: i32) -> String {
    let (days, second) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let day_of_era = z.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_index = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_index + 2) / 5 + 1;
    let month = if month_index < 10 { month_index + 3 } else { month_index - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{nanos:09}Z")
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for chunk in bytes.chunks(3) {
        let byte = |at: usize| u32::from(chunk.get(at).copied().unwrap_or(0));
        let word = byte(0) << 16 | byte(1) << 8 | byte(2);
        for at in 0..4 {
            let digit = DIGITS[usize::try_from(word >> (18 - 6 * at) & 63).unwrap()];
            out.push(if at <= chunk.len() { char::from(digit) } else { '=' });
        }
    }
    out
}

fn is_packed(kind: Kind) -> bool {
    matches!(kind, Kind::Enum(_)) || matches!(kind, Kind::Scalar(it) if !matches!(it, Scalar::String | Scalar::Bytes))
}

pub(crate) fn wire_type(kind: Kind) -> u64 {
    match kind {
        Kind::Scalar(Scalar::Float) => 5,
        Kind::Scalar(Scalar::Double | Scalar::Fixed64) => 1,
        Kind::Scalar(Scalar::String | Scalar::Bytes)
        | Kind::Message(_)
        | Kind::Time
        | Kind::Span
        | Kind::Wrapper(_) => 2,
        Kind::Scalar(_) | Kind::Enum(_) => 0,
    }
}

/// 64 bits of a number with or without a sign.
fn word(value: i128) -> u64 {
    i64::try_from(value).map_or_else(|_| u64::try_from(value).unwrap(), i64::cast_unsigned)
}

fn put_bytes(number: u32, bytes: &[u8], out: &mut Vec<u8>) {
    put_varint(u64::from(number) << 3 | 2, out);
    put_sized(bytes, out);
}

fn put_sized(bytes: &[u8], out: &mut Vec<u8>) {
    put_varint(bytes.len() as u64, out);
    out.extend_from_slice(bytes);
}

fn put_varint(mut value: u64, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push(u8::try_from(value & 0x7f).unwrap() | 0x80);
        value >>= 7;
    }
    out.push(u8::try_from(value).unwrap());
}
