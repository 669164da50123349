//! Records go in and come out as they were, frames are Confluent's, and no bytes panic.

use proptest::prelude::*;

use super::*;
use crate::compile::{Source, SourceText, compile};
use crate::envelope::Context;

fn model() -> Model {
    let events = (0..200).map(|n| format!("message M{n} {{ option (judi.event).name = \"e{n:03}\"; string x = 1; }}"));
    let text =
        format!("syntax = \"proto3\"; import \"judi/v1/options.proto\"; {}", events.collect::<Vec<_>>().join("\n"));
    Model::first(compile(&[Source { name: "t.proto".to_owned(), text: SourceText::Proto(text) }]).unwrap()).unwrap()
}

fn envelope() -> Envelope {
    Envelope {
        event_id: "id".to_owned(),
        event: "e000".to_owned(),
        event_time_us: -5,
        received_at_us: i64::MAX,
        import_run: "run".to_owned(),
        schema_version: 1,
        is_bot: true,
        sequence: Some(u64::MAX),
        occurred_at_us: Some(-7),
        sent_at_us: Some(8),
        monotonic_ms: Some(9),
        sent_monotonic_ms: Some(u64::MAX),
        round_trip_ms: Some(0),
        context: Some(Context {
            anonymous_id: "a1".to_owned(),
            session_id: "s1".to_owned(),
            locale: "sv-SE".to_owned(),
            ..Context::default()
        }),
        ..Envelope::default()
    }
}

#[test]
fn frames_are_confluents() {
    let model = model();
    let bytes = encode_event(&model, &model.events[0], &Envelope::default(), b"");
    assert_eq!(bytes, [0, 0, 0, 0, 1, 0, 0x0a, 0, 0x12, 0]);
    let bytes = encode_event(&model, &model.events[1], &Envelope::default(), b"\x0a\x01x");
    assert_eq!(bytes, [0, 0, 0, 0, 1, 2, 2, 0x0a, 0, 0x12, 3, 0x0a, 1, b'x']);
    let bytes = encode_event(&model, &model.events[199], &Envelope::default(), b"");
    assert_eq!(bytes[5..8], [2, 0x8e, 3]);
    assert_eq!(split(&bytes).unwrap().index, 199);
    // Other writers may spell out the list of one index.
    let spelt = [0, 0, 0, 0, 9, 2, 0, 0x12, 1, 7];
    let parts = RecordParts { schema_version: 9, index: 0, envelope: &[], payload: &[7] };
    assert_eq!(split(&spelt).unwrap(), parts);
}

#[test]
fn what_goes_in_comes_out() {
    let model = model();
    let envelope = envelope();
    let bytes = encode_event(&model, &model.events[7], &envelope, b"payload");
    let parts = split(&bytes).unwrap();
    assert_eq!((parts.schema_version, parts.index, parts.payload), (1, 7, b"payload".as_slice()));
    assert_eq!(Envelope::decode(parts.envelope).unwrap(), envelope);
    let peek = peek(parts.envelope).unwrap();
    let expected = Peek {
        event_id: "id",
        event: "e000",
        anonymous_id: "a1",
        import_run: "run",
        received_at_us: i64::MAX,
        event_time_us: -5,
        user_id: "",
        session_id: "s1",
        occurred_at_us: Some(-7),
        sent_at_us: Some(8),
        sequence: Some(u64::MAX),
        monotonic_ms: Some(9),
        sent_monotonic_ms: Some(u64::MAX),
        round_trip_ms: Some(0),
    };
    assert_eq!(peek, expected);

    let bad = QuarantinedEvent {
        envelope: Some(envelope),
        reason: "undecodable".to_owned(),
        payload: vec![0xff],
        ..QuarantinedEvent::default()
    };
    assert_eq!(decode_quarantined(&encode_quarantined(&bad)).unwrap(), bad);
    assert!(decode_quarantined(&bytes).is_err());
}

#[test]
fn what_is_no_record_is_refused() {
    for bytes in [&b""[..], &[0, 0, 0, 0], &[1, 0, 0, 0, 1, 0], &[0, 0, 0, 0, 1], &[0, 0, 0, 0, 1, 4, 0, 0]] {
        assert_eq!(split(bytes).unwrap_err().reason, Reason::Undecodable, "{bytes:?}");
    }
    assert!(split(&[0, 0, 0, 0, 1, 1]).is_err(), "a negative number of indexes");
    assert!(split(&[0, 0, 0, 0, 1, 2, 1]).is_err(), "a negative index");
    assert!(split(&[0, 0, 0, 0, 1, 0, 0x0a, 9, 1]).is_err(), "an envelope that ends early");
    assert!(peek(&[0x0a, 2, 0xff, 0xff]).is_err(), "an id that is not UTF-8");
}

proptest! {
    #[test]
    fn bytes_of_any_kind_are_taken_apart_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
        let framed: Vec<u8> = [0, 0, 0, 0, 1, 0].into_iter().chain(bytes.iter().copied()).collect();
        for bytes in [&bytes, &framed] {
            if let Ok(parts) = split(bytes) {
                let _ = peek(parts.envelope);
            }
            let _ = decode_quarantined(bytes);
        }
    }

    #[test]
    fn peek_sees_what_decoding_sees(id in ".{0,8}", anonymous in ".{0,8}", run in ".{0,8}", times in any::<(i64, i64)>()) {
        let context = Some(Context { anonymous_id: anonymous, ..Context::default() });
        let envelope = Envelope { event_id: id, import_run: run, event_time_us: times.0, received_at_us: times.1, context, ..envelope() };
        let bytes = envelope.encode_to_vec();
        let seen = peek(&bytes).unwrap();
        prop_assert_eq!(seen.event_id, &envelope.event_id);
        prop_assert_eq!(seen.anonymous_id, &envelope.context.as_ref().unwrap().anonymous_id);
        prop_assert_eq!(seen.import_run, &envelope.import_run);
        prop_assert_eq!((seen.event_time_us, seen.received_at_us), times);
    }
}
