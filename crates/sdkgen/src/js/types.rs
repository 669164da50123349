//! The declarations of a schema: an interface per message, a table per enum, a method per event.

use std::collections::HashSet;
use std::fmt::Write as _;

use judi_schema::plan::ScalarKind;

use super::docs;
use super::tables::Shape;
use super::{file, header};
use crate::GeneratedFile;
use crate::library::{Enum, Field, Kind, Library, Message, Shape as Count, WellKnown};
use crate::naming::{upper_camel, upper_snake};

/// What the package itself declares, and what TypeScript's own types are called.
const TAKEN: [&str; 30] = [
    "Any",
    "Array",
    "BatchEvent",
    "Bytes",
    "Consent",
    "Control",
    "Date",
    "Duration",
    "Events",
    "Integer",
    "Iterable",
    "Json",
    "JsonObject",
    "Judi",
    "JudiError",
    "Map",
    "Middleware",
    "NodeOptions",
    "Object",
    "Options",
    "Promise",
    "Readonly",
    "ReadonlyArray",
    "ReadonlyMap",
    "Record",
    "Report",
    "Result",
    "Timestamp",
    "TrackedEvent",
    "Uint8Array",
];

struct Names {
    messages: Vec<String>,
    enums: Vec<String>,
}

impl Names {
    fn of(library: &Library) -> Self {
        let mut taken: HashSet<String> = TAKEN.iter().map(|name| (*name).to_owned()).collect();
        let mut name = |path: &[String], full_name: &str| {
            let short: Vec<String> = path.iter().map(|part| identifier(part)).collect();
            let mut found = short.join("_");
            if taken.contains(&found) {
                found = upper_camel(&full_name.replace('.', "_"));
            }
            while !taken.insert(found.clone()) {
                found.push('_');
            }
            found
        };
        Self {
            messages: library.messages.iter().map(|it| name(&it.path, &it.full_name)).collect(),
            enums: library.enums.iter().map(|it| name(&it.path, &it.full_name)).collect(),
        }
    }
}

fn identifier(part: &str) -> String {
    upper_camel(part)
}

/// `events.d.ts` and `enums.js`, each for both kinds of modules.
pub(super) fn files(library: &Library, shape: &Shape) -> Vec<GeneratedFile> {
    let names = Names::of(library);
    let mut types = header(library);
    types.push_str(
        "\nimport type { Bytes, Duration, Integer, Json, JsonObject, Any, Timestamp } from \"./lib/runtime.js\";\n",
    );
    for (it, name) in library.enums.iter().zip(&names.enums) {
        types.push_str(&enumeration(it, name));
    }
    for (at, message) in library.messages.iter().enumerate() {
        types.push_str(&declaration(library, shape, &names, at, message));
    }
    types.push_str(&tracker(library, shape, &names));
    let mut tables = header(library);
    for (it, name) in library.enums.iter().zip(&names.enums) {
        let _ = write!(tables, "\nexport var {name} = {{\n");
        for (label, value) in labels(it).iter().zip(&it.values) {
            let _ = writeln!(tables, "  {label}: {},", value.number);
        }
        tables.push_str("};\n");
    }
    if library.enums.is_empty() {
        tables.push_str("\nexport {};\n");
    }
    vec![
        file("events.d.cts", types.replace(".js\"", ".cjs\"")),
        file("events.d.ts", types),
        file("enums.cjs", super::modules::common(&tables)),
        file("enums.js", tables),
    ]
}

/// Values without the enum's name in front: `SHARE_CHANNEL_MAIL` is `MAIL`.
fn labels(it: &Enum) -> Vec<String> {
    let prefix = it.path.last().map(|name| format!("{}_", upper_snake(name))).unwrap_or_default();
    let short = |name: &str| {
        name.strip_prefix(&prefix).filter(|rest| rest.starts_with(|it: char| it.is_alphabetic())).map(str::to_owned)
    };
    // Where one of them cannot be cut, none is.
    let all: Option<Vec<String>> = it.values.iter().map(|value| short(&value.name)).collect();
    all.unwrap_or_else(|| it.values.iter().map(|value| value.name.clone()).collect())
}

fn enumeration(it: &Enum, name: &str) -> String {
    let mut text = String::from("\n");
    text.push_str(&docs::comment("", std::slice::from_ref(&it.comment)));
    let _ = writeln!(text, "export declare const {name}: {{");
    for (label, value) in labels(it).iter().zip(&it.values) {
        let deprecation = if value.is_deprecated { "@deprecated".into() } else { String::new() };
        text.push_str(&docs::comment("  ", &[value.comment.clone(), deprecation]));
        let _ = writeln!(text, "  readonly {label}: {};", value.number);
    }
    text.push_str("};\n");
    let known = format!("(typeof {name})[keyof typeof {name}]");
    if it.is_closed {
        let _ = writeln!(text, "export type {name} = {known};");
    } else {
        text.push_str("/** One of the names above, or a number that a later schema names. */\n");
        let _ = writeln!(text, "export type {name} = {known} | (number & {{}});");
    }
    text
}

