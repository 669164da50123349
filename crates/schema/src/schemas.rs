//! Every known version of the schema with the ledger that binds them: what the rest of Judi is handed.
//!
//! [`Schemas::open`] compiles `schema/**/*.proto` and compares it with the ledger's newest version. The same
//! fingerprint: nothing happens. Another one: with [`OpenMode::Extend`] it becomes the next version, unless a
//! column cannot hold what it asks for; with [`OpenMode::Read`] that is an error. The descriptors of each
//! version are kept beside the data, so that its records can be read for ever.

mod mapping_store;
mod publish;
mod store;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use arrow::datatypes::{Schema, SchemaRef};
use judi_world::Disk;

use crate::compile::{Compiled, Source, compile, read_sources};
use crate::diff::Change;
use crate::embedded;
use crate::error::SchemaError;
use crate::layout::{EventLayout, NoColumn, TableColumns, quarantine_fields};
use crate::ledger::Ledger;
use crate::model::{EventModel, Model};
use crate::segment::Mapping;
use crate::view::{View, views};

/// Whether opening may publish.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OpenMode {
    /// A changed schema is an error, and the ledger is not written.
    Read,
    /// A changed schema becomes the ledger's next version.
    Extend,
    /// What was published counts, whatever the files say now: for those who read data while somebody edits.
    Published,
    /// A changed schema is the version that publishing it would make, and nothing is written.
    Preview,
}

/// All known versions and the ledger.
#[derive(Debug)]
pub struct Schemas {
    ledger: Ledger,
    current: Arc<Model>,
    versions: BTreeMap<u32, Version>,
    columns: TableColumns,
    views: Vec<View>,
    segment: Arc<Mapping>,
}

#[derive(Debug)]
struct Version {
    model: Arc<Model>,
    /// By the index of the event in the model; made when they are first asked for. That the ledger has all their columns
    /// is known before.
    layouts: OnceLock<Vec<EventLayout>>,
}

impl Schemas {
    /// Opens a project's schema. `schema_dir` holds the `.proto` files and the ledger, which people commit;
    /// `versions_dir` holds each version's descriptors, `<number>.binpb`, beside the data.
    ///
    /// A version of the ledger whose descriptors are not in `versions_dir` (the data was never here) is not known.
    ///
    /// # Errors
    /// [`SchemaError`]: files that do not compile, a ledger that contradicts itself or is not the one of this
    /// data, a change that the table cannot hold, a change in [`OpenMode::Read`], or the disk's own.
    pub fn open(disk: &dyn Disk, schema_dir: &Path, versions_dir: &Path, mode: OpenMode) -> Result<Self, SchemaError> {
        if mode == OpenMode::Published
            && let Some((ledger, models)) =
                store::published(disk, schema_dir, versions_dir).map_err(|error| error.below(schema_dir))?
        {
            let segment = mapping_store::published(disk, versions_dir)?;
            return Ok(Self::assemble(ledger, models, versions_dir)?.with_segment(segment));
        }
        let opened = read_sources(disk, schema_dir).and_then(|sources| compile(&sources)).and_then(|compiled| {
            // Before anything is published: a mapping that does not fit refuses the whole.
            let mapping = mapping_store::of_folder(disk, schema_dir, &compiled)?;
            Ok((store::open(disk, schema_dir, versions_dir, mode, compiled)?, mapping))
        });
        let ((ledger, models), mapping) = opened.map_err(|error| error.below(schema_dir))?;
        let segment = mapping_store::settle(disk, versions_dir, mode, mapping)?;
        Ok(Self::assemble(ledger, models, versions_dir)?.with_segment(segment))
    }

    /// The first version of a schema that lies in no folder.
    ///
    /// # Errors
    /// As of [`Schemas::open`], without the disk's.
    pub fn first(sources: &[Source]) -> Result<Self, SchemaError> {
        let (ledger, model) = publish::publish(&Ledger::default(), &[], compile(sources)?)?;
        Self::assemble(ledger, vec![model], Path::new("schema"))
    }

    /// The version after the current one, as publishing `sources` would make it; the ledger lies in no folder.
    ///
    /// # Errors
    /// As of [`Schemas::open`], without the disk's.
    pub fn next(&self, sources: &[Source]) -> Result<Self, SchemaError> {
        self.next_compiled(compile(sources)?)
    }

    /// [`Schemas::next`] of sources that are compiled already.
    ///
    /// # Errors
    /// As of [`Schemas::next`].
    pub fn next_compiled(&self, compiled: Compiled) -> Result<Self, SchemaError> {
        self.proposal(compiled).publish()
    }

