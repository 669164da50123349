//! Quarantined events that fit the newest schema become rows of `events`.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::Int64Type;
use arrow::temporal_conversions::date32_to_datetime;
use judi_schema::columns::EventColumns;
use judi_schema::envelope::Envelope;
use judi_schema::refit::{Kept, Refit, refit};
use judi_schema::schemas::Schemas;
use judi_table::{Snapshot, read_file};
use judi_world::Timestamp;
use prost::Message;

use super::neighbours::Latecomers;
use super::{Again, foreign_quarantine};
use crate::clocks::{Said, time_alone};
use crate::commits;
use crate::dedup::Key;
use crate::error::JudgeError;
use crate::round::Counts;
use crate::tables::{Append, EVENTS};

/// The application of the commits that add replayed rows; its versions only count up.
const APP_ID: &str = "again/quarantine";

/// Rows that one commit adds at most, which bounds what is held in memory.
const ROWS_MAX: usize = 16 << 10;

/// What is read of `quarantine`.
const COLUMNS: [&str; 3] = ["schema_version", "payload", "envelope"];

/// Events that fit now, by day of receipt and key.
type Fitting = BTreeMap<(i32, Key), Fits>;

/// One event that fits now.
struct Fits {
    envelope: Envelope,
    schema_version: u32,
    payload: Vec<u8>,
}

impl Again {
    /// Adds what fits now of one file of `quarantine`, in commits of at most [`ROWS_MAX`] rows.
    pub(super) fn replay(&self, schemas: &Arc<Schemas>, path: &str) -> Result<(), JudgeError> {
        let snapshot = self.quarantine.table.snapshot()?;
        // A file that compaction has replaced meanwhile can still be read where it is listed no more.
        let Some(file) = snapshot.files().get(path) else { return self.replay_replaced(schemas) };
        let mut fitting = Fitting::new();
        let (disk, dir) = (self.world.disk.as_ref(), self.quarantine.table.dir());
        for batch in read_file(disk, dir, &snapshot, file, Some(&COLUMNS))? {
            collect(schemas, &batch?, &mut fitting)?;
            if fitting.len() >= ROWS_MAX {
                self.add(schemas, std::mem::take(&mut fitting))?;
            }
        }
        self.add(schemas, fitting)
    }

    /// Looks through all files: what was added before is known by its id.
    fn replay_replaced(&self, schemas: &Arc<Schemas>) -> Result<(), JudgeError> {
        let snapshot = self.quarantine.table.snapshot()?;
        let (disk, dir) = (self.world.disk.as_ref(), self.quarantine.table.dir());
        for file in snapshot.files().values() {
            let mut fitting = Fitting::new();
            for batch in read_file(disk, dir, &snapshot, file, Some(&COLUMNS))? {
                collect(schemas, &batch?, &mut fitting)?;
                if fitting.len() >= ROWS_MAX {
                    self.add(schemas, std::mem::take(&mut fitting))?;
                }
            }
            self.add(schemas, fitting)?;
        }
        Ok(())
    }

    /// Adds events to the table, but for those that are in it.
    fn add(&self, schemas: &Arc<Schemas>, mut fitting: Fitting) -> Result<(), JudgeError> {
        if fitting.is_empty() {
            return Ok(());
        }
        let snapshot = self.events.table.snapshot()?;
        let before = snapshot.txn(APP_ID);
        if before.is_some() {
            self.forget_known(&snapshot, &mut fitting)?;
        }
        let mut latecomers = Latecomers::default();
        for ((day, _), fits) in &fitting {
            let said = Said::of_envelope(&fits.envelope);
            latecomers.add(*day, &said, time_alone(&self.clocks, &said));
        }
        self.place(&snapshot, &mut latecomers)?;
        let mut columns = EventColumns::new(schemas);
        let mut counts = Counts::new();
        let mut rows = 0;
        for fits in fitting.into_values() {
            let Some(model) = schemas.version(fits.schema_version) else { continue };
            let Some(event) = model.event(&fits.envelope.event) else { continue };
            let known = Envelope { schema_version: model.version, payload_kind: 0, ..fits.envelope };
            // What has fitted a moment ago fits; an envelope that no row can hold stays where it is.
            let said = Said::of_envelope(&known);
            let time = latecomers.time(&said, time_alone(&self.clocks, &said));
            if columns.push_at(time, model, event, &known.encode_to_vec(), &fits.payload).is_ok() {
                rows += 1;
                *counts.entry((known.event.clone(), Timestamp(time.us).day())).or_default() += 1;
            }
        }
        if rows == 0 {
            return Ok(());
        }
        let next = before.unwrap_or(0).saturating_add(1);
        let append = Append::of_app(vec![columns.finish()?], Arc::clone(schemas.events_schema()), APP_ID, next);
        commits::with_counts(append, &counts).apply(&self.events)?;
        self.accounts.replayed.fetch_add(rows, Ordering::Relaxed);
        Ok(())
    }

