//! What becomes of one event: the pure core of the Event API, shared by the server and by imports. Bytes and
//! the facts of their arrival go in; a record for the log and the answer to the sender come out. No clock, no
//! randomness, no IO.
//!
//! | the event | result | record |
//! |---|---|---|
//! | longer than `event_bytes` | `rejected`, `too_large` | none |
//! | an envelope that cannot be read, an id over 100 characters, a time out of range | `quarantined`, `invalid_payload` or `undecodable` | `quarantine`, the whole event or its payload |
//! | a schema version that is not known | `quarantined`, `unknown_schema` | `quarantine`, its payload |
//! | a name that the version does not have | `quarantined`, `unknown_event` | `quarantine`, its payload |
//! | a payload that does not fit | `quarantined`, as the schema says | `quarantine`, its payload |
//! | else | `ok` | `events` |

mod fields;

use std::borrow::Cow;
use std::time::Duration;

use bytes::Bytes;
use judi_log::{Record, Topic};
use judi_schema::envelope::{Context, Envelope, PayloadKind, QuarantinedEvent};
use judi_schema::model::{EventModel, Model};
use judi_schema::nearest::nearest;
use judi_schema::schemas::Schemas;
use judi_schema::segment::{Call, Mapped, Unmapped};
use judi_schema::verdict::{Reason, Violation};
use judi_schema::{json, page, record, segment, wire};
use judi_world::Timestamp;
use serde::Serialize;

use crate::incoming::{Incoming, Payload, RawEvent, Reading, SentClock};
use crate::moment;
use crate::visitor::Visitor;

/// The longest id, in characters: a UUID has 36, and other senders' ids are hashes and counters.
pub const EVENT_ID_CHARACTERS_MAX: usize = 100;

/// How much of a detail is kept, in characters: enough for a sentence, whatever a sender wrote into a value.
const DETAIL_CHARACTERS_MAX: usize = 500;

/// How many unknown names of one batch are compared with the known ones: a hint is for people, and a body of
/// ten thousand misspelt names must not cost more than one of good ones.
const NEAREST_PER_BATCH: u32 = 8;

/// What is known of the arrival of a batch, and not from its bytes.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// When it was received.
    pub received_at: Timestamp,
    /// When the device says that it sent it.
    pub sent_at: Option<Timestamp>,
    /// The write key's name, or the import's source: kept beside every event.
    pub source: &'a str,
    /// Where exactly an import found it (`access.log:17`): kept beside what is quarantined. Empty: the source.
    pub place: &'a str,
    /// Whether a program sent it for itself.
    pub is_bot: bool,
    /// The import that it comes with; empty for what apps send.
    pub import_run: &'a str,
    /// How far a clock may be off before `occurred_at` is corrected.
    pub clock_tolerance: Duration,
    /// The longest event, in bytes as it came.
    pub event_bytes_max: usize,
    /// Unpredictable bytes, never used for another batch: what the ids that the server gives are made of.
    pub id_seed: [u8; 32],
}

/// What became of one event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// Where it goes, and as what; `None` where it is not kept.
    pub record: Option<(Topic, Record)>,
    /// (anonymous_id, event_id) as a number; `None` where the sender gave no id to recognise it by.
    pub identity: Option<u128>,
    /// What the sender is told, once the record is durable.
    pub result: EventResult,
}

/// One member of the answer's `results`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EventResult {
    /// The sender's, or the one that the server gave.
    pub event_id: String,
    /// What became of it.
    pub status: Status,
    /// Why, where it is not `ok`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<&'static str>,
    /// The field that is to blame: `section`, `authors[2].name`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// What is wrong, for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

/// What became of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// It fits the schema, and is durable.
    Ok,
    /// It was durable before.
    Duplicate,
    /// It does not fit, and is durable in quarantine.
    Quarantined,
    /// It will never be taken.
    Rejected,
    /// It was not taken now.
    Retry,
}

/// Accepts the events of one batch, in order.
#[derive(Debug)]
pub struct Acceptor<'a> {
    schemas: &'a Schemas,
    facts: Facts<'a>,
    /// The batch's context as it was sent, for events that say more.
    sent: Context,
    /// The batch's context with what its page tells; lent to the envelope of each event that says no more, so
    /// that sharing costs no copies.
    shared: Option<Context>,
    /// Who gives events their `anonymous_id` that have none.
    visitor: Option<Visitor>,
    clock: SentClock,
    nearest_left: u32,
}

