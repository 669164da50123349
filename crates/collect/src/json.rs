//! The JSON form of a batch, read in one pass without building a tree: payloads stay text until their schema
//! is known. Names are accepted in snake_case and in lowerCamelCase, `null` means "not set", and members that
//! neither a batch, an event nor a context has are ignored (unknown members of a *payload* are kept).
//!
//! A value of the wrong type is not an error of the parse but a fault of the one event that has it, so every
//! member is read as whatever [`Scalar`] it is and judged after.

mod scalar;

use std::borrow::Cow;
use std::fmt;

use judi_schema::envelope::Context;
use judi_schema::verdict::Reason;
use judi_world::Timestamp;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::incoming::{Payload, RawEvent, Reading, SentClock};
use crate::json::scalar::{ContextMember, Name, Scalar};

/// How deep an event's JSON may be nested: as protobuf's messages, and less than what others' parsers bear.
const LEVELS_MAX: u32 = 100;

/// A batch whose events have not been read yet.
#[derive(Debug, Default)]
pub(crate) struct JsonBatch<'a> {
    pub(crate) sent_at: Option<Timestamp>,
    pub(crate) context: Context,
    pub(crate) write_key: Cow<'a, str>,
    pub(crate) clock: SentClock,
    pub(crate) events: Vec<&'a str>,
}

/// Why a JSON body as a whole cannot be read.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum JsonFault {
    #[error("{0}")]
    Unreadable(String),
    #[error("{events} events")]
    TooManyEvents { events: usize },
}

/// Reads a body. `events_max` bounds what is kept of its list of events.
pub(crate) fn read_batch(text: &str, events_max: usize) -> Result<JsonBatch<'_>, JsonFault> {
    let mut members = Members::default();
    let mut deserializer = serde_json::Deserializer::from_str(text);
    BatchSeed { members: &mut members, events_max }
        .deserialize(&mut deserializer)
        .and_then(|()| deserializer.end())
        .map_err(|error| JsonFault::Unreadable(error.to_string()))?;
    if let Some(fault) = members.fault {
        return Err(JsonFault::Unreadable(fault));
    }
    if members.events_seen > events_max {
        return Err(JsonFault::TooManyEvents { events: members.events_seen });
    }
    if !members.has_events {
        return Err(JsonFault::Unreadable("the body has no list `events`".to_owned()));
    }
    Ok(members.batch)
}

/// Reads one member of `events`, of which the syntax has been checked.
pub(crate) fn read_event(text: &str) -> Reading<'_> {
    read(RawEvent::Json(text), text, false)
}

/// Reads one line of a JSON Lines file.
pub(crate) fn read_line(line: &[u8]) -> Reading<'_> {
    let raw = RawEvent::Line(line);
    match std::str::from_utf8(line) {
        Ok(text) => read(raw, text, true),
        Err(error) => {
            let mut reading = Reading::new(raw);
            reading.blame(Reason::UnreadableLine, "", format!("not UTF-8: {error}"));
            reading
        }
    }
}

fn read<'a>(raw: RawEvent<'a>, text: &'a str, is_line: bool) -> Reading<'a> {
    let mut reading = Reading::new(raw);
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let outcome =
        EventSeed { reading: &mut reading, is_line }.deserialize(&mut deserializer).and_then(|()| deserializer.end());
    if let Err(error) = outcome {
        let unreadable = is_line && (error.is_syntax() || error.is_eof());
        let reason = if unreadable { Reason::UnreadableLine } else { Reason::InvalidPayload };
        reading.blame(reason, "", error.to_string());
    }
    if is_deeper_than(text, LEVELS_MAX) {
        reading.blame(Reason::InvalidPayload, "", format!("nested deeper than {LEVELS_MAX} levels"));
    }
    reading
}

/// Whether JSON has lists and objects within each other by more than so many levels.
fn is_deeper_than(text: &str, levels: u32) -> bool {
    let (mut depth, mut in_text, mut is_escaped) = (0_u32, false, false);
    for byte in text.bytes() {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if in_text => is_escaped = true,
            b'"' => in_text = !in_text,
            b'[' | b'{' if !in_text => {
                depth += 1;
                if depth > levels {
                    return true;
                }
            }
            b']' | b'}' if !in_text => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    false
}

/// Whether a context has a member of this name, in either spelling.
pub(crate) fn is_context_member(name: &str) -> bool {
    scalar::context_field(&mut Context::default(), name).is_some()
}

/// What has been read of a batch so far.
#[derive(Default)]
struct Members<'a> {
    batch: JsonBatch<'a>,
    has_events: bool,
    events_seen: usize,
    fault: Option<String>,
}

impl Members<'_> {
    fn blame(&mut self, fault: String) {
        self.fault.get_or_insert(fault);
    }
}

struct BatchSeed<'m, 'a> {
    members: &'m mut Members<'a>,
    events_max: usize,
}

