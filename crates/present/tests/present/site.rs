//! A newsroom's pages over tables in a temporary folder, and how a test asks them.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use arrow::array::{ArrayRef, Date32Array, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray};
use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::BodyExt;
use hyper::service::Service;
use hyper_util::service::TowerToHyperService;
use judi_engine::{Catalog, EVENTS_TABLE, Engine, EngineOptions, Zone, parse_day};
use judi_faults::SimWorld;
use judi_present::{CatalogSource, Definitions, PageOptions, Presenter, ProjectUses};
use judi_schema::columns::{EventColumns, QuarantineRow, quarantine_batch};
use judi_schema::compile::{Source, SourceText};
use judi_schema::envelope::{Context, Envelope};
use judi_schema::schemas::Schemas;
use judi_table::{SinkOptions, Table, TableSpec, Transaction};
use judi_world::{Timestamp, World};
use prost::Message;
use serde_json::{Value, json};
use tempfile::TempDir;

/// The template's schema: what a new project's pages are about.
const READING: &str = include_str!("../../../newsroom/template/schema/newsroom/v1/reading.proto");

const ARTICLE_EVENT: &str = "article_view";

/// Noon of the day that tests call today.
pub(crate) const TODAY: &str = "2026-11-25";

/// One article, opened. `at` is a moment as of [`moment`].
#[derive(Debug, Clone, Copy)]
pub(crate) struct Read<'a> {
    pub(crate) article: &'a str,
    pub(crate) title: &'a str,
    pub(crate) reader: &'a str,
    pub(crate) at: i64,
    pub(crate) is_bot: bool,
    pub(crate) referrer: &'a str,
    pub(crate) campaign: &'a str,
}

pub(crate) const fn read<'a>(article: &'a str, reader: &'a str, at: i64) -> Read<'a> {
    Read { article, title: "", reader, at, is_bot: false, referrer: "", campaign: "" }
}

/// One event of any kind. `at` is a moment as of [`moment`].
#[derive(Debug, Clone)]
pub(crate) struct Sent<'a> {
    pub(crate) event: &'a str,
    /// The version of the schema that it was written with.
    pub(crate) version: u32,
    pub(crate) payload: Value,
    /// App, release, platform.
    pub(crate) from: [&'a str; 3],
    pub(crate) sender: &'a str,
    pub(crate) at: i64,
}

/// Microseconds since 1970 of `minute` of the day, UTC.
pub(crate) fn moment(day: &str, minute: i64) -> i64 {
    i64::from(parse_day(day).unwrap()) * judi_engine::DAY_US + minute * 60_000_000
}

/// What a site is made with; [`Setting::open`] makes it.
pub(crate) struct Setting<'a> {
    /// The versions of the schema; `None`: one, of the template's events about reading.
    pub(crate) schemas: Option<Schemas>,
    /// Who uses the events, or why that is not known.
    pub(crate) uses: Result<ProjectUses, String>,
    pub(crate) reads: &'a [Read<'a>],
    pub(crate) sent: &'a [Sent<'a>],
    pub(crate) refused: &'a [QuarantineRow<'a>],
    pub(crate) zone: Zone,
    pub(crate) timeout: Duration,
    /// Why the tables cannot be opened.
    pub(crate) broken: Option<&'static str>,
}

impl Default for Setting<'_> {
    fn default() -> Self {
        let timeout = Duration::from_secs(60);
        let uses = Ok(ProjectUses::default());
        Self { schemas: None, uses, reads: &[], sent: &[], refused: &[], zone: Zone::UTC, timeout, broken: None }
    }
}

/// The pages, and what stands behind them.
pub(crate) struct Site {
    pub(crate) sim: SimWorld,
    pub(crate) router: Router,
    pub(crate) presenter: Arc<Presenter>,
    pub(crate) schemas: Arc<Schemas>,
    pub(crate) defined: Arc<Defined>,
    /// How often the tables were opened: once for the zone of a page, and once per question that the engine is asked.
    opened: Arc<AtomicUsize>,
    _folder: TempDir,
}

/// An answer, read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

/// The events, until another version is published.
pub(crate) struct Defined {
    schemas: Mutex<Arc<Schemas>>,
    uses: Result<ProjectUses, String>,
}

impl Defined {
    pub(crate) fn publish(&self, schemas: Schemas) {
        *self.schemas.lock().unwrap() = Arc::new(schemas);
    }
}

impl Definitions for Defined {
    fn schemas(&self) -> Arc<Schemas> {
        Arc::clone(&self.schemas.lock().unwrap())
    }

    fn uses(&self, _: &Schemas) -> Result<ProjectUses, String> {
        self.uses.clone()
    }
}

