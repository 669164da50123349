//! Each row of the table of answers, from both forms of a batch; what is kept of what does not fit.

use judi_schema::compile::{Source, SourceText};
use judi_schema::envelope::Event;
use prost::Message;
use prost_types::value::Kind;

use super::*;

const RECEIVED: Timestamp = Timestamp(1_795_420_803_000_000); // 2026-11-23T08:00:03Z

fn source(fields: &str) -> Vec<Source> {
    let text = format!(
        "syntax = \"proto3\";\npackage shop;\nimport \"judi/v1/options.proto\";\nimport \"buf/validate/validate.proto\";\n\
         message Sale {{\n option (judi.event) = {{name: \"sale\" owner: \"shop\" description: \"A sale.\"}};\n\
         string article = 1 [(judi.field).required = true];\n\
         int32 count = 2 [(buf.validate.field).int32.gte = 1];\n{fields}}}\n\
         message Empty {{ option (judi.event) = {{name: \"empty\" owner: \"shop\" description: \"Nothing.\"}}; }}\n"
    );
    vec![Source { name: "shop.proto".to_owned(), text: SourceText::Proto(text) }]
}

fn schemas() -> Schemas {
    Schemas::first(&source("")).unwrap().next(&source("string colour = 3;\n")).unwrap()
}

fn facts() -> Facts<'static> {
    Facts {
        received_at: RECEIVED,
        sent_at: None,
        source: "web",
        place: "",
        is_bot: false,
        import_run: "",
        clock_tolerance: Duration::from_secs(10),
        event_bytes_max: 1_000,
        id_seed: [7; 32],
    }
}

fn context() -> Context {
    Context { anonymous_id: "a1".to_owned(), app: "shop".to_owned(), ..Context::default() }
}

fn accept_json(json: &str) -> Accepted {
    Acceptor::new(&schemas(), facts(), context()).accept(0, RawEvent::Json(json))
}

/// The envelope and the payload of a record of the topic `events`.
fn kept(accepted: &Accepted) -> (Envelope, Vec<u8>) {
    let (topic, record) = accepted.record.as_ref().unwrap();
    assert_eq!(*topic, Topic::Events, "{:?}", accepted.result);
    let parts = record::split(&record.value).unwrap();
    (Envelope::decode(parts.envelope).unwrap(), parts.payload.to_vec())
}

fn kept_aside(accepted: &Accepted) -> QuarantinedEvent {
    let (topic, record) = accepted.record.as_ref().unwrap();
    assert_eq!(*topic, Topic::Quarantine, "{:?}", accepted.result);
    record::decode_quarantined(&record.value).unwrap()
}

