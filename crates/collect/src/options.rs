//! What the Event API is told when it starts: who may write, and how much at a time.

use std::path::PathBuf;
use std::time::Duration;

use crate::fair::room;
pub use crate::visitor::CookieOptions;

/// Everything that can be configured, by value.
#[derive(Debug, Clone)]
pub struct CollectOptions {
    /// Who may write.
    pub keys: Vec<Key>,
    /// How much at a time.
    pub limits: Limits,
    /// How far a device's clock may be off before `occurred_at` is corrected by it.
    pub clock_tolerance: Duration,
    /// How many ids that lately became durable are remembered, to answer `duplicate`; 8 bytes each.
    pub seen_ids: usize,
    /// Where every path is served a second time, as `/t`: for a proxy that passes a part of a site's own paths on.
    /// `None`: nowhere else.
    pub path_prefix: Option<PathPrefix>,
    /// The cookie that gives an `anonymous_id` to pages that have none. `None`: no cookie is set or read.
    pub cookie: Option<CookieOptions>,
    /// What `/robots.txt` answers. Empty: that nothing of the Event API is to be crawled.
    pub robots: String,
    /// Where the day's count of the keys with a quota is kept across restarts. `None`: nowhere.
    pub usage_path: Option<PathBuf>,
}

/// At 10,000 events a second the last minutes, in 8 MB.
const SEEN_IDS: usize = 1 << 20;

impl Default for CollectOptions {
    fn default() -> Self {
        Self {
            keys: Vec::new(),
            limits: Limits::default(),
            clock_tolerance: Duration::from_secs(10),
            seen_ids: SEEN_IDS,
            path_prefix: None,
            cookie: None,
            robots: String::new(),
            usage_path: None,
        }
    }
}

/// The beginning of a path: `/t`, `/api/collect`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathPrefix(String);

impl PathPrefix {
    /// Slashes around it make no difference. `None` where it is nothing but slashes, or has other characters than
    /// letters, digits, `-`, `_`, `.` and `/`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let inner = text.trim_matches('/');
        let is_plain = |character: char| character.is_ascii_alphanumeric() || "-_./".contains(character);
        let is_path = !inner.is_empty() && inner.chars().all(is_plain) && !inner.contains("//");
        is_path.then(|| Self(format!("/{inner}")))
    }

    /// With a slash before it, and none behind.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// One write key. It says which app sends, and is no secret: every web page shows it.
#[derive(Debug, Clone, PartialEq)]
pub struct Key {
    /// What senders present.
    pub key: String,
    /// What is stored beside the events as their source, in its place.
    pub name: String,
    /// A disabled key is answered 403, so that its owner hears of it.
    pub enabled: bool,
    /// The web origins that may use it from a browser: `https://www.example.se`, `https://*.example.se`
    /// (any subdomain), or `*`. None listed: any.
    pub origins: Vec<String>,
    /// Events a second on the long run. `None`: as many as the server can take.
    pub events_per_second: Option<f64>,
    /// Events that may come at once on top of that. `None`: ten seconds' worth.
    pub burst: Option<f64>,
    /// Events of one day, which begins at midnight UTC. `None`: any number.
    pub events_per_day: Option<u64>,
    /// Bytes that it may hold of [`Limits::in_flight_bytes`]. `None`: twice what is free, so that others find room.
    pub in_flight_bytes: Option<usize>,
}

impl Key {
    /// A key that any origin may use.
    #[must_use]
    pub fn open(key: &str, name: &str) -> Self {
        Self {
            key: key.to_owned(),
            name: name.to_owned(),
            enabled: true,
            origins: Vec::new(),
            events_per_second: None,
            burst: None,
            events_per_day: None,
            in_flight_bytes: None,
        }
    }
}

/// How much is taken at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// One event as it is sent, in bytes; also a batch's shared context. Over it: `rejected`, `too_large`.
    pub event_bytes: usize,
    /// A body as it is sent, in bytes. Over it: 413.
    pub batch_bytes: usize,
    /// A compressed body when it is inflated, in bytes. Over it: 413.
    pub inflated_bytes: usize,
    /// Events in one body. Over it: 413.
    pub batch_events: usize,
    /// The records that one body becomes, in bytes: its context is repeated in each of them. Over it, or over 1 MB and
    /// 256 times the body: 413.
    pub records_bytes: usize,
    /// Bytes of all bodies and records that are being worked on at once. One key alone may hold two thirds of it.
    /// Over it: 429.
    pub in_flight_bytes: usize,
    /// Requests that are being worked on at once, of which one key alone may hold two thirds. Over it: 429.
    pub in_flight_requests: usize,
    /// How long a whole body may take to arrive. Over it: 408.
    pub body_timeout: Duration,
    /// How long a body may pause. Over it: 408.
    pub body_pause: Duration,
    /// How slowly a body may arrive, in bytes a second, once the time of a pause is over. Under it: 408.
    pub body_rate_min: usize,
    /// How long a 429 is kept back: who does not wait by itself is made to, and costs less meanwhile.
    pub refusal_pause: Duration,
    /// What holds instead for Segment's paths.
    pub segment: SegmentLimits,
}

impl Limits {
    /// The same, with room for one body as large as is allowed: where there is less, it would be sent away for ever.
    #[must_use]
    pub fn with_room_for_one(self) -> Self {
        let largest = self.batch_bytes.saturating_add(self.inflated_bytes).saturating_add(self.records_bytes);
        Self { in_flight_bytes: self.in_flight_bytes.max(room::for_one(largest)), ..self }
    }
}

/// How much Segment's paths take at a time: what Segment's own API takes, by which its libraries cut their batches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SegmentLimits {
    /// One call, in bytes. Over it: `rejected`, and 413.
    pub event_bytes: usize,
    /// A body, in bytes, as it is sent and when it is inflated. Over it: 413.
    pub batch_bytes: usize,
    /// Calls in one body. Over it: 413.
    pub batch_events: usize,
}

impl Default for SegmentLimits {
    fn default() -> Self {
        Self { event_bytes: 32 * 1024, batch_bytes: 500 * 1024, batch_events: 2_500 }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            event_bytes: 32 * 1024,
            batch_bytes: 4 * 1024 * 1024,
            inflated_bytes: 16 * 1024 * 1024,
            batch_events: 100_000,
            records_bytes: 64 * 1024 * 1024,
            in_flight_bytes: 160 * 1024 * 1024,
            in_flight_requests: 8_192,
            body_timeout: Duration::from_secs(60),
            body_pause: Duration::from_secs(10),
            body_rate_min: 2_000,
            refusal_pause: Duration::from_millis(500),
            segment: SegmentLimits::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_are_plain_paths() {
        let of = |text| PathPrefix::parse(text).map(|prefix| prefix.as_str().to_owned());
        for (text, expected) in [("t", Some("/t")), ("/t/", Some("/t")), ("/a/b-c", Some("/a/b-c"))] {
            assert_eq!(of(text).as_deref(), expected);
        }
        for text in ["", "/", "a//b", "/{id}", "/å", "/a b", "*"] {
            assert_eq!(of(text), None, "{text}");
        }
    }

    #[test]
    fn there_is_room_for_one_of_the_largest() {
        let limits = Limits { batch_bytes: 500 << 20, ..Limits::default() }.with_room_for_one();
        assert!(limits.in_flight_bytes > 800 << 20);
        assert_eq!(Limits::default().with_room_for_one(), Limits::default());
    }
}
