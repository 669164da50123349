//! How much is being worked on at once, in bytes and in requests: the bound on the server's memory, shared out over
//! the keys so that none of them fills it.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use judi_world::Clock;

use crate::fair::allowance::Promised;
use crate::fair::room;
use crate::refusal::Refusal;
use crate::turns::{Load, Turns};

/// What a request that was sent away before its size was known is taken for when it comes again, in bytes.
const REQUEST_BYTES_GUESSED: usize = 32 * 1024;

/// How long what is taken may wait for the log, as far as can be told. Senders that were told to come again do so in
/// crowds, since `Retry-After` has whole seconds: a second's worth must fit beside what is being written.
const WAIT_MAX: Duration = Duration::from_secs(2);

/// What may wait however slow the log is, in bytes: a few bodies, which one sync writes.
const WAITING_BYTES_MIN: usize = 2 << 20;

/// All bodies and records that are held.
#[derive(Debug)]
pub(crate) struct InFlight {
    clock: Arc<dyn Clock>,
    bytes: AtomicUsize,
    bytes_max: usize,
    requests: AtomicUsize,
    requests_max: usize,
    /// Where what is held waits for the log.
    writing: Arc<Turns>,
}

/// What one key holds of it.
#[derive(Debug)]
pub(crate) struct Share {
    bytes: AtomicUsize,
    requests: AtomicUsize,
    bytes_max: usize,
    /// Its line at the log.
    line: usize,
    promised: Mutex<Promised>,
}

/// What one request holds; given back on drop.
#[derive(Debug)]
pub(crate) struct Held {
    all: Arc<InFlight>,
    share: Arc<Share>,
    bytes: usize,
}

impl InFlight {
    pub(crate) fn new(clock: Arc<dyn Clock>, bytes_max: usize, requests_max: usize, writing: Arc<Turns>) -> Arc<Self> {
        let (bytes, requests) = (AtomicUsize::new(0), AtomicUsize::new(0));
        Arc::new(Self { clock, bytes, bytes_max, requests, requests_max, writing })
    }

    /// A request of the key with this share, which holds nothing yet and expects to hold `expected` bytes.
    ///
    /// # Errors
    /// [`Refusal::Busy`] when there is no room for it now.
    pub(crate) fn begin(all: &Arc<Self>, share: &Arc<Share>, expected: usize) -> Result<Held, Refusal> {
        let own = share.requests.load(Ordering::Relaxed);
        let has_room = room::fits(own, all.requests(), all.requests_max, 1) && all.fits(share, expected);
        if !has_room || !is_soon(&all.writing.load(share.line), expected) {
            return Err(all.busy(share, expected));
        }
        all.requests.fetch_add(1, Ordering::Relaxed);
        share.requests.fetch_add(1, Ordering::Relaxed);
        Ok(Held { all: Arc::clone(all), share: Arc::clone(share), bytes: 0 })
    }

    pub(crate) fn bytes(&self) -> usize {
        self.bytes.load(Ordering::Relaxed)
    }

    pub(crate) fn requests(&self) -> usize {
        self.requests.load(Ordering::Relaxed)
    }

    fn fits(&self, share: &Share, more: usize) -> bool {
        let own = share.bytes.load(Ordering::Relaxed);
        own.saturating_add(more) <= share.bytes_max && room::fits(own, self.bytes(), self.bytes_max, more)
    }

    /// When there should be room for `more` bytes of this key: when what waits for the log has been written, and what
    /// was told to come back before it.
    #[expect(clippy::cast_precision_loss, reason = "an estimate")]
    fn busy(&self, share: &Share, more: usize) -> Refusal {
        let Load { backlog, rate, .. } = self.writing.load(share.line);
        let before = Duration::try_from_secs_f64(backlog as f64 / rate).unwrap_or(Duration::MAX);
        let more = more.max(REQUEST_BYTES_GUESSED) as f64;
        let mut promised = share.promised.lock().unwrap_or_else(PoisonError::into_inner);
        let behind = promised.next(self.clock.monotonic(), more, rate);
        Refusal::Busy { retry_after: before.saturating_add(behind) }
    }
}

/// Whether `more` bytes of a key would be written soon: a sender that waits for longer takes the server for dead. What a
/// log writes in that time is shared as the memory is; a key that has nothing waiting is always heard.
fn is_soon(load: &Load, more: usize) -> bool {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "positive, and saturating")]
    let max = ((load.rate * WAIT_MAX.as_secs_f64()) as usize).max(WAITING_BYTES_MIN);
    load.own == 0 || room::fits(load.own, load.backlog, max, more)
}

impl Share {
    /// A share that never holds more than `bytes_max`, and less where others hold something.
    pub(crate) fn new(bytes_max: usize, line: usize) -> Arc<Self> {
        let (bytes, requests) = (AtomicUsize::new(0), AtomicUsize::new(0));
        Arc::new(Self { bytes, requests, bytes_max, line, promised: Mutex::default() })
    }
}

impl Held {
    /// Holds `more` bytes, if there is room.
    ///
    /// # Errors
    /// [`Refusal::Busy`]; it then holds what it held before.
    pub(crate) fn grow(&mut self, more: usize) -> Result<(), Refusal> {
        // Two at once may both see the same room of their key; the bound on all of them is exact.
        if !self.all.fits(&self.share, more) {
            return Err(self.all.busy(&self.share, self.bytes.saturating_add(more)));
        }
        let fits = |held: usize| held.checked_add(more).filter(|sum| *sum <= self.all.bytes_max);
        if self.all.bytes.fetch_update(Ordering::Relaxed, Ordering::Relaxed, fits).is_err() {
            return Err(self.all.busy(&self.share, self.bytes.saturating_add(more)));
        }
        self.share.bytes.fetch_add(more, Ordering::Relaxed);
        self.bytes += more;
        Ok(())
    }

