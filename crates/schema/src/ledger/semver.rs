//! The semver of a version: what is gone makes it major, what is new minor, words alone a patch.

use std::collections::BTreeSet;

use crate::model::{FIRST_SEMVER, Model};
use crate::plan::{Cardinality, FieldKind, FieldPlan, MessagePlan, Plans};

/// `major.minor.patch`; `None` for anything else.
pub(super) fn parse(text: &str) -> Option<[u32; 3]> {
    let mut parts = text.split('.').map(|part| part.parse().ok().filter(|_| !part.starts_with('+')));
    let numbers = [parts.next()??, parts.next()??, parts.next()??];
    parts.next().is_none().then_some(numbers)
}

/// The semver of `new`, which follows the version `before` = (its semver, its model where that is known).
/// Without the model nobody can tell what changed; it is minor then.
pub(crate) fn next(before: Option<(&str, Option<&Model>)>, new: &Model) -> String {
    let Some((before, old)) = before else { return FIRST_SEMVER.to_owned() };
    let [major, minor, patch] = parse(before).unwrap_or([1, 0, 0]);
    let new = facts(new);
    let old = old.map(facts);
    match old {
        Some(old) if old.difference(&new).next().is_some() => format!("{}.0.0", major.saturating_add(1)),
        Some(old) if old == new => format!("{major}.{minor}.{}", patch.saturating_add(1)),
        Some(_) | None => format!("{major}.{}.0", minor.saturating_add(1)),
    }
}

/// What producers and readers may rely on, one line each: a line that goes breaks somebody.
fn facts(model: &Model) -> BTreeSet<String> {
    let mut facts = BTreeSet::new();
    for event in &model.events {
        facts.insert(format!("event {} {}", event.name, event.full_name));
    }
    for message in &model.plans.messages {
        for field in &message.fields {
            field_facts(&model.plans, message, field, &mut facts);
        }
    }
    facts
}

fn field_facts(plans: &Plans, message: &MessagePlan, field: &FieldPlan, facts: &mut BTreeSet<String>) {
    let place = format!("{} {}", message.full_name, field.number);
    let kind = match &field.kind {
        FieldKind::Scalar(kind) => format!("{kind:?}"),
        FieldKind::Message(id) => format!("message {}", plans.message(*id).full_name),
        FieldKind::Group(id) => format!("group {}", plans.message(*id).full_name),
        FieldKind::Enum(names) => {
            for (name, number) in &names.numbers {
                facts.insert(format!("enum {} {name} {number}", names.full_name));
            }
            format!("enum {}", names.full_name)
        }
    };
    let cardinality = match field.cardinality {
        Cardinality::Map(key) => format!("map {key:?}"),
        other => format!("{other:?}"),
    };
    let oneof = field.oneof.and_then(|oneof| message.oneofs.get(usize::from(oneof)));
    facts.insert(format!("field {place} {kind} {cardinality} {}", oneof.map_or("", String::as_str)));
    // Every name by which JSON may speak of the field: one that stays as an alias is not gone.
    let spoken = message.names.iter().filter(|(_, index)| {
        message.fields.get(usize::from(**index)).is_some_and(|named| named.number == field.number)
    });
    facts.extend(spoken.map(|(name, _)| format!("name {place} {name}")));
    if !field.required {
        // Producers rely on being allowed to leave it out.
        facts.insert(format!("may miss {place}"));
    }
}
