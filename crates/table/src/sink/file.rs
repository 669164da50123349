//! One partition's rows into one or more files: written under a temporary name while the hash is taken, synced,
//! renamed to the name that the hash gives, the folder synced.
//!
//! A crash before the rename leaves a temporary file, which vacuum removes; one after it leaves a whole file that
//! nobody points at, and that writing the same rows again replaces by itself.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::ArrayRef;
use judi_world::{Disk, World, WriteFile};
use parquet::arrow::ArrowSchemaConverter;
use parquet::arrow::arrow_writer::{ArrowColumnWriter, ArrowRowGroupWriterFactory, compute_leaves};
use parquet::errors::ParquetError;
use parquet::file::writer::SerializedFileWriter;
use sha2::{Digest, Sha256};

use super::{AddFile, FileLayout, encoding};
use crate::content::{CONTENT_TAG, ContentHash, RowHasher};
use crate::error::TableError;
use crate::names::{data_file_name, unique_name};
use crate::stats::StatsCollector;
use crate::wire::PartitionValues;

/// Begins the name of a file that is being written; hidden from every Delta reader by its dot.
pub(crate) const TEMPORARY_PREFIX: &str = ".judi-";
/// Ends it.
pub(crate) const TEMPORARY_SUFFIX: &str = ".tmp";

/// Writes the rows of one partition.
#[derive(Debug)]
pub(crate) struct FileWriter {
    world: World,
    dir: PathBuf,
    folder: String,
    values: PartitionValues,
    layout: Arc<FileLayout>,
    tags: BTreeMap<String, String>,
    /// The first row group of the next file, from which its encodings are chosen.
    waiting: Vec<(Vec<ArrayRef>, usize)>,
    open: Option<OpenFile>,
    done: Vec<AddFile>,
}

impl FileWriter {
    pub(super) fn new(
        world: &World,
        dir: &Path,
        folder: &str,
        values: PartitionValues,
        layout: Arc<FileLayout>,
        tags: BTreeMap<String, String>,
    ) -> Self {
        let (waiting, done) = (Vec::new(), Vec::new());
        let (world, dir, folder) = (world.clone(), dir.to_path_buf(), folder.to_owned());
        Self { world, dir, folder, values, layout, tags, waiting, open: None, done }
    }

    /// Takes the next chunk; all but the last have `CHUNK_ROWS` rows.
    pub(crate) fn push(&mut self, chunk: Vec<ArrayRef>, rows: usize) -> Result<(), TableError> {
        match &mut self.open {
            Some(open) => open.write(&chunk, rows)?,
            None => {
                self.waiting.push((chunk, rows));
                if self.waiting.len() >= self.layout.row_group_chunks {
                    self.start()?;
                }
            }
        }
        let file_bytes_max = self.layout.file_bytes_max;
        if self.open.as_ref().is_some_and(|open| open.is_between_groups() && open.bytes_written() >= file_bytes_max) {
            self.close()?;
        }
        Ok(())
    }

    /// Ends the last file. All that was written is durable then.
    pub(crate) fn finish(mut self) -> Result<Vec<AddFile>, TableError> {
        if !self.waiting.is_empty() {
            self.start()?;
        }
        self.close()?;
        if !self.done.is_empty() {
            // The folders above too: they may have been made by a writer that did not live to sync them.
            let folder = self.dir.join(&self.folder);
            for folder in folder.ancestors().take_while(|folder| folder.starts_with(&self.dir)) {
                self.world.disk.sync_dir(folder).map_err(TableError::io("sync", folder))?;
            }
        }
        Ok(self.done)
    }

    fn start(&mut self) -> Result<(), TableError> {
        let folder = self.dir.join(&self.folder);
        self.world.disk.create_dir_all(&folder).map_err(TableError::io("create", &folder))?;
        let name = format!("{TEMPORARY_PREFIX}{}{TEMPORARY_SUFFIX}", unique_name(&self.world)?);
        let hasher = RowHasher::new(&self.layout.schema, &self.values);
        let mut open = OpenFile::create(&self.world, &folder.join(name), &self.layout, &self.waiting, hasher)?;
        for (chunk, rows) in std::mem::take(&mut self.waiting) {
            open.write(&chunk, rows)?;
        }
        self.open = Some(open);
        Ok(())
    }

    fn close(&mut self) -> Result<(), TableError> {
        let Some(open) = self.open.take() else { return Ok(()) };
        let finished = open.finish()?;
        // Two files of equal rows, cut from one run of equal rows, must not become one.
        let mut ordinal = 1;
        let mut path = data_file_name(&self.folder, &finished.sha256, ordinal);
        while self.done.iter().any(|done| done.path == path) {
            ordinal += 1;
            path = data_file_name(&self.folder, &finished.sha256, ordinal);
        }
        let target = self.dir.join(&path);
        self.world.disk.rename(&finished.temporary.path, &target).map_err(TableError::io("rename to", &target))?;
        finished.temporary.keep();
        let stats = finished.stats.finish();
        let mut tags = self.tags.clone();
        tags.insert(CONTENT_TAG.to_owned(), finished.content.to_tag());
        self.done.push(AddFile {
            path,
            size_bytes: finished.size_bytes,
            rows: stats.rows.unwrap_or_default(),
            partition_values: self.values.clone(),
            modification_time_ms: self.world.clock.now().0.div_euclid(1000),
            stats_json: serde_json::to_string(&stats)
                .map_err(|error| TableError::Internal { detail: format!("statistics: {error}") })?,
            tags,
        });
        Ok(())
    }
}

