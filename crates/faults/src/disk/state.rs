//! What the simulated disk holds: as programs see it, and as it would be after a crash.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, ErrorKind};
use std::ops::Range;
use std::path::{Path, PathBuf};

use judi_world::DiskEntry;

use crate::random::SeededRandom;

/// The unit in which unsynced bytes reach the platter, or do not.
const SECTOR_BYTES: usize = 512;

pub(super) type NodeId = usize;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    Eio,
    Crash,
}

#[derive(Debug)]
pub(super) struct State {
    pub(super) random: SeededRandom,
    pub(super) folders: BTreeSet<PathBuf>,
    pub(super) locks: BTreeSet<PathBuf>,
    pub(super) capacity: Option<u64>,
    pub(super) operations: u64,
    pub(super) faults: BTreeMap<u64, Fault>,
    pub(super) crashed: bool,
    /// Whether syncs do nothing and say that they did.
    pub(super) lies: bool,
    /// Counts the lives of the process: files of an earlier one are dead.
    pub(super) generation: u64,
    /// Files, by number; never removed, so that open files outlive their names.
    nodes: Vec<Node>,
    names: BTreeMap<PathBuf, NodeId>,
    durable_names: BTreeMap<PathBuf, NodeId>,
    /// Changes of names that no folder sync has made durable yet, oldest first.
    unsynced_names: Vec<NameChange>,
}

/// What one operation did to names, in one step: each has a file from now on, or none.
type NameChange = Vec<(PathBuf, Option<NodeId>)>;

/// One file.
#[derive(Debug, Default, Clone)]
pub(super) struct Node {
    /// As programs see it.
    pub(super) bytes: Vec<u8>,
    /// How many of the bytes a sync has covered.
    synced: usize,
    /// Bytes that the platter still holds behind `synced`, since a truncation was not synced.
    cut: Vec<u8>,
    /// Bytes that a failed sync lost: programs see them, the platter never got them.
    lost: Vec<Range<usize>>,
}

impl State {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            random: SeededRandom::new(seed),
            folders: BTreeSet::from([PathBuf::new(), PathBuf::from("/"), PathBuf::from(".")]),
            locks: BTreeSet::new(),
            capacity: None,
            operations: 0,
            faults: BTreeMap::new(),
            crashed: false,
            lies: false,
            generation: 0,
            nodes: Vec::new(),
            names: BTreeMap::new(),
            durable_names: BTreeMap::new(),
            unsynced_names: Vec::new(),
        }
    }

    pub(super) fn fork(&self, seed: u64) -> Self {
        let mut fork = Self {
            folders: self.folders.clone(),
            lies: self.lies,
            nodes: self.nodes.clone(),
            names: self.names.clone(),
            durable_names: self.durable_names.clone(),
            unsynced_names: self.unsynced_names.clone(),
            ..Self::new(seed)
        };
        fork.begin_generation();
        fork
    }

    /// Counts an operation that either happens or does not.
    pub(super) fn operate(&mut self) -> io::Result<()> {
        let fault = self.next_fault()?;
        self.suffer(fault)
    }

    /// Counts an operation; what shall befall it, for the caller to hand to [`State::suffer`].
    pub(super) fn next_fault(&mut self) -> io::Result<Option<Fault>> {
        if self.crashed {
            return Err(crash_error());
        }
        let fault = self.faults.remove(&self.operations);
        self.operations += 1;
        Ok(fault)
    }

    pub(super) fn suffer(&mut self, fault: Option<Fault>) -> io::Result<()> {
        match fault {
            None => Ok(()),
            Some(Fault::Eio) => Err(io::Error::other("simulated EIO")),
            Some(Fault::Crash) => {
                self.crashed = true;
                Err(crash_error())
            }
        }
    }

    pub(super) fn used_bytes(&self) -> u64 {
        let named: BTreeSet<NodeId> = self.names.values().copied().collect();
        named.into_iter().filter_map(|node| self.nodes.get(node)).map(|node| node.bytes.len() as u64).sum()
    }

    pub(super) fn room_bytes(&self) -> u64 {
        self.capacity.map_or(u64::MAX, |capacity| capacity.saturating_sub(self.used_bytes()))
    }

    pub(super) fn node(&mut self, node: NodeId) -> io::Result<&mut Node> {
        self.nodes.get_mut(node).ok_or_else(|| ErrorKind::NotFound.into())
    }

    pub(super) fn node_at(&mut self, path: &Path) -> io::Result<&mut Node> {
        let node = self.find(path)?;
        self.node(node)
    }

    pub(super) fn find(&self, path: &Path) -> io::Result<NodeId> {
        self.names.get(path).copied().ok_or_else(|| ErrorKind::NotFound.into())
    }

    pub(super) fn exists(&self, path: &Path) -> bool {
        self.names.contains_key(path) || self.folders.contains(path)
    }

    pub(super) fn check_folder(&self, path: &Path) -> io::Result<()> {
        let folder = path.parent().unwrap_or(Path::new(""));
        if self.folders.contains(folder) { Ok(()) } else { Err(ErrorKind::NotFound.into()) }
    }

    pub(super) fn create(&mut self, path: &Path) -> io::Result<NodeId> {
        if let Ok(node) = self.find(path) {
            self.node(node)?.truncate(0);
            return Ok(node);
        }
        self.check_folder(path)?;
        if self.room_bytes() == 0 {
            return Err(ErrorKind::StorageFull.into());
        }
        let node = self.nodes.len();
        self.nodes.push(Node::default());
        self.rename(vec![(path.to_owned(), Some(node))]);
        Ok(node)
    }

    pub(super) fn rename(&mut self, change: NameChange) {
        apply(&mut self.names, &change);
        self.unsynced_names.push(change);
    }

    pub(super) fn sync_folder(&mut self, folder: &Path) -> io::Result<()> {
        if !self.folders.contains(folder) {
            return Err(ErrorKind::NotFound.into());
        }
        if self.lies {
            return Ok(());
        }
        let inside = |change: &NameChange| change.iter().any(|(path, _)| path.parent() == Some(folder));
        let (synced, unsynced) = std::mem::take(&mut self.unsynced_names).into_iter().partition(inside);
        self.unsynced_names = unsynced;
        let synced: Vec<NameChange> = synced;
        synced.iter().for_each(|change| apply(&mut self.durable_names, change));
        Ok(())
    }

    pub(super) fn list(&self, folder: &Path) -> io::Result<Vec<DiskEntry>> {
        if !self.folders.contains(folder) {
            return Err(ErrorKind::NotFound.into());
        }
        let name = |path: &Path| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let inside = |path: &Path| path.parent() == Some(folder);
        let files = self.names.iter().filter(|(path, _)| inside(path)).map(|(path, node)| DiskEntry {
            name: name(path),
            size_bytes: self.nodes.get(*node).map_or(0, |node| node.bytes.len() as u64),
            is_dir: false,
        });
        let folders = self.folders.iter().filter(|path| inside(path)).map(|path| DiskEntry {
            name: name(path),
            size_bytes: 0,
            is_dir: true,
        });
        let mut entries: Vec<DiskEntry> = files.chain(folders).filter(|entry| !entry.name.is_empty()).collect();
        entries.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(entries)
    }

    /// The next life of the process, or of the machine.
    pub(super) fn begin_generation(&mut self) {
        self.generation += 1;
        self.locks.clear();
        self.faults.clear();
        self.crashed = false;
    }

    pub(super) fn restart(&mut self) {
        self.begin_generation();
        // A journal loses a suffix of the changes; a disk without one loses any of them.
        let journal = self.random.chance(1, 2);
        let kept = self.random.below(self.unsynced_names.len() as u64 + 1);
        for (index, change) in (0_u64..).zip(std::mem::take(&mut self.unsynced_names)) {
            if if journal { index < kept } else { self.random.chance(1, 2) } {
                apply(&mut self.durable_names, &change);
            }
        }
        self.names.clone_from(&self.durable_names);
        let random = &self.random;
        self.nodes.iter_mut().for_each(|node| node.crash(random));
    }
}

