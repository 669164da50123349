//! Questions in SQL: the page, the download and the service API.

use std::time::Duration;

use axum::http::{Request, StatusCode};
use serde_json::{Value, json};

use crate::site::{Answer, Read, Setting, Site, TODAY, encoded, moment, read};

const FORM: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json";

/// More rows than the page shows.
const MANY: &str = "SELECT value FROM generate_series(1, 2500)";

/// A question that nobody waits for.
const ENDLESS: &str = "SELECT count(*) FROM generate_series(1, 100000) a, generate_series(1, 100000) b, \
                       generate_series(1, 100000) c WHERE a.value + b.value + c.value = 7";

fn site() -> Site {
    let elk = Read { title: "Elk, \"large\"", ..read("/articles/elk", "a", moment(TODAY, 60)) };
    Site::with(&[elk, Read { title: "", ..elk }, Read { is_bot: true, ..elk }])
}

async fn api(site: &Site, question: &Value) -> Answer {
    site.post("/api/v1/sql", JSON, question.to_string()).await
}

fn by_link(sql: &str) -> String {
    format!("/sql?sql={}", encoded(sql))
}

#[tokio::test]
async fn the_page_offers_an_example_and_every_name() {
    let site = site();
    let page = site.get("/sql").await;
    assert_eq!(page.status, StatusCode::OK);
    page.says(&["FROM article_view GROUP BY date", "article_view event · columns", "events table · columns"]);
    assert_eq!(page.count("id=\"rows\""), 0, "nothing was asked");
    // The example, and the links of a name, are questions that have answers.
    let (_, example) = page.body.split_once("required>").unwrap();
    let form = format!("sql={}", encoded(example.split_once('<').unwrap().0));
    site.post("/sql", FORM, form).await.says(&["1 row", "2026-11-25 2 1"]);
    let links: Vec<_> = page.body.split("href=\"/sql?").skip(1).filter_map(|link| link.split_once('"')).collect();
    assert!(links.len() >= 12, "{links:?}");
    for (link, _) in links {
        assert_eq!(site.get(&format!("/sql?{link}")).await.status, StatusCode::OK, "{link}");
    }
}

#[tokio::test]
async fn rows_are_shown_whichever_way_they_are_asked_for() {
    let site = site();
    let sql = "SELECT title, count(*) AS n FROM article_view GROUP BY title ORDER BY n DESC";
    let linked = site.get(&by_link(sql)).await;
    let posted = site.post("/sql", FORM, format!("sql={}", encoded(sql))).await;
    for page in [&linked, &posted] {
        assert_eq!(page.status, StatusCode::OK);
        page.says(&["2 rows", "title n Elk, \"large\" 2 1", "Download as CSV Download as JSON"]);
        assert_eq!(page.count("<td class=\"number\" dir=\"auto\">2</td>"), 1, "numbers stand under one another");
    }
    assert_eq!(linked.body, posted.body);
    site.get(&by_link("SELECT 1 AS one WHERE false")).await.says(&["0 rows", "one"]);
}

#[tokio::test]
async fn questions_and_values_are_text_on_the_page() {
    let page = site().get(&by_link("SELECT '<script>alert(1)</script>' AS \"<b>\", '</textarea><img>' AS x")).await;
    page.says(&["<script>alert(1)</script>", "<b>"]);
    for markup in ["<script>", "<b>", "<img"] {
        assert!(!page.body.contains(markup), "{markup}");
    }
    assert_eq!(page.count("</textarea>"), 1);
}