impl<'a> Acceptor<'a> {
    /// For events with these facts and this context in common.
    #[must_use]
    pub fn new(schemas: &'a Schemas, facts: Facts<'a>, context: Context) -> Self {
        let mut shared = context.clone();
        page::derive(&mut shared);
        let (sent, shared, clock) = (context, Some(shared), SentClock::default());
        Self { schemas, facts, sent, shared, visitor: None, clock, nearest_left: NEAREST_PER_BATCH }
    }

    /// With what the batch says of the device's clocks beside `sent_at`.
    #[must_use]
    pub fn with_clock(self, clock: SentClock) -> Self {
        Self { clock, ..self }
    }

    /// The same, with an `anonymous_id` for events that come without.
    pub(crate) fn with_visitor(mut self, visitor: Option<Visitor>) -> Self {
        self.visitor = visitor;
        self
    }

    /// The visitor, after all events.
    pub(crate) const fn visitor(&self) -> Option<&Visitor> {
        self.visitor.as_ref()
    }

    /// What becomes of the batch's event number `index`.
    pub fn accept(&mut self, index: usize, raw: RawEvent<'_>) -> Accepted {
        self.accept_as(index, raw, RawEvent::read)
    }

    /// As [`accept`](Self::accept), of an event that `read` reads: for batches in other forms than our own.
    pub fn accept_as<'e>(
        &mut self,
        index: usize,
        raw: RawEvent<'e>,
        read: impl FnOnce(RawEvent<'e>) -> Reading<'e>,
    ) -> Accepted {
        let (bytes, max) = (raw.bytes().len(), self.facts.event_bytes_max);
        if bytes <= max {
            return self.accept_reading(index, read(raw));
        }
        let detail = format!("{bytes} bytes are over the limit of {max} for one event");
        let event_id = raw.peek_event_id();
        let reason = Some(REASON_TOO_LARGE);
        let result = EventResult { event_id, status: Status::Rejected, reason, field: None, detail: Some(detail) };
        Accepted { record: None, identity: None, result }
    }

    /// What becomes of an event that has been read: for importers, who may fill in what their files say
    /// elsewhere.
    pub fn accept_reading(&mut self, index: usize, reading: Reading<'_>) -> Accepted {
        let Reading { raw, mut event, fault, line } = reading;
        let facts = Facts {
            received_at: line.received_at.unwrap_or(self.facts.received_at),
            sent_at: line.sent_at.or(self.facts.sent_at),
            is_bot: line.is_bot.unwrap_or(self.facts.is_bot),
            ..self.facts
        };
        let own = event.context.take();
        let is_shared = own.is_none();
        let mut context = match own {
            None => self.shared.take(),
            Some(own) => Some(self.merged(&own)),
        };
        if let (Some(visitor), Some(context)) = (&mut self.visitor, &mut context) {
            visitor.fill(context);
        }
        let mut envelope = envelope(&facts, index, &event, context);
        envelope.sent_monotonic_ms = self.clock.sent_monotonic_ms;
        envelope.round_trip_ms = self.clock.round_trip_ms;
        let identity = (!event.event_id.is_empty()).then(|| identity(&envelope));
        let verdict = match fault {
            // The whole event is kept: what of the envelope could not be read stands nowhere else.
            Some(violation) => Err((Misfit::from(violation), None)),
            None => self.judge(&event, &envelope).map_err(|misfit| (misfit, Some(event.payload))),
        };
        let key = Bytes::copy_from_slice(envelope.partition_key().as_bytes());
        let event_id = envelope.event_id.clone();
        let (topic, value, result) = match verdict {
            Ok(Fitting { model, event, payload, context }) => {
                envelope.schema_version = model.version;
                if let Some(more) = context {
                    envelope.context = Some(page::with_more(&envelope.context.take().unwrap_or_default(), &more));
                    envelope.event.clone_from(&event.name);
                }
                let value = record::encode_event(model, event, &envelope, &payload);
                let result = EventResult { event_id, status: Status::Ok, reason: None, field: None, detail: None };
                (Topic::Events, value, result)
            }
            Err((Misfit { violation, event }, payload)) => {
                if let Some(event) = event {
                    envelope.event.clone_from(&event.name);
                }
                let (bytes, kind) = payload.map_or_else(|| (raw.kept(), raw.kind()), quarantined);
                let detail = shortened(&violation.to_string());
                let kept = QuarantinedEvent {
                    envelope: Some(envelope),
                    reason: violation.reason.as_str().to_owned(),
                    detail: detail.clone(),
                    source: if facts.place.is_empty() { facts.source } else { facts.place }.to_owned(),
                    payload: bytes.into_owned(),
                    payload_kind: kind.into(),
                    judged_by: self.schemas.current().version,
                };
                let value = record::encode_quarantined(&kept);
                envelope = kept.envelope.unwrap_or_default();
                (
                    Topic::Quarantine,
                    value,
                    EventResult {
                        event_id,
                        status: Status::Quarantined,
                        reason: Some(violation.reason.as_str()),
                        field: Some(shortened(&violation.field)).filter(|field| !field.is_empty()),
                        detail: Some(detail),
                    },
                )
            }
        };
        if is_shared {
            self.shared = envelope.context.take();
        }
        let record = Record { key, value: Bytes::from(value), timestamp: facts.received_at };
        Accepted { record: Some((topic, record)), identity, result }
    }

