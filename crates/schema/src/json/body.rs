//! JSON into the body of a message: members by name, and the well-known types that JSON writes in their own ways.

use std::collections::HashSet;
use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::value::Field;
use super::{UNKNOWN_JSON_FIELD, any, got, output};
use crate::plan::{MessageId, MessageKind, MessagePlan, Plans};
use crate::verdict::{Reason, Violation};
use crate::wire::place::{Place, Step, path};
use crate::wire::{DEPTH_MAX, FieldSet, WireError, WireType, time};

/// What one reading of JSON shares. serde's errors carry text only, so the violation waits here.
#[derive(Debug)]
pub(super) struct Reader<'p> {
    pub(super) plans: &'p Plans,
    pub(super) out: &'p mut Vec<u8>,
    pub(super) violation: Option<Violation>,
    /// Whether zeros are written though absence would say the same: of a part of a message, absence says nothing.
    pub(super) keeps_zeros: bool,
    /// How many messages stand inside each other here.
    depth: u32,
}

/// Reads a message's body; whether there was one (`null` is none).
pub(super) struct Body<'r, 'p, 's> {
    pub(super) reader: &'r mut Reader<'p>,
    pub(super) id: MessageId,
    pub(super) place: Option<&'s Place<'s>>,
    /// Whether `@type` is a member, which names the type that is being read: in an Any.
    pub(super) type_member: bool,
}

impl<'p> Reader<'p> {
    pub(super) const fn new(plans: &'p Plans, out: &'p mut Vec<u8>) -> Self {
        Self { plans, out, violation: None, keeps_zeros: false, depth: 0 }
    }

    /// For members of a message whose others were read before.
    pub(super) const fn of_part(plans: &'p Plans, out: &'p mut Vec<u8>) -> Self {
        Self { plans, out, violation: None, keeps_zeros: true, depth: 0 }
    }

    /// Keeps the violation, and gives serde an error to stop with.
    pub(super) fn fail<E: Error>(&mut self, place: Option<&Place<'_>>, detail: impl Into<String>) -> E {
        self.violation = Some(Violation { reason: Reason::InvalidPayload, field: path(place), detail: detail.into() });
        E::custom("")
    }

    /// One message deeper; [`Self::leave`] comes back.
    pub(super) fn enter<E: Error>(&mut self, place: Option<&Place<'_>>) -> Result<(), E> {
        if self.depth > DEPTH_MAX {
            self.violation = Some(WireError::TooDeep.violation(path(place)));
            return Err(E::custom(""));
        }
        self.depth += 1;
        Ok(())
    }

    pub(super) const fn leave(&mut self) {
        self.depth -= 1;
    }
}

impl<'de> DeserializeSeed<'de> for Body<'_, '_, '_> {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, source: D) -> Result<bool, D::Error> {
        let plans = self.reader.plans;
        let plan = plans.message(self.id);
        self.reader.enter(self.place)?;
        match (plan.kind, plan.fields.first()) {
            (MessageKind::Json, _) => {
                let raw = <&RawValue>::deserialize(source)?;
                let read = any::write(self.reader, plan, raw, self.place)?;
                self.reader.leave();
                Ok(read)
            }
            (MessageKind::Wrapper, Some(field)) => {
                let inner = Field { reader: &mut *self.reader, field, place: self.place, inner: true };
                let is_set = inner.deserialize(source)?;
                self.reader.leave();
                Ok(is_set)
            }
            _ => source.deserialize_any(BodyVisitor { body: self, plan }),
        }
    }
}

struct BodyVisitor<'r, 'p, 's> {
    body: Body<'r, 'p, 's>,
    plan: &'p MessagePlan,
}

impl BodyVisitor<'_, '_, '_> {
    fn wrong<T, E: Error>(self, got: &str) -> Result<T, E> {
        let expected = match self.plan.kind {
            MessageKind::Timestamp => "a time such as \"2026-11-23T08:00:00Z\"",
            MessageKind::Duration => "a duration such as \"1.5s\"",
            _ if is_field_mask(self.plan) => "field names with commas between them",
            _ => "an object",
        };
        Err(self.body.reader.fail(self.body.place, format!("expected {expected}, got {got}")))
    }
}

