//! What is known of a run from outside: what was sent, answered and read. Every look at the log or the tables is held
//! against it, by the invariants of the crates that make the promises.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use judi_judge::dedup::{DedupIndex, Key, OpenedIndex, Probe, Seen};
use judi_judge::invariants::{self as judged, Place, Told};
use judi_log::{Log, LogId, Topic, invariants as logged};
use judi_table::invariants as tabled;
use judi_world::{Disk, World};

use crate::devices::{Event, Id};
use crate::machine::{STATE_DIR, WINDOW_DAYS};
use crate::readback::{EVENTS, QUARANTINE, Record, Row, Rows, Said, Tables, read_partition};
use crate::violation::Violation;

type Partition = (Topic, u32);

/// See the [module](self).
#[derive(Debug, Default)]
pub(crate) struct Oracle {
    /// Everything that any device made.
    events: BTreeMap<Id, Event>,
    /// Answered to be durable.
    acknowledged: BTreeSet<Id>,
    /// What the first answer about an event said, where it was a verdict.
    told: BTreeMap<Id, Told>,
    /// Every record that the log is known to have had durably.
    log: BTreeMap<Partition, BTreeMap<u64, Record>>,
    /// Retention may have removed what lies before.
    retained_to: BTreeMap<Partition, u64>,
    /// Rows that were read where they had to be durable.
    read: [BTreeMap<Id, Row>; 2],
}

impl Oracle {
    pub(crate) fn made(&mut self, event: Event) {
        self.events.insert(event.id, event);
    }

    pub(crate) fn rows_read(&self) -> usize {
        self.read.iter().map(BTreeMap::len).sum()
    }

    pub(crate) fn acknowledged(&self) -> usize {
        self.acknowledged.len()
    }

    /// Takes in what was answered about an event. `version` is the one that it was judged by.
    pub(crate) fn answered(&mut self, id: Id, status: &str, version: u32) -> Result<(), Violation> {
        let kind = self.events.get(&id).map(|event| event.kind);
        let fits = kind.and_then(crate::devices::Kind::fits_from).is_some_and(|from| from <= version);
        let told = match status {
            "ok" if fits => Some(Told::Ok),
            "quarantined" if !fits => Some(Told::Quarantined),
            "duplicate" => None,
            other => {
                let detail = format!("{id}, {kind:?}, is answered {other:?} under version {version}");
                return Err(Violation::Answer { detail });
            }
        };
        self.acknowledged.insert(id);
        if let Some(told) = told {
            self.told.entry(id).or_insert(told);
        }
        Ok(())
    }

    /// Reads what the log has got since the last time.
    pub(crate) fn follow_log(&mut self, log: &dyn Log) -> Result<(), judi_log::FetchError> {
        for (topic, partition) in partitions(log) {
            let known = self.log.entry((topic, partition)).or_default();
            let next = known.last_key_value().map_or(0, |(last, _)| last + 1);
            let start = log.bounds(topic, partition)?.start;
            known.extend(read_partition(log, topic, partition, next.max(start))?);
        }
        Ok(())
    }

    /// Notes where retention has come to.
    pub(crate) fn note_retention(&mut self, log: &dyn Log) {
        for (topic, partition) in partitions(log) {
            if let Ok(bounds) = log.bounds(topic, partition) {
                let to = self.retained_to.entry((topic, partition)).or_default();
                *to = bounds.start.max(*to);
            }
        }
    }

    /// Holds a log that was just opened against what is known of it. `learns`: what it has more will stay, too.
    pub(crate) fn check_log(&mut self, log: &dyn Log, learns: bool) -> Result<BTreeSet<Id>, Violation> {
        let unexplained =
            |error: judi_log::FetchError| Violation::Unexplained { what: "reading the log", error: error.to_string() };
        let mut ids = BTreeSet::new();
        for (topic, partition) in partitions(log) {
            let start = log.bounds(topic, partition).map_err(unexplained)?.start;
            let found = read_partition(log, topic, partition, start).map_err(unexplained)?;
            logged::offsets_are_dense(start, found.iter().map(|(offset, _)| *offset))?;
            ids.extend(found.iter().filter_map(|(_, record)| record.id));
            let owed = self.log.entry((topic, partition)).or_default();
            let kept: Vec<Record> = found.iter().map(|(_, record)| record.clone()).collect();
            let retained_to = self.retained_to.get(&(topic, partition)).copied().unwrap_or(0);
            logged::acknowledged_is_durable(owed, retained_to, start, &kept)?;
            if learns {
                owed.extend(found);
            }
        }
        self.check_order()?;
        Ok(ids)
    }

