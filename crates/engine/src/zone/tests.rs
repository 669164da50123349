//! Days of time zones, those that clocks make longer, shorter or skip too.

use proptest::prelude::*;

use super::*;

fn zone(name: &str) -> Zone {
    name.parse().unwrap()
}

fn day(text: &str) -> i32 {
    parse_day(text).unwrap()
}

fn start(zone_name: &str, date: &str) -> String {
    moment_text(zone(zone_name).day_start(day(date)).unwrap())
}

#[test]
fn days_begin_at_local_midnight_and_change_length_with_the_clocks() {
    assert_eq!(start("UTC", "2026-11-24"), "2026-11-24T00:00:00Z");
    assert_eq!(start("Europe/Stockholm", "2026-01-15"), "2026-01-14T23:00:00Z");
    assert_eq!(start("Europe/Stockholm", "2026-07-15"), "2026-07-14T22:00:00Z");
    // 29 March 2026 has 23 hours, 25 October 2026 has 25.
    let hours = |date| {
        let zone = zone("Europe/Stockholm");
        (zone.day_start(day(date) + 1).unwrap() - zone.day_start(day(date)).unwrap()) / HOUR_US
    };
    assert_eq!((hours("2026-03-28"), hours("2026-03-29"), hours("2026-10-25")), (24, 23, 25));
}

#[test]
fn days_without_a_midnight_and_days_that_did_not_happen() {
    // Clocks went from 23:59:59 to 01:00 here.
    assert_eq!(start("America/Sao_Paulo", "2018-11-04"), "2018-11-04T03:00:00Z");
    // Samoa crossed the date line: 30 December 2011 was left out.
    assert_eq!(start("Pacific/Apia", "2011-12-30"), start("Pacific/Apia", "2011-12-31"));
}

#[test]
fn names_that_mean_utc_are_utc_and_others_are_refused() {
    assert_eq!(zone("Etc/UTC"), Zone::UTC);
    assert_eq!("Mars/Olympus".parse::<Zone>().unwrap_err().name, "Mars/Olympus");
}

#[test]
fn dates_are_read_in_one_form() {
    assert_eq!(parse_day("1970-01-02"), Some(1));
    assert_eq!(parse_day("2026-1-2"), None);
    assert_eq!(parse_day("2026-02-30"), None);
    assert_eq!(day_text(day("2024-02-29")), "2024-02-29");
}

proptest! {
    #[test]
    fn a_moment_lies_between_its_days_start_and_the_next(
        name in prop::sample::select(vec!["UTC", "Europe/Stockholm", "America/Havana", "Asia/Kathmandu", "Australia/Lord_Howe", "Pacific/Apia"]),
        moment in 86_400_000_000i64..4_000_000_000_000_000,
    ) {
        let zone = zone(name);
        let day = zone.day_of(moment).unwrap();
        prop_assert!(zone.day_start(day).unwrap() <= moment);
        prop_assert!(moment < zone.day_start(day + 1).unwrap());
    }

    #[test]
    fn the_cursor_agrees_with_the_zone(moments in prop::collection::vec(-4_000_000_000_000_000i64..4_000_000_000_000_000, 1..40), near in any::<bool>()) {
        let zone = zone("Europe/Stockholm");
        let mut cursor = DayCursor::new(zone);
        for moment in moments {
            let moment = if near { moment % (3 * DAY_US) + 1_774_000_000_000_000 } else { moment };
            prop_assert_eq!(cursor.day_of(moment), zone.day_of(moment));
        }
    }
}
