//! Linking: imports in their order, names looked up, options interpreted, and the places of what goes wrong.
//!
//! Every file goes into one pool as it is, editions as proto2, which is the syntax that allows most; what an edition
//! means is then said in proto2 and proto3 in a second pool ([`Linked::lowered`]), with the source locations.

use std::collections::{BTreeMap, HashMap};

use prost::Message;
use prost_reflect::{DescriptorError, DescriptorPool};
use prost_types::{FileDescriptorProto, SourceCodeInfo};

use super::interpreted::Interpreter;
use super::prefix::{Prefix, Stage};
use super::{Files, Origin, canonical, editions, failure};
use crate::error::{Place, SchemaError};

/// How much is asked of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Strictness {
    /// What protobuf's own compiler asks, and what Judi builds on.
    Strict,
    /// Only that names and options are found, for files that other compilers accept: proto3's further rules, and
    /// JSON names that collide, are let pass.
    Lenient,
}

/// Files that are linked.
pub(crate) struct Linked<'a> {
    /// Every descriptor, as it was found.
    pub(crate) pool: DescriptorPool,
    /// Every file, imports before what imports them.
    pub(crate) units: Vec<Unit<'a>>,
}

/// One file.
pub(crate) struct Unit<'a> {
    pub(crate) name: String,
    pub(crate) origin: Origin<'a>,
    pub(crate) edition: Option<i32>,
}

/// Links the folder's own files and what they import.
///
/// # Errors
/// [`SchemaError::Compile`] with the place of the first thing that is wrong.
pub(crate) fn link<'a>(files: &'a Files<'a>, strictness: Strictness) -> Result<Linked<'a>, SchemaError> {
    let mut linker = Linker {
        files,
        strictness,
        prefix: Prefix::new(Stage::Found(strictness)),
        linked: Linked { pool: DescriptorPool::new(), units: Vec::new() },
        states: HashMap::new(),
    };
    for name in files.names() {
        linker.load(name)?;
    }
    Ok(linker.linked)
}

struct Linker<'a> {
    files: &'a Files<'a>,
    strictness: Strictness,
    prefix: Prefix,
    linked: Linked<'a>,
    states: HashMap<String, State>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Open,
    /// The longest chain of imports that begins here has this many files.
    Linked {
        depth: usize,
    },
}

/// The longest chain of imports: the linker's library follows public ones by recursion.
const IMPORT_DEPTH_MAX: usize = 500;

/// A file whose imports are being loaded.
struct Pending<'a> {
    unit: Unit<'a>,
    imports: Vec<String>,
    next: usize,
}

impl<'a> Linker<'a> {
    /// Loads a file after its imports. The stack is a list, so that no chain of imports is too long for it.
    fn load(&mut self, name: String) -> Result<(), SchemaError> {
        if self.states.contains_key(&name) {
            return Ok(());
        }
        let Some(first) = self.open(name)? else { return Ok(()) };
        if first.unit.edition.is_some() {
            // The features of later editions are known to the carried descriptor.proto only.
            self.load("google/protobuf/descriptor.proto".to_owned())?;
        }
        let mut stack = vec![first];
        while let Some(pending) = stack.last_mut() {
            let Some(import) = pending.imports.get(pending.next).cloned() else {
                if let Some(done) = stack.pop() {
                    let depth = self.depth(&done)?;
                    self.add(done.unit, depth)?;
                }
                continue;
            };
            pending.next += 1;
            let index = pending.next - 1;
            match self.states.get(&import) {
                Some(State::Linked { .. }) => {}
                Some(State::Open) => return Err(cycle(&stack, index, &import)),
                None => match self.open(import.clone())? {
                    Some(opened) => stack.push(opened),
                    None => return Err(not_found(stack.last(), index, &import)),
                },
            }
        }
        Ok(())
    }