impl Setting<'_> {
    pub(crate) fn open(self) -> Site {
        let folder = tempfile::tempdir().unwrap();
        let sim = SimWorld::new(11);
        sim.clock.jump_to(Timestamp(moment(TODAY, 12 * 60)));
        let schemas = Arc::new(self.schemas.unwrap_or_else(template));
        let defined = Arc::new(Defined { schemas: Mutex::new(Arc::clone(&schemas)), uses: self.uses });
        let is_empty = self.reads.is_empty() && self.sent.is_empty();
        let table = (!is_empty).then(|| events(&folder, &schemas, self.reads, self.sent));
        let refused = quarantine_batch(self.refused).unwrap();
        let commits = commits(self.reads, self.sent);
        let opened = Arc::new(AtomicUsize::new(0));
        let source: CatalogSource = Arc::new({
            let (opened, broken, defined, zone) = (Arc::clone(&opened), self.broken, Arc::clone(&defined), self.zone);
            move || {
                opened.fetch_add(1, Ordering::Relaxed);
                let schemas = defined.schemas();
                let mut catalog = Catalog::new(zone)
                    .with_declared_table(EVENTS_TABLE, table.clone(), Arc::clone(schemas.events_schema()))
                    .with_views(schemas.views().iter().cloned())
                    .with_rows("quarantine", Schemas::quarantine_schema(), vec![refused.clone()]);
                if !is_empty {
                    catalog = catalog.with_rows("_judi.commits", commits.schema(), vec![commits.clone()]);
                }
                broken.map_or(Ok(catalog), |why| Err(why.to_owned()))
            }
        });
        let engine = Engine::new(EngineOptions {
            memory_bytes: 256 << 20,
            threads: NonZeroUsize::new(2).unwrap(),
            spill_dir: folder.path().join("spill"),
        });
        let options = PageOptions {
            article_event: ARTICLE_EVENT.into(),
            article_field: "article_id".into(),
            title_field: Some("title".into()),
            timeout: self.timeout,
            example_key: "dev".into(),
        };
        let definitions = Arc::clone(&defined) as Arc<dyn Definitions>;
        let presenter = Presenter::new(Arc::new(engine.unwrap()), source, definitions, sim.world(), options);
        let router = judi_present::router(Arc::clone(&presenter));
        Site { sim, router, presenter, schemas, defined, opened, _folder: folder }
    }
}

