//! Tests of the generated package's text. That it compiles, and what its encoder writes, is the conformance kit's.

use judi_schema::compile::{Source, SourceText, compile};
use judi_schema::model::Model;

use super::*;

fn library(proto: &str) -> Library {
    let source = Source { name: "a.proto".into(), text: SourceText::Proto(proto.into()) };
    Library::of(&Model::first(compile(&[source]).unwrap()).unwrap())
}

const SCHEMA: &str = r#"syntax = "proto3"; package a.v1;
    import "judi/v1/options.proto"; import "google/protobuf/timestamp.proto";
    message View {
      option (judi.event) = { name: "view" owner: "news" description: "Seen." };
      // Which.
      string article_id = 3 [(judi.field) = { required: true, pii: PII_CLASS_NONE }];
      optional Data kind = 1;
      map<string, Data> kinds = 2;
      repeated sint32 counts = 5;
      google.protobuf.Timestamp at = 6;
      oneof target { string url = 7; View parent = 8; }
      string old = 9 [deprecated = true, (judi.field).replaced_by = "article_id"];
      View above = 10;
      message Judi { bool default = 1; }
      Judi judi = 11;
    }
    enum Data { DATA_UNSPECIFIED = 0; DATA_BIG = -1; DATA_LARGE = 2 [deprecated = true]; }"#;

fn text(files: &[GeneratedFile], name: &str) -> String {
    let file = files.iter().find(|file| file.path.ends_with(&format!("/{name}.swift"))).unwrap();
    String::from_utf8(file.bytes.clone()).unwrap()
}

#[track_caller]
fn has(text: &str, part: &str) {
    assert!(text.contains(part), "{part}\nis not in\n{text}");
}

#[test]
fn a_message_is_a_struct_with_what_is_required_first_to_be_given() {
    let files = generate(&library(SCHEMA), &Names::default());
    let view = text(&files, "View");
    has(&view, "/// Seen.\n///\n/// Event `view`, owned by news.\npublic struct View: JudiEvent {\n");
    has(&view, "  /// Which.\n  ///\n  /// Required. No personal data.\n  public var articleID: String\n");
    has(&view, "    kind: DataEnum? = nil,\n    kinds: [String: DataEnum] = [:],\n    articleID: String,\n");
    has(
        &view,
        "  @available(*, deprecated, message: \"use articleID\")\n  public var old: String {\n    get { _old }\n",
    );
    has(&view, "  private var _above: JudiBox<View>?\n");
    has(&view, "  public indirect enum Target: Hashable, Sendable {\n");
    has(&view, "extension View {\n  /// a.v1.View.Judi\n  public struct JudiMessageMessage: JudiMessage {\n");
}

#[test]
fn fields_are_written_by_number() {
    let view = text(&generate(&library(SCHEMA), &Names::default()), "View");
    let body = view.split("func encode").nth(1).unwrap();
    let places: Vec<usize> =
        ["kind {", "sorted(kinds)", "articleID)", "openList(42)", "timestamp(50", ".url", ".parent"]
            .iter()
            .map(|part| body.find(part).unwrap())
            .collect();
    assert!(places.is_sorted(), "{body}");
    has(body, "    guard !articleID.isEmpty else { throw JudiEncodingError.missingRequired }\n");
    has(body, "      encoder.int32(8, kind.rawValue)\n");
    has(body, "    if case .parent(let value)? = target {\n      try encoder.message(66, value)\n    }\n");
}

#[test]
fn an_enum_takes_numbers_without_a_name() {
    let kind = text(&generate(&library(SCHEMA), &Names::default()), "DataEnum");
    has(&kind, "  case big\n");
    has(&kind, "  case unrecognized(Int32)\n");
    has(&kind, "  @available(*, deprecated)\n  public static var large: Self { Self(rawValue: 2) }\n");
    has(&kind, "    [.unspecified, .big]\n");
}

#[test]
fn the_same_schema_makes_the_same_package() {
    let names = Names::default();
    let (one, other) = (library(SCHEMA), library(SCHEMA));
    let files = generate(&one, &names);
    assert_eq!(files, generate(&other, &names));
    assert_eq!(publish(&one, &names, &files).unwrap(), publish(&other, &names, &files).unwrap());
    assert!(files.iter().all(|file| !file.bytes.is_empty() && !file.bytes.contains(&b'\r')));
    has(&text(&files, "JudiSchema"), &one.fingerprint);
    has(&text(&files, "JudiTracking"), "  public func view(\n");
}

#[test]
fn a_new_version_stands_beside_the_old() {
    let mut library = library(SCHEMA);
    let names = Names::default();
    let refs = |library: &Library| {
        let files = publish(library, &names, &generate(library, &names)).unwrap();
        files.into_iter().find(|file| file.path == "judi-events.git/info/refs").unwrap()
    };
    let before = refs(&library);
    library.semver = "1.1.0".into();
    let after = refs(&library);
    let all = String::from_utf8(merged(&after.path, &before.bytes, &after.bytes)).unwrap();
    let names: Vec<&str> = all.lines().map(|line| line.split('\t').nth(1).unwrap()).collect();
    assert_eq!(
        names,
        ["refs/heads/main", "refs/tags/1.0.0", "refs/tags/1.0.0^{}", "refs/tags/1.1.0", "refs/tags/1.1.0^{}"]
    );
    library.semver = "next".into();
    assert!(matches!(publish(&library, &Names::default(), &[]), Err(PublishError::Version(_))));
}
