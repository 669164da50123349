//! Rules of the fields of events and of the messages in them.

use prost_reflect::{FieldDescriptor, Kind, MessageDescriptor, Syntax};

use super::super::conventions::PiiDemand;
use super::super::events::{EventField, value_kind};
use super::super::pii::{self, Holds};
use super::super::sink::Sink;
use crate::model::{case_column, is_envelope_column};
use crate::nearest::nearest;
use crate::options::PiiClass;

/// Numbers of fields of `judi.FieldOptions`.
const ALIAS: i32 = 4;
const REPLACED_BY: i32 = 5;
const ALIAS_UNTIL: i32 = 6;
const REPLACES: i32 = 7;

pub(super) fn check(field: &EventField<'_, '_>, sink: &mut Sink<'_>) {
    check_name(field, sink);
    check_presence(field, sink);
    check_pii(field, sink);
    check_aliases(field, sink);
    check_replacements(field, sink);
}

/// Whether a field's absence cannot be told from its zero value, and nobody said that it must be there.
fn is_implicit(field: &FieldDescriptor, is_required: bool) -> bool {
    let is_plain = !field.is_list() && !field.is_map() && !matches!(field.kind(), Kind::Message(_));
    is_plain && !field.supports_presence() && !is_required && field.parent_file().syntax() == Syntax::Proto3
}

fn check_name(field: &EventField<'_, '_>, sink: &mut Sink<'_>) {
    let name = field.field.name();
    let pattern = sink.conventions.field_name.as_ref();
    if let Some(pattern) = pattern.filter(|pattern| !pattern.matches(name)) {
        let text = format!("Field name {name:?} should match the convention {:?}.", pattern.to_string());
        sink.report("FIELD_NAME", field.file, &field.name_place(), text);
    }
    if !field.is_of_event {
        return;
    }
    let case = case_column(&field.field);
    let names = [name, case.as_str()].into_iter().chain(field.options.aliases.iter().map(String::as_str));
    if let Some(taken) = names.into_iter().find(|name| is_envelope_column(name)) {
        let text = format!(
            "{taken:?} is a column of every event: leave the field out if it means the same, or say what of, such as \
             \"article_{taken}\"."
        );
        sink.report("FIELD_NAME_RESERVED", field.file, &field.name_place(), text);
    }
}

fn check_presence(field: &EventField<'_, '_>, sink: &mut Sink<'_>) {
    if !is_implicit(&field.field, field.options.required || field.field.is_required()) {
        return;
    }
    let name = field.field.name();
    let price = if field.is_published {
        " It is published: with presence, rows where it is left out have NULL from then on, not its zero value."
    } else {
        ""
    };
    let how = if field.file.is_edition { "give it explicit presence" } else { "make it `optional`" };
    let text = format!(
        "Nobody can tell whether field {name:?} was left out or is zero: {how}, or required by (judi.field).{price}"
    );
    sink.report("FIELD_PRESENCE", field.file, &field.name_place(), text);
}

fn check_pii(field: &EventField<'_, '_>, sink: &mut Sink<'_>) {
    let name = field.field.name();
    let conventions = sink.conventions;
    let Some(holds) = holds(&field.field).filter(|_| field.options.pii == PiiClass::Unspecified) else { return };
    let text = if conventions.pii == PiiDemand::All {
        format!("Field {name:?} does not say how personal it is: (judi.field).pii, PII_CLASS_NONE if not at all.")
    } else if conventions.not_pii_fields.iter().any(|glob| glob.matches(name)) {
        return;
    } else if conventions.pii_fields.iter().any(|glob| glob.matches(name)) {
        format!("Field {name:?} may hold personal data by the conventions and does not say how personal it is.")
    } else if let Some(found) = pii::suspicion(name, &field.options.semantic_type, holds) {
        format!(
            "Field {name:?} may hold {} and does not say how personal it is: (judi.field).pii, usually {}, or \
             PII_CLASS_NONE if it never does.",
            found.what, found.usually
        )
    } else {
        return;
    };
    sink.report("FIELD_PII", field.file, &field.name_place(), text);
}

