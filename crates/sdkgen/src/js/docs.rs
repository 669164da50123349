//! Comments of types: what a thing means, who answers for it, how personal it is, what it must be.

use judi_schema::options::PiiClass;

use crate::library::{Field, Library, Message};
use crate::naming::lower_camel;

/// A comment at an indent; empty where there is nothing to say.
pub(super) fn comment(indent: &str, paragraphs: &[String]) -> String {
    let text: Vec<&str> = paragraphs.iter().map(|text| text.trim()).filter(|text| !text.is_empty()).collect();
    if text.is_empty() {
        return String::new();
    }
    // The end of a comment within it is no end.
    let text = text.join("\n\n").replace("*/", "*\\/");
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    if let [line] = lines[..] {
        return format!("{indent}/** {line} */\n");
    }
    let mut out = format!("{indent}/**\n");
    for line in lines {
        out.push_str(indent);
        out.push_str(if line.is_empty() { " *" } else { " * " });
        out.push_str(line);
        out.push('\n');
    }
    out.push_str(indent);
    out.push_str(" */\n");
    out
}

/// What is said of a field.
pub(super) fn field(message: &Message, names: &[String], field: &Field) -> Vec<String> {
    let mut facts = Vec::new();
    if field.is_required {
        facts.push("Required.".to_owned());
    }
    if field.pii != PiiClass::Unspecified {
        facts.push(format!(
            "Personal data: {}.",
            if field.pii == PiiClass::None { "none" } else { field.pii.in_words() }
        ));
    }
    if !field.semantic_type.is_empty() {
        facts.push(format!("Semantic type: {}.", field.semantic_type));
    }
    if !field.constraints.is_empty() {
        facts.push(format!("Must be: {}.", field.constraints.join("; ")));
    }
    let replacement = message.fields.iter().zip(names).find(|(other, _)| other.name == field.replaced_by);
    let deprecation = match (field.is_deprecated, replacement) {
        (false, _) => String::new(),
        (true, Some((_, name))) => format!("@deprecated Use `{name}`."),
        (true, None) if field.replaced_by.is_empty() => "@deprecated".into(),
        (true, None) => format!("@deprecated Use `{}`.", lower_camel(&field.replaced_by)),
    };
    vec![field.comment.clone(), facts.join(" "), deprecation]
}

/// What is said of a message, and of the event that it is.
pub(super) fn message(library: &Library, at: usize, message: &Message) -> Vec<String> {
    let mut paragraphs = vec![message.comment.clone()];
    if let Some(event) = library.events.iter().find(|event| event.message == at) {
        if event.description != message.comment {
            paragraphs.push(event.description.clone());
        }
        paragraphs.push(owned(&event.name, &event.owner));
    }
    if message.is_deprecated {
        paragraphs.push("@deprecated".into());
    }
    paragraphs
}

/// The event's name and who answers for it.
pub(super) fn owned(event: &str, owner: &str) -> String {
    if owner.is_empty() { format!("Event: `{event}`.") } else { format!("Event: `{event}`. Owner: {owner}.") }
}
