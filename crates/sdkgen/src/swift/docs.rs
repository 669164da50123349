//! Doc comments: what the schema says of a thing, wrapped as a person would.

use judi_schema::options::PiiClass;

use crate::library::{Enum, EnumValue, Event, Field, Message};

/// How long a line of the generated text may be.
pub(super) const WIDTH: usize = 100;

/// Paragraphs as a doc comment, each line with `indent` spaces before it.
pub(super) fn comment(paragraphs: &[String], indent: usize) -> String {
    let mut out = String::new();
    let margin = " ".repeat(indent);
    for (at, paragraph) in paragraphs.iter().filter(|it| !it.trim().is_empty()).enumerate() {
        if at > 0 {
            out.push_str(&format!("{margin}///\n"));
        }
        for line in wrapped(paragraph, WIDTH.saturating_sub(indent + 4)) {
            out.push_str(&format!("{margin}/// {line}\n"));
        }
    }
    out
}

/// Of a message, and of its event where it is one.
pub(super) fn message(message: &Message, event: Option<&Event>) -> Vec<String> {
    let Some(event) = event else { return vec![text(&message.comment, &message.full_name)] };
    let owner = if event.owner.is_empty() { String::new() } else { format!(", owned by {}", event.owner) };
    let about = text(&event.description, &message.comment);
    let comment = if about == message.comment { String::new() } else { message.comment.clone() };
    vec![text(&about, &message.full_name), comment, format!("Event `{}`{owner}.", event.name)]
}

/// Of a field.
pub(super) fn field(field: &Field) -> Vec<String> {
    let mut facts = Vec::new();
    if field.is_required {
        facts.push("Required.".to_owned());
    }
    facts.push(match field.pii {
        PiiClass::None => "No personal data.".to_owned(),
        PiiClass::Unspecified => "Personal data: not said.".to_owned(),
        class => format!("Personal data: {}.", class.in_words()),
    });
    if !field.semantic_type.is_empty() {
        facts.push(format!("Meaning: {}.", field.semantic_type));
    }
    if !field.constraints.is_empty() {
        facts.push(format!("Must be: {}.", field.constraints.join("; ")));
    }
    vec![text(&field.comment, &format!("`{}`.", field.name)), facts.join(" ")]
}

/// Of an enum.
pub(super) fn enumeration(enumeration: &Enum) -> Vec<String> {
    vec![text(&enumeration.comment, &enumeration.full_name)]
}

/// Of a value of an enum.
pub(super) fn value(value: &EnumValue) -> Vec<String> {
    vec![text(&value.comment, &format!("`{}`.", value.name))]
}

/// Text within a string literal.
pub(super) fn literal(text: &str) -> String {
    let mut out = String::from("\"");
    for character in text.chars() {
        match character {
            '"' | '\\' => out.extend(['\\', character]),
            control if control.is_control() => out.push_str(&format!("\\u{{{:x}}}", u32::from(control))),
            other => out.push(other),
        }
    }
    out.push('"');
    out
}

/// A number as a literal, its digits in groups where there are seven or more.
pub(super) fn number(value: i64) -> String {
    let digits = value.unsigned_abs().to_string();
    let mut out = String::from(if value < 0 { "-" } else { "" });
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && digits.len() > 6 && (digits.len() - at).is_multiple_of(3) {
            out.push('_');
        }
        out.push(digit);
    }
    out
}

fn text(first: &str, otherwise: &str) -> String {
    if first.trim().is_empty() { otherwise.to_owned() } else { first.to_owned() }
}

fn wrapped(paragraph: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in paragraph.split_whitespace() {
        let Some(line) = lines.last_mut() else { break };
        if line.is_empty() {
            line.push_str(word);
        } else if line.chars().count() + 1 + word.chars().count() <= width {
            line.push(' ');
            line.push_str(word);
        } else {
            lines.push(word.to_owned());
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paragraphs_are_wrapped_and_apart() {
        let long = "word ".repeat(30);
        let text = comment(&[long, String::new(), "Next.\nLine.".into()], 2);
        assert!(text.lines().all(|line| line.len() <= WIDTH && line.starts_with("  ///")));
        assert!(text.ends_with("  ///\n  /// Next. Line.\n"));
        assert_eq!([number(-2_147_483_648), number(123_456)], ["-2_147_483_648", "123456"]);
        assert_eq!(literal("a\"\\\n"), r#""a\"\\\u{a}""#);
    }
}
