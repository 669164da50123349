//! Rows that older schemas could not read in full, read again by the newest: what stood in `_unknown` goes into its
//! columns, and enum values that had no name get theirs. Everything else of a row stays as it is, its schema version,
//! too: what its writer's schema lacked and did not send is still NULL. A zero that stands for a field which did not
//! come gives way when the field did come after all: in JSON, under a name that the row's version did not know.
//!
//! ```text
//!   row (version 3) ── _unknown ──read by version 7──► a part of a row ──merged under the row──► row
//!                                     └── the rest ──────────────────────────────────────────────► _unknown
//! ```
//!
//! Doing it twice is doing it once: what was read is no longer in `_unknown`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, RecordBatch, UInt32Array};
use arrow::compute::kernels::zip::zip;
use arrow::compute::take;
use arrow::datatypes::Int64Type;
use arrow::error::ArrowError;

use super::envelope::UNKNOWN;
use super::merge::merged_rows;
use super::program::Program;
use super::renamed::with_names;
use super::{ColumnsError, EventColumns, Part};
use crate::layout::ENVELOPE_COLUMNS;
use crate::model::{EventModel, Model};
use crate::plan::{FieldKind, MessageId, Plans};
use crate::schemas::Schemas;

/// Reads rows of the table `events` again, by the newest schema.
#[derive(Debug)]
pub struct CatchUp {
    schemas: Arc<Schemas>,
    /// Events one of whose enums has more values now than in an older version: the place of their column, and how to
    /// read it.
    grown: Vec<(usize, Program)>,
}

/// Rows that are no longer as they were.
#[derive(Debug, Clone, PartialEq)]
pub struct CaughtUp {
    /// All rows of the batch, in their order.
    pub batch: RecordBatch,
    /// Which of them changed.
    pub changed: Vec<usize>,
}

impl CatchUp {
    /// For the newest version of `schemas`.
    #[must_use]
    pub fn new(schemas: &Arc<Schemas>) -> Self {
        // An event that is gone is read by the last version that had it.
        let grown = schemas.ledger().events.iter().filter_map(|event| {
            let (model, event) = schemas.newest_with(&event.name)?;
            let layout = schemas.layout(model.version, event.index).filter(|_| has_grown(schemas, model, event))?;
            Some((layout.column, Program::new(&model.plans, event.message, &layout.root)))
        });
        Self { grown: grown.collect(), schemas: Arc::clone(schemas) }
    }

    /// The columns that tell whether a row may change: most files need not be read further.
    #[must_use]
    pub fn telling_columns(&self) -> Vec<&str> {
        let fields = self.schemas.events_schema().fields();
        let grown = self.grown.iter().filter_map(|(column, _)| fields.get(*column)).map(|field| field.name().as_str());
        [ENVELOPE_COLUMNS[UNKNOWN].0].into_iter().chain(grown).collect()
    }

