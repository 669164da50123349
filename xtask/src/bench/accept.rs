//! Events accepted durably over HTTP: connections that are kept, one batch of a hundred events in flight on each.
//!
//! Judi answers after its fsync, event by event, and judges at the same time; nginx answers after a write to the cache.

use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, Instant};

use judi_schema::model::Model;
use judi_schema::schemas::Schemas;
use judi_world::World;

use super::articles::Articles;
use super::disk;
use super::http::Connection;
use super::machine;
use super::nginx::{self, Nginx};
use super::project::{Project, beginning};
use super::report::{Durations, Report, count, megabytes, rate, time};
use super::requests::{BATCH_EVENTS, Form, Request};
use super::schema;
use crate::failure::Failure;

/// Different batches of a connection: as many readers, so that all partitions of the log get some.
const BATCHES: usize = 16;
/// Least share of what nginx logs, of each form.
const TARGETS: [(Form, f64); 2] = [(Form::Protobuf, 1.0), (Form::Json, 0.5)];
/// Answers at half of the peak, in protobuf.
const TARGET_P99: Duration = Duration::from_millis(10);
/// When a server says that it is full.
const BACK_OFF: Duration = Duration::from_millis(20);

/// Which server a body is sent to, which decides what an answer counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Peer {
    Judi,
    Nginx,
}

/// What the connections together have measured.
#[derive(Debug, Default)]
struct Measured {
    events: u64,
    refused: u64,
    body_bytes: u64,
    answers: Vec<Duration>,
    elapsed: Duration,
}

/// Runs the bench.
pub(crate) fn run(folder: Option<&Path>, seconds: u64, connections: u64) -> Result<(), Failure> {
    let sending = Duration::from_secs(seconds);
    let what = format!("{BATCH_EVENTS}-event batches on {connections} connections, {seconds} s for each");
    let report = Report::begin("accept", &what);
    let schemas = schema::newsroom()?;
    let articles = Articles::new(schemas.current())?;
    let peer = nginx::installed();
    let mut is_reached = peer.is_some();
    for (form, target) in TARGETS {
        let project = Project::init(folder, "")?;
        let judi = project.up()?;
        let before = machine::cpu_time(judi.process());
        let measured =
            drive(judi.address, requests(schemas.current(), &articles, form, connections)?, sending, Peer::Judi, None)?;
        let cores = machine::cpu_time(judi.process()).zip(before).map(|(after, before)| {
            format!("{:.1} cores", (after.saturating_sub(before)).as_secs_f64() / measured.elapsed.as_secs_f64())
        });
        let waiting = judi.telemetry("judi_judge_lag_records")?;
        let memory = machine::peak_memory_bytes(judi.process()).map_or("?".to_owned(), megabytes);
        let durable = rate(measured.events, measured.elapsed);
        show(&report, &format!("judi, {}", form.name()), durable, "events/s durable", &measured);
        let judged = measured.events as f64 - waiting;
        let note = format!("of {} while sending; peak memory {memory}", count(measured.events as f64));
        report.figure("  judged meanwhile", &format!("{} events", count(judged)), &note);
        report.figure(
            "  judi used",
            cores.as_deref().unwrap_or("?"),
            "collecting, syncing and judging; the senders use the rest",
        );
        drop(judi);
        if form == Form::Protobuf {
            is_reached &= half_the_peak(&report, folder, &schemas, &articles, connections, sending, durable)?;
        }
        let Some(program) = &peer else {
            report.not_run("nginx", "it is not installed");
            continue;
        };
        let nginx = Nginx::start(program, folder)?;
        let measured = drive(
            nginx.address,
            requests(schemas.current(), &articles, form, connections)?,
            sending,
            Peer::Nginx,
            None,
        )?;
        if nginx.logged_bytes() < measured.body_bytes {
            return Err(Failure::Wrong {
                what: "bytes that nginx has logged".to_owned(),
                found: nginx.logged_bytes().to_string(),
                wanted: format!("at least {}", measured.body_bytes),
            });
        }
        let logged = rate(measured.events, measured.elapsed);
        show(&report, &format!("nginx, {}", form.name()), logged, "events/s unsynced", &measured);
        report.ratio("  judi / nginx", durable, logged);
        is_reached &= durable >= target * logged;
    }
    let syncs = disk::synced_writes_per_second(folder)?;
    let through = syncs * disk::WRITE_BYTES as f64 / 1e6;
    let note = format!("one write of 64 KiB and fdatasync after the other: {through:.0} MB/s");
    report.figure("the disk, one file", &format!("{} syncs/s", count(syncs)), &note);
    report.end("nginx x 1, JSON x 0.5; 10 ms", is_reached);
    Ok(())
}

