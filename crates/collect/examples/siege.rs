//! What a server does when it is asked too much, and what one key's trouble costs another: figures for docs/evidence.md.
//!
//! ```text
//!   cargo run --release -p judi-collect --example siege -- overload [SECONDS [DISK_BYTES_PER_SECOND]]
//!   cargo run --release -p judi-collect --example siege -- fair [SECONDS]
//! ```
//!
//! Server and load share the machine, so `overload` gives the log a disk that takes a tenth of what the load can bring:
//! it is the refusing that is measured, not who wins the processors.

#![expect(clippy::unwrap_used, reason = "a measuring tool ends where it cannot measure")]

#[path = "siege/clients.rs"]
mod clients;
#[path = "siege/fair.rs"]
mod fair;
#[path = "siege/overload.rs"]
mod overload;
#[path = "siege/throttled.rs"]
mod throttled;

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use judi_collect::{CollectOptions, Collector, CollectorParts, ServeOptions, router, serve};
use judi_log::{EmbeddedLog, Log, LogOptions};
use judi_schema::compile::{Source, SourceText};
use judi_schema::schemas::Schemas;
use judi_world::{Network, TcpNetwork, World};

const SCHEMA: &str = r#"
syntax = "proto3";
import "judi/v1/options.proto";
message ArticleView {
  option (judi.event) = {name: "article_view" owner: "news" description: "An article, opened."};
  string article_id = 1; optional string section = 2; repeated string authors = 3; optional int32 word_count = 4;
}
"#;

#[tokio::main]
async fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let seconds = arguments.get(1).and_then(|text| text.parse().ok()).unwrap_or(5);
    match arguments.first().map(String::as_str) {
        Some("overload") => {
            let disk = arguments.get(2).and_then(|text| text.parse().ok()).unwrap_or(4e6);
            overload::run(Duration::from_secs(seconds), disk).await;
        }
        Some("fair") => fair::run(Duration::from_secs(seconds)).await,
        _ => println!("usage: siege overload|fair [SECONDS]"),
    }
}

/// A log in a folder.
fn open_log(folder: &Path) -> EmbeddedLog {
    EmbeddedLog::open(&World::system(), folder, LogOptions::default()).unwrap()
}

/// A server of its own threads, on a free port.
async fn start(options: CollectOptions, log: Arc<dyn Log>) -> SocketAddr {
    let source = Source { name: "news.proto".to_owned(), text: SourceText::Proto(SCHEMA.to_owned()) };
    let parts = CollectorParts {
        options,
        world: World::system(),
        log,
        schemas: Arc::new(Schemas::first(&[source]).unwrap()),
        judge_lag: Arc::new(|| None),
    };
    let app = router(Collector::new(parts).unwrap());
    let listener = TcpNetwork.listen(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        runtime.block_on(serve(listener, app, ServeOptions::default(), None, std::future::pending()));
    });
    address
}

/// The process's memory now, in megabytes.
fn resident_megabytes(line_start: &str) -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with(line_start)).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|kilobytes| kilobytes.parse::<usize>().ok()).unwrap_or(0) / 1_024
}
