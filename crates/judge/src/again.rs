//! After a publication, and whenever somebody asks: what older schemas could not read is read again by the newest, piece
//! by piece, beside the rounds, once.
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
//! newest schema when their round comes. A round that was judged by an older schema and whose rows are still on their way
//! is waited for.
//!
//! A replay that somebody asked for is the same pass over `quarantine`, of the rows that were asked for, with an account.
//! It comes first: somebody waits for it.

mod neighbours;
mod replay;
mod requests;
mod rounds;

use std::collections::BTreeSet;
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
use replay::Pass;
pub(crate) use requests::ReplayRequests;
use requests::Requested;
pub use requests::{ReplayAccount, ReplayEnd, ReplayFilter, ReplayProgress, ReplayRefused};
pub(crate) use rounds::RoundUnderWay;

/// The application of the mark: its version is the schema version by which everything has been read.
const MARK: &str = "again/schema";

/// The application of the other mark: its version is the revision of the mapping of Segment's calls by which all of
/// `quarantine` has been looked through.
const MAPPING_MARK: &str = "again/segment";

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

/// What a call of [`Again::step`] did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AgainStep {
    /// A piece; there may be more.
    Did,
    /// Nothing, since rows that an older schema refused are still on their way: ask again after the next round.
    Waits,
    /// Nothing: everything has been read by the newest schema, and nobody asks for a replay.
    Idle,
}

/// See the [module](self). One for a project; it may work on a thread of its own.
#[derive(Debug)]
pub struct Again {
    world: World,
    shared: AgainShared,
    events: Arc<JudgeTable>,
    quarantine: Arc<JudgeTable>,
    accounts: Arc<AgainAccounts>,
    clocks: ClockRules,
    work: Option<Work>,
    /// The replay that is under way, and its pass, once it has begun.
    requested: Option<(Requested, Option<Pass>)>,
}

