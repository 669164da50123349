//! What can differ between two protobuf schemas, and which of it keeps a reader from reading what a writer wrote.

use std::fmt;

/// A difference, with the place that it is at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Which.
    pub kind: DifferenceKind,
    /// `#/Outer/Inner/3`: message names, then the field's number, or the name of a oneof or an enum.
    pub path: String,
    /// What the writer's schema says and what the reader's, in words.
    pub detail: String,
}

/// The kinds of differences, by the names that the registries' users know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum DifferenceKind {
    /// The files are of different packages, so every type has another name.
    PackageChanged,
    /// The reader has a message that the writer lacks.
    MessageAdded,
    /// The reader lacks a message of the writer.
    MessageRemoved,
    /// A message has another place in its file.
    MessageMoved,
    /// The reader has an enum that the writer lacks.
    EnumAdded,
    /// The reader lacks an enum of the writer.
    EnumRemoved,
    /// The reader has an enum value that the writer lacks.
    EnumConstAdded,
    /// An enum value has another name.
    EnumConstChanged,
    /// The reader lacks an enum value of the writer.
    EnumConstRemoved,
    /// The reader has a field that the writer lacks.
    FieldAdded,
    /// The reader lacks a field of the writer.
    FieldRemoved,
    /// A field has another name.
    FieldNameChanged,
    /// A field was one of a scalar, a message, a group or a map, and is another.
    FieldKindChanged,
    /// A field's scalar types have different forms on the wire.
    FieldScalarKindChanged,
    /// A field is of another message or enum.
    FieldNamedTypeChanged,
    /// A field of numbers became repeated, or singular: packed numbers are no number.
    FieldNumericLabelChanged,
    /// A field of text or bytes became repeated, or singular.
    FieldStringOrBytesLabelChanged,
    /// A field of messages became repeated, or singular.
    FieldMessageLabelChanged,
    /// The reader requires what the writer need not write.
    RequiredFieldAdded,
    /// The reader lacks a field that the writer requires.
    RequiredFieldRemoved,
    /// The reader has a oneof that the writer lacks.
    OneofAdded,
    /// The reader lacks a oneof of the writer.
    OneofRemoved,
    /// A oneof of the reader has a member that the writer lacks.
    OneofFieldAdded,
    /// A oneof of the reader lacks a member that the writer may set: the reader would see it unset.
    OneofFieldRemoved,
    /// Fields that the writer may set together exclude each other for the reader.
    MultipleFieldsMovedToOneof,
    /// A field of the writer's joined a oneof that was there: the two may be set together.
    FieldMovedToExistingOneof,
}

impl DifferenceKind {
    /// Every kind.
    pub const ALL: [Self; 26] = [
        Self::PackageChanged,
        Self::MessageAdded,
        Self::MessageRemoved,
        Self::MessageMoved,
        Self::EnumAdded,
        Self::EnumRemoved,
        Self::EnumConstAdded,
        Self::EnumConstChanged,
        Self::EnumConstRemoved,
        Self::FieldAdded,
        Self::FieldRemoved,
        Self::FieldNameChanged,
        Self::FieldKindChanged,
        Self::FieldScalarKindChanged,
        Self::FieldNamedTypeChanged,
        Self::FieldNumericLabelChanged,
        Self::FieldStringOrBytesLabelChanged,
        Self::FieldMessageLabelChanged,
        Self::RequiredFieldAdded,
        Self::RequiredFieldRemoved,
        Self::OneofAdded,
        Self::OneofRemoved,
        Self::OneofFieldAdded,
        Self::OneofFieldRemoved,
        Self::MultipleFieldsMovedToOneof,
        Self::FieldMovedToExistingOneof,
    ];

    /// Whether a reader reads all the same what a writer wrote.
    #[must_use]
    pub const fn is_compatible(self) -> bool {
        !matches!(
            self,
            Self::PackageChanged
                | Self::MessageRemoved
                | Self::FieldKindChanged
                | Self::FieldScalarKindChanged
                | Self::FieldNamedTypeChanged
                | Self::FieldNumericLabelChanged
                | Self::RequiredFieldAdded
                | Self::RequiredFieldRemoved
                | Self::OneofFieldRemoved
                | Self::MultipleFieldsMovedToOneof
                | Self::FieldMovedToExistingOneof
        )
    }

    /// `FIELD_ADDED`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::PackageChanged => "PACKAGE_CHANGED",
            Self::MessageAdded => "MESSAGE_ADDED",
            Self::MessageRemoved => "MESSAGE_REMOVED",
            Self::MessageMoved => "MESSAGE_MOVED",
            Self::EnumAdded => "ENUM_ADDED",
            Self::EnumRemoved => "ENUM_REMOVED",
            Self::EnumConstAdded => "ENUM_CONST_ADDED",
            Self::EnumConstChanged => "ENUM_CONST_CHANGED",
            Self::EnumConstRemoved => "ENUM_CONST_REMOVED",
            Self::FieldAdded => "FIELD_ADDED",
            Self::FieldRemoved => "FIELD_REMOVED",
            Self::FieldNameChanged => "FIELD_NAME_CHANGED",
            Self::FieldKindChanged => "FIELD_KIND_CHANGED",
            Self::FieldScalarKindChanged => "FIELD_SCALAR_KIND_CHANGED",
            Self::FieldNamedTypeChanged => "FIELD_NAMED_TYPE_CHANGED",
            Self::FieldNumericLabelChanged => "FIELD_NUMERIC_LABEL_CHANGED",
            Self::FieldStringOrBytesLabelChanged => "FIELD_STRING_OR_BYTES_LABEL_CHANGED",
            Self::FieldMessageLabelChanged => "FIELD_MESSAGE_LABEL_CHANGED",
            Self::RequiredFieldAdded => "REQUIRED_FIELD_ADDED",
            Self::RequiredFieldRemoved => "REQUIRED_FIELD_REMOVED",
            Self::OneofAdded => "ONEOF_ADDED",
            Self::OneofRemoved => "ONEOF_REMOVED",
            Self::OneofFieldAdded => "ONEOF_FIELD_ADDED",
            Self::OneofFieldRemoved => "ONEOF_FIELD_REMOVED",
            Self::MultipleFieldsMovedToOneof => "MULTIPLE_FIELDS_MOVED_TO_ONEOF",
            Self::FieldMovedToExistingOneof => "FIELD_MOVED_TO_EXISTING_ONEOF",
        }
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at {}: {}", self.kind.name(), self.path, self.detail)
    }
}
