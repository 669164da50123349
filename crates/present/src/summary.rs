//! The one sentence over the chart.

use crate::figures::{Counted, Day};
use crate::format::{counted, long_day};

/// What happened on the last whole day, compared with the day before, and what was read most.
///
/// `today` is not over and so is never compared. `top` is of the last `top_days` days.
pub(crate) fn sentence(days: &[Day], today: i32, top: Option<&Counted>, top_days: i32) -> String {
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
    let reads = counted(shown.reads, "article", "articles");
    let before = whole.iter().find(|day| day.day == shown.day - 1 && shown.day < today);
    let compared = before.map_or(String::new(), |before| comparison(shown.reads, before.reads));
    let most = top.map_or(String::new(), |top| {
        let within = if top_days == 1 { "that day".to_owned() } else { format!("in {top_days} days") };
        format!(" Most read {within}: “{}”, {}.", top.name, counted(top.reads, "time", "times"))
    });
    format!("{when} {people} read {reads}{compared}.{most}")
}

fn comparison(now: i64, before: i64) -> String {
    if before == 0 {
        return String::new();
    }
    let percent = ((now - before) as f64 / before as f64 * 100.0).round();
    if percent == 0.0 {
        return ", as many as the day before".to_owned();
    }
    format!(", {} % {} than the day before", percent.abs(), if percent > 0.0 { "more" } else { "fewer" })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(day: i32, reads: i64, readers: i64) -> Day {
        Day { day, reads, readers, bot_reads: 0 }
    }

    #[test]
    fn the_last_whole_day_is_compared_with_the_one_before() {
        let days = [day(100, 200, 50), day(101, 224, 60), day(102, 3, 1)];
        let top = Counted { id: "/elk".to_owned(), name: "Elk at large".to_owned(), reads: 40, readers: 30 };
        let expected = "Yesterday 60 people read 224 articles, 12 % more than the day before. Most read in 7 days: “Elk at large”, 40 times.";
        assert_eq!(sentence(&days, 102, Some(&top), 7), expected);
    }

    #[test]
    fn old_data_is_told_by_its_day_and_a_first_day_has_nothing_to_compare() {
        assert_eq!(
            sentence(&[day(16_572, 0, 0), day(16_573, 1, 1)], 20_000, None, 7),
            "On Mon 18 May 2015 1 person read 1 article."
        );
    }

    #[test]
    fn today_alone_is_told_as_unfinished_and_silence_as_silence() {
        assert_eq!(sentence(&[day(99, 0, 0), day(100, 5, 2)], 100, None, 7), "So far today 2 people read 5 articles.");
        assert_eq!(sentence(&[day(100, 0, 0)], 100, None, 7), "Nobody has read an article in these days.");
    }

    #[test]
    fn the_same_number_is_said_to_be_the_same() {
        let text = sentence(&[day(98, 1000, 9), day(99, 1002, 9)], 100, None, 7);
        assert!(text.ends_with("as many as the day before."), "{text}");
    }
}
