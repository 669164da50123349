//! Many short lives of a judge on a disk that forgets, fails and fills up: in the end, every event that was
//! acknowledged is in one table, once, as it would be without a fault.
//!
//! Every life drives the production code step by step: the embedded log, the judge's core, the tables. What the
//! tables should hold follows from the log alone, by a few lines that know nothing of rounds.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use judi_faults::{SeededRandom, SimWorld};
use judi_judge::clocks::{ClockRules, Clocks, Said};
use judi_judge::{JudgeCore, JudgeOptions, Step};
use judi_log::{EmbeddedLog, Log, LogOptions, Topic};
use judi_schema::record::{decode_quarantined, peek, split};
use judi_schema::schemas::Schemas;
use judi_world::Disk;

use crate::setting::{
    Form, LOG_DIR, Row, Sent, append, assert_in_order, counts, options, row_times, rows, schemas, sent,
};

const SEEDS: u64 = 30;
const LIVES: u64 = 5;
const BATCHES: u64 = 4;
const ROOT: &str = "/judi";

#[test]
fn what_was_acknowledged_ends_in_one_row_whatever_fails() {
    let number = |name, otherwise| std::env::var(name).map_or(otherwise, |text| text.parse().unwrap());
    let (first, seeds) = (number("JUDI_SEED", 0), number("JUDI_SEEDS", SEEDS));
    let schemas = schemas();
    let (mut faults, mut judged) = (0, 0);
    for seed in first..first + seeds {
        // The harness shows the output of a test that failed; the last seed is the one to replay.
        println!("seed {seed}");
        let run = Run::new(seed, &schemas).run();
        faults += run.0;
        judged += run.1;
    }
    assert!(seeds < SEEDS || faults > seeds, "only {faults} faults in {seeds} seeds");
    assert!(judged > seeds * 30, "the faults leave too little to check: {judged} rows");
}

struct Run<'a> {
    sim: SimWorld,
    random: SeededRandom,
    schemas: &'a Arc<Schemas>,
    acknowledged: BTreeSet<String>,
    garbage: u64,
    faults: u64,
}

impl<'a> Run<'a> {
    fn new(seed: u64, schemas: &'a Arc<Schemas>) -> Self {
        let random = SeededRandom::new(seed ^ 0x0DD_BA11);
        Self { sim: SimWorld::new(seed), random, schemas, acknowledged: BTreeSet::new(), garbage: 0, faults: 0 }
    }

    /// How many faults struck, and how many rows there are in the end.
    fn run(mut self) -> (u64, u64) {
        for _ in 0..LIVES {
            self.live();
            self.die();
        }
        let log = self.log().unwrap();
        let mut core = self.core(&log).unwrap();
        while core.step().unwrap() != Step::Idle {}
        core.persist().unwrap();
        let found = self.verify(log.as_ref());
        assert_eq!(core.stats().trouble, None);
        (self.faults, found)
    }

    /// Appends and judges until something breaks beyond repair, or enough was done.
    fn live(&mut self) {
        let Ok(log) = self.log() else { return self.note_fault() };
        // The log has its own tests of faults; here they are for the judge.
        let mut core = None;
        for _ in 0..BATCHES {
            self.sim.disk.set_capacity(None);
            self.append(log.as_ref());
            self.arm();
            for _ in 0..3 {
                self.sim.clock.advance(Duration::from_secs(20));
                if core.is_none() {
                    match self.core(&log) {
                        Ok(opened) => core = Some(opened),
                        Err(_) => self.note_fault(),
                    }
                }
                let Some(judge) = core.as_mut() else { continue };
                let compacts = self.random.chance(1, 4);
                let done =
                    judge.step().map(drop).and_then(|()| if compacts { judge.compact().map(drop) } else { Ok(()) });
                if done.is_err() {
                    self.note_fault();
                }
                if self.sim.disk.is_crashed() {
                    return;
                }
            }
        }
        if self.random.chance(1, 3)
            && let Some(mut judge) = core
            && judge.persist().is_err()
        {
            self.note_fault();
        }
    }

    fn note_fault(&mut self) {
        self.faults += 1;
        if self.random.chance(1, 2) {
            self.sim.disk.set_capacity(None);
        }
    }