impl<'a> DeserializeSeed<'a> for BatchSeed<'_, 'a> {
    type Value = ();

    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'a> Visitor<'a> for BatchSeed<'_, 'a> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a batch: an object with a list `events`")
    }

    fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<(), A::Error> {
        let Self { members, events_max } = self;
        while let Some(Name(name)) = map.next_key()? {
            match name.as_ref() {
                "sent_at" | "sentAt" => match map.next_value::<Scalar<'a>>()?.moment() {
                    Ok(moment) => members.batch.sent_at = moment,
                    Err(wrong) => members.blame(format!("sent_at: {wrong}")),
                },
                "context" => match map.next_value::<ContextMember>()?.checked() {
                    Ok(context) => members.batch.context = context.map(|own| *own).unwrap_or_default(),
                    Err((field, wrong)) => members.blame(format!("{field}: {wrong}")),
                },
                "write_key" | "writeKey" => match map.next_value::<Scalar<'a>>()?.text() {
                    Ok(key) => members.batch.write_key = key,
                    Err(wrong) => members.blame(format!("write_key: {wrong}")),
                },
                "sent_monotonic_ms" | "sentMonotonicMs" => match map.next_value::<Scalar<'a>>()?.unsigned() {
                    Ok(milliseconds) => members.batch.clock.sent_monotonic_ms = milliseconds,
                    Err(wrong) => members.blame(format!("sent_monotonic_ms: {wrong}")),
                },
                "round_trip_ms" | "roundTripMs" => match map.next_value::<Scalar<'a>>()?.unsigned() {
                    Ok(milliseconds) => members.batch.clock.round_trip_ms = milliseconds,
                    Err(wrong) => members.blame(format!("round_trip_ms: {wrong}")),
                },
                "events" => {
                    members.has_events = true;
                    map.next_value_seed(EventsSeed { members, events_max })?;
                }
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(())
    }
}

struct EventsSeed<'m, 'a> {
    members: &'m mut Members<'a>,
    events_max: usize,
}

impl<'a> DeserializeSeed<'a> for EventsSeed<'_, 'a> {
    type Value = ();

    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'a> Visitor<'a> for EventsSeed<'_, 'a> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a list of events")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'a>>(self, mut list: A) -> Result<(), A::Error> {
        while let Some(event) = list.next_element::<&'a RawValue>()? {
            self.members.events_seen += 1;
            // Past the limit they are only counted, for the answer.
            if self.members.events_seen <= self.events_max {
                self.members.batch.events.push(event.get());
            }
        }
        Ok(())
    }
}

struct EventSeed<'m, 'a> {
    reading: &'m mut Reading<'a>,
    is_line: bool,
}

impl<'a> DeserializeSeed<'a> for EventSeed<'_, 'a> {
    type Value = ();

    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'a> Visitor<'a> for EventSeed<'_, 'a> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an event: an object")
    }

    fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(Name(name)) = map.next_key()? {
            match name.as_ref() {
                "payload" | "payload_fields" | "payloadFields" => {
                    let payload = map.next_value::<&'a RawValue>()?.get();
                    if payload != "null" {
                        set_payload(self.reading, Payload::Json(Cow::Borrowed(payload)));
                    }
                }
                "payload_bytes" | "payloadBytes" => match map.next_value::<Scalar<'a>>()?.bytes() {
                    Ok(None) => {}
                    Ok(Some(bytes)) => set_payload(self.reading, Payload::Wire(Cow::Owned(bytes))),
                    Err(wrong) => self.reading.blame(Reason::InvalidPayload, "payload_bytes", wrong),
                },
                "context" => match map.next_value::<ContextMember>()?.checked() {
                    Ok(context) => self.reading.event.context = context,
                    Err((field, wrong)) => self.reading.blame(Reason::InvalidPayload, &field, wrong),
                },
                member => {
                    let value = map.next_value::<Scalar<'a>>()?;
                    if let Err((field, wrong)) = set_member(self.reading, self.is_line, member, value) {
                        self.reading.blame(Reason::InvalidPayload, field, wrong);
                    }
                }
            }
        }
        Ok(())
    }
}

fn set_payload<'a>(reading: &mut Reading<'a>, payload: Payload<'a>) {
    if matches!(reading.event.payload, Payload::Empty) {
        reading.event.payload = payload;
    } else {
        reading.blame(Reason::InvalidPayload, "payload", "there is more than one");
    }
}

fn set_member<'a>(
    reading: &mut Reading<'a>,
    is_line: bool,
    member: &str,
    value: Scalar<'a>,
) -> Result<(), (&'static str, String)> {
    let event = &mut reading.event;
    let line = &mut reading.line;
    match member {
        "event_id" | "eventId" => event.event_id = value.text().map_err(|wrong| ("event_id", wrong))?,
        "event" => event.event = value.text().map_err(|wrong| ("event", wrong))?,
        "occurred_at" | "occurredAt" => {
            event.occurred_at = value.moment().map_err(|wrong| ("occurred_at", wrong))?;
        }
        "sequence" => event.sequence = value.unsigned().map_err(|wrong| ("sequence", wrong))?,
        "monotonic_ms" | "monotonicMs" => {
            event.monotonic_ms = value.unsigned().map_err(|wrong| ("monotonic_ms", wrong))?;
        }
        "schema_version" | "schemaVersion" => {
            let version = value.unsigned().map_err(|wrong| ("schema_version", wrong))?.unwrap_or(0);
            let narrow = u32::try_from(version);
            event.schema_version = narrow.map_err(|_| ("schema_version", format!("{version} is over 2^32")))?;
        }
        "received_at" | "receivedAt" if is_line => {
            line.received_at = value.moment().map_err(|wrong| ("received_at", wrong))?;
        }
        "sent_at" | "sentAt" if is_line => line.sent_at = value.moment().map_err(|wrong| ("sent_at", wrong))?,
        "is_bot" | "isBot" if is_line => line.is_bot = value.boolean().map_err(|wrong| ("is_bot", wrong))?,
        _ => {}
    }
    Ok(())
}

#[cfg(test)]
mod tests;
