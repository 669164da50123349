//! What must always hold of the judge's work, one pure function each: asserted between its steps, asked by tests and by
//! the simulator. The ids are those of ARCHITECTURE.md.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;

use judi_log::{Positions, Topic};
use thiserror::Error;

/// An invariant that does not hold, and what breaks it.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum JudgeViolation {
    /// What was acknowledged, or is over by the offsets, is in no table.
    #[error("I2, no loss: {key} is in no table")]
    Lost {
        /// Its id.
        key: String,
    },
    /// A table has an id more than once.
    #[error("I3, no double: {key} is {rows} times in {table}")]
    Double {
        /// Its id.
        key: String,
        /// The table.
        table: &'static str,
        /// How often.
        rows: usize,
    },
    /// A row that nobody sent, or not so.
    #[error("I4, no invention: {key} of {table} says {row}, and {sent} was sent")]
    Invented {
        /// Its id.
        key: String,
        /// The table.
        table: &'static str,
        /// What the row says.
        row: String,
        /// What was sent; "nothing" when nothing was.
        sent: String,
    },
    /// A table says that it is past a record whose row is not there.
    #[error(
        "I5, offsets travel with rows: {topic}/{partition} is over up to {last}, and {key} at {offset} is in no table"
    )]
    OffsetsWithoutRows {
        /// The record's topic.
        topic: Topic,
        /// The record's partition.
        partition: u32,
        /// Up to where it is over.
        last: u64,
        /// Where the record is.
        offset: u64,
        /// Its id.
        key: String,
    },
    /// A table has a row of a record that it does not say to be past.
    #[error("I5, offsets travel with rows: {key} is in {table}, which is not past any of its records")]
    RowsWithoutOffsets {
        /// Its id.
        key: String,
        /// The table.
        table: &'static str,
    },
    /// The dedup index knows an id that no table has.
    #[error("I6, the index never leads the tables: it knows {key}, which is in no table")]
    IndexKnowsMore {
        /// The id.
        key: String,
    },
    /// The dedup index says that it is complete further than the tables are.
    #[error("I6, the index never leads the tables: it is at {index} of {topic}/{partition}, they at {judged}")]
    IndexAhead {
        /// The topic.
        topic: Topic,
        /// The partition.
        partition: u32,
        /// The index's position.
        index: u64,
        /// The tables'.
        judged: u64,
    },
    /// A position went back.
    #[error("I7, a verdict is final: {topic}/{partition} went back from {before} to {after}")]
    WentBack {
        /// The topic.
        topic: Topic,
        /// The partition.
        partition: u32,
        /// Where it was.
        before: u64,
        /// Where it is.
        after: u64,
    },
    /// Two events of a session stand in another order than their sender gave them.
    #[error(
        "I15, order per install: in session {session}, {later} is at {later_us} and {earlier} after it, at {earlier_us}"
    )]
    OutOfOrder {
        /// Whose.
        session: String,
        /// The sequence number that comes first.
        earlier: u64,
        /// Its event_time, microseconds since 1970.
        earlier_us: i64,
        /// The one that comes later.
        later: u64,
        /// Its event_time.
        later_us: i64,
    },
    /// The answer and the table say different things.
    #[error("I8, one verdict: {key} was answered {answered:?} and is in {found}")]
    TwoVerdicts {
        /// The event's id.
        key: String,
        /// What its sender was told.
        answered: String,
        /// Where it is.
        found: String,
    },
}

impl JudgeViolation {
    /// The invariant's number in ARCHITECTURE.md.
    #[must_use]
    pub const fn id(&self) -> &'static str {
        match self {
            Self::Lost { .. } => "I2",
            Self::Double { .. } => "I3",
            Self::Invented { .. } => "I4",
            Self::OffsetsWithoutRows { .. } | Self::RowsWithoutOffsets { .. } => "I5",
            Self::IndexKnowsMore { .. } | Self::IndexAhead { .. } => "I6",
            Self::WentBack { .. } => "I7",
            Self::TwoVerdicts { .. } => "I8",
            Self::OutOfOrder { .. } => "I15",
        }
    }
}

