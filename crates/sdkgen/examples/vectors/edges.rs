//! Calls that are known to part languages, by name: `row/detail`, the rows being those of "language agnostic, but not
//! really".

use judi_schema::plan::ScalarKind;
use judi_sdkgen::library::{Kind, Library};
use serde_json::{Value, json};

use crate::Case;

const UTF16: &[&str] = &["js", "java"];
const JS: &[&str] = &["js"];
const GO: &[&str] = &["go"];

/// A growing list.
struct Cases(Vec<Case>);

impl Cases {
    fn add(&mut self, id: impl Into<String>, event: &str, call: Value) {
        self.only(&[], id, event, call);
    }

    fn only(&mut self, languages: &'static [&'static str], id: impl Into<String>, event: &str, call: Value) {
        self.0.push(Case { id: id.into(), event: event.to_owned(), call, languages });
    }
}

pub(crate) fn cases(library: &Library) -> Vec<Case> {
    let mut cases = Cases(Vec::new());
    whole_numbers(library, &mut cases);
    floats(&mut cases);
    presence(library, &mut cases);
    enums(&mut cases);
    text(&mut cases);
    order(&mut cases);
    required(&mut cases);
    depth(&mut cases);
    times(&mut cases);
    json_values(&mut cases);
    names(library, &mut cases);
    legacy(&mut cases);
    wrong(&mut cases);
    cases.0
}

/// The edges of each type in each shape, and what lies beyond them.
fn whole_numbers(library: &Library, cases: &mut Cases) {
    let power = |exponent: u32| 1i128 << exponent;
    let edges = [
        ("0", 0),
        ("1", 1),
        ("-1", -1),
        ("2^7-1", power(7) - 1),
        ("2^7", power(7)),
        ("2^31-1", power(31) - 1),
        ("2^31", power(31)),
        ("-2^31", -power(31)),
        ("-2^31-1", -power(31) - 1),
        ("2^32-1", power(32) - 1),
        ("2^32", power(32)),
        ("2^53-1", power(53) - 1),
        ("2^53", power(53)),
        ("2^53+1", power(53) + 1),
        ("-2^53-1", -power(53) - 1),
        ("-2^53", -power(53)),
        ("-2^53+1", -power(53) + 1),
        ("2^63-1", power(63) - 1),
        ("2^63", power(63)),
        ("-2^63", -power(63)),
        ("-2^63+1", -power(63) + 1),
        ("-2^63-1", -power(63) - 1),
        ("uint64 max", power(64) - 1),
        ("2^64", power(64)),
    ];
    for (event, row, is_list) in [
        ("scalars_optional", "int64", false),
        ("scalars_implicit", "int64 implicit", false),
        ("scalars_repeated", "int64 list", true),
        ("scalars_oneof", "int64 oneof", false),
    ] {
        let message = library.events.iter().find(|it| it.name == event).and_then(|it| library.messages.get(it.message));
        for field in message.iter().flat_map(|message| &message.fields).filter(|it| it.name.starts_with("f_")) {
            let Kind::Scalar(kind) = field.kind else { continue };
            let bits = match kind {
                ScalarKind::Int32
                | ScalarKind::Sint32
                | ScalarKind::Sfixed32
                | ScalarKind::Uint32
                | ScalarKind::Fixed32 => 32,
                ScalarKind::Int64
                | ScalarKind::Sint64
                | ScalarKind::Sfixed64
                | ScalarKind::Uint64
                | ScalarKind::Fixed64 => 64,
                _ => continue,
            };
            for (name, number) in edges {
                let is_word = bits == 32 && i64::try_from(number).is_ok_and(|it| it.unsigned_abs() < 1 << 32);
                let value = if is_word { json!(number as i64) } else { json!(number.to_string()) };
                let value = if is_list { json!([value]) } else { value };
                cases.add(format!("{row}/{}/{name}", field.name), event, json!({ field.name.clone(): value }));
            }
        }
    }
    for (field, number) in
        [("f_int32", 1.5), ("f_int64", 0.1), ("f_uint32", 1e-9), ("f_sint32", -0.5), ("f_fixed32", 2.5)]
    {
        cases.only(JS, format!("int64/{field} no whole number"), "scalars_optional", json!({ field: number }));
    }
    for field in ["f_int32", "f_int64", "f_uint64"] {
        cases.only(JS, format!("int64/{field} NaN"), "scalars_optional", json!({ field: "NaN" }));
        cases.only(JS, format!("int64/{field} Infinity"), "scalars_optional", json!({ field: "Infinity" }));
    }
}

