//! The views that people query: one per event, envelope and payload flattened side by side.

use std::collections::HashSet;

use crate::layout::{ENVELOPE_COLUMNS, TableColumns};
use crate::ledger::{ColumnRole, Ledger, LedgerEvent};
use crate::model::Model;
use crate::options::OptionReader;

/// The view of one event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct View {
    /// The view's name: the event's.
    pub name: String,
    /// The value of the column `event` in its rows.
    pub event: String,
    /// The envelope's columns, then the payload's; names are unique. The engine adds `date`.
    pub columns: Vec<ViewColumn>,
}

/// One column of a view.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ViewColumn {
    /// As people write it.
    pub name: String,
    /// Where it is in the table `events`: a column, or a struct and its child.
    pub path: Vec<String>,
    /// Where older rows have it, newest first, because its type was widened: the view coalesces `path` and these.
    pub older: Vec<Vec<String>>,
}

/// The views of all events of the ledger, by the newest version (the last of `models`) that has each.
pub(crate) fn views<'a>(
    ledger: &Ledger,
    columns: &TableColumns,
    models: &(impl DoubleEndedIterator<Item = &'a Model> + Clone),
) -> Vec<View> {
    ledger.events.iter().map(|event| view(event, columns, models.clone())).collect()
}

fn view<'a>(event: &LedgerEvent, columns: &TableColumns, models: impl DoubleEndedIterator<Item = &'a Model>) -> View {
    let envelope = ENVELOPE_COLUMNS.iter().map(|(name, _)| ViewColumn {
        name: (*name).to_owned(),
        path: vec![(*name).to_owned()],
        older: Vec::new(),
    });
    let mut view = View { name: event.name.clone(), event: event.name.clone(), columns: envelope.collect() };
    let newest = models.rev().find_map(|model| model.event(&event.name).map(|event| (model, event)));
    if let Some((model, found)) = newest {
        let mut payload = Payload { columns, event: event.id, view: &mut view.columns, aliases: Vec::new() };
        payload.message(model, &found.full_name);
    }
    view
}

struct Payload<'a> {
    columns: &'a TableColumns,
    event: u32,
    view: &'a mut Vec<ViewColumn>,
    /// Old names with the place of their column in the view; they come last, and only where nobody has the name.
    aliases: Vec<(String, usize)>,
}

impl Payload<'_> {
    fn message(&mut self, model: &Model, full_name: &str) {
        let pool = &model.compiled.pool;
        let options = OptionReader::new(pool);
        let Some(message) = pool.get_message_by_name(full_name) else { return };
        for field in message.fields() {
            let name = field.name();
            let at = self.view.len();
            if self.add(name.to_owned(), field.number(), ColumnRole::Value) {
                self.aliases.extend(options.field(&field).aliases.into_iter().map(|alias| (alias, at)));
            }
            self.add(format!("{name}__number"), field.number(), ColumnRole::Number);
        }
        for oneof in message.oneofs().filter(|oneof| !oneof.is_synthetic()) {
            // Whichever of the members the case column was published under.
            for member in oneof.fields() {
                self.add(format!("{}__case", oneof.name()), member.number(), ColumnRole::Case);
            }
        }
        let mut taken: HashSet<String> = self.view.iter().map(|column| column.name.to_ascii_lowercase()).collect();
        for (alias, at) in std::mem::take(&mut self.aliases) {
            if let Some(column) = self.view.get(at).cloned().filter(|_| taken.insert(alias.to_ascii_lowercase())) {
                self.view.push(ViewColumn { name: alias, ..column });
            }
        }
    }

    /// Adds the newest column of this role, if there is one and nobody has the name.
    fn add(&mut self, name: String, number: u32, role: ColumnRole) -> bool {
        let mut generations = self.columns.generations(self.event, number, role).into_iter().map(<[String]>::to_vec);
        let is_taken = self.view.iter().any(|column| column.name.eq_ignore_ascii_case(&name));
        match generations.next().filter(|_| !is_taken) {
            Some(path) => {
                self.view.push(ViewColumn { name, path, older: generations.collect() });
                true
            }
            None => false,
        }
    }
}
