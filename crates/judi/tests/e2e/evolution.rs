//! A schema that changes under a running server: every stage is published without a restart, old and new apps send side by
//! side, what could not be read is read by itself, and readers that are not Judi see the same rows.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::bed::{Project, eventually};
use crate::outside::has_python;
use crate::readers::their_rows;
use crate::server::Server;

// The example's schema is version 1.
const FIRST: u32 = 2;
const SECOND: u32 = 3;
const THIRD: u32 = 4;

fn schema(body: &str, more: &str) -> String {
    format!(
        "syntax = \"proto3\";\n\npackage story.v1;\n\nimport \"judi/v1/options.proto\";\n\n\
         message StoryView {{\n  option (judi.event) = {{name: \"story_view\" owner: \"news\" description: \"A story was read.\"}};\n\
         {body}}}\n{more}"
    )
}

const KIND: &str = "enum Kind {\n  KIND_UNSPECIFIED = 0;\n  KIND_LONG = 1;\n}\n";

fn first() -> String {
    schema(
        "  string story_id = 1 [(judi.field).required = true];\n  optional string title = 2;\n  optional int32 words = 3;\n  \
         optional Kind kind = 4;\n",
        KIND,
    )
}

/// A field more, another name, a wider type, one enum value and one event more.
fn second() -> String {
    schema(
        "  string story_id = 1 [(judi.field).required = true];\n  optional string headline = 2 [(judi.field).alias = \"title\"];\n  \
         optional int64 words = 3;\n  optional Kind kind = 4;\n  optional string section = 5;\n",
        "enum Kind {\n  KIND_UNSPECIFIED = 0;\n  KIND_LONG = 1;\n  KIND_LIVE = 2;\n}\n\
         message StoryShare {\n  option (judi.event) = {name: \"story_share\" owner: \"news\" description: \"A story was passed on.\"};\n  \
         optional string story_id = 1;\n}\n",
    )
}

/// A field gone, and its successor of another type.
fn third() -> String {
    second().replace(
        "  optional int64 words = 3;\n",
        "  reserved 3;\n  reserved \"words\";\n  optional double length = 6 [(judi.field).replaces = 3];\n",
    )
}

fn publish(project: &Project, text: &str) -> Value {
    write(project, text);
    serde_json::from_str(&project.run(["schema", "publish", "--format", "json"]).done()).unwrap()
}

fn write(project: &Project, text: &str) {
    fs::write(project.dir().join("schema/story.proto"), text).unwrap();
}

fn event(id: &str, event: &str, version: u32, payload: &Value) -> Value {
    json!({"event_id": id, "event": event, "schema_version": version, "payload": payload})
}

fn send(server: &Server, events: &[Value]) -> Vec<String> {
    let body = json!({"context": {"anonymous_id": "a1", "app": "news"}, "events": events}).to_string();
    let answer = server.send(&body).json();
    let status = |result: &Value| result["status"].as_str().unwrap_or_default().to_owned();
    answer["results"].as_array().unwrap().iter().map(status).collect()
}

fn data_files(project: &Project) -> BTreeSet<PathBuf> {
    fn walk(dir: &Path, found: &mut BTreeSet<PathBuf>) {
        for entry in fs::read_dir(dir).unwrap().map(Result::unwrap) {
            let path = entry.path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|end| end == "parquet")
                && !path.to_string_lossy().contains("_delta_log")
            {
                found.insert(path);
            }
        }
    }
    let mut found = BTreeSet::new();
    walk(&project.dir().join(".judi/tables/events"), &mut found);
    found
}

/// Readers that share no code with Judi see the rows that it sees.
fn assert_readers_agree(project: &Project, stage: &str) {
    if !has_python("deltalake, duckdb, pyarrow, pytz") {
        return;
    }
    let mut ours: Vec<String> = project.rows("SELECT * FROM events").iter().map(Value::to_string).collect();
    ours.sort_unstable();
    let theirs = their_rows(&project.dir().join(".judi/tables"));
    for reader in ["by_deltalake", "by_duckdb"] {
        assert_eq!(theirs.get(&(reader.to_owned(), "events".to_owned())), Some(&ours), "{stage}: {reader}");
    }
}

