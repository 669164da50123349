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
    /// All of them, in the order in which people meet them.
    pub const ALL: [Self; 6] = [
        Self::UnknownEvent,
        Self::InvalidPayload,
        Self::Constraint,
        Self::Undecodable,
        Self::UnknownSchema,
        Self::UnreadableLine,
    ];

    /// The reason that is written so; see [`Reason::as_str`].
    #[must_use]
    pub fn named(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == text)
    }

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_comes_back_from_its_name() {
        for reason in Reason::ALL {
            // A reason more has to be in ALL, too: this match does not compile without it, and the count then differs.
            let place = match reason {
                Reason::UnknownEvent => 0,
                Reason::InvalidPayload => 1,
                Reason::Constraint => 2,
                Reason::Undecodable => 3,
                Reason::UnknownSchema => 4,
                Reason::UnreadableLine => 5,
            };
            assert_eq!((Reason::ALL[place], Reason::named(reason.as_str())), (reason, Some(reason)));
        }
        assert_eq!(Reason::named("too_large"), None, "such events are not kept");
    }
}
