//! `judi sdk generate`: a package for each language.

use std::fs;
use std::path::Path;

use judi_schema::ledger::{LEDGER_FILE, Ledger};
use judi_schema::schemas::{OpenMode, Schemas};
use judi_sdkgen::library::Library;
use judi_sdkgen::{GeneratedFile, go, java, js, swift};
use judi_world::World;

use super::names::Names;
use crate::cli::sdk::{Generate, Language};
use crate::failure::{Done, Exit, Failure};
use crate::live::schema_failure;
use crate::project::Project;

/// What names npm's archives in a package that is not published.
const UNPUBLISHED_URL: &str = "http://127.0.0.1:8000/npm";

/// Runs the command.
pub fn run(args: &Generate) -> Done {
    let project = Project::open(args.project.project.as_deref())?;
    let library = library(&project)?;
    let names = Names::of(&project, UNPUBLISHED_URL)?;
    for language in languages(&args.lang) {
        let folder = args.out.join(language.name());
        let files = package(language, &library, &names);
        clear(&folder)?;
        for file in &files {
            write(&folder, file)?;
        }
        fs::write(folder.join(MARK), "").map_err(outside(&folder))?;
        println!("{}", folder.display());
    }
    Ok(())
}

/// Stands in a folder that this command made, and may make anew.
const MARK: &str = ".judi-generated";

/// Each once, in the order of their names in the documents.
pub fn languages(asked: &[Language]) -> Vec<Language> {
    let mut languages = asked.to_vec();
    languages.sort_unstable();
    languages.dedup();
    languages
}

/// The files of a package.
pub fn package(language: Language, library: &Library, names: &Names) -> Vec<GeneratedFile> {
    match language {
        Language::Js => js::generate(library, &names.js),
        Language::Go => go::generate(library, &names.go),
        Language::Java => java::generate(library, &names.java),
        Language::Swift => swift::generate(library, &names.swift),
    }
}

/// Of the newest version, or the one that publishing the project's files would make.
pub fn library(project: &Project) -> Result<Library, Failure> {
    let world = World::system();
    let dir = project.schema_dir();
    let schemas = Schemas::open(world.disk.as_ref(), &dir, &project.schema_versions_dir(), OpenMode::Preview)
        .map_err(|error| schema_failure(&error))?;
    let ledger = fs::read_to_string(dir.join(LEDGER_FILE)).ok();
    let ledger = ledger.and_then(|text| Ledger::parse(LEDGER_FILE, &text).ok()).unwrap_or_default();
    let current = schemas.current();
    if ledger.newest().map(|newest| newest.number) != Some(current.version) {
        eprintln!(
            "the schema is not published: these are the libraries of the version {} that it would be\nhint: `judi schema publish` makes it the newest",
            current.version
        );
    }
    Ok(Library::of(current))
}

/// Removes what an earlier run made; a folder of somebody else's is left alone.
fn clear(folder: &Path) -> Done {
    let is_ours = folder.join(MARK).exists();
    let is_empty = fs::read_dir(folder).map_or(true, |mut entries| entries.next().is_none());
    if !is_ours && !is_empty {
        let message = format!("{} is there, and not made by this command", folder.display());
        return Err(Failure::usage(message).hint("name another folder with --out, or remove it"));
    }
    if is_ours { fs::remove_dir_all(folder).map_err(outside(folder)) } else { Ok(()) }
}

/// Writes a file below `folder`.
pub fn write(folder: &Path, file: &GeneratedFile) -> Done {
    let path = folder.join(&file.path);
    let written = fs::create_dir_all(path.parent().unwrap_or(folder)).and_then(|()| fs::write(&path, &file.bytes));
    written.map_err(outside(&path))
}

/// A file that could not be written.
pub fn outside(path: &Path) -> impl FnOnce(std::io::Error) -> Failure {
    let place = path.display().to_string();
    move |error| Failure::from_error(Exit::Outside, &place, &error)
}
