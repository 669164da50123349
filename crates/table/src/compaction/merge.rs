//! The k-way merge: sorted streams in, one sorted stream of full chunks out.
//!
//! A file that our sink wrote under the same key is a sorted stream as it stands; any other is small enough (that is
//! why it is compacted) to be sorted in memory first. Rows compare as in [`crate::sort`], whole rows where keys tie.

use std::cmp::Ordering;
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch};
use arrow::row::Rows;

use super::CompactionTask;
use crate::error::TableError;
use crate::gather::{Gatherer, RowIndex};
use crate::read::read_file;
use crate::sink::{AddFile, SORT_TAG, Sink};
use crate::snapshot::Snapshot;
use crate::sort::{CHUNK_ROWS, comparison_order, key_indices, row_converter, sort_batches};
use crate::table::Table;

type Batches = Box<dyn Iterator<Item = Result<RecordBatch, TableError>>>;

/// Reads the inputs of `task` and writes their rows through `sink`.
pub(super) fn rewrite(
    table: &Table,
    snapshot: &Snapshot,
    task: &CompactionTask,
    sink: &Sink,
) -> Result<Vec<AddFile>, TableError> {
    let key = sink.sort_key();
    let mut streams: Vec<Batches> = Vec::with_capacity(task.inputs.len());
    for file in &task.inputs {
        let batches = read_file(table.world.disk.as_ref(), &table.dir, snapshot, file, None)?;
        let sorted_by = file.tags.get(SORT_TAG).and_then(Option::as_deref).unwrap_or_default();
        if sorted_by == key.join(",") {
            streams.push(Box::new(batches));
        } else {
            let batches: Vec<RecordBatch> = batches.collect::<Result<_, _>>()?;
            streams.push(Box::new(sort_batches(&batches, key)?.into_iter().map(Ok)));
        }
    }
    let stored = sink.stored_indices();
    let mut writer = sink.partition_writer(task.partition.clone());
    let mut merge = Merge::new(streams, key_indices(snapshot.schema(), key)?)?;
    while let Some(chunk) = merge.next_chunk()? {
        let rows = chunk.first().map_or(0, |column| column.len());
        let columns = stored.iter().filter_map(|index| chunk.get(*index).cloned()).collect();
        writer.push(columns, rows)?;
    }
    writer.finish()
}

/// One input: its current batch, the keys of that batch, and where it stands.
struct Stream {
    batches: Batches,
    columns: Vec<ArrayRef>,
    /// Comparable keys of the batch's rows; none where the table has no key.
    keys: Option<Rows>,
    /// Where the batch lies among the sources of the chunk in the making.
    source: usize,
    row: usize,
    rows: usize,
}

/// Merges streams into chunks of [`CHUNK_ROWS`]. Without a key, one stream follows the other.
pub(super) struct Merge {
    streams: Vec<Stream>,
    /// A binary heap of streams that have rows, the one with the least row first.
    heap: Vec<usize>,
    key: Vec<usize>,
    /// Batches that the chunk in the making takes rows from.
    sources: Vec<Vec<ArrayRef>>,
    gatherer: Gatherer,
}

impl Merge {
    /// For streams of one schema that are sorted by the columns `key`.
    pub(super) fn new(inputs: Vec<Batches>, key: Vec<usize>) -> Result<Self, TableError> {
        let streams = inputs.into_iter().map(|batches| Stream {
            batches,
            columns: Vec::new(),
            keys: None,
            source: 0,
            row: 0,
            rows: 0,
        });
        let (sources, gatherer) = (Vec::new(), Gatherer::default());
        let mut merge = Self { streams: streams.collect(), heap: Vec::new(), key, sources, gatherer };
        for stream in 0..merge.streams.len() {
            if merge.load(stream)? {
                merge.heap.push(stream);
            }
        }
        for at in (0..merge.heap.len() / 2).rev() {
            merge.sift_down(at)?;
        }
        Ok(merge)
    }

