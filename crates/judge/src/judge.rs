//! The judge as a service: a thread that takes steps as events come, one that compacts behind it, and a handle.
//!
//! | the step says | the thread |
//! |---|---|
//! | judged | publishes how far the tables are, gathers events for a moment, goes on |
//! | idle | waits for the log |
//! | the disk is full, or fails | says so once, tries again with growing pauses, says when it goes on |
//! | an error that waiting does not help | says so and ends; everything is still in the log |

mod compactor;

use std::future::Future;
use std::io;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use judi_log::{Log, Positions};
use judi_schema::schemas::Schemas;
use judi_world::World;
use thiserror::Error;
use tokio::sync::watch;

use crate::core::{Accounts, JudgeCore, JudgeOptions, JudgeStats, SharedSchemas, Step};
use crate::error::JudgeError;
use crate::tally::Tally;
use compactor::Compactor;

/// Pauses between tries, doubling from the first to the last.
const RETRY_PAUSE_MIN: Duration = Duration::from_millis(100);
const RETRY_PAUSE_MAX: Duration = Duration::from_secs(5);

/// How often it is looked whether enough events wait to end the gathering early.
const GATHER_POLL: Duration = Duration::from_millis(50);

/// Starts the judge.
#[derive(Debug)]
pub struct Judge;

/// The judge has ended before what was waited for was in the tables.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("the judge has ended: {reason}")]
pub struct JudgeEnded {
    /// Why.
    pub reason: String,
}

/// How far the tables are, as the thread last said.
#[derive(Debug, Clone, Default)]
struct Progress {
    positions: Positions,
    /// What is waited for.
    trouble: Option<String>,
    /// Why there will be no more progress.
    ended: Option<String>,
}

/// A running judge. Dropping it stops it, too.
#[derive(Debug)]
pub struct JudgeHandle {
    progress: watch::Receiver<Progress>,
    accounts: Arc<Accounts>,
    schemas: SharedSchemas,
    stop: watch::Sender<bool>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Judge {
    /// Starts judging what is and what will be in `log`. A disk that is full or fails for the moment does not keep
    /// the judge from being started; it begins when it can.
    ///
    /// # Errors
    /// [`JudgeError`] that waiting does not help: another judge, a log that does not fit the tables, a table that
    /// cannot be read.
    pub fn start(
        world: &World,
        log: Arc<dyn Log>,
        schemas: Arc<Schemas>,
        options: JudgeOptions,
    ) -> Result<JudgeHandle, JudgeError> {
        let schemas: SharedSchemas = Arc::new(RwLock::new(schemas));
        let accounts = Arc::<Accounts>::default();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().map_err(JudgeError::Start)?;
        let (progress_sender, progress) = watch::channel(Progress::default());
        let (stop, stopped) = watch::channel(false);
        let mut worker = Worker {
            world: world.clone(),
            changed: log.changed(),
            log,
            schemas: Arc::clone(&schemas),
            accounts: Arc::clone(&accounts),
            options,
            core: None,
            compactor: None,
            runtime,
            progress: progress_sender,
            stopped,
            trouble: Trouble::None,
            pause: RETRY_PAUSE_MIN,
            judged_at: None,
        };
        if let Err(error) = worker.open()
            && !worker.will_try_again(&error)
        {
            return Err(error);
        }
        let thread = std::thread::Builder::new()
            .name("judi-judge".to_owned())
            .spawn(move || worker.run())
            .map_err(JudgeError::Start)?;
        Ok(JudgeHandle { progress, accounts, schemas, stop, thread: Mutex::new(Some(thread)) })
    }
}

impl JudgeHandle {
    /// Resolves when every record below `positions` has been judged and what it became is durably in a table.
    ///
    /// # Errors
    /// [`JudgeEnded`] when that will not come to be in this process.
    pub fn wait_until(&self, positions: &Positions) -> impl Future<Output = Result<(), JudgeEnded>> + Send + use<> {
        let mut progress = self.progress.clone();
        let wanted = positions.clone();
        async move {
            let is_there = |progress: &Progress| reached(&progress.positions, &wanted);
            let seen = progress.wait_for(|progress| is_there(progress) || progress.ended.is_some()).await;
            match seen {
                Ok(progress) if is_there(&progress) => Ok(()),
                Ok(progress) => Err(JudgeEnded { reason: progress.ended.clone().unwrap_or_default() }),
                Err(_) => Err(JudgeEnded { reason: "its thread died".to_owned() }),
            }
        }
    }

