//! One key that is slow or broken in every way that comes to mind, and what the others feel of it: the p99 of a key that
//! behaves, beside each trouble and without, in turns, so that the machine's own moods meet both.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use judi_collect::{CollectOptions, Key};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::clients::{Client, batch, post, quantile};

/// What the good key sends: requests a second, over so many connections, each of so many events.
const RATE: u64 = 100;
const CONNECTIONS: u64 = 4;
const EVENTS: usize = 100;

/// Turns of each kind.
const TURNS: usize = 4;

static NUMBERS: AtomicU64 = AtomicU64::new(0);

#[derive(Debug, Clone, Copy)]
enum Trouble {
    SlowHeaders,
    SlowBodies,
    TooLarge,
    Noise,
    Bombs,
    OverRate,
    UnreadAnswers,
}

const TROUBLES: [Trouble; 7] = [
    Trouble::SlowHeaders,
    Trouble::SlowBodies,
    Trouble::TooLarge,
    Trouble::Noise,
    Trouble::Bombs,
    Trouble::OverRate,
    Trouble::UnreadAnswers,
];

pub(crate) async fn run(time: Duration) {
    let folder = tempfile::tempdir().unwrap();
    let bad = Key { events_per_second: Some(1_000.0), ..Key::open("bad", "bad") };
    let options = CollectOptions { keys: vec![Key::open("good", "good"), bad], ..CollectOptions::default() };
    let address = crate::start(options, Arc::new(crate::open_log(folder.path()))).await;
    measure(address, time).await;
    for trouble in TROUBLES {
        let (mut alone, mut beside) = (Vec::new(), Vec::new());
        let mut medians = (Vec::new(), Vec::new());
        for _ in 0..TURNS {
            let mut calm = measure(address, time).await;
            medians.0.push(quantile(&mut calm, 0.99));
            alone.extend(calm);
            let stop = Arc::new(AtomicBool::new(false));
            let troubling = tokio::spawn(make(trouble, address, Arc::clone(&stop)));
            let mut troubled = measure(address, time).await;
            medians.1.push(quantile(&mut troubled, 0.99));
            beside.extend(troubled);
            stop.store(true, Ordering::Relaxed);
            troubling.await.unwrap();
        }
        let (p99_alone, p99_beside) = (quantile(&mut alone, 0.99), quantile(&mut beside, 0.99));
        println!(
            "{trouble:?}: p50 {:?} -> {:?}, p99 {p99_alone:?} -> {p99_beside:?} ({:+.0} %); p99 by turns {:?} -> {:?}",
            quantile(&mut alone, 0.5),
            quantile(&mut beside, 0.5),
            100.0 * (p99_beside.as_secs_f64() / p99_alone.as_secs_f64() - 1.0),
            medians.0,
            medians.1,
        );
    }
    println!("memory at most {} MB (load included)", crate::resident_megabytes("VmHWM:"));
}

/// How long each of the good key's requests took, from the moment at which it was due.
async fn measure(address: SocketAddr, time: Duration) -> Vec<Duration> {
    let mut tasks = JoinSet::new();
    let start = Instant::now();
    let pause = Duration::from_secs(1) * u32::try_from(CONNECTIONS).unwrap() / u32::try_from(RATE).unwrap();
    for connection in 0..CONNECTIONS {
        tasks.spawn(async move {
            let mut client = Client::connect(address).await;
            let mut took = Vec::new();
            let mut due = start + pause * u32::try_from(connection).unwrap() / u32::try_from(CONNECTIONS).unwrap();
            while due < start + time {
                let request = batch("good", EVENTS, NUMBERS.fetch_add(1, Ordering::Relaxed));
                tokio::time::sleep_until(due.into()).await;
                let asked = Instant::now();
                let told = client.send(&request).await;
                assert_eq!(told.status, 200);
                took.push(asked.elapsed());
                due += pause;
            }
            took
        });
    }
    let mut all = Vec::new();
    while let Some(done) = tasks.join_next().await {
        all.extend(done.unwrap());
    }
    all
}

/// Makes trouble until it is told to stop.
async fn make(trouble: Trouble, address: SocketAddr, stop: Arc<AtomicBool>) {
    let mut tasks = JoinSet::new();
    let count = match trouble {
        Trouble::SlowHeaders | Trouble::SlowBodies => 500,
        Trouble::UnreadAnswers => 100,
        Trouble::TooLarge | Trouble::Bombs => 2,
        Trouble::Noise | Trouble::OverRate => 8,
    };
    for number in 0..count {
        let stop = Arc::clone(&stop);
        tasks.spawn(async move {
            while !stop.load(Ordering::Relaxed) {
                once(trouble, address, number).await;
            }
        });
    }
    while tasks.join_next().await.is_some() {}
}

/// One piece of trouble, of about a tenth of a second.
async fn once(trouble: Trouble, address: SocketAddr, number: u64) {
    let pause = || tokio::time::sleep(Duration::from_millis(100));
    match trouble {
        Trouble::SlowHeaders | Trouble::SlowBodies | Trouble::UnreadAnswers => {
            let Ok(mut stream) = TcpStream::connect(address).await else { return pause().await };
            let whole = match trouble {
                Trouble::SlowHeaders => {
                    b"POST /v1/events HTTP/1.1\r\nHost: x\r\nX: yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy".to_vec()
                }
                Trouble::UnreadAnswers => b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n".repeat(20),
                _ => batch("bad", 50, number),
            };
            for part in whole.chunks(whole.len() / 10) {
                if stream.write_all(part).await.is_err() {
                    break;
                }
                pause().await;
            }
        }
        Trouble::TooLarge => {
            Client::connect(address).await.send(&post("bad", &" ".repeat(6 << 20))).await;
            pause().await;
        }
        Trouble::Noise => {
            let Ok(mut stream) = TcpStream::connect(address).await else { return pause().await };
            let _ = stream.write_all(&number.to_le_bytes().repeat(500)).await;
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        Trouble::Bombs => {
            let bomb = zstd::encode_all(&vec![b' '; 64 << 20][..], 3).unwrap();
            let head = format!(
                "POST /v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer bad\r\nContent-Encoding: zstd\r\nContent-Length: {}\r\n\r\n",
                bomb.len()
            );
            Client::connect(address).await.send(&[head.as_bytes(), &bomb].concat()).await;
            pause().await;
        }
        Trouble::OverRate => {
            let mut client = Client::connect(address).await;
            for event in 0..10 {
                client.send(&batch("bad", 100, number << 32 | event)).await;
                // Ten times what it may, and deaf to every Retry-After.
                tokio::time::sleep(Duration::from_millis(80)).await;
            }
        }
    }
}
