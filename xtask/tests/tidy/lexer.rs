//! As much of Rust's lexical structure as the rules need: comments, string literals, and the rest.

/// A piece of source code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Token<'a> {
    pub(crate) kind: Kind,
    /// Of a string its content as it stands in the file; else the text.
    pub(crate) text: &'a str,
    /// From 1.
    pub(crate) line: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A string of any sort: "", b"", c"", r#""#.
    String,
    /// An identifier, a keyword or a number.
    Word,
    /// One character of punctuation.
    Punctuation,
}

/// The tokens of a file without comments, characters and white space.
pub(crate) fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut lexer = Lexer { text, at: 0, line: 1, tokens: Vec::new() };
    while lexer.at < text.len() {
        lexer.next();
    }
    lexer.tokens
}

struct Lexer<'a> {
    text: &'a str,
    at: usize,
    line: usize,
    tokens: Vec<Token<'a>>,
}

impl<'a> Lexer<'a> {
    fn next(&mut self) {
        let rest = &self.text[self.at..];
        let first = rest.chars().next().unwrap();
        if rest.starts_with("//") {
            self.skip(rest.find('\n').unwrap_or(rest.len()));
        } else if rest.starts_with("/*") {
            self.skip(block_comment(rest));
        } else if let Some((open, hashes)) = raw_string(rest) {
            let close = format!("\"{}", "#".repeat(hashes));
            let length = rest[open..].find(&close).unwrap_or(rest.len() - open);
            self.string(open, length, close.len());
        } else if let Some(open) = plain_string(rest) {
            let length = string_length(&rest[open..]);
            self.string(open, length, 1);
        } else if first == '\'' {
            self.skip(character_or_lifetime(rest));
        } else if is_word(first) {
            let length = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
            self.push(Kind::Word, 0, length);
            self.skip(length);
        } else {
            if !first.is_whitespace() {
                self.push(Kind::Punctuation, 0, first.len_utf8());
            }
            self.skip(first.len_utf8());
        }
    }

    fn string(&mut self, open: usize, length: usize, close: usize) {
        self.push(Kind::String, open, length);
        self.skip((open + length + close).min(self.text.len() - self.at));
    }

    fn push(&mut self, kind: Kind, from: usize, length: usize) {
        let text = &self.text[self.at + from..self.at + from + length];
        self.tokens.push(Token { kind, text, line: self.line });
    }

    fn skip(&mut self, bytes: usize) {
        self.line += self.text[self.at..self.at + bytes].matches('\n').count();
        self.at += bytes;
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The length of a comment that may hold comments.
fn block_comment(text: &str) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at < text.len() {
        if text[at..].starts_with("/*") {
            (depth, at) = (depth + 1, at + 2);
        } else if text[at..].starts_with("*/") {
            (depth, at) = (depth - 1, at + 2);
            if depth == 0 {
                break;
            }
        } else {
            at += text[at..].chars().next().map_or(1, char::len_utf8);
        }
    }
    at.min(text.len())
}

/// Where the content of a raw string begins, and how many hashes it has.
fn raw_string(text: &str) -> Option<(usize, usize)> {
    let prefix = ["r", "br", "cr"].into_iter().find(|prefix| {
        let rest = text.strip_prefix(prefix);
        rest.is_some_and(|rest| rest.trim_start_matches('#').starts_with('"'))
    })?;
    let hashes = text[prefix.len()..].len() - text[prefix.len()..].trim_start_matches('#').len();
    Some((prefix.len() + hashes + 1, hashes))
}

/// Where the content of a string begins.
fn plain_string(text: &str) -> Option<usize> {
    ["\"", "b\"", "c\""].into_iter().find(|open| text.starts_with(open)).map(str::len)
}

/// How long the content of a string is.
fn string_length(text: &str) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at,
            _ => {}
        }
    }
    text.len()
}

/// The length of `'a'`, `'\''` or `'a`.
fn character_or_lifetime(text: &str) -> usize {
    let mut chars = text.char_indices().skip(1);
    match chars.next() {
        // What is escaped may be a quote itself.
        Some((_, '\\')) => text.char_indices().skip(3).find(|(_, c)| *c == '\'').map_or(text.len(), |(at, _)| at + 1),
        Some((at, c)) if text[at + c.len_utf8()..].starts_with('\'') => at + c.len_utf8() + 1,
        _ => 1,
    }
}

#[test]
fn strings_are_told_from_everything_else() {
    let text = r###"// "a"
        /* "b" /* "c" */ "d" */ let e = 'f'; let g: &'h str = "i\"j"; '"'; '\''; "k"
        b"l" r"m" r#"n"o"# r##"p"#q"## c"r" over"###;
    let strings: Vec<(&str, usize)> = tokens(text)
        .into_iter()
        .filter(|token| token.kind == Kind::String)
        .map(|token| (token.text, token.line))
        .collect();
    let wanted = [("i\\\"j", 2), ("k", 2), ("l", 3), ("m", 3), ("n\"o", 3), ("p\"#q", 3), ("r", 3)];
    assert_eq!(strings, wanted);
}

#[test]
fn what_does_not_end_ends_with_the_file() {
    for text in ["\"abc", "r#\"abc", "/* abc", "'", "'\\", "b", "\"\\"] {
        assert!(tokens(text).len() <= 1, "{text}");
    }
}
