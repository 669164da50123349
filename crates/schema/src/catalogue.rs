//! The catalogue: what every event and field means, told from the schema for people who look it up.
//!
//! ```text
//!   Schemas ─► Catalogue::of ─► EventEntry ─► FieldEntry     the newest version, described
//!          └─► history ─────────────────────► History        what older versions had, and what each one changed
//! ```
//!
//! Plain values without a descriptor in them, so that pages and files are made from them alone.

mod example;
mod fields;
mod history;

use std::collections::HashMap;

pub use history::{History, VersionChanges, history};

use crate::error::Place;
use crate::ledger::{ColumnRole, Ledger, LedgerEvent};
use crate::model::{EventModel, Model};
use crate::options::{OptionReader, PiiClass};
use crate::schemas::Schemas;

/// Every event that was ever published.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Catalogue {
    /// The newest version's number.
    pub version: u32,
    /// Its semver.
    pub semver: String,
    /// In the order of their names.
    pub events: Vec<EventEntry>,
}

/// One event.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EventEntry {
    /// The event's name, and its view's.
    pub name: String,
    /// Stable over versions.
    pub id: u32,
    /// Who answers for it; empty: nobody is named.
    pub owner: String,
    /// What it means.
    pub description: String,
    /// What is written above its message.
    pub comment: String,
    /// The message's full name.
    pub message: String,
    /// Full names that the message had before.
    pub moved_from: Vec<String>,
    /// Where it is declared; the line where that is known.
    pub place: Option<Place>,
    /// Whether the message says that it is deprecated.
    pub is_deprecated: bool,
    /// The version that brought it.
    pub since: u32,
    /// Whether the newest version lacks it.
    pub is_gone: bool,
    /// A payload in JSON that fits; `None` where the rules ask for what cannot be guessed.
    pub example: Option<String>,
    /// In the order of their numbers; a message's own fields follow it.
    pub fields: Vec<FieldEntry>,
}

/// One field.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FieldEntry {
    /// Field numbers from the event's message down.
    pub path: Vec<u32>,
    /// Names from the event's message down: `author.name`, `teasers[].position`, `labels{}.text`.
    pub name: String,
    /// The column of the event's view that holds it: the first of the names.
    pub column: String,
    /// The type in words: `list of texts`.
    pub kind: String,
    /// The type as the file has it: `repeated string`.
    pub proto_type: String,
    /// What is written above it.
    pub meaning: String,
    /// How personal the value is.
    pub pii: PiiClass,
    /// The event is quarantined without it.
    pub required: bool,
    /// What kind of thing the value is.
    pub semantic_type: String,
    /// What a value must be, one phrase a rule.
    pub constraints: Vec<String>,
    /// The names that an enum's value can have.
    pub values: Vec<ValueEntry>,
    /// A value in JSON.
    pub example: Option<String>,
    /// Names that JSON and saved SQL may still use.
    pub aliases: Vec<String>,
    /// The last day of the aliases, `YYYY-MM-DD`; empty: they have no end.
    pub alias_until: String,
    /// The field that took over from this one; empty: none.
    pub replaced_by: String,
    /// The field that this one took over from; empty: none.
    pub replaces: String,
    /// Whether it says that it is deprecated.
    pub is_deprecated: bool,
    /// The oneof of which at most one member is set; empty: in none.
    pub oneof: String,
    /// The version that brought it, where the ledger knows.
    pub since: Option<u32>,
    /// Whether the newest version lacks it.
    pub is_gone: bool,
    /// The last version known to have it, of one that is gone.
    pub last: Option<u32>,
}

/// One name of an enum.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ValueEntry {
    /// As it is sent and stored.
    pub name: String,
    /// What is written above it.
    pub meaning: String,
    /// Names that it had before.
    pub aliases: Vec<String>,
}

impl Catalogue {
    /// The newest version, and the events that older ones had.
    #[must_use]
    pub fn of(schemas: &Schemas) -> Self {
        let current = schemas.current();
        let since = SinceVersions::of(schemas.ledger());
        let entries = schemas.ledger().events.iter().map(|event| match schemas.newest_with(&event.name) {
            Some((model, found)) => entry(model, found, event, &since, model.version != current.version),
            // Its descriptors are not here: the ledger's own words are all there is.
            None => EventEntry {
                name: event.name.clone(),
                id: event.id,
                message: event.message.clone(),
                since: event.since,
                is_gone: true,
                ..EventEntry::default()
            },
        });
        let mut events: Vec<EventEntry> = entries.collect();
        events.sort_by(|one, other| one.name.cmp(&other.name));
        Self { version: current.version, semver: current.semver.clone(), events }
    }

    /// The event of this name.
    #[must_use]
    pub fn event(&self, name: &str) -> Option<&EventEntry> {
        let at = self.events.binary_search_by(|event| event.name.as_str().cmp(name)).ok()?;
        self.events.get(at)
    }
}

impl FieldEntry {
    /// Whether events of version `version` can have the field, as far as the ledger knows.
    #[must_use]
    pub fn is_in(&self, version: u32) -> bool {
        let is_there = self.since.is_none_or(|since| since <= version);
        let is_still_there = !self.is_gone || self.last.is_some_and(|last| version <= last);
        is_there && is_still_there
    }

    /// Whether it is to be used no more: deprecated, or replaced.
    #[must_use]
    pub fn is_old(&self) -> bool {
        self.is_deprecated || !self.replaced_by.is_empty()
    }
}

/// Since when each field has a column: the ledger's answer by event and path.
struct SinceVersions<'a> {
    by_path: HashMap<(u32, &'a [u32]), u32>,
}

impl<'a> SinceVersions<'a> {
    fn of(ledger: &'a Ledger) -> Self {
        let mut by_path: HashMap<(u32, &[u32]), u32> = HashMap::with_capacity(ledger.columns.len());
        for column in ledger.columns.iter().filter(|column| column.key.role == ColumnRole::Value) {
            // Later generations of a column are of the same field.
            let since = by_path.entry((column.key.event, &column.key.path)).or_insert(column.since);
            *since = column.since.min(*since);
        }
        Self { by_path }
    }

    fn of_field(&self, event: u32, path: &[u32]) -> Option<u32> {
        self.by_path.get(&(event, path)).copied()
    }
}

fn entry(
    model: &Model,
    event: &EventModel,
    published: &LedgerEvent,
    since: &SinceVersions<'_>,
    is_gone: bool,
) -> EventEntry {
    let pool = &model.compiled.pool;
    let message = pool.get_message_by_name(&event.full_name);
    let example = example::example(model, event);
    let mut fields = fields::fields(model, event);
    for field in &mut fields {
        field.since = since.of_field(event.id, &field.path);
        field.example = example.as_ref().and_then(|example| example.values.get(&field.path).cloned());
    }
    EventEntry {
        name: event.name.clone(),
        id: event.id,
        owner: event.owner.clone(),
        description: event.description.clone(),
        comment: model.comments.about(&event.full_name).to_owned(),
        message: event.full_name.clone(),
        moved_from: message.as_ref().map(|it| OptionReader::new(pool).moved_from(it)).unwrap_or_default(),
        place: message.as_ref().map(Place::of_message),
        is_deprecated: message
            .as_ref()
            .is_some_and(|it| it.descriptor_proto().options.as_ref().is_some_and(|options| options.deprecated())),
        since: published.since,
        is_gone,
        example: example.map(|example| example.payload),
        fields,
    }
}

#[cfg(test)]
mod tests;