    fn merged(&self, own: &Context) -> Context {
        let mut context = self.sent.overridden_by(own);
        page::derive(&mut context);
        context
    }

    /// Whether the event fits the schema version that it names.
    fn judge(&mut self, event: &Incoming<'_>, envelope: &Envelope) -> Result<Fitting<'a>, Misfit<'a>> {
        let characters = event.event_id.chars().count();
        if characters > EVENT_ID_CHARACTERS_MAX {
            let detail = format!("{characters} characters are over the limit of {EVENT_ID_CHARACTERS_MAX}");
            return Err(violation(Reason::InvalidPayload, "event_id", detail).into());
        }
        if !moment::in_range(Timestamp(envelope.event_time_us)) {
            let detail =
                "corrected by the device clock's error (receipt less sent_at) it is outside the years 1 to 9999";
            return Err(violation(Reason::InvalidPayload, "occurred_at", detail).into());
        }
        let model = match event.schema_version {
            0 => self.schemas.current(),
            number => self.schemas.version(number).ok_or_else(|| {
                let detail = format!("version {number} is not known; the newest is {}", self.schemas.current().version);
                violation(Reason::UnknownSchema, "schema_version", detail)
            })?,
        };
        if let Payload::Call(call) = &event.payload {
            return self.judge_call(call, model);
        }
        let found = model.event(&event.event).ok_or_else(|| self.unknown(&event.event, model))?;
        let payload = to_wire(model, found, &event.payload)?;
        Ok(Fitting { model, event: found, payload, context: None })
    }

    /// Whether a call is an event, by the mapping.
    fn judge_call(&mut self, call: &Call<'_>, model: &'a Model) -> Result<Fitting<'a>, Misfit<'a>> {
        match segment::map(self.schemas.segment(), model, call) {
            Ok(Mapped { event, payload, context }) => Ok(Fitting { model, event, payload, context: Some(context) }),
            Err(Unmapped { event, mut violation }) => {
                if event.is_none()
                    && let Some(near) = self.nearest(&call.name(), model)
                {
                    violation.detail = format!("{}; the nearest event is {near:?}", violation.detail);
                }
                Err(Misfit { violation, event })
            }
        }
    }

    fn unknown(&mut self, name: &str, model: &Model) -> Violation {
        if name.is_empty() {
            return violation(Reason::UnknownEvent, "event", "the event has no name");
        }
        let mut detail = format!("the schema has no event {:?}", name.chars().take(100).collect::<String>());
        if let Some(near) = self.nearest(name, model) {
            detail = format!("{detail}; did you mean {near:?}?");
        }
        violation(Reason::UnknownEvent, "event", detail)
    }

    /// The known name that was probably meant, as long as it is worth looking for.
    fn nearest<'m>(&mut self, name: &str, model: &'m Model) -> Option<&'m str> {
        self.nearest_left = self.nearest_left.checked_sub(1)?;
        nearest(name, model.events.iter().map(|event| event.name.as_str()))
    }
}

/// The reason of an event that is over the limit.
pub const REASON_TOO_LARGE: &str = "too_large";

/// An event that fits.
struct Fitting<'a> {
    model: &'a Model,
    event: &'a EventModel,
    payload: Vec<u8>,
    /// What a mapping adds to the envelope's.
    context: Option<Context>,
}

/// An event that does not fit.
struct Misfit<'a> {
    violation: Violation,
    /// The event that it would be, where the sender's name for it is another.
    event: Option<&'a EventModel>,
}

