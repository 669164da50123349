//! Vacuum: removing files that no version within the retention points at, and the versions before it from the log.
//!
//! A file that a commit removed goes when its tombstone is older than the retention. A file that no commit knows may
//! belong to a writer that is about to commit, and the disk tells no ages: it is noted, and goes when a later vacuum
//! finds it still unknown after the grace. A writer that is slower than that gets `MissingFile` from its commit, which
//! looks for its files under the same lease, and never a version with a hole.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::Path;
use std::time::Duration;

use judi_world::{Disk, write_durably};

use crate::delta_log::{self, LOG_FOLDER};
use crate::error::TableError;
use crate::sink::{TEMPORARY_PREFIX, TEMPORARY_SUFFIX};
use crate::snapshot::Snapshot;
use crate::table::{Table, now_ms};

/// Where unknown files are noted: path -> when they were first seen, in milliseconds since 1970.
const NOTES_FILE: &str = ".judi.unknown.json";

/// How long a writer may take from its first file to its commit.
const WRITER_GRACE: Duration = Duration::from_secs(24 * 3600);

type Notes = BTreeMap<String, i64>;

/// What a vacuum did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct VacuumReport {
    /// Files removed.
    pub removed: u64,
    /// Their bytes.
    pub removed_bytes: u64,
    /// Files that no commit knows, noted for a later vacuum.
    pub noted: u64,
    /// Commits and checkpoints of the log removed: those of versions that cannot be read any more.
    pub versions: u64,
}

/// A file that is not live.
#[derive(Debug)]
struct Candidate {
    path: String,
    size_bytes: u64,
}

/// What is to become of a candidate.
#[derive(Debug, PartialEq, Eq)]
enum Fate {
    Keep,
    Remove,
    Note(i64),
}

impl Table {
    /// Removes files that left the table more than `retention` ago, and what crashed writers left behind a day ago.
    /// Versions older than the retention cannot be read afterwards.
    ///
    /// # Errors
    /// The disk's; what was removed by then was of no use, and the next vacuum goes on.
    pub fn vacuum(&self, retention: Duration) -> Result<VacuumReport, TableError> {
        let now = now_ms(&self.world);
        let expired_ms = now.saturating_sub(millis(retention));
        let report = self.with_newest(|snapshot| {
            let disk = self.world.disk.as_ref();
            let notes_path = self.dir.join(NOTES_FILE);
            let notes = read_notes(disk, &notes_path)?;
            let mut kept_notes = Notes::new();
            let mut report = VacuumReport::default();
            for candidate in candidates(disk, &self.dir, snapshot)? {
                match fate(&candidate.path, snapshot, &notes, now, retention) {
                    Fate::Keep => {}
                    Fate::Note(since) => {
                        report.noted += 1;
                        kept_notes.insert(candidate.path, since);
                    }
                    Fate::Remove => {
                        let path = self.dir.join(&candidate.path);
                        disk.remove(&path).map_err(TableError::io("remove", &path))?;
                        report.removed += 1;
                        report.removed_bytes += candidate.size_bytes;
                    }
                }
            }
            if kept_notes != notes {
                let json = serde_json::to_vec(&kept_notes)
                    .map_err(|error| TableError::Internal { detail: error.to_string() })?;
                write_durably(disk, &notes_path, &json).map_err(TableError::io("write", &notes_path))?;
            }
            report.versions = delta_log::forget_before(disk, &self.dir, expired_ms)?;
            Ok(report)
        })?;
        self.forget_removed(expired_ms);
        Ok(report)
    }
}

fn millis(time: Duration) -> i64 {
    i64::try_from(time.as_millis()).unwrap_or(i64::MAX)
}

/// Pure: what a file deserves that is not live.
fn fate(path: &str, snapshot: &Snapshot, notes: &Notes, now_ms: i64, retention: Duration) -> Fate {
    if let Some(tombstone) = snapshot.tombstones.get(path) {
        let expired = now_ms.saturating_sub(tombstone.deletion_timestamp_ms) >= millis(retention);
        return if expired { Fate::Remove } else { Fate::Keep };
    }
    match notes.get(path) {
        // A clock that was set back must not age a file: what lies in the future was seen now.
        Some(&since) if since <= now_ms => {
            let grace = millis(retention.max(WRITER_GRACE));
            if now_ms - since >= grace { Fate::Remove } else { Fate::Note(since) }
        }
        _ => Fate::Note(now_ms),
    }
}

/// A damaged note only costs its files another grace.
fn read_notes(disk: &dyn Disk, path: &Path) -> Result<Notes, TableError> {
    match disk.read(path) {
        Ok(bytes) => Ok(serde_json::from_slice(&bytes).unwrap_or_default()),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Notes::new()),
        Err(error) => Err(TableError::io("read", path)(error)),
    }
}

/// Data files and leftovers that are not live, by path.
fn candidates(disk: &dyn Disk, dir: &Path, snapshot: &Snapshot) -> Result<Vec<Candidate>, TableError> {
    let mut found = Vec::new();
    let mut folders = vec![String::new()];
    while let Some(folder) = folders.pop() {
        let in_log = folder == LOG_FOLDER;
        let full = dir.join(&folder);
        for entry in disk.list(&full).map_err(TableError::io("list", &full))? {
            let path = if folder.is_empty() { entry.name.clone() } else { format!("{folder}/{}", entry.name) };
            if entry.is_dir {
                // Other folders with an underscore or a dot are not data (Delta protocol, "File Types").
                if path == LOG_FOLDER || !(in_log || entry.name.starts_with(['_', '.'])) {
                    folders.push(path);
                }
                continue;
            }
            let leftover = entry.name.starts_with(if in_log { "." } else { TEMPORARY_PREFIX })
                && entry.name.ends_with(TEMPORARY_SUFFIX);
            let data = !in_log && entry.name.ends_with(".parquet") && !snapshot.files.contains_key(&path);
            if leftover || data {
                found.push(Candidate { path, size_bytes: entry.size_bytes });
            }
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(found)
}

#[cfg(test)]
mod tests;
