//! A batch is read in place as protobuf's own decoder reads it; no bytes panic.

use judi_schema::envelope::{Event, EventBatch};
use proptest::prelude::*;

use super::*;

fn batch() -> EventBatch {
    let event = |id: &str| Event { event_id: id.to_owned(), event: "x".to_owned(), ..Event::default() };
    EventBatch {
        sent_at: Some(prost_types::Timestamp { seconds: 1_795_420_803, nanos: 0 }),
        context: Some(Context { app: "news".to_owned(), ..Context::default() }),
        events: vec![event("1"), event("2")],
        write_key: "k".to_owned(),
        sent_monotonic_ms: Some(0),
        round_trip_ms: Some(300),
    }
}

#[test]
fn a_batch_is_read_in_place() {
    let bytes = batch().encode_to_vec();
    let read = read_batch(&bytes, 2).unwrap();
    assert_eq!(read.sent_at, Some(Timestamp(1_795_420_803_000_000)));
    assert_eq!((read.context.app.as_str(), read.write_key, read.events.len()), ("news", "k", 2));
    assert_eq!(read.clock, SentClock { sent_monotonic_ms: Some(0), round_trip_ms: Some(300) });
    assert_eq!(read_event(read.events[1]).event.event_id, "2");
    assert_eq!(peek_event_id(read.events[0]), "1");
    assert_eq!(read_batch(&bytes, 1).unwrap_err(), ProtobufFault::TooManyEvents { events: 2 });
}

#[test]
fn an_empty_body_is_an_empty_batch_and_a_cut_one_is_none() {
    assert_eq!(read_batch(&[], 2).unwrap().events.len(), 0);
    let bytes = batch().encode_to_vec();
    // Each event's end is a place where a shorter batch would end, too; everywhere else it is broken.
    let broken = (0..bytes.len()).filter(|&end| read_batch(&bytes[..end], 2).is_err()).count();
    assert!(broken >= bytes.len() - 7, "{broken} of {}", bytes.len());
}

#[test]
fn parts_of_a_message_are_merged_as_protobuf_says() {
    let mut bytes = batch().encode_to_vec();
    let more =
        EventBatch { context: Some(Context { os: "tv".to_owned(), ..Context::default() }), ..EventBatch::default() };
    more.encode(&mut bytes).unwrap();
    let read = read_batch(&bytes, 2).unwrap();
    assert_eq!((read.context.app.as_str(), read.context.os.as_str()), ("news", "tv"));
}

#[test]
fn bodies_that_cannot_be_read_as_a_whole() {
    let sent_at =
        EventBatch { sent_at: Some(prost_types::Timestamp { seconds: i64::MAX, nanos: 0 }), ..EventBatch::default() };
    let cases: [(&[u8], &str); 5] = [
        (&[0x08, 1], "field 1"),
        (&[0x22, 1, 0xFF], "UTF-8"),
        (&[0x12, 2, 0x0A, 9], "context"),
        (&[0xFF], "end"),
        (&sent_at.encode_to_vec(), "sent_at"),
    ];
    for (bytes, expected) in cases {
        let fault = read_batch(bytes, 2).unwrap_err().to_string();
        assert!(fault.contains(expected), "{bytes:?}: {fault}");
    }
}

proptest! {
    #[test]
    fn an_event_is_read_as_the_decoder_reads_it(
        ids in ("[a-z]{0,5}", "[a-z]{0,5}"),
        numbers in (any::<Option<u64>>(), any::<Option<u64>>(), any::<u32>()),
        app in proptest::option::of("[a-z]{0,5}"),
        payload in proptest::collection::vec(any::<u8>(), 0..20),
    ) {
        let event = Event {
            event_id: ids.0, event: ids.1, occurred_at: None,
            sequence: numbers.0, monotonic_ms: numbers.1, schema_version: numbers.2,
            context: app.map(|app| Context { app, ..Context::default() }),
            payload, payload_fields: None,
        };
        let bytes = event.encode_to_vec();
        let reading = read_event(&bytes);
        prop_assert_eq!(&reading.fault, &None);
        let read = reading.event;
        prop_assert_eq!(read.event_id.as_ref(), event.event_id.as_str());
        prop_assert_eq!(read.event.as_ref(), event.event.as_str());
        prop_assert_eq!((read.sequence, read.monotonic_ms), (event.sequence, event.monotonic_ms));
        prop_assert_eq!(read.schema_version, event.schema_version);
        prop_assert_eq!(read.context.map(|own| *own), event.context);
        match read.payload {
            Payload::Wire(wire) => prop_assert_eq!(wire.as_ref(), event.payload.as_slice()),
            _ => prop_assert!(event.payload.is_empty()),
        }
    }

    #[test]
    fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
        let _ = read_batch(&bytes, 3);
        let _ = read_event(&bytes);
        let _ = peek_event_id(&bytes);
    }
}
