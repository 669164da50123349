//! What tables and log hold, read as any reader reads them, into values that can be compared.

use std::collections::{BTreeMap, HashMap};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{Date32Type, Int64Type, TimestampMicrosecondType};
use judi_log::{FetchError, FetchedRecord, Log, LogId, Topic};
use judi_schema::record::{decode_quarantined, peek, split};
use judi_table::{DataFile, Snapshot, Table, TableError, invariants, read_file};
use judi_world::{Timestamp, World};
use thiserror::Error;

use crate::devices::Id;
use crate::machine::TABLES_DIR;
use crate::schemas::{LATE, SEEN};
use crate::violation::Violation;

pub(crate) const EVENTS: &str = "events";
pub(crate) const QUARANTINE: &str = "quarantine";
const COMMITS: &str = "_judi/commits";

const EVENT_COLUMNS: [&str; 9] = [
    "anonymous_id",
    "event_id",
    "event",
    "session_id",
    "sequence",
    "occurred_at",
    "received_at",
    "event_time",
    "event_time_flag",
];
const COMMITS_COLUMNS: [&str; 3] = ["event", "event_day", "rows"];
const QUARANTINE_COLUMNS: [&str; 5] = ["envelope", "event_id", "event", "reason", "received_at"];

/// Values of `event_time_flag`.
const FAR: [&str; 2] = ["future", "past"];

/// Bytes of a fetch: all of a small world's partition.
const FETCH_BYTES: usize = 1 << 20;

/// What a row says that no later commit may change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Said {
    pub(crate) event: String,
    pub(crate) session: String,
    pub(crate) sequence: Option<i64>,
    pub(crate) occurred_us: Option<i64>,
    /// Of the payload; of a quarantined event, empty.
    pub(crate) token: String,
}

/// A row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) said: Said,
    pub(crate) received_us: i64,
    /// Of `events`.
    pub(crate) event_time_us: i64,
    /// Of `events`: whether its time is so far from its receipt that it is outside of its session's order.
    pub(crate) is_far: bool,
    /// Of `quarantine`.
    pub(crate) reason: String,
}

/// One table.
#[derive(Debug, Clone, Default)]
pub(crate) struct Rows {
    /// In no order; an id may be there twice, where it should not.
    pub(crate) rows: Vec<(Id, Row)>,
    /// The last offset that the table says to be past.
    pub(crate) past: BTreeMap<(Topic, u32), u64>,
}

/// Both tables.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tables {
    pub(crate) events: Rows,
    pub(crate) quarantine: Rows,
}

