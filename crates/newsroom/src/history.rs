//! History: what readers did before the first start, as lines for `judi import --input jsonl`.

use std::io::{self, BufRead, Read};

use chrono::{DateTime, SecondsFormat};
use serde_json::{Value, json};

use crate::readers::{Newsroom, ReaderEvent};

const MINUTE_US: i64 = 60_000_000;

/// What was received before `until_us` of all that readers did who came from `from_minute` (minutes since 1970) on,
/// line by line and made as it is read.
pub fn history_lines(newsroom: &Newsroom, from_minute: i64, until_us: i64) -> impl BufRead + use<> {
    HistoryLines { newsroom: newsroom.clone(), minute: from_minute, until_us, text: Vec::new(), read: 0 }
}

struct HistoryLines {
    newsroom: Newsroom,
    minute: i64,
    until_us: i64,
    text: Vec<u8>,
    read: usize,
}

impl BufRead for HistoryLines {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        while self.read == self.text.len() && self.minute * MINUTE_US < self.until_us {
            self.text.clear();
            self.read = 0;
            let events = self.newsroom.minute(self.minute, 0);
            for event in events.iter().filter(|event| event.received_at_us < self.until_us) {
                self.text.extend_from_slice(history_line(event).as_bytes());
                self.text.push(b'\n');
            }
            self.minute += 1;
        }
        Ok(&self.text[self.read..])
    }

    fn consume(&mut self, amount: usize) {
        self.read = (self.read + amount).min(self.text.len());
    }
}

impl Read for HistoryLines {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let available = self.fill_buf()?;
        let taken = available.len().min(buffer.len());
        buffer[..taken].copy_from_slice(&available[..taken]);
        self.consume(taken);
        Ok(taken)
    }
}

/// One event as a line of JSON: `judi.v1.Event` with its `received_at`, and `is_bot` where a crawler did it.
pub(crate) fn history_line(event: &ReaderEvent) -> String {
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

    #[test]
    fn history_ends_where_live_begins() {
        let newsroom = Newsroom::new(1, 30_000).unwrap();
        let until_us = 29_000_100 * MINUTE_US;
        let mut received = Vec::new();
        for line in history_lines(&newsroom, 29_000_000, until_us).lines() {
            let line: Value = serde_json::from_str(&line.unwrap()).unwrap();
            let text = line["received_at"].as_str().unwrap();
            received.push(DateTime::parse_from_rfc3339(text).unwrap().timestamp_micros());
        }
        assert!(received.len() > 1_000, "{} lines", received.len());
        assert!(received.iter().all(|at| *at < until_us));
    }

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
