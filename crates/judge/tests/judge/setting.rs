//! What the tests stand on: a small schema, records of every kind, and the rows that came of them.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{Date32Type, Int64Type, TimestampMicrosecondType};
use bytes::Bytes;
use judi_judge::JudgeOptions;
use judi_judge::clocks::first_inversion;
use judi_log::{AppendError, Batch, Log, Record, Topic, partition_of};
use judi_schema::compile::{Source, SourceText};
use judi_schema::envelope::{Context, Envelope, QuarantinedEvent};
use judi_schema::record::{encode_event, encode_quarantined};
use judi_schema::schemas::Schemas;
use judi_table::{Table, read_file};
use judi_world::{Timestamp, World};

pub(crate) const LOG_DIR: &str = "/judi/log";
/// 2026-01-01T00:00:00Z.
pub(crate) const START_US: i64 = 1_767_225_600_000_000;

const SCHEMA: &str = r#"
    syntax = "proto3";
    package t;
    import "judi/v1/options.proto";
    message ArticleView {
      option (judi.event) = { name: "article_view" owner: "news" description: "Somebody read." };
      string article_id = 1 [(judi.field) = { required: true }];
      int64 words = 2;
    }
    message Share {
      option (judi.event) = { name: "share" owner: "news" description: "Somebody passed it on." };
      string article_id = 1;
    }
"#;

const LATER: &str = r#"
    message Click {
      option (judi.event) = { name: "click" owner: "news" description: "Somebody pressed something." };
      string element = 1;
    }
"#;

fn source(text: String) -> [Source; 1] {
    [Source { name: "t.proto".to_owned(), text: SourceText::Proto(text) }]
}

pub(crate) fn schemas() -> Arc<Schemas> {
    Arc::new(Schemas::first(&source(SCHEMA.to_owned())).unwrap())
}

/// Version 2, which has one event more.
pub(crate) fn later_schemas() -> Arc<Schemas> {
    let first = Schemas::first(&source(SCHEMA.to_owned())).unwrap();
    Arc::new(first.next(&source(format!("{SCHEMA}{LATER}"))).unwrap())
}

pub(crate) fn options(root: &Path) -> JudgeOptions {
    JudgeOptions::new(&root.join("tables"), &root.join("state"))
}

/// What is sent about one event.
#[derive(Debug, Clone)]
pub(crate) struct Sent {
    pub(crate) anonymous_id: String,
    pub(crate) event_id: String,
    pub(crate) event: &'static str,
    pub(crate) received_at_us: i64,
    pub(crate) import_run: &'static str,
    pub(crate) form: Form,
    pub(crate) clock: Option<Clock>,
}

/// What a device says of an event's time.
#[derive(Debug, Clone)]
pub(crate) struct Clock {
    pub(crate) session_id: String,
    pub(crate) sequence: u64,
    pub(crate) occurred_at_us: i64,
    pub(crate) sent_at_us: i64,
}

/// What the record is like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    Fits,
    /// Without a field that has to be there.
    Incomplete,
    /// A payload that is no protobuf.
    Undecodable,
    /// Of a schema version that nobody has published.
    UnknownSchema,
    /// A value that is no record at all.
    Garbage,
    /// Refused when it was collected.
    Quarantined,
}

pub(crate) fn sent(anonymous_id: &str, event_id: &str, form: Form) -> Sent {
    Sent {
        anonymous_id: anonymous_id.to_owned(),
        event_id: event_id.to_owned(),
        event: "article_view",
        received_at_us: START_US,
        import_run: "",
        form,
        clock: None,
    }
}

impl Sent {
    pub(crate) fn topic(&self) -> Topic {
        if self.form == Form::Quarantined { Topic::Quarantine } else { Topic::Events }
    }

    pub(crate) fn partition(&self, log: &dyn Log) -> u32 {
        partition_of(self.anonymous_id.as_bytes(), log.partitions())
    }

