//! A state of a schema as the rules see it: every element with its resolved features and its place.

mod build;
pub(crate) mod features;
mod locations;
pub(crate) mod wire;

use std::collections::HashMap;

pub(crate) use features::{CppString, Features, Presence, Syntax};
pub(crate) use locations::{Locations, Span};

/// Files, and the elements of them by their whole names.
#[derive(Debug, Default)]
pub struct Image {
    pub(crate) files: Vec<File>,
    pub(crate) messages: Vec<Message>,
    pub(crate) enums: Vec<Enum>,
    pub(crate) services: Vec<Service>,
    pub(crate) extensions: Vec<Field>,
    pub(crate) file_by_path: HashMap<String, usize>,
    pub(crate) message_by_name: HashMap<String, usize>,
    pub(crate) enum_by_name: HashMap<String, usize>,
    pub(crate) service_by_name: HashMap<String, usize>,
}

#[derive(Debug)]
pub(crate) struct File {
    /// The import name.
    pub(crate) path: String,
    pub(crate) package: String,
    pub(crate) syntax: Syntax,
    /// Not a file of the module: it is there because others import it, and nothing is reported of it.
    pub(crate) is_import: bool,
    pub(crate) options: wire::FileOptions,
    pub(crate) locations: Locations,
}

/// What all named elements have.
#[derive(Debug)]
pub(crate) struct Element {
    /// Index of the file.
    pub(crate) file: usize,
    pub(crate) name: String,
    /// Within the package: `Outer.Inner`.
    pub(crate) nested_name: String,
    /// With the package.
    pub(crate) full_name: String,
    /// As `SourceCodeInfo` has it.
    pub(crate) path: Vec<i32>,
}

/// Numbers from `start` to `end`, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Range {
    pub(crate) start: i64,
    pub(crate) end: i64,
}

#[derive(Debug)]
pub(crate) struct Message {
    pub(crate) element: Element,
    pub(crate) features: Features,
    pub(crate) fields: Vec<Field>,
    /// Without those that stand for `optional` in proto3.
    pub(crate) oneofs: Vec<String>,
    pub(crate) reserved_ranges: Vec<Range>,
    pub(crate) reserved_names: Vec<String>,
    pub(crate) extension_ranges: Vec<Range>,
    /// Of a map's entries: the path of the map's type, which is where they are written.
    pub(crate) map_type: Option<Vec<i32>>,
    pub(crate) is_message_set: bool,
    pub(crate) has_no_standard_descriptor_accessor: bool,
}

#[derive(Debug)]
pub(crate) struct Field {
    /// The nested name of an ordinary field is not used.
    pub(crate) element: Element,
    /// The short name of the message that it is a field of.
    pub(crate) parent: String,
    /// The whole name of the extended message, of an extension.
    pub(crate) extendee: Option<String>,
    pub(crate) number: i32,
    pub(crate) kind: Kind,
    /// The whole name of its message or enum.
    pub(crate) type_name: String,
    pub(crate) cardinality: Cardinality,
    /// Whether it is written `required`: an edition says it by a feature.
    pub(crate) is_labelled_required: bool,
    /// The name of its oneof, where it is a real one.
    pub(crate) oneof: Option<String>,
    pub(crate) json_name: String,
    pub(crate) default_value: Option<String>,
    pub(crate) jstype: i32,
    pub(crate) cpp_string: CppString,
    pub(crate) features: Features,
    pub(crate) is_of_map_entry: bool,
    pub(crate) map_type: Option<Vec<i32>>,
}

/// `google.protobuf.FieldDescriptorProto.Type`; a message that is delimited is a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Kind {
    Double,
    Float,
    Int64,
    Uint64,
    Int32,
    Fixed64,
    Fixed32,
    Bool,
    String,
    Group,
    Message,
    Bytes,
    Uint32,
    Enum,
    Sfixed32,
    Sfixed64,
    Sint32,
    Sint64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cardinality {
    Explicit,
    Implicit,
    Required,
    Repeated,
    Map,
}

#[derive(Debug)]
pub(crate) struct Enum {
    pub(crate) element: Element,
    pub(crate) features: Features,
    pub(crate) values: Vec<EnumValue>,
    pub(crate) reserved_ranges: Vec<Range>,
    pub(crate) reserved_names: Vec<String>,
}

#[derive(Debug)]
pub(crate) struct EnumValue {
    pub(crate) name: String,
    pub(crate) number: i32,
}

#[derive(Debug)]
pub(crate) struct Service {
    pub(crate) element: Element,
    pub(crate) methods: Vec<Method>,
}

#[derive(Debug)]
pub(crate) struct Method {
    pub(crate) name: String,
    pub(crate) path: Vec<i32>,
    pub(crate) input_type: String,
    pub(crate) output_type: String,
    pub(crate) client_streaming: bool,
    pub(crate) server_streaming: bool,
    pub(crate) idempotency_level: i32,
}

impl Field {
    /// Whether it is an extension.
    pub(crate) const fn is_extension(&self) -> bool {
        self.extendee.is_some()
    }
}

impl Kind {
    /// Whether its type has a name.
    pub(crate) const fn is_named(self) -> bool {
        matches!(self, Self::Group | Self::Message | Self::Enum)
    }

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Double => "double",
            Self::Float => "float",
            Self::Int64 => "int64",
            Self::Uint64 => "uint64",
            Self::Int32 => "int32",
            Self::Fixed64 => "fixed64",
            Self::Fixed32 => "fixed32",
            Self::Bool => "bool",
            Self::String => "string",
            Self::Group => "group",
            Self::Message => "message",
            Self::Bytes => "bytes",
            Self::Uint32 => "uint32",
            Self::Enum => "enum",
            Self::Sfixed32 => "sfixed32",
            Self::Sfixed64 => "sfixed64",
            Self::Sint32 => "sint32",
            Self::Sint64 => "sint64",
        }
    }
}

impl Cardinality {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Explicit => "optional with explicit presence",
            Self::Implicit => "optional with implicit presence",
            Self::Required => "required",
            Self::Repeated => "repeated",
            Self::Map => "map",
        }
    }
}
