//! One change for each row of the verdict table: as it is first tried, and as it is published.

mod enumeration;
mod field;
mod message;

use crate::chance::Chance;
use crate::model::{EnumKey, Field, Kind, Many, MessageKey, Scalar, Schema};
use crate::table::Row;

/// One change of a schema.
#[derive(Debug, Clone)]
pub(crate) struct Change {
    pub(crate) row: Row,
    /// What the change is of: two of one version are of two targets, so that neither hides the other.
    pub(crate) target: Target,
    /// As it must be refused.
    pub(crate) refused: Option<Schema>,
    /// As it is published; none: its way out is to leave it.
    pub(crate) published: Option<Schema>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Target {
    Message(MessageKey),
    Enum(EnumKey),
    All,
}

/// A change of this row, if the schema has something that can be changed so. `with_rules`: whether
/// `buf.validate` may be used.
pub(crate) fn change(row: Row, schema: &Schema, with_rules: bool, chance: &mut Chance) -> Option<Change> {
    match row {
        Row::FieldAdded => field::added(schema, chance),
        Row::FieldDeleted | Row::FieldDeletedUnreserved => field::deleted(row, schema, chance),
        Row::FieldRenumbered => field::renumbered(schema, chance),
        Row::FieldRenamed | Row::FieldRenamedWithoutAlias => field::renamed(row, schema, chance),
        Row::Widened | Row::WidenedUnsigned => field::widened(row, schema, chance),
        Row::Narrowed | Row::TypeChanged => field::retyped(row, schema, chance),
        Row::SingularRepeated => field::many_or_one(schema, chance),
        Row::IntoNewOneof => field::into_new_oneof(schema, chance),
        Row::SeveralIntoOneof => field::several_into_oneof(schema, chance),
        Row::IntoExistingOneof => field::into_existing_oneof(schema, chance),
        Row::Presence => field::presence(schema, chance),
        Row::RuleTightened => field::tightened(schema, with_rules, chance),
        Row::EnumValueAdded => enumeration::added(schema, chance),
        Row::EnumValueRenamed | Row::EnumValueRenamedWithoutAlias => enumeration::renamed(row, schema, chance),
        Row::EnumValueDeleted | Row::EnumValueDeletedUnreserved => enumeration::deleted(row, schema, chance),
        Row::MessageMoved | Row::MessageMovedUnsaid => message::moved(row, schema, chance),
        Row::PackageChanged => message::package(schema, chance),
        Row::EventAdded => message::event_added(schema, chance),
        Row::EventDeleted => message::event_deleted(schema, chance),
    }
}

/// The schema of a history's first version.
pub(crate) fn first(chance: &mut Chance) -> Schema {
    message::first(chance)
}

/// The fields that `wanted` picks, with their messages.
fn fields(schema: &Schema, wanted: impl Fn(MessageKey, &Field) -> bool) -> Vec<(MessageKey, u32)> {
    let messages = (0..schema.messages.len()).filter_map(|key| Some((key, schema.message(key)?)));
    let all = messages.flat_map(|(key, message)| message.fields.iter().map(move |field| (key, field)));
    all.filter(|(key, field)| wanted(*key, field)).map(|(key, field)| (key, field.number)).collect()
}

/// One of what was found.
fn one<T: Copy>(found: &[T], chance: &mut Chance) -> Option<T> {
    if found.is_empty() { None } else { Some(chance.pick(found)) }
}

const WORDS: [&str; 8] = ["title", "section", "depth_percent", "reader", "source", "kind", "position", "tag"];

/// A field of any type that the message may hold.
fn any_field(schema: &mut Schema, key: MessageKey, chance: &mut Chance) -> Field {
    let name = schema.fresh_name(chance.pick(&WORDS));
    let kind = any_kind(schema, key, chance);
    let many = any_many(kind, chance);
    let gap = if chance.percent(10) { 60 } else { 0 };
    let number = schema.messages[key].give_number(gap);
    Field::new(number, name, kind, many)
}

fn any_many(kind: Kind, chance: &mut Chance) -> Many {
    match chance.below(10) {
        0..=3 if !kind.is_message() => Many::Implicit,
        0..=6 => Many::Explicit,
        7 | 8 => Many::Repeated,
        _ => Many::Map(chance.pick(&[Scalar::String, Scalar::Int32, Scalar::Uint64, Scalar::Bool])),
    }
}

fn any_scalar(chance: &mut Chance) -> Scalar {
    chance.pick(&[
        Scalar::Int32,
        Scalar::Int32,
        Scalar::Int64,
        Scalar::Uint32,
        Scalar::Uint32,
        Scalar::Uint64,
        Scalar::Sint32,
        Scalar::Sint64,
        Scalar::Fixed64,
        Scalar::Bool,
        Scalar::Float,
        Scalar::Double,
        Scalar::String,
        Scalar::String,
        Scalar::Bytes,
    ])
}

/// What is declared in `shared.proto` or inside another message holds scalars only, so that it can move anywhere.
fn any_kind(schema: &mut Schema, key: MessageKey, chance: &mut Chance) -> Kind {
    let is_event = schema.messages[key].event.is_some();
    match chance.below(20) {
        0..=2 if is_event && !schema.enums.is_empty() => Kind::Enum(chance.below(schema.enums.len())),
        3..=6 if is_event => {
            let held: Vec<MessageKey> = (0..schema.messages.len())
                .filter(|key| schema.message(*key).is_some_and(|it| it.event.is_none()))
                .collect();
            match one(&held, chance) {
                Some(held) if !chance.percent(25) => Kind::Message(held),
                _ => Kind::Message(message::held(schema, chance)),
            }
        }
        7 => Kind::Time,
        8 => Kind::Span,
        9 => Kind::Wrapper(chance.pick(&[Scalar::String, Scalar::Int64, Scalar::Uint64, Scalar::Bool])),
        _ => Kind::Scalar(any_scalar(chance)),
    }
}
