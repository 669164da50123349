//! Prebuilt requests of the Event API whose event ids are renumbered in place, so that making them costs a sender
//! next to nothing and no event is a duplicate.

use chrono::{DateTime, SecondsFormat};
use judi_schema::envelope::{Context, Event, EventBatch};
use judi_schema::model::Model;
use prost::Message;
use prost_types::Timestamp;
use serde_json::{Map, Value, json};

use super::articles::{Articles, Draw, EVENT};
use super::http::{find, post};
use crate::failure::Failure;

/// Events of a batch in the promise that is measured.
pub(crate) const BATCH_EVENTS: usize = 100;

/// Every id begins with this; twelve hexadecimal digits follow.
const ID_PREFIX: &str = "019329f0-0000-7000-8000-";
const ID_DIGITS: usize = 12;

/// What a request's body is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// `judi.v1.EventBatch`.
    Protobuf,
    /// Its JSON form.
    Json,
}

impl Form {
    /// For people.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Protobuf => "protobuf",
            Self::Json => "JSON",
        }
    }

    const fn media_type(self) -> &'static str {
        match self {
            Self::Protobuf => "application/x-protobuf",
            Self::Json => "application/json",
        }
    }
}

/// A request that can be sent again and again as a new one.
#[derive(Debug)]
pub(crate) struct Request {
    bytes: Vec<u8>,
    /// Where the digits of each id begin.
    ids: Vec<usize>,
    /// Bytes of its body.
    pub(crate) body_bytes: usize,
}

impl Request {
    /// A batch of `events` events of one reader, as of `now_us`.
    pub(crate) fn new(
        model: &Model,
        articles: &Articles,
        draw: &mut Draw<'_>,
        form: Form,
        events: usize,
        now_us: i64,
    ) -> Result<Self, Failure> {
        let body = match form {
            Form::Protobuf => protobuf(model, articles, draw, events, now_us),
            Form::Json => json(articles, draw, events, now_us)?,
        };
        let headers = [("Content-Type", form.media_type()), ("Authorization", "Bearer dev")];
        Ok(Self::patched(post("/v1/events", &headers, &body), body.len()))
    }

    fn patched(bytes: Vec<u8>, body_bytes: usize) -> Self {
        let mut ids = Vec::new();
        let mut from = 0;
        while let Some(at) = find(bytes.get(from..).unwrap_or_default(), ID_PREFIX.as_bytes()) {
            from += at + ID_PREFIX.len();
            ids.push(from);
        }
        Self { bytes, ids, body_bytes }
    }

    /// The bytes, with ids from `next` on.
    pub(crate) fn renumbered(&mut self, next: &mut u64) -> &[u8] {
        for at in &self.ids {
            let digits = format!("{next:0ID_DIGITS$x}");
            if let Some(place) = self.bytes.get_mut(*at..at + ID_DIGITS) {
                place.copy_from_slice(digits.as_bytes());
            }
            *next += 1;
        }
        &self.bytes
    }

    /// Events in it.
    pub(crate) fn events(&self) -> usize {
        self.ids.len()
    }
}

/// The id that [`Request::renumbered`] gives to a number.
pub(crate) fn event_id(number: u64) -> String {
    format!("{ID_PREFIX}{number:0ID_DIGITS$x}")
}

fn protobuf(model: &Model, articles: &Articles, draw: &mut Draw<'_>, events: usize, now_us: i64) -> Vec<u8> {
    let context = draw.view(now_us).context();
    let events = (0..events).map(|_| {
        let view = draw.view(now_us);
        Event {
            event_id: event_id(0),
            event: EVENT.to_owned(),
            occurred_at: Some(timestamp(view.occurred_at_us())),
            sequence: Some(view.sequence()),
            schema_version: model.version,
            context: Some(view.page(articles)),
            payload: articles.of(&view).payload.clone(),
            ..Event::default()
        }
    });
    let events = events.collect();
    let batch =
        EventBatch { sent_at: Some(timestamp(now_us)), context: Some(context), events, ..EventBatch::default() };
    batch.encode_to_vec()
}

fn json(articles: &Articles, draw: &mut Draw<'_>, events: usize, now_us: i64) -> Result<Vec<u8>, Failure> {
    let context = members(&draw.view(now_us).context());
    let events = (0..events).map(|_| {
        let view = draw.view(now_us);
        let payload: Value = serde_json::from_str(&articles.of(&view).payload_json)?;
        Ok(json!({
            "event_id": event_id(0),
            "event": EVENT,
            "occurred_at": time(view.occurred_at_us()),
            "sequence": view.sequence(),
            "context": members(&view.page(articles)),
            "payload": payload,
        }))
    });
    let events = events.collect::<Result<Vec<_>, serde_json::Error>>().map_err(Failure::stage("a payload"))?;
    Ok(json!({"sent_at": time(now_us), "context": context, "events": events}).to_string().into_bytes())
}

/// The fields of a context that are set, as JSON members.
fn members(context: &Context) -> Value {
    let fields = [
        ("anonymous_id", &context.anonymous_id),
        ("session_id", &context.session_id),
        ("app", &context.app),
        ("app_version", &context.app_version),
        ("platform", &context.platform),
        ("os", &context.os),
        ("device", &context.device),
        ("locale", &context.locale),
        ("page_url", &context.page_url),
        ("page_path", &context.page_path),
        ("referrer", &context.referrer),
        ("consent", &context.consent),
        ("sdk", &context.sdk),
        ("sdk_version", &context.sdk_version),
    ];
    let set = fields.into_iter().filter(|(_, value)| !value.is_empty());
    Value::Object(set.map(|(name, value)| (name.to_owned(), Value::from(value.as_str()))).collect::<Map<_, _>>())
}

fn timestamp(us: i64) -> Timestamp {
    let nanos = i32::try_from(us.rem_euclid(1_000_000) * 1000).unwrap_or_default();
    Timestamp { seconds: us.div_euclid(1_000_000), nanos }
}

fn time(us: i64) -> String {
    DateTime::from_timestamp_micros(us).unwrap_or_default().to_rfc3339_opts(SecondsFormat::Millis, true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::schema;

    #[test]
    fn both_forms_hold_the_same_events_and_get_new_ids_in_place() {
        let schemas = schema::newsroom().unwrap();
        let articles = Articles::new(schemas.current()).unwrap();
        for form in [Form::Protobuf, Form::Json] {
            let mut draw = articles.draw(1);
            let mut request =
                Request::new(schemas.current(), &articles, &mut draw, form, 3, 1_800_000_000_000_000).unwrap();
            assert_eq!(request.events(), 3, "{form:?}");
            let (mut next, length) = (0xabc, request.bytes.len());
            let sent = request.renumbered(&mut next).to_vec();
            assert_eq!((next, sent.len()), (0xabf, length));
            for number in 0xabc..0xabf {
                assert!(find(&sent, event_id(number).as_bytes()).is_some(), "{form:?} {number}");
            }
            let body = &sent[find(&sent, b"\r\n\r\n").unwrap() + 4..];
            assert_eq!(body.len(), request.body_bytes);
            if form == Form::Protobuf {
                let batch = EventBatch::decode(body).unwrap();
                assert_eq!((batch.events.len(), batch.events[2].event_id.clone()), (3, event_id(0xabe)));
                assert!(batch.context.unwrap().anonymous_id.len() == 36 && batch.events[0].payload.len() > 30);
            } else {
                let batch: Value = serde_json::from_slice(body).unwrap();
                assert_eq!(batch["events"][2]["event_id"], event_id(0xabe));
                assert_eq!(batch["context"]["sdk"], "judi-js");
            }
        }
    }
}
