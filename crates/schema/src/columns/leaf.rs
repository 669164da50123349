//! Vectors of one column: values with validity, and text or bytes with offsets.
//!
//! A row is written by its number: what lies between the last written row and this one becomes NULL then, not
//! before. So a NULL costs nothing until something follows it, and a column that nobody writes costs nothing at all.

use std::mem::take;

use arrow::buffer::{BooleanBuffer, NullBuffer};

/// Which rows hold a value. Bits exist from the first NULL on.
#[derive(Debug, Default)]
pub(super) struct Validity {
    len: usize,
    has_nulls: bool,
    /// One bit a row where there are NULLs; rows beyond its end are NULL, and bits beyond `len` are zero.
    bits: Vec<u8>,
}

impl Validity {
    /// How many rows are decided.
    #[inline]
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Makes `row` valid and all undecided rows before it NULL; whether it was undecided. A row is decided once: a
    /// second value would shift all that follow.
    #[inline(always)]
    pub(super) fn set(&mut self, row: usize) -> bool {
        if self.len == row && !self.has_nulls {
            self.len = row + 1;
            return true;
        }
        self.set_among_nulls(row)
    }

    // Out of line, so that the case without NULLs is small enough to be in line everywhere.
    #[inline(never)]
    fn set_among_nulls(&mut self, row: usize) -> bool {
        debug_assert!(self.len <= row, "row {row} is decided already, {} are", self.len);
        if self.len > row {
            return false;
        }
        self.pad(row);
        if self.has_nulls {
            let byte = row / 8;
            if self.bits.len() <= byte {
                self.bits.resize(byte + 1, 0);
            }
            self.bits[byte] |= 1 << (row % 8);
        }
        self.len = row + 1;
        true
    }

    /// Makes all undecided rows before `row` NULL.
    #[inline]
    fn pad(&mut self, row: usize) {
        if self.len >= row {
            return;
        }
        if !self.has_nulls {
            self.has_nulls = true;
            self.bits.clear();
            self.bits.resize(self.len / 8, 0xff);
            self.bits.push((1 << (self.len % 8)) - 1);
        }
        self.len = row;
    }

    /// Whether a row holds a value.
    #[inline]
    pub(super) fn is_valid(&self, row: usize) -> bool {
        row < self.len && (!self.has_nulls || self.bits.get(row / 8).is_some_and(|byte| byte >> (row % 8) & 1 == 1))
    }

    /// Forgets the rows from `len` on.
    pub(super) fn truncate(&mut self, len: usize) {
        if len >= self.len {
            return;
        }
        self.len = len;
        self.bits.truncate(len.div_ceil(8));
        if let Some(last) = self.bits.get_mut(len / 8) {
            *last &= (1 << (len % 8)) - 1;
        }
    }

    /// The rows so far, up to `len`; empty afterwards.
    pub(super) fn finish(&mut self, len: usize) -> Option<NullBuffer> {
        self.pad(len);
        let Self { has_nulls, mut bits, .. } = take(self);
        if !has_nulls {
            return None;
        }
        bits.resize(len.div_ceil(8), 0);
        Some(NullBuffer::new(BooleanBuffer::new(bits.into(), 0, len)))
    }

    /// Allocated bytes.
    pub(super) fn memory_bytes(&self) -> usize {
        self.bits.capacity()
    }
}

/// A column of values of one fixed size.
#[derive(Debug, Default)]
pub(super) struct Values<T> {
    values: Vec<T>,
    validity: Validity,
    /// How many rows the batch before had.
    rows_before: usize,
}

impl<T: Copy + Default> Values<T> {
    /// How many rows are decided.
    pub(super) fn len(&self) -> usize {
        self.values.len()
    }

    /// Writes `row`.
    #[inline(always)]
    pub(super) fn put(&mut self, row: usize, value: T) {
        if !self.validity.set(row) {
            return;
        }
        if self.values.len() < row || self.values.capacity() == 0 {
            self.pad(row);
        }
        self.values.push(value);
    }

