//! Where a project's SQL names a column, and which of those places a change touches.

use serde::Serialize;

use super::{Affected, Change, ChangeKind};

/// What names a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the names are the project's folders")]
pub enum UseKind {
    Job,
    Metric,
    Dashboard,
    Experiment,
    Report,
}

impl UseKind {
    /// In a word, for people.
    #[must_use]
    pub const fn noun(self) -> &'static str {
        match self {
            Self::Job => "job",
            Self::Metric => "metric",
            Self::Dashboard => "dashboard",
            Self::Experiment => "experiment",
            Self::Report => "report",
        }
    }
}

/// A place in the project that names a column, or a view as a whole.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Use {
    /// What names it.
    pub kind: UseKind,
    /// The job's table; the metric's, dashboard's, experiment's or report's name.
    pub name: String,
    /// Relative to the project, with `/`.
    pub file: String,
    /// From 1.
    pub line: u64,
    /// The character in the line, from 1.
    pub column: u64,
    /// The view: the event's name.
    pub view: String,
    /// The view's column, with what is inside of it: `author.name`; empty: the view as a whole.
    pub column_name: String,
    /// Whether a `*` names it.
    pub by_star: bool,
}

/// The uses that a change touches.
#[must_use]
pub fn uses_of<'a>(change: &Change, uses: &'a [Use]) -> Vec<&'a Use> {
    uses.iter().filter(|it| change.affected.iter().any(|affected| touches(&change.kind, affected, it))).collect()
}

fn touches(kind: &ChangeKind, affected: &Affected, it: &Use) -> bool {
    if affected.event != it.view {
        return false;
    }
    let Some((first, inner)) = affected.names.split_first() else { return true };
    let named: Vec<&str> = it.column_name.split('.').collect();
    let of_oneof = match kind {
        ChangeKind::OneofLeft { oneof } | ChangeKind::OneofRenamed { from: oneof, .. } => Some(oneof),
        _ => None,
    };
    if let Some(oneof) = of_oneof {
        // The case column stands beside the field.
        let case = format!("{oneof}__case");
        let above = affected.names.len() - 1;
        let is_beside = named.len() == above + 1
            && named.last().is_some_and(|last| last.eq_ignore_ascii_case(&case))
            && starts_with(&affected.names, named.get(..above).unwrap_or_default());
        if is_beside {
            return true;
        }
    }
    let Some((column, inside)) = named.split_first() else { return false };
    let number = format!("{first}__number");
    let is_column = column.eq_ignore_ascii_case(first) || (inner.is_empty() && column.eq_ignore_ascii_case(&number));
    // Inside of a column files have the names that it was published with.
    let published = affected.column.get(2..).unwrap_or(inner);
    is_column && (overlap(inner, inside) || overlap(published, inside))
}

/// Whether one of the two is the other, or what the other is inside of.
fn overlap(names: &[String], named: &[&str]) -> bool {
    names.iter().zip(named).all(|(a, b)| a.eq_ignore_ascii_case(b))
}

fn starts_with(names: &[String], beginning: &[&str]) -> bool {
    names.len() >= beginning.len() && overlap(names, beginning)
}
