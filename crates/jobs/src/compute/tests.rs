//! The bounds of a partition: days are the calendar's, hours are time.

use judi_engine::{HOUR_US, moment_text, parse_day};

use super::*;

fn bounds(grain: Grain, before: Span, after: Span, late: Option<Span>) -> [Option<String>; 3] {
    let catalog = Catalog::new("Europe/Stockholm".parse().unwrap());
    let day = parse_day("2026-03-30").unwrap();
    let partition = Partition::of_days(grain, catalog.zone(), day, day).next().unwrap();
    let input = Input { name: "x".into(), before, after, late, line: 1 };
    let window = window(&input, &partition, &catalog).unwrap();
    [Some(window.from_us), Some(window.to_us), window.received_before_us].map(|moment| moment.map(moment_text))
}

fn texts(from: &str, to: &str, before: Option<&str>) -> [Option<String>; 3] {
    [Some(from.to_owned()), Some(to.to_owned()), before.map(str::to_owned)]
}

#[test]
fn days_are_the_calendars_and_hours_are_time() {
    // The clocks went forward on 29 March, so that the day before the 30th began 23 hours earlier.
    assert_eq!(
        bounds(Grain::Day, Span::Days(1), Span::Days(0), Some(Span::Days(3))),
        texts("2026-03-28T23:00:00Z", "2026-03-30T22:00:00Z", Some("2026-04-02T22:00:00Z"))
    );
    assert_eq!(
        bounds(Grain::Day, Span::Micros(24 * HOUR_US), Span::Days(-1), None),
        texts("2026-03-28T22:00:00Z", "2026-03-29T22:00:00Z", None)
    );
    assert_eq!(
        bounds(Grain::Hour, Span::Days(1), Span::Micros(HOUR_US), Some(Span::Micros(HOUR_US))),
        texts("2026-03-28T22:00:00Z", "2026-03-30T00:00:00Z", Some("2026-03-30T01:00:00Z"))
    );
}
