//! Whatever goes wrong, the old partition stays, and what is wrong is told.

use judi_engine::Fault;
use judi_jobs::{Outcome, RunError, Severity};

use crate::fixture::{Newsroom, read};

const HEADER: &str = "-- judi: grain=day key=[date,article_id]\n-- input article_view: window=[-0d,+0d]\n";
const QUERY: &str = "SELECT date, article_id, count(*) AS reads, count(DISTINCT anonymous_id) AS readers FROM article_view GROUP BY date, article_id";

/// A newsroom whose two days are published, and whose first day then gets a row more.
fn published() -> Newsroom {
    let newsroom = Newsroom::new(&[("reads", &format!("{HEADER}{QUERY}"))]);
    newsroom.commit(&[read("elk", "a", (1, 1, 0)), read("elk", "a", (2, 1, 0))]);
    newsroom.run(1, 2);
    newsroom.commit(&[read("elk", "a", (1, 2, 0)), read("sea", "b", (1, 2, 0))]);
    newsroom
}

const OLD: &str = "date,article_id,reads\n2026-11-01,elk,1\n2026-11-02,elk,1\n";

fn rows(newsroom: &Newsroom) -> String {
    newsroom.csv("SELECT date, article_id, reads FROM reads ORDER BY date, article_id")
}

/// What becomes of the first day when the file is `sql`, with the old rows still there afterwards.
fn first_day(sql: &str) -> String {
    let mut newsroom = published();
    newsroom.rewrite("reads", sql);
    let version = newsroom.version("reads");
    let outcome = newsroom.run(1, 1).remove(0);
    assert_eq!(rows(&newsroom), OLD, "{sql}: {outcome}");
    assert_eq!(newsroom.version("reads"), version);
    outcome
}

