//! Segment's API from the outside: whatever its libraries, RudderStack's and Jitsu's send becomes the records that it
//! means, and no answer lets a library forget what was not taken.

use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use judi_collect::{CollectOptions, Limits, SegmentLimits};
use judi_log::{AppendError, Record, Topic};
use judi_schema::compile::{Source, SourceText};
use judi_schema::envelope::{Context, Envelope, PayloadKind, QuarantinedEvent};
use judi_schema::refit::{Kept, refit};
use judi_schema::schemas::Schemas;
use judi_schema::{json as payload_json, record, segment};
use prost::Message;
use serde_json::{Value, json};

use crate::bed::{Answer, Bed, options, post, records, schemas};

const BASIC: (&str, &str) = ("authorization", "Basic ZGV2Og==");

const MAPPING: &str = r#"
[track."Article Read"]
event = "article_view"
properties = { id = "article_id", words = "word_count", url = "context.page_url" }
"#;

fn mapped(text: &str) -> Schemas {
    schemas().with_segment(Arc::new(segment::parse(text).unwrap()))
}

fn bed() -> Bed {
    Bed::judging_by(options(), mapped(MAPPING))
}

/// A call as every library sends it.
#[expect(clippy::needless_pass_by_value, reason = "a call reads best with its JSON in place")]
fn call(kind: &str, id: &str, more: Value) -> Value {
    let mut call = json!({
        "type": kind, "messageId": id, "anonymousId": "a1", "userId": "u1", "timestamp": "2026-11-23T08:00:01Z",
        "context": {"library": {"name": "analytics-node", "version": "3.1.0"}},
    });
    call.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    call
}

#[expect(clippy::needless_pass_by_value, reason = "a call reads best with its JSON in place")]
fn track(id: &str, event: &str, properties: Value) -> Value {
    call("track", id, json!({"event": event, "properties": properties}))
}

impl Bed {
    async fn batch(&self, calls: &[Value]) -> Answer {
        let body = json!({"batch": calls, "sentAt": "2026-11-23T08:00:02Z"}).to_string();
        self.ask(post("/v1/batch", &[BASIC], body)).await
    }
}

fn events(bed: &Bed, schemas: &Schemas) -> Vec<(Envelope, Value)> {
    records(&*bed.log, Topic::Events).iter().map(|record| event(record, schemas)).collect()
}

fn event(record: &Record, schemas: &Schemas) -> (Envelope, Value) {
    let parts = record::split(&record.value).unwrap();
    let model = schemas.version(parts.schema_version).unwrap();
    let event = model.by_index(parts.index).unwrap();
    let payload = payload_json::to_json(&model.plans, event.message, parts.payload).unwrap();
    (Envelope::decode(parts.envelope).unwrap(), serde_json::from_str(&payload).unwrap())
}

fn quarantined(bed: &Bed) -> Vec<QuarantinedEvent> {
    records(&*bed.log, Topic::Quarantine).iter().map(|it| record::decode_quarantined(&it.value).unwrap()).collect()
}

#[tokio::test]
async fn every_path_takes_its_call_and_says_success() {
    let kinds = [("track", "t"), ("page", "p"), ("screen", "s"), ("identify", "i"), ("group", "g"), ("alias", "a")];
    let mapping = kinds.map(|(kind, _)| match kind {
        "track" => "[track.X]\nevent = \"ping\"\n".to_owned(),
        kind => format!("[{kind}]\nevent = \"ping\"\n"),
    });
    let schemas = mapped(&mapping.concat());
    let bed = Bed::judging_by(options(), mapped(&mapping.concat()));
    let mut sent = 0;
    for (kind, letter) in kinds {
        for path in [
            format!("/v1/{kind}"),
            format!("/v1/{kind}/"),
            format!("/v1/{letter}"),
            format!("/api/s/{kind}"),
            format!("/api/s/s2s/{kind}"),
        ] {
            // Without a type: the path says it.
            let body = json!({"messageId": path, "anonymousId": "a1", "event": "X", "writeKey": "dev"}).to_string();
            let answer = bed.ask(post(&path, &[], body)).await;
            assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.body);
            assert_eq!(answer.json()["success"], true, "{path}");
            assert_eq!(answer.results(), [("ok".to_owned(), String::new())], "{path}");
            sent += 1;
        }
    }
    for path in ["/b", "/v1/batch", "/v1/b", "/v1/import", "/v1/import/", "/beacon/v1/batch", "/api/s/s2s/batch"] {
        let body = json!({"batch": [{"type": "page", "messageId": path, "userId": "u"}]}).to_string();
        let answer = bed.ask(post(&format!("{path}?writeKey=dev"), &[("content-type", "text/plain")], body)).await;
        assert_eq!(answer.results(), [("ok".to_owned(), String::new())], "{path}");
        sent += 1;
    }
    assert_eq!(events(&bed, &schemas).len(), sent);
}

