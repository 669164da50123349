//! The newsroom is a model; names that tables or views could not have are refused with their place.

use std::path::Path;

use judi_world::LocalDisk;

use super::*;
use crate::compile::{Source, SourceText, compile, read_sources};

fn model(text: &str) -> Result<Model, SchemaError> {
    let text = format!("syntax = \"proto3\";\nimport \"judi/v1/options.proto\";\n{text}");
    let sources = [Source { name: "t.proto".to_owned(), text: SourceText::Proto(text) }];
    Model::first(compile(&sources)?)
}

#[test]
fn the_newsroom_is_a_model() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../newsroom/template/schema");
    let model = Model::first(compile(&read_sources(&LocalDisk, &folder).unwrap()).unwrap()).unwrap();
    assert_eq!(model.compiled.own_files.len(), 3);
    let event = model.event("article_view").unwrap();
    assert_eq!(event.full_name, "newsroom.v1.ArticleView");
    assert!(!event.owner.is_empty() && !event.description.is_empty());
    let plan = model.plans.message(event.message);
    assert!(plan.by_name("articleId").unwrap().1.required);
    assert_eq!(model.by_index(event.index), Some(event));
    assert_eq!(model.events.len(), 9);
    assert!(model.event("no_such").is_none() && model.by_index(9).is_none());
}

#[test]
fn names_that_cannot_be_are_refused_with_their_place() {
    let event = |name: &str| format!("message A {{ option (judi.event).name = \"{name}\"; string x = 1; }}");
    assert!(model(&event("fine_2")).is_ok());
    for name in ["", "Big", "2nd", "a-b", "a.b", "å", "_a", "events", "quarantine", "referrer", "date"] {
        let error = model(&event(name)).unwrap_err();
        assert_eq!(error.place().unwrap().to_string(), "t.proto:3:1", "{name}");
        assert!(error.hint().is_some() && error.fault() == crate::error::Fault::User && !error.retry());
    }
    assert!(model(&event(&"a".repeat(63))).is_ok() && model(&event(&"a".repeat(64))).is_err());

    let error =
        model("message A { option (judi.event).name = \"a\"; }\nmessage B { option (judi.event).name = \"a\"; }")
            .unwrap_err();
    assert_eq!(error.place().unwrap().to_string(), "t.proto:4:1");
    assert!(error.to_string().contains("t.proto:3:1"), "{error}");
}

#[test]
fn fields_that_would_hide_the_envelope_are_refused_with_their_place() {
    let field = |field: &str| format!("message A {{\n  option (judi.event).name = \"a\";\n  {field}\n}}");
    for text in
        ["string event_time = 1;", "int32 Date = 1;", "bool is_bot = 1;", "string x = 1 [(judi.field).alias = \"os\"];"]
    {
        let error = model(&field(text)).unwrap_err();
        assert_eq!(error.place().unwrap().to_string(), "t.proto:5:3", "{text}");
    }
    assert!(model(&field("string published_date = 1;")).is_ok());
    assert!(model(&field("message In { string date = 1; } In inner = 1;")).is_ok(), "only the top level is flattened");
}
