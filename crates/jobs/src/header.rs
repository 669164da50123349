//! The header of a job's file: `-- judi:`, `-- input NAME:` and `-- audit:` lines before the SQL.

use std::path::Path;

use judi_engine::{HOUR_US, nearest};

use crate::error::{FilePlace, JobError};
use crate::grain::Grain;

const MINUTE_US: i64 = 60_000_000;

/// Longer spans than this are a slip of the pen: a hundred years.
const SPAN_DAYS_MAX: i64 = 36_525;

/// What a file says about its table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// How the table is cut into partitions.
    pub grain: Grain,
    /// Columns that tell rows apart; rows are sorted by them.
    pub key: Vec<String>,
    /// Who answers for it.
    pub owner: Option<String>,
    /// What it may see of its inputs.
    pub inputs: Vec<Input>,
    /// What has to hold before it is published.
    pub audits: Vec<Audit>,
}

/// `-- input NAME: window=[-1d,+0d] late=3d`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Input {
    /// The table or view, as the SQL names it.
    pub name: String,
    /// How far before the partition's start the window begins.
    pub before: Span,
    /// How far after the partition's end the window ends; negative when it ends sooner.
    pub after: Span,
    /// Rows received later than this after the window's end are not seen; all are where [`None`].
    pub late: Option<Span>,
    /// The header line.
    pub line: u64,
}

/// A length of time: whole days (of the calendar, where windows are moved by them) or a duration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Span {
    /// Days.
    Days(i32),
    /// Microseconds.
    Micros(i64),
}

/// `-- audit: EXPRESSION severity=block`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Audit {
    /// As written, without the severity.
    pub text: String,
    /// What is checked.
    pub check: Check,
    /// What a failure means.
    pub severity: Severity,
    /// The header line.
    pub line: u64,
    /// Where in the line the expression begins.
    pub column: u64,
}

/// What an audit checks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Check {
    /// No two rows are equal in all of these columns.
    Unique(Vec<String>),
    /// None of these columns is NULL in any row.
    NotNull(Vec<String>),
    /// The expression is true, and not NULL, in every row.
    Holds(String),
}

/// What a failed audit means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// The partition is not published.
    Block,
    /// It is published, and the failure told.
    Warn,
}

/// Reads the header lines of `text`, the file at `path`.
///
/// # Errors
/// [`JobError::Header`] for the first line that is wrong.
pub(crate) fn parse(path: &Path, text: &str) -> Result<Header, JobError> {
    let mut draft = Draft::default();
    let mut in_header = true;
    for (index, line) in text.lines().enumerate() {
        let reader = Line { path, number: index as u64 + 1, text: line };
        let trimmed = line.trim_start();
        let Some(comment) = trimmed.strip_prefix("--") else {
            in_header &= trimmed.is_empty();
            continue;
        };
        let Some(directive) = Directive::of(comment) else { continue };
        if !in_header {
            return Err(reader.error(trimmed, "header lines stand before the SQL", Some("move this line up".into())));
        }
        match directive {
            Directive::Judi(rest) => draft.judi(&reader, rest)?,
            Directive::Input(name, rest) => draft.input(&reader, name, rest)?,
            Directive::Audit(rest) => draft.audits.push(audit(&reader, rest)?),
            Directive::NearMiss(word) => {
                let known = nearest(word, ["judi", "input", "audit"]).unwrap_or("judi");
                return Err(reader.error(word, &format!("{word}: is no header line"), Some(format!("write {known}:"))));
            }
        }
    }
    draft.finish(path)
}

/// What a comment line is, with the rest of the line.
enum Directive<'a> {
    Judi(&'a str),
    Input(&'a str, &'a str),
    Audit(&'a str),
    NearMiss(&'a str),
}

impl<'a> Directive<'a> {
    /// [`None`] for a comment that means nothing here.
    fn of(comment: &'a str) -> Option<Self> {
        let (before, rest) = comment.split_once(':')?;
        let mut words = before.split_whitespace();
        let (word, name, more) = (words.next()?, words.next(), words.next());
        match (word, name, more) {
            ("judi", None, None) => Some(Self::Judi(rest)),
            ("input", Some(name), None) => Some(Self::Input(name, rest)),
            ("audit", None, None) => Some(Self::Audit(rest)),
            (_, _, None) => {
                let lower = word.to_lowercase();
                let is_meant = matches!(lower.trim_end_matches('s'), "judi" | "input" | "audit");
                is_meant.then_some(Self::NearMiss(word))
            }
            _ => None,
        }
    }
}

/// A header line and its place.
#[derive(Clone, Copy)]
struct Line<'a> {
    path: &'a Path,
    number: u64,
    text: &'a str,
}

impl Line<'_> {
    /// An error at `part`, which is a slice of the line's text.
    fn error(&self, part: &str, message: &str, hint: Option<String>) -> JobError {
        let place = FilePlace { path: self.path.to_path_buf(), line: self.number, column: self.column(part) };
        JobError::Header { place, message: message.to_owned(), hint }
    }

    /// The character at which `part`, a slice of the line's text, begins.
    fn column(&self, part: &str) -> u64 {
        let offset = (part.as_ptr() as usize).saturating_sub(self.text.as_ptr() as usize);
        self.text.get(..offset).map_or(1, |before| before.chars().count() as u64 + 1)
    }
}

