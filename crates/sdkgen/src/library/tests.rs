//! Tests of what a library says.

use judi_schema::compile::{Source, SourceText, compile};
use judi_schema::model::Model;

use super::*;

fn library(proto: &str) -> Library {
    let source = Source { name: "a.proto".into(), text: SourceText::Proto(proto.into()) };
    Library::of(&Model::first(compile(&[source]).unwrap()).unwrap())
}

#[test]
fn events_messages_and_enums_are_told_once_and_in_order() {
    let library = library(
        r#"syntax = "proto3"; package a.v1;
        import "judi/v1/options.proto"; import "buf/validate/validate.proto"; import "google/protobuf/timestamp.proto";
        // A view.
        message View {
          option (judi.event) = { name: "view" owner: "news" description: "Seen." };
          // Which.
          string id = 3 [(judi.field) = { required: true, pii: PII_CLASS_NONE }];
          optional Kind kind = 1;
          map<string, Inner> inner = 4;
          repeated int32 counts = 5;
          google.protobuf.Timestamp at = 6;
          oneof target { option (buf.validate.oneof).required = true; string url = 7; View parent = 8; }
          string old = 9 [deprecated = true, (judi.field).replaced_by = "id"];
          message Inner { bool on = 1; }
        }
        enum Kind { KIND_UNSPECIFIED = 0; KIND_BIG = -1; }"#,
    );
    assert_eq!(library.messages.iter().map(|it| it.path.join(".")).collect::<Vec<_>>(), ["View", "View.Inner"]);
    let view = &library.messages[0];
    assert_eq!(view.comment, "A view.");
    assert_eq!(view.fields.iter().map(|field| field.number).collect::<Vec<_>>(), [1, 3, 4, 5, 6, 7, 8, 9]);
    let shapes: Vec<Shape> = view.fields.iter().map(|field| field.shape).collect();
    assert_eq!(
        shapes[..4],
        [Shape::Optional, Shape::Implicit, Shape::Map(ScalarKind::String), Shape::Repeated { is_packed: true }]
    );
    assert_eq!(
        (view.fields[1].is_required, view.fields[1].pii, &*view.fields[1].comment),
        (true, PiiClass::None, "Which.")
    );
    assert_eq!((view.fields[0].kind, view.fields[2].kind), (Kind::Enum(0), Kind::Message(1)));
    assert_eq!((view.fields[4].kind, view.fields[6].kind), (Kind::WellKnown(WellKnown::Timestamp), Kind::Message(0)));
    assert_eq!(view.oneofs, [Oneof { name: "target".into(), fields: vec![5, 6], is_required: true }]);
    assert!(view.fields[7].is_deprecated && view.fields[7].replaced_by == "id");
    assert_eq!(library.enums[0].values[1].number, -1);
    assert_eq!((&*library.events[0].name, &*library.events[0].owner, library.events[0].message), ("view", "news", 0));
}
