//! Independent readers: PyPI `deltalake` and `duckdb` see the same rows of every table as `judi query` prints.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value, json};

use crate::bed::Project;
use crate::outside::{has_python, python};
use crate::protobuf;
use crate::server::Server;

/// An event with every kind of type.
const SCHEMA: &str = r#"
syntax = "proto3";

package everything.v1;

import "google/protobuf/timestamp.proto";
import "judi/v1/options.proto";

enum Mood {
  MOOD_UNSPECIFIED = 0;
  MOOD_GOOD = 1;
  MOOD_BAD = 2;
}

message Place {
  message Country {
    string code = 1;
    repeated string languages = 2;
  }
  string name = 1;
  optional double latitude = 2;
  Country country = 3;
  repeated Country near = 4;
}

message Everything {
  option (judi.event) = {
    name: "everything"
    owner: "tests"
    description: "One field of every kind."
  };
  string text = 1;
  optional string perhaps = 2;
  int32 small = 3;
  sint64 big = 4;
  uint32 natural = 5;
  uint64 huge = 6;
  bool flag = 7;
  float single = 8;
  double twice = 9;
  bytes raw = 10;
  Mood mood = 11;
  repeated Mood moods = 12;
  google.protobuf.Timestamp at = 13;
  Place place = 14;
  repeated Place places = 15;
  map<string, int64> counts = 16;
  map<string, Place> visited = 17;
  repeated int32 numbers = 18;
  oneof way {
    string by_name = 19;
    Place by_place = 20;
  }
  repeated google.protobuf.Timestamp times = 21;
}
"#;

/// Rows by reader and table, in an order of their own.
pub(crate) type Rows = BTreeMap<(String, String), Vec<String>>;

fn payloads() -> Vec<Value> {
    let country = json!({"code": "SE", "languages": ["sv", "fi", "se"]});
    let place =
        json!({"name": "Kiruna, \"norr\"\nom cirkeln", "latitude": 67.8558, "country": country, "near": [country, {}]});
    vec![
        json!({}),
        json!({"text": "", "perhaps": "", "numbers": [], "counts": {}, "place": {}, "moods": ["MOOD_UNSPECIFIED"]}),
        json!({"text": "räksmörgås 🦐", "small": -2_147_483_648i64, "big": "-9223372036854775808", "natural": 4_294_967_295u32,
            "huge": "9223372036854775807", "flag": true, "single": 0.5, "twice": 1e300, "raw": "AAEC/w==", "mood": "MOOD_BAD"}),
        json!({"at": "2026-11-23T08:00:01.000001Z", "times": ["1969-12-31T23:59:59.500Z", "2000-01-01T00:00:00Z"],
            "place": place, "places": [place, {"name": "Abisko"}], "counts": {"reads": "3", "": "-1"},
            "visited": {"first": place, "last": {}}, "numbers": [3, -1, 0], "by_place": place}),
        json!({"by_name": "on foot", "moods": ["MOOD_GOOD", "MOOD_BAD", "MOOD_GOOD"], "not in the schema": {"a": [1, null]}}),
    ]
}

#[test]
fn independent_readers_give_the_rows_of_every_table() {
    if !has_python("deltalake, duckdb, pyarrow, pytz") {
        return;
    }
    let project = Project::new().with_schema("everything/v1/everything.proto", SCHEMA);
    let server = Server::up(&project);
    let mut events: Vec<_> =
        payloads().into_iter().map(|payload| json!({"event": "everything", "payload": payload})).collect();
    events.push(json!({"event": "article_view", "event_id": "a, \"b\"\n", "sequence": 7, "occurred_at": "2026-11-23T08:00:01.5Z",
        "payload": {"article_id": "/articles/älg", "authors": ["A", ""], "title": "tab\there"}}));
    events.push(json!({"event": "nobody knows it", "payload": {"text": "\u{0}"}}));
    events.push(json!({"event": "everything", "payload": {"numbers": "three"}}));
    let kept = events.len() as u64 - 2;
    let context = json!({"anonymous_id": "a1", "user_id": "å", "locale": "sv-SE", "page_url": "https://example.se/?utm_source=mail"});
    let answer =
        server.send(&json!({"sent_at": "2026-11-23T08:00:03Z", "context": context, "events": events}).to_string());
    let statuses: Vec<_> =
        answer.json()["results"].as_array().unwrap().iter().map(|result| result["status"].clone()).collect();
    assert_eq!(statuses.iter().filter(|status| *status == "ok").count() as u64, kept, "{}", answer.text());
    assert_eq!(statuses.iter().filter(|status| *status == "quarantined").count(), 2, "{}", answer.text());
    // In protobuf: a field that the schema does not have, and a payload that is none, on another day's commit.
    let headers = [("Authorization", "Bearer dev"), ("Content-Type", "application/x-protobuf")];
    let unknown = [protobuf::bytes(1, "text"), protobuf::bytes(99, [0, 255])].concat();
    for (id, payload) in [("unknown field", &unknown[..]), ("undecodable", &[0x0a, 0xff][..])] {
        let body = protobuf::batch(id, "everything", payload);
        assert_eq!(server.connect().request("POST", "/v1/events", &headers, &body).unwrap().status, 200);
    }
    server.wait_for_rows(kept + 1);
    server.stop();
    let day = project.rows("SELECT date FROM article_view")[0]["date"].as_str().unwrap().to_owned();
    project.run(["run", "--from", &day, "--to", &day]).done();

    let theirs = their_rows(&project.dir().join(".judi/tables"));
    let ours = |table: &str| sorted(&project.rows(&format!("SELECT * FROM {table}")));
    for (table, rows) in [("events", 7), ("quarantine", 3), ("article_reads_per_day", 1)] {
        assert_eq!(ours(table).len(), rows, "{table}");
    }
    let tables = ["events", "quarantine", "_judi.commits", "article_reads_per_day"];
    for table in tables {
        for reader in ["by_deltalake", "by_duckdb"] {
            let theirs = theirs.get(&(reader.to_owned(), table.to_owned()));
            assert_eq!(theirs, Some(&ours(table)), "{table} {reader}");
        }
    }
    for (reader, table) in theirs.keys() {
        assert!(tables.contains(&table.as_str()), "{table}, which {reader} reads, is compared too");
    }
}

pub(crate) fn their_rows(tables: &Path) -> Rows {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/e2e/read_project.py");
    let mut rows: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for mut line in python(&script, &[tables.to_str().unwrap()]) {
        let row = line[2].take();
        let text = |at: usize| line[at].as_str().unwrap().to_owned();
        rows.entry((text(0), text(1))).or_default().push(row);
    }
    rows.into_iter().map(|(table, rows)| (table, sorted(&rows))).collect()
}

fn sorted(rows: &[Value]) -> Vec<String> {
    let mut rows: Vec<_> = rows.iter().map(Value::to_string).collect();
    rows.sort_unstable();
    rows
}
