//! The folder `_delta_log`: reading commits and checkpoints, and finding out what the newest version is.
//!
//! A version is known by its file: `%020d.json`. Reading on from a snapshot asks only for the next file's name, so
//! that a table with a long history costs as little to follow as a young one.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use judi_world::Disk;

use crate::checkpoint;
use crate::error::TableError;
use crate::snapshot::{Replay, Snapshot};
use crate::wire::{LastCheckpoint, Line};

/// The log's folder in a table's folder.
pub(crate) const LOG_FOLDER: &str = "_delta_log";
/// Points at the newest checkpoint; a hint, never the truth.
pub(crate) const LAST_CHECKPOINT: &str = "_last_checkpoint";

const COMMIT_SUFFIX: &str = ".json";
const CHECKPOINT_SUFFIX: &str = ".checkpoint.parquet";

pub(crate) fn log_folder(dir: &Path) -> PathBuf {
    dir.join(LOG_FOLDER)
}

pub(crate) fn commit_path(dir: &Path, version: i64) -> PathBuf {
    log_folder(dir).join(format!("{version:020}.json"))
}

pub(crate) fn checkpoint_path(dir: &Path, version: i64) -> PathBuf {
    log_folder(dir).join(format!("{version:020}.checkpoint.parquet"))
}

/// The lines of commit `version`; `None` when there is no such commit.
pub(crate) fn read_commit(disk: &dyn Disk, dir: &Path, version: i64) -> Result<Option<Vec<Line>>, TableError> {
    let path = commit_path(dir, version);
    let bytes = match disk.read(&path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(TableError::io("read", &path)(error)),
    };
    let mut lines = Vec::new();
    for (index, line) in bytes.split(|byte| *byte == b'\n').enumerate() {
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        let line = serde_json::from_slice(line).map_err(|error| TableError::CorruptLog {
            path: path.clone(),
            line: index + 1,
            detail: error.to_string(),
        })?;
        lines.push(line);
    }
    Ok(Some(lines))
}

/// The table at `version`, or at its newest one; `None` when there is no table.
pub(crate) fn load(disk: &dyn Disk, dir: &Path, version: Option<i64>) -> Result<Option<Snapshot>, TableError> {
    if let Some(version) = version.filter(|version| *version < 0) {
        return Err(TableError::MissingVersion { dir: dir.to_path_buf(), version });
    }
    for candidate in checkpoint_candidates(disk, dir, version)? {
        match checkpoint::read(disk, dir, candidate) {
            Ok(snapshot) => return read_on(disk, dir, Some(snapshot), version).map(Some),
            // A checkpoint only repeats what the commits say: one that cannot be read costs time, not the table.
            Err(error @ (TableError::Io { .. } | TableError::Parquet { .. } | TableError::CorruptLog { .. })) => {
                tracing::warn!(%error, version = candidate, "checkpoint skipped");
            }
            Err(error) => return Err(error),
        }
    }
    if disk.exists(&commit_path(dir, 0)).map_err(TableError::io("look for", &commit_path(dir, 0)))? {
        return read_on(disk, dir, None, version).map(Some);
    }
    match version {
        Some(version) => Err(TableError::MissingVersion { dir: dir.to_path_buf(), version }),
        None if newest_listed(disk, dir)?.is_some() => {
            Err(TableError::MissingVersion { dir: dir.to_path_buf(), version: 0 })
        }
        None => Ok(None),
    }
}

/// Replays the commits after `base` (all of them without one), up to `limit` where one is given.
fn read_on(disk: &dyn Disk, dir: &Path, base: Option<Snapshot>, limit: Option<i64>) -> Result<Snapshot, TableError> {
    let (mut replay, mut version) = match &base {
        Some(snapshot) => (Replay::from_snapshot(snapshot), snapshot.version),
        None => (Replay::default(), -1),
    };
    let first = version;
    while limit.is_none_or(|limit| version < limit) {
        let Some(lines) = read_commit(disk, dir, version + 1)? else { break };
        version += 1;
        apply_commit(&mut replay, dir, version, lines)?;
    }
    if let Some(limit) = limit.filter(|limit| *limit != version) {
        return Err(TableError::MissingVersion { dir: dir.to_path_buf(), version: limit });
    }
    if limit.is_none() {
        check_no_gap(disk, dir, version)?;
    }
    match base {
        Some(snapshot) if version == first => Ok(snapshot),
        _ => replay.finish(dir, &commit_path(dir, version)),
    }
}

/// A log that goes on after a missing commit must not be taken for one that ends there: the next commit would fork it.
fn check_no_gap(disk: &dyn Disk, dir: &Path, version: i64) -> Result<(), TableError> {
    let next = commit_path(dir, version + 1);
    let goes_on = newest_listed(disk, dir)?.is_some_and(|newest| newest > version);
    // One that was written since we looked is no gap.
    if goes_on && !disk.exists(&next).map_err(TableError::io("look for", &next))? {
        return Err(TableError::CorruptLog { path: next, line: 1, detail: "the commit is missing".into() });
    }
    Ok(())
}

/// What came after a snapshot.
pub(crate) enum Followed {
    /// Nothing: it is the newest version.
    Nothing,
    /// These commits, one after another.
    Commits(Snapshot),
    /// So much that the log no longer has the commits in between: the newest version, read anew.
    Anew(Snapshot),
}

