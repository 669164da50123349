//! A reader's way through the log: records of all partitions from where it wants to begin, in pieces of bounded size.
//!
//! Within a partition, and so for one anonymous_id, records come in the order of the log; between partitions, in turns.
//! Blocking IO: for threads that may wait.

use std::sync::Arc;

use judi_log::{FetchError, FetchedRecord, Log, Topic};
use judi_schema::record;
use judi_world::Timestamp;
use thiserror::Error;

use crate::cursor::{Cursor, From};
use crate::filter::Filter;

/// Bytes that are read of one partition at a time.
const FETCH_BYTES: usize = 256 * 1024;

/// Why a feed cannot go on.
#[derive(Debug, Error)]
pub enum FeedError {
    /// The reader asks for what never was: its cursor is of another log.
    #[error("{topic}/{partition} of the log has no offset {from} yet; it ends at {end}")]
    Beyond {
        /// The topic.
        topic: Topic,
        /// The partition.
        partition: u32,
        /// What was asked for.
        from: u64,
        /// Where it ends.
        end: u64,
    },
    /// The log cannot be read.
    #[error("the log cannot be read")]
    Log(#[from] FetchError),
}

/// One record and its place.
#[derive(Debug, Clone)]
pub(crate) struct Item {
    pub(crate) topic: Topic,
    pub(crate) partition: u32,
    pub(crate) fetched: FetchedRecord,
}

/// A piece of the log.
#[derive(Debug, Default)]
pub(crate) struct Piece {
    pub(crate) items: Vec<Item>,
    /// Records that the reader wanted and retention has removed.
    pub(crate) gone: u64,
    /// Whether more was there when it was read.
    pub(crate) has_more: bool,
}

/// See the [module](self).
#[derive(Debug)]
pub struct Feed {
    log: Arc<dyn Log>,
    filter: Filter,
    since: Option<Timestamp>,
    places: Vec<(Topic, u32)>,
    cursor: Cursor,
    /// The place that is read next, so that a busy partition does not starve the others.
    turn: usize,
}

impl Feed {
    /// A feed of what `filter` lets through.
    ///
    /// # Errors
    /// When the log cannot say where it begins and ends, or the cursor is of another log.
    pub fn open(log: Arc<dyn Log>, filter: Filter, from: &From) -> Result<Self, FeedError> {
        let mut cursor = Cursor::default();
        let mut places = Vec::new();
        for topic in Topic::ALL.into_iter().filter(|topic| filter.wants(*topic)) {
            for partition in 0..log.partitions() {
                let bounds = log.bounds(topic, partition)?;
                let next = match from {
                    From::End => bounds.end,
                    // What was received when is only roughly the order of the log: imports bring the past.
                    From::Start | From::Time(_) => bounds.start,
                    From::Offset(offset) => (*offset).min(bounds.end),
                    From::Cursor(cursor) => cursor.next(topic, partition).unwrap_or(bounds.end),
                };
                if next > bounds.end {
                    return Err(FeedError::Beyond { topic, partition, from: next, end: bounds.end });
                }
                cursor.set(topic, partition, next);
                places.push((topic, partition));
            }
        }
        let since = if let From::Time(since) = from { Some(*since) } else { None };
        Ok(Self { log, filter, since, places, cursor, turn: 0 })
    }

    /// The place after what has been read: with it a later feed goes on.
    #[must_use]
    pub const fn cursor(&self) -> &Cursor {
        &self.cursor
    }

    /// What is there now, about `FETCH_BYTES`; no items and no more: the end.
    pub(crate) fn read(&mut self) -> Result<Piece, FeedError> {
        let mut piece = Piece::default();
        for _ in 0..self.places.len() {
            let Some(&(topic, partition)) = self.places.get(self.turn % self.places.len()) else { break };
            self.turn = (self.turn + 1) % self.places.len();
            self.read_place(topic, partition, &mut piece)?;
            if !piece.items.is_empty() || piece.gone > 0 {
                // Whether other partitions have something shows the next time.
                piece.has_more = true;
                break;
            }
        }
        Ok(piece)
    }

    fn read_place(&mut self, topic: Topic, partition: u32, piece: &mut Piece) -> Result<(), FeedError> {
        let from = self.cursor.next(topic, partition).unwrap_or(0);
        let fetched = match self.log.fetch(topic, partition, from, FETCH_BYTES) {
            Ok(fetched) => fetched,
            Err(FetchError::Gone { .. }) => {
                let start = self.log.bounds(topic, partition)?.start;
                piece.gone += start.saturating_sub(from);
                self.cursor.set(topic, partition, start.max(from));
                return Ok(());
            }
            Err(FetchError::Beyond { .. }) => {
                let end = self.log.bounds(topic, partition)?.end;
                return Err(FeedError::Beyond { topic, partition, from, end });
            }
            Err(error) => return Err(error.into()),
        };
        self.cursor.set(topic, partition, fetched.next);
        // What the filter holds back is passed over in this piece's place: there may be more behind it.
        piece.has_more |= fetched.next < fetched.end;
        let since = self.since;
        let wanted = fetched.records.into_iter().filter(|fetched| {
            since.is_none_or(|since| fetched.record.timestamp >= since)
                && self.filter.lets_through_record(topic, &fetched.record.value)
        });
        piece.items.extend(wanted.map(|fetched| Item { topic, partition, fetched }));
        Ok(())
    }
}

impl Filter {
    /// Whether a record is wanted; bytes that cannot be read are, where no name is asked for.
    fn lets_through_record(&self, topic: Topic, value: &[u8]) -> bool {
        if self.events.is_empty() {
            return true;
        }
        match topic {
            Topic::Events => record::split(value)
                .and_then(|parts| record::peek(parts.envelope))
                .is_ok_and(|peek| self.lets_through(peek.event)),
            Topic::Quarantine => record::decode_quarantined(value)
                .is_ok_and(|event| event.envelope.is_some_and(|envelope| self.lets_through(&envelope.event))),
        }
    }
}
