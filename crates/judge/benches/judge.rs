//! Events a second that one core judges: from records of the log to rows of a committed table, and what each stage
//! of that takes.
//!
//! `cargo bench -p judi-judge [-- stages | -- judge]`; `JUDI_BENCH_DIR` names a folder on the disk to measure,
//! `JUDI_BENCH_EVENTS` another number of events. What counts is the CPU time of the judge's thread, so that a busy
//! machine does not matter much.

#![expect(clippy::expect_used, reason = "a bench that cannot measure has nothing to say")]

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use arrow::array::RecordBatch;
use bytes::Bytes;
use judi_judge::dedup::{DedupIndex, Key, Probe, Seen};
use judi_judge::{JudgeCore, JudgeOptions, Step};
use judi_log::{Batch, EmbeddedLog, FetchedRecord, Log, LogOptions, Record, Topic, partition_of};
use judi_schema::columns::EventColumns;
use judi_schema::compile::{Source, SourceText};
use judi_schema::envelope::{Context, Envelope};
use judi_schema::json;
use judi_schema::record::{encode_event, peek, split};
use judi_schema::schemas::Schemas;
use judi_table::{SinkOptions, Table, TableSpec};
use judi_world::{Timestamp, World};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const EVENTS: u64 = 300_000;
/// Events that the log gets at a time.
const APPENDED: u64 = 10_000;
/// About what a round of the judge takes.
const ROUND_EVENTS: usize = 65_536;
/// 2026-01-01T00:00:00Z.
const START_US: i64 = 1_767_225_600_000_000;
const ARTICLES: u64 = 5_000;
const READERS: u64 = 300_000;

const SCHEMA: &str = r#"
    syntax = "proto3";
    package t;
    import "buf/validate/validate.proto";
    import "judi/v1/options.proto";
    message PageView {
      option (judi.event) = { name: "page_view" owner: "news" description: "A page." };
      optional string page_kind = 1;
      optional string title = 2;
    }
    message ArticleView {
      option (judi.event) = { name: "article_view" owner: "news" description: "An article." };
      string article_id = 1 [(judi.field).required = true, (buf.validate.field).string.max_len = 500];
      optional string section = 2;
      optional string title = 3 [(buf.validate.field).string.max_len = 500];
      repeated string authors = 4 [(buf.validate.field).repeated.max_items = 50];
      repeated string tags = 5 [(buf.validate.field).repeated.max_items = 100];
      optional int32 word_count = 6 [(buf.validate.field).int32.gte = 0];
      optional bool is_premium = 7;
    }
    message Scroll {
      option (judi.event) = { name: "scroll" owner: "news" description: "A part of a page." };
      optional string article_id = 1;
      int32 depth_percent = 2 [(buf.validate.field).int32 = { gte: 0, lte: 100 }];
      optional int64 visible_ms = 3;
    }
"#;

const SECTIONS: [&str; 8] = ["inrikes", "utrikes", "sport", "kultur", "ekonomi", "vetenskap", "lokalt", "opinion"];
const WORDS: [&str; 8] = ["Elk", "council", "school", "storm", "vote", "harbour", "winter", "library"];
const DEVICES: [(&str, &str, &str); 4] = [
    ("ios", "iOS 19.1", "iPhone17,1"),
    ("android", "Android 16", "SM-S931B"),
    ("web", "Windows 11", "desktop"),
    ("web", "macOS 16.2", "desktop"),
];
const REFERRERS: [&str; 4] = ["", "https://news.example/", "https://www.google.com/", "https://t.example/x4Fz"];

fn main() {
    let events = std::env::var("JUDI_BENCH_EVENTS").map_or(EVENTS, |text| text.parse().expect("a number of events"));
    let folder = match std::env::var("JUDI_BENCH_DIR") {
        Ok(folder) => tempfile::tempdir_in(folder),
        Err(_) => tempfile::tempdir(),
    }
    .expect("a folder to write to");
    let (world, root) = (World::system(), folder.path());
    let source = Source { name: "t.proto".to_owned(), text: SourceText::Proto(SCHEMA.to_owned()) };
    let schemas = Arc::new(Schemas::first(&[source]).expect("the bench's schema"));
    let log: Arc<dyn Log> =
        Arc::new(EmbeddedLog::open(&world, &root.join("log"), LogOptions::default()).expect("a new log"));
    let bytes = fill(log.as_ref(), &schemas, events);
    println!("{events} events of {} bytes on average", bytes / events);

    let wanted: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    let wants = |part: &str| wanted.is_empty() || wanted.iter().any(|name| name == part);
    if wants("stages") {
        stages(&world, root, log.as_ref(), &schemas);
    }
    if wants("judge") {
        judge(&world, root, log, schemas, events);
    }
}

