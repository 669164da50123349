//! Descriptors into plans: every message that the events reach, once, each referring to the others by id.

use std::collections::HashMap;
use std::sync::Arc;

use prost_reflect::{DescriptorPool, EnumDescriptor, FieldDescriptor, Kind, MessageDescriptor, Syntax, Value};

use super::{
    Cardinality, DefaultValue, EnumPlan, FieldKind, FieldPlan, MessageId, MessageKind, MessagePlan, Plans, ScalarKind,
};
use crate::error::{Place, SchemaError};
use crate::json_name::lower_camel;
use crate::options::OptionReader;
use crate::rules::{MessageRules, Rules, RulesError};

/// The most fields of one message: indexes are 16 bits wide, and the last value says "none".
pub const FIELDS_MAX: usize = NONE as usize;
/// The most messages that the events of a schema may reach.
pub const MESSAGES_MAX: usize = 100_000;

const NONE: u16 = u16::MAX;
const DENSE: usize = 64;

impl Plans {
    /// Plans for `events` and all that they reach; the ids of the events are returned in their order.
    ///
    /// # Errors
    /// [`SchemaError::Refused`] for an alias that is another field's name, rules that cannot be compiled, and
    /// schemas over [`FIELDS_MAX`] or [`MESSAGES_MAX`].
    pub fn build(pool: &DescriptorPool, events: &[MessageDescriptor]) -> Result<(Self, Vec<MessageId>), SchemaError> {
        let mut builder =
            Builder { options: OptionReader::new(pool), ids: HashMap::new(), order: Vec::new(), enums: HashMap::new() };
        let ids = events.iter().map(|event| builder.id(event)).collect::<Result<Vec<_>, _>>()?;
        let mut messages = Vec::new();
        // `order` grows while it is walked: a message is appended when a field first refers to it.
        while let Some(message) = builder.order.get(messages.len()).cloned() {
            messages.push(builder.message(&message)?);
        }
        Ok((Self { messages }, ids))
    }
}

struct Builder {
    options: OptionReader,
    ids: HashMap<String, MessageId>,
    order: Vec<MessageDescriptor>,
    enums: HashMap<String, Arc<EnumPlan>>,
}

impl Builder {
    fn id(&mut self, message: &MessageDescriptor) -> Result<MessageId, SchemaError> {
        if let Some(&id) = self.ids.get(message.full_name()) {
            return Ok(id);
        }
        let next = u32::try_from(self.order.len()).ok().filter(|&next| (next as usize) < MESSAGES_MAX);
        let Some(next) = next else {
            return Err(SchemaError::Refused {
                place: Place::of_message(message),
                cause: format!("the events reach more than {MESSAGES_MAX} messages"),
                hint: "split the project".to_owned(),
            });
        };
        self.ids.insert(message.full_name().to_owned(), MessageId(next));
        self.order.push(message.clone());
        Ok(MessageId(next))
    }

    fn message(&mut self, message: &MessageDescriptor) -> Result<MessagePlan, SchemaError> {
        let descriptors: Vec<FieldDescriptor> = message.fields().collect();
        if descriptors.len() >= FIELDS_MAX {
            return Err(SchemaError::Refused {
                place: Place::of_message(message),
                cause: format!("the message has {} fields; fewer than {FIELDS_MAX} are possible", descriptors.len()),
                hint: "group fields into messages".to_owned(),
            });
        }
        let oneofs: Vec<String> =
            message.oneofs().filter(|oneof| !oneof.is_synthetic()).map(|oneof| oneof.name().to_owned()).collect();
        let mut plan = MessagePlan {
            full_name: message.full_name().to_owned(),
            kind: message_kind(message.full_name()),
            fields: Vec::with_capacity(descriptors.len()),
            oneofs,
            rules: MessageRules::compile(message).map_err(|error| refused(Place::of_message(message), error))?,
            dense: [NONE; DENSE],
            sparse: HashMap::new(),
            names: HashMap::new(),
        };
        for descriptor in &descriptors {
            let index = u16::try_from(plan.fields.len()).unwrap_or(NONE);
            match plan.dense.get_mut(descriptor.number() as usize) {
                Some(slot) => *slot = index,
                None => {
                    plan.sparse.insert(descriptor.number(), index);
                }
            }
            let field = self.field(descriptor, &plan.oneofs)?;
            plan.fields.push(field);
        }
        plan.names = self.names(&descriptors)?;
        Ok(plan)
    }

