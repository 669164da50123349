//! An event as it came, whatever form it came in: what could be read of it, and what was wrong.

use std::borrow::Cow;

use judi_schema::envelope::{Context, PayloadKind};
use judi_schema::segment::{self, Call, CallKind};
use judi_schema::verdict::{Reason, Violation};
use judi_world::Timestamp;
use prost_types::Struct;

use crate::segment::read_call;
use crate::{json, protobuf};

/// The bytes of one event.
#[derive(Debug, Clone, Copy)]
pub enum RawEvent<'a> {
    /// A member of a JSON batch's `events`.
    Json(&'a str),
    /// A `judi.v1.Event`.
    Protobuf(&'a [u8]),
    /// A line of a JSON Lines file: an event that may say `received_at`, `sent_at` and `is_bot` itself.
    Line(&'a [u8]),
    /// A call of one of Segment's libraries, in JSON.
    Segment {
        /// The call.
        call: &'a str,
        /// What it is where it does not say so itself.
        kind: Option<CallKind>,
    },
}

/// What was read of one event. Where there is a `fault`, the rest holds what could be read all the same.
#[derive(Debug, Clone)]
pub struct Reading<'a> {
    /// What it was read from.
    pub raw: RawEvent<'a>,
    /// The event.
    pub event: Incoming<'a>,
    /// What is wrong with its envelope; the first such thing.
    pub fault: Option<Violation>,
    /// What a line says of its own arrival.
    pub line: LineFacts,
}

/// An event before anybody has judged it.
#[derive(Debug, Clone, Default)]
pub struct Incoming<'a> {
    /// Empty: the server gives one.
    pub event_id: Cow<'a, str>,
    /// The event's name.
    pub event: Cow<'a, str>,
    /// By the device's clock.
    pub occurred_at: Option<Timestamp>,
    /// Counts up by one per event of an install.
    pub sequence: Option<u64>,
    /// Milliseconds of the device's monotonic clock.
    pub monotonic_ms: Option<u64>,
    /// 0: the newest.
    pub schema_version: u32,
    /// What it says beyond the batch.
    pub context: Option<Box<Context>>,
    /// The event's own fields.
    pub payload: Payload<'a>,
}

/// An event's own fields, in the form they came in.
#[derive(Debug, Clone, Default)]
pub enum Payload<'a> {
    /// None were sent: the same as an empty message.
    #[default]
    Empty,
    /// Protobuf.
    Wire(Cow<'a, [u8]>),
    /// JSON text.
    Json(Cow<'a, str>),
    /// `google.protobuf.Struct`.
    Fields(Struct),
    /// A call, of which the mapping makes an event.
    Call(Box<Call<'a>>),
}

/// What a line of a file says that a request says for all its events.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LineFacts {
    /// When it was received, back then.
    pub received_at: Option<Timestamp>,
    /// When the device sent it.
    pub sent_at: Option<Timestamp>,
    /// Whether a program did it.
    pub is_bot: Option<bool>,
}

/// What a batch says of the device's clocks beside `sent_at`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SentClock {
    /// Milliseconds of the monotonic clock when the batch was sent.
    pub sent_monotonic_ms: Option<u64>,
    /// Milliseconds of the smallest round trip of the session so far.
    pub round_trip_ms: Option<u64>,
}

impl<'a> RawEvent<'a> {
    /// The bytes as they came.
    #[must_use]
    pub const fn bytes(self) -> &'a [u8] {
        match self {
            Self::Json(text) => text.as_bytes(),
            Self::Segment { call, .. } => call.as_bytes(),
            Self::Protobuf(bytes) | Self::Line(bytes) => bytes,
        }
    }

    /// The bytes as they are kept: as they came, but for what is never stored.
    #[must_use]
    pub fn kept(self) -> Cow<'a, [u8]> {
        match self {
            Self::Segment { call, kind } => Cow::Owned(segment::kept(call, kind).into_bytes()),
            other => Cow::Borrowed(other.bytes()),
        }
    }

    /// What the bytes are, for the quarantine.
    #[must_use]
    pub const fn kind(self) -> PayloadKind {
        match self {
            // A call whose envelope can be read is kept as its payload is.
            Self::Json(_) | Self::Segment { .. } => PayloadKind::EventJson,
            Self::Protobuf(_) => PayloadKind::EventProtobuf,
            Self::Line(_) => PayloadKind::Line,
        }
    }

    /// Reads the envelope; never fails, since what is wrong is part of the reading.
    #[must_use]
    pub fn read(self) -> Reading<'a> {
        match self {
            Self::Json(text) => json::read_event(text),
            Self::Protobuf(bytes) => protobuf::read_event(bytes),
            Self::Line(bytes) => json::read_line(bytes),
            Self::Segment { call, kind } => read_call(self, call, kind),
        }
    }

    /// The event's id where it can be read, at a cost in proportion to the bytes. For events over the limit.
    #[must_use]
    pub fn peek_event_id(self) -> String {
        match self {
            Self::Protobuf(bytes) => protobuf::peek_event_id(bytes),
            _ => self.read().event.event_id.into_owned(),
        }
    }
}

impl<'a> Reading<'a> {
    pub(crate) fn new(raw: RawEvent<'a>) -> Self {
        Self { raw, event: Incoming::default(), fault: None, line: LineFacts::default() }
    }

    /// Notes what is wrong; the first fault stays.
    pub(crate) fn blame(&mut self, reason: Reason, field: &str, detail: impl Into<String>) {
        if self.fault.is_none() {
            self.fault = Some(Violation { reason, field: field.to_owned(), detail: detail.into() });
        }
    }
}
