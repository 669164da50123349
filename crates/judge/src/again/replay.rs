//! A pass over `quarantine`: what fits the newest schema becomes rows of `events`, each event once.
//!
//! The pass looks at the table as it was when it began, one piece after another. A piece is read twice: first for what
//! fits, by key; then, those that `events` has being left out, for the rows. So the day's rows of `events` are read once a
//! piece and not once a commit, and memory holds keys and one commit's rows.
//!
//! Why this is exactly once. An event that is in `quarantine` is known to the dedup index, so no round adds it; a row is
//! added by a pass only, and a pass leaves out what the snapshot has that it goes on from. Two passes do not add at once:
//! one thread makes them, and every commit carries the next version of one application transaction, so that of two
//! processes one is told that it was overtaken. After a stop at any moment the piece is looked at again, and what was
//! added of it is in `events` under its ids.

use std::collections::{BTreeMap, BTreeSet, HashSet, VecDeque};
use std::io::ErrorKind;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use arrow::array::{Array, AsArray, BinaryArray, RecordBatch, StringArray};
use arrow::datatypes::{Int64Type, TimestampMicrosecondType};
use arrow::temporal_conversions::date32_to_datetime;
use judi_schema::columns::EventColumns;
use judi_schema::envelope::Envelope;
use judi_schema::refit::{Kept, Refit, Unfit, judge_again};
use judi_schema::schemas::Schemas;
use judi_schema::verdict::Reason;
use judi_table::{DataFile, Snapshot, TableError, read_file};
use judi_world::Timestamp;
use prost::Message;

use super::neighbours::Latecomers;
use super::requests::{ReplayAccount, ReplayFilter};
use super::{Again, foreign_quarantine};
use crate::clocks::{ClockRules, Said, time_alone};
use crate::commits;
use crate::dedup::Key;
use crate::error::JudgeError;
use crate::round::Counts;
use crate::tables::{Append, EVENTS};

/// The application of the commits that add replayed rows; its versions only count up.
const APP_ID: &str = "again/quarantine";

/// Rows, and bytes of their payloads, that one commit adds at most.
const ROWS_MAX: usize = 16 << 10;
const BYTES_MAX: usize = 16 << 20;

/// Events of a piece that fit: their names and neighbours are some ten MB.
const NAMES_MAX: usize = 200_000;

/// What is read of `quarantine`.
const COLUMNS: [&str; 6] = ["reason", "event_id", "received_at", "schema_version", "payload", "envelope"];

/// An event by day of receipt and key.
type Name = (i32, Key);

/// See the [module](self).
#[derive(Debug)]
pub(super) struct Pass {
    filter: ReplayFilter,
    schemas: Arc<Schemas>,
    quarantine: Arc<Snapshot>,
    /// Files of a partition each, that are to be looked through.
    partitions: VecDeque<Vec<Arc<DataFile>>>,
    /// Where the next piece of the first of them begins.
    at: Place,
    account: ReplayAccount,
    /// Rows that were added of the piece that is under way, by tries that failed later.
    added: u64,
    files: u64,
}

/// A row of some files.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    file: usize,
    row: usize,
}

/// One row of `quarantine`.
struct Row<'a> {
    reason: &'a str,
    event_id: &'a str,
    schema_version: u32,
    payload: &'a [u8],
    envelope: &'a [u8],
}

/// An event that fits now.
struct Fits<'a> {
    name: Name,
    envelope: Envelope,
    refit: Refit<'a>,
}

/// What was found in one piece.
#[derive(Debug, Default)]
struct Found {
    looked_at: u64,
    fit: u64,
    names: HashSet<Name>,
    latecomers: Latecomers,
    unfit: BTreeMap<Reason, u64>,
}

impl Pass {
    /// A pass over the rows that `quarantine` has now.
    pub(super) fn begin(again: &Again, schemas: &Arc<Schemas>, filter: ReplayFilter) -> Result<Self, JudgeError> {
        let quarantine = again.quarantine.table.snapshot()?;
        let mut by_partition: BTreeMap<_, Vec<Arc<DataFile>>> = BTreeMap::new();
        for file in quarantine.files().values().filter(|file| filter.may_match(file)) {
            by_partition.entry(&file.partition_values).or_default().push(Arc::clone(file));
        }
        let partitions: VecDeque<Vec<Arc<DataFile>>> = by_partition.into_values().collect();
        let files = partitions.iter().map(|files| files.len() as u64).sum();
        let account = ReplayAccount { schema_version: schemas.current().version, ..ReplayAccount::default() };
        let (schemas, at) = (Arc::clone(schemas), Place::default());
        Ok(Self { filter, schemas, quarantine, partitions, at, account, added: 0, files })
    }

