//! Compaction beside the least that it could be: the same files read and their rows written to one file, unsorted, by a
//! plain Parquet reader and writer.
//!
//! `cargo bench -p judi-table --bench compaction -- 2000000` compacts eight files of so many rows together;
//! `JUDI_BENCH_DIR` names a folder on the disk to measure.

#![expect(clippy::expect_used, reason = "a bench that cannot measure has nothing to say")]

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use arrow::array::{
    ArrayRef, BooleanArray, Int64Array, RecordBatch, StringArray, StructArray, TimestampMicrosecondArray,
};
use arrow::datatypes::{DataType, Field, Fields};
use judi_table::{CompactionPolicy, Outcome, SinkOptions, Table, TableSpec, Transaction, plan_compaction};
use judi_world::World;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::{EnabledStatistics, WriterProperties};

const FILES: u64 = 8;
/// 2026-01-01T00:00:00Z.
const START_US: i64 = 1_767_225_600_000_000;

fn main() {
    let rows = std::env::args().filter_map(|argument| argument.parse().ok()).next().unwrap_or(800_000_u64);
    let folder = match std::env::var("JUDI_BENCH_DIR") {
        Ok(folder) => tempfile::tempdir_in(folder),
        Err(_) => tempfile::tempdir(),
    }
    .expect("a folder to write to");
    let dir = folder.path().join("table");
    let spec = TableSpec {
        name: "events".to_owned(),
        schema: batch(0, 0).schema(),
        partition_columns: Vec::new(),
        properties: BTreeMap::new(),
    };
    let table = Table::create(&World::system(), &dir, &spec).expect("a table");
    let (mut bytes, mut writing) = (0, Duration::ZERO);
    for file in 0..FILES {
        let batch = batch(file * rows / FILES, rows / FILES);
        let started = on_core();
        let adds = table.sink(&spec.schema, options()).expect("a sink").write(&[batch]).expect("files");
        writing += on_core().saturating_sub(started);
        bytes += adds.iter().map(|add| add.size_bytes).sum::<u64>();
        table.commit(&Transaction::append(adds)).expect("a commit");
    }
    println!(
        "{FILES} files of {} rows and {} together; resident {}",
        rows / FILES,
        megabytes(bytes),
        resident("VmRSS")
    );
    print("sorted and written at first", writing, rows, bytes);

    let snapshot = table.snapshot().expect("a snapshot");
    let started = on_core();
    let hash = table.verify_content(&snapshot, &BTreeMap::new()).expect("the rows' hash");
    print("read and hashed", on_core().saturating_sub(started), rows, bytes);

    let paths: Vec<_> = snapshot.files().keys().map(|path| dir.join(path)).collect();
    let started = on_core();
    plain(&paths, &folder.path().join("plain.parquet"));
    let plain = on_core().saturating_sub(started);
    print("plain Parquet, read and written", plain, rows, bytes);

    let policy = CompactionPolicy { done_bytes: u64::MAX, target_bytes: u64::MAX, ..CompactionPolicy::default() };
    let task = plan_compaction(&snapshot, &policy, i64::MAX, |_| true).remove(0);
    assert_eq!(task.inputs.len() as u64, FILES);
    let started = on_core();
    let outcome = table.compact(&task, &options()).expect("a compaction");
    let compacting = on_core().saturating_sub(started);
    assert!(matches!(outcome, Outcome::Committed { .. }), "{outcome:?}");
    print("compacted: merged, hashed, checked, committed", compacting, rows, bytes);
    println!("compaction / plain = {:.2} of the speed", plain.as_secs_f64() / compacting.as_secs_f64());
    println!("resident at most {}", resident("VmHWM"));
    let after = table.snapshot().expect("a snapshot");
    assert_eq!(table.content_hash(&after, &BTreeMap::new()).expect("the rows' hash"), hash);
}

fn options() -> SinkOptions {
    let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    SinkOptions {
        sort: owned(&["event", "event_time", "event_id"]),
        stats_columns: Some(owned(&["event", "event_time", "received_at", "app", "platform"])),
        ..SinkOptions::default()
    }
}

fn plain(inputs: &[std::path::PathBuf], output: &Path) {
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(1).expect("a level")))
        .set_statistics_enabled(EnabledStatistics::None)
        .build();
    let file = File::create(output).expect("a file");
    let mut writer = ArrowWriter::try_new(file, batch(0, 0).schema(), Some(properties)).expect("a writer");
    for input in inputs {
        let reader = ParquetRecordBatchReaderBuilder::try_new(File::open(input).expect("an input")).expect("a reader");
        for batch in reader.with_batch_size(8192).build().expect("a reader") {
            writer.write(&batch.expect("rows")).expect("room on the disk");
        }
    }
    writer.close().expect("a file");
}

