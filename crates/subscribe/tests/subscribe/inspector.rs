//! `/inspect/*`.

use judi_subscribe::{Refused, SubscribeOptions};
use judi_world::Timestamp;
use serde_json::{Value, json};

use crate::bed::{Bed, START_US};

async fn get(bed: &Bed, path: &str) -> Value {
    let answer = bed.answer("GET", path, "").await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn good_and_bad_events_are_there_at_once_until_a_reset() {
    let bed = Bed::new(SubscribeOptions::default()).await;
    bed.good(0, "page_view").await;
    bed.good(1, "click").await;
    bed.bad(2, "click").await;
    assert_eq!(get(&bed, "/inspect/all").await, json!({"total": 3, "good": 2, "bad": 1}));
    let good = get(&bed, "/inspect/good").await;
    assert_eq!(good.as_array().unwrap().len(), 2);
    assert_eq!(get(&bed, "/inspect/good?event=click").await[0]["event_id"], "e1");
    assert_eq!(get(&bed, "/inspect/good?limit=1").await.as_array().unwrap().len(), 1);
    let bad = get(&bed, "/inspect/bad").await;
    assert_eq!(bad[0]["detail"], "path: a number stands where text should");
    assert_eq!(bad[0]["payload"], json!({"path": 7}));
    let reset = bed.answer("POST", "/inspect/reset", "").await;
    assert!(reset.ends_with(r#"{"total":0,"good":0,"bad":0}"#), "{reset}");
    assert_eq!(get(&bed, "/inspect/good").await, json!([]));
    bed.good(3, "click").await;
    assert_eq!(get(&bed, "/inspect/all").await, json!({"total": 1, "good": 1, "bad": 0}));
    assert!(bed.answer("GET", "/inspect/reset", "").await.starts_with("HTTP/1.1 405"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_that_were_refused_are_bad_too_and_counted_once() {
    let refused = |number| Refused {
        number,
        at: Timestamp(START_US),
        path: "/v1/events".into(),
        key: String::new(),
        reason: "unknown_key".into(),
        detail: "no such write key".into(),
    };
    let bed = Bed::with_refusals(SubscribeOptions::default(), vec![refused(3), refused(4)]).await;
    for _ in 0..2 {
        assert_eq!(get(&bed, "/inspect/all").await, json!({"total": 2, "good": 0, "bad": 2}));
    }
    let bad = get(&bed, "/inspect/bad").await;
    assert_eq!((&bad[0]["status"], &bad[0]["reason"]), (&json!("refused"), &json!("unknown_key")));
}
