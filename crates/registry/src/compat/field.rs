//! One field in two schemas: its name, its type, its label.

use prost_reflect::{FieldDescriptor, FileDescriptor, Kind, MessageDescriptor};

use super::{DifferenceKind, Walk};

/// Types that a reader can take for each other on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Family {
    /// Plain varints; a narrower reader truncates, as all runtimes agree to.
    Varint,
    ZigZag,
    Fixed32,
    Fixed64,
    Float,
    Double,
    /// Bytes hold text where it is UTF-8.
    Text,
}

/// What a field is, apart from its label.
#[derive(Debug, PartialEq, Eq)]
enum Shape {
    Scalar(Family),
    Enum(String),
    Message(String),
    Group(String),
    Map,
}

impl Walk {
    /// A field that both schemas have.
    pub(super) fn field(&mut self, path: &str, old: &FieldDescriptor, new: &FieldDescriptor) {
        if old.name() != new.name() {
            let detail = format!("the field was `{}` and is `{}`", old.name(), new.name());
            self.add(DifferenceKind::FieldNameChanged, path, detail);
        }
        if new.is_required() && !old.is_required() {
            let detail = format!("`{}` is required by the reader's schema alone", new.name());
            self.add(DifferenceKind::RequiredFieldAdded, path, detail);
        }
        let types = format!("`{}` was {} and is {}", old.name(), type_text(old), type_text(new));
        let (writers, readers) = (shape(old, &self.writer), shape(new, &self.reader));
        let kind = type_difference(&writers, &readers);
        if let Some(kind) = kind {
            self.add(kind, path, types.as_str());
        } else if old.is_list() != new.is_list() {
            self.add(label_difference(&writers, &readers), path, types);
        }
        self.lead_to(old, new, kind.is_none());
        if let (true, Kind::Message(old), Kind::Message(new)) = (old.is_map() && new.is_map(), old.kind(), new.kind()) {
            // Key and value are the two fields of the entry.
            self.field(&format!("{path}/key"), &old.map_entry_key_field(), &new.map_entry_key_field());
            self.field(&format!("{path}/value"), &old.map_entry_value_field(), &new.map_entry_value_field());
        }
    }

    /// Messages of other files are compared when a field leads to them; those of the files themselves are anyway.
    fn lead_to(&mut self, old: &FieldDescriptor, new: &FieldDescriptor, same_type: bool) {
        let (Kind::Message(old), Kind::Message(new)) = (old.kind(), new.kind()) else { return };
        let foreign = |message: &MessageDescriptor, file: &FileDescriptor| message.parent_file() != *file;
        if same_type
            && !old.is_map_entry()
            && foreign(&old, &self.writer)
            && foreign(&new, &self.reader)
            && self.seen.insert(old.full_name().to_owned())
        {
            self.led_to.push_back((old, new));
        }
    }
}

fn type_difference(writers: &Shape, readers: &Shape) -> Option<DifferenceKind> {
    match (writers, readers) {
        (Shape::Scalar(old), Shape::Scalar(new)) => (old != new).then_some(DifferenceKind::FieldScalarKindChanged),
        // An enum's value is a number on the wire.
        (Shape::Scalar(family), Shape::Enum(_)) | (Shape::Enum(_), Shape::Scalar(family)) => {
            (*family != Family::Varint).then_some(DifferenceKind::FieldScalarKindChanged)
        }
        (Shape::Enum(old), Shape::Enum(new))
        | (Shape::Message(old), Shape::Message(new))
        | (Shape::Group(old), Shape::Group(new)) => (old != new).then_some(DifferenceKind::FieldNamedTypeChanged),
        (Shape::Map, Shape::Map) => None,
        _ => Some(DifferenceKind::FieldKindChanged),
    }
}

fn label_difference(writers: &Shape, readers: &Shape) -> DifferenceKind {
    match (writers, readers) {
        (Shape::Scalar(Family::Text), Shape::Scalar(Family::Text)) => DifferenceKind::FieldStringOrBytesLabelChanged,
        (Shape::Scalar(_) | Shape::Enum(_), _) => DifferenceKind::FieldNumericLabelChanged,
        _ => DifferenceKind::FieldMessageLabelChanged,
    }
}

fn shape(field: &FieldDescriptor, file: &FileDescriptor) -> Shape {
    match field.kind() {
        Kind::Message(_) if field.is_map() => Shape::Map,
        Kind::Message(message) if field.is_group() => Shape::Group(below_package(message.full_name(), file)),
        Kind::Message(message) => Shape::Message(below_package(message.full_name(), file)),
        Kind::Enum(enumeration) => Shape::Enum(below_package(enumeration.full_name(), file)),
        Kind::Int32 | Kind::Int64 | Kind::Uint32 | Kind::Uint64 | Kind::Bool => Shape::Scalar(Family::Varint),
        Kind::Sint32 | Kind::Sint64 => Shape::Scalar(Family::ZigZag),
        Kind::Fixed32 | Kind::Sfixed32 => Shape::Scalar(Family::Fixed32),
        Kind::Fixed64 | Kind::Sfixed64 => Shape::Scalar(Family::Fixed64),
        Kind::Float => Shape::Scalar(Family::Float),
        Kind::Double => Shape::Scalar(Family::Double),
        Kind::String | Kind::Bytes => Shape::Scalar(Family::Text),
    }
}

/// A name without its file's package: that a package changed is one difference, and not one for each field.
fn below_package(full_name: &str, file: &FileDescriptor) -> String {
    let below = full_name.strip_prefix(file.package_name()).and_then(|rest| rest.strip_prefix('.'));
    below.filter(|_| !file.package_name().is_empty()).unwrap_or(full_name).to_owned()
}

fn type_text(field: &FieldDescriptor) -> String {
    let kind = match field.kind() {
        Kind::Message(_) if field.is_map() => "a map".to_owned(),
        Kind::Message(message) if field.is_group() => format!("a group {}", message.full_name()),
        Kind::Message(message) => message.full_name().to_owned(),
        Kind::Enum(enumeration) => enumeration.full_name().to_owned(),
        scalar => format!("{scalar:?}"),
    };
    if field.is_list() { format!("repeated {kind}") } else { kind }
}
