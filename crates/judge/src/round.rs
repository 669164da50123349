//! A round's verdicts: what each record of some slices becomes. Pure: bytes, schemas and the dedup index's answers in,
//! rows out.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::RecordBatch;
use judi_schema::columns::{ColumnsError, EventColumns, QuarantineRow, quarantine_batch};
use judi_schema::envelope::{Envelope, PayloadKind, QuarantinedEvent};
use judi_schema::event_time::EventTime;
use judi_schema::record::{Peek, RecordParts};
use judi_schema::refit::{Kept, Refit, refit};
use judi_schema::schemas::Schemas;
use judi_schema::verdict::{Reason, Violation};
use judi_world::Timestamp;
use prost::Message;

use crate::facts::{Body, Facts};
use crate::tally::Tally;

/// Rows of a batch of events. Larger ones grow their columns by copying more at a time.
const EVENT_BATCH_ROWS: usize = 64 << 10;
/// Rows of a batch of quarantined events.
const QUARANTINE_BATCH_ROWS: usize = 8 << 10;
/// Bytes of payloads after which a batch of quarantined events ends: a column addresses 2 GiB.
const QUARANTINE_BATCH_BYTES: usize = 64 << 20;

/// Rows of `events` per event and day of its event_time (days since 1970, UTC).
pub type Counts = BTreeMap<(String, i32), u64>;

/// What a round adds to the tables, and its accounts.
#[derive(Debug, Default)]
pub(crate) struct Judged {
    pub(crate) events: Vec<RecordBatch>,
    pub(crate) quarantine: Vec<RecordBatch>,
    pub(crate) counts: Counts,
    pub(crate) totals: Totals,
    /// By import.
    pub(crate) tallies: BTreeMap<String, Tally>,
}

/// How many records became what.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Totals {
    /// Rows of `events`.
    pub rows: u64,
    /// Rows of `quarantine`.
    pub quarantined: u64,
    /// Records whose id was known.
    pub duplicates: u64,
}

impl Totals {
    /// All records.
    #[must_use]
    pub fn records(&self) -> u64 {
        self.rows + self.quarantined + self.duplicates
    }

    pub(crate) fn add(&mut self, other: Self) {
        self.rows += other.rows;
        self.quarantined += other.quarantined;
        self.duplicates += other.duplicates;
    }
}

/// One record's verdict.
enum Verdict<'a> {
    /// A row of the event of this name.
    Row(&'a str),
    Quarantine(Violation),
    /// By whoever put it on the topic `quarantine`.
    Quarantined(&'a QuarantinedEvent),
    Duplicate,
}

/// A row of the quarantine table in the making.
struct Rejected<'a> {
    received_at_us: i64,
    event_id: &'a str,
    event: &'a str,
    reason: &'a str,
    detail: String,
    source: String,
    schema_version: u32,
    payload: &'a [u8],
    envelope: Vec<u8>,
}

/// Judges the records in order; `fresh` says of each whether its id was new, `times` when it happened.
///
/// # Errors
/// When Arrow cannot hold a batch of this round's size.
pub(crate) fn judge(
    records: &[Facts<'_>],
    fresh: &[bool],
    times: &[EventTime],
    schemas: &Arc<Schemas>,
) -> Result<Judged, ColumnsError> {
    let mut judged = Judged::default();
    let mut columns = EventColumns::new(schemas);
    let mut rejected = Vec::new();
    for ((facts, is_new), time) in records.iter().zip(fresh).zip(times) {
        let verdict = if *is_new { verdict(facts, *time, schemas, &mut columns) } else { Verdict::Duplicate };
        account(&mut judged, facts, *time, &verdict);
        match verdict {
            Verdict::Row(_) if columns.len() >= EVENT_BATCH_ROWS => judged.events.push(columns.finish()?),
            Verdict::Row(_) | Verdict::Duplicate => {}
            Verdict::Quarantine(violation) => rejected.push(rejection(facts, &violation)),
            Verdict::Quarantined(event) => rejected.push(passed_on(facts, event)),
        }
    }
    if !columns.is_empty() {
        judged.events.push(columns.finish()?);
    }
    judged.quarantine = quarantine_batches(&rejected)?;
    Ok(judged)
}

fn verdict<'a>(facts: &'a Facts<'_>, time: EventTime, schemas: &'a Schemas, columns: &mut EventColumns) -> Verdict<'a> {
    match &facts.body {
        Body::Event { parts, peek } => match push(schemas, columns, time, parts, peek) {
            Ok(()) => Verdict::Row(peek.event),
            Err(violation) => Verdict::Quarantine(violation),
        },
        Body::Quarantined(event) => match push_again(schemas, columns, time, event) {
            Some(name) => Verdict::Row(name),
            None => Verdict::Quarantined(event),
        },
        Body::Broken { violation, .. } => Verdict::Quarantine(violation.clone()),
    }
}

fn push(
    schemas: &Schemas,
    columns: &mut EventColumns,
    time: EventTime,
    parts: &RecordParts<'_>,
    peek: &Peek<'_>,
) -> Result<(), Violation> {
    let violation = |reason, detail| Violation { reason, field: String::new(), detail };
    let version = parts.schema_version;
    let model = schemas
        .version(version)
        .ok_or_else(|| violation(Reason::UnknownSchema, format!("no schema version {version} is known here")))?;
    let event = model.by_index(parts.index).ok_or_else(|| {
        violation(Reason::UnknownEvent, format!("schema version {version} has no event with index {}", parts.index))
    })?;
    if event.name != peek.event {
        let detail = format!("the record holds {}, its envelope says {:?}", event.name, peek.event);
        return Err(violation(Reason::Undecodable, detail));
    }
    columns.push_at(time, model, event, parts.envelope, parts.payload)
}

