//! Each rule finds what it is for, where buf finds it; modules, unstable packages, editions and published versions.
//!
//! `tests/cases.txt` holds a case or more for every rule, with what buf says of it, places and words.

use std::collections::BTreeSet;

use super::rules::{Action, RULES};
use super::*;
use crate::compile::{Source, SourceText, compile};
use crate::error::SchemaError;

fn source(name: &str, text: &str) -> Source {
    Source { name: name.to_owned(), text: SourceText::Proto(text.to_owned()) }
}

fn workspace(files: &[(&str, &str)], config: &str) -> Workspace {
    let config = if config.is_empty() { Config::default() } else { Config::parse("buf.yaml", config).unwrap() };
    Workspace::new(files.iter().map(|(name, text)| source(name, text)).collect(), &config).unwrap()
}

fn refused(files: &[(&str, &str)], config: &str) -> SchemaError {
    let config = Config::parse("buf.yaml", config).unwrap();
    Workspace::new(files.iter().map(|(name, text)| source(name, text)).collect(), &config).unwrap_err()
}

/// Rules with the files that they are reported of.
fn found(current: &Workspace, previous: &Workspace) -> Vec<String> {
    compare(current, previous).into_iter().map(|one| format!("{} {}", one.rule, one.path)).collect()
}

#[test]
fn every_rule_says_what_buf_says() {
    let cases = include_str!("tests/cases.txt");
    let mut covered = BTreeSet::from(["FILE_NO_DELETE"]);
    for case in cases.split("=== ").skip(1) {
        let (rule, rest) = case.split_once("\n--- before\n").unwrap();
        let (before, rest) = rest.split_once("--- after\n").unwrap();
        let (after, expected) = rest.split_once("--- found\n").unwrap();
        let config = format!("version: v2\nbreaking:\n  use: [{rule}]\n");
        let (current, previous) =
            (workspace(&[("a.proto", after)], &config), workspace(&[("a.proto", before)], &config));
        let mut lines: Vec<String> = compare(&current, &previous)
            .into_iter()
            .map(|one| {
                assert_eq!(one.rule, rule);
                let Finding { path, start_line, start_column, end_line, end_column, message, .. } = one;
                format!("{path}:{start_line}:{start_column}-{end_line}:{end_column} {message}")
            })
            .collect();
        let mut expected: Vec<&str> = expected.lines().collect();
        lines.sort();
        expected.sort_unstable();
        assert_eq!(lines, expected, "{rule}\n{before}---\n{after}");
        assert_eq!(compare(&current, &current), []);
        covered.extend(RULES.iter().map(|one| one.id).find(|id| *id == rule));
    }
    let all = RULES.iter().filter(|rule| matches!(rule.action, Action::Check(_))).map(|rule| rule.id);
    assert_eq!(covered, all.collect());
}

#[test]
fn a_deleted_file_belongs_to_no_file() {
    let previous = workspace(&[("a.proto", ""), ("b/c.proto", "syntax = \"proto3\"; package b.v1beta1;")], "");
    let current = workspace(&[("a.proto", "")], "");
    let [finding] = <[Finding; 1]>::try_from(compare(&current, &previous)).unwrap();
    let expected = Finding::of_file("", "FILE_NO_DELETE", "Previously present file \"b/c.proto\" was deleted.");
    assert_eq!(finding, expected);
    assert_eq!(
        serde_json::to_string(&finding).unwrap(),
        r#"{"path":"","start_line":1,"start_column":1,"end_line":1,"end_column":1,"rule":"FILE_NO_DELETE","message":"Previously present file \"b/c.proto\" was deleted."}"#
    );
    for ignoring in [
        "ignore_unstable_packages: true",
        "ignore: [b]",
        "ignore_only: {FILE: [b/c.proto]}",
        "except: [FILE_NO_DELETE]",
    ] {
        let current = workspace(&[("a.proto", "")], &format!("version: v1\nbreaking: {{{ignoring}}}"));
        assert_eq!(compare(&current, &previous), [], "{ignoring}");
    }
}

#[test]
fn imports_are_not_looked_at() {
    let with = "syntax = \"proto3\"; import \"google/protobuf/timestamp.proto\"; message A { google.protobuf.Timestamp a = 1; }";
    let without = "syntax = \"proto3\"; message A { reserved 1; }";
    let (current, previous) = (workspace(&[("a.proto", without)], ""), workspace(&[("a.proto", with)], ""));
    assert_eq!(found(&current, &previous), ["FIELD_NO_DELETE a.proto"]);
}

#[test]
fn roots_and_excludes_say_what_import_names_are() {
    let config = "version: v1beta1\nbuild:\n  roots: [proto, vendor]\n  excludes: [vendor/old]\n";
    let text = "syntax = \"proto3\"; import \"b.proto\"; message A { B b = 1; }";
    let b = "syntax = \"proto3\"; message B { int32 x = 1; }";
    let files = [
        ("proto/a.proto", text),
        ("vendor/b.proto", b),
        ("vendor/old/c.proto", "no protobuf"),
        ("d.proto", "nor this"),
    ];
    let previous = workspace(&files, config);
    let renamed = b.replace(" x ", " y ");
    let current = workspace(&[files[0], ("vendor/b.proto", &renamed)], config);
    assert_eq!(found(&current, &previous), ["FIELD_SAME_JSON_NAME b.proto", "FIELD_SAME_NAME b.proto"]);

    let error = refused(&[("proto/a.proto", ""), ("vendor/a.proto", "")], config);
    assert_eq!(error.to_string(), "vendor/a.proto: a.proto is also the import name of proto/a.proto");
    let error = refused(&[("proto/a.proto", "\nmessage A { optional Z z = 1; }")], config);
    assert!(error.to_string().starts_with("proto/a.proto:2:22: "), "{error}");
}

