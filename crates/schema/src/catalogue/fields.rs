//! The fields of an event, one after the other, each described.

use prost_reflect::{FieldDescriptor, Kind, MessageDescriptor};

use super::{FieldEntry, ValueEntry};
use crate::layout::EVENT_COLUMNS_MAX;
use crate::model::{EventModel, Model};
use crate::options::OptionReader;
use crate::plan::{FieldKind, MessageId, MessageKind, MessagePlan};

/// The fields of an event with those of the messages in it, without examples and without the version that brought them.
pub(super) fn fields(model: &Model, event: &EventModel) -> Vec<FieldEntry> {
    let mut walk = Walk {
        model,
        options: OptionReader::new(&model.compiled.pool),
        around: Vec::new(),
        path: Vec::new(),
        entries: Vec::new(),
    };
    walk.message(event.message, "");
    walk.entries
}

/// Whether the field says `deprecated = true`.
pub(super) fn is_deprecated(field: &FieldDescriptor) -> bool {
    field.field_descriptor_proto().options.as_ref().is_some_and(|options| options.deprecated())
}

struct Walk<'a> {
    model: &'a Model,
    options: OptionReader,
    around: Vec<MessageId>,
    path: Vec<u32>,
    entries: Vec<FieldEntry>,
}

impl Walk<'_> {
    fn message(&mut self, id: MessageId, prefix: &str) {
        // A message inside itself is described where it first stands.
        if self.around.contains(&id) {
            return;
        }
        let plan = self.model.plans.message(id);
        let Some(message) = self.model.compiled.pool.get_message_by_name(&plan.full_name) else { return };
        self.around.push(id);
        for field in message.fields() {
            if self.entries.len() >= EVENT_COLUMNS_MAX {
                break;
            }
            self.path.push(field.number());
            let name = format!("{prefix}{}", field.name());
            let entry = self.entry(&field, &message, plan, &name);
            self.entries.push(entry);
            if let Some(inner) = self.inner(plan, field.number()) {
                let step = if field.is_map() {
                    "{}."
                } else if field.is_list() {
                    "[]."
                } else {
                    "."
                };
                self.message(inner, &format!("{name}{step}"));
            }
            self.path.pop();
        }
        self.around.pop();
    }

    /// The message in a field, if it has fields that people know by name.
    fn inner(&self, plan: &MessagePlan, number: u32) -> Option<MessageId> {
        let (_, field) = plan.by_number(number)?;
        let (FieldKind::Message(id) | FieldKind::Group(id)) = field.kind else { return None };
        (self.model.plans.message(id).kind == MessageKind::Plain).then_some(id)
    }

    fn entry(
        &self,
        field: &FieldDescriptor,
        message: &MessageDescriptor,
        plan: &MessagePlan,
        name: &str,
    ) -> FieldEntry {
        let said = self.options.field(field);
        let planned = plan.by_number(field.number()).map(|(_, planned)| planned);
        let rules = planned.and_then(|planned| planned.rules.as_ref());
        let replaced = message.get_field(said.replaces).filter(|_| said.replaces != 0);
        let oneof = field.containing_oneof().filter(|oneof| !oneof.is_synthetic());
        FieldEntry {
            path: self.path.clone(),
            name: name.to_owned(),
            column: name.split(['.', '[', '{']).next().unwrap_or_default().to_owned(),
            kind: kind_in_words(field),
            proto_type: proto_type(field),
            meaning: self.model.comments.about(field.full_name()).to_owned(),
            pii: said.pii,
            required: planned.is_some_and(|planned| planned.required),
            semantic_type: said.semantic_type,
            constraints: rules.map(|rules| rules.words()).unwrap_or_default(),
            values: self.values(field),
            example: None,
            aliases: said.aliases,
            alias_until: said.alias_until,
            replaced_by: said.replaced_by,
            replaces: replaced.map(|field| field.name().to_owned()).unwrap_or_default(),
            is_deprecated: is_deprecated(field),
            oneof: oneof.map(|oneof| oneof.name().to_owned()).unwrap_or_default(),
            since: None,
            is_gone: false,
            last: None,
        }
    }

    fn values(&self, field: &FieldDescriptor) -> Vec<ValueEntry> {
        let Kind::Enum(values) = value_kind(field) else { return Vec::new() };
        let entries = values.values().map(|value| ValueEntry {
            name: value.name().to_owned(),
            meaning: self.model.comments.about(value.full_name()).to_owned(),
            aliases: self.options.value_aliases(&value),
        });
        entries.collect()
    }
}

