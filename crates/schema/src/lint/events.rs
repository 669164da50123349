//! The events of a schema with their fields, those of messages in them included, and what of them is published.

use std::collections::{BTreeMap, HashSet, VecDeque};

use prost_reflect::{EnumDescriptor, FieldDescriptor, Kind, MessageDescriptor};

use super::subject::{LintFile, Subject};
use crate::ledger::{ColumnRole, Ledger};
use crate::options::{EventOptions, FieldOptions};

/// `MessageOptions` and `FieldOptions` in a message's and a field's descriptor, and `(judi.event)` and `(judi.field)`.
pub(super) const MESSAGE_OPTIONS: i32 = 7;
pub(super) const FIELD_OPTIONS: i32 = 8;
pub(super) const JUDI: i32 = 50801;
/// The name of a message, a field, an enum's value, in its descriptor.
pub(super) const NAME: i32 = 1;

/// Every event of a schema.
pub(super) struct Events<'s, 'a> {
    /// In the order of their places.
    pub(super) events: Vec<Event<'s, 'a>>,
    /// The fields of events and of the messages in them, each once, in the order of their places.
    pub(super) fields: Vec<EventField<'s, 'a>>,
}

/// One event.
pub(super) struct Event<'s, 'a> {
    pub(super) options: EventOptions,
    pub(super) message: MessageDescriptor,
    pub(super) file: &'s LintFile<'a>,
    /// Whether the ledger has it.
    pub(super) is_published: bool,
}

/// One field of an event, or of a message in one.
pub(super) struct EventField<'s, 'a> {
    pub(super) options: FieldOptions,
    pub(super) field: FieldDescriptor,
    pub(super) file: &'s LintFile<'a>,
    /// Whether it is a field of the event's own message.
    pub(super) is_of_event: bool,
    /// Whether the ledger has a column of it.
    pub(super) is_published: bool,
}

impl<'s, 'a> Events<'s, 'a> {
    pub(super) fn of(subject: &'s Subject<'a>, ledger: Option<&Ledger>) -> Self {
        let files: BTreeMap<&str, &LintFile<'a>> = subject.files.iter().map(|file| (file.name(), file)).collect();
        let mut events = Vec::new();
        for message in subject.compiled.pool.all_messages() {
            let Some(options) = subject.options.event(&message) else { continue };
            let Some(file) = files.get(message.parent_file().name()) else { continue };
            let is_published = ledger.is_some_and(|ledger| ledger_event(ledger, &options).is_some());
            events.push(Event { options, message, file, is_published });
        }
        events.sort_by(|a, b| (&a.file.path, a.message.path()).cmp(&(&b.file.path, b.message.path())));
        let published = published_fields(&events, ledger);
        let mut fields = Vec::new();
        for (message, is_event) in messages_in(&events) {
            let Some(file) = files.get(message.parent_file().name()) else { continue };
            fields.extend(message.fields().map(|field| EventField {
                options: subject.options.field(&field),
                is_published: published.contains(field.full_name()),
                is_of_event: is_event,
                field,
                file,
            }));
        }
        fields.sort_by(|a, b| (&a.file.path, a.field.path()).cmp(&(&b.file.path, b.field.path())));
        Self { events, fields }
    }
}

impl Event<'_, '_> {
    /// Where the option says this (the number of a field of `EventOptions`), else where it begins.
    pub(super) fn place(&self, number: i32) -> Vec<i32> {
        option_place(self.file, self.message.path(), MESSAGE_OPTIONS, number)
    }
}

impl EventField<'_, '_> {
    /// Where the field's name stands.
    pub(super) fn name_place(&self) -> Vec<i32> {
        [self.field.path(), &[NAME]].concat()
    }

    /// Where the option says this (the number of a field of `FieldOptions`), else where it begins.
    pub(super) fn place(&self, number: i32) -> Vec<i32> {
        option_place(self.file, self.field.path(), FIELD_OPTIONS, number)
    }
}

fn option_place(file: &LintFile<'_>, declaration: &[i32], options: i32, number: i32) -> Vec<i32> {
    let whole = [declaration, &[options, JUDI]].concat();
    let part = [whole.as_slice(), &[number]].concat();
    [part, whole].into_iter().find(|path| file.has(path)).unwrap_or_else(|| [declaration, &[NAME]].concat())
}

/// The messages of events and the messages in them, and whether each is an event's own.
fn messages_in(events: &[Event<'_, '_>]) -> Vec<(MessageDescriptor, bool)> {
    let mut seen: HashSet<String> = HashSet::new();
    let mut waiting: VecDeque<_> = events.iter().map(|event| (event.message.clone(), true)).collect();
    let mut found = Vec::new();
    while let Some((message, is_event)) = waiting.pop_front() {
        if !seen.insert(message.full_name().to_owned()) {
            continue;
        }
        waiting.extend(message.fields().filter_map(|field| Some((value_message(&field)?, false))));
        found.push((message, is_event));
    }
    found
}

/// The message that a field, a list's element or a map's value is.
pub(super) fn value_message(field: &FieldDescriptor) -> Option<MessageDescriptor> {
    match value_kind(field) {
        Kind::Message(message) => Some(message),
        _ => None,
    }
}

/// The enum that a field, a list's element or a map's value is.
pub(super) fn value_enum(field: &FieldDescriptor) -> Option<EnumDescriptor> {
    match value_kind(field) {
        Kind::Enum(it) => Some(it),
        _ => None,
    }
}

/// The kind of a field, of a list's elements or of a map's values.
pub(super) fn value_kind(field: &FieldDescriptor) -> Kind {
    match field.kind() {
        Kind::Message(entry) if field.is_map() => entry.map_entry_value_field().kind(),
        kind => kind,
    }
}

fn ledger_event<'l>(ledger: &'l Ledger, options: &EventOptions) -> Option<&'l crate::ledger::LedgerEvent> {
    let by_id = ledger.events.iter().find(|event| options.id != 0 && event.id == options.id);
    by_id.or_else(|| ledger.event(&options.name))
}

/// The full names of the fields that the ledger has columns of.
fn published_fields(events: &[Event<'_, '_>], ledger: Option<&Ledger>) -> HashSet<String> {
    let Some(ledger) = ledger else { return HashSet::new() };
    let by_id: BTreeMap<u32, &MessageDescriptor> =
        events.iter().filter_map(|event| Some((ledger_event(ledger, &event.options)?.id, &event.message))).collect();
    let columns = ledger.columns.iter().filter(|column| column.key.role == ColumnRole::Value);
    let field = |column: &crate::ledger::LedgerColumn| {
        let mut message = Some((*by_id.get(&column.key.event)?).clone());
        let mut found = None;
        for number in &column.key.path {
            let field = message.as_ref()?.get_field(*number)?;
            message = value_message(&field);
            found = Some(field.full_name().to_owned());
        }
        found
    };
    columns.filter_map(field).collect()
}
