//! One version of a table as DataFusion sees it: a plain Parquet scan over an explicit list of files.
//!
//! A file that lacks a column, or a field inside a struct, is older than it: the scan fills it with NULL. Partition
//! columns are not in the files; the log has their values. Nothing here lists folders or asks for the newest version,
//! so a plan can be sent elsewhere and reads the same rows there.

use std::path::PathBuf;
use std::sync::Arc;

use arrow::datatypes::{FieldRef, Schema, SchemaRef};
use async_trait::async_trait;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::config::TableParquetOptions;
use datafusion::common::stats::Precision;
use datafusion::common::{DFSchema, Result, ScalarValue, Statistics, internal_datafusion_err};
use datafusion::datasource::TableType;
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::physical_plan::parquet::CachedParquetFileReaderFactory;
use datafusion::datasource::physical_plan::{FileGroup, FileScanConfigBuilder, ParquetSource};
use datafusion::datasource::source::DataSourceExec;
use datafusion::datasource::table_schema::TableSchema;
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::logical_expr::utils::conjunction;
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown};
use datafusion::object_store::{ObjectMeta, path::Path as StorePath};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::empty::EmptyExec;
use judi_table::{DataFile, FileMap};

use crate::fill_up::FillUpFactory;
use crate::pruning::{matching_files, partition_value};

/// A table's files at one version.
#[derive(Debug)]
pub(crate) struct SnapshotScan {
    dir: PathBuf,
    files: Arc<FileMap>,
    partition_columns: Vec<String>,
    /// What SQL sees, columns in the table's order.
    schema: SchemaRef,
    /// What the scan makes: the files' columns, then the partition columns.
    stored: TableSchema,
}

impl SnapshotScan {
    /// `files` (paths relative to `dir`, which is absolute) under `schema`.
    pub(crate) fn new(dir: PathBuf, files: Arc<FileMap>, partition_columns: &[String], schema: SchemaRef) -> Self {
        let is_partition = |field: &&FieldRef| partition_columns.contains(field.name());
        let file_fields: Vec<FieldRef> = schema.fields().iter().filter(|field| !is_partition(field)).cloned().collect();
        let partition_fields: Vec<FieldRef> =
            partition_columns.iter().filter_map(|name| Some(Arc::clone(schema.fields().find(name)?.1))).collect();
        let stored = TableSchema::builder(Arc::new(Schema::new(file_fields)))
            .with_table_partition_cols(partition_fields)
            .build();
        Self { dir, files, partition_columns: partition_columns.to_vec(), schema, stored }
    }

    /// The files that `filters` leave, in the order of their paths.
    fn matching(&self, state: &dyn Session, filters: &[Expr]) -> Result<Vec<Arc<DataFile>>> {
        let files: Vec<Arc<DataFile>> = self.files.values().cloned().collect();
        match self.predicate(state, filters)? {
            Some(predicate) => matching_files(files, &predicate, self.stored.table_schema(), &self.partition_columns),
            None => Ok(files),
        }
    }

    fn predicate(&self, state: &dyn Session, filters: &[Expr]) -> Result<Option<Arc<dyn PhysicalExpr>>> {
        let Some(filter) = conjunction(filters.iter().cloned()) else { return Ok(None) };
        let schema = DFSchema::try_from(Arc::clone(self.stored.table_schema()))?;
        state.create_physical_expr(filter, &schema).map(Some)
    }

    fn partitioned_file(&self, file: &DataFile) -> Result<PartitionedFile> {
        let location = StorePath::from_absolute_path(self.dir.join(&file.path))
            .map_err(|error| internal_datafusion_err!("{}: {error}", file.path))?;
        let written = chrono::DateTime::from_timestamp_millis(file.modification_time_ms).unwrap_or_default();
        let meta = ObjectMeta { location, last_modified: written, size: file.size_bytes, e_tag: None, version: None };
        let values: Vec<ScalarValue> = self
            .stored
            .table_partition_cols()
            .iter()
            .map(|field| partition_value(file, field.name(), field.data_type()))
            .collect::<Result<_>>()?;
        let mut out = PartitionedFile::new_from_meta(meta);
        out.partition_values = values;
        out.statistics = Some(Arc::new(self.statistics(std::iter::once(file))));
        Ok(out)
    }

