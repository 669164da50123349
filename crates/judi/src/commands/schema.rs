//! `judi schema …`: the events' definition. One file a command; [`folder`], [`against`] and [`findings`] are
//! what they share.

mod against;
mod breaking;
mod diff;
mod docs;
mod export;
mod findings;
mod folder;
mod git;
mod infer;
mod lint;
mod publish;

use crate::cli::schema::Schema;
use crate::failure::Done;

/// Runs one of the commands.
pub fn run(command: &Schema) -> Done {
    match command {
        Schema::Breaking(args) => breaking::run(args),
        Schema::Diff(args) => diff::run(args),
        Schema::Docs(args) => docs::run(args),
        Schema::Export(args) => export::run(args),
        Schema::Infer(args) => infer::run(args),
        Schema::Lint(args) => lint::run(args),
        Schema::Publish(args) => publish::run(args),
    }
}
