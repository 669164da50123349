//! From wire to Parquet: records of article views become files of the Events table, beside chDB (ClickHouse in Python),
//! which reads the same messages by the same `.proto` files and writes the same columns.
//!
//! Both work on one core. Judi checks every payload, sorts the rows, hashes rows and bytes, and syncs its files; chDB
//! does none of that, and is asked for the same compression.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use judi_schema::columns::EventColumns;
use judi_schema::compile::{Source, SourceText, compile};
use judi_schema::envelope::Envelope;
use judi_schema::model::Model;
use judi_schema::schemas::Schemas;
use judi_table::Sink;
use judi_world::World;
use prost::Message;
use prost::encoding::{WireType, decode_varint, encode_key, encode_varint};
use prost_reflect::{DescriptorPool, Kind, MessageDescriptor};

use super::articles::{Articles, EVENT, event};
use super::machine::{Process, cpu_time};
use super::project::scratch;
use super::report::{Report, count, megabytes, rate, time};
use super::{chdb, schema, table};
use crate::failure::Failure;

/// How much faster than chDB.
const TARGET: f64 = 2.0;
const RUNS: u32 = 3;
/// Rows of a file: about what a round of the judge writes.
const FILE_ROWS: usize = 131_072;
/// Rows that are decoded at a time.
const BATCH_ROWS: usize = 1 << 15;
/// 2026-03-02T06:00:00Z; the events are received within the hour that follows.
const RECEIVED_FROM_US: i64 = 1_772_431_200_000_000;
const RECEIVED_DURING_US: f64 = 3.6e9;

/// What chDB reads.
const PROTO: &str = "converted.proto";
const MESSAGE: &str = "Converted";

/// The text of the context, in the order of `judi.v1.Context`.
const CONTEXT: [&str; 20] = [
    "anonymous_id",
    "user_id",
    "session_id",
    "app",
    "app_version",
    "platform",
    "os",
    "device",
    "locale",
    "page_url",
    "page_path",
    "referrer",
    "utm_source",
    "utm_medium",
    "utm_campaign",
    "utm_term",
    "utm_content",
    "consent",
    "sdk",
    "sdk_version",
];

/// Runs the bench.
pub(crate) fn run(folder: Option<&Path>, events: u64) -> Result<(), Failure> {
    let report = Report::begin("parquet", &format!("{} article views with full context", count(events as f64)));
    let (world, scratch, schemas) = (World::system(), scratch(folder)?, schema::newsroom()?);
    let wire = messages(schemas.current(), events)?;
    let file = scratch.path().join("messages.bin");
    fs::write(&file, &wire).map_err(Failure::file("write", &file))?;
    let note = format!("{} bytes a message, each behind its length", wire.len() as u64 / events.max(1));
    report.figure("messages", &megabytes(wire.len() as u64), &note);

    let log = table::log(&world, &scratch.path().join("log"))?;
    drop(table::judge(&world, &log, &schemas, scratch.path())?);
    let sink = table::sink(&table::events(&world, scratch.path())?, &schemas)?;
    let (mut best, mut decoding, mut bytes) = (Duration::MAX, Duration::MAX, 0);
    for _ in 0..RUNS {
        let decoded = on_cores(|| convert(&schemas, &wire, None).map(drop))?;
        let whole = on_cores(|| convert(&schemas, &wire, Some(&sink)).map(|written| bytes = written))?;
        (best, decoding) = (best.min(whole), decoding.min(decoded));
    }
    let judi = rate(events, best);
    let note = format!("best of {RUNS}: {} on a core; {} written, zstd", time(best), megabytes(bytes));
    report.figure("judi", &format!("{} rows/s a core", count(judi)), &note);
    report.figure("  of it, into columns", &time(decoding), "the rest: sorting, encoding, hashing, writing");

    let Some(version) = chdb::version() else {
        report.not_run("chDB", "python3 has no module chdb");
        report.end(&format!("chDB x {TARGET}"), false);
        return Ok(());
    };
    let protos = scratch.path().join("proto");
    lay_out(schemas.current(), &protos)?;
    let out = scratch.path().join("chdb.parquet");
    let took = chdb::best_of(RUNS, &out, &statement(&file, &protos, &out))?;
    let peer = rate(events, took);
    let written = fs::metadata(&out).map_or(0, |metadata| metadata.len());
    let note = format!("best of {RUNS}: {} on a core; {} written, zstd", time(took), megabytes(written));
    report.figure(&format!("chDB {version}"), &format!("{} rows/s a core", count(peer)), &note);
    let files = format!("{}/tables/events/*/*.parquet", scratch.path().display());
    let differing = chdb::answer(&differing_rows(&files, &out))?;
    if differing != format!("{events},0") {
        let (found, wanted) = (differing, format!("{events},0"));
        return Err(Failure::Wrong { what: "rows of both, and rows that differ".to_owned(), found, wanted });
    }
    report.figure("  judi / chDB", &format!("{:.2}", judi / peer), "all rows are equal");
    report.end(&format!("chDB x {TARGET}"), judi >= TARGET * peer);
    Ok(())
}

