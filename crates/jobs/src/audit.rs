//! Audits: questions about the computed rows, asked before anybody else sees them.

use std::sync::Arc;

use arrow::array::{AsArray, RecordBatch};
use arrow::datatypes::{Int64Type, SchemaRef};
use judi_engine::output::{Format, write_rows};
use judi_engine::{Catalog, Engine, EngineError, Parameters, QueryOptions};

use crate::error::PartitionError;
use crate::header::{Audit, Check, Severity};
use crate::job::{Job, RESULT, holds_query};

/// Rows that a finding shows.
const SAMPLE_ROWS: usize = 3;

/// What an audit found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditResult {
    /// As written in the header.
    pub audit: String,
    /// The header line.
    pub line: u64,
    /// What a failure means.
    pub severity: Severity,
    /// Rows (for `unique`, values that occur more than once) that fail; 0 when it holds.
    pub failing: u64,
    /// A few of them, each a JSON object.
    pub sample: Vec<String>,
}

impl AuditResult {
    /// Whether it forbids publishing.
    #[must_use]
    pub fn is_blocking(&self) -> bool {
        self.failing > 0 && self.severity == Severity::Block
    }
}

/// The computed rows, to be asked about.
pub(crate) struct Questions<'a> {
    engine: &'a Engine,
    catalog: Catalog,
    parameters: &'a Parameters,
}

impl<'a> Questions<'a> {
    pub(crate) fn new(
        engine: &'a Engine,
        catalog: &Catalog,
        parameters: &'a Parameters,
        schema: &SchemaRef,
        batches: Vec<RecordBatch>,
    ) -> Self {
        let catalog = Catalog::new(catalog.zone()).with_rows(RESULT, Arc::clone(schema), batches);
        Self { engine, catalog, parameters }
    }

    /// Answers all audits of `job`.
    ///
    /// # Errors
    /// [`PartitionError::Audit`] for the first that cannot be answered.
    pub(crate) async fn audits(&self, job: &Job) -> Result<Vec<AuditResult>, PartitionError> {
        let mut results = Vec::with_capacity(job.header.audits.len());
        for audit in &job.header.audits {
            let result = self.audit(audit).await.map_err(|source| PartitionError::Audit {
                place: job.place(audit.line, audit.column),
                audit: audit.text.clone(),
                source: Box::new(source),
            })?;
            results.push(result);
        }
        Ok(results)
    }

    async fn audit(&self, audit: &Audit) -> Result<AuditResult, EngineError> {
        let (failing, sample) = match &audit.check {
            Check::Unique(columns) => self.repeated(columns).await?,
            Check::NotNull(columns) => {
                let nulls: Vec<String> = columns.iter().map(|column| format!("\"{column}\" IS NULL")).collect();
                let condition = nulls.join(" OR ");
                let count = format!("SELECT count(*) AS failing FROM {RESULT} WHERE {condition}");
                self.found(&count, &format!("SELECT * FROM {RESULT} WHERE {condition} LIMIT {SAMPLE_ROWS}")).await?
            }
            Check::Holds(expression) => {
                let sample = format!("SELECT * FROM {RESULT} WHERE ({expression}\n) IS NOT TRUE LIMIT {SAMPLE_ROWS}");
                self.found(&holds_query(expression), &sample).await?
            }
        };
        let (text, line, severity) = (audit.text.clone(), audit.line, audit.severity);
        Ok(AuditResult { audit: text, line, severity, failing, sample })
    }

    /// Values of `columns` that several rows have: how many, and a few of them.
    pub(crate) async fn repeated(&self, columns: &[String]) -> Result<(u64, Vec<String>), EngineError> {
        let quoted: Vec<String> = columns.iter().map(|column| format!("\"{column}\"")).collect();
        let list = quoted.join(", ");
        let groups = format!("SELECT {list}, count(*) AS \"rows\" FROM {RESULT} GROUP BY {list} HAVING count(*) > 1");
        let count = format!("SELECT count(*) AS failing FROM ({groups})");
        self.found(&count, &format!("{groups} ORDER BY {list} LIMIT {SAMPLE_ROWS}")).await
    }

    /// Rows whose partition column is not `@partition`: how many, and a few values.
    pub(crate) async fn foreign(&self, column: &str) -> Result<(u64, Vec<String>), EngineError> {
        let condition = format!("\"{column}\" IS DISTINCT FROM @partition");
        let count = format!("SELECT count(*) AS failing FROM {RESULT} WHERE {condition}");
        let sample = format!(
            "SELECT DISTINCT \"{column}\" FROM {RESULT} WHERE {condition} ORDER BY \"{column}\" LIMIT {SAMPLE_ROWS}"
        );
        self.found(&count, &sample).await
    }

    async fn found(&self, count: &str, sample: &str) -> Result<(u64, Vec<String>), EngineError> {
        let batches = self.ask(count).await?.collect().await?;
        let value = batches.first().and_then(|batch| batch.columns().first());
        let failing = value
            .and_then(|column| column.as_primitive_opt::<Int64Type>())
            .and_then(|array| array.iter().next().flatten());
        let failing = failing
            .and_then(|failing| u64::try_from(failing).ok())
            .ok_or_else(|| EngineError::Internal { message: "a count is no whole number".into() })?;
        if failing == 0 {
            return Ok((0, Vec::new()));
        }
        let mut lines = Vec::new();
        write_rows(self.ask(sample).await?, Format::Json, &mut lines).await?;
        Ok((failing, String::from_utf8_lossy(&lines).lines().map(str::to_owned).collect()))
    }

    async fn ask(&self, sql: &str) -> Result<judi_engine::Rows, EngineError> {
        self.engine.query(&self.catalog, sql, self.parameters, &QueryOptions::default()).await
    }
}
