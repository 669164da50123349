//! The rows of the verdict table in docs/concepts/evolution.md, each with what it is found to be, and with its fix.

use super::{Fixed, Verdict, between, compiled, event, fixed};

use Verdict::{Blocked, Guarded, Safe};

/// What is found: kinds by their ids, with verdicts.
type Found = &'static [(&'static str, Verdict)];

/// A row of the table, its states before and after.
struct Row {
    name: &'static str,
    old: String,
    new: String,
    found: Found,
}

const X: &str = "string x = 1;";

fn row(name: &'static str, old: &str, new: &str, found: Found) -> Row {
    Row { name, old: old.to_owned(), new: new.to_owned(), found }
}

/// Fields of an event.
fn fields(name: &'static str, old: &str, new: &str, found: Found) -> Row {
    row(name, &event(old), &event(new), found)
}

/// Values of an enum, beside its zero.
fn values(name: &'static str, old: &str, new: &str, found: Found) -> Row {
    let with = |values: &str| format!("{} enum E {{ E_NONE = 0; {values} }}", event("E e = 1;"));
    row(name, &with(old), &with(new), found)
}

fn rows() -> Vec<Row> {
    [numbers(), names(), types(), words(), oneofs(), enums(), moves(), events(), proto2()]
        .into_iter()
        .flatten()
        .collect()
}

fn numbers() -> Vec<Row> {
    vec![
        fields("add field, fresh number", X, "string x = 1; int32 y = 2;", &[("FIELD_ADDED", Safe)]),
        fields("delete, number and name reserved", X, "reserved 1; reserved \"x\";", &[("FIELD_DELETED", Guarded)]),
        fields("delete, not reserved", X, "", &[("FIELD_DELETED", Blocked)]),
        fields("delete, number reserved, name not", X, "reserved 1;", &[("FIELD_DELETED", Blocked)]),
        fields("delete, name reserved, number not", X, "reserved \"x\";", &[("FIELD_DELETED", Blocked)]),
        fields("reuse a number that was reserved", "reserved 2;", "int32 y = 2;", &[("NUMBER_REUSED", Blocked)]),
        fields("reuse a number for something else", X, "int32 y = 1;", &[("NUMBER_REUSED", Blocked)]),
        fields(
            "take a reservation back",
            "reserved 2 to 9;",
            "reserved 2 to 4, 7 to 9;",
            &[("RESERVED_REMOVED", Blocked)],
        ),
        fields("reserve more", X, "string x = 1; reserved 7;", &[("RESERVED_ADDED", Safe)]),
        fields("renumber", X, "string x = 2;", &[("FIELD_RENUMBERED", Blocked)]),
        fields(
            "swap two fields' numbers",
            "string x = 1; string y = 2;",
            "string x = 2; string y = 1;",
            &[("FIELD_RENUMBERED", Blocked), ("FIELD_RENUMBERED", Blocked)],
        ),
    ]
}

fn names() -> Vec<Row> {
    vec![
        fields("rename with alias", X, "string z = 1 [(judi.field).alias = \"x\"];", &[("FIELD_RENAMED", Safe)]),
        fields("rename without alias", X, "string z = 1;", &[("FIELD_RENAMED", Blocked)]),
        fields(
            "change the JSON name, the old one still a name",
            X,
            "string x = 1 [json_name = \"y\"];",
            &[("JSON_NAME_CHANGED", Safe)],
        ),
        fields(
            "change the JSON name that was chosen",
            "string x = 1 [json_name = \"y\"];",
            "string x = 1 [json_name = \"z\"];",
            &[("JSON_NAME_CHANGED", Blocked)],
        ),
        fields("remove an alias", "string x = 1 [(judi.field).alias = \"w\"];", X, &[("ALIAS_REMOVED", Blocked)]),
        fields(
            "remove an alias whose end was announced",
            "string x = 1 [(judi.field) = {alias: \"w\", alias_until: \"2026-01-31\"}];",
            X,
            &[("ALIAS_REMOVED", Guarded), ("FIELD_WORDS_CHANGED", Safe)],
        ),
        fields("add an alias", X, "string x = 1 [(judi.field).alias = \"w\"];", &[("ALIAS_ADDED", Safe)]),
        fields(
            "a new field's JSON name was another's",
            "string article_id = 1;",
            "string articleId = 2; reserved 1; reserved \"article_id\";",
            &[("FIELD_ADDED", Safe), ("FIELD_DELETED", Guarded), ("NAME_REUSED", Blocked)],
        ),
        fields(
            "add an alias that was another field's name",
            "string x = 1; string w = 2;",
            "string x = 1 [(judi.field).alias = \"w\"]; reserved 2; reserved \"w\";",
            &[("ALIAS_TAKEN", Blocked), ("FIELD_DELETED", Guarded)],
        ),
    ]
}

