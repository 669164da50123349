//! The durable event log: what was acknowledged here is never lost, and is read exactly once, in order.
//!
//! ```text
//!   producers ──► queue ──► writer thread ──► one write and one fdatasync per touched partition
//!      ▲         (bytes       judi-log            │
//!      │         bounded)                         ▼
//!      └──────────── offset ◄──── durable: visible to consumers, then acknowledged
//!
//!   <folder>/lock  log.json                                   one process, one identity
//!   <folder>/groups/<name>.json                               how far each consumer group has read
//!   <folder>/<topic>/<partition>/<first offset>.segment       records; see `wire.rs`
//!   <folder>/<topic>/<partition>/<segment>.<byte>.torn        what recovery set aside, never acknowledged
//! ```
//!
//! A record passes through these moments; a crash in an interval leaves this:
//!
//! | interval | the producer | after the restart | consumers saw it |
//! |---|---|---|---|
//! | before it is queued | [`AppendError::Busy`], or no answer | not there | no |
//! | queued .. written | no answer | not there | no |
//! | written .. synced | no answer | there or not, each partition a prefix of what was written | no |
//! | synced .. visible | no answer | there, at the same offset | no |
//! | visible .. answered | no answer | there, at the same offset | maybe |
//! | answered .. | its offset | there, at the same offset | maybe |
//!
//! When a write or a sync fails the process goes on: what was staged is answered with an error and is not
//! visible, its offsets are given to the next records, and nothing before it is touched. A full disk is no
//! state: each append tries again, so the log goes on by itself when there is room.

mod embedded;
pub mod invariants;
mod log;
mod record;
mod recovery;
mod retention;
mod wire;

pub use embedded::{EmbeddedLog, LogOptions, OpenError};
pub use log::{
    AppendError, AppendFuture, AppendManyFuture, AppendResult, Bounds, FetchError, Fetched, GroupError, Log, LogId,
    Positions, RetainError, Retained,
};
pub use record::{Batch, FetchedRecord, Record, Topic, partition_of};
pub use retention::Retention;
