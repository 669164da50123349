//! Compaction: many small files of a partition become few large ones with the same rows, in the table's order.
//!
//! Planning is pure; the rewrite merges sorted files as streams, so memory holds one batch a file whatever their size.
//! The commit removes and adds with `dataChange = false`, and gives way to whoever removed an input meanwhile.

mod merge;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::error::TableError;
use crate::sink::{AddFile, SORT_TAG, SinkOptions};
use crate::snapshot::{DataFile, Snapshot};
use crate::table::Table;
use crate::transaction::{Mode, Outcome, Transaction};
use crate::wire::PartitionValues;

/// Files that one rewrite reads at once: each holds a batch and an open file.
const INPUTS_MAX: usize = 64;

/// When files are worth rewriting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CompactionPolicy {
    /// Files of at least this size stay as they are.
    pub small_bytes: u64,
    /// What one rewrite reads at most, hence about what it writes.
    pub target_bytes: u64,
    /// Small files that a partition must have before they are rewritten.
    pub files_min: usize,
}

impl Default for CompactionPolicy {
    fn default() -> Self {
        Self { small_bytes: 64 << 20, target_bytes: 256 << 20, files_min: 8 }
    }
}

/// Files of one partition that are to become one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompactionTask {
    /// The partition.
    pub partition: BTreeMap<String, Option<String>>,
    /// Its files, by time of writing.
    pub inputs: Vec<Arc<DataFile>>,
    /// The version that was looked at.
    pub read_version: i64,
}

/// What of `snapshot` is worth rewriting under `policy`: tasks that share no file.
#[must_use]
pub fn plan_compaction(snapshot: &Snapshot, policy: &CompactionPolicy) -> Vec<CompactionTask> {
    let mut small: BTreeMap<&PartitionValues, Vec<&Arc<DataFile>>> = BTreeMap::new();
    for file in snapshot.files().values().filter(|file| file.size_bytes < policy.small_bytes) {
        small.entry(&file.partition_values).or_default().push(file);
    }
    let mut tasks = Vec::new();
    for (partition, mut files) in small {
        if files.len() < policy.files_min.max(2) {
            continue;
        }
        files.sort_by(|a, b| (a.modification_time_ms, &a.path).cmp(&(b.modification_time_ms, &b.path)));
        for inputs in groups(&files, policy.target_bytes) {
            tasks.push(CompactionTask { partition: partition.clone(), inputs, read_version: snapshot.version() });
        }
    }
    tasks
}

/// Neighbours up to `target_bytes` together; a group of one is left alone.
fn groups(files: &[&Arc<DataFile>], target_bytes: u64) -> Vec<Vec<Arc<DataFile>>> {
    let mut groups: Vec<Vec<Arc<DataFile>>> = Vec::new();
    let mut bytes = 0;
    for file in files {
        match groups.last_mut() {
            Some(group) if group.len() < INPUTS_MAX && bytes + file.size_bytes <= target_bytes => {
                bytes += file.size_bytes;
                group.push(Arc::clone(file));
            }
            _ => {
                bytes = file.size_bytes;
                groups.push(vec![Arc::clone(file)]);
            }
        }
    }
    groups.retain(|group| group.len() > 1);
    groups
}

impl Table {
    /// Rewrites the files of `task` into one (or a few, past `options.file_bytes_max`), sorted by `options.sort`, and
    /// commits. Tags that all inputs share are carried over.
    ///
    /// # Errors
    /// As [`Table::commit`] and [`crate::read_file`]; the table is then as before.
    pub fn compact(&self, task: &CompactionTask, options: &SinkOptions) -> Result<Outcome, TableError> {
        let snapshot = self.snapshot()?;
        let options = SinkOptions { tags: shared_tags(&task.inputs), ..options.clone() };
        let sink = self.sink(snapshot.schema(), options)?;
        let adds = merge::rewrite(self, &snapshot, task, &sink)?;
        check_rows(task, &adds)?;
        self.commit(&Transaction {
            read_version: task.read_version,
            operation: "OPTIMIZE".into(),
            mode: Mode::Rewrite { removes: task.inputs.iter().map(|file| file.path.clone()).collect() },
            adds,
            txns: Vec::new(),
            schema: None,
            info: serde_json::Map::new(),
        })
    }
}

/// The last look before rows are removed: as many came out as went in.
fn check_rows(task: &CompactionTask, adds: &[AddFile]) -> Result<(), TableError> {
    let written: u64 = adds.iter().map(|add| add.rows).sum();
    match task.inputs.iter().map(|file| file.rows).sum::<Option<u64>>() {
        Some(read) if read != written => {
            Err(TableError::Internal { detail: format!("a compaction of {read} rows wrote {written}") })
        }
        _ => Ok(()),
    }
}

fn shared_tags(inputs: &[Arc<DataFile>]) -> BTreeMap<String, String> {
    let Some((first, others)) = inputs.split_first() else { return BTreeMap::new() };
    let shared = first.tags.iter().filter(|(key, value)| {
        key.as_str() != SORT_TAG && others.iter().all(|other| other.tags.get(*key) == Some(*value))
    });
    shared.filter_map(|(key, value)| Some((key.clone(), value.clone()?))).collect()
}

#[cfg(test)]
mod tests;