    /// I15 over everything that the log ever had. Events that a publication moves from one topic to the other are late on
    /// the other by nobody's fault: their order is not looked at.
    fn check_order(&self) -> Result<(), Violation> {
        for records in self.log.values() {
            let mut firsts: BTreeMap<u64, Vec<u64>> = BTreeMap::new();
            let mut seen = BTreeSet::new();
            for id in records.values().filter_map(|record| record.id).filter(|id| self.stays(*id)) {
                if seen.insert(id) {
                    firsts.entry(id.device).or_default().push(id.number);
                }
            }
            for sequences in firsts.into_values() {
                logged::order_is_kept(sequences)?;
            }
        }
        Ok(())
    }

    /// Whether no publication changes what becomes of an event.
    fn stays(&self, id: Id) -> bool {
        self.events.get(&id).is_some_and(|event| event.kind.fits_from().is_none_or(|from| from == 1))
    }

    /// Everything acknowledged is still somewhere: in the log, or by now in a table.
    pub(crate) fn check_acknowledged(&self, in_log: &BTreeSet<Id>, tables: &Tables) -> Result<(), Violation> {
        let in_tables = ids_of(tables);
        judged::no_loss(&self.acknowledged, |id| in_log.contains(id) || in_tables.contains(id))?;
        Ok(())
    }

    /// Holds tables against everything that is known. `learns`: what they have more will stay.
    pub(crate) fn check_tables(&mut self, tables: &Tables, learns: bool) -> Result<(), Violation> {
        let ids = ids_of(tables);
        for (place, name, rows) in [(0, EVENTS, &tables.events), (1, QUARANTINE, &tables.quarantine)] {
            judged::no_double(name, rows.rows.iter().map(|(id, _)| id))?;
            let said = rows.rows.iter().map(|(id, row)| (id, &row.said));
            judged::no_invention(name, said, |id| self.said(*id, name))?;
            let found: BTreeMap<Id, Row> = rows.rows.iter().cloned().collect();
            if let Some(read) = self.read.get_mut(place) {
                tabled::rows_stay(name, read, &found)?;
                if learns {
                    read.extend(found);
                }
            }
        }
        let records: Vec<(Place, Id)> = self.places().collect();
        let past = |rows: &Rows| {
            let past = rows.past.clone();
            move |topic, partition| past.get(&(topic, partition)).copied()
        };
        let borrowed = records.iter().map(|(place, id)| (place, id));
        judged::offsets_have_their_rows(borrowed, past(&tables.events), |id| ids.contains(id))?;
        let mut by_id: BTreeMap<Id, Vec<Place>> = BTreeMap::new();
        records.iter().for_each(|(place, id)| by_id.entry(*id).or_default().push(*place));
        let places = |id: &Id| by_id.get(id).cloned().unwrap_or_default();
        let (of_events, of_quarantine) = (past(&tables.events), past(&tables.quarantine));
        // What is read again from `quarantine` becomes a row of `events` by another way than the log.
        let either = |topic, partition| of_events(topic, partition).max(of_quarantine(topic, partition));
        judged::rows_have_their_offsets(EVENTS, tables.events.rows.iter().map(|(id, _)| id), places, either)?;
        let rows = tables.quarantine.rows.iter().map(|(id, _)| id);
        judged::rows_have_their_offsets(QUARANTINE, rows, places, past(&tables.quarantine))?;
        Ok(())
    }

    /// I15 of the table. Events that a later schema has let in stand between the rows that were there by then; rows that
    /// come after them do not know of them.
    pub(crate) fn check_sessions(&self, tables: &Tables) -> Result<(), Violation> {
        let near = tables.events.rows.iter().filter(|(id, row)| !row.is_far && self.stays(*id));
        let rows = near.map(|(id, row)| ((id.device, row.said.session.clone()), id.number, row.event_time_us));
        judged::order_in_session(rows)?;
        Ok(())
    }

