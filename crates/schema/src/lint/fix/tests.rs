//! Repairs are small, certain, compile, and are done once.

use proptest::prelude::*;

use super::super::tests::{source, standards};
use super::*;
use crate::compile::compile;
use crate::ledger::Ledger;
use crate::lint::{Workspace, lint};

const HEAD: &str = "syntax = \"proto3\";\n\npackage news.v1;\n\nimport \"judi/v1/options.proto\";\n\n";

/// Repairs one file, checks what holds of every repair, and gives back the text, the diff and what was left.
fn fixed(text: &str, standards: &Standards) -> (String, String, Vec<String>) {
    let sources = [source("news/v1/news.proto", text)];
    let done = fix(&sources, standards).unwrap();
    let new = done.files.first().map_or_else(|| text.to_owned(), |(_, text)| text.clone());
    let again = [source("news/v1/news.proto", &new)];
    compile(&again).unwrap();
    assert_eq!(lint(&again, standards).unwrap(), done.findings);
    let twice = fix(&again, standards).unwrap();
    assert!(twice.files.is_empty() && twice.diff.is_empty(), "{}", twice.diff);
    assert_eq!(twice.left, done.left);
    let left = done.left.into_iter().map(|(finding, why)| format!("{}: {why}", finding.rule)).collect();
    (new, done.diff, left)
}

fn text_of(body: &str, conventions: &str) -> String {
    let (text, _, _) = fixed(&format!("{HEAD}{body}"), &standards(conventions));
    text.strip_prefix(HEAD).unwrap().to_owned()
}

#[test]
fn presence_becomes_explicit_and_nothing_else_changes() {
    let body = "message Open {\n  option (judi.event) = {name: \"open\" owner: \"o\" description: \"Opened.\"}; // keep\n\n  \
        /* a */ string a = 1; // one\n  optional string b = 2;\n\tInner\tinner = 3;\n}\nmessage Inner { int32 n = 1; }\nmessage Other { int32 n = 1; }\n";
    let wanted = body.replace("string a", "optional string a").replace("Inner { int32", "Inner { optional int32");
    assert_eq!(text_of(body, "{}"), wanted);
}

#[test]
fn a_published_field_keeps_its_presence_and_it_is_said() {
    let body = "message Open {\n  option (judi.event) = {name: \"open\" owner: \"o\" description: \"Opened.\"};\n  string a = 1;\n  string fooBar = 2;\n}\n";
    let ledger = format!(
        "{{\"format\":1,\"versions\":[\n{{\"number\":1,\"semver\":\"1.0.0\",\"fingerprint\":\"{}\"}}\n],\"events\":[\n\
         {{\"id\":1,\"name\":\"open\",\"message\":\"news.v1.Open\",\"since\":1}}\n],\"columns\":[\n\
         {{\"event\":1,\"path\":[],\"column\":[\"open\"],\"type\":\"STRUCT\",\"since\":1}},\n\
         {{\"event\":1,\"path\":[1],\"column\":[\"open\",\"a\"],\"type\":\"VARCHAR\",\"since\":1}}\n]}}",
        "0".repeat(64)
    );
    let standards = Standards { ledger: Some(Ledger::parse("ledger.json", &ledger).unwrap()), ..standards("{}") };
    let (text, diff, left) = fixed(&format!("{HEAD}{body}"), &standards);
    assert!(
        text.contains("  string a = 1;\n  optional string foo_bar = 2 [(judi.field).alias = \"fooBar\"];"),
        "{text}"
    );
    assert!(
        diff.starts_with("--- a/news/v1/news.proto\n+++ b/news/v1/news.proto\n@@ -10,1 +10,1 @@\n-  string fooBar"),
        "{diff}"
    );
    assert_eq!(left.len(), 1);
    assert!(left[0].starts_with("FIELD_PRESENCE: it is published") && left[0].contains("GUARDED"), "{left:?}");
}

