//! The Events table as the judge makes and writes it, for benches that fill it or measure its parts.

use std::path::Path;
use std::sync::Arc;

use judi_judge::{JudgeCore, JudgeOptions};
use judi_log::{EmbeddedLog, Log, LogOptions};
use judi_schema::schemas::Schemas;
use judi_table::{Sink, SinkOptions, Table};
use judi_world::World;

use crate::failure::Failure;

/// As the judge's own; the table says its sort itself.
const SORT_PROPERTY: &str = "judi.sort";
const STATS: [&str; 5] = ["event", "event_time", "received_at", "app", "platform"];

/// A log in `folder`.
pub(crate) fn log(world: &World, folder: &Path) -> Result<Arc<EmbeddedLog>, Failure> {
    let log = EmbeddedLog::open(world, folder, LogOptions::default()).map_err(Failure::stage("the log"))?;
    Ok(Arc::new(log))
}

/// A judge of `log` whose tables and state are below `folder`, as in a project's `.judi`.
pub(crate) fn judge(
    world: &World,
    log: &Arc<EmbeddedLog>,
    schemas: &Arc<Schemas>,
    folder: &Path,
) -> Result<JudgeCore, Failure> {
    let options = JudgeOptions::new(&folder.join("tables"), &folder.join("state"));
    let log = Arc::clone(log) as Arc<dyn Log>;
    JudgeCore::open(world, log, Arc::clone(schemas), options).map_err(Failure::stage("the judge"))
}

/// The Events table that a judge has made below `folder`.
pub(crate) fn events(world: &World, folder: &Path) -> Result<Table, Failure> {
    let dir = folder.join("tables/events");
    let table = Table::open(world, &dir).map_err(Failure::stage("the table"))?;
    table.ok_or_else(|| Failure::Wrong {
        what: dir.display().to_string(),
        found: "nothing".to_owned(),
        wanted: "the table that the judge makes".to_owned(),
    })
}

/// Writes files of the Events table as the judge does.
pub(crate) fn sink(table: &Table, schemas: &Schemas) -> Result<Sink, Failure> {
    let failed = || Failure::stage("the table");
    let snapshot = table.snapshot().map_err(failed())?;
    let sort = snapshot.properties().find(|(name, _)| *name == SORT_PROPERTY).map_or("", |(_, sort)| sort);
    let options = SinkOptions {
        sort: sort.split(',').filter(|column| !column.is_empty()).map(str::to_owned).collect(),
        stats_columns: Some(STATS.map(str::to_owned).to_vec()),
        ..SinkOptions::default()
    };
    table.sink(schemas.events_schema(), options).map_err(failed())
}
