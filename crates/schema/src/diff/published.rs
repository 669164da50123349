//! What the ledger knows of earlier versions, at hand: ids of events, and the columns of fields by their numbers.

use std::collections::HashMap;

use crate::ledger::{ColumnRole, Ledger};

/// The ledger by what is asked of it; of no ledger, nothing is known.
#[derive(Debug, Default)]
pub(super) struct Published<'a> {
    ids: HashMap<&'a str, u32>,
    /// By event and path of field numbers: the newest column.
    columns: HashMap<(u32, &'a [u32]), &'a [String]>,
}

impl<'a> Published<'a> {
    pub(super) fn new(ledger: Option<&'a Ledger>) -> Self {
        let Some(ledger) = ledger else { return Self::default() };
        let values = ledger.columns.iter().filter(|column| column.key.role == ColumnRole::Value);
        Self {
            ids: ledger.events.iter().map(|event| (event.name.as_str(), event.id)).collect(),
            // Generations follow each other, so the last one stays.
            columns: values
                .map(|column| ((column.key.event, column.key.path.as_slice()), column.column.as_slice()))
                .collect(),
        }
    }

    /// The id of an event that was ever published.
    pub(super) fn id(&self, event: &str) -> Option<u32> {
        self.ids.get(event).copied()
    }

    /// The column of a field that was ever published, by the numbers from its event's message down.
    pub(super) fn column(&self, event: &str, numbers: &[u32]) -> Option<&'a [String]> {
        self.columns.get(&(self.id(event)?, numbers)).copied()
    }
}
