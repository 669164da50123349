//! A jar: a zip whose bytes follow from its entries alone.

use std::io::Write;

use flate2::Compression;
use flate2::write::DeflateEncoder;

use crate::GeneratedFile;

/// 1980-01-01, the first day that a zip can say.
const DATE: u16 = 0x21;
/// Deflate, of version 2.0.
const VERSION: u16 = 20;
const DEFLATED: u16 = 8;
/// Names are UTF-8.
const FLAGS: u16 = 1 << 11;

/// The zip of the files: the manifest first, the others by their paths.
///
/// # Errors
/// None in practice: writing to memory.
pub(super) fn jar(manifest: &str, files: &[GeneratedFile]) -> std::io::Result<Vec<u8>> {
    let mut sorted: Vec<(&str, &[u8])> = files.iter().map(|file| (&*file.path, &*file.bytes)).collect();
    sorted.sort_unstable();
    let mut zip = Zip::default();
    zip.file("META-INF/MANIFEST.MF", manifest.as_bytes())?;
    for (path, bytes) in sorted {
        zip.file(path, bytes)?;
    }
    Ok(zip.done())
}

#[derive(Default)]
struct Zip {
    bytes: Vec<u8>,
    directory: Vec<u8>,
    count: u16,
}

impl Zip {
    fn file(&mut self, path: &str, content: &[u8]) -> std::io::Result<()> {
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(content)?;
        let packed = encoder.finish()?;
        let mut crc = flate2::Crc::new();
        crc.update(content);
        let mut common = Vec::new();
        for half in [VERSION, FLAGS, DEFLATED, 0, DATE] {
            common.extend(half.to_le_bytes());
        }
        for word in [crc.sum(), size(packed.len()), size(content.len())] {
            common.extend(word.to_le_bytes());
        }
        common.extend(half(path.len()).to_le_bytes());
        common.extend([0, 0]);
        let at = size(self.bytes.len());
        self.bytes.extend(b"PK\x03\x04");
        self.bytes.extend(&common);
        self.bytes.extend(path.as_bytes());
        self.bytes.extend(packed);
        self.directory.extend(b"PK\x01\x02");
        self.directory.extend(VERSION.to_le_bytes());
        self.directory.extend(&common);
        // No comment, on the first disk, no attributes.
        self.directory.extend([0; 10]);
        self.directory.extend(at.to_le_bytes());
        self.directory.extend(path.as_bytes());
        self.count += 1;
        Ok(())
    }

    fn done(mut self) -> Vec<u8> {
        let at = size(self.bytes.len());
        self.bytes.extend(&self.directory);
        self.bytes.extend(b"PK\x05\x06\0\0\0\0");
        self.bytes.extend(self.count.to_le_bytes());
        self.bytes.extend(self.count.to_le_bytes());
        self.bytes.extend(size(self.directory.len()).to_le_bytes());
        self.bytes.extend(at.to_le_bytes());
        self.bytes.extend([0, 0]);
        self.bytes
    }
}

/// A library of a schema is far below 4 GB.
fn size(bytes: usize) -> u32 {
    u32::try_from(bytes).unwrap_or(u32::MAX)
}

fn half(bytes: usize) -> u16 {
    u16::try_from(bytes).unwrap_or(u16::MAX)
}

/// A manifest: lines of at most 72 bytes, longer ones go on behind a space.
pub(super) fn manifest(entries: &[(&str, &str)]) -> String {
    let mut text = String::from("Manifest-Version: 1.0\r\n");
    for (name, value) in entries {
        let mut width = 0;
        for character in format!("{name}: {value}").chars() {
            if width + character.len_utf8() > 70 {
                text.push_str("\r\n ");
                width = 1;
            }
            text.push(character);
            width += character.len_utf8();
        }
        text.push_str("\r\n");
    }
    text.push_str("\r\n");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_files_in_any_order_are_the_same_jar() {
        let file = |path: &str| GeneratedFile { path: path.into(), bytes: path.as_bytes().into() };
        let one = jar("m", &[file("a"), file("b/c")]).unwrap();
        assert_eq!(one, jar("m", &[file("b/c"), file("a")]).unwrap());
        assert!(one.starts_with(b"PK\x03\x04"));
        let long = manifest(&[("Name", &"x".repeat(80))]);
        assert!(long.lines().all(|line| line.len() <= 72), "{long}");
        assert_eq!(long.replace("\r\n ", "").lines().nth(1).unwrap().len(), 86);
    }
}
