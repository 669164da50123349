//! Imports that meet trouble or company: damaged lines, files that are cut off, JSON, another import, a server that dies.

use std::fs;
use std::io::Write;
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};

use crate::access_log::{Oracle, assert_counts, real_log};
use crate::bed::{Project, assert_same_rows, eventually, json_lines};
use crate::outside::has_python;
use crate::running::Running;
use crate::server::Server;
use crate::synthetic;

fn args<'a>(file: &'a Path, input: &'a str) -> [&'a str; 6] {
    ["import", file.to_str().unwrap(), "--input", input, "--format", "json"]
}

fn account(stdout: &str) -> Value {
    let mut lines = json_lines(stdout);
    assert_eq!(lines.len(), 1, "the account is one line: {stdout}");
    lines.remove(0)
}

fn part(account: &Value, name: &str) -> u64 {
    account[name].as_u64().unwrap_or_else(|| panic!("no {name} in {account}"))
}

/// What is new by an account.
fn added(account: &Value) -> u64 {
    ["article_view", "page_view", "quarantined"].iter().map(|name| part(account, name)).sum()
}

/// One change of a line, of the kind that editors, disks and loggers make.
fn damage(rng: &mut fastrand::Rng, line: &mut Vec<u8>) {
    const BYTES: &[u8] = b" \"[]\\-/:?.=+&09aZ\t\xc3\xa4\xff";
    if line.is_empty() {
        return;
    }
    let (at, byte) = (rng.usize(0..line.len()), BYTES[rng.usize(0..BYTES.len())]);
    match rng.u32(0..6) {
        0 => line[at] = byte,
        1 => _ = line.remove(at),
        2 => line.insert(at, byte),
        3 => _ = line.drain(at..(at + rng.usize(1..30)).min(line.len())),
        4 => line.truncate(at),
        _ => {
            let mut words: Vec<_> = line.split(|byte| *byte == b' ').map(<[u8]>::to_vec).collect();
            let (one, other) = (rng.usize(0..words.len()), rng.usize(0..words.len()));
            words.swap(one, other);
            *line = words.join(&b' ');
        }
    }
}

#[test]
fn damaged_lines_are_judged_as_the_second_implementation_judges_them() {
    let Some(text) = real_log() else { return };
    if !has_python("datetime, gzip, json, re") {
        return;
    }
    let mut rng = fastrand::Rng::with_seed(2015);
    let mut damaged = Vec::new();
    for line in text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        let mut line = line.to_vec();
        for _ in 0..rng.u32(0..3) {
            damage(&mut rng, &mut line);
        }
        damaged.extend_from_slice(&line);
        damaged.push(b'\n');
    }
    let project = crate::access_log::project();
    let file = project.dir().join("damaged.log");
    fs::write(&file, damaged).unwrap();
    let oracle = Oracle::of(&file);
    assert!(oracle.unreadable_lines.len() > 3_000, "{} lines cannot be read", oracle.unreadable_lines.len());
    assert_eq!(account(&project.run(args(&file, "combined")).done()), oracle.account);
    assert_counts(&project, &oracle, &file);
}

#[test]
fn a_gzipped_file_that_is_cut_off_is_told_and_goes_on_when_it_is_whole() {
    let project = Project::new().with_config(synthetic::ARTICLES);
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(synthetic::lines(&mut fastrand::Rng::with_seed(3), 3, 2_000).as_bytes()).unwrap();
    let whole = encoder.finish().unwrap();
    let file = project.dir().join("access.log.gz");
    fs::write(&file, &whole[..whole.len() / 2]).unwrap();
    let ran = project.run(args(&file, "combined"));
    assert_eq!(ran.code, Some(3), "{}", ran.stderr);
    assert!(ran.stderr.contains("access.log.gz") && ran.stderr.contains("hint: "), "{}", ran.stderr);
    // What came before the end is in, and accounted for.
    let before = account(&String::from_utf8(ran.stdout).unwrap());
    assert!(part(&before, "read") > 500, "{before}");
    let rows =
        || project.number("SELECT count(*) AS n FROM events") + project.number("SELECT count(*) AS n FROM quarantine");
    assert_eq!(rows(), added(&before));

    fs::write(&file, &whole).unwrap();
    let after = account(&project.run(args(&file, "combined")).done());
    assert_eq!(part(&after, "read"), 2_000);
    assert!(part(&after, "duplicates") <= added(&before), "{after}");
    assert_eq!(rows(), added(&before) + added(&after));
}

