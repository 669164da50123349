//! `judi schema lint`: what is wrong with a schema that compiles, and with `--fix` its repair.

use judi_schema::compile::{Source, read_sources};
use judi_schema::lint::{self, BUF_YAML_BYTES_MAX, Fixed, Standards, Workspace};
use judi_world::{World, write_durably};

use super::against::{SCHEMA_FOLDER, failed, read_config, read_ledger};
use super::findings;
use super::folder::SchemaFolder;
use crate::cli::schema::Lint;
use crate::failure::{Done, Exit, Failure};

/// Runs the command.
pub fn run(args: &Lint) -> Done {
    let folder = SchemaFolder::find(args.dir.as_deref(), args.project.project.as_deref())?;
    let world = World::system();
    let sources = read_sources(world.disk.as_ref(), &folder.dir).map_err(|error| failed(&error))?;
    if sources.is_empty() {
        return Err(Failure::usage(format!("{}: there are no .proto files", folder.dir.display()))
            .hint("name a project, or a folder of .proto files"));
    }
    let standards = standards(&folder)?;
    let found = if args.fix {
        fix(&folder, &world, &sources, &standards)?
    } else {
        lint::lint(&sources, &standards).map_err(|error| failed(&error))?
    };
    findings::report(found, args.format, "finding")
}

/// Repairs the files; the findings that are left.
fn fix(
    folder: &SchemaFolder,
    world: &World,
    sources: &[Source],
    standards: &Standards,
) -> Result<Vec<judi_schema::finding::Finding>, Failure> {
    let Fixed { files, diff, left, findings } = lint::fix(sources, standards).map_err(|error| failed(&error))?;
    for (name, text) in files {
        let path = folder.dir.join(name);
        write_durably(world.disk.as_ref(), &path, text.as_bytes())
            .map_err(|error| Failure::from_error(Exit::Outside, &path.display().to_string(), &error))?;
    }
    eprint!("{diff}");
    for (finding, why) in left {
        eprintln!("{}:{}: {} is left: {why}", finding.path, finding.start_line, finding.rule);
    }
    Ok(findings)
}

/// What the folder is measured by: the nearest buf.yaml, the project's conventions, and its ledger.
fn standards(folder: &SchemaFolder) -> Result<Standards, Failure> {
    let parse = |(file, text): (String, String)| {
        if u64::try_from(text.len()).is_ok_and(|bytes| bytes > BUF_YAML_BYTES_MAX) {
            return Err(Failure::usage(format!("{file}: at most {BUF_YAML_BYTES_MAX} bytes are read")));
        }
        Workspace::parse(&file, &text).map_err(|error| failed(&error))
    };
    let own = read_config(&folder.dir)?.map(parse).transpose()?;
    let Some(project) = &folder.project else {
        let workspace = own.unwrap_or_else(Workspace::standard);
        return Ok(Standards { workspace, conventions: lint::Conventions::default(), ledger: None });
    };
    let workspace = match own {
        Some(own) => own,
        None => match read_config(&project.dir)?.map(parse).transpose()? {
            Some(above) => above.below(SCHEMA_FOLDER),
            None => Workspace::standard(),
        },
    };
    Ok(Standards { workspace, conventions: project.conventions.schema.clone(), ledger: Some(read_ledger(project)?) })
}