fn floats(cases: &mut Cases) {
    let values: [(&str, Value); 12] = [
        ("0", json!(0.0)),
        ("-0", json!("-0")),
        ("NaN", json!("NaN")),
        ("Infinity", json!("Infinity")),
        ("-Infinity", json!("-Infinity")),
        ("1", json!(1)),
        ("0.1", json!(0.1)),
        ("least double", json!(5e-324)),
        ("greatest float", json!(f64::from(f32::MAX))),
        ("least float", json!(f64::from(f32::from_bits(1)))),
        ("tie to even", json!(16_777_217.0)),
        ("tie to odd's even", json!(16_777_219.0)),
    ];
    for (event, is_list) in
        [("scalars_implicit", false), ("scalars_optional", false), ("scalars_repeated", true), ("scalars_oneof", false)]
    {
        for field in ["f_float", "f_double"] {
            for (name, value) in &values {
                let value = if is_list { json!([value, value]) } else { value.clone() };
                cases.add(format!("floats/{event}.{field} {name}"), event, json!({ field: value }));
            }
        }
    }
    for (name, value) in [
        ("greatest double", json!(f64::MAX)),
        ("lowest double", json!(f64::MIN)),
        ("1e21", json!(1e21)),
        ("1e-7", json!(1e-7)),
    ] {
        cases.add(format!("floats/{name}"), "scalars_optional", json!({ "f_double": value }));
    }
    // Half a step beyond the greatest float, and just below that.
    cases.add(
        "floats/float rounds up out of range",
        "scalars_optional",
        json!({"f_float": 3.402_823_567_797_336_6e38}),
    );
    cases.add(
        "floats/float rounds down into range",
        "scalars_optional",
        json!({"f_float": 3.402_823_567_797_336_4e38}),
    );
    cases.add("floats/float too large", "scalars_optional", json!({"f_float": 3.5e38}));
    cases.add("floats/float too low", "scalars_implicit", json!({"f_float": -1e300}));
    cases.add("floats/float too small is zero", "scalars_optional", json!({"f_float": 1e-60}));
    cases.add("floats/wrapper -0", "wrappers", json!({"w_double": "-0", "w_float": "-0"}));
    cases.add("floats/wrapper NaN", "wrappers", json!({"w_double": "NaN", "w_float": "NaN"}));
    cases.add("floats/wrapper too large", "wrappers", json!({"w_float": 1e39}));
}

