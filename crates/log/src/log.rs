//! The one trait through which Judi produces to and consumes from a log, whatever keeps it.
//!
//! A backend is used by many producers and many consumers at once. Appending is asynchronous because it waits
//! for durability; everything else is blocking IO, to be called off the async threads.

use std::collections::BTreeMap;
use std::fmt::{self, Debug};
use std::future::Future;
use std::io;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use thiserror::Error;
use tokio::sync::watch;

use crate::record::{Batch, FetchedRecord, Record, Topic};
use crate::retention::Retention;

/// The first offset of one batch, or why it was not appended.
pub type AppendResult = Result<u64, AppendError>;

/// The outcome of [`Log::append`]. The append goes on when it is dropped; only its outcome is lost.
pub type AppendFuture = Pin<Box<dyn Future<Output = AppendResult> + Send>>;

/// The outcomes of [`Log::append_many`], one per batch in the order given.
pub type AppendManyFuture = Pin<Box<dyn Future<Output = Vec<AppendResult>> + Send>>;

/// The next offset to read, per partition.
pub type Positions = BTreeMap<(Topic, u32), u64>;

/// A durable log of records in partitions, with publishing, subscribing and consumer groups.
pub trait Log: Send + Sync + Debug {
    /// The log's identity: made with it, unlike any other's, the same for its whole life.
    fn id(&self) -> LogId;

    /// Partitions of every topic; fixed when the log is made.
    fn partitions(&self) -> u32;

    /// Appends each batch whole, in order, at consecutive offsets of its partition.
    ///
    /// The promise: a batch's `Ok` means that its records survive the crash of the process and of the machine
    /// (fsynced locally, or acknowledged by all in-sync replicas), and that consumers will see them exactly
    /// once, in order. An `Err` promises nothing either way: a producer that appends the batch again may have
    /// appended it twice, which the judge's deduplication undoes. Batches of one call succeed or fail apart.
    ///
    /// The call enqueues at once and never blocks; the future waits for durability on any runtime, or none.
    fn append_many(&self, batches: Vec<Batch>) -> AppendManyFuture;

    /// Appends one batch; see [`Log::append_many`].
    fn append(&self, topic: Topic, partition: u32, records: Vec<Record>) -> AppendFuture {
        let outcomes = self.append_many(vec![Batch { topic, partition, records }]);
        Box::pin(async move { outcomes.await.pop().unwrap_or(Err(AppendError::Closed)) })
    }

    /// Durable records from offset `from` on, about `max_bytes` of them, at least one when there is one.
    /// Fewer than asked for does not mean the end: that is reached when `next == end`.
    ///
    /// # Errors
    /// [`FetchError::Gone`] when retention has passed `from`; [`FetchError::Beyond`] when no record before
    /// `from` exists; else what is wrong with the log.
    fn fetch(&self, topic: Topic, partition: u32, from: u64, max_bytes: usize) -> Result<Fetched, FetchError>;

    /// Where a partition's durable records begin and end.
    ///
    /// # Errors
    /// [`FetchError::NoPartition`], or the backend's own.
    fn bounds(&self, topic: Topic, partition: u32) -> Result<Bounds, FetchError>;

    /// Changes whenever records became durable on any partition; the value counts them since the log was
    /// opened. Mark it seen before fetching, then wait for the change: nothing is missed and nothing polls. Waiting
    /// ends with an error when the log is closed.
    fn changed(&self) -> watch::Receiver<u64>;

    /// What a group has committed; empty when it never did.
    ///
    /// # Errors
    /// [`GroupError`].
    fn committed(&self, group: &str) -> Result<Positions, GroupError>;

    /// Durably notes how far a group has read; partitions not named keep what they had. The first commit
    /// registers the group, for the partitions it has named: retention keeps what it has not read. A consumer
    /// that must miss nothing therefore commits its first positions before it reads.
    ///
    /// # Errors
    /// [`GroupError`]; the earlier positions are then still in force.
    fn commit(&self, group: &str, positions: &Positions) -> Result<(), GroupError>;

    /// Forgets a group, so that retention no longer waits for it. No error when there is none.
    ///
    /// # Errors
    /// [`GroupError`]; the group is then still there.
    fn forget(&self, group: &str) -> Result<(), GroupError>;

    /// Removes the oldest records by age and size, never those that a registered group has yet to read.
    ///
    /// # Errors
    /// When the disk refuses; what was removed before that stays removed.
    fn retain(&self, retention: &Retention) -> Result<Retained, RetainError>;
}

/// A log's identity, as text (a UUID).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LogId(pub(crate) Arc<str>);

impl LogId {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for LogId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// Where a partition's durable records begin and end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// The first offset that is still kept.
    pub start: u64,
    /// The offset that the next record will have.
    pub end: u64,
}