    /// The process ends, in one way or another, and sometimes somebody has been at the index meanwhile.
    fn die(&mut self) {
        self.sim.disk.set_capacity(None);
        match self.random.below(3) {
            0 => self.sim.disk.kill(),
            _ => self.sim.disk.restart(),
        }
        if self.sim.disk.is_crashed() {
            self.sim.disk.restart();
        }
        let dedup = Path::new(ROOT).join("state/dedup");
        let files = self.sim.disk.list(&dedup).unwrap_or_default();
        if self.random.chance(1, 4)
            && let Some(file) = files.get(self.random.below(files.len() as u64) as usize)
        {
            match self.random.chance(1, 2) {
                true => self.sim.disk.remove(&dedup.join(&file.name)).unwrap(),
                false if file.size_bytes > 0 => {
                    self.sim.disk.corrupt(&dedup.join(&file.name), self.random.below(file.size_bytes)).unwrap();
                }
                false => {}
            }
        }
    }

    fn log(&self) -> Result<Arc<EmbeddedLog>, judi_log::OpenError> {
        let options =
            LogOptions { partitions: 2, segment_bytes: 8192, sync_in_parallel: false, ..LogOptions::default() };
        EmbeddedLog::open(&self.sim.world(), Path::new(LOG_DIR), options).map(Arc::new)
    }

    fn core(&self, log: &Arc<EmbeddedLog>) -> Result<JudgeCore, judi_judge::JudgeError> {
        let options = JudgeOptions {
            // Several rounds a batch, and the index on disk behind by some of them.
            round_bytes_max: 6000,
            persist_records: 40,
            ..options(Path::new(ROOT))
        };
        JudgeCore::open(&self.sim.world(), Arc::clone(log) as Arc<dyn Log>, Arc::clone(self.schemas), options)
    }

    /// Few ids, so that many repeat, in the same batch, in later ones and after restarts.
    fn append(&mut self, log: &dyn Log) {
        let events: Vec<Sent> = (0..self.random.below(30)).map(|_| self.event()).collect();
        let answers = append(log, self.schemas, &events);
        for (event, answer) in events.iter().zip(answers) {
            if answer.is_ok() && event.form != Form::Garbage {
                self.acknowledged.insert(event.event_id.clone());
            }
        }
    }

    /// An event whose form follows from its id, but for a few ids that are sent on both topics.
    fn event(&mut self) -> Sent {
        let id = self.random.below(400);
        let form = match id % 16 {
            0..10 => Form::Fits,
            10 => Form::Incomplete,
            11 => Form::Undecodable,
            12 => Form::UnknownSchema,
            13 => Form::Quarantined,
            14 => [Form::Fits, Form::Incomplete, Form::Quarantined][self.random.below(3) as usize],
            _ => Form::Garbage,
        };
        if form == Form::Garbage {
            self.garbage += 1;
        }
        let event = sent(&format!("reader-{}", id % 7), &format!("event-{id}"), form);
        let event = event.on_day((id % 3).cast_signed());
        match id % 3 {
            _ if id.is_multiple_of(5) => event.imported("run"),
            // A session is over after a day; those of the last day have no clock that could tell.
            2 => event,
            _ => self.by_clock(event, id),
        }
    }

    /// What the reader's device says: its clock is off by hours, and each time the event is sent it is on its way for
    /// another time.
    fn by_clock(&mut self, event: Sent, id: u64) -> Sent {
        let (second, sequence) = (1_000_000, id / 21);
        let off = (id % 7).cast_signed() - 3;
        let off_us = off * 3_600 * second;
        let transit_us = self.random.below(200 * 1_000_000).cast_signed();
        let occurred_at_us = event.received_at_us - (2_000 - 60 * sequence.cast_signed()) * second - off_us;
        let sent_at_us = event.received_at_us - off_us - transit_us;
        event.by_clock(&format!("session-{}", id % 3), sequence, occurred_at_us, sent_at_us)
    }

    fn arm(&self) {
        let soon = self.random.below(160);
        match self.random.below(5) {
            0 => self.sim.disk.crash_at_operation(soon),
            1 => self.sim.disk.fail_operation(soon),
            2 => {
                self.sim.disk.fail_operation(soon);
                self.sim.disk.fail_operation(soon / 2);
            }
            3 => self.sim.disk.set_capacity(Some(self.sim.disk.used_bytes() + self.random.below(20_000))),
            _ => {}
        }
    }

