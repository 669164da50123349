//! Which data files a filter can find rows in, by what the table's log says of them: partition values and bounds.

use std::cell::OnceCell;
use std::collections::HashSet;
use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray, UInt64Array};
use arrow::datatypes::{DataType, SchemaRef, TimeUnit};
use datafusion::common::pruning::PruningStatistics;
use datafusion::common::{Column, Result, ScalarValue};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_optimizer::pruning::PruningPredicateBuilder;
use judi_table::{DataFile, FileStats};

use crate::local_date::moment;

/// The files of `files` that may hold rows for which `predicate` (over `schema`) is true; never leaves one out that
/// does.
pub(crate) fn matching_files(
    files: Vec<Arc<DataFile>>,
    predicate: &Arc<dyn PhysicalExpr>,
    schema: &SchemaRef,
    partition_columns: &[String],
) -> Result<Vec<Arc<DataFile>>> {
    let pruning =
        PruningPredicateBuilder::new().with_file_schema(Arc::clone(schema)).try_build(Arc::clone(predicate))?;
    if pruning.always_true() {
        return Ok(files);
    }
    let known = Known {
        files: files.into_iter().map(|file| Entry { file, stats: OnceCell::new() }).collect(),
        schema,
        partition_columns,
    };
    let keep = pruning.prune(&known)?;
    Ok(known.files.into_iter().zip(keep).filter(|(_, keep)| *keep).map(|(entry, _)| entry.file).collect())
}

/// The value of a partition column in one file; NULL for NULL.
pub(crate) fn partition_value(file: &DataFile, column: &str, data_type: &DataType) -> Result<ScalarValue> {
    match file.partition_values.get(column).and_then(Option::as_deref).filter(|text| !text.is_empty()) {
        Some(text) => ScalarValue::try_from_string(text.to_owned(), data_type),
        None => ScalarValue::try_from(data_type),
    }
}

struct Entry {
    file: Arc<DataFile>,
    /// Parsed when first asked for: most filters are settled by the partition.
    stats: OnceCell<FileStats>,
}

impl Entry {
    fn stats(&self) -> &FileStats {
        self.stats.get_or_init(|| self.file.stats())
    }
}

struct Known<'a> {
    files: Vec<Entry>,
    schema: &'a SchemaRef,
    partition_columns: &'a [String],
}

impl Known<'_> {
    fn data_type(&self, column: &Column) -> Option<&DataType> {
        Some(self.schema.field_with_name(column.name()).ok()?.data_type())
    }

    /// One value a file, NULL where it is not known.
    fn values(&self, column: &Column, value: impl Fn(&Entry, &DataType) -> Option<ScalarValue>) -> Option<ArrayRef> {
        let data_type = self.data_type(column)?;
        let unknown = ScalarValue::try_from(data_type).ok()?;
        let values = self.files.iter().map(|entry| value(entry, data_type).unwrap_or_else(|| unknown.clone()));
        ScalarValue::iter_to_array(values).ok()
    }

    fn bound(&self, column: &Column, side: fn((ScalarValue, ScalarValue)) -> ScalarValue) -> Option<ArrayRef> {
        if self.partition_columns.contains(&column.name) {
            return self.values(column, |entry, data_type| partition_value(&entry.file, &column.name, data_type).ok());
        }
        self.values(column, |entry, data_type| bounds(entry.stats(), &column.name, data_type).map(side))
    }
}

/// Bounds of a column, both inclusive, for the types that the log has them for.
fn bounds(stats: &FileStats, column: &str, data_type: &DataType) -> Option<(ScalarValue, ScalarValue)> {
    match data_type {
        DataType::Timestamp(TimeUnit::Microsecond, Some(_)) => {
            let (min, max) = stats.timestamp_bounds(column)?;
            Some((moment(min), moment(max)))
        }
        DataType::Utf8 | DataType::Utf8View | DataType::Date32 => {
            let (min, max) = stats.text_bounds(column)?;
            let value = |text: &str| ScalarValue::try_from_string(text.to_owned(), data_type).ok();
            Some((value(min)?, value(max)?))
        }
        DataType::Int8 | DataType::Int16 | DataType::Int32 | DataType::Int64 => {
            let (min, max) = stats.integer_bounds(column)?;
            let value = |number: i64| ScalarValue::Int64(Some(number)).cast_to(data_type).ok();
            Some((value(min)?, value(max)?))
        }
        _ => None,
    }
}

impl PruningStatistics for Known<'_> {
    fn min_values(&self, column: &Column) -> Option<ArrayRef> {
        self.bound(column, |(min, _)| min)
    }

    fn max_values(&self, column: &Column) -> Option<ArrayRef> {
        self.bound(column, |(_, max)| max)
    }

    fn num_containers(&self) -> usize {
        self.files.len()
    }

    fn null_counts(&self, column: &Column) -> Option<ArrayRef> {
        if self.partition_columns.contains(&column.name) {
            return None;
        }
        Some(Arc::new(self.files.iter().map(|entry| entry.stats().nulls(&column.name)).collect::<UInt64Array>()))
    }

    fn row_counts(&self) -> Option<ArrayRef> {
        Some(Arc::new(self.files.iter().map(|entry| entry.file.rows).collect::<UInt64Array>()))
    }

    fn contained(&self, _column: &Column, _values: &HashSet<ScalarValue>) -> Option<BooleanArray> {
        None
    }
}
