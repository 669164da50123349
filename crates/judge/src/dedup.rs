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

mod filter;
mod key;
mod merge;
mod run;
mod wire;

use std::collections::BTreeMap;
use std::collections::hash_map::Entry;
use std::hash::BuildHasherDefault;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use judi_log::{Positions, Topic};
use judi_world::{Disk, write_durably};
use thiserror::Error;

use key::KeyMap;
pub use key::{Key, Seen};
use merge::{MergeJob, Merged};
use run::{Run, RunWriter};
use wire::{HorizonWire, ManifestWire, PositionWire};

/// Ids in the mem table beyond which the index wants to be persisted: the most that a hash table of 2^20 places
/// takes, about 26 MB.
pub const MEM_IDS_MAX: usize = 900_000;

const MANIFEST_NAME: &str = "manifest";
const RUN_SUFFIX: &str = ".run";

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
}

impl DedupIndex {
    /// Opens the index in `dir`.
    ///
    /// # Errors
    /// [`DedupError::Corrupt`] when it has to be made again, else the disk's own.
    pub fn open(disk: &Arc<dyn Disk>, dir: &Path, window_days: u16) -> Result<OpenedIndex, DedupError> {
        let path = dir.join(MANIFEST_NAME);
        let bytes = match disk.read(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(OpenedIndex::Missing),
            other => other.map_err(DedupError::io("read", &path))?,
        };
        let manifest = wire::decode_manifest(&bytes).map_err(|detail| DedupError::Corrupt { path, detail })?;
        let mut index = Self::empty(disk, dir, window_days);
        for name in &manifest.runs {
            index.runs.push(Arc::new(Run::open(disk.as_ref(), dir, name)?));
        }
        index.next_run = manifest.next_run;
        let topic = |name: &str| Topic::ALL.into_iter().find(|topic| topic.as_str() == name);
        let positions = manifest.positions.iter();
        let horizons = manifest.horizons.iter();
        index.saved = Saved {
            positions: positions.filter_map(|p| Some(((topic(&p.topic)?, p.partition), p.next))).collect(),
            horizons: horizons.map(|h| (h.partition, Seen::on(i32::try_from(h.day).unwrap_or(i32::MAX)))).collect(),
            log_id: manifest.log_id,
        };
        index.horizons.clone_from(&index.saved.horizons);
        index.remove_strangers()?;
        Ok(OpenedIndex::Found(Box::new(index)))
    }

    /// Starts an empty index in `dir`, in place of what is there.
    ///
    /// # Errors
    /// The disk's own.
    pub fn create(disk: &Arc<dyn Disk>, dir: &Path, window_days: u16) -> Result<Self, DedupError> {
        disk.create_dir_all(dir).map_err(DedupError::io("create", dir))?;
        let path = dir.join(MANIFEST_NAME);
        match disk.remove(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            other => other.map_err(DedupError::io("remove", &path))?,
        }
        // Until the first manifest, a crash finds no index at all and makes it anew.
        disk.sync_dir(dir).map_err(DedupError::io("sync", dir))?;
        let index = Self::empty(disk, dir, window_days);
        index.remove_strangers()?;
        Ok(index)
    }