    fn field(&mut self, descriptor: &FieldDescriptor, oneofs: &[String]) -> Result<FieldPlan, SchemaError> {
        let (cardinality, kind) = match descriptor.kind() {
            Kind::Message(entry) if descriptor.is_map() => {
                let key = scalar(&entry.map_entry_key_field().kind()).unwrap_or(ScalarKind::String);
                (Cardinality::Map(key), entry.map_entry_value_field().kind())
            }
            kind if descriptor.is_list() => (Cardinality::Repeated, kind),
            kind if descriptor.supports_presence() => (Cardinality::Explicit, kind),
            kind => (Cardinality::Implicit, kind),
        };
        let oneof = descriptor
            .containing_oneof()
            .and_then(|oneof| oneofs.iter().position(|name| !oneof.is_synthetic() && name == oneof.name()))
            .and_then(|index| u16::try_from(index).ok());
        let rules = match self.options.rules(descriptor) {
            Some(rules) => Rules::compile(&rules, descriptor),
            None => Ok(None),
        };
        Ok(FieldPlan {
            number: descriptor.number(),
            name: descriptor.name().to_owned(),
            json_name: descriptor.json_name().to_owned(),
            kind: self.kind(kind, descriptor.is_group())?,
            cardinality,
            oneof,
            required: self.options.is_required(descriptor),
            default: default_of(descriptor),
            rules: rules.map_err(|error| refused(Place::of_field(descriptor), error))?,
        })
    }

    fn kind(&mut self, kind: Kind, is_group: bool) -> Result<FieldKind, SchemaError> {
        if let Some(scalar) = scalar(&kind) {
            return Ok(FieldKind::Scalar(scalar));
        }
        match kind {
            Kind::Enum(descriptor) => Ok(FieldKind::Enum(self.enum_plan(&descriptor))),
            Kind::Message(message) if is_group => Ok(FieldKind::Group(self.id(&message)?)),
            Kind::Message(message) => Ok(FieldKind::Message(self.id(&message)?)),
            // The scalars are done above; the compiler cannot see it.
            _ => Ok(FieldKind::Scalar(ScalarKind::Bytes)),
        }
    }

    fn enum_plan(&mut self, descriptor: &EnumDescriptor) -> Arc<EnumPlan> {
        if let Some(plan) = self.enums.get(descriptor.full_name()) {
            return Arc::clone(plan);
        }
        let mut names = HashMap::new();
        let mut numbers = HashMap::new();
        // In the order of the file, so that the first declared of two names for a number is the one shown.
        for value in &descriptor.enum_descriptor_proto().value {
            names.entry(value.number()).or_insert_with(|| value.name().to_owned());
            numbers.insert(value.name().to_owned(), value.number());
        }
        // What a value was called before, unless it is another value's name today.
        for value in descriptor.values() {
            for alias in self.options.value_aliases(&value) {
                numbers.entry(alias).or_insert_with(|| value.number());
            }
        }
        let plan = Arc::new(EnumPlan {
            full_name: descriptor.full_name().to_owned(),
            closed: descriptor.parent_file().syntax() == Syntax::Proto2,
            names,
            numbers,
        });
        self.enums.insert(descriptor.full_name().to_owned(), Arc::clone(&plan));
        plan
    }

