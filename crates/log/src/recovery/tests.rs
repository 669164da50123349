//! A torn end is cut, changed bytes are refused, and neither is taken for the other.

use proptest::prelude::*;

use super::*;
use crate::record::{Record, Topic};

fn checksum() -> Checksum {
    Checksum::of_log("a log")
}

const EXPECTED: (Topic, u32, u64) = (Topic::Events, 2, 100);

/// A segment of groups of records, as the writer makes it, and where each group begins.
fn segment(groups: &[Vec<usize>]) -> (Vec<u8>, Vec<usize>) {
    let (topic, partition, base) = EXPECTED;
    let header = SegmentHeader { topic, partition, base, previous_newest: Timestamp(1) };
    let mut bytes = wire::encode_header(&header, checksum()).to_vec();
    let mut offset = base;
    let mut starts = Vec::new();
    for (number, sizes) in groups.iter().enumerate() {
        starts.push(bytes.len());
        // The first group is written together with the header.
        let durable = if number == 0 { 0 } else { bytes.len() as u32 };
        for size in sizes {
            let value = vec![offset as u8; *size];
            let record = Record { key: "key".into(), value: value.into(), timestamp: Timestamp(offset.cast_signed()) };
            wire::encode_record(&mut bytes, offset, durable, &record, checksum());
            offset += 1;
        }
    }
    (bytes, starts)
}

fn decision(bytes: &[u8]) -> RecoveryDecision {
    decide(&scan(bytes, EXPECTED.2, checksum(), 100), EXPECTED)
}

fn groups() -> impl Strategy<Value = Vec<Vec<usize>>> {
    proptest::collection::vec(proptest::collection::vec(0_usize..80, 1..5), 1..6)
}

#[test]
fn a_whole_segment_is_kept_and_known() {
    let (bytes, _) = segment(&[vec![10, 20], vec![300, 5]]);
    let found = scan(&bytes, 100, checksum(), 100);
    assert_eq!((found.end, found.good_bytes, found.newest), (104, bytes.len() as u64, Timestamp(103)));
    assert_eq!(found.landmarks, [(100, 40), (102, 140), (103, 475)]);
    assert_eq!(decide(&found, EXPECTED), RecoveryDecision::Keep);
}

#[test]
fn a_segment_in_the_wrong_place_is_refused() {
    let (bytes, _) = segment(&[vec![10]]);
    let moved = decide(&scan(&bytes, 100, checksum(), 100), (Topic::Events, 3, 100));
    assert!(matches!(moved, RecoveryDecision::Refuse { position: 0, .. }), "{moved:?}");
}

#[test]
fn an_empty_file_never_came_to_be() {
    assert!(matches!(decision(&[]), RecoveryDecision::SetAside { .. }));
    assert!(matches!(decision(&[0; 4096]), RecoveryDecision::SetAside { .. }));
}

#[test]
fn a_broken_header_before_acknowledged_records_is_refused() {
    let (mut bytes, _) = segment(&[vec![10], vec![10]]);
    bytes[20] ^= 1;
    assert!(matches!(decision(&bytes), RecoveryDecision::Refuse { position: 0, .. }), "{:?}", decision(&bytes));
}

#[test]
fn a_hole_in_the_last_write_is_torn_though_good_records_follow_it() {
    let (mut bytes, starts) = segment(&[vec![10], vec![10, 10, 10]]);
    let second = starts[1];
    bytes[second..second + 20].fill(0);
    assert_eq!(
        decision(&bytes),
        RecoveryDecision::CutTail { good_bytes: second as u64, detail: "impossible length 0".to_owned() }
    );
}

proptest! {
    #[test]
    fn whatever_befalls_the_last_write_what_was_before_it_is_kept(
        groups in groups(),
        damage in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..20),
        cut in any::<prop::sample::Index>(),
    ) {
        let (mut bytes, starts) = segment(&groups);
        let last = if starts.len() == 1 { 0 } else { *starts.last().unwrap() };
        let tail = bytes.len() - last;
        for (at, byte) in damage {
            bytes[last + at.index(tail)] = byte;
        }
        bytes.truncate(last + cut.index(tail + 1));
        match decision(&bytes) {
            RecoveryDecision::Keep => prop_assert!(bytes.len() >= HEADER_BYTES),
            RecoveryDecision::CutTail { good_bytes, .. } => {
                prop_assert!(good_bytes as usize >= last && (good_bytes as usize) < bytes.len());
            }
            RecoveryDecision::SetAside { .. } => prop_assert_eq!(last, 0),
            RecoveryDecision::Refuse { position, detail } => prop_assert!(false, "{position}: {detail}"),
        }
    }

    #[test]
    fn a_changed_byte_before_the_last_write_is_refused(
        groups in groups().prop_filter("two writes", |groups| groups.len() > 1),
        at in any::<prop::sample::Index>(),
        bit in 0..8,
    ) {
        let (mut bytes, starts) = segment(&groups);
        let changed = at.index(*starts.last().unwrap());
        bytes[changed] ^= 1_u8 << bit;
        match decision(&bytes) {
            RecoveryDecision::Refuse { position, .. } => prop_assert!(position as usize <= changed),
            other => prop_assert!(false, "byte {changed}: {other:?}"),
        }
    }

    #[test]
    fn cutting_what_is_to_be_cut_leaves_a_whole_segment(groups in groups(), cut in any::<prop::sample::Index>()) {
        let (mut bytes, _) = segment(&groups);
        bytes.truncate(HEADER_BYTES + cut.index(bytes.len() - HEADER_BYTES));
        if let RecoveryDecision::CutTail { good_bytes, .. } = decision(&bytes) {
            bytes.truncate(good_bytes as usize);
        }
        prop_assert_eq!(decision(&bytes), RecoveryDecision::Keep);
    }
}
