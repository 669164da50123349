//! JSON into the values of a field: scalars, enums, lists and maps.

use std::collections::HashSet;
use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::body::{Body, Reader};
use super::{base64, got, number, output};
use crate::plan::{Cardinality, EnumPlan, FieldKind, FieldPlan, ScalarKind};
use crate::wire::place::{Place, Step};
use crate::wire::{Scalar, WireType};

/// Reads a member and writes the field; whether it is set (`null` is not).
pub(super) struct Field<'r, 'p, 's> {
    pub(super) reader: &'r mut Reader<'p>,
    pub(super) field: &'p FieldPlan,
    /// Of the message.
    pub(super) place: Option<&'s Place<'s>>,
    /// Whether the field is a wrapper's, whose place is the wrapper's own.
    pub(super) inner: bool,
}

impl<'de> DeserializeSeed<'de> for Field<'_, '_, '_> {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, source: D) -> Result<bool, D::Error> {
        let Self { reader, field, place, inner } = self;
        let own = Place::new(place, Step::Field(&field.name));
        match field.cardinality {
            Cardinality::Implicit | Cardinality::Explicit => {
                let value = Single {
                    kind: &field.kind,
                    tag: Some(field.number),
                    omit_zero: field.cardinality == Cardinality::Implicit && !reader.keeps_zeros,
                    reader,
                    place: if inner { place } else { Some(&own) },
                };
                value.deserialize(source)
            }
            Cardinality::Repeated => source.deserialize_any(Many { reader, field, own: &own, place, key: None }),
            Cardinality::Map(key) => source.deserialize_any(Many { reader, field, own: &own, place, key: Some(key) }),
        }
    }
}

/// One value of a field, an element of a list, or a value of a map.
struct Single<'r, 'p, 's, 'k> {
    reader: &'r mut Reader<'p>,
    kind: &'k FieldKind,
    /// `None` in a packed list.
    tag: Option<u32>,
    omit_zero: bool,
    place: Option<&'s Place<'s>>,
}

impl<'de> DeserializeSeed<'de> for Single<'_, '_, '_, '_> {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, source: D) -> Result<bool, D::Error> {
        match self.kind {
            FieldKind::Scalar(ScalarKind::Bool | ScalarKind::String | ScalarKind::Bytes) => {
                source.deserialize_any(self)
            }
            FieldKind::Enum(plan) => {
                let plan = plan.as_ref();
                let raw = <&RawValue>::deserialize(source)?.get();
                self.enumeration(plan, raw)
            }
            // Numbers are read from their own digits: serde_json's doubles may be off by the last bit.
            FieldKind::Scalar(kind) => {
                let raw = <&RawValue>::deserialize(source)?.get();
                self.number(*kind, raw)
            }
            FieldKind::Message(id) | FieldKind::Group(id) => {
                let number = self.tag.unwrap_or_default();
                let start = self.reader.out.len();
                let is_group = matches!(self.kind, FieldKind::Group(_));
                output::tag(number, self.kind.wire_type(), self.reader.out);
                let body = if is_group { 0 } else { output::open(self.reader.out) };
                let read = Body { reader: &mut *self.reader, id: *id, place: self.place, type_member: false };
                if !read.deserialize(source)? {
                    self.reader.out.truncate(start);
                    return Ok(false);
                }
                if is_group {
                    output::tag(number, WireType::EndGroup, self.reader.out);
                } else {
                    output::close(body, self.reader.out);
                }
                Ok(true)
            }
        }
    }
}

impl Single<'_, '_, '_, '_> {
    fn write(self, kind: ScalarKind, value: Scalar<'_>) -> bool {
        if !(self.omit_zero && value.is_zero()) {
            if let Some(number) = self.tag {
                output::tag(number, kind.wire_type(), self.reader.out);
            }
            output::scalar(kind, value, self.reader.out);
        }
        true
    }

    fn wrong<T, E: Error>(self, got: &str) -> Result<T, E> {
        let expected = match self.kind {
            FieldKind::Scalar(kind) => got::expected(*kind),
            FieldKind::Enum(_) => "the name of a value, or its number",
            FieldKind::Message(_) | FieldKind::Group(_) => "an object",
        };
        Err(self.reader.fail(self.place, format!("expected {expected}, got {got}")))
    }

