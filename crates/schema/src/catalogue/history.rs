//! What each version changed of an event, and the fields that it had once.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::{EventEntry, FieldEntry, SinceVersions, fields};
use crate::ledger::{ColumnRole, Ledger, LedgerColumn};
use crate::model::{EventModel, Model};
use crate::schemas::Schemas;

/// Versions that are compared, the newest: older ones have only what the ledger tells.
const VERSIONS_MAX: usize = 100;

/// What a version did that brought the event.
const FIRST: &str = "first published";

/// The past of one event.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct History {
    /// Fields that the newest version lacks, in the order of their numbers.
    pub gone: Vec<FieldEntry>,
    /// The versions that changed it, newest first.
    pub versions: Vec<VersionChanges>,
}

/// What one version changed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VersionChanges {
    /// The version.
    pub number: u32,
    /// Its semver.
    pub semver: String,
    /// One phrase a change: "new field `depth_percent`".
    pub changes: Vec<String>,
}

/// The past of `event`, from the known versions, and from the ledger where a version's descriptors are not here.
#[must_use]
pub fn history(schemas: &Schemas, event: &EventEntry) -> History {
    let known: Vec<&Model> = schemas.versions().map(AsRef::as_ref).collect();
    let known = known.get(known.len().saturating_sub(VERSIONS_MAX)..).unwrap_or_default();
    let states: BTreeMap<u32, State<'_>> =
        known.iter().map(|model| (model.version, State::of(model, &event.name))).collect();
    let ledger = schemas.ledger();
    let mut versions = Vec::new();
    let mut before = None;
    for version in &ledger.versions {
        let state = states.get(&version.number);
        let changes = match (before, state) {
            (Some(before), Some(after)) => State::changes_to(before, after),
            _ if version.number == event.since => vec![FIRST.to_owned()],
            _ => new_columns(ledger, event.id, version.number),
        };
        if !changes.is_empty() {
            versions.push(VersionChanges { number: version.number, semver: version.semver.clone(), changes });
        }
        before = state;
    }
    versions.reverse();
    History { gone: gone(ledger, event, &states), versions }
}

/// An event in one version.
struct State<'a> {
    event: Option<&'a EventModel>,
    fields: Vec<FieldEntry>,
}

impl<'a> State<'a> {
    fn of(model: &'a Model, name: &str) -> Self {
        let event = model.event(name);
        Self { event, fields: event.map(|event| fields::fields(model, event)).unwrap_or_default() }
    }

    fn changes_to(&self, after: &Self) -> Vec<String> {
        match (self.event, after.event) {
            (None, None) => Vec::new(),
            (None, Some(_)) => vec![FIRST.to_owned()],
            (Some(_), None) => vec!["the event was removed".to_owned()],
            (Some(before), Some(now)) => {
                let mut changes = event_changes(before, now);
                changes.extend(fields_changes(&self.fields, &after.fields));
                changes
            }
        }
    }
}

fn event_changes(before: &EventModel, after: &EventModel) -> Vec<String> {
    let mut changes = Vec::new();
    if before.owner != after.owner {
        changes.push(format!("the owner is {} and was {}", or_nobody(&after.owner), or_nobody(&before.owner)));
    }
    if before.description != after.description {
        changes.push("the description changed".to_owned());
    }
    if before.full_name != after.full_name {
        changes.push(format!("the message is `{}` and was `{}`", after.full_name, before.full_name));
    }
    changes
}

fn or_nobody(owner: &str) -> &str {
    if owner.is_empty() { "nobody" } else { owner }
}

fn fields_changes(before: &[FieldEntry], after: &[FieldEntry]) -> Vec<String> {
    let by_path = |fields: &[FieldEntry]| -> HashMap<Vec<u32>, usize> {
        fields.iter().enumerate().map(|(at, field)| (field.path.clone(), at)).collect()
    };
    let (were, are) = (by_path(before), by_path(after));
    // The fields of a message that is new, or gone, go without saying.
    let goes_without_saying = |path: &[u32], others: &HashMap<Vec<u32>, usize>| {
        path.split_last().is_some_and(|(_, parent)| !parent.is_empty() && !others.contains_key(parent))
    };
    let mut changes = Vec::new();
    for field in after {
        match were.get(&field.path).and_then(|&at| before.get(at)) {
            Some(old) => changes.extend(field_changes(old, field)),
            None if goes_without_saying(&field.path, &were) => {}
            None => changes.push(format!("new field `{}`, {}", field.name, field.kind)),
        }
    }
    let gone = before.iter().filter(|field| !are.contains_key(&field.path) && !goes_without_saying(&field.path, &are));
    changes.extend(gone.map(|field| format!("`{}` is gone", field.name)));
    changes
}

