//! The newsroom's events as a page: what each means, who answers for it, and its fields.

use std::fmt::Write;

use judi_schema::compile::{compile, read_sources};
use judi_schema::model::declared_events;
use judi_schema::options::{OptionReader, PiiClass};
use judi_world::World;
use prost_reflect::{DescriptorPool, FieldDescriptor, FileDescriptor, Kind, MessageDescriptor};

use super::{cell, title};
use crate::failure::Failure;
use crate::repository;

/// The page.
pub(crate) fn page() -> Result<String, Failure> {
    let world = World::system();
    let sources = read_sources(world.disk.as_ref(), &repository::newsroom_schema())?;
    render(&compile(&sources)?.pool)
}

fn render(pool: &DescriptorPool) -> Result<String, Failure> {
    let mut page = title("The newsroom's events", "crates/newsroom/template/schema");
    page.push_str(
        "What `judi init` writes into a new project. Every event also carries the shared context and times that the \
         columns of `events` have. Fields marked `!` must be set, else the event goes to quarantine.\n",
    );
    let reader = OptionReader::new(pool);
    for event in declared_events(pool)? {
        let (options, message) = (&event.options, &event.message);
        // Writing to a string cannot fail.
        let _ = writeln!(page, "\n## `{}`\n\n{}\n", options.name, options.description);
        let file = message.parent_file();
        let _ = writeln!(page, "Owner: {}. Message `{}` in `{}`.\n", options.owner, message.full_name(), file.name());
        page.push_str("| field | type | PII | meaning |\n|---|---|---|---|\n");
        for field in message.fields() {
            let about = reader.field(&field);
            let mark = if reader.is_required(&field) { " !" } else { "" };
            let (name, meaning) = (field.name(), comment(&file, field.path()));
            let (kind, pii) = (type_name(&field), pii_name(about.pii));
            let _ = writeln!(page, "| `{name}`{mark} | {kind} | {pii} | {} |", cell(&meaning));
        }
        for (name, values) in enums(message) {
            let _ = writeln!(page, "\n`{name}`: {values}.");
        }
    }
    Ok(page)
}

fn type_name(field: &FieldDescriptor) -> String {
    if field.is_map()
        && let Kind::Message(entry) = field.kind()
    {
        let of = |field: FieldDescriptor| kind_name(&field.kind());
        return format!("map of {} to {}", of(entry.map_entry_key_field()), of(entry.map_entry_value_field()));
    }
    let name = kind_name(&field.kind());
    if field.is_list() { format!("list of {name}") } else { name }
}

fn kind_name(kind: &Kind) -> String {
    match kind {
        Kind::Message(message) => format!("`{}`", message.full_name()),
        Kind::Enum(values) => format!("`{}`", values.name()),
        scalar => format!("{scalar:?}"),
    }
}

const fn pii_name(pii: PiiClass) -> &'static str {
    match pii {
        PiiClass::Unspecified => "not said",
        PiiClass::None => "none",
        PiiClass::Pseudonymous => "pseudonymous",
        PiiClass::Personal => "personal",
        PiiClass::Sensitive => "sensitive",
    }
}

/// The enums that fields of a message have, with the names of their values.
fn enums(message: &MessageDescriptor) -> Vec<(String, String)> {
    let mut listed: Vec<(String, String)> = Vec::new();
    for field in message.fields() {
        let Kind::Enum(values) = field.kind() else { continue };
        if listed.iter().all(|(name, _)| name != values.name()) {
            let names: Vec<String> = values.values().map(|value| format!("`{}`", value.name())).collect();
            listed.push((values.name().to_owned(), names.join(", ")));
        }
    }
    listed
}

/// The comment above a declaration.
fn comment(file: &FileDescriptor, path: &[i32]) -> String {
    let locations = file.file_descriptor_proto().source_code_info.iter().flat_map(|info| &info.location);
    let above =
        locations.filter(|location| location.path == path).find_map(|location| location.leading_comments.as_ref());
    above.map_or_else(String::new, |text| text.split_whitespace().collect::<Vec<_>>().join(" "))
}

#[cfg(test)]
mod tests {
    use judi_schema::compile::{Source, SourceText};

    use super::*;

    #[test]
    fn a_field_comes_with_its_type_class_and_comment() {
        let text = r#"syntax = "proto3"; package t; import "judi/v1/options.proto";
            enum Way { WAY_UNSPECIFIED = 0; WAY_MAIL = 1; }
            message Sent {
              option (judi.event) = { name: "sent" owner: "mail" description: "A letter left." };
              // Who gets it,
              // by address.
              string to = 1 [(judi.field) = {pii: PII_CLASS_PERSONAL, required: true}];
              repeated Way ways = 2;
              map<string, int64> sizes = 3;
            }"#;
        let source = Source { name: "t.proto".to_owned(), text: SourceText::Proto(text.to_owned()) };
        let pool = compile(&[source]).unwrap().pool;
        let page = render(&pool).unwrap();
        assert!(
            page.contains("## `sent`\n\nA letter left.\n\nOwner: mail. Message `t.Sent` in `t.proto`.\n"),
            "{page}"
        );
        assert!(page.contains("| `to` ! | string | personal | Who gets it, by address. |\n"), "{page}");
        assert!(page.contains("| `ways` | list of `Way` | not said |  |\n"), "{page}");
        assert!(page.contains("| `sizes` | map of string to int64 | not said |  |\n"), "{page}");
        assert!(page.contains("`Way`: `WAY_UNSPECIFIED`, `WAY_MAIL`.\n"), "{page}");
    }
}
