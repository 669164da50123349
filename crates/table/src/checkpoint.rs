//! Checkpoints: the state of the log at one version, in one Parquet file, so that readers need not replay it all.
//!
//! Source: Delta protocol, "Checkpoints" (classic, single file). The rows are the same actions as in a commit, so the
//! same wire structs go in and out, through Arrow's JSON coder. The same state gives the same bytes.

use std::path::Path;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, Field, Fields, Schema, SchemaRef};
use arrow::json::writer::{LineDelimited, WriterBuilder};
use arrow::json::{ReaderBuilder, Writer};
use judi_world::{Disk, write_durably};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::arrow::arrow_writer::ArrowWriterOptions;
use parquet::arrow::{ArrowWriter, ProjectionMask};
use parquet::basic::Compression;
use parquet::file::properties::{EnabledStatistics, WriterProperties};

use crate::delta_log::{LAST_CHECKPOINT, checkpoint_path, log_folder};
use crate::disk_reader::DiskReader;
use crate::error::TableError;
use crate::snapshot::{Replay, Snapshot};
use crate::wire::{Add, LastCheckpoint, Line, Remove, Txn, encode_path};

/// Actions that are coded at once.
const BATCH_ROWS: usize = 8192;

/// Parts of other writers' checkpoints that repeat `stats` and `partitionValues` and would only take memory.
const REPEATED_COLUMNS: [&str; 2] = ["add.stats_parsed.", "add.partitionValues_parsed."];

/// Writes the checkpoint of `snapshot`, then points `_last_checkpoint` at it. Removed files from before
/// `expired_ms` are forgotten.
pub(crate) fn write(disk: &dyn Disk, dir: &Path, snapshot: &Snapshot, expired_ms: i64) -> Result<(), TableError> {
    let path = checkpoint_path(dir, snapshot.version);
    let lines = lines_of(snapshot, expired_ms);
    let bytes = encode(&path, &lines)?;
    write_durably(disk, &path, &bytes).map_err(TableError::io("write", &path))?;
    let last = LastCheckpoint {
        version: snapshot.version,
        size: i64::try_from(lines.len()).unwrap_or(i64::MAX),
        size_in_bytes: Some(bytes.len() as u64),
        num_of_add_files: i64::try_from(snapshot.files.len()).ok(),
        parts: None,
    };
    let hint = log_folder(dir).join(LAST_CHECKPOINT);
    let json = serde_json::to_vec(&last).map_err(|error| TableError::Internal { detail: error.to_string() })?;
    write_durably(disk, &hint, &json).map_err(TableError::io("write", &hint))
}

fn lines_of(snapshot: &Snapshot, expired_ms: i64) -> Vec<Line> {
    let mut lines = vec![
        Line { protocol: Some(snapshot.protocol.clone()), ..Line::default() },
        Line { meta_data: Some((*snapshot.metadata).clone()), ..Line::default() },
    ];
    lines.extend(snapshot.txns.iter().map(|(app_id, (version, last_updated))| {
        let txn = Txn { app_id: app_id.clone(), version: *version, last_updated: *last_updated };
        Line { txn: Some(txn), ..Line::default() }
    }));
    let kept = snapshot.tombstones.iter().filter(|(_, tombstone)| tombstone.deletion_timestamp_ms >= expired_ms);
    lines.extend(kept.map(|(path, tombstone)| {
        let remove = Remove {
            path: encode_path(path),
            deletion_timestamp: Some(tombstone.deletion_timestamp_ms),
            // A checkpoint changes nothing, as the protocol has its rows say.
            data_change: false,
            extended_file_metadata: Some(tombstone.partition_values.is_some()),
            partition_values: tombstone.partition_values.clone(),
            size: tombstone.size_bytes,
        };
        Line { remove: Some(remove), ..Line::default() }
    }));
    lines.extend(snapshot.files.values().map(|file| {
        let add = Add {
            path: encode_path(&file.path),
            partition_values: file.partition_values.clone(),
            size: i64::try_from(file.size_bytes).unwrap_or(i64::MAX),
            modification_time: file.modification_time_ms,
            data_change: false,
            stats: file.stats_json.clone(),
            tags: (!file.tags.is_empty()).then(|| file.tags.clone()),
            deletion_vector: None,
        };
        Line { add: Some(add), ..Line::default() }
    }));
    lines
}

fn encode(path: &Path, lines: &[Line]) -> Result<Vec<u8>, TableError> {
    let schema = checkpoint_schema();
    let properties = WriterProperties::builder()
        .set_created_by("judi".to_owned())
        .set_compression(Compression::SNAPPY)
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .build();
    let options = ArrowWriterOptions::new().with_properties(properties).with_skip_arrow_metadata(true);
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new_with_options(&mut bytes, Arc::clone(&schema), options)
        .map_err(TableError::parquet(path))?;
    for chunk in lines.chunks(BATCH_ROWS) {
        let batch = to_batch(&schema, chunk)?;
        writer.write(&batch).map_err(TableError::parquet(path))?;
    }
    writer.close().map_err(TableError::parquet(path))?;
    Ok(bytes)
}

