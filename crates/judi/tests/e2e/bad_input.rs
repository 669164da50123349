//! Input of every kind that is wrong: each has its documented answer, and the server lives on in the same memory.

use std::fs;
use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};

use crate::bed::Project;
use crate::http::Connection;
use crate::protobuf;
use crate::server::{JSON_BATCH, Server};

const PROTOBUF_BATCH: [(&str, &str); 2] = [("Authorization", "Bearer dev"), ("Content-Type", "application/x-protobuf")];

const RANDOM_BODIES: usize = 10_000;
const CONNECTIONS: usize = 4;

/// How much more memory the server may have after all of it: allocators keep some, a leak of these bodies would be more.
const GROWTH_KILOBYTES_MAX: u64 = 64 << 10;

/// What is wrong, headers, body, and the status and code of the answer.
type Case<'a> = (&'a str, Vec<(&'a str, &'a str)>, &'a [u8], u16, &'a str);

fn json_batch(event: &Value) -> Vec<u8> {
    json!({"context": {"anonymous_id": "a1"}, "events": [event]}).to_string().into_bytes()
}

fn article(event_id: &str) -> Value {
    json!({"event_id": event_id, "event": "article_view", "payload": {"article_id": "/articles/elk"}})
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// Headers with others in place of those of the same name, or added.
fn but<'a>(headers: [(&'a str, &'a str); 2], name: &'a str, value: &'a str) -> Vec<(&'a str, &'a str)> {
    let mut headers: Vec<_> = headers.into_iter().filter(|(header, _)| *header != name).collect();
    headers.push((name, value));
    headers
}

#[test]
fn a_body_that_is_wrong_as_a_whole_has_its_documented_status() {
    let project = Project::new().with_config(
        "[collect.limits]\nbatch_events = 100\n\n\
         [[collect.keys]]\nkey = \"old\"\nname = \"old app\"\nenabled = false\n\n\
         [[collect.keys]]\nkey = \"site\"\nname = \"site\"\norigins = [\"https://www.example.se\"]\n",
    );
    let server = Server::up(&project);
    let good = json_batch(&article("good"));
    let protobuf = protobuf::batch("p", "article_view", &protobuf::bytes(1, "/articles/elk"));
    let truncated = &protobuf[..protobuf.len() - 3];
    let too_many = json!({"events": vec![article("many"); 101]}).to_string();
    let large = vec![b' '; 4_000_001];
    let bomb = gzip(&vec![b' '; 17_000_000]);
    let cases: [Case<'_>; 15] = [
        ("malformed JSON", JSON_BATCH.into(), b"{\"events\": [", 400, "unreadable"),
        ("JSON that is no batch", JSON_BATCH.into(), b"[1, 2]", 400, "unreadable"),
        ("no body", JSON_BATCH.into(), b"", 400, "unreadable"),
        ("text that is no UTF-8", JSON_BATCH.into(), b"{\"events\": [\"\xff\"]}", 400, "unreadable"),
        ("truncated protobuf", PROTOBUF_BATCH.into(), truncated, 400, "unreadable"),
        ("no gzip", but(JSON_BATCH, "Content-Encoding", "gzip"), &good, 400, "unreadable"),
        ("a wrong key", but(JSON_BATCH, "Authorization", "Bearer wrong"), &good, 401, "unknown_key"),
        ("no key", vec![JSON_BATCH[1]], &good, 401, "no_key"),
        ("a disabled key", but(JSON_BATCH, "Authorization", "Bearer old"), &good, 403, "disabled_key"),
        (
            "a foreign origin",
            [&but(JSON_BATCH, "Authorization", "Bearer site")[..], &[("Origin", "https://evil.example")]].concat(),
            &good,
            403,
            "foreign_origin",
        ),
        ("a batch over its bytes", JSON_BATCH.into(), &large, 413, "too_large"),
        ("a batch that inflates", but(JSON_BATCH, "Content-Encoding", "gzip"), &bomb, 413, "too_large"),
        ("too many events", JSON_BATCH.into(), too_many.as_bytes(), 413, "too_large"),
        ("another type", but(JSON_BATCH, "Content-Type", "text/csv"), &good, 415, "unsupported_type"),
        ("another encoding", but(JSON_BATCH, "Content-Encoding", "lzma"), &good, 415, "unsupported_encoding"),
    ];
    for (what, headers, body, status, code) in cases {
        let answer = server.connect().request("POST", "/v1/events", &headers, body).unwrap();
        assert_eq!(answer.status, status, "{what}: {}", answer.text());
        let told = answer.json();
        assert_eq!(told["error"], code, "{what}: {told}");
        assert!(!told["message"].as_str().unwrap().is_empty() && !told["hint"].as_str().unwrap().is_empty(), "{what}");
    }
    server.stop();
    assert_eq!(project.number("SELECT count(*) AS n FROM events"), 0);
    assert_eq!(project.number("SELECT count(*) AS n FROM quarantine"), 0);
}

