//! What the registry knows, and the changes that bring it from one state to the next. Pure: no disk, no clock.
//!
//! The index on disk is the list of all changes; replaying it gives the state again.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::schema::{Hash, Reference, Schema};
use crate::settings::{Level, Mode};

/// The first id that the registry gives. Below are the numbers of the project's schema versions, which records of
/// the event log carry as their schema ids.
pub(crate) const FIRST_ID: u32 = 1_000_001;

/// The topic of events, whose schema ids are the project's version numbers.
pub(crate) const EVENTS_SUBJECT: &str = "events-value";
/// The topic of events that did not fit.
pub(crate) const QUARANTINE_SUBJECT: &str = "quarantine-value";

/// One step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Change {
    /// A schema got an id.
    Schema {
        id: u32,
        content: Hash,
        identity: Hash,
    },
    /// A subject got a version.
    Version {
        subject: String,
        version: u32,
        id: u32,
    },
    /// A version was hidden; what refers to it by id still finds it.
    SoftDeleted {
        subject: String,
        version: u32,
    },
    /// A version is gone.
    Deleted {
        subject: String,
        version: u32,
    },
    /// A level was set or taken back; no subject: the registry's own.
    Level {
        subject: Option<String>,
        level: Option<Level>,
    },
    /// A mode was set or taken back; no subject: the registry's own.
    Mode {
        subject: Option<String>,
        mode: Option<Mode>,
    },
    /// A version of the project's schema is here as a whole.
    Published {
        version: u32,
        fingerprint: String,
    },
    /// Ids below this one are taken, or were; and the number that a subject's next version has.
    Ids {
        next: u32,
    },
    NextVersion {
        subject: String,
        next: u32,
    },
}

/// Everything that is known.
#[derive(Debug, Clone)]
pub(crate) struct State {
    schemas: BTreeMap<u32, Arc<Schema>>,
    by_identity: HashMap<Hash, u32>,
    by_content: HashMap<Hash, u32>,
    subjects: BTreeMap<String, Subject>,
    levels: BTreeMap<Option<String>, Level>,
    modes: BTreeMap<Option<String>, Mode>,
    published: BTreeMap<u32, String>,
    next_id: u32,
    /// How many versions use an id, over all subjects.
    uses: HashMap<u32, u32>,
    /// The subjects of the project's own files. Not on disk: the project says it.
    pub(crate) own: Arc<BTreeSet<String>>,
}

#[derive(Debug, Clone, Default)]
struct Subject {
    versions: BTreeMap<u32, Version>,
    next: u32,
}

/// A version of a subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Version {
    pub(crate) id: u32,
    pub(crate) deleted: bool,
}

impl Default for State {
    fn default() -> Self {
        Self {
            schemas: BTreeMap::new(),
            by_identity: HashMap::new(),
            by_content: HashMap::new(),
            subjects: BTreeMap::new(),
            levels: BTreeMap::new(),
            modes: BTreeMap::new(),
            published: BTreeMap::new(),
            next_id: FIRST_ID,
            uses: HashMap::new(),
            own: Arc::default(),
        }
    }
}

impl State {
    /// Applies a change. `schema` gives the schema of a [`Change::Schema`].
    ///
    /// # Errors
    /// What is wrong with the change: it does not follow from this state.
    pub(crate) fn apply(&mut self, change: &Change, schema: Option<Arc<Schema>>) -> Result<(), String> {
        match change {
            Change::Schema { id, identity, content } => {
                let schema = schema.ok_or_else(|| format!("the schema {id} is not there"))?;
                self.next_id = self.next_id.max(id.saturating_add(1));
                if let Some(before) = self.schemas.remove(id) {
                    self.forget(&before);
                }
                self.by_identity.insert(*identity, *id);
                self.by_content.insert(*content, *id);
                self.schemas.insert(*id, schema);
            }
            Change::Version { subject, version, id } => {
                if !self.schemas.contains_key(id) {
                    return Err(format!("{subject} version {version} has the schema {id}, which is not there"));
                }
                let subject = self.subjects.entry(subject.clone()).or_default();
                subject.next = subject.next.max(version.saturating_add(1));
                *self.uses.entry(*id).or_default() += 1;
                if let Some(before) = subject.versions.insert(*version, Version { id: *id, deleted: false }) {
                    self.released(before.id);
                }
            }
            Change::SoftDeleted { subject, version } => {
                let found = self.subjects.get_mut(subject).and_then(|subject| subject.versions.get_mut(version));
                found.ok_or_else(|| format!("{subject} version {version} is not there"))?.deleted = true;
            }
            Change::Deleted { subject, version } => self.delete(subject, *version)?,
            Change::Level { subject, level } => set(&mut self.levels, subject, *level),
            Change::Mode { subject, mode } => set(&mut self.modes, subject, *mode),
            Change::Published { version, fingerprint } => {
                self.published.insert(*version, fingerprint.clone());
            }
            Change::Ids { next } => self.next_id = self.next_id.max(*next),
            Change::NextVersion { subject, next } => {
                let subject = self.subjects.entry(subject.clone()).or_default();
                subject.next = subject.next.max(*next);
            }
        }
        Ok(())
    }

