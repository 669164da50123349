//! What no library sends and others may: malformed payloads, and JSON in all its forms. Each with the row that the table
//! shows of it, or why the event is in the quarantine.

use std::error::Error;
use std::fmt::Write as _;

use judi_schema::json;
use serde_json::json;

use crate::row::{Table, quarantined};

/// Bytes in hex, by name.
const BYTES: [(&str, &str, &str); 37] = [
    ("malformed/varint of ten bytes", "scalars_optional", "20ffffffffffffffffff01"),
    ("malformed/varint over 64 bits", "scalars_optional", "20ffffffffffffffffff02"),
    ("malformed/varint of eleven bytes", "scalars_optional", "20ffffffffffffffffffff01"),
    ("malformed/overlong varint", "scalars_optional", "208180808000"),
    ("malformed/overlong tag", "scalars_optional", "a0808000 05"),
    ("malformed/overlong length", "scalars_optional", "72818000 61"),
    ("malformed/truncated varint", "scalars_optional", "20ff"),
    ("malformed/truncated text", "scalars_optional", "720561"),
    ("malformed/truncated fixed", "scalars_optional", "090000"),
    ("malformed/tag alone", "scalars_optional", "20"),
    ("malformed/field number 0", "scalars_optional", "0001"),
    ("malformed/field number too high", "scalars_optional", "8080808010 01"),
    ("malformed/highest field number, unknown", "scalars_optional", "f8ffffff0f 01"),
    ("malformed/wire type 6", "scalars_optional", "0e"),
    ("malformed/wire type 7", "scalars_optional", "0f"),
    ("malformed/end of a group that did not begin", "scalars_optional", "0c"),
    ("malformed/group without an end", "legacy", "0b1201 61"),
    ("malformed/group with another end", "legacy", "0b14"),
    ("malformed/wrong wire type", "scalars_optional", "7001"),
    ("malformed/packed where it is not declared", "scalars_unpacked", "1a020102"),
    ("malformed/not packed where it is declared", "scalars_repeated", "18011802"),
    ("malformed/both forms of a list in turn", "scalars_repeated", "18011a0202031804"),
    ("malformed/int32 over 32 bits", "scalars_optional", "188080808010"),
    ("malformed/negative int32 of five bytes", "scalars_optional", "18ffffffff0f"),
    ("malformed/bool of 2", "scalars_optional", "6802"),
    ("utf8/lone surrogate", "scalars_optional", "7203eda080"),
    ("utf8/overlong", "scalars_optional", "7202c080"),
    ("utf8/truncated", "scalars_optional", "7202e282"),
    ("utf8/beyond the last", "scalars_optional", "7204f4908080"),
    ("utf8/in a map key", "map_keys", "62050a01801200"),
    ("utf8/any bytes in bytes", "scalars_optional", "7a02ff80"),
    ("not canonical, map order/fields in another order", "scalars_optional", "680118052001"),
    ("not canonical, map order/a field twice", "scalars_optional", "18051806"),
    ("not canonical, map order/a message twice is merged", "nested", "0a0208050a03120161"),
    ("not canonical, map order/two members of a oneof", "scalars_oneof", "20051d00000000"),
    ("not canonical, map order/an entry twice", "map_keys", "0a0508011201610a0508011201 62"),
    ("not canonical, map order/an entry without key and value", "map_keys", "0a00"),
];

pub(crate) fn lines(table: &Table) -> Result<String, Box<dyn Error>> {
    let mut lines = String::new();
    for (id, event, hex) in BYTES {
        let hex: String = hex.split(' ').collect();
        let bytes: Vec<u8> = (0..hex.len())
            .step_by(2)
            .map(|at| u8::from_str_radix(hex.get(at..at + 2).unwrap_or_default(), 16))
            .collect::<Result<_, _>>()?;
        let row = table.row(event, &bytes);
        writeln!(lines, "{}", json!({"id": id, "event": event, "bytes": hex, "row": row}))?;
    }
    for levels in [100, 101, 102] {
        let mut bytes = Vec::new();
        for _ in 1..levels {
            // Field 2 of a tree is a tree.
            let mut around = vec![0x12];
            prost::encoding::encode_varint(bytes.len() as u64, &mut around);
            around.extend(bytes);
            bytes = around;
        }
        let id = format!("malformed/depth {levels}");
        let row = table.row("tree", &bytes);
        writeln!(lines, "{}", json!({"id": id, "event": "tree", "bytes": crate::hex(&bytes), "row": row}))?;
    }
    for (id, event, input) in texts() {
        let (model, of) = table.event(event).ok_or("no such event")?;
        let mut wire = Vec::new();
        let row = match json::to_wire(&model.plans, of.message, &input, &mut wire) {
            Ok(()) => table.row(event, &wire),
            Err(violation) => quarantined(&violation),
        };
        writeln!(lines, "{}", json!({"id": id, "event": event, "input": input, "row": row}))?;
    }
    Ok(lines)
}

