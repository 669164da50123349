//! Rows of a query as plain values: what pages are made of.

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{Date32Type, Int64Type, TimestampMicrosecondType};

/// What was numbered and lost on a day of receipt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LossDay {
    pub(crate) day: i32,
    pub(crate) events: i64,
    pub(crate) lost: i64,
}

/// What one release of an app lost.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct LossRelease {
    pub(crate) app: String,
    pub(crate) app_version: String,
    pub(crate) platform: String,
    pub(crate) sdk: String,
    pub(crate) sdk_version: String,
    pub(crate) events: i64,
    pub(crate) lost: i64,
}

/// One day's reading. Days are counted from 1970-01-01.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Day {
    pub(crate) day: i32,
    pub(crate) reads: i64,
    pub(crate) readers: i64,
    pub(crate) bot_reads: i64,
}

/// Something counted under a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Counted {
    pub(crate) id: String,
    /// What people call it; the id where nothing better is known.
    pub(crate) name: String,
    pub(crate) reads: i64,
    pub(crate) readers: i64,
}

/// Something refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refused {
    pub(crate) received_at_us: Option<i64>,
    pub(crate) event: String,
    pub(crate) reason: String,
    pub(crate) detail: String,
    pub(crate) source: String,
    pub(crate) payload: Vec<u8>,
}

/// How often one event came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Volume {
    pub(crate) event: String,
    /// The last moment in these days.
    pub(crate) last_us: Option<i64>,
    /// By day, oldest first.
    pub(crate) days: Vec<i64>,
}

/// Events of one day that came with one version of the schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct VersionDay {
    pub(crate) day: i32,
    pub(crate) version: u32,
    pub(crate) events: i64,
    pub(crate) last_us: Option<i64>,
}

/// One release of an app on a platform that sends one version of the schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Release {
    pub(crate) app: String,
    pub(crate) app_version: String,
    pub(crate) platform: String,
    /// With its version.
    pub(crate) sdk: String,
    pub(crate) version: u32,
    pub(crate) events: i64,
    pub(crate) people: i64,
    pub(crate) last_us: Option<i64>,
}

/// Days from the columns (date, reads, readers, bot_reads).
pub(crate) fn days(rows: &[RecordBatch]) -> Vec<Day> {
    each(rows, |row| Day { day: row.day(0), reads: row.integer(1), readers: row.integer(2), bot_reads: row.integer(3) })
}

/// Counts from the columns (id, name, reads, readers).
pub(crate) fn counted(rows: &[RecordBatch]) -> Vec<Counted> {
    each(rows, |row| {
        let id = row.text(0);
        let name = Some(row.text(1)).filter(|name| !name.is_empty()).unwrap_or_else(|| id.clone());
        Counted { id, name, reads: row.integer(2), readers: row.integer(3) }
    })
}

/// Moments with their counts, from the columns (moment, count).
pub(crate) fn moments(rows: &[RecordBatch]) -> Vec<(i64, i64)> {
    each(rows, |row| (row.moment(0).unwrap_or(0), row.integer(1)))
}

/// The one whole number of an answer of one row; 0 where there is none.
pub(crate) fn number(rows: &[RecordBatch]) -> i64 {
    each(rows, |row| row.integer(0)).first().copied().unwrap_or(0)
}

/// The one moment of an answer of one row.
pub(crate) fn moment(rows: &[RecordBatch]) -> Option<i64> {
    each(rows, |row| row.moment(0)).first().copied().flatten()
}

/// What was refused, from the columns (received_at, event, reason, detail, source, payload).
pub(crate) fn refused(rows: &[RecordBatch]) -> Vec<Refused> {
    each(rows, |row| Refused {
        received_at_us: row.moment(0),
        event: row.text(1),
        reason: row.text(2),
        detail: row.text(3),
        source: row.text(4),
        payload: row.bytes(5),
    })
}

/// How often an event came, from the columns (event, last, day, day, …) for `days` days.
pub(crate) fn volumes(rows: &[RecordBatch], days: usize) -> Vec<Volume> {
    each(rows, |row| Volume {
        event: row.text(0),
        last_us: row.moment(1),
        days: (0..days).map(|day| row.integer(2 + day)).collect(),
    })
}

