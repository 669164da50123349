//! The files of a schema folder, read within bounds.

use std::path::Path;

use judi_world::Disk;

use crate::error::{Place, SchemaError};
use crate::front::line_and_column;

/// The largest file that is read: a hundred times the largest `.proto` file that people write.
pub const FILE_BYTES_MAX: u64 = 10 << 20;
/// The most files of one schema.
pub const FILES_MAX: usize = 10_000;
/// How deep folders may lie in each other; a link that points upwards ends here.
pub const FOLDER_DEPTH_MAX: usize = 32;

/// One file of a schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Relative to the schema folder, with `/`: the name by which it is imported.
    pub name: String,
    /// What is in it.
    pub text: SourceText,
}

/// What a source file holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SourceText {
    /// A `.proto` file.
    Proto(String),
    /// A `.binpb` file: a `FileDescriptorSet` from any compiler.
    DescriptorSet(Vec<u8>),
}

/// Reads every `.proto` and `.binpb` file below `folder`, sorted by name. Names that begin with a dot are passed over.
///
/// # Errors
/// [`SchemaError::Disk`]; [`SchemaError::Refused`] for what is over a bound or not UTF-8.
pub fn read_sources(disk: &dyn Disk, folder: &Path) -> Result<Vec<Source>, SchemaError> {
    let mut sources = Vec::new();
    read_folder(disk, folder, "", 0, &mut sources)?;
    sources.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(sources)
}

fn read_folder(
    disk: &dyn Disk,
    folder: &Path,
    prefix: &str,
    depth: usize,
    sources: &mut Vec<Source>,
) -> Result<(), SchemaError> {
    if depth > FOLDER_DEPTH_MAX {
        return Err(refused(
            prefix,
            format!("folders lie more than {FOLDER_DEPTH_MAX} deep"),
            "does a link point upwards?",
        ));
    }
    for entry in disk.list(folder).map_err(SchemaError::disk(folder))? {
        if entry.name.starts_with('.') {
            continue;
        }
        let name = format!("{prefix}{}", entry.name);
        let path = folder.join(&entry.name);
        if entry.is_dir {
            read_folder(disk, &path, &format!("{name}/"), depth + 1, sources)?;
        } else if let Some(text) = read_file(disk, &path, &name, entry.size_bytes)? {
            if sources.len() == FILES_MAX {
                return Err(refused(&name, format!("the schema has more than {FILES_MAX} files"), "split the project"));
            }
            sources.push(Source { name, text });
        }
    }
    Ok(())
}

fn read_file(disk: &dyn Disk, path: &Path, name: &str, size_bytes: u64) -> Result<Option<SourceText>, SchemaError> {
    let is_proto = name.ends_with(".proto");
    if !is_proto && !name.ends_with(".binpb") {
        return Ok(None);
    }
    if size_bytes > FILE_BYTES_MAX {
        return Err(refused(
            name,
            format!("the file has {size_bytes} bytes; at most {FILE_BYTES_MAX} are read"),
            "split it into several files",
        ));
    }
    let bytes = disk.read(path).map_err(SchemaError::disk(path))?;
    if !is_proto {
        return Ok(Some(SourceText::DescriptorSet(bytes)));
    }
    match String::from_utf8(bytes) {
        Ok(text) => Ok(Some(SourceText::Proto(text))),
        Err(error) => {
            let good = error.utf8_error().valid_up_to();
            let before = String::from_utf8_lossy(error.as_bytes().get(..good).unwrap_or_default());
            let (line, column) = line_and_column(&before, good);
            Err(SchemaError::Refused {
                place: Place { file: name.to_owned(), line: Some(line), column: Some(column) },
                cause: "the file is not UTF-8 here".to_owned(),
                hint: "save it as UTF-8".to_owned(),
            })
        }
    }
}

fn refused(name: &str, cause: String, hint: &str) -> SchemaError {
    SchemaError::Refused { place: Place::file(name), cause, hint: hint.to_owned() }
}
