//! The writer thread: takes what has queued up, writes and syncs each touched partition once, then answers.

use std::io::{self, ErrorKind};
use std::sync::Arc;

use judi_world::Clock;
use tokio::sync::watch;

use crate::embedded::append::Appender;
use crate::embedded::queue::{Queue, Request};
use crate::log::{AppendError, AppendResult};

/// The thread's state.
#[derive(Debug)]
pub(crate) struct Writer {
    pub(crate) queue: Arc<Queue>,
    pub(crate) clock: Arc<dyn Clock>,
    /// In the order of [`partition_index`](crate::embedded::partition_index).
    pub(crate) appenders: Vec<Appender>,
    pub(crate) changed: watch::Sender<u64>,
    /// Whether the partitions of a group are synced at the same time.
    pub(crate) sync_in_parallel: bool,
}

/// Where a batch of the group in work stands.
struct Staged {
    request: usize,
    appender: usize,
    first: u64,
}

impl Writer {
    /// Works until the queue is closed and drained.
    pub(crate) fn run(mut self) {
        while let Some(group) = self.queue.take_group() {
            let started = self.clock.monotonic();
            let bytes = group.iter().map(|request| request.bytes).sum();
            let answers = self.commit(&group);
            self.queue.release(bytes, self.clock.monotonic().saturating_sub(started));
            for (request, answer) in group.into_iter().zip(answers) {
                // A producer that no longer waits has dropped its end.
                let _ = request.outcome.send(answer);
            }
        }
    }

    /// Makes a group durable; the outcomes of each request's batches, in order.
    fn commit(&mut self, group: &[Request]) -> Vec<Vec<AppendResult>> {
        let partitions = self.appenders.len() / crate::Topic::ALL.len();
        let mut staged = Vec::new();
        for (request, batch) in group.iter().enumerate().flat_map(|(n, r)| r.batches.iter().map(move |b| (n, b))) {
            let appender = crate::embedded::partition_index(batch.topic, batch.partition, partitions as u32);
            let first = self.appenders.get_mut(appender).map_or(0, |appender| appender.stage(&batch.records));
            staged.push(Staged { request, appender, first });
        }
        let outcomes = self.commit_staged();
        let records = outcomes.iter().flatten().filter_map(|outcome| outcome.as_ref().ok()).sum::<u64>();
        if records > 0 {
            self.changed.send_modify(|count| *count += records);
        }
        let failures: Vec<Option<AppendError>> = self.appenders.iter().zip(&outcomes).map(failure).collect();
        let mut answers: Vec<Vec<AppendResult>> = group.iter().map(|r| Vec::with_capacity(r.batches.len())).collect();
        for Staged { request, appender, first } in staged {
            if let Some(answer) = answers.get_mut(request) {
                answer.push(match failures.get(appender) {
                    Some(Some(error)) => Err(error.clone()),
                    _ => Ok(first),
                });
            }
        }
        answers
    }

    /// Commits every touched partition; per partition `None` where nothing was staged.
    fn commit_staged(&mut self) -> Vec<Option<io::Result<u64>>> {
        let touched = self.appenders.iter().filter(|appender| appender.has_staged()).count();
        if touched < 2 || !self.sync_in_parallel {
            return self.appenders.iter_mut().map(|a| a.has_staged().then(|| a.commit())).collect();
        }
        std::thread::scope(|scope| {
            let running: Vec<_> = self
                .appenders
                .iter_mut()
                .map(|appender| appender.has_staged().then(|| scope.spawn(|| appender.commit())))
                .collect();
            let died = |_| Err(io::Error::other("the thread that synced it died"));
            running.into_iter().map(|thread| thread.map(|t| t.join().unwrap_or_else(died))).collect()
        })
    }
}

/// What producers are told about a partition's commit, and a line in the log where it failed.
fn failure((appender, outcome): (&Appender, &Option<io::Result<u64>>)) -> Option<AppendError> {
    let Some(Err(error)) = outcome else { return None };
    let (topic, partition) = (appender.partition().topic, appender.partition().partition);
    if matches!(error.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded) {
        return Some(AppendError::NoSpace { topic, partition });
    }
    tracing::error!(%topic, partition, %error, "cannot append to the log");
    let copy = match error.raw_os_error() {
        Some(code) => io::Error::from_raw_os_error(code),
        None => io::Error::new(error.kind(), error.to_string()),
    };
    Some(AppendError::Io { topic, partition, source: Arc::new(copy) })
}
