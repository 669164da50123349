//! What makes a blocked change publishable, as steps on the `.proto` text: comments and layout stay as they are.
//!
//! ```text
//!   steps ──plan──► edits of each file, by its own tokens ──► new text  (apply)
//!                                                        └──► unified diff  (patch)
//! ```

mod edit;
mod options;
mod patch;
mod text;

use std::ops::RangeInclusive;

pub use patch::patch;

use crate::compile::{Source, SourceText};

/// A way out of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fix {
    /// What to do, for people.
    pub text: String,
    /// What [`apply`] does to the files; none: it takes a person.
    pub steps: Vec<FixStep>,
}

/// One edit of a declaration, which is found by its full name.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "members are names and numbers of what the variant says")]
pub enum FixStep {
    /// `reserved 2; reserved "x";` in a message.
    Reserve { message: String, numbers: Vec<RangeInclusive<u32>>, names: Vec<String> },
    /// The same in an enum.
    ReserveValues { enumeration: String, numbers: Vec<RangeInclusive<i32>>, names: Vec<String> },
    /// One more `(judi.field).alias`.
    FieldAlias { message: String, field: String, alias: String },
    /// One more `(judi.value).alias`.
    ValueAlias { enumeration: String, value: String, alias: String },
    /// One more `(judi.message).moved_from`.
    MovedFrom { message: String, from: String },
    /// One more `(judi.enum).moved_from`.
    EnumMovedFrom { enumeration: String, from: String },
    /// Another number for a field.
    Number { message: String, field: String, number: u32 },
    /// Another number for a value.
    ValueNumber { enumeration: String, value: String, number: i32 },
    /// `(judi.field).replaces`.
    Replaces { message: String, field: String, number: u32 },
    /// Another `name` in `(judi.event)`.
    EventName { message: String, name: String },
}

/// Why a fix cannot be written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FixError {
    /// No `.proto` file declares it; it may come from a descriptor set.
    #[error("no .proto file declares {name}")]
    NotDeclared {
        /// The full name of the message, enum, field or value.
        name: String,
    },
    /// The declaration is written in a way that the fix does not know.
    #[error("{file}: {name} is written in a way that cannot be edited by a program")]
    Unreadable {
        /// The file.
        file: String,
        /// The full name of what is declared.
        name: String,
    },
}

impl Fix {
    pub(super) fn of(text: impl Into<String>, steps: Vec<FixStep>) -> Self {
        Self { text: text.into(), steps }
    }

    pub(super) fn by_hand(text: impl Into<String>) -> Self {
        Self { text: text.into(), steps: Vec::new() }
    }

    /// Whether [`apply`] can do it.
    #[must_use]
    pub const fn is_automatic(&self) -> bool {
        !self.steps.is_empty()
    }
}

/// The sources with the steps done; files that no step touches are as they were.
///
/// # Errors
/// [`FixError`] for the first step whose declaration is not found.
pub fn apply(sources: &[Source], steps: &[&FixStep]) -> Result<Vec<Source>, FixError> {
    let edits = edit::plan(sources, steps)?;
    let edited = |source: &Source| match (&source.text, edits.get(&source.name)) {
        (SourceText::Proto(text), Some(edits)) => {
            Source { name: source.name.clone(), text: SourceText::Proto(edit::edited(text, edits)) }
        }
        _ => source.clone(),
    };
    Ok(sources.iter().map(edited).collect())
}

#[cfg(test)]
mod tests;
