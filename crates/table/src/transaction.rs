//! What a commit would do to the table as it is now: the conflict rules, without IO.
//!
//! | we commit \ since then another | appended | replaced our partition | compacted |
//! |---|---|---|---|
//! | append | goes on | goes on | goes on |
//! | replace partitions | conflict, if in them | conflict | goes on: the rows are the same |
//! | rewrite (compaction) | goes on | conflict, if an input is gone | conflict, if an input is gone |
//! | update of files | goes on | conflict, if an input is gone | conflict, if an input is gone |
//!
//! An application transaction is checked against the snapshot that is written on, whatever the kind: that it is above what
//! the table has, and, where the caller says what that was, that it is still so. With both, rows that were computed from a
//! place in a log cannot be added by two who began at the same place, whichever locks they took.

use std::collections::{BTreeMap, BTreeSet};

use arrow::datatypes::SchemaRef;
use serde_json::{Map, Value};

use crate::names::next_ordinal;
use crate::sink::AddFile;
use crate::snapshot::Snapshot;
use crate::wire::{Line, PartitionValues};

/// How a transaction changes the set of files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mode {
    /// Adds files. Never conflicts.
    Append,
    /// Removes every file of these partitions and adds the files in their place, in one step.
    ReplacePartitions(Vec<BTreeMap<String, Option<String>>>),
    /// Adds files that hold the same rows as the files `removes` (paths), which leave.
    Rewrite {
        /// Paths of the files that were rewritten.
        removes: Vec<String>,
    },
    /// Adds files in place of the files `removes` (paths), some of whose rows have other values now.
    Update {
        /// Paths of the files whose rows were changed.
        removes: Vec<String>,
    },
}

/// A change to a table, all of it or nothing.
#[derive(Debug, Clone)]
pub struct Transaction {
    /// The version that the caller looked at: what others changed since then may conflict.
    pub read_version: i64,
    /// Delta's name of the operation, such as `WRITE` or `OPTIMIZE`; for people.
    pub operation: String,
    /// What happens to the files that are there.
    pub mode: Mode,
    /// Files that [`crate::Sink::write`] wrote.
    pub adds: Vec<AddFile>,
    /// Application transactions `(app id, version)`. Each has to be above what the table has of its app id.
    pub txns: Vec<(String, i64)>,
    /// What the table had of each app id when the rows were computed; anything else is a conflict.
    pub expects: Vec<(String, Option<i64>)>,
    /// Columns and nested fields that the table gets in the same step, where it lacks them.
    pub schema: Option<SchemaRef>,
    /// Further facts for the commit's record (`commitInfo`).
    pub info: Map<String, Value>,
}

impl Transaction {
    /// An append of `adds`.
    #[must_use]
    pub fn append(adds: Vec<AddFile>) -> Self {
        Self::new(0, Mode::Append, adds)
    }

    /// A replacement of `partitions` by `adds`, decided on what version `read_version` held.
    #[must_use]
    pub fn replace(read_version: i64, partitions: Vec<BTreeMap<String, Option<String>>>, adds: Vec<AddFile>) -> Self {
        Self::new(read_version, Mode::ReplacePartitions(partitions), adds)
    }

    fn new(read_version: i64, mode: Mode, adds: Vec<AddFile>) -> Self {
        let (operation, info) = ("WRITE".to_owned(), Map::new());
        Self { read_version, operation, mode, adds, txns: Vec::new(), expects: Vec::new(), schema: None, info }
    }

    /// With an application transaction more.
    #[must_use]
    pub fn with_txn(mut self, app_id: impl Into<String>, version: i64) -> Self {
        self.txns.push((app_id.into(), version));
        self
    }

    /// With what the table must still have of an app id.
    #[must_use]
    pub fn expecting(mut self, app_id: impl Into<String>, version: Option<i64>) -> Self {
        self.expects.push((app_id.into(), version));
        self
    }

    /// With a schema that the table is to have at least.
    #[must_use]
    pub fn with_schema(mut self, schema: SchemaRef) -> Self {
        self.schema = Some(schema);
        self
    }

