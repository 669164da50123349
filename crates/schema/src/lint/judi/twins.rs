//! `EVENT_TWIN` and `FIELD_TWIN`: a name that another one has in a different spelling. Which of two is the one that exists:
//! every event's columns first, then what is published, then what is used most, then what stands first.

use std::collections::BTreeMap;

use prost_reflect::Kind;

use super::super::events::{Event, EventField, value_kind};
use super::super::sink::Sink;
use super::super::twins::{self, Holds, Name};
use crate::error::Place;
use crate::layout::ENVELOPE_COLUMNS;

/// Number of a field of `judi.EventOptions`.
const EVENT_NAME: i32 = 1;

/// Where twins that are none are said to be none.
const HINT: &str = "use that name, or list the two under not_twins in conventions.toml if they differ";

pub(super) fn check_events(events: &[Event<'_, '_>], module: usize, sink: &mut Sink<'_>) {
    let mut ranked: Vec<&Event<'_, '_>> = events.iter().filter(|event| !event.options.name.is_empty()).collect();
    ranked.sort_by_key(|event| !event.is_published);
    let names: Vec<Name<'_>> =
        ranked.iter().map(|event| Name { text: &event.options.name, holds: Holds::Event }).collect();
    for (later, earlier) in twins::twins(&names) {
        let (Some(event), Some(first)) = (ranked.get(later), ranked.get(earlier)) else { continue };
        let (name, exists) = (&event.options.name, &first.options.name);
        if event.file.module == module && !sink.conventions.are_not_twins(name, exists) {
            let at = Place { file: first.file.path.clone(), ..Place::of_message(&first.message) };
            let text = format!("Event {name:?} is {exists:?} ({at}) in another spelling: {HINT}.");
            sink.report("EVENT_TWIN", event.file, &event.place(EVENT_NAME), text);
        }
    }
}

/// A field name and where it is used.
struct Used<'e, 's, 'a> {
    name: &'e str,
    holds: Holds,
    fields: Vec<&'e EventField<'s, 'a>>,
}

pub(super) fn check_fields(fields: &[EventField<'_, '_>], module: usize, sink: &mut Sink<'_>) {
    let mut used: BTreeMap<(&str, Holds), Vec<&EventField<'_, '_>>> = BTreeMap::new();
    for field in fields {
        used.entry((field.field.name(), holds(field))).or_default().push(field);
    }
    let mut ranked: Vec<Used<'_, '_, '_>> =
        used.into_iter().map(|((name, holds), fields)| Used { name, holds, fields }).collect();
    ranked.sort_by_key(|used| {
        let first = used.fields.first().map(|field| (field.file.path.as_str(), field.field.path()));
        (!used.fields.iter().any(|field| field.is_published), std::cmp::Reverse(used.fields.len()), first)
    });
    let envelope: Vec<Used<'_, '_, '_>> = ENVELOPE_COLUMNS
        .iter()
        .map(|(name, _)| Used { name, holds: Holds::Text, fields: Vec::new() })
        .chain(ranked)
        .collect();
    let names: Vec<Name<'_>> = envelope.iter().map(|used| Name { text: used.name, holds: used.holds }).collect();
    for (later, earlier) in twins::twins(&names) {
        let (Some(twin), Some(first)) = (envelope.get(later), envelope.get(earlier)) else { continue };
        if sink.conventions.are_not_twins(twin.name, first.name) {
            continue;
        }
        let exists = match first.fields.first() {
            Some(field) => {
                let at = Place { file: field.file.path.clone(), ..Place::of_field(&field.field) };
                format!("{:?} of {} ({at})", first.name, field.field.parent_message().name())
            }
            None => format!("{:?}, which every event has,", first.name),
        };
        for field in twin.fields.iter().filter(|field| field.file.module == module) {
            let text = format!("Field {:?} is {exists} in another spelling: {HINT}.", twin.name);
            sink.report("FIELD_TWIN", field.file, &field.name_place(), text);
        }
    }
}

fn holds(field: &EventField<'_, '_>) -> Holds {
    match value_kind(&field.field) {
        _ if field.field.is_list() || field.field.is_map() => Holds::Many,
        Kind::String | Kind::Bytes => Holds::Text,
        Kind::Bool | Kind::Enum(_) | Kind::Message(_) => Holds::Other,
        _ => Holds::Number,
    }
}
