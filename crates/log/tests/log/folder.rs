//! On a folder of the operating system's disk.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use judi_log::{
    AppendError, Bounds, EmbeddedLog, FetchError, GroupError, Log, LogOptions, OpenError, Positions, Retention, Topic,
};
use judi_world::{LocalDisk, World};

use crate::{append, batch, read_from, record, small, values, wait};

fn open(folder: &Path) -> EmbeddedLog {
    EmbeddedLog::open(&World::system(), folder, small()).unwrap()
}

fn segments(folder: &Path, partition: u32) -> Vec<PathBuf> {
    let place = folder.join("events").join(partition.to_string());
    let mut paths: Vec<PathBuf> = std::fs::read_dir(place).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

fn numbered(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("{number:0100}")).collect()
}

/// Appends numbered values one at a time, so that each is a write of its own.
fn append_numbered(log: &EmbeddedLog, count: usize) -> Vec<String> {
    let all = numbered(count);
    for value in &all {
        append(log, 0, &[value]).unwrap();
    }
    all
}

#[test]
fn a_log_reopened_is_the_same_log() {
    let folder = tempfile::tempdir().unwrap();
    let log = open(folder.path());
    let id = log.id();
    let written = append_numbered(&log, 100);
    assert_eq!(append(&log, 1, &["a", "b"]).unwrap(), 0);
    assert_eq!(append(&log, 1, &["c"]).unwrap(), 2);
    assert!(segments(folder.path(), 0).len() > 2);
    drop(log);
    let log = open(folder.path());
    assert_eq!(log.id(), id);
    assert_eq!(values(&log, 0), written);
    assert_eq!(values(&log, 1), ["a", "b", "c"]);
    assert_eq!(append(&log, 1, &["d"]).unwrap(), 3);
    assert_eq!(log.bounds(Topic::Events, 1).unwrap(), Bounds { start: 0, end: 4 });
    assert_eq!(log.bounds(Topic::Quarantine, 1).unwrap(), Bounds { start: 0, end: 0 });
}

#[test]
fn a_fetch_from_any_offset_with_any_size_reads_the_same_records() {
    let folder = tempfile::tempdir().unwrap();
    let options = LogOptions { segment_bytes: 300_000, ..small() };
    let log = EmbeddedLog::open(&World::system(), folder.path(), options.clone()).unwrap();
    // Records from a few bytes to more than is read at once, several to a write, in several segments.
    let sizes = |number: usize| [3, 500, 40_000, 0, 7_000, 200_000][number % 6];
    let records: Vec<_> = (0..40).map(|n| record(vec![n as u8; sizes(n)], 0)).collect();
    for group in records.chunks(3) {
        wait(log.append(Topic::Events, 0, group.to_vec())).unwrap();
    }
    drop(log);
    for max_bytes in [0, 1, 5_000, 100_000, usize::MAX] {
        // A log just opened knows no landmarks but the last segment's.
        let log = EmbeddedLog::open(&World::system(), folder.path(), options.clone()).unwrap();
        for from in [39, 20, 0, 7, 20] {
            let fetched = read_from(&log, Topic::Events, 0, from as u64, max_bytes).unwrap();
            let fetched: Vec<_> = fetched.into_iter().map(|fetched| fetched.record).collect();
            assert!(fetched == records[from..], "from {from} by {max_bytes}");
        }
    }
}

#[test]
fn concurrent_producers_each_find_their_records_in_their_order_exactly_once() {
    let folder = tempfile::tempdir().unwrap();
    let log = EmbeddedLog::open(
        &World::system(),
        folder.path(),
        LogOptions { segment_bytes: 50_000, ..LogOptions::default() },
    )
    .unwrap();
    let log: Arc<dyn Log> = Arc::new(log);
    let producers: Vec<_> = (0..8)
        .map(|producer| {
            let log = Arc::clone(&log);
            std::thread::spawn(move || {
                for round in 0..25 {
                    let batches = (0..4)
                        .map(|p| {
                            batch(
                                Topic::Events,
                                p,
                                (0..5).map(|n| record(format!("{producer} {:06}", round * 5 + n), 0)).collect(),
                            )
                        })
                        .collect();
                    assert!(wait(log.append_many(batches)).iter().all(Result::is_ok));
                }
            })
        })
        .collect();
    producers.into_iter().for_each(|producer| producer.join().unwrap());
    for partition in 0..4 {
        let mut by_producer: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for value in values(log.as_ref(), partition) {
            by_producer.entry(value[..1].to_owned()).or_default().push(value[2..].to_owned());
        }
        let expected: Vec<String> = (0..125).map(|number| format!("{number:06}")).collect();
        assert_eq!(by_producer.len(), 8);
        assert!(by_producer.values().all(|seen| *seen == expected));
    }
}