    /// What the next version would be, with what it changes.
    #[must_use]
    pub fn proposal(&self, compiled: Compiled) -> Proposal<'_> {
        let changes = publish::changes(&self.ledger, &self.models(), &compiled);
        Proposal { schemas: self, compiled, changes }
    }

    fn models(&self) -> Vec<&Model> {
        self.versions.values().map(|version| version.model.as_ref()).collect()
    }

    fn assemble(ledger: Ledger, models: Vec<Model>, versions_dir: &Path) -> Result<Self, SchemaError> {
        Self::assemble_from(ledger, Vec::new(), models, versions_dir)
    }

    /// From the ledger and the known versions, the current one last. The ledger has the columns of the `known` ones;
    /// whether it has those of the `read` ones is found out.
    fn assemble_from(
        ledger: Ledger,
        known: Vec<Arc<Model>>,
        read: Vec<Model>,
        versions_dir: &Path,
    ) -> Result<Self, SchemaError> {
        let columns = TableColumns::new(&ledger);
        let unasked = |model: Arc<Model>| (model.version, Version { model, layouts: OnceLock::new() });
        let mut versions: BTreeMap<u32, Version> = known.into_iter().map(unasked).collect();
        for model in read {
            let layouts = layouts(&columns, &model).map_err(|missing| SchemaError::ForeignVersion {
                path: store::version_file(versions_dir, model.version),
                version: model.version,
                cause: missing.to_string(),
            })?;
            versions.insert(model.version, Version { model: Arc::new(model), layouts: layouts.into() });
        }
        let newest = versions.last_key_value().map(|(_, version)| Arc::clone(&version.model));
        let Some(current) = newest else { return Err(SchemaError::NotPublished { newest: 0 }) };
        let views = views(&ledger, &columns, &versions.values().map(|version| version.model.as_ref()));
        Ok(Self { ledger, current, versions, columns, views, segment: Arc::default() })
    }

    /// These schemas with another mapping of Segment's calls.
    #[must_use]
    pub fn with_segment(self, segment: Arc<Mapping>) -> Self {
        Self { segment, ..self }
    }

    /// How Segment's calls become events.
    #[must_use]
    pub const fn segment(&self) -> &Arc<Mapping> {
        &self.segment
    }

    /// The newest version: what new events are written with.
    #[must_use]
    pub const fn current(&self) -> &Arc<Model> {
        &self.current
    }

    /// The version of this number, if it is known here.
    #[must_use]
    pub fn version(&self, number: u32) -> Option<&Arc<Model>> {
        self.versions.get(&number).map(|version| &version.model)
    }

    /// The newest known version that has an event of this name, and the event.
    #[must_use]
    pub fn newest_with(&self, event: &str) -> Option<(&Arc<Model>, &EventModel)> {
        self.versions.values().rev().find_map(|version| Some((&version.model, version.model.event(event)?)))
    }

    /// All known versions, oldest first.
    pub fn versions(&self) -> impl Iterator<Item = &Arc<Model>> {
        self.versions.values().map(|version| &version.model)
    }

    /// The ledger.
    #[must_use]
    pub const fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// The columns of the table `events`: the envelope's, then one struct per event in the order of the ledger.
    #[must_use]
    pub const fn events_schema(&self) -> &SchemaRef {
        self.columns.schema()
    }

    /// The columns of the table `quarantine`.
    #[must_use]
    pub fn quarantine_schema() -> SchemaRef {
        Arc::new(Schema::new(quarantine_fields()))
    }

    /// Where the event at `index` of version `version` lands in [`Schemas::events_schema`].
    #[must_use]
    pub fn layout(&self, version: u32, index: u32) -> Option<&EventLayout> {
        let version = self.versions.get(&version)?;
        let layouts = version.layouts.get_or_init(|| layouts(&self.columns, &version.model).unwrap_or_default());
        layouts.get(usize::try_from(index).ok()?)
    }

    /// One view per event that was ever published, in the order of the ledger.
    #[must_use]
    pub fn views(&self) -> &[View] {
        &self.views
    }
}

/// Writes the carried `.proto` files below `folder`, so that any protobuf tool can compile the project's.
/// Returns the names of the files.
///
/// # Errors
/// The disk's own.
pub fn export(disk: &dyn Disk, folder: &Path) -> Result<Vec<&'static str>, SchemaError> {
    for file in &embedded::FILES {
        let path = folder.join(file.name);
        let parent = path.parent().unwrap_or(folder);
        disk.create_dir_all(parent).map_err(SchemaError::disk(parent))?;
        judi_world::write_durably(disk, &path, file.text.as_bytes()).map_err(SchemaError::disk(&path))?;
    }
    Ok(embedded::FILES.iter().map(|file| file.name).collect())
}

/// A version that is not published yet.
#[derive(Debug)]
pub struct Proposal<'s> {
    schemas: &'s Schemas,
    compiled: Compiled,
    changes: Vec<Change>,
}

impl Proposal<'_> {
    /// What changes since the newest version.
    #[must_use]
    pub fn changes(&self) -> &[Change] {
        &self.changes
    }

    /// The schemas with this version as the newest; the ledger lies in no folder.
    ///
    /// # Errors
    /// As of [`Schemas::next`].
    pub fn publish(self) -> Result<Schemas, SchemaError> {
        let Self { schemas, compiled, changes } = self;
        let (ledger, model) = publish::publish_changes(&schemas.ledger, &schemas.models(), compiled, |_| changes)?;
        let known: Vec<Arc<Model>> = schemas.versions.values().map(|version| Arc::clone(&version.model)).collect();
        let published = Schemas::assemble_from(ledger, known, vec![model], Path::new("schema"))?;
        Ok(published.with_segment(Arc::clone(&schemas.segment)))
    }
}

/// The layouts of a version's events, by index.
fn layouts(columns: &TableColumns, model: &Model) -> Result<Vec<EventLayout>, NoColumn> {
    let shapes = model.events.iter().zip(&model.shapes);
    shapes.map(|(event, shape)| columns.layout(model.version, event.id, shape)).collect()
}

/// A compiled schema as the version that the ledger says it is.
fn model_of(ledger: &Ledger, number: u32, semver: &str, compiled: Compiled) -> Result<Model, SchemaError> {
    // An event that the ledger lacks gets an id that no column has, which the layouts then report.
    let id = |name: &str| ledger.event(name).map_or(u32::MAX, |event| event.id);
    Model::new(number, semver, compiled, |event| id(&event.options.name))
}

#[cfg(test)]
mod tests;
