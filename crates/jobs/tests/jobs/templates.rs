//! The jobs that a new project begins with.

use crate::fixture::{Event, Newsroom, event, read, template};

#[test]
fn article_reads_per_day_counts_people_and_bots_apart() {
    let newsroom = Newsroom::new(&[("article_reads_per_day", &template("news/article_reads_per_day.sql"))]);
    newsroom.commit(&[
        read("elk", "a", (1, 10, 0)),
        read("elk", "a", (1, 11, 0)),
        read("elk", "b", (1, 12, 0)),
        Event { bot: true, ..read("elk", "r", (1, 12, 0)) },
        read("sea", "a", (2, 0, 0)),
    ]);
    assert_eq!(
        newsroom.run(1, 2),
        ["article_reads_per_day 2026-11-01 written 1", "article_reads_per_day 2026-11-02 written 1"]
    );
    assert_eq!(
        newsroom.csv(
            "SELECT date, article_id, reads, bot_reads, readers FROM article_reads_per_day ORDER BY date, article_id"
        ),
        "date,article_id,reads,bot_reads,readers\n2026-11-01,elk,3,1,2\n2026-11-02,sea,1,0,1\n"
    );
    let per_day = "SELECT date, sum(reads) AS reads FROM article_reads_per_day GROUP BY date ORDER BY date";
    assert_eq!(newsroom.csv(per_day), "date,reads\n2026-11-01,3\n2026-11-02,1\n");
}

#[test]
fn what_came_later_than_late_is_not_counted() {
    let newsroom = Newsroom::new(&[("article_reads_per_day", &template("news/article_reads_per_day.sql"))]);
    newsroom.commit(&[
        read("elk", "a", (1, 10, 0)),
        // Three days after the first's end: the last moment that counts is just before the fifth.
        Event { received: (4, 23, 59), ..read("elk", "b", (1, 10, 0)) },
        Event { received: (5, 0, 0), ..read("elk", "c", (1, 10, 0)) },
    ]);
    newsroom.run(1, 1);
    assert_eq!(newsroom.csv("SELECT reads, readers FROM article_reads_per_day"), "reads,readers\n2,2\n");
}

#[test]
fn video_completion_per_day_counts_starts_ends_and_their_share() {
    let newsroom = Newsroom::new(&[("video_completion_per_day", &template("video/video_completion_per_day.sql"))]);
    let finished =
        |who, at| Event { reason: Some("VIDEO_END_REASON_FINISHED"), ..event("video_end", "moose", who, at) };
    newsroom.commit(&[
        event("video_start", "moose", "a", (1, 20, 0)),
        event("video_start", "moose", "a", (1, 21, 0)),
        event("video_start", "moose", "b", (1, 20, 0)),
        Event { bot: true, ..event("video_start", "moose", "r", (1, 20, 0)) },
        finished("a", (1, 20, 30)),
        Event { reason: Some("VIDEO_END_REASON_STOPPED"), ..event("video_end", "moose", "b", (1, 20, 10)) },
        Event { bot: true, ..finished("r", (1, 20, 10)) },
        // Began the day before.
        Event { subject: "bear", ..finished("c", (1, 0, 10)) },
    ]);
    assert_eq!(newsroom.run(1, 1), ["video_completion_per_day 2026-11-01 written 2"]);
    assert_eq!(
        newsroom.csv("SELECT * FROM video_completion_per_day ORDER BY programme_id"),
        "date,programme_id,starts,viewers,ends,completions,completion_rate,bot_starts,bot_completions\n\
         2026-11-01,bear,0,0,1,1,,0,0\n2026-11-01,moose,3,2,2,1,0.3333,1,1\n"
    );
}
