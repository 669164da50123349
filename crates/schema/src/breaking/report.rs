//! What the rules find, less what the configuration ignores.

use super::config::Check;
use super::image::{Element, Field, File, Image, Message, Span};
use super::stability;
use crate::finding::Finding;

/// The findings of one comparison so far.
pub(super) struct Report<'a> {
    pub(super) current: &'a Image,
    pub(super) previous: &'a Image,
    check: &'a Check,
    /// The rule that is being applied.
    rule: &'static str,
    findings: Vec<Finding>,
}

/// Where a finding is, in the current state.
#[derive(Debug, Clone, Copy)]
pub(super) struct At<'a> {
    /// Nothing where the finding belongs to no file that is left.
    file: Option<&'a File>,
    span: Option<Span>,
}

impl<'a> Report<'a> {
    pub(super) const fn new(current: &'a Image, previous: &'a Image, check: &'a Check) -> Self {
        Self { current, previous, check, rule: "", findings: Vec::new() }
    }

    pub(super) const fn begin(&mut self, rule: &'static str) {
        self.rule = rule;
    }

    pub(super) fn into_findings(self) -> Vec<Finding> {
        self.findings
    }

    /// Reports. `before` is the file of what was there in the previous state, where there was something.
    pub(super) fn add(&mut self, at: At<'_>, before: Option<&File>, message: String) {
        if at.file.is_some_and(|file| self.ignores(file)) || before.is_some_and(|file| self.ignores(file)) {
            return;
        }
        let mut finding = Finding::of_file(at.file.map_or("", |file| &file.path), self.rule, message);
        if let Some(span) = at.span {
            finding.start_line = span.start_line;
            finding.start_column = span.start_column;
            finding.end_line = span.end_line;
            finding.end_column = span.end_column;
        }
        self.findings.push(finding);
    }

    fn ignores(&self, file: &File) -> bool {
        file.is_import
            || self.check.ignores(self.rule, &file.path)
            || (self.check.ignore_unstable_packages && stability::is_unstable(&file.package))
    }

    /// The file of an element of the current state.
    pub(super) fn file_of(&self, element: &Element) -> Option<&'a File> {
        self.current.files.get(element.file)
    }

    /// The file of an element of the previous state.
    pub(super) fn before(&self, element: &Element) -> Option<&'a File> {
        self.previous.files.get(element.file)
    }

    /// At an element of the current state.
    pub(super) fn at(&self, element: &Element) -> At<'a> {
        self.at_path(element, &element.path)
    }

    /// At the element of this path, in the file of `element`.
    pub(super) fn at_path(&self, element: &Element, path: &[i32]) -> At<'a> {
        let file = self.file_of(element);
        At { file, span: file.and_then(|file| file.locations.get(path)) }
    }

    /// At a message; the entries of a map are where the map's type is.
    pub(super) fn at_message(&self, message: &Message) -> At<'a> {
        self.at(&message.element).or(|| self.at_map(&message.element, message.map_type.as_deref()))
    }

    /// At a field, or at its part of this path.
    pub(super) fn at_field(&self, field: &Field, part: &[i32]) -> At<'a> {
        let path = [field.element.path.as_slice(), part].concat();
        self.at_path(&field.element, &path).or(|| self.at_map(&field.element, field.map_type.as_deref()))
    }

    /// At an option of an element: `options` is the path of its options message below it, `option` that of the
    /// option in there, of which `least` elements are the option itself.
    pub(super) fn at_option(&self, element: &Element, options: &[i32], option: &[i32], least: usize) -> At<'a> {
        let file = self.file_of(element);
        let path = [element.path.as_slice(), options, option].concat();
        let least = element.path.len() + options.len() + least;
        At { file, span: file.and_then(|file| file.locations.option(&path, least)) }
    }

    fn at_map(&self, element: &Element, map_type: Option<&[i32]>) -> At<'a> {
        match map_type {
            Some(path) => self.at_path(element, path),
            None => At { file: self.file_of(element), span: None },
        }
    }
}

impl<'a> At<'a> {
    /// At a file as a whole.
    pub(super) const fn file(file: &'a File) -> Self {
        Self { file: Some(file), span: None }
    }

    /// At nothing that is left.
    pub(super) const fn nowhere() -> Self {
        Self { file: None, span: None }
    }

    /// At a part of a file, or at the file.
    pub(super) fn part(file: &'a File, path: &[i32]) -> Self {
        Self { file: Some(file), span: file.locations.get(path) }
    }

    /// Another place where this one is not known.
    pub(super) fn or(self, other: impl FnOnce() -> Self) -> Self {
        if self.span.is_some() { self } else { other() }
    }
}
