//! The sessions of one partition that are remembered: found by key, forgotten by age. A list through the slots keeps
//! them in the order of their last records, so that both take the same time however many there are.

use std::collections::HashMap;
use std::hash::BuildHasherDefault;

use super::Session;
use crate::dedup::{Key, TakeLow};

/// Sessions that are remembered unless it is said otherwise, over all partitions: about 60 MB, and six hours of a site
/// that has twelve new sessions a second.
pub const SESSIONS_MAX: usize = 1 << 18;

/// Microseconds without a record after which a session is over: nobody's lasts longer, and what comes later still is
/// corrected by its own batch.
pub const IDLE_US_MAX: i64 = 24 * 3_600 * 1_000_000;

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
    /// The slot whose last record came just before this one's.
    older: u32,
    newer: u32,
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
        let over_before_us = over_before(received_us);
        while self.slot(self.oldest).is_some_and(|slot| slot.received_us < over_before_us) {
            self.forget(self.oldest);
        }
        let found = self.places.get(&key).copied();
        let at = match found {
            Some(at) if self.slot(at).is_some_and(|slot| slot.received_us >= over_before_us) => {
                if at != self.newest {
                    self.unlink(at);
                    self.link_newest(at);
                }
                at
            }
            over => {
                over.into_iter().for_each(|at| self.forget(at));
                self.add(key, received_us, begin())
            }
        };
        // The slot is there: it was found or made a moment ago.
        let slot = &mut self.slots[at as usize];
        slot.received_us = slot.received_us.max(received_us);
        &mut slot.session
    }

    /// The sessions with the times of their last records, the longest without one first.
    pub(super) fn by_age(&self) -> impl Iterator<Item = (Key, i64, &Session)> {
        let first = self.slot(self.oldest);
        std::iter::successors(first, |slot| self.slot(slot.newer))
            .map(|slot| (slot.key, slot.received_us, &slot.session))
    }

    /// Adds a session that is not there, as the one with the newest record.
    pub(super) fn push(&mut self, key: Key, received_us: i64, session: Session) {
        if !self.places.contains_key(&key) {
            self.add(key, received_us, session);
        }
    }

    fn add(&mut self, key: Key, received_us: i64, session: Session) -> u32 {
        while self.len() >= self.max {
            self.forget(self.oldest);
        }
        let slot = Slot { key, received_us, older: NONE, newer: NONE, session };
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

/// Two are the same when they remember the same sessions in the same order.
impl PartialEq for Sessions {
    fn eq(&self, other: &Self) -> bool {
        self.max == other.max && self.by_age().eq(other.by_age())
    }
}

impl Eq for Sessions {}
