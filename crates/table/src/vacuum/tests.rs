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
    assert_eq!(report, VacuumReport { removed: 1, removed_bytes: old[0].size_bytes, noted: 0 });
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
