//! `judi demo`: two weeks of history, readers that go on reading, an orderly end, and a second start.

use serde_json::json;

use crate::bed::{Project, eventually, judi};
use crate::server::Server;

/// Few, since this is about what there is and not about how much.
const EVENTS_PER_DAY: &str = "2000";

/// Rows that stand in a table twice: events are one by reader and id.
const TWICE: &str = "SELECT coalesce(sum(n) - count(*), 0) AS n FROM \
    (SELECT count(*) AS n FROM events GROUP BY anonymous_id, event_id) AS ids";

fn start(dir: &str) -> Server {
    Server::start(judi().args(["demo", "--dir", dir, "--events-per-day", EVENTS_PER_DAY]))
}

/// How many lines of history the demo says that it read.
fn history(server: &Server) -> u64 {
    eventually("history is there", || {
        let said = server.said();
        let line = said.lines().find_map(|line| line.strip_prefix("history    read ").map(str::to_owned))?;
        Some(line.split(':').next().unwrap().parse().unwrap())
    })
}

/// Waits until more readers' events have come in than there are.
fn wait_for_live(server: &Server) {
    let before = server.count("events");
    eventually("live readers", || (server.count("events") > before).then_some(()));
}

#[test]
fn the_demo_shows_two_weeks_and_live_readers_and_goes_on_where_it_stopped() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("demo");
    let server = start(dir.to_str().unwrap());
    assert!(history(&server) > 14 * 1_000, "{}", server.said());
    wait_for_live(&server);
    let days = server.rows("SELECT count(DISTINCT date) AS days FROM article_view WHERE NOT is_bot");
    assert!(days[0]["days"].as_u64().unwrap() >= 14, "{days:?}");
    assert_page(&server);
    server.stop_by("INT", &[]);

    let project = Project::at(&dir);
    let first = project.number("SELECT count(*) AS n FROM events");
    assert_eq!(project.number(TWICE), 0);
    let reasons = project.rows("SELECT DISTINCT reason FROM quarantine ORDER BY reason");
    assert!(reasons.contains(&json!({"reason": "unknown_event"})) && reasons.len() > 1, "{reasons:?}");
    assert!(project.number("SELECT count(*) AS n FROM article_reads_per_day") > 0, "the jobs' tables are there too");

    let server = start(dir.to_str().unwrap());
    // The last hour is looked through again, for visits that were under way; not two weeks.
    assert!(history(&server) < first / 4, "{}", server.said());
    wait_for_live(&server);
    server.stop_by("INT", &[]);
    let second = project.number("SELECT count(*) AS n FROM events");
    assert!(second > first && second < first + first / 4, "{first} events, then {second}");
    assert_eq!(project.number(TWICE), 0);
}

/// The page has a row for each of fourteen days, and the most read article by its title.
fn assert_page(server: &Server) {
    let most_read = "SELECT max(title) AS title FROM article_view WHERE NOT is_bot AND date >= current_date() - 13 \
                     GROUP BY article_id ORDER BY count(*) DESC, article_id LIMIT 1";
    let page = eventually("the page shows the most read article", || {
        let answer = server.get("/?days=14");
        assert_eq!(answer.status, 200);
        let title = escaped(server.rows(most_read)[0]["title"].as_str().unwrap());
        assert!(!title.is_empty());
        Some(answer.text()).filter(|page| page.contains(&title))
    });
    let table = page.split("<details>").nth(1).and_then(|rest| rest.split("</table>").next()).unwrap();
    assert_eq!(table.matches("<tr").count(), 1 + 14, "a head and fourteen days: {table}");
    eventually("the page shows live readers", || {
        let page = server.get("/").text();
        let live = page.split(" in the last 5 minutes; ").nth(1).expect("the page has a live part");
        live.starts_with(|first: char| ('1'..='9').contains(&first)).then_some(())
    });
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
