//! The vectors of the conformance kit are those of the schema and the reference encoder as they are now.

#![expect(clippy::unwrap_used, reason = "the functions that tests share fail a test as its own lines do")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use judi_schema::compile::{compile, read_sources};
use judi_schema::model::Model;
use judi_schema::wire;
use judi_sdkgen::canonical::encode;
use judi_sdkgen::library::{Kind, Library, Shape, WellKnown};
use serde_json::Value;

/// What the kit promises at least.
const VECTORS_MIN: usize = 2_000;

/// One in how many of them JSON may fail to be read exactly here.
const UNREAD_ONE_IN: usize = 8;

/// The rows of "language agnostic, but not really" that are about what a library sends or the API takes.
const ROWS: [&str; 8] = [
    "int64",
    "closed and open enums",
    "unknown enum in JSON",
    "presence",
    "json forms",
    "utf8",
    "malformed",
    "not canonical, map order",
];

fn kit() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../conformance/sdk")
}

fn lines(name: &str) -> Vec<Value> {
    let text = std::fs::read_to_string(kit().join(name)).unwrap();
    let exact = |line: &&str| serde_json::from_str::<Value>(line).is_ok_and(|read| *read.to_string() == **line);
    let read: Vec<Value> = text.lines().filter(exact).filter_map(|line| serde_json::from_str(line).ok()).collect();
    // serde_json reads some numbers to their neighbour, and nothing that is a hundred messages in lists deep; the drivers
    // are held to those all the same.
    assert!(text.lines().count() - read.len() <= text.lines().count() / UNREAD_ONE_IN);
    read
}

fn model() -> Model {
    let disk = judi_world::World::system().disk;
    Model::first(compile(&read_sources(disk.as_ref(), &kit().join("schema")).unwrap()).unwrap()).unwrap()
}

#[test]
fn the_reference_encoder_writes_what_the_vectors_say() {
    let model = model();
    let library = Library::of(&model);
    let vectors = lines("vectors.jsonl");
    assert!(vectors.len() >= VECTORS_MIN);
    let mut seen = BTreeSet::new();
    for vector in &vectors {
        let text = |name: &str| vector[name].as_str().unwrap_or_default();
        let event = library.events.iter().find(|event| event.name == text("event")).unwrap();
        seen.insert(&event.name);
        match encode(&library, event.message, &vector["call"]) {
            Ok(bytes) => {
                let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
                assert_eq!(hex, text("bytes"), "{}", text("id"));
                let judged = wire::validate(&model.plans, model.event(&event.name).unwrap().message, &bytes);
                assert_eq!(judged.is_err(), vector["row"].get("quarantined").is_some(), "{}", text("id"));
            }
            Err(error) => assert_eq!(error.word(), text("error"), "{}", text("id")),
        }
    }
    assert_eq!(seen.len(), library.events.len(), "every event has vectors");
}

#[test]
fn every_known_difference_between_languages_has_vectors() {
    let ids: Vec<String> =
        [lines("vectors.jsonl"), lines("inputs.jsonl")].concat().iter().map(|it| it["id"].to_string()).collect();
    for row in ROWS {
        assert!(ids.iter().any(|id| id.trim_start_matches('"').starts_with(row)), "{row}");
    }
}

#[test]
fn the_schema_has_every_kind_in_every_shape() {
    let library = Library::of(&model());
    let fields = || library.messages.iter().flat_map(|message| &message.fields);
    let has = |wanted: &dyn Fn(Kind, Shape) -> bool| fields().any(|field| wanted(field.kind, field.shape));
    let scalars: BTreeSet<String> = fields()
        .filter_map(|field| match field.kind {
            Kind::Scalar(kind) => Some((kind, field)),
            _ => None,
        })
        .flat_map(|(kind, field)| {
            let shape = match (field.shape, field.oneof) {
                (_, Some(_)) => "oneof",
                (Shape::Implicit, _) => "implicit",
                (Shape::Optional, _) => "optional",
                (Shape::Repeated { is_packed: true }, _) => "packed",
                (Shape::Repeated { is_packed: false }, _) => "unpacked",
                (Shape::Map(_), _) => "map",
            };
            [format!("{kind:?} {shape}")]
        })
        .collect();
    // Text and bytes are never packed.
    assert_eq!(scalars.len(), 15 * 6 - 2, "{scalars:?}");
    let keys: BTreeSet<String> = fields()
        .filter_map(|field| match field.shape {
            Shape::Map(key) => Some(format!("{key:?}")),
            _ => None,
        })
        .collect();
    assert_eq!(keys.len(), 12, "{keys:?}");
    for known in [
        WellKnown::Timestamp,
        WellKnown::Duration,
        WellKnown::Struct,
        WellKnown::Value,
        WellKnown::ListValue,
        WellKnown::Any,
    ] {
        assert!(has(&|kind, _| kind == Kind::WellKnown(known)), "{known:?}");
    }
    assert!(has(&|kind, shape| matches!(kind, Kind::Group(_)) && matches!(shape, Shape::Repeated { .. })));
    assert!(library.enums.iter().any(|it| it.is_closed) && library.enums.iter().any(|it| !it.is_closed));
}
