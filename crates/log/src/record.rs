//! What the log holds: records on the partitions of two topics.

use std::fmt;

use bytes::Bytes;
use judi_world::Timestamp;
use serde::{Deserialize, Serialize};

/// A stream of records. Every topic has the same partitions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Topic {
    /// Events that fit their schema when they were collected.
    Events,
    /// What did not fit, as it came, with the reason.
    Quarantine,
}

impl Topic {
    /// Every topic, in the order of their names.
    pub const ALL: [Self; 2] = [Self::Events, Self::Quarantine];

    /// The topic's name on every backend and in folder names.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Events => "events",
            Self::Quarantine => "quarantine",
        }
    }
}

impl fmt::Display for Topic {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// What a producer appends: the same bytes on every backend.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The id that chose the partition; see [`partition_of`].
    pub key: Bytes,
    /// The framed message.
    pub value: Bytes,
    /// When the event was received.
    pub timestamp: Timestamp,
}

/// A record with its place in its partition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FetchedRecord {
    /// Its number in the partition: dense, from 0 upwards, never used twice.
    pub offset: u64,
    /// The record as it was appended.
    pub record: Record,
}

/// Records for one partition, appended in this order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// The topic to append to.
    pub topic: Topic,
    /// The partition, below [`Log::partitions`](crate::Log::partitions).
    pub partition: u32,
    /// What to append; may be empty.
    pub records: Vec<Record>,
}

/// The partition of a key: CRC-32 (IEEE) of its bytes, modulo `partitions`; 0 when there are none.
///
/// It never changes, so that an id's events stay on one partition and in order for the life of a log. It is
/// librdkafka's `consistent` partitioner, so that Kafka producers outside Judi agree with it.
#[must_use]
pub fn partition_of(key: &[u8], partitions: u32) -> u32 {
    crc32fast::hash(key).checked_rem(partitions).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_partition_of_a_key_is_the_published_crc() {
        // The check value of CRC-32/ISO-HDLC is CBF43926 for "123456789".
        assert_eq!(partition_of(b"123456789", u32::MAX), 0xCBF4_3926);
        assert_eq!(partition_of(b"123456789", 4), 0xCBF4_3926 % 4);
        assert_eq!(partition_of(b"", 4), 0);
        assert_eq!(partition_of(b"a1", 0), 0);
    }

    #[test]
    fn keys_spread_over_the_partitions() {
        let mut counts = [0_u32; 4];
        for reader in 0..4000 {
            counts[partition_of(format!("reader-{reader}").as_bytes(), 4) as usize] += 1;
        }
        assert!(counts.iter().all(|count| (900..1100).contains(count)), "{counts:?}");
    }
}
