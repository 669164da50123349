//! When the log does not take everything, and when senders send anything.

use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use judi_collect::{CollectOptions, Limits};
use judi_log::{AppendError, Topic};

use crate::bed::{Bed, EXAMPLE, options, post, quick, records};
use crate::requests::example_protobuf;

fn no_space() -> AppendError {
    AppendError::NoSpace { topic: Topic::Events, partition: 0 }
}

#[tokio::test]
async fn a_busy_log_is_a_429_that_says_when() {
    let bed = Bed::new();
    bed.log.refuse(None, AppendError::Busy { retry_after: Duration::from_millis(2_500) });
    let answer = bed.post(EXAMPLE).await;
    assert_eq!((answer.status.as_u16(), answer.header("retry-after")), (429, "3"));
    assert_eq!(answer.json()["error"], "busy");
    bed.log.recover();
    assert_eq!(bed.post(EXAMPLE).await.results(), [("ok".to_owned(), String::new())], "it was never a duplicate");
    assert_eq!(bed.post(EXAMPLE).await.results(), [("duplicate".to_owned(), String::new())]);
    assert_eq!(bed.log.appends.load(Ordering::Relaxed), 2, "a duplicate is not written");
    assert_eq!(records(&*bed.log, Topic::Events).len(), 1);
}

#[tokio::test]
async fn a_full_disk_is_a_503_and_goes_on_when_there_is_room() {
    let bed = Bed::new();
    let ready = || bed.ask(Request::get("/health/ready").body(Body::empty()).unwrap());
    // A real full disk, in the simulated world.
    bed.sim.disk.set_capacity(Some(bed.sim.disk.used_bytes()));
    let answer = bed.post(EXAMPLE).await;
    assert_eq!((answer.status.as_u16(), answer.json()["error"].as_str()), (503, Some("no_space")), "{}", answer.body);
    assert!(answer.header("retry-after").parse::<u32>().unwrap() > 0);
    assert_eq!(ready().await.status.as_u16(), 503);
    bed.sim.disk.set_capacity(None);
    assert_eq!(bed.post(EXAMPLE).await.results(), [("ok".to_owned(), String::new())]);
    assert_eq!(ready().await.status.as_u16(), 200);
    assert_eq!(records(&*bed.log, Topic::Events).len(), 1);
}

#[tokio::test]
async fn a_server_that_nobody_asks_because_it_failed_becomes_ready_by_itself() {
    let bed = Bed::new();
    let ready = || bed.ask(Request::get("/health/ready").body(Body::empty()).unwrap());
    bed.log.refuse(None, no_space());
    bed.post(EXAMPLE).await;
    assert_eq!(ready().await.status.as_u16(), 503);
    bed.sim.clock.advance(Duration::from_secs(5));
    assert_eq!(ready().await.status.as_u16(), 200);
}

#[tokio::test]
async fn what_was_taken_of_a_body_is_told_event_by_event() {
    let bed = Bed::new();
    bed.log.refuse(Some(Topic::Quarantine), no_space());
    let answer = bed.post(r#"{"events":[{"event_id":"1","event":"ping"},{"event_id":"2","event":"pong"}]}"#).await;
    let statuses: Vec<_> = answer.results().into_iter().map(|(status, _)| status).collect();
    assert_eq!(statuses, ["ok", "retry"]);
    assert!(!answer.header("retry-after").is_empty());
}

#[tokio::test]
async fn more_at_once_than_the_memory_is_for_is_a_429() {
    let limits = Limits { in_flight_bytes: 3_000, ..quick() };
    let bed = Bed::with(CollectOptions { limits, ..options() });
    let answer = bed.post(format!(r#"{{"events":[],"x":"{}"}}"#, "x".repeat(2_500))).await;
    assert_eq!((answer.status.as_u16(), answer.header("retry-after")), (429, "1"));
    assert_eq!(bed.post(r#"{"events":[{"event":"ping"}]}"#).await.results().len(), 1, "what was held is given back");
}

#[tokio::test]
async fn a_context_repeated_into_too_many_records_is_too_large() {
    let limits = Limits { records_bytes: 100_000, ..quick() };
    let bed = Bed::with(CollectOptions { limits, ..options() });
    let events = vec![r#"{"event":"ping"}"#; 100].join(",");
    let answer = bed.post(format!(r#"{{"context":{{"device":"{}"}},"events":[{events}]}}"#, "x".repeat(2_000))).await;
    assert_eq!((answer.status.as_u16(), answer.json()["error"].as_str()), (413, Some("too_large")), "{}", answer.body);
    assert!(records(&*bed.log, Topic::Events).is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_large_body_is_judged_off_the_serving_threads() {
    let bed = Bed::new();
    let events: Vec<_> = (0..5_000)
        .map(|id| format!(r#"{{"event_id":"{id}","event":"ping","context":{{"userId":"u{id}"}}}}"#))
        .collect();
    let body = format!(r#"{{"events":[{}]}}"#, events.join(","));
    assert!(body.len() > 200_000);
    let results = bed.post(body).await.results();
    assert!(results.len() == 5_000 && results.iter().all(|(status, _)| status == "ok"));
    assert_eq!(records(&*bed.log, Topic::Events).len(), 5_000);
}

#[tokio::test]
async fn ten_thousand_bodies_of_noise_have_documented_answers() {
    let bed = Bed::new();
    let valid = [EXAMPLE.as_bytes().to_vec(), example_protobuf()];
    let random = &bed.sim.random;
    let types = ["application/json", "application/x-protobuf", "text/plain"];
    let encodings = ["", "", "gzip", "zstd", "br"];
    let mut statuses = std::collections::BTreeMap::new();
    for number in 0..10_000 {
        let mut body: Vec<u8> = if number % 2 == 0 {
            (0..random.below(200)).map(|_| random.next_u64().to_le_bytes()[0]).collect()
        } else {
            valid[usize::try_from(random.below(2)).unwrap()].clone()
        };
        // A few bytes of a good body turned into others, and its end cut off.
        for _ in 0..random.below(4) {
            let at = usize::try_from(random.below(body.len().max(1) as u64)).unwrap();
            if let Some(byte) = body.get_mut(at) {
                *byte = random.next_u64().to_le_bytes()[0];
            }
        }
        if random.chance(1, 4) {
            body.truncate(usize::try_from(random.below(body.len() as u64 + 1)).unwrap());
        }
        let content_type = types[usize::try_from(random.below(3)).unwrap()];
        let encoding = encodings[usize::try_from(random.below(5)).unwrap()];
        let headers = [("authorization", "Bearer dev"), ("content-type", content_type), ("content-encoding", encoding)];
        let answer = bed.ask(post("/v1/events", &headers, body.clone())).await;
        let status = answer.status.as_u16();
        *statuses.entry(status).or_insert(0) += 1;
        match status {
            200 => {
                let known = ["ok", "duplicate", "quarantined", "rejected"];
                assert!(answer.results().iter().all(|(status, _)| known.contains(&status.as_str())), "{body:?}");
            }
            400 | 413 => assert!(answer.json()["error"].is_string(), "{body:?}"),
            other => panic!("{other} for {content_type} {encoding} {body:?}"),
        }
    }
    assert!(statuses[&200] > 100 && statuses[&400] > 100, "{statuses:?}");
    assert_eq!(bed.post(EXAMPLE).await.status.as_u16(), 200, "the server lives");
}
