//! Compaction on a thread of its own, so that rewriting files keeps no event waiting; and the removal of files that
//! compaction has replaced, once nobody may want to read them.

use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::tables::JudgeTable;

/// How often replaced files are looked for.
const VACUUM_INTERVAL: Duration = Duration::from_secs(3600);
/// How long replaced files stay, for readers of older versions.
const VACUUM_RETENTION: Duration = Duration::from_secs(7 * 86_400);

/// Compacts tables whenever it is nudged; ends when it is dropped, after the rewrite that it is in.
#[derive(Debug)]
pub(super) struct Compactor {
    nudges: Option<SyncSender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Compactor {
    pub(super) fn start(tables: [Arc<JudgeTable>; 3]) -> io::Result<Self> {
        // One nudge that waits stands for all that came since.
        let (nudges, nudged) = sync_channel(1);
        let work = move || run(&tables, &nudged);
        let thread = std::thread::Builder::new().name("judi-compact".to_owned()).spawn(work)?;
        Ok(Self { nudges: Some(nudges), thread: Some(thread) })
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
        self.nudges = None;
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the compaction's thread died; the tables are whole, with more files than need be");
        }
    }
}

fn run(tables: &[Arc<JudgeTable>], nudged: &Receiver<()>) {
    let mut complained = false;
    let mut vacuumed: Option<Instant> = None;
    while nudged.recv().is_ok() {
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
