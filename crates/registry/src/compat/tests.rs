//! Each kind of difference in both directions, by a table; a schema against itself; what is wire-safe is accepted.

use std::collections::BTreeSet;

use DifferenceKind as K;

use super::*;

fn file(text: &str, other: &str) -> FileDescriptor {
    let mut compiler = protox::Compiler::with_file_resolver(Files(text.to_owned(), other.to_owned()));
    compiler.include_source_info(false).include_imports(true);
    compiler.open_file("test.proto").unwrap_or_else(|error| panic!("{error:?}\n{text}"));
    compiler.descriptor_pool().get_file_by_name("test.proto").unwrap()
}

struct Files(String, String);

impl protox::file::FileResolver for Files {
    fn open_file(&self, name: &str) -> Result<protox::file::File, protox::Error> {
        let text = if name == "test.proto" { &self.0 } else { &self.1 };
        protox::file::File::from_source(name, text)
    }
}

fn found(old: &str, new: &str) -> Vec<(K, String)> {
    let mut found: Vec<_> =
        differences(&file(old, ""), &file(new, "")).into_iter().map(|found| (found.kind, found.path)).collect();
    found.sort();
    found
}

/// Two schemas, and what differs when the first writes and the second reads, and the other way round.
struct Case {
    name: &'static str,
    header: &'static str,
    a: &'static str,
    b: &'static str,
    a_to_b: &'static [(K, &'static str)],
    b_to_a: &'static [(K, &'static str)],
}

const P3: &str = "syntax = \"proto3\"; package p; ";
const P2: &str = "syntax = \"proto2\"; package p; ";

const fn case(
    name: &'static str,
    header: &'static str,
    (a, b): (&'static str, &'static str),
    a_to_b: &'static [(K, &'static str)],
    b_to_a: &'static [(K, &'static str)],
) -> Case {
    Case { name, header, a, b, a_to_b, b_to_a }
}

