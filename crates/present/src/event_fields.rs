//! The fields of an event as a table: meaning, what may be sent, how personal it is, and whether it is still needed.

use std::collections::HashMap;

use judi_schema::catalogue::{EventEntry, FieldEntry};
use judi_schema::options::PiiClass;
use maud::{Markup, html};

use crate::adoption::Adoption;
use crate::catalogue::Badge;
use crate::event_page::{Event, all_fields};
use crate::events_page::badges;
use crate::format::{number, percent, shortened};

/// Names of an enum that are shown at once; more unfold.
const VALUES_SHOWN: usize = 8;

/// Characters of an example in the table; the whole is in the example of the event.
const EXAMPLE_CHARACTERS: usize = 120;

/// Columns that are counted at most: fields that are to be sent no more.
const COUNTED_MAX: usize = 50;

/// In how many events old fields are still filled, by column.
#[derive(Debug, Clone, Default)]
pub(crate) struct Filled {
    by_column: HashMap<String, i64>,
}

impl Filled {
    /// The columns of the fields that are to be sent no more, as far as their text can be looked at.
    pub(crate) fn worth_asking(entry: &EventEntry) -> Vec<&str> {
        let is_single = |field: &&FieldEntry| {
            let is_many = field.proto_type.starts_with("repeated ") || field.proto_type.starts_with("map<");
            field.path.len() == 1 && !is_many && field.kind != "group of fields"
        };
        let old = entry.fields.iter().filter(|field| field.is_old() && !entry.is_gone).filter(is_single);
        old.map(|field| field.column.as_str()).take(COUNTED_MAX).collect()
    }

    pub(crate) fn new(columns: &[&str], counts: &[i64]) -> Self {
        let by_column = columns.iter().zip(counts).map(|(column, count)| ((*column).to_owned(), *count)).collect();
        Self { by_column }
    }
}

/// The table.
pub(crate) fn section(event: &Event<'_>) -> Markup {
    html! {
        section aria-labelledby="fields" {
            h2 id="fields" { "Fields" }
            @if all_fields(event).next().is_none() { p { "It has none: that it happened is all there is to say." } }
            @else { table.fields {
                thead { tr {
                    th scope="col" { "Field" } th scope="col" { "Meaning" } th scope="col" { "Personal data" }
                    th scope="col" { "Example" } th scope="col" { "Since" }
                } }
                tbody { @for field in all_fields(event) { (row(event, field)) } }
            } }
        }
    }
}

fn row(event: &Event<'_>, field: &FieldEntry) -> Markup {
    html! {
        tr id=[(!field.is_gone).then(|| format!("field-{}", field.name))] {
            th scope="row" {
                code { (field.name) }
                p.note { (field.kind) }
                @if !field.proto_type.is_empty() { p.note { code { (field.proto_type) } } }
                p { (badges(&badges_of(event, field))) }
            }
            td {
                p dir="auto" { @if field.meaning.is_empty() { span.note { "Nobody has said what it means." } } @else { (field.meaning) } }
                (rules(field))
                (values(field))
                (names(field))
                (usage(event, field))
                @if let Some(adoption) = &event.adoption { (sent(event, adoption, field)) }
            }
            td { span.label { "Personal data: " } (pii(field.pii)) }
            td { @if let Some(example) = &field.example { span.label { "Example: " } code dir="auto" { (shortened(example, EXAMPLE_CHARACTERS)) } } }
            td { @if let Some(since) = field.since { span.label { "Since version " } (since) } }
        }
    }
}

fn badges_of(event: &Event<'_>, field: &FieldEntry) -> Vec<Badge> {
    let mut found = Vec::new();
    if field.is_gone {
        return vec![Badge::Gone];
    }
    if field.required {
        found.push(Badge::Required);
    }
    if field.is_old() {
        found.push(Badge::Deprecated);
    }
    let usage = &event.shown.described.usage;
    // Where the whole event is unused, that is said above.
    if usage.is_field_unused(&event.entry.name, field) && !usage.is_unused(&event.entry.name) {
        found.push(Badge::Unused);
    }
    found
}

fn pii(class: PiiClass) -> Markup {
    html! { @match class {
        PiiClass::Unspecified => { span.note { "not said" } }
        PiiClass::None => { "none" }
        PiiClass::Pseudonymous => { "pseudonymous" }
        PiiClass::Personal => { strong { "personal" } }
        PiiClass::Sensitive => { strong { "sensitive" } }
    } }
}

fn rules(field: &FieldEntry) -> Markup {
    html! {
        @if !field.semantic_type.is_empty() { p.note { "Holds: " code { (field.semantic_type) } } }
        @if !field.constraints.is_empty() { p.note dir="auto" { "Must be: " (field.constraints.join("; ")) } }
        @if !field.oneof.is_empty() { p.note { "At most one of " code { (field.oneof) } " is set." } }
    }
}

fn values(field: &FieldEntry) -> Markup {
    let list = html! {
        ul.values { @for value in &field.values {
            li dir="auto" { code { (value.name) } @if !value.meaning.is_empty() { " " (value.meaning) }
                @if !value.aliases.is_empty() { span.note { " formerly " (value.aliases.join(", ")) } } }
        } }
    };
    html! {
        @if field.values.len() > VALUES_SHOWN { details { summary { (field.values.len()) " names" } (list) } }
        @else if !field.values.is_empty() { (list) }
    }
}

fn names(field: &FieldEntry) -> Markup {
    html! {
        @if !field.aliases.is_empty() {
            p.note { "Also called " @for (at, alias) in field.aliases.iter().enumerate() { @if at > 0 { ", " } code { (alias) } }
                " in JSON and saved SQL" @if !field.alias_until.is_empty() { ", until " (field.alias_until) } "." }
        }
        @if !field.replaced_by.is_empty() { p.note { "Replaced by " code { (field.replaced_by) } "." } }
        @if !field.replaces.is_empty() { p.note { "Took over from " code { (field.replaces) } "." } }
    }
}

fn usage(event: &Event<'_>, field: &FieldEntry) -> Markup {
    let uses = event.shown.described.usage.of_field(&event.entry.name, field);
    html! {
        @if !uses.is_empty() {
            p.note dir="auto" { "Used by " @for (at, one) in uses.iter().enumerate() { @if at > 0 { ", " } (one.kind.noun()) " " (one.name) } "." }
        }
    }
}

/// How much of what is sent can have the field, where that is not all of it.
fn sent(event: &Event<'_>, adoption: &Adoption, field: &FieldEntry) -> Markup {
    let total = adoption.total();
    let with = adoption.events_with(|version| field.is_in(version));
    html! {
        @if total > 0 {
            @if field.is_gone {
                p.note { @if with == 0 { "No event of the last days came from a version that has it." }
                    @else { (percent(with, total)) " of the events still come from versions that have it (" (number(with)) " of " (number(total)) ")." } }
            } @else if with < total {
                p.note { (percent(with, total)) " of the events come from versions that have it (" (number(with)) " of " (number(total)) ")." }
            }
            @if let Some(filled) = event.filled.by_column.get(&field.column).filter(|_| field.path.len() == 1) {
                p.note { @if *filled == 0 { "No event of the last days fills it: it can go." }
                    @else { (percent(*filled, total)) " of the events still fill it (" (number(*filled)) " of " (number(total)) ")." } }
            }
        }
    }
}
