//! What the Event API is told when it starts: who may write, and how much at a time.

use std::time::Duration;

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
        }
    }
}

/// One write key. It says which app sends, and is no secret: every web page shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
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
}

impl Key {
    /// A key that any origin may use.
    #[must_use]
    pub fn open(key: &str, name: &str) -> Self {
        Self { key: key.to_owned(), name: name.to_owned(), enabled: true, origins: Vec::new() }
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
    /// The records that one body becomes, in bytes: its context is repeated in each of them. Over it: 413.
    pub records_bytes: usize,
    /// Bytes of all bodies and records that are being worked on at once. Over it: 429.
    pub in_flight_bytes: usize,
    /// How long a whole body may take to arrive. Over it: 408.
    pub body_timeout: Duration,
    /// What holds instead for Segment's paths.
    pub segment: SegmentLimits,
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
            in_flight_bytes: 256 * 1024 * 1024,
            body_timeout: Duration::from_secs(30),
            segment: SegmentLimits::default(),
        }
    }
}
