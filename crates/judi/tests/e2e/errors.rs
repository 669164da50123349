//! What goes wrong for a user: the cause, the place, a hint and an exit code; and output that other programs read.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::process::{Command, Stdio};

use serde_json::json;

use crate::bed::{Project, judi, run};
use crate::outside::has_python;
use crate::server::Server;

/// What a project and a call that are wrong say, each with exit code 2.
#[test]
fn what_the_user_got_wrong_is_told_with_place_and_hint_and_exit_code_2() {
    let project = Project::new();
    let cases: [(&[&str], &[&str]); 9] = [
        (&["query", "SELECT artcle_id\nFROM article_view"], &["line 1, column 8", "artcle_id", "hint: ", "article_id"]),
        (&["query", "SELECT 1 FROM article_veiw"], &["line 1, column 15", "article_veiw", "hint: ", "article_view"]),
        (&["query", "SELECT *\nFROM FROM"], &["line 2, column "]),
        (&["query", "INSERT INTO events VALUES (1)"], &["INSERT", "hint: "]),
        (&["query", "SELECT 1", "--project", "/nowhere/at/all"], &["/nowhere/at/all", "hint: ", "judi init"]),
        (&["up", "/nowhere/at/all"], &["/nowhere/at/all", "hint: ", "judi init"]),
        (&["init", "."], &["is a project already", "hint: ", "judi up"]),
        (&["import", "nothing.log", "--input", "combined"], &["nothing.log"]),
        (&["run", "--from", "yesterday", "--to", "2026-01-01"], &["--from yesterday", "hint: ", "YYYY-MM-DD"]),
    ];
    for (args, parts) in cases {
        let said = project.run(args).refused(2);
        for part in parts {
            assert!(said.contains(part), "{args:?} says {part:?}: {said}");
        }
    }
    let empty = tempfile::tempdir().unwrap();
    let said = run(judi().args(["query", "SELECT 1"]).current_dir(empty.path())).refused(2);
    assert!(said.contains("no judi.toml") && said.contains("hint: "), "{said}");
}

#[test]
fn a_wrong_key_of_the_configuration_names_its_file_and_the_nearest_key() {
    let project = Project::new().with_config("[htpp]\nport = 9000\n");
    for args in [&["query", "SELECT 1"][..], &["up"]] {
        let said = project.run(args).refused(2);
        assert!(
            said.contains("judi.toml") && said.contains("htpp") && said.contains("hint: did you mean `http`?"),
            "{said}"
        );
    }
    let project = Project::new();
    let said = run(project.command(["up"]).env("JUDI__HTTP__PROT", "9000")).refused(2);
    assert!(said.contains("JUDI__HTTP__PROT") && said.contains("hint: did you mean `http.port`?"), "{said}");
    let schema = project.dir().join("schema/broken.proto");
    fs::write(&schema, "syntax = \"proto3\";\nmessage Broken { string a = ; }\n").unwrap();
    let said = project.run(["up"]).refused(2);
    assert!(said.contains("broken.proto:2:"), "file, line and column: {said}");
}

#[test]
fn what_failed_outside_has_exit_code_3_and_a_hint() {
    let project = Project::new();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let said = run(project.command(["up"]).env("JUDI__HTTP__PORT", &port)).refused(3);
    assert!(said.contains(&port) && said.contains("hint: ") && said.contains("JUDI__HTTP__PORT"), "{said}");

    let server = Server::up(&project);
    let said = project.run(["up"]).refused(3);
    assert!(said.contains("another process") && said.contains("hint: "), "{said}");
    assert_eq!(server.get("/health/ready").status, 200, "the first one is not disturbed");
    server.stop();
}

/// A title that every text format has to take care with.
const TITLE: &str = "Älgen, \"kungen\"\nav skogen";

fn project_with_a_title() -> Project {
    let project = Project::new();
    let server = Server::up(&project);
    let event = json!({"event": "article_view", "payload": {"article_id": "/a", "title": TITLE, "tags": ["x,y", "z"]}});
    server.send(&json!({"events": [event, {"event": "page_view"}]}).to_string());
    server.stop();
    project
}

#[test]
fn each_format_of_a_query_is_what_other_programs_expect() {
    let project = project_with_a_title();
    let sql = "SELECT title, word_count, tags, 1.50 AS price FROM article_view";
    assert_eq!(
        project.query(sql, "csv"),
        "title,word_count,tags,price\n\"Älgen, \"\"kungen\"\"\nav skogen\",,\"[\"\"x,y\"\",\"\"z\"\"]\",1.5\n"
    );
    assert_eq!(project.rows(sql), [json!({"title": TITLE, "word_count": null, "tags": ["x,y", "z"], "price": 1.5})]);
    assert_eq!(
        project.query("SELECT event FROM events ORDER BY event", "json"),
        "{\"event\":\"article_view\"}\n{\"event\":\"page_view\"}\n"
    );
    assert_eq!(project.query("SELECT event FROM events WHERE false", "csv"), "event\n");
    assert!(project.query(sql, "table").contains("Älgen"));
    if !has_python("csv, duckdb") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let (csv, parquet) = (folder.path().join("rows.csv"), folder.path().join("rows.parquet"));
    fs::write(&csv, project.query("SELECT title, section FROM article_view", "csv")).unwrap();
    let mut out = project.command(["query", sql, "--format", "parquet"]);
    assert!(out.stdout(fs::File::create(&parquet).unwrap()).status().unwrap().success());
    let script = "import csv, duckdb, json, sys\n\
                  print(json.dumps(list(csv.reader(open(sys.argv[1], newline='')))))\n\
                  print(json.dumps(duckdb.sql(f\"SELECT title, tags FROM '{sys.argv[2]}'\").fetchall()))";
    let output = Command::new("python3").args(["-c", script]).args([&csv, &parquet]).output().unwrap();
    let read = crate::bed::json_lines(&String::from_utf8(output.stdout).unwrap());
    assert_eq!(read, [json!([["title", "section"], [TITLE, ""]]), json!([[TITLE, ["x,y", "z"]]])]);
}

#[test]
fn a_reader_that_has_seen_enough_ends_a_query_without_a_word() {
    let project = Project::new();
    let ten = "(SELECT column1 AS n FROM (VALUES (0),(1),(2),(3),(4),(5),(6),(7),(8),(9)))";
    let tables = ["a", "b", "c", "d", "e"].map(|name| format!("{ten} AS {name}")).join(", ");
    let sql = format!("SELECT a.n AS one, b.n AS two, c.n AS three FROM {tables}");
    for format in ["csv", "json", "table"] {
        let mut query = project.command(["query", &sql, "--format", format]);
        let mut child = query.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert!(line.contains("one") && line.contains("three"), "{line}");
        let output = child.wait_with_output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), said.as_str()), (Some(0), ""), "{format}");
    }
}
