//! Each version of `buf.yaml` means what buf takes it to mean.

use super::*;

fn parse(text: &str) -> Workspace {
    Workspace::parse("buf.yaml", text).unwrap()
}

fn refusal(text: &str) -> (Option<u32>, String, String) {
    match Workspace::parse("dir/buf.yaml", text) {
        Err(SchemaError::Refused { place, cause, hint }) => {
            assert_eq!(place.file, "dir/buf.yaml");
            (place.line, cause, hint)
        }
        other => panic!("{other:?}"),
    }
}

fn enabled(text: &str) -> Vec<&'static str> {
    parse(text).modules[0].lint.enabled.iter().copied().collect()
}

#[test]
fn use_and_except_take_rules_and_categories() {
    assert_eq!(
        enabled("version: v1\nlint:\n  use: [UNARY_RPC]\n"),
        ["RPC_NO_CLIENT_STREAMING", "RPC_NO_SERVER_STREAMING"]
    );
    assert_eq!(
        enabled("version: v2\nlint:\n  use: [UNARY_RPC]\n  except: [RPC_NO_CLIENT_STREAMING]"),
        ["RPC_NO_SERVER_STREAMING"]
    );
    assert_eq!(enabled("version: v1"), enabled("version: v1\nlint:\n  use:\n    - DEFAULT\n"));
    assert_eq!(enabled("version: v1beta1\nlint:\n  use: [OTHER]"), ["ENUM_FIRST_VALUE_ZERO"]);
    assert!(!enabled("version: v2\nlint:\n  except: [STANDARD, ]").contains(&"PACKAGE_DEFINED"));
    assert_eq!(
        enabled("version: v2\nmodules:\n  - path: a\n    lint:\n      use: []\nlint:\n  use: [UNARY_RPC]").len(),
        2
    );
    assert!(enabled("version: v2").contains(&"FIELD_NOT_REQUIRED"));
    assert!(!enabled("version: v1").contains(&"FIELD_NOT_REQUIRED"));
    assert!(enabled("version: v2\nlint:\n  disable_builtin: true").is_empty());
    assert_eq!(enabled("version: v1\nlint:\n  use: [IMPORT_NO_WEAK, IMPORT_USED]"), ["IMPORT_USED"]);
}

#[test]
fn comments_ignore_as_the_version_says() {
    let ignores = |text: &str| parse(text).modules[0].lint.comment_ignores;
    assert_eq!(ignores("version: v1"), CommentIgnores::Judis);
    assert_eq!(ignores("version: v1\nlint:\n  allow_comment_ignores: true"), CommentIgnores::All);
    assert_eq!(ignores("version: v2"), CommentIgnores::All);
    assert_eq!(ignores("version: v2\nlint:\n  disallow_comment_ignores: true"), CommentIgnores::Nothing);
    assert_eq!(Workspace::standard(), parse("version: v1"));
}

#[test]
fn the_other_keys_are_read() {
    let text = "version: v1\nname: buf.build/a/b\ndeps:\n  - buf.build/c/d\nbreaking:\n  use: [FILE]\nlint:\n  \
        enum_zero_value_suffix: _NONE\n  service_suffix: API\n  rpc_allow_same_request_response: true\n  \
        rpc_allow_google_protobuf_empty_requests: true\n  rpc_allow_google_protobuf_empty_responses: true\n  \
        ignore:\n    - ./a/\n    - b.proto\n  ignore_only:\n    BASIC:\n      - c\n    SERVICE_SUFFIX: [d]\n";
    let lint = &parse(text).modules[0].lint;
    assert_eq!((lint.enum_zero_value_suffix.as_str(), lint.service_suffix.as_str()), ("_NONE", "API"));
    assert!(lint.rpc_allow_same_request_response);
    assert!(lint.rpc_allow_google_protobuf_empty_requests && lint.rpc_allow_google_protobuf_empty_responses);
    let ignored = |rule: &str, path: &str| lint.ignores(rule, path, path);
    assert!(ignored("X", "a/x.proto") && ignored("X", "b.proto") && !ignored("X", "ab/x.proto"));
    assert!(ignored("IMPORT_USED", "c/d.proto") && !ignored("SERVICE_SUFFIX", "c/d.proto"));
    assert!(ignored("SERVICE_SUFFIX", "d/d.proto") && !ignored("IMPORT_USED", "d/d.proto"));
}

