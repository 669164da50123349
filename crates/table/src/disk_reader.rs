//! A file of a [`Disk`] as Parquet's reader wants it. Arrow, in whose words that reader tells of errors, keeps only their
//! text; so what the disk said is noted here, and a disk that failed for a moment is not taken for a damaged file.

use std::io::{self, BufReader, Read};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use arrow::error::ArrowError;
use bytes::Bytes;
use judi_world::{Disk, ReadFile};
use parquet::errors::{ParquetError, Result};
use parquet::file::reader::{ChunkReader, Length};

use crate::error::TableError;

/// An open file and its size at opening; data files do not grow.
#[derive(Debug, Clone)]
pub struct DiskReader {
    file: Arc<dyn ReadFile>,
    size_bytes: u64,
    failure: DiskFailure,
}

/// What the disk last said when a file could not be read.
#[derive(Debug, Clone, Default)]
pub(crate) struct DiskFailure(Arc<Mutex<Option<io::Error>>>);

impl DiskFailure {
    /// The error of a batch that could not be read: the disk's, where it was the disk.
    pub(crate) fn explain(&self, path: &Path, error: &ArrowError) -> TableError {
        match self.0.lock().unwrap_or_else(PoisonError::into_inner).take() {
            Some(failure) => TableError::io("read", path)(failure),
            None => TableError::parquet(path)(ParquetError::ArrowError(error.to_string())),
        }
    }

    fn note<T>(&self, done: io::Result<T>) -> io::Result<T> {
        if let Err(error) = &done {
            let copy = match error.raw_os_error() {
                Some(code) => io::Error::from_raw_os_error(code),
                None => io::Error::new(error.kind(), error.to_string()),
            };
            *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(copy);
        }
        done
    }
}

impl DiskReader {
    /// Opens the file at `path`.
    ///
    /// # Errors
    /// The disk's.
    pub fn open(disk: &dyn Disk, path: &Path) -> io::Result<Self> {
        let file = disk.open(path)?;
        let size_bytes = file.size_bytes()?;
        Ok(Self { file, size_bytes, failure: DiskFailure::default() })
    }

    pub(crate) fn failure(&self) -> DiskFailure {
        self.failure.clone()
    }
}

impl Length for DiskReader {
    fn len(&self) -> u64 {
        self.size_bytes
    }
}

/// Reads on from an offset.
#[derive(Debug)]
pub struct Cursor {
    file: Arc<dyn ReadFile>,
    offset: u64,
    failure: DiskFailure,
}

impl Read for Cursor {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.failure.note(self.file.read_at(buffer, self.offset))?;
        self.offset += read as u64;
        Ok(read)
    }
}

impl ChunkReader for DiskReader {
    type T = BufReader<Cursor>;

    fn get_read(&self, start: u64) -> Result<Self::T> {
        Ok(BufReader::new(Cursor { file: Arc::clone(&self.file), offset: start, failure: self.failure() }))
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes> {
        // A damaged footer may ask for more than there is; memory is only given for what can be read.
        if start.checked_add(length as u64).is_none_or(|end| end > self.size_bytes) {
            return Err(ParquetError::EOF(format!("{length} bytes at {start} of a file of {}", self.size_bytes)));
        }
        let mut buffer = vec![0; length];
        self.failure.note(self.file.read_exact_at(&mut buffer, start))?;
        Ok(buffer.into())
    }
}
