//! Registering a schema in a subject, and asking whether one would fit.

use std::sync::Arc;

use super::{Registry, SCHEMAS_MAX, SUBJECTS_MAX, TEXT_BYTES_MAX, VERSIONS_MAX, own};
use crate::compat::differences;
use crate::refusal::Refusal;
use crate::schema::{Reference, Schema, content_hash};
use crate::settings::{Level, Mode};
use crate::state::{Change, FIRST_ID, State};
use crate::text::{self, Parsed};

/// How many differences an answer lists: a schema that shares nothing with another differs in every line.
const DIFFERENCES_MAX: usize = 50;

/// What a client asks to be registered.
#[derive(Debug, Clone, Default)]
pub(crate) struct Registration {
    pub(crate) text: String,
    pub(crate) references: Vec<Reference>,
    /// The id that it has elsewhere; only in mode IMPORT.
    pub(crate) id: Option<u32>,
    /// The version that it has elsewhere; only in mode IMPORT.
    pub(crate) version: Option<u32>,
    pub(crate) normalize: bool,
}

/// What is registered.
#[derive(Debug, Clone)]
pub(crate) struct Registered {
    pub(crate) version: u32,
    pub(crate) schema: Arc<Schema>,
}

impl Registry {
    /// Registers a schema in a subject. One that is there already is found, and nothing changes.
    pub(crate) fn register(&self, subject: &str, asked: &Registration) -> Result<Registered, Refusal> {
        // Compiled outside of the lock; what it refers to can't change, and is looked at again inside.
        let state = self.state();
        if let Some(found) = find(&state, subject, asked, false)? {
            return same_id(subject, asked, found);
        }
        if state.is_own(subject) {
            return Err(own(subject));
        }
        let parsed = text::parse(&state, &asked.text, asked.references.clone(), asked.normalize)?;

        let mut writer = self.writer();
        let state = self.state_now();
        if let Some((version, schema)) = state.find(subject, parsed.identity, false) {
            return same_id(subject, asked, Registered { version, schema: Arc::clone(schema) });
        }
        for reference in &parsed.references {
            if state.version(&reference.subject, reference.version).is_none_or(|version| version.deleted) {
                let detail = format!("version {} of {} is gone", reference.version, reference.subject);
                return Err(Refusal::InvalidSchema { detail });
            }
        }
        may_register(&state, subject, asked)?;
        fits(&state, subject, &parsed)?;
        if state.mode_in_force(subject) != Mode::Import {
            let messages = self.incompatibilities(&state, subject, &parsed, None)?;
            if !messages.is_empty() {
                let level = state.level_in_force(subject).to_string();
                return Err(Refusal::Incompatible { subject: subject.to_owned(), level, messages });
            }
        }
        let registered = place(&state, subject, asked, parsed)?;
        let Registered { version, schema } = &registered;
        let mut changes = Vec::new();
        let mut schemas = Vec::new();
        if state.schema(schema.id).is_none() {
            changes.push(Change::Schema { id: schema.id, content: schema.content, identity: schema.identity });
            schemas.push(Arc::clone(schema));
        }
        changes.push(Change::Version { subject: subject.to_owned(), version: *version, id: schema.id });
        self.commit(&mut writer, &state, &schemas, &changes)?;
        Ok(registered)
    }

    /// The version of a subject that has this schema.
    pub(crate) fn lookup(&self, subject: &str, asked: &Registration, deleted: bool) -> Result<Registered, Refusal> {
        let state = self.state();
        let no_subject = || Refusal::NoSubject { subject: subject.to_owned() };
        if state.versions(subject).all(|(_, version)| version.deleted && !deleted) {
            return Err(no_subject());
        }
        let found = find(&state, subject, asked, deleted)?;
        found.ok_or_else(|| Refusal::NoSchema { what: format!("it is not registered in subject '{subject}'") })
    }

    /// Why a schema would not fit a subject; `against`: compared with this version alone.
    pub(crate) fn would_fit(
        &self,
        subject: &str,
        asked: &Registration,
        against: Option<u32>,
    ) -> Result<Vec<String>, Refusal> {
        let state = self.state();
        let parsed = text::parse(&state, &asked.text, asked.references.clone(), asked.normalize)?;
        self.incompatibilities(&state, subject, &parsed, against)
    }

