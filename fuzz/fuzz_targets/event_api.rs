//! Any request to any path of the Event API: it is answered with a documented status, and every result that says that an
//! event was kept has exactly its record in the log; nothing else is there.
#![no_main]

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock};

use axum::Router;
use axum::body::Body;
use http::{Request, Response};
use http_body_util::BodyExt;
use hyper::service::Service;
use hyper_util::service::TowerToHyperService;
use judi_collect::{CollectOptions, Collector, CollectorParts, CookieOptions, Key, Limits, PathPrefix, router};
use judi_faults::SimWorld;
use judi_log::{
    AppendManyFuture, Batch, Bounds, EmbeddedLog, FetchError, Fetched, GroupError, Log, LogId, LogOptions, Positions,
    RetainError, Retained, Retention, Topic,
};
use judi_schema::compile::{Source, SourceText};
use judi_schema::envelope::Envelope;
use judi_schema::record;
use judi_schema::schemas::Schemas;
use libfuzzer_sys::fuzz_target;
use prost::Message;
use tokio::runtime::Runtime;
use tokio::sync::watch;

const WIDE: &str = include_str!("../../crates/schema/src/columns/tests/wide.proto");

const PATHS: [&str; 16] = [
    "/v1/events",
    "/v1/events?writeKey=dev",
    "/beacon?writeKey=dev",
    "/beacon",
    "/pixel",
    "/v1/track",
    "/v1/page",
    "/v1/screen",
    "/v1/identify",
    "/v1/group",
    "/v1/alias",
    "/v1/batch",
    "/v1/b",
    "/t/v1/events",
    "/t/pixel",
    "/v1/none",
];

const TYPES: [&str; 6] =
    ["application/json", "application/x-protobuf", "text/plain", "application/x-www-form-urlencoded", "", "text/html"];

const ENCODINGS: [&str; 5] = ["", "gzip", "zstd", "br", "deflate"];

/// Headers that say who sends: none, by key, by a key that nobody knows or that is disabled, and by a page.
const SENDERS: [&[(&str, &str)]; 6] = [
    &[("authorization", "Bearer dev")],
    &[("authorization", "Basic ZGV2Og==")],
    &[("x-write-key", "web"), ("origin", "https://a.se"), ("cookie", "id=visitor")],
    &[("x-write-key", "nobody")],
    &[("x-write-key", "old")],
    &[],
];

/// A log that remembers what the request at hand made of it.
#[derive(Debug)]
struct Remembering {
    log: EmbeddedLog,
    kept: Mutex<Vec<(Topic, Vec<u8>)>>,
}

struct Bed {
    runtime: Runtime,
    log: Arc<Remembering>,
    router: Router,
}

fn bed() -> &'static Bed {
    static BED: OnceLock<Bed> = OnceLock::new();
    BED.get_or_init(|| {
        let sim = SimWorld::new(1);
        let options = LogOptions { sync_in_parallel: false, ..LogOptions::default() };
        let log = EmbeddedLog::open(&sim.world(), Path::new("/log"), options).expect("a new log");
        let log = Arc::new(Remembering { log, kept: Mutex::default() });
        let source = Source { name: "wide.proto".to_owned(), text: SourceText::Proto(WIDE.to_owned()) };
        let web = Key { origins: vec!["https://a.se".to_owned()], ..Key::open("web", "web") };
        let old = Key { enabled: false, ..Key::open("old", "old") };
        let cookie = CookieOptions {
            name: "id".to_owned(),
            domain: String::new(),
            max_age: std::time::Duration::from_secs(60),
            needs_consent: false,
        };
        let parts = CollectorParts {
            options: CollectOptions {
                keys: vec![Key::open("dev", "dev"), web, old],
                // Small, so that a fuzzer reaches them.
                limits: Limits {
                    event_bytes: 700,
                    batch_bytes: 3_000,
                    inflated_bytes: 6_000,
                    batch_events: 20,
                    ..Limits::default()
                },
                seen_ids: 0,
                path_prefix: PathPrefix::parse("/t"),
                cookie: Some(cookie),
                ..CollectOptions::default()
            },
            world: sim.world(),
            log: Arc::clone(&log) as Arc<dyn Log>,
            schemas: Arc::new(Schemas::first(&[source]).expect("it compiles")),
            judge_lag: Arc::new(|| None),
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        Bed { runtime, log, router: router(Collector::new(parts).expect("randomness")) }
    })
}

fuzz_target!(|data: &[u8]| {
    let Some((&[path, content_type, encoding, sender], body)) = data.split_first_chunk::<4>() else { return };
    let Some(request) = request(path, content_type, encoding, sender, body) else { return };
    let bed = bed();
    let (response, body) = bed.runtime.block_on(async {
        let response = TowerToHyperService::new(bed.router.clone()).call(request).await.expect("it cannot fail");
        let (head, body) = response.into_parts();
        let body = body.collect().await.expect("bodies of answers are whole").to_bytes();
        (Response::from_parts(head, ()), body)
    });
    let kept = std::mem::take(&mut *bed.log.kept.lock().expect("nobody panicked"));
    check(&response, &body, &kept);
});

