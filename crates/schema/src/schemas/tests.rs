//! Versions are published once, known again, and never by two processes or on another's data.

use std::fs;
use std::path::PathBuf;

use judi_world::LocalDisk;
use tempfile::TempDir;

use super::*;
use crate::error::Fault;
use crate::ledger::LEDGER_FILE;

const HEAD: &str = "syntax = \"proto3\";\nimport \"judi/v1/options.proto\";\n";

struct Project {
    folder: TempDir,
}

impl Project {
    fn new(text: &str) -> Self {
        let project = Self { folder: tempfile::tempdir().unwrap() };
        fs::create_dir(project.schema()).unwrap();
        project.write(text);
        project
    }

    fn schema(&self) -> PathBuf {
        self.folder.path().join("schema")
    }

    fn versions(&self) -> PathBuf {
        self.folder.path().join(".judi/state/schemas")
    }

    fn ledger(&self) -> PathBuf {
        self.schema().join(LEDGER_FILE)
    }

    fn write(&self, text: &str) {
        fs::write(self.schema().join("t.proto"), format!("{HEAD}{text}")).unwrap();
    }

    fn open(&self, mode: OpenMode) -> Result<Schemas, SchemaError> {
        Schemas::open(&LocalDisk, &self.schema(), &self.versions(), mode)
    }
}

fn event(fields: &str) -> String {
    format!("message A {{\n  option (judi.event).name = \"a\";\n  {fields}\n}}\n")
}

#[test]
fn a_mapping_is_published_with_the_schema_and_by_itself() {
    let project = Project::new(&event("string x = 1;"));
    let mapping = project.schema().join("segment.toml");
    let write = |text: &str| fs::write(&mapping, text).unwrap();
    let revision = |mode: OpenMode| project.open(mode).map(|schemas| schemas.segment().revision);
    assert_eq!(project.open(OpenMode::Extend).unwrap().segment().revision, 0, "there is none");

    let first = "[track.X]\nevent = \"a\"\nproperties = { y = \"x\" }\n";
    write(first);
    assert_eq!(revision(OpenMode::Preview).unwrap(), 0, "nothing is written");
    assert_eq!(revision(OpenMode::Published).unwrap(), 0, "what is published counts");
    let published = project.open(OpenMode::Extend).unwrap();
    assert_eq!((published.current().version, published.segment().revision), (1, 1), "the version is the same");
    assert_eq!(published.segment().track_names().collect::<Vec<_>>(), ["X"]);
    assert_eq!(revision(OpenMode::Extend).unwrap(), 1, "and again only for a change");

    // A mapping that does not fit refuses all of it.
    write("[track.X]\nevent = \"a\"\nproperties = { y = \"z\" }\n");
    project.write(&event("string x = 1; int32 y = 2;"));
    let error = project.open(OpenMode::Extend).unwrap_err();
    let place = project.schema().join("segment.toml").display().to_string();
    assert_eq!(error.to_string(), format!("{place}:3:20: the event \"a\" has no field \"z\""));
    assert_eq!(project.open(OpenMode::Published).unwrap().current().version, 1, "nothing was published");
    let kept = project.open(OpenMode::Published).unwrap();
    assert_eq!((kept.segment().revision, kept.segment().track_names().count()), (1, 1));

    // It is checked by the schema that it comes with.
    write("[track.X]\nevent = \"a\"\nproperties = { y = \"y\" }\n");
    let both = project.open(OpenMode::Extend).unwrap();
    assert_eq!((both.current().version, both.segment().revision), (2, 2));
    fs::remove_file(&mapping).unwrap();
    let without = project.open(OpenMode::Extend).unwrap();
    assert_eq!((without.segment().revision, without.segment().track_names().count()), (3, 0));
    write("not toml");
    assert_eq!(revision(OpenMode::Published).unwrap(), 3, "somebody edits");
    assert_eq!(project.open(OpenMode::Extend).unwrap_err().fault(), Fault::User);
}