fn to_batch(schema: &SchemaRef, lines: &[Line]) -> Result<RecordBatch, TableError> {
    let code = || TableError::arrow("write a checkpoint");
    let mut decoder =
        ReaderBuilder::new(Arc::clone(schema)).with_batch_size(BATCH_ROWS).build_decoder().map_err(code())?;
    decoder.serialize(lines).map_err(code())?;
    let batch = decoder.flush().map_err(code())?;
    Ok(batch.unwrap_or_else(|| RecordBatch::new_empty(Arc::clone(schema))))
}

/// Nothing that is nullable in the protocol may be required here: readers look up columns by name and type.
fn checkpoint_schema() -> SchemaRef {
    let text = |name: &str| Field::new(name, DataType::Utf8, true);
    let long = |name: &str| Field::new(name, DataType::Int64, true);
    let int = |name: &str| Field::new(name, DataType::Int32, true);
    let flag = |name: &str| Field::new(name, DataType::Boolean, true);
    let map = |name: &str| {
        let pair =
            Fields::from(vec![Field::new("key", DataType::Utf8, false), Field::new("value", DataType::Utf8, true)]);
        Field::new(name, DataType::Map(Arc::new(Field::new("key_value", DataType::Struct(pair), false)), false), true)
    };
    let texts =
        |name: &str| Field::new(name, DataType::List(Arc::new(Field::new("element", DataType::Utf8, true))), true);
    let action = |name: &str, fields: Vec<Field>| Field::new(name, DataType::Struct(fields.into()), true);
    Arc::new(Schema::new(vec![
        action("protocol", vec![int("minReaderVersion"), int("minWriterVersion")]),
        action(
            "metaData",
            vec![
                text("id"),
                text("name"),
                text("description"),
                action("format", vec![text("provider"), map("options")]),
                text("schemaString"),
                texts("partitionColumns"),
                map("configuration"),
                long("createdTime"),
            ],
        ),
        action("txn", vec![text("appId"), long("version"), long("lastUpdated")]),
        action(
            "remove",
            vec![
                text("path"),
                long("deletionTimestamp"),
                flag("dataChange"),
                flag("extendedFileMetadata"),
                map("partitionValues"),
                long("size"),
            ],
        ),
        action(
            "add",
            vec![
                text("path"),
                map("partitionValues"),
                long("size"),
                long("modificationTime"),
                flag("dataChange"),
                text("stats"),
                map("tags"),
            ],
        ),
    ]))
}

/// The snapshot that the checkpoint of `version` holds.
pub(crate) fn read(disk: &dyn Disk, dir: &Path, version: i64) -> Result<Snapshot, TableError> {
    let path = checkpoint_path(dir, version);
    let reader = DiskReader::open(disk, &path).map_err(TableError::io("open", &path))?;
    let failure = reader.failure();
    let builder = ParquetRecordBatchReaderBuilder::try_new(reader).map_err(TableError::parquet(&path))?;
    let columns = builder.parquet_schema().columns();
    let wanted: Vec<usize> = (0..columns.len())
        .filter(|index| {
            let path = columns[*index].path().string();
            !REPEATED_COLUMNS.iter().any(|repeated| path.starts_with(repeated))
        })
        .collect();
    let mask = ProjectionMask::leaves(builder.parquet_schema(), wanted);
    let batches =
        builder.with_projection(mask).with_batch_size(BATCH_ROWS).build().map_err(TableError::parquet(&path))?;
    let mut replay = Replay::default();
    let mut row = 0;
    for batch in batches {
        let batch = batch.map_err(|error| failure.explain(&path, &error))?;
        for line in to_lines(&batch)? {
            row += 1;
            line.and_then(|line| replay.apply(line)).map_err(|detail| TableError::CorruptLog {
                path: path.clone(),
                line: row,
                detail,
            })?;
        }
    }
    replay.set_version(version);
    replay.finish(dir, &path)
}

fn to_lines(batch: &RecordBatch) -> Result<Vec<Result<Line, String>>, TableError> {
    let mut bytes = Vec::new();
    // Nulls are told apart from absence in maps only: there a NULL partition value is a value.
    let mut writer: Writer<_, LineDelimited> = WriterBuilder::new().with_explicit_nulls(true).build(&mut bytes);
    writer.write(batch).and_then(|()| writer.finish()).map_err(TableError::arrow("read a checkpoint"))?;
    drop(writer);
    let lines = bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    Ok(lines.map(|line| serde_json::from_slice(line).map_err(|error| error.to_string())).collect())
}

#[cfg(test)]
mod tests;
