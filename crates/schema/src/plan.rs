//! Plans: descriptors turned into flat tables that the wire, JSON and column code walk without reflection.
//!
//! A [`Plans`] is made once per schema version from compiled descriptors ([`Plans::build`]) and shared by
//! everything that reads or writes payloads of that version. Messages refer to each other by [`MessageId`],
//! so recursion costs nothing.

mod build;

use std::collections::HashMap;
use std::sync::Arc;

pub use build::{FIELDS_MAX, MESSAGES_MAX};

use crate::rules::{MessageRules, Rules};

/// The place of a message in [`Plans::messages`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MessageId(pub u32);

/// Every message that the events of one schema version can reach.
#[derive(Debug, Default)]
pub struct Plans {
    /// By [`MessageId`].
    pub messages: Vec<MessagePlan>,
}

/// How to read and write one message.
#[derive(Debug)]
pub struct MessagePlan {
    /// Full name, without a leading dot.
    pub full_name: String,
    /// What the message means to JSON and to the table.
    pub kind: MessageKind,
    /// In order of field number.
    pub fields: Vec<FieldPlan>,
    /// Names of the real (not synthetic) oneofs; [`FieldPlan::oneof`] points here.
    pub oneofs: Vec<String>,
    /// `buf.validate` rules over several fields.
    pub rules: Option<Arc<MessageRules>>,
    /// Index into `fields` by number, for numbers below 64; `u16::MAX`: none.
    pub(crate) dense: [u16; 64],
    /// Index into `fields` by number, for the rest.
    pub(crate) sparse: HashMap<u32, u16>,
    /// Index into `fields` by JSON name, proto name and aliases.
    pub(crate) names: HashMap<String, u16>,
}

/// What a message means beyond its fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MessageKind {
    /// A message like any other.
    Plain,
    /// `google.protobuf.Timestamp`: a time in microseconds.
    Timestamp,
    /// `google.protobuf.Duration`: BIGINT microseconds.
    Duration,
    /// `google.protobuf.*Value`: a nullable scalar.
    Wrapper,
    /// `google.protobuf.Struct`, `Value`, `ListValue` or `Any`: JSON text.
    Json,
}

/// How to read and write one field.
#[derive(Debug)]
pub struct FieldPlan {
    /// The number on the wire.
    pub number: u32,
    /// The name in the `.proto` file.
    pub name: String,
    /// The lowerCamelCase name, or what `json_name` says.
    pub json_name: String,
    /// The type of a value (of a map: of its values).
    pub kind: FieldKind,
    /// How many values, and whether absence can be told from the default.
    pub cardinality: Cardinality,
    /// The oneof that it belongs to, in [`MessagePlan::oneofs`].
    pub oneof: Option<u16>,
    /// `(judi.field).required`, `buf.validate` required, or proto2 `required`.
    pub required: bool,
    /// proto2's default as the bits or bytes of the wire form; `None`: the type's zero.
    pub default: Option<DefaultValue>,
    /// `buf.validate` rules.
    pub rules: Option<Arc<Rules>>,
}

/// A default that is not the type's zero.
#[derive(Debug, Clone, PartialEq)]
pub enum DefaultValue {
    /// Integers, bool and enum numbers, sign extended.
    Integer(i64),
    /// uint64 and fixed64.
    Unsigned(u64),
    /// float and double.
    Float(f64),
    /// string (UTF-8) and bytes.
    Bytes(Vec<u8>),
}

/// How many values a field has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cardinality {
    /// One; absent means the default (proto3 scalars without `optional`).
    Implicit,
    /// One or none: `optional`, proto2, messages, members of a oneof.
    Explicit,
    /// Any number; packed and unpacked are both read.
    Repeated,
    /// A map with keys of this kind, a scalar.
    Map(ScalarKind),
}

/// The scalar types of protobuf, each with its own wire form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names are protobuf's")]
pub enum ScalarKind {
    Double,
    Float,
    Int32,
    Int64,
    Uint32,
    Uint64,
    Sint32,
    Sint64,
    Fixed32,
    Fixed64,
    Sfixed32,
    Sfixed64,
    Bool,
    String,
    Bytes,
}

/// The type of a field's value.
#[derive(Debug, Clone)]
pub enum FieldKind {
    /// A scalar.
    Scalar(ScalarKind),
    /// An enum.
    Enum(Arc<EnumPlan>),
    /// A message, length-delimited.
    Message(MessageId),
    /// A proto2 group or a delimited message of editions.
    Group(MessageId),
}

/// An enum's names and numbers.
#[derive(Debug)]
pub struct EnumPlan {
    /// Full name.
    pub full_name: String,
    /// Whether unknown numbers are refused by the language (proto2); Judi keeps them all the same.
    pub closed: bool,
    /// Number to name; the first declared name of an alias.
    pub names: HashMap<i32, String>,
    /// Every name, aliases included, to number.
    pub numbers: HashMap<String, i32>,
}

impl Plans {
    /// The plan at `id`. Ids come only from this very `Plans`.
    #[must_use]
    pub fn message(&self, id: MessageId) -> &MessagePlan {
        &self.messages[id.0 as usize]
    }
}

impl MessagePlan {
    /// The field with this number.
    #[must_use]
    pub fn by_number(&self, number: u32) -> Option<(usize, &FieldPlan)> {
        let index = match self.dense.get(number as usize) {
            Some(&index) => index,
            None => *self.sparse.get(&number)?,
        };
        self.fields.get(usize::from(index)).map(|field| (usize::from(index), field))
    }

    /// The field with this name: as in the file, lowerCamelCase, or an alias.
    #[must_use]
    pub fn by_name(&self, name: &str) -> Option<(usize, &FieldPlan)> {
        let index = usize::from(*self.names.get(name)?);
        self.fields.get(index).map(|field| (index, field))
    }
}
