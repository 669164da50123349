//! Live readers: the same visits, event by event as their time comes, in the requests that apps would send.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use serde_json::{Value, json};

use crate::history::rfc3339;
use crate::readers::{Newsroom, ReaderEvent};

const MINUTE_US: i64 = 60_000_000;

/// Visits that begin in each live minute at the least: a page that shows the last minutes has something to show at night.
const LIVE_VISITS_MIN: u32 = 8;

/// No visit is longer, in minutes.
const VISIT_MINUTES_MAX: i64 = 60;

/// Events that may wait for their time; a visit that has none left to wait for is over. Bounds a clock that jumps ahead.
const WAITING_MAX: usize = 200_000;

/// One request to the Event API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The client's User-Agent.
    pub agent: String,
    /// The JSON form of `judi.v1.EventBatch`.
    pub body: String,
}

/// Readers in real time.
#[derive(Debug)]
pub struct Live {
    newsroom: Newsroom,
    start_us: i64,
    next_minute: i64,
    waiting: BinaryHeap<Reverse<Waiting>>,
    arrivals: u64,
}

#[derive(Debug)]
struct Waiting {
    due_us: i64,
    arrival: u64,
    event: ReaderEvent,
}

impl Live {
    /// Readers from `start_us` (microseconds since 1970) on, those included who came before and are still there.
    #[must_use]
    pub fn new(newsroom: Newsroom, start_us: i64) -> Self {
        let next_minute = start_us.div_euclid(MINUTE_US) - VISIT_MINUTES_MAX;
        Self { newsroom, start_us, next_minute, waiting: BinaryHeap::new(), arrivals: 0 }
    }

    /// The requests that reach the Event API up to `now_us`, one per install.
    pub fn due(&mut self, now_us: i64) -> Vec<Request> {
        while self.next_minute * MINUTE_US <= now_us && self.waiting.len() < WAITING_MAX {
            let events = self.newsroom.minute(self.next_minute, LIVE_VISITS_MIN);
            // What was received before the start is history.
            for event in events.into_iter().filter(|event| event.received_at_us >= self.start_us) {
                self.arrivals += 1;
                self.waiting.push(Reverse(Waiting { due_us: event.received_at_us, arrival: self.arrivals, event }));
            }
            self.next_minute += 1;
        }
        let mut batches: BTreeMap<(String, String), Vec<ReaderEvent>> = BTreeMap::new();
        while self.waiting.peek().is_some_and(|Reverse(next)| next.due_us <= now_us) {
            let Some(Reverse(next)) = self.waiting.pop() else { break };
            let install = next.event.members["context"]["anonymous_id"].as_str().unwrap_or_default().to_owned();
            batches.entry((install, next.event.agent.clone())).or_default().push(next.event);
        }
        batches.into_iter().map(|((_, agent), events)| Request { agent, body: batch(&events, now_us) }).collect()
    }
}

fn batch(events: &[ReaderEvent], sent_at_us: i64) -> String {
    let events: Vec<_> = events
        .iter()
        .map(|event| {
            let mut members = event.members.clone();
            members.insert("occurred_at".to_owned(), json!(rfc3339(event.occurred_at_us)));
            Value::Object(members)
        })
        .collect();
    json!({"sent_at": rfc3339(sent_at_us), "events": events}).to_string()
}

impl PartialEq for Waiting {
    fn eq(&self, other: &Self) -> bool {
        (self.due_us, self.arrival) == (other.due_us, other.arrival)
    }
}

impl Eq for Waiting {}

impl PartialOrd for Waiting {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Waiting {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.due_us, self.arrival).cmp(&(other.due_us, other.arrival))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START_US: i64 = 29_000_000 * MINUTE_US;

    fn events_in(requests: &[Request]) -> usize {
        requests
            .iter()
            .map(|r| serde_json::from_str::<Value>(&r.body).unwrap()["events"].as_array().unwrap().len())
            .sum()
    }

    #[test]
    fn each_event_is_sent_when_its_time_comes_and_once() {
        let newsroom = || Newsroom::new(1, 30_000).unwrap();
        let mut in_steps = Live::new(newsroom(), START_US);
        let steps: usize = (1..=600).map(|second| events_in(&in_steps.due(START_US + second * 1_000_000))).sum();
        let at_once = events_in(&Live::new(newsroom(), START_US).due(START_US + 600 * 1_000_000));
        assert_eq!(steps, at_once);
        assert!(steps > 300, "{steps} in ten minutes");
    }
}