    /// Takes out what the table has. An event keeps its time of receipt, so it can only be among the rows of that day.
    fn forget_known(&self, snapshot: &Snapshot, fitting: &mut Fitting) -> Result<(), JudgeError> {
        let days: HashSet<i32> = fitting.keys().map(|(day, _)| *day).collect();
        let (disk, dir) = (self.world.disk.as_ref(), self.events.table.dir());
        for day in days {
            let date = date32_to_datetime(day).map(|time| time.date().to_string());
            for file in snapshot.files().values() {
                if date.is_some() && file.partition_values.values().flatten().all(|value| Some(value) != date.as_ref())
                {
                    continue;
                }
                for batch in read_file(disk, dir, snapshot, file, Some(&["anonymous_id", "event_id"]))? {
                    let batch = batch?;
                    let text = |at: usize| batch.columns().get(at).and_then(|column| column.as_string_opt::<i32>());
                    let (Some(anonymous_ids), Some(event_ids)) = (text(0), text(1)) else {
                        let detail = "an id is not text".to_owned();
                        return Err(JudgeError::ForeignTable { table: EVENTS, detail });
                    };
                    for (anonymous_id, event_id) in anonymous_ids.iter().zip(event_ids) {
                        let key = Key::of(anonymous_id.unwrap_or_default(), event_id.unwrap_or_default());
                        fitting.remove(&(day, key));
                    }
                }
            }
        }
        Ok(())
    }
}

/// Adds to `fitting` the rows of a batch that fit now.
fn collect(schemas: &Schemas, batch: &RecordBatch, fitting: &mut Fitting) -> Result<(), JudgeError> {
    let column = |at: usize| batch.columns().get(at);
    let versions = column(0).and_then(|column| column.as_primitive_opt::<Int64Type>());
    let binary = |at: usize| column(at).and_then(|column| column.as_binary_opt::<i32>());
    let (Some(versions), Some(payloads), Some(envelopes)) = (versions, binary(1), binary(2)) else {
        return Err(foreign_quarantine("its columns are not of the types that they are written with"));
    };
    for row in 0..batch.num_rows() {
        // A row without an envelope is no event: nobody knows when and where it happened.
        let Some(envelope) = Some(envelopes.value(row)).filter(|bytes| !bytes.is_empty()) else { continue };
        let Ok(envelope) = Envelope::decode(envelope) else { continue };
        let kept = Kept {
            event: &envelope.event,
            schema_version: u32::try_from(versions.value(row)).unwrap_or(0),
            kind: envelope.payload_kind(),
            payload: if payloads.is_valid(row) { payloads.value(row) } else { &[] },
        };
        let Some(Refit { model, payload, .. }) = refit(schemas, &kept) else { continue };
        let anonymous_id = envelope.context.as_ref().map_or("", |context| &context.anonymous_id);
        let day = Timestamp(envelope.received_at_us).day();
        let key = (day, Key::of(anonymous_id, &envelope.event_id));
        let schema_version = model.version;
        fitting.entry(key).or_insert(Fits { envelope, schema_version, payload });
    }
    Ok(())
}
