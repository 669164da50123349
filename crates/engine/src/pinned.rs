//! A catalog as one query sees it: the first look at a table pins its version for the rest of the query.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use arrow::datatypes::SchemaRef;
use async_trait::async_trait;
use datafusion::catalog::{
    CatalogProvider, CatalogProviderList, MemTable, MemoryCatalogProvider, MemoryCatalogProviderList, SchemaProvider,
    TableProvider,
};
use datafusion::common::Result;
use judi_schema::view::View;
use judi_table::{FileMap, Table, TableError, evolved_schema};

use crate::catalog::{Catalog, DEFAULT_SCHEMA, EVENTS_TABLE, QUARANTINE_TABLE, Source};
use crate::error::EngineError;
use crate::loss::loss_view;
use crate::snapshot_scan::SnapshotScan;
use crate::views::{event_view, windowed};

/// The only catalog's name, which nobody has to write.
pub(crate) const CATALOG_NAME: &str = "judi";

/// Versions pinned so far.
#[derive(Debug)]
pub(crate) struct Pinned {
    catalog: Catalog,
    providers: Mutex<HashMap<String, Arc<dyn TableProvider>>>,
}

impl Pinned {
    pub(crate) fn new(catalog: &Catalog) -> Arc<Self> {
        Arc::new(Self { catalog: catalog.clone(), providers: Mutex::default() })
    }

    /// For DataFusion's planner.
    pub(crate) fn catalog_list(self: &Arc<Self>) -> Result<Arc<dyn CatalogProviderList>> {
        let schemas = MemoryCatalogProvider::new();
        for name in self.catalog.schemas() {
            schemas
                .register_schema(name, Arc::new(PinnedSchema { pinned: Arc::clone(self), name: name.to_owned() }))?;
        }
        let list = MemoryCatalogProviderList::new();
        list.register_catalog(CATALOG_NAME.to_owned(), Arc::new(schemas));
        Ok(Arc::new(list))
    }

    /// What `name` (`name` or `schema.name`) stands for, cut to its window; [`None`] when nothing does.
    ///
    /// # Errors
    /// [`EngineError::Table`] when the table's log cannot be read; [`EngineError::Plan`] when a window does not fit.
    pub(crate) fn provider(&self, name: &str) -> Result<Option<Arc<dyn TableProvider>>, EngineError> {
        let Some(provider) = self.whole(name)? else { return Ok(None) };
        match self.catalog.window(name) {
            Some(window) => windowed(name, provider, window, self.catalog.zone()).map(Some),
            None => Ok(Some(provider)),
        }
    }

    fn whole(&self, name: &str) -> Result<Option<Arc<dyn TableProvider>>, EngineError> {
        let providers = || self.providers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(provider) = providers().get(name) {
            return Ok(Some(Arc::clone(provider)));
        }
        let Some(source) = self.catalog.source(name) else { return Ok(None) };
        let provider: Arc<dyn TableProvider> = match source {
            Source::Table { table, declared } => Arc::new(pin(name, table.as_deref(), declared.as_ref())?),
            Source::Rows { schema, batches } => {
                Arc::new(MemTable::try_new(Arc::clone(schema), vec![batches.as_ref().clone()])?)
            }
            Source::View(view) => self.view(view)?,
            Source::Loss { today } => {
                loss_view(self.base(EVENTS_TABLE)?, self.base(QUARANTINE_TABLE)?, *today, self.catalog.zone())?
            }
        };
        // Whoever was first wins, so that everybody sees one version.
        Ok(Some(Arc::clone(providers().entry(name.to_owned()).or_insert(provider))))
    }

    fn view(&self, view: &View) -> Result<Arc<dyn TableProvider>, EngineError> {
        event_view(view, self.base(EVENTS_TABLE)?, self.catalog.zone())
    }

    /// A table that views stand on.
    fn base(&self, name: &str) -> Result<Arc<dyn TableProvider>, EngineError> {
        self.whole(name)?.ok_or_else(|| EngineError::UnknownTable { name: name.into(), place: None, nearest: None })
    }
}

/// The newest version of a table, with the columns of `declared` that it does not have yet.
fn pin(name: &str, table: Option<&Table>, declared: Option<&SchemaRef>) -> Result<SnapshotScan, EngineError> {
    let fail = |source: TableError| EngineError::Table { name: name.to_owned(), source };
    match (table, declared) {
        (Some(table), _) => {
            let snapshot = table.snapshot().map_err(fail)?;
            let schema = match declared {
                Some(declared) => evolved_schema(snapshot.schema(), declared).map_err(fail)?,
                None => Arc::clone(snapshot.schema()),
            };
            let dir = std::path::absolute(table.dir())
                .map_err(|error| EngineError::Io { message: format!("{}: {error}", table.dir().display()) })?;
            Ok(SnapshotScan::new(dir, Arc::clone(snapshot.files()), snapshot.partition_columns(), schema))
        }
        (None, Some(declared)) => {
            Ok(SnapshotScan::new(std::path::PathBuf::new(), Arc::new(FileMap::new()), &[], Arc::clone(declared)))
        }
        (None, None) => Err(EngineError::Internal { message: format!("table {name} is neither there nor declared") }),
    }
}

#[derive(Debug)]
struct PinnedSchema {
    pinned: Arc<Pinned>,
    name: String,
}

impl PinnedSchema {
    fn full_name(&self, name: &str) -> String {
        if self.name == DEFAULT_SCHEMA { name.to_owned() } else { format!("{}.{name}", self.name) }
    }
}

#[async_trait]
impl SchemaProvider for PinnedSchema {
    fn table_names(&self) -> Vec<String> {
        self.pinned.catalog.names_in(&self.name).map(str::to_owned).collect()
    }

    async fn table(&self, name: &str) -> Result<Option<Arc<dyn TableProvider>>> {
        Ok(self.pinned.provider(&self.full_name(name))?)
    }

    fn table_exist(&self, name: &str) -> bool {
        self.pinned.catalog.contains(&self.full_name(name))
    }
}