const CASES: &[Case] = &[
    case(
        "package",
        "syntax = \"proto3\"; ",
        ("package a; message M { N n = 1; } message N {}", "package b; message M { N n = 1; } message N {}"),
        &[(K::PackageChanged, "#/")],
        &[(K::PackageChanged, "#/")],
    ),
    case(
        "a message comes",
        P3,
        ("message M {}", "message M {} message N {}"),
        &[(K::MessageAdded, "#/N")],
        &[(K::MessageRemoved, "#/N")],
    ),
    case(
        "a nested message comes",
        P3,
        ("message M {}", "message M { message N { int32 x = 1; } }"),
        &[(K::MessageAdded, "#/M/N")],
        &[(K::MessageRemoved, "#/M/N")],
    ),
    case(
        "messages change places",
        P3,
        ("message M {} message N {}", "message N {} message M {}"),
        &[(K::MessageMoved, "#/M"), (K::MessageMoved, "#/N")],
        &[(K::MessageMoved, "#/M"), (K::MessageMoved, "#/N")],
    ),
    case(
        "an enum comes",
        P3,
        ("message M {}", "message M {} enum E { A = 0; }"),
        &[(K::EnumAdded, "#/E")],
        &[(K::EnumRemoved, "#/E")],
    ),
    case(
        "a nested enum's value comes",
        P3,
        ("message M { enum E { A = 0; } }", "message M { enum E { A = 0; B = 1; } }"),
        &[(K::EnumConstAdded, "#/M/E/1")],
        &[(K::EnumConstRemoved, "#/M/E/1")],
    ),
    case(
        "an enum's value is renamed",
        P3,
        ("enum E { A = 0; B = 1; }", "enum E { A = 0; C = 1; }"),
        &[(K::EnumConstChanged, "#/E/1")],
        &[(K::EnumConstChanged, "#/E/1")],
    ),
    case(
        "an alias comes",
        P3,
        ("enum E { A = 0; B = 1; }", "enum E { option allow_alias = true; C = 0; A = 0; B = 1; }"),
        &[(K::EnumConstChanged, "#/E/0")],
        &[(K::EnumConstChanged, "#/E/0")],
    ),
    case(
        "a field comes",
        P3,
        ("message M {}", "message M { string x = 7; }"),
        &[(K::FieldAdded, "#/M/7")],
        &[(K::FieldRemoved, "#/M/7")],
    ),
    case(
        "an optional field comes, which a compiler puts into a oneof of its own",
        P3,
        ("message M { optional int32 y = 1; }", "message M { optional int32 y = 1; optional string x = 7; }"),
        &[(K::FieldAdded, "#/M/7")],
        &[(K::FieldRemoved, "#/M/7")],
    ),
    case(
        "a field becomes optional",
        P3,
        ("message M { int32 x = 1; }", "message M { optional int32 x = 1; }"),
        &[],
        &[],
    ),
    case(
        "a field is renamed",
        P3,
        ("message M { string x = 1; }", "message M { string y = 1; }"),
        &[(K::FieldNameChanged, "#/M/1")],
        &[(K::FieldNameChanged, "#/M/1")],
    ),
    case(
        "a number becomes a message",
        P3,
        ("message M { int32 x = 1; } message N {}", "message M { N x = 1; } message N {}"),
        &[(K::FieldKindChanged, "#/M/1")],
        &[(K::FieldKindChanged, "#/M/1")],
    ),
    case(
        "a map becomes a message",
        P3,
        ("message M { map<string, int32> x = 1; } message N {}", "message M { repeated N x = 1; } message N {}"),
        &[(K::FieldKindChanged, "#/M/1")],
        &[(K::FieldKindChanged, "#/M/1")],
    ),
    case(
        "a group becomes a message",
        P2,
        ("message M { optional group G = 1 {} }", "message M { message G {} optional G g = 1; }"),
        &[(K::FieldKindChanged, "#/M/1")],
        &[(K::FieldKindChanged, "#/M/1")],
    ),
    case(
        "varint becomes text",
        P3,
        ("message M { int32 x = 1; }", "message M { string x = 1; }"),
        &[(K::FieldScalarKindChanged, "#/M/1")],
        &[(K::FieldScalarKindChanged, "#/M/1")],
    ),
    case(
        "varint becomes zigzag",
        P3,
        ("message M { int32 x = 1; }", "message M { sint32 x = 1; }"),
        &[(K::FieldScalarKindChanged, "#/M/1")],
        &[(K::FieldScalarKindChanged, "#/M/1")],
    ),
    case(
        "fixed changes its width, and float is no fixed",
        P3,
        ("message M { fixed32 x = 1; float y = 2; }", "message M { fixed64 x = 1; fixed32 y = 2; }"),
        &[(K::FieldScalarKindChanged, "#/M/1"), (K::FieldScalarKindChanged, "#/M/2")],
        &[(K::FieldScalarKindChanged, "#/M/1"), (K::FieldScalarKindChanged, "#/M/2")],
    ),
    case(
        "types of one family",
        P3,
        (
            "message M { int32 a = 1; uint64 b = 2; sint32 c = 3; fixed32 d = 4; sfixed64 e = 5; string f = 6; E g = 7; } enum E { A = 0; }",
            "message M { int64 a = 1; bool b = 2; sint64 c = 3; sfixed32 d = 4; fixed64 e = 5; bytes f = 6; int32 g = 7; } enum E { A = 0; }",
        ),
        &[],
        &[],
    ),
    case(
        "an enum becomes a fixed number",
        P3,
        ("message M { E x = 1; } enum E { A = 0; }", "message M { fixed32 x = 1; } enum E { A = 0; }"),
        &[(K::FieldScalarKindChanged, "#/M/1")],
        &[(K::FieldScalarKindChanged, "#/M/1")],
    ),
    case(
        "another message",
        P3,
        ("message M { A x = 1; } message A {} message B {}", "message M { B x = 1; } message A {} message B {}"),
        &[(K::FieldNamedTypeChanged, "#/M/1")],
        &[(K::FieldNamedTypeChanged, "#/M/1")],
    ),
    case(
        "another enum",
        P3,
        (
            "message M { E x = 1; } enum E { A = 0; } enum F { B = 0; }",
            "message M { F x = 1; } enum E { A = 0; } enum F { B = 0; }",
        ),
        &[(K::FieldNamedTypeChanged, "#/M/1")],
        &[(K::FieldNamedTypeChanged, "#/M/1")],
    ),
    case(
        "a map's key and value change",
        P3,
        ("message M { map<string, int32> x = 1; }", "message M { map<int32, string> x = 1; }"),
        &[(K::FieldScalarKindChanged, "#/M/1/key"), (K::FieldScalarKindChanged, "#/M/1/value")],
        &[(K::FieldScalarKindChanged, "#/M/1/key"), (K::FieldScalarKindChanged, "#/M/1/value")],
    ),
    case(
        "numbers become repeated",
        P3,
        (
            "message M { int32 x = 1; E y = 2; } enum E { A = 0; }",
            "message M { repeated int32 x = 1; repeated E y = 2; } enum E { A = 0; }",
        ),
        &[(K::FieldNumericLabelChanged, "#/M/1"), (K::FieldNumericLabelChanged, "#/M/2")],
        &[(K::FieldNumericLabelChanged, "#/M/1"), (K::FieldNumericLabelChanged, "#/M/2")],
    ),
    case(
        "texts become repeated",
        P3,
        ("message M { string x = 1; bytes y = 2; }", "message M { repeated string x = 1; repeated string y = 2; }"),
        &[(K::FieldStringOrBytesLabelChanged, "#/M/1"), (K::FieldStringOrBytesLabelChanged, "#/M/2")],
        &[(K::FieldStringOrBytesLabelChanged, "#/M/1"), (K::FieldStringOrBytesLabelChanged, "#/M/2")],
    ),
    case(
        "a message becomes repeated",
        P3,
        ("message M { M x = 1; }", "message M { repeated M x = 1; }"),
        &[(K::FieldMessageLabelChanged, "#/M/1")],
        &[(K::FieldMessageLabelChanged, "#/M/1")],
    ),
    case(
        "a required field comes",
        P2,
        ("message M {}", "message M { required int32 x = 1; }"),
        &[(K::RequiredFieldAdded, "#/M/1")],
        &[(K::RequiredFieldRemoved, "#/M/1")],
    ),
    case(
        "a field becomes required",
        P2,
        ("message M { optional int32 x = 1; }", "message M { required int32 x = 1; }"),
        &[(K::RequiredFieldAdded, "#/M/1")],
        &[],
    ),
    case(
        "a oneof comes with a new field",
        P3,
        ("message M {}", "message M { oneof o { int32 x = 1; } }"),
        &[(K::FieldAdded, "#/M/1"), (K::OneofAdded, "#/M/o")],
        &[(K::FieldRemoved, "#/M/1"), (K::OneofRemoved, "#/M/o")],
    ),
    case(
        "one field goes into a new oneof",
        P3,
        ("message M { int32 x = 1; }", "message M { oneof o { int32 x = 1; string y = 2; } }"),
        &[(K::FieldAdded, "#/M/2"), (K::OneofAdded, "#/M/o")],
        &[(K::FieldRemoved, "#/M/2"), (K::OneofRemoved, "#/M/o")],
    ),
    case(
        "several fields go into a new oneof",
        P3,
        ("message M { int32 x = 1; string y = 2; }", "message M { oneof o { int32 x = 1; string y = 2; } }"),
        &[(K::OneofAdded, "#/M/o"), (K::MultipleFieldsMovedToOneof, "#/M/o")],
        &[(K::OneofRemoved, "#/M/o")],
    ),
    case(
        "a oneof is renamed",
        P3,
        (
            "message M { oneof o { int32 x = 1; string y = 2; } }",
            "message M { oneof p { int32 x = 1; string y = 2; } }",
        ),
        &[(K::OneofAdded, "#/M/p"), (K::OneofRemoved, "#/M/o")],
        &[(K::OneofAdded, "#/M/o"), (K::OneofRemoved, "#/M/p")],
    ),
    case(
        "two oneofs become one",
        P3,
        (
            "message M { oneof o { int32 x = 1; } oneof p { int32 y = 2; } }",
            "message M { oneof q { int32 x = 1; int32 y = 2; } }",
        ),
        &[
            (K::OneofAdded, "#/M/q"),
            (K::OneofRemoved, "#/M/o"),
            (K::OneofRemoved, "#/M/p"),
            (K::MultipleFieldsMovedToOneof, "#/M/q"),
        ],
        &[(K::OneofAdded, "#/M/o"), (K::OneofAdded, "#/M/p"), (K::OneofRemoved, "#/M/q")],
    ),
    case(
        "a oneof gets a member",
        P3,
        ("message M { oneof o { int32 x = 1; } }", "message M { oneof o { int32 x = 1; int32 y = 2; } }"),
        &[(K::OneofFieldAdded, "#/M/2")],
        &[(K::OneofFieldRemoved, "#/M/2")],
    ),
    case(
        "a field joins a oneof that is there",
        P3,
        ("message M { oneof o { int32 x = 1; } int32 y = 2; }", "message M { oneof o { int32 x = 1; int32 y = 2; } }"),
        &[(K::FieldMovedToExistingOneof, "#/M/2")],
        &[(K::OneofFieldRemoved, "#/M/2")],
    ),
    case(
        "a field changes its oneof",
        P3,
        (
            "message M { oneof o { int32 x = 1; int32 y = 2; } oneof p { int32 z = 3; } }",
            "message M { oneof o { int32 x = 1; } oneof p { int32 z = 3; int32 y = 2; } }",
        ),
        &[(K::OneofFieldRemoved, "#/M/2"), (K::FieldMovedToExistingOneof, "#/M/2")],
        &[(K::OneofFieldRemoved, "#/M/2"), (K::FieldMovedToExistingOneof, "#/M/2")],
    ),
];

