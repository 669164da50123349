//! The page of what did not fit.

use axum::http::StatusCode;
use judi_schema::columns::QuarantineRow;

use crate::site::{Setting, Site, TODAY, moment};

#[tokio::test]
async fn without_refusals_the_page_says_so() {
    let page = Site::with(&[]).get("/quarantine").await;
    assert_eq!(page.status, StatusCode::OK);
    page.says(&["Empty: everything that was received fits the schema."]);
}

#[tokio::test]
async fn what_was_refused_is_shown_with_its_reason_and_bytes() {
    let long = format!("{{\"text\": \"{}\"}}", "ä".repeat(1_000));
    let row = |minute, event, reason, payload| QuarantineRow {
        received_at_us: moment(TODAY, minute),
        event_id: "e",
        event,
        reason,
        detail: "article_id: <b>missing</b>",
        source: "access.log:17",
        payload,
        ..QuarantineRow::default()
    };
    let refused = [
        row(1, "artikel_view", "unknown_event", br#"{"article_id": "<script>"}"#.as_slice()),
        row(2, "article_view", "invalid_payload", b"{}"),
        row(3, "article_view", "invalid_payload", long.as_bytes()),
        row(4, "", "undecodable", &[0xff, 0xfe, 0x00, 0x0a]),
        row(5, "<img src=x>", "a_reason_of_tomorrow", b""),
    ];
    let page = Setting { refused: &refused, ..Setting::default() }.open().get("/quarantine").await;
    assert_eq!(page.status, StatusCode::OK);
    page.says(&[
        "5 events do not fit the schema.",
        "Reason Event Events What to do invalid_payload article_view 2 A value has the wrong type",
        "unknown_event artikel_view 1 The schema has no event of this name",
        "a_reason_of_tomorrow <img src=x> 1 Look at the detail below.",
        "article_id: <b>missing</b> From access.log:17 {\"article_id\": \"<script>\"}",
        "2026-11-25 00:04:00 UTC",
        "4 bytes: ff fe 00 0a",
        "ä…",
    ]);
    assert_eq!(page.count("<a href=\"/events/article_view\">"), 1 + 2, "in the list of reasons and at each");
    assert_eq!(page.count("href=\"/events/artikel_view"), 0, "there is nothing to say about it");
    let order = ["a_reason_of_tomorrow</strong>", "undecodable</strong>", "unknown_event</strong>"];
    let places = order.map(|part| page.body.find(part).unwrap());
    assert!(places.is_sorted(), "the newest is first: {places:?}");
    for markup in ["<script>", "<img", "<b>"] {
        assert!(!page.body.contains(markup), "{markup}");
    }
    assert!(page.body.len() < 10_000, "long payloads are cut: {}", page.body.len());
}

#[tokio::test]
async fn one_refusal_is_one() {
    let refused = [QuarantineRow { reason: "constraint", ..QuarantineRow::default() }];
    let page = Setting { refused: &refused, ..Setting::default() }.open().get("/quarantine").await;
    page.says(&["1 event does not fit the schema."]);
}
