//! JSON to wire bytes and back, by plan: protobuf's JSON mapping, read in one pass, with messages for people.
//!
//! Beyond the mapping, and where it leaves a choice:
//!
//! - a member is known by its name in the file, its lowerCamelCase name, or an alias; given twice, by whatever
//!   names, it is `invalid_payload`, as are two members of a oneof;
//! - members that the message does not have are kept, on every level: their JSON stands as text in the field
//!   [`UNKNOWN_JSON_FIELD`] of their own message, and [`to_json`] puts them back;
//! - whole numbers may be written with a point or an exponent (`1.0`, `1e3`) and as text, as long as they are whole;
//! - an enum's value is a name, a number, or `UNKNOWN(7)`, which is how the table shows a number without a name;
//!   any other text is `invalid_payload` that names the nearest value;
//! - `null` is "not set", but for `google.protobuf.Value`, which has a null of its own;
//! - an `Any` must hold a type that the events reach.
//!
//! What [`to_wire`] returns has passed [`wire::validate`].

mod any;
pub(crate) mod base64;
mod body;
mod got;
mod number;
pub(crate) mod output;
mod print;
mod value;

use std::collections::BTreeMap;

use prost_types::value::Kind;
use prost_types::{Struct, Value};
use serde::de::{DeserializeSeed, IgnoredAny};
use serde_json::value::RawValue;

use self::body::{Body, Reader};
use crate::plan::{MessageId, Plans};
use crate::verdict::{Reason, Violation};
use crate::wire;

/// The number of the field that holds JSON members which the message does not have, as the text of a JSON object. It
/// is the highest that protobuf allows.
pub const UNKNOWN_JSON_FIELD: u32 = (1 << 29) - 1;

/// Appends to `out` the wire form of the JSON object `json`, a `message`. On an error `out` is as it was.
///
/// # Errors
/// `undecodable` for what is not JSON; `invalid_payload` for a value of the wrong type or range, with its field;
/// and all that [`wire::validate`] says of the result.
pub fn to_wire(plans: &Plans, message: MessageId, json: &str, out: &mut Vec<u8>) -> Result<(), Violation> {
    let start = out.len();
    let mut reader = Reader::new(plans, out);
    let mut source = serde_json::Deserializer::from_str(json);
    let read = Body { reader: &mut reader, id: message, place: None, type_member: false }.deserialize(&mut source);
    let verdict = match read.and_then(|is_set| source.end().map(|()| is_set)) {
        Ok(true) => wire::validate(plans, message, out.get(start..).unwrap_or_default()),
        Ok(false) => Err(Violation {
            reason: Reason::InvalidPayload,
            field: String::new(),
            detail: "expected an object, got null".to_owned(),
        }),
        // Text that is not JSON is judged as that, wherever the reading stopped.
        Err(error) => Err(match (reader.violation.take(), serde_json::from_str::<IgnoredAny>(json)) {
            (Some(violation), Ok(IgnoredAny)) => violation,
            (_, Err(error)) => not_json(&error),
            (None, Ok(IgnoredAny)) => not_json(&error),
        }),
    };
    if verdict.is_err() {
        out.truncate(start);
    }
    verdict
}

/// As [`to_wire`], of JSON that came as a `google.protobuf.Struct`.
///
/// # Errors
/// As [`to_wire`].
pub fn struct_to_wire(plans: &Plans, message: MessageId, fields: &Struct, out: &mut Vec<u8>) -> Result<(), Violation> {
    let mut json = String::new();
    write_struct(fields, &mut json);
    to_wire(plans, message, &json, out)
}

/// The JSON form of wire bytes: protobuf's canonical one with names as in the file, in the order of field numbers,
/// maps sorted by key. Fields that are not known stand in `_unknown` as base64 of their bytes.
///
/// # Errors
/// `undecodable`. Broken rules and missing fields are shown as they are.
pub fn to_json(plans: &Plans, message: MessageId, bytes: &[u8]) -> Result<String, Violation> {
    let bytes = wire::well_formed(plans, message, bytes)?;
    print::print(plans, message, &bytes)
}

/// Of the JSON object `json`, which some message of type `message` could not read when it was written, what it can read
/// now in wire form, and the rest as a JSON object. A member that does not fit its field belongs to the rest. Neither
/// rules nor required fields are looked at.
///
/// # Errors
/// `undecodable` for what is no JSON object.
pub(crate) fn known_members(
    plans: &Plans,
    message: MessageId,
    json: &str,
) -> Result<(Vec<u8>, Option<String>), Violation> {
    let members: BTreeMap<String, &RawValue> = serde_json::from_str(json).map_err(|error| not_json(&error))?;
    let plan = plans.message(message);
    let (mut known, mut rest) = (Vec::new(), String::new());
    for (name, value) in members {
        let start = known.len();
        let mut member = String::new();
        output::quote(&name, &mut member);
        member.push(':');
        member.push_str(value.get());
        if plan.by_name(&name).is_some() {
            let object = format!("{{{member}}}");
            let mut source = serde_json::Deserializer::from_str(&object);
            let mut reader = Reader::of_part(plans, &mut known);
            let body = Body { reader: &mut reader, id: message, place: None, type_member: false };
            if body.deserialize(&mut source).is_ok() {
                continue;
            }
            known.truncate(start);
        }
        rest.push(if rest.is_empty() { '{' } else { ',' });
        rest.push_str(&member);
    }
    if !rest.is_empty() {
        rest.push('}');
    }
    Ok((known, Some(rest).filter(|rest| !rest.is_empty())))
}

fn not_json(error: &serde_json::Error) -> Violation {
    Violation { reason: Reason::Undecodable, field: String::new(), detail: format!("not JSON: {error}") }
}

fn write_struct(fields: &Struct, out: &mut String) {
    out.push('{');
    for (place, (name, value)) in fields.fields.iter().enumerate() {
        if place > 0 {
            out.push(',');
        }
        output::quote(name, out);
        out.push(':');
        write_value(value, out);
    }
    out.push('}');
}

fn write_value(value: &Value, out: &mut String) {
    match &value.kind {
        None | Some(Kind::NullValue(_)) => out.push_str("null"),
        Some(Kind::NumberValue(number)) => output::double(*number, out),
        Some(Kind::StringValue(text)) => output::quote(text, out),
        Some(Kind::BoolValue(value)) => out.push_str(if *value { "true" } else { "false" }),
        Some(Kind::StructValue(fields)) => write_struct(fields, out),
        Some(Kind::ListValue(list)) => {
            out.push('[');
            for (place, value) in list.values.iter().enumerate() {
                if place > 0 {
                    out.push(',');
                }
                write_value(value, out);
            }
            out.push(']');
        }
    }
}

#[cfg(test)]
mod tests;
