//! Saved queries: SELECT of some columns of a view WHERE one of them has a value. What they answered before a version
//! they answer after it, of the same rows; where they cannot, the checker has said so.

use std::collections::BTreeSet;

use arrow::array::{Array, AsArray, RecordBatch};
use judi_schema::diff::{Affected, Change, Effect, Surface, Verdict};
use judi_schema::layout::ENVELOPE_COLUMNS;
use judi_schema::schemas::Schemas;
use judi_schema::view::{View, ViewColumn};

use crate::cell::{Cell, cell, cell_of};
use crate::chance::Chance;

/// How many queries a history saves at most.
const SAVED_MAX: usize = 12;

#[derive(Debug, Clone)]
pub(crate) struct Query {
    view: String,
    columns: Vec<String>,
    filter: Option<(String, Cell)>,
}

/// The rows that answer, by place, with what is selected of them.
type Answer = Vec<(usize, Vec<Cell>)>;

#[derive(Default)]
pub(crate) struct Saved {
    queries: Vec<Query>,
}

/// What became of the queries with one publication.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    pub(crate) same: u64,
    pub(crate) told: u64,
}

impl Saved {
    /// Saves a query on one of the views.
    pub(crate) fn save(&mut self, schemas: &Schemas, table: &RecordBatch, chance: &mut Chance) {
        if self.queries.len() >= SAVED_MAX {
            return;
        }
        let view = &schemas.views()[chance.below(schemas.views().len())];
        let payload: Vec<&ViewColumn> = view.columns.iter().skip(ENVELOPE_COLUMNS.len()).collect();
        if payload.is_empty() {
            return;
        }
        let columns = (0..chance.between(1, 3)).map(|_| chance.pick(&payload).name.clone()).collect();
        let filtered = chance.pick(&payload);
        let found = (0..table.num_rows()).filter(|row| is_of(table, view, *row)).map(|row| value(table, filtered, row));
        let found: Vec<Cell> = found.filter(|cell| *cell != Cell::Null).collect();
        let filter = found.get(chance.below(found.len().max(1))).map(|value| (filtered.name.clone(), value.clone()));
        let filter = filter.filter(|_| chance.percent(50));
        self.queries.push(Query { view: view.name.clone(), columns, filter });
    }

    /// What the queries answer now.
    pub(crate) fn answers(&self, schemas: &Schemas, table: &RecordBatch) -> Vec<Option<Answer>> {
        self.queries.iter().map(|query| query.answer(schemas, table)).collect()
    }

    /// Holds the answers of before against those of now, of rows that were not read again; queries that no longer
    /// answer the same are forgotten, if the changes told of it.
    pub(crate) fn compare(
        &mut self,
        (before, schemas_before): (Vec<Option<Answer>>, &Schemas),
        (table, schemas): (&RecordBatch, &Schemas),
        read_again: &[usize],
        changes: &[Change],
    ) -> Outcome {
        let rows: BTreeSet<usize> = read_again.iter().copied().collect();
        let kept = |answer: Option<Answer>, end: usize| {
            answer.map(|rows_of| rows_of.into_iter().filter(|(row, _)| *row < end && !rows.contains(row)).collect())
        };
        let end = before.iter().flatten().flatten().map(|(row, _)| row + 1).max().unwrap_or(0);
        let now = self.answers(schemas, table);
        let is_safe = changes.iter().all(|change| change.verdict == Verdict::Safe);
        let mut outcome = Outcome::default();
        let mut going = Vec::new();
        for ((query, before), now) in self.queries.drain(..).zip(before).zip(now) {
            let (before, now): (Option<Answer>, Option<Answer>) = (kept(before, end), kept(now, end));
            if is_same(before.as_ref(), now.as_ref()) {
                outcome.same += 1;
                going.push(query);
                continue;
            }
            let said: Vec<String> = changes.iter().map(|it| format!("{} {}", it.verdict, it.sentence())).collect();
            let differ = difference(before.as_ref(), now.as_ref());
            assert!(!is_safe, "after safe changes only, {query:?} answers {differ}: {said:#?}");
            assert!(query.is_told(schemas_before, changes), "nobody told that {query:?} answers {differ}: {said:#?}");
            outcome.told += 1;
        }
        self.queries = going;
        outcome
    }
}

impl Query {
    fn answer(&self, schemas: &Schemas, table: &RecordBatch) -> Option<Answer> {
        let view = schemas.views().iter().find(|view| view.name == self.view)?;
        let column = |name: &String| view.columns.iter().find(|column| column.name == *name);
        let columns: Vec<&ViewColumn> = self.columns.iter().map(column).collect::<Option<_>>()?;
        let filter = match &self.filter {
            Some((name, literal)) => Some((column(name)?, literal)),
            None => None,
        };
        let rows = (0..table.num_rows()).filter(|row| is_of(table, view, *row));
        let rows =
            rows.filter(|row| filter.is_none_or(|(column, literal)| holds(literal, &value(table, column, *row))));
        Some(rows.map(|row| (row, columns.iter().map(|column| value(table, column, row)).collect())).collect())
    }

