//! A log that remembers the ids of what it was given since it was last asked.

use std::path::Path;
use std::sync::Mutex;

use judi_faults::SimWorld;
use judi_log::{
    AppendManyFuture, Batch, Bounds, EmbeddedLog, FetchError, Fetched, GroupError, Log, LogId, LogOptions, Positions,
    RetainError, Retained, Retention, Topic,
};
use judi_schema::envelope::Envelope;
use judi_schema::record;
use prost::Message;
use tokio::sync::watch;

#[derive(Debug)]
pub(crate) struct Remembering {
    log: EmbeddedLog,
    kept: Mutex<Vec<(Topic, String)>>,
}

impl Remembering {
    pub(crate) fn new() -> Self {
        let options = LogOptions { sync_in_parallel: false, ..LogOptions::default() };
        let log = EmbeddedLog::open(&SimWorld::new(1).world(), Path::new("/log"), options).unwrap();
        Self { log, kept: Mutex::default() }
    }

    /// Topic and event id of each record.
    pub(crate) fn take(&self) -> Vec<(Topic, String)> {
        std::mem::take(&mut *self.kept.lock().unwrap())
    }
}

fn event_id(topic: Topic, value: &[u8]) -> String {
    match topic {
        Topic::Events => Envelope::decode(record::split(value).unwrap().envelope).unwrap().event_id,
        Topic::Quarantine => record::decode_quarantined(value).unwrap().envelope.unwrap().event_id,
    }
}

impl Log for Remembering {
    fn id(&self) -> LogId {
        self.log.id()
    }

    fn partitions(&self) -> u32 {
        self.log.partitions()
    }

    fn append_many(&self, batches: Vec<Batch>) -> AppendManyFuture {
        let outcomes = batches.iter().map(|_| Ok(0)).collect();
        let mut kept = self.kept.lock().unwrap();
        for batch in &batches {
            kept.extend(batch.records.iter().map(|record| (batch.topic, event_id(batch.topic, &record.value))));
        }
        Box::pin(async move { outcomes })
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
