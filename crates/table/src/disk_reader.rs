//! A file of a [`Disk`] as Parquet's reader wants it.

use std::io::{self, BufReader, Read};
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use judi_world::{Disk, ReadFile};
use parquet::errors::{ParquetError, Result};
use parquet::file::reader::{ChunkReader, Length};

/// An open file and its size at opening; data files do not grow.
#[derive(Debug, Clone)]
pub struct DiskReader {
    file: Arc<dyn ReadFile>,
    size_bytes: u64,
}

impl DiskReader {
    /// Opens the file at `path`.
    ///
    /// # Errors
    /// The disk's.
    pub fn open(disk: &dyn Disk, path: &Path) -> io::Result<Self> {
        let file = disk.open(path)?;
        let size_bytes = file.size_bytes()?;
        Ok(Self { file, size_bytes })
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
}

impl Read for Cursor {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read_at(buffer, self.offset)?;
        self.offset += read as u64;
        Ok(read)
    }
}

impl ChunkReader for DiskReader {
    type T = BufReader<Cursor>;

    fn get_read(&self, start: u64) -> Result<Self::T> {
        Ok(BufReader::new(Cursor { file: Arc::clone(&self.file), offset: start }))
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes> {
        // A damaged footer may ask for more than there is; memory is only given for what can be read.
        if start.checked_add(length as u64).is_none_or(|end| end > self.size_bytes) {
            return Err(ParquetError::EOF(format!("{length} bytes at {start} of a file of {}", self.size_bytes)));
        }
        let mut buffer = vec![0; length];
        self.file.read_exact_at(&mut buffer, start)?;
        Ok(buffer.into())
    }
}
