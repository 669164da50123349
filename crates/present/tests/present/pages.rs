//! The front page, the live part and an article's page.

use std::time::Duration;

use axum::http::{Method, StatusCode};

use crate::site::{Read, Setting, Site, TODAY, encoded, moment, read, request};

/// Titles that a page must show and never obey.
const HOSTILE: &str = r#"<script>alert("x")</script> & 'quotes'"#;

/// Three days: the day before yesterday, yesterday and today.
fn week() -> [Read<'static>; 8] {
    let elk = |reader, at| Read { title: "Elk at large", ..read("/articles/elk", reader, at) };
    [
        elk("a", moment("2026-11-23", 60)),
        read("/articles/sea", "b", moment("2026-11-23", 61)),
        elk("a", moment("2026-11-24", 60)),
        elk("a", moment("2026-11-24", 61)),
        Read { referrer: "https://search.example/?q=elk", campaign: "evening", ..elk("b", moment("2026-11-24", 62)) },
        Read { is_bot: true, ..elk("robot", moment("2026-11-24", 63)) },
        elk("c", moment(TODAY, 12 * 60 - 2)),
        elk("d", moment(TODAY, 12 * 60 - 20)),
    ]
}

#[tokio::test]
async fn an_empty_project_shows_how_to_send_the_first_event() {
    let site = Site::with(&[]);
    let page = site.get("/").await;
    assert_eq!(page.status, StatusCode::OK);
    page.says(&["Nobody knows yet", "judi import access.log --input combined"]);

    let text = page.text();
    let (_, command) = text.split_once("curl ").unwrap();
    let (head, rest) = command.split_once(" -d '").unwrap();
    assert_eq!(
        head,
        "http://news.example:8080/v1/events -H 'Authorization: Bearer dev' -H 'Content-Type: application/json'"
    );
    let body: serde_json::Value = serde_json::from_str(rest.split_once('\'').unwrap().0).unwrap();
    assert_eq!(body["context"]["anonymous_id"], "a1");
    assert_eq!(body["events"][0]["event"], "article_view");
    assert!(site.takes(&body["events"][0]["payload"]), "{body}");
}

#[tokio::test]
async fn an_editor_sees_days_articles_and_minutes() {
    let site = Site::with(&week());
    let page = site.get("/").await;
    assert_eq!(page.status, StatusCode::OK);
    page.says(&[
        "Yesterday 2 people read articles 3 times, 50 % more than the day before.",
        "Most read in 7 days: “\u{2068}Elk at large\u{2069}”, 6 times.",
        "Thu 19 Nov 2026 to Wed 25 Nov 2026, people only.",
        "Article Reads Readers Elk at large 6 4 /articles/sea 1 1",
        "Today so far",
        "1 person has read something in the last 5 minutes; 2 reads in the last 30.",
        // Fourteen days, those without a read as zeroes, newest first; bots are apart.
        "Day Reads Readers Reads by bots Wed 25 Nov 2026 2 2 0 Tue 24 Nov 2026 3 2 1 Mon 23 Nov 2026 2 2 0 Sun 22 Nov 2026 0 0 0",
        "Thu 12 Nov 2026 0 0 0",
    ]);
    assert_eq!(page.count("<th scope=\"row\">"), 14);
    assert_eq!(page.count("<rect class=\"bar\""), 13 + 30, "whole days and minutes");
    assert_eq!(page.count("<rect class=\"bar unfinished\""), 1, "today");
    assert_eq!(page.count("href=\"/article?id=/articles/elk\""), 1);
    assert!(!page.body.contains("style="), "the content security policy allows no inline style");
}

#[tokio::test]
async fn the_list_is_of_the_days_that_were_chosen() {
    let site = Site::with(&week());
    let page = site.get("/?days=1").await;
    page.says(&["Most read today: “\u{2068}Elk at large\u{2069}”, 2 times.", " Wed 25 Nov 2026, people only."]);
    assert!(!page.text().contains("/articles/sea"));
    assert_eq!(site.get("/?days=14").await.count("aria-current=\"true\">14 days"), 1);
    assert_eq!(
        site.get("/?days=%3Cscript%3E").await.count("aria-current=\"true\">7 days"),
        1,
        "nonsense is the default"
    );
    let page = site.get("/?days=1&days=2").await;
    assert_eq!(page.status, StatusCode::BAD_REQUEST);
    page.says(&["This cannot be asked", "duplicate field"]);
}

