//! The views that people query: one per event, envelope and payload flattened side by side.

use std::collections::HashSet;

use arrow::compute::kernels::cast_utils::Parser;
use arrow::datatypes::Date32Type;
use prost_reflect::{FieldDescriptor, Kind};

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
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ViewColumn {
    /// As people write it.
    pub name: String,
    /// Where it is in the table `events`: a column, or a struct and its child.
    pub path: Vec<String>,
    /// Where older rows have it, newest first, because its type was widened or it took over from another field: the
    /// view coalesces `path` and these, as the type of `path`; what is no value of it is NULL.
    pub older: Vec<Vec<String>>,
    /// Text that older rows hold, and what it is called today: values of an enum that were renamed.
    pub renamed_values: Vec<(String, String)>,
    /// The last day on which the view has it, counted from 1970 in the conventions' time zone: a name of yesterday
    /// with an announced end.
    pub until_day: Option<i32>,
}

impl View {
    /// The view as it is on a day, counted from 1970: without the names whose announced end has passed.
    #[must_use]
    pub fn on_day(&self, day: i32) -> Self {
        let columns = self.columns.iter().filter(|column| column.until_day.is_none_or(|until| day <= until));
        Self { columns: columns.cloned().collect(), ..self.clone() }
    }
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
        ..ViewColumn::default()
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
    /// Old names with the place of their column in the view and their end; they come last, and only where nobody has
    /// the name.
    aliases: Vec<(String, usize, Option<i32>)>,
}

impl Payload<'_> {
    fn message(&mut self, model: &Model, full_name: &str) {
        let pool = &model.compiled.pool;
        let options = OptionReader::new(pool);
        let Some(message) = pool.get_message_by_name(full_name) else { return };
        for field in message.fields() {
            let name = field.name();
            let at = self.view.len();
            let said = options.field(&field);
            if self.add(name.to_owned(), field.number(), ColumnRole::Value) {
                if let Some(column) = self.view.get_mut(at) {
                    column.renamed_values = renamed_values(&options, &field);
                    if said.replaces != 0 {
                        let replaced = self.columns.generations(self.event, said.replaces, ColumnRole::Value);
                        column.older.extend(replaced.into_iter().map(<[String]>::to_vec));
                    }
                }
                let until = day_of(&said.alias_until);
                self.aliases.extend(said.aliases.into_iter().map(|alias| (alias, at, until)));
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
        for (alias, at, until_day) in std::mem::take(&mut self.aliases) {
            if let Some(column) = self.view.get(at).cloned().filter(|_| taken.insert(alias.to_ascii_lowercase())) {
                self.view.push(ViewColumn { name: alias, until_day, ..column });
            }
        }
    }

    /// Adds the newest column of this role, if there is one and nobody has the name.
    fn add(&mut self, name: String, number: u32, role: ColumnRole) -> bool {
        let mut generations = self.columns.generations(self.event, number, role).into_iter().map(<[String]>::to_vec);
        let is_taken = self.view.iter().any(|column| column.name.eq_ignore_ascii_case(&name));
        match generations.next().filter(|_| !is_taken) {
            Some(path) => {
                self.view.push(ViewColumn { name, path, older: generations.collect(), ..ViewColumn::default() });
                true
            }
            None => false,
        }
    }
}

/// The old and today's names of a singular enum's values.
fn renamed_values(options: &OptionReader, field: &FieldDescriptor) -> Vec<(String, String)> {
    let Kind::Enum(values) = field.kind() else { return Vec::new() };
    if field.is_list() || field.is_map() {
        return Vec::new();
    }
    let renamed = values.values().flat_map(|value| {
        let today = value.name().to_owned();
        options.value_aliases(&value).into_iter().map(move |old| (old, today.clone()))
    });
    renamed.collect()
}

/// The day of `YYYY-MM-DD`, counted from 1970; `None` for anything else, lint says that it is none.
fn day_of(text: &str) -> Option<i32> {
    let date = Date32Type::parse(text)?;
    (text.len() == "2026-01-31".len()).then_some(date)
}

#[cfg(test)]
mod tests;
