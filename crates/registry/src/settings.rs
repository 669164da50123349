//! What a subject, or the whole registry, is set to: the level of compatibility and the mode.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Which earlier versions a new one has to get along with, and in which direction.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum Level {
    None,
    /// The new version reads what the newest wrote.
    #[default]
    Backward,
    BackwardTransitive,
    /// The newest reads what the new version writes.
    Forward,
    ForwardTransitive,
    Full,
    FullTransitive,
}

/// What may be done with subjects.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum Mode {
    #[default]
    Readwrite,
    Readonly,
    /// Of the whole registry: nothing may be written, whatever subjects say.
    ReadonlyOverride,
    /// Versions are registered with the ids that they have elsewhere, and are not compared.
    Import,
}

/// Not one of the names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct UnknownName;

impl Level {
    const ALL: [(Self, &'static str); 7] = [
        (Self::None, "NONE"),
        (Self::Backward, "BACKWARD"),
        (Self::BackwardTransitive, "BACKWARD_TRANSITIVE"),
        (Self::Forward, "FORWARD"),
        (Self::ForwardTransitive, "FORWARD_TRANSITIVE"),
        (Self::Full, "FULL"),
        (Self::FullTransitive, "FULL_TRANSITIVE"),
    ];

    pub(crate) const fn is_transitive(self) -> bool {
        matches!(self, Self::BackwardTransitive | Self::ForwardTransitive | Self::FullTransitive)
    }

    /// Whether a new version has to read what earlier ones wrote.
    pub(crate) const fn is_backward(self) -> bool {
        matches!(self, Self::Backward | Self::BackwardTransitive | Self::Full | Self::FullTransitive)
    }

    /// Whether earlier versions have to read what a new one writes.
    pub(crate) const fn is_forward(self) -> bool {
        matches!(self, Self::Forward | Self::ForwardTransitive | Self::Full | Self::FullTransitive)
    }
}

impl Mode {
    const ALL: [(Self, &'static str); 4] = [
        (Self::Readwrite, "READWRITE"),
        (Self::Readonly, "READONLY"),
        (Self::ReadonlyOverride, "READONLY_OVERRIDE"),
        (Self::Import, "IMPORT"),
    ];

    pub(crate) const fn is_read_only(self) -> bool {
        matches!(self, Self::Readonly | Self::ReadonlyOverride)
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(name_of(&Self::ALL, self))
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(name_of(&Self::ALL, self))
    }
}

impl FromStr for Level {
    type Err = UnknownName;

    fn from_str(name: &str) -> Result<Self, UnknownName> {
        named(&Self::ALL, name)
    }
}

impl FromStr for Mode {
    type Err = UnknownName;

    fn from_str(name: &str) -> Result<Self, UnknownName> {
        named(&Self::ALL, name)
    }
}

fn name_of<T: PartialEq>(all: &[(T, &'static str)], wanted: &T) -> &'static str {
    all.iter().find(|(value, _)| value == wanted).map_or("", |(_, name)| name)
}

/// In capitals or not, as clients send them.
fn named<T: Copy>(all: &[(T, &'static str)], wanted: &str) -> Result<T, UnknownName> {
    all.iter().find(|(_, name)| name.eq_ignore_ascii_case(wanted)).map(|(value, _)| *value).ok_or(UnknownName)
}
