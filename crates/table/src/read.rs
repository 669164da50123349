//! Reading data files in the shape of a newer schema: what a file does not have is NULL, partition columns come from
//! the log.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions, new_null_array};
use arrow::datatypes::{Field, FieldRef, SchemaRef};
use judi_world::Disk;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ArrowReaderOptions, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};

use crate::conform::conform_array;
use crate::disk_reader::{DiskFailure, DiskReader};
use crate::error::TableError;
use crate::partition::partition_array;
use crate::snapshot::{DataFile, Snapshot};
use crate::sort::CHUNK_ROWS;

/// The batches of one data file, rows in the file's order.
#[derive(Debug)]
pub struct FileBatches {
    path: PathBuf,
    reader: ParquetRecordBatchReader,
    failure: DiskFailure,
    /// Of the batches that come out.
    schema: SchemaRef,
    partitions: Vec<(String, Option<String>)>,
}

/// Opens `file` of the table in `dir` for the columns `projection` (all where `None`), as `snapshot` types them.
///
/// # Errors
/// [`TableError::UnknownColumn`] for a name that the snapshot lacks; [`TableError::Io`] and [`TableError::Parquet`]
/// when the file cannot be read.
pub fn read_file(
    disk: &dyn Disk,
    dir: &Path,
    snapshot: &Snapshot,
    file: &DataFile,
    projection: Option<&[&str]>,
) -> Result<FileBatches, TableError> {
    let path = dir.join(&file.path);
    let schema = match projection {
        None => Arc::clone(snapshot.schema()),
        Some(names) => {
            let indices = names.iter().map(|name| {
                let index = snapshot.schema().index_of(name);
                index.map_err(|_| TableError::UnknownColumn { column: (*name).to_owned() })
            });
            let indices: Vec<usize> = indices.collect::<Result<_, _>>()?;
            Arc::new(snapshot.schema().project(&indices).map_err(TableError::arrow("choose columns"))?)
        }
    };
    let partitions: Vec<_> = snapshot
        .partition_columns()
        .iter()
        .map(|column| (column.clone(), file.partition_values.get(column).cloned().flatten()))
        .collect();
    let reader = DiskReader::open(disk, &path).map_err(TableError::io("open", &path))?;
    let failure = reader.failure();
    let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
    let builder =
        ParquetRecordBatchReaderBuilder::try_new_with_options(reader, options).map_err(TableError::parquet(&path))?;
    let roots = builder.parquet_schema().root_schema().get_fields().iter().enumerate().filter(|(_, root)| {
        schema.index_of(root.name()).is_ok() && !snapshot.partition_columns().iter().any(|name| name == root.name())
    });
    let mask = ProjectionMask::roots(builder.parquet_schema(), roots.map(|(index, _)| index).collect::<Vec<_>>());
    let reader =
        builder.with_projection(mask).with_batch_size(CHUNK_ROWS).build().map_err(TableError::parquet(&path))?;
    Ok(FileBatches { path, reader, failure, schema, partitions })
}

impl FileBatches {
    /// Schema of the batches.
    #[must_use]
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn shaped(&self, batch: &RecordBatch) -> Result<RecordBatch, TableError> {
        let rows = batch.num_rows();
        let columns = self.schema.fields().iter().map(|field| self.column(field, batch, rows));
        let columns: Vec<ArrayRef> = columns.collect::<Result<_, _>>()?;
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        RecordBatch::try_new_with_options(Arc::clone(&self.schema), columns, &options)
            .map_err(TableError::arrow("shape rows of a file"))
    }

    fn column(&self, field: &FieldRef, batch: &RecordBatch, rows: usize) -> Result<ArrayRef, TableError> {
        if let Some((_, value)) = self.partitions.iter().find(|(name, _)| name == field.name()) {
            return partition_array(field.name(), field.data_type(), value.as_deref(), rows);
        }
        match batch.column_by_name(field.name()) {
            // What is in the file is as it is, whatever the schema promises about NULLs.
            Some(array) => conform_array(array, &readable(field), field.name()),
            None => Ok(new_null_array(field.data_type(), rows)),
        }
    }
}

fn readable(field: &Field) -> Field {
    field.clone().with_nullable(true)
}

impl Iterator for FileBatches {
    type Item = Result<RecordBatch, TableError>;

    fn next(&mut self) -> Option<Self::Item> {
        let batch = self.reader.next()?;
        Some(match batch {
            Ok(batch) => self.shaped(&batch),
            Err(error) => Err(self.failure.explain(&self.path, &error)),
        })
    }
}
