//! The dedup index: which (anonymous_id, event_id) the tables already hold. Persistent, exact, in bounded memory.
//!
//! ```text
//!   mem table (ids of the last rounds) ──persist──► run   run   run   run ──merge──► run
//!                                                    └── blocked Bloom filter each, in memory: 1.5 bytes an id
//! ```
//!
//! The index is a cache of the tables: it holds the ids of their rows, each with the day that it was received, or
//! [`Seen::FOREVER`] for imports. What is on disk says up to which log positions it is complete and never holds an
//! id that the tables lack; so it may lag (what it lacks is read again from the log) and may be lost (it is made
//! again from the log or the tables), but never be ahead.
//!
//! An id is known until the window after its day is over. Today is the latest day on which its log partition
//! received anything, so the answer depends on the records before it and on nothing else: not on the clock, not on
//! which merges have run. Merges drop what has expired on every partition.
//!
//! Memory: for an id that is known, 1.57 bytes of filter and first keys; a third more at most for ids that have expired
//! and are not dropped yet; a quarter more while a merge is under way; and the mem table. A hundred million ids in the
//! window are 157 MB, and 260 MB at the worst moment. Ids of imports never expire, and cost the same.

mod beside;
mod filter;
mod key;
mod merge;
mod run;
mod store;
mod wire;

use std::collections::BTreeMap;
use std::collections::hash_map::Entry;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use judi_log::Positions;
use judi_world::Disk;
use thiserror::Error;

use key::KeyMap;
pub(crate) use key::TakeLow;
pub use key::{Key, Seen};
use merge::Merge;
use run::Run;

/// Ids in the mem table beyond which the index wants to be persisted. With those of one round more, about 180,000 at
/// most, it is still a hash table of 2^20 places: about 26 MB.
pub const MEM_IDS_MAX: usize = 700_000;

/// Why the index could not be asked or kept.
#[derive(Debug, Error)]
pub enum DedupError {
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
    /// A file of the index is not what was written: the index has to be made again.
    #[error("{} is damaged: {detail}", path.display())]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        detail: String,
    },
}

impl DedupError {
    fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { action, path, source }
    }
}

/// One record that asks whether it is new.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Probe {
    /// Its id.
    pub key: Key,
    /// What its id is known as from now on, when it is new.
    pub seen: Seen,
    /// The log partition that it came on.
    pub partition: u32,
}

/// How large the index is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DedupStats {
    /// Ids in memory only.
    pub mem_ids: u64,
    /// Entries on disk, expired ones included.
    pub run_ids: u64,
    /// Runs on disk.
    pub runs: usize,
    /// Bytes of filters and first keys.
    pub filter_bytes: usize,
}

/// What there was when the index was opened.
#[derive(Debug)]
pub enum OpenedIndex {
    /// An index that is complete up to its positions.
    Found(Box<DedupIndex>),
    /// Nothing: no index was ever completed here.
    Missing,
}

/// What the manifest says beside the runs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Saved {
    log_id: String,
    positions: Positions,
    horizons: BTreeMap<u32, Seen>,
    /// The file of what was persisted beside the index; empty: none.
    beside: String,
}

/// See the [module](self).
#[derive(Debug)]
pub struct DedupIndex {
    disk: Arc<dyn Disk>,
    dir: PathBuf,
    window_days: u16,
    mem: KeyMap,
    runs: Vec<Arc<Run>>,
    horizons: BTreeMap<u32, Seen>,
    next_run: u64,
    saved: Saved,
    /// Whether runs have changed since the manifest was written.
    unsaved: bool,
    /// Files that no manifest names any more.
    garbage: Vec<PathBuf>,
    /// What was beside the index when it was opened.
    beside: Option<Vec<u8>>,
    /// The merge that is under way.
    merge: Option<Merge>,
}

impl DedupIndex {
    /// The log that the positions are of.
    #[must_use]
    pub fn log_id(&self) -> &str {
        &self.saved.log_id
    }

