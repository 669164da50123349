//! Go: a module with a type and a constructor per message, an encoder of straight lines, and the runtime beside them.
//!
//! ```text
//!   MODULE                 package events: generated, one file per message
//!   MODULE/judi            the client: queue, sessions, consent, sending; hand-written, sdks/go/judi
//!   MODULE/juditest        the test double; hand-written
//!   MODULE/internal/wire   bytes; hand-written. Being internal it seals the set of events
//! ```

mod driver;
mod encode;
mod enums;
mod ident;
mod message;
mod names;
mod publish;
mod text;

pub use driver::driver;
pub use publish::{PublishError, publish, publish_beside};

use crate::GeneratedFile;
use crate::library::{Library, WellKnown};
use names::Plan;
use text::{Text, quoted};

/// The module of the hand-written files, in their imports.
const OWN_MODULE: &str = "judi.example/events";

/// The first release of Go that has all that the runtime uses.
const GO_VERSION: &str = "1.22";

/// What the module is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Names {
    /// The module's path without a major version: `judi.example/newsroom/events`. From version 2 on, Go's rule adds
    /// `/v2`.
    pub module: String,
    /// The generated package: by Go's custom the last part of the module's path.
    pub package: String,
    /// What the schema is called, for people: `newsroom`.
    pub project: String,
}

impl Names {
    /// `judi.example/<project>/events`, package `events`.
    #[must_use]
    pub fn of_project(project: &str) -> Self {
        let place = project.to_ascii_lowercase().replace([' ', '_'], "-");
        let place: String = place.chars().filter(|it| it.is_ascii_alphanumeric() || *it == '-').collect();
        let place = if place.is_empty() { "app" } else { &*place };
        Self { module: format!("judi.example/{place}/events"), package: "events".into(), project: project.into() }
    }

    /// The module's path as Go wants it for this version.
    #[must_use]
    pub fn module_path(&self, library: &Library) -> String {
        match publish::major(&library.semver) {
            0 | 1 => self.module.clone(),
            major => format!("{}/v{major}", self.module),
        }
    }
}

/// Hand-written files of the module, by their place in it.
const RUNTIME: &[(&str, &str)] = &[
    ("internal/wire/error.go", include_str!("../../../sdks/go/internal/wire/error.go")),
    ("internal/wire/known.go", include_str!("../../../sdks/go/internal/wire/known.go")),
    ("internal/wire/wire.go", include_str!("../../../sdks/go/internal/wire/wire.go")),
    ("judi/answer.go", include_str!("../../../sdks/go/judi/answer.go")),
    ("judi/batch.go", include_str!("../../../sdks/go/judi/batch.go")),
    ("judi/client.go", include_str!("../../../sdks/go/judi/client.go")),
    ("judi/clock.go", include_str!("../../../sdks/go/judi/clock.go")),
    ("judi/clock_linux.go", include_str!("../../../sdks/go/judi/clock_linux.go")),
    ("judi/clock_other.go", include_str!("../../../sdks/go/judi/clock_other.go")),
    ("judi/clock_windows.go", include_str!("../../../sdks/go/judi/clock_windows.go")),
    ("judi/close.go", include_str!("../../../sdks/go/judi/close.go")),
    ("judi/config.go", include_str!("../../../sdks/go/judi/config.go")),
    ("judi/consent.go", include_str!("../../../sdks/go/judi/consent.go")),
    ("judi/context.go", include_str!("../../../sdks/go/judi/context.go")),
    ("judi/entry.go", include_str!("../../../sdks/go/judi/entry.go")),
    ("judi/journal.go", include_str!("../../../sdks/go/judi/journal.go")),
    ("judi/judi.go", include_str!("../../../sdks/go/judi/judi.go")),
    ("judi/lock_other.go", include_str!("../../../sdks/go/judi/lock_other.go")),
    ("judi/lock_unix.go", include_str!("../../../sdks/go/judi/lock_unix.go")),
    ("judi/lock_windows.go", include_str!("../../../sdks/go/judi/lock_windows.go")),
    ("judi/report.go", include_str!("../../../sdks/go/judi/report.go")),
    ("judi/sender.go", include_str!("../../../sdks/go/judi/sender.go")),
    ("judi/store.go", include_str!("../../../sdks/go/judi/store.go")),
    ("judi/uuid.go", include_str!("../../../sdks/go/judi/uuid.go")),
];

