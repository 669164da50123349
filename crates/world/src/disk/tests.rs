//! The promises of the local disk that everything above builds on.

use super::*;

#[test]
fn put_if_absent_lets_one_of_two_win_and_leaves_no_clutter() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("00.json");
    put_if_absent(&LocalDisk, &path, b"first", "a").unwrap();
    let second = put_if_absent(&LocalDisk, &path, b"second", "b").unwrap_err();
    assert_eq!(second.kind(), ErrorKind::AlreadyExists);
    assert_eq!(LocalDisk.read(&path).unwrap(), b"first");
    let names: Vec<_> = LocalDisk.list(folder.path()).unwrap().into_iter().map(|e| e.name).collect();
    assert_eq!(names, ["00.json"]);
}

#[test]
fn an_append_after_a_truncation_starts_at_the_new_end() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("segment");
    let mut file = LocalDisk.create(&path).unwrap();
    file.write_all(b"good torn").unwrap();
    file.truncate(4).unwrap();
    file.write_all(b"!").unwrap();
    file.sync_data().unwrap();
    assert_eq!(LocalDisk.read(&path).unwrap(), b"good!");
}

#[test]
fn a_lock_is_exclusive_until_it_is_dropped() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("lock");
    let held = LocalDisk.try_lock(&path).unwrap().expect("free");
    assert!(LocalDisk.try_lock(&path).unwrap().is_none());
    drop(held);
    assert!(LocalDisk.try_lock(&path).unwrap().is_some());
}

#[test]
fn an_open_file_stays_readable_after_its_name_is_removed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data");
    write_durably(&LocalDisk, &path, b"rows").unwrap();
    let open = LocalDisk.open(&path).unwrap();
    LocalDisk.remove(&path).unwrap();
    let mut buffer = [0; 4];
    open.read_exact_at(&mut buffer, 0).unwrap();
    assert_eq!(&buffer, b"rows");
}
