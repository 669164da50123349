//! A call's message in protobuf's canonical JSON: from the call, not from the bytes that it becomes.

use judi_schema::json;
use judi_schema::model::Model;
use judi_schema::plan::{MessageId, MessageKind, ScalarKind};
use judi_schema::wire::time;
use judi_sdkgen::library::{Field, Kind, Library, Shape, WellKnown};
use serde_json::{Map, Value};

use crate::row::number;

/// `None` where JSON cannot say it: an Any of a type that the events do not reach, a number that a closed enum has not.
pub(crate) fn of_call(library: &Library, model: &Model, message: usize, call: &Value) -> Option<Value> {
    let mut members = Map::new();
    for field in &library.messages.get(message)?.fields {
        let Some(value) = call.get(&field.name) else { continue };
        let to_json = |value: &Value| of_value(library, model, field.kind, value);
        let value = match field.shape {
            Shape::Implicit if is_zero(library, field, value) => continue,
            Shape::Implicit | Shape::Optional => to_json(value)?,
            Shape::Repeated { .. } => Value::Array(value.as_array()?.iter().map(to_json).collect::<Option<_>>()?),
            Shape::Map(_) => {
                let pairs = value.as_array()?.iter().map(|pair| {
                    let (key, value) = (text_of(pair.get(0)?)?, to_json(pair.get(1)?)?);
                    Some((key, value))
                });
                Value::Object(pairs.collect::<Option<_>>()?)
            }
        };
        members.insert(field.json_name.clone(), value);
    }
    Some(Value::Object(members))
}

fn of_value(library: &Library, model: &Model, kind: Kind, value: &Value) -> Option<Value> {
    Some(match kind {
        Kind::Scalar(kind) | Kind::WellKnown(WellKnown::Wrapper(kind)) => of_scalar(kind, value)?,
        Kind::Enum(at) => {
            let enumeration = library.enums.get(at)?;
            let number = value.as_i64();
            let named = enumeration.values.iter().find(|it| number == Some(i64::from(it.number)));
            if number.is_some() && named.is_none() && enumeration.is_closed {
                return None;
            }
            named.map_or_else(|| value.clone(), |named| named.name.clone().into())
        }
        Kind::Message(at) | Kind::Group(at) => of_call(library, model, at, value)?,
        Kind::WellKnown(WellKnown::Timestamp | WellKnown::Duration) => {
            let part = |name| value.get(name).map_or(Some(0), |part| text_of(part)?.parse::<i64>().ok());
            let (seconds, nanos, mut out) = (part("seconds")?, i32::try_from(part("nanos")?).ok()?, String::new());
            if kind == Kind::WellKnown(WellKnown::Timestamp) {
                time::write_timestamp(seconds, nanos, &mut out);
            } else {
                time::write_duration(seconds, nanos, &mut out);
            }
            out.into()
        }
        Kind::WellKnown(WellKnown::Any) => of_any(model, value)?,
        Kind::WellKnown(_) => value.clone(),
    })
}

fn of_scalar(kind: ScalarKind, value: &Value) -> Option<Value> {
    Some(match kind {
        ScalarKind::Double | ScalarKind::Float => {
            let real = value.as_f64().or_else(|| value.as_str()?.parse().ok())?;
            #[expect(clippy::cast_possible_truncation, reason = "what a float holds of it")]
            let held = if kind == ScalarKind::Float { f64::from(real as f32) } else { real };
            number(held)
        }
        ScalarKind::Int64 | ScalarKind::Uint64 | ScalarKind::Sint64 | ScalarKind::Fixed64 | ScalarKind::Sfixed64 => {
            text_of(value)?.into()
        }
        ScalarKind::Bool | ScalarKind::String | ScalarKind::Bytes => value.clone(),
        _ => text_of(value)?.parse::<i64>().ok()?.into(),
    })
}

fn of_any(model: &Model, value: &Value) -> Option<Value> {
    use base64::Engine as _;
    let url = value.get("type_url").and_then(Value::as_str).unwrap_or_default();
    let bytes = value.get("value").and_then(Value::as_str).unwrap_or_default();
    if url.is_empty() && bytes.is_empty() {
        return Some(Value::Object(Map::new()));
    }
    let (_, name) = url.rsplit_once('/')?;
    let (id, plan) = (0..).zip(&model.plans.messages).find(|(_, plan)| plan.full_name == name)?;
    let bytes = base64::engine::general_purpose::STANDARD.decode(bytes).ok()?;
    let inner: Value = serde_json::from_str(&json::to_json(&model.plans, MessageId(id), &bytes).ok()?).ok()?;
    let mut members = Map::new();
    match inner {
        Value::Object(inner) if plan.kind == MessageKind::Plain => members.extend(inner),
        inner => {
            members.insert("value".into(), inner);
        }
    }
    members.insert("@type".into(), url.into());
    Some(Value::Object(members))
}

/// A scalar as JSON's names are written.
fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        _ => None,
    }
}

fn is_zero(library: &Library, field: &Field, value: &Value) -> bool {
    if let (Kind::Enum(at), Some(name)) = (field.kind, value.as_str()) {
        let values = library.enums.get(at).map(|it| it.values.as_slice()).unwrap_or_default();
        return values.iter().any(|it| it.name == name && it.number == 0);
    }
    match value {
        Value::Bool(value) => !value,
        Value::Number(number) => number.as_f64().is_some_and(|number| number.to_bits() == 0),
        Value::String(text) => {
            text.is_empty()
                || (text == "0" && !matches!(field.kind, Kind::Scalar(ScalarKind::String | ScalarKind::Bytes)))
        }
        _ => false,
    }
}
