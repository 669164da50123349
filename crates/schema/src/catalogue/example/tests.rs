//! What is shown as an example is taken by the Event API, whatever the rules.

use proptest::prelude::*;
use serde_json::Value;

use super::*;
use crate::compile::{Source, SourceText};
use crate::schemas::Schemas;

const HEAD: &str = r#"
    syntax = "proto3"; package test;
    import "judi/v1/options.proto"; import "buf/validate/validate.proto"; import "google/protobuf/any.proto";
    import "google/protobuf/timestamp.proto"; import "google/protobuf/duration.proto";
    import "google/protobuf/wrappers.proto"; import "google/protobuf/struct.proto";
    enum Size { SIZE_UNSPECIFIED = 0; SIZE_SMALL = 1; SIZE_BIG = 5; }
    message Person { string name = 1 [(judi.field).required = true]; Person friend = 2; Size size = 3; }
    message Nothing {}
    message Endless { Endless again = 1 [(judi.field).required = true]; }
"#;

fn schemas(fields: &str) -> Schemas {
    let text = format!("{HEAD} message A {{ option (judi.event).name = \"a\"; {fields} }}");
    Schemas::first(&[Source { name: "t.proto".to_owned(), text: SourceText::Proto(text) }]).unwrap()
}

/// The example's payload, judged again.
fn payload(fields: &str) -> Option<Value> {
    let schemas = schemas(fields);
    let model = schemas.current();
    let event = model.event("a").unwrap();
    let example = example(model, event)?;
    to_wire(&model.plans, event.message, &example.payload, &mut Vec::new()).unwrap();
    Some(serde_json::from_str(&example.payload).unwrap())
}

/// Asserts that each of `fields`, which are called `x`, gets a value.
#[track_caller]
fn each_has_a_value(fields: &[&str]) {
    for field in fields {
        let payload = payload(field).unwrap_or_else(|| panic!("{field}: no example"));
        assert!(payload.get("x").is_some(), "{field}: {payload}");
    }
}

#[test]
fn every_type_has_a_value() {
    let scalars = ["double", "float", "int32", "int64", "uint32", "uint64", "sint32", "sint64"];
    let others = ["fixed32", "fixed64", "sfixed32", "sfixed64", "bool", "string", "bytes", "Size", "Person", "Nothing"];
    let known = ["Timestamp", "Duration", "Struct", "Value", "ListValue", "StringValue", "Int64Value", "BoolValue"];
    let known = known.map(|name| format!("google.protobuf.{name}"));
    for kind in scalars.iter().chain(&others).map(|name| (*name).to_owned()).chain(known) {
        each_has_a_value(&[&format!("{kind} x = 1;"), &format!("repeated {kind} x = 1;")]);
        each_has_a_value(&[&format!("map<string, {kind}> x = 1;")]);
    }
    each_has_a_value(&[
        "map<int64, string> x = 1;",
        "map<bool, int32> x = 1;",
        "oneof o { string x = 1; int32 y = 2; }",
    ]);
}

#[test]
fn rules_are_kept() {
    each_has_a_value(&[
        "int32 x = 1 [(buf.validate.field).int32 = {gt: 100, lt: 102}];",
        "int32 x = 1 [(buf.validate.field).int32 = {gte: -5, lte: -3}];",
        "int64 x = 1 [(buf.validate.field).int64 = {gt: 10, lt: 5, not_in: [11, 12]}];",
        "uint64 x = 1 [(buf.validate.field).uint64.const = 18446744073709551615];",
        "uint32 x = 1 [(buf.validate.field).uint32 = {in: [70, 80], not_in: 70}];",
        "double x = 1 [(buf.validate.field).double = {gt: 0.1, lt: 0.2}];",
        "float x = 1 [(buf.validate.field).float = {gte: 0.25, lte: 0.25}];",
        "bool x = 1 [(buf.validate.field).bool.const = true];",
        "string x = 1 [(buf.validate.field).string = {min_len: 40, max_len: 45}];",
        "string x = 1 [(buf.validate.field).string.len = 1];",
        "string x = 1 [(buf.validate.field).string = {len_bytes: 3, suffix: \"é\"}];",
        "string x = 1 [(buf.validate.field).string = {prefix: \"/a/\", suffix: \".html\", contains: \"-\", min_len: 20}];",
        "string x = 1 [(buf.validate.field).string.pattern = \"^[a-z]{2}-[0-9]{4}(/x)?$\"];",
        "string x = 1 [(buf.validate.field).string = {in: [\"b\", \"c\"], not_in: \"b\"}];",
        "string x = 1 [(buf.validate.field).string.uuid = true];",
        "string x = 1 [(buf.validate.field).string = {email: true, min_len: 5}];",
        "string x = 1 [(buf.validate.field).string = {example: \"given\", min_len: 5}];",
        "bytes x = 1 [(buf.validate.field).bytes = {len: 3, prefix: \"ab\"}];",
        "bytes x = 1 [(buf.validate.field).bytes.uuid = true];",
        "Size x = 1 [(buf.validate.field).enum = {defined_only: true, not_in: [0, 1]}];",
        "repeated string x = 1 [(buf.validate.field).repeated = {min_items: 3, unique: true}];",
        "repeated int32 x = 1 [(buf.validate.field).repeated = {min_items: 2, unique: true, items: {int32: {gt: 100}}}];",
        "map<string, int32> x = 1 [(buf.validate.field).map = {min_pairs: 2, keys: {string: {min_len: 3}}, values: {int32: {gt: 7}}}];",
        "google.protobuf.Timestamp x = 1 [(buf.validate.field).timestamp.gt = {seconds: 4000000000}];",
        "google.protobuf.Duration x = 1 [(buf.validate.field).duration = {gt: {seconds: 1}, lte: {seconds: 2}}];",
        "google.protobuf.StringValue x = 1 [(buf.validate.field).string.min_len = 30];",
        "string x = 1 [(buf.validate.field).required = true];",
        "int32 x = 1 [(judi.field).required = true, (buf.validate.field).int32.gte = 0];",
        "option (buf.validate.message).oneof = {fields: [\"x\", \"y\"], required: true}; string x = 1; string y = 2;",
    ]);
}

