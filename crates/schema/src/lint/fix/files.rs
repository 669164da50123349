//! Repairs of what stands at the top of a file: syntax and imports.

use super::super::subject::LintFile;
use super::super::tokens::tokens;
use super::super::walk::number_of;
use super::Repair;
use super::edits::Edit;

/// The file that `(judi.field)` is in.
const OPTIONS_FILE: &str = "judi/v1/options.proto";

/// `FileDescriptorProto.package`, `.dependency`, `.syntax`.
const PACKAGE: &[i32] = &[2];
const DEPENDENCY: i32 = 3;
const SYNTAX: &[i32] = &[12];

/// Takes out an import, with its line when nothing else stands there.
pub(super) fn unused_import(file: &LintFile<'_>, text: &str, path: &[i32]) -> Option<Repair> {
    let mut range = file.range(path)?;
    let before = text.get(..range.start)?;
    let line_start = before.rfind('\n').map_or(0, |end| end + 1);
    let after = text.get(range.end..)?;
    let line_end = after.find('\n').map_or(text.len(), |end| range.end + end + 1);
    let is_alone =
        text.get(line_start..range.start)?.trim().is_empty() && text.get(range.end..line_end)?.trim().is_empty();
    if is_alone {
        range = line_start..line_end;
    }
    Some(Repair::Edits(vec![Edit::replace(&range, "")]))
}

/// Says the syntax that holds anyway, above everything but the comments at the top.
pub(super) fn syntax(text: &str) -> Repair {
    let first = tokens(text, 0..text.len()).first().map_or(text.len(), |token| token.range.start);
    let mut at = text.get(..first).and_then(|before| before.rfind('\n')).map_or(0, |end| end + 1);
    // A comment right above the first statement belongs to it.
    while let Some(above) = text.get(..at).and_then(|before| before.strip_suffix('\n')) {
        let start = above.rfind('\n').map_or(0, |end| end + 1);
        if !above.get(start..).is_some_and(|line| line.trim_start().starts_with("//")) {
            break;
        }
        at = start;
    }
    Repair::Edits(vec![Edit::insert(at, "syntax = \"proto2\";\n\n")])
}

/// The import of Judi's options where it is missing; `None` where there is no place for it.
pub(super) fn options_import(file: &LintFile<'_>, text: &str) -> Option<Vec<Edit>> {
    let imports = &file.proto().dependency;
    if imports.iter().any(|name| name == OPTIONS_FILE) {
        return Some(Vec::new());
    }
    let statement = format!("import \"{OPTIONS_FILE}\";");
    // Among sorted imports it goes before the first one that is greater.
    if let Some(index) = imports.iter().position(|name| name.as_str() > OPTIONS_FILE) {
        let at = file.range(&[DEPENDENCY, number_of(index)])?.start;
        return Some(vec![Edit::insert(at, format!("{statement}\n"))]);
    }
    let last = imports.len().checked_sub(1).and_then(|index| file.range(&[DEPENDENCY, number_of(index)]));
    let (end, gap) = match last {
        Some(last) => (last.end, "\n"),
        None => (file.range(PACKAGE).or_else(|| file.range(SYNTAX))?.end, "\n\n"),
    };
    let rest_of_line = text.get(end..)?.find('\n').map_or(text.len(), |length| end + length);
    let is_free = text.get(end..rest_of_line)?.trim_start().is_empty()
        || text.get(end..rest_of_line)?.trim_start().starts_with("//");
    let at = if is_free { rest_of_line } else { end };
    Some(vec![Edit::insert(at, format!("{gap}{statement}"))])
}
