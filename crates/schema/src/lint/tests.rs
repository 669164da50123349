//! Whole schemas and what is found in them. The places of buf's rules are those that buf 1.75 names.

use super::*;
use crate::compile::{Source, SourceText};
use crate::ledger::Ledger;

pub(super) fn source(name: &str, text: &str) -> Source {
    Source { name: name.to_owned(), text: SourceText::Proto(text.to_owned()) }
}

pub(super) fn standards(conventions: &str) -> Standards {
    let conventions = serde_json::from_str(conventions).unwrap();
    Standards { workspace: Workspace::standard(), conventions, ledger: None }
}

/// Findings as `path:line:column-line:column RULE`, of some rules or of all.
pub(super) fn found(sources: &[Source], standards: &Standards, wanted: impl Fn(&str) -> bool) -> Vec<String> {
    let findings = lint(sources, standards).unwrap();
    let shown = |it: &Finding| {
        format!("{}:{}:{}-{}:{} {}", it.path, it.start_line, it.start_column, it.end_line, it.end_column, it.rule)
    };
    findings.iter().filter(|it| wanted(&it.rule)).map(shown).collect()
}

fn bufs(files: &[(&str, &str)], buf_yaml: &str) -> Vec<String> {
    let sources: Vec<Source> = files.iter().map(|(name, text)| source(name, text)).collect();
    let workspace =
        if buf_yaml.is_empty() { Workspace::standard() } else { Workspace::parse("buf.yaml", buf_yaml).unwrap() };
    found(&sources, &Standards { workspace, ..standards("{}") }, |_| true)
}

/// A file with events: what follows stands from line 6 on.
const HEAD: &str = "syntax = \"proto3\";\n\npackage news.v1;\n\nimport \"judi/v1/options.proto\";\n";

fn judis(text: &str, conventions: &str) -> Vec<(String, String)> {
    let sources = [source("news/v1/news.proto", &format!("{HEAD}{text}"))];
    let findings = lint(&sources, &standards(conventions)).unwrap();
    findings.into_iter().map(|it| (format!("{}:{} {}", it.start_line, it.start_column, it.rule), it.message)).collect()
}

fn rules(text: &str, conventions: &str) -> Vec<String> {
    judis(text, conventions).into_iter().map(|(place, _)| place).collect()
}

#[test]
fn places_are_bufs_tabs_and_line_breaks_included() {
    let text = "syntax = \"proto3\"\n;\npackage\n   a\n . v1 ;\nimport\n  \"google/protobuf/any.proto\"   ;\n\
        \tmessage\tx {\n\t\tstring\taB = 1;\n  \t string\t/* é */ aC\n= 2;\n}\nenum\n y\n{ option\n  allow_alias\n = true ; \
        B=0;A\n =\n 1;A2=1;}\nservice z { rpc\n q\n (\n x\n ) returns ( stream\n .a.v1.x\n ) ; }\n";
    let found = bufs(&[("a.proto", text)], "version: v2\n");
    assert_eq!(
        found,
        [
            "a.proto:3:1-5:8 PACKAGE_DIRECTORY_MATCH",
            "a.proto:6:1-7:34 IMPORT_USED",
            "a.proto:8:13-8:14 MESSAGE_PASCAL_CASE",
            "a.proto:9:17-9:19 FIELD_LOWER_SNAKE_CASE",
            "a.proto:10:21-10:23 FIELD_LOWER_SNAKE_CASE",
            "a.proto:14:2-14:3 ENUM_PASCAL_CASE",
            "a.proto:15:3-17:10 ENUM_NO_ALLOW_ALIAS",
            "a.proto:17:11-17:12 ENUM_VALUE_PREFIX",
            "a.proto:17:11-17:12 ENUM_ZERO_VALUE_SUFFIX",
            "a.proto:17:15-17:16 ENUM_VALUE_PREFIX",
            "a.proto:19:4-19:6 ENUM_VALUE_PREFIX",
            "a.proto:20:9-20:10 SERVICE_PASCAL_CASE",
            "a.proto:20:9-20:10 SERVICE_SUFFIX",
            "a.proto:20:13-26:5 RPC_REQUEST_RESPONSE_UNIQUE",
            "a.proto:21:2-21:3 RPC_PASCAL_CASE",
            "a.proto:23:2-23:3 RPC_REQUEST_STANDARD_NAME",
            "a.proto:25:2-25:9 RPC_RESPONSE_STANDARD_NAME",
        ]
    );
}

