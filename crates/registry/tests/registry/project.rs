//! The project's own subjects: the versions that records on the log name, and the files that they need.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use judi_faults::SimDisk;
use judi_registry::{Registry, RegistryError};
use judi_schema::compile::{Source, SourceText};
use judi_schema::envelope::{Envelope, QuarantinedEvent};
use judi_schema::record::{encode_event, encode_quarantined};
use judi_schema::schemas::Schemas;
use prost_reflect::{DescriptorPool, DynamicMessage, ReflectMessage as _, Value as Field};
use serde_json::{Value, json};

use crate::bed::{Bed, FOLDER, next_schemas, proto, schema, schemas};

const FILES: [&str; 5] = [
    "buf/validate/validate.proto",
    "judi/v1/event.proto",
    "judi/v1/options.proto",
    "news/v1/events.proto",
    "news/v1/types.proto",
];

#[test]
fn published_versions_are_subjects_with_the_files_that_they_need() {
    let bed = Bed::new();
    let mut subjects: Vec<&str> = FILES.to_vec();
    subjects.extend(["events-value", "quarantine-value"]);
    subjects.sort_unstable();
    assert_eq!(bed.get("/subjects").ok(), json!(subjects));

    let version = bed.get("/subjects/events-value/versions/latest").ok();
    assert_eq!((&version["id"], &version["version"]), (&json!(1), &json!(1)));
    assert_eq!(version["schema"], schemas().current().derived_proto());
    assert_eq!(
        version["references"],
        json!([
            {"name": "judi/v1/event.proto", "subject": "judi/v1/event.proto", "version": 1},
            {"name": "news/v1/events.proto", "subject": "news/v1/events.proto", "version": 1},
        ])
    );
    assert_eq!(bed.get("/schemas/ids/1").ok()["schema"], version["schema"]);
    assert_eq!(bed.get("/schemas/ids/1/versions").ok(), json!([{"subject": "events-value", "version": 1}]));
    let quarantine = bed.get("/schemas/ids/0").ok();
    assert!(quarantine["schema"].as_str().unwrap().contains("message QuarantinedEvent"));
    assert_eq!(bed.get("/subjects/quarantine-value/versions/1").ok()["id"], 0);
    for file in FILES {
        let id = bed.get(&format!("/subjects/{}/versions/1", file.replace('/', "%2F"))).ok()["id"].as_u64().unwrap();
        assert!(id > 1_000_000, "{file}: {id}");
    }
    let referenced = bed.get("/subjects/judi%2Fv1%2Fevent.proto/versions/1/referencedby").ok();
    assert_eq!(referenced, json!([0, 1]));
}

#[test]
fn the_projects_subjects_are_changed_by_publishing_alone() {
    let bed = Bed::new();
    let m = schema(&proto("message M {}"));
    for subject in
        ["events-value", "quarantine-value", "news%2Fv1%2Fevents.proto", "judi%2Fv1%2Fevent.proto", "judi%2Fnew.proto"]
    {
        let (_, code, message) = bed.post(&format!("/subjects/{subject}/versions"), &m).error();
        assert_eq!(code, 42205);
        assert!(message.contains("judi schema publish"), "{message}");
        assert_eq!(bed.put(&format!("/config/{subject}"), &json!({"compatibility": "NONE"})).code(), 42205);
        assert_eq!(bed.put(&format!("/mode/{subject}"), &json!({"mode": "READWRITE"})).code(), 42205);
        assert_eq!(bed.get(&format!("/mode/{subject}")).ok(), json!({"mode": "READONLY"}));
    }
    assert_eq!(bed.delete("/subjects/events-value").code(), 42205);
    assert_eq!(bed.delete("/subjects/events-value/versions/1").code(), 42205);
    assert_eq!(bed.delete("/subjects/events-value/versions/1?permanent=true").code(), 42205);
    // Who registers what is there finds it, as serializers do.
    let version = bed.get("/subjects/events-value/versions/1").ok();
    assert_eq!(bed.post("/subjects/events-value/versions", &version).ok(), json!({"id": 1}));
    assert_eq!(bed.post("/subjects/events-value", &version).ok()["version"], 1);
    // A file that is not the project's own may have other versions, and keeps the one that is needed.
    let validate = "buf%2Fvalidate%2Fvalidate.proto";
    bed.put(&format!("/config/{validate}"), &json!({"compatibility": "NONE"})).ok();
    bed.register(validate, &proto("message M {}"));
    assert_eq!(bed.delete(&format!("/subjects/{validate}/versions/1")).code(), 42206);
    let asked = schema(&proto("package judi.derived.v1; message ArticleView { int32 envelope = 1; }"));
    let answer = bed.post("/compatibility/subjects/events-value/versions/1?verbose=true", &asked).ok();
    assert_eq!(answer["is_compatible"], false);
}

#[test]
fn a_publication_adds_a_version_and_changes_none() {
    let disk = SimDisk::new(1);
    let bed = Bed::on(&disk, schemas());
    let before = bed.get("/subjects/events-value/versions/1").ok();
    bed.registry.set_schemas(next_schemas()).unwrap();
    assert_eq!(bed.get("/subjects/events-value/versions").ok(), json!([1, 2]));
    assert_eq!(bed.get("/subjects/events-value/versions/1").ok(), before);
    let version = bed.get("/subjects/events-value/versions/latest").ok();
    assert_eq!(version["id"], 2);
    assert!(version["schema"].as_str().unwrap().contains("package judi.derived.v2;"));
    // What changed has a second version, and so has what refers to it; the rest has not.
    let versions = |file: &str| bed.get(&format!("/subjects/{}/versions", file.replace('/', "%2F"))).ok();
    for (file, expected) in FILES.iter().zip([json!([1]), json!([1]), json!([1]), json!([1, 2]), json!([1, 2])]) {
        assert_eq!(versions(file), expected, "{file}");
    }
    let all = |bed: &Bed| bed.get("/schemas?deleted=true").ok();
    let everything = all(&bed);
    bed.registry.set_schemas(next_schemas()).unwrap();
    assert_eq!(all(&bed), everything, "once is enough");
    drop(bed);
    disk.restart();
    let bed = Bed::on(&disk, next_schemas());
    assert_eq!(all(&bed), everything, "ids are for ever");
}