#[test]
fn renamed_fields_keep_their_old_name_as_an_alias() {
    let event = "message Open {\n  option (judi.event) = {name: \"open\" owner: \"o\" description: \"Opened.\"};\n";
    for (field, wanted) in [
        ("optional string fooBar = 1;", "optional string foo_bar = 1 [(judi.field).alias = \"fooBar\"];"),
        (
            "optional string fooBar = 1 [deprecated = true]; // x",
            "optional string foo_bar = 1 [deprecated = true, (judi.field).alias = \"fooBar\"]; // x",
        ),
        (
            "optional string fooBar = 1 [(judi.field).pii = PII_CLASS_NONE];",
            "optional string foo_bar = 1 [(judi.field).pii = PII_CLASS_NONE, (judi.field).alias = \"fooBar\"];",
        ),
        (
            "optional string fooBar = 1 [(judi.field) = {pii: PII_CLASS_NONE, alias: \"f\"}];",
            "optional string foo_bar = 1 [(judi.field) = {pii: PII_CLASS_NONE, alias: \"f\", alias: \"fooBar\"}];",
        ),
        (
            "optional string fooBar = 1 [\n    (judi.field) = {\n      pii: PII_CLASS_NONE\n    },\n    deprecated = true\n  ];",
            "optional string foo_bar = 1 [\n    (judi.field) = {\n      pii: PII_CLASS_NONE\n      alias: \"fooBar\"\n    },\n    deprecated = true\n  ];",
        ),
        (
            "optional string fooBar = 1 [\n    deprecated = true // y\n  ];",
            "optional string foo_bar = 1 [\n    deprecated = true,\n    (judi.field).alias = \"fooBar\" // y\n  ];",
        ),
        (
            "repeated int32 FooBar = 1 [(judi.field) = {}];",
            "repeated int32 foo_bar = 1 [(judi.field) = { alias: \"FooBar\"}];",
        ),
        ("map<string, int32> fooBar = 1;", "map<string, int32> foo_bar = 1 [(judi.field).alias = \"fooBar\"];"),
    ] {
        assert_eq!(text_of(&format!("{event}  {field}\n}}\n"), "{}"), format!("{event}  {wanted}\n}}\n"));
    }
}

#[test]
fn what_would_break_something_is_left() {
    let body = "message Open {\n  option (judi.event) = {name: \"open\" owner: \"o\" description: \"Opened.\"};\n  \
        optional string fooBar = 1;\n  optional string foo_bar = 2;\n  optional string oldName = 3;\n  \
        optional string x = 4 [(judi.field).replaced_by = \"oldName\"];\n}\nmessage Other { string camelCase = 1; }\n\
        enum Loose { A = 0; }\n";
    // proto3 does not let fooBar stand beside foo_bar.
    let body = body.replace("  optional string foo_bar = 2;\n", "");
    let (text, _, left) = fixed(&format!("{HEAD}{body}"), &standards("{}"));
    assert!(
        text.contains("string foo_bar = 1") && text.contains("string oldName = 3") && text.contains("camelCase"),
        "{text}"
    );
    assert!(
        left.iter().any(|it| it.starts_with("FIELD_LOWER_SNAKE_CASE") && it.contains("replaced by \"oldName\"")),
        "{left:?}"
    );
    assert!(left.iter().any(|it| it.contains("it is no field of an event")), "{left:?}");
    assert!(left.iter().any(|it| it.contains("it is no value in an event")), "{left:?}");
}

#[test]
fn one_repair_that_cannot_be_carried_out_stops_no_other() {
    // A reserved name cannot be taken; the halves are tried, and the other field is repaired.
    let body = "message Open {\n  option (judi.event) = {name: \"open\" owner: \"o\" description: \"Opened.\"};\n  \
        reserved \"foo_bar\";\n  optional string fooBar = 1;\n  optional string bazQux = 2;\n  string a = 3;\n}\n";
    let text = text_of(body, "{}");
    assert!(
        text.contains("string fooBar = 1;")
            && text.contains("string baz_qux = 2 [")
            && text.contains("optional string a"),
        "{text}"
    );
}

