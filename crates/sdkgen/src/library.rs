//! What a library has to say, before any language: events, messages and enums as plain values, in an order that follows
//! from the schema alone.

use std::collections::HashMap;

use judi_schema::model::Model;
use judi_schema::options::{OptionReader, PiiClass};
use judi_schema::plan::ScalarKind;
use judi_schema::rules::Rules;
use prost_reflect::{EnumDescriptor, FieldDescriptor, Kind as Descriptor, MessageDescriptor, Syntax};

/// One schema version.
#[derive(Debug, Clone, PartialEq)]
pub struct Library {
    /// The number that events carry.
    pub version: u32,
    /// `major.minor.patch`.
    pub semver: String,
    /// SHA-256 in hex of the canonical descriptor set.
    pub fingerprint: String,
    /// In the order of their names.
    pub events: Vec<Event>,
    /// Every message that events can reach, by full name. Well-known types are none of them.
    pub messages: Vec<Message>,
    /// Every enum that they use, by full name.
    pub enums: Vec<Enum>,
}

/// An event.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// `article_view`.
    pub name: String,
    /// Who answers for it; empty: nobody is named.
    pub owner: String,
    /// What it means; empty: not said.
    pub description: String,
    /// Its message, in [`Library::messages`].
    pub message: usize,
}

/// A message.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    /// `newsroom.v1.ArticleView.Teaser`.
    pub full_name: String,
    /// Its own name behind those of the messages around it: `["ArticleView", "Teaser"]`.
    pub path: Vec<String>,
    /// What is written above it; empty: nothing.
    pub comment: String,
    /// Whether it says that it is deprecated.
    pub is_deprecated: bool,
    /// In the order of their numbers, which is the order on the wire.
    pub fields: Vec<Field>,
    /// In the order of their declaration.
    pub oneofs: Vec<Oneof>,
}

/// Fields of which at most one is set.
#[derive(Debug, Clone, PartialEq)]
pub struct Oneof {
    /// Its name.
    pub name: String,
    /// Its members, in [`Message::fields`].
    pub fields: Vec<usize>,
    /// Whether one of them must be set.
    pub is_required: bool,
}

/// A field.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// On the wire.
    pub number: u32,
    /// `article_id`.
    pub name: String,
    /// What JSON calls it: `articleId`, or what `json_name` says.
    pub json_name: String,
    /// What is written above it; empty: nothing.
    pub comment: String,
    /// The type of a value; of a map, of its values.
    pub kind: Kind,
    /// How many values.
    pub shape: Shape,
    /// The oneof that it belongs to, in [`Message::oneofs`].
    pub oneof: Option<usize>,
    /// The event is quarantined where it is not set: `(judi.field).required`, protovalidate's, or proto2's.
    pub is_required: bool,
    /// How personal the value is.
    pub pii: PiiClass,
    /// What kind of thing the value is; empty: not said.
    pub semantic_type: String,
    /// What a value must be, one phrase a rule.
    pub constraints: Vec<String>,
    /// Whether it is to be used no more: it says so, or another took over.
    pub is_deprecated: bool,
    /// The field that took over; empty: none.
    pub replaced_by: String,
}

/// How many values a field has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// One; the type's zero is not written (proto3 without `optional`).
    Implicit,
    /// One or none; what is set is written, a zero too.
    Optional,
    /// Any number, each with its own tag or all in one.
    Repeated {
        /// All in one.
        is_packed: bool,
    },
    /// A map with keys of this type.
    Map(ScalarKind),
}

/// The type of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A scalar.
    Scalar(ScalarKind),
    /// An enum, in [`Library::enums`].
    Enum(usize),
    /// A message, in [`Library::messages`].
    Message(usize),
    /// The same between a start and an end tag.
    Group(usize),
    /// A type that each language has its own for.
    WellKnown(WellKnown),
}

