//! Each rule from a `.proto` file to its verdict; the refusals; the well-known forms.

use super::formats::Format;
use crate::error::SchemaError;
use crate::json;
use crate::verdict::{Reason, Violation};
use crate::wire::sample::Sample;

fn event(fields: &str) -> Sample {
    Sample::new(&format!("enum Size {{ NONE = 0; BIG = 5; }} message Event {{ {fields} }}"))
}

fn verdict(sample: &Sample, json: &str) -> Result<(), Violation> {
    json::to_wire(&sample.plans, sample.id, json, &mut Vec::new())
}

/// Asserts that `good` pass and that each of `bad` breaks a rule with the text beside it.
fn holds(fields: &str, good: &[&str], bad: &[(&str, &str)]) {
    let sample = event(fields);
    for json in good {
        assert_eq!(verdict(&sample, json), Ok(()), "{fields} {json}");
    }
    for (json, text) in bad {
        let violation = verdict(&sample, json).unwrap_err();
        assert_eq!((violation.reason, violation.to_string().as_str()), (Reason::Constraint, *text), "{fields} {json}");
    }
}

fn refused(fields: &str) -> (String, String) {
    match Sample::try_new(&format!("message Event {{ {fields} }}")) {
        Err(SchemaError::Refused { cause, hint, .. }) => (cause, hint),
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("{fields} was accepted"),
    }
}