#[test]
fn an_id_is_for_one_version_and_a_folder_for_one_process() {
    let disk = SimDisk::new(1);
    let bed = Bed::on(&disk, schemas());
    let open = |schemas: Arc<Schemas>| Registry::open(Arc::new(disk.clone()), Path::new(FOLDER), schemas);
    assert!(matches!(open(schemas()), Err(RegistryError::Busy { .. })));
    drop(bed);
    disk.restart();
    let event = "message O { option (judi.event) = {name: \"o\" owner: \"o\" description: \"O.\"}; string x = 1; }";
    let text = format!("syntax = \"proto3\"; import \"judi/v1/options.proto\"; {event}");
    let other = Schemas::first(&[Source { name: "o.proto".to_owned(), text: SourceText::Proto(text) }]).unwrap();
    let error = open(Arc::new(other)).unwrap_err();
    assert!(matches!(&error, RegistryError::ForeignVersion { version: 1, .. }), "{error}");
    assert!(!error.retry() && error.hint().is_some_and(|hint| hint.contains("ledger.json")));
    open(schemas()).unwrap();
}

/// Fetches a schema by id with all that it refers to, by text or encoded, and makes a pool of it, as a client does.
fn fetch(bed: &Bed, id: u32) -> (DescriptorPool, String) {
    let mut files = BTreeMap::new();
    let main = bed.get(&format!("/schemas/ids/{id}")).ok();
    fetch_references(bed, &main, &mut files);
    files.insert("main.proto".to_owned(), main["schema"].as_str().unwrap().to_owned());
    let mut resolver = protox::file::ChainFileResolver::new();
    resolver.add(Texts(files));
    resolver.add(protox::file::GoogleFileResolver::new());
    let mut compiler = protox::Compiler::with_file_resolver(resolver);
    compiler.include_imports(true);
    compiler.open_file("main.proto").unwrap_or_else(|error| panic!("{error:?}"));
    (compiler.descriptor_pool(), main["schema"].to_string())
}

fn fetch_references(bed: &Bed, schema: &Value, files: &mut BTreeMap<String, String>) {
    for reference in schema["references"].as_array().into_iter().flatten() {
        let (name, subject) = (reference["name"].as_str().unwrap(), reference["subject"].as_str().unwrap());
        let path = format!("/subjects/{}/versions/{}", subject.replace('/', "%2F"), reference["version"]);
        let version = bed.get(&path).ok();
        files.insert(name.to_owned(), version["schema"].as_str().unwrap().to_owned());
        fetch_references(bed, &version, files);
    }
}

struct Texts(BTreeMap<String, String>);

impl protox::file::FileResolver for Texts {
    fn open_file(&self, name: &str) -> Result<protox::file::File, protox::Error> {
        let text = self.0.get(name).ok_or_else(|| protox::Error::file_not_found(name))?;
        protox::file::File::from_source(name, text)
    }
}

/// The message that a record's frame names, and its fields.
fn decode(bed: &Bed, record: &[u8]) -> DynamicMessage {
    let id = u32::from_be_bytes(record[1..5].try_into().unwrap());
    // One index: 0 alone, or a count of one and the index in zigzag.
    let (index, body) = if record[5] == 0 { (0, &record[6..]) } else { (usize::from(record[6] / 2), &record[7..]) };
    let (pool, _) = fetch(bed, id);
    let message = pool.get_file_by_name("main.proto").unwrap().messages().nth(index).unwrap();
    let decoded = DynamicMessage::decode(message, body).unwrap();
    assert_eq!(decoded.unknown_fields().count(), 0);
    decoded
}

#[test]
fn a_stranger_reads_records_of_both_topics_by_their_ids() {
    let bed = Bed::new();
    bed.registry.set_schemas(next_schemas()).unwrap();
    let schemas = next_schemas();
    for (number, model) in (1..).zip(schemas.versions()) {
        assert_eq!(model.version, number);
        for (name, field, payload) in [("article_view", "article_id", b"\x0a\x02hi"), ("ping", "more", b"\x0a\x02ho")] {
            let envelope = Envelope { event_id: "e1".to_owned(), event: name.to_owned(), ..Envelope::default() };
            let record = encode_event(model, model.event(name).unwrap(), &envelope, payload);
            let decoded = decode(&bed, &record);
            let part = |name: &str| decoded.get_field_by_name(name).unwrap().as_message().unwrap().clone();
            assert_eq!(part("envelope").get_field_by_name("event").unwrap().as_str(), Some(name));
            let value = part("payload").get_field_by_name(field).unwrap().into_owned();
            assert_eq!(value, Field::String(String::from_utf8(payload[2..].to_vec()).unwrap()));
        }
    }
    let event =
        QuarantinedEvent { reason: "constraint".to_owned(), payload: b"x".to_vec(), ..QuarantinedEvent::default() };
    let decoded = decode(&bed, &encode_quarantined(&event));
    assert_eq!(decoded.descriptor().name(), "QuarantinedEvent");
    assert_eq!(decoded.get_field_by_name("reason").unwrap().as_str(), Some("constraint"));
}
