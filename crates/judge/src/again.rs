//! After a publication: what older schemas could not read is read again by the newest, piece by piece, beside the
//! rounds, once.
//!
//! ```text
//!   columns ──► quarantine ──► events ──► done
//!   the table   rows that      rows with    a mark in the table: the version
//!   gets them   fit now are    _unknown
//!               added          are updated
//! ```
//!
//! | a stop comes | what the next start finds |
//! |---|---|
//! | before a commit | nothing was done of that piece |
//! | between pieces of `quarantine` | rows that were added are in `events` under their ids, and are not added again |
//! | between files of `events` | what was read is no longer in `_unknown` |
//! | after the mark | nothing to do |
//!
//! Rows of `quarantine` stay: they say what happened. Refused records that still wait in the log are judged by the
//! newest schema when their round comes.

mod neighbours;
mod replay;

use std::collections::{BTreeSet, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError};

use arrow::array::{AsArray, RecordBatch};
use arrow::datatypes::TimestampMicrosecondType;
use judi_schema::columns::CatchUp;
use judi_schema::schemas::Schemas;
use judi_table::{Outcome, Snapshot, Transaction, read_file};
use judi_world::{Timestamp, World};

use crate::clocks::ClockRules;
use crate::commits::counts_info;
use crate::core::SharedSchemas;
use crate::error::JudgeError;
use crate::round::Counts;
use crate::tables::{EVENTS, JudgeTable, QUARANTINE};

/// The application of the mark: its version is the schema version by which everything has been read.
const MARK: &str = "again/schema";

/// How much was read again since the judge was started, for others to look at.
#[derive(Debug, Default)]
pub(crate) struct AgainAccounts {
    replayed: AtomicU64,
    reread: AtomicU64,
    /// The version by which everything has been read.
    done: AtomicU64,
}

/// How much was read again since the judge was started.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct AgainStats {
    /// Quarantined events that fitted a later schema and became rows of `events`.
    pub replayed: u64,
    /// Rows of `events` that got values which an older schema could not read.
    pub reread: u64,
    /// The schema version by which everything in the tables has been read; 0: not yet any.
    pub version: u32,
}

/// See the [module](self). One for a project; it may work on a thread of its own.
#[derive(Debug)]
pub(crate) struct Again {
    world: World,
    schemas: SharedSchemas,
    events: Arc<JudgeTable>,
    quarantine: Arc<JudgeTable>,
    accounts: Arc<AgainAccounts>,
    clocks: ClockRules,
    work: Option<Work>,
}

/// The work for one version.
#[derive(Debug)]
struct Work {
    schemas: Arc<Schemas>,
    stage: Stage,
}

#[derive(Debug)]
enum Stage {
    Columns,
    /// Paths of files of `quarantine` that are to be looked through.
    Quarantine(VecDeque<String>),
    Events {
        catch_up: CatchUp,
        /// Paths of files that need no look any more.
        seen: BTreeSet<String>,
    },
    Done,
}

impl AgainAccounts {
    pub(crate) fn stats(&self) -> AgainStats {
        AgainStats {
            replayed: self.replayed.load(Ordering::Relaxed),
            reread: self.reread.load(Ordering::Relaxed),
            version: u32::try_from(self.done.load(Ordering::Relaxed)).unwrap_or(u32::MAX),
        }
    }
}

impl Again {
    pub(crate) fn new(
        world: &World,
        schemas: SharedSchemas,
        events: Arc<JudgeTable>,
        quarantine: Arc<JudgeTable>,
        accounts: Arc<AgainAccounts>,
    ) -> Self {
        let clocks = ClockRules::default();
        Self { world: world.clone(), schemas, events, quarantine, accounts, clocks, work: None }
    }

    /// With other rules of when events happened than the usual.
    pub(crate) fn with_clocks(self, clocks: ClockRules) -> Self {
        Self { clocks, ..self }
    }

    /// Does one piece; `false` when there is nothing left to do for the newest version.
    ///
    /// # Errors
    /// What tables or disk say; the same call goes on from there.
    pub(crate) fn step(&mut self) -> Result<bool, JudgeError> {
        let newest = Arc::clone(&self.schemas.read().unwrap_or_else(PoisonError::into_inner));
        let version = newest.current().version;
        if self.work.as_ref().is_none_or(|work| work.schemas.current().version < version) {
            let read = self.events.table.snapshot()?.txn(MARK).unwrap_or(0);
            let stage = if read >= i64::from(version) { Stage::Done } else { Stage::Columns };
            self.work = Some(Work { schemas: newest, stage });
        }
        let Some(mut work) = self.work.take() else { return Ok(false) };
        let result = self.piece(&work.schemas, &mut work.stage);
        let is_done = matches!(work.stage, Stage::Done);
        if is_done {
            self.accounts.done.store(u64::from(version), Ordering::Relaxed);
        }
        self.work = Some(work);
        result.map(|()| !is_done)
    }

