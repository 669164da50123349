//! Which version gets to say yes.

use super::*;
use crate::compile::{Source, SourceText};

fn sources(fields: &str, more: &str) -> [Source; 1] {
    let text = format!(
        "syntax = \"proto3\";\nimport \"judi/v1/options.proto\";\n\
         message A {{ option (judi.event) = {{ name: \"a\" owner: \"o\" description: \"d\" }}; {fields} }}\n{more}"
    );
    [Source { name: "t.proto".to_owned(), text: SourceText::Proto(text) }]
}

fn schemas() -> Schemas {
    let first = Schemas::first(&sources("optional string x = 1;", "")).unwrap();
    let more =
        "message B { option (judi.event) = { name: \"b\" owner: \"o\" description: \"d\" }; optional int32 y = 1; }";
    first.next(&sources("optional string x = 1;", more)).unwrap()
}

fn kept<'a>(event: &'a str, schema_version: u32, kind: PayloadKind, payload: &'a [u8]) -> Kept<'a> {
    Kept { event, schema_version, kind, payload }
}

#[test]
fn a_name_that_is_known_now_fits_the_newest_version() {
    let schemas = schemas();
    for (version, kind, payload) in [
        (0, PayloadKind::PayloadProtobuf, b"\x08\x07".as_slice()),
        (1, PayloadKind::PayloadProtobuf, b"\x08\x07"),
        (2, PayloadKind::PayloadJson, b"{\"y\": 7}"),
        (2, PayloadKind::PayloadJson, b"{\"y\": \"7\"}"),
    ] {
        let refit = refit(&schemas, &kept("b", version, kind, payload)).unwrap();
        assert_eq!(
            (refit.model.version, refit.event.name.as_str(), refit.payload.as_slice()),
            (2, "b", b"\x08\x07".as_slice())
        );
    }
}

#[test]
fn a_version_that_is_known_now_is_asked_first() {
    let schemas = schemas();
    let refit = refit(&schemas, &kept("a", 1, PayloadKind::PayloadProtobuf, b"\x0a\x01s")).unwrap();
    assert_eq!(refit.model.version, 1);
}

#[test]
fn a_version_that_is_still_to_come_is_waited_for() {
    let first = Schemas::first(&sources("uint32 x = 1;", "")).unwrap();
    // 2^40, of a version that made the field an int64: no uint32, though its bytes could be read as one.
    let kept = kept("a", 2, PayloadKind::PayloadProtobuf, b"\x08\x80\x80\x80\x80\x80\x20");
    assert!(refit(&first, &kept).is_none());
    let second = first.next(&sources("int64 x = 1;", "")).unwrap();
    assert_eq!(refit(&second, &kept).unwrap().model.version, 2);
}

#[test]
fn what_no_schema_can_mend_stays() {
    let schemas = schemas();
    for (event, kind, payload) in [
        ("c", PayloadKind::PayloadProtobuf, b"".as_slice()),
        ("b", PayloadKind::PayloadProtobuf, b"\x08"),
        ("b", PayloadKind::PayloadJson, b"{\"y\": \"seven\"}"),
        ("b", PayloadKind::PayloadJson, b"\xff"),
        ("b", PayloadKind::Unspecified, b""),
        ("b", PayloadKind::EventJson, b"{}"),
        ("b", PayloadKind::Line, b""),
    ] {
        assert!(refit(&schemas, &kept(event, 0, kind, payload)).is_none(), "{event} {kind:?}");
    }
}

#[test]
fn what_does_not_fit_is_told_by_the_newest_verdict() {
    let schemas = schemas();
    let why = |event, version, kind, payload: &[u8]| match judge_again(&schemas, &kept(event, version, kind, payload)) {
        Err(Unfit::Still(violation)) => Some(violation.reason),
        Err(Unfit::Final) => None,
        Ok(refit) => panic!("{} fits", refit.event.name),
    };
    assert_eq!(why("c", 0, PayloadKind::PayloadJson, b"{}"), Some(Reason::UnknownEvent));
    assert_eq!(why("b", 9, PayloadKind::PayloadJson, b"{}"), Some(Reason::UnknownSchema));
    assert_eq!(why("b", 1, PayloadKind::PayloadJson, b"{\"y\": \"no\"}"), Some(Reason::InvalidPayload));
    assert_eq!(why("b", 1, PayloadKind::PayloadJson, b"\xff"), Some(Reason::Undecodable));
    assert_eq!(why("b", 1, PayloadKind::PayloadProtobuf, b"\x08\xff"), Some(Reason::Undecodable));
    assert_eq!(why("b", 1, PayloadKind::Line, b"{}"), None);
}