#[test]
fn json_lines_come_in_with_their_own_times_and_each_kind_of_trouble_is_counted() {
    let project = Project::new();
    let event = |id: &str, event: &str, payload: Value| {
        json!({"event_id": id, "event": event, "occurred_at": "2026-03-01T23:59:59Z", "received_at": "2026-03-02T00:00:01.5Z",
            "context": {"anonymous_id": "a1", "app": "news"}, "payload": payload})
    };
    let elk = json!({"article_id": "/articles/elk"});
    let mut unnamed = event("", "page_view", json!({}));
    unnamed.as_object_mut().unwrap().remove("event_id");
    let lines = [
        event("one", "article_view", elk.clone()).to_string(),
        event("one", "article_view", elk.clone()).to_string(),
        unnamed.to_string(),
        event("unknown", "artcle_view", elk.clone()).to_string(),
        "{\"event\": \"page_view\",".to_owned(),
        event("large", "article_view", json!({"article_id": "/", "section": "x".repeat(40_000)})).to_string(),
        event("bot", "article_view", elk).to_string().replacen('{', "{\"is_bot\": true, ", 1),
    ];
    let file = project.dir().join("events.jsonl");
    fs::write(&file, lines.join("\n")).unwrap();
    let run = || {
        let ran = project.run(args(&file, "jsonl"));
        assert!(ran.stderr.contains("events.jsonl:6: "), "what is not kept is named: {}", ran.stderr);
        account(&ran.done_or_warned(&["events.jsonl:6: "]))
    };
    let first = run();
    let parts = |account: &Value| {
        ["read", "article_view", "page_view", "duplicates", "quarantined", "rejected"].map(|name| part(account, name))
    };
    assert_eq!(parts(&first), [7, 2, 1, 1, 2, 1], "{first}");
    let rows = project.rows("SELECT event_id, received_date, event_time, app, is_bot FROM events WHERE event = 'article_view' ORDER BY event_id");
    let row = |id: &str, is_bot: bool| json!({"event_id": id, "received_date": "2026-03-02", "event_time": "2026-03-01T23:59:59Z", "app": "news", "is_bot": is_bot});
    assert_eq!(rows, [row("bot", true), row("one", false)]);
    let quarantine = project.rows("SELECT reason, source FROM quarantine ORDER BY source");
    let place = |line: u32, reason: &str| json!({"reason": reason, "source": format!("{}:{line}", file.display())});
    assert_eq!(quarantine[0], place(4, "unknown_event"));
    assert_eq!(quarantine[1]["source"], place(5, "")["source"]);
    assert_eq!(parts(&run()), [7, 0, 0, 6, 0, 1]);
}

#[test]
fn two_imports_at_once_take_turns_and_every_line_is_there_once() {
    let without = Project::new().with_config(synthetic::ARTICLES);
    let file = without.dir().join("access.log");
    fs::write(&file, synthetic::lines(&mut fastrand::Rng::with_seed(4), 4, 4_000)).unwrap();
    let alone = account(&without.run(args(&file, "combined")).done());

    let project = Project::new().with_config(synthetic::ARTICLES).with_readers_of(&without);
    let both = [(); 2].map(|()| Running::start(&mut project.command(args(&file, "combined"))));
    let accounts =
        both.map(|import| account(&import.finish(&["another process has the project's log open; waiting for it"])));
    for account in &accounts {
        assert_eq!(added(account) + part(account, "duplicates"), added(&alone), "{accounts:?}");
    }
    assert_eq!(added(&accounts[0]) + added(&accounts[1]), added(&alone), "{accounts:?}");
    assert_same_rows(&project.all_rows(), &without.all_rows());
}

#[test]
fn an_import_whose_server_is_killed_says_what_to_do_and_doing_it_makes_it_whole() {
    let without = Project::new().with_config(synthetic::ARTICLES);
    let file = without.dir().join("access.log");
    fs::write(&file, synthetic::lines(&mut fastrand::Rng::with_seed(5), 5, 20_000)).unwrap();
    without.run(args(&file, "combined")).done();

    let project = Project::new().with_config(synthetic::ARTICLES).with_readers_of(&without);
    let server = Server::up(&project);
    let mut import = Running::start(&mut project.command(args(&file, "combined")));
    eventually("the import's first lines are on the log", || (project.log_bytes() > 0).then_some(()));
    server.kill(&[]);
    assert_eq!(import.wait().code(), Some(3), "{}", import.said());
    assert!(import.said().contains("hint: what it took is kept; run the same import again"), "{}", import.said());

    let server = Server::up(&project);
    let again = account(&project.run(args(&file, "combined")).done());
    assert_eq!(part(&again, "read"), 20_000);
    // The kill may have come in the middle of a write, which nobody was told is done.
    server.stop_by("TERM", &["the torn end of a write that was never acknowledged"]);
    assert_same_rows(&project.all_rows(), &without.all_rows());
}
