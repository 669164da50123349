//! Messages with what their heads say, fields, oneofs and extensions.

use std::borrow::Cow;

use prost_reflect::prost_types::FieldDescriptorProto;
use prost_reflect::{
    Cardinality, DynamicMessage, ExtensionDescriptor, FieldDescriptor, Kind, MessageDescriptor, OneofDescriptor,
    Syntax, Value,
};

use super::body::Body;
use super::options::statements;
use super::{DEPTH_MAX, PrintError, Printer, in_brackets, literals, range_text};
use crate::json_name::lower_camel;

/// The highest field number.
const FIELD_NUMBER_MAX: i32 = 536_870_911;
/// `DescriptorProto.extension_range`, and `ExtensionRange.options`.
const EXTENSION_RANGE: u32 = 5;
const EXTENSION_RANGE_OPTIONS: u32 = 3;

impl Printer {
    /// A blank line before what follows, unless it is the first thing of its block.
    pub(super) fn separate(&mut self) {
        if !self.text.ends_with("{\n") {
            self.blank();
        }
    }

    pub(super) fn message(&mut self, message: &MessageDescriptor) -> Result<(), PrintError> {
        self.message_as(format_args!("message {}", message.name()), message)
    }

    /// The body of `message` behind a head that may be a group's.
    fn message_as(&mut self, head: impl std::fmt::Display, message: &MessageDescriptor) -> Result<(), PrintError> {
        if self.indent >= DEPTH_MAX {
            return Err(PrintError::TooDeep { of: message.full_name().to_owned() });
        }
        let proto = message.descriptor_proto();
        let options = statements(&message.options(), &|| message.full_name().to_owned())?;
        let range_options = self.extension_range_options(message)?;
        self.block(head, |printer| {
            printer.option_statements(&options);
            for (range, options) in proto.extension_range.iter().zip(range_options) {
                let (start, end) = (range.start(), range.end().saturating_sub(1));
                let mut range = range_text(start, end, FIELD_NUMBER_MAX);
                if start == end && !options.is_empty() {
                    // Not every compiler takes options behind a single number.
                    range = format!("{start} to {end}");
                }
                printer.line(format_args!("extensions {range}{};", in_brackets(&options)));
            }
            let ranges = proto.reserved_range.iter().map(|range| (range.start(), range.end().saturating_sub(1)));
            printer.reserved(ranges, FIELD_NUMBER_MAX, &proto.reserved_name);
            for enumeration in message.child_enums() {
                printer.separate();
                printer.enumeration(&enumeration)?;
            }
            let body = Body::of_message(message);
            body.print(printer)
        })
    }

    /// The options of each extension range: the library shows them only in the descriptor as a whole.
    fn extension_range_options(&self, message: &MessageDescriptor) -> Result<Vec<Vec<String>>, PrintError> {
        let count = message.descriptor_proto().extension_range.len();
        let descriptor = self.raw.as_ref().and_then(|file| at_path(file, message.path()));
        let ranges = descriptor.and_then(|descriptor| list(descriptor, EXTENSION_RANGE)).unwrap_or_default();
        let options = (0..count).map(|index| {
            let range = ranges.get(index).and_then(Value::as_message);
            match range.and_then(|range| range.get_field_by_number(EXTENSION_RANGE_OPTIONS)).as_deref() {
                Some(Value::Message(options)) => statements(options, &|| message.full_name().to_owned()),
                _ => Ok(Vec::new()),
            }
        });
        options.collect()
    }

    pub(super) fn oneof(&mut self, oneof: &OneofDescriptor, fields: &[FieldDescriptor]) -> Result<(), PrintError> {
        let options = statements(&oneof.options(), &|| oneof.full_name().to_owned())?;
        self.block(format_args!("oneof {}", oneof.name()), |printer| {
            printer.option_statements(&options);
            fields.iter().try_for_each(|field| printer.field_with_label(field, ""))
        })
    }

    pub(super) fn field(&mut self, field: &FieldDescriptor, syntax: Syntax) -> Result<(), PrintError> {
        let optional = field.field_descriptor_proto().proto3_optional();
        let label = if field.is_map() { "" } else { label(field.cardinality(), optional, syntax) };
        self.field_with_label(field, label)
    }

    fn field_with_label(&mut self, field: &FieldDescriptor, label: &str) -> Result<(), PrintError> {
        let proto = field.field_descriptor_proto();
        let mut options = own_options(proto, &field.kind(), true);
        options.extend(statements(&field.options(), &|| field.full_name().to_owned())?);
        let type_name = match (field.is_map(), field.kind()) {
            (true, Kind::Message(entry)) => format!(
                "map<{}, {}>",
                type_text(&entry.map_entry_key_field().kind()),
                type_text(&entry.map_entry_value_field().kind())
            ),
            (_, kind) => type_text(&kind),
        };
        let group = field.is_group().then(|| group_of(&field.kind(), field.full_name())).transpose()?;
        self.declaration(label, &type_name, proto, &options, group.as_ref())
    }

