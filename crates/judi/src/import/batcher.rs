//! Gathers records into batches by partition, bounded in bytes.

use std::collections::BTreeMap;

use judi_log::{Batch, Record, Topic, partition_of};

/// Bytes of records that are sent at a time: large enough that one sync covers thousands of lines.
const BATCH_BYTES: usize = 1 << 20;

/// Records on their way to the log.
#[derive(Debug)]
pub struct Batcher {
    partitions: u32,
    gathered: BTreeMap<(Topic, u32), Vec<Record>>,
    bytes: usize,
}

impl Batcher {
    /// For a log of so many partitions.
    pub fn new(partitions: u32) -> Self {
        Self { partitions, gathered: BTreeMap::new(), bytes: 0 }
    }

    /// Adds one record; gives the batches to send when enough have come together.
    pub fn push(&mut self, topic: Topic, record: Record) -> Option<Vec<Batch>> {
        let partition = partition_of(&record.key, self.partitions);
        self.bytes += record.key.len() + record.value.len();
        self.gathered.entry((topic, partition)).or_default().push(record);
        (self.bytes >= BATCH_BYTES).then(|| self.take())
    }

    /// What has been gathered.
    pub fn take(&mut self) -> Vec<Batch> {
        self.bytes = 0;
        let gathered = std::mem::take(&mut self.gathered);
        gathered.into_iter().map(|((topic, partition), records)| Batch { topic, partition, records }).collect()
    }
}
