//! Text, and JSON as a value.

use serde_json::json;

use super::{Cases, GO, UTF16};

pub(super) fn text(cases: &mut Cases) {
    for (detail, text) in [
        ("nul", "\u{0}"),
        ("two bytes", "\u{80}\u{7ff}"),
        ("three bytes", "\u{800}\u{ffff}"),
        ("four bytes", "\u{10000}\u{10ffff}"),
        ("around surrogates", "\u{d7ff}\u{e000}"),
        ("combining", "e\u{301}"),
        ("composed", "\u{e9}"),
        ("family", "👨‍👩‍👧‍👦"),
        ("bom", "\u{feff}"),
        ("line separators", "\u{2028}\u{2029}\r\n"),
        ("right to left", "שלום"),
        ("replacement character", "\u{fffd}"),
    ] {
        for (event, field) in [("scalars_optional", "f_string"), ("wrappers", "w_string"), ("json", "value")] {
            cases.add(format!("utf8/{field} {detail}"), event, json!({ field: text }));
        }
    }
    for length in [127, 128, 16_383, 16_384] {
        cases.add(format!("utf8/length {length}"), "scalars_optional", json!({"f_string": "x".repeat(length)}));
        cases.add(
            format!("utf8/length {length} of two bytes"),
            "nested",
            json!({"leaf": {"text": "é".repeat(length / 2)}}),
        );
    }
}

/// Text that is none: lone surrogates where text is UTF-16, bytes where it is UTF-8.
pub(super) fn no_text(cases: &mut Cases) {
    for (detail, units) in [
        ("high", json!(["d800"])),
        ("low", json!(["dc00"])),
        ("reversed", json!(["dc00", "d800"])),
        ("in the middle", json!(["61", "d83d", "62"])),
        ("at the end", json!(["61", "dbff"])),
    ] {
        let lone = json!({ "$utf16": units });
        for (place, event, call) in [
            ("implicit", "scalars_implicit", json!({"f_string": lone})),
            ("optional", "scalars_optional", json!({"f_string": lone})),
            ("list", "scalars_repeated", json!({"f_string": ["a", lone]})),
            ("oneof", "scalars_oneof", json!({"f_string": lone})),
            ("map key", "map_keys", json!({"by_string": [[lone, ""]]})),
            ("map value", "map_values", json!({"of_string": [["a", lone]]})),
            ("wrapper", "wrappers", json!({"w_string": lone})),
            ("value", "json", json!({"value": lone})),
            ("in a struct", "json", json!({"object": {"a": lone}})),
            ("nested", "nested", json!({"leaf": {"text": lone}})),
        ] {
            cases.only(UTF16, format!("utf8/lone surrogate {detail}, {place}"), event, call);
        }
    }
    for (detail, hex) in [
        ("overlong", "c080"),
        ("truncated", "e282"),
        ("surrogate", "eda080"),
        ("beyond", "f4908080"),
        ("continuation", "80"),
        ("latin-1", "e9"),
    ] {
        let bad = json!({ "$utf8": hex });
        for (place, event, call) in [
            ("implicit", "scalars_implicit", json!({"f_string": bad})),
            ("list", "scalars_repeated", json!({"f_string": [bad]})),
            ("map key", "map_keys", json!({"by_string": [[bad, ""]]})),
            ("map value", "map_values", json!({"of_string": [["a", bad]]})),
            ("wrapper", "wrappers", json!({"w_string": bad})),
            ("value", "json", json!({"value": bad})),
        ] {
            cases.only(GO, format!("utf8/{detail}, {place}"), event, call);
        }
    }
}

pub(super) fn json_values(cases: &mut Cases) {
    let mixed = json!({"b": [1, "two", null, true, {"c": [[], {}]}], "a": -1.5, "": ""});
    for (detail, call) in [
        ("mixed object", json!({ "object": mixed })),
        ("mixed value", json!({ "value": mixed })),
        ("mixed list", json!({"list": [mixed, 0, -1, 1e300]})),
        ("false", json!({"value": false})),
        ("zero", json!({"value": 0})),
        ("empty text", json!({"value": ""})),
        ("empty list", json!({"value": []})),
        ("empty object", json!({"value": {}})),
        ("-0.0", json!({"value": -0.0})),
        ("2^53-1", json!({"value": 9_007_199_254_740_991u64})),
        ("0.1", json!({"value": 0.1})),
        ("least double", json!({"value": 5e-324})),
        ("greatest double", json!({"value": f64::MAX})),
        ("objects by name", json!({"object_by_name": [["b", {"x": 1}], ["a", {}]]})),
        ("objects in a oneof", json!({"o_object": {"a": null}})),
        ("lists in a oneof", json!({"o_list": [null]})),
        ("lists of lists", json!({"lists": [[1], [], [[2]]]})),
    ] {
        cases.add(format!("json/{detail}"), "json", call);
    }
    for text in ["NaN", "Infinity", "-Infinity"] {
        let number = json!({ "$number": text });
        cases.add(format!("json/{text} as a value"), "json", json!({"value": number}));
        cases.add(format!("json/{text} in an object"), "json", json!({"object": {"a": [number]}}));
        cases.add(format!("json/{text} in a list"), "json", json!({"list": [1, number]}));
    }
    for (detail, value) in [
        ("of a known type", json!({"type_url": "type.googleapis.com/kit.v1.Nested.Leaf", "value": "CAU="})),
        ("of a type that nobody knows", json!({"type_url": "example.com/x.Y", "value": "CAU="})),
        ("without a type", json!({"type_url": "", "value": "AA=="})),
        ("without bytes", json!({"type_url": "type.googleapis.com/kit.v1.Empty", "value": ""})),
    ] {
        cases.add(format!("json/any {detail}"), "anys", json!({ "any": value }));
        cases.add(format!("json/any {detail}, in a map"), "anys", json!({"by_name": [["a", value]]}));
        cases.add(format!("json/any {detail}, in a oneof"), "anys", json!({ "o_any": value }));
    }
}
