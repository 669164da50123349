//! Fields: new ones, other names, numbers and types, oneofs, presence, rules, and what goes.

use super::{Change, Target, any_field, fields, one};
use crate::chance::Chance;
use crate::model::{Field, Kind, Many, Message, MessageKey, Rule, Scalar, Schema};
use crate::table::Row;

pub(super) fn added(schema: &Schema, chance: &mut Chance) -> Option<Change> {
    let all: Vec<MessageKey> = (0..schema.messages.len()).filter(|key| schema.message(*key).is_some()).collect();
    let key = one(&all, chance)?;
    let mut after = schema.clone();
    let mut field = any_field(&mut after, key, chance);
    let oneofs = after.messages[key].oneofs.len();
    let can_join = matches!(field.many, Many::Implicit | Many::Explicit) && oneofs > 0;
    if can_join && chance.percent(50) {
        let oneof = chance.below(oneofs);
        if after.messages[key].members(oneof).next().is_some() {
            field.oneof = Some(oneof);
            field.many = Many::Explicit;
        }
    }
    after.messages[key].fields.push(field);
    Some(published(Row::FieldAdded, key, after))
}

pub(super) fn deleted(row: Row, schema: &Schema, chance: &mut Chance) -> Option<Change> {
    let (key, number) = one(&fields(schema, |key, _| schema.messages[key].fields.len() > 1), chance)?;
    let mut refused = schema.clone();
    refused.messages[key].fields.retain(|field| field.number != number);
    let mut after = schema.clone();
    after.messages[key].retire(number);
    let refused = (row == Row::FieldDeletedUnreserved).then_some(refused);
    Some(Change { row, target: Target::Message(key), refused, published: Some(after) })
}

pub(super) fn renumbered(schema: &Schema, chance: &mut Chance) -> Option<Change> {
    let (key, number) = one(&fields(schema, |_, _| true), chance)?;
    let mut refused = schema.clone();
    let message = &mut refused.messages[key];
    let fresh = message.give_number(0);
    field_mut(message, number).number = fresh;
    Some(Change { row: Row::FieldRenumbered, target: Target::Message(key), refused: Some(refused), published: None })
}

pub(super) fn renamed(row: Row, schema: &Schema, chance: &mut Chance) -> Option<Change> {
    let (key, number) = one(&fields(schema, |_, _| true), chance)?;
    let mut after = schema.clone();
    let name = after.fresh_name(chance.pick(&super::WORDS));
    let field = field_mut(&mut after.messages[key], number);
    let before = std::mem::replace(&mut field.name, name);
    let refused = after.clone();
    field_mut(&mut after.messages[key], number).aliases.push(before);
    let refused = (row == Row::FieldRenamedWithoutAlias).then_some(refused);
    Some(Change { row, target: Target::Message(key), refused, published: Some(after) })
}

/// To a type that holds every value, and reads the same bytes as the same values.
pub(super) fn widened(row: Row, schema: &Schema, chance: &mut Chance) -> Option<Change> {
    let is_single = |field: &Field| matches!(field.many, Many::Implicit | Many::Explicit);
    let wider = |field: &Field| match field.kind {
        Kind::Scalar(Scalar::Uint32) if row == Row::WidenedUnsigned && is_single(field) => Some(Scalar::Uint64),
        Kind::Scalar(Scalar::Int32 | Scalar::Uint32) if row == Row::Widened => Some(Scalar::Int64),
        Kind::Scalar(Scalar::Sint32) if row == Row::Widened => Some(Scalar::Sint64),
        _ => None,
    };
    let (key, number) = one(&fields(schema, |_, field| wider(field).is_some()), chance)?;
    let mut after = schema.clone();
    let field = field_mut(&mut after.messages[key], number);
    field.kind = Kind::Scalar(wider(field)?);
    Some(published(row, key, after))
}

