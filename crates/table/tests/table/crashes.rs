//! Crashes, disk errors and full disks at every single disk operation: the table is the old version or the new one,
//! what was committed stays, and going on where the failure struck ends in the same table as without it.

use std::path::Path;
use std::sync::Arc;

use arrow::array::{ArrayRef, Int32Array, RecordBatch, StringArray};
use judi_faults::SimWorld;
use judi_table::{
    AddFile, CompactionPolicy, ContentHash, Outcome, SinkOptions, Snapshot, Table, TableError, TableOptions,
    Transaction, plan_compaction, read_file,
};
use judi_world::{Disk, World};

use crate::data;

const DIR: &str = "/tables/events";
const APP: &str = "judge/0/events/0";

/// A table's life: steps, each of which can be asked for again after it failed, and how many of them others cover.
struct Life {
    steps: &'static [usize],
    covered: usize,
}

const LIVES: [Life; 2] = [Life { steps: &[0, 1, 2, 3, 4], covered: 0 }, Life { steps: &[0, 1, 5, 6], covered: 2 }];

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
        5 => compact_beside_an_append_that_brings_a_column(world, &table)?,
        6 => update_a_file(&table)?,
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

/// Another handle commits between the plan and the compaction's commit, whichever of them fails.
fn compact_beside_an_append_that_brings_a_column(world: &World, table: &Table) -> Result<(), TableError> {
    let snapshot = table.snapshot()?;
    let tasks = plan_compaction(&snapshot, &CompactionPolicy::default(), i64::MAX, |_| true);
    let before = table.content_hash(&snapshot, &data::partition(0))?;
    let was_appended = snapshot.txn(APP).is_some_and(|last| last >= 5);
    let other = Table::create_with(world, Path::new(DIR), &data::narrow_spec(), options())?;
    let narrow = data::narrow_rows([150]);
    let schema = narrow.schema();
    let columns = schema.fields().iter().map(|field| field.name().clone()).zip(narrow.columns().to_vec());
    let note: ArrayRef = Arc::new(StringArray::from(vec![Some("new")]));
    let columns: Vec<(String, ArrayRef, bool)> =
        columns.chain([("note".to_owned(), note)]).map(|(name, column)| (name, column, true)).collect();
    let wide = RecordBatch::try_from_iter_with_nullable(columns).unwrap();
    let adds = other.sink(&wide.schema(), data::narrow_options())?.write(std::slice::from_ref(&wide))?;
    let append = Transaction::append(adds).with_txn(APP, 5).with_schema(wide.schema());
    assert!(matches!(other.commit(&append)?, Outcome::Committed { .. } | Outcome::AlreadyApplied { .. }));
    for task in &tasks {
        assert!(matches!(table.compact(task, &data::narrow_options())?, Outcome::Committed { .. }));
    }
    let mut expected = before;
    if !was_appended {
        expected += append.adds.iter().filter_map(AddFile::content_hash).sum::<ContentHash>();
    }
    let snapshot = table.snapshot()?;
    assert_eq!(table.verify_content(&snapshot, &data::partition(0))?, expected, "the same rows, and the new one");
    Ok(())
}

/// Moves the numbers of a partition of one file; asked for again, it finds them moved.
fn update_a_file(table: &Table) -> Result<(), TableError> {
    let snapshot = table.snapshot()?;
    let partition = data::partition(1);
    let file = snapshot.files_of(&partition).next().unwrap();
    let moved = |batch: RecordBatch| {
        let at = batch.schema().index_of("sequence").unwrap();
        let mut columns = batch.columns().to_vec();
        let sequence: &Int32Array = columns[at].as_any().downcast_ref().unwrap();
        let later: Int32Array = sequence.unary(|n| if n < 9_000 { n + 9_000 } else { n });
        columns[at] = Arc::new(later);
        Ok::<_, TableError>(RecordBatch::try_new(batch.schema(), columns).unwrap())
    };
    let updated = table.update_file(&snapshot, file, &data::narrow_options(), moved)?;
    let outcome = table.commit_update(updated, serde_json::Map::new())?;
    assert!(matches!(outcome, Outcome::Committed { .. } | Outcome::Unchanged { .. }), "{outcome:?}");
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
            let column: &Int32Array = batch.column(0).as_any().downcast_ref().unwrap();
            numbers.extend(column.values().iter().map(|n| i64::from(*n)));
        }
        assert_eq!(file.rows, Some((numbers.len() - before) as u64), "{}", file.path);
    }
    numbers.sort_unstable();
    numbers
}

