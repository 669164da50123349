//! What an app under test should have sent, and what of it has not come. Pure: the inspector's events in, findings out.
//!
//! ```toml
//! bad = 0                                  # wrong events that are allowed; 0 where nothing is said
//! ordered = true                           # the events come in this order, by sequence number and time
//!
//! [[event]]
//! name = "article_view"
//! count = 1                                # or at_least, at_most; at_least = 1 where nothing is said
//! where = { "payload.article_id" = "/articles/elk", "context.platform" = "web", "payload.percent" = { at_least = 50 } }
//! ```
//! A condition is a value, or one or more of `matches` (a regular expression for the whole text), `present`, `at_least`,
//! `at_most`. A path goes from the event as the inspector shows it: `payload.…`, `context.…`, `sequence`, `source`.

use std::collections::BTreeMap;
use std::fmt::Write;

use regex::Regex;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use thiserror::Error;

use crate::shown::Shown;

/// The most expectations of one file.
const EXPECTATIONS_MAX: usize = 1_000;

/// What is expected.
#[derive(Debug)]
pub struct Expectations {
    bad_max: u64,
    ordered: bool,
    events: Vec<Expected>,
}

/// A file that says nothing that could be checked.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{place}{message}")]
pub struct ExpectationsError {
    /// `line:column: `, where it is known.
    pub place: String,
    /// What is wrong.
    pub message: String,
}

/// An expectation that is not met.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unmet {
    /// What was expected.
    pub expected: String,
    /// What came.
    pub seen: String,
    /// The event that is nearest to what was expected, or the first wrong one, with what is different.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nearest: Option<String>,
}

#[derive(Debug)]
struct Expected {
    name: String,
    at_least: u64,
    at_most: u64,
    conditions: BTreeMap<String, Condition>,
}