#[tokio::test]
async fn a_call_becomes_its_record_field_for_field() {
    let bed = bed();
    let context = json!({
        "app": {"name": "news", "version": "7.1"}, "os": {"name": "iOS"}, "device": {"model": "iPhone15,2"},
        "locale": "sv-SE", "campaign": {"source": "mail"}, "ip": "10.1.2.3", "sessionId": "s1",
        "userAgent": "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
        "consent": {"categoryPreferences": {"ads": true}},
    });
    let properties = json!({"id": 17, "words": "1200", "isPremium": "yes", "authors": "Anna", "url": "https://e.se/elk?utm_medium=x",
        "Brand New": {"deep": [1]}});
    let mut said = track("m1", "Article Read", properties);
    said["context"] = context;
    let body = json!({"batch": [said], "sentAt": "2026-11-23T08:00:02.5Z", "context": {"library": {"name": "go", "version": "3"}}});
    let answer = bed.ask(post("/v1/batch", &[BASIC], body.to_string())).await;
    assert_eq!(answer.results(), [("ok".to_owned(), String::new())]);
    let [(envelope, payload)] = &events(&bed, &mapped(MAPPING))[..] else { panic!("one event") };
    let expected = json!({"article_id": "17", "word_count": 1200, "is_premium": true, "authors": ["Anna"],
        "brand_new": {"deep": [1]}});
    assert_eq!(payload, &expected);
    assert_eq!((envelope.event.as_str(), envelope.event_id.as_str()), ("article_view", "m1"));
    assert_eq!(
        (envelope.occurred_at_us, envelope.sent_at_us),
        (Some(1_795_420_801_000_000), Some(1_795_420_802_500_000))
    );
    assert!(envelope.is_bot, "by what the person used, and not by the library");
    assert_eq!(envelope.source, "development");
    let text = str::to_owned;
    let expected = Context {
        anonymous_id: text("a1"),
        user_id: text("u1"),
        session_id: text("s1"),
        app: text("news"),
        app_version: text("7.1"),
        platform: text("ios"),
        os: text("iOS"),
        device: text("iPhone15,2"),
        locale: text("sv-SE"),
        page_url: text("https://e.se/elk?utm_medium=x"),
        page_path: text("/elk"),
        utm_source: text("mail"),
        utm_medium: text("x"),
        consent: text("granted"),
        sdk: text("go"),
        sdk_version: text("3"),
        ..Context::default()
    };
    assert_eq!(envelope.context.as_ref(), Some(&expected));
}

#[tokio::test]
async fn keys_are_found_where_the_libraries_put_them() {
    let bed = bed();
    let body = |key: &str| json!({"type": "track", "event": "ping", "writeKey": key}).to_string();
    let cases = [
        (vec![BASIC], "", 200),
        (vec![("x-write-key", "dev")], "*masked*", 200),
        (vec![], "dev", 200),
        (vec![], "", 401),
        (vec![], "nobody", 401),
        (vec![], "old", 403),
        (vec![("authorization", "Basic bm9ib2R5Og==")], "dev", 401),
    ];
    for (headers, key, status) in cases {
        let answer = bed.ask(post("/v1/track", &headers, body(key))).await;
        assert_eq!(answer.status.as_u16(), status, "{headers:?} {key:?}");
        let said = answer.json();
        assert_eq!(said["success"], status == 200);
        // Python's libraries read these two of an error.
        assert_eq!(said["code"].is_string() && said["message"].is_string(), status != 200, "{said}");
    }
}

