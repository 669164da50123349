//! Schemas from texts, and batches of one row.

use std::sync::{Arc, OnceLock};

use arrow::array::RecordBatch;
use prost::Message;
use prost_reflect::{DynamicMessage, MessageDescriptor, Value};

use crate::columns::EventColumns;
use crate::compile::{Source, SourceText};
use crate::envelope::{Context, Envelope};
use crate::model::{EventModel, Model};
use crate::schemas::Schemas;

/// An envelope that says little: only that it is of version 1.
pub(super) const ENVELOPE: &[u8] = b"\x48\x01";

/// The schemas of a project, as files made them.
pub(super) struct Project {
    pub(super) schemas: Arc<Schemas>,
}

impl Project {
    /// The events `wide` and `old`: every kind of field.
    pub(super) fn wide() -> &'static Self {
        static WIDE: OnceLock<Project> = OnceLock::new();
        WIDE.get_or_init(|| {
            Self::published(&[&[("wide.proto", include_str!("wide.proto")), ("old.proto", include_str!("old.proto"))]])
        })
    }

    /// A project whose files were published in these versions, one after the other.
    pub(super) fn published(versions: &[&[(&str, &str)]]) -> Self {
        let mut schemas: Option<Schemas> = None;
        for files in versions {
            let source = |&(name, text): &(&str, &str)| Source {
                name: name.to_owned(),
                text: SourceText::Proto(text.to_owned()),
            };
            let sources: Vec<Source> = files.iter().map(source).collect();
            schemas = Some(match schemas {
                Some(before) => before.next(&sources).unwrap(),
                None => Schemas::first(&sources).unwrap(),
            });
        }
        Self { schemas: Arc::new(schemas.unwrap()) }
    }

    /// The newest version's event.
    pub(super) fn event(&self, name: &str) -> (&Model, &EventModel) {
        let model: &Model = self.schemas.current();
        (model, model.event(name).unwrap())
    }

    /// The descriptor of an event's message.
    pub(super) fn descriptor(&self, event: &str) -> MessageDescriptor {
        let (model, event) = self.event(event);
        model.compiled.pool.get_message_by_name(&event.full_name).unwrap()
    }

    /// Sets what the event requires.
    pub(super) fn complete(&self, event: &str, message: &mut DynamicMessage) {
        if event == "old" {
            message.set_field_by_name("id", Value::I32(1));
        }
    }

    /// The batch of one row with this payload.
    pub(super) fn batch(&self, event: &str, payload: &[u8]) -> RecordBatch {
        self.batch_with(ENVELOPE, event, payload)
    }

    /// The batch of one row.
    pub(super) fn batch_with(&self, envelope: &[u8], event: &str, payload: &[u8]) -> RecordBatch {
        let (model, event) = self.event(event);
        let mut columns = EventColumns::new(&self.schemas);
        columns.push(model, event, envelope, payload).unwrap();
        columns.finish().unwrap()
    }
}

/// An envelope with a context.
pub(super) fn envelope_with(anonymous_id: &str, app: &str) -> Vec<u8> {
    let context = Context { anonymous_id: anonymous_id.into(), app: app.into(), ..Context::default() };
    Envelope { context: Some(context), ..Envelope::default() }.encode_to_vec()
}
