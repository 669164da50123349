//! Random interleavings of several handles on one folder, each working from what it last looked at, against a model
//! that knows the rules and nothing of files, logs or JSON.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, StringArray};
use judi_faults::SimWorld;
use judi_table::{
    CompactionPolicy, CompactionTask, Conflict, Outcome, Snapshot, Table, TableError, TableOptions, Transaction,
    plan_compaction, read_file,
};
use judi_world::World;
use proptest::prelude::*;

use crate::data;

const DIR: &str = "/tables/events";
const HANDLES: usize = 3;

#[derive(Debug, Clone)]
enum Act {
    /// Look at the table: what this handle does next is decided on that.
    Look,
    /// Append rows to some partitions under the handle's app id, going back in the app's versions by `back`.
    Append { first: i64, count: i64, back: i64 },
    /// Replace a partition by rows that are one of few sets, so that the same ones come again.
    Replace { partition: i64, set: i64 },
    /// Carry out what a plan made at the last look asked for.
    Compact,
    /// Give the rows of a file, as it was at the last look, other values.
    Update { partition: i64 },
    /// Append rows with a column that the table may not have yet.
    Evolve { first: i64, column: u8 },
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        3 => Just(Act::Look),
        4 => (0..40i64, 1..6i64, 0..2i64).prop_map(|(first, count, back)| Act::Append { first, count, back }),
        3 => (0..3i64, 0..3i64).prop_map(|(partition, set)| Act::Replace { partition, set }),
        2 => Just(Act::Compact),
        2 => (0..3i64).prop_map(|partition| Act::Update { partition }),
        1 => (0..40i64, 0..3u8).prop_map(|(first, column)| Act::Evolve { first, column }),
    ]
}

/// What the model knows of a live file: its rows; and of a partition: when its rows last changed.
#[derive(Debug, Default)]
struct Model {
    version: i64,
    files: BTreeMap<String, (i64, Vec<i64>)>,
    changed: BTreeMap<i64, i64>,
    txns: BTreeMap<usize, i64>,
}

impl Model {
    fn rows(&self) -> Vec<i64> {
        let mut rows: Vec<i64> = self.files.values().flat_map(|(_, rows)| rows.clone()).collect();
        rows.sort_unstable();
        rows
    }

    fn paths_of(&self, partition: i64) -> BTreeSet<String> {
        self.files.iter().filter(|(_, (of, _))| *of == partition).map(|(path, _)| path.clone()).collect()
    }

    /// Takes over from the table which paths are new, with the rows that the test knows them to hold.
    fn add(&mut self, snapshot: &Snapshot, rows: impl IntoIterator<Item = i64>) {
        let mut by_partition: BTreeMap<i64, Vec<i64>> = BTreeMap::new();
        rows.into_iter().for_each(|row| by_partition.entry(row % 3).or_default().push(row));
        for (partition, rows) in by_partition {
            let values = data::partition(partition);
            let new: Vec<_> = snapshot.files_of(&values).filter(|file| !self.files.contains_key(&file.path)).collect();
            assert_eq!(new.len(), 1, "one new file a partition");
            assert_eq!(new[0].rows, Some(rows.len() as u64));
            self.files.insert(new[0].path.clone(), (partition, rows));
        }
    }
}

struct Handle {
    table: Table,
    seen: Arc<Snapshot>,
    tasks: Vec<CompactionTask>,
}

struct Run {
    world: World,
    handles: Vec<Handle>,
    model: Model,
}

impl Run {
    fn new(seed: u64) -> Self {
        let world = SimWorld::new(seed).world();
        let options = TableOptions { checkpoint_interval: 3, ..TableOptions::default() };
        let handles = (0..HANDLES).map(|_| {
            let table = Table::create_with(&world, Path::new(DIR), &data::narrow_spec(), options).unwrap();
            let seen = table.snapshot().unwrap();
            Handle { table, seen, tasks: Vec::new() }
        });
        let handles = handles.collect();
        Self { world, handles, model: Model::default() }
    }

    fn act(&mut self, who: usize, act: &Act) {
        match act {
            Act::Look => {
                let handle = &mut self.handles[who];
                handle.seen = handle.table.snapshot().unwrap();
                let policy = CompactionPolicy::default();
                handle.tasks = plan_compaction(&handle.seen, &policy, i64::MAX, |_| true);
            }
            Act::Append { first, count, back } => self.append(who, *first..first + count, *back, None),
            Act::Evolve { first, column } => self.append(who, *first..first + 2, 0, Some(*column)),
            Act::Update { partition } => self.update(who, *partition),
            Act::Replace { partition, set } => self.replace(who, *partition, *set),
            Act::Compact => {
                for task in std::mem::take(&mut self.handles[who].tasks) {
                    self.compact(who, &task);
                }
            }
        }
    }