    pub(crate) fn on_day(mut self, day: i64) -> Self {
        self.received_at_us = START_US + day * Timestamp::DAY_US;
        self
    }

    pub(crate) fn imported(mut self, run: &'static str) -> Self {
        self.import_run = run;
        self
    }

    /// An event of a session, by a device's clock.
    pub(crate) fn by_clock(mut self, session_id: &str, sequence: u64, occurred_at_us: i64, sent_at_us: i64) -> Self {
        self.clock = Some(Clock { session_id: session_id.to_owned(), sequence, occurred_at_us, sent_at_us });
        self
    }

    pub(crate) fn record(&self, schemas: &Schemas) -> Record {
        let model = schemas.current();
        let event = model.event(self.event).unwrap();
        let envelope = Envelope {
            event_id: self.event_id.clone(),
            event: self.event.to_owned(),
            event_time_us: self.received_at_us - 1_000_000,
            received_at_us: self.received_at_us,
            schema_version: model.version,
            source: "dev".to_owned(),
            import_run: self.import_run.to_owned(),
            occurred_at_us: self.clock.as_ref().map(|clock| clock.occurred_at_us),
            sent_at_us: self.clock.as_ref().map(|clock| clock.sent_at_us),
            sequence: self.clock.as_ref().map(|clock| clock.sequence),
            context: Some(Context {
                anonymous_id: self.anonymous_id.clone(),
                session_id: self.clock.as_ref().map(|clock| clock.session_id.clone()).unwrap_or_default(),
                ..Context::default()
            }),
            ..Envelope::default()
        };
        let payload: &[u8] = match self.form {
            Form::Incomplete => b"\x10\x05",
            Form::Undecodable => b"\x0a\xff",
            _ => b"\x0a\x04/elk\x10\x05",
        };
        let value = match self.form {
            Form::Garbage => format!("no record: {}", self.event_id).into_bytes(),
            Form::Quarantined => encode_quarantined(&QuarantinedEvent {
                envelope: Some(envelope),
                reason: "unknown_event".to_owned(),
                detail: "nobody knows it".to_owned(),
                source: "dev".to_owned(),
                payload: payload.to_vec(),
                ..QuarantinedEvent::default()
            }),
            Form::UnknownSchema => {
                let mut value = encode_event(model, event, &envelope, payload);
                value[4] = 99;
                value
            }
            _ => encode_event(model, event, &envelope, payload),
        };
        Record {
            key: Bytes::from(self.anonymous_id.clone()),
            value: value.into(),
            timestamp: Timestamp(self.received_at_us),
        }
    }
}

/// Appends, each on the partition of its sender; what was acknowledged.
pub(crate) fn append(log: &dyn Log, schemas: &Schemas, sent: &[Sent]) -> Vec<Result<(), AppendError>> {
    let batch = |sent: &Sent| Batch {
        topic: sent.topic(),
        partition: sent.partition(log),
        records: vec![sent.record(schemas)],
    };
    let answers = block_on(log.append_many(sent.iter().map(batch).collect()));
    answers.into_iter().map(|answer| answer.map(|_| ())).collect()
}

pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(future)
}

/// A row of either table, as far as the tests look at it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Row {
    pub(crate) table: &'static str,
    pub(crate) event_id: String,
    pub(crate) received_at_us: i64,
    /// Of `quarantine`.
    pub(crate) reason: String,
}

/// All rows of `events` and `quarantine`, sorted.
pub(crate) fn rows(world: &World, tables_dir: &Path) -> Vec<Row> {
    let mut rows = Vec::new();
    for table in ["events", "quarantine"] {
        let reason = if table == "quarantine" { "reason" } else { "event" };
        for batch in batches(world, &tables_dir.join(table), &["event_id", "received_at", reason]) {
            let times = batch.column(1).as_primitive::<TimestampMicrosecondType>();
            let (ids, reasons) = (batch.column(0).as_string::<i32>(), batch.column(2).as_string::<i32>());
            rows.extend((0..batch.num_rows()).map(|row| Row {
                table,
                event_id: ids.value(row).to_owned(),
                received_at_us: times.value(row),
                reason: if table == "quarantine" { reasons.value(row).to_owned() } else { String::new() },
            }));
        }
    }
    rows.sort();
    rows
}