/// Messages of the derived file, each behind its length.
fn messages(model: &Model, events: u64) -> Result<Vec<u8>, Failure> {
    let articles = Articles::new(model)?;
    let mut draw = articles.draw(1);
    let (mut envelope, mut message, mut wire) = (Envelope::default(), Vec::new(), Vec::new());
    for number in 0..events {
        let share = number as f64 / events as f64;
        let view = draw.view(RECEIVED_FROM_US + (share * RECEIVED_DURING_US) as i64);
        view.write(&articles, model.version, &mut envelope);
        message.clear();
        for (field, bytes) in [(1, &envelope.encode_to_vec()), (2, &articles.of(&view).payload)] {
            encode_key(field, WireType::LengthDelimited, &mut message);
            encode_varint(bytes.len() as u64, &mut message);
            message.extend_from_slice(bytes);
        }
        encode_varint(message.len() as u64, &mut wire);
        wire.extend_from_slice(&message);
    }
    Ok(wire)
}

/// The messages as files of the table; returns their bytes. Without a sink, as columns alone.
fn convert(schemas: &Arc<Schemas>, wire: &[u8], sink: Option<&Sink>) -> Result<u64, Failure> {
    let model = schemas.current();
    let event = event(model)?;
    let mut columns = EventColumns::new(schemas);
    let (mut batches, mut rows, mut bytes) = (Vec::new(), 0, 0);
    let mut rest = wire;
    while !rest.is_empty() {
        let message = field(&mut rest)?;
        let (mut message, mut parts) = (message, [&[][..]; 2]);
        for part in &mut parts {
            // The key, of one byte.
            message = message.get(1..).unwrap_or_default();
            *part = field(&mut message)?;
        }
        columns.push(model, event, parts[0], parts[1])?;
        if columns.len() == BATCH_ROWS || rest.is_empty() {
            rows += columns.len();
            batches.push(columns.finish().map_err(Failure::stage("columns"))?);
            if rows >= FILE_ROWS || rest.is_empty() {
                let files = sink.map_or(Ok(Vec::new()), |sink| sink.write(&batches));
                bytes += files.map_err(Failure::stage("the sink"))?.iter().map(|file| file.size_bytes).sum::<u64>();
                batches.clear();
                rows = 0;
            }
        }
    }
    Ok(bytes)
}

/// What stands behind its length.
fn field<'a>(rest: &mut &'a [u8]) -> Result<&'a [u8], Failure> {
    let cut = || Failure::io("read the messages")(std::io::ErrorKind::UnexpectedEof.into());
    let length = decode_varint(rest).ok().and_then(|length| usize::try_from(length).ok()).ok_or_else(cut)?;
    rest.split_off(..length).ok_or_else(cut)
}

fn on_cores(work: impl FnOnce() -> Result<(), Failure>) -> Result<Duration, Failure> {
    let (before, started) = (cpu_time(Process::Own), std::time::Instant::now());
    work()?;
    let wall = started.elapsed();
    Ok(cpu_time(Process::Own).zip(before).map_or(wall, |(after, before)| after.saturating_sub(before)))
}

/// A file with the one message that is converted, as the derived file has it, in one piece and without options: chDB
/// follows no imports.
fn lay_out(model: &Model, folder: &Path) -> Result<(), Failure> {
    let text = "syntax = \"proto3\"; import \"judi/v1/event.proto\"; message Any { judi.v1.Envelope of = 1; }";
    let carried = compile(&[Source { name: "any.proto".to_owned(), text: SourceText::Proto(text.to_owned()) }])?;
    let fields_of = |pool: &DescriptorPool, name: &str| {
        let message = pool.get_message_by_name(name).ok_or_else(|| Failure::Wrong {
            what: "the schema".to_owned(),
            found: "one without it".to_owned(),
            wanted: format!("one with {name}"),
        });
        message.map(|message| declared(&message))
    };
    let (envelope, context) =
        (fields_of(&carried.pool, "judi.v1.Envelope")?, fields_of(&carried.pool, "judi.v1.Context")?);
    let payload = fields_of(&model.compiled.pool, &event(model)?.full_name)?;
    let text = format!(
        "syntax = \"proto3\";\nmessage Envelope {{\n{envelope}}}\nmessage Context {{\n{context}}}\n\
         message Payload {{\n{payload}}}\n\
         message {MESSAGE} {{\n  Envelope envelope = 1;\n  Payload payload = 2;\n}}\n"
    );
    fs::create_dir_all(folder).map_err(Failure::file("make", folder))?;
    let file = folder.join(PROTO);
    fs::write(&file, text).map_err(Failure::file("write", &file))
}