    /// Whether rows may change, of a batch that has the columns [`CatchUp::telling_columns`].
    ///
    /// # Errors
    /// [`ColumnsError`] for columns of other types than the table's.
    pub fn may_change(&self, batch: &RecordBatch) -> Result<bool, ColumnsError> {
        let unknown = batch.column_by_name(ENVELOPE_COLUMNS[UNKNOWN].0);
        if unknown.is_some_and(|column| column.null_count() < column.len()) {
            return Ok(true);
        }
        let fields = self.schemas.events_schema().fields();
        for (column, program) in &self.grown {
            let Some(array) = fields.get(*column).and_then(|field| batch.column_by_name(field.name())) else {
                continue;
            };
            if with_names(program, array).map_err(|source| error(batch, source))?.is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Reads the rows of `batch`, with the columns of [`Schemas::events_schema`] in any order, again; `None` when none of them changes.
    ///
    /// # Errors
    /// [`ColumnsError`] for a batch of another schema, or when a column would grow beyond 2 GiB.
    pub fn read_again(&self, batch: &RecordBatch) -> Result<Option<CaughtUp>, ColumnsError> {
        let parts = self.parts(batch).map_err(|source| error(batch, source))?;
        self.rewritten(batch, &parts).map_err(|source| error(batch, source))
    }

    /// What the rows' `_unknown` holds that can be read now.
    fn parts(&self, batch: &RecordBatch) -> Result<Parts, ArrowError> {
        let unknown = column(batch, "_unknown")?.as_binary_opt::<i32>().ok_or_else(|| wrong("_unknown"))?;
        let events = column(batch, "event")?.as_string_opt::<i32>().ok_or_else(|| wrong("event"))?;
        let versions = column(batch, "schema_version")?.as_primitive_opt::<Int64Type>();
        let versions = versions.ok_or_else(|| wrong("schema_version"))?;
        let mut rows = EventColumns::new(&self.schemas);
        let mut parts = Parts { batch: None, picks: Vec::new(), around: Vec::new(), events: BTreeMap::new() };
        let mut newest: BTreeMap<&str, Option<(&Arc<Model>, &EventModel)>> = BTreeMap::new();
        for row in 0..batch.num_rows() {
            if unknown.is_null(row) || events.is_null(row) {
                continue;
            }
            let name = events.value(row);
            let found = newest.entry(name).or_insert_with(|| self.schemas.newest_with(name));
            let Some((model, event)) = found.filter(|(model, _)| i64::from(model.version) > versions.value(row)) else {
                continue;
            };
            // What has not the form of its field stays unknown, and tells by that what is wrong with its sender.
            let Ok(part) = rows.push_part(model, event, unknown.value(row)) else { continue };
            if part != Part::Nothing {
                parts.picks.push(row);
                if part == Part::Around {
                    parts.around.push(row);
                }
                if let Some(layout) = self.schemas.layout(model.version, event.index)
                    && !parts.events.contains_key(name)
                {
                    let program = Program::new(&model.plans, event.message, &layout.root);
                    parts.events.insert(name.to_owned(), program);
                }
            }
        }
        if !rows.is_empty() {
            parts.batch = Some(rows.finish().map_err(|error| error.source)?);
        }
        Ok(parts)
    }

    fn rewritten(&self, batch: &RecordBatch, parts: &Parts) -> Result<Option<CaughtUp>, ArrowError> {
        let mut columns = batch.columns().to_vec();
        let mut changed: BTreeSet<usize> =
            parts.picks.iter().copied().filter(|row| parts.around.binary_search(row).is_err()).collect();
        if let Some(part) = &parts.batch {
            let places = places(&parts.picks, batch.num_rows());
            // By name: a table has its columns in the order in which it got them.
            for (own, field) in columns.iter_mut().zip(batch.schema_ref().fields()) {
                let Some(read) = part.column_by_name(field.name()) else { continue };
                if field.name() == ENVELOPE_COLUMNS[UNKNOWN].0 {
                    let read = take(read, &places, None)?;
                    *own = zip(&BooleanArray::from(picked(&parts.picks, own.len())), &read, own)?;
                } else if let Some(program) = parts.events.get(field.name()) {
                    let merged = merged_rows(program, own, &take(read, &places, None)?)?;
                    changed.extend(parts.around.iter().filter(|row| own.slice(**row, 1) != merged.slice(**row, 1)));
                    *own = merged;
                }
            }
        }
        let newest = self.schemas.events_schema();
        for (column, program) in &self.grown {
            let name = newest.fields().get(*column).map(|field| field.name());
            let place = name.and_then(|name| batch.schema_ref().index_of(name).ok());
            let Some(own) = place.and_then(|place| columns.get_mut(place)) else { continue };
            if let Some(named) = with_names(program, own)? {
                changed.extend((0..own.len()).filter(|row| own.slice(*row, 1) != named.slice(*row, 1)));
                *own = named;
            }
        }
        if changed.is_empty() {
            return Ok(None);
        }
        let batch = RecordBatch::try_new(batch.schema(), columns)?;
        Ok(Some(CaughtUp { batch, changed: changed.into_iter().collect() }))
    }
}

/// Parts of some rows.
struct Parts {
    batch: Option<RecordBatch>,
    /// The rows that they belong to, ascending.
    picks: Vec<usize>,
    /// Those of them that only tell that messages are there, ascending.
    around: Vec<usize>,
    /// The events that occur, and how their newest versions are read.
    events: BTreeMap<String, Program>,
}

/// For each of `rows` rows the number of its part.
fn places(picks: &[usize], rows: usize) -> UInt32Array {
    let mut places: Vec<Option<u32>> = vec![None; rows];
    for (part, row) in (0u32..).zip(picks) {
        if let Some(place) = places.get_mut(*row) {
            *place = Some(part);
        }
    }
    UInt32Array::from(places)
}

fn picked(picks: &[usize], rows: usize) -> Vec<bool> {
    let mut picked = vec![false; rows];
    for row in picks {
        if let Some(picked) = picked.get_mut(*row) {
            *picked = true;
        }
    }
    picked
}

/// Whether an enum of the event knows numbers now that it did not know in some older version.
fn has_grown(schemas: &Schemas, model: &Model, event: &EventModel) -> bool {
    let now = enum_numbers(&model.plans, event.message);
    schemas.versions().any(|older| {
        let Some(older_event) = older.event(&event.name) else { return false };
        let then = enum_numbers(&older.plans, older_event.message);
        now.iter().any(|(place, numbers)| then.get(place).is_some_and(|then| !numbers.is_subset(then)))
    })
}

/// The numbers of each enum field that a message reaches, by the message's and the field's number.
fn enum_numbers(plans: &Plans, message: MessageId) -> BTreeMap<Vec<u32>, BTreeSet<i32>> {
    fn walk(
        plans: &Plans,
        id: MessageId,
        path: &mut Vec<u32>,
        around: &mut Vec<MessageId>,
        found: &mut BTreeMap<Vec<u32>, BTreeSet<i32>>,
    ) {
        if around.contains(&id) {
            return;
        }
        around.push(id);
        for field in &plans.message(id).fields {
            path.push(field.number);
            match &field.kind {
                FieldKind::Enum(plan) => {
                    found.insert(path.clone(), plan.names.keys().copied().collect());
                }
                FieldKind::Message(child) | FieldKind::Group(child) => walk(plans, *child, path, around, found),
                FieldKind::Scalar(_) => {}
            }
            path.pop();
        }
        around.pop();
    }
    let mut found = BTreeMap::new();
    walk(plans, message, &mut Vec::new(), &mut Vec::new(), &mut found);
    found
}

fn column<'a>(batch: &'a RecordBatch, name: &str) -> Result<&'a ArrayRef, ArrowError> {
    batch.column_by_name(name).ok_or_else(|| wrong(name))
}

fn wrong(name: &str) -> ArrowError {
    ArrowError::SchemaError(format!("the batch has no column {name} of the table's type"))
}

fn error(batch: &RecordBatch, source: ArrowError) -> ColumnsError {
    ColumnsError { rows: batch.num_rows(), source }
}
