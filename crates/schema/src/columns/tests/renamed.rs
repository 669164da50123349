//! What was sent under a name, or into a message or oneof, that the row's version did not know.

use prost::Message;

use super::cell::cell_of;
use super::project::Project;
use crate::columns::{CatchUp, EventColumns};
use crate::envelope::Envelope;
use crate::json;

fn text(body: &str) -> String {
    format!(
        "syntax = \"proto3\";\nimport \"judi/v1/options.proto\";\n\
         message View {{ option (judi.event) = {{ name: \"view\" owner: \"o\" description: \"d\" }};\n{body}\n}}\n\
         enum Kind {{ NONE = 0; NEWS = 1; }}"
    )
}

/// The event's cell and `_unknown` of a payload that came when only the first of two versions was published, before
/// and after the second was.
fn before_and_after(first: &str, second: &str, payload: impl Fn(&Project) -> Vec<u8>) -> [String; 2] {
    let (first, second) = (text(first), text(second));
    let project = Project::published(&[&[("view.proto", &first)], &[("view.proto", &second)]]);
    let model = project.schemas.version(1).unwrap();
    let envelope = Envelope { event: "view".to_owned(), schema_version: 1, ..Envelope::default() };
    let mut columns = EventColumns::new(&project.schemas);
    columns.push(model, model.event("view").unwrap(), &envelope.encode_to_vec(), &payload(&project)).unwrap();
    let batch = columns.finish().unwrap();
    let catch_up = CatchUp::new(&project.schemas);
    let caught_up = catch_up.read_again(&batch).unwrap().unwrap();
    assert_eq!(caught_up.changed, [0]);
    assert_eq!(catch_up.read_again(&caught_up.batch).unwrap(), None, "twice is once");
    [batch, caught_up.batch]
        .map(|batch| format!("{:?} {:?}", cell_of(&batch, "view", 0), cell_of(&batch, "_unknown", 0)))
}

fn of_json(json: &'static str) -> impl Fn(&Project) -> Vec<u8> {
    move |project| {
        let model = project.schemas.version(1).unwrap();
        let mut payload = Vec::new();
        json::to_wire(&model.plans, model.event("view").unwrap().message, json, &mut payload).unwrap();
        payload
    }
}

#[test]
fn a_value_under_a_new_name_replaces_the_default_that_stood_for_it() {
    let first = "int32 a = 1; Kind b = 2; string c = 3; repeated int32 d = 4; optional bool e = 5; double f = 6;";
    let second = "int32 aa = 1 [(judi.field).alias = \"a\"]; Kind bb = 2 [(judi.field).alias = \"b\"];
        string cc = 3 [(judi.field).alias = \"c\"]; repeated int32 dd = 4 [(judi.field).alias = \"d\"];
        optional bool ee = 5 [(judi.field).alias = \"e\"]; double ff = 6 [(judi.field).alias = \"f\"];";
    let json = r#"{"aa": 7, "bb": "NEWS", "cc": "x", "dd": [1], "ee": false, "ff": -0.0}"#;
    let [before, after] = before_and_after(first, second, of_json(json));
    assert!(before.starts_with(r#"{a: 0, b: "NONE", b__number: NULL, c: "", d: [], e: NULL, f: 0.0d} x"#), "{before}");
    assert_eq!(after, r#"{a: 7, b: "NEWS", b__number: NULL, c: "x", d: [1], e: false, f: -0.0d} NULL"#);
}

#[test]
fn a_value_that_came_stays_beside_one_under_a_new_name() {
    let second = "int32 aa = 1 [(judi.field).alias = \"a\"];";
    let [_, after] = before_and_after("int32 a = 1;", second, of_json(r#"{"a": 5, "aa": 7}"#));
    assert_eq!(after, "{a: 5} NULL");
}

#[test]
fn a_zero_that_json_sent_is_no_absent_value() {
    let second = "int32 a = 1; int32 b = 2; Kind c = 3; Part d = 4; int32 e = 5;\nmessage Part { int32 x = 1; }";
    let [_, after] = before_and_after("int32 a = 1;", second, of_json(r#"{"b": 0, "c": "NONE", "d": {"x": 0}}"#));
    assert_eq!(after, r#"{a: 0, b: 0, c: "NONE", c__number: NULL, d: {x: 0}, e: NULL} NULL"#);
}

#[test]
fn a_message_is_there_though_nothing_in_it_is_known() {
    let second = "int32 a = 1; Part d = 4;\nmessage Part { int32 x = 1; }";
    let [before, after] = before_and_after("int32 a = 1;", second, |_| b"\x22\x02\x10\x07".to_vec());
    assert_eq!(before, "{a: 0, d: NULL} x22021007");
    assert_eq!(after, "{a: 0, d: {x: NULL}} x22021007");
}

#[test]
fn a_member_that_was_there_before_its_oneof_has_no_case() {
    let first = "Part a = 1;\nmessage Part { int32 x = 1; }";
    let second = "oneof choice { Part a = 1; string b = 2; }\nmessage Part { int32 x = 1; int32 y = 2; }";
    let [_, after] = before_and_after(first, second, |_| b"\x0a\x02\x10\x07".to_vec());
    assert_eq!(after, "{a: {x: 0, y: 7}, b: NULL, choice__case: NULL} NULL");
    let second = format!("int32 z = 9; {second}");
    let [_, after] = before_and_after("int32 z = 9;", &second, |_| b"\x12\x01s".to_vec());
    assert_eq!(after, r#"{z: 0, a: NULL, b: "s", choice__case: "b"} NULL"#);
}

#[test]
fn a_case_is_called_what_its_member_was_called_first() {
    let body =
        |name: &str, alias: &str| text(&format!("oneof choice {{ string {name} = 1{alias}; int32 other = 2; }}"));
    let (first, second) = (body("title", ""), body("headline", " [(judi.field).alias = \"title\"]"));
    let project = Project::published(&[&[("view.proto", &first)], &[("view.proto", &second)]]);
    let mut columns = EventColumns::new(&project.schemas);
    for version in [1, 2] {
        let model = project.schemas.version(version).unwrap();
        columns.push(model, model.event("view").unwrap(), b"\x48\x01", b"\x0a\x01s").unwrap();
    }
    let batch = columns.finish().unwrap();
    for row in [0, 1] {
        let cell = format!("{:?}", cell_of(&batch, "view", row));
        assert_eq!(cell, r#"{title: "s", other: NULL, choice__case: "title"}"#);
    }
}
