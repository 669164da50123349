//! Which files are taken, and that what comes out is what writing all rows at once would have given.

#![expect(clippy::cast_possible_wrap, clippy::cast_sign_loss, reason = "the numbers of a test are small")]

use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use judi_faults::SimWorld;
use proptest::prelude::*;
use std::path::Path;

use super::*;
use crate::sort::CHUNK_ROWS;
use crate::table::TableSpec;
use crate::wire::PartitionValues;

const DIR: &str = "/t";

fn batch(numbers: &[i64]) -> RecordBatch {
    let names: StringArray = numbers.iter().map(|n| (n % 5 != 0).then(|| format!("n{}", n % 3))).collect();
    let numbers: Int64Array = numbers.iter().copied().collect();
    RecordBatch::try_from_iter_with_nullable([
        ("name", Arc::new(names) as ArrayRef, true),
        ("number", Arc::new(numbers) as ArrayRef, true),
    ])
    .unwrap()
}

fn options(key: &[&str]) -> SinkOptions {
    SinkOptions { sort: key.iter().map(|name| (*name).to_owned()).collect(), ..SinkOptions::default() }
}

fn table() -> (SimWorld, Table) {
    let sim = SimWorld::new(5);
    let spec = TableSpec {
        name: "t".into(),
        schema: batch(&[]).schema(),
        partition_columns: Vec::new(),
        properties: [].into(),
    };
    let table = Table::create(&sim.world(), Path::new(DIR), &spec).unwrap();
    (sim, table)
}

/// Commits each part as a file of its own, then compacts: the path of the one file that results, and its rows.
fn compacted(parts: &[Vec<i64>], written_by: &[&str], key: &[&str]) -> (String, u64) {
    let (_sim, table) = table();
    for (number, part) in (0..).zip(parts) {
        let adds = table.sink(&batch(&[]).schema(), options(written_by)).unwrap().write(&[batch(part)]).unwrap();
        table.commit(&Transaction::append(adds).with_txn("app", number)).unwrap();
    }
    let policy = CompactionPolicy { files_min: 2, ..CompactionPolicy::default() };
    for task in plan_compaction(&table.snapshot().unwrap(), &policy) {
        assert!(matches!(table.compact(&task, &options(key)).unwrap(), Outcome::Committed { .. }));
    }
    let snapshot = table.snapshot().unwrap();
    assert_eq!(snapshot.files().len(), 1);
    let file = snapshot.files().values().next().unwrap();
    (file.path.clone(), file.rows.unwrap())
}

fn written_at_once(parts: &[Vec<i64>], key: &[&str]) -> (String, u64) {
    let (_sim, table) = table();
    let all: Vec<i64> = parts.concat();
    let adds = table.sink(&batch(&[]).schema(), options(key)).unwrap().write(&[batch(&all)]).unwrap();
    (adds[0].path.clone(), adds[0].rows)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn compacting_files_gives_the_file_that_all_their_rows_written_at_once_give(
        parts in prop::collection::vec(prop::collection::vec(0..40i64, 1..30), 2..6),
        sorted_before in any::<bool>(),
    ) {
        let key = ["name", "number"];
        let before: &[&str] = if sorted_before { &key } else { &[] };
        prop_assert_eq!(compacted(&parts, before, &key), written_at_once(&parts, &key));
    }
}

#[test]
fn streams_longer_than_a_chunk_merge_whole() {
    let rows = CHUNK_ROWS as i64 + 700;
    let parts: Vec<Vec<i64>> = (0..3).map(|part| (0..rows).map(|n| n * 3 + part).collect()).collect();
    assert_eq!(compacted(&parts, &["name"], &["name"]), written_at_once(&parts, &["name"]));
    // Without a key the files follow each other by time and path; all rows are there.
    assert_eq!(compacted(&parts, &[], &[]).1, 3 * rows as u64);
}

fn file(path: &str, day: &str, size_bytes: u64, time: i64) -> (String, Arc<DataFile>) {
    let file = DataFile {
        path: path.into(),
        size_bytes,
        partition_values: PartitionValues::from([("day".to_owned(), Some(day.to_owned()))]),
        rows: None,
        modification_time_ms: time,
        tags: BTreeMap::from([("k".into(), Some("v".into())), (SORT_TAG.into(), Some("a".into()))]),
        stats_json: None,
    };
    (path.to_owned(), Arc::new(file))
}

#[test]
fn plans_take_small_files_of_one_partition_in_order_of_time_up_to_the_target() {
    let (_sim, table) = table();
    let mut snapshot = (*table.snapshot().unwrap()).clone();
    snapshot.files = Arc::new(BTreeMap::from([
        file("c", "1", 40, 1),
        file("b", "1", 40, 2),
        file("a", "1", 40, 3),
        file("big", "1", 100, 0),
        file("d", "2", 1, 0),
        file("e", "2", 1, 0),
        file("f", "3", 1, 0),
    ]));
    let policy = CompactionPolicy { small_bytes: 100, target_bytes: 90, files_min: 2 };
    let plan = |policy: &CompactionPolicy| -> Vec<Vec<String>> {
        let tasks = plan_compaction(&snapshot, policy);
        tasks.iter().map(|task| task.inputs.iter().map(|file| file.path.clone()).collect()).collect()
    };
    assert_eq!(plan(&policy), [vec!["c", "b"], vec!["d", "e"]]);
    assert_eq!(plan(&CompactionPolicy { files_min: 3, ..policy }), [["c", "b"]]);
    assert!(plan(&CompactionPolicy { target_bytes: 1, ..policy }).is_empty());
    let inputs: Vec<Arc<DataFile>> = snapshot.files.values().cloned().collect();
    assert_eq!(shared_tags(&inputs), BTreeMap::from([("k".to_owned(), "v".to_owned())]));
}
