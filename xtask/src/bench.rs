//! `cargo xtask bench`: what Judi promises, measured beside a peer or a limit in the same run.
//!
//! | bench | measured | beside | target |
//! |---|---|---|---|
//! | accept | durable events a second over HTTP; the answers' p99 at half of that | nginx logging the same bodies unsynced; the disk's syncs | nginx x 1, in JSON x 0.5; 10 ms |
//! | parquet | rows a second of one core, from the wire into files | chDB converting the same messages | chDB x 2 |
//! | judge | events a second into the table, of one core | decoding and writing files alone | 400,000 |
//! | import | lines a second of an access log, until they are in the table | DuckDB taking the lines apart | 150,000 |
//! | freshness | from accepted to visible to a query, at 50,000 events a second | the interval of commits | p99 2 s |
//! | publish | a field of a million rows renamed; until an event of the new version is visible | no data file written | 1 s each |
//! | query | article reads per day over 20 million events | DuckDB on the same files | DuckDB x 1 |
//!
//! Everything happens in folders that are gone afterwards and on free ports of this machine. Figures are for machines
//! that do nothing else: each bench prints the load beside them.

mod accept;
mod articles;
mod chdb;
mod disk;
mod duckdb;
mod freshness;
mod http;
mod import;
mod judge;
mod machine;
mod nginx;
mod parquet;
mod project;
mod publish;
mod query;
mod report;
mod requests;
mod schema;
mod table;

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::failure::Failure;

/// What to measure, and how much.
#[derive(Debug, Args)]
pub(crate) struct Bench {
    /// What to measure.
    #[arg(value_enum, default_value_t = Which::All)]
    which: Which,
    /// Seconds that senders send: accept, for each form of body; freshness, three times as long.
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// Connections that send, each with one batch in flight.
    #[arg(long, default_value_t = 8)]
    connections: u64,
    /// Events that are judged or converted.
    #[arg(long, default_value_t = 1_000_000)]
    events: u64,
    /// Events a second that are sent for freshness.
    #[arg(long, default_value_t = 50_000)]
    rate: u64,
    /// Lines that are imported, at least.
    #[arg(long, default_value_t = 1_000_000)]
    lines: u64,
    /// Events that are queried.
    #[arg(long, default_value_t = 20_000_000)]
    rows: u64,
    /// A folder on the disk to measure [default: the folder of the builds].
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

/// A bench.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Which {
    /// Events accepted durably over HTTP.
    Accept,
    /// Messages converted to Parquet.
    Parquet,
    /// Events judged into the table.
    Judge,
    /// Lines of an access log imported.
    Import,
    /// From accepted to visible.
    Freshness,
    /// A schema version published over a large table.
    Publish,
    /// Article reads per day.
    Query,
    /// One after the other.
    All,
}

/// Runs the command.
pub(crate) fn run(bench: &Bench) -> Result<(), Failure> {
    let is_asked = |which| bench.which == which || bench.which == Which::All;
    let folder = bench.dir.as_deref();
    if is_asked(Which::Accept) {
        accept::run(folder, bench.seconds, bench.connections)?;
    }
    if is_asked(Which::Parquet) {
        parquet::run(folder, bench.events)?;
    }
    if is_asked(Which::Judge) {
        judge::run(folder, bench.events)?;
    }
    if is_asked(Which::Import) {
        import::run(folder, bench.lines)?;
    }
    if is_asked(Which::Freshness) {
        freshness::run(folder, bench.seconds * 3, bench.rate)?;
    }
    if is_asked(Which::Publish) {
        publish::run(folder, bench.events)?;
    }
    if is_asked(Which::Query) {
        query::run(folder, bench.rows)?;
    }
    Ok(())
}
