//! Rows in every format come back as they were, or line up for people.

use arrow::array::{
    ArrayRef, BinaryArray, BooleanArray, Date32Array, Decimal128Array, Float64Array, Int64Array, ListArray,
    StringArray, StructArray, TimestampMicrosecondArray,
};
use arrow::datatypes::{DataType, Field, Int64Type, Schema};

use super::*;

fn batch() -> RecordBatch {
    let text: ArrayRef = Arc::new(StringArray::from(vec![Some("a, \"b\""), Some(""), None]));
    let inner: ArrayRef = Arc::new(Int64Array::from(vec![Some(1), None, Some(3)]));
    let nested: ArrayRef =
        Arc::new(StructArray::from(vec![(Arc::new(Field::new("n", DataType::Int64, true)), Arc::clone(&inner))]));
    let list: ArrayRef = Arc::new(ListArray::from_iter_primitive::<Int64Type, _, _>(vec![
        Some(vec![Some(1), None]),
        Some(vec![]),
        None,
    ]));
    let moments = TimestampMicrosecondArray::from(vec![Some(0), Some(1_500_000), None]).with_timezone("UTC");
    RecordBatch::try_from_iter(vec![
        ("text", text),
        ("whole", Arc::new(Int64Array::from(vec![Some(i64::MAX), Some(-1), None])) as ArrayRef),
        (
            "dec",
            Arc::new(Decimal128Array::from(vec![Some(1250), Some(-5), None]).with_precision_and_scale(10, 3).unwrap()),
        ),
        ("real", Arc::new(Float64Array::from(vec![Some(3.0), Some(0.1), Some(f64::INFINITY)]))),
        ("flag", Arc::new(BooleanArray::from(vec![Some(true), Some(false), None]))),
        ("day", Arc::new(Date32Array::from(vec![Some(0), Some(-1), None]))),
        ("at", Arc::new(moments)),
        ("raw", Arc::new(BinaryArray::from(vec![Some(b"\x00\xff".as_slice()), Some(b"abc"), None]))),
        ("nested", nested),
        ("list", list),
    ])
    .unwrap()
}

fn written(format: Format, batches: &[RecordBatch]) -> Vec<u8> {
    let mut writer = Writer::new(format, &batches[0].schema(), Vec::new()).unwrap();
    for batch in batches {
        writer.write(batch).unwrap();
    }
    writer.finish().unwrap().1
}

#[test]
fn csv_quotes_what_needs_it_and_tells_null_from_nothing() {
    let expected = "text,whole,dec,real,flag,day,at,raw,nested,list\n\
        \"a, \"\"b\"\"\",9223372036854775807,1.250,3.0,true,1970-01-01,1970-01-01T00:00:00Z,AP8=,\"{\"\"n\"\":1}\",\"[1,null]\"\n\
        \"\",-1,-0.005,0.1,false,1969-12-31,1970-01-01T00:00:01.500Z,YWJj,\"{\"\"n\"\":null}\",[]\n\
        ,,,inf,,,,,\"{\"\"n\"\":3}\",\n";
    assert_eq!(String::from_utf8(written(Format::Csv, &[batch()])).unwrap(), expected);
}

#[test]
fn json_lines_parse_and_hold_every_column() {
    let text = String::from_utf8(written(Format::Json, &[batch(), batch()])).unwrap();
    let lines: Vec<serde_json::Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 6);
    assert_eq!(
        lines[0],
        serde_json::json!({"text": "a, \"b\"", "whole": i64::MAX, "dec": 1.25, "real": 3.0, "flag": true,
            "day": "1970-01-01", "at": "1970-01-01T00:00:00Z", "raw": "AP8=", "nested": {"n": 1}, "list": [1, null]})
    );
    assert_eq!(lines[2]["real"], serde_json::Value::Null);
    assert_eq!(lines[2]["text"], serde_json::Value::Null);
    // The decimal keeps its digits, which a JSON library may not.
    assert!(text.contains("\"dec\":1.250"));
}

#[test]
fn a_table_lines_up_and_shows_no_control_characters() {
    let batch = RecordBatch::try_from_iter(vec![
        ("name", Arc::new(StringArray::from(vec![Some("elk\u{1b}[2J"), None])) as ArrayRef),
        ("reads", Arc::new(Int64Array::from(vec![1, 2000]))),
    ])
    .unwrap();
    let expected = "name           reads\n─────────────  ─────\nelk\\u{1b}[2J       1\nNULL            2000\n";
    let expected = expected.replace("─────────────", &"─".repeat("elk\\u{1b}[2J".len()));
    let text = String::from_utf8(written(Format::Table, &[batch])).unwrap();
    assert_eq!(text.lines().map(str::trim_end).count(), 4);
    assert_eq!(text.split_whitespace().collect::<Vec<_>>(), expected.split_whitespace().collect::<Vec<_>>());
    let ends: Vec<usize> = text.lines().filter(|line| !line.is_empty()).map(|line| line.chars().count()).collect();
    assert!(ends.windows(2).all(|pair| pair[0] == pair[1]), "numbers end in one column: {text}");
}

#[test]
fn rows_after_the_measured_ones_come_out_too() {
    let values: Vec<i64> = (0..2500).collect();
    let batch = RecordBatch::try_from_iter(vec![("n", Arc::new(Int64Array::from(values)) as ArrayRef)]).unwrap();
    let text = String::from_utf8(written(Format::Table, &[batch])).unwrap();
    assert_eq!(text.lines().count(), 2502);
    assert_eq!(text.lines().last().map(str::trim), Some("2499"));
}

#[test]
fn parquet_reads_back_as_it_was() {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(&written(Format::Parquet, &[batch()])).unwrap();
    let reader = parquet::arrow::arrow_reader::ParquetRecordBatchReader::try_new(file, 1024).unwrap();
    let back: Vec<RecordBatch> = reader.map(Result::unwrap).collect();
    assert_eq!(back, [batch()]);
}

#[test]
fn an_empty_result_has_its_header() {
    let schema = Arc::new(Schema::new(vec![Field::new("date", DataType::Date32, true)]));
    let empty = RecordBatch::new_empty(schema);
    assert_eq!(written(Format::Csv, std::slice::from_ref(&empty)), b"date\n");
    assert_eq!(written(Format::Json, std::slice::from_ref(&empty)), b"");
    assert_eq!(String::from_utf8(written(Format::Table, &[empty])).unwrap(), "date\n────\n");
}

#[test]
fn formats_have_the_names_that_users_write() {
    assert_eq!("csv".parse(), Ok(Format::Csv));
    assert!("xml".parse::<Format>().is_err());
}
