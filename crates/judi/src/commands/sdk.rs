//! `judi sdk …`: typed libraries for apps, made from the schema.

mod generate;
mod names;
mod publish;

use crate::cli::sdk::Sdk;
use crate::failure::Done;

/// Runs one of the commands.
pub fn run(command: &Sdk) -> Done {
    match command {
        Sdk::Generate(args) => generate::run(args),
        Sdk::Publish(args) => publish::run(args),
    }
}
