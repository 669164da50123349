//! Each kind of field has its column, and the newsroom has exactly these.

use std::path::Path;

use arrow::datatypes::DataType;
use judi_world::LocalDisk;

use super::*;
use crate::compile::{Source, SourceText, read_sources};
use crate::schemas::Schemas;

fn schemas(text: &str) -> Schemas {
    let text = format!("syntax = \"proto3\"; import \"judi/v1/options.proto\";\n{text}");
    Schemas::first(&[Source { name: "t.proto".to_owned(), text: SourceText::Proto(text) }]).unwrap()
}

fn shown(kind: &DataType) -> String {
    match kind {
        DataType::Struct(children) => {
            let children = children.iter().map(|child| format!("{} {}", child.name(), shown(child.data_type())));
            format!("({})", children.collect::<Vec<_>>().join(", "))
        }
        DataType::List(element) => format!("[{}]", shown(element.data_type())),
        DataType::Map(entries, _) => format!("map{}", shown(entries.data_type())),
        DataType::Timestamp(_, _) => "time".to_owned(),
        other => format!("{other:?}").to_lowercase(),
    }
}

fn struct_of(text: &str) -> String {
    let schemas = schemas(text);
    let schema = schemas.events_schema();
    shown(schema.field(schema.fields().len() - 1).data_type())
}

#[test]
fn the_newsroom_has_these_columns() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../newsroom/template/schema");
    let schemas = Schemas::first(&read_sources(&LocalDisk, &folder).unwrap()).unwrap();
    let schema = schemas.events_schema();
    assert!(schema.fields().iter().all(|field| field.is_nullable()));
    let columns: Vec<String> =
        schema.fields().iter().map(|field| format!("{} {}", field.name(), shown(field.data_type()))).collect();
    let expected = [
        "event_id utf8",
        "event utf8",
        "event_time time",
        "received_at time",
        "occurred_at time",
        "sent_at time",
        "received_date date32",
        "anonymous_id utf8",
        "user_id utf8",
        "session_id utf8",
        "app utf8",
        "app_version utf8",
        "platform utf8",
        "os utf8",
        "device utf8",
        "locale utf8",
        "page_url utf8",
        "page_path utf8",
        "referrer utf8",
        "utm_source utf8",
        "utm_medium utf8",
        "utm_campaign utf8",
        "utm_term utf8",
        "utm_content utf8",
        "consent utf8",
        "is_bot boolean",
        "sdk utf8",
        "sdk_version utf8",
        "sequence int64",
        "schema_version int64",
        "event_time_flag utf8",
        "_unknown binary",
        "article_view (article_id utf8, section utf8, title utf8, authors [utf8], tags [utf8], word_count int64, \
         is_premium boolean)",
        "click (element utf8, target_url utf8, position int64, article_id utf8)",
        "experiment_exposure (experiment_id utf8, variant utf8, unit utf8)",
        "page_view (page_kind utf8, title utf8, section utf8)",
        "scroll (article_id utf8, depth_percent int64, visible_ms int64)",
        "share (article_id utf8, channel utf8, channel__number int64)",
        "video_end (programme_id utf8, position_ms int64, duration_ms int64, completion float64, reason utf8, \
         reason__number int64)",
        "video_progress (programme_id utf8, position_ms int64, duration_ms int64)",
        "video_start (programme_id utf8, title utf8, duration_ms int64, position_ms int64, is_autoplay boolean)",
    ];
    assert_eq!(columns, expected);
}

#[test]
fn every_kind_of_field_has_its_column() {
    let text = "import \"google/protobuf/timestamp.proto\"; import \"google/protobuf/duration.proto\";
        import \"google/protobuf/wrappers.proto\"; import \"google/protobuf/struct.proto\";
        import \"google/protobuf/any.proto\"; import \"google/protobuf/empty.proto\"; enum E { ZERO = 0; }
        message A { option (judi.event).name = \"a\";
          int32 a = 1; sfixed64 b = 2; uint32 c = 3; uint64 d = 4; fixed64 e = 5; fixed32 f = 6; bool g = 7;
          float h = 8; double i = 9; string j = 10; bytes k = 11; E l = 12; repeated E m = 13;
          google.protobuf.Timestamp n = 14; google.protobuf.Duration o = 15; google.protobuf.UInt64Value p = 16;
          google.protobuf.StringValue q = 17; google.protobuf.Struct r = 18; google.protobuf.Any s = 19;
          google.protobuf.Empty t = 20; map<uint64, google.protobuf.Timestamp> u = 21; map<bool, E> v = 22;
          repeated google.protobuf.Value w = 23; oneof choice { string x = 24; int64 y = 25; }
          repeated google.protobuf.Empty z = 26; }";
    let expected = "(a int64, b int64, c int64, d decimal128(20, 0), e decimal128(20, 0), f int64, g boolean, \
        h float32, i float64, j utf8, k binary, l utf8, l__number int64, m [utf8], n time, o int64, \
        p decimal128(20, 0), q utf8, r utf8, s utf8, t (_present boolean), \
        u map(key decimal128(20, 0), value time), v map(key boolean, value utf8), w [utf8], x utf8, y int64, \
        z [(_present boolean)], choice__case utf8)";
    assert_eq!(struct_of(text), expected);
    assert_eq!(struct_of("message A { option (judi.event).name = \"a\"; }"), "(_present boolean)");
}

