//! Merging runs: which ones, so that few remain, each id is rewritten seldom and what has expired goes, and how.
//!
//! Size-tiered: a run's tier is the logarithm of its size; as soon as a tier has [`RUNS_PER_TIER`] runs they become one of
//! a higher tier, so each id is written once a tier. Past [`ENTRIES_CAP_MIN`] a merge takes at most a quarter of the index,
//! so that the memory for its outcome is a fraction of what there is. A run of which a quarter has expired is rewritten
//! by itself: the index never holds more than a third beyond what the window asks for, and an id that stays is rewritten
//! for three that go.
//!
//! A merge goes on in small steps between the rounds, as many as ids came: the judge never stands still for it.

use std::path::PathBuf;
use std::sync::Arc;

use judi_world::Disk;

use super::DedupError;
use super::key::{Key, Seen};
use super::run::{Cursor, Run, RunWriter};

/// Runs of a tier that are merged into one; each tier holds runs of about this many times the size of the one below.
const RUNS_PER_TIER: usize = 4;
/// Runs up to this size are all of the lowest tier.
const LOWEST_TIER_ENTRIES: u64 = 1_024;
/// What a merge may always take: a filter of 48 MB.
const ENTRIES_CAP_MIN: u64 = 32_000_000;
/// The part of all entries that a merge may take.
const CAP_SHARE: u64 = 4;
/// The part of a run that has to have expired before it is rewritten.
const EXPIRED_SHARE: u64 = 4;

/// What is known of a run where merges are chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RunFacts {
    pub(crate) entries: u64,
    pub(crate) expired: u64,
    pub(crate) newest: Seen,
}

/// The places of the runs to rewrite as one: a run much of which has expired, else the lowest full tier, the runs with the
/// oldest ids first.
pub(crate) fn choose(runs: &[RunFacts]) -> Option<Vec<usize>> {
    let mostly_expired = runs.iter().zip(0..).filter(|(run, _)| run.expired * EXPIRED_SHARE >= run.entries.max(1));
    if let Some((_, place)) = mostly_expired.max_by_key(|(run, _)| run.expired) {
        return Some(vec![place]);
    }
    let cap = ENTRIES_CAP_MIN.max(runs.iter().map(|run| run.entries).sum::<u64>() / CAP_SHARE);
    let mut tiers: Vec<(u32, Seen, usize)> =
        runs.iter().zip(0..).map(|(run, place)| (tier(run.entries), run.newest, place)).collect();
    tiers.sort_unstable();
    tiers.chunk_by(|a, b| a.0 == b.0).filter(|tier| tier.len() >= RUNS_PER_TIER).find_map(|tier| {
        let mut entries = 0;
        let places = tier.iter().map(|(.., place)| *place).take_while(|place| {
            entries += runs.get(*place).map_or(0, |run| run.entries);
            entries <= cap
        });
        Some(places.collect::<Vec<_>>()).filter(|places| places.len() > 1)
    })
}

fn tier(entries: u64) -> u32 {
    (entries / LOWEST_TIER_ENTRIES).max(1).ilog(RUNS_PER_TIER as u64)
}

/// Some runs on their way to be one. Touches nothing but its new file.
#[derive(Debug)]
pub(crate) struct Merge {
    disk: Arc<dyn Disk>,
    dir: PathBuf,
    name: String,
    inputs: Vec<Arc<Run>>,
    cursors: Vec<Cursor>,
    /// The entry that each cursor stands at; `None` at its end.
    heads: Vec<Option<(Key, Seen)>>,
    /// `None` once it is finished.
    writer: Option<RunWriter>,
    written: u64,
    /// Ids that have expired on this day are dropped; `None`: none are.
    today: Option<Seen>,
    window_days: u16,
}

/// What came of a [`Merge`].
#[derive(Debug)]
pub(crate) struct Merged {
    pub(crate) inputs: Vec<Arc<Run>>,
    /// `None` when every id had expired.
    pub(crate) output: Option<Run>,
}

impl Merge {
    /// Begins to write the run `name`.
    pub(crate) fn begin(
        disk: &Arc<dyn Disk>,
        dir: PathBuf,
        name: String,
        inputs: Vec<Arc<Run>>,
        (today, window_days): (Option<Seen>, u16),
    ) -> Result<Self, DedupError> {
        let expired = |run: &Arc<Run>| today.map_or(0, |today| run.expired(today, window_days));
        let entries_max = inputs.iter().map(|run| run.entries() - expired(run)).sum();
        let writer = Some(RunWriter::create(disk.as_ref(), &dir, &name, entries_max)?);
        let disk = Arc::clone(disk);
        let (cursors, heads, written) = (Vec::new(), Vec::new(), 0);
        let mut merge = Self { disk, dir, name, inputs, cursors, heads, writer, written, today, window_days };
        merge.cursors = merge.inputs.iter().map(Run::cursor).collect();
        for cursor in &mut merge.cursors {
            merge.heads.push(cursor.next()?);
        }
        Ok(merge)
    }

    /// Takes about `entries` entries further; `false` when none are left.
    pub(crate) fn advance(&mut self, entries: u64) -> Result<bool, DedupError> {
        let Some(writer) = self.writer.as_mut() else { return Ok(false) };
        for _ in 0..entries {
            let mut least: Option<(Key, Seen)> = None;
            for (key, seen) in self.heads.iter().flatten() {
                least = match least {
                    Some((known, _)) if known < *key => least,
                    // The same id in two runs: it had expired and came again. The later day counts.
                    Some((known, day)) if known == *key => Some((known, day.max(*seen))),
                    _ => Some((*key, *seen)),
                };
            }
            let Some((key, seen)) = least else { return Ok(false) };
            for (head, cursor) in self.heads.iter_mut().zip(&mut self.cursors) {
                if head.is_some_and(|(other, _)| other == key) {
                    *head = cursor.next()?;
                }
            }
            if !self.today.is_some_and(|today| seen.expired(today, self.window_days)) {
                writer.push(key, seen)?;
                self.written += 1;
            }
        }
        Ok(true)
    }