    /// Names in the order of precedence: as in the file, then JSON's, then aliases, which must be nobody's.
    fn names(&self, fields: &[FieldDescriptor]) -> Result<HashMap<String, u16>, SchemaError> {
        let indexed = || (0u16..).zip(fields);
        let mut names: HashMap<String, u16> =
            indexed().map(|(index, field)| (field.name().to_owned(), index)).collect();
        for (index, field) in indexed() {
            names.entry(field.json_name().to_owned()).or_insert(index);
        }
        for (index, field) in indexed() {
            for alias in self.options.field(field).aliases {
                match names.get(&alias) {
                    Some(&taken) if taken != index => {
                        return Err(SchemaError::Refused {
                            place: Place::of_field(field),
                            cause: format!(
                                "the alias {alias:?} of {} is already a name of another field",
                                field.name()
                            ),
                            hint: "an alias is a name that the field itself once had; remove it here or there"
                                .to_owned(),
                        });
                    }
                    _ => {
                        names.insert(alias, index);
                    }
                }
            }
        }
        // JSON's form of an alias, too: a sender of the old name wrote one of the two.
        for (index, field) in indexed() {
            for alias in self.options.field(field).aliases {
                names.entry(lower_camel(&alias)).or_insert(index);
            }
        }
        Ok(names)
    }
}

fn refused(place: Place, error: RulesError) -> SchemaError {
    SchemaError::Refused { place, cause: error.cause, hint: error.hint }
}

fn message_kind(full_name: &str) -> MessageKind {
    let Some(name) = full_name.strip_prefix("google.protobuf.") else { return MessageKind::Plain };
    match name {
        "Timestamp" => MessageKind::Timestamp,
        "Duration" => MessageKind::Duration,
        "Struct" | "Value" | "ListValue" | "Any" => MessageKind::Json,
        "DoubleValue" | "FloatValue" | "Int64Value" | "UInt64Value" | "Int32Value" | "UInt32Value" | "BoolValue"
        | "StringValue" | "BytesValue" => MessageKind::Wrapper,
        _ => MessageKind::Plain,
    }
}

fn scalar(kind: &Kind) -> Option<ScalarKind> {
    Some(match kind {
        Kind::Double => ScalarKind::Double,
        Kind::Float => ScalarKind::Float,
        Kind::Int32 => ScalarKind::Int32,
        Kind::Int64 => ScalarKind::Int64,
        Kind::Uint32 => ScalarKind::Uint32,
        Kind::Uint64 => ScalarKind::Uint64,
        Kind::Sint32 => ScalarKind::Sint32,
        Kind::Sint64 => ScalarKind::Sint64,
        Kind::Fixed32 => ScalarKind::Fixed32,
        Kind::Fixed64 => ScalarKind::Fixed64,
        Kind::Sfixed32 => ScalarKind::Sfixed32,
        Kind::Sfixed64 => ScalarKind::Sfixed64,
        Kind::Bool => ScalarKind::Bool,
        Kind::String => ScalarKind::String,
        Kind::Bytes => ScalarKind::Bytes,
        Kind::Message(_) | Kind::Enum(_) => return None,
    })
}

/// The default of a singular scalar or enum where it is not the type's zero: proto2's `default`, and the first
/// value of a proto2 enum.
fn default_of(descriptor: &FieldDescriptor) -> Option<DefaultValue> {
    if descriptor.is_list() || descriptor.is_map() {
        return None;
    }
    let value = match descriptor.default_value() {
        Value::Bool(value) => DefaultValue::Integer(i64::from(value)),
        Value::I32(value) => DefaultValue::Integer(i64::from(value)),
        Value::I64(value) => DefaultValue::Integer(value),
        Value::EnumNumber(value) => DefaultValue::Integer(i64::from(value)),
        Value::U32(value) => DefaultValue::Integer(i64::from(value)),
        Value::U64(value) => DefaultValue::Unsigned(value),
        Value::F32(value) => DefaultValue::Float(f64::from(value)),
        Value::F64(value) => DefaultValue::Float(value),
        Value::String(value) => DefaultValue::Bytes(value.into_bytes()),
        Value::Bytes(value) => DefaultValue::Bytes(value.to_vec()),
        Value::Message(_) | Value::List(_) | Value::Map(_) => return None,
    };
    let is_zero = match &value {
        DefaultValue::Integer(value) => *value == 0,
        DefaultValue::Unsigned(value) => *value == 0,
        // -0.0 is a default of its own.
        DefaultValue::Float(value) => value.to_bits() == 0,
        DefaultValue::Bytes(value) => value.is_empty(),
    };
    (!is_zero).then_some(value)
}

#[cfg(test)]
mod tests;