fn types() -> Vec<Row> {
    vec![
        fields("int32 to int64", "int32 x = 1;", "int64 x = 1;", &[("TYPE_CHANGED", Guarded)]),
        fields("uint32 to uint64", "uint32 x = 1;", "uint64 x = 1;", &[("TYPE_CHANGED", Guarded)]),
        fields("int64 to int32", "int64 x = 1;", "int32 x = 1;", &[("TYPE_CHANGED", Blocked)]),
        fields("int64 to bool", "int64 x = 1;", "bool x = 1;", &[("TYPE_CHANGED", Blocked)]),
        fields("string to bytes", X, "bytes x = 1;", &[("TYPE_CHANGED", Blocked)]),
        fields(
            "another type under a new number",
            X,
            "bytes x = 2 [(judi.field).replaces = 1]; reserved 1;",
            &[("FIELD_ADDED", Safe), ("FIELD_DELETED", Guarded), ("FIELD_REPLACED", Guarded)],
        ),
        fields(
            "another type under a new number, the old field kept",
            X,
            "bytes x = 2 [(judi.field).replaces = 1]; string x_text = 1 [deprecated = true, (judi.field).replaced_by = \"x\"];",
            &[
                ("FIELD_ADDED", Safe),
                ("FIELD_RENAMED", Safe),
                ("FIELD_REPLACED", Guarded),
                ("FIELD_WORDS_CHANGED", Safe),
                ("FIELD_WORDS_CHANGED", Safe),
            ],
        ),
        fields("singular to repeated", X, "repeated string x = 1;", &[("CARDINALITY_CHANGED", Blocked)]),
        fields("repeated to singular", "repeated string x = 1;", X, &[("CARDINALITY_CHANGED", Blocked)]),
        fields(
            "map to repeated",
            "map<string, string> x = 1;",
            "repeated string x = 1;",
            &[("CARDINALITY_CHANGED", Blocked)],
        ),
        fields(
            "packed to not packed",
            "repeated int32 x = 1;",
            "repeated int32 x = 1 [packed = false];",
            &[("PACKING_CHANGED", Safe)],
        ),
        fields("implicit to optional", X, "optional string x = 1;", &[("PRESENCE_CHANGED", Guarded)]),
        fields("optional to implicit", "optional string x = 1;", X, &[("PRESENCE_CHANGED", Guarded)]),
    ]
}

fn words() -> Vec<Row> {
    vec![
        fields("require", X, "string x = 1 [(judi.field).required = true];", &[("REQUIRED_ADDED", Guarded)]),
        fields("require no more", "string x = 1 [(judi.field).required = true];", X, &[("REQUIRED_REMOVED", Safe)]),
        fields(
            "add a required field",
            X,
            "string x = 1; string y = 2 [(judi.field).required = true];",
            &[("FIELD_ADDED", Safe), ("REQUIRED_ADDED", Guarded)],
        ),
        fields(
            "constraint tightened",
            X,
            "string x = 1 [(buf.validate.field).string.max_len = 9];",
            &[("RULES_TIGHTENED", Guarded)],
        ),
        fields(
            "constraint loosened",
            "string x = 1 [(buf.validate.field).string.max_len = 9];",
            X,
            &[("RULES_LOOSENED", Safe)],
        ),
        fields("PII class", X, "string x = 1 [(judi.field).pii = PII_CLASS_PERSONAL];", &[("PII_CHANGED", Safe)]),
        fields("words", X, "string x = 1 [(judi.field).semantic_type = \"url\"];", &[("FIELD_WORDS_CHANGED", Safe)]),
    ]
}

fn oneofs() -> Vec<Row> {
    vec![
        fields("one field into a new oneof", X, "oneof o { string x = 1; }", &[("ONEOF_ADDED", Safe)]),
        fields(
            "several fields into one oneof",
            "optional string x = 1; optional string y = 2;",
            "oneof o { string x = 1; string y = 2; }",
            &[("ONEOF_MERGED", Blocked), ("ONEOF_MERGED", Blocked)],
        ),
        fields(
            "a field into an existing oneof",
            "oneof o { string x = 1; } optional string y = 2;",
            "oneof o { string x = 1; string y = 2; }",
            &[("ONEOF_ENTERED", Blocked)],
        ),
        fields(
            "a new field in an existing oneof",
            "oneof o { string x = 1; }",
            "oneof o { string x = 1; string y = 2; }",
            &[("FIELD_ADDED", Safe)],
        ),
        fields(
            "a field leaves a oneof",
            "oneof o { string x = 1; string y = 2; }",
            "oneof o { string x = 1; } optional string y = 2;",
            &[("ONEOF_LEFT", Guarded)],
        ),
        fields(
            "a oneof is renamed",
            "oneof o { string x = 1; string y = 2; }",
            "oneof q { string x = 1; string y = 2; }",
            &[("ONEOF_RENAMED", Guarded)],
        ),
    ]
}

