//! The compiler's complaints as ours: place, cause, and a hint for the mistakes that people make.

use std::collections::BTreeMap;

use crate::error::{Place, SchemaError};

/// What `error` says, with its place. `texts` are the project's files by name.
pub(super) fn explain(error: &protox::Error, texts: &BTreeMap<String, String>) -> SchemaError {
    let cause = error.to_string();
    let mut place = place(error);
    if place.line.is_none() && cause.ends_with("reached end of file") {
        // The compiler gives no place for what is missing: it is missing at the end.
        place.line = texts.get(&place.file).and_then(|text| u32::try_from(text.lines().count().max(1)).ok());
    }
    SchemaError::Compile { place, hint: hint(&cause), cause }
}

/// The compiler tells the place only in its debug form: `file:line:column: cause`.
fn place(error: &protox::Error) -> Place {
    let Some(file) = error.file() else { return Place::file("schema") };
    let text = format!("{error:?}");
    let mut numbers = text
        .strip_prefix(file)
        .unwrap_or_default()
        .splitn(4, ':')
        .skip(1)
        .map_while(|part| part.trim().parse::<u32>().ok());
    let line = numbers.next();
    let column = if line.is_some() { numbers.next() } else { None };
    Place { file: file.to_owned(), line, column }
}

fn hint(cause: &str) -> Option<&'static str> {
    const HINTS: [(&str, &str); 9] = [
        (
            "found 'edition'",
            "editions come in compiled: protoc --include_imports --descriptor_set_out=NAME.binpb, or buf build; \
             keep the .binpb in the schema folder instead of this file",
        ),
        (
            "import '",
            "imports are relative to the schema folder; judi/v1, buf/validate and google/protobuf are built in",
        ),
        ("import cycle", "move what both files need into a third one"),
        ("name 'judi.event' is not defined", "import \"judi/v1/options.proto\"; it is built in"),
        ("name 'judi.field' is not defined", "import \"judi/v1/options.proto\"; it is built in"),
        ("name 'buf.validate", "import \"buf/validate/validate.proto\"; it is built in"),
        ("is not defined", "import the file that defines it; names are looked up from the inside out"),
        ("must have a label", "write `optional`, `repeated` or `required`, or use syntax = \"proto3\""),
        ("camel-case name", "rename one of the two: JSON cannot tell them apart"),
    ];
    HINTS.iter().find(|(part, _)| cause.contains(part)).map(|(_, hint)| *hint)
}
