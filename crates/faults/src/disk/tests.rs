//! The simulated disk keeps what the trait promises, and nothing more.

use std::io::Write;

use super::*;

const FILE: &str = "/data/file";

fn disk(seed: u64) -> SimDisk {
    let disk = SimDisk::new(seed);
    disk.create_dir_all(Path::new("/data")).unwrap();
    disk
}

fn folder() -> &'static Path {
    Path::new("/data")
}

/// What the runs of many seeds leave of a file, in order and without repetition.
fn outcomes(run: impl Fn(&SimDisk)) -> Vec<Option<Vec<u8>>> {
    let after = |seed| {
        let disk = disk(seed);
        run(&disk);
        disk.restart();
        disk.read(Path::new(FILE)).ok()
    };
    let mut outcomes: Vec<_> = (0..200).map(after).collect();
    outcomes.sort();
    outcomes.dedup();
    outcomes
}

#[test]
fn synced_bytes_under_a_synced_name_survive_and_unsynced_ones_do_as_they_like() {
    let outcomes = outcomes(|disk| {
        let mut file = disk.create(Path::new(FILE)).unwrap();
        file.write_all(b"safe").unwrap();
        file.sync_data().unwrap();
        disk.sync_dir(folder()).unwrap();
        file.write_all(b"loose").unwrap();
    });
    assert!(outcomes.iter().all(|bytes| bytes.as_ref().is_some_and(|bytes| bytes.starts_with(b"safe"))));
    let with = |wanted: &[u8]| outcomes.iter().flatten().any(|bytes| bytes == wanted);
    assert!(with(b"safe") && with(b"safelo") && with(b"safeloose") && with(b"safe\0\0\0\0\0"), "{outcomes:?}");
}

#[test]
fn a_name_that_was_not_synced_may_be_lost_with_its_synced_bytes() {
    let outcomes = outcomes(|disk| {
        let mut file = disk.create(Path::new(FILE)).unwrap();
        file.write_all(b"safe").unwrap();
        file.sync_data().unwrap();
    });
    assert_eq!(outcomes, [None, Some(b"safe".to_vec())]);
}

#[test]
fn an_unsynced_replacement_leaves_the_old_file_or_the_new_one() {
    let outcomes = outcomes(|disk| {
        judi_world::write_durably(disk, Path::new(FILE), b"old").unwrap();
        let mut file = disk.create(Path::new("/data/other")).unwrap();
        file.write_all(b"new").unwrap();
        file.sync_data().unwrap();
        disk.rename(Path::new("/data/other"), Path::new(FILE)).unwrap();
    });
    assert_eq!(outcomes, [Some(b"new".to_vec()), Some(b"old".to_vec())]);
}

#[test]
fn what_a_failed_sync_lost_stays_lost_though_a_later_sync_succeeds() {
    let disk = disk(1);
    let mut file = disk.create(Path::new(FILE)).unwrap();
    file.write_all(b"lost").unwrap();
    disk.fail_operation(0);
    file.sync_data().unwrap_err();
    file.write_all(b"kept").unwrap();
    file.sync_data().unwrap();
    disk.sync_dir(folder()).unwrap();
    assert_eq!(disk.read(Path::new(FILE)).unwrap(), b"lostkept");
    disk.restart();
    assert_eq!(disk.read(Path::new(FILE)).unwrap(), b"\0\0\0\0kept");
}

#[test]
fn a_full_disk_takes_what_fits_and_recovers_when_there_is_room() {
    let disk = disk(1);
    disk.set_capacity(Some(6));
    let mut file = disk.create(Path::new(FILE)).unwrap();
    assert_eq!(file.write(b"12345678").unwrap(), 6);
    assert_eq!(file.write(b"78").unwrap_err().kind(), ErrorKind::StorageFull);
    assert_eq!(disk.create(Path::new("/data/more")).err().unwrap().kind(), ErrorKind::StorageFull);
    disk.set_capacity(None);
    file.write_all(b"78").unwrap();
    assert_eq!((disk.read(Path::new(FILE)).unwrap().as_slice(), disk.used_bytes()), (b"12345678".as_slice(), 8));
}

