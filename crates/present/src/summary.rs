//! The one sentence over the chart.

use crate::figures::{Counted, Day};
use crate::format::{counted, long_day, shortened, times};
use crate::period::Period;

/// Characters of a headline that the sentence quotes.
const TITLE_CHARACTERS: usize = 120;

/// What happened on the last whole day, compared with the day before, and what was read most.
///
/// `today` is not over and so is never compared. `top` is of the days in `listed`.
pub(crate) fn sentence(days: &[Day], today: i32, top: Option<&Counted>, listed: Period) -> String {
    let whole: Vec<_> = days.iter().filter(|day| day.day < today).collect();
    let shown =
        whole.iter().rev().find(|day| day.reads > 0).copied().or_else(|| days.iter().rev().find(|day| day.reads > 0));
    let Some(shown) = shown else {
        return "Nobody has read an article in these days.".to_owned();
    };
    let when = match today - shown.day {
        0 => "So far today".to_owned(),
        1 => "Yesterday".to_owned(),
        _ => format!("On {}", long_day(shown.day)),
    };
    let people = counted(shown.readers, "person", "people");
    let before = whole.iter().find(|day| day.day == shown.day - 1 && shown.day < today);
    let compared = before.map_or(String::new(), |before| comparison(shown.reads, before.reads));
    let most = top.map_or(String::new(), |top| most_read(top, today, listed));
    format!("{when} {people} read articles {}{compared}.{most}", times(shown.reads))
}

fn most_read(top: &Counted, today: i32, listed: Period) -> String {
    let within = match (listed.last.saturating_sub(listed.first).saturating_add(1), today.saturating_sub(listed.last)) {
        (1, 0) => "today".to_owned(),
        (1, 1) => "yesterday".to_owned(),
        (1, _) => format!("on {}", long_day(listed.last)),
        (days, _) => format!("in {days} days"),
    };
    // The marks keep a headline in another direction from turning the sentence around it.
    format!(" Most read {within}: “\u{2068}{}\u{2069}”, {}.", shortened(&top.name, TITLE_CHARACTERS), times(top.reads))
}

fn comparison(now: i64, before: i64) -> String {
    if before == 0 {
        return String::new();
    }
    let percent = ((now - before) as f64 / before as f64 * 100.0).round();
    if percent == 0.0 {
        return ", as often as the day before".to_owned();
    }
    format!(", {} % {} than the day before", percent.abs(), if percent > 0.0 { "more" } else { "less" })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(day: i32, reads: i64, readers: i64) -> Day {
        Day { day, reads, readers, bot_reads: 0 }
    }

    fn elk() -> Counted {
        Counted { id: "/elk".to_owned(), name: "Elk at large".to_owned(), reads: 40, readers: 30 }
    }

    #[test]
    fn the_last_whole_day_is_compared_with_the_one_before() {
        let days = [day(100, 200, 50), day(101, 224, 60), day(102, 3, 1)];
        let expected = "Yesterday 60 people read articles 224 times, 12 % more than the day before. \
                        Most read in 7 days: “\u{2068}Elk at large\u{2069}”, 40 times.";
        assert_eq!(sentence(&days, 102, Some(&elk()), Period::ending(102, 7)), expected);
    }

    #[test]
    fn a_list_of_one_day_names_it() {
        let named = |last| most_read(&elk(), 16_575, Period::ending(last, 1));
        assert!(named(16_575).starts_with(" Most read today: "));
        assert!(named(16_574).starts_with(" Most read yesterday: "));
        assert!(named(16_573).starts_with(" Most read on Mon 18 May 2015: "));
    }

    #[test]
    fn a_headline_without_end_is_cut() {
        let top = Counted { name: "x".repeat(500), ..elk() };
        assert!(most_read(&top, 102, Period::ending(102, 7)).chars().count() < 200);
    }

    #[test]
    fn old_data_is_told_by_its_day_and_a_first_day_has_nothing_to_compare() {
        let days = [day(16_572, 0, 0), day(16_573, 1, 1)];
        let expected = "On Mon 18 May 2015 1 person read articles once.";
        assert_eq!(sentence(&days, 20_000, None, Period::ending(16_573, 7)), expected);
    }

    #[test]
    fn today_alone_is_told_as_unfinished_and_silence_as_silence() {
        let listed = Period::ending(100, 7);
        let expected = "So far today 2 people read articles 5 times.";
        assert_eq!(sentence(&[day(99, 0, 0), day(100, 5, 2)], 100, None, listed), expected);
        assert_eq!(sentence(&[day(100, 0, 0)], 100, None, listed), "Nobody has read an article in these days.");
    }

    #[test]
    fn the_same_number_is_said_to_be_the_same() {
        let text = sentence(&[day(98, 1000, 9), day(99, 1002, 9)], 100, None, Period::ending(100, 7));
        assert!(text.ends_with("as often as the day before."), "{text}");
    }
}
