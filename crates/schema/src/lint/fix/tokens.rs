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

    proptest! {
        #[test]
        fn any_text_has_tokens_at_their_places(text in "[a-z\"'/*\\\\ \n{}å]{0,40}") {
            for token in tokens(&text, 0..text.len()) {
                prop_assert_eq!(&text[token.range.clone()], token.text);
            }
        }
    }
}