fn texts() -> Vec<(&'static str, &'static str, String)> {
    let text = |it: &str| it.to_owned();
    vec![
        ("json forms/name in the file", "deprecated", text(r#"{"spelled_out": "a", "title": "t"}"#)),
        ("json forms/lowerCamelCase name", "nested", text(r#"{"byNumber": {"1": {"number": 2}}, "inOneof": {}}"#)),
        ("json forms/json_name", "deprecated", text(r#"{"wireName": "a"}"#)),
        ("json forms/alias", "deprecated", text(r#"{"sort": "a"}"#)),
        ("json forms/a name twice", "deprecated", text(r#"{"kind": "a", "sort": "b"}"#)),
        ("json forms/unknown member", "deprecated", text(r#"{"nobody": 1}"#)),
        ("json forms/int64 as text", "scalars_optional", text(r#"{"fInt64": "9007199254740993"}"#)),
        ("json forms/int64 as a number", "scalars_optional", text(r#"{"fInt64": 9007199254740993}"#)),
        ("json forms/int64 beyond", "scalars_optional", text(r#"{"fInt64": "9223372036854775808"}"#)),
        ("json forms/int32 with an exponent", "scalars_optional", text(r#"{"fInt32": 1e3}"#)),
        ("json forms/int32 with a point", "scalars_optional", text(r#"{"fInt32": 1.0}"#)),
        ("json forms/int32 no whole number", "scalars_optional", text(r#"{"fInt32": 1.5}"#)),
        ("json forms/NaN", "scalars_optional", text(r#"{"fDouble": "NaN", "fFloat": "-Infinity"}"#)),
        ("json forms/nan in lower case", "scalars_optional", text(r#"{"fDouble": "nan"}"#)),
        ("json forms/float too large", "scalars_optional", text(r#"{"fFloat": 3.5e38}"#)),
        ("json forms/-0", "scalars_optional", text(r#"{"fDouble": -0.0, "fInt32": -0}"#)),
        ("json forms/base64", "scalars_optional", text(r#"{"fBytes": "+/8="}"#)),
        ("json forms/base64url without padding", "scalars_optional", text(r#"{"fBytes": "-_8"}"#)),
        ("json forms/base64 that is none", "scalars_optional", text(r#"{"fBytes": "!"}"#)),
        ("json forms/lower-case t and z in times", "times", text(r#"{"at": "2026-11-25t12:00:00z"}"#)),
        ("json forms/offset in times", "times", text(r#"{"at": "2026-11-25T12:00:00.5+01:00"}"#)),
        ("json forms/time beyond", "times", text(r#"{"at": "10000-01-01T00:00:00Z"}"#)),
        ("json forms/duration", "times", text(r#"{"took": "-1.5s"}"#)),
        ("json forms/null is not set", "scalars_optional", text(r#"{"fInt32": null, "fString": null}"#)),
        ("json forms/null of a Value", "json", text(r#"{"value": null}"#)),
        ("json forms/wrappers", "wrappers", text(r#"{"wInt64": "0", "wString": null, "wBool": false}"#)),
        ("json forms/lone surrogate", "scalars_optional", text(r#"{"fString": "\ud800"}"#)),
        ("json forms/surrogate pair", "scalars_optional", text(r#"{"fString": "\ud83d\ude00"}"#)),
        ("json forms/bool as text", "scalars_optional", text(r#"{"fBool": "true"}"#)),
        ("json forms/bool keys", "map_keys", text(r#"{"byBool": {"true": "a", "false": "b"}}"#)),
        ("json forms/two members of a oneof", "scalars_oneof", text(r#"{"fInt32": 1, "fBool": true}"#)),
        ("json forms/cut", "scalars_optional", text(r#"{"fInt32": 1"#)),
        ("unknown enum in JSON/text", "enums", text(r#"{"state": "PLAYER_STATE_NEW"}"#)),
        ("unknown enum in JSON/in a list", "enums", text(r#"{"states": ["PLAYER_STATE_PAUSED", "PLAYER_STATE_NEW"]}"#)),
        ("unknown enum in JSON/map value", "enums", text(r#"{"byName": {"a": "PLAYER_STATE_NEW"}}"#)),
        ("unknown enum in JSON/number", "enums", text(r#"{"state": 7}"#)),
        ("unknown enum in JSON/as the table shows it", "enums", text(r#"{"state": "UNKNOWN(7)"}"#)),
        ("unknown enum in JSON/second of two names", "enums", text(r#"{"quality": "QUALITY_BEST"}"#)),
    ]
}
