//! The ids that lately became durable, so that a resend is answered `duplicate` without being written again.
//! Best effort and bounded: what it forgets, the judge still knows.

use std::sync::atomic::{AtomicU64, Ordering};

/// How many ids are remembered: at 8 bytes each, 8 MB; at 10,000 events a second, the last minutes.
const SLOTS: usize = 1 << 20;

/// A table with one place per id, where a newer id takes the place of an older one.
///
/// An id is 128 bits of BLAKE3. 20 of them choose the place and 64 others are kept there, so another id is
/// taken for it with a probability of 2^-64: an event is lost to that once in ten quintillion.
#[derive(Debug)]
pub(crate) struct SeenIds {
    slots: Box<[AtomicU64]>,
}

impl Default for SeenIds {
    fn default() -> Self {
        Self { slots: (0..SLOTS).map(|_| AtomicU64::new(0)).collect() }
    }
}

impl SeenIds {
    pub(crate) fn contains(&self, identity: u128) -> bool {
        let (slot, tag) = self.place(identity);
        slot.is_some_and(|slot| slot.load(Ordering::Relaxed) == tag)
    }

    /// Remembers an id. Only for what is durable: a resend after a failed write must be written.
    pub(crate) fn insert(&self, identity: u128) {
        let (slot, tag) = self.place(identity);
        if let Some(slot) = slot {
            slot.store(tag, Ordering::Relaxed);
        }
    }

    #[expect(clippy::cast_possible_truncation, reason = "two disjoint parts of the bits are taken")]
    fn place(&self, identity: u128) -> (Option<&AtomicU64>, u64) {
        let slot = (identity >> 64) as usize % SLOTS;
        // Zero means "free"; an id whose tag is zero shares the tag one.
        (self.slots.get(slot), (identity as u64).max(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_seen_until_another_takes_its_place() {
        let seen = SeenIds::default();
        let (first, same_place) = (7 << 64 | 1, 7 << 64 | 2);
        assert!(!seen.contains(first));
        seen.insert(first);
        assert!(seen.contains(first) && !seen.contains(same_place));
        seen.insert(same_place);
        assert!(!seen.contains(first) && seen.contains(same_place));
    }

    #[test]
    fn a_free_place_is_no_id() {
        assert!(!SeenIds::default().contains(0));
    }
}
