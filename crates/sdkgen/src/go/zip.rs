//! Zip archives whose bytes follow from their entries alone: sorted by name, at the format's first moment.

use std::io::Write;

use flate2::write::DeflateEncoder;
use flate2::{Compression, Crc};

/// 1980-01-01, the first day that the format can say.
const DATE: u16 = 0x21;
const DEFLATED: u16 = 8;
/// What a reader has to understand: 2.0, deflate.
const VERSION: u16 = 20;
/// Names are UTF-8.
const FLAGS: u16 = 0x0800;

/// An archive of these files; `None` where it would be larger than the format without extensions can say.
pub(super) fn zip(mut entries: Vec<(String, &[u8])>) -> Option<Vec<u8>> {
    entries.sort();
    let mut archive = Vec::new();
    let mut directory = Vec::new();
    for (name, bytes) in &entries {
        let offset = u32::try_from(archive.len()).ok()?;
        let mut deflate = DeflateEncoder::new(Vec::new(), Compression::best());
        deflate.write_all(bytes).ok()?;
        let packed = deflate.finish().ok()?;
        let mut crc = Crc::new();
        crc.update(bytes);

        let mut about = Vec::new();
        for word in [VERSION, FLAGS, DEFLATED, 0, DATE] {
            about.extend(word.to_le_bytes());
        }
        for word in [crc.sum(), u32::try_from(packed.len()).ok()?, u32::try_from(bytes.len()).ok()?] {
            about.extend(word.to_le_bytes());
        }
        about.extend(u16::try_from(name.len()).ok()?.to_le_bytes());
        about.extend(0_u16.to_le_bytes());

        archive.extend(b"PK\x03\x04");
        archive.extend(&about);
        archive.extend(name.as_bytes());
        archive.extend(&packed);

        directory.extend(b"PK\x01\x02");
        directory.extend(VERSION.to_le_bytes());
        directory.extend(&about);
        // No comment, the first disk, no attributes.
        directory.extend([0; 10]);
        directory.extend(offset.to_le_bytes());
        directory.extend(name.as_bytes());
    }
    let count = u16::try_from(entries.len()).ok()?;
    let (start, length) = (u32::try_from(archive.len()).ok()?, u32::try_from(directory.len()).ok()?);
    archive.extend(&directory);
    archive.extend(b"PK\x05\x06\0\0\0\0");
    archive.extend(count.to_le_bytes());
    archive.extend(count.to_le_bytes());
    archive.extend(length.to_le_bytes());
    archive.extend(start.to_le_bytes());
    archive.extend([0; 2]);
    Some(archive)
}