#[test]
fn owners_and_descriptions_are_taken_from_where_they_are_said() {
    let body = "// An article,\n// \"opened\".\n// judi:lint:ignore FIELD_PII\nmessage Open {\n  option (judi.event) = {\n    name: \"open\"\n  };\n}\n\n\
        // Closed again.\nmessage Close {\n  option (judi.event).name = \"close\";\n}\n\n\
        message Share {\n  option (judi.event) = {name: \"share\", owner: \"news\", description: \"\"};\n}\n// Somebody came to its end.\nmessage Read {\n  option (judi.event) = {};\n}\n";
    let wanted = "// An article,\n// \"opened\".\n// judi:lint:ignore FIELD_PII\nmessage Open {\n  option (judi.event) = {\n    name: \"open\"\n    \
        description: \"An article, \\\"opened\\\".\"\n    owner: \"news\"\n  };\n}\n\n\
        // Closed again.\nmessage Close {\n  option (judi.event).name = \"close\";\n  option (judi.event).description = \"Closed again.\";\n  \
        option (judi.event).owner = \"news\";\n}\n\n\
        message Share {\n  option (judi.event) = {name: \"share\", owner: \"news\", description: \"\"};\n}\n// Somebody came to its end.\nmessage Read {\n  \
        option (judi.event) = { description: \"Somebody came to its end.\" name: \"read\" owner: \"news\"};\n}\n";
    assert_eq!(text_of(body, "{}"), wanted);
    let (_, _, left) = fixed(&format!("{HEAD}{body}"), &standards("{}"));
    assert_eq!(left, ["EVENT_DESCRIPTION: the message has no comment that it could be taken from"]);
}