/// All stages as the judge takes them, to committed rows.
fn judge(world: &World, root: &Path, log: Arc<dyn Log>, schemas: Arc<Schemas>, events: u64) {
    let options = JudgeOptions::new(&root.join("tables"), &root.join("state"));
    let mut core = JudgeCore::open(world, log, schemas, options).expect("a judge");
    let ((rows, rounds), spent) = timed(|| {
        let (mut rows, mut rounds) = (0, 0);
        while let Step::Judged(totals) = core.step().expect("a round") {
            rows += totals.rows;
            rounds += 1;
        }
        (rows, rounds)
    });
    assert_eq!(rows, events, "every event is new and fits");
    show(&format!("judge, in {rounds} rounds"), events, spent);
}

/// Each stage by itself, one after the other over the same rounds.
fn stages(world: &World, root: &Path, log: &dyn Log, schemas: &Arc<Schemas>) {
    let (records, spent) = timed(|| fetch(log));
    let events = records.len() as u64;
    show("fetch", events, spent);
    let (probes, spent) = timed(|| records.iter().map(probe).collect::<Vec<_>>());
    show("facts", events, spent);
    let mut index = DedupIndex::create(&world.disk, &root.join("index"), 7).expect("a new index");
    let ((), spent) = timed(|| {
        for round in probes.chunks(ROUND_EVENTS) {
            index.check_and_insert(round).expect("an index in memory");
        }
    });
    show("dedup", events, spent);
    let (batches, spent) =
        timed(|| records.chunks(ROUND_EVENTS).map(|round| columns(schemas, round)).collect::<Vec<_>>());
    show("columns", events, spent);
    let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    let spec = TableSpec {
        name: "bench".to_owned(),
        schema: Arc::clone(schemas.events_schema()),
        partition_columns: owned(&["received_date"]),
        properties: [].into(),
    };
    let table = Table::create(world, &root.join("table"), &spec).expect("a new table");
    // As the judge's table of events.
    let options = SinkOptions {
        sort: owned(&["event", "event_time", "event_id"]),
        stats_columns: Some(owned(&["event", "event_time", "received_at", "app", "platform"])),
        ..SinkOptions::default()
    };
    let sink = table.sink(schemas.events_schema(), options).expect("a sink");
    let (files, spent) =
        timed(|| batches.iter().map(|batch| sink.write(std::slice::from_ref(batch))).collect::<Vec<_>>());
    let files: Vec<_> = files.into_iter().flat_map(|files| files.expect("durable files")).collect();
    let bytes: u64 = files.iter().map(|file| file.size_bytes).sum();
    show(&format!("sink, {} bytes/event", bytes / events), events, spent);
}

fn fetch(log: &dyn Log) -> Vec<FetchedRecord> {
    let mut records = Vec::new();
    for partition in 0..log.partitions() {
        let mut next = 0;
        loop {
            let fetched = log.fetch(Topic::Events, partition, next, 1 << 20).expect("a readable log");
            next = fetched.next;
            let at_end = fetched.next >= fetched.end;
            records.extend(fetched.records);
            if at_end {
                break;
            }
        }
    }
    records
}

fn probe(record: &FetchedRecord) -> Probe {
    let parts = split(&record.record.value).expect("an event");
    let peek = peek(parts.envelope).expect("an envelope");
    let seen = Seen::on(Timestamp(peek.received_at_us).day());
    Probe { key: Key::of(peek.anonymous_id, peek.event_id), seen, partition: 0 }
}

fn columns(schemas: &Arc<Schemas>, records: &[FetchedRecord]) -> RecordBatch {
    let mut columns = EventColumns::new(schemas);
    let model = schemas.current();
    for record in records {
        let parts = split(&record.record.value).expect("an event");
        let event = model.by_index(parts.index).expect("the schema's event");
        columns.push(model, event, parts.envelope, parts.payload).expect("an event that fits");
    }
    columns.finish().expect("a batch")
}

