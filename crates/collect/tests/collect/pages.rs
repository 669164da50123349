//! What pages use: the pixel, the beacon, the cookie, a path of their own, and what crawlers read.

use std::time::Duration;

use axum::body::Body;
use axum::http::{Method, Request};
use judi_collect::{CollectOptions, CookieOptions, PathPrefix};
use judi_log::Topic;
use judi_schema::envelope::Envelope;
use judi_schema::record;
use prost::Message;

use crate::bed::{Answer, Bed, EXAMPLE, options, post, records};

fn get(uri: &str) -> Request<Body> {
    Request::get(uri).body(Body::empty()).unwrap()
}

fn envelopes(bed: &Bed) -> Vec<Envelope> {
    let kept = records(&*bed.log, Topic::Events);
    kept.iter().map(|kept| Envelope::decode(record::split(&kept.value).unwrap().envelope).unwrap()).collect()
}

/// The answer as an image: its status, and what its header says.
async fn pixel(bed: &Bed, query: &str) -> (u16, String) {
    let request = get(&format!("/pixel?{query}"));
    let response = bed.ask_bytes(request).await;
    assert!(response.1.starts_with(b"GIF89a") && response.1.len() < 50, "{query}");
    let answer = response.0;
    assert_eq!((answer.header("content-type"), answer.header("cache-control")), ("image/gif", "no-store"), "{query}");
    (answer.status.as_u16(), answer.header("judi-error").to_owned())
}

#[tokio::test]
async fn an_image_is_an_event() {
    let bed = Bed::new();
    let query = "key=dev&event=article_view&event_id=e1&anonymous_id=a1&session_id=s1&app=news&sequence=7\
                 &occurred_at=2026-11-23T08:00:01Z&page_url=https%3A%2F%2Fe.se%2Felk%3Futm_source%3Dx\
                 &p.article_id=%2Farticles%2Felk&p.word_count=812&p.is_premium=true&p.authors=Ada&p.authors=Bo";
    assert_eq!(pixel(&bed, query).await, (200, String::new()));
    assert_eq!(pixel(&bed, query).await, (200, String::new()), "a resend is as good");
    let kept = records(&*bed.log, Topic::Events);
    let parts = record::split(&kept[0].value).unwrap();
    let envelope = Envelope::decode(parts.envelope).unwrap();
    let context = envelope.context.unwrap();
    assert_eq!((kept.len(), envelope.event_id.as_str(), envelope.sequence), (1, "e1", Some(7)));
    assert_eq!(
        (context.anonymous_id.as_str(), context.app.as_str(), context.page_path.as_str()),
        ("a1", "news", "/elk")
    );
    assert_eq!(context.utm_source, "x");
    assert_eq!(envelope.occurred_at_us, Some(1_795_420_801_000_000));
    // The same event, sent as JSON, is the same record.
    let json = r#"{"writeKey":"dev","context":{"anonymous_id":"a2","session_id":"s1","app":"news",
        "page_url":"https://e.se/elk?utm_source=x"},"events":[{"event":"article_view","event_id":"e2","sequence":7,
        "occurred_at":"2026-11-23T08:00:01Z",
        "payload":{"article_id":"/articles/elk","authors":["Ada","Bo"],"is_premium":true,"word_count":812}}]}"#;
    bed.ask(post("/v1/events", &[], json)).await;
    let kept = records(&*bed.log, Topic::Events);
    let payloads: Vec<_> = kept.iter().map(|kept| record::split(&kept.value).unwrap().payload.to_vec()).collect();
    assert_eq!(payloads[0], payloads[1]);
}

