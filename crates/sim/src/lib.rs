//! The simulator: the whole chain, from apps to rows, on one simulated disk, clock and network, from one seed.
//!
//! ```text
//!   devices ──► network ──► Event API ──► gate ──► log ──► judge ──► tables ◄── compaction, vacuum, readers
//!   (clocks,    (loses,      (router,     (group           (step     (Delta)
//!    retries)    doubles,     in the       commits          by step)
//!                reorders)    process)     by seed)
//!                       all on one disk that forgets, fails, fills up and crashes at any operation
//!
//!   oracle: what was sent, answered and read ──► the invariants of log, judge and table ──► Violation
//! ```
//!
//! The code that runs is production's; what is simulated is the world, and who does what when. A [`swarm`] is drawn for
//! each seed. The same seed gives the same trace; [`Report::trace_hash`] tells.
//!
//! [`process`] asks the same promise of the real binary, on the real operating system.

pub mod campaign;
mod devices;
mod gate;
mod machine;
mod oracle;
pub mod process;
mod readback;
mod runtime;
mod sabotage;
mod schemas;
mod simulation;
pub mod swarm;
mod trace;
mod violation;

use std::collections::BTreeMap;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

use thiserror::Error;

pub use sabotage::Sabotage;
use simulation::Simulation;
use swarm::FaultSet;
pub use violation::Violation;

/// How a seed is run.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Faults that the world does not have, whatever the seed draws.
    pub without: FaultSet,
    /// Whether all of the trace is kept, and not just its end.
    pub keeps_trace: bool,
    /// A promise that is broken on purpose.
    pub sabotage: Option<Sabotage>,
}

/// A run in which every promise was kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The seed.
    pub seed: u64,
    /// Of everything that happened: equal for equal seeds.
    pub trace_hash: String,
    /// The last lines of the trace, or all.
    pub trace: Vec<String>,
    /// The faults that the world had.
    pub faults: FaultSet,
    /// Events that were answered to be durable.
    pub acknowledged: u64,
    /// Rows in the end.
    pub rows: u64,
    /// How often what happened.
    pub counts: BTreeMap<&'static str, u64>,
}

/// A run that broke a promise.
#[derive(Debug, Error)]
pub struct Failure {
    /// The seed.
    pub seed: u64,
    /// What was broken.
    pub violation: Violation,
    /// The faults that the world had.
    pub faults: FaultSet,
    /// The end of the trace, or all of it.
    pub trace: Vec<String>,
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for line in &self.trace {
            writeln!(formatter, "{line}")?;
        }
        let faults: Vec<String> = self.faults.iter().map(|fault| format!("{fault:?}")).collect();
        writeln!(formatter, "seed {} broke a promise: {}", self.seed, self.violation)?;
        writeln!(formatter, "faults of this world: {}", faults.join(", "))?;
        write!(formatter, "replay: cargo xtask sim --seed {} --trace", self.seed)
    }
}

/// Runs the world of a seed.
///
/// # Errors
/// [`Failure`] when a promise was broken.
pub fn run(seed: u64, options: &Options) -> Result<Report, Box<Failure>> {
    let failure = |violation, faults, trace| Box::new(Failure { seed, violation, faults, trace });
    let mut simulation =
        Simulation::new(seed, options).map_err(|violation| failure(violation, FaultSet::NONE, Vec::new()))?;
    let faults = simulation.faults();
    let outcome = match catch_unwind(AssertUnwindSafe(|| simulation.run())) {
        Ok(outcome) => outcome,
        Err(panic) => {
            let text = panic.downcast_ref::<String>().cloned();
            let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
            Err(Violation::Panic { message: text.unwrap_or_default() })
        }
    };
    match outcome {
        Ok(()) => Ok(simulation.report(seed)),
        Err(violation) => Err(failure(violation, faults, simulation.trace.lines())),
    }
}

/// The fewest faults with which a seed still fails in the same way: classes are left out one by one.
#[must_use]
pub fn shrink(failure: &Failure, options: &Options) -> FaultSet {
    let mut without = options.without;
    for fault in failure.faults.iter() {
        let tried = Options { without: without.with(fault), keeps_trace: false, ..options.clone() };
        if run(failure.seed, &tried).is_err_and(|other| other.violation.id() == failure.violation.id()) {
            without = without.with(fault);
        }
    }
    failure.faults.without(without)
}
