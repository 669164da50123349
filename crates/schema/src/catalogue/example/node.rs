//! JSON in the order in which it was made: an object's members stand as the schema has them.

use crate::json::output::quote;

/// A JSON value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Node {
    /// Its text.
    Value(String),
    List(Vec<Node>),
    Object(Vec<(String, Node)>),
}

impl Node {
    /// On one line.
    pub(super) fn compact(&self) -> String {
        let mut out = String::new();
        self.write(None, &mut out);
        out
    }

    /// A member a line, each level two spaces further in.
    pub(super) fn pretty(&self) -> String {
        let mut out = String::new();
        self.write(Some(0), &mut out);
        out
    }

    /// The text of a scalar as the name of a member.
    pub(super) fn as_key(&self) -> String {
        match self {
            Self::Value(text) => serde_json::from_str::<String>(text).unwrap_or_else(|_| text.clone()),
            Self::List(_) | Self::Object(_) => self.compact(),
        }
    }

    fn write(&self, level: Option<usize>, out: &mut String) {
        let inner = level.map(|level| level + 1);
        match self {
            Self::Value(text) => out.push_str(text),
            // Short lists are read on one line.
            Self::List(items) if items.iter().all(|item| matches!(item, Self::Value(_))) => {
                out.push('[');
                for (at, item) in items.iter().enumerate() {
                    out.push_str(if at > 0 { ", " } else { "" });
                    item.write(None, out);
                }
                out.push(']');
            }
            Self::List(items) => around(['[', ']'], items, level, out, |item, out| item.write(inner, out)),
            Self::Object(members) => around(['{', '}'], members, level, out, |(name, value), out| {
                quote(name, out);
                out.push_str(": ");
                value.write(inner, out);
            }),
        }
    }
}

/// Writes parts between brackets: each on a line of its own where there are levels.
fn around<T>(
    [open, close]: [char; 2],
    parts: &[T],
    level: Option<usize>,
    out: &mut String,
    mut write: impl FnMut(&T, &mut String),
) {
    let line = |level: usize, out: &mut String| {
        out.push('\n');
        out.extend(std::iter::repeat_n("  ", level));
    };
    out.push(open);
    for (at, part) in parts.iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        match level {
            Some(level) => line(level + 1, out),
            None if at > 0 => out.push(' '),
            None => {}
        }
        write(part, out);
    }
    if let Some(level) = level.filter(|_| !parts.is_empty()) {
        line(level, out);
    }
    out.push(close);
}