#[test]
fn an_event_that_does_not_fit_has_its_reason_in_the_answer_and_in_quarantine() {
    let project = Project::new();
    let server = Server::up(&project);
    let event = |id: &str, event: &str, payload: Value| json!({"event_id": id, "event": event, "payload": payload});
    let elk = json!({"article_id": "/articles/elk"});
    let long = "x".repeat(501);
    let cases = [
        (event("good", "article_view", elk.clone()), "ok", Value::Null, ""),
        (event("misspelt", "artcle_view", elk), "quarantined", json!("unknown_event"), "article_view"),
        (
            event("typed", "article_view", json!({"article_id": 7})),
            "quarantined",
            json!("invalid_payload"),
            "article_id",
        ),
        (
            event("missing", "article_view", json!({"section": "sport"})),
            "quarantined",
            json!("invalid_payload"),
            "article_id",
        ),
        (event("rule", "scroll", json!({"depth_percent": 101})), "quarantined", json!("constraint"), "depth_percent"),
        (event("long", "article_view", json!({"article_id": long})), "quarantined", json!("constraint"), "article_id"),
        (
            event("large", "article_view", json!({"article_id": "/", "section": "x".repeat(33_000)})),
            "rejected",
            json!("too_large"),
            "",
        ),
    ];
    let events: Vec<_> = cases.iter().map(|(event, ..)| event.clone()).collect();
    let body = json!({"context": {"anonymous_id": "a1"}, "events": events}).to_string();
    let answer = server.send(&body);
    assert_eq!(answer.status, 200, "{}", answer.text());
    let answer = answer.json();
    let results = answer["results"].as_array().unwrap();
    assert_eq!(results.len(), cases.len());
    for ((event, status, reason, field), result) in cases.iter().zip(results) {
        assert_eq!(result["event_id"], event["event_id"]);
        assert_eq!((&result["status"], &result["reason"]), (&json!(status), reason), "{result}");
        assert!(result["detail"].as_str().unwrap_or_default().contains(field), "{result}");
    }
    // The same in protobuf: a payload that is cut off, and one in which a number stands for the text.
    let payload = protobuf::bytes(1, "/articles/elk");
    for (id, payload, reason) in
        [("cut", &payload[..5], "undecodable"), ("wire", &protobuf::number(1, 7)[..], "undecodable")]
    {
        let body = protobuf::batch(id, "article_view", payload);
        let answer = server.connect().request("POST", "/v1/events", &PROTOBUF_BATCH, &body).unwrap().json();
        let result = &answer["results"][0];
        assert_eq!((&result["status"], &result["reason"]), (&json!("quarantined"), &json!(reason)), "{id}: {answer}");
    }
    server.stop();

    let rows = project.rows("SELECT event_id, event, reason, source, payload FROM quarantine ORDER BY event_id");
    let mut expected: Vec<_> = cases.iter().filter(|(_, status, ..)| *status == "quarantined").collect();
    expected.sort_by_key(|(event, ..)| event["event_id"].to_string());
    let json_rows: Vec<_> = rows.iter().filter(|row| row["event_id"] != "cut" && row["event_id"] != "wire").collect();
    assert_eq!((rows.len(), json_rows.len()), (expected.len() + 2, expected.len()));
    for (row, (event, _, reason, _)) in json_rows.iter().zip(expected) {
        assert_eq!((&row["event_id"], &row["event"], &row["reason"]), (&event["event_id"], &event["event"], reason));
        assert_eq!(row["source"], "dev", "the key's name");
        assert!(!row["payload"].as_str().unwrap().is_empty(), "its bytes are kept: {row}");
    }
    assert_eq!(project.rows("SELECT event_id FROM events"), [json!({"event_id": "good"})]);
}

