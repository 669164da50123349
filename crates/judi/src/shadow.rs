//! Shadow replay: recent events, judged by a schema that is not published yet, so that whoever tightens a rule knows
//! beforehand how many events would fail. Nothing is written.

use std::collections::BTreeMap;

use judi_log::{EmbeddedLog, FetchError, Log, LogOptions, Topic};
use judi_schema::model::Model;
use judi_schema::schemas::Schemas;
use judi_schema::{record, wire};
use judi_world::World;
use serde::{Deserialize, Serialize};

use crate::failure::{Exit, Failure};
use crate::project::Project;
use crate::server::{RunningServer, internal};

/// The newest records that are judged, over all partitions: some seconds of work, and enough to tell one in ten
/// thousand.
pub const RECORDS_MAX: u64 = 200_000;

/// Bytes of records that are read at a time.
const FETCH_BYTES: usize = 4 << 20;

/// What became of the recent events of one name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shadow {
    /// Events that were judged.
    pub judged: u64,
    /// Events that fitted when they came, and would be quarantined.
    pub failing: u64,
    /// Why the first of them would.
    pub first: Option<String>,
}

/// Judges a project's recent events by `draft`: in the process that has its log open, or here; by event name.
///
/// # Errors
/// When the log cannot be read.
pub fn of_project(
    project: &Project,
    world: &World,
    schemas: &Schemas,
    draft: &Model,
) -> Result<BTreeMap<String, Shadow>, Failure> {
    let failed = |error: &dyn std::error::Error| Failure::from_error(Exit::Outside, "recent events", error);
    if let Some(server) = RunningServer::find(project)? {
        let body = draft.compiled.descriptor_set();
        if let Some(answer) = server.ask(world, internal::SHADOW, body)? {
            return serde_json::from_slice(&answer).map_err(|error| failed(&error));
        }
    }
    if !project.log_dir().is_dir() {
        return Ok(BTreeMap::new());
    }
    let options = LogOptions { partitions: project.config.log.partitions, ..LogOptions::default() };
    match EmbeddedLog::open(world, &project.log_dir(), options) {
        Ok(log) => replay(&log, schemas, draft).map_err(|error| failed(&error)),
        Err(error) => Err(failed(&error)),
    }
}

/// Judges the newest events of `log` by `draft`; by event name.
///
/// # Errors
/// What the log says.
pub fn replay(log: &dyn Log, schemas: &Schemas, draft: &Model) -> Result<BTreeMap<String, Shadow>, FetchError> {
    let mut shadows = BTreeMap::new();
    let per_partition = RECORDS_MAX / u64::from(log.partitions().max(1));
    for partition in 0..log.partitions() {
        let bounds = log.bounds(Topic::Events, partition)?;
        let mut next = bounds.start.max(bounds.end.saturating_sub(per_partition));
        while next < bounds.end {
            let fetched = match log.fetch(Topic::Events, partition, next, FETCH_BYTES) {
                // Retention has just passed it; what is left is newer anyway.
                Err(FetchError::Gone { .. }) => {
                    next = log.bounds(Topic::Events, partition)?.start.max(next + 1);
                    continue;
                }
                other => other?,
            };
            for record in &fetched.records {
                judge(&record.record.value, schemas, draft, &mut shadows);
            }
            if fetched.records.is_empty() {
                break;
            }
            next = fetched.next;
        }
    }
    Ok(shadows)
}

fn judge(value: &[u8], schemas: &Schemas, draft: &Model, shadows: &mut BTreeMap<String, Shadow>) {
    let Ok(parts) = record::split(value) else { return };
    let written = schemas.version(parts.schema_version).and_then(|model| model.by_index(parts.index));
    // An event that the draft lacks is not its rules' doing.
    let Some(event) = written.and_then(|event| draft.event(&event.name)) else { return };
    let shadow = match shadows.get_mut(&event.name) {
        Some(shadow) => shadow,
        None => shadows.entry(event.name.clone()).or_default(),
    };
    shadow.judged += 1;
    if let Err(violation) = wire::validate(&draft.plans, event.message, parts.payload) {
        shadow.failing += 1;
        shadow.first.get_or_insert_with(|| violation.to_string());
    }
}
