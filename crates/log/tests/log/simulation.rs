//! Many short lives of a log on a disk that forgets: whatever happened, what was acknowledged is there.
//!
//! The model holds what the log owes: every record acknowledged or once served stays at its offset, with its
//! bytes, and nothing else may be there but a record that was tried and never answered for, once.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use judi_faults::{SeededRandom, SimWorld};
use judi_log::{EmbeddedLog, FetchError, FetchedRecord, Log, OpenError, Positions, Retention, Topic};

use crate::{batch, read_from, record, small, wait};

const SEEDS: u64 = 150;
const LIVES: u64 = 6;
const STEPS: u64 = 25;

#[derive(Default)]
struct Model {
    /// What must be there, per partition.
    owed: BTreeMap<(Topic, u32), BTreeMap<u64, FetchedRecord>>,
    /// Every value that was ever tried.
    tried: BTreeSet<String>,
    /// Positions that may be committed: the last acknowledged ones and what was tried since.
    positions: Vec<Positions>,
    id: Option<String>,
}

#[test]
fn acknowledged_records_outlive_every_fault() {
    let seeds = std::env::var("JUDI_SEEDS").map_or(SEEDS, |seeds| seeds.parse().expect("JUDI_SEEDS is a number"));
    let mut acknowledged = 0;
    let first = std::env::var("JUDI_SEED").map_or(0, |seed| seed.parse().expect("JUDI_SEED is a number"));
    for seed in first..first + seeds {
        // The harness shows the output of a test that failed; the last seed is the one to replay.
        println!("seed {seed}");
        acknowledged += run(seed);
    }
    assert!(acknowledged > seeds * 100, "the faults leave too little to check: {acknowledged}");
}

#[test]
fn a_seed_replays_the_same_run() {
    for seed in [1, 17, 99] {
        assert_eq!(run(seed), run(seed));
    }
}

/// One world; how many records it acknowledged, plus operations of the disk, as a mark of the run.
fn run(seed: u64) -> u64 {
    let sim = SimWorld::new(seed);
    let random = SeededRandom::new(seed ^ 0xA5A5);
    let mut model = Model { positions: vec![Positions::new()], ..Model::default() };
    let mut acknowledged = 0;
    for _ in 0..LIVES {
        arm(&sim, &random);
        match open(&sim) {
            Ok(log) => {
                for _ in 0..STEPS {
                    acknowledged += step(&sim, &log, &random, &mut model);
                }
                if random.chance(1, 3) {
                    log.close();
                }
                end_life(&sim, &random);
            }
            Err(OpenError::Corrupt { path, position, detail }) => panic!("{}: {position}: {detail}", path.display()),
            // Only a machine that starts anew forgets what a failed sync has done.
            Err(_) => sim.disk.restart(),
        }
        sim.disk.set_capacity(None);
        verify(&sim, &mut model);
    }
    acknowledged
}

fn open(sim: &SimWorld) -> Result<EmbeddedLog, OpenError> {
    EmbeddedLog::open(&sim.world(), Path::new("/log"), small())
}

/// Prepares a life's misfortune, or none.
fn arm(sim: &SimWorld, random: &SeededRandom) {
    match random.below(5) {
        0 => sim.disk.crash_at_operation(random.below(150)),
        1 => sim.disk.fail_operation(random.below(150)),
        2 => sim.disk.set_capacity(Some(sim.disk.used_bytes() + random.below(6000))),
        3 => {
            sim.disk.fail_operation(random.below(60));
            sim.disk.crash_at_operation(60 + random.below(150));
        }
        _ => {}
    }
}

fn end_life(sim: &SimWorld, random: &SeededRandom) {
    if random.chance(2, 3) {
        sim.disk.crash();
        sim.disk.restart();
    } else {
        sim.disk.kill();
    }
}

/// Does one thing; how many records were acknowledged by it.
fn step(sim: &SimWorld, log: &EmbeddedLog, random: &SeededRandom, model: &mut Model) -> u64 {
    match random.below(10) {
        0..7 => append_some(log, random, model),
        7 => {
            commit_and_retain(log, random, model);
            0
        }
        8 => {
            look(log, random, model);
            0
        }
        _ => {
            sim.disk.set_capacity(None);
            0
        }
    }
}

