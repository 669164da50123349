//! A run: partitions of tables, in the order in which tables are read, then in the order of time.
//!
//! Several partitions of one table are computed at once, each in one thread so that it comes out the same; they are
//! published one after another, in order. A table is begun when those that it reads are done; when one of them was not
//! published in this run, it is skipped, since it would be made from what is known to be wrong.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;
use std::time::Duration;

use futures::StreamExt;
use judi_engine::{Catalog, EVENTS_TABLE, Engine, EngineError, Fault, Kind, day_text, nearest};
use judi_table::{Outcome as TableOutcome, SinkOptions, Transaction};

use crate::audit::AuditResult;
use crate::compute::{Computed, compute};
use crate::error::{PartitionError, RunError};
use crate::grain::Partition;
use crate::job::Job;
use crate::tables::JobTables;

/// Partitions of one run: three years of hours. Reports of all are kept until its end.
const PARTITIONS_MAX: usize = 30_000;

/// Names in the default schema that no job may take.
const OWN_TABLES: [&str; 2] = [EVENTS_TABLE, "quarantine"];

/// What a run stands on.
#[derive(Debug)]
pub struct Context<'a> {
    /// Computes.
    pub engine: &'a Engine,
    /// What jobs may read besides one another's tables: events, their views, system tables.
    pub catalog: &'a Catalog,
    /// Where their tables are.
    pub tables: &'a JobTables,
}

/// What is to be run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunOptions {
    /// First day, days since 1970-01-01 in the catalog's zone.
    pub from_day: i32,
    /// Last day, inclusive.
    pub to_day: i32,
    /// Tables to make; all where empty. Only these: what they read is taken as it is.
    pub tables: Vec<String>,
    /// The value of `@run_ts`, microseconds since 1970 (UTC).
    pub run_ts_us: i64,
}

/// What became of one partition.
#[derive(Debug)]
pub enum Outcome {
    /// The table has these rows now.
    Written {
        /// How many.
        rows: u64,
        /// The table's new version.
        version: i64,
    },
    /// The table had exactly these rows; there is no new version.
    Unchanged {
        /// How many.
        rows: u64,
    },
    /// An audit forbade publishing; the old partition is still in place.
    Blocked,
    /// It could not be made; the old partition is still in place.
    Failed(PartitionError),
    /// A table that it reads was not published in this run.
    Skipped {
        /// That table.
        because_of: String,
    },
}

/// What became of one partition, and how.
#[derive(Debug)]
pub struct PartitionReport {
    /// The table.
    pub table: String,
    /// The partition.
    pub partition: Partition,
    /// What became of it.
    pub outcome: Outcome,
    /// What its audits found, in the header's order.
    pub audits: Vec<AuditResult>,
    /// Time to compute and publish.
    pub duration: Duration,
}

/// What became of a run.
#[derive(Debug, Default)]
pub struct RunReport {
    /// In the order in which they were done.
    pub partitions: Vec<PartitionReport>,
}

impl RunReport {
    /// Whether an audit forbade a partition.
    #[must_use]
    pub fn has_findings(&self) -> bool {
        self.partitions.iter().any(|report| matches!(report.outcome, Outcome::Blocked))
    }

    /// The gravest fault of those that failed.
    #[must_use]
    pub fn fault(&self) -> Option<Fault> {
        let faults = self.partitions.iter().filter_map(|report| match &report.outcome {
            Outcome::Failed(error) => Some(error.fault()),
            _ => None,
        });
        faults.max_by_key(|fault| match fault {
            Fault::User => 0,
            Fault::External => 1,
            Fault::Internal => 2,
        })
    }
}

impl PartitionReport {
    /// Whether the table now has what was computed.
    #[must_use]
    pub fn is_published(&self) -> bool {
        matches!(self.outcome, Outcome::Written { .. } | Outcome::Unchanged { .. })
    }
}

