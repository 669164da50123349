//! Typed values of a version: what an app means to send. All that the oracle knows comes from here.

use std::collections::BTreeMap;

use crate::chance::Chance;
use crate::model::{Field, Kind, Many, MessageKey, Rule, Scalar, Schema};

/// Numbers that no enum of a history ever names.
const STRANGE_NUMBERS: std::ops::Range<i32> = 900..905;

/// The fields of a message that are sent, by number.
pub(crate) type Values = BTreeMap<u32, Held>;

/// What a field holds.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Held {
    One(Value),
    List(Vec<Value>),
    /// Sorted by key, each key once.
    Map(Vec<(Value, Value)>),
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    Int(i128),
    Float(f32),
    Double(f64),
    Bool(bool),
    Text(String),
    Bytes(Vec<u8>),
    Enum(i32),
    Message(Values),
    /// Seconds and nanoseconds.
    Time(i64, i32),
    Span(i64, i32),
    Wrapper(Box<Value>),
}

/// Draws values of one version.
pub(crate) struct Draw<'a> {
    pub(crate) schema: &'a Schema,
    /// The type whose values a field may hold: its own, or a narrower one that somebody reads it by.
    pub(crate) kind: &'a dyn Fn(MessageKey, &Field) -> Kind,
    /// Whether zeros without presence are sent, too: only JSON can.
    pub(crate) zeros: bool,
}

