//! The command line: what people type.

pub mod schema;
pub mod sdk;

use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::{Args, Parser, Subcommand, ValueEnum};
use judi_schema::verdict::Reason;

/// The data platform of a media house in one program: define events, collect them, judge them, analyse and present.
#[derive(Debug, Parser)]
#[command(name = "judi", version, about, propagate_version = true, max_term_width = 110)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Show the newsroom example with simulated readers, all in this process.
    Demo(Demo),
    /// Make a new project that runs at once.
    Init(Init),
    /// Run every role in one process: Event API, log, judge, tables and pages.
    Up(Up),
    /// Bring existing data through the same log and judge.
    Import(Import),
    /// Ask the tables in SQL.
    Query(Query),
    /// Follow what a running server receives, good and bad.
    Tail(Tail),
    /// Say where an event is: received, judged, committed, or why it is not there.
    Trace(Trace),
    /// Check that an app under test has sent what it should: against a server that runs with `--dev`.
    Expect(Expect),
    /// Judge quarantined events again by the newest schema: those that fit now become rows of events, once.
    Replay(Replay),
    /// Compute partitions of the jobs' tables.
    Run(Run),
    /// The events' definition.
    #[command(subcommand)]
    Schema(schema::Schema),
    /// Typed libraries for apps, made from the schema.
    #[command(subcommand)]
    Sdk(sdk::Sdk),
}

/// Where the project is.
#[derive(Debug, Args)]
pub struct ProjectArg {
    /// The project's folder [default: the folder upwards that holds judi.toml].
    #[arg(long, value_name = "DIR")]
    pub project: Option<PathBuf>,
}

/// `judi demo`
#[derive(Debug, Args)]
pub struct Demo {
    /// Where to put the example's project.
    #[arg(long, visible_alias = "project", value_name = "DIR", default_value = "newsroom-demo")]
    pub dir: PathBuf,
    /// What the readers do follows from this number.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Events on an ordinary day; history holds fourteen of them.
    #[arg(long, default_value_t = 30_000, value_parser = clap::value_parser!(u32).range(1_000..=5_000_000))]
    pub events_per_day: u32,
}

/// `judi init`
#[derive(Debug, Args)]
pub struct Init {
    /// The folder to make the project in; made when missing.
    pub dir: PathBuf,
}

/// `judi up`
#[derive(Debug, Args)]
pub struct Up {
    /// The project's folder [default: the folder upwards that holds judi.toml].
    pub dir: Option<PathBuf>,
    /// For people who instrument apps: with the inspector at /inspect.
    #[arg(long)]
    pub dev: bool,
    #[command(flatten)]
    pub project: ProjectArg,
}

/// `judi tail`
#[derive(Debug, Args)]
pub struct Tail {
    /// Only events of this name; may be given several times.
    #[arg(long, value_name = "NAME")]
    pub event: Vec<String>,
    /// Only events that do not fit the schema.
    #[arg(long)]
    pub bad: bool,
    /// Where to begin: `start`, `end`, a time, an offset, or the id of an earlier event of a stream.
    #[arg(long, value_name = "PLACE", default_value = "end")]
    pub from: String,
    /// End after so many events.
    #[arg(long, value_name = "COUNT")]
    pub limit: Option<u64>,
    /// How to print the events.
    #[arg(long, value_enum, default_value_t = AccountFormat::Text)]
    pub format: AccountFormat,
    #[command(flatten)]
    pub project: ProjectArg,
}

/// `judi trace`
#[derive(Debug, Args)]
pub struct Trace {
    /// The event's id.
    pub event_id: String,
    /// How to print what was found.
    #[arg(long, value_enum, default_value_t = AccountFormat::Text)]
    pub format: AccountFormat,
    #[command(flatten)]
    pub project: ProjectArg,
}

/// `judi expect`
#[derive(Debug, Args)]
pub struct Expect {
    /// What the app should have sent: see docs/guides/inspector.md.
    pub file: PathBuf,
    /// The server [default: the one that runs for the project].
    #[arg(long, value_name = "HOST:PORT")]
    pub server: Option<std::net::SocketAddr>,
    /// How long to wait for events that are still on their way, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 10)]
    pub within: u64,
    /// How to print what is missing.
    #[arg(long, value_enum, default_value_t = AccountFormat::Text)]
    pub format: AccountFormat,
    #[command(flatten)]
    pub project: ProjectArg,
}

/// `judi import`
#[derive(Debug, Args)]
pub struct Import {
    /// Files to read, plain or gzipped.
    #[arg(required = true)]
    pub files: Vec<PathBuf>,
    /// What the files hold.
    #[arg(long, value_enum)]
    pub input: ImportInput,
    /// Keeps apart the logs of several servers: part of each line's id.
    #[arg(long, default_value = "")]
    pub source: String,
    /// How to print the account.
    #[arg(long, value_enum, default_value_t = AccountFormat::Text)]
    pub format: AccountFormat,
    #[command(flatten)]
    pub project: ProjectArg,
}

/// What an imported file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ImportInput {
    /// Apache's and nginx's combined access log.
    Combined,
    /// One event a line, as in the Event API, with its own context and received_at.
    Jsonl,
}

/// How findings and accounts are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum AccountFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// `judi query`
#[derive(Debug, Args)]
pub struct Query {
    /// One SELECT; `-` reads it from standard input.
    pub sql: String,
    /// How to print the rows.
    #[arg(long, value_enum, default_value_t = RowFormat::Table)]
    pub format: RowFormat,
    #[command(flatten)]
    pub project: ProjectArg,
}

/// How rows are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum RowFormat {
    /// For people.
    Table,
    /// RFC 4180, with a header.
    Csv,
    /// One JSON object a line.
    Json,
    /// One Parquet file.
    Parquet,
}

/// `judi replay`
#[derive(Debug, Args)]
pub struct Replay {
    /// Replay what is in quarantine.
    #[arg(long, required = true)]
    pub quarantine: bool,
    /// Only events that were refused for this reason.
    #[arg(long, value_name = "REASON", value_parser = PossibleValuesParser::new(Reason::ALL.map(Reason::as_str)))]
    pub reason: Option<String>,
    /// Only events received since then: an RFC 3339 time, a day (UTC), or how long ago, as in "2 h ago".
    #[arg(long, value_name = "TIME")]
    pub since: Option<String>,
    /// How to print the account.
    #[arg(long, value_enum, default_value_t = AccountFormat::Text)]
    pub format: AccountFormat,
    #[command(flatten)]
    pub project: ProjectArg,
}

/// `judi run`
#[derive(Debug, Args)]
pub struct Run {
    /// Tables to compute [default: all].
    pub tables: Vec<String>,
    /// The first day, YYYY-MM-DD.
    #[arg(long, value_name = "DAY")]
    pub from: String,
    /// The last day, YYYY-MM-DD, itself included.
    #[arg(long, value_name = "DAY")]
    pub to: String,
    /// How to print what was done.
    #[arg(long, value_enum, default_value_t = AccountFormat::Text)]
    pub format: AccountFormat,
    #[command(flatten)]
    pub project: ProjectArg,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
