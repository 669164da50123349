//! The verdict table: which changes there are, and what Judi must answer to each.

use judi_schema::diff::Verdict;

/// One row of the table. Rows that are refused have a way out, which is published in their stead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Row {
    FieldAdded,
    FieldDeleted,
    FieldDeletedUnreserved,
    FieldRenumbered,
    FieldRenamed,
    FieldRenamedWithoutAlias,
    Widened,
    WidenedUnsigned,
    Narrowed,
    TypeChanged,
    EnumValueAdded,
    EnumValueRenamed,
    EnumValueRenamedWithoutAlias,
    EnumValueDeleted,
    EnumValueDeletedUnreserved,
    IntoNewOneof,
    SeveralIntoOneof,
    IntoExistingOneof,
    SingularRepeated,
    Presence,
    MessageMoved,
    MessageMovedUnsaid,
    PackageChanged,
    RuleTightened,
    EventAdded,
    EventDeleted,
}

impl Row {
    pub(crate) const ALL: [Self; 26] = [
        Self::FieldAdded,
        Self::FieldDeleted,
        Self::FieldDeletedUnreserved,
        Self::FieldRenumbered,
        Self::FieldRenamed,
        Self::FieldRenamedWithoutAlias,
        Self::Widened,
        Self::WidenedUnsigned,
        Self::Narrowed,
        Self::TypeChanged,
        Self::EnumValueAdded,
        Self::EnumValueRenamed,
        Self::EnumValueRenamedWithoutAlias,
        Self::EnumValueDeleted,
        Self::EnumValueDeletedUnreserved,
        Self::IntoNewOneof,
        Self::SeveralIntoOneof,
        Self::IntoExistingOneof,
        Self::SingularRepeated,
        Self::Presence,
        Self::MessageMoved,
        Self::MessageMovedUnsaid,
        Self::PackageChanged,
        Self::RuleTightened,
        Self::EventAdded,
        Self::EventDeleted,
    ];

