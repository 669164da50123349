//! What a record says of its time and of the clocks of its device, in microseconds, as far as it can be computed with.

use judi_schema::envelope::Envelope;
use judi_schema::record::Peek;

use super::offset::Sample;
use crate::dedup::Key;

/// 0001-01-01T00:00:00Z and the last microsecond of 9999-12-31.
pub(super) const CALENDAR_US: std::ops::RangeInclusive<i64> = -62_135_596_800_000_000..=253_402_300_799_999_999;

/// The largest reading of a monotonic clock: ten thousand years. Sums of a few of these and of times of the calendar
/// stay far inside 64 bits.
const MONOTONIC_US_MAX: i64 = 315_576_000_000_000_000;

/// What a record says. Times are microseconds since 1970, by the device's clock where it is the device's.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Said {
    /// The session; `None` where nobody can tell which.
    pub session: Option<Key>,
    /// When it was received, by our clock.
    pub received_at_us: i64,
    /// The time that the collector gave it.
    pub event_time_us: i64,
    /// When it happened.
    pub occurred_at_us: Option<i64>,
    /// When its batch was sent.
    pub sent_at_us: Option<i64>,
    /// The device's monotonic clock when it happened.
    pub monotonic_us: Option<i64>,
    /// The same when the batch was sent.
    pub sent_monotonic_us: Option<i64>,
    /// The smallest round trip of the session.
    pub round_trip_us: Option<i64>,
    /// Counts up by one per event of an install.
    pub sequence: Option<u64>,
    /// Whether an import brought it.
    pub is_import: bool,
}

impl Said {
    /// What an envelope says, as far as it was looked at.
    #[must_use]
    pub fn of_peek(peek: &Peek<'_>) -> Self {
        Self::of_session(peek, session(peek.anonymous_id, peek.user_id, peek.session_id))
    }

    /// [`Said::of_peek`] of the session with this key.
    pub(crate) fn of_session(peek: &Peek<'_>, session: Option<Key>) -> Self {
        let is_import = !peek.import_run.is_empty();
        Self {
            session: session.filter(|_| !is_import && peek.sent_at_us.is_some()),
            received_at_us: peek.received_at_us,
            event_time_us: peek.event_time_us,
            occurred_at_us: peek.occurred_at_us,
            sent_at_us: peek.sent_at_us,
            monotonic_us: monotonic_us(peek.monotonic_ms),
            sent_monotonic_us: monotonic_us(peek.sent_monotonic_ms),
            round_trip_us: monotonic_us(peek.round_trip_ms),
            sequence: peek.sequence,
            is_import,
        }
    }

    /// What an envelope says.
    #[must_use]
    pub fn of_envelope(envelope: &Envelope) -> Self {
        let text = |of: fn(&judi_schema::envelope::Context) -> &String| {
            envelope.context.as_ref().map_or("", |context| of(context).as_str())
        };
        Self::of_peek(&Peek {
            event_id: &envelope.event_id,
            event: &envelope.event,
            anonymous_id: text(|context| &context.anonymous_id),
            import_run: &envelope.import_run,
            received_at_us: envelope.received_at_us,
            event_time_us: envelope.event_time_us,
            user_id: text(|context| &context.user_id),
            session_id: text(|context| &context.session_id),
            occurred_at_us: envelope.occurred_at_us,
            sent_at_us: envelope.sent_at_us,
            sequence: envelope.sequence,
            monotonic_ms: envelope.monotonic_ms,
            sent_monotonic_ms: envelope.sent_monotonic_ms,
            round_trip_ms: envelope.round_trip_ms,
        })
    }

    /// What its batch tells of the device's clock; `None` where there is nothing to go by.
    pub(super) fn sample(&self) -> Option<Sample> {
        let is_a_date = |moment: &i64| CALENDAR_US.contains(moment);
        let times = [Some(self.received_at_us), self.occurred_at_us];
        if self.is_import || !times.iter().flatten().all(is_a_date) {
            return None;
        }
        Some(Sample {
            received_us: self.received_at_us,
            sent_us: self.sent_at_us.filter(is_a_date)?,
            sent_monotonic_us: self.sent_monotonic_us,
            round_trip_us: self.round_trip_us,
        })
    }

    /// By how much the wall clock was ahead of the monotonic one when it happened.
    pub(super) fn lead_us(&self) -> Option<i64> {
        Some(self.occurred_at_us? - self.monotonic_us?)
    }
}

/// The key of a session. Sequence numbers count per install, so an install without sessions is one itself; where
/// neither install nor person is known, partitions do not follow sessions, and there is none.
pub(crate) fn session(anonymous_id: &str, user_id: &str, session_id: &str) -> Option<Key> {
    match (anonymous_id, user_id) {
        ("", "") => None,
        ("", user_id) => Some(Key::of_session_of_user(user_id, session_id)),
        (anonymous_id, _) => Some(Key::of(anonymous_id, session_id)),
    }
}

fn monotonic_us(milliseconds: Option<u64>) -> Option<i64> {
    let micros = i64::try_from(milliseconds?).ok()?.checked_mul(1_000)?;
    (micros <= MONOTONIC_US_MAX).then_some(micros)
}
