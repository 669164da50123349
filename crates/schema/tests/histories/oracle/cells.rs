//! Values as cells, and which column is whose.

use judi_schema::layout::{ColumnType, Element};
use serde_json::Value as Json;

use crate::cell::Cell;
use crate::model::{Field, Kind, Many, Scalar};
use crate::values::Value;

pub(super) fn is_zero(leaf: &Json) -> bool {
    match leaf {
        Json::Number(number) => number.as_f64() == Some(0.0),
        Json::String(text) => text.is_empty(),
        other => *other == Json::Bool(false),
    }
}

/// Whether a column holds the values of a field.
pub(super) fn is_column_of(column: ColumnType, field: &Field) -> bool {
    let fits = |element: Element| match field.kind {
        Kind::Message(_) => matches!(element, Element::Struct | Element::Binary),
        kind => element == element_of(kind),
    };
    match (field.many, column) {
        (Many::Implicit | Many::Explicit, ColumnType::One(element)) | (Many::Repeated, ColumnType::List(element)) => {
            fits(element)
        }
        (Many::Map(of), ColumnType::Map(key, element)) => key == element_of(Kind::Scalar(of)) && fits(element),
        _ => false,
    }
}

fn element_of(kind: Kind) -> Element {
    match kind {
        Kind::Scalar(of) | Kind::Wrapper(of) => match of {
            Scalar::Uint64 | Scalar::Fixed64 => Element::Decimal20,
            Scalar::Bool => Element::Boolean,
            Scalar::Float => Element::Float,
            Scalar::Double => Element::Double,
            Scalar::String => Element::Varchar,
            Scalar::Bytes => Element::Binary,
            _ => Element::BigInt,
        },
        Kind::Enum(_) => Element::Varchar,
        Kind::Time => Element::Timestamp,
        Kind::Span => Element::BigInt,
        Kind::Message(_) => Element::Struct,
    }
}

pub(super) fn scalar_cell(value: &Value) -> Cell {
    let micros = |seconds: i64, nanos: i64| Cell::Integer(i128::from(seconds) * 1_000_000 + i128::from(nanos));
    match value {
        Value::Int(value) => Cell::Integer(*value),
        Value::Float(value) => Cell::Float(value.to_bits()),
        Value::Double(value) => Cell::Double(value.to_bits()),
        Value::Bool(value) => Cell::Bool(*value),
        Value::Text(value) => Cell::text(value),
        Value::Bytes(value) => Cell::Bytes(value.clone()),
        Value::Time(seconds, nanos) => micros(*seconds, i64::from(nanos.div_euclid(1000))),
        Value::Span(seconds, nanos) => micros(*seconds, i64::from(nanos / 1000)),
        Value::Wrapper(value) => scalar_cell(value),
        Value::Enum(_) | Value::Message(_) => panic!("{value:?} is no scalar"),
    }
}
