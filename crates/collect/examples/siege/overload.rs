//! Ten times as much as the log takes: how much of it is taken all the same, at what memory, and whether a sender that
//! waits as it was told is taken the next time.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use judi_collect::{CollectOptions, Key};
use tokio::task::JoinSet;

use crate::clients::{Client, Told, batch, quantile};
use crate::throttled::Throttled;

/// Events of one request.
const EVENTS: usize = 100;

/// What the disk takes, in bytes of records a second: some tenths of what the load can bring on two processors.
const DISK_BYTES_PER_SECOND: f64 = 4e6;

/// Senders at peak, and ten times as many.
const SENDERS: usize = 20;

static NUMBERS: AtomicU64 = AtomicU64::new(0);

pub(crate) async fn run(time: Duration) {
    let folder = tempfile::tempdir().unwrap();
    let options = CollectOptions { keys: vec![Key::open("k", "key")], ..CollectOptions::default() };
    let log = Throttled::new(crate::open_log(folder.path()), DISK_BYTES_PER_SECOND);
    let address = crate::start(options, Arc::new(log)).await;
    let peak = load(address, SENDERS, time, Manner::Greedy).await;
    report("peak: as many as are answered", &peak, time);
    let flood = load(address, SENDERS * 10, time * 2, Manner::Deaf).await;
    report("overload: senders that do not wait", &flood, time * 2);
    let polite = load(address, SENDERS * 10, time * 4, Manner::Polite).await;
    report("overload: senders that wait as they are told", &polite, time * 4);
    let taken = |loaded: &Loaded, time: Duration| count(loaded, 200) / time.as_secs_f64();
    println!(
        "offered at overload {:.1} times the peak",
        flood.told.len() as f64 / (time * 2).as_secs_f64() / taken(&peak, time)
    );
    println!("goodput at overload {:.1} % of the peak", 100.0 * taken(&flood, time * 2) / taken(&peak, time));
    println!("goodput of the polite {:.1} % of the peak", 100.0 * taken(&polite, time * 4) / taken(&peak, time));
    println!(
        "taken at the first return {:.1} % of {}",
        100.0 * polite.first_returns.0 / polite.first_returns.1.max(1.0),
        polite.first_returns.1
    );
    println!("memory at most {} MB (load included)", crate::resident_megabytes("VmHWM:"));
}

/// What a sender does when it is sent away.
#[derive(Clone, Copy, PartialEq)]
enum Manner {
    /// It is not: it waits for each answer.
    Greedy,
    /// It sends again at once.
    Deaf,
    /// It waits as long as it was told.
    Polite,
}

#[derive(Default)]
struct Loaded {
    told: Vec<Told>,
    /// Returns that were taken at once, and all.
    first_returns: (f64, f64),
}

async fn load(address: std::net::SocketAddr, senders: usize, time: Duration, manner: Manner) -> Loaded {
    let end = Instant::now() + time;
    let mut tasks = JoinSet::new();
    for _ in 0..senders {
        tasks.spawn(async move {
            let mut loaded = Loaded::default();
            let mut client = Client::connect(address).await;
            let mut returning = None;
            while Instant::now() < end {
                let request =
                    returning.take().unwrap_or_else(|| batch("k", EVENTS, NUMBERS.fetch_add(1, Ordering::Relaxed)));
                let told = client.send(&request).await;
                loaded.told.push(told);
                if let (Manner::Polite, Some(wait)) = (manner, told.retry_after) {
                    if Instant::now() + wait >= end {
                        break;
                    }
                    tokio::time::sleep(wait).await;
                    let again = client.send(&request).await;
                    loaded.told.push(again);
                    loaded.first_returns.0 += f64::from(u8::from(again.status == 200));
                    loaded.first_returns.1 += 1.0;
                    returning = (again.status != 200).then_some(request);
                }
            }
            loaded
        });
    }
    let mut all = Loaded::default();
    while let Some(done) = tasks.join_next().await {
        let loaded = done.unwrap();
        all.told.extend(loaded.told);
        all.first_returns.0 += loaded.first_returns.0;
        all.first_returns.1 += loaded.first_returns.1;
    }
    all
}

fn count(loaded: &Loaded, status: u16) -> f64 {
    loaded.told.iter().filter(|told| told.status == status).count() as f64
}

fn report(name: &str, loaded: &Loaded, time: Duration) {
    let seconds = time.as_secs_f64();
    let mut taken: Vec<_> = loaded.told.iter().filter(|told| told.status == 200).map(|told| told.took).collect();
    let mut refused: Vec<_> = loaded.told.iter().filter(|told| told.status == 429).map(|told| told.took).collect();
    let longest = loaded.told.iter().filter_map(|told| told.retry_after).max();
    println!(
        "{name}: 200 {:.0}/s p50 {:?} p99 {:?}; 429 {:.0}/s p50 {:?}; others {}; longest Retry-After {longest:?}; memory {} MB",
        taken.len() as f64 / seconds,
        quantile(&mut taken, 0.5),
        quantile(&mut taken, 0.99),
        refused.len() as f64 / seconds,
        quantile(&mut refused, 0.5),
        loaded.told.len() - taken.len() - refused.len(),
        crate::resident_megabytes("VmRSS:"),
    );
}
