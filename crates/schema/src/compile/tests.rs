//! Errors have their place, carried files are known, and a fingerprint is the schema's and not its layout's.

use super::*;

fn source(name: &str, text: &str) -> Source {
    Source { name: name.to_owned(), text: SourceText::Proto(text.to_owned()) }
}

fn refusal(files: &[(&str, &str)]) -> (String, Option<u32>, Option<u32>, String, Option<&'static str>) {
    let sources: Vec<Source> = files.iter().map(|(name, text)| source(name, text)).collect();
    match compile(&sources) {
        Err(SchemaError::Compile { place, cause, hint }) => (place.file, place.line, place.column, cause, hint),
        other => panic!("{other:?}"),
    }
}

#[test]
fn tells_file_line_column_cause_and_hint() {
    let (file, line, column, cause, hint) =
        refusal(&[("a/b.proto", "syntax = \"proto3\";\nmessage A {\n  Nowhere x = 1;\n}\n")]);
    assert_eq!((file.as_str(), line, column), ("a/b.proto", Some(3), Some(3)), "{cause}");
    assert!(cause.contains("Nowhere"), "{cause}");
    assert!(hint.is_some_and(|hint| hint.contains("import the file")), "{hint:?}");

    let (file, line, column, cause, _) = refusal(&[("x.proto", "syntax = \"proto3\";\nmessage A {\n  string a 1;\n}")]);
    assert_eq!((file.as_str(), line, column), ("x.proto", Some(3), Some(12)), "{cause}");

    let (_, line, _, cause, _) = refusal(&[("x.proto", "syntax = \"proto3\";\nmessage A {\n  string a = 1;\n")]);
    assert_eq!(line, Some(3), "{cause}");

    let (_, line, _, cause, hint) = refusal(&[("x.proto", "syntax = \"proto3\";\n\nimport \"y.proto\";\n")]);
    assert_eq!(line, Some(3), "{cause}");
    assert!(hint.is_some_and(|hint| hint.contains("relative to the schema folder")), "{hint:?}");

    let (_, line, _, cause, hint) =
        refusal(&[("x.proto", "syntax = \"proto3\";\nmessage A {\n  option (judi.event) = { name: \"a\" };\n}\n")]);
    assert_eq!(line, Some(3), "{cause}");
    assert!(hint.is_some_and(|hint| hint.contains("judi/v1/options.proto")), "{cause} {hint:?}");

    let (_, line, _, cause, hint) = refusal(&[(
        "x.proto",
        "syntax = \"proto3\";\nmessage A {\n  string a = 1 [(buf.validate.field).string.max_len = 1];\n}\n",
    )]);
    assert_eq!(line, Some(3), "{cause}");
    assert!(hint.is_some_and(|hint| hint.contains("buf/validate")), "{cause} {hint:?}");

    let (_, _, _, cause, hint) = refusal(&[("a.proto", "import \"b.proto\"; syntax = \"proto3\";")]);
    assert!(!cause.is_empty(), "{hint:?}");

    let (_, _, _, cause, hint) = refusal(&[
        ("a.proto", "syntax = \"proto3\"; import \"b.proto\";"),
        ("b.proto", "syntax = \"proto3\"; import \"a.proto\";"),
    ]);
    assert!(cause.contains("cycle") && hint.is_some(), "{cause} {hint:?}");

    let (_, line, column, cause, hint) = refusal(&[("a.proto", "// é\nedition = \"1999\";\n")]);
    assert_eq!((line, column), (Some(2), Some(11)), "{cause}");
    assert!(hint.is_some_and(|hint| hint.contains("2023")), "{cause} {hint:?}");
}

#[test]
fn knows_judi_protovalidate_and_the_well_known_types() {
    let text = "syntax = \"proto3\"; import \"judi/v1/options.proto\"; import \"judi/v1/event.proto\"; \
        import \"buf/validate/validate.proto\"; import \"google/protobuf/any.proto\"; \
        import \"google/protobuf/wrappers.proto\"; import \"google/protobuf/field_mask.proto\"; \
        message A { judi.v1.Envelope e = 1; google.protobuf.Any a = 2; \
        string s = 3 [(buf.validate.field).string.uuid = true]; }";
    let compiled = compile(&[source("a.proto", text)]).unwrap();
    assert_eq!(compiled.own_files, ["a.proto"]);
}

const A: &str = "syntax = \"proto3\";\npackage p;\nimport \"b.proto\";\nimport \"judi/v1/options.proto\";\n\
    message A { option (judi.event) = { name: \"a\" owner: \"o\" }; p.B b = 1; }\n";
const B: &str = "syntax = \"proto3\";\npackage p;\nmessage B { string x = 1; }\n";

#[test]
fn fingerprint_ignores_order_layout_and_comments_but_not_options() {
    let plain = compile(&[source("a.proto", A), source("b.proto", B)]).unwrap();
    let commented =
        B.replace("message B {", "// What B is.\nmessage   B\n{\n // x\n").replace("string x", "string\n x");
    let again = compile(&[source("b.proto", &commented), source("a.proto", A)]).unwrap();
    assert_eq!(plain.fingerprint, again.fingerprint);
    assert_eq!(plain.descriptor_set(), again.descriptor_set());
    assert_eq!(plain.fingerprint.len(), 64);

    let owner = compile(&[source("a.proto", &A.replace("\"o\"", "\"p\"")), source("b.proto", B)]).unwrap();
    assert_ne!(plain.fingerprint, owner.fingerprint);
    let field = compile(&[source("a.proto", A), source("b.proto", &B.replace("string x", "bytes x"))]).unwrap();
    assert_ne!(plain.fingerprint, field.fingerprint);
}