/// Everything that a value must be.
#[derive(Debug)]
struct Condition {
    equals: Option<Value>,
    matches: Option<Regex>,
    present: Option<bool>,
    at_least: Option<f64>,
    at_most: Option<f64>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WireFile {
    #[serde(default)]
    bad: u64,
    #[serde(default)]
    ordered: bool,
    #[serde(default)]
    event: Vec<WireEvent>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WireEvent {
    name: String,
    count: Option<u64>,
    at_least: Option<u64>,
    at_most: Option<u64>,
    #[serde(default, rename = "where")]
    conditions: BTreeMap<String, toml::Value>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WireCondition {
    matches: Option<String>,
    present: Option<bool>,
    at_least: Option<f64>,
    at_most: Option<f64>,
}

impl Expectations {
    /// Reads a file of expectations.
    ///
    /// # Errors
    /// What is no TOML, names what is not known, or contradicts itself.
    pub fn parse(text: &str) -> Result<Self, ExpectationsError> {
        let file: WireFile = toml::from_str(text).map_err(|error| {
            let place = error.span().map_or_else(String::new, |span| place(text, span.start));
            ExpectationsError { place, message: error.message().to_owned() }
        })?;
        if file.event.len() > EXPECTATIONS_MAX {
            return Err(refused(format!("more than {EXPECTATIONS_MAX} expectations")));
        }
        let events = file.event.into_iter().map(Expected::of).collect::<Result<_, _>>()?;
        Ok(Self { bad_max: file.bad, ordered: file.ordered, events })
    }

    /// Whether waiting longer may meet what is not met yet, once everything that must come has come: nothing more
    /// may come then.
    #[must_use]
    pub fn forbids(&self) -> bool {
        self.events.iter().any(|event| event.at_most < u64::MAX) || self.bad_max < u64::MAX
    }

    /// What of it is not met by these events.
    #[must_use]
    pub fn unmet(&self, good: &[Shown], bad: &[Shown]) -> Vec<Unmet> {
        let good: Vec<Value> = good.iter().map(as_json).collect();
        let mut unmet: Vec<Unmet> = self.events.iter().filter_map(|event| event.unmet(&good)).collect();
        if bad.len() as u64 > self.bad_max {
            unmet.push(Unmet {
                expected: format!("at most {} wrong", self.bad_max),
                seen: format!("{} wrong", bad.len()),
                nearest: bad.first().map(|shown| {
                    let detail = shown.detail.as_deref().unwrap_or_default();
                    format!(
                        "{} {}: {}: {detail}",
                        shown.event,
                        shown.event_id,
                        shown.reason.as_deref().unwrap_or_default()
                    )
                }),
            });
        }
        if self.ordered && unmet.is_empty() {
            unmet.extend(self.disorder(&good));
        }
        unmet
    }

    /// The first expectation whose event does not come after that of the one before it.
    fn disorder(&self, good: &[Value]) -> Option<Unmet> {
        let mut events: Vec<&Value> = good.iter().collect();
        events.sort_by_key(|event| {
            let sequence = event.get("sequence").and_then(Value::as_u64);
            let time = event.get("event_time").and_then(Value::as_str).unwrap_or_default();
            (sequence.is_none(), sequence, time.to_owned())
        });
        let mut left = events.as_slice();
        let mut before: Option<&Expected> = None;
        for expected in self.events.iter().filter(|expected| expected.at_least > 0) {
            match left.iter().position(|event| expected.is_met_by(event)) {
                Some(at) => left = left.get(at + 1..).unwrap_or_default(),
                None => {
                    let after = before.map_or_else(String::new, |before| format!(" after {}", before.text()));
                    let expected = format!("{}{after}", expected.text());
                    return Some(Unmet { expected, seen: "it came, but not there".to_owned(), nearest: None });
                }
            }
            before = Some(expected);
        }
        None
    }
}

impl Expected {
    fn of(wire: WireEvent) -> Result<Self, ExpectationsError> {
        let (at_least, at_most) = match (wire.count, wire.at_least, wire.at_most) {
            (Some(count), None, None) => (count, count),
            (None, None, None) => (1, u64::MAX),
            (None, at_least, at_most) => (at_least.unwrap_or(0), at_most.unwrap_or(u64::MAX)),
            (Some(_), _, _) => {
                return Err(refused(format!("{}: count says it all; leave out at_least and at_most", wire.name)));
            }
        };
        if at_least > at_most {
            return Err(refused(format!("{}: at_least {at_least} is more than at_most {at_most}", wire.name)));
        }
        let condition =
            |(path, value): (String, toml::Value)| Ok((path.clone(), Condition::of(&wire.name, &path, value)?));
        let conditions =
            wire.conditions.clone().into_iter().map(condition).collect::<Result<_, ExpectationsError>>()?;
        Ok(Self { name: wire.name, at_least, at_most, conditions })
    }

    fn unmet(&self, good: &[Value]) -> Option<Unmet> {
        let count = good.iter().filter(|event| self.is_met_by(event)).count() as u64;
        if (self.at_least..=self.at_most).contains(&count) {
            return None;
        }
        let wanted = match (self.at_least, self.at_most) {
            (least, most) if least == most => format!("exactly {least}"),
            (least, u64::MAX) => format!("at least {least}"),
            (0, most) => format!("at most {most}"),
            (least, most) => format!("{least} to {most}"),
        };
        let nearest = if count < self.at_least { self.nearest(good) } else { None };
        Some(Unmet { expected: format!("{wanted} {}", self.text()), seen: format!("{count}"), nearest })
    }

    fn is_met_by(&self, event: &Value) -> bool {
        text_of(event, "event") == self.name
            && self.conditions.iter().all(|(path, condition)| condition.is_met_by(at(event, path)))
    }

    /// The event of the name that differs least, and how.
    fn nearest(&self, good: &[Value]) -> Option<String> {
        let differing = |event: &Value| -> Vec<String> {
            let unmet = self.conditions.iter().filter(|(path, condition)| !condition.is_met_by(at(event, path)));
            unmet
                .map(|(path, _)| format!("{path} is {}", at(event, path).map_or("absent".to_owned(), Value::to_string)))
                .collect()
        };
        let candidates = good.iter().filter(|event| text_of(event, "event") == self.name);
        let (event, differences) = candidates
            .map(|event| (event, differing(event)))
            .filter(|(_, differing)| !differing.is_empty())
            .min_by_key(|(_, differing)| differing.len())?;
        Some(format!("{} {}: {}", self.name, text_of(event, "event_id"), differences.join(", ")))
    }

    fn text(&self) -> String {
        let mut text = self.name.clone();
        for (index, (path, condition)) in self.conditions.iter().enumerate() {
            let joint = if index == 0 { " where" } else { " and" };
            // Writing to a String cannot fail.
            let _ = write!(text, "{joint} {path} {}", condition.text());
        }
        text
    }
}

impl Condition {
    fn of(event: &str, path: &str, value: toml::Value) -> Result<Self, ExpectationsError> {
        let none = Self { equals: None, matches: None, present: None, at_least: None, at_most: None };
        let toml::Value::Table(_) = value else {
            return Ok(Self { equals: Some(json_of(value)), ..none });
        };
        let wrong = |message: String| refused(format!("{event}: {path}: {message}"));
        let wire: WireCondition =
            value.try_into().map_err(|error: toml::de::Error| wrong(error.message().to_owned()))?;
        let matches = wire
            .matches
            .map(|pattern| Regex::new(&format!("^(?:{pattern})$")).map_err(|error| wrong(error.to_string())));
        Ok(Self {
            equals: None,
            matches: matches.transpose()?,
            present: wire.present,
            at_least: wire.at_least,
            at_most: wire.at_most,
        })
    }

    fn is_met_by(&self, value: Option<&Value>) -> bool {
        let number = value.and_then(number);
        let text = value.map(|value| value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned));
        self.present.is_none_or(|present| present == value.is_some())
            && self.equals.as_ref().is_none_or(|wanted| value.is_some_and(|value| are_equal(wanted, value)))
            && self.matches.as_ref().is_none_or(|pattern| text.is_some_and(|text| pattern.is_match(&text)))
            && self.at_least.is_none_or(|least| number.is_some_and(|number| number >= least))
            && self.at_most.is_none_or(|most| number.is_some_and(|number| number <= most))
    }

    fn text(&self) -> String {
        let parts = [
            self.equals.as_ref().map(|value| format!("= {value}")),
            self.matches.as_ref().map(|pattern| format!("matches {pattern}")),
            self.present.map(|present| if present { "is there".to_owned() } else { "is absent".to_owned() }),
            self.at_least.map(|least| format!(">= {least}")),
            self.at_most.map(|most| format!("<= {most}")),
        ];
        parts.into_iter().flatten().collect::<Vec<_>>().join(" and ")
    }
}

/// Protobuf's JSON writes 64-bit numbers as text: for a number that is expected, such text is one.
fn are_equal(wanted: &Value, value: &Value) -> bool {
    match (wanted.as_f64(), number(value)) {
        (Some(wanted), Some(number)) => wanted.total_cmp(&number).is_eq(),
        _ => wanted == value,
    }
}

fn number(value: &Value) -> Option<f64> {
    value.as_f64().or_else(|| value.as_str()?.parse().ok())
}

/// The value at `payload.article_id`, `context.platform`, `sequence`.
fn at<'v>(event: &'v Value, path: &str) -> Option<&'v Value> {
    path.split('.').try_fold(event, |value, part| match value {
        Value::Array(values) => values.get(part.parse::<usize>().ok()?),
        value => value.get(part),
    })
}

fn text_of<'v>(event: &'v Value, name: &str) -> &'v str {
    event.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn as_json(shown: &Shown) -> Value {
    serde_json::to_value(shown).unwrap_or_default()
}

fn json_of(value: toml::Value) -> Value {
    match value {
        // A time stands in JSON as its text.
        toml::Value::Datetime(time) => Value::String(time.to_string()),
        other => serde_json::to_value(other).unwrap_or_default(),
    }
}

fn refused(message: String) -> ExpectationsError {
    ExpectationsError { place: String::new(), message }
}

fn place(text: &str, at: usize) -> String {
    let before = text.get(..at).unwrap_or(text);
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    format!("{}:{column}: ", before.matches('\n').count() + 1)
}

#[cfg(test)]
mod tests;
