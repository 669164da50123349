//! Edits keep comments and layout, in every form that files are written in; patches apply.

use super::*;

fn sources(text: &str) -> Vec<Source> {
    vec![Source { name: "a/t.proto".to_owned(), text: SourceText::Proto(text.to_owned()) }]
}

fn after(text: &str, steps: &[FixStep]) -> String {
    let steps: Vec<&FixStep> = steps.iter().collect();
    match apply(&sources(text), &steps).unwrap().remove(0).text {
        SourceText::Proto(text) => text,
        SourceText::DescriptorSet(_) => panic!("no text"),
    }
}

fn reserve(message: &str, number: u32, name: &str) -> FixStep {
    FixStep::Reserve { message: message.to_owned(), numbers: vec![number..=number], names: vec![name.to_owned()] }
}

fn alias(message: &str, field: &str, alias: &str) -> FixStep {
    FixStep::FieldAlias { message: message.to_owned(), field: field.to_owned(), alias: alias.to_owned() }
}

fn replaces(message: &str, field: &str, number: u32) -> FixStep {
    FixStep::Replaces { message: message.to_owned(), field: field.to_owned(), number }
}

#[test]
fn reservations_stand_on_lines_of_their_own_where_the_block_has_lines() {
    let cases = [
        (
            "message A {\n  string x = 1; // The x.\n}\n",
            "message A {\n  string x = 1; // The x.\n  reserved 2;\n  reserved \"y\";\n}\n",
        ),
        ("message A { string x = 1; }", "message A { string x = 1; reserved 2; reserved \"y\"; }"),
        ("message A {}", "message A { reserved 2; reserved \"y\"; }"),
        ("message A {\n}\n", "message A {\n  reserved 2;\n  reserved \"y\";\n}\n"),
        (
            "message A {\r\n\tstring x = 1;\r\n}\r\n",
            "message A {\r\n\tstring x = 1;\r\n\treserved 2;\r\n\treserved \"y\";\r\n}\r\n",
        ),
        (
            "message A {\n    reserved 7; /* seven\n  lines */ // gone\n    string x = 1;\n}",
            "message A {\n    reserved 7; /* seven\n  lines */ // gone\n    reserved 2;\n    reserved \"y\";\n    string x = 1;\n}",
        ),
        (
            "message A { message B { string x = 1; }\n  oneof o { string z = 3; } /* } */ }",
            "message A { message B { string x = 1; }\n  oneof o { string z = 3; } reserved 2; reserved \"y\"; /* } */ }",
        ),
        (
            "edition = \"2023\";\nmessage A {\n  string x = 1;\n}",
            "edition = \"2023\";\nmessage A {\n  string x = 1;\n  reserved 2;\n  reserved y;\n}",
        ),
    ];
    for (before, expected) in cases {
        assert_eq!(after(before, &[reserve("A", 2, "y")]), expected);
    }
    // Several at once, and one twice.
    let steps = [reserve("p.A", 2, "y"), reserve("p.A", 5, "z"), reserve("p.A", 2, "y")];
    assert_eq!(
        after("package p; message A { string x = 1; }", &steps),
        "package p; message A { string x = 1; reserved 2, 5; reserved \"y\", \"z\"; }"
    );
    let ranges = FixStep::Reserve { message: "A".to_owned(), numbers: vec![3..=9, 1000..=536_870_911], names: vec![] };
    assert_eq!(after("message A {}", &[ranges]), "message A { reserved 3 to 9, 1000 to max; }");
}

