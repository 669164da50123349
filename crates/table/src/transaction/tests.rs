//! The rules, one by one, on snapshots made by hand.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema};

use super::*;
use crate::snapshot::{DataFile, FileMap};
use crate::wire::{MetaData, Protocol};

fn values(day: &str) -> PartitionValues {
    PartitionValues::from([("day".to_owned(), Some(day.to_owned()))])
}

fn add(path: &str, day: &str) -> AddFile {
    AddFile {
        path: path.into(),
        size_bytes: 1,
        rows: 1,
        partition_values: values(day),
        modification_time_ms: 0,
        stats_json: "{}".into(),
        tags: BTreeMap::new(),
    }
}

fn snapshot(files: &[(&str, &str)], txns: &[(&str, i64)]) -> Snapshot {
    let file = |(path, day): &(&str, &str)| {
        let file = DataFile {
            path: (*path).into(),
            size_bytes: 1,
            partition_values: values(day),
            rows: Some(1),
            modification_time_ms: 0,
            tags: BTreeMap::new(),
            stats_json: None,
        };
        ((*path).to_owned(), Arc::new(file))
    };
    let metadata = MetaData {
        id: "id".into(),
        name: None,
        description: None,
        format: crate::wire::Format::default(),
        schema_string: String::new(),
        partition_columns: vec!["day".into()],
        configuration: BTreeMap::new(),
        created_time: None,
    };
    Snapshot {
        version: 9,
        schema: Arc::new(Schema::new(vec![Field::new("day", DataType::Utf8, true)])),
        metadata: Arc::new(metadata),
        protocol: Protocol { min_reader_version: 1, min_writer_version: 2 },
        files: Arc::new(files.iter().map(file).collect::<FileMap>()),
        tombstones: Arc::default(),
        txns: Arc::new(txns.iter().map(|(app, version)| ((*app).to_owned(), (*version, None))).collect()),
    }
}

fn touched(version: i64, days: &[&str]) -> Touched {
    Touched { version, partitions: Some(days.iter().map(|day| values(day)).collect()) }
}

fn plan(decision: Decision) -> Plan {
    match decision {
        Decision::Write(plan) => plan,
        Decision::Nothing(outcome) => panic!("{outcome:?}"),
    }
}

fn outcome(decision: Decision) -> Outcome {
    match decision {
        Decision::Write(plan) => panic!("{plan:?}"),
        Decision::Nothing(outcome) => outcome,
    }
}

fn paths(adds: &[AddFile]) -> Vec<&str> {
    adds.iter().map(|add| add.path.as_str()).collect()
}

#[test]
fn a_txn_that_is_not_above_the_tables_is_already_applied_whatever_else_holds() {
    let current = snapshot(&[], &[("app", 5)]);
    for (version, applied) in [(4, true), (5, true), (6, false)] {
        let append = Transaction::append(vec![add("a", "1")]).with_txn("other", 1).with_txn("app", version);
        match decide(&current, &[], &append, false) {
            Decision::Nothing(outcome) => {
                assert!(applied);
                assert_eq!(outcome, Outcome::AlreadyApplied { app_id: "app".into(), version: 5 });
            }
            Decision::Write(_) => assert!(!applied),
        }
    }
}

#[test]
fn rows_that_were_computed_from_a_place_that_has_moved_are_not_added() {
    let current = snapshot(&[], &[("app", 5)]);
    for (expected, holds) in [(Some(5), true), (Some(4), false), (None, false)] {
        let append = Transaction::append(vec![add("a", "1")]).with_txn("app", 9).expecting("app", expected);
        let moved = Conflict::TxnMoved { app_id: "app".into(), version: Some(5) };
        match decide(&current, &[], &append, false) {
            Decision::Nothing(outcome) => assert!(!holds && outcome == Outcome::Conflict(moved)),
            Decision::Write(_) => assert!(holds),
        }
    }
    // A try that came to be all the same is known as such first.
    let again = Transaction::append(Vec::new()).with_txn("app", 5).expecting("app", None);
    let outcome = outcome(decide(&current, &[], &again, false));
    assert_eq!(outcome, Outcome::AlreadyApplied { app_id: "app".into(), version: 5 });
}

