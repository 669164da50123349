//! Texts become the descriptors that another compiler makes of them, and their parts have the right places.

use proptest::prelude::*;
use prost::Message as _;
use prost_types::FileDescriptorProto;

use super::*;
use crate::compile::{Source, SourceText, compile};

fn parsed(text: &str) -> Parsed {
    parse("a.proto", text).unwrap()
}

fn complaint(text: &str) -> (u32, u32, String, Option<&'static str>) {
    let complaint = parse("a.proto", text).unwrap_err();
    let (line, column) = line_and_column(text, complaint.offset);
    (line, column, complaint.cause, complaint.hint)
}

/// The source text of each path.
fn places<'a>(text: &'a str, parsed: &Parsed) -> Vec<(Vec<i32>, &'a str)> {
    let locations = parsed.places.locations(text, |owner, _| Some(owner.to_vec()));
    let lines: Vec<&str> = text.split('\n').collect();
    let one_line = |span: &[i32]| match *span {
        [line, start, end] => {
            let at = |number: i32| usize::try_from(number).unwrap();
            &lines[at(line)][at(start)..at(end)]
        }
        _ => "…",
    };
    locations.iter().map(|location| (location.path.clone(), one_line(&location.span))).collect()
}

/// proto2 in all its parts.
const PROTO2: &str = r#"syntax = "proto2";

// Detached.

/* About the
 * package. */
package a.b; // Behind it.
import public "google/protobuf/any.proto";
option java_package = "x" "y\n\x41\101\u00e9";
message M {
  // Above f.
  optional int32 f = 1 [default = -0x1F, json_name = "ff", deprecated = true]; // Behind f.
  required .a.b.M m = 2;
  repeated group G = 3 { optional bytes z = 1 [default = "\001\"x"]; }
  map<string, M.N> my_map = 4;
  oneof o { option (oo) = true; double d = 5 [default = inf]; google.protobuf.Any any = 6; }
  extensions 100 to 199, 200 to 209 [verification = UNVERIFIED];
  extensions 1000 to max;
  reserved 50, 60 to 69;
  reserved "old", "older";
  message N { optional float e = 1 [default = 1e3]; optional E k = 2 [default = ONE]; }
  enum E { option allow_alias = true; ZERO = 0; ONE = 1; UN = 1 [deprecated = true]; reserved -9 to -1, 7; reserved "X"; }
  extend M { optional string inner = 101; }
  option no_standard_descriptor_accessor = true;
};
message S { option message_set_wire_format = true; extensions 4 to max; }
extend M { repeated sint64 outer = 100 [packed = true]; optional group H = 102 {} }
extend google.protobuf.OneofOptions { optional bool oo = 50000; }
service V { option deprecated = false; rpc R(M) returns (stream .a.b.M) { option idempotency_level = IDEMPOTENT; } rpc Q(stream M) returns (M); }
"#;

const PROTO3: &str = r#"syntax = "proto3";
message optional { optional int32 a = 1; int32 other = 2; optional optional b = 3; repeated int32 message = 4; bool enum = 5; }
enum E { Z = 0; package = 1; reserved 5 to max; }
"#;

#[test]
fn the_descriptors_are_those_of_another_compiler() {
    let with_import = PROTO2.replace("import public", "import \"google/protobuf/descriptor.proto\";\nimport public");
    for text in [with_import.as_str(), PROTO3, "", ";;", "message A{}"] {
        let mut files = protox::file::ChainFileResolver::new();
        files.add(Single(text.to_owned()));
        files.add(protox::file::GoogleFileResolver::new());
        let mut other = protox::Compiler::with_file_resolver(files);
        other.include_source_info(false).open_file("a.proto").unwrap();
        let theirs = other.file_descriptor_set().file.into_iter().find(|file| file.name() == "a.proto").unwrap();
        let source = Source { name: "a.proto".to_owned(), text: SourceText::Proto(text.to_owned()) };
        let compiled = compile(&[source]).unwrap();
        let set = prost_types::FileDescriptorSet::decode(compiled.descriptor_set().as_slice()).unwrap();
        let ours = set.file.into_iter().find(|file| file.name() == "a.proto").unwrap();
        assert_eq!(ours, theirs);
    }
}

struct Single(String);

impl protox::file::FileResolver for Single {
    fn open_file(&self, name: &str) -> Result<protox::file::File, protox::Error> {
        match name {
            "a.proto" => protox::file::File::from_source(name, &self.0),
            _ => Err(protox::Error::file_not_found(name)),
        }
    }
}

