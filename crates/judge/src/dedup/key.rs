//! What an event is known by, and how long it stays known: 128 bits of BLAKE3, and a day.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// The name of an event in the index: BLAKE3 of its (anonymous_id, event_id), the first 128 bits.
///
/// Two different events share a key with a probability of n² / 2^129: for 10^12 events about 10^-15.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Key {
    /// The first 64 bits: where the key stands in a sorted run, and in which block of a filter.
    pub(crate) high: u64,
    /// The other 64 bits: which bits of that block.
    pub(crate) low: u64,
}

/// Ids are at most 100 characters; longer ones take the slower way.
const KEY_BUFFER_BYTES: usize = 256;

impl Key {
    /// The key of an event. Both parts are prefixed by their length, so that no two pairs run into each other.
    #[must_use]
    pub fn of(anonymous_id: &str, event_id: &str) -> Self {
        let parts = [anonymous_id.as_bytes(), event_id.as_bytes()];
        let mut buffer = [0_u8; KEY_BUFFER_BYTES];
        let mut filled = 0;
        for part in parts {
            let end = filled + 8 + part.len();
            let Some(room) = buffer.get_mut(filled..end) else { return Self::of_long(parts) };
            let (length, text) = room.split_at_mut(8);
            length.copy_from_slice(&(part.len() as u64).to_le_bytes());
            text.copy_from_slice(part);
            filled = end;
        }
        Self::from_hash(blake3::hash(buffer.get(..filled).unwrap_or_default()))
    }

    /// The key of a record without an id: its place in the log. Nobody's event has it, since it has a third part.
    pub(crate) fn of_place(place: &str) -> Self {
        Self::of_long([place.as_bytes(), b"", b"place"])
    }

    /// The key of a session of a person whose install is not known. No event and no session of an install has it,
    /// since it has a third part.
    pub(crate) fn of_session_of_user(user_id: &str, session_id: &str) -> Self {
        Self::of_long([user_id.as_bytes(), session_id.as_bytes(), b"user"])
    }

    fn of_long<const PARTS: usize>(parts: [&[u8]; PARTS]) -> Self {
        let mut hasher = blake3::Hasher::new();
        for part in parts {
            hasher.update(&(part.len() as u64).to_le_bytes()).update(part);
        }
        Self::from_hash(hasher.finalize())
    }

    fn from_hash(hash: blake3::Hash) -> Self {
        let word = |at: usize| {
            hash.as_bytes().get(at..).and_then(<[u8]>::first_chunk).map_or(0, |bytes| u64::from_be_bytes(*bytes))
        };
        Self { high: word(0), low: word(8) }
    }
}

/// How long an id stays known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Seen(pub(crate) u16);

impl Seen {
    /// For ever: ids of imports. Later than every day.
    pub const FOREVER: Self = Self(u16::MAX);

    /// Within the window that begins at this day (days since 1970-01-01, UTC).
    /// Days before 1970 count as its first, days after the year 2149 as the last that can be told.
    #[must_use]
    pub fn on(day: i32) -> Self {
        Self(u16::try_from(day.max(0)).unwrap_or(u16::MAX).min(u16::MAX - 1))
    }

    /// Whether an id of this day is no longer known on `today`.
    pub(crate) fn expired(self, today: Self, window_days: u16) -> bool {
        self != Self::FOREVER && self.0.saturating_add(window_days) < today.0
    }
}

/// The ids that are not on disk yet. Keys are hashes already: hashing them again would be for nothing.
pub(crate) type KeyMap = HashMap<Key, Seen, BuildHasherDefault<TakeLow>>;

/// A hasher that hands on the last 64 bits it was given: of a [`Key`], its low half.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct TakeLow(u64);

impl Hasher for TakeLow {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, word: u64) {
        self.0 = word;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_pairs_run_into_each_other_and_long_ids_are_keyed_alike() {
        assert_ne!(Key::of("a", "bc"), Key::of("ab", "c"));
        assert_ne!(Key::of("", "abc"), Key::of("abc", ""));
        let long = "x".repeat(200);
        let short = "y".repeat(20);
        assert_eq!(Key::of(&short, &short), Key::of_long([short.as_bytes(), short.as_bytes()]));
        assert_ne!(Key::of(&long, &short), Key::of(&short, &long));
        assert_eq!(Key::of(&long, "e"), Key::of_long([long.as_bytes(), b"e"]));
    }

    #[test]
    fn an_id_expires_when_its_window_is_over_and_never_when_it_was_imported() {
        assert!(!Seen::on(10).expired(Seen::on(17), 7));
        assert!(Seen::on(10).expired(Seen::on(18), 7));
        assert!(!Seen::FOREVER.expired(Seen::on(i32::MAX), 7));
        assert!(Seen::on(i32::MAX) < Seen::FOREVER);
        assert_eq!(Seen::on(-5), Seen::on(0));
    }
}
