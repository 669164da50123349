//! What is written is read back; what was changed is never read as something else.

use bytes::Bytes;
use proptest::prelude::*;

use super::*;

fn checksum() -> Checksum {
    Checksum::of_log("019329f0")
}

fn records() -> impl Strategy<Value = Record> {
    let bytes = |max| proptest::collection::vec(any::<u8>(), 0..max).prop_map(Bytes::from);
    (bytes(40), bytes(400), any::<i64>()).prop_map(|(key, value, timestamp)| Record {
        key,
        value,
        timestamp: Timestamp(timestamp),
    })
}

fn encoded(offset: u64, durable: u32, record: &Record) -> Vec<u8> {
    let mut bytes = Vec::new();
    encode_record(&mut bytes, offset, durable, record, checksum());
    bytes
}

#[test]
fn the_format_on_disk_does_not_change_unnoticed() {
    let header = SegmentHeader { topic: Topic::Quarantine, partition: 3, base: 258, previous_newest: Timestamp(-2) };
    let expected = "4a5544494c4f470a 01000000 01 000000 03000000 feffffffffffffff 0201000000000000";
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    assert_eq!(hex(&encode_header(&header, checksum())[..36]), expected.replace(' ', ""));
    let record = Record { key: "k".into(), value: "vw".into(), timestamp: Timestamp(5) };
    let expected = "1b000000 0700000000000000 28000000 0500000000000000 01000000 6b 7677";
    assert_eq!(hex(&encoded(7, 40, &record)[4..]), expected.replace(' ', ""));
}

#[test]
fn a_header_of_another_version_or_topic_says_so() {
    let header = SegmentHeader { topic: Topic::Events, partition: 0, base: 0, previous_newest: Timestamp(0) };
    let with = |at: usize, byte: u8| {
        let mut bytes = encode_header(&header, checksum());
        bytes[at] = byte;
        let crc = checksum().of(&bytes[..36]);
        bytes[36..].copy_from_slice(&crc.to_le_bytes());
        decode_header(&bytes, checksum())
    };
    assert_eq!(with(8, 2), Err(WireError::Version { version: 2 }));
    assert_eq!(with(12, 9), Err(WireError::Topic { topic: 9 }));
    assert_eq!(with(0, b'j'), Err(WireError::Magic));
    assert_eq!(with(16, 0), Ok(header));
}

#[test]
fn an_impossible_length_is_damage_and_not_a_reason_to_wait_for_more() {
    let record = Record { key: "key".into(), value: "value".into(), timestamp: Timestamp(0) };
    let mut bytes = encoded(0, 0, &record);
    bytes[4..8].copy_from_slice(&u32::MAX.to_le_bytes());
    assert_eq!(decode_record(&bytes, checksum()), Err(WireError::Length { length: u32::MAX }));
    bytes[4..8].copy_from_slice(&0_u32.to_le_bytes());
    assert_eq!(decode_record(&bytes, checksum()), Err(WireError::Length { length: 0 }));
}

#[test]
fn a_checksum_covers_the_logs_id_and_then_the_record() {
    let record = Record { key: "k".into(), value: "v".into(), timestamp: Timestamp(0) };
    let bytes = encoded(0, 0, &record);
    let covered = [b"019329f0", &bytes[4..]].concat();
    assert_eq!(bytes[..4], crc32fast::hash(&covered).to_le_bytes());
    assert_eq!(decode_record(&bytes, Checksum::of_log("another")), Err(WireError::Checksum));
}

proptest! {
    #[test]
    fn a_record_comes_back_as_it_was(record in records(), offset: u64, durable: u32, behind in any::<[u8; 5]>()) {
        let mut bytes = encoded(offset, durable, &record);
        prop_assert_eq!(bytes.len(), record_size(&record));
        bytes.extend_from_slice(&behind);
        let raw = decode_record(&bytes, checksum()).unwrap();
        prop_assert_eq!((raw.offset, raw.durable_before, raw.timestamp), (offset, durable, record.timestamp));
        prop_assert_eq!(&bytes[raw.key.clone()], &record.key[..]);
        prop_assert_eq!(&bytes[raw.value.clone()], &record.value[..]);
        prop_assert_eq!(raw.size(), record_size(&record));
    }

    #[test]
    fn a_record_cut_short_asks_for_no_more_than_it_needs(record in records(), cut in any::<prop::sample::Index>()) {
        let bytes = encoded(1, 0, &record);
        let kept = cut.index(bytes.len());
        match decode_record(&bytes[..kept], checksum()) {
            Err(WireError::Short { needed }) => prop_assert!(needed > kept && needed <= bytes.len()),
            other => prop_assert!(false, "{other:?}"),
        }
    }

    #[test]
    fn no_single_changed_bit_goes_unnoticed(record in records(), at in any::<prop::sample::Index>(), bit in 0..8) {
        let mut bytes = encoded(1, 0, &record);
        let at = at.index(bytes.len());
        bytes[at] ^= 1_u8 << bit;
        prop_assert!(decode_record(&bytes, checksum()).is_err());
    }

    #[test]
    fn a_header_comes_back_or_its_damage_is_seen(
        partition: u32, base: u64, newest: i64, at in any::<prop::sample::Index>(), bit in 0..8,
    ) {
        let header = SegmentHeader { topic: Topic::Events, partition, base, previous_newest: Timestamp(newest) };
        let mut bytes = encode_header(&header, checksum());
        prop_assert_eq!(decode_header(&bytes, checksum()), Ok(header));
        bytes[at.index(HEADER_BYTES)] ^= 1_u8 << bit;
        prop_assert!(decode_header(&bytes, checksum()).is_err());
    }

    #[test]
    fn arbitrary_bytes_are_refused_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(decode_record(&bytes, checksum()).is_err());
        prop_assert!(decode_header(&bytes, checksum()).is_err());
    }
}
