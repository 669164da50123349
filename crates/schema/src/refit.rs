//! The second verdict on an event that did not fit: by the schema that was published since.
//!
//! Pure, as the first one is, and by the same functions of [`crate::wire`] and [`crate::json`].

use std::sync::Arc;

use crate::envelope::{Context, Envelope, PayloadKind};
use crate::model::{EventModel, Model};
use crate::schemas::Schemas;
use crate::segment::{self, Call};
use crate::{json, page, wire};

/// What is kept of an event that did not fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kept<'a> {
    /// The name that its sender gave.
    pub event: &'a str,
    /// The schema version that its sender named; 0: none.
    pub schema_version: u32,
    /// What `payload` is.
    pub kind: PayloadKind,
    /// The bytes as they came.
    pub payload: &'a [u8],
}

/// An event that fits now.
#[derive(Debug, Clone)]
pub struct Refit<'a> {
    /// The version by which it fits.
    pub model: &'a Arc<Model>,
    /// The event, of that version.
    pub event: &'a EventModel,
    /// Its message in protobuf.
    pub payload: Vec<u8>,
    /// What its envelope's context gets from the mapping by which it fits.
    pub context: Option<Context>,
}

impl Refit<'_> {
    /// The envelope that was kept with it, as that of the event that it is now.
    #[must_use]
    pub fn envelope(&self, kept: Envelope) -> Envelope {
        let context = match &self.context {
            Some(more) => Some(page::with_more(kept.context.unwrap_or_default(), more)),
            None => kept.context,
        };
        let event = self.event.name.clone();
        Envelope { event, schema_version: self.model.version, context, payload_kind: 0, ..kept }
    }
}

/// Whether the event fits the version that its sender named, which may be known by now, or the newest one.
///
/// A version that is still to come is waited for: read by an older one, its numbers could be cut to a type that was
/// widened since, its absent fields be taken for zeros, and its new fields never get their defaults.
///
/// Events whose envelope could not be read, and lines of files, are not judged again: no schema changes that.
#[must_use]
pub fn refit<'a>(schemas: &'a Schemas, kept: &Kept<'_>) -> Option<Refit<'a>> {
    if kept.schema_version > schemas.current().version {
        return None;
    }
    if kept.kind == PayloadKind::SegmentJson {
        return refit_call(schemas, kept.payload);
    }
    let named = schemas.version(kept.schema_version);
    let newest = Some(schemas.current()).filter(|newest| newest.version != kept.schema_version);
    [named, newest].into_iter().flatten().find_map(|model| {
        let event = model.event(kept.event)?;
        let mut payload = Vec::new();
        match kept.kind {
            PayloadKind::PayloadProtobuf => {
                wire::validate(&model.plans, event.message, kept.payload).ok()?;
                payload.extend_from_slice(kept.payload);
            }
            PayloadKind::PayloadJson => {
                let text = std::str::from_utf8(kept.payload).ok()?;
                json::to_wire(&model.plans, event.message, text, &mut payload).ok()?;
            }
            PayloadKind::Unspecified
            | PayloadKind::EventProtobuf
            | PayloadKind::EventJson
            | PayloadKind::Line
            | PayloadKind::SegmentJson => return None,
        }
        Some(Refit { model, event, payload, context: None })
    })
}

/// A call names no version: it is mapped to the newest by the newest mapping.
fn refit_call<'a>(schemas: &'a Schemas, payload: &[u8]) -> Option<Refit<'a>> {
    let model = schemas.current();
    let call = Call::read(std::str::from_utf8(payload).ok()?, None).ok()?;
    let mapped = segment::map(schemas.segment(), model, &call).ok()?;
    Some(Refit { model, event: mapped.event, payload: mapped.payload, context: Some(mapped.context) })
}

#[cfg(test)]
mod tests;
