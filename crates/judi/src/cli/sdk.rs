//! `judi sdk …`

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::ProjectArg;

/// `judi sdk …`
#[derive(Debug, Subcommand)]
pub enum Sdk {
    /// Write a package for each language: the typed calls of the schema's events, their encoder, and the runtime.
    Generate(Generate),
    /// Write the packages as static registries that npm, go, mvn and swift install from, from a folder or any web server.
    Publish(Publish),
}

/// A language that there are packages in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub enum Language {
    /// JavaScript and TypeScript: an npm package.
    Js,
    /// A Go module.
    Go,
    /// Java and Kotlin: a Maven artifact.
    Java,
    /// A Swift package.
    Swift,
}

impl Language {
    /// The name that is typed, and the folder's.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Js => "js",
            Self::Go => "go",
            Self::Java => "java",
            Self::Swift => "swift",
        }
    }
}

/// `judi sdk generate`
#[derive(Debug, Args)]
pub struct Generate {
    /// Languages.
    #[arg(long, value_enum, value_delimiter = ',', default_values_t = [Language::Js, Language::Go, Language::Java, Language::Swift])]
    pub lang: Vec<Language>,
    /// Where to write: a folder for each language.
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    #[command(flatten)]
    pub project: ProjectArg,
}

/// `judi sdk publish`
#[derive(Debug, Args)]
pub struct Publish {
    /// Languages.
    #[arg(long, value_enum, value_delimiter = ',', default_values_t = [Language::Js, Language::Go, Language::Java, Language::Swift])]
    pub lang: Vec<Language>,
    /// Where to write: a folder for each registry. Versions that are there stay.
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// The address at which that folder will be served; npm's index names its archives by it.
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8000")]
    pub base_url: String,
    #[command(flatten)]
    pub project: ProjectArg,
}
