//! `judi schema lint`: what is wrong with a schema that compiles.
//!
//! ```text
//!   sources ──modules of buf.yaml──► Subject (descriptors, places) ──► buf's rules  ─┐
//!   conventions.toml ───────────────────────────────────────────────► Judi's rules ─┴─► Sink ──► findings ──► fix
//! ```
//!
//! The rules are in one table ([`rules`]); each is a function of the subject that reports to the sink, which alone knows
//! what is switched off or ignored. Nothing here touches the disk.

mod buf;
mod config;
mod conventions;
mod events;
mod fix;
mod ignores;
mod judi;
mod names;
mod pii;
mod references;
pub mod rules;
mod sink;
mod subject;
mod tokens;
mod twins;
mod walk;
mod words;

pub use config::{BUF_YAML, BUF_YAML_BYTES_MAX, CommentIgnores, LintConfig, Module, Workspace};
pub use conventions::{Conventions, Glob, JudiRule, Pattern, PiiDemand};
pub use fix::{Fixed, fix};
pub(crate) use pii::may_be_personal;
pub use sink::Problem;

use self::events::Events;
use self::sink::Sink;
use self::subject::Subject;
use crate::compile::Source;
use crate::error::SchemaError;
use crate::finding::Finding;
use crate::ledger::Ledger;

/// What a schema is measured by.
#[derive(Debug, Clone)]
pub struct Standards {
    /// The folder's `buf.yaml`.
    pub workspace: Workspace,
    /// The project's `[schema]` conventions.
    pub conventions: Conventions,
    /// What was published; `None` on a bare folder.
    pub ledger: Option<Ledger>,
}

/// Checks a schema; `sources` are named by their paths in the checked folder. The findings are sorted by place.
///
/// # Errors
/// [`SchemaError`] when the schema does not compile.
pub fn lint(sources: &[Source], standards: &Standards) -> Result<Vec<Finding>, SchemaError> {
    let subject = Subject::compile(sources, &standards.workspace)?;
    Ok(problems(&subject, standards).into_iter().map(|problem| problem.finding).collect())
}

fn problems(subject: &Subject<'_>, standards: &Standards) -> Vec<Problem> {
    let events = Events::of(subject, standards.ledger.as_ref());
    let mut problems = Vec::new();
    for (index, module) in standards.workspace.modules.iter().enumerate() {
        let files: Vec<_> = subject.files.iter().filter(|file| file.module == index).collect();
        let mut sink = Sink::new(&module.lint, &standards.conventions);
        buf::check(subject, &files, &mut sink);
        judi::check(&events, &files, index, &mut sink);
        problems.append(&mut sink.problems);
    }
    problems.sort_by(|a, b| a.finding.cmp(&b.finding));
    problems.dedup();
    problems
}

#[cfg(test)]
mod tests;