    /// With a fact more in the commit's record.
    #[must_use]
    pub fn with_info(mut self, key: impl Into<String>, value: impl Into<Value>) -> Self {
        self.info.insert(key.into(), value.into());
        self
    }
}

/// What became of a transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It is durably in the table, as this version.
    Committed {
        /// The new version.
        version: i64,
    },
    /// The table already held exactly these files; there is no new version.
    Unchanged {
        /// The version that holds them.
        version: i64,
    },
    /// The table has this application transaction or a later one; nothing was done.
    AlreadyApplied {
        /// The first app id of which that is so.
        app_id: String,
        /// The version of the app that the table has.
        version: i64,
    },
    /// Another writer changed what this transaction was decided on; nothing was done. Look again, then decide again.
    Conflict(Conflict),
}

/// What another writer changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Conflict {
    /// Rows of a partition that was to be replaced.
    PartitionChanged {
        /// The partition.
        partition: BTreeMap<String, Option<String>>,
        /// The version that changed it.
        version: i64,
    },
    /// How far an application has come.
    TxnMoved {
        /// The app id.
        app_id: String,
        /// What the table has of it now.
        version: Option<i64>,
    },
    /// A file that was to be rewritten has left the table.
    InputRemoved {
        /// Its path.
        path: String,
    },
}

/// Which partitions' rows one commit changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Touched {
    pub(crate) version: i64,
    /// `None` when the commit does not say: all of them, then.
    pub(crate) partitions: Option<BTreeSet<PartitionValues>>,
}

impl Touched {
    pub(crate) fn of(version: i64, lines: &[Line]) -> Self {
        let mut partitions = BTreeSet::new();
        for line in lines {
            if let Some(add) = line.add.as_ref().filter(|add| add.data_change) {
                partitions.insert(add.partition_values.clone());
            }
            if let Some(remove) = line.remove.as_ref().filter(|remove| remove.data_change) {
                match &remove.partition_values {
                    Some(values) => partitions.insert(values.clone()),
                    None => return Self { version, partitions: None },
                };
            }
        }
        Self { version, partitions: Some(partitions) }
    }
}

/// What is to be done now.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    Write(Plan),
    Nothing(Outcome),
}

/// The change of files that a commit writes.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Plan {
    pub(crate) adds: Vec<AddFile>,
    /// Paths that leave.
    pub(crate) removes: Vec<String>,
    /// Rows change, rather than only the files that hold them.
    pub(crate) data_change: bool,
    /// `(written, second name)`: files whose content the table has already and that are to count again.
    pub(crate) links: Vec<(String, String)>,
}

/// Decides on `current`; `since` are the commits after the transaction's `read_version`. `changes_schema` tells
/// whether the transaction brings the table a new schema.
pub(crate) fn decide(
    current: &Snapshot,
    since: &[Touched],
    transaction: &Transaction,
    changes_schema: bool,
) -> Decision {
    for (app_id, version) in &transaction.txns {
        if let Some(applied) = current.txn(app_id).filter(|applied| applied >= version) {
            return Decision::Nothing(Outcome::AlreadyApplied { app_id: app_id.clone(), version: applied });
        }
    }
    for (app_id, expected) in &transaction.expects {
        let version = current.txn(app_id);
        if version != *expected {
            let app_id = app_id.clone();
            return Decision::Nothing(Outcome::Conflict(Conflict::TxnMoved { app_id, version }));
        }
    }
    let plan = match &transaction.mode {
        Mode::Append => append(current, transaction),
        Mode::ReplacePartitions(partitions) => replace(current, partitions, &transaction.adds),
        Mode::Rewrite { removes } | Mode::Update { removes } => {
            match removes.iter().find(|path| !current.files.contains_key(*path)) {
                Some(path) => {
                    let path = path.clone();
                    return Decision::Nothing(Outcome::Conflict(Conflict::InputRemoved { path }));
                }
                None => {
                    let data_change = matches!(transaction.mode, Mode::Update { .. });
                    Plan { data_change, ..rewrite(current, removes, &transaction.adds) }
                }
            }
        }
    };
    let needs_txn = !transaction.txns.is_empty() && !matches!(transaction.mode, Mode::ReplacePartitions(_));
    if plan.adds.is_empty() && plan.removes.is_empty() && !needs_txn && !changes_schema {
        return Decision::Nothing(Outcome::Unchanged { version: current.version });
    }
    if let Mode::ReplacePartitions(partitions) = &transaction.mode
        && let Some(conflict) = changed_partition(partitions, since)
    {
        return Decision::Nothing(Outcome::Conflict(conflict));
    }
    Decision::Write(plan)
}