#[test]
fn options_are_added_in_the_form_that_is_there() {
    let import = "import \"judi/v1/options.proto\";";
    let cases = [
        ("string y = 1;", "string y = 1 [(judi.field).alias = \"x\"];"),
        ("string y = 0x1 /* one */;", "string y = 0x1 [(judi.field).alias = \"x\"] /* one */;"),
        ("string y = 1 [deprecated = true];", "string y = 1 [deprecated = true, (judi.field).alias = \"x\"];"),
        ("string y = 1 [(judi.field) = {}];", "string y = 1 [(judi.field) = {alias: \"x\"}];"),
        (
            "string y = 1 [(judi.field) = {required: true}];",
            "string y = 1 [(judi.field) = {required: true, alias: \"x\"}];",
        ),
        (
            "string y = 1 [(.judi.field) = {required: true,}];",
            "string y = 1 [(.judi.field) = {required: true, alias: \"x\"}];",
        ),
        (
            "string y = 1 [(judi.field) = {\n    required: true // It is.\n  }];",
            "string y = 1 [(judi.field) = {\n    required: true, alias: \"x\" // It is.\n  }];",
        ),
        (
            "string y = 1 [(judi.field).alias = \"w\", (other.field) = {a: [1, 2]}];",
            "string y = 1 [(judi.field).alias = \"w\", (other.field) = {a: [1, 2]}, (judi.field).alias = \"x\"];",
        ),
        ("map<string, B> y = 1;", "map<string, B> y = 1 [(judi.field).alias = \"x\"];"),
        ("oneof o { string y = 1; }", "oneof o { string y = 1 [(judi.field).alias = \"x\"]; }"),
        ("optional group Y = 1 { }", "optional group Y = 1 [(judi.field).alias = \"x\"] { }"),
    ];
    for (before, expected) in cases {
        let whole = |field: &str| format!("{import}\nmessage A {{ {field} }}");
        assert_eq!(after(&whole(before), &[alias("A", "y", "x")]), whole(expected));
    }
    let single = |field: &str| after(&format!("{import} message A {{ {field} }}"), &[replaces("A", "y", 3)]);
    assert!(single("string y = 9 [(judi.field) = {replaces: 2}];").contains("{replaces: 3}"));
    assert!(single("string y = 9 [(judi.field).replaces = 2];").contains("[(judi.field).replaces = 3]"));
    assert!(single("string y = 9;").contains("9 [(judi.field).replaces = 3];"));
}

#[test]
fn the_import_of_the_options_is_added_once_and_where_imports_stand() {
    let cases = [
        ("syntax = \"proto3\";\n", "syntax = \"proto3\";\n\nimport \"judi/v1/options.proto\";\n"),
        (
            "syntax = \"proto3\";\npackage p; // P.\n",
            "syntax = \"proto3\";\npackage p; // P.\n\nimport \"judi/v1/options.proto\";\n",
        ),
        (
            "syntax = \"proto3\";\npackage p;\nimport \"a.proto\";\nimport public \"b.proto\";\n",
            "syntax = \"proto3\";\npackage p;\nimport \"a.proto\";\nimport public \"b.proto\";\nimport \"judi/v1/options.proto\";\n",
        ),
        ("package p; import 'judi/v1/options.proto';\n", "package p; import 'judi/v1/options.proto';\n"),
        ("", "import \"judi/v1/options.proto\";\n"),
    ];
    for (head, expected) in cases {
        let name = if head.contains("package") { "p.A" } else { "A" };
        let text = after(
            &format!("{head}message A {{ string y = 1; string z = 2; }}"),
            &[alias(name, "y", "x"), alias(name, "z", "w")],
        );
        assert!(text.starts_with(&format!("{expected}message A")), "{text}");
    }
}

