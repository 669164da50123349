//! Presence epochs: since which version absence means what, of the fields whose presence ever changed.
//!
//! The first entry of a field is the state before its first change, so that `epochs` of a field tell its whole
//! history; a field without an entry never changed.

use std::fmt;

use serde::Serialize;

use super::{ColumnRole, Ledger};

/// Whether absence can be told from the default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Presence {
    /// Absent is the default: the column holds 0 or ''.
    Implicit,
    /// Absent is absent: the column holds NULL.
    Explicit,
}

/// From a version on, a field has this presence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PresenceEpoch {
    /// The event's id.
    pub event: u32,
    /// Field numbers from the event's message down.
    pub path: Vec<u32>,
    /// What holds.
    pub presence: Presence,
    /// The version that brought it.
    pub since: u32,
}

/// A field whose presence a version changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PresenceTurn {
    pub(crate) event: u32,
    pub(crate) path: Vec<u32>,
    pub(crate) from: Presence,
    pub(crate) to: Presence,
}

impl Ledger {
    /// The presence of a field over the versions, oldest first; none where it never changed.
    pub fn epochs(&self, event: u32, path: &[u32]) -> impl Iterator<Item = &PresenceEpoch> {
        self.presence.iter().filter(move |epoch| epoch.event == event && epoch.path == path)
    }

    /// Notes what version `since` changes. What the ledger says of a field already is what its newest entry says.
    pub(super) fn turn(&mut self, turns: Vec<PresenceTurn>, since: u32) {
        for PresenceTurn { event, path, from, to } in turns {
            let newest = self.epochs(event, &path).last().map(|epoch| epoch.presence);
            if newest == Some(to) {
                continue;
            }
            if newest.is_none() {
                let first = self.columns.iter().find(|column| {
                    column.key.event == event && column.key.path == path && column.key.role == ColumnRole::Value
                });
                let Some(first) = first.map(|column| column.since).filter(|first| *first < since) else { continue };
                self.presence.push(PresenceEpoch { event, path: path.clone(), presence: from, since: first });
            }
            self.presence.push(PresenceEpoch { event, path, presence: to, since });
        }
    }
}

impl fmt::Display for Presence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Implicit => "implicit",
            Self::Explicit => "explicit",
        })
    }
}