/// The type of a field's value; of a map's values.
fn value_kind(field: &FieldDescriptor) -> Kind {
    match field.kind() {
        Kind::Message(entry) if field.is_map() => entry.map_entry_value_field().kind(),
        kind => kind,
    }
}

/// `text`, `list of whole numbers`, `map from text to a time`.
fn kind_in_words(field: &FieldDescriptor) -> String {
    let (one, many) = words(&value_kind(field));
    match field.kind() {
        Kind::Message(entry) if field.is_map() => {
            format!("map from {} to {one}", words(&entry.map_entry_key_field().kind()).0)
        }
        _ if field.is_list() => format!("list of {many}"),
        _ => one.to_owned(),
    }
}

/// A type for people who do not write programs, as one and as many.
fn words(kind: &Kind) -> (&'static str, &'static str) {
    match kind {
        Kind::Double | Kind::Float => ("number", "numbers"),
        Kind::Int32 | Kind::Int64 | Kind::Sint32 | Kind::Sint64 | Kind::Sfixed32 | Kind::Sfixed64 => {
            ("whole number", "whole numbers")
        }
        Kind::Uint32 | Kind::Uint64 | Kind::Fixed32 | Kind::Fixed64 => ("whole number from 0", "whole numbers from 0"),
        Kind::Bool => ("yes or no", "yes or no"),
        Kind::String => ("text", "texts"),
        Kind::Bytes => ("bytes", "bytes"),
        Kind::Enum(_) => ("one of some names", "names"),
        Kind::Message(message) => match message.full_name().strip_prefix("google.protobuf.") {
            Some("Timestamp") => ("time", "times"),
            Some("Duration") => ("duration", "durations"),
            Some("DoubleValue" | "FloatValue") => ("number", "numbers"),
            Some("Int32Value" | "Int64Value") => ("whole number", "whole numbers"),
            Some("UInt32Value" | "UInt64Value") => ("whole number from 0", "whole numbers from 0"),
            Some("BoolValue") => ("yes or no", "yes or no"),
            Some("StringValue") => ("text", "texts"),
            Some("BytesValue") => ("bytes", "bytes"),
            Some("Struct" | "Value" | "ListValue" | "Any") => ("any JSON", "any JSON"),
            _ => ("group of fields", "groups of fields"),
        },
    }
}

/// The type as the file has it.
fn proto_type(field: &FieldDescriptor) -> String {
    let value = proto_kind(&value_kind(field));
    match field.kind() {
        Kind::Message(entry) if field.is_map() => {
            format!("map<{}, {value}>", proto_kind(&entry.map_entry_key_field().kind()))
        }
        _ if field.is_list() => format!("repeated {value}"),
        _ if field.containing_oneof().is_some_and(|oneof| oneof.is_synthetic()) => format!("optional {value}"),
        _ => value,
    }
}

fn proto_kind(kind: &Kind) -> String {
    let scalar = match kind {
        Kind::Message(message) => return message.name().to_owned(),
        Kind::Enum(values) => return values.name().to_owned(),
        Kind::Double => "double",
        Kind::Float => "float",
        Kind::Int32 => "int32",
        Kind::Int64 => "int64",
        Kind::Uint32 => "uint32",
        Kind::Uint64 => "uint64",
        Kind::Sint32 => "sint32",
        Kind::Sint64 => "sint64",
        Kind::Fixed32 => "fixed32",
        Kind::Fixed64 => "fixed64",
        Kind::Sfixed32 => "sfixed32",
        Kind::Sfixed64 => "sfixed64",
        Kind::Bool => "bool",
        Kind::String => "string",
        Kind::Bytes => "bytes",
    };
    scalar.to_owned()
}
