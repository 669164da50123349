//! `judi init`: a new project that runs at once.

use std::fs;
use std::path::Path;

use judi_newsroom::template;
use judi_schema::schemas::OpenMode;
use judi_world::World;

use crate::cli::Init;
use crate::failure::{Done, Exit, Failure};
use crate::live::open_schemas;
use crate::project::Project;

/// Runs the command.
pub fn run(args: &Init) -> Done {
    if args.dir.join("judi.toml").exists() {
        return Err(Failure::usage(format!("{} is a project already", args.dir.display()))
            .hint(format!("`judi up {}` runs it", args.dir.display())));
    }
    write_template(&args.dir)?;
    eprintln!("A newsroom's project is in {}.\n", args.dir.display());
    eprintln!("  cd {}\n  judi up                 # http://127.0.0.1:8080", args.dir.display());
    Ok(())
}

/// Writes the template into `dir`, files that are there excepted, and its ledger.
pub fn write_template(dir: &Path) -> Done {
    let failed =
        |path: &Path, error: &std::io::Error| Failure::from_error(Exit::Outside, &path.display().to_string(), error);
    for file in template() {
        let path = dir.join(file.path);
        if path.exists() {
            return Err(
                Failure::usage(format!("{} is in the way", path.display())).hint("make the project in an empty folder")
            );
        }
        let folder = path.parent().unwrap_or(dir);
        fs::create_dir_all(folder).map_err(|error| failed(folder, &error))?;
        fs::write(&path, file.text).map_err(|error| failed(&path, &error))?;
    }
    let project = Project::open(Some(dir))?;
    open_schemas(&project, &World::system(), OpenMode::Extend)?;
    Ok(())
}
