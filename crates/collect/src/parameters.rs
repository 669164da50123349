//! One event as parameters of an address or of a form: what a page can send that can do nothing but load an image.
//! They are rewritten as the JSON batch that `/v1/events` takes, so that there is one way to judge an event.
//!
//! ```text
//!   event=article_view&key=dev&anonymous_id=a1&p.article_id=/a/elk&p.word_count=812&p.authors=Ada&p.authors=Bo
//!   {"writeKey":"dev","context":{"anonymous_id":"a1"},"events":[{"event":"article_view",
//!    "payload":{"article_id":"/a/elk","word_count":812,"authors":["Ada","Bo"]}}]}
//! ```
//!
//! Every parameter is text; the schema says what it should be. Text that is not what its field takes stays text, so
//! that the verdict names the field.

mod payload;

use std::collections::BTreeMap;
use std::fmt::{self, Debug};
use std::sync::{Arc, OnceLock};

use judi_schema::schemas::Schemas;
use serde_json::{Map, Value};

use crate::format::{BodyFormat, Form, FormatFault, IncomingBatch, utf8};
use crate::json;
use judi_schema::page;

/// The prefix of a parameter that is a field of the payload.
const FIELD_PREFIX: &str = "p.";

/// How many parameters are read; more are no page's.
const PARAMETERS_MAX: usize = 500;

/// The longest text of digits that is taken for milliseconds since 1970.
const MILLIS_DIGITS_MAX: usize = 15;

/// Members of a batch and of an event that a parameter may be, as they are named in JSON.
const BATCH_MEMBERS: [&str; 2] = ["sent_at", "sentAt"];
const EVENT_MEMBERS: [&str; 10] = [
    "event",
    "event_id",
    "eventId",
    "occurred_at",
    "occurredAt",
    "sequence",
    "monotonic_ms",
    "monotonicMs",
    "schema_version",
    "schemaVersion",
];

/// A batch of one event, as `application/x-www-form-urlencoded`.
pub(crate) struct Parameters {
    schemas: Arc<Schemas>,
    /// The batch in JSON, for as long as its event is being judged.
    json: OnceLock<String>,
}

impl Parameters {
    /// Reads one body, by these schemas.
    pub(crate) const fn new(schemas: Arc<Schemas>) -> Self {
        Self { schemas, json: OnceLock::new() }
    }
}

impl BodyFormat for Parameters {
    fn read<'a>(&'a self, body: &'a [u8], events_max: usize) -> Result<IncomingBatch<'a>, FormatFault> {
        let json = to_json(&self.schemas, utf8(body)?)?;
        Form::Json.read(self.json.get_or_init(|| json).as_bytes(), events_max)
    }
}

impl Debug for Parameters {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Parameters")
    }
}

/// The JSON batch that the parameters stand for.
fn to_json(schemas: &Schemas, parameters: &str) -> Result<String, FormatFault> {
    let mut batch = Map::new();
    let mut event = Map::new();
    let mut context = Map::new();
    let mut whole_payload = None;
    let mut fields: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (number, pair) in parameters.split('&').filter(|pair| !pair.is_empty()).enumerate() {
        if number >= PARAMETERS_MAX {
            return Err(FormatFault::Unreadable(format!("more than {PARAMETERS_MAX} parameters")));
        }
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let (name, value) = (page::decode(name).into_owned(), page::decode(value).into_owned());
        if let Some(field) = name.strip_prefix(FIELD_PREFIX) {
            fields.entry(field.to_owned()).or_default().push(value);
        } else if matches!(name.as_str(), "key" | "writeKey" | "write_key") {
            batch.insert("writeKey".to_owned(), Value::String(value));
        } else if value.is_empty() {
            // A template that had nothing to fill in.
        } else if name == "payload" {
            whole_payload = Some(value);
        } else if BATCH_MEMBERS.contains(&name.as_str()) {
            batch.insert(name, moment(value));
        } else if EVENT_MEMBERS.contains(&name.as_str()) {
            let value = if name.starts_with("occurred") { moment(value) } else { Value::String(value) };
            event.insert(name, value);
        } else if json::is_context_member(&name) {
            context.insert(name, Value::String(value));
        }
    }
    if let Some(payload) = payload::of(schemas, &event, whole_payload, &fields) {
        event.insert("payload".to_owned(), payload);
    }
    batch.insert("context".to_owned(), Value::Object(context));
    batch.insert("events".to_owned(), Value::Array(vec![Value::Object(event)]));
    Ok(Value::Object(batch).to_string())
}

/// A time: text as it is, and digits alone as the milliseconds since 1970 that every browser can tell.
fn moment(text: String) -> Value {
    let is_millis = text.len() <= MILLIS_DIGITS_MAX && text.bytes().all(|byte| byte.is_ascii_digit());
    match text.parse::<i64>() {
        Ok(millis) if is_millis => {
            let nanos = i32::try_from(millis.rem_euclid(1_000) * 1_000_000).unwrap_or(0);
            Value::String(prost_types::Timestamp { seconds: millis.div_euclid(1_000), nanos }.to_string())
        }
        _ => Value::String(text),
    }
}

#[cfg(test)]
mod tests;
