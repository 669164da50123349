//! What a check of a schema found, and where.

use std::fmt;

use serde::Serialize;

/// One finding. As JSON it is what programs read: the names and order of its members are a contract.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Finding {
    /// The file, relative to the checked folder; empty where it belongs to none.
    pub path: String,
    /// From 1, as the other three; a finding about a whole file, or about none, is at 1:1-1:1.
    pub start_line: u32,
    /// In characters, the first being 1.
    pub start_column: u32,
    /// The line of the last character.
    pub end_line: u32,
    /// The column after the last character.
    pub end_column: u32,
    /// The rule's id: `FIELD_NO_DELETE`.
    pub rule: String,
    /// What is wrong and what to do, for people.
    pub message: String,
}

impl Finding {
    /// A finding about a whole file, or about none when `path` is empty.
    #[must_use]
    pub fn of_file(path: impl Into<String>, rule: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            start_line: 1,
            start_column: 1,
            end_line: 1,
            end_column: 1,
            rule: rule.into(),
            message: message.into(),
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.path.is_empty() {
            write!(f, "{}:{}:{}: ", self.path, self.start_line, self.start_column)?;
        }
        write!(f, "{} ({})", self.message, self.rule)
    }
}
