//! A newsroom in a temporary folder: a table of events whose later files know more than the earlier ones.

use std::num::NonZeroUsize;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, Date32Array, RecordBatch, StringArray, StructArray, TimestampMicrosecondArray,
};
use arrow::datatypes::{DataType, Field, Fields, Schema, SchemaRef, TimeUnit};
use judi_engine::output::{Format, write_rows};
use judi_engine::{
    Catalog, DAY_US, Engine, EngineError, EngineOptions, Parameter, Parameters, QueryOptions, Zone, parse_day,
};
use judi_schema::view::{View, ViewColumn};
use judi_table::{SinkOptions, Table, TableSpec, Transaction};
use judi_world::World;
use tempfile::TempDir;

/// One `article_view`. Times are `day-of-November-2026 hour:minute` in UTC.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Read {
    pub(crate) article: &'static str,
    pub(crate) reader: &'static str,
    pub(crate) at: (i64, i64, i64),
    pub(crate) received: (i64, i64, i64),
    pub(crate) bot: bool,
    /// Only files of the newer schema have it.
    pub(crate) section: Option<&'static str>,
}

pub(crate) const fn read(article: &'static str, reader: &'static str, at: (i64, i64, i64)) -> Read {
    Read { article, reader, at, received: at, bot: false, section: None }
}

pub(crate) fn moment((day, hour, minute): (i64, i64, i64)) -> i64 {
    let first = i64::from(parse_day("2026-11-01").unwrap()) - 1;
    (first + day) * DAY_US + (hour * 60 + minute) * 60_000_000
}

pub(crate) struct Newsroom {
    pub(crate) folder: TempDir,
    pub(crate) engine: Engine,
    pub(crate) events: Arc<Table>,
    pub(crate) zone: Zone,
}

fn utc() -> DataType {
    DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()))
}

fn payload(with_section: bool) -> Fields {
    let mut fields = vec![Field::new("article_id", DataType::Utf8, true)];
    if with_section {
        fields.push(Field::new("section", DataType::Utf8, true));
    }
    fields.into()
}

pub(crate) fn events_schema(with_section: bool) -> SchemaRef {
    Arc::new(Schema::new(vec![
        Field::new("event", DataType::Utf8, true),
        Field::new("event_time", utc(), true),
        Field::new("received_at", utc(), true),
        Field::new("received_date", DataType::Date32, true),
        Field::new("anonymous_id", DataType::Utf8, true),
        Field::new("is_bot", DataType::Boolean, true),
        Field::new("article_view", DataType::Struct(payload(with_section)), true),
    ]))
}

fn batch(reads: &[Read], with_section: bool) -> RecordBatch {
    let times = |time: fn(&Read) -> (i64, i64, i64)| -> ArrayRef {
        let values = reads.iter().map(|read| Some(moment(time(read))));
        Arc::new(values.collect::<TimestampMicrosecondArray>().with_timezone("UTC"))
    };
    let texts = |text: fn(&Read) -> Option<&'static str>| -> ArrayRef {
        Arc::new(reads.iter().map(text).collect::<StringArray>())
    };
    let mut children = vec![texts(|read| Some(read.article))];
    if with_section {
        children.push(texts(|read| read.section));
    }
    let days = reads.iter().map(|read| i32::try_from(moment(read.received).div_euclid(DAY_US)).ok());
    let columns: Vec<ArrayRef> = vec![
        texts(|_| Some("article_view")),
        times(|read| read.at),
        times(|read| read.received),
        Arc::new(days.collect::<Date32Array>()),
        texts(|read| Some(read.reader)),
        Arc::new(reads.iter().map(|read| Some(read.bot)).collect::<BooleanArray>()),
        Arc::new(StructArray::new(payload(with_section), children, None)),
    ];
    RecordBatch::try_new(events_schema(with_section), columns).unwrap()
}

