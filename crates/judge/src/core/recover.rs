//! Making memory again from what is on disk: at the start, and when the dedup index turns out to be damaged.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::sync::Arc;

use arrow::array::{AsArray, RecordBatch};
use arrow::datatypes::Date32Type;
use arrow::temporal_conversions::date32_to_datetime;
use judi_log::{Positions, Topic};
use judi_table::{DataFile, Snapshot, read_file};
use judi_world::Timestamp;

use super::{GROUP, JudgeCore, Memory, slice_facts};
use crate::clocks::Clocks;
use crate::dedup::{DedupError, DedupIndex, Key, OpenedIndex, Probe, Seen};
use crate::error::JudgeError;
use crate::facts::{self, Slice, key_of_quarantined};
use crate::recovery::{Durable, Resume, resume};
use crate::tables::{APP_ID_PREFIX, EVENTS, JudgeTable, QUARANTINE, app_id};

/// Characters of a date in a partition's name.
const DATE_CHARACTERS: usize = "2026-01-01".len();

/// Bytes of records that are absorbed at a time.
const ABSORB_BYTES: usize = 8 << 20;

/// Absorbed records after which the index is persisted at once: a process that never lives long enough to do so by
/// itself would read more at each start.
const ABSORBED_RECORDS_MAX: u64 = 10_000;

/// What recovery has to go by.
struct Facts {
    events: Arc<Snapshot>,
    quarantine: Arc<Snapshot>,
}

impl JudgeCore {
    /// Makes memory, unless there is one.
    pub(super) fn remember(&mut self) -> Result<(), JudgeError> {
        if self.memory.is_some() {
            return Ok(());
        }
        let found = Facts {
            events: self.tables.events.table.snapshot()?,
            quarantine: self.tables.quarantine.table.snapshot()?,
        };
        self.counts_behind = true;
        self.counted = None;
        let (mut index, mut clocks) = self.open_index(&found)?;
        let plan = self.plan(&found, index.positions());
        // Before anything is read: from here on retention keeps what is still needed.
        let needed: Positions = plan.iter().map(|(place, resume)| (*place, resume.absorb.start)).collect();
        self.log.commit(GROUP, &self.within_log(&needed)?)?;
        let mut records = 0;
        for ((topic, partition), Resume { absorb, .. }) in &plan {
            let mut probes = Vec::new();
            self.each_slice(*topic, *partition, absorb.start..absorb.end, |slice| {
                records += slice.records.len() as u64;
                probes.clear();
                let absorbed: Vec<facts::Facts<'_>> = slice_facts(slice).collect();
                probes.extend(absorbed.iter().map(|facts| facts.probe));
                facts::take_times(&absorbed, &mut clocks);
                index.check_and_insert(&probes)?;
                if index.is_full() { Ok(index.make_room()?) } else { Ok(()) }
            })?;
        }
        self.settle_doubts(&plan, &found.quarantine, &mut index)?;
        let judged = plan.iter().map(|(place, resume)| (*place, resume.judge_from)).collect();
        let judged = self.within_log(&judged)?;
        let persisted_at = self.world.clock.monotonic();
        let is_due = records >= ABSORBED_RECORDS_MAX;
        let records = if is_due { records.max(self.options.persist_records) } else { records };
        let txns = |snapshot: &Snapshot| snapshot.txns().map(|(app_id, last)| (app_id.to_owned(), last)).collect();
        self.memory = Some(Memory {
            index,
            clocks,
            judged,
            quarantine_txns: txns(&found.quarantine),
            events_txns: txns(&found.events),
            pending: None,
            records_since_persist: records,
            persisted_at,
            merge_entries: 0,
        });
        Ok(())
    }

    fn plan(&self, found: &Facts, index: &Positions) -> BTreeMap<(Topic, u32), Resume> {
        let places = self.partitions().map(|place| {
            let app_id = app_id(&self.log_id, place.0, place.1);
            let durable = Durable {
                index_next: index.get(&place).copied().unwrap_or(0),
                events_last: found.events.txn(&app_id),
                quarantine_last: found.quarantine.txn(&app_id),
            };
            (place, resume(durable))
        });
        places.collect()
    }

