//! What readers may see of a partition: its segments, as far as they are durable.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use judi_world::Timestamp;

use crate::invariants;
use crate::record::Topic;
use crate::wire::{Checksum, HEADER_BYTES};

/// Bytes between two landmarks: what a fetch from the middle of a segment reads in vain at most. A landmark
/// takes 8 bytes, so the landmarks of a terabyte of log take 128 MB, and only of what has been read or written.
pub(crate) const LANDMARK_STEP_BYTES: u64 = 64 << 10;

/// One partition of one topic.
#[derive(Debug)]
pub(crate) struct Partition {
    pub(crate) topic: Topic,
    pub(crate) partition: u32,
    /// The folder of its segments.
    pub(crate) folder: PathBuf,
    pub(crate) checksum: Checksum,
    view: RwLock<View>,
}

/// The durable part of a partition. Segments are in order, each beginning where the one before it ends.
#[derive(Debug, Default)]
pub(crate) struct View {
    pub(crate) segments: Vec<Segment>,
    /// The offset that the next record will have.
    pub(crate) end: u64,
}

/// One segment, as far as it is durable.
#[derive(Debug, Clone)]
pub(crate) struct Segment {
    /// The offset of its first record.
    pub(crate) base: u64,
    /// Bytes that may be read.
    pub(crate) bytes: u64,
    /// The latest timestamp of its records.
    pub(crate) newest: Timestamp,
    pub(crate) landmarks: Arc<Landmarks>,
}

/// Where some of a segment's records lie, found by whoever passed them.
#[derive(Debug, Default)]
pub(crate) struct Landmarks {
    /// (offset - base, position), both ascending. A segment is below 4 GiB, so 32 bits hold either.
    known: Mutex<Vec<(u32, u32)>>,
}

impl Partition {
    pub(crate) const fn new(topic: Topic, partition: u32, folder: PathBuf, checksum: Checksum, view: View) -> Self {
        Self { topic, partition, folder, checksum, view: RwLock::new(view) }
    }

    /// The file of the segment that begins at `base`.
    pub(crate) fn segment_path(&self, base: u64) -> PathBuf {
        self.folder.join(segment_name(base))
    }

    pub(crate) fn read(&self) -> RwLockReadGuard<'_, View> {
        // Every change of a view is a few plain assignments, whole even if a thread died after them.
        self.view.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn write(&self) -> RwLockWriteGuard<'_, View> {
        self.view.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl View {
    /// The first offset that is kept.
    pub(crate) fn start(&self) -> u64 {
        self.segments.first().map_or(self.end, |segment| segment.base)
    }

    /// The segment that holds `offset`, and the offset that it ends before; `None` outside the partition.
    pub(crate) fn segment_of(&self, offset: u64) -> Option<(Segment, u64)> {
        let after = self.segments.partition_point(|segment| segment.base <= offset);
        let segment = self.segments.get(after.checked_sub(1)?)?;
        let end = self.segments.get(after).map_or(self.end, |next| next.base);
        (offset < end).then(|| (segment.clone(), end))
    }

    /// Makes a durable write visible: `segment` is new, or what became of the last one.
    pub(crate) fn publish(&mut self, segment: Segment, end: u64) {
        match self.segments.last_mut() {
            Some(last) if last.base == segment.base => *last = segment,
            _ => {
                debug_assert_eq!(invariants::offsets_are_dense(self.end, [segment.base]), Ok(()));
                self.segments.push(segment);
            }
        }
        self.end = end;
    }

    /// Takes away the first segment, if it begins at `base` and is not the last; with the offset it ends before.
    pub(crate) fn remove_first(&mut self, base: u64) -> Option<(Segment, u64)> {
        match self.segments.as_slice() {
            [first, second, ..] if first.base == base => {
                let end = second.base;
                Some((self.segments.remove(0), end))
            }
            _ => None,
        }
    }
}

impl Landmarks {
    /// Landmarks of the segment that begins at `base`, from (offset, position).
    pub(crate) fn new(base: u64, known: &[(u64, u64)]) -> Self {
        let landmarks = Self::default();
        for (offset, position) in known {
            landmarks.note(base, *offset, *position);
        }
        landmarks
    }

    /// The last known place at or before `offset`, as (offset, position).
    pub(crate) fn before(&self, base: u64, offset: u64) -> (u64, u64) {
        let known = self.lock();
        let after = known.partition_point(|(relative, _)| base + u64::from(*relative) <= offset);
        after
            .checked_sub(1)
            .and_then(|index| known.get(index))
            .map_or((base, HEADER_BYTES as u64), |(relative, position)| {
                (base + u64::from(*relative), u64::from(*position))
            })
    }

    /// Remembers a record's place, if none is known close by.
    pub(crate) fn note(&self, base: u64, offset: u64, position: u64) {
        let (Ok(relative), Ok(position)) = (u32::try_from(offset - base), u32::try_from(position)) else { return };
        let mut known = self.lock();
        let after = known.partition_point(|(_, known)| *known <= position);
        let far = |other: Option<&(u32, u32)>| {
            other.is_none_or(|(_, other)| u64::from(other.abs_diff(position)) >= LANDMARK_STEP_BYTES)
        };
        if far(after.checked_sub(1).and_then(|before| known.get(before))) && far(known.get(after)) {
            known.insert(after, (relative, position));
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<(u32, u32)>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The name of the segment that begins at `base`.
pub(crate) fn segment_name(base: u64) -> String {
    format!("{base:020}.segment")
}

/// The base of a segment from its file's name; `None` when it is no segment.
pub(crate) fn segment_base(name: &str) -> Option<u64> {
    let digits = name.strip_suffix(".segment")?;
    (digits.len() == 20 && digits.bytes().all(|byte| byte.is_ascii_digit())).then(|| digits.parse().ok()).flatten()
}
