//! A newsroom in a temporary folder, with the template's own jobs or others.

use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, Date32Array, RecordBatch, StringArray, StructArray, TimestampMicrosecondArray,
};
use arrow::buffer::NullBuffer;
use arrow::datatypes::{DataType, Field, Fields, Schema, SchemaRef, TimeUnit};
use judi_engine::output::{Format, write_rows};
use judi_engine::{Catalog, DAY_US, Engine, EngineOptions, Parameters, QueryOptions, Zone, parse_day};
use judi_jobs::{Context, Job, JobTables, Outcome, RunError, RunOptions, RunReport, run};
use judi_schema::view::{View, ViewColumn};
use judi_table::{SinkOptions, Table, TableSpec, Transaction};
use judi_world::World;
use tempfile::TempDir;

/// Day of November 2026, hour, minute, in UTC.
pub(crate) type At = (i64, i64, i64);

/// An event: its name, what it is about, who, when, when it came.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Event {
    pub(crate) name: &'static str,
    pub(crate) subject: &'static str,
    pub(crate) who: &'static str,
    pub(crate) at: At,
    pub(crate) received: At,
    pub(crate) bot: bool,
    pub(crate) reason: Option<&'static str>,
}

pub(crate) const fn event(name: &'static str, subject: &'static str, who: &'static str, at: At) -> Event {
    Event { name, subject, who, at, received: at, bot: false, reason: None }
}

pub(crate) const fn read(article: &'static str, who: &'static str, at: At) -> Event {
    event("article_view", article, who, at)
}

pub(crate) fn moment((day, hour, minute): At) -> i64 {
    let first = i64::from(parse_day("2026-11-01").unwrap()) - 1;
    (first + day) * DAY_US + (hour * 60 + minute) * 60_000_000
}

const PAYLOADS: [(&str, &[&str]); 3] =
    [("article_view", &["article_id"]), ("video_start", &["programme_id"]), ("video_end", &["programme_id", "reason"])];

fn payload(columns: &[&str]) -> Fields {
    columns.iter().map(|name| Field::new(*name, DataType::Utf8, true)).collect()
}

fn events_schema() -> SchemaRef {
    let utc = || DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
    let mut fields = vec![
        Field::new("event", DataType::Utf8, true),
        Field::new("event_time", utc(), true),
        Field::new("received_at", utc(), true),
        Field::new("received_date", DataType::Date32, true),
        Field::new("anonymous_id", DataType::Utf8, true),
        Field::new("is_bot", DataType::Boolean, true),
    ];
    fields.extend(PAYLOADS.iter().map(|(name, columns)| Field::new(*name, DataType::Struct(payload(columns)), true)));
    Arc::new(Schema::new(fields))
}

fn batch(events: &[Event]) -> RecordBatch {
    let times = |time: fn(&Event) -> At| -> ArrayRef {
        let values = events.iter().map(|event| Some(moment(time(event))));
        Arc::new(values.collect::<TimestampMicrosecondArray>().with_timezone("UTC"))
    };
    let texts = |text: fn(&Event) -> Option<&'static str>| -> ArrayRef {
        Arc::new(events.iter().map(text).collect::<StringArray>())
    };
    let days = events.iter().map(|event| i32::try_from(moment(event.received).div_euclid(DAY_US)).ok());
    let mut columns: Vec<ArrayRef> = vec![
        texts(|event| Some(event.name)),
        times(|event| event.at),
        times(|event| event.received),
        Arc::new(days.collect::<Date32Array>()),
        texts(|event| Some(event.who)),
        Arc::new(events.iter().map(|event| Some(event.bot)).collect::<BooleanArray>()),
    ];
    for (name, fields) in PAYLOADS {
        let values: [ArrayRef; 2] = [texts(|event| Some(event.subject)), texts(|event| event.reason)];
        let is_this = NullBuffer::from_iter(events.iter().map(|event| event.name == name));
        let children = values.into_iter().take(fields.len()).collect();
        columns.push(Arc::new(StructArray::new(payload(fields), children, Some(is_this))));
    }
    RecordBatch::try_new(events_schema(), columns).unwrap()
}

fn views() -> Vec<View> {
    let column = |name: &str, path: Vec<String>| ViewColumn { name: name.into(), path, ..ViewColumn::default() };
    let envelope = ["event", "event_time", "received_at", "received_date", "anonymous_id", "is_bot"];
    let view = |(event, fields): &(&str, &[&str])| {
        let own = envelope.iter().map(|name| column(name, vec![(*name).to_owned()]));
        let payload = fields.iter().map(|name| column(name, vec![(*event).to_owned(), (*name).to_owned()]));
        View { name: (*event).to_owned(), event: (*event).to_owned(), columns: own.chain(payload).collect() }
    };
    PAYLOADS.iter().map(view).collect()
}

pub(crate) struct Newsroom {
    pub(crate) folder: TempDir,
    engine: Engine,
    events: Arc<Table>,
    pub(crate) tables: JobTables,
    pub(crate) zone: Zone,
    pub(crate) jobs: Vec<Job>,
}

