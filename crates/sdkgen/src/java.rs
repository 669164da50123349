//! Java: a Maven project with a class for each message, enum and oneof, the tracker, and the runtime in a package of its
//! own, so that two libraries in one app do not meet.
//!
//! ```text
//!   Library ──names──► Classes ──┬─ message   ArticleView + Builder, with its encoder ┐
//!                                ├─ oneof     ArticleViewTarget                       ├─► generate ──► publish
//!                                ├─ enumeration  ShareChannel                         │
//!                                ├─ tracker   Judi.articleView(…)                     │
//!                                └─ runtime   sdks/java, as it is written             ┘
//! ```

mod docs;
mod driver;
mod enumeration;
mod field;
mod file;
mod jar;
mod javac;
mod message;
mod names;
mod oneof;
mod project;
mod publish;
mod runtime;
mod text;
mod tracker;
mod types;

use self::file::Scope;
pub use self::javac::PublishError;
use self::names::Classes;
pub use self::publish::{metadata_path, publish, published};
use crate::GeneratedFile;
use crate::library::Library;

/// How the package is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Names {
    /// Maven's groupId.
    pub group: String,
    /// Maven's artifactId.
    pub artifact: String,
    /// The package of the generated classes; the runtime is in `sdk` below it.
    pub package: String,
}

impl Default for Names {
    /// `dev.judi:events`, package `dev.judi.events`.
    fn default() -> Self {
        Self { group: "dev.judi".into(), artifact: "events".into(), package: "dev.judi.events".into() }
    }
}

impl Names {
    fn runtime_package(&self) -> String {
        format!("{}.sdk", self.package)
    }

    /// The folder of the generated classes below `src/main/java`.
    fn folder(&self) -> String {
        self.package.replace('.', "/")
    }
}

/// The package: a Maven project.
#[must_use]
pub fn generate(library: &Library, names: &Names) -> Vec<GeneratedFile> {
    let classes = Classes::of(library);
    let scope = Scope { library, names, classes: &classes };
    let mut files = Vec::new();
    let mut class = |name: &str, bytes: Vec<u8>| {
        files.push(GeneratedFile { path: format!("src/main/java/{}/{name}.java", names.folder()), bytes });
    };
    for ((at, message), name) in (0..).zip(&library.messages).zip(&classes.messages) {
        class(name, message::write(&scope, at, message));
        for (oneof, name) in (0..).zip(classes.oneofs.get(at).map_or(&[][..], |names| names)) {
            class(name, oneof::write(&scope, at, oneof, message));
        }
    }
    for ((at, enumeration), name) in (0..).zip(&library.enums).zip(&classes.enums) {
        class(name, enumeration::write(&scope, at, enumeration));
    }
    class("Judi", tracker::write(&scope));
    files.extend(runtime::files(names));
    files.extend(project::files(library, names));
    files.sort_by(|one, other| one.path.cmp(&other.path));
    files
}

/// For the conformance kit: the function that makes typed calls of the kit's JSON, through the public API.
#[must_use]
pub fn driver(library: &Library, names: &Names) -> GeneratedFile {
    let classes = Classes::of(library);
    let scope = Scope { library, names, classes: &classes };
    GeneratedFile { path: format!("{}/Calls.java", names.folder()), bytes: driver::write(&scope) }
}

#[cfg(test)]
mod tests;
