//! What rows are, whatever files hold them: a hash of a set of rows that neither their order, nor how they are cut into
//! files, nor the files' encoding changes, and that every changed cell does.
//!
//! ```text
//!   row ──► cells that are not NULL, by column name ──► BLAKE3, keyed by the partition ──► 256 bits
//!   rows ─► sum of their hashes modulo 2^256, and their number
//! ```
//!
//! A sum, so that the hash of files together is the sum of theirs, and so that equal rows do not cancel out as they would
//! under XOR. A cell that is NULL is left out, so a column or nested field that came later changes no older row. Whoever
//! keeps a partition's content hash (a build record does) can tell years later whether the rows are still the same ones;
//! that files were compacted meanwhile is not to be seen.
//!
//! Each file's hash stands in the log, as a tag of its `add`. It is taken while the rows are written, and what a
//! compaction writes has to have the sum of its inputs before it is committed.

mod encode;

use std::fmt;
use std::iter::Sum;
use std::ops::AddAssign;

use arrow::array::ArrayRef;
use arrow::datatypes::Schema;

use crate::error::TableError;
use crate::snapshot::DataFile;
use crate::wire::PartitionValues;
use encode::Record;

/// The tag of a file that holds its [`ContentHash`].
pub(crate) const CONTENT_TAG: &str = "judi.content";

/// Begins the tag's text: how rows are encoded and hashed. Another encoding gets another number.
const ENCODING: &str = "1";

/// What a partition's key is derived under (BLAKE3, `derive_key`).
const KEY_CONTEXT: &str = "judi 2026-01 content hash of a table's rows, encoding 1";

/// Bytes that a row's buffer begins with; most rows have fewer.
const ROW_BYTES: usize = 1024;

/// The hash of a set of rows (with multiplicity); see the [module](self).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ContentHash {
    rows: u64,
    /// Least significant first.
    sum: [u64; 4],
}

impl ContentHash {
    /// How many rows there are.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.rows
    }

    fn add_row(&mut self, hash: &[u8; 32]) {
        let mut lanes = [0; 4];
        for (lane, bytes) in lanes.iter_mut().zip(hash.chunks_exact(8)) {
            *lane = bytes.first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes));
        }
        *self += Self { rows: 1, sum: lanes };
    }

    pub(crate) fn to_tag(self) -> String {
        format!("{ENCODING}:{self}")
    }

    /// `None` for a text of another encoding, or none at all.
    pub(crate) fn from_tag(text: &str) -> Option<Self> {
        let (rows, digits) = text.strip_prefix(ENCODING)?.strip_prefix(':')?.split_once('-')?;
        if digits.len() != 64 || !digits.is_ascii() {
            return None;
        }
        let mut sum = [0; 4];
        for (lane, at) in sum.iter_mut().rev().zip((0..64).step_by(16)) {
            *lane = u64::from_str_radix(digits.get(at..at + 16)?, 16).ok()?;
        }
        Some(Self { rows: rows.parse().ok()?, sum })
    }
}

/// The number of rows, and the sum in hexadecimal digits.
impl fmt::Display for ContentHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d] = self.sum;
        write!(f, "{}-{d:016x}{c:016x}{b:016x}{a:016x}", self.rows)
    }
}

impl AddAssign for ContentHash {
    fn add_assign(&mut self, other: Self) {
        let mut carry = false;
        for (lane, more) in self.sum.iter_mut().zip(other.sum) {
            let (sum, over) = lane.overflowing_add(more);
            let (sum, again) = sum.overflowing_add(u64::from(carry));
            (*lane, carry) = (sum, over || again);
        }
        self.rows = self.rows.wrapping_add(other.rows);
    }
}

impl Sum for ContentHash {
    fn sum<I: Iterator<Item = Self>>(hashes: I) -> Self {
        hashes.fold(Self::default(), |mut sum, hash| {
            sum += hash;
            sum
        })
    }
}

impl DataFile {
    /// The hash of the file's rows, as its writer took it; `None` where it took none (files of other writers).
    #[must_use]
    pub fn content_hash(&self) -> Option<ContentHash> {
        self.tags.get(CONTENT_TAG)?.as_deref().and_then(ContentHash::from_tag)
    }
}

/// Takes the hash of the rows of one partition, chunk by chunk.
#[derive(Debug)]
pub(crate) struct RowHasher {
    /// Names, and places in a chunk, in order of the names.
    columns: Vec<(String, usize)>,
    key: [u8; 32],
    row: Vec<u8>,
    content: ContentHash,
}

impl RowHasher {
    /// For chunks of `stored`, which has no partition columns, in the partition of these values.
    pub(crate) fn new(stored: &Schema, partition: &PartitionValues) -> Self {
        let mut columns: Vec<(String, usize)> =
            stored.fields().iter().map(|field| field.name().clone()).zip(0..).collect();
        columns.sort_unstable();
        let row = Vec::with_capacity(ROW_BYTES);
        Self { columns, key: partition_key(partition), row, content: ContentHash::default() }
    }

    /// Adds `rows` rows, column by column.
    ///
    /// # Errors
    /// [`TableError::Internal`] for a type that no table has.
    pub(crate) fn update(&mut self, chunk: &[ArrayRef], rows: usize) -> Result<(), TableError> {
        let named = self.columns.iter().filter_map(|(name, index)| Some((name.as_str(), chunk.get(*index)?)));
        let mut record = Record::of(named)?;
        for row in 0..rows {
            self.row.clear();
            record.append(row, &mut self.row);
            self.content.add_row(blake3::keyed_hash(&self.key, &self.row).as_bytes());
        }
        Ok(())
    }

    pub(crate) fn finish(self) -> ContentHash {
        self.content
    }
}

/// Rows of different partitions differ, though files do not hold the partition's values.
fn partition_key(partition: &PartitionValues) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new_derive_key(KEY_CONTEXT);
    let mut part = |bytes: &[u8]| {
        hasher.update(&(bytes.len() as u64).to_le_bytes()).update(bytes);
    };
    for (column, value) in partition {
        part(column.as_bytes());
        match value {
            Some(value) => {
                part(&[1]);
                part(value.as_bytes());
            }
            None => part(&[0]),
        }
    }
    *hasher.finalize().as_bytes()
}

#[cfg(test)]
mod tests;
