//! buf.yaml is read as buf reads it.

use super::*;

fn config(text: &str) -> Config {
    Config::parse("buf.yaml", text).unwrap()
}

fn only(text: &str) -> Check {
    let mut modules = config(text).modules;
    assert_eq!(modules.len(), 1);
    modules.remove(0).check
}

fn ids(check: &Check) -> Vec<&'static str> {
    check.rule_ids().collect()
}

fn refused(text: &str) -> (u32, u32, String) {
    match Config::parse("buf.yaml", text).unwrap_err() {
        SchemaError::Refused { place, cause, .. } => (place.line.unwrap(), place.column.unwrap(), cause),
        other => panic!("{other}"),
    }
}

#[test]
fn without_use_the_default_rules_are_applied() {
    assert_eq!(ids(&only("version: v1\n")), ids(&Check::standard()));
    assert_eq!(ids(&only("version: v2\nbreaking:\n")).len(), 51);
    assert_eq!(ids(&only("version: v1beta1\n")), ids(&only("version: v1\nbreaking:\n  use: [FILE]\n")));
}

#[test]
fn categories_have_as_many_rules_as_buf_says() {
    let count = |version: &str, category: &str| {
        ids(&only(&format!("version: {version}\nbreaking: {{use: [{category}]}}"))).len()
    };
    for (category, rules) in [("FILE", 51), ("PACKAGE", 51), ("WIRE_JSON", 22), ("WIRE", 15), ("CSR", 32)] {
        assert_eq!(count("v2", category), rules, "{category}");
    }
    assert_eq!(count("v1", "WIRE"), 14);
    assert!(Config::parse("buf.yaml", "version: v1\nbreaking: {use: [CSR]}").is_err());
}

#[test]
fn old_ids_are_names_for_what_took_over() {
    let check = only("version: v1\nbreaking:\n  use:\n    - FIELD_SAME_CTYPE\n    - FILE_SAME_PHP_GENERIC_SERVICES\n");
    assert_eq!(ids(&check), ["FIELD_SAME_CPP_STRING_TYPE"]);
    let check = only("version: v1\nbreaking:\n  use: [FIELD_SAME_LABEL]\n  except: [WIRE]\n");
    assert_eq!(ids(&check), ["FIELD_SAME_CARDINALITY", "FIELD_WIRE_JSON_COMPATIBLE_CARDINALITY"]);
    assert!(Config::parse("buf.yaml", "version: v2\nbreaking: {use: [FIELD_SAME_LABEL]}").is_err());
}

#[test]
fn rules_of_plugins_are_passed_over() {
    let text = "version: v2\nbreaking: {use: [SUFFIX_NO_CHANGE, FIELD_SAME_NAME]}\n";
    assert!(Config::parse("buf.yaml", text).is_err());
    let check = only(&format!("{text}plugins: [{{plugin: buf-plugin-suffix}}]\n"));
    assert_eq!(ids(&check), ["FIELD_SAME_NAME"]);
}

#[test]
fn what_is_ignored_is_a_path_or_below_it() {
    let check = only(
        "version: v1\nbreaking:\n  ignore:\n    - a/b\n    - ./c.proto\n  ignore_only:\n    WIRE:\n      - d\n    \
         FIELD_SAME_NAME: [e]\n  ignore_unstable_packages: true\n",
    );
    assert!(check.ignore_unstable_packages);
    for (rule, path, ignored) in [
        ("X", "a/b", true),
        ("X", "a/b/c.proto", true),
        ("X", "a/bc.proto", false),
        ("X", "c.proto", true),
        ("X", "d/x.proto", false),
        ("FILE_SAME_PACKAGE", "d/x.proto", true),
        ("FIELD_SAME_NAME", "d/x.proto", false),
        ("FIELD_SAME_NAME", "e/x.proto", true),
    ] {
        assert_eq!(check.ignores(rule, path), ignored, "{rule} {path}");
    }
}

#[test]
fn modules_have_their_own_rules_or_the_common_ones() {
    let config = config(
        "version: v2\nmodules:\n  - path: proto/b\n    excludes: [proto/b/x]\n  - path: proto/a\n    breaking:\n      use: [WIRE]\n      \
         ignore: [proto/a/y]\nbreaking:\n  use: [FIELD_SAME_NAME]\n  ignore: [proto/b/z, proto/c]\n",
    );
    let [a, b] = config.modules.as_slice() else { panic!("{config:?}") };
    assert_eq!((a.path.as_str(), b.path.as_str()), ("proto/a", "proto/b"));
    assert_eq!(ids(&a.check).len(), 15);
    assert!(a.check.ignores("X", "y/f.proto"));
    assert_eq!(ids(&b.check), ["FIELD_SAME_NAME"]);
    assert_eq!(b.check.ignore, ["z"]);
    assert_eq!(b.excludes, ["x"]);
}

#[test]
fn a_project_takes_the_part_that_is_about_its_schema_folder() {
    let whole = config("version: v1\nbreaking: {use: [WIRE], ignore: [schema/a, b]}").below("schema");
    let [module] = whole.modules.as_slice() else { panic!("{whole:?}") };
    assert_eq!((module.path.as_str(), module.check.ignore.as_slice()), ("", &["a".to_owned()][..]));
    assert_eq!(ids(&module.check).len(), 14);
    let parts =
        config("version: v2\nmodules: [{path: schema, breaking: {use: [WIRE]}}, {path: other}]").below("schema");
    let [module] = parts.modules.as_slice() else { panic!("{parts:?}") };
    assert_eq!((module.path.as_str(), ids(&module.check).len()), ("", 15));
}

#[test]
fn what_is_wrong_is_told_with_line_and_column() {
    let cases: [(&str, u32, u32, &str); 11] = [
        ("", 1, 1, "no version"),
        ("name: x\n", 1, 1, "version"),
        ("version: v3\n", 1, 10, "v1beta1"),
        ("version: v1\nbraking:\n", 2, 1, "did you mean breaking"),
        ("version: v1\nbreaking:\n  use:\n    - FIELD_SAMENAME\n", 4, 7, "did you mean FIELD_SAME_NAME"),
        ("version: v1\nbreaking:\n  use: FILE\n", 3, 8, "list"),
        ("version: v1\nbuild:\n  roots: [a]\n", 3, 10, "v1beta1"),
        ("version: v1\nbreaking:\n  ignore: [../a]\n", 3, 12, "outside"),
        ("version: v1\nbreaking:\n  ignore_unstable_packages: maybe\n", 3, 29, "true or false"),
        ("version: v2\nmodules:\n  - path: a\n    breaking: {use: [FILE], ignore: [b]}\n", 4, 38, "not inside"),
        ("version: v1\nbreaking: {}\nbreaking: {}\n", 3, 1, ""),
    ];
    for (text, line, column, part) in cases {
        let (at_line, at_column, cause) = refused(text);
        assert!(cause.contains(part), "{text}: {cause}");
        assert_eq!((at_line, at_column), (line, column), "{text}: {cause}");
    }
    let bomb = (0..9).fold("a: &a0 [x, x]\n".to_owned(), |text, level| {
        let aliases = vec![format!("*a{level}"); 9].join(", ");
        format!("{text}b{level}: &a{} [{aliases}]\n", level + 1)
    });
    assert!(refused(&bomb).2.contains("more than"));
    assert!(Config::parse("buf.yaml", &"[".repeat(100_000)).is_err());
}
