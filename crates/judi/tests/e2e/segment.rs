//! The real clients of Segment, RudderStack and Jitsu, unmodified: every call that they make is a row, once, and right in
//! every column, though what stands between them and the server answers 429, then 500, then cuts the connection behind
//! calls that were taken.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::thread;

use serde_json::{Map, Value, json};

use crate::bed::{Project, eventually};
use crate::outside::{not_run, repository};
use crate::proxy::{Fault, Proxy};
use crate::server::Server;

const SCHEMA: &str = r#"syntax = "proto3";

package calls.v1;

import "google/protobuf/timestamp.proto";
import "judi/v1/options.proto";

enum Tone {
  TONE_UNSPECIFIED = 0;
  TONE_DARK_RED = 1;
}

message StoryRead {
  option (judi.event) = {name: "story_read" owner: "news" description: "Somebody read a story to its end."};
  string story_id = 1 [(judi.field).required = true];
  optional int64 words = 2;
  optional bool premium = 3;
  repeated string authors = 4;
  optional int64 visible_ms = 5;
  google.protobuf.Timestamp read_at = 6;
  optional double score = 7;
  optional Tone tone = 8;
}

message Identify {
  option (judi.event) = {name: "identify" owner: "news" description: "Somebody said who they are."};
  optional string plan = 1;
  optional int32 age = 2;
}

message Group {
  option (judi.event) = {name: "group" owner: "news" description: "Somebody belongs to a group."};
  optional string group_id = 1;
  optional int32 employees = 2;
}

message Alias {
  option (judi.event) = {name: "alias" owner: "news" description: "Two ids are one person."};
  optional string previous_id = 1;
}
"#;

const MAPPING: &str = r#"
[track."Article Read"]
event = "story_read"

[track."Article Read".properties]
id = "story_id"
seconds = { field = "visible_ms", convert = "seconds_to_ms" }
"#;

const KEYS: &str = "[[collect.keys]]\nkey = \"jitsu:secret\"\nname = \"jitsu\"\n";

/// A client's driver, and what its library is like.
struct Client {
    name: &'static str,
    command: Vec<String>,
    key: &'static str,
    faults: &'static [Fault],
    sdk: (&'static str, &'static str),
    /// What calls say where the library says something of its own.
    platform: &'static str,
    locale: &'static str,
    app: &'static str,
    url: &'static str,
    page: Page,
    /// Whether the library lets its caller say when, and under which id.
    says_when: bool,
    knows: &'static [&'static str],
}

/// What a page call says of the page.
#[derive(Clone, Copy)]
enum Page {
    /// A category beside the properties, as most libraries have it.
    Plain,
    /// What a browser knows by itself.
    Browser,
}

const ALL: &[&str] = &["track", "page", "screen", "identify", "group", "alias", "unknown"];
const RUDE: &[Fault] = &[Fault::TooMany, Fault::Broken, Fault::CutAfter];
const URL: &str = "https://www.example.se/elk?x=1";
const BROWSER_URL: &str =
    "https://www.example.se/elk?utm_source=mail&utm_medium=letter&utm_campaign=h%C3%B6st&utm_term=elk&utm_content=top";

fn driver(path: &str) -> String {
    repository().join("conformance/segment").join(path).to_str().unwrap().to_owned()
}

/// Where `./test` has put the libraries.
fn tools() -> PathBuf {
    let home = PathBuf::from(std::env::var_os("HOME").unwrap_or_default());
    let tools = std::env::var_os("JUDI_TEST_TOOLS").map_or_else(|| home.join(".cache/judi-tools"), PathBuf::from);
    tools.join("segment")
}

fn clients() -> Vec<Client> {
    let tools = tools();
    let at = |path: &str| tools.join(path).to_str().unwrap().to_owned();
    let node = |script: &str| vec!["node".to_owned(), at(&format!("node/{script}"))];
    let python = |script: &str| vec![at("python/bin/python3"), driver(&format!("python/{script}"))];
    let server = |name, command, sdk| Client {
        name,
        command,
        key: "dev",
        faults: RUDE,
        sdk,
        platform: "",
        locale: "sv-SE",
        app: "news",
        url: URL,
        page: Page::Plain,
        says_when: true,
        knows: ALL,
    };
    let java =
        vec!["java".to_owned(), "-cp".to_owned(), format!("{}:{}/*", at("java"), at("java/lib")), "Driver".to_owned()];
    vec![
        server("segment-node", node("segment_node.mjs"), ("@segment/analytics-node", "3.1.0")),
        server("segment-python", python("segment_python.py"), ("analytics-python", "2.4.0")),
        server("segment-go", vec![at("go/driver")], ("analytics-go", "3.0.0")),
        server("segment-java", java, ("analytics-java", "3.5.4")),
        Client { platform: "server", ..server("rudder-node", node("rudder_node.mjs"), ("analytics-node", "3.0.13")) },
        Client {
            platform: "server",
            ..server("rudder-python", python("rudder_python.py"), ("analytics-python", "2.1.9"))
        },
        Client {
            platform: "web",
            locale: "en-US",
            app: "",
            url: BROWSER_URL,
            page: Page::Browser,
            ..server("segment-browser", node("segment_browser.mjs"), ("analytics.js", "npm:next-1.84.3"))
        },
        Client {
            key: "jitsu:secret",
            // It does not send again.
            faults: &[],
            says_when: false,
            knows: &["track", "page", "identify", "group", "unknown"],
            ..server("jitsu", node("jitsu.mjs"), ("@jitsu/js", "1.11.0"))
        },
    ]
}

