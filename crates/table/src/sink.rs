//! Rows into Parquet files that are the same bytes for the same rows, named by their SHA-256, durable before anybody
//! points at them.
//!
//! ```text
//!   batches ─ conform ─ sort ─ split by partition ─ chunks of 8192 ─► FileWriter ─► part-<sha256>.parquet
//! ```
//!
//! What could make bytes differ is pinned: the chunks that the writer sees, row groups, encodings (chosen from the
//! file's own first rows), compression level and `created_by`.

mod encoding;
mod file;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch};
use arrow::datatypes::{Schema, SchemaRef};
use judi_world::World;

use crate::conform::conform;
use crate::content::{CONTENT_TAG, ContentHash};
use crate::error::TableError;
use crate::gather::{Gatherer, RowIndex};
use crate::partition::{partition_folder, partition_text};
use crate::schema::canonical_schema;
use crate::sort::{CHUNK_ROWS, key_indices, sorted_order};
use crate::stats::has_bounds;
use crate::wire::PartitionValues;
use file::FileWriter;
pub(crate) use file::{TEMPORARY_PREFIX, TEMPORARY_SUFFIX};

/// Rows of a row group: what a scan reads at once, and what a writer holds in memory.
const ROW_GROUP_ROWS: usize = 16 * CHUNK_ROWS;

/// Where a file ends, looked at after each row group.
const FILE_BYTES_MAX: u64 = 256 << 20;

/// Columns that get statistics when none are named, as in Delta's own writers.
pub(crate) const STATS_COLUMNS: usize = 32;

/// The tag that says how a file's rows are ordered.
pub(crate) const SORT_TAG: &str = "judi.sort";

/// How rows become files. The defaults suit every table; two writers of one table use the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SinkOptions {
    /// The columns that rows are sorted by; empty keeps the order they come in.
    pub sort: Vec<String>,
    /// The columns that get statistics in the log and in the files; `None` takes the leading 32 that can have them.
    pub stats_columns: Option<Vec<String>>,
    /// Rows of a row group, rounded up to a multiple of [`CHUNK_ROWS`].
    pub row_group_rows: usize,
    /// Where a file ends, in bytes, looked at after each row group.
    pub file_bytes_max: u64,
    /// Level of zstd, 1 to 22.
    pub zstd_level: i32,
    /// Noted on each file.
    pub tags: BTreeMap<String, String>,
}

impl Default for SinkOptions {
    fn default() -> Self {
        Self {
            sort: Vec::new(),
            stats_columns: None,
            row_group_rows: ROW_GROUP_ROWS,
            file_bytes_max: FILE_BYTES_MAX,
            zstd_level: 1,
            tags: BTreeMap::new(),
        }
    }
}

/// A file that is written and durable, and waits to be committed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddFile {
    /// Relative to the table's folder, as on disk.
    pub path: String,
    /// Bytes on disk.
    pub size_bytes: u64,
    /// Rows.
    pub rows: u64,
    /// Partition column -> value as text; `None` is NULL.
    pub partition_values: BTreeMap<String, Option<String>>,
    /// When it was written, in milliseconds since 1970.
    pub modification_time_ms: i64,
    /// Statistics as the log will hold them (JSON).
    pub stats_json: String,
    /// What is noted about the file.
    pub tags: BTreeMap<String, String>,
}

impl AddFile {
    /// The hash of the file's rows.
    #[must_use]
    pub fn content_hash(&self) -> Option<ContentHash> {
        self.tags.get(CONTENT_TAG).and_then(|tag| ContentHash::from_tag(tag))
    }
}

/// Writes data files of one table under one schema.
#[derive(Debug)]
pub struct Sink {
    world: World,
    dir: PathBuf,
    schema: SchemaRef,
    partition_columns: Vec<String>,
    options: SinkOptions,
    key: Vec<usize>,
}

/// What a [`FileWriter`] has to know, fixed for all files of a sink.
#[derive(Debug)]
pub(crate) struct FileLayout {
    /// Columns that are in the file: all but the partition columns.
    pub(crate) schema: SchemaRef,
    /// Name and position in the file of the columns with statistics.
    pub(crate) stats: Vec<(String, usize)>,
    pub(crate) row_group_chunks: usize,
    pub(crate) file_bytes_max: u64,
    pub(crate) zstd_level: i32,
}

