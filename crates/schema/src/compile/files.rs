//! Where the linker finds files: the project's texts, the project's descriptor sets, the carried ones.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

use prost_reflect::DescriptorPool;
use prost_types::FileDescriptorProto;

use super::{Source, SourceText, canonical};
use crate::embedded;
use crate::error::{Place, SchemaError};
use crate::front::{self, Complaint, Parsed};
use crate::wire::WireError;

/// Whether copies of the carried files in a folder count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Carried {
    /// They are passed over: the binary's own are used.
    First,
    /// They are the folder's: the carried ones are for what it lacks.
    Last,
}

/// The files of one compilation.
pub(crate) struct Files<'a> {
    texts: BTreeMap<&'a str, &'a str>,
    /// `FileDescriptorProto`s from sets, encoded.
    encoded: BTreeMap<String, Vec<u8>>,
}

/// A file as it was found.
pub(crate) enum Origin<'a> {
    /// As text, read; a carried one has no places that anybody asks for.
    Text { text: &'a str, parsed: Arc<Parsed>, is_carried: bool },
    /// A `FileDescriptorProto`, encoded.
    Encoded(&'a [u8]),
    /// One of the well-known types.
    WellKnown(Box<FileDescriptorProto>),
}

impl<'a> Files<'a> {
    pub(crate) fn new(sources: &'a [Source], carried: Carried) -> Result<Self, SchemaError> {
        let mut files = Self { texts: BTreeMap::new(), encoded: BTreeMap::new() };
        let passed_over = |name: &str| carried == Carried::First && embedded::is_reserved(name);
        for source in sources.iter().filter(|source| !passed_over(&source.name)) {
            match &source.text {
                SourceText::Proto(text) => {
                    files.texts.insert(&source.name, text);
                }
                SourceText::DescriptorSet(bytes) => files.add_set(&source.name, bytes, carried)?,
            }
        }
        let both = files.encoded.keys().find(|name| files.texts.contains_key(name.as_str()));
        match both {
            Some(name) => Err(SchemaError::Compile {
                place: Place::file(name),
                cause: "this file is there as text and in a descriptor set".to_owned(),
                hint: Some("keep one of the two"),
            }),
            None => Ok(files),
        }
    }

    fn add_set(&mut self, set_name: &str, bytes: &[u8], carried: Carried) -> Result<(), SchemaError> {
        for (name, file) in files_of_set(set_name, bytes)? {
            if is_carried_along(&name) || (carried == Carried::First && embedded::is_reserved(&name)) {
                continue;
            }
            if self.encoded.insert(name.clone(), file).is_some() {
                return Err(SchemaError::Compile {
                    place: Place::file(set_name),
                    cause: format!("{name} is in the project's descriptor sets twice"),
                    hint: Some("keep one of the two"),
                });
            }
        }
        Ok(())
    }

    /// The folder's own files, sorted.
    pub(crate) fn names(&self) -> Vec<String> {
        let texts = self.texts.keys().map(|name| (*name).to_owned());
        let all: BTreeSet<String> = texts.chain(self.encoded.keys().cloned()).collect();
        all.into_iter().collect()
    }

    /// The text of a file, where it is one.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.texts.get(name).copied().or_else(|| embedded::find(name).map(|file| file.text))
    }

    /// The file of this import name, if there is one.
    ///
    /// # Errors
    /// What is wrong with its text.
    pub(crate) fn open(&self, name: &str) -> Result<Option<Origin<'_>>, Complaint> {
        if let Some(text) = self.texts.get(name) {
            let parsed = Arc::new(front::parse(name, text)?);
            return Ok(Some(Origin::Text { text, parsed, is_carried: false }));
        }
        if let Some(bytes) = self.encoded.get(name) {
            return Ok(Some(Origin::Encoded(bytes)));
        }
        if let Some((text, parsed)) = carried(name) {
            return Ok(Some(Origin::Text { text, parsed: parsed.clone()?, is_carried: true }));
        }
        let well_known = DescriptorPool::global().get_file_by_name(name);
        let well_known = well_known.filter(|file| file.name().starts_with("google/protobuf/"));
        Ok(well_known.map(|file| Origin::WellKnown(Box::new(file.file_descriptor_proto().clone()))))
    }
}

/// A carried file, which is read once.
fn carried(name: &str) -> Option<&'static (&'static str, Result<Arc<Parsed>, Complaint>)> {
    type Read = BTreeMap<&'static str, (&'static str, Result<Arc<Parsed>, Complaint>)>;
    static READ: OnceLock<Read> = OnceLock::new();
    let all = READ.get_or_init(|| {
        embedded::all().map(|file| (file.name, (file.text, front::parse(file.name, file.text).map(Arc::new)))).collect()
    });
    all.get(name)
}

/// The import names of the files that a source has.
///
/// # Errors
/// [`SchemaError::Compile`] for bytes that are no descriptor set.
pub(crate) fn names_of(source: &Source) -> Result<Vec<String>, SchemaError> {
    match &source.text {
        SourceText::Proto(_) => Ok(vec![source.name.clone()]),
        SourceText::DescriptorSet(bytes) => {
            let names = files_of_set(&source.name, bytes)?.into_iter().map(|(name, _)| name);
            Ok(names.filter(|name| !is_carried_along(name)).collect())
        }
    }
}

/// Whether a file of a descriptor set is there because others import it: a set carries its imports along.
fn is_carried_along(name: &str) -> bool {
    embedded::find(name).is_some() || name.starts_with("google/protobuf/")
}

/// The files of a descriptor set by name.
pub(super) fn files_of_set(set_name: &str, bytes: &[u8]) -> Result<Vec<(String, Vec<u8>)>, SchemaError> {
    canonical::files_of_set(bytes).map_err(|error| no_set(set_name, &error))
}

/// That the bytes are no descriptor set.
pub(super) fn no_set(set_name: &str, error: &WireError) -> SchemaError {
    SchemaError::Compile {
        place: Place::file(set_name),
        cause: error.to_string(),
        hint: Some("a .binpb file holds a FileDescriptorSet: protoc --include_imports --descriptor_set_out=FILE"),
    }
}