    /// The next offsets that the index on disk lacks.
    #[must_use]
    pub fn positions(&self) -> &Positions {
        &self.saved.positions
    }

    /// Whether so many ids are in memory only that the index should be persisted before more come.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.mem.len() >= MEM_IDS_MAX
    }

    /// How large the index is.
    #[must_use]
    pub fn stats(&self) -> DedupStats {
        DedupStats {
            mem_ids: self.mem.len() as u64,
            run_ids: self.runs.iter().map(|run| run.entries()).sum(),
            runs: self.runs.len(),
            filter_bytes: self.runs.iter().map(|run| run.memory_bytes()).sum(),
        }
    }

    /// Says of each record, in order, whether its id is new, and makes it known. A batch is like its records one
    /// by one; larger batches cost less a record.
    ///
    /// # Errors
    /// When the disk cannot be read or a run is damaged; the index has then not changed.
    pub fn check_and_insert(&mut self, probes: &[Probe]) -> Result<Vec<bool>, DedupError> {
        let found = self.look_up(probes)?;
        let mut found = found.into_iter().peekable();
        let mut fresh = Vec::with_capacity(probes.len());
        for (place, probe) in probes.iter().enumerate() {
            let mut known = None;
            while let Some((_, seen)) = found.next_if(|(at, _)| *at as usize == place) {
                known = known.max(Some(seen));
            }
            let today = self.today(probe);
            let window_days = self.window_days;
            let is_known = |seen: Seen| !seen.expired(today, window_days);
            let is_new = match self.mem.entry(probe.key) {
                Entry::Occupied(mut entry) => {
                    let is_new = !is_known(*entry.get()) && !known.is_some_and(is_known);
                    if is_new {
                        entry.insert(probe.seen);
                    }
                    is_new
                }
                Entry::Vacant(entry) => {
                    let is_new = !known.is_some_and(is_known);
                    if is_new {
                        entry.insert(probe.seen);
                    }
                    is_new
                }
            };
            fresh.push(is_new);
        }
        Ok(fresh)
    }

    /// Makes ids known that are in the tables for certain.
    pub fn insert(&mut self, key: Key, seen: Seen) {
        self.mem.entry(key).and_modify(|known| *known = seen.max(*known)).or_insert(seen);
    }

    /// The latest day on the record's partition, itself included unless it is an import.
    fn today(&mut self, probe: &Probe) -> Seen {
        if probe.seen == Seen::FOREVER {
            return self.horizons.get(&probe.partition).copied().unwrap_or(Seen::on(0));
        }
        let horizon = self.horizons.entry(probe.partition).or_insert(probe.seen);
        if *horizon < probe.seen {
            *horizon = probe.seen;
        }
        *horizon
    }

    /// What the runs know: the places of known probes, ascending, each with a day; a place may occur twice.
    fn look_up(&self, probes: &[Probe]) -> Result<Vec<(u32, Seen)>, DedupError> {
        let mut found = Vec::new();
        // In order of the keys, as filters and runs are: neighbours share pages of memory, and a block is read once.
        let mut sorted: Vec<(Key, u32)> = probes.iter().zip(0_u32..).map(|(probe, place)| (probe.key, place)).collect();
        sorted.sort_unstable();
        let mut maybe: Vec<(Key, u32)> = Vec::new();
        for run in &self.runs {
            // Run by run over the whole batch: nothing but filter tests, whose cache misses overlap.
            maybe.clear();
            maybe.extend(sorted.iter().filter(|(key, _)| run.may_hold(*key)));
            let mut finder = run.finder();
            for (key, place) in &maybe {
                if let Some(seen) = finder.find(*key)? {
                    found.push((*place, seen));
                }
            }
        }
        found.sort_unstable();
        Ok(found)
    }
}

#[cfg(test)]
mod tests;
