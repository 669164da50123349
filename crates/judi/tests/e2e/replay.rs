//! `judi replay --quarantine`: an account of what was bad, with a server and without one, and each event once.

use std::fs;

use serde_json::{Value, json};

use crate::bed::{Project, eventually};
use crate::server::Server;

const EVENT: &str = "  option (judi.event) = {owner: \"news\" description: \"It happened.\" name: ";

fn schema(events: &[(&str, &str, &str)]) -> String {
    let mut text = "syntax = \"proto3\";\n\npackage story.v1;\n\nimport \"judi/v1/options.proto\";\n\n".to_owned();
    for (message, name, field) in events {
        text.push_str(&format!("message {message} {{\n{EVENT}\"{name}\"}};\n  {field}\n}}\n"));
    }
    text
}

const VIEW: (&str, &str, &str) = ("StoryView", "story_view", "optional string story_id = 1;");
const SHARE: (&str, &str, &str) = ("StoryShare", "story_share", "optional int32 times = 1;");

fn send(server: &Server, id: &str, event: &str, payload: &Value) -> String {
    let events = json!([{"event_id": id, "event": event, "payload": payload}]);
    let body = json!({"context": {"anonymous_id": "a1"}, "events": events}).to_string();
    let answer = server.send(&body).json();
    answer["results"][0]["reason"].as_str().unwrap_or("ok").to_owned()
}

fn replayed(project: &Project, more: &[&str]) -> Value {
    let args = [&["replay", "--quarantine", "--format", "json"], more].concat();
    serde_json::from_str(&project.run(args).done()).unwrap()
}

fn counts(account: &Value) -> [u64; 3] {
    ["looked_at", "became_rows", "already_rows"].map(|count| account[count].as_u64().unwrap())
}

#[test]
fn bad_events_are_replayed_once_and_accounted_for_with_a_server_and_without() {
    let project = Project::new().with_schema("story.proto", &schema(&[VIEW]));
    let server = Server::up(&project);
    assert_eq!(send(&server, "good", "story_view", &json!({"story_id": "s"})), "ok");
    assert_eq!(send(&server, "typed", "story_view", &json!({"story_id": 7})), "invalid_payload");
    assert_eq!(send(&server, "share", "story_share", &json!({"times": 2})), "unknown_event");
    assert_eq!(send(&server, "bad share", "story_share", &json!({"times": "many"})), "unknown_event");
    eventually("the quarantine is in its table", || (server.count("quarantine") == 3).then_some(()));

    let account = replayed(&project, &[]);
    assert_eq!(counts(&account), [3, 0, 0], "{account}");
    assert_eq!(account["still_unfit"], json!({"invalid_payload": 1, "unknown_event": 2}));
    assert_eq!(counts(&replayed(&project, &["--reason", "invalid_payload"])), [1, 0, 0]);
    assert_eq!(counts(&replayed(&project, &["--since", "1 h ago"])), [3, 0, 0]);
    assert_eq!(counts(&replayed(&project, &["--since", "2999-01-01"])), [0, 0, 0]);

    // Beside the automatic replay, whoever is first.
    fs::write(project.dir().join("schema/story.proto"), schema(&[VIEW, SHARE])).unwrap();
    project.run(["schema", "publish"]).done();
    let account = replayed(&project, &[]);
    let [looked_at, became, already] = counts(&account);
    assert_eq!((looked_at, became + already), (3, 1), "{account}");
    assert_eq!(account["still_unfit"], json!({"invalid_payload": 2}), "the reasons are those of today");
    eventually("the share is there", || (server.count("events") == 2).then_some(()));
    assert_eq!(counts(&replayed(&project, &[])), [3, 0, 1]);
    server.stop();

    assert_eq!(counts(&replayed(&project, &[])), [3, 0, 1], "without a server");
    let said = project.run(["replay", "--quarantine"]).done();
    assert!(
        said.starts_with("looked at 3 by schema version 3: 0 became rows of events, 1 were rows already"),
        "{said}"
    );
    assert_eq!(project.number("SELECT count(*) AS n FROM events"), 2);
    assert_eq!(project.number("SELECT count(*) AS n FROM quarantine"), 3, "what happened is still told");
}

#[test]
fn a_wrong_call_is_told_what_it_may_be() {
    let project = Project::new();
    let refused = project.run(["replay", "--quarantine", "--reason", "too_large"]).refused(2);
    assert!(refused.contains("unknown_event") && refused.contains("unreadable_line"), "{refused}");
    let refused = project.run(["replay", "--quarantine", "--since", "yesterday"]).refused(2);
    assert!(refused.contains("\"yesterday\"") && refused.contains("hint:"), "{refused}");
    let refused = project.run(["replay"]).refused(2);
    assert!(refused.contains("--quarantine"), "{refused}");
}
