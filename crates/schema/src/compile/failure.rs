//! What is wrong, as ours: place, cause, and a hint for the mistakes that people make.

use prost_reflect::DescriptorError;

use super::{Origin, Unit};
use crate::error::{Place, SchemaError};
use crate::front::{Complaint, line_and_column};

/// What the front says of a file's text.
pub(super) fn explain_complaint(name: &str, text: &str, complaint: &Complaint) -> SchemaError {
    let (line, column) = line_and_column(text, complaint.offset);
    let place = Place { file: name.to_owned(), line: Some(line), column: Some(column) };
    let hint = complaint.hint.or_else(|| hint(&complaint.cause));
    SchemaError::Compile { place, hint, cause: complaint.cause.clone() }
}

/// What the linker says, of `unit` or of one that was linked before.
pub(super) fn explain_link(error: &DescriptorError, unit: &Unit<'_>, linked: &[Unit<'_>]) -> SchemaError {
    let cause = shortened(error.to_string());
    let file = error.file().unwrap_or(&unit.name);
    let unit = linked.iter().find(|other| other.name == file).unwrap_or(unit);
    let place = place(unit, error.path().unwrap_or_default());
    SchemaError::Compile { place, hint: hint(&cause), cause }
}

/// Where the element of this path is.
pub(super) fn place(unit: &Unit<'_>, path: &[i32]) -> Place {
    let Origin::Text { text, parsed, .. } = &unit.origin else { return Place::file(&unit.name) };
    let Some(offset) = parsed.places.start_of(path) else { return Place::file(&unit.name) };
    let (line, column) = line_and_column(text, offset);
    Place { file: unit.name.clone(), line: Some(line), column: Some(column) }
}

/// At most this many characters of what the linker says are told: names are as long as a file makes them.
const CAUSE_CHARS_MAX: usize = 300;

/// What to do where nothing more is known.
const LANGUAGE: &str = "what may stand where: https://protobuf.dev/reference/protobuf/";

fn shortened(cause: String) -> String {
    match cause.char_indices().nth(CAUSE_CHARS_MAX) {
        Some((end, _)) => format!("{}…", cause.get(..end).unwrap_or_default()),
        None => cause,
    }
}

fn hint(cause: &str) -> Option<&'static str> {
    const HINTS: [(&str, &str); 12] = [
        ("name 'judi.event' is not defined", "import \"judi/v1/options.proto\"; it is built in"),
        ("name 'judi.field' is not defined", "import \"judi/v1/options.proto\"; it is built in"),
        ("name 'buf.validate", "import \"buf/validate/validate.proto\"; it is built in"),
        ("option field", "there is no such option here; others than the built-in ones stand in parentheses"),
        ("for option", "look up the option's type where it is declared"),
        ("is not defined", "import the file that defines it; names are looked up from the inside out"),
        ("camel-case name", "rename one of the two: JSON cannot tell them apart"),
        ("JSON name", "rename one of the two: JSON cannot tell them apart"),
        ("defined", "rename one of the two, or give the files different packages"),
        ("file ends here", "a bracket that opens must close"),
        (
            "number",
            "numbers are used once, from 1 to 536870911, not from 19000 to 19999, and not where they are reserved",
        ),
        ("nested more than", "put the inner part into something of its own"),
    ];
    let known = HINTS.iter().find(|(part, _)| cause.contains(part)).map(|(_, hint)| *hint);
    known.or(Some(LANGUAGE))
}
