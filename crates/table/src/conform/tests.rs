//! Shapes: what is missing is NULL, what is unknown is an error, at every depth.

use arrow::array::{DictionaryArray, Int64Array, StringArray};
use arrow::datatypes::{Int32Type, Int64Type};

use super::*;
use crate::schema::canonical_schema;

fn text(values: &[Option<&str>]) -> ArrayRef {
    Arc::new(values.iter().copied().collect::<StringArray>())
}

fn nested(names: &[&str]) -> Field {
    let fields: Vec<Field> = names.iter().map(|name| Field::new(*name, DataType::Utf8, true)).collect();
    Field::new("s", DataType::Struct(fields.into()), true)
}

#[test]
fn missing_columns_and_nested_fields_become_null_and_order_follows_the_table() {
    let given = StructArray::from(vec![(Arc::new(Field::new("b", DataType::Utf8, true)), text(&[Some("x"), None]))]);
    let batch = RecordBatch::try_from_iter([("s", Arc::new(given) as ArrayRef)]).unwrap();
    let schema = Schema::new(vec![Field::new("first", DataType::Date32, true), nested(&["a", "b"])]);
    let columns = conform(&batch, &schema).unwrap();
    assert_eq!(columns[0].null_count(), 2);
    let shaped = columns[1].as_struct();
    assert_eq!(shaped.column_by_name("a").unwrap().null_count(), 2);
    assert_eq!(shaped.column_by_name("b").unwrap(), &text(&[Some("x"), None]));
}

#[test]
fn unknown_nested_fields_and_missing_required_columns_are_named() {
    let given = StructArray::from(vec![(Arc::new(Field::new("z", DataType::Utf8, true)), text(&[None]))]);
    let batch = RecordBatch::try_from_iter([("s", Arc::new(given) as ArrayRef)]).unwrap();
    let unknown = conform(&batch, &Schema::new(vec![nested(&["a"])]));
    assert!(matches!(unknown, Err(TableError::UnknownColumn { column }) if column == "s.z"));
    let required = Schema::new(vec![nested(&["z"]), Field::new("n", DataType::Int64, false)]);
    assert!(matches!(conform(&batch, &required), Err(TableError::IncompatibleSchema { column, .. }) if column == "n"));
}

#[test]
fn lists_take_the_canonical_names_and_dictionaries_are_kept_on_top_and_unpacked_below() {
    let list = ListArray::from_iter_primitive::<Int64Type, _, _>([Some(vec![Some(1), None]), None]);
    let words: DictionaryArray<Int32Type> = [Some("x"), None].into_iter().collect();
    let words = Arc::new(words) as ArrayRef;
    let inside =
        StructArray::from(vec![(Arc::new(Field::new("a", words.data_type().clone(), true)), Arc::clone(&words))]);
    let batch = RecordBatch::try_from_iter_with_nullable([
        ("l", Arc::new(list) as ArrayRef, true),
        ("w", words, true),
        ("s", Arc::new(inside), true),
        ("n", Arc::new(Int64Array::from(vec![1, 2])), true),
    ])
    .unwrap();
    let schema = canonical_schema(batch.schema_ref()).unwrap();
    let columns = conform(&batch, &schema).unwrap();
    assert_eq!(columns[0].data_type(), schema.field(0).data_type());
    assert!(matches!(columns[1].data_type(), DataType::Dictionary(..)));
    assert_eq!(columns[2].data_type(), schema.field(2).data_type());
    let narrower = Schema::new(vec![Field::new("n", DataType::Int32, true)]);
    assert!(conform(&batch.project(&[3]).unwrap(), &narrower).is_err());
}
