//! What must always hold of a log, one pure function each: asserted where it is made, asked by tests and by the
//! simulator. The ids are those of ARCHITECTURE.md.

use std::collections::BTreeMap;

use thiserror::Error;

/// An invariant that does not hold, and what breaks it.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum LogViolation {
    /// What was acknowledged is not there.
    #[error("I1, acknowledged is durable: the record at {offset} is gone; the partition holds {start}..{end}")]
    Lost {
        /// Its offset.
        offset: u64,
        /// The first offset that is there.
        start: u64,
        /// One past the last.
        end: u64,
    },
    /// What was acknowledged is there with other bytes.
    #[error("I1, acknowledged is durable: the record at {offset} has changed")]
    Changed {
        /// Its offset.
        offset: u64,
    },
    /// A device's events are not in the order that it gave them.
    #[error("I15, order per install: sequence {later} comes before {earlier}")]
    Disorder {
        /// What should come first.
        earlier: u64,
        /// What does.
        later: u64,
    },
    /// An offset is missing, or there twice.
    #[error("I17, offsets are dense: {found} follows where {expected} should")]
    Gap {
        /// The next number.
        expected: u64,
        /// The one that is there.
        found: u64,
    },
    /// Retention has removed what a group has yet to read.
    #[error("I18, retention waits for readers: the partition begins at {start}, a group reads on from {next}")]
    Passed {
        /// The first offset that is kept.
        start: u64,
        /// Where the group goes on.
        next: u64,
    },
}

impl LogViolation {
    /// The invariant's number in ARCHITECTURE.md.
    #[must_use]
    pub const fn id(&self) -> &'static str {
        match self {
            Self::Lost { .. } | Self::Changed { .. } => "I1",
            Self::Disorder { .. } => "I15",
            Self::Gap { .. } => "I17",
            Self::Passed { .. } => "I18",
        }
    }
}

/// I1: every record that was acknowledged, or once served, is at its offset with its bytes, unless retention may have
/// removed it: then it lies before `retained_to`. `kept` is the partition from `start` on.
///
/// # Errors
/// The first record that is not so.
pub fn acknowledged_is_durable<T: PartialEq>(
    owed: &BTreeMap<u64, T>,
    retained_to: u64,
    start: u64,
    kept: &[T],
) -> Result<(), LogViolation> {
    let end = start + kept.len() as u64;
    for (&offset, record) in owed {
        let found = offset.checked_sub(start).and_then(|place| kept.get(usize::try_from(place).ok()?));
        match found {
            Some(found) if found == record => {}
            Some(_) => return Err(LogViolation::Changed { offset }),
            None if offset < start && offset < retained_to => {}
            None => return Err(LogViolation::Lost { offset, start, end }),
        }
    }
    Ok(())
}

/// I15: the sequence numbers of one device, in the order in which the log first has them on one topic, ascend. A
/// repetition of an event is no first.
///
/// # Errors
/// The first pair that does not.
pub fn order_is_kept(sequences: impl IntoIterator<Item = u64>) -> Result<(), LogViolation> {
    let mut last = None;
    for sequence in sequences {
        match last {
            Some(last) if last >= sequence => return Err(LogViolation::Disorder { earlier: sequence, later: last }),
            _ => last = Some(sequence),
        }
    }
    Ok(())
}

/// I17: offsets follow each other from `first` on, without a gap and without a repetition.
///
/// # Errors
/// The first that does not.
pub fn offsets_are_dense(first: u64, offsets: impl IntoIterator<Item = u64>) -> Result<(), LogViolation> {
    for (expected, found) in (first..).zip(offsets) {
        if expected != found {
            return Err(LogViolation::Gap { expected, found });
        }
    }
    Ok(())
}

/// I18: a partition never begins after what the slowest registered group reads next.
///
/// # Errors
/// Where it does.
pub const fn retention_waits(start: u64, slowest: Option<u64>) -> Result<(), LogViolation> {
    match slowest {
        Some(next) if start > next => Err(LogViolation::Passed { start, next }),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
