//! Damaged, foreign and incomplete logs: a clear error with file and line, never a panic, never a fork.

use std::fs;

use judi_world::LocalDisk;
use proptest::prelude::*;

use super::*;

const PROTOCOL: &str = r#"{"protocol":{"minReaderVersion":1,"minWriterVersion":2}}"#;
const METADATA: &str = r#"{"metaData":{"id":"i","format":{"provider":"parquet","options":{}},"schemaString":"{\"type\":\"struct\",\"fields\":[{\"name\":\"a\",\"type\":\"long\",\"nullable\":true,\"metadata\":{}}]}","partitionColumns":[],"configuration":{}}}"#;

fn add(path: &str) -> String {
    format!(
        r#"{{"add":{{"path":"{path}","partitionValues":{{}},"size":1,"modificationTime":1,"dataChange":true,"stats":"{{\"numRecords\":3}}"}}}}"#
    )
}

fn log(commits: &[&str]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(log_folder(folder.path())).unwrap();
    for (version, text) in (0..).zip(commits) {
        fs::write(commit_path(folder.path(), version), text).unwrap();
    }
    folder
}

fn load_in(folder: &tempfile::TempDir) -> Result<Option<Snapshot>, TableError> {
    load(&LocalDisk, folder.path(), None)
}

#[test]
fn a_log_of_another_writer_is_replayed() {
    let first = format!("{PROTOCOL}\n{METADATA}\n{}\n\n", add("x%20y"));
    let second = format!("{}\n{}", r#"{"remove":{"path":"x%20y","dataChange":true}}"#, add("z"));
    let folder = log(&[&first, &second]);
    let snapshot = load_in(&folder).unwrap().unwrap();
    assert_eq!(snapshot.version(), 1);
    assert_eq!(snapshot.files().keys().collect::<Vec<_>>(), ["z"]);
    assert_eq!(snapshot.rows(), Some(3));
    assert!(snapshot.tombstones.contains_key("x y"));
    let old = load(&LocalDisk, folder.path(), Some(0)).unwrap().unwrap();
    assert_eq!(old.files().keys().collect::<Vec<_>>(), ["x y"]);
    assert!(matches!(load(&LocalDisk, folder.path(), Some(2)), Err(TableError::MissingVersion { version: 2, .. })));
}

#[test]
fn damage_is_named_by_file_and_line() {
    let good = format!("{PROTOCOL}\n{METADATA}\n");
    let cases = [
        ("{\"add\":", 1),
        ("{}\n\nnonsense", 3),
        (r#"{"add":{"path":"../out","size":1,"modificationTime":1}}"#, 1),
        (r#"{"add":{"path":"p","size":-1,"modificationTime":1}}"#, 1),
        (r#"{"add":{"path":"p","size":1,"modificationTime":1,"deletionVector":{"a":1}}}"#, 1),
        (r#"{"metaData":{"id":"i","schemaString":"{}","partitionColumns":[]}}"#, 1),
    ];
    for (text, at) in cases {
        let folder = log(&[&good, text]);
        match load_in(&folder) {
            Err(TableError::CorruptLog { path, line, .. }) => {
                assert_eq!((path, line), (commit_path(folder.path(), 1), at), "{text}");
            }
            other => panic!("{text}: {other:?}"),
        }
    }
    let unset = log(&[PROTOCOL]);
    assert!(load_in(&unset).unwrap_err().to_string().contains("no schema up to version 0"));
}

#[test]
fn newer_protocols_missing_commits_and_no_table_at_all_are_told_apart() {
    let newer = log(&[&format!("{}\n{METADATA}", r#"{"protocol":{"minReaderVersion":3,"minWriterVersion":7}}"#)]);
    assert!(matches!(load_in(&newer), Err(TableError::UnsupportedProtocol { reader: 3, writer: 7, .. })));
    let gap = log(&[&format!("{PROTOCOL}\n{METADATA}"), "{}", "{}"]);
    fs::remove_file(commit_path(gap.path(), 1)).unwrap();
    assert!(load_in(&gap).unwrap_err().to_string().contains("the commit is missing"));
    fs::remove_file(commit_path(gap.path(), 0)).unwrap();
    assert!(matches!(load_in(&gap), Err(TableError::MissingVersion { version: 0, .. })));
    assert!(load_in(&log(&[])).unwrap().is_none());
    assert!(load(&LocalDisk, Path::new("/nowhere/at/all"), None).unwrap().is_none());
}

proptest! {
    #[test]
    fn no_bytes_in_a_commit_make_the_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), cut in 0..400usize) {
        let good = format!("{PROTOCOL}\n{METADATA}\n{}\n", add("p"));
        let folder = log(&[&good, ""]);
        fs::write(commit_path(folder.path(), 1), &bytes).unwrap();
        let _ = load_in(&folder);
        fs::write(commit_path(folder.path(), 1), &good.as_bytes()[..cut.min(good.len())]).unwrap();
        let _ = load_in(&folder);
    }
}