    /// Whether some change says that a saved query on one of the columns feels it.
    fn is_told(&self, before: &Schemas, changes: &[Change]) -> bool {
        let view = before.views().iter().find(|view| view.name == self.view);
        let names = self.columns.iter().chain(self.filter.iter().map(|(name, _)| name));
        let used: Vec<&ViewColumn> = names
            .filter_map(|name| view.and_then(|view| view.columns.iter().find(|column| column.name == *name)))
            .collect();
        changes.iter().any(|change| {
            let feels = change.surfaces.iter().any(|it| it.surface == Surface::Sql && it.effect != Effect::Same);
            let touches = |column: &&ViewColumn| {
                let of_view = |it: &&Affected| it.event == self.view && !it.column.is_empty();
                let is_of = |it: &Affected| {
                    let is_case = column.name.ends_with("__case") && change.kind.id() == "FIELD_DELETED";
                    // The case column goes with the last member of its oneof.
                    it.column.starts_with(&column.path) || is_beside(&column.path, &it.column) || is_case
                };
                change.affected.iter().filter(of_view).any(is_of)
            };
            feels && used.iter().any(touches)
        })
    }
}

fn is_same(before: Option<&Answer>, now: Option<&Answer>) -> bool {
    let (Some(before), Some(now)) = (before, now) else { return before.is_none() && now.is_none() };
    let mut pairs = before.iter().zip(now);
    before.len() == now.len()
        && pairs.all(|(before, now)| {
            before.0 == now.0 && before.1.iter().zip(&now.1).all(|(before, now)| holds(before, now))
        })
}

fn difference(before: Option<&Answer>, now: Option<&Answer>) -> String {
    let (Some(before), Some(now)) = (before, now) else {
        return format!("with {} rows, not {}", shown(now), shown(before));
    };
    let mut pairs = before.iter().zip(now);
    let first = pairs.find(|(before, now)| before != now);
    format!("{} rows, not {}; the first that differs: {first:?}", now.len(), before.len())
}

fn shown(answer: Option<&Answer>) -> String {
    answer.map_or_else(|| "no".to_owned(), |rows| rows.len().to_string())
}

/// Whether a cell says what it said before; a struct may have got members.
fn holds(before: &Cell, now: &Cell) -> bool {
    match (before, now) {
        (Cell::Struct(before), Cell::Struct(now)) => {
            let mut members = before.iter();
            members.all(|(name, cell)| now.iter().any(|(own, now)| own == name && holds(cell, now)))
        }
        (Cell::List(before), Cell::List(now)) => {
            before.len() == now.len() && before.iter().zip(now).all(|(before, now)| holds(before, now))
        }
        (Cell::Map(before), Cell::Map(now)) => {
            let mut pairs = before.iter().zip(now);
            before.len() == now.len() && pairs.all(|(before, now)| before.0 == now.0 && holds(&before.1, &now.1))
        }
        (before, now) => before == now,
    }
}

/// Whether a column keeps the numbers of an enum's column.
fn is_beside(column: &[String], of: &[String]) -> bool {
    column.len() == of.len()
        && column.last().is_some_and(|name| of.last().is_some_and(|of| *name == format!("{of}__number")))
}

fn is_of(table: &RecordBatch, view: &View, row: usize) -> bool {
    cell_of(table, "event", row) == Cell::text(&view.event)
}

/// What a view shows of a row: the first of its columns that has a value, by today's name.
fn value(table: &RecordBatch, column: &ViewColumn, row: usize) -> Cell {
    let places = std::iter::once(&column.path).chain(&column.older);
    let found = places.map(|path| stored(table, path, row)).find(|cell| *cell != Cell::Null).unwrap_or(Cell::Null);
    match found {
        Cell::Text(text) => {
            let today = column.renamed_values.iter().find(|(old, _)| *old == text).map(|(_, today)| today);
            Cell::Text(today.unwrap_or(&text).clone())
        }
        found => found,
    }
}

fn stored(table: &RecordBatch, path: &[String], row: usize) -> Cell {
    let (first, inside) = path.split_first().unwrap();
    let Some(mut array) = table.column_by_name(first) else { return Cell::Null };
    for name in inside {
        if array.is_null(row) {
            return Cell::Null;
        }
        let Some(child) = array.as_struct().column_by_name(name) else { return Cell::Null };
        array = child;
    }
    cell(array, row)
}