#[test]
fn the_torn_end_of_a_write_is_moved_aside_and_the_log_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let written = append_numbered(&open(folder.path()), 3);
    let segment = segments(folder.path(), 0).remove(0);
    let whole = std::fs::read(&segment).unwrap();
    std::fs::OpenOptions::new().append(true).open(&segment).unwrap().write_all(b"half a record").unwrap();
    let log = open(folder.path());
    assert_eq!(std::fs::read(&segment).unwrap(), whole);
    let torn = segment.with_file_name(format!("{:020}.segment.{}.torn", 0, whole.len()));
    assert_eq!(std::fs::read(torn).unwrap(), b"half a record");
    assert_eq!(values(&log, 0), written);
    assert_eq!(append(&log, 0, &["next"]).unwrap(), 3);
}

#[test]
fn a_changed_byte_in_the_last_segment_keeps_the_log_shut_and_is_named() {
    let folder = tempfile::tempdir().unwrap();
    append_numbered(&open(folder.path()), 5);
    let segment = segments(folder.path(), 0).remove(0);
    let mut bytes = std::fs::read(&segment).unwrap();
    // The second record begins at 40 + 32 + 6 + 100.
    bytes[200] ^= 1;
    std::fs::write(&segment, &bytes).unwrap();
    match EmbeddedLog::open(&World::system(), folder.path(), small()) {
        Err(OpenError::Corrupt { path, position, .. }) => assert_eq!((path, position), (segment.clone(), 178)),
        other => panic!("{other:?}"),
    }
    assert_eq!(std::fs::read(&segment).unwrap(), bytes, "nothing was touched");
}

#[test]
fn a_changed_byte_in_a_sealed_segment_stops_the_reader_there_and_is_named() {
    let folder = tempfile::tempdir().unwrap();
    append_numbered(&open(folder.path()), 100);
    let segment = segments(folder.path(), 0).remove(1);
    let mut bytes = std::fs::read(&segment).unwrap();
    bytes[200] ^= 1;
    std::fs::write(&segment, &bytes).unwrap();
    let log = open(folder.path());
    match read_from(&log, Topic::Events, 0, 0, 1000) {
        Err(FetchError::Corrupt { path, position, .. }) => assert_eq!((path, position), (segment.clone(), 178)),
        other => panic!("{other:?}"),
    }
    // A segment cut off in the middle of its records is no shorter log.
    bytes[200] ^= 1;
    bytes.truncate(300);
    std::fs::write(&segment, &bytes).unwrap();
    drop(log);
    let cut = read_from(&open(folder.path()), Topic::Events, 0, 0, 1000);
    assert!(matches!(cut, Err(FetchError::Corrupt { position: 178, .. })), "{cut:?}");
}

#[test]
fn a_log_is_open_in_one_place_with_the_partitions_it_was_made_with() {
    let folder = tempfile::tempdir().unwrap();
    let log = open(folder.path());
    let again = EmbeddedLog::open(&World::system(), folder.path(), small());
    assert!(matches!(again, Err(OpenError::Locked { .. })), "{again:?}");
    drop(log);
    let more = EmbeddedLog::open(&World::system(), folder.path(), LogOptions { partitions: 3, ..small() });
    assert!(matches!(more, Err(OpenError::Partitions { made_with: 2, asked: 3, .. })), "{more:?}");
    let none = EmbeddedLog::open(&World::system(), folder.path(), LogOptions { partitions: 0, ..small() });
    assert!(matches!(none, Err(OpenError::Option { option: "partitions", value: 0, .. })), "{none:?}");
}

#[test]
fn a_lost_identity_is_not_replaced_by_a_new_one() {
    let folder = tempfile::tempdir().unwrap();
    append(&open(folder.path()), 0, &["a"]).unwrap();
    std::fs::remove_file(folder.path().join("log.json")).unwrap();
    let opened = EmbeddedLog::open(&World::system(), folder.path(), small());
    assert!(matches!(opened, Err(OpenError::Corrupt { .. })), "{opened:?}");
}

#[test]
fn what_cannot_be_appended_is_refused_and_the_rest_of_the_call_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let log =
        EmbeddedLog::open(&World::system(), folder.path(), LogOptions { record_bytes_max: 50, ..small() }).unwrap();
    let outcomes = wait(log.append_many(vec![
        batch(Topic::Events, 0, vec![record("fits", 0), record("x".repeat(45), 0)]),
        batch(Topic::Events, 2, vec![record("nowhere", 0)]),
        batch(Topic::Events, 1, Vec::new()),
        batch(Topic::Events, 1, vec![record("x".repeat(44), 0)]),
    ]));
    assert!(matches!(outcomes[0], Err(AppendError::TooLarge { bytes: 51, bytes_max: 50 })), "{outcomes:?}");
    assert!(matches!(outcomes[1], Err(AppendError::NoPartition { partition: 2, partitions: 2 })), "{outcomes:?}");
    assert!(matches!(outcomes[2..], [Ok(0), Ok(0)]), "{outcomes:?}");
    assert_eq!(values(&log, 0), Vec::<String>::new());
    assert!(matches!(log.fetch(Topic::Events, 2, 0, 1), Err(FetchError::NoPartition { .. })));
    assert!(matches!(log.fetch(Topic::Events, 1, 2, 1), Err(FetchError::Beyond { end: 1, .. })));
    log.close();
    assert!(matches!(append(&log, 0, &["late"]), Err(AppendError::Closed)));
    assert_eq!(log.fetch(Topic::Events, 1, 0, 1).unwrap().records.len(), 1, "a closed log can still be read");
}