fn enums() -> Vec<Row> {
    vec![
        values("enum value added", "", "E_ONE = 1;", &[("ENUM_VALUE_ADDED", Safe)]),
        values("enum value renamed", "E_ONE = 1;", "E_UNO = 1;", &[("ENUM_VALUE_RENAMED", Blocked)]),
        values(
            "enum value renamed with alias",
            "E_ONE = 1;",
            "E_UNO = 1 [(judi.value).alias = \"E_ONE\"];",
            &[("ENUM_VALUE_RENAMED", Guarded)],
        ),
        values("enum value deleted", "E_ONE = 1;", "", &[("ENUM_VALUE_DELETED", Blocked)]),
        values(
            "enum value deleted and reserved",
            "E_ONE = 1;",
            "reserved 1; reserved \"E_ONE\";",
            &[("ENUM_VALUE_DELETED", Guarded)],
        ),
        values("enum value renumbered", "E_ONE = 1;", "E_ONE = 2;", &[("ENUM_VALUE_RENUMBERED", Blocked)]),
        values("enum number reused", "reserved 1;", "E_ONE = 1;", &[("NUMBER_REUSED", Blocked)]),
        values(
            "enum alias removed",
            "E_ONE = 1 [(judi.value).alias = \"E_I\"];",
            "E_ONE = 1;",
            &[("VALUE_ALIAS_REMOVED", Blocked)],
        ),
        values(
            "enum synonym added",
            "option allow_alias = true; E_ZERO = 0;",
            "option allow_alias = true; E_ZERO = 0; E_NIL = 0;",
            &[("ENUM_SYNONYM_ADDED", Safe)],
        ),
        values(
            "enum synonym removed",
            "option allow_alias = true; E_ZERO = 0; E_NIL = 0;",
            "option allow_alias = true; E_ZERO = 0;",
            &[("ENUM_SYNONYM_REMOVED", Blocked)],
        ),
    ]
}

fn moves() -> Vec<Row> {
    let with = |inner: &str, rest: &str| format!("{} {rest}", event(&format!("{inner} in = 1;")));
    let b = "message B { string s = 1; int32 n = 2; }";
    let packaged = |package: &str| {
        format!("syntax = \"proto3\"; package {package}; import \"judi/v1/options.proto\"; {} {b}", event("B in = 1;"))
    };
    vec![
        row(
            "rename a message with moved_from",
            &with("B", b),
            &with("C", "message C { option (judi.message).moved_from = \"p.B\"; string s = 1; int32 n = 2; }"),
            &[("MESSAGE_MOVED", Safe)],
        ),
        row(
            "rename a message without moved_from",
            &with("B", b),
            &with("C", "message C { string s = 1; int32 n = 2; }"),
            &[("MESSAGE_MOVED", Blocked)],
        ),
        row(
            "move a message into another",
            &with("B", b),
            &with("Outer.B", "message Outer { message B { string s = 1; int32 n = 2; } }"),
            &[("MESSAGE_ADDED", Safe), ("MESSAGE_MOVED", Blocked)],
        ),
        row(
            "a field of another message, the old one still there",
            &with("B", &format!("{b} message C {{ string s = 1; int32 n = 2; }}")),
            &with("C", &format!("{b} message C {{ string s = 1; int32 n = 2; }}")),
            &[("TYPE_CHANGED", Blocked)],
        ),
        row("package change", &packaged("p.v1"), &packaged("p.v2"), &[("PACKAGE_CHANGED", Guarded)]),
        row(
            "an enum is renamed with moved_from",
            &with("E", "enum E { NONE = 0; ONE = 1; }"),
            &with("F", "enum F { option (judi.enum).moved_from = \"p.E\"; NONE = 0; ONE = 1; }"),
            &[("ENUM_MOVED", Safe)],
        ),
        row(
            "an enum is renamed without moved_from",
            &with("E", "enum E { NONE = 0; ONE = 1; }"),
            &with("F", "enum F { NONE = 0; ONE = 1; }"),
            &[("ENUM_MOVED", Blocked)],
        ),
        row(
            "a field of another enum, the old one still there",
            &with("E", "enum E { NONE = 0; } enum F { NOTHING = 0; }"),
            &with("F", "enum E { NONE = 0; } enum F { NOTHING = 0; }"),
            &[("TYPE_CHANGED", Blocked)],
        ),
    ]
}

