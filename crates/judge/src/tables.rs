//! The judge's tables: `events`, `quarantine` and `_judi.commits`, and how rows are added to them once.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use judi_log::{LogId, Positions};
use judi_schema::schemas::Schemas;
use judi_table::{
    AddFile, CompactionPolicy, Conflict, DataFile, Outcome, SinkOptions, Table, TableError, TableOptions, TableSpec,
    Transaction, plan_compaction,
};
use judi_world::World;
use serde_json::{Map, Value};

use crate::commits;
use crate::error::JudgeError;
use crate::options::JudgeOptions;

/// The table of events.
pub(crate) const EVENTS: &str = "events";
/// The table of what did not fit.
pub(crate) const QUARANTINE: &str = "quarantine";
/// The counts of each commit, as people name it and as a path.
pub(crate) const COMMITS: &str = "_judi.commits";
const COMMITS_PATH: &str = "_judi/commits";

const PARTITION_COLUMN: &str = "received_date";
const EVENTS_SORT: [&str; 3] = ["event", "event_time", "event_id"];
const QUARANTINE_SORT: [&str; 2] = ["received_at", "event_id"];
/// Columns whose bounds let a query skip files: those that files differ in.
const EVENTS_STATS: [&str; 5] = ["event", "event_time", "received_at", "app", "platform"];
const QUARANTINE_STATS: [&str; 3] = ["received_at", "event", "reason"];

/// Where rows go.
#[derive(Debug)]
pub(crate) struct Tables {
    pub(crate) events: Arc<JudgeTable>,
    pub(crate) quarantine: Arc<JudgeTable>,
    pub(crate) commits: Arc<JudgeTable>,
}

/// One table with the way its rows are written.
#[derive(Debug)]
pub(crate) struct JudgeTable {
    pub(crate) name: &'static str,
    pub(crate) table: Table,
    pub(crate) sink: SinkOptions,
    world: World,
    /// Files whose rows are not those that were written: compaction must not carry them on under another name.
    damaged: Mutex<BTreeSet<PathBuf>>,
}

impl Tables {
    /// Opens the project's tables, or makes them.
    pub(crate) fn open(world: &World, options: &JudgeOptions, schemas: &Schemas) -> Result<Self, JudgeError> {
        let dir = &options.tables_dir;
        let kept = TableOptions { retention: options.replaced_files_retention, ..TableOptions::default() };
        let open = |name, path: PathBuf, schema: SchemaRef, partitioned: bool, sort: &[&str], stats: &[&str]| {
            let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
            let spec = TableSpec {
                name: String::from(name),
                schema,
                partition_columns: owned(if partitioned { &[PARTITION_COLUMN] } else { &[] }),
                properties: [
                    ("judi.sort".to_owned(), sort.join(",")),
                    (judi_table::STATS_PROPERTY.to_owned(), stats.join(",")),
                ]
                .into(),
            };
            let table = Table::create_with(world, &dir.join(path), &spec, kept)?;
            let sink = SinkOptions { sort: owned(sort), stats_columns: Some(owned(stats)), ..SinkOptions::default() };
            Ok::<_, JudgeError>(Arc::new(JudgeTable {
                name,
                table,
                sink,
                world: world.clone(),
                damaged: Mutex::default(),
            }))
        };
        let (events, quarantine) = (Arc::clone(schemas.events_schema()), Schemas::quarantine_schema());
        Ok(Self {
            events: open(EVENTS, EVENTS.into(), events, true, &EVENTS_SORT, &EVENTS_STATS)?,
            quarantine: open(QUARANTINE, QUARANTINE.into(), quarantine, true, &QUARANTINE_SORT, &QUARANTINE_STATS)?,
            commits: open(COMMITS, COMMITS_PATH.into(), commits::schema(), false, &commits::SORT, &commits::STATS)?,
        })
    }