#[test]
fn files_of_a_package_are_compared() {
    let files = [
        (
            "a/v1/a.proto",
            "syntax = \"proto3\";\npackage a.v1;\noption go_package = \"x\";\noption java_multiple_files = true;",
        ),
        ("a/v1/b.proto", "syntax = \"proto3\";\n\npackage a.v1;\noption go_package = \"y\";"),
        ("b/v1/b.proto", "package a.v1;"),
        ("b/v1/C-c.proto", "syntax = \"proto3\";"),
        ("c/c.proto", "syntax = \"proto3\";package C.V1;"),
    ];
    assert_eq!(
        bufs(&files, ""),
        [
            "a/v1/a.proto:2:1-2:14 PACKAGE_SAME_DIRECTORY",
            "a/v1/a.proto:3:1-3:25 PACKAGE_SAME_GO_PACKAGE",
            "a/v1/a.proto:4:1-4:35 PACKAGE_SAME_JAVA_MULTIPLE_FILES",
            "a/v1/b.proto:1:1-1:1 PACKAGE_SAME_JAVA_MULTIPLE_FILES",
            "a/v1/b.proto:3:1-3:14 PACKAGE_SAME_DIRECTORY",
            "a/v1/b.proto:4:1-4:25 PACKAGE_SAME_GO_PACKAGE",
            "b/v1/C-c.proto:1:1-1:1 DIRECTORY_SAME_PACKAGE",
            "b/v1/C-c.proto:1:1-1:1 FILE_LOWER_SNAKE_CASE",
            "b/v1/C-c.proto:1:1-1:1 PACKAGE_DEFINED",
            "b/v1/b.proto:1:1-1:1 PACKAGE_SAME_GO_PACKAGE",
            "b/v1/b.proto:1:1-1:1 PACKAGE_SAME_JAVA_MULTIPLE_FILES",
            "b/v1/b.proto:1:1-1:1 SYNTAX_SPECIFIED",
            "b/v1/b.proto:1:1-1:14 DIRECTORY_SAME_PACKAGE",
            "b/v1/b.proto:1:1-1:14 PACKAGE_DIRECTORY_MATCH",
            "b/v1/b.proto:1:1-1:14 PACKAGE_SAME_DIRECTORY",
            "c/c.proto:1:19-1:32 PACKAGE_DIRECTORY_MATCH",
            "c/c.proto:1:19-1:32 PACKAGE_LOWER_SNAKE_CASE",
            "c/c.proto:1:19-1:32 PACKAGE_VERSION_SUFFIX",
        ]
    );
}

