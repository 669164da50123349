//! What is set, what is zero, and in which order it is written.

use judi_sdkgen::library::Library;
use serde_json::{Value, json};

use super::Cases;

/// Unset, zero and set: implicit, optional, oneof, wrapper, message, list, map.
pub(super) fn presence(library: &Library, cases: &mut Cases) {
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
}

/// Empty and set: messages, lists, maps, wrappers, times, groups.
pub(super) fn emptiness(cases: &mut Cases) {
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

pub(super) fn enums(cases: &mut Cases) {
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

/// Bytes are not canonical, and maps have no order: in ours they are, and have.
pub(super) fn order(cases: &mut Cases) {
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
    ] {
        cases.add(format!("not canonical, map order/{detail}"), event, call);
    }
}

/// Fields go by their numbers, whatever the order of the call.
pub(super) fn fields_in_order(cases: &mut Cases) {
    for (detail, event, call) in [
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
