//! Presence: whether absence is NULL or the default. The ledger keeps every turn of it, as an epoch.

use std::collections::BTreeMap;

use prost_reflect::{FieldDescriptor, Kind, MessageDescriptor};

use super::field::presence_of;
use super::kind::Presence;
use super::side::{Side, value_kind};
use crate::compile::Compiled;

/// A field whose presence is another than before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PresenceChange {
    pub(crate) event: String,
    /// Field numbers from the event's message down.
    pub(crate) path: Vec<u32>,
    pub(crate) from: Presence,
    pub(crate) to: Presence,
}

/// The change of a field's presence; `None` where there is none, or the field is not one value.
pub(super) fn change(before: &FieldDescriptor, after: &FieldDescriptor) -> Option<(Presence, Presence)> {
    let (from, to) = (presence_of(before)?, presence_of(after)?);
    (from != to).then_some((from, to))
}

/// Every field of every event whose presence has changed, within the bounds of the table's columns.
pub(crate) fn presence_changes(old: &Compiled, new: &Compiled) -> Vec<PresenceChange> {
    let (old, new) = (fields(&Side::new(old)), fields(&Side::new(new)));
    let changed = old.into_iter().filter_map(|((event, path), from)| {
        let to = *new.get(&(event.clone(), path.clone()))?;
        (from != to).then_some(PresenceChange { event, path, from, to })
    });
    changed.collect()
}

/// By event and path.
fn fields(side: &Side<'_>) -> BTreeMap<(String, Vec<u32>), Presence> {
    let mut all = BTreeMap::new();
    let mut add = |event: &str, above: &[u32], message: &MessageDescriptor| {
        for field in message.fields() {
            if let Some(presence) = presence_of(&field).filter(|_| !matches!(value_kind(&field), Kind::Message(_))) {
                let path = above.iter().copied().chain([field.number()]).collect();
                all.insert((event.to_owned(), path), presence);
            }
        }
    };
    for ((event, path), message) in side.by_path() {
        add(event, path, message);
    }
    all
}
