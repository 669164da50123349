//! Events that are added long after their neighbours are placed between them: the order of a session's sequence holds
//! for rows that a later schema read, too. The neighbours are looked for in the table itself, on the day of receipt and
//! the days beside it.

use std::collections::{BTreeMap, HashMap};

use arrow::array::{Array, AsArray, RecordBatch, StringArray};
use arrow::datatypes::{Int64Type, TimestampMicrosecondType};
use arrow::temporal_conversions::date32_to_datetime;
use judi_schema::event_time::{EventTime, TimeFlag};
use judi_table::{Snapshot, read_file};

use super::Again;
use crate::clocks::{self, Said};
use crate::dedup::Key;
use crate::error::JudgeError;
use crate::tables::EVENTS;

/// What is read of `events`.
const COLUMNS: [&str; 6] = ["anonymous_id", "user_id", "session_id", "sequence", "sent_at", "event_time"];
const FLAG: &str = "event_time_flag";

/// Events that are about to be added, by session and number, and what the table has around them.
#[derive(Debug, Default)]
pub(super) struct Latecomers {
    sessions: HashMap<Key, BTreeMap<u64, Latecomer>>,
    days: Vec<i32>,
}

#[derive(Debug)]
struct Latecomer {
    us: i64,
    /// Whether the table has a row of this number: the event itself, or another that was numbered alike.
    is_there: bool,
    /// Number and time of the nearest row with a lower number, above the latecomer before.
    lower: Option<(u64, i64)>,
    /// Of the nearest with a higher number, below the latecomer after.
    higher: Option<(u64, i64)>,
}

impl Latecomers {
    /// One more, received on this day, with the time that it has by itself.
    pub(super) fn add(&mut self, day: i32, said: &Said, time: EventTime) {
        let (Some(session), Some(sequence)) = (said.session, said.sequence) else { return };
        if time.flag.is_some_and(TimeFlag::is_far) {
            return;
        }
        let latecomer = Latecomer { us: time.us, is_there: false, lower: None, higher: None };
        self.sessions.entry(session).or_default().entry(sequence).or_insert(latecomer);
        if !self.days.contains(&day) {
            self.days.push(day);
        }
    }

    /// The time of one of them among its neighbours; of any other event the time that it has by itself.
    pub(super) fn time(&self, said: &Said, time: EventTime) -> EventTime {
        if time.flag.is_some_and(TimeFlag::is_far) {
            return time;
        }
        let found =
            said.session.zip(said.sequence).and_then(|(session, sequence)| self.sessions.get(&session)?.get(&sequence));
        match found {
            Some(latecomer) if !latecomer.is_there && latecomer.us != time.us => {
                EventTime { us: latecomer.us, flag: Some(TimeFlag::Ordered) }
            }
            _ => time,
        }
    }

    /// Notes a row of the table.
    fn note(&mut self, session: Key, sequence: u64, us: i64) {
        let Some(latecomers) = self.sessions.get_mut(&session) else { return };
        if let Some(there) = latecomers.get_mut(&sequence) {
            (there.us, there.is_there) = (us, true);
            return;
        }
        if let Some((_, after)) = latecomers.range_mut(sequence..).next()
            && after.lower.is_none_or(|(lower, _)| lower < sequence)
        {
            after.lower = Some((sequence, us));
        }
        if let Some((_, before)) = latecomers.range_mut(..sequence).next_back()
            && before.higher.is_none_or(|(higher, _)| sequence < higher)
        {
            before.higher = Some((sequence, us));
        }
    }

    /// Places each between its neighbours, the lower ones first.
    fn settle(&mut self) {
        for latecomers in self.sessions.values_mut() {
            let mut ceiling_us = i64::MAX;
            for latecomer in latecomers.values_mut().rev() {
                ceiling_us = latecomer.higher.map_or(ceiling_us, |(_, us)| us);
                if latecomer.is_there {
                    ceiling_us = latecomer.us;
                } else {
                    latecomer.us = latecomer.us.min(ceiling_us);
                }
            }
            let mut floor_us = i64::MIN;
            for latecomer in latecomers.values_mut() {
                floor_us = latecomer.lower.map_or(floor_us, |(_, us)| us.max(floor_us));
                if !latecomer.is_there {
                    latecomer.us = latecomer.us.max(floor_us);
                }
                floor_us = latecomer.us.max(floor_us);
            }
        }
    }
}

