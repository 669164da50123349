//! `--against`: an earlier state of a schema, from a folder, from git or from the registry.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use judi_schema::breaking::{CONFIG_FILE, Config, Workspace};
use judi_schema::compile::{Source, SourceText, read_sources};
use judi_schema::error::{Fault, SchemaError};
use judi_schema::ledger::{LEDGER_FILE, Ledger};
use judi_world::World;

use super::folder::SchemaFolder;
use super::git;
use crate::failure::{Exit, Failure};
use crate::project::Project;

/// The name of a project's schema folder in the project.
pub(super) const SCHEMA_FOLDER: &str = "schema";

/// A schema's files at some time, and how buf.yaml says that they belong together.
#[derive(Debug, Clone)]
pub struct State {
    /// What was asked for, for people.
    pub name: String,
    /// By their names in the folder, sorted.
    pub sources: Vec<Source>,
    /// What buf.yaml says of them, or the defaults.
    pub config: Config,
}

/// The state that `against` names: `git:REF` and `registry:VERSION` are of `folder`, anything else is another folder.
///
/// # Errors
/// A state that is not there, or cannot be read, with what to do about it.
pub fn read(against: &str, folder: &SchemaFolder, world: &World) -> Result<State, Failure> {
    match against.split_once(':') {
        Some(("git", reference)) => of_git(reference, folder),
        Some(("registry", version)) => of_registry(version, folder),
        _ => State::of_folder(&SchemaFolder::find(Some(Path::new(against)), None)?, world),
    }
}

impl State {
    /// What is in a folder now.
    ///
    /// # Errors
    /// What cannot be read.
    pub fn of_folder(folder: &SchemaFolder, world: &World) -> Result<Self, Failure> {
        let sources = read_sources(world.disk.as_ref(), &folder.dir).map_err(|error| failed(&error))?;
        let own = read_config(&folder.dir)?.map(|(file, text)| Config::parse(&file, &text));
        let config = match (own, &folder.project) {
            (Some(config), _) => config.map_err(|error| failed(&error))?,
            (None, Some(project)) => match read_config(&project.dir)? {
                Some((file, text)) => Config::parse(&file, &text).map_err(|error| failed(&error))?.below(SCHEMA_FOLDER),
                None => Config::default(),
            },
            (None, None) => Config::default(),
        };
        Self { name: folder.dir.display().to_string(), sources, config }.not_empty("name a folder of .proto files")
    }

    /// Compiles it.
    ///
    /// # Errors
    /// What does not compile, with its place in this state.
    pub fn workspace(self) -> Result<Workspace, Failure> {
        let name = self.name;
        Workspace::new(self.sources, &self.config).map_err(|error| {
            let failure = failed(&error);
            Failure { message: format!("{name}: {}", failure.message), ..failure }
        })
    }

    fn not_empty(self, hint: &str) -> Result<Self, Failure> {
        if self.sources.is_empty() {
            return Err(Failure::usage(format!("{}: there are no .proto files", self.name)).hint(hint));
        }
        Ok(self)
    }
}

/// The folder as it was at a commit.
fn of_git(reference: &str, folder: &SchemaFolder) -> Result<State, Failure> {
    let (root, prefix) = match &folder.project {
        Some(project) => (project.dir.as_path(), format!("{SCHEMA_FOLDER}/")),
        None => (folder.dir.as_path(), String::new()),
    };
    let files = git::files_at(root, reference, |path| {
        let inner = path.strip_prefix(&prefix);
        let is_config = path == CONFIG_FILE || inner == Some(CONFIG_FILE);
        is_config || inner.is_some_and(|inner| inner.ends_with(".proto") || inner.ends_with(".binpb"))
    })?;
    let mut sources = Vec::new();
    let (mut own, mut of_project) = (None, None);
    for (path, bytes) in files {
        let inner = path.strip_prefix(&prefix);
        if inner == Some(CONFIG_FILE) {
            own = Some((path, bytes));
        } else if path == CONFIG_FILE {
            of_project = Some((path, bytes));
        } else if let Some(name) = inner.map(str::to_owned) {
            sources.push(source(name, bytes, reference)?);
        }
    }
    let parse = |(path, bytes): (String, Vec<u8>)| {
        let file = format!("{path} at {reference}");
        Config::parse(&file, &String::from_utf8_lossy(&bytes)).map_err(|error| failed(&error))
    };
    let config = match (own, of_project) {
        (Some(own), _) => parse(own)?,
        (None, Some(above)) => parse(above)?.below(SCHEMA_FOLDER),
        (None, None) => Config::default(),
    };
    sources.sort_by(|a, b| a.name.cmp(&b.name));
    State { name: format!("git:{reference}"), sources, config }
        .not_empty("has the folder another name there? check it out beside this one and name that folder")
}

