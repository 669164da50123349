//! The peer of `query` and `import`: DuckDB in Python, where it is installed.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use super::project::succeed;
use crate::failure::Failure;

/// Runs a statement several times, each time in a database of its own, so that nothing is remembered, and prints the
/// seconds of each. What Python needs to start is not counted.
const SCRIPT: &str = r#"
import sys, time, duckdb
for _ in range(int(sys.argv[1])):
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    started = time.perf_counter()
    connection.execute(sys.argv[2])
    print(time.perf_counter() - started)
"#;

/// The Python that has DuckDB.
pub(crate) fn python() -> Command {
    Command::new(std::env::var_os("JUDI_PYTHON").unwrap_or_else(|| "python3".into()))
}

/// Its version; `None` when it is not installed.
pub(crate) fn version() -> Option<String> {
    let output = succeed(python().args(["-c", "import duckdb; print(duckdb.__version__)"])).ok()?;
    Some(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// The time of the fastest of `runs` runs of a statement.
pub(crate) fn best_of(runs: u32, statement: &str) -> Result<Duration, Failure> {
    let output = succeed(python().args(["-c", SCRIPT, &runs.to_string(), statement]))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let seconds = text.lines().filter_map(|line| line.parse::<f64>().ok()).reduce(f64::min);
    seconds.map(Duration::from_secs_f64).ok_or_else(|| Failure::Program {
        program: "DuckDB".to_owned(),
        ended: "told no time".to_owned(),
        output: text.into_owned(),
    })
}

/// A path as a literal of SQL.
pub(crate) fn literal(path: &Path) -> String {
    format!("'{}'", path.display().to_string().replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_cannot_leave_its_quotes() {
        assert_eq!(literal(Path::new("/a/it's")), "'/a/it''s'");
    }
}
