//! Whole partitions, replaced in one step; twice is once.

use crate::fixture::{Event, Newsroom, outcomes, read};

const READS: &str = "-- judi: grain=day key=[date,article_id]
-- input article_view: window=[-0d,+0d]
SELECT article_id, date, count(*) AS reads FROM article_view GROUP BY date, article_id";

const TOTALS: &str = "-- judi: grain=day key=[date]
-- input reads: window=[-1d,+0d]
SELECT CAST(@from AS DATE) AS date, sum(reads) AS two_days FROM reads";

#[test]
fn a_second_run_changes_nothing_and_commits_nothing() {
    let newsroom = Newsroom::new(&[("reads", READS)]);
    newsroom.commit(&[read("elk", "a", (1, 1, 0)), read("sea", "b", (1, 2, 0)), read("elk", "c", (2, 1, 0))]);
    assert_eq!(
        newsroom.run(1, 3),
        ["reads 2026-11-01 written 2", "reads 2026-11-02 written 1", "reads 2026-11-03 unchanged 0"]
    );
    let (version, files) = (newsroom.version("reads"), newsroom.files("reads"));
    assert_eq!(
        newsroom.run(1, 3),
        ["reads 2026-11-01 unchanged 2", "reads 2026-11-02 unchanged 1", "reads 2026-11-03 unchanged 0"]
    );
    assert_eq!((newsroom.version("reads"), newsroom.files("reads")), (version, files));
}

#[test]
fn new_rows_replace_their_partition_and_no_other() {
    let newsroom = Newsroom::new(&[("reads", READS)]);
    newsroom.commit(&[read("elk", "a", (1, 1, 0)), read("elk", "a", (2, 1, 0))]);
    newsroom.run(1, 2);
    newsroom.commit(&[Event { received: (2, 5, 0), ..read("elk", "b", (1, 2, 0)) }]);
    assert_eq!(newsroom.run(1, 2), ["reads 2026-11-01 written 1", "reads 2026-11-02 unchanged 1"]);
    assert_eq!(newsroom.csv("SELECT date, reads FROM reads ORDER BY date"), "date,reads\n2026-11-01,2\n2026-11-02,1\n");
}

#[test]
fn a_partition_may_become_empty() {
    let mut newsroom = Newsroom::new(&[("reads", READS)]);
    newsroom.commit(&[read("elk", "a", (1, 1, 0))]);
    newsroom.run(1, 1);
    newsroom.rewrite("reads", &READS.replace("GROUP BY", "WHERE article_id <> 'elk' GROUP BY"));
    assert_eq!(newsroom.run(1, 1), ["reads 2026-11-01 written 0"]);
    assert_eq!(newsroom.csv("SELECT count(*) AS n FROM reads"), "n\n0\n");
    assert_eq!(newsroom.run(1, 1), ["reads 2026-11-01 unchanged 0"]);
}

#[test]
fn the_same_events_in_other_files_give_the_same_bytes() {
    let events = [
        read("elk", "a", (1, 1, 0)),
        read("sea", "b", (1, 2, 0)),
        read("elk", "c", (1, 3, 0)),
        read("fox", "a", (1, 4, 0)),
    ];
    let files = |chunks: &[&[Event]]| {
        let newsroom = Newsroom::new(&[("reads", READS)]);
        chunks.iter().for_each(|chunk| newsroom.commit(chunk));
        newsroom.run(1, 1);
        newsroom.files("reads")
    };
    let reversed: Vec<Event> = events.iter().rev().copied().collect();
    let once = files(&[&events]);
    assert_eq!(once.len(), 1);
    assert_eq!(files(&[&events[..1], &events[1..]]), once);
    assert_eq!(files(&[&reversed[..2], &reversed[2..]]), once);
}

#[test]
fn tables_are_made_in_the_order_in_which_they_are_read() {
    // By name the reader would come first.
    let newsroom = Newsroom::new(&[("a_totals", TOTALS), ("reads", READS)]);
    newsroom.commit(&[read("elk", "a", (1, 1, 0)), read("sea", "b", (2, 2, 0)), read("elk", "c", (3, 1, 0))]);
    let expected = [
        "reads 2026-11-01 written 1",
        "reads 2026-11-02 written 1",
        "reads 2026-11-03 written 1",
        "a_totals 2026-11-01 written 1",
        "a_totals 2026-11-02 written 1",
        "a_totals 2026-11-03 written 1",
    ];
    assert_eq!(newsroom.run(1, 3), expected);
    let rows = newsroom.csv("SELECT date, two_days FROM a_totals ORDER BY date");
    assert_eq!(rows, "date,two_days\n2026-11-01,1\n2026-11-02,2\n2026-11-03,2\n");
    let only = newsroom.try_run("2026-11-01", "2026-11-01", &["a_totals"]).unwrap();
    assert_eq!(outcomes(&only), ["a_totals 2026-11-01 unchanged 1"]);
}

#[test]
fn days_are_those_of_the_zone() {
    let mut newsroom = Newsroom::new(&[("reads", READS)]);
    newsroom.zone = "Europe/Stockholm".parse().unwrap();
    newsroom.commit(&[read("elk", "a", (1, 22, 59)), read("elk", "b", (1, 23, 0)), read("elk", "c", (2, 22, 59))]);
    newsroom.run(1, 3);
    let rows = newsroom.csv("SELECT date, reads FROM reads ORDER BY date");
    assert_eq!(rows, "date,reads\n2026-11-01,1\n2026-11-02,2\n");
}

#[test]
fn hours_are_partitions_too() {
    let sql = "-- judi: grain=hour key=[hour]
-- input article_view: window=[-0h,+0h]
SELECT date_trunc('hour', event_time) AS hour, count(*) AS reads FROM article_view GROUP BY 1";
    let newsroom = Newsroom::new(&[("hourly", sql)]);
    newsroom.commit(&[read("elk", "a", (1, 1, 0)), read("elk", "b", (1, 1, 59)), read("elk", "c", (1, 23, 0))]);
    let done = newsroom.run(1, 1);
    assert_eq!(done.len(), 24);
    assert_eq!(
        (done[1].as_str(), done[2].as_str()),
        ("hourly 2026-11-01T01:00:00Z written 1", "hourly 2026-11-01T02:00:00Z unchanged 0")
    );
    let rows = newsroom.csv("SELECT hour, reads FROM hourly WHERE hour < '2026-11-01T12:00:00Z' ORDER BY hour");
    assert_eq!(rows, "hour,reads\n2026-11-01T01:00:00Z,2\n");
    assert!(newsroom.run(1, 1).iter().all(|line| line.contains("unchanged")));
}

#[test]
fn a_table_may_get_columns_but_keeps_their_types() {
    let mut newsroom = Newsroom::new(&[("reads", READS)]);
    newsroom.commit(&[read("elk", "a", (1, 1, 0)), read("elk", "a", (2, 1, 0))]);
    newsroom.run(1, 1);
    newsroom.rewrite("reads", &READS.replace("AS reads", "AS reads, max(anonymous_id) AS last"));
    newsroom.run(2, 2);
    let rows = newsroom.csv("SELECT date, reads, last FROM reads ORDER BY date");
    assert_eq!(rows, "date,reads,last\n2026-11-01,1,\n2026-11-02,1,a\n");
    newsroom.rewrite("reads", &READS.replace("count(*)", "CAST(count(*) AS VARCHAR)"));
    assert!(newsroom.run(2, 2)[0].contains("failed: column reads"), "{:?}", newsroom.run(2, 2));
    assert_eq!(newsroom.csv("SELECT date, reads, last FROM reads ORDER BY date"), rows);
}
