//! The two forms of a batch are one: whatever can be said in both becomes the same records.

use axum::http::StatusCode;
use judi_log::Topic;
use judi_schema::envelope::{Context, Event, EventBatch};
use proptest::prelude::*;
use prost::Message;
use serde_json::{Map, Value, json};

use crate::bed::{Bed, post, records};

/// An event in words that both forms have.
#[derive(Debug, Clone)]
struct Said {
    event_id: String,
    event: &'static str,
    occurred_at_us: Option<i64>,
    sequence: Option<u64>,
    anonymous_id: Option<String>,
    article_id: String,
    authors: Vec<String>,
    word_count: Option<i32>,
    is_premium: Option<bool>,
    score: Option<f64>,
}

#[derive(Clone, PartialEq, Message)]
struct ArticleView {
    #[prost(string, tag = "1")]
    article_id: String,
    #[prost(string, repeated, tag = "3")]
    authors: Vec<String>,
    #[prost(bool, optional, tag = "4")]
    is_premium: Option<bool>,
    #[prost(double, optional, tag = "5")]
    score: Option<f64>,
    #[prost(int32, optional, tag = "6")]
    word_count: Option<i32>,
}

impl Said {
    fn protobuf(&self) -> Event {
        let payload = ArticleView {
            article_id: self.article_id.clone(),
            authors: self.authors.clone(),
            word_count: self.word_count,
            is_premium: self.is_premium,
            score: self.score,
        };
        Event {
            event_id: self.event_id.clone(),
            event: self.event.to_owned(),
            occurred_at: self.occurred_at_us.map(timestamp),
            sequence: self.sequence,
            context: self.anonymous_id.clone().map(|anonymous_id| Context { anonymous_id, ..Context::default() }),
            payload: if self.event == "ping" { Vec::new() } else { payload.encode_to_vec() },
            ..Event::default()
        }
    }

    fn json(&self) -> Value {
        let mut event = Map::new();
        event.insert("eventId".to_owned(), json!(self.event_id));
        event.insert("event".to_owned(), json!(self.event));
        if let Some(time) = self.occurred_at_us {
            event.insert("occurred_at".to_owned(), json!(timestamp(time).to_string()));
        }
        if let Some(sequence) = self.sequence {
            event.insert("sequence".to_owned(), json!(sequence));
        }
        if let Some(id) = &self.anonymous_id {
            event.insert("context".to_owned(), json!({"anonymousId": id}));
        }
        if self.event != "ping" {
            // The map is written in the order of these names, which the schema numbers in the same order.
            let mut payload = Map::new();
            if !self.article_id.is_empty() {
                payload.insert("articleId".to_owned(), json!(self.article_id));
            }
            payload.insert("authors".to_owned(), json!(self.authors));
            payload.insert("word_count".to_owned(), json!(self.word_count));
            payload.insert("isPremium".to_owned(), json!(self.is_premium));
            payload.insert("score".to_owned(), json!(self.score));
            event.insert("payload".to_owned(), Value::Object(payload));
        }
        Value::Object(event)
    }
}

fn timestamp(micros: i64) -> prost_types::Timestamp {
    let nanos = i32::try_from(micros.rem_euclid(1_000_000) * 1_000).unwrap();
    prost_types::Timestamp { seconds: micros.div_euclid(1_000_000), nanos }
}

fn said() -> impl Strategy<Value = Said> {
    let envelope = (
        "[a-z0-9-]{1,12}",
        prop_oneof![Just("article_view"), Just("ping"), Just("unheard_of")],
        proptest::option::of(0..4_000_000_000_000_000_i64),
        any::<Option<u64>>(),
        proptest::option::of("[a-zåä🦌\" ]{1,8}"),
    );
    let payload = (
        "[a-zåä/\\\\\n]{0,12}",
        proptest::collection::vec("[a-zåä ]{0,6}", 0..3),
        any::<Option<i32>>(),
        any::<Option<bool>>(),
        proptest::option::of(-1e9..1e9_f64),
    );
    (envelope, payload).prop_map(|(envelope, payload)| Said {
        event_id: envelope.0,
        event: envelope.1,
        occurred_at_us: envelope.2,
        sequence: envelope.3,
        anonymous_id: envelope.4,
        article_id: payload.0,
        authors: payload.1,
        word_count: payload.2,
        is_premium: payload.3,
        score: payload.4,
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn json_and_protobuf_of_the_same_batch_are_the_same_records(
        events in proptest::collection::vec(said(), 0..6),
        sent_at_us in proptest::option::of(0..4_000_000_000_000_000_i64),
        clock in any::<(Option<u64>, Option<u64>)>(),
        page in "(https://e\\.se/[a-z]{0,5}(\\?utm_source=[a-z]{1,4})?)?",
    ) {
        let context = Context { page_url: page.clone(), app: "news".to_owned(), ..Context::default() };
        let protobuf = EventBatch {
            sent_at: sent_at_us.map(timestamp),
            context: Some(context),
            events: events.iter().map(Said::protobuf).collect(),
            write_key: "dev".to_owned(),
            sent_monotonic_ms: clock.0,
            round_trip_ms: clock.1,
        }.encode_to_vec();
        let json = json!({
            "sentAt": sent_at_us.map(|time| timestamp(time).to_string()),
            "context": {"page_url": page, "app": "news"},
            "events": events.iter().map(Said::json).collect::<Vec<_>>(),
            "writeKey": "dev",
            "sent_monotonic_ms": clock.0,
            "roundTripMs": clock.1,
        }).to_string();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let outcome = |content_type: &str, body: Vec<u8>| {
            let bed = Bed::new();
            let answer = runtime.block_on(bed.ask(post("/v1/events", &[("content-type", content_type)], body)));
            assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
            (answer.results(), records(&*bed.log, Topic::Events))
        };
        let from_json = outcome("application/json", json.into_bytes());
        let from_protobuf = outcome("application/x-protobuf", protobuf);
        prop_assert_eq!(from_json, from_protobuf);
    }
}
