//! A registry that npm can install from, as plain files: `<name>` says which versions there are, and
//! `-/<name>-<version>.tgz` is one of them: no file server has a file and a folder of one name. The same package gives
//! the same bytes.

use std::io::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::{Compression, GzBuilder};
use sha2::{Digest as _, Sha512};

use super::{Names, file, package};
use crate::GeneratedFile;
use crate::digest::{hex, sha1};
use crate::library::Library;

/// Why no registry can be written: the caller's package.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// npm's archives have room for 100 bytes of a path.
    #[error("the path {path:?} of the package is longer than 100 bytes")]
    PathTooLong {
        /// Which.
        path: String,
    },
    /// Compression failed.
    #[error("the archive cannot be compressed: {0}")]
    Compression(#[from] std::io::Error),
}

/// The registry's files for one version.
///
/// # Errors
/// [`PublishError`] where a file of the package has no place in an archive.
pub fn publish(library: &Library, names: &Names, files: &[GeneratedFile]) -> Result<Vec<GeneratedFile>, PublishError> {
    let archive = compressed(&archive(files)?)?;
    let path = format!("-/{}-{}.tgz", names.package, library.semver);
    let integrity = format!("sha512-{}", STANDARD.encode(Sha512::digest(&archive)));
    // For older npm; what npm trusts is the SHA-512 beside it.
    let shasum = hex(&sha1(&archive));
    let index = format!(
        "{{\n  \"name\": \"{name}\",\n  \"description\": \"{description}\",\n  \"dist-tags\": {{\n    \"latest\": \"{version}\"\n  }},\n  \
         \"versions\": {{\n    \"{version}\": {{\n      \"name\": \"{name}\",\n      \"version\": \"{version}\",\n      \
         \"description\": \"{description}\",\n      \"engines\": {{\n        \"node\": \">=20\"\n      }},\n      \"dist\": {{\n        \
         \"integrity\": \"{integrity}\",\n        \"shasum\": \"{shasum}\",\n        \"tarball\": \"{base}/{path}\"\n      }}\n    }}\n  }}\n}}\n",
        name = names.package,
        description = package::description(library),
        version = library.semver,
        base = names.base_url.trim_end_matches('/'),
    );
    Ok(vec![file(names.package.clone(), index), GeneratedFile { path, bytes: archive }])
}

/// A tar archive of the files, sorted, without times or owners.
fn archive(files: &[GeneratedFile]) -> Result<Vec<u8>, PublishError> {
    let mut sorted: Vec<&GeneratedFile> = files.iter().collect();
    sorted.sort_by(|one, other| one.path.cmp(&other.path));
    let mut out = Vec::new();
    for file in sorted {
        let path = format!("package/{}", file.path);
        if path.len() > 100 {
            return Err(PublishError::PathTooLong { path });
        }
        out.extend(entry(&path, file.bytes.len()));
        out.extend(&file.bytes);
        out.resize(out.len().next_multiple_of(512), 0);
    }
    out.resize(out.len() + 1024, 0);
    Ok(out)
}

/// The header of a file in ustar's form. Its time is npm's own for packages: 1985-10-26.
fn entry(path: &str, size: usize) -> Vec<u8> {
    let mut header = Vec::with_capacity(512);
    let mut put = |text: String, width: usize| {
        let end = header.len() + width;
        header.extend(text.into_bytes());
        header.resize(end, 0);
    };
    put(path.into(), 100);
    put("0000644\0".into(), 8);
    put("0000000\0".into(), 8);
    put("0000000\0".into(), 8);
    put(format!("{size:011o}\0"), 12);
    put("03560116604\0".into(), 12);
    put("        ".into(), 8);
    put("0".into(), 1);
    put(String::new(), 100);
    put("ustar\0".into(), 6);
    put("00".into(), 2);
    put(String::new(), 64);
    put("0000000\0".into(), 8);
    put("0000000\0".into(), 8);
    put(String::new(), 167);
    let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
    let sum = format!("{sum:06o}\0 ").into_bytes();
    header.splice(148..156, sum);
    header
}

fn compressed(bytes: &[u8]) -> Result<Vec<u8>, PublishError> {
    let mut encoder = GzBuilder::new().mtime(0).operating_system(255).write(Vec::new(), Compression::best());
    encoder.write_all(bytes)?;
    Ok(encoder.finish()?)
}

#[cfg(test)]
mod tests;
