//! Durable appends and fetches a second, beside the same bytes written to the same disk without a log.
//!
//! `cargo bench -p judi-log`; `JUDI_BENCH_DIR` names a folder on the disk to measure.

#![expect(clippy::expect_used, reason = "a bench that cannot measure has nothing to say")]

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use judi_log::{Batch, EmbeddedLog, Log, LogOptions, Record, Topic};
use judi_world::{Timestamp, World};

const PRODUCERS: u64 = 16;
const BATCH_RECORDS: u64 = 100;
const RECORD_BYTES: usize = 300;
const PARTITIONS: u32 = 4;
const APPENDING: Duration = Duration::from_secs(4);

fn main() {
    let folder = match std::env::var("JUDI_BENCH_DIR") {
        Ok(folder) => tempfile::tempdir_in(folder),
        Err(_) => tempfile::tempdir(),
    }
    .expect("a folder to write to");
    let log = EmbeddedLog::open(&World::system(), folder.path(), LogOptions::default()).expect("a new log");
    let log: Arc<dyn Log> = Arc::new(log);

    let one = append(&log, |producer| vec![(producer as u32 % PARTITIONS, BATCH_RECORDS)]);
    println!("append, a batch on one partition:    {one:>10.0} records/s durable");
    let spread = append(&log, |_| (0..PARTITIONS).map(|p| (p, BATCH_RECORDS / u64::from(PARTITIONS))).collect());
    println!("append, a batch over all partitions: {spread:>10.0} records/s durable");
    let raw = raw_writes(folder.path());
    println!("the same bytes, write + fdatasync:   {raw:>10.0} records/s (log / raw = {:.2})", spread / raw);
    let fetched = fetch(&log);
    println!("fetch, 1 MiB at a time:              {fetched:>10.0} records/s");
}

/// Records a second that all producers together get acknowledged.
fn append(log: &Arc<dyn Log>, shape: impl Fn(u64) -> Vec<(u32, u64)>) -> f64 {
    let started = Instant::now();
    let producers: Vec<_> = (0..PRODUCERS)
        .map(|producer| {
            let (log, shape) = (Arc::clone(log), shape(producer));
            std::thread::spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
                let record = Record {
                    key: Bytes::from_static(b"019329f0-0000-7000-8000-000000000001"),
                    value: vec![b'x'; RECORD_BYTES - 36].into(),
                    timestamp: Timestamp(0),
                };
                let mut records = 0;
                while started.elapsed() < APPENDING {
                    let batch = |(partition, count): &(u32, u64)| Batch {
                        topic: Topic::Events,
                        partition: *partition,
                        records: vec![record.clone(); *count as usize],
                    };
                    let outcomes = runtime.block_on(log.append_many(shape.iter().map(batch).collect()));
                    assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
                    records += BATCH_RECORDS;
                }
                records
            })
        })
        .collect();
    let records: u64 = producers.into_iter().map(|producer| producer.join().expect("a producer")).sum();
    records as f64 / started.elapsed().as_secs_f64()
}

/// Records a second of writing and syncing half of the producers' batches at a time, as group commit does.
fn raw_writes(folder: &Path) -> f64 {
    let group = PRODUCERS / 2 * BATCH_RECORDS / u64::from(PARTITIONS);
    let bytes = vec![b'x'; RECORD_BYTES * group as usize];
    let mut files: Vec<File> =
        (0..PARTITIONS).map(|n| File::create(folder.join(format!("raw-{n}"))).expect("a file")).collect();
    let started = Instant::now();
    let mut records = 0;
    while started.elapsed() < APPENDING {
        for file in &mut files {
            file.write_all(&bytes).expect("room");
            records += group;
        }
        files.iter().for_each(|file| file.sync_data().expect("a sync"));
    }
    records as f64 / started.elapsed().as_secs_f64()
}

fn fetch(log: &Arc<dyn Log>) -> f64 {
    let started = Instant::now();
    let mut records = 0;
    for partition in 0..PARTITIONS {
        let mut next = 0;
        loop {
            let fetched = log.fetch(Topic::Events, partition, next, 1 << 20).expect("a readable log");
            records += fetched.records.len();
            next = fetched.next;
            if next == fetched.end {
                break;
            }
        }
    }
    records as f64 / started.elapsed().as_secs_f64()
}