#[tokio::test]
async fn mistakes_are_explained_where_they_are() {
    let site = site();
    let wrong = [
        ("SELECT dat FROM article_view", "Line 1, column 8: there is no column dat", "Hint: "),
        ("SELECT *\nFROM artikle_view", "Line 2, column 6: there is no table artikle_view", "article_view"),
        ("SELEC 1", "", "SELEC"),
        ("INSERT INTO events SELECT * FROM events", "not allowed", "queries only read"),
        ("COPY events TO '/tmp/stolen'", "not allowed", "queries only read"),
        ("DROP TABLE events", "not allowed", "queries only read"),
        ("CREATE EXTERNAL TABLE x STORED AS CSV LOCATION '/etc/passwd'", "not allowed", "queries only read"),
        ("SELECT 1 / (value - 1) FROM generate_series(1, 2)", "", "division by zero"),
        ("SELECT @from", "", "@from"),
    ];
    for (sql, problem, more) in wrong {
        let page = site.get(&by_link(sql)).await;
        assert_eq!(page.status, StatusCode::BAD_REQUEST, "{sql}");
        page.says(&[problem, more]);
        assert_eq!(page.count("role=\"alert\""), 1, "{sql}");
        let answer = api(&site, &json!({"sql": sql})).await;
        assert_eq!((answer.status, answer.header("content-type")), (StatusCode::BAD_REQUEST, JSON), "{sql}");
        assert_eq!(answer.json()["error"], "query_failed");
        let message = answer.json()["message"].as_str().unwrap().to_lowercase();
        assert!(message.contains(&problem.to_lowercase()), "{message}");
    }
    assert!(
        api(&site, &json!({"sql": "SELECT dat FROM article_view"})).await.json()["hint"]
            .as_str()
            .unwrap()
            .contains("date")
    );
}

#[tokio::test]
async fn of_many_rows_the_page_shows_the_first_and_the_download_all() {
    let site = site();
    let page = site.get(&by_link(MANY)).await;
    page.says(&["The first 1,000 rows", "Download all as CSV"]);
    assert_eq!(page.count("<tr>"), 1_001);

    let csv = site.get(&format!("/sql/download?format=csv&sql={}", encoded(MANY))).await;
    assert_eq!(csv.header("content-type"), "text/csv; charset=utf-8");
    assert_eq!(csv.header("content-disposition"), "attachment; filename=\"rows.csv\"");
    assert_eq!((csv.body.lines().next(), csv.body.lines().count()), (Some("value"), 2_501));

    let lines = site.get(&format!("/sql/download?format=json&sql={}", encoded(MANY))).await;
    assert_eq!(lines.header("content-type"), "application/x-ndjson");
    assert_eq!(lines.header("content-disposition"), "attachment; filename=\"rows.json\"");
    assert_eq!((lines.body.lines().next(), lines.body.lines().count()), (Some("{\"value\":1}"), 2_500));
}

#[tokio::test]
async fn a_question_too_long_for_a_link_is_answered_without_one() {
    let form = format!("sql=SELECT+%27{}%27+AS+x", "y".repeat(5_000));
    let page = site().post("/sql", FORM, form).await;
    page.says(&["1 row", "too long for a link", "yyy…"]);
    assert_eq!(page.count("/sql/download"), 0);
}

#[tokio::test]
async fn large_values_do_not_make_a_large_page() {
    let page = site().get(&by_link("SELECT repeat('x', 50000) AS x FROM generate_series(1, 900)")).await;
    page.says(&["The first 100 rows", "xxx…"]);
    assert!(page.body.len() < 1 << 20, "{} bytes", page.body.len());
}

#[tokio::test]
async fn a_download_that_cannot_be_is_no_file() {
    let site = site();
    for query in ["sql=SELECT+1&format=xlsx", "format=csv", "sql=SELECT+1&sql=SELECT+2"] {
        let answer = site.get(&format!("/sql/download?{query}")).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{query}");
        assert_eq!(answer.json()["error"], "unreadable_request", "{query}");
    }
    let answer = site.get("/sql/download?sql=SELEC&format=csv").await;
    assert_eq!((answer.status, answer.header("content-disposition")), (StatusCode::BAD_REQUEST, ""));
}

#[tokio::test]
async fn programs_get_rows_in_the_form_that_they_ask_for() {
    let site = site();
    let sql = "SELECT date, title, is_bot FROM article_view ORDER BY is_bot, title NULLS LAST";
    let rows = api(&site, &json!({"sql": sql})).await;
    assert_eq!((rows.status, rows.header("content-type")), (StatusCode::OK, "application/x-ndjson"));
    let rows: Vec<Value> = rows.body.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(rows[0], json!({"date": "2026-11-25", "title": "Elk, \"large\"", "is_bot": false}));
    assert_eq!(rows[1], json!({"date": "2026-11-25", "title": null, "is_bot": false}));
    assert_eq!(rows.len(), 3);

    let csv = api(&site, &json!({"sql": sql, "format": "csv"})).await;
    assert_eq!((csv.status, csv.header("content-type")), (StatusCode::OK, "text/csv; charset=utf-8"));
    let expected = "date,title,is_bot\n2026-11-25,\"Elk, \"\"large\"\"\",false\n2026-11-25,,false\n2026-11-25,\"Elk, \"\"large\"\"\",true\n";
    assert_eq!(csv.body, expected);

    let none = api(&site, &json!({"sql": "SELECT 1 AS one WHERE false", "format": "csv"})).await;
    assert_eq!(none.body, "one\n");
}

