//! Numbers and days as people read them.

use judi_engine::day_text;

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
    fn days_have_their_names() {
        let day = judi_engine::parse_day("2015-05-17").unwrap();
        assert_eq!(short_day(day), "17 May");
        assert_eq!(long_day(day), "Sun 17 May 2015");
        assert_eq!(long_day(0), "Thu 1 Jan 1970");
    }
}