impl Newsroom {
    /// With jobs `(table, SQL)`, all in one domain.
    pub(crate) fn new(jobs: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (table, sql) in jobs {
            let path = folder.path().join(format!("jobs/news/{table}.sql"));
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, sql).unwrap();
        }
        let world = World::system();
        let engine = Engine::new(EngineOptions {
            memory_bytes: 256 << 20,
            threads: NonZeroUsize::new(2).unwrap(),
            spill_dir: folder.path().join("spill"),
        })
        .unwrap();
        let spec = TableSpec {
            name: "events".into(),
            schema: events_schema(),
            partition_columns: vec!["received_date".into()],
            properties: Default::default(),
        };
        let events = Table::create(&world, &folder.path().join("tables/events"), &spec).unwrap();
        let jobs = judi_jobs::load(world.disk.as_ref(), &folder.path().join("jobs")).unwrap();
        let tables = JobTables::new(world, folder.path().join("tables"));
        Self { engine, events: Arc::new(events), tables, zone: Zone::UTC, jobs, folder }
    }

    pub(crate) fn commit(&self, events: &[Event]) {
        let sort = SinkOptions { sort: vec!["event".into(), "event_time".into()], ..SinkOptions::default() };
        let sink = self.events.sink(&events_schema(), sort).unwrap();
        let adds = sink.write(&[batch(events)]).unwrap();
        // A txn, so that files that happen to be equal are still further rows.
        let version = self.events.snapshot().unwrap().version();
        self.events.commit(&Transaction::append(adds).with_txn("test", version)).unwrap();
    }

    pub(crate) fn catalog(&self) -> Catalog {
        Catalog::new(self.zone).with_table("events", Arc::clone(&self.events)).with_views(views())
    }

    pub(crate) fn try_run(&self, from: &str, to: &str, tables: &[&str]) -> Result<RunReport, RunError> {
        let options = RunOptions {
            from_day: parse_day(from).unwrap(),
            to_day: parse_day(to).unwrap(),
            tables: tables.iter().map(|table| (*table).to_owned()).collect(),
            run_ts_us: moment((10, 0, 0)),
        };
        let catalog = self.catalog();
        let context = Context { engine: &self.engine, catalog: &catalog, tables: &self.tables };
        let mut told = 0;
        let report = run(&context, &self.jobs, &options, &mut |done, total, _| {
            told += 1;
            assert!(done == told && done <= total);
        });
        if let Ok(report) = &report {
            assert_eq!(told, report.partitions.len());
        }
        report
    }

    /// Runs November's days `from` to `to` and tells what became of each: `table day outcome`.
    pub(crate) fn run(&self, from: i64, to: i64) -> Vec<String> {
        let report = self.try_run(&format!("2026-11-{from:02}"), &format!("2026-11-{to:02}"), &[]).unwrap();
        outcomes(&report)
    }

    /// The rows of `sql` as CSV, jobs' tables among them.
    pub(crate) fn csv(&self, sql: &str) -> String {
        let catalog = self.tables.catalog(self.catalog(), &self.jobs).unwrap();
        tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
            let (parameters, options) = (Parameters::new(), QueryOptions::default());
            let rows = self.engine.query(&catalog, sql, &parameters, &options).await.unwrap();
            let mut out = Vec::new();
            write_rows(rows, Format::Csv, &mut out).await.unwrap();
            String::from_utf8(out).unwrap()
        })
    }

    /// The data files of a table that its newest version has, by path.
    pub(crate) fn files(&self, table: &str) -> Vec<String> {
        let table = self.tables.open(table).unwrap().unwrap();
        table.snapshot().unwrap().files().keys().cloned().collect()
    }

    /// The newest version of a table.
    pub(crate) fn version(&self, table: &str) -> i64 {
        self.tables.open(table).unwrap().unwrap().snapshot().unwrap().version()
    }

    /// Reads the jobs again, after `table`'s file has become `sql`.
    pub(crate) fn rewrite(&mut self, table: &str, sql: &str) {
        std::fs::write(self.folder.path().join(format!("jobs/news/{table}.sql")), sql).unwrap();
        let disk = World::system().disk;
        self.jobs = judi_jobs::load(disk.as_ref(), &self.folder.path().join("jobs")).unwrap();
    }
}

pub(crate) fn outcomes(report: &RunReport) -> Vec<String> {
    let line = |report: &judi_jobs::PartitionReport| {
        let outcome = match &report.outcome {
            Outcome::Written { rows, .. } => format!("written {rows}"),
            Outcome::Unchanged { rows } => format!("unchanged {rows}"),
            Outcome::Blocked => "blocked".to_owned(),
            Outcome::Failed(error) => format!("failed: {error}"),
            Outcome::Skipped { because_of } => format!("skipped for {because_of}"),
        };
        format!("{} {} {outcome}", report.table, report.partition)
    };
    report.partitions.iter().map(line).collect()
}

/// The template's file, as it is handed to users.
pub(crate) fn template(path: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../newsroom/template/jobs");
    std::fs::read_to_string(folder.join(path)).unwrap()
}
