//! The function of the conformance kit that builds typed calls from JSON: for tests, never part of a module. It goes
//! through constructors and setters as any caller does, so that what they lead to is what is tested.

use judi_schema::plan::ScalarKind;

use super::names::Plan;
use super::text::{Text, quoted};
use super::{GO_VERSION, Names, OWN_MODULE, file, header};
use crate::GeneratedFile;
use crate::library::{Field, Kind, Library, Shape, WellKnown};

/// The driver's own files.
const FILES: [(&str, &str); 4] = [
    ("behaviour.go", include_str!("../../../../conformance/sdk/go/behaviour.go")),
    ("main.go", include_str!("../../../../conformance/sdk/go/main.go")),
    ("values.go", include_str!("../../../../conformance/sdk/go/values.go")),
    ("vectors.go", include_str!("../../../../conformance/sdk/go/vectors.go")),
];

/// The driver's module, to be built with `go build` in a folder beside the generated module's, whose relative path is
/// `beside`: `../module`.
#[must_use]
pub fn driver(library: &Library, names: &Names, beside: &str) -> Vec<GeneratedFile> {
    let module = names.module_path(library);
    let version = &library.semver;
    let require = format!(
        "module judi.example/driver\n\ngo {GO_VERSION}\n\nrequire {module} v{version}\n\nreplace {module} => {beside}\n"
    );
    let mut files = vec![build(library, names), file("go.mod", require.into_bytes())];
    files.extend(FILES.iter().map(|(path, text)| file(path, text.replace(OWN_MODULE, &module).into_bytes())));
    files
}

/// The function `build`: a switch over the events, and a function per message and enum.
fn build(library: &Library, names: &Names) -> GeneratedFile {
    let plan = Plan::of(library, names);
    let module = names.module_path(library);
    let mut text = Text::default();
    text.line(0, &header(library));
    text.gap();
    text.line(0, "package main");
    text.gap();
    text.line(0, "import (");
    text.line(1, &format!("events {}", quoted(&module)));
    text.line(1, &quoted(&format!("{module}/judi")));
    text.line(0, ")");
    text.gap();
    text.line(0, "// build makes the event of this name from what a call gives.");
    text.line(0, "func build(event string, call any) (judi.Event, bool) {");
    text.line(1, "switch event {");
    for event in &library.events {
        text.line(1, &format!("case {}:", quoted(&event.name)));
        text.line(2, &format!("return make{}(call), true", plan.messages[event.message].type_name));
    }
    text.line(1, "}");
    text.line(1, "return nil, false");
    text.line(0, "}");
    for at in 0..plan.messages.len() {
        message(&plan, at, &mut text);
    }
    for (enumeration, names) in library.enums.iter().zip(&plan.enums) {
        text.gap();
        text.line(0, &format!("func as{}(value any) events.{} {{", names.type_name, names.type_name));
        text.line(1, &format!("return asEnum[events.{}](value, map[string]int32{{", names.type_name));
        let width = enumeration.values.iter().map(|value| value.name.len() + 3).max().unwrap_or_default();
        for value in &enumeration.values {
            let name = format!("\"{}\":", value.name);
            text.line(2, &format!("{name:width$} {},", value.number));
        }
        text.line(1, "})");
        text.line(0, "}");
    }
    file("build.go", text.into_bytes())
}