#[test]
fn imports_are_used_by_types_and_options_and_go_round_in_no_circle() {
    let files = [
        (
            "a/v1/a.proto",
            "syntax = \"proto3\";\npackage a.v1;\nimport \"b/v1/b.proto\";\nimport \"o/v1/o.proto\";\nimport \"p/v1/p.proto\";\n\
            import \"u/v1beta1/u.proto\";\nimport public \"o/v1/q.proto\";\nmessage A { b.v1.B b = 1; string s = 2 [(o.v1.o) = 1]; d.v1.D d = 3; }",
        ),
        ("a/v1/z.proto", "syntax = \"proto3\";\npackage a.v1;\nmessage Z {}"),
        ("b/v1/b.proto", "syntax = \"proto3\";\npackage b.v1;\nimport \"a/v1/z.proto\";\nmessage B { a.v1.Z z = 1; }"),
        ("d/v1/d.proto", "syntax = \"proto3\";\npackage d.v1;\nmessage D {}"),
        (
            "o/v1/o.proto",
            "syntax = \"proto3\";\npackage o.v1;\nimport \"google/protobuf/descriptor.proto\";\nextend google.protobuf.FieldOptions { optional int32 o = 50000; }",
        ),
        ("o/v1/q.proto", "syntax = \"proto3\";\npackage o.v1;"),
        ("p/v1/p.proto", "syntax = \"proto3\";\npackage p.v1;\nimport public \"d/v1/d.proto\";"),
        ("u/v1beta1/u.proto", "syntax = \"proto3\";\npackage u.v1beta1;"),
    ];
    assert_eq!(
        bufs(&files, "version: v2\nlint:\n  use: [STANDARD, STABLE_PACKAGE_NO_IMPORT_UNSTABLE]\n"),
        [
            "a/v1/a.proto:3:1-3:23 PACKAGE_NO_IMPORT_CYCLE",
            "a/v1/a.proto:6:1-6:28 IMPORT_USED",
            "a/v1/a.proto:6:1-6:28 STABLE_PACKAGE_NO_IMPORT_UNSTABLE",
            "a/v1/a.proto:7:1-7:30 IMPORT_NO_PUBLIC",
            "b/v1/b.proto:3:1-3:23 PACKAGE_NO_IMPORT_CYCLE",
            "p/v1/p.proto:3:1-3:30 IMPORT_NO_PUBLIC",
        ]
    );
}

#[test]
fn proto2_comments_and_the_rest_of_bufs_rules() {
    let text = "package b;\nmessage M {\n  required int32 a = 1;\n  optional group Inner = 2 { optional int32 _Descriptor = 1; }\n  \
        // says something\n  optional int32 c = 3;\n  //\n  oneof Kind { int32 d = 4; }\n  extensions 100 to 200;\n}\n\
        extend M { optional string Ext = 101; }\n// e\nenum E { A = 1; E_B = 0; }\nservice S { rpc R(stream M) returns (stream M); }\n";
    let found = bufs(&[("a.proto", text)], "version: v1beta1\nlint:\n  use: [COMMENTS, UNARY_RPC, OTHER, SENSIBLE]\n");
    assert_eq!(
        found,
        [
            "a.proto:2:1-10:2 COMMENT_MESSAGE",
            "a.proto:3:3-3:24 COMMENT_FIELD",
            "a.proto:4:3-4:63 COMMENT_MESSAGE",
            "a.proto:4:30-4:61 COMMENT_FIELD",
            "a.proto:4:45-4:56 FIELD_NO_DESCRIPTOR",
            "a.proto:8:3-8:30 COMMENT_ONEOF",
            "a.proto:8:16-8:28 COMMENT_FIELD",
            "a.proto:11:12-11:38 COMMENT_FIELD",
            "a.proto:13:10-13:16 COMMENT_ENUM_VALUE",
            "a.proto:13:14-13:15 ENUM_FIRST_VALUE_ZERO",
            "a.proto:13:17-13:25 COMMENT_ENUM_VALUE",
            "a.proto:14:1-14:50 COMMENT_SERVICE",
            "a.proto:14:13-14:48 COMMENT_RPC",
            "a.proto:14:13-14:48 RPC_NO_CLIENT_STREAMING",
            "a.proto:14:13-14:48 RPC_NO_SERVER_STREAMING",
        ]
    );
    let found = bufs(&[("a.proto", text)], "version: v2\nlint:\n  use: [FIELD_NOT_REQUIRED, ONEOF_LOWER_SNAKE_CASE]\n");
    assert_eq!(found, ["a.proto:3:18-3:19 FIELD_NOT_REQUIRED", "a.proto:8:9-8:13 ONEOF_LOWER_SNAKE_CASE"]);
}

