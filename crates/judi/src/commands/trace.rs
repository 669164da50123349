//! `judi trace`: where an event is. The log knows when it was received, the tables what became of it.

use std::fmt::Write as _;
use std::sync::Arc;

use judi_engine::output::{Format, write_rows};
use judi_engine::{EVENTS_TABLE, Engine, Parameter, Parameters, QUARANTINE_TABLE, QueryOptions, moment_text};
use judi_log::{EmbeddedLog, Log, LogOptions};
use judi_schema::schemas::OpenMode;
use judi_subscribe::Hop;
use judi_world::World;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::plain;
use crate::cli::{AccountFormat, Trace};
use crate::failure::{Done, Exit, Failure};
use crate::live::{LiveSchemas, open_schemas};
use crate::project::Project;
use crate::server::{RunningServer, internal};
use crate::warehouse::{Warehouse, engine, engine_failure};

/// What the log says of an event, and how far the judge has come.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct InLog {
    /// The log's id.
    pub log: String,
    /// Its records of the event, by place.
    pub hops: Vec<Hop>,
    /// The next offset that the judge will read, by place; only where a judge runs.
    pub judged: Vec<(String, u32, u64)>,
}

/// Everything that is known of an event.
#[derive(Debug, Serialize)]
struct Story {
    event_id: String,
    verdict: &'static str,
    /// Why it is where it is, in words.
    detail: String,
    hops: Vec<Hop>,
    /// Its row of `events`.
    row: Option<Value>,
    /// Its row of `quarantine`.
    quarantine: Option<Value>,
    commit: Option<Commit>,
}

/// The commit that brought the row.
#[derive(Debug, Serialize)]
struct Commit {
    table: &'static str,
    version: i64,
    committed_at: String,
}

/// Runs the command.
pub fn run(args: &Trace) -> Done {
    let project = Project::open(args.project.project.as_deref())?;
    let world = World::system();
    let in_log = in_log(&project, &world, &args.event_id)?;
    let story = tell(&project, &world, &args.event_id, in_log)?;
    match args.format {
        AccountFormat::Json => println!("{}", serde_json::to_string(&story).unwrap_or_default()),
        AccountFormat::Text => print!("{}", text(&story)),
    }
    if story.verdict == "unknown" {
        return Err(Failure::findings(format!("no trace of event {:?}", args.event_id)));
    }
    Ok(())
}

/// Asks the running server, which has the log open; without one, reads the log here.
fn in_log(project: &Project, world: &World, event_id: &str) -> Result<InLog, Failure> {
    let failed = |error: &dyn std::error::Error| Failure::from_error(Exit::Outside, "the log", error);
    if let Some(server) = RunningServer::find(project)?
        && let Some(answer) = server.ask(world, internal::TRACE, event_id.as_bytes().to_vec())?
    {
        return serde_json::from_slice(&answer).map_err(|error| failed(&error));
    }
    if !project.log_dir().is_dir() {
        return Ok(InLog::default());
    }
    let options = LogOptions { partitions: project.config.log.partitions, ..LogOptions::default() };
    let log: Arc<dyn Log> =
        Arc::new(EmbeddedLog::open(world, &project.log_dir(), options).map_err(|error| failed(&error))?);
    let schemas = open_schemas(project, world, OpenMode::Published)?;
    let hops = judi_subscribe::find(Arc::clone(&log), &schemas, event_id).map_err(|error| failed(&error))?;
    Ok(InLog { log: log.id().to_string(), hops, judged: Vec::new() })
}

/// Puts together what log and tables say.
fn tell(project: &Project, world: &World, event_id: &str, in_log: InLog) -> Result<Story, Failure> {
    let schemas = Arc::new(LiveSchemas::new(open_schemas(project, world, OpenMode::Published)?));
    let warehouse = Warehouse::new(project, world, schemas)?;
    let engine = engine(project)?;
    let row = row(&warehouse, &engine, EVENTS_TABLE, ROW_COLUMNS, event_id)?;
    let quarantine = row_of_quarantine(&warehouse, &engine, event_id)?;
    let first = first_judged(&in_log.hops);
    let table = if row.is_some() { EVENTS_TABLE } else { QUARANTINE_TABLE };
    let commit = match first {
        // A replay's commit brings rows of many offsets, and says none of them.
        Some(_) if row.is_some() && quarantine.is_some() => None,
        Some(hop) if row.is_some() || quarantine.is_some() => commit(&warehouse, &in_log.log, hop, table)?,
        _ => None,
    };
    let (verdict, detail) = verdict(&in_log, row.is_some(), quarantine.as_ref());
    Ok(Story { event_id: event_id.to_owned(), verdict, detail, hops: in_log.hops, row, quarantine, commit })
}