#[derive(Default)]
struct Draft {
    judi_line: Option<u64>,
    grain: Option<Grain>,
    key: Vec<String>,
    owner: Option<String>,
    inputs: Vec<Input>,
    audits: Vec<Audit>,
}

impl Draft {
    fn judi(&mut self, line: &Line<'_>, rest: &str) -> Result<(), JobError> {
        self.judi_line.get_or_insert(line.number);
        for (key, value) in pairs(line, rest)? {
            match key {
                "grain" => {
                    let known = Grain::NAMES.iter().find(|(name, _)| *name == value);
                    let Some((_, grain)) = known else {
                        return Err(line.error(
                            value,
                            &format!("there is no grain {value}"),
                            Some("use grain=day or grain=hour".into()),
                        ));
                    };
                    self.grain = Some(*grain);
                }
                "key" => self.key = names(line, value)?,
                "owner" => self.owner = Some(value.to_owned()),
                other => return Err(unknown_key(line, other, &["grain", "key", "owner"])),
            }
        }
        Ok(())
    }

    fn input(&mut self, line: &Line<'_>, name: &str, rest: &str) -> Result<(), JobError> {
        if self.inputs.iter().any(|input| input.name == name) {
            return Err(line.error(name, &format!("the input {name} is told twice"), None));
        }
        let mut input =
            Input { name: name.to_owned(), before: Span::Days(0), after: Span::Days(0), late: None, line: line.number };
        let pairs = pairs(line, rest)?;
        if pairs.is_empty() {
            return Err(line.error(name, "the input line says nothing", Some("window=[-0d,+0d] late=3d".into())));
        }
        for (key, value) in pairs {
            match key {
                "window" => (input.before, input.after) = window(line, value)?,
                "late" => {
                    let bad = || {
                        line.error(value, &format!("{value} is no time"), Some("late=3d, late=6h or late=30m".into()))
                    };
                    input.late = Some(span(value).filter(|_| !value.starts_with(['-', '+'])).ok_or_else(bad)?);
                }
                other => return Err(unknown_key(line, other, &["window", "late"])),
            }
        }
        self.inputs.push(input);
        Ok(())
    }

    fn finish(self, path: &Path) -> Result<Header, JobError> {
        let missing = |message: &str| JobError::Header {
            place: FilePlace { path: path.to_path_buf(), line: self.judi_line.unwrap_or(1), column: 1 },
            message: message.to_owned(),
            hint: Some("-- judi: grain=day key=[date,article_id] owner=news".into()),
        };
        if self.judi_line.is_none() {
            return Err(missing("there is no header line `-- judi:`"));
        }
        let grain = self.grain.ok_or_else(|| missing("the header does not tell the grain"))?;
        if self.key.is_empty() {
            return Err(missing("the header does not tell the key"));
        }
        Ok(Header { grain, key: self.key, owner: self.owner, inputs: self.inputs, audits: self.audits })
    }
}

fn unknown_key(line: &Line<'_>, key: &str, known: &[&str]) -> JobError {
    let hint = match nearest(key, known.iter().copied()) {
        Some(name) => format!("did you mean {name}?"),
        None => format!("the keys are {}", known.join(", ")),
    };
    line.error(key, &format!("there is no key {key}"), Some(hint))
}

/// `KEY=VALUE …`; a value in square brackets may hold spaces.
fn pairs<'a>(line: &Line<'_>, rest: &'a str) -> Result<Vec<(&'a str, &'a str)>, JobError> {
    let mut pairs: Vec<(&str, &str)> = Vec::new();
    let mut rest = rest.trim_start();
    while !rest.is_empty() {
        let Some((key, after)) = rest.split_once('=').filter(|(key, _)| !key.contains(char::is_whitespace)) else {
            return Err(line.error(rest, "here a KEY=VALUE is missing", None));
        };
        if pairs.iter().any(|(known, _)| *known == key) {
            return Err(line.error(key, &format!("{key} is told twice"), None));
        }
        let end = match after.strip_prefix('[') {
            Some(_) => match after.find(']') {
                Some(at) => at + 1,
                None => return Err(line.error(after, "the bracket is not closed", None)),
            },
            None => after.find(char::is_whitespace).unwrap_or(after.len()),
        };
        let (value, next) = after.split_at(end);
        if value.is_empty() {
            return Err(line.error(key, &format!("{key} has no value"), None));
        }
        if next.starts_with(|character: char| !character.is_whitespace()) {
            return Err(line.error(next, "here a space is missing", None));
        }
        pairs.push((key, value));
        rest = next.trim_start();
    }
    Ok(pairs)
}

