//! The bytes of a segment file, version 1. All integers are little-endian.
//!
//! ```text
//!   segment = header record*
//!   header  = magic[8] version:u32 topic:u8 0[3] partition:u32 previous_newest:i64 base:u64 crc:u32     (40 bytes)
//!   record  = crc:u32 length:u32 offset:u64 durable_before:u32 timestamp:i64 key_length:u32 key value   (32 bytes + key + value)
//! ```
//!
//! `crc` is CRC-32 (IEEE) of the log's id as text, followed by the header before it, or the record after it: whoever
//! sends events cannot put bytes into one that pass for a record. `length` counts what follows it.
//! `durable_before` is the position in this file up to which everything was synced when the record was written:
//! what a reader finds broken before that position had been acknowledged, what it finds broken behind every
//! such position is the torn end of a write that never was. `previous_newest` is the latest timestamp of the
//! segment before this one, so that retention need not read that one.

use std::ops::Range;

use judi_world::Timestamp;
use thiserror::Error;

use crate::record::{Record, Topic};

/// Bytes of a segment's header.
pub(crate) const HEADER_BYTES: usize = 40;

/// Bytes of a record before its key.
pub(crate) const RECORD_HEADER_BYTES: usize = 32;

/// The most bytes that a record's key and value may have together on any log: above it a length is read as
/// damage, so that a broken length cannot ask for gigabytes.
pub(crate) const RECORD_BYTES_MAX: usize = 64 << 20;

const MAGIC: [u8; 8] = *b"JUDILOG\n";
const VERSION: u32 = 1;
/// What `length` counts besides key and value.
const LENGTH_FIXED: usize = RECORD_HEADER_BYTES - 8;

/// The checksum of one log's segments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Checksum {
    of_id: u32,
}

impl Checksum {
    pub(crate) fn of_log(id: &str) -> Self {
        Self { of_id: crc32fast::hash(id.as_bytes()) }
    }

    fn of(self, bytes: &[u8]) -> u32 {
        let mut hasher = crc32fast::Hasher::new_with_initial(self.of_id);
        hasher.update(bytes);
        hasher.finalize()
    }
}

/// The first bytes of a segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SegmentHeader {
    pub(crate) topic: Topic,
    pub(crate) partition: u32,
    /// The offset of its first record.
    pub(crate) base: u64,
    /// The latest timestamp in the segment before this one; the least of all when there was none.
    pub(crate) previous_newest: Timestamp,
}

/// Where a record's parts lie in the bytes it was parsed from, which begin at the record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RawRecord {
    pub(crate) offset: u64,
    pub(crate) durable_before: u32,
    pub(crate) timestamp: Timestamp,
    pub(crate) key: Range<usize>,
    pub(crate) value: Range<usize>,
}

impl RawRecord {
    /// Bytes of the whole record.
    pub(crate) const fn size(&self) -> usize {
        self.value.end
    }
}

/// Why bytes are not a header or a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub(crate) enum WireError {
    /// More bytes are needed to tell; `needed` in all, from the record's beginning.
    #[error("cut short: {needed} bytes are needed")]
    Short { needed: usize },
    #[error("not a segment of a Judi log")]
    Magic,
    #[error("version {version} of the segment format; this program knows {VERSION}")]
    Version { version: u32 },
    #[error("no topic has number {topic}")]
    Topic { topic: u8 },
    #[error("impossible length {length}")]
    Length { length: u32 },
    #[error("checksum mismatch")]
    Checksum,
}

/// The bytes of a segment's header.
pub(crate) fn encode_header(header: &SegmentHeader, checksum: Checksum) -> [u8; HEADER_BYTES] {
    let mut bytes = [0; HEADER_BYTES];
    bytes[0..8].copy_from_slice(&MAGIC);
    bytes[8..12].copy_from_slice(&VERSION.to_le_bytes());
    bytes[12] = topic_number(header.topic);
    bytes[16..20].copy_from_slice(&header.partition.to_le_bytes());
    bytes[20..28].copy_from_slice(&header.previous_newest.0.to_le_bytes());
    bytes[28..36].copy_from_slice(&header.base.to_le_bytes());
    let crc = checksum.of(&bytes[..36]);
    bytes[36..].copy_from_slice(&crc.to_le_bytes());
    bytes
}

