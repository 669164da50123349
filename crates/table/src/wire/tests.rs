//! Paths of the log, and lines with more or less than we write.

use proptest::prelude::*;

use super::*;

proptest! {
    #[test]
    fn any_relative_path_survives_the_logs_encoding(path in "[^/.][\\PC]{0,30}") {
        prop_assume!(!path.contains("://") && path.split('/').all(|part| part != ".."));
        let encoded = encode_path(&path);
        prop_assert!(encoded.bytes().all(|byte| byte.is_ascii_graphic()));
        prop_assert_eq!(decode_path(&encoded), Some(path));
    }
}

#[test]
fn paths_out_of_the_table_and_broken_encodings_are_refused() {
    for path in ["../x", "a/../../x", "/etc/passwd", "s3://bucket/x", "a%2", "a%zz", "%ff", "%2e%2e/x"] {
        assert_eq!(decode_path(path), None, "{path}");
    }
    assert_eq!(decode_path("a%20b/c%2525.parquet").as_deref(), Some("a b/c%25.parquet"));
}

#[test]
fn unknown_actions_and_fields_are_skipped_and_explicit_nulls_are_absences() {
    let line: Line = serde_json::from_str(r#"{"domainMetadata":{"domain":"x"}}"#).unwrap();
    assert!(line.add.is_none() && line.remove.is_none());
    let line: Line = serde_json::from_str(
        r#"{"txn":null,"add":{"path":"p","partitionValues":null,"size":1,"modificationTime":2,"dataChange":null,
            "stats":null,"tags":null,"deletionVector":null,"baseRowId":7}}"#,
    )
    .unwrap();
    let add = line.add.unwrap();
    assert!(add.partition_values.is_empty() && add.deletion_vector.is_none() && !add.data_change);
    assert!(serde_json::from_str::<Line>(r#"{"add":{"path":"p"}}"#).is_err());
}
