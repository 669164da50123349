//! What can stop a round, whose fault it is, and whether the judge goes on by itself.

use std::io::{self, ErrorKind};
use std::path::PathBuf;

use judi_log::{FetchError, GroupError, Topic};
use judi_schema::columns::ColumnsError;
use judi_table::TableError;
use thiserror::Error;

use crate::dedup::DedupError;

/// Why the judge could not go on. Whatever it is, nothing is lost: the records are in the log.
#[derive(Debug, Error)]
pub enum JudgeError {
    /// A table could not be read or written.
    #[error(transparent)]
    Table(#[from] TableError),
    /// The log could not be read.
    #[error(transparent)]
    Fetch(#[from] FetchError),
    /// The log could not keep the judge's positions.
    #[error(transparent)]
    Group(#[from] GroupError),
    /// The dedup index could not be read or written.
    #[error(transparent)]
    Dedup(#[from] DedupError),
    /// A round was too large for Arrow.
    #[error(transparent)]
    Columns(#[from] ColumnsError),
    /// A file or folder of the judge's own could not be used.
    #[error("cannot {action} {}: {source}", path.display())]
    Io {
        /// What was being done, as a verb.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The disk's own error.
        source: io::Error,
    },
    /// Another process judges this project.
    #[error("another process judges this project: it holds {}", path.display())]
    Locked {
        /// The file that is locked.
        path: PathBuf,
    },
    /// The tables have dealt with records that the log does not have, as when it was replaced by an older copy.
    #[error("{topic}/{partition} of the log ends at {end}, but the tables have dealt with all before {judged}")]
    LogBehind {
        /// The topic.
        topic: Topic,
        /// The partition.
        partition: u32,
        /// The offset that the next record will have.
        end: u64,
        /// The offset that the judge would go on from.
        judged: u64,
    },
    /// Somebody else has advanced a table over records that this judge was about to add.
    #[error("the table {table} was advanced by somebody else: {app_id} is at {found}, this judge adds {adding}")]
    Overtaken {
        /// The table.
        table: &'static str,
        /// The application transaction.
        app_id: String,
        /// What the table says.
        found: i64,
        /// What was to be committed.
        adding: i64,
    },
    /// A row of a table does not have the columns that the judge writes.
    #[error("the table {table} is not as the judge writes it: {detail}")]
    ForeignTable {
        /// The table.
        table: &'static str,
        /// What is wrong with it.
        detail: String,
    },
    /// The operating system gave no thread, or the thread no runtime.
    #[error("cannot start the judge: {0}")]
    Start(io::Error),
}

impl JudgeError {
    pub(crate) fn io(action: &'static str, path: &std::path::Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { action, path, source }
    }

    /// Whether the disk is full: the judge goes on by itself when there is room.
    #[must_use]
    pub fn is_no_space(&self) -> bool {
        let full = |error: &io::Error| matches!(error.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded);
        match self {
            Self::Table(error) => error.is_no_space(),
            Self::Dedup(DedupError::Io { source, .. })
            | Self::Group(GroupError::Io { source, .. })
            | Self::Fetch(FetchError::Io { source, .. })
            | Self::Io { source, .. } => full(source),
            _ => false,
        }
    }

    /// Whether trying again may help without anybody doing anything.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Table(error) => error.is_retryable(),
            Self::Fetch(error) => matches!(error, FetchError::Io { .. }),
            Self::Group(error) => matches!(error, GroupError::Io { .. }),
            Self::Dedup(_) | Self::Io { .. } | Self::Overtaken { .. } => true,
            Self::Columns(_)
            | Self::Locked { .. }
            | Self::LogBehind { .. }
            | Self::ForeignTable { .. }
            | Self::Start(_) => false,
        }
    }

    /// Whether what the judge holds in memory cannot be trusted to fit what is on disk: it has to start over from
    /// that.
    pub(crate) fn wants_recovery(&self) -> bool {
        // Records that are gone from the log were dealt with by somebody else, whose positions let retention go on.
        matches!(
            self,
            Self::Dedup(DedupError::Corrupt { .. }) | Self::Overtaken { .. } | Self::Fetch(FetchError::Gone { .. })
        )
    }
}