    /// Up to where the tables hold everything: the next offset of each partition.
    #[must_use]
    pub fn positions(&self) -> Positions {
        self.progress.borrow().positions.clone()
    }

    /// What became of the records of one import since the judge was started, as far as they are in the tables.
    #[must_use]
    pub fn tally(&self, import_run: &str) -> Tally {
        self.accounts.tally(import_run)
    }

    /// How much has been done since the judge was started, and what it waits for.
    #[must_use]
    pub fn stats(&self) -> JudgeStats {
        let progress = self.progress.borrow();
        let trouble = progress.ended.clone().or_else(|| progress.trouble.clone());
        JudgeStats { trouble, ..self.accounts.stats() }
    }

    /// Judges by `schemas` from the next round on. To be called before records of a newer version are appended.
    pub fn publish(&self, schemas: Arc<Schemas>) {
        *self.schemas.write().unwrap_or_else(PoisonError::into_inner) = schemas;
    }

    /// Judges what is in the log at this moment, persists the dedup index and ends; blocks until then. When the
    /// disk does not allow it, ends all the same: the next judge goes on.
    pub fn stop(&self) {
        self.stop.send_replace(true);
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if thread.is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the judge's thread died; what it had not judged is in the log");
        }
    }
}

impl Drop for JudgeHandle {
    fn drop(&mut self) {
        self.stop();
    }
}

/// What the thread owns.
#[derive(Debug)]
struct Worker {
    world: World,
    log: Arc<dyn Log>,
    changed: watch::Receiver<u64>,
    schemas: SharedSchemas,
    accounts: Arc<Accounts>,
    options: JudgeOptions,
    core: Option<JudgeCore>,
    compactor: Option<Compactor>,
    runtime: tokio::runtime::Runtime,
    progress: watch::Sender<Progress>,
    stopped: watch::Receiver<bool>,
    trouble: Trouble,
    pause: Duration,
    judged_at: Option<Instant>,
}

/// What was last complained about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Trouble {
    None,
    NoSpace,
    Disk,
}

impl Worker {
    fn run(mut self) {
        let ended = loop {
            match self.turn() {
                Ok(true) => {}
                Ok(false) => break "it was stopped".to_owned(),
                Err(error) if !self.will_try_again(&error) => {
                    tracing::error!(%error, "the judge ends; what it has not judged is in the log");
                    break error.to_string();
                }
                Err(error) if *self.stopped.borrow() => {
                    tracing::warn!(%error, "the judge stops early; it goes on at the next start");
                    break "it was stopped".to_owned();
                }
                Err(_) => self.wait_to_retry(),
            }
        };
        self.compactor = None;
        self.core = None;
        self.progress.send_modify(|progress| progress.ended = Some(ended));
    }

    /// One step and the wait for the next; `false` when it was the last.
    fn turn(&mut self) -> Result<bool, JudgeError> {
        self.open()?;
        let Some(core) = self.core.as_mut() else { return Ok(true) };
        if *self.stopped.borrow() {
            return drain(core, self.log.as_ref()).map(|()| false);
        }
        self.changed.borrow_and_update();
        let step = core.step()?;
        let positions = core.positions();
        self.recovered();
        if let Step::Judged(_) = step {
            self.judged_at = Some(Instant::now());
            self.progress.send_modify(|progress| progress.positions = positions);
            if let Some(compactor) = &self.compactor {
                compactor.nudge();
            }
        }
        self.gather()?;
        Ok(true)
    }

