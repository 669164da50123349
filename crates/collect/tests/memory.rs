//! Memory follows what was sent: an allocator that counts, and bodies made to make a decoder allocate. It is a binary of
//! its own, with one test, because what it measures is the whole process.

#![expect(clippy::unwrap_used, reason = "the functions that tests share fail a test as its own lines do")]

use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use http_body_util::BodyExt;
use hyper::service::Service;
use hyper_util::service::TowerToHyperService;
use judi_collect::{CollectOptions, Collector, CollectorParts, Key, Limits, router};
use judi_faults::SimWorld;
use judi_log::{
    AppendManyFuture, Batch, Bounds, EmbeddedLog, FetchError, Fetched, GroupError, Log, LogId, LogOptions, Positions,
    RetainError, Retained, Retention, Topic,
};
use judi_schema::compile::{Source, SourceText};
use judi_schema::schemas::Schemas;
use peak_alloc::PeakAlloc;
use tokio::sync::watch;

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

const SCHEMA: &str = r#"
syntax = "proto3";
package bombs;
import "judi/v1/options.proto";
import "google/protobuf/struct.proto";
message Tree { Tree left = 1; repeated Tree right = 2; string name = 3; }
message Wide { option (judi.event) = {name: "wide" owner: "o" description: "d"};
  repeated int32 numbers = 1; repeated string texts = 2; Tree tree = 3; map<string, string> labels = 4;
  google.protobuf.Struct rest = 5; }
"#;

const MEGABYTE: usize = 1 << 20;

/// What a request costs however small it is: buffers, chunks of inflation, a table of partitions.
const BASE_BYTES: usize = 2 * MEGABYTE;

/// What may be allocated per byte that was sent (of a compressed body: per byte that it inflates to, up to the limit).
/// An event of two bytes becomes an answer with an id and a reason, and a record of its own; nothing grows by more.
const FACTOR_OF_EVENTS: usize = 400;
/// The same of everything inside an event: text, lists, messages.
const FACTOR: usize = 30;

/// A log that keeps nothing, so that what is measured is what a request takes.
#[derive(Debug)]
struct Forgetful(EmbeddedLog);

impl Forgetful {
    fn over(sim: &SimWorld) -> Self {
        let options = LogOptions { sync_in_parallel: false, ..LogOptions::default() };
        Self(EmbeddedLog::open(&sim.world(), Path::new("/log"), options).unwrap())
    }
}

impl Log for Forgetful {
    fn id(&self) -> LogId {
        self.0.id()
    }

    fn partitions(&self) -> u32 {
        self.0.partitions()
    }

    fn append_many(&self, batches: Vec<Batch>) -> AppendManyFuture {
        let outcomes = batches.iter().map(|_| Ok(0)).collect();
        Box::pin(async move {
            drop(batches);
            outcomes
        })
    }

    fn fetch(&self, topic: Topic, partition: u32, from: u64, max_bytes: usize) -> Result<Fetched, FetchError> {
        self.0.fetch(topic, partition, from, max_bytes)
    }

    fn bounds(&self, topic: Topic, partition: u32) -> Result<Bounds, FetchError> {
        self.0.bounds(topic, partition)
    }

    fn changed(&self) -> watch::Receiver<u64> {
        self.0.changed()
    }

    fn committed(&self, group: &str) -> Result<Positions, GroupError> {
        self.0.committed(group)
    }

    fn commit(&self, group: &str, positions: &Positions) -> Result<(), GroupError> {
        self.0.commit(group, positions)
    }

    fn forget(&self, group: &str) -> Result<(), GroupError> {
        self.0.forget(group)
    }

    fn retain(&self, retention: &Retention) -> Result<Retained, RetainError> {
        self.0.retain(retention)
    }
}

struct Bed {
    router: Router,
    limits: Limits,
}

impl Bed {
    fn new() -> Self {
        let source = Source { name: "bombs.proto".to_owned(), text: SourceText::Proto(SCHEMA.to_owned()) };
        let sim = SimWorld::new(1);
        let limits = Limits { event_bytes: 4 * MEGABYTE, ..Limits::default() };
        let parts = CollectorParts {
            options: CollectOptions {
                keys: vec![Key::open("dev", "dev")],
                limits,
                seen_ids: 16,
                ..CollectOptions::default()
            },
            world: sim.world(),
            log: Arc::new(Forgetful::over(&sim)),
            schemas: Arc::new(Schemas::first(&[source]).unwrap()),
            judge_lag: Arc::new(|| None),
        };
        Self { router: router(Collector::new(parts).unwrap()), limits }
    }