    /// Bytes that it holds.
    pub(crate) const fn bytes(&self) -> usize {
        self.bytes
    }

    /// Holds no more than `bytes` from now on.
    pub(crate) fn shrink_to(&mut self, bytes: usize) {
        let less = self.bytes.saturating_sub(bytes);
        self.share.bytes.fetch_sub(less, Ordering::Relaxed);
        self.all.bytes.fetch_sub(less, Ordering::Relaxed);
        self.bytes -= less;
    }

    /// Counts what is held for another key: for when a body told whose it is.
    ///
    /// # Errors
    /// [`Refusal::Busy`] when that key has too much waiting already.
    pub(crate) fn belongs_to(&mut self, share: &Arc<Share>) -> Result<(), Refusal> {
        if Arc::ptr_eq(&self.share, share) {
            return Ok(());
        }
        if !is_soon(&self.all.writing.load(share.line), self.bytes) {
            return Err(self.all.busy(share, self.bytes));
        }
        share.bytes.fetch_add(self.bytes, Ordering::Relaxed);
        share.requests.fetch_add(1, Ordering::Relaxed);
        self.release();
        self.share = Arc::clone(share);
        Ok(())
    }

    /// Takes what is held from its share.
    fn release(&self) {
        self.share.bytes.fetch_sub(self.bytes, Ordering::Relaxed);
        self.share.requests.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.release();
        self.all.bytes.fetch_sub(self.bytes, Ordering::Relaxed);
        self.all.requests.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use judi_world::SystemClock;

    use super::*;
    use crate::turns::Window;

    fn writing() -> Arc<Turns> {
        Turns::new(Arc::new(SystemClock::default()), Window::Fixed(1 << 20), 1)
    }

    fn room_of(bytes_max: usize) -> Arc<InFlight> {
        InFlight::new(Arc::new(SystemClock::default()), bytes_max, 1_000, writing())
    }

    fn share(bytes_max: usize) -> Arc<Share> {
        Share::new(bytes_max, 0)
    }

    #[test]
    fn what_is_held_is_bounded_by_key_and_given_back() {
        let all = room_of(300);
        let (greedy, modest) = (share(usize::MAX), share(20));
        let mut first = InFlight::begin(&all, &greedy, 200).unwrap();
        first.grow(200).unwrap();
        assert!(first.grow(1).is_err() && InFlight::begin(&all, &greedy, 1).is_err(), "two thirds for one alone");
        let mut second = InFlight::begin(&all, &modest, 20).unwrap();
        second.grow(20).unwrap();
        assert!(second.grow(1).is_err(), "its own limit");
        assert_eq!((all.bytes(), all.requests()), (220, 2));
        drop(first);
        assert_eq!((all.bytes(), all.requests()), (20, 1));
        assert!(second.grow(usize::MAX).is_err());
    }

    #[test]
    fn requests_are_bounded_by_key_too() {
        let all = InFlight::new(Arc::new(SystemClock::default()), 1_000, 30, writing());
        let (greedy, other) = (share(usize::MAX), share(usize::MAX));
        let many: Vec<_> = (0..100).filter_map(|_| InFlight::begin(&all, &greedy, 0).ok()).collect();
        assert_eq!(many.len(), 20);
        assert!(InFlight::begin(&all, &other, 0).is_ok());
        drop(many);
        assert_eq!(all.requests(), 0);
    }

    #[test]
    fn a_body_that_told_its_key_counts_for_it() {
        let all = room_of(1_000);
        let (nobody, key) = (share(usize::MAX), share(usize::MAX));
        let mut held = InFlight::begin(&all, &nobody, 0).unwrap();
        held.grow(10).unwrap();
        held.belongs_to(&key).unwrap();
        held.belongs_to(&key).unwrap();
        let of = |share: &Share| (share.bytes.load(Ordering::Relaxed), share.requests.load(Ordering::Relaxed));
        assert_eq!((of(&nobody), of(&key), all.bytes()), ((0, 0), (10, 1), 10));
        drop(held);
        assert_eq!((of(&key), all.bytes()), ((0, 0), 0));
    }

    #[tokio::test]
    async fn what_waits_too_long_is_refused_with_a_wait_that_grows_with_each_that_was_told() {
        let all = room_of(1 << 30);
        let (greedy, other) = (Share::new(usize::MAX, 1), Share::new(usize::MAX, 2));
        // Nothing is measured yet: twenty megabytes a second are assumed; one key may have two thirds of two seconds.
        let _waiting = all.writing.wait(1, 24_000_000).await;
        assert!(InFlight::begin(&all, &greedy, 1_000_000).is_ok());
        let waits: Vec<_> = (0..3)
            .map(|_| match InFlight::begin(&all, &greedy, 10_000_000) {
                Err(Refusal::Busy { retry_after }) => retry_after.as_secs_f64(),
                other => panic!("{other:?}"),
            })
            .collect();
        for (wait, expected) in waits.iter().zip([1.2, 1.7, 2.2]) {
            assert!((wait - expected).abs() < 0.1, "{waits:?}");
        }
        assert!(InFlight::begin(&all, &other, 100_000_000).is_ok(), "who has nothing waiting is heard");
    }
}
