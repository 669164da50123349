//! A module as a module proxy serves it, in plain files: what `GOPROXY=http://…` or `GOPROXY=file:///…` needs.
//!
//! | file | |
//! |---|---|
//! | `MODULE/@v/list` | the versions, a line each |
//! | `MODULE/@v/v1.2.3.info`, `.mod`, `.zip` | one version |
//! | `MODULE/@latest` | the newest version's info |
//!
//! Capital letters of a module's path are written `!x`, as <https://go.dev/ref/mod#goproxy-protocol> says.

use super::{Names, file};
use crate::GeneratedFile;
use crate::library::Library;
use crate::zip::{Attributes, zip};

/// Why a module cannot be published.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PublishError {
    /// The version is not one that Go knows.
    #[error("{0:?} is no version of the form major.minor.patch")]
    Version(String),
    /// The module's path is not one that Go takes.
    #[error("{module:?} is no path of a Go module: {why}")]
    Module {
        /// The path.
        module: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// The module is larger than its container can say.
    #[error("the module is too large for a zip archive")]
    TooLarge,
}

/// The files of a module proxy for one version, relative to the proxy's root.
///
/// # Errors
/// [`PublishError`] where Go would refuse the module's path or version.
pub fn publish(library: &Library, names: &Names, files: &[GeneratedFile]) -> Result<Vec<GeneratedFile>, PublishError> {
    publish_beside(library, names, files, "")
}

/// As [`publish`], into a folder in which other versions may lie: `list` is the text of its `@v/list`.
///
/// # Errors
/// As of [`publish`].
pub fn publish_beside(
    library: &Library,
    names: &Names,
    files: &[GeneratedFile],
    list: &str,
) -> Result<Vec<GeneratedFile>, PublishError> {
    let own = numbers(&library.semver).ok_or_else(|| PublishError::Version(library.semver.clone()))?;
    let module = names.module_path(library);
    check(&module)?;
    let prefix = format!("{module}@v{}/", library.semver);
    let mut entries: Vec<(String, &[u8])> =
        files.iter().map(|it| (format!("{prefix}{}", it.path), it.bytes.as_slice())).collect();
    entries.sort();
    let archive = zip(entries, Attributes::None).map_err(|_| PublishError::TooLarge)?;
    let module_file = files.iter().find(|it| it.path == "go.mod").map(|it| it.bytes.clone()).unwrap_or_default();

    let mut versions: Vec<[u64; 3]> = list.lines().filter_map(|line| numbers(line.strip_prefix('v')?)).collect();
    versions.push(own);
    versions.sort_unstable();
    versions.dedup();
    let text = |[major, minor, patch]: &[u64; 3]| format!("v{major}.{minor}.{patch}");
    let latest = versions.last().map(text).unwrap_or_default();
    let lines: String = versions.iter().map(|version| text(version) + "\n").collect();

    let root = escaped(&module);
    let place = format!("{root}/@v/{}", text(&own));
    let info = |version: &str| format!("{{\"Version\":\"{version}\"}}\n").into_bytes();
    Ok(vec![
        file(&format!("{root}/@latest"), info(&latest)),
        file(&format!("{root}/@v/list"), lines.into_bytes()),
        file(&format!("{place}.info"), info(&text(&own))),
        file(&format!("{place}.mod"), module_file),
        file(&format!("{place}.zip"), archive),
    ])
}

/// The major version; 0 where it is none.
pub(super) fn major(semver: &str) -> u64 {
    numbers(semver).map_or(0, |[major, ..]| major)
}

fn numbers(semver: &str) -> Option<[u64; 3]> {
    let parts: Vec<u64> = semver.split('.').map(str::parse).collect::<Result<_, _>>().ok()?;
    parts.try_into().ok()
}

/// What Go asks of a module's path that is fetched from a proxy.
fn check(module: &str) -> Result<(), PublishError> {
    let refuse = |why| Err(PublishError::Module { module: module.to_owned(), why });
    let first = module.split('/').next().unwrap_or_default();
    if !first.contains('.') {
        return refuse("its first part has to be a domain, with a dot in it");
    }
    let is_domain = |it: char| it.is_ascii_lowercase() || it.is_ascii_digit() || it == '-' || it == '.';
    if first.starts_with('-') || !first.chars().all(is_domain) {
        return refuse("its first part has to be a domain in lower case");
    }
    let is_allowed = |it: char| it.is_ascii_alphanumeric() || "-._~/".contains(it);
    if !module.chars().all(is_allowed) {
        return refuse("only letters, digits, and - . _ ~ may be in it");
    }
    if module.split('/').any(|part| part.is_empty() || part.starts_with('.') || part.ends_with('.')) {
        return refuse("no part of it may be empty, or begin or end with a dot");
    }
    Ok(())
}

/// Capital letters as `!x`: file systems may not tell them apart.
fn escaped(module: &str) -> String {
    let letters = module.chars().map(|letter| {
        if letter.is_ascii_uppercase() { format!("!{}", letter.to_ascii_lowercase()) } else { letter.into() }
    });
    letters.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn library(semver: &str) -> Library {
        let mut library = super::super::tests::newsroom();
        library.semver = semver.into();
        library
    }

    fn names(module: &str) -> Names {
        Names { module: module.into(), ..Names::of_project("newsroom") }
    }

    #[test]
    fn a_version_is_laid_out_as_a_proxy_serves_it_and_keeps_those_before_it() {
        let (library, names) = (library("2.1.0"), names("example.org/News/events"));
        let files = super::super::generate(&library, &names);
        let published = publish_beside(&library, &names, &files, "v2.0.9\nv2.0.10\n").unwrap();
        assert_eq!(published, publish_beside(&library, &names, &files, "v2.0.10\nv2.0.9\nv2.1.0\n").unwrap());
        let root = "example.org/!news/events/v2";
        let paths: Vec<&str> = published.iter().map(|file| file.path.as_str()).collect();
        let wanted = ["@latest", "@v/list", "@v/v2.1.0.info", "@v/v2.1.0.mod", "@v/v2.1.0.zip"];
        assert_eq!(paths, wanted.map(|path| format!("{root}/{path}")));
        assert_eq!(published[1].bytes, b"v2.0.9\nv2.0.10\nv2.1.0\n");
        assert_eq!(published[0].bytes, b"{\"Version\":\"v2.1.0\"}\n");
        assert!(published[3].bytes.starts_with(b"module example.org/News/events/v2\n"));
        let name = b"example.org/News/events/v2@v2.1.0/README.m";
        assert!(published[4].bytes.windows(name.len()).any(|it| it == name));
    }

    #[test]
    fn what_go_would_refuse_is_told_before_it_is_published() {
        let refused = |module: &str| publish(&library("1.0.0"), &names(module), &[]).is_err();
        assert!(
            ["events", "Example.org/a", "example.org//a", "example.org/a b", "example.org/.a"].into_iter().all(refused)
        );
        assert_eq!(publish(&library("1.0"), &names("example.org/a"), &[]), Err(PublishError::Version("1.0".into())));
    }
}
