//! Merging runs: which ones, so that few remain and each id is rewritten seldom, and how.
//!
//! Size-tiered: a run's tier is the logarithm of its size; as soon as a tier has [`RUNS_PER_TIER`] runs they
//! become one of a higher tier. N ids lie in at most 3 · log4(N / 16384) runs, each id written once a tier.

use std::path::PathBuf;
use std::sync::Arc;

use judi_world::Disk;

use super::DedupError;
use super::key::Seen;
use super::run::{Cursor, Run, RunWriter};

/// Runs of a tier that are merged into one; each tier holds runs of about this many times the size of the one below.
const RUNS_PER_TIER: usize = 4;
/// Runs up to this size are all of the lowest tier.
const LOWEST_TIER_ENTRIES: u64 = 16_384;

/// The places of the runs to merge, given the sizes of all; the lowest full tier first.
pub(crate) fn choose(entries: &[u64]) -> Option<Vec<usize>> {
    let mut tiers: Vec<(u32, usize)> = entries.iter().enumerate().map(|(place, size)| (tier(*size), place)).collect();
    tiers.sort_unstable();
    tiers
        .chunk_by(|a, b| a.0 == b.0)
        .find(|tier| tier.len() >= RUNS_PER_TIER)
        .map(|tier| tier.iter().map(|(_, place)| *place).collect())
}

fn tier(entries: u64) -> u32 {
    (entries / LOWEST_TIER_ENTRIES).max(1).ilog(RUNS_PER_TIER as u64)
}

/// Some runs to be made one; touches nothing but its new file, so that it may run beside the judge.
#[derive(Debug)]
pub(crate) struct MergeJob {
    pub(crate) disk: Arc<dyn Disk>,
    pub(crate) dir: PathBuf,
    pub(crate) name: String,
    pub(crate) inputs: Vec<Arc<Run>>,
    /// Ids that have expired on this day are dropped; `None`: none are.
    pub(crate) today: Option<Seen>,
    pub(crate) window_days: u16,
}

/// What came of a [`MergeJob`].
#[derive(Debug)]
pub(crate) struct Merged {
    pub(crate) inputs: Vec<Arc<Run>>,
    /// `None` when every id had expired.
    pub(crate) output: Option<Run>,
}

impl MergeJob {
    /// Writes the merged run, durably but for its name.
    pub(crate) fn run(self) -> Result<Merged, DedupError> {
        let output = self.write();
        if output.is_err() {
            // Half a run holds space on a disk that may just have run out of it.
            let _ = self.disk.remove(&self.dir.join(&self.name));
        }
        Ok(Merged { output: output?, inputs: self.inputs })
    }

    fn write(&self) -> Result<Option<Run>, DedupError> {
        let entries_max = self.inputs.iter().map(|run| run.entries()).sum();
        let mut writer = RunWriter::create(self.disk.as_ref(), &self.dir, &self.name, entries_max)?;
        let mut cursors: Vec<Cursor> = self.inputs.iter().map(Run::cursor).collect();
        let mut written = 0_u64;
        loop {
            let mut least = None;
            for cursor in &mut cursors {
                if let Some((key, seen)) = cursor.peek()? {
                    least = match least {
                        Some((known, _)) if known < key => least,
                        // The same id in two runs: it had expired and came again. The later day counts.
                        Some((known, day)) if known == key => Some((key, seen.max(day))),
                        _ => Some((key, seen)),
                    };
                }
            }
            let Some((key, seen)) = least else { break };
            for cursor in &mut cursors {
                if cursor.peek()?.is_some_and(|(other, _)| other == key) {
                    cursor.advance();
                }
            }
            if !self.today.is_some_and(|today| seen.expired(today, self.window_days)) {
                writer.push(key, seen)?;
                written += 1;
            }
        }
        writer.finish()?;
        if written == 0 {
            self.disk
                .remove(&self.dir.join(&self.name))
                .map_err(DedupError::io("remove", &self.dir.join(&self.name)))?;
            return Ok(None);
        }
        Run::open(self.disk.as_ref(), &self.dir, &self.name).map(Some)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tier_is_merged_when_it_is_full_and_not_before() {
        assert_eq!(choose(&[]), None);
        assert_eq!(choose(&[10, 2_000_000, 10, 10]), None);
        assert_eq!(choose(&[10, 2_000_000, 10, 10, 9]), Some(vec![0, 2, 3, 4]));
        assert_eq!(choose(&[1 << 20, 1 << 20, 1 << 20, 1 << 20]), Some(vec![0, 1, 2, 3]));
    }

    #[test]
    fn runs_stay_few_however_many_ids_come() {
        let (mut runs, mut rewritten) = (Vec::<u64>::new(), 0);
        for flushed in [900_000; 1_000] {
            runs.push(flushed);
            while let Some(places) = choose(&runs) {
                let merged: u64 = places.iter().filter_map(|place| runs.get(*place)).sum();
                rewritten += merged;
                runs = (0..runs.len()).filter(|place| !places.contains(place)).map(|place| runs[place]).collect();
                runs.push(merged);
            }
        }
        assert!(runs.len() <= 3 * 6, "{runs:?}");
        assert_eq!(runs.iter().sum::<u64>(), 900_000_000);
        assert!(rewritten <= 6 * 900_000_000, "{rewritten}");
    }
}
