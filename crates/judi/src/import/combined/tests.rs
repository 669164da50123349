//! Good lines give their fields; each way to break one is told by field.

use super::*;

const GOOD: &str = r#"83.149.9.216 - - [17/May/2015:10:05:03 +0200] "GET /articles/elk?utm_source=x HTTP/1.1" 200 203023 "http://a.example/" "Mozilla/5.0 (\"odd\")""#;

#[test]
fn a_good_line_gives_its_fields_as_logged() {
    let line = parse(GOOD).unwrap();
    assert_eq!(line.host, "83.149.9.216");
    assert_eq!(line.time, Timestamp(1_431_849_903_000_000));
    assert_eq!((line.method, line.target, line.status), ("GET", "/articles/elk?utm_source=x", 200));
    assert_eq!(line.referrer, Some("http://a.example/"));
    assert_eq!(line.agent, Some(r#"Mozilla/5.0 (\"odd\")"#));
}

#[test]
fn fields_that_a_server_adds_at_the_end_are_ignored_and_a_dash_is_nothing() {
    let line = GOOD.replace("\"http://a.example/\"", "\"-\"") + " 0.005 \"-\"";
    assert_eq!(parse(&line).unwrap().referrer, None);
}

#[test]
fn each_broken_field_is_told_by_name() {
    let cases = [
        ("", "host"),
        ("83.149.9.216", "host"),
        (&GOOD.replace("17/May", "31/Feb"), "time"),
        (&GOOD.replace("+0200", "+2400"), "time"),
        (&GOOD.replace("[17", "17"), "time"),
        (&GOOD.replace("17/May/2015:10:05:03 +0200", "31/Dec/9999:23:59:59 -1200"), "time"),
        (&GOOD.replace("17/May/2015:10:05:03 +0200", "01/Jan/0001:00:00:00 +0100"), "time"),
        (&GOOD.replace("GET /articles/elk?utm_source=x HTTP/1.1", "-"), "request"),
        (&GOOD.replace("GET ", "GET  "), "request"),
        (&GOOD.replace(" HTTP/1.1", ""), "request"),
        (&GOOD.replace("HTTP/1.1", "HTTP/x"), "request"),
        (&GOOD.replace("GET", "G\\x16T("), "request"),
        (&GOOD.replace(" 200 ", " 2000 "), "status"),
        (&GOOD.replace("203023", "many"), "bytes"),
        (&GOOD.replace(" \"http://a.example/\"", ""), "referrer"),
        (GOOD.trim_end_matches('"'), "agent"),
        (&GOOD.replace("\"Mozilla", "\"Mozilla\"x"), "agent"),
    ];
    for (line, field) in cases {
        assert_eq!(parse(line).map_err(|error| error.field), Err(field), "{line}");
    }
}

#[test]
fn the_time_of_an_unreadable_line_is_still_found() {
    let open = GOOD.trim_end_matches('"');
    assert_eq!(time_of(open.as_bytes()), Some(Timestamp(1_431_849_903_000_000)));
    assert_eq!(time_of(b"nothing [here] or there"), None);
    assert_eq!(time_of(b"\xff\xfe["), None);
}

#[test]
fn no_prefix_of_a_line_panics() {
    for end in 0..GOOD.len() {
        let _ = (parse(&GOOD[..end]), time_of(&GOOD.as_bytes()[..end]));
    }
}
