//! The second verdict on an event that did not fit: by the schema that was published since.
//!
//! Pure, as the first one is, and by the same functions of [`crate::wire`] and [`crate::json`].

use std::sync::Arc;

use crate::envelope::{Context, Envelope, PayloadKind};
use crate::model::{EventModel, Model};
use crate::schemas::Schemas;
use crate::segment::{self, Call};
use crate::verdict::{Reason, Violation};
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
            Some(more) => Some(page::with_more(&kept.context.unwrap_or_default(), more)),
            None => kept.context,
        };
        let event = self.event.name.clone();
        Envelope { event, schema_version: self.model.version, context, payload_kind: 0, ..kept }
    }
}

/// Why an event does not fit now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unfit {
    /// By the version that it was judged by last; a later one may say otherwise.
    Still(Violation),
    /// Its envelope could not be read, or it is a line of a file: no schema changes that.
    Final,
}

/// Whether the event fits the version that its sender named, which may be known by now, or the newest one.
///
/// A version that is still to come is waited for: read by an older one, its numbers could be cut to a type that was
/// widened since, its absent fields be taken for zeros, and its new fields never get their defaults.
///
/// Events whose envelope could not be read, and lines of files, are not judged again: no schema changes that.
#[must_use]
pub fn refit<'a>(schemas: &'a Schemas, kept: &Kept<'_>) -> Option<Refit<'a>> {
    judge_again(schemas, kept).ok()
}

/// [`refit`], with the reason why not.
///
/// # Errors
/// [`Unfit`]: the verdict of the newest version, where it knows the event.
pub fn judge_again<'a>(schemas: &'a Schemas, kept: &Kept<'_>) -> Result<Refit<'a>, Unfit> {
    let violation = |reason, detail: String| Violation { reason, field: String::new(), detail };
    match kept.kind {
        PayloadKind::PayloadProtobuf | PayloadKind::PayloadJson | PayloadKind::SegmentJson => {}
        PayloadKind::Unspecified | PayloadKind::EventProtobuf | PayloadKind::EventJson | PayloadKind::Line => {
            return Err(Unfit::Final);
        }
    }
    let current = schemas.current();
    if kept.schema_version > current.version {
        let detail = format!("schema version {} is not published yet", kept.schema_version);
        return Err(Unfit::Still(violation(Reason::UnknownSchema, detail)));
    }
    if kept.kind == PayloadKind::SegmentJson {
        return refit_call(schemas, kept.payload).map_err(Unfit::Still);
    }
    let named = schemas.version(kept.schema_version);
    let newest = Some(current).filter(|newest| newest.version != kept.schema_version);
    let mut last = violation(Reason::UnknownEvent, format!("the schema has no event {:?}", kept.event));
    for model in [named, newest].into_iter().flatten() {
        let Some(event) = model.event(kept.event) else { continue };
        let mut payload = Vec::new();
        let judged = match kept.kind {
            PayloadKind::PayloadJson => match std::str::from_utf8(kept.payload) {
                Ok(text) => json::to_wire(&model.plans, event.message, text, &mut payload),
                Err(error) => Err(violation(Reason::Undecodable, error.to_string())),
            },
            _ => wire::validate(&model.plans, event.message, kept.payload),
        };
        match judged {
            Ok(()) => {
                if kept.kind == PayloadKind::PayloadProtobuf {
                    payload.extend_from_slice(kept.payload);
                }
                return Ok(Refit { model, event, payload, context: None });
            }
            Err(violation) => last = violation,
        }
    }
    Err(Unfit::Still(last))
}

/// A call names no version: it is mapped to the newest by the newest mapping.
fn refit_call<'a>(schemas: &'a Schemas, payload: &[u8]) -> Result<Refit<'a>, Violation> {
    let model = schemas.current();
    let text = std::str::from_utf8(payload).map_err(|error| Violation {
        reason: Reason::Undecodable,
        field: String::new(),
        detail: error.to_string(),
    })?;
    let call = Call::read(text, None)?;
    let mapped = segment::map(schemas.segment(), model, &call).map_err(|unmapped| unmapped.violation)?;
    Ok(Refit { model, event: mapped.event, payload: mapped.payload, context: Some(mapped.context) })
}

#[cfg(test)]
mod tests;