    /// Makes the merged run durable but for its name.
    pub(crate) fn finish(mut self) -> Result<Merged, DedupError> {
        let inputs = std::mem::take(&mut self.inputs);
        let Some(writer) = self.writer.take_if(|_| self.written > 0) else {
            // The file goes with this.
            return Ok(Merged { inputs, output: None });
        };
        let finished =
            writer.finish().and_then(|days| Run::open(self.disk.as_ref(), &self.dir, &self.name, Some(days)));
        if finished.is_err() {
            let _ = self.disk.remove(&self.dir.join(&self.name));
        }
        Ok(Merged { inputs, output: Some(finished?) })
    }
}

impl Drop for Merge {
    fn drop(&mut self) {
        if self.writer.is_some() {
            // Half a run holds space on a disk that may just have run out of it. What stays is removed at the next start.
            let _ = self.disk.remove(&self.dir.join(&self.name));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WINDOW_DAYS: u16 = 7;

    fn run(entries: u64) -> RunFacts {
        RunFacts { entries, expired: 0, newest: Seen::on(100) }
    }

    fn chosen(entries: &[u64]) -> Option<Vec<usize>> {
        choose(&entries.iter().map(|entries| run(*entries)).collect::<Vec<_>>())
    }

    #[test]
    fn a_tier_is_merged_when_it_is_full_and_not_before() {
        assert_eq!(chosen(&[]), None);
        assert_eq!(chosen(&[10, 2_000_000, 10, 10]), None);
        assert_eq!(chosen(&[10, 2_000_000, 10, 10, 9]), Some(vec![0, 2, 3, 4]));
        assert_eq!(chosen(&[1 << 20, 1 << 20, 1 << 20, 1 << 20]), Some(vec![0, 1, 2, 3]));
    }

    #[test]
    fn large_runs_are_merged_up_to_a_part_of_the_index_the_oldest_first() {
        let days = [3, 1, 4, 2].map(|day| RunFacts { newest: Seen::on(day), ..run(15_000_000) });
        assert_eq!(choose(&days), Some(vec![1, 3]), "of sixty million, thirty");
        assert_eq!(choose(&days.map(|run| RunFacts { entries: 25_000_000, ..run })), None);
    }

    #[test]
    fn a_run_is_rewritten_when_a_quarter_of_it_has_expired() {
        let with = |expired| RunFacts { expired, ..run(1_000) };
        assert_eq!(choose(&[with(0), with(249)]), None);
        assert_eq!(choose(&[with(0), with(250), with(300)]), Some(vec![2]));
    }

    /// Days of `per_day` ids, one run a spill: the most runs, the most entries beyond the window's, and how often an id was
    /// rewritten.
    fn days_of_ids(days: i32, spills: u64, spilled: u64) -> (usize, f64, f64) {
        let mut runs: Vec<Vec<(i32, u64)>> = Vec::new();
        let (mut most, mut beyond, mut rewritten) = (0, 0.0_f64, 0);
        let is_expired = |day: i32, today: i32| Seen::on(day).expired(Seen::on(today), WINDOW_DAYS);
        let total = |run: &Vec<(i32, u64)>| run.iter().map(|(_, entries)| entries).sum::<u64>();
        for day in 0..days {
            for _ in 0..spills {
                runs.push(vec![(day, spilled)]);
                runs.retain(|run| run.iter().any(|(other, _)| !is_expired(*other, day)));
                loop {
                    let facts = runs.iter().map(|run| RunFacts {
                        entries: total(run),
                        expired: run.iter().filter(|(other, _)| is_expired(*other, day)).map(|(_, n)| n).sum(),
                        newest: run.iter().map(|(other, _)| Seen::on(*other)).max().unwrap_or(Seen::on(0)),
                    });
                    let Some(places) = choose(&facts.collect::<Vec<_>>()) else { break };
                    let mut merged = std::collections::BTreeMap::new();
                    let taken = runs.iter().zip(0..).filter(|(_, place)| places.contains(place));
                    for (other, entries) in taken.flat_map(|(run, _)| run).filter(|(other, _)| !is_expired(*other, day))
                    {
                        *merged.entry(*other).or_insert(0) += entries;
                        rewritten += entries;
                    }
                    let mut place = 0;
                    runs.retain(|_| {
                        place += 1;
                        !places.contains(&(place - 1))
                    });
                    runs.push(merged.into_iter().collect());
                }
                most = most.max(runs.len());
            }
            if day > i32::from(WINDOW_DAYS) {
                let wanted = spills * spilled * (u64::from(WINDOW_DAYS) + 1);
                beyond = beyond.max(runs.iter().map(total).sum::<u64>() as f64 / wanted as f64);
            }
        }
        (most, beyond, rewritten as f64 / (f64::from(days) * (spills * spilled) as f64))
    }

    #[test]
    fn runs_stay_few_ids_are_rewritten_seldom_and_what_has_expired_goes() {
        // A quiet site; a hundred million ids in a window; a billion.
        for (spills, spilled) in [(2_880, 500), (16, 900_000), (160, 900_000)] {
            let (most, beyond, rewritten) = days_of_ids(24, spills, spilled);
            assert!(most <= 22, "{spills} x {spilled}: {most} runs");
            assert!(beyond <= 1.34, "{spills} x {spilled}: {beyond} of the window's ids");
            assert!(rewritten <= 9.0, "{spills} x {spilled}: each id written {rewritten} times");
        }
    }
}
