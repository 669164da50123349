//! Presence: whether absence is NULL or the default. The ledger keeps every turn of it, as an epoch.

use std::collections::BTreeMap;

use prost_reflect::{FieldDescriptor, Kind, MessageDescriptor};

use super::field::presence_of;
use super::side::{Side, value_kind};
use crate::compile::Compiled;
use crate::ledger::{Presence, PresenceTurn};

/// The change of a field's presence; `None` where there is none, or the field is not one value.
pub(super) fn change(before: &FieldDescriptor, after: &FieldDescriptor) -> Option<(Presence, Presence)> {
    let (from, to) = (presence_of(before)?, presence_of(after)?);
    (from != to).then_some((from, to))
}

/// Every field of every event whose presence has changed, within the bounds of the table's columns; `id` gives the
/// events' ids.
pub(crate) fn presence_turns(old: &Compiled, new: &Compiled, id: impl Fn(&str) -> Option<u32>) -> Vec<PresenceTurn> {
    let (old, new) = (fields(&Side::new(old)), fields(&Side::new(new)));
    let turned = old.into_iter().filter_map(|((event, path), from)| {
        let event_id = id(&event)?;
        let to = *new.get(&(event, path.clone()))?;
        (from != to).then_some(PresenceTurn { event: event_id, path, from, to })
    });
    turned.collect()
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