fn field_changes(before: &FieldEntry, after: &FieldEntry) -> Vec<String> {
    let name = &after.name;
    let mut changes = Vec::new();
    let own = |name: &str| name.rsplit('.').next().unwrap_or_default().to_owned();
    if own(&before.name) != own(name) {
        changes.push(format!("`{}` is called `{}`", before.name, own(name)));
    }
    if before.proto_type != after.proto_type {
        changes.push(format!("`{name}` is `{}` and was `{}`", after.proto_type, before.proto_type));
    }
    if before.required != after.required {
        let not = if after.required { "" } else { "no longer " };
        changes.push(format!("`{name}` is {not}required"));
    }
    if before.pii != after.pii {
        changes.push(format!("`{name}` is {} and was {}", after.pii.in_words(), before.pii.in_words()));
    }
    if before.constraints != after.constraints {
        let words = after.constraints.join(", ");
        changes.push(format!("`{name}` must be: {}", if words.is_empty() { "anything of its type" } else { &words }));
    }
    let lacking = |from: &FieldEntry, other: &FieldEntry| -> Vec<String> {
        let names = from.values.iter().filter(|value| !other.values.iter().any(|known| known.name == value.name));
        names.map(|value| format!("`{}`", value.name)).collect()
    };
    let (new, gone) = (lacking(after, before), lacking(before, after));
    if !new.is_empty() {
        changes.push(format!("`{name}` can be {}", new.join(", ")));
    }
    if !gone.is_empty() {
        changes.push(format!("`{name}` can no longer be {}", gone.join(", ")));
    }
    if before.replaced_by != after.replaced_by && !after.replaced_by.is_empty() {
        changes.push(format!("`{name}` is replaced by `{}`", after.replaced_by));
    }
    if before.is_deprecated != after.is_deprecated {
        let no = if after.is_deprecated { "" } else { "no longer " };
        changes.push(format!("`{name}` is {no}deprecated"));
    }
    changes
}

/// What the ledger alone tells of a version.
fn new_columns(ledger: &Ledger, event: u32, version: u32) -> Vec<String> {
    let new = values_of(ledger, event).filter(|column| column.since == version && column.key.generation == 1);
    new.map(|column| format!("new field `{}`", name_of(column))).collect()
}

fn gone(ledger: &Ledger, event: &EventEntry, states: &BTreeMap<u32, State<'_>>) -> Vec<FieldEntry> {
    let since = SinceVersions::of(ledger);
    let mut found: BTreeMap<Vec<u32>, FieldEntry> = BTreeMap::new();
    for (number, state) in states {
        for field in &state.fields {
            found.insert(field.path.clone(), FieldEntry { last: Some(*number), ..field.clone() });
        }
    }
    // Of versions whose descriptors are not here. What is in a message that is gone goes without saying; a message that no
    // version describes the fields of is one that stands in itself.
    let described: HashSet<Vec<u32>> = found.keys().filter_map(|path| Some(path.split_last()?.1.to_vec())).collect();
    let is_told =
        |path: &[u32]| path.split_last().is_some_and(|(_, parent)| parent.is_empty() || described.contains(parent));
    for column in values_of(ledger, event.id).filter(|column| is_told(&column.key.path)) {
        found.entry(column.key.path.clone()).or_insert_with(|| FieldEntry {
            path: column.key.path.clone(),
            name: name_of(column),
            column: column.column.get(1).cloned().unwrap_or_default(),
            ..FieldEntry::default()
        });
    }
    found.retain(|path, _| event.is_gone || !event.fields.iter().any(|field| field.path == *path));
    let gone = found.into_values().map(|field| FieldEntry {
        is_gone: true,
        since: since.of_field(event.id, &field.path),
        ..field
    });
    gone.collect()
}

/// The columns of an event's fields: its own struct is none.
fn values_of(ledger: &Ledger, event: u32) -> impl Iterator<Item = &LedgerColumn> {
    let columns = ledger.columns.iter().filter(move |column| column.key.event == event);
    columns.filter(|column| column.key.role == ColumnRole::Value && !column.key.path.is_empty())
}

/// The field of a column, by the column's name: the one that it had when it was published.
fn name_of(column: &LedgerColumn) -> String {
    column.column.iter().skip(1).map(String::as_str).collect::<Vec<_>>().join(".")
}
