//! Ten times as much as the log takes: how much of it is taken all the same, at what memory, and whether a sender that
//! waits as it was told is taken the next time.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use judi_collect::{CollectOptions, Key};
use tokio::task::JoinSet;

use crate::clients::{Client, Told, batch, quantile};
use crate::throttled::Throttled;

/// Events of one request.
const EVENTS: usize = 100;

/// Senders at peak, and ten times as many.
const SENDERS: usize = 20;

static NUMBERS: AtomicU64 = AtomicU64::new(0);

/// Senders that all come at once, and wait as they are told until they are taken.
const CROWD: usize = 1_500;

pub(crate) async fn run(time: Duration, disk_bytes_per_second: f64) {
    let folder = tempfile::tempdir().unwrap();
    let options =
        CollectOptions { keys: vec![Key::open("k", "key"), Key::open("crowd", "crowd")], ..CollectOptions::default() };
    let log = Throttled::new(crate::open_log(folder.path()), disk_bytes_per_second);
    let address = crate::start(options, Arc::new(log)).await;
    let peak = load(address, SENDERS, time).await;
    report("peak: as many as are answered", &peak, time);
    let flood = load(address, SENDERS * 10, time * 3).await;
    report("ten times the senders, deaf to Retry-After", &flood, time * 3);
    let taken = |told: &[Told], time: Duration| count(told, 200) / time.as_secs_f64();
    println!("goodput at overload {:.1} % of the peak", 100.0 * taken(&flood, time * 3) / taken(&peak, time));
    // What the flood has left behind is written first.
    tokio::time::sleep(Duration::from_secs(3)).await;
    crowd(address, taken(&peak, time)).await;
    println!("memory at most {} MB (load included)", crate::resident_megabytes("VmHWM:"));
}

/// Requests of senders that wait for each answer, and for nothing else.
async fn load(address: SocketAddr, senders: usize, time: Duration) -> Vec<Told> {
    let end = Instant::now() + time;
    let mut tasks = JoinSet::new();
    for _ in 0..senders {
        tasks.spawn(async move {
            let mut all = Vec::new();
            let mut client = Client::connect(address).await;
            while Instant::now() < end {
                all.push(client.send(&batch("k", EVENTS, NUMBERS.fetch_add(1, Ordering::Relaxed))).await);
            }
            all
        });
    }
    let mut all = Vec::new();
    while let Some(done) = tasks.join_next().await {
        all.extend(done.unwrap());
    }
    all
}

/// A crowd with one request each, at once, much more than fits; each comes back when it was told. Whether that clears it
/// shows in how often they had to come, and in how much longer it took than writing takes.
async fn crowd(address: SocketAddr, per_second: f64) {
    let started = Instant::now();
    let mut tasks = JoinSet::new();
    for _ in 0..CROWD {
        tasks.spawn(async move {
            let mut client = Client::connect(address).await;
            let request = batch("crowd", EVENTS, NUMBERS.fetch_add(1, Ordering::Relaxed));
            let mut tries = 0_usize;
            loop {
                tries += 1;
                let told = client.send(&request).await;
                match told.retry_after {
                    Some(wait) if told.status != 200 => tokio::time::sleep(wait).await,
                    _ => return tries,
                }
            }
        });
    }
    let mut tries = Vec::new();
    while let Some(done) = tasks.join_next().await {
        tries.push(done.unwrap());
    }
    let returned: Vec<_> = tries.iter().filter(|tries| **tries > 1).collect();
    let at_once = returned.iter().filter(|tries| ***tries == 2).count();
    println!(
        "a crowd of {CROWD}: all taken in {:.1} s, where writing alone takes {:.1} s; {} were sent away, {:.1} % of them taken when \
         they returned, the last at the try number {}",
        started.elapsed().as_secs_f64(),
        CROWD as f64 / per_second,
        returned.len(),
        100.0 * at_once as f64 / returned.len().max(1) as f64,
        tries.iter().max().unwrap_or(&0),
    );
}

fn count(told: &[Told], status: u16) -> f64 {
    told.iter().filter(|told| told.status == status).count() as f64
}

fn report(name: &str, loaded: &[Told], time: Duration) {
    let seconds = time.as_secs_f64();
    let mut taken: Vec<_> = loaded.iter().filter(|told| told.status == 200).map(|told| told.took).collect();
    let mut refused: Vec<_> = loaded.iter().filter(|told| told.status == 429).map(|told| told.took).collect();
    let longest = loaded.iter().filter_map(|told| told.retry_after).max();
    println!(
        "{name}: 200 {:.0}/s p50 {:?} p99 {:?}; 429 {:.0}/s p50 {:?}; others {}; longest Retry-After {longest:?}; memory {} MB",
        taken.len() as f64 / seconds,
        quantile(&mut taken, 0.5),
        quantile(&mut taken, 0.99),
        refused.len() as f64 / seconds,
        quantile(&mut refused, 0.5),
        loaded.len() - taken.len() - refused.len(),
        crate::resident_megabytes("VmRSS:"),
    );
}
