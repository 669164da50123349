//! What somebody else remembers of the log up to the index's positions: bytes in a file of their own, which the
//! manifest names, so that both are of the same moment whatever stops the writing.

use std::io::ErrorKind;
use std::path::Path;

use judi_world::Disk;

use super::store::MANIFEST_NAME;
use super::{DedupError, DedupIndex, wire};

pub(super) const BESIDE_SUFFIX: &str = ".beside";

impl DedupIndex {
    /// The bytes that were persisted beside the index when it was last, once; `None` when there were none.
    pub fn take_beside(&mut self) -> Option<Vec<u8>> {
        self.beside.take()
    }

    /// Writes the bytes under a name that no manifest knows yet; `None` for no bytes.
    pub(super) fn write_beside(&mut self, bytes: &[u8]) -> Result<Option<String>, DedupError> {
        if bytes.is_empty() {
            return Ok(None);
        }
        let name = format!("{:010}{BESIDE_SUFFIX}", self.next_run);
        let path = self.dir.join(&name);
        let write = || {
            let mut file = self.disk.create(&path)?;
            file.write_all(bytes)?;
            file.sync_data()
        };
        if let Err(error) = write() {
            // Half a file holds space on a disk that may just have run out of it.
            let _ = self.disk.remove(&path);
            return Err(DedupError::io("write", &path)(error));
        }
        self.next_run += 1;
        Ok(Some(name))
    }

    /// Removes what was written beside the index for a manifest that could not be written, if it was not: after an
    /// error it may be there all the same.
    pub(super) fn remove_beside_unless_named(&self, name: &str) {
        let manifest = self.disk.read(&self.dir.join(MANIFEST_NAME)).map(|bytes| wire::decode_manifest(&bytes));
        let is_free = match manifest {
            Ok(Ok(manifest)) => manifest.beside != name,
            Ok(Err(_)) => false,
            Err(error) => error.kind() == ErrorKind::NotFound,
        };
        if is_free {
            // What stays is removed when the index is next opened.
            let _ = self.disk.remove(&self.dir.join(name));
        }
    }
}

/// The bytes that a manifest names; the empty name is none.
pub(super) fn read_beside(disk: &dyn Disk, dir: &Path, name: &str) -> Result<Option<Vec<u8>>, DedupError> {
    if name.is_empty() {
        return Ok(None);
    }
    let path = dir.join(name);
    match disk.read(&path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            Err(DedupError::Corrupt { path, detail: "the manifest names it, and it is gone".to_owned() })
        }
        Err(error) => Err(DedupError::io("read", &path)(error)),
    }
}
