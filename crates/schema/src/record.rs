//! The bytes of a record: a Confluent frame around the derived message of the event.
//!
//! ```text
//!   0x00 │ schema id, 4 bytes big-endian │ message indexes │ 0x0A length envelope │ 0x12 length payload
//! ```
//!
//! The schema id is the writer's schema version; the message indexes name the event's message in that version's
//! derived file ([`crate::derived`]): zigzag varints, a count and that many, and `[0]` is one 0x00.

use prost::Message;
use prost::encoding::{encode_key, encode_varint};

use crate::envelope::{Envelope, QuarantinedEvent};
use crate::model::{EventModel, Model};
use crate::verdict::{Reason, Violation};
use crate::wire::{Cursor, WireError, WireType, unzigzag, zigzag};

/// The schema id of the topic `quarantine`: its records are Judi's own message, of no version of the project's.
pub const QUARANTINE_SCHEMA_ID: u32 = 0;

/// Fields of the derived message.
const FIELD_ENVELOPE: u32 = 1;
const FIELD_PAYLOAD: u32 = 2;
/// Fields of `judi.v1.Envelope` that are looked at without decoding the rest.
const FIELD_EVENT_ID: u32 = 1;
const FIELD_EVENT: u32 = 2;
const FIELD_EVENT_TIME_US: u32 = 3;
const FIELD_RECEIVED_AT_US: u32 = 4;
const FIELD_OCCURRED_AT_US: u32 = 5;
const FIELD_SENT_AT_US: u32 = 6;
const FIELD_SEQUENCE: u32 = 7;
const FIELD_MONOTONIC_MS: u32 = 8;
const FIELD_IMPORT_RUN: u32 = 12;
const FIELD_CONTEXT: u32 = 13;
const FIELD_SENT_MONOTONIC_MS: u32 = 15;
const FIELD_ROUND_TRIP_MS: u32 = 16;
/// Fields of `judi.v1.Context`.
const FIELD_ANONYMOUS_ID: u32 = 1;
const FIELD_USER_ID: u32 = 2;
const FIELD_SESSION_ID: u32 = 3;

const MAGIC: u8 = 0;
/// The longest frame: magic, id, and two varints of 32 bits.
const FRAME_BYTES_MAX: usize = 15;

/// A record of the topic `events`, taken apart; nothing is decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecordParts<'a> {
    /// The version that the payload was written with.
    pub schema_version: u32,
    /// The event's index in that version.
    pub index: u32,
    /// A `judi.v1.Envelope`.
    pub envelope: &'a [u8],
    /// The event's message.
    pub payload: &'a [u8],
}

/// What of an envelope decides about its record: who it is, whose, and when it happened.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Peek<'a> {
    /// Unique for its anonymous_id.
    pub event_id: &'a str,
    /// The event's name.
    pub event: &'a str,
    /// The install's id; empty: not known.
    pub anonymous_id: &'a str,
    /// The import that brought it; empty: an app sent it.
    pub import_run: &'a str,
    /// Microseconds since 1970.
    pub received_at_us: i64,
    /// Microseconds since 1970.
    pub event_time_us: i64,
    /// The signed-in person's id; empty: not known.
    pub user_id: &'a str,
    /// The visit; empty: not known.
    pub session_id: &'a str,
    /// Microseconds since 1970, by the device's clock.
    pub occurred_at_us: Option<i64>,
    /// Microseconds since 1970, by the device's clock.
    pub sent_at_us: Option<i64>,
    /// Per install.
    pub sequence: Option<u64>,
    /// The device's monotonic clock in milliseconds.
    pub monotonic_ms: Option<u64>,
    /// The same when the batch was sent.
    pub sent_monotonic_ms: Option<u64>,
    /// The smallest round trip of the session, in milliseconds.
    pub round_trip_ms: Option<u64>,
}

/// The record of an event that fits. `payload` is the event's message as it came.
#[must_use]
pub fn encode_event(model: &Model, event: &EventModel, envelope: &Envelope, payload: &[u8]) -> Vec<u8> {
    let envelope_bytes = envelope.encoded_len();
    let mut record = Vec::with_capacity(FRAME_BYTES_MAX + envelope_bytes + payload.len() + 22);
    frame(&mut record, model.version, event.index);
    length_delimited(&mut record, FIELD_ENVELOPE, envelope_bytes);
    envelope.encode_raw(&mut record);
    // An empty message is there, too: presence tells an event without fields from a record without one.
    length_delimited(&mut record, FIELD_PAYLOAD, payload.len());
    record.extend_from_slice(payload);
    record
}

/// The record of an event that does not fit.
#[must_use]
pub fn encode_quarantined(event: &QuarantinedEvent) -> Vec<u8> {
    let mut record = Vec::with_capacity(FRAME_BYTES_MAX + event.encoded_len());
    frame(&mut record, QUARANTINE_SCHEMA_ID, 0);
    event.encode_raw(&mut record);
    record
}

/// Takes a record of the topic `quarantine` apart.
///
/// # Errors
/// `undecodable` when it is no such record.
pub fn decode_quarantined(value: &[u8]) -> Result<QuarantinedEvent, Violation> {
    let (id, _, body) = read_frame(value)?;
    if id != QUARANTINE_SCHEMA_ID {
        return Err(undecodable(format!("the record of a quarantined event has the schema id {id}")));
    }
    QuarantinedEvent::decode(body).map_err(|error| undecodable(error.to_string()))
}

