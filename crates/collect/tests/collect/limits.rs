//! What a key may send, what one key leaves to the others, and whether a wait that was told is long enough.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use judi_collect::{CollectOptions, Key, Limits};
use judi_log::Topic;
use judi_world::Timestamp;

use crate::bed::{Answer, Bed, EXAMPLE, post, quick, records};

fn two_keys(first: Key) -> CollectOptions {
    CollectOptions {
        keys: vec![first, Key::open("other", "other")],
        seen_ids: 1 << 10,
        limits: quick(),
        ..CollectOptions::default()
    }
}

async fn send(bed: &Bed, key: &str, events: usize) -> Answer {
    let events = vec![r#"{"event":"ping"}"#; events].join(",");
    bed.ask(post("/v1/events", &[("x-write-key", key)], format!(r#"{{"events":[{events}]}}"#))).await
}

fn retry_after(answer: &Answer) -> Duration {
    Duration::from_secs(answer.header("retry-after").parse().unwrap())
}

#[tokio::test]
async fn a_rate_is_a_429_that_clears_and_is_nobody_elses() {
    let key = Key { events_per_second: Some(10.0), burst: Some(20.0), ..Key::open("dev", "development") };
    let bed = Bed::with(two_keys(key));
    assert_eq!(send(&bed, "dev", 50).await.status.as_u16(), 200, "a batch over the burst is taken whole, and owed");
    let refused = send(&bed, "dev", 1).await;
    assert_eq!((refused.status.as_u16(), refused.json()["error"].as_str()), (429, Some("over_rate")));
    assert!(refused.json()["hint"].as_str().unwrap().contains("events_per_second"));
    assert_eq!(
        retry_after(&refused),
        Duration::from_secs(4),
        "30 owed at 10 a second, and one more second for the first"
    );
    assert_eq!(send(&bed, "other", 50).await.status.as_u16(), 200);
    // In the body, too, where a key is seen late.
    let in_body = bed.ask(post("/v1/events", &[], EXAMPLE.replacen('{', r#"{"writeKey":"dev","#, 1))).await;
    assert_eq!(in_body.status.as_u16(), 429);
    bed.sim.clock.advance(retry_after(&refused));
    assert_eq!(send(&bed, "dev", 1).await.status.as_u16(), 200);
    assert_eq!(records(&*bed.log, Topic::Events).len(), 101);
    let refusals = bed.collector.recent_refusals();
    assert_eq!(refusals.len(), 2);
    assert_eq!(
        (refusals[0].key.as_deref(), refusals[0].status, refusals[0].reason),
        (Some("development"), 429, "over_rate")
    );
}

#[tokio::test]
async fn a_quota_ends_at_midnight() {
    let key = Key { events_per_day: Some(10), ..Key::open("dev", "development") };
    let bed = Bed::with(two_keys(key));
    bed.sim.clock.jump_to(Timestamp(1_795_420_800_000_000));
    assert_eq!(send(&bed, "dev", 9).await.status.as_u16(), 200);
    assert_eq!(send(&bed, "dev", 9).await.status.as_u16(), 200, "the batch that reaches it is taken whole");
    let refused = send(&bed, "dev", 1).await;
    assert_eq!((refused.status.as_u16(), refused.json()["error"].as_str()), (429, Some("over_quota")));
    assert_eq!(retry_after(&refused), Duration::from_secs(16 * 3_600), "it is eight in the morning");
    assert_eq!(send(&bed, "other", 1).await.status.as_u16(), 200);
    bed.sim.clock.advance(retry_after(&refused));
    assert_eq!(send(&bed, "dev", 1).await.status.as_u16(), 200);
}

#[tokio::test]
async fn what_was_not_kept_is_not_charged() {
    use judi_log::AppendError;
    let key = Key { events_per_day: Some(10), ..Key::open("dev", "development") };
    let bed = Bed::with(two_keys(key));
    bed.log.refuse(None, AppendError::Busy { retry_after: Duration::from_secs(1) });
    for _ in 0..5 {
        assert_eq!(send(&bed, "dev", 9).await.json()["error"], "busy");
    }
    bed.log.recover();
    assert_eq!(send(&bed, "dev", 9).await.status.as_u16(), 200);
    let unreadable = bed.ask(post("/v1/events", &[("x-write-key", "dev")], "{")).await;
    assert_eq!(unreadable.status.as_u16(), 400);
    assert_eq!(send(&bed, "dev", 9).await.status.as_u16(), 200, "9 of 10 so far");
    assert_eq!(send(&bed, "dev", 1).await.json()["error"], "over_quota");
}

#[tokio::test]
async fn what_one_key_holds_leaves_room_for_another() {
    let limits = Limits { in_flight_bytes: 30_000, body_pause: Duration::from_secs(3_600), ..quick() };
    let bed = Arc::new(Bed::with(CollectOptions { limits, ..two_keys(Key::open("dev", "development")) }));
    // Bodies that hold their bytes and never end.
    let mut endless = Vec::new();
    for _ in 0..10 {
        let (sender, parts) = tokio::sync::mpsc::channel(1);
        let body = Body::new(crate::http2::PartByPart(parts));
        let request = Request::post("/v1/events").header("x-write-key", "dev").body(body).unwrap();
        let asking = Arc::clone(&bed);
        let asked = tokio::spawn(async move { asking.ask(request).await });
        sender.send(" ".repeat(5_000).into()).await.unwrap();
        endless.push((sender, asked));
    }
    tokio::time::sleep(Duration::from_millis(50)).await;
    let refused = send(&bed, "dev", 100).await;
    assert_eq!((refused.status.as_u16(), refused.json()["error"].as_str()), (429, Some("busy")), "{}", refused.body);
    assert_eq!(send(&bed, "other", 10).await.status.as_u16(), 200);
    let mut statuses = std::collections::BTreeMap::new();
    for (sender, asked) in endless {
        drop(sender);
        *statuses.entry(asked.await.unwrap().status.as_u16()).or_insert(0) += 1;
    }
    // What was held was held to its end (an empty batch is unreadable); the rest was sent away.
    assert_eq!(statuses, [(400, 4), (429, 6)].into());
    assert_eq!(send(&bed, "dev", 10).await.status.as_u16(), 200, "what was held is given back");
}

#[tokio::test]
async fn a_length_that_cannot_fit_is_refused_before_a_byte_of_it() {
    let limits = Limits { in_flight_bytes: 3_000, batch_bytes: 100_000, ..quick() };
    let bed = Bed::with(CollectOptions { limits, ..two_keys(Key::open("dev", "development")) });
    let (sender, parts) = tokio::sync::mpsc::channel(1);
    // A sender that waits to be told to go on.
    let request = Request::post("/v1/events")
        .header("x-write-key", "dev")
        .header("content-length", "2001")
        .header("expect", "100-continue")
        .body(Body::new(crate::http2::PartByPart(parts)))
        .unwrap();
    let refused = bed.ask(request).await;
    assert_eq!((refused.status.as_u16(), refused.json()["error"].as_str()), (429, Some("busy")));
    assert!(sender.is_closed());
}

#[tokio::test]
async fn refusals_of_late_can_be_read() {
    let limits = Limits { event_bytes: 300, ..quick() };
    let bed = Bed::with(CollectOptions { limits, ..crate::bed::options() });
    bed.sim.clock.jump_to(Timestamp(1_795_420_800_000_000));
    bed.post("{").await;
    bed.ask(post("/v1/events", &[("x-write-key", "nobody")], EXAMPLE)).await;
    bed.post(format!(r#"{{"events":[{{"event_id":"big","event":"ping","x":"{}"}}]}}"#, "x".repeat(400))).await;
    bed.ask(Request::get("/v1/eventz?writeKey=dev").body(Body::empty()).unwrap()).await;
    bed.ask(Request::get("/v1/events").body(Body::empty()).unwrap()).await;
    bed.ask(post("/v1/events", &[("x-write-key", "dev"), ("content-type", "text/html")], EXAMPLE)).await;
    let refusals = bed.collector.recent_refusals();
    let seen: Vec<_> = refusals
        .iter()
        .map(|refusal| (refusal.status, refusal.reason, refusal.key.as_deref(), refusal.event_id.as_deref()))
        .collect();
    let development = Some("development");
    assert_eq!(
        seen,
        [
            (400, "unreadable", development, None),
            (401, "unknown_key", None, None),
            (200, "too_large", development, Some("big")),
            (404, "not_found", development, None),
            (405, "method_not_allowed", None, None),
            (415, "unsupported_type", development, None),
        ]
    );
    assert_eq!((refusals[3].path.as_str(), refusals[3].at), ("/v1/eventz", Timestamp(1_795_420_800_000_000)));
    assert!(refusals[2].detail.contains("over the limit of 300"));
}

#[tokio::test(start_paused = true)]
async fn who_does_not_wait_is_made_to() {
    let key = Key { events_per_second: Some(1.0), burst: Some(1.0), ..Key::open("dev", "development") };
    let bed = Bed::with(CollectOptions { limits: Limits::default(), ..two_keys(key) });
    send(&bed, "dev", 10).await;
    let asked = tokio::time::Instant::now();
    assert_eq!(send(&bed, "dev", 1).await.status.as_u16(), 429);
    assert_eq!(asked.elapsed(), Limits::default().refusal_pause);
    let asked = tokio::time::Instant::now();
    assert_eq!(send(&bed, "nobody", 1).await.status.as_u16(), 401);
    assert_eq!(asked.elapsed(), Duration::ZERO, "what waiting does not mend is told at once");
}
