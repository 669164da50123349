//! Crashes, disk errors and full disks at every single disk operation: the table is the old version or the new one,
//! what was committed stays, and going on where the failure struck ends in the same table as without it.

use std::path::Path;

use arrow::array::RecordBatch;
use judi_faults::SimWorld;
use judi_table::{
    CompactionPolicy, Outcome, SinkOptions, Snapshot, Table, TableError, TableOptions, Transaction, plan_compaction,
    read_file,
};
use judi_world::{Disk, World};

use crate::data;

const DIR: &str = "/tables/events";
const APP: &str = "judge/0/events/0";

/// A table's life: each step can be asked for again after it failed.
const STEPS: usize = 5;

fn options() -> TableOptions {
    TableOptions { checkpoint_interval: 2, ..TableOptions::default() }
}

fn step(world: &World, step: usize) -> Result<(), TableError> {
    let table = Table::create_with(world, Path::new(DIR), &data::narrow_spec(), options())?;
    let sink = || table.sink(&data::narrow_spec().schema, data::narrow_options());
    let number = step as i64;
    match step {
        0 | 1 | 4 => {
            let adds = sink()?.write(&[rows_of(number)])?;
            let outcome = table.commit(&Transaction::append(adds).with_txn(APP, number))?;
            assert!(matches!(outcome, Outcome::Committed { .. } | Outcome::AlreadyApplied { .. }), "{outcome:?}");
        }
        2 => {
            let adds = sink()?.write(&[data::narrow_rows([300, 303])])?;
            let read_version = table.snapshot()?.version();
            let outcome = table.commit(&Transaction::replace(read_version, vec![data::partition(0)], adds))?;
            assert!(matches!(outcome, Outcome::Committed { .. } | Outcome::Unchanged { .. }), "{outcome:?}");
        }
        _ => {
            let policy = CompactionPolicy::default();
            for task in plan_compaction(&*table.snapshot()?, &policy, i64::MAX, |_| true) {
                let outcome = table.compact(&task, &data::narrow_options())?;
                assert!(matches!(outcome, Outcome::Committed { .. }), "{outcome:?}");
            }
        }
    }
    Ok(())
}

/// Two partitions at first, one later: enough to see half a commit, few enough to crash everywhere.
fn rows_of(number: i64) -> RecordBatch {
    match number {
        0 => data::narrow_rows([0, 1]),
        _ => data::narrow_rows([30 * number]),
    }
}

/// `sequence` of all rows, and that every live file holds what its name and the log say.
fn contents(world: &World) -> Vec<i64> {
    let Some(table) = Table::open_with(world, Path::new(DIR), options()).unwrap() else { return Vec::new() };
    contents_of(world, &table.snapshot().unwrap())
}

fn contents_of(world: &World, snapshot: &Snapshot) -> Vec<i64> {
    let mut numbers = Vec::new();
    for file in snapshot.files().values() {
        let before = numbers.len();
        let batches = read_file(world.disk.as_ref(), Path::new(DIR), snapshot, file, Some(&["sequence"])).unwrap();
        for batch in batches {
            let batch = batch.unwrap();
            let column: &arrow::array::Int32Array = batch.column(0).as_any().downcast_ref().unwrap();
            numbers.extend(column.values().iter().map(|n| i64::from(*n)));
        }
        assert_eq!(file.rows, Some((numbers.len() - before) as u64), "{}", file.path);
    }
    numbers.sort_unstable();
    numbers
}

/// Contents before the first step and after each, on a disk without faults; and the operations of all steps.
fn without_faults() -> (Vec<Vec<i64>>, u64) {
    let sim = SimWorld::new(0);
    let mut states = vec![Vec::new()];
    for number in 0..STEPS {
        step(&sim.world(), number).unwrap();
        let operations = sim.disk.operations();
        states.push(contents(&sim.world()));
        assert!(operations > 0);
    }
    let measured = SimWorld::new(0);
    (0..STEPS).for_each(|number| step(&measured.world(), number).unwrap());
    (states, measured.disk.operations())
}

