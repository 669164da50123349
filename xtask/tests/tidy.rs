//! The rules of the house that no compiler knows, checked on every file of the repository.
//!
//! Each rule is a pure function from texts to findings; it is shown here on bad samples that it finds what it should,
//! and then it is asked about the repository.

#![expect(clippy::unwrap_used, reason = "a test that cannot read the repository fails")]

#[path = "tidy/lexer.rs"]
mod lexer;
#[path = "tidy/manifests.rs"]
mod manifests;
#[path = "tidy/rules.rs"]
mod rules;
#[path = "tidy/sources.rs"]
mod sources;

use std::process::Command;

use rules::Finding;
use sources::Repository;

/// Fails with every finding on a line of its own, so that editors jump to the place.
#[track_caller]
fn assert_tidy(findings: &[Finding]) {
    let lines: Vec<String> = findings.iter().map(ToString::to_string).collect();
    assert!(findings.is_empty(), "{} findings:\n{}\n", findings.len(), lines.join("\n"));
}

fn over_rust(rule: impl Fn(&str, &str) -> Vec<Finding>) -> Vec<Finding> {
    let repository = Repository::read();
    let files: Vec<_> = repository.files.iter().filter(|(path, _)| path.ends_with(".rs")).collect();
    assert!(files.len() > 100, "the walk finds the sources");
    files.into_iter().flat_map(|(path, text)| rule(path, text)).collect()
}

#[test]
fn every_file_says_its_purpose() {
    assert_tidy(&over_rust(rules::opens_with_its_purpose));
}

#[test]
fn no_file_is_too_long() {
    assert_tidy(&over_rust(rules::is_not_too_long));
}

#[test]
fn no_event_name_is_in_rust_code() {
    let names = sources::event_names();
    assert!(names.len() >= 9, "{names:?}");
    let repository = Repository::read();
    assert_tidy(&rules::names_no_event(&repository.files, &names));
}

#[test]
fn no_file_leaves_work_or_traces_of_where_it_was_made() {
    let repository = Repository::read();
    let findings = |(path, text): (&String, &String)| {
        // What Google leaves open in its own file is not ours to close; it is carried as it is.
        let is_ours = !path.starts_with("crates/schema/proto/google/");
        let mut findings = if is_ours { rules::leaves_nothing_open(path, text) } else { Vec::new() };
        findings.extend(rules::knows_no_developers_machine(path, text));
        findings
    };
    assert_tidy(&repository.files.iter().flat_map(findings).collect::<Vec<_>>());
}

#[test]
fn members_stand_in_the_order_of_the_flow() {
    assert_tidy(&manifests::members_follow_the_flow(&sources::manifests()));
}

#[test]
fn stages_are_seen_by_the_binary_alone() {
    assert_tidy(&manifests::stages_meet_at_contracts(&sources::manifests()));
}

#[test]
fn the_engine_alone_links_datafusion() {
    assert_tidy(&manifests::one_crate_links_datafusion(&sources::manifests()));
}

#[test]
fn every_crate_inherits_lints_and_versions() {
    assert_tidy(&manifests::inherits(&sources::manifests()));
}

#[test]
fn the_reference_is_up_to_date() {
    let checked = Command::new(env!("CARGO_BIN_EXE_xtask")).args(["docs", "--check"]).output().unwrap();
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));
}