    fn empty(disk: &Arc<dyn Disk>, dir: &Path, window_days: u16) -> Self {
        Self {
            disk: Arc::clone(disk),
            dir: dir.to_owned(),
            window_days,
            mem: KeyMap::default(),
            runs: Vec::new(),
            horizons: BTreeMap::new(),
            next_run: 0,
            saved: Saved::default(),
            unsaved: false,
            garbage: Vec::new(),
        }
    }

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
        let mut maybe: Vec<(Key, u32)> = Vec::new();
        for run in &self.runs {
            // Run by run over the whole batch: nothing but filter tests, whose cache misses overlap.
            maybe.clear();
            let keys = probes.iter().zip(0_u32..).map(|(probe, place)| (probe.key, place));
            maybe.extend(keys.filter(|(key, _)| run.may_hold(*key)));
            maybe.sort_unstable();
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

    /// Moves the mem table into a run. Not yet part of the index on disk: a crash forgets it.
    ///
    /// # Errors
    /// The disk's own; nothing is lost from memory then.
    pub fn spill(&mut self) -> Result<(), DedupError> {
        if self.mem.is_empty() {
            return Ok(());
        }
        let mut entries: Vec<(Key, Seen)> = self.mem.iter().map(|(key, seen)| (*key, *seen)).collect();
        entries.sort_unstable();
        let name = self.run_name();
        let run = self.write_run(&name, &entries);
        if run.is_err() {
            // Half a run holds space on a disk that may just have run out of it.
            let _ = self.disk.remove(&self.dir.join(&name));
        }
        self.runs.push(Arc::new(run?));
        self.next_run += 1;
        self.unsaved = true;
        // A round may have blown the table up beyond its bound; what is usual is kept, so that it need not grow again.
        self.mem =
            KeyMap::with_capacity_and_hasher(self.mem.capacity().min(MEM_IDS_MAX), BuildHasherDefault::default());
        Ok(())
    }

    fn write_run(&self, name: &str, entries: &[(Key, Seen)]) -> Result<Run, DedupError> {
        let mut writer = RunWriter::create(self.disk.as_ref(), &self.dir, name, entries.len() as u64)?;
        entries.iter().try_for_each(|(key, seen)| writer.push(*key, *seen))?;
        writer.finish()?;
        Run::open(self.disk.as_ref(), &self.dir, name)
    }

    /// Makes the index durable as complete up to `positions` of the log `log_id`. To be called only when every id
    /// in it is durably in a table, and every id of the tables up to `positions` is in it.
    ///
    /// # Errors
    /// The disk's own; what was persisted before then still holds, and memory is as it was.
    pub fn persist(&mut self, log_id: &str, positions: &Positions) -> Result<(), DedupError> {
        self.spill()?;
        let (log_id, positions) = (log_id.to_owned(), positions.clone());
        let now = Saved { log_id, positions, horizons: self.horizons.clone() };
        if self.unsaved || self.saved != now { self.write_manifest(now) } else { Ok(()) }
    }

    /// Merges runs where a tier has become full, one merge a call; `false` when there was nothing to do.
    ///
    /// # Errors
    /// As [`DedupIndex::persist`].
    pub fn compact(&mut self) -> Result<bool, DedupError> {
        let Some(job) = self.begin_merge() else { return Ok(false) };
        let merged = job.run()?;
        self.end_merge(merged)?;
        Ok(true)
    }

    /// A merge that is due; [`DedupIndex::end_merge`] takes its outcome. One at a time.
    fn begin_merge(&mut self) -> Option<MergeJob> {
        // As saved, not as it is: after a crash the records since then are judged again, with the days of then.
        let today = self.saved.horizons.values().min().copied();
        let expired = |run: &&Arc<Run>| today.is_some_and(|today| run.newest().expired(today, self.window_days));
        let mut inputs: Vec<Arc<Run>> = self.runs.iter().filter(expired).cloned().collect();
        if inputs.is_empty() {
            let sizes: Vec<u64> = self.runs.iter().map(|run| run.entries()).collect();
            inputs.extend(merge::choose(&sizes)?.iter().filter_map(|place| self.runs.get(*place).cloned()));
        }
        let name = self.run_name();
        self.next_run += 1;
        let (disk, dir) = (Arc::clone(&self.disk), self.dir.clone());
        Some(MergeJob { disk, dir, name, inputs, today, window_days: self.window_days })
    }

    fn end_merge(&mut self, merged: Merged) -> Result<(), DedupError> {
        self.runs.retain(|run| !merged.inputs.iter().any(|input| Arc::ptr_eq(run, input)));
        self.runs.extend(merged.output.map(Arc::new));
        self.garbage.extend(merged.inputs.iter().map(|run| run.path().to_owned()));
        self.unsaved = true;
        self.write_manifest(self.saved.clone())
    }

    fn write_manifest(&mut self, now: Saved) -> Result<(), DedupError> {
        // The runs' names first: the manifest must not outlive a crash that they do not.
        self.disk.sync_dir(&self.dir).map_err(DedupError::io("sync", &self.dir))?;
        let manifest = ManifestWire {
            version: 0,
            log_id: now.log_id.clone(),
            positions: now
                .positions
                .iter()
                .map(|((topic, partition), next)| PositionWire {
                    topic: topic.as_str().to_owned(),
                    partition: *partition,
                    next: *next,
                })
                .collect(),
            horizons: now.horizons.iter().map(|(p, day)| HorizonWire { partition: *p, day: day.0.into() }).collect(),
            runs: self.runs.iter().map(|run| run.name().to_owned()).collect(),
            next_run: self.next_run,
        };
        let path = self.dir.join(MANIFEST_NAME);
        write_durably(self.disk.as_ref(), &path, &wire::encode_manifest(manifest))
            .map_err(DedupError::io("write", &path))?;
        self.saved = now;
        self.unsaved = false;
        for path in self.garbage.drain(..) {
            // What stays is removed when the index is next opened.
            let _ = self.disk.remove(&path);
        }
        Ok(())
    }

    fn run_name(&self) -> String {
        format!("{:010}{RUN_SUFFIX}", self.next_run)
    }

    /// Removes runs that a crash has left without a manifest that names them.
    fn remove_strangers(&self) -> Result<(), DedupError> {
        for entry in self.disk.list(&self.dir).map_err(DedupError::io("list", &self.dir))? {
            if entry.name.ends_with(RUN_SUFFIX) && !self.runs.iter().any(|run| run.name() == entry.name) {
                let path = self.dir.join(&entry.name);
                self.disk.remove(&path).map_err(DedupError::io("remove", &path))?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
