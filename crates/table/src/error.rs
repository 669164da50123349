//! What can go wrong with a table, whose fault it is, and whether asking again may help.

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use arrow::datatypes::DataType;
use arrow::error::ArrowError;
use parquet::errors::ParquetError;
use thiserror::Error;

/// Who has to act.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The caller asked for something that a table cannot do.
    User,
    /// The disk, another process or another program's files.
    External,
    /// Judi itself.
    Internal,
}

/// Why a table could not be read or written.
#[derive(Debug, Error)]
pub enum TableError {
    /// The disk refused.
    #[error("cannot {action} {}: {source}", path.display())]
    Io {
        /// What was being done, as a verb.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The disk's own error.
        source: io::Error,
    },
    /// A file of the log does not say what a Delta log may say.
    #[error("the table's log is damaged: {}, line {line}: {detail}", path.display())]
    CorruptLog {
        /// The commit or checkpoint.
        path: PathBuf,
        /// Counted from 1; in a checkpoint, the row.
        line: usize,
        /// What is wrong with it.
        detail: String,
    },
    /// The version asked for is not, or no longer, in the log.
    #[error("the table in {} has no version {version} that can be read", dir.display())]
    MissingVersion {
        /// The table's folder.
        dir: PathBuf,
        /// The version asked for.
        version: i64,
    },
    /// The table needs a newer protocol than reader 1, writer 2.
    #[error("the table in {} needs protocol ({reader},{writer}); judi reads and writes (1,2)", dir.display())]
    UnsupportedProtocol {
        /// The table's folder.
        dir: PathBuf,
        /// `minReaderVersion`.
        reader: i32,
        /// `minWriterVersion`.
        writer: i32,
    },
    /// Delta has no such type.
    #[error("column {column}: a table cannot hold {data_type}; {hint}")]
    UnsupportedType {
        /// Dotted path of the column.
        column: String,
        /// Its Arrow type.
        data_type: DataType,
        /// What to use instead.
        hint: &'static str,
    },
    /// A schema's change is more than added columns and nested fields.
    #[error("column {column}: {detail}")]
    IncompatibleSchema {
        /// Dotted path of the column.
        column: String,
        /// What does not fit.
        detail: String,
    },
    /// A column that was named is not there.
    #[error("there is no column {column}")]
    UnknownColumn {
        /// The name.
        column: String,
    },
    /// A partition's value in the log or in the data does not fit the column's type.
    #[error("{value:?} is no value of the partition column {column} ({data_type})")]
    InvalidPartitionValue {
        /// The partition column.
        column: String,
        /// Its type.
        data_type: DataType,
        /// The value, as text.
        value: String,
    },
    /// Parquet could not be written or read.
    #[error("{}: {source}", path.display())]
    Parquet {
        /// The file.
        path: PathBuf,
        /// Parquet's own error.
        source: ParquetError,
    },
    /// Rows could not be brought into shape.
    #[error("cannot {action}: {source}")]
    Arrow {
        /// What was being done, as a verb.
        action: &'static str,
        /// Arrow's own error.
        source: ArrowError,
    },
    /// A file that a commit was to add is gone: written long ago and vacuumed since. Write it again.
    #[error("{} is not there; a commit may not point at it", path.display())]
    MissingFile {
        /// The data file.
        path: PathBuf,
    },
    /// A file's rows are not those that its writer wrote: it was damaged, or changed by somebody else.
    #[error("{} holds other rows ({found}) than were written to it ({noted})", path.display())]
    ContentChanged {
        /// The data file.
        path: PathBuf,
        /// The hash that its writer noted.
        noted: String,
        /// The hash of the rows that it holds.
        found: String,
    },
    /// Another process held the table's lease all the time that was waited.
    #[error("another process is committing to the table in {} since {waited_ms} ms", dir.display())]
    LeaseHeld {
        /// The table's folder.
        dir: PathBuf,
        /// How long was waited.
        waited_ms: u64,
    },
    /// Writers that take no lease won every race for the next version.
    #[error("lost {attempts} races for the next version of the table in {}", dir.display())]
    Raced {
        /// The table's folder.
        dir: PathBuf,
        /// Tries.
        attempts: u32,
    },
    /// A promise between two parts of this crate did not hold.
    #[error("internal: {detail}")]
    Internal {
        /// Which.
        detail: String,
    },
}

impl TableError {
    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_path_buf();
        move |source| Self::Io { action, path, source }
    }

    pub(crate) fn parquet(path: &Path) -> impl FnOnce(ParquetError) -> Self {
        let path = path.to_path_buf();
        move |source| Self::Parquet { path, source }
    }

    pub(crate) fn arrow(action: &'static str) -> impl FnOnce(ArrowError) -> Self {
        move |source| Self::Arrow { action, source }
    }

    /// Who has to act.
    #[must_use]
    pub fn fault(&self) -> Fault {
        match self {
            Self::UnsupportedType { .. }
            | Self::IncompatibleSchema { .. }
            | Self::UnknownColumn { .. }
            | Self::MissingVersion { .. } => Fault::User,
            Self::Arrow { .. } | Self::Internal { .. } => Fault::Internal,
            _ => Fault::External,
        }
    }

    /// Whether the disk is full or over its quota: goes on by itself when there is room.
    #[must_use]
    pub fn is_no_space(&self) -> bool {
        let full = |error: &io::Error| matches!(error.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded);
        self.of_disk().is_some_and(full)
    }

    /// What the disk said, where it was the disk.
    fn of_disk(&self) -> Option<&io::Error> {
        match self {
            Self::Io { source, .. } => Some(source),
            Self::Parquet { source: ParquetError::External(source), .. } => source.downcast_ref(),
            _ => None,
        }
    }

    /// Whether the same call may succeed later without anybody changing it.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Io { .. } | Self::MissingFile { .. } | Self::LeaseHeld { .. } | Self::Raced { .. } => true,
            // Parquet hands on what its file says; all else of it is about bytes that are there.
            Self::Parquet { .. } => self.of_disk().is_some(),
            _ => false,
        }
    }
}
