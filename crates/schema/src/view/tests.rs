//! What a view is called today, what it was called yesterday, and until when.

use super::*;
use crate::compile::{Source, SourceText};
use crate::schemas::Schemas;

fn sources(body: &str) -> [Source; 1] {
    let text = format!(
        "syntax = \"proto3\";\nimport \"judi/v1/options.proto\";\n\
         message A {{ option (judi.event) = {{ name: \"a\" owner: \"o\" description: \"d\" }};\n{body}\n}}\n"
    );
    [Source { name: "t.proto".to_owned(), text: SourceText::Proto(text) }]
}

fn payload(versions: &[&str]) -> View {
    let mut schemas: Option<Schemas> = None;
    for body in versions {
        schemas = Some(match schemas {
            Some(before) => before.next(&sources(body)).unwrap(),
            None => Schemas::first(&sources(body)).unwrap(),
        });
    }
    let mut view = schemas.unwrap().views()[0].clone();
    view.columns.drain(..ENVELOPE_COLUMNS.len());
    view
}

fn names(view: &View) -> Vec<&str> {
    view.columns.iter().map(|column| column.name.as_str()).collect()
}

#[test]
fn a_renamed_field_has_both_names_until_the_announced_end() {
    let renamed = "optional string headline = 1 [(judi.field) = { alias: \"title\" alias_until: \"2026-12-31\" }];";
    let view = payload(&["optional string title = 1;", renamed]);
    assert_eq!(names(&view), ["headline", "title"]);
    assert!(view.columns.iter().all(|column| column.path == ["a", "title"]), "files keep the column's first name");
    let end = day_of("2026-12-31").unwrap();
    assert_eq!(names(&view.on_day(end)), ["headline", "title"]);
    assert_eq!(names(&view.on_day(end + 1)), ["headline"]);
    assert_eq!(day_of("1970-01-02"), Some(1));
    assert_eq!(day_of("soon"), None);
}

#[test]
fn a_field_that_took_over_is_read_from_both_columns() {
    let view = payload(&[
        "optional string words = 1;",
        "reserved 1; reserved \"words\"; optional int64 word_count = 2 [(judi.field).replaces = 1];",
    ]);
    assert_eq!(names(&view), ["word_count"]);
    assert_eq!(view.columns[0].older, [["a", "words"]]);
}

#[test]
fn a_renamed_enum_value_is_called_what_it_is_today() {
    let kind = |name: &str| format!("enum Kind {{ NONE = 0; {name} }} optional Kind kind = 1;");
    let view = payload(&[&kind("OLD = 1;"), &kind("NEW = 1 [(judi.value).alias = \"OLD\"];")]);
    assert_eq!(view.columns[0].renamed_values, [("OLD".to_owned(), "NEW".to_owned())]);
}

#[test]
fn the_number_beside_an_enum_has_the_old_name_too() {
    let kind = |field: &str| format!("enum Kind {{ NONE = 0; }} {field}");
    let renamed = kind("optional Kind sort = 1 [(judi.field).alias = \"kind\"];");
    let view = payload(&[&kind("optional Kind kind = 1;"), &renamed]);
    assert_eq!(names(&view), ["sort", "sort__number", "kind", "kind__number"]);
    assert_eq!(view.columns[3].path, ["a", "kind__number"]);
}

#[test]
fn what_took_over_from_what_took_over_is_read_from_all_columns() {
    let view = payload(&[
        "optional string a = 1;",
        "reserved 1; reserved \"a\"; optional int64 b = 2 [(judi.field).replaces = 1];",
        "reserved 1, 2; reserved \"a\", \"b\"; optional double c = 3 [(judi.field).replaces = 2];",
    ]);
    assert_eq!(names(&view), ["c"]);
    assert_eq!(view.columns[0].older, [["a", "b"], ["a", "a"]]);
}

#[test]
fn the_case_of_a_oneof_outlives_the_member_that_it_was_known_by() {
    let view = payload(&[
        "oneof choice { string a = 1; string b = 2; }",
        "reserved 1; reserved \"a\"; oneof choice { string b = 2; }",
        "reserved 1, 2; reserved \"a\", \"b\"; oneof choice { string c = 3; }",
    ]);
    let case = view.columns.iter().find(|column| column.name == "choice__case").unwrap();
    assert_eq!(case.path, ["a", "choice__case__3"]);
    assert_eq!(case.older, [["a", "choice__case__2"], ["a", "choice__case"]]);
}
