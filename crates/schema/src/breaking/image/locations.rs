//! Where the elements of a file are, by their paths.

use std::collections::HashMap;
use std::sync::OnceLock;

use super::wire::LocationProto;

/// Lines and columns from 1; the end is the column after the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) start_line: u32,
    pub(crate) start_column: u32,
    pub(crate) end_line: u32,
    pub(crate) end_column: u32,
}

/// The locations of one file, in the order of its text.
#[derive(Debug, Default)]
pub(crate) struct Locations {
    all: Vec<LocationProto>,
    /// Index of the first location of each path; made when the first finding asks for it.
    first: OnceLock<HashMap<Vec<i32>, usize>>,
}

impl Locations {
    pub(crate) fn new(all: Vec<LocationProto>) -> Self {
        Self { all, first: OnceLock::new() }
    }

    /// The place of the element of this path.
    pub(crate) fn get(&self, path: &[i32]) -> Option<Span> {
        let first = self.first.get_or_init(|| {
            let mut first = HashMap::with_capacity(self.all.len());
            for (index, location) in self.all.iter().enumerate() {
                first.entry(location.path.clone()).or_insert(index);
            }
            first
        });
        self.all.get(*first.get(path)?).and_then(span)
    }

    /// The place of an option: of the nearest part around it that is not outside of its first `least` path elements,
    /// or of a part inside of it.
    pub(crate) fn option(&self, path: &[i32], least: usize) -> Option<Span> {
        if let Some(span) = self.get(path) {
            return Some(span);
        }
        let mut best: Option<&LocationProto> = None;
        for location in &self.all {
            let longer = location.path.len() > best.map_or(0, |best| best.path.len());
            if location.path.len() >= least && path.starts_with(&location.path) && longer {
                best = Some(location);
            } else if location.path.starts_with(path) {
                return span(location);
            }
        }
        best.and_then(span)
    }
}

fn span(location: &LocationProto) -> Option<Span> {
    let from_one = |number: i32| u32::try_from(number).unwrap_or_default().saturating_add(1);
    let (start_line, start_column, end_line, end_column) = match *location.span.as_slice() {
        [line, start, end] => (line, start, line, end),
        [start_line, start, end_line, end] => (start_line, start, end_line, end),
        _ => return None,
    };
    Some(Span {
        start_line: from_one(start_line),
        start_column: from_one(start_column),
        end_line: from_one(end_line),
        end_column: from_one(end_column),
    })
}
