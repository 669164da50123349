//! From a call to an event: which one, its payload, and what of the call belongs to the context.
//!
//! In this order: what the mapping says; then properties (traits) whose name is a field's in any convention; then the
//! members that a kind has beside them (`name` and `category`, `groupId`, `previousId`). What finds no field is kept
//! with the event as any unknown field is, under its name in snake_case; a property whose field has another source
//! already is kept as `properties.<name>`. Nothing that a caller says is lost, but what the mapping drops.

use std::collections::BTreeSet;

use super::call::{Call, CallKind, member, text_of};
use super::coerce::{coerce, converted, replaced};
use super::mapping::{Mapping, Rule, Target};
use super::names::snake_case;
use crate::envelope::Context;
use crate::json;
use crate::model::{EventModel, Model};
use crate::plan::{FieldPlan, MessagePlan, Plans};
use crate::verdict::{Reason, Violation};

/// How much of a track name is quoted, in characters.
const NAME_CHARACTERS_MAX: usize = 100;

/// A call as an event.
#[derive(Debug, Clone, PartialEq)]
pub struct Mapped<'m> {
    /// Which event.
    pub event: &'m EventModel,
    /// Its message in protobuf.
    pub payload: Vec<u8>,
    /// What the mapping adds to the context; its fields win.
    pub context: Context,
}

/// Why a call is no event of the schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unmapped<'m> {
    /// The event that it would be, where it is known.
    pub event: Option<&'m EventModel>,
    /// What is wrong.
    pub violation: Violation,
}

/// The event that a call is by `mapping`, in the version `model`.
///
/// # Errors
/// `unknown_event` where there is none; else what its payload breaks.
pub fn map<'m>(mapping: &Mapping, model: &'m Model, call: &Call<'_>) -> Result<Mapped<'m>, Unmapped<'m>> {
    let name = call.name();
    let rule = mapping.rule(call.kind, &name);
    let event_name = rule.map_or_else(|| snake_case(&name), |rule| rule.event.clone());
    let Some(event) = model.event(&event_name) else {
        return Err(Unmapped { event: None, violation: unknown(call, &name, rule) });
    };
    let mut event_of = Filling {
        plans: &model.plans,
        plan: model.plans.message(event.message),
        json: "{".to_owned(),
        filled: BTreeSet::new(),
        context: Context::default(),
    };
    event_of.fill(call, rule);
    for (path, field) in &mapping.context {
        if let Some(text) = call.members.at(path).and_then(text_of) {
            *field.of(&mut event_of.context) = text.into_owned();
        }
    }
    let Filling { mut json, context, .. } = event_of;
    json.push('}');
    let mut payload = Vec::new();
    match json::to_wire(&model.plans, event.message, &json, &mut payload) {
        Ok(()) => Ok(Mapped { event, payload, context }),
        Err(violation) => Err(Unmapped { event: Some(event), violation }),
    }
}

/// A payload that is being written.
struct Filling<'m> {
    plans: &'m Plans,
    plan: &'m MessagePlan,
    json: String,
    /// Names of members that are written.
    filled: BTreeSet<String>,
    context: Context,
}

impl<'m> Filling<'m> {
    fn fill(&mut self, call: &Call<'_>, rule: Option<&Rule>) {
        let bag = call.bag();
        let none = Rule::default();
        let rule = rule.unwrap_or(&none);
        let mut used: BTreeSet<&str> = rule.dropped.iter().map(String::as_str).collect();
        let from_bag = rule.bag.iter().map(|(path, target)| (path, target, bag.at(path)));
        let beside = rule.call.iter().filter(|(path, _)| !(rule.bag.contains_key(*path) && bag.at(path).is_some()));
        let from_call = beside.map(|(path, target)| (path, target, call.members.at(path)));
        for (path, target, raw) in from_bag.clone().chain(from_call) {
            if let Some(raw) = raw {
                self.explicit(path, target, raw);
            }
        }
        used.extend(from_bag.map(|(path, ..)| path.as_str()));
        for (name, raw) in bag.iter().filter(|(name, _)| !used.contains(name)) {
            self.by_name(call.kind, name, raw);
        }
        for name in call.kind.own_members().iter().filter(|name| !rule.call.contains_key(**name)) {
            let snake = snake_case(name);
            // Libraries for browsers say it twice: beside the properties and among them.
            let is_said = bag.get(name).is_some() || self.filled.contains(&snake);
            if let Some(raw) = call.members.get(name).filter(|_| !is_said) {
                self.by_name(call.kind, name, raw);
            }
        }
    }

    fn explicit(&mut self, path: &str, target: &Target, raw: &str) {
        match target {
            Target::Context(field) => {
                if let Some(text) = text_of(raw) {
                    *field.of(&mut self.context) = text.into_owned();
                }
            }
            Target::Field { field: name, convert, values } => match self.plan.by_name(name) {
                Some((_, field)) => {
                    let value = replaced(values, raw);
                    let value = match convert {
                        Some(convert) => converted(*convert, field, &value),
                        None => value,
                    };
                    self.set(field, &value);
                }
                // A version without that field: what was to fill it is kept.
                None => self.keep(&snake_case(path), raw),
            },
        }
    }

    fn by_name(&mut self, kind: CallKind, name: &str, raw: &str) {
        let snake = snake_case(name);
        match self.plan.by_name(&snake).or_else(|| self.plan.by_name(name)) {
            Some((_, field)) if !self.filled.contains(&field.name) => self.set(field, raw),
            Some(_) => self.keep(&format!("{}.{name}", kind.bag()), raw),
            None if snake.is_empty() || self.filled.contains(&snake) => {
                self.keep(&format!("{}.{name}", kind.bag()), raw);
            }
            None => self.keep(&snake, raw),
        }
    }

    fn set(&mut self, field: &FieldPlan, raw: &str) {
        if let Some(value) = coerce(self.plans, field, raw) {
            self.filled.insert(field.name.clone());
            member(&mut self.json, &field.name, &value);
        }
    }

    /// Keeps what has no field, with the event's unknown members.
    fn keep(&mut self, name: &str, raw: &str) {
        if self.filled.insert(name.to_owned()) {
            member(&mut self.json, name, raw);
        }
    }
}

/// A word of a shell's command line that stands for nothing but itself: a sender's text, to be pasted by others.
fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', r"'\''"))
}

fn unknown(call: &Call<'_>, name: &str, rule: Option<&Rule>) -> Violation {
    let violation =
        |field: &str, detail: String| Violation { reason: Reason::UnknownEvent, field: field.to_owned(), detail };
    let shown: String = name.chars().take(NAME_CHARACTERS_MAX).collect();
    if let Some(rule) = rule {
        let what =
            if call.kind == CallKind::Track { format!("track name '{shown}'") } else { format!("{shown} calls") };
        let detail = format!("no event for {what}: segment.toml says {:?}, which the schema does not have", rule.event);
        return violation("", detail);
    }
    if call.kind != CallKind::Track {
        let detail = format!(
            "no event for {shown} calls; say which in schema/segment.toml under [{shown}], or `judi schema infer \
             {shown}` proposes one"
        );
        return violation("", detail);
    }
    if name.is_empty() {
        return violation("event", "the track call has no name".to_owned());
    }
    let detail = format!(
        "no event for track name '{shown}'; name one in schema/segment.toml, or `judi schema infer \
         {}` proposes one",
        quoted(&shown)
    );
    violation("", detail)
}
