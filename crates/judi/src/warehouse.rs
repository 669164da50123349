//! The tables of a project as one catalog, found in their folder.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use judi_engine::{Catalog, EVENTS_TABLE, Engine, EngineOptions, QUARANTINE_TABLE, Zone};
use judi_schema::schemas::Schemas;
use judi_table::Table;
use judi_world::World;

use crate::config::Memory;
use crate::failure::{Exit, Failure};
use crate::live::LiveSchemas;
use crate::project::Project;

/// The folder, and the schema in SQL, of Judi's own tables.
const SYSTEM: &str = "_judi";

/// Memory of the machine when it can't be read.
const MEMORY_FALLBACK_BYTES: usize = 2 << 30;

/// Every table of a project.
#[derive(Debug)]
pub struct Warehouse {
    world: World,
    dir: PathBuf,
    zone: Zone,
    schemas: Arc<LiveSchemas>,
    /// Handles are kept, since each remembers the snapshot it last read.
    open: Mutex<BTreeMap<String, Arc<Table>>>,
}

impl Warehouse {
    /// The tables of `project`.
    pub fn new(project: &Project, world: &World, schemas: Arc<LiveSchemas>) -> Result<Self, Failure> {
        let zone: Zone = project.conventions.time_zone.parse().map_err(|error| {
            Failure::from_error(Exit::Usage, "conventions.toml: time_zone", &error)
                .hint("an IANA name such as Europe/Stockholm")
        })?;
        Ok(Self { world: world.clone(), dir: project.tables_dir()?, zone, schemas, open: Mutex::default() })
    }

    /// The folder of the tables.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// What can be queried now: tables that were made since the last call are in it.
    pub fn catalog(&self) -> Result<Catalog, Failure> {
        let mut catalog = self.sources()?;
        for name in self.folders("")? {
            if name != SYSTEM && !catalog.contains(&name) {
                catalog = self.with(catalog, &name)?;
            }
        }
        Ok(catalog)
    }

    /// What jobs may read besides one another's tables: events, their views, and Judi's own tables.
    pub fn sources(&self) -> Result<Catalog, Failure> {
        let schemas = self.schemas.get();
        let now = self.world.clock.now();
        let today = self.zone.day_of(now.0).unwrap_or(i32::MIN);
        let mut catalog = Catalog::new(self.zone)
            .with_declared_table(EVENTS_TABLE, self.table(EVENTS_TABLE)?, Arc::clone(schemas.events_schema()))
            .with_declared_table(QUARANTINE_TABLE, self.table(QUARANTINE_TABLE)?, Schemas::quarantine_schema())
            .with_views(schemas.views().iter().map(|view| view.on_day(today)))
            .with_loss(now.day());
        for name in self.folders(SYSTEM)? {
            catalog = self.with(catalog, &format!("{SYSTEM}.{name}"))?;
        }
        Ok(catalog)
    }

    fn with(&self, catalog: Catalog, name: &str) -> Result<Catalog, Failure> {
        Ok(match self.table(name)? {
            Some(table) => catalog.with_table(name, table),
            None => catalog,
        })
    }

    fn folders(&self, below: &str) -> Result<Vec<String>, Failure> {
        let dir = self.dir.join(below);
        match self.world.disk.list(&dir) {
            Ok(entries) => Ok(entries.into_iter().filter(|entry| entry.is_dir).map(|entry| entry.name).collect()),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Vec::new()),
            Err(error) => Err(Failure::from_error(Exit::Outside, &dir.display().to_string(), &error)),
        }
    }

    /// A table, where it is there.
    pub fn table(&self, name: &str) -> Result<Option<Arc<Table>>, Failure> {
        // A poisoned lock holds handles that are whole: nothing is changed in place.
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(table) = open.get(name) {
            return Ok(Some(Arc::clone(table)));
        }
        let dir = self.dir.join(name.replace('.', "/"));
        let found = Table::open(&self.world, &dir)
            .map_err(|error| Failure::from_error(Exit::Outside, &format!("table {name}"), &error))?;
        Ok(found.map(|table| Arc::clone(open.entry(name.to_owned()).or_insert(Arc::new(table)))))
    }
}

/// The project's query engine.
pub fn engine(project: &Project) -> Result<Engine, Failure> {
    let memory_bytes = match project.config.engine.memory {
        Memory::Bytes(size) => size.as_usize(),
        Memory::Auto(_) => machine_memory_bytes() / 2,
    };
    let threads = std::thread::available_parallelism().unwrap_or(std::num::NonZeroUsize::MIN);
    let started = |spill_dir| Engine::new(EngineOptions { memory_bytes, threads, spill_dir });
    // Who may only read the project spills elsewhere.
    started(project.state_dir().join("spill"))
        .or_else(|_| started(std::env::temp_dir().join("judi-spill")))
        .map_err(|error| engine_failure(&error))
}

/// A failed query, with its place and hint.
pub fn engine_failure(error: &judi_engine::EngineError) -> Failure {
    let exit = match error.fault() {
        judi_engine::Fault::User => Exit::Usage,
        judi_engine::Fault::External | judi_engine::Fault::Internal => Exit::Outside,
    };
    let place = error.place().map(|place| format!("line {}, column {}", place.line, place.column)).unwrap_or_default();
    let failure = Failure::from_error(exit, &place, error);
    match error.hint() {
        Some(hint) => failure.hint(hint),
        None => failure,
    }
}

/// Memory of the machine, from `/proc/meminfo`.
fn machine_memory_bytes() -> usize {
    let text = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let total = text
        .lines()
        .find_map(|line| line.strip_prefix("MemTotal:")?.trim().strip_suffix("kB")?.trim().parse::<usize>().ok());
    total.map_or(MEMORY_FALLBACK_BYTES, |kilobytes| kilobytes.saturating_mul(1024))
}
