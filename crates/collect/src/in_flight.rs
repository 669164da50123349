//! How much is being worked on at once, in bytes and in requests: the bound on the server's memory, shared out over
//! the keys so that none of them fills it.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use judi_world::Clock;

use crate::fair::allowance::Promised;
use crate::fair::room;
use crate::refusal::Refusal;
use crate::turns::{Announced, Load, Turns};

/// How long what is taken may wait for the log, as far as can be told. Senders that were told to come again do so in
/// crowds, since `Retry-After` has whole seconds: a second's worth must fit beside what is being written.
const WAIT_MAX: Duration = Duration::from_secs(2);

/// What may wait however slow the log is, in bytes: a few bodies, which one sync writes.
const WAITING_BYTES_MIN: usize = 2 << 20;

/// The part of the log's rate that is promised to those who come again: what comes late, and what comes new, must fit too.
const PROMISED_PART: f64 = 0.9;

/// What is left of earlier bodies in the measure of their growth with each new one, and the most that is assumed of it.
const GROWTH_FADING: f64 = 0.95;
const GROWTH_MAX: f64 = 100.0;

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
    /// Bytes of bodies as they came, and what was held of them in the end: both of the last moments.
    grown: Mutex<(f64, f64)>,
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
    /// What was held when the body was whole.
    body_bytes: usize,
}

impl InFlight {
    pub(crate) fn new(clock: Arc<dyn Clock>, bytes_max: usize, requests_max: usize, writing: Arc<Turns>) -> Arc<Self> {
        let (bytes, requests) = (AtomicUsize::new(0), AtomicUsize::new(0));
        Arc::new(Self { clock, bytes, bytes_max, requests, requests_max, writing, grown: Mutex::new((0.0, 0.0)) })
    }

    /// A request of the key with this share, which holds nothing yet and expects to hold `expected` bytes.
    ///
    /// # Errors
    /// [`Refusal::Busy`] when there is no room for it now.
    pub(crate) fn begin(all: &Arc<Self>, share: &Arc<Share>, expected: usize) -> Result<Held, Refusal> {
        let own = share.requests.load(Ordering::Relaxed);
        let has_room = room::fits(own, all.requests(), all.requests_max, 1) && all.fits(share, expected);
        if !has_room || !is_soon(&all.writing.load(share.line), all.weight(share, expected)) {
            return Err(all.busy(share, expected));
        }
        all.requests.fetch_add(1, Ordering::Relaxed);
        share.requests.fetch_add(1, Ordering::Relaxed);
        Ok(Held { all: Arc::clone(all), share: Arc::clone(share), bytes: 0, body_bytes: 0 })
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

    /// What a body of so many bytes will hold when it waits for the log, its records included; of one whose length is not
    /// known, what they lately held.
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "an estimate"
    )]
    fn weight(&self, share: &Share, bytes: usize) -> usize {
        if bytes == 0 {
            return self.writing.load(share.line).mean;
        }
        let (bodies, held) = *self.grown.lock().unwrap_or_else(PoisonError::into_inner);
        let growth = if bodies > 0.0 { (held / bodies).clamp(1.0, GROWTH_MAX) } else { 1.0 };
        (bytes as f64 * growth) as usize
    }

    /// When there should be room for `more` bytes of this key: when what waits for the log has been written, and what
    /// was told to come back before it.
    #[expect(clippy::cast_precision_loss, reason = "an estimate")]
    fn busy(&self, share: &Share, more: usize) -> Refusal {
        let load = self.writing.load(share.line);
        let before = Duration::try_from_secs_f64(load.backlog as f64 / load.rate).unwrap_or(Duration::MAX);
        let mut promised = share.promised.lock().unwrap_or_else(PoisonError::into_inner);
        let behind = promised.next(self.clock.monotonic(), self.weight(share, more) as f64, load.rate * PROMISED_PART);
        Refusal::Busy { retry_after: before.saturating_add(behind) }
    }
}

/// Whether `weight` more bytes of a key would be written soon: a sender that waits for longer takes the server for dead. What a
/// log writes in that time is shared as the memory is; a key that has nothing waiting is always heard.
fn is_soon(load: &Load, weight: usize) -> bool {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "positive, and saturating")]
    let max = ((load.rate * WAIT_MAX.as_secs_f64()) as usize).max(WAITING_BYTES_MIN);
    load.own == 0 || room::fits(load.own, load.backlog, max, weight)
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

    /// Announces what is held to the log, now that all of the body is here: many may have begun while there was room for
    /// few.
    ///
    /// # Errors
    /// [`Refusal::Busy`] when it would wait for too long.
    pub(crate) fn announce(&mut self) -> Result<Announced, Refusal> {
        self.body_bytes = self.bytes;
        let (writing, weight) = (&self.all.writing, self.all.weight(&self.share, self.bytes));
        if is_soon(&writing.load(self.share.line), weight) {
            Ok(writing.announce(self.share.line, weight))
        } else {
            Err(self.all.busy(&self.share, self.bytes))
        }
    }

    /// Notes how much of the body is held now that it has been judged.
    #[expect(clippy::cast_precision_loss, reason = "a measure")]
    pub(crate) fn note_growth(&self) {
        let mut grown = self.all.grown.lock().unwrap_or_else(PoisonError::into_inner);
        let (bodies, held) = *grown;
        *grown =
            (bodies.mul_add(GROWTH_FADING, self.body_bytes as f64), held.mul_add(GROWTH_FADING, self.bytes as f64));
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
        if !is_soon(&self.all.writing.load(share.line), self.all.weight(share, self.bytes)) {
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
mod tests;