#[test]
fn files_find_their_module() {
    let beta =
        parse("version: v1beta1\nbuild:\n  roots: [proto, vendor]\n  excludes: [proto/old]\nlint:\n  ignore: [a]\n");
    assert_eq!(beta.module_of("proto/a/b.proto"), Some((0, "a/b.proto")));
    assert_eq!(beta.module_of("vendor/c.proto"), Some((0, "c.proto")));
    assert_eq!(beta.module_of("proto/old/c.proto"), None);
    assert_eq!(beta.module_of("d.proto"), None);
    assert!(beta.modules[0].lint.ignores("X", "proto/a/b.proto", "a/b.proto"));

    let two = parse(
        "version: v2\nmodules:\n  - path: proto\n    excludes: [proto/x]\n    lint:\n      use: [MINIMAL]\n  \
         - path: proto/inner\n  - path: only\n    includes: [only/here]\nlint:\n  use: [COMMENTS]\n",
    );
    assert_eq!(two.module_of("proto/a.proto"), Some((0, "a.proto")));
    assert_eq!(two.module_of("proto/x/a.proto"), None);
    assert_eq!(two.module_of("proto/inner/a.proto"), Some((1, "a.proto")));
    assert_eq!(two.module_of("only/here/a.proto"), Some((2, "here/a.proto")));
    assert_eq!(two.module_of("only/there/a.proto"), None);
    assert_eq!(two.modules.iter().map(|module| module.lint.enabled.len()).collect::<Vec<_>>(), [5, 7, 7]);
    assert_eq!(Workspace::standard().module_of("a.proto"), Some((0, "a.proto")));
}

#[test]
fn a_project_takes_its_schema_folders_part() {
    let two = parse("version: v2\nmodules:\n  - path: other\n  - path: schema\nlint:\n  ignore: [schema/old, other]\n")
        .below("schema");
    assert_eq!(two.module_of("a/b.proto"), Some((0, "a/b.proto")));
    assert!(two.modules[0].lint.ignores("X", "old/b.proto", "old/b.proto"));
    assert_eq!(two.modules[0].lint.ignore, ["old"]);
    assert_eq!(parse("version: v2\nmodules: [{path: other}]").below("schema"), Workspace::standard());
    assert_eq!(
        parse("version: v1\nlint: {use: [COMMENTS]}").below("schema").module_of("a.proto"),
        Some((0, "a.proto"))
    );
}

#[test]
fn what_is_wrong_is_told_with_its_line() {
    let (line, cause, hint) = refusal("version: v1\nlint:\n  use:\n    - STANDARD\n    - SERVICE_SUFIX\n");
    assert_eq!(line, Some(5));
    assert!(cause.contains("SERVICE_SUFIX") && hint.contains("SERVICE_SUFFIX"), "{cause} {hint}");
    let (_, _, hint) = refusal("version: v1\nlint:\n  except: [FIELD_PII]");
    assert!(hint.contains("conventions.toml"), "{hint}");
    let (line, cause, _) = refusal("version: v1\nlint:\n  usee: [X]");
    assert_eq!(line, Some(3), "{cause}");
    assert!(cause.contains("usee") && cause.contains("did you mean use?"), "{cause}");
    let (line, cause, _) = refusal("version: v2\nlint:\n  use: [X\n");
    assert!(line.is_some() && !cause.is_empty(), "{line:?} {cause}");
    let (line, cause, _) = refusal("version: v9");
    assert_eq!(line, Some(1));
    assert!(cause.contains("v9"), "{cause}");
    assert!(refusal("lint: {}").1.contains("no version"));
    assert!(refusal("version: v1\nlint: {ignore: [../x]}").1.contains("leads out"));
    assert!(refusal("version: v1\nlint: {ignore: [/x]}").1.contains("leads out"));
    assert!(!refusal("").1.is_empty());
    assert!(!refusal("- a\n- b").1.is_empty());
}