/// Reads a segment's header from its first bytes.
pub(crate) fn decode_header(bytes: &[u8], checksum: Checksum) -> Result<SegmentHeader, WireError> {
    let Some(bytes) = bytes.first_chunk::<HEADER_BYTES>() else {
        return Err(WireError::Short { needed: HEADER_BYTES });
    };
    if bytes[0..8] != MAGIC {
        return Err(WireError::Magic);
    }
    if checksum.of(&bytes[..36]) != u32_at(bytes, 36) {
        return Err(WireError::Checksum);
    }
    let version = u32_at(bytes, 8);
    if version != VERSION {
        return Err(WireError::Version { version });
    }
    let topic = Topic::ALL.into_iter().find(|topic| topic_number(*topic) == bytes[12]);
    Ok(SegmentHeader {
        topic: topic.ok_or(WireError::Topic { topic: bytes[12] })?,
        partition: u32_at(bytes, 16),
        base: u64_at(bytes, 28),
        previous_newest: Timestamp(u64_at(bytes, 20).cast_signed()),
    })
}

/// Bytes that a record takes in a segment.
pub(crate) const fn record_size(record: &Record) -> usize {
    RECORD_HEADER_BYTES + record.key.len() + record.value.len()
}

/// Appends a record's bytes to `buffer`. Key and value together are at most [`RECORD_BYTES_MAX`] bytes.
pub(crate) fn encode_record(
    buffer: &mut Vec<u8>,
    offset: u64,
    durable_before: u32,
    record: &Record,
    checksum: Checksum,
) {
    let start = buffer.len();
    let mut header = [0; RECORD_HEADER_BYTES];
    // Bounded by RECORD_BYTES_MAX, so neither length is cut.
    let length = (LENGTH_FIXED + record.key.len() + record.value.len()) as u32;
    header[4..8].copy_from_slice(&length.to_le_bytes());
    header[8..16].copy_from_slice(&offset.to_le_bytes());
    header[16..20].copy_from_slice(&durable_before.to_le_bytes());
    header[20..28].copy_from_slice(&record.timestamp.0.to_le_bytes());
    header[28..32].copy_from_slice(&(record.key.len() as u32).to_le_bytes());
    buffer.extend_from_slice(&header);
    buffer.extend_from_slice(&record.key);
    buffer.extend_from_slice(&record.value);
    let crc = checksum.of(&buffer[start + 4..]);
    buffer[start..start + 4].copy_from_slice(&crc.to_le_bytes());
}

/// Reads the record that `bytes` begin with, checksum included.
pub(crate) fn decode_record(bytes: &[u8], checksum: Checksum) -> Result<RawRecord, WireError> {
    let raw = peek_record(bytes)?;
    match bytes.get(4..raw.size()) {
        None => Err(WireError::Short { needed: raw.size() }),
        Some(covered) if checksum.of(covered) == u32_at(bytes, 0) => Ok(raw),
        Some(_) => Err(WireError::Checksum),
    }
}

/// Reads only the header of the record that `bytes` begin with: enough to step over it, or to doubt it.
pub(crate) fn peek_record(bytes: &[u8]) -> Result<RawRecord, WireError> {
    let Some(header) = bytes.first_chunk::<RECORD_HEADER_BYTES>() else {
        return Err(WireError::Short { needed: RECORD_HEADER_BYTES });
    };
    let length = u32_at(header, 4);
    let key_length = u32_at(header, 28) as usize;
    let payload = (length as usize).checked_sub(LENGTH_FIXED).filter(|bytes| *bytes <= RECORD_BYTES_MAX);
    let Some(payload) = payload.filter(|payload| key_length <= *payload) else {
        return Err(WireError::Length { length });
    };
    let key_end = RECORD_HEADER_BYTES + key_length;
    Ok(RawRecord {
        offset: u64_at(header, 8),
        durable_before: u32_at(header, 16),
        timestamp: Timestamp(u64_at(header, 20).cast_signed()),
        key: RECORD_HEADER_BYTES..key_end,
        value: key_end..RECORD_HEADER_BYTES + payload,
    })
}

const fn topic_number(topic: Topic) -> u8 {
    match topic {
        Topic::Events => 0,
        Topic::Quarantine => 1,
    }
}

/// The integer at `at`, which the callers know to lie inside.
fn u32_at(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..).and_then(<[u8]>::first_chunk).map_or(0, |chunk| u32::from_le_bytes(*chunk))
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    bytes.get(at..).and_then(<[u8]>::first_chunk).map_or(0, |chunk| u64::from_le_bytes(*chunk))
}

#[cfg(test)]
mod tests;