    /// All of them.
    pub(crate) fn all(&self) -> [&Arc<JudgeTable>; 3] {
        [&self.events, &self.quarantine, &self.commits]
    }
}

impl JudgeTable {
    /// Rewrites some small files into a larger one, if the table wants that: one task a call.
    pub(crate) fn compact(&self) -> Result<bool, JudgeError> {
        let snapshot = self.table.snapshot()?;
        let damaged = self.damaged.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let is_whole = |file: &DataFile| !damaged.contains(&self.table.dir().join(&file.path));
        let now_ms = self.world.clock.now().0.div_euclid(1000);
        let tasks = plan_compaction(&snapshot, &CompactionPolicy::default(), now_ms, is_whole);
        let Some(task) = tasks.first() else { return Ok(false) };
        match self.table.compact(task, &self.sink) {
            // Whoever removed an input meanwhile has done the work, or more.
            Ok(outcome) => Ok(matches!(outcome, Outcome::Committed { .. })),
            Err(error) => {
                if let TableError::ContentChanged { path, .. } = &error {
                    self.damaged.lock().unwrap_or_else(PoisonError::into_inner).insert(path.clone());
                }
                Err(error.into())
            }
        }
    }
}

/// The application id under which a table says how far of a partition of the log it has dealt with: its last offset.
#[must_use]
pub fn app_id(log: impl Display, topic: impl Display, partition: u32) -> String {
    format!("judge/{log}/{topic}/{partition}")
}

/// What every application id of a judge begins with, whatever the log.
pub(crate) const APP_ID_PREFIX: &str = "judge/";

/// The application transactions of a table: app id, version.
pub(crate) type Txns = BTreeMap<String, i64>;

/// Rows on their way into one table: written once, committed once, however often that has to be tried.
#[derive(Debug)]
pub(crate) struct Append {
    batches: Vec<RecordBatch>,
    schema: SchemaRef,
    txns: Vec<(String, i64)>,
    /// What the table had of each application when the rows were computed. Otherwise somebody else has added some of
    /// them since, and nothing may be added.
    expects: Vec<(String, Option<i64>)>,
    info: Map<String, Value>,
    /// The files, once they are durable.
    written: Option<Vec<AddFile>>,
    /// Whether a try ended in an error, after which the commit may have come to be all the same.
    is_doubtful: bool,
    done: bool,
}

impl Append {
    /// `batches` of `schema`, which bring the table to `through` of the log; `None` when there are no rows and no
    /// `is_marked`: then the commit says how far the table is, all the same. `before` is what the table had when the judge last knew: whoever has moved it since makes this a conflict.
    pub(crate) fn new(
        batches: Vec<RecordBatch>,
        schema: SchemaRef,
        before: &Txns,
        log: &LogId,
        through: &Positions,
        is_marked: bool,
    ) -> Option<Self> {
        if batches.is_empty() && !is_marked {
            return None;
        }
        // Every partition that has moved since the table's last commit, in whatever round: so the positions that a
        // table holds are always those of the end of one round.
        let last = |next: u64| i64::try_from(next).unwrap_or(i64::MAX) - 1;
        let txns: Vec<(String, i64)> = through
            .iter()
            .map(|((topic, partition), next)| (app_id(log, *topic, *partition), last(*next)))
            .filter(|(app_id, last)| *last > before.get(app_id).copied().unwrap_or(-1))
            .collect();
        let expects = txns.iter().map(|(app_id, _)| (app_id.clone(), before.get(app_id).copied())).collect();
        Some(Self { txns, expects, ..Self::of_batches(batches, schema) })
    }

    /// The rows come at version `version` of application `app_id`.
    pub(crate) fn of_app(batches: Vec<RecordBatch>, schema: SchemaRef, app_id: &str, version: i64) -> Self {
        Self { txns: vec![(app_id.to_owned(), version)], ..Self::of_batches(batches, schema) }
    }

