//! What changes the hash and what does not.

use std::path::Path;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, DictionaryArray, Float64Array, Int64Array, ListArray, MapBuilder, RecordBatch, StringArray,
    StringBuilder, StructArray,
};
use arrow::buffer::NullBuffer;
use arrow::datatypes::{DataType, Field, Fields, Int32Type, Int64Type, SchemaRef};
use judi_faults::SimWorld;
use proptest::prelude::*;

use super::*;
use crate::sink::SinkOptions;
use crate::table::{Table, TableSpec};
use crate::transaction::Transaction;

fn hash_in(partition: &PartitionValues, columns: &[(&str, ArrayRef)]) -> ContentHash {
    let fields: Vec<Field> =
        columns.iter().map(|(name, column)| Field::new(*name, column.data_type().clone(), true)).collect();
    let mut hasher = RowHasher::new(&Schema::new(fields), partition);
    let rows = columns.first().map_or(0, |(_, column)| column.len());
    hasher.update(&columns.iter().map(|(_, column)| Arc::clone(column)).collect::<Vec<_>>(), rows).unwrap();
    hasher.finish()
}

fn hash(columns: &[(&str, ArrayRef)]) -> ContentHash {
    hash_in(&PartitionValues::new(), columns)
}

fn numbers(values: &[Option<i64>]) -> ArrayRef {
    Arc::new(Int64Array::from(values.to_vec()))
}

fn texts(values: &[Option<&str>]) -> ArrayRef {
    Arc::new(StringArray::from(values.to_vec()))
}

fn pairs(a: &[Option<i64>], b: &[Option<&str>], valid: &[bool]) -> ArrayRef {
    let fields = Fields::from(vec![Field::new("a", DataType::Int64, true), Field::new("b", DataType::Utf8, true)]);
    Arc::new(StructArray::new(fields, vec![numbers(a), texts(b)], Some(NullBuffer::from(valid.to_vec()))))
}

#[test]
fn the_encoding_is_for_ever() {
    let columns = [
        ("text", texts(&[Some("elk"), None, Some("")])),
        ("number", numbers(&[Some(-1), Some(2), None])),
        ("pair", pairs(&[Some(1), None, None], &[Some("x"), None, None], &[true, true, false])),
    ];
    let day = PartitionValues::from([("day".to_owned(), Some("2026-01-01".to_owned()))]);
    // Kept in build records and in tables: a change of it needs another number of ENCODING.
    assert_eq!(hash_in(&day, &columns).to_tag(), PINNED);
}

const PINNED: &str = "1:3-d38d5427f5810427d5e736d8f7b7d822a38d0aacc23b88c4e41ad98a368c5370";

#[test]
fn columns_order_dictionaries_and_nulls_that_came_later_are_not_seen() {
    let plain = [("a", numbers(&[Some(1), Some(2)])), ("b", texts(&[Some("x"), None]))];
    let turned = [("b", texts(&[None, Some("x")])), ("a", numbers(&[Some(2), Some(1)]))];
    assert_eq!(hash(&plain), hash(&turned), "columns and rows in another order");
    let later = [plain[0].clone(), plain[1].clone(), ("c", texts(&[None, None]))];
    assert_eq!(hash(&plain), hash(&later), "a column that these rows do not have");
    let packed: DictionaryArray<Int32Type> = [Some("x"), None].into_iter().collect();
    assert_eq!(hash(&plain), hash(&[plain[0].clone(), ("b", Arc::new(packed) as ArrayRef)]), "a dictionary");
    let narrow = Fields::from(vec![Field::new("a", DataType::Int64, true)]);
    let narrow: ArrayRef = Arc::new(StructArray::new(narrow, vec![numbers(&[Some(1), None])], None));
    let wide = pairs(&[Some(1), None], &[None, None], &[true, true]);
    assert_eq!(hash(&[("s", narrow)]), hash(&[("s", wide)]), "a nested field that these rows do not have");
    let nan = |bits: u64| -> ArrayRef { Arc::new(Float64Array::from(vec![f64::from_bits(bits)])) };
    assert_eq!(hash(&[("f", nan(0x7ff8_0000_0000_0000))]), hash(&[("f", nan(0xfff8_0000_0000_0001))]), "a NaN");
}

#[test]
fn what_differs_is_seen() {
    let one = |column: ArrayRef| hash(&[("c", column)]);
    let list = |rows: Vec<Option<Vec<Option<i64>>>>| -> ArrayRef {
        Arc::new(ListArray::from_iter_primitive::<Int64Type, _, _>(rows))
    };
    let hashes = [
        hash(&[("d", numbers(&[Some(1)]))]),
        one(numbers(&[Some(1)])),
        one(numbers(&[Some(2)])),
        one(numbers(&[None])),
        one(numbers(&[Some(1), Some(1)])),
        one(numbers(&[Some(1), Some(1), Some(1)])),
        one(texts(&[Some("1")])),
        one(texts(&[Some("")])),
        one(pairs(&[None], &[None], &[true])),
        one(pairs(&[Some(1)], &[None], &[true])),
        one(list(vec![Some(vec![])])),
        one(list(vec![Some(vec![None])])),
        one(list(vec![Some(vec![Some(1)])])),
        one(list(vec![Some(vec![Some(1), None])])),
        one(Arc::new(Float64Array::from(vec![0.0]))),
        one(Arc::new(Float64Array::from(vec![-0.0]))),
        // Two texts do not run into each other.
        hash(&[("a", texts(&[Some("xy")])), ("b", texts(&[Some("z")]))]),
        hash(&[("a", texts(&[Some("x")])), ("b", texts(&[Some("yz")]))]),
        hash_in(&PartitionValues::from([("day".into(), Some("1".into()))]), &[("c", numbers(&[Some(1)]))]),
        hash_in(&PartitionValues::from([("day".into(), None)]), &[("c", numbers(&[Some(1)]))]),
    ];
    let different: std::collections::BTreeSet<_> = hashes.iter().collect();
    assert_eq!(different.len(), hashes.len());
}

