//! The envelope of one call: its ids, its times, its context.

use std::borrow::Cow;

use judi_schema::segment::{Call, CallKind, arrived, time_of};
use judi_schema::verdict::Reason;
use judi_world::Timestamp;

use crate::bots::{self, Strictness};
use crate::incoming::{Incoming, Payload, RawEvent, Reading};
use crate::moment;

/// How much of a time that is none is quoted, in characters.
const TIME_CHARACTERS_MAX: usize = 50;

/// Reads a call.
pub(crate) fn read_call<'a>(raw: RawEvent<'a>, json: &'a str, kind: Option<CallKind>) -> Reading<'a> {
    let mut reading = Reading::new(raw);
    let call = match Call::read(json, kind) {
        Ok(call) => call,
        Err(violation) => {
            reading.fault = Some(violation);
            return reading;
        }
    };
    let arrived = arrived(&call);
    let occurred_at = moment_of(&mut reading, "timestamp", &arrived.occurred_at);
    reading.line.sent_at = moment_of(&mut reading, "sentAt", &arrived.sent_at);
    // A server that calls for a person says what the person used; what the server itself is says nothing of them.
    reading.line.is_bot = arrived.user_agent.map(|agent| bots::is_bot(&agent, Strictness::Live));
    reading.event = Incoming {
        event_id: arrived.message_id,
        event: call.name(),
        occurred_at,
        context: Some(Box::new(arrived.context)),
        payload: Payload::Call(Box::new(call)),
        ..Incoming::default()
    };
    reading
}

/// A time as loose senders write it; what is none is the call's fault.
fn moment_of(reading: &mut Reading<'_>, field: &str, text: &str) -> Option<Timestamp> {
    if text.is_empty() {
        return None;
    }
    let moment = time_of(text)
        .map(|(seconds, nanos)| Timestamp(seconds.saturating_mul(1_000_000).saturating_add(i64::from(nanos) / 1_000)));
    let moment = moment.filter(|moment| moment::in_range(*moment));
    if moment.is_none() {
        let shown: Cow<'_, str> = text.chars().take(TIME_CHARACTERS_MAX).collect();
        let expected = "expected a time such as \"2026-11-23T08:00:01Z\", in the years 1 to 9999, found";
        reading.blame(Reason::InvalidPayload, field, format!("{expected} {shown:?}"));
    }
    moment
}
