//! A jar: a zip whose bytes follow from its entries alone.

use crate::GeneratedFile;
use crate::zip::{Attributes, ZipError, zip};

/// The zip of the files: the manifest first, the others by their paths.
///
/// # Errors
/// More than the format can say.
pub(super) fn jar(manifest: &str, files: &[GeneratedFile]) -> Result<Vec<u8>, ZipError> {
    let mut sorted: Vec<(&str, &[u8])> = files.iter().map(|file| (&*file.path, &*file.bytes)).collect();
    sorted.sort_unstable();
    sorted.insert(0, ("META-INF/MANIFEST.MF", manifest.as_bytes()));
    zip(sorted.into_iter().map(|(path, bytes)| (path.to_owned(), bytes)), Attributes::None)
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