#[test]
fn modules_are_compared_with_their_like() {
    let config = "version: v2\nmodules:\n  - path: a\n    breaking: {use: [WIRE]}\n  - path: b\n";
    let message = |name: &str, field: &str| format!("syntax = \"proto3\"; package p; message {name} {{ {field} }}");
    let before = [
        message("A", "int32 x = 1;"),
        message("B", "int32 x = 1; A a = 2;").replacen("package", "import \"a.proto\"; package", 1),
    ];
    let after = [
        message("A", "int32 y = 1;"),
        message("B", "int32 y = 1; A a = 2;").replacen("package", "import \"a.proto\"; package", 1),
    ];
    let files = |texts: &[String; 2]| workspace(&[("a/a.proto", &texts[0]), ("b/b.proto", &texts[1])], config);
    assert_eq!(found(&files(&after), &files(&before)), ["FIELD_SAME_JSON_NAME b.proto", "FIELD_SAME_NAME b.proto"]);

    let one = workspace(&[("a/a.proto", &before[0])], "version: v2\nmodules: [{path: a}]");
    assert_eq!(found(&one, &files(&before)), ["FILE_NO_DELETE "]);
    let whole = compile(&[source("a.proto", &before[0]), source("b.proto", &before[1])]).unwrap();
    let published = Workspace::of_descriptor_set("1.binpb", whole.descriptor_set()).unwrap();
    assert_eq!(found(&files(&before), &published), [] as [String; 0]);
}

#[test]
fn what_other_compilers_accept_is_compared() {
    let text =
        "syntax = \"proto3\"; message A { int32 foo_bar = 1; int32 fooBar = 2; int32 foobar = 3; } enum E { X = 1; }";
    let one = workspace(&[("a.proto", text)], "");
    assert_eq!(compare(&one, &one), []);
    assert!(compile(&[source("a.proto", text)]).is_err());
}

#[test]
fn a_published_version_is_compared_with_its_text() {
    let proto3 = "syntax = \"proto3\"; package p; import \"google/protobuf/wrappers.proto\"; message A { int32 a = 1; \
        optional string b = 2; google.protobuf.StringValue c = 3; map<string, int32> d = 4; oneof o { bool e = 5; } }";
    let edition = "edition = \"2023\"; package p; option features.field_presence = IMPLICIT; message A { int32 a = 1; \
        string b = 2 [features.field_presence = EXPLICIT]; A c = 3 [features.message_encoding = DELIMITED]; \
        string d = 4 [features.utf8_validation = NONE, features.field_presence = LEGACY_REQUIRED]; oneof o { bool e = 5; } } \
        enum E { option features.enum_type = CLOSED; ONE = 1; } message B { E e = 1 [features.field_presence = EXPLICIT]; }";
    let explicit = "edition = \"2023\"; message A { int32 a = 1; } enum E { Z = 0; }";
    let all = "version: v2\nbreaking: {use: [FILE, PACKAGE, WIRE_JSON, WIRE, CSR]}";
    for text in [proto3, explicit] {
        let published = compile(&[source("a.proto", text)]).unwrap();
        let previous = Workspace::of_descriptor_set("1.binpb", published.descriptor_set()).unwrap();
        let current = workspace(&[("a.proto", text)], all);
        assert_eq!(compare(&current, &previous), [], "{text}");
        assert_eq!(
            found(&workspace(&[("a.proto", &text.replace("int32 a = 1;", ""))], ""), &previous),
            ["FIELD_NO_DELETE a.proto"]
        );
    }
    let current = workspace(&[("a.proto", edition)], all);
    assert_eq!(compare(&current, &current), []);
    assert!(Workspace::of_descriptor_set("1.binpb", vec![0xff]).is_err());
}

#[test]
fn an_edition_that_means_the_same_breaks_nothing_but_the_syntax() {
    let proto2 = "syntax = \"proto2\"; message A { optional int32 a = 1; required string b = 2; optional group C = 3 {} } enum E { Y = 1; }";
    let edition = "edition = \"2023\"; option features = { enum_type: CLOSED utf8_validation: NONE json_format: LEGACY_BEST_EFFORT }; \
        message A { message C {} int32 a = 1; string b = 2 [features.field_presence = LEGACY_REQUIRED]; \
        C c = 3 [features.message_encoding = DELIMITED]; } enum E { Y = 1; }";
    let config =
        "version: v2\nbreaking: {use: [FILE, PACKAGE, WIRE_JSON, WIRE, CSR], except: [MESSAGE_SAME_REQUIRED_FIELDS]}";
    let (current, previous) = (workspace(&[("a.proto", edition)], config), workspace(&[("a.proto", proto2)], config));
    assert_eq!(found(&current, &previous), ["FILE_SAME_SYNTAX a.proto"]);
}