impl Site {
    pub(crate) fn with(reads: &[Read<'_>]) -> Self {
        Setting { reads, ..Setting::default() }.open()
    }

    pub(crate) async fn ask(&self, request: Request<Body>) -> Answer {
        self.try_ask(request).await.unwrap()
    }

    /// The answer, or why its body broke off.
    pub(crate) async fn try_ask(&self, request: Request<Body>) -> Result<Answer, axum::Error> {
        let response = TowerToHyperService::new(self.router.clone()).call(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = body.collect().await?.to_bytes();
        let body = String::from_utf8(body.to_vec()).unwrap();
        Ok(Answer { status: parts.status, headers: parts.headers, body })
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.ask(request(Method::GET, path)).await
    }

    pub(crate) async fn post(&self, path: &str, content_type: &str, body: impl Into<Body>) -> Answer {
        self.ask(Request::post(path).header("content-type", content_type).body(body.into()).unwrap()).await
    }

    /// How often the tables were opened since the last call.
    pub(crate) fn opened(&self) -> usize {
        self.opened.swap(0, Ordering::Relaxed)
    }

    /// Whether `payload` is an article's reading by the schema.
    pub(crate) fn takes(&self, payload: &Value) -> bool {
        self.takes_event(ARTICLE_EVENT, payload)
    }

    /// Whether `payload` is such an event by the schema.
    pub(crate) fn takes_event(&self, event: &str, payload: &Value) -> bool {
        let model = self.schemas.current();
        let event = model.event(event).unwrap();
        judi_schema::json::to_wire(&model.plans, event.message, &payload.to_string(), &mut Vec::new()).is_ok()
    }
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {:?}", self.body))
    }

    /// The page as a reader sees it: no tags, no entities, one space where there was any.
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        let mut rest = self.body.as_str();
        while let Some((before, tag)) = rest.split_once('<') {
            text.push_str(before);
            text.push(' ');
            rest = tag.split_once('>').map_or("", |(_, after)| after);
        }
        text.push_str(rest);
        let text = [("&quot;", "\""), ("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")]
            .iter()
            .fold(text, |text, (entity, character)| text.replace(entity, character));
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// Fails, with the page, unless all of `parts` can be read on it.
    #[track_caller]
    pub(crate) fn says(&self, parts: &[&str]) {
        let text = self.text();
        for part in parts {
            assert!(text.contains(part), "{:?} is not on the page ({}):\n{text}", part, self.status);
        }
    }

    /// How often `part` is in the page's source.
    pub(crate) fn count(&self, part: &str) -> usize {
        self.body.matches(part).count()
    }
}

pub(crate) fn request(method: Method, path: &str) -> Request<Body> {
    Request::builder().method(method).uri(path).header("host", "news.example:8080").body(Body::empty()).unwrap()
}

/// Text as a value in an address.
pub(crate) fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

/// The template's events about reading, published once.
pub(crate) fn template() -> Schemas {
    let source = Source { name: "newsroom/v1/reading.proto".into(), text: SourceText::Proto(READING.into()) };
    Schemas::first(&[source]).unwrap()
}

/// A table of `reads` and of what else was `sent` on the real disk, as the judge would have written it.
fn events(folder: &TempDir, schemas: &Arc<Schemas>, reads: &[Read<'_>], sent: &[Sent<'_>]) -> Arc<Table> {
    let schema = schemas.events_schema();
    let spec = TableSpec {
        name: EVENTS_TABLE.into(),
        schema: Arc::clone(schema),
        partition_columns: vec!["received_date".into()],
        properties: Default::default(),
    };
    let table = Table::create(&World::system(), &folder.path().join(EVENTS_TABLE), &spec).unwrap();
    let mut columns = EventColumns::new(schemas);
    let mut push = |version: u32, event: &str, payload: &Value, envelope: &Envelope| {
        let model = schemas.version(version).unwrap();
        let event = model.event(event).unwrap();
        let mut wire = Vec::new();
        judi_schema::json::to_wire(&model.plans, event.message, &payload.to_string(), &mut wire).unwrap();
        columns.push(model, event, &envelope.encode_to_vec(), &wire).unwrap();
    };
    for (number, read) in reads.iter().enumerate() {
        let title = Some(read.title).filter(|title| !title.is_empty());
        push(1, ARTICLE_EVENT, &json!({"article_id": read.article, "title": title}), &envelope(number, read));
    }
    for (number, sent) in sent.iter().enumerate() {
        push(sent.version, sent.event, &sent.payload, &envelope_of(number, sent));
    }
    let sort = SinkOptions { sort: vec!["event".into(), "event_time".into()], ..SinkOptions::default() };
    let adds = table.sink(schema, sort).unwrap().write(&[columns.finish().unwrap()]).unwrap();
    table.commit(&Transaction::append(adds)).unwrap();
    Arc::new(table)
}

/// What Judi counts of its commits: all of it came at noon of today.
fn commits(reads: &[Read<'_>], sent: &[Sent<'_>]) -> RecordBatch {
    let day = |at: i64| i32::try_from(at.div_euclid(judi_engine::DAY_US)).unwrap();
    let mut counts: BTreeMap<(String, i32), i64> = BTreeMap::new();
    let reads = reads.iter().map(|read| (ARTICLE_EVENT, read.at));
    for (event, at) in reads.chain(sent.iter().map(|sent| (sent.event, sent.at))) {
        *counts.entry((event.to_owned(), day(at))).or_default() += 1;
    }
    let noon = TimestampMicrosecondArray::from(vec![moment(TODAY, 12 * 60); counts.len()]).with_timezone("UTC");
    let columns: [(&str, ArrayRef); 5] = [
        ("committed_at", Arc::new(noon)),
        ("table", Arc::new(StringArray::from(vec![EVENTS_TABLE; counts.len()]))),
        ("event", Arc::new(counts.keys().map(|(event, _)| Some(event.as_str())).collect::<StringArray>())),
        ("event_day", Arc::new(counts.keys().map(|(_, day)| Some(*day)).collect::<Date32Array>())),
        ("rows", Arc::new(counts.values().copied().map(Some).collect::<Int64Array>())),
    ];
    RecordBatch::try_from_iter(columns).unwrap()
}

fn envelope_of(number: usize, sent: &Sent<'_>) -> Envelope {
    let [app, app_version, platform] = sent.from.map(str::to_owned);
    let context = Context {
        anonymous_id: sent.sender.into(),
        app,
        app_version,
        platform,
        sdk: "judi-js".into(),
        ..Context::default()
    };
    Envelope {
        event_id: format!("s{number}"),
        event: sent.event.into(),
        event_time_us: sent.at,
        received_at_us: sent.at,
        schema_version: sent.version,
        context: Some(context),
        ..Envelope::default()
    }
}

fn envelope(number: usize, read: &Read<'_>) -> Envelope {
    let context = Context {
        anonymous_id: read.reader.into(),
        platform: "web".into(),
        referrer: read.referrer.into(),
        utm_campaign: read.campaign.into(),
        ..Context::default()
    };
    Envelope {
        event_id: format!("e{number}"),
        event: ARTICLE_EVENT.into(),
        event_time_us: read.at,
        received_at_us: read.at,
        schema_version: 1,
        is_bot: read.is_bot,
        context: Some(context),
        ..Envelope::default()
    }
}
