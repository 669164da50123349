//! The log that needs nothing installed: segment files in a folder, written by one thread.

mod append;
mod fetch;
mod groups;
mod open;
mod queue;
mod view;
mod writer;

use std::collections::VecDeque;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use judi_world::{FileLock, World};
use tokio::sync::{oneshot, watch};

pub use open::OpenError;

use crate::invariants;
use crate::log::{
    AppendError, AppendManyFuture, AppendResult, Bounds, FetchError, Fetched, GroupError, Log, LogId, Positions,
    RetainError, Retained,
};
use crate::record::{Batch, Topic};
use crate::retention::{self, PartitionFacts, Retention, SegmentFacts};
use crate::wire;
use fetch::Files;
use groups::Groups;
use queue::{Queue, Request};
use view::Partition;
use writer::Writer;

/// How an embedded log is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogOptions {
    /// Partitions of every topic, 1 to 1024; fixed when the log is made.
    pub partitions: u32,
    /// A segment that has reached this many bytes is followed by a new one; 4 kB to 1 GiB.
    pub segment_bytes: u64,
    /// Bytes of records that may wait for the disk; beyond it producers are told [`AppendError::Busy`].
    pub queue_bytes: usize,
    /// The most bytes of a record's key and value; up to 64 MiB.
    pub record_bytes_max: usize,
    /// Sync the files of one group at the same time. One after the other is for tests that replay from a seed.
    pub sync_in_parallel: bool,
}

impl Default for LogOptions {
    fn default() -> Self {
        Self {
            partitions: 4,
            segment_bytes: 64 << 20,
            queue_bytes: 32 << 20,
            record_bytes_max: 8 << 20,
            sync_in_parallel: true,
        }
    }
}

impl LogOptions {
    /// Options whose every value is inside its range.
    fn check(&self) -> Result<(), OpenError> {
        let ranges = [
            ("partitions", u64::from(self.partitions), 1, 1024),
            ("segment_bytes", self.segment_bytes, 4 << 10, 1 << 30),
            // Positions in a segment have 32 bits: a full segment and all that one group may add stay below.
            ("queue_bytes", self.queue_bytes as u64, 1, 1 << 30),
            ("record_bytes_max", self.record_bytes_max as u64, 1, wire::RECORD_BYTES_MAX as u64),
        ];
        match ranges.into_iter().find(|(_, value, min, max)| value < min || value > max) {
            None => Ok(()),
            Some((option, value, min, max)) => Err(OpenError::Option { option, value, min, max }),
        }
    }
}

/// A log in a folder of the local disk. See the [crate](crate) for what is acknowledged when.
#[derive(Debug)]
pub struct EmbeddedLog {
    id: LogId,
    options: LogOptions,
    world: World,
    partitions: Vec<Arc<Partition>>,
    files: Files,
    groups: Groups,
    queue: Arc<Queue>,
    changed: watch::Receiver<u64>,
    /// Segments that nobody sees any more and whose files have yet to go, oldest first. Held while retention
    /// works: a removal is decided on what the one before it left.
    leaving: Mutex<VecDeque<Leaving>>,
    writer: Mutex<Option<JoinHandle<()>>>,
    /// Last, so that it outlives the writer.
    _lock: Box<dyn FileLock>,
}

