//! One judge, one step at a time: what production's threads and the simulator both drive.
//!
//! ```text
//!   log ──fetch──► slices ──facts──► ids ──dedup──► fresh ──clocks──► times ──round──► rows ──► quarantine, events,
//!                                                                                              _judi.commits
//!                                                                                                   │
//!                                           dedup index, clocks and group positions ◄── now and then
//! ```

mod recover;

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use judi_log::{Log, LogId, Positions, Topic};
use judi_schema::schemas::Schemas;
use judi_world::{FileLock, World};
use tokio::sync::watch;

use crate::accounts::{Accounts, JudgeStats};
use crate::again::{
    Again, AgainAccounts, AgainShared, AgainStats, AgainStep, ReplayFilter, ReplayProgress, ReplayRefused,
    RoundUnderWay,
};
use crate::clocks::Clocks;
use crate::commits;
use crate::dedup::{DedupError, DedupIndex, Probe};
use crate::error::JudgeError;
use crate::facts::{self, Facts, Slice};
use crate::invariants;
use crate::options::JudgeOptions;
use crate::round::{self, Judged, Totals};
use crate::tables::{Append, JudgeTable, Tables, Txns};
use crate::tally::Tally;

/// The consumer group whose positions keep retention from what the index would need again.
pub const GROUP: &str = "judge";

/// Bytes asked of a partition at a time, so that the budget of a round is shared out fairly.
const FETCH_BYTES: usize = 1 << 20;
/// What a record costs in memory beside its bytes.
const RECORD_OVERHEAD_BYTES: usize = 128;

/// Entries by which the dedup index's merges go on for every record that was judged: more than an id is ever rewritten, so
/// that they never fall behind, and few enough that no round waits long.
const MERGE_ENTRIES_PER_RECORD: u64 = 12;

/// What a step did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Everything in the log has been judged.
    Idle,
    /// These records are now durably in the tables.
    Judged(Totals),
}

/// The schemas that records are judged by; a newer set may take their place between two rounds.
pub(crate) type SharedSchemas = Arc<RwLock<Arc<Schemas>>>;

/// A round whose verdicts stand and whose rows are on their way.
#[derive(Debug)]
struct Pending {
    quarantine: Option<Append>,
    events: Option<Append>,
    through: Positions,
    totals: Totals,
    tallies: Vec<(String, Tally)>,
}

/// See the [module](self).
#[derive(Debug)]
pub struct JudgeCore {
    world: World,
    log: Arc<dyn Log>,
    log_id: LogId,
    schemas: SharedSchemas,
    round: Arc<RoundUnderWay>,
    options: JudgeOptions,
    tables: Tables,
    accounts: Arc<Accounts>,
    /// What is remembered between rounds; `None` when it has to be made again from the disk.
    memory: Option<Memory>,
    /// Whether the index on disk has turned out to be damaged where opening it does not look.
    index_damaged: bool,
    /// Whether `_judi.commits` may lack commits.
    counts_behind: bool,
    counted: Option<i64>,
    _lock: Box<dyn FileLock>,
}

#[derive(Debug)]
struct Memory {
    index: DedupIndex,
    /// Of the records below `judged` and the pending ones, as the index.
    clocks: Clocks,
    /// Up to where the tables hold everything.
    judged: Positions,
    /// What the tables say of that, as this judge knows it.
    quarantine_txns: Txns,
    events_txns: Txns,
    pending: Option<Pending>,
    records_since_persist: u64,
    persisted_at: Duration,
    /// By how many entries the index's merges are to go on.
    merge_entries: u64,
}

impl JudgeCore {
    /// Opens the tables and goes on where the last judge stopped, at whatever moment that was.
    ///
    /// # Errors
    /// [`JudgeError::Locked`] when another judge works here; [`JudgeError::LogBehind`] when log and tables do not
    /// fit; else what table, log or disk say.
    pub fn open(
        world: &World,
        log: Arc<dyn Log>,
        schemas: Arc<Schemas>,
        options: JudgeOptions,
    ) -> Result<Self, JudgeError> {
        Self::open_shared(world, log, Arc::new(RwLock::new(schemas)), options, Arc::default())
    }

