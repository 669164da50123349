//! A cell of any Arrow type as a value that compares and prints.

use std::fmt;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, Float32Type, Float64Type, Int64Type, TimeUnit, TimestampMicrosecondType,
};
use prost_reflect::{DynamicMessage, ReflectMessage};

/// A cell. Floats compare by their bits.
#[derive(Clone)]
pub(super) enum Cell {
    Null,
    Integer(i128),
    Float(u32),
    Double(u64),
    Bool(bool),
    Text(String),
    Bytes(Vec<u8>),
    List(Vec<Cell>),
    Map(Vec<(Cell, Cell)>),
    Struct(Vec<(String, Cell)>),
    /// What bytes must decode to; only an oracle makes it.
    Message(DynamicMessage),
}

impl PartialEq for Cell {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Null, Self::Null) => true,
            (Self::Integer(left), Self::Integer(right)) => left == right,
            (Self::Float(left), Self::Float(right)) => left == right,
            (Self::Double(left), Self::Double(right)) => left == right,
            (Self::Bool(left), Self::Bool(right)) => left == right,
            (Self::Text(left), Self::Text(right)) => left == right,
            (Self::Bytes(left), Self::Bytes(right)) => left == right,
            (Self::List(left), Self::List(right)) => left == right,
            (Self::Map(left), Self::Map(right)) => left == right,
            (Self::Struct(left), Self::Struct(right)) => left == right,
            (Self::Message(message), Self::Bytes(bytes)) | (Self::Bytes(bytes), Self::Message(message)) => {
                DynamicMessage::decode(message.descriptor(), bytes.as_slice()).is_ok_and(|own| own == *message)
            }
            _ => false,
        }
    }
}

impl Cell {
    pub(super) fn text(value: &str) -> Self {
        Self::Text(value.to_owned())
    }

    /// The member of a struct.
    pub(super) fn member(&self, name: &str) -> &Self {
        match self {
            Self::Struct(members) => &members.iter().find(|(own, _)| own == name).expect(name).1,
            other => panic!("{other:?} has no member {name}"),
        }
    }
}

impl fmt::Debug for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("NULL"),
            Self::Integer(value) => write!(f, "{value}"),
            Self::Float(bits) => write!(f, "{:?}f", f32::from_bits(*bits)),
            Self::Double(bits) => write!(f, "{:?}d", f64::from_bits(*bits)),
            Self::Bool(value) => write!(f, "{value}"),
            Self::Text(value) => write!(f, "{value:?}"),
            Self::Bytes(value) => {
                f.write_str("x")?;
                value.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
            Self::Message(message) => write!(f, "{message}"),
            Self::List(values) => f.debug_list().entries(values).finish(),
            Self::Map(pairs) => f.debug_map().entries(pairs.iter().map(|(key, value)| (key, value))).finish(),
            Self::Struct(members) => {
                f.write_str("{")?;
                for (place, (name, value)) in members.iter().enumerate() {
                    write!(f, "{}{name}: {value:?}", if place == 0 { "" } else { ", " })?;
                }
                f.write_str("}")
            }
        }
    }
}

/// The cell of a batch by column name.
pub(super) fn cell_of(batch: &RecordBatch, column: &str, row: usize) -> Cell {
    cell(batch.column_by_name(column).expect(column), row)
}

pub(super) fn cell(array: &dyn Array, row: usize) -> Cell {
    if array.is_null(row) {
        return Cell::Null;
    }
    match array.data_type() {
        DataType::Int64 => Cell::Integer(array.as_primitive::<Int64Type>().value(row).into()),
        DataType::Decimal128(20, 0) => Cell::Integer(array.as_primitive::<Decimal128Type>().value(row)),
        DataType::Date32 => Cell::Integer(array.as_primitive::<Date32Type>().value(row).into()),
        DataType::Timestamp(TimeUnit::Microsecond, Some(zone)) if zone.as_ref() == "UTC" => {
            Cell::Integer(array.as_primitive::<TimestampMicrosecondType>().value(row).into())
        }
        DataType::Float32 => Cell::Float(array.as_primitive::<Float32Type>().value(row).to_bits()),
        DataType::Float64 => Cell::Double(array.as_primitive::<Float64Type>().value(row).to_bits()),
        DataType::Boolean => Cell::Bool(array.as_boolean().value(row)),
        DataType::Utf8 => Cell::text(array.as_string::<i32>().value(row)),
        DataType::Binary => Cell::Bytes(array.as_binary::<i32>().value(row).to_vec()),
        DataType::List(_) => {
            let elements = array.as_list::<i32>().value(row);
            Cell::List((0..elements.len()).map(|at| cell(&elements, at)).collect())
        }
        DataType::Map(..) => {
            let pairs = array.as_map().value(row);
            let pair = |at| (cell(pairs.column(0), at), cell(pairs.column(1), at));
            Cell::Map((0..pairs.len()).map(pair).collect())
        }
        DataType::Struct(fields) => {
            let children = array.as_struct().columns();
            let members = fields.iter().zip(children);
            Cell::Struct(members.map(|(field, child)| (field.name().clone(), cell(child, row))).collect())
        }
        other => panic!("no cell of {other}"),
    }
}
