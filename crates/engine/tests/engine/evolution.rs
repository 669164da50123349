//! Files of many ages read as one table: what a file did not know yet is NULL, at any depth.

use std::sync::Arc;

use arrow::array::{ArrayRef, Int32Array, Int64Array, RecordBatch};
use arrow::datatypes::{DataType, Field, Fields, Schema, SchemaRef, TimeUnit};
use judi_engine::{Catalog, QueryOptions, Zone};
use judi_schema::view::{View, ViewColumn};
use judi_table::{SinkOptions, Table, TableSpec, Transaction};
use judi_world::World;

use crate::fixture::{Newsroom, three_days};

/// `id`, and `item`, `items`, `named` and `deep`, whose innermost structs have `fields`.
fn schema(fields: &[&str]) -> SchemaRef {
    let children: Fields = fields.iter().map(|name| Field::new(*name, DataType::Int64, true)).collect();
    let item = || DataType::Struct(children.clone());
    let entries = Fields::from(vec![Field::new("key", DataType::Utf8, false), Field::new("value", item(), true)]);
    let map = DataType::Map(Arc::new(Field::new("key_value", DataType::Struct(entries), false)), false);
    let deep = Fields::from(vec![Field::new("n", DataType::Int64, true), Field::new("m", map.clone(), true)]);
    Arc::new(Schema::new(vec![
        Field::new("id", DataType::Int64, true),
        Field::new("item", item(), true),
        Field::new("items", DataType::List(Arc::new(Field::new("element", item(), true))), true),
        Field::new("named", map, true),
        Field::new("deep", DataType::Struct(deep), true),
    ]))
}

/// One row, whose structs hold `value` in each field.
fn row(id: i64, fields: &[&str], value: i64) -> RecordBatch {
    let item: Vec<String> = fields.iter().map(|name| format!("\"{name}\": {value}")).collect();
    let item = format!("{{{}}}", item.join(", "));
    let text = format!(
        r#"{{"id": {id}, "item": {item}, "items": [{item}, null], "named": {{"k": {item}}},
            "deep": {{"n": {value}, "m": {{"k": {item}}}}}}}"#
    );
    let mut decoder = arrow::json::ReaderBuilder::new(schema(fields)).build_decoder().unwrap();
    decoder.decode(text.as_bytes()).unwrap();
    decoder.flush().unwrap().unwrap()
}

fn committed(newsroom: &Newsroom, ages: &[&[&str]]) -> Arc<Table> {
    let spec = TableSpec {
        name: "ages".into(),
        schema: schema(ages[0]),
        partition_columns: vec![],
        properties: Default::default(),
    };
    let table = Table::create(&World::system(), &newsroom.folder.path().join("ages"), &spec).unwrap();
    for (id, fields) in (0..).zip(ages) {
        let sink = table.sink(&schema(fields), SinkOptions::default()).unwrap();
        let adds = sink.write(&[row(id, fields, id * 10)]).unwrap();
        table.commit(&Transaction::append(adds).with_schema(schema(fields))).unwrap();
    }
    Arc::new(table)
}

#[test]
fn fields_inside_structs_lists_and_maps_are_filled_up() {
    let newsroom = Newsroom::new();
    let table = committed(&newsroom, &[&["a"], &["a", "b"], &["a", "b", "c"]]);
    let catalog = Catalog::new(Zone::UTC).with_table("ages", table);
    let ask = |sql: &str| newsroom.try_csv(&catalog, sql, &QueryOptions::default()).unwrap();
    assert_eq!(
        ask("SELECT id, item['a'] AS a, item['b'] AS b, item['c'] AS c FROM ages ORDER BY id"),
        "id,a,b,c\n0,0,,\n1,10,10,\n2,20,20,20\n"
    );
    assert_eq!(
        ask("SELECT id, items[1]['b'] AS b, array_length(items) AS n FROM ages ORDER BY id"),
        "id,b,n\n0,,2\n1,10,2\n2,20,2\n"
    );
    assert_eq!(
        ask("SELECT named FROM ages ORDER BY id"),
        "named\n\"{\"\"k\"\":{\"\"a\"\":0,\"\"b\"\":null,\"\"c\"\":null}}\"\n\
         \"{\"\"k\"\":{\"\"a\"\":10,\"\"b\"\":10,\"\"c\"\":null}}\"\n\"{\"\"k\"\":{\"\"a\"\":20,\"\"b\"\":20,\"\"c\"\":20}}\"\n"
    );
    assert_eq!(
        ask("SELECT id, deep['m']['k']['b'] AS b, deep['n'] AS n FROM ages ORDER BY id"),
        "id,b,n\n0,,0\n1,10,10\n2,20,20\n"
    );
    let either = "SELECT id FROM ages WHERE deep['m']['k']['c'] = 20 OR named['k']['b'] = 10 ORDER BY id";
    assert_eq!(ask(either), "id\n1\n2\n");
    assert_eq!(ask("SELECT count(deep) AS n, count(deep['m']) AS m FROM ages"), "n,m\n3,3\n");
    assert_eq!(ask("SELECT id FROM ages WHERE item['b'] = 10 OR item['c'] = 20 ORDER BY id"), "id\n1\n2\n");
    assert_eq!(ask("SELECT id FROM ages WHERE item['c'] IS NULL ORDER BY id"), "id\n0\n1\n");
    assert_eq!(ask("SELECT id FROM ages WHERE items[1]['c'] IS NOT NULL"), "id\n2\n");
}

