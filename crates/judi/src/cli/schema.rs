//! `judi schema …`

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::ProjectArg;

/// `judi schema …`
#[derive(Debug, Subcommand)]
pub enum Schema {
    /// Write the .proto files that the binary carries, so that any protobuf tool can make or read a batch.
    Export(Export),
}

/// `judi schema export`
#[derive(Debug, Args)]
pub struct Export {
    /// Where to write them, beside the project's own.
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    #[command(flatten)]
    pub project: ProjectArg,
}
