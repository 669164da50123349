//! Options and custom options, by reflection: each set field of an options message as `name = value`.

use std::fmt::Write as _;

use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, MapKey, Value};

use super::{PrintError, literals};

/// `name = value` of every option that is set, the built-in ones first, each by its number; a repeated option
/// once per element. `of` names what carries them, for errors.
pub(super) fn statements(options: &DynamicMessage, of: &dyn Fn() -> String) -> Result<Vec<String>, PrintError> {
    if let Some(unknown) = options.unknown_fields().next() {
        return Err(PrintError::UnknownOption { of: of(), number: unknown.number() });
    }
    let mut statements = Vec::new();
    for (field, value) in options.fields().filter(|(field, _)| !is_of_editions(field)) {
        each(value, |value| {
            statements.push(format!("{} = {}", field.name(), scalar(value, &field.kind(), field.name(), of)?));
            Ok(())
        })?;
    }
    for (extension, value) in options.extensions() {
        each(value, |value| {
            let name = extension.full_name();
            statements.push(format!("(.{name}) = {}", scalar(value, &extension.kind(), name, of)?));
            Ok(())
        })?;
    }
    Ok(statements)
}

/// Features are how an edition says what proto2 and proto3 say otherwise; descriptors here say it otherwise already.
fn is_of_editions(field: &FieldDescriptor) -> bool {
    field.kind().as_message().is_some_and(|message| message.full_name() == "google.protobuf.FeatureSet")
}

fn each(value: &Value, mut visit: impl FnMut(&Value) -> Result<(), PrintError>) -> Result<(), PrintError> {
    match value {
        Value::List(values) => values.iter().try_for_each(visit),
        single => visit(single),
    }
}

/// The value of an option: an aggregate where it is a message.
fn scalar(value: &Value, kind: &Kind, name: &str, of: &dyn Fn() -> String) -> Result<String, PrintError> {
    Ok(match value {
        Value::Bool(value) => value.to_string(),
        Value::I32(value) => value.to_string(),
        Value::I64(value) => value.to_string(),
        Value::U32(value) => value.to_string(),
        Value::U64(value) => value.to_string(),
        Value::F32(value) => literals::single_float(*value),
        Value::F64(value) => literals::float(*value),
        Value::String(value) => literals::quoted(value.as_bytes()),
        Value::Bytes(value) => literals::quoted(value),
        Value::EnumNumber(number) => match kind.as_enum().and_then(|kind| kind.get_value(*number)) {
            Some(value) => value.name().to_owned(),
            None => {
                return Err(PrintError::UnnamedValue { of: of(), option: name.to_owned(), number: *number });
            }
        },
        Value::Message(message) => aggregate(message, of)?,
        // A map stands as its entries; the caller takes lists apart, so none comes here.
        Value::Map(_) | Value::List(_) => String::new(),
    })
}

/// `{ a: 1 b { c: "x" } [some.extension]: 2 }`.
fn aggregate(message: &DynamicMessage, of: &dyn Fn() -> String) -> Result<String, PrintError> {
    if let Some(unknown) = message.unknown_fields().next() {
        return Err(PrintError::UnknownOption { of: of(), number: unknown.number() });
    }
    let mut text = String::from("{");
    for (field, value) in message.fields() {
        match value {
            Value::Map(entries) => map_entries(&mut text, &field, entries, of)?,
            value => each(value, |value| member(&mut text, member_name(&field), value, &field.kind(), of))?,
        }
    }
    for (extension, value) in message.extensions() {
        let name = format!("[{}]", extension.full_name());
        each(value, |value| member(&mut text, &name, value, &extension.kind(), of))?;
    }
    text.push_str(if text.len() == 1 { "}" } else { " }" });
    Ok(text)
}

fn member(
    text: &mut String,
    name: &str,
    value: &Value,
    kind: &Kind,
    of: &dyn Fn() -> String,
) -> Result<(), PrintError> {
    let separator = if matches!(value, Value::Message(_)) { "" } else { ":" };
    // Writing to a String cannot fail.
    let _ = write!(text, " {name}{separator} {}", scalar(value, kind, name, of)?);
    Ok(())
}

/// Entries in the order of their keys: the same map gives the same text.
fn map_entries(
    text: &mut String,
    field: &FieldDescriptor,
    entries: &std::collections::HashMap<MapKey, Value>,
    of: &dyn Fn() -> String,
) -> Result<(), PrintError> {
    let Kind::Message(entry) = field.kind() else { return Ok(()) };
    let kind = entry.map_entry_value_field().kind();
    let mut sorted: Vec<(&MapKey, &Value)> = entries.iter().collect();
    sorted.sort_by_key(|(key, _)| *key);
    for (key, value) in sorted {
        let key = match key {
            MapKey::Bool(key) => key.to_string(),
            MapKey::I32(key) => key.to_string(),
            MapKey::I64(key) => key.to_string(),
            MapKey::U32(key) => key.to_string(),
            MapKey::U64(key) => key.to_string(),
            MapKey::String(key) => literals::quoted(key.as_bytes()),
        };
        let _ = write!(text, " {} {{ key: {key}", field.name());
        member(text, "value", value, &kind, of)?;
        text.push_str(" }");
    }
    Ok(())
}

/// A group goes by the name of its message, which its field's name is in lower case.
fn member_name(field: &FieldDescriptor) -> &str {
    if !field.is_group() {
        return field.name();
    }
    let full_name = field.field_descriptor_proto().type_name.as_deref().unwrap_or_default();
    full_name.rsplit('.').next().unwrap_or(full_name)
}