#[test]
fn every_difference_is_found_in_both_directions() {
    let mut seen = BTreeSet::new();
    for case in CASES {
        let (a, b) = (format!("{}{}", case.header, case.a), format!("{}{}", case.header, case.b));
        for (old, new, expected, way) in [(&a, &b, case.a_to_b, "a to b"), (&b, &a, case.b_to_a, "b to a")] {
            let mut expected: Vec<(K, String)> =
                expected.iter().map(|(kind, path)| (*kind, (*path).to_owned())).collect();
            expected.sort();
            assert_eq!(found(old, new), expected, "{}: {way}", case.name);
            seen.extend(expected.into_iter().map(|(kind, _)| kind));
        }
        assert_eq!(found(&a, &a), [], "{}: a against itself", case.name);
        assert_eq!(found(&b, &b), [], "{}: b against itself", case.name);
    }
    let missing: Vec<_> = K::ALL.iter().filter(|kind| !seen.contains(kind)).collect();
    assert!(missing.is_empty(), "no case for {missing:?}");
}

#[test]
fn names_are_unique_and_the_list_is_whole() {
    let names: BTreeSet<_> = K::ALL.iter().map(|kind| kind.name()).collect();
    assert_eq!(names.len(), K::ALL.len());
    let incompatible: Vec<_> = K::ALL.iter().filter(|kind| !kind.is_compatible()).map(|kind| kind.name()).collect();
    assert_eq!(
        incompatible,
        [
            "PACKAGE_CHANGED",
            "MESSAGE_REMOVED",
            "FIELD_KIND_CHANGED",
            "FIELD_SCALAR_KIND_CHANGED",
            "FIELD_NAMED_TYPE_CHANGED",
            "FIELD_NUMERIC_LABEL_CHANGED",
            "REQUIRED_FIELD_ADDED",
            "REQUIRED_FIELD_REMOVED",
            "ONEOF_FIELD_REMOVED",
            "MULTIPLE_FIELDS_MOVED_TO_ONEOF",
            "FIELD_MOVED_TO_EXISTING_ONEOF",
        ]
    );
}

#[test]
fn messages_of_other_files_are_compared_where_a_field_leads_to_them() {
    let main =
        "syntax = \"proto3\"; package p; import \"other.proto\"; message M { o.N n = 1; map<string, o.N> m = 2; }";
    let other = |fields: &str| {
        format!(
            "syntax = \"proto3\"; package o; message N {{ Deep d = 1; N self = 2; }} message Deep {{ {fields} }} \
             message Unused {{ {fields} }}"
        )
    };
    let (old, new) = (other("int32 x = 1;"), other("string x = 1;"));
    let found = differences(&file(main, &old), &file(main, &new));
    assert_eq!(found.len(), 1);
    assert_eq!(
        found.first().unwrap().to_string(),
        "FIELD_SCALAR_KIND_CHANGED at #/o.Deep/1: `x` was int32 and is string"
    );
}

#[test]
fn a_message_without_a_package_and_recursion_end() {
    let text =
        "syntax = \"proto3\"; message A { B b = 1; map<string, A> m = 2; } message B { A a = 1; repeated B b = 2; }";
    assert_eq!(found(text, text), []);
}
