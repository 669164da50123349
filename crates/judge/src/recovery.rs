//! Where to go on after a stop at any moment: pure decisions about the offsets of one partition of one topic.
//!
//! A round ends in at most four durable steps, in this order:
//!
//! 1. the commit that adds rows to `quarantine`, if there are any;
//! 2. the commit that adds rows to `events`, if there are any, or that only says how far it is, if 1 happened;
//! 3. (now and then) the dedup index with its positions;
//! 4. (after 3) the positions of the log's consumer group `judge`, which let retention go on.
//!
//! The commits of 1 and 2 carry, for every partition of both topics, the last offset that the table has dealt with.
//! Let, for a partition, E be what `events` says, Q what `quarantine` says, and I the first offset that the index
//! on disk lacks.
//!
//! | offsets | what is certain | what is done |
//! |---|---|---|
//! | below I | the round is over; the index has its ids | nothing |
//! | I ..= E | the round is over: 2 comes last, and earlier rounds were over before it began | absorb: ids into the index |
//! | max(I, E+1) ..= Q | 1 happened; 2 did not, or had no rows. Rows of `quarantine` are there, rows of `events` are not | judge again, the ids of rows that `quarantine` holds being known |
//! | above E, Q and I | neither happened | judge |
//!
//! Why this is exactly once. Every record is judged in some round after which both tables hold what its verdict
//! asked for, so nothing is lost: judging begins at max(I, E+1), and all before it is over. Nothing is added twice:
//! a row of a round that is over is in the index, through its runs or through absorbing, so the record's repetition
//! is a duplicate; a row of `quarantine` whose round is judged again is known from the table itself; and rows of
//! `events` are added only by step 2, after which E covers the round. The argument does not need the second
//! judgement to give the same verdicts as the first, nor the rounds to have the same bounds: a schema may have been
//! published, or the program replaced, in between.
//!
//! Two judges at once, where no lock keeps one away: a commit is made only where its table has the offsets that its round
//! began from, so of two rounds that began at the same place one is refused, and its judge starts over from E and Q. That
//! holds for rows that one of them refuses and the other, by a newer schema, takes: both move E. (What is read again from
//! `quarantine` between 1 and 2 of the one may still be added by the other; a lock keeps that away.)
//!
//! Index and positions are never ahead of the tables: 3 comes after 1 and 2. Retention is never ahead of the index.

use std::ops::Range;

/// What is durable about one partition of one topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Durable {
    /// I: the first offset that the dedup index on disk lacks.
    pub(crate) index_next: u64,
    /// E: the last offset that the table `events` has dealt with.
    pub(crate) events_last: Option<i64>,
    /// Q: the last offset that the table `quarantine` has dealt with.
    pub(crate) quarantine_last: Option<i64>,
}

/// What is to be done about it; the ranges do not overlap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Resume {
    /// Records whose ids go into the index, without a verdict.
    pub(crate) absorb: Range<u64>,
    /// Records that are judged again, the rows of `quarantine` being known; a prefix of what is judged.
    pub(crate) doubtful: Range<u64>,
    /// The first offset to judge.
    pub(crate) judge_from: u64,
}