pub(crate) fn views() -> Vec<View> {
    let column = |name: &str, path: &[&str]| ViewColumn {
        name: name.into(),
        path: path.iter().map(|part| (*part).to_owned()).collect(),
        ..ViewColumn::default()
    };
    let envelope = ["event", "event_time", "received_at", "received_date", "anonymous_id", "is_bot"];
    let mut columns: Vec<ViewColumn> = envelope.iter().map(|name| column(name, &[name])).collect();
    columns.push(column("article_id", &["article_view", "article_id"]));
    columns.push(column("section", &["article_view", "section"]));
    vec![View { name: "article_view".into(), event: "article_view".into(), columns }]
}

impl Newsroom {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let engine = Engine::new(EngineOptions {
            memory_bytes: 256 << 20,
            threads: NonZeroUsize::new(2).unwrap(),
            spill_dir: folder.path().join("spill"),
        })
        .unwrap();
        let spec = TableSpec {
            name: "events".into(),
            schema: events_schema(false),
            partition_columns: vec!["received_date".into()],
            properties: Default::default(),
        };
        let events = Table::create(&World::system(), &folder.path().join("events"), &spec).unwrap();
        Self { folder, engine, events: Arc::new(events), zone: Zone::UTC }
    }

    /// Commits `reads` as files of their own, under the schema with `section` or the one before it.
    pub(crate) fn commit(&self, reads: &[Read], with_section: bool) {
        let sort = SinkOptions { sort: vec!["event".into(), "event_time".into()], ..SinkOptions::default() };
        let sink = self.events.sink(&events_schema(with_section), sort).unwrap();
        let adds = sink.write(&[batch(reads, with_section)]).unwrap();
        self.events.commit(&Transaction::append(adds).with_schema(events_schema(with_section))).unwrap();
    }

    pub(crate) fn catalog(&self) -> Catalog {
        Catalog::new(self.zone)
            .with_declared_table("events", Some(Arc::clone(&self.events)), events_schema(true))
            .with_views(views())
    }

    /// The rows of `sql` as CSV.
    pub(crate) fn csv(&self, sql: &str) -> String {
        self.try_csv(&self.catalog(), sql, &QueryOptions::default()).unwrap()
    }

    pub(crate) fn try_csv(&self, catalog: &Catalog, sql: &str, options: &QueryOptions) -> Result<String, EngineError> {
        runtime().block_on(async {
            let rows = self.engine.query(catalog, sql, &parameters(), options).await?;
            let mut out = Vec::new();
            write_rows(rows, Format::Csv, &mut out).await?;
            Ok(String::from_utf8(out).unwrap())
        })
    }

    pub(crate) fn error(&self, sql: &str) -> EngineError {
        match self.try_csv(&self.catalog(), sql, &QueryOptions::default()) {
            Ok(rows) => panic!("{sql} gave rows:\n{rows}"),
            Err(error) => error,
        }
    }
}

/// `@from` and `@to`: 2 November.
pub(crate) fn parameters() -> Parameters {
    Parameters::new()
        .with("from", Parameter::Moment(moment((2, 0, 0))))
        .with("to", Parameter::Moment(moment((3, 0, 0))))
        .with("day", Parameter::Day(parse_day("2026-11-02").unwrap()))
        .with("name", Parameter::Text("it's".into()))
}

pub(crate) fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap()
}

/// Three days of reads in three files, the last of the newer schema; the second file holds an event of the first day.
pub(crate) fn three_days() -> Newsroom {
    let newsroom = Newsroom::new();
    newsroom
        .commit(&[read("elk", "a", (1, 10, 0)), read("elk", "a", (1, 11, 0)), read("sea", "b", (1, 23, 30))], false);
    let late = Read { received: (2, 9, 0), ..read("elk", "c", (1, 22, 0)) };
    newsroom.commit(&[late, read("sea", "a", (2, 12, 0)), Read { bot: true, ..read("sea", "r", (2, 12, 1)) }], false);
    newsroom.commit(&[Read { section: Some("inrikes"), ..read("elk", "d", (3, 8, 0)) }], true);
    newsroom
}
