//! The index on disk: opening, persisting, merging. The manifest says which runs there are and how far of the log they
//! are complete; what it does not name does not exist.

use std::collections::BTreeMap;
use std::hash::BuildHasherDefault;
use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;

use judi_log::{Positions, Topic};
use judi_world::{Disk, write_durably};

use super::beside::{BESIDE_SUFFIX, read_beside};
use super::key::{Key, KeyMap, Seen};
use super::merge::{self, Merge, Merged, RunFacts};
use super::run::{Run, RunWriter};
use super::wire::{self, HorizonWire, ManifestWire, PositionWire, RunDaysWire};
use super::{DedupError, DedupIndex, MEM_IDS_MAX, OpenedIndex, Saved};

pub(super) const MANIFEST_NAME: &str = "manifest";
pub(super) const RUN_SUFFIX: &str = ".run";

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
        for (number, name) in manifest.runs.iter().enumerate() {
            let days = manifest.run_days.get(number).map(days_of);
            index.runs.push(Arc::new(Run::open(disk.as_ref(), dir, name, days)?));
        }
        index.next_run = manifest.next_run;
        let topic = |name: &str| Topic::ALL.into_iter().find(|topic| topic.as_str() == name);
        let positions = manifest.positions.iter();
        let horizons = manifest.horizons.iter();
        index.saved = Saved {
            positions: positions.filter_map(|p| Some(((topic(&p.topic)?, p.partition), p.next))).collect(),
            horizons: horizons.map(|h| (h.partition, Seen::on(i32::try_from(h.day).unwrap_or(i32::MAX)))).collect(),
            log_id: manifest.log_id,
            beside: manifest.beside,
        };
        index.beside = read_beside(disk.as_ref(), dir, &index.saved.beside)?;
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
            beside: None,
            merge: None,
        }
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

    /// [`DedupIndex::spill`] while an index is made again: merges at once, since no round waits and many runs would come.
    ///
    /// # Errors
    /// As [`DedupIndex::persist`].
    pub fn make_room(&mut self) -> Result<(), DedupError> {
        self.spill()?;
        while self.merge(u64::MAX)? {}
        Ok(())
    }

    fn write_run(&self, name: &str, entries: &[(Key, Seen)]) -> Result<Run, DedupError> {
        let mut writer = RunWriter::create(self.disk.as_ref(), &self.dir, name, entries.len() as u64)?;
        entries.iter().try_for_each(|(key, seen)| writer.push(*key, *seen))?;
        let days = writer.finish()?;
        Run::open(self.disk.as_ref(), &self.dir, name, Some(days))
    }

    /// Makes the index durable as complete up to `positions` of the log `log_id`. To be called only when every id
    /// in it is durably in a table, and every id of the tables up to `positions` is in it.
    ///
    /// # Errors
    /// The disk's own; what was persisted before then still holds, and memory is as it was.
    pub fn persist(&mut self, log_id: &str, positions: &Positions) -> Result<(), DedupError> {
        self.persist_with(log_id, positions, &[])
    }

    /// [`DedupIndex::persist`] with what somebody else remembers of the log up to the same positions. It is a function
    /// of the log, so that where the index has not moved since it was last persisted, it has not either.
    ///
    /// # Errors
    /// The same.
    pub fn persist_with(&mut self, log_id: &str, positions: &Positions, beside: &[u8]) -> Result<(), DedupError> {
        self.spill()?;
        let (log_id, positions) = (log_id.to_owned(), positions.clone());
        let before = self.saved.beside.clone();
        let mut now = Saved { log_id, positions, horizons: self.horizons.clone(), beside: before.clone() };
        if !self.unsaved && self.saved == now {
            return Ok(());
        }
        now.beside = self.write_beside(beside)?.unwrap_or_default();
        let name = now.beside.clone();
        if let Err(error) = self.write_manifest(now) {
            if !name.is_empty() {
                self.remove_beside_unless_named(&name);
            }
            return Err(error);
        }
        if !before.is_empty() {
            let _ = self.disk.remove(&self.dir.join(before));
        }
        Ok(())
    }

    /// Goes on with merging runs, by about `entries` entries: where a tier has become full, and where much has expired.
    /// `false` when there is nothing more to do.
    ///
    /// # Errors
    /// As [`DedupIndex::persist`]; what was merged so far is begun again.
    pub fn merge(&mut self, entries: u64) -> Result<bool, DedupError> {
        let Some(mut merge) = self.merge.take().map_or_else(|| self.begin_merge(), |merge| Ok(Some(merge)))? else {
            return Ok(false);
        };
        if merge.advance(entries)? {
            self.merge = Some(merge);
        } else {
            let merged = merge.finish()?;
            self.end_merge(merged)?;
        }
        Ok(true)
    }

    /// A merge that is due. Runs that have expired whole are dropped here, unread.
    fn begin_merge(&mut self) -> Result<Option<Merge>, DedupError> {
        // As saved, not as it is: after a crash the records since then are judged again, with the days of then.
        let today = self.saved.horizons.values().min().copied();
        let window_days = self.window_days;
        let expired = |run: &Arc<Run>| today.map_or(0, |today| run.expired(today, window_days));
        let gone: Vec<Arc<Run>> = self.runs.iter().filter(|run| expired(run) == run.entries()).cloned().collect();
        if !gone.is_empty() {
            self.end_merge(Merged { inputs: gone, output: None })?;
        }
        let facts = self.runs.iter().map(|run| RunFacts {
            entries: run.entries(),
            expired: expired(run),
            newest: run.newest(),
        });
        let Some(places) = merge::choose(&facts.collect::<Vec<_>>()) else { return Ok(None) };
        let inputs = places.iter().filter_map(|place| self.runs.get(*place).cloned()).collect();
        let name = self.run_name();
        self.next_run += 1;
        Merge::begin(&self.disk, self.dir.clone(), name, inputs, (today, window_days)).map(Some)
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
            beside: now.beside.clone(),
            run_days: self.runs.iter().map(|run| wire_days(run.days())).collect(),
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

    /// Removes what a crash has left without a manifest that names it.
    fn remove_strangers(&self) -> Result<(), DedupError> {
        for entry in self.disk.list(&self.dir).map_err(DedupError::io("list", &self.dir))? {
            let is_run = entry.name.ends_with(RUN_SUFFIX) && !self.runs.iter().any(|run| run.name() == entry.name);
            let is_beside = entry.name.ends_with(BESIDE_SUFFIX) && entry.name != self.saved.beside;
            if is_run || is_beside {
                let path = self.dir.join(&entry.name);
                self.disk.remove(&path).map_err(DedupError::io("remove", &path))?;
            }
        }
        Ok(())
    }
}

fn wire_days(days: &[(Seen, u64)]) -> RunDaysWire {
    RunDaysWire {
        days: days.iter().map(|(day, _)| day.0.into()).collect(),
        entries: days.iter().map(|(_, entries)| *entries).collect(),
    }
}

fn days_of(wire: &RunDaysWire) -> Vec<(Seen, u64)> {
    let day = |day: &u32| Seen(u16::try_from(*day).unwrap_or(u16::MAX));
    wire.days.iter().map(day).zip(wire.entries.iter().copied()).collect()
}
