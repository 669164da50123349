//! How a field is written: one statement or block for each, straight down, in the order of the numbers.

use judi_schema::plan::ScalarKind;

use super::docs;
use super::naming::quoted;
use super::types::Types;
use crate::library::{Field, Kind, Message, Shape, WellKnown};

/// Names that the statements themselves give to values.
const LOCALS: &[&str] = &["element", "key", "mark", "value"];

/// The body of `encode(into:)`, with four spaces before each line.
pub(super) fn body(types: &Types<'_>, at: usize, message: &Message) -> String {
    let mut out = String::new();
    let properties = types.properties.get(at).map(Vec::as_slice).unwrap_or_default();
    let oneofs = types.oneofs.get(at).map(Vec::as_slice).unwrap_or_default();
    for (place, (field, property)) in message.fields.iter().zip(properties).enumerate() {
        let name = quoted(property);
        if let Some((oneof, _)) = field.oneof.and_then(|oneof| oneofs.get(oneof)) {
            let is_required = field.oneof.and_then(|it| message.oneofs.get(it)).is_some_and(|it| it.is_required);
            let mark = if is_required { "" } else { "?" };
            let lines = [value(field, field.kind, field.number, "value")];
            block(&mut out, &format!("if case .{name}(let value){mark} = {}", read(oneof)), &lines);
            continue;
        }
        let stored = if types.is_hidden(at, place) { format!("_{property}") } else { read(property) };
        shaped(&mut out, field, &name, &stored);
    }
    out
}

/// Statements of a field that is in no oneof.
fn shaped(out: &mut String, field: &Field, name: &str, stored: &str) {
    let (kind, number) = (field.kind, field.number);
    if field.is_required && field.shape != Shape::Optional {
        // A value that is left out where it is zero cannot be told from one that is missing.
        let condition = match field.shape {
            Shape::Implicit => is_set(kind, stored),
            _ => format!("!{stored}.isEmpty"),
        };
        out.push_str(&format!("    guard {condition} else {{ throw JudiEncodingError.missingRequired }}\n"));
    }
    match field.shape {
        Shape::Implicit if field.is_required => {
            out.push_str(&format!("    {}\n", value(field, kind, number, stored)));
        }
        Shape::Repeated { is_packed: true } if field.is_required => {
            packed(out, kind, number, stored, "    ");
        }
        Shape::Optional if field.is_required => {
            out.push_str(&format!("    {}\n", value(field, kind, number, stored)));
        }
        Shape::Optional => {
            let bound = if stored == name { format!("if let {name}") } else { format!("if let {name} = {stored}") };
            block(out, &bound, &[value(field, kind, number, name)]);
        }
        Shape::Implicit => {
            let condition = is_set(kind, stored);
            block(out, &format!("if {condition}"), &[value(field, kind, number, stored)]);
        }
        Shape::Repeated { is_packed: true } => {
            out.push_str(&format!("    if !{stored}.isEmpty {{\n"));
            packed(out, kind, number, stored, "      ");
            out.push_str("    }\n");
        }
        Shape::Repeated { is_packed: false } => {
            block(out, &format!("for element in {stored}"), &[value(field, kind, number, "element")]);
        }
        Shape::Map(key) => {
            let lines = [
                format!("let mark = try encoder.open({})", tag(number, 2)),
                value(field, Kind::Scalar(key), 1, "key"),
                value(field, kind, 2, "value"),
                "encoder.close(mark)".to_owned(),
            ];
            block(out, &format!("for (key, value) in JudiEncoder.sorted({stored})"), &lines);
        }
    }
}

/// Statements that write a list under one tag.
fn packed(out: &mut String, kind: Kind, number: u32, stored: &str, margin: &str) {
    let (method, element) = match kind {
        Kind::Scalar(scalar) => (method(scalar), "element"),
        _ => ("int32", "element.rawValue"),
    };
    for line in [
        format!("let mark = encoder.openList({})", tag(number, 2)),
        format!("for element in {stored} {{"),
        format!("  encoder.append({method}: {element})"),
        "}".to_owned(),
        "encoder.closeList(mark)".to_owned(),
    ] {
        out.push_str(&format!("{margin}{line}\n"));
    }
}

