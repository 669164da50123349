//! Values as the field that takes them wants them: what senders of loose JSON mean, and no more. What is not listed
//! stays as it is, and is judged as any other value.
//!
//! | the field | takes beside its own form |
//! |---|---|
//! | text | numbers, `true`, `false`: as they are written |
//! | truth | `"true"`, `"yes"`, `"on"`, `"1"`, 1, and their opposites, in any case |
//! | number | text of a number, with spaces around it |
//! | enum | the value's name without the enum's prefix, in any case and convention |
//! | `google.protobuf.Timestamp` | a date, a time without a zone (UTC), a number of seconds or, from 10^11 on, of milliseconds |
//! | `google.protobuf.Duration` | a number of seconds |
//! | list | one value |
//! | any but text | `""`: not set |

use std::borrow::Cow;

use serde_json::value::RawValue;

use super::call::{Members, member, text_of};
use super::mapping::Convert;
use super::names::snake_case;
use crate::json::output::quote;
use crate::plan::{Cardinality, EnumPlan, FieldKind, FieldPlan, MessageId, MessageKind, Plans, ScalarKind};
use crate::wire::time::{is_timestamp, parse_timestamp, write_timestamp};

/// Numbers below it are seconds since 1970 (until the year 5138), the rest milliseconds (from 1973 on).
const SECONDS_BELOW: i64 = 100_000_000_000;

/// The JSON that a field takes for `raw`; `None`: not set.
pub(super) fn coerce<'a>(plans: &Plans, field: &FieldPlan, raw: &'a str) -> Option<Cow<'a, str>> {
    if raw == "null" {
        return None;
    }
    match field.cardinality {
        Cardinality::Implicit | Cardinality::Explicit => single(plans, &field.kind, raw),
        Cardinality::Repeated => Some(Cow::Owned(list(plans, &field.kind, raw)?)),
        Cardinality::Map(_) => Some(map(plans, &field.kind, raw)),
    }
}

/// A time as loose senders write it: RFC 3339, a date, a time without a zone, or a number since 1970; in seconds and
/// nanoseconds.
#[must_use]
pub fn time_of(text: &str) -> Option<(i64, i32)> {
    let text = text.trim();
    parse_timestamp(text).or_else(|| unix(text, None)).or_else(|| {
        let mut whole = text.replacen(' ', "T", 1);
        if whole.len() == "2026-11-23".len() {
            whole.push_str("T00:00:00");
        }
        // A zone of four digits, as `strftime("%z")` writes it.
        if let Some((_, zone)) = whole.get(19..).and_then(|rest| rest.split_once(['+', '-']))
            && zone.len() == 4
            && zone.bytes().all(|byte| byte.is_ascii_digit())
        {
            whole.insert(whole.len() - 2, ':');
        }
        parse_timestamp(&whole).or_else(|| parse_timestamp(&format!("{whole}Z")))
    })
}

/// `raw`, a number or its text, after `convert`; anything else stays.
pub(super) fn converted<'a>(convert: Convert, field: &FieldPlan, raw: &'a str) -> Cow<'a, str> {
    let Some(number) = text_of(raw).filter(|text| is_number(text.trim())) else { return Cow::Borrowed(raw) };
    let number = number.trim();
    let factor = match convert {
        Convert::UnixSeconds | Convert::UnixMs => {
            let time = unix(number, Some(convert));
            return time.map_or(Cow::Borrowed(raw), |(seconds, nanos)| Cow::Owned(timestamp(seconds, nanos)));
        }
        Convert::SecondsToMs => 1e3,
        Convert::MsToSeconds => 1e-3,
        Convert::MinutesToMs => 6e4,
        Convert::FractionToPercent => 1e2,
        Convert::PercentToFraction => 1e-2,
    };
    let Some(value) = number.parse::<f64>().ok().map(|value| value * factor).filter(|value| value.is_finite()) else {
        return Cow::Borrowed(raw);
    };
    let whole = match &field.kind {
        FieldKind::Scalar(kind) => !matches!(kind, ScalarKind::Double | ScalarKind::Float | ScalarKind::String),
        _ => false,
    };
    Cow::Owned(if whole { format!("{:.0}", value.round()) } else { value.to_string() })
}

