//! Where a reader is: the next offset of every partition, as text that a client keeps and sends back. Pure.
//!
//! `events:0=17,events:1=4,quarantine:0=2`: what `id:` carries in a stream and `Last-Event-ID` brings back. Partitions
//! that are not named are read from where the reader asked to begin.

use std::collections::BTreeMap;
use std::fmt;

use judi_log::Topic;
use judi_schema::wire::time;
use judi_world::Timestamp;
use thiserror::Error;

/// The longest text that is read: more partitions than any log here has.
const TEXT_BYTES_MAX: usize = 16 * 1024;

/// The next offset to read, per partition.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cursor {
    next: BTreeMap<(Topic, u32), u64>,
}

/// Where a reader wants to begin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum From {
    /// With what comes from now on.
    End,
    /// With the oldest record that is kept.
    Start,
    /// With what was received at this moment or later.
    Time(Timestamp),
    /// With this offset of every partition; a shorter one from its end.
    Offset(u64),
    /// Where it stopped.
    Cursor(Cursor),
}

/// Text that is neither a position nor a time.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{text:?} is no place in the log")]
pub struct CursorError {
    /// What was given, shortened.
    pub text: String,
}

impl CursorError {
    /// What would be one.
    pub const HINT: &'static str = "`start`, `end`, a time such as 2026-11-23T08:00:00Z, one offset for every partition (`0`), or the id of an event of an earlier stream";

    fn of(text: &str) -> Self {
        Self { text: text.chars().take(100).collect() }
    }
}

impl Cursor {
    /// The next offset of a partition, where it is known.
    #[must_use]
    pub fn next(&self, topic: Topic, partition: u32) -> Option<u64> {
        self.next.get(&(topic, partition)).copied()
    }

    /// Goes on from `next`.
    pub fn set(&mut self, topic: Topic, partition: u32, next: u64) {
        self.next.insert((topic, partition), next);
    }

    /// Reads what [`fmt::Display`] writes.
    ///
    /// # Errors
    /// Anything else.
    pub fn parse(text: &str) -> Result<Self, CursorError> {
        let wrong = || CursorError::of(text);
        if text.len() > TEXT_BYTES_MAX {
            return Err(wrong());
        }
        let mut cursor = Self::default();
        for part in text.split(',') {
            let (place, next) = part.split_once('=').ok_or_else(wrong)?;
            let (topic, partition) = place.split_once(':').ok_or_else(wrong)?;
            let topic = Topic::ALL.into_iter().find(|known| known.as_str() == topic).ok_or_else(wrong)?;
            let partition = partition.parse().map_err(|_| wrong())?;
            cursor.set(topic, partition, next.parse().map_err(|_| wrong())?);
        }
        Ok(cursor)
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut comma = "";
        for ((topic, partition), next) in &self.next {
            write!(formatter, "{comma}{topic}:{partition}={next}")?;
            comma = ",";
        }
        Ok(())
    }
}

impl From {
    /// Reads `start`, `end`, a time, one offset for every partition, or a cursor.
    ///
    /// # Errors
    /// Anything else.
    pub fn parse(text: &str) -> Result<Self, CursorError> {
        match text {
            "end" | "latest" | "now" => return Ok(Self::End),
            "start" | "earliest" => return Ok(Self::Start),
            _ => {}
        }
        if let Some((seconds, nanos)) = time::parse_timestamp(text) {
            return Ok(Self::Time(Timestamp(seconds * 1_000_000 + i64::from(nanos) / 1_000)));
        }
        if let Ok(offset) = text.parse() {
            return Ok(Self::Offset(offset));
        }
        Cursor::parse(text).map(Self::Cursor)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_place_is_a_word_a_time_an_offset_or_a_cursor() {
        assert_eq!(From::parse("end"), Ok(From::End));
        assert_eq!(From::parse("start"), Ok(From::Start));
        assert_eq!(From::parse("1970-01-01T00:00:01Z"), Ok(From::Time(Timestamp(1_000_000))));
        assert_eq!(From::parse("7"), Ok(From::Offset(7)));
        for wrong in ["", "yesterday", "events:0", "events:x=1", "other:0=1", "events:0=1,,", "events:0=-1"] {
            assert!(From::parse(wrong).is_err(), "{wrong:?}");
        }
        assert!(Cursor::parse(&"events:0=1,".repeat(10_000)).is_err());
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(places in prop::collection::btree_map((0..2_usize, any::<u32>()), any::<u64>(), 1..9)) {
            let mut cursor = Cursor::default();
            for ((topic, partition), next) in places {
                cursor.set(Topic::ALL[topic], partition, next);
            }
            prop_assert_eq!(Cursor::parse(&cursor.to_string()), Ok(cursor));
        }

        #[test]
        fn any_text_is_read_or_refused(text in ".{0,60}") {
            let _ = From::parse(&text);
        }
    }
}
