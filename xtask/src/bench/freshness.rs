//! From accepted to visible: events come in at a steady rate; of some of them it is measured how long after their answer
//! a query finds them.
//!
//! One query in a loop asks for all events that are waited for, among those received since the oldest of them was sent. So
//! a figure is too high by up to the time of one query, and never too low.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, Sender, TryRecvError};
use std::time::{Duration, Instant};

use chrono::DateTime;
use judi_schema::model::Model;
use judi_world::World;
use serde_json::{Value, json};

use super::articles::Articles;
use super::http::{Connection, post};
use super::project::{Project, beginning};
use super::report::{Durations, Report, count, rate, time};
use super::requests::{Form, Request, event_id};
use super::schema;
use crate::failure::Failure;

const TARGET: Duration = Duration::from_secs(2);
const BATCH_EVENTS: usize = 100;
/// Connections that send, each with one batch in flight.
const CONNECTIONS: u64 = 4;
/// Batches of a second of which the last event is looked for.
const SAMPLES_PER_SECOND: u64 = 5;
/// When a server says that it is full.
const BACK_OFF: Duration = Duration::from_millis(20);
/// Clocks of sender and server are one; this is for what lies between.
const MARGIN: Duration = Duration::from_secs(1);
/// How long the last events are waited for; what is not visible by then is lost.
const PATIENCE: Duration = Duration::from_secs(30);
/// A pause between queries, so that asking is not what is measured.
const PAUSE: Duration = Duration::from_millis(10);

/// An event that was accepted at this moment.
type Accepted = (String, Moment);

/// By the clock that nobody sets, and by the one that stands beside events.
#[derive(Debug, Clone, Copy)]
struct Moment {
    at: Instant,
    us: i64,
}

/// Runs the bench.
pub(crate) fn run(folder: Option<&Path>, seconds: u64, events_per_second: u64) -> Result<(), Failure> {
    let what = format!("{} events/s in batches of {BATCH_EVENTS}, {seconds} s", count(events_per_second as f64));
    let report = Report::begin("freshness", &what);
    let schemas = schema::newsroom()?;
    let project = Project::init(folder, "")?;
    let judi = project.up()?;
    let (address, sending) = (judi.address, Duration::from_secs(seconds));
    let (accepted, waited_for) = mpsc::channel();
    let pace = Pace::of(events_per_second);
    let senders: Vec<_> = (0..CONNECTIONS)
        .map(|number| {
            let (model, accepted) = (Arc::clone(schemas.current()), accepted.clone());
            std::thread::spawn(move || send(address, &model, sending, number, pace, &accepted))
        })
        .collect();
    drop(accepted);
    let seen = watch(address, &waited_for);
    let mut sent = Sent::default();
    for sender in senders {
        let one = sender.join().map_err(|_| Failure::io("a sender")(std::io::Error::other("its thread died")))??;
        sent = Sent {
            batches: sent.batches + one.batches,
            refused: sent.refused + one.refused,
            sampled: sent.sampled + one.sampled,
            elapsed: sent.elapsed.max(one.elapsed),
        };
    }
    let (visible, queries) = seen?;
    let (visible, queries) = (Durations::from(visible), Durations::from(queries));
    if visible.len() as u64 != sent.sampled {
        let (found, wanted) = (visible.len().to_string(), sent.sampled.to_string());
        return Err(Failure::Wrong { what: "accepted events that became visible".to_owned(), found, wanted });
    }
    let rate = rate(sent.batches * BATCH_EVENTS as u64, sent.elapsed);
    let refused = if sent.refused > 0 { format!("; {} answers 429", sent.refused) } else { String::new() };
    report.figure("sent", &format!("{} events/s", count(rate)), &format!("{} looked for{refused}", visible.len()));
    let p99 = visible.quantile(0.99);
    report.figure("accepted to visible, p50", &time(visible.quantile(0.5)), "");
    report.figure("accepted to visible, p99", &time(p99), &format!("longest {}", time(visible.quantile(1.0))));
    let note = format!("p99 {}: figures are too high by up to this", time(queries.quantile(0.99)));
    report.figure("  one query, p50", &time(queries.quantile(0.5)), &note);
    let waiting = judi.telemetry("judi_judge_lag_records")?;
    report.figure("  not judged at the end", &format!("{} events", count(waiting)), "");
    let floor = Duration::from_millis(500);
    report.figure(
        "  the limit",
        &time(floor),
        "the interval of commits (judge.commit_interval): half of it on average",
    );
    // What was sent slower than asked shows nothing.
    let kept_up = rate >= 0.95 * events_per_second as f64;
    report.end(&format!("p99 {}", time(TARGET)), kept_up && p99 <= TARGET);
    Ok(())
}

