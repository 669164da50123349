//! Numbers, days and what senders wrote as people read them.

use std::borrow::Cow;
use std::fmt::Write;

use judi_engine::{day_text, moment_text};

/// A whole number in groups of three.
pub(crate) fn number(value: i64) -> String {
    let digits = value.unsigned_abs().to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3 + 1);
    if value < 0 {
        out.push('−');
    }
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A number with its noun.
pub(crate) fn counted(value: i64, one: &str, many: &str) -> String {
    format!("{} {}", number(value), if value == 1 { one } else { many })
}

/// How often something happened.
pub(crate) fn times(value: i64) -> String {
    if value == 1 { "once".to_owned() } else { format!("{} times", number(value)) }
}

/// The beginning of `text`: `characters_max` of it, and a sign where there is more.
pub(crate) fn shortened(text: &str, characters_max: usize) -> Cow<'_, str> {
    match text.char_indices().nth(characters_max) {
        Some((end, _)) => Cow::Owned(format!("{}…", &text[..end])),
        None => Cow::Borrowed(text),
    }
}

/// What somebody sent: text as it is, anything else as the values of its bytes.
pub(crate) fn readable(bytes: &[u8], characters_max: usize) -> String {
    let is_control = |character: char| character.is_control() && !matches!(character, '\n' | '\r' | '\t');
    match std::str::from_utf8(bytes) {
        Ok(text) if !text.contains(is_control) => shortened(text, characters_max).into_owned(),
        _ => {
            let shown = bytes.len().min(characters_max / 3);
            let mut out = format!("{}:", counted(i64::try_from(bytes.len()).unwrap_or(i64::MAX), "byte", "bytes"));
            for byte in bytes.iter().take(shown) {
                let _ = write!(out, " {byte:02x}");
            }
            if shown < bytes.len() {
                out.push('…');
            }
            out
        }
    }
}

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const WEEKDAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

/// A day under a bar: `17 May`.
pub(crate) fn short_day(day: i32) -> String {
    let text = day_text(day);
    match parts(&text) {
        Some((_, month, of_month)) => format!("{of_month} {month}"),
        None => text,
    }
}

/// A day in a sentence: `Sun 17 May 2015`.
pub(crate) fn long_day(day: i32) -> String {
    let text = day_text(day);
    // 1970-01-01 was a Thursday.
    let weekday = usize::try_from((i64::from(day) + 3).rem_euclid(7)).ok().and_then(|at| WEEKDAYS.get(at));
    match (parts(&text), weekday) {
        (Some((year, month, of_month)), Some(weekday)) => format!("{weekday} {of_month} {month} {year}"),
        _ => text,
    }
}

/// A moment in a list: `2015-05-17 10:05:03 UTC`.
pub(crate) fn second(moment_us: i64) -> String {
    let text = moment_text(moment_us);
    let whole = text.split(['.', 'Z']).next().unwrap_or_default();
    format!("{} UTC", whole.replace('T', " "))
}

/// The time of day of a moment: `10:05`.
pub(crate) fn minute(moment_us: i64) -> String {
    moment_text(moment_us).split('T').nth(1).unwrap_or_default().chars().take("10:05".len()).collect()
}

/// The year of a day.
pub(crate) fn year_of(day: i32) -> String {
    let text = day_text(day);
    parts(&text).map_or_else(String::new, |(year, ..)| year.to_owned())
}

/// A share of a whole, in whole percent; what is not quite none or all is not called so.
pub(crate) fn percent(part: i64, whole: i64) -> String {
    if part <= 0 || whole <= 0 {
        return "0 %".to_owned();
    }
    if part >= whole {
        return "100 %".to_owned();
    }
    match (part as f64 / whole as f64 * 100.0).round() as i64 {
        0 => "under 1 %".to_owned(),
        100 => "over 99 %".to_owned(),
        percent => format!("{percent} %"),
    }
}

/// Year, month and day of `YYYY-MM-DD`.
fn parts(text: &str) -> Option<(&str, &'static str, u32)> {
    let (year, rest) = text.split_at_checked(text.len().checked_sub(6)?)?;
    let mut numbers = rest.trim_start_matches('-').split('-');
    let month: usize = numbers.next()?.parse().ok()?;
    Some((year, MONTHS.get(month.checked_sub(1)?)?, numbers.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_from_the_right() {
        assert_eq!([0, 999, 1_000, 1_234_567, -12_345].map(number), ["0", "999", "1,000", "1,234,567", "−12,345"]);
        assert_eq!(number(i64::MIN), "−9,223,372,036,854,775,808");
        assert_eq!(counted(1, "read", "reads"), "1 read");
    }

    #[test]
    fn one_time_is_once() {
        assert_eq!([0, 1, 2_000].map(times), ["0 times", "once", "2,000 times"]);
    }

    #[test]
    fn a_share_that_is_not_quite_all_is_not_called_all() {
        let shares =
            [(0, 0), (0, 9), (1, 1_000), (1, 2), (999, 1_000), (9, 9)].map(|(part, whole)| percent(part, whole));
        assert_eq!(shares, ["0 %", "0 %", "under 1 %", "50 %", "over 99 %", "100 %"]);
    }

    #[test]
    fn text_is_cut_between_characters() {
        assert_eq!(shortened("ä", 1), "ä");
        assert_eq!(shortened("äöå", 2), "äö…");
    }

    #[test]
    fn what_is_no_text_is_shown_byte_by_byte() {
        assert_eq!(readable("{\"a\":\n1}".as_bytes(), 400), "{\"a\":\n1}");
        assert_eq!(readable(&[0xff, 0x00, 0x0a], 400), "3 bytes: ff 00 0a");
        assert_eq!(readable(b"a\0b", 400), "3 bytes: 61 00 62");
        assert_eq!(readable(&[0xff; 1_000], 6), "1,000 bytes: ff ff…");
        assert_eq!(readable(b"", 400), "");
    }

    #[test]
    fn days_have_their_names() {
        let day = judi_engine::parse_day("2015-05-17").unwrap();
        assert_eq!(short_day(day), "17 May");
        assert_eq!(long_day(day), "Sun 17 May 2015");
        assert_eq!(long_day(0), "Thu 1 Jan 1970");
    }

    #[test]
    fn a_moment_is_told_to_the_second() {
        assert_eq!(second(0), "1970-01-01 00:00:00 UTC");
        assert_eq!(second(61_999_999), "1970-01-01 00:01:01 UTC");
        assert_eq!(minute(61_999_999), "00:01");
        assert_eq!(year_of(16_572), "2015");
    }
}
