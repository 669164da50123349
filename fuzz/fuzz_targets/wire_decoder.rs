//! Any bytes as a payload: the verdict, the row, the JSON and the catching up agree and never panic.
#![no_main]

use std::sync::{Arc, OnceLock};

use judi_schema::columns::{CatchUp, EventColumns};
use judi_schema::compile::{Source, SourceText};
use judi_schema::schemas::Schemas;
use judi_schema::{json, record, wire};
use libfuzzer_sys::fuzz_target;

const WIDE: &str = include_str!("../../crates/schema/src/columns/tests/wide.proto");

/// Version 1 lacks half of the fields of version 2.
fn schemas() -> &'static Arc<Schemas> {
    static SCHEMAS: OnceLock<Arc<Schemas>> = OnceLock::new();
    SCHEMAS.get_or_init(|| {
        let mut number = 0;
        let half: Vec<&str> = WIDE
            .lines()
            .filter(|line| {
                number += 1;
                let droppable = line.starts_with("  ") && line.contains(" = ") && !line.contains("option (");
                !droppable || line.contains("c_number") || line.contains("UNSPECIFIED") || number % 2 == 0
            })
            .collect();
        let source = |text: String| [Source { name: "wide.proto".to_owned(), text: SourceText::Proto(text) }];
        let first = Schemas::first(&source(half.join("\n"))).expect("the first version compiles");
        Arc::new(first.next(&source(WIDE.to_owned())).expect("the second follows"))
    })
}

fuzz_target!(|data: &[u8]| {
    let schemas = schemas();
    let (envelope, payload) = match data.split_first() {
        Some((&length, rest)) if usize::from(length) <= rest.len() => rest.split_at(usize::from(length)),
        _ => (&b"\x48\x01"[..], data),
    };
    let mut columns = EventColumns::new(schemas);
    for model in schemas.versions() {
        let event = model.event("wide").expect("every version has it");
        let verdict = wire::validate(&model.plans, event.message, payload);
        let pushed = columns.push(model, event, envelope, payload);
        assert!(pushed.is_err() || verdict.is_ok(), "a row of a payload that does not fit");
        if wire::well_formed(&model.plans, event.message, payload).is_ok() {
            let _ = json::to_json(&model.plans, event.message, payload);
        }
        if let Ok(text) = std::str::from_utf8(payload) {
            let mut out = Vec::new();
            if json::to_wire(&model.plans, event.message, text, &mut out).is_ok() {
                wire::validate(&model.plans, event.message, &out).expect("what JSON turns into fits");
            }
        }
    }
    let batch = columns.finish().expect("a batch of few rows");
    let catch_up = CatchUp::new(schemas);
    if let Ok(Some(read)) = catch_up.read_again(&batch) {
        assert_eq!(read.batch.num_rows(), batch.num_rows());
        assert!(catch_up.read_again(&read.batch).expect("a batch").is_none(), "twice is once");
    }
    let _ = record::split(data);
    let _ = record::peek(envelope);
    let _ = record::decode_quarantined(data);
});
