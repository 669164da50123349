//! Rows as they must stand in the table, one test for each row of the mapping table.

use prost::Message;
use prost_reflect::{DynamicMessage, Value};

use super::cell::{Cell, cell_of};
use super::project::{ENVELOPE, Project, envelope_with};
use crate::columns::{EventColumns, QuarantineRow, quarantine_batch};
use crate::envelope::{Context, Envelope};
use crate::event_time::{EventTime, TimeFlag};

/// The cells of these columns of `wide`, as text.
fn wide(bytes: &[u8], columns: &[&str]) -> String {
    rows("wide", bytes, columns)
}

fn rows(event: &str, bytes: &[u8], columns: &[&str]) -> String {
    let row = cell_of(&Project::wide().batch(event, bytes), event, 0);
    columns.iter().map(|name| format!("{:?}", row.member(name))).collect::<Vec<_>>().join(" ")
}

/// `text` with one field set as prost-reflect encodes it.
fn field(event: &str, name: &str, value: Value) -> Vec<u8> {
    let mut message = DynamicMessage::new(Project::wide().descriptor(event));
    message.set_field_by_name(name, value);
    message.encode_to_vec()
}

#[test]
fn implicit_presence_gives_the_value_or_the_default() {
    let integers = ["i32", "i64", "u32", "u64", "s32", "s64", "f32", "f64", "sf32", "sf64"];
    assert_eq!(wide(&[], &integers), "0 0 0 0 0 0 0 0 0 0");
    assert_eq!(
        wide(&[], &["real", "double_real", "truth", "text", "raw", "color"]),
        r#"0.0f 0.0d false "" x "COLOR_UNSPECIFIED""#
    );
    assert_eq!(wide(&field("wide", "u64", Value::U64(u64::MAX)), &["u64"]), "18446744073709551615");
    assert_eq!(wide(&field("wide", "f64", Value::U64(u64::MAX)), &["f64"]), "18446744073709551615");
    assert_eq!(wide(&field("wide", "u32", Value::U32(u32::MAX)), &["u32"]), "4294967295");
    assert_eq!(wide(&field("wide", "s64", Value::I64(i64::MIN)), &["s64"]), "-9223372036854775808");
    assert_eq!(wide(&field("wide", "far", Value::String("x".into())), &["far"]), r#""x""#);
    // A negative number that a peer wrote with 32 bits, and one with 64, as protobuf does.
    assert_eq!(wide(b"\x08\xff\xff\xff\xff\x0f", &["i32"]), "-1");
    assert_eq!(wide(b"\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", &["i32"]), "-1");
}

#[test]
fn explicit_presence_tells_unset_from_the_default() {
    let columns = ["o_i32", "o_text", "o_color", "o_u64"];
    assert_eq!(wide(&[], &columns), "NULL NULL NULL NULL");
    assert_eq!(wide(b"\x88\x01\x00\x92\x01\x00\x98\x01\x00\xa0\x01\x00", &columns), r#"0 "" "COLOR_UNSPECIFIED" 0"#);
}

#[test]
fn an_enum_is_its_name_and_keeps_a_number_without_one() {
    let columns = ["color", "color__number"];
    assert_eq!(wide(b"\x80\x01\x01", &columns), r#""COLOR_RED" NULL"#);
    assert_eq!(wide(b"\x80\x01\xe8\x07", &columns), r#""COLOR_FAR" NULL"#);
    assert_eq!(wide(b"\x80\x01\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", &columns), r#""COLOR_BELOW" NULL"#);
    assert_eq!(wide(b"\x80\x01\x07", &columns), r#""UNKNOWN(7)" 7"#);
    assert_eq!(wide(b"\xe2\x01\x02\x01\x07", &["r_color"]), r#"["COLOR_RED", "UNKNOWN(7)"]"#);
}

#[test]
fn a_oneof_is_flat_with_its_case() {
    let columns = ["c_number", "c_text", "c_inner", "c_color", "choice__case"];
    assert_eq!(wide(&[], &columns), "NULL NULL NULL NULL NULL");
    assert_eq!(wide(b"\xa8\x01\x00", &columns), r#"0 NULL NULL NULL "c_number""#);
    // The last member that was written is the one that is set.
    assert_eq!(wide(b"\xa8\x01\x05\xb2\x01\x01x", &columns), r#"NULL "x" NULL NULL "c_text""#);
    let inner = r#"NULL NULL {name: "", size: NULL, deep: NULL, tags: []} NULL "c_inner""#;
    assert_eq!(wide(b"\xb2\x01\x01x\xba\x01\x00", &columns), inner);
}

#[test]
fn lists_are_read_packed_and_not_and_are_empty_rather_than_null() {
    assert_eq!(wide(&[], &["r_i32", "r_text", "r_inner"]), "[] [] []");
    assert_eq!(wide(b"\xc8\x01\x01\xca\x01\x02\x02\x03\xc8\x01\x04", &["r_i32"]), "[1, 2, 3, 4]");
    // Elements of two lists that stand between each other.
    assert_eq!(
        wide(b"\xc8\x01\x01\xd2\x01\x01a\xc8\x01\x02\xd2\x01\x01b", &["r_i32", "r_text"]),
        r#"[1, 2] ["a", "b"]"#
    );
    let inner = r#"[{name: "", size: NULL, deep: NULL, tags: []}, {name: "n", size: NULL, deep: NULL, tags: ["t"]}]"#;
    assert_eq!(wide(b"\xda\x01\x00\xda\x01\x06\x0a\x01n\x22\x01t", &["r_inner"]), inner);
}

#[test]
fn maps_are_sorted_and_the_last_of_equal_keys_counts() {
    assert_eq!(wide(&[], &["m_text", "m_u64"]), "{} {}");
    let pairs = b"\xf2\x01\x05\x0a\x01b\x10\x01\xf2\x01\x05\x0a\x01a\x10\x02\xf2\x01\x05\x0a\x01b\x10\x03\xf2\x01\x00";
    assert_eq!(wide(pairs, &["m_text"]), r#"{"": 0, "a": 2, "b": 3}"#);
    // -1 stands before 2, and a value that is missing is its default.
    let signed = b"\xfa\x01\x02\x08\x02\xfa\x01\x0b\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01";
    let empty = r#"{name: "", size: NULL, deep: NULL, tags: []}"#;
    assert_eq!(wide(signed, &["m_inner"]), format!("{{-1: {empty}, 2: {empty}}}"));
    assert_eq!(wide(b"\x82\x02\x04\x08\x01\x10\x07", &["m_color"]), r#"{true: "UNKNOWN(7)"}"#);
    assert_eq!(wide(b"\x92\x02\x02\x08\x01", &["m_time"]), "{-1: 0}");
}

#[test]
fn a_singular_message_that_comes_twice_is_the_merger() {
    let inner = r#"{name: "n", size: 2, deep: {x: 1, attributes: {}}, tags: ["a", "b"]}"#;
    assert_eq!(
        wide(b"\x9a\x02\x08\x0a\x01m\x10\x02\x22\x01a\x9a\x02\x0a\x0a\x01n\x22\x01b\x1a\x02\x08\x01", &["inner"]),
        inner
    );
    assert_eq!(wide(b"\x08\x01\x08\x02", &["i32"]), "2");
}

#[test]
fn recursion_is_unrolled_to_the_third_level() {
    // A tree in a tree …, each the left of the one before, with values counting up.
    let tree = (1..=5u8).rev().fold(Vec::new(), |inner, value| {
        let mut bytes = vec![0x08, value];
        if !inner.is_empty() {
            bytes.extend([0x12, inner.len() as u8]);
            bytes.extend(inner);
        }
        bytes
    });
    let mut bytes = vec![0xa2, 0x02, tree.len() as u8];
    bytes.extend(tree);
    let third = "{value: 3, left: x080412020805, kids: []}";
    let expected = format!("{{value: 1, left: {{value: 2, left: {third}, kids: []}}, kids: []}}");
    assert_eq!(wide(&bytes, &["tree"]), expected);
}

#[test]
fn well_known_messages_are_values() {
    let columns = ["time", "span", "w_i64", "w_text", "w_u64", "json", "json_value", "any"];
    assert_eq!(wide(&[], &columns), "NULL NULL NULL NULL NULL NULL NULL NULL");
    // Set but empty is the type's zero.
    assert_eq!(wide(b"\xaa\x02\x00\xb2\x02\x00\xca\x02\x00\xf2\x02\x00\xd2\x02\x00", &columns[..5]), r#"0 0 0 "" 0"#);
    // 1 s and 999 ns; one second before 1970 and 1 ns after that.
    assert_eq!(wide(b"\xaa\x02\x05\x08\x01\x10\xe7\x07", &["time"]), "1000000");
    assert_eq!(wide(b"\xaa\x02\x0d\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x10\x01", &["time"]), "-1000000");
    // -1999 ns is -1 µs.
    assert_eq!(wide(b"\xb2\x02\x0b\x10\xb1\xf0\xff\xff\xff\xff\xff\xff\xff\x01", &["span"]), "-1");
    assert_eq!(wide(b"\xd2\x02\x0b\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", &["w_u64"]), "18446744073709551615");
    let json = b"\x82\x03\x0d\x0a\x0b\x0a\x01a\x12\x06\x1a\x04\xc3\xb6\"\\";
    assert_eq!(wide(json, &["json"]), format!("{:?}", r#"{"a":"ö\"\\"}"#));
    assert_eq!(wide(b"\x8a\x03\x02\x20\x01", &["json_value"]), r#""true""#);
}

#[test]
fn an_empty_message_says_that_it_is_there() {
    assert_eq!(wide(&[], &["blank", "r_blank"]), "NULL []");
    assert_eq!(
        wide(b"\xa2\x03\x00\xba\x03\x00\xba\x03\x00", &["blank", "r_blank"]),
        "{_present: true} [{_present: true}, {_present: true}]"
    );
}

#[test]
fn groups_and_defaults_of_proto2() {
    let columns = ["id", "count", "extra", "item", "kind", "kind__number", "unpacked"];
    assert_eq!(rows("old", b"\x08\x01", &columns), "1 NULL NULL [] NULL NULL []");
    let groups = b"\x08\x01\x1b\x0a\x01n\x1c\x23\x0a\x01a\x24\x23\x10\x09\x24\x28\x02\x32\x02\x01\x02";
    assert_eq!(
        rows("old", groups, &columns),
        r#"1 NULL {note: "n"} [{name: "a", kind: NULL, kind__number: NULL}, {name: NULL, kind: "UNKNOWN(9)", kind__number: 9}] "KIND_TWO" NULL [1, 2]"#
    );
}

#[test]
fn the_envelope_fills_its_columns_and_empty_text_is_null() {
    let context = Context {
        anonymous_id: "a1".into(),
        app: "news".into(),
        consent: "granted".into(),
        sdk: "js".into(),
        sdk_version: "1.2".into(),
        ..Context::default()
    };
    let envelope = Envelope {
        event_id: "e1".into(),
        event: "wide".into(),
        event_time_us: -1,
        received_at_us: -1,
        occurred_at_us: Some(5),
        sequence: Some(u64::MAX),
        schema_version: 1,
        is_bot: true,
        context: Some(context),
        ..Envelope::default()
    };
    let batch = Project::wide().batch_with(&envelope.encode_to_vec(), "wide", &[]);
    let actual: Vec<String> = crate::layout::ENVELOPE_COLUMNS
        .iter()
        .filter(|(name, _)| cell_of(&batch, name, 0) != Cell::Null)
        .map(|(name, _)| format!("{name}={:?}", cell_of(&batch, name, 0)))
        .collect();
    let expected = [
        r#"event_id="e1""#,
        r#"event="wide""#,
        "event_time=-1",
        "received_at=-1",
        "occurred_at=5",
        "received_date=-1",
        r#"anonymous_id="a1""#,
        r#"app="news""#,
        r#"consent="granted""#,
        "is_bot=true",
        r#"sdk="js""#,
        r#"sdk_version="1.2""#,
        "schema_version=1",
    ];
    assert_eq!(actual, expected);
}

#[test]
fn another_time_than_the_envelopes_stands_in_the_row_with_its_flag() {
    let project = Project::wide();
    let (model, event) = project.event("wide");
    let envelope = Envelope { event_time_us: 1, occurred_at_us: Some(2), ..Envelope::default() }.encode_to_vec();
    let mut columns = EventColumns::new(&project.schemas);
    columns.push_at(EventTime { us: 3, flag: None }, model, event, &envelope, &[]).unwrap();
    for (flag, us) in TimeFlag::ALL.into_iter().zip(4..) {
        columns.push_at(EventTime { us, flag: Some(flag) }, model, event, &envelope, &[]).unwrap();
    }
    columns.push(model, event, &envelope, &[]).unwrap();
    let batch = columns.finish().unwrap();
    let row =
        |at| ["event_time", "occurred_at", "event_time_flag"].map(|name| format!("{:?}", cell_of(&batch, name, at)));
    let expected = [
        ["3", "2", "NULL"],
        ["4", "2", r#""corrected""#],
        ["5", "2", r#""ordered""#],
        ["6", "2", r#""received""#],
        ["7", "2", r#""future""#],
        ["8", "2", r#""past""#],
        ["1", "2", "NULL"],
    ];
    assert_eq!((0..7).map(row).collect::<Vec<_>>(), expected);
}

#[test]
fn every_context_field_has_its_own_column_in_the_order_of_its_number() {
    let names = &crate::layout::ENVELOPE_COLUMNS[7..28];
    let names: Vec<&str> = names.iter().map(|(name, _)| *name).filter(|name| *name != "is_bot").collect();
    let mut context = Vec::new();
    for (number, name) in (1u8..).zip(&names) {
        context.extend(if number < 16 { vec![number << 3 | 2] } else { vec![(number << 3 | 2) | 0x80, 1] });
        context.push(name.len() as u8);
        context.extend(name.as_bytes());
    }
    let envelope = Envelope { context: Some(Context::decode(context.as_slice()).unwrap()), ..Envelope::default() };
    let batch = Project::wide().batch_with(&envelope.encode_to_vec(), "wide", &[]);
    for name in names {
        assert_eq!(cell_of(&batch, name, 0), Cell::text(name));
    }
}

#[test]
fn a_context_is_repeated_only_where_it_is_the_same() {
    let project = Project::wide();
    let mut columns = EventColumns::new(&project.schemas);
    let (model, event) = project.event("wide");
    let envelopes = [
        envelope_with("a", "news"),
        envelope_with("a", "news"),
        ENVELOPE.to_vec(),
        envelope_with("a", "news"),
        envelope_with("", "play"),
        envelope_with("", "play"),
        envelope_with("", "play"),
    ];
    for envelope in &envelopes {
        columns.push(model, event, envelope, &[]).unwrap();
    }
    let batch = columns.finish().unwrap();
    let ids: Vec<_> = (0..envelopes.len()).map(|row| cell_of(&batch, "anonymous_id", row)).collect();
    let apps: Vec<_> = (0..envelopes.len()).map(|row| cell_of(&batch, "app", row)).collect();
    assert_eq!(format!("{ids:?}"), r#"["a", "a", NULL, "a", NULL, NULL, NULL]"#);
    assert_eq!(format!("{apps:?}"), r#"["news", "news", NULL, "news", "play", "play", "play"]"#);
}

#[test]
fn unknown_fields_are_kept_with_their_nesting() {
    let unknown = |bytes: &[u8]| format!("{:?}", cell_of(&Project::wide().batch("wide", bytes), "_unknown", 0));
    assert_eq!(unknown(b"\x08\x01"), "NULL");
    // Field 2000 of the event; what is known is left out.
    assert_eq!(unknown(b"\x08\x01\x80\x7d\x05\x10\x02"), "x807d05");
    // A group, length-delimited and fixed values.
    assert_eq!(unknown(b"\x83\x7d\x08\x01\x84\x7d\x82\x7d\x01x\x85\x7d1234"), "x837d0801847d827d0178857d31323334");
    // Field 9 inside `inner`, and inside `inner.deep`.
    assert_eq!(unknown(b"\x9a\x02\x05\x0a\x01n\x48\x07"), "x9a02024807");
    assert_eq!(unknown(b"\x9a\x02\x06\x1a\x04\x08\x01\x48\x07"), "x9a02041a024807");
    // The third element of a list keeps its place; elements after it leave no trace.
    assert_eq!(
        unknown(b"\xda\x01\x00\xda\x01\x03\x0a\x01n\xda\x01\x02\x48\x07\xda\x01\x00"),
        "xda0100da0100da01024807"
    );
    // A map's entry keeps its key.
    assert_eq!(unknown(b"\xfa\x01\x06\x08\x05\x12\x02\x48\x07"), "xfa0106080512024807");
    // Inside a Timestamp, a wrapper, a message kept as bytes.
    assert_eq!(unknown(b"\xaa\x02\x04\x08\x01\x48\x07"), "xaa02024807");
    assert_eq!(unknown(b"\xca\x02\x04\x08\x01\x48\x07"), "xca02024807");
}

#[test]
fn quarantined_rows() {
    let row = QuarantineRow {
        received_at_us: 86_400_000_000,
        event: "wide",
        reason: "undecodable",
        payload: b"\xff",
        schema_version: 3,
        ..QuarantineRow::default()
    };
    let batch = quarantine_batch(&[row, QuarantineRow { event_id: "e", ..row }]).unwrap();
    let names = [
        "received_at",
        "received_date",
        "event_id",
        "event",
        "reason",
        "detail",
        "schema_version",
        "payload",
        "envelope",
    ];
    let cells = |at| names.iter().map(|name| format!("{:?}", cell_of(&batch, name, at))).collect::<Vec<_>>().join(" ");
    assert_eq!(cells(0), r#"86400000000 1 NULL "wide" "undecodable" NULL 3 xff x"#);
    assert_eq!(cells(1), r#"86400000000 1 "e" "wide" "undecodable" NULL 3 xff x"#);
    assert_eq!(quarantine_batch(&[]).unwrap().num_rows(), 0);
}
