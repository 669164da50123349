//! A disk in memory that keeps only what was synced, and fails when a test says so.
//!
//! Two states live side by side: what programs see (the page cache and the folder cache) and what the platter
//! holds. Syncs carry the one into the other; [`SimDisk::restart`] after a crash leaves the platter, plus
//! whatever the seed lets survive of the rest: a part of unsynced bytes, with holes or garbage, and some of the
//! unsynced names.

mod files;
mod state;

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use judi_world::{Disk, DiskEntry, FileLock, ReadFile, WriteFile};

use files::{SimLock, SimReadFile, SimWriteFile};
use state::{Fault, State};

/// A simulated disk. Clones share it.
#[derive(Debug, Clone)]
pub struct SimDisk {
    state: Arc<Mutex<State>>,
}

impl SimDisk {
    /// An empty disk without bounds or faults, whose crashes follow from `seed`.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { state: Arc::new(Mutex::new(State::new(seed))) }
    }

    /// Lets the disk hold this many bytes; `None` for no bound. What it holds already stays.
    pub fn set_capacity(&self, bytes: Option<u64>) {
        self.lock().capacity = bytes;
    }

    /// Bytes of all files.
    #[must_use]
    pub fn used_bytes(&self) -> u64 {
        self.lock().used_bytes()
    }

    /// Operations asked for so far, reads included.
    #[must_use]
    pub fn operations(&self) -> u64 {
        self.lock().operations
    }

    /// Makes the `nth` operation from now fail with EIO; 0 is the next one.
    pub fn fail_operation(&self, nth: u64) {
        let mut state = self.lock();
        let at = state.operations + nth;
        state.faults.insert(at, Fault::Eio);
    }

    /// Crashes the machine during the `nth` operation from now; 0 is the next one. A write may be half done.
    pub fn crash_at_operation(&self, nth: u64) {
        let mut state = self.lock();
        let at = state.operations + nth;
        state.faults.insert(at, Fault::Crash);
    }

    /// Crashes the machine now: every operation fails until [`SimDisk::restart`].
    pub fn crash(&self) {
        self.lock().crashed = true;
    }

    /// Whether the machine has crashed and not yet been restarted.
    #[must_use]
    pub fn is_crashed(&self) -> bool {
        self.lock().crashed
    }

    /// Power off and on: loses what was not synced, as the seed will have it, forgets faults to come, releases
    /// every lock. Files opened before fail for ever.
    pub fn restart(&self) {
        self.lock().restart();
    }

    /// The process dies and the machine does not: everything written stays, as programs see it, every lock is
    /// released, and files opened before fail for ever.
    pub fn kill(&self) {
        self.lock().begin_generation();
    }

    /// Takes back the faults that are still to come.
    pub fn forget_faults(&self) {
        self.lock().faults.clear();
    }

    /// From now on syncs say that they are done and do nothing, as of a disk whose cache has no battery. Nothing that
    /// is promised can be kept on such a disk: for tests of tests.
    pub fn lie_about_syncs(&self) {
        self.lock().lies = true;
    }

    /// A disk of its own that holds what this one holds, synced or not, as a process that starts now finds it; without
    /// faults to come and without bounds. What its crashes lose follows from `seed`.
    #[must_use]
    pub fn fork(&self, seed: u64) -> Self {
        Self { state: Arc::new(Mutex::new(self.lock().fork(seed))) }
    }

    /// Changes one byte of a file, in the cache and on the platter, as a failing medium does.
    ///
    /// # Errors
    /// `NotFound` when there is no such file or it is shorter.
    pub fn corrupt(&self, path: &Path, position: u64) -> io::Result<()> {
        let mut state = self.lock();
        let position = usize::try_from(position).map_err(io::Error::other)?;
        let byte = state.node_at(path)?.bytes.get_mut(position).ok_or(ErrorKind::NotFound)?;
        *byte ^= 0x40;
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Disk for SimDisk {
    fn create_dir_all(&self, path: &Path) -> io::Result<()> {
        let mut state = self.lock();
        state.operate()?;
        state.folders.extend(path.ancestors().map(Path::to_path_buf));
        Ok(())
    }

    fn list(&self, path: &Path) -> io::Result<Vec<DiskEntry>> {
        let mut state = self.lock();
        state.operate()?;
        state.list(path)
    }

    fn open(&self, path: &Path) -> io::Result<Arc<dyn ReadFile>> {
        let mut state = self.lock();
        state.operate()?;
        let node = state.find(path)?;
        Ok(Arc::new(SimReadFile { state: Arc::clone(&self.state), node, generation: state.generation }))
    }

    fn create(&self, path: &Path) -> io::Result<Box<dyn WriteFile>> {
        let mut state = self.lock();
        state.operate()?;
        let node = state.create(path)?;
        Ok(Box::new(SimWriteFile { state: Arc::clone(&self.state), node, generation: state.generation }))
    }

    fn append(&self, path: &Path) -> io::Result<Box<dyn WriteFile>> {
        let mut state = self.lock();
        state.operate()?;
        let node = state.find(path)?;
        Ok(Box::new(SimWriteFile { state: Arc::clone(&self.state), node, generation: state.generation }))
    }

    fn rewrite(&self, path: &Path, position: u64, bytes: &[u8]) -> io::Result<()> {
        let mut state = self.lock();
        state.operate()?;
        let node = state.find(path)?;
        let start = usize::try_from(position).map_err(io::Error::other)?;
        let range = start..start.saturating_add(bytes.len());
        state.node(node)?.write_again(range.clone(), bytes)?;
        // The sync, which may fail by itself.
        state.operate()?;
        if !state.lies {
            state.node(node)?.regain(&range);
        }
        Ok(())
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut state = self.lock();
        state.operate()?;
        let node = state.find(from)?;
        state.check_folder(to)?;
        state.rename(vec![(from.to_owned(), None), (to.to_owned(), Some(node))]);
        Ok(())
    }

    fn hard_link(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut state = self.lock();
        state.operate()?;
        let node = state.find(from)?;
        state.check_folder(to)?;
        if state.exists(to) {
            return Err(ErrorKind::AlreadyExists.into());
        }
        state.rename(vec![(to.to_owned(), Some(node))]);
        Ok(())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        let mut state = self.lock();
        state.operate()?;
        state.find(path)?;
        state.rename(vec![(path.to_owned(), None)]);
        Ok(())
    }

    fn sync_dir(&self, path: &Path) -> io::Result<()> {
        let mut state = self.lock();
        state.operate()?;
        state.sync_folder(path)
    }

    fn try_lock(&self, path: &Path) -> io::Result<Option<Box<dyn FileLock>>> {
        let mut state = self.lock();
        state.operate()?;
        if !state.exists(path) {
            state.create(path)?;
        }
        let path: PathBuf = path.to_owned();
        if !state.locks.insert(path.clone()) {
            return Ok(None);
        }
        Ok(Some(Box::new(SimLock { state: Arc::clone(&self.state), path, generation: state.generation })))
    }

    fn exists(&self, path: &Path) -> io::Result<bool> {
        let mut state = self.lock();
        state.operate()?;
        Ok(state.exists(path))
    }
}

#[cfg(test)]
mod tests;