    /// Forgets the rows from `len` on.
    pub(super) fn truncate(&mut self, len: usize) {
        self.values.truncate(len);
        self.validity.truncate(len);
    }

    #[cold]
    fn pad(&mut self, row: usize) {
        if self.values.capacity() == 0 {
            self.values.reserve(self.rows_before);
        }
        self.values.resize(row, T::default());
    }

    /// The rows so far, up to `len`; empty afterwards.
    pub(super) fn finish(&mut self, len: usize) -> (Vec<T>, Option<NullBuffer>) {
        self.rows_before = len;
        self.values.resize(len, T::default());
        (take(&mut self.values), self.validity.finish(len))
    }

    /// Allocated bytes.
    pub(super) fn memory_bytes(&self) -> usize {
        self.values.capacity() * size_of::<T>() + self.validity.memory_bytes()
    }
}

/// A column of text or bytes.
///
/// Offsets are Arrow's, 32 bits and signed. One that does not fit stands at the maximum, which [`Texts::finish`]
/// tells by the length of the bytes.
#[derive(Debug, Default)]
pub(super) struct Texts {
    bytes: Vec<u8>,
    /// Where each row ends.
    ends: Vec<i32>,
    validity: Validity,
    /// How many rows and bytes the batch before had.
    before: (usize, usize),
}

impl Texts {
    /// How many rows are decided.
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// Writes `row`.
    #[inline(always)]
    pub(super) fn put(&mut self, row: usize, value: &[u8]) {
        if !self.validity.set(row) {
            return;
        }
        if self.ends.len() < row || self.ends.capacity() == 0 {
            self.pad(row);
        }
        self.bytes.extend_from_slice(value);
        self.ends.push(self.end());
    }

    #[cold]
    fn pad(&mut self, row: usize) {
        if self.ends.capacity() == 0 {
            self.ends.reserve(self.before.0);
            self.bytes.reserve(self.before.1);
        }
        self.ends.resize(row, self.end());
    }

    /// Writes what the row before has, a value or NULL, to `row`.
    #[inline]
    pub(super) fn repeat_previous(&mut self, row: usize) {
        let Some(previous) = row.checked_sub(1) else { return };
        if !self.validity.is_valid(previous) {
            return;
        }
        let start = previous.checked_sub(1).map_or(0, |before| self.ends[before]);
        let start = usize::try_from(start).unwrap_or(self.bytes.len());
        if !self.validity.set(row) {
            return;
        }
        self.bytes.extend_from_within(start..);
        self.ends.push(self.end());
    }

    /// Forgets the rows from `len` on.
    pub(super) fn truncate(&mut self, len: usize) {
        if len < self.ends.len() {
            self.ends.truncate(len);
            let end = self.ends.last().copied().unwrap_or(0);
            self.bytes.truncate(usize::try_from(end).unwrap_or(0));
            self.validity.truncate(len);
        }
    }

    /// Bytes, offsets (one more than rows) and validity of the rows so far, up to `len`; `None` where the offsets
    /// do not reach. Empty afterwards.
    pub(super) fn finish(&mut self, len: usize) -> Option<(Vec<u8>, Vec<i32>, Option<NullBuffer>)> {
        let end = self.end();
        let bytes = take(&mut self.bytes);
        self.before = (len, bytes.len());
        let mut offsets = Vec::with_capacity(len + 1);
        offsets.push(0);
        offsets.extend_from_slice(&take(&mut self.ends));
        offsets.resize(len + 1, end);
        let validity = self.validity.finish(len);
        i32::try_from(bytes.len()).is_ok().then_some((bytes, offsets, validity))
    }

    /// Allocated bytes.
    pub(super) fn memory_bytes(&self) -> usize {
        self.bytes.capacity() + self.ends.capacity() * size_of::<i32>() + self.validity.memory_bytes()
    }

    #[inline]
    fn end(&self) -> i32 {
        i32::try_from(self.bytes.len()).unwrap_or(i32::MAX)
    }
}
