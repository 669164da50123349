//! `judi schema lint --fix`: repairs in the text of the .proto files, as small as they can be, and only what is certain.
//!
//! ```text
//!   problems ──propose──► Proposals (edits of text) ──apply──► new text ──compile, lint──► kept when the problems are gone
//!        ▲                                                                                  and no other has come
//!        └───────────────────── again, until nothing can be repaired ◄──────────────────────┘
//! ```
//!
//! Proposals are tried together; when that fails, in halves, so that one that cannot be carried out stops no other. What
//! is published changes only where nobody who reads or sends can notice.

mod diff;
mod edits;
mod enums;
mod events;
mod fields;
mod files;
mod options;

use std::collections::{BTreeMap, BTreeSet};

use self::edits::Edit;
use super::events::Events;
use super::subject::Subject;
use super::{Problem, Standards, problems};
use crate::compile::{Source, SourceText};
use crate::error::SchemaError;
use crate::finding::Finding;

/// Repairs can make further ones possible, once or twice; what goes on longer goes round in a circle.
const ROUNDS_MAX: usize = 8;

/// What `--fix` did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fixed {
    /// The files that changed, with their paths and new texts.
    pub files: Vec<(String, String)>,
    /// What changed, as a unified diff without context.
    pub diff: String,
    /// What could not be repaired for certain, and why: the finding and a sentence.
    pub left: Vec<(Finding, String)>,
    /// What lint finds after the repairs.
    pub findings: Vec<Finding>,
}

/// A repair of one or more problems.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Proposal {
    /// The import name of the file.
    file: String,
    edits: BTreeSet<Edit>,
    /// The places and rules of the problems that it repairs.
    repairs: BTreeSet<(String, String)>,
    /// How many problems of each these are.
    problems: Vec<Problem>,
}

/// What can be done about a problem.
enum Repair {
    /// These edits of its file.
    Edits(Vec<Edit>),
    /// Nothing that is certain, and why.
    Not(String),
}

/// Repairs what can be repaired. Done twice it changes nothing more.
///
/// # Errors
/// [`SchemaError`] when the schema does not compile.
pub fn fix(sources: &[Source], standards: &Standards) -> Result<Fixed, SchemaError> {
    let mut current = sources.to_vec();
    let mut refused: BTreeSet<(String, String)> = BTreeSet::new();
    let mut left = Vec::new();
    let mut found = Vec::new();
    for _ in 0..ROUNDS_MAX {
        let round = Round::begin(&current, standards)?;
        left = round.left;
        found = round.problems;
        let proposals: Vec<Proposal> =
            round.proposals.into_iter().filter(|proposal| proposal.repairs.is_disjoint(&refused)).collect();
        if proposals.is_empty() {
            break;
        }
        let mut trial =
            Trial { sources: &current, standards, before: counted(&found), accepted: Vec::new(), best: None };
        for failed in trial.settle(proposals) {
            refused.extend(failed.repairs);
        }
        match trial.best {
            Some(best) => current = best,
            None => break,
        }
    }
    let files = changed(sources, &current);
    let diff = files.iter().map(|(path, old, new)| diff::unified(path, old, new)).collect();
    left.sort();
    Ok(Fixed {
        files: files.into_iter().map(|(path, _, new)| (path.to_owned(), new.to_owned())).collect(),
        diff,
        left,
        findings: found.into_iter().map(|problem| problem.finding).collect(),
    })
}

/// The problems of one state of the texts, and what is proposed about them.
struct Round {
    problems: Vec<Problem>,
    proposals: Vec<Proposal>,
    left: Vec<(Finding, String)>,
}

impl Round {
    fn begin(sources: &[Source], standards: &Standards) -> Result<Self, SchemaError> {
        let subject = Subject::compile(sources, &standards.workspace)?;
        let problems = problems(&subject, standards);
        let fixer = Fixer { subject: &subject, standards, events: Events::of(&subject, standards.ledger.as_ref()) };
        let mut proposals: Vec<Proposal> = Vec::new();
        let mut left = Vec::new();
        for problem in &problems {
            match fixer.repair(problem, &problems) {
                Some(Repair::Edits(edits)) => add(&mut proposals, problem, edits.into_iter().collect()),
                Some(Repair::Not(why)) => left.push((problem.finding.clone(), why)),
                None => {}
            }
        }
        Ok(Self { problems, proposals, left })
    }
}

/// Two problems with one repair (an enum's value whose prefix and case are wrong) are one proposal.
fn add(proposals: &mut Vec<Proposal>, problem: &Problem, edits: BTreeSet<Edit>) {
    let key = (format!("{} {:?}", problem.file, problem.path), problem.finding.rule.clone());
    match proposals.iter_mut().find(|proposal| proposal.file == problem.file && proposal.edits == edits) {
        Some(same) => {
            same.repairs.insert(key);
            same.problems.push(problem.clone());
        }
        None => proposals.push(Proposal {
            file: problem.file.clone(),
            edits,
            repairs: BTreeSet::from([key]),
            problems: vec![problem.clone()],
        }),
    }
}

