//! The pipeline in memory: what the collector and the judge decide, with the same functions; the table as one batch;
//! and what happens to it when a version is published.

use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::compute::concat_batches;
use judi_schema::columns::{CatchUp, EventColumns};
use judi_schema::envelope::{Envelope, PayloadKind};
use judi_schema::model::Model;
use judi_schema::refit::{Kept, Refit, refit};
use judi_schema::schemas::Schemas;
use judi_schema::{json, wire};
use prost::Message;

use crate::cell::widened;

/// What an SDK sends.
#[derive(Debug, Clone)]
pub(crate) struct Letter {
    /// Which of the history's sendings it is: the event's id.
    pub(crate) id: usize,
    pub(crate) event: String,
    /// 0: none is named.
    pub(crate) named: u32,
    pub(crate) body: Body,
}

#[derive(Debug, Clone)]
pub(crate) enum Body {
    Wire(Vec<u8>),
    Json(String),
}

/// A row of the table `events`, by place: whose it is, and by which version it was read first.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub(crate) id: usize,
    pub(crate) label: u32,
    /// The newest version when it became a row.
    pub(crate) at: u32,
    payload: Vec<u8>,
    event: String,
}

pub(crate) struct Server {
    pub(crate) schemas: Arc<Schemas>,
    pub(crate) table: RecordBatch,
    pub(crate) rows: Vec<Row>,
    pub(crate) quarantine: Vec<Letter>,
}

impl Server {
    pub(crate) fn new(schemas: Schemas) -> Self {
        let schemas = Arc::new(schemas);
        let table = EventColumns::new(&schemas).finish().unwrap();
        Self { schemas, table, rows: Vec::new(), quarantine: Vec::new() }
    }

    /// Takes a batch of events, in one batch of rows whatever versions they are of.
    pub(crate) fn receive(&mut self, letters: Vec<Letter>) {
        let mut fitting = Vec::new();
        for letter in letters {
            match judged(&self.schemas, &letter) {
                Some((version, payload)) => fitting.push((letter, version, payload)),
                None => self.quarantine.push(letter),
            }
        }
        self.add(fitting);
    }

    /// Publishes a version: rows are read again, then quarantined events are judged again. The places of the rows that
    /// the reading changed are returned.
    pub(crate) fn publish(&mut self, schemas: Schemas) -> Vec<usize> {
        self.schemas = Arc::new(schemas);
        self.table = widened(&self.table, self.schemas.events_schema());
        let catch_up = CatchUp::new(&self.schemas);
        let caught_up = catch_up.read_again(&self.table).unwrap();
        let changed = match caught_up {
            Some(caught_up) => {
                assert!(catch_up.may_change(&self.table).unwrap());
                self.table = caught_up.batch;
                caught_up.changed
            }
            None => Vec::new(),
        };
        let mut fitting = Vec::new();
        for letter in std::mem::take(&mut self.quarantine) {
            let found =
                refit(&self.schemas, &letter.kept()).map(|Refit { model, payload, .. }| (model.version, payload));
            match found {
                Some((version, payload)) => fitting.push((letter, version, payload)),
                None => self.quarantine.push(letter),
            }
        }
        self.add(fitting);
        changed
    }

    fn add(&mut self, fitting: Vec<(Letter, u32, Vec<u8>)>) {
        let at = self.schemas.current().version;
        let rows: Vec<Row> = fitting
            .into_iter()
            .map(|(letter, label, payload)| Row { id: letter.id, label, at, payload, event: letter.event })
            .collect();
        if rows.is_empty() {
            return;
        }
        let added = loaded(&self.schemas, &rows);
        self.table = concat_batches(self.schemas.events_schema(), [&self.table, &added]).unwrap();
        self.rows.extend(rows);
    }

    /// All rows read at once under the newest schemas, each by the version that read it first, and caught up once.
    pub(crate) fn fresh(&self) -> RecordBatch {
        let batch = loaded(&self.schemas, &self.rows);
        let caught_up = CatchUp::new(&self.schemas).read_again(&batch).unwrap();
        caught_up.map_or(batch, |caught_up| caught_up.batch)
    }

    /// Whether reading the table again would change it once more.
    pub(crate) fn is_caught_up(&self) -> bool {
        CatchUp::new(&self.schemas).read_again(&self.table).unwrap().is_none()
    }
}

fn loaded(schemas: &Arc<Schemas>, rows: &[Row]) -> RecordBatch {
    let mut columns = EventColumns::new(schemas);
    for row in rows {
        let model = schemas.version(row.label).unwrap();
        let event = model.event(&row.event).unwrap();
        let envelope = Envelope {
            event_id: row.id.to_string(),
            event: row.event.clone(),
            schema_version: row.label,
            ..Envelope::default()
        };
        columns.push(model, event, &envelope.encode_to_vec(), &row.payload).unwrap();
    }
    columns.finish().unwrap()
}

/// The collector's verdict: by the version that is named, else by the newest; `None`: quarantine.
fn judged(schemas: &Schemas, letter: &Letter) -> Option<(u32, Vec<u8>)> {
    let model: &Model = match letter.named {
        0 => schemas.current(),
        number => schemas.version(number)?,
    };
    let event = model.event(&letter.event)?;
    match &letter.body {
        Body::Wire(payload) => {
            wire::validate(&model.plans, event.message, payload).ok()?;
            Some((model.version, payload.clone()))
        }
        Body::Json(text) => {
            let mut payload = Vec::new();
            json::to_wire(&model.plans, event.message, text, &mut payload).ok()?;
            Some((model.version, payload))
        }
    }
}

impl Letter {
    fn kept(&self) -> Kept<'_> {
        let (kind, payload) = match &self.body {
            Body::Wire(payload) => (PayloadKind::PayloadProtobuf, payload.as_slice()),
            Body::Json(text) => (PayloadKind::PayloadJson, text.as_bytes()),
        };
        Kept { event: &self.event, schema_version: self.named, kind, payload }
    }
}
