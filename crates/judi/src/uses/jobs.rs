//! The uses of jobs: their SQL, their audits, and the inputs that their headers name.

use std::fs;

use judi_engine::{ColumnUse, KnownColumn, KnownTable, Origin, column_uses};
use judi_jobs::{Check, Job};

use super::{Search, Site, Use, UseKind};
use crate::uses::config_files::{files_of, relative};

/// The name under which audits see the computed rows.
const RESULT: &str = "result";

/// The first line of the SQL that an audit's expression is read in; its own lines follow.
const AUDIT_HEAD: &str = "SELECT\n";

impl Search<'_> {
    /// Reads the project's jobs, each after those whose tables it reads.
    pub(super) fn jobs(&mut self) {
        let mut waiting = self.read_jobs();
        while !waiting.is_empty() {
            let tables: Vec<String> = waiting.iter().map(|job| job.table.clone()).collect();
            let (ready, others): (Vec<Job>, Vec<Job>) =
                waiting.into_iter().partition(|job| !job.reads.iter().any(|read| tables.contains(read)));
            // Jobs that wait for each other are read all the same, without what they pass on.
            let (ready, others) = if ready.is_empty() { (others, ready) } else { (ready, others) };
            for job in &ready {
                self.job(job);
            }
            waiting = others;
        }
    }

    fn read_jobs(&mut self) -> Vec<Job> {
        let mut jobs = Vec::new();
        for path in files_of(&self.project.jobs_dir(), "sql") {
            let file = relative(self.project, &path);
            let domain = path.parent().and_then(|parent| parent.file_name()).and_then(|name| name.to_str());
            let table = path.file_stem().and_then(|stem| stem.to_str());
            let (Some(domain), Some(table)) = (domain, table) else { continue };
            match fs::read_to_string(&path) {
                Ok(text) => match Job::parse(&path, domain, table, &text) {
                    Ok(job) => jobs.push(job),
                    Err(error) => self.found.passed_over.push(error.to_string()),
                },
                Err(error) => self.pass_over(&file, error),
            }
        }
        jobs
    }

    fn job(&mut self, job: &Job) {
        let file = relative(self.project, &job.path);
        let site = Site { kind: UseKind::Job, name: job.table.clone(), file: file.clone(), line: 1, indent: 0 };
        let found = match column_uses(&job.sql, &self.known) {
            Ok(found) => found,
            Err(error) => return self.pass_over(&file, error),
        };
        self.note(&site, &found.uses);
        for input in job.header.inputs.iter().filter(|input| self.views.iter().any(|view| view.name == input.name)) {
            self.found.uses.push(Use {
                kind: UseKind::Job,
                name: job.table.clone(),
                file: file.clone(),
                line: input.line,
                column: 1,
                view: input.name.clone(),
                column_name: String::new(),
                by_star: false,
            });
        }
        self.audits(job, &site, &found.columns);
        // The table's columns come from themselves, and from what they pass on.
        let own = |column: &KnownColumn| {
            let itself = Origin { table: job.table.clone(), path: vec![column.name.clone()] };
            let origins = std::iter::once(itself).chain(column.origins.iter().cloned()).collect();
            KnownColumn { name: column.name.clone(), origins }
        };
        self.known.push(KnownTable { name: job.table.clone(), columns: found.columns.iter().map(own).collect() });
    }

    /// Audits look at the job's result, whose columns may be a view's.
    fn audits(&mut self, job: &Job, site: &Site, result: &[KnownColumn]) {
        let known = [KnownTable { name: RESULT.to_owned(), columns: result.to_vec() }];
        for audit in &job.header.audits {
            let site = Site { line: audit.line, indent: audit.column - 1, ..site.clone() };
            let uses = match &audit.check {
                Check::Unique(names) | Check::NotNull(names) => {
                    let columns = result.iter().filter(|column| names.contains(&column.name));
                    let origins = columns.flat_map(|column| &column.origins);
                    origins.map(|origin| ColumnUse { place: None, origin: origin.clone(), by_star: false }).collect()
                }
                Check::Holds(expression) => {
                    match column_uses(&format!("{AUDIT_HEAD}{expression}\nFROM {RESULT}"), &known) {
                        Ok(found) => below_head(found.uses),
                        Err(error) => {
                            self.pass_over(&site.file, error);
                            continue;
                        }
                    }
                }
            };
            self.note(&site, &uses);
        }
    }
}

/// Uses in SQL that has one line before what was asked about, by their places in that.
pub(super) fn below_head(mut uses: Vec<ColumnUse>) -> Vec<ColumnUse> {
    for place in uses.iter_mut().filter_map(|it| it.place.as_mut()) {
        place.line = place.line.saturating_sub(1).max(1);
    }
    uses
}
