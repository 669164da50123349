//! Compaction: many small files of a partition become few large ones with the same rows, in the table's order.
//!
//! ```text
//!   tier      0           1            2            3      …     done
//!   rows      1..8        8..64        64..512      512..         ≥ 64 MB: stays as it is
//!             └─ eight ──►└─ eight ──► └─ eight ──► └─ … ───────► 64 to 256 MB
//! ```
//!
//! A file's tier is the logarithm of its rows. As soon as a tier of a partition has [`CompactionPolicy::fan_in`] files
//! they become one of a higher tier; so a row is rewritten at most once a tier on its way to a file that stays, and a
//! partition has fewer than `fan_in` files in each tier beside those that are done. Rows, because a file of one row and a
//! file of a hundred may have the same bytes; bytes decide when a file is done. Files that nothing was added to for
//! [`CompactionPolicy::settled_after`] become one whatever their tiers.
//!
//! Neighbours in time are taken together, so that files differ in their times and a query skips most of them, while
//! inside a file rows are sorted by the table's key and row groups differ in that.
//!
//! Planning is pure; the rewrite merges sorted files as streams, so memory holds one batch a file whatever their size.
//! What was written must have the rows of the inputs, by their [`ContentHash`], before anything is committed. The commit
//! removes and adds with `dataChange = false`, and gives way to whoever removed an input meanwhile.

mod merge;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use crate::content::{CONTENT_TAG, ContentHash};
use crate::error::TableError;
use crate::sink::{AddFile, SORT_TAG, SinkOptions};
use crate::snapshot::{DataFile, Snapshot};
use crate::table::Table;
use crate::transaction::{Mode, Outcome, Transaction};
use crate::wire::PartitionValues;

/// Files that one rewrite reads at once: each holds a batch and an open file.
const INPUTS_MAX: usize = 64;

/// About how many bytes a row takes, for files of writers that do not say how many rows there are.
const ROW_BYTES_GUESSED: u64 = 64;

/// When files are worth rewriting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CompactionPolicy {
    /// Files of at least this size stay as they are.
    pub done_bytes: u64,
    /// What one rewrite reads at most, hence about what it writes. At least twice `done_bytes`.
    pub target_bytes: u64,
    /// Files of a tier that become one; at least 2.
    pub fan_in: usize,
    /// How long a partition's small files have to be without company before they become one.
    pub settled_after: Duration,
}