#[test]
fn requests_and_responses_may_be_empty_when_configured() {
    let text = "syntax = \"proto3\";\npackage a;\nimport \"google/protobuf/empty.proto\";\nservice A {\n\
        rpc One(google.protobuf.Empty) returns (OneResponse);\nrpc Two(google.protobuf.Empty) returns (google.protobuf.Empty);\n\
        rpc Three(ThreeRequest) returns (google.protobuf.Empty);\n}\nmessage OneResponse{} message ThreeRequest{}\n";
    let with = |keys: &str| {
        let yaml = format!("version: v1\nlint:\n  use: [RPC_REQUEST_RESPONSE_UNIQUE]\n{keys}");
        let lines: Vec<String> = bufs(&[("a.proto", text)], &yaml).iter().map(|it| it[8..9].to_owned()).collect();
        lines.join("")
    };
    assert_eq!(with(""), "5667");
    assert_eq!(with("  rpc_allow_same_request_response: true"), "567");
    assert_eq!(with("  rpc_allow_google_protobuf_empty_requests: true"), "667");
    assert_eq!(with("  rpc_allow_google_protobuf_empty_responses: true"), "566");
    assert_eq!(
        with("  rpc_allow_google_protobuf_empty_requests: true\n  rpc_allow_google_protobuf_empty_responses: true"),
        ""
    );
}

#[test]
fn rules_of_protovalidate_fit_their_field_and_each_other() {
    let text = "syntax = \"proto3\";\npackage a.v1;\nimport \"buf/validate/validate.proto\";\nmessage A {\n\
        int32 a = 1 [(buf.validate.field).string.min_len = 1];\n\
        string b = 2 [(buf.validate.field).string = {min_len: 5, max_len: 3}];\n\
        string c = 3 [(buf.validate.field).string.pattern = \"(\"];\n\
        repeated string d = 4 [(buf.validate.field).repeated = {max_items: 3, items: {string: {len: 2, min_len: 1}, required: true}}];\n\
        map<string, int32> e = 5 [(buf.validate.field).map = {keys: {int32: {gt: 1}}, values: {int32: {gt: 1, lt: 1}}}];\n\
        oneof o { int32 f = 6 [(buf.validate.field).required = true]; }\n\
        optional int32 g = 7 [(buf.validate.field).ignore = IGNORE_IF_ZERO_VALUE];\n\
        int32 h = 8 [(buf.validate.field).int32 = {const: 3, gt: 1}];\n\
        string fits = 9 [(buf.validate.field).string = {min_len: 1, max_len: 3, pattern: \"^a+$\"}, (buf.validate.field).required = true];\n\
        repeated int32 i = 10 [(buf.validate.field).int32.gt = 1];\n}\n";
    assert_eq!(
        bufs(&[("a.proto", text)], "version: v1\nlint:\n  use: [PROTOVALIDATE]\n"),
        [
            "a.proto:5:14-5:53 PROTOVALIDATE",
            "a.proto:6:46-6:56 PROTOVALIDATE",
            "a.proto:6:58-6:68 PROTOVALIDATE",
            "a.proto:7:15-7:56 PROTOVALIDATE",
            "a.proto:8:96-8:106 PROTOVALIDATE",
            "a.proto:8:109-8:123 PROTOVALIDATE",
            "a.proto:9:70-9:75 PROTOVALIDATE",
            "a.proto:9:96-9:101 PROTOVALIDATE",
            "a.proto:9:103-9:108 PROTOVALIDATE",
            "a.proto:10:24-10:60 PROTOVALIDATE",
            "a.proto:11:23-11:73 PROTOVALIDATE",
            "a.proto:12:44-12:52 PROTOVALIDATE",
            "a.proto:14:24-14:57 PROTOVALIDATE",
        ]
    );
}