    /// How many rows there are, when they are the right ones.
    fn verify(&self, log: &dyn Log) -> u64 {
        let (world, tables) = (self.sim.world(), Path::new(ROOT).join("tables"));
        let found = rows(&world, &tables);
        let expected = expected(log);
        let ids: Vec<&String> = found.iter().map(|row| &row.event_id).collect();
        let known: Vec<&String> = expected.keys().collect();
        let mut sorted = ids.clone();
        sorted.sort();
        assert_eq!(sorted, known, "each id of the log once, and no other");
        for id in &self.acknowledged {
            assert!(expected.contains_key(id), "{id} was acknowledged and is not in the log");
        }
        for row in &found {
            assert!(expected[&row.event_id].contains(row), "{row:?} is none of {:?}", expected[&row.event_id]);
        }
        let (said, are) = counts(&world, &tables);
        assert_eq!(said, are, "_judi.commits counts the rows of events");
        let times = row_times(&world, &tables);
        assert_in_order(&times, "whatever was sent how often in whatever order");
        for (event_id, (us, flag)) in expected_times(log) {
            if let Some(time) = times.get(&event_id) {
                assert_eq!((time.event_time_us, time.flag.as_deref()), (us, flag), "{event_id}");
            }
        }
        found.len() as u64
    }
}

/// For each id of the log the rows that it may have become: that of its first record on each topic, since which of
/// the two topics comes first depends on when the judge looked.
fn expected(log: &dyn Log) -> BTreeMap<String, Vec<Row>> {
    let mut expected: BTreeMap<String, Vec<Row>> = BTreeMap::new();
    let mut seen = BTreeSet::new();
    for (topic, partition) in Topic::ALL.into_iter().flat_map(|t| (0..log.partitions()).map(move |p| (t, p))) {
        let mut next = 0;
        loop {
            let fetched = log.fetch(topic, partition, next, 1 << 20).unwrap();
            for record in &fetched.records {
                let place = format!("log:{topic}/{partition}@{}", record.offset);
                let row = row(topic, &record.record.value, record.record.timestamp.0, place);
                if seen.insert((topic, row.event_id.clone())) {
                    expected.entry(row.event_id.clone()).or_default().push(row);
                }
            }
            next = fetched.next;
            if next == fetched.end {
                break;
            }
        }
    }
    expected
}

/// The times that the log alone gives: those of the first record of each id on the topic `events`.
fn expected_times(log: &dyn Log) -> BTreeMap<String, (i64, Option<&'static str>)> {
    let mut times = BTreeMap::new();
    let mut clocks = Clocks::new(&ClockRules::default(), log.partitions());
    for partition in 0..log.partitions() {
        let end = log.bounds(Topic::Events, partition).unwrap().end;
        let mut next = 0;
        while next < end {
            let fetched = log.fetch(Topic::Events, partition, next, 1 << 20).unwrap();
            for record in &fetched.records {
                let Ok(parts) = split(&record.record.value) else { continue };
                let peek = peek(parts.envelope).unwrap();
                let time = clocks.take(partition, &Said::of_peek(&peek));
                let time = (time.us, time.flag.map(|flag| flag.as_str()));
                times.entry(peek.event_id.to_owned()).or_insert(time);
            }
            next = fetched.next;
        }
    }
    times
}

fn row(topic: Topic, value: &[u8], timestamp_us: i64, place: String) -> Row {
    let quarantined = |event_id: String, received_at_us, reason: &str| Row {
        table: "quarantine",
        event_id,
        received_at_us,
        reason: reason.to_owned(),
    };
    if topic == Topic::Quarantine {
        let event = decode_quarantined(value).unwrap();
        let envelope = event.envelope.unwrap();
        return quarantined(envelope.event_id, envelope.received_at_us, &event.reason);
    }
    let Ok(parts) = split(value) else { return quarantined(place, timestamp_us, "undecodable") };
    let peek = peek(parts.envelope).unwrap();
    let refused = match (parts.schema_version, parts.payload) {
        (99, _) => Some("unknown_schema"),
        (_, b"\x10\x05") => Some("invalid_payload"),
        (_, b"\x0a\xff") => Some("undecodable"),
        _ => None,
    };
    match refused {
        Some(reason) => quarantined(peek.event_id.to_owned(), peek.received_at_us, reason),
        None => Row {
            table: "events",
            event_id: peek.event_id.to_owned(),
            received_at_us: peek.received_at_us,
            reason: String::new(),
        },
    }
}