    fn delete(&mut self, name: &str, version: u32) -> Result<(), String> {
        let missing = || format!("{name} version {version} is not there");
        let subject = self.subjects.get_mut(name).ok_or_else(missing)?;
        let gone = subject.versions.remove(&version).ok_or_else(missing)?;
        if subject.versions.is_empty() {
            // As if it had never been: it begins with version 1 again.
            self.subjects.remove(name);
        }
        self.released(gone.id);
        Ok(())
    }

    /// A version that used the id is gone; with its last one the schema is, too.
    fn released(&mut self, id: u32) {
        let uses = self.uses.entry(id).or_default();
        *uses = uses.saturating_sub(1);
        if *uses > 0 {
            return;
        }
        self.uses.remove(&id);
        if let Some(schema) = self.schemas.remove(&id) {
            self.forget(&schema);
        }
    }

    /// A schema is not found by its hashes any more, unless another has them.
    fn forget(&mut self, schema: &Schema) {
        if self.by_identity.get(&schema.identity) == Some(&schema.id) {
            self.by_identity.remove(&schema.identity);
        }
        if self.by_content.get(&schema.content) == Some(&schema.id) {
            self.by_content.remove(&schema.content);
        }
    }

    /// The shortest list of changes that gives this state.
    pub(crate) fn as_changes(&self) -> Vec<Change> {
        let mut changes = vec![Change::Ids { next: self.next_id }];
        for schema in self.schemas.values() {
            changes.push(Change::Schema { id: schema.id, content: schema.content, identity: schema.identity });
        }
        for (name, subject) in &self.subjects {
            changes.push(Change::NextVersion { subject: name.clone(), next: subject.next });
            for (version, found) in &subject.versions {
                changes.push(Change::Version { subject: name.clone(), version: *version, id: found.id });
                if found.deleted {
                    changes.push(Change::SoftDeleted { subject: name.clone(), version: *version });
                }
            }
        }
        let levels = self.levels.iter().map(|(subject, level)| (subject.clone(), Some(*level)));
        changes.extend(levels.map(|(subject, level)| Change::Level { subject, level }));
        let modes = self.modes.iter().map(|(subject, mode)| (subject.clone(), Some(*mode)));
        changes.extend(modes.map(|(subject, mode)| Change::Mode { subject, mode }));
        let published = self.published.iter().map(|(version, fingerprint)| (*version, fingerprint.clone()));
        changes.extend(published.map(|(version, fingerprint)| Change::Published { version, fingerprint }));
        changes
    }

    pub(crate) fn schema(&self, id: u32) -> Option<&Arc<Schema>> {
        self.schemas.get(&id)
    }

    pub(crate) fn schemas(&self) -> impl Iterator<Item = &Arc<Schema>> {
        self.schemas.values()
    }

    pub(crate) fn by_identity(&self, identity: Hash) -> Option<&Arc<Schema>> {
        self.schema(*self.by_identity.get(&identity)?)
    }

    pub(crate) fn by_content(&self, content: Hash) -> Option<&Arc<Schema>> {
        self.schema(*self.by_content.get(&content)?)
    }

    /// The next id that was never given.
    pub(crate) const fn next_id(&self) -> u32 {
        self.next_id
    }

    /// The number of a subject's next version; numbers are not used again.
    pub(crate) fn next_version(&self, subject: &str) -> u32 {
        self.subjects.get(subject).map_or(1, |subject| subject.next.max(1))
    }