    fn append(&mut self, who: usize, rows: std::ops::Range<i64>, back: i64, column: Option<u8>) {
        let table = &self.handles[who].table;
        let next = self.model.txns.get(&who).map_or(0, |last| last + 1);
        let txn = next - back;
        let batch = with_column(&data::narrow_rows(rows.clone()), column);
        let adds =
            table.sink(&batch.schema(), data::narrow_options()).unwrap().write(std::slice::from_ref(&batch)).unwrap();
        let append = Transaction::append(adds).with_txn(who.to_string(), txn).with_schema(batch.schema());
        let outcome = table.commit(&append).unwrap();
        if self.model.txns.get(&who).is_some_and(|last| *last >= txn) {
            let expected = Outcome::AlreadyApplied { app_id: who.to_string(), version: next - 1 };
            assert_eq!(outcome, expected);
            return;
        }
        self.model.version += 1;
        assert_eq!(outcome, Outcome::Committed { version: self.model.version });
        self.model.txns.insert(who, txn);
        rows.clone().for_each(|row| {
            self.model.changed.insert(row % 3, self.model.version);
        });
        let snapshot = self.handles[who].table.snapshot().unwrap();
        self.model.add(&snapshot, rows);
    }

    fn replace(&mut self, who: usize, partition: i64, set: i64) {
        let handle = &self.handles[who];
        // Sets of 0, 1 and 2 rows of the partition.
        let rows: Vec<i64> = (0..set).map(|n| 300 + n * 3 + partition).collect();
        let sink = handle.table.sink(&data::narrow_spec().schema, data::narrow_options()).unwrap();
        let adds = sink.write(&[data::narrow_rows(rows.clone())]).unwrap();
        let paths: BTreeSet<String> = adds.iter().map(|add| add.path.clone()).collect();
        let read_version = handle.seen.version();
        let transaction = Transaction::replace(read_version, vec![data::partition(partition)], adds);
        let outcome = handle.table.commit(&transaction).unwrap();
        let changed = self.model.changed.get(&partition).copied().unwrap_or(0);
        if self.model.paths_of(partition) == paths {
            assert_eq!(outcome, Outcome::Unchanged { version: self.model.version });
        } else if changed > read_version {
            let Outcome::Conflict(Conflict::PartitionChanged { partition: named, version }) = outcome else {
                panic!("{outcome:?} where partition {partition} changed at {changed}, read at {read_version}");
            };
            assert_eq!(named, data::partition(partition));
            assert!(version > read_version && version <= changed);
        } else {
            self.model.version += 1;
            assert_eq!(outcome, Outcome::Committed { version: self.model.version });
            self.model.changed.insert(partition, self.model.version);
            self.model.files.retain(|path, (of, _)| *of != partition || paths.contains(path));
            let snapshot = self.handles[who].table.snapshot().unwrap();
            if !self.model.files.keys().any(|path| paths.contains(path)) {
                self.model.add(&snapshot, rows);
            }
        }
    }

    fn update(&mut self, who: usize, partition: i64) {
        let handle = &self.handles[who];
        let values = data::partition(partition);
        let Some(file) = handle.seen.files_of(&values).next().cloned() else { return };
        let later = |batch: RecordBatch| Ok::<_, TableError>(shifted(&batch));
        let updated = handle.table.update_file(&handle.seen, &file, &data::narrow_options(), later).unwrap();
        let outcome = handle.table.commit_update(updated, serde_json::Map::new()).unwrap();
        let Some((_, rows)) = self.model.files.remove(&file.path) else {
            assert!(matches!(outcome, Outcome::Conflict(Conflict::InputRemoved { .. })), "{outcome:?}");
            return;
        };
        self.model.version += 1;
        assert_eq!(outcome, Outcome::Committed { version: self.model.version });
        self.model.changed.insert(partition, self.model.version);
        let snapshot = handle.table.snapshot().unwrap();
        self.model.add(&snapshot, rows.into_iter().map(|row| row + SHIFT));
    }

    fn compact(&mut self, who: usize, task: &CompactionTask) {
        let outcome = self.handles[who].table.compact(task, &data::narrow_options()).unwrap();
        let gone = task.inputs.iter().find(|input| !self.model.files.contains_key(&input.path));
        if let Some(gone) = gone {
            let Outcome::Conflict(Conflict::InputRemoved { path }) = outcome else {
                panic!("{outcome:?} where {} is gone", gone.path);
            };
            assert!(!self.model.files.contains_key(&path));
            return;
        }
        self.model.version += 1;
        assert_eq!(outcome, Outcome::Committed { version: self.model.version });
        let mut rows = Vec::new();
        for input in &task.inputs {
            rows.extend(self.model.files.remove(&input.path).unwrap().1);
        }
        let snapshot = self.handles[who].table.snapshot().unwrap();
        self.model.add(&snapshot, rows);
    }

