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
    let before = table.content_hash(&table.snapshot().unwrap(), &BTreeMap::new()).unwrap();
    for task in plan_compaction(&table.snapshot().unwrap(), &CompactionPolicy::default(), i64::MAX, |_| true) {
        assert!(matches!(table.compact(&task, &options(key)).unwrap(), Outcome::Committed { .. }));
    }
    let snapshot = table.snapshot().unwrap();
    assert_eq!(snapshot.files().len(), 1);
    assert_eq!(table.verify_content(&snapshot, &BTreeMap::new()).unwrap(), before, "the rows are the same");
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

const DAY_MS: i64 = 86_400_000;

/// A file of partition `day`, written at `time`.
fn file(path: &str, day: &str, size_bytes: u64, rows: u64, time: i64) -> (String, Arc<DataFile>) {
    let file = DataFile {
        path: path.into(),
        size_bytes,
        partition_values: PartitionValues::from([("day".to_owned(), Some(day.to_owned()))]),
        rows: Some(rows),
        modification_time_ms: time,
        tags: BTreeMap::from([("k".into(), Some("v".into())), (SORT_TAG.into(), Some("a".into()))]),
        stats_json: None,
    };
    (path.to_owned(), Arc::new(file))
}

/// The paths of the files that a plan takes together.
fn planned(files: &[(String, Arc<DataFile>)], policy: &CompactionPolicy, now_ms: i64) -> Vec<Vec<String>> {
    let (_sim, table) = table();
    let mut snapshot = (*table.snapshot().unwrap()).clone();
    snapshot.files = Arc::new(files.iter().cloned().collect());
    let tasks = plan_compaction(&snapshot, policy, now_ms, |_| true);
    tasks.iter().map(|task| task.inputs.iter().map(|file| file.path.clone()).collect()).collect()
}

#[test]
fn plans_take_files_of_one_tier_of_one_partition_in_order_of_time_up_to_the_target() {
    let policy = CompactionPolicy { done_bytes: 100, target_bytes: 200, fan_in: 3, settled_after: Duration::MAX };
    let plan = |files: &[(String, Arc<DataFile>)]| planned(files, &policy, DAY_MS);
    let tiny = |path: &str, time| file(path, "1", 10, 1, time);
    assert!(plan(&[tiny("a", 1), tiny("b", 2)]).is_empty(), "a tier that is not full");
    assert_eq!(plan(&[tiny("c", 1), tiny("a", 3), tiny("b", 2)]), [["c", "b", "a"]]);
    let mixed = [tiny("a", 1), tiny("b", 2), file("c", "1", 10, 9, 3), file("d", "2", 10, 1, 4)];
    assert!(plan(&mixed).is_empty(), "other tiers and partitions are other files");
    let done = [tiny("a", 1), tiny("b", 2), file("c", "1", 100, 1, 3)];
    assert!(plan(&done).is_empty(), "a file that is large enough stays");
    // Two that are a file of the wanted size together need no third; no group is larger than the target.
    let large: Vec<_> = (0..5).map(|n| file(&n.to_string(), "1", 60, 1, n)).collect();
    assert_eq!(plan(&large), [vec!["0", "1", "2"], vec!["3", "4"]]);
    let many: Vec<_> = (0..INPUTS_MAX as i64 + 2).map(|n| file(&format!("{n:03}"), "1", 1, 1, n)).collect();
    assert_eq!(plan(&many).iter().map(Vec::len).collect::<Vec<_>>(), [INPUTS_MAX]);
    let inputs: Vec<Arc<DataFile>> = mixed.iter().map(|(_, file)| Arc::clone(file)).collect();
    assert_eq!(shared_tags(&inputs), BTreeMap::from([("k".to_owned(), "v".to_owned())]));
}

#[test]
fn what_a_partition_has_left_over_becomes_one_file_when_nothing_comes_any_more() {
    let policy = CompactionPolicy { done_bytes: 100, target_bytes: 200, fan_in: 3, ..CompactionPolicy::default() };
    let left = [file("a", "1", 10, 1, 0), file("b", "1", 50, 800, 1), file("c", "2", 10, 1, 0)];
    assert!(planned(&left, &policy, 1).is_empty());
    assert_eq!(planned(&left, &policy, DAY_MS), [["a", "b"]]);
    // A clock that was set back settles nothing.
    assert!(planned(&left, &policy, -DAY_MS).is_empty());
}