const ROW_COLUMNS: &str = "event, event_time, received_at, occurred_at, sent_at, anonymous_id, session_id, sequence, schema_version, sdk, sdk_version, app, app_version, platform";

fn row_of_quarantine(warehouse: &Warehouse, engine: &Engine, event_id: &str) -> Result<Option<Value>, Failure> {
    row(warehouse, engine, QUARANTINE_TABLE, "event, received_at, reason, detail, source, schema_version", event_id)
}

fn row(
    warehouse: &Warehouse,
    engine: &Engine,
    table: &str,
    columns: &str,
    event_id: &str,
) -> Result<Option<Value>, Failure> {
    let catalog = warehouse.catalog()?;
    let sql = format!("SELECT {columns} FROM {table} WHERE event_id = @event_id ORDER BY received_at LIMIT 1");
    let parameters = Parameters::new().with("event_id", Parameter::Text(event_id.to_owned()));
    let found = futures::executor::block_on(async {
        let rows = engine.query(&catalog, &sql, &parameters, &QueryOptions::default()).await?;
        let mut out = Vec::new();
        write_rows(rows, Format::Json, &mut out).await?;
        Ok(out)
    });
    let bytes = found.map_err(|error| engine_failure(&error))?;
    Ok(bytes.split(|byte| *byte == b'\n').find_map(|line| serde_json::from_slice(line).ok()))
}

/// The record that the tables have: of several, the one that was received first.
fn first_judged(hops: &[Hop]) -> Option<&Hop> {
    hops.iter().min_by(|a, b| (&a.shown.received_at, a.offset).cmp(&(&b.shown.received_at, b.offset)))
}

fn commit(warehouse: &Warehouse, log: &str, hop: &Hop, table: &'static str) -> Result<Option<Commit>, Failure> {
    let failed = |error: &dyn std::error::Error| Failure::from_error(Exit::Outside, &format!("table {table}"), error);
    let Some(opened) = warehouse.table(table)? else { return Ok(None) };
    let app_id = judi_judge::app_id(log, &hop.topic, hop.partition);
    let offset = i64::try_from(hop.offset).unwrap_or(i64::MAX);
    let received_ms =
        chrono::DateTime::parse_from_rfc3339(&hop.shown.received_at).map_or(0, |at| at.timestamp_millis());
    // Clocks of two processes may differ by a moment, and be set between.
    let not_before_ms = received_ms.saturating_sub(CLOCK_SLACK_MS);
    let found = opened.commit_that_reached(&app_id, offset, not_before_ms).map_err(|error| failed(&error))?;
    Ok(found.map(|record| Commit {
        table,
        version: record.version,
        committed_at: moment_text(record.committed_at_ms.saturating_mul(1_000)),
    }))
}

/// An hour.
const CLOCK_SLACK_MS: i64 = 3_600_000;

fn verdict(in_log: &InLog, has_row: bool, quarantine: Option<&Value>) -> (&'static str, String) {
    let reason = quarantine.map(|row| {
        let part = |name: &str| row.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        format!("{}: {}", part("reason"), part("detail"))
    });
    if has_row {
        return match reason {
            None => ("ok", "it fits the schema and is in events".to_owned()),
            Some(reason) => ("ok", format!("it is in events, after it had been quarantined ({reason})")),
        };
    }
    if let Some(reason) = reason {
        return ("quarantined", reason);
    }
    match in_log.hops.first() {
        None => {
            ("unknown", "neither the log nor the tables have it: it never came, was refused, or was erased".to_owned())
        }
        Some(hop) => {
            let judged =
                in_log.judged.iter().find(|(topic, partition, _)| (topic, *partition) == (&hop.topic, hop.partition));
            match judged {
                Some((_, _, next)) if *next > hop.offset => (
                    "missing",
                    "the judge has passed it, and it is in no table: it was erased, or retention has removed it"
                        .to_owned(),
                ),
                Some((_, _, next)) => (
                    "waiting",
                    format!("it is durable in the log; the judge has {} records before it", hop.offset - next),
                ),
                None => (
                    "waiting",
                    "it is durable in the log; no server runs that would judge it (`judi up` does)".to_owned(),
                ),
            }
        }
    }
}

