//! `cargo xtask sim` without the rest of xtask: `cargo run --release -p judi-sim --example sim -- --seed N [--seeds COUNT]
//! [--threads N] [--trace]`

use std::process::ExitCode;
use std::time::Instant;

use judi_sim::Options;
use judi_sim::campaign::tell;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let value = |name: &str| args.iter().position(|arg| arg == name).and_then(|at| args.get(at + 1));
    let number = |name: &str, otherwise: u64| value(name).and_then(|text| text.parse().ok()).unwrap_or(otherwise);
    let (first, seeds, threads) = (number("--seed", 0), number("--seeds", 1), number("--threads", 2));
    let options = Options { keeps_trace: args.iter().any(|arg| arg == "--trace"), ..Options::default() };
    let (started, every) = (Instant::now(), (seeds / 50).max(1));
    let told = tell(first, seeds, threads as usize, &options, |done| {
        if done.is_multiple_of(every) {
            eprintln!("{done} seeds in {} s", started.elapsed().as_secs());
        }
    });
    let (text, code) = match told {
        Ok(text) => (text, ExitCode::SUCCESS),
        Err(text) => (text, ExitCode::FAILURE),
    };
    println!("{text}");
    code
}
