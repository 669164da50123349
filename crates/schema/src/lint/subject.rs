//! A compiled schema as the rules see it: descriptors, and where each of their parts stands in the text.

use std::collections::{BTreeMap, HashMap};

use prost_reflect::FileDescriptor;
use prost_types::FileDescriptorProto;
use prost_types::source_code_info::Location;

use super::config::Workspace;
use crate::compile::{Compiled, Source, SourceText, compile};
use crate::error::{Place, SchemaError};
use crate::options::OptionReader;

/// How far apart tab stops are in the columns of a location.
const TAB_COLUMNS: u32 = 4;

/// It takes no column.
const BYTE_ORDER_MARK: char = '\u{feff}';

/// A compiled schema.
pub(super) struct Subject<'a> {
    pub(super) compiled: Compiled,
    /// The project's own files of every module, in the order of their paths.
    pub(super) files: Vec<LintFile<'a>>,
    pub(super) options: OptionReader,
}

/// One of the project's own files.
pub(super) struct LintFile<'a> {
    /// From the checked folder, as findings name it.
    pub(super) path: String,
    /// The index of its module.
    pub(super) module: usize,
    pub(super) descriptor: FileDescriptor,
    /// Whether it is of an edition; the descriptor says it in an older syntax.
    pub(super) is_edition: bool,
    /// `None` where it came in a descriptor set.
    pub(super) text: Option<Text<'a>>,
    /// The first location of each path.
    locations: HashMap<Vec<i32>, usize>,
}

/// A file's text, by lines.
pub(super) struct Text<'a> {
    pub(super) whole: &'a str,
    /// The offset of each line's first byte.
    line_starts: Vec<usize>,
}

/// A stretch of text: lines and columns from 1, the end being after the last character.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Extent {
    pub(super) start_line: u32,
    pub(super) start_column: u32,
    pub(super) end_line: u32,
    pub(super) end_column: u32,
}

impl<'a> Subject<'a> {
    /// Compiles the files that belong to a module; the others are left out.
    ///
    /// # Errors
    /// As of [`compile`]; and two files with one import name.
    pub(super) fn compile(sources: &'a [Source], workspace: &Workspace) -> Result<Self, SchemaError> {
        let mut own: BTreeMap<&str, (usize, &'a Source)> = BTreeMap::new();
        let mut renamed = Vec::with_capacity(sources.len());
        for source in sources {
            let Some((module, name)) = workspace.module_of(&source.name) else { continue };
            if let Some((_, other)) = own.insert(name, (module, source)) {
                return Err(SchemaError::Refused {
                    place: Place::file(&source.name),
                    cause: format!("{} has the same import name, {name}", other.name),
                    hint: "import names are relative to the roots of buf.yaml; move or rename one of the two"
                        .to_owned(),
                });
            }
            renamed.push(Source { name: name.to_owned(), text: source.text.clone() });
        }
        let compiled = compile(&renamed)?;
        let file = |name: &String| {
            let descriptor = compiled.pool.get_file_by_name(name)?;
            let source = own.get(name.as_str()).map(|(_, source)| *source);
            let module = match own.get(name.as_str()) {
                Some((module, _)) => *module,
                None => workspace.module_of(name).map_or(0, |(module, _)| module),
            };
            let mut file = LintFile::new(source.map_or(name, |source| &source.name), module, descriptor, source);
            file.is_edition = compiled.editions.contains_key(name);
            Some(file)
        };
        let mut files: Vec<_> = compiled.own_files.iter().filter_map(file).collect();
        files.sort_by(|a, b| a.path.cmp(&b.path));
        let options = OptionReader::new(&compiled.pool);
        Ok(Self { compiled, files, options })
    }

    /// The file of this import name.
    pub(super) fn file(&self, name: &str) -> Option<&LintFile<'a>> {
        self.files.iter().find(|file| file.name() == name)
    }
}

impl<'a> LintFile<'a> {
    fn new(path: &str, module: usize, descriptor: FileDescriptor, source: Option<&'a Source>) -> Self {
        let mut locations = HashMap::new();
        let info = descriptor.file_descriptor_proto().source_code_info.as_ref();
        for (index, location) in info.iter().flat_map(|info| &info.location).enumerate() {
            locations.entry(location.path.clone()).or_insert(index);
        }
        let text = source.and_then(|source| match &source.text {
            SourceText::Proto(text) => Some(Text::new(text)),
            SourceText::DescriptorSet(_) => None,
        });
        Self { path: path.to_owned(), module, descriptor, is_edition: false, text, locations }
    }

    /// The name by which it is imported.
    pub(super) fn name(&self) -> &str {
        self.descriptor.name()
    }

    pub(super) fn proto(&self) -> &FileDescriptorProto {
        self.descriptor.file_descriptor_proto()
    }

