//! Presence, oneofs, maps, defaults and well-known types as descriptors say them.

use super::*;
use crate::compile::{Source, SourceText, compile};

fn plans(text: &str, events: &[&str]) -> (Plans, Vec<MessageId>) {
    let sources = [Source { name: "t.proto".to_owned(), text: SourceText::Proto(text.to_owned()) }];
    let compiled = compile(&sources).unwrap();
    let events: Vec<_> = events.iter().map(|name| compiled.pool.get_message_by_name(name).unwrap()).collect();
    Plans::build(&compiled.pool, &events).unwrap()
}

#[test]
fn presence_oneofs_maps_and_names() {
    let (plans, ids) = plans(
        "syntax = \"proto3\"; import \"judi/v1/options.proto\"; import \"buf/validate/validate.proto\";
         message A {
           string plain_text = 1; optional int32 maybe = 70; repeated double many = 3; map<uint64, A> by_id = 4;
           oneof choice { string left = 5; A right = 6; }
           string old = 7 [(judi.field) = { alias: \"older\" alias: \"oldest\" required: true }];
           string must = 8 [(buf.validate.field).required = true];
         }",
        &["A"],
    );
    assert_eq!(plans.messages.len(), 1, "recursion and maps add no message");
    let plan = plans.message(ids[0]);
    assert_eq!(plan.oneofs, ["choice"], "synthetic oneofs are none");
    let by = |number: u32| plan.by_number(number).unwrap().1;
    assert_eq!(by(1).cardinality, Cardinality::Implicit);
    assert_eq!(by(70).cardinality, Cardinality::Explicit);
    assert_eq!(by(70).oneof, None);
    assert_eq!(by(3).cardinality, Cardinality::Repeated);
    assert_eq!(by(4).cardinality, Cardinality::Map(ScalarKind::Uint64));
    assert!(matches!(by(4).kind, FieldKind::Message(id) if id == ids[0]));
    assert_eq!((by(5).oneof, by(6).oneof), (Some(0), Some(0)));
    assert_eq!(by(5).cardinality, Cardinality::Explicit);
    assert!(by(7).required && by(8).required && !by(1).required);
    for name in ["older", "oldest", "old"] {
        assert_eq!(plan.by_name(name).unwrap().1.number, 7);
    }
    assert_eq!(plan.by_name("plainText").unwrap().1.number, 1);
    assert_eq!(plan.by_name("plain_text").unwrap().1.number, 1);
    assert!(plan.by_name("plain").is_none() && plan.by_number(2).is_none() && plan.by_number(71).is_none());
}

#[test]
fn proto2_defaults_groups_and_required() {
    let (plans, ids) = plans(
        "syntax = \"proto2\";
         enum E { SEVEN = 7; ZERO = 0; }
         message A {
           required int32 a = 1 [default = -3]; optional uint64 b = 2 [default = 18446744073709551615];
           optional string c = 3 [default = \"hej\"]; optional bytes d = 4 [default = \"\\001\"];
           optional double e = 5 [default = -0.0]; optional E f = 6; optional bool g = 7 [default = true];
           repeated group Part = 8 { optional A whole = 1; } optional int32 h = 9;
           optional float i = 10 [default = 0.5]; repeated E j = 11;
         }",
        &["A"],
    );
    let plan = plans.message(ids[0]);
    let default = |number: u32| plan.by_number(number).unwrap().1.default.clone();
    assert!(plan.by_number(1).unwrap().1.required);
    assert_eq!(default(1), Some(DefaultValue::Integer(-3)));
    assert_eq!(default(2), Some(DefaultValue::Unsigned(u64::MAX)));
    assert_eq!(default(3), Some(DefaultValue::Bytes(b"hej".to_vec())));
    assert_eq!(default(4), Some(DefaultValue::Bytes(vec![1])));
    assert_eq!(default(5), Some(DefaultValue::Float(-0.0)));
    assert_eq!(default(6), Some(DefaultValue::Integer(7)));
    assert_eq!(default(7), Some(DefaultValue::Integer(1)));
    assert_eq!(default(9), None);
    assert_eq!(default(10), Some(DefaultValue::Float(0.5)));
    assert_eq!(default(11), None);
    let FieldKind::Group(part) = plan.by_number(8).unwrap().1.kind else { panic!("no group") };
    assert!(matches!(plans.message(part).fields[0].kind, FieldKind::Message(id) if id == ids[0]));
    let FieldKind::Enum(names) = &plan.by_number(6).unwrap().1.kind else { panic!("no enum") };
    assert!(names.closed);
    assert_eq!(names.names[&7], "SEVEN");
}

#[test]
fn well_known_messages_have_their_kind() {
    let (plans, ids) = plans(
        "syntax = \"proto3\"; import \"google/protobuf/timestamp.proto\"; import \"google/protobuf/duration.proto\";
         import \"google/protobuf/wrappers.proto\"; import \"google/protobuf/struct.proto\";
         import \"google/protobuf/any.proto\"; import \"google/protobuf/empty.proto\";
         enum E { option allow_alias = true; ZERO = 0; NIL = 0; }
         message A {
           google.protobuf.Timestamp a = 1; google.protobuf.Duration b = 2; google.protobuf.UInt64Value c = 3;
           google.protobuf.Struct d = 4; google.protobuf.Value e = 5; google.protobuf.ListValue f = 6;
           google.protobuf.Any g = 7; google.protobuf.Empty h = 8; E i = 9;
         }",
        &["A"],
    );
    let plan = plans.message(ids[0]);
    let kind = |number: u32| match plan.by_number(number).unwrap().1.kind {
        FieldKind::Message(id) => plans.message(id).kind,
        _ => panic!("no message"),
    };
    assert_eq!(kind(1), MessageKind::Timestamp);
    assert_eq!(kind(2), MessageKind::Duration);
    assert_eq!(kind(3), MessageKind::Wrapper);
    assert!((4..=7).all(|number| kind(number) == MessageKind::Json));
    assert_eq!(kind(8), MessageKind::Plain);
    let FieldKind::Enum(names) = &plan.by_number(9).unwrap().1.kind else { panic!("no enum") };
    assert_eq!((names.names[&0].as_str(), names.numbers["NIL"], names.closed), ("ZERO", 0, false));
}

#[test]
fn an_alias_that_is_anothers_name_is_refused_with_its_place() {
    let text = "syntax = \"proto3\"; import \"judi/v1/options.proto\";\nmessage A {\n  string a = 1;\n  \
        string b = 2 [(judi.field).alias = \"a\"];\n}";
    let sources = [Source { name: "t.proto".to_owned(), text: SourceText::Proto(text.to_owned()) }];
    let compiled = compile(&sources).unwrap();
    let event = compiled.pool.get_message_by_name("A").unwrap();
    let error = Plans::build(&compiled.pool, &[event]).unwrap_err();
    assert_eq!(error.place().unwrap().to_string(), "t.proto:4:3");
    assert!(error.hint().is_some());
}
