//! What a query depends on, where its names stand, and that nothing that could write is let through.

use super::*;

#[test]
fn dependencies_are_what_the_query_does_not_define_itself() {
    let sql = "WITH recent AS (SELECT * FROM article_view) \
               SELECT * FROM recent JOIN _judi.commits c ON true WHERE x IN (SELECT id FROM \"Titles\")";
    assert_eq!(dependencies(sql).unwrap(), ["Titles", "_judi.commits", "article_view"]);
    assert_eq!(dependencies("SELECT 1").unwrap(), Vec::<String>::new());
    assert_eq!(dependencies("SELECT * FROM public.Events, EVENTS").unwrap(), ["events"]);
    assert_eq!(dependencies("SELECT * FROM generate_series(1, 3), t").unwrap(), ["t"]);
}

#[test]
fn names_carry_their_place() {
    let parsed = parse("SELECT *\nFROM article_view\nWHERE event_time >= @from").unwrap();
    assert_eq!(parsed.tables, [Mention { name: "article_view".into(), place: Some(Place { line: 2, column: 6 }) }]);
    assert_eq!(parsed.parameters, [Mention { name: "@from".into(), place: Some(Place { line: 3, column: 21 }) }]);
}

#[test]
fn a_parameter_inside_a_string_is_text() {
    assert_eq!(parse("SELECT '@from', \"@to\" FROM t").unwrap().parameters, []);
}

#[test]
fn whatever_could_write_is_refused_by_name() {
    for (sql, words) in [
        ("COPY events TO '/tmp/x.parquet'", "COPY"),
        ("CREATE EXTERNAL TABLE x STORED AS PARQUET LOCATION '/etc'", "CREATE EXTERNAL TABLE"),
        ("INSERT INTO events VALUES (1)", "INSERT INTO"),
        ("DROP TABLE events", "DROP TABLE"),
        ("SET datafusion.execution.batch_size = 1", "SET"),
        ("EXPLAIN INSERT INTO events VALUES (1)", "INSERT INTO"),
        ("DELETE FROM events", "DELETE FROM"),
        ("UPDATE events SET x = 1", "UPDATE"),
    ] {
        match parse(sql) {
            Err(EngineError::NotReadOnly { statement }) => assert_eq!(statement, words, "{sql}"),
            other => panic!("{sql}: {other:?}"),
        }
    }
}

#[test]
fn syntax_errors_and_second_statements_are_told() {
    let error = parse("SELECT a,, b FROM t").unwrap_err();
    assert!(matches!(error, EngineError::Syntax { .. }), "{error:?}");
    assert_eq!(error.place().map(|place| place.line), Some(1));
    assert!(parse("SELECT 1; SELECT 2").is_err());
    assert!(parse("  ").is_err());
    assert!(parse("SELECT 1;").is_ok());
}
