//! What was refused lately, for people who look for the reason: the last whole requests and the last single events
//! that were not kept. It is a window, not a record: what is durable stands in the log.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use judi_world::Timestamp;

/// How many are remembered: some pages of an inspector, in under a megabyte.
pub(crate) const RECENT_MAX: usize = 1_000;

/// How much of a text that a sender chose is remembered, in characters.
const TEXT_CHARACTERS_MAX: usize = 200;

/// A request that was refused as a whole, or an event that was rejected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecentRefusal {
    /// When.
    pub at: Timestamp,
    /// The path that was asked for, without its query.
    pub path: String,
    /// The name of the key that it came with, where it was known.
    pub key: Option<String>,
    /// The answer's HTTP status.
    pub status: u16,
    /// The answer's `error`, or the event's `reason`.
    pub reason: &'static str,
    /// The event that was rejected; `None` where the whole request was refused.
    pub event_id: Option<String>,
    /// What was wrong, for people.
    pub detail: String,
}

/// The last refusals.
#[derive(Debug, Default)]
pub(crate) struct Recent {
    ring: Mutex<VecDeque<RecentRefusal>>,
    /// The number of the oldest that is remembered, counted from 0.
    first: AtomicU64,
}

impl Recent {
    /// Remembers one, and forgets the oldest past [`RECENT_MAX`].
    pub(crate) fn note(&self, mut refusal: RecentRefusal) {
        let texts = [Some(&mut refusal.path), refusal.event_id.as_mut(), Some(&mut refusal.detail)];
        texts.into_iter().flatten().for_each(shorten);
        let mut ring = self.ring.lock().unwrap_or_else(PoisonError::into_inner);
        if ring.len() >= RECENT_MAX {
            ring.pop_front();
            self.first.fetch_add(1, Ordering::Relaxed);
        }
        ring.push_back(refusal);
    }

    /// All of them, oldest first.
    pub(crate) fn all(&self) -> Vec<RecentRefusal> {
        self.ring.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }
}

impl Recent {
    /// All of them with their numbers, oldest first.
    pub(crate) fn numbered(&self) -> Vec<(u64, RecentRefusal)> {
        let ring = self.ring.lock().unwrap_or_else(PoisonError::into_inner);
        // Only changed under the lock.
        (self.first.load(Ordering::Relaxed)..).zip(ring.iter().cloned()).collect()
    }
}

fn shorten(text: &mut String) {
    if let Some((cut, _)) = text.char_indices().nth(TEXT_CHARACTERS_MAX) {
        text.truncate(cut);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_thousand_are_remembered_in_order_and_in_short() {
        let recent = Recent::default();
        for number in 0..1_003 {
            recent.note(RecentRefusal {
                at: Timestamp(number),
                path: "å".repeat(1_000),
                key: None,
                status: 400,
                reason: "unreadable",
                event_id: None,
                detail: String::new(),
            });
        }
        let all = recent.all();
        assert_eq!((all.len(), all[0].at, all[999].at), (1_000, Timestamp(3), Timestamp(1_002)));
        assert_eq!(all[0].path.chars().count(), 200);
    }
}
