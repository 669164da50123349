//! The well-known types that hold any JSON (`Struct`, `Value`, `ListValue`) or any message (`Any`).
//!
//! They are read from raw text, which each level of them scans again; the depth is bounded, so is the work.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::body::{Body, Reader, is_field_mask};
use super::{got, output};
use crate::plan::{MessageId, MessageKind, MessagePlan, Plans, ScalarKind};
use crate::wire::place::Place;
use crate::wire::{Scalar, WireType};

/// Writes the body of the message that `plan` names; whether there is one.
pub(super) fn write<E: Error>(
    reader: &mut Reader<'_>,
    plan: &MessagePlan,
    raw: &RawValue,
    place: Option<&Place<'_>>,
) -> Result<bool, E> {
    let json = raw.get();
    let (wanted, expected) = match plan.full_name.as_str() {
        "google.protobuf.Value" => return value(reader, json, place).map(|()| true),
        _ if json == "null" => return Ok(false),
        "google.protobuf.ListValue" => (b'[', "a list"),
        _ => (b'{', "an object"),
    };
    if json.as_bytes().first() != Some(&wanted) {
        return Err(reader.fail(place, format!("expected {expected}, got {}", got::raw(json))));
    }
    match plan.full_name.as_str() {
        "google.protobuf.Any" => any(reader, json, place)?,
        _ => elements(reader, json, place)?,
    }
    Ok(true)
}

/// The body of a `google.protobuf.Value`.
fn value<E: Error>(reader: &mut Reader<'_>, json: &str, place: Option<&Place<'_>>) -> Result<(), E> {
    let scalar = |number, kind: ScalarKind, value, out: &mut Vec<u8>| {
        output::tag(number, kind.wire_type(), out);
        output::scalar(kind, value, out);
    };
    match json.as_bytes().first() {
        Some(b'n') => scalar(1, ScalarKind::Int32, Scalar::Int(0), reader.out),
        Some(b'"') => {
            let text = serde_json::from_str::<Cow<'_, str>>(json).map_err(E::custom)?;
            scalar(3, ScalarKind::String, Scalar::Text(&text), reader.out);
        }
        Some(b't' | b'f') => scalar(4, ScalarKind::Bool, Scalar::Bool(json == "true"), reader.out),
        Some(first @ (b'{' | b'[')) => {
            output::tag(if *first == b'{' { 5 } else { 6 }, WireType::Len, reader.out);
            let body = output::open(reader.out);
            reader.enter(place)?;
            elements(reader, json, place)?;
            reader.leave();
            output::close(body, reader.out);
        }
        _ => match json.parse::<f64>().ok().filter(|number| number.is_finite()) {
            Some(number) => scalar(2, ScalarKind::Double, Scalar::Double(number), reader.out),
            None => return Err(reader.fail(place, format!("expected a double, got {}", got::raw(json)))),
        },
    }
    Ok(())
}

/// The body of a `Struct` or a `ListValue`.
fn elements<E: Error>(reader: &mut Reader<'_>, json: &str, place: Option<&Place<'_>>) -> Result<(), E> {
    serde_json::Deserializer::from_str(json).deserialize_any(Elements { reader, place }).map_err(E::custom)
}

struct Elements<'r, 'p, 's> {
    reader: &'r mut Reader<'p>,
    place: Option<&'s Place<'s>>,
}

impl<'de> Visitor<'de> for Elements<'_, '_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list or an object")
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut list: A) -> Result<(), A::Error> {
        while let Some(raw) = list.next_element::<&RawValue>()? {
            self.value(1, raw)?;
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut members: A) -> Result<(), A::Error> {
        let mut names = HashSet::new();
        while let Some(name) = members.next_key::<String>()? {
            output::tag(1, WireType::Len, self.reader.out);
            let entry = output::open(self.reader.out);
            output::tag(1, WireType::Len, self.reader.out);
            output::bytes(name.as_bytes(), self.reader.out);
            let raw = members.next_value::<&RawValue>()?;
            self.value(2, raw)?;
            output::close(entry, self.reader.out);
            if let Some(twice) = names.replace(name) {
                return Err(self.reader.fail(self.place, format!("the member {twice:?} is given twice")));
            }
        }
        Ok(())
    }
}

impl Elements<'_, '_, '_> {
    fn value<E: Error>(&mut self, number: u32, raw: &RawValue) -> Result<(), E> {
        output::tag(number, WireType::Len, self.reader.out);
        let body = output::open(self.reader.out);
        self.reader.enter(self.place)?;
        value(self.reader, raw.get(), self.place)?;
        self.reader.leave();
        output::close(body, self.reader.out);
        Ok(())
    }
}

#[derive(Deserialize)]
struct TypeMember<'a> {
    #[serde(rename = "@type", borrow, default)]
    type_url: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
struct ValueMember<'a> {
    #[serde(borrow, default)]
    value: Option<&'a RawValue>,
}

/// The body of an `Any`: its type's URL, and the message's bytes.
fn any<E: Error>(reader: &mut Reader<'_>, json: &str, place: Option<&Place<'_>>) -> Result<(), E> {
    let type_member = serde_json::from_str::<TypeMember<'_>>(json);
    let Ok(TypeMember { type_url: Some(type_url) }) = type_member else {
        let is_empty = json.trim_start_matches('{').trim_end_matches('}').trim().is_empty();
        return if is_empty { Ok(()) } else { Err(reader.fail(place, "an Any needs the member \"@type\", once")) };
    };
    let Some(id) = find(reader.plans, &type_url) else {
        let detail = format!("the type {type_url:?} is not known; an Any must hold a type that the events refer to");
        return Err(reader.fail(place, detail));
    };
    output::tag(1, WireType::Len, reader.out);
    output::bytes(type_url.as_bytes(), reader.out);
    output::tag(2, WireType::Len, reader.out);
    let start = output::open(reader.out);
    // What JSON does not write as an object of fields stands in the member "value".
    let held;
    let json = if stands_in_value(reader.plans, id) {
        held = serde_json::from_str::<ValueMember<'_>>(json).map_err(E::custom)?;
        match held.value {
            Some(raw) => raw.get(),
            None => return Err(reader.fail(place, format!("{type_url} in an Any needs the member \"value\""))),
        }
    } else {
        json
    };
    let body = Body { reader: &mut *reader, id, place, type_member: true };
    body.deserialize(&mut serde_json::Deserializer::from_str(json)).map_err(E::custom)?;
    output::close(start, reader.out);
    Ok(())
}

/// The plan of the type that an Any's URL ends in.
pub(super) fn find(plans: &Plans, type_url: &str) -> Option<MessageId> {
    let name = type_url.rsplit('/').next().filter(|name| !name.is_empty())?;
    let index = plans.messages.iter().position(|plan| plan.full_name == name)?;
    u32::try_from(index).ok().map(MessageId)
}

/// Whether an Any writes the type beside `@type` as `value`.
pub(super) fn stands_in_value(plans: &Plans, id: MessageId) -> bool {
    let plan = plans.message(id);
    plan.kind != MessageKind::Plain || is_field_mask(plan)
}
