//! One immutable sorted run: its filter and the first key of every block in memory, the rest on disk.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use judi_world::{Disk, ReadFile, WriteFile};

use super::DedupError;
use super::filter::{self, Filter};
use super::key::{Key, Seen};
use super::wire::{
    self, BLOCK_BYTES, BLOCK_ENTRIES, BlockView, FIRST_BYTES, FOOTER_BYTES, Footer, decode_footer, encode_block,
};

/// Bytes gathered before a write, and asked for by a sequential read.
const CHUNK_BYTES: usize = 64 * BLOCK_BYTES;

/// A run that can be asked. Its file may lose its name meanwhile.
#[derive(Debug)]
pub(crate) struct Run {
    path: PathBuf,
    name: String,
    file: Arc<dyn ReadFile>,
    filter: Filter,
    firsts: Vec<Key>,
    entries: u64,
    newest: Seen,
    /// Entries by day, ascending.
    days: Vec<(Seen, u64)>,
}

impl Run {
    /// Opens the run `name` in `dir`, its filter and first keys checked. Where `days` are not known, all entries count as
    /// of the newest day.
    pub(crate) fn open(
        disk: &dyn Disk,
        dir: &Path,
        name: &str,
        days: Option<Vec<(Seen, u64)>>,
    ) -> Result<Self, DedupError> {
        let path = dir.join(name);
        let damaged = |detail: &str| DedupError::Corrupt { path: path.clone(), detail: detail.to_owned() };
        let file = match disk.open(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                return Err(damaged("the manifest names it; it is gone"));
            }
            other => other.map_err(DedupError::io("open", &path))?,
        };
        let size = file.size_bytes().map_err(DedupError::io("read", &path))?;
        let tail_end = size.checked_sub(FOOTER_BYTES as u64).ok_or_else(|| damaged("cut short"))?;
        let mut footer = [0; FOOTER_BYTES];
        read(file.as_ref(), &path, &mut footer, tail_end)?;
        let footer = decode_footer(&footer).ok_or_else(|| damaged("bad footer"))?;
        let (blocks, filter_blocks) = (footer.blocks as usize, footer.filter_blocks as usize);
        let blocks_end = u64::from(footer.blocks) * BLOCK_BYTES as u64;
        let filter_bytes = filter_blocks * filter::BLOCK_BYTES;
        if blocks_end + (filter_bytes + blocks * FIRST_BYTES) as u64 != tail_end {
            return Err(damaged("its length is not what its footer says"));
        }
        let mut crc = crc32fast::Hasher::new();
        let mut filter = Filter::with_blocks(filter_blocks);
        let mut firsts = Vec::with_capacity(blocks);
        let mut buffer = vec![0; CHUNK_BYTES];
        let mut at = 0;
        while at < filter_bytes {
            let chunk = buffer.get_mut(..CHUNK_BYTES.min(filter_bytes - at)).unwrap_or_default();
            read(file.as_ref(), &path, chunk, blocks_end + at as u64)?;
            crc.update(chunk);
            filter.load(at / filter::BLOCK_BYTES, chunk);
            at += chunk.len();
        }
        let mut rest = vec![0; blocks * FIRST_BYTES];
        read(file.as_ref(), &path, &mut rest, blocks_end + filter_bytes as u64)?;
        crc.update(&rest);
        if crc.finalize() != footer.tail_crc {
            return Err(damaged("checksum mismatch in its filter"));
        }
        firsts.extend(rest.chunks_exact(FIRST_BYTES).map(|first| wire::key_at(first, 0)));
        let (entries, newest) = (footer.entries, footer.newest);
        let days = days.unwrap_or_else(|| vec![(newest, entries)]);
        Ok(Self { path, name: name.to_owned(), file, filter, firsts, entries, newest, days })
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn entries(&self) -> u64 {
        self.entries
    }

    pub(crate) fn newest(&self) -> Seen {
        self.newest
    }

    pub(crate) fn days(&self) -> &[(Seen, u64)] {
        &self.days
    }

