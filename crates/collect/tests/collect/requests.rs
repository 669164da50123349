//! One request at a time: who may, in what form, and what is answered.

use std::io::Write;

use axum::body::Body;
use axum::http::{Method, Request};
use judi_collect::{CollectOptions, Limits};
use judi_log::Topic;
use judi_schema::envelope::{Context, Envelope, Event, EventBatch};
use judi_schema::record;
use prost::Message;

use crate::bed::{Bed, EXAMPLE, options, post, records};

type Headers = Vec<(&'static str, &'static str)>;

const JSON: (&str, &str) = ("content-type", "application/json");
const DEV: (&str, &str) = ("authorization", "Bearer dev");

pub(crate) fn example_protobuf() -> Vec<u8> {
    let time = |seconds| Some(prost_types::Timestamp { seconds, nanos: 0 });
    let context = Context {
        anonymous_id: "a1".to_owned(),
        session_id: "s1".to_owned(),
        app: "news".to_owned(),
        platform: "web".to_owned(),
        consent: "granted".to_owned(),
        ..Context::default()
    };
    let event = Event {
        event_id: "019329f0-0000-7000-8000-000000000001".to_owned(),
        event: "article_view".to_owned(),
        occurred_at: time(1_795_420_801),
        sequence: Some(1),
        payload: [&[0x0A, 13][..], b"/articles/elk", &[0x12, 7], b"inrikes"].concat(),
        ..Event::default()
    };
    EventBatch { sent_at: time(1_795_420_803), context: Some(context), events: vec![event], ..EventBatch::default() }
        .encode_to_vec()
}