    /// Does one piece; `false` when there is nothing left.
    pub(super) fn step(&mut self, again: &Again) -> Result<bool, JudgeError> {
        let Some(files) = self.partitions.front().cloned() else { return Ok(false) };
        match self.piece(again, &files) {
            Ok(to) if to.file >= files.len() => {
                self.partitions.pop_front();
                self.at = Place::default();
            }
            Ok(to) => self.at = to,
            // So long ago did it begin that its files have been replaced and removed: others hold the rows now.
            Err(JudgeError::Table(TableError::Io { source, .. })) if source.kind() == ErrorKind::NotFound => {
                *self = Self::begin(again, &self.schemas, self.filter)?;
            }
            Err(error) => return Err(error),
        }
        Ok(true)
    }

    /// Of what is behind the pass.
    pub(super) const fn account(&self) -> &ReplayAccount {
        &self.account
    }

    /// How many files it looks through, and how many are behind it.
    pub(super) fn files(&self) -> (u64, u64) {
        let left: u64 = self.partitions.iter().map(|files| files.len() as u64).sum();
        (self.files, self.files.saturating_sub(left) + self.at.file as u64)
    }

    /// Looks at some rows and adds those that fit and are new; where the next piece begins.
    fn piece(&mut self, again: &Again, files: &[Arc<DataFile>]) -> Result<Place, JudgeError> {
        let schemas = Arc::clone(&self.schemas);
        let mut found = Found::default();
        let to = self.scan(again, files, None, |row| {
            found.look_at(&schemas, &again.clocks, row);
            found.names.len() < NAMES_MAX
        })?;
        let mut refused = 0;
        if !found.names.is_empty() {
            let snapshot = again.events.table.snapshot()?;
            let before = snapshot.txn(APP_ID);
            // Even before the first replay: where a second judge was not kept away, what one of them refused the other may
            // have taken by a newer schema.
            again.forget_known(&snapshot, &mut found.names)?;
            again.place(&snapshot, &mut found.latecomers)?;
            let mut adding = Adding::new(again, &schemas, &found.latecomers, before.unwrap_or(0));
            let mut names = std::mem::take(&mut found.names);
            let mut outcome = Ok(());
            let scanned = self.scan(again, files, Some(to), |row| {
                if let Ok(fits) = row.judged(&schemas)
                    && names.remove(&fits.name)
                {
                    outcome = adding.add(fits);
                }
                outcome.is_ok()
            });
            let outcome = scanned.and(outcome).and_then(|()| adding.commit());
            self.added += adding.added;
            outcome?;
            refused = adding.refused;
        }
        self.account_for(found, refused);
        Ok(to)
    }

    fn account_for(&mut self, found: Found, refused: u64) {
        let became = std::mem::take(&mut self.added).min(found.fit);
        self.account.looked_at += found.looked_at;
        self.account.became_rows += became;
        self.account.already_rows += found.fit.saturating_sub(became + refused);
        for (reason, rows) in found.unfit {
            *self.account.still_unfit.entry(reason).or_default() += rows;
        }
        if refused > 0 {
            // An envelope that no row can hold: nobody but us has written it so.
            *self.account.still_unfit.entry(Reason::Undecodable).or_default() += refused;
        }
    }

