//! Many worlds, each from its seed; and one world twice.

use judi_sim::campaign::run_many;
use judi_sim::swarm::Fault;
use judi_sim::{Options, run};

/// What two cores of a development build go through in about a minute and a half. `JUDI_SEEDS` for more or fewer.
const SEEDS: u64 = 10_000;

fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).map_or(otherwise, |text| text.parse().unwrap())
}

#[test]
fn no_world_breaks_a_promise() {
    let (first, seeds) = (number("JUDI_SEED", 0), number("JUDI_SEEDS", SEEDS));
    let threads = std::thread::available_parallelism().map_or(2, usize::from);
    let total = match run_many(first, seeds, threads, &Options::default(), |_| {}) {
        Ok(total) => total,
        Err(failure) => panic!("{failure}"),
    };
    println!("{total:?}");
    if seeds < 1000 {
        return;
    }
    // The faults leave enough to check, and every kind of thing happens.
    assert!(total.rows > seeds * 5, "{total:?}");
    let kinds = [
        "answers",
        "deaths",
        "disk faults",
        "full disks",
        "publications",
        "compactions",
        "steps of a second judge",
        "second processes refused",
    ];
    for what in kinds {
        assert!(total.counts.get(what).is_some_and(|times| *times > seeds / 100), "{what} is rare: {total:?}");
    }
}

#[test]
fn a_seed_gives_the_same_world_again() {
    for seed in 0..40 {
        let traces = [(); 2].map(|()| run(seed, &Options { keeps_trace: true, ..Options::default() }).unwrap());
        assert_eq!(traces[0].trace, traces[1].trace, "seed {seed}");
        assert_eq!(traces[0], traces[1], "seed {seed}");
    }
}

#[test]
fn every_fault_is_in_some_world_and_no_world_is_like_another() {
    let reports: Vec<_> = (0..60).map(|seed| run(seed, &Options::default()).unwrap()).collect();
    for fault in Fault::ALL {
        let with = reports.iter().filter(|report| report.faults.has(fault)).count();
        assert!((6..55).contains(&with), "{with} of 60 worlds have {fault:?}");
    }
    let hashes: std::collections::BTreeSet<_> = reports.iter().map(|report| &report.trace_hash).collect();
    assert_eq!(hashes.len(), reports.len());
}
