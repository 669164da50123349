//! A checkpoint holds the whole state, the same bytes for the same state, and one that is damaged costs nothing.

use std::collections::BTreeMap;
use std::fs;

use judi_world::{LocalDisk, World};

use super::*;
use crate::AddFile;
use crate::delta_log;
use crate::table::{Table, TableSpec};
use crate::transaction::Transaction;

fn add(path: &str, day: Option<&str>) -> AddFile {
    AddFile {
        path: path.into(),
        size_bytes: 7,
        rows: 3,
        partition_values: BTreeMap::from([("day".to_owned(), day.map(str::to_owned))]),
        modification_time_ms: 5,
        stats_json: r#"{"numRecords":3}"#.into(),
        tags: BTreeMap::from([("judi.sort".to_owned(), "a,b".to_owned())]),
    }
}

fn table(dir: &Path) -> Table {
    let world = World::system();
    let fields = vec![Field::new("day", DataType::Date32, true), Field::new("a", DataType::Int64, true)];
    let spec = TableSpec {
        name: "t".into(),
        schema: Arc::new(Schema::new(fields)),
        partition_columns: vec!["day".into()],
        properties: BTreeMap::from([("judi.x".into(), "y".into())]),
    };
    let table = Table::create(&world, dir, &spec).unwrap();
    let adds = vec![add("day=2026-01-01/ä.parquet", Some("2026-01-01")), add("n.parquet", None)];
    for add in &adds {
        let path = dir.join(&add.path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "rows").unwrap();
    }
    table.commit(&Transaction::append(adds).with_txn("app", 4)).unwrap();
    let day = BTreeMap::from([("day".to_owned(), Some("2026-01-01".to_owned()))]);
    table.commit(&Transaction::replace(1, vec![day], Vec::new())).unwrap();
    table
}

fn assert_same(a: &Snapshot, b: &Snapshot) {
    assert_eq!(a.version, b.version);
    assert_eq!(a.schema, b.schema);
    assert_eq!(a.files, b.files);
    assert_eq!(a.txns, b.txns);
    assert_eq!(a.properties().collect::<Vec<_>>(), b.properties().collect::<Vec<_>>());
    assert_eq!((a.name(), a.table_id(), a.partition_columns()), (b.name(), b.table_id(), b.partition_columns()));
    assert_eq!(a.tombstones.keys().collect::<Vec<_>>(), b.tombstones.keys().collect::<Vec<_>>());
}

#[test]
fn a_checkpoint_alone_gives_back_the_whole_state() {
    let folder = tempfile::tempdir().unwrap();
    let table = table(folder.path());
    let snapshot = table.snapshot().unwrap();
    assert_eq!((snapshot.files.len(), snapshot.tombstones.len()), (1, 1));
    table.write_checkpoint(&snapshot).unwrap();
    let first = fs::read(checkpoint_path(folder.path(), 2)).unwrap();
    for version in 0..=2 {
        fs::remove_file(delta_log::commit_path(folder.path(), version)).unwrap();
    }
    let reopened = Table::open(&World::system(), folder.path()).unwrap().unwrap();
    assert_same(&reopened.snapshot().unwrap(), &snapshot);
    reopened.write_checkpoint(&reopened.snapshot().unwrap()).unwrap();
    assert_eq!(fs::read(checkpoint_path(folder.path(), 2)).unwrap(), first);
}

#[test]
fn removed_files_are_forgotten_after_the_retention() {
    let folder = tempfile::tempdir().unwrap();
    let snapshot = table(folder.path()).snapshot().unwrap();
    write(&LocalDisk, folder.path(), &snapshot, i64::MAX).unwrap();
    let read = read(&LocalDisk, folder.path(), 2).unwrap();
    assert!(read.tombstones.is_empty());
    assert_eq!(read.files, snapshot.files);
}

#[test]
fn a_damaged_checkpoint_or_hint_is_passed_over_for_the_commits() {
    let folder = tempfile::tempdir().unwrap();
    let table = table(folder.path());
    let snapshot = table.snapshot().unwrap();
    table.write_checkpoint(&snapshot).unwrap();
    let path = checkpoint_path(folder.path(), 2);
    let good = fs::read(&path).unwrap();
    for at in (0..good.len()).step_by(97) {
        let mut bad = good.clone();
        bad[at] ^= 0x40;
        fs::write(&path, &bad).unwrap();
        // A flipped bit may also be in a place that nobody looks at.
        let opened = delta_log::load(&LocalDisk, folder.path(), None);
        assert!(opened.is_ok(), "byte {at}: {opened:?}");
    }
    fs::write(&path, &good[..good.len() / 2]).unwrap();
    assert_same(&delta_log::load(&LocalDisk, folder.path(), None).unwrap().unwrap(), &snapshot);
    fs::write(log_folder(folder.path()).join(LAST_CHECKPOINT), "{\"version\":").unwrap();
    fs::write(&path, &good).unwrap();
    assert_same(&delta_log::load(&LocalDisk, folder.path(), None).unwrap().unwrap(), &snapshot);
}
