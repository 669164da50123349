//! One schema version as the rest of Judi sees it: its events, and the plans to read and write them.

mod declared;

use std::collections::HashMap;

pub use declared::{Declared, EVENT_NAME_CHARACTERS_MAX, declared_events};
pub(crate) use declared::{TABLE_NAMES, case_column, is_envelope_column, is_snake_case};

use crate::comments::Comments;
use crate::compile::Compiled;
use crate::error::SchemaError;
use crate::layout::MessageShape;
use crate::plan::{MessageId, Plans};

/// The semver of a schema's first version.
pub const FIRST_SEMVER: &str = "1.0.0";

/// A schema version.
#[derive(Debug)]
pub struct Model {
    /// The number that records carry; from 1.
    pub version: u32,
    /// `major.minor.patch`, for people.
    pub semver: String,
    /// SHA-256 in hex of the canonical descriptor set.
    pub fingerprint: String,
    /// In the order of their ids.
    pub events: Vec<EventModel>,
    /// How to read and write their messages.
    pub plans: Plans,
    /// The descriptors that all this comes from.
    pub compiled: Compiled,
    /// The columns that each event wants, by its index.
    pub(crate) shapes: Vec<MessageShape>,
    /// What people wrote about them.
    pub comments: Comments,
    by_name: HashMap<String, usize>,
}

/// One event of a schema version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventModel {
    /// Stable over versions, from the ledger.
    pub id: u32,
    /// The event's name.
    pub name: String,
    /// Who answers for it.
    pub owner: String,
    /// What it means.
    pub description: String,
    /// Its message in the model's [`Plans`].
    pub message: MessageId,
    /// The message's full name.
    pub full_name: String,
    /// The index of the derived message in the version's derived file, which records carry.
    pub index: u32,
}

impl Model {
    /// A version whose events have the ids that `ids` gives by name.
    ///
    /// # Errors
    /// [`SchemaError::Refused`] as of [`declared_events`] and [`Plans::build`], and for an event with more or deeper
    /// columns than a table can have.
    pub fn new(
        version: u32,
        semver: impl Into<String>,
        compiled: Compiled,
        ids: impl Fn(&Declared) -> u32,
    ) -> Result<Self, SchemaError> {
        let mut declared: Vec<(u32, Declared)> =
            declared_events(&compiled.pool)?.into_iter().map(|event| (ids(&event), event)).collect();
        declared.sort_by_key(|(id, _)| *id);
        let messages: Vec<_> = declared.iter().map(|(_, event)| event.message.clone()).collect();
        let (plans, message_ids) = Plans::build(&compiled.pool, &messages)?;
        let events: Vec<EventModel> = (0u32..)
            .zip(declared)
            .zip(message_ids)
            .map(|((index, (id, event)), message)| EventModel {
                id,
                full_name: event.message.full_name().to_owned(),
                name: event.options.name,
                owner: event.options.owner,
                description: event.options.description,
                message,
                index,
            })
            .collect();
        let by_name = events.iter().enumerate().map(|(place, event)| (event.name.clone(), place)).collect();
        let fingerprint = compiled.fingerprint.clone();
        let comments = Comments::of(&compiled.pool);
        let shapes = events.iter().map(|event| MessageShape::of_event(&compiled, &plans, event));
        let shapes = shapes.collect::<Result<_, _>>()?;
        Ok(Self { version, semver: semver.into(), fingerprint, events, plans, compiled, shapes, comments, by_name })
    }

    /// The version that a compiled schema would be if it were the first: ids count up in the order of names.
    ///
    /// # Errors
    /// As of [`Model::new`].
    pub fn first(compiled: Compiled) -> Result<Self, SchemaError> {
        let names: Vec<String> = declared_events(&compiled.pool)?.into_iter().map(|event| event.options.name).collect();
        let id = |event: &Declared| {
            names.iter().position(|name| *name == event.options.name).and_then(|at| u32::try_from(at + 1).ok())
        };
        Self::new(1, FIRST_SEMVER, compiled, |event| id(event).unwrap_or(u32::MAX))
    }

    /// The event of this name.
    #[must_use]
    pub fn event(&self, name: &str) -> Option<&EventModel> {
        self.events.get(*self.by_name.get(name)?)
    }

    /// The event at this index of the derived file.
    #[must_use]
    pub fn by_index(&self, index: u32) -> Option<&EventModel> {
        self.events.get(usize::try_from(index).ok()?)
    }
}

#[cfg(test)]
mod tests;
