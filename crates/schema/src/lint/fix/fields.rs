//! Repairs of fields: presence, and names in snake_case with the old name as an alias.

use super::super::events::{EventField, FIELD_OPTIONS, JUDI, NAME};
use super::super::names::lower_snake_case;
use super::super::subject::LintFile;
use super::edits::Edit;
use super::{Fixer, Repair, files, options};

/// The number of a field in its descriptor.
const NUMBER: i32 = 3;

/// Makes a field `optional`.
pub(super) fn presence(fixer: &Fixer<'_, '_>, file: &LintFile<'_>, _: &str, name_path: &[i32]) -> Option<Repair> {
    let field = field_at(fixer, file, name_path)?;
    if field.is_published {
        return Some(Repair::Not(
            "it is published, and `optional` is a GUARDED change: rows where it is left out have NULL from then on. \
             Decide, and write it yourself"
                .to_owned(),
        ));
    }
    if file.is_edition {
        return Some(Repair::Not("in an edition presence is a feature, of the field or of all around it".to_owned()));
    }
    Some(Repair::Edits(vec![Edit::insert(file.range(field.field.path())?.start, "optional ")]))
}

/// Renames a field of an event, and keeps the old name as an alias.
pub(super) fn snake_case(fixer: &Fixer<'_, '_>, file: &LintFile<'_>, text: &str, name_path: &[i32]) -> Option<Repair> {
    let Some(field) = field_at(fixer, file, name_path) else {
        return Some(Repair::Not("it is no field of an event: code that uses the name would break".to_owned()));
    };
    let old = field.field.name();
    let message = field.field.parent_message();
    let mut others = fixer.events.fields.iter().filter(|other| other.field.parent_message() == message);
    if let Some(other) = others.find(|other| other.options.replaced_by == old) {
        return Some(Repair::Not(format!("{:?} says that it is replaced by {old:?}", other.field.name())));
    }
    if field.field.is_group() {
        return Some(Repair::Not("a group's name is its message's".to_owned()));
    }
    let mut edits = vec![Edit::replace(&file.range(name_path)?, lower_snake_case(old))];
    edits.push(alias(file, text, field, old)?);
    edits.extend(files::options_import(file, text)?);
    Some(Repair::Edits(edits))
}

fn alias(file: &LintFile<'_>, text: &str, field: &EventField<'_, '_>, old: &str) -> Option<Edit> {
    let path = field.field.path();
    let aggregate = [path, &[FIELD_OPTIONS, JUDI]].concat();
    if let Some(range) = file.range(&aggregate) {
        return options::add_in_braces(text, range, &format!("alias: {}", options::quoted(old)));
    }
    let number = file.range(&[path, &[NUMBER]].concat())?;
    let option = format!("(judi.field).alias = {}", options::quoted(old));
    options::add_to_brackets(text, file.range(path)?, &number, &option)
}

/// The field of an event whose name stands at this path.
fn field_at<'f, 's, 'a>(fixer: &'f Fixer<'s, 'a>, file: &LintFile<'_>, name: &[i32]) -> Option<&'f EventField<'s, 'a>> {
    let path = name.strip_suffix(&[NAME])?;
    fixer.events.fields.iter().find(|field| field.file.name() == file.name() && field.field.path() == path)
}
