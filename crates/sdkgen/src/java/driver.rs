//! For the conformance kit: from the JSON of a call to a typed value, through nothing but the public API.

use judi_schema::plan::ScalarKind;

use super::file::{Scope, file};
use super::names::Members;
use super::text::{Text, literal};
use super::types::{Also, Type, is_json, value_type};
use crate::library::{Field, Kind, Message, Shape, WellKnown};

pub(super) fn write(scope: &Scope<'_>) -> Vec<u8> {
    let mut text = Text::default();
    text.javadoc(0, &["Typed calls from the conformance kit's JSON.".to_owned()], &[]);
    text.line(0, "@SuppressWarnings(\"deprecation\")");
    text.line(0, "public final class Calls {");
    text.line(1, "private Calls() {}");
    text.gap();
    text.javadoc(1, &["The event of a call.".to_owned()], &[]);
    text.line(1, "public static Event of(String event, Map<String, Object> call) {");
    text.line(2, "switch (event) {");
    for event in &scope.library.events {
        text.line(3, &format!("case {}:", literal(&event.name)));
        text.line(4, &format!("return {}(call);", maker(event.message)));
    }
    text.lines(3, ["default:", "  throw kit.Read.invalid(event);"]);
    text.lines(1, ["  }", "}"]);
    for (at, message) in (0..).zip(&scope.library.messages) {
        make(&mut text, scope, at, message);
    }
    text.line(0, "}");
    file(scope, text)
}

fn maker(at: usize) -> String {
    format!("make{at}")
}

fn make(text: &mut Text, scope: &Scope<'_>, at: usize, message: &Message) {
    let class = scope.classes.messages.get(at).map_or("", |name| name);
    let members = Members::of(message);
    let none = Vec::new();
    let oneofs = scope.classes.oneofs.get(at).unwrap_or(&none);
    text.gap();
    text.line(1, &format!("private static {class} {}(Map<String, Object> call) {{", maker(at)));
    let all: Vec<String> = message.fields.iter().map(|field| literal(&field.name)).collect();
    text.call(2, "kit.Read.only", &[vec!["call".to_owned()], all].concat(), ";");
    let mut arguments = Vec::new();
    for field in message.fields.iter().filter(|field| field.is_required && field.oneof.is_none()) {
        arguments.push(argument(scope, field));
    }
    for ((oneof, of), number) in message.oneofs.iter().zip(oneofs).zip(0..) {
        text.line(2, &format!("{of} oneof{number} = null;"));
        for &place in &oneof.fields {
            let (Some(field), Some(name)) = (message.fields.get(place), members.fields.get(place)) else { continue };
            text.line(2, &format!("if ({}) {{", is_set(field)));
            text.line(3, &format!("kit.Read.first(oneof{number});"));
            let value = one(scope, field.kind, &got(field));
            text.line(3, &format!("oneof{number} = {of}.{name}({value});"));
            text.line(2, "}");
        }
        if oneof.is_required {
            arguments.push(format!("oneof{number}"));
        }
    }
    text.call(2, &format!("{class}.Builder builder = {class}.builder"), &arguments, ";");
    for (field, name) in message.fields.iter().zip(&members.fields).filter(|(field, _)| field.oneof.is_none()) {
        let of = value_type(field.kind, scope.classes);
        let is_one = matches!(field.shape, Shape::Implicit | Shape::Optional);
        if field.is_required && (!is_one || of.also != Also::Unsigned) {
            continue;
        }
        text.line(2, &format!("if ({}) {{", is_set(field)));
        text.line(3, &format!("builder.{name}({});", value(scope, field)));
        text.line(2, "}");
    }
    for ((_, name), number) in
        message.oneofs.iter().zip(&members.oneofs).zip(0..).filter(|((it, _), _)| !it.is_required)
    {
        text.line(2, &format!("builder.{name}(oneof{number});"));
    }
    text.line(2, "return builder.build();");
    text.line(1, "}");
}

fn got(field: &Field) -> String {
    format!("call.get({})", literal(&field.name))
}

fn is_set(field: &Field) -> String {
    if is_json(field.kind) && field.shape == Shape::Optional {
        format!("call.containsKey({})", literal(&field.name))
    } else {
        format!("{} != null", got(field))
    }
}

fn argument(scope: &Scope<'_>, field: &Field) -> String {
    let of: Type = value_type(field.kind, scope.classes);
    let is_one = matches!(field.shape, Shape::Implicit | Shape::Optional);
    if is_one && of.also == Also::Unsigned {
        return "0".to_owned();
    }
    if is_one && of.primitive.is_some() {
        let required = format!("kit.Read.required(call, {})", literal(&field.name));
        return one(scope, field.kind, &required);
    }
    format!("{} == null ? null : {}", got(field), value(scope, field))
}

fn value(scope: &Scope<'_>, field: &Field) -> String {
    let got = got(field);
    match field.shape {
        Shape::Implicit | Shape::Optional => one(scope, field.kind, &got),
        Shape::Repeated { .. } => {
            let of = value_type(field.kind, scope.classes).boxed;
            format!("kit.Read.<{of}>list({got}, it -> {})", one(scope, field.kind, "it"))
        }
        Shape::Map(key) => {
            let of = value_type(field.kind, scope.classes).boxed;
            let key_of = value_type(Kind::Scalar(key), scope.classes).boxed;
            let reads_key = one(scope, Kind::Scalar(key), "it");
            format!("kit.Read.<{key_of}, {of}>map({got}, it -> {reads_key}, it -> {})", one(scope, field.kind, "it"))
        }
    }
}

fn one(scope: &Scope<'_>, kind: Kind, got: &str) -> String {
    let method = match kind {
        Kind::Scalar(scalar) | Kind::WellKnown(WellKnown::Wrapper(scalar)) => match scalar {
            ScalarKind::Double => "float64",
            ScalarKind::Float => "float32",
            ScalarKind::Int32 | ScalarKind::Sint32 | ScalarKind::Sfixed32 => "int32",
            ScalarKind::Int64 | ScalarKind::Sint64 | ScalarKind::Sfixed64 => "int64",
            ScalarKind::Uint32 | ScalarKind::Fixed32 => "uint32",
            ScalarKind::Uint64 | ScalarKind::Fixed64 => "uint64",
            ScalarKind::Bool => "bool",
            ScalarKind::String => "string",
            ScalarKind::Bytes => "bytes",
        },
        Kind::Enum(at) => {
            let class = scope.classes.enums.get(at).map_or("", |name| name);
            let named = scope.library.enums.get(at).map_or(&[][..], |it| &it.values);
            let names = named.iter().map(|it| format!(", {}, {}", literal(&it.name), it.number));
            return format!("{class}.of(kit.Read.number({got}{}))", names.collect::<String>());
        }
        Kind::Message(at) | Kind::Group(at) => return format!("{}(kit.Read.object({got}))", maker(at)),
        Kind::WellKnown(WellKnown::Timestamp) => "timestamp",
        Kind::WellKnown(WellKnown::Duration) => "duration",
        Kind::WellKnown(WellKnown::Struct) => "jsonObject",
        Kind::WellKnown(WellKnown::Value) => "json",
        Kind::WellKnown(WellKnown::ListValue) => "jsonArray",
        Kind::WellKnown(WellKnown::Any) => "any",
    };
    format!("kit.Read.{method}({got})")
}
