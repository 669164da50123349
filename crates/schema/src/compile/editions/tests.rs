//! Files of an edition mean what their features say; broken sets are refused.

use proptest::prelude::*;

use super::*;
use crate::compile::{Compiled, Source, SourceText, compile};
use crate::model::Model;
use crate::plan::{Cardinality, DefaultValue, FieldKind, MessagePlan};

/// What protoc made of the `.proto` files beside these tests.
const EXPLICIT: &[u8] = include_bytes!("edition_2023.binpb");
const IMPLICIT: &[u8] = include_bytes!("implicit_2023.binpb");

fn model(set: &[u8]) -> Model {
    let sources = [Source { name: "all.binpb".to_owned(), text: SourceText::DescriptorSet(set.to_vec()) }];
    let compiled = compile(&sources).unwrap();
    // Alone, with its imports, it says the same.
    assert_eq!(Compiled::from_descriptor_set("all.binpb", set).unwrap().fingerprint, compiled.fingerprint);
    Model::first(compiled).unwrap()
}

fn cardinality(plan: &MessagePlan, name: &str) -> (Cardinality, bool) {
    let field = plan.by_name(name).unwrap().1;
    (field.cardinality, field.required)
}

#[test]
fn a_file_of_explicit_presence_means_what_it_says() {
    let model = model(EXPLICIT);
    let event = model.event("explicit").unwrap();
    assert_eq!(event.owner, "o");
    let plan = model.plans.message(event.message);
    assert_eq!(cardinality(plan, "plain"), (Cardinality::Explicit, false));
    assert_eq!(cardinality(plan, "must"), (Cardinality::Explicit, true));
    assert_eq!(cardinality(plan, "left"), (Cardinality::Explicit, false));
    assert_eq!(cardinality(plan, "many"), (Cardinality::Repeated, false));
    assert_eq!(plan.oneofs, ["choice"]);
    let kind = |name: &str| &plan.by_name(name).unwrap().1.kind;
    assert!(matches!(kind("delimited"), FieldKind::Group(id) if *id == event.message));
    assert!(matches!(kind("prefixed"), FieldKind::Message(id) if *id == event.message));
    assert!(matches!(kind("by_name"), FieldKind::Message(id) if *id == event.message), "maps are never delimited");
    assert!(matches!(kind("closed"), FieldKind::Enum(names) if names.closed));
    let default = |name: &str| plan.by_name(name).unwrap().1.default.clone();
    assert_eq!(default("with_default"), Some(DefaultValue::Integer(5)));
    assert_eq!(default("closed"), Some(DefaultValue::Integer(7)));
}

#[test]
fn a_file_of_implicit_presence_means_what_it_says() {
    let model = model(IMPLICIT);
    let plan = model.plans.message(model.event("implicit").unwrap().message);
    assert_eq!(cardinality(plan, "plain"), (Cardinality::Implicit, false));
    assert_eq!(cardinality(plan, "maybe"), (Cardinality::Explicit, true));
    assert_eq!(cardinality(plan, "inner"), (Cardinality::Explicit, false));
    assert!(plan.oneofs.is_empty());
    let FieldKind::Message(inner) = plan.by_name("inner").unwrap().1.kind else { panic!("no message") };
    assert!(matches!(model.plans.message(inner).fields[0].kind, FieldKind::Group(_)));
}

#[test]
fn files_of_the_older_syntaxes_pass_as_they_are() {
    let text = "syntax = \"proto3\"; message A { string x = 1; }";
    let compiled = compile(&[Source { name: "a.proto".to_owned(), text: SourceText::Proto(text.to_owned()) }]).unwrap();
    let file = compiled.pool.get_file_by_name("a.proto").unwrap().encode_to_vec();
    assert_eq!(without_editions(&file), Ok(None));
    assert_eq!(without_editions(&[]), Ok(None));
}

proptest! {
    #[test]
    fn broken_sets_are_refused_without_a_panic(at in 0..EXPLICIT.len(), byte in any::<u8>(), cut in 0..EXPLICIT.len()) {
        let mut bytes = EXPLICIT.to_vec();
        bytes[at] = byte;
        bytes.truncate(bytes.len() - cut % 64);
        if let Ok(compiled) = Compiled::from_descriptor_set("x", &bytes) {
            let _ = Model::first(compiled);
        }
    }
}
