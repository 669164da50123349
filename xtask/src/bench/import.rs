//! Lines of an access log a second, from the call of `judi import` until it prints its account: by then everything is
//! in the table.
//!
//! The real log is repeated; its lines are told apart by their ordinals, so all are new. DuckDB beside it takes the
//! same lines apart into a Parquet file: no ids, no duplicates looked for, no kinds of page, nothing synced.

use std::fs::File;
use std::io::{BufWriter, Read, Write};
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use flate2::read::MultiGzDecoder;
use serde_json::Value;

use super::duckdb;
use super::machine::{Process, cpu_time, peak_memory_bytes};
use super::project::Project;
use super::report::{Report, count, megabytes, rate, time};
use crate::failure::Failure;
use crate::repository;

const TARGET: f64 = 150_000.0;
const LOG: &str = "access-log/semicomplete-2015-05.log.gz";
const SETTINGS: &str = "[import.combined]\narticle = [\"/articles/**\", \"/blog/geekery/**\"]\n";
/// How often the import's figures are looked at while it runs: the last look stands for its end.
const LOOK: Duration = Duration::from_millis(20);

/// An import that ran to its end.
#[derive(Debug)]
struct Imported {
    account: Value,
    wall: Duration,
    cpu: Option<Duration>,
    peak_memory_bytes: Option<u64>,
}

/// Runs the bench.
pub(crate) fn run(folder: Option<&Path>, lines: u64) -> Result<(), Failure> {
    let source = repository::test_data().join(LOG);
    if !source.is_file() {
        println!("\nimport: not run: {} is not there", source.display());
        return Ok(());
    }
    let project = Project::init(folder, SETTINGS)?;
    let input = project.dir().join("access.log");
    let (lines, bytes) = repeat(&source, &input, lines)?;
    let what = format!("{} lines, {}, of a real access log", count(lines as f64), megabytes(bytes));
    let report = Report::begin("import", &what);

    let imported = import(&project, &input)?;
    let accounted = accounted(&imported.account);
    if imported.account["read"] != lines || accounted != lines || imported.account["duplicates"] != 0 {
        let wanted = format!("{lines} lines read and accounted for, none a duplicate");
        return Err(Failure::Wrong { what: "the account".to_owned(), found: imported.account.to_string(), wanted });
    }
    let judi = rate(lines, imported.wall);
    let cpu = imported.cpu.map_or("?".to_owned(), time);
    report.figure(
        "judi import",
        &format!("{} lines/s", count(judi)),
        &format!("wall {}; cores {cpu}", time(imported.wall)),
    );
    report.figure("  peak memory", &imported.peak_memory_bytes.map_or("?".to_owned(), megabytes), "");
    report.figure("  account", "", &imported.account.to_string());
    match duckdb::version() {
        Some(version) => {
            let output = project.dir().join("lines.parquet");
            let peer = rate(lines, duckdb::best_of(1, &take_apart(&input, &output))?);
            let note = "lines taken apart into a file, nothing more";
            report.figure(&format!("DuckDB {version}"), &format!("{} lines/s", count(peer)), note);
            report.ratio("  judi / DuckDB", judi, peer);
        }
        None => report.not_run("DuckDB", "python3 has no module duckdb"),
    }
    report.end(&format!("{} lines/s", count(TARGET)), judi >= TARGET);
    Ok(())
}

/// Writes `source` again and again until `output` has at least this many lines; returns its lines and bytes.
fn repeat(source: &Path, output: &Path, lines_min: u64) -> Result<(u64, u64), Failure> {
    let mut text = Vec::new();
    let file = File::open(source).map_err(Failure::file("open", source))?;
    MultiGzDecoder::new(file).read_to_end(&mut text).map_err(Failure::file("read", source))?;
    if text.last().is_some_and(|byte| *byte != b'\n') {
        text.push(b'\n');
    }
    let lines_once = text.iter().filter(|byte| **byte == b'\n').count() as u64;
    let times = lines_min.div_ceil(lines_once.max(1));
    let mut file = BufWriter::new(File::create(output).map_err(Failure::file("make", output))?);
    for _ in 0..times {
        file.write_all(&text).map_err(Failure::file("write", output))?;
    }
    file.flush().map_err(Failure::file("write", output))?;
    Ok((times * lines_once, times * text.len() as u64))
}

