//! What each path answers: from a request and the registry to JSON.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::Serialize;
use serde_json::{Map, Value};

use crate::ask::{Ask, VersionName};
use crate::refusal::Refusal;
use crate::registry::{Registered, Registration, Registry};
use crate::router::Answer;
use crate::schema::Schema;
use crate::settings::{Level, Mode};
use crate::state::State;
use crate::text::serialized;
use crate::wire::{ConfigBody, ModeBody, PROTOBUF, SchemaAnswer, SchemaBody};

type Answered = Result<Answer, Refusal>;

/// How many whole schemas an answer has at most; `offset` goes on.
const SCHEMAS_PER_ANSWER_MAX: usize = 1_000;

pub(crate) fn root(_: &Registry, _: &Ask) -> Answered {
    Answer::json(&Map::<String, Value>::new())
}

pub(crate) fn contexts(_: &Registry, _: &Ask) -> Answered {
    Answer::json(&["."])
}

pub(crate) fn types(_: &Registry, _: &Ask) -> Answered {
    Answer::json(&[PROTOBUF])
}

pub(crate) fn subjects(registry: &Registry, ask: &Ask) -> Answered {
    let state = registry.state();
    let shown = Shown::of(ask);
    let prefix = prefix(ask);
    let subjects = state
        .subjects()
        .filter(|name| name.starts_with(prefix))
        .filter(|name| shown.takes(state.versions(name).all(|(_, version)| version.deleted)));
    Answer::json(&ask.page(subjects, usize::MAX)?)
}

pub(crate) fn versions(registry: &Registry, ask: &Ask) -> Answered {
    let (state, subject, shown) = (registry.state(), ask.subject()?, Shown::of(ask));
    let versions: Vec<u32> = state
        .versions(&subject)
        .filter(|(_, version)| shown.takes(version.deleted))
        .map(|(number, _)| number)
        .collect();
    if versions.is_empty() {
        return Err(Refusal::NoSubject { subject });
    }
    Answer::json(&ask.page(versions.into_iter(), usize::MAX)?)
}

pub(crate) fn version(registry: &Registry, ask: &Ask) -> Answered {
    let state = registry.state();
    let (subject, found) = found_version(&state, ask)?;
    let mut answer = SchemaAnswer::of_version(&subject, &found);
    in_format(&state, ask, &found.schema, &mut answer)?;
    Answer::json(&answer)
}

pub(crate) fn version_text(registry: &Registry, ask: &Ask) -> Answered {
    let (_, found) = found_version(&registry.state(), ask)?;
    Ok(Answer::Text(found.schema.text.clone()))
}

pub(crate) fn referenced_by(registry: &Registry, ask: &Ask) -> Answered {
    let state = registry.state();
    let (subject, found) = found_version(&state, ask)?;
    let ids = state.referenced_by(&subject, found.version, false);
    Answer::json(&ask.page(ids.into_iter(), usize::MAX)?)
}

pub(crate) fn register(registry: &Registry, ask: &Ask) -> Answered {
    let subject = ask.subject()?;
    let registered = registry.register(&subject, &registration(ask)?)?;
    if !ask.takes_more {
        // The first clients refuse an answer with anything else in it.
        return Answer::json(&SchemaAnswer { id: Some(registered.schema.id), ..SchemaAnswer::default() });
    }
    let guid = Some(registered.schema.guid());
    Answer::json(&SchemaAnswer { guid, ..SchemaAnswer::of_version(&subject, &registered) })
}

pub(crate) fn lookup(registry: &Registry, ask: &Ask) -> Answered {
    let subject = ask.subject()?;
    let found = registry.lookup(&subject, &registration(ask)?, ask.flag("deleted"))?;
    let guid = ask.takes_more.then(|| found.schema.guid());
    let mut answer = SchemaAnswer { guid, ..SchemaAnswer::of_version(&subject, &found) };
    in_format(&registry.state(), ask, &found.schema, &mut answer)?;
    Answer::json(&answer)
}

pub(crate) fn delete_subject(registry: &Registry, ask: &Ask) -> Answered {
    Answer::json(&registry.delete_subject(&ask.subject()?, ask.flag("permanent"))?)
}

pub(crate) fn delete_version(registry: &Registry, ask: &Ask) -> Answered {
    let subject = ask.subject()?;
    let version = match ask.version()? {
        VersionName::Number(version) => version,
        VersionName::Latest => latest(&registry.state(), &subject)?,
    };
    Answer::json(&registry.delete_version(&subject, version, ask.flag("permanent"))?)
}

pub(crate) fn schemas(registry: &Registry, ask: &Ask) -> Answered {
    let state = registry.state();
    let (prefix, shown, latest_only) = (prefix(ask), Shown::of(ask), ask.flag("latestOnly"));
    let versions = state.subjects().filter(|name| name.starts_with(prefix)).flat_map(|name| {
        let shown = state.versions(name).filter(|(_, version)| shown.takes(version.deleted));
        let mut shown: Vec<_> = shown.map(|(number, version)| (name, number, version.id)).collect();
        if latest_only && shown.len() > 1 {
            shown.drain(..shown.len() - 1);
        }
        shown
    });
    let page = ask.page(versions, SCHEMAS_PER_ANSWER_MAX)?;
    let schemas = page.into_iter().filter_map(|(subject, version, id)| {
        Some(SchemaAnswer::of_version(subject, &Registered { version, schema: Arc::clone(state.schema(id)?) }))
    });
    Answer::json(&schemas.collect::<Vec<_>>())
}