    fn number<E: Error>(self, kind: ScalarKind, raw: &str) -> Result<bool, E> {
        if raw == "null" {
            return Ok(false);
        }
        let unquoted;
        let digits = match raw.strip_prefix('"') {
            // An escaped number is still a number; hardly anybody writes one.
            Some(quoted) if quoted.contains('\\') => {
                unquoted = serde_json::from_str::<String>(raw).map_err(E::custom)?;
                unquoted.as_str()
            }
            Some(quoted) => quoted.strip_suffix('"').unwrap_or(quoted),
            None => raw,
        };
        let value = match kind {
            ScalarKind::Double => double(digits).map(Scalar::Double),
            ScalarKind::Float => float(digits).map(Scalar::Float),
            kind => {
                let Some(value) = number::whole(digits) else {
                    let beyond = number::is_number(digits) && !digits.contains(['.', 'e', 'E', '-']);
                    let beyond = if beyond { "; it is beyond 64 bits" } else { "" };
                    return self.wrong(&format!("{}{beyond}", got::raw(raw)));
                };
                let (least, most) = range(kind);
                if value < least || value > most {
                    let detail = format!("expected a whole number from {least} to {most}, got {}", got::raw(raw));
                    return Err(self.reader.fail(self.place, detail));
                }
                // In range, so one of the two fits.
                i64::try_from(value)
                    .ok()
                    .filter(|_| least < 0)
                    .map(Scalar::Int)
                    .or_else(|| u64::try_from(value).ok().map(Scalar::Uint))
            }
        };
        match value {
            Some(value) => Ok(self.write(kind, value)),
            None => self.wrong(&got::raw(raw)),
        }
    }

    fn enumeration<E: Error>(self, plan: &EnumPlan, raw: &str) -> Result<bool, E> {
        let number = match raw.as_bytes().first() {
            Some(b'n') if plan.full_name == "google.protobuf.NullValue" => 0,
            Some(b'n') => return Ok(false),
            Some(b'"') => {
                let name = serde_json::from_str::<std::borrow::Cow<'_, str>>(raw).map_err(E::custom)?;
                match plan.numbers.get(name.as_ref()).copied().or_else(|| unknown_number(&name)) {
                    Some(number) => number,
                    None => return Err(self.reader.fail(self.place, got::no_such_value(plan, &name))),
                }
            }
            _ => match number::whole(raw).and_then(|number| i32::try_from(number).ok()) {
                Some(number) => number,
                None => return self.wrong(&got::raw(raw)),
            },
        };
        Ok(self.write(ScalarKind::Int32, Scalar::Int(i64::from(number))))
    }
}

impl<'de> Visitor<'de> for Single<'_, '_, '_, '_> {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E: Error>(self) -> Result<bool, E> {
        Ok(false)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<bool, E> {
        match self.kind {
            FieldKind::Scalar(ScalarKind::Bool) => Ok(self.write(ScalarKind::Bool, Scalar::Bool(value))),
            _ => self.wrong(if value { "true" } else { "false" }),
        }
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<bool, E> {
        self.wrong(&format!("the number {value}"))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<bool, E> {
        self.wrong(&format!("the number {value}"))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<bool, E> {
        self.wrong(&format!("the number {value}"))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<bool, E> {
        match self.kind {
            FieldKind::Scalar(ScalarKind::String) => Ok(self.write(ScalarKind::String, Scalar::Text(text))),
            FieldKind::Scalar(ScalarKind::Bytes) => {
                let mut bytes = Vec::with_capacity(text.len() / 4 * 3 + 3);
                match base64::decode(text, &mut bytes) {
                    Some(()) => Ok(self.write(ScalarKind::Bytes, Scalar::Bytes(&bytes))),
                    None => self.wrong(&got::text(text)),
                }
            }
            _ => self.wrong(&got::text(text)),
        }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, _: A) -> Result<bool, A::Error> {
        self.wrong("a list")
    }

    fn visit_map<A: MapAccess<'de>>(self, _: A) -> Result<bool, A::Error> {
        self.wrong("an object")
    }
}

/// A list, or a map where there is a `key`.
struct Many<'r, 'p, 's> {
    reader: &'r mut Reader<'p>,
    field: &'p FieldPlan,
    own: &'s Place<'s>,
    /// Of the message.
    place: Option<&'s Place<'s>>,
    key: Option<ScalarKind>,
}

impl Many<'_, '_, '_> {
    fn wrong<T, E: Error>(self, got: &str) -> Result<T, E> {
        let expected = if self.key.is_some() { "an object" } else { "a list" };
        Err(self.reader.fail(Some(self.own), format!("expected {expected}, got {got}")))
    }
}

impl<'de> Visitor<'de> for Many<'_, '_, '_> {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list or an object")
    }

