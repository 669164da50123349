//! A job: a SQL file that makes a table.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use judi_engine::{EngineError, nearest, sql};
use judi_world::Disk;

use crate::error::{FilePlace, JobError};
use crate::header::{self, Check, Header, is_name};
use crate::order::ordered;

/// Under which name audits see the computed rows.
pub(crate) const RESULT: &str = "result";

/// One file under `jobs/`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// The table that it makes: the file's name.
    pub table: String,
    /// The folder that it is in.
    pub domain: String,
    /// The file.
    pub path: PathBuf,
    /// What its header lines say.
    pub header: Header,
    /// The whole file, so that places in the SQL are places in the file.
    pub sql: String,
    /// Tables and views that the SQL reads, by name.
    pub reads: Vec<String>,
}

/// All jobs under `dir` (`<domain>/<table>.sql`), each after those whose tables it reads; none when there is no such
/// folder. Files of other kinds, and names that begin with a dot, are not looked at.
///
/// # Errors
/// Everything that is wrong with the files, by path.
pub fn load(disk: &dyn Disk, dir: &Path) -> Result<Vec<Job>, Vec<JobError>> {
    let mut errors = Vec::new();
    let mut jobs: BTreeMap<String, Job> = BTreeMap::new();
    for (path, domain) in sql_files(disk, dir, &mut errors) {
        match read(disk, &path, domain.as_deref()) {
            Err(error) => errors.push(error),
            Ok(job) => match jobs.get(&job.table) {
                Some(first) => errors.push(JobError::DuplicateTable {
                    table: job.table,
                    first: first.path.clone(),
                    second: job.path,
                }),
                None => drop(jobs.insert(job.table.clone(), job)),
            },
        }
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    ordered(jobs.into_values().collect()).map_err(|error| vec![error])
}

/// The SQL files of `dir` and of its folders, with the folder's name; [`None`] for files that are in no folder.
fn sql_files(disk: &dyn Disk, dir: &Path, errors: &mut Vec<JobError>) -> Vec<(PathBuf, Option<String>)> {
    let mut list = |path: &Path| match disk.list(path) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => Vec::new(),
        Err(source) => {
            errors.push(JobError::Io { path: path.to_path_buf(), source });
            Vec::new()
        }
    };
    let is_sql = |name: &str| !name.starts_with('.') && name.ends_with(".sql");
    let mut files = Vec::new();
    for entry in list(dir) {
        let path = dir.join(&entry.name);
        if entry.is_dir && !entry.name.starts_with('.') {
            let inside = list(&path).into_iter().filter(|file| !file.is_dir && is_sql(&file.name));
            files.extend(inside.map(|file| (path.join(file.name), Some(entry.name.clone()))));
        } else if !entry.is_dir && is_sql(&entry.name) {
            files.push((path, None));
        }
    }
    files
}

fn read(disk: &dyn Disk, path: &Path, domain: Option<&str>) -> Result<Job, JobError> {
    let misplaced = |message| JobError::Misplaced { path: path.to_path_buf(), message };
    let domain = domain.ok_or_else(|| misplaced("the job is in no domain's folder"))?;
    let table = path.file_stem().and_then(|stem| stem.to_str()).filter(|stem| is_name(stem));
    let table = table.ok_or_else(|| misplaced("a table's name has lower case letters, digits and _"))?;
    let bytes = disk.read(path).map_err(|source| JobError::Io { path: path.to_path_buf(), source })?;
    let text = String::from_utf8(bytes).map_err(|_| misplaced("the file is not UTF-8"))?;
    Job::parse(path, domain, table, &text)
}

impl Job {
    /// The job that `text`, the file at `path`, is.
    ///
    /// # Errors
    /// [`JobError::Header`] and [`JobError::Sql`].
    pub fn parse(path: &Path, domain: &str, table: &str, text: &str) -> Result<Self, JobError> {
        let header = header::parse(path, text)?;
        let reads = sql::dependencies(text)
            .map_err(|source| JobError::Sql { path: path.to_path_buf(), source: Box::new(source) })?;
        let job = Self {
            table: table.to_owned(),
            domain: domain.to_owned(),
            path: path.to_path_buf(),
            header,
            sql: text.to_owned(),
            reads,
        };
        job.check()?;
        Ok(job)
    }

