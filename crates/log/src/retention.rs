//! Which segments may go: old or too many, and read by every registered group. Pure: facts in, names out.

use std::time::Duration;

use judi_world::Timestamp;

use crate::record::Topic;

/// How long and how much to keep. Without a limit nothing is removed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Retention {
    /// Remove records received longer ago than this.
    pub age_max: Option<Duration>,
    /// Remove the oldest records while all topics together hold more bytes than this.
    pub bytes_max: Option<u64>,
}

/// What the decision needs to know of one partition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PartitionFacts {
    pub(crate) topic: Topic,
    pub(crate) partition: u32,
    /// Segments that are no longer written, oldest first.
    pub(crate) sealed: Vec<SegmentFacts>,
    /// Bytes of the segment that is written to, which always stays.
    pub(crate) active_bytes: u64,
    /// The least offset that a registered group has yet to read; `None` when no group reads the partition.
    pub(crate) floor: Option<u64>,
}

/// What the decision needs to know of one segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SegmentFacts {
    pub(crate) base: u64,
    /// One past its last offset.
    pub(crate) end: u64,
    pub(crate) bytes: u64,
    /// The latest timestamp of its records.
    pub(crate) newest: Timestamp,
}

/// One segment to remove.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Removal {
    pub(crate) topic: Topic,
    pub(crate) partition: u32,
    pub(crate) base: u64,
}

/// The segments to remove, in an order that never leaves a gap in a partition.
pub(crate) fn decide(partitions: &[PartitionFacts], retention: &Retention, now: Timestamp) -> Vec<Removal> {
    // A duration beyond the clock's range is longer than any record is old.
    let cutoff = retention
        .age_max
        .and_then(|age| i64::try_from(age.as_micros()).ok())
        .and_then(|age| now.0.checked_sub(age))
        .map(Timestamp);
    let mut total: u64 =
        partitions.iter().map(|p| p.active_bytes + p.sealed.iter().map(|s| s.bytes).sum::<u64>()).sum();
    let mut removable: Vec<&[SegmentFacts]> = partitions.iter().map(readable_prefix).collect();
    let mut removals = Vec::new();
    loop {
        // The partition whose oldest segment is the oldest of all gives it up next.
        let oldest = removable
            .iter()
            .enumerate()
            .filter_map(|(index, segments)| segments.first().map(|segment| (segment.newest, index)))
            .min();
        let Some((newest, index)) = oldest else { break };
        let too_old = cutoff.is_some_and(|cutoff| newest < cutoff);
        let too_many = retention.bytes_max.is_some_and(|bytes_max| total > bytes_max);
        if !too_old && !too_many {
            break;
        }
        if let (Some(facts), Some((segment, rest))) =
            (partitions.get(index), removable.get(index).and_then(|segments| segments.split_first()))
        {
            removals.push(Removal { topic: facts.topic, partition: facts.partition, base: segment.base });
            total = total.saturating_sub(segment.bytes);
            if let Some(segments) = removable.get_mut(index) {
                *segments = rest;
            }
        }
    }
    removals
}

/// The sealed segments that every registered group has read to the end.
fn readable_prefix(facts: &PartitionFacts) -> &[SegmentFacts] {
    let read = facts.sealed.iter().take_while(|segment| facts.floor.is_none_or(|floor| segment.end <= floor)).count();
    facts.sealed.get(..read).unwrap_or_default()
}

#[cfg(test)]
mod tests;
