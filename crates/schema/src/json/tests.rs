//! JSON's mapping: each form that it reads, each message that people get, and the laws against reflection.

use proptest::collection::vec;
use proptest::prelude::*;
use prost::Message;
use prost_reflect::{DynamicMessage, SerializeOptions};

use super::{UNKNOWN_JSON_FIELD, struct_to_wire, to_json, to_wire};
use crate::verdict::{Reason, Violation};
use crate::wire::sample::{Choices, Sample, random};

fn wire(sample: &Sample, json: &str) -> Result<Vec<u8>, Violation> {
    let mut out = b"before".to_vec();
    match to_wire(&sample.plans, sample.id, json, &mut out) {
        Ok(()) => Ok(out.split_off(6)),
        Err(violation) => {
            assert_eq!(out, b"before", "an error leaves the output alone");
            Err(violation)
        }
    }
}

/// There and back.
fn canonical(json: &str) -> String {
    let sample = Sample::everything();
    let bytes = wire(sample, json).unwrap();
    to_json(&sample.plans, sample.id, &bytes).unwrap()
}

fn invalid(json: &str) -> String {
    let violation = wire(Sample::everything(), json).unwrap_err();
    assert_eq!(violation.reason, Reason::InvalidPayload, "{json}");
    violation.to_string()
}

