//! Who uses an event and its fields: jobs, metrics, dashboards, and what else the project has.

use std::collections::HashMap;

use judi_schema::catalogue::FieldEntry;
use judi_schema::diff::Use;

/// What a project's files name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProjectUses {
    /// Every place that names a view or a column of it.
    pub uses: Vec<Use>,
    /// Files, and parts of them, that could not be read, with the cause.
    pub passed_over: Vec<String>,
}

/// All uses, by event.
#[derive(Debug)]
pub(crate) struct Usage {
    by_view: HashMap<String, Vec<Use>>,
    /// What is not known, and why: a sentence.
    pub(crate) problem: Option<String>,
}

/// Problems that are told: the first say enough.
const PROBLEMS_MAX: usize = 5;

impl Usage {
    pub(crate) fn new(found: Result<ProjectUses, String>) -> Self {
        let (mut uses, problem) = match found {
            Ok(ProjectUses { uses, passed_over }) if passed_over.is_empty() => (uses, None),
            Ok(ProjectUses { uses, passed_over }) => {
                let more = passed_over.len().saturating_sub(PROBLEMS_MAX);
                let mut files = passed_over.into_iter().take(PROBLEMS_MAX).collect::<Vec<_>>().join("; ");
                if more > 0 {
                    files.push_str(&format!("; and {more} more"));
                }
                (uses, Some(format!("Not all that may use an event could be read: {files}.")))
            }
            Err(problem) => (Vec::new(), Some(format!("Who uses an event is not known: {problem}."))),
        };
        uses.sort_by(|a, b| (a.kind, &a.name, a).cmp(&(b.kind, &b.name, b)));
        let mut by_view: HashMap<String, Vec<Use>> = HashMap::new();
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
        self.problem.is_none() && !self.of_event(event).iter().any(|one| reads(one, field))
    }

    /// The uses of a field, one of each thing.
    pub(crate) fn of_field<'a>(&'a self, event: &str, field: &FieldEntry) -> Vec<&'a Use> {
        let mut uses: Vec<&Use> = self.of_event(event).iter().filter(|one| reads(one, field)).collect();
        uses.dedup_by(|one, other| is_same_thing(one, other));
        uses
    }

    /// Whatever uses the event, once each, with all the columns that it reads.
    pub(crate) fn readers(&self, event: &str) -> Vec<Reader<'_>> {
        let things = self.of_event(event).chunk_by(is_same_thing);
        let readers = things.filter_map(|uses| {
            let mut columns: Vec<&str> = uses.iter().map(|one| one.column_name.as_str()).collect();
            columns.retain(|column| !column.is_empty());
            columns.sort_unstable();
            columns.dedup();
            Some(Reader { first: uses.first()?, columns })
        });
        readers.collect()
    }

    /// Every use of the event, by kind and name.
    fn of_event(&self, event: &str) -> &[Use] {
        self.by_view.get(event).map(Vec::as_slice).unwrap_or_default()
    }
}

/// One thing that uses an event.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Reader<'a> {
    /// Its first use.
    pub(crate) first: &'a Use,
    /// Sorted.
    pub(crate) columns: Vec<&'a str>,
}

fn is_same_thing(one: &Use, other: &Use) -> bool {
    (one.kind, &one.name) == (other.kind, &other.name)
}

/// Whether a use names the field, what it is in, or what is in it. Saved SQL may have an alias.
fn reads(one: &Use, field: &FieldEntry) -> bool {
    if one.column_name.is_empty() {
        return false;
    }
    let plain = field.name.replace("[]", "").replace("{}", "");
    let names = std::iter::once(plain.as_str()).chain(field.aliases.iter().map(String::as_str));
    names.into_iter().any(|name| {
        let mut parts = name.split('.').zip(one.column_name.split('.'));
        parts.all(|(part, used)| part.eq_ignore_ascii_case(used))
    })
}

#[cfg(test)]
mod tests {
    use judi_schema::diff::UseKind;

    use super::*;

    fn one(name: &str, column: &str) -> Use {
        Use {
            view: "scroll".into(),
            kind: UseKind::Job,
            name: name.into(),
            column_name: column.into(),
            file: format!("jobs/{name}.sql"),
            line: 1,
            column: 1,
            by_star: false,
        }
    }

    fn usage(uses: Vec<Use>) -> Usage {
        Usage::new(Ok(ProjectUses { uses, passed_over: Vec::new() }))
    }

    fn field(name: &str, aliases: &[&str]) -> FieldEntry {
        let aliases = aliases.iter().map(|alias| (*alias).to_owned()).collect();
        FieldEntry { name: name.into(), aliases, ..FieldEntry::default() }
    }

    #[test]
    fn a_field_is_used_by_its_name_by_an_alias_and_by_what_is_in_it() {
        let usage = usage(vec![
            one("a", "depth"),
            one("a", "old_ms"),
            one("b", "DEPTH"),
            one("b", "author.name"),
            one("c", ""),
        ]);
        let is_used = |name: &str, aliases: &[&str]| !usage.is_field_unused("scroll", &field(name, aliases));
        assert!(is_used("depth", &[]) && is_used("visible_ms", &["OLD_MS"]));
        assert!(is_used("author", &[]) && is_used("author.name", &[]) && !is_used("author.age", &[]));
        assert!(is_used("depth[].inner", &[]), "whoever reads the whole reads what is in it");
        assert!(!is_used("other", &[]));
        assert_eq!(usage.of_field("scroll", &field("depth", &[])).len(), 2);
        assert!(usage.is_unused("share") && !usage.is_unused("scroll"));
        let columns: Vec<_> = usage.readers("scroll").into_iter().map(|reader| reader.columns).collect();
        assert_eq!(columns, [vec!["depth", "old_ms"], vec!["DEPTH", "author.name"], vec![]]);
    }

    #[test]
    fn unused_is_said_only_where_everything_was_read() {
        let passed_over = (0..9).map(|n| format!("metrics/{n}.toml: no TOML")).collect();
        let partly = Usage::new(Ok(ProjectUses { uses: vec![one("a", "depth")], passed_over }));
        assert_eq!(partly.readers("scroll").len(), 1);
        assert!(partly.problem.as_ref().is_some_and(|it| it.ends_with("metrics/4.toml: no TOML; and 4 more.")));
        for usage in [partly, Usage::new(Err("no project".into()))] {
            assert!(!usage.is_unused("share") && !usage.is_field_unused("scroll", &field("other", &[])));
        }
    }
}
