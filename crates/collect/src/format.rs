//! What a body is written in, as the collector sees it: bytes that become a batch of events that nobody has judged
//! yet. The native forms are JSON and protobuf; the front of another API is one more implementation.

use std::borrow::Cow;
use std::fmt::{self, Debug};

use http::HeaderMap;
use http::header::CONTENT_TYPE;
use judi_schema::envelope::Context;
use judi_world::Timestamp;

use crate::incoming::{RawEvent, Reading, SentClock};
use crate::json::{self, JsonFault};
use crate::options::Limits;
use crate::protobuf::{self, ProtobufFault};
use crate::refusal::Refusal;

/// How a body is read. The collector calls [`limits`](Self::limits) before it reads the body, [`read`](Self::read)
/// once for all of it, and [`read_event`](Self::read_event) for each event that is not over its limit.
pub(crate) trait BodyFormat: Debug + Send + Sync {
    /// How much is taken at a time, where it is not what is configured for native batches.
    fn limits(&self, configured: &Limits) -> Limits {
        *configured
    }

    /// The batch, at a cost in memory in proportion to the body. Of more than `events_max` events it keeps none.
    ///
    /// # Errors
    /// [`FormatFault`], when the body as a whole is no batch.
    fn read<'a>(&'a self, body: &'a [u8], events_max: usize) -> Result<IncomingBatch<'a>, FormatFault>;

    /// One event of the batch. What is wrong with it is part of the reading.
    fn read_event<'a>(&'a self, raw: RawEvent<'a>) -> Reading<'a> {
        raw.read()
    }
}

/// What a body says, its events still as they came.
pub(crate) struct IncomingBatch<'a> {
    /// When the device says that it sent it.
    pub(crate) sent_at: Option<Timestamp>,
    /// What it says of the device's clocks beside that.
    pub(crate) clock: SentClock,
    /// What holds for all events that do not say otherwise.
    pub(crate) context: Context,
    /// Empty: the body carries none.
    pub(crate) write_key: Cow<'a, str>,
    /// In the order of the answer's results.
    pub(crate) events: Box<dyn ExactSizeIterator<Item = RawEvent<'a>> + 'a>,
}

/// Why a body as a whole is no batch.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum FormatFault {
    #[error("{0}")]
    Unreadable(String),
    #[error("{events} events")]
    TooManyEvents { events: usize },
}

/// The native forms of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    Json,
    Protobuf,
}

impl Form {
    /// What the headers say. JSON may call itself text, which spares browsers a preflight, or nothing.
    pub(crate) fn of(headers: &HeaderMap) -> Result<Self, Refusal> {
        let Some(value) = headers.get(CONTENT_TYPE) else {
            return Ok(Self::Json);
        };
        let content_type = String::from_utf8_lossy(value.as_bytes()).into_owned();
        let essence = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        match essence.as_str() {
            "application/json" | "text/plain" | "" => Ok(Self::Json),
            "application/x-protobuf" | "application/protobuf" | "application/vnd.google.protobuf" => Ok(Self::Protobuf),
            _ => Err(Refusal::UnsupportedType { content_type: content_type.chars().take(100).collect() }),
        }
    }
}

impl BodyFormat for Form {
    fn read<'a>(&'a self, body: &'a [u8], events_max: usize) -> Result<IncomingBatch<'a>, FormatFault> {
        match self {
            Self::Json => {
                let batch = json::read_batch(utf8(body)?, events_max)?;
                Ok(IncomingBatch {
                    sent_at: batch.sent_at,
                    clock: batch.clock,
                    context: batch.context,
                    write_key: batch.write_key,
                    events: Box::new(batch.events.into_iter().map(RawEvent::Json)),
                })
            }
            Self::Protobuf => {
                let batch = protobuf::read_batch(body, events_max)?;
                Ok(IncomingBatch {
                    sent_at: batch.sent_at,
                    clock: batch.clock,
                    context: batch.context,
                    write_key: Cow::Borrowed(batch.write_key),
                    events: Box::new(batch.events.into_iter().map(RawEvent::Protobuf)),
                })
            }
        }
    }
}

/// A body as text. Some editors and shells put a byte order mark before what they send.
pub(crate) fn utf8(body: &[u8]) -> Result<&str, FormatFault> {
    let text =
        std::str::from_utf8(body).map_err(|error| FormatFault::Unreadable(format!("it is not UTF-8: {error}")))?;
    Ok(text.strip_prefix('\u{FEFF}').unwrap_or(text))
}

impl From<JsonFault> for FormatFault {
    fn from(fault: JsonFault) -> Self {
        match fault {
            JsonFault::Unreadable(detail) => Self::Unreadable(detail),
            JsonFault::TooManyEvents { events } => Self::TooManyEvents { events },
        }
    }
}

impl From<ProtobufFault> for FormatFault {
    fn from(fault: ProtobufFault) -> Self {
        match fault {
            ProtobufFault::Unreadable(detail) => Self::Unreadable(detail),
            ProtobufFault::TooManyEvents { events } => Self::TooManyEvents { events },
        }
    }
}

impl Debug for IncomingBatch<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("IncomingBatch").field("events", &self.events.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn forms_by_content_type() {
        let of = |value: Option<&'static str>| {
            let mut headers = HeaderMap::new();
            value.into_iter().for_each(|value| _ = headers.insert(CONTENT_TYPE, HeaderValue::from_static(value)));
            Form::of(&headers)
        };
        for json in [None, Some("application/json"), Some("Application/JSON; charset=utf-8"), Some("text/plain")] {
            assert_eq!(of(json), Ok(Form::Json), "{json:?}");
        }
        for protobuf in ["application/x-protobuf", "application/protobuf", "application/vnd.google.protobuf"] {
            assert_eq!(of(Some(protobuf)), Ok(Form::Protobuf), "{protobuf}");
        }
        for other in ["text/html", "application/x-www-form-urlencoded", "json"] {
            assert!(matches!(of(Some(other)), Err(Refusal::UnsupportedType { .. })), "{other}");
        }
    }
}
