//! What parameters stand for, by the types of the schema.

use judi_schema::compile::{Source, SourceText};

use super::*;

const TEXT: &str = r#"syntax = "proto3"; import "judi/v1/options.proto"; import "google/protobuf/timestamp.proto";
import "google/protobuf/wrappers.proto"; import "google/protobuf/struct.proto";
enum Kind { KIND_UNSPECIFIED = 0; NEWS = 1; }
message Place { string name = 1; int32 rank = 2; repeated bool flags = 3; }
message View { option (judi.event) = {name: "view" owner: "o" description: "d"};
  string id = 1; int32 words = 2; double score = 3; bool paid = 4; repeated string authors = 5; repeated int64 numbers = 6;
  Kind kind = 7; Place place = 8; map<string, int32> counts = 9; google.protobuf.Timestamp at = 10;
  google.protobuf.BoolValue maybe = 11; google.protobuf.Struct rest = 12; bytes raw = 13; }"#;

fn batch(parameters: &str) -> Value {
    let source = Source { name: "t.proto".to_owned(), text: SourceText::Proto(TEXT.to_owned()) };
    serde_json::from_str(&to_json(&Schemas::first(&[source]).unwrap(), parameters).unwrap()).unwrap()
}

fn payload(parameters: &str) -> String {
    batch(&format!("event=view&{parameters}"))["events"][0]["payload"].to_string()
}

#[test]
fn parameters_go_where_their_names_say() {
    let all = batch(
        "key=dev&event=view&event_id=e1&anonymousId=a1&app=news&sent_at=2026-11-23T08:00:03Z&occurred_at=1795420801500\
         &sequence=7&_=93847&session_id=&consent=granted",
    );
    let expected = serde_json::json!({
        "writeKey": "dev", "sent_at": "2026-11-23T08:00:03Z",
        "context": {"anonymousId": "a1", "app": "news", "consent": "granted"},
        "events": [{"event": "view", "event_id": "e1", "occurred_at": "2026-11-23T08:00:01.500Z", "sequence": "7"}],
    });
    assert_eq!(all, expected);
}

#[test]
fn text_becomes_what_its_field_is() {
    let cases = [
        ("p.id=12", r#"{"id":"12"}"#),
        ("p.id=%2Fa%2Felk+1&p.words=812", r#"{"id":"/a/elk 1","words":812}"#),
        ("p.words=many&p.words=9", r#"{"words":9}"#),
        ("p.words=many", r#"{"words":"many"}"#),
        ("p.words=&p.paid=&p.id=", r#"{"id":"","paid":null,"words":null}"#),
        ("p.score=1.5&p.paid=1", r#"{"paid":true,"score":1.5}"#),
        ("p.score=NaN&p.paid=false", r#"{"paid":false,"score":"NaN"}"#),
        ("p.paid=maybe", r#"{"paid":"maybe"}"#),
        ("p.authors=Ada", r#"{"authors":["Ada"]}"#),
        ("p.numbers=1&p.numbers=2", r#"{"numbers":[1,2]}"#),
        ("p.kind=NEWS", r#"{"kind":"NEWS"}"#),
        ("p.kind=1", r#"{"kind":1}"#),
        ("p.place.name=5&p.place.rank=5&p.place.flags=1", r#"{"place":{"flags":[true],"name":"5","rank":5}}"#),
        ("p.counts.a=1&p.counts.b=2", r#"{"counts":{"a":1,"b":2}}"#),
        ("p.at=1795420801500", r#"{"at":"2026-11-23T08:00:01.500Z"}"#),
        ("p.maybe=0", r#"{"maybe":false}"#),
        ("p.rest=%7B%22a%22:1%7D", r#"{"rest":{"a":1}}"#),
        ("p.new=1&p.new=2&p.other=3", r#"{"new":["1","2"],"other":"3"}"#),
        ("payload=%7B%22id%22:%22x%22%7D&p.words=3", r#"{"id":"x","words":3}"#),
        ("payload=oops", r#""oops""#),
        ("app=x", "null"),
    ];
    for (parameters, expected) in cases {
        assert_eq!(payload(parameters), expected, "{parameters}");
    }
}

#[test]
fn an_event_that_nobody_knows_keeps_its_text() {
    assert_eq!(batch("event=new&p.words=3")["events"][0]["payload"].to_string(), r#"{"words":"3"}"#);
}

#[test]
fn deep_and_many_parameters_are_bounded() {
    let deep = format!("p.{}x=1", "a.".repeat(5_000));
    assert!(payload(&deep).len() < 20_000);
    let source = Source { name: "t.proto".to_owned(), text: SourceText::Proto(TEXT.to_owned()) };
    let schemas = Schemas::first(&[source]).unwrap();
    assert!(matches!(to_json(&schemas, &"a=b&".repeat(501)), Err(FormatFault::Unreadable(_))));
}
