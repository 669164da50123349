//! The accounts of imports: what became of the records of each, kept in memory.

use std::collections::{BTreeMap, HashMap, VecDeque};

/// Imports whose accounts are kept; the one that is longest without a record goes first.
const TALLIES_MAX: usize = 64;

/// What became of the records of one import, as far as they have been judged and are durable.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// Rows of the table `events` by event.
    pub rows: BTreeMap<String, u64>,
    /// Records whose id was known.
    pub duplicates: u64,
    /// Rows of the table `quarantine`.
    pub quarantined: u64,
}

impl Tally {
    /// All records that have been judged.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.rows.values().sum::<u64>() + self.duplicates + self.quarantined
    }

    pub(crate) fn add(&mut self, other: &Self) {
        for (event, rows) in &other.rows {
            *self.rows.entry(event.clone()).or_default() += rows;
        }
        self.duplicates += other.duplicates;
        self.quarantined += other.quarantined;
    }
}

/// The tallies of the last imports by name.
#[derive(Debug, Default)]
pub(crate) struct Tallies {
    by_run: HashMap<String, Tally>,
    /// By when they last had a record, the oldest first.
    order: VecDeque<String>,
}

impl Tallies {
    pub(crate) fn add(&mut self, run: &str, tally: &Tally) {
        self.by_run.entry(run.to_owned()).or_default().add(tally);
        self.order.retain(|other| other != run);
        self.order.push_back(run.to_owned());
        if self.order.len() > TALLIES_MAX
            && let Some(oldest) = self.order.pop_front()
        {
            self.by_run.remove(&oldest);
        }
    }

    pub(crate) fn get(&self, run: &str) -> Tally {
        self.by_run.get(run).cloned().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_accounts_of_old_imports_make_room_for_new_ones() {
        let mut tallies = Tallies::default();
        let one = Tally { duplicates: 1, ..Tally::default() };
        tallies.add("first", &one);
        for run in 0..TALLIES_MAX - 1 {
            tallies.add(&run.to_string(), &one);
        }
        tallies.add("first", &Tally { rows: BTreeMap::from([("page_view".to_owned(), 2)]), ..one.clone() });
        tallies.add("last", &one);
        assert_eq!(tallies.get("first").total(), 4);
        assert_eq!(tallies.get("0"), Tally::default(), "the oldest went");
        assert_eq!(tallies.by_run.len(), TALLIES_MAX);
    }
}
