//! Numbers and times at their edges, and beyond.

use judi_schema::plan::ScalarKind;
use judi_sdkgen::library::{Kind, Library};
use serde_json::{Value, json};

use super::{Cases, JS};

/// The edges of each type in each shape, and what lies beyond them.
pub(super) fn whole_numbers(library: &Library, cases: &mut Cases) {
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

pub(super) fn floats(cases: &mut Cases) {
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

pub(super) fn times(cases: &mut Cases) {
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