    /// All subjects, those of which only hidden versions are left included.
    pub(crate) fn subjects(&self) -> impl Iterator<Item = &str> {
        self.subjects.keys().map(String::as_str)
    }

    /// All versions of a subject, hidden ones included, oldest first; none: there is no such subject.
    pub(crate) fn versions(&self, subject: &str) -> impl DoubleEndedIterator<Item = (u32, Version)> + '_ {
        let versions = self.subjects.get(subject).map(|subject| subject.versions.iter());
        versions.into_iter().flatten().map(|(number, version)| (*number, *version))
    }

    pub(crate) fn version(&self, subject: &str, number: u32) -> Option<Version> {
        self.subjects.get(subject)?.versions.get(&number).copied()
    }

    /// The version of `subject` that has this identity, the newest first; hidden ones only when they are asked for.
    pub(crate) fn find(&self, subject: &str, identity: Hash, deleted: bool) -> Option<(u32, &Arc<Schema>)> {
        let schemas = self.versions(subject).rev().filter(|(_, version)| deleted || !version.deleted);
        schemas
            .filter_map(|(number, version)| Some((number, self.schema(version.id)?)))
            .find(|(_, schema)| schema.identity == identity)
    }

    /// The ids of the schemas that import a version of a subject; those of hidden versions when they are asked for.
    pub(crate) fn referenced_by(&self, subject: &str, version: u32, deleted: bool) -> Vec<u32> {
        let ids: BTreeSet<u32> = self
            .subjects
            .values()
            .flat_map(|subject| subject.versions.values())
            .filter(|version| deleted || !version.deleted)
            .map(|version| version.id)
            .collect();
        let refers = |reference: &Reference| reference.subject == subject && reference.version == version;
        let schemas = ids.into_iter().filter_map(|id| self.schema(id));
        schemas.filter(|schema| schema.references.iter().any(refers)).map(|schema| schema.id).collect()
    }

    /// The level that a subject was given; of the registry itself for `None`.
    pub(crate) fn level(&self, subject: Option<&str>) -> Option<Level> {
        self.levels.get(&subject.map(str::to_owned)).copied()
    }

    /// The level that counts for a subject.
    pub(crate) fn level_in_force(&self, subject: &str) -> Level {
        self.level(Some(subject)).or_else(|| self.level(None)).unwrap_or_default()
    }

    /// The mode that a subject was given; of the registry itself for `None`.
    pub(crate) fn mode(&self, subject: Option<&str>) -> Option<Mode> {
        self.modes.get(&subject.map(str::to_owned)).copied()
    }

    /// The mode that counts for a subject.
    pub(crate) fn mode_in_force(&self, subject: &str) -> Mode {
        if self.is_own(subject) {
            return Mode::Readonly;
        }
        match self.mode(None) {
            Some(Mode::ReadonlyOverride) => Mode::ReadonlyOverride,
            global => self.mode(Some(subject)).or(global).unwrap_or_default(),
        }
    }

    /// Whether a subject is the project's own, which is changed by publishing and not over HTTP.
    pub(crate) fn is_own(&self, subject: &str) -> bool {
        matches!(subject, EVENTS_SUBJECT | QUARANTINE_SUBJECT)
            || subject.starts_with("judi/")
            || self.own.contains(subject)
    }

    /// The fingerprint of a version of the project's schema that is here.
    pub(crate) fn published(&self, version: u32) -> Option<&str> {
        self.published.get(&version).map(String::as_str)
    }

    /// How many subjects, versions and schemas there are, and the bytes of all texts.
    pub(crate) fn counts(&self) -> Counts {
        Counts {
            subjects: self.subjects.len(),
            versions: self.subjects.values().map(|subject| subject.versions.len()).sum(),
            schemas: self.schemas.len(),
            bytes: self.schemas.values().map(|schema| schema.text.len()).sum(),
            settings: self.levels.len() + self.modes.len(),
        }
    }
}

/// What is bounded.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Counts {
    pub(crate) subjects: usize,
    pub(crate) versions: usize,
    pub(crate) schemas: usize,
    pub(crate) bytes: usize,
    pub(crate) settings: usize,
}

fn set<T>(settings: &mut BTreeMap<Option<String>, T>, subject: &Option<String>, value: Option<T>) {
    match value {
        Some(value) => {
            settings.insert(subject.clone(), value);
        }
        None => {
            settings.remove(subject);
        }
    }
}

#[cfg(test)]
mod tests;
