//! What everything is called in Go, decided once for the whole package.

use std::collections::HashMap;

use super::Names;
use super::ident::{Scope, exported, unexported};
use crate::library::{Field, Kind, Library, Message, Shape, WellKnown};
use crate::naming::upper_snake;
use judi_schema::plan::ScalarKind;

/// The library with its names.
pub(super) struct Plan<'a> {
    pub(super) library: &'a Library,
    pub(super) names: &'a Names,
    /// As [`Library::messages`].
    pub(super) messages: Vec<MessageNames>,
    /// As [`Library::enums`].
    pub(super) enums: Vec<EnumNames>,
}

/// Of a message.
pub(super) struct MessageNames {
    /// `ArticleView`.
    pub(super) type_name: String,
    /// `NewArticleView`.
    pub(super) constructor: String,
    /// As [`Message::fields`].
    pub(super) fields: Vec<FieldNames>,
    /// As [`Message::oneofs`]; only of required ones.
    pub(super) oneofs: Vec<Option<OneofNames>>,
    /// How many bits say what is set.
    pub(super) bits: usize,
}

/// Of a field.
pub(super) struct FieldNames {
    /// Of the struct, and of parameters: `articleID`.
    pub(super) store: String,
    /// Of the method that sets it: `ArticleID`.
    pub(super) setter: String,
    /// Of the method that sets a duration that is longer than Go's own can be: `LengthSpan`; of others empty.
    pub(super) span_setter: String,
    /// The bit that says that it is set.
    pub(super) bit: Option<usize>,
}

/// Of a oneof of which one must be set: a parameter of the constructor.
pub(super) struct OneofNames {
    /// `ViewTarget`.
    pub(super) type_name: String,
    /// `target`.
    pub(super) parameter: String,
    /// As [`crate::library::Oneof::fields`]: `ViewTargetURL`.
    pub(super) cases: Vec<String>,
}

/// Of an enum.
pub(super) struct EnumNames {
    /// `ShareChannel`.
    pub(super) type_name: String,
    /// As [`crate::library::Enum::values`]: `ShareChannelCopyLink`.
    pub(super) values: Vec<String>,
}

/// A parameter of a constructor.
pub(super) struct Parameter {
    pub(super) name: String,
    pub(super) type_name: String,
}

impl<'a> Plan<'a> {
    pub(super) fn of(library: &'a Library, names: &'a Names) -> Self {
        let mut scope = Scope::with(&["SchemaVersion", "SchemaSemver", "SchemaFingerprint", "Any", "Span"]);
        let paths = library.messages.iter().map(|it| &it.path).chain(library.enums.iter().map(|it| &it.path));
        let mut counts: HashMap<String, usize> = HashMap::new();
        for path in paths {
            *counts.entry(joined(path)).or_default() += 1;
        }
        let wanted = |path: &[String], full_name: &str| {
            let short = joined(path);
            if counts.get(&short) == Some(&1) { short } else { exported(full_name) }
        };
        let types: Vec<String> =
            library.messages.iter().map(|it| scope.take(&wanted(&it.path, &it.full_name), "Message")).collect();
        let enum_types: Vec<String> =
            library.enums.iter().map(|it| scope.take(&wanted(&it.path, &it.full_name), "Enum")).collect();
        let messages =
            library.messages.iter().zip(types).map(|(it, name)| message_names(it, name, &mut scope)).collect();
        let enums = library.enums.iter().zip(enum_types).map(|(it, type_name)| {
            let prefix = format!("{}_", upper_snake(it.path.last().map_or("", String::as_str)));
            let values = it.values.iter().map(|value| {
                let own = value.name.strip_prefix(&prefix).filter(|own| !own.is_empty()).unwrap_or(&value.name);
                scope.take(&format!("{type_name}{}", exported_tail(own)), "Value")
            });
            EnumNames { values: values.collect(), type_name }
        });
        let enums = enums.collect();
        Self { library, names, messages, enums }
    }

    /// Whether any field is of this type.
    pub(super) fn uses(&self, known: WellKnown) -> bool {
        let mut fields = self.library.messages.iter().flat_map(|message| &message.fields);
        fields.any(|field| field.kind == Kind::WellKnown(known))
    }

    /// The type of a field of the struct: of durations it reaches further than Go's own.
    pub(super) fn stored_type(&self, field: &Field) -> String {
        let kind = self.field_type(field.kind, field.shape);
        match field.kind {
            Kind::WellKnown(WellKnown::Duration) => kind.replace("time.Duration", "wire.Span"),
            _ => kind,
        }
    }