    fn visit_unit<E: Error>(self) -> Result<bool, E> {
        Ok(false)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<bool, E> {
        self.wrong(if value { "true" } else { "false" })
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<bool, E> {
        self.wrong(&format!("the number {value}"))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<bool, E> {
        self.wrong(&format!("the number {value}"))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<bool, E> {
        self.wrong(&format!("the number {value}"))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<bool, E> {
        self.wrong(&got::text(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<bool, A::Error> {
        if self.key.is_some() {
            return self.wrong("a list");
        }
        let Self { reader, field, place, .. } = self;
        let packed = field.kind.packable();
        let start = reader.out.len();
        let body = if packed {
            output::tag(field.number, WireType::Len, reader.out);
            output::open(reader.out)
        } else {
            0
        };
        for index in 0.. {
            let own = Place::new(place, Step::Item(&field.name, index));
            let item = Single {
                reader: &mut *reader,
                kind: &field.kind,
                tag: (!packed).then_some(field.number),
                omit_zero: false,
                place: Some(&own),
            };
            match list.next_element_seed(item)? {
                None => break,
                Some(true) => {}
                Some(false) => return Err(reader.fail(Some(&own), "a list cannot hold null")),
            }
        }
        if packed && reader.out.len() == body {
            reader.out.truncate(start);
        } else if packed {
            output::close(body, reader.out);
        }
        Ok(true)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<bool, A::Error> {
        let Some(kind) = self.key else {
            return self.wrong("an object");
        };
        let Self { reader, field, place, .. } = self;
        let mut names = HashSet::new();
        while let Some(name) = members.next_key::<String>()? {
            let own = Place::new(place, Step::Key(&field.name, &name));
            output::tag(field.number, WireType::Len, reader.out);
            let entry = output::open(reader.out);
            let key = Single {
                reader: &mut *reader,
                kind: &FieldKind::Scalar(kind),
                tag: Some(1),
                omit_zero: false,
                place: Some(&own),
            };
            key.key(kind, &name)?;
            reader.enter(Some(&own))?;
            let value =
                Single { reader: &mut *reader, kind: &field.kind, tag: Some(2), omit_zero: false, place: Some(&own) };
            if !members.next_value_seed(value)? {
                return Err(reader.fail(Some(&own), "a map cannot hold null"));
            }
            reader.leave();
            output::close(entry, reader.out);
            if names.contains(&name) {
                return Err(reader.fail(Some(&own), "given twice"));
            }
            names.insert(name);
        }
        Ok(true)
    }
}

impl Single<'_, '_, '_, '_> {
    /// A map's key, which JSON writes as text whatever its kind.
    fn key<E: Error>(self, kind: ScalarKind, name: &str) -> Result<bool, E> {
        match (kind, name) {
            (ScalarKind::String, name) => Ok(self.write(kind, Scalar::Text(name))),
            (ScalarKind::Bool, "true") => Ok(self.write(kind, Scalar::Bool(true))),
            (ScalarKind::Bool, "false") => Ok(self.write(kind, Scalar::Bool(false))),
            (ScalarKind::Bool, name) => {
                let detail = format!("expected a key that is true or false, got {}", got::text(name));
                Err(self.reader.fail(self.place, detail))
            }
            (kind, name) if number::is_number(name) => self.number(kind, name),
            (_, name) => {
                let detail = format!("expected a key that is a whole number, got {}", got::text(name));
                Err(self.reader.fail(self.place, detail))
            }
        }
    }
}

/// The smallest and the largest value of an integer kind.
fn range(kind: ScalarKind) -> (i128, i128) {
    match kind {
        ScalarKind::Int32 | ScalarKind::Sint32 | ScalarKind::Sfixed32 => (i32::MIN.into(), i32::MAX.into()),
        ScalarKind::Uint32 | ScalarKind::Fixed32 => (0, u32::MAX.into()),
        ScalarKind::Uint64 | ScalarKind::Fixed64 => (0, u64::MAX.into()),
        _ => (i64::MIN.into(), i64::MAX.into()),
    }
}

/// A number or one of the three names; `None` also for a number that is beyond the type.
fn double(digits: &str) -> Option<f64> {
    match digits {
        "NaN" => Some(f64::NAN),
        "Infinity" => Some(f64::INFINITY),
        "-Infinity" => Some(f64::NEG_INFINITY),
        digits if number::is_number(digits) => digits.parse().ok().filter(|value: &f64| value.is_finite()),
        _ => None,
    }
}

fn float(digits: &str) -> Option<f32> {
    match digits {
        "NaN" => Some(f32::NAN),
        "Infinity" => Some(f32::INFINITY),
        "-Infinity" => Some(f32::NEG_INFINITY),
        digits if number::is_number(digits) => digits.parse().ok().filter(|value: &f32| value.is_finite()),
        _ => None,
    }
}

/// The number in `UNKNOWN(7)`, which is how the table shows a number without a name.
fn unknown_number(name: &str) -> Option<i32> {
    name.strip_prefix("UNKNOWN(")?.strip_suffix(')')?.parse().ok()
}
