//! The judge's thread: a step, what it came to, and the wait for the next.

use std::sync::Arc;
use std::time::{Duration, Instant};

use judi_log::{Log, Positions};
use judi_world::World;
use tokio::sync::watch;

use super::compactor::Compactor;
use super::{Progress, reached};
use crate::accounts::Accounts;
use crate::core::{JudgeCore, SharedSchemas, Step};
use crate::error::JudgeError;
use crate::options::JudgeOptions;

/// Pauses between tries, doubling from the first to the last.
const RETRY_PAUSE_MIN: Duration = Duration::from_millis(100);
const RETRY_PAUSE_MAX: Duration = Duration::from_secs(5);

/// How often it is looked whether enough events wait to end the gathering early.
const GATHER_POLL: Duration = Duration::from_millis(50);

/// What the thread owns.
#[derive(Debug)]
pub(super) struct Worker {
    world: World,
    log: Arc<dyn Log>,
    changed: watch::Receiver<u64>,
    /// Counts what others than the log want the worker to look at: a publication, a commit beside the rounds.
    nudges: watch::Sender<u64>,
    nudged: watch::Receiver<u64>,
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
    /// A thread's belongings, nothing opened yet. `shared` are schemas and accounts, which the handle has, too.
    pub(super) fn new(
        world: &World,
        log: Arc<dyn Log>,
        shared: (SharedSchemas, Arc<Accounts>, watch::Sender<u64>),
        options: JudgeOptions,
        progress: watch::Sender<Progress>,
        stopped: watch::Receiver<bool>,
    ) -> Result<Self, JudgeError> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().map_err(JudgeError::Start)?;
        Ok(Self {
            world: world.clone(),
            changed: log.changed(),
            log,
            schemas: shared.0,
            accounts: shared.1,
            nudged: shared.2.subscribe(),
            nudges: shared.2,
            options,
            core: None,
            compactor: None,
            runtime,
            progress,
            stopped,
            trouble: Trouble::None,
            pause: RETRY_PAUSE_MIN,
            judged_at: None,
        })
    }

    pub(super) fn run(mut self) {
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
        self.accounts.replays().close();
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
        if self.nudged.has_changed().unwrap_or(false) {
            self.nudged.borrow_and_update();
            self.look_behind();
        }
        let Some(core) = self.core.as_mut() else { return Ok(true) };
        let step = core.step()?;
        let positions = core.positions();
        self.recovered();
        if let Step::Judged(_) = step {
            self.judged_at = Some(Instant::now());
            self.progress.send_modify(|progress| progress.positions = positions);
            self.look_behind();
        }
        self.gather()?;
        Ok(true)
    }

    pub(super) fn open(&mut self) -> Result<(), JudgeError> {
        if self.core.is_none() {
            let (log, schemas) = (Arc::clone(&self.log), Arc::clone(&self.schemas));
            let accounts = Arc::clone(&self.accounts);
            let core = JudgeCore::open_shared(&self.world, log, schemas, self.options.clone(), accounts)?;
            let positions = core.positions();
            self.progress.send_modify(|progress| progress.positions = positions);
            let nudges = self.nudges.clone();
            let changed = move || nudges.send_modify(|count| *count += 1);
            let again = core.again(self.accounts.again());
            let retention = self.options.replaced_files_retention;
            let compactor = Compactor::start(core.tables(), again, retention, changed).map_err(JudgeError::Start)?;
            // What was published since the last start.
            compactor.nudge();
            self.compactor = Some(compactor);
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

    /// Waits for the log to change; `true` when something else wants a step.
    fn wait_for_events(&mut self) -> bool {
        let (changed, stopped, interval) = (&mut self.changed, &mut self.stopped, self.options.persist_interval);
        let nudged = &mut self.nudged;
        let (wants_step, is_nudged) = self.runtime.block_on(async {
            tokio::select! {
                _ = tokio::time::sleep(interval) => (true, false),
                () = next_change(changed) => (false, false),
                () = next_change(nudged) => (true, true),
                _ = stopped.wait_for(|stopped| *stopped) => (false, false),
            }
        });
        if is_nudged {
            self.look_behind();
        }
        wants_step
    }

    /// Has the thread behind the rounds look for work.
    fn look_behind(&self) {
        if let Some(compactor) = &self.compactor {
            compactor.nudge();
        }
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
    pub(super) fn will_try_again(&mut self, error: &JudgeError) -> bool {
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

/// Resolves when records became durable, or somebody has nudged; never, once the log is closed.
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
