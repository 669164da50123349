//! The work behind the rounds, on a thread of its own so that it keeps no event waiting: reading again what older
//! schemas could not read, compaction, and the removal of files that have been replaced, once nobody may want to read
//! them.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::again::Again;
use crate::tables::JudgeTable;

/// How often replaced files are looked for.
const VACUUM_INTERVAL: Duration = Duration::from_secs(3600);
/// How long replaced files stay, for readers of older versions.
const VACUUM_RETENTION: Duration = Duration::from_secs(7 * 86_400);

/// How long after a failure reading again is tried again.
const RETRY_PAUSE: Duration = Duration::from_secs(2);

/// Compacts tables whenever it is nudged; ends when it is dropped, after the piece that it is in.
#[derive(Debug)]
pub(super) struct Compactor {
    nudges: Option<SyncSender<()>>,
    stopping: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Compactor {
    /// `again` is done before anything is compacted; `changed` is told when it may have changed a table.
    pub(super) fn start(
        tables: [Arc<JudgeTable>; 3],
        mut again: Again,
        changed: impl Fn() + Send + 'static,
    ) -> io::Result<Self> {
        // One nudge that waits stands for all that came since.
        let (nudges, nudged) = sync_channel(1);
        let stopping = Arc::<AtomicBool>::default();
        let is_stopping = Arc::clone(&stopping);
        let work = move || run(&tables, &mut again, &changed, &nudged, &is_stopping);
        let thread = std::thread::Builder::new().name("judi-compact".to_owned()).spawn(work)?;
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

fn run(
    tables: &[Arc<JudgeTable>],
    again: &mut Again,
    changed: &impl Fn(),
    nudged: &Receiver<()>,
    stopping: &AtomicBool,
) {
    let mut complained = false;
    let mut reads_again = Trial::default();
    let mut vacuumed: Option<Instant> = None;
    while let Some(nudge) = next_nudge(nudged, reads_again.is_waiting) {
        reads_again.run(again, changed, stopping);
        if !nudge {
            continue;
        }
        let vacuum = vacuumed.is_none_or(|at| at.elapsed() >= VACUUM_INTERVAL);
        if vacuum {
            vacuumed = Some(Instant::now());
        }
        let mut failed = false;
        for table in tables {
            // There may be more to compact; the next nudge comes with the next commit.
            let mut done = table.compact().map(drop);
            if vacuum && done.is_ok() {
                done = table.table.vacuum(VACUUM_RETENTION).map(drop).map_err(Into::into);
            }
            let Err(error) = done else { continue };
            failed = true;
            if complained {
                tracing::debug!(%error, table = table.name, "no compaction");
            } else {
                tracing::warn!(%error, table = table.name, "small files stay for now");
            }
        }
        complained = failed;
    }
}

/// Waits for a nudge, or, where something is to be tried again, for a moment; `None` at the end.
fn next_nudge(nudged: &Receiver<()>, is_waiting: bool) -> Option<bool> {
    if !is_waiting {
        return nudged.recv().is_ok().then_some(true);
    }
    match nudged.recv_timeout(RETRY_PAUSE) {
        Ok(()) => Some(true),
        Err(RecvTimeoutError::Timeout) => Some(false),
        Err(RecvTimeoutError::Disconnected) => None,
    }
}

/// Reading again, and whether the last try failed.
#[derive(Debug, Default)]
struct Trial {
    is_waiting: bool,
}

impl Trial {
    fn run(&mut self, again: &mut Again, changed: &impl Fn(), stopping: &AtomicBool) {
        let mut pieces = 0u64;
        while !stopping.load(Ordering::Relaxed) {
            match again.step() {
                Ok(true) => pieces += 1,
                Ok(false) => {
                    self.is_waiting = false;
                    break;
                }
                Err(error) => {
                    if !self.is_waiting {
                        tracing::warn!(%error, "what older schemas could not read waits");
                    }
                    self.is_waiting = true;
                    break;
                }
            }
        }
        if pieces > 0 {
            changed();
        }
    }
}
