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