/// The statement that writes a tag and one value.
fn value(field: &Field, kind: Kind, number: u32, expression: &str) -> String {
    let length = tag(number, 2);
    match kind {
        Kind::Scalar(scalar) => {
            let wire_type = wire_type(scalar);
            format!("encoder.{}({}, {expression})", method(scalar), tag(number, wire_type))
        }
        Kind::Enum(_) => format!("encoder.int32({}, {expression}.rawValue)", tag(number, 0)),
        Kind::Message(_) => format!("try encoder.message({length}, {expression})"),
        Kind::Group(_) => format!("try encoder.group({}, {expression})", tag(field.number, 3)),
        Kind::WellKnown(known) => match known {
            WellKnown::Timestamp => format!("try encoder.timestamp({length}, {expression})"),
            WellKnown::Duration => format!("try encoder.duration({length}, {expression})"),
            WellKnown::Struct => format!("try encoder.structure({length}, {expression})"),
            WellKnown::Value => format!("try encoder.json({length}, {expression})"),
            WellKnown::ListValue => format!("try encoder.list({length}, {expression})"),
            WellKnown::Any => format!("try encoder.any({length}, {expression})"),
            WellKnown::Wrapper(scalar) => {
                let inner = format!("$0.{}({}, {expression})", method(scalar), tag(1, wire_type(scalar)));
                let set = is_set(Kind::Scalar(scalar), expression);
                format!("try encoder.wrapper({length}, isSet: {set}) {{ {inner} }}")
            }
        },
    }
}

/// Whether a value is another than its type's zero.
fn is_set(kind: Kind, expression: &str) -> String {
    match kind {
        Kind::Scalar(ScalarKind::String | ScalarKind::Bytes) => format!("!{expression}.isEmpty"),
        Kind::Scalar(ScalarKind::Float | ScalarKind::Double) => format!("{expression}.bitPattern != 0"),
        Kind::Scalar(ScalarKind::Bool) => expression.to_owned(),
        Kind::Enum(_) => format!("{expression}.rawValue != 0"),
        _ => format!("{expression} != 0"),
    }
}

fn block(out: &mut String, head: &str, lines: &[String]) {
    out.push_str(&format!("    {head} {{\n"));
    for line in lines {
        out.push_str(&format!("      {line}\n"));
    }
    out.push_str("    }\n");
}

/// A property as it is read where the statements have names of their own.
fn read(property: &str) -> String {
    if LOCALS.contains(&property) { format!("self.{property}") } else { quoted(property) }
}

fn tag(number: u32, wire_type: u32) -> String {
    docs::number(i64::from(number << 3 | wire_type))
}

const fn wire_type(kind: ScalarKind) -> u32 {
    match kind {
        ScalarKind::Double | ScalarKind::Fixed64 | ScalarKind::Sfixed64 => 1,
        ScalarKind::Float | ScalarKind::Fixed32 | ScalarKind::Sfixed32 => 5,
        ScalarKind::String | ScalarKind::Bytes => 2,
        _ => 0,
    }
}

const fn method(kind: ScalarKind) -> &'static str {
    match kind {
        ScalarKind::Double => "double",
        ScalarKind::Float => "float",
        ScalarKind::Int32 => "int32",
        ScalarKind::Int64 => "int64",
        ScalarKind::Uint32 => "uint32",
        ScalarKind::Uint64 => "uint64",
        ScalarKind::Sint32 => "sint32",
        ScalarKind::Sint64 => "sint64",
        ScalarKind::Fixed32 => "fixed32",
        ScalarKind::Fixed64 => "fixed64",
        ScalarKind::Sfixed32 => "sfixed32",
        ScalarKind::Sfixed64 => "sfixed64",
        ScalarKind::Bool => "bool",
        ScalarKind::String => "string",
        ScalarKind::Bytes => "bytes",
    }
}