/// Takes a record of the topic `events` apart.
///
/// # Errors
/// `undecodable` when it is no such record.
pub fn split(value: &[u8]) -> Result<RecordParts<'_>, Violation> {
    let (schema_version, index, body) = read_frame(value)?;
    let mut parts = RecordParts { schema_version, index, envelope: &[], payload: &[] };
    let mut cursor = Cursor::new(body);
    while let Some(tag) = cursor.tag()? {
        match (tag.number, tag.wire_type) {
            (FIELD_ENVELOPE, WireType::Len) => parts.envelope = cursor.bytes()?,
            (FIELD_PAYLOAD, WireType::Len) => parts.payload = cursor.bytes()?,
            _ => cursor.skip(tag, 0)?,
        }
    }
    Ok(parts)
}

/// Looks at an envelope without decoding it all; nothing is allocated.
///
/// # Errors
/// `undecodable` when it is no envelope.
pub fn peek(envelope: &[u8]) -> Result<Peek<'_>, Violation> {
    let mut peek = Peek::default();
    let mut cursor = Cursor::new(envelope);
    while let Some(tag) = cursor.tag()? {
        match (tag.number, tag.wire_type) {
            (FIELD_EVENT_ID, WireType::Len) => peek.event_id = cursor.text()?,
            (FIELD_EVENT, WireType::Len) => peek.event = cursor.text()?,
            (FIELD_EVENT_TIME_US, WireType::Varint) => peek.event_time_us = cursor.varint()?.cast_signed(),
            (FIELD_RECEIVED_AT_US, WireType::Varint) => peek.received_at_us = cursor.varint()?.cast_signed(),
            (FIELD_OCCURRED_AT_US, WireType::Varint) => peek.occurred_at_us = Some(cursor.varint()?.cast_signed()),
            (FIELD_SENT_AT_US, WireType::Varint) => peek.sent_at_us = Some(cursor.varint()?.cast_signed()),
            (FIELD_SEQUENCE, WireType::Varint) => peek.sequence = Some(cursor.varint()?),
            (FIELD_MONOTONIC_MS, WireType::Varint) => peek.monotonic_ms = Some(cursor.varint()?),
            (FIELD_IMPORT_RUN, WireType::Len) => peek.import_run = cursor.text()?,
            (FIELD_CONTEXT, WireType::Len) => peek.look_at_context(cursor.bytes()?)?,
            (FIELD_SENT_MONOTONIC_MS, WireType::Varint) => peek.sent_monotonic_ms = Some(cursor.varint()?),
            (FIELD_ROUND_TRIP_MS, WireType::Varint) => peek.round_trip_ms = Some(cursor.varint()?),
            _ => cursor.skip(tag, 0)?,
        }
    }
    Ok(peek)
}

impl<'a> Peek<'a> {
    /// Of a context that is there more than once, what comes last counts, field by field.
    fn look_at_context(&mut self, context: &'a [u8]) -> Result<(), WireError> {
        let mut cursor = Cursor::new(context);
        while let Some(tag) = cursor.tag()? {
            match (tag.number, tag.wire_type) {
                (FIELD_ANONYMOUS_ID, WireType::Len) => self.anonymous_id = cursor.text()?,
                (FIELD_USER_ID, WireType::Len) => self.user_id = cursor.text()?,
                (FIELD_SESSION_ID, WireType::Len) => self.session_id = cursor.text()?,
                _ => cursor.skip(tag, 1)?,
            }
        }
        Ok(())
    }
}

fn frame(record: &mut Vec<u8>, schema_id: u32, index: u32) {
    record.push(MAGIC);
    record.extend_from_slice(&schema_id.to_be_bytes());
    if index != 0 {
        encode_varint(zigzag(1), record);
    }
    // The first message is so common that its list of one index is written as its count, and the count left out.
    encode_varint(zigzag(i64::from(index)), record);
}

/// The schema id, the index of the message, and what follows the frame.
fn read_frame(value: &[u8]) -> Result<(u32, u32, &[u8]), Violation> {
    let Some((&[MAGIC, a, b, c, d], rest)) = value.split_first_chunk() else {
        return Err(undecodable("the record does not begin with a frame"));
    };
    let mut cursor = Cursor::new(rest);
    let index = match unzigzag(cursor.varint()?) {
        0 => 0,
        1 => unzigzag(cursor.varint()?),
        count => return Err(undecodable(format!("the frame has {count} message indexes; events have one"))),
    };
    match u32::try_from(index) {
        Ok(index) => Ok((u32::from_be_bytes([a, b, c, d]), index, cursor.rest())),
        Err(_) => Err(undecodable(format!("the frame has the message index {index}"))),
    }
}

fn length_delimited(record: &mut Vec<u8>, number: u32, length: usize) {
    encode_key(number, prost::encoding::WireType::LengthDelimited, record);
    encode_varint(length as u64, record);
}

fn undecodable(detail: impl Into<String>) -> Violation {
    Violation { reason: Reason::Undecodable, field: String::new(), detail: detail.into() }
}

#[cfg(test)]
mod tests;