#[test]
fn recursion_is_unrolled_to_depth_three_and_then_kept_as_bytes() {
    let text = "message A { option (judi.event).name = \"a\"; string s = 1; A a = 2; }";
    assert_eq!(struct_of(text), "(s utf8, a (s utf8, a (s utf8, a binary)))");
    let text = "message A { option (judi.event).name = \"a\"; repeated B b = 1; } message B { map<int32, A> a = 1; }";
    let a = |inner: &str| format!("(b [(a map(key int64, value {inner}))])");
    assert_eq!(struct_of(text), a(&a(&a("binary"))));
    let schemas = schemas("message A { option (judi.event).name = \"a\"; A a = 1; }");
    let mut layout = &schemas.layout(1, 0).unwrap().root;
    for _ in 0..2 {
        let Inner::Struct(inner) = &layout.fields[0].inner else { panic!("{layout:?}") };
        layout = inner;
    }
    assert_eq!(layout.fields[0].inner, Inner::Cut);
}

#[test]
fn what_is_too_wide_or_too_deep_is_refused_with_its_place() {
    let fields = |count: usize| (1..=count).map(|n| format!("int32 f{n} = {n};")).collect::<String>();
    let wide = |count: usize| format!("message A {{ option (judi.event).name = \"a\"; {} }}", fields(count));
    assert_eq!(schemas(&wide(EVENT_COLUMNS_MAX)).ledger().columns.len(), EVENT_COLUMNS_MAX + 1);
    let refused = |text: &str| {
        let text = format!("syntax = \"proto3\"; import \"judi/v1/options.proto\";\n{text}");
        Schemas::first(&[Source { name: "t.proto".to_owned(), text: SourceText::Proto(text) }]).unwrap_err()
    };
    let error = refused(&wide(EVENT_COLUMNS_MAX + 1));
    assert!(error.to_string().starts_with("t.proto:2:1: the event \"a\" has more than"), "{error}");

    let chain = |count: usize| {
        let links = (1..count).map(|n| format!("message M{n} {{ M{} m = 1; }}", n + 1)).collect::<String>();
        format!(
            "message A {{ option (judi.event).name = \"a\"; M1 m = 1; }} {links} message M{count} {{ int32 x = 1; }}"
        )
    };
    schemas(&chain(NESTING_MAX - 1));
    let error = refused(&chain(NESTING_MAX));
    assert!(error.to_string().contains("nests messages"), "{error}");

    // Messages that all contain each other would have more columns than atoms; the walk ends at the bound.
    let all: String = (0..9).map(|n| format!("M{n} m{n} = {};", n + 1)).collect();
    let tangle: String = (0..9).map(|n| format!("message M{n} {{ {all} }}")).collect();
    let error = refused(&format!("message A {{ option (judi.event).name = \"a\"; M0 m = 1; }} {tangle}"));
    assert!(error.to_string().contains("has more than"), "{error}");
}

#[test]
fn names_that_sql_cannot_tell_apart_get_columns_of_their_own() {
    let text = "message A { option (judi.event).name = \"a\"; string X__case = 1; oneof x { int32 y = 2; } }";
    assert_eq!(struct_of(text), "(X__case utf8, y int64, x__case__2 utf8)");
}

#[test]
fn types_are_read_as_they_are_written() {
    let elements = [
        Element::BigInt,
        Element::Decimal20,
        Element::Boolean,
        Element::Float,
        Element::Double,
        Element::Varchar,
        Element::Binary,
        Element::Timestamp,
        Element::Struct,
    ];
    for value in elements {
        let keys = elements.into_iter().filter(|key| *key != Element::Struct);
        let all = keys.map(|key| ColumnType::Map(key, value)).chain([ColumnType::One(value), ColumnType::List(value)]);
        for kind in all {
            assert_eq!(kind.to_string().parse::<ColumnType>().unwrap(), kind);
        }
    }
    for text in ["", "INT", "LIST<>", "LIST<BIGINT", "MAP<BIGINT>", "MAP<BIGINT,>", "LIST<LIST<BIGINT>>", "bigint"] {
        assert!(text.parse::<ColumnType>().is_err(), "{text}");
    }
}
