//! Commands for those who build Judi: benches, the reference and the simulator. `cargo xtask --help`
//!
//! The checks that no compiler makes are tests (`tests/tidy.rs`). DataFusion stays out of here: what needs the
//! engine drives the built binary as a process, so that this builds in a minute.

mod bench;
mod docs;
mod failure;
mod repository;
mod sim;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// What the binary uses: judging in this process is measured with the same.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Commands for those who build Judi.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", max_term_width = 110)]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Measure what Judi promises, beside a peer or a limit in the same run.
    Bench(bench::Bench),
    /// Write docs/reference from what it describes.
    Docs(docs::Docs),
    /// Run the whole chain in simulated worlds, each from its seed.
    Sim(sim::Sim),
}

fn main() -> ExitCode {
    let done = match &Cli::parse().task {
        Task::Bench(bench) => bench::run(bench),
        Task::Docs(docs) => docs::run(docs),
        Task::Sim(sim) => sim::run(sim),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("{failure}");
            failure.exit_code()
        }
    }
}
