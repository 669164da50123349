//! The packed order is Arrow's row order, on any rows, however they are split.

use std::cmp::Ordering;
use std::sync::Arc;

use arrow::array::{Array, DictionaryArray, Float64Array, Int64Array, StringArray, TimestampMicrosecondArray};
use arrow::datatypes::Int32Type;
use proptest::prelude::*;

use super::*;

type Row = (Option<String>, Option<i64>, Option<String>, Option<i64>);

fn row() -> impl Strategy<Value = Row> {
    let time = prop_oneof![Just(i64::MIN), Just(i64::MAX), -3..3i64];
    (
        prop::option::of("[ab]{0,2}"),
        prop::option::of(time),
        // Shared beginnings, zero bytes at the end, longer than what is packed.
        prop::option::of("xxx[\u{0}a]{0,3}[a-c]{0,14}"),
        prop::option::of(0..2i64),
    )
}

fn batch(rows: &[Row], dictionary: bool) -> RecordBatch {
    let event = rows.iter().map(|row| row.0.as_deref());
    let event: ArrayRef = match dictionary {
        true => Arc::new(event.collect::<DictionaryArray<Int32Type>>()),
        false => Arc::new(event.collect::<StringArray>()),
    };
    let times: TimestampMicrosecondArray = rows.iter().map(|row| row.1).collect();
    RecordBatch::try_from_iter_with_nullable([
        ("event", event, true),
        ("time", Arc::new(times.with_timezone("UTC")) as ArrayRef, true),
        ("id", Arc::new(rows.iter().map(|row| row.2.as_deref()).collect::<StringArray>()), true),
        ("rest", Arc::new(rows.iter().map(|row| row.3).collect::<Int64Array>()), true),
    ])
    .unwrap()
}

fn split(rows: &[Row], at: usize, dictionary: bool) -> Vec<RecordBatch> {
    let at = at.min(rows.len());
    vec![batch(&rows[..at], dictionary), batch(&rows[at..], dictionary)]
}

fn concatenated(batches: &[RecordBatch]) -> RecordBatch {
    arrow::compute::concat_batches(&batches[0].schema(), batches).unwrap()
}

proptest! {
    #[test]
    fn sorting_is_arrows_order_of_whole_rows_whatever_the_split_and_the_order_of_arrival(
        mut rows in prop::collection::vec(row(), 2..40),
        at in 0..40usize,
        dictionary in any::<bool>(),
    ) {
        let key: Vec<String> = ["event", "time", "id"].map(String::from).into();
        let sorted = concatenated(&sort_batches(&split(&rows, at, dictionary), &key).unwrap());
        let comparable = row_converter(sorted.columns()).unwrap().convert_columns(sorted.columns()).unwrap();
        for at in 1..sorted.num_rows() {
            prop_assert_ne!(comparable.row(at - 1).cmp(&comparable.row(at)), Ordering::Greater, "row {}", at);
        }
        rows.reverse();
        let again = concatenated(&sort_batches(&split(&rows, at / 2, dictionary), &key).unwrap());
        // Equal values under different dictionaries: compared as plain strings.
        let plain = |batch: &RecordBatch| arrow::compute::cast(batch.column(0), &arrow::datatypes::DataType::Utf8).unwrap();
        prop_assert_eq!(&plain(&again), &plain(&sorted));
        prop_assert_eq!(&again.columns()[1..], &sorted.columns()[1..]);
    }
}

#[test]
fn types_that_are_not_packed_sort_too_and_an_empty_key_keeps_the_order() {
    let values = Arc::new(Float64Array::from(vec![Some(2.5), None, Some(-1.0)])) as ArrayRef;
    let batch = RecordBatch::try_from_iter_with_nullable([("f", values, true)]).unwrap();
    let sorted = sort_batches(std::slice::from_ref(&batch), &["f".into()]).unwrap();
    assert_eq!(sorted[0].column(0).as_ref(), &Float64Array::from(vec![None, Some(-1.0), Some(2.5)]) as &dyn Array);
    assert_eq!(sort_batches(std::slice::from_ref(&batch), &[]).unwrap(), std::slice::from_ref(&batch));
    assert!(matches!(sort_batches(&[batch], &["g".into()]), Err(TableError::UnknownColumn { .. })));
    assert!(sort_batches(&[], &["g".into()]).unwrap().is_empty());
}

#[test]
fn more_rows_than_a_chunk_come_in_full_chunks() {
    let numbers: Int64Array = (0..20_000i64).map(|n| (n * 7919) % 20_000).collect();
    let batch = RecordBatch::try_from_iter([("n", Arc::new(numbers) as ArrayRef)]).unwrap();
    let sorted = sort_batches(&[batch], &["n".into()]).unwrap();
    assert_eq!(sorted.iter().map(RecordBatch::num_rows).collect::<Vec<_>>(), [CHUNK_ROWS, CHUNK_ROWS, 3616]);
    let numbers: Int64Array = (0..20_000i64).collect();
    assert_eq!(concatenated(&sorted).column(0).as_ref(), &numbers as &dyn Array);
}
