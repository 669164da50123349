//! Reading a partition: large sequential reads, from the nearest landmark on, sliced without copying.

use std::collections::VecDeque;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use judi_world::{Disk, ReadFile};

use crate::embedded::view::{LANDMARK_STEP_BYTES, Partition, Segment};
use crate::log::{FetchError, Fetched};
use crate::record::{FetchedRecord, Record};
use crate::wire::{self, Checksum, RawRecord, WireError};

/// The least that is read at once: a few records cost no more than one.
const READ_BYTES_MIN: u64 = 64 << 10;

/// The most that is read at once, whatever a consumer asks for.
const READ_BYTES_MAX: u64 = 16 << 20;

/// Segments kept open for reading: each partition's consumers are usually in one or two.
const OPEN_FILES_MAX: usize = 64;

/// Files that were read lately.
#[derive(Debug)]
pub(crate) struct Files {
    disk: Arc<dyn Disk>,
    open: Mutex<VecDeque<(PathBuf, Arc<dyn ReadFile>)>>,
}

impl Files {
    pub(crate) fn new(disk: Arc<dyn Disk>) -> Self {
        Self { disk, open: Mutex::default() }
    }

    fn get(&self, path: PathBuf) -> io::Result<Arc<dyn ReadFile>> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(entry) = open.iter().position(|(known, _)| *known == path).and_then(|at| open.remove(at)) {
            let file = Arc::clone(&entry.1);
            open.push_back(entry);
            return Ok(file);
        }
        let file = self.disk.open(&path)?;
        if open.len() >= OPEN_FILES_MAX {
            open.pop_front();
        }
        open.push_back((path, Arc::clone(&file)));
        Ok(file)
    }

    /// Closes a file that is going to be removed.
    pub(crate) fn forget(&self, path: &PathBuf) {
        self.open.lock().unwrap_or_else(PoisonError::into_inner).retain(|(known, _)| known != path);
    }
}

/// See [`Log::fetch`](crate::Log::fetch).
pub(crate) fn fetch(files: &Files, partition: &Partition, from: u64, max_bytes: usize) -> Result<Fetched, FetchError> {
    let (start, end, found) = {
        let view = partition.read();
        (view.start(), view.end, view.segment_of(from))
    };
    let (topic, number) = (partition.topic, partition.partition);
    if from > end {
        return Err(FetchError::Beyond { topic, partition: number, from, end });
    }
    if from < start {
        return Err(FetchError::Gone { topic, partition: number, from, start });
    }
    let Some((segment, segment_end)) = found else {
        return Ok(Fetched { records: Vec::new(), next: from, end });
    };
    let path = partition.segment_path(segment.base);
    let file = match files.get(path.clone()) {
        // Retention was quicker: the file went between the look at the view and here.
        Err(error) if error.kind() == io::ErrorKind::NotFound && partition.read().start() > from => {
            return Err(FetchError::Gone { topic, partition: number, from, start: partition.read().start() });
        }
        other => other.map_err(|source| FetchError::Io { path: path.clone(), source })?,
    };
    let walk = Walk { file, path, checksum: partition.checksum, segment, segment_end, max_bytes };
    let records = walk.records(from)?;
    let next = from + records.len() as u64;
    Ok(Fetched { records, next, end })
}

/// A walk through one segment.
struct Walk {
    file: Arc<dyn ReadFile>,
    path: PathBuf,
    checksum: Checksum,
    segment: Segment,
    /// The offset that the segment ends before.
    segment_end: u64,
    max_bytes: usize,
}

impl Walk {
    /// Records from offset `from`, which the segment holds.
    fn records(&self, from: u64) -> Result<Vec<FetchedRecord>, FetchError> {
        let (mut offset, mut position) = self.segment.landmarks.before(self.segment.base, from);
        let mut noted = position;
        let mut records = Vec::new();
        let mut room = self.max_bytes;
        let mut read_bytes = (self.max_bytes as u64).saturating_add(READ_BYTES_MIN).min(READ_BYTES_MAX);
        while records.is_empty() && offset < self.segment_end {
            let chunk = self.read(position, read_bytes)?;
            let mut at = 0;
            while offset < self.segment_end {
                let rest = chunk.get(at..).unwrap_or_default();
                // What is stepped over need not be whole; what is handed out must be.
                let parsed =
                    if offset < from { wire::peek_record(rest) } else { wire::decode_record(rest, self.checksum) };
                let raw = match parsed {
                    Ok(raw) if raw.offset == offset => raw,
                    Ok(raw) => {
                        return Err(self.corrupt(position, format!("record {} where {offset} belongs", raw.offset)));
                    }
                    Err(WireError::Short { needed }) if position + (needed as u64) <= self.segment.bytes => {
                        // The chunk ends inside this record; the next begins with it and holds it whole.
                        read_bytes = read_bytes.max(needed as u64);
                        break;
                    }
                    Err(error) => return Err(self.corrupt(position, error.to_string())),
                };
                if offset >= from {
                    if !records.is_empty() && raw.size() > room {
                        return Ok(records);
                    }
                    room = room.saturating_sub(raw.size());
                    records.push(record(&chunk, at, &raw));
                }
                if position >= noted + LANDMARK_STEP_BYTES {
                    self.segment.landmarks.note(self.segment.base, offset, position);
                    noted = position;
                }
                at += raw.size();
                position += raw.size() as u64;
                offset += 1;
            }
        }
        Ok(records)
    }

    fn read(&self, position: u64, bytes: u64) -> Result<Bytes, FetchError> {
        let bytes = bytes.min(self.segment.bytes.saturating_sub(position));
        // At most READ_BYTES_MAX, or one record.
        let mut chunk = vec![0; bytes as usize];
        match self.file.read_exact_at(&mut chunk, position) {
            Ok(()) => Ok(chunk.into()),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                Err(self.corrupt(position, format!("the file ends before byte {}", position + bytes)))
            }
            Err(source) => Err(FetchError::Io { path: self.path.clone(), source }),
        }
    }

    fn corrupt(&self, position: u64, detail: String) -> FetchError {
        FetchError::Corrupt { path: self.path.clone(), position, detail }
    }
}

/// The record at `at` of a chunk, sharing its bytes.
fn record(chunk: &Bytes, at: usize, raw: &RawRecord) -> FetchedRecord {
    let slice = |range: &std::ops::Range<usize>| chunk.slice(at + range.start..at + range.end);
    FetchedRecord {
        offset: raw.offset,
        record: Record { key: slice(&raw.key), value: slice(&raw.value), timestamp: raw.timestamp },
    }
}