fn source(name: String, bytes: Vec<u8>, reference: &str) -> Result<Source, Failure> {
    if name.ends_with(".binpb") {
        return Ok(Source { name, text: SourceText::DescriptorSet(bytes) });
    }
    match String::from_utf8(bytes) {
        Ok(text) => Ok(Source { name, text: SourceText::Proto(text) }),
        Err(_) => Err(Failure::usage(format!("{name} at {reference}: the file is not UTF-8"))),
    }
}

/// A version that was published in the project.
fn of_registry(version: &str, folder: &SchemaFolder) -> Result<State, Failure> {
    let Some(project) = &folder.project else {
        return Err(Failure::usage("registry: versions are a project's, and this is a bare folder")
            .hint("name a folder that holds judi.toml, or compare with git:REF"));
    };
    let ledger = read_ledger(project)?;
    let found = match version {
        "latest" => ledger.newest(),
        _ => {
            let number = version.parse::<u32>().ok();
            ledger.versions.iter().find(|known| Some(known.number) == number || known.semver == version)
        }
    };
    let Some(found) = found else {
        let known: Vec<String> =
            ledger.versions.iter().map(|known| format!("{} ({})", known.number, known.semver)).collect();
        let known = if known.is_empty() { "none is published yet".to_owned() } else { known.join(", ") };
        return Err(Failure::usage(format!("registry:{version}: there is no such version")).hint(known));
    };
    let path = project.schema_versions_dir().join(format!("{}.binpb", found.number));
    let bytes = fs::read(&path).map_err(|error| match error.kind() {
        ErrorKind::NotFound => Failure::usage(format!("{}: version {} is not kept here", path.display(), found.number))
            .hint("the versions' descriptors lie where the project runs; compare with git:REF here"),
        _ => Failure::from_error(Exit::Outside, &path.display().to_string(), &error),
    })?;
    let source = Source { name: format!("{}.binpb", found.number), text: SourceText::DescriptorSet(bytes) };
    Ok(State { name: format!("registry:{version}"), sources: vec![source], config: Config::default() })
}

pub(super) fn read_ledger(project: &Project) -> Result<Ledger, Failure> {
    let path = project.schema_dir().join(LEDGER_FILE);
    match fs::read_to_string(&path) {
        Ok(text) => Ledger::parse(&path.display().to_string(), &text).map_err(|error| failed(&error)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Ledger::default()),
        Err(error) => Err(Failure::from_error(Exit::Outside, &path.display().to_string(), &error)),
    }
}

/// buf.yaml of a folder, with its path.
pub(super) fn read_config(dir: &Path) -> Result<Option<(String, String)>, Failure> {
    let path: PathBuf = dir.join(CONFIG_FILE);
    let file = path.display().to_string();
    match fs::read(&path) {
        Ok(bytes) => match String::from_utf8(bytes) {
            Ok(text) => Ok(Some((file, text))),
            Err(_) => Err(Failure::usage(format!("{file}: the file is not UTF-8"))),
        },
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Failure::from_error(Exit::Outside, &file, &error)),
    }
}

pub(super) fn failed(error: &SchemaError) -> Failure {
    let exit = if error.fault() == Fault::User { Exit::Usage } else { Exit::Outside };
    let failure = Failure::from_error(exit, "", error);
    match error.hint() {
        Some(hint) => failure.hint(hint),
        None => failure,
    }
}
