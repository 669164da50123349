//! Times on the wire: RFC 3339 text and protobuf's Timestamp to microseconds, and the device's clock corrected.

use std::time::Duration;

use judi_world::Timestamp;

/// 0001-01-01T00:00:00Z, the first moment that RFC 3339 and protobuf both can write.
pub const EARLIEST: Timestamp = Timestamp(-62_135_596_800_000_000);
/// 9999-12-31T23:59:59.999999Z, the last.
pub const LATEST: Timestamp = Timestamp(253_402_300_799_999_999);

const SECOND_US: i64 = 1_000_000;

/// Whether a moment lies in the years 1 to 9999.
#[must_use]
pub fn in_range(moment: Timestamp) -> bool {
    (EARLIEST..=LATEST).contains(&moment)
}

/// RFC 3339 text (`2026-11-23T08:00:01.5+01:00`) as a moment; what is finer than a microsecond is cut off.
/// `None` when it is no such text, or lies outside the years 1 to 9999 in UTC.
#[must_use]
pub fn from_rfc3339(text: &str) -> Option<Timestamp> {
    let bytes = text.as_bytes();
    let (date_time, rest) = bytes.split_at_checked(19)?;
    let separators = [(4, b'-'), (7, b'-'), (13, b':'), (16, b':')];
    if separators.iter().any(|&(at, byte)| date_time.get(at) != Some(&byte)) {
        return None;
    }
    if !matches!(date_time.get(10), Some(b'T' | b't' | b' ')) {
        return None;
    }
    let part = |from: usize, to: usize| digits(date_time.get(from..to)?);
    let (year, month, day) = (part(0, 4)?, part(5, 7)?, part(8, 10)?);
    let (hour, minute, second) = (part(11, 13)?, part(14, 16)?, part(17, 19)?);
    if !(1..=12).contains(&month) || day < 1 || day > days_in_month(year, month) {
        return None;
    }
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let (micros, zone) = fraction(rest)?;
    let seconds = days_from_civil(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second - offset(zone)?;
    Some(Timestamp(seconds * SECOND_US + micros)).filter(|moment| in_range(*moment))
}

/// A protobuf Timestamp as a moment; `None` when it is not a valid one (nanos outside 0..1e9, years outside 1 to 9999).
#[must_use]
pub fn from_protobuf(time: &prost_types::Timestamp) -> Option<Timestamp> {
    if !(0..1_000_000_000).contains(&time.nanos) {
        return None;
    }
    let micros = time.seconds.checked_mul(SECOND_US)?.checked_add(i64::from(time.nanos) / 1_000)?;
    Some(Timestamp(micros)).filter(|moment| in_range(*moment))
}

/// When an event happened, as well as can be known: `occurred_at`, moved by the device clock's error
/// (`received_at - sent_at`) when that is more than `tolerance`; without `occurred_at`, `received_at`.
/// Below the tolerance the difference is taken for the time of transit, not for an error of the clock.
#[must_use]
pub fn event_time(
    occurred_at: Option<Timestamp>,
    sent_at: Option<Timestamp>,
    received_at: Timestamp,
    tolerance: Duration,
) -> Timestamp {
    let Some(occurred_at) = occurred_at else {
        return received_at;
    };
    let error_us = sent_at.map_or(0, |sent_at| received_at.micros_since(sent_at));
    if u128::from(error_us.unsigned_abs()) > tolerance.as_micros() {
        Timestamp(occurred_at.0.saturating_add(error_us))
    } else {
        occurred_at
    }
}

/// A number of ASCII digits, all of them.
fn digits(bytes: &[u8]) -> Option<i64> {
    bytes.iter().try_fold(0_i64, |number, byte| byte.is_ascii_digit().then(|| number * 10 + i64::from(byte - b'0')))
}

/// Microseconds of a fraction (`.5`) at the front of `rest`, and what follows it.
fn fraction(rest: &[u8]) -> Option<(i64, &[u8])> {
    let Some(after) = rest.strip_prefix(b".") else {
        return Some((0, rest));
    };
    let length = after.iter().take_while(|byte| byte.is_ascii_digit()).count();
    // More digits than nanoseconds have are nobody's clock.
    if !(1..=9).contains(&length) {
        return None;
    }
    let (shown, zone) = after.split_at_checked(length)?;
    let kept = digits(shown.get(..length.min(6))?)?;
    let scale = [100_000, 10_000, 1_000, 100, 10, 1].get(length.min(6) - 1)?;
    Some((kept * scale, zone))
}

/// Seconds east of UTC that `Z`, `+01:00` or `-08:30` stand for.
fn offset(zone: &[u8]) -> Option<i64> {
    let (sign, rest) = match zone {
        b"Z" | b"z" => return Some(0),
        [b'+', rest @ ..] => (1, rest),
        [b'-', rest @ ..] => (-1, rest),
        _ => return None,
    };
    let [h1, h2, b':', m1, m2] = rest else {
        return None;
    };
    let (hours, minutes) = (digits(&[*h1, *h2])?, digits(&[*m1, *m2])?);
    (hours <= 23 && minutes <= 59).then_some(sign * (hours * 3_600 + minutes * 60))
}

const fn days_in_month(year: i64, month: i64) -> i64 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => 31,
    }
}

/// Days from 1970-01-01 to a date of the proleptic Gregorian calendar (Howard Hinnant, `days_from_civil`).
const fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    // Years that begin in March, so that the leap day is the last of its year.
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

#[cfg(test)]
mod tests;
