//! Tests of the generated Java.

use judi_schema::compile::{Source, SourceText, compile};
use judi_schema::model::Model;

use super::*;

/// The library of this file's schema.
pub(super) fn library() -> Library {
    let source = Source { name: "a.proto".into(), text: SourceText::Proto(PROTO.into()) };
    Library::of(&Model::first(compile(&[source]).unwrap()).unwrap())
}

const PROTO: &str = r#"syntax = "proto3"; package a.v1;
    import "judi/v1/options.proto";
    message View {
      option (judi.event) = { name: "view" owner: "news" description: "Seen." };
      // Which.
      string id = 1 [(judi.field) = { required: true, pii: PII_CLASS_NONE }];
      optional Kind kind = 2;
      string old = 3 [(judi.field).replaced_by = "id"];
      oneof target { string url = 4; View view = 5; }
    }
    enum Kind { KIND_UNSPECIFIED = 0; KIND_BIG = -1; }"#;

fn generated() -> Vec<GeneratedFile> {
    generate(&library(), &Names::default())
}

fn text_of(name: &str) -> String {
    let files = generated();
    let file = files.iter().find(|file| file.path.ends_with(name)).unwrap();
    String::from_utf8(file.bytes.clone()).unwrap()
}

#[test]
fn a_message_is_a_class_whose_builder_asks_for_what_must_be_set() {
    let text = text_of("events/View.java");
    assert!(text.contains("  public static Builder builder(@NonNull String id) {"), "{text}");
    assert!(text.contains("   * Which.\n   *\n   * <p>Personal data: none.\n"), "{text}");
    assert!(text.contains("     * @deprecated Use {@code id}.\n     */\n    @Deprecated\n"), "{text}");
    assert!(text.contains("throw EventException.missing(\"id\");"), "{text}");
}

#[test]
fn lines_are_short_and_the_same_schema_gives_the_same_bytes() {
    let files = generated();
    assert_eq!(files, generated());
    for file in files.iter().filter(|file| file.path.ends_with(".java")) {
        let text = String::from_utf8(file.bytes.clone()).unwrap();
        for line in text.lines().filter(|line| !line.starts_with(['/', 'i'])) {
            assert!(line.chars().count() <= 100, "{}: {line}", file.path);
            assert_eq!(line.trim_end(), line, "{}", file.path);
        }
    }
}

/// Through Java's compiler, with the runtime; twice, and the same bytes.
#[test]
fn what_is_generated_compiles_into_the_same_jar_each_time() {
    let (library, names) = (library(), Names::default());
    let files = generate(&library, &names);
    match publish(&library, &names, &files, &[]) {
        Ok(published) => assert_eq!(published, publish(&library, &names, &files, &[]).unwrap()),
        Err(PublishError::NoCompiler) => {
            assert!(std::env::var_os("CI").is_none(), "CI has no javac");
            eprintln!("not compiled: {}; {}", PublishError::NoCompiler, PublishError::NoCompiler.hint());
        }
        Err(error) => panic!("{error}"),
    }
}