#[test]
fn numbers() {
    holds(
        "optional int32 a = 1 [(buf.validate.field).int32 = { gte: 1, lt: 10 }];",
        &[r#"{"a": 1}"#, r#"{"a": 9}"#, "{}"],
        &[(r#"{"a": 0}"#, "a: must be at least 1"), (r#"{"a": 10}"#, "a: must be less than 10")],
    );
    holds(
        "optional uint64 a = 1 [(buf.validate.field).uint64 = { gt: 10, lte: 5 }];",
        &[r#"{"a": 11}"#, r#"{"a": 5}"#],
        &[(r#"{"a": 7}"#, "a: must be more than 10 or at most 5")],
    );
    holds(
        "optional sint64 a = 1 [(buf.validate.field).sint64 = { in: [-1, 2], not_in: [2] }];",
        &[r#"{"a": -1}"#],
        &[(r#"{"a": 1}"#, "a: must be one of [-1, 2]"), (r#"{"a": 2}"#, "a: must not be any of [2]")],
    );
    holds(
        "optional float a = 1 [(buf.validate.field).float = { finite: true, gte: 0.1 }];",
        &[r#"{"a": 0.1}"#],
        &[
            (r#"{"a": "NaN"}"#, "a: must be at least 0.1"),
            (r#"{"a": "Infinity"}"#, "a: must be a finite number"),
            (r#"{"a": 0.09}"#, "a: must be at least 0.1"),
        ],
    );
    holds(
        "optional double a = 1 [(buf.validate.field).double.const = 1.5]; google.protobuf.Int64Value b = 2 [(buf.validate.field).int64.gt = 3];",
        &[r#"{"a": 1.5, "b": 4}"#, "{}"],
        &[
            (r#"{"a": 1}"#, "a: must be 1.5"),
            (r#"{"b": 3}"#, "b: must be more than 3"),
            (r#"{"b": 0}"#, "b: must be more than 3"),
        ],
    );
    holds("bool a = 1 [(buf.validate.field).bool.const = true];", &[r#"{"a": true}"#], &[("{}", "a: must be true")]);
}

#[test]
fn text_and_bytes() {
    holds(
        "string a = 1 [(buf.validate.field).string = { min_len: 1, max_len: 3 }];",
        &[r#"{"a": "åäö"}"#],
        &[
            ("{}", "a: must be at least 1 character long"),
            (r#"{"a": ""}"#, "a: must be at least 1 character long"),
            (r#"{"a": "åäöx"}"#, "a: must be at most 3 characters long"),
        ],
    );
    holds(
        "optional string a = 1 [(buf.validate.field).string = { max_bytes: 3 }];",
        &[r#"{"a": "abc"}"#],
        &[(r#"{"a": "åä"}"#, "a: must be at most 3 bytes long")],
    );
    holds(
        r#"optional string a = 1 [(buf.validate.field).string = { prefix: "/", not_contains: " ", pattern: "^[a-z/]+$" }];"#,
        &[r#"{"a": "/abc"}"#],
        &[(r#"{"a": "abc"}"#, "a: must begin with \"/\""), (r#"{"a": "/A"}"#, "a: must match the pattern ^[a-z/]+$")],
    );
    holds(
        r#"optional string a = 1 [(buf.validate.field).string = { in: ["x", "y"] }];"#,
        &[r#"{"a": "x"}"#],
        &[(r#"{"a": "z"}"#, "a: must be one of [\"x\", \"y\"]")],
    );
    holds(
        "optional bytes a = 1 [(buf.validate.field).bytes = { len: 2, prefix: \"\\x01\" }];",
        &[r#"{"a": "AQI="}"#],
        &[
            (r#"{"a": "AQ=="}"#, "a: must be exactly 2 bytes long"),
            (r#"{"a": "AAA="}"#, "a: must begin with the bytes [01]"),
        ],
    );
    holds(
        "optional string a = 1 [(buf.validate.field).string.email = true];",
        &[r#"{"a": "a@b.se"}"#],
        &[(r#"{"a": "a"}"#, "a: must be an email address")],
    );
}

#[test]
fn enums_lists_maps_times_and_messages() {
    holds(
        "optional Size a = 1 [(buf.validate.field).enum.defined_only = true];",
        &[r#"{"a": "BIG"}"#],
        &[(r#"{"a": 7}"#, "a: must be one of the enum's declared values")],
    );
    holds(
        "repeated int32 a = 1 [(buf.validate.field).repeated = { min_items: 1, max_items: 2, unique: true, items: { int32: { gt: 0 } } }];",
        &[r#"{"a": [1, 2]}"#],
        &[
            ("{}", "a: must have at least 1 item"),
            (r#"{"a": [1, 2, 3]}"#, "a: must have at most 2 items"),
            (r#"{"a": [1, 1]}"#, "a: must not hold the same item twice"),
            (r#"{"a": [1, 0]}"#, "a[1]: must be more than 0"),
        ],
    );
    holds(
        "map<string, int32> a = 1 [(buf.validate.field).map = { max_pairs: 1, keys: { string: { len: 2 } }, values: { int32: { lt: 9 } } }];",
        &[r#"{"a": {"sv": 8}}"#, "{}"],
        &[
            (r#"{"a": {"sv": 1, "en": 2}}"#, "a: must have at most 1 entry"),
            (r#"{"a": {"s": 1}}"#, "a[\"s\"]: must be exactly 2 characters long"),
            (r#"{"a": {"sv": 9}}"#, "a[\"sv\"]: must be less than 9"),
        ],
    );
    holds(
        "google.protobuf.Timestamp a = 1 [(buf.validate.field).timestamp = { gte: { seconds: 1000 } }];
         google.protobuf.Duration b = 2 [(buf.validate.field).duration = { gt: {}, lte: { seconds: 1, nanos: 500000000 } }];",
        &[r#"{"a": "1970-01-01T00:16:40Z", "b": "1.5s"}"#, "{}"],
        &[
            (r#"{"a": "1970-01-01T00:00:00Z"}"#, "a: must be at least 1970-01-01T00:16:40Z"),
            (r#"{"b": "2s"}"#, "b: must be at most 1.500s"),
            (r#"{"b": "-0.1s"}"#, "b: must be more than 0s"),
        ],
    );
    holds(
        "oneof which { option (buf.validate.oneof).required = true; string a = 1; string b = 2; }",
        &[r#"{"a": ""}"#],
        &[("{}", "which: one of them must be set, and none is")],
    );
    holds(
        r#"option (buf.validate.message).oneof = { fields: ["a", "b"], required: true };
           string a = 1 [(buf.validate.field).string.min_len = 2]; int32 b = 2;"#,
        &[r#"{"a": "xy"}"#, r#"{"b": 1}"#, r#"{"a": "", "b": 1}"#],
        &[
            ("{}", "a, b: one of them must be set, and none is"),
            (r#"{"a": "xy", "b": 1}"#, "a, b: at most one of them may be set"),
            (r#"{"a": "x"}"#, "a: must be at least 2 characters long"),
        ],
    );
}

#[test]
fn ignoring() {
    holds(
        "string a = 1 [(buf.validate.field) = { ignore: IGNORE_IF_ZERO_VALUE, string: { min_len: 2 } }];",
        &["{}", r#"{"a": ""}"#, r#"{"a": "ab"}"#],
        &[(r#"{"a": "a"}"#, "a: must be at least 2 characters long")],
    );
    holds(
        "optional string a = 1 [(buf.validate.field) = { ignore: IGNORE_IF_ZERO_VALUE, string: { min_len: 2 } }];",
        &["{}"],
        &[(r#"{"a": ""}"#, "a: must be at least 2 characters long")],
    );
    holds(
        "message Part { string id = 1 [(buf.validate.field).string.min_len = 1]; }
         Part a = 1 [(buf.validate.field) = { ignore: IGNORE_ALWAYS, required: true }]; Part b = 2;",
        &["{}", r#"{"a": {}}"#],
        &[(r#"{"b": {}}"#, "b.id: must be at least 1 character long")],
    );
    holds(
        "repeated string a = 1 [(buf.validate.field) = { ignore: IGNORE_IF_ZERO_VALUE, repeated: { min_items: 2 } }];",
        &["{}", r#"{"a": []}"#, r#"{"a": ["x", "y"]}"#],
        &[(r#"{"a": ["x"]}"#, "a: must have at least 2 items")],
    );
}

#[test]
fn the_last_value_is_the_one_that_is_checked() {
    let sample = event("int32 a = 1 [(buf.validate.field).int32.gt = 5];");
    let verdict = |bytes: &[u8]| crate::wire::validate(&sample.plans, sample.id, bytes);
    assert_eq!(verdict(&[0x08, 1, 0x08, 6]), Ok(()));
    assert_eq!(verdict(&[0x08, 6, 0x08, 1]).unwrap_err().detail, "must be more than 5");
}

#[test]
fn what_is_not_evaluated_is_refused_by_name() {
    for (fields, named) in [
        ("string a = 1 [(buf.validate.field).cel = { id: \"x\", expression: \"true\" }];", "`cel`"),
        ("string a = 1 [(buf.validate.field).cel_expression = \"true\"];", "`cel_expression`"),
        ("google.protobuf.Timestamp a = 1 [(buf.validate.field).timestamp.lt_now = true];", "`timestamp.lt_now`"),
        (
            "google.protobuf.Timestamp a = 1 [(buf.validate.field).timestamp.within = { seconds: 1 }];",
            "`timestamp.within`",
        ),
        ("google.protobuf.FieldMask a = 1 [(buf.validate.field).field_mask.in = \"a\"];", "`field_mask`"),
        ("option (buf.validate.message).cel_expression = \"true\"; string a = 1;", "`cel_expression`"),
        ("repeated string a = 1 [(buf.validate.field).repeated.items.cel_expression = \"true\"];", "`cel_expression`"),
    ] {
        let (cause, hint) = refused(fields);
        assert!(cause.contains(named) && cause.contains("not evaluated"), "{cause}");
        assert!(hint.contains("standard rules"), "{hint}");
    }
    let (cause, _) = refused("string a = 1 [(buf.validate.field).int32.gt = 5];");
    assert_eq!(cause, "the rules are for int32, but the type takes rules for string");
    let (cause, hint) = refused("string a = 1 [(buf.validate.field).string.pattern = \"(?=x)\"];");
    assert!(cause.contains("(?=x)") && hint.contains("RE2"), "{cause} {hint}");
    let (cause, _) = refused("option (buf.validate.message).oneof = { fields: [\"b\"] }; string a = 1;");
    assert!(cause.contains("\"b\""), "{cause}");
}

#[test]
fn well_known_forms() {
    let fits = |name: &str, good: &[&str], bad: &[&str]| {
        let format = Format::named(name).unwrap();
        assert_eq!(format.name(), name);
        for text in good {
            assert!(format.fits(text), "{name} {text}");
        }
        for text in bad {
            assert!(!format.fits(text), "{name} {text}");
        }
    };
    let long = "a".repeat(64);
    fits(
        "email",
        &["a@b", "a.b+c@x-y.se"],
        &["", "a", "@b", "a@", "a b@c", "a@b@c", "å@b.se", "a@-b", "a@b.", "a@[1.2.3.4]"],
    );
    fits(
        "hostname",
        &["a", "a-b.se", "a.se.", "1a"],
        &["", ".", "-a", "a-", "a..b", "1.2.3.4", "a_b", "å", &long, "a:80"],
    );
    fits(
        "ip",
        &["1.2.3.4", "::1", "fe80::1%eth0"],
        &["", "1.2.3", "1.2.3.256", "01.2.3.4", "::1%", "[::1]", "1.2.3.4%a"],
    );
    fits("ipv4", &["255.255.255.255"], &["::1", "1.2.3.4 "]);
    fits("ipv6", &["::", "2001:db8::1", "::ffff:1.2.3.4"], &["1.2.3.4", ":::", "1::2::3"]);
    fits("address", &["a.se", "1.2.3.4", "::1"], &["", "a b"]);
    fits(
        "uri",
        &[
            "https://a.se/x?y=%C3%A5#z",
            "mailto:a@b",
            "urn:x:y",
            "http://[::1]:80/",
            "http://[fe80::1%25eth0]/",
            "a:",
            "http://u:p@h",
        ],
        &["", "a", "/x", "http://a b", "http://[::1", "http://h:x/", "1a:x", "a://%zz", "http://%ff", "http://a\u{e5}"],
    );
    fits("uri_ref", &["", "/x", "x/y?z#", "//h/p", "https://a.se", "?q", "./a:b"], &["a b", "%", "#a#b", "1a:b", ":x"]);
    fits(
        "uuid",
        &["019329f0-0000-7000-8000-00000000000A"],
        &["", "019329f00000700080000000000000001", "019329f0-0000-7000-8000-00000000000g"],
    );
    fits("tuuid", &["019329f000007000800000000000000A"], &["019329f0-0000-7000-8000-000000000001"]);
    fits(
        "ip_prefix",
        &["10.0.0.0/8", "0.0.0.0/0", "2001:db8::/32", "::/0", "::1/128"],
        &["10.0.0.1/8", "10.0.0.0", "10.0.0.0/33", "10.0.0.0/08", "::1/64"],
    );
    fits("ipv4_prefix", &["10.0.0.0/8"], &["::/0"]);
    fits("ipv6_prefix", &["::/0"], &["10.0.0.0/8", "::/129"]);
    fits("ip_with_prefixlen", &["10.0.0.1/8", "::1/64"], &["10.0.0.1", "10.0.0.1/", "10.0.0.1/+8"]);
    fits("ipv4_with_prefixlen", &["10.0.0.1/8"], &["::1/64"]);
    fits("ipv6_with_prefixlen", &["::1/64"], &["10.0.0.1/8"]);
    fits(
        "host_and_port",
        &["a.se:80", "1.2.3.4:0", "[::1]:65535"],
        &["a.se", "a.se:", "a.se:65536", "a.se:080", "::1:80", "[::1]", ":80"],
    );
    fits(
        "ulid",
        &["01ARZ3NDEKTSV4RRFFQ69G5FAV", "01arz3ndektsv4rrffq69g5fav"],
        &["", "81ARZ3NDEKTSV4RRFFQ69G5FAV", "01ARZ3NDEKTSV4RRFFQ69G5FAI"],
    );
    fits("protobuf_fqn", &["a", "a.b_1.C"], &["", ".a", "a.", "a..b", "1a"]);
    fits("protobuf_dot_fqn", &[".a.b"], &["a.b", "."]);
    let header = |regex, strict| Format::header(regex, strict).unwrap();
    assert!(header(1, true).fits(":path") && !header(1, true).fits("a b") && !header(1, true).fits(":"));
    assert!(header(1, false).fits("a b") && !header(1, false).fits("a\n") && !header(1, false).fits(""));
    assert!(header(2, true).fits("a\tb") && !header(2, true).fits("a\u{7f}") && header(2, false).fits("a\u{7f}"));
    assert_eq!(Format::header(0, true), None);
}
