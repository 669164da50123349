//! What changed between two states of a schema, and Judi's verdict on each change.
//!
//! ```text
//!   old, new ──sides──► events, messages, enums by name ──pairs──► who is who, though names moved
//!                                                                     │
//!   ledger ──► numbers that were used before                          ▼
//!                                       fields and values by number: kind ──► verdict, semver
//!                                                                     ├─────► effect on every surface
//!                                                                     └─────► fix, as steps on the .proto text
//! ```
//!
//! An event is its name; a message its full name, or what says `moved_from`; a field its number within its message;
//! a value its number within its enum. [`ChangeKind`] holds the verdict on each kind. A change is judged by what the
//! descriptors mean, not by how files say it: another syntax, another order and other comments are no change.

mod compare;
mod constraint;
mod describe;
mod enumeration;
mod features;
mod field;
mod fix;
mod kind;
mod matrix;
mod members;
mod oneof;
mod pairs;
mod presence;
mod published;
mod report;
mod side;
mod span;
mod surface;
mod used;

pub use fix::{Fix, FixError, FixStep, apply, patch};
pub use kind::{ChangeKind, Fit, Verdict};
pub(crate) use presence::presence_turns;
pub use report::{FIX_COMMAND, Replay, Told};
pub use span::Span;
pub use surface::{Effect, Surface, SurfaceEffect};
pub use used::{Use, UseKind, uses_of};

use crate::compile::Compiled;
use crate::ledger::{Bump, Ledger};

/// The most columns that one change names: a message that is used everywhere would name them all.
pub const AFFECTED_MAX: usize = 200;

/// One change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// What it is.
    pub kind: ChangeKind,
    /// What Judi answers: [`ChangeKind::verdict`].
    pub verdict: Verdict,
    /// Where, in the new state; of what is gone, where it would stand.
    pub span: Span,
    /// What it is about.
    pub subject: Subject,
    /// The events that it touches, and their columns, by the names of the old state.
    pub affected: Vec<Affected>,
    /// What it does, on every surface.
    pub surfaces: Vec<SurfaceEffect>,
    /// How to make it publishable, where it is not, and there is one way.
    pub fix: Option<Fix>,
}

/// What a change is about.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Subject {
    /// The full name of the message or enum, today's; the name of the event; or the package.
    pub full_name: String,
    /// The field's or value's name, today's unless it is gone; empty: the change is about the whole.
    pub member: String,
    /// The field's or value's number, today's unless it is gone.
    pub number: i32,
}

/// A column that a change touches.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Affected {
    /// The event's name, which is its view's.
    pub event: String,
    /// Field numbers from the event's message down; empty: the whole event.
    pub numbers: Vec<u32>,
    /// The fields' names, as the old state has them (of a new field, the new state): the first is the view's column.
    pub names: Vec<String>,
    /// The column's path in the table `events`, where the ledger has one.
    pub column: Vec<String>,
}

/// The changes from `old` to `new`, sorted by place; none when the two mean the same. `ledger`, where there is one,
/// knows numbers that versions before `old` used.
#[must_use]
pub fn diff(old: &Compiled, new: &Compiled, ledger: Option<&Ledger>) -> Vec<Change> {
    diff_history(&[old], new, ledger)
}

/// [`diff`] with more of the history: `known` are the known versions, oldest first. An event that the last of them
/// lacks is compared with the newest that has it. With no known version, only what the ledger knows is checked.
#[must_use]
pub fn diff_history(known: &[&Compiled], new: &Compiled, ledger: Option<&Ledger>) -> Vec<Change> {
    compare::changes(known, new, ledger)
}

/// What the changes together do to a version's semver.
#[must_use]
pub fn bump(changes: &[Change]) -> Bump {
    changes.iter().map(|change| change.kind.bump()).max().unwrap_or(Bump::Patch)
}

/// The semver of the version that these changes make, after `before`, the newest version's.
#[must_use]
pub fn next_semver(before: Option<&str>, changes: &[Change]) -> String {
    crate::ledger::next_semver(before, bump(changes))
}

impl Subject {
    fn whole(full_name: &str) -> Self {
        Self { full_name: full_name.to_owned(), ..Self::default() }
    }

    fn member(full_name: &str, member: &str, number: u32) -> Self {
        let number = i32::try_from(number).unwrap_or(i32::MAX);
        Self { full_name: full_name.to_owned(), member: member.to_owned(), number }
    }
}

impl Change {
    /// Whether only recent events can say how many producers it hits; [`Change::affected`] names the fields.
    #[must_use]
    pub const fn needs_shadow_replay(&self) -> bool {
        self.kind.needs_shadow_replay()
    }

    /// The change in one sentence, for people.
    #[must_use]
    pub fn sentence(&self) -> String {
        describe::sentence(&self.kind, &self.subject)
    }
}

#[cfg(test)]
mod tests;
