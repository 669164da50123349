//! Breaking Judi on purpose, so that a simulator that finds nothing is known to look.

use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use judi_log::Fetched;
use judi_world::{Disk, DiskEntry, FileLock, ReadFile, WriteFile};

/// One promise that the simulated chain does not keep.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sabotage {
    /// Syncs of the disk say that they are done and do nothing.
    LyingDisk,
    /// The log answers before it has appended.
    AnswerBeforeAppend,
    /// The judge is given another's event in place of every seventh.
    SkippedRecord,
    /// The judge is given records whose payload has changed.
    AlteredRecord,
    /// The judge forgets ids after a day.
    ShortMemory,
    /// The judge is not told of publications.
    UntoldJudge,
    /// The tables lose their last commit between two lives.
    LostCommit,
    /// Commits do not carry the log's offsets.
    StrippedOffsets,
    /// Data files are cut between two lives.
    CutFile,
}

/// Which records are tampered with.
const EVERY: u64 = 7;

impl Sabotage {
    /// Changes what the judge reads of the log.
    pub(crate) fn tamper(self, fetched: &mut Fetched) {
        match self {
            Self::SkippedRecord => {
                for place in 1..fetched.records.len() {
                    let (before, rest) = fetched.records.split_at_mut(place);
                    if let (Some(before), Some(record)) = (before.last(), rest.first_mut())
                        && record.offset % EVERY == 1
                    {
                        record.record = before.record.clone();
                    }
                }
            }
            Self::AlteredRecord => {
                for fetched in fetched.records.iter_mut().filter(|fetched| fetched.offset % EVERY == 1) {
                    let mut value = fetched.record.value.to_vec();
                    // The payload stands last, and ends in the characters of a token.
                    if let Some(last) = value.iter_mut().rev().find(|byte| byte.is_ascii_digit()) {
                        *last = if *last == b'0' { b'1' } else { b'0' };
                    }
                    fetched.record.value = Bytes::from(value);
                }
            }
            _ => {}
        }
    }
}

/// A disk on which commits lose their application transactions on the way.
#[derive(Debug)]
pub(crate) struct StrippingDisk(pub(crate) Arc<dyn Disk>);

#[derive(Debug)]
struct StrippingFile(Box<dyn WriteFile>);

impl Disk for StrippingDisk {
    fn create(&self, path: &Path) -> io::Result<Box<dyn WriteFile>> {
        let file = self.0.create(path)?;
        let is_commit = path.parent().is_some_and(|folder| folder.ends_with("_delta_log"))
            && path.to_string_lossy().contains(".json.");
        Ok(if is_commit { Box::new(StrippingFile(file)) } else { file })
    }

    fn create_dir_all(&self, path: &Path) -> io::Result<()> {
        self.0.create_dir_all(path)
    }

    fn list(&self, path: &Path) -> io::Result<Vec<DiskEntry>> {
        self.0.list(path)
    }

    fn open(&self, path: &Path) -> io::Result<Arc<dyn ReadFile>> {
        self.0.open(path)
    }

    fn append(&self, path: &Path) -> io::Result<Box<dyn WriteFile>> {
        self.0.append(path)
    }

    fn rewrite(&self, path: &Path, position: u64, bytes: &[u8]) -> io::Result<()> {
        self.0.rewrite(path, position, bytes)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.0.rename(from, to)
    }

    fn hard_link(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.0.hard_link(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.0.remove(path)
    }

    fn sync_dir(&self, path: &Path) -> io::Result<()> {
        self.0.sync_dir(path)
    }

    fn try_lock(&self, path: &Path) -> io::Result<Option<Box<dyn FileLock>>> {
        self.0.try_lock(path)
    }

    fn exists(&self, path: &Path) -> io::Result<bool> {
        self.0.exists(path)
    }
}

impl Write for StrippingFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let lines = bytes.split_inclusive(|byte| *byte == b'\n');
        let kept: Vec<u8> = lines.filter(|line| !line.starts_with(b"{\"txn\"")).flatten().copied().collect();
        self.0.write_all(&kept)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

impl WriteFile for StrippingFile {
    fn sync_data(&mut self) -> io::Result<()> {
        self.0.sync_data()
    }

    fn truncate(&mut self, size_bytes: u64) -> io::Result<()> {
        self.0.truncate(size_bytes)
    }
}