    /// Entries that are no longer known on `today`.
    pub(crate) fn expired(&self, today: Seen, window_days: u16) -> u64 {
        let expired = self.days.iter().filter(|(day, _)| day.expired(today, window_days));
        expired.map(|(_, entries)| *entries).sum::<u64>().min(self.entries)
    }

    pub(crate) fn memory_bytes(&self) -> usize {
        self.filter.memory_bytes() + self.firsts.len() * size_of::<Key>()
    }

    pub(crate) fn may_hold(&self, key: Key) -> bool {
        self.filter.may_hold(key)
    }

    /// A reader that keeps the block it last read: asked for ascending keys, it reads each block once.
    pub(crate) fn finder(&self) -> Finder<'_> {
        Finder { run: self, block: None, buffer: vec![0; BLOCK_BYTES] }
    }

    /// All entries in order, read from the disk piece by piece.
    pub(crate) fn cursor(self: &Arc<Self>) -> Cursor {
        Cursor { run: Arc::clone(self), next_block: 0, entries: Vec::new(), at: 0 }
    }

    fn block<'a>(&self, bytes: &'a [u8], index: usize) -> Result<BlockView<'a>, DedupError> {
        BlockView::parse(bytes).ok_or_else(|| DedupError::Corrupt {
            path: self.path.clone(),
            detail: format!("checksum mismatch in block {index}"),
        })
    }
}

/// Looks keys up in one run.
#[derive(Debug)]
pub(crate) struct Finder<'a> {
    run: &'a Run,
    block: Option<usize>,
    buffer: Vec<u8>,
}

impl Finder<'_> {
    /// The day of `key`, where the run holds it.
    pub(crate) fn find(&mut self, key: Key) -> Result<Option<Seen>, DedupError> {
        let Some(index) = self.run.firsts.partition_point(|first| *first <= key).checked_sub(1) else {
            return Ok(None);
        };
        if self.block != Some(index) {
            self.block = None;
            read(self.run.file.as_ref(), &self.run.path, &mut self.buffer, (index * BLOCK_BYTES) as u64)?;
            self.run.block(&self.buffer, index)?;
            self.block = Some(index);
        }
        // Checked when it was read; the second checksum would cost more than the search.
        Ok(BlockView::trusted(&self.buffer).find(key))
    }
}

/// Walks through one run.
#[derive(Debug)]
pub(crate) struct Cursor {
    run: Arc<Run>,
    next_block: usize,
    entries: Vec<(Key, Seen)>,
    at: usize,
}

impl Cursor {
    /// The next entry; `None` at the end.
    pub(crate) fn next(&mut self) -> Result<Option<(Key, Seen)>, DedupError> {
        if self.at == self.entries.len() {
            self.fill()?;
        }
        let entry = self.entries.get(self.at).copied();
        self.at += usize::from(entry.is_some());
        Ok(entry)
    }

    fn fill(&mut self) -> Result<(), DedupError> {
        let blocks = (CHUNK_BYTES / BLOCK_BYTES).min(self.run.firsts.len() - self.next_block);
        let mut bytes = vec![0; blocks * BLOCK_BYTES];
        read(self.run.file.as_ref(), &self.run.path, &mut bytes, (self.next_block * BLOCK_BYTES) as u64)?;
        self.entries.clear();
        self.at = 0;
        for (index, block) in bytes.chunks_exact(BLOCK_BYTES).enumerate() {
            let view = self.run.block(block, self.next_block + index)?;
            self.entries.extend((0..view.len()).map(|entry| view.entry(entry)));
        }
        self.next_block += blocks;
        Ok(())
    }
}

/// Writes one run from entries in ascending order of their keys.
#[derive(Debug)]
pub(crate) struct RunWriter {
    path: PathBuf,
    file: Box<dyn WriteFile>,
    out: Vec<u8>,
    block: Vec<(Key, Seen)>,
    firsts: Vec<Key>,
    filter: Filter,
    entries: u64,
    days: BTreeMap<Seen, u64>,
    /// The day of the last entries, and how many they are: neighbours are often of one day.
    day: (Seen, u64),
}