#[test]
fn names_in_every_form() {
    let wanted = r#"{"f_int32":1,"under_1_score":"x","named":"y"}"#;
    for json in [
        r#"{"f_int32":1,"under_1_score":"x","named":"y"}"#,
        r#" { "fInt32" : 1 , "under1Score" : "x" , "andra-namn" : "y" } "#,
        r#"{"f_\u0069nt32":1,"under1Score":"x","named":"y"}"#,
    ] {
        assert_eq!(canonical(json), wanted, "{json}");
    }
    let sample = Sample::new("message Event { string a = 1 [(judi.field) = { alias: \"was\" }]; }");
    assert_eq!(wire(&sample, r#"{"was": "x"}"#), wire(&sample, r#"{"a": "x"}"#));
    assert_eq!(wire(&sample, r#"{"was": "x", "a": "x"}"#).unwrap_err().to_string(), "a: given twice");
}

#[test]
fn numbers_in_every_form() {
    for (json, wanted) in [
        (r#"{"f_int32": 1.0}"#, r#"{"f_int32":1}"#),
        (r#"{"f_int32": "1e3"}"#, r#"{"f_int32":1000}"#),
        (r#"{"f_int32": -2147483648}"#, r#"{"f_int32":-2147483648}"#),
        (r#"{"f_int64": 9007199254740993}"#, r#"{"f_int64":"9007199254740993"}"#),
        (r#"{"f_int64": "-9223372036854775808"}"#, r#"{"f_int64":"-9223372036854775808"}"#),
        (r#"{"f_uint64": 18446744073709551615}"#, r#"{"f_uint64":"18446744073709551615"}"#),
        (r#"{"f_fixed64": "18446744073709551615"}"#, r#"{"f_fixed64":"18446744073709551615"}"#),
        (r#"{"f_double": "NaN", "f_float": "-Infinity"}"#, r#"{"f_double":"NaN","f_float":"-Infinity"}"#),
        (r#"{"f_double": -0.0}"#, r#"{"f_double":-0.0}"#),
        (r#"{"f_double": "1.5", "f_float": 0.1}"#, r#"{"f_double":1.5,"f_float":0.1}"#),
        (r#"{"f_double": 5e-324, "f_float": 3.4028235e38}"#, r#"{"f_double":5e-324,"f_float":3.4028235e38}"#),
        (r#"{"f_double": 0, "f_int32": 0, "f_string": "", "f_bool": false}"#, "{}"),
        (
            r#"{"maybe_int": 0, "maybe_text": "", "maybe_bool": false}"#,
            r#"{"maybe_int":0,"maybe_text":"","maybe_bool":false}"#,
        ),
    ] {
        assert_eq!(canonical(json), wanted, "{json}");
    }
}

#[test]
fn enums_bytes_times_wrappers_and_nulls() {
    for (json, wanted) in [
        (r#"{"f_section": "SECTION_SPORT"}"#, r#"{"f_section":"SECTION_SPORT"}"#),
        (r#"{"f_section": -1}"#, r#"{"f_section":"SECTION_BACK"}"#),
        (r#"{"f_section": "UNKNOWN(7)", "sections": [7, 1.0]}"#, r#"{"f_section":7,"sections":[7,"SECTION_INRIKES"]}"#),
        (r#"{"f_bytes": "-_8"}"#, r#"{"f_bytes":"+/8="}"#),
        (r#"{"at": "2026-11-23t09:00:01.5+01:00"}"#, r#"{"at":"2026-11-23T08:00:01.500Z"}"#),
        (r#"{"lasted": "-1.5s", "span": "0s"}"#, r#"{"span":"0s","lasted":"-1.500s"}"#),
        (r#"{"w_int64": "5", "w_bool": false, "w_string": null}"#, r#"{"w_int64":"5","w_bool":false}"#),
        (r#"{"f_int32": null, "author": null, "ints": null, "labels": null, "at": null}"#, "{}"),
        (r#"{"any_json": null}"#, r#"{"any_json":null}"#),
        (r#"{"any_json": {"b": [1, 2.5, null, "x"], "a": {}}}"#, r#"{"any_json":{"a":{},"b":[1,2.5,null,"x"]}}"#),
        (r#"{"fields": {"x": null}, "list": []}"#, r#"{"fields":{"x":null},"list":[]}"#),
        (r#"{"mask": "fooBar,x"}"#, r#"{"mask":"fooBar,x"}"#),
        (r#"{"by_bool": {"true": 1, "false": 2}}"#, r#"{"by_bool":{"false":2,"true":1}}"#),
        (r#"{"by_number": {"-5": {}, "12": {"name": "x"}}}"#, r#"{"by_number":{"-5":{},"12":{"name":"x"}}}"#),
        (r#"{"by_value": {"k": null}}"#, r#"{"by_value":{"k":null}}"#),
        (r#"{"left": null, "middle": 1}"#, r#"{"middle":"1"}"#),
    ] {
        assert_eq!(canonical(json), wanted, "{json}");
    }
}

#[test]
fn what_does_not_fit_says_so_to_people() {
    for (json, wanted) in [
        (r#"{"f_int32": "abc"}"#, "f_int32: expected a whole number, got text \"abc\""),
        (r#"{"f_int32": 1.5}"#, "f_int32: expected a whole number, got the number 1.5"),
        (r#"{"f_int32": true}"#, "f_int32: expected a whole number, got true"),
        (
            r#"{"f_int32": 2147483648}"#,
            "f_int32: expected a whole number from -2147483648 to 2147483647, got the number 2147483648",
        ),
        (r#"{"f_uint32": -1}"#, "f_uint32: expected a whole number from 0 to 4294967295, got the number -1"),
        (
            r#"{"f_uint64": 18446744073709551616}"#,
            "f_uint64: expected a whole number from 0 to 18446744073709551615, got the number 18446744073709551616",
        ),
        (r#"{"f_double": "abc"}"#, "f_double: expected a number, got text \"abc\""),
        (r#"{"f_double": 1e999}"#, "f_double: expected a number, got the number 1e999"),
        (r#"{"f_float": 1e39}"#, "f_float: expected a number, got the number 1e39"),
        (r#"{"f_bool": "true"}"#, "f_bool: expected true or false, got text \"true\""),
        (r#"{"f_bool": 1}"#, "f_bool: expected true or false, got the number 1"),
        (r#"{"f_string": 5}"#, "f_string: expected text, got the number 5"),
        (r#"{"f_string": {}}"#, "f_string: expected text, got an object"),
        (r#"{"f_bytes": "!"}"#, "f_bytes: expected base64 text, got text \"!\""),
        (
            r#"{"f_section": "SECTION_SPROT"}"#,
            "f_section: expected one of the names of Section, got text \"SECTION_SPROT\"; the nearest is \"SECTION_SPORT\"",
        ),
        (
            r#"{"f_section": 2147483648}"#,
            "f_section: expected the name of a value, or its number, got the number 2147483648",
        ),
        (r#"{"author": []}"#, "author: expected an object, got a list"),
        (r#"{"author": {"friend": {"age": "x"}}}"#, "author.friend.age: expected a whole number, got text \"x\""),
        (r#"{"authors": [{}, {"age": false}]}"#, "authors[1].age: expected a whole number, got false"),
        (r#"{"ints": 1}"#, "ints: expected a list, got the number 1"),
        (r#"{"ints": [1, null]}"#, "ints[1]: a list cannot hold null"),
        (r#"{"labels": []}"#, "labels: expected an object, got a list"),
        (r#"{"labels": {"sv": null}}"#, "labels[\"sv\"]: a map cannot hold null"),
        (r#"{"labels": {"sv": 1}}"#, "labels[\"sv\"]: expected text, got the number 1"),
        (r#"{"labels": {"a": "", "a": ""}}"#, "labels[\"a\"]: given twice"),
        (r#"{"by_number": {"x": {}}}"#, "by_number[\"x\"]: expected a key that is a whole number, got text \"x\""),
        (r#"{"by_bool": {"1": 1}}"#, "by_bool[\"1\"]: expected a key that is true or false, got text \"1\""),
        (r#"{"at": "yesterday"}"#, "at: expected a time such as \"2026-11-23T08:00:00Z\", got text \"yesterday\""),
        (r#"{"at": 1763884800}"#, "at: expected a time such as \"2026-11-23T08:00:00Z\", got the number 1763884800"),
        (r#"{"lasted": "1"}"#, "lasted: expected a duration such as \"1.5s\", got text \"1\""),
        (r#"{"w_int64": "x"}"#, "w_int64: expected a whole number, got text \"x\""),
        (r#"{"f_int32": 1, "fInt32": 1}"#, "f_int32: given twice"),
        (r#"{"left": "", "middle": 1}"#, "middle: another member of the oneof choice is set as well"),
        (r#"{"fields": {"a": 1, "a": 2}}"#, "fields: the member \"a\" is given twice"),
        (r#"{"fields": []}"#, "fields: expected an object, got a list"),
        (r#"{"new": 1, "new": 2}"#, "new: given twice"),
        ("[]", "expected an object, got a list"),
        ("null", "expected an object, got null"),
        ("5", "expected an object, got the number 5"),
    ] {
        assert_eq!(invalid(json), wanted, "{json}");
    }
}

#[test]
fn what_is_not_json_is_undecodable() {
    let deep = format!("{}1{}", "{\"inner\":".repeat(90), "}".repeat(90));
    assert_eq!(wire(Sample::everything(), &deep).unwrap_err().reason, Reason::InvalidPayload);
    for json in [
        "",
        "{",
        "{\"f_int32\": }",
        "{\"f_int32\": 01}",
        "{\"f_int32\": \"x\", }",
        "{} {}",
        "{\"f_string\": \"\\ud800\"}",
        "{\"f_string\": \"a\nb\"}",
        "{\"f_int32\": true",
        &format!("{}{}{}", "{\"inner\":".repeat(101), "{}", "}".repeat(101)),
        &format!("{}{}{}", "{\"inner\":".repeat(9_000), "{}", "}".repeat(9_000)),
        &format!("{{\"any_json\":{}{}}}", "[".repeat(200), "]".repeat(200)),
        &format!("{{\"any_json\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000)),
    ] {
        let violation = wire(Sample::everything(), json).unwrap_err();
        assert_eq!(violation.reason, Reason::Undecodable, "{json:.60} {violation}");
    }
}

#[test]
fn members_that_are_not_known_are_kept_in_their_own_message() {
    let sample = Sample::everything();
    let json = r#"{"new_one": {"a": [1, "å"]}, "f_int32": 1, "author": {"born": 1.50}, "authors": [{}, {"x": null}]}"#;
    let bytes = wire(sample, json).unwrap();
    let back = to_json(&sample.plans, sample.id, &bytes).unwrap();
    assert_eq!(back, r#"{"f_int32":1,"author":{"born":1.50},"authors":[{},{"x":null}],"new_one":{"a": [1, "å"]}}"#);
    assert_eq!(wire(sample, &back).map(|bytes| to_json(&sample.plans, sample.id, &bytes)), Ok(Ok(back)));
    let kept = sample.decode(&bytes);
    let numbers: Vec<u32> = kept.unknown_fields().map(|field| field.number()).collect();
    assert_eq!(numbers, [UNKNOWN_JSON_FIELD]);
    // Fields that are not known, of the wire, are shown as base64.
    assert_eq!(to_json(&sample.plans, sample.id, &[0xd0, 0x0f, 0x05]).unwrap(), r#"{"_unknown":"0A8F"}"#);
}

#[test]
fn any_holds_what_the_events_refer_to() {
    let sample = Sample::new(
        "message Part { string id = 1; Part inner = 2; } message Event { google.protobuf.Any any = 1; Part part = 2; google.protobuf.Timestamp at = 3; }",
    );
    for json in [
        r#"{"any":{"@type":"type.googleapis.com/test.Part","id":"x","inner":{}}}"#,
        r#"{"any":{"@type":"type.googleapis.com/google.protobuf.Timestamp","value":"2026-11-23T08:00:00Z"}}"#,
        r#"{"any":{"@type":"x/google.protobuf.Any","value":{"@type":"x/test.Part","id":"y"}}}"#,
        r#"{"any":{}}"#,
    ] {
        let bytes = wire(&sample, json).unwrap();
        assert_eq!(to_json(&sample.plans, sample.id, &bytes).unwrap(), json);
    }
    for (json, wanted) in [
        (r#"{"any":{"id":"x"}}"#, "any: an Any needs the member \"@type\", once"),
        (
            r#"{"any":{"@type":"x/test.Other"}}"#,
            "any: the type \"x/test.Other\" is not known; an Any must hold a type that the events refer to",
        ),
        (r#"{"any":{"@type":"x/test.Part","id":5}}"#, "any.id: expected text, got the number 5"),
        (
            r#"{"any":{"@type":"x/google.protobuf.Timestamp"}}"#,
            "any: x/google.protobuf.Timestamp in an Any needs the member \"value\"",
        ),
        (r#"{"any":5}"#, "any: expected an object, got the number 5"),
    ] {
        assert_eq!(wire(&sample, json).unwrap_err().to_string(), wanted, "{json}");
    }
    let nested = |depth: usize| {
        let open = r#"{"@type":"x/google.protobuf.Any","value":"#.repeat(depth);
        format!("{{\"any\":{open}{{}}{}}}", "}".repeat(depth))
    };
    assert!(wire(&sample, &nested(50)).is_ok());
    assert_eq!(wire(&sample, &nested(3000)).unwrap_err().reason, Reason::Undecodable);
    // Bytes that are not of the type are shown, not hidden.
    let bad = [0x0a, 14, 0x0a, 11, b'x', b'/', b't', b'e', b's', b't', b'.', b'P', b'a', b'r', b't', 0x12];
    let shown = to_json(&sample.plans, sample.id, &[&bad[..1], &[15], &bad[2..], &[0]].concat());
    assert_eq!(shown.unwrap(), r#"{"any":{"@type":"x/test.Part"}}"#);
}

#[test]
fn a_struct_is_read_as_the_json_that_it_is() {
    let sample = Sample::everything();
    let json = r#"{"f_int32": 5, "f_double": 0.1, "f_string": "å\"", "author": {"tags": ["a"]}, "f_bool": true, "w_int64": null, "new": [{}]}"#;
    let fields: prost_types::Struct = {
        let holder = format!("{{\"fields\": {json}}}");
        let bytes = wire(sample, &holder).unwrap();
        let message = sample.decode(&bytes);
        let value = message.get_field_by_name("fields").unwrap();
        value.as_message().unwrap().transcode_to().unwrap()
    };
    let mut out = Vec::new();
    struct_to_wire(&sample.plans, sample.id, &fields, &mut out).unwrap();
    let shown = to_json(&sample.plans, sample.id, &out).unwrap();
    assert_eq!(
        shown,
        r#"{"f_double":0.1,"f_int32":5,"f_bool":true,"f_string":"å\"","author":{"tags":["a"]},"new":[{}]}"#
    );
    let nan = prost_types::Value { kind: Some(prost_types::value::Kind::NumberValue(f64::NAN)) };
    let fields = prost_types::Struct { fields: [("f_int32".to_owned(), nan)].into() };
    let violation = struct_to_wire(&sample.plans, sample.id, &fields, &mut out).unwrap_err();
    assert_eq!(violation.to_string(), "f_int32: expected a whole number, got text \"NaN\"");
}

#[test]
fn what_is_read_has_been_judged() {
    let sample = Sample::new("message Event { string a = 1 [(judi.field) = { required: true }]; }");
    assert_eq!(wire(&sample, "{}").unwrap_err().to_string(), "a: required, and not set");
    assert_eq!(wire(&sample, r#"{"a": null}"#).unwrap_err().to_string(), "a: required, and not set");
    assert_eq!(wire(&sample, r#"{"A": "x"}"#).unwrap_err().to_string(), "a: required, and not set");
}

#[test]
fn proto2_groups_and_unset_defaults() {
    let sample = Sample::new(
        "syntax = \"proto2\"; package test; message Event { optional group Part = 1 { optional string id = 2; } optional int32 n = 3 [default = 5]; repeated int32 many = 4; }",
    );
    let json = r#"{"part":{"id":"x"},"n":0,"many":[1,2]}"#;
    let bytes = wire(&sample, json).unwrap();
    assert_eq!(to_json(&sample.plans, sample.id, &bytes).unwrap(), json);
    assert_eq!(wire(&sample, "{}").unwrap(), b"");
}

/// Through bytes, which do not tell a zero from nothing where presence is implicit; the builder does.
fn some_message(choices: &[u8]) -> DynamicMessage {
    let sample = Sample::everything();
    let built = random(&sample.event, &mut Choices { bytes: choices.iter() }, 4);
    sample.decode(&built.encode_to_vec())
}

fn oracle_json(message: &DynamicMessage, proto_names: bool) -> String {
    let mut out = Vec::new();
    let options = SerializeOptions::new().use_proto_field_name(proto_names);
    message.serialize_with_options(&mut serde_json::Serializer::new(&mut out), &options).unwrap();
    String::from_utf8(out).unwrap()
}

fn oracle_read(json: &str) -> DynamicMessage {
    let mut source = serde_json::Deserializer::from_str(json);
    DynamicMessage::deserialize(Sample::everything().event.clone(), &mut source).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn what_reflection_writes_is_read(choices in vec(any::<u8>(), 0..300), proto_names: bool) {
        let sample = Sample::everything();
        let message = some_message(&choices);
        let json = oracle_json(&message, proto_names);
        let bytes = wire(sample, &json);
        prop_assert!(bytes.is_ok(), "{} {:?}", json, bytes);
        // Not assert_eq: the descriptors that it would print refer to each other without end.
        let read = sample.decode(&bytes.unwrap());
        prop_assert!(read == message, "{} became {}", json, oracle_json(&read, true));
    }

    #[test]
    fn what_is_written_is_read_by_reflection_and_here(choices in vec(any::<u8>(), 0..300)) {
        let sample = Sample::everything();
        let message = some_message(&choices);
        let json = to_json(&sample.plans, sample.id, &message.encode_to_vec()).unwrap();
        prop_assert!(oracle_read(&json) == message, "{} for {}", json, oracle_json(&message, true));
        let bytes = wire(sample, &json).unwrap();
        prop_assert!(sample.decode(&bytes) == message, "{}", json);
        prop_assert_eq!(to_json(&sample.plans, sample.id, &bytes).unwrap(), json);
    }

    #[test]
    fn every_double_and_float_there_and_back(double: f64, float: f32) {
        let sample = Sample::everything();
        let bytes = [&[0x09][..], &double.to_le_bytes(), &[0x15], &float.to_le_bytes()].concat();
        let json = to_json(&sample.plans, sample.id, &bytes).unwrap();
        if !double.is_nan() && !float.is_nan() && double.to_bits() != 0 && float.to_bits() != 0 {
            prop_assert_eq!(wire(sample, &json), Ok(bytes), "{}", json);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn random_text_never_panics(text in "[\\[\\]{}:,\"0-9eE.a-z_\\\\\u{e5}-]{0,60}") {
        let _ = wire(Sample::everything(), &text);
    }

    #[test]
    fn random_bytes_are_shown_or_refused(bytes in vec(any::<u8>(), 0..64)) {
        let sample = Sample::everything();
        if let Ok(json) = to_json(&sample.plans, sample.id, &bytes) {
            prop_assert!(serde_json::from_str::<serde::de::IgnoredAny>(&json).is_ok(), "{}", json);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn damaged_json_never_panics(
        choices in vec(any::<u8>(), 0..60),
        place in any::<prop::sample::Index>(),
        byte in any::<u8>(),
    ) {
        let sample = Sample::everything();
        let message = some_message(&choices);
        let mut json = to_json(&sample.plans, sample.id, &message.encode_to_vec()).unwrap().into_bytes();
        let place = place.index(json.len());
        json[place] = byte;
        if let Ok(text) = String::from_utf8(json)
            && let Ok(bytes) = wire(sample, &text)
        {
            prop_assert!(to_json(&sample.plans, sample.id, &bytes).is_ok());
        }
    }
}
