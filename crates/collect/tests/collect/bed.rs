//! A collector over a log, asked in the process.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt;
use hyper::service::Service;
use hyper_util::service::TowerToHyperService;
use judi_collect::{CollectOptions, Collector, CollectorParts, Key, Limits, router};
use judi_faults::SimWorld;
use judi_log::{
    AppendError, AppendManyFuture, Batch, Bounds, EmbeddedLog, FetchError, Fetched, GroupError, Log, LogId, LogOptions,
    Positions, Record, RetainError, Retained, Retention, Topic,
};
use judi_schema::compile::{Source, SourceText};
use judi_schema::schemas::Schemas;
use judi_world::World;
use serde_json::Value;
use tokio::sync::watch;

const SCHEMA: &str = r#"
syntax = "proto3";
package news;
import "judi/v1/options.proto";
message ArticleView {
  option (judi.event) = {name: "article_view" owner: "news" description: "An article, opened."};
  string article_id = 1 [(judi.field).required = true];
  optional string section = 2;
  repeated string authors = 3;
  optional bool is_premium = 4;
  optional double score = 5;
  optional int32 word_count = 6;
}
message Ping { option (judi.event) = {name: "ping" owner: "news" description: "Nothing more."}; }
"#;

pub(crate) const EXAMPLE: &str = r#"{"sent_at": "2026-11-23T08:00:03Z",
 "context": {"anonymous_id": "a1", "session_id": "s1", "app": "news", "platform": "web", "consent": "granted"},
 "events": [{"event_id": "019329f0-0000-7000-8000-000000000001", "event": "article_view", "occurred_at": "2026-11-23T08:00:01Z",
             "sequence": 1, "payload": {"article_id": "/articles/elk", "section": "inrikes"}}]}"#;

pub(crate) fn schemas() -> Schemas {
    let source = Source { name: "news.proto".to_owned(), text: SourceText::Proto(SCHEMA.to_owned()) };
    Schemas::first(&[source]).unwrap()
}

pub(crate) fn options() -> CollectOptions {
    let web = Key { origins: vec!["https://www.example.se".to_owned()], ..Key::open("web", "web app") };
    let old = Key { enabled: false, ..Key::open("old", "old app") };
    CollectOptions {
        keys: vec![Key::open("dev", "development"), web, old],
        seen_ids: 1 << 10,
        limits: quick(),
        ..CollectOptions::default()
    }
}

/// The usual limits, but that a refusal is answered at once.
pub(crate) fn quick() -> Limits {
    Limits { refusal_pause: Duration::ZERO, ..Limits::default() }
}

/// A collector and everything that a test looks at.
pub(crate) struct Bed {
    pub(crate) sim: SimWorld,
    pub(crate) log: Arc<FaultyLog>,
    pub(crate) collector: Arc<Collector>,
    pub(crate) router: Router,
}

/// An answer, read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Bed {
    pub(crate) fn new() -> Self {
        Self::with(options())
    }

    pub(crate) fn with(options: CollectOptions) -> Self {
        Self::judging_by(options, schemas())
    }

    pub(crate) fn judging_by(options: CollectOptions, schemas: Schemas) -> Self {
        let sim = SimWorld::new(7);
        let log = Arc::new(FaultyLog::over(open_log(&sim.world(), Path::new("/log"))));
        let parts = CollectorParts {
            options,
            world: sim.world(),
            log: Arc::clone(&log) as Arc<dyn Log>,
            schemas: Arc::new(schemas),
            judge_lag: Arc::new(|| Some(42)),
        };
        let collector = Collector::new(parts).unwrap();
        Self { sim, log, router: router(Arc::clone(&collector)), collector }
    }

    pub(crate) async fn ask(&self, request: Request<Body>) -> Answer {
        let response = TowerToHyperService::new(self.router.clone()).call(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        Answer { status: parts.status, headers: parts.headers, body: String::from_utf8(body.to_vec()).unwrap() }
    }

    /// As [`ask`](Self::ask), of an answer that is no text.
    pub(crate) async fn ask_bytes(&self, request: Request<Body>) -> (Answer, Vec<u8>) {
        let response = TowerToHyperService::new(self.router.clone()).call(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        (Answer { status: parts.status, headers: parts.headers, body: String::new() }, body.to_vec())
    }

    /// A POST of JSON with the key `dev`.
    pub(crate) async fn post(&self, body: impl Into<Body>) -> Answer {
        self.ask(post("/v1/events", &[("authorization", "Bearer dev")], body)).await
    }
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {:?}", self.body))
    }

    /// Status and reason of each result.
    pub(crate) fn results(&self) -> Vec<(String, String)> {
        assert_eq!(self.status, StatusCode::OK, "{}", self.body);
        let text = |value: &Value| value.as_str().unwrap_or("").to_owned();
        let results = self.json()["results"].as_array().unwrap().clone();
        results.iter().map(|result| (text(&result["status"]), text(&result["reason"]))).collect()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

pub(crate) fn post(uri: &str, headers: &[(&str, &str)], body: impl Into<Body>) -> Request<Body> {
    let mut request = Request::post(uri);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(body.into()).unwrap()
}

pub(crate) fn open_log(world: &World, folder: &Path) -> EmbeddedLog {
    EmbeddedLog::open(world, folder, LogOptions { sync_in_parallel: false, ..LogOptions::default() }).unwrap()
}

/// Every durable record of a topic, by partition.
pub(crate) fn records(log: &dyn Log, topic: Topic) -> Vec<Record> {
    let mut all = Vec::new();
    for partition in 0..log.partitions() {
        let mut from = 0;
        loop {
            let fetched = log.fetch(topic, partition, from, 1 << 20).unwrap();
            from = fetched.next;
            all.extend(fetched.records.into_iter().map(|fetched| fetched.record));
            if from == fetched.end {
                break;
            }
        }
    }
    all
}

/// A log that refuses appends where a test says so.
#[derive(Debug)]
pub(crate) struct FaultyLog {
    log: EmbeddedLog,
    fault: Mutex<Option<(Option<Topic>, AppendError)>>,
    pub(crate) appends: AtomicUsize,
}

impl FaultyLog {
    fn over(log: EmbeddedLog) -> Self {
        Self { log, fault: Mutex::new(None), appends: AtomicUsize::new(0) }
    }

    /// Refuses what goes to `topic` (`None`: everything) from now on.
    pub(crate) fn refuse(&self, topic: Option<Topic>, error: AppendError) {
        *self.fault.lock().unwrap() = Some((topic, error));
    }

    pub(crate) fn recover(&self) {
        *self.fault.lock().unwrap() = None;
    }
}

impl Log for FaultyLog {
    fn id(&self) -> LogId {
        self.log.id()
    }

    fn partitions(&self) -> u32 {
        self.log.partitions()
    }

    fn append_many(&self, batches: Vec<Batch>) -> AppendManyFuture {
        self.appends.fetch_add(1, Ordering::Relaxed);
        let fault = self.fault.lock().unwrap().clone();
        let refused = |batch: &Batch| match &fault {
            Some((topic, error)) if topic.is_none_or(|topic| topic == batch.topic) => Some(error.clone()),
            _ => None,
        };
        let refusals: Vec<_> = batches.iter().map(refused).collect();
        let taken = batches.into_iter().zip(&refusals).filter(|(_, refusal)| refusal.is_none()).map(|(batch, _)| batch);
        let appended = self.log.append_many(taken.collect());
        Box::pin(async move {
            let mut outcomes = appended.await.into_iter();
            refusals.into_iter().map(|refusal| refusal.map_or_else(|| outcomes.next().unwrap(), Err)).collect()
        })
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