impl Sink {
    /// A sink for the table in `dir`. `schema` is brought into canonical form and holds the partition columns too.
    ///
    /// # Errors
    /// [`TableError::UnsupportedType`] for a type that Delta lacks, [`TableError::UnknownColumn`] when a sort,
    /// partition or statistics column is not in the schema.
    pub fn new(
        world: &World,
        dir: &Path,
        schema: &Schema,
        partition_columns: &[String],
        options: SinkOptions,
    ) -> Result<Self, TableError> {
        let schema = canonical_schema(schema)?;
        key_indices(&schema, partition_columns)?;
        key_indices(&schema, options.stats_columns.as_deref().unwrap_or_default())?;
        let key = key_indices(&schema, &options.sort)?;
        let partition_columns = partition_columns.to_vec();
        Ok(Self { world: world.clone(), dir: dir.to_path_buf(), schema, partition_columns, options, key })
    }

    /// Canonical schema of what is written.
    #[must_use]
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// Writes all rows of `batches`: at least one file a partition that occurs, none for no rows. When this returns,
    /// the files survive a crash, and nobody sees them until they are committed.
    ///
    /// Columns that a batch lacks are NULL. The same rows give the same files in whatever batches they come, and in
    /// whatever order if there is a sort key.
    ///
    /// # Errors
    /// [`TableError::UnknownColumn`] and [`TableError::IncompatibleSchema`] for rows that do not fit;
    /// [`TableError::Io`] and [`TableError::Parquet`] from the disk. Nothing half-written is left under a file's name.
    pub fn write(&self, batches: &[RecordBatch]) -> Result<Vec<AddFile>, TableError> {
        let columns = self.conformed(batches)?;
        let order = sorted_order(&columns, &self.key)?;
        let partition_indices = key_indices(&self.schema, &self.partition_columns)?;
        let layout = Arc::new(self.layout());
        let stored: Vec<&Vec<ArrayRef>> = columns
            .iter()
            .enumerate()
            .filter(|(index, _)| !partition_indices.contains(index))
            .map(|(_, column)| column)
            .collect();
        let mut gatherer = Gatherer::default();
        let mut written = Vec::new();
        for (values, rows) in self.split(&columns, &partition_indices, order)? {
            let mut writer = self.file_writer(&layout, values);
            for indices in rows.chunks(CHUNK_ROWS) {
                let chunk: Vec<ArrayRef> =
                    stored.iter().map(|column| gatherer.gather(column, indices)).collect::<Result<_, _>>()?;
                writer.push(chunk, indices.len())?;
            }
            written.extend(writer.finish()?);
        }
        Ok(written)
    }

    /// The columns that rows are sorted by.
    pub(crate) fn sort_key(&self) -> &[String] {
        &self.options.sort
    }

    /// Positions in the schema of the columns that files hold: all but the partition columns.
    pub(crate) fn stored_indices(&self) -> Vec<usize> {
        let fields = self.schema.fields().iter().enumerate();
        fields.filter(|(_, field)| !self.partition_columns.contains(field.name())).map(|(index, _)| index).collect()
    }

    /// A writer of one partition's rows, which come sorted, with the stored columns, in chunks of [`CHUNK_ROWS`].
    pub(crate) fn partition_writer(&self, values: PartitionValues) -> FileWriter {
        self.file_writer(&Arc::new(self.layout()), values)
    }

    fn file_writer(&self, layout: &Arc<FileLayout>, values: PartitionValues) -> FileWriter {
        let folder = partition_folder(&self.partition_columns, &values);
        FileWriter::new(&self.world, &self.dir, &folder, values, Arc::clone(layout), self.tags())
    }

    fn tags(&self) -> BTreeMap<String, String> {
        let mut tags = self.options.tags.clone();
        if !self.options.sort.is_empty() {
            tags.insert(SORT_TAG.to_owned(), self.options.sort.join(","));
        }
        tags
    }