    fn open(&mut self, name: String) -> Result<Option<Pending<'a>>, SchemaError> {
        let found = self.files.open(&name).map_err(|complaint| self.explain_complaint(&name, &complaint))?;
        let Some(origin) = found else { return Ok(None) };
        let (imports, edition) = match &origin {
            Origin::Text { parsed, .. } => (parsed.descriptor.dependency.clone(), parsed.edition),
            Origin::WellKnown(file) => (file.dependency.clone(), None),
            Origin::Encoded(bytes) => {
                let file = FileDescriptorProto::decode(*bytes).map_err(|error| undecodable(&name, &error))?;
                let edition = editions::edition_of(bytes).map_err(|error| undecodable(&name, &error))?;
                (file.dependency, edition)
            }
        };
        self.states.insert(name.clone(), State::Open);
        Ok(Some(Pending { unit: Unit { name, origin, edition }, imports, next: 0 }))
    }

    fn depth(&self, pending: &Pending<'_>) -> Result<usize, SchemaError> {
        let depth = |import: &String| match self.states.get(import) {
            Some(State::Linked { depth }) => *depth,
            _ => 0,
        };
        let deepest = pending.imports.iter().enumerate().max_by_key(|(_, import)| depth(import));
        match deepest {
            Some((index, import)) if depth(import) >= IMPORT_DEPTH_MAX => Err(SchemaError::Compile {
                place: place_of_import(&pending.unit, index),
                cause: format!("more than {IMPORT_DEPTH_MAX} files import each other in a chain"),
                hint: Some("import what is needed directly"),
            }),
            Some((_, import)) => Ok(depth(import) + 1),
            None => Ok(1),
        }
    }

    fn add(&mut self, unit: Unit<'a>, depth: usize) -> Result<(), SchemaError> {
        let (strictness, units) = (self.strictness, &self.linked.units);
        self.prefix.add(&mut self.linked.pool, &unit, |pool| {
            added(pool, &unit, strictness)?.map_err(|error| failure::explain_link(&error, &unit, units))
        })?;
        self.states.insert(unit.name.clone(), State::Linked { depth });
        self.linked.units.push(unit);
        Ok(())
    }

    fn explain_complaint(&self, name: &str, complaint: &crate::front::Complaint) -> SchemaError {
        failure::explain_complaint(name, self.files.text(name).unwrap_or_default(), complaint)
    }
}

impl Linked<'_> {
    /// The descriptors as proto2 and proto3, with source locations.
    ///
    /// # Errors
    /// [`SchemaError::Compile`] for what cannot be said in the older syntaxes.
    pub(crate) fn lowered(&self) -> Result<DescriptorPool, SchemaError> {
        let mut pool = DescriptorPool::new();
        let mut prefix = Prefix::new(Stage::Lowered);
        for unit in &self.units {
            prefix.add(&mut pool, unit, |pool| self.add_lowered(pool, unit))?;
        }
        Ok(pool)
    }

    fn add_lowered(&self, pool: &mut DescriptorPool, unit: &Unit<'_>) -> Result<(), SchemaError> {
        let mut bytes = self.encoded(unit);
        if unit.edition.is_some() {
            let lowered = if is_already_lowered(&unit.origin) {
                Ok(None)
            } else {
                editions::with_syntax(&bytes, "editions").and_then(|bytes| editions::without_editions(&bytes))
            };
            match lowered {
                Ok(Some(lowered)) => bytes = lowered,
                Ok(None) => {}
                Err(error) => return Err(undecodable(&unit.name, &error)),
            }
        }
        if let Some(locations) = self.locations(unit) {
            canonical::put_source_code_info(&mut bytes, &SourceCodeInfo { location: locations });
        }
        let added = pool.decode_file_descriptor_proto(bytes.as_slice());
        added.map_err(|error| failure::explain_link(&error, unit, &self.units))
    }

    /// The edition of each file that is of one.
    pub(crate) fn editions(&self) -> BTreeMap<String, i32> {
        self.units.iter().filter_map(|unit| Some((unit.name.clone(), unit.edition?))).collect()
    }

    /// A file's descriptor with its names looked up and its options interpreted, encoded, without source locations
    /// where it was read as text.
    pub(crate) fn encoded(&self, unit: &Unit<'_>) -> Vec<u8> {
        self.pool.get_file_by_name(&unit.name).map(|file| file.encode_to_vec()).unwrap_or_default()
    }

    /// The source locations of a file of the folder that was read as text.
    pub(crate) fn locations(&self, unit: &Unit<'_>) -> Option<Vec<prost_types::source_code_info::Location>> {
        let Origin::Text { text, parsed, is_carried: false } = &unit.origin else { return None };
        let mut interpreter = Interpreter::new(&self.pool, &unit.name);
        Some(parsed.places.locations(text, |owner, name| interpreter.path(owner, name)))
    }
}

