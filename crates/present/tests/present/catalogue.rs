//! The event catalogue: the list and its search, one event's page, and who sends which version.

use axum::http::StatusCode;
use judi_present::ProjectUses;
use judi_schema::compile::{Source, SourceText};
use judi_schema::diff::{Use, UseKind};
use judi_schema::schemas::Schemas;
use serde_json::{Value, json};

use crate::site::{Answer, Sent, Setting, Site, TODAY, encoded, moment};

/// Words that a page must show and never obey.
const HOSTILE: &str = r#"</script><script>alert('x')</script> & \"quotes\""#;

const HEAD: &str = "syntax = \"proto3\";\npackage app.v1;\nimport \"judi/v1/options.proto\";\nimport \"buf/validate/validate.proto\";\n";

pub(crate) fn source(text: &str) -> Source {
    Source { name: "app/v1/app.proto".into(), text: SourceText::Proto(format!("{HEAD}{text}")) }
}

/// Three versions: a field came, one went, one is replaced.
pub(crate) fn versions() -> Schemas {
    let event = |fields: &str| {
        format!(
            "// How far down.\nmessage Scroll {{\n  option (judi.event) = {{name: \"scroll\", owner: \"product\", description: \"A reader came further down.\"}};\n{fields}}}\n"
        )
    };
    let other = "message Login {\n  option (judi.event) = {name: \"login\", description: \"Somebody logged in.\"};\n  \
                 // Their address.\n  string mail = 1 [(judi.field) = {pii: PII_CLASS_PERSONAL, required: true}, (buf.validate.field).string.email = true];\n}\n";
    let depth = "  // How much has been on the screen.\n  int32 depth = 1 [(judi.field) = {pii: PII_CLASS_NONE, semantic_type: \"percent\"}, (buf.validate.field).int32 = {gte: 0, lte: 100}];\n";
    let old = "  // Seconds, as text.\n  optional string seconds = 2;\n";
    let replaced = "  // Seconds, as text.\n  optional string seconds = 2 [(judi.field) = {replaced_by: \"visible_ms\"}];\n  \
                    // How long it was in view.\n  optional int64 visible_ms = 4 [(judi.field) = {pii: PII_CLASS_NONE, alias: \"view_ms\", alias_until: \"2027-06-30\"}];\n";
    let gone = "  // Which way: \"up\", \"down\".\n  optional string direction = 3;\n";
    let reserved = "  reserved 3; reserved \"direction\";\n";
    Schemas::first(&[source(&(event(&format!("{depth}{old}{gone}")) + other))])
        .unwrap()
        .next(&[source(&(event(&format!("{depth}{old}{reserved}")) + other))])
        .unwrap()
        .next(&[source(&(event(&format!("{depth}{replaced}{reserved}")) + other))])
        .unwrap()
}

pub(crate) fn uses() -> ProjectUses {
    let one = |kind, name: &str, column: &str, file: &str| Use {
        view: "scroll".into(),
        kind,
        name: name.into(),
        column_name: column.into(),
        file: file.into(),
        line: 5,
        column: 8,
        by_star: false,
    };
    let uses = vec![
        one(UseKind::Job, "depth_per_day", "depth", "jobs/product/depth_per_day.sql"),
        one(UseKind::Dashboard, "reading", "depth", "dashboards/reading.toml"),
        one(UseKind::Dashboard, "reading", "view_ms", "dashboards/reading.toml"),
    ];
    ProjectUses { uses, passed_over: Vec::new() }
}

fn scroll(version: u32, payload: Value, from: [&'static str; 3], sender: &'static str, at: i64) -> Sent<'static> {
    Sent { event: "scroll", version, payload, from, sender, at }
}

