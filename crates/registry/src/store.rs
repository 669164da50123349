//! The registry's folder: a file per schema, named by its hash, and the index of all changes.
//!
//! ```text
//!   index          checksum and changes, one line per commit, synced before the answer
//!   schemas/HASH   text and references of a schema, synced before the line that names it
//!   lock           held while the registry is open
//! ```

mod index;

use std::collections::BTreeSet;
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use judi_world::{Disk, FileLock, WriteFile, write_durably};

use crate::refusal::RegistryError;
use crate::schema::Schema;
use crate::state::{Change, State};
use index::Recovered;

const INDEX: &str = "index";
const SCHEMAS: &str = "schemas";
const LOCK: &str = "lock";

/// How many changes an index may have beyond twice those that it needs before it is written anew when it is opened.
const STALE_CHANGES_MAX: usize = 1_000;

/// How many changes a line of a rewritten index has.
const CHANGES_PER_LINE: usize = 500;

/// The folder, open for writing.
#[derive(Debug)]
pub(crate) struct Store {
    disk: Arc<dyn Disk>,
    dir: PathBuf,
    /// `None` after a failed write: its place in the file has to be found again.
    file: Option<Box<dyn WriteFile>>,
    /// The bytes of the acknowledged lines.
    good_bytes: u64,
    _lock: Box<dyn FileLock>,
}

impl Store {
    /// Opens a folder, made when missing, and reads what is in it.
    ///
    /// # Errors
    /// [`RegistryError::Busy`], [`RegistryError::Corrupt`], or the disk's own.
    pub(crate) fn open(disk: Arc<dyn Disk>, dir: &Path) -> Result<(Self, State), RegistryError> {
        let schemas = dir.join(SCHEMAS);
        disk.create_dir_all(&schemas).map_err(RegistryError::disk(&schemas))?;
        let lock_path = dir.join(LOCK);
        let lock = disk.try_lock(&lock_path).map_err(RegistryError::disk(&lock_path))?;
        let Some(lock) = lock else { return Err(RegistryError::Busy { folder: dir.to_owned() }) };
        let path = dir.join(INDEX);
        let bytes = match disk.read(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => Vec::new(),
            other => other.map_err(RegistryError::disk(&path))?,
        };
        let (changes, good_bytes) = match index::recover(&bytes) {
            Recovered::Good { changes, good_bytes } => (changes, good_bytes),
            Recovered::Corrupt { line } => {
                let cause = format!("line {line} is not as it was written, and later lines are");
                return Err(RegistryError::Corrupt { path, cause });
            }
        };
        if good_bytes < bytes.len() {
            let cut_bytes = bytes.len() - good_bytes;
            tracing::warn!(path = %path.display(), cut_bytes, "the last change was never finished, and is cut off");
        }
        let state = replay(disk.as_ref(), dir, &changes)?;
        let mut store = Self { disk, dir: dir.to_owned(), file: None, good_bytes: good_bytes as u64, _lock: lock };
        store.tidy(&state, changes.len());
        Ok((store, state))
    }

    /// Makes changes durable, with the new schemas that they name: all of it, or nothing.
    ///
    /// # Errors
    /// The disk's own; nothing is changed then.
    pub(crate) fn commit(&mut self, schemas: &[Arc<Schema>], changes: &[Change]) -> Result<(), RegistryError> {
        for schema in schemas {
            let path = self.schema_path(schema);
            write_durably(self.disk.as_ref(), &path, &schema.file()).map_err(RegistryError::disk(&path))?;
        }
        let line = index::line(changes);
        self.append(&line).map_err(RegistryError::disk(&self.dir.join(INDEX)))?;
        self.good_bytes += line.len() as u64;
        Ok(())
    }

    /// Forgets the files of schemas that no change names any more. What cannot be removed now is when opening.
    pub(crate) fn remove(&self, schemas: &[Arc<Schema>]) {
        for schema in schemas {
            if let Err(error) = self.disk.remove(&self.schema_path(schema)) {
                tracing::debug!(%error, content = %schema.content, "a deleted schema's file stays for now");
            }
        }
    }

    fn append(&mut self, line: &[u8]) -> io::Result<()> {
        let mut file = match self.file.take() {
            Some(file) => file,
            None => self.reopen()?,
        };
        let written = file.write_all(line).and_then(|()| file.sync_data());
        if written.is_ok() {
            self.file = Some(file);
        }
        written
    }

    /// The index, open behind its last acknowledged line, with whatever lies behind that cut off.
    fn reopen(&self) -> io::Result<Box<dyn WriteFile>> {
        let path = self.dir.join(INDEX);
        let mut file = match self.disk.append(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => self.disk.create(&path)?,
            other => other?,
        };
        self.disk.sync_dir(&self.dir)?;
        file.truncate(self.good_bytes)?;
        file.sync_data()?;
        Ok(file)
    }

    /// Rewrites an index that is mostly history, and removes files that nothing names. Nothing depends on either,
    /// so that a full disk does not keep a registry from being opened.
    fn tidy(&mut self, state: &State, changes: usize) {
        let needed = state.as_changes();
        if changes > needed.len() * 2 + STALE_CHANGES_MAX {
            let bytes: Vec<u8> = needed.chunks(CHANGES_PER_LINE).flat_map(index::line).collect();
            match write_durably(self.disk.as_ref(), &self.dir.join(INDEX), &bytes) {
                Ok(()) => self.good_bytes = bytes.len() as u64,
                Err(error) => tracing::debug!(%error, "the registry's index stays as long as it is"),
            }
        }
        let named: BTreeSet<String> = state.schemas().map(|schema| schema.content.to_string()).collect();
        let folder = self.dir.join(SCHEMAS);
        let Ok(entries) = self.disk.list(&folder) else { return };
        for entry in entries.into_iter().filter(|entry| !named.contains(&entry.name)) {
            if let Err(error) = self.disk.remove(&folder.join(&entry.name)) {
                tracing::debug!(%error, name = entry.name, "a file that nothing names stays");
            }
        }
    }

    fn schema_path(&self, schema: &Schema) -> PathBuf {
        self.dir.join(SCHEMAS).join(schema.content.to_string())
    }
}

/// The state that changes lead to. Files of schemas that a later change deletes may be gone.
fn replay(disk: &dyn Disk, dir: &Path, changes: &[Change]) -> Result<State, RegistryError> {
    let corrupt = |cause: String| RegistryError::Corrupt { path: dir.join(INDEX), cause };
    let mut state = State::default();
    let mut missing = BTreeSet::new();
    for change in changes {
        let mut schema = None;
        if let Change::Schema { id, content, identity } = *change {
            let path = dir.join(SCHEMAS).join(content.to_string());
            let read = match disk.read(&path) {
                Err(error) if error.kind() == ErrorKind::NotFound => None,
                other => Some(other.map_err(RegistryError::disk(&path))?),
            };
            schema = Some(match read {
                Some(bytes) => Schema::from_file(id, content, identity, &bytes).ok_or_else(|| {
                    RegistryError::Corrupt { path: path.clone(), cause: "the file is not as it was written".to_owned() }
                })?,
                None => {
                    missing.insert((id, path));
                    Schema { id, content, identity, text: String::new(), references: Vec::new() }
                }
            });
        }
        state.apply(change, schema.map(Arc::new)).map_err(corrupt)?;
    }
    match missing.into_iter().find(|(id, _)| state.schema(*id).is_some()) {
        Some((_, path)) => Err(RegistryError::Corrupt { path, cause: "the file is gone".to_owned() }),
        None => Ok(state),
    }
}
