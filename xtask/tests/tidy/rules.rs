//! Rules about the text of files.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::lexer::{Kind, Token, tokens};

/// Longer files ask to be split along a real seam.
const LINES_MAX: usize = 600;

/// What is wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Finding {
    /// Relative to the repository.
    pub(crate) file: String,
    /// From 1.
    pub(crate) line: usize,
    pub(crate) what: String,
}

impl Finding {
    pub(crate) fn new(file: &str, line: usize, what: impl Into<String>) -> Self {
        Self { file: file.to_owned(), line, what: what.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.what)
    }
}

/// A Rust file begins with `//!` and a sentence.
pub(crate) fn opens_with_its_purpose(file: &str, text: &str) -> Vec<Finding> {
    let purpose = text.lines().next().and_then(|line| line.strip_prefix("//!")).map_or("", str::trim);
    if purpose.len() > 10 {
        return Vec::new();
    }
    vec![Finding::new(file, 1, "a file opens with `//!` and its purpose")]
}

/// A Rust file is short enough to be read.
pub(crate) fn is_not_too_long(file: &str, text: &str) -> Vec<Finding> {
    let lines = text.lines().count();
    if lines <= LINES_MAX {
        return Vec::new();
    }
    vec![Finding::new(file, lines, format!("{lines} lines, over {LINES_MAX}: split it along a real seam"))]
}

/// Nothing is left for later in the text, and nobody needs our issue tracker to read it.
pub(crate) fn leaves_nothing_open(file: &str, text: &str) -> Vec<Finding> {
    // In pieces, so that this file does not find itself.
    let marks = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X")];
    let issue = concat!("issue", " #");
    let mut findings = Vec::new();
    for (line, words) in (1..).zip(text.lines()) {
        let mut of_words = words.split(|c: char| !c.is_alphanumeric() && c != '_');
        if let Some(mark) = of_words.find(|word| marks.contains(word)) {
            findings.push(Finding::new(file, line, format!("{mark}: do it, or say why it is not done")));
        }
        let lower = words.to_lowercase();
        let rest = lower.split_once(issue).map(|(_, rest)| rest);
        if rest.is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit())) {
            findings.push(Finding::new(file, line, "the number of an issue: say what it says"));
        }
    }
    findings
}

/// No path that exists on one machine only.
pub(crate) fn knows_no_developers_machine(file: &str, text: &str) -> Vec<Finding> {
    let folders = [concat!("/ho", "me/"), concat!("/Us", "ers/"), concat!("/ro", "ot/"), concat!("/wo", "rk/")];
    let windows = concat!(":\\Us", "ers\\");
    let mut findings = Vec::new();
    for (line, words) in (1..).zip(text.lines()) {
        let found = folders.iter().copied().filter(|folder| begins_a_path(words, folder));
        findings.extend(
            found
                .chain(words.contains(windows).then_some(windows))
                .map(|folder| Finding::new(file, line, format!("{folder}…: a path of somebody's machine"))),
        );
    }
    findings
}

/// Whether an absolute path in `words` begins with `folder`: `file:///x/` counts, `https://host/x/` and `~/x/` do not.
fn begins_a_path(words: &str, folder: &str) -> bool {
    words.match_indices(folder).any(|(at, _)| {
        let before = &words[..at];
        before.ends_with("file://") || before.chars().next_back().is_none_or(|c| " \t\"'`(=:<[,".contains(c))
    })
}

/// No event's name is a string in Rust code of crates, tests excepted: names come from the schema alone.
pub(crate) fn names_no_event(files: &BTreeMap<String, String>, names: &BTreeSet<String>) -> Vec<Finding> {
    let tests = test_files(files);
    let sources = files.iter().filter(|(path, _)| is_crate_source(path) && !is_below(path, &tests));
    sources.flat_map(|(path, text)| names_in(path, text, names)).collect()
}

fn is_crate_source(path: &str) -> bool {
    let mut parts = path.split('/');
    parts.next() == Some("crates") && parts.nth(1) == Some("src") && path.ends_with(".rs")
}

fn is_below(path: &str, modules: &BTreeSet<String>) -> bool {
    modules.iter().any(|module| {
        let rest = path.strip_prefix(module.as_str());
        rest.is_some_and(|rest| rest == ".rs" || rest.starts_with('/'))
    })
}

fn names_in(path: &str, text: &str, names: &BTreeSet<String>) -> Vec<Finding> {
    let tokens = tokens(text);
    let tests = test_blocks(&tokens);
    let literals = tokens.iter().enumerate().filter(|(at, token)| {
        token.kind == Kind::String && names.contains(token.text) && !tests.iter().any(|block| block.contains(at))
    });
    literals
        .map(|(_, token)| {
            Finding::new(path, token.line, format!("\"{}\" is an event's name: it comes from the schema", token.text))
        })
        .collect()
}

/// The paths, without `.rs`, of modules that are declared under `#[cfg(test)]`.
fn test_files(files: &BTreeMap<String, String>) -> BTreeSet<String> {
    let mut modules = BTreeSet::new();
    for (path, text) in files.iter().filter(|(path, _)| path.ends_with(".rs")) {
        let tokens = tokens(text);
        let folder = match path.rsplit_once('/') {
            Some((folder, "lib.rs" | "main.rs" | "mod.rs")) => folder,
            _ => path.trim_end_matches(".rs"),
        };
        for at in after_cfg_test(&tokens) {
            let words: Vec<&str> = tokens[at..].iter().take(3).map(|token| token.text).collect();
            if let ["mod", name, ";"] = words[..] {
                modules.insert(format!("{folder}/{name}"));
            }
        }
    }
    modules
}