/// Types of `google/protobuf/*.proto` that stand for values of the language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WellKnown {
    /// A moment.
    Timestamp,
    /// A length of time.
    Duration,
    /// A scalar that may be missing.
    Wrapper(ScalarKind),
    /// A JSON object.
    Struct,
    /// Any JSON value.
    Value,
    /// A JSON array.
    ListValue,
    /// A message of some type: its type's URL and its bytes.
    Any,
}

/// An enum.
#[derive(Debug, Clone, PartialEq)]
pub struct Enum {
    /// `newsroom.v1.PlayerState`.
    pub full_name: String,
    /// Its own name behind those of the messages around it.
    pub path: Vec<String>,
    /// What is written above it; empty: nothing.
    pub comment: String,
    /// In the order of their declaration; of several with one number the first is its name.
    pub values: Vec<EnumValue>,
    /// Whether numbers without a name are none of its values (proto2).
    pub is_closed: bool,
}

/// A value of an enum.
#[derive(Debug, Clone, PartialEq)]
pub struct EnumValue {
    /// `PLAYER_STATE_PAUSED`.
    pub name: String,
    /// On the wire.
    pub number: i32,
    /// What is written above it; empty: nothing.
    pub comment: String,
    /// Whether it says that it is deprecated.
    pub is_deprecated: bool,
}

impl Library {
    /// What the libraries of a schema version say.
    #[must_use]
    pub fn of(model: &Model) -> Self {
        let found = Found::from(model);
        let names = Names {
            messages: (0..).zip(&found.messages).map(|(at, it)| (it.full_name().to_owned(), at)).collect(),
            enums: (0..).zip(&found.enums).map(|(at, it)| (it.full_name().to_owned(), at)).collect(),
            options: OptionReader::new(&model.compiled.pool),
            model,
        };
        let mut events: Vec<Event> = model
            .events
            .iter()
            .filter_map(|event| {
                Some(Event {
                    name: event.name.clone(),
                    owner: event.owner.clone(),
                    description: event.description.clone(),
                    message: *names.messages.get(&event.full_name)?,
                })
            })
            .collect();
        events.sort_by(|one, other| one.name.cmp(&other.name));
        Self {
            version: model.version,
            semver: model.semver.clone(),
            fingerprint: model.fingerprint.clone(),
            events,
            messages: found.messages.iter().map(|message| names.message(message)).collect(),
            enums: found.enums.iter().map(|enumeration| names.enumeration(enumeration)).collect(),
        }
    }
}

/// The messages and enums that events can reach, each by full name.
#[derive(Default)]
struct Found {
    messages: Vec<MessageDescriptor>,
    enums: Vec<EnumDescriptor>,
}

impl Found {
    fn from(model: &Model) -> Self {
        let pool = &model.compiled.pool;
        let mut found = Self::default();
        let mut waiting: Vec<MessageDescriptor> =
            model.events.iter().filter_map(|event| pool.get_message_by_name(&event.full_name)).collect();
        while let Some(message) = waiting.pop() {
            if found.messages.contains(&message) {
                continue;
            }
            for field in message.fields() {
                match value_kind(&field) {
                    Descriptor::Message(inner) if well_known(&inner).is_none() => waiting.push(inner),
                    Descriptor::Enum(used) if !found.enums.contains(&used) => found.enums.push(used),
                    _ => {}
                }
            }
            found.messages.push(message);
        }
        found.messages.sort_by(|one, other| one.full_name().cmp(other.full_name()));
        found.enums.sort_by(|one, other| one.full_name().cmp(other.full_name()));
        found
    }
}

struct Names<'a> {
    messages: HashMap<String, usize>,
    enums: HashMap<String, usize>,
    options: OptionReader,
    model: &'a Model,
}