#[test]
fn a_widened_field_is_read_from_whichever_column_has_it() {
    let newsroom = Newsroom::new();
    let utc = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
    let batch = RecordBatch::try_from_iter(vec![
        ("event", Arc::new(arrow::array::StringArray::from(vec!["e"; 3])) as ArrayRef),
        ("event_time", arrow::array::new_null_array(&utc, 3)),
        ("old", Arc::new(Int32Array::from(vec![Some(1), None, None]))),
        ("new", Arc::new(Int64Array::from(vec![None, Some(1 << 40), None]))),
    ])
    .unwrap();
    let columns = vec![ViewColumn {
        name: "x".into(),
        path: vec!["new".into()],
        older: vec![vec!["old".into()]],
        ..ViewColumn::default()
    }];
    let catalog = Catalog::new(Zone::UTC).with_rows("events", batch.schema(), vec![batch]).with_views([View {
        name: "e".into(),
        event: "e".into(),
        columns,
    }]);
    let rows = newsroom.try_csv(&catalog, "SELECT x, date FROM e ORDER BY x", &QueryOptions::default());
    assert_eq!(rows.unwrap(), "x,date\n1,\n1099511627776,\n,\n");
    let described = newsroom.try_csv(&catalog, "DESCRIBE e", &QueryOptions::default());
    assert_eq!(described.unwrap(), "column,type\nx,bigint\ndate,date\n");
}

#[test]
fn a_field_that_took_over_from_another_type_and_renamed_values_are_read_as_they_are_today() {
    let newsroom = Newsroom::new();
    let utc = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
    let batch = RecordBatch::try_from_iter(vec![
        ("event", Arc::new(arrow::array::StringArray::from(vec!["e"; 3])) as ArrayRef),
        ("event_time", arrow::array::new_null_array(&utc, 3)),
        ("words", Arc::new(arrow::array::StringArray::from(vec![Some("12"), Some("a dozen"), None]))),
        ("word_count", Arc::new(Int64Array::from(vec![None, None, Some(13)]))),
        ("kind", Arc::new(arrow::array::StringArray::from(vec![Some("OLD"), None, Some("NEW")]))),
    ])
    .unwrap();
    let columns = vec![
        ViewColumn {
            name: "word_count".into(),
            path: vec!["word_count".into()],
            older: vec![vec!["words".into()]],
            ..ViewColumn::default()
        },
        ViewColumn {
            name: "kind".into(),
            path: vec!["kind".into()],
            renamed_values: vec![("OLD".into(), "NEW".into())],
            ..ViewColumn::default()
        },
    ];
    let catalog = Catalog::new(Zone::UTC).with_rows("events", batch.schema(), vec![batch]).with_views([View {
        name: "e".into(),
        event: "e".into(),
        columns,
    }]);
    let ask = |sql: &str| newsroom.try_csv(&catalog, sql, &QueryOptions::default()).unwrap();
    assert_eq!(ask("SELECT word_count, kind FROM e ORDER BY word_count"), "word_count,kind\n12,NEW\n13,NEW\n,\n");
    assert_eq!(ask("SELECT count(*) AS n FROM e WHERE kind = 'NEW'"), "n\n2\n");
}

#[test]
fn a_folder_of_any_name_is_read() {
    let newsroom = three_days();
    let odd = newsroom.folder.path().join("å b%20c#?");
    std::fs::create_dir(&odd).unwrap();
    std::fs::rename(newsroom.folder.path().join("events"), odd.join("events")).unwrap();
    let table = Table::open(&World::system(), &odd.join("events")).unwrap().unwrap();
    let catalog = Catalog::new(Zone::UTC).with_table("events", Arc::new(table));
    let rows = newsroom.try_csv(&catalog, "SELECT count(anonymous_id) AS n FROM events", &QueryOptions::default());
    assert_eq!(rows.unwrap(), "n\n7\n");
}
