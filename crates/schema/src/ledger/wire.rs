//! The ledger's file format 1: JSON with one entry a line.
//!
//! ```json
//! {
//!   "format": 1,
//!   "versions": [
//!     {"number":1,"semver":"1.0.0","fingerprint":"…"}
//!   ],
//!   "events": [
//!     {"id":1,"name":"article_view","message":"newsroom.v1.ArticleView","since":1}
//!   ],
//!   "columns": [
//!     {"event":1,"path":[],"column":["article_view"],"type":"STRUCT","since":1},
//!     {"event":1,"path":[1],"column":["article_view","article_id"],"type":"VARCHAR","since":1}
//!   ],
//!   "presence": [
//!     {"event":1,"path":[1],"presence":"implicit","since":1},
//!     {"event":1,"path":[1],"presence":"explicit","since":4}
//!   ]
//! }
//! ```
//!
//! `role` stands where it is not `value`, `generation` where it is not 1, `presence` where a field's ever changed.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::{ColumnKey, ColumnRole, Ledger, LedgerColumn, LedgerEvent, LedgerVersion, Presence, PresenceEpoch};
use crate::error::{Place, SchemaError};

const FORMAT: u32 = 1;

/// A ledger whose entries know their lines.
#[derive(Debug, Default)]
pub(super) struct LedgerLines {
    pub(super) versions: Vec<(u32, LedgerVersion)>,
    pub(super) events: Vec<(u32, LedgerEvent)>,
    pub(super) columns: Vec<(u32, LedgerColumn)>,
    pub(super) presence: Vec<(u32, PresenceEpoch)>,
}

