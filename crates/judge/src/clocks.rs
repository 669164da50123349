//! When events happened: the device clock's error told apart from the time of transit, and the order of a session kept.
//!
//! ```text
//!   record ──► said ──► session ──► offset ──► place ──► order ──► event_time, event_time_flag
//!                       (bounded)   (smallest   (one      (never
//!                                    delay)      event)    inverted)
//! ```
//!
//! **The offset.** A batch is sent at the true time t, when the device's clock shows `sent_at = t − θ`, and received at
//! `received_at = t + d`: θ is the clock's error, the transit d is at least 0. What can be seen is only their sum,
//! `received_at − sent_at = θ + d`. Of many batches the smallest sum has the smallest transit, so the smallest is kept:
//! θ ≤ smallest ≤ θ + (smallest d). That is the clock filter of NTP (RFC 5905, section 10; Mills 1991). Where the
//! sender says the smallest round trip ρ that it has measured, one of the batches had a transit between 0 and ρ, so
//! half of ρ is taken off, and the error is at most ρ / 2 (Cristian 1989). A sum ages: quartz drifts, so one that is an
//! hour old makes way for one that is up to 0.36 s larger ([`DRIFT_PER_UNIT`]).
//!
//! **The monotonic clock**, which nobody sets, tells when the device's clock was set. `lead = sent_at − sent_monotonic`
//! stays the same until then. Let it move by μ from one batch to another:
//!
//! | what happened | the wall's sum `θ + d` | the monotonic clock's sum | what is done |
//! |---|---|---|---|
//! | the wall clock was set by μ | moves by −μ, and the difference of the transits | moves by that difference only | θ moves by −μ |
//! | the monotonic clock started anew, or stood still in the device's sleep | moves by the difference of the transits | moves by μ, too | θ stays |
//!
//! Whichever sum has moved less is the one whose clock went on. An event whose own lead, `occurred_at − monotonic`, is
//! that of its batch, or that of the setting before, has the θ of that setting; with any other, the wall clock was set
//! between the event and the sending, and θ at the event is that at the sending plus the leads' difference, which is to
//! count from the sending back on the monotonic clock.
//!
//! Without a monotonic clock, a sum that is above the smallest by more than T, the tolerance, is a long transit, or a
//! clock that was set back:
//!
//! | the sum s, of which the smallest is s₀ < s - T | is |
//! |---|---|
//! | -T ≤ s ≤ T | a clock that was put right: that a transit hides a wrong clock's error would be a coincidence |
//! | s - s₀ is more than an hour ([`TRANSIT_US_MAX`]) | a clock that was set back: no request takes as long |
//! | the last of [`LATE_BATCHES`] in a row | a clock that was set back; the smallest of theirs is the smallest now |
//! | else | a long transit |
//!
//! **The place** p of an event, o being its `occurred_at`, r its `received_at`, T the tolerance:
//!
//! | the event | p | flag |
//! |---|---|---|
//! | came with an import | what the collector says | none |
//! | has no `sent_at` | o, or r where there is no o | none, or `received` |
//! | has no o | r | `received` |
//! | −T ≤ θ ≤ T | o, as sent | none |
//! | else | o + θ | `corrected` |
//! | p is further from r than can be | p | `future`, `past` |
//!
//! With one batch a session that is the simple rule, since the smallest sum is then the only one. In general the error
//! is at most T and the smallest transit since the clock was last set: |θ| ≤ T leaves the whole of θ, else what is left
//! is the transit.
//!
//! **The order.** An event with a sequence number is moved between those times of its session's events that were given
//! before: let l be the nearest lower number that was given a time, h the nearest higher.
//!
//! | p | event_time | flag |
//! |---|---|---|
//! | r + T < p: it would have happened after it was received | r, then as below | `ordered` |
//! | p < time(l) | time(l) | `ordered` |
//! | time(l) ≤ p ≤ time(h) | p | as placed |
//! | time(h) < p | time(h) | `ordered` |
//!
//! time(l) ≤ time(h) holds by induction, so sequences are never inverted, in whatever order batches arrive. It does not
//! make the error larger: where p < time(l), the true time is not before that of l, so time(l) is no further from it
//! than the larger of the two errors. Events that are flagged `future` or `past` are outside of the order, lest one of
//! them take a whole session with it. A number that was given a time before says nothing of the order (its sender
//! counts anew), and its event stays where it is placed.
//!
//! **A function of the log.** What is remembered is a fold over the records of the topic `events` of one partition, by
//! their offsets: duplicates and misfits included, so that neither the dedup index nor the schema has a part in it.
//! Events that a collector refused and that fit now are placed by what is known then, and leave no trace
//! ([`Clocks::look`]). Of each partition, a bounded number of sessions is remembered; those without a record for long are
//! forgotten first, and all that had none for a day are over.

mod offset;
mod order;
mod place;
mod said;
mod sessions;
mod wire;

use std::collections::BTreeMap;
use std::time::Duration;

use judi_schema::event_time::EventTime;

use offset::Offset;
pub use offset::{DRIFT_PER_UNIT, LATE_BATCHES, ROUND_TRIP_US_MAX, SET_US, TRANSIT_US_MAX};
use order::Order;
pub use order::{SEGMENTS_MAX, first_inversion};
use place::Limits;
pub use said::Said;
pub(crate) use said::session;
use sessions::Sessions;
pub use sessions::{IDLE_US_MAX, SESSIONS_MAX};