/// The row of the table above that each offset is in.
pub(crate) fn resume(durable: Durable) -> Resume {
    let next = |last: Option<i64>| last.and_then(|last| u64::try_from(last).ok()).map_or(0, |last| last + 1);
    let judge_from = durable.index_next.max(next(durable.events_last));
    let doubtful_end = judge_from.max(next(durable.quarantine_last));
    Resume { absorb: durable.index_next..judge_from, doubtful: judge_from..doubtful_end, judge_from }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resumed(index_next: u64, events_last: Option<i64>, quarantine_last: Option<i64>) -> Resume {
        resume(Durable { index_next, events_last, quarantine_last })
    }

    #[test]
    fn each_interval_is_in_its_row() {
        let nothing = Resume { absorb: 0..0, doubtful: 0..0, judge_from: 0 };
        assert_eq!(resumed(0, None, None), nothing);
        // Both tables have dealt with offsets up to 9, the index with those before 4.
        assert_eq!(resumed(4, Some(9), Some(9)), Resume { absorb: 4..10, doubtful: 10..10, judge_from: 10 });
        // Stopped between the two commits.
        assert_eq!(resumed(4, Some(9), Some(14)), Resume { absorb: 4..10, doubtful: 10..15, judge_from: 10 });
        // Rounds without rows for `events`, persisted.
        assert_eq!(resumed(15, Some(9), Some(14)), Resume { absorb: 15..15, doubtful: 15..15, judge_from: 15 });
        // Rounds without rows for `quarantine`.
        assert_eq!(resumed(0, Some(14), Some(9)), Resume { absorb: 0..15, doubtful: 15..15, judge_from: 15 });
    }

    /// The protocol itself, as small as it can be: one partition, rounds of any size, a stop after any step.
    mod model {
        use std::collections::BTreeSet;

        use proptest::prelude::*;

        use super::super::*;

        #[derive(Debug, Clone, Copy)]
        struct Letter {
            id: u8,
            /// How it is judged now, and after the schema has changed.
            fits: [bool; 2],
        }

        #[derive(Debug, Default)]
        struct Machine {
            events: Vec<u8>,
            quarantine: Vec<u8>,
            durable: Durable,
            index_disk: BTreeSet<u8>,
            index: BTreeSet<u8>,
            next: u64,
        }

        impl Machine {
            fn restart(&mut self, log: &[Letter]) {
                self.index = self.index_disk.clone();
                let Resume { absorb, doubtful, judge_from } = resume(self.durable);
                let ids = |range: Range<u64>| log[range.start as usize..range.end as usize].iter().map(|r| r.id);
                self.index.extend(ids(absorb));
                self.index.extend(ids(doubtful).filter(|id| self.quarantine.contains(id)));
                self.next = judge_from;
            }

            /// One round, of which only the first `steps` steps happen.
            fn round(&mut self, log: &[Letter], records: u64, steps: u8, published: usize) {
                let end = (self.next + records).min(log.len() as u64);
                let (mut events, mut quarantine) = (Vec::new(), Vec::new());
                for record in &log[self.next as usize..end as usize] {
                    if self.index.insert(record.id) {
                        if record.fits[published] { events.push(record.id) } else { quarantine.push(record.id) }
                    }
                }
                let last = i64::try_from(end).unwrap() - 1;
                if steps >= 1 && !quarantine.is_empty() {
                    self.quarantine.extend(quarantine);
                    self.durable.quarantine_last = Some(last);
                }
                if steps >= 2 && !events.is_empty() {
                    self.events.extend(events);
                    self.durable.events_last = Some(last);
                }
                if steps >= 3 {
                    self.index_disk = self.index.clone();
                    self.durable.index_next = end;
                }
                self.next = end;
            }
        }

        fn letters() -> impl Strategy<Value = Vec<Letter>> {
            let letter = (0_u8..12, any::<bool>(), any::<bool>())
                .prop_map(|(id, now, later)| Letter { id, fits: [now, now || later] });
            prop::collection::vec(letter, 1..40)
        }

        proptest! {
            #[test]
            fn every_id_ends_in_one_row_however_often_it_is_stopped(
                log in letters(),
                rounds in prop::collection::vec((0_u64..6, 0_u8..4, any::<bool>()), 0..30),
                published_at in 0_usize..30,
            ) {
                let mut machine = Machine::default();
                for (number, (records, steps, stopped)) in rounds.into_iter().enumerate() {
                    let published = usize::from(number >= published_at);
                    // A round that is not stopped does all of its commits, with or without the index.
                    machine.round(&log, records, if stopped { steps } else { steps.max(2) }, published);
                    if stopped {
                        machine.restart(&log);
                    }
                }
                machine.restart(&log);
                machine.round(&log, log.len() as u64, 3, 1);
                let mut rows = [machine.events, machine.quarantine].concat();
                rows.sort_unstable();
                let ids: BTreeSet<u8> = log.iter().map(|record| record.id).collect();
                prop_assert_eq!(rows, ids.into_iter().collect::<Vec<_>>());
            }
        }
    }
}
