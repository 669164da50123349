//! The table `[schema]` of conventions.toml: what a house agrees on about names, owners and personal data.

use std::fmt;

use regex::Regex;
use serde::{Deserialize, Deserializer};

use super::rules::{Origin, RULES};
use crate::nearest::nearest;

/// The longest pattern; conventions are written by people.
const PATTERN_BYTES_MAX: usize = 1_000;

/// What names, owners and personal data must be like. Every key has a default, and the default asks for little.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Conventions {
    /// What an event's whole name must match, beyond being snake_case; none: anything.
    pub event_name: Option<Pattern>,
    /// What the whole name of an event's field must match; none: anything.
    pub field_name: Option<Pattern>,
    /// What the name of an event's message begins with.
    pub message_prefix: String,
    /// What the name of an event's message ends with.
    pub message_suffix: String,
    /// The owners that there are; empty: any.
    pub owners: Vec<String>,
    /// The owner that `--fix` gives to events that have none.
    pub default_owner: Option<String>,
    /// Which fields must say how personal they are.
    pub pii: PiiDemand,
    /// Names of further fields that may hold personal data; `*` stands for any text.
    pub pii_fields: Vec<Glob>,
    /// Names of fields that never do, whatever they sound like; `*` stands for any text.
    pub not_pii_fields: Vec<Glob>,
    /// Pairs of names that look like twins and mean different things.
    pub not_twins: Vec<[String; 2]>,
    /// The rules of Judi's that are off.
    pub lint_except: Vec<JudiRule>,
}

/// Which fields must say how personal they are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PiiDemand {
    /// Those whose name or type says that they may hold personal data.
    #[default]
    Suspected,
    /// All.
    All,
}

/// A regular expression that must match a whole name.
#[derive(Clone)]
pub struct Pattern {
    text: String,
    whole: Regex,
}

/// A name with `*` for any text.
#[derive(Clone)]
pub struct Glob(Pattern);

/// The id of one of Judi's rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JudiRule(pub &'static str);

impl Conventions {
    /// Whether two names were said to mean different things.
    #[must_use]
    pub fn are_not_twins(&self, one: &str, other: &str) -> bool {
        self.not_twins.iter().any(|[a, b]| (a == one && b == other) || (a == other && b == one))
    }

    /// Whether this rule of Judi's is on.
    #[must_use]
    pub fn wants(&self, rule: &str) -> bool {
        self.lint_except.iter().all(|JudiRule(id)| *id != rule)
    }
}

impl Pattern {
    /// # Errors
    /// What is wrong with the expression.
    pub fn new(text: &str) -> Result<Self, String> {
        if text.len() > PATTERN_BYTES_MAX {
            return Err(format!("a pattern has at most {PATTERN_BYTES_MAX} bytes"));
        }
        let whole = Regex::new(&format!("^(?:{text})$")).map_err(|error| error.to_string())?;
        Ok(Self { text: text.to_owned(), whole })
    }

    /// Whether the whole name matches.
    #[must_use]
    pub fn matches(&self, name: &str) -> bool {
        self.whole.is_match(name)
    }
}

impl Glob {
    /// # Errors
    /// A glob that is too long.
    pub fn new(text: &str) -> Result<Self, String> {
        let pattern = text.split('*').map(regex::escape).collect::<Vec<_>>().join(".*");
        Ok(Self(Pattern { text: text.to_owned(), ..Pattern::new(&pattern)? }))
    }

    /// Whether the whole name matches.
    #[must_use]
    pub fn matches(&self, name: &str) -> bool {
        self.0.matches(name)
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "/{}/", self.text)
    }
}

impl fmt::Debug for Glob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.0.text)
    }
}

impl<'de> Deserialize<'de> for Pattern {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

impl<'de> Deserialize<'de> for Glob {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

impl<'de> Deserialize<'de> for JudiRule {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let id = String::deserialize(deserializer)?;
        let judis = || RULES.iter().filter(|rule| rule.origin == Origin::Judi).map(|rule| rule.id);
        judis().find(|known| *known == id).map(Self).ok_or_else(|| {
            let near = nearest(&id, judis()).map_or(String::new(), |near| format!("; did you mean {near}?"));
            serde::de::Error::custom(format!("{id} is no rule of Judi's{near}"))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(json: &str) -> Result<Conventions, String> {
        serde_json::from_str(json).map_err(|error| error.to_string())
    }

    #[test]
    fn keys_are_checked_and_have_defaults() {
        let none = parse("{}").unwrap();
        assert!(none.event_name.is_none() && none.wants("FIELD_PII") && none.pii == PiiDemand::Suspected);
        let all = parse(
            r#"{"event_name": "[a-z]+(_[a-z]+)*", "pii": "all", "pii_fields": ["loyalty_*"], "not_twins": [["a", "b"]],
                "lint_except": ["FIELD_TWIN"], "owners": ["news"], "default_owner": "news"}"#,
        )
        .unwrap();
        assert!(
            all.event_name.as_ref().is_some_and(|it| it.matches("a_b") && !it.matches("a_b2") && !it.matches("xA"))
        );
        assert!(all.pii_fields[0].matches("loyalty_card") && !all.pii_fields[0].matches("my_loyalty_card"));
        assert!(all.are_not_twins("b", "a") && !all.are_not_twins("a", "c"));
        assert!(!all.wants("FIELD_TWIN") && all.wants("EVENT_TWIN"));
        assert!(parse(r#"{"owner": "x"}"#).unwrap_err().contains("owners"));
        assert!(parse(r#"{"event_name": "("}"#).unwrap_err().contains("unclosed"));
        assert!(parse(r#"{"lint_except": ["FIELD_PIII"]}"#).unwrap_err().contains("did you mean FIELD_PII?"));
        assert!(parse(r#"{"lint_except": ["ENUM_PASCAL_CASE"]}"#).is_err());
    }
}
