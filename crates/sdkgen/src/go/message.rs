//! A message: its type, its constructor, the methods that set what is optional.

use judi_schema::options::PiiClass;

use super::encode::encode;
use super::ident::{Scope, snake};
use super::names::{MessageNames, Plan};
use super::text::{Text, quoted, sentence};
use super::{file, header};
use crate::GeneratedFile;
use crate::library::{Field, Kind, Message, Shape, WellKnown};

/// A file per message. The last word keeps Go from taking `app_windows` for a file of that system.
pub(super) fn files(plan: &Plan<'_>) -> Vec<GeneratedFile> {
    let mut paths = Scope::default();
    let files = (0..plan.messages.len()).map(|at| {
        let path = paths.take(&format!("{}_message", snake(&plan.messages[at].type_name)), "_");
        file(&format!("{path}.go"), of(plan, at))
    });
    files.collect()
}

fn of(plan: &Plan<'_>, at: usize) -> Vec<u8> {
    let (message, names) = (&plan.library.messages[at], &plan.messages[at]);
    let mut text = Text::default();
    text.line(0, &header(plan.library));
    text.gap();
    text.line(0, &format!("package {}", plan.names.package));
    text.gap();
    let wire = format!("\"{}/internal/wire\"", plan.names.module_path(plan.library));
    let is_time = |field: &Field| matches!(field.kind, Kind::WellKnown(WellKnown::Timestamp | WellKnown::Duration));
    if message.fields.iter().any(is_time) {
        text.line(0, "import (");
        text.line(1, "\"time\"");
        text.gap();
        text.line(1, &wire);
        text.line(0, ")");
    } else {
        text.line(0, &format!("import {wire}"));
    }
    text.gap();
    declaration(plan, at, &mut text);
    for (oneof, names_of) in message.oneofs.iter().zip(&names.oneofs) {
        if let Some(choice) = names_of {
            text.gap();
            let what = format!(
                "{} is one of {}'s {}: one of them must be set.",
                choice.type_name, names.type_name, oneof.name
            );
            text.comment(0, &[what]);
            text.line(0, &format!("type {} func(*{})", choice.type_name, names.type_name));
        }
    }
    constructor(plan, at, &mut text);
    for place in 0..message.fields.len() {
        setter(plan, at, place, &mut text);
    }
    if let Some(event) = plan.library.events.iter().find(|event| event.message == at) {
        text.gap();
        text.line(0, "// JudiEvent is called by the client that sends the event.");
        text.line(0, &format!("func (m *{}) JudiEvent(e *wire.Encoder) {{", names.type_name));
        text.line(1, &format!("e.Name, e.SchemaVersion = {}, SchemaVersion", quoted(&event.name)));
        text.line(1, "m.encode(e)");
        text.line(0, "}");
    }
    text.gap();
    encode(plan, at, &mut text);
    text.into_bytes()
}

/// The struct, and what it is.
fn declaration(plan: &Plan<'_>, at: usize, text: &mut Text) {
    let (message, names) = (&plan.library.messages[at], &plan.messages[at]);
    let event = plan.library.events.iter().find(|event| event.message == at);
    let first = match event {
        Some(event) if event.description.is_empty() => format!("{} is the event {}.", names.type_name, event.name),
        Some(event) => format!("{} is the event {}: {}", names.type_name, event.name, sentence(&event.description)),
        None => format!("{} is the message {}.", names.type_name, message.full_name),
    };
    let owner = event.map(|event| event.owner.as_str()).filter(|owner| !owner.is_empty());
    let deprecation = if message.is_deprecated { "Deprecated: the schema says so." } else { "" };
    let owner = owner.map_or_else(String::new, |owner| format!("Owner: {owner}."));
    text.comment(0, &[first, sentence(&message.comment), owner, deprecation.to_owned()]);
    let mut rows: Vec<(String, String)> = message
        .fields
        .iter()
        .zip(&names.fields)
        .map(|(field, named)| (named.store.clone(), plan.stored_type(field)))
        .collect();
    match names.bits {
        0 => {}
        1..=64 => rows.push(("set".into(), "uint64".into())),
        bits => rows.push(("set".into(), format!("[{}]uint64", bits.div_ceil(64)))),
    }
    if rows.is_empty() {
        text.line(0, &format!("type {} struct{{}}", names.type_name));
        return;
    }
    text.line(0, &format!("type {} struct {{", names.type_name));
    let width = rows.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
    for (name, kind) in rows {
        text.line(1, &format!("{name:width$} {kind}"));
    }
    text.line(0, "}");
}