/// What the clocks of devices may do before something is done about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClockRules {
    /// How far a clock may be off before `occurred_at` is corrected.
    pub tolerance: Duration,
    /// How far after its receipt an event is flagged `future`.
    pub far_future: Duration,
    /// How far before its receipt an event is flagged `past`.
    pub far_past: Duration,
    /// How many sessions are remembered, over all partitions.
    pub sessions: usize,
}

impl Default for ClockRules {
    fn default() -> Self {
        Self {
            tolerance: Duration::from_secs(10),
            far_future: Duration::from_hours(24),
            far_past: Duration::from_hours(30 * 24),
            sessions: SESSIONS_MAX,
        }
    }
}

/// See the [module](self). The clocks of all sessions that are remembered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clocks {
    limits: Limits,
    /// Sessions that are remembered of one partition.
    sessions_max: usize,
    partitions: BTreeMap<u32, Sessions>,
}

/// What is remembered of a session.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Session {
    offset: Offset,
    order: Order,
}

impl Clocks {
    /// Nothing is known of anybody, in a log of `partitions`.
    #[must_use]
    pub fn new(rules: &ClockRules, partitions: u32) -> Self {
        let partitions = usize::try_from(partitions).unwrap_or(usize::MAX).max(1);
        let sessions_max = (rules.sessions / partitions).max(1);
        Self { limits: Limits::new(rules), sessions_max, partitions: BTreeMap::new() }
    }

    /// The time of the next record of a partition's topic `events`; what it tells is remembered.
    pub fn take(&mut self, partition: u32, said: &Said) -> EventTime {
        let (Some(sample), Some(key)) = (said.sample(), said.session) else { return alone(&self.limits, said) };
        let max = self.sessions_max;
        let sessions = self.partitions.entry(partition).or_insert_with(|| Sessions::new(max));
        let session = sessions
            .session(key, said.received_at_us, || Session { offset: Offset::new(&sample), order: Order::default() });
        session.offset.learn(&sample, self.limits.tolerance_us);
        let placed = self.limits.place(said, &sample, &session.offset);
        match said.sequence.filter(|_| !is_far(placed)) {
            Some(sequence) => {
                let placed = self.limits.before_receipt(said, placed);
                place::moved(placed, session.order.admit(sequence, placed.us))
            }
            None => placed,
        }
    }

    /// Looks at what [`Clocks::take`] will need of a record, and returns a part of it that means nothing. Done for some
    /// records before the first of them is taken, it makes their waits for memory overlap.
    #[must_use]
    pub fn foresee(&self, partition: u32, said: &Said) -> i64 {
        let session = said.session.and_then(|key| self.partitions.get(&partition)?.get(key, i64::MIN));
        session.map_or(0, |session| session.offset.smallest_us ^ session.order.highest_us().unwrap_or(0))
    }

    /// The time that a record would have if it came now; nothing is remembered of it.
    #[must_use]
    pub fn look(&self, partition: u32, said: &Said) -> EventTime {
        let known = said.session.and_then(|key| self.partitions.get(&partition)?.get(key, said.received_at_us));
        let (Some(sample), Some(session)) = (said.sample(), known) else { return alone(&self.limits, said) };
        let mut offset = session.offset.clone();
        offset.learn(&sample, self.limits.tolerance_us);
        let placed = self.limits.place(said, &sample, &offset);
        match said.sequence.filter(|_| !is_far(placed)) {
            Some(sequence) => {
                let placed = self.limits.before_receipt(said, placed);
                place::moved(placed, session.order.fit(sequence, placed.us))
            }
            None => placed,
        }
    }

    /// How many sessions are remembered.
    #[must_use]
    pub fn sessions(&self) -> usize {
        self.partitions.values().map(Sessions::len).sum()
    }

    /// What is remembered, as bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        wire::encode(&self.partitions)
    }

    /// What [`Clocks::encode`] has made, to go on by rules that may be others.
    ///
    /// # Errors
    /// What is wrong with the bytes.
    pub fn decode(bytes: &[u8], rules: &ClockRules, partitions: u32) -> Result<Self, String> {
        let empty = Self::new(rules, partitions);
        Ok(Self { partitions: wire::decode(bytes, empty.sessions_max)?, ..empty })
    }
}

/// The time of an event of which nothing but itself is known: the simple rule, and the flags.
#[must_use]
pub fn time_alone(rules: &ClockRules, said: &Said) -> EventTime {
    alone(&Limits::new(rules), said)
}

fn alone(limits: &Limits, said: &Said) -> EventTime {
    match said.sample() {
        Some(sample) => {
            let placed = limits.place(said, &sample, &Offset::new(&sample));
            match said.sequence.filter(|_| said.session.is_some() && !is_far(placed)) {
                Some(_) => limits.before_receipt(said, placed),
                None => placed,
            }
        }
        None => limits.as_said(said),
    }
}

fn is_far(placed: EventTime) -> bool {
    placed.flag.is_some_and(|flag| flag.is_far())
}

#[cfg(test)]
mod tests;
