//! Rows for the tests: nested, nullable, of every type that a table holds.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, BinaryArray, BooleanArray, Date32Array, Decimal128Array, Float64Array, Int32Array, Int64Array, ListArray,
    MapArray, RecordBatch, StringArray, StructArray, TimestampMicrosecondArray,
};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::datatypes::{DataType, Field, Fields, Int64Type, Schema, SchemaRef, TimeUnit};
use judi_table::{SinkOptions, TableSpec};

/// Rows of a page view table, one a number: `number` decides everything else.
pub(crate) fn rows(numbers: impl IntoIterator<Item = i64>) -> RecordBatch {
    let numbers: Vec<i64> = numbers.into_iter().collect();
    let some = |modulo: i64| numbers.iter().map(|n| n % modulo != 0).collect::<Vec<bool>>();
    let text = |of: &dyn Fn(i64) -> Option<String>| -> ArrayRef {
        Arc::new(numbers.iter().map(|n| of(*n)).collect::<StringArray>())
    };
    let times = numbers.iter().map(|n| Some(1_767_225_600_000_000 + n * 61_000_037)).collect::<Vec<_>>();
    let article_id = text(&|n| Some(format!("/articles/räksmörgås-{}", n % 7)));
    let position = Arc::new(numbers.iter().map(|n| (n % 4 != 1).then_some(*n)).collect::<Int64Array>()) as ArrayRef;
    let tags = ListArray::from_iter_primitive::<Int64Type, _, _>(
        numbers.iter().map(|n| (n % 5 != 0).then(|| (0..n % 3).map(Some).collect::<Vec<_>>())),
    );
    let DataType::Struct(view_fields) = view_type() else { unreachable!() };
    let view = StructArray::new(view_fields, vec![article_id, position], Some(NullBuffer::from(some(3))));
    let columns: Vec<ArrayRef> = vec![
        text(&|n| (n % 11 != 0).then(|| ["page_view", "article_view", "click"][(n % 3) as usize].to_owned())),
        Arc::new(TimestampMicrosecondArray::from(times).with_timezone("UTC")),
        text(&|n| Some(format!("id-{n:08}-{}", "x".repeat((n % 40) as usize)))),
        Arc::new(numbers.iter().map(|n| (n % 2 == 0).then_some(n % 4 == 0)).collect::<BooleanArray>()),
        Arc::new(numbers.iter().map(|n| Some(*n as i32)).collect::<Int32Array>()),
        Arc::new(numbers.iter().map(|n| Some(*n as f64 / 8.0)).collect::<Float64Array>()),
        Arc::new(
            Decimal128Array::from_iter_values(numbers.iter().map(|n| i128::from(*n) * 101))
                .with_precision_and_scale(18, 2)
                .unwrap(),
        ),
        Arc::new(numbers.iter().map(|n| (n % 6 != 0).then(|| n.to_le_bytes())).collect::<BinaryArray>()),
        Arc::new(tags),
        Arc::new(properties(&numbers)),
        Arc::new(view),
        Arc::new(numbers.iter().map(|n| Some(20_454 + (*n % 3) as i32)).collect::<Date32Array>()),
    ];
    RecordBatch::try_new(schema(), columns).unwrap()
}

fn properties(numbers: &[i64]) -> MapArray {
    let lengths = numbers.iter().map(|n| (n % 2) as usize);
    let keys: StringArray = numbers.iter().filter(|n| *n % 2 == 1).map(|n| Some(format!("k{n}"))).collect();
    let values: StringArray =
        numbers.iter().filter(|n| *n % 2 == 1).map(|n| (n % 3 != 0).then(|| n.to_string())).collect();
    let fields =
        Fields::from(vec![Field::new("keys", DataType::Utf8, false), Field::new("values", DataType::Utf8, true)]);
    let entries = StructArray::new(fields.clone(), vec![Arc::new(keys), Arc::new(values)], None);
    let entry_field = Arc::new(Field::new("entries", DataType::Struct(fields), false));
    MapArray::new(entry_field, OffsetBuffer::from_lengths(lengths), entries, None, false)
}

fn view_type() -> DataType {
    DataType::Struct(Fields::from(vec![
        Field::new("article_id", DataType::Utf8, true),
        Field::new("position", DataType::Int64, true),
    ]))
}

/// Schema of [`rows`].
pub(crate) fn schema() -> SchemaRef {
    let pair =
        Fields::from(vec![Field::new("keys", DataType::Utf8, false), Field::new("values", DataType::Utf8, true)]);
    Arc::new(Schema::new(vec![
        Field::new("event", DataType::Utf8, true),
        Field::new("event_time", DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())), true),
        Field::new("event_id", DataType::Utf8, true),
        Field::new("is_bot", DataType::Boolean, true),
        Field::new("sequence", DataType::Int32, true),
        Field::new("ratio", DataType::Float64, true),
        Field::new("price", DataType::Decimal128(18, 2), true),
        Field::new("_unknown", DataType::Binary, true),
        Field::new("tags", DataType::List(Arc::new(Field::new("item", DataType::Int64, true))), true),
        Field::new(
            "properties",
            DataType::Map(Arc::new(Field::new("entries", DataType::Struct(pair), false)), false),
            true,
        ),
        Field::new("article_view", view_type(), true),
        Field::new("received_date", DataType::Date32, true),
    ]))
}

pub(crate) fn spec() -> TableSpec {
    TableSpec {
        name: "events".into(),
        schema: schema(),
        partition_columns: vec!["received_date".into()],
        properties: BTreeMap::from([("judi.purpose".into(), "a test".into())]),
    }
}

pub(crate) fn options() -> SinkOptions {
    SinkOptions { sort: vec!["event".into(), "event_time".into(), "event_id".into()], ..SinkOptions::default() }
}

/// The partition of rows whose number is `remainder` modulo 3.
pub(crate) fn partition(remainder: i64) -> BTreeMap<String, Option<String>> {
    let day = ["2026-01-01", "2026-01-02", "2026-01-03"][remainder as usize];
    BTreeMap::from([("received_date".into(), Some(day.into()))])
}

/// Columns that are enough where many small tables are written.
const NARROW: [&str; 3] = ["event", "sequence", "received_date"];

/// [`rows`] with few columns.
pub(crate) fn narrow_rows(numbers: impl IntoIterator<Item = i64>) -> RecordBatch {
    let batch = rows(numbers);
    let indices: Vec<usize> = NARROW.iter().map(|name| batch.schema().index_of(name).unwrap()).collect();
    batch.project(&indices).unwrap()
}

pub(crate) fn narrow_spec() -> TableSpec {
    TableSpec { schema: narrow_rows([]).schema(), ..spec() }
}

pub(crate) fn narrow_options() -> SinkOptions {
    SinkOptions { sort: vec!["event".into(), "sequence".into()], ..SinkOptions::default() }
}