/// Steps from `from` on until one fails; how many were done in all.
fn run_from(world: &World, from: usize) -> (usize, Option<TableError>) {
    for number in from..STEPS {
        if let Err(error) = step(world, number) {
            return (number, Some(error));
        }
    }
    (STEPS, None)
}

fn assert_old_or_new(states: &[Vec<i64>], done: usize, found: &[i64], context: &str) {
    let new = states.get(done + 1).unwrap_or(&states[done]);
    assert!(found == states[done] || found == new, "{context}: after {done} steps the table holds {found:?}");
}

fn assert_recovers(sim: &SimWorld, states: &[Vec<i64>], done: usize, context: &str) {
    let world = sim.world();
    assert_old_or_new(states, done, &contents(&world), context);
    let (finished, error) = run_from(&world, done);
    assert_eq!(finished, STEPS, "{context}: {error:?}");
    assert_eq!(contents(&world), states[STEPS], "{context}");
    // What a step said was done is done, even where the failure hit after the fact and the answer was "already".
    sim.disk.crash();
    sim.disk.restart();
    assert_eq!(contents(&sim.world()), states[STEPS], "{context}, then a crash");
}

#[test]
fn a_crash_at_any_disk_operation_leaves_the_old_version_or_the_new_and_nothing_committed_is_lost() {
    let (states, operations) = without_faults();
    for at in 0..operations {
        let sim = SimWorld::new(at);
        sim.disk.crash_at_operation(at);
        let (done, error) = run_from(&sim.world(), 0);
        assert!(error.is_some() || sim.disk.is_crashed(), "operation {at} of {operations} was never reached");
        sim.disk.restart();
        assert_recovers(&sim, &states, done, &format!("crash at operation {at}"));
    }
}

#[test]
fn a_disk_error_at_any_operation_is_reported_or_harmless_and_the_same_step_can_be_asked_for_again() {
    let (states, operations) = without_faults();
    for at in 0..operations {
        let sim = SimWorld::new(at);
        sim.disk.fail_operation(at);
        let (done, error) = run_from(&sim.world(), 0);
        // A disk that failed for a moment is not taken for a damaged file.
        assert!(error.as_ref().is_none_or(TableError::is_retryable), "error at operation {at}: {error:?}");
        assert_recovers(&sim, &states, done, &format!("error at operation {at}"));
    }
}

#[test]
fn a_full_disk_is_a_clear_error_breaks_nothing_and_the_step_succeeds_when_there_is_room() {
    let (states, _) = without_faults();
    let mut failures = 0;
    for done in 0..STEPS {
        let sim = SimWorld::new(7);
        let world = sim.world();
        (0..done).for_each(|number| step(&world, number).unwrap());
        for room in (0..).map(|n| n * 700) {
            sim.disk.set_capacity(Some(sim.disk.used_bytes() + room));
            let outcome = step(&world, done);
            let Err(error) = outcome else { break };
            assert!(error.is_no_space(), "step {done} with {room} bytes left: {error}");
            assert!(error.is_retryable());
            failures += 1;
            assert_old_or_new(&states, done, &contents(&world), &format!("{room} bytes left"));
        }
        sim.disk.set_capacity(None);
        assert_recovers(&sim, &states, done, &format!("full at step {done}"));
    }
    assert!(failures > STEPS, "the disk was never full");
}

#[test]
fn a_failed_write_leaves_no_temporary_file_on_a_full_disk() {
    let sim = SimWorld::new(1);
    let world = sim.world();
    let table = Table::create(&world, Path::new(DIR), &data::narrow_spec()).unwrap();
    let sink = table.sink(&data::narrow_spec().schema, SinkOptions::default()).unwrap();
    let before = sim.disk.used_bytes();
    sim.disk.set_capacity(Some(before + 600));
    assert!(sink.write(&[data::narrow_rows(0..500)]).unwrap_err().is_no_space());
    assert_eq!(sim.disk.used_bytes(), before);
    for folder in sim.disk.list(Path::new(DIR)).unwrap().iter().filter(|entry| entry.name.contains('=')) {
        assert!(sim.disk.list(&Path::new(DIR).join(&folder.name)).unwrap().is_empty());
    }
}
