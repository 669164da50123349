//! Values that fit rules, for examples: likely ones are tried, and those that pass the check are given.
//!
//! Rules can contradict each other, or ask for what only their author knows; then there is no value, which is no error.

use super::bounds::{Bound, Bounds, Moment, Ordered};
use super::bytes::{BytesFormat, BytesRules};
use super::text::TextRules;
use super::{Kind, Rules, pattern};

/// Values that are given at most: the items of a list that must differ.
const VALUES_MAX: usize = 32;

/// Steps from a bound that are tried, to get past values that are not allowed.
const STEPS: usize = 8;

/// The longest filling, in bytes, of text or bytes that must be long.
const FILLING_BYTES_MAX: usize = 10_000;

/// Finds values for a field with these rules, or with none. What is hinted at comes first, where it fits.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fitting<'a>(pub(crate) Option<&'a Rules>);

impl<'a> Fitting<'a> {
    /// Text.
    pub(crate) fn texts(self, hints: &[String]) -> Vec<String> {
        let Some(Rules { kind: Kind::Text(rules), .. }) = self.0 else { return hints.to_vec() };
        let mut tried: Vec<String> = rules.equal.iter().chain(&rules.among).chain(hints).cloned().collect();
        tried.extend(rules.pattern.as_ref().and_then(|pattern| pattern::text_of(pattern.as_str())));
        tried.extend(rules.format.map(|format| format.sample().to_owned()));
        let fitted: Vec<String> = tried.iter().map(|text| rules.fitted(text)).collect();
        tried.extend(fitted);
        self.passing(tried, |rules, text| rules.check_text(text).is_ok())
    }

    /// Integers of any signed kind.
    pub(crate) fn ints(self, hints: &[i64]) -> Vec<i64> {
        let Some(Rules { kind: Kind::Int(bounds), .. }) = self.0 else { return hints.to_vec() };
        self.passing(bounds.tried(hints), |rules, value| rules.check_i64(*value).is_ok())
    }

    /// Integers of any unsigned kind.
    pub(crate) fn uints(self, hints: &[u64]) -> Vec<u64> {
        let Some(Rules { kind: Kind::Uint(bounds), .. }) = self.0 else { return hints.to_vec() };
        self.passing(bounds.tried(hints), |rules, value| rules.check_u64(*value).is_ok())
    }

    /// Floats and doubles.
    pub(crate) fn floats(self, hints: &[f64]) -> Vec<f64> {
        let Some(Rules { kind: Kind::Float(bounds), .. }) = self.0 else { return hints.to_vec() };
        self.passing(bounds.tried(hints), |rules, value| value.is_finite() && rules.check_f64(*value).is_ok())
    }

    /// True and false.
    pub(crate) fn bools(self) -> Vec<bool> {
        match self.0 {
            Some(Rules { kind: Kind::Bool(wanted), .. }) => vec![*wanted],
            _ => vec![true, false],
        }
    }

    /// Bytes.
    pub(crate) fn blobs(self, hints: &[Vec<u8>]) -> Vec<Vec<u8>> {
        let Some(Rules { kind: Kind::Bytes(rules), .. }) = self.0 else { return hints.to_vec() };
        let mut tried: Vec<Vec<u8>> = rules.equal.iter().chain(&rules.among).chain(hints).cloned().collect();
        tried.extend(rules.pattern.as_ref().and_then(|pattern| Some(pattern::text_of(pattern.as_str())?.into_bytes())));
        tried.extend(rules.format.map(|format| vec![1; if format == BytesFormat::Uuid { 16 } else { 4 }]));
        tried.extend(rules.format.map(|_| vec![1; 16]));
        let fitted: Vec<Vec<u8>> = tried.iter().map(|bytes| rules.fitted(bytes)).collect();
        tried.extend(fitted);
        self.passing(tried, |rules, bytes| rules.check_bytes(bytes).is_ok())
    }

    /// Times and spans, as seconds and nanoseconds.
    pub(crate) fn times(self, hint: (i64, i32)) -> Vec<(i64, i32)> {
        let Some(Rules { kind: Kind::Time(bounds), .. }) = self.0 else { return vec![hint] };
        let tried = bounds.tried(&[Moment { seconds: hint.0, nanos: hint.1 }]);
        let found = self.passing(tried, |rules, value| rules.check_time(value.seconds, value.nanos).is_ok());
        found.into_iter().map(|moment| (moment.seconds, moment.nanos)).collect()
    }

    /// Numbers of an enum's values, of those that it declares.
    pub(crate) fn enums(self, declared: &[i32]) -> Vec<i32> {
        let fits = |number: &&i32| self.0.is_none_or(|rules| rules.check_enum(**number, true).is_ok());
        declared.iter().filter(fits).copied().collect()
    }

    /// How many elements a list or a map has at least.
    pub(crate) fn count_min(self) -> u64 {
        match self.0 {
            Some(Rules { kind: Kind::List { count, .. } | Kind::Map { count, .. }, .. }) => count.least.unwrap_or(0),
            _ => 0,
        }
    }

    /// The same for the items of a list.
    pub(crate) fn items(self) -> Self {
        Self(self.0.and_then(Rules::items))
    }

