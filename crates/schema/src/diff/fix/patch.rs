//! The edits of a fix as a unified diff, which `git apply` and `patch -p1` take.

use std::fmt::Write as _;

use super::edit::{Edit, edited, plan};
use super::{FixError, FixStep};
use crate::compile::{Source, SourceText};

/// Lines shown around what changes.
const CONTEXT: usize = 3;

/// What [`super::apply`] would do, as a unified diff; `folder` stands before the names of files: `schema/`.
///
/// # Errors
/// As of [`super::apply`].
pub fn patch(sources: &[Source], steps: &[&FixStep], folder: &str) -> Result<String, FixError> {
    let edits = plan(sources, steps)?;
    let mut out = String::new();
    for source in sources {
        if let (SourceText::Proto(text), Some(edits)) = (&source.text, edits.get(&source.name)) {
            let name = format!("{folder}{}", source.name);
            // Writing to a String cannot fail.
            let _ = write!(out, "--- a/{name}\n+++ b/{name}\n");
            hunks(text, edits, &mut out);
        }
    }
    Ok(out)
}

/// Old lines that change together, and what they become.
struct Piece {
    /// Indexes of old lines.
    lines: std::ops::Range<usize>,
    new: String,
}

fn hunks(text: &str, edits: &[Edit], out: &mut String) {
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let pieces = pieces(text, &lines, edits);
    let mut shift = 0i64;
    let mut rest = pieces.as_slice();
    while let Some(first) = rest.first() {
        let mut count = 1;
        while rest.get(count).is_some_and(|next| {
            rest.get(count - 1).is_some_and(|piece| next.lines.start <= piece.lines.end + 2 * CONTEXT)
        }) {
            count += 1;
        }
        let (together, others) = rest.split_at(count);
        rest = others;
        let start = first.lines.start.saturating_sub(CONTEXT);
        let last = together.last().map_or(first.lines.end, |piece| piece.lines.end);
        let end = (last + CONTEXT).min(lines.len());
        let mut body = String::new();
        let (mut at, mut added) = (start, 0usize);
        for piece in together {
            put(&mut body, ' ', lines.get(at..piece.lines.start).unwrap_or_default().iter().copied());
            put(&mut body, '-', lines.get(piece.lines.clone()).unwrap_or_default().iter().copied());
            put(&mut body, '+', piece.new.split_inclusive('\n'));
            added += piece.new.split_inclusive('\n').count();
            at = piece.lines.end;
        }
        put(&mut body, ' ', lines.get(at..end).unwrap_or_default().iter().copied());
        let removed: usize = together.iter().map(|piece| piece.lines.len()).sum();
        let (old_count, new_count) = (end - start, end - start - removed + added);
        let new_start = i64::try_from(start).unwrap_or(i64::MAX).saturating_add(shift) + 1;
        let _ = writeln!(out, "@@ -{},{old_count} +{new_start},{new_count} @@", start + 1);
        out.push_str(&body);
        shift += i64::try_from(added).unwrap_or(0) - i64::try_from(removed).unwrap_or(0);
    }
}

/// The edits by whole lines.
fn pieces(text: &str, lines: &[&str], edits: &[Edit]) -> Vec<Piece> {
    let mut starts = Vec::with_capacity(lines.len());
    let mut offset = 0;
    for line in lines {
        starts.push(offset);
        offset += line.len();
    }
    let line_of = |at: usize| starts.partition_point(|start| *start <= at).saturating_sub(1);
    let mut pieces: Vec<(std::ops::Range<usize>, Vec<Edit>)> = Vec::new();
    for edit in edits {
        let touched = line_of(edit.start)..line_of(edit.end) + 1;
        match pieces.last_mut() {
            Some((known, together)) if touched.start < known.end => {
                known.end = known.end.max(touched.end);
                together.push(edit.clone());
            }
            _ => pieces.push((touched, vec![edit.clone()])),
        }
    }
    let whole = |(touched, together): (std::ops::Range<usize>, Vec<Edit>)| {
        let from = starts.get(touched.start).copied().unwrap_or(0);
        let to = starts.get(touched.end).copied().unwrap_or(text.len());
        let moved = together.into_iter().map(|edit| Edit { start: edit.start - from, end: edit.end - from, ..edit });
        let moved: Vec<Edit> = moved.collect();
        let new = edited(text.get(from..to).unwrap_or_default(), &moved);
        trimmed(&touched, &new, lines)
    };
    pieces.into_iter().map(whole).collect()
}

/// Without the first lines that stay as they are: an edit at the end of a line begins on the next.
fn trimmed(touched: &std::ops::Range<usize>, new: &str, lines: &[&str]) -> Piece {
    let (mut start, mut new) = (touched.start, new);
    let first = |start: usize| lines.get(start..touched.end).and_then(<[_]>::first).copied();
    while let Some(rest) = first(start).filter(|line| line.ends_with('\n')).and_then(|line| new.strip_prefix(line)) {
        new = rest;
        start += 1;
    }
    Piece { lines: start..touched.end, new: new.to_owned() }
}

fn put<'a>(out: &mut String, sign: char, lines: impl Iterator<Item = &'a str>) {
    for line in lines {
        out.push(sign);
        out.push_str(line);
        if !line.ends_with('\n') {
            out.push_str("\n\\ No newline at end of file\n");
        }
    }
}