/// Runs `jobs`, which are in order ([`crate::load`]), for the days of `options`. `progress` is told of each partition
/// that is done: how many are, of how many. Blocks; not to be called on an async runtime's own threads.
///
/// # Errors
/// [`RunError`] when nothing was run. What goes wrong with single partitions is in the report.
pub fn run(
    context: &Context<'_>,
    jobs: &[Job],
    options: &RunOptions,
    progress: &mut dyn FnMut(usize, usize, &PartitionReport),
) -> Result<RunReport, RunError> {
    let selected = selected(jobs, &options.tables)?;
    check_names(context.catalog, jobs, &selected)?;
    let partitions = partitions(context.catalog, &selected, options)?;
    let total = partitions.iter().map(|(_, partitions)| partitions.len()).sum();
    let runtime = tokio::runtime::Builder::new_current_thread().build().map_err(|source| RunError::Start { source })?;
    let mut report = RunReport::default();
    let mut unpublished: BTreeSet<&str> = BTreeSet::new();
    for (job, partitions) in &partitions {
        let because_of = job.reads.iter().find(|name| unpublished.contains(name.as_str()));
        let mut tell = |done: PartitionReport| {
            if !done.is_published() {
                unpublished.insert(&job.table);
            }
            progress(report.partitions.len() + 1, total, &done);
            report.partitions.push(done);
        };
        match because_of {
            Some(because_of) => partitions.iter().map(|partition| skipped(job, partition, because_of)).for_each(tell),
            None => runtime.block_on(make(context, jobs, job, partitions, options, &mut tell))?,
        }
    }
    Ok(report)
}

/// The jobs that make `tables`, in order; all where none are named.
fn selected<'a>(jobs: &'a [Job], tables: &[String]) -> Result<Vec<&'a Job>, RunError> {
    if let Some(unknown) = tables.iter().find(|name| !jobs.iter().any(|job| job.table == **name)) {
        let nearest = nearest(unknown, jobs.iter().map(|job| job.table.as_str())).map(str::to_owned);
        return Err(RunError::UnknownJob { name: unknown.clone(), nearest });
    }
    Ok(jobs.iter().filter(|job| tables.is_empty() || tables.contains(&job.table)).collect())
}

/// No job has a name that is taken, and whatever the selected ones read is there or is made.
fn check_names(catalog: &Catalog, jobs: &[Job], selected: &[&Job]) -> Result<(), RunError> {
    let is_view = |name: &str| catalog.names().any(|(known, kind)| known == name && kind == Kind::View);
    for job in selected {
        if is_view(&job.table) || OWN_TABLES.contains(&job.table.as_str()) {
            return Err(RunError::TakenName { path: job.path.clone(), table: job.table.clone() });
        }
        let is_made = |name: &str| jobs.iter().any(|job| job.table == name);
        if let Some(unknown) = job.reads.iter().find(|name| !catalog.contains(name) && !is_made(name)) {
            let known = catalog.names().map(|(name, _)| name).chain(jobs.iter().map(|job| job.table.as_str()));
            let nearest = nearest(unknown, known).map(str::to_owned);
            let source = Box::new(EngineError::UnknownTable { name: unknown.clone(), place: None, nearest });
            return Err(RunError::UnknownInput { path: job.path.clone(), source });
        }
    }
    Ok(())
}

/// What each job is to make, jobs in order.
fn partitions<'a>(
    catalog: &Catalog,
    selected: &[&'a Job],
    options: &RunOptions,
) -> Result<Vec<(&'a Job, Vec<Partition>)>, RunError> {
    let (from_day, to_day) = (options.from_day, options.to_day);
    if from_day > to_day {
        return Err(RunError::EmptyRange { from: day_text(from_day), to: day_text(to_day) });
    }
    // Counted before they are made: the days come from outside.
    let days = usize::try_from(i64::from(to_day) - i64::from(from_day) + 1).unwrap_or(usize::MAX);
    let count = days.saturating_mul(selected.len());
    if count > PARTITIONS_MAX {
        return Err(RunError::TooManyPartitions { count, max: PARTITIONS_MAX });
    }
    let of = |job: &&'a Job| {
        (*job, Partition::of_days(job.header.grain, catalog.zone(), from_day, to_day).collect::<Vec<_>>())
    };
    let partitions: Vec<_> = selected.iter().map(of).collect();
    let count = partitions.iter().map(|(_, partitions)| partitions.len()).sum();
    if count > PARTITIONS_MAX {
        return Err(RunError::TooManyPartitions { count, max: PARTITIONS_MAX });
    }
    Ok(partitions)
}