    /// The index on disk and the clocks beside it where they serve, else a new one that knows what the tables hold.
    fn open_index(&mut self, found: &Facts) -> Result<(DedupIndex, Clocks), JudgeError> {
        let (disk, dir) = (Arc::clone(&self.world.disk), self.options.state_dir.join("dedup"));
        let window_days = self.options.dedup_window_days;
        let why = match DedupIndex::open(&disk, &dir, window_days) {
            Ok(_) if self.index_damaged => "it is damaged".to_owned(),
            Ok(OpenedIndex::Found(mut index)) => match self.clocks_beside(&mut index) {
                Err(detail) => format!("the clocks beside it are damaged: {detail}"),
                Ok(_) if index.log_id() != self.log_id.as_str() => "it is of another log".to_owned(),
                Ok(_) if !self.log_has(&self.plan(found, index.positions()))? => {
                    "the log no longer has what it lacks".to_owned()
                }
                Ok(clocks) => return Ok((*index, clocks)),
            },
            Ok(OpenedIndex::Missing) => "there is none".to_owned(),
            Err(error @ DedupError::Corrupt { .. }) => error.to_string(),
            Err(error) => return Err(error.into()),
        };
        let mut index = DedupIndex::create(&disk, &dir, window_days)?;
        self.index_damaged = false;
        let tables_rows = found.events.files().len() + found.quarantine.files().len();
        if tables_rows > 0 {
            tracing::warn!(why, "the dedup index is made again");
        }
        // The log tells imports from apps and has each day; the tables hold rows that the log may have forgotten.
        let from_log = self.log_has(&self.plan(found, &Positions::new()))? && self.only_this_log(found);
        if !from_log {
            self.read_tables(found, &mut index)?;
            let next = self.plan(found, &Positions::new()).into_iter();
            let next = next.map(|(place, resume)| (place, resume.judge_from)).collect();
            index.persist(self.log_id.as_str(), &next)?;
        }
        // From the beginning of the log, or from where the tables are: sessions that are under way begin anew then.
        Ok((index, Clocks::new(&self.options.clocks, self.log.partitions())))
    }

    /// What was known of sessions when the index was persisted, or what is wrong with it.
    fn clocks_beside(&self, index: &mut DedupIndex) -> Result<Clocks, String> {
        let (rules, partitions) = (&self.options.clocks, self.log.partitions());
        match index.take_beside() {
            Some(bytes) => Clocks::decode(&bytes, rules, partitions),
            None => Ok(Clocks::new(rules, partitions)),
        }
    }