    /// As the table words it.
    pub(crate) const fn words(self) -> &'static str {
        match self {
            Self::FieldAdded => "add field, fresh number",
            Self::FieldDeleted => "delete, name and number reserved",
            Self::FieldDeletedUnreserved => "delete, not reserved",
            Self::FieldRenumbered => "renumber",
            Self::FieldRenamed => "rename field, with alias",
            Self::FieldRenamedWithoutAlias => "rename field, without alias",
            Self::Widened => "int32 -> int64 (uint32 -> int64, sint32 -> sint64)",
            Self::WidenedUnsigned => "uint32 -> uint64, a second generation",
            Self::Narrowed => "int64 -> int32/bool",
            Self::TypeChanged => "string <-> bytes, other type change",
            Self::EnumValueAdded => "enum value added",
            Self::EnumValueRenamed => "enum value renamed, with alias",
            Self::EnumValueRenamedWithoutAlias => "enum value renamed, without alias",
            Self::EnumValueDeleted => "enum value deleted, reserved",
            Self::EnumValueDeletedUnreserved => "enum value deleted, not reserved",
            Self::IntoNewOneof => "one field into a new oneof",
            Self::SeveralIntoOneof => "several fields into a oneof",
            Self::IntoExistingOneof => "a field into an existing oneof",
            Self::SingularRepeated => "singular <-> repeated",
            Self::Presence => "implicit <-> optional",
            Self::MessageMoved => "rename or move a message, with moved_from",
            Self::MessageMovedUnsaid => "rename or move a message, without moved_from",
            Self::PackageChanged => "package change",
            Self::RuleTightened => "constraint tightened",
            Self::EventAdded => "event added",
            Self::EventDeleted => "event deleted",
        }
    }

    /// What the table answers.
    pub(crate) const fn verdict(self) -> Verdict {
        match self {
            Self::FieldAdded
            | Self::FieldRenamed
            | Self::EnumValueAdded
            | Self::EnumValueRenamed
            | Self::IntoNewOneof
            | Self::MessageMoved
            | Self::EventAdded => Verdict::Safe,
            Self::FieldDeleted
            | Self::Widened
            | Self::WidenedUnsigned
            | Self::EnumValueDeleted
            | Self::Presence
            | Self::PackageChanged
            | Self::RuleTightened
            | Self::EventDeleted => Verdict::Guarded,
            Self::FieldDeletedUnreserved
            | Self::FieldRenumbered
            | Self::FieldRenamedWithoutAlias
            | Self::Narrowed
            | Self::TypeChanged
            | Self::EnumValueRenamedWithoutAlias
            | Self::EnumValueDeletedUnreserved
            | Self::SeveralIntoOneof
            | Self::IntoExistingOneof
            | Self::SingularRepeated
            | Self::MessageMovedUnsaid => Verdict::Blocked,
        }
    }

    /// The verdict on what is published: of a refused change, on its way out.
    pub(crate) const fn published(self) -> Verdict {
        match self {
            Self::FieldRenamedWithoutAlias | Self::EnumValueRenamedWithoutAlias | Self::MessageMovedUnsaid => {
                Verdict::Safe
            }
            Self::FieldDeletedUnreserved
            | Self::Narrowed
            | Self::TypeChanged
            | Self::EnumValueDeletedUnreserved
            | Self::SeveralIntoOneof
            | Self::IntoExistingOneof
            | Self::SingularRepeated => Verdict::Guarded,
            other => other.verdict(),
        }
    }

    /// The kinds of change of which the checker must name one, of the change as it was first tried.
    pub(crate) const fn kinds(self) -> &'static [&'static str] {
        match self {
            Self::FieldAdded => &["FIELD_ADDED"],
            Self::FieldDeleted | Self::FieldDeletedUnreserved => &["FIELD_DELETED"],
            Self::FieldRenumbered => &["FIELD_RENUMBERED"],
            Self::FieldRenamed | Self::FieldRenamedWithoutAlias => &["FIELD_RENAMED"],
            Self::Widened | Self::WidenedUnsigned | Self::Narrowed | Self::TypeChanged => &["TYPE_CHANGED"],
            Self::EnumValueAdded => &["ENUM_VALUE_ADDED"],
            Self::EnumValueRenamed | Self::EnumValueRenamedWithoutAlias => &["ENUM_VALUE_RENAMED"],
            Self::EnumValueDeleted | Self::EnumValueDeletedUnreserved => &["ENUM_VALUE_DELETED"],
            Self::IntoNewOneof => &["ONEOF_ADDED"],
            Self::SeveralIntoOneof => &["ONEOF_MERGED"],
            Self::IntoExistingOneof => &["ONEOF_ENTERED"],
            Self::SingularRepeated => &["CARDINALITY_CHANGED"],
            Self::Presence => &["PRESENCE_CHANGED"],
            Self::MessageMoved => &["MESSAGE_MOVED", "ENUM_MOVED"],
            // A message without fields is like no other: its move looks as if the field had another type.
            Self::MessageMovedUnsaid => &["MESSAGE_MOVED", "ENUM_MOVED", "TYPE_CHANGED"],
            Self::PackageChanged => &["PACKAGE_CHANGED"],
            Self::RuleTightened => &["REQUIRED_ADDED", "RULES_TIGHTENED"],
            Self::EventAdded => &["EVENT_ADDED"],
            Self::EventDeleted => &["EVENT_DELETED"],
        }
    }

    /// How often it is drawn, beside the others.
    pub(crate) const fn weight(self) -> usize {
        match self {
            Self::FieldAdded => 14,
            Self::FieldRenamed | Self::EnumValueAdded | Self::FieldDeleted => 8,
            Self::Widened | Self::TypeChanged | Self::IntoNewOneof | Self::Presence | Self::MessageMoved => 6,
            Self::WidenedUnsigned | Self::EnumValueRenamed | Self::RuleTightened => 4,
            Self::EventDeleted | Self::PackageChanged => 1,
            _ => 3,
        }
    }
}