/// Unset, zero and set: implicit, optional, oneof, wrapper, message, list, map.
fn presence(library: &Library, cases: &mut Cases) {
    for event in library.events.iter().filter(|event| event.name != "required") {
        cases.add(format!("presence/{} unset", event.name), &event.name, json!({}));
    }
    let zero = |name: &str| match name {
        "f_bool" => json!(false),
        "f_string" | "f_bytes" => json!(""),
        name if name.contains("64") => json!("0"),
        _ => json!(0),
    };
    for event in ["scalars_implicit", "scalars_optional", "scalars_oneof", "scalars_repeated", "scalars_unpacked"] {
        let message = library.events.iter().find(|it| it.name == event).and_then(|it| library.messages.get(it.message));
        for field in message.iter().flat_map(|message| &message.fields).filter(|it| it.name.starts_with("f_")) {
            let zero = zero(&field.name);
            if event.ends_with("ed") {
                cases.add(format!("presence/{event}.{} empty", field.name), event, json!({ field.name.clone(): [] }));
                cases.add(
                    format!("presence/{event}.{} zeros", field.name),
                    event,
                    json!({ field.name.clone(): [zero, zero] }),
                );
            } else {
                cases.add(format!("presence/{event}.{} zero", field.name), event, json!({ field.name.clone(): zero }));
            }
        }
    }
    let message =
        library.events.iter().find(|it| it.name == "wrappers").and_then(|it| library.messages.get(it.message));
    for field in message.iter().flat_map(|message| &message.fields).filter(|it| it.name.starts_with("w_")) {
        let zero = zero(&field.name.replace("w_", "f_"));
        cases.add(format!("presence/wrapper {} zero", field.name), "wrappers", json!({ field.name.clone(): zero }));
    }
    for (detail, event, call) in [
        ("empty message", "nested", json!({"leaf": {}, "empty": {}})),
        ("empty messages in a list", "nested", json!({"leaves": [{}, {}], "empties": [{}, {}, {}]})),
        ("empty message in a oneof", "nested", json!({"in_oneof": {}})),
        ("message without fields in a oneof", "nested", json!({"nothing": {}})),
        ("empty text in a oneof", "nested", json!({"text": ""})),
        ("empty list and map", "nested", json!({"leaves": [], "by_number": []})),
        ("optional zero in a message", "nested", json!({"leaf": {"number": 0, "text": "", "numbers": []}})),
        (
            "map of zeros",
            "map_values",
            json!({"of_int32": [["", 0]], "of_string": [["", ""]], "of_bool": [["", false]], "of_bytes": [["", ""]], "of_double": [["", 0]], "of_enum": [[0, 0]], "of_message": [["", {}]]}),
        ),
        (
            "zero wrappers in lists and maps",
            "wrappers",
            json!({"numbers": ["0", "1"], "texts": ["", "a"], "flags": [["", false]], "counts": [[0, "0"]]}),
        ),
        ("zero wrappers in a oneof", "wrappers", json!({"o_string": ""})),
        ("zero time", "times", json!({"at": {"seconds": "0", "nanos": 0}, "took": {"seconds": "0", "nanos": 0}})),
        (
            "zero times in a list and a map",
            "times",
            json!({"moments": [{"seconds": "0", "nanos": 0}], "took_by_name": [["", {"seconds": "0", "nanos": 0}]]}),
        ),
        ("empty any", "anys", json!({"any": {"type_url": "", "value": ""}, "more": [{"type_url": "", "value": ""}]})),
        ("empty struct, list", "json", json!({"object": {}, "list": [], "values": [], "objects": [{}], "lists": [[]]})),
        ("null value", "json", json!({"value": null})),
        ("null values in a list", "json", json!({"values": [null, null], "list": [null]})),
        ("null value in a oneof", "json", json!({"o_value": null})),
        ("a group that is empty", "legacy", json!({"result": {}, "item": [{}, {}], "chosen": {}})),
        ("a group in a group", "legacy", json!({"result": {"url": "", "rank": 0, "detail": {"shown": false}}})),
        (
            "proto2 defaults, set",
            "legacy",
            json!({"count": 42, "text": "none", "is_on": true, "kind": "LEGACY_KIND_SECOND", "ratio": "Infinity", "blob": "Af8="}),
        ),
        ("proto2 zeros, set", "legacy", json!({"count": 0, "text": "", "is_on": false, "ratio": 0, "blob": ""})),
    ] {
        cases.add(format!("presence/{detail}"), event, call);
    }
}

fn enums(cases: &mut Cases) {
    for (detail, event, call) in [
        ("unknown 7 singular", "enums", json!({"state": 7})),
        ("unknown 7 optional", "enums", json!({"maybe": 7})),
        ("unknown 7 packed", "enums", json!({"states": [1, 7, "PLAYER_STATE_PAUSED"]})),
        ("unknown 7 unpacked", "enums", json!({"unpacked": [7, 0]})),
        ("unknown 7 map value", "enums", json!({"by_name": [["a", 7], ["b", 0]]})),
        ("unknown 7 oneof", "enums", json!({"one": 7})),
        ("unknown -8 singular", "enums", json!({"state": -8})),
        ("unknown 7 map value of a number", "map_values", json!({"of_enum": [[-1, 7]]})),
        ("closed, unknown 7 singular", "legacy", json!({"kind": 7})),
        ("closed, unknown 7 list", "legacy", json!({"kinds": ["LEGACY_KIND_FIRST", 7]})),
        ("closed, unknown 7 packed", "legacy", json!({"packed_kinds": [7, "LEGACY_KIND_NEGATIVE"]})),
        ("closed, unknown 7 map value", "legacy", json!({"mode_by_name": [["a", 7]]})),
        ("closed, unknown 7 oneof", "legacy", json!({"chosen_kind": 7})),
        ("closed, negative", "legacy", json!({"kind": "LEGACY_KIND_NEGATIVE"})),
        ("negative by name", "enums", json!({"state": "PLAYER_STATE_LOST"})),
        ("least and greatest", "enums", json!({"states": ["PLAYER_STATE_FIRST", "PLAYER_STATE_LAST"]})),
        ("deprecated value", "enums", json!({"state": "PLAYER_STATE_OLD"})),
        ("first of two names", "enums", json!({"quality": "QUALITY_HIGH"})),
        ("second of two names", "enums", json!({"quality": "QUALITY_BEST", "setting": "SETTING_OFF"})),
        ("zero in a oneof", "enums", json!({"other": "QUALITY_UNSPECIFIED"})),
        (
            "zero by name, optional and implicit",
            "enums",
            json!({"state": "PLAYER_STATE_UNSPECIFIED", "maybe": "PLAYER_STATE_UNSPECIFIED"}),
        ),
        (
            "value names of one style",
            "legacy_styles",
            json!({"styles": ["STYLE_A_B", "STYLE_AB", "lower_case", "Styled", "None", "class", "true", "STYLE_1", "STYLE_self", "camelCase"]}),
        ),
        ("values named as words", "class", json!({"type": "TYPE_CLASS"})),
        ("value named unrecognized", "class", json!({"type": "TYPE_UNRECOGNIZED"})),
        ("enums of one name in two packages", "class", json!({"kind": "KIND_FIRST", "other_kind": "KIND_SECOND"})),
    ] {
        cases.add(format!("closed and open enums/{detail}"), event, call);
    }
}

