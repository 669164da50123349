//! What a project says of Segment's calls: which event each becomes, and which property fills which field.

use std::collections::{BTreeMap, BTreeSet};

use super::call::CallKind;
use super::targets::ContextField;

/// The mapping's name in a project's schema folder.
pub const MAPPING_FILE: &str = "segment.toml";

/// The largest mapping that is read: ten thousand rules of a hundred bytes.
pub const MAPPING_BYTES_MAX: u64 = 1 << 20;

/// A project's mapping. The default one has no rules: then names that are alike map by themselves.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mapping {
    /// Counts up with every published mapping that differs from the one before; 0: none was ever published.
    pub revision: u32,
    /// Track calls by their event's name.
    pub(super) tracks: BTreeMap<String, Rule>,
    /// The other calls.
    pub(super) kinds: BTreeMap<CallKind, Rule>,
    /// What of any call fills which field of the context, beyond what does so by itself.
    pub(super) context: Vec<(String, ContextField)>,
}

/// What becomes of one kind of call, or of track calls of one name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rule {
    /// The event's name.
    pub event: String,
    /// Of the properties or traits: path and target.
    pub(super) bag: BTreeMap<String, Target>,
    /// Of the whole call: path and target.
    pub(super) call: BTreeMap<String, Target>,
    /// Properties or traits that are not kept.
    pub(super) dropped: BTreeSet<String>,
    /// Where the rule and its targets stand in the file, for whoever checks them against the schema.
    pub(super) places: Places,
}

/// Bytes of the file from its beginning.
#[derive(Debug, Clone, Default)]
pub(super) struct Places {
    pub(super) event: usize,
    pub(super) targets: BTreeMap<String, usize>,
}

/// Where a value goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// A field of the event.
    Field {
        /// Its name.
        field: String,
        /// What is done to numbers before they are stored.
        convert: Option<Convert>,
        /// Other words for some texts.
        values: BTreeMap<String, String>,
    },
    /// A field of the context.
    Context(ContextField),
}

/// What can be done to a number that its field's type does not tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Convert {
    SecondsToMs,
    MsToSeconds,
    MinutesToMs,
    FractionToPercent,
    PercentToFraction,
    UnixSeconds,
    UnixMs,
}

impl Convert {
    /// All of them, with their names in the file.
    pub const ALL: [(&'static str, Self); 7] = [
        ("seconds_to_ms", Self::SecondsToMs),
        ("ms_to_seconds", Self::MsToSeconds),
        ("minutes_to_ms", Self::MinutesToMs),
        ("fraction_to_percent", Self::FractionToPercent),
        ("percent_to_fraction", Self::PercentToFraction),
        ("unix_seconds", Self::UnixSeconds),
        ("unix_ms", Self::UnixMs),
    ];

    /// The one of this name.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|(known, _)| *known == name).map(|(_, convert)| convert)
    }
}

// Two rules that say the same are the same, wherever they stand.
impl PartialEq for Places {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Places {}

impl Mapping {
    /// The rule for a call of this kind and name, where there is one.
    #[must_use]
    pub fn rule(&self, kind: CallKind, name: &str) -> Option<&Rule> {
        match kind {
            CallKind::Track => self.tracks.get(name),
            kind => self.kinds.get(&kind),
        }
    }

    /// The track names that have a rule.
    pub fn track_names(&self) -> impl Iterator<Item = &str> {
        self.tracks.keys().map(String::as_str)
    }

    pub(super) fn rules(&self) -> impl Iterator<Item = &Rule> {
        self.tracks.values().chain(self.kinds.values())
    }
}
