//! The reference encoder: docs/sdk/wire.md in the plainest way, from the JSON of a typed call as the conformance kit
//! writes it. What libraries put on the wire is compared with this, byte for byte; nothing is sent by it.
//!
//! In a call fields go by the name in the file. 64-bit numbers are decimal text, bytes base64, times
//! `{"seconds", "nanos"}`, wrappers the bare value, maps lists of `[key, value]`, an Any `{"type_url", "value"}`; text that
//! JSON cannot carry is `{"$utf16": ["d800"]}` or `{"$utf8": "<hex>"}`, a number that it cannot carry
//! `{"$number": "NaN"}`. `null` is "not set", but of a `google.protobuf.Value`, whose null it is.

mod known;
mod scalar;

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use self::scalar::Key;
use crate::library::{Field, Kind, Library, Message, Shape, WellKnown};

/// How deep messages may lie in each other, the event's own being the first. All that are messages on the wire count:
/// groups, the entries of maps, and the well-known types with all that they are made of.
pub const LEVELS_MAX: u32 = 100;

/// Why a call is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// A required field is not set.
    #[error("a required field is not set")]
    MissingRequired,
    /// A number or a time that its field cannot hold, or that is no whole number.
    #[error("a number or a time that its field cannot hold")]
    OutOfRange,
    /// Text that is no Unicode.
    #[error("text with a lone surrogate, or that is not UTF-8")]
    InvalidText,
    /// A value of another type, or NaN in JSON.
    #[error("a value that its field cannot have")]
    InvalidValue,
    /// Over [`LEVELS_MAX`].
    #[error("messages lie more than {LEVELS_MAX} levels deep in each other")]
    TooDeep,
}

impl CallError {
    /// The word for it in every language.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::MissingRequired => "missing_required",
            Self::OutOfRange => "out_of_range",
            Self::InvalidText => "invalid_text",
            Self::InvalidValue => "invalid_value",
            Self::TooDeep => "too_deep",
        }
    }
}

/// The payload of a call: the bytes of message `message` of [`Library::messages`].
///
/// # Errors
/// [`CallError`]: the first thing that is wrong, fields being looked at in the order of their numbers.
pub fn encode(library: &Library, message: usize, call: &Value) -> Result<Vec<u8>, CallError> {
    let mut out = Vec::new();
    Encoder { library }.message(message, call, 1, &mut out)?;
    Ok(out)
}

/// The wire types that are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wire {
    Varint = 0,
    Fixed64 = 1,
    Len = 2,
    GroupStart = 3,
    GroupEnd = 4,
    Fixed32 = 5,
}

struct Encoder<'a> {
    library: &'a Library,
}

