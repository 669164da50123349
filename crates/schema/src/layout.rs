//! The columns of the tables: the envelope's, and where each field of a schema version lands.

mod column_type;
mod envelope;
mod shape;
mod table;

pub use column_type::{ColumnType, Element, LIST_ELEMENT, MAP_ENTRIES, MAP_KEY, MAP_VALUE, NoColumnType};
pub use envelope::{ENVELOPE_COLUMNS, EnvelopeType, envelope_fields, quarantine_fields};
pub(crate) use shape::{CaseShape, FieldShape, InnerShape, MessageShape};
pub use shape::{EVENT_COLUMNS_MAX, NESTING_MAX, UNROLLED_MAX};
pub(crate) use table::{NoColumn, TableColumns};

/// Where one event of one schema version lands in a row of the table `events`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventLayout {
    /// The index of the event's struct among the top-level columns of [`crate::schemas::Schemas::events_schema`].
    pub column: usize,
    /// The struct itself.
    pub root: StructLayout,
}

/// Where the fields of one message land among the children of one struct column. Children that no entry names
/// belong to fields that this version lacks; they are NULL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StructLayout {
    /// How many children the struct column has.
    pub children: usize,
    /// By the index of the field in [`crate::plan::MessagePlan::fields`].
    pub fields: Vec<FieldLayout>,
    /// The child that names the set member's column (`<oneof>__case`), by the index in [`crate::plan::MessagePlan::oneofs`].
    pub cases: Vec<usize>,
    /// The child `_present`, of a message that had no field when it was first published: always true.
    pub present: Option<usize>,
}

/// Where one field lands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldLayout {
    /// The child of the struct that the field fills.
    pub child: usize,
    /// The name that the field had when it was first published, its column's: what `<oneof>__case` says of it, so that
    /// rows from before and after a rename say the same.
    pub first_name: Box<str>,
    /// The child `<field>__number` of a singular enum: the number, set only when the enum has no name for it.
    pub unknown_number: Option<usize>,
    /// What is in the child (of a list: in its elements; of a map: in its values).
    pub inner: Inner,
}

/// What a column holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Inner {
    /// A value: scalars, enums, and the well-known messages that are one value in the table.
    Leaf,
    /// A struct.
    Struct(Box<StructLayout>),
    /// A recursive message below the depth that is unrolled: its bytes as they came.
    Cut,
}

#[cfg(test)]
mod tests;
