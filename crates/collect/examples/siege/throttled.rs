//! A log whose disk takes so many bytes a second, one group after the other, and no more.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use judi_log::{
    AppendManyFuture, Batch, Bounds, EmbeddedLog, FetchError, Fetched, GroupError, Log, LogId, Positions, RetainError,
    Retained, Retention, Topic,
};
use tokio::sync::watch;

#[derive(Debug)]
pub(crate) struct Throttled {
    log: EmbeddedLog,
    bytes_per_second: f64,
    /// When it is done with all that it was given.
    free: Mutex<Instant>,
}

impl Throttled {
    pub(crate) fn new(log: EmbeddedLog, bytes_per_second: f64) -> Self {
        Self { log, bytes_per_second, free: Mutex::new(Instant::now()) }
    }
}

impl Log for Throttled {
    fn id(&self) -> LogId {
        self.log.id()
    }

    fn partitions(&self) -> u32 {
        self.log.partitions()
    }

    fn append_many(&self, batches: Vec<Batch>) -> AppendManyFuture {
        let records = batches.iter().flat_map(|batch| &batch.records);
        let bytes: usize = records.map(|record| record.key.len() + record.value.len()).sum();
        #[expect(clippy::cast_precision_loss, reason = "a time")]
        let time = Duration::from_secs_f64(bytes as f64 / self.bytes_per_second);
        let end = {
            let mut free = self.free.lock().unwrap();
            // A late timer costs the disk nothing: it has gone on meanwhile.
            *free = (*free).max(Instant::now()) + time;
            *free
        };
        // Nothing is kept: what is measured is the way here.
        Box::pin(async move {
            tokio::time::sleep_until(end.into()).await;
            batches.iter().map(|_| Ok(0)).collect()
        })
    }

    fn fetch(&self, topic: Topic, partition: u32, from: u64, max_bytes: usize) -> Result<Fetched, FetchError> {
        self.log.fetch(topic, partition, from, max_bytes)
    }

    fn bounds(&self, topic: Topic, partition: u32) -> Result<Bounds, FetchError> {
        self.log.bounds(topic, partition)
    }

    fn changed(&self) -> watch::Receiver<u64> {
        self.log.changed()
    }

    fn committed(&self, group: &str) -> Result<Positions, GroupError> {
        self.log.committed(group)
    }

    fn commit(&self, group: &str, positions: &Positions) -> Result<(), GroupError> {
        self.log.commit(group, positions)
    }

    fn forget(&self, group: &str) -> Result<(), GroupError> {
        self.log.forget(group)
    }

    fn retain(&self, retention: &Retention) -> Result<Retained, RetainError> {
        self.log.retain(retention)
    }
}
