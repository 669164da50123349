//! From SQL to a stream of rows.
//!
//! ```text
//!   parse, check ─► pin tables ─► plan ─► bind parameters ─► optimize ─► run ─► plain types ─► Rows
//! ```

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use datafusion::execution::session_state::SessionState;
use datafusion::physical_plan::{SendableRecordBatchStream, execute_stream};
use datafusion::prelude::SQLOptions;
use futures::{Stream, StreamExt};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout_at};

use crate::catalog::Catalog;
use crate::determinism;
use crate::engine::Engine;
use crate::error::EngineError;
use crate::introspection;
use crate::parameters::Parameters;
use crate::pinned::Pinned;
use crate::plain::{plain_batch, plain_schema};
use crate::sql::{self, Mention, Parsed, Request};

/// Batches that wait between the engine and a slow reader.
const BATCHES_WAITING_MAX: usize = 2;

/// Longest time that a query may be given; above it a deadline may not fit the clock.
const TIMEOUT_MAX: Duration = Duration::from_secs(365 * 86_400);

/// How a query is run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct QueryOptions {
    /// Time from the call to the last row; as long as it takes where [`None`].
    pub timeout: Option<Duration>,
    /// More rows than this are an error, not cut off: a part of a result looks like all of it.
    pub rows_max: Option<u64>,
    /// Refuses what depends on more than the rows read, and computes in one thread, in the order of the files, so
    /// that the same versions of the same tables give the same rows in the same order.
    pub deterministic: bool,
}

/// The rows of a query, as a stream of batches. Dropping it ends the query.
#[derive(Debug)]
pub struct Rows {
    schema: SchemaRef,
    batches: mpsc::Receiver<Result<RecordBatch, EngineError>>,
    _running: AbortOnDrop<()>,
}

impl Rows {
    /// Names and types, in plain forms: text is `Utf8`, never a view or a dictionary.
    #[must_use]
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// All rows at once.
    ///
    /// # Errors
    /// The first error of the stream.
    pub async fn collect(mut self) -> Result<Vec<RecordBatch>, EngineError> {
        let mut batches = Vec::new();
        while let Some(batch) = self.next().await {
            batches.push(batch?);
        }
        Ok(batches)
    }
}

impl Stream for Rows {
    type Item = Result<RecordBatch, EngineError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.batches.poll_recv(context)
    }
}

/// A task that ends with its handle.
#[derive(Debug)]
struct AbortOnDrop<T>(JoinHandle<T>);

impl<T> Drop for AbortOnDrop<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Engine {
    /// Runs one statement that only reads: SELECT, WITH, EXPLAIN, DESCRIBE, SHOW TABLES, SHOW COLUMNS FROM. Each table
    /// is read at the version that it has when the query first looks at it.
    ///
    /// # Errors
    /// Any [`EngineError`]; those of single rows come in the stream.
    pub async fn query(
        &self,
        catalog: &Catalog,
        sql: &str,
        parameters: &Parameters,
        options: &QueryOptions,
    ) -> Result<Rows, EngineError> {
        let deadline = Deadline::of(options);
        let pinned = Pinned::new(catalog);
        let mut session = self.session(pinned.catalog_list()?, catalog.zone())?;
        parameters.register(&mut session);
        if options.deterministic {
            session.config_mut().options_mut().execution.target_partitions = 1;
        }
        let planning = Planning { catalog: catalog.clone(), pinned, session, parameters: parameters.clone() };
        let (text, deterministic) = (sql.to_owned(), options.deterministic);
        // Parsed, and dropped again, on the engine's threads: a caller's stack is too short for a long question.
        let planned = async move {
            let parsed = sql::parse(&text)?;
            planning.parameters.check(&parsed.parameters)?;
            check_tables(&planning.catalog, &parsed.tables)?;
            planning.start(parsed, deterministic).await
        };
        let mut task = AbortOnDrop(self.spawn(deadline.limit(planned))?);
        let stream = (&mut task.0).await.map_err(joined)???;

        let schema = plain_schema(&stream.schema());
        let (sender, batches) = mpsc::channel(BATCHES_WAITING_MAX);
        let pump = pump(stream, Arc::clone(&schema), sender, deadline, options.rows_max);
        Ok(Rows { schema, batches, _running: AbortOnDrop(self.spawn(pump)?) })
    }
}

