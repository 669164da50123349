//! `judi sdk publish`: static registries, each version beside those that are there.

use std::fs;
use std::path::Path;

use judi_schema::schemas::{OpenMode, Schemas};
use judi_sdkgen::library::Library;
use judi_sdkgen::registry::{self, Registry};
use judi_sdkgen::{GeneratedFile, go, java, js, swift};
use judi_world::World;

use super::generate::{languages, outside, package, write};
use super::names::Names;
use crate::cli::sdk::{Language, Publish};
use crate::failure::{Done, Exit, Failure};
use crate::live::schema_failure;
use crate::project::Project;

/// Runs the command.
pub fn run(args: &Publish) -> Done {
    let project = Project::open(args.project.project.as_deref())?;
    let library = published(&project)?;
    let npm_url = format!("{}/npm", args.base_url.trim_end_matches('/'));
    let names = Names::of(&project, &npm_url)?;
    for language in languages(&args.lang) {
        let folder = args.out.join(registry_folder(language));
        let files = files(language, &library, &names, &folder)?;
        for file in &files {
            write(&folder, file)?;
        }
        println!("{}", folder.display());
    }
    Ok(())
}

/// Where a language's registry is, below the folder of all.
const fn registry_folder(language: Language) -> &'static str {
    match language {
        Language::Js => "npm",
        Language::Go => "go",
        Language::Java => "maven",
        Language::Swift => "swift",
    }
}

/// Of the newest version: what is not published has no number yet.
fn published(project: &Project) -> Result<Library, Failure> {
    let world = World::system();
    let (dir, versions) = (project.schema_dir(), project.schema_versions_dir());
    let schemas = Schemas::open(world.disk.as_ref(), &dir, &versions, OpenMode::Read)
        .map_err(|error| schema_failure(&error).hint("`judi schema publish` makes the files the newest version"))?;
    Ok(Library::of(schemas.current()))
}

/// What is to be written: the version's own files, and the lists with all versions.
fn files(language: Language, library: &Library, names: &Names, folder: &Path) -> Result<Vec<GeneratedFile>, Failure> {
    let package = package(language, library, names);
    let cannot = |error: &dyn std::error::Error| Failure::from_error(Exit::Usage, language.name(), error);
    let (registry, made) = match language {
        Language::Js => (Registry::Npm, js::publish(library, &names.js, &package).map_err(|error| cannot(&error))?),
        Language::Go => (Registry::Go, go::publish(library, &names.go, &package).map_err(|error| cannot(&error))?),
        Language::Java => {
            let list = fs::read_to_string(folder.join(java::metadata_path(&names.java))).unwrap_or_default();
            let made = java::publish(library, &names.java, &package, &java::published(&list));
            (Registry::Maven, made.map_err(|error| cannot(&error).hint(error.hint()))?)
        }
        Language::Swift => {
            (Registry::Swift, swift::publish(library, &names.swift, &package).map_err(|error| cannot(&error))?)
        }
    };
    made.into_iter().map(|file| beside(registry, folder, file)).collect()
}

/// A file as it is to be beside what is there.
fn beside(registry: Registry, folder: &Path, file: GeneratedFile) -> Result<GeneratedFile, Failure> {
    let path = folder.join(&file.path);
    let before = match fs::read(&path) {
        Ok(before) => before,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(file),
        Err(error) => return Err(outside(&path)(error)),
    };
    let merged = registry::merged(registry, &file.path, &before, &file.bytes);
    let bytes = merged.map_err(|error| {
        let failure = Failure::from_error(Exit::Usage, &path.display().to_string(), &error);
        failure.hint("a published version never changes: publish a new schema version, or take another folder")
    })?;
    Ok(GeneratedFile { path: file.path, bytes })
}
