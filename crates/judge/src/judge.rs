//! The judge as a service: a thread that takes steps as events come, one that compacts behind it, and a handle.
//!
//! | the step says | the thread |
//! |---|---|
//! | judged | publishes how far the tables are, gathers events for a moment, goes on |
//! | idle | waits for the log |
//! | the disk is full, or fails | says so once, tries again with growing pauses, says when it goes on |
//! | an error that waiting does not help | says so and ends; everything is still in the log |

mod compactor;
mod priority;
mod worker;

use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::thread::JoinHandle;

use judi_log::{Log, Positions};
use judi_schema::schemas::Schemas;
use judi_world::World;
use thiserror::Error;
use tokio::sync::watch;

use crate::accounts::{Accounts, JudgeStats};
use crate::again::{ReplayFilter, ReplayProgress, ReplayRefused};
use crate::core::SharedSchemas;
use crate::error::JudgeError;
use crate::options::JudgeOptions;
use crate::tally::Tally;
use worker::Worker;

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
    nudges: watch::Sender<u64>,
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
        let (progress_sender, progress) = watch::channel(Progress::default());
        let (stop, stopped) = watch::channel(false);
        let (nudges, _) = watch::channel(0);
        let shared = (Arc::clone(&schemas), Arc::clone(&accounts), nudges.clone());
        let mut worker = Worker::new(world, log, shared, options, progress_sender, stopped)?;
        if let Err(error) = worker.open()
            && !worker.will_try_again(&error)
        {
            return Err(error);
        }
        let thread = std::thread::Builder::new()
            .name("judi-judge".to_owned())
            .spawn(move || {
                priority::lower_to(priority::JUDGE);
                worker.run();
            })
            .map_err(JudgeError::Start)?;
        Ok(JudgeHandle { progress, accounts, schemas, nudges, stop, thread: Mutex::new(Some(thread)) })
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

    /// Resolves, with the reason, when the judge can do no more in this process. Waiting for room on a disk is no end.
    pub fn ended(&self) -> impl Future<Output = String> + Send + use<> {
        let mut progress = self.progress.clone();
        async move {
            match progress.wait_for(|progress| progress.ended.is_some()).await {
                Ok(progress) => progress.ended.clone().unwrap_or_default(),
                Err(_) => "its thread died".to_owned(),
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

    /// Judges by `schemas` from the next round on, and reads again what older ones could not read. To be called before
    /// records of a newer version are appended.
    pub fn publish(&self, schemas: Arc<Schemas>) {
        *self.schemas.write().unwrap_or_else(PoisonError::into_inner) = schemas;
        self.nudges.send_modify(|count| *count += 1);
    }

    /// Has rows of `quarantine` judged again by the newest schema, beside the rounds; what is handed out tells how far it
    /// is, and closes without an end when the judge is stopped before. Nobody need listen: it is done all the same.
    ///
    /// # Errors
    /// [`ReplayRefused`] when many are waiting, or the judge has ended.
    pub fn replay(&self, filter: ReplayFilter) -> Result<watch::Receiver<ReplayProgress>, ReplayRefused> {
        let handed_out = self.accounts.replays().ask(filter)?;
        self.nudges.send_modify(|count| *count += 1);
        Ok(handed_out)
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

/// Whether every one of the wanted positions is behind.
fn reached(positions: &Positions, wanted: &Positions) -> bool {
    wanted.iter().all(|(place, next)| positions.get(place).copied().unwrap_or(0) >= *next)
}
