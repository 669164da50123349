//! A ZIP archive (APPNOTE 6.3) whose bytes follow from its entries alone: no times, no attributes but the mode.

use std::io::Write;

use flate2::write::DeflateEncoder;
use flate2::{Compression, Crc};

use super::PublishError;

/// 1980-01-01, the first day that the format knows.
const DATE: u16 = 1 << 5 | 1;

/// A regular file that all may read.
const MODE: u32 = 0o100_644 << 16;

/// An archive of named bytes, in the order given.
pub(super) fn archive<'a>(entries: impl Iterator<Item = (String, &'a [u8])>) -> Result<Vec<u8>, PublishError> {
    let (mut out, mut directory, mut count) = (Vec::new(), Vec::new(), 0u16);
    for (name, bytes) in entries {
        let start = size(out.len())?;
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
        let packed = encoder.write_all(bytes).and_then(|()| encoder.finish()).map_err(PublishError::Compress)?;
        let mut crc = Crc::new();
        crc.update(bytes);
        let mut shared = Vec::new();
        // Made by version 2.0, names in UTF-8, deflated, at midnight.
        put16(&mut shared, &[20, 1 << 11, 8, 0, DATE]);
        put32(&mut shared, &[crc.sum(), size(packed.len())?, size(bytes.len())?]);
        put16(&mut shared, &[u16::try_from(name.len()).map_err(|_| PublishError::TooLarge)?, 0]);
        put32(&mut out, &[0x0403_4b50]);
        out.extend(&shared);
        out.extend(name.as_bytes());
        out.extend(packed);
        put32(&mut directory, &[0x0201_4b50]);
        // Made on Unix.
        put16(&mut directory, &[3 << 8 | 20]);
        directory.extend(shared);
        put16(&mut directory, &[0, 0, 0]);
        put32(&mut directory, &[MODE, start]);
        directory.extend(name.as_bytes());
        count = count.checked_add(1).ok_or(PublishError::TooLarge)?;
    }
    let (start, length) = (size(out.len())?, size(directory.len())?);
    out.extend(directory);
    put32(&mut out, &[0x0605_4b50]);
    put16(&mut out, &[0, 0, count, count]);
    put32(&mut out, &[length, start]);
    put16(&mut out, &[0]);
    Ok(out)
}

fn size(length: usize) -> Result<u32, PublishError> {
    u32::try_from(length).map_err(|_| PublishError::TooLarge)
}

fn put16(out: &mut Vec<u8>, numbers: &[u16]) {
    out.extend(numbers.iter().flat_map(|number| number.to_le_bytes()));
}

fn put32(out: &mut Vec<u8>, numbers: &[u32]) {
    out.extend(numbers.iter().flat_map(|number| number.to_le_bytes()));
}
