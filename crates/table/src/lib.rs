//! Delta Lake tables, protocol (1,2): our own log, snapshots, deterministic Parquet files, commits, checkpoints and
//! compaction, readable by every engine that reads Delta.
//!
//! ```text
//!   rows ──► Sink ──► data files (content-addressed, durable, not yet seen)
//!                          │
//!                          ▼
//!   Snapshot ◄─ log ◄─ Table::commit(Transaction) ──► Outcome
//!      │                   decide: append, replace partitions, rewrite
//!      └──► read_file, plan_compaction, vacuum
//! ```
//!
//! Promises, each with its tests: a commit is there whole or not at all, whenever a crash comes; the same rows give the
//! same bytes; an application transaction counts once; a conflict is an outcome and nothing is done; nobody's rows are
//! lost or doubled by a compaction.
//!
//! All calls block; they belong on threads of their own. Clock, randomness and disk come with the
//! [`World`](judi_world::World).

mod error;
pub mod invariants;
mod names;

mod conform;
mod content;
mod partition;
mod schema;
mod stats;

mod gather;
mod sink;
mod sort;

mod actions;
mod checkpoint;
mod delta_log;
mod disk_reader;
mod snapshot;
mod wire;

mod table;
mod transaction;

mod compaction;
mod history;
mod read;
mod update;
mod vacuum;
mod verify;

pub use compaction::{CompactionPolicy, CompactionTask, plan_compaction};
pub use conform::conform_array;
pub use content::ContentHash;
pub use disk_reader::DiskReader;
pub use error::{Fault, TableError};
pub use history::CommitRecord;
pub use read::{FileBatches, read_file};
pub use schema::{canonical_schema, evolved_schema};
pub use sink::{AddFile, Sink, SinkOptions};
pub use snapshot::{DataFile, FileMap, Snapshot};
pub use sort::{CHUNK_ROWS, sort_batches};
pub use stats::{FileStats, STATS_PROPERTY};
pub use table::{Table, TableOptions, TableSpec};
pub use transaction::{Conflict, Mode, Outcome, Transaction};
pub use update::Updated;
pub use vacuum::VacuumReport;