impl Draw<'_> {
    /// A message; `depth` tells how many stand around it.
    pub(crate) fn message(&self, key: MessageKey, depth: usize, chance: &mut Chance) -> Values {
        let Some(message) = self.schema.message(key) else { return Values::new() };
        let mut values = Values::new();
        let mut oneofs = Vec::new();
        for field in &message.fields {
            let percent = match field.kind {
                _ if field.rule == Some(Rule::Required) => 100,
                Kind::Message(_) if depth > 4 => 0,
                Kind::Message(_) => 60,
                _ => 70,
            };
            let is_free = field.oneof.is_none_or(|oneof| !oneofs.contains(&oneof));
            if !chance.percent(percent) || !is_free {
                continue;
            }
            let Some(held) = self.held(key, field, depth, chance) else { continue };
            oneofs.extend(field.oneof);
            values.insert(field.number, held);
        }
        values
    }

    fn held(&self, key: MessageKey, field: &Field, depth: usize, chance: &mut Chance) -> Option<Held> {
        let kind = (self.kind)(key, field);
        match field.many {
            Many::Implicit => {
                let value = self.value(kind, field.rule, depth, chance);
                (self.zeros || !value.is_zero()).then_some(Held::One(value))
            }
            Many::Explicit => Some(Held::One(self.value(kind, field.rule, depth, chance))),
            Many::Repeated => {
                let count = chance.between(1, 3);
                Some(Held::List((0..count).map(|_| self.value(kind, None, depth, chance)).collect()))
            }
            Many::Map(of) => {
                let keys: BTreeMap<Vec<u8>, Value> = (0..chance.between(1, 3))
                    .map(|_| self.value(Kind::Scalar(of), None, depth, chance))
                    .map(|key| (key.sorted(), key))
                    .collect();
                let pairs = keys.into_values().map(|key| (key, self.value(kind, None, depth, chance)));
                Some(Held::Map(pairs.collect()))
            }
        }
    }

    fn value(&self, kind: Kind, rule: Option<Rule>, depth: usize, chance: &mut Chance) -> Value {
        match kind {
            Kind::Scalar(_) if matches!(rule, Some(Rule::Most(_))) => {
                let Some(Rule::Most(most)) = rule else { unreachable!() };
                Value::Int(i128::from(most) - i128::try_from(chance.below(5)).unwrap())
            }
            Kind::Scalar(scalar) => self.scalar(scalar, rule, chance),
            Kind::Enum(key) => {
                let values = &self.schema.enums[key].values;
                if chance.percent(6) {
                    let strange: Vec<i32> = STRANGE_NUMBERS.collect();
                    return Value::Enum(chance.pick(&strange));
                }
                Value::Enum(values[chance.below(values.len())].number)
            }
            Kind::Message(key) => Value::Message(self.message(key, depth + 1, chance)),
            Kind::Time => {
                let seconds = chance.pick(&[0, 1, -1, 1_790_000_000, -62_135_596_800, 253_402_300_799]);
                Value::Time(seconds, chance.pick(&[0, 1, 999, 1_000, 123_456_789, 999_999_999]))
            }
            Kind::Span => {
                let (seconds, sign) = chance.pick(&[(0, 1), (5, 1), (-5, -1), (315_576_000_000, 1), (0, -1)]);
                let nanos = if seconds == 315_576_000_000 { 0 } else { chance.pick(&[0, 1, 1_500, 999_999_999]) };
                Value::Span(seconds, sign * nanos)
            }
            Kind::Wrapper(scalar) => Value::Wrapper(Box::new(self.scalar(scalar, None, chance))),
        }
    }

    fn scalar(&self, scalar: Scalar, rule: Option<Rule>, chance: &mut Chance) -> Value {
        let small = i128::try_from(chance.below(300)).unwrap();
        let int = |least: i128, most: i128, chance: &mut Chance| {
            Value::Int(chance.pick(&[0, 1, small, least, most, most - small, small.max(least)]))
        };
        match scalar {
            Scalar::Int32 | Scalar::Sint32 => int(i32::MIN.into(), i32::MAX.into(), chance),
            Scalar::Int64 | Scalar::Sint64 => int(i64::MIN.into(), i64::MAX.into(), chance),
            Scalar::Uint32 => int(0, u32::MAX.into(), chance),
            Scalar::Uint64 | Scalar::Fixed64 => int(0, u64::MAX.into(), chance),
            Scalar::Bool => Value::Bool(chance.percent(50)),
            Scalar::Float => Value::Float(chance.pick(&[0.0, 1.5, -0.0, f32::MAX, f32::MIN_POSITIVE, -7.25])),
            Scalar::Double => Value::Double(chance.pick(&[0.0, 0.1, -0.0, f64::MAX, 5e-324, -1e100])),
            Scalar::String => {
                let most = if let Some(Rule::LengthMax(most)) = rule { most } else { 14 };
                let all = ["", "a", "elk", "Ä\u{1F98C}\"\\\n", "/articles/elk"];
                let text = chance.pick(&all);
                let text = if text.chars().count() > most { "b" } else { text };
                Value::Text(if text.chars().count() < most {
                    format!("{text}{}", chance.pick(&["", "y", "z"]))
                } else {
                    text.to_owned()
                })
            }
            Scalar::Bytes => {
                Value::Bytes(chance.pick(&[&b""[..], b"\x00", b"\xff\xfe", b"bytes", b"\x0a\x01x"]).to_vec())
            }
        }
    }
}

impl Value {
    /// Whether absence without presence says the same.
    pub(crate) fn is_zero(&self) -> bool {
        match self {
            Self::Int(value) => *value == 0,
            Self::Float(value) => value.to_bits() == 0,
            Self::Double(value) => value.to_bits() == 0,
            Self::Bool(value) => !value,
            Self::Text(value) => value.is_empty(),
            Self::Bytes(value) => value.is_empty(),
            Self::Enum(number) => *number == 0,
            Self::Message(_) | Self::Time(..) | Self::Span(..) | Self::Wrapper(_) => false,
        }
    }

    /// A map's key as maps sort it: numbers by size, text by code point.
    fn sorted(&self) -> Vec<u8> {
        match self {
            Self::Int(value) => (value.wrapping_sub(i128::MIN)).to_be_bytes().to_vec(),
            Self::Bool(value) => vec![u8::from(*value)],
            Self::Text(value) => value.clone().into_bytes(),
            other => panic!("{other:?} is no key"),
        }
    }
}
