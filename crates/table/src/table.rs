//! A table in a folder: opening, creating, following, committing.
//!
//! Commits of one process go one after another (a mutex), those of several processes too (the lease, an advisory lock
//! on a file). What makes a commit safe is neither of them but put-if-absent on the next version's file: a writer that
//! takes no lease can only make us try again.

use std::collections::{BTreeMap, VecDeque};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use arrow::datatypes::{Schema, SchemaRef};
use judi_world::{FileLock, World, put_if_absent};

use crate::actions;
use crate::checkpoint;
use crate::delta_log::{self, Followed, commit_path, log_folder};
use crate::error::TableError;
use crate::invariants::{self, TableViolation};
use crate::names::{table_id, unique_name};
use crate::partition::check_partition_type;
use crate::schema::{canonical_schema, evolved_schema};
use crate::sink::{STATS_COLUMNS, Sink, SinkOptions};
use crate::snapshot::{Replay, Snapshot};
use crate::stats::{NO_STATS_PROPERTY, STATS_PROPERTY, has_bounds};
use crate::transaction::{Decision, Mode, Outcome, Plan, Touched, Transaction, decide};
use crate::wire::Line;

/// The file whose lock is the lease.
const LEASE_FILE: &str = ".judi.lock";

/// How long a commit waits for another process's, which takes a few milliseconds, a checkpoint's time at most.
const LEASE_POLLS_MAX: u32 = 3000;
const LEASE_POLL_INTERVAL: Duration = Duration::from_millis(10);

/// Races for the next version that are lost to writers without a lease before giving up.
const RACES_MAX: u32 = 100;

/// Commits whose touched partitions are remembered; older ones are read again when a transaction is that old.
const TOUCHED_MAX: usize = 256;

/// Commits from one checkpoint to the next: what a new reader replays at most.
const CHECKPOINT_INTERVAL: i64 = 10;

/// Files, live and removed, for which a checkpoint may cost a commit more: a checkpoint writes all of them, so a table that
/// has many gets one more rarely, and commits stay as cheap as they were.
const CHECKPOINT_FILES_PER_COMMIT: usize = 100;

/// How long removed files stay readable through older versions.
const RETENTION: Duration = Duration::from_secs(7 * 86_400);

/// What a new table is.
#[derive(Debug, Clone)]
pub struct TableSpec {
    /// For people and catalogs.
    pub name: String,
    /// All columns, partition columns included; brought into canonical form.
    pub schema: SchemaRef,
    /// In the order of the folders.
    pub partition_columns: Vec<String>,
    /// Kept with the table (`configuration`), under keys like `judi.sort`.
    pub properties: BTreeMap<String, String>,
}

/// How a table is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TableOptions {
    /// Commits from one checkpoint to the next.
    pub checkpoint_interval: i64,
    /// How long removed files stay readable through older versions.
    pub retention: Duration,
}

impl Default for TableOptions {
    fn default() -> Self {
        Self { checkpoint_interval: CHECKPOINT_INTERVAL, retention: RETENTION }
    }
}

/// A handle on one table. Any number of threads may use it; any number of processes may have one.
#[derive(Debug)]
pub struct Table {
    pub(crate) world: World,
    pub(crate) dir: PathBuf,
    pub(crate) options: TableOptions,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    snapshot: Arc<Snapshot>,
    /// What the last commits touched, ascending and without gaps, the last being the snapshot's own.
    touched: VecDeque<Touched>,
}

impl Table {
    /// The table in `dir`; `None` when there is none.
    ///
    /// # Errors
    /// [`TableError::CorruptLog`] and [`TableError::UnsupportedProtocol`] for a log that cannot be understood, else
    /// the disk's.
    pub fn open(world: &World, dir: &Path) -> Result<Option<Self>, TableError> {
        Self::open_with(world, dir, TableOptions::default())
    }

    /// [`Table::open`] with other options.
    ///
    /// # Errors
    /// As [`Table::open`].
    pub fn open_with(world: &World, dir: &Path, options: TableOptions) -> Result<Option<Self>, TableError> {
        let Some(snapshot) = delta_log::load(world.disk.as_ref(), dir, None)? else { return Ok(None) };
        sync_log(world, dir)?;
        let state = Mutex::new(State { snapshot: Arc::new(snapshot), touched: VecDeque::new() });
        Ok(Some(Self { world: world.clone(), dir: dir.to_path_buf(), options, state }))
    }

    /// Makes the table in `dir`, or opens the one that is there, whatever its schema and properties are by now.
    ///
    /// # Errors
    /// [`TableError::UnsupportedType`], [`TableError::UnknownColumn`] for a table that cannot be;
    /// [`TableError::IncompatibleSchema`] when the one that is there is partitioned differently; else as [`Table::open`].
    pub fn create(world: &World, dir: &Path, spec: &TableSpec) -> Result<Self, TableError> {
        Self::create_with(world, dir, spec, TableOptions::default())
    }

