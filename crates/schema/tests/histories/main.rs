//! Verdicts are proved by execution: random histories of a schema, with senders of all its versions at once.
//!
//! Each history is twenty versions, drawn from one seed. Every change carries the row of the verdict table that it is
//! of; Judi's checker must give that verdict, and what the verdict promises must hold in the table.
//!
//! `JUDI_HISTORIES=100000` runs so many; `JUDI_SEED=7` begins at that seed, `JUDI_HISTORIES=1` replays it alone.

mod cell;
mod chance;
mod encode;
mod history;
mod leaves;
mod model;
mod mutate;
mod oracle;
mod print;
mod queries;
mod run;
mod senders;
mod server;
mod table;
mod tally;
mod values;

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use tally::Tally;

/// How many histories a test run is.
const HISTORIES: u64 = 2_000;
/// Of fewer histories not every row of the table occurs.
const HISTORIES_COMPLETE_MIN: u64 = 200;
const THREADS: usize = 2;

#[test]
fn every_verdict_holds_in_execution() {
    let number = |name: &str, or: u64| {
        std::env::var(name).map_or(or, |text| text.parse().unwrap_or_else(|_| panic!("{name}={text} is no number")))
    };
    let (first, histories) = (number("JUDI_SEED", 1), number("JUDI_HISTORIES", HISTORIES));
    let start = Instant::now();
    let next = AtomicU64::new(first);
    let mut tally = Tally::default();
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..THREADS).map(|_| scope.spawn(|| some(&next, first + histories))).collect();
        for worker in workers {
            match worker.join() {
                Ok(own) => tally.add(own),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
    });
    println!("seeds {first} to {}: {:.1?}\n{tally}", first + histories - 1, start.elapsed());
    if histories >= HISTORIES_COMPLETE_MIN {
        assert_eq!(tally.missing(), [], "rows of the verdict table that did not occur");
    }
}

fn some(next: &AtomicU64, end: u64) -> Tally {
    let mut tally = Tally::default();
    loop {
        let seed = next.fetch_add(1, Ordering::Relaxed);
        if seed >= end {
            return tally;
        }
        match std::panic::catch_unwind(|| run::run(seed)) {
            Ok(own) => tally.add(own),
            Err(panic) => {
                eprintln!("replay with JUDI_SEED={seed} JUDI_HISTORIES=1");
                next.store(end, Ordering::Relaxed);
                std::panic::resume_unwind(panic);
            }
        }
    }
}