impl Names<'_> {
    fn message(&self, message: &MessageDescriptor) -> Message {
        let mut descriptors: Vec<FieldDescriptor> = message.fields().collect();
        descriptors.sort_by_key(FieldDescriptor::number);
        let real: Vec<_> = message.oneofs().filter(|oneof| !oneof.is_synthetic()).collect();
        let oneofs = real.iter().map(|oneof| Oneof {
            name: oneof.name().to_owned(),
            fields: (0..)
                .zip(&descriptors)
                .filter(|(_, field)| field.containing_oneof().as_ref() == Some(oneof))
                .map(|(at, _)| at)
                .collect(),
            is_required: self.is_required_oneof(message, oneof.name()),
        });
        Message {
            full_name: message.full_name().to_owned(),
            path: path(message.full_name(), message.package_name()),
            comment: self.model.comments.about(message.full_name()).to_owned(),
            is_deprecated: message.descriptor_proto().options.as_ref().is_some_and(|options| options.deprecated()),
            oneofs: oneofs.collect(),
            fields: descriptors
                .iter()
                .map(|field| {
                    let oneof = field.containing_oneof();
                    self.field(message, field, oneof.and_then(|oneof| real.iter().position(|it| *it == oneof)))
                })
                .collect(),
        }
    }

    fn field(&self, message: &MessageDescriptor, field: &FieldDescriptor, oneof: Option<usize>) -> Field {
        let said = self.options.field(field);
        let plans = &self.model.plans;
        let plan = plans.messages.iter().find(|plan| plan.full_name == message.full_name());
        let planned = plan.and_then(|plan| plan.by_number(field.number())).map(|(_, planned)| planned);
        let rules = planned.and_then(|planned| planned.rules.as_deref());
        let is_deprecated = field.field_descriptor_proto().options.as_ref().is_some_and(|it| it.deprecated());
        Field {
            number: field.number(),
            name: field.name().to_owned(),
            json_name: field.json_name().to_owned(),
            comment: self.model.comments.about(field.full_name()).to_owned(),
            kind: self.kind(field),
            shape: shape(field),
            oneof,
            is_required: planned.is_some_and(|planned| planned.required),
            pii: said.pii,
            semantic_type: said.semantic_type,
            constraints: rules.map(Rules::words).unwrap_or_default(),
            is_deprecated: is_deprecated || !said.replaced_by.is_empty(),
            replaced_by: said.replaced_by,
        }
    }

    fn kind(&self, field: &FieldDescriptor) -> Kind {
        match value_kind(field) {
            Descriptor::Enum(used) => Kind::Enum(self.enums.get(used.full_name()).copied().unwrap_or_default()),
            Descriptor::Message(inner) => match well_known(&inner) {
                Some(known) => Kind::WellKnown(known),
                None => {
                    let at = self.messages.get(inner.full_name()).copied().unwrap_or_default();
                    if field.is_group() { Kind::Group(at) } else { Kind::Message(at) }
                }
            },
            scalar => Kind::Scalar(scalar_kind(&scalar)),
        }
    }

    fn enumeration(&self, enumeration: &EnumDescriptor) -> Enum {
        let about = |name: &str| self.model.comments.about(name).to_owned();
        Enum {
            full_name: enumeration.full_name().to_owned(),
            path: path(enumeration.full_name(), enumeration.package_name()),
            comment: about(enumeration.full_name()),
            values: enumeration
                .enum_descriptor_proto()
                .value
                .iter()
                // The pool keeps them by number.
                .filter_map(|declared| enumeration.values().find(|value| value.name() == declared.name()))
                .map(|value| EnumValue {
                    name: value.name().to_owned(),
                    number: value.number(),
                    comment: about(value.full_name()),
                    is_deprecated: value
                        .enum_value_descriptor_proto()
                        .options
                        .as_ref()
                        .is_some_and(|it| it.deprecated()),
                })
                .collect(),
            is_closed: enumeration.parent_file().syntax() == Syntax::Proto2,
        }
    }

    /// Whether `(buf.validate.oneof).required` stands in it.
    fn is_required_oneof(&self, message: &MessageDescriptor, name: &str) -> bool {
        let extension = self.model.compiled.pool.get_extension_by_name("buf.validate.oneof");
        let oneof = message.oneofs().find(|oneof| oneof.name() == name);
        let Some((extension, options)) = extension.zip(oneof.map(|oneof| oneof.options())) else { return false };
        let rules = options.get_extension(&extension);
        let required = rules.as_message().and_then(|rules| rules.get_field_by_name("required")?.as_bool());
        required.unwrap_or(false)
    }
}