/// Ten events in two weeks, and one long before.
pub(crate) fn sent() -> Vec<Sent<'static>> {
    let web = ["news", "5.0", "web"];
    let old = ["news", "3.1", "ios"];
    let mut sent = vec![
        scroll(1, json!({"depth": 25, "direction": "down"}), old, "a", moment("2026-11-23", 60)),
        scroll(2, json!({"depth": 50, "seconds": "9"}), ["kids", "1.2", "android"], "b", moment("2026-11-24", 60)),
        scroll(3, json!({"depth": 75}), web, "c", moment("2026-08-01", 60)),
    ];
    sent.extend((0..8).map(|n| scroll(3, json!({"depth": 100, "visible_ms": 5}), web, "d", moment(TODAY, n))));
    sent
}

pub(crate) fn site() -> Site {
    let sent = sent();
    Setting { schemas: Some(versions()), uses: Ok(uses()), sent: &sent, ..Setting::default() }.open()
}

/// The row of the list for an event.
fn row(page: &Answer, event: &str) -> Answer {
    let link = format!("<a href=\"/events/{event}\"");
    let row = page.body.split("<tr").find(|row| row.contains(&link));
    let body = row.unwrap_or_else(|| panic!("{event} is not on the page: {}", page.body)).to_owned();
    Answer { status: page.status, headers: page.headers.clone(), body: format!("<tr{body}") }
}

/// The row of the table for a field.
fn field(page: &Answer, name: &str) -> Answer {
    let start = format!("<th scope=\"row\"><code>{name}</code>");
    let (_, rest) = page.body.split_once(&start).unwrap_or_else(|| panic!("{name} is not on the page: {}", page.body));
    let body = rest.split("</tr>").next().unwrap().to_owned();
    Answer { status: page.status, headers: page.headers.clone(), body }
}

#[tokio::test]
async fn the_list_tells_what_is_collected_how_often_and_what_nobody_uses() {
    let page = site().get("/events").await;
    assert_eq!(page.status, StatusCode::OK);
    page.says(&[
        "2 events of 1 owner, in version 3 of the schema (2.1.0). 1 did not come in the last 14 days. 1 is collected but unused.",
        "product Event 14 days Today 7 days Last seen scroll A reader came further down.",
        "Nobody is named as owner Event",
    ]);
    row(&page, "scroll").says(&["Today 8 7 days 10", "Last seen 00:07 UTC, today"]);
    row(&page, "login").says(&[
        "login collected but unused Somebody logged in.",
        "Today 0 7 days 0",
        "Last seen never",
    ]);
    assert!(!row(&page, "scroll").text().contains("unused"));
    assert_eq!(page.count("<svg class=\"spark\""), 2);
    assert_eq!(page.count("aria-current=\"page\">Events"), 1);
    assert!(!page.body.contains("style="), "the content security policy allows no inline style");
}

