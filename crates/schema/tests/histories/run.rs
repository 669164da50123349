//! One history, from its seed: publish, send, read again; then everything that was sent is looked for.

use std::collections::BTreeSet;
use std::sync::Arc;

use arrow::array::RecordBatch;
use judi_schema::compile::compile;
use judi_schema::diff::{self, Verdict};
use judi_schema::schemas::Schemas;

use crate::cell::{Cell, cell_of};
use crate::chance::Chance;
use crate::history::{History, VERSIONS, Version};
use crate::oracle::{Columns, Oracle, first_reading};
use crate::print::sources;
use crate::queries::Saved;
use crate::senders::{Senders, Sent};
use crate::server::Server;
use crate::table::Row;
use crate::tally::Tally;

/// Rows of the table where the checker is stricter: kinds that people wrote down as such, each with a reason.
const STRICTER: [(Row, &str); 1] = [
    // Rows keep the old name, views show the new one: what compares with the old name has to know.
    (Row::EnumValueRenamed, "ENUM_VALUE_RENAMED"),
];

/// Runs the history of a seed; panics with what is wrong.
pub(crate) fn run(seed: u64) -> Tally {
    let mut chance = Chance::new(seed);
    let history = History::draw(&mut chance);
    let mut run = Run {
        history: &history,
        server: Server::new(Schemas::first(&sources(&history.versions[0].schema)).unwrap()),
        senders: Senders::new(),
        saved: Saved::default(),
        tally: Tally { histories: 1, ..Tally::default() },
    };
    for number in 1..=VERSIONS {
        if number > 1 {
            run.publish(number, &history.versions[number - 1]);
        }
        let letters = run.senders.send(&history, number, &mut chance);
        run.server.receive(letters);
        run.saved.save(&run.server.schemas, &run.server.table, &mut chance);
    }
    run.check();
    run.tally
}

struct Run<'a> {
    history: &'a History,
    server: Server,
    senders: Senders,
    saved: Saved,
    tally: Tally,
}

