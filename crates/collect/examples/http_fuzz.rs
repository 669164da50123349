//! Malformed requests over a real socket, millions of them, against a server in this process: it never panics, it goes on
//! serving, its memory stays, and every event that it said to have kept has exactly its record.
//!
//! ```text
//!   cargo run --release -p judi-collect --example http_fuzz -- REQUESTS [SEED]
//! ```
//!
//! A connection gets a few requests in a row, each broken in its own way (or not at all), and then no more. All of its
//! answers are read and compared with what the log was given meanwhile. A seed replays the bytes that were sent.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a tool that looks for faults ends at the first")]

#[path = "http_fuzz/answers.rs"]
mod answers;
#[path = "http_fuzz/remembering.rs"]
mod remembering;
#[path = "http_fuzz/requests.rs"]
mod requests;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use judi_collect::{CollectOptions, Collector, CollectorParts, Key, Limits, PathPrefix, ServeOptions, router, serve};
use judi_faults::SimWorld;
use judi_log::Log;
use judi_schema::compile::{Source, SourceText};
use judi_schema::schemas::Schemas;
use judi_world::{Network, TcpNetwork, World};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use remembering::Remembering;

const SCHEMA: &str = r#"
syntax = "proto3";
import "judi/v1/options.proto";
message ArticleView {
  option (judi.event) = {name: "article_view" owner: "news" description: "An article, opened."};
  string article_id = 1 [(judi.field).required = true]; optional string section = 2; repeated string authors = 3;
  optional bool is_premium = 4; optional int32 word_count = 6;
}
"#;

/// Requests of one connection.
const REQUESTS_PER_CONNECTION: u64 = 5;

/// How long a connection may take to be answered and closed. Deadlines of the server are shorter.
const PATIENCE: Duration = Duration::from_secs(20);

/// The most memory of the process, in megabytes: the server, its log's last records, and this.
const MEGABYTES_MAX: usize = 300;

static PANICS: AtomicUsize = AtomicUsize::new(0);

#[tokio::main(worker_threads = 2)]
async fn main() {
    let mut arguments = std::env::args().skip(1).map(|text| text.parse::<u64>().unwrap());
    let (wanted, seed) = (arguments.next().unwrap_or(100_000), arguments.next().unwrap_or(1));
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        PANICS.fetch_add(1, Ordering::Relaxed);
        before(info);
    }));
    let log = Arc::new(Remembering::new());
    let address = start(Arc::clone(&log)).await;
    let world = SimWorld::new(seed);
    let (started, mut sent) = (Instant::now(), 0);
    let mut statuses: BTreeMap<u16, u64> = BTreeMap::new();
    let mut kept = 0;
    while sent < wanted {
        let bytes = requests::connection(&world.random, REQUESTS_PER_CONNECTION);
        let told = ask(address, &bytes).await;
        let answers = answers::read(&told);
        for answer in &answers {
            *statuses.entry(answer.status).or_default() += 1;
        }
        kept += answers::check(&answers, &log.take(), &bytes);
        assert_eq!(PANICS.load(Ordering::Relaxed), 0, "after {sent} requests of seed {seed}");
        sent += REQUESTS_PER_CONNECTION;
        if sent % (REQUESTS_PER_CONNECTION * 1_000) == 0 {
            alive(address).await;
            assert!(resident_megabytes() < MEGABYTES_MAX, "{} MB", resident_megabytes());
        }
    }
    alive(address).await;
    println!(
        "{sent} requests of seed {seed} in {:.0?}: answers {statuses:?}; {kept} events kept, each with its record; {} MB",
        started.elapsed(),
        resident_megabytes(),
    );
}

async fn start(log: Arc<Remembering>) -> SocketAddr {
    let source = Source { name: "news.proto".to_owned(), text: SourceText::Proto(SCHEMA.to_owned()) };
    let limits = Limits {
        body_pause: Duration::from_millis(200),
        batch_bytes: 100_000,
        event_bytes: 5_000,
        ..Limits::default()
    };
    let parts = CollectorParts {
        options: CollectOptions {
            keys: vec![Key::open("dev", "dev")],
            limits,
            seen_ids: 0,
            path_prefix: PathPrefix::parse("/t"),
            ..CollectOptions::default()
        },
        world: World::system(),
        log: log as Arc<dyn Log>,
        schemas: Arc::new(Schemas::first(&[source]).unwrap()),
        judge_lag: Arc::new(|| None),
    };
    let app = router(Collector::new(parts).unwrap());
    let listener = TcpNetwork.listen(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
    let address = listener.local_addr().unwrap();
    let serving = ServeOptions { header_timeout: Duration::from_millis(500), ..ServeOptions::default() };
    tokio::spawn(serve(listener, app, serving, None, std::future::pending()));
    address
}

/// Sends all bytes, says that there are no more, and reads what comes until the server closes.
async fn ask(address: SocketAddr, bytes: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let (mut read, mut write) = stream.split();
    let mut told = Vec::new();
    let sending = async {
        // The server may close before everything is sent.
        if write.write_all(bytes).await.is_ok() {
            let _ = write.shutdown().await;
        }
    };
    // A reset ends the answers as well as a close does.
    let reading = async { _ = read.read_to_end(&mut told).await };
    let both = timeout(PATIENCE, async { tokio::join!(sending, reading) }).await;
    assert!(both.is_ok(), "not closed in time after {:?}", String::from_utf8_lossy(bytes));
    told
}

/// The server answers a request that is in order.
async fn alive(address: SocketAddr) {
    let told = ask(address, b"GET /health/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await;
    assert!(told.starts_with(b"HTTP/1.1 200"), "{:?}", String::from_utf8_lossy(&told));
}

fn resident_megabytes() -> usize {
    let status = std::fs::read_to_string(Path::new("/proc/self/status")).unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|kilobytes| kilobytes.parse::<usize>().ok()).unwrap_or(0) / 1_024
}