impl RunWriter {
    /// Starts the run `name` of at most `entries_max` entries.
    pub(crate) fn create(disk: &dyn Disk, dir: &Path, name: &str, entries_max: u64) -> Result<Self, DedupError> {
        let path = dir.join(name);
        let file = disk.create(&path).map_err(DedupError::io("create", &path))?;
        Ok(Self {
            path,
            file,
            out: Vec::with_capacity(CHUNK_BYTES + BLOCK_BYTES),
            block: Vec::with_capacity(BLOCK_ENTRIES),
            firsts: Vec::new(),
            filter: Filter::for_keys(entries_max),
            entries: 0,
            days: BTreeMap::new(),
            day: (Seen::on(0), 0),
        })
    }

    pub(crate) fn push(&mut self, key: Key, seen: Seen) -> Result<(), DedupError> {
        if self.block.is_empty() {
            self.firsts.push(key);
        }
        self.block.push((key, seen));
        self.filter.insert(key);
        self.entries += 1;
        if self.day.0 != seen {
            self.end_day();
            self.day.0 = seen;
        }
        self.day.1 += 1;
        if self.block.len() == BLOCK_ENTRIES {
            self.end_block()?;
        }
        Ok(())
    }

    fn end_day(&mut self) {
        let (day, entries) = std::mem::replace(&mut self.day, (Seen::on(0), 0));
        if entries > 0 {
            *self.days.entry(day).or_default() += entries;
        }
    }

    /// Writes what is left and makes the file durable; its name is not, until the folder is synced. How many entries
    /// there are of each day.
    pub(crate) fn finish(mut self) -> Result<Vec<(Seen, u64)>, DedupError> {
        self.end_day();
        if !self.block.is_empty() {
            self.end_block()?;
        }
        self.flush()?;
        let mut crc = crc32fast::Hasher::new();
        let filter = std::mem::replace(&mut self.filter, Filter::with_blocks(0));
        for block in filter.bytes() {
            self.put_tail(&mut crc, &block)?;
        }
        for first in std::mem::take(&mut self.firsts).into_iter().map(wire::encode_first) {
            self.put_tail(&mut crc, &first)?;
        }
        let footer = Footer {
            blocks: u32::try_from(self.entries.div_ceil(BLOCK_ENTRIES as u64)).unwrap_or(u32::MAX),
            filter_blocks: u32::try_from(filter.blocks()).unwrap_or(u32::MAX),
            newest: self.days.last_key_value().map_or(Seen::on(0), |(newest, _)| *newest),
            entries: self.entries,
            tail_crc: crc.finalize(),
        };
        self.out.extend_from_slice(&wire::encode_footer(&footer));
        self.flush()?;
        self.file.sync_data().map_err(DedupError::io("sync", &self.path))?;
        Ok(self.days.into_iter().collect())
    }

    fn end_block(&mut self) -> Result<(), DedupError> {
        encode_block(&mut self.out, &self.block);
        self.block.clear();
        if self.out.len() >= CHUNK_BYTES { self.flush() } else { Ok(()) }
    }

    fn put_tail(&mut self, crc: &mut crc32fast::Hasher, bytes: &[u8]) -> Result<(), DedupError> {
        crc.update(bytes);
        self.out.extend_from_slice(bytes);
        if self.out.len() >= CHUNK_BYTES { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> Result<(), DedupError> {
        self.file.write_all(&self.out).map_err(DedupError::io("write", &self.path))?;
        self.out.clear();
        Ok(())
    }
}

fn read(file: &dyn ReadFile, path: &Path, buffer: &mut [u8], offset: u64) -> Result<(), DedupError> {
    file.read_exact_at(buffer, offset).map_err(|error| match error.kind() {
        ErrorKind::UnexpectedEof => DedupError::Corrupt { path: path.to_owned(), detail: "cut short".to_owned() },
        _ => DedupError::Io { action: "read", path: path.to_owned(), source: error },
    })
}