#[tokio::test]
async fn days_are_those_of_the_newsrooms_zone() {
    let reads = [read("/late", "a", moment("2026-11-24", 23 * 60 + 30))];
    let zone = "Europe/Stockholm".parse().unwrap();
    let site = Setting { reads: &reads, zone, ..Setting::default() }.open();
    site.get("/")
        .await
        .says(&["So far today 1 person read articles once.", "Wed 25 Nov 2026 1 1 0 Tue 24 Nov 2026 0 0 0"]);
}

#[tokio::test]
async fn of_old_data_the_last_days_are_shown_and_said() {
    // One device's clock is far ahead: that is not where the data ends.
    let reads = [
        read("/articles/elk", "a", moment("2015-05-17", 60)),
        read("/articles/elk", "b", moment("2015-05-18", 60)),
        read("/articles/elk", "b", moment("2099-01-01", 60)),
    ];
    let site = Site::with(&reads);
    let page = site.get("/").await;
    page.says(&[
        "Nobody has read an article since Mon 18 May 2015; these are the 14 days to it.",
        "On Mon 18 May 2015 1 person read articles once, as often as the day before.",
        "Tue 12 May 2015 to Mon 18 May 2015, people only.",
        "Tue 5 May 2015 0 0 0",
        "0 people have read something in the last 5 minutes; 0 reads in the last 30.",
    ]);
    assert_eq!(page.count("unfinished"), 0, "all of these days are over");
    site.get("/article?id=/articles/elk").await.says(&["2 people read it 2 times in the 14 days to Mon 18 May 2015."]);
}

#[tokio::test]
async fn the_live_part_comes_alone() {
    let site = Site::with(&week());
    let part = site.get("/live").await;
    assert_eq!((part.status, part.header("content-type")), (StatusCode::OK, "text/html; charset=utf-8"));
    assert!(part.body.starts_with("<p>"), "{}", part.body);
    part.says(&["1 person has read something", "2 reads in the last 30"]);
    assert_eq!(part.count("<rect"), 30);
}

#[tokio::test]
async fn the_same_question_is_asked_once_for_a_moment() {
    let site = Site::with(&week());
    let crowd = futures::future::join_all((0..20).map(|_| site.get("/live"))).await;
    assert!(crowd.iter().all(|part| part.body == crowd[0].body && part.status == StatusCode::OK));
    assert_eq!(site.opened(), 2, "twenty readers, two questions");
    site.sim.clock.advance(Duration::from_millis(2_900));
    site.get("/live").await;
    assert_eq!(site.opened(), 0);
    site.sim.clock.advance(Duration::from_millis(200));
    site.get("/live").await;
    assert_eq!(site.opened(), 2, "three seconds later both are asked again");
}

#[tokio::test]
async fn an_author_sees_one_article() {
    let site = Site::with(&week());
    let page = site.get("/article?id=/articles/elk").await;
    assert_eq!(page.status, StatusCode::OK);
    page.says(&[
        "Elk at large · Judi",
        "4 people read it 6 times in the 14 days to Wed 25 Nov 2026.",
        "Tue 24 Nov 2026 3 2 1",
        "Site Reads Readers no referrer 5 3 search.example 1 1",
        "Campaign Reads Readers none 5 3 evening 1 1",
        "Platform Reads Readers web 6 4",
    ]);
    // Without a headline the id stands for it, once.
    assert_eq!(site.get("/article?id=/articles/sea").await.count("/articles/sea"), 2, "title and heading");
}

#[tokio::test]
async fn an_article_that_only_robots_read_is_known() {
    let site = Site::with(&[Read { is_bot: true, ..read("/r", "robot", moment(TODAY, 60)) }]);
    site.get("/article?id=/r").await.says(&["0 people read it 0 times", "Wed 25 Nov 2026 0 0 1", "No people."]);
    site.get("/").await.says(&["Nobody has read an article in these days."]);
}