impl Default for CompactionPolicy {
    /// Files of 64 to 256 MB. The target leaves room for rows that take more bytes than they did.
    fn default() -> Self {
        Self { done_bytes: 64 << 20, target_bytes: 240 << 20, fan_in: 8, settled_after: Duration::from_secs(3600) }
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

/// What of `snapshot` is worth rewriting under `policy` at the moment `now_ms` (milliseconds since 1970), of the files
/// that `may_take`: tasks that share no file.
#[must_use]
pub fn plan_compaction(
    snapshot: &Snapshot,
    policy: &CompactionPolicy,
    now_ms: i64,
    may_take: impl Fn(&DataFile) -> bool,
) -> Vec<CompactionTask> {
    let mut small: BTreeMap<&PartitionValues, Vec<&Arc<DataFile>>> = BTreeMap::new();
    for file in snapshot.files().values().filter(|file| file.size_bytes < policy.done_bytes && may_take(file)) {
        small.entry(&file.partition_values).or_default().push(file);
    }
    let mut tasks = Vec::new();
    for (partition, mut files) in small {
        files.sort_by(|a, b| (a.modification_time_ms, &a.path).cmp(&(b.modification_time_ms, &b.path)));
        for inputs in groups(&files, policy, now_ms) {
            tasks.push(CompactionTask { partition: partition.clone(), inputs, read_version: snapshot.version() });
        }
    }
    tasks
}

/// The groups of a partition's small files, which come by time, that are to become one each.
fn groups(files: &[&Arc<DataFile>], policy: &CompactionPolicy, now_ms: i64) -> Vec<Vec<Arc<DataFile>>> {
    let settled_ms = i64::try_from(policy.settled_after.as_millis()).unwrap_or(i64::MAX);
    let is_settled =
        files.last().is_some_and(|newest| now_ms.saturating_sub(newest.modification_time_ms) >= settled_ms);
    if is_settled {
        let mut groups = neighbours(files, policy);
        groups.retain(|group| group.len() > 1);
        return groups;
    }
    let mut tiers: BTreeMap<u32, Vec<&Arc<DataFile>>> = BTreeMap::new();
    for file in files {
        tiers.entry(tier(file, policy.fan_in)).or_default().push(file);
    }
    let mut all = Vec::new();
    for tier in tiers.values() {
        let mut groups = neighbours(tier, policy);
        groups.retain(|group| {
            let bytes: u64 = group.iter().map(|file| file.size_bytes).sum();
            group.len() >= policy.fan_in.max(2) || (group.len() > 1 && bytes >= policy.done_bytes)
        });
        all.append(&mut groups);
    }
    all
}

fn tier(file: &DataFile, fan_in: usize) -> u32 {
    let rows = file.rows.unwrap_or(file.size_bytes / ROW_BYTES_GUESSED);
    rows.max(1).ilog(fan_in.max(2) as u64)
}

/// All the files in groups of neighbours, each up to the target together.
fn neighbours(files: &[&Arc<DataFile>], policy: &CompactionPolicy) -> Vec<Vec<Arc<DataFile>>> {
    let mut groups: Vec<Vec<Arc<DataFile>>> = Vec::new();
    let mut bytes = 0;
    for file in files {
        match groups.last_mut() {
            Some(group) if group.len() < INPUTS_MAX && bytes + file.size_bytes <= policy.target_bytes => {
                bytes += file.size_bytes;
                group.push(Arc::clone(file));
            }
            _ => {
                bytes = file.size_bytes;
                groups.push(vec![Arc::clone(file)]);
            }
        }
    }
    groups
}

impl Table {
    /// Rewrites the files of `task` into one (or a few, past `options.file_bytes_max`), sorted by `options.sort`, and
    /// commits. Tags that all inputs share are carried over.
    ///
    /// # Errors
    /// [`TableError::ContentChanged`] for an input whose rows are not those that were written to it: it is left alone.
    /// Else as [`Table::commit`] and [`crate::read_file`]. Whatever the error, the table is as before.
    pub fn compact(&self, task: &CompactionTask, options: &SinkOptions) -> Result<Outcome, TableError> {
        let snapshot = self.snapshot()?;
        let options = SinkOptions { tags: shared_tags(&task.inputs), ..options.clone() };
        let sink = self.sink(snapshot.schema(), options)?;
        let adds = merge::rewrite(self, &snapshot, task, &sink)?;
        self.check_rows(&snapshot, task, &adds)?;
        self.commit(&Transaction {
            read_version: task.read_version,
            operation: "OPTIMIZE".into(),
            mode: Mode::Rewrite { removes: task.inputs.iter().map(|file| file.path.clone()).collect() },
            adds,
            txns: Vec::new(),
            expects: Vec::new(),
            schema: None,
            info: serde_json::Map::new(),
        })
    }

    /// The last look before rows are removed: those that came out are those that went in. What was noted of the inputs
    /// is only believed where the rows that were read from them bear it out.
    fn check_rows(&self, snapshot: &Snapshot, task: &CompactionTask, adds: &[AddFile]) -> Result<(), TableError> {
        let written: ContentHash = adds.iter().filter_map(AddFile::content_hash).sum();
        let noted: Option<ContentHash> = task.inputs.iter().map(|input| input.content_hash()).sum();
        if noted == Some(written) {
            return Ok(());
        }
        let read =
            task.inputs.iter().map(|input| self.verified_rows(snapshot, input)).sum::<Result<ContentHash, _>>()?;
        if read == written {
            return Ok(());
        }
        Err(TableError::Internal { detail: format!("a compaction of the rows {read} wrote the rows {written}") })
    }
}

fn shared_tags(inputs: &[Arc<DataFile>]) -> BTreeMap<String, String> {
    let Some((first, others)) = inputs.split_first() else { return BTreeMap::new() };
    let shared = first.tags.iter().filter(|(key, value)| {
        ![SORT_TAG, CONTENT_TAG].contains(&key.as_str())
            && others.iter().all(|other| other.tags.get(*key) == Some(*value))
    });
    shared.filter_map(|(key, value)| Some((key.clone(), value.clone()?))).collect()
}

#[cfg(test)]
mod tests;
