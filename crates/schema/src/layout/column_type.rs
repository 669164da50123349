//! What a column can hold, as the ledger writes it and as Arrow names it.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Fields, TimeUnit};

use crate::plan::ScalarKind;

/// The type of a column. Lists and maps hold elements, never lists or maps: protobuf has no such thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ColumnType {
    /// One value.
    One(Element),
    /// `LIST<…>`.
    List(Element),
    /// `MAP<key,value>`, keys sorted within a row.
    Map(Element, Element),
}

/// The type of one value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names are SQL's")]
pub enum Element {
    BigInt,
    /// `DECIMAL(20,0)`: what 64 bits without a sign need.
    Decimal20,
    Boolean,
    Float,
    Double,
    Varchar,
    Binary,
    /// Microseconds, UTC.
    Timestamp,
    /// The children are columns of their own.
    Struct,
}

/// Not a column type.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is no column type")]
pub struct NoColumnType {
    /// What was read.
    pub text: String,
}

/// Parquet's own names for the parts of lists and maps, which every reader expects.
pub const LIST_ELEMENT: &str = "element";
/// See [`LIST_ELEMENT`].
pub const MAP_ENTRIES: &str = "key_value";
/// See [`LIST_ELEMENT`].
pub const MAP_KEY: &str = "key";
/// See [`LIST_ELEMENT`].
pub const MAP_VALUE: &str = "value";

const ELEMENTS: [(Element, &str); 9] = [
    (Element::BigInt, "BIGINT"),
    (Element::Decimal20, "DECIMAL(20,0)"),
    (Element::Boolean, "BOOLEAN"),
    (Element::Float, "FLOAT"),
    (Element::Double, "DOUBLE"),
    (Element::Varchar, "VARCHAR"),
    (Element::Binary, "BINARY"),
    (Element::Timestamp, "TIMESTAMP"),
    (Element::Struct, "STRUCT"),
];

impl ColumnType {
    /// The type of the values: of a list its elements', of a map its values'.
    #[must_use]
    pub const fn element(self) -> Element {
        match self {
            Self::One(element) | Self::List(element) | Self::Map(_, element) => element,
        }
    }

    /// The Arrow type, given the children of the struct that the column or its values are. Maps are sorted by
    /// key, and do not say so in their type: Parquet has no place for it, and the types must be equal when read.
    #[must_use]
    pub fn arrow(self, children: Fields) -> DataType {
        match self {
            Self::One(element) => element.arrow(children),
            Self::List(element) => DataType::List(Arc::new(Field::new(LIST_ELEMENT, element.arrow(children), true))),
            Self::Map(key, value) => {
                let key = Field::new(MAP_KEY, key.arrow(Fields::empty()), false);
                let value = Field::new(MAP_VALUE, value.arrow(children), true);
                let entries = DataType::Struct(Fields::from(vec![key, value]));
                DataType::Map(Arc::new(Field::new(MAP_ENTRIES, entries, false)), false)
            }
        }
    }

    /// Whether a column of this type may be followed by one of `wider` for the same field, because every value
    /// of the old one is a value of the new: uint32 that became uint64.
    #[must_use]
    pub fn widens_to(self, wider: Self) -> bool {
        self == Self::One(Element::BigInt) && wider == Self::One(Element::Decimal20)
    }
}

impl Element {
    /// The column of a protobuf scalar. 32 bits get 64, so that widening a field moves nothing.
    #[must_use]
    pub const fn of_scalar(kind: ScalarKind) -> Self {
        match kind {
            ScalarKind::Double => Self::Double,
            ScalarKind::Float => Self::Float,
            ScalarKind::Uint64 | ScalarKind::Fixed64 => Self::Decimal20,
            ScalarKind::Bool => Self::Boolean,
            ScalarKind::String => Self::Varchar,
            ScalarKind::Bytes => Self::Binary,
            ScalarKind::Int32
            | ScalarKind::Int64
            | ScalarKind::Uint32
            | ScalarKind::Sint32
            | ScalarKind::Sint64
            | ScalarKind::Fixed32
            | ScalarKind::Sfixed32
            | ScalarKind::Sfixed64 => Self::BigInt,
        }
    }

    fn arrow(self, children: Fields) -> DataType {
        match self {
            Self::BigInt => DataType::Int64,
            Self::Decimal20 => DataType::Decimal128(20, 0),
            Self::Boolean => DataType::Boolean,
            Self::Float => DataType::Float32,
            Self::Double => DataType::Float64,
            Self::Varchar => DataType::Utf8,
            Self::Binary => DataType::Binary,
            Self::Timestamp => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
            Self::Struct => DataType::Struct(children),
        }
    }

    fn parse(text: &str) -> Option<Self> {
        ELEMENTS.iter().find(|(_, name)| *name == text).map(|(element, _)| *element)
    }
}

impl fmt::Display for Element {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = ELEMENTS.iter().find(|(element, _)| element == self).map(|(_, name)| *name);
        f.write_str(name.unwrap_or_default())
    }
}

impl fmt::Display for ColumnType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::One(element) => write!(f, "{element}"),
            Self::List(element) => write!(f, "LIST<{element}>"),
            Self::Map(key, value) => write!(f, "MAP<{key},{value}>"),
        }
    }
}

impl FromStr for ColumnType {
    type Err = NoColumnType;

    fn from_str(text: &str) -> Result<Self, NoColumnType> {
        let inside = |name: &str| text.strip_prefix(name).and_then(|rest| rest.strip_suffix('>'));
        let parsed = if let Some(element) = inside("LIST<") {
            Element::parse(element).map(Self::List)
        } else if let Some(both) = inside("MAP<") {
            // DECIMAL(20,0) has a comma of its own, so the two are tried at each comma.
            both.match_indices(',').find_map(|(at, _)| {
                let key = Element::parse(both.get(..at)?).filter(|key| *key != Element::Struct)?;
                Some(Self::Map(key, Element::parse(both.get(at + 1..)?)?))
            })
        } else {
            Element::parse(text).map(Self::One)
        };
        parsed.ok_or_else(|| NoColumnType { text: text.to_owned() })
    }
}
