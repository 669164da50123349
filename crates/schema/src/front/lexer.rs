//! Tokens of a `.proto` file, one at a time, each with its place as byte offsets; comments are put aside.

use super::Complaint;

/// One token: what it is, and where in the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) start: usize,
    pub(super) end: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Word,
    Integer,
    Float,
    Text,
    /// A single ASCII character: `{`, `=`, `-`.
    Symbol(u8),
    End,
}

/// A comment, its marks included; a line comment ends before the line's end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Comment {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) is_line: bool,
}

pub(super) struct Lexer<'a> {
    text: &'a str,
    at: usize,
    /// Every comment so far, in the order of the text.
    pub(super) comments: Vec<Comment>,
}

impl<'a> Lexer<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        let at = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
        Self { text, at, comments: Vec::new() }
    }

    /// The next token; [`Kind::End`] for ever at the end.
    pub(super) fn next(&mut self) -> Result<Token, Complaint> {
        self.skip_blanks_and_comments()?;
        let start = self.at;
        let Some(byte) = self.byte(0) else { return Ok(Token { kind: Kind::End, start, end: start }) };
        let kind = match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'_' => {
                self.skip_while(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
                Kind::Word
            }
            b'0'..=b'9' => self.number()?,
            b'.' if self.byte(1).is_some_and(|byte| byte.is_ascii_digit()) => self.number()?,
            b'"' | b'\'' => self.string(byte)?,
            b'!'..=b'~' => {
                self.at += 1;
                Kind::Symbol(byte)
            }
            _ => {
                return Err(Complaint::at(start, "this character has no meaning here".to_owned())
                    .hint("outside of comments and strings, only ASCII is allowed"));
            }
        };
        Ok(Token { kind, start, end: self.at })
    }

    fn byte(&self, ahead: usize) -> Option<u8> {
        self.text.as_bytes().get(self.at + ahead).copied()
    }

    fn skip_while(&mut self, wanted: impl Fn(u8) -> bool) {
        while self.byte(0).is_some_and(&wanted) {
            self.at += 1;
        }
    }

    fn skip_blanks_and_comments(&mut self) -> Result<(), Complaint> {
        loop {
            self.skip_while(|byte| byte.is_ascii_whitespace() || byte == 0x0b);
            if self.byte(0) != Some(b'/') {
                return Ok(());
            }
            let start = self.at;
            match self.byte(1) {
                Some(b'/') => self.skip_while(|byte| byte != b'\n'),
                Some(b'*') => {
                    let rest = self.text.get(start + 2..).unwrap_or_default();
                    let Some(length) = rest.find("*/") else {
                        return Err(Complaint::at(start, "this comment does not end".to_owned())
                            .hint("a comment that begins with /* ends with */"));
                    };
                    self.at = start + 2 + length + 2;
                }
                _ => return Ok(()),
            }
            let is_line = self.text.as_bytes().get(start + 1) == Some(&b'/');
            self.comments.push(Comment { start, end: self.at, is_line });
        }
    }

    fn number(&mut self) -> Result<Kind, Complaint> {
        let start = self.at;
        let mut kind = Kind::Integer;
        if self.byte(0) == Some(b'0') && matches!(self.byte(1), Some(b'x' | b'X')) {
            self.at += 2;
            self.skip_while(|byte| byte.is_ascii_hexdigit());
        } else {
            self.skip_while(|byte| byte.is_ascii_digit());
            if self.byte(0) == Some(b'.') {
                kind = Kind::Float;
                self.at += 1;
                self.skip_while(|byte| byte.is_ascii_digit());
            }
            let signed = usize::from(matches!(self.byte(1), Some(b'+' | b'-')));
            if matches!(self.byte(0), Some(b'e' | b'E'))
                && self.byte(1 + signed).is_some_and(|byte| byte.is_ascii_digit())
            {
                kind = Kind::Float;
                self.at += 1 + signed;
                self.skip_while(|byte| byte.is_ascii_digit());
            }
            if matches!(self.byte(0), Some(b'f' | b'F')) {
                // As the text format has it; where it is not allowed, nothing reads it as a number.
                kind = Kind::Float;
                self.at += 1;
            }
        }
        if self.byte(0).is_some_and(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
            return Err(Complaint::at(start, "this is neither a number nor a name".to_owned())
                .hint("names do not begin with a digit; octal digits are 0 to 7"));
        }
        Ok(kind)
    }

    fn string(&mut self, quote: u8) -> Result<Kind, Complaint> {
        let start = self.at;
        self.at += 1;
        loop {
            match self.byte(0) {
                Some(b'\\') if self.byte(1).is_some() => self.at += 2,
                Some(b'\n') | None => {
                    return Err(Complaint::at(start, "this string does not end on its line".to_owned())
                        .hint("close it with the same quotation mark; several strings in a row are one"));
                }
                Some(byte) if byte == quote => {
                    self.at += 1;
                    return Ok(Kind::Text);
                }
                Some(_) => self.at += 1,
            }
        }
    }
}

/// The bytes that a string literal, with its quotation marks, stands for.
///
/// # Errors
/// An escape that does not exist, as its offset in the literal.
pub(crate) fn unquoted(literal: &str) -> Result<Vec<u8>, usize> {
    let inner = literal.get(1..literal.len().saturating_sub(1)).unwrap_or_default();
    let bytes = inner.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        if byte != b'\\' {
            out.push(byte);
            at += 1;
            continue;
        }
        let escape = bytes.get(at + 1).copied().unwrap_or_default();
        let digits = |from: usize, most: usize, radix: u32| {
            let count =
                bytes.iter().skip(from).take(most).take_while(|byte| char::from(**byte).is_digit(radix)).count();
            let value = inner.get(from..from + count).and_then(|digits| u32::from_str_radix(digits, radix).ok());
            value.map(|value| (value, count))
        };
        let (value, length) = match escape {
            b'0'..=b'7' => digits(at + 1, 3, 8).and_then(|(value, count)| Some((u8::try_from(value).ok()?, count))),
            b'x' | b'X' => {
                digits(at + 2, 2, 16).and_then(|(value, count)| Some((u8::try_from(value).ok()?, count + 1)))
            }
            b'u' | b'U' => {
                let most = if escape == b'u' { 4 } else { 8 };
                let (value, count) = digits(at + 2, most, 16).filter(|(_, count)| *count == most).ok_or(at + 1)?;
                let letter = char::from_u32(value).ok_or(at + 1)?;
                out.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
                at += 2 + count;
                continue;
            }
            _ => simple_escape(escape).map(|value| (value, 1)),
        }
        .ok_or(at + 1)?;
        out.push(value);
        at += 1 + length;
    }
    Ok(out)
}

const fn simple_escape(letter: u8) -> Option<u8> {
    Some(match letter {
        b'a' => 0x07,
        b'b' => 0x08,
        b'f' => 0x0c,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'v' => 0x0b,
        b'\\' | b'\'' | b'"' | b'?' => letter,
        _ => return None,
    })
}