pub(crate) fn schema(registry: &Registry, ask: &Ask) -> Answered {
    let state = registry.state();
    let schema = schema_of_id(&state, ask)?;
    let mut answer = SchemaAnswer::of(&schema);
    answer.max_id = ask.flag("fetchMaxId").then(|| state.next_id().saturating_sub(1));
    in_format(&state, ask, &schema, &mut answer)?;
    Answer::json(&answer)
}

pub(crate) fn schema_text(registry: &Registry, ask: &Ask) -> Answered {
    Ok(Answer::Text(schema_of_id(&registry.state(), ask)?.text.clone()))
}

pub(crate) fn schema_by_guid(registry: &Registry, ask: &Ask) -> Answered {
    let state = registry.state();
    let guid = ask.name("guid");
    let schema = state.schemas().find(|schema| schema.guid().eq_ignore_ascii_case(guid)).cloned();
    let schema = schema
        .ok_or_else(|| Refusal::NoSchema { what: format!("no guid {}", guid.chars().take(50).collect::<String>()) })?;
    let mut answer = SchemaAnswer { guid: Some(schema.guid()), ..SchemaAnswer::of(&schema) };
    in_format(&state, ask, &schema, &mut answer)?;
    Answer::json(&answer)
}

pub(crate) fn subjects_of_schema(registry: &Registry, ask: &Ask) -> Answered {
    let state = registry.state();
    let subjects: BTreeSet<String> = uses(&state, ask)?.into_iter().map(|found| found.subject).collect();
    Answer::json(&ask.page(subjects.into_iter(), usize::MAX)?)
}

pub(crate) fn versions_of_schema(registry: &Registry, ask: &Ask) -> Answered {
    let state = registry.state();
    Answer::json(&ask.page(uses(&state, ask)?.into_iter(), usize::MAX)?)
}

#[derive(Serialize)]
struct Fit {
    is_compatible: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    messages: Option<Vec<String>>,
}

pub(crate) fn fits_all(registry: &Registry, ask: &Ask) -> Answered {
    fit(ask, registry.would_fit(&ask.subject()?, &registration(ask)?, None)?)
}

pub(crate) fn fits_version(registry: &Registry, ask: &Ask) -> Answered {
    let (state, subject) = (registry.state(), ask.subject()?);
    let against = match ask.version()? {
        VersionName::Number(version) => {
            let found = state.version(&subject, version).filter(|version| !version.deleted);
            found.ok_or(Refusal::NoVersion { version })?;
            Some(version)
        }
        // A subject without versions takes anything.
        VersionName::Latest => latest(&state, &subject).ok(),
    };
    fit(ask, registry.would_fit(&subject, &registration(ask)?, against)?)
}

fn fit(ask: &Ask, messages: Vec<String>) -> Answered {
    Answer::json(&Fit { is_compatible: messages.is_empty(), messages: ask.flag("verbose").then_some(messages) })
}

#[derive(Serialize)]
struct LevelAnswer {
    #[serde(rename = "compatibilityLevel")]
    level: Level,
}

pub(crate) fn config(registry: &Registry, ask: &Ask) -> Answered {
    let state = registry.state();
    let level = match setting_of(ask)? {
        None => state.level(None).unwrap_or_default(),
        Some(subject) if ask.flag("defaultToGlobal") => state.level_in_force(&subject),
        Some(subject) => state.level(Some(&subject)).ok_or(Refusal::NoLevel { subject })?,
    };
    Answer::json(&LevelAnswer { level })
}

pub(crate) fn set_config(registry: &Registry, ask: &Ask) -> Answered {
    #[derive(Serialize)]
    struct Set {
        compatibility: Level,
    }
    let body: ConfigBody = ask.json()?;
    if let Some(name) = body.unkept() {
        let detail = format!("with '{name}': only the level is kept, leave the rest out");
        return Err(Refusal::InvalidLevel { detail });
    }
    let named = body.compatibility.unwrap_or_default();
    let compatibility: Level = named.parse().map_err(|_| Refusal::InvalidLevel { detail: quoted(&named) })?;
    registry.set_level(setting_of(ask)?.as_deref(), Some(compatibility))?;
    Answer::json(&Set { compatibility })
}

pub(crate) fn delete_config(registry: &Registry, ask: &Ask) -> Answered {
    let subject = setting_of(ask)?;
    let level = match (registry.state().level(subject.as_deref()), &subject) {
        (Some(level), _) => level,
        (None, None) => Level::default(),
        (None, Some(subject)) => return Err(Refusal::NoLevel { subject: subject.clone() }),
    };
    registry.set_level(subject.as_deref(), None)?;
    Answer::json(&LevelAnswer { level })
}

#[derive(Serialize)]
struct ModeAnswer {
    mode: Mode,
}