impl LedgerLines {
    pub(super) fn into_ledger(self) -> Ledger {
        fn without_lines<T>(entries: Vec<(u32, T)>) -> Vec<T> {
            entries.into_iter().map(|(_, entry)| entry).collect()
        }
        Ledger {
            versions: without_lines(self.versions),
            events: without_lines(self.events),
            columns: without_lines(self.columns),
            presence: without_lines(self.presence),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WireLedger<'a> {
    format: u32,
    #[serde(borrow)]
    versions: Vec<&'a RawValue>,
    #[serde(borrow)]
    events: Vec<&'a RawValue>,
    #[serde(borrow)]
    columns: Vec<&'a RawValue>,
    #[serde(borrow, default)]
    presence: Vec<&'a RawValue>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WireVersion {
    number: u32,
    semver: String,
    fingerprint: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WireEvent {
    id: u32,
    name: String,
    message: String,
    since: u32,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WireColumn {
    event: u32,
    path: Vec<u32>,
    #[serde(default, skip_serializing_if = "WireRole::is_value")]
    role: WireRole,
    #[serde(default = "first", skip_serializing_if = "is_first")]
    generation: u32,
    column: Vec<String>,
    r#type: String,
    since: u32,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WireEpoch {
    event: u32,
    path: Vec<u32>,
    presence: WirePresence,
    since: u32,
}

#[derive(Serialize, Deserialize, Clone, Copy)]
#[serde(rename_all = "snake_case")]
enum WirePresence {
    Implicit,
    Explicit,
}

#[derive(Serialize, Deserialize, Default, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
enum WireRole {
    #[default]
    Value,
    Number,
    Case,
    Present,
}

impl WireRole {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
    fn is_value(&self) -> bool {
        *self == Self::Value
    }
}

const fn first() -> u32 {
    1
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
const fn is_first(generation: &u32) -> bool {
    *generation == 1
}

pub(super) fn parse(file: &str, text: &str) -> Result<LedgerLines, SchemaError> {
    let broken = |line: u32, cause: String| SchemaError::Ledger { places: vec![Place::line(file, line)], cause };
    let whole: WireLedger<'_> = serde_json::from_str(text).map_err(|error| broken(line_of(&error), cause(&error)))?;
    if whole.format != FORMAT {
        return Err(broken(1, format!("format {} is not known to this release, which writes {FORMAT}", whole.format)));
    }
    let line = |raw: &RawValue| line_at(text, raw);
    let mut lines = LedgerLines::default();
    for raw in whole.versions {
        let WireVersion { number, semver, fingerprint } = entry(file, line(raw), raw)?;
        lines.versions.push((line(raw), LedgerVersion { number, semver, fingerprint }));
    }
    for raw in whole.events {
        let WireEvent { id, name, message, since } = entry(file, line(raw), raw)?;
        lines.events.push((line(raw), LedgerEvent { id, name, message, since }));
    }
    for raw in whole.columns {
        let wire: WireColumn = entry(file, line(raw), raw)?;
        let kind = wire.r#type.parse().map_err(|error| broken(line(raw), format!("{error}")))?;
        let role = match wire.role {
            WireRole::Value => ColumnRole::Value,
            WireRole::Number => ColumnRole::Number,
            WireRole::Case => ColumnRole::Case,
            WireRole::Present => ColumnRole::Present,
        };
        let key = ColumnKey { event: wire.event, path: wire.path, role, generation: wire.generation };
        lines.columns.push((line(raw), LedgerColumn { key, column: wire.column, kind, since: wire.since }));
    }
    for raw in whole.presence {
        let WireEpoch { event, path, presence, since } = entry(file, line(raw), raw)?;
        let presence = match presence {
            WirePresence::Implicit => Presence::Implicit,
            WirePresence::Explicit => Presence::Explicit,
        };
        lines.presence.push((line(raw), PresenceEpoch { event, path, presence, since }));
    }
    Ok(lines)
}

pub(super) fn to_text(ledger: &Ledger) -> String {
    let versions = ledger.versions.iter().map(|version| {
        json(&WireVersion {
            number: version.number,
            semver: version.semver.clone(),
            fingerprint: version.fingerprint.clone(),
        })
    });
    let events = ledger.events.iter().map(|event| {
        json(&WireEvent { id: event.id, name: event.name.clone(), message: event.message.clone(), since: event.since })
    });
    let columns = ledger.columns.iter().map(|column| {
        let role = match column.key.role {
            ColumnRole::Value => WireRole::Value,
            ColumnRole::Number => WireRole::Number,
            ColumnRole::Case => WireRole::Case,
            ColumnRole::Present => WireRole::Present,
        };
        json(&WireColumn {
            event: column.key.event,
            path: column.key.path.clone(),
            role,
            generation: column.key.generation,
            column: column.column.clone(),
            r#type: column.kind.to_string(),
            since: column.since,
        })
    });
    let mut text = format!("{{\n  \"format\": {FORMAT},\n");
    list(&mut text, "versions", versions, ",\n");
    list(&mut text, "events", events, ",\n");
    if ledger.presence.is_empty() {
        list(&mut text, "columns", columns, "\n");
    } else {
        list(&mut text, "columns", columns, ",\n");
        list(&mut text, "presence", ledger.presence.iter().map(epoch_text), "\n");
    }
    text.push_str("}\n");
    text
}

fn epoch_text(epoch: &PresenceEpoch) -> String {
    let presence = match epoch.presence {
        Presence::Implicit => WirePresence::Implicit,
        Presence::Explicit => WirePresence::Explicit,
    };
    json(&WireEpoch { event: epoch.event, path: epoch.path.clone(), presence, since: epoch.since })
}

fn list(text: &mut String, name: &str, entries: impl Iterator<Item = String>, after: &str) {
    let lines: Vec<String> = entries.map(|entry| format!("    {entry}")).collect();
    let inside = if lines.is_empty() { String::new() } else { format!("\n{}\n  ", lines.join(",\n")) };
    text.push_str(&format!("  \"{name}\": [{inside}]{after}"));
}

fn json<T: Serialize>(entry: &T) -> String {
    // Structs of numbers and text always serialise.
    serde_json::to_string(entry).unwrap_or_default()
}

fn entry<'a, T: Deserialize<'a>>(file: &str, line: u32, raw: &'a RawValue) -> Result<T, SchemaError> {
    serde_json::from_str(raw.get()).map_err(|error| SchemaError::Ledger {
        places: vec![Place::line(file, line + line_of(&error) - 1)],
        cause: cause(&error),
    })
}

/// The line of an entry: it borrows from the text, so its address tells how many line ends stand before it.
fn line_at(text: &str, raw: &RawValue) -> u32 {
    let offset = (raw.get().as_ptr() as usize).saturating_sub(text.as_ptr() as usize);
    let before = text.as_bytes().iter().take(offset).filter(|&&byte| byte == b'\n').count();
    u32::try_from(before + 1).unwrap_or(u32::MAX)
}

fn line_of(error: &serde_json::Error) -> u32 {
    u32::try_from(error.line().max(1)).unwrap_or(u32::MAX)
}

/// The cause without serde_json's own "at line … column …", which counts from the entry's start.
fn cause(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.split(" at line ").next().unwrap_or_default().to_owned()
}