/// Why tables could not be read.
#[derive(Debug, Error)]
pub(crate) enum ReadError {
    #[error(transparent)]
    Table(#[from] TableError),
    #[error("cannot read {path}: {source}")]
    Io { path: String, source: io::Error },
    /// They can be, and are not what they should be.
    #[error(transparent)]
    Violation(Violation),
}

/// Rows of data files that were read before: their names tell their bytes, which is checked each time.
#[derive(Debug, Default)]
pub(crate) struct Cache {
    rows: HashMap<String, Arc<Vec<(Id, Row)>>>,
    counts: HashMap<String, Vec<(String, i32, i64)>>,
    /// Files whose bytes are known to be what their names say.
    bytes: HashMap<PathBuf, Vec<u8>>,
}

impl Tables {
    /// Reads both tables as they are now; those that are not yet there are empty.
    pub(crate) fn read(world: &World, log: &LogId, cache: &mut Cache) -> Result<Self, ReadError> {
        Ok(Self {
            quarantine: read_table(world, QUARANTINE, log, cache)?,
            events: read_table(world, EVENTS, log, cache)?,
        })
    }
}

fn read_table(world: &World, name: &'static str, log: &LogId, cache: &mut Cache) -> Result<Rows, ReadError> {
    let dir = Path::new(TABLES_DIR).join(name);
    let Some(table) = Table::open(world, &dir)? else { return Ok(Rows::default()) };
    let snapshot = table.snapshot()?;
    let mut rows = Rows::default();
    let own = format!("judge/{log}/");
    for (app_id, last) in snapshot.txns() {
        let place = app_id.strip_prefix(&own).and_then(|place| place.split_once('/'));
        let Some((topic, partition)) = place else { continue };
        let topic = Topic::ALL.into_iter().find(|known| known.as_str() == topic);
        if let (Some(topic), Ok(partition), Ok(last)) = (topic, partition.parse(), u64::try_from(last)) {
            rows.past.insert((topic, partition), last);
        }
    }
    for (path, file) in snapshot.files().iter() {
        check_name(world, &dir, path, cache)?;
        let key = format!("{name}/{path}");
        let known = match cache.rows.get(&key) {
            Some(known) => Arc::clone(known),
            None => Arc::new(read_rows(world, &dir, &snapshot, file, name)?),
        };
        rows.rows.extend(known.iter().cloned());
        cache.rows.insert(key, known);
    }
    Ok(rows)
}

/// I10 of one file.
fn check_name(world: &World, dir: &Path, path: &str, cache: &mut Cache) -> Result<(), ReadError> {
    let full = dir.join(path);
    let bytes = match world.disk.read(&full) {
        Ok(bytes) => bytes,
        Err(source) => return Err(ReadError::Io { path: full.display().to_string(), source }),
    };
    if cache.bytes.get(&full).is_none_or(|known| *known != bytes) {
        invariants::file_is_named_by_its_bytes(path, &bytes)
            .map_err(|violation| ReadError::Violation(violation.into()))?;
        cache.bytes.insert(full, bytes);
    }
    Ok(())
}

fn read_rows(
    world: &World,
    dir: &Path,
    snapshot: &Snapshot,
    file: &DataFile,
    name: &'static str,
) -> Result<Vec<(Id, Row)>, ReadError> {
    let mut columns: Vec<&str> = match name {
        EVENTS => EVENT_COLUMNS.to_vec(),
        _ => QUARANTINE_COLUMNS.to_vec(),
    };
    if name == EVENTS {
        columns.extend([SEEN, LATE].iter().filter(|name| snapshot.schema().index_of(name).is_ok()));
    }
    let mut rows = Vec::new();
    for batch in read_file(world.disk.as_ref(), dir, snapshot, file, Some(&columns))? {
        let batch = batch?;
        for row in 0..batch.num_rows() {
            let read = if name == EVENTS { event_row(&batch, row) } else { quarantine_row(&batch, row) };
            rows.push(read.ok_or_else(|| stranger(name, &batch, row))?);
        }
    }
    Ok(rows)
}

fn event_row(batch: &RecordBatch, row: usize) -> Option<(Id, Row)> {
    let id = Id::parse(&text(batch, "anonymous_id", row)?, &text(batch, "event_id", row)?)?;
    let event = text(batch, "event", row)?;
    let payload = batch.column_by_name(&event)?.as_struct_opt().filter(|payload| payload.is_valid(row))?;
    let token = payload.column_by_name("token")?.as_string_opt::<i32>()?;
    let said = Said {
        session: text(batch, "session_id", row)?,
        sequence: number(batch, "sequence", row),
        occurred_us: moment(batch, "occurred_at", row),
        token: token.value(row).to_owned(),
        event,
    };
    let (received_us, event_time_us) = (moment(batch, "received_at", row)?, moment(batch, "event_time", row)?);
    let is_far = FAR.contains(&text(batch, "event_time_flag", row)?.as_str());
    Some((id, Row { said, received_us, event_time_us, is_far, reason: String::new() }))
}

fn quarantine_row(batch: &RecordBatch, row: usize) -> Option<(Id, Row)> {
    let envelope = batch.column_by_name("envelope")?.as_binary_opt::<i32>()?;
    let peek = peek(envelope.value(row)).ok()?;
    let id = Id::parse(peek.anonymous_id, &text(batch, "event_id", row)?)?;
    let said = Said {
        event: text(batch, "event", row)?,
        session: String::new(),
        sequence: None,
        occurred_us: None,
        token: String::new(),
    };
    let reason = text(batch, "reason", row)?;
    Some((id, Row { said, received_us: moment(batch, "received_at", row)?, event_time_us: 0, is_far: false, reason }))
}

/// A row that no device can have sent.
fn stranger(table: &'static str, batch: &RecordBatch, row: usize) -> ReadError {
    let key = text(batch, "event_id", row).unwrap_or_default();
    let (row, sent) = (format!("{:?}", batch.slice(row, 1)), "nothing".to_owned());
    let invented = judi_judge::invariants::JudgeViolation::Invented { key, table, row, sent };
    ReadError::Violation(invented.into())
}

fn text(batch: &RecordBatch, column: &str, row: usize) -> Option<String> {
    let column = batch.column_by_name(column)?.as_string_opt::<i32>()?;
    Some(if column.is_valid(row) { column.value(row).to_owned() } else { String::new() })
}

fn number(batch: &RecordBatch, column: &str, row: usize) -> Option<i64> {
    let column = batch.column_by_name(column)?.as_primitive_opt::<Int64Type>()?;
    column.is_valid(row).then(|| column.value(row))
}

fn moment(batch: &RecordBatch, column: &str, row: usize) -> Option<i64> {
    let column = batch.column_by_name(column)?.as_primitive_opt::<TimestampMicrosecondType>()?;
    column.is_valid(row).then(|| column.value(row))
}

/// Rows by event and day.
pub(crate) type DayCounts = BTreeMap<(String, i32), i64>;

/// What `_judi.commits` says of the rows of `events`.
pub(crate) fn said_counts(world: &World, cache: &mut Cache) -> Result<DayCounts, ReadError> {
    let dir = Path::new(TABLES_DIR).join(COMMITS);
    let mut said = DayCounts::new();
    let Some(table) = Table::open(world, &dir)? else { return Ok(said) };
    let snapshot = table.snapshot()?;
    for (path, file) in snapshot.files().iter() {
        check_name(world, &dir, path, cache)?;
        if !cache.counts.contains_key(path) {
            let mut counts = Vec::new();
            for batch in read_file(world.disk.as_ref(), &dir, &snapshot, file, Some(&COMMITS_COLUMNS))? {
                let batch = batch?;
                for row in 0..batch.num_rows() {
                    counts.push(counted(&batch, row).ok_or_else(|| stranger(COMMITS, &batch, row))?);
                }
            }
            cache.counts.insert(path.clone(), counts);
        }
        for (event, day, rows) in cache.counts.get(path).into_iter().flatten() {
            *said.entry((event.clone(), *day)).or_default() += rows;
        }
    }
    said.retain(|_, rows| *rows != 0);
    Ok(said)
}

/// What it should say.
pub(crate) fn counts_of(events: &Rows) -> DayCounts {
    let mut are = DayCounts::new();
    for (_, row) in &events.rows {
        *are.entry((row.said.event.clone(), Timestamp(row.event_time_us).day())).or_default() += 1;
    }
    are
}

fn counted(batch: &RecordBatch, row: usize) -> Option<(String, i32, i64)> {
    let days = batch.column_by_name("event_day")?.as_primitive_opt::<Date32Type>()?;
    Some((text(batch, "event", row)?, days.value(row), number(batch, "rows", row)?))
}

/// A record, as far as it is compared: a hash of all of it, and the id in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Record {
    pub(crate) hash: [u8; 16],
    pub(crate) id: Option<Id>,
}