impl Again {
    /// Places latecomers between the rows that a snapshot of `events` has of their sessions.
    pub(super) fn place(&self, snapshot: &Snapshot, latecomers: &mut Latecomers) -> Result<(), JudgeError> {
        let near = latecomers.days.iter().flat_map(|day| [-1, 0, 1].map(|step| day.saturating_add(step)));
        let dates: Vec<Option<String>> =
            near.map(|day| date32_to_datetime(day).map(|time| time.date().to_string())).collect();
        // A table from before there were flags has none that are far.
        let has_flags = snapshot.schema().field_with_name(FLAG).is_ok();
        let columns = if has_flags { [&COLUMNS[..], &[FLAG]].concat() } else { COLUMNS.to_vec() };
        let (disk, dir) = (self.world.disk.as_ref(), self.events.table.dir());
        for file in snapshot.files().values() {
            if dates.is_empty() || !file.partition_values.values().all(|value| dates.contains(value)) {
                continue;
            }
            for batch in read_file(disk, dir, snapshot, file, Some(&columns))? {
                note_rows(&batch?, latecomers)?;
            }
        }
        latecomers.settle();
        Ok(())
    }
}

fn note_rows(batch: &RecordBatch, latecomers: &mut Latecomers) -> Result<(), JudgeError> {
    let column = |at: usize| batch.columns().get(at);
    let text = |at: usize| column(at).and_then(|column| column.as_string_opt::<i32>());
    let time = |at: usize| column(at).and_then(|column| column.as_primitive_opt::<TimestampMicrosecondType>());
    let sequences = column(3).and_then(|column| column.as_primitive_opt::<Int64Type>());
    let ids = [text(0), text(1), text(2)];
    let ([Some(anonymous_ids), Some(user_ids), Some(session_ids)], Some(sequences), Some(sent), Some(times)) =
        (ids, sequences, time(4), time(5))
    else {
        let detail = "a session, a sequence or a time is not of the type that it is written with".to_owned();
        return Err(JudgeError::ForeignTable { table: EVENTS, detail });
    };
    let said =
        |ids: &StringArray, row: usize| if ids.is_valid(row) { ids.value(row).to_owned() } else { String::new() };
    for row in 0..batch.num_rows() {
        let flag = text(6).map(|flags| said(flags, row)).unwrap_or_default();
        let is_far = TimeFlag::ALL.iter().any(|known| known.is_far() && known.as_str() == flag);
        if is_far || sequences.is_null(row) || sent.is_null(row) || times.is_null(row) {
            continue;
        }
        let [anonymous_id, user_id, session_id] = [anonymous_ids, user_ids, session_ids].map(|ids| said(ids, row));
        let session = clocks::session(&anonymous_id, &user_id, &session_id);
        if let (Some(session), Ok(sequence)) = (session, u64::try_from(sequences.value(row))) {
            latecomers.note(session, sequence, times.value(row));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn latecomers(events: &[(u64, i64)]) -> (Latecomers, impl Fn(u64, i64) -> Said + use<>) {
        let said = |sequence, occurred_at| Said {
            session: Some(Key::of("a", "s")),
            sequence: Some(sequence),
            occurred_at_us: Some(occurred_at),
            ..Said::default()
        };
        let mut latecomers = Latecomers::default();
        for (sequence, us) in events {
            latecomers.add(3, &said(*sequence, *us), EventTime { us: *us, flag: None });
        }
        (latecomers, said)
    }

    fn placed(events: &[(u64, i64)], rows: &[(u64, i64)]) -> Vec<(i64, Option<TimeFlag>)> {
        let (mut latecomers, said) = latecomers(events);
        for (sequence, us) in rows {
            latecomers.note(Key::of("a", "s"), *sequence, *us);
        }
        latecomers.note(Key::of("another", "s"), 4, -1);
        latecomers.settle();
        let time = |(sequence, us): &(u64, i64)| {
            let time = latecomers.time(&said(*sequence, *us), EventTime { us: *us, flag: None });
            (time.us, time.flag)
        };
        events.iter().map(time).collect()
    }

    #[test]
    fn a_latecomer_stands_between_the_nearest_rows_of_its_session() {
        let moved = Some(TimeFlag::Ordered);
        assert_eq!(placed(&[(5, 50)], &[]), [(50, None)]);
        assert_eq!(placed(&[(5, 50)], &[(4, 40), (6, 60)]), [(50, None)]);
        assert_eq!(placed(&[(5, 90)], &[(9, 95), (6, 60), (7, 70)]), [(60, moved)]);
        assert_eq!(placed(&[(5, 10)], &[(1, 5), (4, 40), (3, 30)]), [(40, moved)]);
    }

    #[test]
    fn latecomers_keep_their_order_among_each_other() {
        let moved = Some(TimeFlag::Ordered);
        let rows = [(1, 10), (4, 40), (8, 80)];
        assert_eq!(placed(&[(5, 70), (6, 60), (7, 99)], &rows), [(70, None), (70, moved), (80, moved)]);
        assert_eq!(placed(&[(2, 1), (3, 50), (9, 20)], &rows), [(10, moved), (40, moved), (80, moved)]);
        // A number that the table has already is a neighbour, and says nothing of another event that has it.
        assert_eq!(placed(&[(4, 7), (5, 30), (2, 50)], &rows), [(7, None), (40, moved), (40, moved)]);
    }
}
