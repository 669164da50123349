//! What a record is before it is judged: whose, known by which id, received when. Pure; borrows the log's bytes.

use judi_log::{FetchedRecord, Topic};
use judi_schema::envelope::{Envelope, QuarantinedEvent};
use judi_schema::event_time::EventTime;
use judi_schema::record::{self, Peek, RecordParts};
use judi_schema::verdict::{Reason, Violation};
use judi_world::Timestamp;

use crate::clocks::{Clocks, Said};
use crate::dedup::{Key, Probe, Seen};

/// 0001-01-01T00:00:00Z and the last microsecond of 9999-12-31: what dates of tables can be.
const FIRST_MOMENT_US: i64 = -62_135_596_800_000_000;
const LAST_MOMENT_US: i64 = 253_402_300_799_999_999;

/// Consecutive records of one partition of one topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Slice {
    /// The topic.
    pub(crate) topic: Topic,
    /// The partition.
    pub(crate) partition: u32,
    /// The records, in order of their offsets.
    pub(crate) records: Vec<FetchedRecord>,
}

/// What is known of a record without judging it.
#[derive(Debug)]
pub(crate) struct Facts<'a> {
    /// What the dedup index is asked.
    pub(crate) probe: Probe,
    /// Microseconds since 1970, UTC.
    pub(crate) received_at_us: i64,
    /// Where it is in the log, which stands in for the id of a record that has none.
    pub(crate) place: Option<String>,
    pub(crate) body: Body<'a>,
}

/// What a record holds.
#[derive(Debug)]
pub(crate) enum Body<'a> {
    /// An event that fitted when it was collected.
    Event { parts: RecordParts<'a>, peek: Peek<'a> },
    /// An event that did not.
    Quarantined(Box<QuarantinedEvent>),
    /// Bytes that are no record of Judi's: kept whole, so that somebody can look.
    Broken { value: &'a [u8], violation: Violation },
}

impl Body<'_> {
    /// The import that brought the record; empty for what apps sent.
    pub(crate) fn import_run(&self) -> &str {
        match self {
            Self::Event { peek, .. } => peek.import_run,
            Self::Quarantined(event) => event.envelope.as_ref().map_or("", |envelope| &envelope.import_run),
            Self::Broken { .. } => "",
        }
    }
}

impl Facts<'_> {
    /// The time of a record of the topic `events`, which has to be asked in the order of the log; of any other, that
    /// of its receipt.
    pub(crate) fn take_time(&self, clocks: &mut Clocks) -> EventTime {
        match &self.body {
            Body::Event { peek, .. } => clocks.take(self.probe.partition, &Said::of_peek(peek)),
            _ => EventTime { us: self.received_at_us, flag: None },
        }
    }
}

/// The times of a round's records. What was refused and may fit now comes last, between the neighbours that came in
/// the same batch and fitted, and leaves no trace: which of the two topics is read first is nobody's promise.
pub(crate) fn times(records: &[Facts<'_>], clocks: &mut Clocks) -> Vec<EventTime> {
    let mut times: Vec<EventTime> = records.iter().map(|facts| facts.take_time(clocks)).collect();
    for (facts, time) in records.iter().zip(&mut times) {
        if let Body::Quarantined(event) = &facts.body
            && let Some(envelope) = &event.envelope
        {
            *time = clocks.look(facts.probe.partition, &Said::of_envelope(envelope));
        }
    }
    times
}

/// The facts of one record at its place.
pub(crate) fn facts<'a>(topic: Topic, partition: u32, record: &'a FetchedRecord) -> Facts<'a> {
    let value: &[u8] = &record.record.value;
    let body = match topic {
        Topic::Events => event_body(value),
        Topic::Quarantine => quarantined_body(value),
    };
    let body = body.unwrap_or_else(|violation| Body::Broken { value, violation });
    let received_at_us = match &body {
        Body::Event { peek, .. } => Some(peek.received_at_us),
        Body::Quarantined(event) => event.envelope.as_ref().map(|envelope| envelope.received_at_us),
        Body::Broken { .. } => None,
    };
    let said_us = received_at_us.unwrap_or(record.record.timestamp.0);
    let received_at_us = said_us.clamp(FIRST_MOMENT_US, LAST_MOMENT_US);
    let body = if said_us == received_at_us {
        body
    } else {
        let detail = "received outside the years 1 to 9999, which no table's dates can hold".to_owned();
        Body::Broken {
            value,
            violation: Violation { reason: Reason::Undecodable, field: "received_at".to_owned(), detail },
        }
    };
    let key = match &body {
        Body::Event { peek, .. } => key_of(peek.anonymous_id, peek.event_id),
        Body::Quarantined(event) => event.envelope.as_ref().and_then(key_of_envelope),
        Body::Broken { .. } => None,
    };
    let place = key.is_none().then(|| format!("log:{topic}/{partition}@{}", record.offset));
    let key = key.or_else(|| place.as_deref().map(Key::of_place)).unwrap_or_default();
    let seen = match body.import_run() {
        "" => Seen::on(Timestamp(received_at_us).day()),
        _ => Seen::FOREVER,
    };
    Facts { probe: Probe { key, seen, partition }, received_at_us, place, body }
}

/// The key of a row of the quarantine table, from its columns `envelope` and `event_id`: that of its record.
pub(crate) fn key_of_quarantined(envelope: &[u8], event_id: &str) -> Key {
    let key = record::peek(envelope).ok().and_then(|peek| key_of(peek.anonymous_id, peek.event_id));
    key.unwrap_or_else(|| Key::of_place(event_id))
}

fn key_of_envelope(envelope: &Envelope) -> Option<Key> {
    key_of(envelope.context.as_ref().map_or("", |context| &context.anonymous_id), &envelope.event_id)
}

fn key_of(anonymous_id: &str, event_id: &str) -> Option<Key> {
    (!event_id.is_empty()).then(|| Key::of(anonymous_id, event_id))
}

fn event_body(value: &[u8]) -> Result<Body<'_>, Violation> {
    let parts = record::split(value)?;
    let peek = record::peek(parts.envelope)?;
    Ok(Body::Event { parts, peek })
}

fn quarantined_body(value: &[u8]) -> Result<Body<'_>, Violation> {
    Ok(Body::Quarantined(Box::new(record::decode_quarantined(value)?)))
}