    /// I6: the index on a disk knows nothing that the tables do not have, and is complete no further than they are.
    pub(crate) fn check_index(&self, world: &World, log: &LogId, tables: &Tables) -> Result<(), Violation> {
        let disk: Arc<dyn Disk> = Arc::clone(&world.disk);
        let Ok(OpenedIndex::Found(mut index)) =
            DedupIndex::open(&disk, &Path::new(STATE_DIR).join("dedup"), WINDOW_DAYS)
        else {
            // One that is missing or damaged knows nothing.
            return Ok(());
        };
        if index.log_id() != log.as_str() {
            return Ok(());
        }
        let ids = ids_of(tables);
        let complete = index.positions().clone();
        let over = |topic, partition| complete.get(&(topic, partition)).and_then(|next| next.checked_sub(1));
        let records: Vec<(Place, Id)> = self.places().collect();
        let behind = records
            .iter()
            .filter(|((topic, partition, offset), _)| over(*topic, *partition).is_some_and(|last| *offset <= last));
        judged::index_never_leads(behind.map(|(_, id)| id), |id| ids.contains(id))?;
        let all: Vec<Id> = self.events.keys().copied().collect();
        let probes: Vec<Probe> = all
            .iter()
            .map(|id| {
                let key = Key::of(&id.anonymous_id(), &id.event_id());
                Probe { key, seen: Seen::FOREVER, partition: 0 }
            })
            .collect();
        // A damaged run is found when it is asked.
        let Ok(fresh) = index.check_and_insert(&probes) else { return Ok(()) };
        let known = all.iter().zip(fresh).filter(|(_, is_fresh)| !is_fresh).map(|(id, _)| id);
        judged::index_never_leads(known, |id| ids.contains(id))?;
        Ok(())
    }

    /// After everything was answered, judged and read again by the newest version: each event is where it belongs.
    pub(crate) fn check_end(&self, tables: &Tables, version: u32) -> Result<(), Violation> {
        let events: BTreeSet<Id> = tables.events.rows.iter().map(|(id, _)| *id).collect();
        let quarantine: BTreeSet<Id> = tables.quarantine.rows.iter().map(|(id, _)| *id).collect();
        judged::no_loss(&self.acknowledged, |id| events.contains(id) || quarantine.contains(id))?;
        judged::one_verdict(self.told.iter().map(|(id, told)| (id, *told)), &events, &quarantine)?;
        let fitting = |event: &&Event| event.kind.fits_from().is_some_and(|from| from <= version);
        let acknowledged = self.events.values().filter(|event| self.acknowledged.contains(&event.id));
        let expected =
            acknowledged.map(|event| (&event.id, if fitting(&event) { Told::Ok } else { Told::Quarantined }));
        // Of those that fit now, some were refused once, and are told of in both.
        let (now, not_yet): (Vec<_>, Vec<_>) = expected.partition(|(_, told)| *told == Told::Ok);
        judged::one_verdict(now, &events, &BTreeSet::new())?;
        judged::one_verdict(not_yet, &BTreeSet::new(), &quarantine)?;
        Ok(())
    }

    /// What a row of this id has to say.
    fn said(&self, id: Id, table: &str) -> Option<Said> {
        let event = self.events.get(&id)?;
        let name = event.kind.event().to_owned();
        if table == QUARANTINE {
            let none = String::new();
            return Some(Said { event: name, session: none.clone(), sequence: None, occurred_us: None, token: none });
        }
        Some(Said {
            event: name,
            session: format!("s{}", event.session),
            sequence: i64::try_from(event.sequence()).ok(),
            occurred_us: Some(event.occurred_us),
            token: event.token.clone(),
        })
    }

    /// Every record that is known, with its id.
    fn places(&self) -> impl Iterator<Item = (Place, Id)> {
        self.log.iter().flat_map(|((topic, partition), records)| {
            records.iter().filter_map(|(offset, record)| Some(((*topic, *partition, *offset), record.id?)))
        })
    }
}

fn ids_of(tables: &Tables) -> BTreeSet<Id> {
    tables.events.rows.iter().chain(&tables.quarantine.rows).map(|(id, _)| *id).collect()
}

fn partitions(log: &dyn Log) -> impl Iterator<Item = Partition> + use<> {
    let partitions = log.partitions();
    Topic::ALL.into_iter().flat_map(move |topic| (0..partitions).map(move |partition| (topic, partition)))
}
