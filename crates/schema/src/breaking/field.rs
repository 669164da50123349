//! Rules about fields: presence, names, and what generated code depends on.

use super::image::{Cardinality, CppString, Field, Kind, Syntax};
use super::pairs::Pairs;
use super::report::{At, Report};

/// Fields of `FieldDescriptorProto`.
const NAME: i32 = 1;
const OPTIONS: i32 = 8;
const JSON_NAME: i32 = 10;
/// Fields of `FieldOptions`.
const CTYPE: i32 = 1;
const JSTYPE: i32 = 6;
const FEATURES: i32 = 21;
/// Of `FeatureSet`; `pb.cpp` with its `string_type`, `pb.java` with its `utf8_validation`.
const UTF8_VALIDATION: i32 = 4;
const CPP_STRING_TYPE: [i32; 2] = [1000, 2];
const JAVA_UTF8_VALIDATION: [i32; 2] = [1001, 2];
/// `FileOptions.java_string_check_utf8`.
const JAVA_STRING_CHECK_UTF8: [i32; 2] = [8, 27];

/// `Field "7" with name "x" on message "M"`.
pub(super) fn description(field: &Field) -> String {
    let name = match &field.extendee {
        // Extensions are known by their whole names.
        Some(_) => &field.element.full_name,
        None => &field.element.name,
    };
    described(field, &format!(" with name {name:?}"))
}

fn described(field: &Field, name: &str) -> String {
    let (kind, message) = match &field.extendee {
        Some(extendee) => ("Extension", extendee),
        None => ("Field", &field.parent),
    };
    format!("{kind} \"{}\"{name} on message {message:?}", field.number)
}

pub(super) fn same_cardinality(report: &mut Report<'_>, pairs: &Pairs<'_>) {
    cardinality(report, pairs, |cardinality| cardinality as u8);
}

pub(super) fn wire_compatible_cardinality(report: &mut Report<'_>, pairs: &Pairs<'_>) {
    cardinality(report, pairs, |cardinality| match cardinality {
        Cardinality::Explicit | Cardinality::Implicit => 1,
        Cardinality::Required => 2,
        Cardinality::Repeated | Cardinality::Map => 3,
    });
}

pub(super) fn wire_json_compatible_cardinality(report: &mut Report<'_>, pairs: &Pairs<'_>) {
    cardinality(report, pairs, |cardinality| match cardinality {
        Cardinality::Explicit | Cardinality::Implicit => 1,
        Cardinality::Required => 2,
        Cardinality::Repeated => 3,
        // A map is an object in JSON.
        Cardinality::Map => 4,
    });
}

fn cardinality(report: &mut Report<'_>, pairs: &Pairs<'_>, group: impl Fn(Cardinality) -> u8) {
    for (now, before) in &pairs.fields {
        // A map's keys and values are there or have their default, whatever the file says of presence.
        let in_map = now.is_of_map_entry && before.is_of_map_entry;
        if !in_map && group(now.cardinality) != group(before.cardinality) {
            let text = format!(
                "{} changed cardinality from {:?} to {:?}.",
                description(now),
                before.cardinality.name(),
                now.cardinality.name()
            );
            report.add(report.at_field(now, &[]), report.before(&before.element), text);
        }
    }
}

pub(super) fn same_cpp_string_type(report: &mut Report<'_>, pairs: &Pairs<'_>) {
    let is_text = |field: &Field| matches!(field.kind, Kind::String | Kind::Bytes);
    for (now, before) in &pairs.fields {
        let in_map = now.is_of_map_entry && before.is_of_map_entry;
        if in_map || !is_text(now) || !is_text(before) || now.cpp_string == before.cpp_string {
            continue;
        }
        // Code that reads a string_piece reads a string as well.
        if before.cpp_string == CppString::StringPiece && now.cpp_string == CppString::String {
            continue;
        }
        let at = at_part(report, now, &[OPTIONS, CTYPE])
            .or(|| at_feature(report, now, &CPP_STRING_TYPE))
            .or(|| report.at_field(now, &[]));
        let text = format!(
            "{} changed C++ string type from {:?} to {:?}.",
            description(now),
            cpp_name(before.cpp_string),
            cpp_name(now.cpp_string)
        );
        report.add(at, report.before(&before.element), text);
    }
}

