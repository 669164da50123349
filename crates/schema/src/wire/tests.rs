//! The verdict on bytes: each reason with its field, and the laws against protobuf's own reading.

use std::borrow::Cow;

use proptest::collection::vec;
use proptest::prelude::*;
use prost::Message;
use prost_reflect::DynamicMessage;

use super::sample::{Choices, EVERYTHING, Sample, random};
use super::{checked, validate, well_formed};
use crate::verdict::Reason;

/// A field's tag.
fn tag(number: u32, wire_type: u8) -> Vec<u8> {
    let mut out = Vec::new();
    prost::encoding::encode_varint(u64::from(number) << 3 | u64::from(wire_type), &mut out);
    out
}

fn len(number: u32, body: &[u8]) -> Vec<u8> {
    let mut out = tag(number, 2);
    prost::encoding::encode_varint(body.len() as u64, &mut out);
    out.extend_from_slice(body);
    out
}

fn varint(number: u32, value: u64) -> Vec<u8> {
    let mut out = tag(number, 0);
    prost::encoding::encode_varint(value, &mut out);
    out
}

fn verdict(sample: &Sample, bytes: &[u8]) -> Result<(), (Reason, String, String)> {
    validate(&sample.plans, sample.id, bytes).map_err(|v| (v.reason, v.field, v.detail))
}

fn reason_and_field(sample: &Sample, bytes: &[u8]) -> Option<(Reason, String)> {
    verdict(sample, bytes).err().map(|(reason, field, _)| (reason, field))
}

#[test]
fn malformed_bytes_are_undecodable_at_their_field() {
    let sample = Sample::new(EVERYTHING);
    let at = |bytes: &[u8], field: &str| {
        assert_eq!(reason_and_field(&sample, bytes), Some((Reason::Undecodable, field.to_owned())), "{bytes:02x?}");
    };
    at(&[0x00], "");
    at(&[0x80], "");
    at(&[0x0f], "");
    at(&[0x0c], "");
    at(&tag(14, 2), "f_string");
    at(&[&tag(14, 2)[..], &[5, b'a']].concat(), "f_string");
    at(&len(14, b"\xff"), "f_string");
    at(&len(17, &len(1, b"\xed\xa0\x80")), "author.name");
    at(&[len(35, b""), len(35, b""), len(35, &len(1, b"\xff"))].concat(), "authors[2].name");
    at(&[len(30, &[1, 2, 3]), len(30, &[4, 0x80])].concat(), "ints[4]");
    at(&len(41, &[varint(1, 7), len(2, &len(1, b"\xff"))].concat()), "by_number[7].name");
    at(&len(40, &[len(2, b"\xff"), len(1, b"sv")].concat()), "labels[\"sv\"]");
    // Wire types that are not the field's.
    at(&varint(14, 1), "f_string");
    at(&len(3, &[1]), "f_int32");
    at(&varint(40, 1), "labels");
    at(&[&tag(17, 3)[..], &tag(17, 4)].concat(), "author");
    at(&len(60, &len(1, b"x")), "at.seconds");
}

#[test]
fn unknown_fields_and_both_forms_of_repeated_fields_are_right() {
    let sample = Sample::new(EVERYTHING);
    for bytes in [
        Vec::new(),
        len(30, &[1, 2]),
        varint(30, 1),
        [len(30, &[]), varint(30, 1), len(30, &[2])].concat(),
        len(36, &[1, 2]),
        [varint(9_999, 5), len(12_345, b"\xff"), tag(500, 3), varint(1, 1), tag(500, 4)].concat(),
        varint(16, 77),
    ] {
        assert_eq!(verdict(&sample, &bytes), Ok(()), "{bytes:02x?}");
        assert!(matches!(checked(&sample.plans, sample.id, &bytes), Ok(Cow::Borrowed(_))));
    }
}

#[test]
fn a_hundred_messages_deep_and_no_deeper() {
    let sample = Sample::new(EVERYTHING);
    let nested = |depth: usize| (0..depth).fold(Vec::new(), |inner, _| len(18, &inner));
    assert_eq!(verdict(&sample, &nested(100)), Ok(()));
    let (reason, field, detail) = verdict(&sample, &nested(101)).unwrap_err();
    assert_eq!((reason, detail.as_str()), (Reason::Undecodable, "messages are nested more than 100 deep"));
    assert_eq!(field.matches("inner").count(), 101);
    assert_eq!(reason_and_field(&sample, &nested(2_000)).unwrap().0, Reason::Undecodable);
    assert!(DynamicMessage::decode(sample.event.clone(), nested(100).as_slice()).is_ok());
    assert!(DynamicMessage::decode(sample.event, nested(101).as_slice()).is_err());
}