/// Refused under its number; as a field of its own that replaces the old one.
pub(super) fn retyped(row: Row, schema: &Schema, chance: &mut Chance) -> Option<Change> {
    let wanted = |_: MessageKey, field: &Field| match field.kind {
        Kind::Scalar(scalar) => (row == Row::Narrowed) == (scalar == Scalar::Int64),
        Kind::Enum(_) | Kind::Time => row == Row::TypeChanged,
        _ => false,
    };
    let (key, number) = one(&fields(schema, wanted), chance)?;
    let from = schema.field(key, number)?.kind;
    let to = match from {
        Kind::Scalar(Scalar::Int64) => chance.pick(&[Scalar::Int32, Scalar::Bool]),
        Kind::Scalar(Scalar::String) => chance.pick(&[Scalar::Bytes, Scalar::Int64, Scalar::Double]),
        Kind::Scalar(Scalar::Int32) => chance.pick(&[Scalar::Sint32, Scalar::Double, Scalar::Uint32]),
        Kind::Enum(_) => chance.pick(&[Scalar::Int32, Scalar::String]),
        _ => Scalar::String,
    };
    let mut refused = schema.clone();
    let field = field_mut(&mut refused.messages[key], number);
    field.kind = Kind::Scalar(to);
    field.rule = None;
    // Only where JSON of either type is refused by the other does the oracle know whose the name is: an int64 is
    // text that a string takes.
    let is_told = matches!(
        (from, to),
        (Kind::Scalar(Scalar::String), Scalar::Double) | (Kind::Scalar(Scalar::Bool), Scalar::String)
    );
    let keeps_name = is_told && schema.field(key, number)?.many == Many::Explicit && chance.percent(50);
    let after = replaced(schema, key, number, keeps_name, |field| field.kind = Kind::Scalar(to));
    Some(Change { row, target: Target::Message(key), refused: Some(refused), published: Some(after) })
}

pub(super) fn many_or_one(schema: &Schema, chance: &mut Chance) -> Option<Change> {
    let wanted = |_: MessageKey, field: &Field| field.oneof.is_none() && !matches!(field.many, Many::Map(_));
    let (key, number) = one(&fields(schema, wanted), chance)?;
    let turned = |field: &mut Field| {
        field.many = if field.many == Many::Repeated { Many::Explicit } else { Many::Repeated };
        field.rule = None;
    };
    let mut refused = schema.clone();
    turned(field_mut(&mut refused.messages[key], number));
    let mut after = replaced(schema, key, number, false, turned);
    if let Some(field) = after.messages[key].fields.last_mut() {
        // One value is no list: the views of the two stand side by side.
        field.replaces = 0;
    }
    Some(Change {
        row: Row::SingularRepeated,
        target: Target::Message(key),
        refused: Some(refused),
        published: Some(after),
    })
}

pub(super) fn into_new_oneof(schema: &Schema, chance: &mut Chance) -> Option<Change> {
    let (key, number) = one(&fields(schema, |_, field| can_join(field)), chance)?;
    let mut after = schema.clone();
    let name = after.fresh_name("choice");
    let message = &mut after.messages[key];
    message.oneofs.push(name);
    let oneof = message.oneofs.len() - 1;
    join(message, number, oneof);
    Some(published(Row::IntoNewOneof, key, after))
}

pub(super) fn several_into_oneof(schema: &Schema, chance: &mut Chance) -> Option<Change> {
    let joining = |message: &Message| -> Vec<u32> {
        message.fields.iter().filter(|field| can_join(field)).map(|field| field.number).collect()
    };
    let messages: Vec<MessageKey> = (0..schema.messages.len())
        .filter(|key| schema.message(*key).is_some_and(|message| joining(message).len() > 1))
        .collect();
    let key = one(&messages, chance)?;
    let numbers = joining(&schema.messages[key]);
    let mut refused = schema.clone();
    let name = refused.fresh_name("choice");
    let message = &mut refused.messages[key];
    message.oneofs.push(name.clone());
    let oneof = message.oneofs.len() - 1;
    numbers.iter().take(2).for_each(|number| join(message, *number, oneof));
    // The first may move; the second becomes a field of its own.
    let mut after = schema.clone();
    after.names = refused.names;
    after.messages[key].oneofs.push(name);
    join(&mut after.messages[key], numbers[0], oneof);
    let after = replaced(&after, key, numbers[1], false, |field| {
        field.many = Many::Explicit;
        field.oneof = Some(oneof);
    });
    let target = Target::Message(key);
    Some(Change { row: Row::SeveralIntoOneof, target, refused: Some(refused), published: Some(after) })
}

