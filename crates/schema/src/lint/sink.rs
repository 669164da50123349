//! Where rules bring what they find: switched off, ignored and commented-out findings end here.

use super::config::LintConfig;
use super::conventions::Conventions;
use super::ignores;
use super::rules::{self, Origin};
use super::subject::{Extent, LintFile};
use crate::finding::Finding;

/// A finding, and which part of which descriptor it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// What people and programs read.
    pub finding: Finding,
    /// The import name of its file.
    pub(super) file: String,
    /// The part's path in the `FileDescriptorProto`; empty: the whole file.
    pub(super) path: Vec<i32>,
}

/// Collects one module's problems.
pub(super) struct Sink<'a> {
    pub(super) config: &'a LintConfig,
    pub(super) conventions: &'a Conventions,
    pub(super) problems: Vec<Problem>,
}

impl<'a> Sink<'a> {
    pub(super) fn new(config: &'a LintConfig, conventions: &'a Conventions) -> Self {
        Self { config, conventions, problems: Vec::new() }
    }

    /// Whether the rule is on.
    pub(super) fn wants(&self, rule: &str) -> bool {
        match rules::find(rule).map(|rule| rule.origin) {
            Some(Origin::Buf(_)) => self.config.enabled.contains(rule),
            Some(Origin::Judi) => self.conventions.wants(rule),
            None => false,
        }
    }

    /// A finding about a part of a file.
    pub(super) fn report(&mut self, rule: &'static str, file: &LintFile<'_>, path: &[i32], message: String) {
        let extent = file.extent(path).filter(|_| !path.is_empty());
        self.report_at(rule, file, path, extent, message);
    }

    /// A finding about a stretch of what is written for a part of a file; without one, about the file.
    pub(super) fn report_at(
        &mut self,
        rule: &'static str,
        file: &LintFile<'_>,
        path: &[i32],
        extent: Option<Extent>,
        message: String,
    ) {
        let Some(origin) = rules::find(rule).map(|rule| rule.origin) else { return };
        let path = if file.has(path) { path } else { &[] };
        if !self.wants(rule)
            || self.config.ignores(rule, &file.path, file.name())
            || ignores::ignores(file, path, rule, origin, self.config.comment_ignores)
        {
            return;
        }
        let finding = match extent {
            Some(extent) => Finding {
                path: file.path.clone(),
                start_line: extent.start_line,
                start_column: extent.start_column,
                end_line: extent.end_line,
                end_column: extent.end_column,
                rule: rule.to_owned(),
                message,
            },
            None => Finding::of_file(&file.path, rule, message),
        };
        self.problems.push(Problem { finding, file: file.name().to_owned(), path: path.to_vec() });
    }

    /// A finding about a file as a whole.
    pub(super) fn report_file(&mut self, rule: &'static str, file: &LintFile<'_>, message: String) {
        self.report(rule, file, &[], message);
    }
}