#[tokio::test]
async fn the_documented_example_is_durable_when_it_is_answered() {
    let bed = Bed::new();
    bed.sim.clock.jump_to(judi_world::Timestamp(1_795_420_804_000_000));
    let answer = bed.ask(post("/v1/events", &[DEV, JSON], EXAMPLE)).await;
    assert_eq!(answer.body, r#"{"results":[{"event_id":"019329f0-0000-7000-8000-000000000001","status":"ok"}]}"#);
    assert_eq!((answer.status.as_u16(), answer.header("content-type")), (200, "application/json"));
    let kept = records(&*bed.log, Topic::Events);
    assert_eq!(kept.len(), 1);
    let parts = record::split(&kept[0].value).unwrap();
    let envelope = Envelope::decode(parts.envelope).unwrap();
    assert_eq!((kept[0].key.as_ref(), kept[0].timestamp.0), (&b"a1"[..], envelope.received_at_us));
    assert_eq!((envelope.event_time_us, envelope.received_at_us), (1_795_420_801_000_000, 1_795_420_804_000_000));
    assert_eq!((envelope.source.as_str(), envelope.is_bot), ("development", false));
}

#[tokio::test]
async fn refusals_have_their_status_code_and_words() {
    let small = Limits { batch_bytes: 1_000, batch_events: 3, event_bytes: 300, ..Limits::default() };
    let bed = Bed::with(CollectOptions { limits: small, ..options() });
    let many = format!(r#"{{"events":[{}]}}"#, ["{}"; 4].join(","));
    let long = format!(r#"{{"events":[],"x":"{}"}}"#, "x".repeat(1_000));
    let wide = format!(r#"{{"events":[],"context":{{"app":"{}"}}}}"#, "x".repeat(400));
    let protobuf = ("content-type", "application/x-protobuf");
    let bytes = example_protobuf();
    let cut = &bytes[..bytes.len() - 3];
    #[rustfmt::skip]
    let cases: Vec<(u16, &str, Headers, Body)> = vec![
        (400, "unreadable", vec![DEV, JSON], "{".into()),
        (400, "unreadable", vec![DEV, JSON], "".into()),
        (400, "unreadable", vec![DEV, JSON], r#"[{"event":"ping"}]"#.into()),
        (400, "unreadable", vec![DEV, JSON], r#"{"event":"ping"}"#.into()),
        (400, "unreadable", vec![DEV, JSON], Body::from(vec![b'"', 0xFF, b'"'])),
        (400, "unreadable", vec![DEV, protobuf], cut.to_vec().into()),
        (400, "unreadable", vec![DEV, JSON, ("content-encoding", "gzip")], EXAMPLE.into()),
        (401, "no_key", vec![JSON], EXAMPLE.into()),
        (401, "unknown_key", vec![JSON, ("authorization", "Bearer nobody")], EXAMPLE.into()),
        (401, "unknown_key", vec![JSON], r#"{"writeKey":"nobody","events":[]}"#.into()),
        (403, "disabled_key", vec![JSON, ("authorization", "Bearer old")], EXAMPLE.into()),
        (403, "foreign_origin", vec![JSON, ("x-write-key", "web"), ("origin", "https://evil.example")], EXAMPLE.into()),
        (413, "too_large", vec![DEV, JSON], long.clone().into()),
        (413, "too_large", vec![DEV, JSON, ("content-length", "5000")], "{}".into()),
        (413, "too_large", vec![DEV, JSON], many.into()),
        (413, "too_large", vec![DEV, JSON], wide.into()),
        (415, "unsupported_type", vec![DEV, ("content-type", "text/html")], EXAMPLE.into()),
        (415, "unsupported_encoding", vec![DEV, JSON, ("content-encoding", "deflate")], EXAMPLE.into()),
    ];
    for (number, (status, code, headers, body)) in cases.into_iter().enumerate() {
        let answer = bed.ask(post("/v1/events", &headers, body)).await;
        let json = answer.json();
        assert_eq!((answer.status.as_u16(), json["error"].as_str()), (status, Some(code)), "{number}: {}", answer.body);
        assert!(
            ["message", "hint"].iter().all(|member| !json[*member].as_str().unwrap().is_empty()),
            "{}",
            answer.body
        );
        assert_eq!(answer.header("retry-after"), "", "{number}: trying again is of no use");
    }
    assert!(records(&*bed.log, Topic::Events).is_empty() && records(&*bed.log, Topic::Quarantine).is_empty());
}

#[tokio::test]
async fn other_methods_and_paths_are_answered_in_json() {
    let bed = Bed::new();
    let get = bed.ask(Request::get("/v1/events").body(Body::empty()).unwrap()).await;
    assert_eq!((get.status.as_u16(), get.json()["error"].as_str()), (405, Some("method_not_allowed")));
    assert_eq!(get.headers.get_all("allow").iter().collect::<Vec<_>>(), ["POST, OPTIONS"]);
    let nothing = bed.ask(post("/v1/eventz", &[DEV], "")).await;
    assert_eq!((nothing.status.as_u16(), nothing.json()["error"].as_str()), (404, Some("not_found")));
}

#[tokio::test]
async fn a_key_comes_in_many_ways() {
    let bed = Bed::new();
    let with_key = |name: &str| EXAMPLE.replacen('{', &format!(r#"{{"{name}":"dev","#), 1);
    let cases = [
        ("/v1/events", vec![DEV], EXAMPLE.to_owned()),
        ("/v1/events", vec![("authorization", "Basic ZGV2Og==")], EXAMPLE.to_owned()),
        ("/v1/events", vec![("x-write-key", "dev")], EXAMPLE.to_owned()),
        ("/v1/events?writeKey=dev", vec![], EXAMPLE.to_owned()),
        ("/v1/events?write_key=dev", vec![], EXAMPLE.to_owned()),
        ("/v1/events", vec![], with_key("writeKey")),
        ("/v1/events", vec![("content-type", "text/plain;charset=UTF-8")], with_key("write_key")),
    ];
    for (uri, headers, body) in cases {
        let answer = bed.ask(post(uri, &headers, body)).await;
        assert_eq!(answer.status.as_u16(), 200, "{uri} {headers:?}: {}", answer.body);
    }
    let mut batch = EventBatch::decode(&example_protobuf()[..]).unwrap();
    batch.write_key = "dev".to_owned();
    let answer = bed.ask(post("/v1/events", &[("content-type", "application/protobuf")], batch.encode_to_vec())).await;
    assert_eq!(answer.status.as_u16(), 200);
}

#[tokio::test]
async fn browsers_are_told_what_they_may() {
    let bed = Bed::new();
    let preflight = |origin: &str| {
        Request::builder()
            .method(Method::OPTIONS)
            .uri("/v1/events")
            .header("origin", origin)
            .header("access-control-request-method", "POST")
            .body(Body::empty())
            .unwrap()
    };
    let answer = bed.ask(preflight("https://www.example.se")).await;
    assert_eq!((answer.status.as_u16(), answer.header("access-control-max-age")), (204, "86400"));
    assert_eq!(answer.header("access-control-allow-origin"), "https://www.example.se");
    assert!(answer.header("access-control-allow-headers").contains("content-encoding"));
    assert_eq!(answer.header("vary"), "Origin");

    let from = ("origin", "https://www.example.se");
    let answer = bed.ask(post("/v1/events", &[("authorization", "Bearer web"), from], EXAMPLE)).await;
    assert_eq!((answer.status.as_u16(), answer.header("access-control-allow-origin")), (200, from.1));
    // A refusal can be read by the page, too.
    let answer = bed.ask(post("/v1/events", &[("authorization", "Bearer nobody"), from], EXAMPLE)).await;
    assert_eq!((answer.status.as_u16(), answer.header("access-control-allow-origin")), (401, from.1));

    let only_web = CollectOptions { keys: options().keys.split_off(1), ..options() };
    let strict = Bed::with(only_web);
    let answer = strict.ask(preflight("https://evil.example")).await;
    assert_eq!((answer.status.as_u16(), answer.header("access-control-allow-origin")), (204, ""));
}

fn compressed(encoding: &str, body: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    match encoding {
        "gzip" => {
            let mut encoder = flate2::write::GzEncoder::new(&mut out, flate2::Compression::default());
            encoder.write_all(body).unwrap();
            encoder.finish().unwrap();
        }
        "zstd" => out = zstd::encode_all(body, 3).unwrap(),
        _ => brotli::CompressorWriter::new(&mut out, 4096, 5, 22).write_all(body).unwrap(),
    }
    out
}

#[tokio::test]
async fn compressed_bodies_are_read_and_bombs_are_not() {
    for encoding in ["gzip", "zstd", "br"] {
        let bed = Bed::new();
        let header = ("content-encoding", encoding);
        let answer = bed.ask(post("/v1/events", &[DEV, JSON, header], compressed(encoding, EXAMPLE.as_bytes()))).await;
        assert_eq!(answer.results(), [("ok".to_owned(), String::new())], "{encoding}");
        let bomb = compressed(encoding, &vec![b' '; 20 * 1024 * 1024]);
        assert!(bomb.len() < 100_000, "{encoding}: {}", bomb.len());
        let answer = bed.ask(post("/v1/events", &[DEV, JSON, header], bomb)).await;
        assert_eq!((answer.status.as_u16(), answer.json()["error"].as_str()), (413, Some("too_large")), "{encoding}");
    }
}

#[tokio::test]
async fn one_bad_event_leaves_its_neighbours_alone() {
    let bed = Bed::new();
    let large = format!(r#"{{"event_id":"5","event":"ping","payload":{{"x":"{}"}}}}"#, "x".repeat(33_000));
    let body = format!(
        r#"{{"context":{{"anonymous_id":"a1"}},"events":[
            {{"event_id":"1","event":"ping"}}, {{"event_id":"2","event":"pong"}}, {{"event_id":"3","event":"ping","occurred_at":5}},
            {{"event_id":"4","event":"article_view","payload":{{"article_id":7}}}}, {large}, {{"event_id":"1","event":"ping"}}, 6]}}"#
    );
    let answer = bed.post(body).await;
    let expected = [
        ("ok", ""),
        ("quarantined", "unknown_event"),
        ("quarantined", "invalid_payload"),
        ("quarantined", "invalid_payload"),
        ("rejected", "too_large"),
        ("duplicate", ""),
        ("quarantined", "invalid_payload"),
    ];
    assert_eq!(answer.results(), expected.map(|(status, reason)| (status.to_owned(), reason.to_owned())));
    let json = answer.json();
    let ids: Vec<_> =
        json["results"].as_array().unwrap().iter().map(|result| result["event_id"].as_str().unwrap()).collect();
    assert_eq!(ids[..6], ["1", "2", "3", "4", "5", "1"]);
    assert_eq!(json["results"][3]["field"], "article_id");
    assert!(json["results"][1]["detail"].as_str().unwrap().contains("did you mean \"ping\""));
    assert_eq!(records(&*bed.log, Topic::Events).len(), 1);
    assert_eq!(records(&*bed.log, Topic::Quarantine).len(), 4);
}

#[tokio::test]
async fn crawlers_are_flagged_and_servers_are_not() {
    let bed = Bed::new();
    let agents = ["Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", "okhttp/4.12.0"];
    for agent in agents {
        bed.ask(post("/v1/events", &[DEV, ("user-agent", agent)], r#"{"events":[{"event":"ping"}]}"#)).await;
    }
    let kept = records(&*bed.log, Topic::Events);
    let mut bots: Vec<_> = kept
        .iter()
        .map(|kept| Envelope::decode(record::split(&kept.value).unwrap().envelope).unwrap().is_bot)
        .collect();
    bots.sort_unstable();
    assert_eq!(bots, [false, true]);
    let kept_agent = |agent: &str| kept.iter().any(|kept| String::from_utf8_lossy(&kept.value).contains(agent));
    assert!(!agents.iter().any(|agent| kept_agent(agent)), "no agent is stored");
}

#[tokio::test]
async fn health_and_figures() {
    let bed = Bed::new();
    bed.post(EXAMPLE).await;
    bed.post("{").await;
    let get = |uri: &str| Request::get(uri).body(Body::empty()).unwrap();
    let live = bed.ask(get("/health/live")).await;
    assert_eq!((live.status.as_u16(), live.body.as_str()), (200, r#"{"status":"live"}"#));
    let ready = bed.ask(get("/health/ready")).await;
    assert_eq!(ready.body, r#"{"status":"ready","log":"writable","judge_lag_records":42}"#);
    let metrics = bed.ask(get("/metrics")).await.body;
    for line in [
        "judi_collect_requests_total{status=\"200\"} 1",
        "judi_collect_requests_total{status=\"400\"} 1",
        "judi_collect_events_total{status=\"ok\",reason=\"\"} 1",
        "judi_collect_in_flight_bytes 0",
        "judi_collect_in_flight_requests 0",
        "judi_judge_lag_records 42",
    ] {
        assert!(metrics.lines().any(|have| have == line), "{line} in\n{metrics}");
    }
    assert!(metrics.contains(&format!("judi_collect_body_bytes_total {}", EXAMPLE.len() + 1)));
}
