//! The cursor on bytes that are right, wrong and random.

use proptest::prelude::*;

use super::{Cursor, DEPTH_MAX, Scalar, Tag, WireError, WireType, unzigzag, zigzag};
use crate::plan::ScalarKind;

fn tag_of(bytes: &[u8]) -> Result<Option<Tag>, WireError> {
    Cursor::new(bytes).tag()
}

#[test]
fn varints_of_every_length() {
    for shift in 0..64 {
        for value in [1u64 << shift, (1u64 << shift) - 1, !(1u64 << shift)] {
            let mut bytes = Vec::new();
            prost::encoding::encode_varint(value, &mut bytes);
            let mut cursor = Cursor::new(&bytes);
            assert_eq!(cursor.varint(), Ok(value));
            assert!(cursor.is_empty());
            let truncated = bytes.get(..bytes.len() - 1).unwrap();
            assert_eq!(Cursor::new(truncated).varint(), Err(WireError::Truncated));
        }
    }
}

#[test]
fn a_padded_varint_is_legal_and_an_overlong_one_is_not() {
    assert_eq!(Cursor::new(&[0x81, 0x80, 0x00]).varint(), Ok(1));
    let mut eleven = [0x80u8; 11];
    eleven[10] = 0;
    assert_eq!(Cursor::new(&eleven).varint(), Err(WireError::VarintTooLong));
    let mut over_64_bits = [0xffu8; 10];
    over_64_bits[9] = 2;
    assert_eq!(Cursor::new(&over_64_bits).varint(), Err(WireError::VarintTooLong));
    over_64_bits[9] = 1;
    assert_eq!(Cursor::new(&over_64_bits).varint(), Ok(u64::MAX));
}

#[test]
fn tags_out_of_range_are_refused() {
    assert_eq!(tag_of(&[]), Ok(None));
    assert_eq!(tag_of(&[0x00]), Err(WireError::FieldNumber));
    assert_eq!(tag_of(&[0x0e]), Err(WireError::UnknownWireType(6)));
    assert_eq!(tag_of(&[0x0f]), Err(WireError::UnknownWireType(7)));
    // 2^29-1 is the last number, 2^29 the first beyond.
    assert_eq!(
        tag_of(&[0xf8, 0xff, 0xff, 0xff, 0x0f]),
        Ok(Some(Tag { number: (1 << 29) - 1, wire_type: WireType::Varint }))
    );
    assert_eq!(tag_of(&[0x80, 0x80, 0x80, 0x80, 0x10]), Err(WireError::FieldNumber));
}

#[test]
fn a_length_beyond_the_end_is_truncated_and_allocates_nothing() {
    assert_eq!(Cursor::new(&[0x05, b'a']).bytes(), Err(WireError::Truncated));
    let huge = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01];
    assert_eq!(Cursor::new(&huge).bytes(), Err(WireError::Truncated));
}

#[test]
fn groups_are_read_whole_and_must_match() {
    // Group 1 { field 2 = 7, group 3 { } } and then field 4 = 1.
    let bytes = [0x0b, 0x10, 0x07, 0x1b, 0x1c, 0x0c, 0x20, 0x01];
    let mut cursor = Cursor::new(&bytes);
    let tag = cursor.tag().unwrap().unwrap();
    assert_eq!(tag, Tag { number: 1, wire_type: WireType::StartGroup });
    assert_eq!(cursor.group(1, 0), Ok(&bytes[1..5]));
    assert_eq!(cursor.rest(), &[0x20, 0x01]);

    assert_eq!(Cursor::new(&[0x14]).group(1, 0), Err(WireError::UnmatchedEndGroup));
    assert_eq!(Cursor::new(&[0x10, 0x07]).group(1, 0), Err(WireError::Truncated));
    let end = Tag { number: 1, wire_type: WireType::EndGroup };
    assert_eq!(Cursor::new(&[]).skip(end, 0), Err(WireError::UnmatchedEndGroup));
}

#[test]
fn groups_nest_a_hundred_deep_and_no_deeper() {
    let nested = |depth: usize| [vec![0x0b; depth], vec![0x0c; depth]].concat();
    let skip = |bytes: &[u8]| {
        let mut cursor = Cursor::new(bytes);
        let tag = cursor.tag().unwrap().unwrap();
        cursor.skip(tag, 0)
    };
    assert_eq!(skip(&nested(DEPTH_MAX as usize)), Ok(()));
    assert_eq!(skip(&nested(DEPTH_MAX as usize + 1)), Err(WireError::TooDeep));
    assert_eq!(skip(&vec![0x0b; 1 << 20]), Err(WireError::TooDeep));
}

#[test]
fn integers_are_cut_to_their_width() {
    let minus_one = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01];
    let read = |kind| Cursor::new(&minus_one).scalar(kind);
    assert_eq!(read(ScalarKind::Int32), Ok(Scalar::Int(-1)));
    assert_eq!(read(ScalarKind::Uint32), Ok(Scalar::Uint(u64::from(u32::MAX))));
    assert_eq!(read(ScalarKind::Sint32), Ok(Scalar::Int(i64::from(i32::MIN))));
    assert_eq!(read(ScalarKind::Bool), Ok(Scalar::Bool(true)));
    assert_eq!(Cursor::new(&minus_one).enum_number(), Ok(-1));
}

#[test]
fn text_is_utf8_or_refused() {
    for bad in [&[0xc0, 0x80][..], &[0xed, 0xa0, 0x80], &[0xe2, 0x82], &[0xff]] {
        let bytes = [&[bad.len() as u8][..], bad].concat();
        assert_eq!(Cursor::new(&bytes).text(), Err(WireError::NotUtf8), "{bad:x?}");
        assert_eq!(Cursor::new(&bytes).bytes(), Ok(bad));
    }
}

proptest! {
    #[test]
    fn zigzag_there_and_back(value: i64) {
        prop_assert_eq!(unzigzag(zigzag(value)), value);
    }

    #[test]
    fn random_bytes_never_panic_and_always_end(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let mut cursor = Cursor::new(&bytes);
        while let Ok(Some(tag)) = cursor.tag() {
            if cursor.skip(tag, 0).is_err() {
                break;
            }
        }
        prop_assert!(cursor.rest().len() <= bytes.len());
    }
}
