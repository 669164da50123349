//! Breaking changes, by buf's rules: two states of a schema in, findings out.
//!
//! ```text
//!   folder, buf.yaml ──Workspace──► modules ──► Image ─┐
//!   the earlier one  ──Workspace──► modules ──► Image ─┴─► Pairs ──► one function a rule ──► findings
//! ```
//!
//! Rules, categories, places and what is ignored are those of buf (<https://buf.build/docs/breaking>), so that a team
//! keeps its buf.yaml. Nothing here reads a disk, and no schema needs Judi's options.

mod config;
mod enumeration;
mod field;
mod field_default;
mod field_type;
mod file;
mod image;
mod message;
mod package;
mod pairs;
mod report;
mod reserved;
mod rules;
mod service;
mod stability;
mod workspace;
pub(crate) mod yaml;

pub use config::{CONFIG_FILE, Check, Config};
pub use image::Image;
pub use workspace::{Workspace, compare};

use crate::finding::Finding;

/// What of `previous` the rules of `check` say is broken in `current`, sorted by place.
#[must_use]
pub fn check(current: &Image, previous: &Image, check: &Check) -> Vec<Finding> {
    let pairs = pairs::Pairs::new(current, previous);
    let mut report = report::Report::new(current, previous, check);
    for rule in check.rules() {
        if let rules::Action::Check(apply) = rule.action {
            report.begin(rule.id);
            apply(&mut report, &pairs);
        }
    }
    let mut findings = report.into_findings();
    findings.sort();
    findings
}

#[cfg(test)]
mod tests;
