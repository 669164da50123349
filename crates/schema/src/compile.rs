//! From a project's files to descriptors: protox in the binary, so that nobody installs a compiler.
//!
//! Import names are relative to the schema folder. Judi's own `.proto` files, protovalidate's and Google's
//! well-known types are carried ([`embedded`]); copies of them in a project are passed over. Files of an edition,
//! which protox does not read, come in as a `FileDescriptorSet` from any compiler, in a `.binpb` file.

mod canonical;
mod editions;
mod failure;
mod sources;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use prost_reflect::DescriptorPool;
use protox::file::{ChainFileResolver, File, FileResolver, GoogleFileResolver};

pub use canonical::fingerprint_of;
pub use sources::{FILE_BYTES_MAX, FILES_MAX, FOLDER_DEPTH_MAX, Source, SourceText, read_sources};

use crate::embedded;
use crate::error::{Place, SchemaError};

/// A schema that compiles.
#[derive(Debug, Clone)]
pub struct Compiled {
    /// Every descriptor, imports included.
    pub pool: DescriptorPool,
    /// The import names of the project's own files, sorted.
    pub own_files: Vec<String>,
    /// SHA-256 in hex of the canonical descriptor set: the project's own files sorted by name, without source
    /// locations. Comments, layout and Judi's release leave it as it is; options count.
    pub fingerprint: String,
}

/// Compiles a project's sources.
///
/// # Errors
/// [`SchemaError::Compile`] with the place of the first thing that is wrong.
pub fn compile(sources: &[Source]) -> Result<Compiled, SchemaError> {
    let files = ProjectFiles::new(sources)?;
    let own_files = files.names();
    let texts = files.texts.clone();
    let mut resolver = ChainFileResolver::new();
    resolver.add(files);
    resolver.add(GoogleFileResolver::new());
    let mut compiler = protox::Compiler::with_file_resolver(resolver);
    for name in &own_files {
        compiler.open_file(name).map_err(|error| failure::explain(&error, &texts))?;
    }
    let pool = compiler.descriptor_pool();
    let fingerprint = canonical::fingerprint(&pool);
    Ok(Compiled { pool, own_files, fingerprint })
}

impl Compiled {
    /// From a `FileDescriptorSet` that contains all its imports, as [`Compiled::descriptor_set`] writes it and
    /// as `protoc --include_imports --descriptor_set_out` or `buf build` do.
    ///
    /// # Errors
    /// [`SchemaError::Compile`] when the bytes are no such set, or do not link; `name` is the place.
    pub fn from_descriptor_set(name: &str, bytes: &[u8]) -> Result<Self, SchemaError> {
        let mut pool = DescriptorPool::new();
        let files = files_of_set(name, bytes)?.into_iter().map(|(_, file)| file).collect();
        pool.decode_file_descriptor_set(canonical::set_of(files).as_slice()).map_err(|error| SchemaError::Compile {
            place: Place::file(name),
            cause: error.to_string(),
            hint: Some("a set must contain every file that it imports: protoc --include_imports, buf build"),
        })?;
        let own: BTreeSet<String> = pool.files().map(|file| file.name().to_owned()).collect();
        let own_files = own.into_iter().filter(|name| !embedded::is_reserved(name)).collect();
        let fingerprint = canonical::fingerprint(&pool);
        Ok(Self { pool, own_files, fingerprint })
    }

    /// The `FileDescriptorSet` of all files, imports included, without source locations: enough to read this
    /// version's records for ever. The same schema gives the same bytes.
    #[must_use]
    pub fn descriptor_set(&self) -> Vec<u8> {
        canonical::descriptor_set(&self.pool, |_| true)
    }
}

/// Where the compiler finds files: the project's texts, the project's descriptor sets, the carried ones.
struct ProjectFiles {
    texts: BTreeMap<String, String>,
    /// `FileDescriptorProto`s from sets, encoded.
    descriptors: BTreeMap<String, Vec<u8>>,
}

impl ProjectFiles {
    fn new(sources: &[Source]) -> Result<Self, SchemaError> {
        let mut files = Self { texts: BTreeMap::new(), descriptors: BTreeMap::new() };
        for source in sources.iter().filter(|source| !embedded::is_reserved(&source.name)) {
            match &source.text {
                SourceText::Proto(text) => {
                    files.texts.insert(source.name.clone(), text.clone());
                }
                SourceText::DescriptorSet(bytes) => files.add_set(&source.name, bytes)?,
            }
        }
        let both = files.descriptors.keys().find(|name| files.texts.contains_key(*name));
        match both {
            Some(name) => Err(SchemaError::Compile {
                place: Place::file(name),
                cause: "this file is there as text and in a descriptor set".to_owned(),
                hint: Some("keep one of the two"),
            }),
            None => Ok(files),
        }
    }

    fn add_set(&mut self, set_name: &str, bytes: &[u8]) -> Result<(), SchemaError> {
        for (name, file) in files_of_set(set_name, bytes)? {
            if embedded::is_reserved(&name) {
                continue;
            }
            if self.descriptors.insert(name.clone(), file).is_some() {
                return Err(SchemaError::Compile {
                    place: Place::file(set_name),
                    cause: format!("{name} is in the project's descriptor sets twice"),
                    hint: Some("keep one of the two"),
                });
            }
        }
        Ok(())
    }

    fn names(&self) -> Vec<String> {
        let all: BTreeSet<&String> = self.texts.keys().chain(self.descriptors.keys()).collect();
        all.into_iter().cloned().collect()
    }
}

/// The files of a descriptor set by name, in proto2 or proto3.
fn files_of_set(set_name: &str, bytes: &[u8]) -> Result<Vec<(String, Vec<u8>)>, SchemaError> {
    let files = canonical::files_of_set(bytes).and_then(|files| {
        let older = |(name, file): (String, Vec<u8>)| {
            let rewritten = editions::without_editions(&file)?;
            Ok((name, rewritten.unwrap_or(file)))
        };
        files.into_iter().map(older).collect::<Result<Vec<_>, _>>()
    });
    files.map_err(|error| SchemaError::Compile {
        place: Place::file(set_name),
        cause: error.to_string(),
        hint: Some("a .binpb file holds a FileDescriptorSet: protoc --include_imports --descriptor_set_out=FILE"),
    })
}

impl FileResolver for ProjectFiles {
    fn open_file(&self, name: &str) -> Result<File, protox::Error> {
        if let Some(text) = self.texts.get(name) {
            return File::from_source(name, text);
        }
        if let Some(bytes) = self.descriptors.get(name) {
            return File::decode_file_descriptor_proto(bytes.as_slice()).map_err(protox::Error::new);
        }
        carried(name).unwrap_or_else(|| Err(protox::Error::file_not_found(name)))
    }
}

/// A file that the binary carries, read once a process: protovalidate's is longer than most projects.
fn carried(name: &str) -> Option<Result<File, protox::Error>> {
    static READ: [OnceLock<File>; embedded::FILES.len()] = [const { OnceLock::new() }; embedded::FILES.len()];
    let (file, read) = embedded::FILES.iter().zip(&READ).find(|(file, _)| file.name == name)?;
    if let Some(read) = read.get() {
        return Some(Ok(read.clone()));
    }
    Some(File::from_source(name, file.text).inspect(|file| {
        // Another thread may have been faster, with the same.
        let _ = read.set(file.clone());
    }))
}

#[cfg(test)]
mod tests;
