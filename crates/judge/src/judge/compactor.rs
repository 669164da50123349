//! The work behind the rounds, on a thread of its own so that it keeps no event waiting: reading again what older
//! schemas could not read, replays that somebody asked for, compaction, and the removal of files that have been replaced,
//! once nobody may want to read them.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::priority;
use crate::again::{Again, AgainStep};
use crate::error::JudgeError;
use crate::tables::JudgeTable;

/// How often replaced files are looked for; sooner where they stay for less than that.
const VACUUM_INTERVAL: Duration = Duration::from_secs(3600);

/// How long after a failure reading again is tried again.
const RETRY_PAUSE: Duration = Duration::from_secs(2);

/// How long nobody says anything before it is looked whether files have settled, or may be removed.
const IDLE_PAUSE: Duration = Duration::from_secs(60);

/// Works whenever it is nudged, and now and then; ends when it is dropped, after the piece that it is in.
#[derive(Debug)]
pub(super) struct Compactor {
    nudges: Option<SyncSender<()>>,
    stopping: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Compactor {
    /// Replaced files stay for `retention`; `changed` is told when rows may have been added or changed.
    pub(super) fn start(
        tables: [Arc<JudgeTable>; 3],
        again: Again,
        retention: Duration,
        changed: impl Fn() + Send + 'static,
    ) -> io::Result<Self> {
        // One nudge that waits stands for all that came since.
        let (nudges, nudged) = sync_channel(1);
        let stopping = Arc::<AtomicBool>::default();
        let is_stopping = Arc::clone(&stopping);
        let mut work =
            Work { tables, again, retention, changed, is_stopping, waits: false, complained: false, vacuumed: None };
        let thread = std::thread::Builder::new().name("judi-compact".to_owned()).spawn(move || {
            priority::lower_to(priority::COMPACTION);
            work.run(&nudged);
        })?;
        Ok(Self { nudges: Some(nudges), stopping, thread: Some(thread) })
    }

    pub(super) fn nudge(&self) {
        if let Some(nudges) = &self.nudges {
            // Full: one is waiting already.
            let _ = nudges.try_send(());
        }
    }
}

impl Drop for Compactor {
    fn drop(&mut self) {
        self.stopping.store(true, Ordering::Relaxed);
        self.nudges = None;
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the compaction's thread died; the tables are whole, with more files than need be");
        }
    }
}

/// What the thread owns.
struct Work<F> {
    tables: [Arc<JudgeTable>; 3],
    again: Again,
    retention: Duration,
    changed: F,
    is_stopping: Arc<AtomicBool>,
    /// Whether something is to be tried again without a nudge.
    waits: bool,
    /// Whether it has been said that compaction or removal fails.
    complained: bool,
    vacuumed: Option<Instant>,
}

impl<F: Fn()> Work<F> {
    fn run(&mut self, nudged: &Receiver<()>) {
        loop {
            let pause = if self.waits { RETRY_PAUSE } else { IDLE_PAUSE.min(self.vacuum_interval()) };
            match nudged.recv_timeout(pause) {
                Ok(()) | Err(RecvTimeoutError::Timeout) => self.turn(),
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    /// Does what there is to do: pieces of both kinds by turns, so that neither waits for all of the other.
    fn turn(&mut self) {
        let mut reads = true;
        let mut failed = false;
        while !self.is_stopping.load(Ordering::Relaxed) {
            reads = reads && self.read_again();
            let compacted = !failed && self.compact(&mut failed);
            if !reads && !compacted {
                break;
            }
        }
        if self.vacuumed.is_none_or(|at| at.elapsed() >= self.vacuum_interval()) {
            self.vacuumed = Some(Instant::now());
            for table in self.tables.clone() {
                let done = table.table.vacuum(self.retention).map(drop).map_err(Into::into);
                self.note(&table, done, &mut failed);
            }
        }
        self.complained = failed;
    }

    fn vacuum_interval(&self) -> Duration {
        VACUUM_INTERVAL.min(self.retention)
    }

    /// One piece of reading again; whether there may be more.
    fn read_again(&mut self) -> bool {
        let step = self.again.step();
        match &step {
            Ok(AgainStep::Did) => (self.changed)(),
            Ok(_) => {}
            Err(error) if !self.waits => tracing::warn!(%error, "what older schemas could not read waits"),
            Err(_) => {}
        }
        self.waits = matches!(step, Err(_) | Ok(AgainStep::Waits));
        matches!(step, Ok(AgainStep::Did))
    }

    /// One task of each table; whether there may be more.
    fn compact(&mut self, failed: &mut bool) -> bool {
        let mut more = false;
        for table in self.tables.clone() {
            let done = table.compact().map(|compacted| more |= compacted);
            self.note(&table, done, failed);
        }
        more
    }

    fn note(&self, table: &JudgeTable, done: Result<(), JudgeError>, failed: &mut bool) {
        let Err(error) = done else { return };
        if !self.complained && !*failed {
            tracing::warn!(%error, table = table.name, "small or replaced files stay for now");
        } else {
            tracing::debug!(%error, table = table.name, "small or replaced files stay for now");
        }
        *failed = true;
    }
}
