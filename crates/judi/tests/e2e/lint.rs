//! `judi schema lint`, as a team meets it: a new project is clean, findings have places, and `--fix` repairs the files.

use std::fs;

use serde_json::json;

use crate::bed::{Project, json_lines, judi, run};

const STORY: &str = "syntax = \"proto3\";\n\npackage story.v1;\n\nimport \"google/protobuf/any.proto\";\nimport \"judi/v1/options.proto\";\n\n\
    // A reader opened a story.\nmessage StoryView {\n  option (judi.event) = {\n    name: \"story_view\"\n    owner: \"news\"\n  };\n\n  \
    // Which.\n  string storyId = 1 [(judi.field).pii = PII_CLASS_NONE]; // for ever\n}\n";

#[test]
fn a_new_project_is_clean_and_what_is_wrong_has_its_place() {
    let project = Project::new();
    assert_eq!(project.run(["schema", "lint"]).done(), "");
    let project = project.with_schema("story/v1/story.proto", STORY);
    let ran = project.run(["schema", "lint", "--format", "json"]);
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    let findings = json_lines(&String::from_utf8(ran.stdout).unwrap());
    let places: Vec<_> = findings.iter().map(|it| (it["start_line"].clone(), it["rule"].clone())).collect();
    assert_eq!(
        places,
        [
            (json!(5), json!("IMPORT_USED")),
            (json!(10), json!("EVENT_DESCRIPTION")),
            (json!(16), json!("FIELD_LOWER_SNAKE_CASE")),
            (json!(16), json!("FIELD_PRESENCE")),
        ]
    );
    let first = findings[0].as_object().unwrap();
    let members = ["path", "start_line", "start_column", "end_line", "end_column", "rule", "message"];
    assert!(members.iter().all(|member| first.contains_key(*member)) && first.len() == members.len());
    assert_eq!(first["path"], "story/v1/story.proto");
}

#[test]
fn fix_repairs_the_files_and_tells_what_it_did() {
    let project = Project::new().with_schema("story/v1/story.proto", STORY);
    let ran = project.run(["schema", "lint", "--fix"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(ran.stdout.is_empty());
    assert!(
        ran.stderr.contains("--- a/story/v1/story.proto\n+++ b/story/v1/story.proto\n@@ -5,1 +4,0 @@\n"),
        "{}",
        ran.stderr
    );
    let text = fs::read_to_string(project.dir().join("schema/story/v1/story.proto")).unwrap();
    assert!(!text.contains("any.proto"));
    assert!(text.contains("    owner: \"news\"\n    description: \"A reader opened a story.\"\n  };"), "{text}");
    let field = "  optional string story_id = 1 [(judi.field).pii = PII_CLASS_NONE, (judi.field).alias = \"storyId\"]; // for ever\n";
    assert!(text.contains(field), "{text}");
    let again = project.run(["schema", "lint", "--fix"]);
    assert_eq!((again.code, again.stderr.as_str()), (Some(0), ""));
    assert_eq!(fs::read_to_string(project.dir().join("schema/story/v1/story.proto")).unwrap(), text);
}

#[test]
fn a_bare_folder_is_linted_by_its_buf_yaml_and_wrong_configurations_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let lint = || run(judi().args(["schema", "lint"]).arg(folder.path()));
    assert!(lint().refused(2).contains("there are no .proto files"));
    fs::write(folder.path().join("a.proto"), "syntax = \"proto3\";\npackage a.v1;\nmessage aA { int32 n = 1; }\n")
        .unwrap();
    let ran = lint();
    assert_eq!(ran.code, Some(1));
    let text = String::from_utf8(ran.stdout).unwrap();
    assert!(
        text.contains("a.proto:2:1: ") && text.contains("a.proto:3:9: ") && text.contains("(MESSAGE_PASCAL_CASE)"),
        "{text}"
    );
    fs::write(folder.path().join("buf.yaml"), "version: v2\nlint:\n  use: [COMMENT_MESSAGES]\n").unwrap();
    let said = lint().refused(2);
    assert!(said.contains("buf.yaml:3:9: ") && said.contains("hint: did you mean COMMENT_MESSAGE?"), "{said}");
    fs::write(folder.path().join("a.proto"), "syntax = \"proto3\";\nmessage A { B b = 1; }\n").unwrap();
    fs::remove_file(folder.path().join("buf.yaml")).unwrap();
    assert!(lint().refused(2).contains("a.proto:2:13: "));

    let project = Project::new();
    fs::write(project.dir().join("conventions.toml"), "[schema]\nowner = [\"news\"]\n").unwrap();
    let said = project.run(["schema", "lint"]).refused(2);
    assert!(said.contains("conventions.toml:2:1: ") && said.contains("hint: did you mean `owners`?"), "{said}");
}
