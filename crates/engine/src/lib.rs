//! SQL over Judi's tables. The only crate that links DataFusion, and no type of it gets out.
//!
//! ```text
//!   Catalog (tables, event views, windows) ─┐
//!   SQL, Parameters ────────────────────────┴─► Engine::query ─► Rows ─► output: table, csv, json, parquet
//! ```
//!
//! A query reads each table at one version, only reads, runs on the engine's own threads within the engine's memory,
//! and ends when its rows are dropped.

mod error;
mod zone;

mod catalog;
mod column_uses;
mod parameters;
pub mod sql;

mod fill_up;
mod local_date;
mod loss;
mod pinned;
mod pruning;
mod snapshot_scan;
mod views;

mod determinism;
mod distinct;
mod engine;
mod introspection;
mod map_access;
mod plain;
mod query;
mod spill;

pub mod output;

pub use catalog::{Catalog, EVENTS_TABLE, InputWindow, Kind, LOSS_TABLE, QUARANTINE_TABLE};
pub use column_uses::{ColumnUse, ColumnUses, KnownColumn, KnownTable, Origin, column_uses};
pub use engine::{Engine, EngineOptions};
pub use error::{EngineError, Fault, Place};
pub use judi_schema::nearest::nearest;
pub use loss::LOSS_DAYS;
pub use parameters::{Parameter, Parameters};
pub use query::{QueryOptions, Rows};
pub use zone::{DAY_US, HOUR_US, UnknownZone, Zone, day_text, moment_text, parse_day};
