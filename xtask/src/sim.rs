//! `cargo xtask sim`: worlds from seeds, run again or in great numbers.

use std::thread::available_parallelism;

use clap::Args;
use judi_sim::Options;
use judi_sim::campaign::tell;

use crate::failure::Failure;

/// Which worlds.
#[derive(Debug, Args)]
pub(crate) struct Sim {
    /// The first seed.
    #[arg(long, value_name = "N")]
    seed: u64,
    /// How many, from there on.
    #[arg(long, value_name = "COUNT", default_value_t = 1)]
    seeds: u64,
    /// Print all of the trace, not just its end.
    #[arg(long)]
    trace: bool,
}

/// Runs the command.
pub(crate) fn run(sim: &Sim) -> Result<(), Failure> {
    let options = Options { keeps_trace: sim.trace, ..Options::default() };
    let threads = available_parallelism().map_or(1, usize::from);
    let every = (sim.seeds / 50).max(1);
    let told = tell(sim.seed, sim.seeds, threads, &options, |done| {
        if done.is_multiple_of(every) {
            eprintln!("{done} seeds");
        }
    });
    println!("{}", told.map_err(|told| Failure::Simulation { told })?);
    Ok(())
}
