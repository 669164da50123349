//! The ledger and the versions' descriptors on disk.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use judi_world::{Disk, write_durably};

use super::{OpenMode, model_of, publish};
use crate::comments::Comments;
use crate::compile::Compiled;
use crate::error::{Place, SchemaError};
use crate::ledger::{LEDGER_BYTES_MAX, LEDGER_FILE, Ledger, LedgerVersion};
use crate::model::Model;

/// Held while a version is published.
const LOCK_FILE: &str = "publish.lock";

/// The largest file of comments that is read.
const COMMENTS_BYTES_MAX: u64 = 64 << 20;

/// The ledger and the known versions, the current one last; `compiled` is what the schema folder says now.
pub(super) fn open(
    disk: &dyn Disk,
    schema_dir: &Path,
    versions_dir: &Path,
    mode: OpenMode,
    compiled: Compiled,
) -> Result<(Ledger, Vec<Model>), SchemaError> {
    let ledger = read_ledger(disk, schema_dir)?;
    if let Some(newest) = ledger.newest().filter(|newest| newest.fingerprint == compiled.fingerprint) {
        if mode != OpenMode::Preview {
            keep_descriptors(disk, versions_dir, mode, newest, &compiled)?;
        }
        let mut models = earlier(disk, versions_dir, &ledger, newest.number)?;
        models.push(model_of(&ledger, newest.number, &newest.semver, compiled)?);
        return Ok((ledger, models));
    }
    if mode == OpenMode::Preview {
        let next = next_version(disk, versions_dir, &ledger, compiled)?;
        return Ok((next.ledger, next.models));
    }
    if mode != OpenMode::Extend {
        return Err(SchemaError::NotPublished { newest: ledger.newest().map_or(0, |newest| newest.number) });
    }
    disk.create_dir_all(versions_dir).map_err(SchemaError::disk(versions_dir))?;
    let lock_path = versions_dir.join(LOCK_FILE);
    let lock = disk.try_lock(&lock_path).map_err(SchemaError::disk(&lock_path))?;
    let Some(lock) = lock else { return Err(SchemaError::Busy { path: lock_path }) };
    if read_ledger(disk, schema_dir)? != ledger {
        // Another process published between the first look and the lock, perhaps this very schema.
        drop(lock);
        return open(disk, schema_dir, versions_dir, mode, compiled);
    }
    publish_next(disk, schema_dir, versions_dir, &ledger, compiled)
}

/// The ledger and the known versions without a look at the schema's files; `None` where the newest version's
/// descriptors are not here.
pub(super) fn published(
    disk: &dyn Disk,
    schema_dir: &Path,
    versions_dir: &Path,
) -> Result<Option<(Ledger, Vec<Model>)>, SchemaError> {
    let ledger = read_ledger(disk, schema_dir)?;
    let models = earlier(disk, versions_dir, &ledger, u32::MAX)?;
    let newest = ledger.newest().map(|newest| newest.number);
    let is_whole = newest.is_some() && models.last().map(|model| model.version) == newest;
    Ok(is_whole.then_some((ledger, models)))
}

/// The file of a version's descriptors.
pub(super) fn version_file(versions_dir: &Path, number: u32) -> PathBuf {
    versions_dir.join(format!("{number}.binpb"))
}

fn publish_next(
    disk: &dyn Disk,
    schema_dir: &Path,
    versions_dir: &Path,
    ledger: &Ledger,
    compiled: Compiled,
) -> Result<(Ledger, Vec<Model>), SchemaError> {
    let descriptors = compiled.descriptor_set();
    let next = next_version(disk, versions_dir, ledger, compiled)?;
    if let Some(model) = next.models.last() {
        // The descriptors first: a version that the ledger names can then always be read. Left behind by a crash,
        // they are overwritten by the next attempt.
        let path = version_file(versions_dir, model.version);
        write_durably(disk, &path, &descriptors).map_err(SchemaError::disk(&path))?;
        keep_comments(disk, versions_dir, model.version, &model.comments)?;
    }
    let path = schema_dir.join(LEDGER_FILE);
    write_durably(disk, &path, next.ledger.to_text().as_bytes()).map_err(SchemaError::disk(&path))?;
    Ok((next.ledger, next.models))
}

/// The ledger with one version more, and the known versions, that one last.
struct Next {
    ledger: Ledger,
    models: Vec<Model>,
}

/// `compiled` as the version after the ledger's newest. Nothing is written.
fn next_version(
    disk: &dyn Disk,
    versions_dir: &Path,
    ledger: &Ledger,
    compiled: Compiled,
) -> Result<Next, SchemaError> {
    let mut models = earlier(disk, versions_dir, ledger, u32::MAX)?;
    let known: Vec<&Model> = models.iter().collect();
    let (ledger, model) = publish::publish(ledger, &known, compiled)?;
    models.push(model);
    Ok(Next { ledger, models })
}

