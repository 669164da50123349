//! Between producers and the writer: a queue bounded by bytes, which tells when it will have room.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;

use crate::log::{AppendError, AppendResult};
use crate::record::Batch;

/// The most bytes written and synced together: enough to make the sync cheap, little enough to be quick.
const GROUP_BYTES_MAX: usize = 16 << 20;

/// The most bytes of one request: together with a full segment still a position of 32 bits.
const REQUEST_BYTES_MAX: usize = 1 << 30;

/// What a producer is told to wait at least and at most.
const RETRY_AFTER_MIN: Duration = Duration::from_millis(20);
const RETRY_AFTER_MAX: Duration = Duration::from_secs(30);

/// What a producer is told before anything has been measured.
const RETRY_AFTER_UNKNOWN: Duration = Duration::from_millis(200);

/// One call of `append_many`, waiting for its outcome.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) batches: Vec<Batch>,
    /// Bytes that the batches take in segments.
    pub(crate) bytes: usize,
    pub(crate) outcome: oneshot::Sender<Vec<AppendResult>>,
}

/// The queue.
#[derive(Debug)]
pub(crate) struct Queue {
    bytes_max: usize,
    state: Mutex<State>,
    arrived: Condvar,
}

#[derive(Debug, Default)]
struct State {
    requests: VecDeque<Request>,
    /// Bytes that wait or are being written.
    bytes: usize,
    /// Bytes a second, of the last moments; 0 before the first.
    rate: u64,
    closed: bool,
}

impl Queue {
    pub(crate) fn new(bytes_max: usize) -> Self {
        Self { bytes_max, state: Mutex::default(), arrived: Condvar::new() }
    }

    /// Takes a request if there is room. One that is larger than the whole queue is taken when it is alone.
    pub(crate) fn push(&self, request: Request) -> Result<(), AppendError> {
        if request.bytes > REQUEST_BYTES_MAX {
            return Err(AppendError::TooLarge { bytes: request.bytes, bytes_max: REQUEST_BYTES_MAX });
        }
        let mut state = self.lock();
        if state.closed {
            return Err(AppendError::Closed);
        }
        if state.bytes > 0 && state.bytes + request.bytes > self.bytes_max {
            return Err(AppendError::Busy { retry_after: retry_after(state.bytes, state.rate) });
        }
        state.bytes += request.bytes;
        state.requests.push_back(request);
        drop(state);
        self.arrived.notify_one();
        Ok(())
    }

    /// Waits for requests and takes what one group holds; `None` when the queue is closed and drained.
    pub(crate) fn take_group(&self) -> Option<Vec<Request>> {
        let mut state = self.lock();
        while state.requests.is_empty() {
            if state.closed {
                return None;
            }
            state = self.arrived.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        let mut group = Vec::new();
        let mut bytes = 0;
        while let Some(next) = state.requests.front() {
            if !group.is_empty() && bytes + next.bytes > GROUP_BYTES_MAX {
                break;
            }
            bytes += next.bytes;
            group.extend(state.requests.pop_front());
        }
        Some(group)
    }

    /// Gives back the room of a group that took `elapsed` to write.
    pub(crate) fn release(&self, bytes: usize, elapsed: Duration) {
        let mut state = self.lock();
        state.bytes = state.bytes.saturating_sub(bytes);
        let micros = u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX).max(1);
        let rate = (bytes as u64).saturating_mul(1_000_000) / micros;
        // An average over the last few groups: one slow sync is not yet a slow disk.
        state.rate = if state.rate == 0 { rate } else { state.rate - state.rate / 4 + rate / 4 };
    }

    /// Takes no more requests; what waits is still written.
    pub(crate) fn close(&self) {
        self.lock().closed = true;
        self.arrived.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How long until what waits has been written.
fn retry_after(waiting_bytes: usize, rate: u64) -> Duration {
    match (waiting_bytes as u64).saturating_mul(1_000).checked_div(rate) {
        Some(millis) => Duration::from_millis(millis).clamp(RETRY_AFTER_MIN, RETRY_AFTER_MAX),
        None => RETRY_AFTER_UNKNOWN,
    }
}

#[cfg(test)]
mod tests;
