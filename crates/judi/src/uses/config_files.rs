//! The uses of TOML files: every text under a key that holds SQL is read as a query, or as an expression over the
//! table that the file names beside it.

use std::fs;
use std::path::{Path, PathBuf};

use judi_engine::column_uses;
use toml::de::{DeTable, DeValue};

use super::jobs::below_head;
use super::{Search, Site, UseKind};
use crate::project::Project;

/// Keys whose texts are SQL.
const SQL_KEYS: [&str; 14] = [
    "sql",
    "query",
    "expression",
    "expr",
    "filter",
    "where",
    "numerator",
    "denominator",
    "measure",
    "condition",
    "dimension",
    "dimensions",
    "group_by",
    "value",
];

/// Keys that name the table which expressions beside them, and inside of them, are about.
const TABLE_KEYS: [&str; 7] = ["table", "view", "from", "source", "event", "model", "base"];

/// The key that a file's own name for itself stands under.
const NAME_KEY: &str = "name";

/// How deep folders are looked into.
const DEPTH_MAX: usize = 4;
/// The most files of one folder.
const FILES_MAX: usize = 10_000;
/// The largest file that is read.
const FILE_BYTES_MAX: u64 = 1 << 20;

impl Search<'_> {
    /// Reads the TOML files of one of the project's folders.
    pub(super) fn config_files(&mut self, folder: &str, kind: UseKind) {
        for path in files_of(&self.project.dir.join(folder), "toml") {
            let file = relative(self.project, &path);
            if fs::metadata(&path).is_ok_and(|found| found.len() > FILE_BYTES_MAX) {
                self.pass_over(&file, format!("the file is over {FILE_BYTES_MAX} bytes"));
                continue;
            }
            match fs::read_to_string(&path) {
                Ok(text) => self.config_text(kind, &file, &text),
                Err(error) => self.pass_over(&file, error),
            }
        }
    }

    pub(super) fn config_text(&mut self, kind: UseKind, file: &str, text: &str) {
        let table = match DeTable::parse(text) {
            Ok(table) => table.into_inner(),
            Err(error) => return self.pass_over(file, error.message()),
        };
        let stem = Path::new(file).file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        let name = text_under(&table, NAME_KEY).unwrap_or_else(|| stem.to_owned());
        let site = Site { kind, name, file: file.to_owned(), line: 1, indent: 0 };
        self.table(&site, text, &table, None);
    }

    fn table(&mut self, site: &Site, text: &str, table: &DeTable<'_>, around: Option<&str>) {
        let own = TABLE_KEYS.iter().find_map(|key| text_under(table, key)).filter(|name| is_table_name(name));
        let about = own.as_deref().or(around);
        for (key, value) in table.iter() {
            let is_sql = SQL_KEYS.contains(&key.get_ref().as_ref());
            self.value(site, text, value, is_sql, about);
        }
    }

    fn value(
        &mut self,
        site: &Site,
        text: &str,
        value: &toml::Spanned<DeValue<'_>>,
        is_sql: bool,
        about: Option<&str>,
    ) {
        match value.get_ref() {
            DeValue::String(sql) if is_sql => {
                let (line, indent) = begins(text, value.span().start);
                self.sql(&Site { line, indent, ..site.clone() }, sql, about);
            }
            DeValue::Array(values) => {
                for value in values {
                    self.value(site, text, value, is_sql, about);
                }
            }
            DeValue::Table(table) => self.table(site, text, table, about),
            _ => {}
        }
    }

    /// A query, or else an expression; what is neither, and no name of anything, is no SQL.
    fn sql(&mut self, site: &Site, sql: &str, about: Option<&str>) {
        if let Ok(found) = column_uses(sql, &self.known) {
            return self.note(site, &found.uses);
        }
        let Some(table) = about else { return };
        if let Ok(found) = column_uses(&format!("SELECT\n{sql}\nFROM {table}"), &self.known) {
            self.note(site, &below_head(found.uses));
        }
    }
}

/// The files of this kind below a folder, sorted; none where there is no such folder.
pub(super) fn files_of(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    collect(folder, extension, 0, &mut found);
    found.sort();
    found
}

/// A file's path in the project, with `/`.
pub(super) fn relative(project: &Project, path: &Path) -> String {
    let inner = path.strip_prefix(&project.dir).unwrap_or(path);
    inner.iter().map(|part| part.to_string_lossy()).collect::<Vec<_>>().join("/")
}

fn collect(folder: &Path, extension: &str, depth: usize, found: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        if entry.file_name().to_string_lossy().starts_with('.') || found.len() >= FILES_MAX {
            continue;
        }
        match entry.file_type() {
            Ok(kind) if kind.is_dir() && depth < DEPTH_MAX => collect(&path, extension, depth + 1, found),
            Ok(kind) if !kind.is_dir() && path.extension().is_some_and(|it| it == extension) => found.push(path),
            _ => {}
        }
    }
}

fn text_under(table: &DeTable<'_>, key: &str) -> Option<String> {
    let (_, value) = table.iter().find(|(name, _)| name.get_ref().as_ref() == key)?;
    match value.get_ref() {
        DeValue::String(text) => Some(text.to_string()),
        _ => None,
    }
}

/// A name that can stand after FROM as it is.
fn is_table_name(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '.')
}

/// The line on which the content of a quoted text begins, and the characters before it there.
fn begins(text: &str, quote: usize) -> (u64, u64) {
    let rest = text.get(quote..).unwrap_or_default();
    let long = rest.starts_with("\"\"\"") || rest.starts_with("'''");
    let mut at = quote + if long { 3 } else { 1 };
    // A line end right after the quotes is no part of the text.
    for line_end in ["\r\n", "\n"] {
        if long && text.get(at..).is_some_and(|rest| rest.starts_with(line_end)) {
            at += line_end.len();
            break;
        }
    }
    let before = text.get(..at).unwrap_or_default();
    let line = before.matches('\n').count() as u64 + 1;
    let indent = before.rsplit('\n').next().unwrap_or_default().chars().count() as u64;
    (line, indent)
}
