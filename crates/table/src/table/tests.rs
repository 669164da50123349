//! Handles: what they see of each other, of old versions and of transactions that come twice.

#![expect(clippy::cast_sign_loss, reason = "the versions of a test are small")]

use arrow::array::{ArrayRef, Int64Array, RecordBatch};
use arrow::datatypes::{DataType, Field};
use judi_faults::SimWorld;
use judi_world::Disk;

use super::*;

const DIR: &str = "/t";

fn batch(number: i64) -> RecordBatch {
    RecordBatch::try_from_iter([("n", Arc::new(Int64Array::from(vec![number])) as ArrayRef)]).unwrap()
}

fn spec() -> TableSpec {
    TableSpec { name: "t".into(), schema: batch(0).schema(), partition_columns: Vec::new(), properties: [].into() }
}

fn appended(table: &Table, number: i64) -> Transaction {
    let sink = table.sink(&batch(0).schema(), SinkOptions::default()).unwrap();
    Transaction::append(sink.write(&[batch(number)]).unwrap())
}

#[test]
fn a_handle_reads_only_what_is_new_and_sees_what_other_handles_commit() {
    let sim = SimWorld::new(1);
    let ours = Table::create(&sim.world(), Path::new(DIR), &spec()).unwrap();
    let theirs = Table::create(&sim.world(), Path::new(DIR), &spec()).unwrap();
    assert_eq!(ours.snapshot().unwrap().table_id(), theirs.snapshot().unwrap().table_id());
    for number in 0..25 {
        theirs.commit(&appended(&theirs, number)).unwrap();
    }
    assert_eq!(ours.snapshot().unwrap().rows(), Some(25));
    let before = sim.disk.operations();
    assert_eq!(ours.snapshot().unwrap().version(), 25);
    // A look for the next commit, and one whether the last is still there.
    assert_eq!(sim.disk.operations() - before, 2);
    for version in [0, 7, 10, 25] {
        assert_eq!(ours.snapshot_at(version).unwrap().rows(), Some(version as u64));
    }
    assert!(matches!(ours.snapshot_at(26), Err(TableError::MissingVersion { version: 26, .. })));
    assert!(matches!(ours.snapshot_at(-1), Err(TableError::MissingVersion { version: -1, .. })));
}

#[test]
fn equal_rows_under_a_new_txn_count_again_and_the_same_txn_counts_once() {
    let sim = SimWorld::new(2);
    let table = Table::create(&sim.world(), Path::new(DIR), &spec()).unwrap();
    let first = appended(&table, 7).with_txn("app", 1);
    assert_eq!(table.commit(&first).unwrap(), Outcome::Committed { version: 1 });
    assert_eq!(table.commit(&first).unwrap(), Outcome::AlreadyApplied { app_id: "app".into(), version: 1 });
    let equal = appended(&table, 7).with_txn("app", 2);
    assert_eq!(table.commit(&equal).unwrap(), Outcome::Committed { version: 2 });
    let snapshot = table.snapshot().unwrap();
    assert_eq!((snapshot.files().len(), snapshot.rows()), (2, Some(2)));
    for path in snapshot.files().keys() {
        assert!(sim.disk.exists(&Path::new(DIR).join(path)).unwrap(), "{path}");
    }
}

#[test]
fn a_transaction_older_than_what_is_remembered_is_still_checked_for_conflicts() {
    let sim = SimWorld::new(3);
    let table = Table::create(&sim.world(), Path::new(DIR), &spec()).unwrap();
    table.commit(&appended(&table, 1)).unwrap();
    let replacement = || Transaction { read_version: 0, ..Transaction::replace(0, vec![BTreeMap::new()], Vec::new()) };
    // A handle that was opened after the commit has not seen what it touched.
    let fresh = Table::open(&sim.world(), Path::new(DIR)).unwrap().unwrap();
    assert!(matches!(fresh.commit(&replacement()).unwrap(), Outcome::Conflict(_)));
    let current = Transaction { read_version: 1, ..replacement() };
    assert_eq!(fresh.commit(&current).unwrap(), Outcome::Committed { version: 2 });
    let future = Transaction { read_version: 9, ..replacement() };
    assert!(matches!(fresh.commit(&future), Err(TableError::MissingVersion { version: 9, .. })));
}

#[test]
fn creation_is_refused_for_what_cannot_be_and_opens_what_is_there() {
    let sim = SimWorld::new(4);
    let create = |spec: TableSpec| Table::create(&sim.world(), Path::new(DIR), &spec);
    let unknown = TableSpec { partition_columns: vec!["x".into()], ..spec() };
    assert!(matches!(create(unknown.clone()), Err(TableError::UnknownColumn { .. })));
    let binary = TableSpec { schema: Arc::new(Schema::new(vec![Field::new("x", DataType::Binary, true)])), ..unknown };
    assert!(matches!(create(binary), Err(TableError::UnsupportedType { .. })));
    assert!(Table::open(&sim.world(), Path::new(DIR)).unwrap().is_none());
    let table = create(spec()).unwrap();
    let other = TableSpec { partition_columns: vec!["n".into()], ..spec() };
    assert!(matches!(create(other), Err(TableError::IncompatibleSchema { .. })));
    let narrower = Arc::new(Schema::new(vec![Field::new("n", DataType::Int32, true)]));
    let changed = appended(&table, 1).with_schema(narrower);
    assert!(matches!(table.commit(&changed), Err(TableError::IncompatibleSchema { .. })));
    assert_eq!(table.snapshot().unwrap().version(), 0);
}
