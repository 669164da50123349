//! What an older schema could not read is read by the one that was published since: by itself, once, whatever stops it.

use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use arrow::array::{Array, AsArray};
use arrow::datatypes::Int64Type;
use judi_faults::{SimDisk, SimWorld};
use judi_judge::{Judge, JudgeCore, JudgeOptions, Step};
use judi_log::{Batch, EmbeddedLog, Log, LogOptions, Record, Topic};
use judi_schema::compile::{Source, SourceText};
use judi_schema::envelope::{Context, Envelope, PayloadKind, QuarantinedEvent};
use judi_schema::record::{encode_event, encode_quarantined};
use judi_schema::schemas::Schemas;
use judi_schema::segment::parse;
use judi_world::{Timestamp, World};

use crate::setting::{LOG_DIR, START_US, batches, block_on, counts, options, rows};

const ROOT: &str = "/judi";

fn source(more_fields: &str, more_events: &str) -> [Source; 1] {
    let text = format!(
        "syntax = \"proto3\";\nimport \"judi/v1/options.proto\";\n\
         message ArticleView {{\n\
           option (judi.event) = {{ name: \"article_view\" owner: \"news\" description: \"Somebody read.\" }};\n\
           string article_id = 1 [(judi.field).required = true];\n  {more_fields}\n}}\n{more_events}"
    );
    [Source { name: "t.proto".to_owned(), text: SourceText::Proto(text) }]
}

const CLICK: &str = "message Click {\n\
    option (judi.event) = { name: \"click\" owner: \"news\" description: \"Somebody pressed something.\" };\n\
    optional string element = 1;\n}\n";

fn first() -> Arc<Schemas> {
    static FIRST: OnceLock<Arc<Schemas>> = OnceLock::new();
    Arc::clone(FIRST.get_or_init(|| Arc::new(Schemas::first(&source("", "")).unwrap())))
}

/// Version 2 has one field and one event more.
fn second() -> Arc<Schemas> {
    static SECOND: OnceLock<Arc<Schemas>> = OnceLock::new();
    let publish = || Schemas::first(&source("", "")).unwrap().next(&source("optional string section = 2;", CLICK));
    Arc::clone(SECOND.get_or_init(|| Arc::new(publish().unwrap())))
}

fn envelope(event_id: &str, event: &str) -> Envelope {
    Envelope {
        event_id: event_id.to_owned(),
        event: event.to_owned(),
        event_time_us: START_US,
        received_at_us: START_US,
        source: "dev".to_owned(),
        context: Some(Context { anonymous_id: "a".to_owned(), ..Context::default() }),
        ..Envelope::default()
    }
}

/// An event of version 1 whose sender knew more: `section` is there.
fn ahead(schemas: &Schemas, event_id: &str) -> (Topic, Vec<u8>) {
    let model = schemas.version(1).unwrap();
    let envelope = Envelope { schema_version: 1, ..envelope(event_id, "article_view") };
    let event = model.event("article_view").unwrap();
    (Topic::Events, encode_event(model, event, &envelope, b"\x0a\x04/elk\x12\x05sport"))
}

/// An event that version 1 did not have.
fn refused(event_id: &str, kind: PayloadKind, payload: &[u8]) -> (Topic, Vec<u8>) {
    let event = QuarantinedEvent {
        envelope: Some(envelope(event_id, "click")),
        reason: "unknown_event".to_owned(),
        detail: "the schema has no event \"click\"".to_owned(),
        source: "dev".to_owned(),
        payload: payload.to_vec(),
        payload_kind: kind.into(),
        judged_by: 1,
    };
    (Topic::Quarantine, encode_quarantined(&event))
}

