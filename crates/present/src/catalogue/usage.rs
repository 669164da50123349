//! Who uses an event and its fields: jobs, metrics, dashboards, and what else the project has.

use std::collections::HashMap;

use judi_schema::catalogue::FieldEntry;

/// What kind of thing uses an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum UseKind {
    /// A job's SQL.
    Job,
    /// A metric.
    Metric,
    /// A dashboard.
    Dashboard,
    /// An experiment.
    Experiment,
    /// A report.
    Report,
}

/// One place that uses an event.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventUse {
    /// The view that it reads: the event's name.
    pub view: String,
    /// What it is.
    pub kind: UseKind,
    /// Its name: of a job its table's.
    pub name: String,
    /// The column that it reads; `None`: it reads the view, and which of the columns cannot be told.
    pub column_name: Option<String>,
    /// The file, relative to the project.
    pub file: String,
    /// From 1.
    pub line: u64,
    /// From 1.
    pub column: u64,
}

/// All uses, by event.
#[derive(Debug)]
pub(crate) struct Usage {
    by_view: HashMap<String, Vec<EventUse>>,
    /// Why uses are not known.
    pub(crate) problem: Option<String>,
}

impl UseKind {
    pub(crate) const fn text(self) -> &'static str {
        match self {
            Self::Job => "job",
            Self::Metric => "metric",
            Self::Dashboard => "dashboard",
            Self::Experiment => "experiment",
            Self::Report => "report",
        }
    }
}

impl Usage {
    pub(crate) fn new(uses: Result<Vec<EventUse>, String>) -> Self {
        let (mut uses, problem) = match uses {
            Ok(uses) => (uses, None),
            Err(problem) => (Vec::new(), Some(problem)),
        };
        uses.sort();
        uses.dedup();
        let mut by_view: HashMap<String, Vec<EventUse>> = HashMap::new();
        for one in uses {
            by_view.entry(one.view.clone()).or_default().push(one);
        }
        Self { by_view, problem }
    }

    /// Whether it is known that nothing uses the event.
    pub(crate) fn is_unused(&self, event: &str) -> bool {
        self.problem.is_none() && self.of_event(event).is_empty()
    }

    /// Whether it is known that nothing uses the field.
    pub(crate) fn is_field_unused(&self, event: &str, field: &FieldEntry) -> bool {
        let may_read = |one: &EventUse| one.column_name.is_none() || reads(one, field);
        self.problem.is_none() && !self.of_event(event).iter().any(may_read)
    }

    /// Every use of the event, by kind and name.
    pub(crate) fn of_event(&self, event: &str) -> &[EventUse] {
        self.by_view.get(event).map(Vec::as_slice).unwrap_or_default()
    }

    /// The uses of a field, one a file that has several.
    pub(crate) fn of_field<'a>(&'a self, event: &str, field: &FieldEntry) -> Vec<&'a EventUse> {
        let mut uses: Vec<&EventUse> = self.of_event(event).iter().filter(|one| reads(one, field)).collect();
        uses.dedup_by(|one, other| (one.kind, &one.name) == (other.kind, &other.name));
        uses
    }

    /// Whatever uses the event, once each, with all the columns that it reads.
    pub(crate) fn readers(&self, event: &str) -> Vec<Reader<'_>> {
        let mut readers: Vec<Reader<'_>> = Vec::new();
        for one in self.of_event(event) {
            let known =
                readers.iter().position(|reader| (reader.first.kind, &reader.first.name) == (one.kind, &one.name));
            let at = known.unwrap_or_else(|| {
                readers.push(Reader { first: one, columns: Vec::new() });
                readers.len() - 1
            });
            if let (Some(reader), Some(column)) = (readers.get_mut(at), one.column_name.as_deref())
                && !reader.columns.contains(&column)
            {
                reader.columns.push(column);
            }
        }
        readers
    }
}

/// One thing that uses an event.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Reader<'a> {
    /// Its first use.
    pub(crate) first: &'a EventUse,
    /// Sorted.
    pub(crate) columns: Vec<&'a str>,
}

/// Whether a use names the field, or one that it is in; saved SQL may have an alias.
fn reads(one: &EventUse, field: &FieldEntry) -> bool {
    let is_alias =
        |name: &String| field.path.len() == 1 && field.aliases.iter().any(|alias| alias.eq_ignore_ascii_case(name));
    one.column_name.as_ref().is_some_and(|name| name.eq_ignore_ascii_case(&field.column) || is_alias(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(name: &str, column: Option<&str>) -> EventUse {
        EventUse {
            view: "scroll".into(),
            kind: UseKind::Job,
            name: name.into(),
            column_name: column.map(str::to_owned),
            file: format!("jobs/{name}.sql"),
            line: 1,
            column: 1,
        }
    }

    fn field(name: &str, aliases: &[&str]) -> FieldEntry {
        let aliases = aliases.iter().map(|alias| (*alias).to_owned()).collect();
        FieldEntry { name: name.into(), column: name.into(), path: vec![1], aliases, ..FieldEntry::default() }
    }

    #[test]
    fn unused_is_said_only_where_it_is_known() {
        let usage = Usage::new(Ok(vec![one("a", Some("depth")), one("a", Some("old_ms")), one("b", Some("depth"))]));
        assert!(usage.is_unused("share") && !usage.is_unused("scroll"));
        assert!(!usage.is_field_unused("scroll", &field("depth", &[])));
        assert!(!usage.is_field_unused("scroll", &field("visible_ms", &["OLD_MS"])), "by its alias");
        assert!(usage.is_field_unused("scroll", &field("other", &[])));
        assert_eq!(usage.of_field("scroll", &field("depth", &[])).len(), 2);
        let readers = usage.readers("scroll");
        assert_eq!(
            readers.iter().map(|reader| reader.columns.clone()).collect::<Vec<_>>(),
            [vec!["depth", "old_ms"], vec!["depth"]]
        );

        let all = Usage::new(Ok(vec![one("a", None)]));
        assert!(!all.is_field_unused("scroll", &field("other", &[])), "it may be read");
        let unknown = Usage::new(Err("no jobs".into()));
        assert!(!unknown.is_unused("scroll") && !unknown.is_field_unused("scroll", &field("depth", &[])));
    }
}
