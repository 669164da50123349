//! The parser's stand on the text, and the file level: syntax, package, imports, and what is declared.

use std::collections::HashSet;

use prost_types::{FileDescriptorProto, FileOptions};

use super::comments::{Remarks, share_out};
use super::lexer::{Kind, Lexer, Token, unquoted};
use super::places::Places;
use super::{Complaint, EDITION_2023, EDITION_2024, EDITION_2026, NESTING_MAX, Parsed};

/// Fields of `FileDescriptorProto`.
mod tag {
    pub(super) const PACKAGE: i32 = 2;
    pub(super) const DEPENDENCY: i32 = 3;
    pub(super) const MESSAGE_TYPE: i32 = 4;
    pub(super) const ENUM_TYPE: i32 = 5;
    pub(super) const SERVICE: i32 = 6;
    pub(super) const EXTENSION: i32 = 7;
    pub(super) const OPTIONS: i32 = 8;
    pub(super) const PUBLIC_DEPENDENCY: i32 = 10;
    pub(super) const WEAK_DEPENDENCY: i32 = 11;
    pub(super) const SYNTAX: i32 = 12;
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Syntax {
    Proto2,
    Proto3,
    Edition(i32),
}

/// Where a declaration begins, and what is written above it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Beginning {
    pub(super) start: usize,
    before: Option<usize>,
}

pub(super) struct Parser<'a> {
    pub(super) text: &'a str,
    lexer: Lexer<'a>,
    /// The token that is looked at, and the one after it.
    current: Token,
    ahead: Token,
    /// Where the token before ended.
    last_end: Option<usize>,
    pub(super) syntax: Syntax,
    /// The path of the element that is being read.
    pub(super) path: Vec<i32>,
    pub(super) places: Places,
    depth: u32,
    imported: HashSet<String>,
}

impl<'a> Parser<'a> {
    pub(super) fn new(text: &'a str) -> Result<Self, Complaint> {
        let mut lexer = Lexer::new(text);
        let current = lexer.next()?;
        let ahead = lexer.next()?;
        let path = Vec::new();
        let places = Places::default();
        let imported = HashSet::new();
        Ok(Self {
            text,
            lexer,
            current,
            ahead,
            last_end: None,
            syntax: Syntax::Proto2,
            path,
            places,
            depth: 0,
            imported,
        })
    }

    pub(super) fn file(mut self, name: &str) -> Result<Parsed, Complaint> {
        let mut file = FileDescriptorProto { name: Some(name.to_owned()), ..FileDescriptorProto::default() };
        let first = self.current.start;
        if self.at_word("syntax") || self.at_word("edition") {
            self.syntax_line()?;
        }
        while self.current.kind != Kind::End {
            self.file_item(&mut file)?;
        }
        self.places.set_whole(first, self.last_end.unwrap_or(first));
        let edition = match self.syntax {
            Syntax::Proto2 => None,
            Syntax::Proto3 => {
                file.syntax = Some("proto3".to_owned());
                None
            }
            Syntax::Edition(edition) => {
                file.syntax = Some("editions".to_owned());
                Some(edition)
            }
        };
        Ok(Parsed { descriptor: file, edition, places: self.places })
    }

    fn syntax_line(&mut self) -> Result<(), Complaint> {
        let beginning = self.beginning();
        let is_edition = self.at_word("edition");
        self.advance()?;
        self.expect(b'=')?;
        let at = self.current.start;
        let value = self.utf8_string("the syntax, as in \"proto3\"")?;
        self.syntax = match (is_edition, value.as_str()) {
            (false, "proto2") => Syntax::Proto2,
            (false, "proto3") => Syntax::Proto3,
            (true, "2023") => Syntax::Edition(EDITION_2023),
            (true, "2024") => Syntax::Edition(EDITION_2024),
            (true, "2026") => Syntax::Edition(EDITION_2026),
            (false, _) => {
                return Err(Complaint::at(at, format!("there is no syntax '{value}'"))
                    .hint("\"proto2\" and \"proto3\"; an edition is written edition = \"2023\";"));
            }
            (true, _) => {
                return Err(Complaint::at(at, format!("edition '{value}' is not known"))
                    .hint("\"2023\", \"2024\" and \"2026\""));
            }
        };
        self.end_statement(&[tag::SYNTAX], beginning)
    }

    fn file_item(&mut self, file: &mut FileDescriptorProto) -> Result<(), Complaint> {
        let beginning = self.beginning();
        match self.word() {
            Some("package") => self.package(file, beginning),
            Some("import") => self.import(file, beginning),
            Some("option") => {
                let options = &mut file.options.get_or_insert_with(FileOptions::default).uninterpreted_option;
                self.option_statement(options, tag::OPTIONS)
            }
            Some("message" | "enum") => self.file_type(file, beginning),
            Some("export" | "local") if matches!(self.word_ahead(), Some("message" | "enum")) => {
                self.advance()?;
                self.file_type(file, beginning)
            }
            Some("service") => {
                let index = file.service.len();
                let service = self.nested(tag::SERVICE, index, |parser| parser.service(beginning))?;
                file.service.push(service);
                Ok(())
            }
            Some("extend") => {
                let FileDescriptorProto { extension, message_type, .. } = file;
                self.extend(tag::EXTENSION, extension, tag::MESSAGE_TYPE, message_type)
            }
            _ if self.at_symbol(b';') => self.advance(),
            _ => Err(self.unexpected("a declaration: message, enum, service, extend, import, option or package")),
        }
    }