impl<'de> Visitor<'de> for BodyVisitor<'_, '_, '_> {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a message")
    }

    fn visit_unit<E: Error>(self) -> Result<bool, E> {
        self.body.reader.leave();
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
        let out = &mut *self.body.reader.out;
        let parsed = match self.plan.kind {
            MessageKind::Timestamp => time::parse_timestamp(text),
            MessageKind::Duration => time::parse_duration(text),
            _ if is_field_mask(self.plan) => {
                for path in text.split(',').filter(|path| !path.is_empty()) {
                    output::tag(1, WireType::Len, out);
                    output::bytes(snake_case(path).as_bytes(), out);
                }
                Some((0, 0))
            }
            _ => None,
        };
        let Some((seconds, nanos)) = parsed else { return self.wrong(&got::text(text)) };
        output::seconds_and_nanos(seconds, nanos, out);
        self.body.reader.leave();
        Ok(true)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, _: A) -> Result<bool, A::Error> {
        self.wrong("a list")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<bool, A::Error> {
        if self.plan.kind != MessageKind::Plain || is_field_mask(self.plan) {
            return self.wrong("an object");
        }
        let plan = self.plan;
        let Body { reader, place, type_member, .. } = self.body;
        let mut came = FieldSet::default();
        let mut oneofs = Vec::new();
        let mut unknown = Unknown::default();
        while let Some(name) = members.next_key_seed(NameSeed(plan))? {
            let index = match name {
                Name::Unknown(name) if type_member && name == "@type" => {
                    members.next_value::<IgnoredAny>()?;
                    continue;
                }
                Name::Unknown(name) => {
                    if !unknown.add(&name, members.next_value()?) {
                        return Err(reader.fail(Some(&Place::new(place, Step::Field(&name))), "given twice"));
                    }
                    continue;
                }
                Name::Field(index) => index,
            };
            let Some(field) = plan.fields.get(index) else { continue };
            if !came.insert(index) {
                return Err(reader.fail(Some(&Place::new(place, Step::Field(&field.name))), "given twice"));
            }
            let is_set = members.next_value_seed(Field { reader: &mut *reader, field, place, inner: false })?;
            if let (true, Some(oneof)) = (is_set, field.oneof) {
                if oneofs.contains(&oneof) {
                    let name = plan.oneofs.get(usize::from(oneof)).map_or("", String::as_str);
                    let detail = format!("another member of the oneof {name} is set as well");
                    return Err(reader.fail(Some(&Place::new(place, Step::Field(&field.name))), detail));
                }
                oneofs.push(oneof);
            }
        }
        unknown.write(reader.out);
        reader.leave();
        Ok(true)
    }
}

/// Members that the message does not have.
#[derive(Default)]
struct Unknown {
    /// `{"name":value,…` without its end.
    json: String,
    names: HashSet<String>,
}

impl Unknown {
    /// Adds a member; whether its name is new.
    fn add(&mut self, name: &str, value: &RawValue) -> bool {
        self.json.push(if self.json.is_empty() { '{' } else { ',' });
        output::quote(name, &mut self.json);
        self.json.push(':');
        self.json.push_str(value.get());
        self.names.insert(name.to_owned())
    }

    fn write(mut self, out: &mut Vec<u8>) {
        if !self.json.is_empty() {
            self.json.push('}');
            output::tag(UNKNOWN_JSON_FIELD, WireType::Len, out);
            output::bytes(self.json.as_bytes(), out);
        }
    }
}

/// A member's name: a field's place in the plan, or a name that the message does not have.
enum Name {
    Field(usize),
    Unknown(String),
}

struct NameSeed<'p>(&'p MessagePlan);

impl<'de> DeserializeSeed<'de> for NameSeed<'_> {
    type Value = Name;

    fn deserialize<D: Deserializer<'de>>(self, source: D) -> Result<Name, D::Error> {
        source.deserialize_str(self)
    }
}

impl Visitor<'_> for NameSeed<'_> {
    type Value = Name;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Name, E> {
        Ok(match self.0.by_name(name) {
            Some((index, _)) => Name::Field(index),
            None => Name::Unknown(name.to_owned()),
        })
    }
}

/// Whether JSON writes the message as one text, paths in lowerCamelCase.
pub(super) fn is_field_mask(plan: &MessagePlan) -> bool {
    plan.full_name == "google.protobuf.FieldMask"
}

/// `fooBar.baz` as `foo_bar.baz`.
fn snake_case(path: &str) -> String {
    let mut out = String::with_capacity(path.len() + 4);
    for character in path.chars() {
        if character.is_ascii_uppercase() {
            out.push('_');
        }
        out.push(character.to_ascii_lowercase());
    }
    out
}