#[tokio::test]
async fn ids_that_nobody_read_are_unknown_whatever_they_are() {
    let site = Site::with(&week());
    let long = "x".repeat(500);
    for id in ["", "/articles/none", "' OR 1=1 --", "\"", HOSTILE, "مقال", "a\u{0}b", "@from", &long] {
        let page = site.get(&format!("/article?id={}", encoded(id))).await;
        assert_eq!(page.status, StatusCode::NOT_FOUND, "{id:?}");
        page.says(&["No such article"]);
        assert!(!page.body.contains("<script>"), "{id:?}");
    }
    assert_eq!(site.get("/article").await.status, StatusCode::NOT_FOUND);
    assert_eq!(site.get("/article?id=%FF%FE").await.status, StatusCode::NOT_FOUND);
    assert_eq!(site.get("/article?id=a&id=b").await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn hostile_ids_and_titles_are_shown_and_not_obeyed() {
    let long = "x".repeat(500);
    let at = moment(TODAY, 60);
    for id in ["' OR 1=1 --", "\"&<>", HOSTILE, "مقال عن الأيل", "a b+c%20?#&", &long] {
        let site = Site::with(&[Read { title: HOSTILE, ..read(id, "a", at) }, read(id, "a", at)]);
        let front = site.get("/").await;
        front.says(&[HOSTILE]);
        assert!(!front.body.contains("<script>"), "{id:?}");
        let (_, link) = front.body.split_once("href=\"/article?id=").unwrap();
        let page = site.get(&format!("/article?id={}", link.split_once('"').unwrap().0)).await;
        assert_eq!(page.status, StatusCode::OK, "{id:?}");
        page.says(&[HOSTILE, "1 person read it 2 times"]);
        assert!(page.text().contains(&id.split_whitespace().collect::<Vec<_>>().join(" ")), "{id:?}");
        assert!(!page.body.contains("<script>"), "{id:?}");
    }
}

#[tokio::test]
async fn every_answer_is_guarded() {
    let site = Site::with(&week());
    let paths = [
        "/",
        "/live",
        "/article?id=/articles/elk",
        "/article?id=none",
        "/quarantine",
        "/sql",
        "/sql?sql=SELECT+1",
        "/sql?sql=no",
        "/sql/download?sql=SELECT+1",
        "/api/v1/sql",
        "/assets/judi.css",
        "/assets/judi.js",
        "/no/such/page",
        "/?days=1&days=2",
    ];
    for path in paths {
        let answer = site.get(path).await;
        assert!(answer.header("content-security-policy").starts_with("default-src 'none'; "), "{path}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("referrer-policy"), "same-origin", "{path}");
        let kept = if path.starts_with("/assets/") { "public, max-age=300" } else { "no-store" };
        assert_eq!(answer.header("cache-control"), kept, "{path}");
    }
}

#[tokio::test]
async fn heads_have_no_bodies_and_unknown_paths_say_so() {
    let site = Site::with(&week());
    for path in ["/", "/live", "/quarantine", "/sql", "/assets/judi.css"] {
        let head = site.ask(request(Method::HEAD, path)).await;
        assert_eq!((head.status, head.body.as_str()), (StatusCode::OK, ""), "{path}");
    }
    let page = site.get("/no/%3Cscript%3E").await;
    assert_eq!(page.status, StatusCode::NOT_FOUND);
    page.says(&["No such page", "There is nothing at /no/%3Cscript%3E"]);
    assert_eq!(site.ask(request(Method::DELETE, "/")).await.status, StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test]
async fn tables_that_cannot_be_opened_are_an_answer() {
    let broken = Some("table events: the disk <says> no");
    let site = Setting { broken, ..Setting::default() }.open();
    for path in
        ["/", "/live", "/article?id=a", "/quarantine", "/sql", "/sql?sql=SELECT+1", "/sql/download?sql=SELECT+1"]
    {
        let answer = site.get(path).await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{path}");
        answer.says(&["the disk"]);
        assert!(!answer.header("content-type").starts_with("text/html") || !answer.body.contains("<says>"), "{path}");
    }
}

#[tokio::test]
async fn a_page_whose_questions_take_too_long_says_so() {
    let reads = week();
    let site = Setting { reads: &reads, timeout: Duration::ZERO, ..Setting::default() }.open();
    for path in ["/", "/live", "/article?id=/articles/elk"] {
        let answer = site.get(path).await;
        assert_eq!(answer.status, StatusCode::GATEWAY_TIMEOUT, "{path}");
        answer.says(&["the query was stopped"]);
    }
}
