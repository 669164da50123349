//! Enum values that had no name when their rows were written, and have one now: `UNKNOWN(7)` becomes the name, and the
//! number beside it goes.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, ListArray, MapArray, StringArray, StructArray};
use arrow::compute::nullif;
use arrow::error::ArrowError;

use super::program::{Names, Program, Shape, Value};

/// The struct column of an event with today's names, or `None` where it has them already.
///
/// # Errors
/// Arrow's, for a column that does not have the type that the program was made for.
pub(super) fn with_names(program: &Program, column: &ArrayRef) -> Result<Option<ArrayRef>, ArrowError> {
    let Some(members) = column.as_struct_opt() else { return Ok(None) };
    if members.null_count() == members.len() {
        return Ok(None);
    }
    let mut children = members.columns().to_vec();
    let mut changed = false;
    for step in &program.steps {
        let Some(child) = children.get(step.column).cloned() else { continue };
        let Some(Renamed { column: named, rows }) = step_with_names(&step.shape, &child)? else { continue };
        changed = true;
        if let Some(slot) = children.get_mut(step.column) {
            *slot = named;
        }
        if let Some(number) = step.number.and_then(|at| children.get_mut(at)) {
            *number = nullif(number, &rows)?;
        }
    }
    if !changed {
        return Ok(None);
    }
    let (fields, validity) = (members.fields().clone(), members.nulls().cloned());
    Ok(Some(Arc::new(StructArray::try_new_with_length(fields, children, validity, members.len())?)))
}

/// A column with names, and which of its rows got one.
struct Renamed {
    column: ArrayRef,
    rows: BooleanArray,
}

fn step_with_names(shape: &Shape, column: &ArrayRef) -> Result<Option<Renamed>, ArrowError> {
    let inside = |column: ArrayRef| {
        let rows = BooleanArray::from(vec![false; column.len()]);
        Renamed { column, rows }
    };
    match shape {
        Shape::Single(Value::Enum(names)) => Ok(texts_with_names(names, column)),
        Shape::Single(value) => Ok(value_with_names(value, column)?.map(inside)),
        Shape::List(value) => {
            let Some(list) = column.as_list_opt::<i32>() else { return Ok(None) };
            let Some(values) = value_with_names(value, list.values())? else { return Ok(None) };
            let (item, offsets, validity) = (item_of(list), list.offsets().clone(), list.nulls().cloned());
            Ok(Some(inside(Arc::new(ListArray::try_new(item, offsets, values, validity)?))))
        }
        Shape::Map(_, value) => {
            let Some(map) = column.as_map_opt() else { return Ok(None) };
            let Some(values) = value_with_names(value, map.values())? else { return Ok(None) };
            Ok(Some(inside(map_with(map, values)?)))
        }
        Shape::Unstored => Ok(None),
    }
}

fn value_with_names(value: &Value, column: &ArrayRef) -> Result<Option<ArrayRef>, ArrowError> {
    match value {
        Value::Enum(names) => Ok(texts_with_names(names, column).map(|renamed| renamed.column)),
        Value::Struct(program) => with_names(program, column),
        _ => Ok(None),
    }
}

fn texts_with_names(names: &Names, column: &ArrayRef) -> Option<Renamed> {
    let texts = column.as_string_opt::<i32>()?;
    let named: Vec<Option<&str>> = texts.iter().map(|text| names.get(unknown_number(text?)?)).collect();
    if named.iter().all(Option::is_none) {
        return None;
    }
    let rows = BooleanArray::from(named.iter().map(Option::is_some).collect::<Vec<_>>());
    let column: StringArray = named.into_iter().zip(texts).map(|(name, text)| name.or(text)).collect();
    Some(Renamed { column: Arc::new(column), rows })
}

/// The number in `UNKNOWN(7)`.
fn unknown_number(text: &str) -> Option<i32> {
    text.strip_prefix("UNKNOWN(")?.strip_suffix(')')?.parse().ok()
}

fn item_of(list: &ListArray) -> arrow::datatypes::FieldRef {
    match list.data_type() {
        arrow::datatypes::DataType::List(item) => Arc::clone(item),
        other => Arc::new(arrow::datatypes::Field::new("element", other.clone(), true)),
    }
}

fn map_with(map: &MapArray, values: ArrayRef) -> Result<ArrayRef, ArrowError> {
    let arrow::datatypes::DataType::Map(entries, sorted) = map.data_type() else {
        return Err(ArrowError::SchemaError(format!("{} is no map", map.data_type())));
    };
    let pairs = map.entries();
    let pairs = StructArray::try_new(pairs.fields().clone(), vec![Arc::clone(map.keys()), values], None)?;
    let (offsets, validity) = (map.offsets().clone(), map.nulls().cloned());
    Ok(Arc::new(MapArray::try_new(Arc::clone(entries), offsets, pairs, validity, *sorted)?))
}
