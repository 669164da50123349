//! A project on disk: where its parts are, and its configuration.

use std::env;
use std::fs;
use std::io::ErrorKind;
use std::path::{Component, Path, PathBuf};
use std::time::Duration;

use judi_schema::nearest::nearest;
use serde::Deserialize;

use crate::config::{Config, Span};
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
    /// What `judi schema lint` asks of names, owners and personal data.
    pub schema: judi_schema::lint::Conventions,
    /// How long what has been replaced stays.
    pub retention: RetentionConventions,
}

/// `[retention]` of conventions.toml.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RetentionConventions {
    /// Files of tables that compaction or an update has replaced, and versions of tables that only they can show.
    pub replaced_files: Span,
}

impl Default for Conventions {
    fn default() -> Self {
        let (schema, retention) = (judi_schema::lint::Conventions::default(), RetentionConventions::default());
        Self { time_zone: "UTC".to_owned(), schema, retention }
    }
}

impl Default for RetentionConventions {
    fn default() -> Self {
        Self { replaced_files: Span(Duration::from_secs(86_400)) }
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
        check_retention(&conventions.retention, config.engine.timeout)?;
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
        Ok(text) => parse_conventions(&text, &path.display().to_string()),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Conventions::default()),
        Err(error) => Err(Failure::from_error(Exit::Outside, &path.display().to_string(), &error)),
    }
}

fn parse_conventions(text: &str, place: &str) -> Result<Conventions, Failure> {
    toml::from_str(text).map_err(|error: toml::de::Error| {
        let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        let line = before.matches('\n').count() + 1;
        let failure = Failure::usage(format!("{place}:{line}:{column}: {}", error.message()));
        match nearest_key(error.message()) {
            Some(near) => failure.hint(format!("did you mean `{near}`?")),
            None => failure,
        }
    })
}

/// A query reads the files that it has begun with to its end.
fn check_retention(retention: &RetentionConventions, query_timeout: Span) -> Result<(), Failure> {
    if retention.replaced_files.0 >= query_timeout.0 {
        return Ok(());
    }
    Err(Failure::usage(
        "conventions.toml: retention.replaced_files is shorter than engine.timeout, so files could go under a query",
    )
    .hint("at least as long as the longest query may take; \"1 d\" is usual"))
}

/// The known key that an unknown one was probably meant to be, from: unknown field `a`, expected one of `b`, `c`.
fn nearest_key(message: &str) -> Option<&str> {
    let rest = message.strip_prefix("unknown field `")?;
    let mut names = rest.split('`').step_by(2);
    let unknown = names.next()?;
    nearest(unknown, names.filter(|name| !name.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conventions_are_checked_by_key_and_place() {
        let read = |text: &str| parse_conventions(text, "conventions.toml");
        let all = read("time_zone = \"Europe/Stockholm\"\n[schema]\nowners = [\"news\"]\n").unwrap();
        assert_eq!((all.time_zone.as_str(), all.schema.owners.len()), ("Europe/Stockholm", 1));
        assert_eq!(read("").unwrap().time_zone, "UTC");
        let wrong = read("[schema]\nowner = [\"news\"]\n").unwrap_err();
        assert!(wrong.message.starts_with("conventions.toml:2:1: unknown field `owner`"), "{}", wrong.message);
        assert_eq!(wrong.hint.as_deref(), Some("did you mean `owners`?"));
        assert_eq!(read("timezone = \"x\"").unwrap_err().hint.as_deref(), Some("did you mean `time_zone`?"));
        assert_eq!(read("").unwrap().retention.replaced_files, Span(Duration::from_secs(86_400)));
        let short = read("[retention]\nreplaced_files = \"2 min\"\n").unwrap().retention;
        assert!(check_retention(&short, Span(Duration::from_secs(120))).is_ok());
        let refused = check_retention(&short, Span(Duration::from_secs(300))).unwrap_err();
        assert!(refused.message.contains("engine.timeout"), "{}", refused.message);
        let pattern = read("[schema]\nevent_name = \"(\"\n").unwrap_err();
        assert!(pattern.message.contains("conventions.toml:2:"), "{}", pattern.message);
    }
}
