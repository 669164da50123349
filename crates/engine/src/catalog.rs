//! What SQL can name: tables, views of events, rows in memory. A value; a query takes one and pins its tables.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use judi_schema::nearest::nearest;
use judi_schema::view::View;
use judi_table::Table;

use crate::zone::Zone;

/// The schema of names without one.
pub(crate) const DEFAULT_SCHEMA: &str = "public";

/// The table that event views read.
pub const EVENTS_TABLE: &str = "events";

/// The table of what did not fit.
pub const QUARANTINE_TABLE: &str = "quarantine";

/// What installs numbered and nobody received.
pub const LOSS_TABLE: &str = "_judi.loss";

/// What a name of the catalog stands for.
#[derive(Debug, Clone)]
pub(crate) enum Source {
    /// A table, with columns that it may not have yet: they read as NULL.
    Table { table: Option<Arc<Table>>, declared: Option<SchemaRef> },
    /// Rows in memory.
    Rows { schema: SchemaRef, batches: Arc<Vec<RecordBatch>> },
    /// A view of one event.
    View(Arc<View>),
    /// What installs numbered and nobody received, of the days up to this one.
    Loss { today: i32 },
}

/// The part of an input that a job may see: rows whose time lies in a window and which came early enough.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InputWindow {
    /// First moment, in microseconds since 1970 (UTC).
    pub from_us: i64,
    /// First moment after the window.
    pub to_us: i64,
    /// Rows received at this moment or later are not seen; only for inputs that have `received_at`.
    pub received_before_us: Option<i64>,
}

/// The kind of a name, as `SHOW TABLES` tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A table.
    Table,
    /// A view of one event, or of several tables.
    View,
}

/// Names and what they stand for. Tables outside the default schema are written `schema.name`.
#[derive(Debug, Clone, Default)]
pub struct Catalog {
    zone: Zone,
    sources: BTreeMap<String, Source>,
    windows: BTreeMap<String, InputWindow>,
}

impl Catalog {
    /// An empty catalog whose days are those of `zone`.
    #[must_use]
    pub fn new(zone: Zone) -> Self {
        Self { zone, ..Self::default() }
    }

    /// With a table under `name`.
    #[must_use]
    pub fn with_table(mut self, name: &str, table: Arc<Table>) -> Self {
        self.sources.insert(name.to_owned(), Source::Table { table: Some(table), declared: None });
        self
    }

    /// With a table that is to have at least the columns of `declared`: those that its files do not have yet read as
    /// NULL, and where there is no table yet, it has no rows.
    #[must_use]
    pub fn with_declared_table(mut self, name: &str, table: Option<Arc<Table>>, declared: SchemaRef) -> Self {
        self.sources.insert(name.to_owned(), Source::Table { table, declared: Some(declared) });
        self
    }

    /// With rows in memory under `name`.
    #[must_use]
    pub fn with_rows(mut self, name: &str, schema: SchemaRef, batches: Vec<RecordBatch>) -> Self {
        self.sources.insert(name.to_owned(), Source::Rows { schema, batches: Arc::new(batches) });
        self
    }

    /// With a view per event over the table [`EVENTS_TABLE`].
    #[must_use]
    pub fn with_views(mut self, views: impl IntoIterator<Item = View>) -> Self {
        for view in views {
            self.sources.insert(view.name.clone(), Source::View(Arc::new(view)));
        }
        self
    }

    /// With [`LOSS_TABLE`] over the tables [`EVENTS_TABLE`] and [`QUARANTINE_TABLE`], of the days up to `today` (since 1970, UTC).
    #[must_use]
    pub fn with_loss(mut self, today: i32) -> Self {
        self.sources.insert(LOSS_TABLE.to_owned(), Source::Loss { today });
        self
    }

    /// With `name` cut down to a window. Only queries that name it see the cut; views over it do not.
    #[must_use]
    pub fn with_window(mut self, name: &str, window: InputWindow) -> Self {
        self.windows.insert(name.to_owned(), window);
        self
    }

    /// The time zone of its days.
    #[must_use]
    pub fn zone(&self) -> Zone {
        self.zone
    }

    /// All names in order, with their kinds.
    pub fn names(&self) -> impl Iterator<Item = (&str, Kind)> {
        self.sources.iter().map(|(name, source)| {
            let kind = if matches!(source, Source::View(_) | Source::Loss { .. }) { Kind::View } else { Kind::Table };
            (name.as_str(), kind)
        })
    }

    /// Whether `name` stands for something.
    #[must_use]
    pub fn contains(&self, name: &str) -> bool {
        self.sources.contains_key(name)
    }

    /// The name most like `name`.
    #[must_use]
    pub fn nearest(&self, name: &str) -> Option<&str> {
        nearest(name, self.sources.keys().map(String::as_str))
    }

    pub(crate) fn source(&self, name: &str) -> Option<&Source> {
        self.sources.get(name)
    }

    pub(crate) fn window(&self, name: &str) -> Option<&InputWindow> {
        self.windows.get(name)
    }

    /// Names in one schema, without the schema.
    pub(crate) fn names_in<'a>(&'a self, schema: &'a str) -> impl Iterator<Item = &'a str> {
        self.sources.keys().filter_map(move |name| match name.split_once('.') {
            Some((of, name)) => (of == schema).then_some(name),
            None => (schema == DEFAULT_SCHEMA).then_some(name.as_str()),
        })
    }

    /// Every schema that a name is in.
    pub(crate) fn schemas(&self) -> BTreeSet<&str> {
        let named = self.sources.keys().filter_map(|name| Some(name.split_once('.')?.0));
        named.chain([DEFAULT_SCHEMA]).collect()
    }
}
