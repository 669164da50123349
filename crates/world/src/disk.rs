//! The disk: what survives a crash, and when. Nothing is durable until it is synced, folders included.

use std::fmt::Debug;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// One name in a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DiskEntry {
    /// The last part of the path.
    pub name: String,
    /// Bytes of a file; unspecified for a folder.
    pub size_bytes: u64,
    /// Whether it is a folder.
    pub is_dir: bool,
}

/// An open file, read at any offset by any number of threads.
pub trait ReadFile: Send + Sync + Debug {
    /// Reads up to `buffer.len()` bytes at `offset`; 0 at the end of the file.
    ///
    /// # Errors
    /// The disk's own.
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize>;

    /// The file's size in bytes now.
    ///
    /// # Errors
    /// The disk's own.
    fn size_bytes(&self) -> io::Result<u64>;

    /// Reads exactly `buffer.len()` bytes at `offset`.
    ///
    /// # Errors
    /// `UnexpectedEof` when the file is shorter, else the disk's own.
    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        let mut done = 0;
        while done < buffer.len() {
            match self.read_at(&mut buffer[done..], offset + done as u64)? {
                0 => return Err(ErrorKind::UnexpectedEof.into()),
                read => done += read,
            }
        }
        Ok(())
    }
}

/// A file open for appending. What was written may be lost, in part and out of order, until [`WriteFile::sync_data`].
pub trait WriteFile: Write + Send + Debug {
    /// Makes everything written so far durable (`fdatasync`). After an error nothing written since the
    /// last success may be trusted, and a later success does not cover it.
    ///
    /// # Errors
    /// The disk's own.
    fn sync_data(&mut self) -> io::Result<()>;

    /// Cuts the file to `size_bytes`; later writes go on from there.
    ///
    /// # Errors
    /// The disk's own.
    fn truncate(&mut self, size_bytes: u64) -> io::Result<()>;
}

/// Held while a process owns what the lock's file stands for; released on drop and when the process ends.
pub trait FileLock: Send + Sync + Debug {}

/// A file system. Paths are absolute or relative to the process, as the operating system takes them.
pub trait Disk: Send + Sync + Debug {
    /// Makes a folder and its missing parents, durably.
    ///
    /// # Errors
    /// The disk's own.
    fn create_dir_all(&self, path: &Path) -> io::Result<()>;

    /// The entries of a folder, sorted by name.
    ///
    /// # Errors
    /// `NotFound` when there is no such folder, else the disk's own.
    fn list(&self, path: &Path) -> io::Result<Vec<DiskEntry>>;

    /// Opens a file for reading. It stays readable after its name is removed.
    ///
    /// # Errors
    /// `NotFound` when there is no such file, else the disk's own.
    fn open(&self, path: &Path) -> io::Result<Arc<dyn ReadFile>>;

    /// Makes an empty file, or empties the one there is, for appending.
    ///
    /// # Errors
    /// The disk's own.
    fn create(&self, path: &Path) -> io::Result<Box<dyn WriteFile>>;

    /// Opens an existing file for appending at its end.
    ///
    /// # Errors
    /// `NotFound` when there is no such file, else the disk's own.
    fn append(&self, path: &Path) -> io::Result<Box<dyn WriteFile>>;

    /// Writes bytes again where they stand, and syncs the file. After a failed sync a system may take what it could not
    /// write for written: it shows the bytes, also to the next process, and a later sync has nothing to do.
    ///
    /// # Errors
    /// `NotFound` when there is no such file, else the disk's own; the bytes are as durable as before.
    fn rewrite(&self, path: &Path, position: u64, bytes: &[u8]) -> io::Result<()>;

    /// Gives a file another name in one step, replacing what had it. Durable after [`Disk::sync_dir`].
    ///
    /// # Errors
    /// The disk's own.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Gives a file a second name, only if nobody has it: the one step of put-if-absent.
    ///
    /// # Errors
    /// `AlreadyExists` when the name is taken, else the disk's own.
    fn hard_link(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Removes a file's name.
    ///
    /// # Errors
    /// `NotFound` when there is none, else the disk's own.
    fn remove(&self, path: &Path) -> io::Result<()>;

    /// Makes names in a folder durable: creations, renames, links and removals done before the call.
    ///
    /// # Errors
    /// The disk's own.
    fn sync_dir(&self, path: &Path) -> io::Result<()>;

    /// Takes the exclusive lock of the file at `path` (made when missing); `None` when another holds it.
    ///
    /// # Errors
    /// The disk's own.
    fn try_lock(&self, path: &Path) -> io::Result<Option<Box<dyn FileLock>>>;

    /// The whole file.
    ///
    /// # Errors
    /// `NotFound` when there is no such file, else the disk's own.
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        let file = self.open(path)?;
        let size = usize::try_from(file.size_bytes()?).map_err(io::Error::other)?;
        let mut bytes = vec![0; size];
        file.read_exact_at(&mut bytes, 0)?;
        Ok(bytes)
    }

