//! Time: a wall clock that may jump and a monotonic one that may not.

use std::fmt::Debug;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// A moment in UTC, as microseconds since 1970-01-01T00:00:00Z: the unit of every time in Judi's tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// Microseconds in a day.
    pub const DAY_US: i64 = 86_400_000_000;

    /// Days since 1970-01-01 (UTC) of the day that this moment lies in; negative before it.
    #[must_use]
    pub const fn day(self) -> i32 {
        // A day number of any i64 of microseconds fits: 2^63 / 8.64e10 is about 1.07e8.
        self.0.div_euclid(Self::DAY_US) as i32
    }

    /// Microseconds from `earlier` to this moment, saturating at the ends of the range.
    #[must_use]
    pub const fn micros_since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }
}

/// What time it is.
pub trait Clock: Send + Sync + Debug {
    /// The wall clock in UTC. It may jump in either direction between two calls.
    fn now(&self) -> Timestamp;

    /// Time since an arbitrary start; never decreases.
    fn monotonic(&self) -> Duration;
}

/// The operating system's clocks.
#[derive(Debug)]
pub struct SystemClock {
    started: Instant,
}

impl Default for SystemClock {
    fn default() -> Self {
        Self { started: Instant::now() }
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let micros = |elapsed: Duration| i64::try_from(elapsed.as_micros()).unwrap_or(i64::MAX);
        match SystemTime::now().duration_since(UNIX_EPOCH) {
            Ok(since) => Timestamp(micros(since)),
            Err(before) => Timestamp(-micros(before.duration())),
        }
    }

    fn monotonic(&self) -> Duration {
        self.started.elapsed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_day_of_a_moment_before_the_epoch_rounds_down() {
        assert_eq!(Timestamp(-1).day(), -1);
        assert_eq!(Timestamp(0).day(), 0);
        assert_eq!(Timestamp(Timestamp::DAY_US - 1).day(), 0);
        assert_eq!(Timestamp(i64::MIN).day(), -106_751_992);
    }
}