fn declaration(library: &Library, shape: &Shape, names: &Names, at: usize, message: &Message) -> String {
    let mut text = String::from("\n");
    let (Some(name), Some(fields)) = (names.messages.get(at), shape.fields.get(at)) else { return text };
    text.push_str(&docs::comment("", &docs::message(library, at, message)));
    let plain: String = message
        .fields
        .iter()
        .zip(fields)
        .filter(|(field, _)| field.oneof.is_none())
        .map(|(field, own)| member(names, message, fields, field, own))
        .collect();
    if message.oneofs.is_empty() {
        let _ = writeln!(text, "export interface {name} {{{}{plain}}}", if plain.is_empty() { "" } else { "\n" });
        return text;
    }
    let _ = write!(text, "export type {name} = {{{}{plain}}}", if plain.is_empty() { "" } else { "\n" });
    for oneof in &message.oneofs {
        text.push_str(" & (\n");
        let members: Vec<(&Field, &String)> =
            oneof.fields.iter().filter_map(|at| Some((message.fields.get(*at)?, fields.get(*at)?))).collect();
        for (chosen, own) in &members {
            text.push_str("  | {\n");
            for line in docs::comment("      ", &docs::field(message, fields, chosen)).lines() {
                let _ = writeln!(text, "{line}");
            }
            let _ = writeln!(text, "      readonly {own}: {};", value(names, chosen));
            text.push_str(&never(members.iter().filter(|(other, _)| other.number != chosen.number).map(|it| it.1)));
            text.push_str("    }\n");
        }
        if !oneof.is_required {
            text.push_str("  | {\n");
            text.push_str(&never(members.iter().map(|it| it.1)));
            text.push_str("    }\n");
        }
        text.push(')');
    }
    text.push_str(";\n");
    text
}

fn never<'a>(names: impl Iterator<Item = &'a String>) -> String {
    names.fold(String::new(), |mut text, name| {
        let _ = writeln!(text, "      readonly {name}?: undefined;");
        text
    })
}

fn member(names: &Names, message: &Message, fields: &[String], field: &Field, own: &str) -> String {
    let mut text = docs::comment("  ", &docs::field(message, fields, field));
    let written = value(names, field);
    let _ = if field.is_required {
        writeln!(text, "  readonly {own}: {written};")
    } else {
        writeln!(text, "  readonly {own}?: {written} | undefined;")
    };
    text
}

fn value(names: &Names, field: &Field) -> String {
    let one = match field.kind {
        Kind::Scalar(scalar) => scalar_type(scalar).to_owned(),
        Kind::Enum(at) => names.enums.get(at).cloned().unwrap_or_default(),
        Kind::Message(at) | Kind::Group(at) => names.messages.get(at).cloned().unwrap_or_default(),
        Kind::WellKnown(known) => match known {
            WellKnown::Timestamp => "Timestamp".into(),
            WellKnown::Duration => "Duration".into(),
            WellKnown::Wrapper(scalar) => scalar_type(scalar).into(),
            WellKnown::Struct => "JsonObject".into(),
            WellKnown::Value => "Json".into(),
            WellKnown::ListValue => "readonly Json[]".into(),
            WellKnown::Any => "Any".into(),
        },
    };
    match field.shape {
        Count::Implicit | Count::Optional => one,
        Count::Repeated { .. } if one.starts_with("readonly ") => format!("readonly ({one})[]"),
        Count::Repeated { .. } => format!("readonly {one}[]"),
        Count::Map(key) => format!("Readonly<Record<string, {one}>> | ReadonlyMap<{}, {one}>", scalar_type(key)),
    }
}

const fn scalar_type(scalar: ScalarKind) -> &'static str {
    match scalar {
        ScalarKind::Int64 | ScalarKind::Uint64 | ScalarKind::Sint64 | ScalarKind::Fixed64 | ScalarKind::Sfixed64 => {
            "Integer"
        }
        ScalarKind::Bool => "boolean",
        ScalarKind::String => "string",
        ScalarKind::Bytes => "Bytes",
        _ => "number",
    }
}

/// The methods, by what a call gives back.
fn tracker(library: &Library, shape: &Shape, names: &Names) -> String {
    let mut text = String::from(
        "\n/** A method per event; each gives back what the tracker makes of a call. */\nexport interface Events<Sent> {\n",
    );
    for (event, method) in library.events.iter().zip(&shape.methods) {
        let message = library.messages.get(event.message);
        let needs = message.is_some_and(|it| {
            it.fields.iter().any(|field| field.is_required && field.oneof.is_none())
                || it.oneofs.iter().any(|oneof| oneof.is_required)
        });
        let is_deprecated = message.is_some_and(|message| message.is_deprecated);
        let deprecation = if is_deprecated { "@deprecated".to_owned() } else { String::new() };
        text.push_str(&docs::comment(
            "  ",
            &[event.description.clone(), docs::owned(&event.name, &event.owner), deprecation],
        ));
        let name = names.messages.get(event.message).map_or("", |name| name);
        let _ = writeln!(text, "  {method}(event{}: {name}): Sent;", if needs { "" } else { "?" });
    }
    text.push_str("}\n");
    text
}
