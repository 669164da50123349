//! The views that people query: one per event, envelope and payload flattened side by side.

use std::collections::HashSet;

use arrow::compute::kernels::cast_utils::Parser;
use arrow::datatypes::Date32Type;
use prost_reflect::{FieldDescriptor, Kind, MessageDescriptor, OneofDescriptor};

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
    let message = |model: &Model| model.compiled.pool.get_message_by_name(&model.event(&event.name)?.full_name);
    let history: Vec<MessageDescriptor> = models.rev().filter_map(message).collect();
    if let Some((newest, older)) = history.split_first() {
        let mut payload = Payload { columns, event: event.id, view: &mut view.columns, aliases: Vec::new(), older };
        payload.message(newest);
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
    /// The event's message in earlier versions, newest first.
    older: &'a [MessageDescriptor],
}

impl Payload<'_> {
    fn message(&mut self, message: &MessageDescriptor) {
        let options = OptionReader::new(message.parent_pool());
        for field in message.fields() {
            let (name, number) = (field.name(), field.number());
            let said = options.field(&field);
            let until = day_of(&said.alias_until);
            let paths = self.paths(&self.replaced(number, said.replaces), ColumnRole::Value);
            if let Some(at) = self.add(name.to_owned(), paths, renamed_values(&options, &field)) {
                self.aliases.extend(said.aliases.iter().map(|alias| (alias.clone(), at, until)));
            }
            let paths = self.paths(&[number], ColumnRole::Number);
            if let Some(at) = self.add(format!("{name}__number"), paths, Vec::new()) {
                self.aliases.extend(said.aliases.iter().map(|alias| (format!("{alias}__number"), at, until)));
            }
        }
        for oneof in message.oneofs().filter(|oneof| !oneof.is_synthetic()) {
            let paths = self.paths(&self.members(&oneof), ColumnRole::Case);
            self.add(format!("{}__case", oneof.name()), paths, Vec::new());
        }
        let mut taken: HashSet<String> = self.view.iter().map(|column| column.name.to_ascii_lowercase()).collect();
        for (alias, at, until_day) in std::mem::take(&mut self.aliases) {
            if let Some(column) = self.view.get(at).cloned().filter(|_| taken.insert(alias.to_ascii_lowercase())) {
                self.view.push(ViewColumn { name: alias, until_day, ..column });
            }
        }
    }

    /// The field, and what it took over from, and what that took over from, as earlier versions said.
    fn replaced(&self, number: u32, replaces: u32) -> Vec<u32> {
        let mut numbers = vec![number];
        let mut next = replaces;
        while next != 0 && !numbers.contains(&next) {
            numbers.push(next);
            let field = self.older.iter().find_map(|message| message.get_field(next));
            next = field.map_or(0, |field| OptionReader::new(field.parent_pool()).field(&field).replaces);
        }
        numbers
    }

    /// A oneof's members, and those that it, or a oneof of its name, had in earlier versions: its case may be known by
    /// one of these.
    fn members(&self, oneof: &OneofDescriptor) -> Vec<u32> {
        let mut members: Vec<u32> = oneof.fields().map(|field| field.number()).collect();
        members.sort_unstable();
        for earlier in self.older.iter().flat_map(MessageDescriptor::oneofs).filter(|oneof| !oneof.is_synthetic()) {
            let own: Vec<u32> = earlier.fields().map(|field| field.number()).collect();
            if earlier.name() == oneof.name() || own.iter().any(|number| members.contains(number)) {
                let gone: Vec<u32> = own.into_iter().filter(|number| !members.contains(number)).collect();
                members.extend(gone);
            }
        }
        members
    }

    /// The columns of this role that the fields have, in their order, of each the newest first.
    fn paths(&self, numbers: &[u32], role: ColumnRole) -> Vec<Vec<String>> {
        let columns = numbers.iter().flat_map(|number| self.columns.generations(self.event, *number, role));
        columns.map(<[String]>::to_vec).collect()
    }

    /// Adds a column that is at the first of these places, and in older rows at the others, if there is one and nobody
    /// has the name; its place in the view.
    fn add(&mut self, name: String, paths: Vec<Vec<String>>, renamed_values: Vec<(String, String)>) -> Option<usize> {
        let is_taken = self.view.iter().any(|column| column.name.eq_ignore_ascii_case(&name));
        let mut paths = paths.into_iter();
        let path = paths.next().filter(|_| !is_taken)?;
        self.view.push(ViewColumn { name, path, older: paths.collect(), renamed_values, until_day: None });
        Some(self.view.len() - 1)
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