/// At half of what the server took at most: how long its answers take, from when a request was due. Whether the p99 is
/// what it should be.
fn half_the_peak(
    report: &Report,
    folder: Option<&Path>,
    schemas: &Schemas,
    articles: &Articles,
    connections: u64,
    sending: Duration,
    peak: f64,
) -> Result<bool, Failure> {
    let project = Project::init(folder, "")?;
    let judi = project.up()?;
    let interval = Duration::from_secs_f64(connections as f64 * BATCH_EVENTS as f64 / (peak / 2.0).max(1.0));
    let requests = requests(schemas.current(), articles, Form::Protobuf, connections)?;
    let measured = drive(judi.address, requests, sending, Peer::Judi, Some(interval))?;
    show(report, "  at half of it", rate(measured.events, measured.elapsed), "events/s durable", &measured);
    Ok(Durations::from(measured.answers).quantile(0.99) <= TARGET_P99)
}

fn show(report: &Report, name: &str, events_per_second: f64, unit: &str, measured: &Measured) {
    let bytes_an_event = measured.body_bytes / measured.events.max(1);
    let answers = Durations::from(measured.answers.clone());
    let refused = if measured.refused > 0 { format!("; {} answers 429", measured.refused) } else { String::new() };
    let note = format!(
        "{bytes_an_event} bytes an event; answers p50 {}, p99 {}{refused}",
        time(answers.quantile(0.5)),
        time(answers.quantile(0.99))
    );
    report.figure(name, &format!("{} {unit}", count(events_per_second)), &note);
}

/// The requests of each connection.
fn requests(model: &Model, articles: &Articles, form: Form, connections: u64) -> Result<Vec<Vec<Request>>, Failure> {
    let now_us = World::system().clock.now().0;
    let connection = |number| {
        let mut draw = articles.draw(number);
        (0..BATCHES).map(|_| Request::new(model, articles, &mut draw, form, BATCH_EVENTS, now_us)).collect()
    };
    (0..connections).map(connection).collect()
}

/// Sends for a while on all connections at once: one batch after the other, or one each `interval`.
fn drive(
    address: SocketAddr,
    connections: Vec<Vec<Request>>,
    sending: Duration,
    peer: Peer,
    interval: Option<Duration>,
) -> Result<Measured, Failure> {
    let started = Instant::now();
    let until = started + sending;
    let senders: Vec<_> = (0_u64..)
        .zip(connections)
        .map(|(number, requests)| std::thread::spawn(move || send(address, number, requests, until, peer, interval)))
        .collect();
    let mut all = Measured::default();
    for sender in senders {
        let sent = sender.join().map_err(|_| Failure::io("a sender")(std::io::Error::other("its thread died")))??;
        all.events += sent.events;
        all.refused += sent.refused;
        all.body_bytes += sent.body_bytes;
        all.answers.extend(sent.answers);
    }
    all.elapsed = started.elapsed();
    Ok(all)
}

/// Sends on one connection until then.
fn send(
    address: SocketAddr,
    number: u64,
    mut requests: Vec<Request>,
    until: Instant,
    peer: Peer,
    interval: Option<Duration>,
) -> Result<Measured, Failure> {
    let failed = || Failure::io(format!("send to {address}"));
    let mut connection = Connection::open(address).map_err(failed())?;
    let mut measured = Measured::default();
    // Each connection has ids of its own.
    let mut next = number << 40;
    // Not all at once: they are many senders, of whom none knows of the others.
    let mut due = Instant::now() + interval.unwrap_or_default().mul_f64((number * 37 % 97) as f64 / 97.0);
    'sending: loop {
        for request in &mut requests {
            let events = request.events() as u64;
            let body_bytes = request.body_bytes as u64;
            if let Some(interval) = interval {
                std::thread::sleep(due.saturating_duration_since(Instant::now()));
                due += interval;
            }
            if Instant::now() >= until {
                break 'sending;
            }
            // Who comes late because an answer took long has waited, too.
            let asked = interval.map_or_else(Instant::now, |interval| due - interval);
            let (status, answer) = connection.exchange(request.renumbered(&mut next)).map_err(failed())?;
            let accepted = match (peer, status) {
                (Peer::Judi, 200) => occurrences(answer, br#""status":"ok""#),
                (Peer::Nginx, 204) => events,
                (Peer::Judi, 429) => {
                    measured.refused += 1;
                    std::thread::sleep(BACK_OFF);
                    continue;
                }
                _ => 0,
            };
            if accepted != events {
                let body = beginning(&String::from_utf8_lossy(answer));
                return Err(Failure::Answer { request: format!("a batch of {events} events"), status, body });
            }
            measured.answers.push(asked.elapsed());
            measured.events += events;
            measured.body_bytes += body_bytes;
        }
    }
    Ok(measured)
}

fn occurrences(text: &[u8], of: &[u8]) -> u64 {
    text.windows(of.len()).filter(|window| *window == of).count() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_events_that_are_ok_count() {
        let answer = br#"{"results":[{"status":"ok"},{"status":"quarantined"},{"status":"ok"}]}"#;
        assert_eq!(occurrences(answer, br#""status":"ok""#), 2);
    }
}
