//! What can go wrong in a task.

use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use judi_schema::error::SchemaError;
use judi_schema::verdict::Violation;
use thiserror::Error;

/// Why a task was not done.
#[derive(Debug, Error)]
pub(crate) enum Failure {
    /// The disk or the network.
    #[error("{what}: {source}")]
    Io {
        /// What was tried, and on what.
        what: String,
        /// What the system says.
        source: io::Error,
    },
    /// A program that a task starts.
    #[error("{program} {ended}\n{output}")]
    Program {
        /// Its name.
        program: String,
        /// How it ended.
        ended: String,
        /// The last of what it printed.
        output: String,
    },
    /// Nobody built the binary that is to be measured.
    #[error("{} is not there\nhint: `cargo build --release` makes it; JUDI_BIN names another", path.display())]
    NoBinary {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// A server answered what a bench cannot count.
    #[error("{request} was answered {status}: {body}")]
    Answer {
        /// What was asked.
        request: String,
        /// The status.
        status: u16,
        /// The beginning of the answer.
        body: String,
    },
    /// A measured stage failed.
    #[error("{stage}: {source}")]
    Stage {
        /// Which.
        stage: &'static str,
        /// What it says.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// What was measured is not what it should be, so its speed means nothing.
    #[error("{what}: {found}, not {wanted}")]
    Wrong {
        /// What was compared.
        what: String,
        /// What it is.
        found: String,
        /// What it should be.
        wanted: String,
    },
    /// The project's schema.
    #[error(transparent)]
    Schema(#[from] SchemaError),
    /// An event that a bench made does not fit the schema.
    #[error("the bench's own event: {0}")]
    Event(#[from] Violation),
    /// A file that a page is made from.
    #[error("{file}: {cause}")]
    Source {
        /// Which.
        file: &'static str,
        /// What is wrong with it.
        cause: String,
    },
    /// A simulated world broke a promise.
    #[error("{told}")]
    Simulation {
        /// Which, where and how to see it again.
        told: String,
    },
    /// Pages that are not what they describe.
    #[error("not up to date: {}\nhint: `cargo xtask docs` writes them", files.join(", "))]
    Stale {
        /// Relative to the repository.
        files: Vec<String>,
    },
}

impl Failure {
    /// For `map_err` on what the disk or the network answers.
    pub(crate) fn io(what: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { what: what.into(), source }
    }

    /// [`Failure::io`] for a file.
    pub(crate) fn file(verb: &str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        Self::io(format!("{verb} {}", path.display()))
    }

    /// For `map_err` on what a stage answers.
    pub(crate) fn stage<E>(stage: &'static str) -> impl FnOnce(E) -> Self
    where
        E: std::error::Error + Send + Sync + 'static,
    {
        move |source| Self::Stage { stage, source: Box::new(source) }
    }

    /// As of Judi's own commands: 1 for findings, 3 for what failed outside.
    pub(crate) fn exit_code(&self) -> ExitCode {
        match self {
            Self::Stale { .. } | Self::Simulation { .. } => ExitCode::from(1),
            _ => ExitCode::from(3),
        }
    }
}