#[test]
fn ten_thousand_random_bodies_get_documented_answers_in_flat_memory() {
    let project = Project::new();
    let server = Server::up(&project);
    let send = |seed: u64, bodies: usize| {
        let mut rng = fastrand::Rng::with_seed(seed);
        let mut connection = server.connect();
        let mut statuses = [0; 600];
        for _ in 0..bodies {
            statuses[usize::from(random_request(&mut rng, &mut connection))] += 1;
        }
        statuses
    };
    // What the server needs once is not what it would lose each time.
    send(1, 1_000);
    let before = resident_kilobytes(server.pid());
    let statuses = std::thread::scope(|scope| {
        let started: Vec<_> =
            (0..CONNECTIONS).map(|n| scope.spawn(move || send(2 + n as u64, RANDOM_BODIES / CONNECTIONS))).collect();
        started.into_iter().map(|thread| thread.join().unwrap()).collect::<Vec<_>>()
    });
    let after = resident_kilobytes(server.pid());
    assert!(after < before + GROWTH_KILOBYTES_MAX, "{before} kB before, {after} kB after");
    let of_status = |status: usize| statuses.iter().map(|counts| counts[status]).sum::<usize>();
    assert!(
        of_status(200) > 100 && of_status(400) > 1_000,
        "{} times 200, {} times 400",
        of_status(200),
        of_status(400)
    );

    let answer = server.send(&String::from_utf8(json_batch(&article("good"))).unwrap());
    assert_eq!(answer.json()["results"][0]["status"], "ok");
    server.stop();
    assert_eq!(project.number("SELECT count(*) AS n FROM events WHERE event_id = 'good'"), 1);
}

/// Sends bytes that are random, or a good body with some bytes changed; the status.
fn random_request(rng: &mut fastrand::Rng, connection: &mut Connection) -> u16 {
    let kind = ["application/json", "application/x-protobuf", "text/plain"][rng.usize(0..3)];
    let mut body = match rng.u32(0..3) {
        0 => {
            let mut bytes = vec![0; rng.usize(0..2_000)];
            rng.fill(&mut bytes);
            bytes
        }
        1 => json_batch(&article("random")),
        _ => protobuf::batch("random", "article_view", &protobuf::bytes(1, "/articles/elk")),
    };
    for _ in 0..rng.usize(0..4) {
        if !body.is_empty() {
            let at = rng.usize(0..body.len());
            body[at] = rng.u8(..);
        }
    }
    let mut headers = vec![("Authorization", "Bearer dev"), ("Content-Type", kind)];
    match rng.u32(0..8) {
        0 => headers.push(("Content-Encoding", ["gzip", "zstd", "br"][rng.usize(0..3)])),
        1 => {
            body = gzip(&body);
            headers.push(("Content-Encoding", "gzip"));
        }
        _ => {}
    }
    let answer = connection.request("POST", "/v1/events", &headers, &body).unwrap();
    assert!([200, 400, 413, 429].contains(&answer.status), "{}: {} for {body:?}", answer.status, answer.text());
    if answer.status == 200 {
        for result in answer.json()["results"].as_array().unwrap() {
            let status = result["status"].as_str().unwrap();
            assert!(["ok", "duplicate", "quarantined", "rejected", "retry"].contains(&status), "{result} for {body:?}");
        }
    } else {
        assert!(answer.json()["error"].is_string(), "{}", answer.text());
    }
    answer.status
}

/// Memory of a process that is not swapped out.
fn resident_kilobytes(pid: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().strip_suffix(" kB").unwrap().parse().unwrap()
}