const REQUIRED: &str = r#"
    message Part { string id = 1 [(judi.field) = { required: true }]; }
    message Event {
      string article_id = 1 [(judi.field) = { required: true }]; Part part = 2; repeated Part parts = 3;
      optional string maybe = 4 [(judi.field) = { required: true }]; map<string, Part> by = 5;
    }
"#;

#[test]
fn what_is_required_must_be_set() {
    let sample = Sample::new(REQUIRED);
    let base = [len(1, b"a"), len(4, b"")].concat();
    assert_eq!(verdict(&sample, &base), Ok(()), "with presence, an empty text is set");
    let missing = |bytes: &[u8], field: &str| {
        let wanted = (Reason::InvalidPayload, field.to_owned(), "required, and not set".to_owned());
        assert_eq!(verdict(&sample, bytes), Err(wanted));
    };
    missing(&[], "article_id");
    missing(&len(4, b""), "article_id");
    missing(&[len(1, b""), len(4, b"")].concat(), "article_id");
    missing(&len(1, b"a"), "maybe");
    missing(&[base.clone(), len(2, b"")].concat(), "part.id");
    missing(&[base.clone(), len(3, &len(1, b"x")), len(3, b"")].concat(), "parts[1].id");
    missing(&[base.clone(), len(5, &len(1, b"k"))].concat(), "by[\"k\"].id");
    // The last of two counts, and messages merge.
    missing(&[base.clone(), len(1, b"")].concat(), "article_id");
    assert_eq!(verdict(&sample, &[len(1, b""), base.clone()].concat()), Ok(()));
    assert_eq!(verdict(&sample, &[base.clone(), len(2, b""), len(2, &len(1, b"x"))].concat()), Ok(()));
    assert_eq!(verdict(&sample, &[base, len(2, &len(1, b"x")), len(2, b"")].concat()), Ok(()));
}

#[test]
fn times_must_be_in_their_range() {
    let sample = Sample::new(EVERYTHING);
    let time = |number: u32, seconds: i64, nanos: i32| {
        let nanos = i64::from(nanos).cast_unsigned();
        len(number, &[varint(1, seconds.cast_unsigned()), varint(2, nanos)].concat())
    };
    for (bytes, fits) in [
        (time(60, 253_402_300_799, 999_999_999), true),
        (time(60, -62_135_596_800, 0), true),
        (time(60, 253_402_300_800, 0), false),
        (time(60, -62_135_596_801, 0), false),
        (time(60, 0, -1), false),
        (time(60, 0, 1_000_000_000), false),
        (time(60, i64::MIN, i32::MIN), false),
        (time(61, -1, -1), true),
        (time(61, 1, -1), false),
        (time(61, 315_576_000_001, 0), false),
        (time(79, i64::MAX, 0), false),
    ] {
        let wanted = if fits { None } else { Some(Reason::InvalidPayload) };
        assert_eq!(verdict(&sample, &bytes).err().map(|(reason, ..)| reason), wanted, "{bytes:02x?}");
        assert!(well_formed(&sample.plans, sample.id, &bytes).is_ok(), "form alone is right");
    }
    let bad = [len(79, &[]), time(79, i64::MAX, 0)].concat();
    assert_eq!(reason_and_field(&sample, &bad), Some((Reason::InvalidPayload, "times[1]".to_owned())));
}

/// A number that a wider type wrote is refused, not cut: it is judged again when the field is that wide.
#[test]
fn numbers_must_fit_into_the_bits_of_their_type() {
    let text = "message Event { int32 i = 1; uint32 u = 2; sint32 s = 3; bool b = 4;
        repeated int32 r = 5; map<string, uint32> m = 6; B inner = 7; int64 wide = 8; } message B { int32 i = 1; }";
    let sample = Sample::new(text);
    let beyond = 1u64 << 40;
    let refused = |field: &str| Some((Reason::InvalidPayload, field.to_owned()));
    let negative = (-1i64).cast_unsigned();
    for (number, value, expected) in [
        (1, beyond, refused("i")),
        (1, u64::from(u32::MAX) + 1, refused("i")),
        (1, i64::from(i32::MIN).cast_unsigned(), None),
        (1, (i64::from(i32::MIN) - 1).cast_unsigned(), refused("i")),
        (1, negative, None),
        (1, u64::from(u32::MAX), None),
        (2, beyond, refused("u")),
        (2, negative, refused("u")),
        (2, u64::from(u32::MAX), None),
        (3, beyond, refused("s")),
        (4, beyond, None),
        (5, beyond, refused("r[0]")),
        (8, negative, None),
    ] {
        assert_eq!(reason_and_field(&sample, &varint(number, value)), expected, "{number} {value:x}");
    }
    let packed = [&[1][..], &varint(0, beyond)[1..]].concat();
    assert_eq!(reason_and_field(&sample, &len(5, &packed)), refused("r[1]"));
    let entry = [len(1, b"k"), varint(2, beyond)].concat();
    assert_eq!(reason_and_field(&sample, &len(6, &entry)), refused("m[\"k\"]"));
    assert_eq!(reason_and_field(&sample, &len(7, &varint(1, beyond))), refused("inner.i"));
    assert!(well_formed(&sample.plans, sample.id, &varint(1, beyond)).is_ok(), "form alone is right");
}

