//! Rules of a whole message: `(buf.validate.oneof).required` and `(buf.validate.message).oneof`.

use std::sync::Arc;

use prost_reflect::{DynamicMessage, MessageDescriptor, Value};

use super::RulesError;

/// What the fields of a message must satisfy together.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct MessageRules {
    /// Each in the order of the file.
    pub groups: Vec<Group>,
}

/// Fields of which at most one may be set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// The oneof's name; of a rule on the message, its fields' names.
    pub name: String,
    /// Numbers of the fields.
    pub numbers: Vec<u32>,
    /// Whether one of them must be set.
    pub required: bool,
}

impl MessageRules {
    /// Compiles the rules on `message` and its oneofs; `None` where there are none.
    ///
    /// # Errors
    /// CEL expressions, and fields that the message does not have.
    pub fn compile(message: &MessageDescriptor) -> Result<Option<Arc<Self>>, RulesError> {
        let mut groups = Vec::new();
        for oneof in message.oneofs().filter(|oneof| !oneof.is_synthetic()) {
            let rules = extension(&oneof.options(), message, "buf.validate.oneof");
            if rules.is_some_and(|rules| flag(&rules, "required")) {
                let numbers = oneof.fields().map(|field| field.number()).collect();
                groups.push(Group { name: oneof.name().to_owned(), numbers, required: true });
            }
        }
        if let Some(rules) = extension(&message.options(), message, "buf.validate.message") {
            for (field, value) in rules.fields() {
                match (field.name(), value) {
                    ("oneof", Value::List(oneofs)) => {
                        for oneof in oneofs.iter().filter_map(Value::as_message) {
                            groups.push(group(message, oneof)?);
                        }
                    }
                    (name, _) => return Err(not_evaluated(message, name)),
                }
            }
            if rules.unknown_fields().next().is_some() || rules.extensions().next().is_some() {
                return Err(not_evaluated(message, "an extension"));
            }
        }
        Ok((!groups.is_empty()).then(|| Arc::new(Self { groups })))
    }
}

/// Whether a rule on the message names the field, which then is not checked while it is zero.
pub(super) fn is_in_group(field: &prost_reflect::FieldDescriptor) -> bool {
    let message = field.parent_message();
    let Some(rules) = extension(&message.options(), message, "buf.validate.message") else { return false };
    let oneofs = rules.get_field_by_name("oneof");
    let oneofs = oneofs.as_ref().and_then(|value| value.as_list()).unwrap_or_default();
    oneofs.iter().filter_map(Value::as_message).any(|oneof| names(oneof).iter().any(|name| name == field.name()))
}

fn group(message: &MessageDescriptor, oneof: &DynamicMessage) -> Result<Group, RulesError> {
    let names = names(oneof);
    let numbers = names.iter().map(|name| match message.get_field_by_name(name) {
        Some(field) => Ok(field.number()),
        None => Err(RulesError {
            place: message.full_name().to_owned(),
            cause: format!("the rule `oneof` names the field {name:?}, which the message does not have"),
            hint: "a rule names fields as they stand in the file".to_owned(),
        }),
    });
    let numbers = numbers.collect::<Result<_, _>>()?;
    Ok(Group { name: names.join(", "), numbers, required: flag(oneof, "required") })
}

fn not_evaluated(message: &MessageDescriptor, name: &str) -> RulesError {
    RulesError {
        place: message.full_name().to_owned(),
        cause: format!("the rule `{name}` of (buf.validate.message) is not evaluated"),
        hint: "state it with the standard rules of fields, or audit it in a job".to_owned(),
    }
}

fn names(oneof: &DynamicMessage) -> Vec<String> {
    let fields = oneof.get_field_by_name("fields");
    let fields = fields.as_ref().and_then(|value| value.as_list()).unwrap_or_default();
    fields.iter().filter_map(|name| name.as_str().map(str::to_owned)).collect()
}

fn flag(rules: &DynamicMessage, name: &str) -> bool {
    rules.get_field_by_name(name).and_then(|value| value.as_bool()).unwrap_or(false)
}

fn extension(options: &DynamicMessage, message: &MessageDescriptor, name: &str) -> Option<DynamicMessage> {
    let extension = message.parent_pool().get_extension_by_name(name)?;
    if !options.has_extension(&extension) {
        return None;
    }
    options.get_extension(&extension).as_message().cloned()
}
