//! The same rows are the same bytes; different rows are different files; nothing half-written has a file's name.

#![expect(clippy::cast_sign_loss, reason = "the numbers of a test are small and not negative")]

use arrow::array::{DictionaryArray, Int64Array, StringArray, StructArray, TimestampMicrosecondArray};
use arrow::buffer::NullBuffer;
use arrow::datatypes::{DataType, Field, Int32Type};
use judi_world::Disk;
use parquet::basic::Encoding;
use parquet::file::metadata::ParquetMetaData;
use parquet::file::reader::FileReader;
use parquet::file::serialized_reader::SerializedFileReader;
use proptest::prelude::*;

use super::*;
use crate::disk_reader::DiskReader;

const DAYS: i64 = 3;

/// Rows of ids that are all different, events of few values and a struct that only some events have.
fn rows(numbers: &[i64], dictionary: bool) -> RecordBatch {
    let events = numbers.iter().map(|n| Some(["a", "b", "c"][(n % 3) as usize]));
    let event: ArrayRef = match dictionary {
        true => Arc::new(events.collect::<DictionaryArray<Int32Type>>()),
        false => Arc::new(events.collect::<StringArray>()),
    };
    let ids: StringArray =
        numbers.iter().map(|n| Some(format!("{:016x}", n.wrapping_mul(0x1E37_79B9_7F4A_7C15)))).collect();
    let times: TimestampMicrosecondArray = numbers.iter().map(|n| Some(n * 1_000_003)).collect();
    let only_a = NullBuffer::from(numbers.iter().map(|n| n % 3 == 0).collect::<Vec<_>>());
    let depth: Int64Array = numbers.iter().map(|n| (n % 3 == 0 && n % 2 == 0).then_some(n % 10)).collect();
    let fields = vec![Field::new("depth", DataType::Int64, true), Field::new("never", DataType::Utf8, true)];
    let never = StringArray::new_null(numbers.len());
    let scroll = StructArray::new(fields.into(), vec![Arc::new(depth), Arc::new(never)], Some(only_a));
    let day: Int64Array = numbers.iter().map(|n| Some(n % DAYS)).collect();
    RecordBatch::try_from_iter_with_nullable([
        ("event", event, true),
        ("event_time", Arc::new(times.with_timezone("UTC")) as ArrayRef, true),
        ("event_id", Arc::new(ids), true),
        ("scroll", Arc::new(scroll), true),
        ("day", Arc::new(day), true),
    ])
    .unwrap()
}

fn options() -> SinkOptions {
    SinkOptions {
        sort: ["event", "event_time", "event_id"].map(String::from).into(),
        stats_columns: Some(vec!["event".into(), "event_time".into()]),
        ..SinkOptions::default()
    }
}

fn sink_in(dir: &Path, options: SinkOptions) -> Sink {
    Sink::new(&World::system(), dir, &rows(&[], false).schema(), &["day".into()], options).unwrap()
}

fn written(dir: &Path, batches: &[RecordBatch]) -> Vec<(String, u64, String)> {
    let adds = sink_in(dir, options()).write(batches).unwrap();
    adds.into_iter().map(|add| (add.path, add.rows, add.stats_json)).collect()
}

fn metadata(dir: &Path, path: &str) -> ParquetMetaData {
    let reader = DiskReader::open(&judi_world::LocalDisk, &dir.join(path)).unwrap();
    SerializedFileReader::new(reader).unwrap().metadata().clone()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn the_same_rows_in_any_batches_and_order_are_the_same_files(
        count in 1..400i64,
        cuts in prop::collection::vec(0..400usize, 0..4),
        rotation in 0..400usize,
        dictionary in any::<bool>(),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let mut numbers: Vec<i64> = (0..count).collect();
        let whole = written(folder.path(), &[rows(&numbers, false)]);
        numbers.rotate_left(rotation % count as usize);
        let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(numbers.len())).chain([0, numbers.len()]).collect();
        cuts.sort_unstable();
        let parts: Vec<RecordBatch> =
            cuts.windows(2).map(|pair| rows(&numbers[pair[0]..pair[1]], dictionary)).collect();
        prop_assert_eq!(&written(folder.path(), &parts), &whole);
        for (path, _, _) in &whole {
            let bytes = judi_world::LocalDisk.read(&folder.path().join(path)).unwrap();
            let sha256: String = sha2_of(&bytes);
            prop_assert!(path.ends_with(&format!("/part-{sha256}.parquet")), "{path} holds {sha256}");
        }
    }
}

