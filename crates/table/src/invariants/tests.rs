//! Each invariant holds of what is right, and names what breaks it.

use arrow::datatypes::{DataType, Field};
use proptest::prelude::*;

use super::*;

fn schema(names: &[&str]) -> Schema {
    Schema::new(names.iter().map(|name| Field::new(*name, DataType::Int64, true)).collect::<Vec<_>>())
}

#[test]
fn columns_may_come_and_not_go() {
    assert_eq!(columns_only_grow(&schema(&["a"]), &schema(&["a", "b"])), Ok(()));
    let lost = columns_only_grow(&schema(&["a", "b"]), &schema(&["a"])).unwrap_err();
    assert!(matches!(&lost, TableViolation::ColumnLost { column, .. } if column == "b"), "{lost}");
    let other = Schema::new(vec![Field::new("a", DataType::Utf8, true)]);
    assert_eq!(columns_only_grow(&schema(&["a"]), &other).unwrap_err().id(), "I9");
}

#[test]
fn a_commit_brings_its_offsets() {
    assert_eq!(commit_has_its_offsets([("p", 4)], |_| Some(4)), Ok(()));
    for found in [None, Some(3)] {
        assert_eq!(commit_has_its_offsets([("p", 4)], |_| found).unwrap_err().id(), "I5");
    }
}

#[test]
fn a_name_tells_the_content() {
    // SHA-256 of nothing (FIPS 180-4).
    let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    for path in [format!("d=1/part-{empty}.parquet"), format!("part-{empty}-2.parquet")] {
        assert_eq!(file_is_named_by_its_bytes(&path, b""), Ok(()));
        assert_eq!(file_is_named_by_its_bytes(&path, b"x").unwrap_err().id(), "I10");
    }
}

#[test]
fn a_row_that_was_read_stays_as_it_was() {
    let read = BTreeMap::from([("a", 1), ("b", 2)]);
    assert_eq!(rows_stay("t", &read, &BTreeMap::from([("a", 1), ("b", 2), ("c", 3)])), Ok(()));
    let gone = rows_stay("t", &read, &BTreeMap::from([("a", 1)])).unwrap_err();
    assert!(matches!(gone, TableViolation::Vanished { .. }));
    let altered = rows_stay("t", &read, &BTreeMap::from([("a", 1), ("b", 3)])).unwrap_err();
    assert_eq!(altered.to_string(), "I16, no row changes or disappears: \"b\" of t was 2 and is 3");
}

proptest! {
    #[test]
    fn half_a_commit_is_found(
        before in prop::collection::btree_set("[a-h]", 0..6),
        added in prop::collection::btree_set("[i-p]", 1..6),
        missing in any::<prop::sample::Index>(),
    ) {
        let removed: Vec<&str> = before.iter().take(1).map(String::as_str).collect();
        let texts = |set: &BTreeSet<String>| set.iter().cloned().collect::<Vec<_>>();
        let whole: Vec<String> = texts(&before).into_iter().skip(1).chain(texts(&added)).collect();
        let check = |now: &[String]| {
            let names = |set: &[String]| set.to_vec();
            let (before, added) = (names(&texts(&before)), names(&texts(&added)));
            commit_is_whole(
                1,
                before.iter().map(String::as_str),
                removed.iter().copied(),
                added.iter().map(String::as_str),
                now.iter().map(String::as_str),
            )
        };
        prop_assert_eq!(check(&whole), Ok(()));
        let mut half = whole.clone();
        half.remove(missing.index(half.len()));
        prop_assert_eq!(check(&half).unwrap_err().id(), "I11");
        let more = [whole, vec!["stranger".to_owned()]].concat();
        prop_assert!(check(&more).is_err());
    }
}