#[test]
fn equal_files_count_again_under_a_new_txn_and_once_without_one() {
    let current = snapshot(&[("d/part-aa.parquet", "1"), ("d/part-aa-2.parquet", "1")], &[]);
    let append = Transaction::append(vec![add("d/part-aa.parquet", "1"), add("d/part-bb.parquet", "1")]);
    assert_eq!(paths(&plan(decide(&current, &[], &append, false)).adds), ["d/part-bb.parquet"]);
    let again = plan(decide(&current, &[], &append.with_txn("app", 1), false));
    assert_eq!(paths(&again.adds), ["d/part-aa-3.parquet", "d/part-bb.parquet"]);
    assert_eq!(again.links, [("d/part-aa.parquet".to_owned(), "d/part-aa-3.parquet".to_owned())]);
    let nothing_new = Transaction::append(vec![add("d/part-aa.parquet", "1")]);
    assert_eq!(outcome(decide(&current, &[], &nothing_new, false)), Outcome::Unchanged { version: 9 });
    // A schema or a txn is a change of its own.
    assert!(plan(decide(&current, &[], &nothing_new, true)).adds.is_empty());
    assert!(plan(decide(&current, &[], &Transaction::append(Vec::new()).with_txn("app", 1), false)).adds.is_empty());
}

#[test]
fn a_replacement_takes_the_partitions_files_keeps_equal_ones_and_is_nothing_when_all_are_equal() {
    let current = snapshot(&[("a", "1"), ("b", "1"), ("c", "2")], &[]);
    let replace =
        |paths: &[&str]| Transaction::replace(5, vec![values("1")], paths.iter().map(|p| add(p, "1")).collect());
    let plan_of = plan(decide(&current, &[], &replace(&["b", "n"]), false));
    assert_eq!((paths(&plan_of.adds), plan_of.removes), (vec!["n"], vec!["a".to_owned()]));
    let emptied = plan(decide(&current, &[], &replace(&[]), false));
    assert_eq!(emptied.removes, ["a", "b"]);
    assert_eq!(
        outcome(decide(&current, &[touched(6, &["1"])], &replace(&["a", "b"]), false)),
        Outcome::Unchanged { version: 9 }
    );
}

#[test]
fn a_replacement_conflicts_with_changes_of_its_partitions_only_and_with_commits_that_do_not_say() {
    let current = snapshot(&[("a", "1")], &[]);
    let replace = Transaction::replace(5, vec![values("1"), values("2")], vec![add("n", "1")]);
    let since = [touched(6, &["3"]), touched(7, &["2", "3"]), touched(8, &["1"])];
    let conflict = Conflict::PartitionChanged { partition: values("2"), version: 7 };
    assert_eq!(outcome(decide(&current, &since, &replace, false)), Outcome::Conflict(conflict));
    plan(decide(&current, &since[..1], &replace, false));
    let silent = Touched { version: 6, partitions: None };
    assert!(matches!(outcome(decide(&current, &[silent], &replace, false)), Outcome::Conflict(_)));
}

#[test]
fn a_rewrite_needs_all_its_inputs_and_changes_no_rows() {
    let current = snapshot(&[("a", "1"), ("b", "1"), ("d/part-n.parquet", "1")], &[]);
    let rewrite = |removes: &[&str], path: &str| Transaction {
        mode: Mode::Rewrite { removes: removes.iter().map(|path| (*path).to_owned()).collect() },
        ..Transaction::append(vec![add(path, "1")])
    };
    let gone = Outcome::Conflict(Conflict::InputRemoved { path: "x".into() });
    assert_eq!(outcome(decide(&current, &[], &rewrite(&["a", "x"], "n"), false)), gone);
    let merged = plan(decide(&current, &[touched(6, &["1"])], &rewrite(&["a", "b"], "d/part-n.parquet"), false));
    assert!(!merged.data_change);
    // What comes out equals a file that was there already and is not an input: both stay.
    assert_eq!(paths(&merged.adds), ["d/part-n-2.parquet"]);
    assert_eq!(outcome(decide(&current, &[], &rewrite(&["a"], "a"), false)), Outcome::Unchanged { version: 9 });
}

#[test]
fn a_commit_touches_the_partitions_whose_rows_it_changes() {
    let line = |json: &str| serde_json::from_str::<Line>(json).unwrap();
    let added = r#"{"add":{"path":"p","partitionValues":{"day":"1"},"size":1,"modificationTime":1,"dataChange":true}}"#;
    let removed = r#"{"remove":{"path":"q","partitionValues":{"day":"2"},"dataChange":true}}"#;
    assert_eq!(Touched::of(3, &[line(added), line(removed)]), touched(3, &["1", "2"]));
    let neutral = added.replace("true", "false");
    assert_eq!(Touched::of(3, &[line(&neutral)]), touched(3, &[]));
    let silent = r#"{"remove":{"path":"q","dataChange":true}}"#;
    assert_eq!(Touched::of(3, &[line(added), line(silent)]).partitions, None);
}