    pub(super) fn extension(&mut self, extension: &ExtensionDescriptor, syntax: Syntax) -> Result<(), PrintError> {
        let proto = extension.field_descriptor_proto();
        let label = label(extension.cardinality(), proto.proto3_optional(), syntax);
        let mut options = own_options(proto, &extension.kind(), false);
        options.extend(statements(&extension.options(), &|| extension.full_name().to_owned())?);
        let type_name = type_text(&extension.kind());
        let group = extension.is_group().then(|| group_of(&extension.kind(), extension.full_name())).transpose()?;
        self.declaration(label, &type_name, proto, &options, group.as_ref())
    }

    fn declaration(
        &mut self,
        label: &str,
        type_name: &str,
        proto: &FieldDescriptorProto,
        options: &[String],
        group: Option<&MessageDescriptor>,
    ) -> Result<(), PrintError> {
        let (number, options) = (proto.number(), in_brackets(options));
        match group {
            Some(group) => self.message_as(format_args!("{label}group {} = {number}{options}", group.name()), group),
            None => {
                self.line(format_args!("{label}{type_name} {} = {number}{options};", proto.name()));
                Ok(())
            }
        }
    }
}

/// The message of a group: declared where the field is, and named as it is.
fn group_of(kind: &Kind, field: &str) -> Result<MessageDescriptor, PrintError> {
    let named_alike = |message: &&MessageDescriptor| {
        let (scope, name) = field.rsplit_once('.').unwrap_or(("", field));
        let (own_scope, own_name) = message.full_name().rsplit_once('.').unwrap_or(("", message.full_name()));
        scope == own_scope && name == own_name.to_ascii_lowercase()
    };
    let group = kind.as_message().filter(named_alike).cloned();
    group.ok_or_else(|| PrintError::Delimited { of: field.to_owned() })
}

/// What is written as an option and is none: the default value and the JSON name, where it is not the usual one.
fn own_options(proto: &FieldDescriptorProto, kind: &Kind, may_name_json: bool) -> Vec<String> {
    let mut options = Vec::new();
    if let Some(default) = &proto.default_value {
        options.push(match kind {
            Kind::String => format!("default = {}", literals::quoted(default.as_bytes())),
            // The descriptor holds it escaped already.
            Kind::Bytes => format!("default = \"{default}\""),
            // Compilers write large ones as digits alone, which they then read as an integer that is too large.
            Kind::Double => format!("default = {}", default.parse().map_or_else(|_| default.clone(), literals::float)),
            Kind::Float => {
                format!("default = {}", default.parse().map_or_else(|_| default.clone(), literals::single_float))
            }
            _ => format!("default = {default}"),
        });
    }
    if let Some(name) = proto.json_name.as_deref().filter(|name| may_name_json && *name != lower_camel(proto.name())) {
        options.push(format!("json_name = {}", literals::quoted(name.as_bytes())));
    }
    options
}

const fn label(cardinality: Cardinality, proto3_optional: bool, syntax: Syntax) -> &'static str {
    match (cardinality, syntax) {
        (Cardinality::Repeated, _) => "repeated ",
        (Cardinality::Required, _) => "required ",
        (Cardinality::Optional, Syntax::Proto2) => "optional ",
        (Cardinality::Optional, Syntax::Proto3) if proto3_optional => "optional ",
        (Cardinality::Optional, Syntax::Proto3) => "",
    }
}

fn type_text(kind: &Kind) -> String {
    match kind {
        Kind::Message(message) => format!(".{}", message.full_name()),
        Kind::Enum(enumeration) => format!(".{}", enumeration.full_name()),
        Kind::Double => "double".to_owned(),
        Kind::Float => "float".to_owned(),
        Kind::Int32 => "int32".to_owned(),
        Kind::Int64 => "int64".to_owned(),
        Kind::Uint32 => "uint32".to_owned(),
        Kind::Uint64 => "uint64".to_owned(),
        Kind::Sint32 => "sint32".to_owned(),
        Kind::Sint64 => "sint64".to_owned(),
        Kind::Fixed32 => "fixed32".to_owned(),
        Kind::Fixed64 => "fixed64".to_owned(),
        Kind::Sfixed32 => "sfixed32".to_owned(),
        Kind::Sfixed64 => "sfixed64".to_owned(),
        Kind::Bool => "bool".to_owned(),
        Kind::String => "string".to_owned(),
        Kind::Bytes => "bytes".to_owned(),
    }
}

/// The message at a descriptor's path in its file: pairs of a field number and an index.
fn at_path<'a>(file: &'a DynamicMessage, path: &[i32]) -> Option<&'a DynamicMessage> {
    path.chunks_exact(2).try_fold(file, |message, step| {
        let &[number, index] = step else { return None };
        list(message, u32::try_from(number).ok()?)?.get(usize::try_from(index).ok()?)?.as_message()
    })
}

/// A repeated field that is set.
fn list(message: &DynamicMessage, number: u32) -> Option<&[Value]> {
    match message.get_field_by_number(number)? {
        Cow::Borrowed(value) => value.as_list(),
        Cow::Owned(_) => None,
    }
}
