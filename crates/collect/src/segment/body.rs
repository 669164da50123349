//! The body of a request: one call, or a batch of calls with what they share.

use std::borrow::Cow;

use judi_schema::envelope::Context;
use judi_schema::segment::{CallKind, Members, shared_context, time_of};
use judi_world::Timestamp;
use serde::de::{Deserializer, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::incoming::RawEvent;

/// The calls of a body, which have not been read yet.
#[derive(Debug, Default)]
pub(super) struct SegmentBatch<'a> {
    pub(super) sent_at: Option<Timestamp>,
    pub(super) context: Context,
    pub(super) write_key: Cow<'a, str>,
    pub(super) calls: Vec<RawEvent<'a>>,
}

/// Why a body as a whole cannot be read.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum SegmentFault {
    #[error("{0}")]
    Unreadable(String),
    #[error("{events} calls")]
    TooManyEvents { events: usize },
}

/// Reads a body: a batch where it has a list `batch`, else one call of the `kind` that its path says.
pub(super) fn read_batch(
    text: &str,
    kind: Option<CallKind>,
    events_max: usize,
) -> Result<SegmentBatch<'_>, SegmentFault> {
    let unreadable = |error: serde_json::Error| SegmentFault::Unreadable(error.to_string());
    let body: &RawValue = serde_json::from_str(text).map_err(unreadable)?;
    let members = Members::of(body.get())
        .ok_or_else(|| SegmentFault::Unreadable("expected an object: a call, or a batch of them".to_owned()))?;
    let write_key = members.text("writeKey").unwrap_or_default();
    let sent_at = members.text("sentAt").and_then(|text| time_of(&text));
    let Some(list) = members.get("batch") else {
        if kind.is_none() && members.get("type").is_none() {
            return Err(SegmentFault::Unreadable("the body has no list `batch`".to_owned()));
        }
        let calls = vec![RawEvent::Segment { call: body.get(), kind }];
        return Ok(SegmentBatch { write_key, calls, ..SegmentBatch::default() });
    };
    let (calls, events) = calls(list, events_max).map_err(unreadable)?;
    if events > events_max {
        return Err(SegmentFault::TooManyEvents { events });
    }
    Ok(SegmentBatch {
        sent_at: sent_at.map(|(seconds, nanos)| Timestamp(seconds * 1_000_000 + i64::from(nanos) / 1_000)),
        context: members.get("context").map(shared_context).unwrap_or_default(),
        write_key,
        calls,
    })
}

/// The members of `batch`, at most `max` of them, and how many there are.
fn calls(list: &str, max: usize) -> Result<(Vec<RawEvent<'_>>, usize), serde_json::Error> {
    let mut deserializer = serde_json::Deserializer::from_str(list);
    deserializer.deserialize_seq(CallsVisitor { max })
}

struct CallsVisitor {
    max: usize,
}

impl<'de> Visitor<'de> for CallsVisitor {
    type Value = (Vec<RawEvent<'de>>, usize);

    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("a list of calls in `batch`")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let (mut calls, mut events) = (Vec::new(), 0);
        while let Some(call) = list.next_element::<&'de RawValue>()? {
            events += 1;
            // Past the limit they are only counted, for the answer.
            if events <= self.max {
                calls.push(RawEvent::Segment { call: call.get(), kind: None });
            }
        }
        Ok((calls, events))
    }
}