/// Removes its file unless told to keep it: a failed write must not hold space on a disk that may be full.
#[derive(Debug)]
struct TemporaryFile {
    disk: Arc<dyn Disk>,
    path: PathBuf,
    kept: bool,
}

impl TemporaryFile {
    fn keep(mut self) {
        self.kept = true;
    }
}

impl Drop for TemporaryFile {
    fn drop(&mut self) {
        if !self.kept {
            // Left behind, it is clutter that vacuum removes.
            let _ = self.disk.remove(&self.path);
        }
    }
}

/// Passes bytes to the disk and takes their hash.
#[derive(Debug)]
struct HashedFile {
    file: Box<dyn WriteFile>,
    hash: Sha256,
    size_bytes: u64,
}

impl Write for HashedFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write_all(bytes)?;
        self.hash.update(bytes);
        self.size_bytes += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

struct OpenFile {
    temporary: TemporaryFile,
    layout: Arc<FileLayout>,
    writer: SerializedFileWriter<HashedFile>,
    factory: ArrowRowGroupWriterFactory,
    group: Option<Vec<ArrowColumnWriter>>,
    group_number: usize,
    chunks_in_group: usize,
    stats: StatsCollector,
    hasher: RowHasher,
}

impl std::fmt::Debug for OpenFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OpenFile").field("path", &self.temporary.path).finish_non_exhaustive()
    }
}

struct FinishedFile {
    temporary: TemporaryFile,
    sha256: String,
    size_bytes: u64,
    stats: StatsCollector,
    content: ContentHash,
}

impl OpenFile {
    fn create(
        world: &World,
        path: &Path,
        layout: &Arc<FileLayout>,
        first_chunks: &[(Vec<ArrayRef>, usize)],
        hasher: RowHasher,
    ) -> Result<Self, TableError> {
        let parquet = || TableError::parquet(path);
        let properties = Arc::new(encoding::writer_properties(layout, first_chunks).map_err(parquet())?);
        let schema = ArrowSchemaConverter::new().convert(&layout.schema).map_err(parquet())?;
        let file = world.disk.create(path).map_err(TableError::io("create", path))?;
        let temporary = TemporaryFile { disk: Arc::clone(&world.disk), path: path.to_path_buf(), kept: false };
        let hashed = HashedFile { file, hash: Sha256::new(), size_bytes: 0 };
        let writer = SerializedFileWriter::new(hashed, schema.root_schema_ptr(), properties).map_err(parquet())?;
        let factory = ArrowRowGroupWriterFactory::new(&writer, Arc::clone(&layout.schema));
        let stats = StatsCollector::new(layout.stats.iter().cloned());
        let layout = Arc::clone(layout);
        let (group, group_number, chunks_in_group) = (None, 0, 0);
        Ok(Self { temporary, layout, writer, factory, group, group_number, chunks_in_group, stats, hasher })
    }

    fn is_between_groups(&self) -> bool {
        self.group.is_none()
    }

    fn bytes_written(&self) -> u64 {
        self.writer.bytes_written() as u64
    }

    fn write(&mut self, chunk: &[ArrayRef], rows: usize) -> Result<(), TableError> {
        self.stats.update(chunk, rows);
        self.hasher.update(chunk, rows)?;
        self.encode(chunk).map_err(TableError::parquet(&self.temporary.path))?;
        self.chunks_in_group += 1;
        if self.chunks_in_group >= self.layout.row_group_chunks {
            self.end_group().map_err(TableError::parquet(&self.temporary.path))?;
        }
        Ok(())
    }

    fn encode(&mut self, chunk: &[ArrayRef]) -> Result<(), ParquetError> {
        let mut group = match self.group.take() {
            Some(group) => group,
            None => self.factory.create_column_writers(self.group_number)?,
        };
        let mut writers = group.iter_mut();
        for (field, column) in self.layout.schema.fields().iter().zip(chunk) {
            for leaf in compute_leaves(field, column)? {
                let writer =
                    writers.next().ok_or_else(|| ParquetError::General("more columns than in the schema".into()))?;
                writer.write(&leaf)?;
            }
        }
        self.group = Some(group);
        Ok(())
    }

    fn end_group(&mut self) -> Result<(), ParquetError> {
        let Some(columns) = self.group.take() else { return Ok(()) };
        let mut group = self.writer.next_row_group()?;
        for column in columns {
            column.close()?.append_to_row_group(&mut group)?;
        }
        group.close()?;
        self.group_number += 1;
        self.chunks_in_group = 0;
        Ok(())
    }

    fn finish(mut self) -> Result<FinishedFile, TableError> {
        let path = self.temporary.path.clone();
        self.end_group().map_err(TableError::parquet(&path))?;
        self.writer.finish().map_err(TableError::parquet(&path))?;
        // Flushed by hand: an error that the writer's end meets by itself comes out as text, without its kind.
        self.writer.flush().map_err(TableError::io("write", &path))?;
        let hashed = self.writer.inner_mut();
        hashed.file.sync_data().map_err(TableError::io("sync", &path))?;
        let sha256 = hashed.hash.finalize_reset().iter().map(|byte| format!("{byte:02x}")).collect();
        let size_bytes = hashed.size_bytes;
        let content = self.hasher.finish();
        Ok(FinishedFile { temporary: self.temporary, sha256, size_bytes, stats: self.stats, content })
    }
}