#[test]
fn what_is_said_about_a_field_is_what_its_example_looks_like() {
    let fields = "
        // The kind: \"front\", \"section\".
        string kind = 1;
        string article_id = 2;
        string target = 3 [(judi.field).semantic_type = \"url\"];
        int32 depth = 4 [(judi.field).semantic_type = \"percent\"];
        string old = 5 [(judi.field).replaced_by = \"kind\"];
        string older = 6 [deprecated = true];
        string given = 7 [(buf.validate.field).string.example = \"mine\"];";
    let expected = r#"{"kind": "front", "article_id": "article-1", "target": "https://example.com/page", "depth": 50, "given": "mine"}"#;
    assert_eq!(payload(fields).unwrap(), serde_json::from_str::<Value>(expected).unwrap());
}

#[test]
fn what_cannot_be_is_left_out_and_what_must_be_leaves_no_example() {
    let impossible = "[(buf.validate.field).string = {min_len: 5, max_len: 2}]";
    let payload_of = |fields: &str| payload(fields);
    assert_eq!(
        payload_of(&format!("string y = 1; optional string x = 2 {impossible};")).unwrap(),
        serde_json::json!({"y": "y"})
    );
    assert_eq!(payload_of("google.protobuf.Any x = 1; string y = 2;").unwrap(), serde_json::json!({"y": "y"}));
    assert_eq!(payload_of("Endless x = 1; string y = 2;").unwrap(), serde_json::json!({"y": "y"}));
    assert_eq!(payload_of(&format!("string y = 1; string x = 2 {impossible};")), None, "'' is checked as well");
    assert_eq!(payload_of("Endless x = 1 [(judi.field).required = true];"), None);
    assert_eq!(payload_of("").unwrap(), serde_json::json!({}));
}

#[test]
fn members_stand_in_the_order_of_the_schema() {
    let schemas = schemas("string z = 1; repeated string a = 2; Person p = 3; repeated Person q = 4;");
    let model = schemas.current();
    let example = example(model, model.event("a").unwrap()).unwrap();
    let person =
        |indent: &str| format!("{{\n{indent}  \"name\": \"name\",\n{indent}  \"size\": \"SIZE_SMALL\"\n{indent}}}");
    let expected = format!(
        "{{\n  \"z\": \"z\",\n  \"a\": [\"a\"],\n  \"p\": {},\n  \"q\": [\n    {}\n  ]\n}}",
        person("  "),
        person("    ")
    );
    assert_eq!(example.payload, expected);
    assert_eq!(example.values.get([3, 3].as_slice()).map(String::as_str), Some("\"SIZE_SMALL\""));
}

fn rule() -> impl Strategy<Value = String> {
    let numbers = (0_i32..50, 0_i32..50, any::<bool>()).prop_map(|(low, more, required)| {
        let high = low + more;
        format!("int32 = {{gte: {low}, lte: {high}}}, (judi.field).required = {required}")
    });
    let texts = (0_u32..30, 0_u32..30, "[a-z/]{0,3}", "[a-z.]{0,3}").prop_map(|(least, more, prefix, suffix)| {
        let least = least + 6;
        format!("string = {{min_len: {least}, max_len: {}, prefix: \"{prefix}\", suffix: \"{suffix}\"}}", least + more)
    });
    prop_oneof![numbers.prop_map(|rule| format!("int32|{rule}")), texts.prop_map(|rule| format!("string|{rule}"))]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn an_example_of_rules_that_can_be_kept_has_every_field(rules in prop::collection::vec(rule(), 1..6)) {
        let fields: String = rules
            .iter()
            .enumerate()
            .map(|(at, rule)| {
                let (kind, rule) = rule.split_once('|').unwrap();
                format!("optional {kind} f{at} = {} [(buf.validate.field).{rule}];", at + 1)
            })
            .collect();
        let payload = payload(&fields).unwrap();
        prop_assert_eq!(payload.as_object().unwrap().len(), rules.len(), "{} {}", fields, payload);
    }
}
