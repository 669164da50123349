//! What is printed compiles back to an equal descriptor: over carried files, files of every construct, and random ones.

use std::path::{Path, PathBuf};

use proptest::prelude::*;
use prost_reflect::{DescriptorPool, FileDescriptor};

use super::*;
use crate::compile::{Source, SourceText, compile_given};
use crate::error::SchemaError;

fn compile(files: &[(String, String)]) -> Result<DescriptorPool, SchemaError> {
    let source = |(name, text): &(String, String)| Source { name: name.clone(), text: SourceText::Proto(text.clone()) };
    let sources: Vec<Source> = files.iter().map(source).collect();
    compile_given(&sources).map(|compiled| compiled.pool)
}

/// The descriptor without places, custom options included; as text, a line a value.
fn essence(file: &FileDescriptor) -> String {
    let mut message = raw(file).unwrap();
    message.clear_field_by_name("source_code_info");
    // Which of the two ways to say proto2 a file takes is no difference.
    message.set_field_by_name("syntax", prost_reflect::Value::String(format!("{:?}", file.syntax())));
    let mut json = serde_json::to_value(&message).unwrap();
    without_empty_options(&mut json);
    serde_json::to_string_pretty(&json).unwrap()
}

/// Options of which nothing is set, and no options: text knows one of the two.
fn without_empty_options(json: &mut serde_json::Value) {
    match json {
        serde_json::Value::Object(members) => {
            members.retain(|name, value| name != "options" || value.as_object().is_none_or(|value| !value.is_empty()));
            members.values_mut().for_each(without_empty_options);
        }
        serde_json::Value::Array(items) => items.iter_mut().for_each(without_empty_options),
        _ => {}
    }
}

/// The first lines in which two texts differ.
fn assert_same(left: &str, right: &str, context: &str) {
    let differs = left.lines().zip(right.lines()).position(|(a, b)| a != b);
    let at = differs.unwrap_or_else(|| left.lines().count().min(right.lines().count()));
    let around = |text: &str| text.lines().skip(at.saturating_sub(8)).take(12).collect::<Vec<_>>().join("\n");
    assert!(left == right, "{context}\n--- printed\n{}\n--- wanted\n{}", around(left), around(right));
}

/// Prints every file of a pool, compiles the texts as one schema, and compares file by file.
fn assert_round_trip(pool: &DescriptorPool) {
    let texts: Vec<(String, String)> =
        pool.files().map(|file| (file.name().to_owned(), print_file(&file).unwrap())).collect();
    let again = match compile(&texts) {
        Ok(again) => again,
        Err(error) => panic!("{error:?}\n{}", texts.iter().map(|(_, text)| text.as_str()).collect::<String>()),
    };
    for (name, text) in &texts {
        let (file, printed) = (pool.get_file_by_name(name).unwrap(), again.get_file_by_name(name).unwrap());
        assert_same(&essence(&printed), &essence(&file), name);
        assert_eq!(&print_file(&printed).unwrap(), text, "printing is not stable");
    }
}

fn assert_text_round_trip(text: &str) -> String {
    let pool = compile(&[("test.proto".to_owned(), text.to_owned())]).unwrap_or_else(|error| panic!("{error:?}"));
    assert_round_trip(&pool);
    print_file(&pool.get_file_by_name("test.proto").unwrap()).unwrap()
}

#[test]
fn carried_and_well_known_files_round_trip() {
    let mut files: Vec<(String, String)> =
        crate::embedded::FILES.iter().map(|file| (file.name.to_owned(), file.text.to_owned())).collect();
    let google = [
        "any",
        "api",
        "descriptor",
        "duration",
        "empty",
        "field_mask",
        "source_context",
        "struct",
        "timestamp",
        "type",
        "wrappers",
    ];
    let imports: String = google.iter().map(|name| format!("import \"google/protobuf/{name}.proto\";\n")).collect();
    files.push(("all.proto".to_owned(), format!("syntax = \"proto3\";\n{imports}")));
    let pool = compile(&files).unwrap();
    assert!(pool.files().count() >= files.len() + google.len());
    assert_round_trip(&pool);
}

