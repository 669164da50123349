//! The tokens of a stretch of .proto text, which is known to compile: enough to find a value and a place to insert at.

use std::ops::Range;

/// A token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token<'t> {
    pub(super) text: &'t str,
    /// Its bytes in the whole text.
    pub(super) range: Range<usize>,
}

impl Token<'_> {
    pub(super) fn is_text(&self) -> bool {
        self.text.starts_with(['"', '\''])
    }
}

/// The tokens in a stretch of a text: words and numbers, quoted texts, and single symbols; no comments.
pub(super) fn tokens(whole: &str, range: Range<usize>) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut at = range.start;
    while let Some(rest) = whole.get(at..range.end).filter(|rest| !rest.is_empty()) {
        let (length, is_token) = next(rest);
        if is_token {
            let range = at..at + length;
            tokens.push(Token { text: whole.get(range.clone()).unwrap_or_default(), range });
        }
        at += length;
    }
    tokens
}

/// The index of the token that closes what the token at `open` opens.
pub(super) fn matching(tokens: &[Token<'_>], open: usize) -> Option<usize> {
    let mut depth = 0usize;
    for (index, token) in tokens.iter().enumerate().skip(open) {
        match token.text {
            "{" | "[" | "<" => depth += 1,
            "}" | "]" | ">" => depth = depth.checked_sub(1)?,
            _ => {}
        }
        if depth == 0 {
            return (index > open).then_some(index);
        }
    }
    None
}

/// The bytes of `key: value` in the braces of an option, by the keys that lead to it. Of a value in braces it is the first
/// member in them, as buf has it.
pub(super) fn member(whole: &str, option: Range<usize>, keys: &[&str]) -> Option<Range<usize>> {
    let tokens = tokens(whole, option);
    let mut open = tokens.iter().position(|token| token.text == "=")? + 1;
    let mut found = None;
    for key in keys {
        let (first, last) = member_in(&tokens, open, key)?;
        found = Some((first, last));
        open = value_of(&tokens, first);
    }
    let (mut first, mut last) = found?;
    while tokens.get(value_of(&tokens, first)).is_some_and(|token| token.text == "{") {
        let open = value_of(&tokens, first);
        let Some(inner) = tokens.get(open + 1).and_then(|key| member_in(&tokens, open, key.text)) else { break };
        (first, last) = inner;
    }
    Some(tokens.get(first)?.range.start..tokens.get(last)?.range.end)
}

/// The index of a member's value.
fn value_of(tokens: &[Token<'_>], key: usize) -> usize {
    key + 1 + usize::from(tokens.get(key + 1).is_some_and(|token| token.text == ":"))
}

/// The first and last token of a member of the braces that open at `open`.
fn member_in(tokens: &[Token<'_>], open: usize, key: &str) -> Option<(usize, usize)> {
    let close = matching(tokens, open)?;
    let mut at = open + 1;
    while at < close {
        let is_key = tokens.get(at)?.text == key;
        let last = value_end(tokens, value_of(tokens, at), close)?;
        if is_key {
            return Some((at, last));
        }
        at = last + 1;
        if matches!(tokens.get(at)?.text, "," | ";") {
            at += 1;
        }
    }
    None
}

/// The last token of a value; a value of braces has no name, and a number's parts stand together.
fn value_end(tokens: &[Token<'_>], at: usize, close: usize) -> Option<usize> {
    if matches!(tokens.get(at)?.text, "{" | "[" | "<") {
        return matching(tokens, at);
    }
    let mut last = at;
    while last + 1 < close {
        let (this, next) = (tokens.get(last)?, tokens.get(last + 1)?);
        let is_one = this.range.end == next.range.start && !matches!(next.text, "," | ";");
        if !is_one && this.text != "-" && !(this.is_text() && next.is_text()) {
            break;
        }
        last += 1;
    }
    Some(last)
}

/// The length in bytes of what a text begins with, and whether it is a token.
fn next(text: &str) -> (usize, bool) {
    let until = |end: Option<usize>| end.unwrap_or(text.len());
    let first = text.chars().next().unwrap_or(' ');
    if text.starts_with("//") {
        return (until(text.find('\n')), false);
    }
    if text.starts_with("/*") {
        return (until(text.find("*/").map(|end| end + 2)), false);
    }
    if first == '"' || first == '\'' {
        return (quoted(text, first), true);
    }
    let is_word = |character: char| character.is_alphanumeric() || character == '_';
    if is_word(first) {
        return (until(text.find(|character| !is_word(character))), true);
    }
    (first.len_utf8(), !first.is_whitespace())
}

fn quoted(text: &str, quote: char) -> usize {
    let mut is_escaped = false;
    for (at, character) in text.char_indices().skip(1) {
        if character == quote && !is_escaped {
            return at + 1;
        }
        is_escaped = character == '\\' && !is_escaped;
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn comments_and_layout_are_no_tokens() {
        let text = "a // x\n/* ; */ \"b\\\"; //\" 'c' = {d: 1.5}";
        let found: Vec<&str> = tokens(text, 0..text.len()).into_iter().map(|token| token.text).collect();
        assert_eq!(found, ["a", "\"b\\\"; //\"", "'c'", "=", "{", "d", ":", "1", ".", "5", "}"]);
    }

    #[test]
    fn members_are_found_by_their_keys() {
        let text = "(o) = {a: -1.5, b { c: 'x' \"y\" d: [1, 2]; e: E_A } b: {c: 3}, f: 1}; // c: 9";
        let found = |keys: &[&str]| member(text, 0..text.len(), keys).map(|range| &text[range]);
        assert_eq!(found(&["a"]), Some("a: -1.5"));
        assert_eq!(found(&["b", "c"]), Some("c: 'x' \"y\""));
        assert_eq!(found(&["b", "d"]), Some("d: [1, 2]"));
        assert_eq!(found(&["b", "e"]), Some("e: E_A"));
        assert_eq!(found(&["b"]), Some("c: 'x' \"y\""));
        assert_eq!(found(&["b", "z"]), None);
        assert_eq!(found(&["f"]), Some("f: 1"));
        assert_eq!(found(&["c"]), None);
    }

    proptest! {
        #[test]
        fn any_text_has_tokens_at_their_places(text in "[a-z\"'/*\\\\ \n{}å]{0,40}") {
            for token in tokens(&text, 0..text.len()) {
                prop_assert_eq!(&text[token.range.clone()], token.text);
            }
            let _ = member(&text, 0..text.len(), &["a", "b"]);
        }
    }
}
