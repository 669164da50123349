//! One partition, from its inputs to rows that may be published. Nothing here writes.

use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, SchemaRef, TimeUnit};
use futures::StreamExt;
use judi_engine::{Catalog, DAY_US, Engine, EngineError, InputWindow, Parameter, Parameters, QueryOptions, nearest};

use crate::audit::{AuditResult, Questions};
use crate::error::PartitionError;
use crate::grain::{Grain, Partition};
use crate::header::{Input, Span};
use crate::job::Job;
use crate::storable::{storable_schema, stored};

/// What a partition may hold in memory before it is written: audits look at it as a whole.
const PARTITION_BYTES_MAX: usize = 1 << 30;

/// A partition's rows, checked and audited.
#[derive(Debug)]
pub(crate) struct Computed {
    pub(crate) schema: SchemaRef,
    pub(crate) batches: Vec<RecordBatch>,
    pub(crate) rows: u64,
    pub(crate) audits: Vec<AuditResult>,
}

/// Computes `partition` of `job` from what `catalog` names.
///
/// # Errors
/// Any [`PartitionError`] but those of publishing.
pub(crate) async fn compute(
    engine: &Engine,
    catalog: &Catalog,
    job: &Job,
    partition: &Partition,
    run_ts_us: i64,
) -> Result<Computed, PartitionError> {
    let parameters = Parameters::new()
        .with("from", Parameter::Moment(partition.from_us))
        .with("to", Parameter::Moment(partition.to_us))
        .with("run_ts", Parameter::Moment(run_ts_us));
    let sql_error = |source: EngineError| PartitionError::Sql { path: job.path.clone(), source: Box::new(source) };
    let mut inputs = catalog.clone();
    for input in &job.header.inputs {
        let window = window(input, partition, catalog).ok_or_else(|| {
            sql_error(EngineError::Plan {
                message: format!("the window of {} lies outside the calendar", input.name),
                place: None,
                hint: None,
            })
        })?;
        inputs = inputs.with_window(&input.name, window);
    }
    let options = QueryOptions { deterministic: true, ..QueryOptions::default() };
    let mut rows = engine.query(&inputs, &job.sql, &parameters, &options).await.map_err(sql_error)?;
    let schema = storable_schema(rows.schema())?;
    check_columns(job, &schema)?;
    let (mut batches, mut bytes, mut count) = (Vec::new(), 0usize, 0u64);
    while let Some(batch) = rows.next().await {
        let batch = stored(&batch.map_err(sql_error)?, &schema)?;
        bytes = bytes.saturating_add(batch.get_array_memory_size());
        if bytes > PARTITION_BYTES_MAX {
            return Err(PartitionError::TooLarge { bytes_max: PARTITION_BYTES_MAX });
        }
        count += batch.num_rows() as u64;
        batches.push(batch);
    }
    let parameters = parameters.with("partition", partition.value());
    let questions = Questions::new(engine, catalog, &parameters, &schema, batches.clone());
    check_rows(job, partition, &questions).await?;
    let audits = questions.audits(job).await?;
    Ok(Computed { schema, batches, rows: count, audits })
}

/// The columns that the header promises are there, and the partition is what partitions are.
fn check_columns(job: &Job, schema: &SchemaRef) -> Result<(), PartitionError> {
    let find = |column: &str, needed_by| {
        schema.field_with_name(column).map_err(|_| PartitionError::MissingColumn {
            column: column.to_owned(),
            needed_by,
            nearest: nearest(column, schema.fields().iter().map(|field| field.name().as_str())).map(str::to_owned),
        })
    };
    let grain = job.header.grain;
    let field = find(grain.column(), "names the partition")?;
    let (wanted, is_wanted) = match grain {
        Grain::Day => ("DATE", *field.data_type() == DataType::Date32),
        Grain::Hour => ("TIMESTAMP", matches!(field.data_type(), DataType::Timestamp(TimeUnit::Microsecond, _))),
    };
    if !is_wanted {
        let found = field.data_type().to_string();
        return Err(PartitionError::PartitionType { column: grain.column(), found, wanted });
    }
    for column in &job.header.key {
        find(column, "is of the key")?;
    }
    Ok(())
}

/// Every row belongs to the partition, and no two have one key.
async fn check_rows(job: &Job, partition: &Partition, questions: &Questions<'_>) -> Result<(), PartitionError> {
    let failed = |source| PartitionError::Sql { path: job.path.clone(), source: Box::new(source) };
    let (count, sample) = questions.foreign(job.header.grain.column()).await.map_err(failed)?;
    if count > 0 {
        let sample = sample.into_iter().next().unwrap_or_default();
        return Err(PartitionError::ForeignRows { partition: partition.to_string(), count, sample });
    }
    let (count, sample) = questions.repeated(&job.header.key).await.map_err(failed)?;
    if count > 0 {
        return Err(PartitionError::DuplicateKey { count, sample: sample.into_iter().next().unwrap_or_default() });
    }
    Ok(())
}

/// What a partition may see of an input; [`None`] outside the calendar.
fn window(input: &Input, partition: &Partition, catalog: &Catalog) -> Option<InputWindow> {
    let zone = catalog.zone();
    // Days are the calendar's: a week before Monday's midnight is a midnight, whatever the clocks did meanwhile.
    let moved = |moment_us: i64, day: i32, span: Span, sign: i32| match (span, partition.grain) {
        (Span::Days(0), _) => Some(moment_us),
        (Span::Days(days), Grain::Day) => zone.day_start(day.checked_add(days.checked_mul(sign)?)?),
        (span, _) => moment_us.checked_add(length_us(span).checked_mul(sign.into())?),
    };
    let to_us = moved(partition.to_us, partition.day.checked_add(1)?, input.after, 1)?;
    let received_before_us = match input.late {
        Some(late) => Some(to_us.checked_add(length_us(late))?),
        None => None,
    };
    Some(InputWindow { from_us: moved(partition.from_us, partition.day, input.before, -1)?, to_us, received_before_us })
}

fn length_us(span: Span) -> i64 {
    match span {
        Span::Days(days) => i64::from(days).saturating_mul(DAY_US),
        Span::Micros(micros) => micros,
    }
}

#[cfg(test)]
mod tests;
