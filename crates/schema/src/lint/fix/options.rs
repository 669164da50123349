//! Values in options, in both ways that options are written: `(o) = {key: "…"}` and `(o).key = "…"`.

use std::ops::Range;

use super::super::tokens::{Token, matching, tokens};
use super::edits::Edit;

/// Sets the text of a key in `… = { … }`; `range` is that of the option. `None` where there are no braces.
pub(super) fn set_in_braces(text: &str, range: Range<usize>, key: &str, value: &str) -> Option<Edit> {
    let tokens = tokens(text, range);
    let open = tokens.iter().position(|token| token.text == "=").map(|equals| equals + 1)?;
    let close = matching(&tokens, open)?;
    let inner = tokens.get(open + 1..close)?;
    if let Some(old) = value_of(inner, key) {
        return Some(Edit::replace(&old, quoted(value)));
    }
    insert_in_braces(text, tokens.get(open)?, inner, tokens.get(close)?, &format!("{key}: {}", quoted(value)))
}

/// Adds a field to `… = { … }`, even where one of its name is there.
pub(super) fn add_in_braces(text: &str, range: Range<usize>, field: &str) -> Option<Edit> {
    let tokens = tokens(text, range);
    let open = tokens.iter().position(|token| token.text == "=").map(|equals| equals + 1)?;
    let close = matching(&tokens, open)?;
    insert_in_braces(text, tokens.get(open)?, tokens.get(open + 1..close)?, tokens.get(close)?, field)
}

/// Replaces the text in `… = "…"`.
pub(super) fn replace_text(text: &str, range: Range<usize>, value: &str) -> Option<Edit> {
    let tokens = tokens(text, range);
    let equals = tokens.iter().position(|token| token.text == "=")?;
    let old = texts(tokens.get(equals + 1..)?)?;
    Some(Edit::replace(&old, quoted(value)))
}

/// Adds an option to a field's `[ … ]`, or the brackets; `field` is the range of the field, `number` that of its number.
pub(super) fn add_to_brackets(text: &str, field: Range<usize>, number: &Range<usize>, option: &str) -> Option<Edit> {
    let tokens = tokens(text, number.end..field.end);
    let Some(open) = tokens.first().filter(|token| token.text == "[") else {
        return Some(Edit::insert(number.end, format!(" [{option}]")));
    };
    let close = matching(&tokens, 0)?;
    let last = tokens.get(close.checked_sub(1)?)?;
    let close = tokens.get(close)?;
    let is_spread = has_line_break(text, open.range.end..tokens.get(1)?.range.start)
        && has_line_break(text, last.range.end..close.range.start);
    let between = if is_spread { format!(",\n{}", indent(text, tokens.get(1)?.range.start)) } else { ", ".to_owned() };
    Some(Edit::insert(last.range.end, format!("{between}{option}")))
}

/// The white space that the line of this byte begins with.
pub(super) fn indent(text: &str, at: usize) -> &str {
    let before = text.get(..at).unwrap_or_default();
    let line = text.get(before.rfind('\n').map_or(0, |end| end + 1)..).unwrap_or_default();
    let length = line.find(|character: char| character != ' ' && character != '\t').unwrap_or(0);
    line.get(..length).unwrap_or_default()
}

/// A text as .proto files write it.
pub(super) fn quoted(value: &str) -> String {
    let escaped = value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n").replace('\r', "");
    format!("\"{escaped}\"")
}

fn insert_in_braces(text: &str, open: &Token<'_>, inner: &[Token<'_>], close: &Token<'_>, field: &str) -> Option<Edit> {
    let (Some(first), Some(last)) = (inner.first(), inner.last()) else {
        return Some(Edit::insert(open.range.end, format!(" {field}")));
    };
    let is_separated = matches!(last.text, "," | ";");
    let is_spread = has_line_break(text, open.range.end..first.range.start)
        && has_line_break(text, last.range.end..close.range.start);
    let has_commas = inner.iter().any(|token| token.text == ",");
    let between = match (is_spread, is_separated) {
        (true, _) => {
            let comma = if has_commas && !is_separated { "," } else { "" };
            format!("{comma}\n{}", indent(text, first.range.start))
        }
        (false, true) => " ".to_owned(),
        (false, false) => ", ".to_owned(),
    };
    let comma = if is_spread && has_commas && is_separated { "," } else { "" };
    Some(Edit::insert(last.range.end, format!("{between}{field}{comma}")))
}

/// The bytes of the texts that are a key's value in the outermost braces.
fn value_of(inner: &[Token<'_>], key: &str) -> Option<Range<usize>> {
    let mut depth = 0usize;
    for (index, token) in inner.iter().enumerate() {
        match token.text {
            "{" | "[" | "<" => depth += 1,
            "}" | "]" | ">" => depth = depth.saturating_sub(1),
            word if word == key && depth == 0 && inner.get(index + 1).is_some_and(|next| next.text == ":") => {
                return texts(inner.get(index + 2..)?);
            }
            _ => {}
        }
    }
    None
}

/// The bytes of the texts that tokens begin with; adjacent ones are one.
fn texts(tokens: &[Token<'_>]) -> Option<Range<usize>> {
    let first = tokens.first().filter(|token| token.is_text())?;
    let last = tokens.iter().take_while(|token| token.is_text()).last()?;
    Some(first.range.start..last.range.end)
}

fn has_line_break(text: &str, range: Range<usize>) -> bool {
    text.get(range).is_some_and(|between| between.contains('\n'))
}
