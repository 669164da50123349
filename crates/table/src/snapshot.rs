//! What a table holds at one version: the replay of its log, as values. No IO here.
//!
//! Source: Delta protocol, "Action Reconciliation".

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use serde::Deserialize;

use crate::error::TableError;
use crate::schema;
use crate::stats::FileStats;
use crate::wire::{self, Add, Line, MetaData, PartitionValues, Protocol, Remove};

/// Newest protocol that this crate reads and writes.
pub(crate) const READER_VERSION: i32 = 1;
/// See [`READER_VERSION`].
pub(crate) const WRITER_VERSION: i32 = 2;

/// One live data file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataFile {
    /// Relative to the table's folder, as on disk.
    pub path: String,
    /// Bytes on disk.
    pub size_bytes: u64,
    /// Partition column -> value as text; `None` is NULL.
    pub partition_values: BTreeMap<String, Option<String>>,
    /// Rows, where the writer said so (Judi always does).
    pub rows: Option<u64>,
    /// When the file was written, in milliseconds since 1970.
    pub modification_time_ms: i64,
    /// What the writer noted about the file.
    pub tags: BTreeMap<String, Option<String>>,
    /// Statistics as the log holds them (JSON).
    pub stats_json: Option<String>,
}

impl DataFile {
    /// The file's statistics; empty where it has none or none that can be read, which says nothing about its rows.
    #[must_use]
    pub fn stats(&self) -> FileStats {
        self.stats_json.as_deref().map(FileStats::parse).unwrap_or_default()
    }
}

/// A data file that left the table and may still be read through older versions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Tombstone {
    pub(crate) deletion_timestamp_ms: i64,
    pub(crate) data_change: bool,
    pub(crate) partition_values: Option<PartitionValues>,
    pub(crate) size_bytes: Option<i64>,
}

/// Path on disk -> file.
pub type FileMap = BTreeMap<String, Arc<DataFile>>;

/// A table at one version. Cheap to clone and to keep.
#[derive(Debug, Clone)]
pub struct Snapshot {
    pub(crate) version: i64,
    pub(crate) schema: SchemaRef,
    pub(crate) metadata: Arc<MetaData>,
    pub(crate) protocol: Protocol,
    pub(crate) files: Arc<FileMap>,
    pub(crate) tombstones: Arc<BTreeMap<String, Arc<Tombstone>>>,
    pub(crate) txns: Arc<BTreeMap<String, (i64, Option<i64>)>>,
}

impl Snapshot {
    /// The version; 0 is the table's creation.
    #[must_use]
    pub fn version(&self) -> i64 {
        self.version
    }

    /// Canonical schema, partition columns included.
    #[must_use]
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// Partition columns, in the order of the folders.
    #[must_use]
    pub fn partition_columns(&self) -> &[String] {
        &self.metadata.partition_columns
    }

    /// The table's id, the same through all versions.
    #[must_use]
    pub fn table_id(&self) -> &str {
        &self.metadata.id
    }

    /// The table's name, where its creator gave one.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.metadata.name.as_deref()
    }

    /// Properties (`configuration`), such as `judi.*` and `delta.*`.
    pub fn properties(&self) -> impl Iterator<Item = (&str, &str)> {
        self.metadata.configuration.iter().filter_map(|(key, value)| Some((key.as_str(), value.as_deref()?)))
    }

    /// The live files by path.
    #[must_use]
    pub fn files(&self) -> &Arc<FileMap> {
        &self.files
    }

    /// The live files of the partition that has exactly these values.
    pub fn files_of<'a>(
        &'a self,
        values: &'a BTreeMap<String, Option<String>>,
    ) -> impl Iterator<Item = &'a Arc<DataFile>> {
        self.files.values().filter(move |file| &file.partition_values == values)
    }

    /// Rows in all live files; `None` when a file does not say.
    #[must_use]
    pub fn rows(&self) -> Option<u64> {
        self.files.values().map(|file| file.rows).sum()
    }

    /// The last version that application `app_id` committed; [`None`] when it never did.
    #[must_use]
    pub fn txn(&self, app_id: &str) -> Option<i64> {
        self.txns.get(app_id).map(|(version, _)| *version)
    }

    /// The same version without the files that left it before `expired_ms`, of which nothing is left on disk.
    pub(crate) fn forgetting(&self, expired_ms: i64) -> Self {
        let kept = self.tombstones.iter().filter(|(_, tombstone)| tombstone.deletion_timestamp_ms > expired_ms);
        let tombstones = kept.map(|(path, tombstone)| (path.clone(), Arc::clone(tombstone))).collect();
        Self { tombstones: Arc::new(tombstones), ..self.clone() }
    }

    /// All application transactions: app id, version.
    pub fn txns(&self) -> impl Iterator<Item = (&str, i64)> {
        self.txns.iter().map(|(app_id, (version, _))| (app_id.as_str(), *version))
    }
}