    /// The same for the keys of a map.
    pub(crate) fn keys(self) -> Self {
        Self(self.0.and_then(Rules::keys))
    }

    /// The same for the values of a map.
    pub(crate) fn values(self) -> Self {
        Self(self.0.and_then(Rules::values))
    }

    /// Each of `tried` that passes, once.
    fn passing<T: PartialEq>(self, tried: Vec<T>, passes: impl Fn(&'a Rules, &T) -> bool) -> Vec<T> {
        let mut found: Vec<T> = Vec::new();
        for value in tried {
            if found.len() < VALUES_MAX && self.0.is_none_or(|rules| passes(rules, &value)) && !found.contains(&value) {
                found.push(value);
            }
        }
        found
    }
}

/// An ordered type with values beside each other, near enough for examples.
pub(super) trait Stepped: Ordered {
    fn up(self) -> Self;
    fn down(self) -> Self;
    fn middle(self, other: Self) -> Self;
}

impl Stepped for i64 {
    fn up(self) -> Self {
        self.saturating_add(1)
    }

    fn down(self) -> Self {
        self.saturating_sub(1)
    }

    fn middle(self, other: Self) -> Self {
        (self / 2).saturating_add(other / 2)
    }
}

impl Stepped for u64 {
    fn up(self) -> Self {
        self.saturating_add(1)
    }

    fn down(self) -> Self {
        self.saturating_sub(1)
    }

    fn middle(self, other: Self) -> Self {
        (self / 2).saturating_add(other / 2)
    }
}

impl Stepped for f64 {
    fn up(self) -> Self {
        self + 1.0
    }

    fn down(self) -> Self {
        self - 1.0
    }

    fn middle(self, other: Self) -> Self {
        self / 2.0 + other / 2.0
    }
}

impl Stepped for Moment {
    fn up(self) -> Self {
        Self { seconds: self.seconds.saturating_add(1), nanos: 0 }
    }

    fn down(self) -> Self {
        Self { seconds: self.seconds.saturating_sub(1), nanos: 0 }
    }

    fn middle(self, other: Self) -> Self {
        Self { seconds: self.seconds.middle(other.seconds), nanos: 0 }
    }
}

impl<T: Stepped> Bounds<T> {
    /// Values worth trying: those that are named, the hints, and what lies at, beside and between the bounds.
    fn tried(&self, hints: &[T]) -> Vec<T> {
        let mut tried: Vec<T> = self.equal.iter().chain(&self.among).chain(hints).copied().collect();
        if let (Some(lower), Some(upper)) = (self.lower, self.upper) {
            tried.push(lower.value.middle(upper.value));
        }
        let from = |bound: Bound<T>, step: fn(T) -> T| {
            std::iter::successors(Some(bound.value), move |value| Some(step(*value))).take(STEPS)
        };
        tried.extend(self.lower.into_iter().flat_map(|bound| from(bound, T::up)));
        tried.extend(self.upper.into_iter().flat_map(|bound| from(bound, T::down)));
        for hint in hints {
            tried.extend(std::iter::successors(Some(*hint), |value| Some(value.up())).take(STEPS));
        }
        tried
    }
}

impl TextRules {
    /// `text` made to begin, end, contain and be as long as the rules want, as far as that is possible.
    fn fitted(&self, text: &str) -> String {
        let (prefix, suffix) = (self.prefix.as_deref().unwrap_or(""), self.suffix.as_deref().unwrap_or(""));
        let within = self.contains.as_deref().unwrap_or("");
        let most = self.length.or(self.length_max).map_or(usize::MAX, size);
        let most_bytes = self.bytes.or(self.bytes_max).map_or(usize::MAX, size);
        let given = prefix.chars().count() + within.chars().count() + suffix.chars().count();
        let given_bytes = prefix.len() + within.len() + suffix.len();
        let mut middle = String::new();
        for (at, character) in text.chars().enumerate() {
            if at >= most.saturating_sub(given)
                || middle.len() + character.len_utf8() > most_bytes.saturating_sub(given_bytes)
            {
                break;
            }
            middle.push(character);
        }
        let least = self.length.or(self.length_min).map_or(0, size).saturating_sub(given + middle.chars().count());
        let least_bytes = self.bytes.or(self.bytes_min).map_or(0, size).saturating_sub(given_bytes + middle.len());
        middle.extend(std::iter::repeat_n('a', least.max(least_bytes).min(FILLING_BYTES_MAX)));
        format!("{prefix}{within}{middle}{suffix}")
    }
}

impl BytesRules {
    fn fitted(&self, bytes: &[u8]) -> Vec<u8> {
        let part = |part: &Option<Vec<u8>>| part.clone().unwrap_or_default();
        let (mut all, suffix) = (part(&self.prefix), part(&self.suffix));
        all.extend(part(&self.contains));
        let most = self.length.or(self.length_max).map_or(usize::MAX, size);
        all.extend(bytes.iter().take(most.saturating_sub(all.len() + suffix.len())));
        let least = self.length.or(self.length_min).map_or(0, size).min(FILLING_BYTES_MAX);
        all.resize(all.len().max(least.saturating_sub(suffix.len())), 1);
        all.extend(suffix);
        all
    }
}

fn size(length: u64) -> usize {
    usize::try_from(length).unwrap_or(usize::MAX)
}
