//! Rules of values that have an order: const, the four comparisons, in and not_in, finite.

use std::fmt;

use super::{RuleBreak, broken};
use crate::wire::time;

/// What a value with an order must satisfy.
#[derive(Debug, Clone)]
pub(super) struct Bounds<T> {
    /// `int32`, `double`, `timestamp`: where the rule's name begins.
    pub(super) family: &'static str,
    pub(super) equal: Option<T>,
    pub(super) lower: Option<Bound<T>>,
    pub(super) upper: Option<Bound<T>>,
    pub(super) among: Vec<T>,
    pub(super) none_of: Vec<T>,
    pub(super) finite: bool,
}

/// One end of a range.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bound<T> {
    pub(super) value: T,
    /// `gte` and `lte`.
    pub(super) inclusive: bool,
}

/// A point in time, or a span of it. Both are ordered by seconds and then nanos, whose sign is the seconds'.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Moment {
    pub(super) seconds: i64,
    pub(super) nanos: i32,
}

/// A value of an ordered type, as people write it.
pub(super) trait Ordered: Copy + PartialOrd {
    /// Whether it is a number at all, and not infinite.
    fn is_finite(self) -> bool {
        true
    }

    /// Writes it; `family` tells a time from a span, and a float from a double.
    fn show(self, family: &str) -> String;
}

impl Ordered for i64 {
    fn show(self, _: &str) -> String {
        self.to_string()
    }
}

impl Ordered for u64 {
    fn show(self, _: &str) -> String {
        self.to_string()
    }
}

impl Ordered for f64 {
    fn is_finite(self) -> bool {
        Self::is_finite(self)
    }

    fn show(self, family: &str) -> String {
        // A float's bound is shown as it was written, not with the digits that widening it adds.
        if family == "float" { (self as f32).to_string() } else { self.to_string() }
    }
}

impl Ordered for Moment {
    fn show(self, family: &str) -> String {
        let mut out = String::new();
        if family == "duration" {
            time::write_duration(self.seconds, self.nanos, &mut out);
        } else {
            time::write_timestamp(self.seconds, self.nanos, &mut out);
        }
        out
    }
}

impl<T> Bounds<T> {
    pub(super) const fn new(family: &'static str) -> Self {
        Self { family, equal: None, lower: None, upper: None, among: Vec::new(), none_of: Vec::new(), finite: false }
    }
}

impl<T: Ordered> Bounds<T> {
    /// Checks in protovalidate's order. A NaN is in no range and equals nothing.
    pub(super) fn check(&self, value: T) -> Result<(), RuleBreak> {
        if let Some(wanted) = self.equal
            && value != wanted
        {
            return Err(self.broken("const", format!("must be {}", wanted.show(self.family))));
        }
        self.check_range(value)?;
        if !self.among.is_empty() && !self.among.contains(&value) {
            return Err(self.broken("in", format!("must be one of {}", self.list(&self.among))));
        }
        if self.none_of.contains(&value) {
            return Err(self.broken("not_in", format!("must not be any of {}", self.list(&self.none_of))));
        }
        if self.finite && !value.is_finite() {
            return Err(self.broken("finite", "must be a finite number".to_owned()));
        }
        Ok(())
    }

    fn check_range(&self, value: T) -> Result<(), RuleBreak> {
        let above = self.lower.is_none_or(|bound| value > bound.value || (bound.inclusive && value == bound.value));
        let below = self.upper.is_none_or(|bound| value < bound.value || (bound.inclusive && value == bound.value));
        match (self.lower, self.upper) {
            // A lower end above the upper one means "outside": either side will do.
            (Some(lower), Some(upper)) if lower.value > upper.value => {
                if above || below {
                    return Ok(());
                }
                let name = if lower.inclusive { "gte" } else { "gt" };
                let other = if upper.inclusive { "lte" } else { "lt" };
                let text = format!("must be {} or {}", self.lower_text(lower), self.upper_text(upper));
                Err(self.broken(&format!("{name}_{other}_exclusive"), text))
            }
            (Some(lower), _) if !above => {
                let name = if lower.inclusive { "gte" } else { "gt" };
                Err(self.broken(name, format!("must be {}", self.lower_text(lower))))
            }
            (_, Some(upper)) if !below => {
                let name = if upper.inclusive { "lte" } else { "lt" };
                Err(self.broken(name, format!("must be {}", self.upper_text(upper))))
            }
            _ => Ok(()),
        }
    }

    fn lower_text(&self, bound: Bound<T>) -> String {
        let word = if bound.inclusive { "at least" } else { "more than" };
        format!("{word} {}", bound.value.show(self.family))
    }

    fn upper_text(&self, bound: Bound<T>) -> String {
        let word = if bound.inclusive { "at most" } else { "less than" };
        format!("{word} {}", bound.value.show(self.family))
    }

    fn list(&self, values: &[T]) -> String {
        list(values.iter().map(|value| value.show(self.family)))
    }

    fn broken(&self, name: &str, text: String) -> RuleBreak {
        broken(self.family, name, text)
    }
}

/// How many values a message shows before it says that there are more.
const SHOWN_MAX: usize = 10;

/// `[1, 2, 3]`, cut after a few.
pub(super) fn list(mut values: impl Iterator<Item = impl fmt::Display>) -> String {
    let shown: Vec<String> = values.by_ref().take(SHOWN_MAX).map(|value| value.to_string()).collect();
    let more = if values.next().is_some() { ", …" } else { "" };
    format!("[{}{more}]", shown.join(", "))
}
