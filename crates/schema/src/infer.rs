//! A schema proposed from events that had none: names, types by the widest fit, and what was always there. Pure.
//!
//! ```text
//!   quarantined calls and payloads ──► Inference (what was seen, bounded) ──► Proposal: .proto, lines of segment.toml
//! ```
//!
//! What only a person can say is left for lint to ask for: who owns an event, what it means, and how personal a value
//! is. A field is required where it was in every one of at least [`REQUIRED_FROM`] events; before that nobody knows.
//! Text stays text however few values were seen, and they stand in its comment: an enum would refuse the first value
//! that nobody has sent yet.

mod identifiers;
mod observed;
mod write;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use self::identifiers::{Taken, event_name};
use self::observed::Object;
use self::write::EventText;
use crate::segment::{Call, CallKind, MAPPING_FILE};

/// How many events must have had a field, all of them, for it to be proposed as required.
pub const REQUIRED_FROM: u64 = 10;

/// How many names are looked at; the rest is counted. Nobody reads a proposal of more.
pub const SOURCES_MAX: usize = 500;

/// Where an event came from, and so how its values are read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// A track call of this name.
    Track(String),
    /// Another call.
    Call(CallKind),
    /// An event of this name in JSON, which is read as it is.
    Json(String),
}

/// What was seen of events without a schema.
#[derive(Debug, Default)]
pub struct Inference {
    seen: BTreeMap<Source, Seen>,
    passed_over: u64,
}

#[derive(Debug, Default)]
struct Seen {
    count: u64,
    fields: Object,
}

/// A proposed schema.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Proposal {
    /// The `.proto` file.
    pub proto: String,
    /// Lines for `schema/segment.toml`; empty where none are needed.
    pub mapping: String,
    /// The proposed events.
    pub events: Vec<ProposedEvent>,
}

/// One event of a proposal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProposedEvent {
    /// Where it came from.
    pub source: Source,
    /// Its proposed name.
    pub name: String,
    /// From how many it was inferred.
    pub count: u64,
}

impl Source {
    /// The name that the sender gave.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Track(name) | Self::Json(name) => name,
            Self::Call(kind) => kind.as_str(),
        }
    }
}

impl Inference {
    /// Looks at a call.
    pub fn call(&mut self, call: &Call<'_>) {
        let source = match call.kind {
            CallKind::Track => Source::Track(call.name().into_owned()),
            kind => Source::Call(kind),
        };
        let mut members = Map::new();
        for (name, raw) in call.bag().iter() {
            // What a call holds has been read as JSON before.
            members.insert(name.to_owned(), serde_json::from_str(raw).unwrap_or(Value::Null));
        }
        for name in call.own_members() {
            if let Some(raw) = call.members.get(name).filter(|_| !members.contains_key(*name)) {
                members.insert((*name).to_owned(), serde_json::from_str(raw).unwrap_or(Value::Null));
            }
        }
        self.observe(source, &members);
    }

    /// Looks at the payload of an event in JSON. What is no object tells nothing.
    pub fn payload(&mut self, event: &str, json: &str) {
        match serde_json::from_str(json) {
            Ok(Value::Object(members)) => self.observe(Source::Json(event.to_owned()), &members),
            _ => self.passed_over += 1,
        }
    }

    /// How many events told nothing: their payload was no object, they had no name, or one name too many.
    #[must_use]
    pub const fn passed_over(&self) -> u64 {
        self.passed_over
    }

    /// The names that were seen, with how often.
    pub fn sources(&self) -> impl Iterator<Item = (&Source, u64)> {
        self.seen.iter().map(|(source, seen)| (source, seen.count))
    }

    /// The schema that what was seen would fit, as a file of `package`. Names in `taken` are other events'.
    #[must_use]
    pub fn propose(&self, package: &str, taken: &BTreeSet<String>) -> Proposal {
        let mut names = Taken::of(taken);
        let mut proposal = Proposal::default();
        let mut texts = Vec::new();
        for (source, seen) in &self.seen {
            let name = names.unique(&event_name(source.name()));
            proposal.events.push(ProposedEvent { source: source.clone(), name: name.clone(), count: seen.count });
            texts.push(EventText::of(source, &name, seen.count, &seen.fields));
        }
        if !texts.is_empty() {
            proposal.proto = write::proto(package, &texts);
            proposal.mapping = texts.iter().map(EventText::mapping).collect();
        }
        proposal
    }

    fn observe(&mut self, source: Source, members: &Map<String, Value>) {
        let is_known = self.seen.contains_key(&source);
        if source.name().is_empty() || (!is_known && self.seen.len() >= SOURCES_MAX) {
            self.passed_over += 1;
            return;
        }
        let seen = self.seen.entry(source).or_default();
        seen.count += 1;
        seen.fields.observe(members, 0);
    }
}

/// What stands before the proposed lines of the mapping.
#[must_use]
pub fn mapping_header() -> String {
    format!("# Lines for schema/{MAPPING_FILE}:\n")
}

#[cfg(test)]
mod tests;