#[tokio::test]
async fn an_image_tells_what_is_wrong_by_its_status() {
    let bed = Bed::new();
    let cases = [
        ("event=ping", 401, "no_key"),
        ("key=nobody&event=ping", 401, "unknown_key"),
        ("writeKey=old&event=ping", 403, "disabled_key"),
        ("key=dev&event=ping&sent_at=yesterday", 400, "unreadable"),
        ("key=dev&event=pong", 200, "unknown_event"),
        ("key=dev", 200, "unknown_event"),
        ("key=dev&event=article_view&p.article_id=x&p.word_count=many", 200, "invalid_payload"),
        ("", 401, "no_key"),
    ];
    for (query, status, error) in cases {
        assert_eq!(pixel(&bed, query).await, (status, error.to_owned()), "{query}");
    }
    let long = format!("key=dev&event=ping&x.y=1&p.x={}", "x".repeat(40_000));
    assert_eq!(pixel(&bed, &long).await, (413, "too_large".to_owned()));
    assert_eq!(records(&*bed.log, Topic::Quarantine).len(), 3);
    assert!(records(&*bed.log, Topic::Events).is_empty());
    let wrong = bed.ask(post("/pixel", &[], "")).await;
    assert_eq!((wrong.status.as_u16(), wrong.header("allow")), (405, "GET, HEAD, OPTIONS"));
}

