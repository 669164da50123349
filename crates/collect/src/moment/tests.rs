//! Moments as texts, there and back, and when a device's clock is corrected.

use proptest::prelude::*;

use super::*;

const DAY_US: i64 = Timestamp::DAY_US;

#[test]
fn known_moments() {
    let cases = [
        ("1970-01-01T00:00:00Z", 0),
        ("2026-11-23T08:00:01Z", 1_795_420_801_000_000),
        ("2026-11-23t09:00:01.25+01:00", 1_795_420_801_250_000),
        ("2026-11-22T23:30:01.123456789-08:30", 1_795_420_801_123_456),
        ("2024-02-29T00:00:00.1Z", 1_709_164_800_100_000),
        ("0001-01-01T00:00:00Z", EARLIEST.0),
        ("9999-12-31T23:59:59.999999Z", LATEST.0),
    ];
    for (text, micros) in cases {
        assert_eq!(from_rfc3339(text), Some(Timestamp(micros)), "{text}");
    }
}

#[test]
fn what_is_no_moment() {
    let cases = [
        "",
        "2026-11-23",
        "2026-11-23T08:00:01",
        "2026-11-23T08:00:01+0100",
        "2026-11-23T08:00:01.Z",
        "2026-11-23T08:00:01.1234567890Z",
        "2026-13-01T00:00:00Z",
        "2026-02-29T00:00:00Z",
        "1900-02-29T00:00:00Z",
        "2026-11-23T24:00:00Z",
        "2026-11-23T23:59:60Z",
        "2026-11-23T08:00:01Z ",
        "2026-11-23T08:00:01+24:00",
        "0000-12-31T00:00:00Z",
        "0001-01-01T00:00:00+00:01",
        "9999-12-31T23:59:59-00:01",
        "20å6-11-23T08:00:01Z",
        "+026-11-23T08:00:01Z",
    ];
    for text in cases {
        assert_eq!(from_rfc3339(text), None, "{text}");
    }
}

#[test]
fn the_clock_is_corrected_only_beyond_the_tolerance() {
    let tolerance = Duration::from_secs(10);
    let at = |seconds: i64| Timestamp(seconds * SECOND_US);
    let received = at(1_000);
    let cases = [
        // (occurred, sent, event time)
        (None, Some(at(0)), received),
        (Some(at(900)), None, at(900)),
        (Some(at(900)), Some(at(990)), at(900)),
        (Some(at(900)), Some(at(1_010)), at(900)),
        (Some(at(900)), Some(at(989)), at(911)),
        (Some(at(2_000)), Some(at(2_050)), at(950)),
    ];
    for (occurred, sent, expected) in cases {
        assert_eq!(event_time(occurred, sent, received, tolerance), expected, "{occurred:?} {sent:?}");
    }
}

proptest! {
    #[test]
    fn a_written_moment_is_read_back(micros in EARLIEST.0..=LATEST.0) {
        let (day, of_day) = (micros.div_euclid(DAY_US), micros.rem_euclid(DAY_US));
        let (year, month, date) = civil(day);
        let seconds = of_day / SECOND_US;
        let text = format!(
            "{year:04}-{month:02}-{date:02}T{:02}:{:02}:{:02}.{:06}Z",
            seconds / 3_600, seconds / 60 % 60, seconds % 60, of_day % SECOND_US
        );
        prop_assert_eq!(from_rfc3339(&text), Some(Timestamp(micros)));
        let protobuf = prost_types::Timestamp {
            seconds: micros.div_euclid(SECOND_US),
            nanos: i32::try_from(micros.rem_euclid(SECOND_US) * 1_000).unwrap(),
        };
        prop_assert_eq!(from_protobuf(&protobuf), Some(Timestamp(micros)));
    }

    #[test]
    fn no_text_panics(text in "\\PC{0,40}") {
        let _ = from_rfc3339(&text);
    }
}

/// The date of a day number, counted out year by year: slow, and nothing like the code under test.
fn civil(day: i64) -> (i64, i64, i64) {
    let leap = |year: i64| year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let (mut year, mut left) = (1, day - EARLIEST.0 / DAY_US);
    while left >= if leap(year) { 366 } else { 365 } {
        left -= if leap(year) { 366 } else { 365 };
        year += 1;
    }
    let february = if leap(year) { 29 } else { 28 };
    let months = [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let mut month = 1;
    for length in months {
        if left < length {
            break;
        }
        left -= length;
        month += 1;
    }
    (year, month, left + 1)
}
