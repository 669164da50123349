//! Rules about the types of fields: the same, or one that reads the same bytes.

use super::field::description;
use super::image::{Enum, Field, Image, Kind, Syntax};
use super::pairs::Pairs;
use super::report::Report;

/// Fields of `FieldDescriptorProto`.
const TYPE: i32 = 5;
const TYPE_NAME: i32 = 6;

const WIRE_RULES: &str =
    "See https://developers.google.com/protocol-buffers/docs/proto3#updating for wire compatibility rules.";
const JSON_RULES: &str = "See https://developers.google.com/protocol-buffers/docs/proto3#updating for wire compatibility \
    rules and https://developers.google.com/protocol-buffers/docs/proto3#json for JSON compatibility rules.";
const UTF8_NOTE: &str = "Note that while string and bytes are compatible if the data is valid UTF-8, there is no way to \
    enforce that a bytes field is UTF-8, so these fields may be incompatible.";

pub(super) fn same_type(report: &mut Report<'_>, pairs: &Pairs<'_>) {
    for (now, before) in &pairs.fields {
        if now.kind != before.kind {
            changed_kind(report, now, before, "");
        } else if now.kind.is_named() && now.type_name != before.type_name {
            changed_name(report, now, before);
        }
    }
}

pub(super) fn wire_compatible_type(report: &mut Report<'_>, pairs: &Pairs<'_>) {
    for (now, before) in &pairs.fields {
        if wire_group(now.kind) != wire_group(before.kind) {
            match (before.kind, now.kind) {
                // What was valid as a string is valid as bytes.
                (Kind::String, Kind::Bytes) => {}
                (Kind::Bytes, Kind::String) => {
                    changed_kind(report, now, before, &format!(" {WIRE_RULES} {UTF8_NOTE}"));
                }
                _ => changed_kind(report, now, before, &format!(" {WIRE_RULES}")),
            }
        } else {
            compatible_name(report, now, before);
        }
    }
}

pub(super) fn wire_json_compatible_type(report: &mut Report<'_>, pairs: &Pairs<'_>) {
    for (now, before) in &pairs.fields {
        if wire_json_group(now.kind) == wire_json_group(before.kind) {
            compatible_name(report, now, before);
        } else {
            changed_kind(report, now, before, &format!(" {JSON_RULES}"));
        }
    }
}

/// Of the same kind: an enum may have moved, if it kept its short name and every value.
fn compatible_name(report: &mut Report<'_>, now: &Field, before: &Field) {
    if now.type_name == before.type_name {
        return;
    }
    let is_compatible = match now.kind {
        Kind::Enum => {
            let new = named(report.current, &now.type_name);
            let old = named(report.previous, &before.type_name);
            matches!((new, old), (Some(new), Some(old)) if new.element.name == old.element.name && covers(new, old))
        }
        kind => !kind.is_named(),
    };
    if !is_compatible {
        changed_name(report, now, before);
    }
}

fn named<'a>(image: &'a Image, name: &str) -> Option<&'a Enum> {
    image.enums.get(*image.enum_by_name.get(name)?)
}

fn covers(new: &Enum, old: &Enum) -> bool {
    let has = |name: &str, number: i32| new.values.iter().any(|value| value.name == name && value.number == number);
    old.values.iter().all(|value| has(&value.name, value.number))
}

fn changed_name(report: &mut Report<'_>, now: &Field, before: &Field) {
    let text = format!("{} changed type from {:?} to {:?}.", description(now), before.type_name, now.type_name);
    report.add(report.at_field(now, &[TYPE_NAME]), report.before(&before.element), text);
}

fn changed_kind(report: &mut Report<'_>, now: &Field, before: &Field, more: &str) {
    let part = if now.kind.is_named() { TYPE_NAME } else { TYPE };
    let name = |image: &Image, field: &Field| {
        let is_proto2 = image.files.get(field.element.file).is_some_and(|file| file.syntax == Syntax::Proto2);
        match field.kind {
            Kind::Group if !is_proto2 => "message (delimited encoding)",
            kind => kind.name(),
        }
    };
    let text = format!(
        "{} changed type from {:?} to {:?}.{more}",
        description(now),
        name(report.previous, before),
        name(report.current, now)
    );
    report.add(report.at_field(now, &[part]), report.before(&before.element), text);
}

/// Kinds of the same group read each other's bytes.
const fn wire_group(kind: Kind) -> u8 {
    match kind {
        Kind::Int32 | Kind::Int64 | Kind::Uint32 | Kind::Uint64 | Kind::Bool => 1,
        Kind::Sint32 | Kind::Sint64 => 2,
        Kind::String => 3,
        Kind::Bytes => 4,
        Kind::Fixed32 | Kind::Sfixed32 => 5,
        Kind::Fixed64 | Kind::Sfixed64 => 6,
        Kind::Double => 7,
        Kind::Float => 8,
        Kind::Group => 9,
        Kind::Message => 10,
        Kind::Enum => 11,
    }
}

/// Kinds of the same group read each other's bytes and JSON.
const fn wire_json_group(kind: Kind) -> u8 {
    match kind {
        Kind::Int32 | Kind::Uint32 => 1,
        Kind::Int64 | Kind::Uint64 => 2,
        Kind::Fixed32 | Kind::Sfixed32 => 3,
        Kind::Fixed64 | Kind::Sfixed64 => 4,
        Kind::Bool => 5,
        Kind::Sint32 => 6,
        Kind::Sint64 => 7,
        Kind::String => 8,
        Kind::Bytes => 9,
        Kind::Double => 10,
        Kind::Float => 11,
        Kind::Group => 12,
        Kind::Message => 13,
        Kind::Enum => 14,
    }
}