#[test]
fn exported_copies_of_the_carried_files_are_passed_over() {
    let plain = compile(&[source("a.proto", A), source("b.proto", B)]).unwrap();
    let mut sources = vec![source("a.proto", A), source("b.proto", B)];
    sources.extend(embedded::FILES.iter().map(|file| source(file.name, file.text)));
    sources.push(source("judi/v1/broken.proto", "no protobuf"));
    assert_eq!(plain.fingerprint, compile(&sources).unwrap().fingerprint);
}

#[test]
fn a_descriptor_set_says_the_same_as_its_text() {
    let text = compile(&[source("a.proto", A), source("b.proto", B)]).unwrap();
    let loaded = Compiled::from_descriptor_set("1.binpb", &text.descriptor_set()).unwrap();
    assert_eq!(loaded.fingerprint, text.fingerprint);
    assert_eq!(loaded.own_files, text.own_files);
    let beside = Source { name: "all.binpb".to_owned(), text: SourceText::DescriptorSet(text.descriptor_set()) };
    let compiled = compile(std::slice::from_ref(&beside)).unwrap();
    assert_eq!(compiled.fingerprint, text.fingerprint);
    let options = crate::options::OptionReader::new(&compiled.pool);
    let message = compiled.pool.get_message_by_name("p.A").unwrap();
    assert_eq!(options.event(&message).unwrap().owner, "o");

    let twice = compile(&[beside, source("b.proto", B)]).unwrap_err();
    assert!(twice.to_string().contains("as text and in a descriptor set"), "{twice}");
    let broken = compile(&[Source { name: "x.binpb".to_owned(), text: SourceText::DescriptorSet(vec![0xff; 7]) }]);
    assert!(matches!(broken, Err(SchemaError::Compile { ref place, .. }) if place.file == "x.binpb"), "{broken:?}");
    assert!(Compiled::from_descriptor_set("x", &[10, 200, 1]).is_err());
}

#[test]
fn editions_are_read_as_text_and_said_in_the_older_syntaxes() {
    let explicit = "edition = \"2023\";\npackage p;\nmessage A {\n  int32 a = 1;\n  repeated int32 b = 2;\n  A c = 3 \
        [features.message_encoding = DELIMITED];\n  string d = 4 [features.field_presence = LEGACY_REQUIRED];\n}\n";
    let compiled = compile(&[source("a.proto", explicit)]).unwrap();
    assert_eq!(compiled.editions, [("a.proto".to_owned(), 1000)].into());
    let a = compiled.pool.get_message_by_name("p.A").unwrap();
    let field = |name: &str| a.get_field_by_name(name).unwrap();
    assert!(field("a").supports_presence() && field("c").is_group() && !field("b").supports_presence());
    assert_eq!(field("d").cardinality(), prost_reflect::Cardinality::Required);
    assert_eq!(a.parent_file().syntax(), prost_reflect::Syntax::Proto2);
    assert_eq!(Place::of_field(&field("d")).to_string(), "a.proto:7:3");

    let implicit = explicit.replace("package p;", "package p;\noption features.field_presence = IMPLICIT;");
    let implicit =
        implicit.replace("  int32 a = 1;", "  int32 a = 1; int64 e = 5 [features.field_presence = EXPLICIT];");
    let compiled = compile(&[source("a.proto", &implicit)]).unwrap();
    let a = compiled.pool.get_message_by_name("p.A").unwrap();
    assert_eq!(a.parent_file().syntax(), prost_reflect::Syntax::Proto3);
    assert!(!a.get_field_by_name("a").unwrap().supports_presence());
    assert!(a.get_field_by_name("e").unwrap().supports_presence());

    // What is kept of it is read as the same, and the fingerprint is that of the text.
    let kept = Compiled::from_descriptor_set("1.binpb", &compiled.descriptor_set()).unwrap();
    assert_eq!((kept.fingerprint, &kept.editions), (compiled.fingerprint, &compiled.editions));

    let judi = "edition = \"2023\"; import \"judi/v1/options.proto\"; message A { option (judi.event) = { name: \"a\" owner: \"o\" }; \
        string a = 1 [(judi.field).required = true]; }";
    let compiled = compile(&[source("a.proto", judi)]).unwrap();
    let options = crate::options::OptionReader::new(&compiled.pool);
    assert_eq!(options.event(&compiled.pool.get_message_by_name("A").unwrap()).unwrap().name, "a");

    let (file, line, column, cause, _) =
        refusal(&[("a.proto", "edition = \"2023\";\nmessage A {\n\tint32 a = 1 [features.nope = X];\n}\n")]);
    assert_eq!((file.as_str(), line, column), ("a.proto", Some(3), Some(15)), "{cause}");
    let (_, line, column, cause, _) = refusal(&[("a.proto", "edition = \"2023\";\nmessage A {\n\tNope a = 1;\n}\n")]);
    assert_eq!((line, column), (Some(3), Some(2)), "{cause}");
}

#[test]
fn chains_of_imports_are_bounded() {
    let name = |index: usize| format!("f{index}.proto");
    let files: Vec<Source> = (0..700)
        .map(|index| source(&name(index), &format!("syntax = \"proto3\"; import public \"{}\";", name(index + 1))))
        .chain([source(&name(700), "syntax = \"proto3\";")])
        .collect();
    let error = compile(&files).unwrap_err();
    assert!(error.to_string().contains("in a chain") && error.hint().is_some(), "{error}");
    compile(&files[400..]).unwrap();
}