/// A task that did not come to its end.
#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
fn joined(error: tokio::task::JoinError) -> EngineError {
    EngineError::Internal { message: format!("a query's task ended: {error}") }
}

/// What planning needs, all of it owned, so that it can move to the engine's threads.
struct Planning {
    catalog: Catalog,
    pinned: Arc<Pinned>,
    session: SessionState,
    parameters: Parameters,
}

impl Planning {
    async fn start(self, parsed: Parsed, deterministic: bool) -> Result<SendableRecordBatchStream, EngineError> {
        let statement = match parsed.request {
            Request::ShowTables => return introspection::show_tables(&self.catalog),
            Request::Describe(table) => return introspection::describe(&self.pinned, &table),
            Request::Query(statement) => *statement,
        };
        let plan = self.session.statement_to_plan(statement).await?;
        // Whatever the parser let through, a plan that writes is not run.
        let reading = SQLOptions::new().with_allow_ddl(false).with_allow_dml(false).with_allow_statements(false);
        reading.verify_plan(&plan).map_err(|_| EngineError::NotReadOnly { statement: "this statement".into() })?;
        if deterministic {
            determinism::check(&plan)?;
        }
        let plan = self.session.optimize(&self.parameters.bind(plan)?)?;
        let plan = self.session.query_planner().create_physical_plan(&plan, &self.session).await?;
        Ok(execute_stream(plan, self.session.task_ctx())?)
    }
}

/// Refuses names that stand for nothing, with their place and the nearest name.
fn check_tables(catalog: &Catalog, tables: &[Mention]) -> Result<(), EngineError> {
    let is_known =
        |mention: &&Mention| !catalog.contains(&mention.name) && !mention.name.starts_with("information_schema.");
    match tables.iter().find(is_known) {
        None => Ok(()),
        Some(unknown) => Err(EngineError::UnknownTable {
            name: unknown.name.clone(),
            place: unknown.place,
            nearest: catalog.nearest(&unknown.name).map(str::to_owned),
        }),
    }
}

/// Carries batches from the engine's threads to the reader, until either ends or time is up.
async fn pump(
    mut stream: SendableRecordBatchStream,
    schema: SchemaRef,
    sender: mpsc::Sender<Result<RecordBatch, EngineError>>,
    deadline: Deadline,
    rows_max: Option<u64>,
) {
    let mut rows = 0u64;
    loop {
        let batch = match deadline.limit(stream.next()).await {
            Ok(None) => return,
            Ok(Some(Ok(batch))) if batch.num_rows() == 0 => continue,
            Ok(Some(Ok(batch))) => {
                rows = rows.saturating_add(batch.num_rows() as u64);
                match rows_max {
                    Some(rows_max) if rows > rows_max => Err(EngineError::TooManyRows { rows_max }),
                    _ => plain_batch(&batch, &schema),
                }
            }
            Ok(Some(Err(error))) => Err(error.into()),
            Err(timeout) => Err(timeout),
        };
        let failed = batch.is_err();
        if sender.send(batch).await.is_err() || failed {
            return;
        }
    }
}

/// When a query has to be done.
#[derive(Debug, Clone, Copy)]
struct Deadline(Option<(Instant, Duration)>);

impl Deadline {
    fn of(options: &QueryOptions) -> Self {
        Self(options.timeout.map(|after| (Instant::now() + after.min(TIMEOUT_MAX), after)))
    }

    async fn limit<T>(self, work: impl Future<Output = T>) -> Result<T, EngineError> {
        match self.0 {
            None => Ok(work.await),
            Some((at, after)) => timeout_at(at, work).await.map_err(|_| EngineError::Timeout { after }),
        }
    }
}
