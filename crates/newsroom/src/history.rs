//! History: what readers did before the first start, as lines for `judi import --input jsonl`.

use chrono::{DateTime, SecondsFormat};
use serde_json::{Value, json};

use crate::readers::ReaderEvent;

/// One event as a line of JSON: `judi.v1.Event` with its `received_at`, and `is_bot` where a crawler did it.
#[must_use]
pub fn history_line(event: &ReaderEvent) -> String {
    let mut members = event.members.clone();
    members.insert("occurred_at".to_owned(), json!(rfc3339(event.occurred_at_us)));
    members.insert("received_at".to_owned(), json!(rfc3339(event.received_at_us)));
    if event.is_bot {
        members.insert("is_bot".to_owned(), json!(true));
    }
    Value::Object(members).to_string()
}

/// Microseconds since 1970 as RFC 3339 in UTC.
pub(crate) fn rfc3339(at_us: i64) -> String {
    DateTime::from_timestamp_micros(at_us).unwrap_or_default().to_rfc3339_opts(SecondsFormat::Micros, true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::readers::Newsroom;

    #[test]
    fn a_line_is_one_event_with_its_own_times() {
        let events = Newsroom::new(1, 30_000).unwrap().minute(29_000_000, 2);
        let line = history_line(&events[0]);
        assert!(!line.contains('\n'));
        let read: Value = serde_json::from_str(&line).unwrap();
        let received = read["received_at"].as_str().unwrap();
        assert_eq!(DateTime::parse_from_rfc3339(received).unwrap().timestamp_micros(), events[0].received_at_us);
        assert_eq!(read["context"]["locale"], "sv-SE");
    }
}
