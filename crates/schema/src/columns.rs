//! From the log's bytes straight into the columns of the table `events`: no message is built in between.
//!
//! ```text
//!   envelope bytes ─────────────► envelope columns ─┐
//!   payload bytes ──checked──┬──► the event's struct ├─► RecordBatch of Schemas::events_schema
//!                            └──► _unknown ──────────┘
//! ```
//!
//! | in the schema | in the table |
//! |---|---|
//! | integers but uint64; uint64 and fixed64 | BIGINT; DECIMAL(20,0) |
//! | float, double, bool, string, bytes | as they are |
//! | enum | its name, or `UNKNOWN(7)` with the number beside it |
//! | oneof | its members, and the set one's column in `<oneof>__case`: the name that it had first |
//! | repeated, map | LIST; MAP sorted by key, of equal keys the last |
//! | message; a recursive one below its third level | STRUCT; its bytes |
//! | Timestamp, Duration | microseconds, a Timestamp's rounded down, a Duration's towards zero |
//! | wrappers; Struct, Value, ListValue, Any | nullable scalars; JSON text |
//! | a field that is not set | its default where presence is implicit, else NULL; lists and maps are empty |
//! | a field that the writer's schema lacks | NULL |
//! | what the writer's schema does not know | `_unknown`: the payload without all that is known |

mod builder;
mod catch_up;
mod decode;
mod envelope;
mod leaf;
mod merge;
mod nested;
mod nulls;
mod program;
mod quarantine;
mod renamed;
mod unknown;

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use arrow::error::ArrowError;

pub use catch_up::{CatchUp, CaughtUp};
pub use quarantine::{QuarantineRow, quarantine_batch};

use self::builder::Builder;
use self::decode::Decoder;
use self::envelope::{ContextMemo, EnvelopeView, UNKNOWN};
use self::nested::StructBuilder;
use self::nulls::Nulls;
use self::program::Program;
use crate::event_time::EventTime;
use crate::model::{EventModel, Model};
use crate::schemas::Schemas;
use crate::verdict::{Reason, Violation};
use crate::wire;

/// Why a batch cannot be made. It is nobody's input: the caller has let a batch grow beyond what Arrow can address.
#[derive(Debug, thiserror::Error)]
#[error("the batch of {rows} rows cannot become columns")]
pub struct ColumnsError {
    /// How many rows it has.
    pub rows: usize,
    /// What Arrow says.
    pub source: ArrowError,
}

/// What there was to read in what an older schema did not know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    /// Nothing that the newer one knows.
    Nothing,
    /// Messages that are known, around nothing that is: that they are there may be news.
    Around,
    /// Fields.
    Something,
}

/// One growing batch of the table `events`.
#[derive(Debug)]
pub struct EventColumns {
    schemas: Arc<Schemas>,
    schema: SchemaRef,
    columns: StructBuilder,
    rows: usize,
    memo: ContextMemo,
    unknown: Vec<u8>,
    programs: Programs,
}

/// The programs of the events that have occurred, each made once.
#[derive(Debug, Default)]
struct Programs {
    made: Vec<(EventKey, Option<EventProgram>)>,
    places: HashMap<EventKey, usize>,
    /// Rows of one event mostly follow each other.
    last: usize,
}

/// Schema version, and index of the event in it.
type EventKey = (u32, u32);

/// How an event of one version is decoded, and into which column.
#[derive(Debug)]
struct EventProgram {
    column: usize,
    program: Program,
}

impl EventColumns {
    /// An empty batch of the table that these schemas define.
    #[must_use]
    pub fn new(schemas: &Arc<Schemas>) -> Self {
        let schema = Arc::clone(schemas.events_schema());
        let columns = StructBuilder::new(schema.fields());
        Self {
            schemas: Arc::clone(schemas),
            schema,
            columns,
            rows: 0,
            memo: ContextMemo::default(),
            unknown: Vec::new(),
            programs: Programs::default(),
        }
    }

    /// Adds the row of one event: `envelope` is a `judi.v1.Envelope`, `payload` a message of `event`, which is one of
    /// `model`'s, which is one of the schemas' versions.
    ///
    /// # Errors
    /// What [`wire::validate`] says of the payload; `undecodable` for an envelope that is none; `unknown_schema` for a
    /// version or an event that the schemas of this batch do not have. The batch is as it was before.
    pub fn push(
        &mut self,
        model: &Model,
        event: &EventModel,
        envelope: &[u8],
        payload: &[u8],
    ) -> Result<(), Violation> {
        let payload = wire::checked(&model.plans, event.message, payload)?;
        self.push_checked(model, event, &EnvelopeView::read(envelope)?, &payload)
    }

    /// [`EventColumns::push`] with another time than the envelope says.
    ///
    /// # Errors
    /// The same.
    pub fn push_at(
        &mut self,
        time: EventTime,
        model: &Model,
        event: &EventModel,
        envelope: &[u8],
        payload: &[u8],
    ) -> Result<(), Violation> {
        let payload = wire::checked(&model.plans, event.message, payload)?;
        self.push_checked(model, event, &EnvelopeView::read(envelope)?.timed(time), &payload)
    }

