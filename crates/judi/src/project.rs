//! A project on disk: where its parts are, and its configuration.

use std::env;
use std::fs;
use std::io::ErrorKind;
use std::path::{Component, Path, PathBuf};

use serde::Deserialize;

use crate::config::Config;
use crate::failure::{Exit, Failure};

/// An opened project.
#[derive(Debug, Clone)]
pub struct Project {
    /// The folder that holds judi.toml.
    pub dir: PathBuf,
    /// judi.toml over the defaults, and the environment over both.
    pub config: Config,
    /// conventions.toml.
    pub conventions: Conventions,
}

/// conventions.toml: what holds everywhere.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Conventions {
    /// The zone of `date`, an IANA name.
    pub time_zone: String,
}

impl Default for Conventions {
    fn default() -> Self {
        Self { time_zone: "UTC".to_owned() }
    }
}

impl Project {
    /// Opens the project at `dir`, or the nearest one at or above the current folder.
    pub fn open(dir: Option<&Path>) -> Result<Self, Failure> {
        let dir = match dir {
            Some(dir) => dir.to_owned(),
            None => find_upwards()?,
        };
        let dir = dir.canonicalize().map_err(|error| {
            Failure::usage(format!("{}: {error}", dir.display())).hint("`judi init DIR` makes a project")
        })?;
        let config = Config::load(&dir, env::vars())?;
        let conventions = read_conventions(&dir.join("conventions.toml"))?;
        Ok(Self { dir, config, conventions })
    }

    /// The event log.
    pub fn log_dir(&self) -> PathBuf {
        self.dir.join(".judi/log")
    }

    /// What the process keeps beside log and tables.
    pub fn state_dir(&self) -> PathBuf {
        self.dir.join(".judi/state")
    }

    /// The tables.
    pub fn tables_dir(&self) -> Result<PathBuf, Failure> {
        let url = &self.config.storage.url;
        match url.split_once("://") {
            None => Ok(normalized(&self.dir.join(url))),
            Some(("file", path)) => Ok(normalized(Path::new(path))),
            Some((scheme, _)) => {
                Err(Failure::usage(format!("storage.url: this build stores no tables at {scheme}://"))
                    .hint("a folder, as in url = \".judi/tables\""))
            }
        }
    }

    /// The events' .proto files and the ledger.
    pub fn schema_dir(&self) -> PathBuf {
        self.dir.join("schema")
    }

    /// The descriptors of every schema version that was ever in use.
    pub fn schema_versions_dir(&self) -> PathBuf {
        self.state_dir().join("schemas")
    }

    /// Other people's schemas, in the registry.
    pub fn registry_dir(&self) -> PathBuf {
        self.state_dir().join("registry")
    }

    /// The job files.
    pub fn jobs_dir(&self) -> PathBuf {
        self.dir.join("jobs")
    }
}

/// The path without `.` and `..`: the engine names files by their whole path and takes no others.
fn normalized(path: &Path) -> PathBuf {
    let mut whole = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => {
                whole.pop();
            }
            Component::CurDir => {}
            other => whole.push(other),
        }
    }
    whole
}

fn find_upwards() -> Result<PathBuf, Failure> {
    let here = env::current_dir().map_err(|error| Failure::from_error(Exit::Outside, "the current folder", &error))?;
    here.ancestors().find(|dir| dir.join("judi.toml").is_file()).map(Path::to_owned).ok_or_else(|| {
        Failure::usage(format!("no judi.toml in {} or above it", here.display()))
            .hint("`judi init DIR` makes a project; `--project DIR` names one")
    })
}

fn read_conventions(path: &Path) -> Result<Conventions, Failure> {
    match fs::read_to_string(path) {
        Ok(text) => toml::from_str(&text)
            .map_err(|error| Failure::usage(format!("{}: {}", path.display(), error.to_string().trim()))),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Conventions::default()),
        Err(error) => Err(Failure::from_error(Exit::Outside, &path.display().to_string(), &error)),
    }
}