#[test]
fn the_text_is_what_people_write() {
    let text = assert_text_round_trip(
        "syntax = \"proto3\"; package news.v1; import \"judi/v1/options.proto\";
         option java_package = \"com.example\";
         // A comment, which is not in the descriptor.
         message View { option (judi.event) = { name: \"view\" owner: \"a@b\" id: 7 };
           reserved 4, 9 to 11; reserved \"old\";
           enum Kind { option allow_alias = true; KIND_UNSPECIFIED = 0; A = 1; B = 1 [deprecated = true]; }
           message Nested {}
           optional string id = 1 [(judi.field) = { pii: PII_CLASS_NONE, alias: [\"a\", \"b\"] }, json_name = \"ID\"];
           repeated Kind kinds = 2; map<string, Nested> parts = 3;
           oneof what { int64 number = 5; Nested part = 6; } }",
    );
    let expected = "syntax = \"proto3\";

package news.v1;

import \"judi/v1/options.proto\";

option java_package = \"com.example\";

message View {
  option (.judi.event) = { name: \"view\" owner: \"a@b\" id: 7 };
  reserved 4, 9 to 11;
  reserved \"old\";

  enum Kind {
    option allow_alias = true;
    KIND_UNSPECIFIED = 0;
    A = 1;
    B = 1 [deprecated = true];
  }

  message Nested {}
  optional string id = 1 [json_name = \"ID\", (.judi.field) = { pii: PII_CLASS_NONE alias: \"a\" alias: \"b\" }];
  repeated .news.v1.View.Kind kinds = 2;
  map<string, .news.v1.View.Nested> parts = 3;
  oneof what {
    int64 number = 5;
    .news.v1.View.Nested part = 6;
  }
}
";
    assert_eq!(text, expected);
}

#[test]
fn every_construct_of_proto2_round_trips() {
    assert_text_round_trip(
        r#"syntax = "proto2"; package p; import public "google/protobuf/any.proto"; import weak "google/protobuf/descriptor.proto";
        option optimize_for = CODE_SIZE; option (file_note) = "a\"b\\c\001é\n"; option (numbers) = -3; option (numbers) = 4;
        extend google.protobuf.FileOptions { optional string file_note = 50001; repeated sint32 numbers = 50002; }
        extend google.protobuf.FieldOptions { optional float f = 50001; optional double d = 50002; optional bytes b = 50003;
          optional Deep deep = 50004; repeated Deep deeps = 50005; optional E e = 50006; optional uint64 u = 50007; optional bool y = 50008; }
        extend google.protobuf.EnumOptions { optional string eo = 50001; }
        extend google.protobuf.EnumValueOptions { optional string vo = 50001; }
        extend google.protobuf.OneofOptions { optional string oo = 50001; }
        extend google.protobuf.ServiceOptions { optional string so = 50001; }
        extend google.protobuf.MethodOptions { optional Deep mo = 50001; }
        extend google.protobuf.ExtensionRangeOptions { optional string ro = 50001; }
        message Deep { optional int32 a = 1; optional Deep b = 2; map<string, int32> m = 3; repeated string s = 4;
          optional group G = 5 { optional int32 g = 1; } extensions 100 to 199; }
        extend Deep { optional string more = 100; }
        enum E { option (eo) = "x"; E_A = -1 [(vo) = "y"]; E_B = 2; reserved 5, 7 to 9, 100 to max; reserved "E_C"; }
        message M {
          extensions 100 to 199, 1000 to max; extensions 500 to 500 [(ro) = "r", verification = UNVERIFIED];
          optional int32 a = 1 [default = -5]; optional string s = 2 [default = "q\"\\\n\001é"]; optional bytes by = 3 [default = "\000\377\"x"];
          optional double inf = 4 [default = inf]; optional float ninf = 5 [default = -inf]; optional double nan = 6 [default = nan];
          optional float third = 7 [default = 0.33333334]; optional double big = 8 [default = 1e300]; optional E e = 9 [default = E_B];
          optional bool t = 10 [default = true]; optional uint64 max = 11 [default = 18446744073709551615];
          required string must = 12; repeated int32 packed = 13 [packed = true]; repeated int32 loose = 14;
          message First { message Inner {} }
          optional group Mid = 15 { optional int32 x = 1; message InMid {} }
          message Second {}
          map<int64, Second> second_by_id = 16;
          message Third {}
          repeated group Last = 17 { extensions 4 to 5; }
          oneof one { option (oo) = "o"; string one_s = 20; group OneG = 21 { optional int32 z = 1; } }
          optional int32 opts = 30 [(f) = 0.33333334, (d) = -1.5e-7, (b) = "\000\377", (e) = E_A, (u) = 18446744073709551615, (y) = true, deprecated = true,
             (deep) = { a: -1 b { a: 2 b {} } m { key: "k" value: 1 } m { key: "j" value: 2 } s: "x" s: "y" [p.more]: "z" G { g: 1 } },
             (deeps) = { a: 1 }, (deeps) = {}, jstype = JS_STRING, targets = TARGET_TYPE_FIELD, targets = TARGET_TYPE_MESSAGE];
          extend M { optional string in_m = 100; optional group ExtG = 101 { optional int32 q = 1; } }
          extend Deep { optional int32 in_deep = 101; }
          extend M { repeated int32 again = 102; }
        }
        extend M { optional group TopG = 103 { optional int32 w = 1; } optional M self = 104; }
        message After {}
        message set { option message_set_wire_format = true; extensions 4 to max; }
        service S { option (so) = "s"; rpc A(M) returns (stream Deep) { option (mo) = { a: 1 }; option idempotency_level = IDEMPOTENT; } rpc B(stream M) returns (M); }
        service Empty {}
        "#,
    );
}

#[test]
fn names_that_scopes_could_catch_are_written_in_full() {
    assert_text_round_trip(
        "syntax = \"proto3\"; package a.google; import \"google/protobuf/timestamp.proto\"; import \"judi/v1/options.proto\";
         message judi { message event {} option (.judi.event).name = \"x\"; .google.protobuf.Timestamp t = 1; judi j = 2; event e = 3; }
         message google { message protobuf {} .google.protobuf.Timestamp t = 1; }",
    );
}

#[test]
fn a_file_of_an_edition_is_printed_in_what_it_means() {
    let text = "edition = \"2023\"; message M { string a = 1; int32 b = 2 [features.field_presence = LEGACY_REQUIRED];
        message G {} G g = 3 [features.message_encoding = DELIMITED]; }";
    let print = |text: &str| {
        let source = Source { name: "a.proto".to_owned(), text: SourceText::Proto(text.to_owned()) };
        let pool = crate::compile::compile(&[source]).unwrap().pool;
        print_file(&pool.get_file_by_name("a.proto").unwrap())
    };
    let printed = print(text).unwrap();
    assert!(printed.starts_with("syntax = \"proto2\";\n"), "{printed}");
    assert!(printed.contains("  optional string a = 1;\n  required int32 b = 2;\n"), "{printed}");
    assert!(printed.contains("  optional group G = 3 {}\n"), "{printed}");
    assert!(!printed.contains("features"), "{printed}");
    let delimited = "edition = \"2023\"; message M { M m = 1 [features.message_encoding = DELIMITED]; }";
    assert_eq!(print(&delimited.replace(" m ", " other ")), Err(PrintError::Delimited { of: "M.other".to_owned() }));
    assert_eq!(print(delimited), Err(PrintError::Delimited { of: "M.m".to_owned() }));
}

#[test]
fn an_option_that_nobody_defines_is_an_error() {
    let text = "syntax = \"proto3\"; message M { option deprecated = true; }";
    let pool = compile(&[("a.proto".to_owned(), text.to_owned())]).unwrap();
    let mut bytes = pool.get_file_by_name("a.proto").unwrap().encode_to_vec();
    // The options' one field, number 3, becomes the number 15, which descriptors do not have.
    let at = bytes.windows(4).position(|window| window == [0x3a, 0x02, 0x18, 0x01]).unwrap();
    bytes[at + 2] = 15 << 3;
    let mut pool = DescriptorPool::new();
    pool.decode_file_descriptor_proto(bytes.as_slice()).unwrap();
    let printed = print_file(&pool.get_file_by_name("a.proto").unwrap());
    assert_eq!(printed, Err(PrintError::UnknownOption { of: "M".to_owned(), number: 15 }));
}

#[test]
fn a_schema_of_other_people_round_trips() {
    let folder = std::env::var_os("JUDI_TEST_DATA").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap().join("../shared/data"),
        PathBuf::from,
    );
    let folder = folder.join("buf-breaking");
    if !folder.is_dir() {
        eprintln!("not run: {} is missing; JUDI_TEST_DATA names another folder", folder.display());
        assert!(std::env::var_os("CI").is_none(), "in CI everything has to run");
        return;
    }
    let (mut cases, mut files) = (0, 0);
    for side in ["previous", "current"] {
        for case in std::fs::read_dir(folder.join(side)).unwrap() {
            let root = case.unwrap().path();
            let mut texts = Vec::new();
            read_protos(&root, &root, &mut texts);
            // Some are written for other roots, or in editions; what compiles has to come back.
            let Ok(pool) = compile(&texts) else { continue };
            assert_round_trip(&pool);
            cases += 1;
            files += texts.len();
        }
    }
    assert!(cases >= 30 && files >= 60, "{cases} cases with {files} files compile");
}

fn read_protos(root: &Path, folder: &Path, texts: &mut Vec<(String, String)>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read_protos(root, &path, texts);
        } else if path.extension().is_some_and(|extension| extension == "proto") {
            let name = path.strip_prefix(root).unwrap().display().to_string();
            texts.push((name, std::fs::read_to_string(&path).unwrap()));
        }
    }
}

/// A message of random fields, with a nested message, groups, maps and oneofs in random order.
fn random_message() -> impl Strategy<Value = String> {
    let scalar =
        prop::sample::select(vec!["int32", "uint64", "string", "bytes", "double", "bool", "sfixed64", "N", "E"]);
    let element = (scalar, 0..7u8, ".{0,4}").prop_map(|(kind, shape, text)| (kind, shape, text));
    prop::collection::vec(element, 0..12).prop_map(|elements| {
        let mut body = String::from("message N {} enum E { Z = 0; }\n");
        for (index, (kind, shape, text)) in elements.iter().enumerate() {
            let (name, number) = (format!("f_{index}x"), index * 2 + 1);
            let note = literals::quoted(text.as_bytes());
            body.push_str(&match shape {
                0 => format!("optional {kind} {name} = {number} [(judi.field).semantic_type = {note}];\n"),
                1 => format!("repeated {kind} {name} = {number};\n"),
                2 => format!("map<string, {kind}> {name} = {number};\n"),
                3 => format!("optional group G{index} = {number} {{ optional int32 a = 1; message I {{}} }}\n"),
                4 => format!("oneof o{index} {{ {kind} {name} = {number}; string {name}b = {}; }}\n", number + 1),
                5 => format!("message Sub{index} {{}} extensions {} to {};\n", 1000 + index * 10, 1005 + index * 10),
                _ => format!("optional string {name} = {number} [default = {note}, json_name = \"j{index}\"];\n"),
            });
        }
        format!("syntax = \"proto2\"; package r; import \"judi/v1/options.proto\"; message M {{ {body} }}")
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn random_messages_round_trip(text in random_message()) {
        assert_text_round_trip(&text);
    }
}