fn text(cases: &mut Cases) {
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

/// Bytes are not canonical, and maps have no order: in ours they are, and have.
fn order(cases: &mut Cases) {
    let keys = ["", "a", "B", "aa", "é", "z", "\u{ffee}", "\u{10000}", "10", "9", "__proto__", "constructor"];
    let pairs = |keys: &[&str]| Value::Array(keys.iter().map(|key| json!([key, key])).collect());
    let mut reversed = keys;
    reversed.reverse();
    for (detail, event, call) in [
        ("keys of text", "map_keys", json!({"by_string": pairs(&keys)})),
        ("keys of text, reversed", "map_keys", json!({"by_string": pairs(&reversed)})),
        (
            "keys of int32",
            "map_keys",
            json!({"by_int32": [[2, "c"], [-1, "a"], [0, "b"], [10, "d"], [-2_147_483_648, "e"], [2_147_483_647, "f"]]}),
        ),
        (
            "keys of int64",
            "map_keys",
            json!({"by_int64": [["9007199254740993", "c"], ["-9223372036854775808", "a"], ["9223372036854775807", "b"], ["0", "z"], ["-1", "y"]]}),
        ),
        (
            "keys of uint32",
            "map_keys",
            json!({"by_uint32": [[4_294_967_295u32, "b"], [0, "a"], [2_147_483_648u32, "c"]]}),
        ),
        (
            "keys of uint64",
            "map_keys",
            json!({"by_uint64": [["18446744073709551615", "b"], ["9223372036854775808", "c"], ["0", "a"], ["10", "d"], ["9", "e"]]}),
        ),
        ("keys of sint32", "map_keys", json!({"by_sint32": [[1, "a"], [-1, "b"], [-2, "c"]]})),
        ("keys of sint64", "map_keys", json!({"by_sint64": [["1", "a"], ["-1", "b"], ["-2", "c"]]})),
        ("keys of fixed32", "map_keys", json!({"by_fixed32": [[256, "a"], [1, "b"], [4_294_967_295u32, "c"]]})),
        (
            "keys of fixed64",
            "map_keys",
            json!({"by_fixed64": [["256", "a"], ["1", "b"], ["18446744073709551615", "c"]]}),
        ),
        ("keys of sfixed32", "map_keys", json!({"by_sfixed32": [[1, "a"], [-1, "b"], [256, "c"]]})),
        ("keys of sfixed64", "map_keys", json!({"by_sfixed64": [["1", "a"], ["-1", "b"], ["256", "c"]]})),
        ("keys of bool", "map_keys", json!({"by_bool": [[true, "t"], [false, "f"]]})),
        (
            "of equal keys the last",
            "map_keys",
            json!({"by_int32": [[1, "first"], [2, "other"], [1, "last"]], "by_string": [["a", "first"], ["a", ""]], "by_bool": [[true, "a"], [true, "b"]]}),
        ),
        ("composed and combined keys are two", "map_keys", json!({"by_string": [["e\u{301}", "1"], ["\u{e9}", "2"]]})),
        (
            "keys of a struct",
            "json",
            json!({"object": {"": 1, "a": 1, "B": 1, "é": 1, "\u{ffee}": 1, "\u{10000}": 1, "10": 1, "9": 1, "__proto__": 1, "constructor": 1, "toString": 1}}),
        ),
        (
            "fields by number, not declaration",
            "numbers",
            json!({"n_1": "a", "n_15": "15", "n_16": 16, "n_2": "b", "n_2047": 2047, "n_2048": true, "n_536870911": 9}),
        ),
        (
            "fields at the edges of tags",
            "numbers",
            json!({"n_63": 63, "n_64": 64, "n_18999": 0.5, "n_20000": {"n_1": "x"}, "n_262143": [1, 2], "n_262144": 4, "n_33554431": [[2, 1], [1, 2]], "n_536870910": "-5"}),
        ),
        ("a oneof over the numbers", "numbers", json!({"n_33554432": "AAE=", "n_1": ""})),
        (
            "two oneofs, one around the other",
            "scalars_oneof",
            json!({"before": "b", "f_bool": true, "low": 0, "after": "a"}),
        ),
        ("two oneofs, high", "scalars_oneof", json!({"high": "", "f_bytes": "", "after": "a"})),
        (
            "a list with a zero first and last",
            "scalars_repeated",
            json!({"f_int32": [0, 1, 0], "f_string": ["", "a", ""], "f_bool": [false, true, false]}),
        ),
        ("a list of 200", "scalars_repeated", json!({"f_int32": (0..200).collect::<Vec<i32>>()})),
    ] {
        cases.add(format!("not canonical, map order/{detail}"), event, call);
    }
}

fn required(cases: &mut Cases) {
    let full = json!({"article_id": "a", "count": "1", "rank": 0, "at": {"seconds": "0", "nanos": 0}, "place": {"name": "p"}, "tags": [""], "mode": "MODE_WALK", "score": 0, "scores": [["", 0]], "url": ""});
    cases.add("required/all set", "required", full.clone());
    cases.add("required/nothing set", "required", json!({}));
    let Some(members) = full.as_object() else { return };
    for name in members.keys() {
        let mut call = members.clone();
        call.remove(name);
        cases.add(format!("required/{name} unset"), "required", call.into());
    }
    for (name, zero) in [
        ("article_id", json!("")),
        ("count", json!("0")),
        ("tags", json!([])),
        ("mode", json!("MODE_UNSPECIFIED")),
        ("scores", json!([])),
        ("place", json!({})),
        ("places", json!([{"name": "a"}, {"number": 1}])),
        ("maybe", json!({"name": ""})),
        ("maybe", json!({"number": 5})),
    ] {
        let mut call = members.clone();
        let detail = format!("required/{name} {zero}");
        call.insert(name.to_owned(), zero);
        cases.add(detail, "required", call.into());
    }
    let mut other = members.clone();
    other.remove("url");
    other.insert("to".to_owned(), json!({"name": "there"}));
    cases.add("required/other member of the oneof", "required", other.into());
    let legacy = json!({"name": "", "count": "0", "kind": 1});
    cases.add("required/proto2 zeros are set", "legacy_required", legacy.clone());
    for name in ["name", "count", "kind"] {
        let mut call = legacy.clone();
        call.as_object_mut().map(|call| call.remove(name));
        cases.add(format!("required/proto2 {name} unset"), "legacy_required", call);
    }
    for (detail, part) in
        [("part", json!({"part": {}})), ("one of the parts", json!({"parts": [{"is_whole": false}, {"note": "x"}]}))]
    {
        let mut call = legacy.clone();
        if let (Some(call), Some(part)) = (call.as_object_mut(), part.as_object()) {
            call.extend(part.clone());
        }
        cases.add(format!("required/proto2 in {detail}"), "legacy_required", call);
    }
    cases.add(
        "constraints/sent as they are",
        "constrained",
        json!({"short": "too long", "percent": 500, "mail": "x", "tags": ["a", "b", "c"]}),
    );
    cases.add(
        "constraints/kept",
        "constrained",
        json!({"short": "short", "percent": 100, "mail": "a@example.se", "tags": ["a", "b"]}),
    );
}

/// `around` put around `inside` so many times.
fn nest(times: usize, inside: Value, around: impl Fn(Value) -> Value) -> Value {
    (0..times).fold(inside, |inside, _| around(inside))
}

fn depth(cases: &mut Cases) {
    for levels in [2, 4, 99, 100, 101, 102] {
        let call = nest(levels - 1, json!({}), |inner| json!({ "left": inner }));
        cases.add(format!("malformed/depth {levels}"), "tree", call);
        let call = nest(levels - 1, json!({}), |inner| json!({"children": [inner]}));
        cases.add(format!("malformed/depth {levels} of lists"), "tree", call);
    }
    for entries in [1, 2, 49, 50] {
        let call = nest(entries, json!({}), |inner| json!({"by_name": [["k", inner]]}));
        cases.add(format!("malformed/depth of {entries} map entries"), "tree", call);
        let list = nest(entries, json!([]), |inner| json!([inner]));
        cases.add(format!("malformed/depth of {entries} lists in a list"), "json", json!({ "list": list }));
    }
    for objects in [1, 32, 33, 34] {
        let object = nest(objects, json!({}), |inner| json!({ "k": inner }));
        cases.add(format!("malformed/depth of {objects} objects in an object"), "json", json!({ "object": object }));
    }
    let branches =
        |levels| nest(levels, json!({"name": "leaf"}), |inner| json!({"branch": {"tree": inner, "weight": "1"}}));
    for times in [1, 2, 3, 49, 50] {
        cases.add(format!("malformed/depth of {times} branches"), "tree", branches(times));
    }
}

fn times(cases: &mut Cases) {
    let time = |seconds: i64, nanos: i64| json!({"seconds": seconds.to_string(), "nanos": nanos});
    for (detail, seconds, nanos) in [
        ("least", -62_135_596_800, 0),
        ("greatest", 253_402_300_799, 999_999_999),
        ("before the least", -62_135_596_801, 0),
        ("before the least with nanos", -62_135_596_801, 999_999_999),
        ("after the greatest", 253_402_300_800, 0),
        ("a nanosecond before 1970", -1, 999_999_999),
        ("half a second before 1970", -1, 500_000_000),
        ("a nanosecond after 1970", 0, 1),
        ("seconds only", 1, 0),
        ("leap day", 951_782_400, 0),
        ("microseconds are rounded down in the table", -1, 999_999_001),
        ("far out of range", i64::MAX, 0),
        ("far below", i64::MIN, 0),
    ] {
        cases.add(format!("times/timestamp {detail}"), "times", json!({ "at": time(seconds, nanos) }));
        cases.add(
            format!("times/timestamp {detail}, in a list"),
            "times",
            json!({"moments": [time(0, 0), time(seconds, nanos)]}),
        );
    }
    for (detail, seconds, nanos) in [
        ("least", -315_576_000_000, 0),
        ("greatest", 315_576_000_000, 0),
        ("below the least", -315_576_000_001, 0),
        ("over the greatest", 315_576_000_001, 0),
        ("minus a nanosecond", 0, -1),
        ("minus a second and a half", -1, -500_000_000),
        ("a second and a half", 1, 500_000_000),
        ("292 years", 9_223_372_036, 854_775_807),
        ("over 292 years", 9_223_372_036, 854_775_808),
        ("minus 293 years", -9_250_000_000, -1),
    ] {
        cases.add(format!("times/duration {detail}"), "times", json!({ "took": time(seconds, nanos) }));
        cases.add(format!("times/duration {detail}, in a oneof"), "times", json!({ "lap": time(seconds, nanos) }));
    }
    for (detail, field, seconds, nanos) in [
        ("nanos too many", "at", 0, 1_000_000_000),
        ("nanos below 0", "at", 1, -1),
        ("two signs", "took", 1, -1),
        ("two signs, the other way", "took", -1, 1),
        ("nanos too many, duration", "took", 0, 1_000_000_000),
    ] {
        cases.only(JS, format!("times/{detail}"), "times", json!({ field: time(seconds, nanos) }));
    }
}

fn json_values(cases: &mut Cases) {
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

/// Every field whose name a language or another field has, alone: it is its own number that is written.
fn names(library: &Library, cases: &mut Cases) {
    for event in ["names", "legacy_styles", "deprecated"] {
        let message = library.events.iter().find(|it| it.name == event).and_then(|it| library.messages.get(it.message));
        for field in message
            .iter()
            .flat_map(|message| &message.fields)
            .filter(|it| matches!(it.kind, Kind::Scalar(ScalarKind::String)))
        {
            let value = if matches!(field.shape, judi_sdkgen::library::Shape::Repeated { .. }) {
                json!([field.name])
            } else {
                json!(field.name)
            };
            cases.add(format!("names/{event}.{}", field.name), event, json!({ field.name.clone(): value }));
        }
        let all = message.iter().flat_map(|message| &message.fields).filter(|it| {
            it.kind == Kind::Scalar(ScalarKind::String) && it.shape == judi_sdkgen::library::Shape::Optional
        });
        let all: serde_json::Map<_, _> =
            all.map(|field| (field.name.clone(), Value::from(field.number.to_string()))).collect();
        cases.add(format!("names/{event}, all at once"), event, all.into());
    }
    cases.add("names/types as classes", "class", json!({"string": {"value": "s"}, "map": {"map": [["a", "b"]]}, "error": {"error": "e"}, "list": {"list": ["l"]}, "builder": {"build": "b"}, "self": {"self": {"self": {}}}, "date_of": {"time": "5"}, "promise": {"then": true}, "timestamp": {"seconds": "1"}, "twin": {"first": "1"}, "other_twin": {"second": 2}, "time": {"seconds": "1", "nanos": 1}, "optional": {"none": "", "some": "s"}, "array": {"array": ["", "a"]}, "judi": {"judi": "j"}, "event_batch": {"event": "e"}, "class": [{"class": "c"}, {}], "int": [["a", {"int": 1}]], "sendable": {"sendable": true}}));
    cases.add("names/oneof named default, any", "class", json!({"any": {"any": "a"}}));
    cases.add("names/oneof named default, data", "class", json!({"data": {"data": "AAEC"}}));
    for event in [
        "init",
        "track",
        "flush",
        "close",
        "constructor",
        "to_string",
        "delete",
        "new",
        "default",
        "func",
        "self",
        "set_user",
        "opt_out",
        "reset",
        "page_2_view",
        "page2_view",
    ] {
        cases.add(format!("names/event {event}"), event, json!({ "name": event }));
    }
    cases.add("names/event twin", "twin", json!({"second": -1}));
}

fn legacy(cases: &mut Cases) {
    for (detail, call) in [
        (
            "groups of groups",
            json!({"result": {"rank": -1, "detail": {"shown": true}}, "item": [{"name": "a", "numbers": [1, 2]}, {"numbers": []}, {"name": ""}]}),
        ),
        ("a group in a oneof", json!({"chosen": {"value": "-1"}})),
        (
            "lists packed and not",
            json!({"numbers": [1, -1, 0], "packed_numbers": ["1", "-1", "0"], "kinds": [1, 2], "packed_kinds": [1, 2]}),
        ),
        ("closed map", json!({"mode_by_name": [["b", "LEGACY_MODE_ON"], ["a", "LEGACY_MODE_OFF"]]})),
    ] {
        cases.add(format!("proto2/{detail}"), "legacy", call);
    }
}

/// Values of other types, which only a language without types can give, and names that no enum has.
fn wrong(cases: &mut Cases) {
    for (detail, event, call) in [
        ("a number as text", "scalars_optional", json!({"f_string": 5})),
        ("text as bool", "scalars_optional", json!({"f_bool": "true"})),
        ("a number as bool", "scalars_implicit", json!({"f_bool": 1})),
        ("an object as text", "scalars_optional", json!({"f_string": {}})),
        ("text as a message", "nested", json!({"leaf": "x"})),
        ("a list as a message", "nested", json!({"leaf": []})),
        ("text as a list", "scalars_repeated", json!({"f_string": "x"})),
        ("bool as a number", "scalars_optional", json!({"f_double": true})),
        ("text as a number", "scalars_optional", json!({"f_int32": "abc"})),
        ("a list as a struct", "json", json!({"object": []})),
        ("an object as a list value", "json", json!({"list": {}})),
        ("two members of a oneof", "nested", json!({"text": "a", "in_oneof": {}})),
        ("two members of a oneof, zeros", "scalars_oneof", json!({"f_int32": 0, "f_bool": false})),
    ] {
        cases.only(JS, format!("wrong type/{detail}"), event, call);
    }
    for (detail, event, call) in [
        ("singular", "enums", json!({"state": "PLAYER_STATE_NOPE"})),
        ("list", "enums", json!({"states": ["PLAYER_STATE_PAUSED", "paused"]})),
        ("map value", "enums", json!({"by_name": [["a", ""]]})),
        ("of another enum", "enums", json!({"state": "QUALITY_LOW"})),
    ] {
        cases.only(JS, format!("wrong type/enum name that is none, {detail}"), event, call);
    }
    cases.add("wrong type/enum number beyond 32 bits", "enums", json!({"state": "2147483648"}));
}
