//! Values of enums: new ones, other names, and what goes.

use super::{Change, Target};
use crate::chance::Chance;
use crate::model::{EnumValue, Schema};
use crate::table::Row;

pub(super) fn added(schema: &Schema, chance: &mut Chance) -> Option<Change> {
    let key = chance.below(schema.enums.len());
    let mut after = schema.clone();
    let name = after.fresh_name("KIND");
    let it = &mut after.enums[key];
    let number = it.next_number + if chance.percent(10) { 70 } else { 0 };
    it.next_number = number + 1;
    it.values.push(EnumValue { number, name, aliases: Vec::new() });
    Some(Change { row: Row::EnumValueAdded, target: Target::Enum(key), refused: None, published: Some(after) })
}

pub(super) fn renamed(row: Row, schema: &Schema, chance: &mut Chance) -> Option<Change> {
    let key = chance.below(schema.enums.len());
    let mut after = schema.clone();
    let name = after.fresh_name("KIND");
    let values = &mut after.enums[key].values;
    let at = chance.below(values.len());
    let before = std::mem::replace(&mut values[at].name, name);
    let refused = after.clone();
    after.enums[key].values[at].aliases.push(before);
    let refused = (row == Row::EnumValueRenamedWithoutAlias).then_some(refused);
    Some(Change { row, target: Target::Enum(key), refused, published: Some(after) })
}

/// Never the value 0, which every enum must have.
pub(super) fn deleted(row: Row, schema: &Schema, chance: &mut Chance) -> Option<Change> {
    let key = chance.below(schema.enums.len());
    if schema.enums[key].values.len() < 3 {
        return None;
    }
    let mut after = schema.clone();
    let it = &mut after.enums[key];
    let at = chance.between(1, it.values.len() - 1);
    let gone = it.values.remove(at);
    let refused = after.clone();
    let it = &mut after.enums[key];
    it.reserved_numbers.push(gone.number);
    it.reserved_names.push(gone.name);
    let refused = (row == Row::EnumValueDeletedUnreserved).then_some(refused);
    Some(Change { row, target: Target::Enum(key), refused, published: Some(after) })
}
