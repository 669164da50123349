//! One fault at a time on a simulated disk: full, failing, forgetting.

use std::path::Path;

use judi_faults::SimWorld;
use judi_log::{AppendError, EmbeddedLog, Log, OpenError, Positions, Topic};
use judi_world::Disk;

use crate::{append, small, values};

const FOLDER: &str = "/log";

fn open(sim: &SimWorld) -> EmbeddedLog {
    EmbeddedLog::open(&sim.world(), Path::new(FOLDER), small()).unwrap()
}

#[test]
fn a_full_disk_refuses_loses_nothing_and_goes_on_by_itself() {
    let sim = SimWorld::new(1);
    let log = open(&sim);
    append(&log, 0, &["before"]).unwrap();
    sim.disk.set_capacity(Some(sim.disk.used_bytes() + 20));
    // Into a segment there is, and into one that would have to be made.
    assert!(matches!(append(&log, 0, &["refused"]), Err(AppendError::NoSpace { partition: 0, .. })));
    assert!(matches!(append(&log, 1, &["refused"]), Err(AppendError::NoSpace { partition: 1, .. })));
    assert_eq!(values(&log, 0), ["before"]);
    sim.disk.set_capacity(None);
    assert_eq!(append(&log, 0, &["after"]).unwrap(), 1);
    assert_eq!(append(&log, 1, &["after"]).unwrap(), 0);
    drop(log);
    sim.disk.restart();
    let log = open(&sim);
    assert_eq!(values(&log, 0), ["before", "after"]);
    assert_eq!(values(&log, 1), ["after"]);
}

#[test]
fn a_full_disk_at_the_start_with_a_torn_end_still_opens_and_reads() {
    let sim = SimWorld::new(2);
    append(&open(&sim), 0, &["kept"]).unwrap();
    let segment = Path::new(FOLDER).join("events/0/00000000000000000000.segment");
    let mut file = sim.disk.append(&segment).unwrap();
    std::io::Write::write_all(&mut file, b"a torn end").unwrap();
    sim.disk.set_capacity(Some(0));
    let log = open(&sim);
    assert_eq!(values(&log, 0), ["kept"]);
    assert!(matches!(append(&log, 0, &["refused"]), Err(AppendError::NoSpace { .. })));
    log.commit("judge", &Positions::from([((Topic::Events, 0), 1)])).unwrap_err();
    assert_eq!(log.committed("judge").unwrap(), Positions::new());
    sim.disk.set_capacity(None);
    // The torn end could not be moved, so a new segment follows it.
    assert_eq!(append(&log, 0, &["after"]).unwrap(), 1);
    assert_eq!(values(&log, 0), ["kept", "after"]);
    drop(log);
    assert_eq!(values(&open(&sim), 0), ["kept", "after"]);
}

#[test]
fn what_a_failed_sync_left_is_never_served_and_its_offsets_are_used_again() {
    // Over the operations of one append: its write, its sync, and what follows them.
    for nth in 0..2 {
        let sim = SimWorld::new(3);
        let log = open(&sim);
        append(&log, 0, &["first"]).unwrap();
        sim.disk.fail_operation(nth);
        assert!(matches!(append(&log, 0, &["lost"]), Err(AppendError::Io { .. })));
        assert_eq!(values(&log, 0), ["first"]);
        assert_eq!(append(&log, 0, &["second"]).unwrap(), 1);
        assert_eq!(values(&log, 0), ["first", "second"]);
        drop(log);
        sim.disk.restart();
        assert_eq!(values(&open(&sim), 0), ["first", "second"], "operation {nth}");
    }
}

#[test]
fn a_failed_sync_whose_tail_cannot_be_cut_off_is_left_behind() {
    let sim = SimWorld::new(4);
    let log = open(&sim);
    append(&log, 0, &["first"]).unwrap();
    sim.disk.fail_operation(1);
    sim.disk.fail_operation(2);
    append(&log, 0, &["lost", "as well"]).unwrap_err();
    assert_eq!(append(&log, 0, &["second"]).unwrap(), 1);
    drop(log);
    sim.disk.restart();
    let log = open(&sim);
    assert_eq!(values(&log, 0), ["first", "second"]);
    assert_eq!(append(&log, 0, &["third"]).unwrap(), 2);
}

#[test]
fn a_segment_that_could_not_be_made_leaves_nothing_in_the_way() {
    for nth in 0..4 {
        let sim = SimWorld::new(5);
        let log = open(&sim);
        sim.disk.fail_operation(nth);
        append(&log, 0, &["lost"]).unwrap_err();
        assert_eq!(append(&log, 0, &["first"]).unwrap(), 0);
        drop(log);
        sim.disk.restart();
        assert_eq!(values(&open(&sim), 0), ["first"], "operation {nth}");
    }
}

#[test]
fn records_left_unsynced_by_a_dead_process_are_synced_before_they_are_served() {
    let sim = SimWorld::new(6);
    let log = open(&sim);
    append(&log, 0, &["first"]).unwrap();
    // The machine stops between the write and the sync of this one; only the process dies of it.
    sim.disk.crash_at_operation(1);
    append(&log, 0, &["second"]).unwrap_err();
    sim.disk.kill();
    drop(log);
    let log = open(&sim);
    assert_eq!(values(&log, 0), ["first", "second"]);
    drop(log);
    sim.disk.restart();
    assert_eq!(values(&open(&sim), 0), ["first", "second"]);
}

#[test]
fn what_a_failed_sync_left_to_the_next_process_is_written_again_before_it_is_served() {
    // Neither the sync nor the cutting off of an append to a segment succeed; of one that makes a segment, neither the
    // sync nor the removal.
    for before in [&["first"][..], &[]] {
        let sim = SimWorld::new(8);
        let log = open(&sim);
        if !before.is_empty() {
            append(&log, 0, before).unwrap();
        }
        let sync = if before.is_empty() { 2 } else { 1 };
        sim.disk.fail_operation(sync);
        sim.disk.fail_operation(sync + 1);
        append(&log, 0, &["in doubt"]).unwrap_err();
        sim.disk.kill();
        drop(log);
        let log = open(&sim);
        let served = values(&log, 0);
        assert_eq!(served, [before, &["in doubt"]].concat());
        drop(log);
        sim.disk.restart();
        assert_eq!(values(&open(&sim), 0), served);
    }
}

#[test]
fn a_segment_whose_name_a_dead_process_left_unsynced_outlives_the_machine_once_it_was_served() {
    // Whether an unsynced name survives a crash is up to the seed; over several, some would be lost.
    for seed in 0..16 {
        let sim = SimWorld::new(seed);
        let log = open(&sim);
        // Made, written and synced, but for the folder.
        sim.disk.crash_at_operation(3);
        append(&log, 0, &["first"]).unwrap_err();
        sim.disk.kill();
        drop(log);
        assert_eq!(values(&open(&sim), 0), ["first"]);
        sim.disk.restart();
        assert_eq!(values(&open(&sim), 0), ["first"], "seed {seed}");
    }
}

#[test]
fn a_changed_byte_is_refused_on_the_simulated_disk_too() {
    let sim = SimWorld::new(7);
    let log = open(&sim);
    append(&log, 0, &["first"]).unwrap();
    append(&log, 0, &["second"]).unwrap();
    drop(log);
    let segment = Path::new(FOLDER).join("events/0/00000000000000000000.segment");
    sim.disk.corrupt(&segment, 50).unwrap();
    let opened = EmbeddedLog::open(&sim.world(), Path::new(FOLDER), small());
    assert!(matches!(opened, Err(OpenError::Corrupt { position: 40, .. })), "{opened:?}");
}
