//! SIGKILL at any moment of import, of judging and of serving: what the tables hold in the end is what they would
//! hold without it.

use std::collections::BTreeSet;
use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::bed::{PAUSE, Project, assert_same_rows, eventually, json_lines};
use crate::http::Connection;
use crate::running::Running;
use crate::server::{JSON_BATCH, Server};
use crate::synthetic;

/// Which moments are the random ones.
const SEED: u64 = 20_261_125;

const IMPORT_KILLS: usize = 50;
const LINES_PER_FILE: usize = 500;
const SERVER_KILLS: usize = 12;
const CLIENTS: u64 = 3;

/// What a start after a kill may say: neither is about anything that was acknowledged.
const AFTER_KILL: [&str; 2] = ["that was never acknowledged", "the dedup index is made again"];

#[test]
fn an_import_that_is_killed_fifty_times_leaves_the_tables_of_one_that_is_not() {
    let mut rng = fastrand::Rng::with_seed(SEED);
    let folder = tempfile::tempdir().unwrap();
    let files: Vec<_> = (0..IMPORT_KILLS)
        .map(|name| {
            let path = folder.path().join(format!("access-{name:02}.log"));
            fs::write(&path, synthetic::lines(&mut rng, name, LINES_PER_FILE)).unwrap();
            path
        })
        .collect();
    let without = Project::new().with_config(synthetic::ARTICLES);
    let started = Instant::now();
    without.run(import_args(&files[..2])).done();
    let usual = started.elapsed();
    without.run(import_args(&files)).done();

    let killed = Project::new().with_config(synthetic::ARTICLES).with_readers_of(&without);
    // One moment in each fiftieth of the time that an import takes, in any order.
    let mut moments: Vec<_> = (0..IMPORT_KILLS).map(|n| (n as f64 + rng.f64()) / IMPORT_KILLS as f64).collect();
    rng.shuffle(&mut moments);
    let mut in_the_middle = 0;
    for (kill, moment) in moments.into_iter().enumerate() {
        // What was killed last begins again, with one file more.
        let args = import_args(&files[kill.saturating_sub(1)..=kill]);
        let before = killed.log_bytes();
        let mut delay = usual.mul_f64(moment);
        while !is_killed_after(&killed, &args, delay) {
            // It was done before: no kill.
            delay = delay.mul_f64(0.7);
        }
        in_the_middle += usize::from(killed.log_bytes() > before);
    }
    assert!(in_the_middle >= IMPORT_KILLS / 10, "{in_the_middle} kills were after an import's first append");

    let account = killed.run(import_args(&files)).done_or_warned(&AFTER_KILL);
    let account = json_lines(&account).remove(0);
    assert_eq!(account["read"], IMPORT_KILLS * LINES_PER_FILE);
    assert_same_rows(&killed.all_rows(), &without.all_rows());
    let again = json_lines(&killed.run(import_args(&files)).done()).remove(0);
    assert_eq!((&again["article_view"], &again["page_view"], &again["quarantined"]), (&json!(0), &json!(0), &json!(0)));
}

fn import_args(files: &[PathBuf]) -> Vec<String> {
    let files = files.iter().map(|file| file.to_str().unwrap().to_owned());
    let mut args = vec!["import".to_owned()];
    args.extend(files);
    args.extend(["--input", "combined", "--format", "json"].map(str::to_owned));
    args
}

/// Kills a command after so long; `false` when it had ended before.
fn is_killed_after(project: &Project, args: &[String], delay: Duration) -> bool {
    let running = Running::start(&mut project.command(args));
    std::thread::sleep(delay);
    let status = running.kill(&AFTER_KILL);
    assert!(status.code().is_none_or(|code| code == 0), "{status}");
    status.code().is_none()
}

/// What the clients of a server that is killed have in common.
#[derive(Default)]
struct Traffic {
    address: Mutex<Option<SocketAddr>>,
    acknowledged: AtomicU64,
    is_over: AtomicBool,
}

/// What one client did.
#[derive(Default)]
struct Sent {
    sent: BTreeSet<String>,
    acknowledged: BTreeSet<String>,
}