pub(super) fn into_existing_oneof(schema: &Schema, chance: &mut Chance) -> Option<Change> {
    let has_oneof = |key: MessageKey| schema.messages[key].fields.iter().any(|field| field.oneof.is_some());
    let (key, number) = one(&fields(schema, |key, field| can_join(field) && has_oneof(key)), chance)?;
    let oneof = schema.messages[key].fields.iter().find_map(|field| field.oneof)?;
    let mut refused = schema.clone();
    join(&mut refused.messages[key], number, oneof);
    let after = replaced(schema, key, number, false, |field| {
        field.many = Many::Explicit;
        field.oneof = Some(oneof);
    });
    let target = Target::Message(key);
    Some(Change { row: Row::IntoExistingOneof, target, refused: Some(refused), published: Some(after) })
}

pub(super) fn presence(schema: &Schema, chance: &mut Chance) -> Option<Change> {
    let wanted = |_: MessageKey, field: &Field| field.is_plain() && field.oneof.is_none() && field.rule.is_none();
    let (key, number) = one(&fields(schema, wanted), chance)?;
    let mut after = schema.clone();
    let field = field_mut(&mut after.messages[key], number);
    field.many = if field.many == Many::Implicit { Many::Explicit } else { Many::Implicit };
    Some(published(Row::Presence, key, after))
}

/// Of events only: a rule on a part would be judged wherever the part is.
pub(super) fn tightened(schema: &Schema, with_rules: bool, chance: &mut Chance) -> Option<Change> {
    let rule = |field: &Field, chance: &mut Chance| match (field.kind, field.rule) {
        (Kind::Scalar(Scalar::String), None) if with_rules => Some(Rule::LengthMax(chance.between(4, 12))),
        (Kind::Scalar(Scalar::String), Some(Rule::LengthMax(most))) if most > 2 => Some(Rule::LengthMax(most - 1)),
        (Kind::Scalar(Scalar::Int64), None) if with_rules => Some(Rule::Most(1000)),
        (Kind::Scalar(Scalar::Int64), Some(Rule::Most(most))) => Some(Rule::Most(most / 2)),
        (_, None) => Some(Rule::Required),
        _ => None,
    };
    let wanted = |key: MessageKey, field: &Field| {
        schema.messages[key].event.is_some() && field.many == Many::Explicit && field.oneof.is_none()
    };
    let (key, number) = one(&fields(schema, wanted), chance)?;
    let rule = rule(schema.field(key, number)?, chance)?;
    let mut after = schema.clone();
    field_mut(&mut after.messages[key], number).rule = Some(rule);
    Some(published(Row::RuleTightened, key, after))
}

fn published(row: Row, key: MessageKey, after: Schema) -> Change {
    Change { row, target: Target::Message(key), refused: None, published: Some(after) }
}

fn field_mut(message: &mut Message, number: u32) -> &mut Field {
    message.fields.iter_mut().find(|field| field.number == number).unwrap()
}

fn can_join(field: &Field) -> bool {
    let is_single = matches!(field.many, Many::Implicit | Many::Explicit);
    is_single && field.oneof.is_none() && field.rule.is_none()
}

fn join(message: &mut Message, number: u32, oneof: usize) {
    let field = field_mut(message, number);
    field.oneof = Some(oneof);
    field.many = Many::Explicit;
}

/// The schema with a new field in the stead of an old one, whose number is reserved.
fn replaced(schema: &Schema, key: MessageKey, number: u32, keeps_name: bool, turn: impl Fn(&mut Field)) -> Schema {
    let mut after = schema.clone();
    let fresh_name = after.fresh_name("instead");
    let message = &mut after.messages[key];
    let fresh = message.give_number(0);
    let old = message.retire(number);
    let mut field = Field { number: fresh, name: fresh_name, aliases: Vec::new(), replaces: number, rule: None, ..old };
    if keeps_name {
        message.reserved_names.pop();
        field.name = old.name;
    }
    turn(&mut field);
    message.fields.push(field);
    after
}
