//! `GET /v1/subscribe`.

use std::time::Duration;

use judi_subscribe::SubscribeOptions;

use crate::bed::Bed;

fn ids(messages: &[serde_json::Value]) -> Vec<String> {
    let mut ids: Vec<String> = messages.iter().map(|shown| shown["event_id"].as_str().unwrap().to_owned()).collect();
    ids.sort();
    ids
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_begins_where_it_is_asked_to_and_goes_on_with_what_comes() {
    let bed = Bed::new(SubscribeOptions::default()).await;
    for number in 0..4 {
        bed.good(u64::try_from(number).unwrap(), "page_view").await;
    }
    let mut all = bed.ask("GET", "/v1/subscribe?from=start", "").await;
    let mut now = bed.ask("GET", "/v1/subscribe", "").await;
    let mut later = bed.ask("GET", "/v1/subscribe?from=2026-11-23T08:00:02Z", "").await;
    let mut offset = bed.ask("GET", "/v1/subscribe?from=1", "").await;
    assert_eq!(ids(&all.messages(4).await), ["e0", "e1", "e2", "e3"]);
    assert_eq!(ids(&later.messages(2).await), ["e2", "e3"]);
    assert_eq!(ids(&offset.messages(2).await), ["e2", "e3"]);
    now.until(|text| text.contains("retry: 2000")).await;
    bed.good(4, "page_view").await;
    let first = now.messages(1).await;
    assert_eq!(ids(&first), ["e4"]);
    assert_eq!(first[0]["payload"], serde_json::json!({"path": "/x"}));
    assert_eq!(first[0]["context"]["platform"], "web");
    assert_eq!(first[0]["received_at"], "2026-11-23T08:00:04Z");
    assert_eq!(ids(&all.messages(5).await), ["e0", "e1", "e2", "e3", "e4"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_that_was_cut_goes_on_after_the_last_id_whatever_the_address_says() {
    let bed = Bed::new(SubscribeOptions::default()).await;
    for number in 0..6 {
        bed.good(u64::try_from(number).unwrap(), "page_view").await;
    }
    let mut first = bed.ask("GET", "/v1/subscribe?from=start", "").await;
    first.messages(3).await;
    // Cut within what has been read: only whole messages count.
    let whole = first.text.rfind("\n\n").map(|end| first.text[..end].to_owned()).unwrap();
    let last = whole.lines().filter_map(|line| line.strip_prefix("id: ")).next_back().unwrap().to_owned();
    let seen = whole.matches("data: ").count();
    drop(first);
    bed.good(6, "page_view").await;
    let mut second = bed.ask("GET", "/v1/subscribe?from=start", &format!("last-event-id: {last}\r\n")).await;
    let rest = ids(&second.messages(7 - seen).await);
    assert_eq!(rest.len(), 7 - seen);
    let again = whole.lines().filter_map(|line| line.strip_prefix("data: "));
    let again: Vec<serde_json::Value> = again.map(|json| serde_json::from_str(json).unwrap()).collect();
    assert!(ids(&again).iter().all(|id| !rest.contains(id)), "{again:?} {rest:?}");
    assert!(!second.last_id().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_holds_the_events_it_is_asked_for_and_the_bad_ones_on_wish() {
    let bed = Bed::new(SubscribeOptions::default()).await;
    bed.good(0, "page_view").await;
    bed.good(1, "click").await;
    bed.bad(2, "click").await;
    bed.bad(3, "page_view").await;
    let mut clicks = bed.ask("GET", "/v1/subscribe?from=start&event=click", "").await;
    assert_eq!(ids(&clicks.messages(1).await), ["e1"]);
    let mut both = bed.ask("GET", "/v1/subscribe?from=start&event=click&bad=1", "").await;
    assert_eq!(ids(&both.messages(2).await), ["e1", "e2"]);
    let mut only = bed.ask("GET", "/v1/subscribe?from=start&bad=only", "").await;
    let bad = only.messages(2).await;
    assert_eq!(ids(&bad), ["e2", "e3"]);
    assert_eq!((&bad[0]["status"], &bad[0]["reason"]), (&"quarantined".into(), &"invalid_payload".into()));
    assert_eq!(bad[0]["payload"], serde_json::json!({"path": 7}));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_meant_is_refused_with_a_hint() {
    let bed = Bed::new(SubscribeOptions { subscribers_max: 1, ..SubscribeOptions::default() }).await;
    for (path, status, word) in [
        ("/v1/subscribe?event=page_veiw", "400", "did you mean"),
        ("/v1/subscribe?from=tomorrow", "400", "tomorrow"),
        ("/v1/subscribe?from=events:0=99", "400", "another log"),
        ("/v1/subscribe?bad=maybe", "400", "only"),
        ("/plain/inspect/good", "404", "--dev"),
    ] {
        let answer = bed.answer("GET", path, "").await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")) && answer.contains(word), "{path}: {answer}");
    }
    let answer = bed.answer("POST", "/v1/subscribe", "").await;
    assert!(answer.starts_with("HTTP/1.1 405"), "{answer}");
    let mut one = bed.ask("GET", "/v1/subscribe", "").await;
    one.until(|text| text.contains("retry: 2000")).await;
    let full = bed.answer("GET", "/v1/subscribe", "").await;
    assert!(full.starts_with("HTTP/1.1 503") && full.contains("retry-after: 5"), "{full}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn readers_present_a_token_where_tokens_are_configured_and_are_refused_off_loopback_without() {
    let bed = Bed::new(SubscribeOptions { tokens: vec!["s3cret".into()], ..SubscribeOptions::default() }).await;
    let none = bed.answer("GET", "/v1/subscribe", "").await;
    let wrong = bed.answer("GET", "/v1/subscribe", "authorization: Bearer s3creT\r\n").await;
    assert!(none.starts_with("HTTP/1.1 401") && wrong.starts_with("HTTP/1.1 401"));
    let mut right = bed.ask("GET", "/v1/subscribe", "authorization: Bearer s3cret\r\n").await;
    right.until(|text| text.starts_with("HTTP/1.1 200") && text.contains("retry: 2000")).await;
    let closed = Bed::new(SubscribeOptions { open_without_token: false, ..SubscribeOptions::default() }).await;
    assert!(closed.answer("GET", "/v1/subscribe", "").await.starts_with("HTTP/1.1 403"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_subscriber_that_takes_nothing_is_cut_off_and_another_is_not_kept_waiting() {
    let options = SubscribeOptions { slow_timeout: Duration::from_millis(200), ..SubscribeOptions::default() };
    let bed = Bed::new(options).await;
    let mut slow = bed.ask("GET", "/v1/subscribe?from=start", "connection: close\r\n").await;
    let mut quick = bed.ask("GET", "/v1/subscribe?from=start", "").await;
    // More than two sockets' buffers and the channel hold: some megabytes on loopback.
    let count = 40_000_usize;
    let quick_reads = tokio::spawn(async move {
        quick.until(|text| text.ends_with("\n\n\r\n") && text.contains("\"e39999\"")).await;
        let mut seen = quick.text.matches("data: ").count();
        // The last of one partition may come before others of the rest.
        while seen < count {
            let known = quick.text.len();
            quick.until(|text| text.len() > known && text.ends_with("\n\n\r\n")).await;
            seen += quick.text[known..].matches("data: ").count();
        }
        seen
    });
    for number in 0..count {
        bed.good(u64::try_from(number).unwrap(), "page_view").await;
    }
    assert_eq!(quick_reads.await.unwrap(), count);
    tokio::time::sleep(Duration::from_millis(600)).await;
    // What was on its way still comes, then the end; a stream that waited for it would never end.
    let text = slow.rest().await;
    assert!(text.matches("data: ").count() < count);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_quiet_stream_says_that_it_lives_and_ends_with_the_server() {
    let options = SubscribeOptions { heartbeat: Duration::from_millis(50), ..SubscribeOptions::default() };
    let bed = Bed::new(options).await;
    let mut stream = bed.ask("GET", "/v1/subscribe", "connection: close\r\n").await;
    stream.until(|text| text.matches(": alive").count() >= 3).await;
    bed.stop.send_replace(true);
    stream.rest().await;
}
