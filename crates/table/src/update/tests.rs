//! What an update leaves, what it changes, and what it gives way to.

#![expect(
    clippy::cast_possible_wrap,
    clippy::needless_pass_by_value,
    reason = "the numbers of a test are small, and the signature is the caller's"
)]

use std::path::Path;
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Int64Array, RecordBatch, StringArray};
use arrow::datatypes::Int64Type;
use judi_faults::SimWorld;

use super::*;
use crate::sort::CHUNK_ROWS;
use crate::table::TableSpec;
use crate::transaction::Conflict;

fn batch(rows: i64) -> RecordBatch {
    let names = StringArray::from_iter_values((0..rows).map(|n| format!("n{n:06}")));
    RecordBatch::try_from_iter_with_nullable([
        ("name", Arc::new(names) as ArrayRef, true),
        ("number", Arc::new(Int64Array::from_iter_values(0..rows)) as ArrayRef, true),
    ])
    .unwrap()
}

fn options() -> SinkOptions {
    SinkOptions { sort: vec!["name".to_owned()], ..SinkOptions::default() }
}

fn table(rows: i64) -> (SimWorld, Table) {
    let sim = SimWorld::new(5);
    let spec =
        TableSpec { name: "t".into(), schema: batch(0).schema(), partition_columns: Vec::new(), properties: [].into() };
    let table = Table::create(&sim.world(), Path::new("/t"), &spec).unwrap();
    let adds = table.sink(&batch(0).schema(), options()).unwrap().write(&[batch(rows)]).unwrap();
    table.commit(&Transaction::append(adds)).unwrap();
    (sim, table)
}

fn doubled(batch: RecordBatch) -> Result<RecordBatch, TableError> {
    let numbers = batch.column(1).as_primitive::<Int64Type>().unary(|n| n * 2);
    let numbers: Int64Array = numbers;
    Ok(RecordBatch::try_new(batch.schema(), vec![Arc::clone(batch.column(0)), Arc::new(numbers)]).unwrap())
}

fn sum(table: &Table) -> (i64, usize) {
    let snapshot = table.snapshot().unwrap();
    let mut sum = (0, 0);
    for file in snapshot.files().values() {
        for batch in read_file(table.world.disk.as_ref(), table.dir(), &snapshot, file, None).unwrap() {
            let batch = batch.unwrap();
            sum.0 += batch.column(1).as_primitive::<Int64Type>().values().iter().sum::<i64>();
            sum.1 += batch.num_rows();
        }
    }
    sum
}

#[test]
fn rows_keep_their_places_and_get_their_new_values() {
    let rows = 2 * CHUNK_ROWS as i64 + 7;
    let (_sim, table) = table(rows);
    let before = sum(&table);
    let snapshot = table.snapshot().unwrap();
    let file = snapshot.files().values().next().unwrap();
    let updated = table.update_file(&snapshot, file, &options(), doubled).unwrap();
    let info = Map::from_iter([("why".to_owned(), Value::from("test"))]);
    assert!(matches!(table.commit_update(updated, info).unwrap(), Outcome::Committed { version: 2 }));
    assert_eq!(sum(&table), (before.0 * 2, before.1));
    let now = table.snapshot().unwrap();
    let file = now.files().values().next().unwrap();
    assert_eq!(file.tags.get(SORT_TAG).cloned().flatten().as_deref(), Some("name"));
    // As the sink would have written these rows.
    let all: Vec<RecordBatch> =
        read_file(table.world.disk.as_ref(), table.dir(), &now, file, None).unwrap().map(Result::unwrap).collect();
    let again = table.sink(&batch(0).schema(), options()).unwrap().write(&all).unwrap();
    assert_eq!(again[0].path, file.path);
}

#[test]
fn a_file_that_has_left_is_a_conflict_and_nothing_is_done() {
    let (_sim, table) = table(3);
    let snapshot = table.snapshot().unwrap();
    let file = snapshot.files().values().next().unwrap();
    let first = table.update_file(&snapshot, file, &options(), doubled).unwrap();
    let second = table.update_file(&snapshot, file, &options(), doubled).unwrap();
    assert!(matches!(table.commit_update(first, Map::new()).unwrap(), Outcome::Committed { .. }));
    let outcome = table.commit_update(second, Map::new()).unwrap();
    assert!(matches!(outcome, Outcome::Conflict(Conflict::InputRemoved { .. })), "{outcome:?}");
    assert_eq!(sum(&table), (6, 3));
}

#[test]
fn another_shape_is_refused() {
    let (_sim, table) = table(3);
    let snapshot = table.snapshot().unwrap();
    let file = snapshot.files().values().next().unwrap();
    let cut = |batch: RecordBatch| Ok::<_, TableError>(batch.slice(0, 1));
    assert!(table.update_file(&snapshot, file, &options(), cut).is_err());
}
