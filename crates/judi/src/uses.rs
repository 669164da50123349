//! Which jobs, metrics, dashboards, experiments and reports of a project name which columns of the events' views.
//!
//! The SQL is parsed, so a word in a comment is no use, and an alias is none either. What a job passes on under the
//! same name is followed through the job's table. Files that cannot be read are told, and passed over.

mod config_files;
mod jobs;

use judi_engine::{ColumnUse, EVENTS_TABLE, KnownTable, Origin};
pub use judi_schema::diff::{Use, UseKind};
use judi_schema::layout::ENVELOPE_COLUMNS;
use judi_schema::view::View;

use crate::project::Project;

/// The column that the engine adds to every view.
const DATE: &str = "date";

/// What a project names.
#[derive(Debug, Default)]
pub struct Uses {
    /// Sorted by file and place.
    pub uses: Vec<Use>,
    /// Files, and parts of them, that could not be read, with the cause.
    pub passed_over: Vec<String>,
}

/// The uses of the columns of `views` in a project's files.
pub fn project_uses(project: &Project, views: &[View]) -> Uses {
    let mut search = Search::new(project, views);
    search.jobs();
    for (folder, kind) in [
        ("metrics", UseKind::Metric),
        ("dashboards", UseKind::Dashboard),
        ("experiments", UseKind::Experiment),
        ("reports", UseKind::Report),
    ] {
        search.config_files(folder, kind);
    }
    let mut found = search.found;
    found.uses.sort_by(|a, b| (&a.file, a.line, a.column, a).cmp(&(&b.file, b.line, b.column, b)));
    found.uses.dedup();
    found
}

/// A search through one project.
struct Search<'a> {
    project: &'a Project,
    views: &'a [View],
    /// What SQL may read: views, the table of events, and the tables of the jobs that were read.
    known: Vec<KnownTable>,
    found: Uses,
}

/// What is being read, and where its SQL begins in the file.
#[derive(Debug, Clone)]
struct Site {
    kind: UseKind,
    name: String,
    file: String,
    /// The line of the SQL's first line, and the characters before it there.
    line: u64,
    indent: u64,
}

impl<'a> Search<'a> {
    fn new(project: &'a Project, views: &'a [View]) -> Self {
        let columns = |view: &View| {
            view.columns.iter().map(|column| column.name.clone()).chain([DATE.to_owned()]).collect::<Vec<_>>()
        };
        let mut known: Vec<KnownTable> =
            views.iter().map(|view| KnownTable::new(view.name.clone(), columns(view))).collect();
        let envelope = ENVELOPE_COLUMNS.iter().map(|(name, _)| (*name).to_owned());
        let structs = views.iter().map(|view| view.event.clone());
        known.push(KnownTable::new(EVENTS_TABLE, envelope.chain(structs)));
        Self { project, views, known, found: Uses::default() }
    }

    /// Notes the uses of a piece of SQL.
    fn note(&mut self, site: &Site, uses: &[ColumnUse]) {
        for it in uses {
            let Some((view, column_name)) = self.viewed(&it.origin) else { continue };
            let (line, column) = it.place.map_or((1, 1), |place| (place.line, place.column));
            self.found.uses.push(Use {
                kind: site.kind,
                name: site.name.clone(),
                file: site.file.clone(),
                line: site.line + line - 1,
                column: if line == 1 { column + site.indent } else { column },
                view,
                column_name,
                by_star: it.by_star,
            });
        }
    }

    /// The view, and its column, that a column of a table is; `None` of other tables.
    fn viewed(&self, origin: &Origin) -> Option<(String, String)> {
        let is_called = |name: &str| name.eq_ignore_ascii_case(&origin.table);
        if let Some(view) = self.views.iter().find(|view| is_called(&view.name)) {
            return Some((view.name.clone(), origin.path.join(".")));
        }
        let (first, inner) = origin.path.split_first().filter(|_| is_called(EVENTS_TABLE))?;
        let view = self.views.iter().find(|view| view.event.eq_ignore_ascii_case(first))?;
        let Some((second, rest)) = inner.split_first() else { return Some((view.name.clone(), String::new())) };
        let column = view.columns.iter().find(|column| {
            std::iter::once(&column.path).chain(&column.older).any(|path| {
                matches!(path.as_slice(), [top, child] if top.eq_ignore_ascii_case(first) && child.eq_ignore_ascii_case(second))
            })
        });
        let name = column.map_or(second, |column| &column.name);
        let whole: Vec<&str> = std::iter::once(name).chain(rest).map(String::as_str).collect();
        Some((view.name.clone(), whole.join(".")))
    }

    fn pass_over(&mut self, file: &str, cause: impl std::fmt::Display) {
        self.found.passed_over.push(format!("{file}: {cause}"));
    }
}

#[cfg(test)]
mod tests;
