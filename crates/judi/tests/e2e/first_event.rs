//! The first five minutes: an empty folder, a project, its page, its first event, and a restart.

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use crate::bed::{Project, eventually, json_lines, judi, run};
use crate::server::Server;

/// The batch as the documentation shows it.
const EXAMPLE: &str = r#"{"sent_at": "2026-11-23T08:00:03Z",
 "context": {"anonymous_id": "a1", "session_id": "s1", "app": "news", "platform": "web", "consent": "granted"},
 "events": [{"event_id": "019329f0-0000-7000-8000-000000000001", "event": "article_view", "occurred_at": "2026-11-23T08:00:01Z",
             "sequence": 1, "payload": {"article_id": "/articles/elk", "section": "inrikes"}}]}"#;

/// The columns of `events` that every event has, in their order.
const ENVELOPE_COLUMNS: &str = "event_id event event_time received_at occurred_at sent_at received_date anonymous_id \
    user_id session_id app app_version platform os device locale page_url page_path referrer utm_source utm_medium \
    utm_campaign utm_term utm_content consent is_bot sdk sdk_version sequence schema_version \
    event_time_flag _unknown";

/// What the example is in the table, its times of receipt apart.
fn expected() -> Value {
    json!({
        "event_id": "019329f0-0000-7000-8000-000000000001", "event": "article_view",
        "occurred_at": "2026-11-23T08:00:01Z", "sent_at": "2026-11-23T08:00:03Z",
        "anonymous_id": "a1", "user_id": null, "session_id": "s1", "app": "news", "app_version": null,
        "platform": "web", "os": null, "device": null, "locale": null, "page_url": null, "page_path": null,
        "referrer": null, "utm_source": null, "utm_medium": null, "utm_campaign": null, "utm_term": null,
        "utm_content": null, "consent": "granted", "is_bot": false, "sdk": null, "sdk_version": null,
        "sequence": 1, "schema_version": 1, "event_time_flag": "corrected", "_unknown": null,
        "article_id": "/articles/elk", "section": "inrikes", "title": null, "authors": [], "tags": [],
        "word_count": null, "is_premium": null,
    })
}

#[test]
fn an_empty_folder_becomes_a_project_that_takes_its_first_event_and_keeps_it() {
    let folder = tempfile::tempdir().unwrap();
    run(judi().args(["init", "x"]).current_dir(folder.path())).done();
    let inside = |args: &[&str]| {
        let mut command = judi();
        command.args(args).current_dir(folder.path().join("x"));
        command
    };
    let query = |sql: &str| json_lines(&run(&mut inside(&["query", sql, "--format", "json"])).done());

    let server = Server::start(&mut inside(&["up"]));
    let page = server.get("/");
    assert_eq!(page.status, 200);
    for part in ["/v1/events", "Bearer dev", "article_view", "judi import"] {
        assert!(page.text().contains(part), "the page says how to send the first event: {part}");
    }
    assert_eq!(query("SELECT * FROM article_view"), Vec::<Value>::new());

    let before = now_us();
    let answer = server.send(EXAMPLE);
    let after = now_us();
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/json")));
    let id = "019329f0-0000-7000-8000-000000000001";
    assert_eq!(answer.json(), json!({"results": [{"event_id": id, "status": "ok"}]}));

    server.wait_for_rows(1);
    let rows = query("SELECT *, to_unixtime(received_at) AS s FROM article_view");
    assert_row(&rows, before, after);
    let seen = query("SELECT * FROM events");
    let csv = run(&mut inside(&["query", "SELECT * FROM events", "--format", "csv"])).done();
    let columns = ENVELOPE_COLUMNS.split_whitespace().collect::<Vec<_>>().join(",");
    assert!(csv.starts_with(&(columns + ",")), "{csv}");

    // Sent once more, it is there once.
    let again = server.send(EXAMPLE).json();
    assert_eq!(again["results"][0]["status"], "duplicate", "{again}");
    let csv = server.ask("SELECT event_id, article_id, sequence FROM article_view", "csv");
    assert_eq!(csv.text().replace('\r', ""), format!("event_id,article_id,sequence\n{id},/articles/elk,1\n"));
    assert!(csv.header("content-type").unwrap().starts_with("text/csv"));
    assert_eq!(server.rows("SELECT sequence FROM article_view"), [json!({"sequence": 1})]);
    eventually("the page shows the article and its days", || {
        let page = server.get("/").text();
        (page.contains("/articles/elk") && page.contains("<svg")).then_some(())
    });
    server.stop();

    assert_eq!(query("SELECT * FROM events"), seen, "without a server");
    let server = Server::start(&mut inside(&["up"]));
    server.send(EXAMPLE);
    let other = EXAMPLE.replace(id, "another");
    assert_eq!(server.send(&other).json()["results"][0]["status"], "ok");
    server.wait_for_rows(2);
    server.stop();
    assert_eq!(query(&format!("SELECT * FROM events WHERE event_id = '{id}'")), seen, "after a restart");
}

/// The clock of the device was two days off, so that the event's time is its time of receipt less its two seconds.
fn assert_row(rows: &[Value], before_us: i64, after_us: i64) {
    let [Value::Object(row)] = rows else { panic!("one row: {rows:?}") };
    let mut row = row.clone();
    let received_s = row.remove("s").unwrap().as_i64().unwrap();
    assert!((before_us / 1_000_000..=after_us / 1_000_000).contains(&received_s));
    let text = |value: Option<Value>| value.unwrap().as_str().unwrap().to_owned();
    let received_at = text(row.remove("received_at"));
    let event_time = text(row.remove("event_time"));
    let (seconds, fraction) = received_at.split_at("2026-11-25T00:05:29".len());
    assert!(event_time.ends_with(fraction) && event_time < received_at, "{event_time}, {received_at}");
    assert_eq!(text(row.remove("received_date")), seconds[..10], "{received_at}");
    assert_eq!(text(row.remove("date")), event_time[..10], "the day of the event's time");
    assert_eq!(Value::Object(row), expected());
}

#[test]
fn what_was_acknowledged_before_the_end_is_in_the_tables_after_it() {
    let project = Project::new();
    let server = Server::up(&project);
    let mut connection = server.connect();
    for batch in 0..20 {
        let events: Vec<_> = (0..50)
            .map(|n| json!({"event_id": format!("{batch}-{n}"), "event": "page_view", "payload": {"section": "sport"}}))
            .collect();
        let body = json!({"context": {"anonymous_id": "a1"}, "events": events}).to_string();
        let answer = connection.request("POST", "/v1/events", &crate::server::JSON_BATCH, body.as_bytes()).unwrap();
        assert_eq!(answer.status, 200, "{}", answer.text());
    }
    server.stop();
    assert_eq!(project.number("SELECT count(DISTINCT event_id) AS n FROM page_view WHERE section = 'sport'"), 1_000);
    assert_eq!(project.number("SELECT count(*) AS n FROM events"), 1_000);
}

fn now_us() -> i64 {
    i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_micros()).unwrap()
}