#[test]
fn a_map_is_its_entries_in_whatever_order() {
    let map = |entries: &[(&str, Option<&str>)]| -> ArrayRef {
        let mut builder = MapBuilder::new(None, StringBuilder::new(), StringBuilder::new());
        for (key, value) in entries {
            builder.keys().append_value(key);
            builder.values().append_option(*value);
        }
        builder.append(true).unwrap();
        Arc::new(builder.finish())
    };
    let one = |entries: &[(&str, Option<&str>)]| hash(&[("m", map(entries))]);
    assert_eq!(one(&[("a", Some("1")), ("b", None)]), one(&[("b", None), ("a", Some("1"))]));
    assert_ne!(one(&[("a", Some("1")), ("b", None)]), one(&[("b", Some("1")), ("a", None)]));
}

#[test]
fn a_hash_comes_back_from_its_tag_and_sums_carry() {
    let full = ContentHash { rows: 3, sum: [u64::MAX, u64::MAX, 7, 0x0123_4567_89ab_cdef] };
    assert_eq!(ContentHash::from_tag(&full.to_tag()), Some(full));
    for broken in ["", "1:", "1:3-", "1:3-zz", &full.to_tag().replacen("1:", "2:", 1), &format!("{}0", full.to_tag())] {
        assert_eq!(ContentHash::from_tag(broken), None, "{broken}");
    }
    let mut sum = full;
    sum += ContentHash { rows: 1, sum: [1, 0, 0, 0] };
    assert_eq!(sum, ContentHash { rows: 4, sum: [0, 0, 8, 0x0123_4567_89ab_cdef] });
    sum += ContentHash { rows: 0, sum: [0, u64::MAX, u64::MAX, u64::MAX] };
    assert_eq!(sum.sum, [0, u64::MAX, 7, 0x0123_4567_89ab_cdef]);
}

fn schema() -> SchemaRef {
    rows(&[]).schema()
}

/// Rows whose cells all follow from their numbers.
fn rows(of: &[i64]) -> RecordBatch {
    let name: StringArray = of.iter().map(|n| (n % 5 != 0).then(|| format!("n{}", n % 7))).collect();
    let number: Int64Array = of.iter().copied().collect();
    let days: Int64Array = of.iter().map(|n| n % 2).collect();
    let some: Vec<Option<i64>> = of.iter().map(|n| (n % 3 == 0).then_some(*n)).collect();
    let words: Vec<Option<&str>> = of.iter().map(|n| (n % 4 == 0).then_some("w")).collect();
    let pair = pairs(&some, &words, &of.iter().map(|n| n % 6 != 1).collect::<Vec<_>>());
    RecordBatch::try_from_iter_with_nullable([
        ("name", Arc::new(name) as ArrayRef, true),
        ("number", Arc::new(number), true),
        ("pair", pair, true),
        ("day", Arc::new(days), true),
    ])
    .unwrap()
}

/// The hash of partition `day = 0` of a table to which each part was committed by itself.
fn hash_of_table(parts: &[RecordBatch]) -> ContentHash {
    let sim = SimWorld::new(1);
    let partition_columns = vec!["day".to_owned()];
    let spec = TableSpec { name: "t".into(), schema: schema(), partition_columns, properties: [].into() };
    let table = Table::create(&sim.world(), Path::new("/t"), &spec).unwrap();
    for (number, part) in (0..).zip(parts) {
        let options = SinkOptions { sort: vec!["name".to_owned()], ..SinkOptions::default() };
        let adds = table.sink(&schema(), options).unwrap().write(std::slice::from_ref(part)).unwrap();
        table.commit(&Transaction::append(adds).with_txn("app", number)).unwrap();
    }
    let snapshot = table.snapshot().unwrap();
    let partition = PartitionValues::from([("day".to_owned(), Some("0".to_owned()))]);
    let noted = table.content_hash(&snapshot, &partition).unwrap();
    assert_eq!(table.verify_content(&snapshot, &partition).unwrap(), noted, "what was noted is what is read");
    noted
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

    #[test]
    fn files_and_batches_are_not_seen_and_each_row_is(
        numbers in prop::collection::vec(0..60i64, 1..60),
        cut in 0..60usize,
        rotation in 0..60usize,
    ) {
        let whole = hash_of_table(&[rows(&numbers)]);
        prop_assert_eq!(whole.rows(), numbers.iter().filter(|n| *n % 2 == 0).count() as u64);
        let mut turned = numbers.clone();
        turned.rotate_left(rotation % numbers.len());
        let (left, right) = turned.split_at(cut.min(turned.len()));
        prop_assert_eq!(hash_of_table(&[rows(left), rows(right)]), whole);
        // Any one row gone, or there twice, or another.
        let even = numbers.iter().position(|n| n % 2 == 0);
        if let Some(at) = even {
            let mut fewer = numbers.clone();
            let gone = fewer.remove(at);
            prop_assert_ne!(hash_of_table(&[rows(&fewer)]), whole);
            let other = [fewer.clone(), vec![gone + 60]].concat();
            prop_assert_ne!(hash_of_table(&[rows(&other)]), whole);
            let twice = [numbers, vec![gone]].concat();
            prop_assert_ne!(hash_of_table(&[rows(&twice)]), whole);
        }
    }
}