impl EmbeddedLog {
    /// Opens the log in `folder`, or makes one. The torn end of a write that was never acknowledged is moved to
    /// a file ending in `.torn` beside its segment. A full disk does not keep a log from being opened and read.
    ///
    /// # Errors
    /// [`OpenError`]; nothing that was acknowledged has then been changed.
    pub fn open(world: &World, folder: &Path, options: LogOptions) -> Result<Self, OpenError> {
        options.check()?;
        let opened = open::open(world, folder, &options)?;
        let queue = Arc::new(Queue::new(options.queue_bytes));
        let (sender, changed) = watch::channel(0);
        let writer = Writer {
            queue: Arc::clone(&queue),
            clock: Arc::clone(&world.clock),
            appenders: opened.appenders,
            changed: sender,
            sync_in_parallel: options.sync_in_parallel,
        };
        let thread = std::thread::Builder::new()
            .name("judi-log".to_owned())
            .spawn(move || writer.run())
            .map_err(|source| OpenError::Io { path: folder.to_owned(), source })?;
        Ok(Self {
            id: opened.id,
            files: Files::new(Arc::clone(&world.disk)),
            world: world.clone(),
            options,
            partitions: opened.partitions,
            groups: opened.groups,
            queue,
            changed,
            leaving: Mutex::default(),
            writer: Mutex::new(Some(thread)),
            _lock: opened.lock,
        })
    }

    /// Takes no more records, makes durable and answers what has been taken, and ends the writer; blocks until
    /// then. Reading goes on. Dropping the log does the same.
    pub fn close(&self) {
        self.queue.close();
        let thread = self.writer.lock().unwrap_or_else(PoisonError::into_inner).take();
        if thread.is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the log's writer died; what it had not answered was not acknowledged");
        }
    }

    fn partition(&self, topic: Topic, partition: u32) -> Result<&Partition, FetchError> {
        let partitions = self.options.partitions;
        self.partitions
            .get(partition_index(topic, partition, partitions))
            .filter(|_| partition < partitions)
            .map(AsRef::as_ref)
            .ok_or(FetchError::NoPartition { partition, partitions })
    }

    /// Why a batch cannot be appended to this log, ever; `None` when it can.
    fn refusal(&self, batch: &Batch) -> Option<AppendError> {
        let partitions = self.options.partitions;
        if batch.partition >= partitions {
            return Some(AppendError::NoPartition { partition: batch.partition, partitions });
        }
        let bytes_max = self.options.record_bytes_max;
        let bytes = batch.records.iter().map(|record| record.key.len() + record.value.len()).max()?;
        (bytes > bytes_max).then_some(AppendError::TooLarge { bytes, bytes_max })
    }

    fn facts(&self, partition: &Partition) -> PartitionFacts {
        // Before the view: a floor that rises meanwhile only keeps more than it must.
        let floor = self.groups.floor(partition.topic, partition.partition);
        let view = partition.read();
        let ends = view.segments.iter().skip(1).map(|next| next.base);
        let sealed = view.segments.iter().zip(ends);
        PartitionFacts {
            topic: partition.topic,
            partition: partition.partition,
            sealed: sealed
                .map(|(s, end)| SegmentFacts { base: s.base, end, bytes: s.bytes, newest: s.newest })
                .collect(),
            active_bytes: view.segments.last().map_or(0, |segment| segment.bytes),
            floor,
        }
    }
}

impl Drop for EmbeddedLog {
    fn drop(&mut self) {
        self.close();
    }
}

impl Log for EmbeddedLog {
    fn id(&self) -> LogId {
        self.id.clone()
    }

    fn partitions(&self) -> u32 {
        self.options.partitions
    }

    fn append_many(&self, batches: Vec<Batch>) -> AppendManyFuture {
        let mut answers: Vec<Option<AppendResult>> = batches.iter().map(|b| self.refusal(b).map(Err)).collect();
        let batches: Vec<Batch> = batches
            .into_iter()
            .zip(&answers)
            .filter(|(_, refused)| refused.is_none())
            .map(|(batch, _)| batch)
            .collect();
        let bytes = batches.iter().flat_map(|batch| &batch.records).map(wire::record_size).sum();
        let accepted = batches.len();
        let (outcome, outcomes) = oneshot::channel();
        let pushed = if accepted == 0 { Ok(()) } else { self.queue.push(Request { batches, bytes, outcome }) };
        Box::pin(async move {
            let outcomes = match pushed {
                Err(error) => vec![Err(error); accepted],
                Ok(()) if accepted == 0 => Vec::new(),
                // The writer answers everything that it takes, unless it dies.
                Ok(()) => outcomes.await.unwrap_or_else(|_| vec![Err(AppendError::Closed); accepted]),
            };
            let mut outcomes = outcomes.into_iter();
            for answer in &mut answers {
                if answer.is_none() {
                    *answer = outcomes.next();
                }
            }
            answers.into_iter().map(|answer| answer.unwrap_or(Err(AppendError::Closed))).collect()
        })
    }