#[tokio::test]
async fn bodies_come_compressed_and_under_any_name() {
    let bed = bed();
    let body = json!({"batch": [track("m1", "ping", json!({}))]}).to_string();
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gzip.write_all(body.as_bytes()).unwrap();
    let form = ("content-type", "application/x-www-form-urlencoded");
    let answer = bed.ask(post("/v1/batch", &[BASIC, form, ("content-encoding", "gzip")], gzip.finish().unwrap())).await;
    assert_eq!(answer.results(), [("ok".to_owned(), String::new())]);
}

#[tokio::test]
async fn what_is_sent_again_is_known() {
    let bed = bed();
    let calls = [track("m1", "ping", json!({})), track("m2", "ping", json!({}))];
    bed.batch(&calls).await;
    let again = bed.batch(&calls).await;
    assert_eq!(again.json()["success"], true);
    assert_eq!(again.results(), [("duplicate".to_owned(), String::new()), ("duplicate".to_owned(), String::new())]);
    assert_eq!(records(&*bed.log, Topic::Events).len(), 2);
}

#[tokio::test]
async fn a_call_without_an_event_is_kept_and_fits_when_a_mapping_is_published() {
    let bed = bed();
    let mut unknown = track("m1", "Story Opened", json!({"storyId": "/a", "url": "https://e.se/a"}));
    unknown["context"]["ip"] = json!("10.1.2.3");
    unknown["context"]["userAgent"] = json!("Mozilla/5.0");
    let answer = bed.batch(&[unknown, call("identify", "m2", json!({"traits": {"plan": "pro"}}))]).await;
    assert_eq!(answer.json()["success"], true, "it is durable");
    let unknown = || ("quarantined".to_owned(), "unknown_event".to_owned());
    assert_eq!(answer.results(), [unknown(), unknown()]);
    let kept = quarantined(&bed);
    let [story, person] = &kept[..] else { panic!("{kept:?}") };
    assert!(story.detail.starts_with("no event for track name 'Story Opened'"), "{}", story.detail);
    assert!(person.detail.starts_with("no event for identify calls"), "{}", person.detail);
    assert_eq!(story.payload_kind(), PayloadKind::SegmentJson);
    let text = String::from_utf8(story.payload.clone()).unwrap();
    assert!(!text.contains("10.1.2.3") && !text.contains("Mozilla"), "{text}");
    let envelope = story.envelope.clone().unwrap();
    assert_eq!(envelope.event, "Story Opened");

    let later = mapped(
        "[track.\"Story Opened\"]\nevent = \"article_view\"\nproperties = { storyId = \"article_id\", url = \"context.page_url\" }",
    );
    let again = |schemas: &Schemas| {
        let kept = Kept {
            event: &envelope.event,
            schema_version: envelope.schema_version,
            kind: story.payload_kind(),
            payload: &story.payload,
        };
        refit(schemas, &kept).map(|refit| (refit.envelope(envelope.clone()), refit.payload))
    };
    assert!(again(&mapped(MAPPING)).is_none());
    let (fits, payload) = again(&later).unwrap();
    assert_eq!((fits.event.as_str(), fits.schema_version), ("article_view", 1));
    let context = fits.context.unwrap();
    assert_eq!((context.page_url.as_str(), context.page_path.as_str()), ("https://e.se/a", "/a"));
    assert_eq!(context.anonymous_id, "a1");
    assert_eq!(payload, b"\x0a\x02/a");
}

#[tokio::test]
async fn what_is_wrong_with_a_call_is_its_own_affair() {
    let bed = bed();
    let mut timeless = track("m1", "ping", json!({}));
    timeless["timestamp"] = json!("tomorrow");
    let answer = bed
        .batch(&[
            timeless,
            json!(7),
            json!({"type": "odd"}),
            track("m4", "Article Read", json!({"id": "/a", "words": "many"})),
            track("m5", "ping", json!({})),
        ])
        .await;
    let expected = ["invalid_payload", "undecodable", "invalid_payload", "invalid_payload", ""];
    let found: Vec<String> = answer.results().into_iter().map(|(_, reason)| reason).collect();
    assert_eq!(found, expected, "{}", answer.body);
    let results = answer.json()["results"].clone();
    let fields = results.as_array().unwrap().iter().map(|result| result["field"].as_str().unwrap_or("").to_owned());
    assert_eq!(fields.collect::<Vec<_>>(), ["timestamp", "", "type", "word_count", ""]);
    let kept = quarantined(&bed);
    let of = |id: &str| {
        let found = kept.iter().find(|event| event.envelope.as_ref().is_some_and(|envelope| envelope.event_id == id));
        found.map(|event| (event.payload_kind(), event.envelope.as_ref().unwrap().event.clone())).unwrap()
    };
    // No mapping and no version mends a clock.
    assert_eq!(of("m1").0, PayloadKind::EventJson);
    // It is counted under the event that it would be.
    assert_eq!(of("m4"), (PayloadKind::SegmentJson, "article_view".to_owned()));
}

