//! From a project's files to descriptors, in the binary, so that nobody installs a compiler.
//!
//! Import names are relative to the schema folder. Judi's own `.proto` files, protovalidate's and Google's
//! well-known types are carried ([`embedded`]); copies of them in a project are passed over. proto2, proto3 and
//! editions are read as text; a `FileDescriptorSet` from any compiler, in a `.binpb` file, is taken as well.

mod canonical;
mod editions;
mod failure;
mod files;
mod interpreted;
mod link;
mod prefix;
mod sources;

use std::collections::{BTreeMap, BTreeSet};

use prost_reflect::DescriptorPool;

pub use canonical::fingerprint_of;
pub(crate) use files::{Carried, Files, Origin, names_of};
pub(crate) use link::{Linked, Strictness, Unit, link};
pub use sources::{FILE_BYTES_MAX, FILES_MAX, FOLDER_DEPTH_MAX, Source, SourceText, read_sources};

use crate::embedded;
use crate::error::{Place, SchemaError};

/// A schema that compiles.
#[derive(Debug, Clone)]
pub struct Compiled {
    /// Every descriptor, imports included; files of editions are said in proto2 or proto3, which mean the same.
    pub pool: DescriptorPool,
    /// The import names of the project's own files, sorted.
    pub own_files: Vec<String>,
    /// SHA-256 in hex of the canonical descriptor set: the project's own files sorted by name, without source
    /// locations. Comments, layout and Judi's release leave it as it is; options count.
    pub fingerprint: String,
    /// The edition, `google.protobuf.Edition`, of each file that is of one.
    pub editions: BTreeMap<String, i32>,
}

/// Compiles a project's sources.
///
/// # Errors
/// [`SchemaError::Compile`] with the place of the first thing that is wrong.
pub fn compile(sources: &[Source]) -> Result<Compiled, SchemaError> {
    let files = Files::new(sources, Carried::First)?;
    let own_files = files.names();
    let linked = link(&files, Strictness::Strict)?;
    let pool = linked.lowered()?;
    let editions = linked.editions();
    let fingerprint = canonical::fingerprint(&pool, &editions);
    Ok(Compiled { pool, own_files, fingerprint, editions })
}

impl Compiled {
    /// From a `FileDescriptorSet` that contains all its imports, as [`Compiled::descriptor_set`] writes it and
    /// as `protoc --include_imports --descriptor_set_out` or `buf build` do.
    ///
    /// # Errors
    /// [`SchemaError::Compile`] when the bytes are no such set, or do not link; `name` is the place.
    pub fn from_descriptor_set(name: &str, bytes: &[u8]) -> Result<Self, SchemaError> {
        let mut pool = DescriptorPool::new();
        let mut editions = BTreeMap::new();
        let mut files = Vec::new();
        for (file_name, file) in files::files_of_set(name, bytes)? {
            let lowered = editions::without_editions(&file).and_then(|lowered| {
                let edition = editions::edition_of(&file)?;
                Ok((lowered.unwrap_or(file), edition))
            });
            let (lowered, edition) = lowered.map_err(|error| files::no_set(name, &error))?;
            if let Some(edition) = edition {
                editions.insert(file_name, edition);
            }
            files.push(lowered);
        }
        pool.decode_file_descriptor_set(canonical::set_of(files).as_slice()).map_err(|error| SchemaError::Compile {
            place: Place::file(name),
            cause: error.to_string(),
            hint: Some("a set must contain every file that it imports: protoc --include_imports, buf build"),
        })?;
        let own: BTreeSet<String> = pool.files().map(|file| file.name().to_owned()).collect();
        let own_files = own.into_iter().filter(|name| !embedded::is_reserved(name)).collect();
        let fingerprint = canonical::fingerprint(&pool, &editions);
        Ok(Self { pool, own_files, fingerprint, editions })
    }

    /// The `FileDescriptorSet` of all files, imports included, without source locations: enough to read this
    /// version's records for ever. The same schema gives the same bytes. A file of an edition keeps its edition
    /// beside the syntax that it is said in, so that it can still be compared with its text.
    #[must_use]
    pub fn descriptor_set(&self) -> Vec<u8> {
        canonical::descriptor_set(&self.pool, &self.editions, |_| true)
    }
}

#[cfg(test)]
mod tests;