/// What is known to others, too.
#[derive(Debug, Clone)]
pub(crate) struct AgainShared {
    pub(crate) schemas: SharedSchemas,
    pub(crate) round: Arc<RoundUnderWay>,
    pub(crate) requests: Arc<ReplayRequests>,
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
    /// Until no round is under way that an older version judges.
    Rounds {
        /// As of the stage behind it.
        only: bool,
    },
    Quarantine {
        pass: Pass,
        /// Only the mapping is new, which says nothing of what is in `events`.
        only: bool,
    },
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
        shared: AgainShared,
        tables: (Arc<JudgeTable>, Arc<JudgeTable>),
        accounts: Arc<AgainAccounts>,
    ) -> Self {
        let ((events, quarantine), clocks) = (tables, ClockRules::default());
        Self { world: world.clone(), shared, events, quarantine, accounts, clocks, work: None, requested: None }
    }

    /// With other rules of when events happened than the usual.
    pub(crate) fn with_clocks(self, clocks: ClockRules) -> Self {
        Self { clocks, ..self }
    }

    /// Does one piece.
    ///
    /// # Errors
    /// What tables or disk say; the same call goes on from there.
    pub fn step(&mut self) -> Result<AgainStep, JudgeError> {
        if self.requested_piece()? { Ok(AgainStep::Did) } else { self.automatic_piece() }
    }

    /// Does one piece of what was asked for; `false` when nothing is.
    fn requested_piece(&mut self) -> Result<bool, JudgeError> {
        let next = || self.shared.requests.next().map(|requested| (requested, None));
        let Some((requested, mut pass)) = self.requested.take().or_else(next) else { return Ok(false) };
        match self.advance(&requested, &mut pass) {
            Ok(true) => self.requested = Some((requested, pass)),
            Ok(false) => {}
            Err(error) if error.is_retryable() => {
                requested.progress.send_modify(|progress| progress.trouble = Some(error.to_string()));
                self.requested = Some((requested, pass));
                return Err(error);
            }
            Err(error) => {
                tracing::error!(%error, "a replay cannot be done");
                let end = ReplayEnd::Failed(error.to_string());
                requested.progress.send_modify(|progress| progress.end = Some(end));
            }
        }
        Ok(true)
    }

    /// Does one piece of a replay and says how far it is; `false` when it is over.
    fn advance(&self, requested: &Requested, pass: &mut Option<Pass>) -> Result<bool, JudgeError> {
        let pass = match pass {
            Some(pass) => pass,
            None => pass.insert(Pass::begin(self, &self.newest(), requested.filter)?),
        };
        let more = pass.step(self)?;
        let (files, files_done) = pass.files();
        let (account, end) = (pass.account().clone(), (!more).then_some(ReplayEnd::Done));
        requested.progress.send_replace(ReplayProgress { account, files_done, files, trouble: None, end });
        Ok(more)
    }

    /// Does one piece of what is to be done for the newest version.
    fn automatic_piece(&mut self) -> Result<AgainStep, JudgeError> {
        let newest = self.newest();
        let version = newest.current().version;
        let revision = newest.segment().revision;
        let is_newer =
            |work: &Work| (work.schemas.current().version, work.schemas.segment().revision) < (version, revision);
        if self.work.as_ref().is_none_or(is_newer) {
            let snapshot = self.events.table.snapshot()?;
            let is_done = |mark: &str, number: u32| snapshot.txn(mark).unwrap_or(0) >= i64::from(number);
            let stage = match (is_done(MARK, version), is_done(MAPPING_MARK, revision)) {
                (false, _) => Stage::Columns,
                (true, false) => Stage::Rounds { only: true },
                (true, true) => Stage::Done,
            };
            self.work = Some(Work { schemas: newest, stage });
        }
        let Some(mut work) = self.work.take() else { return Ok(AgainStep::Idle) };
        let result = self.piece(&work.schemas, &mut work.stage);
        if matches!(work.stage, Stage::Done) {
            self.accounts.done.store(u64::from(version), Ordering::Relaxed);
        }
        self.work = Some(work);
        result
    }

    fn newest(&self) -> Arc<Schemas> {
        Arc::clone(&self.shared.schemas.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn piece(&self, schemas: &Arc<Schemas>, stage: &mut Stage) -> Result<AgainStep, JudgeError> {
        match stage {
            Stage::Columns => {
                let mut columns = Transaction::append(Vec::new()).with_schema(Arc::clone(schemas.events_schema()));
                columns.operation = "ADD COLUMNS".to_owned();
                self.events.table.commit(&columns)?;
                *stage = Stage::Rounds { only: false };
            }
            Stage::Rounds { only } => {
                let (version, revision) = (schemas.current().version, schemas.segment().revision);
                if self.shared.round.is_older_than(version, revision) {
                    return Ok(AgainStep::Waits);
                }
                let pass = Pass::begin(self, schemas, ReplayFilter::default())?;
                *stage = Stage::Quarantine { pass, only: *only };
            }
            Stage::Quarantine { pass, only } => {
                if pass.step(self)? {
                    return Ok(AgainStep::Did);
                }
                if *only {
                    self.mark(self.events.table.snapshot()?.as_ref(), MAPPING_MARK, schemas.segment().revision)?;
                    *stage = Stage::Done;
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
                        self.mark(&snapshot, MAPPING_MARK, schemas.segment().revision)?;
                        self.mark(&snapshot, MARK, schemas.current().version)?;
                        *stage = Stage::Done;
                    }
                }
            }
            Stage::Done => return Ok(AgainStep::Idle),
        }
        Ok(AgainStep::Did)
    }

    /// Notes in the table that everything has been read by `number`; a table without rows needs no note, and nothing
    /// that has no number does.
    fn mark(&self, snapshot: &Snapshot, mark: &'static str, number: u32) -> Result<(), JudgeError> {
        if snapshot.files().is_empty() || number == 0 {
            return Ok(());
        }
        let mut mark = Transaction::append(Vec::new()).with_txn(mark, i64::from(number));
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