    /// [`JudgeCore::open`] with schemas and accounts that others hold, too.
    pub(crate) fn open_shared(
        world: &World,
        log: Arc<dyn Log>,
        schemas: SharedSchemas,
        options: JudgeOptions,
        accounts: Arc<Accounts>,
    ) -> Result<Self, JudgeError> {
        world.disk.create_dir_all(&options.state_dir).map_err(JudgeError::io("create", &options.state_dir))?;
        let path = options.state_dir.join("judge.lock");
        let lock = world.disk.try_lock(&path).map_err(JudgeError::io("lock", &path))?;
        let lock = lock.ok_or(JudgeError::Locked { path })?;
        let current = Arc::clone(&schemas.read().unwrap_or_else(PoisonError::into_inner));
        let tables = Tables::open(world, &options, &current)?;
        let mut core = Self {
            world: world.clone(),
            log_id: log.id(),
            log,
            schemas,
            round: Arc::default(),
            options,
            tables,
            accounts,
            memory: None,
            index_damaged: false,
            counts_behind: true,
            counted: None,
            _lock: lock,
        };
        core.recovering(Self::remember)?;
        Ok(core)
    }

    /// One round: judges what has come, up to the round's bounds, and makes it durable. After an error the next call
    /// goes on where this one stopped; nothing is lost or added twice, whatever the error.
    ///
    /// # Errors
    /// [`JudgeError`]; see [`JudgeError::is_retryable`].
    pub fn step(&mut self) -> Result<Step, JudgeError> {
        self.recovering(Self::try_step)
    }

    /// Does `work`; when it finds that memory does not fit the disk, makes memory again and does it once more.
    fn recovering<T>(&mut self, work: impl Fn(&mut Self) -> Result<T, JudgeError>) -> Result<T, JudgeError> {
        match work(self) {
            Err(error) if error.wants_recovery() => {
                tracing::warn!(%error, "the judge starts over from what is on disk");
                self.index_damaged |= matches!(error, JudgeError::Dedup(DedupError::Corrupt { .. }));
                self.memory = None;
                work(self)
            }
            done => done,
        }
    }

    fn try_step(&mut self) -> Result<Step, JudgeError> {
        self.remember()?;
        // Another thread may have committed what it read again.
        self.counts_behind |= self.counted.is_some_and(|counted| counted < self.tables.events.table.known_version());
        self.count_commits()?;
        if self.persist_is_due() {
            self.try_persist()?;
        }
        if let Some(memory) = self.memory.as_mut().filter(|memory| memory.merge_entries > 0) {
            memory.index.merge(std::mem::take(&mut memory.merge_entries))?;
        }
        if !self.is_pending() && !self.prepare()? {
            return Ok(Step::Idle);
        }
        let totals = self.finish()?;
        self.count_commits()?;
        Ok(Step::Judged(totals))
    }

    /// Makes the dedup index durable and tells the log what it may forget.
    ///
    /// # Errors
    /// As [`JudgeCore::step`]; nothing depends on its success but how much is read again after a crash.
    pub fn persist(&mut self) -> Result<(), JudgeError> {
        self.recovering(Self::try_persist)
    }

    fn try_persist(&mut self) -> Result<(), JudgeError> {
        let now = self.world.clock.monotonic();
        let Some(memory) = self.memory.as_mut() else { return Ok(()) };
        if memory.pending.is_some() {
            // Its ids are in the index and its rows are not in the tables.
            return Ok(());
        }
        memory.index.persist_with(self.log_id.as_str(), &memory.judged, &memory.clocks.encode())?;
        debug_assert_eq!(invariants::index_is_behind(memory.index.positions(), &memory.judged), Ok(()));
        memory.records_since_persist = 0;
        memory.persisted_at = now;
        self.log.commit(GROUP, memory.index.positions())?;
        self.accounts.note_dedup(memory.index.stats());
        Ok(())
    }