#[test]
fn every_row_of_the_table_of_answers() {
    let long_id = "å".repeat(101);
    let long_id = format!(r#"{{"event_id":"{long_id}","event":"empty"}}"#);
    let just_fits = format!(r#"{{"event_id":"{}","event":"empty"}}"#, "å".repeat(100));
    let too_large = format!(r#"{{"event_id":"big","event":"sale","payload":{{"article":"{}"}}}}"#, "x".repeat(1_000));
    #[rustfmt::skip]
    let cases: &[(&str, Status, Option<&str>, Option<&str>)] = &[
        // What fits.
        (r#"{"event_id":"1","event":"sale","payload":{"article":"x","count":2}}"#, Status::Ok, None, None),
        (r#"{"event_id":"1","event":"empty"}"#, Status::Ok, None, None),
        (r#"{"event_id":"1","event":"empty","payload":null,"context":null,"sequence":null}"#, Status::Ok, None, None),
        (r#"{"event":"empty","payload":{}}"#, Status::Ok, None, None),
        (r#"{"event_id":"1","event":"sale","schema_version":1,"payload":{"article":"x","count":1}}"#, Status::Ok, None, None),
        (r#"{"eventId":"1","event":"empty","occurredAt":"2026-11-23T08:00:00Z","monotonicMs":"7","schemaVersion":2.0}"#, Status::Ok, None, None),
        (r#"{"event_id":"1","event":"empty","unheard_of":{"x":[1]}}"#, Status::Ok, None, None),
        (r#"{"event_id":"1","event":"sale","payload":{"article":"x","count":1,"unheard_of":1}}"#, Status::Ok, None, None),
        (r#"{"event_id":"1","event":"sale","payload_bytes":"CgF4EAI="}"#, Status::Ok, None, None),
        (&just_fits, Status::Ok, None, None),
        // Too large is final.
        (&too_large, Status::Rejected, Some("too_large"), None),
        // The event and its version.
        (r#"{"event_id":"1","event":"sail","payload":{}}"#, Status::Quarantined, Some("unknown_event"), Some("event")),
        (r#"{"event_id":"1","payload":{}}"#, Status::Quarantined, Some("unknown_event"), Some("event")),
        (r#"{"event_id":"1","event":"empty","schema_version":3}"#, Status::Quarantined, Some("unknown_schema"), Some("schema_version")),
        // The payload.
        (r#"{"event_id":"1","event":"sale","payload":{"count":1}}"#, Status::Quarantined, Some("invalid_payload"), Some("article")),
        (r#"{"event_id":"1","event":"sale"}"#, Status::Quarantined, Some("invalid_payload"), Some("article")),
        (r#"{"event_id":"1","event":"sale","payload":{"article":5,"count":1}}"#, Status::Quarantined, Some("invalid_payload"), Some("article")),
        (r#"{"event_id":"1","event":"sale","payload":{"article":"x","count":-1}}"#, Status::Quarantined, Some("constraint"), Some("count")),
        (r#"{"event_id":"1","event":"sale","payload":"text"}"#, Status::Quarantined, Some("invalid_payload"), None),
        (r#"{"event_id":"1","event":"sale","payload_bytes":"CgU="}"#, Status::Quarantined, Some("undecodable"), None),
        (r#"{"event_id":"1","event":"sale","payload_bytes":"!"}"#, Status::Quarantined, Some("invalid_payload"), Some("payload_bytes")),
        (r#"{"event_id":"1","event":"empty","payload":{},"payload_bytes":"CgF4"}"#, Status::Quarantined, Some("invalid_payload"), Some("payload")),
        // The envelope.
        (&long_id, Status::Quarantined, Some("invalid_payload"), Some("event_id")),
        (r#"{"event_id":1,"event":"empty"}"#, Status::Quarantined, Some("invalid_payload"), Some("event_id")),
        (r#"{"event_id":"1","event":["empty"]}"#, Status::Quarantined, Some("invalid_payload"), Some("event")),
        (r#"{"event_id":"1","event":"empty","occurred_at":5}"#, Status::Quarantined, Some("invalid_payload"), Some("occurred_at")),
        (r#"{"event_id":"1","event":"empty","occurred_at":"yesterday"}"#, Status::Quarantined, Some("invalid_payload"), Some("occurred_at")),
        (r#"{"event_id":"1","event":"empty","occurred_at":"10000-01-01T00:00:00Z"}"#, Status::Quarantined, Some("invalid_payload"), Some("occurred_at")),
        (r#"{"event_id":"1","event":"empty","sequence":-1}"#, Status::Quarantined, Some("invalid_payload"), Some("sequence")),
        (r#"{"event_id":"1","event":"empty","sequence":1.5}"#, Status::Quarantined, Some("invalid_payload"), Some("sequence")),
        (r#"{"event_id":"1","event":"empty","schema_version":4294967296}"#, Status::Quarantined, Some("invalid_payload"), Some("schema_version")),
        (r#"{"event_id":"1","event":"empty","context":{"app":1}}"#, Status::Quarantined, Some("invalid_payload"), Some("context.app")),
        (r#"{"event_id":"1","event":"empty","context":"x"}"#, Status::Quarantined, Some("invalid_payload"), Some("context")),
        (r#"5"#, Status::Quarantined, Some("invalid_payload"), None),
        (r#"null"#, Status::Quarantined, Some("invalid_payload"), None),
    ];
    for (json, status, reason, field) in cases {
        let accepted = accept_json(json);
        let result = &accepted.result;
        assert_eq!(result.status, *status, "{json}: {result:?}");
        assert_eq!(result.reason, *reason, "{json}: {result:?}");
        if field.is_some() {
            assert_eq!(result.field.as_deref(), *field, "{json}: {result:?}");
        }
        assert_eq!(result.detail.is_some(), reason.is_some(), "{json}: {result:?}");
        match status {
            Status::Ok => {
                let (envelope, _) = kept(&accepted);
                assert_eq!((envelope.received_at_us, envelope.source.as_str()), (RECEIVED.0, "web"), "{json}");
                assert!(accepted.record.as_ref().is_some_and(|(_, record)| record.key == "a1"), "{json}");
            }
            Status::Quarantined => {
                let aside = kept_aside(&accepted);
                assert_eq!(Some(aside.reason.as_str()), result.reason, "{json}");
                assert_eq!(aside.source, "web", "{json}");
                let bytes = String::from_utf8_lossy(&aside.payload).into_owned();
                let is_whole = matches!(aside.payload_kind(), PayloadKind::EventJson);
                assert!(
                    if is_whole { bytes == *json } else { json.contains(&bytes) || bytes == "\n\u{5}" },
                    "{json}: {bytes}"
                );
            }
            _ => assert_eq!((&accepted.record, accepted.identity, result.event_id.as_str()), (&None, None, "big")),
        }
    }
}

#[test]
fn what_is_left_of_a_faulty_envelope_is_kept() {
    let accepted =
        accept_json(r#"{"occurred_at":5,"event_id":"e7","event":"sale","sequence":9,"context":{"user_id":"u"}}"#);
    assert_eq!(accepted.result.event_id, "e7");
    let envelope = kept_aside(&accepted).envelope.unwrap();
    assert_eq!((envelope.event.as_str(), envelope.sequence, envelope.occurred_at_us), ("sale", Some(9), None));
    assert_eq!(envelope.context.unwrap().user_id, "u");
}

#[test]
fn protobuf_events_are_judged_alike() {
    let payload = |count: i32| [&[0x0A, 1, b'x', 0x10][..], &[u8::try_from(count).unwrap()]].concat();
    let text = |text: &str| prost_types::Value { kind: Some(Kind::StringValue(text.to_owned())) };
    let number = |number| prost_types::Value { kind: Some(Kind::NumberValue(number)) };
    let fields = |count: f64| prost_types::Struct {
        fields: [("article".to_owned(), text("x")), ("count".to_owned(), number(count))].into(),
    };
    let sale = || Event { event_id: "1".to_owned(), event: "sale".to_owned(), ..Event::default() };
    let time = |seconds, nanos| Some(prost_types::Timestamp { seconds, nanos });
    #[rustfmt::skip]
    let cases = [
        (Event { payload: payload(2), ..sale() }, Status::Ok, None, PayloadKind::Unspecified),
        (Event { payload_fields: Some(fields(2.0)), ..sale() }, Status::Ok, None, PayloadKind::Unspecified),
        (Event { payload: payload(0), ..sale() }, Status::Quarantined, Some("constraint"), PayloadKind::PayloadProtobuf),
        (Event { payload_fields: Some(fields(-2.0)), ..sale() }, Status::Quarantined, Some("constraint"), PayloadKind::PayloadJson),
        (Event { payload_fields: Some(fields(0.5)), ..sale() }, Status::Quarantined, Some("invalid_payload"), PayloadKind::PayloadJson),
        (Event { payload: vec![0x0A, 9], ..sale() }, Status::Quarantined, Some("undecodable"), PayloadKind::PayloadProtobuf),
        (Event { payload: payload(2), payload_fields: Some(fields(2.0)), ..sale() }, Status::Quarantined, Some("invalid_payload"), PayloadKind::EventProtobuf),
        (Event { occurred_at: time(0, -1), payload: payload(2), ..sale() }, Status::Quarantined, Some("invalid_payload"), PayloadKind::EventProtobuf),
        (Event { occurred_at: time(i64::MAX, 0), payload: payload(2), ..sale() }, Status::Quarantined, Some("invalid_payload"), PayloadKind::EventProtobuf),
        (Event { schema_version: 9, payload: payload(2), ..sale() }, Status::Quarantined, Some("unknown_schema"), PayloadKind::PayloadProtobuf),
        (sale(), Status::Quarantined, Some("invalid_payload"), PayloadKind::PayloadProtobuf),
    ];
    let schemas = schemas();
    for (event, status, reason, kind) in cases {
        let bytes = event.encode_to_vec();
        let accepted = Acceptor::new(&schemas, facts(), context()).accept(0, RawEvent::Protobuf(&bytes));
        assert_eq!(
            (accepted.result.status, accepted.result.reason),
            (status, reason),
            "{event:?} {:?}",
            accepted.result
        );
        if status == Status::Quarantined {
            assert_eq!(kept_aside(&accepted).payload_kind(), kind, "{event:?}");
        } else {
            kept(&accepted);
        }
    }
    // An event whose envelope is no protobuf: a text that is not UTF-8, an id written as a number, an end too early.
    for broken in [&[0x12, 1, 0xFF][..], &[0x08, 1], &[0x0A, 5, b'a']] {
        let accepted = Acceptor::new(&schemas, facts(), context()).accept(0, RawEvent::Protobuf(broken));
        assert_eq!(accepted.result.reason, Some("undecodable"), "{broken:?}");
        assert_eq!(kept_aside(&accepted).payload, broken);
        assert_eq!(kept_aside(&accepted).payload_kind(), PayloadKind::EventProtobuf);
    }
    let large = Event { event_id: "big".to_owned(), payload: vec![0; 1_000], ..sale() }.encode_to_vec();
    let accepted = Acceptor::new(&schemas, facts(), context()).accept(0, RawEvent::Protobuf(&large));
    assert_eq!((accepted.result.status, accepted.result.event_id.as_str()), (Status::Rejected, "big"));
}

#[test]
fn an_event_without_an_id_is_given_one_of_its_own() {
    let schemas = schemas();
    let mut acceptor = Acceptor::new(&schemas, facts(), context());
    let accepted: Vec<_> = (0..3).map(|index| acceptor.accept(index, RawEvent::Json(r#"{"event":"empty"}"#))).collect();
    for each in &accepted {
        let id = uuid::Uuid::parse_str(&each.result.event_id).unwrap();
        assert_eq!(id.get_version_num(), 7);
        assert_eq!(id.as_u128() >> 80, u128::try_from(RECEIVED.0 / 1_000).unwrap());
        assert_eq!(each.identity, None, "it cannot be recognised when it is sent again");
        assert_eq!(kept(each).0.event_id, each.result.event_id);
    }
    assert_ne!(accepted[0].result.event_id, accepted[1].result.event_id);
    let again = Acceptor::new(&schemas, facts(), context()).accept(0, RawEvent::Json(r#"{"event":"empty"}"#));
    assert_eq!(again, accepted[0], "the same facts give the same record");
}

#[test]
fn an_events_own_context_wins_and_the_next_event_has_the_batchs() {
    let schemas = schemas();
    let batch = Context { page_url: "https://e.se/a?utm_source=x".to_owned(), ..context() };
    let mut acceptor = Acceptor::new(&schemas, facts(), batch);
    let own = r#"{"event_id":"1","event":"empty","context":{"anonymousId":"a2","page_url":"https://e.se/b"}}"#;
    let plain = r#"{"event_id":"1","event":"empty"}"#;
    let faulty = r#"{"event_id":"1","event":"nothing"}"#;
    let contexts: Vec<Context> = [own, plain, faulty, plain]
        .iter()
        .map(|json| {
            let accepted = acceptor.accept(0, RawEvent::Json(json));
            match accepted.record.as_ref().unwrap().0 {
                Topic::Events => kept(&accepted).0.context.unwrap(),
                Topic::Quarantine => kept_aside(&accepted).envelope.unwrap().context.unwrap(),
            }
        })
        .collect();
    let seen: Vec<_> =
        contexts.iter().map(|c| (c.anonymous_id.as_str(), c.page_path.as_str(), c.utm_source.as_str())).collect();
    let of_batch = ("a1", "/a", "x");
    assert_eq!(seen, [("a2", "/b", ""), of_batch, of_batch, of_batch]);
    assert!(contexts.iter().all(|context| context.app == "shop"));
}

#[test]
fn the_partition_follows_the_person_else_the_event() {
    let schemas = schemas();
    let key = |context: Context| {
        let accepted =
            Acceptor::new(&schemas, facts(), context).accept(0, RawEvent::Json(r#"{"event_id":"e","event":"empty"}"#));
        accepted.record.unwrap().1.key
    };
    assert_eq!(key(Context { user_id: "u".to_owned(), ..context() }), "a1");
    assert_eq!(key(Context { user_id: "u".to_owned(), ..Context::default() }), "u");
    assert_eq!(key(Context::default()), "e");
}

#[test]
fn clocks_are_corrected_and_what_leaves_the_calendar_is_quarantined() {
    let schemas = schemas();
    let accept = |sent_at: i64, occurred_at: &str| {
        let facts = Facts { sent_at: Some(Timestamp(sent_at)), ..facts() };
        let json = format!(r#"{{"event_id":"1","event":"empty","occurred_at":"{occurred_at}"}}"#);
        Acceptor::new(&schemas, facts, context()).accept(0, RawEvent::Json(&json))
    };
    let slow_clock = accept(RECEIVED.0 - 3_600_000_000, "2026-11-23T07:00:01Z");
    let (envelope, _) = kept(&slow_clock);
    assert_eq!(envelope.event_time_us, RECEIVED.0 - 2_000_000);
    assert_eq!(envelope.occurred_at_us, Some(RECEIVED.0 - 3_602_000_000), "what the device said stays as it is");
    assert_eq!(envelope.sent_at_us, Some(RECEIVED.0 - 3_600_000_000));
    assert_eq!((envelope.sent_monotonic_ms, envelope.round_trip_ms), (None, None));

    let impossible = accept(moment::EARLIEST.0, "9999-01-01T00:00:00Z");
    assert_eq!(
        (impossible.result.reason, impossible.result.field.as_deref()),
        (Some("invalid_payload"), Some("occurred_at"))
    );
}

#[test]
fn what_a_batch_says_of_its_clocks_stands_beside_each_event() {
    let schemas = schemas();
    let clock = SentClock { sent_monotonic_ms: Some(7), round_trip_ms: Some(0) };
    let mut acceptor = Acceptor::new(&schemas, facts(), context()).with_clock(clock);
    for event_id in ["1", "2"] {
        let json = format!(r#"{{"event_id":"{event_id}","event":"empty"}}"#);
        let accepted = acceptor.accept(0, RawEvent::Json(&json));
        let (envelope, _) = kept(&accepted);
        assert_eq!((envelope.sent_monotonic_ms, envelope.round_trip_ms), (Some(7), Some(0)));
    }
}

#[test]
fn ids_are_told_apart_as_pairs() {
    let schemas = schemas();
    let identity = |anonymous_id: &str, event_id: &str| {
        let context = Context { anonymous_id: anonymous_id.to_owned(), ..Context::default() };
        let json = format!(r#"{{"event_id":"{event_id}","event":"empty"}}"#);
        Acceptor::new(&schemas, facts(), context).accept(0, RawEvent::Json(&json)).identity.unwrap()
    };
    assert_eq!(identity("a", "bc"), identity("a", "bc"));
    assert_ne!(identity("a", "bc"), identity("ab", "c"));
    assert_ne!(identity("", "bc"), identity("b", "c"));
}

#[test]
fn a_line_says_when_it_came_and_an_unreadable_one_is_kept_as_it_is() {
    let schemas = schemas();
    let facts = Facts { place: "old.jsonl:3", import_run: "run", ..facts() };
    let mut acceptor = Acceptor::new(&schemas, facts, Context::default());
    let line = br#"{"event_id":"1","event":"empty","received_at":"2026-11-01T00:00:00Z","is_bot":true}"#;
    let accepted = acceptor.accept(0, RawEvent::Line(line));
    let (envelope, _) = kept(&accepted);
    let first = Timestamp(RECEIVED.0 / Timestamp::DAY_US * Timestamp::DAY_US - 22 * Timestamp::DAY_US);
    assert_eq!((envelope.received_at_us, envelope.event_time_us), (first.0, first.0));
    assert_eq!(accepted.record.unwrap().1.timestamp, first);
    assert!(envelope.is_bot && envelope.import_run == "run" && envelope.source == "web");

    for line in [&b"{\"event_id\": \"1\""[..], b"\xFF", b"", b"no json"] {
        let accepted = acceptor.accept(1, RawEvent::Line(line));
        let aside = kept_aside(&accepted);
        assert_eq!(
            (accepted.result.reason, aside.source.as_str()),
            (Some("unreadable_line"), "old.jsonl:3"),
            "{line:?}"
        );
        assert_eq!((aside.payload.as_slice(), aside.payload_kind()), (line, PayloadKind::Line));
    }
    // In a request the same members are none of the envelope's.
    let accepted = acceptor.accept(0, RawEvent::Json(r#"{"event_id":"1","event":"empty","received_at":5,"is_bot":7}"#));
    assert_eq!(kept(&accepted).0.received_at_us, RECEIVED.0);
}

#[test]
fn hints_are_for_the_first_slips_of_a_batch_only() {
    let schemas = schemas();
    let mut acceptor = Acceptor::new(&schemas, facts(), context());
    let details: Vec<_> = (0..=NEAREST_PER_BATCH as usize)
        .map(|index| acceptor.accept(index, RawEvent::Json(r#"{"event":"sales"}"#)).result.detail.unwrap())
        .collect();
    assert!(details[0].contains("did you mean \"sale\"?"), "{}", details[0]);
    assert!(!details[NEAREST_PER_BATCH as usize].contains("did you mean"));
}

#[test]
fn a_detail_has_an_end() {
    let text = "å".repeat(DETAIL_CHARACTERS_MAX + 1);
    assert_eq!(shortened(&text).chars().count(), DETAIL_CHARACTERS_MAX + 1);
    assert_eq!(shortened("short"), "short");
}
