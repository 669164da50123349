//! The Event API's own figures, in the text form that Prometheus reads. Every name and label is here, and no
//! label takes what a sender chooses, so their number is fixed.

use std::fmt::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use http::StatusCode;

use crate::accept::{EventResult, REASON_TOO_LARGE, Status};

/// The statuses that the Event API answers with.
const STATUSES: [u16; 12] = [200, 204, 400, 401, 403, 404, 405, 408, 413, 415, 429, 503];

/// What becomes of events: status and reason.
const OUTCOMES: [(&str, &str); 10] = [
    ("ok", ""),
    ("duplicate", ""),
    ("retry", ""),
    ("rejected", REASON_TOO_LARGE),
    ("quarantined", "unknown_event"),
    ("quarantined", "invalid_payload"),
    ("quarantined", "constraint"),
    ("quarantined", "undecodable"),
    ("quarantined", "unknown_schema"),
    ("quarantined", "unreadable_line"),
];

/// Upper bounds of the histograms' buckets, in microseconds, with their labels in seconds.
const BUCKETS: [(u64, &str); 12] = [
    (1_000, "0.001"),
    (2_500, "0.0025"),
    (5_000, "0.005"),
    (10_000, "0.01"),
    (25_000, "0.025"),
    (50_000, "0.05"),
    (100_000, "0.1"),
    (250_000, "0.25"),
    (500_000, "0.5"),
    (1_000_000, "1"),
    (2_500_000, "2.5"),
    (10_000_000, "10"),
];

/// Counters since the start.
#[derive(Debug, Default)]
pub(crate) struct Telemetry {
    requests: [AtomicU64; STATUSES.len()],
    events: [AtomicU64; OUTCOMES.len()],
    body_bytes: AtomicU64,
    inflated_bytes: AtomicU64,
    record_bytes: AtomicU64,
    request_time: Histogram,
    append_time: Histogram,
}

/// What is true now, for the gauges.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Now {
    pub(crate) in_flight_requests: usize,
    pub(crate) in_flight_bytes: usize,
    pub(crate) judge_lag: Option<u64>,
    pub(crate) log_writable: bool,
}

/// What one key has sent. Its name stands in the configuration: no sender chooses it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct KeyFigures<'a> {
    pub(crate) name: &'a str,
    pub(crate) events: u64,
    pub(crate) refused: u64,
}

#[derive(Debug, Default)]
struct Histogram {
    /// Per bucket, not cumulated; the last is for what is over all bounds.
    counts: [AtomicU64; BUCKETS.len() + 1],
    sum_us: AtomicU64,
}

impl Telemetry {
    pub(crate) fn request(&self, status: StatusCode, took: Duration) {
        let at = STATUSES.iter().position(|known| *known == status.as_u16());
        if let Some(counter) = at.and_then(|at| self.requests.get(at)) {
            counter.fetch_add(1, Ordering::Relaxed);
        }
        self.request_time.observe(took);
    }

    pub(crate) fn body(&self, bytes: usize, inflated_bytes: usize) {
        self.body_bytes.fetch_add(bytes as u64, Ordering::Relaxed);
        self.inflated_bytes.fetch_add(inflated_bytes as u64, Ordering::Relaxed);
    }

    pub(crate) fn appended(&self, record_bytes: usize, took: Duration) {
        self.record_bytes.fetch_add(record_bytes as u64, Ordering::Relaxed);
        self.append_time.observe(took);
    }

    pub(crate) fn results(&self, results: &[EventResult]) {
        let mut counts = [0_u64; OUTCOMES.len()];
        for result in results {
            let status = match result.status {
                Status::Ok => "ok",
                Status::Duplicate => "duplicate",
                Status::Quarantined => "quarantined",
                Status::Rejected => "rejected",
                Status::Retry => "retry",
            };
            let is_it = |outcome: &(&str, &str)| outcome.0 == status && outcome.1 == result.reason.unwrap_or("");
            if let Some(count) = OUTCOMES.iter().position(is_it).and_then(|at| counts.get_mut(at)) {
                *count += 1;
            }
        }
        for (counter, count) in self.events.iter().zip(counts) {
            if count > 0 {
                counter.fetch_add(count, Ordering::Relaxed);
            }
        }
    }

