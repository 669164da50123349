//! Bounds are true for every row, whatever the rounding and the cutting.

use std::sync::Arc;

use arrow::array::{Date32Array, DictionaryArray, Float64Array, Int64Array, StringArray, TimestampMicrosecondArray};
use arrow::datatypes::Int32Type as Key;
use proptest::prelude::*;

use super::*;

fn stats_of(chunks: &[ArrayRef]) -> FileStats {
    let mut collector = StatsCollector::new([("c".to_owned(), 0)]);
    for chunk in chunks {
        collector.update(std::slice::from_ref(chunk), chunk.len());
    }
    // Through the log's JSON, as every reader gets it.
    FileStats::parse(&serde_json::to_string(&collector.finish()).unwrap())
}

proptest! {
    #[test]
    fn text_bounds_hold_every_text(texts in prop::collection::vec(prop::option::of("[a\u{D7FF}\u{10FFFF}é]{0,40}"), 1..20)) {
        let array = Arc::new(StringArray::from(texts.clone())) as ArrayRef;
        let stats = stats_of(&[array.slice(0, texts.len() / 2), array.slice(texts.len() / 2, texts.len() - texts.len() / 2)]);
        prop_assert_eq!(stats.rows, Some(texts.len() as u64));
        prop_assert_eq!(stats.nulls("c"), Some(texts.iter().filter(|text| text.is_none()).count() as u64));
        for text in texts.iter().flatten() {
            let min = stats.min["c"].as_str().unwrap();
            prop_assert!(min <= text.as_str() && min.chars().count() <= TEXT_CHARACTERS_MAX);
            if let Some(max) = stats.max.get("c").and_then(Value::as_str) {
                prop_assert!(max >= text.as_str() && max.chars().count() <= TEXT_CHARACTERS_MAX, "{max} < {text}");
            }
        }
        let dictionary: DictionaryArray<Key> = texts.iter().map(Option::as_deref).collect();
        prop_assert_eq!(stats_of(&[Arc::new(dictionary)]), stats);
    }

    #[test]
    fn time_bounds_hold_every_time_to_the_millisecond(times in prop::collection::vec(-1_000_000_000_000_000..4_000_000_000_000_000i64, 1..20)) {
        let array = Arc::new(TimestampMicrosecondArray::from(times.clone()).with_timezone("UTC")) as ArrayRef;
        let (min, max) = stats_of(&[array]).timestamp_bounds("c").unwrap();
        let (least, most) = (*times.iter().min().unwrap(), *times.iter().max().unwrap());
        prop_assert!(min <= least && least - min < 1000);
        prop_assert!(max >= most && max - most < 1000);
    }
}

#[test]
fn the_json_is_what_delta_writes() {
    let mut collector = StatsCollector::new([("t".to_owned(), 1), ("n".to_owned(), 0), ("d".to_owned(), 2)]);
    let chunk: [ArrayRef; 3] = [
        Arc::new(Int64Array::from(vec![Some(3), None, Some(-1)])),
        Arc::new(TimestampMicrosecondArray::from(vec![1, 1_500_000, 1001]).with_timezone("UTC")),
        Arc::new(Date32Array::from(vec![0, 1, 20_454])),
    ];
    collector.update(&chunk, 3);
    let json = serde_json::to_string(&collector.finish()).unwrap();
    let expected = concat!(
        r#"{"numRecords":3,"minValues":{"d":"1970-01-01","n":-1,"t":"1970-01-01T00:00:00.000Z"},"#,
        r#""maxValues":{"d":"2026-01-01","n":3,"t":"1970-01-01T00:00:01.500Z"},"nullCount":{"d":0,"n":1,"t":0}}"#
    );
    assert_eq!(json, expected);
}

#[test]
fn what_has_no_true_bound_has_none() {
    let floats =
        stats_of(&[Arc::new(Float64Array::from(vec![1.0, f64::NAN])), Arc::new(Float64Array::from(vec![2.0]))]);
    assert!(floats.min.is_empty() && floats.max.is_empty());
    let last = "\u{10FFFF}".repeat(TEXT_CHARACTERS_MAX + 1);
    let texts = stats_of(&[Arc::new(StringArray::from(vec![last.as_str()]))]);
    assert!(texts.min.contains_key("c") && texts.max.is_empty());
    assert_eq!(FileStats::parse("{broken").rows, None);
}