    /// [`Table::create`] with other options.
    ///
    /// # Errors
    /// As [`Table::create`].
    pub fn create_with(world: &World, dir: &Path, spec: &TableSpec, options: TableOptions) -> Result<Self, TableError> {
        let table = match Self::open_with(world, dir, options)? {
            Some(table) => table,
            None => Self::put_first_version(world, dir, spec, options)?,
        };
        let snapshot = table.lock().snapshot.clone();
        if snapshot.partition_columns() != spec.partition_columns {
            return Err(TableError::IncompatibleSchema {
                column: spec.partition_columns.join(", "),
                detail: format!("the table is partitioned by {:?}", snapshot.partition_columns()),
            });
        }
        Ok(table)
    }

    fn put_first_version(
        world: &World,
        dir: &Path,
        spec: &TableSpec,
        options: TableOptions,
    ) -> Result<Self, TableError> {
        let schema = canonical_schema(&spec.schema)?;
        for column in &spec.partition_columns {
            let field = schema.field_with_name(column);
            let field = field.map_err(|_| TableError::UnknownColumn { column: column.clone() })?;
            check_partition_type(column, field.data_type())?;
        }
        let folder = log_folder(dir);
        world.disk.create_dir_all(&folder).map_err(TableError::io("create", &folder))?;
        let spec = &TableSpec { properties: with_stats(spec, &schema), ..spec.clone() };
        let lines = actions::creation(spec, &schema, table_id(world)?, now_ms(world));
        let path = commit_path(dir, 0);
        match put_if_absent(world.disk.as_ref(), &path, &actions::to_bytes(&lines)?, &unique_name(world)?) {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => {
                return Err(TableError::io("write", &path)(error));
            }
            // Made by us or, a moment earlier, by another.
            _ => {}
        }
        Self::open_with(world, dir, options)?
            .ok_or_else(|| TableError::MissingVersion { dir: dir.to_path_buf(), version: 0 })
    }

    /// The table's folder.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The newest version. Reads the commits, of whatever process, that came since the last call, and only them.
    ///
    /// # Errors
    /// As [`Table::open`]; the handle stays at the version it had.
    pub fn snapshot(&self) -> Result<Arc<Snapshot>, TableError> {
        let mut state = self.lock();
        self.refresh(&mut state)?;
        Ok(Arc::clone(&state.snapshot))
    }

    /// The newest version that this handle has seen, without a look at the disk.
    #[must_use]
    pub fn known_version(&self) -> i64 {
        self.lock().snapshot.version
    }

    /// The table as it was at `version`.
    ///
    /// # Errors
    /// [`TableError::MissingVersion`] when the log has no such version, else as [`Table::open`].
    pub fn snapshot_at(&self, version: i64) -> Result<Arc<Snapshot>, TableError> {
        {
            let state = self.lock();
            if state.snapshot.version == version {
                return Ok(Arc::clone(&state.snapshot));
            }
        }
        delta_log::load(self.world.disk.as_ref(), &self.dir, Some(version))?
            .map(Arc::new)
            .ok_or_else(|| TableError::MissingVersion { dir: self.dir.clone(), version })
    }

    /// A sink for rows of `schema`, which may have columns that the table will only get with their commit.
    ///
    /// # Errors
    /// As [`Sink::new`].
    pub fn sink(&self, schema: &Schema, options: SinkOptions) -> Result<Sink, TableError> {
        let snapshot = self.lock().snapshot.clone();
        Sink::new(&self.world, &self.dir, schema, snapshot.partition_columns(), options)
    }

    /// Applies `transaction` to the newest version. Once this returns [`Outcome::Committed`], it survives a crash.
    ///
    /// Losing a race for a version is not seen here: the transaction is decided again on what the other wrote. After
    /// an error the commit may or may not be in the table; give each transaction a txn, and ask again.
    ///
    /// # Errors
    /// [`TableError::MissingFile`] when a file to add is gone: write it again. [`TableError::IncompatibleSchema`] when
    /// the transaction's schema changes a type. [`TableError::LeaseHeld`], [`TableError::Raced`], else the disk's.
    pub fn commit(&self, transaction: &Transaction) -> Result<Outcome, TableError> {
        let mut state = self.lock();
        let _lease = self.lease()?;
        for add in &transaction.adds {
            let path = self.dir.join(&add.path);
            if !self.world.disk.exists(&path).map_err(TableError::io("look for", &path))? {
                return Err(TableError::MissingFile { path });
            }
        }
        for _ in 0..RACES_MAX {
            self.refresh(&mut state)?;
            let current = Arc::clone(&state.snapshot);
            let schema = match &transaction.schema {
                Some(wanted) => evolved_schema(&current.schema, canonical_schema(wanted)?.as_ref())?,
                None => Arc::clone(&current.schema),
            };
            let since = self.touched_since(&state, transaction)?;
            let plan = match decide(&current, &since, transaction, schema != current.schema) {
                Decision::Write(plan) => plan,
                Decision::Nothing(outcome) => return Ok(outcome),
            };
            self.link_files(&plan)?;
            let lines = actions::commit(&current, &plan, transaction, &schema, now_ms(&self.world));
            if self.put(&mut state, lines)? {
                let version = state.snapshot.version;
                debug_assert_eq!(check_commit(&current, &plan, transaction, &state.snapshot), Ok(()));
                self.checkpoint_if_due(&state.snapshot);
                return Ok(Outcome::Committed { version });
            }
        }
        Err(TableError::Raced { dir: self.dir.clone(), attempts: RACES_MAX })
    }