#[test]
fn comments_and_paths_ignore() {
    let text = "syntax = \"proto3\";\n// buf:lint:ignore PACKAGE_DIRECTORY_MATCH\npackage a.v1;\n// buf:lint:ignore FIELD_LOWER_SNAKE_CASE why\n\
        message A {\n  string aB = 1;\n}\nmessage B {\n  string aB = 1;\n  // buf:lint:ignore FIELD_LOWER_SNAKE_CASE\n  string aC = 2;\n}\n";
    let files = [("a.proto", text), ("old/x.proto", "syntax = \"proto3\";\npackage a.v1;message bad {}")];
    let yaml = |version: &str, more: &str| {
        format!(
            "version: {version}\nlint:\n  use: [FIELD_LOWER_SNAKE_CASE, PACKAGE_DIRECTORY_MATCH, MESSAGE_PASCAL_CASE]\n{more}"
        )
    };
    let all = [
        "a.proto:3:1-3:14 PACKAGE_DIRECTORY_MATCH",
        "a.proto:6:10-6:12 FIELD_LOWER_SNAKE_CASE",
        "a.proto:9:10-9:12 FIELD_LOWER_SNAKE_CASE",
        "a.proto:11:10-11:12 FIELD_LOWER_SNAKE_CASE",
    ];
    let old = ["old/x.proto:2:1-2:14 PACKAGE_DIRECTORY_MATCH", "old/x.proto:2:22-2:25 MESSAGE_PASCAL_CASE"];
    let kept = [&all[2..3], &old].concat();
    assert_eq!(bufs(&files, &yaml("v1", "")), [all.as_slice(), &old].concat());
    assert_eq!(bufs(&files, &yaml("v2", "")), kept);
    assert_eq!(bufs(&files, &yaml("v1", "  allow_comment_ignores: true\n")), kept);
    assert_eq!(bufs(&files, &yaml("v2", "  disallow_comment_ignores: true\n")), [all.as_slice(), &old].concat());
    assert_eq!(bufs(&files, &yaml("v2", "  ignore: [old]\n")), kept[..1]);
    assert_eq!(bufs(&files, &yaml("v2", "  ignore_only: {MESSAGE_PASCAL_CASE: [old]}\n")), kept[..2]);
}

#[test]
fn modules_are_linted_apart_and_import_each_other() {
    let files = [
        ("proto/a/v1/a.proto", "syntax=\"proto3\";package a.v1;import \"x/v1/x.proto\";message aA { x.v1.xX x = 2; }"),
        ("vendor/x/v1/x.proto", "syntax=\"proto3\";package x.v1;message xX {}"),
        ("proto/old/o.proto", "syntax=\"proto3\";package o;message oO {}"),
    ];
    let v2 = "version: v2\nmodules:\n  - path: proto\n    excludes: [proto/old]\n  - path: vendor\n    lint:\n      use: [COMMENT_MESSAGE]\n";
    assert_eq!(
        bufs(&files, v2),
        ["proto/a/v1/a.proto:1:60-1:62 MESSAGE_PASCAL_CASE", "vendor/x/v1/x.proto:1:30-1:43 COMMENT_MESSAGE"]
    );
    let beta = "version: v1beta1\nbuild:\n  roots: [proto, vendor]\n  excludes: [proto/old]\nlint:\n  ignore: [x]\n";
    assert_eq!(bufs(&files, beta), ["proto/a/v1/a.proto:1:60-1:62 MESSAGE_PASCAL_CASE"]);
    let sources: Vec<Source> =
        [("p/a.proto", ""), ("q/a.proto", "")].iter().map(|(name, text)| source(name, text)).collect();
    let workspace = Workspace::parse("buf.yaml", "version: v1beta1\nbuild: {roots: [p, q]}").unwrap();
    let twice = lint(&sources, &Standards { workspace, ..standards("{}") }).unwrap_err();
    assert!(twice.to_string().contains("p/a.proto has the same import name"), "{twice}");
}

