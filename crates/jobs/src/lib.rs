//! Functional batch: one SQL file per table; a run computes a whole partition and replaces it in one step.
//!
//! ```text
//!   jobs/<domain>/<table>.sql ─ header ─► Job ─ order ─► for each partition: inputs cut to their windows
//!                                                          ─► SQL, deterministic ─► checks, audits ─► replace
//! ```
//!
//! Running twice is running once: the same inputs give the same rows, the same rows the same files, and the same files
//! no commit. Whatever fails before the replacement leaves the old partition as it was.
//!
//! [`run`] blocks; call it from a thread that may.

mod error;

mod grain;
mod header;
mod job;
mod order;

mod audit;
mod storable;
mod tables;

mod compute;
mod run;

pub use audit::AuditResult;
pub use error::{JobError, PartitionError, RunError};
pub use grain::{Grain, Partition};
pub use header::{Audit, Check, Header, Input, Severity, Span};
pub use job::{Job, load};
pub use run::{Context, Outcome, PartitionReport, RunOptions, RunReport, run};
pub use tables::JobTables;
