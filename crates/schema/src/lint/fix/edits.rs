//! Edits of a text, and the text with them.

use std::collections::BTreeSet;
use std::ops::Range;

/// Puts a text in the place of a stretch of bytes; an empty stretch is a place to insert at.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Edit {
    start: usize,
    end: usize,
    text: String,
}

impl Edit {
    pub(super) fn insert(at: usize, text: impl Into<String>) -> Self {
        Self { start: at, end: at, text: text.into() }
    }

    pub(super) fn replace(range: &Range<usize>, text: impl Into<String>) -> Self {
        Self { start: range.start, end: range.end, text: text.into() }
    }
}

/// The text with all edits; `None` when two of them are about the same bytes, or one leads out of the text.
pub(super) fn apply(text: &str, edits: &BTreeSet<Edit>) -> Option<String> {
    let mut edited = String::with_capacity(text.len() + edits.iter().map(|edit| edit.text.len()).sum::<usize>());
    let mut done = 0;
    for edit in edits {
        edited.push_str(text.get(done..edit.start)?);
        text.get(edit.start..edit.end)?;
        edited.push_str(&edit.text);
        done = edit.end;
    }
    edited.push_str(text.get(done..)?);
    Some(edited)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edited(text: &str, edits: &[Edit]) -> Option<String> {
        apply(text, &edits.iter().cloned().collect())
    }

    #[test]
    fn edits_are_applied_together_or_not_at_all() {
        let (insert, replace) = (Edit::insert(0, "x"), Edit::replace(&(1..3), "y"));
        assert_eq!(edited("abcd", &[replace.clone(), insert.clone(), insert]).unwrap(), "xayd");
        assert_eq!(
            edited("abcd", &[Edit::insert(4, "e"), Edit::insert(1, "1"), Edit::insert(1, "2")]).unwrap(),
            "a12bcde"
        );
        assert_eq!(edited("abcd", &[replace, Edit::insert(2, "z")]), None);
        assert_eq!(edited("abcd", &[Edit::insert(5, "z")]), None);
        assert_eq!(edited("å", &[Edit::insert(1, "z")]), None);
    }
}
