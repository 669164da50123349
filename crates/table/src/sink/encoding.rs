//! How each column of a file is encoded: decided from the file's own first rows, so that the same rows always decide
//! the same.
//!
//! A dictionary pays where values repeat; where nearly every value is new (ids, times) it costs a hash a row and is
//! thrown away. Statistics are off but for chosen columns: over all text columns they were the largest single cost.

use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::buffer::NullBuffer;
use arrow::datatypes::{DataType, Int64Type, TimestampMicrosecondType};
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterPropertiesBuilder, WriterVersion};
use parquet::schema::types::ColumnPath;

use super::FileLayout;
use crate::gather::RowIndex;

/// Values of a column that are looked at.
const SAMPLE_VALUES: usize = 1024;

/// Values without which nothing is concluded: a column of few values may keep its dictionary.
const SAMPLE_VALUES_MIN: usize = 64;

/// Written into every file; a reader's bug list goes by it.
const CREATED_BY: &str = "judi";

/// The properties of a file whose first row group has the rows `rows` of `columns`, each a list of parts, the same
/// parts for all.
pub(super) fn writer_properties(
    layout: &FileLayout,
    columns: &[&[ArrayRef]],
    rows: &[RowIndex],
) -> Result<WriterProperties, ParquetError> {
    let mut builder = WriterProperties::builder()
        .set_created_by(CREATED_BY.to_owned())
        .set_writer_version(WriterVersion::PARQUET_1_0)
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(layout.zstd_level)?))
        .set_statistics_enabled(EnabledStatistics::None)
        .set_bloom_filter_enabled(false)
        .set_offset_index_disabled(false)
        .set_max_row_group_row_count(None);
    for (name, _) in &layout.stats {
        builder = builder.set_column_statistics_enabled(ColumnPath::from(name.as_str()), EnabledStatistics::Page);
    }
    for (field, parts) in layout.schema.fields().iter().zip(columns) {
        builder = column_encoding(builder, vec![field.name().clone()], parts, rows);
    }
    Ok(builder.build())
}

fn column_encoding(
    mut builder: WriterPropertiesBuilder,
    path: Vec<String>,
    parts: &[ArrayRef],
    rows: &[RowIndex],
) -> WriterPropertiesBuilder {
    let Some(first) = parts.first() else { return builder };
    match first.data_type() {
        DataType::Struct(fields) => {
            // What stands in a struct that is NULL is not written.
            let present = Sample::of(parts, rows, usize::MAX);
            if present.rows.is_empty() {
                return builder;
            }
            for (child, field) in fields.iter().enumerate() {
                let children: Vec<ArrayRef> =
                    parts.iter().map(|part| Arc::clone(part.as_struct().column(child))).collect();
                let mut path = path.clone();
                path.push(field.name().clone());
                builder = column_encoding(builder, path, &children, &present.rows);
            }
            builder
        }
        DataType::Utf8 if mostly_distinct(parts, rows, |part, row| part.as_string::<i32>().value(row).as_bytes()) => {
            builder.set_column_dictionary_enabled(ColumnPath::new(path), false)
        }
        DataType::Binary if mostly_distinct(parts, rows, |part, row| part.as_binary::<i32>().value(row)) => {
            builder.set_column_dictionary_enabled(ColumnPath::new(path), false)
        }
        DataType::Int64 if mostly_distinct(parts, rows, |part, row| part.as_primitive::<Int64Type>().value(row)) => {
            delta_encoded(builder, path)
        }
        DataType::Timestamp(..)
            if mostly_distinct(parts, rows, |part, row| part.as_primitive::<TimestampMicrosecondType>().value(row)) =>
        {
            delta_encoded(builder, path)
        }
        _ => builder,
    }
}

fn delta_encoded(builder: WriterPropertiesBuilder, path: Vec<String>) -> WriterPropertiesBuilder {
    let path = ColumnPath::new(path);
    builder.set_column_dictionary_enabled(path.clone(), false).set_column_encoding(path, Encoding::DELTA_BINARY_PACKED)
}

/// Whether more than half of the sampled values are different ones.
fn mostly_distinct<'a, T: Eq + std::hash::Hash>(
    parts: &'a [ArrayRef],
    rows: &[RowIndex],
    value: impl Fn(&'a ArrayRef, usize) -> T,
) -> bool {
    let sample = Sample::of(parts, rows, SAMPLE_VALUES);
    if sample.present < SAMPLE_VALUES_MIN {
        return false;
    }
    let mut distinct = HashSet::with_capacity(sample.rows.len() / 2 + 1);
    let mut repeated = 0;
    for &(source, row) in sample.rows.iter() {
        if !distinct.insert(value(&parts[source], row)) {
            repeated += 1;
        }
        // Decided, whatever follows.
        if distinct.len() * 2 > sample.rows.len() || repeated * 2 >= sample.rows.len() {
            break;
        }
    }
    distinct.len() * 2 > sample.rows.len()
}

/// Rows that are not NULL, evenly spread over all of them.
struct Sample<'a> {
    /// How many there are in all.
    present: usize,
    rows: Cow<'a, [RowIndex]>,
}

impl<'a> Sample<'a> {
    /// At most `rows_max` of `rows`.
    fn of(parts: &[ArrayRef], rows: &'a [RowIndex], rows_max: usize) -> Self {
        let nulls: Vec<Option<&NullBuffer>> = parts.iter().map(|part| part.nulls()).collect();
        let is_present = |(source, row): &&RowIndex| nulls[*source].is_none_or(|nulls| nulls.is_valid(*row));
        let all = |rows: &'a [RowIndex]| Self { present: rows.len(), rows: Cow::Borrowed(rows) };
        if nulls.iter().all(Option::is_none) {
            if rows.len() <= rows_max {
                return all(rows);
            }
            let step = rows.len().div_ceil(rows_max);
            return Self { present: rows.len(), rows: rows.iter().step_by(step).copied().collect() };
        }
        if parts.iter().all(|part| part.null_count() == part.len()) {
            return all(&[]);
        }
        let present = rows.iter().filter(is_present).count();
        let step = present.div_ceil(rows_max).max(1);
        Self { present, rows: rows.iter().filter(is_present).step_by(step).copied().collect() }
    }
}