#[test]
fn a_crash_ends_every_operation_and_every_handle_of_that_life() {
    let disk = disk(7);
    let held = disk.try_lock(Path::new("/data/lock")).unwrap().unwrap();
    let mut file = disk.create(Path::new(FILE)).unwrap();
    disk.crash_at_operation(1);
    file.write_all(b"a").unwrap();
    file.sync_data().unwrap_err();
    assert!(disk.is_crashed());
    disk.exists(Path::new(FILE)).unwrap_err();
    disk.restart();
    file.write_all(b"b").unwrap_err();
    let again = disk.try_lock(Path::new("/data/lock")).unwrap();
    assert!(again.is_some());
    drop(held);
    assert!(disk.try_lock(Path::new("/data/lock")).unwrap().is_none(), "an old lock's end must not release a new one");
}

#[test]
fn a_killed_process_leaves_its_bytes_and_frees_its_locks() {
    let disk = disk(3);
    let _held = disk.try_lock(Path::new("/data/lock")).unwrap().unwrap();
    disk.create(Path::new(FILE)).unwrap().write_all(b"unsynced").unwrap();
    disk.kill();
    assert_eq!(disk.read(Path::new(FILE)).unwrap(), b"unsynced");
    assert!(disk.try_lock(Path::new("/data/lock")).unwrap().is_some());
}

#[test]
fn put_if_absent_and_listing_work_as_on_a_real_disk() {
    let disk = disk(5);
    judi_world::put_if_absent(&disk, Path::new(FILE), b"first", "a").unwrap();
    let second = judi_world::put_if_absent(&disk, Path::new(FILE), b"second", "b").unwrap_err();
    assert_eq!(second.kind(), ErrorKind::AlreadyExists);
    disk.create_dir_all(Path::new("/data/inner/most")).unwrap();
    let entries: Vec<_> = disk.list(folder()).unwrap().into_iter().map(|e| (e.name, e.size_bytes, e.is_dir)).collect();
    assert_eq!(entries, [("file".to_owned(), 5, false), ("inner".to_owned(), 0, true)]);
    assert_eq!(disk.list(Path::new("/nowhere")).unwrap_err().kind(), ErrorKind::NotFound);
}

#[test]
fn the_same_seed_crashes_the_same_way() {
    let run = |seed| {
        let disk = disk(seed);
        let mut file = disk.create(Path::new(FILE)).unwrap();
        disk.sync_dir(folder()).unwrap();
        file.write_all(&[b'x'; 5000]).unwrap();
        disk.restart();
        disk.read(Path::new(FILE)).unwrap()
    };
    assert!((0..50).all(|seed| run(seed) == run(seed)));
    assert!((0..50).any(|seed| run(seed) != run(seed + 1)));
}

#[test]
fn a_fork_goes_its_own_way() {
    let disk = disk(1);
    let mut file = disk.create(Path::new(FILE)).unwrap();
    file.write_all(b"both").unwrap();
    disk.fail_operation(0);
    let fork = disk.fork(2);
    assert_eq!(fork.read(Path::new(FILE)).unwrap(), b"both", "what is not synced is there, and the fault is not");
    fork.remove(Path::new(FILE)).unwrap();
    assert!(disk.exists(Path::new("/data")).is_err(), "the fault was the first disk's");
    assert_eq!(disk.read(Path::new(FILE)).unwrap(), b"both");
}

#[test]
fn a_disk_that_lies_about_syncs_loses_what_it_said_it_has() {
    let lost = outcomes(|disk| {
        disk.lie_about_syncs();
        let mut file = disk.create(Path::new(FILE)).unwrap();
        file.write_all(b"mine").unwrap();
        file.sync_data().unwrap();
        disk.sync_dir(folder()).unwrap();
    });
    assert!(lost.contains(&None), "the name is gone");
}

#[test]
fn faults_to_come_can_be_taken_back() {
    let disk = disk(1);
    disk.fail_operation(0);
    disk.crash_at_operation(1);
    disk.forget_faults();
    assert!(disk.exists(folder()).unwrap() && disk.exists(folder()).unwrap());
}
