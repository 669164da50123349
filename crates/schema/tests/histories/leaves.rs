//! Leaves of a message with their places, from values, from wire bytes and from JSON, so that the three compare.
//!
//! A place is field numbers, with a list's index and a map's key: `3.0.1`, `5[elk].2`.

use serde_json::Value as Json;

use crate::encode::{json_key, leaf, lower_camel, wire_type};
use crate::model::{Field, Kind, Many, MessageKey, Scalar, Schema};
use crate::values::{Held, Value, Values};

/// Where JSON members that a reader did not know stand.
const UNKNOWN_JSON: u32 = (1 << 29) - 1;

pub(crate) type Leaves = Vec<(String, Json)>;

/// Leaves by the numbers and names of one version.
pub(crate) struct Flatten<'a> {
    pub(crate) schema: &'a Schema,
}

impl Flatten<'_> {
    pub(crate) fn values(&self, values: &Values, place: &str, out: &mut Leaves) {
        for (number, held) in values {
            self.held(held, &format!("{place}{number}"), out);
        }
    }

    pub(crate) fn held(&self, held: &Held, place: &str, out: &mut Leaves) {
        match held {
            Held::One(value) => self.value(value, place, out),
            Held::List(values) => {
                values.iter().enumerate().for_each(|(at, value)| self.value(value, &format!("{place}.{at}"), out));
            }
            Held::Map(pairs) => {
                pairs.iter().for_each(|(key, value)| self.value(value, &format!("{place}[{}]", json_key(key)), out));
            }
        }
    }

    fn value(&self, value: &Value, place: &str, out: &mut Leaves) {
        match value {
            Value::Message(values) => self.values(values, &format!("{place}."), out),
            value => out.push((place.to_owned(), leaf(value))),
        }
    }

    /// Of bytes that may hold members in JSON, on any level.
    pub(crate) fn bytes(&self, key: MessageKey, bytes: &[u8], place: &str, out: &mut Leaves) {
        let mut rest = bytes;
        let mut counts: Vec<(u32, usize)> = Vec::new();
        while !rest.is_empty() {
            let tag = varint(&mut rest);
            let number = u32::try_from(tag >> 3).unwrap();
            let body = taken(&mut rest, tag & 7);
            if number == UNKNOWN_JSON {
                self.json(key, &serde_json::from_slice(body).unwrap(), place, out);
                continue;
            }
            let Some(field) = self.schema.field(key, number) else { panic!("{place}{number} was never sent") };
            let place = format!("{place}{number}");
            match field.many {
                Many::Implicit | Many::Explicit => self.read(field.kind, body, &place, out),
                Many::Repeated => {
                    let at = counts.iter().position(|(of, _)| *of == number).unwrap_or_else(|| {
                        counts.push((number, 0));
                        counts.len() - 1
                    });
                    let mut body = body;
                    if tag & 7 == 2 && wire_type(field.kind) != 2 {
                        while !body.is_empty() {
                            let one = taken(&mut body, wire_type(field.kind));
                            self.read(field.kind, one, &format!("{place}.{}", counts[at].1), out);
                            counts[at].1 += 1;
                        }
                    } else {
                        self.read(field.kind, body, &format!("{place}.{}", counts[at].1), out);
                        counts[at].1 += 1;
                    }
                }
                Many::Map(of) => self.entry(field, of, body, &place, out),
            }
        }
    }

    fn entry(&self, field: &Field, of: Scalar, body: &[u8], place: &str, out: &mut Leaves) {
        let (mut key, mut value) = (zero(of), None);
        let mut rest = body;
        while !rest.is_empty() {
            let tag = varint(&mut rest);
            let body = taken(&mut rest, tag & 7);
            match tag >> 3 {
                1 => key = scalar(of, body),
                2 => value = Some(body),
                other => panic!("{other} in a map's entry"),
            }
        }
        if let Some(body) = value {
            self.read(field.kind, body, &format!("{place}[{}]", json_key(&key)), out);
        }
    }

    fn read(&self, kind: Kind, body: &[u8], place: &str, out: &mut Leaves) {
        let value = match kind {
            Kind::Message(key) => return self.bytes(key, body, &format!("{place}."), out),
            Kind::Scalar(of) => scalar(of, body),
            Kind::Enum(_) => {
                let mut body = body;
                Value::Enum(i32::try_from(varint(&mut body).cast_signed()).unwrap())
            }
            Kind::Time | Kind::Span => {
                let (mut seconds, mut nanos) = (0, 0);
                let mut rest = body;
                while !rest.is_empty() {
                    let tag = varint(&mut rest);
                    let part = varint(&mut rest).cast_signed();
                    if tag >> 3 == 1 { seconds = part } else { nanos = i32::try_from(part).unwrap() }
                }
                if kind == Kind::Time { Value::Time(seconds, nanos) } else { Value::Span(seconds, nanos) }
            }
            Kind::Wrapper(of) => {
                let mut rest = body;
                if rest.is_empty() {
                    zero(of)
                } else {
                    let tag = varint(&mut rest);
                    scalar(of, taken(&mut rest, tag & 7))
                }
            }
        };
        out.push((place.to_owned(), leaf(&value)));
    }

    fn json(&self, key: MessageKey, json: &Json, place: &str, out: &mut Leaves) {
        let message = self.schema.message(key).unwrap();
        for (name, value) in json.as_object().unwrap() {
            let is_called = |field: &&Field| field.name == *name || lower_camel(&field.name) == *name;
            let Some(field) = message.fields.iter().find(is_called) else { panic!("{place}{name} was never sent") };
            let place = format!("{place}{}", field.number);
            match field.many {
                Many::Implicit | Many::Explicit => self.json_value(field.kind, value, &place, out),
                Many::Repeated => {
                    let values = value.as_array().unwrap().iter().enumerate();
                    values.for_each(|(at, it)| self.json_value(field.kind, it, &format!("{place}.{at}"), out));
                }
                Many::Map(_) => {
                    let pairs = value.as_object().unwrap();
                    pairs.iter().for_each(|(key, it)| {
                        self.json_value(field.kind, it, &format!("{place}[{key}]"), out);
                    });
                }
            }
        }
    }

    fn json_value(&self, kind: Kind, json: &Json, place: &str, out: &mut Leaves) {
        match (kind, json) {
            (Kind::Message(key), json) => self.json(key, json, &format!("{place}."), out),
            (Kind::Enum(key), Json::String(name)) => {
                let number = self.schema.enums[key].number_of(name).unwrap();
                out.push((place.to_owned(), Json::from(number)));
            }
            // serde_json reads the digits of a double, and may be off by the last bit.
            (Kind::Scalar(Scalar::Float), json) => {
                let value = json.as_f64().unwrap().to_string().parse().unwrap();
                out.push((place.to_owned(), leaf(&Value::Float(value))));
            }
            (_, json) => out.push((place.to_owned(), json.clone())),
        }
    }
}