#[test]
fn messages_enums_values_numbers_and_events_are_edited_where_they_are_declared() {
    let text = "// A \"message\" { in a comment.\nsyntax = \"proto3\";\npackage p.v1;\nimport \"judi/v1/options.proto\";\n\
        message Outer {\n  option (judi.event) = {\n    name: \"outer\" // Its name.\n    description: \"a { b\"\n  };\n\
        \x20 message Inner {\n    // First.\n    string message = 1;\n  }\n  enum Kind {\n    NONE = 0;\n    NEGATIVE = -7;\n  }\n\
        \x20 Inner inner = 1 [json_name = \"a;b}\"];\n}\n\
        service S { rpc M(Outer) returns (Outer) { option deprecated = true; } }\nmessage Last { option (judi.event).name = \"last\"; }\n";
    let steps = [
        FixStep::MovedFrom { message: "p.v1.Outer.Inner".to_owned(), from: "q.Inner".to_owned() },
        FixStep::EnumMovedFrom { enumeration: "p.v1.Outer.Kind".to_owned(), from: "q.Kind".to_owned() },
        FixStep::ValueAlias {
            enumeration: "p.v1.Outer.Kind".to_owned(),
            value: "NEGATIVE".to_owned(),
            alias: "MINUS".to_owned(),
        },
        FixStep::ValueNumber { enumeration: "p.v1.Outer.Kind".to_owned(), value: "NEGATIVE".to_owned(), number: -8 },
        FixStep::ReserveValues { enumeration: "p.v1.Outer.Kind".to_owned(), numbers: vec![-7..=-7], names: vec![] },
        FixStep::Number { message: "p.v1.Outer".to_owned(), field: "inner".to_owned(), number: 22 },
        FixStep::EventName { message: "p.v1.Outer".to_owned(), name: "around".to_owned() },
        FixStep::EventName { message: "p.v1.Last".to_owned(), name: "end".to_owned() },
    ];
    let expected = text
        .replace("message Inner {\n", "message Inner {\n    option (judi.message).moved_from = \"q.Inner\";\n")
        .replace("enum Kind {\n", "enum Kind {\n    option (judi.enum).moved_from = \"q.Kind\";\n")
        .replace("NEGATIVE = -7;\n", "NEGATIVE = -8 [(judi.value).alias = \"MINUS\"];\n    reserved -7;\n")
        .replace("inner = 1 [", "inner = 22 [")
        .replace("\"outer\"", "\"around\"")
        .replace("\"last\"", "\"end\"");
    assert_eq!(after(text, &steps), expected);
    // In a block that says it already, it is one more of the same.
    let more = [FixStep::MovedFrom { message: "A".to_owned(), from: "C".to_owned() }];
    let text = "import \"judi/v1/options.proto\"; message A { option (judi.message) = { moved_from: \"B\" }; }";
    assert_eq!(after(text, &more), text.replace("\"B\" }", "\"B\", moved_from: \"C\" }"));
}

#[test]
fn what_is_declared_nowhere_is_an_error() {
    let none = [&reserve("p.A", 1, "x")];
    assert_eq!(apply(&sources("message A {}"), &none), Err(FixError::NotDeclared { name: "p.A".to_owned() }));
    let field = [&alias("A", "nobody", "x")];
    assert!(matches!(apply(&sources("message A { string x = 1; }"), &field), Err(FixError::Unreadable { .. })));
    let set = vec![Source { name: "x.binpb".to_owned(), text: SourceText::DescriptorSet(vec![1, 2]) }];
    assert!(apply(&set, &none).is_err());
    assert_eq!(apply(&set, &[]), Ok(set.clone()));
    // Whatever a file is, reading it ends.
    for text in
        ["{{{{", "}}}}", "\"", "message", "message A { option", "/*", "a = ; [ ] } = 1", "message A { string x = "]
    {
        assert!(apply(&sources(text), &none).is_err());
    }
}

#[test]
fn a_patch_is_a_unified_diff_of_the_edits() {
    let text: String = (1..=30).map(|n| format!("// Line {n}.\n")).collect();
    let text =
        format!("syntax = \"proto3\";\nmessage A {{\n  string y = 1;\n}}\n{text}message B {{\n  string z = 1;\n}}");
    let steps = [alias("A", "y", "x"), reserve("B", 2, "w")];
    let patch = patch(&sources(&text), &steps.iter().collect::<Vec<_>>(), "schema/").unwrap();
    let expected = "\
--- a/schema/a/t.proto
+++ b/schema/a/t.proto
@@ -1,6 +1,8 @@
 syntax = \"proto3\";
+
+import \"judi/v1/options.proto\";
 message A {
-  string y = 1;
+  string y = 1 [(judi.field).alias = \"x\"];
 }
 // Line 1.
 // Line 2.
@@ -34,4 +36,6 @@
 // Line 30.
 message B {
   string z = 1;
+  reserved 2;
+  reserved \"w\";
 }
\\ No newline at end of file
";
    assert_eq!(patch, expected);
}
