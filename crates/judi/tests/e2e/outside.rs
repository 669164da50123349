//! What the cases need from outside: test data and Python. What is missing is said aloud, and fails in CI.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::bed::json_lines;

/// The repository.
pub(crate) fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap().to_owned()
}

/// Says that a case is not run, past the test harness, which hides what tests that pass print.
pub(crate) fn not_run(why: &str) {
    let _ = writeln!(std::io::stderr(), "not run: {why}");
    assert!(std::env::var_os("CI").is_none(), "in CI everything has to run: {why}");
}

/// A file of the test data, where it is.
pub(crate) fn test_data(name: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("JUDI_TEST_DATA").map_or_else(|| repository().join("../shared/data"), PathBuf::from);
    let path = folder.join(name);
    if path.is_file() {
        return Some(path);
    }
    not_run(&format!("{} is missing; JUDI_TEST_DATA names another folder", path.display()));
    None
}

/// Whether Python is here with these modules.
pub(crate) fn has_python(modules: &str) -> bool {
    let import = if modules.is_empty() { String::new() } else { format!("import {modules}") };
    if Command::new("python3").args(["-c", &import]).output().is_ok_and(|output| output.status.success()) {
        return true;
    }
    not_run(&format!("python3 with {modules} is missing"));
    false
}

/// What a script prints, one JSON value a line.
pub(crate) fn python(script: &Path, args: &[&str]) -> Vec<Value> {
    let output = Command::new("python3").arg(script).args(args).output().unwrap();
    assert!(output.status.success(), "{}: {}", script.display(), String::from_utf8_lossy(&output.stderr));
    json_lines(&String::from_utf8(output.stdout).unwrap())
}
