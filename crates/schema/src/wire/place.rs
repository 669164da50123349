//! Where in a message something is wrong: a chain of places on the stack, written out only when it is needed.

use std::fmt::{self, Write};

use super::cursor::{Cursor, Scalar};
use super::elements::Elements;
use crate::plan::{FieldPlan, ScalarKind};
use crate::verdict::{Reason, Violation};

/// A place, in the message at `parent`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place<'a> {
    pub(crate) parent: Option<&'a Place<'a>>,
    pub(crate) step: Step<'a>,
}

/// The way from a message to one of its values.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Step<'a> {
    /// `section`.
    Field(&'a str),
    /// `tags[2]`.
    Item(&'a str, usize),
    /// `labels["sv"]`, of JSON, whose keys are text.
    Key(&'a str, &'a str),
    /// `tags[2]`, of the wire: the value follows `before` in its message, and `packed` values of its own field.
    Nth { field: &'a FieldPlan, before: &'a [u8], packed: usize },
    /// `labels["sv"]`, of the wire.
    Entry { field: &'a FieldPlan, key: ScalarKind, entry: &'a [u8] },
}

impl<'a> Place<'a> {
    pub(crate) const fn new(parent: Option<&'a Self>, step: Step<'a>) -> Self {
        Self { parent, step }
    }

    pub(crate) fn violation(&self, reason: Reason, detail: impl Into<String>) -> Violation {
        Violation { reason, field: self.to_string(), detail: detail.into() }
    }
}

/// The path to a place, or of the whole message.
pub(crate) fn path(place: Option<&Place<'_>>) -> String {
    place.map(ToString::to_string).unwrap_or_default()
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(parent) = self.parent {
            parent.fmt(f)?;
            f.write_char('.')?;
        }
        match self.step {
            Step::Field(name) => f.write_str(name),
            Step::Item(name, index) => write!(f, "{name}[{index}]"),
            Step::Key(name, key) => write!(f, "{name}[{key:?}]"),
            Step::Nth { field, before, packed } => {
                write!(f, "{}[{}]", field.name, Elements::of(field, before).count() + packed)
            }
            Step::Entry { field, key, entry } => {
                f.write_str(&field.name)?;
                match key_of(key, entry) {
                    Some(Scalar::Int(value)) => write!(f, "[{value}]"),
                    Some(Scalar::Uint(value)) => write!(f, "[{value}]"),
                    Some(Scalar::Bool(value)) => write!(f, "[{value}]"),
                    Some(Scalar::Text(value)) => write!(f, "[{value:?}]"),
                    _ => f.write_str("[…]"),
                }
            }
        }
    }
}

/// The key of a map's entry, its zero where the entry has none; `None` where it cannot be read.
pub(crate) fn key_of(kind: ScalarKind, entry: &[u8]) -> Option<Scalar<'_>> {
    let mut cursor = Cursor::new(entry);
    let mut key = None;
    while let Some(tag) = cursor.tag().ok()? {
        if tag.number == 1 && tag.wire_type == kind.wire_type() {
            key = Some(cursor.scalar(kind).ok()?);
        } else {
            cursor.skip(tag, 0).ok()?;
        }
    }
    Some(key.unwrap_or_else(|| kind.zero()))
}