#[tokio::test]
async fn limits_are_those_that_the_libraries_keep() {
    let bed = Bed::judging_by(options(), mapped("[page]\nevent = \"ping\"\n"));
    let page = |id: usize| json!({"type": "page", "messageId": id.to_string(), "userId": "u"});
    let full: Vec<Value> = (0..2_500).map(page).collect();
    assert_eq!(bed.batch(&full).await.status, StatusCode::OK);
    let over: Vec<Value> = (0..2_501).map(page).collect();
    let refused = bed.batch(&over).await;
    assert_eq!((refused.status, refused.json()["code"].as_str()), (StatusCode::PAYLOAD_TOO_LARGE, Some("too_large")));
    let wide = json!({"type": "page", "messageId": "wide", "userId": "u", "properties": {"x": "y".repeat(510 * 1024)}});
    assert_eq!(bed.batch(&[wide]).await.status, StatusCode::PAYLOAD_TOO_LARGE);

    // One that is too large does not keep the others from being taken, and no 200 hides it.
    let large =
        json!({"type": "page", "messageId": "large", "userId": "u", "properties": {"x": "y".repeat(33 * 1024)}});
    let before = records(&*bed.log, Topic::Events).len();
    let answer = bed.batch(&[large, page(9_999)]).await;
    assert_eq!((answer.status, answer.json()["success"].as_bool()), (StatusCode::PAYLOAD_TOO_LARGE, Some(false)));
    let results = answer.json()["results"].clone();
    assert_eq!((&results[0]["status"], &results[1]["status"]), (&json!("rejected"), &json!("ok")));
    assert_eq!(results[0]["event_id"], "large");
    assert_eq!(records(&*bed.log, Topic::Events).len(), before + 1);
}

