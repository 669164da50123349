//! Who goes, who stays, and when.

use std::collections::BTreeSet;
use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, RecordBatch};
use judi_faults::SimWorld;

use super::*;
use crate::sink::SinkOptions;
use crate::table::TableSpec;
use crate::transaction::Transaction;

const DIR: &str = "/t";
const DAY: Duration = Duration::from_secs(86_400);

fn batch(number: i64) -> RecordBatch {
    RecordBatch::try_from_iter([("n", Arc::new(Int64Array::from(vec![number])) as ArrayRef)]).unwrap()
}

fn setup() -> (SimWorld, Table) {
    let sim = SimWorld::new(3);
    let spec =
        TableSpec { name: "t".into(), schema: batch(0).schema(), partition_columns: Vec::new(), properties: [].into() };
    let table = Table::create(&sim.world(), Path::new(DIR), &spec).unwrap();
    (sim, table)
}

fn written(table: &Table, number: i64) -> Vec<crate::AddFile> {
    table.sink(&batch(0).schema(), SinkOptions::default()).unwrap().write(&[batch(number)]).unwrap()
}

fn on_disk(sim: &SimWorld) -> BTreeSet<String> {
    let entries = sim.disk.list(Path::new(DIR)).unwrap();
    entries.into_iter().map(|entry| entry.name).filter(|name| name.ends_with(".parquet")).collect()
}

#[test]
fn removed_files_go_after_the_retention_and_live_ones_never() {
    let (sim, table) = setup();
    let (old, new) = (written(&table, 1), written(&table, 2));
    table.commit(&Transaction::append(old.clone())).unwrap();
    table.commit(&Transaction::replace(1, vec![BTreeMap::new()], new.clone())).unwrap();
    sim.clock.advance(DAY * 6);
    assert_eq!(table.vacuum(DAY * 7).unwrap(), VacuumReport::default());
    sim.clock.advance(DAY);
    let report = table.vacuum(DAY * 7).unwrap();
    let removed = VacuumReport { removed: 1, removed_bytes: old[0].size_bytes, ..VacuumReport::default() };
    assert_eq!(report, removed);
    assert!(table.snapshot().unwrap().tombstones.is_empty(), "what is gone is forgotten");
    assert_eq!(on_disk(&sim), BTreeSet::from([new[0].path.clone()]));
}

#[test]
fn a_writers_files_have_a_grace_and_a_writer_slower_than_that_is_told_to_write_again() {
    let (sim, table) = setup();
    let adds = written(&table, 1);
    sim.disk.create(&Path::new(DIR).join(".judi-dead.tmp")).unwrap();
    sim.disk.create(&Path::new(DIR).join("_delta_log/.00.json.dead.tmp")).unwrap();
    assert_eq!(table.vacuum(Duration::ZERO).unwrap().noted, 3);
    sim.clock.advance(DAY / 2);
    assert_eq!(table.vacuum(Duration::ZERO).unwrap(), VacuumReport { noted: 3, ..VacuumReport::default() });
    // A clock that was set back starts the grace again.
    sim.clock.jump_to(judi_world::Timestamp(0));
    assert_eq!(table.vacuum(Duration::ZERO).unwrap().noted, 3);
    sim.clock.advance(DAY);
    assert_eq!(table.vacuum(Duration::ZERO).unwrap().removed, 3);
    assert!(on_disk(&sim).is_empty());
    let late = table.commit(&Transaction::append(adds));
    assert!(matches!(&late, Err(error @ TableError::MissingFile { .. }) if error.is_retryable()), "{late:?}");
    table.commit(&Transaction::append(written(&table, 1))).unwrap();
    assert_eq!(table.snapshot().unwrap().rows(), Some(1));
}

fn log_files(sim: &SimWorld) -> BTreeSet<String> {
    let entries = sim.disk.list(&Path::new(DIR).join(LOG_FOLDER)).unwrap();
    entries.into_iter().map(|entry| entry.name).filter(|name| !name.starts_with('_')).collect()
}

/// Appends rows as versions `from` to `to`, a minute apart.
fn append(sim: &SimWorld, table: &Table, from: i64, to: i64) {
    for version in from..=to {
        table.commit(&Transaction::append(written(table, version))).unwrap();
        sim.clock.advance(Duration::from_secs(60));
    }
}

#[test]
fn the_log_keeps_the_versions_of_the_retention_and_the_checkpoint_that_they_stand_on() {
    let (sim, table) = setup();
    append(&sim, &table, 1, 24);
    assert_eq!(table.vacuum(DAY).unwrap().versions, 0);
    sim.clock.advance(DAY);
    append(&sim, &table, 25, 34);
    // Checkpoints at 10, 20 and 30; of those that are a day old the newest is 20.
    assert_eq!(table.vacuum(DAY).unwrap().versions, 20 + 1);
    let kept = log_files(&sim);
    assert_eq!(kept.first().map(String::as_str), Some("00000000000000000020.checkpoint.parquet"));
    assert_eq!(kept.len(), 15 + 2);
    assert_eq!(table.vacuum(DAY).unwrap().versions, 0);
    let fresh = Table::open(&sim.world(), Path::new(DIR)).unwrap().unwrap();
    assert_eq!(fresh.snapshot().unwrap().rows(), Some(34));
    assert_eq!(fresh.snapshot_at(20).unwrap().rows(), Some(20));
    assert!(matches!(fresh.snapshot_at(19), Err(TableError::MissingVersion { version: 19, .. })));
}

#[test]
fn a_handle_that_has_slept_longer_than_the_log_remembers_finds_the_newest_version_and_does_not_fork_the_log() {
    let (sim, table) = setup();
    let slept = Table::open(&sim.world(), Path::new(DIR)).unwrap().unwrap();
    append(&sim, &table, 1, 30);
    sim.clock.advance(DAY);
    assert!(table.vacuum(DAY).unwrap().versions > 0);
    assert_eq!(slept.snapshot().unwrap().version(), 30);
    let slept = Table::open(&sim.world(), Path::new(DIR)).unwrap().unwrap();
    append(&sim, &table, 31, 70);
    sim.clock.advance(DAY);
    assert!(table.vacuum(DAY).unwrap().versions > 0);
    let outcome = slept.commit(&Transaction::append(written(&slept, 71))).unwrap();
    assert_eq!(outcome, crate::Outcome::Committed { version: 71 });
    assert_eq!(table.snapshot().unwrap().rows(), Some(71));
}

#[test]
fn a_table_of_many_files_gets_a_checkpoint_more_rarely() {
    let (sim, table) = setup();
    for round in 0..21 {
        // A hundred files a commit, all alike but for their names.
        let adds =
            (0..100).map(|n| crate::AddFile { path: format!("f{round}-{n}.parquet"), ..written(&table, 1).remove(0) });
        let adds: Vec<_> = adds.collect();
        for add in &adds {
            sim.disk.create(&Path::new(DIR).join(&add.path)).unwrap();
        }
        table.commit(&Transaction::append(adds)).unwrap();
    }
    let checkpoints: Vec<String> =
        log_files(&sim).into_iter().filter(|name| name.ends_with(".checkpoint.parquet")).collect();
    // 1,000 files at version 10 are a checkpoint's worth; 2,000 at 20 are two intervals'.
    assert_eq!(checkpoints, ["00000000000000000010.checkpoint.parquet", "00000000000000000020.checkpoint.parquet"]);
    append(&sim, &table, 22, 30);
    assert!(!log_files(&sim).contains("00000000000000000030.checkpoint.parquet"));
}