#[test]
fn a_blocking_audit_keeps_the_old_partition_and_shows_rows() {
    let mut newsroom = published();
    let audits =
        "-- audit: reads < 2\n-- audit: unique(date)\n-- audit: not_null(article_id)\n-- audit: reads >= readers\n";
    newsroom.rewrite("reads", &format!("{HEADER}{audits}{QUERY}"));
    let report = newsroom.try_run("2026-11-01", "2026-11-02", &[]).unwrap();
    assert!(report.has_findings());
    assert!(report.fault().is_none());
    let first = &report.partitions[0];
    assert!(matches!(first.outcome, Outcome::Blocked));
    let failing: Vec<u64> = first.audits.iter().map(|audit| audit.failing).collect();
    assert_eq!(failing, [1, 1, 0, 0]);
    assert_eq!(first.audits[0].sample, [r#"{"date":"2026-11-01","article_id":"elk","reads":2,"readers":1}"#]);
    assert_eq!(first.audits[1].sample, [r#"{"date":"2026-11-01","rows":2}"#]);
    assert_eq!((first.audits[0].audit.as_str(), first.audits[0].line), ("reads < 2", 3));
    assert!(matches!(report.partitions[1].outcome, Outcome::Unchanged { .. }), "the other day stands on its own");
    assert_eq!(rows(&newsroom), OLD);
}

#[test]
fn a_warning_is_told_and_published() {
    let mut newsroom = published();
    newsroom.rewrite("reads", &format!("{HEADER}-- audit: reads < 2 severity=warn\n{QUERY}"));
    let report = newsroom.try_run("2026-11-01", "2026-11-01", &[]).unwrap();
    assert!(matches!(report.partitions[0].outcome, Outcome::Written { rows: 2, .. }));
    assert_eq!((report.partitions[0].audits[0].severity, report.partitions[0].audits[0].failing), (Severity::Warn, 1));
    assert!(!report.has_findings());
}

#[test]
fn an_audit_that_is_null_does_not_hold() {
    let outcome = first_day(&format!("{HEADER}-- audit: nullif(reads, 2) > 0\n{QUERY}"));
    assert_eq!(outcome, "reads 2026-11-01 blocked");
}

#[test]
fn a_failure_in_the_middle_of_the_rows_keeps_the_old_partition() {
    let dividing = QUERY.replace("count(*) AS reads", "count(*) / (count(*) - 2) AS reads");
    let outcome = first_day(&format!("{HEADER}{dividing}"));
    assert!(outcome.ends_with("jobs/news/reads.sql: division by zero"), "{outcome}");
}

#[test]
fn rows_that_do_not_belong_or_repeat_fail_the_partition() {
    let shifted = QUERY.replace("SELECT date,", "SELECT CAST(date + INTERVAL '1 day' AS DATE) AS date,");
    let outcome = first_day(&format!("{HEADER}{shifted}"));
    assert!(
        outcome.contains("2 rows belong to other partitions than 2026-11-01, such as {\"date\":\"2026-11-02\"}"),
        "{outcome}"
    );

    let header = HEADER.replace("[date,article_id]", "[date]");
    let outcome = first_day(&format!("{header}{QUERY}"));
    assert!(outcome.contains("1 keys occur more than once, such as {\"date\":\"2026-11-01\",\"rows\":2}"), "{outcome}");

    let outcome = first_day(&format!("{HEADER}{}", QUERY.replace("SELECT date,", "SELECT date AS datum,")));
    assert!(outcome.contains("no column date, which names the partition"), "{outcome}");

    let outcome =
        first_day(&format!("{HEADER}{}", QUERY.replace("SELECT date,", "SELECT CAST(date AS VARCHAR) AS date,")));
    assert!(outcome.contains("column date is Utf8; it has to be DATE"), "{outcome}");

    let null = QUERY.replace("SELECT date,", "SELECT CAST(NULL AS DATE) AS date,");
    assert!(first_day(&format!("{HEADER}{null}")).contains("belong to other partitions"));
}

#[test]
fn what_depends_on_the_moment_or_on_chance_is_refused() {
    let outcome = first_day(&format!("{HEADER}{}", QUERY.replace("GROUP BY", "WHERE event_time < now() GROUP BY")));
    assert!(outcome.contains("now() gives another result each time it runs"), "{outcome}");
    let outcome = first_day(&format!("{HEADER}SELECT * FROM ({QUERY}) LIMIT 1"));
    assert!(outcome.contains("LIMIT without ORDER BY"), "{outcome}");
}

#[test]
fn who_reads_what_was_not_published_is_skipped() {
    let total = "-- judi: grain=day key=[date]\nSELECT date, sum(reads) AS reads FROM reads WHERE date = CAST(@from AS DATE) GROUP BY date";
    let mut newsroom = Newsroom::new(&[("reads", &format!("{HEADER}{QUERY}")), ("total", total)]);
    newsroom.commit(&[read("elk", "a", (1, 1, 0))]);
    assert_eq!(newsroom.run(1, 1), ["reads 2026-11-01 written 1", "total 2026-11-01 written 1"]);
    newsroom.rewrite("reads", &format!("{HEADER}-- audit: reads > 5\n{QUERY}"));
    assert_eq!(newsroom.run(1, 1), ["reads 2026-11-01 blocked", "total 2026-11-01 skipped for reads"]);
}

#[test]
fn a_run_that_cannot_be_is_refused_as_a_whole() {
    let newsroom = published();
    let refused = |from: &str, to: &str, tables: &[&str]| newsroom.try_run(from, to, tables).unwrap_err();
    let error = refused("2026-11-01", "2026-11-01", &["raeds"]);
    assert!(matches!(error, RunError::UnknownJob { .. }));
    assert_eq!(error.hint().as_deref(), Some("did you mean reads?"));
    assert!(matches!(refused("2026-11-02", "2026-11-01", &[]), RunError::EmptyRange { .. }));
    assert!(matches!(refused("0001-01-01", "9999-12-31", &[]), RunError::TooManyPartitions { .. }));

    let taken = Newsroom::new(&[(
        "article_view",
        &format!("{HEADER}{QUERY}")
            .replace("FROM article_view", "FROM events")
            .replace("input article_view", "input events"),
    )]);
    assert!(matches!(taken.try_run("2026-11-01", "2026-11-01", &[]).unwrap_err(), RunError::TakenName { .. }));
    let lost = Newsroom::new(&[("reads", &format!("{HEADER}{QUERY}").replace("article_view", "artikel_view"))]);
    let error = lost.try_run("2026-11-01", "2026-11-01", &[]).unwrap_err();
    assert_eq!((error.fault(), error.hint().as_deref()), (Fault::User, Some("did you mean article_view?")));
}

#[test]
fn an_audit_that_makes_no_sense_fails_with_its_line() {
    let outcome = first_day(&format!("{HEADER}-- audit: raeds > 0\n{QUERY}"));
    assert!(outcome.contains("reads.sql:3:11: the audit raeds > 0: there is no column raeds"), "{outcome}");
}
