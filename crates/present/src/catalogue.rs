//! The event catalogue as pages see it: what events mean, who uses them, and how to find one.

mod search;
mod usage;

use std::sync::Arc;

use judi_schema::catalogue::{Catalogue, EventEntry};
use judi_schema::schemas::Schemas;

pub(crate) use search::{Found, all_words, search};
pub use usage::ProjectUses;
pub(crate) use usage::Usage;

/// Where the catalogue comes from.
pub trait Definitions: Send + Sync {
    /// The newest schemas. Cheap: every page asks, so that a publication shows at once.
    fn schemas(&self) -> Arc<Schemas>;

    /// Who uses the events, or why that cannot be told. May read files.
    ///
    /// # Errors
    /// For people: that there is no project whose files could name them.
    fn uses(&self, schemas: &Schemas) -> Result<ProjectUses, String>;
}

/// The catalogue with its uses.
#[derive(Debug)]
pub(crate) struct Described {
    pub(crate) schemas: Arc<Schemas>,
    pub(crate) catalogue: Arc<Catalogue>,
    pub(crate) usage: Usage,
}

impl Described {
    /// What `definitions` say now; the catalogue of `before` where the schemas are the same.
    pub(crate) fn new(definitions: &dyn Definitions, before: Option<&Self>) -> Self {
        let schemas = definitions.schemas();
        let catalogue = match before.filter(|before| Arc::ptr_eq(&before.schemas, &schemas)) {
            Some(before) => Arc::clone(&before.catalogue),
            None => Arc::new(Catalogue::of(&schemas)),
        };
        let usage = Usage::new(definitions.uses(&schemas));
        Self { schemas, catalogue, usage }
    }

    /// What is to be said about an event at once.
    pub(crate) fn badges(&self, event: &EventEntry) -> Vec<Badge> {
        let mut badges = Vec::new();
        if event.is_gone {
            badges.push(Badge::Gone);
        } else if self.usage.is_unused(&event.name) {
            badges.push(Badge::Unused);
        }
        if event.is_deprecated {
            badges.push(Badge::Deprecated);
        }
        badges
    }
}

/// A word of warning beside a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Badge {
    /// Nothing reads it.
    Unused,
    /// The schema says not to send it any more.
    Deprecated,
    /// The newest version lacks it.
    Gone,
    /// The event is quarantined without it.
    Required,
}

impl Badge {
    pub(crate) const fn text(self) -> &'static str {
        match self {
            Self::Unused => "collected but unused",
            Self::Deprecated => "deprecated",
            Self::Gone => "no longer in the schema",
            Self::Required => "required",
        }
    }

    /// Whether it asks somebody to do something.
    pub(crate) const fn is_warning(self) -> bool {
        !matches!(self, Self::Required)
    }
}
