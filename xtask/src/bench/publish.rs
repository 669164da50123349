//! A schema version published into a running server over a large table: how long a rename takes, that no data file is
//! written for it, and how long until an event of the new version is judged and visible.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::json;

use super::http::{Connection, post};
use super::project::{Project, beginning, succeed};
use super::query::fill;
use super::report::{Report, count, megabytes, time};
use crate::failure::Failure;

const TARGET: Duration = Duration::from_secs(1);
/// What is renamed, and to what, in which file of the example.
const FILE: &str = "schema/newsroom/v1/reading.proto";
const EVENT: &str = "message ArticleView {";
const OLD: &str = "optional string title = 3 [(judi.field).pii = PII_CLASS_NONE,";
const NEW: &str = "optional string headline = 3 [(judi.field) = {pii: PII_CLASS_NONE, alias: \"title\"},";
/// How long the event is waited for.
const PATIENCE: Duration = Duration::from_secs(30);

/// Runs the bench.
pub(crate) fn run(folder: Option<&Path>, rows: u64) -> Result<(), Failure> {
    let report = Report::begin("publish", &format!("a field of a table of {} rows is renamed", count(rows as f64)));
    let project = Project::init(folder, "[judge]\ncommit_interval = \"100 ms\"\n")?;
    let written = fill(project.dir(), rows)?;
    let server = project.up()?;
    let mut connection = Connection::open(server.address).map_err(Failure::io("connect"))?;
    let filled = number(&mut connection, "SELECT count(*) AS n FROM article_view WHERE title IS NOT NULL")?;
    let files = data_files(project.dir())?;
    rename(project.dir())?;
    let started = Instant::now();
    succeed(&mut project.schema_command("publish"))?;
    let published = started.elapsed();
    send(&mut connection)?;
    let mut visible = None;
    while visible.is_none() && started.elapsed() < PATIENCE {
        let found = number(&mut connection, "SELECT count(*) AS n FROM article_view WHERE headline = 'of version 2'")?;
        visible = (found == 1).then(|| started.elapsed());
    }
    let Some(visible) = visible else {
        let (what, found) = ("the event of the new version".to_owned(), "nothing".to_owned());
        return Err(Failure::Wrong { what, found, wanted: "a row".to_owned() });
    };
    let renamed = number(&mut connection, "SELECT count(*) AS n FROM article_view WHERE headline IS NOT NULL")?;
    let kept = files.is_subset(&data_files(project.dir())?);
    if renamed != filled + 1 || !kept {
        let found = format!("{renamed} rows, data files kept: {kept}");
        let what = "what is there under the new name".to_owned();
        return Err(Failure::Wrong { what, found, wanted: format!("{} rows, files kept", filled + 1) });
    }
    report.figure("rows, data files", &count(rows as f64), &format!("{}, each file as before", megabytes(written)));
    report.figure(
        "judi schema publish",
        &time(published),
        "the whole command: start, compile, publish, tell the server",
    );
    report.figure("to the first row of it", &time(visible), "from the command's start to a query that finds the event");
    report.end(&format!("{} each", time(TARGET)), published <= TARGET && visible <= TARGET);
    Ok(())
}

fn rename(project: &Path) -> Result<(), Failure> {
    let path = project.join(FILE);
    let text = fs::read_to_string(&path).map_err(Failure::file("read", &path))?;
    let changed =
        text.split_once(EVENT).map(|(before, after)| format!("{before}{EVENT}{}", after.replacen(OLD, NEW, 1)));
    match changed.filter(|changed| *changed != text) {
        Some(changed) => fs::write(&path, changed).map_err(Failure::file("write", &path)),
        None => Err(Failure::Wrong {
            what: path.display().to_string(),
            found: "another schema".to_owned(),
            wanted: format!("`{OLD}`"),
        }),
    }
}

fn send(connection: &mut Connection) -> Result<(), Failure> {
    let event = json!({"event": "article_view", "event_id": "bench", "schema_version": 2,
        "payload": {"article_id": "/bench", "headline": "of version 2"}});
    let body = json!({"context": {"anonymous_id": "bench"}, "events": [event]}).to_string();
    let headers = [("Content-Type", "application/json"), ("Authorization", "Bearer dev")];
    let (status, answer) =
        connection.exchange(&post("/v1/events", &headers, body.as_bytes())).map_err(Failure::io("send the event"))?;
    let text = String::from_utf8_lossy(answer);
    if status == 200 && text.contains("\"ok\"") {
        return Ok(());
    }
    Err(Failure::Answer { request: "an event of version 2".to_owned(), status, body: beginning(&text) })
}

fn number(connection: &mut Connection, sql: &str) -> Result<u64, Failure> {
    let request =
        post("/api/v1/sql", &[("Content-Type", "application/json")], json!({ "sql": sql }).to_string().as_bytes());
    let (status, answer) = connection.exchange(&request).map_err(Failure::io("POST /api/v1/sql"))?;
    let text = String::from_utf8_lossy(answer);
    let row: Option<serde_json::Value> = serde_json::from_str(text.trim()).ok();
    match row.as_ref().and_then(|row| row["n"].as_u64()) {
        Some(number) if status == 200 => Ok(number),
        _ => Err(Failure::Answer { request: sql.to_owned(), status, body: beginning(&text) }),
    }
}

fn data_files(project: &Path) -> Result<BTreeSet<PathBuf>, Failure> {
    fn walk(dir: &Path, found: &mut BTreeSet<PathBuf>) -> Result<(), Failure> {
        for entry in fs::read_dir(dir).map_err(Failure::file("list", dir))? {
            let path = entry.map_err(Failure::file("list", dir))?.path();
            if path.is_dir() && !path.ends_with("_delta_log") {
                walk(&path, found)?;
            } else if path.extension().is_some_and(|end| end == "parquet") {
                found.insert(path);
            }
        }
        Ok(())
    }
    let mut found = BTreeSet::new();
    walk(&project.join(".judi/tables/events"), &mut found)?;
    Ok(found)
}
