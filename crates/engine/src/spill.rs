//! Where queries spill to: a folder for this process, gone when it ends; what killed processes left is cleared away.
//!
//! Each process holds the lock of a file beside its folder. A lock that nobody holds is that of a process that is no
//! more.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

const PREFIX: &str = "query-";
const LOCK_EXTENSION: &str = "lock";

/// Tells apart the engines of one process.
static NEXT: AtomicU64 = AtomicU64::new(0);

/// A folder that is removed on drop.
#[derive(Debug)]
pub(crate) struct SpillFolder {
    path: PathBuf,
    lock_path: PathBuf,
    _lock: File,
}

impl SpillFolder {
    /// A new folder in `dir`, which is made when missing and rid of what others left.
    pub(crate) fn new(dir: &Path) -> io::Result<Self> {
        fs::create_dir_all(dir)?;
        clear_leftovers(dir)?;
        let name = format!("{PREFIX}{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let path = dir.join(name);
        let lock_path = path.with_extension(LOCK_EXTENSION);
        let lock = OpenOptions::new().create(true).append(true).open(&lock_path)?;
        lock.try_lock()?;
        fs::create_dir_all(&path)?;
        Ok(Self { path, lock_path, _lock: lock })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for SpillFolder {
    fn drop(&mut self) {
        // Whatever cannot be removed now is a leftover for the next to clear away.
        let _ = fs::remove_dir_all(&self.path);
        let _ = fs::remove_file(&self.lock_path);
    }
}

fn clear_leftovers(dir: &Path) -> io::Result<()> {
    for entry in fs::read_dir(dir)? {
        let lock_path = entry?.path();
        let name = lock_path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if !name.starts_with(PREFIX) || lock_path.extension().is_none_or(|extension| extension != LOCK_EXTENSION) {
            continue;
        }
        // Another process may clear the same leftover at this moment; then there is nothing to do.
        let Ok(lock) = OpenOptions::new().append(true).open(&lock_path) else { continue };
        if lock.try_lock().is_ok() {
            let _ = fs::remove_dir_all(lock_path.with_extension(""));
            let _ = fs::remove_file(&lock_path);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leftovers_are_cleared_and_living_folders_are_not() {
        let dir = tempfile::tempdir().unwrap();
        let living = SpillFolder::new(dir.path()).unwrap();
        fs::create_dir(dir.path().join("query-1-0")).unwrap();
        fs::write(dir.path().join("query-1-0/spilled"), "rows").unwrap();
        fs::write(dir.path().join("query-1-0.lock"), "").unwrap();
        fs::write(dir.path().join("other"), "stays").unwrap();

        let next = SpillFolder::new(dir.path()).unwrap();
        assert!(!dir.path().join("query-1-0").exists() && !dir.path().join("query-1-0.lock").exists());
        assert!(living.path().exists() && next.path().exists() && dir.path().join("other").exists());
        drop((living, next));
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }
}
