//! Independent readers: PyPI `deltalake` (delta-kernel) and `duckdb` see the same rows that we read ourselves.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, Field, Schema};
use arrow::json::writer::{LineDelimited, WriterBuilder};
use judi_table::{CompactionPolicy, Outcome, Table, Transaction, plan_compaction, read_file};
use judi_world::World;

use crate::data;

/// Rows as JSON, one a line, sorted: how both sides are compared.
fn our_rows(table: &Table) -> Vec<serde_json::Value> {
    let world = World::system();
    let snapshot = table.snapshot().unwrap();
    let mut rows = Vec::new();
    for file in snapshot.files().values() {
        for batch in read_file(world.disk.as_ref(), table.dir(), &snapshot, file, None).unwrap() {
            rows.extend(json_rows(&batch.unwrap()));
        }
    }
    rows.sort_by_key(|row| row["sequence"].as_i64());
    rows
}

fn json_rows(batch: &RecordBatch) -> Vec<serde_json::Value> {
    let mut bytes = Vec::new();
    let mut writer = WriterBuilder::new().with_explicit_nulls(true).build::<_, LineDelimited>(&mut bytes);
    writer.write(batch).unwrap();
    writer.finish().unwrap();
    drop(writer);
    bytes.split(|b| *b == b'\n').filter(|l| !l.is_empty()).map(|l| serde_json::from_slice(l).unwrap()).collect()
}

/// Whether the readers are here; where they have to be and are not, that is a failure.
fn have_readers() -> bool {
    let found = Command::new("python3").args(["-c", "import deltalake, duckdb, pyarrow"]).output();
    if found.is_ok_and(|output| output.status.success()) {
        return true;
    }
    println!("not run: python3 with deltalake, duckdb and pyarrow is missing");
    assert!(std::env::var_os("CI").is_none(), "the readers have to be here in CI");
    false
}

fn python_rows(dir: &Path) -> Vec<(String, serde_json::Value)> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/table/read_table.py");
    let output = Command::new("python3").arg(script).arg(dir).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn assert_readers_agree(table: &Table, expected_rows: usize) {
    let ours = our_rows(table);
    assert_eq!(ours.len(), expected_rows);
    let theirs = python_rows(table.dir());
    for reader in ["by_deltalake", "by_duckdb"] {
        let theirs: Vec<_> = theirs.iter().filter(|(name, _)| name == reader).map(|(_, row)| row).collect();
        assert_eq!(theirs.len(), ours.len(), "{reader}");
        for (theirs, ours) in theirs.into_iter().zip(&ours) {
            assert_eq!(theirs, ours, "{reader}");
        }
    }
}

#[test]
fn independent_readers_see_every_row_and_type_through_log_checkpoint_and_compaction() {
    if !have_readers() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let world = World::system();
    let table = Table::create(&world, folder.path(), &data::spec()).unwrap();
    let sink = table.sink(&data::schema(), data::options()).unwrap();
    for round in 0..9i64 {
        let adds = sink.write(&[data::rows(round * 30 + 1..round * 30 + 31)]).unwrap();
        let transaction = Transaction::append(adds).with_txn("judge/0/events/0", round).with_info("judi.round", round);
        assert_eq!(table.commit(&transaction).unwrap(), Outcome::Committed { version: round + 1 });
    }
    assert_readers_agree(&table, 270);

    let snapshot = table.snapshot().unwrap();
    let policy = CompactionPolicy::default();
    let tasks = plan_compaction(&snapshot, &policy, i64::MAX, |_| true);
    assert_eq!(tasks.len(), 3);
    for task in &tasks {
        assert!(matches!(table.compact(task, &data::options()).unwrap(), Outcome::Committed { .. }));
    }
    // Version 10 was a checkpoint; a reader that cannot read it must not be saved by the older commits.
    let log = folder.path().join("_delta_log");
    assert!(log.join("00000000000000000010.checkpoint.parquet").exists());
    for version in 0..=10 {
        std::fs::remove_file(log.join(format!("{version:020}.json"))).unwrap();
    }
    let reopened = Table::open(&world, folder.path()).unwrap().unwrap();
    assert_eq!(reopened.snapshot().unwrap().version(), 12);
    assert_eq!(reopened.snapshot().unwrap().txn("judge/0/events/0"), Some(8));
    assert_eq!(reopened.snapshot().unwrap().files().len(), 3);
    assert_readers_agree(&reopened, 270);
}

#[test]
fn readers_see_null_in_older_files_for_columns_and_nested_fields_that_came_later() {
    if !have_readers() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let world = World::system();
    let table = Table::create(&world, folder.path(), &data::spec()).unwrap();
    let old = table.sink(&data::schema(), data::options()).unwrap().write(&[data::rows(1..20)]).unwrap();
    table.commit(&Transaction::append(old)).unwrap();

    let wider = Arc::new(wider_schema());
    let narrow = data::rows(20..40);
    let new = table.sink(&wider, data::options()).unwrap().write(&[narrow]).unwrap();
    let outcome = table.commit(&Transaction::append(new).with_schema(Arc::clone(&wider))).unwrap();
    assert_eq!(outcome, Outcome::Committed { version: 2 });
    let schema = Arc::clone(table.snapshot().unwrap().schema());
    assert!(schema.field_with_name("share").is_ok());
    assert_readers_agree(&table, 39);
}

fn wider_schema() -> Schema {
    let mut fields: Vec<Field> = data::schema().fields().iter().map(|field| field.as_ref().clone()).collect();
    for field in &mut fields {
        if let (true, DataType::Struct(children)) = (field.name() == "article_view", field.data_type()) {
            let mut children = children.to_vec();
            children.push(Arc::new(Field::new("section", DataType::Utf8, true)));
            *field = field.clone().with_data_type(DataType::Struct(children.into()));
        }
    }
    let share = vec![Field::new("channel", DataType::Utf8, true)];
    fields.insert(0, Field::new("share", DataType::Struct(share.into()), true));
    Schema::new(fields)
}

#[test]
fn timestamp_and_text_partitions_with_awkward_values_read_back_everywhere() {
    if !have_readers() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let world = World::system();
    let mut spec = data::spec();
    spec.partition_columns = vec!["event_time".into(), "event_id".into()];
    let table = Table::create(&world, folder.path(), &spec).unwrap();
    let sink = table.sink(&data::schema(), data::options()).unwrap();
    let adds = sink.write(&[awkward_ids(&data::rows(1..7))]).unwrap();
    assert_eq!(adds.len(), 6);
    table.commit(&Transaction::append(adds)).unwrap();
    assert_readers_agree(&table, 6);
}

fn awkward_ids(batch: &RecordBatch) -> RecordBatch {
    let ids = arrow::array::StringArray::from(vec![
        Some("a/b c%20d"),
        Some("å=ä?ö&#"),
        None,
        Some("2026-01-01 00:00:00"),
        Some("'quoted\" {x} +~"),
        Some("..-_.."),
    ]);
    let index = batch.schema().index_of("event_id").unwrap();
    let mut columns = batch.columns().to_vec();
    columns[index] = Arc::new(ids);
    RecordBatch::try_new(batch.schema(), columns).unwrap()
}