    fn layout(&self) -> FileLayout {
        let stored: Vec<_> =
            self.schema.fields().iter().filter(|field| !self.partition_columns.contains(field.name())).collect();
        let named = self.options.stats_columns.as_deref();
        let stats = stored
            .iter()
            .enumerate()
            .filter(|(_, field)| match named {
                Some(named) => named.contains(field.name()),
                None => has_bounds(field.data_type()),
            })
            .map(|(index, field)| (field.name().clone(), index))
            .take(if named.is_some() { usize::MAX } else { STATS_COLUMNS })
            .collect();
        FileLayout {
            schema: Arc::new(Schema::new(stored.into_iter().cloned().collect::<Vec<_>>())),
            stats,
            row_group_chunks: self.options.row_group_rows.div_ceil(CHUNK_ROWS).max(1),
            file_bytes_max: self.options.file_bytes_max,
            zstd_level: self.options.zstd_level,
        }
    }

    fn conformed(&self, batches: &[RecordBatch]) -> Result<Vec<Vec<ArrayRef>>, TableError> {
        let mut columns: Vec<Vec<ArrayRef>> = vec![Vec::with_capacity(batches.len()); self.schema.fields().len()];
        for batch in batches.iter().filter(|batch| batch.num_rows() > 0) {
            for (column, array) in columns.iter_mut().zip(conform(batch, &self.schema)?) {
                column.push(array);
            }
        }
        // Rows of several batches are taken together, so a column is a dictionary in all of them or in none.
        for (column, field) in columns.iter_mut().zip(self.schema.fields()) {
            if column.windows(2).all(|pair| pair[0].data_type() == pair[1].data_type()) {
                continue;
            }
            for array in column {
                *array = arrow::compute::cast(array, field.data_type()).map_err(TableError::arrow("unpack"))?;
            }
        }
        Ok(columns)
    }

    /// The rows of each partition in `order`, partitions by their values.
    fn split(
        &self,
        columns: &[Vec<ArrayRef>],
        partition_indices: &[usize],
        order: Vec<RowIndex>,
    ) -> Result<Vec<(PartitionValues, Vec<RowIndex>)>, TableError> {
        if order.is_empty() {
            return Ok(Vec::new());
        }
        if partition_indices.is_empty() {
            return Ok(vec![(PartitionValues::new(), order)]);
        }
        let parts: Vec<Vec<ArrayRef>> = partition_indices.iter().map(|index| columns[*index].clone()).collect();
        // Equal partition values get equal packed keys, and a table has far fewer of them than rows.
        let sources = parts[0].len();
        let mut row_partition: Vec<Vec<usize>> = Vec::with_capacity(sources);
        let mut partitions: Vec<(PartitionValues, Vec<RowIndex>)> = Vec::new();
        let mut known: BTreeMap<Vec<Option<String>>, usize> = BTreeMap::new();
        for source in 0..sources {
            let arrays: Vec<&ArrayRef> = parts.iter().map(|part| &part[source]).collect();
            row_partition.push(self.partitions_of(&arrays, &mut known, &mut partitions)?);
        }
        for (source, row) in order {
            partitions[row_partition[source][row]].1.push((source, row));
        }
        partitions.sort_by(|a, b| a.0.cmp(&b.0));
        Ok(partitions)
    }

    /// For each row of one batch the number of its partition.
    fn partitions_of(
        &self,
        arrays: &[&ArrayRef],
        known: &mut BTreeMap<Vec<Option<String>>, usize>,
        partitions: &mut Vec<(PartitionValues, Vec<RowIndex>)>,
    ) -> Result<Vec<usize>, TableError> {
        let owned: Vec<ArrayRef> = arrays.iter().map(|array| Arc::clone(array)).collect();
        let runs = arrow::compute::partition(&owned).map_err(TableError::arrow("tell partitions apart"))?;
        let mut numbers = Vec::with_capacity(arrays.first().map_or(0, |array| array.len()));
        for range in runs.ranges() {
            let values: Vec<Option<String>> = self
                .partition_columns
                .iter()
                .zip(arrays)
                .map(|(name, array)| partition_text(name, array.as_ref(), range.start))
                .collect::<Result<_, _>>()?;
            let next = partitions.len();
            let number = *known.entry(values).or_insert_with_key(|values| {
                let named = self.partition_columns.iter().cloned().zip(values.iter().cloned()).collect();
                partitions.push((named, Vec::new()));
                next
            });
            numbers.resize(numbers.len() + range.len(), number);
        }
        Ok(numbers)
    }
}

#[cfg(test)]
mod tests;
