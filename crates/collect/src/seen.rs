//! The ids that lately became durable, so that a resend is answered `duplicate` without being written again.
//! Best effort and bounded: what it forgets, the judge still knows.

use std::sync::atomic::{AtomicU64, Ordering};

/// A table with one place per id, where a newer id takes the place of an older one.
///
/// An id is 128 bits of BLAKE3. Half of them choose the place and the other half is kept there, so another id is
/// taken for it with a probability of 2^-64: an event is lost to that once in ten quintillion.
#[derive(Debug)]
pub(crate) struct SeenIds {
    slots: Box<[AtomicU64]>,
}

impl SeenIds {
    /// A table of this many places.
    pub(crate) fn new(places: usize) -> Self {
        Self { slots: (0..places).map(|_| AtomicU64::new(0)).collect() }
    }

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
        let slot = ((identity >> 64) as usize).checked_rem(self.slots.len()).and_then(|place| self.slots.get(place));
        // Zero means "free"; an id whose tag is zero shares the tag one.
        (slot, (identity as u64).max(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_seen_until_another_takes_its_place() {
        let seen = SeenIds::new(1_000);
        let (first, same_place) = (7 << 64 | 1, 7 << 64 | 2);
        assert!(!seen.contains(first));
        seen.insert(first);
        assert!(seen.contains(first) && !seen.contains(same_place));
        seen.insert(same_place);
        assert!(!seen.contains(first) && seen.contains(same_place));
    }

    #[test]
    fn a_free_place_is_no_id_and_no_places_are_no_memory() {
        assert!(!SeenIds::new(1_000).contains(0));
        let none = SeenIds::new(0);
        none.insert(7);
        assert!(!none.contains(7));
    }
}