#[test]
fn a_schema_changes_under_a_running_server_and_every_sender_lands_right() {
    let project = Project::new().with_schema("story.proto", &first());
    let server = Server::up(&project);
    let statuses = send(
        &server,
        &[
            event(
                "old",
                "story_view",
                FIRST,
                &json!({"story_id": "s1", "title": "Elk", "words": 7, "kind": "KIND_LONG"}),
            ),
            event("ahead", "story_view", 0, &json!({"storyId": "s2", "section": "sport", "words": 8})),
            event("early share", "story_share", 0, &json!({"story_id": "s1"})),
            event(
                "early version",
                "story_view",
                SECOND,
                &json!({"story_id": "s3", "headline": "Moose", "kind": "KIND_LIVE"}),
            ),
        ],
    );
    assert_eq!(statuses, ["ok", "ok", "quarantined", "quarantined"]);
    server.wait_for_rows(2);
    assert_readers_agree(&project, "the first version");

    let published = publish(&project, &second());
    assert_eq!(
        (&published["version"], &published["new"], &published["running"]),
        (&json!(SECOND), &json!(true), &json!(true))
    );
    // Old and new apps in one batch, at once.
    let statuses = send(
        &server,
        &[
            event("lagging", "story_view", FIRST, &json!({"story_id": "s4", "title": "Reindeer"})),
            event(
                "new",
                "story_view",
                SECOND,
                &json!({"story_id": "s5", "headline": "Lynx", "words": "5000000000", "kind": "KIND_LIVE"}),
            ),
            event("alias", "story_view", SECOND, &json!({"story_id": "s6", "title": "Wolf", "section": "culture"})),
            event("share", "story_share", SECOND, &json!({"story_id": "s5"})),
        ],
    );
    assert_eq!(statuses, ["ok"; 4]);
    let views = || {
        project.query(
            "SELECT event_id, story_id, title, headline, words, kind, section FROM story_view ORDER BY story_id",
            "csv",
        )
    };
    let expected = "event_id,story_id,title,headline,words,kind,section\n\
        old,s1,Elk,Elk,7,KIND_LONG,\n\
        ahead,s2,,,8,,sport\n\
        early version,s3,Moose,Moose,,KIND_LIVE,\n\
        lagging,s4,Reindeer,Reindeer,,,\n\
        new,s5,Lynx,Lynx,5000000000,KIND_LIVE,\n\
        alias,s6,Wolf,Wolf,,,culture\n";
    eventually("what could not be read is read by itself", || (views() == expected).then_some(()));
    let shares = "SELECT event_id FROM story_share ORDER BY event_id";
    eventually("the quarantined share is there", || {
        (project.query(shares, "csv") == "event_id\nearly share\nshare\n").then_some(())
    });
    assert_eq!(project.number("SELECT count(*) AS n FROM quarantine"), 2, "what was refused is still told");
    assert_eq!(project.number("SELECT count(*) AS n FROM events WHERE _unknown IS NOT NULL"), 0);
    // Sent again, everything is known.
    let again = send(&server, &[event("early share", "story_share", 0, &json!({"story_id": "s1"}))]);
    assert_eq!(again, ["duplicate"]);
    assert_readers_agree(&project, "the second version");

    // What is refused leaves everything as it was.
    write(&project, &second().replace("optional int64 words = 3;", "optional string words = 3;"));
    let refused = project.run(["schema", "publish"]).refused(2);
    assert!(refused.contains("story.proto") && refused.contains("hint:"), "{refused}");
    assert_eq!(views(), expected);

    publish(&project, &third());
    assert_eq!(
        send(&server, &[event("newest", "story_view", THIRD, &json!({"story_id": "s7", "length": 1.5}))]),
        ["ok"]
    );
    assert_eq!(send(&server, &[event("laggard", "story_view", FIRST, &json!({"story_id": "s8", "words": 9}))]), ["ok"]);
    let lengths = "SELECT story_id, length FROM story_view WHERE length IS NOT NULL ORDER BY story_id";
    eventually("the successor is read from both columns", || {
        let found = project.query(lengths, "csv");
        (found == "story_id,length\ns1,7.0\ns2,8.0\ns5,5000000000.0\ns7,1.5\ns8,9.0\n").then_some(())
    });
    assert_readers_agree(&project, "the third version");
    server.stop();
    let server = Server::up(&project);
    assert_eq!(project.number("SELECT count(*) AS n FROM story_view"), 8, "after a restart");
    server.stop();
}

#[test]
fn a_rename_writes_no_data_file_and_saved_queries_give_the_same_answers() {
    let project = Project::new().with_schema("story.proto", &first());
    let server = Server::up(&project);
    for n in 0..20 {
        let payload = json!({"story_id": format!("s{n}"), "title": format!("t{}", n % 3)});
        assert_eq!(send(&server, &[event(&format!("e{n}"), "story_view", FIRST, &payload)]), ["ok"]);
    }
    server.wait_for_rows(20);
    let saved = "SELECT title, count(*) AS n FROM story_view GROUP BY title ORDER BY title";
    let (before, files) = (project.query(saved, "csv"), data_files(&project));
    let renamed = first().replace("string title = 2;", "string headline = 2 [(judi.field).alias = \"title\"];");
    publish(&project, &renamed);
    assert_eq!(project.query(saved, "csv"), before);
    let today = saved.replace("title", "headline");
    assert_eq!(project.query(&today, "csv"), before.replace("title", "headline"));
    server.stop();
    assert!(files.is_subset(&data_files(&project)), "no data file was rewritten");
    // Somebody edits the files: who reads is not kept from reading.
    write(&project, "no protobuf");
    assert_eq!(project.query(saved, "csv"), before);
}