/// Text that a mapping has another word for.
pub(super) fn replaced<'a>(values: &std::collections::BTreeMap<String, String>, raw: &'a str) -> Cow<'a, str> {
    let word = text_of(raw).and_then(|text| values.get(text.as_ref()));
    word.map_or(Cow::Borrowed(raw), |word| Cow::Owned(quoted(word)))
}

fn single<'a>(plans: &Plans, kind: &FieldKind, raw: &'a str) -> Option<Cow<'a, str>> {
    let first = raw.as_bytes().first().copied().unwrap_or_default();
    let text = if first == b'"' { text_of(raw) } else { None };
    let takes_text = matches!(kind, FieldKind::Scalar(ScalarKind::String | ScalarKind::Bytes)) || is_json(plans, kind);
    if !takes_text && text.as_ref().is_some_and(|text| text.trim().is_empty()) {
        return None;
    }
    Some(match kind {
        FieldKind::Scalar(ScalarKind::String) if !matches!(first, b'"' | b'{' | b'[') => Cow::Owned(quoted(raw)),
        FieldKind::Scalar(ScalarKind::String | ScalarKind::Bytes) => Cow::Borrowed(raw),
        FieldKind::Scalar(ScalarKind::Bool) => truth(text.as_deref().unwrap_or(raw)).map_or(raw, |it| it).into(),
        FieldKind::Scalar(_) => match text {
            Some(text) if is_number(text.trim()) => Cow::Owned(text.trim().to_owned()),
            _ => Cow::Borrowed(raw),
        },
        FieldKind::Enum(plan) => match text {
            Some(text) => enumeration(plan, &text).map_or(Cow::Borrowed(raw), |name| Cow::Owned(quoted(name))),
            None => Cow::Borrowed(raw),
        },
        FieldKind::Message(id) | FieldKind::Group(id) => return message(plans, *id, raw),
    })
}

fn is_json(plans: &Plans, kind: &FieldKind) -> bool {
    matches!(kind, FieldKind::Message(id) if plans.message(*id).kind == MessageKind::Json)
}

fn message<'a>(plans: &Plans, id: MessageId, raw: &'a str) -> Option<Cow<'a, str>> {
    let plan = plans.message(id);
    Some(match plan.kind {
        MessageKind::Json => Cow::Borrowed(raw),
        MessageKind::Wrapper => match plan.fields.first() {
            Some(field) => single(plans, &field.kind, raw)?,
            None => Cow::Borrowed(raw),
        },
        MessageKind::Timestamp => {
            let time = text_of(raw).and_then(|text| time_of(&text));
            time.map_or(Cow::Borrowed(raw), |(seconds, nanos)| Cow::Owned(timestamp(seconds, nanos)))
        }
        MessageKind::Duration => match text_of(raw).filter(|text| is_number(text.trim())) {
            Some(seconds) => Cow::Owned(quoted(&format!("{}s", seconds.trim()))),
            None => Cow::Borrowed(raw),
        },
        MessageKind::Plain => {
            let Some(members) = Members::of(raw) else { return Some(Cow::Borrowed(raw)) };
            let mut json = "{".to_owned();
            for (name, raw) in members.iter() {
                let snake = snake_case(name);
                let found = plan.by_name(name).or_else(|| plan.by_name(&snake));
                match found {
                    Some((_, field)) => {
                        if let Some(value) = coerce(plans, field, raw) {
                            member(&mut json, &field.name, &value);
                        }
                    }
                    None => member(&mut json, name, raw),
                }
            }
            json.push('}');
            Cow::Owned(json)
        }
    })
}

