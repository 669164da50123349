//! Times there and back, and the edges of their ranges.

use proptest::prelude::*;

use super::{
    DURATION_SECONDS_MAX, TIMESTAMP_SECONDS_MAX, TIMESTAMP_SECONDS_MIN, is_duration, is_timestamp, parse_duration,
    parse_timestamp, write_duration, write_timestamp,
};

fn timestamp(seconds: i64, nanos: i32) -> String {
    let mut out = String::new();
    write_timestamp(seconds, nanos, &mut out);
    out
}

fn duration(seconds: i64, nanos: i32) -> String {
    let mut out = String::new();
    write_duration(seconds, nanos, &mut out);
    out
}

#[test]
fn timestamps_are_written_in_the_shortest_of_four_forms() {
    assert_eq!(timestamp(0, 0), "1970-01-01T00:00:00Z");
    assert_eq!(timestamp(1_795_420_800, 500_000_000), "2026-11-23T08:00:00.500Z");
    assert_eq!(timestamp(-1, 1000), "1969-12-31T23:59:59.000001Z");
    assert_eq!(timestamp(951_782_400, 1), "2000-02-29T00:00:00.000000001Z");
    assert_eq!(timestamp(TIMESTAMP_SECONDS_MIN, 0), "0001-01-01T00:00:00Z");
    assert_eq!(timestamp(TIMESTAMP_SECONDS_MAX, 999_999_999), "9999-12-31T23:59:59.999999999Z");
}

#[test]
fn timestamps_are_read_in_every_form_of_rfc_3339() {
    let wanted = Some((1_795_420_801, 0));
    for text in [
        "2026-11-23T08:00:01Z",
        "2026-11-23t08:00:01z",
        "2026-11-23T09:00:01+01:00",
        "2026-11-23T02:30:01-05:30",
        "2026-11-24T00:00:01+16:00",
        "2026-11-23T08:00:01.000000000Z",
    ] {
        assert_eq!(parse_timestamp(text), wanted, "{text}");
    }
    assert_eq!(parse_timestamp("2026-11-23T08:00:01.5Z"), Some((1_795_420_801, 500_000_000)));
    assert_eq!(parse_timestamp("0001-01-01T00:00:00Z"), Some((TIMESTAMP_SECONDS_MIN, 0)));
    for bad in [
        "",
        "2026-11-23",
        "2026-11-23 08:00:01Z",
        "2026-11-23T08:00:01",
        "2026-11-23T08:00:01.Z",
        "2026-11-23T08:00:01.1234567890Z",
        "2026-11-23T08:00:60Z",
        "2026-11-23T24:00:00Z",
        "2026-02-29T00:00:00Z",
        "2026-13-01T00:00:00Z",
        "2026-00-01T00:00:00Z",
        "2026-11-00T00:00:00Z",
        "2026-11-23T08:00:01+1:00",
        "2026-11-23T08:00:01+24:00",
        "+026-11-23T08:00:01Z",
        "0001-01-01T00:00:00+00:01",
        "9999-12-31T23:59:59-00:01",
        "2026-11-23T08:00:01Zx",
        "2026-11-23T08:00:0åZ",
    ] {
        assert_eq!(parse_timestamp(bad), None, "{bad}");
    }
}

#[test]
fn durations_there_and_back() {
    assert_eq!(duration(1, 500_000_000), "1.500s");
    assert_eq!(duration(0, -1), "-0.000000001s");
    assert_eq!(duration(-3, 0), "-3s");
    assert_eq!(parse_duration("1.5s"), Some((1, 500_000_000)));
    assert_eq!(parse_duration("-0.5s"), Some((0, -500_000_000)));
    assert_eq!(parse_duration("315576000000s"), Some((DURATION_SECONDS_MAX, 0)));
    for bad in ["", "s", "1", "1.s", ".5s", "1.1234567890s", "--1s", "+1s", "1e3s", "315576000001s", "9999999999999s"] {
        assert_eq!(parse_duration(bad), None, "{bad}");
    }
}

#[test]
fn ranges() {
    assert!(is_timestamp(0, 999_999_999) && !is_timestamp(0, 1_000_000_000) && !is_timestamp(0, -1));
    assert!(!is_timestamp(TIMESTAMP_SECONDS_MAX + 1, 0) && !is_timestamp(TIMESTAMP_SECONDS_MIN - 1, 0));
    assert!(is_duration(-1, -1) && !is_duration(-1, 1) && !is_duration(1, -1) && is_duration(0, -1));
    assert!(!is_duration(DURATION_SECONDS_MAX + 1, 0) && !is_duration(0, i32::MIN) && !is_duration(i64::MIN, 0));
}

proptest! {
    #[test]
    fn every_timestamp_there_and_back(
        seconds in TIMESTAMP_SECONDS_MIN..=TIMESTAMP_SECONDS_MAX,
        nanos in 0i32..1_000_000_000,
    ) {
        prop_assert_eq!(parse_timestamp(&timestamp(seconds, nanos)), Some((seconds, nanos)));
    }

    #[test]
    fn every_duration_there_and_back(
        seconds in -DURATION_SECONDS_MAX..=DURATION_SECONDS_MAX,
        nanos in 0i32..1_000_000_000,
    ) {
        let nanos = if seconds < 0 { -nanos } else { nanos };
        prop_assert_eq!(parse_duration(&duration(seconds, nanos)), Some((seconds, nanos)));
    }

    #[test]
    fn random_text_never_panics(text in "\\PC{0,40}") {
        let _ = parse_timestamp(&text);
        let _ = parse_duration(&text);
    }
}