/// Rows of 28 fields, as an article view with its context has them.
fn batch(from: u64, rows: u64) -> RecordBatch {
    let numbers = from..from + rows;
    let text = |of: &dyn Fn(u64) -> String| -> ArrayRef {
        Arc::new(numbers.clone().map(|n| Some(of(n))).collect::<StringArray>())
    };
    let pick = |n: u64, salt: u32, of: u64| mixed(n ^ u64::from(salt) << 40) % of;
    let time = |late_us: i64| -> ArrayRef {
        let times = numbers.clone().map(|n| Some(START_US + n.cast_signed() * 1_700 + late_us));
        Arc::new(times.collect::<TimestampMicrosecondArray>().with_timezone("UTC"))
    };
    let view = Fields::from(vec![
        Field::new("article_id", DataType::Utf8, true),
        Field::new("section", DataType::Utf8, true),
        Field::new("words", DataType::Int64, true),
    ]);
    let words: ArrayRef =
        Arc::new(numbers.clone().map(|n| Some(pick(n, 9, 3000).cast_signed())).collect::<Int64Array>());
    let view = StructArray::new(
        view,
        vec![
            text(&|n| format!("/articles/{:05}", pick(n, 3, 4000))),
            text(&|n| format!("section-{}", pick(n, 5, 12))),
            words,
        ],
        None,
    );
    let mut columns: Vec<(String, ArrayRef, bool)> = vec![
        ("event".into(), text(&|n| ["article_view", "page_view", "scroll"][pick(n, 1, 3) as usize].to_owned()), true),
        ("event_time".into(), time(0), true),
        ("event_id".into(), text(&|n| format!("019329f0-{:016x}", mixed(n))), true),
        ("received_at".into(), time(40_000), true),
        ("sent_at".into(), time(20_000), true),
        ("anonymous_id".into(), text(&|n| format!("reader-{:012x}", pick(n, 7, 400_000))), true),
        ("session_id".into(), text(&|n| format!("session-{:012x}", pick(n, 11, 900_000))), true),
        ("is_bot".into(), Arc::new(numbers.clone().map(|n| Some(n % 50 == 0)).collect::<BooleanArray>()), true),
        (
            "sequence".into(),
            Arc::new(numbers.clone().map(|n| Some(n.cast_signed() % 900)).collect::<Int64Array>()),
            true,
        ),
        ("article_view".into(), Arc::new(view), true),
    ];
    for (column, values) in [
        ("app", 3),
        ("app_version", 9),
        ("platform", 4),
        ("os", 12),
        ("device", 60),
        ("locale", 8),
        ("page_path", 4000),
        ("referrer", 300),
        ("utm_source", 20),
        ("utm_medium", 5),
        ("utm_campaign", 40),
        ("consent", 2),
        ("sdk", 4),
        ("sdk_version", 7),
    ] {
        columns.push((column.into(), text(&|n| format!("{column}-{}", pick(n, column.len() as u32, values))), true));
    }
    RecordBatch::try_from_iter_with_nullable(columns).expect("a batch")
}

/// Spreads numbers as a hash does (splitmix64): senders are no counters.
fn mixed(n: u64) -> u64 {
    let n = n.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let n = (n ^ n >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let n = (n ^ n >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
    n ^ n >> 31
}

/// How long this thread has been on a core, as Linux tells it: other work on the machine counts less than on the wall.
fn on_core() -> Duration {
    let said = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    Duration::from_nanos(said.split(' ').next().and_then(|text| text.parse().ok()).unwrap_or(0))
}

fn print(what: &str, took: Duration, rows: u64, bytes: u64) {
    let seconds = took.as_secs_f64();
    println!(
        "{what}: {:.0} rows/s and {:.1} MB/s of files a core",
        rows as f64 / seconds,
        bytes as f64 / 1e6 / seconds
    );
}

fn megabytes(bytes: u64) -> String {
    format!("{:.1} MB", bytes as f64 / 1e6)
}

/// Memory of this process, as Linux tells it.
fn resident(field: &str) -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(field)?.strip_prefix(':'));
    let kilobytes = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok());
    kilobytes.map_or("unknown".to_owned(), |kilobytes| megabytes(kilobytes * 1024))
}
