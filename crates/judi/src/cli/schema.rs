//! `judi schema …`

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{AccountFormat, ProjectArg};

/// `judi schema …`
#[derive(Debug, Subcommand)]
pub enum Schema {
    /// Find breaking changes by buf's rules, configured by buf.yaml where there is one.
    Breaking(Breaking),
    /// Tell each change since an earlier state: Judi's verdict, what it does, who uses it, and the fix.
    Diff(Diff),
    /// Write the event catalogue as HTML files: what every event and field means, who uses it and how often it comes.
    Docs(Docs),
    /// Propose events for what is in quarantine because the schema has no event of its name.
    Infer(Infer),
    /// Find what is wrong with a schema that compiles, by buf's rules and Judi's own.
    Lint(Lint),
    /// Write the .proto files that the binary carries, so that any protobuf tool can make or read a batch.
    Export(Export),
    /// Make the schema's files the newest version; a running server takes events by it at once.
    Publish(Publish),
}

/// `judi schema breaking`
#[derive(Debug, Args)]
pub struct Breaking {
    /// A project, or a folder of .proto files [default: the folder upwards that holds judi.toml].
    pub dir: Option<PathBuf>,
    /// The earlier state: another folder, git:REF, or registry:VERSION (a number, a semver or `latest`).
    #[arg(long, value_name = "STATE")]
    pub against: String,
    /// How to print the findings.
    #[arg(long, value_enum, default_value_t = AccountFormat::Text)]
    pub format: AccountFormat,
    #[command(flatten)]
    pub project: ProjectArg,
}

/// `judi schema infer`
#[derive(Debug, Args)]
pub struct Infer {
    /// Only these: a track name, an event's name in JSON, or page, screen, identify, group, alias [default: all].
    pub names: Vec<String>,
    /// Write the .proto file there, and add the lines that its calls need to schema/segment.toml
    /// [default: print both].
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    #[command(flatten)]
    pub project: ProjectArg,
}

/// `judi schema lint`
#[derive(Debug, Args)]
pub struct Lint {
    /// A project, or a folder of .proto files [default: the folder upwards that holds judi.toml].
    pub dir: Option<PathBuf>,
    /// Repair what can be repaired for certain in the .proto files; what changed is told on standard error.
    #[arg(long)]
    pub fix: bool,
    /// How to print the findings.
    #[arg(long, value_enum, default_value_t = AccountFormat::Text)]
    pub format: AccountFormat,
    #[command(flatten)]
    pub project: ProjectArg,
}

/// `judi schema publish`
#[derive(Debug, Args)]
pub struct Publish {
    /// The project's folder [default: the folder upwards that holds judi.toml].
    pub dir: Option<PathBuf>,
    /// How to print the version.
    #[arg(long, value_enum, default_value_t = AccountFormat::Text)]
    pub format: AccountFormat,
    #[command(flatten)]
    pub project: ProjectArg,
}

/// `judi schema docs`
#[derive(Debug, Args)]
pub struct Docs {
    /// A project, or a folder of .proto files [default: the project upwards].
    pub dir: Option<PathBuf>,
    /// Where to write index.html and the files beside it.
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    #[command(flatten)]
    pub project: ProjectArg,
}

/// `judi schema diff`
#[derive(Debug, Args)]
pub struct Diff {
    /// A project, or a folder of .proto files [default: the folder upwards that holds judi.toml].
    pub dir: Option<PathBuf>,
    /// The earlier state: another folder, git:REF, or registry:VERSION (a number, a semver or `latest`)
    /// [default: the project's newest published version].
    #[arg(long, value_name = "STATE")]
    pub against: Option<String>,
    /// How to print the changes.
    #[arg(long, value_enum, default_value_t = AccountFormat::Text)]
    pub format: AccountFormat,
    /// Write what unblocks: reserved, aliases, moved_from, replaces, numbers.
    #[arg(long)]
    pub fix: bool,
    #[command(flatten)]
    pub project: ProjectArg,
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
