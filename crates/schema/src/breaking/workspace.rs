//! A folder as buf sees it: the modules that buf.yaml makes of its files, compiled.

use std::collections::{BTreeMap, HashSet};

use prost::Message as _;

use super::check;
use super::config::{Check, Config, Module, strip_folder};
use super::image::Image;
use super::image::wire::{FileProto, LocationProto, MessageProto, SourceCodeInfo};
use crate::compile::{Carried, Files, Linked, Origin, Source, Strictness, Unit, link, names_of};
use crate::error::{Place, SchemaError};
use crate::finding::Finding;

/// The compiled modules of a folder.
#[derive(Debug)]
pub struct Workspace {
    modules: Vec<CompiledModule>,
    /// The files of all modules, where there are several.
    whole: Option<Image>,
}

#[derive(Debug)]
struct CompiledModule {
    path: String,
    check: Check,
    image: Image,
}

impl Workspace {
    /// Compiles the files of a folder; their names are relative to it. Files that no module has are passed over.
    ///
    /// # Errors
    /// [`SchemaError::Compile`] with the place of what does not compile, by its name in the folder.
    pub fn new(sources: Vec<Source>, config: &Config) -> Result<Self, SchemaError> {
        let layout = Layout::new(sources, config)?;
        let compiled = layout.compile();
        compiled.map_err(|error| layout.in_the_folder(error))
    }

    fn whole(&self) -> Option<&Image> {
        self.whole.as_ref().or_else(|| self.modules.first().map(|module| &module.image))
    }

    /// One module that a `FileDescriptorSet` has the files of, carried ones excepted.
    ///
    /// # Errors
    /// [`SchemaError::Compile`] when the bytes are no such set, or do not link; `name` is the place.
    pub fn of_descriptor_set(name: &str, bytes: Vec<u8>) -> Result<Self, SchemaError> {
        let source = Source { name: name.to_owned(), text: crate::compile::SourceText::DescriptorSet(bytes) };
        Self::new(vec![source], &Config::default())
    }
}

/// What is broken in `current`, by its configuration. Modules are compared with those of the same folder; where each
/// side has one, with each other; where the folders have changed, all files with all files, by the first module's rules.
#[must_use]
pub fn compare(current: &Workspace, previous: &Workspace) -> Vec<Finding> {
    if let ([now], [before]) = (current.modules.as_slice(), previous.modules.as_slice()) {
        return check(&now.image, &before.image, &now.check);
    }
    let like = |before: &CompiledModule| current.modules.iter().find(|now| now.path == before.path);
    if previous.modules.iter().any(|before| like(before).is_none()) {
        let (Some(first), Some(now), Some(before)) = (current.modules.first(), current.whole(), previous.whole())
        else {
            return Vec::new();
        };
        return check(now, before, &first.check);
    }
    let pairs = previous.modules.iter().filter_map(|before| Some((like(before)?, before)));
    let mut findings: Vec<Finding> =
        pairs.flat_map(|(now, before)| check(&now.image, &before.image, &now.check)).collect();
    findings.sort();
    findings
}

/// Which file is in which module, under which import name.
struct Layout {
    /// By import name.
    sources: Vec<Source>,
    /// The import names of each module's files.
    modules: Vec<(Module, HashSet<String>)>,
    /// The place in the folder of each import name.
    places: BTreeMap<String, String>,
}

impl Layout {
    fn new(sources: Vec<Source>, config: &Config) -> Result<Self, SchemaError> {
        let mut layout = Self {
            sources: Vec::with_capacity(sources.len()),
            modules: config.modules.iter().map(|module| (module.clone(), HashSet::new())).collect(),
            places: BTreeMap::new(),
        };
        for source in sources {
            let Some((index, import)) = layout.module_of(&source.name) else { continue };
            let place = source.name;
            let source = Source { name: import.clone(), text: source.text };
            if let Some(other) = layout.places.insert(import.clone(), place.clone()) {
                return Err(SchemaError::Compile {
                    place: Place::file(&place),
                    cause: format!("{import} is also the import name of {other}"),
                    hint: Some("rename one of the two, or leave it out with `excludes`"),
                });
            }
            if let Some((_, names)) = layout.modules.get_mut(index) {
                names.extend(names_of(&source)?);
            }
            layout.sources.push(source);
        }
        Ok(layout)
    }

