//! The project's published versions as subjects: which files there are, in which order, and what refers to what.
//!
//! ```text
//!   events-value      version n, id n: the derived file of schema version n
//!   quarantine-value  id 0: the message of the topic's records
//!   IMPORT NAME       each file that those bring in; judi/v1/event.proto with the envelope among them
//! ```

use std::collections::BTreeSet;
use std::fmt;

use judi_schema::derived::{QUARANTINE_FILE, QUARANTINE_PROTO};
use judi_schema::embedded;
use judi_schema::model::Model;
use judi_schema::printer::print_file;
use judi_schema::record::QUARANTINE_SCHEMA_ID;
use prost_reflect::prost_types::FileDescriptorProto;
use prost_reflect::{DescriptorPool, FileDescriptor};
use protox::file::{File, FileResolver as _, GoogleFileResolver};

use crate::refusal::RegistryError;
use crate::state::{EVENTS_SUBJECT, QUARANTINE_SUBJECT};
use crate::text::{is_known, with_sorted_imports};

/// The carried file that derived files import.
const ENVELOPE_FILE: &str = "judi/v1/event.proto";

/// The import names of derived files.
const DERIVED_FOLDER: &str = "judi/derived/";

/// A file that becomes a version of a subject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PublishedFile {
    pub(crate) subject: String,
    pub(crate) text: String,
    /// The text that every file with this meaning has.
    pub(crate) canonical: String,
    /// The import names of what it refers to: subjects of files before this one.
    pub(crate) imports: Vec<String>,
    /// The id and the version that it has to have; `None`: any.
    pub(crate) fixed: Option<Fixed>,
}

/// An id that records on the log carry already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fixed {
    pub(crate) id: u32,
    pub(crate) version: u32,
}

/// The files of a version in an order in which each comes behind what it refers to.
///
/// # Errors
/// [`RegistryError::Unpublishable`] for a descriptor that has no text.
pub(crate) fn files_of(model: &Model) -> Result<Vec<PublishedFile>, RegistryError> {
    let mut pool = model.compiled.pool.clone();
    let fixed = Fixed { id: model.version, version: model.version };
    let derived = derived(&mut pool, EVENTS_SUBJECT, &model.derived_file_name(), &model.derived_proto(), fixed)?;
    with_imports(&pool, derived)
}

/// The files of the topic `quarantine`, which are of no version of the project's schema but of the binary.
///
/// # Errors
/// As of [`files_of`].
pub(crate) fn quarantine_files() -> Result<Vec<PublishedFile>, RegistryError> {
    let mut pool = DescriptorPool::new();
    let fixed = Fixed { id: QUARANTINE_SCHEMA_ID, version: 1 };
    let derived = derived(&mut pool, QUARANTINE_SUBJECT, QUARANTINE_FILE, QUARANTINE_PROTO, fixed)?;
    with_imports(&pool, derived)
}

/// The import names of the project's own files.
pub(crate) fn own_files(model: &Model) -> impl Iterator<Item = &String> {
    model.compiled.own_files.iter()
}

/// All other files of a pool, and the derived file behind them.
fn with_imports(pool: &DescriptorPool, derived: PublishedFile) -> Result<Vec<PublishedFile>, RegistryError> {
    let mut files = Vec::new();
    let mut seen = BTreeSet::new();
    for file in pool.files().filter(|file| !file.name().starts_with(DERIVED_FOLDER)) {
        add(&file, &mut seen, &mut files)?;
    }
    files.push(derived);
    Ok(files)
}

fn add(
    file: &FileDescriptor,
    seen: &mut BTreeSet<String>,
    files: &mut Vec<PublishedFile>,
) -> Result<(), RegistryError> {
    if is_known(file.name()) || !seen.insert(file.name().to_owned()) {
        return Ok(());
    }
    for import in file.dependencies() {
        add(&import, seen, files)?;
    }
    let text = printed(file)?;
    let canonical = with_sorted_imports(&text);
    files.push(PublishedFile { subject: file.name().to_owned(), text, canonical, imports: imports(file), fixed: None });
    Ok(())
}

/// A file that Judi writes itself, with its comments. It goes into `pool`, and so does what it imports beyond that:
/// the binary's own envelope, which the records that it writes have, unless the project imports one.
fn derived(
    pool: &mut DescriptorPool,
    subject: &str,
    name: &str,
    text: &str,
    fixed: Fixed,
) -> Result<PublishedFile, RegistryError> {
    for (name, text) in [(ENVELOPE_FILE, embedded::find(ENVELOPE_FILE).map_or("", |file| file.text)), (name, text)] {
        if pool.get_file_by_name(name).is_none() {
            let parsed = File::from_source(name, text).map_err(|error| unpublishable(name, &error))?;
            add_known(pool, parsed.file_descriptor_proto())?;
            let added = pool.add_file_descriptor_proto(parsed.file_descriptor_proto().clone());
            added.map_err(|error| unpublishable(name, &error))?;
        }
    }
    let file = pool.get_file_by_name(name).ok_or_else(|| unpublishable(name, &"it is not there"))?;
    Ok(PublishedFile {
        subject: subject.to_owned(),
        text: text.to_owned(),
        canonical: with_sorted_imports(&printed(&file)?),
        imports: imports(&file),
        fixed: Some(fixed),
    })
}

/// Google's files that a file imports; they import none but each other.
fn add_known(pool: &mut DescriptorPool, file: &FileDescriptorProto) -> Result<(), RegistryError> {
    for name in file.dependency.iter().filter(|name| is_known(name)) {
        if pool.get_file_by_name(name).is_none() {
            let known = GoogleFileResolver::new().open_file(name).map_err(|error| unpublishable(name, &error))?;
            add_known(pool, known.file_descriptor_proto())?;
            let added = pool.add_file_descriptor_proto(known.file_descriptor_proto().clone());
            added.map_err(|error| unpublishable(name, &error))?;
        }
    }
    Ok(())
}

/// The import names of what a file has to refer to.
fn imports(file: &FileDescriptor) -> Vec<String> {
    file.dependencies().map(|import| import.name().to_owned()).filter(|name| !is_known(name)).collect()
}

fn printed(file: &FileDescriptor) -> Result<String, RegistryError> {
    print_file(file).map_err(|error| unpublishable(file.name(), &error))
}

fn unpublishable(file: &str, cause: &dyn fmt::Display) -> RegistryError {
    RegistryError::Unpublishable { file: file.to_owned(), cause: cause.to_string() }
}