    /// The answer's status, and the most that was allocated at once on the way to it, over what the body itself takes.
    async fn cost(&self, content_type: &str, encoding: &str, body: &[u8]) -> (u16, usize) {
        let request = Request::post("/v1/events?writeKey=dev")
            .header("content-type", content_type)
            .header("content-encoding", encoding)
            .body(Body::from(body.to_vec()))
            .unwrap();
        let before = settled_usage();
        ALLOCATOR.reset_peak_usage();
        let response = TowerToHyperService::new(self.router.clone()).call(request).await.unwrap();
        let status = response.status().as_u16();
        drop(response.into_body().collect().await.unwrap());
        (status, ALLOCATOR.peak_usage().saturating_sub(before))
    }
}

/// What is allocated once other threads have let go of the request before.
fn settled_usage() -> usize {
    let mut before = ALLOCATOR.current_usage();
    loop {
        std::thread::sleep(Duration::from_millis(5));
        let now = ALLOCATOR.current_usage();
        if now == before {
            return now;
        }
        before = now;
    }
}

fn varint(mut value: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while value >= 0x80 {
        bytes.push(value.to_le_bytes()[0] | 0x80);
        value >>= 7;
    }
    bytes.push(value.to_le_bytes()[0]);
    bytes
}

fn field(number: u64, bytes: &[u8]) -> Vec<u8> {
    [varint(number << 3 | 2), varint(bytes.len() as u64), bytes.to_vec()].concat()
}

/// A batch with one event `wide` of this payload.
fn wide(payload: &[u8]) -> Vec<u8> {
    field(3, &[field(2, b"wide"), field(8, payload)].concat())
}

/// Messages in messages, `depth` deep, innermost first.
fn nested(number: u64, depth: usize) -> Vec<u8> {
    let mut lengths = Vec::with_capacity(depth);
    let mut length = 0_u64;
    for _ in 0..depth {
        let head = [varint(number << 3 | 2), varint(length)].concat();
        length += head.len() as u64;
        lengths.push(head);
    }
    lengths.into_iter().rev().flatten().collect()
}