#[tokio::test]
async fn requests_that_are_none_get_a_clear_answer() {
    let site = site();
    let deep = "[".repeat(10_000);
    let unreadable = [
        (FORM, "sql=SELECT+1", StatusCode::UNSUPPORTED_MEDIA_TYPE),
        ("text/plain", "SELECT 1", StatusCode::UNSUPPORTED_MEDIA_TYPE),
        (JSON, "", StatusCode::BAD_REQUEST),
        (JSON, "{\"sql\": \"SELECT 1\"", StatusCode::BAD_REQUEST),
        (JSON, "{\"sql\": \"\\ud800\"}", StatusCode::BAD_REQUEST),
        (JSON, &deep, StatusCode::UNPROCESSABLE_ENTITY),
        (JSON, "{}", StatusCode::UNPROCESSABLE_ENTITY),
        (JSON, "{\"sql\": 1}", StatusCode::UNPROCESSABLE_ENTITY),
        (JSON, "{\"sql\": \"SELECT 1\", \"format\": \"parquet\"}", StatusCode::UNPROCESSABLE_ENTITY),
        (JSON, "{\"sql\": \"SELECT 1\", \"rows\": 1}", StatusCode::UNPROCESSABLE_ENTITY),
    ];
    for (content_type, body, status) in unreadable {
        let answer = site.post("/api/v1/sql", content_type, body.to_owned()).await;
        assert_eq!(answer.status, status, "{body}");
        assert_eq!(answer.json()["error"], "unreadable_request", "{body}");
        assert!(!answer.json()["message"].as_str().unwrap().is_empty(), "{body}");
        assert!(answer.json()["hint"].as_str().unwrap().contains("application/json"), "{body}");
    }
    assert_eq!(site.post("/api/v1/sql", JSON, vec![b'{', 0xff]).await.status, StatusCode::BAD_REQUEST);
    let page = site.post("/sql", JSON, "{}").await;
    assert_eq!(page.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    page.says(&["This cannot be asked"]);
}

#[tokio::test]
async fn a_question_has_a_longest_length() {
    let site = site();
    let padding = " ".repeat(300 * 1024);
    let answer = api(&site, &json!({"sql": format!("SELECT 1{padding}")})).await;
    assert_eq!(
        (answer.status, answer.json()["error"].as_str()),
        (StatusCode::PAYLOAD_TOO_LARGE, Some("unreadable_request"))
    );
    let page = site.post("/sql", FORM, format!("sql=SELECT+1{}", padding.replace(' ', "+"))).await;
    assert_eq!(page.status, StatusCode::PAYLOAD_TOO_LARGE);
    page.says(&["This cannot be asked"]);
}

#[tokio::test]
async fn a_question_has_a_longest_time() {
    let site = Setting { timeout: Duration::from_millis(100), ..Setting::default() }.open();
    let page = site.get(&by_link(ENDLESS)).await;
    assert_eq!(page.status, StatusCode::GATEWAY_TIMEOUT);
    page.says(&["the query was stopped after 0.1 s"]);
    let answer = api(&site, &json!({"sql": ENDLESS, "format": "csv"})).await;
    assert_eq!(answer.status, StatusCode::GATEWAY_TIMEOUT, "no header of a file that has no rows");
    assert_eq!(answer.json()["error"], "query_failed");
}

#[tokio::test]
async fn rows_that_fail_on_the_way_are_no_whole_answer() {
    // The first batches are fine: the status is out when a division by zero comes.
    let sql = "SELECT 1 / (value - 100000) AS x FROM generate_series(1, 200000)";
    let body = json!({"sql": sql, "format": "csv"}).to_string();
    let request = Request::post("/api/v1/sql").header("content-type", JSON).body(body.into()).unwrap();
    let error = site().try_ask(request).await.unwrap_err();
    assert!(error.to_string().contains("division by zero"), "{error}");
}
