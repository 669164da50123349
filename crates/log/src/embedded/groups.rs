//! Consumer groups: one small file each, `groups/<name>.json`, replaced whole at every commit.

use std::collections::BTreeMap;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use judi_world::{Disk, write_durably};
use serde::{Deserialize, Serialize};

use crate::embedded::open::OpenError;
use crate::log::{GroupError, Positions};
use crate::record::Topic;

/// The longest name of a group: it becomes a file name.
const NAME_CHARS_MAX: usize = 100;

const VERSION: u32 = 1;

/// Every group's positions, as they are on disk.
#[derive(Debug)]
pub(crate) struct Groups {
    disk: Arc<dyn Disk>,
    folder: PathBuf,
    partitions: u32,
    committed: Mutex<BTreeMap<String, Positions>>,
}

/// The file of a group.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct GroupFile {
    version: u32,
    positions: Vec<GroupPosition>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct GroupPosition {
    topic: Topic,
    partition: u32,
    next: u64,
}

impl Groups {
    /// Reads every group of the log in `folder`.
    pub(crate) fn open(disk: Arc<dyn Disk>, folder: PathBuf, partitions: u32) -> Result<Self, OpenError> {
        let mut committed = BTreeMap::new();
        for entry in disk.list(&folder).map_err(|source| OpenError::Io { path: folder.clone(), source })? {
            let path = folder.join(&entry.name);
            let Some(group) = entry.name.strip_suffix(".json").filter(|name| is_name(name)) else {
                // What a crash left of a replacement that never took place.
                continue;
            };
            committed.insert(group.to_owned(), read(disk.as_ref(), &path)?);
        }
        Ok(Self { disk, folder, partitions, committed: Mutex::new(committed) })
    }

    pub(crate) fn committed(&self, group: &str) -> Result<Positions, GroupError> {
        check_name(group)?;
        Ok(self.lock().get(group).cloned().unwrap_or_default())
    }

    pub(crate) fn commit(&self, group: &str, positions: &Positions) -> Result<(), GroupError> {
        check_name(group)?;
        if let Some((_, partition)) = positions.keys().find(|(_, partition)| *partition >= self.partitions) {
            return Err(GroupError::NoPartition { partition: *partition, partitions: self.partitions });
        }
        // Held while writing: two commits of a group must not overtake each other on the disk.
        let mut committed = self.lock();
        let mut merged = committed.get(group).cloned().unwrap_or_default();
        merged.extend(positions);
        let file = GroupFile {
            version: VERSION,
            positions: merged
                .iter()
                .map(|((topic, partition), next)| GroupPosition { topic: *topic, partition: *partition, next: *next })
                .collect(),
        };
        serde_json::to_vec(&file)
            .map_err(io::Error::from)
            .and_then(|bytes| write_durably(self.disk.as_ref(), &self.path(group), &bytes))
            .map_err(|source| GroupError::Io { group: group.to_owned(), source })?;
        committed.insert(group.to_owned(), merged);
        Ok(())
    }

    pub(crate) fn forget(&self, group: &str) -> Result<(), GroupError> {
        check_name(group)?;
        let mut committed = self.lock();
        let removed = match self.disk.remove(&self.path(group)) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            other => other,
        };
        removed
            .and_then(|()| self.disk.sync_dir(&self.folder))
            .map_err(|source| GroupError::Io { group: group.to_owned(), source })?;
        committed.remove(group);
        Ok(())
    }

    /// The least offset that a group has yet to read of a partition; `None` when no group reads it.
    pub(crate) fn floor(&self, topic: Topic, partition: u32) -> Option<u64> {
        self.lock().values().filter_map(|positions| positions.get(&(topic, partition)).copied()).min()
    }

    fn path(&self, group: &str) -> PathBuf {
        self.folder.join(format!("{group}.json"))
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Positions>> {
        self.committed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn read(disk: &dyn Disk, path: &Path) -> Result<Positions, OpenError> {
    let bytes = disk.read(path).map_err(|source| OpenError::Io { path: path.to_owned(), source })?;
    let corrupt = |detail: String| OpenError::Corrupt { path: path.to_owned(), position: 0, detail };
    let file: GroupFile = serde_json::from_slice(&bytes).map_err(|error| corrupt(error.to_string()))?;
    if file.version != VERSION {
        return Err(corrupt(format!("version {} of the format; this program knows {VERSION}", file.version)));
    }
    Ok(file.positions.into_iter().map(|position| ((position.topic, position.partition), position.next)).collect())
}

fn check_name(group: &str) -> Result<(), GroupError> {
    if is_name(group) { Ok(()) } else { Err(GroupError::BadName { group: group.to_owned() }) }
}

fn is_name(group: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    (1..=NAME_CHARS_MAX).contains(&group.len()) && group.bytes().all(allowed) && !group.starts_with('.')
}
