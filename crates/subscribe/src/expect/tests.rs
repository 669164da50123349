//! What files of expectations say, and how what has come is held against them.

use serde_json::json;
use serde_json::value::RawValue;

use super::*;

fn event(id: &str, name: &str, sequence: u64, payload: &Value) -> Shown {
    Shown {
        event_id: id.to_owned(),
        event: name.to_owned(),
        sequence: Some(sequence),
        payload: RawValue::from_string(payload.to_string()).ok(),
        ..Shown::default()
    }
}

fn read(text: &str) -> Expectations {
    Expectations::parse(text).unwrap()
}

fn sent() -> Vec<Shown> {
    vec![
        event("e2", "article_view", 2, &json!({"article_id": "/articles/elk", "length": "1200", "percent": 40})),
        event("e1", "page_view", 1, &json!({"path": "/"})),
        event("e3", "article_view", 3, &json!({"article_id": "/articles/sea", "percent": 90})),
    ]
}

#[test]
fn what_has_come_meets_names_counts_and_conditions() {
    let text = r#"
        ordered = true
        [[event]]
        name = "page_view"
        count = 1
        [[event]]
        name = "article_view"
        at_least = 1
        at_most = 1
        where = { "payload.article_id" = { matches = "/articles/e.*" }, "payload.length" = 1200, "payload.percent" = { at_least = 40, at_most = 40.0 } }
        [[event]]
        name = "article_view"
        where = { "payload.length" = { present = false } }
        [[event]]
        name = "purchase"
        count = 0
    "#;
    assert_eq!(read(text).unmet(&sent(), &[]), []);
}

#[test]
fn what_is_missing_is_told_with_the_nearest_event() {
    let text = "[[event]]\nname = \"article_view\"\nwhere = { \"payload.article_id\" = \"/articles/sea\", \"payload.percent\" = 100 }";
    let unmet = read(text).unmet(&sent(), &[]);
    assert_eq!(
        unmet,
        [Unmet {
            expected: "at least 1 article_view where payload.article_id = \"/articles/sea\" and payload.percent = 100"
                .into(),
            seen: "0".into(),
            nearest: Some("article_view e3: payload.percent is 90".into()),
        }]
    );
    let too_many = read("[[event]]\nname = \"article_view\"\ncount = 1").unmet(&sent(), &[]);
    assert_eq!((too_many[0].expected.as_str(), too_many[0].seen.as_str()), ("exactly 1 article_view", "2"));
}

#[test]
fn wrong_events_are_not_expected_unless_the_file_says_so() {
    let bad = Shown {
        event: "page_view".into(),
        reason: Some("constraint".into()),
        detail: Some("path: empty".into()),
        ..Shown::default()
    };
    let unmet = read("").unmet(&[], std::slice::from_ref(&bad));
    assert!(unmet[0].nearest.as_ref().unwrap().contains("path: empty"), "{unmet:?}");
    assert_eq!(read("bad = 1").unmet(&[], &[bad]), []);
}

#[test]
fn order_is_by_sequence_not_by_arrival() {
    let in_order = "ordered = true\n[[event]]\nname = \"page_view\"\n[[event]]\nname = \"article_view\"";
    let reversed = "ordered = true\n[[event]]\nname = \"article_view\"\n[[event]]\nname = \"page_view\"";
    assert_eq!(read(in_order).unmet(&sent(), &[]), []);
    assert_eq!(read(reversed).unmet(&sent(), &[])[0].expected, "page_view after article_view");
}

#[test]
fn a_file_that_cannot_be_meant_is_refused_with_its_place() {
    for (text, word) in [
        ("bad = -1", "1:7: "),
        ("[[event]]\nnam = 1", "2:1: unknown field"),
        ("[[event]]\nname = \"a\"\ncount = 1\nat_least = 1", "count says it all"),
        ("[[event]]\nname = \"a\"\nat_least = 2\nat_most = 1", "more than"),
        ("[[event]]\nname = \"a\"\nwhere = { x = { matches = \"(\" } }", "a: x: "),
        ("[[event]]\nname = \"a\"\nwhere = { x = { like = \"b\" } }", "unknown field"),
    ] {
        let error = Expectations::parse(text).unwrap_err().to_string();
        assert!(error.contains(word), "{text:?}: {error}");
    }
}