fn list(plans: &Plans, kind: &FieldKind, raw: &str) -> Option<String> {
    let Ok(items) = serde_json::from_str::<Vec<&RawValue>>(raw) else {
        return single(plans, kind, raw).map(|one| format!("[{one}]"));
    };
    let items = items.into_iter().filter_map(|item| match item.get() {
        // A list cannot hold nothing; whoever sends it hears of it.
        "null" => Some(Cow::Borrowed("null")),
        item => single(plans, kind, item),
    });
    Some(format!("[{}]", items.collect::<Vec<_>>().join(",")))
}

fn map<'a>(plans: &Plans, kind: &FieldKind, raw: &'a str) -> Cow<'a, str> {
    let Some(members) = Members::of(raw) else { return Cow::Borrowed(raw) };
    let mut json = "{".to_owned();
    for (name, raw) in members.iter() {
        if let Some(value) = single(plans, kind, raw) {
            member(&mut json, name, &value);
        }
    }
    json.push('}');
    Cow::Owned(json)
}

fn truth(text: &str) -> Option<&'static str> {
    match text.trim().to_ascii_lowercase().as_str() {
        "true" | "yes" | "on" | "1" => Some("true"),
        "false" | "no" | "off" | "0" => Some("false"),
        _ => None,
    }
}

/// The name of the value that a text means: itself, or one that is the same word in another convention.
fn enumeration<'p>(plan: &'p EnumPlan, text: &str) -> Option<&'p str> {
    if let Some((name, _)) = plan.numbers.get_key_value(text) {
        return Some(name);
    }
    let word = snake_case(text).to_uppercase();
    let short = plan.full_name.rsplit('.').next().unwrap_or_default();
    let prefixed = format!("{}_{word}", snake_case(short).to_uppercase());
    [word, prefixed].iter().find_map(|name| plan.numbers.get_key_value(name)).map(|(name, _)| name.as_str())
}

/// A number since 1970 as seconds and nanoseconds, in the unit that `convert` says, else in that of its size.
fn unix(text: &str, convert: Option<Convert>) -> Option<(i64, i32)> {
    if !is_number(text) {
        return None;
    }
    let (seconds, nanos) = match text.parse::<i64>() {
        Ok(number) => {
            let is_seconds = match convert {
                Some(Convert::UnixMs) => false,
                Some(_) => true,
                None => number.abs() < SECONDS_BELOW,
            };
            if is_seconds {
                (number, 0)
            } else {
                (number.div_euclid(1_000), i32::try_from(number.rem_euclid(1_000)).ok()? * 1_000_000)
            }
        }
        Err(_) => {
            let number: f64 = text.parse().ok()?;
            let is_ms = convert == Some(Convert::UnixMs) || (convert.is_none() && number.abs() >= 1e11);
            let micros = if is_ms { number * 1e3 } else { number * 1e6 };
            // Beyond 2^53 there are no parts of a microsecond, and no year that a time can have.
            if micros.abs() > 9e17 {
                return None;
            }
            #[expect(clippy::cast_possible_truncation, reason = "in range")]
            let micros = micros.round() as i64;
            (micros.div_euclid(1_000_000), i32::try_from(micros.rem_euclid(1_000_000)).ok()? * 1_000)
        }
    };
    is_timestamp(seconds, nanos).then_some((seconds, nanos))
}

/// Whether text is a number as JSON writes it.
fn is_number(text: &str) -> bool {
    matches!(text.as_bytes().first(), Some(b'-' | b'0'..=b'9'))
        && serde_json::from_str::<serde_json::Number>(text).is_ok()
}

fn timestamp(seconds: i64, nanos: i32) -> String {
    let mut text = "\"".to_owned();
    write_timestamp(seconds, nanos, &mut text);
    text.push('"');
    text
}

fn quoted(text: &str) -> String {
    let mut json = String::with_capacity(text.len() + 2);
    quote(text, &mut json);
    json
}
