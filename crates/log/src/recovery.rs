//! What to do with the last segment of a partition when the log is opened. Pure: its bytes in, a decision out.
//!
//! A crash leaves the bytes of the last, unacknowledged write in any state: missing, in part, with holes. All
//! that lies behind the last position known to be synced may therefore be cut off; a defect before it means
//! that acknowledged bytes have changed, and nothing may be cut.

use judi_world::Timestamp;

use crate::wire::{self, Checksum, HEADER_BYTES, RECORD_HEADER_BYTES, SegmentHeader};

/// What one pass over a segment found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Scan {
    pub(crate) header: Option<SegmentHeader>,
    /// Bytes of the header and the good records, up to the first defect.
    pub(crate) good_bytes: u64,
    /// Up to where the last good record proves that everything had been synced when it was written.
    pub(crate) proven_bytes: u64,
    /// One past the offset of the last good record; the segment's base when it has none.
    pub(crate) end: u64,
    /// The latest timestamp of the good records.
    pub(crate) newest: Timestamp,
    /// Some good records, as (offset, position), some way apart.
    pub(crate) landmarks: Vec<(u64, u64)>,
    pub(crate) defect: Option<Defect>,
}

/// The first thing that is wrong with a segment, at the end of its good bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Defect {
    pub(crate) detail: String,
    /// The position of a later, good record which proves that the bad bytes had been synced.
    pub(crate) proof: Option<u64>,
}

/// What to do with a segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum RecoveryDecision {
    /// Every byte is good: go on writing behind them.
    Keep,
    /// Keep `good_bytes`; move the rest aside. It was never acknowledged.
    CutTail { good_bytes: u64, detail: String },
    /// Not even the header was ever durable: move the file aside.
    SetAside { detail: String },
    /// Acknowledged bytes have changed: touch nothing and say so.
    Refuse { position: u64, detail: String },
}

/// Reads a segment that should begin at offset `base`, noting a landmark every `landmark_step` bytes.
pub(crate) fn scan(bytes: &[u8], base: u64, checksum: Checksum, landmark_step: u64) -> Scan {
    let mut found = Scan {
        header: None,
        good_bytes: 0,
        proven_bytes: 0,
        end: base,
        newest: Timestamp(i64::MIN),
        landmarks: Vec::new(),
        defect: None,
    };
    match wire::decode_header(bytes, checksum) {
        Ok(header) => {
            found.header = Some(header);
            found.good_bytes = HEADER_BYTES as u64;
        }
        Err(error) => {
            found.defect = Some(defect_at(bytes, 0, base, checksum, error.to_string()));
            return found;
        }
    }
    let mut position = HEADER_BYTES;
    let mut landmark = 0;
    while let Some(rest) = bytes.get(position..).filter(|rest| !rest.is_empty()) {
        let raw = match wire::decode_record(rest, checksum) {
            Ok(raw) if raw.offset == found.end => raw,
            Ok(raw) => {
                let detail = format!("record {} where {} belongs", raw.offset, found.end);
                found.defect = Some(defect_at(bytes, position, found.end, checksum, detail));
                break;
            }
            Err(error) => {
                found.defect = Some(defect_at(bytes, position, found.end, checksum, error.to_string()));
                break;
            }
        };
        if position as u64 >= landmark {
            found.landmarks.push((raw.offset, position as u64));
            landmark = position as u64 + landmark_step;
        }
        position += raw.size();
        found.good_bytes = position as u64;
        found.proven_bytes = u64::from(raw.durable_before);
        found.end = raw.offset + 1;
        found.newest = found.newest.max(raw.timestamp);
    }
    found
}

/// What to do with what was found, in a file that should be `expected`.
pub(crate) fn decide(scan: &Scan, expected: (crate::Topic, u32, u64)) -> RecoveryDecision {
    if let Some(header) = scan.header {
        let (topic, partition, base) = expected;
        if (header.topic, header.partition, header.base) != expected {
            let detail = format!(
                "its header says {}/{} from {}, its place says {topic}/{partition} from {base}",
                header.topic, header.partition, header.base
            );
            return RecoveryDecision::Refuse { position: 0, detail };
        }
    }
    match (&scan.defect, scan.header) {
        (None, _) => RecoveryDecision::Keep,
        (Some(Defect { detail, proof: Some(proof) }), _) => RecoveryDecision::Refuse {
            position: scan.good_bytes,
            detail: format!("{detail}; the record at byte {proof} proves that it had been durable"),
        },
        (Some(Defect { detail, proof: None }), None) => RecoveryDecision::SetAside { detail: detail.clone() },
        (Some(Defect { detail, proof: None }), Some(_)) => {
            RecoveryDecision::CutTail { good_bytes: scan.good_bytes, detail: detail.clone() }
        }
    }
}

/// The defect at `position`, with the proof, if there is one, that the bytes there had been durable: a good
/// record behind it, of a later offset, that was written when more than `position` bytes were synced.
fn defect_at(bytes: &[u8], position: usize, expected: u64, checksum: Checksum, detail: String) -> Defect {
    let mut at = position + 1;
    let mut proof = None;
    while let Some(rest) = bytes.get(at..).filter(|rest| rest.len() >= RECORD_HEADER_BYTES) {
        let between = ((at - position) / RECORD_HEADER_BYTES) as u64;
        let claims = |raw: &wire::RawRecord| {
            (position + 1..=at).contains(&(raw.durable_before as usize))
                && raw.offset.checked_sub(expected).is_some_and(|ahead| (1..=between + 1).contains(&ahead))
        };
        // Few places look like a record that claims so much; only those are worth a checksum.
        if wire::peek_record(rest).as_ref().is_ok_and(claims) && wire::decode_record(rest, checksum).is_ok() {
            proof = Some(at as u64);
            break;
        }
        at += 1;
    }
    Defect { detail, proof }
}

#[cfg(test)]
mod tests;