    fn piece(&self, schemas: &Arc<Schemas>, stage: &mut Stage) -> Result<(), JudgeError> {
        match stage {
            Stage::Columns => {
                let mut columns = Transaction::append(Vec::new()).with_schema(Arc::clone(schemas.events_schema()));
                columns.operation = "ADD COLUMNS".to_owned();
                self.events.table.commit(&columns)?;
                let files = self.quarantine.table.snapshot()?.files().keys().cloned().collect();
                *stage = Stage::Quarantine(files);
            }
            Stage::Quarantine(files) => {
                if let Some(path) = files.front() {
                    self.replay(schemas, path)?;
                    files.pop_front();
                } else {
                    *stage = Stage::Events { catch_up: CatchUp::new(schemas), seen: BTreeSet::new() };
                }
            }
            Stage::Events { catch_up, seen } => {
                let snapshot = self.events.table.snapshot()?;
                match snapshot.files().keys().find(|path| !seen.contains(*path)).cloned() {
                    Some(path) => {
                        self.reread(catch_up, &snapshot, &path)?;
                        seen.insert(path);
                    }
                    None => {
                        self.mark(&snapshot, schemas.current().version)?;
                        *stage = Stage::Done;
                    }
                }
            }
            Stage::Done => {}
        }
        Ok(())
    }

    /// Notes in the table that everything has been read by `version`; a table without rows needs no note.
    fn mark(&self, snapshot: &Snapshot, version: u32) -> Result<(), JudgeError> {
        if snapshot.files().is_empty() {
            return Ok(());
        }
        let mut mark = Transaction::append(Vec::new()).with_txn(MARK, i64::from(version));
        mark.operation = "READ AGAIN".to_owned();
        // Marked already: by this very judge, before an error that was none.
        self.events.table.commit(&mark)?;
        Ok(())
    }

    /// Reads the rows of one file of `events` again.
    fn reread(&self, catch_up: &CatchUp, snapshot: &Snapshot, path: &str) -> Result<(), JudgeError> {
        let Some(file) = snapshot.files().get(path) else { return Ok(()) };
        if !self.may_change(catch_up, snapshot, path)? {
            return Ok(());
        }
        let mut counts = Counts::new();
        let mut rows = 0;
        let updated = self.events.table.update_file(snapshot, file, &self.events.sink, |batch| {
            let Some(read) = catch_up.read_again(&batch)? else { return Ok::<_, JudgeError>(batch) };
            rows += read.changed.len() as u64;
            count_changed(&read.batch, &read.changed, &mut counts)?;
            Ok(read.batch)
        })?;
        if rows == 0 {
            return Ok(());
        }
        // A conflict: the file was compacted, and its rows are looked for in the file that took its place.
        if let Outcome::Committed { .. } = self.events.table.commit_update(updated, counts_info(&counts))? {
            self.accounts.reread.fetch_add(rows, Ordering::Relaxed);
        }
        Ok(())
    }

    /// Whether a file has rows that may change: most have none, which a few of its columns tell.
    fn may_change(&self, catch_up: &CatchUp, snapshot: &Snapshot, path: &str) -> Result<bool, JudgeError> {
        let Some(file) = snapshot.files().get(path) else { return Ok(false) };
        let telling = catch_up.telling_columns();
        let (disk, dir) = (self.world.disk.as_ref(), self.events.table.dir());
        for batch in read_file(disk, dir, snapshot, file, Some(&telling))? {
            if catch_up.may_change(&batch?)? {
                return self.will_change(catch_up, snapshot, path);
            }
        }
        Ok(false)
    }

    fn will_change(&self, catch_up: &CatchUp, snapshot: &Snapshot, path: &str) -> Result<bool, JudgeError> {
        let Some(file) = snapshot.files().get(path) else { return Ok(false) };
        for batch in read_file(self.world.disk.as_ref(), self.events.table.dir(), snapshot, file, None)? {
            if catch_up.read_again(&batch?)?.is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// Counts the changed rows by event and day: they were there before, so they add none, and whoever computed from that
/// day has to look again.
fn count_changed(batch: &RecordBatch, changed: &[usize], counts: &mut Counts) -> Result<(), JudgeError> {
    let foreign =
        || JudgeError::ForeignTable { table: EVENTS, detail: "event is no text, or event_time no time".into() };
    let events = batch.column_by_name("event").and_then(|column| column.as_string_opt::<i32>().cloned());
    let times = batch.column_by_name("event_time");
    let times = times.and_then(|column| column.as_primitive_opt::<TimestampMicrosecondType>().cloned());
    let (Some(events), Some(times)) = (events, times) else { return Err(foreign()) };
    for &row in changed {
        counts.entry((events.value(row).to_owned(), Timestamp(times.value(row)).day())).or_insert(0);
    }
    Ok(())
}

fn foreign_quarantine(detail: &str) -> JudgeError {
    JudgeError::ForeignTable { table: QUARANTINE, detail: detail.to_owned() }
}
