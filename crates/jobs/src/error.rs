//! What can be wrong with a job's file, with a run as a whole, and with one partition.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use judi_engine::{EngineError, Fault};
use judi_table::TableError;
use thiserror::Error;

/// A place in a job's file: `jobs/news/reads.sql:1:9`, both counted from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilePlace {
    /// The file.
    pub path: PathBuf,
    /// The line.
    pub line: u64,
    /// The character in the line.
    pub column: u64,
}

impl fmt::Display for FilePlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.path.display(), self.line, self.column)
    }
}

/// Why a job's file is no job.
#[derive(Debug, Error)]
pub enum JobError {
    /// The disk refused.
    #[error("cannot read {}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// The disk's own error.
        source: io::Error,
    },
    /// The file is not where jobs are, or its name is no table's.
    #[error("{}: {message}", path.display())]
    Misplaced {
        /// The file.
        path: PathBuf,
        /// What is wrong with the place or the name.
        message: &'static str,
    },
    /// A header line says what it may not.
    #[error("{place}: {message}")]
    Header {
        /// Where.
        place: FilePlace,
        /// What is wrong.
        message: String,
        /// What to write instead.
        hint: Option<String>,
    },
    /// The SQL cannot be read.
    #[error("{}: {source}", located(path, source))]
    Sql {
        /// The file.
        path: PathBuf,
        /// Why.
        source: Box<EngineError>,
    },
    /// Two files make one table.
    #[error("{} and {} both make the table {table}", first.display(), second.display())]
    DuplicateTable {
        /// The table.
        table: String,
        /// One file.
        first: PathBuf,
        /// The other.
        second: PathBuf,
    },
    /// Tables that wait for one another.
    #[error("these tables are made from one another: {}", tables.join(" -> "))]
    Cycle {
        /// Each is read by the next; the last is read by the first.
        tables: Vec<String>,
    },
}

fn located(path: &Path, source: &EngineError) -> String {
    match source.place() {
        Some(place) => format!("{}:{}:{}", path.display(), place.line, place.column),
        None => path.display().to_string(),
    }
}

impl JobError {
    /// What to do about it, when there is something.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Header { hint, .. } => hint.clone(),
            Self::Sql { source, .. } => source.hint(),
            Self::Misplaced { .. } => Some("jobs stand in jobs/<domain>/<table>.sql".into()),
            _ => None,
        }
    }

    /// Whose fault it is.
    #[must_use]
    pub fn fault(&self) -> Fault {
        match self {
            Self::Io { .. } => Fault::External,
            Self::Sql { source, .. } => source.fault(),
            _ => Fault::User,
        }
    }
}

/// Why nothing was run.
#[derive(Debug, Error)]
pub enum RunError {
    /// A table was named that no job makes.
    #[error("no job makes a table {name}")]
    UnknownJob {
        /// As given.
        name: String,
        /// The known name most like it.
        nearest: Option<String>,
    },
    /// A job has the name of something that is there already.
    #[error("{}: {table} is the name of an event's view or of a table of Judi's own", path.display())]
    TakenName {
        /// The job's file.
        path: PathBuf,
        /// The name.
        table: String,
    },
    /// A job reads what is neither a table, nor a view, nor made by a job.
    #[error("{}: {source}", located(path, source))]
    UnknownInput {
        /// The job's file.
        path: PathBuf,
        /// Which name, where.
        source: Box<EngineError>,
    },
    /// The first day comes after the last.
    #[error("the first day, {from}, comes after the last, {to}")]
    EmptyRange {
        /// As given.
        from: String,
        /// As given.
        to: String,
    },
    /// More partitions than one run may have.
    #[error("{count} partitions are too many for one run; it may have {max}")]
    TooManyPartitions {
        /// How many.
        count: usize,
        /// The limit.
        max: usize,
    },
    /// A job's table cannot be opened.
    #[error("table {table}: {source}")]
    Table {
        /// Its name.
        table: String,
        /// Why.
        source: TableError,
    },
    /// The run could not be started.
    #[error("cannot start the run: {source}")]
    Start {
        /// The operating system's error.
        source: io::Error,
    },
}

