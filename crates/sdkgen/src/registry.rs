//! A registry's folder holds every version that was ever published. A version's own files never change; what lists the
//! versions gets one more line.

use serde_json::Value;

/// Whose folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Registry {
    /// npm's: an index and archives.
    Npm,
    /// A module proxy.
    Go,
    /// A Maven repository. Its list of versions comes with those that were there, from [`crate::java::publish`].
    Maven,
    /// Repositories and archives.
    Swift,
}

/// A file of the folder cannot be gone on from.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MergeError {
    /// A version's own file is there with other bytes.
    #[error("this version was published with other bytes")]
    Published,
    /// What lists the versions is not what this program writes.
    #[error("it is no list of versions: {0}")]
    Foreign(String),
}

/// What a file is to be that is there already as `before` and that the new version has as `now`.
///
/// # Errors
/// [`MergeError`]; nothing is to be written then.
pub fn merged(registry: Registry, path: &str, before: &[u8], now: &[u8]) -> Result<Vec<u8>, MergeError> {
    let is_list = match registry {
        Registry::Npm => !path.ends_with(".tgz"),
        Registry::Go => path.ends_with("/@v/list") || path.ends_with("/@latest"),
        Registry::Maven => path.contains("/maven-metadata.xml"),
        Registry::Swift => path.ends_with(".git/info/refs"),
    };
    match registry {
        _ if before == now => Ok(before.to_vec()),
        _ if !is_list => Err(MergeError::Published),
        Registry::Npm => npm_index(before, now),
        Registry::Go => go_list(path, before, now),
        Registry::Maven => Ok(now.to_vec()),
        Registry::Swift => Ok(crate::swift::merged(path, before, now)),
    }
}

/// A version as it sorts; what is none sorts first.
fn order(version: &str) -> [u64; 3] {
    let mut numbers = version.trim_start_matches('v').split('.').map(|part| part.parse().unwrap_or(0));
    std::array::from_fn(|_| numbers.next().unwrap_or(0))
}

fn npm_index(before: &[u8], now: &[u8]) -> Result<Vec<u8>, MergeError> {
    let foreign = |error: serde_json::Error| MergeError::Foreign(error.to_string());
    let old: Value = serde_json::from_slice(before).map_err(foreign)?;
    let mut index: Value = serde_json::from_slice(now).map_err(foreign)?;
    let known = old.get("versions").and_then(Value::as_object);
    let known = known.ok_or_else(|| MergeError::Foreign("it has no member versions".to_owned()))?;
    let Some(versions) = index.get_mut("versions").and_then(Value::as_object_mut) else {
        return Err(MergeError::Foreign("it has no member versions".to_owned()));
    };
    for (version, entry) in known {
        match versions.get(version) {
            // The address of the archives may be another one than it was.
            Some(new) if shasum(new) != shasum(entry) => return Err(MergeError::Published),
            Some(_) => {}
            None => drop(versions.insert(version.clone(), entry.clone())),
        }
    }
    let newest = versions.keys().max_by_key(|version| order(version)).cloned().unwrap_or_default();
    index["dist-tags"]["latest"] = newest.into();
    let mut text = serde_json::to_string_pretty(&index).map_err(foreign)?;
    text.push('\n');
    Ok(text.into_bytes())
}

fn shasum(entry: &Value) -> Option<&str> {
    entry.get("dist")?.get("shasum")?.as_str()
}

fn go_list(path: &str, before: &[u8], now: &[u8]) -> Result<Vec<u8>, MergeError> {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).map_err(|error| MergeError::Foreign(error.to_string()));
    let (before, now) = (text(before)?, text(now)?);
    if path.ends_with("/@latest") {
        let version = |text: &str| {
            let info: Value = serde_json::from_str(text).unwrap_or_default();
            order(info.get("Version").and_then(Value::as_str).unwrap_or_default())
        };
        return Ok(if version(&before) > version(&now) { before } else { now }.into_bytes());
    }
    let mut versions: Vec<&str> = before.lines().chain(now.lines()).filter(|line| !line.is_empty()).collect();
    versions.sort_unstable_by_key(|version| order(version));
    versions.dedup();
    Ok(versions.iter().map(|version| format!("{version}\n")).collect::<String>().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(registry: Registry, path: &str, before: &str, now: &str) -> Result<String, MergeError> {
        merged(registry, path, before.as_bytes(), now.as_bytes()).map(|bytes| String::from_utf8(bytes).unwrap())
    }

    #[test]
    fn a_version_stays_and_a_list_grows() {
        assert_eq!(text(Registry::Go, "m/@v/v1.0.0.mod", "a", "a"), Ok("a".into()));
        assert_eq!(text(Registry::Go, "m/@v/v1.0.0.mod", "a", "b"), Err(MergeError::Published));
        assert_eq!(text(Registry::Npm, "-/e-1.0.0.tgz", "a", "b"), Err(MergeError::Published));
        let list = text(Registry::Go, "m/@v/list", "v1.9.0\nv1.10.0\n", "v1.2.0\n");
        assert_eq!(list.as_deref(), Ok("v1.2.0\nv1.9.0\nv1.10.0\n"));
        let latest = |version: &str| format!("{{\"Version\":\"{version}\"}}\n");
        assert_eq!(text(Registry::Go, "m/@latest", &latest("v1.10.0"), &latest("v1.9.1")), Ok(latest("v1.10.0")));
    }

    #[test]
    fn npms_index_has_all_versions_and_the_highest_as_latest() {
        let index = |version: &str, sum: &str| {
            format!(
                r#"{{"dist-tags":{{"latest":"{version}"}},"versions":{{"{version}":{{"dist":{{"shasum":"{sum}"}}}}}}}}"#
            )
        };
        let both: Value =
            serde_json::from_str(&text(Registry::Npm, "e", &index("1.10.0", "a"), &index("1.9.0", "b")).unwrap())
                .unwrap();
        assert_eq!(both["dist-tags"]["latest"], "1.10.0");
        assert_eq!(both["versions"].as_object().unwrap().len(), 2);
        assert_eq!(text(Registry::Npm, "e", &index("1.0.0", "a"), &index("1.0.0", "b")), Err(MergeError::Published));
        assert!(matches!(text(Registry::Npm, "e", "no", &index("1.0.0", "b")), Err(MergeError::Foreign(_))));
    }
}
