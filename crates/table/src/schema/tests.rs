//! Schemas through Delta's JSON and back, and what is refused.

#![expect(clippy::cast_possible_wrap, reason = "a scale is at most 38")]

use arrow::datatypes::UnionFields;
use proptest::prelude::*;

use super::*;

fn leaf() -> impl Strategy<Value = DataType> {
    prop_oneof![
        Just(DataType::Boolean),
        Just(DataType::Int8),
        Just(DataType::Int16),
        Just(DataType::Int32),
        Just(DataType::Int64),
        Just(DataType::Float32),
        Just(DataType::Float64),
        Just(DataType::Utf8),
        Just(DataType::Binary),
        Just(DataType::Date32),
        Just(DataType::Timestamp(TimeUnit::Microsecond, Some("+00:00".into()))),
        Just(DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8))),
        (1..=38u8).prop_flat_map(|p| (Just(p), 0..=p)).prop_map(|(p, s)| DataType::Decimal128(p, s as i8)),
    ]
}

fn data_type() -> impl Strategy<Value = DataType> {
    leaf().prop_recursive(3, 20, 4, |inner| {
        prop_oneof![
            prop::collection::vec((inner.clone(), any::<bool>()), 1..4).prop_map(|children| {
                let fields = children.into_iter().enumerate();
                DataType::Struct(fields.map(|(n, (t, null))| Field::new(format!("f {n}\""), t, null)).collect())
            }),
            (inner.clone(), any::<bool>())
                .prop_map(|(child, null)| DataType::List(Arc::new(Field::new("item", child, null)))),
            (inner, any::<bool>()).prop_map(|(value, null)| {
                let pair = vec![Field::new("k", DataType::Utf8, false), Field::new("v", value, null)];
                DataType::Map(Arc::new(Field::new("e", DataType::Struct(pair.into()), false)), false)
            }),
        ]
    })
}

proptest! {
    #[test]
    fn a_canonical_schema_survives_deltas_json(types in prop::collection::vec((data_type(), any::<bool>()), 0..5)) {
        let fields = types.into_iter().enumerate();
        let schema = Schema::new(fields.map(|(n, (t, null))| Field::new(format!("c{n}"), t, null)).collect::<Vec<_>>());
        let canonical = canonical_schema(&schema).unwrap();
        prop_assert_eq!(&from_delta(&to_delta(&canonical)).unwrap(), &canonical);
        prop_assert_eq!(&canonical_schema(&canonical).unwrap(), &canonical);
        prop_assert_eq!(&evolved_schema(&canonical, &canonical).unwrap(), &canonical);
    }

    #[test]
    fn no_schema_string_makes_the_reader_panic(text in "\\PC{0,80}") {
        let _ = from_delta(&text);
        let _ = from_delta(&format!(r#"{{"type":"struct","fields":[{{"name":"a","type":"{text}"}}]}}"#));
    }
}

#[test]
fn what_delta_1_2_lacks_is_refused_with_the_columns_path() {
    let refused = [
        DataType::Timestamp(TimeUnit::Microsecond, None),
        DataType::Timestamp(TimeUnit::Nanosecond, Some("UTC".into())),
        DataType::Timestamp(TimeUnit::Microsecond, Some("Europe/Stockholm".into())),
        DataType::UInt64,
        DataType::Utf8View,
        DataType::LargeUtf8,
        DataType::Date64,
        DataType::Null,
        DataType::Decimal128(10, -2),
        DataType::Struct(Fields::empty()),
        DataType::Union(UnionFields::empty(), arrow::datatypes::UnionMode::Sparse),
    ];
    for data_type in refused {
        let child = vec![Field::new("inner", data_type.clone(), true)];
        let schema = Schema::new(vec![Field::new("outer", DataType::Struct(child.into()), true)]);
        match canonical_schema(&schema) {
            Err(TableError::UnsupportedType { column, data_type: named, .. }) => {
                assert_eq!((column.as_str(), named), ("outer.inner", data_type));
            }
            other => panic!("{data_type}: {other:?}"),
        }
    }
}

#[test]
fn columns_that_differ_in_case_only_are_refused_from_the_start_and_later() {
    let field = |name: &str| Field::new(name, DataType::Int64, true);
    assert!(canonical_schema(&Schema::new(vec![field("a"), field("A")])).is_err());
    let (lower, upper) = (Schema::new(vec![field("a")]), Schema::new(vec![field("A")]));
    assert!(matches!(evolved_schema(&lower, &upper), Err(TableError::IncompatibleSchema { .. })));
}

#[test]
fn evolution_adds_nullable_columns_and_nested_fields_keeps_order_and_refuses_changed_types() {
    let nested = |names: &[&str]| {
        let fields: Vec<Field> = names.iter().map(|name| Field::new(*name, DataType::Utf8, false)).collect();
        Field::new("s", DataType::Struct(fields.into()), true)
    };
    let current = Schema::new(vec![nested(&["a", "b"]), Field::new("n", DataType::Int64, false)]);
    let wanted = Schema::new(vec![Field::new("new", DataType::Date32, false), nested(&["c", "b"])]);
    let evolved = evolved_schema(&current, &wanted).unwrap();
    let names: Vec<&str> = evolved.fields().iter().map(|field| field.name().as_str()).collect();
    assert_eq!(names, ["s", "n", "new"]);
    assert!(evolved.field(2).is_nullable() && !evolved.field(1).is_nullable());
    let DataType::Struct(children) = evolved.field(0).data_type() else { panic!() };
    let children: Vec<(&str, bool)> = children.iter().map(|f| (f.name().as_str(), f.is_nullable())).collect();
    assert_eq!(children, [("a", false), ("b", false), ("c", true)]);

    let changed = Schema::new(vec![Field::new("n", DataType::Int32, true)]);
    assert!(evolved_schema(&current, &changed).unwrap_err().to_string().contains("column n: is Int64 in the table"));
}