    /// What the constructor of a message takes.
    pub(super) fn parameters(&self, message: usize) -> Vec<Parameter> {
        let names = &self.messages[message];
        let message = &self.library.messages[message];
        let fields = message.fields.iter().zip(&names.fields).filter(|(field, _)| field.is_required);
        let fields = fields.map(|(field, names)| Parameter {
            name: names.store.clone(),
            type_name: self.field_type(field.kind, field.shape),
        });
        let oneofs = names.oneofs.iter().flatten();
        let oneofs = oneofs.map(|it| Parameter { name: it.parameter.clone(), type_name: it.type_name.clone() });
        fields.chain(oneofs).collect()
    }

    /// The type of a parameter for a field.
    pub(super) fn field_type(&self, kind: Kind, shape: Shape) -> String {
        match shape {
            Shape::Implicit | Shape::Optional => self.value_type(kind),
            Shape::Repeated { .. } => format!("[]{}", self.value_type(kind)),
            Shape::Map(key) => format!("map[{}]{}", scalar_type(key), self.value_type(kind)),
        }
    }

    /// The type of one value.
    pub(super) fn value_type(&self, kind: Kind) -> String {
        match kind {
            Kind::Scalar(scalar) | Kind::WellKnown(WellKnown::Wrapper(scalar)) => scalar_type(scalar).into(),
            Kind::Enum(at) => self.enums[at].type_name.clone(),
            Kind::Message(at) | Kind::Group(at) => format!("*{}", self.messages[at].type_name),
            Kind::WellKnown(known) => match known {
                WellKnown::Timestamp => "time.Time",
                WellKnown::Duration => "time.Duration",
                WellKnown::Struct => "map[string]any",
                WellKnown::ListValue => "[]any",
                WellKnown::Any => "Any",
                WellKnown::Value | WellKnown::Wrapper(_) => "any",
            }
            .into(),
        }
    }
}

/// The type of a scalar.
pub(super) fn scalar_type(kind: ScalarKind) -> &'static str {
    match kind {
        ScalarKind::Double => "float64",
        ScalarKind::Float => "float32",
        ScalarKind::Int32 | ScalarKind::Sint32 | ScalarKind::Sfixed32 => "int32",
        ScalarKind::Int64 | ScalarKind::Sint64 | ScalarKind::Sfixed64 => "int64",
        ScalarKind::Uint32 | ScalarKind::Fixed32 => "uint32",
        ScalarKind::Uint64 | ScalarKind::Fixed64 => "uint64",
        ScalarKind::Bool => "bool",
        ScalarKind::String => "string",
        ScalarKind::Bytes => "[]byte",
    }
}

fn joined(path: &[String]) -> String {
    path.iter().map(|part| exported(part)).collect()
}

/// What stands behind another name, where a digit may come first.
fn exported_tail(name: &str) -> String {
    let whole = exported(name);
    if name.trim_start_matches('_').starts_with(|first: char| first.is_ascii_digit()) {
        return whole.strip_prefix('X').unwrap_or(&whole).to_owned();
    }
    whole
}

fn message_names(message: &Message, type_name: String, scope: &mut Scope) -> MessageNames {
    let mut stores = Scope::of_locals();
    let mut setters = Scope::with(&["JudiEvent"]);
    let mut bits = 0;
    let fields = message.fields.iter().map(|field| {
        let is_pointer = matches!(field.kind, Kind::Message(_) | Kind::Group(_)) && field.oneof.is_none();
        let bit = (field.shape == Shape::Optional && !is_pointer).then(|| {
            bits += 1;
            bits - 1
        });
        let setter = setters.take(&exported(&field.name), "Field");
        let is_span = field.kind == Kind::WellKnown(WellKnown::Duration);
        let span_setter = if is_span { setters.take(&format!("{setter}Span"), "Field") } else { String::new() };
        FieldNames { store: stores.take(&unexported(&field.name), "Field"), setter, span_setter, bit }
    });
    let fields: Vec<FieldNames> = fields.collect();
    let oneofs = message.oneofs.iter().map(|oneof| {
        oneof.is_required.then(|| {
            let own = scope.take(&format!("{type_name}{}", exported_tail(&oneof.name)), "Choice");
            let members = oneof.fields.iter().filter_map(|&at| message.fields.get(at));
            let cases = members.map(|field| scope.take(&format!("{own}{}", exported_tail(&field.name)), "Case"));
            OneofNames {
                cases: cases.collect(),
                parameter: stores.take(&unexported(&oneof.name), "Choice"),
                type_name: own,
            }
        })
    });
    let oneofs = oneofs.collect();
    let constructor = scope.take(&format!("New{type_name}"), "Message");
    MessageNames { type_name, constructor, fields, oneofs, bits }
}
