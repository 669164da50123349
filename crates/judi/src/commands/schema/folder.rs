//! Where a schema is: in a project, or in a bare folder of .proto files.

use std::path::{Path, PathBuf};

use crate::failure::Failure;
use crate::project::Project;

/// A folder of .proto files.
#[derive(Debug, Clone)]
pub struct SchemaFolder {
    /// What import names are relative to.
    pub dir: PathBuf,
    /// The project that it belongs to; `None` for a bare folder.
    pub project: Option<Project>,
}

impl SchemaFolder {
    /// The schema of `dir` when one is named: of the project there where it holds judi.toml, else the folder itself.
    /// Without a name the project's: `project`, or the nearest one upwards.
    ///
    /// # Errors
    /// A folder that is not there, or a project that cannot be opened.
    pub fn find(dir: Option<&Path>, project: Option<&Path>) -> Result<Self, Failure> {
        match dir {
            Some(dir) if !dir.is_dir() => Err(Failure::usage(format!("{}: no such folder", dir.display()))
                .hint("name a project, or a folder of .proto files")),
            Some(dir) if !dir.join("judi.toml").is_file() => Ok(Self { dir: dir.to_owned(), project: None }),
            dir => {
                let project = Project::open(dir.or(project))?;
                Ok(Self { dir: project.schema_dir(), project: Some(project) })
            }
        }
    }
}