/// For people: a line a hop.
fn text(story: &Story) -> String {
    let mut out = String::new();
    let name = first_judged(&story.hops).map_or("", |hop| hop.shown.event.as_str());
    // Writing to a String cannot fail.
    let _ = writeln!(out, "{}  {}", plain(&story.event_id), plain(name));
    let first = first_judged(&story.hops).map(|hop| (&hop.topic, hop.partition, hop.offset));
    for hop in &story.hops {
        let shown = &hop.shown;
        let what = if first == Some((&hop.topic, hop.partition, hop.offset)) { "received" } else { "again" };
        let _ = writeln!(out, "  {what:<10} {}  {}  by {}", shown.received_at, shown.offset, plain(&shown.source));
        for (name, at) in [("occurred", &shown.occurred_at), ("sent", &shown.sent_at)] {
            if let Some(at) = at {
                let _ = writeln!(out, "  {name:<10} {at}  by the device");
            }
        }
    }
    let _ = writeln!(out, "  {:<10} {}: {}", "verdict", story.verdict, plain(&story.detail));
    if let Some(commit) = &story.commit {
        let _ =
            writeln!(out, "  {:<10} {}  {} version {}", "commit", commit.committed_at, commit.table, commit.version);
    }
    if let Some(Value::Object(row)) = &story.row {
        let _ = writeln!(out, "  {:<10} {}", "row", plain(&one_line(row)));
    }
    out
}

fn one_line(row: &Map<String, Value>) -> String {
    let known = row.iter().filter(|(_, value)| !value.is_null());
    let parts: Vec<String> = known
        .map(|(name, value)| match value {
            Value::String(text) => format!("{name}={text}"),
            other => format!("{name}={other}"),
        })
        .collect();
    parts.join(" ")
}

#[cfg(test)]
mod tests {
    use judi_subscribe::Shown;
    use serde_json::json;

    use super::*;

    fn hop(offset: u64, received_at: &str) -> Hop {
        let shown = Shown { received_at: received_at.into(), event: "page_view".into(), ..Shown::default() };
        Hop { shown, topic: "events".into(), partition: 1, offset }
    }

    fn log(hops: Vec<Hop>, next: Option<u64>) -> InLog {
        let judged = next.map(|next| ("events".to_owned(), 1, next)).into_iter().collect();
        InLog { log: "l".into(), hops, judged }
    }

    #[test]
    fn the_verdict_follows_from_where_the_event_is() {
        let received = || vec![hop(7, "2026-11-23T08:00:01Z")];
        let refused = json!({"reason": "constraint", "detail": "percent: too much"});
        assert_eq!(verdict(&log(received(), Some(8)), true, None).0, "ok");
        assert!(verdict(&log(received(), Some(8)), true, Some(&refused)).1.contains("had been quarantined"));
        assert_eq!(
            verdict(&log(received(), Some(8)), false, Some(&refused)),
            ("quarantined", "constraint: percent: too much".to_owned())
        );
        let waiting = verdict(&log(received(), Some(5)), false, None);
        assert_eq!(waiting.0, "waiting");
        assert!(waiting.1.contains("2 records"), "{}", waiting.1);
        assert_eq!(verdict(&log(received(), None), false, None).0, "waiting");
        assert_eq!(verdict(&log(received(), Some(8)), false, None).0, "missing");
        assert_eq!(verdict(&log(Vec::new(), None), false, None).0, "unknown");
    }

    #[test]
    fn of_several_records_the_first_that_was_received_is_the_event() {
        let hops = [hop(9, "2026-11-23T08:00:02Z"), hop(3, "2026-11-23T08:00:01Z")];
        assert_eq!(first_judged(&hops).unwrap().offset, 3);
    }
}
