//! Where a change stands: the whole of the declaration, as a finding says it.

use prost_reflect::FileDescriptor;
use serde::Serialize;

use crate::error::Place;

/// A stretch of a file; a whole file, or none, is 1:1-1:1.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Span {
    /// The file, relative to the schema folder; empty where it belongs to none.
    pub path: String,
    /// From 1, as the other three.
    pub start_line: u32,
    /// The first character's.
    pub start_column: u32,
    /// The line of the last character.
    pub end_line: u32,
    /// The column after the last character.
    pub end_column: u32,
}

impl Span {
    /// A whole file, or none where `path` is empty.
    #[must_use]
    pub fn file(path: impl Into<String>) -> Self {
        Self { path: path.into(), start_line: 1, start_column: 1, end_line: 1, end_column: 1 }
    }

    /// The declaration at `path`, a path of numbers within the file's descriptor; the file where its place is not
    /// known, as in descriptor sets.
    pub(super) fn of(file: &FileDescriptor, path: &[i32]) -> Self {
        let info = file.file_descriptor_proto().source_code_info.as_ref();
        let location = info.and_then(|info| info.location.iter().find(|location| location.path == path));
        let span = location.map(|location| location.span.as_slice()).unwrap_or_default();
        let (start, end) = match *span {
            [line, start, end] => ((line, start), (line, end)),
            [line, start, end_line, end] => ((line, start), (end_line, end)),
            _ => return Self::file(file.name()),
        };
        let from_one = |zero_based: i32| u32::try_from(zero_based).unwrap_or(0).saturating_add(1);
        Self {
            path: file.name().to_owned(),
            start_line: from_one(start.0),
            start_column: from_one(start.1),
            end_line: from_one(end.0),
            end_column: from_one(end.1),
        }
    }

    /// Its beginning.
    #[must_use]
    pub fn place(&self) -> Place {
        match (self.start_line, self.start_column, self.end_line, self.end_column) {
            (1, 1, 1, 1) => Place::file(&self.path),
            (line, column, ..) => Place { file: self.path.clone(), line: Some(line), column: Some(column) },
        }
    }
}
