//! What one key may send: events a second with bursts, and events a day; and when one that must wait comes again.

use std::time::Duration;

use judi_world::Timestamp;

const DAY_US: i64 = 86_400_000_000;

/// The weight of the newest request in the mean number of events of a request: an eighth.
const MEAN_WEIGHT: f64 = 0.125;

/// How far ahead anything is promised. What was promised to senders that never came back, or that came at once and were
/// promised again, must not keep the others away for longer; past it promises begin anew, among those made before.
const PROMISED_MAX: Duration = Duration::from_secs(60);

/// A token bucket: `per_second` tokens come in each second, up to `burst`. A batch is taken whole while there is any
/// token, and may leave a debt that the next ones wait for: so a batch larger than the burst is never impossible.
#[derive(Debug, Clone)]
pub(crate) struct Bucket {
    per_second: f64,
    burst: f64,
    tokens: f64,
    at: Duration,
    mean: f64,
    promised: Promised,
}

impl Bucket {
    /// A full one. Both figures are at least one thousandth, so that no wait is for ever.
    pub(crate) fn new(per_second: f64, burst: f64) -> Self {
        let (per_second, burst) = (per_second.max(0.001), burst.max(0.001));
        Self { per_second, burst, tokens: burst, at: Duration::ZERO, mean: 1.0, promised: Promised::default() }
    }

    /// Whether anything may be taken at `now` (of a monotonic clock).
    ///
    /// # Errors
    /// How long until a request that is sent then is taken, if every sender keeps to what it was told.
    pub(crate) fn admit(&mut self, now: Duration) -> Result<(), Duration> {
        let since = now.saturating_sub(self.at).as_secs_f64();
        self.at = self.at.max(now);
        self.tokens = since.mul_add(self.per_second, self.tokens).min(self.burst);
        if self.tokens > 0.0 {
            return Ok(());
        }
        let debt = seconds((1e-6 - self.tokens) / self.per_second);
        Err(debt + self.promised.next(now, self.mean, self.per_second))
    }

    /// Takes `events`, as [`admit`](Self::admit) allows.
    ///
    /// # Errors
    /// As of [`admit`](Self::admit); nothing is taken then.
    pub(crate) fn take(&mut self, now: Duration, events: usize) -> Result<(), Duration> {
        self.admit(now)?;
        let events = count(events);
        self.mean += MEAN_WEIGHT * (events.max(1.0) - self.mean);
        self.tokens -= events;
        Ok(())
    }

    /// Gives back what was taken for events that were then not kept.
    pub(crate) fn give_back(&mut self, events: usize) {
        self.tokens = (self.tokens + count(events)).min(self.burst);
    }
}

/// Work that was sent away and told when to come again. Each is told a moment behind those told before, so that
/// they do not all return at the same one, to be sent away again.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Promised {
    amount: f64,
    at: Duration,
}

impl Promised {
    /// The wait behind all that was promised before, at a rate of work a second; this one is promised from now on.
    pub(crate) fn next(&mut self, now: Duration, amount: f64, rate: f64) -> Duration {
        let rate = rate.max(0.001);
        let passed = now.saturating_sub(self.at).as_secs_f64() * rate;
        self.at = self.at.max(now);
        let before = (self.amount - passed).max(0.0) % (PROMISED_MAX.as_secs_f64() * rate);
        self.amount = before + amount.max(0.0);
        seconds(before / rate)
    }
}

/// Events of one UTC day.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct DayCount {
    day: i64,
    events: u64,
}

impl DayCount {
    /// What was counted before, as on `day` (days since 1970).
    pub(crate) const fn of(day: i64, events: u64) -> Self {
        Self { day, events }
    }

    /// The day and its events.
    pub(crate) const fn counted(self) -> (i64, u64) {
        (self.day, self.events)
    }

    /// Whether the day has room for any event more.
    ///
    /// # Errors
    /// How long until the next day begins.
    pub(crate) fn admit(&mut self, now: Timestamp, max: u64) -> Result<(), Duration> {
        let day = now.0.div_euclid(DAY_US);
        // A clock that is set back counts on: it must not hand out a second day.
        if day > self.day {
            *self = Self { day, events: 0 };
        }
        if self.events < max {
            return Ok(());
        }
        let left_us = (self.day + 1).saturating_mul(DAY_US).saturating_sub(now.0);
        Err(Duration::from_micros(u64::try_from(left_us).unwrap_or(0)))
    }

    /// Counts events; the batch that reaches the maximum is taken whole.
    ///
    /// # Errors
    /// As of [`admit`](Self::admit); nothing is counted then.
    pub(crate) fn take(&mut self, now: Timestamp, events: usize, max: u64) -> Result<(), Duration> {
        self.admit(now, max)?;
        self.events = self.events.saturating_add(events as u64);
        Ok(())
    }

    /// Takes back the count of events that were then not kept.
    pub(crate) const fn give_back(&mut self, events: usize) {
        self.events = self.events.saturating_sub(events as u64);
    }
}

#[expect(clippy::cast_precision_loss, reason = "events of one body are far below 2^52")]
const fn count(events: usize) -> f64 {
    events as f64
}

/// Seconds as a duration; what is none, or negative, is zero.
fn seconds(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds).unwrap_or(Duration::ZERO)
}

#[cfg(test)]
mod tests;