    /// Writes the next version; `false` when somebody else just did.
    fn put(&self, state: &mut State, lines: Vec<Line>) -> Result<bool, TableError> {
        let version = state.snapshot.version + 1;
        let path = commit_path(&self.dir, version);
        let bytes = actions::to_bytes(&lines)?;
        match put_if_absent(self.world.disk.as_ref(), &path, &bytes, &unique_name(&self.world)?) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => return Ok(false),
            other => other.map_err(TableError::io("write", &path))?,
        }
        let touched = Touched::of(version, &lines);
        let mut replay = Replay::from_snapshot(&state.snapshot);
        for line in lines {
            replay.apply(line).map_err(|detail| TableError::Internal { detail })?;
        }
        replay.set_version(version);
        state.snapshot = Arc::new(replay.finish(&self.dir, &path)?);
        remember(&mut state.touched, touched);
        Ok(true)
    }

    fn refresh(&self, state: &mut State) -> Result<(), TableError> {
        let mut touched = Vec::new();
        let followed = delta_log::follow(self.world.disk.as_ref(), &self.dir, &state.snapshot, |version, lines| {
            touched.push(Touched::of(version, lines));
        })?;
        let newer = match followed {
            Followed::Nothing => return Ok(()),
            Followed::Commits(newer) => newer,
            Followed::Anew(newer) => {
                state.touched.clear();
                newer
            }
        };
        sync_log(&self.world, &self.dir)?;
        state.snapshot = Arc::new(newer);
        for commit in touched {
            remember(&mut state.touched, commit);
        }
        Ok(())
    }

    /// What was touched after the version that the transaction was decided on. Only a replacement asks.
    fn touched_since(&self, state: &State, transaction: &Transaction) -> Result<Vec<Touched>, TableError> {
        if !matches!(transaction.mode, Mode::ReplacePartitions(_)) {
            return Ok(Vec::new());
        }
        let current = state.snapshot.version;
        if transaction.read_version > current {
            return Err(TableError::MissingVersion { dir: self.dir.clone(), version: transaction.read_version });
        }
        let known_from = state.touched.front().map_or(current + 1, |commit| commit.version);
        let mut since = Vec::new();
        for version in transaction.read_version + 1..known_from.min(current + 1) {
            since.push(match delta_log::read_commit(self.world.disk.as_ref(), &self.dir, version)? {
                Some(lines) => Touched::of(version, &lines),
                // Cleaned away since: whatever it did, the transaction is too old to tell.
                None => Touched { version, partitions: None },
            });
        }
        since.extend(state.touched.iter().filter(|commit| commit.version > transaction.read_version).cloned());
        Ok(since)
    }

    fn link_files(&self, plan: &Plan) -> Result<(), TableError> {
        for (written, name) in &plan.links {
            let (from, to) = (self.dir.join(written), self.dir.join(name));
            match self.world.disk.hard_link(&from, &to) {
                // The name tells the content, so what has it is this file, left by a commit that did not come to be.
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                other => other.map_err(TableError::io("link", &to))?,
            }
            let folder = to.parent().unwrap_or(&self.dir);
            self.world.disk.sync_dir(folder).map_err(TableError::io("sync", folder))?;
        }
        Ok(())
    }

    /// A checkpoint saves readers time; that it cannot be written is no reason to fail what is committed.
    fn checkpoint_if_due(&self, snapshot: &Snapshot) {
        let interval = self.options.checkpoint_interval.max(1);
        let files = snapshot.files.len() + snapshot.tombstones.len();
        let costly = i64::try_from(files / CHECKPOINT_FILES_PER_COMMIT).unwrap_or(i64::MAX);
        // A multiple of the interval, so that what a reader replays is the interval for all but large tables.
        if snapshot.version % (costly / interval).max(1).saturating_mul(interval) != 0 {
            return;
        }
        if let Err(error) = self.write_checkpoint(snapshot) {
            tracing::warn!(%error, version = snapshot.version, "no checkpoint");
        }
    }

    /// Writes a checkpoint of `snapshot`, which readers start from instead of replaying the log.
    ///
    /// # Errors
    /// The disk's; the table is none the worse.
    pub fn write_checkpoint(&self, snapshot: &Snapshot) -> Result<(), TableError> {
        let retention_ms = i64::try_from(self.options.retention.as_millis()).unwrap_or(i64::MAX);
        checkpoint::write(
            self.world.disk.as_ref(),
            &self.dir,
            snapshot,
            now_ms(&self.world).saturating_sub(retention_ms),
        )
    }

    /// Calls `act` with the newest version while nobody commits.
    pub(crate) fn with_newest<T>(&self, act: impl FnOnce(&Snapshot) -> Result<T, TableError>) -> Result<T, TableError> {
        let mut state = self.lock();
        let _lease = self.lease()?;
        self.refresh(&mut state)?;
        act(&state.snapshot)
    }

    /// Forgets files that left the table before `expired_ms`, of which nothing is left on disk: a handle that lives for
    /// months must not remember them all.
    pub(crate) fn forget_removed(&self, expired_ms: i64) {
        let mut state = self.lock();
        if state.snapshot.tombstones.values().any(|tombstone| tombstone.deletion_timestamp_ms <= expired_ms) {
            state.snapshot = Arc::new(state.snapshot.forgetting(expired_ms));
        }
    }

    /// Waits for the lease and takes it.
    fn lease(&self) -> Result<Box<dyn FileLock>, TableError> {
        let path = self.dir.join(LEASE_FILE);
        for _ in 0..LEASE_POLLS_MAX {
            if let Some(lease) = self.world.disk.try_lock(&path).map_err(TableError::io("lock", &path))? {
                return Ok(lease);
            }
            std::thread::sleep(LEASE_POLL_INTERVAL);
        }
        let waited = LEASE_POLL_INTERVAL * LEASE_POLLS_MAX;
        let waited_ms = u64::try_from(waited.as_millis()).unwrap_or(u64::MAX);
        Err(TableError::LeaseHeld { dir: self.dir.clone(), waited_ms })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // A thread that panicked in here left a snapshot that is whole: it is replaced in one assignment.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What must hold of the version that a commit has just made.
fn check_commit(
    before: &Snapshot,
    plan: &Plan,
    transaction: &Transaction,
    now: &Snapshot,
) -> Result<(), TableViolation> {
    let paths = |snapshot: &'_ Snapshot| snapshot.files.keys().cloned().collect::<Vec<_>>();
    let (old, new) = (paths(before), paths(now));
    let (old, new) = (old.iter().map(String::as_str), new.iter().map(String::as_str));
    let (removed, added) = (plan.removes.iter().map(String::as_str), plan.adds.iter().map(|add| add.path.as_str()));
    invariants::commit_is_whole(now.version, old, removed, added, new)?;
    invariants::columns_only_grow(&before.schema, &now.schema)?;
    let committed = transaction.txns.iter().map(|(app_id, version)| (app_id.as_str(), *version));
    invariants::commit_has_its_offsets(committed, |app_id| now.txn(app_id))
}

/// Makes durable what was just read. A writer that died, or failed, between giving a commit its name and syncing the
/// folder left a version that can be read and could still be lost; who builds on what he read must not lose it.
fn sync_log(world: &World, dir: &Path) -> Result<(), TableError> {
    let folder = log_folder(dir);
    world.disk.sync_dir(&folder).map_err(TableError::io("sync", &folder))
}

fn remember(touched: &mut VecDeque<Touched>, commit: Touched) {
    touched.push_back(commit);
    if touched.len() > TOUCHED_MAX {
        touched.pop_front();
    }
}

/// The wall clock in milliseconds since 1970, the unit of Delta's log.
pub(crate) fn now_ms(world: &World) -> i64 {
    world.clock.now().0.div_euclid(1000)
}

/// The properties, which say of what there are statistics: where the spec does not, of what a sink writes by itself.
fn with_stats(spec: &TableSpec, schema: &Schema) -> BTreeMap<String, String> {
    let mut properties = spec.properties.clone();
    if !properties.contains_key(STATS_PROPERTY) {
        let stored = schema.fields().iter().filter(|field| !spec.partition_columns.contains(field.name()));
        let columns: Vec<&str> = stored
            .filter(|field| has_bounds(field.data_type()))
            .map(|field| field.name().as_str())
            .take(STATS_COLUMNS)
            .collect();
        match columns.as_slice() {
            [] => properties.insert(NO_STATS_PROPERTY.to_owned(), "0".to_owned()),
            columns => properties.insert(STATS_PROPERTY.to_owned(), columns.join(",")),
        };
    }
    properties
}

#[cfg(test)]
mod tests;