    /// Rewrites small files of the tables into larger ones, one task a call; `false` when there is nothing to do.
    ///
    /// # Errors
    /// The table's; it is then as before.
    pub fn compact(&self) -> Result<bool, JudgeError> {
        for table in self.tables.all() {
            if table.compact()? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Up to where the tables hold everything: the next offset of each partition.
    #[must_use]
    pub fn positions(&self) -> Positions {
        self.memory.as_ref().map(|memory| memory.judged.clone()).unwrap_or_default()
    }

    /// What became of the records of one import since the judge was started.
    #[must_use]
    pub fn tally(&self, import_run: &str) -> Tally {
        self.accounts.tally(import_run)
    }

    /// How much has been done since the judge was started.
    #[must_use]
    pub fn stats(&self) -> JudgeStats {
        self.accounts.stats()
    }

    /// Judges by `schemas` from the next round on. To be called before records of a newer version are appended.
    pub fn publish(&self, schemas: Arc<Schemas>) {
        *self.schemas.write().unwrap_or_else(PoisonError::into_inner) = schemas;
    }

    /// Records in the log that have not been judged.
    pub(crate) fn backlog(&self) -> Result<u64, JudgeError> {
        let mut records = 0;
        for (topic, partition) in self.partitions() {
            let end = self.log.bounds(topic, partition)?.end;
            records += end.saturating_sub(self.judged(topic, partition));
        }
        Ok(records)
    }

    /// The work behind the rounds, piece by piece: what older schemas could not read, and replays that were asked for. In
    /// production a thread does it; there may be one at a time.
    #[must_use]
    pub fn behind(&self) -> Again {
        self.again(self.accounts.again())
    }

    pub(crate) fn again(&self, accounts: &Arc<AgainAccounts>) -> Again {
        let tables = (Arc::clone(&self.tables.events), Arc::clone(&self.tables.quarantine));
        let (schemas, round) = (Arc::clone(&self.schemas), Arc::clone(&self.round));
        let shared = AgainShared { schemas, round, requests: Arc::clone(self.accounts.replays()) };
        Again::new(&self.world, shared, tables, Arc::clone(accounts)).with_clocks(self.options.clocks.clone())
    }

    /// Has rows of `quarantine` judged again by the newest schema; [`JudgeCore::behind`] does it.
    ///
    /// # Errors
    /// [`ReplayRefused`] when many are waiting, or the judge has ended.
    pub fn replay(&self, filter: ReplayFilter) -> Result<watch::Receiver<ReplayProgress>, ReplayRefused> {
        self.accounts.replays().ask(filter)
    }

    /// Reads by the newest schema what older ones could not, until nothing is left of it that can be done now. In
    /// production that is done beside the rounds; this is for whoever drives steps by hand.
    ///
    /// # Errors
    /// What tables or disk say; the same call goes on from there.
    pub fn read_again(&mut self) -> Result<AgainStats, JudgeError> {
        let accounts = Arc::<AgainAccounts>::default();
        let mut again = self.again(&accounts);
        while again.step()? == AgainStep::Did {}
        self.counts_behind = true;
        self.count_commits()?;
        Ok(accounts.stats())
    }

    pub(crate) fn tables(&self) -> [Arc<JudgeTable>; 3] {
        self.tables.all().map(Arc::clone)
    }

    /// Every partition of both topics: of each partition, first what its collector refused.
    pub(crate) fn partitions(&self) -> impl Iterator<Item = (Topic, u32)> + use<> {
        (0..self.log.partitions()).flat_map(|p| [(Topic::Quarantine, p), (Topic::Events, p)])
    }

    fn judged(&self, topic: Topic, partition: u32) -> u64 {
        let judged = self.memory.as_ref().map(|memory| &memory.judged);
        judged.and_then(|judged| judged.get(&(topic, partition)).copied()).unwrap_or(0)
    }

    fn is_pending(&self) -> bool {
        self.memory.as_ref().is_some_and(|memory| memory.pending.is_some())
    }

    fn persist_is_due(&self) -> bool {
        let Some(memory) = &self.memory else { return false };
        let waited = self.world.clock.monotonic().saturating_sub(memory.persisted_at);
        memory.index.is_full()
            || memory.records_since_persist >= self.options.persist_records
            || (memory.records_since_persist > 0 && waited >= self.options.persist_interval)
    }

    /// Reads and judges a round; `false` when there is nothing to judge.
    fn prepare(&mut self) -> Result<bool, JudgeError> {
        let slices = self.gather()?;
        let records: Vec<Facts<'_>> = slices.iter().flat_map(slice_facts).collect();
        if records.is_empty() {
            self.round.is_over();
            return Ok(false);
        }
        let Some(memory) = self.memory.as_mut() else { return Ok(false) };
        let probes: Vec<Probe> = records.iter().map(|facts| facts.probe).collect();
        let schemas = {
            let newest = self.schemas.read().unwrap_or_else(PoisonError::into_inner);
            self.round.begins(newest.current().version, newest.segment().revision);
            Arc::clone(&newest)
        };
        let fresh = memory.index.check_and_insert(&probes)?;
        let times = facts::times(&records, &mut memory.clocks);
        let judged = match round::judge(&records, &fresh, &times, &schemas) {
            Ok(judged) => judged,
            Err(error) => {
                // Index and clocks know records now whose rows will never come.
                self.memory = None;
                return Err(error.into());
            }
        };
        let mut through = memory.judged.clone();
        for slice in &slices {
            let next = through.entry((slice.topic, slice.partition)).or_default();
            *next = slice.records.last().map_or(*next, |record| record.offset + 1);
        }
        let Judged { events, quarantine, counts, totals, tallies } = judged;
        let (log, quarantine_schema) = (&self.log_id, Schemas::quarantine_schema());
        // Where rows go to `quarantine`, `events` says so too: another judge, which would take them for rows, is refused.
        let is_marked = !quarantine.is_empty();
        let events_schema = Arc::clone(schemas.events_schema());
        memory.pending = Some(Pending {
            quarantine: Append::new(quarantine, quarantine_schema, &memory.quarantine_txns, log, &through, false),
            events: Append::new(events, events_schema, &memory.events_txns, log, &through, is_marked)
                .map(|append| commits::with_counts(append, &counts)),
            through,
            totals,
            tallies: tallies.into_iter().collect(),
        });
        Ok(true)
    }

    /// Makes the pending round durable; what [`crate::recovery`] says depends on the order.
    fn finish(&mut self) -> Result<Totals, JudgeError> {
        let Some(memory) = self.memory.as_mut() else { return Ok(Totals::default()) };
        let Some(pending) = memory.pending.as_mut() else { return Ok(Totals::default()) };
        if let Some(append) = &mut pending.quarantine {
            append.apply(&self.tables.quarantine)?;
            memory.quarantine_txns.extend(append.txns());
        }
        if let Some(append) = &mut pending.events {
            append.apply(&self.tables.events)?;
            memory.events_txns.extend(append.txns());
            self.counts_behind = true;
        }
        let Some(Pending { through, totals, tallies, .. }) = memory.pending.take() else {
            return Ok(Totals::default());
        };
        self.round.is_over();
        debug_assert_eq!(invariants::positions_only_grow(&memory.judged, &through), Ok(()));
        memory.judged = through;
        memory.records_since_persist += totals.records();
        memory.merge_entries += totals.records() * MERGE_ENTRIES_PER_RECORD;
        self.accounts.add_round(totals, &tallies, memory.index.stats());
        Ok(totals)
    }

    fn count_commits(&mut self) -> Result<(), JudgeError> {
        if self.counts_behind {
            commits::catch_up(&self.tables, &mut self.counted)?;
            self.counts_behind = false;
        }
        Ok(())
    }

    /// Records from all partitions in turn, until the round is full or the log has no more.
    fn gather(&self) -> Result<Vec<Slice>, JudgeError> {
        let mut slices: Vec<(Slice, u64, bool)> = self
            .partitions()
            .map(|(topic, partition)| {
                let slice = Slice { topic, partition, records: Vec::new() };
                (slice, self.judged(topic, partition), false)
            })
            .collect();
        let mut bytes = 0;
        while bytes < self.options.round_bytes_max && slices.iter().any(|(_, _, at_end)| !at_end) {
            for (slice, next, at_end) in slices.iter_mut().filter(|(_, _, at_end)| !at_end) {
                let room = self.options.round_bytes_max.saturating_sub(bytes).min(FETCH_BYTES);
                if room == 0 {
                    break;
                }
                let fetched = self.log.fetch(slice.topic, slice.partition, *next, room)?;
                *next = fetched.next;
                *at_end = fetched.next >= fetched.end || fetched.records.is_empty();
                let sizes = fetched.records.iter().map(|fetched| &fetched.record);
                bytes += sizes.map(|r| r.key.len() + r.value.len() + RECORD_OVERHEAD_BYTES).sum::<usize>();
                slice.records.extend(fetched.records);
            }
        }
        Ok(slices.into_iter().map(|(slice, ..)| slice).filter(|slice| !slice.records.is_empty()).collect())
    }
}

fn slice_facts(slice: &Slice) -> impl Iterator<Item = Facts<'_>> {
    slice.records.iter().map(|record| facts::facts(slice.topic, slice.partition, record))
}
