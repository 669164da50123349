//! Why an event is quarantined: the reasons of the Event API's answer, with the field and what was wrong.

use std::fmt;

/// The reasons that an answer, the quarantine table and its counters name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Reason {
    /// The schema has no event of that name.
    UnknownEvent,
    /// A value has the wrong type, or a required field is missing.
    InvalidPayload,
    /// A value breaks a `buf.validate` rule.
    Constraint,
    /// The bytes are not a protobuf message, or not JSON.
    Undecodable,
    /// The schema version is not known.
    UnknownSchema,
    /// A line of an imported file cannot be read.
    UnreadableLine,
}

impl Reason {
    /// As it stands in answers and in the table.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::UnknownEvent => "unknown_event",
            Self::InvalidPayload => "invalid_payload",
            Self::Constraint => "constraint",
            Self::Undecodable => "undecodable",
            Self::UnknownSchema => "unknown_schema",
            Self::UnreadableLine => "unreadable_line",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A reason with its place: which field (dotted path; empty for the whole), and what was wrong, for people.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}{}{detail}", .field, if .field.is_empty() { "" } else { ": " })]
pub struct Violation {
    /// Why.
    pub reason: Reason,
    /// Where: `section`, `authors[2].name`.
    pub field: String,
    /// What was wrong.
    pub detail: String,
}
