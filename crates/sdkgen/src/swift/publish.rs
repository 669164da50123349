//! A package as a folder that any web server can hand out.
//!
//! ```text
//!   judi-events.git/              .package(url: "https://example.com/swift/judi-events.git", from: "1.0.0")
//!   judi-events-1.0.0.zip         the package as an archive, …
//!   judi-events-1.0.0.zip.sha256  … and its sum
//! ```

use super::{Names, git};
use crate::GeneratedFile;
use crate::digest::{hex, sha256};
use crate::library::Library;
use crate::zip::{Attributes, ZipError, zip};

/// Why a package could not be published.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// The version is none.
    #[error("{0:?} is no version: it must be major.minor.patch")]
    Version(String),
    /// An archive holds at most 65,535 files and 4 GiB.
    #[error("the package is too large for an archive")]
    TooLarge,
    /// Writing to memory failed.
    #[error("cannot compress: {0}")]
    Compress(std::io::Error),
}

impl From<ZipError> for PublishError {
    fn from(error: ZipError) -> Self {
        match error {
            ZipError::TooLarge => Self::TooLarge,
            ZipError::Compress(error) => Self::Compress(error),
        }
    }
}

/// The files of one version, for the folder of all versions. Where the folder has a file already, [`merged`] says what
/// it is to be.
///
/// # Errors
/// A version that Swift would not take, or a package that no archive can hold.
pub fn publish(library: &Library, names: &Names, files: &[GeneratedFile]) -> Result<Vec<GeneratedFile>, PublishError> {
    let version = &library.semver;
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|it| it.is_ascii_digit());
    if version.split('.').count() != 3 || !version.split('.').all(is_number) {
        return Err(PublishError::Version(version.clone()));
    }
    let package = &names.package;
    let message = format!("{package} {version}\n\nSchema version {}, {}.", library.version, library.fingerprint);
    let mut out = git::repository(&format!("{package}.git"), version, &message, files)?;
    let name = format!("{package}-{version}");
    let archive =
        zip(files.iter().map(|file| (format!("{name}/{}", file.path), file.bytes.as_slice())), Attributes::Readable)?;
    let sum = format!("{}  {name}.zip\n", hex(&sha256(&archive)));
    out.push(GeneratedFile { path: format!("{name}.zip"), bytes: archive });
    out.push(GeneratedFile { path: format!("{name}.zip.sha256"), bytes: sum.into_bytes() });
    out.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(out)
}

/// What a file of the folder is to be where it is there already: the list of versions has those of before too.
#[must_use]
pub fn merged(path: &str, before: &[u8], now: &[u8]) -> Vec<u8> {
    if !path.ends_with(".git/info/refs") {
        return now.to_vec();
    }
    git::merged_refs(&String::from_utf8_lossy(before), &String::from_utf8_lossy(now)).into_bytes()
}