fn sha2_of(bytes: &[u8]) -> String {
    use sha2::{Digest, Sha256};
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn rows_past_chunks_row_groups_and_files_are_the_same_bytes_in_any_batches_and_all_there() {
    let folder = tempfile::tempdir().unwrap();
    let small = SinkOptions { row_group_rows: CHUNK_ROWS, file_bytes_max: 1, ..options() };
    let numbers: Vec<i64> = (0..60_000).map(|n| n * DAYS).collect();
    let whole = sink_in(folder.path(), small.clone()).write(&[rows(&numbers, false)]).unwrap();
    let parts: Vec<RecordBatch> = numbers.chunks(777).map(|part| rows(part, false)).collect();
    let again = sink_in(folder.path(), small).write(&parts).unwrap();
    let names = |adds: &[AddFile]| adds.iter().map(|add| (add.path.clone(), add.rows)).collect::<Vec<_>>();
    assert_eq!(names(&again), names(&whole));
    assert_eq!(whole.len(), 60_000usize.div_ceil(CHUNK_ROWS));
    assert_eq!(whole.iter().map(|add| add.rows).sum::<u64>(), 60_000);
    assert!(whole.iter().all(|add| metadata(folder.path(), &add.path).num_row_groups() == 1));
}

#[test]
fn equal_rows_that_are_cut_into_equal_files_do_not_become_one() {
    let folder = tempfile::tempdir().unwrap();
    let small = SinkOptions { row_group_rows: CHUNK_ROWS, file_bytes_max: 1, ..options() };
    let adds = sink_in(folder.path(), small).write(&[rows(&vec![6; 2 * CHUNK_ROWS], false)]).unwrap();
    assert_eq!(adds.len(), 2);
    assert_ne!(adds[0].path, adds[1].path);
    assert!(adds.iter().all(|add| folder.path().join(&add.path).exists()));
}

#[test]
fn encodings_follow_the_values_and_statistics_stand_on_chosen_columns_only() {
    let folder = tempfile::tempdir().unwrap();
    let numbers: Vec<i64> = (0..5000).map(|n| n * DAYS).collect();
    let adds = sink_in(folder.path(), options()).write(&[rows(&numbers, false)]).unwrap();
    let metadata = metadata(folder.path(), &adds[0].path);
    assert_eq!(metadata.file_metadata().created_by(), Some("judi"));
    assert!(metadata.file_metadata().key_value_metadata().is_none());
    let column = |name: &str| {
        metadata.row_group(0).columns().iter().find(|column| column.column_path().string() == name).unwrap()
    };
    assert!(column("event").dictionary_page_offset().is_some());
    assert!(column("event_id").dictionary_page_offset().is_none());
    assert!(column("event_time").encodings().any(|encoding| encoding == Encoding::DELTA_BINARY_PACKED));
    assert!(column("event").statistics().is_some() && column("event_time").statistics().is_some());
    assert!(column("event_id").statistics().is_none() && column("scroll.depth").statistics().is_none());
    assert!(metadata.row_group(0).columns().iter().all(|column| column.column_path().string() != "day"));
    // Nothing but a page header: what was never set takes no room.
    assert!(column("scroll.never").compressed_size() < 100);
}

#[test]
fn rows_that_do_not_fit_are_refused_by_name_and_no_rows_are_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let sink = sink_in(folder.path(), options());
    assert!(sink.write(&[]).unwrap().is_empty());
    assert!(sink.write(&[rows(&[], false)]).unwrap().is_empty());
    let other = RecordBatch::try_from_iter([("evnt", Arc::new(Int64Array::from(vec![1])) as ArrayRef)]).unwrap();
    assert!(matches!(sink.write(&[other]), Err(TableError::UnknownColumn { column }) if column == "evnt"));
    let typed = RecordBatch::try_from_iter([("event", Arc::new(Int64Array::from(vec![1])) as ArrayRef)]).unwrap();
    assert!(matches!(sink.write(&[typed]), Err(TableError::IncompatibleSchema { column, .. }) if column == "event"));
    assert!(judi_world::LocalDisk.list(folder.path()).unwrap().is_empty());
    let unknown = SinkOptions { sort: vec!["evnt".into()], ..options() };
    let refused = Sink::new(&World::system(), folder.path(), &rows(&[], false).schema(), &[], unknown);
    assert!(matches!(refused, Err(TableError::UnknownColumn { .. })));
}