#[tokio::test]
async fn limits_can_be_set() {
    let segment = SegmentLimits { batch_events: 1, ..SegmentLimits::default() };
    let options = CollectOptions { limits: Limits { segment, ..Limits::default() }, ..options() };
    let bed = Bed::with(options);
    let calls = [track("m1", "ping", json!({})), track("m2", "ping", json!({}))];
    assert_eq!(bed.batch(&calls).await.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(bed.batch(&calls[..1]).await.status, StatusCode::OK);
}

#[tokio::test]
async fn no_success_hides_a_call_that_there_was_no_room_for() {
    let bed = bed();
    let busy = AppendError::Busy { retry_after: Duration::from_millis(2_500) };
    // The quarantine has room, the events' topic has none: one call of two is durable.
    bed.log.refuse(Some(Topic::Events), busy);
    let calls = [track("m1", "ping", json!({})), track("m2", "Never Heard Of", json!({}))];
    let answer = bed.batch(&calls).await;
    assert_eq!((answer.status, answer.header("retry-after")), (StatusCode::TOO_MANY_REQUESTS, "3"));
    let said = answer.json();
    assert_eq!((&said["success"], &said["code"]), (&json!(false), &json!("busy")));
    assert_eq!(
        (&said["results"][0]["status"], &said["results"][1]["status"]),
        (&json!("retry"), &json!("quarantined"))
    );
    bed.log.recover();
    let again = bed.batch(&calls).await;
    assert_eq!(again.status, StatusCode::OK);
    assert_eq!(again.results()[1].0, "duplicate");
    assert_eq!((records(&*bed.log, Topic::Events).len(), records(&*bed.log, Topic::Quarantine).len()), (1, 1));

    bed.log.refuse(None, AppendError::NoSpace { topic: Topic::Events, partition: 0 });
    let full = bed.batch(&[track("m3", "ping", json!({}))]).await;
    assert_eq!((full.status, full.header("retry-after")), (StatusCode::SERVICE_UNAVAILABLE, "30"));
}

#[tokio::test]
async fn what_is_no_body_is_told() {
    let bed = bed();
    for body in ["", "{", "[]", "{\"batch\": 7, \"writeKey\": \"dev\"}", "\u{FEFF}{}", "7"] {
        let answer = bed.ask(post("/v1/batch", &[BASIC], body)).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{body:?}");
        assert!(answer.json()["hint"].as_str().unwrap().contains("\"batch\""), "{}", answer.body);
    }
    let answer = bed.ask(Request::get("/v1/batch").body(Body::empty()).unwrap()).await;
    assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test]
async fn the_browsers_library_is_told_to_send_here() {
    let bed = bed();
    let ask = |key: &str| {
        let request = Request::get(format!("/v1/projects/{key}/settings"));
        request.header("host", "events.example.se:8080").header("origin", "https://www.example.se").body(Body::empty())
    };
    let answer = bed.ask(ask("web").unwrap()).await;
    assert_eq!(
        (answer.status, answer.header("access-control-allow-origin")),
        (StatusCode::OK, "https://www.example.se")
    );
    let segment = answer.json()["integrations"]["Segment.io"].clone();
    assert_eq!((&segment["apiKey"], &segment["apiHost"]), (&json!("web"), &json!("events.example.se:8080/v1")));
    assert_eq!(bed.ask(ask("nobody").unwrap()).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(bed.ask(ask("old").unwrap()).await.status, StatusCode::FORBIDDEN);

    let preflight = Request::options("/v1/t").header("origin", "https://www.example.se");
    let answer = bed.ask(preflight.body(Body::empty()).unwrap()).await;
    assert_eq!(answer.status, StatusCode::NO_CONTENT);
    for header in ["authorization", "content-type", "x-retry-count"] {
        assert!(answer.header("access-control-allow-headers").contains(header), "{header}");
    }
}

#[tokio::test]
async fn a_new_projects_mapping_makes_pages_of_pages_and_screens() {
    let proto = |name: &str, text: &str| Source { name: name.to_owned(), text: SourceText::Proto(text.to_owned()) };
    let source =
        proto("newsroom/v1/reading.proto", include_str!("../../../newsroom/template/schema/newsroom/v1/reading.proto"));
    let text = include_str!("../../../newsroom/template/schema/segment.toml");
    let schemas = || {
        let schemas = Schemas::first(std::slice::from_ref(&source)).unwrap();
        let mapping = segment::parse(text).unwrap();
        segment::check(&mapping, text, schemas.current()).unwrap();
        schemas.with_segment(Arc::new(mapping))
    };
    let bed = Bed::judging_by(options(), schemas());
    let page = json!({
        "name": "Home", "category": "inrikes",
        "properties": {"name": "Home", "category": "inrikes", "title": "Älgen", "url": "https://e.se/elk", "path": "/elk",
            "referrer": "https://r.se/", "search": ""},
        "context": {"campaign": {"name": "höst", "source": "mail", "medium": "letter", "term": "t", "content": "c"}},
    });
    let screen = json!({"name": "Start", "properties": {"category": "sport"}});
    bed.batch(&[call("page", "m1", page), call("screen", "m2", screen)]).await;
    let mut found = events(&bed, &schemas());
    found.sort_by(|(left, _), (right, _)| left.event_id.cmp(&right.event_id));
    let [(page, page_view), (screen, screen_view)] = &found[..] else { panic!("{found:?}") };
    assert_eq!((page.event.as_str(), screen.event.as_str()), ("page_view", "page_view"));
    assert_eq!(page_view, &json!({"page_kind": "Home", "section": "inrikes", "title": "Älgen", "search": ""}));
    assert_eq!(screen_view, &json!({"page_kind": "Start", "section": "sport"}));
    let context = page.context.clone().unwrap();
    assert_eq!(
        [&context.page_url, &context.page_path, &context.referrer, &context.utm_campaign, &context.utm_source],
        ["https://e.se/elk", "/elk", "https://r.se/", "höst", "mail"]
    );
    assert_eq!([&context.utm_medium, &context.utm_term, &context.utm_content], ["letter", "t", "c"]);
}
