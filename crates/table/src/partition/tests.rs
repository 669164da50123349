//! Values through the log's text and back.

use proptest::prelude::*;

use super::*;

fn round_trip(array: &ArrayRef) {
    for row in 0..array.len() {
        let text = partition_text("c", array, row).unwrap();
        let back = partition_array("c", array.data_type(), text.as_deref(), 1).unwrap();
        assert_eq!(&back, &array.slice(row, 1), "{text:?}");
    }
}

proptest! {
    #[test]
    fn values_of_every_partition_type_survive_their_text(
        numbers in prop::collection::vec(any::<i64>(), 1..8),
        texts in prop::collection::vec(prop::option::of("\\PC{1,12}"), 1..8),
        days in prop::collection::vec(-700_000..2_000_000i32, 1..8),
    ) {
        round_trip(&(Arc::new(StringArray::from(texts)) as ArrayRef));
        round_trip(&(Arc::new(Date32Array::from(days.clone())) as ArrayRef));
        let micros: Vec<i64> = days.iter().zip(&numbers).map(|(day, n)| {
            i64::from(*day) * 86_400_000_000 + n.rem_euclid(86_400_000_000)
        }).collect();
        round_trip(&(Arc::new(TimestampMicrosecondArray::from(micros).with_timezone("UTC")) as ArrayRef));
        round_trip(&(Arc::new(PrimitiveArray::<Int64Type>::from(numbers.clone())) as ArrayRef));
        let floats: Vec<f64> = numbers.iter().map(|n| *n as f64 / 7.0).collect();
        round_trip(&(Arc::new(PrimitiveArray::<Float64Type>::from(floats)) as ArrayRef));
        round_trip(&(Arc::new(BooleanArray::from(numbers.iter().map(|n| n % 2 == 0).collect::<Vec<_>>())) as ArrayRef));
        let decimals = Decimal128Array::from_iter_values(numbers.iter().map(|n| i128::from(*n)));
        round_trip(&(Arc::new(decimals.with_precision_and_scale(20, 3).unwrap()) as ArrayRef));
    }

    #[test]
    fn folders_hold_only_plain_characters_and_differ_for_different_values(a in "\\PC{0,12}", b in "\\PC{0,12}") {
        let folder = |value: &str| {
            let values = PartitionValues::from([("c d".to_owned(), Some(value.to_owned()))]);
            partition_folder(&["c d".into()], &values)
        };
        prop_assert!(folder(&a).bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.%=".contains(&byte)));
        prop_assert_eq!(folder(&a) == folder(&b), a == b);
    }
}

#[test]
fn the_empty_string_is_null_and_a_dictionary_is_its_values() {
    let strings = StringArray::from(vec![Some(""), None, Some("x")]);
    assert_eq!(partition_text("c", &strings, 0).unwrap(), None);
    let dictionary: arrow::array::DictionaryArray<Int32Type> = [Some("x"), None, Some("y")].into_iter().collect();
    assert_eq!(partition_text("c", &dictionary, 2).unwrap().as_deref(), Some("y"));
    assert_eq!(partition_text("c", &dictionary, 1).unwrap(), None);
}

#[test]
fn text_that_is_no_value_names_the_column_and_both_timestamp_forms_are_read() {
    let error = partition_array("day", &DataType::Date32, Some("soon"), 3).unwrap_err().to_string();
    assert_eq!(error, r#""soon" is no value of the partition column day (Date32)"#);
    assert_eq!(parsed_micros("1970-01-01 00:00:01.5"), Some(1_500_000));
    assert_eq!(parsed_micros("1970-01-01T01:00:00.000001+01:00"), Some(1));
    assert!(partition_text("c", &Date32Array::from(vec![i32::MAX]), 0).is_err());
}