pub(crate) fn mode(registry: &Registry, ask: &Ask) -> Answered {
    let state = registry.state();
    let mode = match setting_of(ask)? {
        None => state.mode(None).unwrap_or_default(),
        Some(subject) if ask.flag("defaultToGlobal") || state.is_own(&subject) => state.mode_in_force(&subject),
        Some(subject) => state.mode(Some(&subject)).ok_or(Refusal::NoMode { subject })?,
    };
    Answer::json(&ModeAnswer { mode })
}

pub(crate) fn set_mode(registry: &Registry, ask: &Ask) -> Answered {
    let named = ask.json::<ModeBody>()?.mode.unwrap_or_default();
    let mode: Mode = named.parse().map_err(|_| Refusal::InvalidMode { detail: quoted(&named) })?;
    registry.set_mode(setting_of(ask)?.as_deref(), Some(mode), ask.flag("force"))?;
    Answer::json(&ModeAnswer { mode })
}

pub(crate) fn delete_mode(registry: &Registry, ask: &Ask) -> Answered {
    let subject = setting_of(ask)?;
    let mode = match (registry.state().mode(subject.as_deref()), &subject) {
        (Some(mode), _) => mode,
        (None, None) => Mode::default(),
        (None, Some(subject)) => return Err(Refusal::NoMode { subject: subject.clone() }),
    };
    registry.set_mode(subject.as_deref(), None, false)?;
    Answer::json(&ModeAnswer { mode })
}

/// Whether hidden subjects or versions are shown.
#[derive(Debug, Clone, Copy)]
struct Shown {
    deleted: bool,
    deleted_only: bool,
}

impl Shown {
    fn of(ask: &Ask) -> Self {
        Self { deleted: ask.flag("deleted"), deleted_only: ask.flag("deletedOnly") || ask.flag("deleted_only") }
    }

    const fn takes(self, is_deleted: bool) -> bool {
        if self.deleted_only { is_deleted } else { self.deleted || !is_deleted }
    }
}

/// A use of a schema.
#[derive(Debug, Serialize)]
struct Use {
    subject: String,
    version: u32,
}

fn uses(state: &State, ask: &Ask) -> Result<Vec<Use>, Refusal> {
    let (id, shown) = (schema_of_id(state, ask)?.id, Shown::of(ask));
    let wanted = ask.text("subject");
    let subjects = state.subjects().filter(|name| wanted.is_none_or(|wanted| wanted == *name));
    let uses = subjects.flat_map(|subject| {
        let of_id = state.versions(subject).filter(|(_, version)| version.id == id && shown.takes(version.deleted));
        of_id.map(|(version, _)| Use { subject: subject.to_owned(), version }).collect::<Vec<_>>()
    });
    Ok(uses.collect())
}

fn found_version(state: &State, ask: &Ask) -> Result<(String, Registered), Refusal> {
    let (subject, asked) = (ask.subject()?, ask.version()?);
    if state.versions(&subject).next().is_none() {
        return Err(Refusal::NoSubject { subject });
    }
    let version = match asked {
        VersionName::Number(version) => version,
        VersionName::Latest => latest(state, &subject)?,
    };
    let found = state.version(&subject, version).filter(|found| !found.deleted || ask.flag("deleted"));
    let schema = found.and_then(|found| state.schema(found.id)).ok_or(Refusal::NoVersion { version })?;
    Ok((subject, Registered { version, schema: Arc::clone(schema) }))
}

fn latest(state: &State, subject: &str) -> Result<u32, Refusal> {
    let newest = state.versions(subject).rev().find(|(_, version)| !version.deleted);
    newest.map(|(number, _)| number).ok_or_else(|| Refusal::NoSubject { subject: subject.to_owned() })
}

fn schema_of_id(state: &State, ask: &Ask) -> Result<Arc<Schema>, Refusal> {
    let id = ask.id()?;
    state.schema(id).cloned().ok_or_else(|| Refusal::NoSchema { what: format!("no schema has the id {id}") })
}

/// Clients without a compiler ask for the descriptor in place of the text; other formats are the text.
fn in_format(state: &State, ask: &Ask, schema: &Schema, answer: &mut SchemaAnswer) -> Result<(), Refusal> {
    if ask.text("format") == Some("serialized") {
        answer.schema = Some(serialized(state, schema)?);
    }
    Ok(())
}

fn registration(ask: &Ask) -> Result<Registration, Refusal> {
    ask.json::<SchemaBody>()?.into_registration(ask.flag("normalize"))
}

/// The subject whose setting is meant; `None`: the registry's own.
fn setting_of(ask: &Ask) -> Result<Option<String>, Refusal> {
    if ask.name("subject").is_empty() { Ok(None) } else { ask.subject().map(Some) }
}

fn prefix(ask: &Ask) -> &str {
    match ask.text("subjectPrefix") {
        // What means all contexts, and the default one.
        None | Some(":*:" | ":.:") => "",
        Some(prefix) => prefix.strip_prefix(":.:").unwrap_or(prefix),
    }
}

fn quoted(name: &str) -> String {
    format!("'{}'", name.chars().take(50).collect::<String>())
}
