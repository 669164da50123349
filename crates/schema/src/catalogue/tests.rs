//! The catalogue tells what the files say, over versions.

use std::fs;
use std::path::Path;

use judi_world::LocalDisk;
use tempfile::TempDir;

use super::*;
use crate::compile::{Source, SourceText};
use crate::schemas::OpenMode;

const HEAD: &str = "syntax = \"proto3\";\npackage news.v1;\nimport \"judi/v1/options.proto\";\n\
                    import \"buf/validate/validate.proto\";\nimport \"google/protobuf/timestamp.proto\";\n";

fn source(text: &str) -> Source {
    Source { name: "news/v1/read.proto".to_owned(), text: SourceText::Proto(format!("{HEAD}{text}")) }
}

/// An event `read` with these fields.
fn read(fields: &str) -> String {
    format!(
        "// An article, opened.\nmessage Read {{\n  option (judi.event) = {{name: \"read\", owner: \"news\", description: \"It was read.\"}};\n{fields}\n}}\n"
    )
}

const FIELDS: &str = "
  // Which one.
  string article_id = 1 [(judi.field) = {pii: PII_CLASS_NONE, required: true, semantic_type: \"article_id\"},
    (buf.validate.field).string = {min_len: 1, max_len: 500}];
  // How far.
  int32 depth_percent = 2 [(judi.field) = {alias: \"depth\", alias_until: \"2027-01-31\", replaces: 3},
    (buf.validate.field).int32 = {gte: 0, lte: 100}];
  string depth_text = 3 [deprecated = true, (judi.field).replaced_by = \"depth_percent\"];
  repeated Author authors = 4;
  map<string, Author> by_role = 5;
  optional Place place = 6;
  google.protobuf.Timestamp at = 7;
  oneof target { string url = 8; string screen = 9; }";
const AROUND: &str = "message Author {\n  // As printed.\n  string name = 1 [(judi.field).pii = PII_CLASS_PERSONAL];\n  Author editor = 2;\n}\n\
    enum Place { PLACE_UNSPECIFIED = 0;\n// On top.\nPLACE_TOP = 1 [(judi.value).alias = \"PLACE_HEAD\"]; }\n";

fn schemas() -> Schemas {
    Schemas::first(&[source(&(read(FIELDS) + AROUND))]).unwrap()
}

#[test]
fn an_event_and_its_fields_are_told() {
    let catalogue = Catalogue::of(&schemas());
    let event = catalogue.event("read").unwrap();
    assert_eq!((event.owner.as_str(), event.description.as_str()), ("news", "It was read."));
    assert_eq!((event.comment.as_str(), event.message.as_str()), ("An article, opened.", "news.v1.Read"));
    assert_eq!((event.since, event.is_gone, event.is_deprecated), (1, false, false));
    assert!(event.place.as_ref().unwrap().to_string().starts_with("news/v1/read.proto:7"), "{:?}", event.place);
    let names: Vec<&str> = event.fields.iter().map(|field| field.name.as_str()).collect();
    let expected = [
        "article_id",
        "depth_percent",
        "depth_text",
        "authors",
        "authors[].name",
        "authors[].editor",
        "by_role",
        "by_role{}.name",
        "by_role{}.editor",
        "place",
        "at",
        "url",
        "screen",
    ];
    assert_eq!(names, expected);
    let field = |name: &str| event.fields.iter().find(|field| field.name == name).unwrap();

    let id = field("article_id");
    assert_eq!((id.meaning.as_str(), id.kind.as_str(), id.proto_type.as_str()), ("Which one.", "text", "string"));
    assert_eq!((id.required, id.pii, id.semantic_type.as_str()), (true, PiiClass::None, "article_id"));
    assert_eq!(id.constraints, ["at least 1 character", "at most 500 characters"]);
    assert_eq!((id.example.as_deref(), id.since), (Some("\"article-1\""), Some(1)));

    let depth = field("depth_percent");
    assert_eq!(depth.constraints, ["from 0 to 100"]);
    assert_eq!((depth.aliases.as_slice(), depth.alias_until.as_str()), (["depth".to_owned()].as_slice(), "2027-01-31"));
    assert_eq!((depth.replaces.as_str(), depth.is_old()), ("depth_text", false));
    let old = field("depth_text");
    assert!(old.is_deprecated && old.is_old() && old.replaced_by == "depth_percent" && old.example.is_none());

    assert_eq!(
        (field("authors").kind.as_str(), field("by_role").kind.as_str()),
        ("list of groups of fields", "map from text to group of fields")
    );
    assert_eq!(field("by_role").proto_type, "map<string, Author>");
    let name = field("authors[].name");
    assert_eq!((name.column.as_str(), name.meaning.as_str(), name.pii), ("authors", "As printed.", PiiClass::Personal));
    assert_eq!((name.path.as_slice(), name.since), ([4, 1].as_slice(), Some(1)));
    assert_eq!((field("at").kind.as_str(), field("at").proto_type.as_str()), ("time", "Timestamp"));
    assert_eq!((field("url").oneof.as_str(), field("place").oneof.as_str()), ("target", ""));
    assert_eq!(field("place").proto_type, "optional Place");
    let top = &field("place").values[1];
    assert_eq!(
        (top.name.as_str(), top.meaning.as_str(), top.aliases.as_slice()),
        ("PLACE_TOP", "On top.", ["PLACE_HEAD".to_owned()].as_slice())
    );
}

#[test]
fn rules_are_told_in_words() {
    let words = |rule: &str| {
        let text = read(&format!("  {rule}"));
        let catalogue = Catalogue::of(&Schemas::first(&[source(&text)]).unwrap());
        catalogue.events[0].fields[0].constraints.join("; ")
    };
    let text = |rule: &str| words(&format!("string x = 1 [(buf.validate.field).string = {{{rule}}}];"));
    assert_eq!(text("len: 2"), "exactly 2 characters");
    assert_eq!(text("email: true, max_bytes: 9"), "at most 9 bytes; an email address");
    assert_eq!(text("prefix: \"/a\", not_contains: \"?\""), "begins with \"/a\"; does not contain \"?\"");
    assert_eq!(text("pattern: \"^a+$\""), "matches ^a+$");
    assert_eq!(text("in: [\"a\", \"b\"]"), "one of [\"a\", \"b\"]");
    assert_eq!(
        words("float x = 1 [(buf.validate.field).float = {gt: 0.1, lt: 1, finite: true}];"),
        "more than 0.1; less than 1; finite"
    );
    assert_eq!(words("int32 x = 1 [(buf.validate.field).int32 = {gt: 9, lt: 2}];"), "more than 9 or less than 2");
    let list = "repeated string x = 1 [(buf.validate.field).repeated = {min_items: 1, max_items: 3, unique: true, items: {string: {min_len: 2}}}];";
    assert_eq!(words(list), "at least 1 item; at most 3 items; no item twice; each item: at least 2 characters");
    let map = "map<string, int32> x = 1 [(buf.validate.field).map = {max_pairs: 1, keys: {string: {const: \"k\"}}, values: {int32: {lte: 4}}}];";
    assert_eq!(words(map), "at most 1 entry; each key: always \"k\"; each value: at most 4");
    let zero = "int32 x = 1 [(buf.validate.field) = {ignore: IGNORE_IF_ZERO_VALUE, int32: {gte: 5}}];";
    assert_eq!(words(zero), "at least 5; not checked while it is empty or 0");
    assert_eq!(words("int32 x = 1 [(buf.validate.field) = {ignore: IGNORE_ALWAYS, int32: {gte: 5}}];"), "");
    assert_eq!(
        words("google.protobuf.Timestamp x = 1 [(buf.validate.field).timestamp.gte = {seconds: 0}];"),
        "at least 1970-01-01T00:00:00Z"
    );
    assert_eq!(
        words("bytes x = 1 [(buf.validate.field).bytes = {min_len: 2, prefix: \"a\"}];"),
        "at least 2 bytes; begins with the bytes 61"
    );
}

#[test]
fn versions_tell_what_they_changed_and_what_is_gone() {
    let one = read("  string a = 1;\n  string old = 2;\n  Author author = 3;") + AROUND;
    let two = read(
        "  optional string b = 1 [(judi.field) = {alias: \"a\", required: true}];\n  reserved 2; reserved \"old\";\n  Author author = 3;\n  repeated Place places = 4;",
    ) + AROUND
        + "message Other { option (judi.event).name = \"other\"; }\n";
    let schemas = Schemas::first(&[source(&one)]).unwrap().next(&[source(&two)]).unwrap();
    let catalogue = Catalogue::of(&schemas);
    let event = catalogue.event("read").unwrap();
    let history = history(&schemas, event);
    let numbers: Vec<u32> = history.versions.iter().map(|version| version.number).collect();
    assert_eq!(numbers, [2, 1]);
    let expected = [
        "`a` is called `b`",
        "`b` is `optional string` and was `string`",
        "`b` is required",
        "new field `places`, list of names",
        "`old` is gone",
    ];
    assert_eq!(history.versions[0].changes, expected);
    assert_eq!(history.versions[1].changes, ["first published"]);
    let [gone] = history.gone.as_slice() else { panic!("{:?}", history.gone) };
    assert_eq!((gone.name.as_str(), gone.since, gone.last, gone.is_gone), ("old", Some(1), Some(1), true));
    assert!(gone.is_in(1) && !gone.is_in(2));
    let places = event.fields.iter().find(|field| field.name == "places").unwrap();
    assert!(!places.is_in(1) && places.is_in(2));

    let other = catalogue.event("other").unwrap();
    assert_eq!(super::history(&schemas, other).versions.len(), 1, "version 1 knew nothing of it");
    assert_eq!(other.since, 2);
}

#[test]
fn an_event_that_is_gone_stays_in_the_catalogue() {
    let other = "message Other { option (judi.event).name = \"other\"; }\n";
    let schemas = Schemas::first(&[source(&(read("  // What.\n  string a = 1;") + other))])
        .unwrap()
        .next(&[source(other)])
        .unwrap();
    let catalogue = Catalogue::of(&schemas);
    let event = catalogue.event("read").unwrap();
    assert!(event.is_gone && event.description == "It was read." && event.fields[0].meaning == "What.");
    let history = history(&schemas, event);
    assert_eq!(history.versions[0].changes, ["the event was removed"]);
    assert_eq!(history.gone.len(), 1);
}

/// A project's schema on disk.
struct Project {
    folder: TempDir,
}

impl Project {
    fn new() -> Self {
        let project = Self { folder: tempfile::tempdir().unwrap() };
        fs::create_dir(project.dir("schema")).unwrap();
        project
    }

    fn dir(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, text: &str) {
        fs::write(self.dir("schema").join("t.proto"), format!("{HEAD}{text}")).unwrap();
    }

    fn open(&self, mode: OpenMode) -> Schemas {
        Schemas::open(&LocalDisk, &self.dir("schema"), &self.dir("versions"), mode).unwrap()
    }

    fn meaning(&self, mode: OpenMode) -> String {
        Catalogue::of(&self.open(mode)).events[0].fields[0].meaning.clone()
    }
}

#[test]
fn a_published_version_is_described_without_its_sources() {
    let project = Project::new();
    project.write(&read("  // Which one.\n  string a = 1;"));
    project.open(OpenMode::Extend);
    project.write(&read("  // Which one, exactly.\n  string a = 1;"));
    assert_eq!(project.meaning(OpenMode::Published), "Which one.");
    project.open(OpenMode::Extend);
    assert_eq!(project.meaning(OpenMode::Published), "Which one, exactly.", "words may get better");
    project.write("message Broken {");
    assert_eq!(project.meaning(OpenMode::Published), "Which one, exactly.");
    fs::write(project.dir("versions").join("1.comments.json"), "{{").unwrap();
    assert_eq!(project.meaning(OpenMode::Published), "", "without words it can be read all the same");
}

#[test]
fn a_preview_shows_the_version_that_would_be_and_writes_nothing() {
    fn files(dir: &Path) -> Vec<(String, Vec<u8>)> {
        let Ok(entries) = fs::read_dir(dir) else { return Vec::new() };
        let paths = entries.map(|entry| entry.unwrap().path());
        let mut files: Vec<_> = paths.map(|path| (path.display().to_string(), fs::read(&path).unwrap())).collect();
        files.sort();
        files
    }
    let project = Project::new();
    project.write(&read("  string a = 1;"));
    assert_eq!(project.open(OpenMode::Preview).current().version, 1);
    assert!(!project.dir("versions").exists() && files(&project.dir("schema")).len() == 1);
    project.open(OpenMode::Extend);
    let before = (files(&project.dir("schema")), files(&project.dir("versions")));
    assert_eq!(project.open(OpenMode::Preview).current().version, 1);
    project.write(&read("  string a = 1;\n  string b = 2;"));
    let preview = project.open(OpenMode::Preview);
    assert_eq!((preview.current().version, preview.current().semver.as_str()), (2, "1.1.0"));
    let text =
        files(&project.dir("schema")).into_iter().filter(|(name, _)| name.ends_with(".json")).collect::<Vec<_>>();
    assert_eq!(text, before.0.into_iter().filter(|(name, _)| name.ends_with(".json")).collect::<Vec<_>>());
    assert_eq!(files(&project.dir("versions")), before.1);
}

#[test]
fn of_versions_whose_descriptors_are_not_here_the_ledger_tells() {
    let project = Project::new();
    project.write(&read("  string a = 1;\n  string old = 2;"));
    project.open(OpenMode::Extend);
    project.write(&read("  string a = 1;\n  reserved 2; reserved \"old\";\n  string new = 3;"));
    project.open(OpenMode::Extend);
    fs::remove_dir_all(project.dir("versions")).unwrap();
    let schemas = project.open(OpenMode::Preview);
    let catalogue = Catalogue::of(&schemas);
    let event = &catalogue.events[0];
    assert_eq!(event.fields[1].since, Some(2));
    let history = history(&schemas, event);
    assert_eq!(history.versions[0].changes, ["new field `new`"]);
    assert_eq!(history.versions[1].changes, ["first published"]);
    assert_eq!((history.gone[0].name.as_str(), history.gone[0].last), ("old", None));
}
