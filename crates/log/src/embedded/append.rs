//! Appending to one partition: everything of a group in one write and one sync, and the way back when either fails.
//!
//! A failed write is cut off again and the segment goes on. After a failed sync nobody knows what the disk holds
//! and the page cache no longer tells, so the segment ends at its last durable byte and the next write begins a
//! new one; readers and recovery know that a segment ends where the next begins, whatever follows in its file.

use std::io;
use std::sync::Arc;

use judi_world::{Disk, Timestamp, WriteFile};

use crate::embedded::view::{Landmarks, Partition, Segment};
use crate::record::Record;
use crate::wire::{self, HEADER_BYTES, SegmentHeader};

/// A buffer that grew beyond this for one large group is given back after it.
const BUFFER_BYTES_KEPT: usize = 4 << 20;

/// The only writer of a partition.
#[derive(Debug)]
pub(crate) struct Appender {
    disk: Arc<dyn Disk>,
    partition: Arc<Partition>,
    segment_bytes: u64,
    /// The offset of the next record.
    next: u64,
    active: Option<Active>,
    /// The latest timestamp in the segment before the active one.
    previous_newest: Timestamp,
    staged: Staged,
}

/// The segment that is written to.
#[derive(Debug)]
pub(crate) struct Active {
    pub(crate) file: Box<dyn WriteFile>,
    pub(crate) segment: Segment,
}

/// What the next commit writes.
#[derive(Debug, Default)]
struct Staged {
    bytes: Vec<u8>,
    records: u64,
    newest: Option<Timestamp>,
    /// Where the first record will lie.
    first_position: u64,
}

impl Appender {
    /// A writer of a partition whose next record has offset `next`, going on in `active` if there is one.
    pub(crate) fn new(
        disk: Arc<dyn Disk>,
        partition: Arc<Partition>,
        segment_bytes: u64,
        next: u64,
        active: Option<Active>,
        previous_newest: Timestamp,
    ) -> Self {
        Self { disk, partition, segment_bytes, next, active, previous_newest, staged: Staged::default() }
    }

    pub(crate) fn partition(&self) -> &Partition {
        &self.partition
    }

    pub(crate) const fn has_staged(&self) -> bool {
        self.staged.records > 0
    }

    /// Adds records to the next commit; the first will have the offset returned.
    pub(crate) fn stage(&mut self, records: &[Record]) -> u64 {
        let first = self.next + self.staged.records;
        if records.is_empty() {
            return first;
        }
        if !self.has_staged() {
            self.begin();
        }
        // Below the limit of LogOptions, so it fits; a new segment has nothing durable yet.
        let durable = self.active.as_ref().map_or(0, |active| active.segment.bytes) as u32;
        for (offset, record) in (first..).zip(records) {
            wire::encode_record(&mut self.staged.bytes, offset, durable, record, self.partition.checksum);
            self.staged.newest = self.staged.newest.max(Some(record.timestamp));
        }
        self.staged.records += records.len() as u64;
        first
    }

    /// Decides where the commit will be written: behind the active segment, or in a new one.
    fn begin(&mut self) {
        self.staged.newest = None;
        self.staged.bytes.clear();
        if self.active.as_ref().is_some_and(|active| active.segment.bytes >= self.segment_bytes) {
            self.seal();
        }
        match &self.active {
            Some(active) => self.staged.first_position = active.segment.bytes,
            None => {
                let header = SegmentHeader {
                    topic: self.partition.topic,
                    partition: self.partition.partition,
                    base: self.next,
                    previous_newest: self.previous_newest,
                };
                self.staged.bytes.extend_from_slice(&wire::encode_header(&header, self.partition.checksum));
                self.staged.first_position = HEADER_BYTES as u64;
            }
        }
    }

    /// Makes what is staged durable, and visible. On an error nothing of it is visible nor ever will be while
    /// the log stays open, and the next commit takes the same offsets.
    pub(crate) fn commit(&mut self) -> io::Result<u64> {
        let written = match self.active.take() {
            Some(active) => self.extend(active),
            None => self.create(),
        };
        let records = std::mem::take(&mut self.staged.records);
        self.staged.bytes.clear();
        self.staged.bytes.shrink_to(BUFFER_BYTES_KEPT);
        let active = written?;
        active.segment.landmarks.note(active.segment.base, self.next, self.staged.first_position);
        self.next += records;
        self.partition.write().publish(active.segment.clone(), self.next);
        self.active = Some(active);
        Ok(records)
    }

    /// Writes behind the active segment. It stays active unless its end is in doubt.
    fn extend(&mut self, mut active: Active) -> io::Result<Active> {
        let durable = active.segment.bytes;
        let failure = match active.file.write_all(&self.staged.bytes) {
            Ok(()) => match active.file.sync_data() {
                Ok(()) => {
                    self.grow(&mut active.segment);
                    return Ok(active);
                }
                Err(error) => {
                    // Cut off if it can be, for the space; the segment is over either way.
                    let cut = active.file.truncate(durable);
                    tracing::warn!(segment = %self.path(&active).display(), %error, cut = cut.is_ok(),
                        "a sync failed: the segment ends at byte {durable}");
                    self.previous_newest = active.segment.newest;
                    return Err(error);
                }
            },
            Err(error) => error,
        };
        if let Err(error) = active.file.truncate(durable) {
            tracing::warn!(segment = %self.path(&active).display(), %error,
                "a failed write could not be cut off: the segment ends at byte {durable}");
            self.previous_newest = active.segment.newest;
        } else {
            self.active = Some(active);
        }
        Err(failure)
    }

    /// Begins a segment with what is staged; durable with its name, or not there.
    fn create(&self) -> io::Result<Active> {
        let path = self.partition.segment_path(self.next);
        let write = || {
            let mut file = self.disk.create(&path)?;
            file.write_all(&self.staged.bytes)?;
            file.sync_data()?;
            self.disk.sync_dir(&self.partition.folder)?;
            Ok(file)
        };
        match write() {
            Ok(file) => {
                let landmarks = Arc::new(Landmarks::default());
                let mut segment = Segment { base: self.next, bytes: 0, newest: Timestamp(i64::MIN), landmarks };
                self.grow(&mut segment);
                Ok(Active { file, segment })
            }
            Err(error) => {
                // It holds space that may be what is missing. If it stays, the next attempt empties it.
                let _ = self.disk.remove(&path);
                Err(error)
            }
        }
    }

    fn grow(&self, segment: &mut Segment) {
        segment.bytes += self.staged.bytes.len() as u64;
        segment.newest = segment.newest.max(self.staged.newest.unwrap_or(segment.newest));
    }

    fn seal(&mut self) {
        if let Some(active) = self.active.take() {
            self.previous_newest = active.segment.newest;
        }
    }

    fn path(&self, active: &Active) -> std::path::PathBuf {
        self.partition.segment_path(active.segment.base)
    }
}
