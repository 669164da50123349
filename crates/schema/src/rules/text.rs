//! Rules of text. Lengths are in characters (Unicode code points) unless a rule says bytes.

use regex::Regex;

use super::bounds::list;
use super::formats::Format;
use super::{RuleBreak, broken, counted};

/// What text must satisfy.
#[derive(Debug, Default)]
pub(super) struct TextRules {
    pub(super) equal: Option<String>,
    pub(super) length: Option<u64>,
    pub(super) length_min: Option<u64>,
    pub(super) length_max: Option<u64>,
    pub(super) bytes: Option<u64>,
    pub(super) bytes_min: Option<u64>,
    pub(super) bytes_max: Option<u64>,
    pub(super) pattern: Option<Regex>,
    pub(super) prefix: Option<String>,
    pub(super) suffix: Option<String>,
    pub(super) contains: Option<String>,
    pub(super) not_contains: Option<String>,
    pub(super) among: Vec<String>,
    pub(super) none_of: Vec<String>,
    pub(super) format: Option<Format>,
}

impl TextRules {
    pub(super) fn check(&self, value: &str) -> Result<(), RuleBreak> {
        if let Some(wanted) = self.equal.as_ref().filter(|wanted| *wanted != value) {
            return Err(broken("string", "const", format!("must be {wanted:?}")));
        }
        self.check_length(value)?;
        self.check_parts(value)?;
        if !self.among.is_empty() && !self.among.iter().any(|known| known == value) {
            let among = list(self.among.iter().map(|known| format!("{known:?}")));
            return Err(broken("string", "in", format!("must be one of {among}")));
        }
        if self.none_of.iter().any(|refused| refused == value) {
            let none_of = list(self.none_of.iter().map(|refused| format!("{refused:?}")));
            return Err(broken("string", "not_in", format!("must not be any of {none_of}")));
        }
        match self.format {
            Some(format) if !format.fits(value) => {
                Err(broken("string", format.name(), format!("must be {}", format.text())))
            }
            _ => Ok(()),
        }
    }

    fn check_length(&self, value: &str) -> Result<(), RuleBreak> {
        let measures = [
            (["len", "min_len", "max_len"], "character", self.length, self.length_min, self.length_max),
            (["len_bytes", "min_bytes", "max_bytes"], "byte", self.bytes, self.bytes_min, self.bytes_max),
        ];
        for (names, unit, exact, least, most) in measures {
            if exact.is_none() && least.is_none() && most.is_none() {
                continue;
            }
            let length = if unit == "byte" { value.len() } else { value.chars().count() } as u64;
            let (name, words, wanted) = match (exact, least, most) {
                (Some(exact), _, _) if length != exact => (names[0], "exactly", exact),
                (_, Some(least), _) if length < least => (names[1], "at least", least),
                (_, _, Some(most)) if length > most => (names[2], "at most", most),
                _ => continue,
            };
            return Err(broken("string", name, format!("must be {words} {} long", counted(wanted, unit))));
        }
        Ok(())
    }

    fn check_parts(&self, value: &str) -> Result<(), RuleBreak> {
        let (name, text) = match self {
            Self { pattern: Some(pattern), .. } if !pattern.is_match(value) => {
                ("pattern", format!("must match the pattern {}", pattern.as_str()))
            }
            Self { prefix: Some(prefix), .. } if !value.starts_with(prefix) => {
                ("prefix", format!("must begin with {prefix:?}"))
            }
            Self { suffix: Some(suffix), .. } if !value.ends_with(suffix) => {
                ("suffix", format!("must end with {suffix:?}"))
            }
            Self { contains: Some(part), .. } if !value.contains(part) => {
                ("contains", format!("must contain {part:?}"))
            }
            Self { not_contains: Some(part), .. } if value.contains(part) => {
                ("not_contains", format!("must not contain {part:?}"))
            }
            _ => return Ok(()),
        };
        Err(broken("string", name, text))
    }
}