/// `[a, b]`.
fn names(line: &Line<'_>, value: &str) -> Result<Vec<String>, JobError> {
    let inner = value.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let Some(inner) = inner else {
        return Err(line.error(value, "names stand in square brackets", Some("key=[date,article_id]".into())));
    };
    let names: Vec<String> = inner.split(',').map(|name| name.trim().to_owned()).collect();
    match names.iter().find(|name| !is_name(name)) {
        Some(name) => Err(line.error(value, &format!("{name:?} is no column's name"), None)),
        None => Ok(names),
    }
}

pub(crate) fn is_name(name: &str) -> bool {
    let mut characters = name.chars();
    characters.next().is_some_and(|first| first.is_ascii_lowercase() || first == '_')
        && characters.all(|other| other.is_ascii_lowercase() || other.is_ascii_digit() || other == '_')
}

/// `[-7d,+0d]`: how far the window begins before the partition, and ends after it.
fn window(line: &Line<'_>, value: &str) -> Result<(Span, Span), JobError> {
    let ends = value.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).and_then(|inner| inner.split_once(','));
    let parsed = ends.and_then(|(before, after)| {
        let before = before.trim().strip_prefix('-').and_then(span)?;
        let after = after.trim();
        let after = match after.strip_prefix('-') {
            Some(sooner) => negated(span(sooner)?),
            None => span(after.strip_prefix('+').unwrap_or(after))?,
        };
        Some((before, after))
    });
    parsed.ok_or_else(|| {
        let hint = "window=[-7d,+0d]: from 7 days before the partition to its end; units d, h, m";
        line.error(value, &format!("{value} is no window"), Some(hint.into()))
    })
}

fn negated(span: Span) -> Span {
    match span {
        Span::Days(days) => Span::Days(-days),
        Span::Micros(micros) => Span::Micros(-micros),
    }
}

/// `3d`, `6h`, `30m`.
fn span(text: &str) -> Option<Span> {
    let digits = text.get(..text.len().checked_sub(1)?)?;
    if !digits.chars().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let count = digits.parse::<i64>().ok().filter(|count| *count <= SPAN_DAYS_MAX * 24 * 60)?;
    match text.chars().last()? {
        'd' => i32::try_from(count).ok().filter(|days| i64::from(*days) <= SPAN_DAYS_MAX).map(Span::Days),
        'h' => Some(Span::Micros(count * HOUR_US)),
        'm' => Some(Span::Micros(count * MINUTE_US)),
        _ => None,
    }
}

fn audit(line: &Line<'_>, rest: &str) -> Result<Audit, JobError> {
    let rest = rest.trim();
    let (text, severity) = match rest.rsplit_once(char::is_whitespace) {
        Some((text, last)) if last.starts_with("severity=") => match &last["severity=".len()..] {
            "block" => (text.trim_end(), Severity::Block),
            "warn" => (text.trim_end(), Severity::Warn),
            other => {
                let message = format!("there is no severity {other}");
                return Err(line.error(last, &message, Some("severity=block or severity=warn".into())));
            }
        },
        _ => (rest, Severity::Block),
    };
    if text.is_empty() || text.starts_with("severity=") {
        return Err(line.error(rest, "the audit says nothing", Some("-- audit: unique(date, article_id)".into())));
    }
    let check = match (arguments(text, "unique"), arguments(text, "not_null")) {
        (Some(columns), _) => Check::Unique(columns),
        (_, Some(columns)) => Check::NotNull(columns),
        _ => Check::Holds(text.to_owned()),
    };
    Ok(Audit { text: text.to_owned(), check, severity, line: line.number, column: line.column(text) })
}

/// The columns of `function(a, b)`; [`None`] when the text is anything else.
fn arguments(text: &str, function: &str) -> Option<Vec<String>> {
    let inner = text.strip_prefix(function)?.trim_start().strip_prefix('(')?.strip_suffix(')')?;
    let columns: Vec<String> = inner.split(',').map(|name| name.trim().to_owned()).collect();
    columns.iter().all(|name| is_name(name)).then_some(columns)
}

#[cfg(test)]
mod tests;
