//! Days in a time zone: which day a moment lies in, and when a day begins.
//!
//! A day of a zone that moves its clocks has 23 or 25 hours, and in a few places it does not begin at midnight or
//! does not happen at all. Everything here rests on one fact: since 1970 the local date never goes back as time goes
//! on. So the start of a day is the first moment whose local date is that day or a later one, found by bisection,
//! without any case for gaps and repeated hours.

use chrono::{DateTime, Datelike, Offset, TimeZone, Utc};
use chrono_tz::Tz;
use thiserror::Error;

/// Microseconds in a day of 24 hours.
pub const DAY_US: i64 = 86_400_000_000;
/// Microseconds in an hour.
pub const HOUR_US: i64 = 3_600_000_000;
/// 1970-01-01 in chrono's days since the common era.
const EPOCH_DAYS_CE: i32 = 719_163;
/// No zone has been further from UTC; both ends of a search for a day's start.
const OFFSET_US_MAX: i64 = 26 * HOUR_US;

/// A time zone by its IANA name, such as `Europe/Stockholm` or `UTC`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Zone(Tz);

/// Not the name of a time zone.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{name:?} is no time zone; use an IANA name such as UTC or Europe/Stockholm")]
pub struct UnknownZone {
    /// The name.
    pub name: String,
}

impl Default for Zone {
    fn default() -> Self {
        Self::UTC
    }
}

impl std::str::FromStr for Zone {
    type Err = UnknownZone;

    fn from_str(name: &str) -> Result<Self, UnknownZone> {
        match name.parse::<Tz>() {
            Ok(Tz::Etc__UTC | Tz::UCT | Tz::Etc__UCT | Tz::Zulu | Tz::Etc__Zulu) => Ok(Self::UTC),
            Ok(zone) => Ok(Self(zone)),
            Err(_) => Err(UnknownZone { name: name.to_owned() }),
        }
    }
}

impl std::fmt::Display for Zone {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0.name())
    }
}

impl Zone {
    /// Coordinated universal time.
    pub const UTC: Self = Self(Tz::UTC);

    /// Days since 1970-01-01 of the local day that a moment (microseconds, UTC) lies in; [`None`] for moments that no
    /// calendar reaches (some 260,000 years away).
    #[must_use]
    pub fn day_of(self, moment_us: i64) -> Option<i32> {
        if self == Self::UTC {
            return i32::try_from(moment_us.div_euclid(DAY_US)).ok();
        }
        let moment = DateTime::<Utc>::from_timestamp_micros(moment_us)?.naive_utc();
        let offset = self.0.offset_from_utc_datetime(&moment).fix();
        let local = moment.checked_add_offset(offset)?;
        local.date().num_days_from_ce().checked_sub(EPOCH_DAYS_CE)
    }

    /// The first moment (microseconds, UTC) of a local day; [`None`] for days that no calendar reaches. A day that
    /// did not happen begins and ends at the same moment.
    #[must_use]
    pub fn day_start(self, day: i32) -> Option<i64> {
        let utc_midnight = i64::from(day) * DAY_US;
        if self == Self::UTC {
            return Some(utc_midnight);
        }
        // Invariant: `before` lies in an earlier day, `from` in this one or a later one. Offsets are whole seconds.
        const SECOND_US: i64 = 1_000_000;
        let (mut before, mut from) = (utc_midnight - OFFSET_US_MAX, utc_midnight + OFFSET_US_MAX);
        while from - before > SECOND_US {
            let middle = before + (from - before) / (2 * SECOND_US) * SECOND_US;
            if self.day_of(middle)? < day {
                before = middle;
            } else {
                from = middle;
            }
        }
        Some(from)
    }
}

/// Days of many moments, fast where neighbours lie in the same day: the bounds of the last day are kept.
#[derive(Debug, Clone, Copy)]
pub(crate) struct DayCursor {
    zone: Zone,
    day: i32,
    from: i64,
    to: i64,
}

impl DayCursor {
    pub(crate) fn new(zone: Zone) -> Self {
        Self { zone, day: 0, from: 0, to: 0 }
    }

    pub(crate) fn day_of(&mut self, moment_us: i64) -> Option<i32> {
        if (self.from..self.to).contains(&moment_us) {
            return Some(self.day);
        }
        let day = self.zone.day_of(moment_us)?;
        // Before 1970 zones may repeat a day, so that its bounds say nothing.
        if moment_us >= DAY_US
            && let (Some(from), Some(to)) = (self.zone.day_start(day), self.zone.day_start(day.saturating_add(1)))
        {
            *self = Self { zone: self.zone, day, from, to };
        }
        Some(day)
    }
}

/// A day as `YYYY-MM-DD`; the number itself for days that no calendar reaches.
#[must_use]
pub fn day_text(day: i32) -> String {
    match day.checked_add(EPOCH_DAYS_CE).and_then(chrono::NaiveDate::from_num_days_from_ce_opt) {
        Some(date) => date.to_string(),
        None => format!("day {day}"),
    }
}

/// Days since 1970-01-01 of a date written `YYYY-MM-DD`.
#[must_use]
pub fn parse_day(text: &str) -> Option<i32> {
    let date = chrono::NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?;
    (text.len() == 10).then(|| date.num_days_from_ce() - EPOCH_DAYS_CE)
}

/// A moment (microseconds, UTC) as RFC 3339 with `Z`, with as many decimals as it needs of 0, 3 and 6; the number
/// itself for moments that no calendar reaches.
#[must_use]
pub fn moment_text(moment_us: i64) -> String {
    match DateTime::<Utc>::from_timestamp_micros(moment_us) {
        Some(moment) => moment.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true),
        None => format!("{moment_us} us"),
    }
}

#[cfg(test)]
mod tests;