/// Where a record is: topic, partition, offset.
pub type Place = (Topic, u32, u64);

/// I2: every acknowledged id is in a table.
///
/// # Errors
/// The first that is not.
pub fn no_loss<'a, K: Ord + Debug + 'a>(
    acknowledged: impl IntoIterator<Item = &'a K>,
    is_in_tables: impl Fn(&K) -> bool,
) -> Result<(), JudgeViolation> {
    match acknowledged.into_iter().find(|key| !is_in_tables(key)) {
        Some(key) => Err(JudgeViolation::Lost { key: format!("{key:?}") }),
        None => Ok(()),
    }
}

/// I3: within the dedup window no id is twice among the rows of a table.
///
/// # Errors
/// The first that is.
pub fn no_double<'a, K: Ord + Debug + 'a>(
    table: &'static str,
    rows: impl IntoIterator<Item = &'a K>,
) -> Result<(), JudgeViolation> {
    let mut counts: BTreeMap<&K, usize> = BTreeMap::new();
    rows.into_iter().for_each(|key| *counts.entry(key).or_default() += 1);
    match counts.into_iter().find(|(_, rows)| *rows > 1) {
        Some((key, rows)) => Err(JudgeViolation::Double { key: format!("{key:?}"), table, rows }),
        None => Ok(()),
    }
}

/// I4: every row says what was sent under its id. `sent` is `None` for an id that nobody sent.
///
/// # Errors
/// The first row that does not.
pub fn no_invention<'a, K: Debug + 'a, R: PartialEq + Debug + 'a>(
    table: &'static str,
    rows: impl IntoIterator<Item = (&'a K, &'a R)>,
    sent: impl Fn(&K) -> Option<R>,
) -> Result<(), JudgeViolation> {
    for (key, row) in rows {
        let sent = sent(key);
        if sent.as_ref() != Some(row) {
            let sent = sent.map_or_else(|| "nothing".to_owned(), |sent| format!("{sent:?}"));
            return Err(JudgeViolation::Invented { key: format!("{key:?}"), table, row: format!("{row:?}"), sent });
        }
    }
    Ok(())
}

/// I5, one way: a record that `events` says to be past is in a table. `past` is the last such offset.
///
/// # Errors
/// The first record that is not.
pub fn offsets_have_their_rows<'a, K: Debug + 'a>(
    records: impl IntoIterator<Item = (&'a Place, &'a K)>,
    past: impl Fn(Topic, u32) -> Option<u64>,
    is_in_tables: impl Fn(&K) -> bool,
) -> Result<(), JudgeViolation> {
    for (&(topic, partition, offset), key) in records {
        match past(topic, partition) {
            Some(last) if offset <= last && !is_in_tables(key) => {
                let key = format!("{key:?}");
                return Err(JudgeViolation::OffsetsWithoutRows { topic, partition, last, offset, key });
            }
            _ => {}
        }
    }
    Ok(())
}

/// I5, the other way: a row of a table is of a record that the table says to be past. `places` are those of an id's
/// records; none: they are not known, and nothing is said.
///
/// # Errors
/// The first row that is not.
pub fn rows_have_their_offsets<'a, K: Debug + 'a>(
    table: &'static str,
    rows: impl IntoIterator<Item = &'a K>,
    places: impl Fn(&K) -> Vec<Place>,
    past: impl Fn(Topic, u32) -> Option<u64>,
) -> Result<(), JudgeViolation> {
    for key in rows {
        let places = places(key);
        let is_past = |&(topic, partition, offset): &Place| past(topic, partition).is_some_and(|last| offset <= last);
        if !places.is_empty() && !places.iter().any(is_past) {
            return Err(JudgeViolation::RowsWithoutOffsets { key: format!("{key:?}"), table });
        }
    }
    Ok(())
}

