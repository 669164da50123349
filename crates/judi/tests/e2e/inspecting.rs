//! What people who instrument apps and people who look for an event use: the inspector, expect, tail, trace, loss.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use serde_json::{Value, json};

use crate::bed::{Project, eventually};
use crate::server::Server;

fn batch(events: &[(&str, &str, u64)]) -> String {
    let events: Vec<Value> = events
        .iter()
        .map(|(id, event, sequence)| {
            json!({"event_id": id, "event": event, "sequence": sequence, "payload": {"article_id": "/articles/elk"}})
        })
        .collect();
    let context = json!({"anonymous_id": "a1", "app": "news", "app_version": "7", "platform": "web", "sdk": "js"});
    json!({"context": context, "events": events}).to_string()
}

#[test]
fn an_app_under_test_is_seen_at_once_and_its_tests_can_say_what_they_expect() {
    let project = Project::new();
    let server = Server::start(&mut project.command(["up", "--dev"]));
    server.send(&batch(&[("1", "article_view", 1), ("2", "artcle_view", 2)]));
    // No waiting: what is answered is there.
    assert_eq!(server.get("/inspect/all").json(), json!({"total": 2, "good": 1, "bad": 1}));
    assert_eq!(server.get("/inspect/good").json()[0]["payload"]["article_id"], "/articles/elk");
    let page = server.get("/inspect").text();
    assert!(
        page.contains("did you mean &quot;article_view&quot;?") && page.contains("1 good event, 1 wrong"),
        "{page}"
    );

    let file = project.dir().join("expect.toml");
    let expect = |text: &str| {
        std::fs::write(&file, text).unwrap();
        project.run(["expect", "expect.toml", "--within", "1", "--format", "json"])
    };
    let met = expect("bad = 1\n[[event]]\nname = \"article_view\"\nwhere = { \"context.platform\" = \"web\" }");
    assert_eq!((met.code, met.stdout.len()), (Some(0), 0), "{}", met.stderr);
    let unmet = expect("[[event]]\nname = \"article_view\"\nwhere = { \"payload.article_id\" = \"/articles/sea\" }");
    assert_eq!(unmet.code, Some(1));
    let said = String::from_utf8(unmet.stdout).unwrap();
    let nearest: Value = serde_json::from_str(said.lines().next().unwrap()).unwrap();
    assert_eq!(nearest["nearest"], "article_view 1: payload.article_id is \"/articles/elk\"");
    assert_eq!(said.lines().count(), 2, "the wrong event is not expected either: {said}");
    assert!(expect("[[event]]\nnam = 1").refused(2).contains("expect.toml:2:1"));

    let reset = server.connect().request("POST", "/inspect/reset", &[], b"").unwrap();
    assert_eq!(reset.json(), json!({"total": 0, "good": 0, "bad": 0}));
    server.stop();
    let ordinary = Server::up(&project);
    assert_eq!(ordinary.get("/inspect/all").status, 404);
    assert!(project.run(["expect", "expect.toml"]).code == Some(2));
    ordinary.stop();
}

#[test]
fn an_events_way_can_be_told_at_every_stage() {
    let project = Project::new();
    let server = Server::up(&project);
    server.send(&batch(&[("1", "article_view", 1), ("2", "artcle_view", 2), ("3", "article_view", 7)]));
    server.send(&batch(&[("1", "article_view", 1)]));
    server.wait_for_rows(2);
    eventually("the quarantined event is in its table", || (server.count("quarantine") == 1).then_some(()));
    let trace = |id: &str| -> Value {
        let ran = project.run(["trace", id, "--format", "json"]);
        serde_json::from_slice(&ran.stdout).unwrap_or_else(|_| panic!("{}", ran.stderr))
    };
    let good = trace("1");
    assert_eq!((&good["verdict"], &good["row"]["event"]), (&json!("ok"), &json!("article_view")));
    assert_eq!(good["commit"]["table"], "events");
    let version = good["commit"]["version"].as_i64().unwrap();
    let commits = server.rows(&format!("SELECT count(*) AS n FROM _judi.commits WHERE commit_version = {version}"));
    assert_ne!(commits[0]["n"], json!(0), "{good}");
    assert!(good["hops"][0]["shown"]["offset"].as_str().unwrap().starts_with("events/"));
    let bad = trace("2");
    assert_eq!((&bad["verdict"], &bad["commit"]["table"]), (&json!("quarantined"), &json!("quarantine")));
    assert!(bad["detail"].as_str().unwrap().contains("unknown_event"), "{bad}");
    let unknown = project.run(["trace", "nobody"]);
    assert_eq!(unknown.code, Some(1), "{}", unknown.stderr);
    let text = project.run(["trace", "1"]).done();
    for part in ["received", "verdict", "commit", "row", "article_view"] {
        assert!(text.contains(part), "{text}");
    }
    let loss = server.rows("SELECT app_version, events, gaps, lost FROM _judi.loss");
    assert_eq!(loss, [json!({"app_version": "7", "events": 3, "gaps": 1, "lost": 4})]);
    assert!(server.get("/loss").text().contains("4 of 7 events that installs numbered never came"));
    server.stop();
    // Without a server the log is read here.
    assert_eq!(trace("3")["verdict"], "ok");
}

#[test]
fn tail_follows_a_running_server_and_a_subscriber_goes_on_where_it_was() {
    let project = Project::new();
    assert!(project.run(["tail"]).refused(3).contains("judi up"));
    let server = Server::up(&project);
    server.send(&batch(&[("1", "article_view", 1), ("2", "artcle_view", 2)]));
    let all = project.run(["tail", "--from", "start", "--limit", "2", "--format", "json"]).done();
    assert_eq!(all.lines().count(), 2);
    let bad = project.run(["tail", "--from", "start", "--bad", "--limit", "1"]).done();
    assert!(bad.contains("quarantined") && bad.contains("did you mean"), "{bad}");
    assert!(project.run(["tail", "--event", "artcle_view"]).refused(2).contains("did you mean"));

    let mut child =
        project.command(["tail", "--limit", "1", "--format", "json"]).stdout(Stdio::piped()).spawn().unwrap();
    // It begins at the end: events are sent until it has seen one, which is then of these.
    let mut line = String::new();
    let mut sent = 0;
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let reading = std::thread::spawn(move || {
        out.read_line(&mut line).unwrap();
        line
    });
    eventually("tail has seen an event", || {
        sent += 1;
        server.send(&batch(&[(&format!("later-{sent}"), "article_view", 10 + sent)]));
        reading.is_finished().then_some(())
    });
    let seen: Value = serde_json::from_str(&reading.join().unwrap()).unwrap();
    assert!(seen["event_id"].as_str().unwrap().starts_with("later-"), "{seen}");
    assert!(child.wait().unwrap().success());
    server.stop();
}
