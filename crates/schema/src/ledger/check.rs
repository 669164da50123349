//! What a ledger must not say: each contradiction is refused with the lines that do not go together.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;

use super::wire::LedgerLines;
use super::{ColumnRole, LedgerColumn, PresenceEpoch, semver};
use crate::error::{Place, SchemaError};
use crate::layout::{ColumnType, ENVELOPE_COLUMNS, Element, NESTING_MAX};

/// Refuses a ledger that contradicts itself.
pub(super) fn check(file: &str, ledger: &LedgerLines) -> Result<(), SchemaError> {
    let check = Check { file };
    let versions = check.versions(ledger)?;
    check.events(ledger, &versions)?;
    check.columns(ledger, &versions)?;
    check.presence(ledger, &versions)
}

struct Check<'a> {
    file: &'a str,
}

impl Check<'_> {
    fn versions(&self, ledger: &LedgerLines) -> Result<HashSet<u32>, SchemaError> {
        let mut newest: Option<(u32, u32)> = None;
        for (line, version) in &ledger.versions {
            if version.number == 0 {
                return self.refuse(&[*line], "versions count from 1".to_owned());
            }
            if let Some((before, number)) = newest.filter(|(_, number)| *number >= version.number) {
                return self
                    .refuse(&[before, *line], format!("version {} comes after version {number}", version.number));
            }
            if semver::parse(&version.semver).is_none() {
                return self.refuse(&[*line], format!("{:?} is no semver", version.semver));
            }
            let is_hex = |c: char| c.is_ascii_digit() || ('a'..='f').contains(&c);
            if version.fingerprint.len() != 64 || !version.fingerprint.chars().all(is_hex) {
                return self.refuse(&[*line], format!("{:?} is no fingerprint", version.fingerprint));
            }
            newest = Some((*line, version.number));
        }
        Ok(ledger.versions.iter().map(|(_, version)| version.number).collect())
    }

    fn events(&self, ledger: &LedgerLines, versions: &HashSet<u32>) -> Result<(), SchemaError> {
        let mut ids = Once::new("the event id");
        let mut names = Once::new("the event name");
        for (line, event) in &ledger.events {
            self.once(&mut ids, event.id, *line, &event.id.to_string())?;
            self.once(&mut names, event.name.clone(), *line, &event.name)?;
            if event.id == 0 {
                return self.refuse(&[*line], "event ids count from 1".to_owned());
            }
            if !is_column_name(&event.name) || ENVELOPE_COLUMNS.iter().any(|(column, _)| *column == event.name) {
                return self.refuse(&[*line], format!("{:?} is no name for an event", event.name));
            }
            self.since(versions, event.since, *line)?;
        }
        Ok(())
    }

    fn columns(&self, ledger: &LedgerLines, versions: &HashSet<u32>) -> Result<(), SchemaError> {
        let events: HashMap<u32, &str> =
            ledger.events.iter().map(|(_, event)| (event.id, event.name.as_str())).collect();
        let mut keys = Once::new("the path");
        let mut columns = Once::new("the column");
        // By column path as tables compare names: without regard to case.
        let mut known: HashMap<Vec<String>, &LedgerColumn> = HashMap::new();
        let mut newest_generation: HashMap<_, u32> = HashMap::new();
        for (line, column) in &ledger.columns {
            let key = &column.key;
            let folded: Vec<String> = column.column.iter().map(|name| name.to_ascii_lowercase()).collect();
            self.once(&mut keys, key.clone(), *line, &format!("{:?} of event {}", key.path, key.event))?;
            self.once(&mut columns, folded.clone(), *line, &column.column.join("."))?;
            self.since(versions, column.since, *line)?;
            let Some(event) = events.get(&key.event) else {
                return self.refuse(&[*line], format!("there is no event {}", key.event));
            };
            if let Some(cause) = wrong_place(column, event, folded.split_last().and_then(|(_, above)| known.get(above)))
            {
                return self.refuse(&[*line], cause);
            }
            let generation = newest_generation.entry((key.event, &key.path, key.role)).or_insert(0);
            if key.generation != *generation + 1 {
                let cause = format!("generation {} comes after generation {generation}", key.generation);
                return self.refuse(&[*line], cause);
            }
            *generation = key.generation;
            known.insert(folded, column);
        }
        let missing = ledger
            .events
            .iter()
            .find(|(_, event)| !newest_generation.contains_key(&(event.id, &Vec::new(), ColumnRole::Value)));
        match missing {
            Some((line, event)) => self.refuse(&[*line], format!("the event {:?} has no column", event.name)),
            None => Ok(()),
        }
    }

    /// A field's presence turns with every entry after its first, in the order of versions.
    fn presence(&self, ledger: &LedgerLines, versions: &HashSet<u32>) -> Result<(), SchemaError> {
        let mut brought: HashMap<(u32, &[u32]), u32> = HashMap::new();
        for (_, column) in ledger.columns.iter().filter(|(_, column)| column.key.role == ColumnRole::Value) {
            brought.entry((column.key.event, column.key.path.as_slice())).or_insert(column.since);
        }
        // By field: the line and the entry before, and whether it was the first.
        let mut newest: HashMap<(u32, &[u32]), (u32, &PresenceEpoch, bool)> = HashMap::new();
        for (line, epoch) in &ledger.presence {
            self.since(versions, epoch.since, *line)?;
            let key = (epoch.event, epoch.path.as_slice());
            let field = format!("{:?} of event {}", epoch.path, epoch.event);
            let before = newest.insert(key, (*line, epoch, !newest.contains_key(&key)));
            match (before, brought.get(&key)) {
                (_, None) => return self.refuse(&[*line], format!("there is no column for the path {field}")),
                (None, Some(first)) if *first != epoch.since => {
                    let cause = format!("the path {field} is there since version {first}, not {}", epoch.since);
                    return self.refuse(&[*line], cause);
                }
                (Some((before, last, _)), _) if last.since >= epoch.since => {
                    let (then, now) = (last.since, epoch.since);
                    let cause = format!("version {now} comes after version {then} for the path {field}");
                    return self.refuse(&[before, *line], cause);
                }
                (Some((before, last, _)), _) if last.presence == epoch.presence => {
                    let cause = format!("the presence of the path {field} becomes {}, which it was", epoch.presence);
                    return self.refuse(&[before, *line], cause);
                }
                _ => {}
            }
        }
        match newest.into_values().find(|(_, _, is_first)| *is_first) {
            Some((line, ..)) => self.refuse(&[line], "a presence that changed has a before and an after".to_owned()),
            None => Ok(()),
        }
    }

    fn since(&self, versions: &HashSet<u32>, since: u32, line: u32) -> Result<(), SchemaError> {
        match versions.contains(&since) {
            true => Ok(()),
            false => self.refuse(&[line], format!("there is no version {since}")),
        }
    }

    fn once<K: Eq + Hash>(&self, once: &mut Once<K>, key: K, line: u32, shown: &str) -> Result<(), SchemaError> {
        match once.lines.insert(key, line) {
            Some(before) => self.refuse(&[before, line], format!("{} {shown} is there twice", once.what)),
            None => Ok(()),
        }
    }

    fn refuse<T>(&self, lines: &[u32], cause: String) -> Result<T, SchemaError> {
        let places = lines.iter().map(|line| Place::line(self.file, *line)).collect();
        Err(SchemaError::Ledger { places, cause })
    }
}

