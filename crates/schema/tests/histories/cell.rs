//! A cell of any Arrow type as a value that compares and prints; and rows under a wider schema.

use std::fmt;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, ListArray, MapArray, RecordBatch, StructArray, new_null_array};
use arrow::datatypes::{
    DataType, Decimal128Type, Fields, Float32Type, Float64Type, Int64Type, SchemaRef, TimestampMicrosecondType,
};

/// A cell. Floats compare by their bits.
#[derive(Clone, PartialEq)]
pub(crate) enum Cell {
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
}

impl Cell {
    pub(crate) fn text(value: &str) -> Self {
        Self::Text(value.to_owned())
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
            Self::Bytes(value) => write!(f, "x{value:02x?}"),
            Self::List(values) => f.debug_list().entries(values).finish(),
            Self::Map(pairs) => f.debug_map().entries(pairs.iter().map(|(key, value)| (key, value))).finish(),
            Self::Struct(members) => {
                let shown = members.iter().map(|(name, value)| format!("{name}: {value:?}"));
                write!(f, "{{{}}}", shown.collect::<Vec<_>>().join(", "))
            }
        }
    }
}

/// The cell of a batch by column name.
pub(crate) fn cell_of(batch: &RecordBatch, column: &str, row: usize) -> Cell {
    cell(batch.column_by_name(column).expect(column), row)
}

pub(crate) fn cell(array: &dyn Array, row: usize) -> Cell {
    if array.is_null(row) {
        return Cell::Null;
    }
    match array.data_type() {
        DataType::Int64 => Cell::Integer(array.as_primitive::<Int64Type>().value(row).into()),
        DataType::Decimal128(20, 0) => Cell::Integer(array.as_primitive::<Decimal128Type>().value(row)),
        DataType::Timestamp(..) => Cell::Integer(array.as_primitive::<TimestampMicrosecondType>().value(row).into()),
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

/// The batch with the columns of a schema that has grown: what is new is NULL, as a reader of older files sees it.
pub(crate) fn widened(batch: &RecordBatch, schema: &SchemaRef) -> RecordBatch {
    let old = batch.schema();
    let columns = members(old.fields(), batch.columns(), schema.fields(), batch.num_rows());
    RecordBatch::try_new(Arc::clone(schema), columns).unwrap()
}

fn members(old: &Fields, columns: &[ArrayRef], new: &Fields, rows: usize) -> Vec<ArrayRef> {
    let member = |field: &arrow::datatypes::FieldRef| match old.find(field.name()) {
        Some((at, _)) => grown(&columns[at], field.data_type()),
        None => new_null_array(field.data_type(), rows),
    };
    new.iter().map(member).collect()
}

fn grown(array: &ArrayRef, to: &DataType) -> ArrayRef {
    if array.data_type() == to {
        return Arc::clone(array);
    }
    match to {
        DataType::Struct(fields) => {
            let own = array.as_struct();
            let columns = members(own.fields(), own.columns(), fields, own.len());
            Arc::new(
                StructArray::try_new_with_length(fields.clone(), columns, own.nulls().cloned(), own.len()).unwrap(),
            )
        }
        DataType::List(item) => {
            let own = array.as_list::<i32>();
            let values = grown(own.values(), item.data_type());
            Arc::new(ListArray::new(Arc::clone(item), own.offsets().clone(), values, own.nulls().cloned()))
        }
        DataType::Map(entries, sorted) => {
            let own = array.as_map();
            let pairs: ArrayRef = Arc::new(own.entries().clone());
            let pairs = grown(&pairs, entries.data_type()).as_struct().clone();
            Arc::new(MapArray::new(Arc::clone(entries), own.offsets().clone(), pairs, own.nulls().cloned(), *sorted))
        }
        other => panic!("a column became {other}"),
    }
}