#[test]
fn events_have_name_owner_and_description() {
    let found = judis(
        "message Click {\n  option (judi.event) = {\n    name: \"click\"\n    owner: \"news\"\n    description: \"Pressed.\"\n  };\n}\n\
         message A {\n  option (judi.event) = {name: \"\" owner: \" \" description: \"todo\"};\n}\n\
         message B {\n  option (judi.event).name = \"BigThing\";\n  option (judi.event).owner = \"nwes\";\n  option (judi.event).description = \"Big thing\";\n}\n\
         message C { option (judi.event) = {name: \"platform\" owner: \"news\" description: \"A platform.\"}; }\n\
         message D { option (judi.event) = {name: \"events\" owner: \"news\" description: \"All of them.\"}; }\n\
         message E { option (judi.event) = {name: \"share\" owner: \"news\" description: \"Passed on.\"}; }\n\
         message F { option (judi.event) = {name: \"share\" owner: \"news\" description: \"Passed on.\"}; }\n",
        r#"{"owners": ["news", "sport"]}"#,
    );
    let rules: Vec<&str> = found.iter().map(|(rule, _)| rule.as_str()).collect();
    assert_eq!(
        rules,
        [
            "14:3 EVENT_DESCRIPTION",
            "14:3 EVENT_NAME",
            "14:3 EVENT_OWNER",
            "17:3 EVENT_NAME",
            "18:3 EVENT_OWNER",
            "19:3 EVENT_DESCRIPTION",
            "21:13 EVENT_NAME_RESERVED",
            "22:13 EVENT_NAME_RESERVED",
            "23:13 EVENT_NAME_UNIQUE",
            "24:13 EVENT_NAME_UNIQUE",
        ]
    );
    assert!(found[3].1.contains("\"big_thing\""), "{found:?}");
    assert!(found[4].1.contains("is it \"news\"?"), "{found:?}");
    assert!(found[8].1.contains("news.v1.F (news/v1/news.proto:24:1)"), "{found:?}");
}

