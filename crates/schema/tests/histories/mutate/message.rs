//! Messages, events and the package: new ones, moves, and what goes.

use super::{Change, Target, any_field, any_scalar, one};
use crate::chance::Chance;
use crate::model::{EnumKey, EnumValue, Enumeration, Field, Home, Kind, Many, Message, MessageKey, Schema};
use crate::table::Row;

/// The most events of a history at one time.
const EVENTS_MAX: usize = 4;

pub(super) fn first(chance: &mut Chance) -> Schema {
    let mut schema = Schema { package: "news.v1".to_owned(), messages: Vec::new(), enums: Vec::new(), names: 0 };
    let kinds = chance.between(1, 2);
    for _ in 0..kinds {
        enumeration(&mut schema, chance);
    }
    held(&mut schema, chance);
    if chance.percent(40) {
        recursive(&mut schema, chance);
    }
    let events = chance.between(2, 3);
    for _ in 0..events {
        event(&mut schema, chance);
    }
    schema
}

/// A message for others to hold: of scalars, sometimes of nothing yet.
pub(super) fn held(schema: &mut Schema, chance: &mut Chance) -> MessageKey {
    let key = message(schema, "Part", None);
    if !chance.percent(10) {
        for _ in 0..chance.between(1, 3) {
            let name = schema.fresh_name("part");
            let number = schema.messages[key].give_number(0);
            let many = chance.pick(&[Many::Implicit, Many::Explicit, Many::Repeated]);
            let field = Field::new(number, name, Kind::Scalar(any_scalar(chance)), many);
            schema.messages[key].fields.push(field);
        }
    }
    key
}

/// A message that holds itself.
fn recursive(schema: &mut Schema, chance: &mut Chance) {
    let key = message(schema, "Node", None);
    let many = chance.pick(&[Many::Explicit, Many::Explicit, Many::Repeated]);
    for (kind, many) in [(Kind::Scalar(any_scalar(chance)), Many::Explicit), (Kind::Message(key), many)] {
        let name = schema.fresh_name("node");
        let number = schema.messages[key].give_number(0);
        schema.messages[key].fields.push(Field::new(number, name, kind, many));
    }
}

fn event(schema: &mut Schema, chance: &mut Chance) {
    let name = schema.fresh_name("event");
    let key = message(schema, "Event", Some(name));
    for _ in 0..chance.between(3, 6) {
        let field = any_field(schema, key, chance);
        schema.messages[key].fields.push(field);
    }
}

fn message(schema: &mut Schema, word: &str, event: Option<String>) -> MessageKey {
    let name = schema.fresh_name(word).replace('_', "");
    schema.messages.push(Message {
        name,
        home: Home::Events,
        moved_from: Vec::new(),
        event,
        is_gone: false,
        fields: Vec::new(),
        oneofs: Vec::new(),
        reserved_numbers: Vec::new(),
        reserved_names: Vec::new(),
        next_number: 1,
    });
    schema.messages.len() - 1
}

fn enumeration(schema: &mut Schema, chance: &mut Chance) {
    let name = schema.fresh_name("Kind").replace('_', "");
    let mut values = Vec::new();
    for number in 0..i32::try_from(chance.between(2, 4)).unwrap() {
        let name = schema.fresh_name("KIND");
        values.push(EnumValue { number, name, aliases: Vec::new() });
    }
    let next_number = i32::try_from(values.len()).unwrap();
    schema.enums.push(Enumeration {
        name,
        moved_from: Vec::new(),
        values,
        reserved_numbers: Vec::new(),
        reserved_names: Vec::new(),
        next_number,
    });
}

pub(super) fn event_added(schema: &Schema, chance: &mut Chance) -> Option<Change> {
    if schema.events().count() >= EVENTS_MAX {
        return None;
    }
    let mut after = schema.clone();
    event(&mut after, chance);
    let target = Target::Message(after.messages.len() - 1);
    Some(Change { row: Row::EventAdded, target, refused: None, published: Some(after) })
}

pub(super) fn event_deleted(schema: &Schema, chance: &mut Chance) -> Option<Change> {
    let holds = |key: MessageKey| schema.messages.iter().any(|message| message.home == Home::Inside(key));
    let events: Vec<MessageKey> = schema.events().filter(|key| !holds(*key)).collect();
    let key = one(&events, chance).filter(|_| schema.events().count() > 2)?;
    let mut after = schema.clone();
    after.messages[key].is_gone = true;
    Some(Change { row: Row::EventDeleted, target: Target::Message(key), refused: None, published: Some(after) })
}

/// Another name, another message around it, or another file; with what it was before, and without.
pub(super) fn moved(row: Row, schema: &Schema, chance: &mut Chance) -> Option<Change> {
    let with_moved_from = row == Row::MessageMoved;
    let mut after = schema.clone();
    let (messages, enums) = used(schema);
    if chance.percent(20) {
        let key = one(&enums, chance)?;
        let before = after.enum_full_name(key);
        after.enums[key].name = after.fresh_name("Kind").replace('_', "");
        let mut refused = after.clone();
        refused.enums[key].moved_from.clear();
        after.enums[key].moved_from.push(before);
        let refused = (!with_moved_from).then_some(refused);
        return Some(Change { row, target: Target::Enum(key), refused, published: Some(after) });
    }
    let key = one(&messages, chance)?;
    let before = schema.full_name(key);
    let is_leaf = after.messages[key].event.is_none()
        && after.messages[key].fields.iter().all(|field| matches!(field.kind, Kind::Scalar(_)));
    match chance.below(3) {
        0 if is_leaf => {
            let events: Vec<MessageKey> = schema.events().collect();
            let home = Home::Inside(one(&events, chance)?);
            after.messages[key].home = home;
        }
        1 if is_leaf => after.messages[key].home = Home::Shared,
        _ => after.messages[key].name = after.fresh_name("Moved").replace('_', ""),
    }
    if after.full_name(key) == before {
        return None;
    }
    let refused = after.clone();
    after.messages[key].moved_from.push(before);
    // What is declared inside moves with it.
    let refused = (!with_moved_from).then_some(refused);
    Some(Change { row, target: Target::Message(key), refused, published: Some(after) })
}

/// What events are, or hold on any level: what nobody holds may go, and come, as it likes.
fn used(schema: &Schema) -> (Vec<MessageKey>, Vec<EnumKey>) {
    let (mut messages, mut enums): (Vec<MessageKey>, Vec<EnumKey>) = (schema.events().collect(), Vec::new());
    let mut at = 0;
    while let Some(key) = messages.get(at).copied() {
        for field in &schema.messages[key].fields {
            match field.kind {
                Kind::Message(key) if !messages.contains(&key) => messages.push(key),
                Kind::Enum(key) if !enums.contains(&key) => enums.push(key),
                _ => {}
            }
        }
        at += 1;
    }
    (messages, enums)
}

pub(super) fn package(schema: &Schema, chance: &mut Chance) -> Option<Change> {
    let mut after = schema.clone();
    after.package = format!("news.v{}", after.names + chance.between(2, 9));
    after.names += 10;
    Some(Change { row: Row::PackageChanged, target: Target::All, refused: None, published: Some(after) })
}
