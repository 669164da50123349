//! From accepted to visible: a thousand events a second come in; of some of them it is measured how long after their
//! answer a query finds them.
//!
//! One query in a loop asks for all events that are waited for, so a figure is too high by up to the time of one
//! query, and never too low.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::mpsc::{self, Receiver, Sender, TryRecvError};
use std::time::{Duration, Instant};

use judi_schema::model::Model;
use judi_world::World;
use serde_json::{Value, json};

use super::articles::Articles;
use super::http::{Connection, post};
use super::project::{Project, beginning};
use super::report::{Durations, Report, time};
use super::requests::{Form, Request, event_id};
use super::schema;
use crate::failure::Failure;

const TARGET: Duration = Duration::from_secs(5);
/// Together a thousand events a second.
const BATCH_EVENTS: usize = 20;
const BATCH_INTERVAL: Duration = Duration::from_millis(20);
/// Of every tenth batch the last event is looked for: five a second.
const SAMPLED_BATCHES: u64 = 10;
/// How long the last events are waited for; what is not visible by then is lost.
const PATIENCE: Duration = Duration::from_secs(30);
/// A pause between queries, so that asking is not what is measured.
const PAUSE: Duration = Duration::from_millis(10);

/// An event that was accepted at this moment.
type Accepted = (String, Instant);

/// Runs the bench.
pub(crate) fn run(folder: Option<&Path>, seconds: u64) -> Result<(), Failure> {
    let report = Report::begin("freshness", &format!("1,000 events/s in batches of {BATCH_EVENTS}, {seconds} s"));
    let schemas = schema::newsroom()?;
    let project = Project::init(folder, "")?;
    let judi = project.up()?;
    let (address, sending) = (judi.address, Duration::from_secs(seconds));
    let model = std::sync::Arc::clone(schemas.current());
    let (accepted, waited_for) = mpsc::channel();
    let sender = std::thread::spawn(move || send(address, &model, sending, &accepted));
    let seen = watch(address, &waited_for);
    let sent = sender.join().map_err(|_| Failure::io("the sender")(std::io::Error::other("its thread died")))??;
    let (visible, queries) = seen?;
    let (visible, queries) = (Durations::from(visible), Durations::from(queries));
    let wanted = sent.batches.div_ceil(SAMPLED_BATCHES);
    if visible.len() as u64 != wanted {
        let found = visible.len().to_string();
        return Err(Failure::Wrong {
            what: "accepted events that became visible".to_owned(),
            found,
            wanted: wanted.to_string(),
        });
    }
    let rate = sent.batches as f64 * BATCH_EVENTS as f64 / sent.elapsed.as_secs_f64();
    report.figure("sent", &format!("{rate:.0} events/s"), &format!("{} of them looked for", visible.len()));
    let p99 = visible.quantile(0.99);
    report.figure("accepted to visible, p50", &time(visible.quantile(0.5)), "");
    report.figure("accepted to visible, p99", &time(p99), &format!("longest {}", time(visible.quantile(1.0))));
    let note = format!("p99 {}: figures are too high by up to this", time(queries.quantile(0.99)));
    report.figure("  one query, p50", &time(queries.quantile(0.5)), &note);
    let floor = Duration::from_millis(500);
    report.figure(
        "  the limit",
        &time(floor),
        "the interval of commits (judge.commit_interval): half of it on average",
    );
    report.end(&format!("p99 {}", time(TARGET)), p99 <= TARGET);
    Ok(())
}

#[derive(Debug)]
struct Sent {
    batches: u64,
    elapsed: Duration,
}

/// Sends at a steady rate; tells which events to look for.
fn send(address: SocketAddr, model: &Model, sending: Duration, accepted: &Sender<Accepted>) -> Result<Sent, Failure> {
    let failed = || Failure::io(format!("send to {address}"));
    let articles = Articles::new(model)?;
    let mut draw = articles.draw(7);
    let now_us = World::system().clock.now().0;
    let mut requests = (0..50)
        .map(|_| Request::new(model, &articles, &mut draw, Form::Protobuf, BATCH_EVENTS, now_us))
        .collect::<Result<Vec<_>, _>>()?;
    let mut connection = Connection::open(address).map_err(failed())?;
    let (started, mut next, mut batches) = (Instant::now(), 1, 0_u64);
    while started.elapsed() < sending {
        let place = usize::try_from(batches).unwrap_or(0) % requests.len();
        let Some(request) = requests.get_mut(place) else { break };
        let (status, answer) = connection.exchange(request.renumbered(&mut next)).map_err(failed())?;
        if status != 200 {
            let body = beginning(&String::from_utf8_lossy(answer));
            return Err(Failure::Answer { request: "a batch".to_owned(), status, body });
        }
        if batches.is_multiple_of(SAMPLED_BATCHES) {
            // When nobody watches any more, the watcher says why.
            let _ = accepted.send((event_id(next - 1), Instant::now()));
        }
        batches += 1;
        let due = started + BATCH_INTERVAL * u32::try_from(batches).unwrap_or(u32::MAX);
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
    }
    Ok(Sent { batches, elapsed: started.elapsed() })
}

/// Asks until everything that was accepted is visible: how long that took for each, and how long each query took.
fn watch(address: SocketAddr, waited_for: &Receiver<Accepted>) -> Result<(Vec<Duration>, Vec<Duration>), Failure> {
    let mut connection = Connection::open(address).map_err(Failure::io(format!("ask {address}")))?;
    let mut waiting: HashMap<String, Instant> = HashMap::new();
    let (mut visible, mut queries) = (Vec::new(), Vec::new());
    let mut sender_ended = None;
    loop {
        loop {
            match waited_for.try_recv() {
                Ok((id, at)) => drop(waiting.insert(id, at)),
                Err(TryRecvError::Empty) => break,
                Err(TryRecvError::Disconnected) => {
                    sender_ended.get_or_insert_with(Instant::now);
                    break;
                }
            }
        }
        if sender_ended.is_some_and(|ended| waiting.is_empty() || ended.elapsed() > PATIENCE) {
            return Ok((visible, queries));
        }
        if !waiting.is_empty() {
            let asked = Instant::now();
            let found = ask(&mut connection, waiting.keys())?;
            queries.push(asked.elapsed());
            let now = Instant::now();
            visible.extend(found.iter().filter_map(|id| waiting.remove(id)).map(|at| now.duration_since(at)));
        }
        std::thread::sleep(PAUSE);
    }
}

/// Which of these events a query finds.
fn ask<'a>(connection: &mut Connection, ids: impl Iterator<Item = &'a String>) -> Result<Vec<String>, Failure> {
    let quoted: Vec<String> = ids.map(|id| format!("'{id}'")).collect();
    let sql = format!("SELECT event_id FROM events WHERE event_id IN ({})", quoted.join(", "));
    let request =
        post("/api/v1/sql", &[("Content-Type", "application/json")], json!({ "sql": sql }).to_string().as_bytes());
    let (status, answer) = connection.exchange(&request).map_err(Failure::io("POST /api/v1/sql"))?;
    let text = String::from_utf8_lossy(answer);
    if status != 200 {
        return Err(Failure::Answer { request: sql, status, body: beginning(&text) });
    }
    let rows = text.lines().map(|line| serde_json::from_str::<Value>(line).map_err(Failure::stage("an answer's row")));
    rows.map(|row| Ok(row?["event_id"].as_str().unwrap_or_default().to_owned())).collect()
}