/// Hours of commits twice a second, compacted as they come: the most small files that there were, and how often a row was
/// rewritten.
fn hours_of_commits(rows_a_commit: u64, row_bytes: u64) -> (usize, f64) {
    let policy = CompactionPolicy::default();
    let (mut files, mut written, mut most) = (Vec::<(String, Arc<DataFile>)>::new(), 0, 0);
    let commits = 3 * 7_200;
    let new =
        |number: i64, rows: u64| file(&format!("{number:09}"), "1", 20_000 + rows * row_bytes, rows, number * 500);
    let (_sim, table) = table();
    let mut snapshot = (*table.snapshot().unwrap()).clone();
    let mut next = 0;
    for commit in 0..commits {
        next += 1;
        files.push(new(next, rows_a_commit));
        if commit % 8 != 0 {
            continue;
        }
        loop {
            // Files that are done need no look.
            snapshot.files =
                Arc::new(files.iter().filter(|(_, f)| f.size_bytes < policy.done_bytes).cloned().collect());
            let tasks = plan_compaction(&snapshot, &policy, next * 500, |_| true);
            let Some(task) = tasks.first() else { break };
            let rows = task.inputs.iter().filter_map(|input| input.rows).sum();
            files.retain(|(path, _)| task.inputs.iter().all(|input| input.path != *path));
            next += 1;
            files.push(new(next, rows));
            written += rows;
        }
        most = most.max(files.iter().filter(|(_, f)| f.size_bytes < policy.done_bytes).count());
    }
    (most, written as f64 / (commits as u64 * rows_a_commit) as f64)
}

#[test]
fn small_files_stay_few_and_a_row_is_rewritten_as_often_as_the_logarithm_says() {
    // One event a commit, fifty, and twenty-five thousand: from a quiet site to 50,000 events/s.
    for (rows, files_max, rewritten_max) in [(1, 60, 6.0), (50, 50, 5.5), (25_000, 30, 2.5)] {
        let (files, rewritten) = hours_of_commits(rows, 60);
        assert!(files <= files_max, "{rows} rows a commit: {files} small files");
        assert!(rewritten <= rewritten_max, "{rows} rows a commit: each rewritten {rewritten} times");
    }
}

#[test]
fn an_input_whose_rows_are_not_those_that_were_written_is_named_and_left_alone() {
    let (_sim, table) = table();
    for number in 0..2 {
        let mut adds =
            table.sink(&batch(&[]).schema(), options(&["name"])).unwrap().write(&[batch(&[number])]).unwrap();
        if number == 1 {
            let other = ContentHash::from_tag(&format!("1:1-{:064x}", 7)).unwrap();
            adds[0].tags.insert(CONTENT_TAG.to_owned(), other.to_tag());
        }
        table.commit(&Transaction::append(adds)).unwrap();
    }
    let before = table.snapshot().unwrap();
    let task = plan_compaction(&before, &CompactionPolicy::default(), i64::MAX, |_| true).remove(0);
    let refused = table.compact(&task, &options(&["name"])).unwrap_err();
    let TableError::ContentChanged { path, .. } = &refused else { panic!("{refused}") };
    assert!(!refused.is_retryable() && before.files().contains_key(path.file_name().unwrap().to_str().unwrap()));
    assert_eq!(table.snapshot().unwrap().version(), before.version());
    assert!(table.verify_content(&before, &BTreeMap::new()).is_err());
}

#[test]
fn files_without_a_noted_hash_are_compacted_by_what_is_read_of_them() {
    let (_sim, table) = table();
    for number in 0..2 {
        let mut adds = table.sink(&batch(&[]).schema(), options(&[])).unwrap().write(&[batch(&[number])]).unwrap();
        adds[0].tags.remove(CONTENT_TAG);
        table.commit(&Transaction::append(adds)).unwrap();
    }
    let before = table.snapshot().unwrap();
    let rows = table.content_hash(&before, &BTreeMap::new()).unwrap();
    let task = plan_compaction(&before, &CompactionPolicy::default(), i64::MAX, |_| true).remove(0);
    assert!(matches!(table.compact(&task, &options(&["name"])).unwrap(), Outcome::Committed { .. }));
    let after = table.snapshot().unwrap();
    assert_eq!(after.files().values().next().unwrap().content_hash(), Some(rows));
}
