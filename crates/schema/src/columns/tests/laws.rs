//! What holds for any bytes: verdicts are the validator's, and a refused row was never there.

use proptest::prelude::*;
use prost::Message;

use super::project::{ENVELOPE, Project, envelope_with};
use super::random::{Choices, message};
use crate::columns::EventColumns;
use crate::wire;

/// A valid message of an event, then changed at some places.
fn mutated(project: &Project, event: &str, choices: &[u8], changes: &[(u16, u8, u8)]) -> Vec<u8> {
    let mut message = message(&project.descriptor(event), &mut Choices::new(choices), 4);
    project.complete(event, &mut message);
    let mut bytes = message.encode_to_vec();
    for (at, kind, byte) in changes {
        let at = usize::from(*at) % (bytes.len() + 1);
        match kind % 3 {
            0 => bytes.insert(at, *byte),
            1 => bytes.truncate(at.max(bytes.len() / 2)),
            _ => {
                if let Some(own) = bytes.get_mut(at) {
                    *own = *byte;
                }
            }
        }
    }
    bytes
}

fn assert_verdict(project: &Project, event: &str, bytes: &[u8]) -> Result<(), TestCaseError> {
    let (model, event) = project.event(event);
    let mut columns = EventColumns::new(&project.schemas);
    let pushed = columns.push(model, event, ENVELOPE, bytes);
    let validated = wire::validate(&model.plans, event.message, bytes);
    prop_assert_eq!(pushed.as_ref().map_err(|v| v.reason), validated.as_ref().map_err(|v| v.reason));
    let batch = columns.finish().expect("a batch");
    prop_assert_eq!(batch.num_rows(), usize::from(validated.is_ok()));
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn random_bytes_get_the_validators_verdict(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let project = Project::wide();
        assert_verdict(project, "wide", &bytes)?;
        assert_verdict(project, "old", &bytes)?;
    }

    #[test]
    fn mutated_messages_get_the_validators_verdict(
        choices in proptest::collection::vec(any::<u8>(), 0..600),
        changes in proptest::collection::vec(any::<(u16, u8, u8)>(), 0..4),
    ) {
        let project = Project::wide();
        for event in ["wide", "old"] {
            assert_verdict(project, event, &mutated(project, event, &choices, &changes))?;
        }
    }

    /// Rows that are refused, by payload or by envelope, leave nothing behind, wherever they stand.
    #[test]
    fn a_refused_row_was_never_there(
        rows in proptest::collection::vec(
            (any::<bool>(), proptest::collection::vec(any::<u8>(), 0..300), any::<[(u16, u8, u8); 1]>(), 0..8u8),
            1..12,
        ),
    ) {
        let project = Project::wide();
        let mut all = EventColumns::new(&project.schemas);
        let mut accepted = EventColumns::new(&project.schemas);
        for (old, choices, changes, envelope) in &rows {
            let event = if *old { "old" } else { "wide" };
            let bytes = mutated(project, event, choices, changes);
            let (model, event) = project.event(event);
            let envelope = match envelope {
                0 => b"\x6a\x03\x0a\x01\xff".to_vec(),
                1 => b"\x0a\x02e".to_vec(),
                2 => ENVELOPE.to_vec(),
                3 | 4 => envelope_with("a", "news"),
                other => envelope_with("a", &other.to_string()),
            };
            if all.push(model, event, &envelope, &bytes).is_ok() {
                accepted.push(model, event, &envelope, &bytes).expect("the same verdict");
            }
            prop_assert_eq!(all.len(), accepted.len());
        }
        prop_assert_eq!(all.finish().expect("a batch"), accepted.finish().expect("a batch"));
    }

    /// Batches of one row after each other are the batch of all rows.
    #[test]
    fn batching_does_not_matter(rows in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..300), 1..6)) {
        let project = Project::wide();
        let (model, event) = project.event("wide");
        let mut whole = EventColumns::new(&project.schemas);
        let mut single = EventColumns::new(&project.schemas);
        let mut batches = Vec::new();
        for choices in &rows {
            let bytes = mutated(project, "wide", choices, &[]);
            whole.push(model, event, &envelope_with("a", "news"), &bytes).expect("valid");
            single.push(model, event, &envelope_with("a", "news"), &bytes).expect("valid");
            batches.push(single.finish().expect("a batch"));
        }
        let whole = whole.finish().expect("a batch");
        let schema = whole.schema();
        prop_assert_eq!(arrow::compute::concat_batches(&schema, &batches).expect("one schema"), whole);
    }
}

#[test]
fn a_time_out_of_range_is_refused_and_leaves_nothing() {
    let project = Project::wide();
    let (model, event) = project.event("wide");
    let mut columns = EventColumns::new(&project.schemas);
    // The text goes before the time that is refused.
    let bytes = b"\x72\x01x\xaa\x02\x0a\x08\xff\xff\xff\xff\xff\xff\xff\xff\x7f";
    let violation = columns.push(model, event, ENVELOPE, bytes).unwrap_err();
    assert_eq!(violation.reason, crate::verdict::Reason::InvalidPayload);
    columns.push(model, event, ENVELOPE, b"\x72\x01y").unwrap();
    assert_eq!(columns.finish().unwrap(), project.batch("wide", b"\x72\x01y"));
}

#[test]
fn memory_follows_what_is_written_and_not_the_width_of_the_table() {
    let project = Project::wide();
    let (model, event) = project.event("old");
    let mut columns = EventColumns::new(&project.schemas);
    for _ in 0..10_000 {
        columns.push(model, event, ENVELOPE, b"\x08\x01").unwrap();
    }
    // Seven columns of the envelope and the event, of at most 24 bytes a row with room to grow, and validity.
    assert!(columns.memory_bytes() < 10_000 * 7 * 24 * 2, "{}", columns.memory_bytes());
    let batch = columns.finish().unwrap();
    // A column that nobody wrote shares its zeros with the others.
    let wide = batch.column_by_name("wide").unwrap();
    assert_eq!(wide.null_count(), 10_000);
    assert_eq!(columns.memory_bytes(), 0);
    assert!(columns.is_empty());
}

#[test]
fn json_that_has_no_canonical_form_gets_the_validators_verdict() {
    let project = Project::wide();
    let payloads: [&[u8]; 6] = [
        // A Value that is NaN, infinite, and nothing at all; one in a Struct.
        b"\x8a\x03\x09\x11\x00\x00\x00\x00\x00\x00\xf8\x7f",
        b"\x8a\x03\x09\x11\x00\x00\x00\x00\x00\x00\xf0\xff",
        b"\x8a\x03\x00",
        b"\x82\x03\x07\x0a\x05\x0a\x01a\x12\x00",
        // An Any of a type that nobody knows, and of one that its bytes are not.
        b"\x9a\x03\x05\x0a\x03x/y",
        b"\x9a\x03\x11\x0a\x0cx/wide.Blank\x12\x01\xff",
    ];
    for payload in payloads {
        assert_verdict(project, "wide", payload).unwrap();
    }
}