    /// Whether a file or folder has this name.
    ///
    /// # Errors
    /// The disk's own, other than `NotFound`.
    fn exists(&self, path: &Path) -> io::Result<bool>;
}

/// Replaces the file at `path` by `bytes` so that a crash leaves either the old or the new, whole.
///
/// # Errors
/// The disk's own; the old file is then still in place, or the new one durably is.
pub fn write_durably(disk: &dyn Disk, path: &Path, bytes: &[u8]) -> io::Result<()> {
    let temporary = temporary_name(path, "new");
    write_synced(disk, &temporary, bytes)?;
    disk.rename(&temporary, path)?;
    disk.sync_dir(folder(path))
}

/// Writes `bytes` at `path` only if the name is free; durable, whole, and visible in one step.
/// `unique` tells apart processes that try the same name at the same time.
///
/// # Errors
/// `AlreadyExists` when the name is taken, else the disk's own.
pub fn put_if_absent(disk: &dyn Disk, path: &Path, bytes: &[u8], unique: &str) -> io::Result<()> {
    let temporary = temporary_name(path, unique);
    write_synced(disk, &temporary, bytes)?;
    let linked = disk.hard_link(&temporary, path);
    // The temporary name is of no use whatever the link's outcome; left behind, it is only clutter.
    let removed = disk.remove(&temporary);
    linked?;
    disk.sync_dir(folder(path))?;
    removed
}

fn write_synced(disk: &dyn Disk, path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = disk.create(path)?;
    let written = file.write_all(bytes).and_then(|()| file.sync_data());
    if written.is_err() {
        // A half-written temporary holds space on a disk that may just have run out of it.
        let _ = disk.remove(path);
    }
    written
}

fn temporary_name(path: &Path, unique: &str) -> PathBuf {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    folder(path).join(format!(".{name}.{unique}.tmp"))
}

fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// The operating system's file system.
#[derive(Debug, Clone, Copy)]
pub struct LocalDisk;

impl ReadFile for File {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        FileExt::read_at(self, buffer, offset)
    }

    fn size_bytes(&self) -> io::Result<u64> {
        Ok(self.metadata()?.len())
    }
}

impl WriteFile for File {
    fn sync_data(&mut self) -> io::Result<()> {
        Self::sync_data(self)
    }

    fn truncate(&mut self, size_bytes: u64) -> io::Result<()> {
        // Opened for appending, so the next write lands at the new end.
        self.set_len(size_bytes)
    }
}

#[derive(Debug)]
struct LocalLock {
    _file: File,
}

impl FileLock for LocalLock {}

impl Disk for LocalDisk {
    fn create_dir_all(&self, path: &Path) -> io::Result<()> {
        if path.is_dir() {
            return Ok(());
        }
        let parent = folder(path);
        if parent != path {
            self.create_dir_all(parent)?;
        }
        match fs::create_dir(path) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists && path.is_dir() => {}
            other => other?,
        }
        self.sync_dir(parent)
    }

    fn list(&self, path: &Path) -> io::Result<Vec<DiskEntry>> {
        let mut entries = Vec::new();
        for entry in fs::read_dir(path)? {
            let entry = entry?;
            let metadata = match entry.metadata() {
                // Removed between the listing and the look: it is not there.
                Err(error) if error.kind() == ErrorKind::NotFound => continue,
                other => other?,
            };
            entries.push(DiskEntry {
                name: entry.file_name().to_string_lossy().into_owned(),
                size_bytes: metadata.len(),
                is_dir: metadata.is_dir(),
            });
        }
        entries.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(entries)
    }

    fn open(&self, path: &Path) -> io::Result<Arc<dyn ReadFile>> {
        Ok(Arc::new(File::open(path)?))
    }

    fn create(&self, path: &Path) -> io::Result<Box<dyn WriteFile>> {
        // Appending and truncating cannot be asked for together; emptying by hand says the same.
        let file = OpenOptions::new().append(true).create(true).open(path)?;
        file.set_len(0)?;
        Ok(Box::new(file))
    }

    fn append(&self, path: &Path) -> io::Result<Box<dyn WriteFile>> {
        Ok(Box::new(OpenOptions::new().append(true).open(path)?))
    }

    fn rewrite(&self, path: &Path, position: u64, bytes: &[u8]) -> io::Result<()> {
        let file = OpenOptions::new().write(true).open(path)?;
        file.write_all_at(bytes, position)?;
        file.sync_data()
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn hard_link(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::hard_link(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }

    fn sync_dir(&self, path: &Path) -> io::Result<()> {
        File::open(path)?.sync_all()
    }

    fn try_lock(&self, path: &Path) -> io::Result<Option<Box<dyn FileLock>>> {
        let file = OpenOptions::new().create(true).append(true).open(path)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Box::new(LocalLock { _file: file }))),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    fn exists(&self, path: &Path) -> io::Result<bool> {
        path.try_exists()
    }
}

#[cfg(test)]
mod tests;