pub(crate) fn batches(world: &World, dir: &Path, columns: &[&str]) -> Vec<RecordBatch> {
    let Some(table) = Table::open(world, dir).unwrap() else { return Vec::new() };
    let snapshot = table.snapshot().unwrap();
    let files = snapshot.files().values();
    files
        .flat_map(|file| read_file(world.disk.as_ref(), dir, &snapshot, file, Some(columns)).unwrap())
        .map(Result::unwrap)
        .collect()
}

/// When an event happened, as its row says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RowTime {
    /// Its install and session.
    pub(crate) session: (String, String),
    pub(crate) sequence: Option<u64>,
    pub(crate) event_time_us: i64,
    pub(crate) flag: Option<String>,
}

/// The times of all rows of `events`, by event_id.
pub(crate) fn row_times(world: &World, tables_dir: &Path) -> BTreeMap<String, RowTime> {
    let columns = ["event_id", "anonymous_id", "session_id", "sequence", "event_time", "event_time_flag"];
    let mut times = BTreeMap::new();
    for batch in batches(world, &tables_dir.join("events"), &columns) {
        let text = |at: usize, row: usize| {
            let column = batch.column(at).as_string::<i32>();
            column.is_valid(row).then(|| column.value(row).to_owned())
        };
        let (sequences, event_times) = (batch.column(3).as_primitive::<Int64Type>(), batch.column(4));
        let event_times = event_times.as_primitive::<TimestampMicrosecondType>();
        for row in 0..batch.num_rows() {
            let time = RowTime {
                session: (text(1, row).unwrap_or_default(), text(2, row).unwrap_or_default()),
                sequence: sequences.is_valid(row).then(|| u64::try_from(sequences.value(row)).unwrap()),
                event_time_us: event_times.value(row),
                flag: text(5, row),
            };
            times.insert(text(0, row).unwrap(), time);
        }
    }
    times
}

/// Whether the sequences of all sessions are in order, but for what is far from its receipt.
pub(crate) fn assert_in_order(times: &BTreeMap<String, RowTime>, context: &str) {
    let mut sessions: BTreeMap<&(String, String), Vec<(u64, i64)>> = BTreeMap::new();
    let near = times.values().filter(|time| !matches!(time.flag.as_deref(), Some("future" | "past")));
    for time in near {
        if let Some(sequence) = time.sequence {
            sessions.entry(&time.session).or_default().push((sequence, time.event_time_us));
        }
    }
    for (session, events) in sessions {
        assert_eq!(first_inversion(&events), None, "{context}: {session:?}");
    }
}

type DayCounts = BTreeMap<(String, i32), i64>;

/// What `_judi.commits` says, and what it should say.
pub(crate) fn counts(world: &World, tables_dir: &Path) -> (DayCounts, DayCounts) {
    let mut said = DayCounts::new();
    for batch in batches(world, &tables_dir.join("_judi/commits"), &["event", "event_day", "rows"]) {
        let days = batch.column(1).as_primitive::<Date32Type>();
        let rows = batch.column(2).as_primitive::<Int64Type>();
        for row in 0..batch.num_rows() {
            let event = batch.column(0).as_string::<i32>().value(row).to_owned();
            *said.entry((event, days.value(row))).or_default() += rows.value(row);
        }
    }
    let mut are = DayCounts::new();
    for batch in batches(world, &tables_dir.join("events"), &["event", "event_time"]) {
        let times = batch.column(1).as_primitive::<TimestampMicrosecondType>();
        for row in 0..batch.num_rows() {
            let event = batch.column(0).as_string::<i32>().value(row).to_owned();
            *are.entry((event, Timestamp(times.value(row)).day())).or_default() += 1;
        }
    }
    (said, are)
}