    fn open(&mut self) -> Result<(), JudgeError> {
        if self.core.is_none() {
            let (log, schemas) = (Arc::clone(&self.log), Arc::clone(&self.schemas));
            let accounts = Arc::clone(&self.accounts);
            let core = JudgeCore::open_shared(&self.world, log, schemas, self.options.clone(), accounts)?;
            let positions = core.positions();
            self.progress.send_modify(|progress| progress.positions = positions);
            self.compactor = Some(Compactor::start(core.tables()).map_err(JudgeError::Start)?);
            self.core = Some(core);
        }
        Ok(())
    }

    /// Waits until there is enough to do, or long enough was waited for what there is.
    fn gather(&mut self) -> Result<(), JudgeError> {
        while !*self.stopped.borrow() {
            let Some(core) = self.core.as_mut() else { return Ok(()) };
            let backlog = core.backlog()?;
            let waited = self.judged_at.map_or(Duration::MAX, |at| at.elapsed());
            let left = self.options.commit_interval.saturating_sub(waited);
            if backlog >= self.options.commit_records || (backlog > 0 && left.is_zero()) {
                return Ok(());
            }
            if backlog > 0 {
                self.sleep(left.min(GATHER_POLL));
                continue;
            }
            if self.wait_for_events() {
                // The step that follows persists what is due.
                return Ok(());
            }
        }
        Ok(())
    }

    /// Waits for the log to change; `true` when nothing came for a persist interval.
    fn wait_for_events(&mut self) -> bool {
        let (changed, stopped, interval) = (&mut self.changed, &mut self.stopped, self.options.persist_interval);
        self.runtime.block_on(async {
            tokio::select! {
                _ = tokio::time::sleep(interval) => true,
                () = next_change(changed) => false,
                _ = stopped.wait_for(|stopped| *stopped) => false,
            }
        })
    }

    fn sleep(&mut self, duration: Duration) {
        let stopped = &mut self.stopped;
        self.runtime.block_on(async {
            tokio::select! {
                () = tokio::time::sleep(duration) => {}
                _ = stopped.wait_for(|stopped| *stopped) => {}
            }
        });
    }

    fn wait_to_retry(&mut self) {
        let pause = self.pause;
        self.pause = (pause * 2).min(RETRY_PAUSE_MAX);
        self.sleep(pause);
    }

    /// Says what is wrong, when it has not been said yet; `false` when trying again is of no use.
    fn will_try_again(&mut self, error: &JudgeError) -> bool {
        if !error.is_retryable() {
            return false;
        }
        let now = if error.is_no_space() { Trouble::NoSpace } else { Trouble::Disk };
        if self.trouble != now {
            self.trouble = now;
            let text = error.to_string();
            tracing::warn!(%error, "the judge waits; events stay in the log until it goes on");
            self.progress.send_modify(|progress| progress.trouble = Some(text));
        }
        true
    }

    fn recovered(&mut self) {
        self.pause = RETRY_PAUSE_MIN;
        if self.trouble != Trouble::None {
            self.trouble = Trouble::None;
            tracing::info!("the judge goes on");
            self.progress.send_modify(|progress| progress.trouble = None);
        }
    }
}

/// Resolves when records became durable; never, once the log is closed.
async fn next_change(changed: &mut watch::Receiver<u64>) {
    if changed.changed().await.is_err() {
        std::future::pending::<()>().await;
    }
}

/// Judges what is in the log now, and leaves the index so that the next judge starts at once.
fn drain(core: &mut JudgeCore, log: &dyn Log) -> Result<(), JudgeError> {
    let mut wanted = Positions::new();
    for (topic, partition) in core.partitions() {
        wanted.insert((topic, partition), log.bounds(topic, partition)?.end);
    }
    while !reached(&core.positions(), &wanted) {
        if core.step()? == Step::Idle {
            break;
        }
    }
    core.persist()
}

fn reached(positions: &Positions, wanted: &Positions) -> bool {
    wanted.iter().all(|(place, next)| positions.get(place).copied().unwrap_or(0) >= *next)
}

/// Threads that the judge starts get the same treatment: a name, and an error instead of a panic.
fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> io::Result<JoinHandle<()>> {
    std::thread::Builder::new().name(name.to_owned()).spawn(work)
}
