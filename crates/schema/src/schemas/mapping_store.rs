//! The mapping of Segment's calls on disk: the project's file, and what was published of it, beside the versions'
//! descriptors: `segment.<revision>.toml`.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use judi_world::{Disk, write_durably};

use super::OpenMode;
use crate::compile::Compiled;
use crate::error::{Place, SchemaError};
use crate::model::Model;
use crate::segment::{MAPPING_BYTES_MAX, MAPPING_FILE, Mapping, check, parse};

/// The text of a mapping, with its meaning.
#[derive(Debug, Default, Clone)]
pub(super) struct Written {
    text: String,
    mapping: Mapping,
}

/// The project's mapping, checked against the schema that its files make; without a file, the one without rules.
pub(super) fn of_folder(disk: &dyn Disk, schema_dir: &Path, compiled: &Compiled) -> Result<Written, SchemaError> {
    let Some(text) = read(disk, &schema_dir.join(MAPPING_FILE), MAPPING_FILE)? else { return Ok(Written::default()) };
    let mapping = parse(&text)?;
    // A schema that is none is refused in words of its own.
    if let Ok(model) = Model::first(compiled.clone()) {
        check(&mapping, &text, &model)?;
    }
    Ok(Written { text, mapping })
}

/// The mapping that counts in `mode`, of a project whose file says `written`.
pub(super) fn settle(
    disk: &dyn Disk,
    versions_dir: &Path,
    mode: OpenMode,
    written: Written,
) -> Result<Arc<Mapping>, SchemaError> {
    let before = newest(disk, versions_dir)?;
    let (revision, text) = before.as_ref().map_or((0, ""), |(revision, text)| (*revision, text.as_str()));
    let Written { text: now, mut mapping } = written;
    mapping.revision = revision;
    if now == text {
        return Ok(Arc::new(mapping));
    }
    match mode {
        OpenMode::Read | OpenMode::Published => published(disk, versions_dir),
        OpenMode::Preview => Ok(Arc::new(mapping)),
        OpenMode::Extend => {
            mapping.revision = revision.saturating_add(1);
            let path = mapping_file(versions_dir, mapping.revision);
            disk.create_dir_all(versions_dir).map_err(SchemaError::disk(versions_dir))?;
            write_durably(disk, &path, now.as_bytes()).map_err(SchemaError::disk(&path))?;
            Ok(Arc::new(mapping))
        }
    }
}

/// The mapping that was published last.
pub(super) fn published(disk: &dyn Disk, versions_dir: &Path) -> Result<Arc<Mapping>, SchemaError> {
    let Some((revision, text)) = newest(disk, versions_dir)? else { return Ok(Arc::default()) };
    let mut mapping = parse(&text)?;
    mapping.revision = revision;
    Ok(Arc::new(mapping))
}

fn newest(disk: &dyn Disk, versions_dir: &Path) -> Result<Option<(u32, String)>, SchemaError> {
    let entries = match disk.list(versions_dir) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        other => other.map_err(SchemaError::disk(versions_dir))?,
    };
    let revision = |name: &str| name.strip_prefix("segment.")?.strip_suffix(".toml")?.parse().ok();
    let Some(revision) = entries.iter().filter_map(|entry| revision(&entry.name)).max() else { return Ok(None) };
    let path = mapping_file(versions_dir, revision);
    let text = read(disk, &path, &path.display().to_string())?;
    Ok(text.map(|text| (revision, text)))
}

fn mapping_file(versions_dir: &Path, revision: u32) -> PathBuf {
    versions_dir.join(format!("segment.{revision}.toml"))
}

fn read(disk: &dyn Disk, path: &Path, name: &str) -> Result<Option<String>, SchemaError> {
    let size = match disk.open(path).and_then(|file| file.size_bytes()) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        other => other.map_err(SchemaError::disk(path))?,
    };
    let refused =
        |cause: String, hint: &str| SchemaError::Refused { place: Place::file(name), cause, hint: hint.to_owned() };
    if size > MAPPING_BYTES_MAX {
        let cause = format!("the mapping has {size} bytes; at most {MAPPING_BYTES_MAX} are read");
        return Err(refused(cause, "names that are alike in both need no rule"));
    }
    let bytes = disk.read(path).map_err(SchemaError::disk(path))?;
    String::from_utf8(bytes).map(Some).map_err(|_| refused("it is not UTF-8".to_owned(), "save it as UTF-8"))
}
