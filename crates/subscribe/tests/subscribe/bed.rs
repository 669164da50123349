//! A log with some events, served on loopback, and a client that reads what comes while it comes.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use judi_faults::SimWorld;
use judi_log::{Batch, EmbeddedLog, Log, LogOptions, Record, Topic};
use judi_schema::compile::{Source, SourceText};
use judi_schema::envelope::{Context, Envelope, PayloadKind, QuarantinedEvent};
use judi_schema::record;
use judi_schema::schemas::Schemas;
use judi_subscribe::{
    Inspector, Refused, SubscribeOptions, SubscribeParts, inspect_router, no_inspector_router, subscribe_router,
};
use judi_world::Timestamp;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::watch;

const PROTO: &str = r#"syntax = "proto3"; package a.v1; import "judi/v1/options.proto";
message View { option (judi.event) = { name: "page_view" }; string path = 1; }
message Click { option (judi.event) = { name: "click" }; string what = 1; }"#;

/// 2026-11-23T08:00:00Z.
pub(crate) const START_US: i64 = 1_795_420_800_000_000;

pub(crate) struct Bed {
    pub(crate) log: Arc<dyn Log>,
    pub(crate) schemas: Arc<Schemas>,
    pub(crate) address: std::net::SocketAddr,
    pub(crate) stop: watch::Sender<bool>,
}

impl Bed {
    pub(crate) async fn new(options: SubscribeOptions) -> Self {
        Self::with_refusals(options, Vec::new()).await
    }

    pub(crate) async fn with_refusals(options: SubscribeOptions, refusals: Vec<Refused>) -> Self {
        let sim = SimWorld::new(7);
        let log_options = LogOptions { partitions: 2, ..LogOptions::default() };
        let log: Arc<dyn Log> = Arc::new(EmbeddedLog::open(&sim.world(), Path::new("/log"), log_options).unwrap());
        let schemas = Arc::new(
            Schemas::first(&[Source { name: "a.proto".into(), text: SourceText::Proto(PROTO.into()) }]).unwrap(),
        );
        let known = Arc::clone(&schemas);
        let newest: Arc<dyn Fn() -> Arc<Schemas> + Send + Sync> = Arc::new(move || Arc::clone(&known));
        let (stop, stopping) = watch::channel(false);
        let calls = std::sync::atomic::AtomicUsize::new(0);
        // The first look is that of the inspector's start: what comes later is new.
        let refused = move || match calls.fetch_add(1, std::sync::atomic::Ordering::Relaxed) {
            0 => Vec::new(),
            _ => refusals.clone(),
        };
        let inspector = Inspector::new(Arc::clone(&log), Arc::clone(&newest), Arc::new(refused)).unwrap();
        let parts = SubscribeParts { log: Arc::clone(&log), schemas: newest, options, stopping };
        let (router, _metrics) = subscribe_router(parts);
        let router = router.merge(inspect_router(Arc::new(inspector)));
        let router = router.nest("/plain", no_inspector_router());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { log, schemas, address, stop }
    }

    /// Appends a good event of partition `number % 2`.
    pub(crate) async fn good(&self, number: u64, event: &str) {
        let model = self.schemas.current();
        let found = model.event(event).unwrap();
        let payload = [&[0x0a, 2][..], b"/x"].concat();
        let value = record::encode_event(model, found, &envelope(number, event), &payload);
        self.append(Topic::Events, number, value).await;
    }

    /// Appends a bad one.
    pub(crate) async fn bad(&self, number: u64, event: &str) {
        let kept = QuarantinedEvent {
            envelope: Some(envelope(number, event)),
            reason: "invalid_payload".into(),
            detail: "path: a number stands where text should".into(),
            source: "dev".into(),
            payload: br#"{"path": 7}"#.to_vec(),
            payload_kind: PayloadKind::PayloadJson.into(),
            judged_by: 1,
        };
        self.append(Topic::Quarantine, number, record::encode_quarantined(&kept)).await;
    }

    async fn append(&self, topic: Topic, number: u64, value: Vec<u8>) {
        let at = Timestamp(START_US + i64::try_from(number).unwrap() * 1_000_000);
        let record = Record { key: "a1".into(), value: value.into(), timestamp: at };
        let partition = u32::try_from(number % 2).unwrap();
        let outcomes = self.log.append_many(vec![Batch { topic, partition, records: vec![record] }]).await;
        outcomes.into_iter().for_each(|outcome| _ = outcome.unwrap());
    }

    /// Sends one request and gives the connection to read from.
    pub(crate) async fn ask(&self, method: &str, path: &str, headers: &str) -> Reader {
        let socket = TcpSocket::new_v4().unwrap();
        // Of some systems the buffers grow until they hold all that a test sends.
        socket.set_recv_buffer_size(64 << 10).unwrap();
        let mut stream = socket.connect(self.address).await.unwrap();
        let request = format!("{method} {path} HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n{headers}\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        Reader { stream, text: String::new() }
    }

    /// The whole answer to a request.
    pub(crate) async fn answer(&self, method: &str, path: &str, headers: &str) -> String {
        let mut reader = self.ask(method, path, &format!("connection: close\r\n{headers}")).await;
        reader.rest().await
    }
}

fn envelope(number: u64, event: &str) -> Envelope {
    let at = START_US + i64::try_from(number).unwrap() * 1_000_000;
    Envelope {
        event_id: format!("e{number}"),
        event: event.into(),
        event_time_us: at,
        received_at_us: at,
        schema_version: 1,
        source: "dev".into(),
        context: Some(Context { anonymous_id: "a1".into(), platform: "web".into(), ..Context::default() }),
        ..Envelope::default()
    }
}

/// An answer while it comes.
pub(crate) struct Reader {
    stream: TcpStream,
    pub(crate) text: String,
}

impl Reader {
    /// Reads until `count` messages with data are there.
    pub(crate) async fn messages(&mut self, count: usize) -> Vec<serde_json::Value> {
        self.until(|text| text.lines().filter(|line| line.starts_with("data: ")).count() >= count).await;
        let data = self.text.lines().filter_map(|line| line.strip_prefix("data: "));
        data.map(|json| serde_json::from_str(json).unwrap()).collect()
    }

    /// The last position that was told.
    pub(crate) fn last_id(&self) -> String {
        self.text.lines().filter_map(|line| line.strip_prefix("id: ")).next_back().unwrap().to_owned()
    }

    pub(crate) async fn until(&mut self, is_enough: impl Fn(&str) -> bool) {
        let read = async {
            let mut buffer = [0; 4096];
            while !is_enough(&self.text) {
                let length = self.stream.read(&mut buffer).await.unwrap();
                assert!(length > 0, "the stream ended with {:?}", self.text);
                self.text.push_str(std::str::from_utf8(&buffer[..length]).unwrap());
            }
        };
        tokio::time::timeout(Duration::from_secs(20), read).await.expect("an answer in time");
    }

    pub(crate) async fn rest(&mut self) -> String {
        let mut bytes = Vec::new();
        let read = self.stream.read_to_end(&mut bytes);
        // A connection that is cut may be cut hard.
        let _ = tokio::time::timeout(Duration::from_secs(20), read).await.expect("an end in time");
        self.text.push_str(&String::from_utf8_lossy(&bytes));
        self.text.clone()
    }
}