impl From<Violation> for Misfit<'_> {
    fn from(violation: Violation) -> Self {
        Self { violation, event: None }
    }
}

/// The payload in protobuf, checked.
fn to_wire(model: &Model, event: &EventModel, payload: &Payload<'_>) -> Result<Vec<u8>, Violation> {
    let mut bytes = Vec::new();
    match payload {
        // What JSON turns into has passed the same validation.
        Payload::Json(text) => json::to_wire(&model.plans, event.message, text, &mut bytes)?,
        Payload::Fields(fields) => json::struct_to_wire(&model.plans, event.message, fields, &mut bytes)?,
        // A call is no payload before it is mapped.
        Payload::Empty | Payload::Call(_) => wire::validate(&model.plans, event.message, &[])?,
        Payload::Wire(wire_bytes) => {
            wire::validate(&model.plans, event.message, wire_bytes)?;
            bytes.extend_from_slice(wire_bytes);
        }
    }
    Ok(bytes)
}

/// A payload as the quarantine keeps it.
fn quarantined(payload: Payload<'_>) -> (Cow<'_, [u8]>, PayloadKind) {
    match payload {
        Payload::Empty => (Cow::Borrowed(&[]), PayloadKind::PayloadProtobuf),
        Payload::Wire(wire) => (wire, PayloadKind::PayloadProtobuf),
        Payload::Json(text) => (fields::bytes(text), PayloadKind::PayloadJson),
        Payload::Fields(fields) => (Cow::Owned(fields::to_json(&fields).into_bytes()), PayloadKind::PayloadJson),
        Payload::Call(call) => (Cow::Owned(call.kept().into_bytes()), PayloadKind::SegmentJson),
    }
}

fn envelope(facts: &Facts<'_>, index: usize, event: &Incoming<'_>, context: Option<Context>) -> Envelope {
    let event_id = if event.event_id.is_empty() { given_id(facts, index) } else { event.event_id.as_ref().to_owned() };
    let event_time = moment::event_time(event.occurred_at, facts.sent_at, facts.received_at, facts.clock_tolerance);
    Envelope {
        event_id,
        event: event.event.as_ref().to_owned(),
        event_time_us: event_time.0,
        received_at_us: facts.received_at.0,
        occurred_at_us: event.occurred_at.map(|moment| moment.0),
        sent_at_us: facts.sent_at.map(|moment| moment.0),
        sequence: event.sequence,
        monotonic_ms: event.monotonic_ms,
        schema_version: event.schema_version,
        is_bot: facts.is_bot,
        source: facts.source.to_owned(),
        import_run: facts.import_run.to_owned(),
        context,
        payload_kind: PayloadKind::Unspecified.into(),
        ..Envelope::default()
    }
}

/// A UUIDv7 (RFC 9562) of the moment of receipt, for an event that came without an id.
fn given_id(facts: &Facts<'_>, index: usize) -> String {
    new_id(&facts.id_seed, facts.received_at, index as u64)
}

/// A UUIDv7 (RFC 9562) of a moment, unlike that of any other number or seed.
pub(crate) fn new_id(seed: &[u8; 32], at: Timestamp, number: u64) -> String {
    let hash = blake3::keyed_hash(seed, &number.to_le_bytes());
    let mut random = [0; 10];
    random.iter_mut().zip(hash.as_bytes()).for_each(|(byte, hashed)| *byte = *hashed);
    let millis = u64::try_from(at.0 / 1_000).unwrap_or(0);
    uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid().to_string()
}

/// 128 bits of BLAKE3 over the two ids, each after its length, so that no two pairs are written alike.
fn identity(envelope: &Envelope) -> u128 {
    let anonymous_id = envelope.context.as_ref().map_or("", |context| context.anonymous_id.as_str());
    let mut hasher = blake3::Hasher::new();
    for id in [anonymous_id, &envelope.event_id] {
        hasher.update(&(id.len() as u64).to_le_bytes()).update(id.as_bytes());
    }
    let mut first = [0; 16];
    hasher.finalize_xof().fill(&mut first);
    u128::from_le_bytes(first)
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(DETAIL_CHARACTERS_MAX) {
        Some((cut, _)) => format!("{}…", text.get(..cut).unwrap_or_default()),
        None => text.to_owned(),
    }
}

fn violation(reason: Reason, field: &str, detail: impl Into<String>) -> Violation {
    Violation { reason, field: field.to_owned(), detail: detail.into() }
}

#[cfg(test)]
mod tests;