struct Once<K> {
    what: &'static str,
    lines: HashMap<K, u32>,
}

impl<K> Once<K> {
    fn new(what: &'static str) -> Self {
        Self { what, lines: HashMap::new() }
    }
}

/// Why a column cannot stand where it says; `above` is the column that it is a child of.
fn wrong_place(column: &LedgerColumn, event: &str, above: Option<&&LedgerColumn>) -> Option<String> {
    let key = &column.key;
    if !column.column.iter().all(|name| is_column_name(name)) {
        return Some(format!("{:?} is no path of columns", column.column));
    }
    if column.column.len() > NESTING_MAX + 1 {
        return Some(format!("the column lies more than {NESTING_MAX} structs deep"));
    }
    let parent_path = match key.role {
        ColumnRole::Present => Some(key.path.as_slice()),
        _ => key.path.split_last().map(|(_, parent)| parent),
    };
    let Some(parent_path) = parent_path else {
        // The event's own struct.
        let is_root = column.column == [event]
            && key.role == ColumnRole::Value
            && key.generation == 1
            && column.kind == ColumnType::One(Element::Struct);
        return (!is_root).then(|| format!("the struct of the event {event:?} is the column {event:?}"));
    };
    let fits = above.is_some_and(|above| {
        let other = &above.key;
        other.event == key.event
            && other.role == ColumnRole::Value
            && other.path == parent_path
            && above.kind.element() == Element::Struct
    });
    if !fits {
        return Some(format!("no line above gives {:?} a struct to stand in", column.column));
    }
    let plain = match key.role {
        ColumnRole::Value => return None,
        ColumnRole::Number => Element::BigInt,
        ColumnRole::Case => Element::Varchar,
        ColumnRole::Present => Element::Boolean,
    };
    (column.kind != ColumnType::One(plain)).then(|| format!("this column must be {plain}"))
}

fn is_column_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}