fn append_some(log: &EmbeddedLog, random: &SeededRandom, model: &mut Model) -> u64 {
    let mut batches = Vec::new();
    for _ in 0..=random.below(4) {
        let topic = Topic::ALL[random.below(2) as usize];
        let records: Vec<_> = (0..random.below(6))
            .map(|_| {
                let value = format!("{:0width$}", model.tried.len(), width = 1 + random.below(400) as usize);
                // A wider number is another text: every value is tried once.
                let value = format!("{}-{value}", model.tried.len());
                model.tried.insert(value.clone());
                record(value, random.below(1_000_000).cast_signed())
            })
            .collect();
        batches.push(batch(topic, random.below(2) as u32, records));
    }
    let outcomes = wait(log.append_many(batches.clone()));
    assert_eq!(outcomes.len(), batches.len());
    let mut acknowledged = 0;
    for (batch, outcome) in batches.into_iter().zip(outcomes) {
        let Ok(first) = outcome else { continue };
        acknowledged += batch.records.len() as u64;
        for (offset, record) in (first..).zip(batch.records) {
            let fetched = FetchedRecord { offset, record };
            let taken = model.owed.entry((batch.topic, batch.partition)).or_default().insert(offset, fetched);
            assert!(taken.is_none(), "offset {offset} was given twice");
        }
    }
    acknowledged
}

/// Moves the group forward to somewhere it could have read to, and removes what it has read.
fn commit_and_retain(log: &EmbeddedLog, random: &SeededRandom, model: &mut Model) {
    let mut positions = Positions::new();
    for topic in Topic::ALL {
        for partition in 0..2 {
            let bounds = log.bounds(topic, partition).unwrap();
            positions.insert((topic, partition), bounds.start + random.below(bounds.end - bounds.start + 1));
        }
    }
    match log.commit("judge", &positions) {
        Ok(()) => model.positions = vec![positions],
        Err(_) => model.positions.push(positions),
    }
    let registered = log.committed("judge").unwrap();
    if !registered.is_empty() {
        let _ = log.retain(&Retention { age_max: None, bytes_max: Some(random.below(10_000)) });
        for ((topic, partition), next) in registered {
            assert!(log.bounds(topic, partition).unwrap().start <= next, "retention passed a group");
        }
    }
}

/// Reads a partition while the log is in use; the disk may fail, the log may not be wrong.
fn look(log: &EmbeddedLog, random: &SeededRandom, model: &Model) {
    let (topic, partition) = (Topic::ALL[random.below(2) as usize], random.below(2) as u32);
    let bounds = log.bounds(topic, partition).unwrap();
    let from = bounds.start + random.below(bounds.end - bounds.start + 1);
    match read_from(log, topic, partition, from, random.below(5_000) as usize) {
        Ok(records) => {
            let owed = model.owed.get(&(topic, partition)).into_iter().flat_map(|owed| owed.range(from..));
            assert!(records.iter().eq(owed.map(|(_, record)| record)), "an open log serves what it acknowledged");
        }
        Err(FetchError::Io { .. }) => {}
        Err(error) => panic!("{error}"),
    }
}

/// Opens the log without faults and compares it with what is owed; what it serves is owed from then on.
fn verify(sim: &SimWorld, model: &mut Model) {
    let log = open(sim).unwrap();
    if model.owed.values().any(|owed| !owed.is_empty()) {
        assert_eq!(model.id.get_or_insert_with(|| log.id().to_string()), log.id().as_str());
    }
    let committed = log.committed("judge").unwrap();
    assert!(model.positions.contains(&committed), "{committed:?} was never committed");
    model.positions = vec![committed];
    let mut seen = BTreeSet::new();
    for topic in Topic::ALL {
        for partition in 0..2 {
            let owed = model.owed.entry((topic, partition)).or_default();
            let start = log.bounds(topic, partition).unwrap().start;
            owed.retain(|offset, _| *offset >= start);
            let records = read_from(&log, topic, partition, start, 3000).unwrap();
            let end = start + records.len() as u64;
            assert!(owed.keys().all(|offset| *offset < end), "acknowledged records are gone from {topic}/{partition}");
            for fetched in records {
                let value = String::from_utf8(fetched.record.value.to_vec()).unwrap();
                assert!(model.tried.contains(&value), "nobody appended {value}");
                assert!(seen.insert(value), "a record is there twice");
                let known = owed.entry(fetched.offset).or_insert_with(|| fetched.clone());
                assert_eq!(*known, fetched, "a record has changed in {topic}/{partition}");
            }
        }
    }
}
