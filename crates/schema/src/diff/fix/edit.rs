//! Steps as edits of the files' texts.

use std::collections::BTreeMap;

use super::options::{Wanted, in_brackets, in_entries};
use super::text::{Block, BlockKind, File, TokenKind};
use super::{FixError, FixStep};
use crate::compile::{Source, SourceText};

/// What declares Judi's options.
const OPTIONS_FILE: &str = "judi/v1/options.proto";

/// A stretch of text that becomes another one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Edit {
    /// In bytes.
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) text: String,
}

impl Edit {
    pub(super) const fn insert(at: usize, text: String) -> Self {
        Self { start: at, end: at, text }
    }

    /// A token with other text.
    pub(super) fn replace(file: &File<'_>, at: usize, text: &str) -> Option<Self> {
        file.tokens.get(at).map(|token| Self { start: token.start, end: token.end, text: text.to_owned() })
    }
}

/// The edits of each file by its name, in the order of the text.
pub(super) fn plan(sources: &[Source], steps: &[&FixStep]) -> Result<BTreeMap<String, Vec<Edit>>, FixError> {
    let texts = sources.iter().filter_map(|source| match &source.text {
        SourceText::Proto(text) => Some((source.name.as_str(), File::read(text))),
        SourceText::DescriptorSet(_) => None,
    });
    let files: Vec<(&str, File<'_>)> = texts.collect();
    let mut plans: BTreeMap<&str, Plan<'_>> = BTreeMap::new();
    for (at, step) in steps.iter().enumerate() {
        if steps.iter().take(at).any(|before| before == step) {
            continue;
        }
        let (kind, full_name) = target(step);
        let found = files.iter().find_map(|(name, file)| Some((name, file, file.find(kind, full_name)?)));
        let Some((name, file, block)) = found else {
            return Err(FixError::NotDeclared { name: full_name.to_owned() });
        };
        plans.entry(name).or_insert_with(|| Plan::new(name, file)).step(block, step)?;
    }
    plans.into_iter().map(|(name, plan)| Ok((name.to_owned(), plan.finish()))).collect()
}

/// The text with the edits done; they are in its order, and do not overlap.
pub(super) fn edited(text: &str, edits: &[Edit]) -> String {
    let mut out = String::with_capacity(text.len() + 64);
    let mut done = 0;
    for edit in edits.iter() {
        out.push_str(text.get(done..edit.start).unwrap_or_default());
        out.push_str(&edit.text);
        done = edit.end;
    }
    out.push_str(text.get(done..).unwrap_or_default());
    out
}

/// The message or enum that a step is about.
fn target(step: &FixStep) -> (BlockKind, &str) {
    match step {
        FixStep::Reserve { message, .. }
        | FixStep::FieldAlias { message, .. }
        | FixStep::MovedFrom { message, .. }
        | FixStep::Number { message, .. }
        | FixStep::Replaces { message, .. }
        | FixStep::EventName { message, .. } => (BlockKind::Message, message),
        FixStep::ReserveValues { enumeration, .. }
        | FixStep::ValueAlias { enumeration, .. }
        | FixStep::EnumMovedFrom { enumeration, .. }
        | FixStep::ValueNumber { enumeration, .. } => (BlockKind::Enum, enumeration),
    }
}

/// What is to be written in one file. What belongs to one declaration is gathered, so that it is written once.
struct Plan<'a> {
    name: &'a str,
    file: &'a File<'a>,
    edits: Vec<Edit>,
    needs_import: bool,
    /// By the closing brace of the block.
    reserved: BTreeMap<usize, (&'a Block, Vec<String>, Vec<String>)>,
    /// By the equals sign of the member.
    options: BTreeMap<usize, (std::ops::Range<usize>, Vec<Wanted>)>,
}

impl<'a> Plan<'a> {
    fn new(name: &'a str, file: &'a File<'a>) -> Self {
        let (reserved, options) = (BTreeMap::new(), BTreeMap::new());
        Self { name, file, edits: Vec::new(), needs_import: false, reserved, options }
    }

    fn step(&mut self, block: &'a Block, step: &FixStep) -> Result<(), FixError> {
        let quoted = |text: &String| format!("\"{text}\"");
        match step {
            FixStep::Reserve { numbers, names, .. } => {
                let numbers = numbers.iter().map(|it| ranged(it.start(), it.end(), &536_870_911));
                self.reserve(block, numbers.collect(), names);
                Ok(())
            }
            FixStep::ReserveValues { numbers, names, .. } => {
                let numbers = numbers.iter().map(|it| ranged(it.start(), it.end(), &i32::MAX));
                self.reserve(block, numbers.collect(), names);
                Ok(())
            }
            FixStep::FieldAlias { field, alias, .. } => {
                self.member_option(block, field, Wanted::one("judi.field", "alias", quoted(alias), false))
            }
            FixStep::Replaces { field, number, .. } => {
                self.member_option(block, field, Wanted::one("judi.field", "replaces", number.to_string(), true))
            }
            FixStep::ValueAlias { value, alias, .. } => {
                self.member_option(block, value, Wanted::one("judi.value", "alias", quoted(alias), false))
            }
            FixStep::MovedFrom { from, .. } => {
                self.block_option(block, &Wanted::one("judi.message", "moved_from", quoted(from), false));
                Ok(())
            }
            FixStep::EnumMovedFrom { from, .. } => {
                self.block_option(block, &Wanted::one("judi.enum", "moved_from", quoted(from), false));
                Ok(())
            }
            FixStep::Number { field, number, .. } => self.number(block, field, &number.to_string()),
            FixStep::ValueNumber { value, number, .. } => self.number(block, value, &number.to_string()),
            FixStep::EventName { name, .. } => self.event_name(block, &quoted(name)),
        }
    }

    fn reserve(&mut self, block: &'a Block, numbers: Vec<String>, names: &[String]) {
        let (_, known, known_names) =
            self.reserved.entry(block.close).or_insert_with(|| (block, Vec::new(), Vec::new()));
        known.extend(numbers);
        known_names.extend(names.iter().cloned());
    }

    fn member_option(&mut self, block: &Block, member: &str, wanted: Wanted) -> Result<(), FixError> {
        let (statement, equals) = self.member(block, member)?;
        self.needs_import = true;
        self.options.entry(equals).or_insert_with(|| (statement, Vec::new())).1.push(wanted);
        Ok(())
    }

    fn number(&mut self, block: &Block, member: &str, number: &str) -> Result<(), FixError> {
        let (_, equals) = self.member(block, member)?;
        let last = if self.file.is(equals + 1, '-') { equals + 2 } else { equals + 1 };
        let (first, last) = (self.file.tokens.get(equals + 1), self.file.tokens.get(last));
        let (Some(first), Some(last)) = (first, last) else { return Err(self.unreadable(member)) };
        self.edits.push(Edit { start: first.start, end: last.end, text: number.to_owned() });
        Ok(())
    }

    fn event_name(&mut self, block: &Block, name: &str) -> Result<(), FixError> {
        let wanted = Wanted::one("judi.event", "name", name.to_owned(), true);
        let options = block.statements.iter().filter(|statement| self.file.word(statement.start) == "option");
        let edit = options.filter_map(|it| in_entries(self.file, it.start + 1, it.end, &wanted)).next();
        let edit = edit.filter(|edit| edit.start != edit.end);
        self.edits.push(edit.ok_or_else(|| self.unreadable(&block.name))?);
        Ok(())
    }

    fn block_option(&mut self, block: &Block, wanted: &Wanted) {
        self.needs_import = true;
        let options = block.statements.iter().filter(|statement| self.file.word(statement.start) == "option");
        let edit = options.filter_map(|it| in_entries(self.file, it.start + 1, it.end, wanted)).next();
        self.edits.push(edit.unwrap_or_else(|| {
            let line = format!("option ({}).{} = {};", wanted.option, wanted.member, wanted.value);
            self.lines_after(block.open.unwrap_or(0), block, &[line])
        }));
    }

    fn member(&self, block: &Block, member: &str) -> Result<(std::ops::Range<usize>, usize), FixError> {
        self.file.member(block, member).ok_or_else(|| self.unreadable(&format!("{}.{member}", block.name)))
    }

    fn unreadable(&self, name: &str) -> FixError {
        FixError::Unreadable { file: self.name.to_owned(), name: name.to_owned() }
    }

    fn finish(mut self) -> Vec<Edit> {
        for (equals, (statement, wanted)) in std::mem::take(&mut self.options) {
            self.edits.extend(in_brackets(self.file, &statement, equals, &wanted));
        }
        for (_, (block, numbers, names)) in std::mem::take(&mut self.reserved) {
            let mut lines = Vec::new();
            if !numbers.is_empty() {
                lines.push(format!("reserved {};", unique(numbers).join(", ")));
            }
            if !names.is_empty() {
                let is_edition = self.file.word(0) == "edition";
                let written = |name: String| if is_edition { name } else { format!("\"{name}\"") };
                lines.push(format!(
                    "reserved {};",
                    unique(names).into_iter().map(written).collect::<Vec<_>>().join(", ")
                ));
            }
            let is_reserved = |it: &&std::ops::Range<usize>| self.file.word(it.start) == "reserved";
            let last = block.statements.iter().rfind(is_reserved).map(|statement| statement.end - 1);
            let after = last.unwrap_or_else(|| block.close.saturating_sub(1));
            let edit = self.lines_after(after, block, &lines);
            self.edits.push(edit);
        }
        if self.needs_import {
            self.edits.extend(self.import());
        }
        self.edits.sort_by_key(|edit| (edit.start, edit.end));
        self.edits
    }

    /// New lines of a block, after a token of it: on lines of their own where the block has several.
    fn lines_after(&self, token: usize, block: &Block, lines: &[String]) -> Edit {
        let end = self.file.tokens.get(token).map_or(0, |token| token.end);
        let text = self.file.text;
        let Some(line_end) = line_end(text, end) else {
            let is_first = Some(token) == block.open && token + 1 == block.close;
            let after = if is_first { " " } else { "" };
            return Edit::insert(end, format!(" {}{after}", lines.join(" ")));
        };
        let first = block.open.map_or(0, |open| open + 1);
        let indent = match self.file.tokens.get(first).filter(|_| first < block.close) {
            Some(token) => indent_at(text, token.start).to_owned(),
            None => format!("{}  ", indent_at(text, end)),
        };
        let newline = if text.contains("\r\n") { "\r\n" } else { "\n" };
        Edit::insert(line_end, lines.iter().map(|line| format!("{newline}{indent}{line}")).collect())
    }

    /// The import of Judi's options, where the file has none.
    fn import(&self) -> Option<Edit> {
        let file = self.file;
        let statements = &file.root.statements;
        let starts = |word: &'static str| statements.iter().filter(move |it| file.word(it.start) == word);
        let is_known = |it: &std::ops::Range<usize>| {
            it.clone().any(|at| {
                file.tokens.get(at).is_some_and(|token| token.kind == TokenKind::Text)
                    && file.word(at).trim_matches(['"', '\'']) == OPTIONS_FILE
            })
        };
        if starts("import").any(is_known) {
            return None;
        }
        let newline = if file.text.contains("\r\n") { "\r\n" } else { "\n" };
        let line = format!("import \"{OPTIONS_FILE}\";");
        let last = |word| starts(word).next_back().and_then(|it| file.tokens.get(it.end.saturating_sub(1)));
        let after = |end: usize, gap: &str| {
            Edit::insert(line_end(file.text, end).unwrap_or(end), format!("{newline}{gap}{line}"))
        };
        Some(if let Some(import) = last("import") {
            after(import.end, "")
        } else if let Some(head) = last("package").or_else(|| last("syntax")).or_else(|| last("edition")) {
            after(head.end, newline)
        } else {
            Edit::insert(0, format!("{line}{newline}"))
        })
    }
}

impl Wanted {
    const fn one(option: &'static str, member: &'static str, value: String, is_single: bool) -> Self {
        Self { option, member, value, is_single }
    }
}

/// The end of the line, where nothing but comments stands between `from` and it.
fn line_end(text: &str, from: usize) -> Option<usize> {
    let mut at = from;
    loop {
        let rest = text.get(at..)?;
        let next = rest.chars().next()?;
        if rest.starts_with("/*") {
            at += rest.find("*/")? + 2;
        } else if rest.starts_with("//") {
            let end = rest.find('\n').map_or(text.len(), |end| at + end);
            return Some(if text.get(..end)?.ends_with('\r') { end - 1 } else { end });
        } else if next == '\n' {
            return Some(if at > from && text.get(..at)?.ends_with('\r') { at - 1 } else { at });
        } else if next.is_whitespace() {
            at += next.len_utf8();
        } else {
            return None;
        }
    }
}

/// The white space at the beginning of the line.
fn indent_at(text: &str, at: usize) -> &str {
    let line = text.get(..at).unwrap_or_default().rsplit('\n').next().unwrap_or_default();
    line.get(..line.len() - line.trim_start().len()).unwrap_or_default()
}

fn ranged<N: PartialEq + std::fmt::Display>(start: &N, end: &N, max: &N) -> String {
    match (start, end) {
        (start, end) if start == end => start.to_string(),
        (start, end) if end == max => format!("{start} to max"),
        (start, end) => format!("{start} to {end}"),
    }
}

fn unique(mut all: Vec<String>) -> Vec<String> {
    let mut seen = std::collections::BTreeSet::new();
    all.retain(|one| seen.insert(one.clone()));
    all
}
