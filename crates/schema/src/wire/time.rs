//! `google.protobuf.Timestamp` and `Duration`: their bodies, their ranges, and how they are written as text.
//!
//! Days are counted by the proleptic Gregorian calendar, after Howard Hinnant, "chrono-Compatible Low-Level Date
//! Algorithms" (2013).

use std::fmt::Write;

use super::cursor::{Cursor, WireError, WireType};

/// 0001-01-01T00:00:00Z.
pub const TIMESTAMP_SECONDS_MIN: i64 = -62_135_596_800;
/// 9999-12-31T23:59:59Z.
pub const TIMESTAMP_SECONDS_MAX: i64 = 253_402_300_799;
/// About 10,000 years, either way.
pub const DURATION_SECONDS_MAX: i64 = 315_576_000_000;

const NANOS_A_SECOND: i32 = 1_000_000_000;
const SECONDS_A_DAY: i64 = 86_400;

/// The seconds and nanos of the body of a Timestamp or a Duration; of fields that occur twice the last counts.
///
/// # Errors
/// Bytes that are not a message. A field of another wire type is passed over, as an unknown one.
pub fn seconds_and_nanos(body: &[u8]) -> Result<(i64, i32), WireError> {
    let mut cursor = Cursor::new(body);
    let (mut seconds, mut nanos) = (0, 0);
    while let Some(tag) = cursor.tag()? {
        match (tag.number, tag.wire_type) {
            (1, WireType::Varint) => seconds = cursor.varint()?.cast_signed(),
            (2, WireType::Varint) => nanos = cursor.enum_number()?,
            _ => cursor.skip(tag, 0)?,
        }
    }
    Ok((seconds, nanos))
}

/// Whether a Timestamp is in the years 1 to 9999 and its nanos are less than a second.
#[must_use]
pub fn is_timestamp(seconds: i64, nanos: i32) -> bool {
    (TIMESTAMP_SECONDS_MIN..=TIMESTAMP_SECONDS_MAX).contains(&seconds) && (0..NANOS_A_SECOND).contains(&nanos)
}

/// Whether a Duration is within ±[`DURATION_SECONDS_MAX`] and its nanos are less than a second and of its sign.
#[must_use]
pub fn is_duration(seconds: i64, nanos: i32) -> bool {
    (-DURATION_SECONDS_MAX..=DURATION_SECONDS_MAX).contains(&seconds)
        && (-NANOS_A_SECOND < nanos && nanos < NANOS_A_SECOND)
        && (i64::from(nanos.signum()) * seconds.signum() >= 0)
}

/// Writes RFC 3339 in UTC with 0, 3, 6 or 9 digits of a second: `2026-11-23T08:00:01.500Z`.
pub fn write_timestamp(seconds: i64, nanos: i32, out: &mut String) {
    let (year, month, day) = date_of(seconds.div_euclid(SECONDS_A_DAY));
    let second = seconds.rem_euclid(SECONDS_A_DAY);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    // Writing to a String cannot fail.
    let _ = write!(out, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}");
    write_fraction(nanos.unsigned_abs(), out);
    out.push('Z');
}

/// Writes seconds with 0, 3, 6 or 9 digits after the point: `-1.500s`.
pub fn write_duration(seconds: i64, nanos: i32, out: &mut String) {
    if seconds < 0 || nanos < 0 {
        out.push('-');
    }
    let _ = write!(out, "{}", seconds.unsigned_abs());
    write_fraction(nanos.unsigned_abs(), out);
    out.push('s');
}

fn write_fraction(nanos: u32, out: &mut String) {
    let _ = match nanos {
        0 => Ok(()),
        nanos if nanos % 1_000_000 == 0 => write!(out, ".{:03}", nanos / 1_000_000),
        nanos if nanos % 1000 == 0 => write!(out, ".{:06}", nanos / 1000),
        nanos => write!(out, ".{nanos:09}"),
    };
}