#[test]
fn publishes_once_and_again_only_for_a_change() {
    let project = Project::new(&event("string x = 1;"));
    assert!(matches!(project.open(OpenMode::Read), Err(SchemaError::NotPublished { newest: 0 })));
    assert!(!project.ledger().exists() && !project.versions().exists(), "reading writes nothing");

    let one = project.open(OpenMode::Extend).unwrap();
    assert_eq!((one.current().version, one.current().semver.as_str()), (1, "1.0.0"));
    let ledger = fs::read(project.ledger()).unwrap();
    for mode in [OpenMode::Read, OpenMode::Extend] {
        assert_eq!(project.open(mode).unwrap().ledger(), one.ledger());
    }
    project.write(&event("// A comment.\n  string   x = 1;"));
    project.open(OpenMode::Read).unwrap();
    assert_eq!(fs::read(project.ledger()).unwrap(), ledger, "nothing has changed, nothing is written");

    project.write(&event("string x = 1; int32 y = 2;"));
    let error = project.open(OpenMode::Read).unwrap_err();
    assert!(matches!(error, SchemaError::NotPublished { newest: 1 }) && error.hint().is_some());
    let two = project.open(OpenMode::Extend).unwrap();
    assert_eq!((two.current().version, two.current().semver.as_str()), (2, "1.1.0"));
    assert!(two.ledger().columns.starts_with(&one.ledger().columns));
    assert_eq!(two.versions().map(|model| model.version).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(two.version(1).unwrap().fingerprint, one.current().fingerprint);
    assert_eq!(two.layout(1, 0).unwrap().root.fields.len(), 1);
    assert_eq!(two.layout(2, 0).unwrap().root.fields.len(), 2);
    assert!(two.layout(3, 0).is_none() && two.layout(1, 1).is_none() && two.version(3).is_none());

    // Back to the first text, which loses a number; then with what keeps it.
    project.write(&event("string x = 1;"));
    let error = project.open(OpenMode::Extend).unwrap_err();
    assert!(error.to_string().contains("y (2) of A is gone; neither"), "{error}");
    assert!(error.hint().unwrap().contains("judi schema diff --fix"));
    project.write(&event("string x = 1; reserved 2; reserved \"y\";"));
    let three = project.open(OpenMode::Extend).unwrap();
    assert_eq!((three.current().version, three.current().semver.as_str()), (3, "2.0.0"));
    assert_eq!(three.events_schema(), two.events_schema());
}

#[test]
fn a_fresh_clone_knows_the_current_version_and_not_the_earlier() {
    let project = Project::new(&event("string x = 1;"));
    project.open(OpenMode::Extend).unwrap();
    project.write(&event("string x = 1; int32 y = 2;"));
    let two = project.open(OpenMode::Extend).unwrap();
    fs::remove_dir_all(project.versions()).unwrap();
    let clone = project.open(OpenMode::Read).unwrap();
    assert_eq!(clone.versions().map(|model| model.version).collect::<Vec<_>>(), [2]);
    assert_eq!(clone.events_schema(), two.events_schema());
    assert_eq!(clone.views(), two.views());
    fs::remove_dir_all(project.versions()).unwrap();
    project.write(&event("string x = 1; int32 y = 2; int32 z = 3;"));
    let three = project.open(OpenMode::Extend).unwrap();
    assert_eq!((three.current().version, three.current().semver.as_str()), (3, "1.2.0"));
}

#[test]
fn a_ledger_of_other_data_is_refused() {
    let project = Project::new(&event("string x = 1;"));
    project.open(OpenMode::Extend).unwrap();
    fs::remove_file(project.ledger()).unwrap();
    project.write(&event("string y = 1;"));
    // A ledger that begins anew would give version 1 another meaning than the records have; the first publication
    // overwrites only what no ledger names.
    let other = Project::new(&event("string y = 1;"));
    other.open(OpenMode::Extend).unwrap();
    fs::copy(other.ledger(), project.ledger()).unwrap();
    for mode in [OpenMode::Read, OpenMode::Extend] {
        let error = project.open(mode).unwrap_err();
        assert!(matches!(error, SchemaError::ForeignVersion { version: 1, .. }), "{error}");
        assert!(error.hint().is_some() && error.fault() == Fault::User);
    }
    fs::write(project.versions().join("1.binpb"), b"\xff\xff").unwrap();
    let error = project.open(OpenMode::Extend).unwrap_err();
    assert!(error.to_string().contains("1.binpb"), "{error}");
}

#[test]
fn errors_name_the_files_as_they_lie() {
    let project = Project::new(&event("Nowhere x = 1;"));
    let error = project.open(OpenMode::Extend).unwrap_err();
    let place = project.schema().join("t.proto");
    assert!(error.to_string().starts_with(&format!("{}:5:3: ", place.display())), "{error}");

    project.write(&event("string x = 1;"));
    project.open(OpenMode::Extend).unwrap();
    project.write(&event("bytes x = 1;"));
    let error = project.open(OpenMode::Extend).unwrap_err();
    assert!(error.to_string().starts_with(&format!("{}:5:3: ", place.display())), "{error}");
    project.write(&event("string x = 1;"));
    fs::write(project.ledger(), "{\n  \"format\": x\n}").unwrap();
    let error = project.open(OpenMode::Extend).unwrap_err();
    assert!(error.to_string().starts_with(&format!("{}:2: ", project.ledger().display())), "{error}");

    fs::remove_dir_all(project.schema()).unwrap();
    let error = project.open(OpenMode::Extend).unwrap_err();
    assert!(matches!(error, SchemaError::Disk { .. }) && error.retry(), "{error}");
}

#[test]
fn only_one_process_publishes() {
    let project = Project::new(&event("string x = 1;"));
    fs::create_dir_all(project.versions()).unwrap();
    let lock = LocalDisk.try_lock(&project.versions().join("publish.lock")).unwrap().unwrap();
    let error = project.open(OpenMode::Extend).unwrap_err();
    assert!(matches!(error, SchemaError::Busy { .. }) && error.retry(), "{error}");
    assert!(!project.ledger().exists());
    drop(lock);
    project.open(OpenMode::Extend).unwrap();
}

#[test]
fn exported_files_are_no_part_of_the_schema() {
    let project = Project::new(&event("string x = 1;"));
    let one = project.open(OpenMode::Extend).unwrap();
    assert_eq!(export(&LocalDisk, &project.schema()).unwrap().len(), 3);
    assert!(project.schema().join("judi/v1/options.proto").is_file());
    let again = project.open(OpenMode::Read).unwrap();
    assert_eq!(again.current().fingerprint, one.current().fingerprint);
}

#[test]
fn views_show_envelope_payload_aliases_and_what_is_gone() {
    let project =
        Project::new(&(event("string x = 1; string gone = 2;") + "message B { option (judi.event).name = \"b\"; }"));
    project.open(OpenMode::Extend).unwrap();
    let fields = "string y = 1 [(judi.field).alias = \"x\"]; E e = 3; reserved 2; reserved \"gone\";";
    project.write(&event(&format!("{fields}\n}} enum E {{ ZERO = 0;")));
    let schemas = project.open(OpenMode::Extend).unwrap();
    let [a, b] = schemas.views() else { panic!("{:?}", schemas.views()) };
    assert_eq!((a.name.as_str(), a.event.as_str(), b.name.as_str()), ("a", "a", "b"));
    let payload = |view: &View| {
        let columns = view.columns.iter().skip(crate::layout::ENVELOPE_COLUMNS.len());
        columns.map(|column| format!("{}={}", column.name, column.path.join("."))).collect::<Vec<_>>()
    };
    assert_eq!(payload(a), ["y=a.x", "e=a.e", "e__number=a.e__number", "x=a.x"]);
    assert!(payload(b).is_empty(), "an event that is gone keeps its view");
    assert_eq!(b.columns[0].path, ["event_id"]);
}
