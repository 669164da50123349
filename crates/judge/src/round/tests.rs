//! Verdicts on records of every kind, and that a quarantined row still tells the id of its record.

use arrow::array::AsArray;
use bytes::Bytes;
use judi_log::{FetchedRecord, Record, Topic};
use judi_schema::compile::{Source, SourceText};
use judi_schema::envelope::Context;
use judi_schema::record::{encode_event, encode_quarantined};

use super::*;
use crate::clocks::{ClockRules, Clocks};
use crate::facts::{facts, key_of_quarantined, times};

const SCHEMA: &str = r#"
    syntax = "proto3";
    package t;
    import "judi/v1/options.proto";
    message Share {
      option (judi.event) = { name: "share" owner: "news" description: "Somebody passed it on." };
      string article_id = 1 [(judi.field) = { required: true }];
    }
"#;

fn schemas() -> Arc<Schemas> {
    let source = Source { name: "t.proto".to_owned(), text: SourceText::Proto(SCHEMA.to_owned()) };
    Arc::new(Schemas::first(&[source]).unwrap())
}

fn fetched(value: Vec<u8>) -> FetchedRecord {
    let record = Record { key: Bytes::new(), value: value.into(), timestamp: Timestamp(1_000_000) };
    FetchedRecord { offset: 5, record }
}

fn envelope(anonymous_id: &str, event_id: &str) -> Envelope {
    Envelope {
        event_id: event_id.to_owned(),
        event: "share".to_owned(),
        received_at_us: 2_000_000,
        event_time_us: -1,
        schema_version: 1,
        source: "dev".to_owned(),
        import_run: "run".to_owned(),
        context: Some(Context { anonymous_id: anonymous_id.to_owned(), ..Context::default() }),
        ..Envelope::default()
    }
}

fn event(schemas: &Schemas, envelope: &Envelope, payload: &[u8]) -> FetchedRecord {
    let model = schemas.current();
    fetched(encode_event(model, model.event("share").unwrap(), envelope, payload))
}

/// Judges one record of a topic as if its id were new.
fn judged(schemas: &Arc<Schemas>, topic: Topic, record: &FetchedRecord) -> Judged {
    let facts = [facts(topic, 2, record)];
    let times = times(&facts, &mut Clocks::new(&ClockRules::default(), 1));
    judge(&facts, &[true], &times, schemas).unwrap()
}

#[test]
fn rows_are_counted_by_event_and_day_and_accounted_to_their_import() {
    let schemas = schemas();
    let records: Vec<FetchedRecord> =
        ["1", "2", "3"].map(|id| event(&schemas, &envelope("a", id), b"\x0a\x01x")).into();
    let facts: Vec<Facts<'_>> = records.iter().map(|record| facts(Topic::Events, 0, record)).collect();
    let mut clocks = Clocks::new(&ClockRules::default(), 1);
    let judged = judge(&facts, &[true, false, true], &times(&facts, &mut clocks), &schemas).unwrap();
    assert_eq!(judged.totals, Totals { rows: 2, quarantined: 0, duplicates: 1 });
    assert_eq!(judged.counts, Counts::from([(("share".to_owned(), -1), 2)]));
    let tally = &judged.tallies["run"];
    assert_eq!((tally.rows["share"], tally.duplicates, tally.quarantined), (2, 1, 0));
    assert_eq!(judged.events.iter().map(RecordBatch::num_rows).sum::<usize>(), 2);
    assert!(judged.quarantine.is_empty());
}

#[test]
fn a_record_that_names_another_event_than_it_holds_is_refused() {
    let schemas = schemas();
    let lying = Envelope { event: "click".to_owned(), ..envelope("a", "1") };
    let judged = judged(&schemas, Topic::Events, &event(&schemas, &lying, b"\x0a\x01x"));
    assert_eq!(judged.totals.quarantined, 1);
    let reasons = judged.quarantine[0].column_by_name("reason").unwrap().as_string::<i32>().clone();
    assert_eq!(reasons.value(0), "undecodable");
}

#[test]
fn whatever_is_quarantined_its_row_tells_the_key_that_it_was_judged_by() {
    let schemas = schemas();
    let quarantined = |envelope| {
        let event = QuarantinedEvent { envelope, reason: "constraint".to_owned(), ..QuarantinedEvent::default() };
        fetched(encode_quarantined(&event))
    };
    // An envelope whose user_id is no text: what decides the key can be read, the rest cannot.
    let mut bad_text = envelope("a", "7").encode_to_vec();
    let context = Context { anonymous_id: "a".to_owned(), user_id: "zz".to_owned(), ..Context::default() };
    let context = context.encode_to_vec().into_iter().map(|byte| if byte == b'z' { 0xff } else { byte });
    bad_text.extend_from_slice(&[0x6a, u8::try_from(context.len()).unwrap()]);
    bad_text.extend(context);
    let mut framed = vec![0, 0, 0, 0, 1, 0, 0x0a, u8::try_from(bad_text.len()).unwrap()];
    framed.extend(bad_text);
    framed.extend(b"\x12\x03\x0a\x01x");

    let records = [
        (Topic::Events, event(&schemas, &envelope("a", "1"), b"")),
        (Topic::Events, event(&schemas, &envelope("", "2"), b"\x0a\xff")),
        (Topic::Events, event(&schemas, &envelope("a", ""), b"")),
        (Topic::Events, event(&schemas, &Envelope { context: None, ..envelope("", "3") }, b"")),
        (Topic::Events, fetched(framed)),
        (Topic::Events, fetched(b"garbage".to_vec())),
        (Topic::Events, fetched(Vec::new())),
        (Topic::Quarantine, quarantined(Some(envelope("a", "4")))),
        (Topic::Quarantine, quarantined(Some(envelope("a", "")))),
        (Topic::Quarantine, quarantined(None)),
        (Topic::Quarantine, fetched(b"garbage".to_vec())),
    ];
    for (number, (topic, record)) in records.iter().enumerate() {
        let asked = facts(*topic, 2, record).probe.key;
        let judged = judged(&schemas, *topic, record);
        assert_eq!(judged.totals.quarantined, 1, "record {number}");
        let row = &judged.quarantine[0];
        let envelopes = row.column_by_name("envelope").unwrap().as_binary::<i32>().clone();
        let event_ids = row.column_by_name("event_id").unwrap().as_string::<i32>().clone();
        assert!(!event_ids.value(0).is_empty(), "record {number} can be found by an id");
        assert_eq!(key_of_quarantined(envelopes.value(0), event_ids.value(0)), asked, "record {number}");
    }
}

#[test]
fn large_quarantined_payloads_make_several_batches() {
    let schemas = schemas();
    let payload = vec![7; QUARANTINE_BATCH_BYTES / 2 + 1];
    let records: Vec<FetchedRecord> = (0..3)
        .map(|n| {
            let envelope = Some(envelope("a", &n.to_string()));
            fetched(encode_quarantined(&QuarantinedEvent { envelope, payload: payload.clone(), ..Default::default() }))
        })
        .collect();
    let facts: Vec<Facts<'_>> = records.iter().map(|record| facts(Topic::Quarantine, 0, record)).collect();
    let times = times(&facts, &mut Clocks::new(&ClockRules::default(), 1));
    let judged = judge(&facts, &[true; 3], &times, &schemas).unwrap();
    assert_eq!(judged.quarantine.iter().map(RecordBatch::num_rows).collect::<Vec<_>>(), [1, 1, 1]);
}
