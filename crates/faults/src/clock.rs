//! A clock that stands still until a test moves it.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use judi_world::{Clock, Timestamp};

/// 2026-01-01T00:00:00Z, in microseconds.
const START: Timestamp = Timestamp(1_767_225_600_000_000);

/// Wall and monotonic time, moved by hand. The wall clock begins at 2026-01-01T00:00:00Z.
#[derive(Debug)]
pub struct SimClock {
    now_us: AtomicI64,
    monotonic_us: AtomicU64,
}

impl Default for SimClock {
    fn default() -> Self {
        Self { now_us: AtomicI64::new(START.0), monotonic_us: AtomicU64::new(0) }
    }
}

impl SimClock {
    /// Lets time pass, on both clocks.
    pub fn advance(&self, time: Duration) {
        let micros = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        self.monotonic_us.fetch_add(micros, Ordering::Relaxed);
        self.now_us.fetch_add(micros.cast_signed(), Ordering::Relaxed);
    }

    /// Sets the wall clock, forwards or backwards; no time passes.
    pub fn jump_to(&self, now: Timestamp) {
        self.now_us.store(now.0, Ordering::Relaxed);
    }
}

impl Clock for SimClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.now_us.load(Ordering::Relaxed))
    }

    fn monotonic(&self) -> Duration {
        Duration::from_micros(self.monotonic_us.load(Ordering::Relaxed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_jump_of_the_wall_clock_is_no_passing_of_time() {
        let clock = SimClock::default();
        clock.advance(Duration::from_secs(2));
        assert_eq!(clock.now().micros_since(START), 2_000_000);
        clock.jump_to(Timestamp(0));
        assert_eq!(clock.now(), Timestamp(0));
        assert_eq!(clock.monotonic(), Duration::from_secs(2));
    }
}
