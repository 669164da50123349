//! What a row of the table shows of an event. NULL is left out; BIGINT and DECIMAL are decimal text, DOUBLE and FLOAT
//! numbers or "NaN" and its like, BINARY hex, times text, LIST a list, MAP a list of `[key, value]`, STRUCT an object.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray as _, BinaryArray, BooleanArray, Decimal128Array, Float32Array, Float64Array, Int64Array,
    MapArray, StructArray,
};
use arrow::compute::cast;
use arrow::datatypes::DataType;
use judi_schema::columns::EventColumns;
use judi_schema::model::{EventModel, Model};
use judi_schema::schemas::Schemas;
use judi_schema::verdict::Violation;
use serde_json::{Map, Value, json};

use crate::hex;

pub(crate) struct Table {
    schemas: Arc<Schemas>,
    model: Arc<Model>,
}

impl Table {
    pub(crate) fn new(schemas: &Arc<Schemas>, model: &Arc<Model>) -> Self {
        Self { schemas: Arc::clone(schemas), model: Arc::clone(model) }
    }

    pub(crate) fn model(&self) -> &Model {
        &self.model
    }

    pub(crate) fn event(&self, name: &str) -> Option<(&Model, &EventModel)> {
        Some((&self.model, self.model.event(name)?))
    }

    /// The row of a payload, or why it is in the quarantine.
    pub(crate) fn row(&self, name: &str, payload: &[u8]) -> Value {
        let Some((model, event)) = self.event(name) else { return Value::Null };
        let mut columns = EventColumns::new(&self.schemas);
        if let Err(violation) = columns.push(model, event, &[], payload) {
            return quarantined(&violation);
        }
        let batch = columns.finish();
        let column = batch.ok().and_then(|batch| {
            let structs = batch.columns().iter().filter(|column| matches!(column.data_type(), DataType::Struct(_)));
            structs.filter(|column| column.is_valid(0)).map(Arc::clone).next()
        });
        column.map_or_else(|| json!({}), |column| value(&column, 0))
    }
}

pub(crate) fn quarantined(violation: &Violation) -> Value {
    json!({"quarantined": {"reason": violation.reason.to_string(), "field": violation.field}})
}

fn value(array: &ArrayRef, at: usize) -> Value {
    if array.is_null(at) {
        return Value::Null;
    }
    let any = array.as_any();
    if let Some(it) = any.downcast_ref::<StructArray>() {
        let members = it.column_names().into_iter().zip(it.columns()).map(|(name, column)| (name, value(column, at)));
        let members = members.filter(|(_, value)| !value.is_null()).map(|(name, value)| (name.to_owned(), value));
        return Value::Object(members.collect::<Map<_, _>>());
    }
    if let Some(it) = any.downcast_ref::<MapArray>() {
        let entries = it.value(at);
        let pair = |at| json!([value(entries.column(0), at), value(entries.column(1), at)]);
        return Value::Array((0..entries.len()).map(pair).collect());
    }
    if let Some(it) = array.as_list_opt::<i32>() {
        let items = it.value(at);
        return Value::Array((0..items.len()).map(|at| value(&items, at)).collect());
    }
    if let Some(it) = any.downcast_ref::<BooleanArray>() {
        return it.value(at).into();
    }
    if let Some(it) = any.downcast_ref::<Int64Array>() {
        return it.value(at).to_string().into();
    }
    if let Some(it) = any.downcast_ref::<Decimal128Array>() {
        return it.value(at).to_string().into();
    }
    if let Some(it) = any.downcast_ref::<Float64Array>() {
        return number(it.value(at));
    }
    if let Some(it) = any.downcast_ref::<Float32Array>() {
        return number(f64::from(it.value(at)));
    }
    if let Some(it) = any.downcast_ref::<BinaryArray>() {
        return hex(it.value(at)).into();
    }
    // Text, plain or by dictionary, and times.
    let text = cast(&array.slice(at, 1), &DataType::Utf8);
    text.ok().and_then(|text| text.as_string_opt::<i32>().map(|text| text.value(0).into())).unwrap_or_default()
}

pub(crate) fn number(number: f64) -> Value {
    match number {
        _ if number.is_nan() => "NaN".into(),
        f64::INFINITY => "Infinity".into(),
        f64::NEG_INFINITY => "-Infinity".into(),
        _ => number.into(),
    }
}
