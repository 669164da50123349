//! Any two texts and a configuration: they are compared, or an error tells the place; nothing breaks itself.
#![no_main]

use judi_schema::breaking::{Config, Workspace, compare};
use judi_schema::compile::{Source, SourceText};
use libfuzzer_sys::fuzz_target;

const ALL: &str = "version: v2\nbreaking:\n  use: [FILE, PACKAGE, WIRE_JSON, WIRE, CSR]\n";

fn workspace(text: &str, config: &Config) -> Option<Workspace> {
    // Two files, so that what moves from one to the other occurs.
    let (first, second) = text.split_once("\n---\n").unwrap_or((text, ""));
    let source = |name: &str, text: &str| Source { name: name.to_owned(), text: SourceText::Proto(text.to_owned()) };
    match Workspace::new(vec![source("a.proto", first), source("b.proto", second)], config) {
        Ok(workspace) => Some(workspace),
        Err(error) => {
            assert!(error.place().is_some() && error.hint().is_some(), "{error}");
            None
        }
    }
}

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else {
        let _ = Workspace::of_descriptor_set("a.binpb", data.to_vec());
        return;
    };
    let (before, rest) = text.split_once("\n===\n").unwrap_or((text, ""));
    let (after, config) = rest.split_once("\n===\n").unwrap_or((rest, ""));
    let config = Config::parse("buf.yaml", config).or_else(|_| Config::parse("buf.yaml", ALL)).expect("all rules");
    let (before, after) = (workspace(before, &config), workspace(after, &config));
    for one in [&before, &after].into_iter().flatten() {
        assert!(compare(one, one).is_empty(), "nothing breaks itself");
    }
    if let (Some(before), Some(after)) = (before, after) {
        for finding in compare(&after, &before).into_iter().chain(compare(&before, &after)) {
            assert!(finding.start_line >= 1 && finding.end_line >= finding.start_line, "{finding}");
            assert!(!finding.message.is_empty() && !finding.rule.is_empty());
        }
    }
});
