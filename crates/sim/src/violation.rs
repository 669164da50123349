//! What a simulation can find.

use judi_judge::invariants::JudgeViolation;
use judi_log::invariants::LogViolation;
use judi_table::invariants::TableViolation;
use thiserror::Error;

/// A promise that was not kept, and what broke it.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Violation {
    /// Of the log.
    #[error(transparent)]
    Log(#[from] LogViolation),
    /// Of the tables.
    #[error(transparent)]
    Table(#[from] TableViolation),
    /// Of the judge.
    #[error(transparent)]
    Judge(#[from] JudgeViolation),
    /// An answer that is none of the contract's.
    #[error("I19, one result per event: {detail}")]
    Answer {
        /// What is wrong with it.
        detail: String,
    },
    /// With nothing in the way, work does not go on by itself.
    #[error("I14, it goes on by itself: {what}")]
    Stuck {
        /// What does not happen.
        what: String,
    },
    /// An error that no fault explains.
    #[error("I20, no error without a fault: {what}: {error}")]
    Unexplained {
        /// What was done.
        what: &'static str,
        /// What it said.
        error: String,
    },
    /// A fault of the disk that passes ended what should have waited.
    #[error("I14, it goes on by itself: {what} gives up: {error}")]
    GaveUp {
        /// What was done.
        what: &'static str,
        /// What it said.
        error: String,
    },
    /// A second process was let in.
    #[error("I21, one process at a time: {what} was opened twice")]
    NotRefused {
        /// What.
        what: &'static str,
    },
    /// `_judi.commits` does not count the rows of `events`.
    #[error("I22, commits count their rows: {detail}")]
    Miscounted {
        /// What it says, and what is there.
        detail: String,
    },
    /// Code panicked, an assertion of its own for example.
    #[error("a panic: {message}")]
    Panic {
        /// Its message.
        message: String,
    },
    /// The simulation itself could not be set up.
    #[error("the simulation cannot begin: {detail}")]
    Setup {
        /// Why.
        detail: String,
    },
}

impl Violation {
    /// The invariant's number in ARCHITECTURE.md; empty for a panic.
    #[must_use]
    pub const fn id(&self) -> &'static str {
        match self {
            Self::Log(violation) => violation.id(),
            Self::Table(violation) => violation.id(),
            Self::Judge(violation) => violation.id(),
            Self::Answer { .. } => "I19",
            Self::Stuck { .. } | Self::GaveUp { .. } => "I14",
            Self::Unexplained { .. } => "I20",
            Self::NotRefused { .. } => "I21",
            Self::Miscounted { .. } => "I22",
            Self::Panic { .. } | Self::Setup { .. } => "",
        }
    }
}
