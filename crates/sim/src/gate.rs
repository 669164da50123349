//! Between the collector and the log: appends of concurrent requests wait here until the simulation lets them through
//! together, so that which of them share a group commit follows from the seed and not from threads.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use judi_log::{
    AppendError, AppendManyFuture, AppendResult, Batch, Bounds, EmbeddedLog, FetchError, Fetched, GroupError, Log,
    LogId, Positions, RetainError, Retained, Retention, Topic,
};
use tokio::sync::{oneshot, watch};

use crate::runtime;
use crate::sabotage::Sabotage;

/// See the [module](self).
#[derive(Debug)]
pub(crate) struct Gate {
    log: Arc<EmbeddedLog>,
    waiting: Mutex<Vec<Waiting>>,
    sabotage: Option<Sabotage>,
}

/// One request's append.
#[derive(Debug)]
struct Waiting {
    batches: Vec<Batch>,
    answer: oneshot::Sender<Vec<AppendResult>>,
}

impl Gate {
    pub(crate) fn new(log: Arc<EmbeddedLog>, sabotage: Option<Sabotage>) -> Self {
        Self { log, waiting: Mutex::default(), sabotage }
    }

    /// Appends what waits, in one group, and answers it; how many appends that were.
    pub(crate) fn open(&self) -> usize {
        let waiting = std::mem::take(&mut *self.lock());
        if waiting.is_empty() {
            return 0;
        }
        let all: Vec<Batch> = waiting.iter().flat_map(|append| append.batches.iter().cloned()).collect();
        let outcomes = runtime::wait(self.log.append_many(all));
        let mut outcomes = outcomes.into_iter();
        let count = waiting.len();
        for append in waiting {
            let outcomes = append.batches.iter().map(|_| outcomes.next().unwrap_or(Err(AppendError::Closed)));
            // A request that was given up has dropped its end.
            let _ = append.answer.send(outcomes.collect());
        }
        count
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Waiting>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Log for Gate {
    fn id(&self) -> LogId {
        self.log.id()
    }

    fn partitions(&self) -> u32 {
        self.log.partitions()
    }

    fn append_many(&self, batches: Vec<Batch>) -> AppendManyFuture {
        if self.sabotage == Some(Sabotage::AnswerBeforeAppend) {
            let promised = batches.iter().map(|_| Ok(0)).collect();
            let (answer, _) = oneshot::channel();
            self.lock().push(Waiting { batches, answer });
            return Box::pin(async move { promised });
        }
        let count = batches.len();
        let (answer, answered) = oneshot::channel();
        self.lock().push(Waiting { batches, answer });
        Box::pin(async move { answered.await.unwrap_or_else(|_| vec![Err(AppendError::Closed); count]) })
    }

    fn fetch(&self, topic: Topic, partition: u32, from: u64, max_bytes: usize) -> Result<Fetched, FetchError> {
        let mut fetched = self.log.fetch(topic, partition, from, max_bytes)?;
        if let Some(sabotage) = self.sabotage {
            sabotage.tamper(&mut fetched);
        }
        Ok(fetched)
    }

    fn bounds(&self, topic: Topic, partition: u32) -> Result<Bounds, FetchError> {
        self.log.bounds(topic, partition)
    }

    fn changed(&self) -> watch::Receiver<u64> {
        self.log.changed()
    }

    fn committed(&self, group: &str) -> Result<Positions, GroupError> {
        self.log.committed(group)
    }

    fn commit(&self, group: &str, positions: &Positions) -> Result<(), GroupError> {
        self.log.commit(group, positions)
    }

    fn forget(&self, group: &str) -> Result<(), GroupError> {
        self.log.forget(group)
    }

    fn retain(&self, retention: &Retention) -> Result<Retained, RetainError> {
        self.log.retain(retention)
    }
}
