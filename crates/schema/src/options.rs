//! What messages and fields say about themselves: `(judi.event)`, `(judi.field)` and `(buf.validate.field)`.
//!
//! Options are extensions, so they are read by reflection through the descriptors of the very pool that they
//! were compiled with; a pool that does not import an options file has none of its options.

use prost_reflect::{
    DescriptorPool, DynamicMessage, EnumDescriptor, EnumValueDescriptor, ExtensionDescriptor, FieldDescriptor,
    MessageDescriptor,
};

use crate::rules::Rules;

/// `(judi.event)`: this message is an event.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EventOptions {
    /// The event's name.
    pub name: String,
    /// Who answers for it.
    pub owner: String,
    /// What it means.
    pub description: String,
    /// The stable id; 0: not stated.
    pub id: u32,
}

/// How personal a value is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum PiiClass {
    /// Not said, or a class that this release does not know.
    #[default]
    Unspecified,
    /// Says nothing about a person.
    None,
    /// Stands for a person without naming one.
    Pseudonymous,
    /// Names a person or can be traced to one.
    Personal,
    /// Personal and of a special kind.
    Sensitive,
}

impl PiiClass {
    /// For people: "no personal data".
    #[must_use]
    pub const fn in_words(self) -> &'static str {
        match self {
            Self::Unspecified => "not said",
            Self::None => "no personal data",
            Self::Pseudonymous => "pseudonymous",
            Self::Personal => "personal",
            Self::Sensitive => "sensitive",
        }
    }
}

/// `(judi.field)`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FieldOptions {
    /// How personal the value is.
    pub pii: PiiClass,
    /// The event is quarantined when the field is not set.
    pub required: bool,
    /// What kind of thing the value is: "url", "duration_ms".
    pub semantic_type: String,
    /// Names that JSON and saved SQL may still use.
    pub aliases: Vec<String>,
    /// The field that took over from this one.
    pub replaced_by: String,
    /// The last day of the aliases, `YYYY-MM-DD`; empty: they have no end.
    pub alias_until: String,
    /// The number of the field that this one took over from; 0: of none.
    pub replaces: u32,
}

/// Reads the options of one pool.
#[derive(Debug, Clone)]
pub struct OptionReader {
    event: Option<ExtensionDescriptor>,
    field: Option<ExtensionDescriptor>,
    message: Option<ExtensionDescriptor>,
    enumeration: Option<ExtensionDescriptor>,
    value: Option<ExtensionDescriptor>,
    rules: Option<ExtensionDescriptor>,
}

impl OptionReader {
    /// For the descriptors of `pool`.
    #[must_use]
    pub fn new(pool: &DescriptorPool) -> Self {
        Self {
            event: pool.get_extension_by_name("judi.event"),
            field: pool.get_extension_by_name("judi.field"),
            message: pool.get_extension_by_name("judi.message"),
            enumeration: pool.get_extension_by_name("judi.enum"),
            value: pool.get_extension_by_name("judi.value"),
            rules: pool.get_extension_by_name("buf.validate.field"),
        }
    }

    /// The message's `(judi.event)`, if it is an event.
    #[must_use]
    pub fn event(&self, message: &MessageDescriptor) -> Option<EventOptions> {
        let option = extension(&message.options(), self.event.as_ref())?;
        Some(EventOptions {
            name: text(&option, "name"),
            owner: text(&option, "owner"),
            description: text(&option, "description"),
            id: option.get_field_by_name("id").and_then(|value| value.as_u32()).unwrap_or(0),
        })
    }

    /// The field's `(judi.field)`; the default where it says nothing.
    #[must_use]
    pub fn field(&self, field: &FieldDescriptor) -> FieldOptions {
        let Some(option) = extension(&field.options(), self.field.as_ref()) else { return FieldOptions::default() };
        FieldOptions {
            pii: match option.get_field_by_name("pii").and_then(|value| value.as_enum_number()) {
                Some(1) => PiiClass::None,
                Some(2) => PiiClass::Pseudonymous,
                Some(3) => PiiClass::Personal,
                Some(4) => PiiClass::Sensitive,
                _ => PiiClass::Unspecified,
            },
            required: flag(&option, "required"),
            semantic_type: text(&option, "semantic_type"),
            aliases: texts(&option, "alias"),
            replaced_by: text(&option, "replaced_by"),
            alias_until: text(&option, "alias_until"),
            replaces: option.get_field_by_name("replaces").and_then(|value| value.as_u32()).unwrap_or(0),
        }
    }

    /// The full names that a message had before, by its `(judi.message)`.
    #[must_use]
    pub fn moved_from(&self, message: &MessageDescriptor) -> Vec<String> {
        extension(&message.options(), self.message.as_ref())
            .map(|option| texts(&option, "moved_from"))
            .unwrap_or_default()
    }

    /// The full names that an enum had before, by its `(judi.enum)`.
    #[must_use]
    pub fn enum_moved_from(&self, enumeration: &EnumDescriptor) -> Vec<String> {
        extension(&enumeration.options(), self.enumeration.as_ref())
            .map(|option| texts(&option, "moved_from"))
            .unwrap_or_default()
    }

    /// The names that an enum's value had before, by its `(judi.value)`.
    #[must_use]
    pub fn value_aliases(&self, value: &EnumValueDescriptor) -> Vec<String> {
        extension(&value.options(), self.value.as_ref()).map(|option| texts(&option, "alias")).unwrap_or_default()
    }

    /// The field's `(buf.validate.field)`, a `buf.validate.FieldRules`.
    #[must_use]
    pub fn rules(&self, field: &FieldDescriptor) -> Option<DynamicMessage> {
        extension(&field.options(), self.rules.as_ref())
    }

    /// Whether the field must be set: by Judi's option, by protovalidate's, or by proto2.
    #[must_use]
    pub fn is_required(&self, field: &FieldDescriptor) -> bool {
        field.is_required()
            || self.field(field).required
            || self.rules(field).is_some_and(|it| Rules::demand_presence(&it))
    }
}

fn extension(options: &DynamicMessage, descriptor: Option<&ExtensionDescriptor>) -> Option<DynamicMessage> {
    let descriptor = descriptor?;
    if !options.has_extension(descriptor) {
        return None;
    }
    options.get_extension(descriptor).as_message().cloned()
}

fn text(message: &DynamicMessage, field: &str) -> String {
    message.get_field_by_name(field).and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

fn texts(message: &DynamicMessage, field: &str) -> Vec<String> {
    let values = message.get_field_by_name(field);
    let values = values.as_ref().and_then(|value| value.as_list()).unwrap_or_default();
    values.iter().filter_map(|value| value.as_str().map(str::to_owned)).collect()
}

fn flag(message: &DynamicMessage, field: &str) -> bool {
    message.get_field_by_name(field).and_then(|value| value.as_bool()).unwrap_or(false)
}
