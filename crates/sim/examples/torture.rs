//! Kills the real binary under load and fills its disks: `cargo run -p judi-sim --example torture -- --bin PATH
//! [--kills 1000] [--full-disks 100] [--life-ms 500] [--dir DIR]`

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use judi_sim::process::{FullDisks, Kills, Shown, full_disks, kills};

/// How often progress is told.
const PROGRESS_EVERY: u32 = 25;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let value = |name: &str| args.iter().position(|arg| arg == name).and_then(|at| args.get(at + 1));
    let number = |name: &str, otherwise: u32| value(name).and_then(|text| text.parse().ok()).unwrap_or(otherwise);
    let Some(bin) = value("--bin").map(PathBuf::from) else {
        eprintln!("error: --bin PATH says which binary\nhint: target/debug/judi");
        return ExitCode::from(2);
    };
    let unique = format!("judi-torture-{}", std::process::id());
    let dir = value("--dir").map_or_else(|| std::env::temp_dir().join(unique), PathBuf::from);
    let seed = u64::from(number("--seed", 1));
    let tell = |what: &'static str| {
        move |done: u32| {
            if done.is_multiple_of(PROGRESS_EVERY) {
                eprintln!("{done} {what}");
            }
        }
    };
    let life_max = Duration::from_millis(number("--life-ms", 500).into());
    let pause = Duration::from_millis(number("--pause-ms", 20).into());
    let (times, disks) = (number("--kills", 0), number("--full-disks", 0));
    let (bin, killed) = (bin.clone(), Kills { bin, dir: dir.join("kills"), times, life_max, pause, seed });
    let done = (if times > 0 { kills(&killed, tell("kills")).map(|shown| print("SIGKILLs", shown)) } else { Ok(()) })
        .and_then(|()| {
            let full = FullDisks { bin, dir: dir.clone(), times: disks, seed };
            if disks > 0 {
                full_disks(&full, tell("full disks")).map(|shown| print("full disks", shown))
            } else {
                Ok(())
            }
        });
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(trouble) => {
            eprintln!("error: {trouble}\n{} is kept", dir.display());
            ExitCode::FAILURE
        }
    }
}

fn print(what: &str, shown: Shown) {
    let Shown { times, acknowledged, rows, took } = shown;
    println!("{times} {what}: {acknowledged} ids acknowledged, {rows} rows, the same ids; {} s", took.as_secs());
}
