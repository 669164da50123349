//! Swift: a package for the Swift Package Manager with one module, in which the schema's types stand beside the runtime.
//!
//! ```text
//!   Package.swift
//!   Sources/JudiEvents/Events/ArticleView.swift   a struct per message, an enum per enum
//!   Sources/JudiEvents/Events/Tracking.swift      judi.articleView(articleID: …)
//!   Sources/JudiEvents/Runtime/Judi*.swift        sdks/swift, as it is
//! ```
//!
//! A name of the schema that Swift, Foundation or the runtime has for something else gets a word behind it
//! (`DataMessage`), so that no file needs to say of which module a type is.

mod docs;
mod driver;
mod encode;
mod enums;
mod git;
mod message;
mod naming;
mod package;
mod publish;
mod tracking;
mod type_names;
mod types;

pub use driver::driver;
pub use publish::{PublishError, merged, publish};

use crate::GeneratedFile;
use crate::library::Library;

/// What a package and its module are called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Names {
    /// Of the package: `judi-events`. The git repository of it is `judi-events.git`.
    pub package: String,
    /// Of the module, as in `import JudiEvents`.
    pub module: String,
}

impl Default for Names {
    /// `judi-events` and `JudiEvents`.
    fn default() -> Self {
        Self { package: "judi-events".into(), module: "JudiEvents".into() }
    }
}

/// The package of a schema version, its files in the order of their paths.
#[must_use]
pub fn generate(library: &Library, names: &Names) -> Vec<GeneratedFile> {
    let types = types::Types::of(library, &names.module);
    let mut files = package::frame(library, names);
    let folder = format!("Sources/{}", names.module);
    for (name, text) in message::files(&types) {
        files.push(file(format!("{folder}/Events/{name}.swift"), text));
    }
    files.push(file(format!("{folder}/Events/JudiTracking.swift"), tracking::text(&types)));
    files.push(file(format!("{folder}/Events/JudiSchema.swift"), package::schema(library)));
    for (name, text) in package::RUNTIME {
        files.push(file(format!("{folder}/Runtime/{name}"), (*text).to_owned()));
    }
    files.sort_by(|one, other| one.path.cmp(&other.path));
    files
}

fn file(path: String, text: String) -> GeneratedFile {
    GeneratedFile { path, bytes: text.into_bytes() }
}

#[cfg(test)]
mod tests;