/// The kind of a field's value; of a map's values.
fn value_kind(field: &FieldDescriptor) -> Descriptor {
    match field.kind() {
        Descriptor::Message(entry) if field.is_map() => entry.map_entry_value_field().kind(),
        kind => kind,
    }
}

fn shape(field: &FieldDescriptor) -> Shape {
    match field.kind() {
        Descriptor::Message(entry) if field.is_map() => Shape::Map(scalar_kind(&entry.map_entry_key_field().kind())),
        _ if field.is_list() => Shape::Repeated { is_packed: field.is_packed() },
        _ if field.supports_presence() => Shape::Optional,
        _ => Shape::Implicit,
    }
}

fn scalar_kind(kind: &Descriptor) -> ScalarKind {
    match kind {
        Descriptor::Double => ScalarKind::Double,
        Descriptor::Float => ScalarKind::Float,
        Descriptor::Int32 => ScalarKind::Int32,
        Descriptor::Int64 => ScalarKind::Int64,
        Descriptor::Uint32 => ScalarKind::Uint32,
        Descriptor::Uint64 => ScalarKind::Uint64,
        Descriptor::Sint32 => ScalarKind::Sint32,
        Descriptor::Sint64 => ScalarKind::Sint64,
        Descriptor::Fixed32 => ScalarKind::Fixed32,
        Descriptor::Fixed64 => ScalarKind::Fixed64,
        Descriptor::Sfixed32 => ScalarKind::Sfixed32,
        Descriptor::Sfixed64 => ScalarKind::Sfixed64,
        Descriptor::Bool => ScalarKind::Bool,
        Descriptor::Bytes => ScalarKind::Bytes,
        // Messages and enums never come here.
        Descriptor::String | Descriptor::Message(_) | Descriptor::Enum(_) => ScalarKind::String,
    }
}

fn well_known(message: &MessageDescriptor) -> Option<WellKnown> {
    Some(match message.full_name() {
        "google.protobuf.Timestamp" => WellKnown::Timestamp,
        "google.protobuf.Duration" => WellKnown::Duration,
        "google.protobuf.DoubleValue" => WellKnown::Wrapper(ScalarKind::Double),
        "google.protobuf.FloatValue" => WellKnown::Wrapper(ScalarKind::Float),
        "google.protobuf.Int64Value" => WellKnown::Wrapper(ScalarKind::Int64),
        "google.protobuf.UInt64Value" => WellKnown::Wrapper(ScalarKind::Uint64),
        "google.protobuf.Int32Value" => WellKnown::Wrapper(ScalarKind::Int32),
        "google.protobuf.UInt32Value" => WellKnown::Wrapper(ScalarKind::Uint32),
        "google.protobuf.BoolValue" => WellKnown::Wrapper(ScalarKind::Bool),
        "google.protobuf.StringValue" => WellKnown::Wrapper(ScalarKind::String),
        "google.protobuf.BytesValue" => WellKnown::Wrapper(ScalarKind::Bytes),
        "google.protobuf.Struct" => WellKnown::Struct,
        "google.protobuf.Value" => WellKnown::Value,
        "google.protobuf.ListValue" => WellKnown::ListValue,
        "google.protobuf.Any" => WellKnown::Any,
        _ => return None,
    })
}

/// A full name without its package, in parts.
fn path(full_name: &str, package: &str) -> Vec<String> {
    let own = full_name.strip_prefix(package).unwrap_or(full_name);
    own.split('.').filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests;
