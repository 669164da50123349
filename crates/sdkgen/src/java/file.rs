//! What is around a class: the header, the package, the imports that the class names.

use super::Names;
use super::names::Classes;
use super::text::Text;
use crate::library::{Event, Kind, Library, Message};

/// What every file is written with.
pub(super) struct Scope<'a> {
    pub(super) library: &'a Library,
    pub(super) names: &'a Names,
    pub(super) classes: &'a Classes,
}

impl Scope<'_> {
    /// The event whose message stands at `at`.
    pub(super) fn event_of(&self, at: usize) -> Option<&Event> {
        self.library.events.iter().find(|event| event.message == at)
    }

    /// Whether a field has a message for a type that is to be used no more.
    pub(super) fn uses_deprecated(&self, message: &Message) -> bool {
        message.fields.iter().any(|field| match field.kind {
            Kind::Message(at) | Kind::Group(at) => self.library.messages.get(at).is_some_and(|it| it.is_deprecated),
            _ => false,
        })
    }
}

/// Classes of Java that a file may name.
const OF_JAVA: &[&str] = &[
    "java.math.BigInteger",
    "java.time.Duration",
    "java.time.Instant",
    "java.util.Arrays",
    "java.util.Collections",
    "java.util.List",
    "java.util.Map",
];

/// Classes of the runtime that a file may name.
const OF_RUNTIME: &[&str] = &[
    "Any",
    "EnumValue",
    "Event",
    "EventException",
    "Facade",
    "Message",
    "NonNull",
    "Nullable",
    "OneofValue",
    "Options",
    "Schema",
    "Tracker",
    "Values",
    "Writer",
];

/// The file of a class: nothing is imported that it does not name.
pub(super) fn file(scope: &Scope<'_>, class: Text) -> Vec<u8> {
    let body = class.done();
    let code = String::from_utf8_lossy(&body).into_owned();
    let named = names_in(&code);
    let runtime = scope.names.runtime_package();
    let mut imports: Vec<String> = OF_JAVA.iter().map(|&name| name.to_owned()).collect();
    imports.extend(OF_RUNTIME.iter().map(|name| format!("{runtime}.{name}")));
    imports.retain(|import| import.rsplit('.').next().is_some_and(|name| named.contains(name)));
    imports.sort();
    let mut text = Text::default();
    text.line(0, "// Made by judi sdk generate from the schema of the events; changes are lost.");
    let library = scope.library;
    text.line(0, &format!("// Schema version {} ({}), {}.", library.version, library.semver, library.fingerprint));
    text.line(0, &format!("package {};", scope.names.package));
    text.gap();
    for import in &imports {
        text.line(0, &format!("import {import};"));
    }
    if !imports.is_empty() {
        text.gap();
    }
    let mut whole = text.done();
    whole.extend(body);
    whole
}

/// The words of code, those of comments and of literals left out.
fn names_in(body: &str) -> std::collections::HashSet<&str> {
    let code = body.lines().filter(|line| !line.trim_start().starts_with(['*', '/']));
    code.flat_map(|line| line.split('"').step_by(2))
        .flat_map(|part| part.split(|character: char| !character.is_alphanumeric() && character != '_'))
        .collect()
}
