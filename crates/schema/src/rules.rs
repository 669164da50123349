//! `buf.validate` rules, compiled: what a value must satisfy beyond its type.
//!
//! The standard rules of protovalidate are checked on values as they are read from the wire, without allocation
//! while they hold. What cannot be checked here is refused when the schema is loaded, by name and place, never
//! passed over in silence: CEL expressions, predefined rules, rules of FieldMask, and the rules that look at the
//! wall clock (`lt_now`, `gt_now`, `within`), since the verdict on an event must not depend on when it is judged.
//!
//! When a rule applies follows protovalidate: a field with presence is checked when it is set; a field without
//! presence always, its absence being its zero value, unless `ignore = IGNORE_IF_ZERO_VALUE`; lists and maps are
//! counted even when empty; `IGNORE_ALWAYS` also switches off what stands inside the field.

mod bounds;
mod bytes;
mod compile;
mod fitting;
mod formats;
mod message;
mod pattern;
mod text;
mod uri;
mod words;

use std::sync::Arc;

use prost_reflect::{DynamicMessage, FieldDescriptor};

use self::bounds::{Bounds, Moment};
use self::bytes::BytesRules;
pub(crate) use self::fitting::Fitting;
pub use self::message::{Group, MessageRules};
use self::text::TextRules;
use crate::wire::Scalar;

/// The rules of one field, or of a list's items or a map's keys or values.
#[derive(Debug)]
pub struct Rules {
    ignore: Ignore,
    kind: Kind,
}

/// A rule that a value breaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleBreak {
    /// The rule as protovalidate names it: `string.min_len`.
    pub rule: String,
    /// What the value must be, for people: `must be at least 1 character long`.
    pub text: String,
}

/// Rules of the schema that cannot be compiled.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {cause}")]
pub struct RulesError {
    /// Full name of the field or message.
    pub place: String,
    /// What is wrong, with the rule's name.
    pub cause: String,
    /// What to do.
    pub hint: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ignore {
    Never,
    IfZero,
    Always,
}

#[derive(Debug)]
enum Kind {
    /// Only `ignore` or `required` is set.
    Nothing,
    Int(Bounds<i64>),
    Uint(Bounds<u64>),
    Float(Bounds<f64>),
    Bool(bool),
    Text(Box<TextRules>),
    Bytes(Box<BytesRules>),
    Enum {
        bounds: Bounds<i64>,
        defined_only: bool,
    },
    /// Timestamp and Duration.
    Time(Bounds<Moment>),
    Any {
        among: Vec<String>,
        none_of: Vec<String>,
    },
    List {
        count: Count,
        unique: bool,
        items: Option<Box<Rules>>,
    },
    Map {
        count: Count,
        keys: Option<Box<Rules>>,
        values: Option<Box<Rules>>,
    },
}

/// How many elements a list or a map may have.
#[derive(Debug, Clone, Copy, Default)]
struct Count {
    least: Option<u64>,
    most: Option<u64>,
}

impl Rules {
    /// Compiles a `buf.validate.FieldRules` for the field that carries it; `None` where there is nothing to check.
    ///
    /// # Errors
    /// Rules that Judi does not evaluate, rules of another type than the field's, and patterns that are not RE2.
    pub fn compile(rules: &DynamicMessage, field: &FieldDescriptor) -> Result<Option<Arc<Self>>, RulesError> {
        compile::field(rules, field).map(|rules| rules.map(Arc::new))
    }

    /// Whether `rules`, a `buf.validate.FieldRules`, demand that the field be set. This is for
    /// [`crate::plan::FieldPlan::required`]; [`Self`] does not hold it.
    #[must_use]
    pub fn demand_presence(rules: &DynamicMessage) -> bool {
        compile::demand_presence(rules)
    }

    /// Whether everything in the field is left unchecked.
    #[must_use]
    pub fn is_off(&self) -> bool {
        self.ignore == Ignore::Always
    }

    /// Checks a scalar (of a wrapper: its value).
    ///
    /// # Errors
    /// The first rule that it breaks.
    pub fn check(&self, value: Scalar<'_>) -> Result<(), RuleBreak> {
        match self.ignore {
            Ignore::Always => return Ok(()),
            Ignore::IfZero if value.is_zero() => return Ok(()),
            Ignore::IfZero | Ignore::Never => {}
        }
        match (&self.kind, value) {
            (Kind::Int(bounds), Scalar::Int(value)) => bounds.check(value),
            (Kind::Uint(bounds), Scalar::Uint(value)) => bounds.check(value),
            (Kind::Float(bounds), Scalar::Float(value)) => bounds.check(f64::from(value)),
            (Kind::Float(bounds), Scalar::Double(value)) => bounds.check(value),
            (Kind::Bool(wanted), Scalar::Bool(value)) if *wanted != value => {
                Err(broken("bool", "const", format!("must be {wanted}")))
            }
            (Kind::Text(rules), Scalar::Text(value)) => rules.check(value),
            (Kind::Bytes(rules), Scalar::Bytes(value)) => rules.check(value),
            _ => Ok(()),
        }
    }

    /// Checks an integer of any signed kind.
    ///
    /// # Errors
    /// The first rule that it breaks.
    pub fn check_i64(&self, value: i64) -> Result<(), RuleBreak> {
        self.check(Scalar::Int(value))
    }

    /// Checks an integer of any unsigned kind.
    ///
    /// # Errors
    /// The first rule that it breaks.
    pub fn check_u64(&self, value: u64) -> Result<(), RuleBreak> {
        self.check(Scalar::Uint(value))
    }

