//! The protobuf form of a batch, read in place: the batch is walked for the slices of its events, and each
//! event's envelope is read where it lies. A decoder that makes the whole `EventBatch` would turn the two
//! bytes of an empty event into the seven hundred of its struct; here memory follows the message.

use std::borrow::Cow;

use judi_schema::envelope::Context;
use judi_schema::verdict::{Reason, Violation};
use judi_schema::wire::{Cursor, Tag, WireError, WireType};
use judi_world::Timestamp;
use prost::Message;

use crate::incoming::{Incoming, Payload, RawEvent, Reading, SentClock};
use crate::moment;

/// A batch whose events have not been read yet.
#[derive(Debug, Default)]
pub(crate) struct ProtobufBatch<'a> {
    pub(crate) sent_at: Option<Timestamp>,
    pub(crate) context: Context,
    pub(crate) write_key: &'a str,
    pub(crate) clock: SentClock,
    pub(crate) events: Vec<&'a [u8]>,
}

/// Why a protobuf body as a whole cannot be read.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ProtobufFault {
    #[error("{0}")]
    Unreadable(String),
    #[error("{events} events")]
    TooManyEvents { events: usize },
}

/// Reads a body. `events_max` bounds what is kept of its list of events.
pub(crate) fn read_batch(body: &[u8], events_max: usize) -> Result<ProtobufBatch<'_>, ProtobufFault> {
    let unreadable = |error: WireError| ProtobufFault::Unreadable(format!("no judi.v1.EventBatch: {error}"));
    let mut batch = ProtobufBatch::default();
    let mut sent_at = None;
    let mut events_seen = 0;
    let mut cursor = Cursor::new(body);
    while let Some(tag) = cursor.tag().map_err(unreadable)? {
        match (tag.number, tag.wire_type) {
            (1, WireType::Len) => {
                let bytes = cursor.bytes().map_err(unreadable)?;
                merge(sent_at.get_or_insert_default(), bytes, "sent_at").map_err(ProtobufFault::Unreadable)?;
            }
            (2, WireType::Len) => {
                let bytes = cursor.bytes().map_err(unreadable)?;
                merge(&mut batch.context, bytes, "context").map_err(ProtobufFault::Unreadable)?;
            }
            (3, WireType::Len) => {
                let event = cursor.bytes().map_err(unreadable)?;
                events_seen += 1;
                // Past the limit they are only counted, for the answer.
                if events_seen <= events_max {
                    batch.events.push(event);
                }
            }
            (4, WireType::Len) => batch.write_key = cursor.text().map_err(unreadable)?,
            (5, WireType::Varint) => batch.clock.sent_monotonic_ms = Some(cursor.varint().map_err(unreadable)?),
            (6, WireType::Varint) => batch.clock.round_trip_ms = Some(cursor.varint().map_err(unreadable)?),
            (1..=6, _) => {
                let fault = format!("no judi.v1.EventBatch: field {} is of another type", tag.number);
                return Err(ProtobufFault::Unreadable(fault));
            }
            _ => cursor.skip(tag, 0).map_err(unreadable)?,
        }
    }
    if let Some(time) = sent_at {
        let moment = moment::from_protobuf(&time);
        let fault = || ProtobufFault::Unreadable("sent_at: not a time in the years 1 to 9999".to_owned());
        batch.sent_at = Some(moment.ok_or_else(fault)?);
    }
    if events_seen > events_max {
        return Err(ProtobufFault::TooManyEvents { events: events_seen });
    }
    Ok(batch)
}

/// Reads one `judi.v1.Event`.
pub(crate) fn read_event(bytes: &[u8]) -> Reading<'_> {
    let mut reading = Reading::new(RawEvent::Protobuf(bytes));
    if let Err(violation) = read_fields(bytes, &mut reading.event) {
        reading.fault = Some(violation);
    }
    reading
}

/// Only the id, allocating nothing else.
pub(crate) fn peek_event_id(bytes: &[u8]) -> String {
    let mut id = "";
    let mut cursor = Cursor::new(bytes);
    while let Ok(Some(tag)) = cursor.tag() {
        let read = match (tag.number, tag.wire_type) {
            (1, WireType::Len) => cursor.text().map(|text| id = text),
            _ => cursor.skip(tag, 0),
        };
        if read.is_err() {
            break;
        }
    }
    id.to_owned()
}

