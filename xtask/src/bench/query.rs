//! Article reads per day over many events: the question that Judi is for, beside DuckDB on the very same files.
//!
//! Judi's time is the whole process (`judi query`), DuckDB's the statement alone without Python's start; both write
//! CSV, and both have to come to the same rows.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use arrow::array::RecordBatch;
use judi_schema::columns::EventColumns;
use judi_schema::envelope::Envelope;
use judi_schema::schemas::{OpenMode, Schemas};
use judi_table::{AddFile, Outcome, Sink, Transaction};
use judi_world::World;
use prost::Message;

use super::articles::{Articles, EVENT, event};
use super::machine::load;
use super::project::{Project, succeed};
use super::report::{Report, count, megabytes, time};
use super::{duckdb, table};
use crate::failure::Failure;

/// At most this much slower than DuckDB.
const TARGET: f64 = 1.0;
const RUNS: u32 = 3;
const DAYS: u64 = 14;
/// Files of a day, as compaction leaves them.
const FILES_A_DAY: u64 = 2;
/// Rows that are decoded at a time.
const BATCH_ROWS: usize = 1 << 16;
/// 2026-03-02T00:00:00Z.
const FIRST_DAY_US: i64 = 1_772_409_600_000_000;
const DAY_US: i64 = 86_400_000_000;

/// Runs the bench.
pub(crate) fn run(folder: Option<&Path>, rows: u64) -> Result<(), Failure> {
    let report = Report::begin("query", &format!("article reads per day over {} events", count(rows as f64)));
    let project = Project::init(folder, "")?;
    let started = Instant::now();
    let bytes = fill(project.dir(), rows)?;
    let note = format!("{DAYS} days, {} files, written in {}; {}", DAYS * FILES_A_DAY, time(started.elapsed()), load());
    report.figure("a table of", &megabytes(bytes), &note);

    let sql = question("date", "article_id", EVENT);
    let mut judi = (Duration::MAX, Vec::new());
    for _ in 0..RUNS {
        let started = Instant::now();
        let output = succeed(project.command("query").args([&sql, "--format", "csv"]))?;
        judi = (judi.0.min(started.elapsed()), output.stdout);
    }
    let text = String::from_utf8_lossy(&judi.1);
    let found = sorted_rows(&text);
    let note = format!("best of {RUNS}, the whole process; {} rows", count(found.len() as f64));
    report.figure("judi query", &time(judi.0), &note);
    let Some(version) = duckdb::version() else {
        report.not_run("DuckDB", "python3 has no module duckdb");
        report.end(&format!("DuckDB x {TARGET}"), false);
        return Ok(());
    };
    let csv = project.dir().join("duckdb.csv");
    let peer = duckdb::best_of(RUNS, &peers_question(project.dir(), &csv))?;
    report.figure(
        &format!("DuckDB {version}"),
        &time(peer),
        &format!("best of {RUNS}, the statement alone; same files"),
    );
    let peers = std::fs::read_to_string(&csv).map_err(Failure::file("read", &csv))?;
    check_equal(&found, &sorted_rows(&peers))?;
    let ratio = judi.0.as_secs_f64() / peer.as_secs_f64();
    report.figure("  judi / DuckDB", &format!("{ratio:.2} of its time"), "all rows are equal");
    report.end(&format!("DuckDB x {TARGET}"), ratio <= TARGET);
    Ok(())
}

/// As in the newsroom's job `article_reads_per_day`, over all days.
fn question(date: &str, article: &str, from: &str) -> String {
    format!(
        "SELECT {date} AS date, {article} AS article_id, count(*) FILTER (WHERE NOT is_bot) AS reads, \
         count(*) FILTER (WHERE is_bot) AS bot_reads, \
         count(DISTINCT anonymous_id) FILTER (WHERE NOT is_bot) AS readers FROM {from} GROUP BY 1, 2"
    )
}

/// The same of the files, where the event is a struct and the day has to be taken from the time.
fn peers_question(project: &Path, csv: &Path) -> String {
    let files = duckdb::literal(&project.join(".judi/tables/events/*/*.parquet"));
    let from = format!("read_parquet({files}) WHERE event = '{EVENT}'");
    let day = "CAST(event_time AT TIME ZONE 'UTC' AS DATE)";
    let sql = question(day, &format!("{EVENT}.article_id"), &from);
    format!("COPY ({sql}) TO {} (FORMAT csv, HEADER)", duckdb::literal(csv))
}

/// The rows of a CSV text without its header, in an order of their own.
fn sorted_rows(csv: &str) -> Vec<&str> {
    let mut rows: Vec<&str> = csv.lines().skip(1).map(|line| line.trim_end_matches('\r')).collect();
    rows.sort_unstable();
    rows
}

fn check_equal(judi: &[&str], peer: &[&str]) -> Result<(), Failure> {
    let differing = judi.iter().zip(peer).find(|(judi, peer)| judi != peer);
    let (found, wanted) = match differing {
        Some((judi, peer)) => ((*judi).to_owned(), (*peer).to_owned()),
        None if judi.len() == peer.len() && !judi.is_empty() => return Ok(()),
        None => (format!("{} rows", judi.len()), format!("{} rows", peer.len())),
    };
    Err(Failure::Wrong { what: "Judi's rows beside DuckDB's".to_owned(), found, wanted })
}