/// What a field holds by itself; `None` for a message whose fields speak for themselves.
fn holds(field: &FieldDescriptor) -> Option<Holds> {
    match value_kind(field) {
        // The names of a map's texts are made by whoever fills it.
        Kind::String | Kind::Bytes if field.is_map() => Some(Holds::Anything),
        Kind::String | Kind::Bytes => Some(Holds::Text),
        Kind::Bool => Some(Holds::Truth),
        Kind::Enum(_) => Some(Holds::Choice),
        Kind::Message(message) => known_message(&message),
        _ => Some(Holds::Number),
    }
}

fn known_message(message: &MessageDescriptor) -> Option<Holds> {
    let name = message.full_name().strip_prefix("google.protobuf.")?;
    Some(match name {
        "StringValue" | "BytesValue" => Holds::Text,
        "BoolValue" => Holds::Truth,
        "Any" | "Struct" | "Value" | "ListValue" => Holds::Anything,
        _ => Holds::Number,
    })
}

fn check_aliases(field: &EventField<'_, '_>, sink: &mut Sink<'_>) {
    let options = &field.options;
    let message = field.field.parent_message();
    let taken = |alias: &str| {
        let other = message.fields().find(|it| it.name() == alias);
        other.map(
            |it| if it == field.field { "its own name".to_owned() } else { "another field of the message".to_owned() },
        )
    };
    for (index, alias) in options.aliases.iter().enumerate() {
        let what = if !is_identifier(alias) {
            Some("no name that a field can have".to_owned())
        } else if options.aliases.iter().take(index).any(|other| other == alias) {
            Some("there twice".to_owned())
        } else {
            taken(alias)
        };
        if let Some(what) = what {
            let text = format!("Alias {alias:?} of field {:?} is {what}.", field.field.name());
            sink.report("FIELD_ALIAS", field.file, &field.place(ALIAS), text);
        }
    }
    let until = options.alias_until.as_str();
    if !until.is_empty() && !is_day(until) {
        let text = format!("alias_until {until:?} is no day: write it as YYYY-MM-DD.");
        sink.report("FIELD_ALIAS", field.file, &field.place(ALIAS_UNTIL), text);
    } else if !until.is_empty() && options.aliases.is_empty() {
        let text = format!("Field {:?} has an alias_until and no alias.", field.field.name());
        sink.report("FIELD_ALIAS", field.file, &field.place(ALIAS_UNTIL), text);
    }
}

fn check_replacements(field: &EventField<'_, '_>, sink: &mut Sink<'_>) {
    let (name, options) = (field.field.name(), &field.options);
    let message = field.field.parent_message();
    let successor = options.replaced_by.as_str();
    let is_there = message.get_field_by_name(successor).is_some_and(|other| other != field.field);
    if !successor.is_empty() && !is_there {
        let fields: Vec<FieldDescriptor> = message.fields().filter(|it| *it != field.field).collect();
        let near = nearest(successor, fields.iter().map(FieldDescriptor::name));
        let hint = near.map_or(String::new(), |near| format!(" Is it {near:?}?"));
        let text = format!("Field {name:?} is replaced by {successor:?}, which the message does not have.{hint}");
        sink.report("FIELD_ALIAS", field.file, &field.place(REPLACED_BY), text);
    }
    let number = options.replaces;
    let is_known = message.get_field(number).is_some_and(|other| other != field.field)
        || message.reserved_ranges().any(|range| range.contains(&number));
    if number != 0 && !is_known {
        let text = format!("Field {name:?} replaces field {number}, which the message neither has nor reserves.");
        sink.report("FIELD_ALIAS", field.file, &field.place(REPLACES), text);
    }
}

fn is_identifier(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && text.chars().all(|character| character.is_ascii_alphanumeric() || character == '_')
}

fn is_day(text: &str) -> bool {
    let parts: Vec<Option<u32>> = text.split('-').map(|part| part.parse().ok()).collect();
    let [Some(year), Some(month), Some(day)] = parts.as_slice() else { return false };
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        2 if is_leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return false,
    };
    text.len() == 10 && (1..=days).contains(day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_of_the_calendar() {
        assert!(["2026-01-31", "2024-02-29", "2000-02-29", "2026-12-01"].into_iter().all(is_day));
        let wrong = [
            "",
            "2026-1-31",
            "2026-02-29",
            "1900-02-29",
            "2026-13-01",
            "2026-00-10",
            "2026-04-31",
            "26-04-3011",
            "a-b-c",
        ];
        assert!(!wrong.into_iter().any(is_day));
    }
}