/// Ranges of tokens that are inside `#[cfg(test)] … { … }`.
fn test_blocks(tokens: &[Token<'_>]) -> Vec<std::ops::Range<usize>> {
    let mut blocks = Vec::new();
    for start in after_cfg_test(tokens) {
        let mut depth = 0;
        for (at, token) in tokens.iter().enumerate().skip(start) {
            match (token.kind, token.text) {
                (Kind::Punctuation, ";") if depth == 0 => break,
                (Kind::Punctuation, "{") => depth += 1,
                (Kind::Punctuation, "}") => {
                    depth -= 1;
                    if depth == 0 {
                        blocks.push(start..at);
                        break;
                    }
                }
                _ => {}
            }
        }
    }
    blocks
}

/// Where the item begins that each `#[cfg(test)]` is about; other attributes may stand between.
fn after_cfg_test(tokens: &[Token<'_>]) -> Vec<usize> {
    const CFG_TEST: [&str; 7] = ["#", "[", "cfg", "(", "test", ")", "]"];
    let texts: Vec<&str> = tokens.iter().map(|token| token.text).collect();
    let mut places = Vec::new();
    for at in 0..texts.len() {
        if !texts[at..].starts_with(&CFG_TEST) {
            continue;
        }
        let mut item = at + CFG_TEST.len();
        while texts[item..].starts_with(&["#", "["]) {
            let end = texts[item..].iter().position(|text| *text == "]").unwrap_or(0);
            item += end + 1;
        }
        places.push(item);
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(findings: &[Finding]) -> Vec<usize> {
        findings.iter().map(|finding| finding.line).collect()
    }

    #[test]
    fn a_file_without_a_purpose_is_found() {
        assert!(opens_with_its_purpose("a.rs", "//! Reads access logs.\nfn x() {}").is_empty());
        for text in ["fn x() {}", "// Reads access logs.", "//!\n//! Reads access logs.", "//! Logs.", ""] {
            assert_eq!(lines(&opens_with_its_purpose("a.rs", text)), [1], "{text}");
        }
    }

    #[test]
    fn a_long_file_is_found() {
        assert!(is_not_too_long("a.rs", &"x\n".repeat(600)).is_empty());
        assert_eq!(lines(&is_not_too_long("a.rs", &"x\n".repeat(601))), [601]);
    }

    #[test]
    fn open_work_and_issues_are_found() {
        let text =
            format!("fine\n// {}: later\n// see {}12\nXX{}\n", concat!("TO", "DO"), concat!("Issue", " #"), "XX");
        assert_eq!(lines(&leaves_nothing_open("a", &text)), [2, 3]);
        assert!(leaves_nothing_open("a", "an issue # of ours, TODOS, a_XXX_b").is_empty());
    }

    #[test]
    fn paths_of_machines_are_found() {
        let (home, users) = (concat!("/ho", "me/"), concat!("/Us", "ers/"));
        let bad = format!("see {home}anna/judi\n\"{users}anna\"\nfile://{home}x\nC:{}anna", concat!(r"\Us", r"ers\"));
        assert_eq!(lines(&knows_no_developers_machine("a", &bad)), [1, 2, 3, 4]);
        let good = format!("https://example.org{home}page\n$X{users}y\nsrc{home}z");
        assert_eq!(knows_no_developers_machine("a", &good), []);
    }

    #[test]
    fn an_events_name_is_found_in_code_and_passed_over_in_tests() {
        let names = BTreeSet::from(["click".to_owned()]);
        let code = "//! About a click.\nfn x() { f(\"click\"); f(\"a click\"); } // \"click\"\n\
                    #[cfg(test)]\nmod tests { fn y() { { f(\"click\"); } } }\nconst Z: &str = r\"click\";\n\
                    #[cfg(test)] #[allow(x)] mod sample;\n#[cfg(test)] use x; const W: &[u8] = b\"click\";";
        let file = |path: &str, text: &str| (path.to_owned(), text.to_owned());
        let files = BTreeMap::from([
            file("crates/a/src/deep/x.rs", code),
            file("crates/a/src/deep/x/sample.rs", "f(\"click\")"),
            file("crates/a/src/deep/x/sample/more.rs", "f(\"click\")"),
            file("crates/a/src/lib.rs", "#[cfg(test)]\nmod tests;"),
            file("crates/a/src/tests.rs", "f(\"click\")"),
            file("crates/a/tests/a.rs", "f(\"click\")"),
            file("xtask/src/main.rs", "f(\"click\")"),
            file("crates/b/src/tests.rs", "f(\"click\")"),
        ]);
        let found: Vec<String> =
            names_no_event(&files, &names).iter().map(|f| format!("{}:{}", f.file, f.line)).collect();
        let wanted = [
            "crates/a/src/deep/x.rs:2",
            "crates/a/src/deep/x.rs:5",
            "crates/a/src/deep/x.rs:7",
            "crates/b/src/tests.rs:1",
        ];
        assert_eq!(found, wanted, "the last is no test: nobody declares it as one");
    }
}
