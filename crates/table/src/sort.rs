//! One total order of rows: ascending by the key's columns, NULL first, strings by bytes; rows with equal keys by all
//! their other columns, so that the same rows come out in the same order however they came in.
//!
//! A row's key is packed into 128 bits: integers and times as their distance from the smallest, strings of few values
//! as ranks, the first string of many values as its leading bytes. Sorting compares numbers; only rows that tie there
//! (a handful) are compared in full, by Arrow's row format, whose order the packing repeats.

mod pack;

use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch};
use arrow::datatypes::{Schema, SchemaRef};
use arrow::row::{RowConverter, SortField};

use crate::error::TableError;
use crate::gather::{Gatherer, RowIndex};
use pack::Packer;

/// Rows in a chunk of sorted output and in each batch that goes to a Parquet writer. Fixed: a file's bytes depend on it.
pub const CHUNK_ROWS: usize = 8192;

/// Sorts the rows of `batches`, which share one schema, by `key`; the result comes in batches of [`CHUNK_ROWS`].
/// An empty key keeps the order.
///
/// # Errors
/// [`TableError::UnknownColumn`] when there is no such column; [`TableError::Arrow`] when Arrow cannot compare a type.
pub fn sort_batches(batches: &[RecordBatch], key: &[String]) -> Result<Vec<RecordBatch>, TableError> {
    let Some(first) = batches.first() else { return Ok(Vec::new()) };
    let schema: SchemaRef = first.schema();
    let columns = columns_of(batches, &schema)?;
    let order = sorted_order(&columns, &key_indices(&schema, key)?)?;
    let mut gatherer = Gatherer::default();
    let mut out = Vec::with_capacity(order.len().div_ceil(CHUNK_ROWS));
    for indices in order.chunks(CHUNK_ROWS) {
        let arrays: Vec<ArrayRef> =
            columns.iter().map(|column| gatherer.gather(column, indices)).collect::<Result<_, _>>()?;
        let batch = RecordBatch::try_new(Arc::clone(&schema), arrays);
        out.push(batch.map_err(TableError::arrow("bring rows into order"))?);
    }
    Ok(out)
}

fn columns_of(batches: &[RecordBatch], schema: &Schema) -> Result<Vec<Vec<ArrayRef>>, TableError> {
    if batches.iter().any(|batch| batch.schema_ref().fields() != schema.fields()) {
        return Err(TableError::Internal { detail: "batches that are sorted together differ in schema".into() });
    }
    Ok((0..schema.fields().len())
        .map(|index| batches.iter().map(|batch| Arc::clone(batch.column(index))).collect())
        .collect())
}

/// Positions of the key's columns.
pub(crate) fn key_indices(schema: &Schema, key: &[String]) -> Result<Vec<usize>, TableError> {
    key.iter()
        .map(|name| schema.index_of(name).map_err(|_| TableError::UnknownColumn { column: name.clone() }))
        .collect()
}

/// The order of all rows of `columns` (each a list of parts, the same parts for all) by the columns `key`.
pub(crate) fn sorted_order(columns: &[Vec<ArrayRef>], key: &[usize]) -> Result<Vec<RowIndex>, TableError> {
    let positions = all_rows(columns);
    if key.is_empty() || positions.len() < 2 {
        return Ok(positions);
    }
    let mut packer = Packer::new(positions.len())?;
    for &column in key {
        if let Some(parts) = columns.get(column) {
            packer.push(parts)?;
        }
    }
    let mut keyed = packer.finish();
    keyed.sort_unstable();
    let mut order: Vec<RowIndex> = Vec::with_capacity(keyed.len());
    // Positions are u32 by the packer's own check of the number of rows.
    order.extend(keyed.iter().map(|(_, position)| positions[*position as usize]));
    let ties = tied_runs(&keyed);
    if !ties.is_empty() {
        break_ties(columns, key, &mut order, &ties)?;
    }
    Ok(order)
}

fn all_rows(columns: &[Vec<ArrayRef>]) -> Vec<RowIndex> {
    let parts = columns.first().map(Vec::as_slice).unwrap_or_default();
    let mut rows = Vec::with_capacity(parts.iter().map(|part| part.len()).sum());
    for (source, part) in parts.iter().enumerate() {
        rows.extend((0..part.len()).map(|row| (source, row)));
    }
    rows
}

fn tied_runs(keyed: &[(u128, u32)]) -> Vec<std::ops::Range<usize>> {
    let mut runs = Vec::new();
    let mut start = 0;
    for run in keyed.chunk_by(|a, b| a.0 == b.0) {
        if run.len() > 1 {
            runs.push(start..start + run.len());
        }
        start += run.len();
    }
    runs
}

fn break_ties(
    columns: &[Vec<ArrayRef>],
    key: &[usize],
    order: &mut [RowIndex],
    ties: &[std::ops::Range<usize>],
) -> Result<(), TableError> {
    let tied: Vec<RowIndex> = ties.iter().flat_map(|run| order[run.clone()].iter().copied()).collect();
    let mut gatherer = Gatherer::default();
    let mut arrays = Vec::with_capacity(columns.len());
    for index in comparison_order(columns.len(), key) {
        arrays.push(gatherer.gather(&columns[index], &tied)?);
    }
    let converter = row_converter(&arrays)?;
    let rows = converter.convert_columns(&arrays).map_err(TableError::arrow("compare rows"))?;
    let mut start = 0;
    for run in ties {
        let mut within: Vec<usize> = (start..start + run.len()).collect();
        within.sort_by(|a, b| rows.row(*a).cmp(&rows.row(*b)));
        for (slot, from) in order[run.clone()].iter_mut().zip(within) {
            *slot = tied[from];
        }
        start += run.len();
    }
    Ok(())
}

/// The key's columns, then all the others as they stand: the order in which whole rows are compared.
pub(crate) fn comparison_order(columns: usize, key: &[usize]) -> Vec<usize> {
    let mut order = key.to_vec();
    order.extend((0..columns).filter(|column| !key.contains(column)));
    order
}

/// Compares rows of such columns: ascending, NULL first.
pub(crate) fn row_converter(columns: &[ArrayRef]) -> Result<RowConverter, TableError> {
    let fields = columns.iter().map(|column| SortField::new(column.data_type().clone())).collect();
    RowConverter::new(fields).map_err(TableError::arrow("compare rows"))
}

#[cfg(test)]
mod tests;