    /// The module that a file is in, the innermost of several, and its import name.
    fn module_of(&self, path: &str) -> Option<(usize, String)> {
        let mut found: Option<(usize, String)> = None;
        for (index, (module, _)) in self.modules.iter().enumerate() {
            let Some(inner) = strip_folder(path, &module.path).filter(|inner| !inner.is_empty()) else { continue };
            let within = |folders: &[String]| folders.iter().any(|folder| strip_folder(inner, folder).is_some());
            if within(&module.excludes) || (!module.includes.is_empty() && !within(&module.includes)) {
                continue;
            }
            let root = module.roots.iter().filter_map(|root| strip_folder(inner, root)).min_by_key(|rest| rest.len());
            let Some(import) = root else { continue };
            let is_inner = found.as_ref().and_then(|(index, _)| self.modules.get(*index));
            if is_inner.is_none_or(|(other, _)| module.path.len() > other.path.len()) {
                found = Some((index, import.to_owned()));
            }
        }
        found
    }

    fn compile(&self) -> Result<Workspace, SchemaError> {
        let files = Files::new(&self.sources, Carried::Last)?;
        let linked = link(&files, Strictness::Lenient)?;
        let mut modules = Vec::with_capacity(self.modules.len());
        for (module, names) in &self.modules {
            let image = image(&linked, |name| names.contains(name))?;
            modules.push(CompiledModule { path: module.path.clone(), check: module.check.clone(), image });
        }
        let all = |name: &str| self.modules.iter().any(|(_, names)| names.contains(name));
        let whole = if modules.len() > 1 { Some(image(&linked, all)?) } else { None };
        Ok(Workspace { modules, whole })
    }

    /// An error with the place in the folder instead of the import name.
    fn in_the_folder(&self, mut error: SchemaError) -> SchemaError {
        if let SchemaError::Compile { place, .. } | SchemaError::Refused { place, .. } = &mut error
            && let Some(path) = self.places.get(&place.file)
        {
            place.file.clone_from(path);
        }
        error
    }
}

/// The files that are `own`, and those that they import.
fn image(linked: &Linked<'_>, own: impl Fn(&str) -> bool) -> Result<Image, SchemaError> {
    let mut image = Image::default();
    for unit in &linked.units {
        let is_import = !own(&unit.name);
        let mut file = FileProto::decode(linked.encoded(unit).as_slice()).map_err(|error| SchemaError::Compile {
            place: Place::file(&unit.name),
            cause: error.to_string(),
            hint: Some("declare the inner messages beside the outer ones"),
        })?;
        restore(&mut file, unit);
        if !is_import && let Some(locations) = linked.locations(unit) {
            let location = locations.into_iter().map(|one| LocationProto { path: one.path, span: one.span });
            file.source_code_info = Some(SourceCodeInfo { location: location.collect() });
        }
        image.add(file, unit.edition, is_import);
    }
    Ok(image)
}

/// Gives a file back what lenient linking took: its syntax and its JSON names.
fn restore(file: &mut FileProto, unit: &Unit<'_>) {
    match &unit.origin {
        Origin::Text { parsed, .. } => {
            file.syntax = parsed.descriptor.syntax().to_owned();
            for (message, written) in file.message_type.iter_mut().zip(&parsed.descriptor.message_type) {
                restore_json_names(message, written);
            }
        }
        Origin::Encoded(bytes) => {
            if let Ok(written) = FileProto::decode(*bytes) {
                file.syntax = written.syntax;
            }
        }
        Origin::WellKnown(written) => file.syntax = written.syntax().to_owned(),
    }
}

fn restore_json_names(message: &mut MessageProto, written: &prost_types::DescriptorProto) {
    for (field, written) in message.field.iter_mut().zip(&written.field) {
        field.json_name = written.json_name.clone().unwrap_or_else(|| json_name(written.name()));
    }
    for (nested, written) in message.nested_type.iter_mut().zip(&written.nested_type) {
        restore_json_names(nested, written);
    }
}

/// `my_field` → `myField`.
fn json_name(name: &str) -> String {
    let mut json = String::with_capacity(name.len());
    let mut capital = false;
    for letter in name.chars() {
        if letter == '_' {
            capital = true;
        } else {
            json.push(if capital { letter.to_ascii_uppercase() } else { letter });
            capital = false;
        }
    }
    json
}
