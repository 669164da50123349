//! What queries may not do, and how they are told.

use judi_engine::{EngineError, Fault, Place, QueryOptions};

use crate::fixture::three_days;

#[test]
fn unknown_names_are_told_with_their_place_and_the_nearest() {
    let newsroom = three_days();
    let error = newsroom.error("SELECT *\n  FROM artikel_view");
    assert_eq!(error.place(), Some(Place { line: 2, column: 8 }));
    assert_eq!(error.hint().as_deref(), Some("did you mean article_view?"));
    assert_eq!(error.fault(), Fault::User);

    let error = newsroom.error("SELECT date,\n artikel_id FROM article_view");
    assert!(matches!(&error, EngineError::UnknownColumn { name, .. } if name == "artikel_id"), "{error:?}");
    assert_eq!(error.place(), Some(Place { line: 2, column: 2 }));
    assert_eq!(error.hint().as_deref(), Some("did you mean article_id?"));

    let error = newsroom.error("SELECT @form");
    assert!(error.hint().is_some_and(|hint| hint.contains("@from")), "{error:?}");

    let error = newsroom.error("DESCRIBE nothing");
    assert!(matches!(error, EngineError::UnknownTable { .. }), "{error:?}");
}

#[test]
fn senseless_sql_is_the_writers_fault_and_says_why() {
    let newsroom = three_days();
    for sql in [
        "SELECT nosuchfunction(1)",
        "SELECT article_id FROM article_view GROUP BY date",
        "SELECT 1 + interval '1 day' + 'x'",
    ] {
        let error = newsroom.error(sql);
        assert_eq!(error.fault(), Fault::User, "{sql}: {error:?}");
        assert!(!error.to_string().contains("internal"), "{sql}: {error}");
    }
    let error = newsroom.error("SELECT 1 / (count(*) - 7) FROM events");
    assert!(matches!(error, EngineError::Execution { .. }), "{error:?}");
    assert_eq!(error.to_string(), "division by zero");
}

#[test]
fn nothing_writes_files_or_reads_those_that_are_no_tables() {
    let newsroom = three_days();
    for sql in [
        "COPY (SELECT 1) TO '/tmp/judi-must-not-exist.csv'",
        "CREATE EXTERNAL TABLE x STORED AS CSV LOCATION '/etc/passwd'",
        "INSERT INTO events SELECT * FROM events",
        "SELECT * INTO stolen FROM events",
        "CREATE VIEW v AS SELECT 1",
        "WITH x AS (SELECT 1) INSERT INTO events SELECT * FROM x",
    ] {
        let error = newsroom.error(sql);
        assert!(matches!(error, EngineError::NotReadOnly { .. } | EngineError::Plan { .. }), "{sql}: {error:?}");
    }
    let error = newsroom.error("SELECT * FROM '/etc/passwd'");
    assert!(matches!(error, EngineError::UnknownTable { .. }), "{error:?}");
    assert!(!std::path::Path::new("/tmp/judi-must-not-exist.csv").exists());
}

#[test]
fn deterministic_mode_refuses_what_changes_by_itself() {
    let newsroom = three_days();
    let options = QueryOptions { deterministic: true, ..QueryOptions::default() };
    let refused = |sql: &str| match newsroom.try_csv(&newsroom.catalog(), sql, &options) {
        Err(EngineError::NotDeterministic { construct, .. }) => construct,
        other => panic!("{sql}: {other:?}"),
    };
    assert_eq!(refused("SELECT now()"), "now()");
    assert_eq!(refused("SELECT current_date"), "current_date()");
    assert_eq!(refused("SELECT * FROM events WHERE random() < 0.5"), "random()");
    assert_eq!(refused("SELECT * FROM (SELECT uuid() AS u)"), "uuid()");
    assert_eq!(refused("SELECT 1 WHERE 1 IN (SELECT CAST(random() AS INT))"), "random()");
    assert_eq!(refused("SELECT array_agg(event) FROM events"), "array_agg() without ORDER BY");
    assert_eq!(refused("SELECT row_number() OVER (PARTITION BY event) FROM events"), "row_number() without ORDER BY");
    assert_eq!(refused("SELECT approx_distinct(event) FROM events"), "approx_distinct()");
    assert_eq!(refused("SELECT * FROM events LIMIT 1"), "LIMIT without ORDER BY");

    let allowed = "SELECT array_agg(anonymous_id ORDER BY event_time) AS a FROM events";
    assert!(newsroom.try_csv(&newsroom.catalog(), allowed, &options).is_ok());
    let allowed = "SELECT event_time FROM events ORDER BY event_time LIMIT 1";
    assert_eq!(newsroom.try_csv(&newsroom.catalog(), allowed, &options).unwrap(), "event_time\n2026-11-01T10:00:00Z\n");
}

#[test]
fn a_lost_file_is_an_outside_fault_that_names_it() {
    let newsroom = three_days();
    for entry in std::fs::read_dir(newsroom.folder.path().join("events/received_date=2026-11-03")).unwrap() {
        std::fs::remove_file(entry.unwrap().path()).unwrap();
    }
    let error = newsroom.error("SELECT article_view FROM events");
    assert_eq!(error.fault(), Fault::External, "{error:?}");
    assert!(error.to_string().contains("part-"), "{error}");
}
