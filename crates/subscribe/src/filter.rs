//! Which events a reader wants. Pure.

use std::collections::BTreeSet;

use judi_log::Topic;
use judi_schema::nearest::nearest;
use judi_schema::schemas::Schemas;
use thiserror::Error;

/// The most names that one reader may give.
const NAMES_MAX: usize = 256;

/// Which events a reader wants.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// The events' names; empty: all.
    pub events: BTreeSet<String>,
    /// Events that fitted the schema.
    pub good: bool,
    /// Events that did not.
    pub bad: bool,
}

/// A filter that can let nothing through.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum FilterError {
    /// The schema has no such event.
    #[error("the schema has no event {name:?}")]
    UnknownEvent {
        /// The name.
        name: String,
        /// The name that is meant, perhaps.
        near: Option<String>,
    },
    /// A filter is no place for a list of everything.
    #[error("more than {NAMES_MAX} event names")]
    TooMany,
}

impl FilterError {
    /// What to do.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::UnknownEvent { near: Some(near), .. } => format!("did you mean {near:?}?"),
            Self::UnknownEvent { near: None, .. } => "/events lists those there are".to_owned(),
            Self::TooMany => "leave `event` out to have all".to_owned(),
        }
    }
}

impl Filter {
    /// Every event, good and bad.
    #[must_use]
    pub const fn everything() -> Self {
        Self { events: BTreeSet::new(), good: true, bad: true }
    }

    /// Good events of these names, separated by commas; all where there are none.
    ///
    /// # Errors
    /// Names that no version of the schema has: nothing would ever come.
    pub fn named(names: &str, schemas: &Schemas) -> Result<Self, FilterError> {
        let wanted: BTreeSet<&str> = names.split(',').map(str::trim).filter(|name| !name.is_empty()).collect();
        if wanted.len() > NAMES_MAX {
            return Err(FilterError::TooMany);
        }
        if let Some(unknown) = wanted.iter().find(|name| schemas.newest_with(name).is_none()) {
            let known = schemas.current().events.iter().map(|event| event.name.as_str());
            let near = nearest(unknown, known).map(ToOwned::to_owned);
            return Err(FilterError::UnknownEvent { name: unknown.chars().take(100).collect(), near });
        }
        Ok(Self { events: wanted.into_iter().map(ToOwned::to_owned).collect(), good: true, bad: false })
    }

    /// Whether records of the topic are wanted at all.
    #[must_use]
    pub const fn wants(&self, topic: Topic) -> bool {
        match topic {
            Topic::Events => self.good,
            Topic::Quarantine => self.bad,
        }
    }

    /// Whether an event of this name is wanted.
    #[must_use]
    pub fn lets_through(&self, event: &str) -> bool {
        self.events.is_empty() || self.events.contains(event)
    }
}

#[cfg(test)]
mod tests {
    use judi_schema::compile::{Source, SourceText};

    use super::*;

    #[test]
    fn names_that_nobody_can_send_are_refused_with_the_nearest() {
        let text = "syntax = \"proto3\"; package a.v1; import \"judi/v1/options.proto\";
            message View { option (judi.event) = { name: \"page_view\" }; string path = 1; }";
        let schemas =
            Schemas::first(&[Source { name: "a.proto".to_owned(), text: SourceText::Proto(text.to_owned()) }]).unwrap();
        let filter = Filter::named(" page_view,", &schemas).unwrap();
        assert!(filter.lets_through("page_view") && !filter.lets_through("other"));
        assert!(filter.wants(Topic::Events) && !filter.wants(Topic::Quarantine));
        let error = Filter::named("page_veiw", &schemas).unwrap_err();
        assert_eq!(error.hint(), "did you mean \"page_view\"?");
        assert!(Filter::named("", &schemas).unwrap().lets_through("page_view"));
        assert!(Filter::everything().lets_through("never heard of"));
    }
}