#[test]
fn a_waiting_consumer_is_woken_when_records_are_durable() {
    let folder = tempfile::tempdir().unwrap();
    let log = open(folder.path());
    let mut changed = log.changed();
    let woken = std::thread::spawn(move || {
        wait(changed.changed()).unwrap();
        *changed.borrow()
    });
    append(&log, 1, &["a", "b"]).unwrap();
    assert_eq!(woken.join().unwrap(), 2);
    assert_eq!(log.fetch(Topic::Events, 1, 0, 100).unwrap().records.len(), 2);
}

#[test]
fn a_groups_positions_are_kept_merged_and_checked() {
    let folder = tempfile::tempdir().unwrap();
    let log = open(folder.path());
    assert_eq!(log.committed("judge").unwrap(), Positions::new());
    log.commit("judge", &Positions::from([((Topic::Events, 0), 7), ((Topic::Quarantine, 1), 2)])).unwrap();
    log.commit("judge", &Positions::from([((Topic::Events, 0), 9)])).unwrap();
    log.commit("other", &Positions::from([((Topic::Events, 1), 1)])).unwrap();
    log.forget("other").unwrap();
    log.forget("nobody").unwrap();
    let unknown = log.commit("judge", &Positions::from([((Topic::Events, 2), 1)]));
    assert!(matches!(unknown, Err(GroupError::NoPartition { partition: 2, .. })), "{unknown:?}");
    for name in ["", ".hidden", "a/b", "é", &"x".repeat(101)] {
        assert!(matches!(log.commit(name, &Positions::new()), Err(GroupError::BadName { .. })), "{name}");
    }
    drop(log);
    let log = open(folder.path());
    assert_eq!(
        log.committed("judge").unwrap(),
        Positions::from([((Topic::Events, 0), 9), ((Topic::Quarantine, 1), 2)])
    );
    assert_eq!(log.committed("other").unwrap(), Positions::new());
}

#[test]
fn retention_removes_what_every_group_has_read_and_says_so_to_who_asks_for_it() {
    let folder = tempfile::tempdir().unwrap();
    let log = open(folder.path());
    let written = append_numbered(&log, 100);
    let everything = Retention { age_max: None, bytes_max: Some(0) };
    log.commit("slow", &Positions::from([((Topic::Events, 0), 0)])).unwrap();
    log.commit("fast", &Positions::from([((Topic::Events, 0), 100)])).unwrap();
    assert_eq!(log.retain(&everything).unwrap().removed_records, 0);
    log.commit("slow", &Positions::from([((Topic::Events, 0), 60)])).unwrap();
    let before = segments(folder.path(), 0).len();
    let retained = log.retain(&everything).unwrap();
    let bounds = log.bounds(Topic::Events, 0).unwrap();
    assert!(bounds.start > 30 && bounds.start <= 60 && bounds.end == 100, "{bounds:?}");
    assert_eq!(retained.removed_records, bounds.start);
    assert!(segments(folder.path(), 0).len() < before);
    let gone = log.fetch(Topic::Events, 0, bounds.start - 1, 100);
    assert!(matches!(gone, Err(FetchError::Gone { start, .. }) if start == bounds.start), "{gone:?}");
    log.forget("slow").unwrap();
    drop(log);
    let log = open(folder.path());
    assert_eq!(values(&log, 0), written[bounds.start as usize..]);
    // By age: these records are of 1970.
    let month = Retention { age_max: Some(Duration::from_secs(30 * 86_400)), bytes_max: None };
    log.retain(&month).unwrap();
    assert_eq!(segments(folder.path(), 0).len(), 1, "only the segment that is written to stays");
    assert_eq!(append(&log, 0, &["next"]).unwrap(), 100);
}

#[test]
fn the_local_disk_and_the_log_share_one_lock_file() {
    let folder = tempfile::tempdir().unwrap();
    let _log = open(folder.path());
    let held = judi_world::Disk::try_lock(&LocalDisk, &folder.path().join("lock")).unwrap();
    assert!(held.is_none());
}