/// Adds a file to a pool; the outer error is a descriptor that cannot be read.
fn added(
    pool: &mut DescriptorPool,
    unit: &Unit<'_>,
    strictness: Strictness,
) -> Result<Result<(), DescriptorError>, SchemaError> {
    Ok(match &unit.origin {
        Origin::Text { parsed, .. } => {
            let mut file = parsed.descriptor.clone();
            if unit.edition.is_some() {
                file.syntax = None;
            }
            if strictness == Strictness::Lenient {
                loosen(&mut file);
            }
            pool.add_file_descriptor_proto(file)
        }
        Origin::WellKnown(file) => pool.add_file_descriptor_proto(file.as_ref().clone()),
        Origin::Encoded(bytes) => {
            let as_proto2 = strictness == Strictness::Lenient || is_of_edition(bytes);
            let rewritten = as_proto2.then(|| editions::with_syntax(bytes, "proto2")).transpose();
            let bytes = rewritten.map_err(|error| undecodable(&unit.name, &error))?.unwrap_or_else(|| bytes.to_vec());
            pool.decode_file_descriptor_proto(bytes.as_slice())
        }
    })
}

/// Lets pass what only the JSON mapping and proto3 forbid: a field's name is unique, so it serves as its JSON name.
fn loosen(file: &mut FileDescriptorProto) {
    file.syntax = None;
    let mut messages: Vec<_> = file.message_type.iter_mut().collect();
    while let Some(message) = messages.pop() {
        for field in &mut message.field {
            field.json_name.clone_from(&field.name);
        }
        messages.extend(message.nested_type.iter_mut());
    }
}

fn is_of_edition(bytes: &[u8]) -> bool {
    FileDescriptorProto::decode(bytes).is_ok_and(|file| file.syntax() == "editions")
}

/// Whether a descriptor has an edition and is said in an older syntax, as [`super::Compiled::descriptor_set`] does.
fn is_already_lowered(origin: &Origin<'_>) -> bool {
    matches!(origin, Origin::Encoded(bytes) if !is_of_edition(bytes))
}

fn undecodable(name: &str, error: &dyn std::fmt::Display) -> SchemaError {
    SchemaError::Compile {
        place: Place::file(name),
        cause: format!("this is no descriptor of a file: {error}"),
        hint: Some("make the descriptor set again"),
    }
}

fn cycle(stack: &[Pending<'_>], index: usize, import: &str) -> SchemaError {
    let names = stack.iter().map(|pending| pending.unit.name.as_str());
    let circle: Vec<&str> = names.skip_while(|name| *name != import).chain([import]).collect();
    SchemaError::Compile {
        place: stack.last().map_or_else(|| Place::file(import), |last| place_of_import(&last.unit, index)),
        cause: format!("import cycle: {}", circle.join(" -> ")),
        hint: Some("move what both files need into a third one"),
    }
}

fn not_found(importer: Option<&Pending<'_>>, index: usize, import: &str) -> SchemaError {
    SchemaError::Compile {
        place: importer.map_or_else(|| Place::file(import), |importer| place_of_import(&importer.unit, index)),
        cause: format!("import '{import}' not found"),
        hint: Some("imports are relative to the schema folder; judi/v1, buf/validate and google/protobuf are built in"),
    }
}

fn place_of_import(unit: &Unit<'_>, index: usize) -> Place {
    /// `FileDescriptorProto.dependency`.
    const DEPENDENCY: i32 = 3;
    failure::place(unit, &[DEPENDENCY, i32::try_from(index).unwrap_or(i32::MAX)])
}