fn import(project: &Project, input: &Path) -> Result<Imported, Failure> {
    let mut command = project.command("import");
    command.args(["--input", "combined", "--format", "json"]).arg(input);
    let started = Instant::now();
    let child =
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().map_err(Failure::io("start judi import"))?;
    let process = Process::Id(child.id());
    // One who waits for the output, while this thread looks at the process.
    let waiting = std::thread::spawn(move || child.wait_with_output());
    let (mut cpu, mut peak) = (None, None);
    while !waiting.is_finished() {
        cpu = cpu_time(process).filter(|cpu| !cpu.is_zero()).or(cpu);
        peak = peak_memory_bytes(process).or(peak);
        std::thread::sleep(LOOK);
    }
    let output = waiting.join().map_err(|_| Failure::io("judi import")(std::io::Error::other("its thread died")))?;
    let output = output.map_err(Failure::io("wait for judi import"))?;
    let wall = started.elapsed();
    let text = String::from_utf8_lossy(&output.stdout);
    match text.lines().last().and_then(|line| serde_json::from_str(line).ok()) {
        Some(account) if output.status.success() => Ok(Imported { account, wall, cpu, peak_memory_bytes: peak }),
        _ => Err(Failure::Program {
            program: "judi import".to_owned(),
            ended: format!("ended with {}", output.status),
            output: String::from_utf8_lossy(&output.stderr).into_owned(),
        }),
    }
}

/// The sum of an account's parts.
fn accounted(account: &Value) -> u64 {
    let members = account.as_object().into_iter().flatten().filter(|(name, _)| *name != "read");
    members
        .map(|(_, part)| match part {
            Value::Object(reasons) => reasons.values().filter_map(Value::as_u64).sum(),
            part => part.as_u64().unwrap_or(0),
        })
        .sum()
}

/// DuckDB's statement that makes a Parquet file with the fields of the lines.
fn take_apart(input: &Path, output: &Path) -> String {
    format!(
        r#"COPY (
             SELECT unnest(regexp_extract(line,
               '^(\S+) \S+ \S+ \[([^\]]+)\] "(\S+) (\S+) (\S+)" (\d+) (\S+) "([^"]*)" "([^"]*)"',
               ['address', 'time', 'method', 'path', 'protocol', 'status', 'bytes', 'referrer', 'agent']))
             FROM read_csv({}, columns = {{'line': 'VARCHAR'}}, delim = '\x01', quote = '', escape = '', header = false)
           ) TO {} (FORMAT parquet, COMPRESSION zstd)"#,
        duckdb::literal(input),
        duckdb::literal(output)
    )
}

#[cfg(test)]
mod tests {
    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    #[test]
    fn parts_and_reasons_add_up() {
        let account = serde_json::json!({
            "read": 10, "article_view": 3, "page_view": 1, "skipped": {"method": 1, "status": 2, "asset": 0, "feed": 1},
            "duplicates": 1, "quarantined": 1
        });
        assert_eq!(accounted(&account), 10);
    }

    #[test]
    fn a_log_is_repeated_whole() {
        let folder = tempfile::tempdir().unwrap();
        let (source, output) = (folder.path().join("log.gz"), folder.path().join("log"));
        let mut gzip = GzEncoder::new(File::create(&source).unwrap(), Compression::fast());
        gzip.write_all(b"a\nb\nlast").unwrap();
        gzip.finish().unwrap();
        assert_eq!(repeat(&source, &output, 4).unwrap(), (6, 18));
        assert_eq!(std::fs::read_to_string(output).unwrap(), "a\nb\nlast\na\nb\nlast\n");
    }
}