/// Adds an event that a collector refused before the newest schema was published, if it fits now.
fn push_again<'a>(
    schemas: &'a Schemas,
    columns: &mut EventColumns,
    time: EventTime,
    refused: &QuarantinedEvent,
) -> Option<&'a str> {
    // A call may fit by another mapping of the same version.
    if refused.judged_by >= schemas.current().version && refused.payload_kind() != PayloadKind::SegmentJson {
        return None;
    }
    let envelope = refused.envelope.as_ref()?;
    let kept = Kept {
        event: &envelope.event,
        schema_version: envelope.schema_version,
        kind: refused.payload_kind(),
        payload: &refused.payload,
    };
    let refit = refit(schemas, &kept)?;
    let known = refit.envelope(envelope.clone()).encode_to_vec();
    let Refit { model, event, payload, .. } = refit;
    columns.push_at(time, model, event, &known, &payload).ok().map(|()| event.name.as_str())
}

fn account(judged: &mut Judged, facts: &Facts<'_>, time: EventTime, verdict: &Verdict<'_>) {
    let mut event = None;
    let totals = match verdict {
        Verdict::Row(name) => {
            count(&mut judged.counts, name, Timestamp(time.us).day());
            event = Some(*name);
            Totals { rows: 1, ..Totals::default() }
        }
        Verdict::Duplicate => Totals { duplicates: 1, ..Totals::default() },
        Verdict::Quarantine(_) | Verdict::Quarantined(_) => Totals { quarantined: 1, ..Totals::default() },
    };
    judged.totals.add(totals);
    let run = facts.body.import_run();
    if run.is_empty() {
        return;
    }
    if !judged.tallies.contains_key(run) {
        judged.tallies.insert(run.to_owned(), Tally::default());
    }
    if let Some(tally) = judged.tallies.get_mut(run) {
        tally.duplicates += totals.duplicates;
        tally.quarantined += totals.quarantined;
        if let Some(event) = event {
            *tally.rows.entry(event.to_owned()).or_default() += 1;
        }
    }
}

fn count(counts: &mut Counts, event: &str, day: i32) {
    *counts.entry((event.to_owned(), day)).or_default() += 1;
}

/// The row of an event that the judge itself refuses.
fn rejection<'a>(facts: &'a Facts<'_>, violation: &Violation) -> Rejected<'a> {
    let (detail, reason) = (violation.to_string(), violation.reason.as_str());
    let place = facts.place.as_deref().unwrap_or_default();
    match &facts.body {
        Body::Event { parts, peek } => Rejected {
            received_at_us: facts.received_at_us,
            event_id: if peek.event_id.is_empty() { place } else { peek.event_id },
            event: peek.event,
            reason,
            detail,
            source: Envelope::decode(parts.envelope).map(|envelope| envelope.source).unwrap_or_default(),
            schema_version: parts.schema_version,
            payload: parts.payload,
            envelope: with_kind(parts.envelope, PayloadKind::PayloadProtobuf),
        },
        Body::Broken { value, .. } => Rejected {
            received_at_us: facts.received_at_us,
            event_id: place,
            event: "",
            reason,
            detail,
            source: place.to_owned(),
            schema_version: 0,
            payload: value,
            envelope: Vec::new(),
        },
        Body::Quarantined(event) => passed_on(facts, event),
    }
}

/// The row of an event that was refused when it was collected.
fn passed_on<'a>(facts: &'a Facts<'_>, event: &'a QuarantinedEvent) -> Rejected<'a> {
    let envelope = event.envelope.as_ref();
    let event_id = envelope.map_or("", |envelope| &envelope.event_id);
    Rejected {
        received_at_us: facts.received_at_us,
        event_id: if event_id.is_empty() { facts.place.as_deref().unwrap_or_default() } else { event_id },
        event: envelope.map_or("", |envelope| &envelope.event),
        reason: &event.reason,
        detail: event.detail.clone(),
        source: event.source.clone(),
        schema_version: envelope.map_or(0, |envelope| envelope.schema_version),
        payload: &event.payload,
        envelope: envelope.map(|it| with_kind(&it.encode_to_vec(), event.payload_kind())).unwrap_or_default(),
    }
}

/// An envelope that says what the payload beside it is, for whoever judges it again. Of a field that is there twice
/// the last counts, so it is written behind what there is.
fn with_kind(envelope: &[u8], kind: PayloadKind) -> Vec<u8> {
    let said = Envelope { payload_kind: kind.into(), ..Envelope::default() };
    let mut bytes = envelope.to_vec();
    bytes.extend(said.encode_to_vec());
    bytes
}

fn quarantine_batches(rejected: &[Rejected<'_>]) -> Result<Vec<RecordBatch>, ColumnsError> {
    let mut batches = Vec::new();
    let mut rows: Vec<QuarantineRow<'_>> = Vec::new();
    let mut bytes = 0;
    for row in rejected {
        let row_bytes = row.payload.len() + row.envelope.len() + row.detail.len();
        if rows.len() == QUARANTINE_BATCH_ROWS || (bytes + row_bytes > QUARANTINE_BATCH_BYTES && !rows.is_empty()) {
            batches.push(quarantine_batch(&rows)?);
            rows.clear();
            bytes = 0;
        }
        bytes += row_bytes;
        rows.push(QuarantineRow {
            received_at_us: row.received_at_us,
            event_id: row.event_id,
            event: row.event,
            reason: row.reason,
            detail: &row.detail,
            source: &row.source,
            schema_version: row.schema_version,
            payload: row.payload,
            envelope: &row.envelope,
        });
    }
    if !rows.is_empty() {
        batches.push(quarantine_batch(&rows)?);
    }
    Ok(batches)
}

#[cfg(test)]
mod tests;