impl Run<'_> {
    fn publish(&mut self, number: usize, version: &Version) {
        for (row, refused) in &version.refused {
            let compiled = compile(&sources(refused)).unwrap();
            let proposal = self.server.schemas.proposal(compiled);
            let changes = proposal.changes();
            let blocked: Vec<&diff::Change> = changes.iter().filter(|it| it.verdict == Verdict::Blocked).collect();
            assert!(!blocked.is_empty(), "version {number}: {row:?} passes: {changes:#?}");
            assert!(blocked.iter().any(|it| row.kinds().contains(&it.kind.id())), "{row:?} is refused as {blocked:#?}");
            let error = proposal.publish().unwrap_err();
            assert!(error.hint().is_some(), "{error}");
            *self.tally.refused.entry(*row).or_default() += 1;
        }
        let compiled = compile(&sources(&version.schema)).unwrap();
        let schemas = Arc::clone(&self.server.schemas);
        let proposal = schemas.proposal(compiled);
        self.compare_verdicts(number, version, proposal.changes());
        let changes = proposal.changes().to_vec();
        let next = proposal.publish().unwrap();
        let answers = self.saved.answers(&schemas, &self.server.table);
        let changed = self.server.publish(next);
        let now = (&self.server.table, self.server.schemas.as_ref());
        let outcome = self.saved.compare((answers, &schemas), now, &changed, &changes);
        self.tally.count("answers of saved queries that stay the same", outcome.same);
        self.tally.count("saved queries that guarded changes break, and say so", outcome.told);
        self.tally.count("rows read again", changed.len() as u64);
    }

    fn compare_verdicts(&mut self, number: usize, version: &Version, changes: &[diff::Change]) {
        let expected = version.changes.iter().map(|row| row.published()).max().unwrap();
        let found = changes.iter().map(|change| change.verdict).max().unwrap_or(Verdict::Safe);
        let said = || changes.iter().map(|it| format!("{} {}", it.verdict, it.sentence())).collect::<Vec<_>>();
        assert!(
            found >= expected,
            "version {number}: {:?} is {expected}, the checker says {:#?}",
            version.changes,
            said()
        );
        assert!(found < Verdict::Blocked, "version {number}: {:?} is refused: {:#?}", version.changes, said());
        for change in changes.iter().filter(|change| change.verdict > expected) {
            let reason = version.changes.iter().find_map(|row| {
                let words = match row {
                    Row::EnumValueRenamedWithoutAlias => Row::EnumValueRenamed,
                    row => *row,
                };
                STRICTER.iter().find(|(row, kind)| *row == words && *kind == change.kind.id())
            });
            let Some((row, kind)) = reason else {
                panic!("version {number}: {:?} is {expected}, the checker says {:#?}", version.changes, said());
            };
            *self.tally.stricter.entry((*row, *kind)).or_default() += 1;
        }
        for row in &version.changes {
            let is_named = row.verdict() == Verdict::Blocked
                || changes.iter().any(|change| row.kinds().contains(&change.kind.id()));
            assert!(is_named, "version {number}: nobody speaks of {row:?}: {:#?}", said());
            *self.tally.published.entry(*row).or_default() += 1;
        }
    }

    /// Everything that was sent is in the table, or in quarantine, as the values say.
    fn check(&mut self) {
        let newest = u32::try_from(VERSIONS).unwrap();
        assert!(self.server.is_caught_up(), "twice is once");
        self.server.table.columns().iter().for_each(|column| column.to_data().validate_full().unwrap());
        let kept: BTreeSet<usize> = self.server.quarantine.iter().map(|letter| letter.id).collect();
        let (columns, fresh) = (Columns::new(self.server.schemas.ledger()), self.server.fresh());
        let mut placed = vec![None; self.senders.sent.len()];
        for (place, row) in self.server.rows.iter().enumerate() {
            assert!(placed[row.id].replace(place).is_none(), "event {} is there twice", row.id);
        }
        let sendings = std::mem::take(&mut self.senders.sent);
        for (id, sent) in sendings.iter().enumerate() {
            self.tally.count("events sent", 1);
            let expected = first_reading(self.history, sent, newest);
            let is_strict = !sent.is_named
                && self.history.verdict_between(sent.writer, expected.map_or(newest, |(label, _)| label))
                    == Verdict::Safe;
            let Some((label, at)) = expected else {
                assert!(kept.contains(&id) && placed[id].is_none(), "event {id} must be in quarantine: {sent:?}");
                assert!(!is_strict, "event {id} was refused after safe changes only: {sent:?}");
                self.tally.count("events that guarded changes keep in quarantine", 1);
                continue;
            };
            let Some(place) = placed[id] else { panic!("event {id} must be a row: {sent:?}") };
            assert!(!kept.contains(&id), "event {id} is there twice");
            let row = &self.server.rows[place];
            assert_eq!((row.label, row.at), (label, at), "event {id}: {sent:?}");
            if at > sent.arrived {
                self.tally.count("events that were judged again", 1);
            }
            self.check_row(id, sent, place, (label, at), is_strict, &columns, &fresh);
        }
    }

    #[expect(clippy::too_many_arguments, reason = "what is known of one row")]
    fn check_row(
        &mut self,
        id: usize,
        sent: &Sent,
        place: usize,
        (label, at): (u32, u32),
        is_strict: bool,
        columns: &Columns,
        fresh: &RecordBatch,
    ) {
        let newest = u32::try_from(VERSIONS).unwrap();
        let with = |again: Vec<u32>| Oracle { history: self.history, columns, sent, again };
        let alive = |version: &u32| self.history.schema(*version).message(sent.event).is_some();
        let caught_up = with((at + 1..=newest).collect());
        let in_table = look(&caught_up, &self.server.table, place, label);
        let left =
            in_table.unwrap_or_else(|error| panic!("event {id}, row {place} of version {label}: {error}\n{sent:#?}"));
        // A fresh load reads each row by the version that read it first, and again by the newest that has the event.
        let last = (label + 1..=newest).rev().find(alive);
        let at_once = with(last.into_iter().collect());
        if let Err(error) = look(&at_once, fresh, place, label) {
            panic!("event {id}, row {place} of a fresh load: {error}\n{sent:#?}");
        }
        let is_equal = cell_of(&self.server.table, &sent.name, place) == cell_of(fresh, &sent.name, place)
            && cell_of(&self.server.table, "_unknown", place) == cell_of(fresh, "_unknown", place);
        self.tally.count("rows", 1);
        self.tally
            .count(if is_equal { "rows equal to a fresh load" } else { "rows that caught up on what is gone now" }, 1);
        if is_strict && label != sent.writer {
            self.tally.count("events across safe changes only", 1);
            assert_eq!(left, 0, "event {id} lost values over safe changes only: {sent:#?}");
        }
        self.tally.count("values that guarded changes leave in _unknown", left as u64);
    }
}

/// Whether a row is what it must be; how many of its values no version could read.
fn look(oracle: &Oracle<'_>, batch: &RecordBatch, place: usize, label: u32) -> Result<usize, String> {
    let expect = |column: &str, cell: Cell| match cell_of(batch, column, place) {
        found if found == cell => Ok(()),
        found => Err(format!("{column}: expected {cell:?}, found {found:?}")),
    };
    expect("event", Cell::text(&oracle.sent.name))?;
    expect("schema_version", Cell::Integer(label.into()))?;
    oracle.check(label, &cell_of(batch, &oracle.sent.name, place))?;
    let left = oracle.left(label);
    let found = match cell_of(batch, "_unknown", place) {
        Cell::Bytes(bytes) => oracle.unknown(&bytes),
        _ => Vec::new(),
    };
    if left != found {
        return Err(format!("_unknown: expected {left:?}, found {found:?}"));
    }
    Ok(left.len())
}
