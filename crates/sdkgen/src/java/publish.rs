//! A Maven repository as plain files: Maven and Gradle read it from a folder or from any web server.

use super::Names;
use super::jar::{jar, manifest};
use super::javac::{PublishError, classes};
use super::project::pom;
use crate::GeneratedFile;
use crate::digest::{hex, md5, sha1, sha256};
use crate::library::Library;
use crate::zip::ZipError;

/// Where sources lie in the package.
const SOURCES: &str = "src/main/java/";
/// Maven wants a moment; the same bytes each time want none that passes.
const UPDATED: &str = "19800101000000";

/// The repository's files for this version of the package. `published` are the versions that are there already, as
/// [`published`] reads them from the repository's `maven-metadata.xml`.
///
/// # Errors
/// [`PublishError`]: without a Java compiler there are no classes.
pub fn publish(
    library: &Library,
    names: &Names,
    files: &[GeneratedFile],
    published: &[String],
) -> Result<Vec<GeneratedFile>, PublishError> {
    let sources: Vec<GeneratedFile> = files
        .iter()
        .filter_map(|file| {
            let path = file.path.strip_prefix(SOURCES)?.to_owned();
            Some(GeneratedFile { path, bytes: file.bytes.clone() })
        })
        .collect();
    let classes = classes(&sources)?;
    repository(library, names, &sources, &classes, published)
        .map_err(|error| PublishError::Disk { path: "memory".into(), source: std::io::Error::other(error) })
}

/// The versions that a repository's `maven-metadata.xml` names.
#[must_use]
pub fn published(metadata: &str) -> Vec<String> {
    let versions = metadata.split("<version>").skip(1).filter_map(|rest| rest.split("</version>").next());
    versions.map(|version| version.trim().to_owned()).collect()
}

/// Where the repository's list of versions is.
#[must_use]
pub fn metadata_path(names: &Names) -> String {
    format!("{}/maven-metadata.xml", folder(names))
}

fn folder(names: &Names) -> String {
    format!("{}/{}", names.group.replace('.', "/"), names.artifact)
}

fn repository(
    library: &Library,
    names: &Names,
    sources: &[GeneratedFile],
    classes: &[GeneratedFile],
    published: &[String],
) -> Result<Vec<GeneratedFile>, ZipError> {
    let version = &library.semver;
    let number = library.version.to_string();
    let entries = [
        ("Automatic-Module-Name", &*names.package),
        ("Implementation-Title", &*names.artifact),
        ("Implementation-Version", version),
        ("Judi-Schema-Version", &number),
        ("Judi-Schema-Fingerprint", &library.fingerprint),
    ];
    let own = format!("{}/{version}/{}-{version}", folder(names), names.artifact);
    let manifest = manifest(&entries);
    let mut files = vec![
        (format!("{own}.jar"), jar(&manifest, classes)?),
        (format!("{own}-sources.jar"), jar(&manifest, sources)?),
        (format!("{own}.pom"), pom(library, names).into_bytes()),
        (metadata_path(names), metadata(library, names, published).into_bytes()),
    ];
    for at in 0..files.len() {
        let Some((path, bytes)) = files.get(at) else { continue };
        let sums = [("md5", hex(&md5(bytes))), ("sha1", hex(&sha1(bytes))), ("sha256", hex(&sha256(bytes)))];
        let sums = sums.map(|(kind, sum)| (format!("{path}.{kind}"), sum.into_bytes()));
        files.extend(sums);
    }
    files.sort();
    Ok(files.into_iter().map(|(path, bytes)| GeneratedFile { path, bytes }).collect())
}

fn metadata(library: &Library, names: &Names, published: &[String]) -> String {
    let mut versions: Vec<&str> = published.iter().map(|version| &**version).collect();
    versions.push(&library.semver);
    versions.sort_by_key(|version| numbers(version));
    versions.dedup();
    let latest = versions.last().copied().unwrap_or_default();
    let listed: String = versions.iter().map(|version| format!("      <version>{version}</version>\n")).collect();
    let Names { group, artifact, .. } = names;
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<metadata>
  <groupId>{group}</groupId>
  <artifactId>{artifact}</artifactId>
  <versioning>
    <latest>{latest}</latest>
    <release>{latest}</release>
    <versions>
{listed}    </versions>
    <lastUpdated>{UPDATED}</lastUpdated>
  </versioning>
</metadata>
"#
    )
}

fn numbers(version: &str) -> Vec<u64> {
    version.split('.').map(|part| part.parse().unwrap_or_default()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::java::tests::library;

    #[test]
    fn a_repository_has_each_file_with_its_sums_and_every_version() {
        let mut library = library();
        library.semver = "1.10.0".into();
        let names = Names { group: "se.example.data".into(), artifact: "events".into(), package: "se.example".into() };
        let class = GeneratedFile { path: "se/example/A.class".into(), bytes: b"class".into() };
        let before = published("<versions><version>1.9.2</version> <version>1.10.0</version></versions>");
        let files = repository(&library, &names, &[], &[class], &before).unwrap();
        let paths: Vec<&str> = files.iter().map(|file| &*file.path).filter(|path| !path.ends_with("256")).collect();
        let own = "se/example/data/events/1.10.0/events-1.10.0";
        for end in ["-sources.jar", ".jar", ".pom", ".jar.sha1", ".pom.md5"] {
            assert!(paths.contains(&&*format!("{own}{end}")), "{end}: {paths:?}");
        }
        let metadata = files.iter().find(|file| file.path == metadata_path(&names)).unwrap();
        let text = String::from_utf8(metadata.bytes.clone()).unwrap();
        assert_eq!(published(&text), ["1.9.2", "1.10.0"]);
        assert!(text.contains("<release>1.10.0</release>"));
    }
}
