//! For the conformance kit: typed values from JSON, built through the public initializers, so that what is tested is what
//! an app uses.

use std::collections::BTreeMap;

use judi_schema::plan::ScalarKind;

use super::message::HEADER;
use super::naming::{label, quoted};
use super::types::Types;
use super::{Names, docs};
use crate::library::{Field, Kind, Library, Message, Shape, WellKnown};

/// The Swift file with `driverEvent(_:_:)`, to be built together with conformance/sdk/swift/Values.swift.
#[must_use]
pub fn driver(library: &Library, names: &Names) -> String {
    let types = Types::of(library, &names.module);
    let mut out = format!("{HEADER}import Foundation\nimport {}\n\n", names.module);
    out.push_str("func driverEvent(_ name: String, _ call: DriverValue) throws -> any JudiEvent {\n  switch name {\n");
    for event in &library.events {
        let type_name = types.message(event.message, &[]);
        out.push_str(&format!("  case {}: return try {type_name}(driver: call)\n", docs::literal(&event.name)));
    }
    out.push_str("  default: throw DriverError(word: \"unknown_event\")\n  }\n}\n");
    for (at, message) in library.messages.iter().enumerate() {
        out.push('\n');
        out.push_str(&initializer(&types, at, message));
    }
    for (at, enumeration) in library.enums.iter().enumerate() {
        let numbers: BTreeMap<&str, i32> = enumeration.values.iter().map(|it| (it.name.as_str(), it.number)).collect();
        let rows: String =
            numbers.iter().map(|(name, number)| format!("      {}: {number},\n", docs::literal(name))).collect();
        let name = types.enumeration(at, &[]);
        out.push_str(&format!("\nextension {name} {{\n  init(driver value: DriverValue) throws {{\n"));
        out.push_str(&format!("    let names: [String: Int32] = [\n{rows}    ]\n"));
        out.push_str("    self.init(rawValue: try value.enumeration(names))\n  }\n}\n");
    }
    out
}

fn initializer(types: &Types<'_>, at: usize, message: &Message) -> String {
    let mut out = format!("extension {} {{\n", types.message(at, &[]));
    out.push_str("  init(driver call: DriverValue) throws {\n    let call = try call.members()\n");
    let properties = types.properties.get(at).map(Vec::as_slice).unwrap_or_default();
    let mut arguments = Vec::new();
    for (field, property) in message.fields.iter().zip(properties).filter(|(field, _)| field.oneof.is_none()) {
        arguments.push(format!("{}: {}", label(property), argument(types, field)));
    }
    let names = types.oneofs.get(at).into_iter().flatten();
    for (oneof, (property, type_name)) in message.oneofs.iter().zip(names) {
        let type_name = format!("{}.{type_name}", types.message(at, &[]));
        out.push_str(&format!("    var _{property}: {type_name}?\n"));
        for place in &oneof.fields {
            let Some((field, member)) = message.fields.get(*place).zip(properties.get(*place)) else { continue };
            let read = convert(types, field.kind, "value");
            out.push_str(&format!("    if let value = call.set({}{}) {{\n", docs::literal(&field.name), any(field)));
            out.push_str(&format!("      _{property} = .{}(try {read})\n    }}\n", quoted(member)));
        }
        if oneof.is_required {
            out.push_str(&format!("    guard let _{property} else {{ throw DriverError.missing }}\n"));
        }
        arguments.push(format!("{}: _{property}", label(property)));
    }
    let rows: Vec<String> = arguments.iter().map(|it| format!("      {it}")).collect();
    match rows.is_empty() {
        true => out.push_str("    _ = call\n    self.init()\n"),
        false => out.push_str(&format!("    self.init(\n{}\n    )\n", rows.join(",\n"))),
    }
    out.push_str("  }\n}\n");
    out
}

/// One argument of the initializer.
fn argument(types: &Types<'_>, field: &Field) -> String {
    let name = docs::literal(&field.name);
    let method = if field.is_required { "required" } else { "optional" };
    let one = convert(types, field.kind, "$0");
    let whole = match field.shape {
        Shape::Repeated { .. } => format!("$0.list {{ try {one} }}"),
        Shape::Map(key) => format!("$0.map({{ try $0.{} }}) {{ try {one} }}", scalar(key)),
        _ => one,
    };
    let read = format!("try call.{method}({name}{}) {{ try {whole} }}", any(field));
    let (_, default) = types.field(field, &[]);
    match default.as_deref() {
        None | Some("nil") => read,
        Some(default) => format!("{read} ?? {default}"),
    }
}

/// JSON's null is a value of `google.protobuf.Value`; of all others it says that there is none.
const fn any(field: &Field) -> &'static str {
    match (field.kind, field.shape) {
        (Kind::WellKnown(WellKnown::Value), Shape::Optional) => ", isNullValue: true",
        _ => "",
    }
}

fn convert(types: &Types<'_>, kind: Kind, value: &str) -> String {
    match kind {
        Kind::Scalar(kind) | Kind::WellKnown(WellKnown::Wrapper(kind)) => format!("{value}.{}", scalar(kind)),
        Kind::Enum(at) => format!("{}(driver: {value})", types.enumeration(at, &[])),
        Kind::Message(at) | Kind::Group(at) => format!("{}(driver: {value})", types.message(at, &[])),
        Kind::WellKnown(known) => match known {
            WellKnown::Timestamp => format!("{value}.timestamp()"),
            WellKnown::Duration => format!("{value}.duration()"),
            WellKnown::Struct => format!("{value}.structure()"),
            WellKnown::Value => format!("{value}.json()"),
            WellKnown::ListValue => format!("{value}.jsonList()"),
            WellKnown::Any | WellKnown::Wrapper(_) => format!("{value}.anyMessage()"),
        },
    }
}

const fn scalar(kind: ScalarKind) -> &'static str {
    match kind {
        ScalarKind::Double => "double()",
        ScalarKind::Float => "float()",
        ScalarKind::Int32 | ScalarKind::Sint32 | ScalarKind::Sfixed32 => "integer(Int32.self)",
        ScalarKind::Int64 | ScalarKind::Sint64 | ScalarKind::Sfixed64 => "integer(Int64.self)",
        ScalarKind::Uint32 | ScalarKind::Fixed32 => "integer(UInt32.self)",
        ScalarKind::Uint64 | ScalarKind::Fixed64 => "integer(UInt64.self)",
        ScalarKind::Bool => "bool()",
        ScalarKind::String => "string()",
        ScalarKind::Bytes => "data()",
    }
}