fn changed_partition(partitions: &[PartitionValues], since: &[Touched]) -> Option<Conflict> {
    since.iter().find_map(|commit| {
        let hit = partitions
            .iter()
            .find(|partition| commit.partitions.as_ref().is_none_or(|touched| touched.contains(*partition)))?;
        Some(Conflict::PartitionChanged { partition: hit.clone(), version: commit.version })
    })
}

/// With an application transaction, equal files are different rows that happen to be equal, and count again. Without
/// one, an append that came twice cannot be told from that, and counts once.
fn append(current: &Snapshot, transaction: &Transaction) -> Plan {
    if transaction.txns.is_empty() {
        let adds = transaction.adds.iter().filter(|add| !current.files.contains_key(&add.path)).cloned().collect();
        return Plan { adds, removes: Vec::new(), data_change: true, links: Vec::new() };
    }
    let (adds, links) = beside(&transaction.adds, |path| current.files.contains_key(path));
    Plan { adds, removes: Vec::new(), data_change: true, links }
}

fn replace(current: &Snapshot, partitions: &[PartitionValues], adds: &[AddFile]) -> Plan {
    let replaced: BTreeSet<&PartitionValues> = partitions.iter().collect();
    let old: BTreeSet<&str> = current
        .files
        .values()
        .filter(|file| replaced.contains(&file.partition_values))
        .map(|file| file.path.as_str())
        .collect();
    let new: BTreeSet<&str> = adds.iter().map(|add| add.path.as_str()).collect();
    Plan {
        adds: adds.iter().filter(|add| !old.contains(add.path.as_str())).cloned().collect(),
        removes: old.difference(&new).map(|path| (*path).to_owned()).collect(),
        data_change: true,
        links: Vec::new(),
    }
}

fn rewrite(current: &Snapshot, removes: &[String], adds: &[AddFile]) -> Plan {
    let removed: BTreeSet<&str> = removes.iter().map(String::as_str).collect();
    let new: BTreeSet<&str> = adds.iter().map(|add| add.path.as_str()).collect();
    let fresh: Vec<AddFile> = adds.iter().filter(|add| !removed.contains(add.path.as_str())).cloned().collect();
    let (adds, links) = beside(&fresh, |path| current.files.contains_key(path));
    Plan { adds, removes: removed.difference(&new).map(|path| (*path).to_owned()).collect(), data_change: false, links }
}

/// `adds` under names that are free, and the links that give them these names.
fn beside(adds: &[AddFile], taken: impl Fn(&str) -> bool) -> (Vec<AddFile>, Vec<(String, String)>) {
    let mut named: BTreeSet<String> = BTreeSet::new();
    let mut links = Vec::new();
    let mut out = Vec::with_capacity(adds.len());
    for add in adds {
        let mut path = add.path.clone();
        while taken(&path) || named.contains(&path) {
            match next_ordinal(&path) {
                Some(next) => path = next,
                // No name of ours: the caller made sure that it is a new one.
                None => break,
            }
        }
        if path != add.path {
            links.push((add.path.clone(), path.clone()));
        }
        named.insert(path.clone());
        out.push(AddFile { path, ..add.clone() });
    }
    (out, links)
}

#[cfg(test)]
mod tests;