/// A snapshot in the making: replays lines in order, starting from nothing or from an older snapshot.
#[derive(Debug, Default)]
pub(crate) struct Replay {
    version: i64,
    schema: Option<SchemaRef>,
    metadata: Option<Arc<MetaData>>,
    protocol: Option<Protocol>,
    /// Shared with the snapshot that they come from until a line changes them: most commits change one of the three.
    files: Arc<FileMap>,
    tombstones: Arc<BTreeMap<String, Arc<Tombstone>>>,
    txns: Arc<BTreeMap<String, (i64, Option<i64>)>>,
}

impl Replay {
    pub(crate) fn from_snapshot(snapshot: &Snapshot) -> Self {
        Self {
            version: snapshot.version,
            schema: Some(Arc::clone(&snapshot.schema)),
            metadata: Some(Arc::clone(&snapshot.metadata)),
            protocol: Some(snapshot.protocol.clone()),
            files: Arc::clone(&snapshot.files),
            tombstones: Arc::clone(&snapshot.tombstones),
            txns: Arc::clone(&snapshot.txns),
        }
    }

    pub(crate) fn set_version(&mut self, version: i64) {
        self.version = version;
    }

    /// Takes in one line of the log; what is wrong with it otherwise.
    pub(crate) fn apply(&mut self, line: Line) -> Result<(), String> {
        if let Some(protocol) = line.protocol {
            self.protocol = Some(protocol);
        }
        if let Some(metadata) = line.meta_data {
            if metadata.format.provider != "parquet" {
                return Err(format!("the table's files are {}, not parquet", metadata.format.provider));
            }
            let schema = schema::from_delta(&metadata.schema_string)?;
            if let Some(missing) = metadata.partition_columns.iter().find(|name| schema.index_of(name).is_err()) {
                return Err(format!("the partition column {missing} is not in the schema"));
            }
            self.schema = Some(schema);
            self.metadata = Some(Arc::new(metadata));
        }
        if let Some(txn) = line.txn {
            Arc::make_mut(&mut self.txns).insert(txn.app_id, (txn.version, txn.last_updated));
        }
        if let Some(remove) = line.remove {
            self.remove(remove)?;
        }
        if let Some(add) = line.add {
            let file = data_file(add)?;
            if self.tombstones.contains_key(&file.path) {
                Arc::make_mut(&mut self.tombstones).remove(&file.path);
            }
            Arc::make_mut(&mut self.files).insert(file.path.clone(), Arc::new(file));
        }
        Ok(())
    }

    fn remove(&mut self, remove: Remove) -> Result<(), String> {
        let path = wire::decode_path(&remove.path).ok_or_else(|| bad_path(&remove.path))?;
        if self.files.contains_key(&path) {
            Arc::make_mut(&mut self.files).remove(&path);
        }
        let tombstone = Tombstone {
            deletion_timestamp_ms: remove.deletion_timestamp.unwrap_or(0),
            data_change: remove.data_change,
            partition_values: remove.partition_values,
            size_bytes: remove.size,
        };
        Arc::make_mut(&mut self.tombstones).insert(path, Arc::new(tombstone));
        Ok(())
    }

    /// The snapshot, when the log has told a schema and a protocol that this crate knows.
    pub(crate) fn finish(self, dir: &Path, log_file: &Path) -> Result<Snapshot, TableError> {
        let missing = |what: &str| TableError::CorruptLog {
            path: log_file.to_path_buf(),
            line: 1,
            detail: format!("no {what} up to version {}", self.version),
        };
        let protocol = self.protocol.ok_or_else(|| missing("protocol"))?;
        if protocol.min_reader_version > READER_VERSION || protocol.min_writer_version > WRITER_VERSION {
            return Err(TableError::UnsupportedProtocol {
                dir: dir.to_path_buf(),
                reader: protocol.min_reader_version,
                writer: protocol.min_writer_version,
            });
        }
        Ok(Snapshot {
            version: self.version,
            schema: self.schema.ok_or_else(|| missing("schema"))?,
            metadata: self.metadata.ok_or_else(|| missing("metaData"))?,
            protocol,
            files: self.files,
            tombstones: self.tombstones,
            txns: self.txns,
        })
    }
}

fn bad_path(path: &str) -> String {
    format!("{path:?} is no path inside the table")
}

#[derive(Deserialize)]
struct RowCount {
    #[serde(rename = "numRecords")]
    num_records: Option<u64>,
}

fn data_file(add: Add) -> Result<DataFile, String> {
    if add.deletion_vector.is_some() {
        return Err(format!("{} has a deletion vector, which protocol (1,2) does not know", add.path));
    }
    let path = wire::decode_path(&add.path).ok_or_else(|| bad_path(&add.path))?;
    // Statistics are optional and other writers' mistakes in them are theirs: no rows rather than no table.
    let rows = add.stats.as_deref().and_then(|stats| serde_json::from_str::<RowCount>(stats).ok()?.num_records);
    Ok(DataFile {
        path,
        size_bytes: u64::try_from(add.size).map_err(|_| format!("{} has a negative size", add.path))?,
        partition_values: add.partition_values,
        rows,
        modification_time_ms: add.modification_time,
        tags: add.tags.unwrap_or_default(),
        stats_json: add.stats,
    })
}