    /// The page at `/metrics`.
    pub(crate) fn render(&self, now: &Now, mut keys: Vec<KeyFigures<'_>>) -> String {
        let mut page = String::with_capacity(4 * 1024);
        head(&mut page, "judi_collect_requests_total", "counter", "Requests to the Event API by the answer's status.");
        for (status, counter) in STATUSES.iter().zip(&self.requests) {
            line(&mut page, "judi_collect_requests_total", &format!("{{status=\"{status}\"}}"), load(counter));
        }
        head(&mut page, "judi_collect_events_total", "counter", "Events by what became of them.");
        for ((status, reason), counter) in OUTCOMES.iter().zip(&self.events) {
            let labels = format!("{{status=\"{status}\",reason=\"{reason}\"}}");
            line(&mut page, "judi_collect_events_total", &labels, load(counter));
        }
        keys.sort_unstable_by_key(|key| key.name);
        head(&mut page, "judi_collect_key_events_total", "counter", "Events that were taken, by key.");
        for key in &keys {
            line(&mut page, "judi_collect_key_events_total", &format!("{{key={:?}}}", key.name), key.events);
        }
        head(&mut page, "judi_collect_key_refused_total", "counter", "Requests that were refused as a whole, by key.");
        for key in &keys {
            line(&mut page, "judi_collect_key_refused_total", &format!("{{key={:?}}}", key.name), key.refused);
        }
        for (name, help, counter) in [
            ("judi_collect_body_bytes_total", "Bytes of bodies as they were sent.", &self.body_bytes),
            ("judi_collect_inflated_bytes_total", "Bytes of bodies after inflation.", &self.inflated_bytes),
            ("judi_collect_record_bytes_total", "Bytes of records given to the log.", &self.record_bytes),
        ] {
            head(&mut page, name, "counter", help);
            line(&mut page, name, "", load(counter));
        }
        self.request_time.render(&mut page, "judi_collect_request_seconds", "From a request's headers to its answer.");
        self.append_time.render(
            &mut page,
            "judi_collect_append_seconds",
            "How long the log took to make events durable.",
        );
        let gauges = [
            ("judi_collect_in_flight_requests", "Requests being worked on.", Some(now.in_flight_requests as u64)),
            ("judi_collect_in_flight_bytes", "Bytes held for them.", Some(now.in_flight_bytes as u64)),
            ("judi_collect_log_writable", "1 when the log takes records.", Some(u64::from(now.log_writable))),
            ("judi_judge_lag_records", "Records that the judge has yet to read.", now.judge_lag),
        ];
        for (name, help, value) in gauges {
            if let Some(value) = value {
                head(&mut page, name, "gauge", help);
                line(&mut page, name, "", value);
            }
        }
        page
    }
}

impl Histogram {
    fn observe(&self, took: Duration) {
        let took_us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        let at = BUCKETS.iter().position(|(bound, _)| took_us <= *bound).unwrap_or(BUCKETS.len());
        if let Some(count) = self.counts.get(at) {
            count.fetch_add(1, Ordering::Relaxed);
        }
        self.sum_us.fetch_add(took_us, Ordering::Relaxed);
    }

    fn render(&self, page: &mut String, name: &str, help: &str) {
        head(page, name, "histogram", help);
        let bounds = BUCKETS.iter().map(|(_, label)| *label).chain(["+Inf"]);
        let mut total = 0;
        for (bound, count) in bounds.zip(&self.counts) {
            total += load(count);
            line(page, &format!("{name}_bucket"), &format!("{{le=\"{bound}\"}}"), total);
        }
        let sum_us = load(&self.sum_us);
        // Writing to a String cannot fail.
        let _ = writeln!(page, "{name}_sum {}.{:06}", sum_us / 1_000_000, sum_us % 1_000_000);
        line(page, &format!("{name}_count"), "", total);
    }
}

fn load(counter: &AtomicU64) -> u64 {
    counter.load(Ordering::Relaxed)
}

fn head(page: &mut String, name: &str, kind: &str, help: &str) {
    let _ = writeln!(page, "# HELP {name} {help}\n# TYPE {name} {kind}");
}

fn line(page: &mut String, name: &str, labels: &str, value: u64) {
    let _ = writeln!(page, "{name}{labels} {value}");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn result(status: Status, reason: Option<&'static str>) -> EventResult {
        EventResult { event_id: String::new(), status, reason, field: None, detail: None }
    }

    #[test]
    fn every_outcome_that_can_be_answered_is_counted() {
        use judi_schema::verdict::Reason;
        let telemetry = Telemetry::default();
        let quarantined = [
            Reason::UnknownEvent,
            Reason::InvalidPayload,
            Reason::Constraint,
            Reason::Undecodable,
            Reason::UnknownSchema,
            Reason::UnreadableLine,
        ];
        let mut results: Vec<_> =
            quarantined.iter().map(|reason| result(Status::Quarantined, Some(reason.as_str()))).collect();
        results.extend([Status::Ok, Status::Duplicate, Status::Retry].map(|status| result(status, None)));
        results.push(result(Status::Rejected, Some(REASON_TOO_LARGE)));
        telemetry.results(&results);
        for (counter, outcome) in telemetry.events.iter().zip(OUTCOMES) {
            assert_eq!(load(counter), 1, "{outcome:?}");
        }
    }

    #[test]
    fn a_histogram_cumulates() {
        let telemetry = Telemetry::default();
        for millis in [1, 2, 9, 60_000] {
            telemetry.request(StatusCode::OK, Duration::from_millis(millis));
        }
        let now = Now { in_flight_requests: 1, in_flight_bytes: 2, judge_lag: None, log_writable: true };
        let keys = vec![KeyFigures { name: "b \"x\"", events: 3, refused: 1 }];
        let page = telemetry.render(&now, keys);
        for expected in [
            "judi_collect_requests_total{status=\"200\"} 4\n",
            "judi_collect_request_seconds_bucket{le=\"0.001\"} 1\n",
            "judi_collect_request_seconds_bucket{le=\"0.01\"} 3\n",
            "judi_collect_request_seconds_bucket{le=\"+Inf\"} 4\n",
            "judi_collect_request_seconds_sum 60.012000\n",
            "judi_collect_request_seconds_count 4\n",
            "judi_collect_in_flight_bytes 2\n",
            "judi_collect_key_events_total{key=\"b \\\"x\\\"\"} 3\n",
        ] {
            assert!(page.contains(expected), "{expected} in\n{page}");
        }
        assert!(!page.contains("judge_lag"), "a gauge that nobody knows is left out");
    }

    #[test]
    fn every_reason_to_quarantine_an_event_is_counted() {
        for reason in judi_schema::verdict::Reason::ALL {
            assert!(OUTCOMES.contains(&("quarantined", reason.as_str())), "{reason}");
        }
    }
}