#[test]
fn bytes_that_are_no_message_are_judged_as_that_first() {
    let sample = Sample::new(REQUIRED);
    assert_eq!(reason_and_field(&sample, &[len(2, b""), vec![0x07]].concat()).unwrap().0, Reason::Undecodable);
}

#[test]
fn groups_are_messages_too() {
    let sample = Sample::new(
        "syntax = \"proto2\"; package test;
         message Event { optional group Part = 1 { optional string id = 2; } repeated group Many = 3 { optional int32 n = 4; } }",
    );
    let group = |number: u32, body: &[u8]| [tag(number, 3), body.to_vec(), tag(number, 4)].concat();
    assert_eq!(verdict(&sample, &group(1, &len(2, b"x"))), Ok(()));
    let bad = [group(3, &[]), group(3, &len(4, b"x"))].concat();
    assert_eq!(reason_and_field(&sample, &bad), Some((Reason::Undecodable, "many[1].n".to_owned())));
    assert_eq!(reason_and_field(&sample, &len(1, b"")), Some((Reason::Undecodable, "part".to_owned())));
    let twice = [group(1, &len(2, b"x")), group(1, &[])].concat();
    let merged = checked(&sample.plans, sample.id, &twice).unwrap();
    assert_eq!(merged, group(1, &len(2, b"x")));
}

fn some_message(choices: &[u8], sample: &Sample) -> DynamicMessage {
    random(&sample.event, &mut Choices { bytes: choices.iter() }, 4)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn every_message_passes_as_it_is(choices in vec(any::<u8>(), 0..300)) {
        let sample = Sample::everything();
        let bytes = some_message(&choices, sample).encode_to_vec();
        let result = checked(&sample.plans, sample.id, &bytes);
        prop_assert!(matches!(result, Ok(Cow::Borrowed(_))), "{:?}", result);
    }

    #[test]
    fn what_occurs_twice_is_merged_as_protobuf_does(
        parts in vec(vec(any::<u8>(), 0..120), 2..4),
    ) {
        let sample = Sample::everything();
        let bytes: Vec<u8> = parts.iter().flat_map(|choices| some_message(choices, sample).encode_to_vec()).collect();
        // In form alone: two spans that are each in range may merge into one whose parts differ in sign.
        let single = well_formed(&sample.plans, sample.id, &bytes).unwrap();
        // Not assert_eq: the descriptors that it would print refer to each other without end.
        prop_assert!(sample.decode(&single) == sample.decode(&bytes));
        let again = well_formed(&sample.plans, sample.id, &single).unwrap();
        prop_assert!(matches!(again, Cow::Borrowed(_)), "the result needs no rewrite");
    }

    #[test]
    fn damaged_messages_are_read_by_protobuf_when_they_pass(
        choices in vec(any::<u8>(), 0..200),
        damage in vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
        cut in any::<prop::sample::Index>(),
    ) {
        let sample = Sample::everything();
        let mut bytes = some_message(&choices, sample).encode_to_vec();
        for (place, byte) in damage {
            if !bytes.is_empty() {
                let place = place.index(bytes.len());
                bytes[place] = byte;
            }
        }
        bytes.truncate(cut.index(bytes.len() + 1).max(bytes.len() / 2));
        let form = well_formed(&sample.plans, sample.id, &bytes);
        let oracle = DynamicMessage::decode(sample.event.clone(), bytes.as_slice());
        if form.is_ok() {
            prop_assert!(oracle.is_ok(), "{:?}", oracle.err());
        }
        if validate(&sample.plans, sample.id, &bytes).is_ok() {
            prop_assert!(form.is_ok());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn random_bytes_never_panic(bytes in vec(any::<u8>(), 0..64)) {
        let sample = Sample::everything();
        let form = well_formed(&sample.plans, sample.id, &bytes);
        let verdict = validate(&sample.plans, sample.id, &bytes);
        prop_assert!(form.is_ok() || verdict.is_err());
    }
}