    /// The folder of its import name; `.` for the root.
    pub(super) fn folder(&self) -> &str {
        self.name().rsplit_once('/').map_or(".", |(folder, _)| folder)
    }

    /// Whether something is written for this path of the descriptor.
    pub(super) fn has(&self, path: &[i32]) -> bool {
        self.locations.contains_key(path)
    }

    /// Where that stands; `None` where nothing is written for it.
    pub(super) fn extent(&self, path: &[i32]) -> Option<Extent> {
        let [start_line, start_column, end_line, end_column] = self.span(path)?;
        Some(Extent {
            start_line: start_line.saturating_add(1),
            start_column: start_column.saturating_add(1),
            end_line: end_line.saturating_add(1),
            end_column: end_column.saturating_add(1),
        })
    }

    /// The extent of these bytes of the text.
    pub(super) fn extent_of(&self, range: &std::ops::Range<usize>) -> Option<Extent> {
        let text = self.text.as_ref()?;
        let ((start_line, start_column), (end_line, end_column)) = (text.spot(range.start)?, text.spot(range.end)?);
        Some(Extent { start_line, start_column, end_line, end_column })
    }

    /// The bytes of the text that stand for this path.
    pub(super) fn range(&self, path: &[i32]) -> Option<std::ops::Range<usize>> {
        let [start_line, start_column, end_line, end_column] = self.span(path)?;
        let text = self.text.as_ref()?;
        let range = text.offset(start_line, start_column)?..text.offset(end_line, end_column)?;
        text.whole.get(range.clone()).map(|_| range)
    }

    /// The path of the first thing written that is a part of this one.
    pub(super) fn first_below(&self, path: &[i32]) -> Option<Vec<i32>> {
        let locations = self.proto().source_code_info.iter().flat_map(|info| &info.location);
        locations.map(|location| &location.path).find(|written| written.starts_with(path)).cloned()
    }

    /// The comment right above; empty where there is none.
    pub(super) fn comment(&self, path: &[i32]) -> &str {
        self.location(path).map_or("", |location| location.leading_comments())
    }

    /// Line and column of the start and of the end, all from 0; columns are characters, a tab going to the next stop.
    fn span(&self, path: &[i32]) -> Option<[u32; 4]> {
        let span: Vec<u32> = self.location(path)?.span.iter().filter_map(|it| u32::try_from(*it).ok()).collect();
        match span.as_slice() {
            [line, start, end] => Some([*line, *start, *line, *end]),
            [start_line, start, end_line, end] => Some([*start_line, *start, *end_line, *end]),
            _ => None,
        }
    }

    fn location(&self, path: &[i32]) -> Option<&Location> {
        let index = *self.locations.get(path)?;
        self.proto().source_code_info.as_ref()?.location.get(index)
    }
}

impl<'a> Text<'a> {
    pub(super) fn new(whole: &'a str) -> Self {
        let starts = whole.match_indices('\n').map(|(at, _)| at + 1);
        Self { whole, line_starts: std::iter::once(0).chain(starts).collect() }
    }

    /// The line and column, both from 1, of a byte.
    fn spot(&self, at: usize) -> Option<(u32, u32)> {
        let line = self.line_starts.partition_point(|start| *start <= at);
        let start = *self.line_starts.get(line.checked_sub(1)?)?;
        let column = self.whole.get(start..at)?.chars().fold(0, after);
        Some((u32::try_from(line).ok()?, column.saturating_add(1)))
    }

    /// The byte at a line and column, both from 0.
    fn offset(&self, line: u32, column: u32) -> Option<usize> {
        let start = *self.line_starts.get(usize::try_from(line).ok()?)?;
        let mut at = 0u32;
        for (offset, character) in self.whole.get(start..)?.char_indices() {
            if at >= column && character != BYTE_ORDER_MARK {
                return Some(start + offset);
            }
            if character == '\n' {
                return None;
            }
            at = after(at, character);
        }
        (at == column).then_some(self.whole.len())
    }
}

/// The column after a character.
const fn after(column: u32, character: char) -> u32 {
    match character {
        '\t' => (column / TAB_COLUMNS).saturating_add(1).saturating_mul(TAB_COLUMNS),
        BYTE_ORDER_MARK => column,
        _ => column.saturating_add(1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_lead_to_bytes() {
        let text = Text::new("\u{feff}a\n\tb é c\n\n  \td");
        for (line, column, wanted) in [
            (0, 0, Some(3)),
            (0, 1, Some(4)),
            (1, 4, Some(6)),
            (1, 6, Some(8)),
            (1, 7, Some(10)),
            (2, 0, Some(13)),
            (3, 4, Some(17)),
            (3, 5, Some(18)),
            (0, 9, None),
            (9, 0, None),
        ] {
            assert_eq!(text.offset(line, column), wanted, "{line}:{column}");
            assert_eq!(wanted.and_then(|at| text.spot(at)), wanted.map(|_| (line + 1, column + 1)));
        }
    }
}
