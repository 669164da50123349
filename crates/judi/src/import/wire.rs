//! Batches of records as an import sends them to a running server: version 1.
//!
//! ```text
//! body   = "JIB1" batch*
//! batch  = topic u8 (0 events, 1 quarantine), partition u32, records u32, record*
//! record = timestamp i64, key length u32, value length u32, key, value        (all little-endian)
//! ```

use bytes::{Buf, BufMut, Bytes, BytesMut};
use judi_log::{Batch, Record, Topic};
use judi_world::Timestamp;

const MAGIC: &[u8; 4] = b"JIB1";

/// The bytes of a record before its key.
const RECORD_HEADER_BYTES: usize = 16;

/// A body that is not what [`encode`] makes.
#[derive(Debug, thiserror::Error)]
#[error("not batches of records: {0}")]
pub struct MalformedBody(&'static str);

/// Batches as bytes.
pub fn encode(batches: &[Batch]) -> Bytes {
    let mut body = BytesMut::from(&MAGIC[..]);
    for batch in batches {
        body.put_u8(match batch.topic {
            Topic::Events => 0,
            Topic::Quarantine => 1,
        });
        body.put_u32_le(batch.partition);
        body.put_u32_le(length(batch.records.len()));
        for record in &batch.records {
            body.put_i64_le(record.timestamp.0);
            body.put_u32_le(length(record.key.len()));
            body.put_u32_le(length(record.value.len()));
            body.put_slice(&record.key);
            body.put_slice(&record.value);
        }
    }
    body.freeze()
}

/// Batches from bytes; keys and values are slices of `body`.
///
/// # Errors
/// When the bytes are not what [`encode`] makes.
pub fn decode(mut body: Bytes) -> Result<Vec<Batch>, MalformedBody> {
    if !body.starts_with(MAGIC) {
        return Err(MalformedBody("the first bytes are others"));
    }
    body.advance(MAGIC.len());
    let mut batches = Vec::new();
    while body.has_remaining() {
        let topic = match body.try_get_u8() {
            Ok(0) => Topic::Events,
            Ok(1) => Topic::Quarantine,
            _ => return Err(MalformedBody("no such topic")),
        };
        let (Ok(partition), Ok(count)) = (body.try_get_u32_le(), body.try_get_u32_le()) else {
            return Err(MalformedBody("a batch is cut off"));
        };
        if count as usize > body.len() / RECORD_HEADER_BYTES {
            return Err(MalformedBody("a batch has fewer records than it says"));
        }
        let records = (0..count).map(|_| decode_record(&mut body)).collect::<Result<_, _>>()?;
        batches.push(Batch { topic, partition, records });
    }
    Ok(batches)
}

fn decode_record(body: &mut Bytes) -> Result<Record, MalformedBody> {
    if body.len() < RECORD_HEADER_BYTES {
        return Err(MalformedBody("a record is cut off"));
    }
    let timestamp = Timestamp(body.get_i64_le());
    let (key, value) = (body.get_u32_le() as usize, body.get_u32_le() as usize);
    if body.len() < key.saturating_add(value) {
        return Err(MalformedBody("a record is cut off"));
    }
    Ok(Record { key: body.split_to(key), value: body.split_to(value), timestamp })
}

/// Records are bounded far below 4 GiB by the log; a longer one is refused there, not cut here.
fn length(len: usize) -> u32 {
    u32::try_from(len).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn batches() -> Vec<Batch> {
        let record = |value: &'static str| Record {
            key: Bytes::from_static(b"k"),
            value: value.into(),
            timestamp: Timestamp(-5),
        };
        vec![
            Batch { topic: Topic::Quarantine, partition: 3, records: vec![record(""), record("two")] },
            Batch { topic: Topic::Events, partition: 0, records: vec![record("three")] },
        ]
    }

    #[test]
    fn what_is_encoded_is_decoded() {
        assert_eq!(decode(encode(&batches())).unwrap(), batches());
        assert_eq!(decode(encode(&[])).unwrap(), []);
    }

    #[test]
    fn no_part_of_a_body_panics_and_a_changed_count_is_refused() {
        let body = encode(&batches());
        for end in 0..body.len() {
            let _ = decode(body.slice(..end));
        }
        let mut huge = body.to_vec();
        huge[9..13].copy_from_slice(&u32::MAX.to_le_bytes());
        assert!(decode(huge.into()).is_err());
        assert!(decode(Bytes::from_static(b"{}")).is_err());
    }
}
