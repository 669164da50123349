//! A ZIP archive (APPNOTE 6.3) whose bytes follow from its entries alone: no times, compressed, names in UTF-8.

use std::io::Write;

use flate2::write::DeflateEncoder;
use flate2::{Compression, Crc};

/// 1980-01-01, the first day that the format knows.
const DATE: u16 = 1 << 5 | 1;
/// What a reader has to understand: 2.0, deflate.
const VERSION: u16 = 20;
const UNIX: u16 = 3 << 8;
const UTF8: u16 = 1 << 11;
const DEFLATED: u16 = 8;
/// A regular file that all may read.
const MODE: u32 = 0o100_644 << 16;

/// What an archive says of its entries beside their bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Attributes {
    /// Nothing.
    None,
    /// That they are files that all may read, as on Unix.
    Readable,
}

/// An archive cannot be made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ZipError {
    /// It holds at most 65,535 files and 4 GiB.
    #[error("it is too large for a zip archive")]
    TooLarge,
    /// Writing to memory failed.
    #[error(transparent)]
    Compress(#[from] std::io::Error),
}

/// An archive of named bytes, in the order given.
pub(crate) fn zip<'a>(
    entries: impl IntoIterator<Item = (String, &'a [u8])>,
    attributes: Attributes,
) -> Result<Vec<u8>, ZipError> {
    let (made_by, mode) = match attributes {
        Attributes::None => (VERSION, 0),
        Attributes::Readable => (UNIX | VERSION, MODE),
    };
    let (mut out, mut directory, mut count) = (Vec::new(), Vec::new(), 0_u16);
    for (name, bytes) in entries {
        let start = size(out.len())?;
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(bytes)?;
        let packed = encoder.finish()?;
        let mut crc = Crc::new();
        crc.update(bytes);
        let mut shared = Vec::new();
        // At midnight.
        put16(&mut shared, &[VERSION, UTF8, DEFLATED, 0, DATE]);
        put32(&mut shared, &[crc.sum(), size(packed.len())?, size(bytes.len())?]);
        put16(&mut shared, &[u16::try_from(name.len()).map_err(|_| ZipError::TooLarge)?, 0]);
        put32(&mut out, &[0x0403_4b50]);
        out.extend(&shared);
        out.extend(name.as_bytes());
        out.extend(packed);
        put32(&mut directory, &[0x0201_4b50]);
        put16(&mut directory, &[made_by]);
        directory.extend(shared);
        // No comment, the first disk, no attributes of the format's own.
        put16(&mut directory, &[0, 0, 0]);
        put32(&mut directory, &[mode, start]);
        directory.extend(name.as_bytes());
        count = count.checked_add(1).ok_or(ZipError::TooLarge)?;
    }
    let (start, length) = (size(out.len())?, size(directory.len())?);
    out.extend(directory);
    put32(&mut out, &[0x0605_4b50]);
    put16(&mut out, &[0, 0, count, count]);
    put32(&mut out, &[length, start]);
    put16(&mut out, &[0]);
    Ok(out)
}

fn size(length: usize) -> Result<u32, ZipError> {
    u32::try_from(length).map_err(|_| ZipError::TooLarge)
}

fn put16(out: &mut Vec<u8>, numbers: &[u16]) {
    out.extend(numbers.iter().flat_map(|number| number.to_le_bytes()));
}

fn put32(out: &mut Vec<u8>, numbers: &[u32]) {
    out.extend(numbers.iter().flat_map(|number| number.to_le_bytes()));
}
