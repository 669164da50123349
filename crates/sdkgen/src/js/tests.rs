//! Tests of the package's text; what it does is tested in `sdks/js`, with Node and a browser.

use judi_schema::compile::{Source, SourceText, compile};
use judi_schema::model::Model;

use super::*;

fn package(proto: &str) -> Vec<GeneratedFile> {
    let source = Source { name: "a.proto".into(), text: SourceText::Proto(proto.into()) };
    let library = Library::of(&Model::first(compile(&[source]).unwrap()).unwrap());
    generate(&library, &Names::default())
}

fn text(files: &[GeneratedFile], path: &str) -> String {
    let file = files.iter().find(|file| file.path == path).unwrap();
    String::from_utf8(file.bytes.clone()).unwrap()
}

const PROTO: &str = r#"syntax = "proto3"; package a.v1;
    import "judi/v1/options.proto"; import "buf/validate/validate.proto"; import "google/protobuf/timestamp.proto";
    // A view.
    message View {
      option (judi.event) = { name: "view" owner: "news" description: "Seen." };
      // Which. */ not the end
      string id = 3 [(judi.field) = { required: true, pii: PII_CLASS_NONE }];
      optional Kind kind = 1;
      map<string, Inner> inner = 4;
      repeated int32 counts = 5;
      google.protobuf.Timestamp at = 6;
      oneof target { option (buf.validate.oneof).required = true; string url = 7; View parent = 8; }
      string old = 9 [(judi.field).replaced_by = "id"];
      message Inner { bool on = 1; }
    }
    message Flush { option (judi.event) = { name: "flush" owner: "news" description: "A name that is taken." }; }
    enum Kind { KIND_UNSPECIFIED = 0; KIND_BIG = -1; }"#;

#[test]
fn tables_say_what_the_encoder_must_know() {
    let schema = text(&package(PROTO), "schema.js");
    assert!(schema.contains("\"flush=flushEvent|\","), "{schema}");
    assert!(schema.contains("\"view|#$%&'()*\",\n    \"|+\","), "{schema}");
    for field in
        ["kind:e?", "id:3s!", "inner:m2{s", "counts:i+", "at:t?", "url:s?~1!", "parent:m1?~1!", "old:s", "on:b"]
    {
        assert!(schema.contains(&format!("\"{field}\",")), "{field} {schema}");
    }
    assert!(schema.contains("types: { t: timestamp, \"{\": map },"), "{schema}");
}

#[test]
fn types_say_what_a_value_means_and_enforce_what_is_required() {
    let types = text(&package(PROTO), "events.d.ts");
    for part in [
        "   * Which. *\\/ not the end\n   *\n   * Required. Personal data: none.\n   */\n  readonly id: string;\n",
        "  /** @deprecated Use `id`. */\n  readonly old?: string | undefined;\n",
        "  readonly inner?: Readonly<Record<string, View_Inner>> | ReadonlyMap<string, View_Inner> | undefined;\n",
        "export type Kind = (typeof Kind)[keyof typeof Kind] | (number & {});\n",
        "  view(event: View): Sent;\n",
        "  flushEvent(event?: Flush): Sent;\n",
    ] {
        assert!(types.contains(part), "{part}\n{types}");
    }
}

#[test]
fn a_package_is_the_same_each_time_and_has_no_modern_words_for_old_browsers() {
    let files = package(PROTO);
    assert_eq!(files, package(PROTO));
    let script = text(&files, "es5.js");
    for word in ["=>", "const ", "let ", "import {", "export ", "`"] {
        assert!(!script.lines().any(|line| !line.trim().starts_with(['/', '*']) && line.contains(word)), "{word}");
    }
}