    fn file_type(&mut self, file: &mut FileDescriptorProto, beginning: Beginning) -> Result<(), Complaint> {
        if self.at_word("message") {
            let index = file.message_type.len();
            let message = self.nested(tag::MESSAGE_TYPE, index, |parser| parser.message(beginning))?;
            file.message_type.push(message);
        } else {
            let index = file.enum_type.len();
            let enumeration = self.nested(tag::ENUM_TYPE, index, |parser| parser.enumeration(beginning))?;
            file.enum_type.push(enumeration);
        }
        Ok(())
    }

    fn package(&mut self, file: &mut FileDescriptorProto, beginning: Beginning) -> Result<(), Complaint> {
        if file.package.is_some() {
            return Err(Complaint::at(beginning.start, "the package is declared twice".to_owned())
                .hint("a file belongs to one package"));
        }
        self.advance()?;
        let (name, _) = self.dotted_name("the package's name")?;
        file.package = Some(name);
        self.end_statement(&[tag::PACKAGE], beginning)
    }

    fn import(&mut self, file: &mut FileDescriptorProto, beginning: Beginning) -> Result<(), Complaint> {
        self.advance()?;
        let kind = self.current;
        let index = to_i32(file.dependency.len());
        if self.at_word("public") || self.at_word("weak") {
            let (tag, indexes) = match self.word() {
                Some("public") => (tag::PUBLIC_DEPENDENCY, &mut file.public_dependency),
                _ => (tag::WEAK_DEPENDENCY, &mut file.weak_dependency),
            };
            self.places.add(&[tag, to_i32(indexes.len())], kind.start, kind.end);
            indexes.push(index);
            self.advance()?;
        } else if self.at_word("option") {
            // What only options use. It is imported like anything else.
            self.advance()?;
        }
        let at = self.current.start;
        let name = self.utf8_string("the name of a file, as in \"a/b.proto\"")?;
        if !self.imported.insert(name.clone()) {
            return Err(Complaint::at(at, format!("'{name}' is imported twice")).hint("keep one of the two"));
        }
        file.dependency.push(name);
        self.end_statement(&[tag::DEPENDENCY, index], beginning)
    }

    // The parser's tools.

    pub(super) fn beginning(&self) -> Beginning {
        Beginning { start: self.current.start, before: self.last_end }
    }

    /// Records the declaration from `beginning` to the `;` that is looked at, under `path` below the current one.
    pub(super) fn end_statement(&mut self, path: &[i32], beginning: Beginning) -> Result<(), Complaint> {
        let end = self.current.end;
        self.expect(b';')?;
        let remarks = self.remarks(beginning, end);
        let path = self.below(path);
        self.places.add_with_remarks(&path, beginning.start, end, remarks);
        Ok(())
    }

    /// What is written above `beginning`, and behind the token that ended at `end` and is the last one read.
    pub(super) fn remarks(&self, beginning: Beginning, end: usize) -> Remarks {
        let comments = &self.lexer.comments;
        let above = share_out(self.text, comments, beginning.before, beginning.start, false);
        let closes = matches!(self.current.kind, Kind::Symbol(b'}' | b']' | b')'));
        let behind = share_out(self.text, comments, Some(end), self.current.start, closes);
        Remarks { trailing: behind.trailing, ..above }
    }

    /// `path` below the current one.
    pub(super) fn below(&self, path: &[i32]) -> Vec<i32> {
        self.path.iter().chain(path).copied().collect()
    }

    /// Records a part of the current element.
    pub(super) fn place(&mut self, path: &[i32], start: usize, end: usize) {
        let path = self.below(path);
        self.places.add(&path, start, end);
    }

    /// Reads the element `index` of the field `tag` of the current one.
    pub(super) fn nested<T>(
        &mut self,
        tag: i32,
        index: usize,
        read: impl FnOnce(&mut Self) -> Result<T, Complaint>,
    ) -> Result<T, Complaint> {
        self.path.extend([tag, to_i32(index)]);
        let read = read(self);
        self.path.truncate(self.path.len().saturating_sub(2));
        read
    }

