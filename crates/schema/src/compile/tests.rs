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