fn scalar(of: Scalar, body: &[u8]) -> Value {
    let mut rest = body;
    match of {
        Scalar::String => Value::Text(String::from_utf8(body.to_vec()).unwrap()),
        Scalar::Bytes => Value::Bytes(body.to_vec()),
        Scalar::Float => Value::Float(f32::from_le_bytes(body.try_into().unwrap())),
        Scalar::Double => Value::Double(f64::from_le_bytes(body.try_into().unwrap())),
        Scalar::Fixed64 => Value::Int(u64::from_le_bytes(body.try_into().unwrap()).into()),
        Scalar::Bool => Value::Bool(varint(&mut rest) != 0),
        Scalar::Sint32 | Scalar::Sint64 => {
            let word = varint(&mut rest);
            Value::Int(i128::from((word >> 1).cast_signed() ^ -(word & 1).cast_signed()))
        }
        Scalar::Uint32 | Scalar::Uint64 => Value::Int(varint(&mut rest).into()),
        Scalar::Int32 | Scalar::Int64 => Value::Int(varint(&mut rest).cast_signed().into()),
    }
}

pub(crate) fn zero(of: Scalar) -> Value {
    match of {
        Scalar::String => Value::Text(String::new()),
        Scalar::Bytes => Value::Bytes(Vec::new()),
        Scalar::Float => Value::Float(0.0),
        Scalar::Double => Value::Double(0.0),
        Scalar::Bool => Value::Bool(false),
        _ => Value::Int(0),
    }
}

fn varint(rest: &mut &[u8]) -> u64 {
    let mut value = 0;
    for shift in (0..).step_by(7) {
        let (first, after) = rest.split_first().unwrap();
        *rest = after;
        value |= u64::from(first & 0x7f) << shift;
        if first & 0x80 == 0 {
            break;
        }
    }
    value
}

/// The bytes of one value of a wire type.
fn taken<'b>(rest: &mut &'b [u8], wire_type: u64) -> &'b [u8] {
    let start = *rest;
    let length = match wire_type {
        0 => {
            varint(rest);
            let (varint, _) = start.split_at(start.len() - rest.len());
            return varint;
        }
        1 => 8,
        5 => 4,
        2 => usize::try_from(varint(rest)).unwrap(),
        other => panic!("wire type {other}"),
    };
    let (taken, after) = rest.split_at(length);
    *rest = after;
    taken
}
