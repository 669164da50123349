//! What a record is before it is judged: whose, known by which id, received when. Pure; borrows the log's bytes.

use judi_log::{FetchedRecord, Topic};
use judi_schema::envelope::{Envelope, QuarantinedEvent};
use judi_schema::event_time::EventTime;
use judi_schema::record::{self, Peek, RecordParts};
use judi_schema::verdict::{Reason, Violation};
use judi_world::Timestamp;

use crate::clocks::{self, Clocks, Said};
use crate::dedup::{Key, Probe, Seen};

/// 0001-01-01T00:00:00Z and the last microsecond of 9999-12-31: what dates of tables can be.
const FIRST_MOMENT_US: i64 = -62_135_596_800_000_000;
const LAST_MOMENT_US: i64 = 253_402_300_799_999_999;

/// Records whose sessions are looked for at once: the waits of so many overlap, and their sessions stay in the cache.
const TAKEN_AT_ONCE: usize = 64;

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

/// The times of a round's records. What was refused and may fit now comes last, between the neighbours that came in
/// the same batch and fitted, and leaves no trace: which of the two topics is read first is nobody's promise.
pub(crate) fn times(records: &[Facts<'_>], clocks: &mut Clocks) -> Vec<EventTime> {
    let mut times = take_times(records, clocks);
    for (facts, time) in records.iter().zip(&mut times) {
        if let Body::Quarantined(event) = &facts.body
            && let Some(envelope) = &event.envelope
        {
            *time = clocks.look(facts.probe.partition, &Said::of_envelope(envelope));
        }
    }
    times
}

/// The times of the records of the topic `events`, of which all up to now have been taken, and of any others those of
/// their receipt.
pub(crate) fn take_times(records: &[Facts<'_>], clocks: &mut Clocks) -> Vec<EventTime> {
    let mut times = Vec::with_capacity(records.len());
    let mut last = LastSession::default();
    let mut saids: Vec<Option<Said>> = Vec::with_capacity(TAKEN_AT_ONCE);
    for some in records.chunks(TAKEN_AT_ONCE) {
        saids.clear();
        saids.extend(some.iter().map(|facts| match &facts.body {
            Body::Event { peek, .. } => Some(last.said(peek)),
            _ => None,
        }));
        let ahead = some.iter().zip(&saids).map(|(facts, said)| match said {
            Some(said) => clocks.foresee(facts.probe.partition, said),
            None => 0,
        });
        std::hint::black_box(ahead.fold(0, |all, one| all ^ one));
        times.extend(some.iter().zip(&saids).map(|(facts, said)| match said {
            Some(said) => clocks.take(facts.probe.partition, said),
            None => EventTime { us: facts.received_at_us, flag: None },
        }));
    }
    times
}

/// Records that follow each other are mostly of one session: its key need not be made again.
#[derive(Debug, Default)]
struct LastSession<'a> {
    ids: Option<[&'a str; 3]>,
    key: Option<Key>,
}

impl<'a> LastSession<'a> {
    fn said(&mut self, peek: &Peek<'a>) -> Said {
        let ids = [peek.anonymous_id, peek.user_id, peek.session_id];
        if self.ids != Some(ids) {
            let [anonymous_id, user_id, session_id] = ids;
            (self.ids, self.key) = (Some(ids), clocks::session(anonymous_id, user_id, session_id));
        }
        Said::of_session(peek, self.key)
    }
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
