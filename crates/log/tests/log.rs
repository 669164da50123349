//! The embedded log through its public face: on a real folder, under faults, and in simulated lives.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "the functions that tests share fail a test as its own lines do"
)]

#[path = "log/faults.rs"]
mod faults;
#[path = "log/folder.rs"]
mod folder;
#[path = "log/simulation.rs"]
mod simulation;

use bytes::Bytes;
use judi_log::{AppendResult, Batch, FetchError, FetchedRecord, Log, LogOptions, Record, Topic};
use judi_world::Timestamp;

/// Small segments and a fixed order of operations.
fn small() -> LogOptions {
    LogOptions { partitions: 2, segment_bytes: 4096, sync_in_parallel: false, ..LogOptions::default() }
}

fn record(value: impl Into<Bytes>, timestamp: i64) -> Record {
    Record { key: Bytes::from_static(b"reader"), value: value.into(), timestamp: Timestamp(timestamp) }
}

/// Waits on this thread for a future of the log.
fn wait<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

fn append(log: &dyn Log, partition: u32, values: &[&str]) -> AppendResult {
    let records = values.iter().map(|value| record((*value).to_owned(), 0)).collect();
    wait(log.append(Topic::Events, partition, records))
}

/// Everything from `from` on, fetched a little at a time.
fn read_from(
    log: &dyn Log,
    topic: Topic,
    partition: u32,
    from: u64,
    max_bytes: usize,
) -> Result<Vec<FetchedRecord>, FetchError> {
    let mut records = Vec::new();
    let mut next = from;
    loop {
        let fetched = log.fetch(topic, partition, next, max_bytes)?;
        assert_eq!(fetched.next, next + fetched.records.len() as u64);
        let offsets = fetched.records.iter().map(|record| record.offset);
        assert!(offsets.eq(next..fetched.next), "offsets are dense");
        assert!(!fetched.records.is_empty() || fetched.next == fetched.end, "a fetch before the end makes progress");
        records.extend(fetched.records);
        next = fetched.next;
        if next == fetched.end {
            return Ok(records);
        }
    }
}

fn values(log: &dyn Log, partition: u32) -> Vec<String> {
    let start = log.bounds(Topic::Events, partition).unwrap().start;
    let records = read_from(log, Topic::Events, partition, start, 1000).unwrap();
    records.into_iter().map(|fetched| String::from_utf8(fetched.record.value.to_vec()).unwrap()).collect()
}

fn batch(topic: Topic, partition: u32, records: Vec<Record>) -> Batch {
    Batch { topic, partition, records }
}