pub(super) fn same_java_utf8_validation(report: &mut Report<'_>, pairs: &Pairs<'_>) {
    for (now, before) in &pairs.fields {
        if now.kind != Kind::String || before.kind != Kind::String {
            continue;
        }
        let verifies = |field: &Field, file: Option<&super::image::File>| {
            let Some(file) = file else { return false };
            let asks = match (file.syntax, file.options.java_string_check_utf8) {
                (Syntax::Edition(_), None) => field.features.java_verifies_utf8,
                (_, check) => check == Some(true),
            };
            asks || field.features.verifies_utf8
        };
        let (old, new) =
            (verifies(before, report.before(&before.element)), verifies(now, report.file_of(&now.element)));
        if old != new {
            let at = report
                .at_path(&now.element, &JAVA_STRING_CHECK_UTF8)
                .or(|| at_feature(report, now, &JAVA_UTF8_VALIDATION))
                .or(|| report.at_field(now, &[]));
            let text = format!(
                "{} changed Java string UTF8 validation from {:?} to {:?}.",
                description(now),
                validation(old),
                validation(new)
            );
            report.add(at, report.before(&before.element), text);
        }
    }
}

pub(super) fn same_utf8_validation(report: &mut Report<'_>, pairs: &Pairs<'_>) {
    for (now, before) in &pairs.fields {
        let (old, new) = (before.features.verifies_utf8, now.features.verifies_utf8);
        if now.kind == Kind::String && before.kind == Kind::String && old != new {
            let at = at_feature(report, now, &[UTF8_VALIDATION]).or(|| report.at_field(now, &[]));
            let text = format!(
                "{} changed UTF8 validation from {} to {}.",
                description(now),
                validation(old),
                validation(new)
            );
            report.add(at, report.before(&before.element), text);
        }
    }
}

pub(super) fn same_jstype(report: &mut Report<'_>, pairs: &Pairs<'_>) {
    let is_long = |field: &Field| {
        matches!(field.kind, Kind::Int64 | Kind::Sint64 | Kind::Uint64 | Kind::Fixed64 | Kind::Sfixed64)
    };
    let name = |jstype: i32| match jstype {
        1 => "JS_STRING",
        2 => "JS_NUMBER",
        _ => "JS_NORMAL",
    };
    for (now, before) in &pairs.fields {
        if is_long(now) && is_long(before) && now.jstype != before.jstype {
            let at = at_part(report, now, &[OPTIONS, JSTYPE]).or(|| report.at_field(now, &[]));
            let text = format!(
                "{} changed option \"jstype\" from {:?} to {:?}.",
                description(now),
                name(before.jstype),
                name(now.jstype)
            );
            report.add(at, report.before(&before.element), text);
        }
    }
}

pub(super) fn same_json_name(report: &mut Report<'_>, pairs: &Pairs<'_>) {
    // An extension has no JSON name of its own.
    for (now, before) in pairs.fields.iter().filter(|(_, before)| !before.is_extension()) {
        if now.json_name != before.json_name {
            let at = at_part(report, now, &[JSON_NAME]).or(|| report.at_field(now, &[]));
            let text = format!(
                "{} changed option \"json_name\" from {:?} to {:?}.",
                description(now),
                before.json_name,
                now.json_name
            );
            report.add(at, report.before(&before.element), text);
        }
    }
}

pub(super) fn same_name(report: &mut Report<'_>, pairs: &Pairs<'_>) {
    for (now, before) in &pairs.fields {
        let name = |field: &Field| match before.is_extension() {
            true => field.element.full_name.clone(),
            false => field.element.name.clone(),
        };
        let (old, new) = (name(before), name(now));
        if old != new {
            let text = format!("{} changed name from {old:?} to {new:?}.", described(now, ""));
            report.add(report.at_field(now, &[NAME]), report.before(&before.element), text);
        }
    }
}

pub(super) fn same_oneof(report: &mut Report<'_>, pairs: &Pairs<'_>) {
    for (now, before) in pairs.fields.iter().filter(|(_, before)| !before.is_extension()) {
        let change = match (&before.oneof, &now.oneof) {
            (Some(old), Some(new)) if old != new => format!("moved from oneof {old:?} to oneof {new:?}."),
            (Some(_), None) => "moved from inside to outside a oneof.".to_owned(),
            (None, Some(_)) => "moved from outside to inside a oneof.".to_owned(),
            _ => continue,
        };
        let text = format!("{} {change}", description(now));
        report.add(report.at_field(now, &[]), report.before(&before.element), text);
    }
}

/// At the feature of a field, or at the nearest of the options around it.
fn at_feature<'a>(report: &Report<'a>, field: &Field, feature: &[i32]) -> At<'a> {
    let path = [&[FEATURES], feature].concat();
    report.at_option(&field.element, &[OPTIONS], &path, 1)
}

fn at_part<'a>(report: &Report<'a>, field: &Field, part: &[i32]) -> At<'a> {
    let path = [field.element.path.as_slice(), part].concat();
    report.at_path(&field.element, &path)
}

const fn validation(verifies: bool) -> &'static str {
    if verifies { "VERIFY" } else { "NONE" }
}

const fn cpp_name(string: CppString) -> &'static str {
    match string {
        CppString::View => "VIEW",
        CppString::Cord => "CORD",
        CppString::String => "STRING",
        CppString::StringPiece => "STRING_PIECE",
    }
}
