//! The model as `.proto` text.

use std::fmt::Write as _;

use judi_schema::compile::{Source, SourceText};

use crate::model::{Enumeration, Field, Home, Kind, Many, Message, MessageKey, Rule, Scalar, Schema};

/// The files of a version.
pub(crate) fn sources(schema: &Schema) -> Vec<Source> {
    let is_at = |home: Home| move |key: &MessageKey| schema.message(*key).is_some_and(|it| it.home == home);
    let all = || 0..schema.messages.len();
    let mut events = String::new();
    all().filter(is_at(Home::Events)).for_each(|key| message(schema, key, &mut events));
    schema.enums.iter().for_each(|it| enumeration(it, &mut events));
    let mut shared = String::new();
    all().filter(is_at(Home::Shared)).for_each(|key| message(schema, key, &mut shared));
    let mut files = vec![file("events.proto", &schema.package, &events, !shared.is_empty())];
    if !shared.is_empty() {
        files.push(file("shared.proto", "lib", &shared, false));
    }
    files
}

fn file(name: &str, package: &str, body: &str, with_shared: bool) -> Source {
    let mut text = format!("syntax = \"proto3\";\npackage {package};\nimport \"judi/v1/options.proto\";\n");
    let imports = [
        ("google.protobuf.Timestamp", "google/protobuf/timestamp.proto"),
        ("google.protobuf.Duration", "google/protobuf/duration.proto"),
        ("Value", "google/protobuf/wrappers.proto"),
        ("buf.validate", "buf/validate/validate.proto"),
    ];
    for (_, import) in imports.iter().filter(|(what, _)| body.contains(what)) {
        let _ = writeln!(text, "import \"{import}\";");
    }
    if with_shared {
        text.push_str("import \"shared.proto\";\n");
    }
    text.push_str(body);
    Source { name: name.to_owned(), text: SourceText::Proto(text) }
}

fn message(schema: &Schema, key: MessageKey, out: &mut String) {
    let it = &schema.messages[key];
    let _ = writeln!(out, "message {} {{", it.name);
    if let Some(event) = &it.event {
        let _ = writeln!(out, "  option (judi.event) = {{ name: \"{event}\" owner: \"o\" description: \"d\" }};");
    }
    if !it.moved_from.is_empty() {
        let _ = writeln!(out, "  option (judi.message) = {{ moved_from: [{}] }};", quoted(&it.moved_from));
    }
    if !it.reserved_numbers.is_empty() {
        let numbers: Vec<String> = it.reserved_numbers.iter().map(u32::to_string).collect();
        let _ = writeln!(out, "  reserved {};", numbers.join(", "));
    }
    if !it.reserved_names.is_empty() {
        let _ = writeln!(out, "  reserved {};", quoted(&it.reserved_names));
    }
    for inner in 0..schema.messages.len() {
        if schema.message(inner).is_some_and(|message| message.home == Home::Inside(key)) {
            message(schema, inner, out);
        }
    }
    members(schema, it, out);
    out.push_str("}\n");
}

fn members(schema: &Schema, message: &Message, out: &mut String) {
    for field in message.fields.iter().filter(|field| field.oneof.is_none()) {
        let _ = writeln!(out, "  {}", declared(schema, field));
    }
    for (at, oneof) in message.oneofs.iter().enumerate() {
        let fields: Vec<String> = message.members(at).map(|field| declared(schema, field)).collect();
        if !fields.is_empty() {
            let _ = writeln!(out, "  oneof {oneof} {{ {} }}", fields.join(" "));
        }
    }
}

fn declared(schema: &Schema, field: &Field) -> String {
    let kind = kind(schema, field.kind);
    let typed = match field.many {
        Many::Explicit if field.oneof.is_none() && !field.kind.is_message() => format!("optional {kind}"),
        Many::Implicit | Many::Explicit => kind,
        Many::Repeated => format!("repeated {kind}"),
        Many::Map(key) => format!("map<{}, {kind}>", scalar(key)),
    };
    let mut said = Vec::new();
    if !field.aliases.is_empty() {
        said.push(format!("alias: [{}]", quoted(&field.aliases)));
    }
    if field.replaces != 0 {
        said.push(format!("replaces: {}", field.replaces));
    }
    if field.rule == Some(Rule::Required) {
        said.push("required: true".to_owned());
    }
    let mut options = Vec::new();
    if !said.is_empty() {
        options.push(format!("(judi.field) = {{ {} }}", said.join(" ")));
    }
    match field.rule {
        Some(Rule::LengthMax(most)) => options.push(format!("(buf.validate.field).string.max_len = {most}")),
        Some(Rule::Most(most)) => options.push(format!("(buf.validate.field).int64.lte = {most}")),
        Some(Rule::Required) | None => {}
    }
    let options = if options.is_empty() { String::new() } else { format!(" [{}]", options.join(", ")) };
    format!("{typed} {} = {}{options};", field.name, field.number)
}

fn kind(schema: &Schema, kind: Kind) -> String {
    match kind {
        Kind::Scalar(it) => scalar(it).to_owned(),
        Kind::Enum(key) => format!(".{}", schema.enum_full_name(key)),
        Kind::Message(key) => format!(".{}", schema.full_name(key)),
        Kind::Time => "google.protobuf.Timestamp".to_owned(),
        Kind::Span => "google.protobuf.Duration".to_owned(),
        Kind::Wrapper(it) => format!("google.protobuf.{it:?}Value").replace("Uint", "UInt"),
    }
}

fn scalar(scalar: Scalar) -> &'static str {
    match scalar {
        Scalar::Int32 => "int32",
        Scalar::Int64 => "int64",
        Scalar::Uint32 => "uint32",
        Scalar::Uint64 => "uint64",
        Scalar::Sint32 => "sint32",
        Scalar::Sint64 => "sint64",
        Scalar::Fixed64 => "fixed64",
        Scalar::Bool => "bool",
        Scalar::Float => "float",
        Scalar::Double => "double",
        Scalar::String => "string",
        Scalar::Bytes => "bytes",
    }
}

fn enumeration(it: &Enumeration, out: &mut String) {
    let _ = writeln!(out, "enum {} {{", it.name);
    if !it.moved_from.is_empty() {
        let _ = writeln!(out, "  option (judi.enum) = {{ moved_from: [{}] }};", quoted(&it.moved_from));
    }
    if !it.reserved_numbers.is_empty() {
        let numbers: Vec<String> = it.reserved_numbers.iter().map(i32::to_string).collect();
        let _ = writeln!(out, "  reserved {};", numbers.join(", "));
    }
    if !it.reserved_names.is_empty() {
        let _ = writeln!(out, "  reserved {};", quoted(&it.reserved_names));
    }
    for value in &it.values {
        let options = match value.aliases.as_slice() {
            [] => String::new(),
            aliases => format!(" [(judi.value) = {{ alias: [{}] }}]", quoted(aliases)),
        };
        let _ = writeln!(out, "  {} = {}{options};", value.name, value.number);
    }
    out.push_str("}\n");
}

fn quoted(names: &[String]) -> String {
    names.iter().map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(", ")
}
