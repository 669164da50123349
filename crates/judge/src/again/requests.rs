//! Replays that somebody asked for: which rows, how far it has come, and what came of it.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use judi_schema::verdict::Reason;
use judi_world::Timestamp;
use thiserror::Error;
use tokio::sync::watch;

/// Replays that wait for their turn at most.
const REQUESTS_MAX: usize = 16;

/// Which rows of `quarantine` are judged again. By default, all of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ReplayFilter {
    /// Those that were refused for this reason.
    pub reason: Option<Reason>,
    /// Those that were received then or later.
    pub since: Option<Timestamp>,
}

/// What became of the rows that were judged again. Each of them is in exactly one of the three counts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReplayAccount {
    /// Rows of `quarantine` that were looked at.
    pub looked_at: u64,
    /// Those that became rows of `events` now.
    pub became_rows: u64,
    /// Those that fit, and whose id `events` has already: replayed before, or there twice.
    pub already_rows: u64,
    /// Those that still do not fit, by the reason of today.
    pub still_unfit: BTreeMap<Reason, u64>,
    /// The schema version that they were judged by.
    pub schema_version: u32,
}

/// How far a replay has come.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReplayProgress {
    /// Of what is behind it.
    pub account: ReplayAccount,
    /// Files of `quarantine` that are behind it.
    pub files_done: u64,
    /// Files of `quarantine` that there are to look through.
    pub files: u64,
    /// What it waits for, when it cannot go on at the moment.
    pub trouble: Option<String>,
    /// Whether it is over, and how.
    pub end: Option<ReplayEnd>,
}

/// How a replay ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReplayEnd {
    /// The account is complete.
    Done,
    /// It cannot be done, for this reason; what it has added stays.
    Failed(String),
}

/// Why a replay was not taken on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum ReplayRefused {
    /// So many wait already that another one makes no sense.
    #[error("{REQUESTS_MAX} replays are waiting already")]
    TooMany,
    /// Nobody is left to do it.
    #[error("the judge has ended")]
    Ended,
}

/// A replay that waits for its turn.
#[derive(Debug)]
pub(crate) struct Requested {
    pub(crate) filter: ReplayFilter,
    pub(crate) progress: watch::Sender<ReplayProgress>,
}

/// Replays in the order in which they were asked for.
#[derive(Debug)]
pub(crate) struct ReplayRequests {
    /// `None` once nobody takes them any more.
    waiting: Mutex<Option<VecDeque<Requested>>>,
}

impl Default for ReplayRequests {
    fn default() -> Self {
        Self { waiting: Mutex::new(Some(VecDeque::new())) }
    }
}

impl ReplayRequests {
    /// Has rows judged again when the thread behind the rounds gets to it; what is handed out tells how far it is.
    pub(crate) fn ask(&self, filter: ReplayFilter) -> Result<watch::Receiver<ReplayProgress>, ReplayRefused> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let waiting = waiting.as_mut().ok_or(ReplayRefused::Ended)?;
        if waiting.len() >= REQUESTS_MAX {
            return Err(ReplayRefused::TooMany);
        }
        let (progress, handed_out) = watch::channel(ReplayProgress::default());
        waiting.push_back(Requested { filter, progress });
        Ok(handed_out)
    }

    pub(crate) fn next(&self) -> Option<Requested> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).as_mut()?.pop_front()
    }

    /// Takes no more, and lets go of those that wait: who listens to them is told by the end of their channels.
    pub(crate) fn close(&self) {
        *self.waiting.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_wait_in_order_and_not_without_end() {
        let requests = ReplayRequests::default();
        let since = |us| ReplayFilter { since: Some(Timestamp(us)), ..ReplayFilter::default() };
        let handed_out: Vec<_> = (0..16).map(|us| requests.ask(since(us)).unwrap()).collect();
        assert_eq!(requests.ask(since(99)).unwrap_err(), ReplayRefused::TooMany);
        let first = requests.next().unwrap();
        assert_eq!(first.filter, since(0));
        first.progress.send_modify(|progress| progress.files = 7);
        assert_eq!(handed_out[0].borrow().files, 7);
        assert!(requests.ask(since(99)).is_ok());
        requests.close();
        assert!(handed_out[1].has_changed().is_err(), "its sender is gone");
        assert_eq!(requests.ask(since(99)).unwrap_err(), ReplayRefused::Ended);
    }
}
