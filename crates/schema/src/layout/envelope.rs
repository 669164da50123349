//! The columns that every event has, in the order of the table; and those of the quarantine.

use arrow::datatypes::{DataType, Field, TimeUnit};

/// What an envelope column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EnvelopeType {
    /// UTF-8; NULL where the envelope's text is empty.
    Text,
    /// Microseconds since 1970, UTC.
    Time,
    /// A day, UTC.
    Date,
    /// 64 bits.
    Integer,
    /// True or false.
    Boolean,
    /// Bytes.
    Binary,
}

/// The columns of `events` before the events' structs.
pub const ENVELOPE_COLUMNS: [(&str, EnvelopeType); 32] = [
    ("event_id", EnvelopeType::Text),
    ("event", EnvelopeType::Text),
    ("event_time", EnvelopeType::Time),
    ("received_at", EnvelopeType::Time),
    ("occurred_at", EnvelopeType::Time),
    ("sent_at", EnvelopeType::Time),
    ("received_date", EnvelopeType::Date),
    ("anonymous_id", EnvelopeType::Text),
    ("user_id", EnvelopeType::Text),
    ("session_id", EnvelopeType::Text),
    ("app", EnvelopeType::Text),
    ("app_version", EnvelopeType::Text),
    ("platform", EnvelopeType::Text),
    ("os", EnvelopeType::Text),
    ("device", EnvelopeType::Text),
    ("locale", EnvelopeType::Text),
    ("page_url", EnvelopeType::Text),
    ("page_path", EnvelopeType::Text),
    ("referrer", EnvelopeType::Text),
    ("utm_source", EnvelopeType::Text),
    ("utm_medium", EnvelopeType::Text),
    ("utm_campaign", EnvelopeType::Text),
    ("utm_term", EnvelopeType::Text),
    ("utm_content", EnvelopeType::Text),
    ("consent", EnvelopeType::Text),
    ("is_bot", EnvelopeType::Boolean),
    ("sdk", EnvelopeType::Text),
    ("sdk_version", EnvelopeType::Text),
    ("sequence", EnvelopeType::Integer),
    ("schema_version", EnvelopeType::Integer),
    ("event_time_flag", EnvelopeType::Text),
    ("_unknown", EnvelopeType::Binary),
];

/// The columns of `quarantine`.
const QUARANTINE_COLUMNS: [(&str, EnvelopeType); 17] = [
    ("received_at", EnvelopeType::Time),
    ("received_date", EnvelopeType::Date),
    ("event_id", EnvelopeType::Text),
    ("event", EnvelopeType::Text),
    ("reason", EnvelopeType::Text),
    ("detail", EnvelopeType::Text),
    ("source", EnvelopeType::Text),
    ("schema_version", EnvelopeType::Integer),
    ("payload", EnvelopeType::Binary),
    ("envelope", EnvelopeType::Binary),
    ("anonymous_id", EnvelopeType::Text),
    ("app", EnvelopeType::Text),
    ("app_version", EnvelopeType::Text),
    ("platform", EnvelopeType::Text),
    ("sdk", EnvelopeType::Text),
    ("sdk_version", EnvelopeType::Text),
    ("sequence", EnvelopeType::Integer),
];

/// [`ENVELOPE_COLUMNS`] in Arrow; all nullable.
#[must_use]
pub fn envelope_fields() -> Vec<Field> {
    ENVELOPE_COLUMNS.iter().map(|&(name, kind)| Field::new(name, kind.arrow(), true)).collect()
}

/// The quarantine's columns in Arrow; all nullable. `envelope` holds the `judi.v1.Envelope`, so that a replay
/// knows all that was known when the event came; the columns behind it repeat what tells a release that sends bad
/// events, and which of an install's numbers were received.
#[must_use]
pub fn quarantine_fields() -> Vec<Field> {
    QUARANTINE_COLUMNS.iter().map(|&(name, kind)| Field::new(name, kind.arrow(), true)).collect()
}

impl EnvelopeType {
    /// The Arrow type.
    #[must_use]
    pub fn arrow(self) -> DataType {
        match self {
            Self::Text => DataType::Utf8,
            Self::Time => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
            Self::Date => DataType::Date32,
            Self::Integer => DataType::Int64,
            Self::Boolean => DataType::Boolean,
            Self::Binary => DataType::Binary,
        }
    }
}
