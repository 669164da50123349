//! Every record of one event_id that the log still has: the first is what the tables have, the others are resends.

use std::sync::Arc;

use judi_log::{FetchedRecord, Log, Topic};
use judi_schema::record;
use judi_schema::schemas::Schemas;
use serde::{Deserialize, Serialize};

use crate::cursor::From;
use crate::feed::{Feed, FeedError};
use crate::filter::Filter;
use crate::shown::Shown;

/// Records that are told of at most: an id that everybody sends is no id.
pub const MATCHES_MAX: usize = 100;

/// One record.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Hop {
    /// What it holds.
    pub shown: Shown,
    /// The topic.
    pub topic: String,
    /// The partition.
    pub partition: u32,
    /// The offset.
    pub offset: u64,
}

/// The records of `event_id`, oldest first within a partition; at most [`MATCHES_MAX`]. Reads the whole log: some
/// million records a second.
///
/// # Errors
/// When the log cannot be read.
pub fn find(log: Arc<dyn Log>, schemas: &Schemas, event_id: &str) -> Result<Vec<Hop>, FeedError> {
    let mut feed = Feed::open(log, Filter::everything(), &From::Start)?;
    let mut hops = Vec::new();
    loop {
        let piece = feed.read()?;
        if piece.items.is_empty() && !piece.has_more {
            return Ok(hops);
        }
        for item in piece.items {
            if hops.len() >= MATCHES_MAX {
                return Ok(hops);
            }
            if is_of(item.topic, &item.fetched, event_id) {
                hops.push(Hop {
                    shown: Shown::of(item.topic, item.partition, &item.fetched, schemas),
                    topic: item.topic.as_str().to_owned(),
                    partition: item.partition,
                    offset: item.fetched.offset,
                });
            }
        }
    }
}

fn is_of(topic: Topic, fetched: &FetchedRecord, event_id: &str) -> bool {
    match topic {
        Topic::Events => record::split(&fetched.record.value)
            .and_then(|parts| record::peek(parts.envelope))
            .is_ok_and(|peek| peek.event_id == event_id),
        Topic::Quarantine => record::decode_quarantined(&fetched.record.value)
            .is_ok_and(|event| event.envelope.is_some_and(|envelope| envelope.event_id == event_id)),
    }
}