#[test]
fn every_part_has_its_place() {
    let parsed = parsed(PROTO2);
    let places = places(PROTO2, &parsed);
    let at =
        |path: &[i32]| -> Vec<&str> { places.iter().filter(|(one, _)| one == path).map(|(_, text)| *text).collect() };
    assert_eq!(at(&[12]), ["syntax = \"proto2\";"]);
    assert_eq!(at(&[2]), ["package a.b;"]);
    assert_eq!(at(&[10, 0]), ["public"]);
    assert_eq!(at(&[8]).first(), Some(&"option java_package = \"x\" \"y\\n\\x41\\101\\u00e9\";"));
    assert_eq!(at(&[4, 0, 2, 0]), [r#"optional int32 f = 1 [default = -0x1F, json_name = "ff", deprecated = true];"#]);
    assert_eq!(at(&[4, 0, 2, 0, 4]), ["optional"]);
    assert_eq!(at(&[4, 0, 2, 0, 5]), ["int32"]);
    assert_eq!(at(&[4, 0, 2, 0, 1]), ["f"]);
    assert_eq!(at(&[4, 0, 2, 0, 3]), ["1"]);
    assert_eq!(at(&[4, 0, 2, 0, 7]), ["default = -0x1F"]);
    assert_eq!(at(&[4, 0, 2, 0, 10]), ["json_name = \"ff\""]);
    assert_eq!(at(&[4, 0, 2, 0, 8]).first(), Some(&r#"[default = -0x1F, json_name = "ff", deprecated = true]"#));
    assert_eq!(at(&[4, 0, 2, 1, 6]), [".a.b.M"]);
    assert_eq!(at(&[4, 0, 2, 2, 6]), ["group"]);
    assert_eq!(at(&[4, 0, 2, 2]), at(&[4, 0, 3, 0]));
    assert_eq!(at(&[4, 0, 3, 0, 1]), ["G"]);
    assert_eq!(at(&[4, 0, 2, 3, 6]), ["map<string, M.N>"]);
    assert_eq!(at(&[4, 0, 8, 0, 1]), ["o"]);
    assert_eq!(at(&[4, 0, 2, 5, 6]), ["google.protobuf.Any"]);
    assert_eq!(at(&[4, 0, 5, 0]), ["100 to 199"]);
    assert_eq!(at(&[4, 0, 5, 1, 2]), ["209"]);
    assert_eq!(at(&[4, 0, 5, 2, 2]), ["max"]);
    assert_eq!(at(&[4, 0, 9, 1, 1]), ["60"]);
    assert_eq!(at(&[4, 0, 10, 1]), ["\"older\""]);
    assert_eq!(at(&[4, 0, 4, 0, 2, 2, 2]), ["1"]);
    assert_eq!(at(&[4, 0, 4, 0, 4, 0]), ["-9 to -1"]);
    assert_eq!(at(&[4, 0, 6, 0, 2]), ["M"]);
    assert_eq!(at(&[7, 0, 1]), ["outer"]);
    assert_eq!(at(&[6, 0, 2, 0, 6]), ["stream"]);
    assert_eq!(at(&[6, 0, 2, 0, 3]), [".a.b.M"]);
    assert_eq!(at(&[6, 0, 2, 1, 2]), ["M"]);
}

#[test]
fn comments_belong_to_what_they_stand_by() {
    let locations = parsed(PROTO2).places.locations(PROTO2, |_, _| None);
    let of = |path: &[i32]| locations.iter().find(|location| location.path == path).unwrap();
    let package = of(&[2]);
    assert_eq!(package.leading_detached_comments, [" Detached.\n"]);
    assert_eq!(package.leading_comments.as_deref(), Some(" About the\n package. "));
    assert_eq!(package.trailing_comments.as_deref(), Some(" Behind it.\n"));
    let field = of(&[4, 0, 2, 0]);
    assert_eq!(field.leading_comments.as_deref(), Some(" Above f.\n"));
    assert_eq!(field.trailing_comments.as_deref(), Some(" Behind f.\n"));
    assert_eq!(of(&[4, 0, 2, 1]).leading_comments, None);

    let text = "message A { // Of A.\n\n  // Of f.\n  // Still.\n  optional int32 f = 1;\n  // Behind.\n\n  // Alone.\n\n  // Of g.\n  optional int32 g = 2; /* no */ optional int32 h = 3;\n}\n";
    let locations = parsed(text).places.locations(text, |_, _| None);
    let of = |path: &[i32]| locations.iter().find(|location| location.path == path).unwrap();
    assert_eq!(of(&[4, 0]).trailing_comments.as_deref(), Some(" Of A.\n"));
    assert_eq!(of(&[4, 0, 2, 0]).leading_comments.as_deref(), Some(" Of f.\n Still.\n"));
    assert_eq!(of(&[4, 0, 2, 0]).trailing_comments.as_deref(), Some(" Behind.\n"));
    assert_eq!(of(&[4, 0, 2, 1]).leading_detached_comments, [" Alone.\n"]);
    assert_eq!(of(&[4, 0, 2, 1]).leading_comments.as_deref(), Some(" Of g.\n"));
    assert_eq!(of(&[4, 0, 2, 1]).trailing_comments, None);
    assert_eq!(of(&[4, 0, 2, 2]).leading_comments, None);
}

#[test]
fn columns_are_characters_and_tabs_reach_to_their_stops() {
    let text = "message A {\n\toptional /* åäö */ int32\tf = 1;\n}";
    let locations = parsed(text).places.locations(text, |_, _| None);
    let of = |path: &[i32]| locations.iter().find(|location| location.path == path).unwrap().span.clone();
    assert_eq!(of(&[4, 0, 2, 0, 4]), [1, 4, 12]);
    assert_eq!(of(&[4, 0, 2, 0, 5]), [1, 23, 28]);
    assert_eq!(of(&[4, 0, 2, 0, 1]), [1, 32, 33]);
    let text = "\u{feff}message A {}";
    assert_eq!(parsed(text).places.locations(text, |_, _| None)[0].span, [0, 0, 12]);
}

#[test]
fn editions_are_read_with_their_features() {
    let text = "edition = \"2023\";\noption features.(pb.cpp).string_type = VIEW;\nmessage A {\n  int32 a = 1 \
        [features = { field_presence: IMPLICIT [pb.java] { utf8_validation: VERIFY } }];\n  reserved b, c;\n}\n\
        export message B {}\nlocal enum C { D = 0; }\n";
    let parsed = parsed(text);
    assert_eq!((parsed.edition, parsed.descriptor.syntax()), (Some(EDITION_2023), "editions"));
    assert_eq!(parsed.descriptor.message_type[0].reserved_name, ["b", "c"]);
    assert_eq!(parsed.descriptor.message_type[1].name(), "B");
    assert_eq!(parsed.descriptor.enum_type[0].name(), "C");
    let mut names = Vec::new();
    let _ = parsed.places.locations(text, |_, name| {
        names.push(name.iter().map(|part| part.name_part.as_str()).collect::<Vec<_>>().join("/"));
        None
    });
    names.sort();
    let expected =
        ["features", "features/field_presence", "features/pb.cpp/string_type", "features/pb.java/utf8_validation"];
    assert_eq!(names, expected);
}

#[test]
fn what_is_wrong_is_told_with_its_place() {
    let cases: [(&str, u32, u32, &str); 24] = [
        ("message A {", 1, 12, "the file ends here"),
        ("message A {\n  optional int32 a 1;", 2, 20, "expected '='"),
        ("syntax = \"proto4\";", 1, 10, "no syntax 'proto4'"),
        ("edition = \"2031\";", 1, 11, "edition '2031'"),
        ("package a;\npackage b;", 2, 1, "twice"),
        ("import \"a\"; import \"a\";", 1, 20, "imported twice"),
        ("message A { int32 a = 1; }", 1, 13, "must have a label"),
        ("syntax = \"proto3\"; message A { required int32 a = 1; }", 1, 32, "no required"),
        ("syntax = \"proto3\"; message A { int32 a = 1 [default = 1]; }", 1, 45, "no defaults"),
        ("syntax = \"proto3\"; message A { repeated group G = 1 {} }", 1, 41, "proto2"),
        ("edition = \"2023\"; message A { optional int32 a = 1; }", 1, 31, "no such label"),
        ("message A { oneof o { optional int32 a = 1; } }", 1, 23, "no label"),
        ("message A { oneof o { } }", 1, 13, "no field"),
        ("message A { map<float, int32> a = 1; }", 1, 17, "key of a map"),
        ("message A { repeated map<int32, int32> a = 1; }", 1, 22, "map"),
        ("message A { optional int32 a = 0; }", 1, 32, "from 1"),
        ("message A { optional int32 a = 1 [default = \"x\"]; }", 1, 45, "not a value"),
        ("message A { optional int32 a = 1 [default = 1, default = 2]; }", 1, 48, "twice"),
        ("message A { reserved 5 to 2; }", 1, 22, "before it begins"),
        ("enum E { }", 1, 1, "no value"),
        ("enum E { A = 99999999999; }", 1, 14, "numbers here"),
        ("option a = { b: [1 };", 1, 20, "bracket"),
        ("option features.x = Y;", 1, 8, "editions"),
        ("option a = 'b\\q';", 1, 14, "no such escape"),
    ];
    for (text, line, column, part) in cases {
        let (at_line, at_column, cause, _) = complaint(text);
        assert!(cause.contains(part), "{text}: {cause}");
        assert_eq!((at_line, at_column), (line, column), "{text}: {cause}");
    }
    assert!(complaint("/* a").2.contains("comment"));
    assert!(complaint("option a = \"b\n\";").2.contains("string"));
    assert!(complaint("message é {}").2.contains("character"));
    assert!(complaint("option a = 1a;").2.contains("neither"));
}

#[test]
fn nesting_is_bounded() {
    let nested = |depth: usize| format!("{}{}", "message A {".repeat(depth), "}".repeat(depth));
    assert!(parse("a.proto", &nested(NESTING_MAX as usize)).is_ok());
    assert!(complaint(&nested(100_000)).2.contains("nested"));
    assert!(complaint(&format!("option a = {}", "{a:".repeat(100_000))).2.contains("nested"));
    assert!(complaint(&format!("option a = {}", "{a[<".repeat(100_000))).2.contains("nested"));
    assert!(complaint(&"optional group A = 1 {".repeat(9)).2.contains("declaration"));
}

#[test]
fn strings_stand_for_bytes() {
    assert_eq!(unquoted(r#""a\n\t\\\"\'\?\x41\x4\101\7""#).unwrap(), b"a\n\t\\\"'?A\x04A\x07");
    assert_eq!(unquoted(r"'\u00e9\U0001f600'").unwrap(), "é😀".as_bytes());
    assert_eq!(unquoted(r"'ab\q'"), Err(3));
    assert_eq!(unquoted(r"'\777'"), Err(1));
    assert_eq!(unquoted(r"'\ud800'"), Err(1));
}

/// Pieces of the language, so that random texts get far.
fn piece() -> impl Strategy<Value = String> {
    let words = [
        "message",
        "enum",
        "service",
        "rpc",
        "returns",
        "extend",
        "extensions",
        "reserved",
        "oneof",
        "option",
        "import",
        "package",
        "syntax",
        "edition",
        "\"proto3\"",
        "\"2023\"",
        "optional",
        "repeated",
        "group",
        "map",
        "int32",
        "string",
        "A",
        "b",
        "to",
        "max",
        "stream",
        "features",
        "=",
        ";",
        "{",
        "}",
        "[",
        "]",
        "(",
        ")",
        "<",
        ">",
        ",",
        ".",
        ":",
        "-",
        "1",
        "0x7",
        "1.5e3",
        "'x'",
        "// c\n",
        "/* d */",
        "\n",
        "\t",
        "é",
        "\\",
    ];
    prop::sample::select(words.to_vec()).prop_map(str::to_owned)
}

proptest! {
    #[test]
    fn random_texts_are_read_or_refused_at_a_place(pieces in prop::collection::vec(piece(), 0..60)) {
        let text = pieces.join(" ");
        match parse("a.proto", &text) {
            Ok(parsed) => {
                let _ = parsed.places.locations(&text, |owner, _| Some(owner.to_vec()));
                let bytes = parsed.descriptor.encode_to_vec();
                prop_assert_eq!(FileDescriptorProto::decode(bytes.as_slice()).unwrap(), parsed.descriptor);
            }
            Err(complaint) => {
                prop_assert!(complaint.offset <= text.len());
                prop_assert!(text.is_char_boundary(complaint.offset));
                let (line, column) = line_and_column(&text, complaint.offset);
                prop_assert!(line >= 1 && column >= 1);
            }
        }
    }

    #[test]
    fn any_text_is_read_or_refused(text in ".{0,200}") {
        let _ = parse("a.proto", &text);
    }
}