impl Encoder<'_> {
    fn message(&self, at: usize, call: &Value, level: u32, out: &mut Vec<u8>) -> Result<(), CallError> {
        if level > LEVELS_MAX {
            return Err(CallError::TooDeep);
        }
        let message = self.library.messages.get(at).ok_or(CallError::InvalidValue)?;
        let members = call.as_object().ok_or(CallError::InvalidValue)?;
        check_names(message, members)?;
        for field in &message.fields {
            let before = out.len();
            if let Some(value) = members.get(&field.name).filter(|value| is_set(field, value)) {
                self.field(field, value, level, out)?;
            }
            // What is required of implicit fields, lists and maps is that there is something to write.
            if field.is_required && out.len() == before {
                return Err(CallError::MissingRequired);
            }
        }
        for oneof in message.oneofs.iter().filter(|oneof| oneof.is_required) {
            let mut fields = oneof.fields.iter().filter_map(|at| message.fields.get(*at));
            if !fields.any(|field| members.get(&field.name).is_some_and(|value| is_set(field, value))) {
                return Err(CallError::MissingRequired);
            }
        }
        Ok(())
    }

    fn field(&self, field: &Field, value: &Value, level: u32, out: &mut Vec<u8>) -> Result<(), CallError> {
        match field.shape {
            Shape::Implicit => {
                let mut bytes = Vec::new();
                if !self.value(field.kind, value, level, &mut bytes)? {
                    tag(field.number, wire(field.kind), out);
                    out.extend(bytes);
                }
                Ok(())
            }
            Shape::Optional => self.tagged(field, value, level, out),
            Shape::Repeated { is_packed } => {
                let values = value.as_array().ok_or(CallError::InvalidValue)?;
                if !is_packed {
                    return values.iter().try_for_each(|value| self.tagged(field, value, level, out));
                }
                let mut bytes = Vec::new();
                for value in values {
                    self.value(field.kind, value, level, &mut bytes)?;
                }
                if !values.is_empty() {
                    delimited(field.number, &bytes, out);
                }
                Ok(())
            }
            Shape::Map(key_kind) => {
                let pairs = value.as_array().ok_or(CallError::InvalidValue)?;
                let mut entries: BTreeMap<Key, &Value> = BTreeMap::new();
                for pair in pairs {
                    let Some([key, value]) = pair.as_array().map(Vec::as_slice) else {
                        return Err(CallError::InvalidValue);
                    };
                    entries.insert(Key::read(key_kind, key)?, value);
                }
                for (key, value) in entries {
                    self.entry(field, key_kind, &key, value, level, out)?;
                }
                Ok(())
            }
        }
    }

    fn entry(
        &self,
        field: &Field,
        key_kind: judi_schema::plan::ScalarKind,
        key: &Key,
        value: &Value,
        level: u32,
        out: &mut Vec<u8>,
    ) -> Result<(), CallError> {
        if level + 1 > LEVELS_MAX {
            return Err(CallError::TooDeep);
        }
        let mut entry = Vec::new();
        tag(1, scalar::wire(key_kind), &mut entry);
        key.write(key_kind, &mut entry);
        tag(2, wire(field.kind), &mut entry);
        self.value(field.kind, value, level + 1, &mut entry)?;
        delimited(field.number, &entry, out);
        Ok(())
    }

    /// A value behind its tag.
    fn tagged(&self, field: &Field, value: &Value, level: u32, out: &mut Vec<u8>) -> Result<(), CallError> {
        tag(field.number, wire(field.kind), out);
        self.value(field.kind, value, level, out)?;
        if matches!(field.kind, Kind::Group(_)) {
            tag(field.number, Wire::GroupEnd, out);
        }
        Ok(())
    }

    /// A value as it stands behind a tag, of a group without its end; whether it is its type's zero. `level` is that of
    /// the message around it.
    fn value(&self, kind: Kind, value: &Value, level: u32, out: &mut Vec<u8>) -> Result<bool, CallError> {
        let mut body = Vec::new();
        match kind {
            Kind::Scalar(kind) => return scalar::write(kind, value, out),
            Kind::Enum(at) => {
                let enumeration = self.library.enums.get(at).ok_or(CallError::InvalidValue)?;
                let number = match value.as_str().filter(|text| text.starts_with(|it: char| !is_of_number(it))) {
                    Some(name) => {
                        let named = enumeration.values.iter().find(|value| value.name == name);
                        named.ok_or(CallError::InvalidValue)?.number
                    }
                    None => i32::try_from(scalar::whole(value)?).map_err(|_| CallError::OutOfRange)?,
                };
                scalar::varint(i64::from(number).cast_unsigned(), out);
                return Ok(number == 0);
            }
            Kind::Group(at) => {
                self.message(at, value, level + 1, out)?;
                return Ok(false);
            }
            Kind::Message(at) => self.message(at, value, level + 1, &mut body)?,
            Kind::WellKnown(known) => known::write(known, value, level + 1, &mut body)?,
        }
        scalar::length_and(&body, out);
        Ok(false)
    }
}

/// Whether a call sets the field.
fn is_set(field: &Field, value: &Value) -> bool {
    !value.is_null() || (field.kind == Kind::WellKnown(WellKnown::Value) && field.shape == Shape::Optional)
}

/// A call has members of the message only, and of a oneof at most one.
fn check_names(message: &Message, members: &Map<String, Value>) -> Result<(), CallError> {
    let set = |field: &Field| members.get(&field.name).is_some_and(|value| is_set(field, value));
    let of_oneof =
        |fields: &[usize]| fields.iter().filter_map(|at| message.fields.get(*at)).filter(|it| set(it)).count();
    let is_known = |name: &String| message.fields.iter().any(|field| field.name == *name);
    if members.keys().all(is_known) && message.oneofs.iter().all(|oneof| of_oneof(&oneof.fields) <= 1) {
        Ok(())
    } else {
        Err(CallError::InvalidValue)
    }
}

fn is_of_number(character: char) -> bool {
    character.is_ascii_digit() || character == '-'
}

fn wire(kind: Kind) -> Wire {
    match kind {
        Kind::Scalar(kind) => scalar::wire(kind),
        Kind::Enum(_) => Wire::Varint,
        Kind::Message(_) | Kind::WellKnown(_) => Wire::Len,
        Kind::Group(_) => Wire::GroupStart,
    }
}

fn tag(number: u32, wire: Wire, out: &mut Vec<u8>) {
    scalar::varint((u64::from(number) << 3) | wire as u64, out);
}

fn delimited(number: u32, body: &[u8], out: &mut Vec<u8>) {
    tag(number, Wire::Len, out);
    scalar::length_and(body, out);
}

#[cfg(test)]
mod tests;