/// A duration that was given as Go's own, as it is kept.
fn kept(field: &Field, given: &str) -> String {
    let convert = match field.shape {
        _ if field.kind != Kind::WellKnown(WellKnown::Duration) => return given.to_owned(),
        Shape::Repeated { .. } => "SpansOf",
        Shape::Map(_) => "SpanMapOf",
        Shape::Implicit | Shape::Optional => "SpanOf",
    };
    format!("wire.{convert}({given})")
}

fn constructor(plan: &Plan<'_>, at: usize, text: &mut Text) {
    let (message, names) = (&plan.library.messages[at], &plan.messages[at]);
    let MessageNames { type_name, constructor, .. } = names;
    text.gap();
    let required: Vec<_> = message.fields.iter().zip(&names.fields).filter(|(field, _)| field.is_required).collect();
    let article = if type_name.starts_with(['A', 'E', 'I', 'O']) { "an" } else { "a" };
    if !plan.parameters(at).is_empty() {
        text.comment(0, &[format!("{constructor} makes {article} {type_name} of what the schema requires.")]);
        text.line(0, "//");
        for (field, named) in &required {
            text.item(&format!("{}: {}", named.store, about(field)));
        }
        for choice in names.oneofs.iter().flatten() {
            text.item(&format!("{}: what one of the functions {}… gives.", choice.parameter, choice.type_name));
        }
    } else {
        text.comment(0, &[format!("{constructor} makes {article} {type_name}, of which the schema requires nothing.")]);
    }
    if message.is_deprecated {
        text.line(0, "//");
        text.line(0, "// Deprecated: the schema says so.");
    }
    let parameters: Vec<String> =
        plan.parameters(at).iter().map(|it| format!("{} {}", it.name, it.type_name)).collect();
    text.line(0, &format!("func {constructor}({}) *{type_name} {{", parameters.join(", ")));
    let mut values: Vec<String> =
        required.iter().map(|(field, named)| format!("{}: {}", named.store, kept(field, &named.store))).collect();
    let set: Vec<usize> = required.iter().filter_map(|(_, named)| named.bit).collect();
    if !set.is_empty() {
        values.push(format!("set: {}", literal(&set, names.bits)));
    }
    let made = format!("&{type_name}{{{}}}", values.join(", "));
    if names.oneofs.iter().flatten().next().is_none() {
        text.line(1, &format!("return {made}"));
    } else {
        text.line(1, &format!("m := {made}"));
        for choice in names.oneofs.iter().flatten() {
            text.line(1, &format!("if {} != nil {{", choice.parameter));
            text.line(2, &format!("{}(m)", choice.parameter));
            text.line(1, "}");
        }
        text.line(1, "return m");
    }
    text.line(0, "}");
}

/// Bits that are set, as a value.
fn literal(set: &[usize], bits: usize) -> String {
    let word = |word: usize| {
        let bits = set.iter().filter(|bit| **bit / 64 == word);
        bits.fold(0_u64, |sum, bit| sum | 1 << (bit % 64))
    };
    if bits <= 64 {
        return if word(0) < 10 { word(0).to_string() } else { format!("{:#x}", word(0)) };
    }
    let words: Vec<String> = (0..bits.div_ceil(64)).map(|at| format!("{:#x}", word(at))).collect();
    format!("[{}]uint64{{{}}}", words.len(), words.join(", "))
}

/// `m.set`, or the word of it that has this bit.
pub(super) fn word(bit: usize, bits: usize) -> String {
    if bits <= 64 { "m.set".into() } else { format!("m.set[{}]", bit / 64) }
}

/// What a field is, for people.
fn about(field: &Field) -> String {
    let mut parts = vec![sentence(&field.comment.split_whitespace().collect::<Vec<_>>().join(" "))];
    if field.pii != PiiClass::Unspecified {
        parts.push(format!("Privacy: {}.", field.pii.in_words()));
    }
    if !field.semantic_type.is_empty() {
        parts.push(format!("Kind: {}.", field.semantic_type));
    }
    if !field.constraints.is_empty() {
        parts.push(format!("Must be: {}.", field.constraints.join("; ")));
    }
    parts.retain(|part| !part.is_empty());
    parts.join(" ")
}

