//! Options of Judi's own on a field, a value, a message or an enum: one more, in whichever form the file has them.

use std::ops::Range;

use super::edit::Edit;
use super::text::{File, TokenKind};

/// `(judi.field).alias = "x"`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wanted {
    /// `judi.field`.
    pub(super) option: &'static str,
    /// `alias`.
    pub(super) member: &'static str,
    /// As the file writes it.
    pub(super) value: String,
    /// Whether there is one value at most, which takes the place of another.
    pub(super) is_single: bool,
}

/// The edits that give a field or value, whose equals sign and end are these tokens, more options.
pub(super) fn in_brackets(file: &File<'_>, statement: &Range<usize>, equals: usize, wanted: &[Wanted]) -> Vec<Edit> {
    let open = (equals..statement.end).find(|&at| file.is(at, '['));
    let Some((open, close)) = open.and_then(|open| Some((open, file.closing(open)?))) else {
        // After the number, of which a sign may be a part.
        let number = if file.is(equals + 1, '-') { equals + 2 } else { equals + 1 };
        let at = file.tokens.get(number).map_or(file.text.len(), |token| token.end);
        return vec![Edit::insert(at, format!(" [{}]", listed(wanted)))];
    };
    let mut edits = Vec::new();
    let mut more = Vec::new();
    for it in wanted {
        match in_entries(file, open + 1, close, it) {
            Some(edit) => edits.push(edit),
            None => more.push(it.clone()),
        }
    }
    if let Some(last) = file.tokens.get(close.saturating_sub(1)).filter(|_| !more.is_empty()) {
        let comma = if close == open + 1 { "" } else { ", " };
        edits.push(Edit::insert(last.end, format!("{comma}{}", listed(&more))));
    }
    edits
}

/// The edit that says it within an option that is there already, from token `start` to `end`.
pub(super) fn in_entries(file: &File<'_>, start: usize, end: usize, wanted: &Wanted) -> Option<Edit> {
    let mut at = start;
    while at < end {
        let name_end = if file.is(at, '(') { file.closing(at)? } else { at };
        let is_ours =
            (at + 1..name_end).map(|at| file.word(at)).collect::<String>().trim_start_matches('.') == wanted.option;
        let equals = (name_end..end).find(|&at| file.is(at, '='))?;
        let value = equals + 1;
        if is_ours && equals == name_end + 1 && file.is(value, '{') {
            return in_braces(file, value, wanted);
        }
        let is_member = is_ours && file.word(equals.saturating_sub(1)) == wanted.member;
        if is_member && wanted.is_single {
            return Edit::replace(file, value, &wanted.value);
        }
        // On to the entry after the next comma that is not inside a value.
        at = value;
        while at < end && !file.is(at, ',') {
            at = match file.tokens.get(at).map(|token| token.kind) {
                Some(TokenKind::Symbol('{' | '[' | '(')) => file.closing(at)? + 1,
                _ => at + 1,
            };
        }
        at += 1;
    }
    None
}

/// `{ pii: PII_CLASS_NONE }` with one member more.
fn in_braces(file: &File<'_>, open: usize, wanted: &Wanted) -> Option<Edit> {
    let close = file.closing(open)?;
    if wanted.is_single
        && let Some(at) = member_of(file, open, close, wanted.member)
    {
        let value = if file.is(at + 1, ':') { at + 2 } else { at + 1 };
        return Edit::replace(file, value, &wanted.value);
    }
    let last = file.tokens.get(close.checked_sub(1)?)?;
    let before = match last.kind {
        TokenKind::Symbol('{') => "",
        TokenKind::Symbol(',' | ';') => " ",
        _ => ", ",
    };
    Some(Edit::insert(last.end, format!("{before}{}: {}", wanted.member, wanted.value)))
}

/// The token of a member's name directly inside the braces.
pub(super) fn member_of(file: &File<'_>, open: usize, close: usize, member: &str) -> Option<usize> {
    let mut at = open + 1;
    while at < close {
        match file.tokens.get(at)?.kind {
            TokenKind::Symbol('{' | '[' | '(') => at = file.closing(at)?,
            TokenKind::Word if file.word(at) == member && !file.is(at.saturating_sub(1), ':') => return Some(at),
            _ => {}
        }
        at += 1;
    }
    None
}

fn listed(wanted: &[Wanted]) -> String {
    let one = |it: &Wanted| format!("({}).{} = {}", it.option, it.member, it.value);
    wanted.iter().map(one).collect::<Vec<_>>().join(", ")
}
