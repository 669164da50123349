//! `schema/ledger.json`: which versions there were, which events, and which column each field has, for ever.
//!
//! A column belongs to (the event's id, the path of field numbers to it, its role, its generation), so that names
//! may change and files never do. The ledger only grows; one that contradicts itself is refused with the lines.

mod check;
mod extend;
mod presence;
mod semver;
mod wire;

pub use extend::{EventToPublish, Publication};
pub(crate) use presence::PresenceTurn;
pub use presence::{Presence, PresenceEpoch};
pub use semver::Bump;
pub(crate) use semver::next as next_semver;

use crate::error::SchemaError;
use crate::layout::ColumnType;

/// The ledger's file in the schema folder.
pub const LEDGER_FILE: &str = "ledger.json";

/// The largest ledger that is read: some hundred thousand columns.
pub const LEDGER_BYTES_MAX: u64 = 64 << 20;

/// What the ledger knows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ledger {
    /// Numbers go up.
    pub versions: Vec<LedgerVersion>,
    /// In the order of publication: the order of the table's structs.
    pub events: Vec<LedgerEvent>,
    /// In the order of publication: the order of columns within their struct.
    pub columns: Vec<LedgerColumn>,
    /// Of the fields whose presence ever changed, in the order of publication.
    pub presence: Vec<PresenceEpoch>,
}

/// One published version of the schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerVersion {
    /// From 1.
    pub number: u32,
    /// `major.minor.patch`.
    pub semver: String,
    /// SHA-256 in hex of the canonical descriptor set.
    pub fingerprint: String,
}

/// One event that was ever published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerEvent {
    /// From 1; never used again.
    pub id: u32,
    /// The event's name, also of its struct column.
    pub name: String,
    /// The full name of its message when it was first published.
    pub message: String,
    /// The version that brought it.
    pub since: u32,
}

/// One column that was ever published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerColumn {
    /// What it belongs to.
    pub key: ColumnKey,
    /// The column's path in the table: the event's struct, then children.
    pub column: Vec<String>,
    /// What it holds.
    pub kind: ColumnType,
    /// The version that brought it.
    pub since: u32,
}

/// What a column belongs to; unique in the ledger.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ColumnKey {
    /// The event's id.
    pub event: u32,
    /// Field numbers from the event's message down; empty: the event's own struct. A list's elements and a map's
    /// values add no number.
    pub path: Vec<u32>,
    /// Which of the columns of that path.
    pub role: ColumnRole,
    /// 1; one more for each change of type that needed a column of its own.
    pub generation: u32,
}

/// Which of the columns that one path can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ColumnRole {
    /// The value itself.
    Value,
    /// `<field>__number`: the number of an enum value that has no name.
    Number,
    /// `<oneof>__case`: the name of the set member of the oneof that this path's field is a member of.
    Case,
    /// `_present`: that the message is there, of a message that had no fields.
    Present,
}

impl Ledger {
    /// Reads a ledger; `file` names it in errors.
    ///
    /// # Errors
    /// [`SchemaError::Ledger`] with the lines when it is no ledger, or contradicts itself.
    pub fn parse(file: &str, text: &str) -> Result<Self, SchemaError> {
        let lines = wire::parse(file, text)?;
        check::check(file, &lines)?;
        Ok(lines.into_ledger())
    }

    /// The ledger as a file: one entry a line, so that merges and reviews are readable. The same ledger gives the
    /// same bytes.
    #[must_use]
    pub fn to_text(&self) -> String {
        wire::to_text(self)
    }

    /// The newest version.
    #[must_use]
    pub fn newest(&self) -> Option<&LedgerVersion> {
        self.versions.last()
    }

    /// The ledger as it was when its newest version had this fingerprint; `None` where it never had.
    #[must_use]
    pub fn as_of(&self, fingerprint: &str) -> Option<Self> {
        let number = self.versions.iter().rev().find(|version| version.fingerprint == fingerprint)?.number;
        let mut then = self.clone();
        then.versions.retain(|version| version.number <= number);
        then.events.retain(|event| event.since <= number);
        then.columns.retain(|column| column.since <= number);
        then.presence.retain(|epoch| epoch.since <= number);
        Some(then)
    }

    /// The event of this name.
    #[must_use]
    pub fn event(&self, name: &str) -> Option<&LedgerEvent> {
        self.events.iter().find(|event| event.name == name)
    }
}

#[cfg(test)]
mod tests;