/// `snapshot` with the commits that came after it, and their lines' effects one commit at a time through `seen`.
pub(crate) fn follow(
    disk: &dyn Disk,
    dir: &Path,
    snapshot: &Snapshot,
    mut seen: impl FnMut(i64, &[Line]),
) -> Result<Followed, TableError> {
    let mut version = snapshot.version;
    let mut replay = None;
    while let Some(lines) = read_commit(disk, dir, version + 1)? {
        version += 1;
        seen(version, &lines);
        let replay = replay.get_or_insert_with(|| Replay::from_snapshot(snapshot));
        apply_commit(replay, dir, version, lines)?;
    }
    if let Some(replay) = replay {
        return replay.finish(dir, &commit_path(dir, version)).map(Followed::Commits);
    }
    // The oldest commits are removed first: while the snapshot's own is there, a next one that is not there never was.
    let own = commit_path(dir, snapshot.version);
    if disk.exists(&own).map_err(TableError::io("look for", &own))? {
        return Ok(Followed::Nothing);
    }
    let newest = load(disk, dir, None)?;
    Ok(newest.filter(|newest| newest.version > snapshot.version).map_or(Followed::Nothing, Followed::Anew))
}

fn apply_commit(replay: &mut Replay, dir: &Path, version: i64, lines: Vec<Line>) -> Result<(), TableError> {
    for (index, line) in lines.into_iter().enumerate() {
        replay.apply(line).map_err(|detail| TableError::CorruptLog {
            path: commit_path(dir, version),
            line: index + 1,
            detail,
        })?;
    }
    replay.set_version(version);
    Ok(())
}

/// Versions that may have a checkpoint not newer than `limit`, the most promising first.
fn checkpoint_candidates(disk: &dyn Disk, dir: &Path, limit: Option<i64>) -> Result<Vec<i64>, TableError> {
    let fits = |version: i64| limit.is_none_or(|limit| version <= limit);
    let hint = log_folder(dir).join(LAST_CHECKPOINT);
    if let Ok(bytes) = disk.read(&hint)
        && let Ok(last) = serde_json::from_slice::<LastCheckpoint>(&bytes)
        && last.parts.is_none()
        && fits(last.version)
        && disk.exists(&checkpoint_path(dir, last.version)).unwrap_or(false)
    {
        let mut candidates = vec![last.version];
        candidates.extend(listed_checkpoints(disk, dir)?.into_iter().filter(|v| fits(*v) && *v != last.version));
        return Ok(candidates);
    }
    Ok(listed_checkpoints(disk, dir)?.into_iter().filter(|version| fits(*version)).collect())
}

/// Removes the commits and checkpoints of versions before the newest checkpoint that was made at or before `expired_ms`;
/// how many. Everything from that checkpoint on can be read as before. Only for whoever holds the lease.
///
/// Source: Delta protocol, "Metadata Cleanup".
pub(crate) fn forget_before(disk: &dyn Disk, dir: &Path, expired_ms: i64) -> Result<u64, TableError> {
    let checkpoints = listed_checkpoints(disk, dir)?;
    let mut kept_from = None;
    for version in checkpoints {
        if committed_ms(disk, dir, version)?.is_none_or(|committed| committed <= expired_ms) {
            kept_from = Some(version);
            break;
        }
    }
    let Some(kept_from) = kept_from else { return Ok(0) };
    // From here on it is the only way to the rows: it has to be one that leads there.
    checkpoint::read(disk, dir, kept_from)?;
    let mut removed = 0;
    for (suffix, path_of) in
        [(COMMIT_SUFFIX, commit_path as fn(&Path, i64) -> PathBuf), (CHECKPOINT_SUFFIX, checkpoint_path)]
    {
        // The oldest first: whatever stops this, what is left has no gap.
        for version in listed(disk, dir, suffix)?.into_iter().rev().filter(|version| *version < kept_from) {
            let path = path_of(dir, version);
            disk.remove(&path).map_err(TableError::io("remove", &path))?;
            removed += 1;
        }
    }
    Ok(removed)
}

/// When `version` was committed, as its commit says; `None` when that is no longer there, or does not say.
fn committed_ms(disk: &dyn Disk, dir: &Path, version: i64) -> Result<Option<i64>, TableError> {
    let lines = read_commit(disk, dir, version)?.unwrap_or_default();
    let info = lines.into_iter().find_map(|line| line.commit_info);
    Ok(info.and_then(|info| info.get("timestamp")?.as_i64()))
}

fn listed(disk: &dyn Disk, dir: &Path, suffix: &str) -> Result<Vec<i64>, TableError> {
    let folder = log_folder(dir);
    let entries = match disk.list(&folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(TableError::io("list", &folder)(error)),
    };
    let version = |name: &str| name.strip_suffix(suffix).filter(|digits| digits.len() == 20)?.parse::<i64>().ok();
    Ok(entries.iter().rev().filter_map(|entry| version(&entry.name)).collect())
}

fn listed_checkpoints(disk: &dyn Disk, dir: &Path) -> Result<Vec<i64>, TableError> {
    listed(disk, dir, CHECKPOINT_SUFFIX)
}

fn newest_listed(disk: &dyn Disk, dir: &Path) -> Result<Option<i64>, TableError> {
    Ok(listed(disk, dir, COMMIT_SUFFIX)?.first().copied())
}

#[cfg(test)]
mod tests;
