//! The engine: one memory pool, one spill folder and one set of threads for all queries of the process.

use std::future::Future;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;

use datafusion::catalog::CatalogProviderList;
use datafusion::execution::FunctionRegistry;
use datafusion::execution::disk_manager::{DiskManagerBuilder, DiskManagerMode};
use datafusion::execution::memory_pool::{GreedyMemoryPool, TrackConsumersPool};
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::execution::session_state::{SessionState, SessionStateBuilder};
use datafusion::optimizer::{Optimizer, OptimizerRule};
use datafusion::prelude::SessionConfig;
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinHandle;

use crate::distinct::{BEFORE_RULE, CountDistinctInTwoPhases};
use crate::error::EngineError;
use crate::local_date::local_date;
use crate::map_access::{AFTER_RULE, LookUpMapsApart};
use crate::pinned::CATALOG_NAME;
use crate::spill::SpillFolder;
use crate::zone::Zone;

/// SQL and its plans are walked and dropped by recursion: a chain of operators is as deep as it is long, and a level
/// takes up to 16 kB in unoptimised builds. This is more than [`crate::sql::SQL_BYTES_MAX`] can ask for, and is only
/// reserved: memory is taken as it is touched.
pub(crate) const STACK_BYTES: usize = 1 << 30;

/// Spilling stops here, before it takes the disk that the log lives on; the query fails.
const SPILL_BYTES_MAX: u64 = 64 << 30;

/// Consumers that an out-of-memory error names.
const TOP_CONSUMERS: NonZeroUsize = NonZeroUsize::MIN.saturating_add(2);

/// What the engine may use of the machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EngineOptions {
    /// Memory for the state of queries (hash tables, sorts), in bytes; beyond it they spill, or fail with
    /// [`EngineError::OutOfMemory`].
    pub memory_bytes: usize,
    /// Threads that compute.
    pub threads: NonZeroUsize,
    /// Where queries spill to, each process in a folder of its own that goes with it.
    pub spill_dir: PathBuf,
}

/// Runs queries. Shared by reference; each query is on its own.
///
/// The pool lends whatever is free to whoever asks first: sharing it out evenly beforehand made a query spill while
/// most of the memory was unused.
#[derive(Debug)]
pub struct Engine {
    base: SessionState,
    options: EngineOptions,
    _spill: SpillFolder,
    /// Query work never runs on the caller's threads, which serve requests. Taken on drop.
    runtime: Option<Runtime>,
}

impl Engine {
    /// An engine with its threads started.
    ///
    /// # Errors
    /// [`EngineError::Io`] when threads cannot be started or the spill folder cannot be made.
    pub fn new(options: EngineOptions) -> Result<Self, EngineError> {
        let pool = TrackConsumersPool::new(GreedyMemoryPool::new(options.memory_bytes), TOP_CONSUMERS);
        let spill = SpillFolder::new(&options.spill_dir)
            .map_err(|error| EngineError::Io { message: format!("{}: {error}", options.spill_dir.display()) })?;
        let disk = DiskManagerBuilder::default()
            .with_mode(DiskManagerMode::Directories(vec![spill.path().to_path_buf()]))
            .with_max_temp_directory_size(SPILL_BYTES_MAX);
        let environment =
            RuntimeEnvBuilder::new().with_memory_pool(Arc::new(pool)).with_disk_manager_builder(disk).build_arc()?;
        let runtime = Builder::new_multi_thread()
            .worker_threads(options.threads.get())
            .thread_name("judi-query")
            .thread_stack_size(STACK_BYTES)
            .enable_time()
            .build()
            .map_err(|error| EngineError::Io { message: format!("cannot start query threads: {error}") })?;
        let base = SessionStateBuilder::new()
            .with_config(session_config(&options))
            .with_runtime_env(environment)
            .with_default_features()
            .with_optimizer_rules(optimizer_rules())
            .build();
        Ok(Self { base, options, _spill: spill, runtime: Some(runtime) })
    }

    /// What it may use.
    #[must_use]
    pub fn options(&self) -> &EngineOptions {
        &self.options
    }

    /// A session for one query: its own names, days of `zone`, and its own time for `now()`.
    pub(crate) fn session(&self, names: Arc<dyn CatalogProviderList>, zone: Zone) -> Result<SessionState, EngineError> {
        let mut session = self.base.clone();
        session.register_catalog_list(names);
        session.register_udf(local_date(zone))?;
        session.mark_start_execution();
        Ok(session)
    }

    /// Runs `work` on the engine's threads. It is dropped when the handle is aborted.
    pub(crate) fn spawn<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> Result<JoinHandle<T>, EngineError> {
        match &self.runtime {
            Some(runtime) => Ok(runtime.spawn(work)),
            None => Err(EngineError::Internal { message: "the engine has stopped".into() }),
        }
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        // Waiting for the threads is not allowed where the last owner is a task; they end by themselves.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

fn session_config(options: &EngineOptions) -> SessionConfig {
    let mut config = SessionConfig::new()
        .with_target_partitions(options.threads.get())
        .with_default_catalog_and_schema(CATALOG_NAME, crate::catalog::DEFAULT_SCHEMA)
        .with_create_default_catalog_and_schema(false)
        .with_information_schema(true);
    let settings = config.options_mut();
    settings.sql_parser.collect_spans = true;
    settings.execution.parquet.pushdown_filters = true;
    settings.execution.parquet.reorder_filters = true;
    config
}

/// DataFusion's rules, with ours where each has to stand.
fn optimizer_rules() -> Vec<Arc<dyn OptimizerRule + Send + Sync>> {
    let mut rules = Optimizer::new().rules;
    let position =
        |rules: &[Arc<dyn OptimizerRule + Send + Sync>], name: &str| rules.iter().position(|rule| rule.name() == name);
    let before = position(&rules, BEFORE_RULE).unwrap_or(rules.len());
    rules.insert(before, Arc::new(CountDistinctInTwoPhases));
    let after = position(&rules, AFTER_RULE).map_or(rules.len(), |index| index + 1);
    rules.insert(after, Arc::new(LookUpMapsApart));
    rules
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_rules_stand_beside_the_rules_that_they_name() {
        let names: Vec<String> = optimizer_rules().iter().map(|rule| rule.name().to_owned()).collect();
        let beside = |first: &str, second: &str| names.windows(2).any(|pair| pair[0] == first && pair[1] == second);
        assert!(beside("count_distinct_in_two_phases", BEFORE_RULE), "{names:?}");
        assert!(beside(AFTER_RULE, "look_up_maps_apart"), "{names:?}");
    }
}
