//! Stock clients: PyPI `confluent-kafka` registers, looks up, compares, and reads Judi's records.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use judi_schema::envelope::{Context, Envelope, QuarantinedEvent};
use judi_schema::record::{encode_event, encode_quarantined};
use judi_world::LocalDisk;
use serde_json::{Value, json};

use crate::bed::{Bed, next_schemas};

/// Whether the clients are here; where they have to be and are not, that is a failure.
fn have_clients() -> bool {
    let modules = "import confluent_kafka.schema_registry.protobuf, google.protobuf, grpc_tools.protoc";
    let found = Command::new("python3").args(["-c", modules]).output();
    if found.is_ok_and(|output| output.status.success()) {
        return true;
    }
    println!("not run: python3 with confluent-kafka[schemaregistry,protobuf] and grpcio-tools is missing");
    assert!(std::env::var_os("CI").is_none(), "the clients have to be here in CI");
    false
}

/// The records that the client reads: topic, bytes, and what is in them.
fn records() -> Vec<Value> {
    let schemas = next_schemas();
    let mut records = Vec::new();
    let hex = |bytes: Vec<u8>| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    for model in schemas.versions() {
        let context = Context { anonymous_id: "a1".to_owned(), ..Context::default() };
        let envelope = |event: &str| Envelope {
            event_id: format!("id-{}", model.version),
            event: event.to_owned(),
            event_time_us: 1_700_000_000_000_000,
            schema_version: model.version,
            context: Some(context.clone()),
            ..Envelope::default()
        };
        let ping = encode_event(model, model.event("ping").unwrap(), &envelope("ping"), b"\x0a\x02ho");
        // article_id "/elk", section 1, counts {"x": 5}, author {name: "E"}.
        let payload = b"\x0a\x04/elk\x10\x01\x1a\x05\x0a\x01x\x10\x05\x22\x03\x0a\x01E";
        let view = encode_event(model, model.event("article_view").unwrap(), &envelope("article_view"), payload);
        let message = |name: &str| format!("judi.derived.v{}.{name}", model.version);
        records.push(json!({"topic": "events", "bytes": hex(ping), "message": message("Ping"), "expected": {
            "envelope.event": "ping", "envelope.schema_version": model.version, "payload.more": "ho"}}));
        records.push(json!({"topic": "events", "bytes": hex(view), "message": message("ArticleView"), "expected": {
            "envelope.event_id": format!("id-{}", model.version), "envelope.event_time_us": 1_700_000_000_000_000_u64,
            "envelope.context.anonymous_id": "a1", "payload.article_id": "/elk", "payload.section": 1,
            "payload.author.name": "E"}}));
    }
    let event = QuarantinedEvent {
        envelope: Some(Envelope { event_id: "q1".to_owned(), ..Envelope::default() }),
        reason: "constraint".to_owned(),
        detail: "article_id".to_owned(),
        payload_kind: 2,
        ..QuarantinedEvent::default()
    };
    records.push(json!({"topic": "quarantine", "bytes": hex(encode_quarantined(&event)),
        "message": "judi.derived.quarantine.QuarantinedEvent",
        "expected": {"envelope.event_id": "q1", "reason": "constraint", "payload_kind": 2}}));
    records
}

#[test]
fn the_stock_python_client_works_unmodified() {
    if !have_clients() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let bed = Bed::in_folder(Arc::new(LocalDisk), &folder.path().join("registry"), next_schemas());
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/registry/clients.py");
    let mut child = Command::new("python3")
        .arg(script)
        .arg(format!("http://{}/registry", bed.address))
        .arg(folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(json!(records()).to_string().as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let (printed, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{printed}\n{errors}");
    assert_eq!(printed.lines().last(), Some("records 5, checks passed"), "{errors}");
}
