//! The judge: the one subscriber that turns the log into the `events` and `quarantine` tables, exactly once.
//!
//! ```text
//!   log ──► facts ──► dedup ──► round ──► tables ──► commits
//!           (pure)    (index)   (pure)    (append once, with the log's offsets)
//!              ▲                   ▲
//!              └── recovery: where to go on after a stop at any moment (pure)
//!
//!   core: one step at a time, for the simulator        judge: the threads that take the steps
//! ```

mod error;
mod tally;

pub mod dedup;

mod facts;
mod recovery;
mod round;

mod commits;
mod tables;

mod core;
mod judge;

pub use core::{GROUP, JudgeCore, JudgeOptions, JudgeStats, Step};
pub use error::JudgeError;
pub use judge::{Judge, JudgeEnded, JudgeHandle};
pub use round::{Counts, Totals};
pub use tally::Tally;
