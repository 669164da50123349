//! How much is being worked on at once, in bytes: the bound on the server's memory, and the measure of its load.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use crate::refusal::Refusal;

/// The weight of the newest request in the mean, as a power of two: a sixteenth.
const MEAN_SHIFT: u32 = 4;

/// All bodies and records that are held.
#[derive(Debug)]
pub(crate) struct InFlight {
    bytes: AtomicUsize,
    bytes_max: usize,
    requests: AtomicUsize,
    /// How long a request lately took, in microseconds: how soon room comes free.
    mean_us: AtomicU64,
}

/// What one request holds; given back on drop.
#[derive(Debug)]
pub(crate) struct Held {
    all: Arc<InFlight>,
    bytes: usize,
}

impl InFlight {
    pub(crate) const fn new(bytes_max: usize) -> Self {
        Self { bytes: AtomicUsize::new(0), bytes_max, requests: AtomicUsize::new(0), mean_us: AtomicU64::new(0) }
    }

    /// A request that holds nothing yet.
    pub(crate) fn begin(all: &Arc<Self>) -> Held {
        all.requests.fetch_add(1, Ordering::Relaxed);
        Held { all: Arc::clone(all), bytes: 0 }
    }

    pub(crate) fn bytes(&self) -> usize {
        self.bytes.load(Ordering::Relaxed)
    }

    pub(crate) fn requests(&self) -> usize {
        self.requests.load(Ordering::Relaxed)
    }

    /// Notes how long a request took.
    pub(crate) fn note(&self, took: Duration) {
        let took_us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        // Two threads may overwrite each other's note; a mean may lose one.
        let mean = self.mean_us.load(Ordering::Relaxed);
        let next = mean - (mean >> MEAN_SHIFT) + (took_us >> MEAN_SHIFT);
        self.mean_us.store(next, Ordering::Relaxed);
    }
}

impl Held {
    /// Holds `more` bytes, if there is room.
    pub(crate) fn grow(&mut self, more: usize) -> Result<(), Refusal> {
        let max = self.all.bytes_max;
        let fits = |held: usize| held.checked_add(more).filter(|sum| *sum <= max);
        match self.all.bytes.fetch_update(Ordering::Relaxed, Ordering::Relaxed, fits) {
            Ok(_) => {
                self.bytes += more;
                Ok(())
            }
            // By the time that a request takes, most of those that fill the room now are gone.
            Err(_) => {
                Err(Refusal::Busy { retry_after: Duration::from_micros(self.all.mean_us.load(Ordering::Relaxed)) })
            }
        }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.all.bytes.fetch_sub(self.bytes, Ordering::Relaxed);
        self.all.requests.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_held_is_bounded_and_given_back() {
        let all = Arc::new(InFlight::new(100));
        let mut first = InFlight::begin(&all);
        let mut second = InFlight::begin(&all);
        first.grow(60).unwrap();
        all.note(Duration::from_secs(16));
        assert_eq!(second.grow(41), Err(Refusal::Busy { retry_after: Duration::from_secs(1) }));
        second.grow(40).unwrap();
        assert_eq!((all.bytes(), all.requests()), (100, 2));
        drop(first);
        assert_eq!((all.bytes(), all.requests()), (40, 1));
        assert!(second.grow(usize::MAX).is_err());
    }
}