/// Fills the project's Events table with files as a judge and its compaction leave them; returns their bytes.
pub(crate) fn fill(project: &Path, rows: u64) -> Result<u64, Failure> {
    let world = World::system();
    let folder = project.join(".judi");
    let versions = folder.join("state/schemas");
    let schemas = Schemas::open(world.disk.as_ref(), &project.join("schema"), &versions, OpenMode::Extend)?;
    let schemas = Arc::new(schemas);
    // The judge makes its tables, and is gone again.
    let log = table::log(&world, &folder.join("log"))?;
    drop(table::judge(&world, &log, &schemas, &folder)?);
    let events = table::events(&world, &folder)?;
    let sink = table::sink(&events, &schemas)?;
    let articles = Articles::new(schemas.current())?;

    let (next, written) = (AtomicU64::new(0), Mutex::new(Vec::new()));
    let files = DAYS * FILES_A_DAY;
    let work = || -> Result<(), Failure> {
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= files {
                return Ok(());
            }
            let rows = rows / files + u64::from(number < rows % files);
            let adds = write_file(&schemas, &articles, &sink, number, rows)?;
            written.lock().unwrap_or_else(PoisonError::into_inner).extend(adds);
        }
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        let ended = workers.into_iter().map(|worker| {
            worker.join().map_err(|_| Failure::io("write files")(std::io::Error::other("a thread died")))?
        });
        ended.collect::<Result<Vec<()>, Failure>>()
    })?;
    let adds: Vec<AddFile> = written.into_inner().unwrap_or_else(PoisonError::into_inner);
    let bytes = adds.iter().map(|file| file.size_bytes).sum();
    let outcome = events.commit(&Transaction::append(adds)).map_err(Failure::stage("the table"))?;
    match outcome {
        Outcome::Committed { .. } => Ok(bytes),
        other => Err(Failure::Wrong {
            what: "the commit".to_owned(),
            found: format!("{other:?}"),
            wanted: "committed".to_owned(),
        }),
    }
}

/// One file of one day.
fn write_file(
    schemas: &Arc<Schemas>,
    articles: &Articles,
    sink: &Sink,
    number: u64,
    rows: u64,
) -> Result<Vec<AddFile>, Failure> {
    let model = schemas.current();
    let event = event(model)?;
    let mut draw = articles.draw(number + 1);
    let mut columns = EventColumns::new(schemas);
    let (mut envelope, mut bytes) = (Envelope::default(), Vec::new());
    let mut batches: Vec<RecordBatch> = Vec::new();
    let part_us = DAY_US / i64::try_from(FILES_A_DAY).unwrap_or(1);
    let from_us = FIRST_DAY_US + i64::try_from(number).unwrap_or(0) * part_us;
    for row in 0..rows {
        let received_at_us = from_us + (row as f64 / rows as f64 * part_us as f64) as i64;
        let view = draw.view(received_at_us);
        view.write(articles, model.version, &mut envelope);
        bytes.clear();
        envelope.encode_raw(&mut bytes);
        columns.push(model, event, &bytes, &articles.of(&view).payload)?;
        if columns.len() == BATCH_ROWS {
            batches.push(columns.finish().map_err(Failure::stage("columns"))?);
        }
    }
    if !columns.is_empty() {
        batches.push(columns.finish().map_err(Failure::stage("columns"))?);
    }
    sink.write(&batches).map_err(Failure::stage("the sink"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_equal_only_when_all_are() {
        let rows = |text: &'static str| sorted_rows(text);
        assert!(check_equal(&rows("h\nb\na\n"), &rows("h\r\na\r\nb\r\n")).is_ok());
        assert!(check_equal(&rows("h\na\n"), &rows("h\na\nb\n")).is_err(), "one is missing");
        assert!(check_equal(&rows("h\na,1\n"), &rows("h\na,2\n")).is_err(), "one differs");
        assert!(check_equal(&rows("h\n"), &rows("h\n")).is_err(), "nothing shows nothing");
    }

    #[test]
    fn a_filled_table_has_its_rows_on_their_days() {
        let project = tempfile::tempdir().unwrap();
        let (from, to) = (crate::repository::newsroom_schema(), project.path().join("schema/newsroom/v1"));
        std::fs::create_dir_all(&to).unwrap();
        for file in std::fs::read_dir(from.join("newsroom/v1")).unwrap() {
            let file = file.unwrap();
            std::fs::copy(file.path(), to.join(file.file_name())).unwrap();
        }
        assert!(fill(project.path(), 1000).unwrap() > 0);
        let table = table::events(&World::system(), &project.path().join(".judi")).unwrap();
        let snapshot = table.snapshot().unwrap();
        assert_eq!((snapshot.rows(), snapshot.files().len() as u64), (Some(1000), DAYS * FILES_A_DAY));
    }
}