    /// Visits the rows that match, from where the pass is, up to `end` or until `visit` has enough; where that was.
    fn scan(
        &self,
        again: &Again,
        files: &[Arc<DataFile>],
        end: Option<Place>,
        mut visit: impl FnMut(&Row<'_>) -> bool,
    ) -> Result<Place, JudgeError> {
        let (disk, dir) = (again.world.disk.as_ref(), again.quarantine.table.dir());
        for (number, file) in files.iter().enumerate().skip(self.at.file) {
            let mut place = Place { file: number, row: 0 };
            for batch in read_file(disk, dir, &self.quarantine, file, Some(&COLUMNS))? {
                let batch = batch?;
                let rows = Rows::of(&batch)?;
                for row in 0..batch.num_rows() {
                    if end.is_some_and(|end| place >= end) {
                        return Ok(place);
                    }
                    let is_ahead = place >= self.at;
                    place.row += 1;
                    if is_ahead && self.filter.matches(&rows, row) && !visit(&rows.row(row)) {
                        return Ok(place);
                    }
                }
            }
        }
        Ok(Place { file: files.len(), row: 0 })
    }
}

impl ReplayFilter {
    /// Whether a file may have rows that match; `false` only when its bounds rule that out.
    fn may_match(&self, file: &DataFile) -> bool {
        let stats = file.stats();
        let newest = stats.timestamp_bounds("received_at").map(|(_, newest)| newest);
        let is_old = self.since.zip(newest).is_some_and(|(since, newest)| newest < since.0);
        let reasons = stats.text_bounds("reason");
        let is_other = self
            .reason
            .zip(reasons)
            .is_some_and(|(reason, (least, greatest))| reason.as_str() < least || reason.as_str() > greatest);
        !is_old && !is_other
    }

    fn matches(&self, rows: &Rows<'_>, row: usize) -> bool {
        self.reason.is_none_or(|reason| rows.reasons.value(row) == reason.as_str())
            && self.since.is_none_or(|since| rows.received.value(row) >= since.0)
    }
}

impl Found {
    fn look_at(&mut self, schemas: &Schemas, clocks: &ClockRules, row: &Row<'_>) {
        self.looked_at += 1;
        match row.judged(schemas) {
            Ok(fits) => {
                self.fit += 1;
                let said = Said::of_envelope(&fits.envelope);
                self.latecomers.add(fits.name.0, &said, time_alone(clocks, &said));
                self.names.insert(fits.name);
            }
            Err(reason) => *self.unfit.entry(reason).or_default() += 1,
        }
    }
}

/// The columns of a batch.
struct Rows<'a> {
    reasons: &'a StringArray,
    event_ids: &'a StringArray,
    received: &'a arrow::array::TimestampMicrosecondArray,
    versions: &'a arrow::array::Int64Array,
    payloads: &'a BinaryArray,
    envelopes: &'a BinaryArray,
}

impl<'a> Rows<'a> {
    fn of(batch: &'a RecordBatch) -> Result<Self, JudgeError> {
        let column = |at: usize| batch.columns().get(at);
        let rows = || {
            Some(Self {
                reasons: column(0)?.as_string_opt()?,
                event_ids: column(1)?.as_string_opt()?,
                received: column(2)?.as_primitive_opt::<TimestampMicrosecondType>()?,
                versions: column(3)?.as_primitive_opt::<Int64Type>()?,
                payloads: column(4)?.as_binary_opt()?,
                envelopes: column(5)?.as_binary_opt()?,
            })
        };
        rows().ok_or_else(|| foreign_quarantine("its columns are not of the types that they are written with"))
    }

    fn row(&self, row: usize) -> Row<'a> {
        let bytes = |column: &'a BinaryArray| if column.is_valid(row) { column.value(row) } else { &[] };
        Row {
            reason: self.reasons.value(row),
            event_id: self.event_ids.value(row),
            schema_version: u32::try_from(self.versions.value(row)).unwrap_or(0),
            payload: bytes(self.payloads),
            envelope: bytes(self.envelopes),
        }
    }
}

impl Row<'_> {
    /// The event, when it fits, or why not.
    fn judged<'s>(&self, schemas: &'s Schemas) -> Result<Fits<'s>, Reason> {
        let recorded = || Reason::named(self.reason).unwrap_or(Reason::Undecodable);
        // A row without an envelope is no event: nobody knows when and where it happened.
        let envelope = Some(self.envelope).filter(|bytes| !bytes.is_empty()).ok_or_else(recorded)?;
        let mut envelope = Envelope::decode(envelope).map_err(|_| recorded())?;
        let kept = Kept {
            event: &envelope.event,
            schema_version: self.schema_version,
            kind: envelope.payload_kind(),
            payload: self.payload,
        };
        let refit = judge_again(schemas, &kept).map_err(|unfit| match unfit {
            Unfit::Still(violation) => violation.reason,
            Unfit::Final => recorded(),
        })?;
        if envelope.event_id.is_empty() {
            // Its place in the log is its name, in this table and from now on in the other.
            self.event_id.clone_into(&mut envelope.event_id);
        }
        let anonymous_id = envelope.context.as_ref().map_or("", |context| &context.anonymous_id);
        let name = (Timestamp(envelope.received_at_us).day(), Key::of(anonymous_id, &envelope.event_id));
        Ok(Fits { name, envelope, refit })
    }
}

