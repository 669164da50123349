//! Where the parts of a file are: paths of descriptor elements, as `SourceCodeInfo` has them, with their bytes.

use prost_types::source_code_info::Location;
use prost_types::uninterpreted_option::NamePart;

use super::comments::Remarks;
use super::lines;

/// `uninterpreted_option` in every options message: the path of an option before it is interpreted.
pub(super) const UNINTERPRETED_OPTION: i32 = 999;

/// Every part of a file that has a place.
#[derive(Debug, Clone, Default)]
pub struct Places {
    entries: Vec<Place>,
    /// The file without what surrounds its first and last token.
    whole: (usize, usize),
}

#[derive(Debug, Clone)]
struct Place {
    path: Box<[i32]>,
    start: usize,
    end: usize,
    remarks: Option<Box<Remarks>>,
    /// The name of an option: `path` is then that of the uninterpreted one.
    option: Option<Box<[NamePart]>>,
}

impl Places {
    pub(super) fn set_whole(&mut self, start: usize, end: usize) {
        self.whole = (start, end);
    }

    pub(super) fn add(&mut self, path: &[i32], start: usize, end: usize) {
        self.entries.push(Place { path: path.into(), start, end, remarks: None, option: None });
    }

    pub(super) fn add_with_remarks(&mut self, path: &[i32], start: usize, end: usize, remarks: Remarks) {
        let remarks = (remarks != Remarks::default()).then(|| Box::new(remarks));
        self.entries.push(Place { path: path.into(), start, end, remarks, option: None });
    }

    pub(super) fn add_option(&mut self, path: &[i32], name: &[NamePart], start: usize, end: usize, remarks: Remarks) {
        let remarks = (remarks != Remarks::default()).then(|| Box::new(remarks));
        self.entries.push(Place { path: path.into(), start, end, remarks, option: Some(name.into()) });
    }

    /// Where the element of this path begins, in bytes; of the nearest element around it where it has no own place.
    #[must_use]
    pub fn start_of(&self, path: &[i32]) -> Option<usize> {
        let around = self.entries.iter().filter(|place| path.starts_with(&place.path));
        // Of several of the same length the first: an option stands before what is inside of it.
        around.rev().max_by_key(|place| place.path.len()).map(|place| place.start)
    }

    /// The locations for `SourceCodeInfo`, in the order of the text, the file's own first. `interpreted` gives the
    /// path of an option, by the path of the options message that it is in and its name; options that it does not
    /// know have no location.
    pub fn locations(
        &self,
        text: &str,
        mut interpreted: impl FnMut(&[i32], &[NamePart]) -> Option<Vec<i32>>,
    ) -> Vec<Location> {
        let mut offsets: Vec<usize> = self.entries.iter().flat_map(|place| [place.start, place.end]).collect();
        offsets.extend([self.whole.0, self.whole.1]);
        offsets.sort_unstable();
        offsets.dedup();
        let spots = lines::spots(text, &offsets);
        let span = |start: usize, end: usize| -> Vec<i32> {
            let spot = |offset| offsets.binary_search(&offset).ok().and_then(|index| spots.get(index)).copied();
            let (Some(start), Some(end)) = (spot(start), spot(end)) else { return Vec::new() };
            let number = |number: u32| i32::try_from(number).unwrap_or(i32::MAX);
            let mut span = vec![number(start.line), number(start.column)];
            if start.line != end.line {
                span.push(number(end.line));
            }
            span.push(number(end.column));
            span
        };
        let mut locations = Vec::with_capacity(self.entries.len() + 1);
        for place in &self.entries {
            let path = match (&place.option, place.path.len().checked_sub(2)) {
                (Some(name), Some(owner)) => {
                    let Some(path) = interpreted(place.path.get(..owner).unwrap_or_default(), name) else { continue };
                    path
                }
                _ => place.path.to_vec(),
            };
            locations.push(located(path, span(place.start, place.end), place.remarks.as_deref()));
        }
        locations.sort_by(|a, b| a.span.cmp(&b.span));
        locations.insert(0, located(Vec::new(), span(self.whole.0, self.whole.1), None));
        locations
    }
}

fn located(path: Vec<i32>, span: Vec<i32>, remarks: Option<&Remarks>) -> Location {
    Location {
        path,
        span,
        leading_comments: remarks.and_then(|remarks| remarks.leading.clone()),
        trailing_comments: remarks.and_then(|remarks| remarks.trailing.clone()),
        leading_detached_comments: remarks.map(|remarks| remarks.detached.clone()).unwrap_or_default(),
    }
}