    /// Rows and bytes; bounds stay with the log, which knows how tight they are.
    fn statistics<'a>(&self, files: impl Iterator<Item = &'a DataFile>) -> Statistics {
        let mut statistics = Statistics::new_unknown(self.stored.table_schema());
        let (mut rows, mut bytes) = (Some(0), 0u64);
        for file in files {
            rows = rows.zip(file.rows).map(|(sum, rows): (u64, u64)| sum.saturating_add(rows));
            bytes = bytes.saturating_add(file.size_bytes);
        }
        if let Some(rows) = rows.and_then(|rows| usize::try_from(rows).ok()) {
            statistics.num_rows = Precision::Exact(rows);
        }
        statistics.total_byte_size = Precision::Inexact(usize::try_from(bytes).unwrap_or(usize::MAX));
        statistics
    }

    /// Positions in the scan of the columns that `projection` (positions in the table) asks for.
    fn stored_indices(&self, projection: Option<&Vec<usize>>) -> Result<Vec<usize>> {
        let all: Vec<usize> = (0..self.schema.fields().len()).collect();
        projection
            .unwrap_or(&all)
            .iter()
            .map(|index| {
                let field = self.schema.fields().get(*index);
                let position = field.and_then(|field| Some(self.stored.table_schema().fields().find(field.name())?.0));
                position.ok_or_else(|| internal_datafusion_err!("no column {index} in the scan"))
            })
            .collect()
    }
}

#[async_trait]
impl TableProvider for SnapshotScan {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    fn supports_filters_pushdown(&self, filters: &[&Expr]) -> Result<Vec<TableProviderFilterPushDown>> {
        // The log's bounds leave files out, never rows; what is left is filtered by the Parquet reader, to which the
        // physical optimizer hands the filter on.
        Ok(vec![TableProviderFilterPushDown::Inexact; filters.len()])
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let indices = self.stored_indices(projection)?;
        let files = self.matching(state, filters)?;
        if files.is_empty() {
            let projected = self.stored.table_schema().project(&indices)?;
            return Ok(Arc::new(EmptyExec::new(Arc::new(projected))));
        }
        let group: Vec<_> = files.iter().map(|file| self.partitioned_file(file)).collect::<Result<_>>()?;
        let groups = FileGroup::new(group).split_files(state.config_options().execution.target_partitions);

        let runtime = state.runtime_env();
        let url = ObjectStoreUrl::local_filesystem();
        let footers = runtime.cache_manager.get_file_metadata_cache();
        let readers = CachedParquetFileReaderFactory::new(runtime.object_store(&url)?, footers);
        let global = state.config_options().execution.parquet.clone();
        let options = TableParquetOptions { global, ..TableParquetOptions::default() };
        let source = ParquetSource::new(self.stored.clone())
            .with_table_parquet_options(options)
            .with_parquet_file_reader_factory(Arc::new(readers));
        let config = FileScanConfigBuilder::new(url, Arc::new(source))
            .with_file_groups(groups)
            .with_statistics(self.statistics(files.iter().map(AsRef::as_ref)))
            .with_projection_indices(Some(indices))?
            .with_limit(limit)
            .with_expr_adapter(Some(Arc::new(FillUpFactory)))
            .build();
        Ok(DataSourceExec::from_data_source(config))
    }

    fn statistics(&self) -> Option<Statistics> {
        let stored = self.statistics(self.files.values().map(AsRef::as_ref));
        let mut statistics = Statistics::new_unknown(&self.schema);
        statistics.num_rows = stored.num_rows;
        statistics.total_byte_size = stored.total_byte_size;
        Some(statistics)
    }
}