    /// Checks a float or a double.
    ///
    /// # Errors
    /// The first rule that it breaks.
    pub fn check_f64(&self, value: f64) -> Result<(), RuleBreak> {
        self.check(Scalar::Double(value))
    }

    /// Checks text.
    ///
    /// # Errors
    /// The first rule that it breaks.
    pub fn check_text(&self, value: &str) -> Result<(), RuleBreak> {
        self.check(Scalar::Text(value))
    }

    /// Checks bytes.
    ///
    /// # Errors
    /// The first rule that it breaks.
    pub fn check_bytes(&self, value: &[u8]) -> Result<(), RuleBreak> {
        self.check(Scalar::Bytes(value))
    }

    /// Checks an enum's number; `is_defined` says whether the enum declares it.
    ///
    /// # Errors
    /// The first rule that it breaks.
    pub fn check_enum(&self, number: i32, is_defined: bool) -> Result<(), RuleBreak> {
        let Kind::Enum { bounds, defined_only } = &self.kind else { return Ok(()) };
        match self.ignore {
            Ignore::Always => return Ok(()),
            Ignore::IfZero if number == 0 => return Ok(()),
            Ignore::IfZero | Ignore::Never => {}
        }
        if *defined_only && !is_defined {
            return Err(broken("enum", "defined_only", "must be one of the enum's declared values".to_owned()));
        }
        bounds.check(i64::from(number))
    }

    /// Checks a Timestamp or a Duration.
    ///
    /// # Errors
    /// The first rule that it breaks.
    pub fn check_time(&self, seconds: i64, nanos: i32) -> Result<(), RuleBreak> {
        match &self.kind {
            Kind::Time(bounds) if !self.is_off() => bounds.check(Moment { seconds, nanos }),
            _ => Ok(()),
        }
    }

    /// Checks the type that an Any says it holds.
    ///
    /// # Errors
    /// The first rule that it breaks.
    pub fn check_any(&self, type_url: &str) -> Result<(), RuleBreak> {
        match &self.kind {
            Kind::Any { among, .. } if !among.is_empty() && !among.iter().any(|known| known == type_url) => {
                Err(broken("any", "in", format!("must be of one of the types [{}]", among.join(", "))))
            }
            Kind::Any { none_of, .. } if none_of.iter().any(|refused| refused == type_url) => {
                Err(broken("any", "not_in", format!("must not be of the type {type_url}")))
            }
            _ => Ok(()),
        }
    }

    /// Whether [`Self::check_count`] or uniqueness can fail, so that elements must be counted.
    #[must_use]
    pub fn counts(&self) -> bool {
        match &self.kind {
            Kind::List { count, unique, .. } => *unique || !count.is_free(),
            Kind::Map { count, .. } => !count.is_free(),
            _ => false,
        }
    }

    /// Checks how many elements a list has, or how many different keys a map.
    ///
    /// # Errors
    /// The first rule that it breaks.
    pub fn check_count(&self, elements: u64) -> Result<(), RuleBreak> {
        match self.ignore {
            Ignore::Always => return Ok(()),
            Ignore::IfZero if elements == 0 => return Ok(()),
            Ignore::IfZero | Ignore::Never => {}
        }
        match &self.kind {
            Kind::List { count, .. } => count.check(elements, "repeated", ["min_items", "max_items"], "item"),
            Kind::Map { count, .. } => count.check(elements, "map", ["min_pairs", "max_pairs"], "entry"),
            _ => Ok(()),
        }
    }

    /// Whether a list's items must differ.
    #[must_use]
    pub fn unique(&self) -> bool {
        matches!(self.kind, Kind::List { unique: true, .. }) && !self.is_off()
    }

    /// What to say when two items of a list that must differ are equal.
    #[must_use]
    pub fn not_unique() -> RuleBreak {
        broken("repeated", "unique", "must not hold the same item twice".to_owned())
    }

    /// The rules of each item of a list.
    #[must_use]
    pub fn items(&self) -> Option<&Self> {
        match &self.kind {
            Kind::List { items, .. } => items.as_deref(),
            _ => None,
        }
    }

    /// The rules of each key of a map.
    #[must_use]
    pub fn keys(&self) -> Option<&Self> {
        match &self.kind {
            Kind::Map { keys, .. } => keys.as_deref(),
            _ => None,
        }
    }

    /// The rules of each value of a map.
    #[must_use]
    pub fn values(&self) -> Option<&Self> {
        match &self.kind {
            Kind::Map { values, .. } => values.as_deref(),
            _ => None,
        }
    }
}

impl Count {
    const fn is_free(&self) -> bool {
        self.least.is_none() && self.most.is_none()
    }

    fn check(self, elements: u64, family: &str, names: [&str; 2], noun: &str) -> Result<(), RuleBreak> {
        match self {
            Self { least: Some(least), .. } if elements < least => {
                Err(broken(family, names[0], format!("must have at least {}", counted(least, noun))))
            }
            Self { most: Some(most), .. } if elements > most => {
                Err(broken(family, names[1], format!("must have at most {}", counted(most, noun))))
            }
            _ => Ok(()),
        }
    }
}

fn broken(family: &str, name: &str, text: String) -> RuleBreak {
    RuleBreak { rule: format!("{family}.{name}"), text }
}

/// `1 item`, `2 items`, `2 entries`.
fn counted(number: u64, noun: &str) -> String {
    match (number, noun.strip_suffix('y')) {
        (1, _) => format!("1 {noun}"),
        (_, Some(stem)) => format!("{number} {stem}ies"),
        (_, None) => format!("{number} {noun}s"),
    }
}

#[cfg(test)]
mod tests;