    fn check(&self) -> Result<(), JobError> {
        let wrong = |line, column, message: String, hint: Option<String>| {
            Err(JobError::Header { place: self.place(line, column), message, hint })
        };
        if self.reads.contains(&self.table) {
            let hint = "a partition is made from other tables only, so that it can be made again";
            return wrong(1, 1, format!("{} reads itself", self.table), Some(hint.into()));
        }
        for input in &self.header.inputs {
            if !self.reads.contains(&input.name) {
                let hint = nearest(&input.name, self.reads.iter().map(String::as_str));
                let hint = hint.map(|name| format!("did you mean {name}?"));
                return wrong(input.line, 1, format!("the SQL does not read {}", input.name), hint);
            }
        }
        for audit in &self.header.audits {
            let Check::Holds(expression) = &audit.check else { continue };
            match sql::dependencies(&holds_query(expression)) {
                Ok(tables) if tables == [RESULT] => {}
                Ok(_) => {
                    let message = "an audit looks at the computed rows only".to_owned();
                    return wrong(audit.line, audit.column, message, None);
                }
                Err(error) => return wrong(audit.line, audit.column, syntax_message(&error), error.hint()),
            }
        }
        Ok(())
    }

    /// A place in its file.
    pub(crate) fn place(&self, line: u64, column: u64) -> FilePlace {
        FilePlace { path: self.path.clone(), line, column }
    }
}

/// Counts the rows for which `expression` is not true. The line break ends a comment at its end.
pub(crate) fn holds_query(expression: &str) -> String {
    format!("SELECT count(*) AS failing FROM {RESULT} WHERE ({expression}\n) IS NOT TRUE")
}

fn syntax_message(error: &EngineError) -> String {
    format!("the audit is no expression: {error}")
}

#[cfg(test)]
mod tests {
    use judi_world::LocalDisk;

    use super::*;

    const SQL: &str = "-- judi: grain=day key=[date]\nSELECT CAST(NULL AS DATE) AS date FROM events";

    fn parse(text: &str) -> Result<Job, JobError> {
        Job::parse(Path::new("jobs/news/reads.sql"), "news", "reads", text)
    }

    fn message(text: &str) -> String {
        parse(text).unwrap_err().to_string()
    }

    #[test]
    fn a_file_tells_what_it_reads() {
        let job =
            parse("-- judi: grain=day key=[date]\nWITH a AS (SELECT * FROM article_view) SELECT * FROM a, events")
                .unwrap();
        assert_eq!(job.reads, ["article_view", "events"]);
    }

    #[test]
    fn places_in_the_sql_are_places_in_the_file() {
        assert!(message("-- judi: grain=day key=[date]\n\nSELECT 1 FRM x y").starts_with("jobs/news/reads.sql:3:"));
        assert!(message("-- judi: grain=day key=[date]\nDROP TABLE x").contains("DROP TABLE is not allowed"));
    }

    #[test]
    fn inputs_and_audits_fit_the_sql() {
        assert_eq!(
            message("-- judi: grain=day key=[date]\n-- input event: late=1d\nSELECT * FROM events"),
            "jobs/news/reads.sql:2:1: the SQL does not read event"
        );
        assert!(
            message("-- judi: grain=day key=[date]\n-- audit: a >\nSELECT 1")
                .starts_with("jobs/news/reads.sql:2:11: the audit")
        );
        assert!(
            message("-- judi: grain=day key=[date]\n-- audit: a IN (SELECT b FROM c)\nSELECT 1")
                .contains("computed rows only")
        );
        assert!(message("-- judi: grain=day key=[date]\nSELECT * FROM reads").contains("reads itself"));
    }

    #[test]
    fn a_folder_of_jobs_is_read_and_everything_wrong_is_told_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let put = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        put("news/reads.sql", SQL);
        put("news/notes.md", "no job");
        put("video/starts.sql", &SQL.replace("events", "reads"));
        let jobs = load(&LocalDisk, folder.path()).unwrap();
        assert_eq!(
            jobs.iter().map(|job| (job.domain.as_str(), job.table.as_str())).collect::<Vec<_>>(),
            [("news", "reads"), ("video", "starts")]
        );
        assert!(load(&LocalDisk, &folder.path().join("nowhere")).unwrap().is_empty());

        put("lost.sql", SQL);
        put("video/reads.sql", SQL);
        put("video/Bad-Name.sql", SQL);
        put("video/empty.sql", "");
        let errors = load(&LocalDisk, folder.path()).unwrap_err();
        let all = errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
        assert_eq!(errors.len(), 4, "{all}");
        for part in ["both make the table reads", "in no domain's folder", "lower case letters", "no header line"] {
            assert!(all.contains(part), "{part} in {all}");
        }
    }
}