fn skipped(job: &Job, partition: &Partition, because_of: &str) -> PartitionReport {
    PartitionReport {
        table: job.table.clone(),
        partition: *partition,
        outcome: Outcome::Skipped { because_of: because_of.to_owned() },
        audits: Vec::new(),
        duration: Duration::ZERO,
    }
}

/// Makes partitions of one table: computes several at once, publishes them in order.
async fn make(
    context: &Context<'_>,
    jobs: &[Job],
    job: &Job,
    partitions: &[Partition],
    options: &RunOptions,
    tell: &mut dyn FnMut(PartitionReport),
) -> Result<(), RunError> {
    let catalog = context.tables.catalog(context.catalog.clone(), jobs);
    let catalog = catalog.map_err(|(table, source)| RunError::Table { table, source })?;
    let clock = &context.tables.world().clock;
    let computed = partitions.iter().map(|partition| {
        let catalog = &catalog;
        async move {
            let started = clock.monotonic();
            // What others change in the partition from here on is a conflict.
            let base = base_version(context.tables, job);
            let computed = compute(context.engine, catalog, job, partition, options.run_ts_us).await;
            (partition, base, computed, clock.monotonic().saturating_sub(started))
        }
    });
    let at_once: NonZeroUsize = context.engine.options().threads;
    let mut computed = futures::stream::iter(computed).buffered(at_once.get());
    while let Some((partition, base, computed, duration)) = computed.next().await {
        let started = clock.monotonic();
        let (outcome, audits) = finish(context.tables, job, partition, base, computed);
        let duration = duration + clock.monotonic().saturating_sub(started);
        tell(PartitionReport { table: job.table.clone(), partition: *partition, outcome, audits, duration });
    }
    Ok(())
}

/// The version that a replacement is decided on; that of a table's creation when there is none yet.
fn base_version(tables: &JobTables, job: &Job) -> Result<i64, PartitionError> {
    match tables.open(&job.table)? {
        Some(table) => Ok(table.snapshot()?.version()),
        None => Ok(0),
    }
}

/// Publishes what was computed, unless something forbids it.
fn finish(
    tables: &JobTables,
    job: &Job,
    partition: &Partition,
    base: Result<i64, PartitionError>,
    computed: Result<Computed, PartitionError>,
) -> (Outcome, Vec<AuditResult>) {
    let mut computed = match computed {
        Ok(computed) => computed,
        Err(error) => return (Outcome::Failed(error), Vec::new()),
    };
    let audits = std::mem::take(&mut computed.audits);
    if audits.iter().any(AuditResult::is_blocking) {
        return (Outcome::Blocked, audits);
    }
    let published = base.and_then(|base| publish(tables, job, partition, base, &computed));
    (published.unwrap_or_else(Outcome::Failed), audits)
}

/// Replaces the partition by the rows, in one step.
fn publish(
    tables: &JobTables,
    job: &Job,
    partition: &Partition,
    base: i64,
    computed: &Computed,
) -> Result<Outcome, PartitionError> {
    let table = tables.open_or_create(job, &computed.schema)?;
    let options = SinkOptions { sort: job.header.key.clone(), ..SinkOptions::default() };
    let sink = table.sink(&computed.schema, options)?;
    let adds = sink.write(&computed.batches)?;
    let values = BTreeMap::from([(job.header.grain.column().to_owned(), Some(partition.log_text()))]);
    let transaction = Transaction::replace(base, vec![values], adds)
        .with_schema(std::sync::Arc::clone(&computed.schema))
        .with_info("judi.partition", partition.to_string());
    match table.commit(&transaction)? {
        TableOutcome::Committed { version } => Ok(Outcome::Written { rows: computed.rows, version }),
        TableOutcome::Unchanged { .. } | TableOutcome::AlreadyApplied { .. } => {
            Ok(Outcome::Unchanged { rows: computed.rows })
        }
        TableOutcome::Conflict(_) => Err(PartitionError::Raced),
    }
}
