//! Tests of the reference encoder: bytes written by hand from the encoding's specification.

use judi_schema::compile::{Source, SourceText, compile};
use judi_schema::model::Model;
use serde_json::json;

use super::*;

const PROTO: &str = r#"syntax = "proto3"; package a.v1;
    import "judi/v1/options.proto"; import "google/protobuf/struct.proto"; import "google/protobuf/timestamp.proto";
    message Thing {
      option (judi.event) = { name: "thing" };
      string id = 3; optional int32 count = 1; repeated sint32 steps = 2; map<bool, string> by = 4;
      google.protobuf.Timestamp at = 5; google.protobuf.Value json = 6; Thing inner = 7; float ratio = 8;
    }"#;

fn encoded(call: &Value) -> Result<String, CallError> {
    let source = Source { name: "a.proto".into(), text: SourceText::Proto(PROTO.into()) };
    let library = Library::of(&Model::first(compile(&[source]).unwrap()).unwrap());
    encode(&library, 0, call).map(|bytes| bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

#[test]
fn a_call_becomes_the_bytes_of_the_specification() {
    let call = json!({"id": "é", "count": -1, "steps": [0, -1, 1], "by": [[true, "t"], [false, ""], [true, "u"]]});
    let bytes = "08ffffffffffffffffff01\
                 1203000102\
                 1a02c3a9\
                 220408001200\
                 2205080112\
                 0175";
    assert_eq!(encoded(&call).unwrap(), bytes);
    assert_eq!(encoded(&json!({"count": 0, "id": "", "ratio": "-0"})).unwrap(), "08004500000080");
    assert_eq!(encoded(&json!({"at": {"seconds": "-1", "nanos": 5}})).unwrap(), "2a0d08ffffffffffffffffff011005");
    assert_eq!(encoded(&json!({"json": null, "inner": {}})).unwrap(), "320208003a00");
    let nested = "32192a170a080a016112031a01780a0b0a0162120632040a022001";
    assert_eq!(encoded(&json!({"json": {"b": [true], "a": "x"}})).unwrap(), nested);
}

#[test]
fn what_cannot_be_sent_has_a_word() {
    let mut deep = json!({});
    for _ in 1..LEVELS_MAX {
        deep = json!({ "inner": deep });
    }
    assert!(encoded(&deep).is_ok());
    for (call, word) in [
        (json!({"count": "2147483648"}), "out_of_range"),
        (json!({"count": 1.5}), "out_of_range"),
        (json!({"ratio": 3.5e38}), "out_of_range"),
        (json!({"at": {"seconds": "253402300800"}}), "out_of_range"),
        (json!({"id": {"$utf16": ["d800"]}}), "invalid_text"),
        (json!({"id": {"$utf8": "c080"}}), "invalid_text"),
        (json!({"json": [{"$number": "NaN"}]}), "invalid_value"),
        (json!({"id": 1}), "invalid_value"),
        (json!({"nothing": 1}), "invalid_value"),
        (json!({ "inner": deep }), "too_deep"),
    ] {
        assert_eq!(encoded(&call).unwrap_err().word(), word, "{call}");
    }
}