impl RunError {
    /// What to do about it, when there is something.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::UnknownJob { nearest, .. } => nearest.as_ref().map(|name| format!("did you mean {name}?")),
            Self::UnknownInput { source, .. } => source.hint(),
            Self::TakenName { .. } => Some("give the file another name".into()),
            Self::TooManyPartitions { .. } => Some("run fewer days at a time".into()),
            _ => None,
        }
    }

    /// Whose fault it is.
    #[must_use]
    pub fn fault(&self) -> Fault {
        match self {
            Self::Table { source, .. } => table_fault(source),
            Self::Start { .. } => Fault::External,
            _ => Fault::User,
        }
    }
}

/// Why one partition was not computed or not published. The old one is still in place.
#[derive(Debug, Error)]
pub enum PartitionError {
    /// The SQL failed.
    #[error("{}: {source}", located(path, source))]
    Sql {
        /// The job's file.
        path: PathBuf,
        /// Why.
        source: Box<EngineError>,
    },
    /// A check or audit could not be computed.
    #[error("{place}: the audit {audit}: {source}")]
    Audit {
        /// The header line.
        place: FilePlace,
        /// As written.
        audit: String,
        /// Why.
        source: Box<EngineError>,
    },
    /// The result lacks a column that the header names.
    #[error("the result has no column {column}, which {needed_by}")]
    MissingColumn {
        /// The column.
        column: String,
        /// Who needs it.
        needed_by: &'static str,
        /// The result's column most like it.
        nearest: Option<String>,
    },
    /// The partition column is of another type than partitions have.
    #[error("the result's column {column} is {found}; it has to be {wanted}")]
    PartitionType {
        /// The column.
        column: &'static str,
        /// What it is.
        found: String,
        /// What it has to be.
        wanted: &'static str,
    },
    /// Rows of other partitions are in the result.
    #[error("{count} rows belong to other partitions than {partition}, such as {sample}")]
    ForeignRows {
        /// The partition that was computed.
        partition: String,
        /// How many rows.
        count: u64,
        /// One of the other values.
        sample: String,
    },
    /// Several rows have one key.
    #[error("{count} keys occur more than once, such as {sample}")]
    DuplicateKey {
        /// How many keys.
        count: u64,
        /// One of them.
        sample: String,
    },
    /// A column's type cannot be stored.
    #[error("column {column}: {message}")]
    Unstorable {
        /// The column.
        column: String,
        /// Why.
        message: String,
    },
    /// The result is larger than a partition may be.
    #[error("the partition has more than {bytes_max} bytes")]
    TooLarge {
        /// The limit.
        bytes_max: usize,
    },
    /// The table could not be written.
    #[error(transparent)]
    Table(#[from] TableError),
    /// Another run replaced the partition meanwhile.
    #[error("another run replaced this partition at the same time")]
    Raced,
}

impl PartitionError {
    /// What to do about it, when there is something.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Sql { source, .. } | Self::Audit { source, .. } => source.hint(),
            Self::MissingColumn { nearest: Some(name), .. } => Some(format!("did you mean {name}?")),
            Self::MissingColumn { column, .. } => Some(format!("select it AS {column}")),
            Self::PartitionType { column, wanted, .. } => Some(format!("CAST(… AS {wanted}) AS {column}")),
            Self::ForeignRows { .. } => Some(
                "filter with event_time >= @from AND event_time < @to, and take the partition from event_time".into(),
            ),
            Self::DuplicateKey { .. } => Some("group by the key, or name more columns in key=[…]".into()),
            Self::TooLarge { .. } => Some("use grain=hour, or aggregate further".into()),
            Self::Table(TableError::IncompatibleSchema { .. }) => {
                Some("a column keeps its type; give the new one another name".into())
            }
            Self::Raced => Some("run again".into()),
            _ => None,
        }
    }

    /// Whose fault it is.
    #[must_use]
    pub fn fault(&self) -> Fault {
        match self {
            Self::Sql { source, .. } | Self::Audit { source, .. } => source.fault(),
            Self::Table(source) => table_fault(source),
            Self::Raced => Fault::External,
            _ => Fault::User,
        }
    }
}

fn table_fault(error: &TableError) -> Fault {
    match error.fault() {
        judi_table::Fault::User => Fault::User,
        judi_table::Fault::External => Fault::External,
        judi_table::Fault::Internal => Fault::Internal,
    }
}
