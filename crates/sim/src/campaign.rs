//! Many seeds, on as many threads as asked for; the first failure ends it. And what people are told of it.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Instant;

use crate::{Failure, Options, run, shrink};

/// What many seeds came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Total {
    /// Seeds.
    pub seeds: u64,
    /// Events that were answered to be durable.
    pub acknowledged: u64,
    /// Rows in the end.
    pub rows: u64,
    /// How often what happened.
    pub counts: BTreeMap<&'static str, u64>,
}

/// Runs `seeds` seeds from `first` on; `progress` hears how many are done, now and then.
///
/// # Errors
/// The failure with the lowest seed of those that were found.
pub fn run_many(
    first: u64,
    seeds: u64,
    threads: usize,
    options: &Options,
    progress: impl Fn(u64) + Sync,
) -> Result<Total, Box<Failure>> {
    let next = AtomicU64::new(first);
    let (is_over, done) = (AtomicBool::new(false), AtomicU64::new(0));
    let total = Mutex::new(Total::default());
    let failed: Mutex<Option<Box<Failure>>> = Mutex::new(None);
    let work = || {
        while !is_over.load(Ordering::Relaxed) {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= first.saturating_add(seeds) {
                break;
            }
            match run(seed, options) {
                Ok(report) => {
                    let mut total = total.lock().unwrap_or_else(PoisonError::into_inner);
                    total.seeds += 1;
                    total.acknowledged += report.acknowledged;
                    total.rows += report.rows;
                    for (what, times) in report.counts {
                        *total.counts.entry(what).or_default() += times;
                    }
                }
                Err(failure) => {
                    is_over.store(true, Ordering::Relaxed);
                    let mut failed = failed.lock().unwrap_or_else(PoisonError::into_inner);
                    if failed.as_ref().is_none_or(|earlier| failure.seed < earlier.seed) {
                        *failed = Some(failure);
                    }
                }
            }
            progress(done.fetch_add(1, Ordering::Relaxed) + 1);
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..threads.max(1) {
            scope.spawn(work);
        }
    });
    match failed.into_inner().unwrap_or_else(PoisonError::into_inner) {
        Some(failure) => Err(failure),
        None => Ok(total.into_inner().unwrap_or_else(PoisonError::into_inner)),
    }
}

/// Runs one seed or many and tells of it: of one, its trace; of a failure, the end of the trace, what was broken, how to
/// replay it and the fewest faults that it needs.
///
/// # Errors
/// The text about a failure.
pub fn tell(
    first: u64,
    seeds: u64,
    threads: usize,
    options: &Options,
    progress: impl Fn(u64) + Sync,
) -> Result<String, String> {
    let started = Instant::now();
    let outcome = if seeds == 1 {
        run(first, options).map(|report| {
            let counts = report.counts.iter().map(|(what, times)| format!("{times} {what}")).collect::<Vec<_>>();
            let lines = [report.trace, vec![format!("trace {}", report.trace_hash), counts.join(", ")]].concat();
            lines.join("\n")
        })
    } else {
        run_many(first, seeds, threads, options, progress).map(|total| {
            let counts = total.counts.iter().map(|(what, times)| format!("\n{times:12} {what}")).collect::<String>();
            let Total { seeds, acknowledged, rows, .. } = total;
            let seconds = started.elapsed().as_secs_f64();
            format!("{seeds} seeds in {seconds:.1} s: {acknowledged} events acknowledged, {rows} rows{counts}")
        })
    };
    outcome.map_err(|failure| {
        let needed: Vec<String> = shrink(&failure, options).iter().map(|fault| format!("{fault:?}")).collect();
        format!("{failure}\nit needs no other faults than: {}", needed.join(", "))
    })
}
