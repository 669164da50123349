//! The judge: the one subscriber that turns the log into the `events` and `quarantine` tables, exactly once.
//!
//! ```text
//!   log ──► facts ──► dedup ──► clocks ──► round ──► tables ──► commits
//!           (pure)    (index)   (pure)     (pure)    (append once, with the log's offsets)
//!              ▲                             ▲
//!              └── recovery: where to go on after a stop at any moment (pure)
//!
//!   again: what older schemas could not read, read by the newest, beside the rounds
//!   core: one step at a time, for the simulator        judge: the threads that take the steps
//! ```

mod error;
mod options;

pub mod clocks;
pub mod dedup;
pub mod invariants;

mod facts;
mod recovery;
mod round;
mod tally;

mod commits;
mod tables;

mod accounts;
mod again;
mod core;
mod judge;

pub use crate::core::{GROUP, JudgeCore, Step};
pub use accounts::JudgeStats;
pub use again::{Again, AgainStats, AgainStep, ReplayAccount, ReplayEnd, ReplayFilter, ReplayProgress, ReplayRefused};
pub use error::JudgeError;
pub use judge::{Judge, JudgeEnded, JudgeHandle};
pub use options::JudgeOptions;
pub use round::{Counts, Totals};
pub use tables::app_id;
pub use tally::Tally;