/// What a repair may look at.
struct Fixer<'s, 'a> {
    subject: &'s Subject<'a>,
    standards: &'s Standards,
    events: Events<'s, 'a>,
}

impl Fixer<'_, '_> {
    /// What can be done about a problem; `None` where its rule has no repair, or its file no text.
    fn repair(&self, problem: &Problem, all: &[Problem]) -> Option<Repair> {
        let file = self.subject.file(&problem.file)?;
        let text = file.text.as_ref()?.whole;
        match problem.finding.rule.as_str() {
            "FIELD_PRESENCE" => fields::presence(self, file, text, &problem.path),
            "FIELD_LOWER_SNAKE_CASE" => fields::snake_case(self, file, text, &problem.path),
            "ENUM_VALUE_PREFIX" | "ENUM_VALUE_UPPER_SNAKE_CASE" | "ENUM_ZERO_VALUE_SUFFIX" => {
                enums::value(self, file, problem, all)
            }
            "IMPORT_USED" => files::unused_import(file, text, &problem.path),
            "SYNTAX_SPECIFIED" => Some(files::syntax(text)),
            "EVENT_OWNER" => events::owner(self, file, text, problem),
            "EVENT_DESCRIPTION" => events::description(self, file, text, problem),
            "EVENT_NAME" => events::name(self, file, text, problem),
            _ => None,
        }
    }
}

type Counted = BTreeMap<(String, String), usize>;

fn counted<'p>(problems: impl IntoIterator<Item = &'p Problem>) -> Counted {
    let mut counts = BTreeMap::new();
    for problem in problems {
        *counts.entry((problem.finding.path.clone(), problem.finding.rule.clone())).or_default() += 1;
    }
    counts
}

/// Tries proposals on the texts.
struct Trial<'t> {
    sources: &'t [Source],
    standards: &'t Standards,
    before: Counted,
    accepted: Vec<Proposal>,
    /// The texts with what is accepted.
    best: Option<Vec<Source>>,
}

impl Trial<'_> {
    /// Accepts what can be accepted, and gives back the rest.
    fn settle(&mut self, proposals: Vec<Proposal>) -> Vec<Proposal> {
        let together: Vec<Proposal> = self.accepted.iter().chain(&proposals).cloned().collect();
        if let Some(texts) = self.attempt(&together) {
            self.accepted = together;
            self.best = Some(texts);
            return Vec::new();
        }
        if proposals.len() < 2 {
            return proposals;
        }
        let mut first = proposals;
        let second = first.split_off(first.len() / 2);
        let mut failed = self.settle(first);
        failed.extend(self.settle(second));
        failed
    }

    /// The texts with these proposals: only when they compile, the problems are gone and there are no new ones.
    fn attempt(&self, proposals: &[Proposal]) -> Option<Vec<Source>> {
        let mut edits: BTreeMap<&str, BTreeSet<Edit>> = BTreeMap::new();
        for proposal in proposals {
            edits.entry(&proposal.file).or_default().extend(proposal.edits.iter().cloned());
        }
        let mut texts = Vec::with_capacity(self.sources.len());
        for source in self.sources {
            let name = self.standards.workspace.module_of(&source.name).map(|(_, name)| name);
            let text = match (&source.text, name.and_then(|name| edits.get(name))) {
                (SourceText::Proto(text), Some(edits)) => SourceText::Proto(edits::apply(text, edits)?),
                (text, _) => text.clone(),
            };
            texts.push(Source { name: source.name.clone(), text });
        }
        let subject = Subject::compile(&texts, &self.standards.workspace).ok()?;
        let after = counted(&problems(&subject, self.standards));
        let repaired = counted(proposals.iter().flat_map(|proposal| &proposal.problems));
        let wanted = |key: &(String, String)| {
            let before = self.before.get(key).copied().unwrap_or(0);
            before.saturating_sub(repaired.get(key).copied().unwrap_or(0))
        };
        let is_good = after.iter().all(|(key, count)| *count <= wanted(key));
        drop(subject);
        is_good.then_some(texts)
    }
}

/// The paths, old texts and new texts of the files that differ.
fn changed<'t>(before: &'t [Source], after: &'t [Source]) -> Vec<(&'t str, &'t str, &'t str)> {
    let pairs = before.iter().zip(after);
    pairs
        .filter_map(|(before, after)| match (&before.text, &after.text) {
            (SourceText::Proto(old), SourceText::Proto(new)) if old != new => {
                Some((before.name.as_str(), old.as_str(), new.as_str()))
            }
            _ => None,
        })
        .collect()
}

#[cfg(test)]
mod tests;
