//! Cases of buf's own suite of breaking changes: the same findings at the same places.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use judi_schema::breaking::{CONFIG_FILE, Config, Workspace, compare};
use judi_schema::compile::read_sources;
use judi_schema::finding::Finding;
use judi_world::World;
use serde::Deserialize;

#[derive(Deserialize)]
struct Index {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    case: String,
    needs_buf_plugin_or_policy: bool,
    expected: Vec<Expected>,
}

/// Without lines it is about the file.
#[derive(Deserialize)]
struct Expected {
    #[serde(default)]
    path: String,
    #[serde(default = "one")]
    start_line: u32,
    #[serde(default = "one")]
    start_column: u32,
    #[serde(default = "one")]
    end_line: u32,
    #[serde(default = "one")]
    end_column: u32,
    rule: String,
}

type Key = (String, u32, u32, u32, u32, String);

fn one() -> u32 {
    1
}

/// The folder of the cases, where it is; that it is missing is said aloud, and fails in CI.
fn suite() -> Option<PathBuf> {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap();
    let data = std::env::var_os("JUDI_TEST_DATA").map_or_else(|| repository.join("../shared/data"), PathBuf::from);
    let suite = data.join("buf-breaking");
    if suite.join("index.json").is_file() {
        return Some(suite);
    }
    let why = format!("{} is missing; JUDI_TEST_DATA names another folder", suite.display());
    let _ = writeln!(std::io::stderr(), "not run: {why}");
    assert!(std::env::var_os("CI").is_none(), "in CI everything has to run: {why}");
    None
}

fn workspace(dir: &Path) -> Workspace {
    let sources = read_sources(World::system().disk.as_ref(), dir).unwrap();
    let config = match fs::read_to_string(dir.join(CONFIG_FILE)) {
        Ok(text) => Config::parse(CONFIG_FILE, &text).unwrap(),
        Err(_) => Config::default(),
    };
    Workspace::new(sources, &config).unwrap()
}

fn counted(keys: impl Iterator<Item = Key>) -> BTreeMap<Key, usize> {
    let mut counted = BTreeMap::new();
    for key in keys {
        *counted.entry(key).or_default() += 1;
    }
    counted
}

fn key(finding: Finding) -> Key {
    let Finding { path, start_line, start_column, end_line, end_column, rule, message } = finding;
    assert!(!message.is_empty());
    (path, start_line, start_column, end_line, end_column, rule)
}

#[test]
fn findings_are_those_of_the_suite() {
    let Some(suite) = suite() else { return };
    let index: Index = serde_json::from_str(&fs::read_to_string(suite.join("index.json")).unwrap()).unwrap();
    assert!(!index.cases.is_empty());
    let mut differing = Vec::new();
    for Case { case, expected, needs_buf_plugin_or_policy } in index.cases {
        if needs_buf_plugin_or_policy {
            continue;
        }
        let (current, previous) =
            (workspace(&suite.join("current").join(&case)), workspace(&suite.join("previous").join(&case)));
        let expected = expected
            .into_iter()
            .map(|one| (one.path, one.start_line, one.start_column, one.end_line, one.end_column, one.rule));
        if counted(compare(&current, &previous).into_iter().map(key)) != counted(expected) {
            differing.push(case.clone());
        }
        assert_eq!(compare(&current, &current), [], "{case} against itself");
        assert_eq!(compare(&previous, &previous), [], "the earlier {case} against itself");
        for finding in compare(&previous, &current) {
            assert!(finding.start_line >= 1 && finding.end_line >= finding.start_line, "{finding:?}");
        }
    }
    assert_eq!(differing, [] as [String; 0]);
}
