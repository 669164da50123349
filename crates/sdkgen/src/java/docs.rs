//! What doc comments say: meaning, owner, class of personal data, constraints, what took over.

use judi_schema::options::PiiClass;

use super::text::prose;
use crate::library::{Event, Field, Message};

/// Of a message's class.
pub(super) fn of_message(message: &Message, event: Option<&Event>) -> Vec<String> {
    let Some(event) = event else {
        let said = prose(&message.comment);
        return vec![if said.is_empty() { format!("{{@code {}}}.", message.full_name) } else { said }];
    };
    let meaning = if event.description.is_empty() { &message.comment } else { &event.description };
    let owner = if event.owner.is_empty() { String::new() } else { format!(" Owner: {}.", prose(&event.owner)) };
    vec![prose(meaning), format!("The event {{@code {}}}.{owner}", event.name)]
}

/// Of a field.
pub(super) fn of_field(field: &Field) -> Vec<String> {
    let said = prose(&field.comment);
    let meaning = if said.is_empty() { format!("{{@code {}}}.", field.name) } else { said };
    let mut facts = Vec::new();
    if field.pii != PiiClass::Unspecified {
        facts.push(format!(
            "Personal data: {}.",
            if field.pii == PiiClass::None { "none" } else { field.pii.in_words() }
        ));
    }
    if !field.semantic_type.is_empty() {
        facts.push(format!("Stands for: {}.", prose(&field.semantic_type)));
    }
    if !field.constraints.is_empty() {
        facts.push(format!("Must be: {}.", prose(&field.constraints.join("; "))));
    }
    vec![meaning, facts.join(" ")]
}

/// `@deprecated`, with what took over.
pub(super) fn deprecation(field: &Field, replacement: Option<&str>) -> Vec<String> {
    match (field.is_deprecated, replacement) {
        (false, _) => Vec::new(),
        (true, Some(name)) => vec![format!("@deprecated Use {{@code {name}}}.")],
        (true, None) => vec!["@deprecated To be used no more.".to_owned()],
    }
}
