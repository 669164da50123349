//! The peer of `parquet`: chDB, ClickHouse in Python, where it is installed.

use std::path::Path;
use std::time::Duration;

use super::duckdb::python;
use super::project::succeed;
use crate::failure::Failure;

/// Runs a statement several times and prints the seconds of the cores for each. What Python needs to start is not
/// counted, and neither is a first statement, which makes the threads.
const SCRIPT: &str = r#"
import os, sys, time, chdb
chdb.query("SELECT 1")
for _ in range(int(sys.argv[1])):
    if os.path.exists(sys.argv[3]): os.remove(sys.argv[3])
    started = time.process_time()
    chdb.query(sys.argv[2])
    print(time.process_time() - started)
"#;

/// Its version; `None` when it is not installed.
pub(crate) fn version() -> Option<String> {
    let output = succeed(python().args(["-c", "import chdb; print(chdb.query('SELECT version()', 'TSV'), end='')"]));
    Some(String::from_utf8_lossy(&output.ok()?.stdout).trim().trim_matches('"').to_owned())
}

/// The time, on all cores together, of the fastest of `runs` runs of a statement that writes `out`.
pub(crate) fn best_of(runs: u32, out: &Path, statement: &str) -> Result<Duration, Failure> {
    let output = succeed(python().args(["-c", SCRIPT, &runs.to_string(), statement]).arg(out))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let seconds = text.lines().filter_map(|line| line.parse::<f64>().ok()).reduce(f64::min);
    seconds.map(Duration::from_secs_f64).ok_or_else(|| Failure::Program {
        program: "chDB".to_owned(),
        ended: "told no time".to_owned(),
        output: text.into_owned(),
    })
}

/// What a statement answers.
pub(crate) fn answer(statement: &str) -> Result<String, Failure> {
    let script = "import sys, chdb; print(chdb.query(sys.argv[1]), end='')";
    let output = succeed(python().args(["-c", script, statement]))?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