/// What a life is like without faults.
struct Undisturbed {
    /// Contents before the first step and after each.
    states: Vec<Vec<i64>>,
    /// The operations in which the steps fall that others do not cover.
    operations: std::ops::Range<u64>,
}

impl Life {
    fn undisturbed(&self) -> Undisturbed {
        let (sim, measured) = (SimWorld::new(0), SimWorld::new(0));
        let (mut states, mut from) = (vec![Vec::new()], 0);
        for (number, step_number) in self.steps.iter().enumerate() {
            if number == self.covered {
                from = measured.disk.operations();
            }
            step(&sim.world(), *step_number).unwrap();
            step(&measured.world(), *step_number).unwrap();
            states.push(contents(&sim.world()));
        }
        Undisturbed { states, operations: from..measured.disk.operations() }
    }

    /// Steps from the one at `from` on until one fails; how many were done in all.
    fn run_from(&self, world: &World, from: usize) -> (usize, Option<TableError>) {
        for (number, step_number) in self.steps.iter().enumerate().skip(from) {
            if let Err(error) = step(world, *step_number) {
                return (number, Some(error));
            }
        }
        (self.steps.len(), None)
    }

    fn assert_recovers(&self, sim: &SimWorld, states: &[Vec<i64>], done: usize, context: &str) {
        let (world, all) = (sim.world(), self.steps.len());
        assert_old_or_new(states, done, &contents(&world), context);
        let (finished, error) = self.run_from(&world, done);
        assert_eq!(finished, all, "{context}: {error:?}");
        assert_eq!(contents(&world), states[all], "{context}");
        // What a step said was done is done, even where the failure hit after the fact and the answer was "already".
        sim.disk.crash();
        sim.disk.restart();
        assert_eq!(contents(&sim.world()), states[all], "{context}, then a crash");
    }
}

fn assert_old_or_new(states: &[Vec<i64>], done: usize, found: &[i64], context: &str) {
    let new = states.get(done + 1).unwrap_or(&states[done]);
    assert!(found == states[done] || found == new, "{context}: after {done} steps the table holds {found:?}");
}

#[test]
fn a_crash_at_any_disk_operation_leaves_the_old_version_or_the_new_and_nothing_committed_is_lost() {
    for life in LIVES {
        let Undisturbed { states, operations } = life.undisturbed();
        for at in operations.clone() {
            let sim = SimWorld::new(at);
            sim.disk.crash_at_operation(at);
            let (done, error) = life.run_from(&sim.world(), 0);
            assert!(error.is_some() || sim.disk.is_crashed(), "operation {at} of {operations:?} was never reached");
            sim.disk.restart();
            life.assert_recovers(&sim, &states, done, &format!("crash at operation {at}"));
        }
    }
}

#[test]
fn a_disk_error_at_any_operation_is_reported_or_harmless_and_the_same_step_can_be_asked_for_again() {
    for life in LIVES {
        let Undisturbed { states, operations } = life.undisturbed();
        for at in operations {
            let sim = SimWorld::new(at);
            sim.disk.fail_operation(at);
            let (done, error) = life.run_from(&sim.world(), 0);
            // A disk that failed for a moment is not taken for a damaged file.
            assert!(error.as_ref().is_none_or(TableError::is_retryable), "error at operation {at}: {error:?}");
            life.assert_recovers(&sim, &states, done, &format!("error at operation {at}"));
        }
    }
}

#[test]
fn a_full_disk_is_a_clear_error_breaks_nothing_and_the_step_succeeds_when_there_is_room() {
    for life in LIVES {
        let states = life.undisturbed().states;
        let mut failures = 0;
        for done in life.covered..life.steps.len() {
            let sim = SimWorld::new(7);
            let world = sim.world();
            life.steps[..done].iter().for_each(|number| step(&world, *number).unwrap());
            for room in (0..).map(|n| n * 700) {
                sim.disk.set_capacity(Some(sim.disk.used_bytes() + room));
                let outcome = step(&world, life.steps[done]);
                let Err(error) = outcome else { break };
                assert!(error.is_no_space(), "step {done} with {room} bytes left: {error}");
                assert!(error.is_retryable());
                failures += 1;
                assert_old_or_new(&states, done, &contents(&world), &format!("{room} bytes left"));
            }
            sim.disk.set_capacity(None);
            life.assert_recovers(&sim, &states, done, &format!("full at step {done}"));
        }
        assert!(failures > life.steps.len() - life.covered, "the disk was never full");
    }
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
