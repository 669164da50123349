//! Taking rows is what Arrow's own take of the concatenation is, structs included.

#![expect(clippy::cast_possible_wrap, reason = "the numbers of a test are small")]

use arrow::array::{Int64Array, StringArray};
use arrow::compute::{concat, take};
use arrow::datatypes::Field;
use proptest::prelude::*;

use super::*;

fn source(values: &[Option<i64>]) -> ArrayRef {
    let numbers: Int64Array = values.iter().copied().collect();
    let texts: StringArray = values.iter().map(|value| value.map(|v| v.to_string())).collect();
    let fields = vec![Field::new("n", DataType::Int64, true), Field::new("t", DataType::Utf8, true)];
    let valid = NullBuffer::from(values.iter().map(|value| value.is_some_and(|v| v % 2 == 0)).collect::<Vec<_>>());
    Arc::new(StructArray::new(fields.into(), vec![Arc::new(numbers), Arc::new(texts)], Some(valid)))
}

proptest! {
    #[test]
    fn gathering_is_taking_from_the_whole(
        parts in prop::collection::vec(prop::collection::vec(prop::option::of(0..9i64), 1..9), 1..4),
        picks in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>()), 0..30),
    ) {
        let sources: Vec<ArrayRef> = parts.iter().map(|part| source(part)).collect();
        let indices: Vec<RowIndex> = picks.iter().map(|(part, row)| {
            let part = part.index(parts.len());
            (part, row.index(parts[part].len()))
        }).collect();
        let starts: Vec<usize> = parts.iter().scan(0, |sum, part| { let start = *sum; *sum += part.len(); Some(start) }).collect();
        let flat: Int64Array = indices.iter().map(|(part, row)| Some((starts[*part] + row) as i64)).collect();
        let references: Vec<&dyn Array> = sources.iter().map(AsRef::as_ref).collect();
        let expected = take(&concat(&references).unwrap(), &flat, None).unwrap();
        prop_assert_eq!(&Gatherer::default().gather(&sources, &indices).unwrap(), &expected);
    }
}

#[test]
fn chunks_of_nulls_share_one_array() {
    let mut gatherer = Gatherer::default();
    let sources = [source(&[None, Some(1)])];
    let first = gatherer.gather(&sources, &[(0, 0), (0, 1)]).unwrap();
    let second = gatherer.gather(&sources, &[(0, 1), (0, 1)]).unwrap();
    assert_eq!(first.null_count(), 2);
    assert!(Arc::ptr_eq(&first, &second));
}