/// The fields of a message as lines of a `.proto` file; enums as their numbers.
fn declared(message: &MessageDescriptor) -> String {
    let lines = message.fields().map(|field| {
        let label = if field.is_list() {
            "repeated "
        } else if field.supports_presence() && field.kind().as_message().is_none() {
            "optional "
        } else {
            ""
        };
        let kind = match field.kind() {
            Kind::Message(inner) => inner.name().to_owned(),
            Kind::Enum(_) => "int32".to_owned(),
            scalar => format!("{scalar:?}"),
        };
        format!("  {label}{kind} {} = {};\n", field.name(), field.number())
    });
    lines.collect()
}

/// What chDB runs: the same columns from the same messages.
fn statement(from: &Path, protos: &Path, to: &Path) -> String {
    let context = CONTEXT.map(|name| format!("{name} String")).join(", ");
    let columns = format!(
        "envelope Tuple(event_id String, event String, event_time_us Int64, received_at_us Int64, \
         occurred_at_us Nullable(Int64), sent_at_us Nullable(Int64), sequence Nullable(UInt64), \
         monotonic_ms Nullable(UInt64), schema_version UInt32, is_bot Bool, source String, context Tuple({context})), \
         payload Tuple(article_id String, section Nullable(String), title Nullable(String), authors Array(String), \
         tags Array(String), word_count Nullable(Int32), is_premium Nullable(Bool))"
    );
    let times = ["event_time", "received_at", "occurred_at", "sent_at"]
        .map(|name| format!("fromUnixTimestamp64Micro(envelope.{name}_us) AS {name}"))
        .join(", ");
    let context = CONTEXT.map(|name| format!("envelope.context.{name} AS {name}")).join(", ");
    format!(
        "INSERT INTO FUNCTION file('{to}', 'Parquet') SELECT envelope.event_id AS event_id, envelope.event AS event, \
         {times}, envelope.sequence AS sequence, envelope.schema_version AS schema_version, \
         envelope.is_bot AS is_bot, {context}, payload AS {EVENT} FROM file('{from}', 'Protobuf', '{columns}') \
         SETTINGS max_threads = 1, format_schema = '{protos}/{file}:{MESSAGE}', \
         output_format_parquet_compression_method = 'zstd', output_format_compression_level = 1, \
         output_format_parquet_parallel_encoding = 0, engine_file_truncate_on_insert = 1",
        to = to.display(),
        from = from.display(),
        protos = protos.display(),
        file = PROTO,
    )
}

/// How many rows both have, and how many of Judi's chDB's file does not have.
fn differing_rows(judi: &str, chdb: &Path) -> String {
    // As text, since the two say differently which columns can be NULL.
    let columns = [
        "event_id",
        "event_time",
        "received_at",
        "sequence",
        "is_bot",
        "anonymous_id",
        "page_path",
        "tupleElement(article_view, 'article_id')",
        "tupleElement(article_view, 'word_count')",
    ]
    .map(|column| format!("ifNull(toString({column}), '')"))
    .join(", ");
    let from = |path: &str| format!("SELECT DISTINCT {columns} FROM file('{path}', 'Parquet')");
    let (judi, chdb) = (from(judi), from(&chdb.display().to_string()));
    format!(
        "SELECT (SELECT count() FROM ({judi})) AS rows, (SELECT count() FROM ({judi} EXCEPT {chdb})) AS differing \
         FORMAT CSV"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_become_as_many_rows_and_a_cut_one_is_told() {
        let schemas = schema::newsroom().unwrap();
        let wire = messages(schemas.current(), 40).unwrap();
        assert_eq!(convert(&schemas, &wire, None).unwrap(), 0);
        assert!(convert(&schemas, &wire[..wire.len() - 1], None).is_err());
    }
}
