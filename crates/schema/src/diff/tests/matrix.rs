//! Every pair of scalar types, against what the bytes on the wire decode to.

use super::{Verdict, compiled, diff, event, found};
use crate::wire::{unzigzag, zigzag};

const SCALARS: [&str; 15] = [
    "double", "float", "int32", "int64", "uint32", "uint64", "sint32", "sint64", "fixed32", "fixed64", "sfixed32",
    "sfixed64", "bool", "string", "bytes",
];

/// Integers of a type as its wire form: the wire type and 64 bits.
fn encoded(kind: &str, value: i128) -> Option<(u8, u64)> {
    let bits = |value: i128| {
        u64::from_ne_bytes(
            i64::try_from(value)
                .ok()
                .map_or_else(|| u64::try_from(value).unwrap_or_default().to_ne_bytes(), i64::to_ne_bytes),
        )
    };
    let (low, high) = range(kind)?;
    if value < low || value > high {
        return None;
    }
    Some(match kind {
        "sint32" | "sint64" => (0, zigzag(i64::try_from(value).unwrap())),
        "fixed32" | "sfixed32" => (5, bits(value) & 0xffff_ffff),
        "fixed64" | "sfixed64" => (1, bits(value)),
        _ => (0, bits(value)),
    })
}

fn decoded(kind: &str, (wire, bits): (u8, u64)) -> Option<i128> {
    let signed = i64::from_ne_bytes(bits.to_ne_bytes());
    let low = u32::try_from(bits & 0xffff_ffff).unwrap();
    Some(match (kind, wire) {
        ("int32", 0) => i128::from(i32::from_ne_bytes(low.to_ne_bytes())),
        ("uint32", 0) => i128::from(low),
        ("int64", 0) => i128::from(signed),
        ("uint64", 0) => i128::from(bits),
        ("sint32", 0) => i128::from(unzigzag(u64::from(low))),
        ("sint64", 0) => i128::from(unzigzag(bits)),
        ("bool", 0) => i128::from(bits != 0),
        ("fixed32", 5) => i128::from(low),
        ("sfixed32", 5) => i128::from(i32::from_ne_bytes(low.to_ne_bytes())),
        ("fixed64", 1) => i128::from(bits),
        ("sfixed64", 1) => i128::from(signed),
        _ => return None,
    })
}

fn range(kind: &str) -> Option<(i128, i128)> {
    Some(match kind {
        "int32" | "sint32" | "sfixed32" => (i128::from(i32::MIN), i128::from(i32::MAX)),
        "uint32" | "fixed32" => (0, i128::from(u32::MAX)),
        "int64" | "sint64" | "sfixed64" => (i128::from(i64::MIN), i128::from(i64::MAX)),
        "uint64" | "fixed64" => (0, i128::from(u64::MAX)),
        _ => return None,
    })
}

/// Whether all the values at the edges of a type read as the same under another.
fn reads_the_same(from: &str, to: &str) -> bool {
    let edges = [0, 1, -1, 127, 128, i128::from(i32::MAX), i128::from(i32::MIN), i128::from(u32::MAX)];
    let edges = edges.into_iter().chain([i128::from(i64::MAX), i128::from(i64::MIN), i128::from(u64::MAX)]);
    range(from).is_some()
        && range(to).is_some()
        && edges
            .filter_map(|value| Some((value, encoded(from, value)?)))
            .all(|(value, wire)| decoded(to, wire) == Some(value))
}

/// How a value is held: one, a list, a map's values.
const SHAPES: [(&str, &str); 3] = [("", ""), ("repeated ", ""), ("map<string, ", ">")];

#[test]
fn a_type_becomes_another_only_where_all_values_read_the_same() {
    let mut guarded = Vec::new();
    for from in SCALARS {
        let others: Vec<&str> = SCALARS.into_iter().filter(|to| *to != from).collect();
        // One field for each pair and shape, in one message.
        let pairs: Vec<(&str, (&str, &str))> =
            SHAPES.into_iter().flat_map(|shape| others.iter().map(move |to| (*to, shape))).collect();
        let text = |kind: &dyn Fn(&str) -> String| {
            let field = |(at, (to, (start, end))): (usize, &(&str, (&str, &str)))| {
                format!("{start}{}{end} x{at} = {};", kind(to), at + 1)
            };
            event(&pairs.iter().enumerate().map(field).collect::<String>())
        };
        let changes = diff(&compiled(&text(&|_| from.to_owned())), &compiled(&text(&|to| to.to_owned())), None);
        assert_eq!(changes.len(), pairs.len(), "{from}");
        for change in changes {
            let (to, shape) = pairs[usize::try_from(change.subject.number).unwrap() - 1];
            assert_eq!(change.kind.id(), "TYPE_CHANGED", "{from} {to}");
            assert_ne!(change.verdict, Verdict::Safe, "{from} {to}");
            if change.verdict == Verdict::Guarded {
                assert!(reads_the_same(from, to), "{from} {to}");
                if shape == SHAPES[0] {
                    guarded.push(format!("{from} {to}"));
                }
            } else if reads_the_same(from, to) {
                // The column has no room: only a single value has a second generation.
                assert_eq!((from, to, shape != SHAPES[0]), ("uint32", "uint64", true));
            }
        }
    }
    guarded.sort();
    assert_eq!(guarded, ["int32 int64", "sint32 sint64", "uint32 int64", "uint32 uint64"]);
}

#[test]
fn keys_of_maps_are_judged_like_values() {
    let map = |key: &str| event(&format!("map<{key}, string> x = 1;"));
    assert_eq!(found(&map("int32"), &map("int64")), [("TYPE_CHANGED", Verdict::Guarded)]);
    assert_eq!(found(&map("uint32"), &map("uint64")), [("TYPE_CHANGED", Verdict::Blocked)]);
    assert_eq!(found(&map("string"), &map("int32")), [("TYPE_CHANGED", Verdict::Blocked)]);
}

#[test]
fn messages_enums_and_scalars_do_not_become_each_other() {
    let kinds = ["string", "bytes", "int32", "M", "E", "google.protobuf.Timestamp", "google.protobuf.StringValue"];
    let text = |kind: &str| {
        format!(
            "syntax = \"proto3\"; package p; import \"judi/v1/options.proto\"; import \"google/protobuf/timestamp.proto\"; \
             import \"google/protobuf/wrappers.proto\"; {} message M {{ string s = 1; }} enum E {{ NONE = 0; }}",
            event(&format!("optional {kind} x = 1;"))
        )
    };
    for from in kinds {
        for to in kinds.into_iter().filter(|to| *to != from) {
            assert_eq!(found(&text(from), &text(to)), [("TYPE_CHANGED", Verdict::Blocked)], "{from} {to}");
        }
    }
}
