//! The registry as a whole: a state that readers share, and one writer that changes it durably.

mod publish;
mod register;
mod remove;

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use judi_schema::schemas::Schemas;
use judi_world::Disk;

use crate::refusal::{Refusal, RegistryError};
use crate::schema::Schema;
use crate::settings::{Level, Mode};
use crate::state::{Change, State};
use crate::store::Store;

pub(crate) use register::{Registered, Registration};

/// How many subjects there may be, with or without versions left.
const SUBJECTS_MAX: usize = 20_000;
/// How many schemas.
const SCHEMAS_MAX: usize = 20_000;
/// How many versions over all subjects.
const VERSIONS_MAX: usize = 100_000;
/// How many bytes all texts may have: they are held in memory.
const TEXT_BYTES_MAX: usize = 256 << 20;
/// How many subjects may have a level or a mode of their own.
const SETTINGS_MAX: usize = 20_000;

/// A schema registry. Clones share it.
#[derive(Debug, Clone)]
pub struct Registry {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    state: RwLock<Arc<State>>,
    writer: Mutex<Writer>,
    /// Whether published versions wait for the disk.
    waiting: AtomicBool,
}

/// Whoever holds it is the only one that changes the state.
#[derive(Debug)]
struct Writer {
    store: Store,
    /// What is to be published as soon as the disk takes it.
    waiting: Option<Arc<Schemas>>,
}

impl Registry {
    /// Opens the registry in the folder `dir`, made when missing, and shows the versions of `schemas` in it.
    ///
    /// A disk that has no room for them does not keep the registry from being opened: it goes on without those
    /// versions, and takes them with the first request that finds room.
    ///
    /// # Errors
    /// [`RegistryError`]: another process has it open, its files have changed, they are of other data, or the
    /// folder cannot be read.
    pub fn open(disk: Arc<dyn Disk>, dir: &Path, schemas: Arc<Schemas>) -> Result<Self, RegistryError> {
        let (store, state) = Store::open(disk, dir)?;
        let writer = Mutex::new(Writer { store, waiting: None });
        let state = RwLock::new(Arc::new(state));
        let registry = Self { inner: Arc::new(Inner { state, writer, waiting: AtomicBool::new(false) }) };
        match registry.set_schemas(schemas) {
            Err(error) if error.retry() => {
                tracing::warn!(%error, "the registry cannot take the published versions yet");
                Ok(registry)
            }
            other => other.map(|()| registry),
        }
    }

    /// Shows the versions of `schemas`, as after a publication. Those that are shown already stay as they are.
    ///
    /// # Errors
    /// [`RegistryError::ForeignVersion`]: nothing has changed. The disk's own:
    /// it is tried again with every request.
    pub fn set_schemas(&self, schemas: Arc<Schemas>) -> Result<(), RegistryError> {
        self.publish(&mut self.writer(), schemas)
    }

    /// What is known at this moment. It does not change under the reader.
    pub(crate) fn state(&self) -> Arc<State> {
        if self.inner.waiting.load(Ordering::Acquire) {
            self.publish_waiting();
        }
        Arc::clone(&self.inner.state.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Sets or takes back a level; no subject: the registry's own.
    pub(crate) fn set_level(&self, subject: Option<&str>, level: Option<Level>) -> Result<(), Refusal> {
        let mut writer = self.writer();
        let state = self.state_now();
        writable(&state, subject)?;
        settings_fit(&state, level.is_some())?;
        self.commit(&mut writer, &state, &[], &[Change::Level { subject: subject.map(str::to_owned), level }])
    }

    /// Sets or takes back a mode; no subject: the registry's own. `force`: even where IMPORT finds schemas.
    pub(crate) fn set_mode(&self, subject: Option<&str>, mode: Option<Mode>, force: bool) -> Result<(), Refusal> {
        let mut writer = self.writer();
        let state = self.state_now();
        if let Some(subject) = subject.filter(|subject| state.is_own(subject)) {
            return Err(own(subject));
        }
        if mode == Some(Mode::ReadonlyOverride) && subject.is_some() {
            return Err(Refusal::InvalidMode {
                detail: "READONLY_OVERRIDE of a subject: it is of the whole".to_owned(),
            });
        }
        if mode == Some(Mode::Import) && !force {
            let of_others = state.subjects().filter(|name| !state.is_own(name));
            let found = of_others.filter(|name| subject.is_none_or(|subject| subject == *name)).count();
            if found > 0 {
                let detail = "Cannot import since found existing subjects; force=true goes on all the same".to_owned();
                return Err(Refusal::NotPermitted { detail });
            }
        }
        settings_fit(&state, mode.is_some())?;
        self.commit(&mut writer, &state, &[], &[Change::Mode { subject: subject.map(str::to_owned), mode }])
    }

    fn writer(&self) -> MutexGuard<'_, Writer> {
        // A writer that panicked has left the state as it was: changes are applied after they are durable.
        self.inner.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The state, for who holds the writer.
    fn state_now(&self) -> Arc<State> {
        Arc::clone(&self.inner.state.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Makes changes durable and then seen.
    fn commit(
        &self,
        writer: &mut Writer,
        state: &Arc<State>,
        schemas: &[Arc<Schema>],
        changes: &[Change],
    ) -> Result<(), Refusal> {
        let next = applied(state, schemas, changes).map_err(|detail| Refusal::Store { detail })?;
        writer.store.commit(schemas, changes)?;
        self.show(next);
        Ok(())
    }

    fn show(&self, state: State) {
        *self.inner.state.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(state);
    }
}

/// The state behind changes.
fn applied(state: &State, schemas: &[Arc<Schema>], changes: &[Change]) -> Result<State, String> {
    let mut next = state.clone();
    for change in changes {
        let schema = match change {
            Change::Schema { id, .. } => schemas.iter().find(|schema| schema.id == *id).cloned(),
            _ => None,
        };
        next.apply(change, schema)?;
    }
    Ok(next)
}

/// Refuses to change what may only be read.
fn writable(state: &State, subject: Option<&str>) -> Result<(), Refusal> {
    let mode = match subject {
        Some(subject) if state.is_own(subject) => return Err(own(subject)),
        Some(subject) => state.mode_in_force(subject),
        None => state.mode(None).unwrap_or_default(),
    };
    if mode.is_read_only() {
        let what = subject.map_or_else(|| "The registry".to_owned(), |subject| format!("Subject {subject}"));
        return Err(Refusal::NotPermitted { detail: format!("{what} is in read-only mode") });
    }
    Ok(())
}

fn own(subject: &str) -> Refusal {
    Refusal::NotPermitted {
        detail: format!(
            "Subject {subject} is the project's own and read-only here: change the files in its schema folder, and \
             publish them with `judi schema publish`"
        ),
    }
}

fn settings_fit(state: &State, grows: bool) -> Result<(), Refusal> {
    if grows && state.counts().settings >= SETTINGS_MAX {
        return Err(Refusal::Full { what: "levels and modes of subjects", max: SETTINGS_MAX });
    }
    Ok(())
}
