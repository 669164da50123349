//! A history: twenty versions of a schema, each one or two changes after the one before.

use judi_schema::diff::Verdict;

use crate::chance::Chance;
use crate::model::Schema;
use crate::mutate::{self, Target};
use crate::table::Row;

/// How many versions a history has.
pub(crate) const VERSIONS: usize = 20;
/// Of a hundred histories, how many use `buf.validate`: its file is larger than all others together.
const WITH_RULES_PERCENT: usize = 4;
/// Of a hundred changes that must be refused, how many are tried: each is one more schema to compile.
const REFUSED_PERCENT: usize = 50;
/// How many changes are tried for a version until one is possible.
const ATTEMPTS_MAX: usize = 1_000;

pub(crate) struct History {
    /// Version `n` is at `n - 1`.
    pub(crate) versions: Vec<Version>,
}

pub(crate) struct Version {
    pub(crate) schema: Schema,
    /// What was changed since the version before.
    pub(crate) changes: Vec<Row>,
    /// What must not be published in its stead.
    pub(crate) refused: Vec<(Row, Schema)>,
}

impl History {
    pub(crate) fn draw(chance: &mut Chance) -> Self {
        let with_rules = chance.percent(WITH_RULES_PERCENT);
        let mut history = Self {
            versions: vec![Version { schema: mutate::first(chance), changes: Vec::new(), refused: Vec::new() }],
        };
        while history.versions.len() < VERSIONS {
            let before = history.newest().clone();
            let next = Version::draw(&before, with_rules, chance);
            history.versions.push(next);
        }
        history
    }

    fn newest(&self) -> &Schema {
        &self.versions[self.versions.len() - 1].schema
    }

    /// The schema of version `number`.
    pub(crate) fn schema(&self, number: u32) -> &Schema {
        &self.versions[usize::try_from(number).unwrap() - 1].schema
    }

    /// The worst verdict on the changes between two versions, in either order.
    pub(crate) fn verdict_between(&self, one: u32, other: u32) -> Verdict {
        let (from, to) = (one.min(other), one.max(other));
        let between = &self.versions[usize::try_from(from).unwrap()..usize::try_from(to).unwrap()];
        let rows = between.iter().flat_map(|version| &version.changes);
        rows.map(|row| row.published()).max().unwrap_or(Verdict::Safe)
    }
}

impl Version {
    fn draw(before: &Schema, with_rules: bool, chance: &mut Chance) -> Self {
        let mut next = Self { schema: before.clone(), changes: Vec::new(), refused: Vec::new() };
        let mut targets: Vec<Target> = Vec::new();
        let wanted = if chance.percent(30) { 2 } else { 1 };
        for _ in 0..ATTEMPTS_MAX {
            if next.changes.len() == wanted {
                break;
            }
            let Some(change) = mutate::change(drawn_row(chance), &next.schema, with_rules, chance) else { continue };
            let is_apart = targets.iter().all(|target| *target != change.target)
                && (targets.is_empty() || change.target != Target::All && !targets.contains(&Target::All));
            // What this version brings is new as a whole, whatever else is done to it.
            let is_new = matches!(change.target, Target::Message(key) if key >= before.messages.len());
            if !is_apart || (is_new && change.row != Row::EventAdded) {
                continue;
            }
            if let Some(refused) = change.refused.filter(|_| next.changes.is_empty() && chance.percent(REFUSED_PERCENT))
            {
                next.refused.push((change.row, refused));
            }
            if let Some(published) = change.published {
                next.schema = published;
                next.changes.push(change.row);
                targets.push(change.target);
            }
        }
        assert!(!next.changes.is_empty(), "something can always be changed");
        next
    }
}

fn drawn_row(chance: &mut Chance) -> Row {
    let all: usize = Row::ALL.iter().map(|row| row.weight()).sum();
    let mut at = chance.below(all);
    for row in Row::ALL {
        if at < row.weight() {
            return row;
        }
        at -= row.weight();
    }
    Row::FieldAdded
}