fn json(payload: &str) -> Vec<u8> {
    format!(r#"{{"events":[{{"event":"wide","payload":{payload}}}]}}"#).into_bytes()
}

/// Two thousand events that repeat a context of thirty kilobytes, each in a record of its own.
fn repeated_context() -> Vec<u8> {
    let events = [r#"{"event":"wide"}"#; 2_000].join(",");
    format!(r#"{{"context":{{"device":"{}"}},"events":[{events}]}}"#, "x".repeat(30_000)).into_bytes()
}

fn compressed(encoding: &str, bytes: usize) -> Vec<u8> {
    let mut out = Vec::new();
    let spaces = vec![b' '; MEGABYTE];
    let write = |encoder: &mut dyn Write| (0..bytes / MEGABYTE).for_each(|_| encoder.write_all(&spaces).unwrap());
    match encoding {
        "gzip" => {
            let mut encoder = flate2::write::GzEncoder::new(&mut out, flate2::Compression::best());
            write(&mut encoder);
            encoder.finish().unwrap();
        }
        "zstd" => {
            let mut encoder = zstd::Encoder::new(&mut out, 3).unwrap();
            write(&mut encoder);
            encoder.finish().unwrap();
        }
        _ => write(&mut brotli::CompressorWriter::new(&mut out, 4096, 5, 22)),
    }
    out
}

#[test]
fn memory_follows_what_was_sent() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let bed = Bed::new();
    let (proto, text) = ("application/x-protobuf", "application/json");
    let many = |part: &str, times: usize| part.repeat(times);
    let tree =
        |depth| format!("{{\"tree\":{}{}}}", many("{\"left\":", depth), many("}", depth).replacen('}', "{}}", 1));
    let declared = [varint(3 << 3 | 2), varint(u64::from(u32::MAX)), vec![0; 10]].concat();
    let declared_inside = wide(&[varint(2 << 3 | 2), varint(u64::MAX >> 1), vec![0; 10]].concat());
    let deep_struct = [field(2, b"wide"), field(9, &nested(1, 100_000))].concat();
    #[rustfmt::skip]
    let cases: Vec<(&str, &str, Vec<u8>, usize)> = vec![
        ("empty events, protobuf", proto, [0x1A, 0].repeat(100_000), FACTOR_OF_EVENTS),
        ("empty events, json", text, format!("{{\"events\":[{}{{}}]}}", many("{},", 99_999)).into_bytes(), FACTOR_OF_EVENTS),
        ("too many events", proto, [0x1A, 0].repeat(MEGABYTE), FACTOR),
        ("packed numbers", proto, wide(&field(1, &vec![1; MEGABYTE])), FACTOR),
        ("unpacked numbers", proto, wide(&[8, 1].repeat(MEGABYTE / 4)), FACTOR),
        ("empty texts, protobuf", proto, wide(&[0x12, 0].repeat(MEGABYTE / 4)), FACTOR),
        ("empty texts, json", text, json(&format!("{{\"texts\":[{}\"\"]}}", many("\"\",", MEGABYTE / 4))), FACTOR),
        ("empty messages", proto, wide(&field(3, &[0x12, 0].repeat(MEGABYTE / 4))), FACTOR),
        ("empty messages, json", text, json(&format!("{{\"tree\":{{\"right\":[{}{{}}]}}}}", many("{},", MEGABYTE / 4))), FACTOR),
        ("map entries", proto, wide(&[0x22, 0].repeat(MEGABYTE / 4)), FACTOR),
        ("nested messages", proto, wide(&field(3, &nested(1, 200_000))), FACTOR),
        ("nested messages, json", text, json(&tree(100_000)), FACTOR),
        ("nested lists, json", text, json(&format!("{{\"rest\":{{\"a\":{}{}}}}}", many("[", MEGABYTE / 4), many("]", MEGABYTE / 4))), FACTOR),
        ("nested Struct", proto, field(3, &deep_struct), FACTOR),
        ("a list that never ends", text, many("[", MEGABYTE).into_bytes(), FACTOR),
        ("unknown members", text, json(&format!("{{{}\"z\":1}}", many("\"a\":{},", MEGABYTE / 4))), FACTOR),
        ("escapes", text, json(&format!("{{\"texts\":[\"{}\"]}}", many("\\u0000", MEGABYTE / 4))), FACTOR),
        ("a length that is not there", proto, declared, FACTOR),
        ("a length that is not there, inside", proto, declared_inside, FACTOR),
        ("unknown groups", proto, wide(&[0xA3, 0x06].repeat(MEGABYTE / 4)), FACTOR),
        ("a context in every event", text, repeated_context(), FACTOR_OF_EVENTS),
        ("spaces", text, many(" ", MEGABYTE).into_bytes(), FACTOR),
    ];
    let mut report = String::new();
    let mut over = Vec::new();
    let mut judge = |name: String, sent: usize, factor: usize, (status, peak): (u16, usize)| {
        let allowed = BASE_BYTES + factor * sent;
        report += &format!("{name:40} {status} sent {sent:9} peak {peak:10} allowed {allowed:10}\n");
        if peak > allowed || !matches!(status, 200 | 400 | 413 | 429) {
            over.push(name);
        }
    };
    for (name, content_type, body, factor) in &cases {
        let cost = runtime.block_on(bed.cost(content_type, "", body));
        judge((*name).to_owned(), body.len(), *factor, cost);
    }
    for encoding in ["gzip", "zstd", "br"] {
        for megabytes in [1, 32] {
            let bomb = compressed(encoding, megabytes * MEGABYTE);
            let kept = (megabytes * MEGABYTE).min(bed.limits.inflated_bytes);
            // What it inflates to, and once more while that grows; C's own window of zstd is not seen here.
            let cost = runtime.block_on(bed.cost(text, encoding, &bomb));
            judge(format!("{encoding} of {megabytes} MB in {} bytes", bomb.len()), kept, 3, cost);
        }
    }
    println!("{report}");
    assert!(over.is_empty(), "{over:?}\n{report}");
    assert!(resident_peak_bytes().is_none_or(|peak| peak < 400 * MEGABYTE), "{:?}", resident_peak_bytes());
}

/// The most memory that the process has had, with C's own, where the system tells.
fn resident_peak_bytes() -> Option<usize> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    Some(line.split_whitespace().nth(1)?.parse::<usize>().ok()? * 1024)
}