fn events() -> Vec<Row> {
    let b = "message B { string s = 1; int32 n = 2; }";
    vec![
        row("a new event", b, &format!("{b} {}", event("string x = 1;")), &[("EVENT_ADDED", Safe)]),
        row("an event is deleted", &format!("{b} {}", event("string x = 1;")), b, &[("EVENT_DELETED", Guarded)]),
        row(
            "an event is renamed",
            &event("string x = 1;"),
            &event("string x = 1;").replace("\"a\"", "\"b\""),
            &[("EVENT_RENAMED", Blocked)],
        ),
        row(
            "an event is another message",
            &format!("{} message B {{ string x = 1; }}", event("string x = 1;")),
            "message A { string x = 1; } message B { option (judi.event).name = \"a\"; string x = 1; int32 y = 2; }",
            &[("EVENT_MESSAGE_CHANGED", Guarded), ("FIELD_ADDED", Safe)],
        ),
        row(
            "owner and description",
            "message A { option (judi.event) = { name: \"a\" owner: \"o\" description: \"d\" }; }",
            "message A { option (judi.event) = { name: \"a\" owner: \"p\" description: \"e\" }; }",
            &[("EVENT_WORDS_CHANGED", Safe), ("EVENT_WORDS_CHANGED", Safe)],
        ),
        row("a message that nobody uses", &format!("{b} {}", event("")), &event(""), &[("MESSAGE_DELETED", Guarded)]),
    ]
}

fn proto2() -> Vec<Row> {
    let two =
        |fields: &str| format!("syntax = \"proto2\"; package p; import \"judi/v1/options.proto\"; {}", event(fields));
    let three =
        |fields: &str| format!("syntax = \"proto3\"; package p; import \"judi/v1/options.proto\"; {}", event(fields));
    let x = "optional int32 x = 1;";
    vec![
        row("proto2 required", &two(x), &two("required int32 x = 1;"), &[("REQUIRED_ADDED", Guarded)]),
        row("proto2 required no more", &two("required int32 x = 1;"), &two(x), &[("REQUIRED_REMOVED", Guarded)]),
        row("proto2 default", &two(x), &two("optional int32 x = 1 [default = 5];"), &[("DEFAULT_CHANGED", Blocked)]),
        row(
            "group to message",
            &two("optional group G = 1 { optional string s = 1; }"),
            &two("optional G g = 1; message G { optional string s = 1; }"),
            &[("ENCODING_CHANGED", Blocked)],
        ),
        row("proto2 to proto3, the same said otherwise", &two(x), &three(x), &[]),
        row("proto2 to proto3, presence lost", &two(x), &three("int32 x = 1;"), &[("PRESENCE_CHANGED", Guarded)]),
        row(
            "proto3 to an edition, the same said otherwise",
            &three("repeated int32 n = 2; optional int32 x = 1; E e = 3; enum E { NONE = 0; }"),
            &format!(
                "edition = \"2023\"; package p; import \"judi/v1/options.proto\"; {}",
                event(
                    "repeated int32 n = 2; int32 x = 1; E e = 3 [features.field_presence = IMPLICIT]; enum E { NONE = 0; }"
                )
            ),
            &[],
        ),
        row(
            "a closed enum opens",
            &two("optional E x = 1; enum E { NONE = 0; }"),
            &three("optional E x = 1; enum E { NONE = 0; }"),
            &[("ENUM_OPENNESS_CHANGED", Guarded)],
        ),
    ]
}

#[test]
fn every_row_has_its_verdict() {
    for Row { name, old, new, found } in rows() {
        let (old, new) = (compiled(&old), compiled(&new));
        assert_eq!(between(&old, &new), found, "{name}");
        assert_eq!(between(&old, &old), [], "{name}: nothing changed");
        assert_eq!(between(&new, &new), [], "{name}: nothing changed");
        // The other direction has an answer, too.
        assert_eq!(between(&new, &old).is_empty(), found.is_empty(), "{name}");
    }
}

/// Rows whose way out only people know.
const BY_HAND: [&str; 2] = ["add an alias that was another field's name", "a new field's JSON name was another's"];

#[test]
fn every_blocked_row_has_a_fix_that_unblocks_it() {
    for Row { name, old, new, found: expected } in rows() {
        let is_blocked = expected.iter().any(|(_, verdict)| *verdict == Blocked);
        if !is_blocked {
            continue;
        }
        let Fixed { text, left, .. } = fixed(&compiled(&old), &new);
        let blocked: Vec<&str> =
            left.iter().filter(|change| change.verdict == Blocked).map(|change| change.kind.id()).collect();
        let is_by_hand = BY_HAND.contains(&name);
        assert_eq!(blocked.is_empty(), !is_by_hand, "{name}: {blocked:?}\n{text}");
    }
}