/// I6: what the index knows, the tables have.
///
/// # Errors
/// The first id that they do not.
pub fn index_never_leads<'a, K: Debug + 'a>(
    known: impl IntoIterator<Item = &'a K>,
    is_in_tables: impl Fn(&K) -> bool,
) -> Result<(), JudgeViolation> {
    match known.into_iter().find(|key| !is_in_tables(key)) {
        Some(key) => Err(JudgeViolation::IndexKnowsMore { key: format!("{key:?}") }),
        None => Ok(()),
    }
}

/// I6, of positions: the index is complete up to what has been judged at most.
///
/// # Errors
/// The first position that is beyond.
pub fn index_is_behind(index: &Positions, judged: &Positions) -> Result<(), JudgeViolation> {
    for (&(topic, partition), &index) in index {
        let judged = judged.get(&(topic, partition)).copied().unwrap_or(0);
        if index > judged {
            return Err(JudgeViolation::IndexAhead { topic, partition, index, judged });
        }
    }
    Ok(())
}

/// I7: what was judged is not judged again: positions only grow.
///
/// # Errors
/// The first position that does not.
pub fn positions_only_grow(before: &Positions, after: &Positions) -> Result<(), JudgeViolation> {
    for (&(topic, partition), &before) in before {
        let after = after.get(&(topic, partition)).copied().unwrap_or(0);
        if after < before {
            return Err(JudgeViolation::WentBack { topic, partition, before, after });
        }
    }
    Ok(())
}

/// I15, of the table: within a session, `event_time` does not decrease where the sequence numbers of its sender ascend.
/// `rows`: session, sequence, event_time in microseconds. Events that are flagged as far from their receipt are none of
/// them, and a session that had to begin anew, because all that was known of it was lost, is another one.
///
/// # Errors
/// The first pair that is inverted.
pub fn order_in_session<K: Ord + Debug>(rows: impl IntoIterator<Item = (K, u64, i64)>) -> Result<(), JudgeViolation> {
    let mut sessions: BTreeMap<K, BTreeMap<u64, i64>> = BTreeMap::new();
    for (session, sequence, time_us) in rows {
        sessions.entry(session).or_default().insert(sequence, time_us);
    }
    for (session, times) in sessions {
        for ((&earlier, &earlier_us), (&later, &later_us)) in times.iter().zip(times.iter().skip(1)) {
            if earlier_us > later_us {
                let session = format!("{session:?}");
                return Err(JudgeViolation::OutOfOrder { session, earlier, earlier_us, later, later_us });
            }
        }
    }
    Ok(())
}

/// What the sender of an event was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Told {
    /// It fits.
    Ok,
    /// It does not.
    Quarantined,
}

/// I8: an event that was answered `ok` is in `events` and not in `quarantine`; one that was answered `quarantined` is
/// in `quarantine`, or a later schema has read it, and then it is in `events`.
///
/// # Errors
/// The first event that is elsewhere.
pub fn one_verdict<'a, K: Ord + Debug + 'a>(
    told: impl IntoIterator<Item = (&'a K, Told)>,
    events: &BTreeSet<K>,
    quarantine: &BTreeSet<K>,
) -> Result<(), JudgeViolation> {
    for (key, told) in told {
        let found = match (told, events.contains(key), quarantine.contains(key)) {
            (Told::Ok, true, false) | (Told::Quarantined, true, _) | (Told::Quarantined, _, true) => continue,
            (_, false, false) => "no table",
            (_, false, true) => "quarantine",
            (_, true, _) => "both",
        };
        let (key, answered) = (format!("{key:?}"), format!("{told:?}"));
        return Err(JudgeViolation::TwoVerdicts { key, answered, found: found.to_owned() });
    }
    Ok(())
}

#[cfg(test)]
mod tests;
