//! SIGKILL at any moment of import, of judging and of serving: what the tables hold in the end is what they would
//! hold without it.

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use judi_sim::process::{Kills, kills};
use serde_json::json;

use crate::bed::{Project, assert_same_rows, json_lines};
use crate::running::Running;
use crate::synthetic;

/// Which moments are the random ones.
const SEED: u64 = 20_261_125;

const IMPORT_KILLS: usize = 50;
const LINES_PER_FILE: usize = 500;
/// `JUDI_KILLS` for more.
const SERVER_KILLS: u32 = 12;

/// What a start after a kill may say: neither is about anything that was acknowledged.
const AFTER_KILL: [&str; 2] = ["that was never acknowledged", "the dedup index is made again"];

#[test]
fn an_import_that_is_killed_fifty_times_leaves_the_tables_of_one_that_is_not() {
    let mut rng = fastrand::Rng::with_seed(SEED);
    let folder = tempfile::tempdir().unwrap();
    let files: Vec<_> = (0..IMPORT_KILLS)
        .map(|name| {
            let path = folder.path().join(format!("access-{name:02}.log"));
            fs::write(&path, synthetic::lines(&mut rng, name, LINES_PER_FILE)).unwrap();
            path
        })
        .collect();
    let without = Project::new().with_config(synthetic::ARTICLES);
    let started = Instant::now();
    without.run(import_args(&files[..2])).done();
    let usual = started.elapsed();
    without.run(import_args(&files)).done();

    let killed = Project::new().with_config(synthetic::ARTICLES).with_readers_of(&without);
    // One moment in each fiftieth of the time that an import takes, in any order.
    let mut moments: Vec<_> = (0..IMPORT_KILLS).map(|n| (n as f64 + rng.f64()) / IMPORT_KILLS as f64).collect();
    rng.shuffle(&mut moments);
    let mut in_the_middle = 0;
    for (kill, moment) in moments.into_iter().enumerate() {
        // What was killed last begins again, with one file more.
        let args = import_args(&files[kill.saturating_sub(1)..=kill]);
        let before = killed.log_bytes();
        let mut delay = usual.mul_f64(moment);
        while !is_killed_after(&killed, &args, delay) {
            // It was done before: no kill.
            delay = delay.mul_f64(0.7);
        }
        in_the_middle += usize::from(killed.log_bytes() > before);
    }
    assert!(in_the_middle >= IMPORT_KILLS / 10, "{in_the_middle} kills were after an import's first append");

    let account = killed.run(import_args(&files)).done_or_warned(&AFTER_KILL);
    let account = json_lines(&account).remove(0);
    assert_eq!(account["read"], IMPORT_KILLS * LINES_PER_FILE);
    assert_same_rows(&killed.all_rows(), &without.all_rows());
    let again = json_lines(&killed.run(import_args(&files)).done()).remove(0);
    assert_eq!((&again["article_view"], &again["page_view"], &again["quarantined"]), (&json!(0), &json!(0), &json!(0)));
}

fn import_args(files: &[PathBuf]) -> Vec<String> {
    let files = files.iter().map(|file| file.to_str().unwrap().to_owned());
    let mut args = vec!["import".to_owned()];
    args.extend(files);
    args.extend(["--input", "combined", "--format", "json"].map(str::to_owned));
    args
}

/// Kills a command after so long; `false` when it had ended before.
fn is_killed_after(project: &Project, args: &[String], delay: Duration) -> bool {
    let running = Running::start(&mut project.command(args));
    std::thread::sleep(delay);
    let status = running.kill(&AFTER_KILL);
    assert!(status.code().is_none_or(|code| code == 0), "{status}");
    status.code().is_none()
}

#[test]
fn a_server_that_is_killed_twelve_times_keeps_what_it_acknowledged_once_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let times = std::env::var("JUDI_KILLS").map_or(SERVER_KILLS, |times| times.parse().unwrap());
    let options = Kills {
        bin: env!("CARGO_BIN_EXE_judi").into(),
        dir: folder.path().join("project"),
        times,
        life_max: Duration::from_millis(500),
        pause: Duration::from_millis(5),
        seed: SEED,
    };
    let shown = kills(&options, |_| {}).unwrap_or_else(|trouble| panic!("{trouble}"));
    println!("{shown:?}");
    assert_eq!((shown.times, shown.rows), (times, shown.acknowledged));
    assert!(shown.rows > 20 * u64::from(times), "{} events are too few to show anything", shown.rows);
}
