//! Verdicts by the name of their row, the golden output of one change, and the laws of diff and fix.

mod history;
mod laws;
mod matrix;
mod table;
mod tightening;
mod told;

use super::*;
use crate::compile::{Source, SourceText, compile};

/// What every text begins with.
const HEAD: &str = "syntax = \"proto3\";\npackage p;\nimport \"judi/v1/options.proto\";\n";

/// Not in all of them: it is as long as everything else together.
const RULES: &str = "import \"buf/validate/validate.proto\";\n";

fn source(text: &str) -> Vec<Source> {
    vec![Source { name: "t.proto".to_owned(), text: SourceText::Proto(text.to_owned()) }]
}

/// A proto3 file, or, where it says its own syntax, the whole of it.
fn whole(text: &str) -> String {
    let rules = if text.contains("buf.validate") { RULES } else { "" };
    if text.starts_with("syntax") || text.starts_with("edition") {
        text.to_owned()
    } else {
        format!("{HEAD}{rules}{text}")
    }
}

fn compiled(text: &str) -> Compiled {
    compile(&source(&whole(text))).unwrap_or_else(|error| panic!("{error}\n{}", whole(text)))
}

/// An event with these fields.
fn event(fields: &str) -> String {
    format!("message A {{ option (judi.event).name = \"a\"; {fields} }}")
}

/// The kinds and verdicts of what changed, in the order of their names.
fn found(old: &str, new: &str) -> Vec<(&'static str, Verdict)> {
    between(&compiled(old), &compiled(new))
}

fn between(old: &Compiled, new: &Compiled) -> Vec<(&'static str, Verdict)> {
    let mut found: Vec<_> = diff(old, new, None).iter().map(|change| (change.kind.id(), change.verdict)).collect();
    found.sort_unstable();
    found
}

/// What fixing comes to.
struct Fixed {
    text: String,
    compiled: Compiled,
    /// The changes that are left; those of them that are blocked take a person.
    left: Vec<Change>,
}

/// Does all fixes that a program can do, again until there are none: so that doing them twice changes nothing.
fn fixed(old: &Compiled, new: &str) -> Fixed {
    let mut text = whole(new);
    for _ in 0..8 {
        let compiled = compiled(&text);
        let left = diff(old, &compiled, None);
        let blocked = left.iter().filter(|change| change.verdict == Verdict::Blocked);
        let steps: Vec<&FixStep> = blocked.flat_map(|change| change.fix.iter().flat_map(|fix| &fix.steps)).collect();
        if steps.is_empty() {
            return Fixed { text, compiled, left };
        }
        let after = apply(&source(&text), &steps).unwrap_or_else(|error| panic!("{error}\n{text}"));
        let Some(SourceText::Proto(after)) = after.into_iter().next().map(|source| source.text) else {
            panic!("the file is gone")
        };
        text = after;
    }
    panic!("the fixes do not come to an end:\n{text}");
}