/// The records of a partition from `from` on.
pub(crate) fn read_partition(
    log: &dyn Log,
    topic: Topic,
    partition: u32,
    from: u64,
) -> Result<Vec<(u64, Record)>, FetchError> {
    let mut records = Vec::new();
    let mut next = from;
    loop {
        let fetched = log.fetch(topic, partition, next, FETCH_BYTES)?;
        records.extend(fetched.records.iter().map(|record| (record.offset, summary(topic, record))));
        next = fetched.next;
        if next >= fetched.end {
            return Ok(records);
        }
    }
}

fn summary(topic: Topic, fetched: &FetchedRecord) -> Record {
    let mut hasher = blake3::Hasher::new();
    let record = &fetched.record;
    for part in [&record.key[..], &record.value[..], &record.timestamp.0.to_le_bytes()] {
        hasher.update(&(part.len() as u64).to_le_bytes()).update(part);
    }
    let mut hash = [0; 16];
    hasher.finalize_xof().fill(&mut hash);
    let id = match topic {
        Topic::Events => split(&record.value)
            .and_then(|parts| peek(parts.envelope))
            .ok()
            .and_then(|peek| Id::parse(peek.anonymous_id, peek.event_id)),
        Topic::Quarantine => decode_quarantined(&record.value).ok().and_then(|refused| {
            let envelope = refused.envelope?;
            Id::parse(&envelope.context?.anonymous_id, &envelope.event_id)
        }),
    };
    Record { hash, id }
}
