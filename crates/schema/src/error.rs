//! What can be wrong with a schema: each error names the place, the cause and what to do about it.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use prost_reflect::{FieldDescriptor, FileDescriptor, MessageDescriptor};

/// Where something stands: a file, with line and column (both from 1) where they are known.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The file, as the user would write its path.
    pub file: String,
    /// From 1.
    pub line: Option<u32>,
    /// In characters, from 1; only with a line.
    pub column: Option<u32>,
}

/// Whose fault an error is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The schema or the ledger, as they are written: somebody must change a file.
    User,
    /// The disk: the same call may succeed later.
    External,
    /// Judi itself.
    Internal,
}

/// Why a schema cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SchemaError {
    /// The compiler refuses a file.
    #[error("{place}: {cause}")]
    Compile {
        /// Where.
        place: Place,
        /// The compiler's words.
        cause: String,
        /// What to do, where the cause is a known one.
        hint: Option<&'static str>,
    },
    /// The schema compiles, and says something that Judi cannot give a meaning or a column.
    #[error("{place}: {cause}")]
    Refused {
        /// Where.
        place: Place,
        /// What.
        cause: String,
        /// What to do.
        hint: String,
    },
    /// The ledger contradicts itself, or the schema's files.
    #[error("{}: {cause}", joined(.places))]
    Ledger {
        /// The lines that do not go together.
        places: Vec<Place>,
        /// Why not.
        cause: String,
    },
    /// The schema has changed since the ledger's newest version, and nobody asked to publish it.
    #[error("the schema has changed since its last published version ({newest})")]
    NotPublished {
        /// The newest version in the ledger; 0: none yet.
        newest: u32,
    },
    /// The stored descriptors of a version are not those that the ledger speaks of.
    #[error("{}: these are not the descriptors of schema version {version} ({cause})", path.display())]
    ForeignVersion {
        /// The stored file.
        path: PathBuf,
        /// The version.
        version: u32,
        /// What differs.
        cause: String,
    },
    /// Another process is publishing a version at this moment.
    #[error("{}: another process is publishing a schema version", path.display())]
    Busy {
        /// The lock that it holds.
        path: PathBuf,
    },
    /// The disk's own error.
    #[error("{}: {source}", path.display())]
    Disk {
        /// The file or folder.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
}

impl SchemaError {
    /// Whose fault it is.
    #[must_use]
    pub const fn fault(&self) -> Fault {
        match self {
            Self::Compile { .. } | Self::Refused { .. } | Self::Ledger { .. } => Fault::User,
            Self::NotPublished { .. } | Self::ForeignVersion { .. } => Fault::User,
            Self::Busy { .. } | Self::Disk { .. } => Fault::External,
        }
    }

    /// Whether the same call may succeed later without anybody changing a file of the project.
    #[must_use]
    pub const fn retry(&self) -> bool {
        matches!(self.fault(), Fault::External)
    }

    /// Where it stands, where there is such a place.
    #[must_use]
    pub fn place(&self) -> Option<&Place> {
        match self {
            Self::Compile { place, .. } | Self::Refused { place, .. } => Some(place),
            Self::Ledger { places, .. } => places.first(),
            _ => None,
        }
    }

    /// What to do about it, for people.
    #[must_use]
    pub fn hint(&self) -> Option<&str> {
        match self {
            Self::Compile { hint, .. } => *hint,
            Self::Refused { hint, .. } => Some(hint),
            Self::Ledger { .. } => Some(
                "the ledger is append-only: take schema/ledger.json from version control, or keep both sides' lines \
                 of a merge with fresh numbers for the later ones",
            ),
            Self::NotPublished { .. } => Some("publish it first: judi schema publish"),
            Self::ForeignVersion { .. } => Some(
                "schema/ledger.json and .judi/ belong together: take the ledger that this project's data was written \
                 with from version control",
            ),
            Self::Busy { .. } => Some("try again when it is done"),
            Self::Disk { .. } => None,
        }
    }

    /// This error with the files that it names by their place in the schema folder named by their paths.
    pub(crate) fn below(mut self, schema_dir: &Path) -> Self {
        let below = |place: &mut Place| place.file = schema_dir.join(&place.file).display().to_string();
        match &mut self {
            Self::Compile { place, .. } | Self::Refused { place, .. } => below(place),
            Self::Ledger { places, .. } => places.iter_mut().for_each(below),
            _ => {}
        }
        self
    }

    pub(crate) fn disk(path: &Path) -> impl FnOnce(io::Error) -> Self + '_ {
        move |source| Self::Disk { path: path.to_owned(), source }
    }
}

impl Place {
    /// A whole file.
    #[must_use]
    pub fn file(file: impl Into<String>) -> Self {
        Self { file: file.into(), line: None, column: None }
    }

    /// A line of a file, from 1.
    #[must_use]
    pub fn line(file: impl Into<String>, line: u32) -> Self {
        Self { file: file.into(), line: Some(line), column: None }
    }

    /// Where a field is declared.
    #[must_use]
    pub fn of_field(field: &FieldDescriptor) -> Self {
        Self::of_path(&field.parent_file(), field.path())
    }

    /// Where a message is declared.
    #[must_use]
    pub fn of_message(message: &MessageDescriptor) -> Self {
        Self::of_path(&message.parent_file(), message.path())
    }

    fn of_path(file: &FileDescriptor, path: &[i32]) -> Self {
        let span = file.file_descriptor_proto().source_code_info.as_ref().and_then(|info| {
            let location = info.location.iter().find(|location| location.path == path)?;
            Some((*location.span.first()?, *location.span.get(1)?))
        });
        let from_one = |zero_based: i32| u32::try_from(zero_based).ok().and_then(|n| n.checked_add(1));
        Self {
            file: file.name().to_owned(),
            line: span.and_then(|(line, _)| from_one(line)),
            column: span.and_then(|(_, column)| from_one(column)),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
            if let Some(column) = self.column {
                write!(f, ":{column}")?;
            }
        }
        Ok(())
    }
}

fn joined(places: &[Place]) -> String {
    places.iter().map(ToString::to_string).collect::<Vec<_>>().join(" and ")
}
