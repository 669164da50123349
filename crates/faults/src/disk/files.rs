//! Open files and locks of the simulated disk. All of them die with the process that opened them.

use std::io::{self, ErrorKind, Write};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use judi_world::{FileLock, ReadFile, WriteFile};

use super::state::{Fault, NodeId, State};

#[derive(Debug)]
pub(super) struct SimReadFile {
    pub(super) state: Arc<Mutex<State>>,
    pub(super) node: NodeId,
    pub(super) generation: u64,
}

#[derive(Debug)]
pub(super) struct SimWriteFile {
    pub(super) state: Arc<Mutex<State>>,
    pub(super) node: NodeId,
    pub(super) generation: u64,
}

#[derive(Debug)]
pub(super) struct SimLock {
    pub(super) state: Arc<Mutex<State>>,
    pub(super) path: PathBuf,
    pub(super) generation: u64,
}

impl ReadFile for SimReadFile {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let mut state = enter(&self.state, self.generation)?;
        state.operate()?;
        let bytes = &state.node(self.node)?.bytes;
        let rest = usize::try_from(offset).ok().and_then(|offset| bytes.get(offset..)).unwrap_or_default();
        let read = rest.len().min(buffer.len());
        buffer[..read].copy_from_slice(&rest[..read]);
        Ok(read)
    }

    fn size_bytes(&self) -> io::Result<u64> {
        let mut state = enter(&self.state, self.generation)?;
        state.operate()?;
        Ok(state.node(self.node)?.bytes.len() as u64)
    }
}

impl Write for SimWriteFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut state = enter(&self.state, self.generation)?;
        let fault = state.next_fault()?;
        let room = state.room_bytes().min(bytes.len() as u64) as usize;
        let written = match fault {
            // How far a failing or last write came is anybody's guess.
            Some(_) => state.random.below(room as u64 + 1) as usize,
            None if room == 0 && !bytes.is_empty() => return Err(ErrorKind::StorageFull.into()),
            None => room,
        };
        state.node(self.node)?.bytes.extend_from_slice(&bytes[..written]);
        state.suffer(fault)?;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl WriteFile for SimWriteFile {
    fn sync_data(&mut self) -> io::Result<()> {
        let mut state = enter(&self.state, self.generation)?;
        let fault = state.next_fault()?;
        let lies = state.lies;
        let node = state.node(self.node)?;
        match fault {
            None if lies => {}
            None => node.sync(),
            // The kernel drops what it could not write from its list of dirty pages: a later sync finds
            // nothing to do, says so, and the bytes are gone all the same.
            Some(Fault::Eio) => node.lose_unsynced(),
            Some(Fault::Crash) => {}
        }
        state.suffer(fault)
    }

    fn truncate(&mut self, size_bytes: u64) -> io::Result<()> {
        let mut state = enter(&self.state, self.generation)?;
        state.operate()?;
        let size = usize::try_from(size_bytes).map_err(io::Error::other)?;
        state.node(self.node)?.truncate(size);
        Ok(())
    }
}

impl FileLock for SimLock {}

impl Drop for SimLock {
    fn drop(&mut self) {
        if let Ok(mut state) = enter(&self.state, self.generation) {
            state.locks.remove(&self.path);
        }
    }
}

/// The disk, unless the file was opened by a process that is dead by now.
fn enter(state: &Mutex<State>, generation: u64) -> io::Result<MutexGuard<'_, State>> {
    let state = state.lock().unwrap_or_else(PoisonError::into_inner);
    if state.generation == generation {
        Ok(state)
    } else {
        Err(io::Error::other("opened before the last restart of the simulated machine"))
    }
}
