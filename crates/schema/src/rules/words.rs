//! Rules in words, for people who look up what a value may be.

use super::bounds::{Bound, Bounds, Ordered, list};
use super::bytes::BytesRules;
use super::text::TextRules;
use super::{Count, Ignore, Kind, Rules, counted};

impl Rules {
    /// What a value must be, one phrase a rule: `from 0 to 100`, `at most 500 characters`. Empty where nothing is
    /// checked.
    #[must_use]
    pub fn words(&self) -> Vec<String> {
        if self.is_off() {
            return Vec::new();
        }
        let mut words = match &self.kind {
            Kind::Nothing => Vec::new(),
            Kind::Int(bounds) => bounds.words(),
            Kind::Uint(bounds) => bounds.words(),
            Kind::Float(bounds) => bounds.words(),
            Kind::Time(bounds) => bounds.words(),
            Kind::Bool(wanted) => vec![format!("always {wanted}")],
            Kind::Text(rules) => rules.words(),
            Kind::Bytes(rules) => rules.words(),
            Kind::Enum { bounds, defined_only } => {
                let mut words = if *defined_only { vec!["one of the names above".to_owned()] } else { Vec::new() };
                words.extend(bounds.words().into_iter().map(|text| format!("the number: {text}")));
                words
            }
            Kind::Any { among, none_of } => {
                let mut words = among_words(among.iter());
                words.extend(none_of_words(none_of.iter()));
                words
            }
            Kind::List { count, unique, items } => {
                let mut words = count.words("item");
                if *unique {
                    words.push("no item twice".to_owned());
                }
                words.extend(part_words("each item", items.as_deref()));
                words
            }
            Kind::Map { count, keys, values } => {
                let mut words = count.words("entry");
                words.extend(part_words("each key", keys.as_deref()));
                words.extend(part_words("each value", values.as_deref()));
                words
            }
        };
        if self.ignore == Ignore::IfZero && !words.is_empty() {
            words.push("not checked while it is empty or 0".to_owned());
        }
        words
    }
}

fn part_words(part: &str, rules: Option<&Rules>) -> Vec<String> {
    rules.map(Rules::words).unwrap_or_default().into_iter().map(|text| format!("{part}: {text}")).collect()
}

fn among_words<T: std::fmt::Display>(values: impl ExactSizeIterator<Item = T>) -> Vec<String> {
    if values.len() == 0 { Vec::new() } else { vec![format!("one of {}", list(values))] }
}

fn none_of_words<T: std::fmt::Display>(values: impl ExactSizeIterator<Item = T>) -> Vec<String> {
    if values.len() == 0 { Vec::new() } else { vec![format!("none of {}", list(values))] }
}

impl Count {
    fn words(self, noun: &str) -> Vec<String> {
        match (self.least, self.most) {
            (Some(least), Some(most)) if least == most => vec![format!("exactly {}", counted(least, noun))],
            (least, most) => {
                let least = least.filter(|&least| least > 0).map(|least| format!("at least {}", counted(least, noun)));
                let most = most.map(|most| format!("at most {}", counted(most, noun)));
                least.into_iter().chain(most).collect()
            }
        }
    }
}

impl<T: Ordered> Bounds<T> {
    fn words(&self) -> Vec<String> {
        let show = |value: T| value.show(self.family);
        let mut words: Vec<String> = self.equal.map(|value| format!("always {}", show(value))).into_iter().collect();
        let above = |bound: Bound<T>| {
            format!("{} {}", if bound.inclusive { "at least" } else { "more than" }, show(bound.value))
        };
        let below = |bound: Bound<T>| {
            format!("{} {}", if bound.inclusive { "at most" } else { "less than" }, show(bound.value))
        };
        match (self.lower, self.upper) {
            (Some(lower), Some(upper)) if lower.value > upper.value => {
                words.push(format!("{} or {}", above(lower), below(upper)));
            }
            (Some(lower), Some(upper)) if lower.inclusive && upper.inclusive => {
                words.push(format!("from {} to {}", show(lower.value), show(upper.value)));
            }
            (lower, upper) => words.extend(lower.map(above).into_iter().chain(upper.map(below))),
        }
        words.extend(among_words(self.among.iter().map(|value| show(*value))));
        words.extend(none_of_words(self.none_of.iter().map(|value| show(*value))));
        if self.finite {
            words.push("finite".to_owned());
        }
        words
    }
}

impl TextRules {
    fn words(&self) -> Vec<String> {
        let mut words: Vec<String> = self.equal.iter().map(|value| format!("always {value:?}")).collect();
        let lengths = [
            (self.length, self.length_min, self.length_max, "character"),
            (self.bytes, self.bytes_min, self.bytes_max, "byte"),
        ];
        for (exact, least, most, unit) in lengths {
            words.extend(Count { least: exact.or(least), most: exact.or(most) }.words(unit));
        }
        let parts = [
            ("begins with", &self.prefix),
            ("ends with", &self.suffix),
            ("contains", &self.contains),
            ("does not contain", &self.not_contains),
        ];
        words.extend(parts.iter().filter_map(|(verb, part)| Some(format!("{verb} {:?}", part.as_ref()?))));
        words.extend(self.pattern.iter().map(|pattern| format!("matches {}", pattern.as_str())));
        words.extend(among_words(self.among.iter().map(|value| format!("{value:?}"))));
        words.extend(none_of_words(self.none_of.iter().map(|value| format!("{value:?}"))));
        words.extend(self.format.map(|format| format.text().to_owned()));
        words
    }
}

impl BytesRules {
    fn words(&self) -> Vec<String> {
        let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(" ");
        let mut words: Vec<String> =
            self.equal.iter().map(|value| format!("always the bytes {}", hex(value))).collect();
        let (least, most) = (self.length.or(self.length_min), self.length.or(self.length_max));
        words.extend(Count { least, most }.words("byte"));
        let parts = [("begins with", &self.prefix), ("ends with", &self.suffix), ("contains", &self.contains)];
        words.extend(parts.iter().filter_map(|(verb, part)| Some(format!("{verb} the bytes {}", hex(part.as_ref()?)))));
        words.extend(self.pattern.iter().map(|pattern| format!("matches {}", pattern.as_str())));
        words.extend(among_words(self.among.iter().map(|value| hex(value))));
        words.extend(none_of_words(self.none_of.iter().map(|value| hex(value))));
        words.extend(self.format.map(|format| format.text().to_owned()));
        words
    }
}
