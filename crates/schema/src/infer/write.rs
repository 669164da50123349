//! The proposal as text: a `.proto` file that compiles, and lines of the mapping.

use std::collections::BTreeSet;
use std::fmt::Write;

use super::identifiers::{Taken, field_name, pascal_case};
use super::observed::{Kind, Member, Object};
use super::{REQUIRED_FROM, Source};
use crate::lint::may_be_personal;
use crate::segment::{ContextField, snake_case};

/// An event's text, and the members that its names do not find by themselves.
pub(super) struct EventText {
    body: String,
    needs: BTreeSet<&'static str>,
    mapping: String,
}

/// The file of all events.
pub(super) fn proto(package: &str, events: &[EventText]) -> String {
    let needs: BTreeSet<&str> = events.iter().flat_map(|event| event.needs.iter().copied()).collect();
    let mut file = format!(
        "// Inferred from events that had no schema. What only a person can say is missing: `judi schema lint` asks for it.\n\
         syntax = \"proto3\";\n\npackage {package};\n\n"
    );
    for import in needs.iter().copied().chain(["judi/v1/options.proto"]) {
        // Writing to a String cannot fail.
        let _ = writeln!(file, "import \"{import}\";");
    }
    for event in events {
        file.push('\n');
        file.push_str(&event.body);
    }
    file
}

impl EventText {
    pub(super) fn of(source: &Source, name: &str, count: u64, fields: &Object) -> Self {
        let is_loose = !matches!(source, Source::Json(_));
        let mut writer = Writer { needs: BTreeSet::new(), fields: Vec::new(), is_loose };
        let (what, times) = (origin(source), if count == 1 { "event" } else { "events" });
        let mut body = format!("// {what}: inferred from {count} {times}.\nmessage {} {{\n", pascal_case(name));
        let _ = writeln!(
            body,
            "  option (judi.event) = {{\n    name: {name:?}\n    owner: \"\"\n    description: \"\"\n  }};"
        );
        writer.members(&mut body, fields, count, 1, true);
        body.push_str("}\n");
        let mapping = mapping(source, name, &writer.fields);
        Self { body, needs: writer.needs, mapping }
    }

    pub(super) fn mapping(&self) -> &str {
        &self.mapping
    }
}

fn origin(source: &Source) -> String {
    match source {
        Source::Track(name) => format!("Track calls named {}", comment_text(name)),
        Source::Call(kind) => format!("Calls of {}", kind.as_str()),
        Source::Json(name) => format!("Events sent as {}", comment_text(name)),
    }
}

struct Writer {
    needs: BTreeSet<&'static str>,
    /// What the mapping must say: member and target.
    fields: Vec<(String, String)>,
    is_loose: bool,
}

impl Writer {
    fn members(&mut self, out: &mut String, object: &Object, count: u64, depth: usize, of_event: bool) {
        let indent = "  ".repeat(depth);
        let mut names = Taken::default();
        let mut number = 0;
        let mut nested = String::new();
        let mut fields = String::new();
        for (sent, member) in &object.members {
            if of_event && self.is_loose && self.is_context(sent) {
                continue;
            }
            let Some(kind) = member.values.kind(self.is_loose) else {
                let _ = writeln!(fields, "{indent}// {} was never set: nobody knows what it is.", comment_text(sent));
                continue;
            };
            let wanted = field_name(sent, of_event);
            if of_event && !self.is_loose && wanted.ends_with("_sent") && !snake_case(sent).ends_with("_sent") {
                let _ = writeln!(
                    fields,
                    "{indent}// {} is the name of a column of every event: send it in the event's context.",
                    comment_text(sent)
                );
                continue;
            }
            let name = names.unique(&wanted);
            if of_event && name != snake_case(sent) {
                self.fields.push((sent.clone(), name.clone()));
            }
            number += 1;
            // 19000 to 19999 are protobuf's own, and far beyond the bound of members.
            self.field(
                &mut fields,
                &mut nested,
                &Described { name: &name, number, kind, member, count, depth, of_event },
            );
        }
        if object.more {
            let _ = writeln!(fields, "{indent}// There were more members than a proposal has fields.");
        }
        out.push_str(&nested);
        out.push_str(&fields);
    }

