//! `_judi.commits`: for every commit of `events`, how many rows it added per event and event day.
//!
//! The counts stand in the commit itself (`commitInfo`, key `judi.counts`), so that they are exactly of its rows. This
//! table repeats them for SQL; each of its commits carries the version of `events` that it has come to, so that one
//! that was lost in a crash is made up from the log of `events`, once.

use std::sync::Arc;

use arrow::array::{ArrayRef, Date32Array, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use arrow::error::ArrowError;
use judi_table::TableError;
use serde_json::{Map, Value, json};

use crate::error::JudgeError;
use crate::round::Counts;
use crate::tables::{Append, EVENTS, Tables};

pub(crate) const SORT: [&str; 3] = ["commit_version", "event", "event_day"];
pub(crate) const STATS: [&str; 2] = ["commit_version", "event_day"];

const INFO_KEY: &str = "judi.counts";
/// Commits of `events` that one commit here covers at most, so that catching up stays in bounded memory.
const VERSIONS_MAX: i64 = 256;

pub(crate) fn schema() -> SchemaRef {
    Arc::new(Schema::new(vec![
        Field::new("commit_version", DataType::Int64, true),
        Field::new("committed_at", DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())), true),
        Field::new("table", DataType::Utf8, true),
        Field::new("event", DataType::Utf8, true),
        Field::new("event_day", DataType::Date32, true),
        Field::new("rows", DataType::Int64, true),
    ]))
}

/// With the counts in the commit's record.
pub(crate) fn with_counts(append: Append, counts: &Counts) -> Append {
    counts_info(counts).into_iter().fold(append, |append, (key, value)| append.with_info(&key, value))
}

/// The counts as facts of a commit's record. Rows that were there before and have other values now count as 0.
pub(crate) fn counts_info(counts: &Counts) -> Map<String, Value> {
    let counts: Vec<Value> = counts.iter().map(|((event, day), rows)| json!([event, day, rows])).collect();
    Map::from_iter([(INFO_KEY.to_owned(), counts.into())])
}

/// Adds what `_judi.commits` lacks of the commits of `events`. `done` remembers, from call to call, up to which
/// version there is nothing to add.
pub(crate) fn catch_up(tables: &Tables, done: &mut Option<i64>) -> Result<(), JudgeError> {
    let events = tables.events.table.snapshot()?;
    let app_id = format!("judge/commits/{}", events.table_id());
    // Unknown until the end: after an error, what the table says counts.
    let mut before = tables.commits.table.snapshot()?.txn(&app_id);
    let mut from = done.take().max(before).unwrap_or(0);
    while from < events.version() {
        let through = events.version().min(from.saturating_add(VERSIONS_MAX));
        let mut rows = Rows::default();
        for version in from + 1..=through {
            // A commit whose record the log no longer keeps was counted long before.
            if let Some(info) = tables.events.table.commit_info(version)? {
                rows.add(version, &info);
            }
        }
        // Versions that added no rows (a compaction) need no mark: looking at them again finds none.
        if !rows.versions.is_empty() {
            let batch = rows.batch().map_err(|source| TableError::Arrow { action: "count rows", source })?;
            let append = Append::of_app(vec![batch], schema(), &app_id, through);
            append.expecting(&app_id, before).apply(&tables.commits)?;
            before = Some(through);
        }
        from = through;
    }
    *done = Some(from);
    Ok(())
}

#[derive(Debug, Default)]
struct Rows {
    versions: Vec<i64>,
    times: Vec<i64>,
    events: Vec<String>,
    days: Vec<i32>,
    rows: Vec<i64>,
}

impl Rows {
    fn add(&mut self, version: i64, info: &Map<String, Value>) {
        let counts = info.get(INFO_KEY).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let committed_at_ms = info.get("timestamp").and_then(Value::as_i64).unwrap_or(0);
        for count in counts {
            let Some([event, day, rows]) = count.as_array().and_then(|count| count.as_slice().first_chunk()) else {
                continue;
            };
            self.versions.push(version);
            self.times.push(committed_at_ms.saturating_mul(1000));
            self.events.push(event.as_str().unwrap_or_default().to_owned());
            self.days.push(day.as_i64().and_then(|day| i32::try_from(day).ok()).unwrap_or(0));
            self.rows.push(rows.as_i64().unwrap_or(0));
        }
    }

    fn batch(self) -> Result<RecordBatch, ArrowError> {
        let tables = vec![EVENTS; self.versions.len()];
        let columns: Vec<ArrayRef> = vec![
            Arc::new(Int64Array::from(self.versions)),
            Arc::new(TimestampMicrosecondArray::from(self.times).with_timezone("UTC")),
            Arc::new(StringArray::from(tables)),
            Arc::new(StringArray::from(self.events)),
            Arc::new(Date32Array::from(self.days)),
            Arc::new(Int64Array::from(self.rows)),
        ];
        RecordBatch::try_new(schema(), columns)
    }
}
