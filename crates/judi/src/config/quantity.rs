//! Sizes and durations as people write them: `"32 kB"`, `"10 s"`.

use std::time::Duration;

use serde::{Deserialize, Deserializer, de::Error};

/// A number of bytes, written with a unit of powers of 1000.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// The number.
    pub bytes: u64,
}

/// A length of time, written with a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span(pub Duration);

const SIZE_UNITS: &[(&str, u64)] = &[("B", 1), ("kB", 1_000), ("MB", 1_000_000), ("GB", 1_000_000_000)];
const SPAN_UNITS_MS: &[(&str, u64)] = &[("ms", 1), ("s", 1_000), ("min", 60_000), ("h", 3_600_000), ("d", 86_400_000)];

impl Size {
    /// The number as this machine counts memory.
    #[must_use]
    pub fn as_usize(self) -> usize {
        usize::try_from(self.bytes).unwrap_or(usize::MAX)
    }
}

impl Span {
    /// The length of time that `text` says, as in `"2 h"`; what is wrong with it otherwise.
    pub fn parse(text: &str) -> Result<Self, String> {
        parse(text, SPAN_UNITS_MS, "10 s").map(|ms| Self(Duration::from_millis(ms)))
    }
}

fn parse(text: &str, units: &[(&str, u64)], example: &str) -> Result<u64, String> {
    let wrong = || {
        let names: Vec<_> = units.iter().map(|(name, _)| *name).collect();
        format!("\"{text}\" is not a whole number with one of the units {}, as in \"{example}\"", names.join(", "))
    };
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (number, unit) = text.split_at(digits);
    let number: u64 = number.parse().map_err(|_| wrong())?;
    let (_, factor) = units.iter().find(|(name, _)| *name == unit.trim()).ok_or_else(wrong)?;
    number.checked_mul(*factor).ok_or_else(|| format!("\"{text}\" is too large"))
}

impl<'de> Deserialize<'de> for Size {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Ok(Self { bytes: parse(&text, SIZE_UNITS, "32 kB").map_err(D::Error::custom)? })
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_spans_are_read_with_and_without_a_space() {
        assert_eq!(parse("32 kB", SIZE_UNITS, ""), Ok(32_000));
        assert_eq!(parse("4MB", SIZE_UNITS, ""), Ok(4_000_000));
        assert_eq!(parse("7 d", SPAN_UNITS_MS, ""), Ok(604_800_000));
    }

    #[test]
    fn what_has_no_unit_or_is_too_large_is_told() {
        assert!(parse("32", SIZE_UNITS, "32 kB").unwrap_err().contains("kB"));
        assert!(parse("1.5 MB", SIZE_UNITS, "32 kB").is_err());
        assert!(parse("99999999999999999 GB", SIZE_UNITS, "").unwrap_err().contains("too large"));
    }
}
