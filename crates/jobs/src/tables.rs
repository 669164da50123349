//! The tables that jobs make: found under `.judi/tables/<table>`, opened once, made by their first run.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use arrow::datatypes::SchemaRef;
use judi_engine::Catalog;
use judi_table::{Table, TableError, TableSpec};
use judi_world::World;

use crate::job::Job;

/// Handles on jobs' tables, shared by runs and queries of one process.
#[derive(Debug)]
pub struct JobTables {
    world: World,
    tables_dir: PathBuf,
    open: Mutex<BTreeMap<String, Arc<Table>>>,
}

impl JobTables {
    /// None open yet. `tables_dir` is `.judi/tables`.
    #[must_use]
    pub fn new(world: World, tables_dir: PathBuf) -> Self {
        Self { world, tables_dir, open: Mutex::default() }
    }

    /// The world that its tables are in.
    #[must_use]
    pub fn world(&self) -> &World {
        &self.world
    }

    /// `catalog` with the tables that `jobs` have made so far, by whatever process. Cheap once they are open.
    ///
    /// # Errors
    /// The first table that cannot be opened, with its name.
    pub fn catalog(&self, mut catalog: Catalog, jobs: &[Job]) -> Result<Catalog, (String, TableError)> {
        for job in jobs {
            if let Some(table) = self.open(&job.table).map_err(|error| (job.table.clone(), error))? {
                catalog = catalog.with_table(&job.table, table);
            }
        }
        Ok(catalog)
    }

    /// The table `name`; [`None`] when no run has made it yet.
    ///
    /// # Errors
    /// As [`Table::open`].
    pub fn open(&self, name: &str) -> Result<Option<Arc<Table>>, TableError> {
        if let Some(table) = self.known(name) {
            return Ok(Some(table));
        }
        let Some(table) = Table::open(&self.world, &self.tables_dir.join(name))? else { return Ok(None) };
        Ok(Some(self.remember(name, table)))
    }

    /// The table of `job`, made with the columns of its first result when it is not there.
    pub(crate) fn open_or_create(&self, job: &Job, schema: &SchemaRef) -> Result<Arc<Table>, TableError> {
        if let Some(table) = self.known(&job.table) {
            return Ok(table);
        }
        let properties = [("judi.key".to_owned(), job.header.key.join(","))];
        let spec = TableSpec {
            name: job.table.clone(),
            schema: Arc::clone(schema),
            partition_columns: vec![job.header.grain.column().to_owned()],
            properties: properties.into(),
        };
        let table = Table::create(&self.world, &self.tables_dir.join(&job.table), &spec)?;
        Ok(self.remember(&job.table, table))
    }

    fn known(&self, name: &str) -> Option<Arc<Table>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner).get(name).cloned()
    }

    /// Whoever was first wins: commits of one process go through one handle.
    fn remember(&self, name: &str, table: Table) -> Arc<Table> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(open.entry(name.to_owned()).or_insert_with(|| Arc::new(table)))
    }
}