fn request(path: u8, content_type: u8, encoding: u8, sender: u8, body: &[u8]) -> Option<Request<Body>> {
    let pick = |number: u8, count: usize| usize::from(number) % count;
    let path = PATHS[pick(path, PATHS.len())];
    let is_pixel = path.ends_with("pixel");
    let uri = if is_pixel { format!("{path}?{}", std::str::from_utf8(body).ok()?) } else { path.to_owned() };
    let mut request = Request::builder().uri(uri).method(if is_pixel { "GET" } else { "POST" });
    let (content_type, name) = (TYPES[pick(content_type, TYPES.len())], ENCODINGS[pick(encoding, ENCODINGS.len())]);
    if !content_type.is_empty() {
        request = request.header("content-type", content_type);
    }
    if !name.is_empty() {
        request = request.header("content-encoding", name);
    }
    for (name, value) in SENDERS[pick(sender, SENDERS.len())] {
        request = request.header(*name, *value);
    }
    // Half of the bodies that call themselves compressed are, or a fuzzer would never get behind the decoders.
    let body = if encoding & 0x80 == 0 { compressed(name, body) } else { body.to_vec() };
    request.body(if is_pixel { Body::empty() } else { Body::from(body) }).ok()
}

fn compressed(encoding: &str, body: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    match encoding {
        "gzip" => {
            let mut encoder = flate2::write::GzEncoder::new(&mut out, flate2::Compression::fast());
            encoder.write_all(body).expect("memory");
            encoder.finish().expect("memory");
        }
        "zstd" => out = zstd::encode_all(body, 1).expect("memory"),
        "br" => brotli::CompressorWriter::new(&mut out, 4096, 1, 18).write_all(body).expect("memory"),
        _ => out = body.to_vec(),
    }
    out
}

fn check(response: &Response<()>, body: &[u8], kept: &[(Topic, Vec<u8>)]) {
    let status = response.status().as_u16();
    assert!([200, 400, 401, 403, 404, 405, 413, 415, 429].contains(&status), "{status}");
    let mut records: BTreeMap<(&str, String), usize> = BTreeMap::new();
    for (topic, value) in kept {
        let (name, envelope) = match topic {
            Topic::Events => {
                let parts = record::split(value).expect("our own record");
                ("ok", Envelope::decode(parts.envelope).expect("our own envelope"))
            }
            Topic::Quarantine => {
                let quarantined = record::decode_quarantined(value).expect("our own record");
                ("quarantined", quarantined.envelope.expect("our own envelope"))
            }
        };
        *records.entry((name, envelope.event_id)).or_default() += 1;
    }
    if body.starts_with(b"GIF89a") {
        let error = response.headers().get("judi-error").map(|value| value.to_str().expect("a word"));
        match (status, error) {
            (200, None) => assert!(kept.len() == 1 && kept[0].0 == Topic::Events),
            (200, Some(_)) => assert!(kept.len() == 1 && kept[0].0 == Topic::Quarantine),
            _ => assert!(kept.is_empty()),
        }
        return;
    }
    let answer: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
    assert!(status == 405 || answer.is_object(), "{status}");
    for result in answer["results"].as_array().into_iter().flatten() {
        let id = result["event_id"].as_str().expect("every result has an id").to_owned();
        match result["status"].as_str().expect("every result has a status") {
            "duplicate" | "rejected" => {}
            name @ ("ok" | "quarantined") => {
                let name = if name == "ok" { "ok" } else { "quarantined" };
                let count = records.get_mut(&(name, id)).expect("a record for every event that was kept");
                *count -= 1;
            }
            other => panic!("{other} from a log that takes everything"),
        }
    }
    assert!(records.values().all(|count| *count == 0), "records that nobody was told of: {records:?}");
}

impl Log for Remembering {
    fn id(&self) -> LogId {
        self.log.id()
    }

    fn partitions(&self) -> u32 {
        self.log.partitions()
    }

    fn append_many(&self, batches: Vec<Batch>) -> AppendManyFuture {
        let outcomes = batches.iter().map(|_| Ok(0)).collect();
        let mut kept = self.kept.lock().expect("nobody panicked");
        for batch in batches {
            kept.extend(batch.records.into_iter().map(|record| (batch.topic, record.value.to_vec())));
        }
        Box::pin(async move { outcomes })
    }

    fn fetch(&self, topic: Topic, partition: u32, from: u64, max_bytes: usize) -> Result<Fetched, FetchError> {
        self.log.fetch(topic, partition, from, max_bytes)
    }

    fn bounds(&self, topic: Topic, partition: u32) -> Result<Bounds, FetchError> {
        self.log.bounds(topic, partition)
    }

    fn changed(&self) -> watch::Receiver<u64> {
        self.log.changed()
    }

    fn committed(&self, group: &str) -> Result<Positions, GroupError> {
        self.log.committed(group)
    }

    fn commit(&self, group: &str, positions: &Positions) -> Result<(), GroupError> {
        self.log.commit(group, positions)
    }

    fn forget(&self, group: &str) -> Result<(), GroupError> {
        self.log.forget(group)
    }

    fn retain(&self, retention: &Retention) -> Result<Retained, RetainError> {
        self.log.retain(retention)
    }
}