/// How one connection sends.
#[derive(Debug, Clone, Copy)]
struct Pace {
    batch_interval: Duration,
    /// Of so many batches one is looked for.
    sample_every: u64,
}

impl Pace {
    fn of(events_per_second: u64) -> Self {
        let batches = (events_per_second / BATCH_EVENTS as u64).max(CONNECTIONS);
        Self {
            batch_interval: Duration::from_secs(CONNECTIONS) / u32::try_from(batches).unwrap_or(u32::MAX),
            sample_every: (batches / SAMPLES_PER_SECOND).max(1),
        }
    }
}

#[derive(Debug, Default)]
struct Sent {
    batches: u64,
    refused: u64,
    sampled: u64,
    elapsed: Duration,
}

/// Sends at a steady rate; tells which events to look for.
fn send(
    address: SocketAddr,
    model: &Model,
    sending: Duration,
    number: u64,
    pace: Pace,
    accepted: &Sender<Accepted>,
) -> Result<Sent, Failure> {
    let failed = || Failure::io(format!("send to {address}"));
    let articles = Articles::new(model)?;
    let mut draw = articles.draw(7 + number);
    let mut requests = (0..16)
        .map(|_| Request::new(model, &articles, &mut draw, Form::Protobuf, BATCH_EVENTS, now_us()))
        .collect::<Result<Vec<_>, _>>()?;
    let mut connection = Connection::open(address).map_err(failed())?;
    // Each connection has ids of its own.
    let (started, mut next, mut sent) = (Instant::now(), (number << 40) + 1, Sent::default());
    let mut due = started;
    while started.elapsed() < sending {
        let place = usize::try_from(sent.batches).unwrap_or(0) % requests.len();
        let Some(request) = requests.get_mut(place) else { break };
        let (status, answer) = connection.exchange(request.renumbered(&mut next)).map_err(failed())?;
        match status {
            200 => {}
            429 => {
                sent.refused += 1;
                std::thread::sleep(BACK_OFF);
                continue;
            }
            _ => {
                let body = beginning(&String::from_utf8_lossy(answer));
                return Err(Failure::Answer { request: "a batch".to_owned(), status, body });
            }
        }
        if (sent.batches * CONNECTIONS + number).is_multiple_of(pace.sample_every) {
            sent.sampled += 1;
            // When nobody watches any more, the watcher says why.
            let _ = accepted.send((event_id(next - 1), Moment { at: Instant::now(), us: now_us() }));
        }
        sent.batches += 1;
        due += pace.batch_interval;
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
    }
    sent.elapsed = started.elapsed();
    Ok(sent)
}

fn now_us() -> i64 {
    World::system().clock.now().0
}

/// Asks until everything that was accepted is visible: how long that took for each, and how long each query took.
fn watch(address: SocketAddr, waited_for: &Receiver<Accepted>) -> Result<(Vec<Duration>, Vec<Duration>), Failure> {
    let mut connection = Connection::open(address).map_err(Failure::io(format!("ask {address}")))?;
    let mut waiting: HashMap<String, Moment> = HashMap::new();
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
            let found = ask(&mut connection, &waiting)?;
            queries.push(asked.elapsed());
            let now = Instant::now();
            visible.extend(found.iter().filter_map(|id| waiting.remove(id)).map(|sent| now.duration_since(sent.at)));
        }
        std::thread::sleep(PAUSE);
    }
}

/// Which of these events a query finds.
fn ask(connection: &mut Connection, waiting: &HashMap<String, Moment>) -> Result<Vec<String>, Failure> {
    let quoted: Vec<String> = waiting.keys().map(|id| format!("'{id}'")).collect();
    let margin_us = i64::try_from(MARGIN.as_micros()).unwrap_or(i64::MAX);
    let since = waiting.values().map(|sent| sent.us).min().unwrap_or_default().saturating_sub(margin_us);
    let since = DateTime::from_timestamp_micros(since).unwrap_or_default().format("%Y-%m-%dT%H:%M:%S%.6fZ");
    let ids = quoted.join(", ");
    let sql = format!("SELECT event_id FROM events WHERE received_at >= TIMESTAMP '{since}' AND event_id IN ({ids})");
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