/// What is said of a field that is to be used no more.
fn deprecation(message: &Message, names: &MessageNames, field: &Field) -> String {
    if !field.is_deprecated {
        return String::new();
    }
    let other = message.fields.iter().position(|it| !field.replaced_by.is_empty() && it.name == field.replaced_by);
    match other.and_then(|at| names.fields.get(at)) {
        Some(other) => format!("Deprecated: use {} instead.", other.setter),
        None if !field.replaced_by.is_empty() => format!("Deprecated: use {} instead.", field.replaced_by),
        None => "Deprecated: the schema says so.".into(),
    }
}

/// The method that sets a field; of a member of a required oneof, the function that gives a choice.
fn setter(plan: &Plan<'_>, at: usize, place: usize, text: &mut Text) {
    let (message, names) = (&plan.library.messages[at], &plan.messages[at]);
    let (field, named) = (&message.fields[place], &names.fields[place]);
    let choice = field.oneof.and_then(|oneof| {
        let names = names.oneofs.get(oneof)?.as_ref()?;
        let case = message.oneofs[oneof].fields.iter().position(|&it| it == place)?;
        Some((names, &names.cases[case]))
    });
    let kind = parameter(field, &plan.value_type(field.kind), &plan.field_type(field.kind, field.shape));
    let given = kept(field, &named.store);
    let meaning = about(field);
    let colon = if meaning.is_empty() { "." } else { ": " };
    let deprecation = deprecation(message, names, field);
    if let Some((choice, case)) = choice {
        text.gap();
        text.comment(0, &[format!("{case} chooses {}{colon}{meaning}", field.name), deprecation.clone()]);
        text.line(0, &format!("func {case}({} {kind}) {} {{", named.store, choice.type_name));
        text.line(1, &format!("return func(m *{}) {{", names.type_name));
        assignments(message, names, place, &given, 2, text);
        text.line(1, "}");
        text.line(0, "}");
    } else if !field.is_required {
        let oneof = field.oneof.map(|oneof| &message.oneofs[oneof].name);
        let oneof = oneof.map(|name| format!("One of {name}: the one that is set last counts.")).unwrap_or_default();
        text.gap();
        let what = format!("{} sets {}{colon}{meaning}", named.setter, field.name);
        text.comment(0, &[what, oneof, deprecation.clone()]);
        method(message, names, place, &named.setter, (&kind, &given), text);
    }
    if !named.span_setter.is_empty() {
        text.gap();
        let what = format!("{} sets {} to what is longer than a time.Duration can be.", named.span_setter, field.name);
        text.comment(0, &[what, deprecation]);
        let kind = parameter(field, "Span", &plan.field_type(field.kind, field.shape).replace("time.Duration", "Span"));
        method(message, names, place, &named.span_setter, (&kind, &named.store), text);
    }
}

/// The type of a setter's parameter: lists are given value by value.
fn parameter(field: &Field, value: &str, whole: &str) -> String {
    if matches!(field.shape, Shape::Repeated { .. }) { format!("...{value}") } else { whole.to_owned() }
}

/// A method that sets a field to a value of this type, as it is kept.
fn method(
    message: &Message,
    names: &MessageNames,
    place: usize,
    called: &str,
    (kind, given): (&str, &str),
    text: &mut Text,
) {
    let (type_name, store) = (&names.type_name, &names.fields[place].store);
    text.line(0, &format!("func (m *{type_name}) {called}({store} {kind}) *{type_name} {{"));
    assignments(message, names, place, given, 1, text);
    text.line(1, "return m");
    text.line(0, "}");
}

/// Sets a field, and unsets what shares its oneof.
fn assignments(message: &Message, names: &MessageNames, place: usize, given: &str, tabs: usize, text: &mut Text) {
    let (field, named) = (&message.fields[place], &names.fields[place]);
    text.line(tabs, &format!("m.{} = {given}", named.store));
    let others = field.oneof.map(|oneof| &message.oneofs[oneof].fields).into_iter().flatten();
    for bit in others.filter(|&&it| it != place).filter_map(|&it| names.fields[it].bit) {
        text.line(tabs, &format!("{} &^= 1 << {}", word(bit, names.bits), bit % 64));
    }
    if let Some(bit) = named.bit {
        text.line(tabs, &format!("{} |= 1 << {}", word(bit, names.bits), bit % 64));
    }
}
