//! What `cargo xtask sim` does, without building the rest: `cargo run -p judi-sim --example sim -- --seed N
//! [--seeds COUNT] [--threads N] [--trace]`

use std::process::ExitCode;
use std::time::Instant;

use judi_sim::campaign::{Total, run_many};
use judi_sim::{Options, run, shrink};

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let value = |name: &str| args.iter().position(|arg| arg == name).and_then(|at| args.get(at + 1));
    let number = |name: &str, otherwise: u64| value(name).and_then(|text| text.parse().ok()).unwrap_or(otherwise);
    let (first, seeds) = (number("--seed", 0), number("--seeds", 1));
    let options = Options { keeps_trace: args.iter().any(|arg| arg == "--trace"), ..Options::default() };
    let started = Instant::now();
    let outcome = if seeds == 1 {
        run(first, &options).map(|report| {
            report.trace.iter().for_each(|line| println!("{line}"));
            println!("trace {}", report.trace_hash);
            Total { seeds: 1, acknowledged: report.acknowledged, rows: report.rows, counts: report.counts }
        })
    } else {
        let every = (seeds / 20).max(1);
        run_many(first, seeds, number("--threads", 2) as usize, &options, |done| {
            if done.is_multiple_of(every) {
                eprintln!("{done} seeds in {} s", started.elapsed().as_secs());
            }
        })
    };
    match outcome {
        Ok(total) => {
            println!("{total:?} in {:.1} s", started.elapsed().as_secs_f64());
            ExitCode::SUCCESS
        }
        Err(failure) => {
            println!("{failure}");
            let needed: Vec<_> = shrink(&failure, &options).iter().collect();
            println!("fails with only {needed:?}");
            ExitCode::FAILURE
        }
    }
}