/// What a fetch returned. Keys and values are slices of a few large reads: one kept alive keeps its read alive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetched {
    /// Records at consecutive offsets, the first at the offset asked for.
    pub records: Vec<FetchedRecord>,
    /// Where to go on from.
    pub next: u64,
    /// The partition's end at the time of the call.
    pub end: u64,
}

/// What retention removed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Retained {
    /// Bytes given back to the disk.
    pub removed_bytes: u64,
    /// Records removed, over all partitions.
    pub removed_records: u64,
}

/// Why a batch was not acknowledged.
#[derive(Debug, Clone, Error)]
pub enum AppendError {
    /// Producers are faster than the disk; nothing of the batch was taken.
    #[error("the log's queue is full; try again in {} ms", retry_after.as_millis())]
    Busy {
        /// When there should be room again, from the rate of the last moments.
        retry_after: Duration,
    },
    /// The disk is full. The log goes on by itself when there is room.
    #[error("no space left for {topic}/{partition} of the log")]
    NoSpace {
        /// The batch's topic.
        topic: Topic,
        /// The batch's partition.
        partition: u32,
    },
    /// The disk or the broker failed.
    #[error("cannot append to {topic}/{partition} of the log: {source}")]
    Io {
        /// The batch's topic.
        topic: Topic,
        /// The batch's partition.
        partition: u32,
        /// The disk's own error.
        source: Arc<io::Error>,
    },
    /// A record, or all of one call together, is over the log's limit; trying again is of no use.
    #[error("{bytes} bytes are over the log's limit of {bytes_max}")]
    TooLarge {
        /// Key and value of the record, or all of the call.
        bytes: usize,
        /// The limit.
        bytes_max: usize,
    },
    /// The log has no such partition: the caller's mistake.
    #[error("the log has {partitions} partitions; there is no partition {partition}")]
    NoPartition {
        /// What was asked for.
        partition: u32,
        /// How many there are, counted from 0.
        partitions: u32,
    },
    /// The log has been closed.
    #[error("the log is closed")]
    Closed,
}

impl AppendError {
    /// Whether the same batch may be accepted later.
    #[must_use]
    pub const fn is_retryable(&self) -> bool {
        match self {
            Self::Busy { .. } | Self::NoSpace { .. } | Self::Io { .. } => true,
            Self::TooLarge { .. } | Self::NoPartition { .. } | Self::Closed => false,
        }
    }
}

/// Why a fetch gave no records.
#[derive(Debug, Error)]
pub enum FetchError {
    /// Retention has removed what was asked for.
    #[error("{topic}/{partition} of the log begins at {start}; {from} is gone")]
    Gone {
        /// The topic asked for.
        topic: Topic,
        /// The partition asked for.
        partition: u32,
        /// The offset asked for.
        from: u64,
        /// The first that is kept.
        start: u64,
    },
    /// The consumer is ahead of the log, as after a log was replaced by an older copy.
    #[error("{topic}/{partition} of the log ends at {end}, before {from}")]
    Beyond {
        /// The topic asked for.
        topic: Topic,
        /// The partition asked for.
        partition: u32,
        /// The offset asked for.
        from: u64,
        /// The offset that the next record will have.
        end: u64,
    },
    /// The log has no such partition: the caller's mistake.
    #[error("the log has {partitions} partitions; there is no partition {partition}")]
    NoPartition {
        /// What was asked for.
        partition: u32,
        /// How many there are, counted from 0.
        partitions: u32,
    },
    /// Acknowledged bytes have changed on the disk. Nothing is skipped: somebody must look.
    #[error("{} is corrupt at byte {position}: {detail}", path.display())]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// The first byte of the bad record.
        position: u64,
        /// What is wrong with it.
        detail: String,
    },
    /// The disk failed.
    #[error("cannot read {}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The disk's own error.
        source: io::Error,
    },
}

/// Why a group's positions could not be read or noted.
#[derive(Debug, Error)]
pub enum GroupError {
    /// The name cannot be kept: the caller's mistake.
    #[error("{group:?} is no name for a consumer group: use 1 to 100 of a-z, A-Z, 0-9, '-', '_' and '.', not first")]
    BadName {
        /// The name.
        group: String,
    },
    /// A position names a partition that the log does not have.
    #[error("the log has {partitions} partitions; there is no partition {partition}")]
    NoPartition {
        /// What was asked for.
        partition: u32,
        /// How many there are, counted from 0.
        partitions: u32,
    },
    /// The disk failed.
    #[error("cannot keep the positions of group {group}: {source}")]
    Io {
        /// The group.
        group: String,
        /// The disk's own error.
        source: io::Error,
    },
}

/// Why retention stopped.
#[derive(Debug, Error)]
#[error("cannot remove {}: {source}", path.display())]
pub struct RetainError {
    /// The file that could not be removed.
    pub path: PathBuf,
    /// The disk's own error.
    pub source: io::Error,
}
