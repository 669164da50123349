//! Repairs of `(judi.event)`: name, owner and description, where somebody has said them already.

use super::super::events::{Event, JUDI, MESSAGE_OPTIONS, NAME};
use super::super::subject::LintFile;
use super::super::words;
use super::edits::Edit;
use super::options::{indent, quoted, replace_text, set_in_braces};
use super::{Fixer, Problem, Repair};
use crate::model::{EVENT_NAME_CHARACTERS_MAX, is_snake_case};

/// The longest comment that becomes a description; a longer one is an essay.
const DESCRIPTION_CHARACTERS_MAX: usize = 500;

/// The number of a field of `judi.EventOptions`, and its name.
type Key = (i32, &'static str);
const EVENT_NAME: Key = (1, "name");
const EVENT_OWNER: Key = (2, "owner");
const EVENT_DESCRIPTION: Key = (3, "description");

/// The owner: the conventions' default one, the only one there is, or that of the file's other events.
pub(super) fn owner(fixer: &Fixer<'_, '_>, file: &LintFile<'_>, text: &str, problem: &Problem) -> Option<Repair> {
    let event = event_at(fixer, file, problem)?;
    if !event.options.owner.trim().is_empty() {
        return Some(Repair::Not("only you know which of the owners it is".to_owned()));
    }
    let conventions = &fixer.standards.conventions;
    let beside = fixer.events.events.iter().filter(|other| other.file.name() == file.name());
    let beside = beside.map(|other| other.options.owner.as_str()).filter(|owner| !owner.trim().is_empty());
    let owner = only(&beside.collect::<Vec<_>>())
        .or(conventions.default_owner.as_deref())
        .or_else(|| only(&conventions.owners.iter().map(String::as_str).collect::<Vec<_>>()));
    match owner {
        Some(owner) => set(file, text, event, EVENT_OWNER, owner),
        None => Some(Repair::Not("nobody says who owns it: default_owner in conventions.toml can".to_owned())),
    }
}

/// The owner that all of these are.
fn only<'o>(owners: &[&'o str]) -> Option<&'o str> {
    owners.first().copied().filter(|first| owners.iter().all(|owner| owner == first))
}

/// The description: what the comment above the message says.
pub(super) fn description(fixer: &Fixer<'_, '_>, file: &LintFile<'_>, text: &str, problem: &Problem) -> Option<Repair> {
    let event = event_at(fixer, file, problem)?;
    let lines = file.comment(event.message.path()).lines().map(str::trim);
    let said = lines.filter(|line| !line.is_empty() && !line.contains(":lint:ignore ")).collect::<Vec<_>>().join(" ");
    if said.is_empty() {
        return Some(Repair::Not("the message has no comment that it could be taken from".to_owned()));
    }
    if said.chars().count() > DESCRIPTION_CHARACTERS_MAX {
        return Some(Repair::Not("the message's comment is too long for a description".to_owned()));
    }
    set(file, text, event, EVENT_DESCRIPTION, &said)
}

/// The name, while nobody has it yet: the message's, or the same one in snake_case.
pub(super) fn name(fixer: &Fixer<'_, '_>, file: &LintFile<'_>, text: &str, problem: &Problem) -> Option<Repair> {
    let event = event_at(fixer, file, problem)?;
    let old = event.options.name.as_str();
    if is_snake_case(old) {
        return Some(Repair::Not("only you know what it is called".to_owned()));
    }
    if event.is_published {
        return Some(Repair::Not("it is published".to_owned()));
    }
    let conventions = &fixer.standards.conventions;
    let message = event.message.name();
    let bare = message.strip_prefix(conventions.message_prefix.as_str()).unwrap_or(message);
    let bare = bare.strip_suffix(conventions.message_suffix.as_str()).unwrap_or(bare);
    let new = words::split(if old.is_empty() { bare } else { old }).join("_");
    if !is_snake_case(&new) || new.len() > EVENT_NAME_CHARACTERS_MAX {
        return Some(Repair::Not("only you know what it is called".to_owned()));
    }
    set(file, text, event, EVENT_NAME, &new)
}

/// Sets a text of an event's option, however the option is written.
fn set(file: &LintFile<'_>, text: &str, event: &Event<'_, '_>, (number, key): Key, value: &str) -> Option<Repair> {
    let whole = [event.message.path(), &[MESSAGE_OPTIONS, JUDI]].concat();
    let part = |number: i32| file.range(&[whole.as_slice(), &[number]].concat());
    if let Some(range) = file.range(&whole) {
        return Some(Repair::Edits(vec![set_in_braces(text, range, key, value)?]));
    }
    if let Some(range) = part(number) {
        return Some(Repair::Edits(vec![replace_text(text, range, value)?]));
    }
    let last = [EVENT_DESCRIPTION, EVENT_OWNER, EVENT_NAME].into_iter().find_map(|(number, _)| part(number))?;
    let statement = format!("\n{}option (judi.event).{key} = {};", indent(text, last.start), quoted(value));
    Some(Repair::Edits(vec![Edit::insert(last.end, statement)]))
}

/// The event that a problem is about: its path leads to the option, or to the message's name.
fn event_at<'f, 's, 'a>(fixer: &'f Fixer<'s, 'a>, file: &LintFile<'_>, problem: &Problem) -> Option<&'f Event<'s, 'a>> {
    let of_message = |path: &[i32]| match problem.path.strip_prefix(path) {
        Some([MESSAGE_OPTIONS, JUDI, ..] | [NAME]) => true,
        Some(_) | None => false,
    };
    fixer.events.events.iter().find(|event| event.file.name() == file.name() && of_message(event.message.path()))
}