/// The last day of every event and its rows in all, from the columns (event, day, events).
pub(crate) fn last_days(rows: &[RecordBatch]) -> Vec<(String, Option<i32>, i64)> {
    each(rows, |row| (row.text(0), row.valid(1).map(|_| row.day(1)), row.integer(2)))
}

/// Events by day and version, from the columns (date, version, events, last).
pub(crate) fn version_days(rows: &[RecordBatch]) -> Vec<VersionDay> {
    each(rows, |row| VersionDay {
        day: row.day(0),
        version: u32::try_from(row.integer(1)).unwrap_or(0),
        events: row.integer(2),
        last_us: row.moment(3),
    })
}

/// Who sends, from the columns (app, app_version, platform, sdk, sdk_version, version, events, people, last).
pub(crate) fn releases(rows: &[RecordBatch]) -> Vec<Release> {
    each(rows, |row| Release {
        app: row.text(0),
        app_version: row.text(1),
        platform: row.text(2),
        sdk: format!("{} {}", row.text(3), row.text(4)).trim().to_owned(),
        version: u32::try_from(row.integer(5)).unwrap_or(0),
        events: row.integer(6),
        people: row.integer(7),
        last_us: row.moment(8),
    })
}

/// (date, events, lost).
pub(crate) fn loss_days(rows: &[RecordBatch]) -> Vec<LossDay> {
    each(rows, |row| LossDay { day: row.day(0), events: row.integer(1), lost: row.integer(2) })
}

/// (app, app_version, platform, sdk, sdk_version, events, lost).
pub(crate) fn loss_releases(rows: &[RecordBatch]) -> Vec<LossRelease> {
    each(rows, |row| LossRelease {
        app: row.text(0),
        app_version: row.text(1),
        platform: row.text(2),
        sdk: row.text(3),
        sdk_version: row.text(4),
        events: row.integer(5),
        lost: row.integer(6),
    })
}

/// The whole numbers of an answer of one row.
pub(crate) fn numbers(rows: &[RecordBatch], columns: usize) -> Vec<i64> {
    each(rows, |row| (0..columns).map(|column| row.integer(column)).collect()).into_iter().next().unwrap_or_default()
}

fn each<T>(rows: &[RecordBatch], read: impl Fn(Row<'_>) -> T) -> Vec<T> {
    let places = rows.iter().flat_map(|batch| (0..batch.num_rows()).map(move |row| Row { batch, row }));
    places.map(read).collect()
}

/// One row; a value that is NULL, or of another type than asked for, reads as nothing.
#[derive(Clone, Copy)]
struct Row<'a> {
    batch: &'a RecordBatch,
    row: usize,
}

impl Row<'_> {
    fn valid(&self, column: usize) -> Option<&dyn Array> {
        let array = self.batch.columns().get(column)?.as_ref();
        array.is_valid(self.row).then_some(array)
    }

    fn integer(&self, column: usize) -> i64 {
        let array = self.valid(column).and_then(|array| array.as_primitive_opt::<Int64Type>());
        array.map_or(0, |array| array.value(self.row))
    }

    fn day(&self, column: usize) -> i32 {
        let array = self.valid(column).and_then(|array| array.as_primitive_opt::<Date32Type>());
        array.map_or(0, |array| array.value(self.row))
    }

    fn moment(&self, column: usize) -> Option<i64> {
        let array = self.valid(column).and_then(|array| array.as_primitive_opt::<TimestampMicrosecondType>())?;
        Some(array.value(self.row))
    }

    fn text(&self, column: usize) -> String {
        let array = self.valid(column).and_then(|array| array.as_string_opt::<i32>());
        array.map_or_else(String::new, |array| array.value(self.row).to_owned())
    }

    fn bytes(&self, column: usize) -> Vec<u8> {
        let array = self.valid(column).and_then(|array| array.as_binary_opt::<i32>());
        array.map_or_else(Vec::new, |array| array.value(self.row).to_vec())
    }
}