#[test]
fn conventions_name_the_owner_when_nobody_else_does() {
    let body = "message Open { option (judi.event) = {name: \"open\" description: \"Opened.\"}; }\n";
    assert!(text_of(body, r#"{"default_owner": "news"}"#).contains("description: \"Opened.\", owner: \"news\"}"));
    assert!(text_of(body, r#"{"owners": ["sport"]}"#).contains("owner: \"sport\"}"));
    let (_, diff, left) = fixed(&format!("{HEAD}{body}"), &standards("{}"));
    assert!(diff.is_empty() && left[0].contains("default_owner"), "{left:?}");
}

#[test]
fn enum_values_nobody_has_yet_are_renamed() {
    let body = "message Open {\n  option (judi.event) = {name: \"openPage\" owner: \"o\" description: \"Opened.\"};\n  \
        optional Kind kind = 1;\n  enum Kind { unknown = 0; Big_one = 1; KIND_B = 2; }\n  optional Color color = 2;\n}\nenum Color { RED = 0; }\n";
    let (text, _, left) = fixed(&format!("{HEAD}{body}"), &standards("{}"));
    assert!(text.contains("enum Kind { KIND_UNSPECIFIED = 0; KIND_BIG_ONE = 1; KIND_B = 2; }"), "{text}");
    assert!(text.contains("enum Color { COLOR_RED = 0; }") && text.contains("name: \"open_page\""), "{text}");
    assert_eq!(left.len(), 1);
    assert!(left[0].starts_with("ENUM_ZERO_VALUE_SUFFIX: the value seems to mean something"), "{left:?}");
}

#[test]
fn unused_imports_and_unsaid_syntax() {
    let text = "// Licence.\n\n// About a.\npackage news.v1;\n\nimport \"google/protobuf/any.proto\"; // why\nimport \"google/protobuf/empty.proto\";\n\
        import \"google/protobuf/timestamp.proto\"; import \"google/protobuf/duration.proto\";\nmessage A { optional google.protobuf.Duration d = 1; }\n";
    let wanted = "// Licence.\n\nsyntax = \"proto2\";\n\n// About a.\npackage news.v1;\n\n // why\n \
        import \"google/protobuf/duration.proto\";\nmessage A { optional google.protobuf.Duration d = 1; }\n";
    let (text, _, left) = fixed(text, &standards("{}"));
    assert_eq!(text, wanted);
    assert!(left.is_empty());
}

#[test]
fn the_options_are_imported_where_they_are_missing() {
    let event = source(
        "news/v1/news.proto",
        &format!(
            "{HEAD}import \"news/v1/part.proto\";\nmessage Open {{\n  option (judi.event) = {{name: \"open\" owner: \"o\" description: \"Opened.\"}};\n  Part part = 1;\n}}\n"
        ),
    );
    for (imports, wanted) in [
        ("", "package news.v1; // x\n\nimport \"judi/v1/options.proto\";\n"),
        (
            "import \"google/protobuf/any.proto\";\nimport \"news/v1/a.proto\"; // a\n",
            "package news.v1; // x\nimport \"google/protobuf/any.proto\";\nimport \"judi/v1/options.proto\";\nimport \"news/v1/a.proto\"; // a\n",
        ),
        (
            "import \"google/protobuf/any.proto\"; // any\n",
            "package news.v1; // x\nimport \"google/protobuf/any.proto\"; // any\nimport \"judi/v1/options.proto\";\n",
        ),
    ] {
        let uses = if imports.contains("any") { "  optional google.protobuf.Any any = 2;\n" } else { "" };
        let a = if imports.contains("a.proto\"; // a") { "  optional A a = 3;\n" } else { "" };
        let part = format!(
            "syntax = \"proto3\";\npackage news.v1; // x\n{imports}message Part {{\n  optional int32 fooBar = 1;\n{uses}{a}}}\n"
        );
        let sources = [
            event.clone(),
            source("news/v1/a.proto", "syntax = \"proto3\";\npackage news.v1;\nmessage A {}\n"),
            source("news/v1/part.proto", &part),
        ];
        let standards = Standards {
            conventions: serde_json::from_str(r#"{"not_pii_fields": ["any"]}"#).unwrap(),
            ..standards("{}")
        };
        let done = fix(&sources, &standards).unwrap();
        assert_eq!(done.findings, []);
        assert!(done.files[0].1.contains(wanted), "{}", done.files[0].1);
    }
}

#[test]
fn a_workspace_of_modules_is_repaired_at_its_paths() {
    let workspace = Workspace::parse("buf.yaml", "version: v2\nmodules:\n  - path: proto\n").unwrap();
    let sources = [
        source("proto/a/v1/a.proto", "syntax = \"proto3\";\npackage a.v1;\nimport \"google/protobuf/any.proto\";\n"),
        source("other/b.proto", "syntax = \"proto3\";\nimport \"google/protobuf/any.proto\";\n"),
    ];
    let done = fix(&sources, &Standards { workspace, ..standards("{}") }).unwrap();
    assert_eq!(done.files, [("proto/a/v1/a.proto".to_owned(), "syntax = \"proto3\";\npackage a.v1;\n".to_owned())]);
    assert!(done.findings.is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10))]

    #[test]
    fn whatever_is_repaired_compiles_and_is_repaired_once(
        fields in prop::collection::vec(("[a-zA-Z]{1,6}", 0..6usize, any::<bool>()), 0..6),
        values in prop::collection::vec("[a-zA-Z_]{1,8}", 1..4),
        has_owner in any::<bool>(),
        comment in "[a-z \"\\\\]{0,12}",
    ) {
        let mut body = format!("// {comment}\nmessage Open {{\n  option (judi.event) = {{name: \"Open\"{}}};\n",
            if has_owner { " owner: \"o\"" } else { "" });
        for (index, (name, kind, has_options)) in fields.iter().enumerate() {
            let kind = ["string", "optional int32", "repeated string", "Kind", "map<string, int32>", "Inner"][*kind];
            let options = if *has_options { " [(judi.field).pii = PII_CLASS_NONE]" } else { "" };
            body.push_str(&format!("  {kind} {name} = {}{options};\n", index + 1));
        }
        body.push_str("}\nmessage Inner { bool fooBar = 1; }\nenum Kind {\n");
        for (index, value) in values.iter().enumerate() {
            body.push_str(&format!("  {value} = {index};\n"));
        }
        body.push_str("}\n");
        let text = format!("{HEAD}{body}");
        // Random names collide; what does not compile has no repairs.
        prop_assume!(compile(&[source("news/v1/news.proto", &text)]).is_ok());
        let standards = standards(r#"{"default_owner": "news"}"#);
        let before = lint(&[source("news/v1/news.proto", &text)], &standards).unwrap();
        let sources = [source("news/v1/news.proto", &text)];
        let done = fix(&sources, &standards).unwrap();
        prop_assert!(done.findings.len() <= before.len());
        fixed(&text, &standards);
    }
}