fn everything(schemas: &Schemas) -> Vec<(Topic, Vec<u8>)> {
    vec![
        ahead(schemas, "ahead"),
        refused("as json", PayloadKind::PayloadJson, br#"{"element": "menu"}"#),
        refused("as protobuf", PayloadKind::PayloadProtobuf, b"\x0a\x04menu"),
        refused("still wrong", PayloadKind::PayloadJson, br#"{"element": 7}"#),
    ]
}

fn append(log: &dyn Log, records: Vec<(Topic, Vec<u8>)>) {
    let batches = records.into_iter().map(|(topic, value)| {
        let record = Record { key: "a".into(), value: value.into(), timestamp: Timestamp(START_US) };
        Batch { topic, partition: 0, records: vec![record] }
    });
    assert!(block_on(log.append_many(batches.collect())).iter().all(Result::is_ok));
}

fn open_log(world: &World) -> Arc<EmbeddedLog> {
    let options = LogOptions { partitions: 1, sync_in_parallel: false, ..LogOptions::default() };
    Arc::new(EmbeddedLog::open(world, Path::new(LOG_DIR), options).unwrap())
}

fn judge(world: &World, log: &Arc<EmbeddedLog>, schemas: &Arc<Schemas>) -> JudgeCore {
    let log = Arc::clone(log) as Arc<dyn Log>;
    JudgeCore::open(world, log, Arc::clone(schemas), options(Path::new(ROOT))).unwrap()
}

fn drain(judge: &mut JudgeCore) {
    while judge.step().unwrap() != Step::Idle {}
}

/// What the rows of `events` say: id, version, the new columns, and what is still unknown.
fn said(world: &World, tables: &Path) -> Vec<String> {
    let mut said = Vec::new();
    for batch in batches(world, &tables.join("events"), &["event_id", "schema_version", "article_view", "_unknown"]) {
        let (ids, versions) = (batch.column(0).as_string::<i32>(), batch.column(1).as_primitive::<Int64Type>());
        let sections =
            batch.column(2).as_struct().column_by_name("section").map(|column| column.as_string::<i32>().clone());
        for row in 0..batch.num_rows() {
            let section = sections.as_ref().filter(|it| it.is_valid(row)).map(|it| it.value(row).to_owned());
            let unknown = batch.column(3).is_valid(row);
            said.push(format!("{} v{} {section:?} {unknown}", ids.value(row), versions.value(row)));
        }
    }
    said.sort();
    said
}

const CAUGHT_UP: [&str; 3] = ["ahead v1 Some(\"sport\") false", "as json v2 None false", "as protobuf v2 None false"];

fn assert_caught_up(world: &World, tables: &Path, context: &str) {
    assert_eq!(said(world, tables), CAUGHT_UP, "{context}");
    let quarantined = rows(world, tables).into_iter().filter(|row| row.table == "quarantine").count();
    assert_eq!(quarantined, 3, "{context}: what was refused is still told");
    let (said, are) = counts(world, tables);
    assert_eq!(said, are, "{context}: _judi.commits counts the rows of events");
}

#[test]
fn unknown_fields_and_quarantined_events_are_read_by_the_schema_that_knows_them() {
    let sim = SimWorld::new(3);
    let (world, tables) = (sim.world(), Path::new(ROOT).join("tables"));
    let log = open_log(&world);
    append(log.as_ref(), everything(&second()));
    let mut judge = judge(&world, &log, &first());
    drain(&mut judge);
    assert_eq!(said(&world, &tables), ["ahead v1 None true"]);
    assert_eq!(judge.read_again().unwrap().replayed, 0, "nothing was published");
    judge.publish(second());
    let stats = judge.read_again().unwrap();
    assert_eq!((stats.replayed, stats.reread, stats.version), (2, 1, 2));
    assert_caught_up(&world, &tables, "at once");
    let again = judge.read_again().unwrap();
    assert_eq!((again.replayed, again.reread, again.version), (0, 0, 2), "twice is once");
    // The ids of what was replayed are still known.
    append(log.as_ref(), everything(&second()));
    drain(&mut judge);
    drop(judge);
    let mut judge = self::judge(&world, &log, &second());
    drain(&mut judge);
    assert_eq!(judge.read_again().unwrap().replayed, 0);
    assert_caught_up(&world, &tables, "after a restart");
}

#[test]
fn a_call_is_mapped_again_when_only_the_mapping_is_new_and_once() {
    let mapped = |revision: u32, text: &str| {
        let mut mapping = parse(text).unwrap();
        mapping.revision = revision;
        let schemas = Schemas::first(&source("", "")).unwrap();
        Arc::new(schemas.with_segment(Arc::new(mapping)))
    };
    let before = mapped(0, "");
    let first = mapped(1, "[track.\"Read\"]\nevent = \"article_view\"\nproperties = { id = \"article_id\" }");
    let second = mapped(
        2,
        "[track.\"Read\"]\nevent = \"article_view\"\nproperties = { id = \"article_id\" }\n\
         [track.\"Seen\"]\nevent = \"article_view\"\nproperties = { id = \"article_id\", url = \"context.page_url\" }",
    );
    let call = |id: &str, name: &str| {
        let text = format!(
            r#"{{"type":"track","event":"{name}","properties":{{"id":"/elk","url":"https://e.se/elk"}},"messageId":"{id}"}}"#
        );
        refused(id, PayloadKind::SegmentJson, text.as_bytes())
    };
    let sim = SimWorld::new(3);
    let (world, tables) = (sim.world(), Path::new(ROOT).join("tables"));
    let log = open_log(&world);
    append(log.as_ref(), vec![call("read", "Read"), call("seen", "Seen"), ahead(&before, "ahead")]);
    let mut judge = judge(&world, &log, &before);
    drain(&mut judge);
    assert_eq!(judge.read_again().unwrap().replayed, 0);
    judge.publish(Arc::clone(&first));
    assert_eq!(judge.read_again().unwrap().replayed, 1);
    assert_eq!(judge.read_again().unwrap().replayed, 0, "twice is once");
    // What is refused by an older mapping and judged after a newer one was published fits at once.
    append(log.as_ref(), vec![call("late", "Read")]);
    drain(&mut judge);
    let ids = |world: &World| said(world, &tables).iter().map(|row| row[..4].to_owned()).collect::<Vec<_>>();
    assert_eq!(ids(&world), ["ahea", "late", "read"]);
    drop(judge);
    // The mark outlives the process.
    let mut judge = self::judge(&world, &log, &first);
    drain(&mut judge);
    assert_eq!(judge.read_again().unwrap().replayed, 0);
    judge.publish(second);
    assert_eq!(judge.read_again().unwrap().replayed, 1);
    assert_eq!(ids(&world), ["ahea", "late", "read", "seen"]);
    let urls: Vec<Option<String>> =
        batches(&world, &tables.join("events"), &["event_id", "event", "page_url", "page_path"])
            .iter()
            .flat_map(|batch| {
                let text = |at: usize, row: usize| {
                    let column = batch.column(at).as_string::<i32>();
                    column.is_valid(row).then(|| column.value(row).to_owned())
                };
                let seen = (0..batch.num_rows()).filter(|row| text(0, *row).as_deref() == Some("seen"));
                seen.flat_map(|row| [text(1, row), text(2, row), text(3, row)]).collect::<Vec<_>>()
            })
            .collect();
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(urls, [some("article_view"), some("https://e.se/elk"), some("/elk")]);
}

#[test]
fn what_was_refused_and_still_waits_in_the_log_is_judged_by_the_newest() {
    let sim = SimWorld::new(3);
    let (world, tables) = (sim.world(), Path::new(ROOT).join("tables"));
    let log = open_log(&world);
    append(log.as_ref(), everything(&second()));
    let mut judge = judge(&world, &log, &second());
    drain(&mut judge);
    judge.read_again().unwrap();
    assert_eq!(said(&world, &tables), CAUGHT_UP);
    let quarantined: Vec<String> =
        rows(&world, &tables).into_iter().filter(|row| row.table == "quarantine").map(|row| row.event_id).collect();
    assert_eq!(quarantined, ["still wrong"]);
    let (said, are) = counts(&world, &tables);
    assert_eq!(said, are);
}

/// Stops reading again at each of its operations on the disk, by a crash or an error, and goes on.
fn disturb_everywhere(crash: bool, seed: u64) {
    let mut disturbed = 0;
    for operation in 0.. {
        let sim = SimWorld::new(seed);
        let (world, tables) = (sim.world(), Path::new(ROOT).join("tables"));
        let log = open_log(&world);
        append(log.as_ref(), everything(&second()));
        let mut judge = judge(&world, &log, &first());
        drain(&mut judge);
        judge.persist().unwrap();
        judge.publish(second());
        if crash {
            sim.disk.crash_at_operation(operation);
        } else {
            sim.disk.fail_operation(operation);
        }
        let over = judge.read_again().is_ok();
        if crash {
            drop((judge, log));
            SimDisk::restart(&sim.disk);
            let log = open_log(&world);
            let mut judge = self::judge(&world, &log, &second());
            drain(&mut judge);
            judge.read_again().unwrap();
            assert_caught_up(&world, &tables, &format!("crash at {operation}"));
        } else if !over {
            judge.read_again().unwrap();
            drain(&mut judge);
            assert_caught_up(&world, &tables, &format!("error at {operation}"));
        }
        if over {
            assert_caught_up(&world, &tables, "undisturbed");
            break;
        }
        disturbed += 1;
    }
    assert!(disturbed > 30, "reading again has more operations than {disturbed}");
}

#[test]
fn reading_again_goes_on_after_a_crash_at_any_moment() {
    disturb_everywhere(true, 0);
}

#[test]
fn reading_again_goes_on_after_an_error_at_any_moment() {
    disturb_everywhere(false, 1);
}

#[test]
fn the_service_reads_again_by_itself_when_a_version_is_published() {
    let folder = tempfile::tempdir().unwrap();
    let (world, root) = (World::system(), folder.path());
    let log: Arc<dyn Log> = Arc::new(
        EmbeddedLog::open(&world, &root.join("log"), LogOptions { partitions: 1, ..LogOptions::default() }).unwrap(),
    );
    append(log.as_ref(), everything(&second()));
    let quick = JudgeOptions { commit_interval: Duration::from_millis(20), ..options(root) };
    let judge = Judge::start(&world, Arc::clone(&log), first(), quick).unwrap();
    let ends = Topic::ALL.into_iter().map(|topic| ((topic, 0), log.bounds(topic, 0).unwrap().end)).collect();
    block_on(judge.wait_until(&ends)).unwrap();
    judge.publish(second());
    // The thread behind the rounds has no promise but this: it gets there without anybody asking.
    for _ in 0..1000 {
        if judge.stats().again.version == 2 {
            break;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    judge.stop();
    assert_eq!((judge.stats().again.replayed, judge.stats().again.reread), (2, 1));
    assert_eq!(said(&world, &root.join("tables")), CAUGHT_UP);
}