/// The module of a schema version.
#[must_use]
pub fn generate(library: &Library, names: &Names) -> Vec<GeneratedFile> {
    let plan = Plan::of(library, names);
    let module = names.module_path(library);
    let mut files = vec![
        file("go.mod", format!("module {module}\n\ngo {GO_VERSION}\n").into_bytes()),
        file("README.md", readme(&plan).into_bytes()),
        file("events.go", package_file(&plan)),
    ];
    files.extend(message::files(&plan));
    files.extend(enums::file(&plan));
    files.extend(RUNTIME.iter().map(|(path, text)| file(path, text.replace(OWN_MODULE, &module).into_bytes())));
    files.sort_by(|one, other| one.path.cmp(&other.path));
    files
}

fn file(path: &str, bytes: Vec<u8>) -> GeneratedFile {
    GeneratedFile { path: path.to_owned(), bytes }
}

/// The line by which tools know what nobody has written.
fn header(library: &Library) -> String {
    format!("// Code generated by judi from schema {} ({}). DO NOT EDIT.", library.semver, library.fingerprint)
}

/// What the package is, and which schema it was made from.
fn package_file(plan: &Plan<'_>) -> Vec<u8> {
    let Plan { library, names, .. } = plan;
    let mut text = Text::default();
    text.line(0, &header(library));
    text.gap();
    let thesis = format!(
        "Package {} holds the events of {}: a type per event, whose constructor takes what the schema requires and whose \
         methods set the rest.",
        names.package, names.project
    );
    let why = "The required values are parameters, because that is the one place where Go's compiler tells of a missing \
               one: a literal of a struct may leave any field out. An event that was made without its constructor is \
               refused with missing_required when it is sent.";
    text.comment(0, &[thesis, why.to_owned()]);
    if let Some(event) = library.events.first() {
        let message = &plan.messages[event.message];
        let parameters: Vec<String> = plan.parameters(event.message).into_iter().map(|it| it.name).collect();
        text.line(0, "//");
        text.line(
            0,
            &format!("//\tclient.Track(ctx, {}.{}({}))", names.package, message.constructor, parameters.join(", ")),
        );
    }
    text.line(0, &format!("package {}", names.package));
    let aliases = [
        (WellKnown::Any, "Any", "is a message of some type, written by somebody else: its type's URL and its bytes."),
        (WellKnown::Duration, "Span", "is a length of time that may be longer than a time.Duration."),
    ];
    let aliases: Vec<_> = aliases.into_iter().filter(|(known, ..)| plan.uses(*known)).collect();
    if !aliases.is_empty() {
        text.gap();
        text.line(0, &format!("import \"{}/internal/wire\"", names.module_path(library)));
    }
    for (_, name, what) in aliases {
        text.gap();
        text.line(0, &format!("// {name} {what}"));
        text.line(0, &format!("type {name} = wire.{name}"));
    }
    let constants = [
        (
            "SchemaVersion",
            "uint32",
            library.version.to_string(),
            "is the number of the schema's version; every event carries it.",
        ),
        ("SchemaSemver", "string", quoted(&library.semver), "is the schema's version as major.minor.patch."),
        ("SchemaFingerprint", "string", quoted(&library.fingerprint), "is the SHA-256 of the schema's descriptors."),
    ];
    for (name, kind, value, what) in constants {
        text.gap();
        text.line(0, &format!("// {name} {what}"));
        text.line(0, &format!("const {name} {kind} = {value}"));
    }
    text.into_bytes()
}

/// The page that a registry shows.
fn readme(plan: &Plan<'_>) -> String {
    let Plan { library, names, .. } = plan;
    let mut text = format!(
        "# Events of {}\n\nGenerated by Judi from schema {} (version {}, fingerprint `{}`).\n\n    go get {}@v{}\n\n| event | type | owner | |\n|---|---|---|---|\n",
        names.project,
        library.semver,
        library.version,
        library.fingerprint,
        names.module_path(library),
        library.semver
    );
    for event in &library.events {
        let description: Vec<&str> = event.description.split_whitespace().collect();
        text.push_str(&format!(
            "| `{}` | `{}` | {} | {} |\n",
            event.name,
            plan.messages[event.message].type_name,
            event.owner,
            description.join(" ").replace('|', "\\|")
        ));
    }
    text
}

#[cfg(test)]
mod tests;