    /// The next rows, column by column: a full chunk but for the last; `None` at the end.
    pub(super) fn next_chunk(&mut self) -> Result<Option<Vec<ArrayRef>>, TableError> {
        let mut indices: Vec<RowIndex> = Vec::with_capacity(CHUNK_ROWS);
        while indices.len() < CHUNK_ROWS
            && let Some(&least) = self.heap.first()
        {
            let stream = &mut self.streams[least];
            indices.push((stream.source, stream.row));
            stream.row += 1;
            if stream.row == stream.rows && !self.load(least)? {
                self.heap.swap_remove(0);
            }
            self.sift_down(0)?;
        }
        let Some(first) = self.sources.first().filter(|_| !indices.is_empty()) else { return Ok(None) };
        let mut chunk = Vec::with_capacity(first.len());
        for column in 0..first.len() {
            let parts: Vec<ArrayRef> = self.sources.iter().map(|source| Arc::clone(&source[column])).collect();
            chunk.push(self.gatherer.gather(&parts, &indices)?);
        }
        // Only batches that still have rows to give are held on to.
        self.sources.clear();
        for &live in &self.heap {
            let stream = &mut self.streams[live];
            stream.source = self.sources.len();
            self.sources.push(stream.columns.clone());
        }
        Ok(Some(chunk))
    }

    /// Brings up the stream's next batch; `false` when there is none.
    fn load(&mut self, stream: usize) -> Result<bool, TableError> {
        let stream = &mut self.streams[stream];
        for batch in stream.batches.by_ref() {
            let batch = batch?;
            if batch.num_rows() == 0 {
                continue;
            }
            stream.columns = batch.columns().to_vec();
            stream.keys = match self.key[..] {
                [] => None,
                _ => Some(comparable(&stream.columns, &self.key)?),
            };
            (stream.source, stream.row, stream.rows) = (self.sources.len(), 0, batch.num_rows());
            self.sources.push(stream.columns.clone());
            return Ok(true);
        }
        Ok(false)
    }

    fn sift_down(&mut self, mut at: usize) -> Result<(), TableError> {
        loop {
            let mut least = at;
            for child in [2 * at + 1, 2 * at + 2] {
                if child < self.heap.len() && self.compare(self.heap[child], self.heap[least])? == Ordering::Less {
                    least = child;
                }
            }
            if least == at {
                return Ok(());
            }
            self.heap.swap(at, least);
            at = least;
        }
    }

    fn compare(&self, a: usize, b: usize) -> Result<Ordering, TableError> {
        let (left, right) = (&self.streams[a], &self.streams[b]);
        let (Some(left_keys), Some(right_keys)) = (&left.keys, &right.keys) else { return Ok(a.cmp(&b)) };
        match left_keys.row(left.row).cmp(&right_keys.row(right.row)) {
            Ordering::Equal => Ok(compare_whole(left, right, &self.key)?.then(a.cmp(&b))),
            order => Ok(order),
        }
    }
}

/// Rows with equal keys, which are few, by all their columns.
fn compare_whole(left: &Stream, right: &Stream, key: &[usize]) -> Result<Ordering, TableError> {
    let order = comparison_order(left.columns.len(), key);
    let row = |stream: &Stream| -> Vec<ArrayRef> {
        stream.columns.iter().map(|column| column.slice(stream.row, 1)).collect()
    };
    let (left, right) = (row(left), row(right));
    let columns: Vec<ArrayRef> = order.iter().map(|index| Arc::clone(&left[*index])).collect();
    let converter = row_converter(&columns)?;
    let others: Vec<ArrayRef> = order.iter().map(|index| Arc::clone(&right[*index])).collect();
    let left = converter.convert_columns(&columns).map_err(TableError::arrow("compare rows"))?;
    let right = converter.convert_columns(&others).map_err(TableError::arrow("compare rows"))?;
    Ok(left.row(0).cmp(&right.row(0)))
}

fn comparable(columns: &[ArrayRef], key: &[usize]) -> Result<Rows, TableError> {
    let columns: Vec<ArrayRef> = key.iter().map(|index| Arc::clone(&columns[*index])).collect();
    row_converter(&columns)?.convert_columns(&columns).map_err(TableError::arrow("compare rows"))
}
