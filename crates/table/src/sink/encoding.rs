//! How each column of a file is encoded: decided from the file's own first rows, so that the same rows always decide
//! the same.
//!
//! A dictionary pays where values repeat; where nearly every value is new (ids, times) it costs a hash a row and is
//! thrown away. Statistics are off but for chosen columns: over all text columns they were the largest single cost.

use std::collections::HashSet;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray};
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

/// The properties of a file whose first rows are `chunks`.
pub(super) fn writer_properties(
    layout: &FileLayout,
    chunks: &[(Vec<ArrayRef>, usize)],
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
    for (index, field) in layout.schema.fields().iter().enumerate() {
        let parts: Vec<ArrayRef> = chunks.iter().filter_map(|(chunk, _)| chunk.get(index).cloned()).collect();
        builder = column_encoding(builder, vec![field.name().clone()], &parts);
    }
    Ok(builder.build())
}

fn column_encoding(
    mut builder: WriterPropertiesBuilder,
    path: Vec<String>,
    parts: &[ArrayRef],
) -> WriterPropertiesBuilder {
    let Some(first) = parts.first() else { return builder };
    match first.data_type() {
        DataType::Struct(fields) => {
            for (child, field) in fields.iter().enumerate() {
                let children: Vec<ArrayRef> = parts
                    .iter()
                    .filter(|part| part.null_count() < part.len())
                    .map(|part| Arc::clone(part.as_struct().column(child)))
                    .collect();
                let mut path = path.clone();
                path.push(field.name().clone());
                builder = column_encoding(builder, path, &children);
            }
            builder
        }
        DataType::Utf8 if mostly_distinct(parts, |part, row| part.as_string::<i32>().value(row).as_bytes()) => {
            builder.set_column_dictionary_enabled(ColumnPath::new(path), false)
        }
        DataType::Binary if mostly_distinct(parts, |part, row| part.as_binary::<i32>().value(row)) => {
            builder.set_column_dictionary_enabled(ColumnPath::new(path), false)
        }
        DataType::Int64 if mostly_distinct(parts, |part, row| part.as_primitive::<Int64Type>().value(row)) => {
            delta_encoded(builder, path)
        }
        DataType::Timestamp(..)
            if mostly_distinct(parts, |part, row| part.as_primitive::<TimestampMicrosecondType>().value(row)) =>
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
    value: impl Fn(&'a ArrayRef, usize) -> T,
) -> bool {
    let present: usize = parts.iter().map(|part| part.len() - part.null_count()).sum();
    if present < SAMPLE_VALUES_MIN {
        return false;
    }
    let step = present.div_ceil(SAMPLE_VALUES);
    let mut distinct = HashSet::new();
    let mut sampled = 0;
    for (source, row) in present_rows(parts).step_by(step) {
        distinct.insert(value(&parts[source], row));
        sampled += 1;
    }
    distinct.len() * 2 > sampled
}

fn present_rows(parts: &[ArrayRef]) -> impl Iterator<Item = RowIndex> {
    parts
        .iter()
        .enumerate()
        .flat_map(|(source, part)| (0..part.len()).filter(move |row| part.is_valid(*row)).map(move |row| (source, row)))
}
