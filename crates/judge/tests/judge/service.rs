//! The judge with its threads: what its handle promises, on a real folder and on a disk that is full for a while.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use judi_faults::SimWorld;
use judi_judge::{Judge, JudgeHandle, JudgeOptions};
use judi_log::{EmbeddedLog, Log, LogOptions, Positions};
use judi_world::World;

use crate::setting::{Form, Sent, append, block_on, counts, options, rows, schemas, sent};

fn open_log(world: &World, dir: &Path) -> Arc<dyn Log> {
    Arc::new(EmbeddedLog::open(world, dir, LogOptions { partitions: 2, ..LogOptions::default() }).unwrap())
}

fn ends(log: &dyn Log) -> Positions {
    let places = judi_log::Topic::ALL.into_iter().flat_map(|topic| (0..log.partitions()).map(move |p| (topic, p)));
    places.map(|(topic, p)| ((topic, p), log.bounds(topic, p).unwrap().end)).collect()
}

fn start(world: &World, log: &Arc<dyn Log>, root: &Path) -> JudgeHandle {
    let quick = JudgeOptions { commit_interval: Duration::from_millis(20), ..options(root) };
    Judge::start(world, Arc::clone(log), schemas(), quick).unwrap()
}

fn events(range: std::ops::Range<u32>) -> Vec<Sent> {
    let form = |n| if n % 10 == 0 { Form::Incomplete } else { Form::Fits };
    range.map(|n| sent(&format!("reader-{}", n % 17), &format!("{n:06}"), form(n)).imported("run")).collect()
}

#[test]
fn what_was_waited_for_is_in_the_tables_and_a_second_judge_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let (world, root) = (World::system(), folder.path());
    let log = open_log(&world, &root.join("log"));
    let judge = start(&world, &log, root);
    for batch in 0..10 {
        append(log.as_ref(), &schemas(), &events(batch * 100..(batch + 1) * 100));
    }
    block_on(judge.wait_until(&ends(log.as_ref()))).unwrap();
    assert_eq!(rows(&world, &root.join("tables")).len(), 1000);
    let tally = judge.tally("run");
    assert_eq!((tally.rows["article_view"], tally.quarantined, tally.duplicates), (900, 100, 0));
    // What comes before the stop is judged before it ends.
    append(log.as_ref(), &schemas(), &events(900..1100));
    judge.stop();
    assert_eq!(rows(&world, &root.join("tables")).len(), 1100);
    assert!(block_on(judge.wait_until(&Positions::from([((judi_log::Topic::Events, 0), u64::MAX)]))).is_err());

    let judge = start(&world, &log, root);
    append(log.as_ref(), &schemas(), &events(0..1200));
    block_on(judge.wait_until(&ends(log.as_ref()))).unwrap();
    let tally = judge.tally("run");
    assert_eq!((tally.total(), tally.duplicates), (1200, 1100));
    assert_eq!(judge.stats().totals.records(), 1200, "nothing is judged again after an orderly stop");
    drop(judge);
    assert_eq!(rows(&world, &root.join("tables")).len(), 1200);
    let (said, are) = counts(&world, &root.join("tables"));
    assert_eq!(said, are);
}

#[test]
fn a_full_disk_is_waited_out() {
    // The log has a disk of its own: only the judge's is full.
    let (log_world, sim) = (SimWorld::new(1), SimWorld::new(2));
    let log = open_log(&log_world.world(), Path::new("/log"));
    let root = Path::new("/judi");
    append(log.as_ref(), &schemas(), &events(0..50));
    // From the very beginning, so that not even the tables can be made.
    sim.disk.set_capacity(Some(64));
    let judge = start(&sim.world(), &log, root);
    assert!(judge.stats().trouble.is_some());
    sim.disk.set_capacity(None);
    block_on(judge.wait_until(&ends(log.as_ref()))).unwrap();
    assert_eq!(judge.stats().trouble, None);

    sim.disk.set_capacity(Some(sim.disk.used_bytes() + 100));
    append(log.as_ref(), &schemas(), &events(50..100));
    block_on(async {
        while judge.stats().trouble.is_none() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    });
    assert_eq!(rows(&sim.world(), &root.join("tables")).len(), 50, "what is there stays readable");
    sim.disk.set_capacity(None);
    block_on(judge.wait_until(&ends(log.as_ref()))).unwrap();
    assert_eq!(rows(&sim.world(), &root.join("tables")).len(), 100);
}

#[test]
fn a_judge_on_a_full_disk_can_be_stopped() {
    let (log_world, sim) = (SimWorld::new(1), SimWorld::new(2));
    let log = open_log(&log_world.world(), Path::new("/log"));
    sim.disk.set_capacity(Some(64));
    append(log.as_ref(), &schemas(), &events(0..50));
    let judge = start(&sim.world(), &log, Path::new("/judi"));
    judge.stop();
    sim.disk.set_capacity(None);
    let judge = start(&sim.world(), &log, Path::new("/judi"));
    block_on(judge.wait_until(&ends(log.as_ref()))).unwrap();
    assert_eq!(judge.tally("run").total(), 50);
}