    /// Whether the log still has every record that the plan absorbs.
    fn log_has(&self, plan: &BTreeMap<(Topic, u32), Resume>) -> Result<bool, JudgeError> {
        for ((topic, partition), Resume { absorb, .. }) in plan {
            if !absorb.is_empty() && absorb.start < self.log.bounds(*topic, *partition)?.start {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Whether every row of the tables came from this log.
    fn only_this_log(&self, found: &Facts) -> bool {
        let own = format!("{APP_ID_PREFIX}{}/", self.log_id);
        let ids = found.events.txns().chain(found.quarantine.txns()).map(|(app_id, _)| app_id);
        let mut foreign = ids.filter(|app_id| app_id.starts_with(APP_ID_PREFIX) && !app_id.starts_with(&own));
        foreign.next().is_none()
    }

    /// Makes the ids of all rows known. The tables do not say which rows were imported, so none of them expires:
    /// a repetition that is recognised for too long is better than a row that is there twice.
    fn read_tables(&self, found: &Facts, index: &mut DedupIndex) -> Result<(), JudgeError> {
        for file in found.events.files().values() {
            self.each_batch(&self.tables.events, &found.events, file, &["anonymous_id", "event_id"], |batch| {
                let (anonymous_ids, event_ids) = (text(EVENTS, batch, 0)?, text(EVENTS, batch, 1)?);
                for (anonymous_id, event_id) in anonymous_ids.zip(event_ids).filter(|(_, id)| !id.is_empty()) {
                    index.insert(Key::of(anonymous_id, event_id), Seen::FOREVER);
                }
                if index.is_full() { Ok(index.make_room()?) } else { Ok(()) }
            })?;
        }
        for file in found.quarantine.files().values() {
            self.each_quarantined(&found.quarantine, file, |key, _| {
                index.insert(key, Seen::FOREVER);
                if index.is_full() { Ok(index.make_room()?) } else { Ok(()) }
            })?;
        }
        Ok(())
    }

    /// Of the records that are judged again, makes those known whose rows `quarantine` holds already.
    fn settle_doubts(
        &self,
        plan: &BTreeMap<(Topic, u32), Resume>,
        quarantine: &Snapshot,
        index: &mut DedupIndex,
    ) -> Result<(), JudgeError> {
        // By id and day: a row of another day may be one of the same id that has long expired.
        let mut doubtful: BTreeMap<i32, HashMap<Key, Probe>> = BTreeMap::new();
        for ((topic, partition), resume) in plan {
            self.each_slice(*topic, *partition, resume.doubtful.clone(), |slice| {
                for facts in slice_facts(slice) {
                    let day = Timestamp(facts.received_at_us).day();
                    doubtful.entry(day).or_default().entry(facts.probe.key).or_insert(facts.probe);
                }
                Ok(())
            })?;
        }
        for (day, probes) in doubtful {
            let mut found = Vec::new();
            for file in quarantine.files().values().filter(|file| may_hold_day(file, day)) {
                self.each_quarantined(quarantine, file, |key, row_day| {
                    found.extend(probes.get(&key).filter(|_| row_day == Some(day)));
                    Ok(())
                })?;
            }
            index.check_and_insert(&found)?;
        }
        Ok(())
    }

    /// The key and the received day of every row of a file of `quarantine`.
    fn each_quarantined(
        &self,
        snapshot: &Snapshot,
        file: &DataFile,
        mut each: impl FnMut(Key, Option<i32>) -> Result<(), JudgeError>,
    ) -> Result<(), JudgeError> {
        let columns = ["envelope", "event_id", "received_date"];
        self.each_batch(&self.tables.quarantine, snapshot, file, &columns, |batch| {
            let envelopes = batch.columns().first().and_then(|column| column.as_binary_opt::<i32>());
            let days = batch.columns().get(2).and_then(|column| column.as_primitive_opt::<Date32Type>());
            let (Some(envelopes), Some(days)) = (envelopes, days) else {
                return Err(foreign(QUARANTINE, "its envelope is not binary, or its received_date no date"));
            };
            for ((envelope, event_id), day) in envelopes.iter().zip(text(QUARANTINE, batch, 1)?).zip(days) {
                each(key_of_quarantined(envelope.unwrap_or_default(), event_id), day)?;
            }
            Ok(())
        })
    }

    fn each_batch(
        &self,
        table: &JudgeTable,
        snapshot: &Snapshot,
        file: &DataFile,
        columns: &[&str],
        mut each: impl FnMut(&RecordBatch) -> Result<(), JudgeError>,
    ) -> Result<(), JudgeError> {
        for batch in read_file(self.world.disk.as_ref(), table.table.dir(), snapshot, file, Some(columns))? {
            each(&batch?)?;
        }
        Ok(())
    }

    /// Reads a range of a partition piece by piece.
    fn each_slice(
        &self,
        topic: Topic,
        partition: u32,
        range: Range<u64>,
        mut each: impl FnMut(&Slice) -> Result<(), JudgeError>,
    ) -> Result<(), JudgeError> {
        let mut next = range.start;
        while next < range.end {
            let fetched = self.log.fetch(topic, partition, next, ABSORB_BYTES)?;
            let mut slice = Slice { topic, partition, records: fetched.records };
            slice.records.retain(|record| record.offset < range.end);
            let Some(last) = slice.records.last() else {
                return Err(JudgeError::LogBehind { topic, partition, end: fetched.end, judged: range.end });
            };
            next = last.offset + 1;
            each(&slice)?;
        }
        Ok(())
    }

    /// Positions that the log can go on from.
    fn within_log(&self, positions: &Positions) -> Result<Positions, JudgeError> {
        let mut within = Positions::new();
        for ((topic, partition), next) in positions {
            let bounds = self.log.bounds(*topic, *partition)?;
            if *next > bounds.end {
                let (topic, partition, end, judged) = (*topic, *partition, bounds.end, *next);
                return Err(JudgeError::LogBehind { topic, partition, end, judged });
            }
            if *next < bounds.start {
                // Only somebody who removed segments by hand, or the group, can have done this.
                tracing::error!(%topic, partition, from = next, to = bounds.start, "records are gone from the log");
            }
            within.insert((*topic, *partition), (*next).max(bounds.start));
        }
        Ok(within)
    }
}

/// Whether a file may hold rows that were received on a day; `false` only when its partition is another day's.
fn may_hold_day(file: &DataFile, day: i32) -> bool {
    let date = date32_to_datetime(day).map(|time| time.date().to_string());
    // Days outside of the four-digit years have no text that everybody agrees on.
    file.partition_values.values().flatten().all(|value| value.len() != DATE_CHARACTERS || Some(value) == date.as_ref())
}

fn text<'a>(
    table: &'static str,
    batch: &'a RecordBatch,
    column: usize,
) -> Result<impl Iterator<Item = &'a str>, JudgeError> {
    let array = batch.columns().get(column).and_then(|column| column.as_string_opt::<i32>());
    let array = array.ok_or_else(|| foreign(table, "an id is not text"))?;
    Ok(array.iter().map(Option::unwrap_or_default))
}

fn foreign(table: &'static str, detail: &str) -> JudgeError {
    JudgeError::ForeignTable { table, detail: detail.to_owned() }
}