/// Appends article views; the bytes of their records.
fn fill(log: &dyn Log, schemas: &Schemas, events: u64) -> u64 {
    let model = schemas.current();
    let event = model.event("article_view").expect("the bench's event");
    let payloads: Vec<Vec<u8>> = (0..ARTICLES)
        .map(|number| {
            let pick = |list: &[&'static str], salt: u64| list[(mixed(number ^ salt) % list.len() as u64) as usize];
            let json = format!(
                r#"{{"article_id": "/articles/{number}", "section": "{}", "title": "{} {} {} {number}",
                    "word_count": {}, "is_premium": {}}}"#,
                pick(&SECTIONS, 1),
                pick(&WORDS, 2),
                pick(&WORDS, 3),
                pick(&WORDS, 4),
                120 + number % 1900,
                number % 5 == 0
            );
            let mut payload = Vec::new();
            json::to_wire(&model.plans, event.message, &json, &mut payload).expect("a payload that fits");
            payload
        })
        .collect();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
    let mut bytes = 0;
    for first in (0..events).step_by(APPENDED as usize) {
        let mut batches: Vec<Batch> = (0..log.partitions())
            .map(|partition| Batch { topic: Topic::Events, partition, records: Vec::new() })
            .collect();
        for number in first..events.min(first + APPENDED) {
            let article = mixed(number ^ 7) % ARTICLES * (mixed(number) % ARTICLES) / ARTICLES;
            let envelope = envelope(number, article, model.version);
            let payload = &payloads[article as usize];
            let key = envelope.context.as_ref().map_or("", |context| &context.anonymous_id);
            let key = Bytes::copy_from_slice(key.as_bytes());
            let value = encode_event(model, event, &envelope, payload);
            bytes += value.len() as u64;
            let partition = partition_of(&key, log.partitions()) as usize;
            let timestamp = Timestamp(envelope.received_at_us);
            batches[partition].records.push(Record { key, value: value.into(), timestamp });
        }
        let outcomes = runtime.block_on(log.append_many(batches));
        assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
    }
    bytes
}

fn envelope(number: u64, article: u64, schema_version: u32) -> Envelope {
    let reader = mixed(number ^ 3) % READERS * (mixed(number ^ 5) % READERS) / READERS;
    let (platform, os, device) = DEVICES[(mixed(reader) % DEVICES.len() as u64) as usize];
    let received_at_us = START_US + number as i64 * 2_500;
    let event_time_us = received_at_us - 1_000 - (mixed(number ^ 11) % 2_000_000) as i64;
    let has_campaign = mixed(number ^ 13) % 10 == 0;
    let campaign = |text: &str| if has_campaign { text.to_owned() } else { String::new() };
    Envelope {
        event_id: uuid(mixed(number), number),
        event: "article_view".to_owned(),
        event_time_us,
        received_at_us,
        occurred_at_us: Some(event_time_us),
        sent_at_us: Some(received_at_us),
        sequence: Some(mixed(number) % 10_000),
        monotonic_ms: None,
        schema_version,
        is_bot: mixed(number ^ 17) % 33 == 0,
        source: "dev".to_owned(),
        import_run: String::new(),
        context: Some(Context {
            anonymous_id: uuid(mixed(reader), mixed(reader + 1)),
            session_id: format!("s-{:08x}", mixed(reader) >> 32),
            app: "news".to_owned(),
            app_version: "7.12.0".to_owned(),
            platform: platform.to_owned(),
            os: os.to_owned(),
            device: device.to_owned(),
            locale: "sv-SE".to_owned(),
            page_path: format!("/articles/{article}"),
            referrer: REFERRERS[(mixed(number ^ 19) % REFERRERS.len() as u64) as usize].to_owned(),
            utm_source: campaign("newsletter"),
            utm_medium: campaign("email"),
            utm_campaign: campaign("morning-brief"),
            consent: "granted".to_owned(),
            sdk: "judi-js".to_owned(),
            sdk_version: "1.4.0".to_owned(),
            ..Context::default()
        }),
    }
}

fn uuid(high: u64, low: u64) -> String {
    let (a, b, c) = (high >> 32, high >> 16 & 0xffff, high & 0xffff);
    format!("{a:08x}-{b:04x}-{c:04x}-{:04x}-{:012x}", low >> 48, low & 0xffff_ffff_ffff)
}

/// SplitMix64: a number that looks like chance and follows from another.
const fn mixed(number: u64) -> u64 {
    let z = number.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// What `work` gives, and the CPU time of this thread that it took.
fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let before = cpu_time();
    let done = work();
    (done, cpu_time().saturating_sub(before))
}

/// CPU time of this thread so far.
fn cpu_time() -> Duration {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").expect("Linux's account of this thread");
    let nanos = text.split(' ').next().and_then(|nanos| nanos.parse().ok());
    Duration::from_nanos(nanos.expect("nanoseconds on a CPU"))
}

fn show(stage: &str, events: u64, spent: Duration) {
    let nanos = spent.as_nanos() as f64 / events as f64;
    println!("{stage:<28} {nanos:>7.0} ns/event {:>12.0} events/s", 1e9 / nanos);
}