fn read_ledger(disk: &dyn Disk, schema_dir: &Path) -> Result<Ledger, SchemaError> {
    let path = schema_dir.join(LEDGER_FILE);
    let size = match disk.open(&path).and_then(|file| file.size_bytes()) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Ledger::default()),
        other => other.map_err(SchemaError::disk(&path))?,
    };
    let refused = |cause: String| SchemaError::Ledger { places: vec![Place::file(LEDGER_FILE)], cause };
    if size > LEDGER_BYTES_MAX {
        return Err(refused(format!("the ledger has {size} bytes; at most {LEDGER_BYTES_MAX} are read")));
    }
    let bytes = disk.read(&path).map_err(SchemaError::disk(&path))?;
    let text = String::from_utf8(bytes).map_err(|_| refused("the ledger is not UTF-8".to_owned()))?;
    Ledger::parse(LEDGER_FILE, &text)
}

/// Makes sure that the current version's descriptors are kept, and are those that the ledger speaks of.
fn keep_descriptors(
    disk: &dyn Disk,
    versions_dir: &Path,
    mode: OpenMode,
    version: &LedgerVersion,
    compiled: &Compiled,
) -> Result<(), SchemaError> {
    let comments = Comments::of(&compiled.pool);
    if let Some(kept) = load(disk, versions_dir, version)? {
        matches_ledger(versions_dir, version, &kept)?;
        // Comments may get better while the version stays what it is.
        let is_newer = mode == OpenMode::Extend && !comments.is_empty();
        return if is_newer { keep_comments(disk, versions_dir, version.number, &comments) } else { Ok(()) };
    }
    let path = version_file(versions_dir, version.number);
    let written =
        disk.create_dir_all(versions_dir).and_then(|()| write_durably(disk, &path, &compiled.descriptor_set()));
    match mode {
        OpenMode::Extend => {
            written.map_err(SchemaError::disk(&path))?;
            keep_comments(disk, versions_dir, version.number, &comments)
        }
        // Who only reads makes no records, so nothing depends on the descriptors yet.
        OpenMode::Read | OpenMode::Published | OpenMode::Preview => Ok(()),
    }
}

/// Keeps a version's comments beside its descriptors, where they are not the ones that are there.
fn keep_comments(disk: &dyn Disk, versions_dir: &Path, number: u32, comments: &Comments) -> Result<(), SchemaError> {
    if kept_comments(disk, versions_dir, number).as_ref().unwrap_or(&Comments::default()) == comments {
        return Ok(());
    }
    let path = comments_file(versions_dir, number);
    write_durably(disk, &path, comments.to_text().as_bytes()).map_err(SchemaError::disk(&path))
}

/// The comments that were kept of a version. Without them it can be read all the same, so that a file that is missing
/// or broken is no error.
fn kept_comments(disk: &dyn Disk, versions_dir: &Path, number: u32) -> Option<Comments> {
    let path = comments_file(versions_dir, number);
    let size = disk.open(&path).and_then(|file| file.size_bytes()).ok()?;
    let bytes = (size <= COMMENTS_BYTES_MAX).then(|| disk.read(&path).ok())??;
    Comments::parse(&String::from_utf8(bytes).ok()?)
}

fn comments_file(versions_dir: &Path, number: u32) -> PathBuf {
    versions_dir.join(format!("{number}.comments.json"))
}

/// The versions before `before` whose descriptors are here.
fn earlier(disk: &dyn Disk, versions_dir: &Path, ledger: &Ledger, before: u32) -> Result<Vec<Model>, SchemaError> {
    let mut models = Vec::new();
    for version in ledger.versions.iter().filter(|version| version.number < before) {
        let Some(compiled) = load(disk, versions_dir, version)? else { continue };
        matches_ledger(versions_dir, version, &compiled)?;
        let mut model = model_of(ledger, version.number, &version.semver, compiled)?;
        if let Some(comments) = kept_comments(disk, versions_dir, version.number) {
            model.comments = comments;
        }
        models.push(model);
    }
    Ok(models)
}

fn load(disk: &dyn Disk, versions_dir: &Path, version: &LedgerVersion) -> Result<Option<Compiled>, SchemaError> {
    let path = version_file(versions_dir, version.number);
    let bytes = match disk.read(&path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        other => other.map_err(SchemaError::disk(&path))?,
    };
    let foreign = |error: SchemaError| SchemaError::ForeignVersion {
        path: path.clone(),
        version: version.number,
        cause: error.to_string(),
    };
    Compiled::from_descriptor_set(&path.display().to_string(), &bytes).map(Some).map_err(foreign)
}

fn matches_ledger(versions_dir: &Path, version: &LedgerVersion, kept: &Compiled) -> Result<(), SchemaError> {
    if kept.fingerprint == version.fingerprint {
        return Ok(());
    }
    Err(SchemaError::ForeignVersion {
        path: version_file(versions_dir, version.number),
        version: version.number,
        cause: format!("their fingerprint is {}, the ledger's {}", kept.fingerprint, version.fingerprint),
    })
}