/// `occurred_at` is judged last, so that a wrong one hides nothing else.
fn read_fields<'a>(bytes: &'a [u8], event: &mut Incoming<'a>) -> Result<(), Violation> {
    let mut occurred_at: Option<prost_types::Timestamp> = None;
    let (mut wire, mut fields): (Option<&[u8]>, Option<prost_types::Struct>) = (None, None);
    let mut cursor = Cursor::new(bytes);
    while let Some(tag) = cursor.tag().map_err(|error| error.violation(""))? {
        let Some(name) = expected(tag)? else {
            cursor.skip(tag, 0).map_err(|error| error.violation(""))?;
            continue;
        };
        let at = |error: WireError| error.violation(name);
        let undecodable = |detail: String| violation(Reason::Undecodable, name, detail);
        match tag.number {
            1 => event.event_id = Cow::Borrowed(cursor.text().map_err(at)?),
            2 => event.event = Cow::Borrowed(cursor.text().map_err(at)?),
            3 => merge(occurred_at.get_or_insert_default(), cursor.bytes().map_err(at)?, name).map_err(undecodable)?,
            4 => event.sequence = Some(cursor.varint().map_err(at)?),
            5 => event.monotonic_ms = Some(cursor.varint().map_err(at)?),
            #[expect(clippy::cast_possible_truncation, reason = "protobuf reads a uint32 by cutting the varint")]
            6 => event.schema_version = cursor.varint().map_err(at)? as u32,
            7 => {
                let own = event.context.get_or_insert_default();
                merge(own.as_mut(), cursor.bytes().map_err(at)?, name).map_err(undecodable)?;
            }
            8 => wire = Some(cursor.bytes().map_err(at)?),
            _ => merge(fields.get_or_insert_default(), cursor.bytes().map_err(at)?, name).map_err(undecodable)?,
        }
    }
    event.payload = match (wire.filter(|bytes| !bytes.is_empty()), fields) {
        (None, None) => Payload::Empty,
        (Some(bytes), None) => Payload::Wire(Cow::Borrowed(bytes)),
        (None, Some(fields)) => Payload::Fields(fields),
        (Some(_), Some(_)) => return Err(violation(Reason::InvalidPayload, "payload", "there is more than one")),
    };
    if let Some(time) = occurred_at {
        let moment = moment::from_protobuf(&time);
        let fault = || violation(Reason::InvalidPayload, "occurred_at", "not a time in the years 1 to 9999");
        event.occurred_at = Some(moment.ok_or_else(fault)?);
    }
    Ok(())
}

/// The name of a known field, written as it must be; `None` for a field that is not known.
fn expected(tag: Tag) -> Result<Option<&'static str>, Violation> {
    let (name, wire_type) = match tag.number {
        1 => ("event_id", WireType::Len),
        2 => ("event", WireType::Len),
        3 => ("occurred_at", WireType::Len),
        4 => ("sequence", WireType::Varint),
        5 => ("monotonic_ms", WireType::Varint),
        6 => ("schema_version", WireType::Varint),
        7 => ("context", WireType::Len),
        8 => ("payload", WireType::Len),
        9 => ("payload_fields", WireType::Len),
        _ => return Ok(None),
    };
    if tag.wire_type == wire_type {
        return Ok(Some(name));
    }
    Err(violation(Reason::Undecodable, name, format!("written as {:?}, not {wire_type:?}", tag.wire_type)))
}

/// protobuf's rule for a message that is written in parts: each goes on where the last stopped.
fn merge<M: Message>(message: &mut M, bytes: &[u8], field: &str) -> Result<(), String> {
    message.merge(bytes).map_err(|error| format!("{field}: {error}"))
}

fn violation(reason: Reason, field: &str, detail: impl Into<String>) -> Violation {
    Violation { reason, field: field.to_owned(), detail: detail.into() }
}

#[cfg(test)]
mod tests;
