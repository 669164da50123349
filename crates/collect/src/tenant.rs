//! One key with what it may do and what it has done: its allowance of events, its share of the memory, its line for
//! turns, and its figures.

use std::num::NonZeroU64;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use judi_world::Timestamp;

use crate::fair::allowance::{Bucket, DayCount};
use crate::in_flight::Share;
use crate::options::Key;
use crate::refusal::Refusal;

/// The burst of a key that has a rate and says none, in seconds' worth of it: an app's devices wake up together.
const BURST_SECONDS: f64 = 10.0;

/// A key at work.
#[derive(Debug)]
pub(crate) struct Tenant {
    key: Key,
    line: usize,
    share: Arc<Share>,
    bucket: Option<Mutex<Bucket>>,
    per_day_max: Option<NonZeroU64>,
    day: Mutex<DayCount>,
    events: AtomicU64,
    refused: AtomicU64,
}

/// The time, by both clocks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moment {
    pub(crate) utc: Timestamp,
    pub(crate) monotonic: Duration,
}

impl Tenant {
    /// `line` is its own among all keys.
    pub(crate) fn new(key: Key, line: usize) -> Self {
        let rate = key.events_per_second.filter(|rate| *rate > 0.0);
        let bucket = rate.map(|rate| Mutex::new(Bucket::new(rate, key.burst.unwrap_or(rate * BURST_SECONDS))));
        Self {
            line,
            share: Share::new(key.in_flight_bytes.unwrap_or(usize::MAX), line),
            bucket,
            per_day_max: key.events_per_day.and_then(NonZeroU64::new),
            day: Mutex::default(),
            events: AtomicU64::new(0),
            refused: AtomicU64::new(0),
            key,
        }
    }

    pub(crate) const fn key(&self) -> &Key {
        &self.key
    }

    pub(crate) fn name(&self) -> &str {
        &self.key.name
    }

    /// Its line among those that wait for turns.
    pub(crate) const fn line(&self) -> usize {
        self.line
    }

    pub(crate) const fn share(&self) -> &Arc<Share> {
        &self.share
    }

    /// Whether it may send anything now: asked before a body is read.
    ///
    /// # Errors
    /// [`Refusal::OverQuota`] and [`Refusal::OverRate`].
    pub(crate) fn admit(&self, now: Moment) -> Result<(), Refusal> {
        if let Some(max) = self.per_day_max {
            self.day().admit(now.utc, max.get()).map_err(|wait| self.over_quota(wait))?;
        }
        if let Some(mut bucket) = self.bucket() {
            bucket.admit(now.monotonic).map_err(|wait| self.over_rate(wait))?;
        }
        Ok(())
    }

    /// Takes `events` from its allowance.
    ///
    /// # Errors
    /// As of [`admit`](Self::admit); nothing is taken then.
    pub(crate) fn charge(&self, now: Moment, events: usize) -> Result<(), Refusal> {
        let max = self.per_day_max.map_or(u64::MAX, NonZeroU64::get);
        self.day().take(now.utc, events, max).map_err(|wait| self.over_quota(wait))?;
        if let Some(mut bucket) = self.bucket()
            && let Err(wait) = bucket.take(now.monotonic, events)
        {
            self.day().give_back(events);
            return Err(self.over_rate(wait));
        }
        self.events.fetch_add(events as u64, Ordering::Relaxed);
        Ok(())
    }

    /// Gives back what was charged for events that were not kept after all.
    pub(crate) fn give_back(&self, events: usize) {
        if events == 0 {
            return;
        }
        self.day().give_back(events);
        if let Some(mut bucket) = self.bucket() {
            bucket.give_back(events);
        }
        self.events.fetch_sub(events as u64, Ordering::Relaxed);
    }

    /// Notes a request that was refused as a whole.
    pub(crate) fn note_refused(&self) {
        self.refused.fetch_add(1, Ordering::Relaxed);
    }

    /// The day (since 1970) and its events.
    pub(crate) fn counted(&self) -> (i64, u64) {
        self.day().counted()
    }

    /// Goes on from what was counted before a restart.
    pub(crate) fn count_from(&self, day: i64, events: u64) {
        *self.day() = DayCount::of(day, events);
    }

    /// Events that were taken, and requests that were refused, since the start.
    pub(crate) fn figures(&self) -> (u64, u64) {
        (self.events.load(Ordering::Relaxed), self.refused.load(Ordering::Relaxed))
    }

    fn over_quota(&self, retry_after: Duration) -> Refusal {
        let max = self.per_day_max.map_or(u64::MAX, NonZeroU64::get);
        Refusal::OverQuota { name: self.key.name.clone(), max, retry_after }
    }

    fn over_rate(&self, retry_after: Duration) -> Refusal {
        Refusal::OverRate { name: self.key.name.clone(), retry_after }
    }

    fn day(&self) -> MutexGuard<'_, DayCount> {
        self.day.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn bucket(&self) -> Option<MutexGuard<'_, Bucket>> {
        self.bucket.as_ref().map(|bucket| bucket.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Moment = Moment { utc: Timestamp(1_000_000), monotonic: Duration::from_secs(1) };

    #[test]
    fn a_key_without_limits_has_none() {
        let tenant = Tenant::new(Key::open("k", "n"), 0);
        tenant.charge(NOW, usize::MAX >> 1).unwrap();
        assert_eq!(tenant.admit(NOW), Ok(()));
    }

    #[test]
    fn what_one_limit_refuses_is_not_taken_from_the_other() {
        let key =
            Key { events_per_second: Some(10.0), burst: Some(10.0), events_per_day: Some(25), ..Key::open("k", "n") };
        let tenant = Tenant::new(key, 0);
        tenant.charge(NOW, 11).unwrap();
        for _ in 0..5 {
            assert!(matches!(tenant.charge(NOW, 20), Err(Refusal::OverRate { .. })));
        }
        let later = |seconds| Moment { monotonic: Duration::from_secs(seconds), ..NOW };
        tenant.charge(later(10), 10).unwrap();
        tenant.give_back(5);
        tenant.charge(later(20), 9).unwrap();
        assert!(matches!(tenant.admit(later(30)), Err(Refusal::OverQuota { max: 25, .. })), "11 + 10 - 5 + 9");
        assert_eq!((tenant.counted(), tenant.figures().0), ((0, 25), 25));
    }
}
