//! `judi schema breaking` on bare folders and in a project, against folders, commits and published versions.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::json;

use crate::bed::{Project, json_lines, judi, run};
use crate::outside::not_run;

const BEFORE: &str =
    "syntax = \"proto3\";\npackage shop.v1;\nmessage Order {\n  int32 id = 1;\n  string note = 2;\n}\n";
const AFTER: &str = "syntax = \"proto3\";\npackage shop.v1;\nmessage Order {\n  string id = 1;\n}\n";

fn write(folder: &Path, name: &str, text: &str) {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

fn git(folder: &Path, args: &[&str]) -> bool {
    let mut command = Command::new("git");
    command.arg("-C").arg(folder).args(["-c", "user.name=judi", "-c", "user.email=judi@example.org"]).args(args);
    command.output().is_ok_and(|output| output.status.success())
}

#[test]
fn findings_are_lines_of_json_and_exit_code_1() {
    let folder = tempfile::tempdir().unwrap();
    let (before, after) = (folder.path().join("before"), folder.path().join("after"));
    write(&before, "shop/order.proto", BEFORE);
    write(&before, "shop/gone.proto", "syntax = \"proto3\";");
    write(&after, "shop/order.proto", AFTER);
    let breaking = |config: &str| {
        write(&after, "buf.yaml", config);
        run(judi().args(["schema", "breaking", "--format", "json", "--against"]).args([&before, &after]))
    };
    let output = breaking("version: v1\nbreaking: {use: [WIRE, FILE_NO_DELETE]}\n");
    assert_eq!(output.code, Some(1), "{}", output.stderr);
    let found = json_lines(&String::from_utf8(output.stdout).unwrap());
    assert_eq!(found.len(), 3, "{found:?}");
    assert_eq!(found[0]["path"], json!(""));
    let place = |finding: &serde_json::Value| {
        let member = |name: &str| finding[name].clone();
        ["path", "start_line", "start_column", "end_line", "end_column", "rule"].map(member)
    };
    let file = "shop/order.proto";
    let expected =
        [json!(file), json!(3), json!(1), json!(5), json!(2), json!("FIELD_NO_DELETE_UNLESS_NUMBER_RESERVED")];
    assert_eq!(place(&found[1]), expected);
    assert_eq!(
        place(&found[2]),
        [json!(file), json!(4), json!(3), json!(4), json!(9), json!("FIELD_WIRE_COMPATIBLE_TYPE")]
    );
    assert_eq!(breaking("version: v1\nbreaking: {ignore: [shop]}\n").done(), "");
    let said = breaking("version: v1\nbreaking: {use: [WIRES]}\n").refused(2);
    assert!(said.contains("buf.yaml:2:18") && said.contains("did you mean WIRE") && said.contains("hint: "), "{said}");
}

#[test]
fn a_folder_is_compared_with_a_commit() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    write(dir, "proto/order.proto", BEFORE);
    write(dir, "proto/buf.yaml", "version: v1beta1\nbreaking: {use: [FIELD_SAME_TYPE]}\n");
    if !["init", "add", "commit"].into_iter().all(|step| match step {
        "init" => git(dir, &["init", "-q", "-b", "main"]),
        "add" => git(dir, &["add", "."]),
        _ => git(dir, &["commit", "-q", "-m", "first"]),
    }) {
        not_run("git is missing");
        return;
    }
    let proto = dir.join("proto");
    let against = |state: &str| run(judi().args(["schema", "breaking", "--against", state]).arg(&proto));
    assert_eq!(against("git:main").done(), "");
    write(dir, "proto/order.proto", AFTER);
    let output = against("git:HEAD");
    assert_eq!(output.code, Some(1), "{}", output.stderr);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.starts_with("order.proto:4:3: ") && text.ends_with(" (FIELD_SAME_TYPE)\n"), "{text}");
    assert_eq!(output.stderr, "error: 1 breaking change\n");
    for (state, part) in
        [("git:nowhere", "no such commit"), ("git:--all", "no name of a commit"), ("registry:1", "bare folder")]
    {
        let said = against(state).refused(2);
        assert!(said.contains(part) && said.contains("hint: "), "{said}");
    }
    let outside = tempfile::tempdir().unwrap();
    write(outside.path(), "order.proto", AFTER);
    let said = run(judi().args(["schema", "breaking", "--against", "git:HEAD"]).arg(outside.path())).refused(2);
    assert!(said.contains("not a git repository") && said.contains("hint: "), "{said}");
}

#[test]
fn a_project_is_compared_with_what_it_has_published() {
    let project = Project::new();
    let against = |state: &str| project.run(["schema", "breaking", "--against", state]);
    for state in ["registry:1", "registry:latest"] {
        assert_eq!(against(state).done(), "", "{state}");
    }
    let path = project.dir().join("schema/newsroom/v1/reading.proto");
    let text = fs::read_to_string(&path).unwrap();
    let line = text.lines().find(|line| line.contains(" word_count ")).unwrap();
    fs::write(&path, text.replace(line, &line.replace(" word_count ", " words "))).unwrap();
    let output = against("registry:1");
    assert_eq!(output.code, Some(1), "{}", output.stderr);
    let found = String::from_utf8(output.stdout).unwrap();
    assert!(found.contains("newsroom/v1/reading.proto:") && found.contains("(FIELD_SAME_NAME)"), "{found}");
    let said = against("registry:99").refused(2);
    assert!(said.contains("no such version") && said.contains("hint: 1 ("), "{said}");
}