fn message(plan: &Plan<'_>, at: usize, text: &mut Text) {
    let (message, names) = (&plan.library.messages[at], &plan.messages[at]);
    let type_name = &names.type_name;
    text.gap();
    text.line(0, &format!("func make{type_name}(value any) *events.{type_name} {{"));
    let allowed: Vec<String> = message.fields.iter().map(|field| quoted(&field.name)).collect();
    text.line(
        1,
        &format!(
            "{} asCall(value{})",
            if allowed.is_empty() { "_ =" } else { "c :=" },
            allowed.iter().map(|it| format!(", {it}")).collect::<String>()
        ),
    );
    for oneof in &message.oneofs {
        let members: Vec<String> = oneof.fields.iter().map(|&it| quoted(&message.fields[it].name)).collect();
        text.line(1, &format!("c.atMostOne({})", members.join(", ")));
    }
    text.line(1, &format!("m := new(events.{type_name})"));
    let required: Vec<_> = message.fields.iter().filter(|field| field.is_required).collect();
    let mut conditions: Vec<String> = required.iter().map(|field| format!("c.has({})", quoted(&field.name))).collect();
    let mut arguments: Vec<String> = required.iter().map(|field| reading(plan, field, false)).collect();
    for (oneof, choice) in message.oneofs.iter().zip(&names.oneofs) {
        let Some(choice) = choice else { continue };
        text.line(1, &format!("var {} events.{}", choice.parameter, choice.type_name));
        for (&place, case) in oneof.fields.iter().zip(&choice.cases) {
            let field = &message.fields[place];
            text.line(1, &format!("if c.has({}) {{", quoted(&field.name)));
            text.line(2, &format!("{} = events.{case}({})", choice.parameter, reading(plan, field, false)));
            text.line(1, "}");
        }
        conditions.push(format!("{} != nil", choice.parameter));
        arguments.push(choice.parameter.clone());
    }
    if !conditions.is_empty() {
        text.line(1, &format!("if {} {{", conditions.join(" && ")));
        text.line(2, &format!("m = events.{}({})", names.constructor, arguments.join(", ")));
        text.line(1, "}");
    }
    for (field, named) in message.fields.iter().zip(&names.fields) {
        if !named.span_setter.is_empty() {
            text.line(1, &format!("if c.has({}) {{", quoted(&field.name)));
            text.line(2, &format!("m.{}({})", named.span_setter, reading(plan, field, true)));
            text.line(1, "}");
            continue;
        }
        let is_choice = field.oneof.is_some_and(|oneof| names.oneofs[oneof].is_some());
        if field.is_required || is_choice {
            continue;
        }
        text.line(1, &format!("if c.has({}) {{", quoted(&field.name)));
        text.line(2, &format!("m.{}({})", named.setter, reading(plan, field, true)));
        text.line(1, "}");
    }
    text.line(1, "return m");
    text.line(0, "}");
}

/// The expression that reads a field's value from the call.
fn reading(plan: &Plan<'_>, field: &Field, is_setter: bool) -> String {
    let is_span = is_setter && field.kind == Kind::WellKnown(WellKnown::Duration);
    let one = if is_span { "asSpan".into() } else { reader(plan, field.kind) };
    let value = format!("c[{}]", quoted(&field.name));
    match field.shape {
        Shape::Repeated { .. } => {
            format!("asList({value}, {one}){}", if is_setter { "..." } else { "" })
        }
        Shape::Map(key) => format!("asMap({value}, {}, {one})", reader(plan, Kind::Scalar(key))),
        _ => format!("{one}({value})"),
    }
}

/// The function that reads one value.
fn reader(plan: &Plan<'_>, kind: Kind) -> String {
    match kind {
        Kind::Enum(at) => format!("as{}", plan.enums[at].type_name),
        Kind::Message(at) | Kind::Group(at) => format!("make{}", plan.messages[at].type_name),
        Kind::Scalar(scalar) | Kind::WellKnown(WellKnown::Wrapper(scalar)) => match scalar {
            ScalarKind::Double => "asDouble",
            ScalarKind::Float => "asFloat",
            ScalarKind::Int32 | ScalarKind::Sint32 | ScalarKind::Sfixed32 => "asInt32",
            ScalarKind::Int64 | ScalarKind::Sint64 | ScalarKind::Sfixed64 => "asInt64",
            ScalarKind::Uint32 | ScalarKind::Fixed32 => "asUint32",
            ScalarKind::Uint64 | ScalarKind::Fixed64 => "asUint64",
            ScalarKind::Bool => "asBool",
            ScalarKind::String => "asText",
            ScalarKind::Bytes => "asBytes",
        }
        .into(),
        Kind::WellKnown(known) => match known {
            WellKnown::Timestamp => "asTime",
            WellKnown::Duration => "asDuration",
            WellKnown::Struct => "asStruct",
            WellKnown::ListValue => "asListValue",
            WellKnown::Any => "asAny",
            WellKnown::Value | WellKnown::Wrapper(_) => "asValue",
        }
        .into(),
    }
}
