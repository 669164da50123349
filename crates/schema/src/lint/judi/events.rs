//! Rules of events: their names, owners and descriptions.

use super::super::events::{Event, NAME};
use super::super::sink::Sink;
use super::super::words;
use crate::error::Place;
use crate::model::{EVENT_NAME_CHARACTERS_MAX, TABLE_NAMES, is_envelope_column, is_snake_case};
use crate::nearest::nearest;

/// Numbers of fields of `judi.EventOptions`.
const EVENT_NAME: i32 = 1;
const EVENT_OWNER: i32 = 2;
const EVENT_DESCRIPTION: i32 = 3;

/// Descriptions that describe nothing.
const PLACEHOLDERS: [&str; 8] = ["todo", "tbd", "fixme", "xxx", "na", "description", "event", "an event"];

pub(super) fn check(event: &Event<'_, '_>, all: &[Event<'_, '_>], sink: &mut Sink<'_>) {
    check_name(event, sink);
    check_unique(event, all, sink);
    check_message_name(event, sink);
    check_owner(event, sink);
    check_description(event, sink);
}

fn check_name(event: &Event<'_, '_>, sink: &mut Sink<'_>) {
    let name = event.options.name.as_str();
    let place = event.place(EVENT_NAME);
    let pattern = sink.conventions.event_name.as_ref();
    let complaint = if name.is_empty() {
        Some(format!("Message {:?} is an event without a name.", event.message.name()))
    } else if !is_snake_case(name) {
        Some(format!("Event name {name:?} should be snake_case, such as {:?}.", words::split(name).join("_")))
    } else if name.len() > EVENT_NAME_CHARACTERS_MAX {
        Some(format!("Event name {name:?} has {} characters; {EVENT_NAME_CHARACTERS_MAX} are possible.", name.len()))
    } else {
        let broken = pattern.filter(|pattern| !pattern.matches(name));
        broken.map(|pattern| format!("Event name {name:?} should match the convention {:?}.", pattern.to_string()))
    };
    if let Some(complaint) = complaint {
        sink.report("EVENT_NAME", event.file, &place, complaint);
    }
    if TABLE_NAMES.contains(&name) {
        sink.report("EVENT_NAME_RESERVED", event.file, &place, format!("Event name {name:?} is a table of Judi's."));
    } else if is_envelope_column(name) {
        let text = format!("Event name {name:?} is a column that every event has.");
        sink.report("EVENT_NAME_RESERVED", event.file, &place, text);
    }
}

fn check_unique(event: &Event<'_, '_>, all: &[Event<'_, '_>], sink: &mut Sink<'_>) {
    let name = event.options.name.as_str();
    let is_same = |other: &&Event<'_, '_>| other.options.name == name && other.message != event.message;
    if name.is_empty() {
        return;
    }
    if let Some(other) = all.iter().find(is_same) {
        let at = Place { file: other.file.path.clone(), ..Place::of_message(&other.message) };
        let text = format!("Event name {name:?} is the name of {} ({at}), too.", other.message.full_name());
        sink.report("EVENT_NAME_UNIQUE", event.file, &event.place(EVENT_NAME), text);
    }
}

fn check_message_name(event: &Event<'_, '_>, sink: &mut Sink<'_>) {
    let (prefix, suffix) = (&sink.conventions.message_prefix, &sink.conventions.message_suffix);
    let name = event.message.name();
    if name.starts_with(prefix.as_str()) && name.ends_with(suffix.as_str()) {
        return;
    }
    let text = match (prefix.is_empty(), suffix.is_empty()) {
        (false, true) => format!("Event message {name:?} should be prefixed with {prefix:?}."),
        (true, _) => format!("Event message {name:?} should be suffixed with {suffix:?}."),
        (false, false) => format!("Event message {name:?} should begin with {prefix:?} and end with {suffix:?}."),
    };
    sink.report("EVENT_MESSAGE_NAME", event.file, &[event.message.path(), &[NAME]].concat(), text);
}

fn check_owner(event: &Event<'_, '_>, sink: &mut Sink<'_>) {
    let (name, owner) = (event.options.name.as_str(), event.options.owner.trim());
    let owners = &sink.conventions.owners;
    let text = if owner.is_empty() {
        format!("Event {name:?} has no owner: say who answers for it.")
    } else if owners.is_empty() || owners.iter().any(|known| known == owner) {
        return;
    } else {
        let near = nearest(owner, owners.iter().map(String::as_str));
        let hint = near.map_or_else(|| format!("one of {}", owners.join(", ")), |near| format!("is it {near:?}?"));
        format!("Owner {owner:?} of event {name:?} is none of the conventions' owners: {hint}")
    };
    sink.report("EVENT_OWNER", event.file, &event.place(EVENT_OWNER), text);
}

fn check_description(event: &Event<'_, '_>, sink: &mut Sink<'_>) {
    let (name, description) = (event.options.name.as_str(), event.options.description.trim());
    let said = words::split(description).join(" ");
    let text = if description.is_empty() {
        format!("Event {name:?} has no description: say what it means, in a sentence that a newcomer understands.")
    } else if said.is_empty() || PLACEHOLDERS.contains(&said.as_str()) || said == words::split(name).join(" ") {
        format!("The description {description:?} of event {name:?} does not say what it means.")
    } else {
        return;
    };
    sink.report("EVENT_DESCRIPTION", event.file, &event.place(EVENT_DESCRIPTION), text);
}
