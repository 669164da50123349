//! The project's published versions as subjects: which files there are, in which order, and what refers to what.
//!
//! ```text
//!   events-value      version n, id n: the derived file of schema version n
//!   quarantine-value  id 0: the message of the topic's records
//!   IMPORT NAME       each file that those bring in; judi/v1/event.proto with the envelope among them
//! ```

use std::collections::BTreeSet;
use std::fmt;

use judi_schema::compile::{Source, SourceText, compile_given};
use judi_schema::derived::QUARANTINE_PROTO;
use judi_schema::embedded;
use judi_schema::model::Model;
use judi_schema::printer::print_file;
use judi_schema::record::QUARANTINE_SCHEMA_ID;
use prost_reflect::FileDescriptor;

use crate::refusal::RegistryError;
use crate::state::{EVENTS_SUBJECT, QUARANTINE_SUBJECT};
use crate::text::{is_known, with_sorted_imports};

/// The carried file that derived files import.
const ENVELOPE_FILE: &str = "judi/v1/event.proto";

/// A file that becomes a version of a subject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PublishedFile {
    pub(crate) subject: String,
    pub(crate) text: String,
    /// The text that every file with this meaning has, where it is known without compiling it.
    pub(crate) canonical: Option<String>,
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
    let mut files = Vec::new();
    let mut seen = BTreeSet::new();
    for file in model.compiled.pool.files() {
        add(&file, &mut seen, &mut files)?;
    }
    add(&envelope_file()?, &mut seen, &mut files)?;
    let fixed = Fixed { id: model.version, version: model.version };
    files.push(derived(EVENTS_SUBJECT, model.derived_proto(), fixed));
    Ok(files)
}

/// The files of the topic `quarantine`, which are of no version of the project's schema but of the binary.
///
/// # Errors
/// As of [`files_of`].
pub(crate) fn quarantine_files() -> Result<Vec<PublishedFile>, RegistryError> {
    let mut files = Vec::new();
    add(&envelope_file()?, &mut BTreeSet::new(), &mut files)?;
    let fixed = Fixed { id: QUARANTINE_SCHEMA_ID, version: 1 };
    files.push(derived(QUARANTINE_SUBJECT, QUARANTINE_PROTO.to_owned(), fixed));
    Ok(files)
}

/// The import names of the project's own files.
pub(crate) fn own_files(model: &Model) -> impl Iterator<Item = &String> {
    model.compiled.own_files.iter()
}

fn add(
    file: &FileDescriptor,
    seen: &mut BTreeSet<String>,
    files: &mut Vec<PublishedFile>,
) -> Result<(), RegistryError> {
    if is_known(file.name()) || !seen.insert(file.name().to_owned()) {
        return Ok(());
    }
    let mut imports = Vec::new();
    for import in file.dependencies().filter(|import| !is_known(import.name())) {
        add(&import, seen, files)?;
        imports.push(import.name().to_owned());
    }
    let text = print_file(file).map_err(|error| unpublishable(file.name(), &error))?;
    let canonical = Some(with_sorted_imports(&text));
    files.push(PublishedFile { subject: file.name().to_owned(), text, canonical, imports, fixed: None });
    Ok(())
}

/// A file that Judi writes itself, with its comments; its imports are its lines that say so.
fn derived(subject: &str, text: String, fixed: Fixed) -> PublishedFile {
    let import = |line: &str| Some(line.strip_prefix("import \"")?.strip_suffix("\";")?.to_owned());
    let imports = text.lines().filter_map(import).filter(|name| !is_known(name)).collect();
    PublishedFile { subject: subject.to_owned(), text, canonical: None, imports, fixed: Some(fixed) }
}

/// The binary's own envelope: the records that it writes have it, whatever was carried when a version was published.
fn envelope_file() -> Result<FileDescriptor, RegistryError> {
    let text = embedded::find(ENVELOPE_FILE).map_or("", |file| file.text);
    let source = Source { name: ENVELOPE_FILE.to_owned(), text: SourceText::Proto(text.to_owned()) };
    let compiled = compile_given(&[source]).map_err(|error| unpublishable(ENVELOPE_FILE, &error))?;
    let file = compiled.pool.get_file_by_name(ENVELOPE_FILE);
    file.ok_or_else(|| unpublishable(ENVELOPE_FILE, &"the binary does not carry it"))
}

fn unpublishable(file: &str, cause: &dyn fmt::Display) -> RegistryError {
    RegistryError::Unpublishable { file: file.to_owned(), cause: cause.to_string() }
}
