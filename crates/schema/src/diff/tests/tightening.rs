//! Which rules refuse more than before, which less.

use super::{Verdict, between, compiled, event, found};

const TIGHTENED: &[(&str, Verdict)] = &[("RULES_TIGHTENED", Verdict::Guarded)];
const LOOSENED: &[(&str, Verdict)] = &[("RULES_LOOSENED", Verdict::Safe)];

#[test]
fn rules_are_compared_by_what_they_let_through() {
    let cases = [
        ("string", "string.max_len = 9", "string.max_len = 8"),
        ("string", "string.min_len = 1", "string.min_len = 2"),
        ("string", "", "string.uuid = true"),
        ("string", "string = {in: [\"a\", \"b\"]}", "string = {in: [\"a\"]}"),
        ("string", "string = {not_in: [\"a\"]}", "string = {not_in: [\"a\", \"b\"]}"),
        ("int32", "int32.gte = 0", "int32 = {gte: 0, lte: 9}"),
        ("int32", "int32 = {gte: 0, lte: 9}", "int32 = {gte: 1, lte: 9}"),
        ("double", "double.gt = 0", "double.gt = 1"),
        ("repeated string", "repeated.min_items = 1", "repeated = {min_items: 1, unique: true}"),
        ("repeated string", "repeated.items.string.max_len = 9", "repeated.items.string.max_len = 8"),
        ("map<string, string>", "map.max_pairs = 9", "map = {max_pairs: 9, keys: {string: {min_len: 1}}}"),
        ("string", "ignore = IGNORE_ALWAYS", "ignore = IGNORE_IF_ZERO_VALUE"),
    ];
    for (kind, loose, tight) in cases {
        let field = |rules: &str| {
            let options: Vec<String> = rules
                .split("; ")
                .filter(|rule| !rule.is_empty())
                .map(|rule| format!("(buf.validate.field).{rule}"))
                .collect();
            let options = if options.is_empty() { String::new() } else { format!(" [{}]", options.join(", ")) };
            event(&format!("{kind} x = 1{options};"))
        };
        let (from, to) = (compiled(&field(loose)), compiled(&field(tight)));
        assert_eq!(between(&from, &to), TIGHTENED, "{loose} -> {tight}");
        assert_eq!(between(&to, &from), LOOSENED, "{tight} -> {loose}");
    }
}

#[test]
fn what_nobody_can_compare_counts_as_tightened() {
    let field = |rule: &str| event(&format!("int32 x = 1 [(buf.validate.field).int32 = {{{rule}}}];"));
    // Bounds the wrong way round let through what is outside of both.
    for (from, to) in [
        ("gt: 9, lt: 1", "gt: 9"),
        ("gt: 9, lt: 1", "gt: 9, lt: 2"),
        ("gte: 3", "gte: 3, lt: 1"),
        ("const: 1", "const: 2"),
    ] {
        assert_eq!(found(&field(from), &field(to)), TIGHTENED, "{from} -> {to}");
    }
    let text = |pattern: &str| event(&format!("string x = 1 [(buf.validate.field).string.pattern = \"{pattern}\"];"));
    assert_eq!(found(&text("^a"), &text("^b")), TIGHTENED);
}

#[test]
fn a_new_fields_rules_matter_only_where_they_refuse_its_absence() {
    let with = |field: &str| event(&format!("string x = 1; {field}"));
    let refuse = |field: &str| found(&event("string x = 1;"), &with(field)).len() == 2;
    assert!(refuse("string y = 2 [(buf.validate.field).string.min_len = 1];"));
    assert!(!refuse("string y = 2 [(buf.validate.field).string.max_len = 1];"));
    assert!(!refuse("optional string y = 2 [(buf.validate.field).string.min_len = 1];"));
    assert!(refuse("repeated string y = 2 [(buf.validate.field).repeated.min_items = 1];"));
    assert!(!refuse("repeated string y = 2 [(buf.validate.field).repeated.items.string.min_len = 1];"));
    assert!(refuse("int32 y = 2 [(buf.validate.field).int32.gt = 0];"));
    assert!(!refuse("int32 y = 2 [(buf.validate.field) = {ignore: IGNORE_IF_ZERO_VALUE, int32: {gt: 0}}];"));
}

#[test]
fn rules_over_several_fields_are_compared_too() {
    let oneof = |option: &str| event(&format!("oneof o {{ {option} string x = 1; string y = 2; }}"));
    let required = oneof("option (buf.validate.oneof).required = true;");
    assert_eq!(found(&oneof(""), &required), [("MESSAGE_RULES_CHANGED", Verdict::Guarded)]);
    assert_eq!(found(&required, &oneof("")), [("MESSAGE_RULES_CHANGED", Verdict::Safe)]);
    let group = |fields: &str| {
        event(&format!(
            "option (buf.validate.message).oneof = {{fields: [{fields}]}}; string x = 1; string y = 2; string z = 3;"
        ))
    };
    let (two, three) = (group("\"x\", \"y\""), group("\"x\", \"y\", \"z\""));
    assert_eq!(found(&two, &three), [("MESSAGE_RULES_CHANGED", Verdict::Guarded)]);
    assert_eq!(found(&three, &two), [("MESSAGE_RULES_CHANGED", Verdict::Safe)]);
}