    fn of_batches(batches: Vec<RecordBatch>, schema: SchemaRef) -> Self {
        let (txns, expects, info) = (Vec::new(), Vec::new(), Map::new());
        Self { batches, schema, txns, expects, info, written: None, is_doubtful: false, done: false }
    }

    /// What the table has of these applications once the rows are in it.
    pub(crate) fn txns(&self) -> impl Iterator<Item = (String, i64)> {
        self.txns.iter().cloned()
    }

    /// With what the table must still have of an application.
    pub(crate) fn expecting(mut self, app_id: &str, version: Option<i64>) -> Self {
        self.expects.push((app_id.to_owned(), version));
        self
    }

    /// With a fact more in the commit's record.
    pub(crate) fn with_info(mut self, key: &str, value: Value) -> Self {
        self.info.insert(key.to_owned(), value);
        self
    }

    /// [`Append::apply`] for rows that nobody else may have added: that the table has the version of the application
    /// already is an error, and nothing was done.
    pub(crate) fn apply_first(mut self, into: &JudgeTable) -> Result<(), JudgeError> {
        match self.try_apply(into)? {
            Outcome::AlreadyApplied { app_id, version } => Err(self.overtaken(into, app_id, version)),
            _ => Ok(()),
        }
    }

    /// Does what has not been done yet. After an error, the same call goes on from there; after `Ok`, the rows are
    /// durably in the table, once.
    pub(crate) fn apply(&mut self, into: &JudgeTable) -> Result<(), JudgeError> {
        if self.done {
            return Ok(());
        }
        match self.try_apply(into)? {
            Outcome::AlreadyApplied { .. } if self.is_doubtful => self.check_own(into)?,
            Outcome::AlreadyApplied { app_id, version } => {
                return Err(self.overtaken(into, app_id, version));
            }
            _ => {}
        }
        self.done = true;
        self.batches.clear();
        Ok(())
    }

    fn try_apply(&mut self, into: &JudgeTable) -> Result<Outcome, JudgeError> {
        let written = match self.written.take() {
            Some(written) => written,
            None => into.table.sink(&self.schema, into.sink.clone())?.write(&self.batches)?,
        };
        let mut transaction = Transaction::append(written);
        transaction.schema = Some(Arc::clone(&self.schema));
        transaction.txns.clone_from(&self.txns);
        transaction.expects.clone_from(&self.expects);
        transaction.info.clone_from(&self.info);
        let outcome = into.table.commit(&transaction);
        // Files that a commit does not find are written again; all others are kept for the next try.
        if !matches!(outcome, Err(TableError::MissingFile { .. })) {
            self.written = Some(transaction.adds);
        }
        self.is_doubtful |= outcome.is_err();
        match outcome? {
            Outcome::Conflict(Conflict::TxnMoved { app_id, version }) => {
                Err(self.overtaken(into, app_id, version.unwrap_or(-1)))
            }
            outcome => Ok(outcome),
        }
    }

    fn overtaken(&self, into: &JudgeTable, app_id: String, found: i64) -> JudgeError {
        let adding = self.txns.iter().find(|(its, _)| *its == app_id).map_or(-1, |(_, adding)| *adding);
        JudgeError::Overtaken { table: into.name, app_id, found, adding }
    }

    /// After an error a commit may have come to be all the same. Then the table is exactly where it leads, durably:
    /// a table makes what it reads durable.
    fn check_own(&self, into: &JudgeTable) -> Result<(), JudgeError> {
        let snapshot = into.table.snapshot()?;
        for (app_id, adding) in &self.txns {
            match snapshot.txn(app_id) {
                Some(found) if found == *adding => {}
                found => {
                    let (app_id, found, adding) = (app_id.clone(), found.unwrap_or(-1), *adding);
                    return Err(JudgeError::Overtaken { table: into.name, app_id, found, adding });
                }
            }
        }
        Ok(())
    }
}