#[tokio::test]
async fn a_beacon_is_a_batch_or_a_form() {
    let bed = Bed::new();
    let text = ("content-type", "text/plain;charset=UTF-8");
    let with_key = EXAMPLE.replacen('{', r#"{"writeKey":"dev","#, 1);
    let form = ("content-type", "application/x-www-form-urlencoded;charset=UTF-8");
    let sent = [
        ("/beacon?writeKey=dev", vec![text], EXAMPLE.to_owned()),
        ("/beacon", vec![text], with_key.replace("000000000001", "000000000002")),
        ("/beacon", vec![], with_key.replace("000000000001", "000000000003")),
        ("/beacon", vec![form], "key=dev&event=ping&event_id=f1&anonymous_id=a1".to_owned()),
        ("/beacon?writeKey=dev", vec![form], "event=ping&event_id=f2".to_owned()),
    ];
    for (uri, headers, body) in sent {
        let answer = bed.ask(post(uri, &headers, body)).await;
        assert_eq!(answer.results(), [("ok".to_owned(), String::new())], "{uri} {headers:?}");
    }
    assert_eq!(envelopes(&bed).len(), 5);
    let refused = bed.ask(post("/beacon", &[("content-type", "multipart/form-data")], "")).await;
    assert_eq!((refused.status.as_u16(), refused.json()["error"].as_str()), (415, Some("unsupported_type")));
}

#[tokio::test]
async fn every_path_tells_browsers_what_they_may() {
    let prefix = PathPrefix::parse("/t");
    let bed = Bed::with(CollectOptions { path_prefix: prefix, ..options() });
    let origin = ("origin", "https://www.example.se");
    for (path, methods) in [
        ("/v1/events", "POST, OPTIONS"),
        ("/beacon", "POST, OPTIONS"),
        ("/pixel", "GET, HEAD, OPTIONS"),
        ("/t/v1/events", "POST, OPTIONS"),
    ] {
        let asked = Request::builder().method(Method::OPTIONS).uri(path).header(origin.0, origin.1);
        let answer = bed.ask(asked.body(Body::empty()).unwrap()).await;
        assert_eq!((answer.status.as_u16(), answer.header("access-control-allow-origin")), (204, origin.1), "{path}");
        assert_eq!(answer.header("access-control-allow-methods"), methods, "{path}");
        assert_eq!(answer.header("access-control-max-age"), "86400", "{path}");
        assert_eq!(answer.header("access-control-expose-headers"), "retry-after", "{path}");
    }
    for path in ["/v1/events", "/beacon", "/pixel", "/v1/nothing"] {
        let answer = bed.ask(Request::delete(path).header(origin.0, origin.1).body(Body::empty()).unwrap()).await;
        assert_eq!(answer.header("access-control-allow-origin"), origin.1, "{path}: a refusal can be read, too");
    }
}

#[tokio::test]
async fn a_prefix_serves_everything_once_more() {
    let bed = Bed::with(CollectOptions { path_prefix: PathPrefix::parse("t/in/"), ..options() });
    let dev = ("authorization", "Bearer dev");
    assert_eq!(bed.ask(post("/t/in/v1/events", &[dev], EXAMPLE)).await.results()[0].0, "ok");
    assert_eq!(bed.ask(post("/v1/events", &[dev], EXAMPLE)).await.results()[0].0, "duplicate");
    assert_eq!(bed.ask(post("/t/in/beacon", &[dev], EXAMPLE)).await.results()[0].0, "duplicate");
    assert_eq!(bed.ask(get("/t/in/health/live")).await.status.as_u16(), 200);
    let missing = bed.ask(get("/t/in/v1/nothing")).await;
    assert_eq!((missing.status.as_u16(), missing.json()["error"].as_str()), (404, Some("not_found")));
    let robots = bed.ask(get("/robots.txt")).await;
    assert!(robots.body.starts_with("User-agent: *\n") && robots.body.contains("Disallow: /v1/\n"), "{}", robots.body);
    assert!(robots.body.contains("Disallow: /t/in/\n"), "{}", robots.body);
    assert_eq!(robots.header("content-type"), "text/plain; charset=utf-8");
    let own = Bed::with(CollectOptions { robots: "User-agent: *\nAllow: /\n".to_owned(), ..options() });
    assert_eq!(own.ask(get("/robots.txt")).await.body, "User-agent: *\nAllow: /\n");
}

fn with_cookie() -> Bed {
    let cookie = CookieOptions {
        name: "judi_id".to_owned(),
        domain: String::new(),
        max_age: Duration::from_secs(3_600),
        needs_consent: true,
    };
    Bed::with(CollectOptions { cookie: Some(cookie), ..options() })
}

async fn send(bed: &Bed, cookie: &str, consent: &str, anonymous_id: &str) -> Answer {
    let body = format!(
        r#"{{"context":{{"consent":"{consent}","anonymous_id":"{anonymous_id}"}},"events":[{{"event":"ping"}},{{"event":"ping"}}]}}"#
    );
    bed.ask(post("/v1/events", &[("authorization", "Bearer dev"), ("cookie", cookie)], body)).await
}

#[tokio::test]
async fn a_cookie_gives_an_id_with_consent_and_forgets_it_without() {
    let bed = with_cookie();
    let first = send(&bed, "", "granted", "").await;
    let set = first.header("set-cookie").to_owned();
    assert!(set.ends_with("; Path=/; Max-Age=3600; Secure; HttpOnly; SameSite=Lax"), "{set}");
    let pair = set.split(';').next().unwrap();
    let again = send(&bed, pair, "granted", "").await;
    assert_eq!(again.header("set-cookie"), set, "it is kept alive");
    let id = pair.strip_prefix("judi_id=").unwrap();
    assert_eq!(id.len(), 36);
    assert!(envelopes(&bed).iter().all(|envelope| envelope.context.as_ref().unwrap().anonymous_id == id));
    // An id of its own, or no word on consent: nothing is set.
    assert_eq!(send(&bed, pair, "granted", "mine").await.header("set-cookie"), "");
    assert_eq!(send(&bed, "", "", "").await.header("set-cookie"), "");
    let refused = send(&bed, pair, "denied", "").await;
    assert!(refused.header("set-cookie").starts_with("judi_id=; Path=/; Max-Age=0;"));
    let ids: Vec<_> = envelopes(&bed).into_iter().map(|envelope| envelope.context.unwrap().anonymous_id).collect();
    assert_eq!(ids.iter().filter(|found| *found == id).count(), 4);
    assert_eq!(ids.iter().filter(|found| found.is_empty()).count(), 4);
    // The pixel does the same.
    let seen = bed.ask_bytes(get("/pixel?key=dev&event=ping&consent=granted")).await.0;
    assert!(seen.header("set-cookie").starts_with("judi_id="));
}

#[tokio::test]
async fn without_the_option_no_cookie_is_set_or_read() {
    let bed = Bed::new();
    let answer = send(&bed, "judi_id=x", "granted", "").await;
    assert_eq!(answer.header("set-cookie"), "");
    assert!(envelopes(&bed)[0].context.as_ref().unwrap().anonymous_id.is_empty());
}
