//! The guide that starts at zero is run as it stands.

use std::path::Path;
use std::process::Command;

/// The shell blocks of a Markdown file, in order, as one script.
fn script_of(markdown: &str) -> String {
    let mut script = String::from("set -eu\n");
    let mut is_inside = false;
    for line in markdown.lines() {
        match line {
            "```sh" => is_inside = true,
            "```" => is_inside = false,
            line if is_inside => {
                script.push_str(line);
                script.push('\n');
            }
            _ => {}
        }
    }
    script
}

/// Runs a guide's blocks as one script in an empty folder, on a port of its own, and gives what they print.
fn run_guide(name: &str) -> (String, String) {
    let guide = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/guides").join(name);
    let markdown = std::fs::read_to_string(&guide).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let binary = Path::new(env!("CARGO_BIN_EXE_judi")).parent().unwrap();
    let path = format!("{}:{}", binary.display(), std::env::var("PATH").unwrap_or_default());
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port().to_string();
    let script = script_of(&markdown).replace("127.0.0.1:8080", &format!("127.0.0.1:{port}"));
    let mut command = Command::new("bash");
    command.arg("-c").arg(&script).current_dir(&folder).env("PATH", path).env("JUDI__HTTP__PORT", &port);
    let output = command.output().unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{script}\n{out}\n{err}");
    (out.into_owned(), err.into_owned())
}

#[test]
fn the_guide_of_the_inspector_shows_good_and_bad_and_expects() {
    let (out, err) = run_guide("inspector.md");
    assert!(out.contains(r#"{"total":2,"good":1,"bad":1}"#), "{out}");
    assert!(out.contains(r#"did you mean \"article_view\"?"#), "{out}");
    assert!(out.contains(r#"{"total":0,"good":0,"bad":0}"#), "{out}");
    assert!(out.contains("verdict    "), "{out}");
    assert!(err.contains("everything that was expected has come"), "{err}");
}

#[test]
fn the_guide_from_segment_ends_with_rows() {
    let (out, err) = run_guide("from-segment.md");
    assert!(out.contains(r#"{"success":true,"results":[{"event_id":"m1","status":"ok"}]}"#), "{out}");
    assert!(out.contains("page_view,https://www.example.se/?utm_source=mail,mail"), "{out}");
    assert!(out.contains("/articles/elk,1200"), "{out}");
    assert!(out.contains("no event for track name 'Newsletter Signed Up'"), "{out}");
    assert!(out.contains("message NewsletterSignedUp {"), "{out}");
    assert!(out.contains("EVENT_OWNER") && out.contains("EVENT_DESCRIPTION"), "{out}");
    assert!(out.contains("daily,10"), "{out}");
    assert!(out.contains(r#"{"success":true,"results":[{"event_id":"o1","status":"ok"}]}"#), "{out}");
    assert!(err.contains("lines added: "), "{err}");
}

#[test]
fn the_guide_from_nothing_to_the_first_answer_says_what_happens() {
    let guide = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/guides/newsroom.md");
    let markdown = std::fs::read_to_string(&guide).unwrap();
    let script = script_of(&markdown);
    assert!(script.matches("judi ").count() >= 6, "the guide has lost its commands:\n{script}");

    let folder = tempfile::tempdir().unwrap();
    let binary = Path::new(env!("CARGO_BIN_EXE_judi")).parent().unwrap();
    let path = format!("{}:{}", binary.display(), std::env::var("PATH").unwrap_or_default());
    let output = Command::new("bash").arg("-c").arg(&script).current_dir(&folder).env("PATH", path).output().unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{script}\n{out}\n{err}");

    let accounts: Vec<_> = out.lines().filter(|line| line.starts_with("read 3:")).collect();
    assert_eq!(accounts.len(), 2, "{out}");
    assert!(accounts[0].contains("article_view 2") && accounts[0].contains("asset 1"), "{}", accounts[0]);
    assert!(accounts[1].contains("duplicates 2"), "{}", accounts[1]);
    // The answer that the guide promises is the answer.
    let promised = markdown.split('`').find(|text| text.starts_with("2026-11-23,/")).expect("the promised answer");
    assert!(out.lines().any(|line| line == promised), "{promised} is not in\n{out}");
    assert!(out.contains("article_reads_per_day 2026-11-23 unchanged 1 rows"), "{out}");
}
