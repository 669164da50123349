//! Lines of files, plain or gzipped, one at a time and never more than a bounded part of a long one.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use flate2::bufread::MultiGzDecoder;

/// The longest line that is kept whole, in bytes; of a longer one this much is kept, in quarantine.
pub const LINE_BYTES_MAX: usize = 1 << 20;

/// How much is read from the disk at a time.
const CHUNK_BYTES: usize = 1 << 18;

/// A file's lines.
pub struct Lines {
    path: PathBuf,
    reader: Box<dyn BufRead>,
    line: Vec<u8>,
    number: u64,
}

/// One line, without its line end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NumberedLine<'a> {
    /// From 1.
    pub number: u64,
    /// At most [`LINE_BYTES_MAX`].
    pub bytes: &'a [u8],
    /// How many bytes it had.
    pub whole_bytes: u64,
}

impl Lines {
    /// Opens a file; whether it is gzipped is seen from its first bytes. `progress` counts bytes read from the disk.
    ///
    /// # Errors
    /// The disk's own.
    pub fn open(path: &Path, progress: Arc<AtomicU64>) -> io::Result<Self> {
        let mut file = BufReader::with_capacity(CHUNK_BYTES, Counted { file: File::open(path)?, progress });
        let is_gzip = file.fill_buf()?.starts_with(&[0x1f, 0x8b]);
        let reader: Box<dyn BufRead> = if is_gzip {
            Box::new(BufReader::with_capacity(CHUNK_BYTES, MultiGzDecoder::new(file)))
        } else {
            Box::new(file)
        };
        Ok(Self { path: path.to_owned(), reader, line: Vec::new(), number: 0 })
    }

    /// Lines that are made rather than read.
    pub fn made(name: &str, reader: Box<dyn BufRead>) -> Self {
        Self { path: PathBuf::from(name), reader, line: Vec::new(), number: 0 }
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The next line; `None` at the end.
    ///
    /// # Errors
    /// The disk's own, or a gzip stream that is broken or cut off.
    pub fn next(&mut self) -> io::Result<Option<NumberedLine<'_>>> {
        self.line.clear();
        let mut whole_bytes = 0;
        let mut ended = false;
        while !ended {
            let available = self.reader.fill_buf()?;
            if available.is_empty() {
                break;
            }
            let end = memchr(available);
            let taken = end.unwrap_or(available.len());
            let kept = taken.min(LINE_BYTES_MAX.saturating_sub(self.line.len()));
            self.line.extend_from_slice(&available[..kept]);
            whole_bytes += taken as u64;
            ended = end.is_some();
            self.reader.consume(taken + usize::from(ended));
        }
        if !ended && whole_bytes == 0 {
            return Ok(None);
        }
        if self.line.last() == Some(&b'\r') && whole_bytes == self.line.len() as u64 {
            self.line.pop();
            whole_bytes -= 1;
        }
        self.number += 1;
        Ok(Some(NumberedLine { number: self.number, bytes: &self.line, whole_bytes }))
    }
}

fn memchr(bytes: &[u8]) -> Option<usize> {
    bytes.iter().position(|byte| *byte == b'\n')
}

/// Counts what passes, for the progress bar.
struct Counted {
    file: File,
    progress: Arc<AtomicU64>,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(buffer)?;
        self.progress.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn lines_of(bytes: &[u8]) -> Vec<(u64, Vec<u8>, u64)> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lines");
        std::fs::write(&path, bytes).unwrap();
        let mut lines = Lines::open(&path, Arc::default()).unwrap();
        let mut all = Vec::new();
        while let Some(line) = lines.next().unwrap() {
            all.push((line.number, line.bytes.to_vec(), line.whole_bytes));
        }
        all
    }

    #[test]
    fn line_ends_of_both_kinds_are_taken_off_and_an_empty_line_is_a_line() {
        let expected = [(1, b"a".to_vec(), 1), (2, b"".to_vec(), 0), (3, b"b".to_vec(), 1)];
        assert_eq!(lines_of(b"a\r\n\nb"), expected);
        assert_eq!(lines_of(b""), []);
        assert_eq!(lines_of(b"\n"), [(1, Vec::new(), 0)]);
    }

    #[test]
    fn a_gzipped_file_of_several_members_gives_the_same_lines() {
        let member = |text: &[u8]| {
            let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            encoder.write_all(text).unwrap();
            encoder.finish().unwrap()
        };
        let bytes = [member(b"one\ntw"), member(b"o\n")].concat();
        assert_eq!(lines_of(&bytes), lines_of(b"one\ntwo\n"));
    }

    #[test]
    fn of_a_line_that_is_too_long_the_beginning_is_kept_and_the_next_is_whole() {
        let mut bytes = vec![b'x'; LINE_BYTES_MAX + 500_000];
        bytes.extend_from_slice(b"\nnext\n");
        let lines = lines_of(&bytes);
        assert_eq!(lines[0].1.len(), LINE_BYTES_MAX);
        assert_eq!(lines[0].2, (LINE_BYTES_MAX + 500_000) as u64);
        assert_eq!(lines[1].1, b"next");
    }
}
