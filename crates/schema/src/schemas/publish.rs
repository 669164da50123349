//! The decision to publish: from a ledger and a compiled schema to the next ledger and its model. No disk.

use std::collections::HashMap;

use crate::compile::Compiled;
use crate::diff::{Change, Verdict, bump, diff_history, presence_turns};
use crate::error::{Place, SchemaError};
use crate::ledger::{Bump, EventToPublish, LEDGER_FILE, Ledger, LedgerVersion, Publication, next_semver};
use crate::model::{Declared, Model, declared_events};

/// How many blocked changes a refusal names.
const BLOCKED_NAMED_MAX: usize = 10;

/// Makes `compiled` the version after the ledger's newest. `known` are the models of the versions that are known,
/// oldest first; the changes since the last of them must not be blocked.
pub(super) fn publish(ledger: &Ledger, known: &[&Model], compiled: Compiled) -> Result<(Ledger, Model), SchemaError> {
    publish_changes(ledger, known, compiled, |compiled| changes(ledger, known, compiled))
}

/// What `compiled` changes.
pub(super) fn changes(ledger: &Ledger, known: &[&Model], compiled: &Compiled) -> Vec<Change> {
    let versions: Vec<&Compiled> = known.iter().map(|model| &model.compiled).collect();
    diff_history(&versions, compiled, Some(ledger))
}

/// [`publish`], of what is known to change what `changes` says.
pub(super) fn publish_changes(
    ledger: &Ledger,
    known: &[&Model],
    compiled: Compiled,
    changes: impl FnOnce(&Compiled) -> Vec<Change>,
) -> Result<(Ledger, Model), SchemaError> {
    let before = ledger.newest();
    let Some(number) = before.map_or(0, |version| version.number).checked_add(1) else {
        let cause = "there is no version after the last".to_owned();
        return Err(SchemaError::Ledger { places: vec![Place::file(LEDGER_FILE)], cause });
    };
    let ids = event_ids(ledger, &declared_events(&compiled.pool)?)?;
    let mut model =
        Model::new(number, "", compiled, |event| ids.get(&event.options.name).copied().unwrap_or(u32::MAX))?;
    let changes = changes(&model.compiled);
    refuse_blocked(&changes)?;
    let events = model.events.iter().zip(&model.shapes).map(|(event, shape)| EventToPublish {
        id: event.id,
        name: event.name.clone(),
        message: event.full_name.clone(),
        shape: shape.clone(),
    });
    // Without the newest version's model nobody can tell what changed; it is minor then.
    let newest = known.last().filter(|model| Some(model.version) == before.map(|version| version.number));
    let bumped = newest.map_or(Bump::Minor, |_| bump(&changes));
    let semver = next_semver(before.map(|version| version.semver.as_str()), bumped);
    let id = |event: &str| ids.get(event).copied();
    let newest = known.last().map(|newest| &newest.compiled);
    let presence = newest.map(|newest| presence_turns(newest, &model.compiled, id)).unwrap_or_default();
    let version = LedgerVersion { number, semver: semver.clone(), fingerprint: model.fingerprint.clone() };
    let publication = Publication { version, events: events.collect(), presence };
    let extended = ledger.extended(publication).map_err(|changed| SchemaError::Refused {
        place: model.compiled.place_of_field(&changed.message, changed.number),
        cause: changed.to_string(),
        hint: format!(
            "columns never change their type: give the field a new number and keep the old one as \
             `reserved {};`, or as a field that says what it is replaced_by",
            changed.number
        ),
    })?;
    model.semver = semver;
    Ok((extended, model))
}

fn refuse_blocked(changes: &[Change]) -> Result<(), SchemaError> {
    let blocked = || changes.iter().filter(|change| change.verdict == Verdict::Blocked);
    let Some(first) = blocked().next() else { return Ok(()) };
    let mut cause: Vec<String> = blocked().take(BLOCKED_NAMED_MAX).map(Change::sentence).collect();
    let more = blocked().count().saturating_sub(BLOCKED_NAMED_MAX);
    if more > 0 {
        cause.push(format!("and {more} more"));
    }
    let hint = match &first.fix {
        Some(fix) if fix.is_automatic() => format!("{}: `judi schema diff --fix` writes it", fix.text),
        Some(fix) => format!("{}; `judi schema diff` tells more", fix.text),
        None => "`judi schema diff` tells more".to_owned(),
    };
    Err(SchemaError::Refused { place: first.span.place(), cause: cause.join("; "), hint })
}

/// The ids of the declared events by name: the ledger's, else the one that the option states, else fresh ones.
fn event_ids(ledger: &Ledger, declared: &[Declared]) -> Result<HashMap<String, u32>, SchemaError> {
    let mut ids = HashMap::new();
    let mut taken: HashMap<u32, String> = ledger.events.iter().map(|event| (event.id, event.name.clone())).collect();
    for event in declared {
        let name = &event.options.name;
        let stated = Some(event.options.id).filter(|&id| id != 0);
        let published = ledger.event(name).map(|event| event.id);
        let refused = |cause: String, hint: &str| {
            Err(SchemaError::Refused { place: event.place(), cause, hint: hint.to_owned() })
        };
        match (published, stated) {
            (Some(published), Some(stated)) if published != stated => {
                return refused(
                    format!("the event {name:?} has the id {published} for ever, not {stated}"),
                    "write the id that the ledger has, or none",
                );
            }
            (Some(published), _) => {
                ids.insert(name.clone(), published);
            }
            (None, Some(stated)) => {
                if let Some(other) = taken.insert(stated, name.clone()) {
                    return refused(
                        format!("the id {stated} is the event {other:?}'s for ever"),
                        "an event keeps its name; give a new event no id, the ledger finds one",
                    );
                }
                ids.insert(name.clone(), stated);
            }
            (None, None) => {}
        }
    }
    let mut next = taken.keys().max().copied().unwrap_or(0);
    for event in declared {
        if !ids.contains_key(&event.options.name) {
            let Some(fresh) = next.checked_add(1) else {
                return Err(SchemaError::Refused {
                    place: event.place(),
                    cause: "there is no id left".to_owned(),
                    hint: "state one that is free".to_owned(),
                });
            };
            next = fresh;
            ids.insert(event.options.name.clone(), fresh);
        }
    }
    Ok(ids)
}