/// Reads RFC 3339 with `T` and `Z` in either case and up to nine digits of a second. No leap seconds.
#[must_use]
pub fn parse_timestamp(text: &str) -> Option<(i64, i32)> {
    let bytes = text.as_bytes();
    let (date_and_time, mut rest) = bytes.split_at_checked(19)?;
    let digits = |from: usize, length: usize| number(date_and_time.get(from..from + length)?);
    let separators = [(4, b'-'), (7, b'-'), (13, b':'), (16, b':')];
    let separated = separators.iter().all(|&(place, byte)| date_and_time.get(place) == Some(&byte));
    if !separated || !matches!(date_and_time.get(10), Some(b'T' | b't')) {
        return None;
    }
    let (year, month, day) = (digits(0, 4)?, digits(5, 2)?, digits(8, 2)?);
    let (hour, minute, second) = (digits(11, 2)?, digits(14, 2)?, digits(17, 2)?);
    if !(1..=12).contains(&month) || !(1..=days_of(year, month)).contains(&day) {
        return None;
    }
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let mut nanos = 0;
    if let Some((b'.', fraction)) = rest.split_first() {
        let length = fraction.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let (fraction, after) = fraction.split_at_checked(length)?;
        nanos = fraction_nanos(fraction)?;
        rest = after;
    }
    let local = days_before(year, month, day) * SECONDS_A_DAY + hour * 3600 + minute * 60 + second;
    let seconds = local - offset_seconds(rest)?;
    is_timestamp(seconds, nanos).then_some((seconds, nanos))
}

/// `Z`, `+02:00`, `-05:30`.
fn offset_seconds(bytes: &[u8]) -> Option<i64> {
    match bytes {
        [b'Z' | b'z'] => Some(0),
        [sign @ (b'+' | b'-'), h1, h2, b':', m1, m2] => {
            let (hours, minutes) = (number(&[*h1, *h2])?, number(&[*m1, *m2])?);
            let offset = hours * 3600 + minutes * 60;
            (hours < 24 && minutes < 60).then_some(if *sign == b'-' { -offset } else { offset })
        }
        _ => None,
    }
}

/// Reads seconds with an `s`: `3s`, `-1.5s`; up to nine digits after the point.
#[must_use]
pub fn parse_duration(text: &str) -> Option<(i64, i32)> {
    let text = text.strip_suffix('s')?;
    let (negative, text) = text.strip_prefix('-').map_or((false, text), |text| (true, text));
    let (whole, fraction) = text.split_once('.').map_or((text, None), |(whole, fraction)| (whole, Some(fraction)));
    // Twelve digits hold the range; more cannot fit.
    if whole.len() > 12 {
        return None;
    }
    let seconds = number(whole.as_bytes())?;
    let nanos = fraction.map_or(Some(0), |fraction| fraction_nanos(fraction.as_bytes()))?;
    let (seconds, nanos) = if negative { (-seconds, -nanos) } else { (seconds, nanos) };
    is_duration(seconds, nanos).then_some((seconds, nanos))
}

/// One to nine digits after the point, in nanoseconds.
fn fraction_nanos(digits: &[u8]) -> Option<i32> {
    let scale = 9u32.checked_sub(u32::try_from(digits.len()).ok()?)?;
    i32::try_from(number(digits)? * 10_i64.pow(scale)).ok()
}

/// One to eighteen digits.
fn number(digits: &[u8]) -> Option<i64> {
    let plain = (1..=18).contains(&digits.len()) && digits.iter().all(u8::is_ascii_digit);
    plain.then(|| digits.iter().fold(0, |number, digit| number * 10 + i64::from(digit - b'0')))
}

const fn days_of(year: i64, month: i64) -> i64 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => 31,
    }
}

/// Days from 1970-01-01 to a date.
const fn days_before(year: i64, month: i64, day: i64) -> i64 {
    // Years begin in March, so that the leap day is the last.
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// The date that many days after 1970-01-01.
const fn date_of(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + if month <= 2 { 1 } else { 0 };
    (year, month, day)
}

#[cfg(test)]
mod tests;
