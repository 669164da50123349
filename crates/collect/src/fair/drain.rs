//! How fast the log takes what it is given, measured while it has something to do: idle time tells nothing of it.

use std::time::Duration;

/// How much busy time one measurement takes in: some groups of the log, so that a single slow sync is not a slow disk.
const WINDOW: Duration = Duration::from_millis(50);

/// What is left of the measurements before with each new one: three quarters. Work and time fade apart, so that a stall
/// weighs as much as it took, and not as one measurement among many quick ones.
const FADING: f64 = 0.75;

/// What is assumed before anything has been measured, in bytes a second: a slow disk.
const UNMEASURED: f64 = 20e6;

/// Bytes a second of the last moments in which there was work.
#[derive(Debug, Clone, Default)]
pub(crate) struct Drain {
    /// Pieces of work that are under way.
    under_way: usize,
    /// Up to when busy time has been counted.
    at: Duration,
    busy: Duration,
    bytes: f64,
    /// Seconds and bytes of the measurements so far.
    measured: (f64, f64),
}

impl Drain {
    /// Work begins.
    pub(crate) fn begin(&mut self, now: Duration) {
        self.count_to(now);
        self.under_way += 1;
    }

    /// Work is over, which was worth `bytes`.
    #[expect(clippy::cast_precision_loss, reason = "a measure")]
    pub(crate) fn end(&mut self, now: Duration, bytes: usize) {
        self.count_to(now);
        self.under_way = self.under_way.saturating_sub(1);
        self.bytes += bytes as f64;
        if self.busy >= WINDOW {
            let (seconds, bytes) = self.measured;
            self.measured = (seconds.mul_add(FADING, self.busy.as_secs_f64()), bytes.mul_add(FADING, self.bytes));
            (self.busy, self.bytes) = (Duration::ZERO, 0.0);
        }
    }

    /// Bytes a second; never under one.
    pub(crate) fn rate(&self) -> f64 {
        let (seconds, bytes) = self.measured;
        if seconds > 0.0 { (bytes / seconds).max(1.0) } else { UNMEASURED }
    }

    fn count_to(&mut self, now: Duration) {
        if self.under_way > 0 {
            self.busy += now.saturating_sub(self.at);
        }
        self.at = self.at.max(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_busy_time_counts_however_work_overlaps() {
        let ms = Duration::from_millis;
        let mut drain = Drain::default();
        assert!((drain.rate() - UNMEASURED).abs() < 1.0);
        // Two pieces of 1,000 bytes share 100 ms; then a second of nothing; then 2,000 bytes in 50 ms.
        drain.begin(ms(0));
        drain.begin(ms(10));
        drain.end(ms(40), 1_000);
        drain.end(ms(100), 1_000);
        assert!((drain.rate() - 20_000.0).abs() < 1.0, "{}", drain.rate());
        drain.begin(ms(1_100));
        drain.end(ms(1_150), 2_000);
        assert!((drain.rate() - 28_000.0).abs() < 1.0, "3,500 bytes in 125 ms: {}", drain.rate());
    }
}