#[test]
fn a_server_that_is_killed_twelve_times_keeps_what_it_acknowledged_once_and_nothing_else() {
    let project = Project::new();
    let traffic = Traffic::default();
    let sent = std::thread::scope(|scope| {
        let traffic = &traffic;
        let clients: Vec<_> = (0..CLIENTS).map(|name| scope.spawn(move || client(name, traffic))).collect();
        let mut rng = fastrand::Rng::with_seed(SEED);
        for _ in 0..SERVER_KILLS {
            let server = Server::up(&project);
            let before = traffic.acknowledged.load(Ordering::Relaxed);
            *traffic.address.lock().unwrap() = Some(server.address());
            eventually("an event is acknowledged", || {
                (traffic.acknowledged.load(Ordering::Relaxed) > before).then_some(())
            });
            std::thread::sleep(Duration::from_millis(rng.u64(0..500)));
            *traffic.address.lock().unwrap() = None;
            server.kill(&AFTER_KILL);
        }
        let server = Server::up(&project);
        *traffic.address.lock().unwrap() = Some(server.address());
        std::thread::sleep(PAUSE * 10);
        traffic.is_over.store(true, Ordering::Relaxed);
        let sent: Vec<_> = clients.into_iter().map(|client| client.join().unwrap()).collect();
        server.stop_by("TERM", &AFTER_KILL);
        sent
    });

    let rows =
        project.rows("SELECT event_id, article_id, count(*) AS n FROM article_view GROUP BY event_id, article_id");
    let mut found = BTreeSet::new();
    for row in &rows {
        let text = |name: &str| row[name].as_str().unwrap().to_owned();
        assert_eq!((text("article_id"), &row["n"]), (article_of(&text("event_id")), &json!(1)), "{row}");
        assert!(found.insert(text("event_id")), "{row}");
    }
    let lost: Vec<_> = sent.iter().flat_map(|one| &one.acknowledged).filter(|id| !found.contains(*id)).collect();
    assert!(lost.is_empty(), "{} acknowledged events are lost: {:?}", lost.len(), &lost[..lost.len().min(5)]);
    for id in &found {
        assert!(sent.iter().any(|one| one.sent.contains(id)), "{id} was never sent");
    }
    assert_eq!(project.number("SELECT count(*) AS n FROM quarantine"), 0);
    assert!(found.len() > 500, "{} events are too few to show anything", found.len());
}

fn article_of(event_id: &str) -> String {
    format!("/articles/{event_id}")
}

/// Sends one batch after another; one that was not answered is sent again, or given up.
fn client(name: u64, traffic: &Traffic) -> Sent {
    let mut rng = fastrand::Rng::with_seed(SEED + name);
    let mut sent = Sent::default();
    let mut unanswered: Option<Vec<String>> = None;
    let mut connection = None;
    for batch in 0.. {
        if traffic.is_over.load(Ordering::Relaxed) {
            break;
        }
        std::thread::sleep(Duration::from_millis(5));
        let Some(address) = *traffic.address.lock().unwrap() else { continue };
        let fresh = || (0..10).map(|n| format!("{name}-{batch}-{n}")).collect();
        let ids = unanswered.take().filter(|_| rng.bool()).unwrap_or_else(fresh);
        match send(&mut connection, address, name, &ids, &mut sent) {
            Some(acknowledged) => {
                traffic.acknowledged.fetch_add(acknowledged.len() as u64, Ordering::Relaxed);
                sent.acknowledged.extend(acknowledged);
            }
            None => {
                connection = None;
                unanswered = Some(ids);
            }
        }
    }
    sent
}

/// The ids of a batch that were answered to be there; `None` when there was no answer, or only a "later".
fn send(
    connection: &mut Option<Connection>,
    address: SocketAddr,
    client: u64,
    ids: &[String],
    sent: &mut Sent,
) -> Option<Vec<String>> {
    if connection.is_none() {
        *connection = Connection::open(address).ok();
    }
    let events: Vec<_> = ids
        .iter()
        .map(|id| json!({"event_id": id, "event": "article_view", "payload": {"article_id": article_of(id)}}))
        .collect();
    let body = json!({"context": {"anonymous_id": format!("a{client}")}, "events": events}).to_string();
    let connection = connection.as_mut()?;
    sent.sent.extend(ids.iter().cloned());
    let answer = connection.request("POST", "/v1/events", &JSON_BATCH, body.as_bytes()).ok()?;
    assert!([200, 429, 503].contains(&answer.status), "{}", answer.text());
    if answer.status != 200 {
        return None;
    }
    let answer = answer.json();
    let results = answer["results"].as_array().unwrap();
    assert_eq!(results.len(), ids.len());
    let is_kept = |result: &&Value| result["status"] == "ok" || result["status"] == "duplicate";
    Some(results.iter().filter(is_kept).map(|result| result["event_id"].as_str().unwrap().to_owned()).collect())
}
