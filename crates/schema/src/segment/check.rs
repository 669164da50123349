//! Whether a mapping and a version of the schema go together: every event and field that it names is there.

use super::mapping::{Mapping, Rule, Target};
use super::parse::{Reader, hint};
use crate::error::SchemaError;
use crate::model::Model;

/// Checks a mapping, whose text is `text`, against a version.
///
/// # Errors
/// [`SchemaError::Refused`] at the first name that the version does not have.
pub fn check(mapping: &Mapping, text: &str, model: &Model) -> Result<(), SchemaError> {
    let reader = Reader { text };
    mapping.rules().try_for_each(|rule| check_rule(rule, &reader, model))
}

fn check_rule(rule: &Rule, reader: &Reader<'_>, model: &Model) -> Result<(), SchemaError> {
    let at = |start: usize| start..start;
    let Some(event) = model.event(&rule.event) else {
        let names: Vec<&str> = model.events.iter().map(|event| event.name.as_str()).collect();
        let cause = format!("the schema has no event {:?}", rule.event);
        return Err(reader.refuse(&at(rule.places.event), cause, hint(&rule.event, &names)));
    };
    let plan = model.plans.message(event.message);
    for target in rule.bag.values().chain(rule.call.values()) {
        let Target::Field { field, .. } = target else { continue };
        if plan.by_name(field).is_none() {
            let names: Vec<&str> = plan.fields.iter().map(|field| field.name.as_str()).collect();
            let cause = format!("the event {:?} has no field {field:?}", rule.event);
            let start = rule.places.targets.get(field).copied().unwrap_or(rule.places.event);
            return Err(reader.refuse(&at(start), cause, hint(field, &names)));
        }
    }
    Ok(())
}