    /// Reads what may contain its like.
    pub(super) fn deeper<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T, Complaint>) -> Result<T, Complaint> {
        if self.depth == NESTING_MAX {
            let cause = format!("declarations are nested more than {NESTING_MAX} deep");
            return Err(
                Complaint::at(self.current.start, cause).hint("declare the inner messages beside the outer ones")
            );
        }
        self.depth += 1;
        let read = read(self);
        self.depth -= 1;
        read
    }

    pub(super) fn advance(&mut self) -> Result<(), Complaint> {
        self.last_end = Some(self.current.end);
        self.current = self.ahead;
        self.ahead = self.lexer.next()?;
        Ok(())
    }

    pub(super) const fn current(&self) -> Token {
        self.current
    }

    /// Where the token before ended.
    pub(super) fn last_end(&self) -> usize {
        self.last_end.unwrap_or_default()
    }

    pub(super) fn slice(&self, token: Token) -> &'a str {
        self.text.get(token.start..token.end).unwrap_or_default()
    }

    pub(super) fn word(&self) -> Option<&'a str> {
        (self.current.kind == Kind::Word).then(|| self.slice(self.current))
    }

    pub(super) fn word_ahead(&self) -> Option<&'a str> {
        (self.ahead.kind == Kind::Word).then(|| self.slice(self.ahead))
    }

    pub(super) fn at_word(&self, word: &str) -> bool {
        self.word() == Some(word)
    }

    pub(super) fn at_symbol(&self, symbol: u8) -> bool {
        self.current.kind == Kind::Symbol(symbol)
    }

    pub(super) fn symbol_ahead(&self, symbol: u8) -> bool {
        self.ahead.kind == Kind::Symbol(symbol)
    }

    /// Whether a dot follows the current token without a blank.
    pub(super) fn is_glued_to_dot(&self) -> bool {
        self.text.as_bytes().get(self.current.end) == Some(&b'.')
    }

    /// Passes over the symbol when it is looked at.
    pub(super) fn take(&mut self, symbol: u8) -> Result<bool, Complaint> {
        let found = self.at_symbol(symbol);
        if found {
            self.advance()?;
        }
        Ok(found)
    }

    pub(super) fn expect(&mut self, symbol: u8) -> Result<(), Complaint> {
        if self.take(symbol)? { Ok(()) } else { Err(self.unexpected(&format!("'{}'", char::from(symbol)))) }
    }

    pub(super) fn expect_word(&mut self, word: &str) -> Result<(), Complaint> {
        if self.at_word(word) { self.advance() } else { Err(self.unexpected(&format!("'{word}'"))) }
    }

    /// A name without dots, and its token.
    pub(super) fn name(&mut self, what: &str) -> Result<(String, Token), Complaint> {
        let token = self.current;
        match self.word() {
            Some(word) => {
                self.advance()?;
                Ok((word.to_owned(), token))
            }
            None => Err(self.unexpected(what)),
        }
    }

    /// `a.b.C`, without blanks, and where it ends; no leading dot.
    pub(super) fn dotted_name(&mut self, what: &str) -> Result<(String, usize), Complaint> {
        let (mut name, token) = self.name(what)?;
        let mut end = token.end;
        while self.take(b'.')? {
            let (part, token) = self.name("a name after the dot")?;
            name.push('.');
            name.push_str(&part);
            end = token.end;
        }
        Ok((name, end))
    }

    /// A type's name, with its leading dot where it has one, and its place.
    pub(super) fn type_name(&mut self, what: &str) -> Result<(String, usize, usize), Complaint> {
        let start = self.current.start;
        let is_absolute = self.take(b'.')?;
        let (name, end) = self.dotted_name(what)?;
        Ok((if is_absolute { format!(".{name}") } else { name }, start, end))
    }

    /// One or more string literals in a row, as their bytes.
    pub(super) fn bytes(&mut self, what: &str) -> Result<Vec<u8>, Complaint> {
        if self.current.kind != Kind::Text {
            return Err(self.unexpected(what));
        }
        let mut bytes = Vec::new();
        while self.current.kind == Kind::Text {
            let part = unquoted(self.slice(self.current)).map_err(|offset| {
                Complaint::at(self.current.start + offset, "there is no such escape".to_owned())
                    .hint("\\n, \\t, \\\", \\\\, \\x41, \\101, \\u00e9")
            })?;
            bytes.extend_from_slice(&part);
            self.advance()?;
        }
        Ok(bytes)
    }

    pub(super) fn utf8_string(&mut self, what: &str) -> Result<String, Complaint> {
        let at = self.current.start;
        let bytes = self.bytes(what)?;
        String::from_utf8(bytes).map_err(|_| Complaint::at(at, "this string is not UTF-8".to_owned()))
    }

    /// That something else was expected than the token that is looked at.
    pub(super) fn unexpected(&self, what: &str) -> Complaint {
        match self.current.kind {
            Kind::End => {
                // What is missing is missing behind the last token.
                let cause = format!("expected {what}, but the file ends here");
                Complaint::at(self.last_end.unwrap_or_default(), cause)
            }
            _ => {
                let found: String = self.slice(self.current).chars().take(40).collect();
                Complaint::at(self.current.start, format!("expected {what}, but found '{found}'"))
            }
        }
    }
}

/// An index or a count of a descriptor: files are far smaller than this bound.
pub(super) fn to_i32(index: usize) -> i32 {
    i32::try_from(index).unwrap_or(i32::MAX)
}