#[test]
fn names_follow_the_conventions() {
    let text = "message Click {\n  option (judi.event) = {name: \"click\" owner: \"o\" description: \"Pressed.\"};\n  optional int32 n = 1;\n}\n";
    assert_eq!(rules(text, "{}"), [""; 0]);
    let conventions = r#"{"event_name": "[a-z]+_[a-z]+", "field_name": "[a-z]{2,}", "message_suffix": "Event", "message_prefix": "P"}"#;
    assert_eq!(rules(text, conventions), ["6:9 EVENT_MESSAGE_NAME", "7:3 EVENT_NAME", "8:18 FIELD_NAME"]);
    let off = r#"{"event_name": "[a-z]+_[a-z]+", "lint_except": ["EVENT_NAME"]}"#;
    assert_eq!(rules(text, off), [""; 0]);
    let commented = text.replace("message Click", "// judi:lint:ignore EVENT_NAME old\nmessage Click");
    assert_eq!(rules(&commented, r#"{"event_name": "[a-z]+_[a-z]+"}"#), [""; 0]);
}

const FIELDS: &str = "message Open {\n  option (judi.event) = {name: \"open\" owner: \"o\" description: \"Opened.\"};\n  \
    string a = 1;\n  optional string b = 2;\n  repeated string c = 3;\n  map<string, int32> d = 4;\n  Inner e = 5;\n  \
    oneof f { string g = 6; }\n  string h = 7 [(judi.field).required = true];\n  Kind k = 8;\n  enum Kind { KIND_UNSPECIFIED = 0; }\n}\n\
    message Inner { int32 a = 1; Open o = 2; }\nmessage NoEvent { int32 x = 1; string email = 2; int32 camel = 3; }\n";

#[test]
fn presence_is_explicit_in_events_and_what_is_in_them() {
    assert_eq!(rules(FIELDS, "{}"), ["8:10 FIELD_PRESENCE", "15:8 FIELD_PRESENCE", "18:23 FIELD_PRESENCE"]);
}

#[test]
fn editions_are_linted_in_their_own_words() {
    let text = "edition = \"2023\";\npackage a.v1;\nimport \"judi/v1/options.proto\";\noption features.field_presence = IMPLICIT;\nmessage Open {\n  \
        option (judi.event) = {name: \"open\" owner: \"o\" description: \"Opened.\"};\n  int32 a = 1;\n  \
        int32 b = 2 [features.field_presence = EXPLICIT];\n  int32 c = 3 [features.field_presence = LEGACY_REQUIRED];\n}\n";
    let sources = [source("a/v1/a.proto", text)];
    let workspace = Workspace::parse("buf.yaml", "version: v2").unwrap();
    let standards = Standards { workspace, ..standards("{}") };
    let places = found(&sources, &standards, |_| true);
    assert_eq!(places, ["a/v1/a.proto:7:9-7:10 FIELD_PRESENCE", "a/v1/a.proto:9:9-9:10 FIELD_NOT_REQUIRED"]);
    assert!(lint(&sources, &standards).unwrap()[0].message.contains("explicit presence"));
    let done = fix(&sources, &standards).unwrap();
    assert!(done.files.is_empty() && done.left.len() == 1, "{:?}", done.left);
}

#[test]
fn what_may_be_personal_says_how_personal_it_is() {
    let text = "import \"google/protobuf/struct.proto\";\nimport \"google/protobuf/wrappers.proto\";\nmessage Open {\n  \
        option (judi.event) = {name: \"open\" owner: \"o\" description: \"Opened.\"};\n  \
        optional string email = 1;\n  optional string phone = 2 [(judi.field).pii = PII_CLASS_PERSONAL];\n  optional bool has_email = 3;\n  \
        google.protobuf.Struct extra = 4;\n  map<string, string> labels = 5;\n  map<string, int32> counts = 6;\n  Person person = 7;\n  \
        google.protobuf.StringValue comment = 8;\n  optional string kind = 9 [(judi.field).semantic_type = \"user_id\"];\n  optional string loyalty_card = 10;\n}\n\
        message Person { optional string first_name = 1; optional int32 height = 2; }\n";
    let suspected = [
        "10:19 FIELD_PII",
        "13:26 FIELD_PII",
        "14:23 FIELD_PII",
        "17:31 FIELD_PII",
        "18:19 FIELD_PII",
        "21:34 FIELD_PII",
    ];
    assert_eq!(rules(text, "{}"), suspected);
    let more = rules(text, r#"{"pii_fields": ["loyalty_*"], "not_pii_fields": ["extra", "labels"]}"#);
    assert_eq!(more, ["10:19 FIELD_PII", "17:31 FIELD_PII", "18:19 FIELD_PII", "19:19 FIELD_PII", "21:34 FIELD_PII"]);
    let all = rules(text, r#"{"pii": "all"}"#);
    assert_eq!(all.len(), 10, "{all:?}");
    let message = &judis(text, "{}")[0].1;
    assert!(message.contains("a mail address") && message.contains("PII_CLASS_PERSONAL"), "{message}");
}

#[test]
fn fields_do_not_take_the_envelopes_names() {
    let text = "message Open {\n  option (judi.event) = {name: \"open\" owner: \"o\" description: \"Opened.\"};\n  \
        optional string platform = 1;\n  optional int32 x = 2 [(judi.field).alias = \"date\"];\n  Inner i = 3;\n}\n\
        message Inner { optional string platform = 1; }\n";
    assert_eq!(rules(text, "{}"), ["8:19 FIELD_NAME_RESERVED", "9:18 FIELD_NAME_RESERVED"]);
}

#[test]
fn aliases_and_replacements_name_what_is_there_and_free() {
    let text = "message Open {\n  option (judi.event) = {name: \"open\" owner: \"o\" description: \"Opened.\"};\n  reserved 20;\n  \
        optional int32 a = 1 [(judi.field) = {alias: [\"b\", \"x y\", \"c\", \"c\"]}];\n  optional int32 b = 2 [(judi.field).alias_until = \"2026-02-30\"];\n  \
        optional int32 d = 3 [(judi.field).alias_until = \"2026-02-03\"];\n  optional int32 e = 4 [(judi.field).replaced_by = \"scrol\"];\n  \
        optional int32 scroll = 5 [(judi.field).replaces = 20];\n  optional int32 g = 6 [(judi.field).replaces = 21];\n  \
        optional int32 h = 7 [(judi.field) = {alias: \"old_h\" alias_until: \"2026-02-03\" replaced_by: \"scroll\" replaces: 1}];\n}\n";
    let found = judis(text, "{}");
    let rules: Vec<&str> = found.iter().map(|(rule, _)| rule.as_str()).collect();
    assert_eq!(rules.len(), 7, "{found:?}");
    assert!(rules.iter().all(|rule| rule.ends_with("FIELD_ALIAS")), "{found:?}");
    assert!(found[5].1.contains("Is it \"scroll\"?"), "{found:?}");
}

#[test]
fn twins_are_named_with_the_one_that_exists() {
    let event = |message: &str, name: &str, fields: &str| {
        format!(
            "message {message} {{\n  option (judi.event) = {{name: \"{name}\" owner: \"o\" description: \"D it.\"}};\n  {fields}\n}}\n"
        )
    };
    let text = [
        event("Klick", "klick", "optional string articleId = 1;"),
        event("Click", "click", "optional string article_id = 1; optional string section = 2;"),
        event("Share", "share", "optional string article_id = 1; optional string secton = 2;"),
        event("Open", "open", "optional string platfrom = 1; optional string section = 2;"),
    ]
    .concat();
    let sources = [source("news/v1/news.proto", &format!("{HEAD}{text}"))];
    let ledger = "{\"format\":1,\"versions\":[\n{\"number\":1,\"semver\":\"1.0.0\",\"fingerprint\":\"".to_owned()
        + &"0".repeat(64)
        + "\"}\n],\"events\":[\n{\"id\":1,\"name\":\"click\",\"message\":\"news.v1.Click\",\"since\":1}\n],\"columns\":[\n\
           {\"event\":1,\"path\":[],\"column\":[\"click\"],\"type\":\"STRUCT\",\"since\":1}\n]}";
    let mut standards = standards("{}");
    let twins = |standards: &Standards| -> Vec<(String, String)> {
        let findings = lint(&sources, standards).unwrap();
        let twins = findings.into_iter().filter(|it| it.rule.ends_with("_TWIN"));
        twins.map(|it| (format!("{}:{} {}", it.start_line, it.start_column, it.rule), it.message)).collect()
    };
    let before = twins(&standards);
    let places: Vec<&str> = before.iter().map(|(place, _)| place.as_str()).collect();
    assert_eq!(places, ["8:19 FIELD_TWIN", "11:3 EVENT_TWIN", "16:51 FIELD_TWIN", "20:19 FIELD_TWIN"]);
    assert!(before[0].1.contains("\"article_id\" of Click (news/v1/news.proto:12:3)"), "{before:?}");
    assert!(before[1].1.contains("Event \"click\" is \"klick\""), "{before:?}");
    assert!(before[3].1.contains("\"platform\", which every event has,"), "{before:?}");

    standards.ledger = Some(Ledger::parse("ledger.json", &ledger).unwrap());
    let published = twins(&standards);
    assert_eq!(published[0].0, "7:3 EVENT_TWIN");
    assert!(published[0].1.contains("Event \"klick\" is \"click\" (news/v1/news.proto:10:1)"), "{published:?}");

    standards.conventions.not_twins = vec![["klick".to_owned(), "click".to_owned()]];
    assert!(twins(&standards).iter().all(|(place, _)| place.ends_with("FIELD_TWIN")));
}

#[test]
fn what_is_reserved_stays_unused() {
    let text =
        "message A { reserved \"foo\"; string foo = 1; }\nenum E { reserved \"E_Q\"; E_UNSPECIFIED = 0; E_Q = 1; }\n";
    assert_eq!(rules(text, "{}"), ["5:1 IMPORT_USED", "6:36 RESERVED_REUSED", "7:45 RESERVED_REUSED"]);
}

#[test]
fn what_does_not_compile_is_an_error_with_its_place() {
    let error =
        lint(&[source("a.proto", "syntax = \"proto3\";\nmessage A { B b = 1; }")], &standards("{}")).unwrap_err();
    assert_eq!(error.to_string().split(' ').next(), Some("a.proto:2:13:"));
}
