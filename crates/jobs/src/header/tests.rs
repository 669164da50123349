//! The documented header is read; each mistake in one is told with its place.

use proptest::prelude::*;

use super::*;

const GOOD: &str = "\
-- Reads of articles.
-- judi: grain=day key=[date, article_id] owner=news
-- input article_view: window=[-0d,+0d] late=3d
-- audit: unique(date, article_id)
-- audit: reads >= readers severity=warn

SELECT 1 -- judi is fine here
";

fn read(text: &str) -> Result<Header, JobError> {
    parse(Path::new("jobs/news/x.sql"), text)
}

fn wrong(text: &str) -> (String, Option<String>) {
    let error = read(text).unwrap_err();
    (error.to_string(), error.hint())
}

#[test]
fn the_documented_header_is_read() {
    let header = read(GOOD).unwrap();
    assert_eq!((header.grain, header.owner.as_deref()), (Grain::Day, Some("news")));
    assert_eq!(header.key, ["date", "article_id"]);
    assert_eq!(header.inputs[0].late, Some(Span::Days(3)));
    assert_eq!((header.inputs[0].before, header.inputs[0].after), (Span::Days(0), Span::Days(0)));
    assert_eq!(header.audits[0].check, Check::Unique(vec!["date".into(), "article_id".into()]));
    assert_eq!(header.audits[1].check, Check::Holds("reads >= readers".into()));
    assert_eq!((header.audits[1].severity, header.audits[1].line, header.audits[1].column), (Severity::Warn, 5, 11));
}

#[test]
fn windows_and_times_have_units_and_signs() {
    let input = |rest: &str| {
        read(&format!("-- judi: grain=hour key=[hour]\n-- input x: {rest}\nSELECT 1"))
            .map(|header| header.inputs[0].clone())
    };
    let wide = input("window=[-7d, +1h]").unwrap();
    assert_eq!((wide.before, wide.after, wide.late), (Span::Days(7), Span::Micros(HOUR_US), None));
    assert_eq!(input("window=[-1d,-1d] late=30m").unwrap().after, Span::Days(-1));
    for bad in [
        "window=[7d,0d]",
        "window=[-7d]",
        "window=7d",
        "late=3",
        "late=-3d",
        "late=3w",
        "late=9999999999999d",
        "window=[-1d,+1d] late=d",
    ] {
        assert!(input(bad).is_err(), "{bad}");
    }
}

#[test]
fn errors_name_the_place_and_the_nearest_word() {
    let (message, hint) = wrong("-- judi: grian=day key=[date]\nSELECT 1");
    assert_eq!(message, "jobs/news/x.sql:1:10: there is no key grian");
    assert_eq!(hint.as_deref(), Some("did you mean grain?"));
    let (message, _) = wrong("-- judi: grain=week key=[date]\nSELECT 1");
    assert_eq!(message, "jobs/news/x.sql:1:16: there is no grain week");
    let (message, hint) = wrong("-- judi: grain=day key=[date]\n-- audits: x > 1\nSELECT 1");
    assert_eq!(message, "jobs/news/x.sql:2:4: audits: is no header line");
    assert_eq!(hint.as_deref(), Some("write audit:"));
    let (message, _) = wrong("-- judi: grain=day key=[date]\nSELECT 1\n-- audit: x > 1");
    assert_eq!(message, "jobs/news/x.sql:3:1: header lines stand before the SQL");
    let (message, _) = wrong("-- judi: grain=day key=[date]\n-- audit: x > 1 severity=loud\nSELECT 1");
    assert_eq!(message, "jobs/news/x.sql:2:17: there is no severity loud");
}

#[test]
fn what_is_missing_or_doubled_is_told() {
    for (text, part) in [
        ("SELECT 1", "no header line"),
        ("-- judi: key=[date]\nSELECT 1", "does not tell the grain"),
        ("-- judi: grain=day\nSELECT 1", "does not tell the key"),
        ("-- judi: grain=day key=[]\nSELECT 1", "no column's name"),
        ("-- judi: grain=day key=date\nSELECT 1", "square brackets"),
        ("-- judi: grain=day grain=day key=[date]\nSELECT 1", "told twice"),
        ("-- judi: grain=day key=[date\nSELECT 1", "not closed"),
        ("-- judi: grain= key=[date]\nSELECT 1", "no value"),
        ("-- judi: grain=day key=[date]\n-- input x:\nSELECT 1", "says nothing"),
        ("-- judi: grain=day key=[date]\n-- input x: late=1d\n-- input x: late=2d\nSELECT 1", "told twice"),
        ("-- judi: grain=day key=[date]\n-- audit:\nSELECT 1", "says nothing"),
    ] {
        let (message, _) = wrong(text);
        assert!(message.contains(part), "{text}: {message}");
    }
}

#[test]
fn comments_that_only_look_alike_are_comments() {
    let text = "-- audio: a comment\n-- see https://example.org: x\n-- judi: grain=day key=[date]\n-- note\nSELECT 1";
    assert!(read(text).is_ok());
    let check = |text: &str| {
        read(&format!("-- judi: grain=day key=[date]\n-- audit: {text}\nSELECT 1")).unwrap().audits[0].check.clone()
    };
    assert_eq!(check("unique(a) AND b > 1"), Check::Holds("unique(a) AND b > 1".into()));
    assert_eq!(check("not_null(a, b)"), Check::NotNull(vec!["a".into(), "b".into()]));
}

proptest! {
    #[test]
    fn no_text_makes_the_reader_panic(text in "(-- )?(judi|input x|audit|[a-zåß]{0,4}):?[ a-z=\\[\\],+0-9dåß-]{0,40}\n?[ -~åß]{0,30}") {
        let _ = read(&text);
    }
}