impl Node {
    pub(super) fn sync(&mut self) {
        self.synced = self.bytes.len();
        self.cut.clear();
    }

    pub(super) fn lose_unsynced(&mut self) {
        self.lost.push(self.synced..self.bytes.len());
        // As far as the cache is concerned there is nothing left to sync.
        self.sync();
    }

    /// Writes over what is there.
    pub(super) fn write_again(&mut self, range: Range<usize>, bytes: &[u8]) -> io::Result<()> {
        let place = self.bytes.get_mut(range).ok_or(ErrorKind::UnexpectedEof)?;
        place.copy_from_slice(bytes);
        Ok(())
    }

    /// A sync after these bytes were written again: the platter has them now, and all that was not synced.
    pub(super) fn regain(&mut self, range: &Range<usize>) {
        let outside =
            |lost: &Range<usize>| [lost.start..lost.end.min(range.start), lost.start.max(range.end)..lost.end];
        self.lost = self.lost.iter().flat_map(outside).filter(|lost| lost.start < lost.end).collect();
        self.sync();
    }

    pub(super) fn truncate(&mut self, size: usize) {
        if let Some(cut) = self.bytes.get(size..self.synced) {
            let mut cut = cut.to_vec();
            cut.append(&mut self.cut);
            self.cut = cut;
            self.synced = size;
        }
        self.bytes.truncate(size);
        self.lost.retain_mut(|lost| {
            lost.end = lost.end.min(size);
            lost.start < lost.end
        });
    }

    /// What the platter holds becomes what programs see.
    fn crash(&mut self, random: &SeededRandom) {
        for lost in std::mem::take(&mut self.lost) {
            self.bytes.get_mut(lost).unwrap_or_default().fill(0);
        }
        let unsynced = self.bytes.len().saturating_sub(self.synced);
        let survivors = random.below(unsynced as u64 + 1) as usize;
        match random.below(4) {
            // Nothing arrived; what an unsynced truncation cut off may be back.
            0 => {
                self.bytes.truncate(self.synced);
                if random.chance(1, 2) {
                    self.bytes.append(&mut self.cut);
                }
            }
            // The first bytes arrived.
            1 => self.bytes.truncate(self.synced + survivors),
            // The size arrived before the last of the bytes did: garbage ends the file.
            2 => {
                let tail = self.bytes.get_mut(self.synced + survivors..).unwrap_or_default();
                tail.iter_mut().for_each(|byte| *byte = random.next_u64() as u8);
            }
            // Some sectors arrived, in no order.
            _ => {
                let tail = self.bytes.get_mut(self.synced..).unwrap_or_default();
                tail.chunks_mut(SECTOR_BYTES).filter(|_| random.chance(1, 3)).for_each(|sector| sector.fill(0));
            }
        }
        self.sync();
    }
}

fn apply(names: &mut BTreeMap<PathBuf, NodeId>, change: &NameChange) {
    for (path, node) in change {
        match node {
            Some(node) => names.insert(path.clone(), *node),
            None => names.remove(path),
        };
    }
}

fn crash_error() -> io::Error {
    io::Error::other("the simulated machine has crashed")
}
