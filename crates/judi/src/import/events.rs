//! From a line to a record for the log: the same acceptance as in the Event API, with what a file says instead.

use std::borrow::Cow;

use judi_collect::accept::{Accepted, Acceptor, Facts, Status};
use judi_collect::bots::{self, Strictness};
use judi_collect::incoming::{Incoming, LineFacts, Payload, RawEvent, Reading};
use judi_log::{Record, Topic};
use judi_schema::envelope::Context;
use judi_schema::schemas::Schemas;
use judi_schema::verdict::{Reason, Violation};
use judi_world::Timestamp;

use super::combined::{self, Line};
use super::identity::{LineIds, ReaderKey};
use super::lines::{LINE_BYTES_MAX, NumberedLine};
use super::page::{ArticleGlobs, Request, Skip, classify, split_target};

/// What one line has become.
#[derive(Debug)]
pub enum LineOutcome {
    /// A record, for the event or for quarantine.
    Record(Topic, Record),
    /// No page.
    Skipped(Skip),
    /// Over the limit of an event; not kept.
    Rejected(String),
}

/// Pages of an access log as events.
pub struct CombinedEvents {
    /// Which paths are articles.
    pub articles: ArticleGlobs,
    /// What an article becomes.
    pub article_event: String,
    /// The number of the field that takes the article's path.
    pub article_field: u32,
    /// What any other page becomes.
    pub page_event: String,
    /// Readers' ids.
    pub key: ReaderKey,
}

/// Turns the lines of one file into records.
pub struct LineReader<'a> {
    /// The schema.
    pub schemas: &'a Schemas,
    /// What every line has in common.
    pub facts: Facts<'a>,
    /// The file's name, for places.
    pub file: String,
    /// Of an access log.
    pub ids: LineIds,
    /// The time of the last line that had one.
    pub last_time: Option<Timestamp>,
}

impl LineReader<'_> {
    /// One line of an access log.
    pub fn combined(&mut self, events: &CombinedEvents, line: NumberedLine<'_>) -> LineOutcome {
        let place = format!("{}:{}", self.file, line.number);
        let event_id = self.ids.next(line.bytes);
        // Bytes that are no text are no reason to lose a reader: they stand as replacement characters.
        let text = String::from_utf8_lossy(line.bytes);
        let parsed = match combined::parse(&text) {
            Ok(_) if line.whole_bytes > LINE_BYTES_MAX as u64 => Err(too_long(line.whole_bytes)),
            Ok(parsed) => Ok(parsed),
            Err(unreadable) => Err(unreadable.to_string()),
        };
        let (event, received_at, is_bot, fault) = match parsed {
            Err(detail) => {
                let fault = Violation { reason: Reason::UnreadableLine, field: String::new(), detail };
                let time = combined::time_of(line.bytes).or(self.last_time).unwrap_or(self.facts.received_at);
                (Incoming { event_id: event_id.into(), ..Incoming::default() }, time, false, Some(fault))
            }
            Ok(parsed) => {
                self.last_time = Some(parsed.time);
                let request = classify(&parsed, &events.articles);
                if let Request::Skipped(skip) = request {
                    return LineOutcome::Skipped(skip);
                }
                let is_bot = bots::is_bot(parsed.agent.unwrap_or(""), Strictness::Strict);
                (page_event(events, &parsed, &request, event_id), parsed.time, is_bot, None)
            }
        };
        let facts = LineFacts { received_at: Some(received_at), sent_at: None, is_bot: Some(is_bot) };
        let reading = Reading { raw: RawEvent::Line(line.bytes), event, fault, line: facts };
        let facts = Facts { place: &place, ..self.facts };
        outcome(Acceptor::new(self.schemas, facts, Context::default()).accept_reading(0, reading), &place)
    }

    /// One line of JSON: an event with its own context.
    pub fn jsonl(&mut self, line: NumberedLine<'_>) -> LineOutcome {
        let place = format!("{}:{}", self.file, line.number);
        if line.whole_bytes > LINE_BYTES_MAX as u64 {
            return LineOutcome::Rejected(format!("{place}: {}", too_long(line.whole_bytes)));
        }
        let mut reading = RawEvent::Line(line.bytes).read();
        if reading.event.event_id.is_empty() {
            // The line's own hash, so that importing the file again adds nothing.
            reading.event.event_id = Cow::Owned(self.ids.next(line.bytes));
        }
        let facts = Facts { place: &place, ..self.facts };
        let mut acceptor = Acceptor::new(self.schemas, facts, Context::default());
        let accepted = if line.bytes.len() > facts.event_bytes_max {
            acceptor.accept(0, RawEvent::Line(line.bytes))
        } else {
            acceptor.accept_reading(0, reading)
        };
        outcome(accepted, &place)
    }
}

fn too_long(bytes: u64) -> String {
    format!("a line of {bytes} bytes; {LINE_BYTES_MAX} are the limit")
}

fn outcome(accepted: Accepted, place: &str) -> LineOutcome {
    match accepted.record {
        Some((topic, record)) => LineOutcome::Record(topic, record),
        None => {
            debug_assert_eq!(accepted.result.status, Status::Rejected);
            LineOutcome::Rejected(format!("{place}: {}", accepted.result.detail.unwrap_or_default()))
        }
    }
}

fn page_event<'a>(
    events: &'a CombinedEvents,
    line: &Line<'_>,
    request: &Request<'_>,
    event_id: String,
) -> Incoming<'a> {
    let (path, _) = split_target(line.target);
    // Of the address a log knows what follows the host; acceptance takes the campaign from its query.
    let context = Context {
        anonymous_id: events.key.anonymous_id(line.host, line.agent.unwrap_or("")),
        page_url: line.target.to_owned(),
        page_path: path.to_owned(),
        referrer: line.referrer.unwrap_or("").to_owned(),
        ..Context::default()
    };
    let (event, payload) = match request {
        Request::Article { article_id } => {
            (&events.article_event, Payload::Wire(Cow::Owned(text_field(events.article_field, article_id))))
        }
        _ => (&events.page_event, Payload::Empty),
    };
    Incoming {
        event_id: event_id.into(),
        event: Cow::Borrowed(event),
        occurred_at: Some(line.time),
        context: Some(Box::new(context)),
        payload,
        ..Incoming::default()
    }
}

/// A protobuf message with one text field.
fn text_field(number: u32, text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len() + 10);
    put_varint(&mut bytes, u64::from(number) << 3 | 2);
    put_varint(&mut bytes, text.len() as u64);
    bytes.extend_from_slice(text.as_bytes());
    bytes
}

fn put_varint(bytes: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        bytes.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
}