#[tokio::test]
async fn a_word_finds_what_is_said_with_it() {
    let site = site();
    let page = site.get("/events?q=+SCROLL+").await;
    page.says(&["1 of 2 events", "scroll A reader came further down."]);
    assert!(!page.text().contains("login"));
    assert_eq!(page.count("value=\"SCROLL\""), 1, "the question stays in its box");
    site.get("/events?q=on+the+screen").await.says(&["scroll", "depth How much has been on the screen."]);
    site.get("/events?q=view_ms").await.says(&["visible_ms How long it was in view."]);
    let nothing = site.get(&format!("/events?q={}", encoded("<b>\"x\""))).await;
    nothing.says(&["Nothing says “<b>\"x\"”."]);
    assert!(!nothing.body.contains("<b>"), "{}", nothing.body);
    assert_eq!(site.get(&format!("/events?q={}", "y".repeat(5_000))).await.status, StatusCode::OK);
    assert_eq!(site.get("/events?q=a&q=b").await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn one_event_is_told_in_full() {
    let site = site();
    let page = site.get("/events/scroll").await;
    assert_eq!(page.status, StatusCode::OK);
    page.says(&[
        "scroll A reader came further down. Owner product Since version 1 Declared app.v1.Scroll in app/v1/app.proto:6",
        "8 events today so far, 10 in 7 days, 11 in all; the last at 2026-11-25 00:07:00 UTC.",
        "Wed 25 Nov 2026 8 Tue 24 Nov 2026 1 Mon 23 Nov 2026 1 Sun 22 Nov 2026 0",
        "dashboard reading dashboards/reading.toml:5 reads depth , view_ms",
        "job depth_per_day jobs/product/depth_per_day.sql:5 reads depth",
        "Version 3 (2.1.0) seconds is replaced by visible_ms new field visible_ms , whole number",
        "direction is gone",
        "first published",
    ]);
    field(&page, "depth").says(&[
        "whole number int32",
        "How much has been on the screen. Holds: percent Must be: from 0 to 100 Used by job depth_per_day, dashboard reading.",
        "Personal data: none",
        "Example: 50",
        "Since version 1",
    ]);
    let seconds = field(&page, "seconds");
    seconds.says(&["deprecated", "collected but unused", "Replaced by visible_ms .", "Personal data: not said"]);
    field(&page, "visible_ms")
        .says(&["Also called view_ms in JSON and saved SQL, until 2027-06-30.", "Since version 3"]);
    assert!(!field(&page, "visible_ms").text().contains("unused"), "it is used by its alias");
    site.get("/events/login").await.says(&[
        "Nobody: it is collected but unused.",
        "It has never been received.",
        "None came in the 30 days to Wed 25 Nov 2026.",
        "mail text string required Their address. Must be: an email address Personal data: personal Example: \"anna@example.com\"",
    ]);
}

#[tokio::test]
async fn releases_tell_when_an_old_field_can_go() {
    let site = site();
    let page = site.get("/events/scroll").await;
    page.says(&[
        "Of 10 events in the 30 days to Wed 25 Nov 2026, 80 % came with version 3, the newest. \
         The oldest that is still sent is version 1, with 1 event, last on Mon 23 Nov 2026.",
        "Version 3, the newest Version 2 Older versions",
        "App Release Platform SDK Version Events People Last seen \
         news 5.0 web judi-js 3 8 1 25 Nov kids 1.2 android judi-js 2 1 1 24 Nov news 3.1 ios judi-js 1 1 1 23 Nov",
    ]);
    field(&page, "direction")
        .says(&["no longer in the schema", "10 % of the events still come from versions that have it (1 of 10)."]);
    field(&page, "visible_ms").says(&["80 % of the events come from versions that have it (8 of 10)."]);
    field(&page, "seconds").says(&["10 % of the events still fill it (1 of 10)."]);
    assert!(!field(&page, "depth").text().contains('%'), "all events have it");

    let week = site.get("/events/scroll?days=90").await;
    week.says(&["Of 10 events in the 90 days"]);
    assert_eq!(week.count("aria-current=\"true\">90 days"), 1);
    let all = site.get("/adoption?days=7").await;
    all.says(&["Of 10 events in the 7 days to Wed 25 Nov 2026, 80 % came with version 3", "kids 1.2 android"]);
    assert_eq!(site.get("/adoption?days=7&days=9").await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_field_that_nobody_sends_any_more_can_go() {
    let sent: Vec<_> = sent().into_iter().filter(|sent| sent.version == 3).collect();
    let site = Setting { schemas: Some(versions()), sent: &sent, ..Setting::default() }.open();
    let page = site.get("/events/scroll").await;
    page.says(&["100 % came with version 3, the newest. No older version is in use."]);
    field(&page, "direction").says(&["No event of the last days came from a version that has it."]);
    field(&page, "seconds").says(&["No event of the last days fills it: it can go."]);
}

/// What a page shows to be sent.
fn example(page: &Answer) -> Value {
    let pre = page.body.split("<pre><code>").nth(1).unwrap().split("</code>").next().unwrap();
    let text = pre.replace("&quot;", "\"").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

#[tokio::test]
async fn every_example_can_be_sent() {
    let template = Site::with(&[]);
    let versions = site();
    for site in [template, versions] {
        let names: Vec<String> = site.schemas.current().events.iter().map(|event| event.name.clone()).collect();
        assert!(names.len() >= 2);
        for name in names {
            let page = site.get(&format!("/events/{name}")).await;
            let batch = example(&page);
            assert_eq!(batch["context"]["anonymous_id"], "a1");
            assert_eq!(batch["events"][0]["event"], name.as_str());
            assert!(site.takes_event(&name, &batch["events"][0]["payload"]), "{batch}");
            page.says(&["curl http://news.example:8080/v1/events -H 'Authorization: Bearer dev'"]);
        }
    }
}

#[tokio::test]
async fn what_is_not_known_is_said() {
    let empty = Setting { schemas: Some(Schemas::first(&[]).unwrap()), ..Setting::default() }.open();
    empty.get("/events").await.says(&["Nothing yet: the schema has no event."]);
    empty.get("/adoption").await.says(&["None came in the 30 days to Wed 25 Nov 2026."]);

    let passed_over = vec!["jobs/news/reads.sql:1:1: no header line".to_owned()];
    for uses in [Ok(ProjectUses { passed_over: passed_over.clone(), ..uses() }), Err(passed_over[0].clone())] {
        let is_known = uses.is_ok();
        let site = Setting { schemas: Some(versions()), uses, ..Setting::default() }.open();
        let problem =
            if is_known { "Not all that may use an event could be read" } else { "Who uses an event is not known" };
        let problem = format!("{problem}: jobs/news/reads.sql:1:1: no header line.");
        let list = site.get("/events").await;
        list.says(&[&problem]);
        let page = site.get("/events/scroll").await;
        page.says(&[&problem, "It has never been received."]);
        assert!(!list.text().contains("unused") && !page.text().contains("unused"));
        assert_eq!(page.text().contains("job depth_per_day"), is_known);
    }

    let broken = Setting { broken: Some("the disk is gone"), ..Setting::default() }.open();
    for path in ["/events", "/events/article_view", "/adoption"] {
        let page = broken.get(path).await;
        assert_eq!(page.status, StatusCode::SERVICE_UNAVAILABLE, "{path}");
        page.says(&["the disk is gone"]);
    }
}

#[tokio::test]
async fn an_event_that_is_not_there_is_told_with_the_nearest() {
    let site = site();
    let page = site.get("/events/scrol").await;
    assert_eq!(page.status, StatusCode::NOT_FOUND);
    page.says(&["The schema has no event scrol . Did you mean scroll ?"]);
    let page = site.get("/events/%3Cb%3Ex").await;
    assert!(page.status == StatusCode::NOT_FOUND && !page.body.contains("<b>"), "{}", page.body);
    assert_eq!(site.get("/events/%FF").await.status, StatusCode::BAD_REQUEST);
    assert_eq!(site.get("/events/scroll?days=1&days=2").await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn an_event_that_is_gone_keeps_its_page() {
    let only_login = "message Login {\n  option (judi.event) = {name: \"login\"};\n  string mail = 1 [(judi.field).required = true];\n}\n";
    let schemas = versions().next(&[source(only_login)]).unwrap();
    let sent = sent();
    let site = Setting { schemas: Some(schemas), sent: &sent, ..Setting::default() }.open();
    site.get("/events").await.says(&[
        "1 event of 0 owners",
        "No longer in the schema Event",
        "scroll no longer in the schema",
    ]);
    let page = site.get("/events/scroll").await;
    page.says(&["the event was removed", "8 events today so far"]);
    field(&page, "depth")
        .says(&["no longer in the schema", "100 % of the events still come from versions that have it (10 of 10)."]);
    assert!(!page.body.contains("id=\"example\""), "nobody should send it");
}

#[tokio::test]
async fn hostile_words_are_shown_and_never_obeyed() {
    let text = format!(
        "// {HOSTILE}\nmessage A {{\n  option (judi.event) = {{name: \"a\", owner: \"{HOSTILE}\", description: \"{HOSTILE}\"}};\n  \
         // {HOSTILE}\n  string x = 1 [(judi.field) = {{semantic_type: \"{HOSTILE}\", alias: \"{HOSTILE}\"}}, \
         (buf.validate.field).string = {{in: [\"{HOSTILE}\"]}}];\n}}\n"
    );
    let schemas = Schemas::first(&[source(&text)]).unwrap();
    let sent = [Sent {
        event: "a",
        version: 1,
        payload: json!({"x": HOSTILE.replace('\\', "")}),
        from: ["<script>app", "<script>1", "<script>web"],
        sender: "a",
        at: moment(TODAY, 1),
    }];
    let site = Setting { schemas: Some(schemas), sent: &sent, ..Setting::default() }.open();
    for path in ["/events", "/events?q=alert", "/events/a", "/adoption"] {
        let page = site.get(path).await;
        assert_eq!(page.status, StatusCode::OK, "{path}");
        assert!(!page.body.contains("<script>"), "{path}: {}", page.body);
        page.says(&["<script>"]);
    }
    let batch = example(&site.get("/events/a").await);
    assert!(site.takes_event("a", &batch["events"][0]["payload"]), "{batch}");
}

#[tokio::test]
async fn a_publication_shows_at_once() {
    let site = site();
    assert_eq!(site.get("/events/logout").await.status, StatusCode::NOT_FOUND);
    let with = "message Logout { option (judi.event) = {name: \"logout\", description: \"Gone.\"}; }\n\
                message Scroll {\n  option (judi.event) = {name: \"scroll\", description: \"Another meaning.\"};\n  int32 depth = 1; optional string seconds = 2;\n  \
                optional int64 visible_ms = 4; reserved 3; reserved \"direction\";\n}\n";
    site.defined.publish(versions().next(&[source(with)]).unwrap());
    site.get("/events/logout").await.says(&["Gone.", "Since version 4"]);
    site.get("/events").await.says(&["in version 4 of the schema", "Another meaning."]);
    site.get("/events/scroll").await.says(&["0 % came with version 4, the newest.", "version 1, with 1 event"]);
}

#[tokio::test]
async fn a_large_schema_has_pages_of_bounded_size_and_asks_few_questions() {
    let mut text = String::new();
    for event in 0..500 {
        text.push_str(&format!(
            "// The message of event {event}.\nmessage E{event} {{\n  option (judi.event) = {{name: \"event_{event}\", owner: \"team_{}\", description: \"What event {event} means, in one sentence for a newcomer.\"}};\n",
            event % 12
        ));
        for field in 1..=20 {
            text.push_str(&format!(
                "  // What field {field} of event {event} means to those who ask.\n  optional string field_{field} = {field} [(judi.field).pii = PII_CLASS_NONE, (buf.validate.field).string.max_len = 200];\n"
            ));
        }
        text.push_str("}\n");
    }
    let site = Setting { schemas: Some(Schemas::first(&[source(&text)]).unwrap()), ..Setting::default() }.open();
    let list = site.get("/events").await;
    assert_eq!(list.count("<a href=\"/events/event_"), 500);
    assert!(list.body.len() < 700_000, "{} bytes", list.body.len());
    assert!(site.opened() <= 4, "the list asks the same of one event and of five hundred");
    let page = site.get("/events/event_499").await;
    page.says(&["What field 20 of event 499 means to those who ask."]);
    assert!(page.body.len() < 60_000, "{} bytes", page.body.len());
    let found = site.get("/events?q=field+of+event+499").await;
    found.says(&["1 of 500 events", "field_1 What field 1 of event 499 means"]);
}
