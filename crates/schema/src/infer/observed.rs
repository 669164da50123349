//! What was seen of an object's members, and the types that hold all of it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use crate::wire::time::parse_timestamp;

/// How many members of one object are looked at: an event's columns are bounded too.
const FIELDS_MAX: usize = 200;
/// How deep objects are proposed as messages; below it they are JSON.
const DEPTH_MAX: usize = 4;
/// How many different texts of a field are remembered, for its comment.
const EXAMPLES_MAX: usize = 6;
/// How long a text can be to be an example, in characters.
const EXAMPLE_CHARACTERS_MAX: usize = 40;
/// From so many members on, which few of the objects share, an object is a map that happens to be written as one.
const KEYS_OF_A_MAP: usize = 40;

/// The members that objects of one kind had.
#[derive(Debug, Default)]
pub(super) struct Object {
    pub(super) count: u64,
    pub(super) members: BTreeMap<String, Member>,
    /// Members past the bound.
    pub(super) more: bool,
}

/// One member.
#[derive(Debug, Default)]
pub(super) struct Member {
    /// In how many objects it was, and was not null.
    pub(super) present: u64,
    pub(super) is_list: bool,
    pub(super) values: Values,
}

/// The values of a member, or of its lists.
#[derive(Debug, Default)]
pub(super) struct Values {
    truths: u64,
    whole: u64,
    fractions: u64,
    /// Beyond 64 bits with a sign.
    natural: u64,
    texts: u64,
    empty_texts: u64,
    times: u64,
    numeric_texts: u64,
    lists: u64,
    pub(super) objects: Object,
    examples: BTreeSet<String>,
    more_examples: bool,
    too_deep: bool,
}

/// The type that a field gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Bool,
    Int64,
    Uint64,
    Double,
    Text,
    Timestamp,
    Message,
    Struct,
    Value,
}

impl Object {
    pub(super) fn observe(&mut self, members: &Map<String, Value>, depth: usize) {
        self.count += 1;
        for (name, value) in members {
            if !self.members.contains_key(name) && self.members.len() >= FIELDS_MAX {
                self.more = true;
                continue;
            }
            self.members.entry(name.clone()).or_default().observe(value, depth);
        }
    }

    /// Whether its keys are rather data than names.
    fn is_map(&self) -> bool {
        let total: u64 = self.members.values().map(|member| member.present).sum();
        let keys = self.members.len();
        keys >= KEYS_OF_A_MAP && total < self.count.saturating_mul(keys as u64) / 4
    }
}

impl Member {
    fn observe(&mut self, value: &Value, depth: usize) {
        match value {
            Value::Null => {}
            Value::Array(items) => {
                self.present += 1;
                self.is_list = true;
                items.iter().for_each(|item| self.values.observe(item, depth));
            }
            value => {
                self.present += 1;
                self.values.observe(value, depth);
            }
        }
    }
}

impl Values {
    fn observe(&mut self, value: &Value, depth: usize) {
        match value {
            Value::Null => {}
            Value::Bool(_) => self.truths += 1,
            Value::Number(number) if number.is_i64() => self.whole += 1,
            Value::Number(number) if number.is_u64() => self.natural += 1,
            Value::Number(_) => self.fractions += 1,
            Value::String(text) => self.text(text),
            Value::Array(_) => self.lists += 1,
            Value::Object(members) if depth < DEPTH_MAX => self.objects.observe(members, depth + 1),
            Value::Object(_) => self.too_deep = true,
        }
    }

    fn text(&mut self, text: &str) {
        self.texts += 1;
        if text.is_empty() {
            self.empty_texts += 1;
        }
        self.times += u64::from(parse_timestamp(text).is_some());
        self.numeric_texts += u64::from(is_plain_number(text));
        if text.is_empty() {
            return;
        }
        if text.chars().count() > EXAMPLE_CHARACTERS_MAX {
            self.more_examples = true;
        } else if self.examples.len() < EXAMPLES_MAX {
            self.examples.insert(text.to_owned());
        } else if !self.examples.contains(text) {
            self.more_examples = true;
        }
    }

    /// The narrowest type that holds everything that was seen; `None` where nothing was. `is_loose`: numbers are taken
    /// for text and text for numbers, as of calls.
    pub(super) fn kind(&self, is_loose: bool) -> Option<Kind> {
        let numbers = self.whole + self.natural + self.fractions;
        let texts = self.texts;
        let is_scalar = numbers + texts + self.truths > 0;
        if self.too_deep || self.lists > 0 || (self.objects.count > 0 && is_scalar) {
            return Some(Kind::Value);
        }
        if self.objects.count > 0 {
            let is_message = !self.objects.members.is_empty() && !self.objects.is_map();
            return Some(if is_message { Kind::Message } else { Kind::Struct });
        }
        let number = || match (self.fractions, self.natural) {
            (0, 0) => Kind::Int64,
            // Below zero and beyond 2^63: only a double holds both.
            (0, _) if self.whole == 0 => Kind::Uint64,
            _ => Kind::Double,
        };
        let told = texts - self.empty_texts;
        Some(match (self.truths > 0, numbers > 0, texts > 0) {
            (false, false, false) => return None,
            (true, false, false) => Kind::Bool,
            (false, true, false) => number(),
            (false, false, true) if told > 0 && self.times == told && (is_loose || self.empty_texts == 0) => {
                Kind::Timestamp
            }
            (false, false, true) => Kind::Text,
            // Text of numbers among numbers is a number that somebody quoted.
            (false, true, true) if is_loose && self.numeric_texts == told => {
                if number() == Kind::Int64 {
                    Kind::Int64
                } else {
                    Kind::Double
                }
            }
            _ if is_loose => Kind::Text,
            _ => Kind::Value,
        })
    }

    /// The texts that were seen, where they were few and came again: what is different every time is an id or a person's.
    pub(super) fn examples(&self) -> Vec<&str> {
        let is_repeated = self.texts >= 2 * self.examples.len() as u64;
        if self.more_examples || !is_repeated {
            return Vec::new();
        }
        self.examples.iter().map(String::as_str).collect()
    }
}

/// A whole number as text, in the only way to write it: `0042` is a code.
fn is_plain_number(text: &str) -> bool {
    text.parse::<i64>().is_ok_and(|number| number.to_string() == text)
}
