//! What must always hold of a table, one pure function each: asserted where commits are made, asked by tests and by the
//! simulator. The ids are those of ARCHITECTURE.md.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;

use arrow::datatypes::Schema;
use sha2::{Digest, Sha256};
use thiserror::Error;

/// An invariant that does not hold, and what breaks it.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum TableViolation {
    /// A column is gone, or has another type.
    #[error("I9, columns are for ever: {column} {detail}")]
    ColumnLost {
        /// Its name.
        column: String,
        /// What became of it.
        detail: String,
    },
    /// The version that has a commit's rows does not have its offsets.
    #[error("I5, offsets travel with rows: {app_id} is at {found:?} after a commit of {committed}")]
    OffsetsStayed {
        /// The application transaction.
        app_id: String,
        /// What the table says.
        found: Option<i64>,
        /// What was committed.
        committed: i64,
    },
    /// A file is not what its name says.
    #[error("I10, the same rows are the same bytes: {path} holds {found}")]
    Misnamed {
        /// Its path.
        path: String,
        /// The hash of its bytes.
        found: String,
    },
    /// A version has a part of a commit.
    #[error("I11, a commit is whole: version {version} {detail}")]
    Torn {
        /// The version.
        version: i64,
        /// What it lacks, or has too much.
        detail: String,
    },
    /// A row that was read is not there any more.
    #[error("I16, no row changes or disappears: {row} of {table} is gone")]
    Vanished {
        /// The table.
        table: &'static str,
        /// The row's key.
        row: String,
    },
    /// A row that was read has other values.
    #[error("I16, no row changes or disappears: {row} of {table} was {before} and is {now}")]
    Altered {
        /// The table.
        table: &'static str,
        /// The row's key.
        row: String,
        /// What was read first.
        before: String,
        /// What is read now.
        now: String,
    },
}

impl TableViolation {
    /// The invariant's number in ARCHITECTURE.md.
    #[must_use]
    pub const fn id(&self) -> &'static str {
        match self {
            Self::OffsetsStayed { .. } => "I5",
            Self::ColumnLost { .. } => "I9",
            Self::Misnamed { .. } => "I10",
            Self::Torn { .. } => "I11",
            Self::Vanished { .. } | Self::Altered { .. } => "I16",
        }
    }
}

/// I5, at the commit: the version that has the rows has their offsets.
///
/// # Errors
/// The first application that it is not past.
pub fn commit_has_its_offsets<'a>(
    committed: impl IntoIterator<Item = (&'a str, i64)>,
    found: impl Fn(&str) -> Option<i64>,
) -> Result<(), TableViolation> {
    for (app_id, committed) in committed {
        let found = found(app_id);
        if found.is_none_or(|found| found < committed) {
            return Err(TableViolation::OffsetsStayed { app_id: app_id.to_owned(), found, committed });
        }
    }
    Ok(())
}

/// I9: every column, and every nested field, of the older schema is in the newer with its type.
///
/// # Errors
/// The first column that is not.
pub fn columns_only_grow(older: &Schema, newer: &Schema) -> Result<(), TableViolation> {
    // A schema that grows by nothing when the older is asked of it had it all.
    match crate::schema::evolved_schema(newer, older) {
        Ok(grown) if grown.fields() == newer.fields() => Ok(()),
        Ok(grown) => {
            let lost = grown.fields().iter().find(|field| newer.field_with_name(field.name()).ok() != Some(&***field));
            let column = lost.map(|field| field.name().clone()).unwrap_or_default();
            Err(TableViolation::ColumnLost { column, detail: "lacks what it had".to_owned() })
        }
        Err(error) => Err(TableViolation::ColumnLost { column: String::new(), detail: error.to_string() }),
    }
}

/// I10: a data file of ours is named by the hash of its bytes.
///
/// # Errors
/// Where it is not.
pub fn file_is_named_by_its_bytes(path: &str, bytes: &[u8]) -> Result<(), TableViolation> {
    let name = path.rsplit_once('/').map_or(path, |(_, name)| name);
    let found: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    if name.starts_with(&format!("part-{found}")) {
        return Ok(());
    }
    Err(TableViolation::Misnamed { path: path.to_owned(), found })
}

/// I11: version `version` has exactly the files of the version before, less `removed`, plus `added`.
///
/// # Errors
/// The first file that is there and should not be, or the other way round.
pub fn commit_is_whole<'a>(
    version: i64,
    before: impl IntoIterator<Item = &'a str>,
    removed: impl IntoIterator<Item = &'a str>,
    added: impl IntoIterator<Item = &'a str>,
    now: impl IntoIterator<Item = &'a str>,
) -> Result<(), TableViolation> {
    let mut expected: BTreeSet<&str> = before.into_iter().collect();
    removed.into_iter().for_each(|path| _ = expected.remove(path));
    expected.extend(added);
    let now: BTreeSet<&str> = now.into_iter().collect();
    match expected.symmetric_difference(&now).next() {
        None => Ok(()),
        Some(path) if now.contains(path) => {
            Err(TableViolation::Torn { version, detail: format!("has {path}, which no commit added") })
        }
        Some(path) => Err(TableViolation::Torn { version, detail: format!("lacks {path}") }),
    }
}

/// I16: every row that was once read is there, with the values that it had. (Erasure and retention of rows are
/// commits of their own kind, and whoever makes them takes the rows out of `read`.)
///
/// # Errors
/// The first row that is not.
pub fn rows_stay<K: Ord + Debug, R: PartialEq + Debug>(
    table: &'static str,
    read: &BTreeMap<K, R>,
    now: &BTreeMap<K, R>,
) -> Result<(), TableViolation> {
    for (key, before) in read {
        let row = || format!("{key:?}");
        match now.get(key) {
            None => return Err(TableViolation::Vanished { table, row: row() }),
            Some(now) if now != before => {
                let (before, now) = (format!("{before:?}"), format!("{now:?}"));
                return Err(TableViolation::Altered { table, row: row(), before, now });
            }
            Some(_) => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