/// Whether everything that the drivers stand on is here.
fn is_installed(clients: &[Client]) -> bool {
    let missing: Vec<&str> = clients
        .iter()
        .filter(|client| {
            let mut files = client.command.iter().filter(|part| part.starts_with('/') && !part.contains(':'));
            files.any(|file| !PathBuf::from(file).exists())
        })
        .map(|client| client.name)
        .collect();
    if missing.is_empty() && tools().join("java/Driver.class").exists() {
        return true;
    }
    not_run(&format!("the clients {missing:?} are missing; conformance/segment/install brings them"));
    false
}

fn run(client: &Client, proxy: &Proxy) {
    let (program, arguments) = client.command.split_first().unwrap();
    let output = Command::new(program)
        .args(arguments)
        .args([&proxy.url(), client.key, &proxy.delivered_url()])
        .stdin(Stdio::null())
        .output()
        .unwrap_or_else(|error| panic!("{}: {error}", client.name));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: {:?}\n{said}", client.name, output.status);
    assert_eq!(proxy.faults_left(), 0, "{}: every fault was met", client.name);
}

#[test]
fn the_real_clients_calls_are_rows_once_and_right() {
    let clients = clients();
    if !is_installed(&clients) {
        return;
    }
    let project = Project::new().with_schema("calls/v1/calls.proto", SCHEMA).with_config(KEYS);
    let mapping = project.dir().join("schema/segment.toml");
    let before = std::fs::read_to_string(&mapping).unwrap();
    std::fs::write(&mapping, format!("{before}{MAPPING}")).unwrap();
    let server = Server::up(&project);
    thread::scope(|scope| {
        for client in &clients {
            let address = server.address();
            scope.spawn(move || run(client, &Proxy::before(address, client.faults)));
        }
    });
    let known: usize = clients.iter().map(|client| client.knows.len() - 1).sum();
    server.wait_for_rows(known as u64);
    eventually("the unknown calls are in quarantine", || {
        (server.count("quarantine") >= clients.len() as u64).then_some(())
    });
    server.stop();
    assert_eq!(project.number("SELECT count(*) AS n FROM quarantine"), clients.len() as u64, "once");
    let mut differences = Vec::new();
    for client in &clients {
        differences.extend(differing_events(&project, client));
        check_quarantine(&project, client);
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

/// The rows of one client by the kind of their calls; its library tells them from the others'.
fn rows(project: &Project, client: &Client, table: &str) -> BTreeMap<String, Map<String, Value>> {
    let own = format!("sdk = '{}' AND sdk_version = '{}'", client.sdk.0, client.sdk.1);
    let rows = project.rows(&format!("SELECT * FROM {table} WHERE {own}"));
    let mut by_kind = BTreeMap::new();
    for row in rows {
        let Value::Object(row) = row else { panic!("{row}") };
        let id = row["event_id"].as_str().unwrap();
        let kind = match id.strip_prefix(&format!("{}-", client.name)) {
            Some(kind) => kind.to_owned(),
            None => match row["event"].as_str().unwrap() {
                "story_read" => "track".to_owned(),
                "page_view" => "page".to_owned(),
                other => other.to_owned(),
            },
        };
        assert!(by_kind.insert(kind.clone(), row).is_none(), "{}: {kind} is there once", client.name);
    }
    by_kind
}

/// What is not as it should be in the rows of one client.
fn differing_events(project: &Project, client: &Client) -> Vec<String> {
    let mut differences = Vec::new();
    let mut rows = rows(project, client, "events");
    for kind in client.knows.iter().filter(|kind| **kind != "unknown") {
        let Some(mut row) = rows.remove(*kind) else {
            differences.push(format!("{}: no row for {kind}", client.name));
            continue;
        };
        check_times(&mut row, client);
        let event = match *kind {
            "track" => "story_read",
            "page" | "screen" => "page_view",
            other => other,
        };
        let mut expected = envelope(client, kind, event);
        if !client.says_when {
            row.remove("event_id");
            expected.remove("event_id");
        }
        expected.insert(event.to_owned(), payload(client, kind));
        // Every column: those of other events are empty, and none is left out of the comparison.
        row.retain(|_, value| !value.is_null());
        expected.retain(|_, value| !value.is_null());
        if row.remove("_unknown").is_some() != has_unknown(client, kind) {
            differences.push(format!("{}: {kind}: _unknown", client.name));
        }
        let columns: BTreeSet<&String> = row.keys().chain(expected.keys()).collect();
        for column in columns.into_iter().filter(|column| row.get(*column) != expected.get(*column)) {
            let (found, expected) = (row.get(column), expected.get(column));
            differences.push(format!("{}: {kind}: {column}: {found:?}, expected {expected:?}", client.name));
        }
    }
    differences.extend(rows.keys().map(|kind| format!("{}: a row for {kind}", client.name)));
    differences
}

/// Takes the times out that the test cannot know, and looks at them.
fn check_times(row: &mut Map<String, Value>, client: &Client) {
    let time = |row: &mut Map<String, Value>, name: &str| {
        let text = row.remove(name).and_then(|value| value.as_str().map(str::to_owned));
        text.unwrap_or_else(|| panic!("{}: {name} is there", client.name))
    };
    let (received, sent) = (time(row, "received_at"), time(row, "sent_at"));
    let date = time(row, "received_date");
    assert!(received.starts_with(&date) && sent.as_bytes()[..10].is_ascii(), "{received} {date} {sent}");
    let (occurred, happened) = (time(row, "occurred_at"), time(row, "event_time"));
    if client.says_when {
        // Far from every clock of this machine: an error of the clock would have moved it.
        assert_eq!((occurred.as_str(), happened.as_str()), ("2026-11-23T08:00:01.500Z", "2026-11-23T08:00:01.500Z"));
    } else {
        assert_eq!(occurred, happened);
    }
}

fn envelope(client: &Client, kind: &str, event: &str) -> Map<String, Value> {
    let is_page_call = kind == "page" && matches!(client.page, Page::Plain);
    let anonymous_id = match (kind, client.name) {
        // Of most libraries' alias there is only the user.
        ("alias", "segment-browser" | "rudder-node") => json!("a1"),
        ("alias", _) => Value::Null,
        _ => json!("a1"),
    };
    let optional = |text: &str| if text.is_empty() { Value::Null } else { json!(text) };
    let row = json!({
        "event_id": format!("{}-{kind}", client.name),
        "event": event,
        "anonymous_id": anonymous_id,
        "user_id": "u1",
        "app": optional(client.app),
        "app_version": if client.app.is_empty() { Value::Null } else { json!("7.1") },
        "platform": optional(client.platform),
        "locale": client.locale,
        "page_url": if is_page_call { json!("https://www.example.se/") } else { json!(client.url) },
        "page_path": if is_page_call && !client.says_when { json!("/") } else { json!("/elk") },
        "referrer": "https://r.example/",
        "utm_source": "mail",
        "utm_medium": "letter",
        "utm_campaign": "höst",
        "utm_term": "elk",
        "utm_content": "top",
        "is_bot": false,
        "sdk": client.sdk.0,
        "sdk_version": client.sdk.1,
        // The example's schema is version 1.
        "schema_version": 2,
    });
    let Value::Object(row) = row else { unreachable!("it is an object") };
    row
}

fn payload(client: &Client, kind: &str) -> Value {
    match kind {
        "track" => json!({"story_id": "/articles/elk", "words": 1200, "premium": true, "authors": ["Anna", "Bo"],
            "visible_ms": 12346, "read_at": "2026-11-23T07:00:00Z", "score": 4.5, "tone": "TONE_DARK_RED", "tone__number": null}),
        "page" => {
            let title = if matches!(client.page, Page::Browser) { json!("Älgen") } else { Value::Null };
            json!({"page_kind": "Home", "title": title, "section": "inrikes"})
        }
        "screen" => json!({"page_kind": "Start", "title": null, "section": screen_section(client)}),
        "identify" => json!({"plan": "pro", "age": 41}),
        "group" => json!({"group_id": "g1", "employees": 12}),
        "alias" => json!({"previous_id": "old"}),
        other => panic!("{other}"),
    }
}

/// The browser's library has no screen without a category; an empty one is what it sends.
fn screen_section(client: &Client) -> Value {
    if matches!(client.page, Page::Browser) { json!("") } else { Value::Null }
}

/// What has no field is kept with the row.
fn has_unknown(client: &Client, kind: &str) -> bool {
    match kind {
        "track" => true,
        // A browser's page says its search, too.
        "page" => matches!(client.page, Page::Browser),
        _ => false,
    }
}

fn check_quarantine(project: &Project, client: &Client) {
    let own =
        if client.says_when { format!("event_id = '{}-unknown'", client.name) } else { "source = 'jitsu'".to_owned() };
    let rows = project.rows(&format!("SELECT event, reason, detail, source FROM quarantine WHERE {own}"));
    let [row] = &rows[..] else { panic!("{}: {rows:?}", client.name) };
    assert_eq!((&row["event"], &row["reason"]), (&json!("Never Heard Of"), &json!("unknown_event")), "{}", client.name);
    let detail = row["detail"].as_str().unwrap();
    assert!(detail.starts_with("no event for track name 'Never Heard Of'"), "{detail}");
    assert_eq!(row["source"], if client.says_when { "dev" } else { "jitsu" });
}

#[test]
fn calls_without_an_event_become_rows_when_their_inferred_schema_is_published() {
    let project = Project::new();
    let server = Server::up(&project);
    let calls: Vec<Value> = (0..12)
        .map(|n| {
            json!({"type": "track", "event": "Story Opened", "messageId": format!("m{n}"), "anonymousId": "a1",
                "timestamp": "2026-11-23T08:00:01Z", "properties": {"storyId": format!("/s{n}"), "words": "1200", "paid": n % 2 == 0},
                "context": {"ip": "10.1.2.3", "locale": "sv-SE"}})
        })
        .collect();
    let body = json!({"batch": calls, "writeKey": "dev"}).to_string();
    let answer = server.connect().request("POST", "/v1/batch", &[], body.as_bytes()).unwrap();
    assert_eq!((answer.status, &answer.json()["success"]), (200, &json!(true)));
    eventually("they are in quarantine", || (server.count("quarantine") == 12).then_some(()));

    let printed = project.run(["schema", "infer"]).done();
    assert!(printed.contains("message StoryOpened {") && printed.contains("// [track.\"Story Opened\"]"), "{printed}");
    let refused = project.run(["schema", "infer", "Story Opend"]).refused(2);
    assert!(refused.contains("did you mean \"Story Opened\"?"), "{refused}");
    project.run(["schema", "infer", "Story Opened", "--out", "schema/stories/v1/stories.proto"]).done();
    let lint = project.run(["schema", "lint"]);
    assert_eq!(lint.code, Some(1), "a person has to say who owns it and what it means");
    let found = String::from_utf8(lint.stdout).unwrap();
    assert!(
        found
            .lines()
            .filter(|line| line.contains("stories.proto"))
            .all(|line| { ["EVENT_OWNER", "EVENT_DESCRIPTION", "FIELD_PII"].iter().any(|rule| line.contains(rule)) }),
        "{found}"
    );
    project.run(["schema", "publish"]).done();
    server.wait_for_rows(12);
    let rows = project.rows("SELECT story_id, words, paid, locale FROM story_opened WHERE event_id = 'm3'");
    assert_eq!(rows, [json!({"story_id": "/s3", "words": "1200", "paid": false, "locale": "sv-SE"})]);

    // The mapping alone is published, too: the same calls under another name.
    let other = json!({"type": "track", "event": "Story Shown", "messageId": "n1", "anonymousId": "a1", "properties": {"id": "/t"}});
    let body = json!({"batch": [other], "writeKey": "dev"}).to_string();
    server.connect().request("POST", "/v1/batch", &[], body.as_bytes()).unwrap();
    eventually("it is in quarantine", || (server.count("quarantine") == 13).then_some(()));
    let mapping = project.dir().join("schema/segment.toml");
    let before = std::fs::read_to_string(&mapping).unwrap();
    let line = "\n[track.\"Story Shown\"]\nevent = \"story_opened\"\nproperties = { id = \"story_id\" }\n";
    std::fs::write(&mapping, format!("{before}{line}").replace("id = \"story_id\" }", "id = \"story_idd\" }")).unwrap();
    let refused = project.run(["schema", "publish"]).refused(2);
    assert!(refused.contains("segment.toml:") && refused.contains("did you mean `story_id`?"), "{refused}");
    std::fs::write(&mapping, format!("{before}{line}")).unwrap();
    project.run(["schema", "publish"]).done();
    // Its other fields are required, so it stays where it is until they are not.
    assert_eq!(project.number("SELECT count(*) AS n FROM events"), 12);
    let proto = project.dir().join("schema/stories/v1/stories.proto");
    let text = std::fs::read_to_string(&proto).unwrap();
    std::fs::write(&proto, text.replace(" [(judi.field).required = true]", "")).unwrap();
    project.run(["schema", "publish"]).done();
    server.wait_for_rows(13);
    server.stop();
}
