//! What occurred in all histories, counted.

use std::collections::BTreeMap;
use std::fmt;

use judi_schema::diff::Verdict;

use crate::table::Row;

#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) histories: u64,
    pub(crate) published: BTreeMap<Row, u64>,
    pub(crate) refused: BTreeMap<Row, u64>,
    /// Rows of the table to which the checker answers more strictly, with the kind of change that says so.
    pub(crate) stricter: BTreeMap<(Row, &'static str), u64>,
    pub(crate) facts: BTreeMap<&'static str, u64>,
}

impl Tally {
    pub(crate) fn count(&mut self, fact: &'static str, by: u64) {
        *self.facts.entry(fact).or_default() += by;
    }

    pub(crate) fn add(&mut self, other: Self) {
        self.histories += other.histories;
        other.published.into_iter().for_each(|(row, count)| *self.published.entry(row).or_default() += count);
        other.refused.into_iter().for_each(|(row, count)| *self.refused.entry(row).or_default() += count);
        other.stricter.into_iter().for_each(|(row, count)| *self.stricter.entry(row).or_default() += count);
        other.facts.into_iter().for_each(|(fact, count)| *self.facts.entry(fact).or_default() += count);
    }

    /// Rows of the table of which nothing, or no refusal, occurred.
    pub(crate) fn missing(&self) -> Vec<Row> {
        let is_missing = |row: &Row| {
            let is_refused = self.refused.contains_key(row);
            let is_published = self.published.contains_key(row) || *row == Row::FieldRenumbered;
            !is_published || (row.verdict() == Verdict::Blocked && !is_refused)
        };
        Row::ALL.into_iter().filter(is_missing).collect()
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} histories", self.histories)?;
        writeln!(f, "| change | verdict | refused | published |\n|---|---|---|---|")?;
        for row in Row::ALL {
            let count = |of: &BTreeMap<Row, u64>| of.get(&row).copied().unwrap_or(0);
            let (refused, published) = (count(&self.refused), count(&self.published));
            writeln!(f, "| {} | {} | {refused} | {published} |", row.words(), row.verdict())?;
        }
        for ((row, kind), count) in &self.stricter {
            writeln!(f, "stricter: {} by {kind}: {count}", row.words())?;
        }
        self.facts.iter().try_for_each(|(fact, count)| writeln!(f, "{fact}: {count}"))
    }
}