    fn fetch(&self, topic: Topic, partition: u32, from: u64, max_bytes: usize) -> Result<Fetched, FetchError> {
        let fetched = fetch::fetch(&self.files, self.partition(topic, partition)?, from, max_bytes)?;
        let offsets = fetched.records.iter().map(|record| record.offset);
        debug_assert_eq!(invariants::offsets_are_dense(from, offsets), Ok(()));
        Ok(fetched)
    }

    fn bounds(&self, topic: Topic, partition: u32) -> Result<Bounds, FetchError> {
        let view = self.partition(topic, partition)?.read();
        Ok(Bounds { start: view.start(), end: view.end })
    }

    fn changed(&self) -> watch::Receiver<u64> {
        self.changed.clone()
    }

    fn committed(&self, group: &str) -> Result<Positions, GroupError> {
        self.groups.committed(group)
    }

    fn commit(&self, group: &str, positions: &Positions) -> Result<(), GroupError> {
        self.groups.commit(group, positions)
    }

    fn forget(&self, group: &str) -> Result<(), GroupError> {
        self.groups.forget(group)
    }

    fn retain(&self, retention: &Retention) -> Result<Retained, RetainError> {
        let mut leaving = self.leaving.lock().unwrap_or_else(PoisonError::into_inner);
        // What an earlier call could not remove goes first: a later segment must never be gone before it.
        self.remove(&mut leaving)?;
        let facts: Vec<PartitionFacts> = self.partitions.iter().map(|partition| self.facts(partition)).collect();
        let mut retained = Retained::default();
        for removal in retention::decide(&facts, retention, self.world.clock.now()) {
            let Ok(partition) = self.partition(removal.topic, removal.partition) else { continue };
            let Some((segment, end)) = partition.write().remove_first(removal.base) else { continue };
            let slowest = self.groups.floor(removal.topic, removal.partition);
            debug_assert_eq!(invariants::retention_waits(end, slowest), Ok(()));
            leaving.push_back(Leaving { folder: partition.folder.clone(), path: partition.segment_path(segment.base) });
            self.remove(&mut leaving)?;
            retained.removed_bytes += segment.bytes;
            retained.removed_records += end - segment.base;
        }
        Ok(retained)
    }
}

/// A segment's file that is to be removed.
#[derive(Debug)]
struct Leaving {
    folder: PathBuf,
    path: PathBuf,
}

impl EmbeddedLog {
    /// Removes files, each durably before the next: after a crash a partition may begin earlier than it did,
    /// but has no gap.
    fn remove(&self, leaving: &mut VecDeque<Leaving>) -> Result<(), RetainError> {
        let disk = &self.world.disk;
        while let Some(Leaving { folder, path }) = leaving.front() {
            self.files.forget(path);
            let removed = match disk.remove(path) {
                // By an earlier call, which could not sync it.
                Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
                other => other,
            };
            removed
                .and_then(|()| disk.sync_dir(folder))
                .map_err(|source| RetainError { path: path.clone(), source })?;
            leaving.pop_front();
        }
        Ok(())
    }
}

/// The place of a partition among all of a log's.
pub(crate) const fn partition_index(topic: Topic, partition: u32, partitions: u32) -> usize {
    let topic = match topic {
        Topic::Events => 0,
        Topic::Quarantine => 1,
    };
    topic * partitions as usize + partition as usize
}
