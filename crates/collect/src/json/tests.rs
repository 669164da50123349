//! The documented batch, spellings, nulls, limits and escapes; no text panics or costs stack.

use proptest::prelude::*;

use super::*;

#[test]
fn the_documented_example_is_read() {
    let text = r#"{"sent_at": "2026-11-23T08:00:03Z",
     "context": {"anonymous_id": "a1", "session_id": "s1", "app": "news", "platform": "web", "consent": "granted"},
     "events": [{"event_id": "019329f0-0000-7000-8000-000000000001", "event": "article_view", "occurred_at": "2026-11-23T08:00:01Z",
                 "sequence": 1, "payload": {"article_id": "/articles/elk", "section": "inrikes"}}]}"#;
    let batch = read_batch(text, 10).unwrap();
    assert_eq!(batch.sent_at, Some(Timestamp(1_795_420_803_000_000)));
    assert_eq!((batch.context.anonymous_id.as_str(), batch.context.consent.as_str()), ("a1", "granted"));
    let event = read_event(batch.events[0]);
    assert_eq!(event.fault, None);
    assert_eq!(event.event.event_id, "019329f0-0000-7000-8000-000000000001");
    assert_eq!(event.event.occurred_at, Some(Timestamp(1_795_420_801_000_000)));
    assert_eq!(event.event.sequence, Some(1));
    assert!(
        matches!(&event.event.payload, Payload::Json(text) if text == r#"{"article_id": "/articles/elk", "section": "inrikes"}"#)
    );
}

#[test]
fn every_name_has_two_spellings() {
    let snake = r#"{"sent_at":"2026-11-23T08:00:03Z","write_key":"k","events":[],"context":{"anonymous_id":"1","user_id":"2",
        "session_id":"3","app":"4","app_version":"5","platform":"6","os":"7","device":"8","locale":"9","page_url":"10",
        "page_path":"11","referrer":"12","utm_source":"13","utm_medium":"14","utm_campaign":"15","utm_term":"16",
        "utm_content":"17","consent":"18","sdk":"19","sdk_version":"20"}}"#;
    let mut camel = String::new();
    let mut upper = false;
    for character in snake.chars() {
        match character {
            '_' => upper = true,
            other if std::mem::take(&mut upper) => camel.push(other.to_ascii_uppercase()),
            other => camel.push(other),
        }
    }
    let (snake, camel) = (read_batch(snake, 0).unwrap(), read_batch(&camel, 0).unwrap());
    assert_eq!(snake.context, camel.context);
    assert_eq!((snake.sent_at, &snake.write_key), (camel.sent_at, &camel.write_key));
    assert_eq!(snake.write_key, "k");
    let context = &snake.context;
    let all = [&context.anonymous_id, &context.locale, &context.utm_content, &context.sdk_version];
    assert_eq!(all, ["1", "9", "17", "20"]);
}

#[test]
fn bodies_that_cannot_be_read_as_a_whole() {
    let cases = [
        ("", "EOF"),
        ("{", "EOF"),
        ("[]", "expected a batch"),
        ("null", "expected a batch"),
        ("{}", "no list `events`"),
        (r#"{"events": 5}"#, "expected a list of events"),
        (r#"{"events": [{]}"#, "key must be"),
        (r#"{"events": []} x"#, "trailing"),
        (r#"{"events": [], "sent_at": 5}"#, "sent_at: expected a time"),
        (r#"{"events": [], "context": []}"#, "context: expected an object"),
        (r#"{"events": [], "context": {"app": {}}}"#, "context.app: expected text, found an object"),
        (r#"{"events": [], "writeKey": 1}"#, "write_key: expected text"),
        (r#"{"events": [], "sentMonotonicMs": -1}"#, "sent_monotonic_ms: "),
        (r#"{"events": [], "round_trip_ms": "soon"}"#, "round_trip_ms: "),
    ];
    for (text, expected) in cases {
        let fault = read_batch(text, 10).unwrap_err();
        assert!(matches!(&fault, JsonFault::Unreadable(detail) if detail.contains(expected)), "{text}: {fault}");
    }
}

#[test]
fn nulls_are_not_set() {
    let batch = read_batch(r#"{"sent_at":null,"context":{"app":null},"events":null,"write_key":null}"#, 10).unwrap();
    assert_eq!((batch.sent_at, batch.context, batch.events.len()), (None, Context::default(), 0));
}

#[test]
fn events_past_the_limit_are_counted_and_not_kept() {
    let text = format!(r#"{{"events":[{}0]}}"#, "0,".repeat(99));
    assert_eq!(read_batch(&text, 99).unwrap_err(), JsonFault::TooManyEvents { events: 100 });
    assert_eq!(read_batch(&text, 100).unwrap().events.len(), 100);
}

#[test]
fn nesting_costs_no_stack() {
    let deep = format!(r#"{{"events":[{{"event":"x","other":{}{}}}]}}"#, "[".repeat(200_000), "]".repeat(200_000));
    // Whether it is read or refused does not matter; that it does not overflow does.
    if let Ok(batch) = read_batch(&deep, 10) {
        let _ = read_event(batch.events[0]);
    }
}

#[test]
fn escaped_names_and_texts_are_unescaped() {
    let event = read_event(r#"{"\u0065vent_id":"a\"\u00e5","event":"x"}"#);
    assert_eq!((event.event.event_id.as_ref(), event.fault), ("a\"å", None));
}

#[test]
fn half_a_surrogate_is_the_fault_of_its_event() {
    let batch = read_batch(r#"{"events":[{"event_id":"\ud800","event":"x"},{"event":"y"}]}"#, 10).unwrap();
    let readings: Vec<_> = batch.events.iter().map(|text| read_event(text)).collect();
    assert_eq!(readings[0].fault.as_ref().map(|fault| fault.reason), Some(Reason::InvalidPayload));
    assert_eq!(readings[1].fault, None);
}

proptest! {
    #[test]
    fn no_text_panics(text in "[\\[\\]{}\":,a-z0-9. ]{0,60}") {
        let _ = read_batch(&text, 3);
        let _ = read_event(&text);
        let _ = read_line(text.as_bytes());
    }
}
