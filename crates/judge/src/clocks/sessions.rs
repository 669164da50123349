//! The sessions of one partition that are remembered: found by key, forgotten by age. A list through the slots is their
//! queue for being forgotten. A session that has had a record since it was queued is not forgotten when its turn comes, but
//! queued again (the second chance of Corbató's CLOCK, 1968): so a record costs one look at one slot, and age is known
//! well enough.

use std::collections::HashMap;
use std::hash::BuildHasherDefault;

use super::Session;
use crate::dedup::{Key, TakeLow};

/// Sessions that are remembered unless it is said otherwise, over all partitions: about 50 MB, and six hours of a site
/// that has twelve new sessions a second.
pub const SESSIONS_MAX: usize = 1 << 18;

/// Microseconds without a record after which a session is over: nobody's lasts longer, and what comes later still is
/// corrected by its own batch.
pub const IDLE_US_MAX: i64 = 24 * 3_600 * 1_000_000;

/// Sessions that are queued again at most for one that is new while there is room: two, so that the queue moves on
/// twice as fast as it grows, and what is over is found.
const SECOND_CHANCES: u32 = 2;

/// No slot.
const NONE: u32 = u32::MAX;

#[derive(Debug, Clone)]
pub(super) struct Sessions {
    max: usize,
    places: HashMap<Key, u32, BuildHasherDefault<TakeLow>>,
    slots: Vec<Slot>,
    /// Slots of sessions that were forgotten.
    free: Vec<u32>,
    oldest: u32,
    newest: u32,
}

#[derive(Debug, Clone)]
struct Slot {
    key: Key,
    received_us: i64,
    /// The slots before and after it in the queue.
    older: u32,
    newer: u32,
    /// Whether it has had a record since it was queued.
    has_come: bool,
    session: Session,
}

impl Sessions {
    /// None, and never more than `max`.
    pub(super) fn new(max: usize) -> Self {
        Self {
            max: max.min(NONE as usize),
            places: HashMap::default(),
            slots: Vec::new(),
            free: Vec::new(),
            oldest: NONE,
            newest: NONE,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.places.len()
    }

    /// What is known of the session of a record that is received at this moment.
    pub(super) fn get(&self, key: Key, received_us: i64) -> Option<&Session> {
        let slot = self.slot(*self.places.get(&key)?)?;
        (slot.received_us >= over_before(received_us)).then_some(&slot.session)
    }

    /// The session of a record that is received at this moment, `begin` where it is new.
    pub(super) fn session(&mut self, key: Key, received_us: i64, begin: impl FnOnce() -> Session) -> &mut Session {
        let found = self.places.get(&key).copied();
        let at = match found {
            Some(at) if self.slot(at).is_some_and(|slot| slot.received_us >= over_before(received_us)) => at,
            over => {
                over.into_iter().for_each(|at| self.forget(at));
                self.make_room(received_us);
                self.add(key, received_us, false, begin())
            }
        };
        // The slot is there: it was found or made a moment ago.
        let slot = &mut self.slots[at as usize];
        slot.has_come = found.is_some();
        slot.received_us = slot.received_us.max(received_us);
        &mut slot.session
    }

    /// The sessions in the order in which their turn comes: key, time of the last record, and whether one has come since
    /// the session was queued.
    pub(super) fn queue(&self) -> impl Iterator<Item = (Key, i64, bool, &Session)> {
        let first = self.slot(self.oldest);
        std::iter::successors(first, |slot| self.slot(slot.newer))
            .map(|slot| (slot.key, slot.received_us, slot.has_come, &slot.session))
    }

    /// Adds a session that is not there at the end of the queue.
    pub(super) fn push(&mut self, key: Key, received_us: i64, has_come: bool, session: Session) {
        if !self.places.contains_key(&key) {
            if self.len() >= self.max {
                self.forget(self.oldest);
            }
            self.add(key, received_us, has_come, session);
        }
    }

    /// Forgets what is over and whose turn it is.
    fn make_room(&mut self, received_us: i64) {
        let mut second_chances = 0;
        while let Some(slot) = self.slot(self.oldest) {
            let is_over = slot.received_us < over_before(received_us);
            let is_full = self.len() >= self.max;
            if is_over || (is_full && !slot.has_come) {
                self.forget(self.oldest);
            } else if slot.has_come && (is_full || second_chances < SECOND_CHANCES) {
                second_chances += 1;
                self.queue_again(self.oldest);
            } else {
                return;
            }
        }
    }

    fn queue_again(&mut self, at: u32) {
        self.unlink(at);
        self.link_newest(at);
        if let Some(slot) = self.slot_mut(at) {
            slot.has_come = false;
        }
    }

    fn add(&mut self, key: Key, received_us: i64, has_come: bool, session: Session) -> u32 {
        let slot = Slot { key, received_us, older: NONE, newer: NONE, has_come, session };
        let at = match self.free.pop() {
            Some(at) => {
                self.slots[at as usize] = slot;
                at
            }
            None => {
                self.slots.push(slot);
                u32::try_from(self.slots.len() - 1).unwrap_or(NONE)
            }
        };
        self.places.insert(key, at);
        self.link_newest(at);
        at
    }

    fn forget(&mut self, at: u32) {
        let Some(key) = self.slot(at).map(|slot| slot.key) else { return };
        self.unlink(at);
        self.places.remove(&key);
        self.free.push(at);
    }

    fn link_newest(&mut self, at: u32) {
        let before = std::mem::replace(&mut self.newest, at);
        if let Some(slot) = self.slot_mut(at) {
            (slot.older, slot.newer) = (before, NONE);
        }
        match self.slot_mut(before) {
            Some(slot) => slot.newer = at,
            None => self.oldest = at,
        }
    }

    fn unlink(&mut self, at: u32) {
        let Some((older, newer)) = self.slot(at).map(|slot| (slot.older, slot.newer)) else { return };
        match self.slot_mut(older) {
            Some(slot) => slot.newer = newer,
            None => self.oldest = newer,
        }
        match self.slot_mut(newer) {
            Some(slot) => slot.older = older,
            None => self.newest = older,
        }
    }

    fn slot(&self, at: u32) -> Option<&Slot> {
        self.slots.get(at as usize)
    }

    fn slot_mut(&mut self, at: u32) -> Option<&mut Slot> {
        self.slots.get_mut(at as usize)
    }
}

/// Sessions without a record since this moment are over.
fn over_before(received_us: i64) -> i64 {
    received_us.saturating_sub(IDLE_US_MAX)
}

/// Two are the same when they remember the same sessions in the same queue.
impl PartialEq for Sessions {
    fn eq(&self, other: &Self) -> bool {
        self.max == other.max && self.queue().eq(other.queue())
    }
}

impl Eq for Sessions {}