    fn push_checked(
        &mut self,
        model: &Model,
        event: &EventModel,
        envelope: &EnvelopeView<'_>,
        payload: &[u8],
    ) -> Result<(), Violation> {
        let result = self.write(model, event, envelope, payload);
        match result {
            Ok(()) => self.rows += 1,
            Err(_) => {
                self.columns.truncate(self.rows);
                self.memo.forget();
            }
        }
        result
    }

    fn write(
        &mut self,
        model: &Model,
        event: &EventModel,
        envelope: &EnvelopeView<'_>,
        payload: &[u8],
    ) -> Result<(), Violation> {
        let row = self.rows;
        let program = self.programs.get(&self.schemas, model, event);
        let Some(EventProgram { column, program }) = program else { return Err(not_known(model, event)) };
        envelope.write(&mut self.columns.children, row, &mut self.memo)?;
        let mut decoder = Decoder::new(&model.plans);
        match self.columns.children.get_mut(*column) {
            Some(Builder::Struct(members)) => decoder.message(program, members, row, payload)?,
            _ => return Err(not_known(model, event)),
        }
        if decoder.unknown_possible {
            self.unknown.clear();
            if unknown::unknown_fields(&model.plans, event.message, payload, &mut self.unknown)? {
                self.columns.children[UNKNOWN].put_bytes(row, &self.unknown);
            }
        }
        Ok(())
    }

    /// Adds a row of nothing but what `unknown`, of a row's column `_unknown`, holds of `event`'s fields; what it holds
    /// of others is in the new row's `_unknown`. When it holds nothing of `event`'s, or the bytes do not have the form
    /// of the fields' types, there is no new row.
    ///
    /// # Errors
    /// [`Violation`] for bytes that no column can hold. The batch is as it was before.
    fn push_part(&mut self, model: &Model, event: &EventModel, unknown: &[u8]) -> Result<Part, Violation> {
        let read = unknown::with_json_read(&model.plans, event.message, unknown, 0)?;
        let read = wire::in_range(&model.plans, event.message, &read)?;
        self.unknown.clear();
        let is_rest = unknown::unknown_fields(&model.plans, event.message, &read, &mut self.unknown)?;
        let is_all = is_rest && self.unknown == unknown;
        if is_all && !unknown::has_known_fields(&model.plans, event.message, &read)? {
            return Ok(Part::Nothing);
        }
        let row = self.rows;
        let program = self.programs.get(&self.schemas, model, event);
        let Some(EventProgram { column, program }) = program else { return Err(not_known(model, event)) };
        let written = match self.columns.children.get_mut(*column) {
            Some(Builder::Struct(members)) => {
                Decoder::of_part(&model.plans).message(program, members, row, &read).map_err(Violation::from)
            }
            _ => Err(not_known(model, event)),
        };
        match written {
            Ok(()) => {
                if is_rest {
                    self.columns.children[UNKNOWN].put_bytes(row, &self.unknown);
                }
                self.rows += 1;
                Ok(if is_all { Part::Around } else { Part::Something })
            }
            Err(violation) => {
                self.columns.truncate(self.rows);
                Err(violation)
            }
        }
    }

    /// How many rows there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// How many bytes the columns have allocated. Looks at every column of the table: ask once per some hundred rows.
    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        self.columns.memory_bytes()
    }

    /// The rows as a batch of [`Schemas::events_schema`]; this is empty afterwards and goes on.
    ///
    /// # Errors
    /// [`ColumnsError`] when one column holds more than 2 GiB of text or elements. The rows are gone then.
    pub fn finish(&mut self) -> Result<RecordBatch, ColumnsError> {
        let rows = std::mem::take(&mut self.rows);
        self.memo.forget();
        let mut nulls = Nulls::default();
        let columns = self.columns.finish_children(self.schema.fields(), rows, &mut nulls);
        let batch = columns.and_then(|columns| RecordBatch::try_new(Arc::clone(&self.schema), columns));
        if batch.is_err() {
            // Columns after the one that failed still hold their rows.
            self.columns.truncate(0);
        }
        batch.map_err(|source| ColumnsError { rows, source })
    }
}

impl Programs {
    /// The program of an event; `None` when the table has no column for it.
    fn get(&mut self, schemas: &Schemas, model: &Model, event: &EventModel) -> Option<&EventProgram> {
        let key = (model.version, event.index);
        if self.made.get(self.last).is_none_or(|(last, _)| *last != key) {
            self.last = *self.places.entry(key).or_insert_with(|| {
                let program = schemas.layout(model.version, event.index).map(|layout| EventProgram {
                    column: layout.column,
                    program: Program::new(&model.plans, event.message, &layout.root),
                });
                self.made.push((key, program));
                self.made.len() - 1
            });
        }
        self.made.get(self.last).and_then(|(_, program)| program.as_ref())
    }
}

fn not_known(model: &Model, event: &EventModel) -> Violation {
    Violation {
        reason: Reason::UnknownSchema,
        field: String::new(),
        detail: format!("version {} of {} has no column in this table", model.version, event.name),
    }
}

#[cfg(test)]
mod tests;