/// Rows on their way into `events`, commit by commit.
struct Adding<'a> {
    again: &'a Again,
    schemas: &'a Arc<Schemas>,
    latecomers: &'a Latecomers,
    columns: EventColumns,
    counts: Counts,
    bytes: usize,
    /// The version of the application's last commit.
    version: i64,
    added: u64,
    refused: u64,
}

impl<'a> Adding<'a> {
    fn new(again: &'a Again, schemas: &'a Arc<Schemas>, latecomers: &'a Latecomers, version: i64) -> Self {
        let (columns, counts) = (EventColumns::new(schemas), Counts::new());
        Self { again, schemas, latecomers, columns, counts, bytes: 0, version, added: 0, refused: 0 }
    }

    fn add(&mut self, fits: Fits<'_>) -> Result<(), JudgeError> {
        let known = fits.refit.envelope(fits.envelope);
        let Refit { model, event, payload, .. } = fits.refit;
        let said = Said::of_envelope(&known);
        let time = self.latecomers.time(&said, time_alone(&self.again.clocks, &said));
        let day = Timestamp(time.us).day();
        let bytes = known.encode_to_vec();
        if self.columns.push_at(time, model, event, &bytes, &payload).is_err() {
            self.refused += 1;
            return Ok(());
        }
        self.bytes += bytes.len() + payload.len();
        *self.counts.entry((known.event, day)).or_default() += 1;
        if self.columns.len() >= ROWS_MAX || self.bytes >= BYTES_MAX { self.commit() } else { Ok(()) }
    }

    fn commit(&mut self) -> Result<(), JudgeError> {
        if self.columns.is_empty() {
            return Ok(());
        }
        let rows = self.columns.len() as u64;
        let (batch, counts) = (self.columns.finish()?, std::mem::take(&mut self.counts));
        let next = self.version.saturating_add(1);
        let append = Append::of_app(vec![batch], Arc::clone(self.schemas.events_schema()), APP_ID, next);
        commits::with_counts(append, &counts).apply_first(&self.again.events)?;
        (self.version, self.bytes) = (next, 0);
        self.added += rows;
        self.again.accounts.replayed.fetch_add(rows, Ordering::Relaxed);
        Ok(())
    }
}

impl Again {
    /// Takes out what the table has. An event keeps its time of receipt, so it can only be among the rows of that day.
    fn forget_known(&self, snapshot: &Snapshot, names: &mut HashSet<Name>) -> Result<(), JudgeError> {
        let days: BTreeSet<i32> = names.iter().map(|(day, _)| *day).collect();
        let (disk, dir) = (self.world.disk.as_ref(), self.events.table.dir());
        for day in days {
            let date = date32_to_datetime(day).map(|time| time.date().to_string());
            for file in snapshot.files().values() {
                if date.is_some() && file.partition_values.values().flatten().all(|value| Some(value) != date.as_ref())
                {
                    continue;
                }
                for batch in read_file(disk, dir, snapshot, file, Some(&["anonymous_id", "event_id"]))? {
                    let batch = batch?;
                    let text = |at: usize| batch.columns().get(at).and_then(|column| column.as_string_opt::<i32>());
                    let (Some(anonymous_ids), Some(event_ids)) = (text(0), text(1)) else {
                        let detail = "an id is not text".to_owned();
                        return Err(JudgeError::ForeignTable { table: EVENTS, detail });
                    };
                    for (anonymous_id, event_id) in anonymous_ids.iter().zip(event_ids) {
                        let key = Key::of(anonymous_id.unwrap_or_default(), event_id.unwrap_or_default());
                        names.remove(&(day, key));
                    }
                }
            }
        }
        Ok(())
    }
}