    fn field(&mut self, out: &mut String, nested: &mut String, described: &Described<'_>) {
        let Described { name, number, kind, member, count, depth, of_event } = *described;
        let indent = "  ".repeat(depth);
        let is_always = member.present == count;
        let presence = match (is_always, count) {
            (true, _) => "In all of them.".to_owned(),
            (false, _) => format!("In {} of {count}.", member.present),
        };
        let examples = match (kind, member.values.examples()) {
            (Kind::Text, examples) if !examples.is_empty() && !may_be_personal(name) => {
                format!(" For example {}.", examples.into_iter().map(comment_text).collect::<Vec<_>>().join(", "))
            }
            _ => String::new(),
        };
        let _ = writeln!(out, "{indent}// {presence}{examples}");
        let of_message;
        let type_name = match kind {
            Kind::Bool => "bool",
            Kind::Int64 => "int64",
            Kind::Uint64 => "uint64",
            Kind::Double => "double",
            Kind::Text => "string",
            Kind::Timestamp => self.imported("google/protobuf/timestamp.proto", "google.protobuf.Timestamp"),
            Kind::Struct => self.imported("google/protobuf/struct.proto", "google.protobuf.Struct"),
            Kind::Value => self.imported("google/protobuf/struct.proto", "google.protobuf.Value"),
            Kind::Message => {
                of_message = format!("{}Part", pascal_case(name));
                let _ = writeln!(nested, "{indent}// What {name} holds.\n{indent}message {of_message} {{");
                self.members(nested, &member.values.objects, member.values.objects.count, depth + 1, false);
                let _ = writeln!(nested, "{indent}}}");
                of_message.as_str()
            }
        };
        let is_message = matches!(kind, Kind::Timestamp | Kind::Struct | Kind::Value | Kind::Message);
        let is_required = of_event && is_always && count >= REQUIRED_FROM && !member.is_list;
        // Required is "said", and false and 0 are said: only a field that can be absent can tell.
        let label = match (member.is_list, is_message) {
            (true, _) => "repeated ",
            (false, true) => "",
            (false, false) => "optional ",
        };
        let option = if is_required { " [(judi.field).required = true]" } else { "" };
        let _ = writeln!(out, "{indent}{label}{type_name} {name} = {number}{option};");
    }

    fn imported(&mut self, file: &'static str, type_name: &'static str) -> &'static str {
        self.needs.insert(file);
        type_name
    }

    /// Sends what a call names like a field of the context there, since no event can have a field of that name.
    fn is_context(&mut self, sent: &str) -> bool {
        let name = snake_case(sent);
        if ContextField::of_name(&name).is_none() {
            return false;
        }
        self.fields.push((sent.to_owned(), format!("context.{name}")));
        true
    }
}

#[derive(Clone, Copy)]
struct Described<'a> {
    name: &'a str,
    number: u32,
    kind: Kind,
    member: &'a Member,
    count: u64,
    depth: usize,
    of_event: bool,
}

/// The lines that lead calls to the event.
fn mapping(source: &Source, event: &str, fields: &[(String, String)]) -> String {
    let (section, bag) = match source {
        Source::Json(_) => return String::new(),
        Source::Track(name) => (format!("track.{}", toml_text(name)), "properties"),
        Source::Call(kind) => (kind.as_str().to_owned(), kind.bag()),
    };
    let mut lines = format!("\n[{section}]\nevent = {}\n", toml_text(event));
    if !fields.is_empty() {
        let bag = if bag.is_empty() { "call" } else { bag };
        let _ = writeln!(lines, "\n[{section}.{bag}]");
        for (sent, target) in fields {
            let _ = writeln!(lines, "{} = {}", toml_text(sent), toml_text(target));
        }
    }
    lines
}

/// A basic string of TOML.
fn toml_text(text: &str) -> String {
    let mut quoted = "\"".to_owned();
    for letter in text.chars() {
        match letter {
            '"' | '\\' => {
                quoted.push('\\');
                quoted.push(letter);
            }
            control if control.is_control() => {
                let _ = write!(quoted, "\\u{:04X}", u32::from(control));
            }
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted
}

/// Text of a sender in a comment: in quotes, on one line, and not long.
fn comment_text(text: &str) -> String {
    let shown: String = text.chars().take(80).map(|it| if it.is_control() { ' ' } else { it }).collect();
    format!("\"{shown}\"")
}