    /// All handles, and one that starts from nothing, see the model's rows.
    fn check(&self) {
        let fresh = Table::open(&self.world, Path::new(DIR)).unwrap().unwrap();
        for table in self.handles.iter().map(|handle| &handle.table).chain([&fresh]) {
            let snapshot = table.snapshot().unwrap();
            assert_eq!(snapshot.version(), self.model.version);
            assert_eq!(snapshot.files().keys().collect::<Vec<_>>(), self.model.files.keys().collect::<Vec<_>>());
            assert_eq!(snapshot.rows(), Some(self.model.rows().len() as u64));
            for (who, version) in &self.model.txns {
                assert_eq!(snapshot.txn(&who.to_string()), Some(*version));
            }
        }
        let snapshot = fresh.snapshot().unwrap();
        assert_eq!(stored_rows(&self.world, &snapshot), self.model.rows());
        for partition in 0..3 {
            let values = data::partition(partition);
            let noted = fresh.content_hash(&snapshot, &values).unwrap();
            assert_eq!(fresh.verify_content(&snapshot, &values).unwrap(), noted, "what is noted is what is there");
        }
    }
}

/// What an update adds to `sequence`: a row stays in its partition and in its place.
const SHIFT: i64 = 3000;

fn shifted(batch: &RecordBatch) -> RecordBatch {
    let at = batch.schema().index_of("sequence").unwrap();
    let mut columns = batch.columns().to_vec();
    let sequence: &arrow::array::Int32Array = columns[at].as_any().downcast_ref().unwrap();
    let later: arrow::array::Int32Array = sequence.unary(|n| n + SHIFT as i32);
    columns[at] = Arc::new(later);
    RecordBatch::try_new(batch.schema(), columns).unwrap()
}

fn with_column(batch: &RecordBatch, column: Option<u8>) -> RecordBatch {
    let Some(column) = column else { return batch.clone() };
    let mut columns: Vec<(String, ArrayRef)> =
        batch.schema().fields().iter().map(|field| field.name().clone()).zip(batch.columns().iter().cloned()).collect();
    let notes: StringArray = (0..batch.num_rows()).map(|row| Some(format!("note {row}"))).collect();
    columns.push((format!("note_{column}"), Arc::new(notes)));
    RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, column)| (name, column, true))).unwrap()
}

fn stored_rows(world: &World, snapshot: &Snapshot) -> Vec<i64> {
    let mut rows = Vec::new();
    for file in snapshot.files().values() {
        for batch in read_file(world.disk.as_ref(), Path::new(DIR), snapshot, file, Some(&["sequence"])).unwrap() {
            let batch = batch.unwrap();
            let column: &arrow::array::Int32Array = batch.column(0).as_any().downcast_ref().unwrap();
            rows.extend(column.values().iter().map(|n| i64::from(*n)));
        }
    }
    rows.sort_unstable();
    rows
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    #[test]
    fn any_interleaving_of_writers_gives_the_outcomes_and_the_rows_of_the_model(
        seed in 0..1000u64,
        acts in prop::collection::vec((0..HANDLES, act()), 1..25),
    ) {
        let mut run = Run::new(seed);
        for (who, act) in &acts {
            run.act(*who, act);
        }
        run.check();
    }
}

#[test]
fn threads_that_append_at_once_through_handles_of_their_own_lose_and_double_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::system();
    Table::create(&world, folder.path(), &data::narrow_spec()).unwrap();
    std::thread::scope(|scope| {
        for who in 0..4i64 {
            let (world, dir) = (&world, folder.path());
            scope.spawn(move || {
                let table = Table::open(world, dir).unwrap().unwrap();
                let sink = table.sink(&data::narrow_spec().schema, data::narrow_options()).unwrap();
                for round in 0..6i64 {
                    let adds = sink.write(&[data::narrow_rows([who * 100 + round])]).unwrap();
                    let transaction = Transaction::append(adds).with_txn(format!("app/{who}"), round);
                    assert!(matches!(table.commit(&transaction).unwrap(), Outcome::Committed { .. }));
                    // Asked again, as after an answer that was lost.
                    assert!(matches!(table.commit(&transaction).unwrap(), Outcome::AlreadyApplied { .. }));
                }
            });
        }
    });
    let snapshot = Table::open(&world, folder.path()).unwrap().unwrap().snapshot().unwrap();
    assert_eq!(snapshot.version(), 24);
    assert_eq!(snapshot.rows(), Some(24));
}
