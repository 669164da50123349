//! One of the two states, at hand: its events, messages and enums by name, and which columns each message fills.

use std::collections::{BTreeMap, HashMap};

use prost_reflect::{DescriptorPool, EnumDescriptor, FieldDescriptor, Kind, MessageDescriptor};

use super::Affected;
use super::published::Published;
use crate::compile::Compiled;
use crate::layout::{EVENT_COLUMNS_MAX, NESTING_MAX, UNROLLED_MAX};
use crate::options::{EventOptions, OptionReader};

/// The package of the well-known types, which are values to Judi and never change.
const WELL_KNOWN: &str = "google.protobuf.";

/// One state of a schema.
pub(super) struct Side<'a> {
    pub(super) options: OptionReader,
    /// The edition of each file that is of one.
    pub(super) editions: &'a BTreeMap<String, i32>,
    /// The project's own messages by full name, without the entries of maps.
    pub(super) messages: BTreeMap<String, MessageDescriptor>,
    /// The project's own enums by full name.
    pub(super) enums: BTreeMap<String, EnumDescriptor>,
    /// Events by name; of two with one name, the last.
    pub(super) events: BTreeMap<String, (EventOptions, MessageDescriptor)>,
    /// For each message and enum by full name, where events reach it.
    reached: HashMap<String, Vec<Reached>>,
    pool: &'a DescriptorPool,
}

/// One place at which an event reaches a message, or a field of an enum.
#[derive(Debug, Clone)]
pub(super) struct Reached {
    pub(super) event: String,
    pub(super) numbers: Vec<u32>,
    pub(super) names: Vec<String>,
}

impl<'a> Side<'a> {
    pub(super) fn new(compiled: &'a Compiled) -> Self {
        let pool = &compiled.pool;
        let options = OptionReader::new(pool);
        let own = |file: &str| compiled.own_files.binary_search_by(|own| own.as_str().cmp(file)).is_ok();
        let messages: BTreeMap<String, MessageDescriptor> = pool
            .all_messages()
            .filter(|message| !message.is_map_entry() && own(message.parent_file().name()))
            .map(|message| (message.full_name().to_owned(), message))
            .collect();
        let enums = pool
            .all_enums()
            .filter(|enumeration| own(enumeration.parent_file().name()))
            .map(|enumeration| (enumeration.full_name().to_owned(), enumeration))
            .collect();
        let events: BTreeMap<_, _> = messages
            .values()
            .filter_map(|message| options.event(message).map(|event| (event.name.clone(), (event, message.clone()))))
            .collect();
        let reached = reached(&events);
        let editions = &compiled.editions;
        Self { options, editions, messages, enums, events, reached, pool }
    }

    /// Any message of this state, imported ones too.
    pub(super) fn message(&self, full_name: &str) -> Option<MessageDescriptor> {
        self.messages.get(full_name).cloned().or_else(|| self.pool.get_message_by_name(full_name))
    }

    /// The event that a message is.
    pub(super) fn event_of(&self, message: &MessageDescriptor) -> Option<EventOptions> {
        self.options.event(message)
    }

    /// The message that an event has at a path of field numbers, by its full name.
    pub(super) fn by_path(&self) -> HashMap<(&str, &[u32]), &MessageDescriptor> {
        let messages = self.messages.iter().filter_map(|(name, message)| Some((self.reached.get(name)?, message)));
        messages
            .flat_map(|(places, message)| {
                places.iter().map(move |at| ((at.event.as_str(), at.numbers.as_slice()), message))
            })
            .collect()
    }

    /// Where events reach a message or an enum.
    pub(super) fn reached(&self, full_name: &str) -> &[Reached] {
        self.reached.get(full_name).map(Vec::as_slice).unwrap_or_default()
    }
}

impl Reached {
    /// The place of a member of this message; without one, of the message itself.
    pub(super) fn affected(&self, member: Option<(u32, &str)>, published: &Published<'_>) -> Affected {
        let mut numbers = self.numbers.clone();
        let mut names = self.names.clone();
        if let Some((number, name)) = member {
            numbers.push(number);
            names.push(name.to_owned());
        }
        let column = published.column(&self.event, &numbers).map(<[String]>::to_vec).unwrap_or_default();
        Affected { event: self.event.clone(), numbers, names, column }
    }
}

/// Whether the message is one of Google's, which Judi takes as a value.
pub(super) fn is_well_known(full_name: &str) -> bool {
    full_name.starts_with(WELL_KNOWN)
}

/// The type of a field's values: of a map, of its values.
pub(super) fn value_kind(field: &FieldDescriptor) -> Kind {
    match field.kind() {
        Kind::Message(entry) if field.is_map() => entry.map_entry_value_field().kind(),
        kind => kind,
    }
}

fn reached(events: &BTreeMap<String, (EventOptions, MessageDescriptor)>) -> HashMap<String, Vec<Reached>> {
    let mut all = HashMap::new();
    for (name, (_, message)) in events {
        let mut walk = Walk { event: name, around: Vec::new(), columns: 0, all: &mut all };
        walk.message(message, &mut Vec::new(), &mut Vec::new());
    }
    all
}

/// The way through one event, within the bounds of the table's columns: what lies beyond them has none.
struct Walk<'a> {
    event: &'a str,
    around: Vec<String>,
    columns: usize,
    all: &'a mut HashMap<String, Vec<Reached>>,
}

impl Walk<'_> {
    fn message(&mut self, message: &MessageDescriptor, numbers: &mut Vec<u32>, names: &mut Vec<String>) {
        let name = message.full_name();
        let inside_itself = self.around.iter().filter(|around| *around == name).count();
        if self.around.len() >= NESTING_MAX || inside_itself >= UNROLLED_MAX {
            return;
        }
        self.note(name, numbers, names);
        self.around.push(name.to_owned());
        for field in message.fields() {
            self.columns += 1;
            if self.columns > EVENT_COLUMNS_MAX {
                break;
            }
            numbers.push(field.number());
            names.push(field.name().to_owned());
            match value_kind(&field) {
                Kind::Message(inner) if !is_well_known(inner.full_name()) => self.message(&inner, numbers, names),
                Kind::Enum(enumeration) => self.note(enumeration.full_name(), numbers, names),
                _ => {}
            }
            numbers.pop();
            names.pop();
        }
        self.around.pop();
    }

    fn note(&mut self, full_name: &str, numbers: &[u32], names: &[String]) {
        let reached = Reached { event: self.event.to_owned(), numbers: numbers.to_vec(), names: names.to_vec() };
        self.all.entry(full_name.to_owned()).or_default().push(reached);
    }
}