    fn incompatibilities(
        &self,
        state: &State,
        subject: &str,
        parsed: &Parsed,
        against: Option<u32>,
    ) -> Result<Vec<String>, Refusal> {
        let level = state.level_in_force(subject);
        if level == Level::None {
            return Ok(Vec::new());
        }
        let shown = state.versions(subject).rev().filter(|(_, version)| !version.deleted);
        let compared: Vec<_> = match against {
            Some(number) => shown.filter(|(shown, _)| *shown == number).collect(),
            None => shown.take(if level.is_transitive() { usize::MAX } else { 1 }).collect(),
        };
        let mut messages = Vec::new();
        if compared.is_empty() {
            return Ok(messages);
        }
        let new = Schema::new(0, parsed.identity, parsed.text.clone(), parsed.references.clone());
        let new_file = text::compiled(state, &new)?;
        for (number, version) in compared {
            let Some(old) = state.schema(version.id).filter(|old| old.identity != parsed.identity) else { continue };
            let old_file = text::compiled(state, old)?;
            let mut compare = |asked: bool, direction: &str, (writer, reader)| {
                if asked {
                    let found = differences(writer, reader).into_iter().filter(|found| !found.kind.is_compatible());
                    messages.extend(found.map(|found| format!("{direction} with version {number}: {found}")));
                }
            };
            compare(level.is_backward(), "BACKWARD", (&old_file, &new_file));
            compare(level.is_forward(), "FORWARD", (&new_file, &old_file));
            if messages.len() > DIFFERENCES_MAX {
                messages.truncate(DIFFERENCES_MAX);
                messages.push("and more".to_owned());
                break;
            }
        }
        Ok(messages)
    }
}

/// The version that has this schema: by its bytes where they are known, which needs no compiler.
fn find(state: &State, subject: &str, asked: &Registration, deleted: bool) -> Result<Option<Registered>, Refusal> {
    let found = |identity| {
        let (version, schema) = state.find(subject, identity, deleted)?;
        Some(Registered { version, schema: Arc::clone(schema) })
    };
    if let Some(known) = state.by_content(content_hash(&asked.text, &asked.references)) {
        return Ok(found(known.identity));
    }
    if state.versions(subject).next().is_none() {
        return Ok(None);
    }
    let parsed = text::parse(state, &asked.text, asked.references.clone(), asked.normalize)?;
    Ok(found(parsed.identity))
}

/// Somebody who names an id has to mean the one that is there.
fn same_id(subject: &str, asked: &Registration, found: Registered) -> Result<Registered, Refusal> {
    match asked.id {
        Some(asked) if asked != found.schema.id => {
            Err(Refusal::OtherId { subject: subject.to_owned(), id: found.schema.id, asked })
        }
        _ => Ok(found),
    }
}

fn may_register(state: &State, subject: &str, asked: &Registration) -> Result<(), Refusal> {
    if state.is_own(subject) {
        return Err(own(subject));
    }
    let not_permitted = |detail: String| Err(Refusal::NotPermitted { detail });
    match state.mode_in_force(subject) {
        Mode::Readonly | Mode::ReadonlyOverride => not_permitted(format!("Subject {subject} is in read-only mode")),
        Mode::Readwrite if asked.id.is_some() || asked.version.is_some() => not_permitted(format!(
            "Subject {subject} is not in import mode: ids and versions are the registry's to give"
        )),
        Mode::Import if asked.id.is_none() => {
            not_permitted(format!("Subject {subject} is in import mode: schemas come with their ids"))
        }
        Mode::Readwrite | Mode::Import => Ok(()),
    }
}

fn fits(state: &State, subject: &str, parsed: &Parsed) -> Result<(), Refusal> {
    let counts = state.counts();
    let is_new = state.by_identity(parsed.identity).is_none();
    let bounds = [
        (state.versions(subject).next().is_none() && counts.subjects >= SUBJECTS_MAX, "subjects", SUBJECTS_MAX),
        (counts.versions >= VERSIONS_MAX, "versions", VERSIONS_MAX),
        (is_new && counts.schemas >= SCHEMAS_MAX, "schemas", SCHEMAS_MAX),
        (is_new && counts.bytes + parsed.text.len() > TEXT_BYTES_MAX, "bytes of schemas", TEXT_BYTES_MAX),
    ];
    match bounds.into_iter().find(|(is_over, _, _)| *is_over) {
        Some((_, what, max)) => Err(Refusal::Full { what, max }),
        None => Ok(()),
    }
}

/// The id and the version that a schema gets.
fn place(state: &State, subject: &str, asked: &Registration, parsed: Parsed) -> Result<Registered, Refusal> {
    let Parsed { text, references, identity } = parsed;
    let not_permitted = |detail: String| Err(Refusal::NotPermitted { detail });
    let known = state.by_identity(identity).cloned();
    let schema = match (known, asked.id) {
        (Some(known), Some(id)) if known.id != id => {
            return Err(Refusal::OtherId { subject: subject.to_owned(), id: known.id, asked: id });
        }
        (Some(known), _) => known,
        (None, Some(id)) if id < FIRST_ID => {
            return not_permitted(format!(
                "The id {id} belongs to the project's schema versions; imported ids begin with {FIRST_ID}"
            ));
        }
        (None, Some(id)) if state.schema(id).is_some() => {
            return not_permitted(format!("Overwrite new schema with id {id} is not permitted."));
        }
        (None, id) => {
            let id = id.unwrap_or_else(|| state.next_id());
            if i32::try_from(id).is_err() {
                return Err(Refusal::Full { what: "ids", max: usize::MAX >> 32 });
            }
            Arc::new(Schema::new(id, identity, text, references))
        }
    };
    let version = asked.version.unwrap_or_else(|| state.next_version(subject));
    if state.version(subject, version).is_some() {
        return not_permitted(format!("Subject {subject} has a version {version} already"));
    }
    Ok(Registered { version, schema })
}
