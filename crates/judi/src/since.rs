//! Since when, as people write it: a moment, a day, or how long ago.

use chrono::{DateTime, NaiveDate, NaiveTime};
use judi_world::Timestamp;

use crate::config::Span;

/// The moment that `text` names at the moment `now`; what is wrong with it otherwise.
///
/// A day is its midnight in UTC, as `received_date` is.
pub fn parse(text: &str, now: Timestamp) -> Result<Timestamp, String> {
    let trimmed = text.trim();
    if let Ok(moment) = DateTime::parse_from_rfc3339(trimmed) {
        return Ok(Timestamp(moment.timestamp_micros()));
    }
    if let Ok(day) = NaiveDate::parse_from_str(trimmed, "%Y-%m-%d") {
        return Ok(Timestamp(day.and_time(NaiveTime::MIN).and_utc().timestamp_micros()));
    }
    let span = trimmed.strip_suffix("ago").map_or(trimmed, str::trim_end);
    match Span::parse(span) {
        Ok(span) => {
            let ago_us = i64::try_from(span.0.as_micros()).unwrap_or(i64::MAX);
            Ok(Timestamp(now.0.saturating_sub(ago_us)))
        }
        Err(_) => Err(format!("\"{text}\" is no time, no day and no length of time")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-23T08:00:00Z.
    const NOW: Timestamp = Timestamp(1_795_420_800_000_000);
    const HOUR_US: i64 = 3_600_000_000;

    #[test]
    fn moments_days_and_lengths_of_time_are_read() {
        for (text, hours_ago) in [
            ("2026-11-23T08:00:00Z", 0),
            ("2026-11-23T09:00:00+02:00", 1),
            ("2026-11-23", 8),
            ("2 h ago", 2),
            ("2h", 2),
            (" 7 d  ago ", 7 * 24),
        ] {
            assert_eq!(parse(text, NOW), Ok(Timestamp(NOW.0 - hours_ago * HOUR_US)), "{text}");
        }
    }

    #[test]
    fn what_is_none_of_them_is_told() {
        for text in ["", "ago", "yesterday", "2 weeks", "2026-13-01", "-1 h"] {
            assert!(parse(text, NOW).is_err_and(|wrong| wrong.contains(text)), "{text}");
        }
    }
}
